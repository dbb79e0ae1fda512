/* engine/locate/hunt.c - starts, then the bound, whose own choices are starts as well. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "locate/apart.h"
#include "locate/branch.h"
#include "locate/chance.h"
#include "locate/hunt.h"

enum { POLISH_EVERY = 10 };

void qz_hunt_done(struct qz_hunt *h) {
    qz_open_done(&h->open);
    free(h->gain);
    free(h->fresh);
    free(h->best);
    free(h->closed);
    free(h->price);
    h->gain = h->price = NULL;
    h->fresh = h->best = NULL;
    h->closed = NULL;
}

double qz_hunt_objective(const struct qz_hunt *h, double cost) {
    return h->whole > 0 ? h->whole - h->s->fixed - cost : h->s->fixed + cost;
}

bool qz_hunt_is_proven(const struct qz_hunt *h) {
    return qz_dual_proves(h->s, h->lower, h->cost) || h->cost <= h->s->least;
}

bool qz_hunt_is_over(const struct qz_hunt *h) {
    if (h->goal > -INFINITY && (h->cost <= h->goal || h->lower > h->goal))
        return true;
    if (qz_hunt_is_proven(h))
        return true;
    return h->cost - h->lower <= h->gap_ratio * qz_hunt_objective(h, h->cost);
}

double qz_hunt_to_beat(const struct qz_hunt *h) {
    double past = h->s->grain > 0 ? h->goal + h->s->grain : nextafter(h->goal, INFINITY);
    return h->goal > -INFINITY ? fmin(h->cost, past) : h->cost;
}

/* ---- answers */
void qz_hunt_keep(struct qz_hunt *h) {
    double cost = qz_open_cost(&h->open);
    if (!(cost < h->cost))
        return;
    h->cost = cost;
    memcpy(h->best, h->open.site, h->p * sizeof *h->best);
}

static void load(struct qz_open *o, const uint32_t *set, size_t n) {
    qz_open_clear(o);
    for (uint32_t k = 0; k < n; k++)
        qz_open_put(o, k, set[k]);
}

/* Greedy; where that gets stuck because too many are too near, those that fit, whatever they save.
 */
static int first_start(struct qz_hunt *h, const uint32_t *start) {
    size_t n_found;
    if (start) {
        load(&h->open, start, h->p);
    } else if (!qz_open_fill(&h->open, NULL, -INFINITY, h->gain, h->fresh)) {
        int r = qz_apart_fit(h->ctx, h->s, h->p, h->fresh, &n_found);
        if (r == 0 && n_found < h->p)
            r = qz_fail(h->ctx, QZ_E_DATA,
                        "locate: %zu sites were asked for, but %zu is the most that was found to "
                        "fit far enough apart",
                        h->p, n_found);
        if (r < 0)
            return r;
        load(&h->open, h->fresh, h->p);
    }
    qz_open_improve(&h->open, NULL);
    qz_hunt_keep(h);
    return 0;
}

/* ---- other starts: the best, shaken */
static uint32_t any_candidate(struct qz_hunt *h) {
    uint32_t n = (uint32_t)h->s->n_candidates, at = qz_chance_below(&h->chance, n);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t c = (at + k) % n;
        if (h->open.slot[c] == QZ_NO_CANDIDATE && h->open.n_apart[c] == 0 &&
            !(h->closed && h->closed[c]))
            return c;
    }
    return QZ_NO_CANDIDATE;
}

/* False: what is left would be too near; nothing is kept of it. */
static bool shake(struct qz_hunt *h, size_t n_swaps) {
    for (size_t k = 0; k < n_swaps; k++) {
        uint32_t slot = qz_chance_below(&h->chance, (uint32_t)h->p), was = h->open.site[slot];
        uint32_t c = any_candidate(h);
        if (c == QZ_NO_CANDIDATE && !h->s->apart_first)
            return false; /* all are open */
        qz_open_take(&h->open, slot);
        c = c == QZ_NO_CANDIDATE ? any_candidate(h) : c;
        qz_open_put(&h->open, slot, c == QZ_NO_CANDIDATE ? was : c);
    }
    return true;
}

static int other_starts(struct qz_hunt *h) {
    for (unsigned k = 1; k < h->n_starts && h->p > 0 && !qz_hunt_is_over(h); k++) {
        int r = qz_progress(h->ctx, h->from + (h->to - h->from) * 0.3 * k / h->n_starts, "locate");
        if (r < 0)
            return r;
        load(&h->open, h->best, h->p);
        size_t n_swaps = 2 + h->p / (k % 2 ? 4 : 10);
        if (!shake(h, n_swaps))
            break;
        qz_open_improve(&h->open, h->closed);
        qz_hunt_keep(h);
    }
    return 0;
}

/* ---- the bound */
void qz_hunt_polish(struct qz_hunt *h, const struct qz_dual *d) {
    uint32_t slot = 0;
    qz_open_clear(&h->open);
    for (size_t k = 0; k < d->n_open && slot < h->p; k++)
        if (h->open.n_apart[d->taken[k]] == 0)
            qz_open_put(&h->open, slot++, d->taken[k]);
    if (slot < h->p && !qz_open_fill(&h->open, NULL, -INFINITY, h->gain, h->fresh))
        return;
    qz_open_improve(&h->open, d->closed);
    qz_hunt_keep(h);
}

static int seek_bound(struct qz_hunt *h, struct qz_dual *d, unsigned *n_looks) {
    unsigned every = h->iterations / 70 + 1;
    for (unsigned k = 0; k < h->iterations && !qz_hunt_is_over(h); k++) {
        if (k % every == 0) {
            double done = 0.3 + 0.7 * k / h->iterations;
            int r = qz_progress(h->ctx, h->from + (h->to - h->from) * done, "locate");
            if (r < 0)
                return r;
        }
        qz_dual_look(d);
        *n_looks = k + 1;
        h->lower = fmax(h->lower, d->best);
        if (k % POLISH_EVERY == POLISH_EVERY - 1)
            qz_hunt_polish(h, d);
        qz_dual_close(d, qz_hunt_to_beat(h));
        if (d->n_open <= h->p) { /* one answer is left */
            qz_hunt_polish(h, d);
            h->lower = h->cost;
        }
        if (!qz_dual_step(d, qz_hunt_to_beat(h)))
            break;
    }
    return 0;
}

static int init(struct qz_hunt *h) {
    size_t n = h->s->n_candidates + h->s->n_places + 1;
    h->cost = INFINITY;
    h->lower = h->s->least * (1 - 2 * DBL_EPSILON * (double)n); /* sums in another order */
    h->chance = 15;
    h->gain = qz_malloc(n, sizeof *h->gain);
    h->fresh = qz_malloc(n, sizeof *h->fresh);
    h->best = qz_malloc(h->p + 1, sizeof *h->best);
    if (!h->gain || !h->fresh || !h->best)
        return qz_fail_nomem(h->ctx);
    return qz_open_init(h->ctx, h->s, h->p, &h->open);
}

static void keep_dual(struct qz_hunt *h, struct qz_dual *d) {
    h->closed = d->closed;
    h->price = d->best_price;
    h->price_lower = d->best;
    d->closed = NULL;
    d->best_price = NULL;
}

int qz_hunt(struct qz_hunt *h, const uint32_t *start) {
    struct qz_dual d = { 0 };
    unsigned n_looks = 0;
    int r = init(h);
    if (r == 0)
        r = first_start(h, start);
    if (r == 0)
        r = other_starts(h);
    if (r < 0)
        return r;
    if (h->p == 0)
        h->lower = h->cost;
    if (qz_hunt_is_over(h))
        return 0;
    load(&h->open, h->best, h->p);
    r = qz_dual_init(h->ctx, h->s, h->p, h->open.near, &d);
    if (r == 0)
        r = seek_bound(h, &d, &n_looks);
    if (r == 0 && !qz_hunt_is_over(h))
        r = qz_branch(h, &d, h->n_looks_more + h->iterations - n_looks);
    if (r == 0)
        keep_dual(h, &d);
    qz_dual_done(&d);
    return r;
}
