/* engine/source/road_class.c - classes by name; counts as issues. */
#include "base/hash.h"
#include "source/road_class.h"

struct qz_road_class_entry {
    const char *name;
    uint32_t id;
    UT_hash_handle hh;
};

void qz_road_classes_done(struct qz_road_classes *c) {
    struct qz_road_class_entry *e, *next;
    HASH_ITER(hh, c->table, e, next) {
        HASH_DEL(c->table, e);
        free(e);
    }
}

static int add_class(struct qz_ctx *ctx, struct qz_road_classes *c, struct qz_roads *r,
                     const char *text, size_t n, struct qz_road_class_entry **ret) {
    const char **names = qz_grow(r->class_name, &c->cap, r->n_classes + 1, sizeof *names);
    if (names)
        r->class_name = names;
    struct qz_road_class_entry *e = qz_calloc(1, sizeof *e);
    const char *name = qz_pool_add(r->texts, text, n);
    if (!names || !e || !name) {
        free(e);
        return qz_fail_nomem(ctx);
    }
    e->name = name;
    e->id = (uint32_t)r->n_classes;
    HASH_ADD_KEYPTR(hh, c->table, e->name, n, e);
    if (!e->hh.tbl) { /* uthash ran out of memory and left it out */
        free(e);
        return qz_fail_nomem(ctx);
    }
    r->class_name[r->n_classes++] = name;
    *ret = e;
    return 0;
}

int qz_road_class(struct qz_ctx *ctx, struct qz_road_classes *c, struct qz_roads *roads,
                  const char *text, size_t n, uint32_t *ret) {
    struct qz_road_class_entry *e = NULL;
    HASH_FIND(hh, c->table, text, n, e);
    int r = e ? 0 : add_class(ctx, c, roads, text, n, &e);
    if (r == 0)
        *ret = e->id;
    return r;
}

int qz_road_counts_report(struct qz_ctx *ctx, const struct qz_road_count *counts, size_t n,
                          const char *source, struct qz_issues *issues) {
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        if (counts[i].n)
            r = qz_issue_add(ctx, issues, counts[i].severity, source, 0, NULL, counts[i].code,
                             "%zu %s", counts[i].n, counts[i].text);
    return r;
}
