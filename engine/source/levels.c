/* engine/source/levels.c - the levels that quinze knows, from the table of territories or from what
 * the communes say. */
#include <string.h>
#include "source/level_draft.h"

/* Larger last; columns of the table of territories. */
static const struct {
    const char *name, *alias;
    const char *codes[4], *labels[4];
} known[] = {
    { "epci", "EPCI", { "siren_epci", "epci", "code_epci" }, { "nom_epci", "libepci" } },
    { "tvs",
      "Territoire de vie-santé",
      { "code_tvs", "tvs" },
      { "nom_tvs", "libtvs", "lib_tvs", "libelle_tvs" } },
    { "bassin_vie",
      "Bassin de vie",
      { "bassin_vie", "code_bassin_vie", "bv2022" },
      { "nom_bassin_vie", "libbv2022", "lib_bv2022" } },
    { "canton", "Canton", { "canton", "code_canton", "cv" }, { "nom_canton", "lib_cv" } },
    { "departement",
      "Département",
      { "insee_dep", "departement", "dep" },
      { "nom_dep", "libdep" } },
    { "region", "Région", { "insee_reg", "region", "reg" }, { "nom_reg", "libreg" } },
};

bool qz_level_is_own(const char *name) {
    for (size_t k = 0; k < COUNT(known); k++)
        if (strcmp(known[k].name, name) == 0)
            return true;
    return strcmp(name, "all") == 0;
}

struct qz_levels *qz_levels_free(struct qz_levels *l) {
    if (!l)
        return NULL;
    for (size_t i = 0; i < l->n; i++)
        qz_level_done(&l->items[i]);
    free(l->items);
    qz_pool_free(l->texts);
    free(l);
    return NULL;
}

void qz_levels_freep(struct qz_levels **l) { *l = qz_levels_free(*l); }

/* ---- the table */
struct drafts {
    struct qz_levels *levels;
    const struct qz_communes *communes;
    struct qz_issues *issues;
    struct qz_level_draft of[COUNT(known)];
    int code[COUNT(known)], label[COUNT(known)]; /* columns */
};

static void drafts_done(struct drafts *d) {
    for (size_t k = 0; k < COUNT(known); k++)
        qz_draft_done(&d->of[k]);
}

static const char *keep(struct drafts *d, const char *text) {
    return qz_pool_add(d->levels->texts, text ? text : "", text ? strlen(text) : 0);
}

static int find_any(const struct qz_table *t, const char *const *names, size_t n) {
    for (size_t i = 0; i < n && names[i]; i++) {
        int column = qz_table_column(t, names[i]);
        if (column >= 0)
            return column;
    }
    return -1;
}

static int read_row(struct qz_ctx *ctx, struct drafts *d, struct qz_reader *reader) {
    const struct qz_code_share *parts;
    const char *code = qz_reader_code(reader);
    size_t n = qz_reader_parts(reader, d->communes, code, &parts);
    struct qz_member m = { .row = qz_table_row(reader->table) };
    if (n == 0)
        return qz_reader_elsewhere(ctx, reader, d->issues, "unknown_commune",
                                   "code '%s' is no commune of the layer", code ? code : "");
    int r = qz_member_weight(ctx, reader, d->issues, code, &m.weight);
    if (r <= 0)
        return r;
    code = keep(d, code);
    r = code ? 0 : qz_fail_nomem(ctx);
    for (size_t k = 0; k < COUNT(known) && r == 0; k++) {
        const char *text = qz_table_text(reader->table, d->code[k]);
        bool short_code = strcmp(known[k].name, "departement") == 0 ||
                          strcmp(known[k].name, "region") == 0;
        m.code = keep(d, short_code ? qz_reader_restore(reader, text, 2) : text);
        m.label = keep(d, qz_table_text(reader->table, d->label[k]));
        if (!m.code || !m.label)
            return qz_fail_nomem(ctx);
        if (*m.code)
            r = qz_draft_add_parts(ctx, &d->of[k], code, parts, n, m);
    }
    return r;
}

static int read_rows(struct qz_ctx *ctx, struct drafts *d, struct qz_reader *reader) {
    int r = 0;
    for (size_t k = 0; k < COUNT(known); k++) {
        d->code[k] = find_any(reader->table, known[k].codes, COUNT(known[k].codes));
        d->label[k] = find_any(reader->table, known[k].labels, COUNT(known[k].labels));
    }
    while (r == 0 && (r = qz_table_next(ctx, reader->table)) > 0) {
        reader->n_rows++;
        r = read_row(ctx, d, reader);
    }
    return r;
}

/* What the commune layer itself says, where the table is silent. */
static int fill_from_communes(struct qz_ctx *ctx, struct qz_level_draft *d,
                              const char *const *codes) {
    qz_cleanup(qz_freep) uint8_t *said = qz_calloc(d->communes->n, 1);
    if (!said)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < d->n; i++)
        said[d->items[i].commune] = 1;
    int r = 0;
    for (uint32_t c = 0; c < d->communes->n && r == 0; c++)
        if (!said[c] && *codes[c]) {
            struct qz_member m = { .commune = c, .code = codes[c], .label = "" };
            m.weight = QZ_UNWEIGHED;
            r = qz_draft_add(ctx, d, m);
        }
    return r;
}

/* ---- all of them */
static int finish(struct qz_ctx *ctx, struct drafts *d, size_t *n_refused) {
    int r = 0;
    for (size_t k = 0; k < COUNT(known) && r == 0; k++) {
        struct qz_level_draft *draft = &d->of[k];
        if (strcmp(draft->name, "departement") == 0)
            r = fill_from_communes(ctx, draft, d->communes->departement);
        else if (strcmp(draft->name, "epci") == 0)
            r = fill_from_communes(ctx, draft, d->communes->epci);
        if (r == 0)
            r = qz_draft_settle(ctx, draft);
        if (r == 0)
            r = qz_draft_make(ctx, draft, d->levels);
        /* a row says all levels at once: it is one reject, at however many */
        *n_refused = draft->n_refused > *n_refused ? draft->n_refused : *n_refused;
    }
    return r;
}

static int finish_all(struct qz_ctx *ctx, struct drafts *d) {
    struct qz_level_draft whole = { .name = "all",
                                    .alias = "Ensemble du territoire",
                                    .source = "communes",
                                    .communes = d->communes,
                                    .issues = d->issues };
    int r = 0;
    for (uint32_t c = 0; c < d->communes->n && r == 0; c++)
        r = qz_draft_add(
            ctx, &whole,
            (struct qz_member) {
                .commune = c, .code = whole.name, .label = whole.alias, .weight = QZ_UNWEIGHED });
    if (r == 0)
        r = qz_draft_settle(ctx, &whole);
    if (r == 0)
        r = qz_draft_make(ctx, &whole, d->levels);
    qz_draft_done(&whole);
    return r;
}

static int read_table(struct qz_ctx *ctx, struct drafts *d, const struct qz_input *input,
                      struct qz_input_report *report) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_CODE, true },
                                                   { QZ_ROLE_WEIGHT, false } };
    struct qz_reader reader;
    size_t n_refused = 0;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    for (size_t k = 0; k < COUNT(known); k++)
        d->of[k].source = reader.source;
    if (r == 0)
        r = read_rows(ctx, d, &reader);
    if (r == 0)
        r = finish(ctx, d, &n_refused);
    reader.n_rejected += n_refused;
    if (r == 0)
        r = qz_reader_end_beside(ctx, &reader, d->issues, "unknown_commune");
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    return r;
}

int qz_levels_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_levels **ret) {
    qz_cleanup(qz_levels_freep) struct qz_levels *levels = qz_calloc(1, sizeof *levels);
    qz_cleanup(drafts_done) struct drafts d = { .levels = levels, .communes = c, .issues = issues };
    size_t n_refused = 0;
    if (!levels)
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < COUNT(known); k++)
        d.of[k] = (struct qz_level_draft) { .name = known[k].name,
                                            .alias = known[k].alias,
                                            .source = "communes",
                                            .communes = c,
                                            .issues = issues,
                                            .rounding = QZ_TABLE_ROUNDING };
    int r = qz_pool_new(ctx, &levels->texts);
    if (r == 0)
        r = input ? read_table(ctx, &d, input, report) : finish(ctx, &d, &n_refused);
    if (r == 0)
        r = finish_all(ctx, &d);
    if (r < 0)
        return r;
    *ret = levels;
    levels = NULL;
    return 0;
}
