/* engine/source/by_place.c - tables that say one thing of each commune or territory: a word (the
 * class in force, an overlay) or a number (waiting days, households without a car). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/site_words.h"
#include "source/source.h"

/* ---- results */
struct qz_marks *qz_marks_free(struct qz_marks *m) {
    if (m) {
        free(m->text);
        free(m->reason);
        free(m->row);
        qz_pool_free(m->texts);
    }
    free(m);
    return NULL;
}
void qz_marks_freep(struct qz_marks **m) { *m = qz_marks_free(*m); }

struct qz_measure *qz_measure_free(struct qz_measure *m) {
    if (m)
        free(m->value);
    free(m);
    return NULL;
}
void qz_measure_freep(struct qz_measure **m) { *m = qz_measure_free(*m); }

static int marks_new(struct qz_ctx *ctx, size_t n, struct qz_marks **ret) {
    struct qz_marks *m = *ret = qz_calloc(1, sizeof *m);
    if (!m)
        return qz_fail_nomem(ctx);
    m->n = n;
    m->text = qz_calloc(n, sizeof *m->text);
    m->reason = qz_calloc(n, sizeof *m->reason);
    m->row = qz_calloc(n, sizeof *m->row);
    return m->text && m->reason && m->row ? qz_pool_new(ctx, &m->texts) : qz_fail_nomem(ctx);
}

static int measure_new(struct qz_ctx *ctx, size_t n, struct qz_measure **ret) {
    struct qz_measure *m = *ret = qz_calloc(1, sizeof *m);
    if (!m)
        return qz_fail_nomem(ctx);
    m->n = n;
    m->value = qz_malloc(n, sizeof *m->value);
    for (size_t i = 0; m->value && i < n; i++)
        m->value[i] = NAN;
    return m->value ? 0 : qz_fail_nomem(ctx);
}

/* ---- reading: exactly one of marks and measure is filled */
struct reading {
    const struct qz_place_table *table;
    struct qz_reader reader;
    struct qz_code_rows rows; /* of communes */
    uint32_t *n_rows;         /* of each place: those of merged communes have several */
    struct qz_code_share own; /* of a territory */
    struct qz_marks *marks;
    struct qz_measure *measure;
};

static size_t n_places(const struct qz_place_table *t) {
    return t->level ? t->level->n : t->communes->n;
}

static uint32_t find_territory(const struct qz_level *level, const char *code) {
    size_t low = 0, high = level->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(level->code[middle], code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < level->n && strcmp(level->code[low], code) == 0 ? (uint32_t)low : QZ_NOWHERE;
}

/* Of the row: the places it speaks of, and its code. 0: none of this table's. */
static size_t parts_of_row(struct reading *g, const char **code,
                           const struct qz_code_share **parts) {
    if (!g->table->level) {
        *code = qz_reader_code(&g->reader);
        return qz_reader_parts(&g->reader, g->table->communes, *code, parts);
    }
    *code = qz_reader_text(&g->reader, QZ_ROLE_CODE);
    g->own = (struct qz_code_share) { *code ? find_territory(g->table->level, *code) : QZ_NOWHERE,
                                      1 };
    *parts = &g->own;
    return g->own.commune != QZ_NOWHERE;
}

static int tell_elsewhere(struct qz_ctx *ctx, struct reading *g, struct qz_issues *issues,
                          const char *code) {
    if (g->table->level)
        return qz_reader_elsewhere(ctx, &g->reader, issues, "unknown_territory",
                                   "code '%s' is no territory of level %s: its %s is left out",
                                   code ? code : "", g->table->level->name, g->table->what);
    return qz_reader_elsewhere(ctx, &g->reader, issues, "unknown_commune",
                               "code '%s' is no commune of the layer: its %s is left out",
                               code ? code : "", g->table->what);
}

/* NULL: the row is the first of its place. */
static const char *take_row(struct reading *g, const char *code, const struct qz_code_share *parts,
                            size_t n) {
    if (!g->table->level)
        return qz_code_rows_take(&g->rows, code, parts, n);
    return g->n_rows[parts[0].commune] ? "" : NULL;
}

static const char *keep(struct qz_marks *m, const char *text) {
    return qz_pool_add(m->texts, text ? text : "", text ? strlen(text) : 0);
}

/* Of communes that merged the first row's word stands; another is told. */
static int add_mark(struct qz_ctx *ctx, struct reading *g, struct qz_issues *issues, uint32_t place,
                    const char *text) {
    struct qz_marks *m = g->marks;
    const char *reason = qz_reader_text(&g->reader, QZ_ROLE_REASON);
    if (m->text[place])
        return strcmp(m->text[place], text) == 0
                   ? 0
                   : qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, g->reader.source,
                                  qz_table_row(g->reader.table), NULL, "two_words",
                                  "commune %s has two parts with '%s' and '%s' as %s: the first "
                                  "counts",
                                  g->table->communes->code[place], m->text[place], text,
                                  g->table->what);
    m->text[place] = keep(m, text);
    m->reason[place] = keep(m, reason);
    m->row[place] = (uint32_t)qz_table_row(g->reader.table);
    return m->text[place] && m->reason[place] ? 0 : qz_fail_nomem(ctx);
}

/* Of communes that merged, the mean (nobody says how many lived in each) or the sum. */
static void add_number(struct reading *g, const struct qz_code_share *part, double value) {
    double *so_far = &g->measure->value[part->commune];
    uint32_t n = g->n_rows[part->commune];
    if (g->table->sum)
        *so_far = (n ? *so_far : 0) + value * part->weight;
    else
        *so_far = n ? *so_far + (value - *so_far) / (n + 1) : value;
}

static int read_row(struct qz_ctx *ctx, struct reading *g, struct qz_issues *issues) {
    const struct qz_code_share *parts;
    const char *code, *text = qz_reader_text(&g->reader, QZ_ROLE_VALUE);
    size_t n = parts_of_row(g, &code, &parts);
    double value = NAN;
    if (n == 0)
        return tell_elsewhere(ctx, g, issues, code);
    bool blank = !text || strspn(text, " ") == strlen(text);
    if (g->measure && !blank && !qz_word_masked(text) &&
        (qz_reader_number(&g->reader, QZ_ROLE_VALUE, &value) <= 0 || !isfinite(value)))
        return qz_reader_reject(ctx, &g->reader, issues, "bad_number",
                                "code %s: '%s' is not a number of %s", code, text, g->table->what);
    const char *again = take_row(g, code, parts, n);
    if (again)
        return qz_reader_reject(ctx, &g->reader, issues, "duplicate_code",
                                "code %s stands twice%s; the first counts", code, again);
    int e = 0;
    for (size_t k = 0; k < n && e == 0; k++) {
        if (g->marks)
            e = add_mark(ctx, g, issues, parts[k].commune, text ? text : "");
        else if (isfinite(value))
            add_number(g, &parts[k], value);
        g->n_rows[parts[k].commune] += g->marks || isfinite(value) || g->table->level;
    }
    return e;
}

/* A table of territories names the column of their code as communes' files name that of theirs, or
 * after the level: epci, code_epci, siren_epci. */
static void find_code(struct reading *g) {
    static const char *const before[] = { "", "code_", "siren_" };
    int *column = &g->reader.columns[QZ_ROLE_CODE];
    for (size_t i = 0; i < COUNT(before) && *column < 0; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", before[i], g->table->level->name);
        *column = qz_table_column(g->reader.table, name);
    }
    if (*column < 0)
        *column = qz_table_column(g->reader.table, "code_territoire");
}

static int read_rows(struct qz_ctx *ctx, struct reading *g, const struct qz_input *input,
                     struct qz_issues *issues, struct qz_input_report *report) {
    const struct qz_reader_need needs[] = { { QZ_ROLE_CODE, g->table->level == NULL },
                                            { QZ_ROLE_VALUE, g->table->needs_value },
                                            { QZ_ROLE_REASON, false } };
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &g->reader);
    if (r == 0 && g->table->level)
        find_code(g);
    if (r == 0 && g->reader.columns[QZ_ROLE_CODE] < 0)
        r = qz_reader_missing(ctx, input, &g->reader, QZ_ROLE_CODE);
    while (r == 0 && (r = qz_table_next(ctx, g->reader.table)) > 0) {
        g->reader.n_rows++;
        r = read_row(ctx, g, issues);
    }
    if (r == 0 && (!g->table->level || g->reader.n_rows == 0)) /* unknown territories are told */
        r = qz_reader_end_beside(ctx, &g->reader, issues, "unknown_commune");
    *report = qz_reader_report(&g->reader);
    qz_reader_done(&g->reader);
    return r;
}

static int read_table(struct qz_ctx *ctx, struct reading *g, const struct qz_input *input,
                      struct qz_issues *issues, struct qz_input_report *report) {
    qz_cleanup(qz_freep)
        uint32_t *n_rows = g->n_rows = qz_calloc(n_places(g->table), sizeof *n_rows);
    int r = n_rows ? qz_code_rows_init(ctx, &g->rows, input->codes, g->table->communes)
                   : qz_fail_nomem(ctx);
    if (r == 0)
        r = read_rows(ctx, g, input, issues, report);
    if (n_rows)
        qz_code_rows_done(&g->rows);
    return r;
}

int qz_marks_read(struct qz_ctx *ctx, const struct qz_place_table *table,
                  const struct qz_input *input, struct qz_issues *issues,
                  struct qz_input_report *report, struct qz_marks **ret) {
    qz_cleanup(qz_marks_freep) struct qz_marks *marks = NULL;
    int r = marks_new(ctx, n_places(table), &marks);
    struct reading g = { .table = table, .marks = marks };
    if (r == 0)
        r = read_table(ctx, &g, input, issues, report);
    if (r < 0)
        return r;
    *ret = marks;
    marks = NULL;
    return 0;
}

int qz_measure_read(struct qz_ctx *ctx, const struct qz_place_table *table,
                    const struct qz_input *input, struct qz_issues *issues,
                    struct qz_input_report *report, struct qz_measure **ret) {
    qz_cleanup(qz_measure_freep) struct qz_measure *measure = NULL;
    int r = measure_new(ctx, n_places(table), &measure);
    struct reading g = { .table = table, .measure = measure };
    if (r == 0)
        r = read_table(ctx, &g, input, issues, report);
    if (r < 0)
        return r;
    *ret = measure;
    measure = NULL;
    return 0;
}
