/* engine/source/site_row.c - a row of practitioners, checked: what is wrong with one value leaves
 * that value unknown; only a row that cannot be counted or placed is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/site_rows.h"

/* ---- numbers that may be unknown */
static int tell_bad(struct qz_ctx *ctx, struct qz_site_build *b, enum qz_role role,
                    const char *expected) {
    const char *text = qz_reader_text(&b->reader, role);
    return qz_site_tell(ctx, b, QZ_BAD_VALUE, qz_table_row(b->reader.table),
                        "%s '%s' is not %s: it stays unknown, the row counts; correct it",
                        qz_role_key(role), text ? text : "", expected);
}

/* The number between low and high; -1 when there is none, or a bad one, which is told. */
static int read_number(struct qz_ctx *ctx, struct qz_site_build *b, enum qz_role role, double low,
                       double high, const char *expected, double *ret) {
    double v = -1;
    int known = qz_reader_number(&b->reader, role, &v);
    bool good = known > 0 && v >= low && v <= high;
    *ret = good ? v : -1;
    return known == 0 || good ? 0 : tell_bad(ctx, b, role, expected);
}

/* heads of a row without a name: 1 good, 0 the row was rejected, negative a failure. */
static int read_heads(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    enum { MOST_HEADS = 1000000 };
    const char *text = qz_reader_text(&b->reader, QZ_ROLE_HEADS);
    int e = 0;
    row->heads = 1;
    if (b->reader.columns[QZ_ROLE_HEADS] < 0)
        return 1;
    if (*row->person) {
        double v;
        if (text && (qz_reader_number(&b->reader, QZ_ROLE_HEADS, &v) < 1 || v != 1))
            e = qz_site_tell(ctx, b, QZ_BAD_VALUE, row->number,
                             "heads '%s' of the person '%s': who is named counts as one; for "
                             "heads of several leave the person empty",
                             text, row->person);
        return e < 0 ? e : 1;
    }
    if (text && qz_word_masked(text)) {
        row->secret = true;
        row->heads = 0;
        e = qz_site_tell(ctx, b, QZ_MASKED, row->number,
                         "heads '%s': masked by the source; the site stays, its heads are unknown "
                         "and in no sum",
                         text);
        return e < 0 ? e : 1;
    }
    if (qz_reader_number(&b->reader, QZ_ROLE_HEADS, &row->heads) == 1 && row->heads >= 0 &&
        row->heads <= MOST_HEADS)
        return 1;
    e = qz_reader_reject(ctx, &b->reader, b->issues, "bad_number",
                         "heads '%s' is not a number of people (0 or more): the row is left out; "
                         "correct it, or write 's' where the figure is masked",
                         text ? text : "");
    return e < 0 ? e : 0;
}

/* The year of a date, or of a plain number; 0: neither. */
static unsigned year_of(const char *text) {
    char date[QZ_DATE];
    return qz_word_date(text, date) ? (unsigned)strtoul(date, NULL, 10) : 0;
}

static int read_age(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    enum { YOUNGEST = 18, OLDEST = 110 };
    static const char expected[] = "an age between 18 and 110";
    double age;
    int e = read_number(ctx, b, QZ_ROLE_AGE, YOUNGEST, OLDEST, expected, &age);
    const char *birth = qz_reader_text(&b->reader, QZ_ROLE_BIRTH);
    if (e == 0 && age < 0 && birth && !*b->date) {
        b->n_without_year++;
    } else if (e == 0 && age < 0 && birth) {
        unsigned born = year_of(birth);
        age = (double)year_of(b->date) - born;
        if (born == 0 || age < YOUNGEST || age > OLDEST) {
            e = tell_bad(ctx, b, QZ_ROLE_BIRTH, "the year of birth of someone of 18 to 110");
            age = -1;
        }
    }
    row->age = age > 0 ? (uint8_t)age : 0;
    return e;
}

static int read_fte(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    enum { MOST_A_HEAD = 5, MOST_A_YEAR = 100000 };
    double activity = -1, most = MOST_A_HEAD * fmax(row->heads, 1);
    int e = read_number(ctx, b, QZ_ROLE_FTE, 0, row->secret ? INFINITY : most,
                        "full-time equivalents (0 to 5 a person; 1, not 100, is full time)",
                        &row->fte);
    if (e == 0 && b->in->activity_per_fte > 0)
        e = read_number(ctx, b, QZ_ROLE_ACTIVITY, 0, MOST_A_YEAR * fmax(row->heads, 1),
                        "consultations a year (0 to 100 000 a person)", &activity);
    if (activity >= 0)
        row->fte = activity / b->in->activity_per_fte;
    return e;
}

/* 1 the numbers are good, 0 the row was rejected, negative a failure. */
static int read_numbers(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    enum { WEEK = 7 };
    int ok = read_heads(ctx, b, row);
    if (ok <= 0)
        return ok;
    int e = read_fte(ctx, b, row);
    if (e == 0)
        e = read_age(ctx, b, row);
    if (e == 0)
        e = read_number(ctx, b, QZ_ROLE_SHARE, 0, 1, "a share between 0 and 1", &row->share);
    if (e == 0)
        e = read_number(ctx, b, QZ_ROLE_DAYS, 0, WEEK * fmax(row->heads, 1),
                        "days a week (0 to 7 a person)", &row->days);
    return e < 0 ? e : 1;
}

/* ---- words */
static int read_yes(struct qz_ctx *ctx, struct qz_site_build *b, enum qz_role role, int8_t *ret) {
    *ret = qz_word_yes(qz_reader_text(&b->reader, role));
    if (*ret != QZ_WORD_UNKNOWN)
        return 0;
    *ret = -1;
    return tell_bad(ctx, b, role, "yes or no (1, 0, oui, non)");
}

/* Planned: said so, or to open after the table's date. */
static int read_opening(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    const char *text = qz_reader_text(&b->reader, QZ_ROLE_OPENING);
    char date[QZ_DATE] = "";
    int8_t planned;
    int e = read_yes(ctx, b, QZ_ROLE_PLANNED, &planned);
    if (e == 0 && text && !qz_word_date(text, date))
        e = tell_bad(ctx, b, QZ_ROLE_OPENING, "a date (2027-09-01, 2027-09, 2027, 01/09/2027)");
    b->n_without_date += planned < 1 && *date && !*b->date;
    row->planned = planned == 1 || (*b->date && qz_date_after(date, b->date));
    row->opening = qz_site_keep(b, row->planned ? date : "");
    return e < 0 || row->opening ? e : qz_fail_nomem(ctx);
}

static int read_structure(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    const char *text = qz_reader_text(&b->reader, QZ_ROLE_STRUCTURE);
    text = text ? text : b->reader.structure; /* as the code of its profession says */
    const char *word = text ? qz_structures_word(b->structures, text) : "";
    row->structure = word ? word : text;
    row->structure = qz_site_keep(b, row->structure);
    if (!row->structure)
        return qz_fail_nomem(ctx);
    if (!word && row->fate != QZ_ROW_EXCLUDED && b->n_unknown++ == 0)
        b->first_unknown = row->structure;
    return 0;
}

static int read_words(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    int e = read_opening(ctx, b, row);
    if (e == 0)
        e = read_yes(ctx, b, QZ_ROLE_EVENING, &row->evening);
    if (e == 0)
        e = read_yes(ctx, b, QZ_ROLE_WEEKEND, &row->weekend);
    return e < 0 ? e : read_structure(ctx, b, row);
}

/* ---- place */
static uint32_t find_commune(struct qz_site_build *b, const struct qz_xy *at) {
    const char *code = qz_reader_code(&b->reader);
    size_t i = code ? qz_code_map_find(b->reader.codes, code) : SIZE_MAX;
    b->changed = i == SIZE_MAX ? NULL : qz_code_map_entry(b->reader.codes, i);
    return qz_reader_part(&b->reader, b->in->communes, code, at, b->in->locator);
}

static int place_row(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    int given = qz_care_place(ctx, &b->care, &b->points, &b->reader, b->issues, &row->at);
    if (given < 0)
        return given;
    row->commune = find_commune(b, given == 1 ? &row->at : NULL);
    if (row->commune == QZ_NOWHERE && given == 1)
        row->commune = qz_locator_find(b->in->locator, row->at);
    row->at_commune_point = given != 1;
    if (row->at_commune_point && row->commune != QZ_NOWHERE)
        row->at = b->in->commune_points[row->commune];
    return 0;
}

static int reject_elsewhere(struct qz_ctx *ctx, struct qz_site_build *b,
                            const struct qz_site_row *row) {
    const char *code = qz_reader_text(&b->reader, QZ_ROLE_CODE);
    return qz_reader_elsewhere(
        ctx, &b->reader, b->issues, "no_commune",
        "code '%s' is no commune of the layer%s: the practitioner is not counted; correct the "
        "code or the coordinates",
        code ? code : "", row->at_commune_point ? "" : " and the point lies in none");
}

/* Rules count what they take from the territory, the rest of the country is elsewhere. */
static int judge_row(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    size_t *excluded = qz_site_rules_judge(&b->rules, &b->reader, b->structures);
    bool elsewhere = row->commune == QZ_NOWHERE;
    row->fate = excluded ? QZ_ROW_EXCLUDED : elsewhere ? QZ_ROW_ELSEWHERE : QZ_ROW_COUNTS;
    b->reader.n_rows += elsewhere || !excluded;
    if (elsewhere)
        return reject_elsewhere(ctx, b, row);
    if (excluded)
        ++*excluded;
    return 0;
}

/* The site's id; without one the place is the site, of this profession. */
static int name_site(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    const char *site = qz_reader_text(&b->reader, QZ_ROLE_SITE);
    const char *code = row->commune == QZ_NOWHERE ? qz_reader_text(&b->reader, QZ_ROLE_CODE)
                                                  : b->in->communes->code[row->commune];
    char made[96];
    if (!site && row->at_commune_point)
        snprintf(made, sizeof made, "%s-%s", b->in->key, code ? code : "");
    else if (!site)
        snprintf(made, sizeof made, "%s-%s-%.0f-%.0f", b->in->key, code ? code : "", row->at.x_m,
                 row->at.y_m);
    row->site = qz_site_keep(b, site ? site : made);
    return row->site ? 0 : qz_fail_nomem(ctx);
}

/* ---- the row */
static int read_texts(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *row) {
    row->person = qz_site_keep(b, qz_reader_text(&b->reader, QZ_ROLE_PERSON));
    row->finess = qz_site_keep(b, qz_reader_text(&b->reader, QZ_ROLE_FINESS));
    row->parent = qz_site_keep(b, qz_reader_text(&b->reader, QZ_ROLE_PARENT));
    return row->person && row->finess && row->parent ? 0 : qz_fail_nomem(ctx);
}

static int add_row(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site_row *row) {
    struct qz_site_row *grown = qz_grow(b->rows, &b->cap, b->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    b->rows = grown;
    grown[b->n++] = *row;
    return 0;
}

/* Heads of a commune that was split since are shared by its people. Where a part would hold less
 * than one they stay in the main part: nobody is given a place of care that may not exist. */
static bool is_shared(const struct qz_site_build *b, const struct qz_site_row *row) {
    const struct qz_code_entry *e = b->changed;
    bool of_commune = row->at_commune_point && !*row->person &&
                      b->reader.columns[QZ_ROLE_HEADS] >= 0 && b->reader.columns[QZ_ROLE_SITE] < 0;
    bool shared = of_commune && e && e->n > 1;
    for (size_t i = 0; shared && i < e->n; i++)
        shared = row->heads * e->shares[i].weight >= 1;
    return shared;
}

static double part_of(double known, double weight) { return known < 0 ? known : known * weight; }

static int add_parts(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site_row *row) {
    int e = 0;
    for (size_t i = 0; i < b->changed->n && e == 0; i++) {
        const struct qz_code_share *share = &b->changed->shares[i];
        struct qz_site_row part = *row;
        part.commune = share->commune;
        part.at = b->in->commune_points[share->commune];
        part.heads = part_of(row->heads, share->weight);
        part.fte = part_of(row->fte, share->weight);
        part.days = part_of(row->days, share->weight);
        e = name_site(ctx, b, &part);
        if (e == 0)
            e = add_row(ctx, b, &part);
    }
    return e;
}

/* What is not counted here still takes its part of a person who is. */
static bool is_worth_keeping(const struct qz_site_row *row) {
    return row->fate == QZ_ROW_COUNTS || *row->person;
}

int qz_site_row_read(struct qz_ctx *ctx, struct qz_site_build *b) {
    struct qz_site_row row = { .number = qz_table_row(b->reader.table) };
    int e = place_row(ctx, b, &row);
    if (e == 0)
        e = judge_row(ctx, b, &row);
    if (e == 0)
        e = read_texts(ctx, b, &row);
    if (e < 0 || !is_worth_keeping(&row))
        return e;
    b->quiet = row.fate != QZ_ROW_COUNTS;
    int ok = read_numbers(ctx, b, &row);
    if (ok <= 0)
        return ok;
    e = read_words(ctx, b, &row);
    if (e == 0 && is_shared(b, &row))
        return add_parts(ctx, b, &row);
    if (e == 0)
        e = name_site(ctx, b, &row);
    return e < 0 ? e : add_row(ctx, b, &row);
}

/* ---- orders */
static int compare(double a, double b) { return (a > b) - (a < b); }

/* By all that a row says but its number. */
static int compare_content(const struct qz_site_row *a, const struct qz_site_row *b) {
    const double ka[] = { a->fate,    a->at_commune_point,
                          a->commune, a->at.x_m,
                          a->at.y_m,  a->heads,
                          a->fte,     a->share,
                          a->age,     a->days,
                          a->evening, a->weekend,
                          a->secret };
    const double kb[] = { b->fate,    b->at_commune_point,
                          b->commune, b->at.x_m,
                          b->at.y_m,  b->heads,
                          b->fte,     b->share,
                          b->age,     b->days,
                          b->evening, b->weekend,
                          b->secret };
    int order = 0;
    for (size_t i = 0; order == 0 && i < COUNT(ka); i++)
        order = compare(ka[i], kb[i]);
    order = order ? order : strcmp(a->structure, b->structure);
    order = order ? order : strcmp(a->finess, b->finess);
    order = order ? order : strcmp(a->parent, b->parent);
    return order ? order : strcmp(a->opening, b->opening);
}

int qz_site_row_by_person(const void *va, const void *vb) {
    const struct qz_site_row *a = va, *b = vb;
    int order = strcmp(a->person, b->person);
    order = order ? order : (int)a->planned - (int)b->planned;
    order = order ? order : (int)a->fate - (int)b->fate;
    order = order ? order : strcmp(a->site, b->site);
    order = order ? order : compare_content(a, b);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

int qz_site_row_by_site(const void *va, const void *vb) {
    const struct qz_site_row *a = va, *b = vb;
    int order = (int)a->fate - (int)b->fate;
    order = order ? order : strcmp(a->site, b->site);
    order = order ? order : (int)a->planned - (int)b->planned;
    order = order ? order : (int)a->at_commune_point - (int)b->at_commune_point;
    order = order ? order : strcmp(a->person, b->person);
    order = order ? order : compare_content(a, b);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}
