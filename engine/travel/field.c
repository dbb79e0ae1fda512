/* engine/travel/field.c - seconds over a grid: the roads seed it, people walk from them. */
#include <math.h>
#include <stdio.h>
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
    const double bytes_of_field = 17; /* friction, height, time, site; and the land itself */
    char what[96];
    snprintf(what, sizeof what, "a grid of %.10g m cells over the territory (%.3g million cells)",
             cell_m, cells / 1e6);
    int r = cells > 4e9
                ? qz_fail(ctx, QZ_E_RANGE, "%s: give larger cells (cell_m)", what)
                : qz_memory_need(ctx, cells * bytes_of_field, what, "give larger cells (cell_m)");
    if (r < 0)
        return r;
    qz_cleanup(qz_land_freep) struct qz_land *land = qz_calloc(1, sizeof *land);
    if (!land)
        return qz_fail_nomem(ctx);
    land->grid = qz_grid_over(&box, cell_m);
    land->cells = qz_calloc((size_t)land->grid.n_columns * land->grid.n_rows, 1);
    if (!land->cells)
        return qz_fail_nomem(ctx);
    r = qz_shapes_burn(ctx, territory, &land->grid, land->cells);
    if (r < 0)
        return r;
    *ret = land;
    land = NULL;
    return 0;
}

struct qz_field *qz_field_free(struct qz_field *f) {
    if (f) {
        free(f->seconds);
        free(f->site);
    }
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

/* ---- seeds: the cells that a road passes, at its times */
struct seed {
    uint32_t row, column; /* in the land's grid */
    float seconds;
    uint32_t site;
};
struct seeds {
    struct qz_ctx *ctx;
    const struct qz_search *s;
    const struct qz_network *net;
    const struct qz_grid *grid;
    double limit_ms;
    struct seed *items;
    size_t n, cap;
    uint32_t row0, column0, row1, column1; /* what they span */
};

static int seed_at(struct seeds *g, struct qz_xy p, double ms, uint32_t site) {
    double c = floor((p.x_m - g->grid->x0_m) / g->grid->cell_m + 0.5),
           r = floor((p.y_m - g->grid->y0_m) / g->grid->cell_m + 0.5);
    if (!(ms <= g->limit_ms && c >= 0 && r >= 0 && c < g->grid->n_columns && r < g->grid->n_rows))
        return 0;
    struct seed seed = { (uint32_t)r, (uint32_t)c, (float)(ms / 1000), site };
    struct seed *last = g->n ? &g->items[g->n - 1] : NULL;
    if (last && last->row == seed.row && last->column == seed.column &&
        last->seconds <= seed.seconds)
        return 0; /* a step along the road, in the same cell */
    if (g->n == g->cap) {
        struct seed *grown = qz_grow(g->items, &g->cap, g->n + 1, sizeof *grown);
        if (!grown)
            return qz_fail_nomem(g->ctx);
        g->items = grown;
    }
    g->items[g->n++] = seed;
    g->row0 = seed.row < g->row0 ? seed.row : g->row0;
    g->row1 = seed.row > g->row1 ? seed.row : g->row1;
    g->column0 = seed.column < g->column0 ? seed.column : g->column0;
    g->column1 = seed.column > g->column1 ? seed.column : g->column1;
    return 0;
}

/* To the millisecond, as all network times. exact: also by sites on the chain, and by the junction
 * at either end, which has its own time. */
static int seed_fraction(struct seeds *g, const struct qz_edge_times *t, uint32_t edge, bool exact,
                         struct qz_xy p, double fraction) {
    if (exact) {
        uint32_t site, ms = qz_search_edge_ms(g->s, edge, fraction, &site);
        return seed_at(g, p, ms, site);
    }
    double from_ms = t->at_from_ms + (double)(int64_t)(fraction * t->backward_ms + 0.5),
           to_ms = t->at_to_ms + (double)(int64_t)((1 - fraction) * t->forward_ms + 0.5);
    bool by_from = from_ms < to_ms || (from_ms == to_ms && t->from_site < t->to_site);
    return seed_at(g, p, by_from ? from_ms : to_ms, by_from ? t->from_site : t->to_site);
}

static double edge_m(const struct qz_network *net, const struct qz_edge *e) {
    double whole_m = 0;
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++)
        whole_m += qz_distance_m(net->points[k], net->points[k + 1]);
    return whole_m;
}

/* Half a cell a step, and both ends: no cell that the line crosses for long is missed. */
static int seed_edge(void *user, uint32_t edge) {
    struct seeds *g = user;
    const struct qz_edge *e = &g->net->edges[edge];
    struct qz_edge_times times;
    if (e->kind != QZ_ROAD_PLAIN)
        return 0; /* nobody gets off a ferry or a motorway on its way */
    bool whole = qz_search_edge_times(g->s, edge, &times);
    if (whole && times.at_from_ms > g->limit_ms && times.at_to_ms > g->limit_ms)
        return 0;
    double whole_m = edge_m(g->net, e), step_m = g->grid->cell_m / 2, before_m = 0, next_m = step_m;
    struct qz_xy first = g->net->points[e->first_point],
                 last = g->net->points[e[1].first_point - 1];
    int r = seed_fraction(g, &times, edge, true, first, 0);
    if (r == 0)
        r = seed_fraction(g, &times, edge, true, last, 1);
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++) {
        struct qz_xy a = g->net->points[k], b = g->net->points[k + 1];
        double piece_m = qz_distance_m(a, b);
        for (; next_m < before_m + piece_m && r == 0; next_m += step_m) {
            double share = (next_m - before_m) / piece_m;
            struct qz_xy p = { a.x_m + share * (b.x_m - a.x_m), a.y_m + share * (b.y_m - a.y_m) };
            r = seed_fraction(g, &times, edge, !whole, p, next_m / whole_m);
        }
        before_m += piece_m;
    }
    return r;
}

static int seed_all(struct seeds *g) {
    int r = each_edge(g->ctx, g->s, seed_edge, g);
    const struct qz_stop *sites;
    size_t n = qz_search_sites(g->s, &sites);
    for (size_t i = 0; i < n && r == 0; i++)
        r = seed_at(g, sites[i].at, 0, (uint32_t)i);
    return r;
}

/* ---- the window: no more than the seeds and the walk from them need */
static struct qz_grid window_of(const struct seeds *g, double margin_m) {
    const struct qz_grid *l = g->grid;
    struct qz_grid w = { l->x0_m, l->y0_m, l->cell_m, 0, 0 };
    if (g->n == 0)
        return w;
    double margin = ceil(fmin(margin_m / l->cell_m, 1e9)) + 2;
    double c0 = fmax(g->column0 - margin, 0), c1 = fmin(g->column1 + margin, l->n_columns - 1.0);
    double r0 = fmax(g->row0 - margin, 0), r1 = fmin(g->row1 + margin, l->n_rows - 1.0);
    return (struct qz_grid) { l->x0_m + c0 * l->cell_m, l->y0_m + r0 * l->cell_m, l->cell_m,
                              (uint32_t)(c1 - c0) + 1, (uint32_t)(r1 - r0) + 1 };
}

/* Cells from the first grid's corner to the second's. */
static int64_t rows_to(const struct qz_grid *from, const struct qz_grid *to) {
    return llround((to->y0_m - from->y0_m) / from->cell_m);
}
static int64_t columns_to(const struct qz_grid *from, const struct qz_grid *to) {
    return llround((to->x0_m - from->x0_m) / from->cell_m);
}

static int check_aligned(struct qz_ctx *ctx, const struct qz_grid *land,
                         const struct qz_grid *ground) {
    double c = (ground->x0_m - land->x0_m) / land->cell_m,
           r = (ground->y0_m - land->y0_m) / land->cell_m;
    if (fabs(ground->cell_m - land->cell_m) <= 1e-6 * land->cell_m && fabs(c - round(c)) <= 1e-3 &&
        fabs(r - round(r)) <= 1e-3)
        return 0;
    return qz_fail(ctx, QZ_E_RANGE,
                   "the ground has cells of %g m from (%.2f, %.2f), the territory's have %g m from "
                   "(%.2f, %.2f): make the ground over the same grid",
                   ground->cell_m, ground->x0_m, ground->y0_m, land->cell_m, land->x0_m,
                   land->y0_m);
}

static int64_t clamp(int64_t v, int64_t most) { return v < 0 ? 0 : v > most ? most : v; }

/* Beyond the heights that are known the land goes on level: no cliff stands at their edge. */
static void cut_heights(const struct qz_surface *ground, int64_t row0, int64_t column0,
                        struct qz_surface *w) {
    const struct qz_grid *g = &ground->grid;
    for (int64_t r = 0; r < w->grid.n_rows; r++) {
        const float *from = ground->height_m + clamp(row0 + r, g->n_rows - 1) * g->n_columns;
        float *to = w->height_m + r * w->grid.n_columns;
        for (int64_t c = 0; c < w->grid.n_columns; c++)
            to[c] = from[clamp(column0 + c, g->n_columns - 1)];
    }
}

/* The ground of the window: barriers where there is no land. */
static int cut_ground(struct qz_ctx *ctx, const struct qz_land *land,
                      const struct qz_surface *ground, float flat_s_per_m, struct qz_surface *w) {
    uint32_t rows = w->grid.n_rows, columns = w->grid.n_columns;
    w->s_per_m = qz_malloc((size_t)rows * columns, sizeof *w->s_per_m);
    w->height_m = ground && ground->height_m
                      ? qz_calloc((size_t)rows * columns, sizeof *w->height_m)
                      : NULL;
    if (!w->s_per_m || (ground && ground->height_m && !w->height_m))
        return qz_fail_nomem(ctx);
    int64_t row0 = rows_to(&land->grid, &w->grid), column0 = columns_to(&land->grid, &w->grid);
    for (uint32_t r = 0; r < rows; r++) {
        const uint8_t *is_land = land->cells + (size_t)(row0 + r) * land->grid.n_columns + column0;
        float *to = w->s_per_m + (size_t)r * columns;
        for (uint32_t c = 0; c < columns; c++)
            to[c] = is_land[c] ? flat_s_per_m : INFINITY;
    }
    if (!ground)
        return 0;
    row0 = rows_to(&ground->grid, &w->grid);
    column0 = columns_to(&ground->grid, &w->grid);
    int64_t first = column0 < 0 ? -column0 : 0, end = ground->grid.n_columns - column0 < columns
                                                          ? ground->grid.n_columns - column0
                                                          : columns;
    for (int64_t r = row0 < 0 ? -row0 : 0; r < rows && row0 + r < ground->grid.n_rows; r++)
        for (int64_t c = first; c < end; c++) {
            size_t from = (size_t)((row0 + r) * ground->grid.n_columns + column0 + c),
                   to = (size_t)(r * columns + c);
            if (!isinf(w->s_per_m[to]))
                w->s_per_m[to] = ground->s_per_m[from];
        }
    if (w->height_m)
        cut_heights(ground, row0, column0, w);
    return 0;
}

/* ---- the field */
static int alloc_field(struct qz_ctx *ctx, const struct qz_field_params *params,
                       struct qz_field *f) {
    size_t n = (size_t)f->grid.n_columns * f->grid.n_rows;
    f->walk_s_per_cell = params->cell_m * 3.6 / params->walk_kmh;
    f->seconds = qz_malloc(n, sizeof *f->seconds);
    f->site = params->with_sites ? qz_malloc(n, sizeof *f->site) : NULL;
    if (!f->seconds || (params->with_sites && !f->site))
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        f->seconds[i] = INFINITY;
    if (f->site)
        memset(f->site, 0xff, n * sizeof *f->site);
    return 0;
}

static void offer(struct qz_field *f, size_t cell, float seconds, uint32_t site) {
    if (!(seconds < f->seconds[cell]) &&
        !(f->site && seconds == f->seconds[cell] && site < f->site[cell]))
        return;
    f->seconds[cell] = seconds;
    if (f->site)
        f->site[cell] = site;
}

/* A road on a bridge or a quay, or along the shore: nobody lives on the water, but people step off
 * it to the land beside. */
static void put_ashore(const struct seeds *g, const struct seed *seed, const struct qz_surface *w,
                       const struct qz_field_params *params, int64_t row, int64_t column,
                       struct qz_field *f) {
    for (int64_t k = 0; k < 9; k++) {
        int64_t dr = k / 3 - 1, dc = k % 3 - 1, r = row + dr, c = column + dc;
        if (r < 0 || c < 0 || r >= w->grid.n_rows || c >= w->grid.n_columns)
            continue;
        size_t to = (size_t)(r * w->grid.n_columns + c);
        double metres = w->grid.cell_m * (dr && dc ? M_SQRT2 : 1);
        double s_per_m = ((double)w->s_per_m[to] + 3.6 / params->walk_kmh) / 2;
        float seconds = (float)((double)seed->seconds + metres * s_per_m);
        if (metres <= params->walk_limit_m && (double)seconds <= g->limit_ms / 1000)
            offer(f, to, seconds, seed->site);
    }
}

static void put_seeds(const struct seeds *g, const struct qz_surface *w,
                      const struct qz_field_params *params, struct qz_field *f) {
    int64_t row0 = rows_to(g->grid, &f->grid), column0 = columns_to(g->grid, &f->grid);
    for (size_t i = 0; i < g->n; i++) {
        const struct seed *seed = &g->items[i];
        int64_t row = seed->row - row0, column = seed->column - column0;
        size_t cell = (size_t)(row * f->grid.n_columns + column);
        if (isinf(w->s_per_m[cell]))
            put_ashore(g, seed, w, params, row, column, f);
        else
            offer(f, cell, seed->seconds, seed->site);
    }
}

static int walk_from_seeds(struct qz_ctx *ctx, const struct seeds *g, const struct qz_surface *w,
                           const struct qz_field_params *params, struct qz_field *f) {
    struct qz_spread_params p = qz_spread_params_default;
    p.limit_s = (float)(g->limit_ms / 1000);
    p.limit_m = params->walk_limit_m;
    return params->walk_limit_m > 0 ? qz_spread(ctx, w, &p, f->seconds, f->site) : 0;
}

static int check_limit(struct qz_ctx *ctx, uint32_t limit_ms) {
    return limit_ms ? 0 : qz_fail(ctx, QZ_E_RANGE, "a cut-off of 0 minutes: give more than 0");
}

static void seeds_done(struct seeds *g) { free(g->items); }

int qz_field_new(struct qz_ctx *ctx, const struct qz_search *s, const struct qz_land *land,
                 const struct qz_surface *ground, const struct qz_field_params *params,
                 uint32_t limit_ms, struct qz_field **ret) {
    qz_cleanup(qz_field_freep) struct qz_field *f = qz_calloc(1, sizeof *f);
    qz_cleanup(qz_surface_freep) struct qz_surface *w = qz_calloc(1, sizeof *w);
    qz_cleanup(seeds_done) struct seeds g = { .ctx = ctx,
                                              .s = s,
                                              .net = qz_search_network(s),
                                              .grid = &land->grid,
                                              .limit_ms = limit_ms,
                                              .row0 = UINT32_MAX,
                                              .column0 = UINT32_MAX };
    if (!f || !w)
        return qz_fail_nomem(ctx);
    int r = check_limit(ctx, limit_ms);
    if (r == 0 && ground)
        r = check_aligned(ctx, &land->grid, &ground->grid);
    if (r == 0)
        r = seed_all(&g);
    if (r < 0)
        return r;
    f->grid = w->grid = window_of(&g, params->walk_limit_m);
    r = alloc_field(ctx, params, f);
    if (r == 0)
        r = cut_ground(ctx, land, ground, (float)(3.6 / params->walk_kmh), w);
    if (r < 0)
        return r;
    put_seeds(&g, w, params, f);
    r = walk_from_seeds(ctx, &g, w, params, f);
    if (r < 0)
        return r;
    *ret = f;
    f = NULL;
    return 0;
}

/* ---- without a network */
static int check_room(struct qz_ctx *ctx, const struct qz_grid *g, bool with_sites) {
    char what[64];
    snprintf(what, sizeof what, "a field of %u x %u cells", g->n_columns, g->n_rows);
    double bytes = with_sites ? 9 : 5; /* a cell: time, site, and what waits at the front */
    return qz_memory_need(ctx, bytes * g->n_columns * g->n_rows, what, "give larger cells");
}

static int put_site(struct qz_ctx *ctx, const struct qz_surface *ground, struct qz_xy at,
                    uint32_t site, struct qz_field *f) {
    const struct qz_grid *g = &ground->grid;
    double c = floor((at.x_m - g->x0_m) / g->cell_m + 0.5),
           r = floor((at.y_m - g->y0_m) / g->cell_m + 0.5);
    if (!(c >= 0 && r >= 0 && c < g->n_columns && r < g->n_rows))
        return qz_fail(ctx, QZ_E_RANGE, "site %u at (%.0f, %.0f) lies outside the ground", site + 1,
                       at.x_m, at.y_m);
    size_t k = (size_t)r * g->n_columns + (size_t)c;
    if (isinf(ground->s_per_m[k]))
        return qz_fail(ctx, QZ_E_RANGE,
                       "site %u at (%.0f, %.0f) lies on a barrier: move it to where people pass",
                       site + 1, at.x_m, at.y_m);
    f->seconds[k] = 0;
    if (f->site && site < f->site[k])
        f->site[k] = site;
    return 0;
}

int qz_field_of_ground(struct qz_ctx *ctx, const struct qz_surface *ground,
                       const struct qz_xy *sites, size_t n, const struct qz_field_params *params,
                       uint32_t limit_ms, struct qz_field **ret) {
    qz_cleanup(qz_field_freep) struct qz_field *f = qz_calloc(1, sizeof *f);
    if (!f)
        return qz_fail_nomem(ctx);
    f->grid = ground->grid;
    int r = check_limit(ctx, limit_ms);
    if (r == 0)
        r = check_room(ctx, &f->grid, params->with_sites);
    if (r == 0)
        r = alloc_field(ctx, params, f);
    for (size_t i = 0; i < n && r == 0; i++)
        r = put_site(ctx, ground, sites[i], (uint32_t)i, f);
    struct qz_spread_params p = qz_spread_params_default;
    p.limit_s = (float)(limit_ms / 1000.0);
    if (r == 0)
        r = qz_spread(ctx, ground, &p, f->seconds, f->site);
    if (r < 0)
        return r;
    *ret = f;
    f = NULL;
    return 0;
}
