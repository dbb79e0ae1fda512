/* tests/unit/test_travel.c - every time against a slow search written from the rules of the headers
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "lines.h"
#include "stops.h"
#include "travel/travel.h"

static struct qz_ctx *ctx;

/* ---- the oracle: Bellman-Ford from one site, over the public edges */
enum { MOST_NODES = 64, MOST_SITES = 5, MOST_ORIGINS = 10 };
static const uint64_t FAR = UINT64_MAX / 4;

static uint64_t part_ms(double share, uint32_t ms) { return (uint64_t)llround(share * ms); }
static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* to_site[v]: from node v to the door of the site. */
static void bellman_ford(const struct qz_network *net, const struct qz_stop *site,
                         uint64_t *to_site) {
    for (size_t v = 0; v < net->n_nodes; v++)
        to_site[v] = FAR;
    if (site->edge == UINT32_MAX)
        return;
    const struct qz_edge *e = &net->edges[site->edge];
    if (site->fraction == 0) /* at a crossing, whichever way the edge goes */
        to_site[e->from] = site->leg_ms;
    else if (e->ms_forward != QZ_CLOSED_WAY)
        to_site[e->from] = site->leg_ms + part_ms(site->fraction, e->ms_forward);
    if (site->fraction == 1)
        to_site[e->to] = least(to_site[e->to], site->leg_ms);
    else if (e->ms_backward != QZ_CLOSED_WAY)
        to_site[e->to] = least(to_site[e->to],
                               site->leg_ms + part_ms(1 - site->fraction, e->ms_backward));
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < net->n_edges; i++) {
            const struct qz_edge *x = &net->edges[i];
            uint64_t there = x->ms_forward == QZ_CLOSED_WAY ? FAR : to_site[x->to] + x->ms_forward;
            uint64_t back = x->ms_backward == QZ_CLOSED_WAY ? FAR
                                                            : to_site[x->from] + x->ms_backward;
            if (there < to_site[x->from]) {
                to_site[x->from] = there;
                again = true;
            }
            if (back < to_site[x->to]) {
                to_site[x->to] = back;
                again = true;
            }
        }
    }
}

/* From a point of an edge, without the leg to it. */
static uint64_t from_edge(const struct qz_network *net, const struct qz_stop *site,
                          const uint64_t *to_site, uint32_t edge, double fraction) {
    const struct qz_edge *e = &net->edges[edge];
    uint64_t ms = fraction == 0 ? to_site[e->from] : fraction == 1 ? to_site[e->to] : FAR;
    if (e->ms_forward != QZ_CLOSED_WAY)
        ms = least(ms, to_site[e->to] + part_ms(1 - fraction, e->ms_forward));
    if (e->ms_backward != QZ_CLOSED_WAY)
        ms = least(ms, to_site[e->from] + part_ms(fraction, e->ms_backward));
    if (site->edge != edge)
        return ms;
    double ahead = site->fraction - fraction; /* along the edge, by no node */
    if (ahead >= 0 && e->ms_forward != QZ_CLOSED_WAY)
        ms = least(ms, site->leg_ms + part_ms(ahead, e->ms_forward));
    if (ahead <= 0 && e->ms_backward != QZ_CLOSED_WAY)
        ms = least(ms, site->leg_ms + part_ms(-ahead, e->ms_backward));
    return ms;
}

static uint64_t slow_ms(const struct qz_network *net, const struct qz_stop *site,
                        const uint64_t *to_site, const struct qz_stop *origin) {
    if (origin->at.x_m == site->at.x_m && origin->at.y_m == site->at.y_m)
        return 0;
    if (origin->edge == UINT32_MAX || site->edge == UINT32_MAX)
        return FAR;
    return from_edge(net, site, to_site, origin->edge, origin->fraction) + origin->leg_ms;
}

/* ---- a random case */
struct tangle {
    struct lines lines;
    struct qz_network *net;
    size_t n_sites, n_origins;
    struct qz_stop sites[MOST_SITES], origins[MOST_ORIGINS];
    uint64_t to_site[MOST_SITES][MOST_NODES], ms[MOST_SITES][MOST_ORIGINS];
};

static struct qz_xy random_place(const struct tangle *t, struct qz_dice *d) {
    double kind = qz_dice_roll(d);
    uint32_t k = qz_dice_below(d, (uint32_t)t->net->n_points);
    struct qz_xy p = t->net->points[k];
    if (kind < 0.2)
        return p; /* on the road, perhaps at a crossing */
    if (kind < 0.3 && t->n_sites)
        return t->sites[qz_dice_below(d, (uint32_t)t->n_sites)].at; /* where a site is */
    if (kind < 0.4)
        return (struct qz_xy) { -9000, qz_dice_between(d, 0, 2000) }; /* no road near */
    return (struct qz_xy) { p.x_m + qz_dice_between(d, -400, 400),
                            p.y_m + qz_dice_between(d, -400, 400) };
}

static void make_tangle(struct tangle *t, struct qz_dice *d) {
    static const struct qz_travel_params params = { .access_kmh = 20, .snap_limit_m = 1500 };
    *t = (struct tangle) { 0 };
    lines_random(&t->lines, d);
    t->net = lines_network(ctx, &t->lines, qz_dice_chance(d, 0.5) ? 0 : 1500);
    size_t n_sites = 1 + qz_dice_below(d, MOST_SITES);
    while (t->n_sites < n_sites) {
        t->sites[t->n_sites] = stop_at(ctx, t->net, &params, random_place(t, d));
        bellman_ford(t->net, &t->sites[t->n_sites], t->to_site[t->n_sites]);
        t->n_sites++;
    }
    while (t->n_origins < MOST_ORIGINS)
        t->origins[t->n_origins++] = stop_at(ctx, t->net, &params, random_place(t, d));
    for (size_t s = 0; s < t->n_sites; s++)
        for (size_t o = 0; o < t->n_origins; o++)
            t->ms[s][o] = slow_ms(t->net, &t->sites[s], t->to_site[s], &t->origins[o]);
}

static void tangle_done(struct tangle *t) {
    qz_network_freep(&t->net);
    lines_done(&t->lines);
}

/* The least of a column, equal times to the lowest site; beyond the limit nobody. */
static uint32_t best(const uint64_t *ms, size_t stride, size_t n, uint64_t limit_ms,
                     uint32_t *site) {
    uint64_t least_ms = FAR;
    *site = QZ_NO_SITE;
    for (uint32_t s = 0; s < n; s++)
        if (ms[s * stride] < least_ms && ms[s * stride] <= limit_ms) {
            least_ms = ms[s * stride];
            *site = s;
        }
    return *site == QZ_NO_SITE ? QZ_UNREACHED_MS : (uint32_t)least_ms;
}

static void check_nearest(const struct tangle *t) {
    uint32_t ms[MOST_ORIGINS], site[MOST_ORIGINS], want_site, wrong = 0;
    CHECK(qz_travel_nearest(ctx, t->net, t->sites, t->n_sites, t->origins, t->n_origins, ms,
                            site) == 0);
    for (size_t o = 0; o < t->n_origins; o++) {
        uint32_t want = best(&t->ms[0][o], MOST_ORIGINS, t->n_sites, FAR - 1, &want_site);
        wrong += ms[o] != want || site[o] != want_site;
    }
    CHECK(wrong == 0);
}

static void check_search(const struct tangle *t, struct qz_search *s, uint32_t limit_ms) {
    uint32_t wrong = 0, want_site, site = 0;
    CHECK(qz_search_towards(ctx, s, t->sites, t->n_sites, limit_ms) == 0);
    size_t reached = 0;
    for (uint32_t v = 0; v < t->net->n_nodes; v++) {
        uint32_t want = best(&t->to_site[0][v], MOST_NODES, t->n_sites, limit_ms, &want_site);
        wrong += qz_search_node_ms(s, v, &site) != want || site != want_site;
        reached += v < t->net->n_junctions && want != QZ_UNREACHED_MS;
    }
    uint32_t all_ms[MOST_NODES], all_sites[MOST_NODES];
    qz_search_nodes(s, all_ms, NULL);
    qz_search_nodes(s, all_ms, all_sites);
    for (uint32_t v = 0; v < t->net->n_nodes; v++)
        wrong += qz_search_node_ms(s, v, &site) != all_ms[v] || site != all_sites[v];
    for (size_t o = 0; o < t->n_origins; o++) {
        uint32_t want = best(&t->ms[0][o], MOST_ORIGINS, t->n_sites, limit_ms, &want_site);
        wrong += qz_search_origin_ms(s, &t->origins[o], &site) != want || site != want_site;
    }
    for (uint32_t i = 0; i < t->net->n_edges; i++) /* anywhere along a road */
        for (double fraction = 0; fraction <= 1; fraction += 0.25) {
            uint64_t want = FAR;
            for (size_t k = 0; k < t->n_sites; k++)
                want = least(want, from_edge(t->net, &t->sites[k], t->to_site[k], i, fraction));
            wrong += qz_search_edge_ms(s, i, fraction, NULL) !=
                     (want <= limit_ms ? (uint32_t)want : QZ_UNREACHED_MS);
        }
    CHECK(wrong == 0);
    CHECK(qz_search_n_settled(s) >= reached);
}

static size_t slow_links(const struct tangle *t, uint32_t limit_ms, struct qz_link *ret) {
    size_t n = 0;
    for (uint32_t s = 0; s < t->n_sites; s++)
        for (uint32_t o = 0; o < t->n_origins; o++)
            if (t->ms[s][o] <= limit_ms)
                ret[n++] = (struct qz_link) { o, s, (uint32_t)t->ms[s][o] };
    return n;
}

static void check_links(const struct tangle *t, uint32_t limit_ms, struct qz_ctx *const *threads,
                        size_t n_threads) {
    struct qz_link want[MOST_SITES * MOST_ORIGINS];
    size_t n = slow_links(t, limit_ms, want);
    struct qz_origins *origins = NULL;
    CHECK(qz_origins_new(ctx, t->net, t->origins, t->n_origins, &origins) == 0);
    for (size_t k = 0; k < n_threads; k++) {
        struct qz_links got = { 0 };
        CHECK(qz_travel_links(threads[k], t->net, t->sites, t->n_sites, origins, limit_ms, &got) ==
              0);
        CHECK(got.n == n && (n == 0 || memcmp(got.items, want, n * sizeof *want) == 0));
        qz_links_done(&got);
    }
    qz_origins_free(origins);
}

/* One site more: nobody's nearest gets farther. */
static void check_monotone(const struct tangle *t) {
    uint32_t before[MOST_ORIGINS], after[MOST_ORIGINS], site[MOST_ORIGINS], longer = 0;
    memset(before, 0xff, sizeof before);
    for (size_t n = 0; n <= t->n_sites; n++) {
        CHECK(qz_travel_nearest(ctx, t->net, t->sites, n, t->origins, t->n_origins, after, site) ==
              0);
        for (size_t o = 0; o < t->n_origins; o++)
            longer += after[o] > before[o];
        memcpy(before, after, sizeof before);
    }
    CHECK(longer == 0);
}

/* Thousands of tangles; limits at random, and exactly at a time that occurs, where a millisecond
 * less leaves it out. */
static void check_oracle(void) {
    struct qz_ctx *threads[3] = { NULL };
    static const int n_threads[3] = { 1, 2, 5 };
    for (size_t k = 0; k < 3; k++) {
        struct qz_ctx_params params = { .threads = n_threads[k] };
        CHECK(qz_ctx_new(&params, &threads[k]) == 0);
    }
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct qz_dice d = qz_dice_of(seed, 7);
        struct tangle t;
        make_tangle(&t, &d);
        CHECK(t.net->n_nodes <= MOST_NODES);
        check_nearest(&t);
        struct qz_search *s = NULL;
        CHECK(qz_search_new(ctx, t.net, &s) == 0);
        check_search(&t, s, QZ_UNREACHED_MS); /* then narrower: the same memory again */
        check_search(&t, s, qz_dice_below(&d, 400000));
        uint64_t exact = t.ms[0][qz_dice_below(&d, MOST_ORIGINS)];
        uint32_t limit_ms = exact < FAR ? (uint32_t)exact : 1000;
        check_search(&t, s, limit_ms);
        check_search(&t, s, limit_ms ? limit_ms - 1 : 0);
        qz_search_freep(&s);
        check_links(&t, limit_ms, threads, seed % 8 ? 1 : 3);
        check_links(&t, qz_dice_below(&d, 400000), threads, seed % 8 ? 1 : 3);
        if (seed % 4 == 0)
            check_monotone(&t);
        tangle_done(&t);
    }
    for (size_t k = 0; k < 3; k++)
        qz_ctx_freep(&threads[k]);
}

/* ---- by hand: one street of 1 000 m (144 s), a site beside its end */
static void check_by_hand(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 1000, 0);
    struct qz_network *net = lines_network(ctx, &l, 0);
    const struct qz_travel_params *p = &qz_travel_params_default; /* 20 km/h: 180 ms a metre */
    const struct qz_stop sites[] = { stop_at(ctx, net, p, (struct qz_xy) { 1000, 100 }),
                                     stop_at(ctx, net, p, (struct qz_xy) { 1000, -100 }),
                                     stop_at(ctx, net, p, (struct qz_xy) { 0, 9000 }) };
    const struct {
        const char *name;
        struct qz_xy at;
        uint32_t ms, site;
    } cases[] = {
        { "both legs and the street", { 0, 50 }, 9000 + 144000 + 18000, 0 },
        { "at the foot of the site", { 1000, 0 }, 18000, 0 },
        { "across the street from it", { 1000, -100.5 }, 18090 + 18000, 0 },
        { "the very place", { 1000, 100 }, 0, 0 },
        { "the other's place", { 1000, -100 }, 0, 1 },
        { "half-way", { 500, 0 }, 72000 + 18000, 0 },
        { "too far from the road", { 0, 6000 }, QZ_UNREACHED_MS, QZ_NO_SITE },
        { "off the road, the site too", { 0, 9000 }, 0, 2 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_stop origin = stop_at(ctx, net, p, cases[i].at);
        uint32_t ms = 1, site = 1;
        CHECK(qz_travel_nearest(ctx, net, sites, COUNT(sites), &origin, 1, &ms, &site) == 0);
        CHECK_NEAR(ms, cases[i].ms, 0, cases[i].name);
        CHECK_NEAR(site, cases[i].site, 0, cases[i].name);
    }
    CHECK(sites[2].edge == UINT32_MAX && sites[2].snap_m == INFINITY);
    CHECK_NEAR(sites[0].snap_m, 100, 0, "snap distance");
    CHECK_NEAR(sites[0].leg_ms, 18000, 0, "leg");
    struct qz_search *s = NULL;
    CHECK(qz_search_new(ctx, net, &s) == 0);
    CHECK(qz_search_towards(ctx, s, NULL, 0, 1000) == 0); /* no site at all */
    CHECK(qz_search_node_ms(s, 0, NULL) == QZ_UNREACHED_MS);
    qz_search_freep(&s);
    qz_network_freep(&net);
    lines_done(&l);
}

/* One-ways in a triangle, with a street of 500 m down from its corner: within a metre of the corner
 * a place is on all of them, three metres past it the way is round the triangle. */
static void check_near_crossing(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 1, 0, 0, 1000, 0);
    lines_add_straight(&l, PLAIN, 1, 1000, 0, 1000, 1000);
    lines_add_straight(&l, PLAIN, 1, 1000, 1000, 0, 0);
    lines_add_straight(&l, PLAIN, 0, 1000, 0, 1000, -500);
    struct qz_network *net = lines_network(ctx, &l, 0);
    const double round_m = 997 + 1000 * sqrt(2) + 1000 + 500;
    const struct {
        struct qz_xy at;
        double from_ms, to_ms; /* to the far end of the street, and from it */
    } cases[] = { { { 1000, 0 }, 72000, 72000 },
                  { { 1000, 0.05 }, 72000, 72000 },
                  { { 999.2, 0 }, 72000, 72000 },
                  { { 1000, 3 }, round_m * 144, 503 * 144 },
                  { { 997, 0 }, 503 * 144, round_m * 144 } };
    const struct qz_travel_params *p = &qz_travel_params_default;
    const struct qz_stop end = stop_at(ctx, net, p, (struct qz_xy) { 1000, -500 });
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_stop place = stop_at(ctx, net, p, cases[i].at);
        uint32_t ms, site;
        CHECK(qz_travel_nearest(ctx, net, &end, 1, &place, 1, &ms, &site) == 0);
        CHECK_NEAR(ms, cases[i].from_ms, 2, "to the end of the street");
        CHECK(qz_travel_nearest(ctx, net, &place, 1, &end, 1, &ms, &site) == 0);
        CHECK_NEAR(ms, cases[i].to_ms, 2, "from the end of the street");
    }
    qz_network_freep(&net);
    lines_done(&l);
}

/* A road whose two directions are drawn by themselves is one road to the places along it. */
static void check_two_one_ways(void) {
    struct lines l = { 0 }, one = { 0 };
    lines_add_straight(&l, PLAIN, 1, 0, 0, 1000, 0);
    lines_add_straight(&l, PLAIN, 1, 1000, 0, 0, 0);
    lines_add_straight(&l, PLAIN, -1, 1000, 0, 2000, 500);
    lines_add_straight(&l, PLAIN, 1, 1000, 0, 2000, 500);
    lines_add_straight(&l, PLAIN, 0, 2000, 500, 2000, 900);
    lines_add_straight(&one, PLAIN, 0, 0, 0, 1000, 0);
    lines_add_straight(&one, PLAIN, 0, 1000, 0, 2000, 500);
    lines_add_straight(&one, PLAIN, 0, 2000, 500, 2000, 900);
    struct qz_network *two_nets[] = { lines_network(ctx, &l, 0), lines_network(ctx, &one, 0) };
    const struct qz_xy places[] = { { 250, 0 }, { 600, 80 }, { 1500, 250 }, { 2000, 700 } };
    uint32_t ms[2][COUNT(places)][COUNT(places)];
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < COUNT(places); i++)
            for (size_t j = 0; j < COUNT(places); j++) {
                const struct qz_travel_params *p = &qz_travel_params_default;
                struct qz_stop site = stop_at(ctx, two_nets[k], p, places[i]),
                               origin = stop_at(ctx, two_nets[k], p, places[j]);
                uint32_t nearest;
                CHECK(qz_travel_nearest(ctx, two_nets[k], &site, 1, &origin, 1, &ms[k][i][j],
                                        &nearest) == 0);
            }
    CHECK(two_nets[0]->n_edges == two_nets[1]->n_edges);
    CHECK_NEAR(two_nets[0]->length_m, two_nets[1]->length_m, 1e-3, "counted once");
    CHECK(memcmp(ms[0], ms[1], sizeof ms[0]) == 0);
    CHECK_NEAR(ms[0][0][1], 350 * 144 + 80 * 180, 1, "350 m and a leg of 80 m");
    qz_network_freep(&two_nets[0]);
    qz_network_freep(&two_nets[1]);
    lines_done(&l);
    lines_done(&one);
}

/* By way of a third place it is never quicker, give or take the rounding of the parts of edges. */
static void check_triangles(void) {
    enum { PLACES = 6, ROUNDING_MS = 4 };
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct qz_dice d = qz_dice_of(seed, 23);
        struct tangle t;
        make_tangle(&t, &d);
        struct qz_stop stops[PLACES];
        uint32_t ms[PLACES][PLACES], site, wrong = 0; /* to, from */
        for (size_t i = 0; i < PLACES; i++)
            stops[i] = stop_at(ctx, t.net, &qz_travel_params_default, random_place(&t, &d));
        for (size_t i = 0; i < PLACES; i++)
            for (size_t j = 0; j < PLACES; j++)
                CHECK(qz_travel_nearest(ctx, t.net, &stops[i], 1, &stops[j], 1, &ms[i][j], &site) ==
                      0);
        for (size_t i = 0; i < PLACES; i++)
            for (size_t j = 0; j < PLACES; j++)
                for (size_t k = 0; k < PLACES; k++)
                    wrong += ms[i][k] != QZ_UNREACHED_MS && ms[k][j] != QZ_UNREACHED_MS &&
                             ms[i][j] > (uint64_t)ms[i][k] + ms[k][j] + ROUNDING_MS;
        CHECK(wrong == 0);
        tangle_done(&t);
    }
}

/* A ferry line of days: the queue grows with the longest arc, times do not wrap. */
static void check_long(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 100, 0);
    lines_add_straight(&l, FERRY, 0, 100, 0, 200, 0)->length_m = 9e6f;
    lines_add_straight(&l, PLAIN, 0, 200, 0, 300, 0);
    struct qz_network *net = lines_network(ctx, &l, 0);
    const struct qz_stop site = stop_at(ctx, net, &qz_travel_params_default,
                                        (struct qz_xy) { 0, 0 });
    const struct qz_stop origin = stop_at(ctx, net, &qz_travel_params_default,
                                          (struct qz_xy) { 300, 0 });
    uint32_t ms = 0, number = 0;
    CHECK(qz_travel_nearest(ctx, net, &site, 1, &origin, 1, &ms, &number) == 0);
    /* capped at a quarter of what 32 bits hold */
    CHECK_NEAR(ms, (double)(UINT32_MAX / 4) + 2 * 14400, 0, "a very long ferry");
    qz_network_freep(&net);
    lines_done(&l);
}

/* ---- the queue: pushed as a search does, within the span; buckets come out in order */
static void check_queue(void) {
    enum { N = 20000, SPAN = 1000 };
    static const uint32_t widths[] = { 1, 7, 16, 1024 };
    for (size_t w = 0; w < COUNT(widths); w++) {
        struct qz_queue q;
        struct qz_dice d = qz_dice_of(w, 8);
        uint8_t *seen = calloc(N, 1);
        CHECK(qz_queue_init(ctx, &q, widths[w], SPAN + widths[w]) == 0);
        for (int turn = 0; turn < 3; turn++) { /* the first two are left early */
            uint32_t pushed = 0, popped = 0, item, key, bucket = 0, early = 0;
            memset(seen, 0, N);
            qz_queue_start(&q, 5000);
            for (uint32_t k = 0; k < 50; k++)
                qz_queue_push(ctx, &q, pushed++, 5000 + qz_dice_below(&d, SPAN));
            while ((turn == 2 || popped < 700) && qz_queue_pop(&q, &item, &key)) {
                early += key >> q.shift < bucket;
                bucket = key >> q.shift;
                early += seen[item]++;
                popped++;
                for (uint32_t k = 0; k < 2 && pushed < N; k++)
                    qz_queue_push(ctx, &q, pushed++, key + qz_dice_below(&d, SPAN));
            }
            CHECK(early == 0);
            CHECK(turn < 2 || (popped == N && !qz_queue_pop(&q, &item, &key)));
        }
        qz_queue_done(&q);
        free(seen);
    }
}

/* ---- fields */
static void add_rectangle(struct qz_shapes *s, double x0, double y0, double x1, double y1) {
    const struct qz_xy p[] = { { x0, y0 }, { x1, y0 }, { x1, y1 }, { x0, y1 }, { x0, y0 } };
    for (size_t i = 0; i < COUNT(p); i++)
        qz_shapes_add_point(ctx, s, p[i]);
    qz_shapes_end_ring(ctx, s);
    qz_shapes_end_poly(ctx, s);
    qz_shapes_end_shape(ctx, s);
}

static const struct qz_field_params walking = { .cell_m = 100, .walk_kmh = 5, .walk_limit_m = 500 };
enum { CELL_MS = 72000 }; /* 100 m at 5 km/h */

/* Value at the cell whose centre is (x, y); outside the window nobody is reached. */
static uint32_t field_ms(const struct qz_field *f, double x_m, double y_m) {
    double c = (x_m - f->grid.x0_m) / f->grid.cell_m, r = (y_m - f->grid.y0_m) / f->grid.cell_m;
    if (c < 0 || r < 0 || c >= f->grid.n_columns || r >= f->grid.n_rows)
        return QZ_UNREACHED_MS;
    CHECK(c == floor(c) && r == floor(r)); /* on the land's own grid */
    float seconds = f->seconds[(size_t)r * f->grid.n_columns + (size_t)c];
    return isinf(seconds) ? QZ_UNREACHED_MS : (uint32_t)lround(seconds * 1000.0);
}

struct scene {
    struct qz_network *net;
    struct qz_land *land;
    struct qz_search *search;
    struct qz_field *field;
    struct qz_stop site;
};

static void scene_make(struct scene *s, const struct lines *l, const struct qz_shapes *ground,
                       struct qz_xy site, uint32_t limit_ms) {
    *s = (struct scene) { .net = lines_network(ctx, l, 0) };
    CHECK(qz_land_new(ctx, ground, walking.cell_m, &s->land) == 0);
    CHECK(qz_search_new(ctx, s->net, &s->search) == 0);
    s->site = stop_at(ctx, s->net, &qz_travel_params_default, site);
    CHECK(qz_search_towards(ctx, s->search, &s->site, 1, limit_ms) == 0);
    CHECK(qz_field_new(ctx, s->search, s->land, NULL, &walking, limit_ms, &s->field) == 0);
}

static void scene_done(struct scene *s) {
    qz_field_freep(&s->field);
    qz_search_freep(&s->search);
    qz_land_freep(&s->land);
    qz_network_freep(&s->net);
}

/* Cells straight, diagonal and by knight's moves to (i, j), 0 <= j <= i: the shortest way of 16. */
static void moves_to(int i, int j, int *straight, int *diagonal, int *knight) {
    *knight = 2 * j <= i ? j : i - j;
    *straight = 2 * j <= i ? i - 2 * j : 0;
    *diagonal = 2 * j <= i ? 0 : 2 * j - i;
}

/* A road of ten metres: all else is walked, up to 500 m. */
static void check_walk(void) {
    struct lines l = { 0 };
    struct qz_shapes ground = { 0 };
    struct scene s;
    lines_add_straight(&l, PLAIN, 0, -5, 0, 5, 0);
    add_rectangle(&ground, -2000, -2000, 2000, 2000);
    scene_make(&s, &l, &ground, (struct qz_xy) { 0, 0 }, 3600000);
    CHECK_NEAR(s.field->walk_s_per_cell, CELL_MS / 1000.0, 1e-9, "walk");
    for (int y = -8; y <= 8; y++)
        for (int x = -8; x <= 8; x++) {
            int i = abs(x) > abs(y) ? abs(x) : abs(y), j = abs(x) + abs(y) - i, a, b, c;
            moves_to(i, j, &a, &b, &c);
            double walked_m = 100 * (a + b * sqrt(2) + c * sqrt(5));
            double want = a * CELL_MS + b * round(CELL_MS * sqrt(2)) + c * round(CELL_MS * sqrt(5));
            CHECK_NEAR(field_ms(s.field, 100 * x, 100 * y),
                       walked_m <= 500 ? want : QZ_UNREACHED_MS, 1, "walked");
        }
    scene_done(&s);
    qz_shapes_done(&ground);
    lines_done(&l);
}

/* A street of 4 km: at its cells the network's time (a cell may be entered 50 m nearer), beside it
 * the walk, beyond 500 m nothing; and a motorway where nobody gets off. */
static void check_street(void) {
    struct lines l = { 0 };
    struct qz_shapes ground = { 0 };
    struct scene s;
    lines_add_straight(&l, PLAIN, 0, 0, 0, 4000, 0);
    lines_add_straight(&l, EXPRESS, 0, 4000, 0, 8000, 0);
    lines_add_straight(&l, PLAIN, 0, 8000, 0, 9000, 0);
    add_rectangle(&ground, -1000, -1000, 10000, 1000);
    scene_make(&s, &l, &ground, (struct qz_xy) { 0, 0 }, 900000);
    for (int x = 0; x <= 4000; x += 100) {
        uint32_t on = field_ms(s.field, x, 0), beside = field_ms(s.field, x, 300);
        CHECK_NEAR(on, x * 144 - 3600, 3600, "on the street");
        CHECK(beside <= on + 3 * CELL_MS && beside + 7200 > 3 * CELL_MS);
        CHECK((field_ms(s.field, x, 500) != QZ_UNREACHED_MS) == (x <= 3800));
        CHECK(field_ms(s.field, x, 600) == QZ_UNREACHED_MS);
    }
    CHECK(field_ms(s.field, 6000, 0) == QZ_UNREACHED_MS);
    /* 4 km at 25, 4 km at 90, half a kilometre at 25 km/h */
    CHECK_NEAR(field_ms(s.field, 8500, 0), 576000 + 160000 + 72000, 7200, "past the motorway");
    float most_s = 0;
    for (size_t i = 0; i < (size_t)s.field->grid.n_columns * s.field->grid.n_rows; i++)
        most_s = isinf(s.field->seconds[i]) ? most_s : fmaxf(most_s, s.field->seconds[i]);
    CHECK(most_s <= 900 && most_s > 800);
    scene_done(&s);
    qz_shapes_done(&ground);
    lines_done(&l);
}

/* A river one cell wide, between x = 150 and 250, that the street crosses on a bridge at y = 0. */
static void check_water(void) {
    struct lines l = { 0 };
    struct qz_shapes ground = { 0 };
    struct scene s;
    add_rectangle(&ground, -1000, -1000, 150, 1000);
    add_rectangle(&ground, 250, -1000, 1500, 1000);
    lines_add_straight(&l, PLAIN, 0, -500, 0, 100, 0);
    scene_make(&s, &l, &ground, (struct qz_xy) { 100, 0 }, 900000);
    CHECK(field_ms(s.field, 100, 200) == 2 * CELL_MS);
    for (int y = -600; y <= 600; y += 100) {
        CHECK(field_ms(s.field, 200, y) == QZ_UNREACHED_MS); /* nobody on the water */
        CHECK(field_ms(s.field, 300, y) == QZ_UNREACHED_MS); /* nor across without a bridge */
    }
    scene_done(&s);
    lines_add_straight(&l, PLAIN, 0, 100, 0, 400, 0);
    scene_make(&s, &l, &ground, (struct qz_xy) { 100, 0 }, 900000);
    CHECK(field_ms(s.field, 200, 0) == QZ_UNREACHED_MS); /* the bridge itself */
    CHECK_NEAR(field_ms(s.field, 300, 0), 200 * 144 - 3600, 3600, "across the bridge");
    CHECK(field_ms(s.field, 300, 300) != QZ_UNREACHED_MS);
    for (uint32_t r = 0; r < s.field->grid.n_rows; r++)
        for (uint32_t c = 0; c < s.field->grid.n_columns; c++) {
            struct qz_xy p = { s.field->grid.x0_m + c * 100.0, s.field->grid.y0_m + r * 100.0 };
            bool land = qz_shape_contains(&ground, 0, p) || qz_shape_contains(&ground, 1, p);
            CHECK(land || isinf(s.field->seconds[(size_t)r * s.field->grid.n_columns + c]));
        }
    scene_done(&s);
    qz_shapes_done(&ground);
    lines_done(&l);
}

static void check_no_field(void) {
    struct lines l = { 0 };
    struct qz_shapes ground = { 0 };
    struct scene s;
    lines_add_straight(&l, PLAIN, 0, 0, 0, 100, 0);
    add_rectangle(&ground, 0, 0, 1000, 1000);
    scene_make(&s, &l, &ground, (struct qz_xy) { 0, 90000 }, 900000); /* a site without a road */
    CHECK(s.field->grid.n_columns == 0 && s.field->grid.n_rows == 0);
    scene_done(&s);
    struct qz_land *land = NULL;
    CHECK(qz_land_new(ctx, &ground, 0.001, &land) == QZ_E_RANGE && !land);
    CHECK(strstr(qz_ctx_error(ctx), "cell_m") != NULL);
    qz_shapes_done(&ground);
    CHECK(qz_land_new(ctx, &ground, 100, &land) == 0); /* no commune has a polygon */
    qz_land_freep(&land);
    lines_done(&l);
}

/* Nothing past the limit; where plain roads meet, no more than the network's own time. */
static void check_random_fields(void) {
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct qz_dice d = qz_dice_of(seed, 9);
        struct lines l = { 0 };
        struct qz_shapes ground = { 0 };
        struct scene s;
        lines_random(&l, &d);
        add_rectangle(&ground, -500, -500, 2500, 2500);
        struct qz_xy site = l.roads.points[qz_dice_below(&d, (uint32_t)l.roads.n_points)];
        uint32_t limit_ms = 60000 + qz_dice_below(&d, 600000);
        scene_make(&s, &l, &ground, site, limit_ms);
        size_t n = (size_t)s.field->grid.n_columns * s.field->grid.n_rows;
        int wrong = 0;
        for (size_t i = 0; i < n; i++)
            wrong += !isinf(s.field->seconds[i]) &&
                     s.field->seconds[i] > (float)(limit_ms / 1000.0);
        for (uint32_t v = 0; v < s.net->n_nodes; v++) { /* at a plain crossing, its own time */
            bool plain = false;
            for (size_t e = 0; e < s.net->n_edges; e++)
                plain = plain || (s.net->edges[e].kind == QZ_ROAD_PLAIN &&
                                  (s.net->edges[e].from == v || s.net->edges[e].to == v));
            uint32_t ms = qz_search_node_ms(s.search, v, NULL);
            struct qz_xy at = { round(s.net->node_at[v].x_m / 100) * 100,
                                round(s.net->node_at[v].y_m / 100) * 100 };
            if (plain && ms <= limit_ms)
                wrong += field_ms(s.field, at.x_m, at.y_m) > ms;
        }
        CHECK(wrong == 0);
        scene_done(&s);
        qz_shapes_done(&ground);
        lines_done(&l);
    }
}

static void check_memory(void) {
    struct qz_dice d = qz_dice_of(3, 10);
    struct tangle t;
    make_tangle(&t, &d);
    bool whole = false;
    for (size_t k = 0; k < 300 && !whole; k++) {
        struct qz_origins *origins = NULL;
        struct qz_links links = { 0 };
        uint32_t ms[MOST_ORIGINS], site[MOST_ORIGINS];
        qz_memory_fail_after(k);
        int r = qz_origins_new(ctx, t.net, t.origins, t.n_origins, &origins);
        if (r == 0)
            r = qz_travel_links(ctx, t.net, t.sites, t.n_sites, origins, 900000, &links);
        if (r == 0)
            r = qz_travel_nearest(ctx, t.net, t.sites, t.n_sites, t.origins, t.n_origins, ms, site);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
        qz_links_done(&links);
        qz_origins_free(origins);
    }
    CHECK(whole);
    tangle_done(&t);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_oracle();
    check_by_hand();
    check_near_crossing();
    check_two_one_ways();
    check_triangles();
    check_long();
    check_queue();
    check_walk();
    check_street();
    check_water();
    check_no_field();
    check_random_fields();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
