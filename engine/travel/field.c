/* engine/travel/field.c - seconds over a grid: the roads seed it, walking spreads from them. */
#include <math.h>
#include <string.h>
#include "travel/travel.h"

struct qz_land *qz_land_free(struct qz_land *land) {
    if (land)
        free(land->cells);
    free(land);
    return NULL;
}

void qz_land_freep(struct qz_land **land) { *land = qz_land_free(*land); }

int qz_land_new(struct qz_ctx *ctx, const struct qz_shapes *territory, double cell_m,
                struct qz_land **ret) {
    struct qz_box box = qz_box_empty;
    for (size_t k = 0; k < territory->n_points; k++)
        qz_box_add(&box, territory->points[k]);
    if (box.min_x_m > box.max_x_m)
        box = (struct qz_box) { 0, 0, 0, 0 };
    double cells = ((box.max_x_m - box.min_x_m) / cell_m + 2) *
                   ((box.max_y_m - box.min_y_m) / cell_m + 2);
    if (cells > 2e9)
        return qz_fail(
            ctx, QZ_E_RANGE,
            "a grid of %.0f m cells over the territory has %.1f thousand million cells; give "
            "a larger cell_m in [isochrones]",
            cell_m, cells / 1e9);
    qz_cleanup(qz_land_freep) struct qz_land *land = qz_calloc(1, sizeof *land);
    if (!land)
        return qz_fail_nomem(ctx);
    land->grid = qz_grid_over(&box, cell_m);
    land->cells = qz_calloc((size_t)land->grid.n_columns * land->grid.n_rows, 1);
    if (!land->cells)
        return qz_fail_nomem(ctx);
    int r = qz_shapes_burn(ctx, territory, &land->grid, land->cells);
    if (r < 0)
        return r;
    *ret = land;
    land = NULL;
    return 0;
}

struct qz_field *qz_field_free(struct qz_field *f) {
    if (f)
        free(f->seconds);
    free(f);
    return NULL;
}

void qz_field_freep(struct qz_field **f) { *f = qz_field_free(*f); }

/* ---- which edges the search reached */
typedef int (*edge_fn)(void *user, uint32_t edge);

static int each_chain_edge(const struct qz_network *net, uint32_t chain, edge_fn fn, void *user) {
    int r = 0;
    for (uint32_t e = net->chains[chain].first_edge;
         e < net->chains[chain + 1].first_edge && r == 0; e++)
        r = fn(user, e);
    return r;
}

/* The edges of every chain at a junction that was reached, and of every chain that holds a site:
 * one in the middle of a long road reaches no junction. */
static int each_edge(struct qz_ctx *ctx, const struct qz_search *s, edge_fn fn, void *user) {
    const struct qz_network *net = qz_search_network(s);
    const uint32_t *reached;
    const struct qz_stop *sites;
    size_t n = qz_search_touched(s, &reached), n_sites = qz_search_sites(s, &sites);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        if (reached[i] >= net->n_junctions)
            continue; /* a copy: its junction is reached too, never later */
        r = qz_network_need_incident(ctx, net, reached[i]);
        for (uint32_t k = net->incident_first[reached[i]];
             r == 0 && k < net->incident_first[reached[i] + 1]; k++) {
            const struct qz_chain *c = &net->chains[net->incident[k]];
            bool again = reached[i] == c->to && c->from != c->to &&
                         qz_search_node_ms(s, c->from, NULL) != QZ_UNREACHED_MS;
            r = again ? 0 : each_chain_edge(net, net->incident[k], fn, user);
        }
    }
    for (size_t i = 0; i < n_sites && r == 0; i++)
        if (sites[i].edge != UINT32_MAX)
            r = each_chain_edge(net, net->edges[sites[i].edge].chain, fn, user);
    return r;
}

struct extent {
    const struct qz_network *net;
    struct qz_box box;
};

static int add_to_extent(void *user, uint32_t edge) {
    struct extent *x = user;
    for (uint32_t k = x->net->edges[edge].first_point; k < x->net->edges[edge + 1].first_point; k++)
        qz_box_add(&x->box, x->net->points[k]);
    return 0;
}

/* The part of the land's grid that the reached edges and the walk from them can touch. */
static int find_window(struct qz_ctx *ctx, const struct qz_search *s, const struct qz_land *land,
                       double margin_m, struct qz_grid *ret) {
    struct extent x = { qz_search_network(s), qz_box_empty };
    int r = each_edge(ctx, s, add_to_extent, &x);
    if (r < 0)
        return r;
    const struct qz_grid *g = &land->grid;
    double right = g->x0_m + (g->n_columns - 1) * g->cell_m,
           top = g->y0_m + (g->n_rows - 1) * g->cell_m;
    struct qz_box box = { fmax(x.box.min_x_m - margin_m, g->x0_m),
                          fmax(x.box.min_y_m - margin_m, g->y0_m),
                          fmin(x.box.max_x_m + margin_m, right),
                          fmin(x.box.max_y_m + margin_m, top) };
    *ret = (struct qz_grid) { g->x0_m, g->y0_m, g->cell_m, 0, 0 };
    if (!(box.min_x_m <= box.max_x_m && box.min_y_m <= box.max_y_m))
        return 0;
    double c0 = floor((box.min_x_m - g->x0_m) / g->cell_m),
           r0 = floor((box.min_y_m - g->y0_m) / g->cell_m);
    double c1 = ceil((box.max_x_m - g->x0_m) / g->cell_m),
           r1 = ceil((box.max_y_m - g->y0_m) / g->cell_m);
    *ret = (struct qz_grid) { g->x0_m + c0 * g->cell_m, g->y0_m + r0 * g->cell_m, g->cell_m,
                              (uint32_t)(c1 - c0) + 1, (uint32_t)(r1 - r0) + 1 };
    return 0;
}

/* ---- seeds: the cells that a road passes, at its times */
struct seeding {
    const struct qz_search *s;
    const struct qz_network *net;
    const struct qz_field *field;
    uint32_t *ms; /* of each cell of the field */
    uint32_t limit_ms;
};

static void seed_at(struct seeding *g, struct qz_xy p, uint32_t ms) {
    const struct qz_grid *grid = &g->field->grid;
    double c = floor((p.x_m - grid->x0_m) / grid->cell_m + 0.5),
           r = floor((p.y_m - grid->y0_m) / grid->cell_m + 0.5);
    if (ms > g->limit_ms || c < 0 || r < 0 || c >= grid->n_columns || r >= grid->n_rows)
        return;
    uint32_t *cell = &g->ms[(size_t)r * grid->n_columns + (size_t)c];
    if (ms < *cell)
        *cell = ms;
}

/* Half a cell a step: no cell that the line crosses for long is missed. */
static int seed_edge(void *user, uint32_t edge) {
    struct seeding *g = user;
    const struct qz_edge *e = &g->net->edges[edge];
    if (e->kind != QZ_ROAD_PLAIN)
        return 0; /* nobody gets off a ferry or a motorway on its way */
    double whole_m = 0, before_m = 0;
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++)
        whole_m += qz_distance_m(g->net->points[k], g->net->points[k + 1]);
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++) {
        struct qz_xy a = g->net->points[k], b = g->net->points[k + 1];
        double piece_m = qz_distance_m(a, b);
        unsigned n = (unsigned)ceil(piece_m / (g->field->grid.cell_m / 2)) + 1;
        for (unsigned i = 0; i <= n; i++) {
            double share = (double)i / n;
            double fraction = whole_m > 0 ? fmin((before_m + share * piece_m) / whole_m, 1) : 0;
            seed_at(
                g,
                (struct qz_xy) { a.x_m + share * (b.x_m - a.x_m), a.y_m + share * (b.y_m - a.y_m) },
                qz_search_edge_ms(g->s, edge, fraction));
        }
        before_m += piece_m;
    }
    return 0;
}

static void seed_sites(struct seeding *g) {
    const struct qz_stop *sites;
    size_t n = qz_search_sites(g->s, &sites);
    for (size_t i = 0; i < n; i++)
        seed_at(g, sites[i].at, 0);
}

/* ---- walking: 16 moves, the knight's only over land */
struct move {
    int row, column;
    double cells;
};
static const struct move moves[16] = {
    { 0, 1, 1 },           { 1, 0, 1 },           { 0, -1, 1 },         { -1, 0, 1 },
    { 1, 1, M_SQRT2 },     { 1, -1, M_SQRT2 },    { -1, 1, M_SQRT2 },   { -1, -1, M_SQRT2 },
    { 1, 2, 2.2360680 },   { 2, 1, 2.2360680 },   { 2, -1, 2.2360680 }, { 1, -2, 2.2360680 },
    { -1, -2, 2.2360680 }, { -2, -1, 2.2360680 }, { -2, 1, 2.2360680 }, { -1, 2, 2.2360680 },
};

struct walk {
    const struct qz_field *field;
    uint32_t *ms;
    const struct qz_land *land;
    float *walked_m;
    struct qz_queue queue;
    uint32_t move_ms[COUNT(moves)];
    double walk_limit_m;
    uint32_t limit_ms;
    int64_t row0, column0; /* of the window in the land's grid */
};

static bool is_land(const struct walk *w, int64_t row, int64_t column) {
    const struct qz_grid *g = &w->land->grid;
    row += w->row0;
    column += w->column0;
    return row >= 0 && column >= 0 && row < g->n_rows && column < g->n_columns &&
           w->land->cells[(size_t)row * g->n_columns + (size_t)column];
}

/* A knight's move passes between two cells: one of them must be land. */
static bool may_move(const struct walk *w, int64_t row, int64_t column, const struct move *m) {
    const struct qz_grid *g = &w->field->grid;
    int64_t r = row + m->row, c = column + m->column;
    if (r < 0 || c < 0 || r >= g->n_rows || c >= g->n_columns || !is_land(w, r, c))
        return false;
    if (abs(m->row) + abs(m->column) < 3)
        return true;
    int half_row = abs(m->row) == 2 ? m->row / 2 : 0,
        half_column = abs(m->column) == 2 ? m->column / 2 : 0;
    return is_land(w, row + half_row, column + half_column) ||
           is_land(w, r - half_row, c - half_column);
}

static int spread_from(struct qz_ctx *ctx, struct walk *w, uint32_t cell, uint32_t ms) {
    const struct qz_grid *g = &w->field->grid;
    int64_t row = cell / g->n_columns, column = cell % g->n_columns;
    for (size_t k = 0; k < COUNT(moves); k++) {
        uint64_t there_ms = (uint64_t)ms + w->move_ms[k];
        double walked_m = w->walked_m[cell] + moves[k].cells * g->cell_m;
        if (there_ms > w->limit_ms || walked_m > w->walk_limit_m ||
            !may_move(w, row, column, &moves[k]))
            continue;
        uint32_t to = (uint32_t)((row + moves[k].row) * g->n_columns + column + moves[k].column);
        if (there_ms >= w->ms[to])
            continue;
        w->ms[to] = (uint32_t)there_ms;
        w->walked_m[to] = (float)walked_m;
        int r = qz_queue_push(ctx, &w->queue, to, (uint32_t)there_ms);
        if (r < 0)
            return r;
    }
    return 0;
}

static int spread(struct qz_ctx *ctx, struct walk *w) {
    size_t n = (size_t)w->field->grid.n_columns * w->field->grid.n_rows;
    qz_queue_start(&w->queue, 0);
    int r = 0;
    for (uint32_t i = 0; i < n && r == 0; i++)
        if (w->ms[i] != QZ_UNREACHED_MS)
            r = qz_queue_push(ctx, &w->queue, i, w->ms[i]);
    uint32_t cell, ms;
    while (r == 0 && qz_queue_pop(&w->queue, &cell, &ms))
        if (w->ms[cell] == ms)
            r = spread_from(ctx, w, cell, ms);
    for (uint32_t i = 0; i < n && r == 0;
         i++) /* a road on a bridge or a quay: nobody lives on the water */
        if (w->ms[i] != QZ_UNREACHED_MS &&
            !is_land(w, i / w->field->grid.n_columns, i % w->field->grid.n_columns))
            w->ms[i] = QZ_UNREACHED_MS;
    return r;
}

static int walk_from_roads(struct qz_ctx *ctx, const struct seeding *g, const struct qz_land *land,
                           const struct qz_field_params *params) {
    const struct qz_field *f = g->field;
    struct walk w = { .field = f,
                      .ms = g->ms,
                      .land = land,
                      .walk_limit_m = params->walk_limit_m,
                      .limit_ms = g->limit_ms };
    w.row0 = llround((f->grid.y0_m - land->grid.y0_m) / f->grid.cell_m);
    w.column0 = llround((f->grid.x0_m - land->grid.x0_m) / f->grid.cell_m);
    for (size_t k = 0; k < COUNT(moves); k++)
        w.move_ms[k] = (uint32_t)fmin(round(moves[k].cells * f->walk_s_per_cell * 1000), 1e9);
    w.walked_m = qz_calloc((size_t)f->grid.n_columns * f->grid.n_rows, sizeof *w.walked_m);
    /* buckets as wide as the shortest move: labels in one are final when it is reached */
    int r = w.walked_m ? qz_queue_init(ctx, &w.queue, w.move_ms[0] ? w.move_ms[0] : 1,
                                       (uint64_t)w.limit_ms + 3 * (uint64_t)w.move_ms[0])
                       : qz_fail_nomem(ctx);
    if (r == 0)
        r = spread(ctx, &w);
    qz_queue_done(&w.queue);
    free(w.walked_m);
    return r;
}

int qz_field_new(struct qz_ctx *ctx, const struct qz_search *s, const struct qz_land *land,
                 const struct qz_field_params *params, uint32_t limit_ms, struct qz_field **ret) {
    qz_cleanup(qz_field_freep) struct qz_field *f = qz_calloc(1, sizeof *f);
    if (!f)
        return qz_fail_nomem(ctx);
    int r = find_window(ctx, s, land, params->walk_limit_m + 2 * params->cell_m, &f->grid);
    if (r < 0)
        return r;
    f->walk_s_per_cell = params->cell_m * 3.6 / params->walk_kmh;
    size_t n = (size_t)f->grid.n_columns * f->grid.n_rows;
    qz_cleanup(qz_freep) uint32_t *ms = qz_malloc(n, sizeof *ms);
    f->seconds = qz_malloc(n, sizeof *f->seconds);
    if (!ms || !f->seconds)
        return qz_fail_nomem(ctx);
    memset(ms, 0xff, n * sizeof *ms);
    struct seeding g = { s, qz_search_network(s), f, ms, limit_ms };
    r = each_edge(ctx, s, seed_edge, &g);
    if (r == 0)
        seed_sites(&g);
    if (r == 0 && n)
        r = walk_from_roads(ctx, &g, land, params);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        f->seconds[i] = ms[i] == QZ_UNREACHED_MS ? INFINITY : (float)(ms[i] / 1000.0);
    *ret = f;
    f = NULL;
    return 0;
}
