/* engine/locate/dual.c - prices, what candidates earn of them, and the bound that follows. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "locate/dual.h"

static const double first_pace = 1, least_pace = 1e-4, slowing = 0.7, memory = 0.7;
static const unsigned patience = 12; /* steps that raise nothing, before the pace slows */

static int allocate(struct qz_ctx *ctx, size_t n_ties, struct qz_dual *d) {
    size_t n = d->s->n_places + 1, n_candidates = d->s->n_candidates + 1;
    d->price = qz_malloc(n, sizeof *d->price);
    d->best_price = qz_calloc(n, sizeof *d->best_price);
    d->step = qz_calloc(n, sizeof *d->step);
    d->earning = qz_calloc(n_candidates, sizeof *d->earning);
    d->taken = qz_malloc(n_candidates, sizeof *d->taken);
    d->n_takers = qz_malloc(n, sizeof *d->n_takers);
    d->tie = qz_malloc(n_ties + 1, sizeof *d->tie);
    d->first = qz_malloc(n, sizeof *d->first);
    d->end = qz_malloc(n, sizeof *d->end);
    d->closed = qz_calloc(n_candidates, sizeof *d->closed);
    if (d->price && d->best_price && d->step && d->earning && d->taken && d->n_takers && d->tie &&
        d->first && d->end && d->closed)
        return 0;
    qz_dual_done(d);
    return qz_fail_nomem(ctx);
}

int qz_dual_init(struct qz_ctx *ctx, const struct qz_siting *s, size_t p,
                 const struct qz_near *near, struct qz_dual *ret) {
    struct qz_dual d = {
        .s = s, .p = p, .n_open = s->n_candidates, .best = -INFINITY, .pace = first_pace
    };
    int r = allocate(ctx, s->first[s->n_places], &d);
    if (r < 0)
        return r;
    memcpy(d.tie, s->tie, s->first[s->n_places] * sizeof *d.tie);
    for (size_t i = 0; i < s->n_places; i++) {
        d.first[i] = s->first[i];
        d.end[i] = s->first[i + 1];
        double second = fmin(near[i].second_time, 2.0 * s->tie[s->first[i + 1] - 1].time + 1);
        d.price[i] = fmax((fmin(near[i].time, second) + second) / 2, s->tie[s->first[i]].time);
    }
    for (uint32_t c = 0; c < s->n_candidates; c++)
        d.taken[c] = c;
    *ret = d;
    return 0;
}

/* Ties of closed candidates are gone already: the copy holds what is left, packed. */
int qz_dual_copy(struct qz_ctx *ctx, const struct qz_dual *from, struct qz_dual *ret) {
    const struct qz_siting *s = from->s;
    struct qz_dual d = *from;
    size_t n = 0;
    for (size_t i = 0; i < s->n_places; i++)
        n += from->end[i] - from->first[i];
    int r = allocate(ctx, n, &d);
    if (r < 0)
        return r;
    memcpy(d.price, from->price, s->n_places * sizeof *d.price);
    memcpy(d.best_price, from->best_price, s->n_places * sizeof *d.price);
    memcpy(d.earning, from->earning, s->n_candidates * sizeof *d.earning);
    memcpy(d.taken, from->taken, s->n_candidates * sizeof *d.taken);
    memcpy(d.closed, from->closed, s->n_candidates);
    n = 0;
    for (size_t i = 0; i < s->n_places; i++) {
        d.first[i] = n;
        for (size_t k = from->first[i]; k < from->end[i]; k++)
            d.tie[n++] = from->tie[k];
        d.end[i] = n;
    }
    *ret = d;
    return 0;
}

void qz_dual_done(struct qz_dual *d) {
    free(d->price);
    free(d->best_price);
    free(d->step);
    free(d->earning);
    free(d->taken);
    free(d->n_takers);
    free(d->tie);
    free(d->first);
    free(d->end);
    free(d->closed);
    *d = (struct qz_dual) { 0 };
}

/* ---- the p that earn most */
static bool earns_more(const struct qz_dual *d, uint32_t a, uint32_t b) {
    return d->earning[a] != d->earning[b] ? d->earning[a] > d->earning[b] : a < b;
}

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t c = *a;
    *a = *b;
    *b = c;
}

/* Splits taken[from, to) about its middle one; gives that one's position. */
static size_t split(struct qz_dual *d, size_t from, size_t to) {
    uint32_t *t = d->taken;
    swap(&t[from + (to - from) / 2], &t[to - 1]);
    size_t at = from;
    for (size_t i = from; i + 1 < to; i++)
        if (earns_more(d, t[i], t[to - 1]))
            swap(&t[at++], &t[i]);
    swap(&t[at], &t[to - 1]);
    return at;
}

static void take_most(struct qz_dual *d) {
    size_t from = d->n_forced, to = d->n_open;
    while (from < to && d->p < d->n_open && d->n_forced < d->p) {
        size_t at = split(d, from, to);
        if (at == d->p)
            break;
        if (at < d->p)
            from = at + 1;
        else
            to = at;
    }
}

/* ---- the bound */
/* Sums of n terms, none negative, are off by n roundings at most; twice that is taken. */
static double error_of(const struct qz_dual *d, double prices, double earnings) {
    double n = (double)(d->s->n_places + d->s->most_ties + d->p + 16);
    return 2 * n * DBL_EPSILON * (prices + earnings);
}

void qz_dual_look(struct qz_dual *d) {
    const struct qz_siting *s = d->s;
    double prices = 0, earnings = 0;
    memset(d->earning, 0, s->n_candidates * sizeof *d->earning);
    for (size_t i = 0; i < s->n_places; i++) {
        double price = d->price[i], weight = s->weight[i];
        prices += weight * price;
        for (const struct qz_tie *t = d->tie + d->first[i], *end = d->tie + d->end[i];
             t < end && t->time < price; t++)
            d->earning[t->at] += weight * (price - t->time);
    }
    take_most(d);
    size_t p = d->p < d->n_open ? d->p : d->n_open;
    for (size_t k = 0; k < p; k++)
        earnings += d->earning[d->taken[k]];
    d->value = prices - earnings;
    d->safe = d->value - error_of(d, prices, earnings);
    if (d->safe > d->best) {
        d->best = d->safe;
        memcpy(d->best_price, d->price, s->n_places * sizeof *d->price);
    }
}

bool qz_dual_proves(const struct qz_siting *s, double safe, double cost) {
    return s->grain > 0 ? safe > cost - s->grain : safe >= cost;
}

/* ---- what no better answer has */
static void drop_ties(struct qz_dual *d) {
    for (size_t i = 0; i < d->s->n_places; i++) {
        size_t end = d->first[i];
        for (size_t k = d->first[i]; k < d->end[i]; k++)
            if (!d->closed[d->tie[k].at])
                d->tie[end++] = d->tie[k];
        d->end[i] = end;
    }
}

/* One that is taken must be in: without it the first that is not taken would come instead. */
static void force_needed(struct qz_dual *d, double cost) {
    double next = 0;
    for (size_t k = d->p; k < d->n_open; k++)
        next = fmax(next, d->earning[d->taken[k]]);
    for (size_t k = d->n_forced; k < d->p; k++)
        if (qz_dual_proves(d->s, d->safe + (d->earning[d->taken[k]] - next) * (1 - 1e-9), cost))
            swap(&d->taken[k], &d->taken[d->n_forced++]);
}

/* To open one that is not taken, the last that is taken must go. */
void qz_dual_close(struct qz_dual *d, double cost) {
    if (d->p >= d->n_open || d->p == 0)
        return;
    double last = INFINITY; /* all are forced: nothing else may open */
    for (size_t k = d->n_forced; k < d->p; k++)
        last = fmin(last, d->earning[d->taken[k]]);
    size_t n = d->p;
    for (size_t k = d->p; k < d->n_open; k++) {
        uint32_t c = d->taken[k];
        double rise = (last - d->earning[c]) * (1 - 1e-9);
        if (qz_dual_proves(d->s, d->safe + rise, cost))
            d->closed[c] = 1;
        else
            d->taken[n++] = c;
    }
    bool many = n < d->n_open;
    d->n_open = n;
    force_needed(d, cost);
    if (many)
        drop_ties(d);
}

static size_t position(const struct qz_dual *d, uint32_t candidate) {
    size_t k = d->n_forced;
    while (d->taken[k] != candidate)
        k++;
    return k;
}

void qz_dual_force(struct qz_dual *d, uint32_t candidate) {
    swap(&d->taken[position(d, candidate)], &d->taken[d->n_forced]);
    d->n_forced++;
}

void qz_dual_drop(struct qz_dual *d, uint32_t candidate) {
    swap(&d->taken[position(d, candidate)], &d->taken[--d->n_open]);
    d->closed[candidate] = 1;
    drop_ties(d);
}

void qz_dual_restart(struct qz_dual *d, double pace) {
    memcpy(d->price, d->best_price, d->s->n_places * sizeof *d->price);
    memset(d->step, 0, d->s->n_places * sizeof *d->step);
    d->pace = pace;
    d->n_dull = 0;
}

/* ---- the next prices */
static void count_takers(struct qz_dual *d) {
    const struct qz_siting *s = d->s;
    size_t p = d->p < d->n_open ? d->p : d->n_open;
    memset(d->n_takers, 0, s->n_places * sizeof *d->n_takers);
    for (size_t k = 0; k < p; k++) {
        uint32_t c = d->taken[k];
        for (size_t t = s->site_first[c]; t < s->site_first[c + 1]; t++)
            d->n_takers[s->site_tie[t].at] += s->site_tie[t].time < d->price[s->site_tie[t].at];
    }
}

bool qz_dual_step(struct qz_dual *d, double cost) {
    const struct qz_siting *s = d->s;
    double size = 0, want = cost - d->value;
    count_takers(d);
    for (size_t i = 0; i < s->n_places; i++) {
        double lack = 1 - (double)d->n_takers[i];
        d->step[i] = lack + memory * d->step[i];
        size += s->weight[i] * d->step[i] * d->step[i];
    }
    d->n_dull = d->safe >= d->best ? 0 : d->n_dull + 1;
    if (d->n_dull > patience) {
        d->pace *= slowing;
        d->n_dull = 0;
    }
    if (!(size > 0) || !(want > 0) || d->pace < least_pace)
        return false;
    double length = d->pace * want / size;
    for (size_t i = 0; i < s->n_places; i++)
        d->price[i] = fmin(fmax(d->price[i] + length * d->step[i], s->tie[s->first[i]].time),
                           s->far[i]);
    return true;
}
