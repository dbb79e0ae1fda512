/* tests/tangle.h - random networks with turn restrictions, and stops on, at and off their roads. */
#pragma once
#include "lines.h"
#include "stops.h"

enum { TANGLE_SITES = 7, TANGLE_PLACES = 12, TANGLE_TURNS = 6 };

struct tangle {
    struct lines lines;
    struct qz_restriction turns[TANGLE_TURNS];
    struct qz_network *net;
    size_t n_sites, n_places;
    struct qz_stop sites[TANGLE_SITES], places[TANGLE_PLACES];
};

static inline bool tangle_touch(const struct qz_roads *r, uint32_t road, int64_t node) {
    return r->node_id[r->items[road].first_point] == node ||
           r->node_id[r->items[road + 1].first_point - 1] == node;
}

/* Points at one place get one number; some turns from road to road are forbidden there. */
static inline void tangle_forbid(struct tangle *t, struct qz_dice *d) {
    struct qz_roads *r = &t->lines.roads;
    r->node_id = malloc(r->n_points * sizeof *r->node_id);
    for (size_t i = 0; i < r->n_points; i++) {
        size_t k = 0;
        while (r->points[k].x_m != r->points[i].x_m || r->points[k].y_m != r->points[i].y_m)
            k++;
        r->node_id[i] = (int64_t)k + 1;
    }
    r->restrictions = t->turns;
    for (size_t tries = 0; tries < 40 && r->n_restrictions < TANGLE_TURNS; tries++) {
        uint32_t a = qz_dice_below(d, (uint32_t)r->n), b = qz_dice_below(d, (uint32_t)r->n);
        int64_t via = r->node_id[r->items[a + 1].first_point - 1];
        if (tangle_touch(r, b, via))
            t->turns[r->n_restrictions++] = (struct qz_restriction) { a, b, via,
                                                                      qz_dice_chance(d, 0.3) };
    }
}

static inline struct qz_xy tangle_place(const struct tangle *t, struct qz_dice *d) {
    double kind = qz_dice_roll(d);
    struct qz_xy p = t->net->points[qz_dice_below(d, (uint32_t)t->net->n_points)];
    if (kind < 0.25)
        return p; /* on the road, perhaps at a crossing */
    if (kind < 0.4 && t->n_sites)
        return t->sites[qz_dice_below(d, (uint32_t)t->n_sites)].at; /* where a site is */
    if (kind < 0.5)
        return (struct qz_xy) { -9000, qz_dice_between(d, 0, 2000) }; /* no road near */
    return (struct qz_xy) { p.x_m + qz_dice_between(d, -400, 400),
                            p.y_m + qz_dice_between(d, -400, 400) };
}

static inline void tangle_make(struct qz_ctx *ctx, struct tangle *t, struct qz_dice *d) {
    static const struct qz_travel_params params = { .access_kmh = 20, .snap_limit_m = 1500 };
    *t = (struct tangle) { 0 };
    lines_random(&t->lines, d);
    if (qz_dice_chance(d, 0.5))
        tangle_forbid(t, d);
    t->net = lines_network(ctx, &t->lines, qz_dice_chance(d, 0.5) ? 0 : 1500);
    size_t n_sites = qz_dice_below(d, TANGLE_SITES + 1);
    while (t->n_sites < n_sites) {
        t->sites[t->n_sites] = stop_at(ctx, t->net, &params, tangle_place(t, d));
        t->n_sites++;
    }
    while (t->n_places < TANGLE_PLACES)
        t->places[t->n_places++] = stop_at(ctx, t->net, &params, tangle_place(t, d));
}

static inline void tangle_done(struct tangle *t) {
    free(t->lines.roads.node_id);
    qz_network_freep(&t->net);
    lines_done(&t->lines);
}
