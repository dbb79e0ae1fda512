/* engine/run/ground.c - the ground from files: land cover, friction, heights, barriers. */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "run/run.h"

void qz_ground_done(struct qz_ground *g) {
    qz_raster_free(g->cover);
    qz_raster_free(g->friction);
    qz_raster_free(g->dem);
    qz_surface_free(g->surface);
    qz_crs_free(g->crs);
    *g = (struct qz_ground) { 0 };
}

/* ---- systems and grids, before anything is read */
static bool same_system(const struct qz_crs *a, const struct qz_crs *b) {
    return qz_crs_epsg(a) ? qz_crs_epsg(a) == qz_crs_epsg(b)
                          : strcmp(qz_crs_wkt(a), qz_crs_wkt(b)) == 0;
}

static int settle_system(struct qz_ctx *ctx, struct qz_ground *g, const char *path,
                         const struct qz_raster *r) {
    if (!g->crs)
        return qz_crs_open(ctx, qz_crs_wkt(qz_raster_crs(r)), &g->crs);
    if (same_system(g->crs, qz_raster_crs(r)))
        return 0;
    return qz_fail(ctx, QZ_E_CRS,
                   "%s: lies in '%s', the others in '%s'; bring it there, for example 'gdalwarp "
                   "-t_srs EPSG:%d -tr %.10g %.10g %s same_system.tif'",
                   path, qz_crs_name(qz_raster_crs(r)), qz_crs_name(g->crs), qz_crs_epsg(g->crs),
                   g->grid.cell_m > 0 ? g->grid.cell_m : 100,
                   g->grid.cell_m > 0 ? g->grid.cell_m : 100, path);
}

/* A second raster of the ground must have the cells of the first. */
static int settle_grid(struct qz_ctx *ctx, struct qz_ground *g, const char *path,
                       const struct qz_raster *r) {
    struct qz_grid own, *grid = &g->grid;
    int e = qz_raster_grid(ctx, r, &own);
    if (e < 0 || !grid->n_columns) {
        *grid = e < 0 ? *grid : own;
        return e;
    }
    if (qz_surface_aligned(grid, &own))
        return 0;
    double half = grid->cell_m / 2, left = grid->x0_m - half, low = grid->y0_m - half;
    return qz_fail(
        ctx, QZ_E_DATA,
        "%s: its cells (%u x %u of %.10g m) are not those of %s (%u x %u of %.10g m); bring them "
        "there, for example 'gdalwarp -te %.10g %.10g %.10g %.10g -tr %.10g %.10g %s aligned.tif'",
        path, own.n_columns, own.n_rows, own.cell_m, g->params->cover, grid->n_columns,
        grid->n_rows, grid->cell_m, left, low, left + grid->n_columns * grid->cell_m,
        low + grid->n_rows * grid->cell_m, grid->cell_m, grid->cell_m, path);
}

static int open_ground_raster(struct qz_ctx *ctx, struct qz_ground *g, const char *path,
                              struct qz_raster **ret) {
    int e = path ? qz_raster_open(ctx, path, ret) : 0;
    if (e == 0 && path)
        e = settle_system(ctx, g, path, *ret);
    return e < 0 || !path ? e : settle_grid(ctx, g, path, *ret);
}

/* Heights may lie in any system in metres, on any cells; alone they give the grid. */
static int open_heights(struct qz_ctx *ctx, struct qz_ground *g) {
    struct qz_grid own;
    if (!g->params->dem)
        return 0;
    int e = qz_raster_open(ctx, g->params->dem, &g->dem);
    if (e == 0)
        e = qz_raster_grid(ctx, g->dem, &own);
    if (e < 0 || g->grid.n_columns)
        return e;
    e = settle_system(ctx, g, g->params->dem, g->dem);
    double cell_m = g->params->cell_m > 0 ? g->params->cell_m : own.cell_m,
           in_m = cell_m / 2 - own.cell_m / 2; /* the whole cells from the lower left corner */
    double columns = floor(own.n_columns * own.cell_m / cell_m + 1e-6),
           rows = floor(own.n_rows * own.cell_m / cell_m + 1e-6);
    if (e == 0 && (columns < 1 || rows < 1 || columns * rows > UINT32_MAX - 1.0))
        e = qz_fail(ctx, QZ_E_RANGE,
                    "%s: cells of %.10g m make a grid of %.0f x %.0f: give another cell_m "
                    "(--cell-m)",
                    g->params->dem, cell_m, columns, rows);
    if (e == 0)
        g->grid = (struct qz_grid) { own.x0_m + in_m, own.y0_m + in_m, cell_m, (uint32_t)columns,
                                     (uint32_t)rows };
    return e;
}

int qz_ground_open(struct qz_ctx *ctx, struct qz_ground *g) {
    const struct qz_ground_params *p = g->params;
    int e = open_ground_raster(ctx, g, p->cover, &g->cover);
    if (e == 0)
        e = open_ground_raster(ctx, g, p->friction, &g->friction);
    if (e == 0 && g->grid.n_columns && p->cell_m > 0 &&
        fabs(p->cell_m - g->grid.cell_m) > 1e-6 * p->cell_m)
        return qz_fail(ctx, QZ_E_RANGE,
                       "%s: has cells of %.10g m, not %.10g m as cell_m says; its own cells count, "
                       "make others with 'gdalwarp -tr %.10g %.10g -r mode %s other_cells.tif'",
                       p->cover ? p->cover : p->friction, g->grid.cell_m, p->cell_m, p->cell_m,
                       p->cell_m, p->cover ? p->cover : p->friction);
    return e < 0 ? e : open_heights(ctx, g);
}

/* ---- memory, said before the work */
static int check_memory(struct qz_ctx *ctx, const struct qz_ground *g, double extra_bytes) {
    char what[160];
    const struct qz_grid *grid = &g->grid;
    double cells = (double)grid->n_columns * grid->n_rows;
    struct qz_grid dem = { 0 };
    if (g->dem && qz_raster_grid(ctx, g->dem, &dem) < 0)
        return QZ_E_FORMAT;
    /* the friction, a raster being read or heights being filled, and what the caller does then */
    double bytes = cells * (4 + fmax(9, (g->dem ? 4 : 0) + extra_bytes)) +
                   5.0 * dem.n_columns * dem.n_rows;
    snprintf(what, sizeof what, "a grid of %u x %u cells of %.10g m", grid->n_columns, grid->n_rows,
             grid->cell_m);
    return qz_memory_need(
        ctx, bytes, what,
        g->cover || g->friction
            ? "make its cells larger (gdalwarp -tr, with -r mode for classes), or "
              "cut it (gdal_translate -projwin)"
            : "give a larger cell_m (--cell-m)");
}

/* ---- land cover */
static int read_table(struct qz_ctx *ctx, const struct qz_ground *g, const struct qz_band *cover,
                      struct qz_classes **ret) {
    const char *name = g->params->classes;
    const char *text = NULL;
    g_autofree char *own = NULL;
    if (!name || strcmp(name, "auto") == 0) {
        name = qz_classes_guess(cover);
        if (!name)
            return qz_fail(ctx, QZ_E_DATA,
                           "%s: its values do not tell whether they are classes of CORINE or of "
                           "WorldCover; name the table: classes corine, worldcover, or a file of "
                           "codes and km/h",
                           g->params->cover);
    }
    text = qz_classes_builtin(name);
    if (!text) {
        GError *error = NULL;
        if (!g_file_get_contents(name, &own, NULL, &error)) {
            int e = qz_fail(ctx, QZ_E_IO,
                            "classes '%s': not corine, worldcover, auto, nor a file "
                            "(%s)",
                            name, error->message);
            g_clear_error(&error);
            return e;
        }
        text = own;
    }
    return qz_classes_parse(ctx, name, text, ret);
}

static int tell_unknown(struct qz_ctx *ctx, const struct qz_ground *g,
                        const struct qz_cover_report *r) {
    static const char hint[] = "add it to a table of your own (--classes FILE, classes in "
                               "[surface]; see geodata/walk-corine.csv)";
    if (r->n_unknown > r->n_known)
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: the table knows no class of %zu of %zu cells, the first is %g in row "
                       "%zu, column %zu: %s",
                       g->params->cover, r->n_unknown, r->n_unknown + r->n_known,
                       (double)r->first_unknown, r->first_row, r->first_column, hint);
    if (!r->n_unknown)
        return 0;
    g_autofree char *source = g_path_get_basename(g->params->cover);
    return qz_issue_add(ctx, g->issues, QZ_SEVERITY_WARNING, source, 0, NULL, "unknown_class",
                        "%zu cells have a class that the table does not know, the first is %g in "
                        "row %zu, column %zu; nobody passes there: %s",
                        r->n_unknown, (double)r->first_unknown, r->first_row, r->first_column,
                        hint);
}

static int put_cover(struct qz_ctx *ctx, struct qz_ground *g) {
    qz_cleanup(qz_band_done) struct qz_band cover = { 0 };
    qz_cleanup(qz_classes_freep) struct qz_classes *classes = NULL;
    struct qz_cover_report report;
    int e = qz_raster_read(ctx, g->cover, &cover);
    if (e == 0)
        e = read_table(ctx, g, &cover, &classes);
    if (e < 0)
        return e;
    qz_surface_cover(g->surface, &cover, classes, &report);
    g->n_unknown = report.n_unknown;
    return tell_unknown(ctx, g, &report);
}

static int put_friction(struct qz_ctx *ctx, struct qz_ground *g) {
    qz_cleanup(qz_band_done) struct qz_band friction = { 0 };
    int e = qz_raster_read(ctx, g->friction, &friction);
    return e < 0 ? e
                 : qz_surface_friction(ctx, g->surface, g->params->friction, &friction,
                                       g->params->friction_s > 0 ? g->params->friction_s : 1,
                                       g->cover);
}

/* ---- heights */
static int put_heights(struct qz_ctx *ctx, struct qz_ground *g) {
    qz_cleanup(qz_band_done) struct qz_band dem = { 0 };
    qz_cleanup(qz_transform_freep) struct qz_transform *to_dem = NULL;
    bool alone = !g->cover && !g->friction; /* beyond its data nobody knows the ground */
    int e = qz_raster_read(ctx, g->dem, &dem);
    if (e == 0)
        e = qz_transform_new(ctx, g->crs, qz_raster_crs(g->dem), &to_dem);
    if (e == 0) {
        e = qz_surface_heights(ctx, g->surface, &dem, to_dem, alone, &g->n_filled);
        e = e < 0 ? qz_fail_at(ctx, e, "%s: ", g->params->dem) : 0;
    }
    if (e < 0 || !g->n_filled)
        return e;
    g_autofree char *source = g_path_get_basename(g->params->dem);
    return qz_issue_add(ctx, g->issues, QZ_SEVERITY_WARNING, source, 0, NULL, "no_height",
                        "%zu cells where people pass have no height: the nearest known one stands",
                        g->n_filled);
}

/* ---- barriers */
struct barriers {
    struct qz_surface *surface;
    const struct qz_transform *t;
    struct qz_xy *line; /* a part of a line, in the grid's system */
    size_t cap;
    struct qz_shapes areas;
};

static int bar_lines(struct qz_ctx *ctx, struct barriers *b, const struct qz_row_geometry *row) {
    for (size_t i = 0; i < row->n_parts; i++) {
        size_t from = row->part_point[i], n = row->part_point[i + 1] - from;
        struct qz_xy *grown = qz_grow(b->line, &b->cap, n, sizeof *grown);
        if (!grown)
            return qz_fail_nomem(ctx);
        b->line = grown;
        memcpy(b->line, row->points + from, n * sizeof *b->line);
        qz_transform_points(b->t, b->line, n);
        qz_surface_bar_line(b->surface, b->line, n);
    }
    return 0;
}

static int read_barriers(struct qz_ctx *ctx, struct barriers *b, struct qz_reader *reader,
                         struct qz_issues *issues) {
    int e;
    while ((e = qz_table_next(ctx, reader->table)) > 0) {
        struct qz_row_geometry row;
        reader->n_rows++;
        e = qz_table_geometry(ctx, reader->table, &row);
        if (e == 0 && row.kind == QZ_KIND_LINE)
            e = bar_lines(ctx, b, &row);
        else if (e == 0 && row.kind == QZ_KIND_AREA)
            e = qz_shapes_append(ctx, &b->areas, row.areas, 0);
        else if (e == 0)
            e = qz_reader_reject(ctx, reader, issues, "no_line",
                                 "a barrier is a line or an area: the row is left out");
        if (e < 0)
            return e;
    }
    if (e == 0)
        e = qz_reader_end(ctx, reader);
    if (e == 0 && b->areas.n_points) {
        qz_transform_points(b->t, b->areas.points, b->areas.n_points);
        e = qz_surface_bar_shapes(ctx, b->surface, &b->areas);
    }
    return e;
}

static int put_barrier_file(struct qz_ctx *ctx, struct qz_ground *g, const char *file,
                            const char *crs_text) {
    qz_cleanup(qz_crs_freep) struct qz_crs *own = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    struct qz_input in = { .file = file };
    struct qz_reader reader;
    struct barriers b = { .surface = g->surface };
    int e = qz_reader_open(ctx, &in, NULL, 0, &reader);
    if (e == 0 && !qz_table_crs_text(reader.table))
        in.crs = crs_text;
    if (e == 0)
        e = qz_reader_crs(ctx, &reader, &in, &own);
    if (e == 0)
        e = qz_transform_new(ctx, own, g->crs, &t);
    b.t = t;
    if (e == 0)
        e = read_barriers(ctx, &b, &reader, g->issues);
    qz_reader_done(&reader);
    qz_shapes_done(&b.areas);
    free(b.line);
    return e;
}

int qz_ground_make(struct qz_ctx *ctx, struct qz_ground *g, const char *crs_text,
                   double extra_bytes) {
    const struct qz_ground_params *p = g->params;
    float flat = (float)(3.6 / (p->walk_kmh > 0 ? p->walk_kmh : 5));
    int e = check_memory(ctx, g, extra_bytes);
    if (e == 0)
        e = qz_surface_new(ctx, &g->grid, flat, &g->surface);
    if (e == 0 && g->cover)
        e = put_cover(ctx, g);
    if (e == 0 && g->friction)
        e = put_friction(ctx, g);
    if (e == 0 && g->dem)
        e = put_heights(ctx, g);
    for (size_t i = 0; i < p->n_barriers && e == 0; i++)
        e = put_barrier_file(ctx, g, p->barriers[i], crs_text);
    return e;
}
