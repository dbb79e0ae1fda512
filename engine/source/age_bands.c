/* engine/source/age_bands.c - ages of practitioners as bands by territory, into one pyramid for
 * each commune. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/source.h"
#include "source/words.h"

enum {
    COMMUNES = 0,    /* scale: the commune itself, else level scale - 1 */
    OPEN_LOW = -1,   /* "under 40" */
    OPEN_HIGH = 999, /* "65 and more" */
    NO_LIMIT = 99,   /* files write an open end as 99 or 120 */
    OLDEST = 110,    /* of a practitioner */
    NAME_BYTES = 64,
};

struct row {
    uint32_t scale, place; /* place: index of the commune, or into its level's territories */
    int from, to, year;    /* year 0: the table has none */
    double heads;
    size_t number;
};
struct build {
    const struct qz_communes *communes;
    const struct qz_levels *levels; /* NULL: communes only */
    const char *level;              /* of a table that has no column for it */
    struct qz_reader reader;
    struct qz_issues *issues;
    struct row *rows;
    size_t n, cap;
    double heads_unknown; /* of the table's own class of unknown ages */
    struct qz_age_bands *bands;
    uint32_t *pyramid_scale, *pyramid_place;
};

struct qz_age_bands *qz_age_bands_free(struct qz_age_bands *b) {
    if (b) {
        free(b->of_commune);
        free(b->first);
        free(b->bands);
    }
    free(b);
    return NULL;
}

void qz_age_bands_freep(struct qz_age_bands **b) { *b = qz_age_bands_free(*b); }

/* ---- rows */
static size_t n_levels(const struct build *b) { return b->levels ? b->levels->n : 0; }

/* 1 found, 0 the row was rejected, negative a failure. */
static int find_scale(struct qz_ctx *ctx, struct build *b, uint32_t *ret) {
    const char *text = qz_reader_text(&b->reader, QZ_ROLE_SCALE);
    text = text ? text : b->level ? b->level : "commune";
    if (qz_equal_nocase(text, "commune")) {
        *ret = COMMUNES;
        return 1;
    }
    struct qz_text names = { 0 };
    qz_text_add(&names, "commune");
    for (size_t k = 0; k < n_levels(b); k++) {
        const char *name = b->levels->items[k].name;
        if (qz_equal_nocase(text, name)) {
            qz_text_done(&names);
            *ret = (uint32_t)k + 1;
            return 1;
        }
        qz_text_add(&names, ", %s", name);
    }
    int e = qz_reader_reject(ctx, &b->reader, b->issues, "unknown_level",
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
static int find_place(struct qz_ctx *ctx, struct build *b, struct row *row) {
    const char *code = qz_reader_text(&b->reader, QZ_ROLE_CODE);
    const struct qz_level *l = row->scale == COMMUNES ? NULL : &b->levels->items[row->scale - 1];
    row->place = QZ_NOWHERE;
    if (code)
        row->place = l ? find_territory(l, code) : qz_communes_find(b->communes, code);
    if (row->place != QZ_NOWHERE)
        return 1;
    return qz_reader_elsewhere(ctx, &b->reader, b->issues, "unknown_territory",
                               "code '%s' is no %s of the territory: its ages are not used; "
                               "correct the code (01, not 1) if it should be one",
                               code ? code : "", l ? l->name : "commune");
}

static bool is_age(double v) { return v >= 0 && v <= OLDEST && v == floor(v); }

/* The band as two numbers, either end may be missing; false: it is none. */
static bool band_of_numbers(struct qz_reader *r, struct row *row) {
    double from = OPEN_LOW, to = OPEN_HIGH;
    int has_from = qz_reader_number(r, QZ_ROLE_BAND_FROM, &from);
    int has_to = qz_reader_number(r, QZ_ROLE_BAND_TO, &to);
    if (has_from < 0 || has_to < 0 || (has_from > 0 && !is_age(from)) ||
        (has_to > 0 && to < NO_LIMIT && !is_age(to)))
        return false;
    row->from = (int)from;
    row->to = to >= NO_LIMIT ? OPEN_HIGH : (int)to;
    return true;
}

/* As find_scale; rows of all ages, or of unknown ones, are no band and no fault. */
static int read_band(struct qz_ctx *ctx, struct build *b, struct row *row) {
    struct qz_reader *r = &b->reader;
    const char *text = qz_reader_text(r, QZ_ROLE_BAND);
    bool numbers = r->columns[QZ_ROLE_BAND_FROM] >= 0;
    row->from = OPEN_LOW;
    row->to = OPEN_HIGH;
    enum qz_band_word word = QZ_BAND_BAD;
    if (numbers)
        word = band_of_numbers(r, row) ? QZ_BAND_AGES : QZ_BAND_BAD;
    else if (text)
        word = qz_word_band(text, &row->from, &row->to);
    if (word == QZ_BAND_UNKNOWN && qz_reader_number(r, QZ_ROLE_HEADS, &row->heads) > 0)
        b->heads_unknown += row->heads;
    if (word == QZ_BAND_ALL || word == QZ_BAND_UNKNOWN)
        return 0;
    bool open = row->from == OPEN_LOW && row->to == OPEN_HIGH;
    if (word == QZ_BAND_AGES && !open && row->from <= row->to)
        return 1;
    const char *begin = numbers ? qz_reader_text(r, QZ_ROLE_BAND_FROM) : text;
    const char *end = numbers ? qz_reader_text(r, QZ_ROLE_BAND_TO) : NULL;
    return qz_reader_reject(ctx, r, b->issues, "bad_band",
                            "'%s'%s%s%s is no band of ages: whole years, both included; leave one "
                            "end empty where the band is open",
                            begin ? begin : "", numbers ? " to '" : "", end ? end : "",
                            numbers ? "'" : "");
}

/* As find_scale. */
static int read_heads(struct qz_ctx *ctx, struct build *b, struct row *row) {
    if (qz_reader_number(&b->reader, QZ_ROLE_HEADS, &row->heads) > 0 && row->heads >= 0)
        return 1;
    const char *text = qz_reader_text(&b->reader, QZ_ROLE_HEADS);
    return qz_reader_reject(ctx, &b->reader, b->issues, "bad_heads",
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
    struct row row = { .number = qz_table_row(b->reader.table), .year = year_of(&b->reader) };
    int ok = find_scale(ctx, b, &row.scale);
    if (ok > 0)
        ok = find_place(ctx, b, &row);
    if (ok > 0)
        ok = read_band(ctx, b, &row);
    if (ok > 0)
        ok = read_heads(ctx, b, &row);
    if (ok <= 0)
        return ok;
    struct row *grown = qz_grow(b->rows, &b->cap, b->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    b->rows = grown;
    b->rows[b->n++] = row;
    return 0;
}

static int by_place(const void *va, const void *vb) {
    const struct row *a = va, *b = vb;
    if (a->scale != b->scale)
        return a->scale < b->scale ? -1 : 1;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- pyramids: the rows of one place */
static void name_place(const struct build *b, const struct row *row, char ret[NAME_BYTES]) {
    if (row->scale == COMMUNES) {
        snprintf(ret, NAME_BYTES, "commune %s", b->communes->code[row->place]);
    } else {
        const struct qz_level *l = &b->levels->items[row->scale - 1];
        snprintf(ret, NAME_BYTES, "%s %s", l->name, l->code[row->place]);
    }
}

/* All n rows of a place are left out, for this reason. */
static int reject_place(struct qz_ctx *ctx, struct build *b, const struct row *rows, size_t n,
                        size_t wrong, const char *code, const char *what) {
    char place[NAME_BYTES], message[400];
    name_place(b, rows, place);
    snprintf(message, sizeof message,
             "%s: %s; the ages of its practitioners stay unknown: correct its rows", place, what);
    if (!*b->reader.reason)
        snprintf(b->reader.reason, sizeof b->reader.reason, "row %zu: %s", rows[wrong].number,
                 message);
    b->reader.n_rejected += n;
    return qz_issue_add(ctx, b->issues, QZ_SEVERITY_REJECT, b->reader.source, rows[wrong].number,
                        NULL, code, "%s", message);
}

/* An open band is taken as wide as its neighbour. False: the neighbour is open too, or missing. */
static bool close_ends(struct row *rows, size_t n) {
    bool low = rows[0].from == OPEN_LOW, high = rows[n - 1].to == OPEN_HIGH;
    if ((low || high) && (n < 2 || (n == 2 && low && high)))
        return false;
    if (low)
        rows[0].from = rows[0].to - (rows[1].to - rows[1].from);
    if (low && rows[0].from < 0)
        rows[0].from = 0;
    if (high)
        rows[n - 1].to = rows[n - 1].from + (rows[n - 2].to - rows[n - 2].from);
    if (high && rows[n - 1].to > OLDEST)
        rows[n - 1].to = OLDEST;
    return true;
}

/* from, to: where most places of this scale begin and end. 1 the rows make a pyramid, 0 they were
 * rejected, negative a failure. */
static int check_place(struct qz_ctx *ctx, struct build *b, struct row *rows, size_t n, int from,
                       int to) {
    char what[200];
    for (size_t i = 1; i < n; i++) {
        bool overlap = rows[i].from <= rows[i - 1].to;
        if (!overlap && rows[i].from == rows[i - 1].to + 1)
            continue;
        int first = overlap ? rows[i].from : rows[i - 1].to + 1;
        int last = overlap ? rows[i].to < rows[i - 1].to ? rows[i].to : rows[i - 1].to
                           : rows[i].from - 1;
        first = first < 0 ? 0 : first;
        snprintf(what, sizeof what,
                 overlap ? "two bands hold the ages %d to %d"
                         : "no band holds the ages %d to %d (write 0 heads where nobody is)",
                 first, last > OLDEST ? OLDEST : last);
        return reject_place(ctx, b, rows, n, i, overlap ? "overlapping_bands" : "missing_band",
                            what);
    }
    if (rows[0].from > from || rows[n - 1].to < to) {
        bool begin = rows[0].from > from;
        snprintf(what, sizeof what,
                 "the %s band of the other territories is missing (write 0 heads where nobody is)",
                 begin ? "first" : "last");
        return reject_place(ctx, b, rows, n, begin ? 0 : n - 1, "missing_band", what);
    }
    if (!close_ends(rows, n))
        return reject_place(ctx, b, rows, n, 0, "bad_band",
                            "an open band needs a closed one beside it, whose width it takes");
    return 1;
}

static int note_nobody(struct qz_ctx *ctx, struct build *b, const struct row *row) {
    char place[NAME_BYTES];
    name_place(b, row, place);
    return qz_issue_add(ctx, b->issues, QZ_SEVERITY_NOTE, b->reader.source, row->number, NULL,
                        "nobody_in_bands", "%s: all its bands have 0 heads: they tell no age",
                        place);
}

static int add_pyramid(struct qz_ctx *ctx, struct build *b, struct row *rows, size_t n, int from,
                       int to) {
    struct qz_age_bands *all = b->bands;
    double heads = 0;
    int ok = check_place(ctx, b, rows, n, from, to);
    for (size_t i = 0; i < n; i++)
        heads += rows[i].heads;
    if (ok > 0 && !(heads > 0))
        ok = note_nobody(ctx, b, rows);
    if (ok <= 0)
        return ok;
    uint32_t k = all->first[all->n];
    for (size_t i = 0; i < n; i++)
        all->bands[k++] = (struct qz_age_band) { (uint8_t)rows[i].from, (uint8_t)rows[i].to,
                                                 rows[i].heads };
    b->pyramid_scale[all->n] = rows->scale;
    b->pyramid_place[all->n++] = rows->place;
    all->first[all->n] = k;
    return 0;
}

static size_t end_of_place(const struct build *b, size_t from) {
    size_t to = from;
    while (to < b->n && b->rows[to].scale == b->rows[from].scale &&
           b->rows[to].place == b->rows[from].place)
        to++;
    return to;
}

/* Where most places of a scale begin and end, the wider of equals; i: its first row. */
static void usual_ends(const struct build *b, size_t i, int *from, int *to) {
    uint32_t begins[OLDEST + 2] = { 0 }, ends[OLDEST + 2] = { 0 }, scale = b->rows[i].scale;
    while (i < b->n && b->rows[i].scale == scale) {
        begins[b->rows[i].from + 1]++; /* an open band comes first */
        i = end_of_place(b, i);
        ends[b->rows[i - 1].to == OPEN_HIGH ? OLDEST + 1 : b->rows[i - 1].to]++;
    }
    int begin = 0, end = OLDEST + 1;
    for (int age = 0; age < OLDEST + 2; age++)
        begin = begins[age] > begins[begin] ? age : begin;
    for (int age = OLDEST + 1; age >= 0; age--)
        end = ends[age] > ends[end] ? age : end;
    *from = begin - 1;
    *to = end == OLDEST + 1 ? OPEN_HIGH : end;
}

static int make_pyramids(struct qz_ctx *ctx, struct build *b) {
    int e = 0, from = 0, to = 0;
    if (b->n)
        qsort(b->rows, b->n, sizeof *b->rows, by_place);
    for (size_t i = 0, next; i < b->n && e == 0; i = next) {
        if (i == 0 || b->rows[i].scale != b->rows[i - 1].scale)
            usual_ends(b, i, &from, &to);
        next = end_of_place(b, i);
        e = add_pyramid(ctx, b, &b->rows[i], next - i, from, to);
    }
    return e;
}

/* ---- which pyramid stands for a commune: its own, else that of the first level that has one */
static int give_to_communes(struct qz_ctx *ctx, struct build *b) {
    size_t n = b->communes->n, n_places = n, without = 0, first = 0;
    for (size_t k = 0; k < n_levels(b); k++)
        n_places = b->levels->items[k].n > n_places ? b->levels->items[k].n : n_places;
    qz_cleanup(qz_freep) uint32_t *of_place = qz_malloc(n_places, sizeof *of_place);
    if (!of_place)
        return qz_fail_nomem(ctx);
    for (uint32_t scale = 0, p = 0; scale <= n_levels(b); scale++) {
        const uint32_t *place = scale ? b->levels->items[scale - 1].of_commune : NULL;
        for (size_t i = 0; i < n_places; i++)
            of_place[i] = QZ_NOWHERE;
        for (; p < b->bands->n && b->pyramid_scale[p] == scale; p++)
            of_place[b->pyramid_place[p]] = p;
        for (size_t c = 0; c < n; c++) {
            size_t at = place ? place[c] : c;
            if (b->bands->of_commune[c] == QZ_NOWHERE && at != QZ_NOWHERE)
                b->bands->of_commune[c] = of_place[at];
        }
    }
    for (size_t c = n; c-- > 0;)
        if (b->bands->of_commune[c] == QZ_NOWHERE) {
            without++;
            first = c;
        }
    return without ? qz_issue_add(ctx, b->issues, QZ_SEVERITY_NOTE, b->reader.source, 0, NULL,
                                  "no_age_bands",
                                  "%zu of %zu communes have no bands of ages, %s the first: "
                                  "practitioners without an age of their own stay unknown there",
                                  without, n, b->communes->code[first])
                   : 0;
}

static int new_bands(struct qz_ctx *ctx, struct build *b) {
    struct qz_age_bands *all = b->bands;
    all->n_communes = b->communes->n;
    all->of_commune = qz_malloc(all->n_communes, sizeof *all->of_commune);
    all->first = qz_calloc(b->n + 1, sizeof *all->first);
    all->bands = qz_calloc(b->n, sizeof *all->bands);
    b->pyramid_scale = qz_calloc(b->n, sizeof *b->pyramid_scale);
    b->pyramid_place = qz_calloc(b->n, sizeof *b->pyramid_place);
    if (!all->of_commune || !all->first || !all->bands || !b->pyramid_scale || !b->pyramid_place)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < all->n_communes; c++)
        all->of_commune[c] = QZ_NOWHERE;
    return 0;
}

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
    for (size_t i = 0; i < b->n; i++)
        newest = b->rows[i].year > newest ? b->rows[i].year : newest;
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].year == newest)
            b->rows[n++] = b->rows[i];
    size_t older = b->n - n;
    b->n = n;
    return older ? qz_issue_add(ctx, b->issues, QZ_SEVERITY_NOTE, b->reader.source, 0, NULL,
                                "older_years", "%zu rows are not of %d, the newest year: left out",
                                older, newest)
                 : 0;
}

static int note_unknown(struct qz_ctx *ctx, struct build *b) {
    if (!(b->heads_unknown > 0))
        return 0;
    return qz_issue_add(ctx, b->issues, QZ_SEVERITY_NOTE, b->reader.source, 0, NULL, "unknown_ages",
                        "%g practitioners of unknown age count as old as the others of their "
                        "territory",
                        b->heads_unknown);
}

static int read_rows(struct qz_ctx *ctx, struct build *b, const char *only) {
    int e = 0;
    while (e == 0 && (e = qz_table_next(ctx, b->reader.table)) > 0) {
        e = 0;
        if (!wanted(&b->reader, only))
            continue;
        b->reader.n_rows++;
        e = read_row(ctx, b);
    }
    if (e == 0 && b->reader.n_rows == 0 && only)
        e = qz_fail(ctx, QZ_E_DATA,
                    "%s: no row has '%s' in its profession column; check 'profession ='",
                    b->reader.source, only);
    if (e == 0)
        e = keep_newest(ctx, b);
    return e < 0 ? e : note_unknown(ctx, b);
}

/* A table of one level may call its codes by the level's name. */
static int find_columns(struct qz_ctx *ctx, struct build *b, const struct qz_input *input) {
    int *columns = b->reader.columns;
    if (columns[QZ_ROLE_CODE] < 0 && b->level)
        columns[QZ_ROLE_CODE] = qz_table_column(b->reader.table, b->level);
    if (columns[QZ_ROLE_CODE] < 0)
        return qz_reader_missing(ctx, input, &b->reader, QZ_ROLE_CODE);
    bool has_from = columns[QZ_ROLE_BAND_FROM] >= 0, has_to = columns[QZ_ROLE_BAND_TO] >= 0;
    if (has_from && has_to)
        return 0;
    if (columns[QZ_ROLE_BAND] < 0)
        return qz_reader_missing(ctx, input, &b->reader,
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
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *bands = qz_calloc(1, sizeof *bands);
    if (!bands)
        return qz_fail_nomem(ctx);
    struct build b = {
        .communes = communes, .levels = levels, .level = level, .issues = issues, .bands = bands
    };
    int e = qz_reader_open(ctx, input, needs, COUNT(needs), &b.reader);
    if (e == 0)
        e = find_columns(ctx, &b, input);
    if (e == 0)
        e = read_rows(ctx, &b, only);
    if (e == 0)
        e = new_bands(ctx, &b);
    if (e == 0)
        e = make_pyramids(ctx, &b);
    if (e == 0)
        e = qz_reader_end_beside(ctx, &b.reader, issues, "unknown_territory");
    if (e == 0)
        e = give_to_communes(ctx, &b);
    *report = qz_reader_report(&b.reader);
    qz_reader_done(&b.reader);
    free(b.rows);
    free(b.pyramid_scale);
    free(b.pyramid_place);
    if (e == 0) {
        *ret = bands;
        bands = NULL;
    }
    return e;
}
