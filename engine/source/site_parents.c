/* engine/source/site_parents.c - the sites that others belong to: each must be a site of the table,
 * and none its own ancestor. */
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "source/site_rows.h"

/* By site id, and by FINESS number. */
struct qz_site_names {
    const char *name;
    uint32_t site; /* index into the sites of this call; QZ_NOWHERE: another profession's */
    UT_hash_handle hh;
};

void qz_site_names_free(struct qz_site_names *names) {
    struct qz_site_names *p, *next;
    HASH_ITER(hh, names, p, next) {
        HASH_DEL(names, p);
        free(p);
    }
}

static struct qz_site_names *find(const struct qz_site_build *b, const char *name) {
    struct qz_site_names *p = NULL;
    HASH_FIND_STR(b->names, name, p);
    return p;
}

int qz_site_name_add(struct qz_ctx *ctx, struct qz_site_build *b, const char *name) {
    if (!name || !*name || find(b, name))
        return 0;
    struct qz_site_names *p = qz_calloc(1, sizeof *p);
    const char *kept = qz_site_keep(b, name);
    if (p && kept) {
        p->name = kept;
        p->site = QZ_NOWHERE;
        HASH_ADD_KEYPTR(hh, b->names, p->name, strlen(p->name), p);
    }
    if (!p || !kept || !p->hh.tbl) {
        free(p);
        return qz_fail_nomem(ctx);
    }
    return 0;
}

static int point_at(struct qz_ctx *ctx, struct qz_site_build *b, const char *name, uint32_t site) {
    int e = qz_site_name_add(ctx, b, name);
    struct qz_site_names *p = e == 0 && *name ? find(b, name) : NULL;
    if (p && p->site == QZ_NOWHERE)
        p->site = site;
    return e;
}

static uint32_t parent_of(const struct qz_site_build *b, uint32_t site) {
    const struct qz_site_names *p = find(b, b->sites->items[site].parent);
    return p ? p->site : QZ_NOWHERE;
}

static int check_known(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site_row *row,
                       const struct qz_site_row *before) {
    bool again = before && strcmp(row->site, before->site) == 0 &&
                 strcmp(row->parent, before->parent) == 0;
    if (!*row->parent || again || find(b, row->parent))
        return 0;
    return qz_site_tell(ctx, b, QZ_UNKNOWN_PARENT, row->number,
                        "parent '%s' of the site '%s' is no site of the table, by id or FINESS "
                        "number; correct it or leave it empty",
                        row->parent, row->site);
}

/* From `site` round to itself: told once, and none of them has a parent any more. */
static int break_cycle(struct qz_ctx *ctx, struct qz_site_build *b, uint32_t site) {
    struct qz_text chain = { 0 };
    uint32_t i = site;
    size_t n = 0;
    do {
        struct qz_site *s = &b->sites->items[i];
        i = parent_of(b, i);
        if (n++ < 5)
            qz_text_add(&chain, "%s > ", s->id);
        s->parent = "";
    } while (i != site);
    int e = chain.failed
                ? qz_fail_nomem(ctx)
                : qz_site_tell(ctx, b, QZ_PARENT_CYCLE, 0,
                               "sites are each other's parents: %s%s%s; none of them "
                               "keeps one; correct the column",
                               chain.data, n > 5 ? "... > " : "", b->sites->items[site].id);
    qz_text_done(&chain);
    return e;
}

/* Walks up from each site; `walk` tells by which walk a site was seen first. */
static int check_cycles(struct qz_ctx *ctx, struct qz_site_build *b) {
    size_t n = b->sites->n;
    qz_cleanup(qz_freep) uint32_t *walk = qz_calloc(n ? n : 1, sizeof *walk);
    int e = walk ? 0 : qz_fail_nomem(ctx);
    for (uint32_t start = (uint32_t)b->first_site; start < n && e == 0; start++) {
        uint32_t i = start;
        while (i != QZ_NOWHERE && !walk[i]) {
            walk[i] = start + 1;
            i = parent_of(b, i);
        }
        if (i != QZ_NOWHERE && walk[i] == start + 1)
            e = break_cycle(ctx, b, i);
    }
    return e;
}

int qz_site_parents_check(struct qz_ctx *ctx, struct qz_site_build *b) {
    int e = 0;
    if (b->reader.columns[QZ_ROLE_PARENT] < 0)
        return 0;
    for (size_t i = b->first_site; i < b->sites->n && e == 0; i++)
        e = point_at(ctx, b, b->sites->items[i].id, (uint32_t)i);
    for (size_t i = b->first_site; i < b->sites->n && e == 0; i++)
        e = point_at(ctx, b, b->sites->items[i].finess, (uint32_t)i);
    for (size_t i = 0; i < b->n && b->rows[i].fate == QZ_ROW_COUNTS && e == 0; i++)
        e = check_known(ctx, b, &b->rows[i], i ? &b->rows[i - 1] : NULL);
    return e < 0 ? e : check_cycles(ctx, b);
}
