/* engine/locate/toll.c - prices in sites, and what they prove. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "locate/toll.h"

static const double least_pace = 1e-3, slowing = 0.7, memory = 0.6;
static const unsigned patience = 10; /* steps that raise nothing, before the pace slows */

int qz_toll_init(struct qz_ctx *ctx, struct qz_cover *v, double pace, struct qz_toll *ret) {
    size_t n = v->n_places + 1;
    struct qz_toll t = { .v = v, .best = -INFINITY, .pace = pace };
    t.best_price = qz_calloc(n, sizeof *t.best_price);
    t.step = qz_calloc(n, sizeof *t.step);
    t.out = qz_calloc(n, sizeof *t.out);
    t.rate = qz_malloc(n, sizeof *t.rate);
    t.cost = qz_malloc(v->n_sites + 1, sizeof *t.cost);
    if (!t.best_price || !t.step || !t.out || !t.rate || !t.cost) {
        qz_toll_done(&t);
        return qz_fail_nomem(ctx);
    }
    *ret = t;
    return 0;
}

void qz_toll_done(struct qz_toll *t) {
    free(t->best_price);
    free(t->step);
    free(t->out);
    free(t->rate);
    free(t->cost);
    *t = (struct qz_toll) { 0 };
}

/* ---- who is left out: those that pay most by weight */
static void swap(struct qz_toll_rate *a, struct qz_toll_rate *b) {
    struct qz_toll_rate c = *a;
    *a = *b;
    *b = c;
}

static bool pays_more(const struct qz_toll_rate *a, const struct qz_toll_rate *b) {
    return a->rate != b->rate ? a->rate > b->rate : a->at < b->at;
}

/* Splits r[from, to) about its middle one; gives that one's position. */
static size_t split(struct qz_toll_rate *r, size_t from, size_t to) {
    swap(&r[from + (to - from) / 2], &r[to - 1]);
    size_t at = from;
    for (size_t i = from; i + 1 < to; i++)
        if (pays_more(&r[i], &r[to - 1]))
            swap(&r[at++], &r[i]);
    swap(&r[at], &r[to - 1]);
    return at;
}

static size_t list_rates(struct qz_toll *t) {
    const struct qz_cover *v = t->v;
    size_t n = 0;
    for (uint32_t i = 0; i < v->n_places; i++)
        if (!qz_cover_must(v, i) && v->price[i] > 0)
            t->rate[n++] = (struct qz_toll_rate) { v->price[i] / v->weight[i], v->weight[i],
                                                   v->price[i], i };
    return n;
}

/* Gives what they pay, as if the one that just does not fit could be left out in part. */
static void leave_out(struct qz_toll *t) {
    size_t n = list_rates(t), from = 0, to = n;
    double room = t->v->room;
    memset(t->out, 0, t->v->n_places * sizeof *t->out);
    t->bar = 0;
    while (from < to) {
        size_t at = split(t->rate, from, to);
        double before = 0;
        for (size_t k = from; k < at; k++)
            before += t->rate[k].weight;
        if (before > room) {
            to = at;
            continue;
        }
        for (size_t k = from; k < at; k++)
            t->out[t->rate[k].at] = 1;
        room -= before;
        t->out[t->rate[at].at] = fmin(1, room / t->rate[at].weight);
        from = at + 1;
        if (t->rate[at].weight > room) {
            t->bar = t->rate[at].rate;
            return;
        }
        room -= t->rate[at].weight;
    }
}

/* ---- the bound */
static double price_all(struct qz_toll *t) {
    const struct qz_cover *v = t->v;
    double prices = 0;
    for (size_t c = 0; c < v->n_sites; c++)
        t->cost[c] = 1;
    for (size_t i = 0; i < v->n_places; i++) {
        prices += v->price[i];
        for (size_t k = v->first[i]; k < v->first[i + 1]; k++)
            t->cost[v->tie[k]] -= v->price[i];
    }
    return prices;
}

/* For any bar: those above it pay bar x weight, and the room is let at the bar. */
static double left_at_bar(const struct qz_toll *t) {
    const struct qz_cover *v = t->v;
    double left = t->bar * v->room;
    for (size_t i = 0; i < v->n_places; i++)
        if (!qz_cover_must(v, i))
            left += fmax(0, v->price[i] - t->bar * v->weight[i]);
    return left;
}

void qz_toll_look(struct qz_toll *t) {
    const struct qz_cover *v = t->v;
    double prices = price_all(t), earned = 0, most = 0;
    leave_out(t);
    for (size_t c = 0; c < v->n_sites; c++) {
        earned -= fmin(0, t->cost[c]);
        most = fmax(most, (double)(v->site_first[c + 1] - v->site_first[c]));
    }
    double left = left_at_bar(t), n = (double)(v->n_places + v->n_sites + 16);
    t->value = prices - earned - left;
    double rounding = 4 * DBL_EPSILON *
                      (n * (prices + earned + left + t->bar * v->room) +
                       (most + 1) * ((double)v->n_sites + prices + earned));
    t->safe = t->value - rounding;
    if (t->safe > t->best) {
        t->best = t->safe;
        memcpy(t->best_price, v->price, v->n_places * sizeof *v->price);
    }
}

size_t qz_toll_lower(const struct qz_toll *t) {
    return t->v->n_forced + (t->best > 0 ? (size_t)ceil(t->best) : 0);
}

/* ---- the next prices */
bool qz_toll_step(struct qz_toll *t, double goal) {
    struct qz_cover *v = t->v;
    double size = 0, want = goal - (double)v->n_forced - t->value;
    for (size_t i = 0; i < v->n_places; i++) {
        double lack = 1 - t->out[i];
        for (size_t k = v->first[i]; k < v->first[i + 1]; k++)
            lack -= t->cost[v->tie[k]] < 0;
        t->step[i] = lack + memory * t->step[i];
        size += t->step[i] * t->step[i];
    }
    t->n_dull = t->safe >= t->best ? 0 : t->n_dull + 1;
    if (t->n_dull > patience) {
        t->pace *= slowing;
        t->n_dull = 0;
    }
    if (!(size > 0) || !(want > 0) || t->pace < least_pace)
        return false;
    for (size_t i = 0; i < v->n_places; i++)
        v->price[i] = fmin(fmax(v->price[i] + t->pace * want / size * t->step[i], 0), 1);
    return true;
}

/* ---- what the prices settle */
bool qz_toll_settle(struct qz_toll *t, size_t n) {
    struct qz_cover *v = t->v;
    double most = (double)(n - 1) - (double)v->n_forced; /* sites, of an answer that counts */
    bool any = false;
    for (uint32_t c = 0; c < v->n_sites; c++) {
        if (v->site_gone[c] || t->safe + fabs(t->cost[c]) * (1 - 1e-9) - 1e-9 <= most)
            continue;
        any = true;
        if (t->cost[c] > 0)
            v->site_gone[c] = 1;
        else
            qz_cover_force(v, c);
    }
    for (size_t i = 0; i < v->n_places; i++) {
        double over = v->price[i] - t->bar * v->weight[i];
        if (v->place_gone[i] || qz_cover_must(v, i) ||
            t->safe + fabs(over) * (1 - 1e-9) - 1e-9 <= most)
            continue;
        any = true;
        if (over > 0)
            qz_cover_leave(v, i);
        else
            v->weight[i] = INFINITY;
    }
    return any;
}
