/* engine/source/sites.c - practitioners, one row per person and place or heads per commune, into
 * sites. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "source/care.h"

struct qz_sites *qz_sites_free(struct qz_sites *s) {
    if (!s)
        return NULL;
    free(s->items);
    free(s->posts);
    qz_pool_free(s->texts);
    free(s);
    return NULL;
}

void qz_sites_freep(struct qz_sites **s) { *s = qz_sites_free(*s); }

int qz_sites_new(struct qz_ctx *ctx, struct qz_sites **ret) {
    struct qz_sites *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &s->texts);
    if (r < 0)
        free(s);
    else
        *ret = s;
    return r;
}

/* ---- a row, checked */
struct row {
    const char *site, *person, *finess, *structure, *parent;
    double heads, fte, share, age; /* age < 0: unknown; share < 0: not stated */
    bool has_fte, planned, at_commune_point;
    uint32_t commune;
    struct qz_xy at;
    size_t number;
};
struct person {
    const char *id;
    size_t n; /* rows that name it */
    UT_hash_handle hh;
};
struct build {
    struct row *rows;
    size_t n, cap;
    struct person *persons;
    struct qz_sites *sites;
    const char *profession_name;
    uint16_t profession;
};

static const char *keep(struct build *b, const char *text) {
    return qz_pool_add(b->sites->texts, text ? text : "", text ? strlen(text) : 0);
}

static bool is_yes(const char *text) {
    static const char *const words[] = { "1", "oui", "yes", "true", "o", "y" };
    for (size_t i = 0; text && i < COUNT(words); i++)
        if (qz_equal_nocase(text, words[i]))
            return true;
    return false;
}

/* An optional number: its value, or missing; false when it is there and absurd. */
static bool optional(struct qz_reader *r, enum qz_role role, double low, double high,
                     double missing, double *ret) {
    int known = qz_reader_number(r, role, ret);
    if (known == 0)
        *ret = missing;
    return known == 0 || (known > 0 && *ret >= low && *ret <= high);
}

static int bad_number(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                      enum qz_role role, const char *expected) {
    const char *text = qz_reader_text(r, role);
    return qz_reader_reject(ctx, r, issues, "bad_number", "%s '%s' is not %s: the row is left out",
                            qz_role_key(role), text ? text : "", expected);
}

/* 1 the numbers are good, 0 the row was rejected, negative a failure. */
static int read_numbers(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                        struct row *row) {
    static const struct {
        enum qz_role role;
        double low, high, missing;
        const char *expected;
    } fields[] = {
        { QZ_ROLE_HEADS, 0, 1e6, 1, "a number of people" },
        { QZ_ROLE_FTE, 0, 1e6, -1, "a full-time equivalent (0 or more)" },
        { QZ_ROLE_SHARE, 0, 1, -1, "a share between 0 and 1" },
        { QZ_ROLE_AGE, 18, 110, -1, "an age between 18 and 110" },
    };
    double *const targets[] = { &row->heads, &row->fte, &row->share, &row->age };
    for (size_t i = 0; i < COUNT(fields); i++)
        if (!optional(r, fields[i].role, fields[i].low, fields[i].high, fields[i].missing,
                      targets[i])) {
            int e = bad_number(ctx, r, issues, fields[i].role, fields[i].expected);
            return e < 0 ? e : 0;
        }
    row->has_fte = row->fte >= 0;
    return 1;
}

/* 1 placed, 0 rejected, negative a failure. */
static int place_row(struct qz_ctx *ctx, struct qz_care *care, struct qz_reader *r,
                     struct qz_point_reader *points, const struct qz_communes *communes,
                     const struct qz_xy *commune_points, const struct qz_locator *locator,
                     struct qz_issues *issues, struct row *row) {
    int given = qz_care_place(ctx, care, points, r, issues, &row->at);
    if (given < 0)
        return given;
    const char *code;
    row->commune = qz_reader_commune(r, communes, &code);
    if (row->commune == QZ_NOWHERE && given == 1)
        row->commune = qz_locator_find(locator, row->at);
    if (row->commune == QZ_NOWHERE) {
        int e = qz_reader_elsewhere(
            ctx, r, issues, "no_commune",
            "code '%s' is no commune of the layer%s: the practitioner is not counted; correct "
            "the code or the coordinates",
            code, given == 1 ? " and the point lies in none" : "");
        return e < 0 ? e : 0;
    }
    row->at_commune_point = given != 1;
    if (row->at_commune_point)
        row->at = commune_points[row->commune];
    return 1;
}

static int count_person(struct qz_ctx *ctx, struct build *b, const char *id) {
    struct person *p = NULL;
    HASH_FIND_STR(b->persons, id, p);
    if (!p) {
        p = qz_calloc(1, sizeof *p);
        if (!p)
            return qz_fail_nomem(ctx);
        p->id = id;
        HASH_ADD_KEYPTR(hh, b->persons, p->id, strlen(p->id), p);
        if (!p->hh.tbl) {
            free(p);
            return qz_fail_nomem(ctx);
        }
    }
    p->n++;
    return 0;
}

static int add_row(struct qz_ctx *ctx, struct build *b, struct qz_reader *r, struct row row,
                   const struct qz_communes *communes) {
    struct row *grown = qz_grow(b->rows, &b->cap, b->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    b->rows = grown;
    char made[96]; /* without an id, the place is the site */
    const char *site = qz_reader_text(r, QZ_ROLE_SITE);
    if (!site) {
        if (row.at_commune_point)
            snprintf(made, sizeof made, "%s-%s", b->profession_name, communes->code[row.commune]);
        else
            snprintf(made, sizeof made, "%s-%s-%.0f-%.0f", b->profession_name,
                     communes->code[row.commune], row.at.x_m, row.at.y_m);
        site = made;
    }
    row.site = keep(b, site);
    row.person = keep(b, qz_reader_text(r, QZ_ROLE_PERSON));
    row.finess = keep(b, qz_reader_text(r, QZ_ROLE_FINESS));
    row.structure = keep(b, qz_reader_text(r, QZ_ROLE_STRUCTURE));
    row.parent = keep(b, qz_reader_text(r, QZ_ROLE_PARENT));
    if (!row.site || !row.person || !row.finess || !row.structure || !row.parent)
        return qz_fail_nomem(ctx);
    b->rows[b->n++] = row;
    return *row.person && !row.planned ? count_person(ctx, b, row.person) : 0;
}

static int read_row(struct qz_ctx *ctx, struct build *b, struct qz_care *care, struct qz_reader *r,
                    struct qz_point_reader *points, const struct qz_communes *communes,
                    const struct qz_xy *commune_points, const struct qz_locator *locator,
                    struct qz_issues *issues) {
    struct row row = { .number = qz_table_row(r->table),
                       .planned = is_yes(qz_reader_text(r, QZ_ROLE_PLANNED)) };
    int ok = read_numbers(ctx, r, issues, &row);
    if (ok > 0)
        ok = place_row(ctx, care, r, points, communes, commune_points, locator, issues, &row);
    return ok > 0 ? add_row(ctx, b, r, row, communes) : ok;
}

/* ---- rows into sites */
static int by_site(const void *va, const void *vb) {
    const struct row *a = va, *b = vb;
    int order = strcmp(a->site, b->site);
    if (order == 0)
        order = (int)a->planned - (int)b->planned;
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* A person of n places counts 1/n at each, unless the share is stated. */
static double share_of(const struct build *b, const struct row *row) {
    if (row->share >= 0)
        return row->share;
    struct person *p = NULL;
    if (*row->person)
        HASH_FIND_STR(b->persons, row->person, p);
    return p && p->n ? 1.0 / (double)p->n : 1;
}

static int begin_site(struct qz_ctx *ctx, const struct build *b, const struct row *row) {
    struct qz_sites *s = b->sites;
    struct qz_site *grown = qz_grow(s->items, &s->cap, s->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->items = grown;
    s->items[s->n++] = (struct qz_site) {
        .id = row->site,
        .finess = row->finess,
        .structure = row->structure,
        .parent = row->parent,
        .commune = row->commune,
        .profession = b->profession,
        .at_commune_point = row->at_commune_point,
        .planned = row->planned,
        .has_fte = true, /* until a row without it comes */
        .evening = -1,
        .weekend = -1,
        .days_per_week = -1,
        .opening = "",
        .point = row->at,
        .first_post = (uint32_t)s->n_posts,
    };
    return 0;
}

static int add_post(struct qz_ctx *ctx, struct qz_sites *s, struct qz_post post) {
    struct qz_post *grown = qz_grow(s->posts, &s->cap_posts, s->n_posts + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->posts = grown;
    grown[s->n_posts++] = post;
    return 0;
}

static int add_to_site(struct qz_ctx *ctx, const struct build *b, const struct row *row) {
    struct qz_site *s = &b->sites->items[b->sites->n - 1];
    double share = share_of(b, row);
    struct qz_post post = {
        .site = (uint32_t)b->sites->n - 1,
        .person = QZ_NOBODY,
        .heads = row->heads * share,
        .fte = row->has_fte ? row->fte * share : 0,
        .age = row->age >= 0 ? (uint8_t)row->age : 0,
        .has_fte = row->has_fte,
    };
    s->heads += post.heads;
    s->fte += post.fte;
    s->has_fte = s->has_fte && row->has_fte;
    s->n_posts++;
    return add_post(ctx, b->sites, post);
}

static int make_sites(struct qz_ctx *ctx, struct build *b) {
    if (b->n)
        qsort(b->rows, b->n, sizeof *b->rows, by_site);
    for (size_t i = 0; i < b->n; i++) {
        const struct row *row = &b->rows[i], *before = i ? &b->rows[i - 1] : NULL;
        if (!before || strcmp(row->site, before->site) != 0 || row->planned != before->planned) {
            int r = begin_site(ctx, b, row);
            if (r < 0)
                return r;
        }
        int r = add_to_site(ctx, b, row);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_rows(struct qz_ctx *ctx, struct build *b, const struct qz_input *input,
                     struct qz_care *care, struct qz_reader *reader,
                     const struct qz_communes *communes, const struct qz_xy *commune_points,
                     const struct qz_locator *locator, const struct qz_crs *crs,
                     struct qz_issues *issues) {
    struct qz_point_reader points;
    int r = qz_point_reader_init(ctx, &points, reader, input, crs);
    while (r == 0 && (r = qz_table_next(ctx, reader->table)) > 0) {
        r = qz_care_wanted(ctx, care, reader);
        if (r <= 0)
            continue;
        reader->n_rows++;
        r = read_row(ctx, b, care, reader, &points, communes, commune_points, locator, issues);
    }
    if (r == 0)
        r = qz_care_end(ctx, care, input, reader, &points, issues);
    qz_point_reader_done(&points);
    return r < 0 ? r : qz_reader_end_beside(ctx, reader, issues, "no_commune");
}

static void build_done(struct build *b) {
    struct person *p, *next;
    HASH_ITER(hh, b->persons, p, next) {
        HASH_DEL(b->persons, p);
        free(p);
    }
    free(b->rows);
}

int qz_sites_read(struct qz_ctx *ctx, struct qz_sites *sites, const struct qz_input *input,
                  uint16_t profession, const char *profession_name, const char *only,
                  const struct qz_communes *communes, const struct qz_xy *commune_points,
                  const struct qz_locator *locator, const struct qz_crs *crs,
                  struct qz_issues *issues, struct qz_input_report *report) {
    const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, false },   { QZ_ROLE_X, false },       { QZ_ROLE_Y, false },
        { QZ_ROLE_LON, false },    { QZ_ROLE_LAT, false },     { QZ_ROLE_HEADS, false },
        { QZ_ROLE_FTE, false },    { QZ_ROLE_AGE, false },     { QZ_ROLE_STRUCTURE, false },
        { QZ_ROLE_PARENT, false }, { QZ_ROLE_PLANNED, false }, { QZ_ROLE_SHARE, false },
        { QZ_ROLE_PERSON, false }, { QZ_ROLE_SITE, false },    { QZ_ROLE_FINESS, false },
    };
    struct build b = { .sites = sites,
                       .profession = profession,
                       .profession_name = profession_name };
    struct qz_reader reader;
    struct qz_care care;
    int r = qz_care_open(ctx, input, needs, COUNT(needs), profession_name, only, &reader, &care);
    if (r == 0 && reader.columns[QZ_ROLE_CODE] < 0 && !qz_table_has_geometry(reader.table) &&
        reader.columns[QZ_ROLE_X] < 0 && reader.columns[QZ_ROLE_LON] < 0)
        r = qz_fail(ctx, QZ_E_FORMAT,
                    "%s: neither a commune code nor coordinates; name a column with 'code =', 'x "
                    "=' and 'y =', or "
                    "'lon =' and 'lat ='",
                    input->file);
    if (r == 0)
        r = read_rows(ctx, &b, input, &care, &reader, communes, commune_points, locator, crs,
                      issues);
    if (r == 0)
        r = make_sites(ctx, &b);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    qz_care_done(&care);
    build_done(&b);
    return r;
}
