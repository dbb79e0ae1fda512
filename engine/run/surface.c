/* engine/run/surface.c - the tool that writes the ground. */
#include <glib.h>
#include <math.h>
#include <string.h>
#include "run/tool.h"

struct work {
    const struct qz_surface_params *params;
    struct qz_surface_report *report;
    struct qz_ground ground;
};

/* ---- what is given must make sense together, before any work */
static int check_arguments(struct qz_ctx *ctx, const struct qz_tool *t, const struct work *w,
                           const char *path) {
    const struct qz_ground_params *g = &w->params->ground;
    if (!g->cover && !g->friction && !g->dem && !w->params->roads)
        return qz_fail(ctx, QZ_E_RANGE,
                       "give the ground: land cover (--cover), friction (--friction), heights "
                       "(--dem) or roads (--roads)");
    if (!g_str_has_suffix(path, ".tif") && !g_str_has_suffix(path, ".tiff"))
        return qz_fail(ctx, QZ_E_RANGE, "%s: give the output a name that ends in .tif", path);
    return qz_raster_check(ctx, path, t->params->overwrite);
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
        r->n_passable += isfinite(s->s_per_m[i]);
}

static int make(struct qz_ctx *ctx, struct qz_tool *t, struct work *w) {
    int e = qz_ground_open(ctx, &w->ground);
    if (e == 0 && w->params->roads)
        e = get_roads(ctx, t, w);
    if (e == 0)
        e = qz_ground_make(ctx, &w->ground, t->params->crs, 4);
    if (e == 0 && w->params->roads)
        e = burn_roads(ctx, t, w->ground.surface);
    if (e < 0)
        return e;
    count_cells(w);
    return w->report->n_passable
               ? 0
               : qz_fail(ctx, QZ_E_DATA, "every cell of the ground is a barrier: nobody passes");
}

static int write_friction(struct qz_ctx *ctx, const struct qz_tool *t, const struct work *w,
                          const char *path) {
    const struct qz_raster_params raster = { .title = "seconds a metre",
                                             .unit = "s/m",
                                             .overwrite = t->params->overwrite };
    const struct qz_surface *s = w->ground.surface;
    return qz_raster_write(ctx, path, &raster, &s->grid, w->ground.crs, s->s_per_m);
}

static int work_surface(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    struct work w = { .params = c->surface, .report = c->surface_report };
    w.ground.params = &c->surface->ground;
    w.ground.issues = &t->issues;
    int e = check_arguments(ctx, t, &w, c->path);
    if (e == 0)
        e = make(ctx, t, &w);
    if (e == 0)
        e = write_friction(ctx, t, &w, c->path);
    qz_ground_done(&w.ground);
    return e;
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
