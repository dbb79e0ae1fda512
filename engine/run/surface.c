/* engine/run/surface.c - the tool that writes the ground, or the times over it. */
#include <glib.h>
#include <math.h>
#include <string.h>
#include "run/tool.h"
#include "travel/travel.h"

struct work {
    const struct qz_surface_params *params;
    struct qz_surface_report *report;
    struct qz_ground ground;
    float *seconds;
    uint32_t *site; /* of each cell; NULL: nobody asks */
};

static void work_done(struct work *w) {
    qz_ground_done(&w->ground);
    free(w->seconds);
    free(w->site);
}

/* ---- what is given must make sense together, before any work */
static int check_output(struct qz_ctx *ctx, const struct qz_tool *t, const char *path) {
    if (!g_str_has_suffix(path, ".tif") && !g_str_has_suffix(path, ".tiff"))
        return qz_fail(ctx, QZ_E_RANGE, "%s: give the output a name that ends in .tif", path);
    return qz_raster_check(ctx, path, t->params->overwrite);
}

static int check_arguments(struct qz_ctx *ctx, const struct qz_tool *t, const struct work *w,
                           const char *path) {
    const char *allocation = w->params->allocation;
    const struct qz_ground_params *g = &w->params->ground;
    if (!g->cover && !g->friction && !g->dem && !w->params->roads)
        return qz_fail(ctx, QZ_E_RANGE,
                       "give the ground: land cover (--cover), friction (--friction), heights "
                       "(--dem) or roads (--roads)");
    if (allocation && strcmp(allocation, path) == 0)
        return qz_fail(ctx, QZ_E_RANGE, "%s: is both the output and the allocation", path);
    const char *const inputs[] = { g->cover, g->friction, g->dem, w->params->roads,
                                   w->params->sites };
    int e = check_output(ctx, t, path);
    for (size_t i = 0; i < COUNT(inputs) && e == 0; i++)
        e = qz_run_not_input(ctx, path, inputs[i]);
    return e < 0 || !allocation ? e : check_output(ctx, t, allocation);
}

/* ---- roads: each edge at the time it takes, so that the grid and the network agree */
static float s_per_m_of(const struct qz_network *net, uint32_t edge) {
    const struct qz_edge *e = &net->edges[edge];
    uint32_t ms = e->ms_forward < e->ms_backward ? e->ms_forward : e->ms_backward;
    double drawn_m = 0;
    for (uint32_t k = e->first_point + 1; k < e[1].first_point; k++)
        drawn_m += qz_distance_m(net->points[k - 1], net->points[k]);
    return ms == QZ_CLOSED_WAY || !(drawn_m > 0) ? INFINITY : (float)(fmax(ms, 1) / 1000 / drawn_m);
}

static int burn_roads(struct qz_ctx *ctx, const struct qz_tool *t, struct qz_surface *s) {
    const struct qz_network *net = t->network;
    int e = qz_network_verify(ctx, net);
    for (uint32_t i = 0; i < net->n_edges && e == 0; i++) {
        float s_per_m = s_per_m_of(net, i);
        if (isfinite(s_per_m))
            qz_surface_road(s, net->points + net->edges[i].first_point,
                            net->edges[i + 1].first_point - net->edges[i].first_point, s_per_m);
    }
    return e;
}

/* No raster gives the grid: the roads do, with a kilometre around. */
static int grid_of_roads(struct qz_ctx *ctx, const struct qz_tool *t, struct qz_ground *g) {
    static const double around_m = 1000, usual_cell_m = 100;
    struct qz_box box = qz_box_empty;
    int e = qz_network_verify(ctx, t->network);
    for (size_t k = 0; k < t->network->n_points && e == 0; k++)
        qz_box_add(&box, t->network->points[k]);
    if (e < 0)
        return e;
    box = (struct qz_box) { box.min_x_m - around_m, box.min_y_m - around_m, box.max_x_m + around_m,
                            box.max_y_m + around_m };
    double cell_m = g->params->cell_m > 0 ? g->params->cell_m : usual_cell_m;
    double cells = ((box.max_x_m - box.min_x_m) / cell_m + 2) *
                   ((box.max_y_m - box.min_y_m) / cell_m + 2);
    if (cells > UINT32_MAX - 1.0)
        return qz_fail(ctx, QZ_E_RANGE,
                       "a grid of %.10g m over the roads has %.3g cells, over 2^32: give a larger "
                       "cell_m (--cell-m)",
                       cell_m, cells);
    g->grid = qz_grid_over(&box, cell_m);
    return qz_crs_open(ctx, qz_crs_wkt(t->crs), &g->crs);
}

static int get_roads(struct qz_ctx *ctx, struct qz_tool *t, struct work *w) {
    struct qz_ground *g = &w->ground;
    int e = g->crs ? qz_crs_open(ctx, qz_crs_wkt(g->crs), &t->crs) : 0;
    if (e == 0)
        e = qz_tool_get_network(ctx, t, w->params->roads);
    return e < 0 || g->grid.n_columns ? e : grid_of_roads(ctx, t, g);
}

static void count_cells(const struct work *w) {
    const struct qz_surface *s = w->ground.surface;
    struct qz_surface_report *r = w->report;
    r->n_columns = s->grid.n_columns;
    r->n_rows = s->grid.n_rows;
    r->cell_m = s->grid.cell_m;
    r->n_unknown = w->ground.n_unknown;
    r->n_filled = w->ground.n_filled;
    for (size_t i = 0; i < r->n_columns * r->n_rows; i++)
        r->n_passable += isfinite(s->s_per_m[i]) != 0;
}

/* A cell of what comes after the ground: times, sites, the search's front; the output's copy. */
static double bytes_of(const struct qz_surface_params *p) {
    return (p->sites ? 4 + 8 : 0) + (p->allocation ? 4 : 0) + 4;
}

static int make_ground(struct qz_ctx *ctx, struct qz_tool *t, struct work *w) {
    int e = qz_ground_open(ctx, &w->ground);
    if (e == 0 && w->params->roads)
        e = get_roads(ctx, t, w);
    if (e == 0)
        e = qz_ground_make(ctx, &w->ground, t->params->crs, bytes_of(w->params));
    if (e == 0 && w->params->roads)
        e = burn_roads(ctx, t, w->ground.surface);
    if (e < 0)
        return e;
    count_cells(w);
    return w->report->n_passable
               ? 0
               : qz_fail(ctx, QZ_E_DATA, "every cell of the ground is a barrier: nobody passes");
}

/* ---- times: each site is a seed of the cell it lies in; of two in a cell the first counts */
int qz_tool_site_on_ground(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_surface *ground,
                           const char *file, size_t i) {
    const struct qz_places *p = t->places[QZ_TOOL_SITES];
    size_t cell = qz_surface_cell(&ground->grid, p->at[i]);
    bool outside = cell == SIZE_MAX;
    if (!outside && isfinite(ground->s_per_m[cell]))
        return 1;
    g_autofree char *source = g_path_get_basename(file);
    return qz_issue_add(ctx, &t->issues, QZ_SEVERITY_REJECT, source, p->row[i], &p->at[i],
                        outside ? "outside" : "on_barrier",
                        outside ? "site '%s' lies outside the grid: it is left out"
                                : "site '%s' lies where nobody passes (water, no data, a "
                                  "barrier): it is left out; move it, or give the roads",
                        p->id[i]);
}

static int place_sites(struct qz_ctx *ctx, struct qz_tool *t, struct work *w) {
    const struct qz_surface *s = w->ground.surface;
    const struct qz_places *p = t->places[QZ_TOOL_SITES];
    int e = 0;
    for (size_t i = 0; i < p->n && e >= 0; i++) {
        e = qz_tool_site_on_ground(ctx, t, s, w->params->sites, i);
        if (e <= 0)
            continue;
        size_t cell = qz_surface_cell(&s->grid, p->at[i]);
        w->report->n_sites++;
        if (w->site && w->seconds[cell] > 0)
            w->site[cell] = (uint32_t)i;
        w->seconds[cell] = 0;
    }
    if (e >= 0 && w->report->n_sites == 0)
        e = qz_fail(ctx, QZ_E_DATA,
                    "%s: none of its %zu sites lies on passable ground: check their place and "
                    "system",
                    w->params->sites, p->n);
    return e < 0 ? e : 0;
}

static int warn_of_slopes(struct qz_ctx *ctx, struct qz_tool *t) {
    return qz_issue_add(ctx, &t->issues, QZ_SEVERITY_WARNING, "surface", 0, NULL, "slope_on_roads",
                        "slopes slow down the roads as if people walked on them: leave --dem out "
                        "where they drive");
}

static int find_times(struct qz_ctx *ctx, struct qz_tool *t, struct work *w) {
    struct qz_spread_params params = qz_spread_params_default;
    size_t n = w->report->n_columns * w->report->n_rows;
    w->seconds = qz_malloc_wide(n, sizeof *w->seconds);
    w->site = w->params->allocation ? qz_malloc(n, sizeof *w->site) : NULL;
    if (!w->seconds || (w->params->allocation && !w->site))
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        w->seconds[i] = INFINITY;
    int e = w->params->roads && w->ground.surface->height_m ? warn_of_slopes(ctx, t) : 0;
    if (e == 0)
        e = place_sites(ctx, t, w);
    if (w->params->limit_ms)
        params.limit_s = (float)(w->params->limit_ms / 1000.0);
    if (w->params->moves)
        params.moves = w->params->moves;
    if (e == 0)
        e = qz_spread(ctx, w->ground.surface, &params, w->seconds, w->site);
    for (size_t i = 0; i < n && e == 0; i++)
        w->report->n_reached += isfinite(w->seconds[i]) != 0;
    return e;
}

/* ---- out */
static int write_band(struct qz_ctx *ctx, const struct qz_tool *t, const struct work *w,
                      const char *path, const char *title, const char *unit, const float *values) {
    const struct qz_raster_params raster = { title, unit, !unit, t->params->overwrite };
    return qz_raster_write(ctx, path, &raster, &w->ground.grid, w->ground.crs, values);
}

/* Over the times, which are written by then: a float holds every row number to 16 million. */
static int write_allocation(struct qz_ctx *ctx, const struct qz_tool *t, const struct work *w) {
    const struct qz_places *p = t->places[QZ_TOOL_SITES];
    size_t n = w->report->n_columns * w->report->n_rows;
    for (size_t i = 0; i < n; i++)
        w->seconds[i] = w->site[i] == QZ_NO_SITE ? 0 : (float)p->row[w->site[i]];
    return write_band(ctx, t, w, w->params->allocation, "row of the nearest site", NULL,
                      w->seconds);
}

static int write_times(struct qz_ctx *ctx, struct qz_tool *t, struct work *w, const char *path) {
    int e = find_times(ctx, t, w);
    if (e == 0)
        e = write_band(ctx, t, w, path, "seconds to the nearest site", "s", w->seconds);
    return e < 0 || !w->site ? e : write_allocation(ctx, t, w);
}

static int work_surface(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    qz_cleanup(work_done) struct work w = { .params = c->surface, .report = c->surface_report };
    w.ground.params = &c->surface->ground;
    w.ground.issues = &t->issues;
    int e = check_arguments(ctx, t, &w, c->path);
    if (e == 0)
        e = make_ground(ctx, t, &w);
    if (e == 0 && c->surface->sites)
        e = qz_tool_get_places(ctx, t, c->surface->sites, QZ_TOOL_SITES, w.ground.crs, NULL);
    if (e < 0)
        return e;
    return c->surface->sites ? write_times(ctx, t, &w, c->path)
                             : write_band(ctx, t, &w, c->path, "seconds a metre", "s/m",
                                          w.ground.surface->s_per_m);
}

int qz_tool_surface(struct qz_ctx *ctx, const struct qz_tool_params *params,
                    const struct qz_surface_params *surface, const char *path,
                    struct qz_surface_report *report) {
    struct qz_tool_report tool;
    const struct qz_tool_call c = {
        .work = work_surface, .path = path, .surface = surface, .surface_report = report
    };
    *report = (struct qz_surface_report) { 0 };
    int e = qz_tool_do(ctx, params, &tool, &c);
    report->n_rejects = tool.n_rejects;
    report->n_warnings = tool.n_warnings;
    return e;
}
