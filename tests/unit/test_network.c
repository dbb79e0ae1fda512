/* tests/unit/test_network.c - joins, cuts, times, parts, islands, snapping, speed tables
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "lines.h"

static struct qz_ctx *ctx;

/* 25 km/h: 144 ms a metre */
#define RESIDENTIAL_MS(m) ((uint32_t)(m)*144)

static uint32_t node_at(const struct qz_network *net, double x_m, double y_m) {
    for (uint32_t v = 0; v < net->n_nodes; v++)
        if (fabs(net->node_at[v].x_m - x_m) < 0.01 && fabs(net->node_at[v].y_m - y_m) < 0.01)
            return v;
    return UINT32_MAX;
}

/* The only edge between two places; UINT32_MAX when there is none or several. */
static uint32_t edge_between(const struct qz_network *net, uint32_t a, uint32_t b) {
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[i];
        if ((e->from == a && e->to == b) || (e->from == b && e->to == a)) {
            if (found != UINT32_MAX)
                return UINT32_MAX;
            found = i;
        }
    }
    return found;
}

/* ---- joins */
static void check_joins(void) {
    static const struct {
        const char *name;
        double x_m; /* where the second line has its middle vertex; the first one has it at 50 */
        size_t n_nodes, n_edges;
    } cases[] = {
        { "same vertex", 50, 5, 4 },
        { "within half a millimetre", 50.0004, 5, 4 },
        { "two millimetres apart", 50.002, 4, 2 },
        { "no vertex there", 40, 4, 2 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lines l = { 0 };
        const struct qz_xy east[] = { { 0, 0 }, { 50, 0 }, { 100, 0 } };
        const struct qz_xy north[] = { { 50, -50 }, { cases[i].x_m, 0 }, { 50, 50 } };
        lines_add(&l, PLAIN, 0, east, 3);
        lines_add(&l, PLAIN, 0, north, 3);
        struct qz_network *net = lines_network(ctx, &l, 0);
        CHECK_NEAR((double)net->n_nodes, (double)cases[i].n_nodes, 0, cases[i].name);
        CHECK_NEAR((double)net->n_edges, (double)cases[i].n_edges, 0, cases[i].name);
        qz_network_freep(&net);
        lines_done(&l);
    }
}

static void check_bridge(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 100, 0);
    lines_add_straight(&l, PLAIN, 0, 50, -50, 50, 50); /* crosses it without a vertex */
    struct qz_network *net = lines_network(ctx, &l, 0);
    CHECK(net->n_nodes == 4 && net->n_edges == 2 && net->n_islands == 2);
    CHECK_NEAR(net->length_m, 200, 1e-9, "length");
    qz_network_freep(&net);
    lines_done(&l);
}

/* ---- times, ways, stated lengths and speeds */
static void check_times(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 100, 0);
    lines_add_straight(&l, PLAIN, 1, 100, 0, 100, 100);
    lines_add_straight(&l, PLAIN, -1, 100, 100, 0, 100);
    lines_add_straight(&l, EXPRESS, 0, 0, 100, 0, 0)->kmh = 50; /* 0.8 of a limit: 40 km/h */
    struct qz_network *net = lines_network(ctx, &l, 0);
    uint32_t sw = node_at(net, 0, 0), se = node_at(net, 100, 0), ne = node_at(net, 100, 100),
             nw = node_at(net, 0, 100);
    const struct {
        uint32_t from, to, there_ms, back_ms;
    } want[] = {
        { sw, se, RESIDENTIAL_MS(100), RESIDENTIAL_MS(100) },
        { se, ne, RESIDENTIAL_MS(100), QZ_CLOSED_WAY },
        { nw, ne, RESIDENTIAL_MS(100), QZ_CLOSED_WAY }, /* drawn from ne to nw, driven against */
        { nw, sw, 9000, 9000 },
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        uint32_t id = edge_between(net, want[i].from, want[i].to);
        CHECK(id != UINT32_MAX);
        const struct qz_edge *e = &net->edges[id];
        bool forward = e->from == want[i].from;
        CHECK((forward ? e->ms_forward : e->ms_backward) == want[i].there_ms);
        CHECK((forward ? e->ms_backward : e->ms_forward) == want[i].back_ms);
    }
    CHECK(net->n_arcs == 2 * net->n_chains - 2); /* two of them are one-ways */
    qz_network_freep(&net);
    lines_done(&l);
}

/* 300 m drawn, 600 m stated, cut at 100 m: the pieces have 200 and 400. */
static void check_stated_length(void) {
    struct lines l = { 0 };
    const struct qz_xy bent[] = { { 0, 0 }, { 100, 0 }, { 200, 0 }, { 200, 100 } };
    const struct qz_xy speck[] = { { 100, 0 }, { 100, 0 } };
    lines_add(&l, PLAIN, 0, bent, 4)->length_m = 600;
    lines_add(&l, PLAIN, 0, speck, 2)->length_m = 40; /* no extent: the stated length stays */
    struct qz_network *net = lines_network(ctx, &l, 0);
    uint32_t a = node_at(net, 0, 0), b = node_at(net, 100, 0), c = node_at(net, 200, 100);
    const struct {
        uint32_t from, to;
        double length_m;
    } want[] = { { a, b, 200 }, { b, c, 400 }, { b, b, 40 } };
    CHECK(net->n_nodes == 3 && net->n_edges == 3 && net->n_loops == 1);
    for (size_t i = 0; i < COUNT(want); i++) {
        uint32_t id = edge_between(net, want[i].from, want[i].to);
        CHECK(id != UINT32_MAX);
        CHECK_NEAR(net->edges[id].length_m, want[i].length_m, 1e-6, "piece");
        CHECK_NEAR(net->edges[id].ms_forward, want[i].length_m * 144, 0, "its time");
    }
    qz_network_freep(&net);
    lines_done(&l);
}

/* A lollipop (its stick, and a ring that comes back), a square on its own, two roads side by side.
 */
static void check_loops(void) {
    struct lines l = { 0 };
    const struct qz_xy lollipop[] = { { 0, 0 }, { 100, 0 }, { 150, 50 }, { 150, -50 }, { 100, 0 } };
    const struct qz_xy square[] = {
        { 500, 0 }, { 600, 0 }, { 600, 100 }, { 500, 100 }, { 500, 0 }
    };
    const struct qz_xy detour[] = { { 0, 0 }, { 50, 50 }, { 100, 0 } };
    lines_add(&l, PLAIN, 0, lollipop, 5);
    lines_add(&l, PLAIN, 0, square, 5);
    lines_add(&l, PLAIN, 0, detour, 3);
    struct qz_network *net = lines_network(ctx, &l, 0);
    CHECK(net->n_nodes == 3 && net->n_edges == 4 && net->n_loops == 2);
    uint32_t tip = node_at(net, 0, 0), knot = node_at(net, 100, 0), corner = node_at(net, 500, 0);
    CHECK(edge_between(net, tip, knot) == UINT32_MAX); /* two of them */
    uint32_t loop = edge_between(net, knot, knot), ring = edge_between(net, corner, corner);
    CHECK(loop != UINT32_MAX && ring != UINT32_MAX);
    CHECK_NEAR(net->edges[ring].length_m, 400, 1e-4, "ring");
    CHECK(net->incident_first[corner + 1] - net->incident_first[corner] == 2); /* stands twice */
    CHECK(net->incident[net->incident_first[corner]] == net->edges[ring].chain);
    CHECK(net->edges[ring].snappable && net->n_islands == 2);
    qz_network_freep(&net);
    lines_done(&l);
}

static void check_left_out(void) {
    struct lines l = { 0 };
    struct qz_issues issues;
    struct qz_network *net = NULL;
    struct qz_speeds *speeds = NULL;
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(qz_speeds_parse(ctx, "t", qz_speeds_builtin("osm-car"), &speeds) == 0);
    lines_add_straight(&l, UNHEARD, 0, 0, 0, 1, 0);
    lines_add_straight(&l, UNHEARD, 0, 0, 1, 1, 1);
    lines_add_straight(&l, FOOTWAY, 0, 0, 2, 1, 2);
    lines_add_straight(&l, PLAIN, 0, 0, 3, 1, 3)->closed = true;
    CHECK(qz_network_new(ctx, &qz_network_params_default, &l.roads, speeds, &issues, &net) ==
          QZ_E_DATA);
    CHECK(!net && strstr(qz_ctx_error(ctx), "speed table") != NULL);
    lines_add_straight(&l, PLAIN, 0, 0, 4, 1, 4);
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(qz_network_new(ctx, &qz_network_params_default, &l.roads, speeds, &issues, &net) == 0);
    CHECK(net && net->n_edges == 1);
    CHECK(issues.n == 2);
    CHECK(strcmp(issues.items[0].code, "unknown_class") == 0);
    CHECK(issues.items[0].severity == QZ_SEVERITY_WARNING);
    CHECK(strncmp(issues.items[0].message, "2 roads of class 'kart'", 23) == 0);
    CHECK(strcmp(issues.items[1].code, "closed_roads") == 0);
    CHECK(strncmp(issues.items[1].message, "2 roads", 7) == 0);
    qz_issues_done(&issues);
    qz_network_freep(&net);
    qz_speeds_freep(&speeds);
    lines_done(&l);
}

/* ---- what must hold in any network */
static bool has_arc(const uint32_t *first, const struct qz_arc *arcs, uint32_t node, uint32_t head,
                    uint32_t ms) {
    for (uint32_t a = first[node]; a < first[node + 1]; a++)
        if (arcs[a].head == head && arcs[a].ms == ms)
            return true;
    return false;
}

static bool touches(const struct qz_network *net, uint32_t node, uint32_t edge) {
    for (uint32_t k = net->incident_first[node]; k < net->incident_first[node + 1]; k++)
        if (net->incident[k] == edge)
            return true;
    return false;
}

/* Edges: geometry, ends, chains in order; a chain's times are the sums of its edges'. */
static size_t wrong_edges(const struct qz_network *net) {
    size_t wrong = 0;
    for (uint32_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[i];
        const struct qz_xy *p = &net->points[e->first_point];
        const struct qz_chain *c = &net->chains[e->chain];
        size_t n = e[1].first_point - e->first_point;
        bool first = i == c->first_edge, last = i + 1 == c[1].first_edge;
        wrong += n < 2 || qz_distance_m(p[0], net->node_at[e->from]) > 0.001 ||
                 qz_distance_m(p[n - 1], net->node_at[e->to]) > 0.001;
        wrong += i < c->first_edge || i >= c[1].first_edge;
        wrong += first ? e->from != c->from : e->from != e[-1].to || e->from < net->n_junctions;
        wrong += last ? e->to != c->to : net->bend_edge[e->to - net->n_junctions] != i;
        wrong += (e->ms_forward == QZ_CLOSED_WAY) != (c->ms_forward == QZ_CLOSED_WAY) ||
                 (e->ms_backward == QZ_CLOSED_WAY) != (c->ms_backward == QZ_CLOSED_WAY);
        if (c->ms_forward != QZ_CLOSED_WAY)
            wrong += e->before_forward_ms + e->ms_forward !=
                         (last ? c->ms_forward : e[1].before_forward_ms) ||
                     (first && e->before_forward_ms);
        if (c->ms_backward != QZ_CLOSED_WAY)
            wrong += e->before_backward_ms + e->ms_backward !=
                         (last ? c->ms_backward : e[1].before_backward_ms) ||
                     (first && e->before_backward_ms);
    }
    return wrong;
}

/* A node is a bend only where two edges meet and traffic passes alike: worked out again from all
 * edges. */
static size_t wrong_bends(const struct qz_network *net) {
    size_t wrong = 0;
    for (uint32_t v = (uint32_t)net->n_junctions; v < net->n_nodes; v++) {
        size_t ends = 0;
        for (uint32_t i = 0; i < net->n_edges; i++)
            ends += (size_t)(net->edges[i].from == v) + (net->edges[i].to == v);
        wrong += ends != 2;
    }
    return wrong;
}

static void check_arrays(const struct qz_network *net) {
    size_t n_arcs = 0, wrong = wrong_edges(net) + wrong_bends(net);
    uint32_t most_ms = 0;
    for (uint32_t i = 0; i < net->n_chains; i++) {
        const struct qz_chain *c = &net->chains[i];
        const uint32_t ways[2] = { c->ms_forward, c->ms_backward };
        /* by their first junction; rings that had none come last */
        wrong += i && c->from != c->to && c->from < c[-1].from;
        wrong += !touches(net, c->from, i) || !touches(net, c->to, i);
        for (size_t k = 0; k < 2; k++) {
            if (ways[k] == QZ_CLOSED_WAY)
                continue;
            most_ms = ways[k] > most_ms ? ways[k] : most_ms;
            if (c->from == c->to)
                continue;
            n_arcs++;
            wrong += !has_arc(net->in_first, net->in, k ? c->from : c->to, k ? c->to : c->from,
                              ways[k]);
        }
    }
    for (uint32_t v = 0; v < net->n_junctions; v++)
        for (uint32_t k = net->incident_first[v] + 1; k < net->incident_first[v + 1]; k++)
            wrong += net->incident[k] < net->incident[k - 1];
    CHECK(wrong == 0);
    CHECK(net->n_arcs == n_arcs && net->in_first[net->n_junctions] == n_arcs);
    CHECK(net->max_arc_ms == most_ms);
    CHECK(net->incident_first[net->n_junctions] == 2 * net->n_chains);
    CHECK(net->edges[net->n_edges].first_point == net->n_points);
}

/* ---- parts and islands, by what can be reached from what (Warshall) */
enum { MOST_NODES = 64 };
struct closure {
    bool reach[MOST_NODES][MOST_NODES], touch[MOST_NODES][MOST_NODES];
};

static void close_over(const struct qz_network *net, struct closure *c) {
    memset(c, 0, sizeof *c);
    size_t n = net->n_nodes;
    for (size_t v = 0; v < n; v++)
        c->reach[v][v] = c->touch[v][v] = true;
    for (size_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[i];
        c->reach[e->from][e->to] |= e->ms_forward != QZ_CLOSED_WAY;
        c->reach[e->to][e->from] |= e->ms_backward != QZ_CLOSED_WAY;
        c->touch[e->from][e->to] = c->touch[e->to][e->from] = true;
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                c->reach[i][j] |= c->reach[i][k] && c->reach[k][j];
                c->touch[i][j] |= c->touch[i][k] && c->touch[k][j];
            }
}

static bool together(const struct closure *c, size_t a, size_t b) {
    return c->reach[a][b] && c->reach[b][a];
}

static void check_parts(const struct qz_network *net, const struct closure *c) {
    uint32_t part[MOST_NODES];
    size_t n_parts = 0, heads = 0, wrong = 0;
    CHECK(qz_network_parts(ctx, net, part, &n_parts) == 0);
    for (size_t a = 0; a < net->n_nodes; a++) {
        bool first = true;
        for (size_t b = 0; b < net->n_nodes; b++) {
            wrong += (part[a] == part[b]) != together(c, a, b);
            first = first && (b >= a || !together(c, a, b));
        }
        heads += first;
        wrong += part[a] >= n_parts;
    }
    CHECK(wrong == 0 && heads == n_parts);
}

/* Road of the part that node v is in: of edges with both ends there. */
static double part_m(const struct qz_network *net, const struct closure *c, size_t v) {
    double m = 0;
    for (size_t i = 0; i < net->n_edges; i++)
        if (together(c, v, net->edges[i].from) && together(c, v, net->edges[i].to))
            m += net->edges[i].length_m;
    return m;
}

static void check_islands(const struct qz_network *net, const struct closure *c,
                          double island_min_m) {
    double of_part_m[MOST_NODES], best_m[MOST_NODES] = { 0 }, most_m = 0;
    for (size_t v = 0; v < net->n_nodes; v++) {
        of_part_m[v] = part_m(net, c, v);
        most_m = fmax(most_m, of_part_m[v]);
    }
    for (size_t v = 0; v < net->n_nodes; v++)
        for (size_t w = 0; w < net->n_nodes; w++)
            if (c->touch[v][w])
                best_m[v] = fmax(best_m[v], of_part_m[w]);
    size_t n_islands = 0, wrong = 0;
    for (size_t v = 0; v < net->n_nodes; v++) {
        bool first = true;
        for (size_t w = 0; w < v; w++)
            first = first && !c->touch[v][w];
        n_islands += first && (best_m[v] >= island_min_m || best_m[v] >= most_m);
    }
    for (size_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[i];
        bool want = e->kind == QZ_ROAD_PLAIN && together(c, e->from, e->to) &&
                    of_part_m[e->from] == best_m[e->from] &&
                    (best_m[e->from] >= island_min_m || best_m[e->from] >= most_m);
        wrong += e->snappable != want && best_m[e->from] > 0; /* of nothings, any may be main */
    }
    CHECK(wrong == 0);
    CHECK(net->n_islands == n_islands);
}

static void check_random(void) {
    static const double minima_m[] = { 0, 1000, 3000 };
    struct closure *c = malloc(sizeof *c);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct qz_dice d = qz_dice_of(seed, 4);
        struct lines l = { 0 };
        lines_random(&l, &d);
        double island_min_m = minima_m[seed % COUNT(minima_m)];
        struct qz_network *net = lines_network(ctx, &l, island_min_m);
        CHECK(net->n_nodes <= MOST_NODES);
        check_arrays(net);
        close_over(net, c);
        check_parts(net, c);
        check_islands(net, c, island_min_m);
        qz_network_freep(&net);
        lines_done(&l);
    }
    free(c);
}

/* By hand: a main road of 3 km, a crumb of 1 km, an island of 2.5 km behind a one-way trap. */
static void check_crumbs(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 3000, 0);
    lines_add_straight(&l, PLAIN, 1, 3000, 0, 4000, 0); /* leads out and never back */
    lines_add_straight(&l, PLAIN, 0, 0, 5000, 1000, 5000);
    lines_add_straight(&l, PLAIN, 0, 0, 9000, 2500, 9000);
    struct qz_network *net = lines_network(ctx, &l, 2000);
    CHECK(net->n_islands == 2);
    static const struct {
        struct qz_xy at;
        int code;
    } probes[] = { { { 1500, 10 }, 0 },
                   { { 3500, 10 }, QZ_SNAP_TOO_FAR }, /* 500 m from the main part */
                   { { 500, 5000 }, QZ_SNAP_TOO_FAR },
                   { { 2000, 9000 }, 0 } };
    struct qz_snap snap;
    for (size_t i = 0; i < COUNT(probes); i++)
        CHECK(qz_network_snap(ctx, net, probes[i].at, 100, &snap) == probes[i].code);
    qz_network_freep(&net);
    lines_done(&l);
}

/* ---- snapping, against every piece of every edge */
static bool slow_snap(const struct qz_network *net, struct qz_xy p, double limit_m,
                      struct qz_snap *ret) {
    *ret = (struct qz_snap) { UINT32_MAX, 0, INFINITY, { 0, 0 } };
    for (uint32_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[i];
        double before_m = 0, whole_m = 0;
        for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++)
            whole_m += qz_distance_m(net->points[k], net->points[k + 1]);
        for (uint32_t k = e->first_point; e->snappable && k + 1 < e[1].first_point; k++) {
            struct qz_xy a = net->points[k], b = net->points[k + 1];
            double dx = b.x_m - a.x_m, dy = b.y_m - a.y_m, square = dx * dx + dy * dy;
            double t = square > 0 ? ((p.x_m - a.x_m) * dx + (p.y_m - a.y_m) * dy) / square : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            struct qz_xy at = { a.x_m + t * dx, a.y_m + t * dy };
            double m = qz_distance_m(p, at), piece_m = qz_distance_m(a, b);
            if (m < ret->distance_m)
                *ret = (struct qz_snap) { i, whole_m > 0 ? (before_m + t * piece_m) / whole_m : 0,
                                          m, at };
            before_m += piece_m;
        }
    }
    return ret->distance_m <= limit_m;
}

static void check_snap(void) {
    static const double limits_m[] = { 5, 100, 5000 };
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct qz_dice d = qz_dice_of(seed, 5);
        struct lines l = { 0 };
        lines_random(&l, &d);
        struct qz_network *net = lines_network(ctx, &l, 0);
        int wrong = 0;
        for (int k = 0; k < 60; k++) {
            struct qz_xy p = { qz_dice_between(&d, -4000, 6000), qz_dice_between(&d, -500, 2500) };
            if (k % 6 == 0) /* exactly on a node: several edges at distance 0 */
                p = net->node_at[qz_dice_below(&d, (uint32_t)net->n_nodes)];
            double limit_m = limits_m[qz_dice_below(&d, 3)];
            struct qz_snap want, got = { 77, 77, 77, { 77, 77 } };
            bool near = slow_snap(net, p, limit_m, &want);
            int r = qz_network_snap(ctx, net, p, limit_m, &got);
            if (!near)
                wrong += r != QZ_SNAP_TOO_FAR || got.edge != 77;
            else
                wrong += r != 0 || got.edge != want.edge || got.distance_m != want.distance_m ||
                         fabs(got.fraction - want.fraction) > 1e-12 || got.at.x_m != want.at.x_m;
        }
        CHECK(wrong == 0);
        qz_network_freep(&net);
        lines_done(&l);
    }
}

static void check_snap_by_hand(void) {
    struct lines l = { 0 };
    const struct qz_xy bent[] = { { 0, 0 }, { 300, 0 }, { 300, 100 } };
    lines_add(&l, PLAIN, 0, bent, 3);
    lines_add_straight(&l, EXPRESS, 0, 0, 0, 0, 500); /* no access along a motorway */
    struct qz_network *net = lines_network(ctx, &l, 0);
    struct qz_snap s = { 9, 9, 9, { 9, 9 } };
    CHECK(qz_network_snap(ctx, net, (struct qz_xy) { 100, 30 }, 30, &s) ==
          0); /* the limit included */
    bool forward = net->node_at[net->edges[s.edge].from].x_m == 0;
    CHECK_NEAR(forward ? s.fraction : 1 - s.fraction, 0.25, 1e-12, "100 of 400 m");
    CHECK_NEAR(s.distance_m, 30, 0, "distance");
    CHECK(s.at.x_m == 100 && s.at.y_m == 0);
    s.edge = 9;
    CHECK(qz_network_snap(ctx, net, (struct qz_xy) { 100, 30 }, 29.999, &s) == QZ_SNAP_TOO_FAR);
    CHECK(qz_network_snap(ctx, net, (struct qz_xy) { 0, 400 }, 200, &s) == QZ_SNAP_TOO_FAR);
    CHECK(qz_network_snap(ctx, net, (struct qz_xy) { INFINITY, 0 }, 1e9, &s) == QZ_SNAP_TOO_FAR);
    CHECK(qz_network_snap(ctx, net, (struct qz_xy) { 0, NAN }, 1e9, &s) == QZ_SNAP_TOO_FAR);
    CHECK(qz_network_snap(ctx, net, (struct qz_xy) { 1e9, 1e9 }, 5000, &s) == QZ_SNAP_TOO_FAR);
    CHECK(s.edge == 9);
    qz_network_freep(&net);
    lines_done(&l);
}

/* ---- speed tables */
static void check_builtins(void) {
    static const struct {
        const char *table, *class_name;
        double kmh;
        int kind; /* -1: unknown */
    } facts[] = {
        { "osm-car", "primary", 65, QZ_ROAD_PLAIN },
        { "osm-car", "PRIMARY", 65, QZ_ROAD_PLAIN },
        { "osm-car", "motorway", 90, QZ_ROAD_EXPRESS },
        { "osm-car", "ferry", 13, QZ_ROAD_FERRY },
        { "osm-car", "footway", 0, QZ_ROAD_CLOSED },
        { "osm-car", "maxspeed", 0, -1 }, /* the factor is no class */
        { "osm-car", "Route à 1 chaussée|3", 0, -1 },
        { "osm-car", "", 0, -1 },
        { "bdtopo-car", "Route à 1 chaussée|3", 65, QZ_ROAD_PLAIN },
        { "bdtopo-car", "Route à 1 chaussée|5", 30, QZ_ROAD_PLAIN },
        { "bdtopo-car", "Route à 1 chaussée|9", 50, QZ_ROAD_PLAIN }, /* any other importance */
        { "bdtopo-car", "Route à 1 chaussée", 50, QZ_ROAD_PLAIN },
        { "bdtopo-car", "Type autoroutier|1", 120, QZ_ROAD_EXPRESS },
        { "bdtopo-car", "Sentier|6", 0, QZ_ROAD_CLOSED },
        { "bdtopo-car", "primary", 0, -1 },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct qz_speeds *s = NULL;
        struct qz_speed got = { 0 };
        CHECK(qz_speeds_parse(ctx, "t", qz_speeds_builtin(facts[i].table), &s) == 0);
        bool known = qz_speeds_find(s, facts[i].class_name, &got);
        CHECK_NEAR(known, facts[i].kind >= 0, 0, facts[i].class_name);
        CHECK_NEAR(got.kmh[0], facts[i].kmh, 0, facts[i].class_name);
        CHECK(!known || got.kind == (enum qz_road_kind)facts[i].kind);
        CHECK_NEAR(qz_speeds_limit_factor(s), strcmp(facts[i].table, "osm-car") ? 1 : 0.8, 0,
                   "share of the limit that is driven");
        qz_speeds_freep(&s);
    }
    CHECK(qz_speeds_builtin("metric-hovercraft") == NULL);
    CHECK(qz_speeds_builtin("../professions") == NULL);
}

static void check_tables(void) {
    static const struct {
        const char *text;
        int code;
        const char *says;
    } cases[] = {
        { "nature,importance,kmh,kind\nroad,*,50,plain\n", 0, "" },
        { "# why\n\nnature,importance,kmh,kind\r\n# who\nroad , * , 50 , plain\r\n", 0, "" },
        { "h\nroad,*,50,plain", 0, "" },
        { "", QZ_E_FORMAT, "no speed" },
        { "h\n", QZ_E_FORMAT, "no speed" },
        { "h\nx,*,0.8,limit\n", QZ_E_FORMAT, "no speed" },
        { "h\nroad,*,fast,plain\n", QZ_E_FORMAT, "line 2" },
        { "# a\nh\nroad,*,50,plain\nroad,*,50\n", QZ_E_FORMAT, "line 4" },
        { "h\nroad,*,50,plane\n", QZ_E_FORMAT, "line 2" },
        { "h\nroad,*,0,plain\n", QZ_E_FORMAT, "line 2" },
        { "h\nroad,*,-5,plain\n", QZ_E_FORMAT, "line 2" },
        { "h\nroad,*,201,plain\n", QZ_E_FORMAT, "line 2" },
        { "h\nx,*,1.2,limit\nroad,*,50,plain\n", QZ_E_FORMAT, "line 2" },
        { "h\nx,*,0,limit\nroad,*,50,plain\n", QZ_E_FORMAT, "line 2" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_speeds *s = NULL;
        struct qz_speed got;
        CHECK_NEAR(qz_speeds_parse(ctx, "mine.csv", cases[i].text, &s), cases[i].code, 0,
                   cases[i].text);
        CHECK((s == NULL) == (cases[i].code != 0));
        if (s)
            CHECK(qz_speeds_find(s, "road", &got) && got.kmh[0] == 50);
        else
            CHECK(strstr(qz_ctx_error(ctx), cases[i].says) &&
                  strstr(qz_ctx_error(ctx), "mine.csv"));
        qz_speeds_freep(&s);
    }
}

static void check_guess(void) {
    static const char *ign[] = { "Route à 1 chaussée|3", "Sentier|6" };
    static const char *osm[] = { "residential", "Sentier|6", "track" };
    const struct qz_roads from_ign = { .class_name = ign, .n_classes = COUNT(ign) };
    const struct qz_roads from_osm = { .class_name = osm, .n_classes = COUNT(osm) };
    CHECK(strcmp(qz_speeds_guess(&from_ign), "bdtopo-car") == 0);
    CHECK(strcmp(qz_speeds_guess(&from_osm), "osm-car") == 0);
}

/* ---- the densest crossing. A street with side streets at 100, 400 and 800 m: within 500 m the
 * middle one sees three, the others two. */
static void check_crossings(void) {
    struct lines l = { 0 };
    const struct qz_xy street[] = { { 0, 0 }, { 0, 100 }, { 0, 400 }, { 0, 800 }, { 0, 2500 } };
    lines_add(&l, PLAIN, 0, street, 5);
    for (int k = 1; k <= 3; k++)
        lines_add_straight(&l, PLAIN, 0, 0, street[k].y_m, 50, street[k].y_m);
    struct qz_network *net = lines_network(ctx, &l, 0);
    struct qz_shapes s = { 0 };
    const double floors[] = { -10, 1000, 2000 };
    for (int i = 0; i < 3; i++) { /* three communes, the upper two without a crossing */
        double low = floors[i], high = i < 2 ? floors[i + 1] : 3000;
        const struct qz_xy p[] = {
            { -99, low }, { 99, low }, { 99, high }, { -99, high }, { -99, low }
        };
        for (size_t k = 0; k < COUNT(p); k++)
            qz_shapes_add_point(ctx, &s, p[k]);
        qz_shapes_end_ring(ctx, &s);
        qz_shapes_end_poly(ctx, &s);
        qz_shapes_end_shape(ctx, &s);
    }
    struct qz_locator *locator = NULL;
    CHECK(qz_locator_new(ctx, &s, &locator) == 0);
    uint8_t wanted[] = { 1, 1, 0 }, found[] = { 9, 9, 9 };
    struct qz_xy at[3] = { 0 };
    CHECK(qz_network_crossings(ctx, net, locator, 3, wanted, at, found) == 0);
    CHECK(found[0] == 1 && found[1] == 0 && found[2] == 0);
    CHECK(at[0].x_m == 0 && at[0].y_m == 400);
    wanted[0] = 0;
    CHECK(qz_network_crossings(ctx, net, locator, 3, wanted, at, found) == 0 && found[0] == 0);
    qz_locator_freep(&locator);
    qz_shapes_done(&s);
    qz_network_freep(&net);
    lines_done(&l);
}

static void check_memory(void) {
    struct qz_dice d = qz_dice_of(1, 6);
    struct lines l = { 0 };
    struct qz_speeds *speeds = NULL;
    lines_random(&l, &d);
    CHECK(qz_speeds_parse(ctx, "t", qz_speeds_builtin("osm-car"), &speeds) == 0);
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_network *net = NULL;
        qz_memory_fail_after(k);
        int r = qz_network_new(ctx, &qz_network_params_default, &l.roads, speeds, NULL, &net);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM) && (net != NULL) == whole);
        qz_network_free(net);
    }
    CHECK(whole);
    qz_speeds_freep(&speeds);
    lines_done(&l);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_joins();
    check_bridge();
    check_times();
    check_stated_length();
    check_loops();
    check_left_out();
    check_random();
    check_crumbs();
    check_snap();
    check_snap_by_hand();
    check_builtins();
    check_tables();
    check_guess();
    check_crossings();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
