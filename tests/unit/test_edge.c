/* tests/unit/test_edge.c - places near the edge of the inputs, against every pair both ways */
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "tangle.h"
#include "travel/travel.h"

static struct qz_ctx *ctx;

static uint32_t one_way_ms(const struct qz_network *net, const struct qz_stop *from,
                           const struct qz_stop *to) {
    uint32_t ms = 0, site;
    CHECK(qz_travel_nearest(ctx, net, to, 1, from, 1, &ms, &site) == 0);
    return ms;
}

/* Least time to the edge or from it; both: of the two directions alone. */
static uint32_t slow_ms(const struct tangle *t, size_t place) {
    uint32_t least = QZ_UNREACHED_MS;
    for (size_t e = 0; e < t->n_sites; e++) {
        uint32_t there = one_way_ms(t->net, &t->places[place], &t->sites[e]),
                 back = one_way_ms(t->net, &t->sites[e], &t->places[place]);
        least = there < least ? there : least;
        least = back < least ? back : least;
    }
    return least;
}

static void check_flags(const struct tangle *t, const uint32_t *want_ms, uint32_t limit_ms) {
    uint8_t flag[TANGLE_PLACES];
    size_t wrong = 0;
    memset(flag, 7, sizeof flag);
    CHECK(qz_travel_edge_effect(ctx, t->net, t->sites, t->n_sites, t->places, t->n_places, limit_ms,
                                flag) == 0);
    for (size_t i = 0; i < t->n_places; i++)
        wrong += flag[i] != (want_ms[i] != QZ_UNREACHED_MS && want_ms[i] <= limit_ms);
    CHECK(wrong == 0);
}

/* Limits at random, and exactly at a time that occurs, where a millisecond less leaves it out. */
static void check_tangles(void) {
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct qz_dice d = qz_dice_of(seed, 33);
        struct tangle t;
        tangle_make(ctx, &t, &d);
        uint32_t want_ms[TANGLE_PLACES];
        for (size_t i = 0; i < t.n_places; i++)
            want_ms[i] = slow_ms(&t, i);
        check_flags(&t, want_ms, QZ_UNREACHED_MS);
        check_flags(&t, want_ms, qz_dice_below(&d, 400000));
        for (size_t i = 0; i < 3; i++) {
            check_flags(&t, want_ms, want_ms[i]);
            check_flags(&t, want_ms, want_ms[i] ? want_ms[i] - 1 : 0);
        }
        tangle_done(&t);
    }
}

/* A one-way of 1 000 m (144 s) away from the edge: nobody drives to the edge by it, but people
 * beyond the edge come here. The way back to it is 22 km. */
static void check_by_hand(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 1000, 0);
    lines_add_straight(&l, PLAIN, 1, 1000, 0, 2000, 0);
    lines_add_straight(&l, PLAIN, 0, 2000, 0, 3000, 0);
    const struct qz_xy round[] = { { 3000, 0 }, { 3000, 9000 }, { 0, 9000 }, { 0, 0 } };
    lines_add(&l, PLAIN, 1, round, COUNT(round));
    struct qz_network *net = lines_network(ctx, &l, 0);
    const struct qz_travel_params *p = &qz_travel_params_default;
    const struct qz_stop edge[] = { stop_at(ctx, net, p, (struct qz_xy) { 1000, 0 }),
                                    stop_at(ctx, net, p, (struct qz_xy) { -20000, 0 }) };
    const struct {
        const char *name;
        double x_m;
        uint32_t limit_ms;
        uint8_t want;
    } cases[] = {
        { "the edge itself", 1000, 0, 1 },
        { "to it, limit included", 0, 144000, 1 },
        { "to it, a millisecond less", 0, 143999, 0 },
        { "only from it, limit included", 2000, 144000, 1 },
        { "only from it, a millisecond less", 2000, 143999, 0 },
        { "farther", 3000, 287999, 0 },
        { "an edge commune without a road", -20000, 0, 1 },
        { "off the road elsewhere", 29000, QZ_UNREACHED_MS, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_stop place = stop_at(ctx, net, p, (struct qz_xy) { cases[i].x_m, 0 });
        uint8_t flag = 7;
        CHECK(qz_travel_edge_effect(ctx, net, edge, COUNT(edge), &place, 1, cases[i].limit_ms,
                                    &flag) == 0);
        CHECK_NEAR(flag, cases[i].want, 0, cases[i].name);
        CHECK(qz_travel_edge_effect(ctx, net, NULL, 0, &place, 1, cases[i].limit_ms, &flag) == 0);
        CHECK(flag == 0); /* no edge, no effect */
    }
    qz_network_freep(&net);
    lines_done(&l);
}

static void check_memory(void) {
    struct qz_dice d = qz_dice_of(3, 34);
    struct tangle t;
    do
        tangle_make(ctx, &t, &d);
    while (t.n_sites < 3 && (tangle_done(&t), true));
    bool whole = false;
    for (size_t k = 0; k < 100 && !whole; k++) {
        uint8_t flag[TANGLE_PLACES];
        qz_memory_fail_after(k);
        int r = qz_travel_edge_effect(ctx, t.net, t.sites, t.n_sites, t.places, t.n_places, 600000,
                                      flag);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
    }
    CHECK(whole);
    tangle_done(&t);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_tangles();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
