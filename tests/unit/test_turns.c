/* tests/unit/test_turns.c - turn restrictions against a slow search over pairs of roads, on random
 * tangles. */
#include "lines.h"
#include "stops.h"
#include "travel/travel.h"

enum { SIDE = 4, MOST_ROADS = 40, MOST_TURNS = 12 };
#define FAR UINT32_MAX

static struct qz_ctx *ctx;

struct town { /* a grid of crossings, some joined by a straight road: node ids are 1 .. SIDE * SIDE
               */
    struct lines lines;
    uint32_t from[MOST_ROADS], to[MOST_ROADS], edge[MOST_ROADS]; /* of each road */
    struct qz_restriction turns[MOST_TURNS];
    struct qz_network *net;
};

static struct qz_xy place_of(uint32_t node) {
    return (struct qz_xy) { 400.0 * (node % SIDE) + 13.0 * (node / SIDE), 300.0 * (node / SIDE) };
}

static void add_road(struct town *t, struct qz_dice *d, uint32_t a, uint32_t b) {
    size_t i = t->lines.roads.n;
    struct qz_xy p[2] = { place_of(a), place_of(b) };
    double way = qz_dice_roll(d);
    lines_add(&t->lines, PLAIN, way < 0.7 ? 0 : way < 0.85 ? 1 : -1, p, 2);
    t->from[i] = a;
    t->to[i] = b;
}

static void add_turns(struct town *t, struct qz_dice *d) {
    struct qz_roads *r = &t->lines.roads;
    r->restrictions = t->turns;
    r->n_restrictions = qz_dice_below(d, MOST_TURNS);
    for (size_t i = 0; i < r->n_restrictions; i++) {
        uint32_t a = qz_dice_below(d, (uint32_t)r->n),
                 via = qz_dice_chance(d, 0.5) ? t->from[a] : t->to[a], b;
        do
            b = qz_dice_below(d, (uint32_t)r->n);
        while (t->from[b] != via && t->to[b] != via);
        t->turns[i] = (struct qz_restriction) { a, b, via + 1, qz_dice_chance(d, 0.3) };
    }
}

static void number_points(struct town *t) {
    struct qz_roads *r = &t->lines.roads;
    r->node_id = malloc(r->n_points * sizeof *r->node_id);
    for (size_t i = 0; i < r->n; i++) {
        r->node_id[2 * i] = t->from[i] + 1;
        r->node_id[2 * i + 1] = t->to[i] + 1;
    }
}

static bool same_place(struct qz_xy a, struct qz_xy b) { return qz_distance_m(a, b) < 0.01; }

/* Which edge each road became; turned ones exchange their ends. */
static void find_edges(struct town *t) {
    for (size_t i = 0; i < t->lines.roads.n; i++)
        for (uint32_t e = 0; e < t->net->n_edges; e++) {
            struct qz_xy a = t->net->node_at[t->net->edges[e].from],
                         b = t->net->node_at[t->net->edges[e].to];
            if (same_place(a, place_of(t->to[i])) && same_place(b, place_of(t->from[i]))) {
                uint32_t swap = t->from[i];
                t->from[i] = t->to[i];
                t->to[i] = swap;
            }
            if (same_place(a, place_of(t->from[i])) && same_place(b, place_of(t->to[i])))
                t->edge[i] = e;
        }
}

static void make_town(struct town *t, struct qz_dice *d) {
    *t = (struct town) { 0 };
    for (uint32_t v = 0; v < SIDE * SIDE; v++) {
        if (v % SIDE + 1 < SIDE && qz_dice_chance(d, 0.8))
            add_road(t, d, v, v + 1);
        if (v + SIDE < SIDE * SIDE && qz_dice_chance(d, 0.8))
            add_road(t, d, v, v + SIDE);
    }
    add_turns(t, d);
    number_points(t);
    t->net = lines_network(ctx, &t->lines, 0);
    find_edges(t);
}

static void town_done(struct town *t) {
    qz_network_freep(&t->net);
    free(t->lines.roads.node_id);
    lines_done(&t->lines);
}

/* ---- the slow search: ways are 2 * road, + 1 against it */
static uint32_t way_ms(const struct town *t, uint32_t way) {
    const struct qz_edge *e = &t->net->edges[t->edge[way / 2]];
    return way & 1 ? e->ms_backward : e->ms_forward;
}
static uint32_t entry(const struct town *t, uint32_t way) {
    return way & 1 ? t->to[way / 2] : t->from[way / 2];
}
static uint32_t arrival(const struct town *t, uint32_t way) {
    return way & 1 ? t->from[way / 2] : t->to[way / 2];
}

/* Whether some way of the road comes to (leaves) the node. */
static bool has_way(const struct town *t, uint32_t road, uint32_t node, bool leaving) {
    for (uint32_t k = 0; k < 2; k++)
        if (way_ms(t, 2 * road + k) != QZ_CLOSED_WAY &&
            (leaving ? entry(t, 2 * road + k) : arrival(t, 2 * road + k)) == node)
            return true;
    return false;
}

/* Cars turn round at junctions and dead ends, not at bends (test_network says what a bend is). */
static bool is_bend(const struct town *t, uint32_t node) {
    for (size_t v = t->net->n_junctions; v < t->net->n_nodes; v++)
        if (same_place(t->net->node_at[v], place_of(node)))
            return true;
    return false;
}

static bool allowed(const struct town *t, uint32_t by, uint32_t onto) {
    uint32_t node = arrival(t, by);
    if (entry(t, onto) != node || way_ms(t, onto) == QZ_CLOSED_WAY)
        return false;
    if (by / 2 == onto / 2 && is_bend(t, node))
        return false;
    for (size_t i = 0; i < t->lines.roads.n_restrictions; i++) {
        const struct qz_restriction *r = &t->turns[i];
        if (r->from_road != by / 2 || r->via_node != node + 1 ||
            !has_way(t, r->from_road, node, false) || !has_way(t, r->to_road, node, true))
            continue;
        if (r->only ? onto / 2 != r->to_road : onto / 2 == r->to_road)
            return false;
    }
    return true;
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint32_t part_ms(double share, uint32_t ms) { return (uint32_t)llround(share * ms); }

/* From the start of a way to the site on it, or past its end. */
static uint64_t via(const struct town *t, const struct qz_stop *site, const uint64_t *after,
                    uint32_t way) {
    uint32_t ms = way_ms(t, way);
    if (ms == QZ_CLOSED_WAY)
        return FAR;
    uint64_t best = least(FAR, ms + after[way]);
    if (site->edge == t->edge[way / 2])
        best = least(best,
                     site->leg_ms + part_ms(way & 1 ? 1 - site->fraction : site->fraction, ms));
    return best;
}

/* after[way]: time left when a way has been driven to its end. */
static void slow_search(const struct town *t, const struct qz_stop *site, uint64_t *after) {
    uint32_t n = 2 * (uint32_t)t->lines.roads.n;
    for (uint32_t w = 0; w < n; w++)
        after[w] = FAR;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t w = 0; w < n; w++)
            for (uint32_t x = 0; x < n; x++) {
                uint64_t ms = way_ms(t, w) != QZ_CLOSED_WAY && allowed(t, w, x)
                                  ? via(t, site, after, x)
                                  : FAR;
                if (ms < after[w]) {
                    after[w] = ms;
                    again = true;
                }
            }
    }
}

static uint64_t slow_ms(const struct town *t, const struct qz_stop *site, const uint64_t *after,
                        const struct qz_stop *origin) {
    uint64_t best = FAR;
    for (uint32_t w = 0; w < 2 * t->lines.roads.n; w++) {
        uint32_t ms = way_ms(t, w);
        if (t->edge[w / 2] != origin->edge || ms == QZ_CLOSED_WAY)
            continue;
        double done = w & 1 ? 1 - origin->fraction : origin->fraction;
        double to_site = w & 1 ? 1 - site->fraction : site->fraction;
        best = least(best, origin->leg_ms + (uint64_t)part_ms(1 - done, ms) + after[w]);
        if (site->edge == origin->edge && to_site >= done)
            best = least(best,
                         origin->leg_ms + (uint64_t)site->leg_ms + part_ms(to_site - done, ms));
    }
    return best;
}

/* ---- random places in the middle of roads; one that falls on a crossing is not asked (test_travel
 * does) */
static struct qz_stop random_stop(const struct town *t, struct qz_dice *d) {
    static const struct qz_travel_params params = { .access_kmh = 20, .snap_limit_m = 500 };
    uint32_t road = qz_dice_below(d, (uint32_t)t->lines.roads.n);
    struct qz_xy a = place_of(t->from[road]), b = place_of(t->to[road]);
    double f = qz_dice_between(d, 0.1, 0.9);
    struct qz_xy place = { a.x_m + f * (b.x_m - a.x_m) + 3, a.y_m + f * (b.y_m - a.y_m) + 3 };
    struct qz_stop stop = stop_at(ctx, t->net, &params, place);
    if (stop.fraction == 0 || stop.fraction == 1)
        stop.edge = UINT32_MAX;
    return stop;
}

static void check_town(uint64_t seed, size_t *n_copies, size_t *n_asked) {
    struct qz_dice d = qz_dice_of(seed, 77);
    struct town t;
    struct qz_search *s = NULL;
    uint64_t after[2 * MOST_ROADS];
    make_town(&t, &d);
    struct qz_stop site = random_stop(&t, &d);
    CHECK(qz_search_new(ctx, t.net, &s) == 0 && qz_search_towards(ctx, s, &site, 1, FAR - 1) == 0);
    slow_search(&t, &site, after);
    size_t wrong = 0;
    for (size_t k = 0; k < 20 && site.edge != UINT32_MAX; k++) {
        struct qz_stop origin = random_stop(&t, &d);
        if (origin.edge == UINT32_MAX)
            continue;
        uint64_t want = slow_ms(&t, &site, after, &origin);
        *n_asked += 1;
        wrong += qz_search_origin_ms(s, &origin, NULL) != (uint32_t)want;
    }
    CHECK(wrong == 0);
    *n_copies += t.net->n_copies;
    qz_search_freep(&s);
    town_done(&t);
}

/* By hand: a cross of four roads of 360 s each way (2 500 m at 25 km/h); from the west no left turn
 * to the north. */
static void check_cross(void) {
    static const struct qz_travel_params params = { .access_kmh = 20, .snap_limit_m = 500 };
    static const struct qz_xy ends[4] = { { -2500, 0 }, { 0, 2500 }, { 2500, 0 }, { 0, -2500 } };
    struct lines l = { 0 };
    int64_t ids[8];
    struct qz_restriction no_left = { .from_road = 0, .to_road = 1, .via_node = 5, .only = false };
    for (int i = 0; i < 4; i++) {
        lines_add_straight(&l, PLAIN, 0, 0, 0, ends[i].x_m, ends[i].y_m);
        ids[2 * i] = 5;
        ids[2 * i + 1] = i + 1;
    }
    l.roads.node_id = ids;
    static const struct {
        bool restricted, only;
        double want_s; /* from the west's middle to the north's middle */
    } cases[] = {
        { false, false, 360 },            /* straight there: 180 + 180 */
        { true, false, 180 + 720 + 180 }, /* turn round at the far end of another road */
        { true, true, 360 },              /* only the left turn: allowed */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_search *s = NULL;
        no_left.only = cases[i].only;
        l.roads.restrictions = &no_left;
        l.roads.n_restrictions = cases[i].restricted;
        struct qz_network *net = lines_network(ctx, &l, 0);
        struct qz_stop site = stop_at(ctx, net, &params, (struct qz_xy) { 0, 1250 });
        struct qz_stop origin = stop_at(ctx, net, &params, (struct qz_xy) { -1250, 0 });
        CHECK(qz_search_new(ctx, net, &s) == 0 &&
              qz_search_towards(ctx, s, &site, 1, FAR - 1) == 0);
        CHECK_NEAR(qz_search_origin_ms(s, &origin, NULL) / 1000.0, cases[i].want_s, 0, "cross");
        CHECK(net->n_copies == cases[i].restricted);
        qz_search_freep(&s);
        qz_network_freep(&net);
    }
    l.roads.node_id = NULL;
    lines_done(&l);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_cross();
    size_t n_copies = 0, n_asked = 0;
    for (uint64_t seed = 0; seed < 3000; seed++)
        check_town(seed, &n_copies, &n_asked);
    CHECK(n_copies > 3000 && n_asked > 30000); /* the cases are not idle */
    qz_ctx_free(ctx);
    return check_end();
}
