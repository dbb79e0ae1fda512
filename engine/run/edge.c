/* engine/run/edge.c - the border of the data: communes whose roads end there, and those whose
 * figures hang on what lies beyond. */
#include <math.h>
#include <string.h>
#include "network/network.h"
#include "run/run.h"

enum { STEP_M = 500, BESIDE_M = 10, REACH_M = 2000 };

/* ---- places along the outer boundary: nothing lies on their other side */
struct place {
    struct qz_xy at;
    uint32_t commune, next; /* next + 1 in the same cell; 0: none */
};

struct edge {
    const struct qz_locator *locator;
    struct place *places;
    size_t n;
    struct qz_box box;
    double cell_m;
    size_t n_columns, n_rows;
    uint32_t *first;  /* by cell: place + 1; 0: none */
    uint8_t *goes_on; /* by commune */
};

static bool is_outer(const struct qz_locator *locator, struct qz_xy at, struct qz_xy along) {
    struct qz_xy left = { at.x_m - along.y_m * BESIDE_M, at.y_m + along.x_m * BESIDE_M },
                 right = { at.x_m + along.y_m * BESIDE_M, at.y_m - along.x_m * BESIDE_M };
    return qz_locator_find(locator, left) == QZ_NOWHERE ||
           qz_locator_find(locator, right) == QZ_NOWHERE;
}

/* A place every STEP_M along a ring, from its first point on. */
static void walk_ring(struct edge *e, const struct qz_xy *p, size_t n, uint32_t commune) {
    double to_next_m = 0;
    for (size_t k = 0; k + 1 < n; k++) {
        double length_m = qz_distance_m(p[k], p[k + 1]);
        for (; to_next_m < length_m; to_next_m += STEP_M) {
            struct qz_xy along = { (p[k + 1].x_m - p[k].x_m) / length_m,
                                   (p[k + 1].y_m - p[k].y_m) / length_m };
            struct qz_xy at = { p[k].x_m + along.x_m * to_next_m,
                                p[k].y_m + along.y_m * to_next_m };
            if (is_outer(e->locator, at, along))
                e->places[e->n++] = (struct place) { at, commune, 0 };
        }
        to_next_m -= length_m;
    }
}

static size_t most_places(const struct qz_shapes *s) {
    double steps = 0;
    for (size_t k = 0; k + 1 < s->n_points; k++) /* between two rings too: only more room */
        steps += qz_distance_m(s->points[k], s->points[k + 1]) / STEP_M;
    return (size_t)steps + 2 * s->n_rings + 1;
}

static int find_places(struct qz_ctx *ctx, const struct qz_shapes *s, struct edge *e) {
    e->places = qz_malloc(most_places(s), sizeof *e->places);
    if (!e->places)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t r = s->poly_ring[s->shape_poly[i]]; r < s->poly_ring[s->shape_poly[i + 1]];
             r++)
            walk_ring(e, s->points + s->ring_point[r], s->ring_point[r + 1] - s->ring_point[r], i);
    return 0;
}

/* ---- the places by cell: what is within reach lies in the cell or beside it */
static size_t column_of(const struct edge *e, double x_m) {
    return (size_t)((x_m - e->box.min_x_m) / e->cell_m);
}
static size_t row_of(const struct edge *e, double y_m) {
    return (size_t)((y_m - e->box.min_y_m) / e->cell_m);
}

static int sort_into_cells(struct qz_ctx *ctx, struct edge *e) {
    const double most_cells = 1 << 24;
    e->box = qz_box_empty;
    for (size_t i = 0; i < e->n; i++)
        qz_box_add(&e->box, e->places[i].at);
    double width_m = e->box.max_x_m - e->box.min_x_m, height_m = e->box.max_y_m - e->box.min_y_m;
    e->cell_m = REACH_M;
    while ((width_m / e->cell_m + 1) * (height_m / e->cell_m + 1) > most_cells)
        e->cell_m *= 2;
    e->n_columns = column_of(e, e->box.max_x_m) + 1;
    e->n_rows = row_of(e, e->box.max_y_m) + 1;
    e->first = qz_calloc(e->n_columns * e->n_rows, sizeof *e->first);
    if (!e->first)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < e->n; i++) {
        struct place *p = &e->places[i];
        uint32_t *first = &e->first[row_of(e, p->at.y_m) * e->n_columns + column_of(e, p->at.x_m)];
        p->next = *first;
        *first = (uint32_t)i + 1;
    }
    return 0;
}

/* ---- roads outside all communes */
/* Asks whether a commune that the roads were not seen to leave is within reach of p, or (tell) says
 * that they leave all those. */
static bool near(struct edge *e, struct qz_xy p, bool tell) {
    if (!(p.x_m >= e->box.min_x_m - REACH_M && p.x_m <= e->box.max_x_m + REACH_M &&
          p.y_m >= e->box.min_y_m - REACH_M && p.y_m <= e->box.max_y_m + REACH_M))
        return false;
    size_t column = column_of(e, fmax(p.x_m - e->cell_m, e->box.min_x_m)),
           row = row_of(e, fmax(p.y_m - e->cell_m, e->box.min_y_m)),
           last_column = column_of(e, fmin(p.x_m + e->cell_m, e->box.max_x_m)),
           last_row = row_of(e, fmin(p.y_m + e->cell_m, e->box.max_y_m));
    for (size_t r = row; r <= last_row; r++)
        for (size_t c = column; c <= last_column; c++)
            for (uint32_t k = e->first[r * e->n_columns + c]; k; k = e->places[k - 1].next) {
                const struct place *at = &e->places[k - 1];
                if (e->goes_on[at->commune] || qz_distance_m(at->at, p) > REACH_M)
                    continue;
                if (!tell)
                    return true;
                e->goes_on[at->commune] = 1;
            }
    return false;
}

static void see_piece(struct edge *e, struct qz_xy a, struct qz_xy b) {
    double steps = fmax(1, ceil(qz_distance_m(a, b) / STEP_M));
    for (double s = 0; s <= steps; s++) {
        struct qz_xy p = { a.x_m + (b.x_m - a.x_m) * s / steps,
                           a.y_m + (b.y_m - a.y_m) * s / steps };
        if (near(e, p, false) && qz_locator_find(e->locator, p) == QZ_NOWHERE)
            near(e, p, true);
    }
}

static void see_roads(const struct qz_network *net, struct edge *e) {
    for (size_t i = 0; i < net->n_edges; i++)
        for (uint32_t k = net->edges[i].first_point;
             k + 1 < net->edges[i + 1].first_point && net->edges[i].kind != QZ_ROAD_FERRY; k++)
            see_piece(e, net->points[k], net->points[k + 1]);
}

int qz_run_edge(struct qz_ctx *ctx, const struct qz_run_state *s, uint8_t *at_edge) {
    const struct qz_shapes *shapes = s->communes->shapes;
    qz_cleanup(qz_freep) uint8_t *goes_on = qz_calloc(shapes->n, 1);
    struct edge e = { .locator = s->locator, .goes_on = goes_on };
    int r = goes_on ? find_places(ctx, shapes, &e) : qz_fail_nomem(ctx);
    if (r == 0 && e.n)
        r = sort_into_cells(ctx, &e);
    if (r == 0 && e.n)
        see_roads(s->network, &e);
    for (size_t i = 0; i < e.n && r == 0; i++)
        at_edge[e.places[i].commune] = !goes_on[e.places[i].commune];
    free(e.places);
    free(e.first);
    return r;
}

/* ---- edge effects */
static uint32_t longest_limit_ms(const struct qz_run_state *s) {
    uint32_t longest = 0;
    for (size_t p = 0; p < s->plan->n_practices; p++) {
        uint32_t threshold = qz_run_threshold_ms(s->plan, p), decay = s->care[p].decay.limit_ms;
        longest = threshold > longest ? threshold : longest;
        longest = decay > longest ? decay : longest;
    }
    return longest;
}

int qz_run_edge_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx, (void)part;
    qz_hash_number(h, s->plan->closed);
    qz_hash_number(h, s->plan->closed ? 0 : longest_limit_ms(s));
    return 0;
}

static int stop_at_edge(struct qz_ctx *ctx, const struct qz_run_state *s, const struct edge *e,
                        struct qz_stop *stops) {
    int r = 0;
    for (size_t i = 0; i < e->n && r == 0; i++)
        r = qz_stop_at(ctx, s->network, &s->plan->travel, e->places[i].at, &stops[i]);
    return r;
}

/* A site within a cut-off is shared with people within a cut-off of it: what lies beyond the border
 * counts up to twice the longest. A coast looks like a border: an island says closed = yes. */
int qz_run_edge_effect(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w, (void)part;
    struct edge e = { .locator = s->locator };
    if (s->plan->closed)
        return 0;
    qz_cleanup(qz_freep) uint8_t *flag = qz_calloc(s->homes->n, 1);
    s->edge_effect = qz_calloc(s->communes->n, 1);
    int r = flag && s->edge_effect ? find_places(ctx, s->communes->shapes, &e) : qz_fail_nomem(ctx);
    qz_cleanup(qz_freep) struct qz_stop *stops = qz_calloc(e.n, sizeof *stops);
    if (r == 0)
        r = stops ? stop_at_edge(ctx, s, &e, stops) : qz_fail_nomem(ctx);
    if (r == 0)
        r = qz_travel_edge_effect(ctx, s->network, stops, e.n, s->home_stops, s->homes->n,
                                  2 * longest_limit_ms(s), flag);
    for (size_t i = 0; i < s->homes->n && r == 0; i++)
        s->edge_effect[s->homes->commune[i]] |= flag[i];
    for (size_t i = 0; i < e.n && r == 0; i++)
        s->edge_effect[e.places[i].commune] = 1;
    free(e.places);
    return r;
}
