/* engine/io/band.c - whole bands: read as cells from the south, written as Cloud Optimized GeoTIFF.
 */
#include <cpl_string.h>
#include <gdal.h>
#include <math.h>
#include <ogr_srs_api.h>
#include "io/backend.h"
#include "io/band.h"
#include "io/place.h"

/* ---- reading */
void qz_band_done(struct qz_band *c) {
    free(c->values);
    free(c->known);
    *c = (struct qz_band) { 0 };
}

void qz_grid_place(const struct qz_grid *grid, size_t cell, size_t *row, size_t *column) {
    *row = grid->n_rows - cell / grid->n_columns;
    *column = cell % grid->n_columns + 1;
}

int qz_raster_grid(struct qz_ctx *ctx, const struct qz_raster *r, struct qz_grid *ret) {
    /* over the whole width and height, a hundredth of a cell may be lost to rounding */
    double most = fmax(r->n_columns, r->n_rows), cell_m = r->width_m;
    if (fabs(r->width_m + r->height_m) * most > cell_m / 100)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: its cells are not square (%.10g m wide, %.10g m high); bring it to one "
                       "size, for example 'gdalwarp -tr %.0f %.0f %s square.tif'",
                       r->path, r->width_m, -r->height_m, fmax(round(cell_m), 1),
                       fmax(round(cell_m), 1), r->path);
    if ((double)r->n_columns * r->n_rows > UINT32_MAX - 1.0)
        return qz_fail(ctx, QZ_E_RANGE,
                       "%s: has %d x %d cells, over 2^32; make them larger, for example 'gdalwarp "
                       "-tr %.0f %.0f %s larger.tif', or cut it with gdal_translate -projwin",
                       r->path, r->n_columns, r->n_rows, 10 * cell_m, 10 * cell_m, r->path);
    *ret = (struct qz_grid) { r->x0_m, r->y0_m + (r->n_rows - 1) * r->height_m, cell_m,
                              (uint32_t)r->n_columns, (uint32_t)r->n_rows };
    return 0;
}

static int read_row(struct qz_ctx *ctx, const struct qz_raster *r, int row, float *values,
                    uint8_t *known) {
    struct qz_gdal_guard guard = { 0 };
    int n = r->n_columns;
    qz_gdal_enter(&guard);
    CPLErr e = GDALRasterIO(r->band, GF_Read, 0, row, n, 1, values, n, 1, GDT_Float32, 0, 0);
    if (e == CE_None)
        e = GDALRasterIO(GDALGetMaskBand(r->band), GF_Read, 0, row, n, 1, known, n, 1, GDT_Byte, 0,
                         0);
    qz_gdal_leave();
    if (e != CE_None)
        return qz_fail(ctx, QZ_E_IO, "%s: row %d: %s; the file is damaged, deliver it again",
                       r->path, row + 1, guard.failures ? guard.message : "cannot be read");
    for (int i = 0; i < n; i++)
        values[i] = known[i] ? (float)(values[i] * r->scale + r->offset) : 0;
    return 0;
}

int qz_raster_read(struct qz_ctx *ctx, const struct qz_raster *r, struct qz_band *ret) {
    struct qz_band c = { 0 };
    int e = qz_raster_grid(ctx, r, &c.grid);
    if (e < 0)
        return e;
    size_t width = c.grid.n_columns, n = width * c.grid.n_rows;
    c.values = qz_malloc(n, sizeof *c.values);
    c.known = qz_malloc(n, sizeof *c.known);
    if (!c.values || !c.known)
        e = qz_fail_nomem(ctx);
    for (uint32_t row = 0; row < c.grid.n_rows && e == 0; row++) {
        size_t at = (c.grid.n_rows - 1 - row) * width;
        e = read_row(ctx, r, (int)row, c.values + at, c.known + at);
        if (e == 0 && row % 256 == 0)
            e = qz_progress(ctx, (double)row / c.grid.n_rows, r->path);
    }
    if (e < 0)
        qz_band_done(&c);
    else
        *ret = c;
    return e;
}

/* ---- writing */
static const double no_time = -9999;

int qz_raster_check(struct qz_ctx *ctx, const char *path, bool overwrite) {
    qz_cleanup(qz_place_done) struct qz_place place = { 0 };
    return qz_place_init(ctx, &place, path, overwrite);
}

static int tick(double done, const char *message, void *user) {
    (void)message;
    return qz_progress(user, done, "output") == 0;
}

/* What does not depend on the cells: place, system, what a band is. */
static bool describe(GDALDatasetH d, const struct qz_raster_params *params,
                     const struct qz_grid *grid, const struct qz_crs *crs) {
    double c = grid->cell_m, left = grid->x0_m - c / 2, top = grid->y0_m + (grid->n_rows - 0.5) * c,
           place[6] = { left, c, 0, top, 0, -c };
    GDALRasterBandH band = GDALGetRasterBand(d, 1);
    bool good = GDALSetProjection(d, qz_crs_wkt(crs)) == CE_None &&
                GDALSetGeoTransform(d, place) == CE_None &&
                GDALSetRasterNoDataValue(band, params->codes ? 0 : no_time) == CE_None;
    GDALSetDescription(band, params->title);
    return good && (!params->unit || GDALSetRasterUnitType(band, params->unit) == CE_None);
}

static bool fill(GDALDatasetH d, const struct qz_raster_params *params, const struct qz_grid *grid,
                 const float *values, float *row) {
    int n = (int)grid->n_columns;
    GDALRasterBandH band = GDALGetRasterBand(d, 1);
    bool good = true;
    for (uint32_t r = 0; r < grid->n_rows && good; r++) {
        const float *from = values + (size_t)(grid->n_rows - 1 - r) * grid->n_columns;
        for (int i = 0; i < n; i++)
            row[i] = isfinite(from[i]) ? from[i] : params->codes ? 0 : (float)no_time;
        good = GDALRasterIO(band, GF_Write, 0, (int)r, n, 1, row, n, 1, GDT_Float32, 0, 0) ==
               CE_None;
    }
    return good;
}

/* The driver copies a finished raster: ours is one in memory. */
static bool copy(struct qz_ctx *ctx, const char *file, const struct qz_raster_params *params,
                 const struct qz_grid *grid, const struct qz_crs *crs, const float *values,
                 float *row) {
    static const char *const options[] = {
        "COMPRESS=DEFLATE", "PREDICTOR=YES", "OVERVIEWS=AUTO", "BIGTIFF=IF_SAFER", NULL, NULL
    };
    const char *all[COUNT(options)];
    for (size_t i = 0; i < COUNT(options); i++)
        all[i] = options[i];
    all[COUNT(options) - 2] = params->codes ? "OVERVIEW_RESAMPLING=NEAREST"
                                            : "OVERVIEW_RESAMPLING=AVERAGE";
    GDALDatasetH from = GDALCreate(GDALGetDriverByName("MEM"), "", (int)grid->n_columns,
                                   (int)grid->n_rows, 1, params->codes ? GDT_UInt32 : GDT_Float32,
                                   NULL);
    GDALDriverH driver = GDALGetDriverByName("COG");
    GDALDatasetH to = NULL;
    if (from && driver && describe(from, params, grid, crs) &&
        fill(from, params, grid, values, row))
        to = GDALCreateCopy(driver, file, from, FALSE, (CSLConstList)all, tick, ctx);
    if (to)
        GDALClose(to);
    if (from)
        GDALClose(from);
    return to;
}

int qz_raster_write(struct qz_ctx *ctx, const char *path, const struct qz_raster_params *params,
                    const struct qz_grid *grid, const struct qz_crs *crs, const float *values) {
    qz_cleanup(qz_place_done) struct qz_place place = { 0 };
    qz_cleanup(qz_freep) float *row = qz_malloc(grid->n_columns, sizeof *row);
    int e = row ? qz_place_init(ctx, &place, path, params->overwrite) : qz_fail_nomem(ctx);
    if (e < 0)
        return e;
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_start();
    qz_gdal_enter(&guard);
    bool good = copy(ctx, place.file, params, grid, crs, values, row);
    qz_gdal_leave();
    if ((e = qz_progress(ctx, 1, "output")) < 0)
        return e;
    if (!good || guard.failures)
        return qz_fail(ctx, QZ_E_IO, "%s: cannot be written: %s", path,
                       guard.failures ? guard.message : "GDAL has no COG driver");
    return qz_place_publish(ctx, &place);
}
