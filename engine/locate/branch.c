/* engine/locate/branch.c - the candidate that earns most: is it in? Each answer is one more fact
 * for the prices, and most branches end after a few looks. */
#include <math.h>
#include "locate/branch.h"

enum { LOOKS = 60, MOST_DEPTH = 24, PLAIN_LOOKS = 3, EXACT_LOOKS = 40, MOST_LEFT = 600 };
static const double pace = 0.5;

struct tree {
    struct qz_hunt *h;
    unsigned n_looks, n_left;
    bool whole; /* nothing was left aside */
};

unsigned qz_branch_looks(const struct qz_locate_params *params) {
    unsigned n = params->iterations < UINT32_MAX / EXACT_LOOKS / 2 ? params->iterations : 1000;
    return n * (params->exact ? EXACT_LOOKS : PLAIN_LOOKS);
}

/* True: no better answer is left here. Polishing costs about as much as the looks. */
static bool is_spent(struct tree *t, struct qz_dual *d) {
    struct qz_hunt *h = t->h;
    for (unsigned k = 0; k < LOOKS && t->n_left > 0; k++) {
        t->n_left--;
        qz_dual_look(d);
        if (qz_dual_proves(h->s, d->safe, qz_hunt_to_beat(h)))
            return true;
        qz_dual_close(d, qz_hunt_to_beat(h));
        if (d->n_open <= h->p) {
            if (d->n_open == h->p)
                qz_hunt_polish(h, d);
            return true;
        }
        if (!qz_dual_step(d, qz_hunt_to_beat(h)))
            break;
    }
    qz_hunt_polish(h, d);
    return false;
}

static uint32_t choose(const struct qz_dual *d) {
    uint32_t best = QZ_NO_CANDIDATE;
    for (size_t k = d->n_forced; k < d->n_open; k++) {
        uint32_t c = d->taken[k];
        if (best == QZ_NO_CANDIDATE || d->earning[c] > d->earning[best] ||
            (d->earning[c] == d->earning[best] && c < best))
            best = c;
    }
    return best;
}

/* Those too near to one that is open stay closed. */
static void force(struct qz_dual *d, uint32_t c) {
    const struct qz_siting *s = d->s;
    qz_dual_force(d, c);
    for (size_t k = d->n_open; s->apart_first && k > d->n_forced; k--)
        for (uint32_t a = s->apart_first[c]; a < s->apart_first[c + 1]; a++)
            if (s->apart[a] == d->taken[k - 1]) {
                qz_dual_drop(d, d->taken[k - 1]);
                break;
            }
}

static int explore(struct tree *t, struct qz_dual *d, size_t depth) {
    int r = 0;
    while (r == 0 && d->n_open >= t->h->p) {
        qz_dual_restart(d, pace);
        if (is_spent(t, d))
            return 0;
        if (t->n_left == 0 || depth == MOST_DEPTH || d->n_forced >= t->h->p) {
            t->whole = false;
            return 0;
        }
        uint32_t c = choose(d);
        struct qz_dual with = { 0 };
        r = qz_dual_copy(t->h->ctx, d, &with);
        if (r < 0)
            return r;
        force(&with, c);
        r = explore(t, &with, depth + 1);
        qz_dual_done(&with);
        qz_dual_drop(d, c);
        if (r == 0)
            r = qz_progress(t->h->ctx, t->h->to, "locate");
    }
    return r;
}

int qz_branch(struct qz_hunt *h, struct qz_dual *d, unsigned n_looks) {
    struct tree t = { h, n_looks, n_looks, true };
    struct qz_dual own = { 0 };
    if (h->p == 0 || !(d->best > -INFINITY) || d->n_open > h->p + MOST_LEFT)
        return 0; /* nothing to go by, or far too many to go through */
    int r = qz_dual_copy(h->ctx, d, &own);
    if (r == 0)
        r = explore(&t, &own, 0);
    if (r == 0 && t.whole)
        h->lower = h->cost;
    qz_dual_done(&own);
    return r;
}
