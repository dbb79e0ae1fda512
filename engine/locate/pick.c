/* engine/locate/pick.c - greedy by what places pay, and not more than is needed. */
#include <math.h>
#include <string.h>
#include "locate/pick.h"

static const double least_price = 1e-4; /* a place that pays nothing counts as this */

int qz_pick_init(struct qz_ctx *ctx, const struct qz_siting *s, struct qz_pick *ret) {
    struct qz_pick p = { 0 };
    size_t n = s->n_candidates + 1;
    p.site = qz_malloc(n, sizeof *p.site);
    p.own = qz_malloc(n, sizeof *p.own);
    p.gain = qz_malloc(n, sizeof *p.gain);
    p.blocked = qz_malloc(n, sizeof *p.blocked);
    p.n_covers = qz_malloc(s->n_places + 1, sizeof *p.n_covers);
    int r = qz_open_init(ctx, s, s->n_candidates, &p.open);
    if (r == 0 && !(p.site && p.own && p.gain && p.blocked && p.n_covers))
        r = qz_fail_nomem(ctx);
    if (r < 0)
        qz_pick_done(&p);
    else
        *ret = p;
    return r;
}

void qz_pick_done(struct qz_pick *p) {
    qz_open_done(&p->open);
    free(p->site);
    free(p->own);
    free(p->gain);
    free(p->blocked);
    free(p->n_covers);
    *p = (struct qz_pick) { 0 };
}

/* ---- an answer: is it one, and better? */
static bool keep(struct qz_pick *p, struct qz_fewest *f) {
    struct qz_open *o = &p->open;
    if (p->n >= f->n)
        return false;
    qz_open_clear(o);
    for (uint32_t k = 0; k < p->n; k++) {
        if (o->n_apart[p->site[k]] > 0)
            return false;
        qz_open_put(o, k, p->site[k]);
    }
    if (qz_open_cost(o) > f->left_out)
        return false;
    f->n = p->n;
    memcpy(f->site, p->site, p->n * sizeof *p->site);
    return true;
}

bool qz_pick_forced(struct qz_pick *p, const struct qz_cover *v, struct qz_fewest *f) {
    memcpy(p->site, v->forced, v->n_forced * sizeof *p->site);
    p->n = v->n_forced;
    return keep(p, f);
}

/* ---- greedy */
static double left(const struct qz_pick *p, const struct qz_cover *v) {
    double sum = 0;
    for (size_t i = 0; i < v->n_places; i++)
        sum += p->n_covers[i] ? 0 : v->weight[i];
    return sum;
}

static double worth(const struct qz_toll *t, size_t place) {
    return fmax(t->v->price[place] * (1 - t->out[place]), least_price);
}

static void open_one(struct qz_pick *p, const struct qz_toll *t, uint32_t site) {
    const struct qz_cover *v = t->v;
    const struct qz_siting *s = v->s;
    p->own[p->n] = site;
    p->site[v->n_forced + p->n++] = v->id[site];
    p->blocked[v->id[site]] = 1;
    for (size_t k = v->site_first[site]; k < v->site_first[site + 1]; k++) {
        uint32_t i = v->site_tie[k];
        if (p->n_covers[i]++ == 0)
            for (size_t o = v->first[i]; o < v->first[i + 1]; o++)
                p->gain[v->tie[o]] -= worth(t, i);
    }
    for (uint32_t k = s->apart_first ? s->apart_first[v->id[site]] : 0;
         s->apart_first && k < s->apart_first[v->id[site] + 1]; k++)
        p->blocked[s->apart[k]] = 1;
}

/* False: not enough can be covered, or not with fewer than n. */
static bool open_all(struct qz_pick *p, const struct qz_toll *t, size_t n) {
    const struct qz_cover *v = t->v;
    while (left(p, v) > v->room) {
        uint32_t best = QZ_NO_CANDIDATE;
        for (uint32_t c = 0; c < v->n_sites; c++)
            if (!p->blocked[v->id[c]] && p->gain[c] > least_price / 2 &&
                (best == QZ_NO_CANDIDATE || p->gain[c] > p->gain[best]))
                best = c;
        if (best == QZ_NO_CANDIDATE || p->n > n + n / 4 + 2)
            return false;
        open_one(p, t, best);
    }
    return true;
}

/* The last ones first; those before may have been needed only by chance of order. */
static void close_needless(struct qz_pick *p, const struct qz_cover *v) {
    double spare = v->room - left(p, v);
    size_t n = 0;
    for (size_t q = p->n; q > 0; q--) {
        uint32_t c = p->own[q - 1];
        double alone = 0;
        for (size_t k = v->site_first[c]; k < v->site_first[c + 1]; k++)
            alone += p->n_covers[v->site_tie[k]] == 1 ? v->weight[v->site_tie[k]] : 0;
        if (alone > spare)
            continue;
        spare -= alone;
        p->own[q - 1] = QZ_NO_CANDIDATE;
        for (size_t k = v->site_first[c]; k < v->site_first[c + 1]; k++)
            p->n_covers[v->site_tie[k]]--;
    }
    for (size_t q = 0; q < p->n; q++)
        if (p->own[q] != QZ_NO_CANDIDATE)
            p->site[v->n_forced + n++] = v->id[p->own[q]];
    p->n = n;
}

void qz_pick(struct qz_pick *p, const struct qz_toll *t, struct qz_fewest *f) {
    const struct qz_cover *v = t->v;
    p->n = 0;
    memcpy(p->site, v->forced, v->n_forced * sizeof *p->site);
    memset(p->n_covers, 0, v->n_places * sizeof *p->n_covers);
    memset(p->blocked, 0, v->s->n_candidates);
    for (size_t c = 0; c < v->n_sites; c++) {
        p->gain[c] = 0;
        for (size_t k = v->site_first[c]; k < v->site_first[c + 1]; k++)
            p->gain[c] += worth(t, v->site_tie[k]);
    }
    if (!open_all(p, t, f->n - v->n_forced))
        return;
    close_needless(p, v);
    p->n += v->n_forced;
    keep(p, f);
}
