/* engine/zone/areas.c - a territory cut into k areas: what goes in, piece by piece, what comes
 * out. */
#include <math.h>
#include <stdlib.h>
#include "base/base.h"
#include "zone/area_cut.h"

const struct qz_areas_params qz_areas_params_default = { .k = 15,
                                                         .balance_ratio = 0.25,
                                                         .far_ms = 7200000 };

struct qz_areas *qz_areas_free(struct qz_areas *a) {
    if (a) {
        free(a->area_of);
        free(a->centre);
        free(a->people);
    }
    free(a);
    return NULL;
}

static void areas_freep(struct qz_areas **a) { qz_areas_free(*a); }

/* ---- checks */
static int check_params(struct qz_ctx *ctx, const struct qz_areas_params *p, size_t n) {
    if (p->k == 0 || p->k > n)
        return qz_fail(ctx, QZ_E_RANGE, "areas: %zu areas of %zu communes", p->k, n);
    if (!(p->balance_ratio >= 0 && isfinite(p->balance_ratio)))
        return qz_fail(ctx, QZ_E_RANGE, "areas: a balance within %g of the mean, not 0 or more",
                       p->balance_ratio);
    return 0;
}

static int check_communes(struct qz_ctx *ctx, const struct qz_land_of_communes *in) {
    for (size_t i = 0; i < in->n; i++) {
        if (!(in->people[i] >= 0 && isfinite(in->people[i])))
            return qz_fail(ctx, QZ_E_RANGE, "areas: commune %zu has %g people", i, in->people[i]);
        if (in->first[i + 1] < in->first[i])
            return qz_fail(ctx, QZ_E_RANGE,
                           "areas: neighbours of commune %zu end before they begin", i);
        for (uint32_t k = in->first[i]; k < in->first[i + 1]; k++)
            if (in->neighbour[k] >= in->n)
                return qz_fail(ctx, QZ_E_RANGE, "areas: commune %zu has neighbour %u of %zu", i,
                               in->neighbour[k], in->n);
    }
    return 0;
}

/* Gives where the links of each seat begin too. */
static int check_links(struct qz_ctx *ctx, const struct qz_land_of_communes *in, size_t *first) {
    for (size_t i = 0; i < in->n_links; i++) {
        const struct qz_link *l = &in->links[i];
        if (l->origin >= in->n || l->site >= in->n)
            return qz_fail(ctx, QZ_E_RANGE, "areas: link %zu is from commune %u to %u of %zu", i,
                           l->origin, l->site, in->n);
        if (i && (l->site < l[-1].site || (l->site == l[-1].site && l->origin <= l[-1].origin)))
            return qz_fail(ctx, QZ_E_RANGE, "areas: link %zu is not in order, by seat and commune",
                           i);
        first[l->site + 1]++;
    }
    for (size_t s = 0; s < in->n; s++)
        first[s + 1] += first[s];
    return 0;
}

/* ---- what comes out; until the end, areas are numbered as they are made */
static struct qz_areas *make(size_t n, size_t k) {
    struct qz_areas *a = qz_calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->n = k;
    a->n_communes = n;
    a->area_of = qz_malloc(n, sizeof *a->area_of);
    a->centre = qz_malloc(k, sizeof *a->centre);
    a->people = qz_calloc(k, sizeof *a->people);
    return a->area_of && a->centre && a->people ? a : qz_areas_free(a);
}

static void take(struct qz_areas *a, const struct qz_cut *c, size_t first) {
    const struct qz_board *b = c->board;
    for (size_t i = 0; i < b->land.n; i++) {
        uint32_t area = c->area_of[i];
        a->area_of[b->commune[i]] = (uint32_t)first + area;
        a->seconds += b->land.people[i] * (double)c->ms[i * c->k + area] / 1000;
    }
    for (size_t k = 0; k < c->k; k++)
        a->centre[first + k] = b->commune[c->centre[k]];
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Areas by centre: the centres are sorted, and each knows its old area by being a member. */
static int number(struct qz_ctx *ctx, struct qz_areas *a) {
    qz_cleanup(qz_freep) uint32_t *now = qz_malloc(a->n, sizeof *now);
    if (!now)
        return qz_fail_nomem(ctx);
    qsort(a->centre, a->n, sizeof *a->centre, by_number);
    for (uint32_t k = 0; k < a->n; k++)
        now[a->area_of[a->centre[k]]] = k;
    for (size_t i = 0; i < a->n_communes; i++)
        a->area_of[i] = now[a->area_of[i]];
    return 0;
}

static void count(struct qz_areas *a, const struct qz_land_of_communes *in,
                  const struct qz_board *whole, const struct qz_pieces *p) {
    a->mean_people = whole->mean_people;
    a->balance_mean = whole->balance_mean;
    a->n_parts = p->n;
    for (size_t i = 0; i < in->n; i++) {
        a->people[a->area_of[i]] += in->people[i];
        a->largest_commune = fmax(a->largest_commune, in->people[i]);
        a->n_too_large += in->people[i] > whole->high_people;
    }
    for (size_t k = 0; k < a->n; k++)
        a->n_balanced += a->people[k] >= whole->low_people && a->people[k] <= whole->high_people;
    for (size_t i = 0; i < p->n; i++)
        a->n_small_parts += p->people[i] < whole->low_people;
}

/* ---- one piece */
static int cut_board(struct qz_ctx *ctx, const struct qz_board *b, struct qz_areas *a,
                     size_t first) {
    struct qz_cut c;
    double done = (double)first / (double)a->n, share = (double)b->k / (double)a->n;
    int e = qz_cut_init(ctx, b, &c);
    if (e < 0)
        return e;
    e = qz_seeds(ctx, b, c.centre);
    if (e == 0)
        e = qz_cut_grow(ctx, &c);
    if (e == 0)
        e = qz_cut_cool(ctx, &c, done, share);
    if (e == 0)
        take(a, &c, first);
    qz_cut_done(&c);
    return e;
}

struct work {
    const struct qz_areas_params *params;
    const struct qz_land_of_communes *in;
    const size_t *link_first;
    const struct qz_pieces *pieces;
};

static int cut_pieces(struct qz_ctx *ctx, const struct work *w, struct qz_areas *a) {
    const struct qz_pieces *p = w->pieces;
    size_t first = 0;
    int e = 0;
    for (uint32_t i = 0; e == 0 && i < p->n; i++) {
        struct qz_board b;
        e = qz_board_init(ctx, w->in, w->params, w->link_first, p->piece_of, i, &b);
        if (e < 0)
            break;
        b.k = p->share[i];
        e = cut_board(ctx, &b, a, first);
        first += p->share[i];
        qz_board_done(&b);
    }
    return e;
}

static int finish(struct qz_ctx *ctx, const struct work *w, struct qz_areas *a) {
    struct qz_board whole;
    int e = number(ctx, a);
    if (e == 0)
        e = qz_board_init(ctx, w->in, w->params, w->link_first, NULL, 0, &whole);
    if (e < 0)
        return e;
    count(a, w->in, &whole, w->pieces);
    e = qz_seeds_bound(ctx, &whole, &a->bound);
    qz_board_done(&whole);
    return e;
}

int qz_areas_new(struct qz_ctx *ctx, const struct qz_areas_params *params,
                 const struct qz_land_of_communes *in, struct qz_areas **ret) {
    qz_cleanup(qz_freep) size_t *link_first = NULL;
    struct qz_pieces pieces = { 0 };
    int e = check_params(ctx, params, in->n);
    if (e == 0)
        e = check_communes(ctx, in);
    if (e < 0)
        return e;
    link_first = qz_calloc(in->n + 1, sizeof *link_first);
    qz_cleanup(areas_freep) struct qz_areas *a = make(in->n, params->k);
    if (!link_first || !a)
        return qz_fail_nomem(ctx);
    e = check_links(ctx, in, link_first);
    if (e == 0)
        e = qz_pieces_init(ctx, in, params->k, &pieces);
    if (e < 0)
        return e;
    struct work w = { params, in, link_first, &pieces };
    e = cut_pieces(ctx, &w, a);
    if (e == 0)
        e = finish(ctx, &w, a);
    qz_pieces_done(&pieces);
    if (e < 0)
        return e;
    *ret = a;
    a = NULL;
    return 0;
}
