/* engine/source/ages.c - people by age band: finds the columns that cover all ages once. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/source.h"

enum { OPEN_FROM = 100 }; /* a band up to this age or more is the open one */

struct qz_ages *qz_ages_free(struct qz_ages *a) {
    if (a) {
        free(a->people);
        free(a->known);
    }
    free(a);
    return NULL;
}

void qz_ages_freep(struct qz_ages **a) { *a = qz_ages_free(*a); }

/* ---- a column's name, read from its end: "P21_POP0014", "ind_80p", "75 ans et plus" */
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t trimmed(const char *name, size_t n) {
    while (n && strchr("_- .", name[n - 1]))
        n--;
    return n;
}

/* The length without `end`, and what separates it; n when it ends otherwise. */
static size_t without(const char *name, size_t n, const char *end) {
    size_t m = strlen(end);
    char tail[16] = "";
    if (n < m)
        return n;
    memcpy(tail, name + n - m, m);
    return qz_equal_nocase(tail, end) ? trimmed(name, n - m) : n;
}

static size_t without_open(const char *name, size_t n) {
    static const char *const ends[] = { "et plus", "et_plus", "plus", "+", "p" };
    for (size_t i = 0; i < COUNT(ends); i++)
        if (without(name, n, ends[i]) < n)
            return without(name, n, ends[i]);
    return n;
}

/* The number that ends at n; gives where it starts: n when there is none. */
static size_t number(const char *name, size_t n, unsigned *ret) {
    size_t from = n;
    while (from && is_digit(name[from - 1]))
        from--;
    *ret = 0;
    for (size_t i = from; i < n && *ret < 100000; i++)
        *ret = *ret * 10 + (unsigned)(name[i] - '0');
    return from;
}

/* The words "a", "à" and a dash between two ages. */
static size_t without_to(const char *name, size_t n) {
    static const char *const words[] = { "a", "à", "–" };
    n = trimmed(name, n);
    for (size_t i = 0; i < COUNT(words); i++)
        if (without(name, n, words[i]) < n)
            return without(name, n, words[i]);
    return n;
}

/* The two ages that end at n, or the one; gives where they start. */
static size_t ages_before(const char *name, size_t n, bool open, unsigned *from, unsigned *to) {
    size_t start = number(name, n, to);
    *from = *to;
    if (start == n || open)
        return start;
    if (n - start == 4) { /* 0014 */
        *from = *to / 100;
        *to %= 100;
        return start;
    }
    unsigned other;
    size_t gap = without_to(name, start), before = number(name, gap, &other);
    if (gap == start || before == gap)
        return start;
    *from = other;
    return before;
}

static bool counts_people(const char *name, size_t n) {
    static const char *const words[] = { "pop",    "population", "ind",       "age", "ages",
                                         "people", "personnes",  "habitants", "hab" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (without(name, n, words[i]) < n)
            return true;
    return n == 0;
}

int qz_age_range_parse(const char *column, const char *prefix, struct qz_age_range *ret) {
    size_t n = without(column, strlen(column), "ans"), closed = without_open(column, n);
    bool open = closed < n;
    unsigned from, to;
    closed = without(column, closed, "ans");
    size_t start = ages_before(column, closed, open, &from, &to);
    size_t length = without(column, trimmed(column, start), "de"); /* "de 15 à 29 ans" */
    if (start == closed || from >= OPEN_FROM + 1 || to < from)
        return -1;
    if (prefix && (strlen(prefix) != length || without(column, length, prefix) != 0))
        return -1;
    if (!prefix && !counts_people(column, length))
        return -1;
    *ret = (struct qz_age_range) { (uint8_t)from, QZ_AGE_OPEN };
    if (!open && to < OPEN_FROM)
        ret->to = (uint8_t)to;
    return (int)length;
}

/* ---- bands of one prefix that follow each other */
struct column {
    int place;  /* in the file */
    int prefix; /* length */
    struct qz_age_range band;
};
struct tiling {
    size_t n;
    struct column columns[QZ_AGE_BANDS_MOST];
};

/* The most bands that cover all ages once, of n columns of one prefix; n 0: there is no way. */
static void tile(const struct column *columns, size_t n, struct tiling *ret) {
    enum { END = QZ_AGE_OPEN + 1 };
    int most[END + 1], last[END + 1]; /* bands from 0 up to this age, and the last of them */
    for (size_t a = 0; a <= END; a++)
        most[a] = a ? -1 : 0;
    for (size_t a = 0; a <= OPEN_FROM; a++)
        for (size_t i = 0; i < n && most[a] >= 0; i++) {
            size_t end = (size_t)columns[i].band.to + 1;
            if (columns[i].band.from == a && most[a] + 1 > most[end]) {
                most[end] = most[a] + 1;
                last[end] = (int)i;
            }
        }
    ret->n = most[END] > 0 ? (size_t)most[END] : 0;
    for (size_t k = ret->n, end = END; k > 0; k--) {
        ret->columns[k - 1] = columns[last[end]];
        end = ret->columns[k - 1].band.from;
    }
}

static int no_bands(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_table *t,
                    const char *prefix) {
    struct qz_text has = { 0 };
    for (size_t i = 0; i < qz_table_n_columns(t); i++)
        qz_text_add(&has, "%s%s", i ? ", " : "", qz_table_column_name(t, i));
    int e = qz_fail(ctx, QZ_E_FORMAT,
                    "%s: layer '%s' has no column of people by age%s%s%s (usual names: "
                    "P21_POP0014 ... P21_POP75P, age_0_14 ... age_75p, ind_0_3 ... ind_80p); it "
                    "has: %s",
                    input->file, qz_table_layer(t), prefix ? " named '" : "", prefix ? prefix : "",
                    prefix ? "...'" : "", has.data ? has.data : "none");
    qz_text_done(&has);
    return e;
}

/* "30 to 44, 75 and over": what no column of these has. */
static void list_missing(const struct column *columns, size_t n, struct qz_text *out) {
    bool has[QZ_AGE_OPEN + 1] = { false };
    for (size_t i = 0; i < n; i++)
        for (size_t a = columns[i].band.from; a <= columns[i].band.to; a++)
            has[a] = true;
    for (size_t from = 0, to; from <= QZ_AGE_OPEN; from = to + 1) {
        for (to = from; to < QZ_AGE_OPEN && has[to + 1] == has[from];)
            to++;
        if (!has[from] && to == QZ_AGE_OPEN)
            qz_text_add(out, "%s%zu and over", out->n ? ", " : "", from);
        else if (!has[from])
            qz_text_add(out, "%s%zu to %zu", out->n ? ", " : "", from, to);
    }
}

static int no_tiling(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_table *t,
                     const struct column *columns, size_t n) {
    struct qz_text missing = { 0 };
    const char *first = qz_table_column_name(t, (size_t)columns[0].place);
    list_missing(columns, n, &missing);
    int e = missing.n ? qz_fail(ctx, QZ_E_FORMAT,
                                "%s: layer '%s' has no column for the people aged %s (the others "
                                "are named like '%s'); every age must be in one band",
                                input->file, qz_table_layer(t), missing.data, first)
                      : qz_fail(ctx, QZ_E_FORMAT,
                                "%s: layer '%s': the age bands named like '%s' overlap: no choice "
                                "of them has every age once",
                                input->file, qz_table_layer(t), first);
    qz_text_done(&missing);
    return e;
}

static bool same_prefix(const struct qz_table *t, const struct column *a, const struct column *b) {
    return a->prefix == b->prefix &&
           strncmp(qz_table_column_name(t, (size_t)a->place),
                   qz_table_column_name(t, (size_t)b->place), (size_t)a->prefix) == 0;
}

/* Takes the columns that share the first one's prefix out of all[*n] into group; gives how many. */
static size_t take_group(const struct qz_table *t, struct column *all, size_t *n,
                         struct column *group) {
    size_t taken = 0, left = 0;
    struct column first = all[0];
    for (size_t i = 0; i < *n; i++)
        if (same_prefix(t, &first, &all[i]))
            group[taken++] = all[i];
        else
            all[left++] = all[i];
    *n = left;
    return taken;
}

static int choose_columns(struct qz_ctx *ctx, const struct qz_input *input,
                          const struct qz_table *t, const char *prefix, struct tiling *ret) {
    size_t n_columns = qz_table_n_columns(t), n = 0, most = 0;
    qz_cleanup(qz_freep) struct column *all = qz_calloc(n_columns, sizeof *all);
    qz_cleanup(qz_freep) struct column *group = qz_calloc(n_columns, sizeof *group);
    qz_cleanup(qz_freep) struct column *widest = qz_calloc(n_columns, sizeof *widest);
    if (!all || !group || !widest)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n_columns; i++) {
        struct column c = { .place = (int)i };
        c.prefix = qz_age_range_parse(qz_table_column_name(t, i), prefix, &c.band);
        if (c.prefix >= 0)
            all[n++] = c;
    }
    *ret = (struct tiling) { 0 };
    while (n) {
        struct tiling found;
        size_t taken = take_group(t, all, &n, group);
        tile(group, taken, &found);
        if (found.n > ret->n)
            *ret = found;
        if (taken > most)
            memcpy(widest, group, taken * sizeof *group);
        most = taken > most ? taken : most;
    }
    return ret->n ? 0
           : most ? no_tiling(ctx, input, t, widest, most)
                  : no_bands(ctx, input, t, prefix);
}

/* ---- rows */
struct reading {
    struct qz_ctx *ctx;
    struct qz_reader *reader;
    struct qz_issues *issues;
    const struct qz_communes *communes;
    const struct tiling *tiling;
    bool parts; /* a commune has several rows: cells or IRIS */
    struct qz_ages *ages;
    struct qz_code_rows rows;
};

/* A cell may name several communes, one behind the other: the first of the layer counts. */
static size_t find_parts(struct reading *g, const char *codes, const struct qz_code_share **ret) {
    size_t length = codes ? strlen(codes) : 0,
           n = qz_reader_parts(g->reader, g->communes, codes, ret);
    for (size_t i = 0; g->parts && n == 0 && length % 5 == 0 && i < length; i += 5) {
        char one[6];
        snprintf(one, sizeof one, "%.5s", codes + i);
        n = qz_reader_parts(g->reader, g->communes, one, ret);
    }
    return n;
}

static int read_row(struct reading *g) {
    const struct qz_code_share *parts;
    const char *code = qz_reader_code(g->reader);
    size_t n = find_parts(g, code, &parts);
    if (n == 0)
        return qz_reader_elsewhere(g->ctx, g->reader, g->issues, "unknown_commune",
                                   "code '%s' is no commune of the layer: its ages are not counted",
                                   code ? code : "");
    const char *name = g->communes->code[parts[0].commune];
    double people[QZ_AGE_BANDS_MOST];
    for (size_t b = 0; b < g->tiling->n; b++) {
        int place = g->tiling->columns[b].place;
        int known = qz_table_number(g->reader->table, place, &people[b]);
        const char *text = qz_table_text(g->reader->table, place);
        if (known <= 0 || !(people[b] >= 0 && isfinite(people[b])))
            return qz_reader_reject(g->ctx, g->reader, g->issues, "bad_ages",
                                    "commune %s: %s = '%s' is not a number of people: its ages are "
                                    "not counted",
                                    name, qz_table_column_name(g->reader->table, (size_t)place),
                                    text ? text : "");
    }
    const char *again = g->parts ? NULL : qz_code_rows_take(&g->rows, code, parts, n);
    if (again)
        return qz_reader_reject(g->ctx, g->reader, g->issues, "duplicate_code",
                                "commune %s stands twice%s; the first counts", name, again);
    for (size_t k = 0; k < n; k++) {
        for (size_t b = 0; b < g->tiling->n; b++)
            g->ages->people[parts[k].commune * g->ages->n_bands + b] += parts[k].weight * people[b];
        g->ages->known[parts[k].commune] = 1;
    }
    return 0;
}

static int report_unknown(struct qz_ctx *ctx, const struct qz_communes *c,
                          const struct qz_ages *ages, const char *source,
                          struct qz_issues *issues) {
    size_t n = 0;
    int e = 0;
    for (size_t i = 0; i < c->n && e == 0; i++)
        if (!ages->known[i] && ++n <= QZ_MOST_ELSEWHERE)
            e = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, source, 0, NULL, "no_ages",
                             "commune %s (%s) has no ages: its people count as the mean of the "
                             "territory; complete the table",
                             c->code[i], c->name[i]);
    if (e == 0 && n > QZ_MOST_ELSEWHERE)
        e = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, source, 0, NULL, "no_ages",
                         "%zu communes in all have no ages", n);
    return e;
}

static int new_ages(struct qz_ctx *ctx, size_t n, const struct tiling *tiling,
                    struct qz_ages **ret) {
    qz_cleanup(qz_ages_freep) struct qz_ages *ages = qz_calloc(1, sizeof *ages);
    if (!ages)
        return qz_fail_nomem(ctx);
    ages->n = n;
    ages->n_bands = tiling->n;
    for (size_t b = 0; b < tiling->n; b++)
        ages->bands[b] = tiling->columns[b].band;
    ages->people = qz_calloc(n, tiling->n * sizeof *ages->people);
    ages->known = qz_calloc(n, sizeof *ages->known);
    if (!ages->people || !ages->known)
        return qz_fail_nomem(ctx);
    *ret = ages;
    ages = NULL;
    return 0;
}

int qz_ages_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                 const char *prefix, struct qz_issues *issues, struct qz_input_report *report,
                 struct qz_ages **ret) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_CODE, true },
                                                   { QZ_ROLE_CELL, false } };
    qz_cleanup(qz_ages_freep) struct qz_ages *ages = NULL;
    struct qz_reader reader;
    struct tiling tiling;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0)
        r = choose_columns(ctx, input, reader.table, prefix, &tiling);
    if (r == 0)
        r = new_ages(ctx, c->n, &tiling, &ages);
    struct reading g = { ctx, &reader, issues, c, &tiling, false, ages, { 0 } };
    if (r == 0)
        r = qz_code_rows_init(ctx, &g.rows, input->codes, c);
    g.parts = r == 0 &&
              (reader.columns[QZ_ROLE_CELL] >= 0 || qz_table_column(reader.table, "iris") >= 0);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_row(&g);
    }
    if (r == 0)
        r = qz_reader_end_beside(ctx, &reader, issues, "unknown_commune");
    if (r == 0)
        r = report_unknown(ctx, c, ages, reader.source, issues);
    *report = qz_reader_report(&reader);
    qz_code_rows_done(&g.rows);
    qz_reader_done(&reader);
    if (r < 0)
        return r;
    *ret = ages;
    ages = NULL;
    return 0;
}
