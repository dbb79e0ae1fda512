/* engine/locate/exact_cbc.c - what is left of the question, as a sparse program for CBC.
 *
 * y of a candidate: it is open. z of a place and of one of its times: nothing is open within that
 * time. A place then costs its nearest time, and for each z the step to its next time:
 *
 *     z(1) + y of those at time 1 >= 1;  z(k) - z(k - 1) + y of those at time k >= 0;  sum of y = p
 *
 * so that each tie stands in one row only. Candidates that the prices closed are left out, and so
 * are the times of a place that are so far above its price that no better answer has them. */
#include <coin/Cbc_C_Interface.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include "locate/exact.h"

#define NODES "20000"

static const double most_entries = 2e7;
/* CBC's own sums are off by about 1e-7 of the numbers in them. */
static const double cbc_slack = 1e-6;

struct program {
    struct qz_hunt *h;
    double beat, base, scale; /* of costs: base is what every answer costs */
    size_t n_rows, n_columns, n_entries, n_open;
    uint32_t *column; /* of a candidate */
    CoinBigIndex *start;
    int *row;
    double *entry, *upper, *cost, *least, *most; /* columns, columns, then rows */
    bool filling;
};

static void program_done(struct program *q) {
    free(q->column);
    free(q->start);
    free(q->row);
    free(q->entry);
    free(q->upper);
    free(q->cost);
    free(q->least);
    free(q->most);
}

bool qz_locate_has_exact(void) { return true; }

/* ---- twice over everything: to count, then to fill in */
static void put(struct program *q, size_t column, double value) {
    if (!q->filling) {
        q->start[column + 2]++;
        q->n_entries++;
        return;
    }
    CoinBigIndex at = q->start[column + 1]++;
    q->row[at] = (int)q->n_rows;
    q->entry[at] = value;
}

static void end_row(struct program *q, double least, double most) {
    if (q->filling) {
        q->least[q->n_rows] = least;
        q->most[q->n_rows] = most;
    }
    q->n_rows++;
}

/* Whether an answer that beats the best may serve the place at that time. */
static bool may_take(const struct program *q, size_t place, double time) {
    const struct qz_hunt *h = q->h;
    double over = h->s->weight[place] * (time - h->price[place]) * (1 - 1e-9);
    return !(over > 0 && qz_dual_proves(h->s, h->price_lower + over, q->beat));
}

static size_t next_tie(const struct program *q, size_t place, size_t k) {
    const struct qz_siting *s = q->h->s;
    while (k < s->first[place + 1] && q->h->closed[s->tie[k].at])
        k++;
    if (k < s->first[place + 1] && !may_take(q, place, s->tie[k].time))
        k = s->first[place + 1];
    return k;
}

static void put_place(struct program *q, size_t place) {
    const struct qz_siting *s = q->h->s;
    size_t k = next_tie(q, place, s->first[place]);
    bool first = true, may_stay = may_take(q, place, s->far[place]);
    if (k == s->first[place + 1] && !q->filling)
        q->base += s->weight[place] * s->far[place];
    while (k < s->first[place + 1]) {
        uint32_t time = s->tie[k].time;
        if (first && !q->filling)
            q->base += s->weight[place] * time;
        for (; k < s->first[place + 1] && s->tie[k].time == time; k = next_tie(q, place, k + 1))
            put(q, q->column[s->tie[k].at], 1);
        bool last = k == s->first[place + 1];
        if (!first)
            put(q, q->n_columns - 1, -1);
        if (!last || may_stay) {
            double next = last ? s->far[place] : s->tie[k].time;
            if (q->filling)
                q->cost[q->n_columns] = s->weight[place] * (next - time) * q->scale;
            put(q, q->n_columns++, 1);
        }
        end_row(q, first, INFINITY);
        first = false;
    }
}

static void put_apart(struct program *q) {
    const struct qz_siting *s = q->h->s;
    for (uint32_t a = 0; s->apart_first && a < s->n_candidates; a++)
        for (uint32_t k = s->apart_first[a]; k < s->apart_first[a + 1]; k++)
            if (a < s->apart[k] && !q->h->closed[a] && !q->h->closed[s->apart[k]]) {
                put(q, q->column[a], 1);
                put(q, q->column[s->apart[k]], 1);
                end_row(q, -INFINITY, 1);
            }
}

static void put_all(struct program *q) {
    const struct qz_siting *s = q->h->s;
    q->n_rows = 0;
    q->n_columns = q->n_open;
    for (size_t i = 0; i < s->n_places; i++)
        put_place(q, i);
    for (size_t c = 0; c < q->n_open; c++)
        put(q, c, 1);
    end_row(q, (double)q->h->p, (double)q->h->p);
    put_apart(q);
}

/* False: too large for CBC's ints or for any hope. */
static int make(struct program *q, bool *fits) {
    const struct qz_siting *s = q->h->s;
    size_t n_ties = s->first[s->n_places], most_columns = s->n_candidates + n_ties + 3;
    q->column = qz_malloc(s->n_candidates + 1, sizeof *q->column);
    q->start = qz_calloc(most_columns, sizeof *q->start);
    if (!q->column || !q->start)
        return qz_fail_nomem(q->h->ctx);
    for (size_t c = 0; c < s->n_candidates; c++)
        if (!q->h->closed[c])
            q->column[c] = (uint32_t)q->n_open++;
    put_all(q);
    *fits = (double)q->n_entries < most_entries;
    if (!*fits)
        return 0;
    for (size_t c = 0; c + 2 < q->n_columns + 2; c++)
        q->start[c + 2] += q->start[c + 1];
    q->row = qz_malloc(q->n_entries + 1, sizeof *q->row);
    q->entry = qz_malloc(q->n_entries + 1, sizeof *q->entry);
    q->upper = qz_malloc(q->n_columns + 1, sizeof *q->upper);
    q->cost = qz_calloc(q->n_columns + 1, sizeof *q->cost);
    q->least = qz_malloc(q->n_rows + 1, sizeof *q->least);
    q->most = qz_malloc(q->n_rows + 1, sizeof *q->most);
    if (!q->row || !q->entry || !q->upper || !q->cost || !q->least || !q->most)
        return qz_fail_nomem(q->h->ctx);
    for (size_t c = 0; c < q->n_columns; c++)
        q->upper[c] = 1;
    q->scale = s->grain > 0 ? 1 / s->grain : 1e6 / (q->h->cost > 0 ? q->h->cost : 1);
    q->filling = true;
    put_all(q);
    return 0;
}

/* ---- the answer */
static void read_answer(struct program *q, const double *value) {
    struct qz_hunt *h = q->h;
    uint32_t slot = 0;
    qz_open_clear(&h->open);
    for (uint32_t c = 0; c < h->s->n_candidates && slot < h->p; c++)
        if (!h->closed[c] && value[q->column[c]] > 0.5 && h->open.n_apart[c] == 0)
            qz_open_put(&h->open, slot++, c);
    if (slot == h->p)
        qz_hunt_keep(h);
}

static bool solve(struct program *q) {
    struct qz_hunt *h = q->h;
    Cbc_Model *model = Cbc_newModel();
    Cbc_setLogLevel(model, 0);
    Cbc_loadProblem(model, (int)q->n_columns, (int)q->n_rows, q->start, q->row, q->entry, NULL,
                    q->upper, q->cost, q->least, q->most);
    for (size_t c = 0; c < q->n_open; c++)
        Cbc_setInteger(model, (int)c);
    Cbc_setParameter(model, "log", "0");
    Cbc_setParameter(model, "maxNodes", NODES);
    Cbc_solve(model);
    const double *value = Cbc_bestSolution(model);
    bool settled = Cbc_isProvenInfeasible(model) || (value && Cbc_isProvenOptimal(model));
    if (value)
        read_answer(q, value);
    double bound = Cbc_getBestPossibleObjValue(model) / q->scale + q->base;
    bound -= cbc_slack * (fabs(bound) + fabs(q->base));
    if (!settled && bound > h->lower && bound < 1e30)
        h->lower = fmin(bound, h->cost);
    Cbc_deleteModel(model);
    return settled;
}

int qz_exact(struct qz_hunt *h, bool *settled) {
    qz_cleanup(program_done) struct program q = { .h = h, .beat = qz_hunt_to_beat(h) };
    bool fits = false;
    if (!h->price) /* it was over before */
        return 0;
    int r = make(&q, &fits);
    if (r < 0 || !fits)
        return r;
    *settled = solve(&q);
    if (*settled)
        h->lower = h->cost;
    return 0;
}
