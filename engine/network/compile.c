/* engine/network/compile.c - road lines into a graph: joins, edges, times, arcs. */
#include <math.h>
#include <string.h>
#include "base/idset.h"
#include "network/network.h"

const struct qz_network_params qz_network_params_default = { .island_min_m = 2000 };

/* ---- vertices: an open table of millimetre positions */
struct vertex_table {
    size_t mask, n;
    uint32_t *slots; /* vertex + 1, 0: free */
    int64_t *x_mm, *y_mm;
    int8_t *level;  /* above or below ground, ANY_LEVEL: all that touch it join */
    uint32_t *uses; /* by lines, an end counting twice: 2 and more make a node */
};
enum { ANY_LEVEL = INT8_MIN };

static void vertex_table_done(struct vertex_table *t) {
    free(t->slots);
    free(t->x_mm);
    free(t->y_mm);
    free(t->uses);
    free(t->level);
}

static int vertex_table_init(struct qz_ctx *ctx, size_t n_points, struct vertex_table *t) {
    size_t size = 16;
    while (size < n_points * 2)
        size *= 2;
    *t = (struct vertex_table) { .mask = size - 1 };
    t->slots = qz_calloc(size, sizeof *t->slots);
    t->x_mm = qz_malloc(n_points, sizeof *t->x_mm);
    t->y_mm = qz_malloc(n_points, sizeof *t->y_mm);
    t->level = qz_malloc(n_points, sizeof *t->level);
    return t->slots && t->x_mm && t->y_mm && t->level ? 0 : qz_fail_nomem(ctx);
}

static size_t mix(int64_t x, int64_t y) {
    uint64_t h = (uint64_t)x * 0x9e3779b97f4a7c15u ^ (uint64_t)y * 0xc2b2ae3d27d4eb4fu;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return (size_t)(h ^ h >> 32);
}

static uint32_t find_vertex(struct vertex_table *t, struct qz_xy p, int8_t level) {
    int64_t x = llround(p.x_m * 1000), y = llround(p.y_m * 1000);
    size_t i = mix(x, y) & t->mask;
    for (; t->slots[i]; i = (i + 1) & t->mask) {
        uint32_t v = t->slots[i] - 1;
        if (t->x_mm[v] == x && t->y_mm[v] == y &&
            (t->level[v] == ANY_LEVEL || t->level[v] == level))
            return v;
    }
    t->x_mm[t->n] = x;
    t->y_mm[t->n] = y;
    t->level[t->n] = level;
    t->slots[i] = (uint32_t)++t->n;
    return (uint32_t)t->n - 1;
}

/* ---- which roads cars may use, and how fast */
struct drive {
    float kmh; /* 0: left out */
    uint8_t kind;
};

static int report_left_out(struct qz_ctx *ctx, const struct qz_roads *roads, const size_t *unknown,
                           size_t n_closed, struct qz_issues *issues) {
    int r = 0;
    for (size_t c = 0; issues && c < roads->n_classes && r == 0; c++)
        if (unknown[c])
            r = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, "network", 0, NULL, "unknown_class",
                             "%zu roads of class '%s' are left out: the speed table does not know "
                             "it; add a line",
                             unknown[c], roads->class_name[c]);
    if (r == 0 && issues && n_closed)
        r = qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, "network", 0, NULL, "closed_roads",
                         "%zu roads are closed to cars (class, access, state): left out", n_closed);
    return r;
}

static double line_length_m(const struct qz_xy *points, size_t n) {
    double length_m = 0;
    for (size_t k = 1; k < n; k++)
        length_m += qz_distance_m(points[k - 1], points[k]);
    return length_m;
}

/* Straight line between the ends by the road's length; 0 for a loop. */
static double crow_ratio(const struct qz_roads *roads, size_t i) {
    const struct qz_xy *points = roads->points + roads->items[i].first_point;
    size_t n = roads->items[i + 1].first_point - roads->items[i].first_point;
    double crow_m = qz_distance_m(points[0], points[n - 1]);
    double length_m = roads->items[i].length_m > 0 ? roads->items[i].length_m
                                                   : line_length_m(points, n);
    return crow_m < length_m ? crow_m / length_m : 1;
}

static double class_kmh(const struct qz_roads *roads, size_t i, const struct qz_speeds *speeds,
                        const struct qz_speed *s, const struct qz_network_params *params) {
    struct qz_road_place place = {
        .people_per_km2 = params->people_per_km2 ? (double)params->people_per_km2[i] : 0,
        .slope_ratio = params->slope_ratio ? (double)params->slope_ratio[i] : 0,
        .crow_ratio = s->relief ? crow_ratio(roads, i) : 1,
        .peak = params->peak,
    };
    return qz_speeds_kmh(speeds, s, &place);
}

static int choose_speeds(struct qz_ctx *ctx, const struct qz_network_params *params,
                         const struct qz_roads *roads, const struct qz_speeds *speeds,
                         struct qz_issues *issues, struct drive *drive) {
    qz_cleanup(qz_freep) struct qz_speed *by_class = qz_calloc(roads->n_classes, sizeof *by_class);
    qz_cleanup(qz_freep) bool *known = qz_calloc(roads->n_classes, sizeof *known);
    qz_cleanup(qz_freep) size_t *unknown = qz_calloc(roads->n_classes, sizeof *unknown);
    if (!by_class || !known || !unknown)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < roads->n_classes; c++)
        known[c] = qz_speeds_find(speeds, roads->class_name[c], &by_class[c]);
    size_t n_closed = 0;
    double factor = qz_speeds_limit_factor(speeds);
    for (size_t i = 0; i < roads->n; i++) {
        const struct qz_road *road = &roads->items[i];
        const struct qz_speed *s = &by_class[road->class_id];
        bool closed = known[road->class_id] && (s->kind == QZ_ROAD_CLOSED || road->closed);
        unknown[road->class_id] += !known[road->class_id];
        n_closed += closed;
        drive[i] = (struct drive) { 0, (uint8_t)s->kind };
        if (known[road->class_id] && !closed)
            drive[i].kmh = road->kmh <= 0 || factor <= 0
                               ? (float)class_kmh(roads, i, speeds, s, params)
                           : s->kind == QZ_ROAD_FERRY || road->driven
                               ? road->kmh /* from its timetable, or no limit but a speed */
                               : (float)(road->kmh * factor);
    }
    return report_left_out(ctx, roads, unknown, n_closed, issues);
}

/* ---- edges */
struct compile {
    const struct qz_roads *roads;
    struct drive *drive;
    uint32_t *vertex; /* of each point; meaningless where the road is left out */
    uint32_t *node;   /* of each vertex, UINT32_MAX: only a bend */
    struct vertex_table table;
    struct qz_network *net;
    size_t cap_edges;
    bool symmetric;       /* one-ways are open both ways */
    uint32_t *first_edge; /* of each road, n + 1 */
};

/* Touching is having the same node number: vertices are numbered by rising node. */
static int find_by_node(struct qz_ctx *ctx, struct compile *c) {
    const struct qz_roads *roads = c->roads;
    qz_cleanup(qz_id_set_freep) struct qz_id_set *nodes = NULL;
    struct qz_id_cursor cursor = { 0 };
    int r = qz_id_set_new(ctx, &nodes);
    if (r < 0)
        return r;
    for (size_t i = 0; i < roads->n; i++)
        for (uint32_t k = roads->items[i].first_point;
             c->drive[i].kmh > 0 && k < roads->items[i + 1].first_point; k++)
            if (!qz_id_set_add(nodes, &cursor, roads->node_id[k]))
                return qz_fail_nomem(ctx);
    r = qz_id_set_seal(ctx, nodes);
    if (r < 0)
        return r;
    for (size_t i = 0; i < roads->n; i++)
        for (uint32_t k = roads->items[i].first_point;
             c->drive[i].kmh > 0 && k < roads->items[i + 1].first_point; k++)
            c->vertex[k] = qz_id_set_rank(nodes, &cursor, roads->node_id[k]);
    c->table.n = qz_id_set_size(nodes);
    return 0;
}

static bool any_level(const struct qz_roads *roads) {
    for (size_t i = 0; i < roads->n; i++)
        if (roads->items[i].level)
            return true;
    return false;
}

/* Touching is being at the same millimetre: vertices are numbered as they come. A bridge and the
 * road below may both have a point where they cross: inside two lines, points join on one level
 * only. An end joins all that touches it, so the ends come first. */
static int find_by_place(struct qz_ctx *ctx, struct compile *c) {
    const struct qz_roads *roads = c->roads;
    const struct qz_road *items = roads->items;
    int r = vertex_table_init(ctx, roads->n_points, &c->table);
    bool levels = any_level(roads);
    for (size_t i = 0; i < roads->n && r == 0 && levels; i++)
        if (c->drive[i].kmh > 0) {
            uint32_t first = items[i].first_point, last = items[i + 1].first_point - 1;
            c->vertex[first] = find_vertex(&c->table, roads->points[first], ANY_LEVEL);
            c->vertex[last] = find_vertex(&c->table, roads->points[last], ANY_LEVEL);
        }
    for (size_t i = 0; i < roads->n && r == 0; i++)
        for (uint32_t k = items[i].first_point + levels;
             c->drive[i].kmh > 0 && k + levels < items[i + 1].first_point; k++)
            c->vertex[k] = find_vertex(&c->table, roads->points[k],
                                       levels ? items[i].level : ANY_LEVEL);
    return r;
}

static int find_vertices(struct qz_ctx *ctx, struct compile *c) {
    const struct qz_roads *roads = c->roads;
    c->vertex = qz_malloc(roads->n_points, sizeof *c->vertex);
    if (!c->vertex)
        return qz_fail_nomem(ctx);
    int r = roads->node_id ? find_by_node(ctx, c) : find_by_place(ctx, c);
    if (r < 0)
        return r;
    c->table.uses = qz_calloc(c->table.n, sizeof *c->table.uses);
    if (!c->table.uses)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < roads->n; i++) {
        uint32_t from = roads->items[i].first_point, to = roads->items[i + 1].first_point;
        for (uint32_t k = from; c->drive[i].kmh > 0 && k < to; k++)
            c->table.uses[c->vertex[k]] += k == from || k == to - 1 ? 2 : 1;
    }
    return 0;
}

static int number_nodes(struct qz_ctx *ctx, struct compile *c) {
    struct qz_network *net = c->net;
    c->node = qz_malloc(c->table.n, sizeof *c->node);
    if (!c->node)
        return qz_fail_nomem(ctx);
    for (size_t v = 0; v < c->table.n; v++)
        c->node[v] = c->table.uses[v] >= 2 ? (uint32_t)net->n_nodes++ : UINT32_MAX;
    net->node_at = qz_malloc(net->n_nodes, sizeof *net->node_at);
    if (!net->node_at)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < c->roads->n; i++)
        for (uint32_t k = c->roads->items[i].first_point;
             c->drive[i].kmh > 0 && k < c->roads->items[i + 1].first_point; k++)
            if (c->node[c->vertex[k]] != UINT32_MAX)
                net->node_at[c->node[c->vertex[k]]] = c->roads->points[k];
    return 0;
}

static uint32_t edge_ms(double length_m, double kmh) {
    double ms = round(length_m * 3600 / kmh);
    return ms < UINT32_MAX / 4 ? (uint32_t)ms : UINT32_MAX / 4;
}

static int add_edge(struct qz_ctx *ctx, struct compile *c, size_t road, uint32_t from, uint32_t to,
                    double length_m) {
    struct qz_network *net = c->net;
    const struct qz_road *r = &c->roads->items[road];
    struct qz_edge *grown = qz_grow(net->edges, &c->cap_edges, net->n_edges + 2, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    net->edges = grown;
    uint32_t ms = edge_ms(length_m, c->drive[road].kmh);
    int direction = c->symmetric ? 0 : r->direction;
    struct qz_edge *e = &net->edges[net->n_edges++];
    *e = (struct qz_edge) {
        .from = c->node[c->vertex[from]],
        .to = c->node[c->vertex[to]],
        .ms_forward = direction >= 0 ? ms : QZ_CLOSED_WAY,
        .ms_backward = direction <= 0 ? ms : QZ_CLOSED_WAY,
        .first_point = (uint32_t)net->n_points,
        .length_m = (float)length_m,
        .kind = c->drive[road].kind,
    };
    memcpy(net->points + net->n_points, c->roads->points + from,
           (to - from + 1) * sizeof *net->points);
    net->n_points += to - from + 1;
    net->edges[net->n_edges].first_point = (uint32_t)net->n_points;
    net->n_loops += e->from == e->to;
    net->length_m += length_m;
    return 0;
}

/* Cuts a road at its nodes; a stated length is shared by the pieces' own lengths. */
static int cut_road(struct qz_ctx *ctx, struct compile *c, size_t road) {
    const struct qz_road *items = c->roads->items;
    const struct qz_xy *points = c->roads->points;
    uint32_t from = items[road].first_point, end = items[road + 1].first_point;
    double drawn_m = line_length_m(points + from, end - from);
    double stated_m = items[road].length_m > 0 ? items[road].length_m : drawn_m;
    int r = 0;
    for (uint32_t k = from + 1; k < end && r == 0; k++) {
        if (c->node[c->vertex[k]] == UINT32_MAX)
            continue;
        double piece_m = line_length_m(points + from, k - from + 1);
        r = add_edge(ctx, c, road, from, k,
                     drawn_m > 0 ? stated_m * (piece_m / drawn_m) : stated_m);
        from = k;
    }
    return r;
}

static int make_edges(struct qz_ctx *ctx, struct compile *c) {
    size_t n_points = 0; /* a cut repeats one point: at most one more for each point inside */
    for (size_t i = 0; i < c->roads->n; i++)
        if (c->drive[i].kmh > 0)
            n_points += 2 * (c->roads->items[i + 1].first_point - c->roads->items[i].first_point);
    if (n_points == 0)
        return qz_fail(ctx, QZ_E_DATA,
                       "no drivable road: check the class column and the speed table");
    c->net->points = qz_malloc(n_points, sizeof *c->net->points);
    if (!c->net->points)
        return qz_fail_nomem(ctx);
    int r = 0;
    for (size_t i = 0; i < c->roads->n && r == 0; i++) {
        c->first_edge[i] = (uint32_t)c->net->n_edges;
        if (c->drive[i].kmh > 0)
            r = cut_road(ctx, c, i);
    }
    c->first_edge[c->roads->n] = (uint32_t)c->net->n_edges;
    if (r < 0)
        return r;
    struct qz_xy *kept = realloc(c->net->points, c->net->n_points * sizeof *kept);
    if (kept)
        c->net->points = kept;
    return 0;
}

static int make_incidence(struct qz_ctx *ctx, struct qz_network *net) {
    size_t n = net->n_junctions;
    net->incident_first = qz_calloc(n + 2, sizeof *net->incident_first);
    net->n_incident = 2 * net->n_chains;
    net->incident = qz_malloc(net->n_incident, sizeof *net->incident);
    if (!net->incident_first || !net->incident)
        return qz_fail_nomem(ctx);
    uint32_t *first = net->incident_first + 1;
    for (size_t i = 0; i < net->n_chains; i++) {
        first[net->chains[i].from + 1]++;
        first[net->chains[i].to + 1]++;
    }
    for (size_t v = 0; v < n; v++)
        first[v + 1] += first[v];
    for (uint32_t i = 0; i < net->n_chains; i++) {
        net->incident[first[net->chains[i].from]++] = i;
        net->incident[first[net->chains[i].to]++] = i;
    }
    return 0;
}

/* Bends out, arcs in. */
static int join(struct qz_ctx *ctx, const struct qz_network_params *params, struct qz_network *net,
                const uint8_t *kept, uint32_t **moved) {
    net->about = (struct qz_network_about) { "", "", "", "" };
    int r = qz_network_contract(ctx, net, kept, moved);
    if (r == 0)
        r = qz_network_make_arcs(ctx, net);
    if (r == 0)
        r = make_incidence(ctx, net);
    return r < 0 ? r : qz_network_mark_islands(ctx, params, net);
}

int qz_network_finish(struct qz_ctx *ctx, const struct qz_network_params *params,
                      struct qz_network *net) {
    qz_cleanup(qz_freep) uint8_t *kept = qz_calloc(net->n_nodes, 1);
    qz_cleanup(qz_freep) uint32_t *moved = NULL;
    int r = kept ? join(ctx, params, net, kept, &moved) : qz_fail_nomem(ctx);
    return r < 0 ? r : qz_network_make_grid(ctx, net);
}

/* Forbidden turns last; islands do not depend on them. */
static int connect(struct qz_ctx *ctx, struct compile *c, const struct qz_network_params *params,
                   struct qz_issues *issues) {
    qz_cleanup(qz_freep) uint8_t *kept = qz_calloc(c->net->n_nodes, 1);
    qz_cleanup(qz_freep) uint32_t *moved = NULL;
    qz_cleanup(qz_freep) struct qz_edge_turn *turns = qz_malloc(c->roads->n_restrictions,
                                                                sizeof *turns);
    struct qz_cut_roads cut = { c->vertex, c->node, c->first_edge };
    size_t n_turns = 0;
    if (!kept || !turns)
        return qz_fail_nomem(ctx);
    int r = qz_network_find_turns(ctx, c->net, c->roads, &cut, issues, kept, turns, &n_turns);
    if (r == 0)
        r = join(ctx, params, c->net, kept, &moved);
    if (r == 0)
        r = qz_network_forbid_turns(ctx, c->net, moved, turns, n_turns);
    return r < 0 ? r : qz_network_make_grid(ctx, c->net);
}

/* Roads that lead to where nothing leads on, or come from where nothing leads to. */
static int report_traps(struct qz_ctx *ctx, const struct qz_network *net,
                        struct qz_issues *issues) {
    size_t n = 0;
    double length_m = 0;
    for (size_t i = 0; i < net->n_edges; i++)
        if (net->edges[i].kind == QZ_ROAD_PLAIN && !net->edges[i].snappable) {
            n++;
            length_m += (double)net->edges[i].length_m;
        }
    return !issues || n == 0
               ? 0
               : qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, "network", 0, NULL, "off_main_part",
                              "%zu stretches of road (%.1f km) cannot be both reached and left "
                              "(one-ways into dead ends, crumbs of data): no place attaches to "
                              "them",
                              n, length_m / 1000);
}

static int compile(struct qz_ctx *ctx, struct compile *c, const struct qz_network_params *params,
                   const struct qz_speeds *speeds, struct qz_issues *issues) {
    int r = choose_speeds(ctx, params, c->roads, speeds, issues, c->drive);
    if (r == 0)
        r = find_vertices(ctx, c);
    if (r == 0)
        r = number_nodes(ctx, c);
    if (r == 0)
        r = make_edges(ctx, c);
    if (r == 0 && !c->roads->n_restrictions) /* restrictions know edges by their number */
        r = qz_network_pair_ways(ctx, c->net);
    if (r == 0)
        r = connect(ctx, c, params, issues);
    return r < 0 ? r : report_traps(ctx, c->net, issues);
}

int qz_network_new(struct qz_ctx *ctx, const struct qz_network_params *params,
                   const struct qz_roads *roads, const struct qz_speeds *speeds,
                   struct qz_issues *issues, struct qz_network **ret) {
    struct compile c = { .roads = roads, .symmetric = qz_speeds_is_symmetric(speeds) };
    c.drive = qz_calloc(roads->n, sizeof *c.drive);
    c.net = qz_calloc(1, sizeof *c.net);
    c.first_edge = qz_calloc(roads->n + 1, sizeof *c.first_edge);
    int r = c.drive && c.net && c.first_edge ? compile(ctx, &c, params, speeds, issues)
                                             : qz_fail_nomem(ctx);
    free(c.drive);
    free(c.vertex);
    free(c.node);
    free(c.first_edge);
    vertex_table_done(&c.table);
    if (r < 0)
        qz_network_free(c.net);
    else
        *ret = c.net;
    return r;
}
