/* engine/zone/bound.c - how many people zones could hold at most: each commune has a price, each
 * seat buys what suits it best without a look at the others. */
#include <math.h>
#include <string.h>
#include "zone/three15.h"

struct bid { /* of a commune: what a person in it leaves */
    double ratio;
    uint32_t commune;
};
struct auction {
    const struct qz_basin *basin;
    const uint8_t *may;
    double *price;          /* [n] */
    double *people, *value; /* of each seat: bought; what they leave */
    double *share;          /* of each commune and seat: bought, 0 to 1 */
    double *step;           /* [n]: 1 less the times a commune was bought */
    struct bid *bids;
    size_t n_bids;
};

static void auction_done(struct auction *a) {
    free(a->people);
    free(a->value);
    free(a->share);
    free(a->step);
    free(a->bids);
}

static int auction_init(struct qz_ctx *ctx, struct auction *a) {
    size_t n = a->basin->land.n;
    a->people = qz_malloc(n, sizeof *a->people);
    a->value = qz_malloc(n, sizeof *a->value);
    a->share = qz_malloc(a->basin->commune_first[n], sizeof *a->share);
    a->step = qz_malloc(n, sizeof *a->step);
    a->bids = qz_malloc(n, sizeof *a->bids);
    if (!a->people || !a->value || !a->share || !a->step || !a->bids)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        a->price[i] = a->may[i] ? a->basin->people[i] : 0;
    return 0;
}

static bool is_seat(const struct auction *a, uint32_t commune) {
    return a->may[commune] && a->basin->seat_first[commune] < a->basin->seat_first[commune + 1];
}

static int by_ratio(const void *va, const void *vb) {
    const struct bid *a = va, *b = vb;
    if (a->ratio != b->ratio)
        return a->ratio > b->ratio ? -1 : 1;
    return (a->commune > b->commune) - (a->commune < b->commune);
}

static void call_bids(struct auction *a) {
    const struct qz_basin *b = a->basin;
    a->n_bids = 0;
    for (uint32_t i = 0; i < b->land.n; i++) {
        a->people[i] = is_seat(a, i) ? b->people[i] : 0;
        a->value[i] = is_seat(a, i) ? b->people[i] - a->price[i] : 0;
        if (a->may[i] && b->people[i] > 0)
            a->bids[a->n_bids++] = (struct bid) { 1 - a->price[i] / b->people[i], i };
    }
    qsort(a->bids, a->n_bids, sizeof *a->bids, by_ratio);
}

/* All knapsacks at once, the best commune first: what leaves something until people_max, the rest
 * until people_min. The last goes in by parts. */
static void buy(struct auction *a) {
    const struct qz_basin *b = a->basin;
    call_bids(a);
    for (size_t n = 0; n < a->n_bids; n++) {
        uint32_t i = a->bids[n].commune;
        double ratio = a->bids[n].ratio, people = b->people[i];
        double until = ratio > 0 ? b->params.people_max : b->params.people_min;
        for (uint32_t k = b->commune_first[i]; k < b->commune_first[i + 1]; k++) {
            uint32_t seat = b->by_commune[k].at;
            double room = until - a->people[seat];
            a->share[k] = seat == i;
            if (seat == i || !a->may[seat] || room <= 0)
                continue;
            double taken = people < room ? people : room;
            a->share[k] = taken / people;
            a->people[seat] += taken;
            a->value[seat] += taken * ratio;
        }
    }
}

/* A seat that cannot come to people_min, but for rounding, buys nothing. */
static double sum_up(struct auction *a) {
    const struct qz_basin *b = a->basin;
    double sum = 0;
    for (uint32_t i = 0; i < b->land.n; i++) {
        if (!is_seat(a, i) || a->people[i] < b->params.people_min * (1 - 1e-9))
            a->value[i] = 0;
        sum += a->price[i] + (a->value[i] > 0 ? a->value[i] : 0);
    }
    return sum;
}

/* The square of the step, weighed by people: prices move in proportion to them. */
static double find_step(struct auction *a) {
    const struct qz_basin *b = a->basin;
    double square = 0;
    for (size_t n = 0; n < a->n_bids; n++) {
        uint32_t i = a->bids[n].commune;
        double bought = 0;
        for (uint32_t k = b->commune_first[i]; k < b->commune_first[i + 1]; k++)
            bought += a->value[b->by_commune[k].at] > 0 ? a->share[k] : 0;
        a->step[i] = 1 - bought;
        if (a->step[i] > 0 && a->price[i] == 0)
            a->step[i] = 0;
        square += b->people[i] * a->step[i] * a->step[i];
    }
    return square;
}

static void move_prices(struct auction *a, double length) {
    for (size_t n = 0; n < a->n_bids; n++) {
        uint32_t i = a->bids[n].commune;
        double price = a->price[i] - length * a->basin->people[i] * a->step[i];
        a->price[i] = price > 0 ? price : 0;
    }
}

/* Subgradient steps towards what was found; shorter when they do not help. */
static int lower(struct qz_ctx *ctx, struct auction *a, uint32_t rounds, double found,
                 double *best_price, double *best) {
    enum { PATIENCE = 15 };
    double reach = 1;
    for (uint32_t i = 0, idle = 0; i<rounds && * best> found && reach > 1e-4; i++) {
        if (i % 64 == 63 && qz_progress(ctx, a->basin->done_from, "zones") < 0)
            return QZ_E_CANCELLED;
        buy(a);
        double sum = sum_up(a), square = find_step(a);
        idle = sum < *best - 1e-6 * *best ? 0 : idle + 1;
        if (sum < *best) {
            *best = sum;
            memcpy(best_price, a->price, a->basin->land.n * sizeof *best_price);
        }
        if (square < 1e-12)
            break;
        if (idle == PATIENCE) {
            memcpy(a->price, best_price, a->basin->land.n * sizeof *best_price);
            reach /= 2;
            idle = 0;
            continue;
        }
        move_prices(a, reach * (sum - found) / square);
    }
    return 0;
}

/* A little more for the rounding; a whole number when all communes have one. */
static double round_up(const struct qz_basin *b, const uint8_t *may, double found, double bound) {
    double all = 0;
    bool whole = true;
    for (size_t i = 0; i < b->land.n; i++) {
        all += may[i] ? b->people[i] : 0;
        whole &= b->people[i] == floor(b->people[i]);
    }
    bound += 1e-9 * (1 + all);
    bound = whole && all < 1e12 ? floor(bound) : bound;
    bound = bound < all ? bound : all;
    return bound > found ? bound : found;
}

int qz_zones_bound(struct qz_ctx *ctx, const struct qz_basin *b, const struct qz_effort *effort,
                   const uint8_t *may, double found, double *price, double *ret) {
    qz_cleanup(auction_done) struct auction a = { .basin = b, .may = may };
    qz_cleanup(qz_freep) double *best_price = qz_malloc(b->land.n, sizeof *best_price);
    a.price = price;
    int r = best_price ? auction_init(ctx, &a) : qz_fail_nomem(ctx);
    if (r < 0)
        return r;
    double best = 0;
    for (size_t i = 0; i < b->land.n; i++)
        best += may[i] ? b->people[i] : 0;
    memcpy(best_price, price, b->land.n * sizeof *price);
    r = lower(ctx, &a, effort->bound_rounds, found, best_price, &best);
    memcpy(price, best_price, b->land.n * sizeof *price);
    *ret = round_up(b, may, found, best);
    return r;
}
