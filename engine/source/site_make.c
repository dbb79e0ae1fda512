/* engine/source/site_make.c - rows into sites and posts. */
#include <string.h>
#include "source/site_rows.h"

/* ---- a site begins with its first row */
static int begin_site(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site_row *row) {
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
        .opening = row->opening,
        .commune = row->commune,
        .profession = b->in->profession,
        .at_commune_point = row->at_commune_point,
        .planned = row->planned,
        .has_fte = true, /* until a row without it comes */
        .evening = -1,
        .weekend = -1,
        .point = row->at,
        .first_post = (uint32_t)s->n_posts,
    };
    return 0;
}

/* ---- rows of one site may say different things of it */
static int check_place(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site *s,
                       const struct qz_site_row *first, const struct qz_site_row *row) {
    static const double most_m = 250; /* geocoders differ by as much in a village */
    if (row->commune != s->commune)
        return qz_site_tell(ctx, b, QZ_TWO_PLACES, row->number,
                            "the site '%s' is in %s here and in %s in row %zu: all its people "
                            "count there; give each place its own site",
                            s->id, b->in->communes->code[row->commune],
                            b->in->communes->code[s->commune], first->number);
    double off_m = row->at_commune_point ? 0 : qz_distance_m(row->at, s->point);
    if (off_m <= most_m)
        return 0;
    return qz_site_tell(ctx, b, QZ_TWO_PLACES, row->number,
                        "the site '%s' is %.0f m away from where row %zu has it: all its people "
                        "count there; give each place its own site",
                        s->id, off_m, first->number);
}

/* The first text that is not empty holds. */
static void fill_in(const char **text, const char *other) {
    if (!**text)
        *text = other;
}

static int check_structure(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site *s,
                           const struct qz_site_row *row) {
    if (!*row->structure || strcmp(row->structure, s->structure) == 0)
        return 0;
    return qz_site_tell(ctx, b, QZ_TWO_VALUES, row->number,
                        "the site '%s' is '%s' here and '%s' in another row, which holds; state "
                        "one structure",
                        s->id, row->structure, s->structure);
}

static int8_t open_then(int8_t site, int8_t row) { return row > site ? row : site; }

static int describe(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site *s,
                    const struct qz_site_row *first, const struct qz_site_row *row) {
    fill_in(&s->finess, row->finess);
    fill_in(&s->structure, row->structure);
    fill_in(&s->parent, row->parent);
    if (*row->opening && (!*s->opening || strcmp(row->opening, s->opening) < 0))
        s->opening = row->opening; /* it opens with the first of its people */
    s->evening = open_then(s->evening, row->evening);
    s->weekend = open_then(s->weekend, row->weekend);
    s->days_per_week = row->days < 0 || s->days_per_week < 0 ? -1
                                                             : s->days_per_week + (float)row->days;
    int e = check_place(ctx, b, s, first, row);
    return e < 0 ? e : check_structure(ctx, b, s, row);
}

/* ---- its people */
static int add_post(struct qz_ctx *ctx, struct qz_sites *s, const struct qz_site_row *row) {
    struct qz_post *grown = qz_grow(s->posts, &s->cap_posts, s->n_posts + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->posts = grown;
    grown[s->n_posts++] = (struct qz_post) {
        .site = (uint32_t)s->n - 1,
        .person = row->person_number,
        .heads = row->heads_here,
        .fte = row->fte >= 0 ? row->fte_here : 0,
        .age = row->age,
        .has_fte = row->fte >= 0,
    };
    return 0;
}

static int add_row(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site_row *first,
                   const struct qz_site_row *row) {
    struct qz_site *s = &b->sites->items[b->sites->n - 1];
    int e = describe(ctx, b, s, first, row);
    s->secret = s->secret || row->secret;
    s->has_fte = s->has_fte && row->fte >= 0;
    if (e < 0 || (row->secret && row->fte < 0)) /* nothing to count */
        return e;
    s->heads += row->heads_here;
    s->fte += row->fte >= 0 ? row->fte_here : 0;
    s->n_posts++;
    return add_post(ctx, b->sites, row);
}

int qz_site_make(struct qz_ctx *ctx, struct qz_site_build *b) {
    const struct qz_site_row *first = NULL;
    int e = 0;
    if (b->n)
        qsort(b->rows, b->n, sizeof *b->rows, qz_site_row_by_site);
    for (size_t i = 0; i < b->n && b->rows[i].fate == QZ_ROW_COUNTS && e == 0; i++) {
        const struct qz_site_row *row = &b->rows[i];
        if (!first || strcmp(row->site, first->site) != 0 || row->planned != first->planned) {
            first = row;
            e = begin_site(ctx, b, row);
        }
        if (e == 0)
            e = add_row(ctx, b, first, row);
    }
    return e;
}
