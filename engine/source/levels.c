/* engine/source/levels.c - which territory of each level a commune belongs to. */
#include <string.h>
#include "source/source.h"

/* Levels that quinze knows, larger last; columns of the table of territories. */
static const struct {
    const char *name, *alias;
    const char *codes[4], *labels[4];
} known[] = {
    { "epci", "EPCI", { "siren_epci", "epci", "code_epci" }, { "nom_epci", "libepci" } },
    { "tvs", "Territoire de vie-santé", { "code_tvs", "tvs" }, { "nom_tvs", "libtvs" } },
    { "bassin_vie",
      "Bassin de vie",
      { "bassin_vie", "code_bassin_vie", "bv2022" },
      { "nom_bassin_vie", "libbv2022" } },
    { "canton", "Canton", { "canton", "code_canton" }, { "nom_canton" } },
    { "departement",
      "Département",
      { "insee_dep", "departement", "dep" },
      { "nom_dep", "libdep" } },
    { "region", "Région", { "insee_reg", "region", "reg" }, { "nom_reg", "libreg" } },
};

static void level_done(struct qz_level *l) {
    free(l->code);
    free(l->label);
    free(l->of_commune);
    free(l->first);
    free(l->territory);
    free(l->weight);
}

struct qz_levels *qz_levels_free(struct qz_levels *l) {
    if (!l)
        return NULL;
    for (size_t i = 0; i < l->n; i++)
        level_done(&l->items[i]);
    free(l->items);
    qz_pool_free(l->texts);
    free(l);
    return NULL;
}

void qz_levels_freep(struct qz_levels **l) { *l = qz_levels_free(*l); }

struct entry {
    const char *code, *label;
    uint32_t commune;
};

static int by_code(const void *va, const void *vb) {
    const struct entry *a = va, *b = vb;
    int order = strcmp(a->code, b->code);
    return order ? order : (a->commune > b->commune) - (a->commune < b->commune);
}

/* Makes level `name` of the n entries (those with an empty code are in none). */
static int make_level(struct qz_ctx *ctx, struct qz_levels *levels, const char *name,
                      const char *alias, struct entry *entries, size_t n) {
    struct qz_level *l = &levels->items[levels->n];
    *l = (struct qz_level) { .name = name, .alias = alias };
    l->code = qz_calloc(n, sizeof *l->code);
    l->label = qz_calloc(n, sizeof *l->label);
    l->of_commune = qz_calloc(n, sizeof *l->of_commune);
    l->first = qz_calloc(n + 1, sizeof *l->first);
    l->territory = qz_calloc(n, sizeof *l->territory);
    l->weight = qz_calloc(n, sizeof *l->weight);
    levels->n++; /* from now on freed with the rest */
    if (!l->code || !l->label || !l->of_commune || !l->first || !l->territory || !l->weight)
        return qz_fail_nomem(ctx);
    qsort(entries, n, sizeof *entries, by_code);
    for (size_t i = 0; i < n; i++) {
        if (!*entries[i].code) {
            l->of_commune[entries[i].commune] = QZ_NOWHERE;
            continue;
        }
        if (l->n == 0 || strcmp(l->code[l->n - 1], entries[i].code) != 0) {
            l->code[l->n] = entries[i].code;
            l->label[l->n++] = *entries[i].label ? entries[i].label : entries[i].code;
        }
        l->of_commune[entries[i].commune] = (uint32_t)l->n - 1;
    }
    for (uint32_t c = 0, k = 0; c < n; c++) {
        if (l->of_commune[c] != QZ_NOWHERE) {
            l->territory[k] = l->of_commune[c];
            l->weight[k++] = 1;
        }
        l->first[c + 1] = k;
    }
    if (l->n == 0) { /* nobody said it: no such level */
        level_done(l);
        levels->n--;
    }
    return 0;
}

static const char *keep(struct qz_levels *levels, const char *text) {
    return qz_pool_add(levels->texts, text ? text : "", text ? strlen(text) : 0);
}

static int find_any(const struct qz_table *t, const char *const *names, size_t n) {
    for (size_t i = 0; i < n && names[i]; i++) {
        int column = qz_table_column(t, names[i]);
        if (column >= 0)
            return column;
    }
    return -1;
}

struct columns {
    int code[COUNT(known)], label[COUNT(known)];
};

/* entries: COUNT(known) blocks of c->n. */
static int read_row(struct qz_ctx *ctx, struct qz_levels *levels, const struct qz_communes *c,
                    struct qz_reader *reader, const struct columns *columns,
                    struct qz_issues *issues, struct entry *entries) {
    const char *code;
    uint32_t i = qz_reader_commune(reader, c, &code);
    if (i == QZ_NOWHERE)
        return qz_reader_elsewhere(ctx, reader, issues, "unknown_commune",
                                   "code '%s' is no commune of the layer", code);
    for (size_t k = 0; k < COUNT(known); k++) {
        if (columns->code[k] < 0)
            continue;
        struct entry *e = &entries[k * c->n + i];
        const char *text = qz_table_text(reader->table, columns->code[k]);
        bool short_code = strcmp(known[k].name, "departement") == 0 ||
                          strcmp(known[k].name, "region") == 0;
        e->code = keep(levels, short_code ? qz_reader_restore(reader, text, 2) : text);
        e->label = keep(levels, qz_table_text(reader->table, columns->label[k]));
        if (!e->code || !e->label)
            return qz_fail_nomem(ctx);
    }
    return 0;
}

static int read_table(struct qz_ctx *ctx, struct qz_levels *levels, const struct qz_communes *c,
                      const struct qz_input *input, struct qz_issues *issues,
                      struct qz_input_report *report, struct entry *entries) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_CODE, true } };
    struct qz_reader reader;
    struct columns columns;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    for (size_t k = 0; k < COUNT(known) && r == 0; k++) {
        columns.code[k] = find_any(reader.table, known[k].codes, COUNT(known[k].codes));
        columns.label[k] = find_any(reader.table, known[k].labels, COUNT(known[k].labels));
    }
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_row(ctx, levels, c, &reader, &columns, issues, entries);
    }
    if (r == 0)
        r = qz_reader_end_beside(ctx, &reader, issues, "unknown_commune");
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    return r;
}

/* What the commune layer itself says, where the table is silent. */
static void fill_from_communes(const struct qz_communes *c, struct entry *entries) {
    for (size_t k = 0; k < COUNT(known); k++)
        for (size_t i = 0; i < c->n; i++) {
            struct entry *e = &entries[k * c->n + i];
            e->commune = (uint32_t)i;
            if (!e->code || !*e->code) {
                bool departement = strcmp(known[k].name, "departement") == 0;
                bool epci = strcmp(known[k].name, "epci") == 0;
                e->code = departement ? c->departement[i] : epci ? c->epci[i] : "";
                e->label = "";
            }
        }
}

int qz_levels_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_levels **ret) {
    qz_cleanup(qz_levels_freep) struct qz_levels *levels = qz_calloc(1, sizeof *levels);
    qz_cleanup(qz_freep) struct entry *entries = qz_calloc(c->n * COUNT(known), sizeof *entries);
    if (!levels || !entries)
        return qz_fail_nomem(ctx);
    levels->items = qz_calloc(COUNT(known), sizeof *levels->items);
    if (!levels->items)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &levels->texts);
    if (r == 0 && input)
        r = read_table(ctx, levels, c, input, issues, report, entries);
    if (r < 0)
        return r;
    fill_from_communes(c, entries);
    for (size_t k = 0; k < COUNT(known) && r == 0; k++)
        r = make_level(ctx, levels, known[k].name, known[k].alias, entries + k * c->n, c->n);
    if (r < 0)
        return r;
    *ret = levels;
    levels = NULL;
    return 0;
}
