/* engine/zone/trials.c - zones by trial: a few that touch are dissolved and grown again in another
 * order, what is not worse is kept. */
#include <string.h>
#include "zone/three15.h"

const struct qz_effort qz_effort_default = { .exact_most = QZ_LISTING_MOST,
                                             .nodes = 400000,
                                             .trials = 2000,
                                             .per_commune = 60,
                                             .bound_rounds = 400 };

static void work_done(struct qz_work *w) {
    qz_choice_done(&w->now);
    qz_contiguity_done(&w->contiguity);
    free(w->area);
    free(w->mark);
    free(w->edge);
    free(w->key);
}

static int work_init(struct qz_ctx *ctx, const struct qz_basin *b, struct qz_work *w) {
    size_t n = b->land.n;
    *w = (struct qz_work) { .basin = b,
                            .chance = 15,
                            .area = qz_malloc(n, sizeof *w->area),
                            .mark = qz_calloc(n, sizeof *w->mark),
                            .edge = qz_malloc(n, sizeof *w->edge),
                            .key = qz_calloc(n, sizeof *w->key) };
    if (!w->area || !w->mark || !w->edge || !w->key)
        return qz_fail_nomem(ctx);
    int r = qz_choice_init(ctx, n, &w->now);
    return r < 0 ? r : qz_contiguity_init(ctx, n, &w->contiguity);
}

/* ---- the first choice: seats in an order */
struct place {
    double value;
    uint32_t commune;
};

static int by_value(const void *va, const void *vb) {
    const struct place *a = va, *b = vb;
    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    return (a->commune > b->commune) - (a->commune < b->commune);
}

enum order { BY_PEOPLE, BY_FEW_SEATS, BY_PRICE, N_ORDERS };

static double value_of(const struct qz_basin *b, const double *price, enum order order,
                       uint32_t seat) {
    double sum = 0;
    switch (order) {
    case BY_PEOPLE:
        return b->people[seat];
    case BY_FEW_SEATS:
        return -(double)(b->commune_first[seat + 1] - b->commune_first[seat]);
    default: /* what is left of the people about it when the others are paid */
        for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
            double left = b->people[b->by_seat[k].at] - price[b->by_seat[k].at];
            sum += left > 0 ? left : 0;
        }
        return sum;
    }
}

static void mend_all(struct qz_work *w) {
    struct qz_merit had;
    w->n_area = w->basin->land.n;
    for (uint32_t i = 0; i < w->n_area; i++) {
        w->area[i] = i;
        qz_choice_touch(&w->now, i);
    }
    do {
        had = w->now.merit;
        qz_mend_free(w);
        qz_mend_balance(w);
    } while (qz_merit_compare(&w->now.merit, &had) > 0);
}

static void start(struct qz_work *w, const double *price, enum order order, struct place *places) {
    const struct qz_basin *b = w->basin;
    qz_choice_clear(&w->now);
    for (uint32_t i = 0; i < b->land.n; i++)
        places[i] = (struct place) { value_of(b, price, order, i), i };
    qsort(places, b->land.n, sizeof *places, by_value);
    for (size_t i = 0; i < b->land.n; i++) {
        uint32_t seat = places[i].commune;
        if (w->now.seat_of[seat] == QZ_NO_COMMUNE && b->seat_first[seat] < b->seat_first[seat + 1])
            qz_grow_zone(w, seat, b->params.people_target, 0);
    }
    mend_all(w);
}

/* ---- one trial */
enum { MOST_IN_AREA = 160 };

static void enter(struct qz_work *w, uint32_t commune) {
    if (w->mark[commune] == w->marked || w->n_area == MOST_IN_AREA)
        return;
    w->mark[commune] = w->marked;
    w->area[w->n_area++] = commune;
}

/* Spreads over free communes and those of the zones that it dissolves on the way. Gives how many
 * those were. */
static size_t dissolve_about(struct qz_work *w, uint32_t from, size_t most) {
    const struct qz_basin *b = w->basin;
    size_t n = 0;
    w->marked++;
    w->n_area = 0;
    enter(w, from);
    for (size_t i = 0; i < w->n_area; i++) {
        uint32_t at = w->area[i], seat = w->now.seat_of[at];
        if (seat != QZ_NO_COMMUNE && n < most && (n == 0 || qz_work_below(w, 2))) {
            qz_choice_dissolve(b, &w->now, seat);
            n++;
        }
        if (w->now.seat_of[at] == QZ_NO_COMMUNE)
            for (uint32_t k = b->first[at]; k < b->first[at + 1]; k++)
                enter(w, b->neighbour[k]);
    }
    return n;
}

/* A free seat that could have the commune; QZ_NO_COMMUNE: none met in a few draws. */
static uint32_t draw_seat(struct qz_work *w, uint32_t commune) {
    const struct qz_basin *b = w->basin;
    uint32_t n = b->commune_first[commune + 1] - b->commune_first[commune];
    for (int i = 0; i < 4 && n; i++) {
        uint32_t seat = b->by_commune[b->commune_first[commune] + qz_work_below(w, n)].at;
        if (w->now.seat_of[seat] == QZ_NO_COMMUNE)
            return seat;
    }
    return QZ_NO_COMMUNE;
}

/* One in three grows towards the target, the others to any size. */
static void grow_again(struct qz_work *w, size_t n_zones) {
    const struct qz_three15_params *p = &w->basin->params;
    for (size_t i = 0; i < 3 + 3 * n_zones; i++) {
        uint32_t commune = w->area[qz_work_below(w, w->n_area)];
        if (w->now.seat_of[commune] != QZ_NO_COMMUNE)
            continue;
        uint32_t seat = draw_seat(w, commune);
        double goal = qz_work_below(w, 3) == 0
                          ? p->people_target
                          : p->people_min + qz_work_unit(w) * (p->people_max - p->people_min);
        if (seat != QZ_NO_COMMUNE)
            qz_grow_zone(w, seat, goal, 1.9 * qz_work_unit(w));
    }
}

static uint32_t draw_place(struct qz_work *w) {
    uint32_t commune = qz_work_below(w, w->now.n);
    if (qz_work_below(w, 2))
        for (int i = 0; i < 6 && w->now.seat_of[commune] != QZ_NO_COMMUNE; i++)
            commune = qz_work_below(w, w->now.n);
    return commune;
}

/* What a trial may lose: a little often, several times `slack` seldom. */
static bool is_kept(struct qz_work *w, const struct qz_choice *held, double slack) {
    double u = qz_work_unit(w), least = held->merit.in_zones - 3 * slack * u * u;
    if (w->now.merit.in_zones < least - 1e-6)
        return false;
    qz_mend_balance(w);
    return slack > 0 || qz_merit_compare(&w->now.merit, &held->merit) >= 0;
}

/* held: what is roamed about from. */
static void attempt(struct qz_work *w, struct qz_choice *held, struct qz_choice *best,
                    double slack) {
    size_t most = 1 + qz_work_below(w, 3); /* drawn before the place, whatever the compiler */
    grow_again(w, dissolve_about(w, draw_place(w), most));
    qz_mend_free(w);
    if (!is_kept(w, held, slack)) {
        qz_choice_follow(&w->now, held, &w->now);
        return;
    }
    qz_choice_follow(held, &w->now, &w->now);
    if (qz_merit_compare(&held->merit, &best->merit) > 0)
        qz_choice_copy(best, held);
}

/* Three quarters roam, and lose people less and less; the last starts from the best. */
static int attempts(struct qz_ctx *ctx, struct qz_work *w, struct qz_choice *held,
                    struct qz_choice *best, size_t n) {
    const struct qz_basin *b = w->basin;
    double slack = 0.03 * b->params.people_min;
    size_t roam = n / 4 * 3;
    for (size_t i = 0; i < n; i++) {
        double done = (double)i / (double)n, left = 1 - (double)i / (double)(roam + 1);
        if (i % (n / 50 + 1) == 0 &&
            qz_progress(ctx, b->done_from + done * (b->done_to - b->done_from), "zones") < 0)
            return QZ_E_CANCELLED;
        if (i == roam) {
            qz_choice_copy(held, best);
            qz_choice_copy(&w->now, best);
        }
        attempt(w, held, best, i < roam ? slack * left * left : 0);
    }
    return 0;
}

int qz_trials(struct qz_ctx *ctx, const struct qz_basin *b, const struct qz_effort *effort,
              const double *price, struct qz_choice *ret) {
    qz_cleanup(work_done) struct qz_work w = { 0 };
    qz_cleanup(qz_choice_done) struct qz_choice held = { 0 };
    qz_cleanup(qz_freep) struct place *places = qz_malloc(b->land.n, sizeof *places);
    int r = places ? work_init(ctx, b, &w) : qz_fail_nomem(ctx);
    if (r == 0)
        r = qz_choice_init(ctx, b->land.n, &held);
    for (enum order order = 0; r == 0 && order < (price ? N_ORDERS : BY_PRICE); order++) {
        start(&w, price, order, places);
        if (qz_merit_compare(&w.now.merit, &ret->merit) > 0)
            qz_choice_copy(ret, &w.now);
    }
    if (r < 0 || !price)
        return r;
    qz_choice_copy(&w.now, ret);
    qz_choice_copy(&held, ret);
    r = attempts(ctx, &w, &held, ret, effort->trials + b->land.n * effort->per_commune);
    qz_choice_copy(&w.now, ret);
    mend_all(&w);
    qz_choice_copy(ret, &w.now);
    return r;
}
