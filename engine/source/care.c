/* engine/source/care.c - rows of a profession out of a register, and their places. */
#include "source/care.h"
#include <stdio.h>
#include <string.h>
#include "base/geodata.h"
#include "base/hash.h"

struct qz_care_wish {
    const char *code;
    const char *structure; /* NULL: the code does not tell */
    size_t n;              /* rows that it brought */
};
struct qz_care_code {
    const char *text, *structure;
    size_t n;                  /* rows of the file */
    struct qz_care_wish *wish; /* that it grants; NULL: not wanted */
    UT_hash_handle hh;
};

static const char *keep(struct qz_care *c, const char *text, size_t n) {
    return qz_pool_add(c->texts, text, n);
}

/* ---- codes: a profession, maybe a bar and a skill */
/* A wish fits its own code, those under it (10: 10/SM53), and with a star those that begin so. */
static bool fits(const char *wish, const char *code) {
    size_t n = strlen(wish);
    if (n && wish[n - 1] == '*')
        return strncasecmp(wish, code, n - 1) == 0;
    return strncasecmp(wish, code, n) == 0 && (code[n] == 0 || code[n] == '/');
}

/* The registry's own row for a code of the layout, the longest that fits; false: none. */
static bool registered(const struct qz_layout *l, const char *code, struct qz_registry_row *ret) {
    const char *at = qz_geodata("profession-codes.csv");
    struct qz_registry_row row;
    size_t longest = 0;
    while (qz_registry_next(&at, &row))
        if (strcmp(row.field[1], l->key) == 0 && strlen(row.field[2]) > longest &&
            fits(row.field[2], code)) {
            longest = strlen(row.field[2]);
            *ret = row;
        }
    return longest > 0;
}

static int add_wish(struct qz_ctx *ctx, struct qz_care *c, const struct qz_layout *l,
                    const char *code, size_t n) {
    struct qz_care_wish *grown = qz_grow(c->wishes, &c->cap_wishes, c->n_wishes + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    c->wishes = grown;
    struct qz_care_wish *w = &c->wishes[c->n_wishes];
    *w = (struct qz_care_wish) { .code = keep(c, code, n) };
    if (!w->code)
        return qz_fail_nomem(ctx);
    struct qz_registry_row row;
    if (registered(l, w->code, &row) && *row.field[3] &&
        !(w->structure = keep(c, row.field[3], strlen(row.field[3]))))
        return qz_fail_nomem(ctx);
    c->n_wishes++;
    return 0;
}

static int wishes_of_plan(struct qz_ctx *ctx, struct qz_care *c, const struct qz_layout *l) {
    int r = 0;
    for (const char *at = c->only; r == 0 && *at;) {
        at += strspn(at, ",; \t");
        size_t n = strcspn(at, ",;"), end = n;
        while (n && (at[n - 1] == ' ' || at[n - 1] == '\t'))
            n--;
        if (n)
            r = add_wish(ctx, c, l, at, n);
        at += end;
    }
    return r;
}

static int wishes_of_registry(struct qz_ctx *ctx, struct qz_care *c, const struct qz_layout *l) {
    const char *at = qz_geodata("profession-codes.csv");
    struct qz_registry_row row;
    int r = 0;
    while (r == 0 && qz_registry_next(&at, &row))
        if (strcmp(row.field[0], c->key) == 0 && strcmp(row.field[1], l->key) == 0)
            r = add_wish(ctx, c, l, row.field[2], strlen(row.field[2]));
    return r;
}

/* ---- what to say of codes that are not there */
static void list_wishes(const struct qz_care *c, struct qz_text *out) {
    for (size_t i = 0; i < c->n_wishes; i++)
        qz_text_add(out, "%s'%s'", i ? ", " : "", c->wishes[i].code);
}

static int by_number(const void *va, const void *vb) {
    const struct qz_care_code *a = *(struct qz_care_code *const *)va,
                              *b = *(struct qz_care_code *const *)vb;
    return a->n != b->n ? (a->n < b->n ? 1 : -1) : strcmp(a->text, b->text);
}

/* The codes of the file, most frequent first. */
static void list_codes(const struct qz_care *c, struct qz_text *out) {
    enum { MOST = 12 };
    size_t n = HASH_COUNT(c->codes), k = 0;
    qz_cleanup(qz_freep) const struct qz_care_code **order = qz_calloc(n + 1, sizeof *order);
    for (struct qz_care_code *code = c->codes; order && code; code = code->hh.next)
        order[k++] = code;
    if (k)
        qsort(order, k, sizeof *order, by_number);
    for (size_t i = 0; i < k && i < MOST; i++)
        qz_text_add(out, "%s%s (%zu)", i ? ", " : "", *order[i]->text ? order[i]->text : "empty",
                    order[i]->n);
    if (k > MOST)
        qz_text_add(out, " and %zu more", k - MOST);
    if (k == 0)
        qz_text_add(out, "none");
}

/* ", did you mean 'D201' (Médecin généraliste)?": of the registry's codes and the file's. */
static void suggest(const struct qz_care *c, const struct qz_layout *l, const char *code,
                    struct qz_text *out) {
    enum { FARTHEST = 2 };
    const char *at = qz_geodata("profession-codes.csv");
    struct qz_registry_row row, best = { 0 };
    bool known = false; /* only not in this file */
    unsigned nearest = FARTHEST + 1;
    for (const struct qz_care_code *k = c->codes; k; k = k->hh.next) {
        unsigned d = qz_edit_distance(code, k->text);
        if (d < nearest || (d == nearest && d <= FARTHEST && strcmp(k->text, best.field[2]) < 0)) {
            nearest = d;
            best = (struct qz_registry_row) { 0 };
            snprintf(best.field[2], sizeof best.field[2], "%s", k->text);
        }
    }
    while (qz_registry_next(&at, &row)) {
        if (strcmp(row.field[1], l->key) != 0)
            continue;
        unsigned d = qz_edit_distance(code, row.field[2]);
        known = known || d == 0;
        if (d < nearest) {
            nearest = d;
            best = row;
        }
    }
    if (*best.field[2] && !known)
        qz_text_add(out, "; did you mean '%s'%s%s%s?", best.field[2], *best.field[4] ? " (" : "",
                    best.field[4], *best.field[4] ? ")" : "");
}

static int no_wish(struct qz_ctx *ctx, const struct qz_care *c, const struct qz_layout *l,
                   const struct qz_input *input) {
    const char *at = qz_geodata("profession-codes.csv");
    struct qz_registry_row row;
    struct qz_text known = { 0 };
    char last[QZ_REGISTRY_BYTES] = "";
    while (qz_registry_next(&at, &row))
        if (strcmp(row.field[1], l->key) == 0 && strcmp(row.field[0], last) != 0) {
            qz_text_add(&known, "%s%s", known.n ? ", " : "", row.field[0]);
            memcpy(last, row.field[0], sizeof last);
        }
    int r = qz_fail(ctx, QZ_E_PLAN,
                    "%s: a %s file, in which no code is known for '%s' (known: %s); name it with "
                    "'profession = CODE', or take every row with 'layout = plain'",
                    input->file, l->title, c->key, known.data ? known.data : "none");
    qz_text_done(&known);
    return r;
}

static int no_row(struct qz_ctx *ctx, const struct qz_care *c, const struct qz_input *input,
                  const struct qz_reader *r) {
    struct qz_text wanted = { 0 }, near = { 0 }, has = { 0 };
    list_wishes(c, &wanted);
    if (c->n_wishes)
        suggest(c, r->layout, c->wishes[0].code, &near);
    list_codes(c, &has);
    int e = qz_fail(ctx, QZ_E_DATA,
                    "%s: no row has %s in its profession column '%s'%s; it has (rows): %s; check "
                    "'profession ='",
                    input->file, wanted.data ? wanted.data : "?",
                    qz_table_column_name(r->table, (size_t)r->columns[QZ_ROLE_PROFESSION]),
                    near.data ? near.data : "", has.data ? has.data : "none");
    qz_text_done(&wanted);
    qz_text_done(&near);
    qz_text_done(&has);
    return e;
}

/* ---- tables by commune: a column a code */
static int no_count(struct qz_ctx *ctx, const struct qz_care *c, const struct qz_input *input,
                    const struct qz_reader *r) {
    struct qz_text wanted = { 0 }, near = { 0 }, has = { 0 };
    list_wishes(c, &wanted);
    suggest(c, r->layout, c->wishes[0].code, &near);
    for (size_t i = 0; i < qz_table_n_columns(r->table); i++)
        qz_text_add(&has, "%s%s", i ? ", " : "", qz_table_column_name(r->table, i));
    int e = qz_fail(ctx, QZ_E_FORMAT,
                    "%s: no column %s with one of %s%s; it has: %s; name it with 'heads = COLUMN'",
                    input->file, r->layout->counts, wanted.data ? wanted.data : "?",
                    near.data ? near.data : "", has.data ? has.data : "none");
    qz_text_done(&wanted);
    qz_text_done(&near);
    qz_text_done(&has);
    return e;
}

static int sum_columns(struct qz_ctx *ctx, const struct qz_care *c, const struct qz_input *input,
                       struct qz_reader *r) {
    if (c->n_wishes > QZ_MOST_SUMMED)
        return qz_fail(ctx, QZ_E_RANGE, "%s: 'profession =' has more than %d codes", input->file,
                       (int)QZ_MOST_SUMMED);
    for (size_t i = 0; i < c->n_wishes; i++) {
        qz_cleanup(qz_freep) char *name = qz_format("%s%s", r->layout->counts, c->wishes[i].code);
        if (!name)
            return qz_fail_nomem(ctx);
        int column = qz_table_column(r->table, name);
        if (column < 0)
            continue;
        r->summed[r->n_summed++] = column;
        r->structure = c->wishes[i].structure;
    }
    if (r->n_summed == 0)
        return no_count(ctx, c, input, r);
    r->columns[QZ_ROLE_HEADS] = r->summed[0]; /* there are heads: qz_reader_number adds them up */
    return 0;
}

/* ---- open */
static const struct qz_reader_need own_needs[] = {
    { QZ_ROLE_PROFESSION, false }, { QZ_ROLE_SKILL, false }, { QZ_ROLE_DEPARTEMENT, false },
    { QZ_ROLE_ROW_CRS, false },    { QZ_ROLE_SCORE, false }, { QZ_ROLE_PRECISION, false },
    { QZ_ROLE_ADDRESS, false },    { QZ_ROLE_CITY, false },
};

static int choose(struct qz_ctx *ctx, const struct qz_input *input, struct qz_care *c,
                  struct qz_reader *r) {
    const struct qz_layout *l = r->layout;
    bool column = r->columns[QZ_ROLE_PROFESSION] >= 0;
    bool register_of = column && qz_layout_column(l, r->table, QZ_ROLE_PROFESSION) >= 0;
    bool summed = !column && l->counts && !input->columns[QZ_ROLE_HEADS];
    c->every_row = !c->only && !register_of && !summed;
    if (c->every_row)
        return 0;
    if (!column && !summed)
        return qz_reader_missing(ctx, input, r, QZ_ROLE_PROFESSION);
    int e = c->only ? wishes_of_plan(ctx, c, l) : wishes_of_registry(ctx, c, l);
    if (e == 0 && c->n_wishes == 0)
        e = no_wish(ctx, c, l, input);
    return e == 0 && summed ? sum_columns(ctx, c, input, r) : e;
}

int qz_care_open(struct qz_ctx *ctx, const struct qz_input *input,
                 const struct qz_reader_need *needs, size_t n_needs, const char *key,
                 const char *only, struct qz_reader *reader, struct qz_care *care) {
    *care = (struct qz_care) { .key = key, .only = only, .score_min = input->score_min };
    *reader = (struct qz_reader) { 0 };
    size_t n = n_needs + COUNT(own_needs);
    qz_cleanup(qz_freep) struct qz_reader_need *all = qz_calloc(n, sizeof *all);
    if (!all)
        return qz_fail_nomem(ctx);
    memcpy(all, own_needs,
           sizeof own_needs); /* the caller's may require the same: they come last */
    memcpy(all + COUNT(own_needs), needs, n_needs * sizeof *needs);
    int r = qz_pool_new(ctx, &care->texts);
    if (r == 0)
        r = qz_reader_open(ctx, input, all, n, reader);
    return r < 0 ? r : choose(ctx, input, care, reader);
}

/* ---- rows */
/* "10/SM53", or the profession alone. */
static int text_of(struct qz_ctx *ctx, struct qz_care *c, struct qz_reader *r, const char **ret) {
    const char *profession = qz_reader_text(r, QZ_ROLE_PROFESSION);
    const char *skill = qz_reader_text(r, QZ_ROLE_SKILL);
    struct qz_text t = { 0 };
    qz_text_add(&t, "%s%s%s", profession ? profession : "", skill ? "/" : "", skill ? skill : "");
    *ret = t.data ? keep(c, t.data, t.n) : NULL;
    qz_text_done(&t);
    return *ret ? 0 : qz_fail_nomem(ctx);
}

/* The registry shares all codes out: a row is of the one whose code fits it best. The plan's list
 * takes all that fit. */
static struct qz_care_wish *grant(const struct qz_care *c, const struct qz_layout *l,
                                  const char *text) {
    struct qz_registry_row row = { 0 };
    bool known = registered(l, text, &row);
    for (size_t i = 0; i < c->n_wishes; i++)
        if (c->only ? fits(c->wishes[i].code, text)
                    : known && strcmp(c->wishes[i].code, row.field[2]) == 0)
            return &c->wishes[i];
    return NULL;
}

static int find_code(struct qz_ctx *ctx, struct qz_care *c, struct qz_reader *r) {
    const char *text = NULL;
    int e = text_of(ctx, c, r, &text);
    if (e < 0)
        return e;
    HASH_FIND_STR(c->codes, text, c->current);
    if (c->current)
        return 0;
    struct qz_care_code *code = qz_calloc(1, sizeof *code);
    if (!code)
        return qz_fail_nomem(ctx);
    code->text = text;
    code->wish = c->only && qz_equal_nocase(c->only, text) ? c->wishes /* a name with commas */
                                                           : grant(c, r->layout, text);
    code->structure = code->wish ? code->wish->structure : NULL;
    HASH_ADD_KEYPTR(hh, c->codes, code->text, strlen(code->text), code);
    if (!code->hh.tbl) {
        free(code);
        return qz_fail_nomem(ctx);
    }
    c->current = code;
    return 0;
}

static int wanted_by_code(struct qz_ctx *ctx, struct qz_care *c, struct qz_reader *r) {
    const unsigned stamps[2] = { qz_table_stamp(r->table, r->columns[QZ_ROLE_PROFESSION]),
                                 qz_table_stamp(r->table, r->columns[QZ_ROLE_SKILL]) };
    if (!c->current || memcmp(stamps, c->stamps, sizeof stamps) != 0) {
        int e = find_code(ctx, c, r);
        if (e < 0)
            return e;
        memcpy(c->stamps, stamps, sizeof stamps);
    }
    c->current->n++;
    r->structure = c->current->structure;
    return c->current->wish != NULL;
}

int qz_care_wanted(struct qz_ctx *ctx, struct qz_care *c, struct qz_reader *r) {
    double heads = 0;
    int wanted =
        c->every_row ? 1
        : r->n_summed /* a commune without any is no site; what is no number will be said */
            ? qz_reader_number(r, QZ_ROLE_HEADS, &heads) < 0 || heads != 0
            : wanted_by_code(ctx, c, r);
    c->n_rows++;
    c->n_wanted += wanted > 0;
    return wanted;
}

/* ---- places */
static int low_score(struct qz_ctx *ctx, struct qz_care *c, struct qz_reader *r,
                     struct qz_issues *issues) {
    const char *score = qz_reader_text(r, QZ_ROLE_SCORE);
    const char *address = qz_reader_text(r, QZ_ROLE_ADDRESS);
    const char *city = qz_reader_text(r, QZ_ROLE_CITY);
    c->n_low_score++;
    return qz_issue_add(
        ctx, issues, QZ_SEVERITY_WARNING, r->source, qz_table_row(r->table), NULL, "low_score",
        "address '%s%s%s' was placed with a score of %s, under %g: it stands at its "
        "commune's point; correct the address",
        address ? address : "", address && city ? ", " : "", city ? city : "",
        score ? score : "none", c->score_min);
}

/* A table of places, and nothing but a commune's code in this row. */
static bool has_code_only(struct qz_reader *r, int given) {
    const int *c = r->columns;
    bool places = qz_table_has_geometry(r->table) || (c[QZ_ROLE_X] >= 0 && c[QZ_ROLE_Y] >= 0) ||
                  (c[QZ_ROLE_LON] >= 0 && c[QZ_ROLE_LAT] >= 0);
    return places && (given == 0 || given == QZ_POINT_UNREADABLE) &&
           qz_reader_text(r, QZ_ROLE_CODE);
}

int qz_care_place(struct qz_ctx *ctx, struct qz_care *c, struct qz_point_reader *points,
                  struct qz_reader *r, struct qz_issues *issues, struct qz_xy *ret) {
    int given = qz_point_read(ctx, points, r, ret);
    c->n_no_place += has_code_only(r, given);
    if (given != 1 || r->columns[QZ_ROLE_SCORE] < 0)
        return given;
    double score;
    if (qz_reader_number(r, QZ_ROLE_SCORE, &score) <= 0 || score < c->score_min) {
        int e = c->score_min > 0 ? low_score(ctx, c, r, issues) : 0;
        return e < 0 ? e : c->score_min > 0 ? 0 : given;
    }
    const char *precision = qz_reader_text(r, QZ_ROLE_PRECISION);
    if (!precision || !qz_equal_nocase(precision, "municipality"))
        return given;
    c->n_town_only++;
    return 0;
}

/* ---- end */
static int tell_unused(struct qz_ctx *ctx, const struct qz_care *c, const struct qz_reader *r,
                       struct qz_issues *issues) {
    for (const struct qz_care_code *k = c->codes; k; k = k->hh.next)
        if (k->wish)
            k->wish->n += k->n;
    int e = 0;
    for (size_t i = 0; c->only && !r->n_summed && i < c->n_wishes && e == 0; i++) {
        struct qz_text near = { 0 };
        if (c->wishes[i].n == 0 && strcmp(c->wishes[i].code, c->only) != 0) {
            suggest(c, r->layout, c->wishes[i].code, &near);
            e = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, r->source, 0, NULL, "unused_code",
                             "no row has '%s' (of 'profession = %s')%s", c->wishes[i].code, c->only,
                             near.data ? near.data : "");
        }
        qz_text_done(&near);
    }
    return e;
}

static int tell_places(struct qz_ctx *ctx, const struct qz_care *c, const struct qz_reader *r,
                       struct qz_issues *issues) {
    if (c->n_low_score + c->n_town_only + c->n_no_place == 0)
        return 0;
    struct qz_text why = { 0 };
    if (c->n_low_score)
        qz_text_add(&why, ", %zu have a score under %g", c->n_low_score, c->score_min);
    if (c->n_town_only)
        qz_text_add(&why, ", %zu were found to their town only", c->n_town_only);
    if (c->n_no_place)
        qz_text_add(&why, ", %zu have no coordinates, or unreadable ones", c->n_no_place);
    int e = qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, r->source, 0, NULL, "at_commune_point",
                         "of %zu rows%s: they stand at their commune's point", c->n_wanted,
                         why.data ? why.data : "");
    qz_text_done(&why);
    return e;
}

int qz_care_end(struct qz_ctx *ctx, struct qz_care *c, const struct qz_input *input,
                struct qz_reader *r, const struct qz_point_reader *points,
                struct qz_issues *issues) {
    if (c->n_rows && c->n_wanted == 0 && c->codes)
        return no_row(ctx, c, input, r);
    if (c->n_rows && c->n_wanted == 0)
        return qz_fail(ctx, QZ_E_DATA, "%s: no row has any '%s': all are 0 in column %s",
                       input->file, c->key, qz_table_column_name(r->table, (size_t)r->summed[0]));
    int e = tell_unused(ctx, c, r, issues);
    if (e == 0)
        e = tell_places(ctx, c, r, issues);
    return e == 0 ? qz_point_reader_tell(ctx, points, r, issues) : e;
}

void qz_care_done(struct qz_care *c) {
    struct qz_care_code *code, *next;
    HASH_ITER(hh, c->codes, code, next) {
        HASH_DEL(c->codes, code);
        free(code);
    }
    free(c->wishes);
    qz_pool_free(c->texts);
}
