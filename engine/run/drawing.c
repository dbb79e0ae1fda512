/* engine/run/drawing.c - isochrones of any sites, as a single tool. */
#include <math.h>
#include <omp.h>
#include <string.h>
#include "io/writer.h"
#include "run/tool.h"

const struct qz_drawing_params qz_drawing_params_default = {
    .n_bands = 5,
    .band_ms = { 300000, 600000, 900000, 1200000, 1800000 },
    .walk_limit_m = 1000,
    .simplify_m = -1,
    .min_island_m2 = 40000,
    .min_hole_m2 = 40000,
};

/* What one thread draws with; its results until they are written. */
struct drawn {
    struct qz_shapes bands;
    double people[QZ_DRAWING_BANDS];
};
struct artist {
    struct qz_ctx *ctx;
    struct qz_search *search;
    struct qz_links links;
};
struct drawing {
    struct qz_tool *tool;
    const struct qz_drawing_params *params;
    struct qz_field_params field;
    struct qz_isochrone_params isochrone;
    struct qz_ground ground; /* surface NULL: none given */
    struct qz_land *land;    /* NULL: over the ground alone */
    uint32_t *site;          /* of those that can be drawn, its number in the file */
    size_t n_sites;
    struct qz_origins *origins; /* people; NULL: nobody is counted */
    struct artist *artists;
    size_t n_artists;
    struct qz_writer *writer;
};

static void drawing_done(struct drawing *d) {
    for (size_t i = 0; d->artists && i < d->n_artists; i++) {
        qz_links_done(&d->artists[i].links);
        qz_search_free(d->artists[i].search);
        qz_ctx_free(d->artists[i].ctx);
    }
    free(d->artists);
    free(d->site);
    qz_ground_done(&d->ground);
    qz_origins_free(d->origins);
    qz_land_free(d->land);
    qz_writer_abandon(d->writer);
}

/* ---- parameters and output, refused before any work */
static int check_params(struct qz_ctx *ctx, const struct qz_drawing_params *p) {
    if (p->n_bands < 1 || p->n_bands > QZ_DRAWING_BANDS)
        return qz_fail(ctx, QZ_E_RANGE, "give 1 to %d bands", QZ_DRAWING_BANDS);
    for (size_t i = 0; i < p->n_bands; i++)
        if (p->band_ms[i] <= (i ? p->band_ms[i - 1] : 0))
            return qz_fail(ctx, QZ_E_RANGE, "bands must rise from above 0");
    if (p->ground.cell_m != 0 && !(p->ground.cell_m >= 1 && p->ground.cell_m <= 1e4))
        return qz_fail(ctx, QZ_E_RANGE, "cells of %g m: give 1 to 10 000", p->ground.cell_m);
    if (!(p->ground.walk_kmh >= 0 && p->walk_limit_m >= 0 && !isnan(p->simplify_m) &&
          p->min_island_m2 >= 0 && p->min_hole_m2 >= 0))
        return qz_fail(ctx, QZ_E_RANGE, "a speed, a distance or an area is not a number above 0");
    return 0;
}

static bool has_ground(const struct qz_drawing_params *p) {
    return p->ground.cover || p->ground.friction || p->ground.dem;
}

/* Barriers alone lie on the plain ground about the roads. */
static int plain_ground(struct qz_ctx *ctx, struct drawing *d) {
    static const double usual_cell_m = 100, around_cells = 3;
    const struct qz_network *net = d->tool->network;
    const struct qz_ground_params *p = &d->params->ground;
    double cell_m = p->cell_m > 0 ? p->cell_m : usual_cell_m,
           around_m = d->params->walk_limit_m + around_cells * cell_m;
    struct qz_box box = qz_box_empty;
    for (size_t k = 0; k < net->n_points; k++)
        qz_box_add(&box, net->points[k]);
    box = (struct qz_box) { box.min_x_m - around_m, box.min_y_m - around_m, box.max_x_m + around_m,
                            box.max_y_m + around_m };
    d->ground.grid = qz_grid_over(&box, cell_m);
    return qz_crs_open(ctx, qz_crs_wkt(d->tool->crs), &d->ground.crs);
}

static bool format_of(const char *path, enum qz_format *ret) {
    static const struct {
        const char *end;
        enum qz_format format;
    } known[] = { { ".gpkg", QZ_GPKG },
                  { ".shp", QZ_SHAPEFILE },
                  { ".geojson", QZ_GEOJSON },
                  { ".json", QZ_GEOJSON } };
    size_t n = strlen(path);
    for (size_t i = 0; i < COUNT(known); i++) {
        size_t end = strlen(known[i].end);
        if (n > end && qz_equal_nocase(path + n - end, known[i].end)) {
            *ret = known[i].format;
            return true;
        }
    }
    return false;
}

static int check_output(struct qz_ctx *ctx, const char *path, bool overwrite) {
    enum qz_format format;
    if (!format_of(path, &format))
        return qz_fail(ctx, QZ_E_RANGE,
                       "%s: give the output a name that ends in .gpkg, .shp or .geojson", path);
    return qz_writer_check(ctx, path, overwrite);
}

/* ---- the ground: its system and its cells are those of all, so it is opened first */
static int open_ground(struct qz_ctx *ctx, struct drawing *d) {
    struct qz_tool *t = d->tool;
    d->ground.params = &d->params->ground;
    d->ground.issues = &t->issues;
    int e = has_ground(d->params) ? qz_ground_open(ctx, &d->ground) : 0;
    return e < 0 || !d->ground.crs ? e : qz_crs_open(ctx, qz_crs_wkt(d->ground.crs), &t->crs);
}

static int make_ground(struct qz_ctx *ctx, struct drawing *d) {
    static const double usual_cell_m = 100, usual_walk_kmh = 5, field_bytes = 12;
    const struct qz_ground_params *p = &d->params->ground;
    int e = p->n_barriers && !d->ground.crs ? plain_ground(ctx, d) : 0;
    if (e < 0)
        return e;
    e = d->ground.crs ? qz_ground_make(ctx, &d->ground, d->tool->params->crs, field_bytes) : 0;
    double cell_m = d->ground.crs   ? d->ground.grid.cell_m
                    : p->cell_m > 0 ? p->cell_m
                                    : usual_cell_m;
    d->field = (struct qz_field_params) { .cell_m = cell_m,
                                          .walk_kmh = p->walk_kmh > 0 ? p->walk_kmh
                                                                      : usual_walk_kmh,
                                          .walk_limit_m = d->params->walk_limit_m };
    d->isochrone.simplify_m = d->params->simplify_m < 0 ? cell_m / 2 : d->params->simplify_m;
    return e;
}

/* ---- where people walk: the territory, else anywhere about the roads */
static int land_about_roads(struct qz_ctx *ctx, struct drawing *d) {
    const struct qz_network *net = d->tool->network;
    struct qz_box box = qz_box_empty;
    for (size_t k = 0; k < net->n_points; k++)
        qz_box_add(&box, net->points[k]);
    double margin_m = d->params->walk_limit_m;
    struct qz_xy corners[5] = {
        { box.min_x_m - margin_m, box.min_y_m - margin_m },
        { box.max_x_m + margin_m, box.min_y_m - margin_m },
        { box.max_x_m + margin_m, box.max_y_m + margin_m },
        { box.min_x_m - margin_m, box.max_y_m + margin_m },
        { box.min_x_m - margin_m, box.min_y_m - margin_m },
    };
    uint32_t one[2] = { 0, 1 }, points[2] = { 0, COUNT(corners) };
    const struct qz_shapes around = { .n = 1,
                                      .n_polys = 1,
                                      .n_rings = 1,
                                      .n_points = COUNT(corners),
                                      .shape_poly = one,
                                      .poly_ring = one,
                                      .ring_point = points,
                                      .points = corners };
    return qz_run_land_of(ctx, &around, d->field.cell_m, d->ground.surface, &d->land);
}

/* Over the ground alone nobody passes outside the territory. */
static int close_outside(struct qz_ctx *ctx, struct drawing *d, const struct qz_shapes *territory) {
    struct qz_surface *s = d->ground.surface;
    size_t n = (size_t)s->grid.n_columns * s->grid.n_rows;
    qz_cleanup(qz_freep) uint8_t *inside = qz_calloc(n, 1);
    if (!inside)
        return qz_fail_nomem(ctx);
    int e = qz_shapes_burn(ctx, territory, &s->grid, inside);
    for (size_t i = 0; i < n && e == 0; i++)
        s->s_per_m[i] = inside[i] ? s->s_per_m[i] : INFINITY;
    return e;
}

static int find_land(struct qz_ctx *ctx, struct drawing *d) {
    struct qz_input_report report;
    qz_cleanup(qz_shapes_freep) struct qz_shapes *territory = NULL;
    bool by_road = d->tool->network;
    if (!d->params->territory)
        return by_road ? land_about_roads(ctx, d) : 0;
    const struct qz_input in = { .file = d->params->territory, .crs = d->tool->params->crs };
    int e = qz_areas_read(ctx, &in, d->tool->crs, &d->tool->issues, &report, &territory);
    if (e < 0)
        return e;
    return by_road ? qz_run_land_of(ctx, territory, d->field.cell_m, d->ground.surface, &d->land)
                   : close_outside(ctx, d, territory);
}

/* ---- sites and people */
/* By road every site has its place in the output, reached or not; over the ground alone one that
 * stands on a barrier is rejected. */
static int find_sites(struct qz_ctx *ctx, struct drawing *d, const char *file) {
    struct qz_tool *t = d->tool;
    int e = t->network ? qz_tool_get_stops(ctx, t, file, QZ_TOOL_SITES, NULL)
                       : qz_tool_get_places(ctx, t, file, QZ_TOOL_SITES, t->crs, NULL);
    if (e < 0)
        return e;
    t->report->n_sites = t->places[QZ_TOOL_SITES]->n;
    d->site = qz_malloc(t->report->n_sites, sizeof *d->site);
    if (!d->site)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < t->report->n_sites && e >= 0; i++) {
        e = t->network ? 1 : qz_tool_site_on_ground(ctx, t, d->ground.surface, file, i);
        if (e == 1)
            d->site[d->n_sites++] = (uint32_t)i;
    }
    if (e >= 0 && d->n_sites == 0)
        e = qz_fail(ctx, QZ_E_DATA,
                    "%s: none of its %zu sites lies on passable ground: check their place and "
                    "system",
                    file, t->report->n_sites);
    return e < 0 ? e : 0;
}

static int find_people(struct qz_ctx *ctx, struct drawing *d) {
    struct qz_tool *t = d->tool;
    if (!d->params->people)
        return 0;
    const char *column = d->params->people_column ? d->params->people_column : "";
    int e = t->network
                ? qz_tool_get_stops(ctx, t, d->params->people, QZ_TOOL_ORIGINS, column)
                : qz_tool_get_places(ctx, t, d->params->people, QZ_TOOL_ORIGINS, t->crs, column);
    if (e < 0)
        return e;
    t->report->n_origins = t->places[QZ_TOOL_ORIGINS]->n;
    return !t->network ? 0
                       : qz_origins_new(ctx, t->network, t->stops[QZ_TOOL_ORIGINS],
                                        t->report->n_origins, &d->origins);
}

static int hire(struct qz_ctx *ctx, struct drawing *d, size_t n) {
    d->artists = qz_calloc(n, sizeof *d->artists);
    if (!d->artists)
        return qz_fail_nomem(ctx);
    d->n_artists = n;
    for (size_t i = 0; i < n; i++) {
        int e = qz_ctx_child(ctx, &d->artists[i].ctx);
        if (e == 0 && d->tool->network)
            e = qz_search_new(ctx, d->tool->network, &d->artists[i].search);
        if (e < 0)
            return qz_fail_nomem(ctx);
    }
    return 0;
}

/* ---- drawing */
static void count_people(const struct drawing *d, double people, uint32_t ms, struct drawn *out) {
    for (size_t b = 0; b < d->params->n_bands; b++)
        if (ms <= d->params->band_ms[b])
            out->people[b] += people;
}

/* By their own times, never by the drawing. */
static int count_one_site(struct artist *a, const struct drawing *d, const struct qz_stop *site,
                          struct drawn *out) {
    a->links.n = 0;
    int e = qz_search_links(a->ctx, a->search, d->origins, site, 0,
                            d->params->band_ms[d->params->n_bands - 1], &a->links);
    for (size_t i = 0; i < a->links.n && e == 0; i++)
        count_people(d, d->tool->places[QZ_TOOL_ORIGINS]->people[a->links.items[i].origin],
                     a->links.items[i].time_ms, out);
    return e;
}

static void count_all_sites(const struct artist *a, const struct drawing *d, struct drawn *out) {
    for (size_t i = 0; i < d->tool->places[QZ_TOOL_ORIGINS]->n; i++)
        count_people(d, d->tool->places[QZ_TOOL_ORIGINS]->people[i],
                     qz_search_origin_ms(a->search, &d->tool->stops[QZ_TOOL_ORIGINS][i], NULL),
                     out);
}

static int field_by_road(struct artist *a, const struct drawing *d, const struct qz_stop *sites,
                         size_t n, struct drawn *out, struct qz_field **ret) {
    const struct qz_drawing_params *p = d->params;
    uint32_t limit_ms = p->band_ms[p->n_bands - 1];
    int e = d->origins && !p->merge ? count_one_site(a, d, sites, out) : 0;
    if (e == 0)
        e = qz_search_towards(a->ctx, a->search, sites, n, limit_ms);
    if (e == 0 && d->origins && p->merge)
        count_all_sites(a, d, out);
    return e < 0 ? e
                 : qz_field_new(a->ctx, a->search, d->land, d->ground.surface, &d->field, limit_ms,
                                ret);
}

/* People are where their cell is. */
static void count_on_field(const struct drawing *d, const struct qz_field *f, struct drawn *out) {
    const struct qz_places *people = d->tool->places[QZ_TOOL_ORIGINS];
    for (size_t i = 0; d->params->people && i < people->n; i++) {
        size_t cell = qz_surface_cell(&f->grid, people->at[i]);
        if (cell != SIZE_MAX && isfinite(f->seconds[cell]))
            count_people(d, people->people[i], (uint32_t)ceil((double)f->seconds[cell] * 1000),
                         out);
    }
}

static int field_over_ground(struct artist *a, const struct drawing *d, const struct qz_xy *sites,
                             size_t n, struct drawn *out, struct qz_field **ret) {
    const struct qz_drawing_params *p = d->params;
    int e = qz_field_of_ground(a->ctx, d->ground.surface, sites, n, &d->field,
                               p->band_ms[p->n_bands - 1], ret);
    if (e == 0)
        count_on_field(d, *ret, out);
    return e;
}

/* Of n sites, the k-th of those that can be drawn and after. */
static int draw(struct artist *a, const struct drawing *d, size_t k, size_t n, struct drawn *out) {
    const struct qz_drawing_params *p = d->params;
    const struct qz_tool *t = d->tool;
    qz_cleanup(qz_field_freep) struct qz_field *field = NULL;
    qz_cleanup(qz_freep) struct qz_xy *at = qz_malloc(n, sizeof *at);
    if (!at)
        return qz_fail_nomem(a->ctx);
    for (size_t i = 0; i < n; i++)
        at[i] = t->places[QZ_TOOL_SITES]->at[d->site[k + i]];
    int e = t->network ? field_by_road(a, d, &t->stops[QZ_TOOL_SITES][d->site[k]], n, out, &field)
                       : field_over_ground(a, d, at, n, out, &field);
    return e < 0 ? e
                 : qz_isochrone_bands(a->ctx, field, &d->isochrone, p->band_ms, p->n_bands,
                                      &out->bands);
}

/* ---- the table */
enum { SITE, BAND, AREA, PEOPLE, N_COLUMNS };
static const struct qz_column columns[N_COLUMNS] = {
    { "site_id", QZ_TEXT, 0 },
    { "band_min", QZ_REAL, 2 },
    { "area_km2", QZ_REAL, 3 },
    { "people", QZ_REAL, 1 },
};

static int open_output(struct qz_ctx *ctx, struct drawing *d, const char *path) {
    struct qz_writer_params params = { QZ_GPKG, d->tool->params->overwrite, "1970-01-01" };
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    qz_cleanup(qz_freep) char *base = qz_strndup(name, (size_t)(strrchr(name, '.') - name));
    size_t first = d->params->merge ? BAND : SITE, n = d->params->people ? N_COLUMNS : PEOPLE;
    if (!base)
        return qz_fail_nomem(ctx);
    format_of(path, &params.format);
    int e = qz_writer_open(ctx, path, &params, &d->writer);
    return e < 0 ? e
                 : qz_writer_layer(ctx, d->writer, params.format == QZ_GPKG ? "isochrones" : base,
                                   "Isochrones",
                                   "From where a site is reached in the given time; each band "
                                   "covers the shorter ones",
                                   QZ_GEOM_AREA, d->tool->crs, columns + first, n - first);
}

static int write_bands(struct qz_ctx *ctx, struct drawing *d, size_t site,
                       const struct drawn *drawn) {
    struct qz_writer *w = d->writer;
    size_t first = d->params->merge ? BAND : SITE;
    int e = 0;
    for (size_t b = 0; b < d->params->n_bands && e == 0; b++) {
        if (drawn->bands.shape_poly[b] == drawn->bands.shape_poly[b + 1])
            continue; /* nothing is reached */
        if (!d->params->merge)
            qz_writer_text(w, SITE, d->tool->places[QZ_TOOL_SITES]->id[site]);
        qz_writer_real(w, BAND - first, d->params->band_ms[b] / 60000.0);
        qz_writer_real(w, AREA - first, qz_shape_area_m2(&drawn->bands, b) / 1e6);
        if (d->params->people)
            qz_writer_real(w, PEOPLE - first, drawn->people[b]);
        e = qz_writer_shape(ctx, w, &drawn->bands, b);
        if (e == 0)
            e = qz_writer_row(ctx, w);
        d->tool->report->n_rows++;
    }
    return e;
}

/* ---- sites by batches: drawn on all threads, written in their order */
enum { BATCH = 64 };

static int draw_batch(struct qz_ctx *ctx, struct drawing *d, size_t from, size_t n,
                      struct drawn *out) {
    int failed = 0;
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)d->n_artists)
    for (size_t i = 0; i < n; i++) {
        int stop;
#pragma omp atomic read
        stop = failed;
        if (stop)
            continue;
        struct artist *a = &d->artists[omp_get_thread_num()];
        int e = draw(a, d, from + i, 1, &out[i]);
        if (e < 0) {
#pragma omp critical
            if (!failed)
                failed = qz_fail_from(ctx, a->ctx, e);
        }
    }
    return failed;
}

static int draw_sites(struct qz_ctx *ctx, struct drawing *d) {
    qz_cleanup(qz_freep) struct drawn *out = qz_calloc(BATCH, sizeof *out);
    size_t n_sites = d->n_sites;
    int e = out ? 0 : qz_fail_nomem(ctx);
    for (size_t from = 0; from < n_sites && e == 0; from += BATCH) {
        size_t n = n_sites - from < BATCH ? n_sites - from : BATCH;
        e = draw_batch(ctx, d, from, n, out);
        for (size_t i = 0; i < n; i++) {
            if (e == 0)
                e = write_bands(ctx, d, d->site[from + i], &out[i]);
            qz_shapes_done(&out[i].bands);
            out[i] = (struct drawn) { 0 };
        }
        if (e == 0)
            e = qz_progress(ctx, 0.7 + 0.3 * (double)(from + n) / (double)n_sites, "isochrones");
    }
    return e;
}

static int draw_merged(struct qz_ctx *ctx, struct drawing *d) {
    struct drawn out = { 0 };
    int e = draw(&d->artists[0], d, 0, d->n_sites, &out);
    e = e < 0 ? qz_fail_from(ctx, d->artists[0].ctx, e) : write_bands(ctx, d, 0, &out);
    qz_shapes_done(&out.bands);
    return e;
}

/* ---- the whole */
static int get_roads(struct qz_ctx *ctx, struct drawing *d, const char *roads) {
    int e = qz_tool_get_network(ctx, d->tool, roads);
    return e < 0 ? e : qz_network_verify(ctx, d->tool->network); /* threads read all over it */
}

static int work(struct qz_ctx *ctx, struct drawing *d, const struct qz_tool_call *c) {
    int e = open_ground(ctx, d);
    if (e == 0 && c->roads)
        e = get_roads(ctx, d, c->roads);
    if (e == 0)
        e = make_ground(ctx, d);
    if (e == 0)
        e = find_land(ctx, d);
    if (e == 0)
        e = find_sites(ctx, d, c->sites);
    if (e == 0)
        e = find_people(ctx, d);
    if (e == 0)
        e = hire(ctx, d, c->drawing->merge ? 1 : (size_t)qz_ctx_threads(ctx));
    if (e == 0)
        e = qz_progress(ctx, 0.7, "isochrones");
    if (e == 0)
        e = open_output(ctx, d, c->path);
    if (e < 0)
        return e;
    return c->drawing->merge ? draw_merged(ctx, d) : draw_sites(ctx, d);
}

static int work_drawing(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    const struct qz_drawing_params *p = c->drawing;
    struct drawing d = { .tool = t,
                         .params = p,
                         .isochrone = { .min_island_m2 = p->min_island_m2,
                                        .min_hole_m2 = p->min_hole_m2 } };
    int e = check_params(ctx, p);
    if (e == 0 && !c->roads && !has_ground(p))
        e = qz_fail(ctx, QZ_E_RANGE,
                    "give roads, or the ground: land cover (--cover), friction (--friction) or "
                    "heights (--dem)");
    if (e == 0)
        e = check_output(ctx, c->path, t->params->overwrite);
    const char *const inputs[] = { p->territory, p->people, p->ground.cover, p->ground.friction,
                                   p->ground.dem };
    for (size_t i = 0; i < COUNT(inputs) && e == 0; i++)
        e = qz_run_not_input(ctx, c->path, inputs[i]);
    for (size_t i = 0; i < p->ground.n_barriers && e == 0; i++)
        e = qz_run_not_input(ctx, c->path, p->ground.barriers[i]);
    if (e == 0)
        e = work(ctx, &d, c);
    if (e == 0) {
        struct qz_writer *given = d.writer;
        d.writer = NULL;
        e = qz_writer_publish(ctx, given);
    }
    drawing_done(&d);
    return e;
}

int qz_tool_isochrone(struct qz_ctx *ctx, const struct qz_tool_params *params,
                      const struct qz_drawing_params *drawing, const char *roads, const char *sites,
                      const char *path, struct qz_tool_report *report) {
    const struct qz_tool_call c = {
        .work = work_drawing, .roads = roads, .sites = sites, .path = path, .drawing = drawing
    };
    return qz_tool_do(ctx, params, report, &c);
}
