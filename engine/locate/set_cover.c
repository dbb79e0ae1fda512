/* engine/locate/set_cover.c - greedy, less what is not needed; facts, prices and branches in sites;
 * what these leave open, as covering with one site less. */
#include <math.h>
#include <string.h>
#include "locate/apart.h"
#include "locate/branch.h"
#include "locate/exact.h"
#include "locate/fewest.h"
#include "locate/set_cover.h"

enum { MOST_TRIES = 12 };

struct cover {
    struct qz_ctx *ctx;
    const struct qz_locate_params *params;
    const struct qz_siting *s;
    double whole, left_out;
    uint32_t *site; /* of the best answer */
    size_t n;       /* of it; SIZE_MAX: there is none */
    size_t lower;
    bool exact;
};

static struct qz_hunt hunt_of(const struct cover *c, size_t p) {
    return (struct qz_hunt) { .ctx = c->ctx,
                              .s = c->s,
                              .p = p,
                              .n_starts = c->params->n_starts,
                              .iterations = c->params->iterations,
                              .n_looks_more = qz_branch_looks(c->params),
                              .whole = c->whole,
                              .goal = c->left_out,
                              .to = 1 };
}

/* ---- a first answer */
static uint32_t least_needed(const struct qz_open *o) {
    uint32_t best = (uint32_t)o->n_slots;
    for (uint32_t r = 0; r < o->n_slots; r++)
        if (o->site[r] != QZ_NO_CANDIDATE &&
            (best == o->n_slots || o->loss[r] < o->loss[best] ||
             (o->loss[r] == o->loss[best] && o->site[r] > o->site[best])))
            best = r;
    return best;
}

static void drop_needless(struct cover *c, struct qz_open *o) {
    for (uint32_t r = least_needed(o); r < o->n_slots; r = least_needed(o)) {
        uint32_t site = o->site[r];
        qz_open_take(o, r);
        if (qz_open_cost(o) > c->left_out) {
            qz_open_put(o, r, site);
            break;
        }
    }
    c->n = 0;
    for (size_t r = 0; r < o->n_slots; r++)
        if (o->site[r] != QZ_NO_CANDIDATE)
            c->site[c->n++] = o->site[r];
}

static int too_little(const struct cover *c, double left) {
    double covered = c->whole > 0 ? (c->whole - c->s->fixed - left) / c->whole : 0;
    return qz_fail(c->ctx, QZ_E_DATA,
                   "locate: a share of %.6g was asked for, but %.6g is the most that was found to "
                   "be within reach",
                   c->params->share, covered);
}

/* n sites of c->site, moved about; what they cover is kept when it is enough. */
static int try_apart(struct cover *c, size_t n, double *left) {
    struct qz_hunt h = hunt_of(c, n);
    int r = qz_hunt(&h, c->site);
    if (r == 0) {
        *left = fmin(*left, h.cost);
        memcpy(c->site, h.best, n * sizeof *c->site);
        c->n = h.cost <= c->left_out ? n : c->n;
    }
    qz_hunt_done(&h);
    return r;
}

/* Greedy got stuck at sites that keep out others: as many as fit apart, then fewer. */
static int try_most(struct cover *c, double left) {
    size_t n;
    int r = qz_apart_fit(c->ctx, c->s, c->s->n_candidates, c->site, &n);
    for (size_t k = 0; r == 0 && k < MOST_TRIES && k < n && c->n == SIZE_MAX; k++)
        r = try_apart(c, n - k, &left);
    return r == 0 && c->n == SIZE_MAX ? too_little(c, left) : r;
}

static int first_answer(struct cover *c) {
    struct qz_open o = { 0 };
    size_t n = c->s->n_candidates;
    qz_cleanup(qz_freep) double *gain = qz_malloc(n + 1, sizeof *gain);
    qz_cleanup(qz_freep) uint32_t *fresh = qz_malloc(n + 1, sizeof *fresh);
    if (!gain || !fresh)
        return qz_fail_nomem(c->ctx);
    int r = qz_open_init(c->ctx, c->s, n, &o);
    if (r < 0)
        return r;
    qz_open_fill(&o, NULL, c->left_out, gain, fresh);
    double left = qz_open_cost(&o);
    if (left <= c->left_out)
        drop_needless(c, &o);
    else
        r = c->s->apart_first ? try_most(c, left) : too_little(c, left);
    qz_open_done(&o);
    return r;
}

/* ---- one less, again and again */
/* The answer without the site that is missed least. */
static int without_one(struct cover *c, uint32_t *start) {
    struct qz_open o = { 0 };
    int r = qz_open_init(c->ctx, c->s, c->n, &o);
    if (r < 0)
        return r;
    for (uint32_t k = 0; k < c->n; k++)
        qz_open_put(&o, k, c->site[k]);
    qz_open_take(&o, least_needed(&o));
    size_t n = 0;
    for (size_t k = 0; k < c->n; k++)
        if (o.site[k] != QZ_NO_CANDIDATE)
            start[n++] = o.site[k];
    qz_open_done(&o);
    return 0;
}

/* *found: with one site less; else `lower` may be known. */
static int try_less(struct cover *c, bool *found) {
    qz_cleanup(qz_freep) uint32_t *start = qz_malloc(c->n, sizeof *start);
    if (!start)
        return qz_fail_nomem(c->ctx);
    struct qz_hunt h = hunt_of(c, c->n - 1);
    bool settled = false;
    int r = without_one(c, start);
    if (r == 0)
        r = qz_hunt(&h, start);
    if (r == 0 && c->params->exact && !qz_hunt_is_over(&h))
        r = qz_exact(&h, &settled);
    *found = r == 0 && h.cost <= c->left_out;
    if (*found) {
        c->n--;
        memcpy(c->site, h.best, c->n * sizeof *c->site);
    } else if (r == 0 && (h.lower > c->left_out || settled)) {
        c->lower = c->n;
        c->exact = settled;
    }
    qz_hunt_done(&h);
    return r;
}

/* ---- how few can be ruled out */
static int rule_out(struct cover *c, const struct qz_near *near, size_t p, bool *out) {
    struct qz_dual d = { 0 };
    double goal = c->s->grain > 0 ? c->left_out + c->s->grain : nextafter(c->left_out, INFINITY);
    int r = qz_dual_init(c->ctx, c->s, p, near, &d);
    *out = false;
    for (unsigned k = 0; k < c->params->iterations && r == 0 && !*out; k++) {
        qz_dual_look(&d);
        *out = d.best > c->left_out;
        if (k % 16 == 0)
            r = qz_progress(c->ctx, 1, "locate");
        if (!qz_dual_step(&d, goal))
            break;
    }
    qz_dual_done(&d);
    return r;
}

/* Fewer never cover more: steps up from what is ruled out, doubling, then halving. lower - 1 is
 * ruled out, upper is not. */
static int find_lower(struct cover *c) {
    struct qz_open o = { 0 };
    int r = qz_open_init(c->ctx, c->s, c->n, &o);
    if (r < 0)
        return r;
    for (uint32_t k = 0; k < c->n; k++)
        qz_open_put(&o, k, c->site[k]);
    bool met = false;
    for (size_t upper = c->n - 1, stride = 1; r == 0 && c->lower < upper; stride *= 2) {
        size_t between = upper - c->lower, p = c->lower + between / 2;
        if (!met)
            p = c->lower + (stride < between ? stride : between) - 1;
        bool out;
        r = rule_out(c, o.near, p, &out);
        if (out)
            c->lower = p + 1;
        else
            upper = p;
        met = met || !out;
    }
    qz_open_done(&o);
    return r;
}

/* ---- as a question of sites, which is sharper when nearly all is asked for */
static int settle_fewest(struct cover *c) {
    struct qz_fewest f = { .ctx = c->ctx,
                           .s = c->s,
                           .left_out = c->left_out,
                           .iterations = c->params->iterations,
                           .n_looks_more = qz_branch_looks(c->params),
                           .site = c->site,
                           .n = c->n,
                           .lower = c->lower };
    int r = qz_fewest(&f);
    c->n = f.n;
    c->lower = f.lower;
    return r;
}

int qz_set_cover(struct qz_ctx *ctx, const struct qz_locate_params *params,
                 const struct qz_siting *s, double whole, double left_out,
                 struct qz_set_cover *ret) {
    qz_cleanup(qz_freep) uint32_t *site = qz_malloc(s->n_candidates + 1, sizeof *site);
    struct cover c = { ctx, params, s, whole, left_out, site, SIZE_MAX, 0, false };
    if (!site)
        return qz_fail_nomem(ctx);
    int r = first_answer(&c);
    if (r == 0)
        r = settle_fewest(&c);
    size_t n_settled = c.n;
    for (bool found = true; r == 0 && found && c.lower < c.n;)
        r = try_less(&c, &found);
    if (r == 0 && c.lower < c.n && c.n < n_settled)
        r = settle_fewest(&c);
    if (r == 0 && c.lower < c.n)
        r = find_lower(&c);
    if (r < 0)
        return r;
    *ret = (struct qz_set_cover) { c.n, site, c.lower, c.exact };
    site = NULL;
    return 0;
}
