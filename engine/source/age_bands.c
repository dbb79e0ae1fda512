/* engine/source/age_bands.c - ages of practitioners as bands by territory, into one pyramid for
 * each commune. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/age_bands.h"
#include "source/words.h"

enum { NO_LIMIT = 99 }; /* files write an open end as 99 or 120 */

struct build {
    struct qz_band_rows rows;
    const char *level;    /* of a table that has no column for it */
    double heads_unknown; /* of the table's own class of unknown ages */
};

/* ---- rows */
static size_t n_levels(const struct build *b) { return b->rows.levels ? b->rows.levels->n : 0; }

/* 1 found, 0 the row was rejected, negative a failure. */
static int find_scale(struct qz_ctx *ctx, struct build *b, uint32_t *ret) {
    const char *text = qz_reader_text(&b->rows.reader, QZ_ROLE_SCALE);
    text = text ? text : b->level ? b->level : "commune";
    if (qz_equal_nocase(text, "commune")) {
        *ret = QZ_BANDS_OF_COMMUNES;
        return 1;
    }
    struct qz_text names = { 0 };
    qz_text_add(&names, "commune");
    for (size_t k = 0; k < n_levels(b); k++) {
        const char *name = b->rows.levels->items[k].name;
        if (qz_equal_nocase(text, name)) {
            qz_text_done(&names);
            *ret = (uint32_t)k + 1;
            return 1;
        }
        qz_text_add(&names, ", %s", name);
    }
    int e = qz_reader_reject(ctx, &b->rows.reader, b->rows.issues, "unknown_level",
                             "level '%s' is none of: %s; correct it, or add it to [territories]",
                             text, names.data ? names.data : "");
    qz_text_done(&names);
    return e;
}

static uint32_t find_territory(const struct qz_level *l, const char *code) {
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(l->code[middle], code);
        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return QZ_NOWHERE;
}

/* As find_scale. */
static int find_place(struct qz_ctx *ctx, struct build *b, struct qz_band_row *row) {
    const char *code = qz_reader_code(&b->rows.reader);
    const struct qz_level *l = row->scale == QZ_BANDS_OF_COMMUNES
                                   ? NULL
                                   : &b->rows.levels->items[row->scale - 1];
    row->place = QZ_NOWHERE;
    if (code)
        row->place = l ? find_territory(l, code) : qz_communes_find(b->rows.communes, code);
    if (row->place != QZ_NOWHERE)
        return 1;
    return qz_reader_elsewhere(ctx, &b->rows.reader, b->rows.issues, "unknown_territory",
                               "code '%s' is no %s of the territory: its ages are not used; "
                               "correct the code (01, not 1) if it should be one",
                               code ? code : "", l ? l->name : "commune");
}

/* The band as two numbers, either end may be missing. */
static enum qz_band_word band_of_numbers(struct qz_reader *r, struct qz_band_row *row) {
    double from = QZ_BAND_OPEN_LOW, to = QZ_BAND_OPEN_HIGH;
    int has_from = qz_reader_number(r, QZ_ROLE_BAND_FROM, &from);
    int has_to = qz_reader_number(r, QZ_ROLE_BAND_TO, &to);
    if (has_from < 0 || has_to < 0 || (has_from > 0 && !(from >= 0 && from == floor(from))) ||
        (has_to > 0 && !(to >= 0 && to == floor(to))))
        return QZ_BAND_BAD;
    row->from = (int)fmin(from, QZ_BAND_OPEN_HIGH);
    row->to = (int)fmin(to, QZ_BAND_OPEN_HIGH);
    return QZ_BAND_AGES;
}

/* Both ends open is all ages, and no band. */
static bool is_band(const struct qz_band_row *row) {
    bool low = row->from == QZ_BAND_OPEN_LOW, high = row->to == QZ_BAND_OPEN_HIGH;
    return !(low && high) && row->from <= QZ_BAND_OLDEST && row->to >= 0 && row->from <= row->to;
}

/* As find_scale; rows of all ages, or of unknown ones, are no band and no fault. */
static int read_band(struct qz_ctx *ctx, struct build *b, struct qz_band_row *row) {
    struct qz_reader *r = &b->rows.reader;
    const char *text = qz_reader_text(r, QZ_ROLE_BAND);
    bool numbers = r->columns[QZ_ROLE_BAND_FROM] >= 0;
    enum qz_band_word word = QZ_BAND_BAD;
    row->from = QZ_BAND_OPEN_LOW;
    row->to = QZ_BAND_OPEN_HIGH;
    if (numbers)
        word = band_of_numbers(r, row);
    else if (text)
        word = qz_word_band(text, &row->from, &row->to);
    row->to = row->to >= NO_LIMIT ? QZ_BAND_OPEN_HIGH : row->to;
    if (word == QZ_BAND_UNKNOWN && qz_reader_number(r, QZ_ROLE_HEADS, &row->heads) > 0)
        b->heads_unknown += row->heads;
    if (word == QZ_BAND_ALL || word == QZ_BAND_UNKNOWN)
        return 0;
    if (word == QZ_BAND_AGES && is_band(row))
        return 1;
    const char *begin = numbers ? qz_reader_text(r, QZ_ROLE_BAND_FROM) : text;
    const char *end = numbers ? qz_reader_text(r, QZ_ROLE_BAND_TO) : NULL;
    return qz_reader_reject(ctx, r, b->rows.issues, "bad_band",
                            "'%s'%s%s%s is no band of ages: whole years, both included; leave one "
                            "end empty where the band is open",
                            begin ? begin : "", numbers ? " to '" : "", end ? end : "",
                            numbers ? "'" : "");
}

/* As find_scale. */
static int read_heads(struct qz_ctx *ctx, struct build *b, struct qz_band_row *row) {
    if (qz_reader_number(&b->rows.reader, QZ_ROLE_HEADS, &row->heads) > 0 && row->heads >= 0)
        return 1;
    const char *text = qz_reader_text(&b->rows.reader, QZ_ROLE_HEADS);
    return qz_reader_reject(ctx, &b->rows.reader, b->rows.issues, "bad_heads",
                            "'%s' is not a number of practitioners (0 or more): the ages of this "
                            "territory cannot be used without it",
                            text ? text : "");
}

/* "2024", "2024-01-01" */
static int year_of(struct qz_reader *r) {
    const char *text = qz_reader_text(r, QZ_ROLE_YEAR);
    char digits[5] = "";
    double year = 0;
    snprintf(digits, sizeof digits, "%s", text ? text : "");
    return qz_parse_number(digits, &year) && year > 0 ? (int)year : 0;
}

static int read_row(struct qz_ctx *ctx, struct build *b) {
    struct qz_band_row row = { .number = qz_table_row(b->rows.reader.table),
                               .year = year_of(&b->rows.reader) };
    int ok = find_scale(ctx, b, &row.scale);
    if (ok > 0)
        ok = find_place(ctx, b, &row);
    if (ok > 0)
        ok = read_band(ctx, b, &row);
    if (ok > 0)
        ok = read_heads(ctx, b, &row);
    if (ok <= 0)
        return ok;
    struct qz_band_row *grown = qz_grow(b->rows.items, &b->rows.cap, b->rows.n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    b->rows.items = grown;
    b->rows.items[b->rows.n++] = row;
    return 0;
}

/* ---- the file */
/* The rows of this profession; those of each sex stand beside the rows of both. */
static bool wanted(struct qz_reader *r, const char *only) {
    static const char *const both[] = { "tout sexe", "tous sexes", "ensemble", "total" };
    const char *text = only ? qz_reader_text(r, QZ_ROLE_PROFESSION) : NULL;
    const char *sex = qz_reader_text(r, QZ_ROLE_SEX);
    bool good = !sex;
    for (size_t i = 0; sex && i < COUNT(both); i++)
        good = good || qz_equal_nocase(sex, both[i]);
    return good && (!only || (text && qz_equal_nocase(text, only)));
}

/* Of several years the newest counts. */
static int keep_newest(struct qz_ctx *ctx, struct build *b) {
    int newest = 0;
    size_t n = 0;
    for (size_t i = 0; i < b->rows.n; i++)
        newest = b->rows.items[i].year > newest ? b->rows.items[i].year : newest;
    for (size_t i = 0; i < b->rows.n; i++)
        if (b->rows.items[i].year == newest)
            b->rows.items[n++] = b->rows.items[i];
    size_t older = b->rows.n - n;
    b->rows.n = n;
    return older ? qz_issue_add(ctx, b->rows.issues, QZ_SEVERITY_NOTE, b->rows.reader.source, 0,
                                NULL, "older_years",
                                "%zu rows are not of %d, the newest year: left out", older, newest)
                 : 0;
}

static int note_unknown(struct qz_ctx *ctx, struct build *b) {
    if (!(b->heads_unknown > 0))
        return 0;
    return qz_issue_add(ctx, b->rows.issues, QZ_SEVERITY_NOTE, b->rows.reader.source, 0, NULL,
                        "unknown_ages",
                        "%g practitioners of unknown age count as old as the others of their "
                        "territory",
                        b->heads_unknown);
}

static int read_rows(struct qz_ctx *ctx, struct build *b, const char *only) {
    int e = 0;
    while (e == 0 && (e = qz_table_next(ctx, b->rows.reader.table)) > 0) {
        e = 0;
        if (!wanted(&b->rows.reader, only))
            continue;
        b->rows.reader.n_rows++;
        e = read_row(ctx, b);
    }
    bool by_sex = b->rows.reader.columns[QZ_ROLE_SEX] >= 0;
    if (e == 0 && b->rows.reader.n_rows == 0 && (only || by_sex))
        e = qz_fail(ctx, QZ_E_DATA, "%s: no row has %s%s%s%s; check 'profession ='",
                    b->rows.reader.source, by_sex ? "both sexes ('tout sexe')" : "",
                    only ? by_sex ? " and '" : "'" : "", only ? only : "",
                    only ? "' in its profession column" : "");
    if (e == 0)
        e = keep_newest(ctx, b);
    return e < 0 ? e : note_unknown(ctx, b);
}

/* A table of one level may call its codes by the level's name. */
static int find_columns(struct qz_ctx *ctx, struct build *b, const struct qz_input *input) {
    int *columns = b->rows.reader.columns;
    if (columns[QZ_ROLE_CODE] < 0 && b->level)
        columns[QZ_ROLE_CODE] = qz_table_column(b->rows.reader.table, b->level);
    if (columns[QZ_ROLE_CODE] < 0)
        return qz_reader_missing(ctx, input, &b->rows.reader, QZ_ROLE_CODE);
    bool has_from = columns[QZ_ROLE_BAND_FROM] >= 0, has_to = columns[QZ_ROLE_BAND_TO] >= 0;
    if (has_from && has_to)
        return 0;
    if (columns[QZ_ROLE_BAND] < 0)
        return qz_reader_missing(ctx, input, &b->rows.reader,
                                 has_from ? QZ_ROLE_BAND_TO : QZ_ROLE_BAND_FROM);
    columns[QZ_ROLE_BAND_FROM] = columns[QZ_ROLE_BAND_TO] = -1;
    return 0;
}

int qz_age_bands_read(struct qz_ctx *ctx, const struct qz_communes *communes,
                      const struct qz_levels *levels, const struct qz_input *input,
                      const char *only, const char *level, struct qz_issues *issues,
                      struct qz_input_report *report, struct qz_age_bands **ret) {
    const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, false },    { QZ_ROLE_SCALE, false }, { QZ_ROLE_BAND_FROM, false },
        { QZ_ROLE_BAND_TO, false }, { QZ_ROLE_BAND, false },  { QZ_ROLE_HEADS, true },
        { QZ_ROLE_YEAR, false },    { QZ_ROLE_SEX, false },   { QZ_ROLE_PROFESSION, only != NULL },
    };
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *bands = NULL;
    struct build b = { .rows = { .communes = communes, .levels = levels, .issues = issues },
                       .level = level };
    int e = qz_reader_open(ctx, input, needs, COUNT(needs), &b.rows.reader);
    if (e == 0)
        e = find_columns(ctx, &b, input);
    if (e == 0)
        e = read_rows(ctx, &b, only);
    if (e == 0)
        e = qz_age_pyramids_make(ctx, &b.rows, &bands);
    if (e == 0)
        e = qz_reader_end_beside(ctx, &b.rows.reader, issues, "unknown_territory");
    *report = qz_reader_report(&b.rows.reader);
    qz_reader_done(&b.rows.reader);
    free(b.rows.items);
    if (e == 0) {
        *ret = bands;
        bands = NULL;
    }
    return e;
}
