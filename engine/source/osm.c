/* engine/source/osm.c - an OpenStreetMap file into roads: ways first, then the nodes they use, then
 * lines and turns. */
#include <math.h>
#include <string.h>
#include "source/osm_tags.h"
#include "source/road_class.h"
#include "source/words.h"

static const uint32_t no_node = UINT32_MAX;

/* A way that is kept; its refs are [first_ref, first_ref of the next). */
struct way {
    int64_t id;
    size_t first_ref;
    struct qz_road road;
    double duration_s;
};
struct turn {
    int64_t from_way, to_way, via_node;
    bool only;
};
enum node_state { NODE_MISSING, NODE_PLAIN, NODE_BLOCKED };

struct build {
    struct qz_roads *roads;
    struct qz_road_classes classes;
    struct qz_id_set *used;
    struct qz_id_cursor cursor;
    struct way *ways; /* n_ways + 1 */
    int64_t *refs;
    uint32_t *ranks; /* of the refs in used */
    struct turn *turns;
    size_t n_ways, n_refs, n_turns, cap_ways, cap_refs, cap_turns, cap_restrictions;
    struct qz_xy *at;     /* of each used node: degrees, then the working system */
    uint8_t *state;       /* of each used node */
    uint32_t *first_road; /* of each way, n_ways + 1 */
    int64_t fresh_id;     /* below all that were given */
    size_t n_short, n_gaps, n_blocked;
    size_t bad_speeds, unknown_ways, bad_durations, via_ways, lost_turns;
};

static void build_done(struct build *b) {
    qz_roads_free(b->roads);
    qz_road_classes_done(&b->classes);
    qz_id_set_free(b->used);
    free(b->ways);
    free(b->refs);
    free(b->ranks);
    free(b->turns);
    free(b->at);
    free(b->state);
    free(b->first_road);
    *b = (struct build) { 0 };
}

static int build_init(struct qz_ctx *ctx, struct build *b) {
    *b = (struct build) { .roads = qz_calloc(1, sizeof *b->roads) };
    if (!b->roads)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &b->roads->texts);
    return r < 0 ? r : qz_id_set_new(ctx, &b->used);
}

/* ---- first reading: ways and restrictions */
static int add_refs(struct qz_ctx *ctx, struct build *b, const int64_t *refs, size_t n) {
    int64_t *grown = qz_grow(b->refs, &b->cap_refs, b->n_refs + n, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    b->refs = grown;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && refs[i] == refs[i - 1])
            continue;
        grown[b->n_refs++] = refs[i];
        if (!qz_id_set_add(b->used, &b->cursor, refs[i]))
            return qz_fail_nomem(ctx);
    }
    return 0;
}

static int add_way(struct qz_ctx *ctx, struct build *b, const struct qz_osm_batch *batch,
                   const struct qz_osm_way *w) {
    struct qz_osm_tags tags;
    struct qz_osm_road road;
    qz_osm_tags_set(&tags, batch->tags + w->first_tag, w->n_tags);
    qz_osm_tags_road(&tags, &road);
    if (!road.class)
        return 0;
    struct way *ways = qz_grow(b->ways, &b->cap_ways, b->n_ways + 2, sizeof *ways);
    if (!ways)
        return qz_fail_nomem(ctx);
    b->ways = ways;
    struct way *way = &ways[b->n_ways];
    *way = (struct way) {
        .id = w->id,
        .first_ref = b->n_refs,
        .road = { .kmh = road.kmh, .direction = road.direction, .closed = road.closed },
        .duration_s = road.duration_s,
    };
    int r = qz_road_class(ctx, &b->classes, b->roads, road.class, strlen(road.class),
                          &way->road.class_id);
    if (r == 0)
        r = add_refs(ctx, b, batch->refs + w->first_ref, w->n_refs);
    if (r < 0)
        return r;
    b->bad_speeds += road.bad_speed;
    b->unknown_ways += road.unknown_way;
    b->bad_durations += road.bad_duration;
    ways[++b->n_ways].first_ref = b->n_refs;
    return 0;
}

static bool plays(const struct qz_osm_member *m, const char *role, enum qz_osm_kind kind) {
    return m->kind == kind && strcmp(m->role, role) == 0;
}

static int add_turn(struct qz_ctx *ctx, struct build *b, const struct turn *t) {
    struct turn *turns = qz_grow(b->turns, &b->cap_turns, b->n_turns + 1, sizeof *turns);
    if (!turns)
        return qz_fail_nomem(ctx);
    b->turns = turns;
    turns[b->n_turns++] = *t;
    return 0;
}

/* Every from with every to: no_entry has several of the first, no_exit of the second. */
static int add_restriction(struct qz_ctx *ctx, struct build *b, const struct qz_osm_batch *batch,
                           const struct qz_osm_relation *relation) {
    const struct qz_osm_member *m = batch->members + relation->first_member;
    struct qz_osm_tags tags;
    size_t n_via = 0, n_via_ways = 0, before = b->n_turns;
    struct turn t = { 0 };
    qz_osm_tags_set(&tags, batch->tags + relation->first_tag, relation->n_tags);
    enum qz_osm_turn turn = qz_osm_tags_turn(&tags);
    if (turn == OSM_TURN_NONE)
        return 0;
    t.only = turn == OSM_TURN_ONLY;
    for (size_t i = 0; i < relation->n_members; i++) {
        n_via_ways += plays(&m[i], "via", QZ_OSM_WAY);
        if (plays(&m[i], "via", QZ_OSM_NODE)) {
            t.via_node = m[i].id;
            n_via++;
        }
    }
    b->via_ways += n_via_ways > 0;
    int r = 0;
    for (size_t i = 0; n_via_ways == 0 && n_via == 1 && i < relation->n_members; i++)
        for (size_t k = 0; plays(&m[i], "from", QZ_OSM_WAY) && k < relation->n_members; k++) {
            if (!plays(&m[k], "to", QZ_OSM_WAY))
                continue;
            t.from_way = m[i].id;
            t.to_way = m[k].id;
            if ((r = add_turn(ctx, b, &t)) < 0)
                return r;
        }
    b->lost_turns += n_via_ways == 0 && b->n_turns == before;
    return 0;
}

static int take_ways(struct qz_ctx *ctx, const struct qz_osm_batch *batch, void *user) {
    struct build *b = user;
    int r = 0;
    for (size_t i = 0; i < batch->n_ways && r == 0; i++)
        r = add_way(ctx, b, batch, &batch->ways[i]);
    for (size_t i = 0; i < batch->n_relations && r == 0; i++)
        r = add_restriction(ctx, b, batch, &batch->relations[i]);
    return r;
}

/* ---- second reading: the places of the nodes in use */
static int take_nodes(struct qz_ctx *ctx, const struct qz_osm_batch *batch, void *user) {
    struct build *b = user;
    (void)ctx;
    for (size_t i = 0; i < batch->n_nodes; i++) {
        const struct qz_osm_node *n = &batch->nodes[i];
        struct qz_osm_tags tags;
        bool blocked = false;
        if (n->n_tags) {
            qz_osm_tags_set(&tags, batch->tags + n->first_tag, n->n_tags);
            blocked = qz_osm_tags_blocks(&tags);
        }
        b->at[n->rank] = (struct qz_xy) { n->lon_deg, n->lat_deg };
        b->state[n->rank] = blocked ? NODE_BLOCKED : NODE_PLAIN;
    }
    return 0;
}

static int read_ways(struct qz_ctx *ctx, struct qz_osm *osm, struct build *b) {
    const struct qz_osm_want want = {
        .keys = qz_osm_tag_keys,
        .n_keys = OSM_N_KEYS,
        .way_any = 1u << OSM_HIGHWAY | 1u << OSM_ROUTE,
        .relation_any = 1u << OSM_RESTRICTION | 1u << OSM_RESTRICTION_MOTORCAR,
    };
    return qz_osm_read(ctx, osm, &want, take_ways, b);
}

static int read_nodes(struct qz_ctx *ctx, struct qz_osm *osm, struct build *b) {
    int r = qz_id_set_seal(ctx, b->used);
    if (r < 0)
        return r;
    const struct qz_osm_want want = {
        .keys = qz_osm_tag_keys,
        .n_keys = OSM_N_KEYS,
        .nodes = b->used,
    };
    size_t n = qz_id_set_size(b->used);
    b->at = qz_calloc(n, sizeof *b->at);
    b->state = qz_calloc(n, 1);
    if (!b->at || !b->state)
        return qz_fail_nomem(ctx);
    return qz_osm_read(ctx, osm, &want, take_nodes, b);
}

/* Once more from the start when the file turns out not to be sorted. */
static int read_file(struct qz_ctx *ctx, struct qz_osm *osm, struct build *b) {
    int r = QZ_OSM_MIXED;
    for (int turn = 0; turn < 2 && r == QZ_OSM_MIXED; turn++) {
        build_done(b);
        r = build_init(ctx, b);
        if (r == 0)
            r = read_ways(ctx, osm, b);
        if (r == 0)
            r = read_nodes(ctx, osm, b);
    }
    return r;
}

/* ---- places in the working system: PROJ takes most of the time, each thread has its own */
static int convert_part(struct qz_ctx *ctx, const char *work_wkt, struct qz_xy *at, size_t n) {
    qz_cleanup(qz_crs_freep) struct qz_crs *wgs84 = NULL, *work = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    int r = qz_crs_open(ctx, "EPSG:4326", &wgs84);
    if (r == 0)
        r = qz_crs_open(ctx, work_wkt, &work);
    if (r == 0)
        r = qz_transform_new(ctx, wgs84, work, &t);
    if (r == 0)
        qz_transform_points(t, at, n);
    return r;
}

static int convert_parts(struct qz_ctx *ctx, const char *work_wkt, struct qz_xy *at, size_t n) {
    enum { FEWEST_POINTS = 100000 }; /* opening the systems costs as much as 20 000 points */
    int code = 0, n_parts = n < FEWEST_POINTS ? 1 : qz_ctx_threads(ctx);
#pragma omp parallel for schedule(static, 1) num_threads(n_parts)
    for (int i = 0; i < n_parts; i++) {
        size_t from = n * (size_t)i / (size_t)n_parts, to = n * (size_t)(i + 1) / (size_t)n_parts;
        qz_cleanup(qz_ctx_freep) struct qz_ctx *child = NULL;
        int r;
#pragma omp critical(qz_osm_convert)
        r = qz_ctx_child(ctx, &child);
        if (r == 0)
            r = convert_part(child, work_wkt, at + from, to - from);
        if (r < 0) {
#pragma omp critical(qz_osm_convert)
            code = child ? qz_fail_from(ctx, child, r) : qz_fail_nomem(ctx);
        }
    }
    return code;
}

static int convert(struct qz_ctx *ctx, const char *file, const struct qz_crs *work,
                   struct build *b) {
    size_t n = qz_id_set_size(b->used);
    int r = convert_parts(ctx, qz_crs_wkt(work), b->at, n);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        if (b->state[i] != NODE_MISSING && !isfinite(b->at[i].x_m))
            return qz_fail(ctx, QZ_E_CRS,
                           "%s: its places do not fit '%s'; check the working reference system",
                           file, qz_crs_name(work));
    return 0;
}

/* ---- lines */
static int room_for_lines(struct qz_ctx *ctx, struct build *b) {
    struct qz_roads *roads = b->roads;
    size_t n_points = b->n_refs;
    b->ranks = qz_malloc(b->n_refs, sizeof *b->ranks);
    if (!b->ranks)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < b->n_refs; i++) {
        b->ranks[i] = qz_id_set_rank(b->used, &b->cursor, b->refs[i]);
        n_points += b->state[b->ranks[i]] == NODE_BLOCKED; /* ends one line, starts the next */
    }
    if (n_points > UINT32_MAX - 1)
        return qz_fail(ctx, QZ_E_RANGE, "the roads have more than 4 billion points; cut the file");
    roads->points = qz_malloc(n_points, sizeof *roads->points);
    roads->node_id = qz_malloc(n_points, sizeof *roads->node_id);
    b->first_road = qz_malloc(b->n_ways + 1, sizeof *b->first_road);
    return roads->points && roads->node_id && b->first_road ? 0 : qz_fail_nomem(ctx);
}

static int start_line(struct qz_ctx *ctx, struct build *b, size_t *cap, const struct way *way) {
    struct qz_roads *roads = b->roads;
    struct qz_road *items = qz_grow(roads->items, cap, roads->n + 2, sizeof *items);
    if (!items)
        return qz_fail_nomem(ctx);
    roads->items = items;
    items[roads->n] = way->road;
    items[roads->n].first_point = (uint32_t)roads->n_points;
    return 0;
}

static void add_point(struct build *b, int64_t id, uint32_t rank) {
    struct qz_roads *roads = b->roads;
    roads->points[roads->n_points] = b->at[rank];
    roads->node_id[roads->n_points++] = b->state[rank] == NODE_BLOCKED ? b->fresh_id-- : id;
}

/* Keeps the line when it has two points at least. */
static void end_line(struct build *b) {
    struct qz_roads *roads = b->roads;
    uint32_t first = roads->items[roads->n].first_point;
    if (roads->n_points - first < 2)
        roads->n_points = first;
    else
        roads->n++;
    roads->items[roads->n].first_point = (uint32_t)roads->n_points;
}

/* A way gives one line, cut where a node is missing or lets no car pass. */
static int make_line(struct qz_ctx *ctx, struct build *b, size_t *cap, const struct way *way) {
    struct qz_roads *roads = b->roads;
    size_t before = roads->n, n_missing = 0, last = way[1].first_ref - 1;
    int r = start_line(ctx, b, cap, way);
    for (size_t i = way->first_ref; i <= last && i < way[1].first_ref && r == 0; i++) {
        uint32_t rank = b->ranks[i];
        bool missing = b->state[rank] == NODE_MISSING;
        bool blocked = b->state[rank] == NODE_BLOCKED;
        n_missing += missing;
        b->n_blocked += blocked;
        if (!missing)
            add_point(b, b->refs[i], rank);
        if (missing || (blocked && i > way->first_ref && i < last)) {
            end_line(b);
            r = start_line(ctx, b, cap, way);
            if (r == 0 && blocked)
                add_point(b, b->refs[i], rank);
        }
    }
    if (r < 0)
        return r;
    end_line(b);
    b->n_gaps += n_missing > 0 && roads->n > before;
    b->n_short += roads->n == before;
    if (n_missing == 0 && way->duration_s > 0) {
        double length_m = 0;
        for (size_t k = roads->items[before].first_point + 1; k < roads->n_points; k++)
            length_m += qz_distance_m(roads->points[k - 1], roads->points[k]);
        float kmh = qz_checked_kmh(length_m * 3.6 / way->duration_s);
        for (size_t i = before; i < roads->n; i++)
            roads->items[i].kmh = kmh > 0 ? kmh : 0;
    }
    return 0;
}

static int make_lines(struct qz_ctx *ctx, struct build *b) {
    size_t cap = 0;
    int r = room_for_lines(ctx, b);
    int64_t lowest = qz_id_set_lowest(b->used);
    b->fresh_id = lowest < 0 ? lowest - 1 : -1;
    for (size_t i = 0; i < b->n_ways && r == 0; i++) {
        b->first_road[i] = (uint32_t)b->roads->n;
        r = make_line(ctx, b, &cap, &b->ways[i]);
    }
    if (r == 0)
        b->first_road[b->n_ways] = (uint32_t)b->roads->n;
    return r;
}

/* ---- turns: ways by id, lines by the node they share */
struct way_place {
    int64_t id;
    uint32_t way;
};

static int by_id(const void *a, const void *b) {
    int64_t x = ((const struct way_place *)a)->id, y = ((const struct way_place *)b)->id;
    return (x > y) - (x < y);
}

/* The first line of the way that touches the node; no_node: none. */
static uint32_t line_at(const struct build *b, const struct way_place *places, int64_t id,
                        int64_t node) {
    const struct qz_roads *roads = b->roads;
    const struct way_place key = { .id = id },
                           *p = bsearch(&key, places, b->n_ways, sizeof key, by_id);
    for (uint32_t i = p ? b->first_road[p->way] : 0; p && i < b->first_road[p->way + 1]; i++)
        for (uint32_t k = roads->items[i].first_point; k < roads->items[i + 1].first_point; k++)
            if (roads->node_id[k] == node)
                return i;
    return no_node;
}

static int make_restrictions(struct qz_ctx *ctx, struct build *b) {
    struct qz_roads *roads = b->roads;
    qz_cleanup(qz_freep) struct way_place *places = qz_malloc(b->n_ways, sizeof *places);
    roads->restrictions = qz_malloc(b->n_turns, sizeof *roads->restrictions);
    if (!places || !roads->restrictions)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < b->n_ways; i++)
        places[i] = (struct way_place) { b->ways[i].id, i };
    qsort(places, b->n_ways, sizeof *places, by_id);
    for (size_t i = 0; i < b->n_turns; i++) {
        const struct turn *t = &b->turns[i];
        uint32_t from = line_at(b, places, t->from_way, t->via_node);
        uint32_t to = line_at(b, places, t->to_way, t->via_node);
        if (from == no_node || to == no_node)
            b->lost_turns++;
        else
            roads->restrictions[roads->n_restrictions++] = (struct qz_restriction) { from, to,
                                                                                     t->via_node,
                                                                                     t->only };
    }
    return 0;
}

/* ---- the whole */
static int report_counts(struct qz_ctx *ctx, const struct build *b, const char *source,
                         struct qz_issues *issues) {
    const struct qz_road_count counts[] = {
        { b->bad_speeds, QZ_SEVERITY_WARNING, "bad_speed",
          "roads have a speed that is not between 1 and 200 km/h: their class decides" },
        { b->unknown_ways, QZ_SEVERITY_WARNING, "unknown_oneway",
          "roads have an unknown direction: taken as their class has it" },
        { b->bad_durations, QZ_SEVERITY_WARNING, "bad_duration",
          "ferries have a duration that is not HH:MM: their class decides" },
        { b->n_short, QZ_SEVERITY_REJECT, "road_without_nodes",
          "roads have fewer than two nodes in the file: left out" },
        { b->n_gaps, QZ_SEVERITY_NOTE, "roads_cut",
          "roads have nodes that the extract does not hold: cut there" },
        { b->n_blocked, QZ_SEVERITY_NOTE, "barriers",
          "barriers on roads let no car pass: the roads are cut there" },
        { b->via_ways, QZ_SEVERITY_NOTE, "turn_over_way",
          "turn restrictions go over a way, not a node: not applied" },
        { b->lost_turns, QZ_SEVERITY_NOTE, "turn_incomplete",
          "turn restrictions miss a member, or their roads do not meet: not applied" },
    };
    return qz_road_counts_report(ctx, counts, COUNT(counts), source, issues);
}

static int make_roads(struct qz_ctx *ctx, struct build *b, const char *path,
                      const struct qz_crs *crs) {
    qz_cleanup(qz_osm_freep) struct qz_osm *osm = NULL;
    int r = qz_osm_open(ctx, path, &osm);
    if (r == 0)
        r = read_file(ctx, osm, b);
    if (r == 0 && b->n_ways == 0)
        r = qz_fail(ctx, QZ_E_DATA, "%s: it has no way with highway=* or route=ferry", path);
    if (r == 0)
        r = convert(ctx, path, crs, b);
    if (r == 0)
        r = make_lines(ctx, b);
    if (r == 0 && b->roads->n == 0)
        r = qz_fail(ctx, QZ_E_DATA,
                    "%s: it does not hold the nodes of its roads; extract it again "
                    "with complete ways",
                    path);
    return r < 0 ? r : make_restrictions(ctx, b);
}

int qz_osm_roads_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                      struct qz_issues *issues, struct qz_input_report *report,
                      struct qz_roads **ret) {
    struct build b = { 0 };
    const char *slash = strrchr(input->file, '/');
    int r = make_roads(ctx, &b, input->file, crs);
    *report = (struct qz_input_report) { .rows = b.n_ways,
                                         .rejected = b.n_short,
                                         .crs = "EPSG:4326" };
    if (r == 0)
        r = report_counts(ctx, &b, slash ? slash + 1 : input->file, issues);
    if (r == 0) {
        *ret = b.roads;
        b.roads = NULL;
    }
    build_done(&b);
    return r;
}
