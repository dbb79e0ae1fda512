/* engine/io/raster.c - rasters through GDAL's drivers, from a fixed list. */
#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <math.h>
#include <string.h>
#include "io/backend.h"
#include "io/band.h"

/* Every format that is a file of its own with a grid in it; not those that chain other files (VRT)
 * or fetch them. */
static const char *const drivers[] = {
    "GTiff",   "COG",    "AAIGrid",  "AIG",     "HFA",         "EHdr",
    "ENVI",    "SAGA",   "GPKG",     "SRTMHGT", "DTED",        "GRASSASCIIGrid",
    "ILWIS",   "PCIDSK", "PCRaster", "RST",     "GSAG",        "GSBG",
    "GS7BG",   "netCDF", "HDF4",     "HDF5",    "JP2OpenJPEG", "NITF",
    "ERS",     "RMF",    "XYZ",      "ACE2",    "USGSDEM",     "Rasterlite",
    "MBTiles", "PNG",    "NWT_GRD",  "NWT_GRC", "BAG",         "GRIB",
    "LCP",     "MRF",    "ROI_PAC",  "SIGDEM",  NULL
};

struct qz_raster *qz_raster_free(struct qz_raster *r) {
    if (!r)
        return NULL;
    struct qz_gdal_guard quiet = { 0 };
    qz_gdal_enter(&quiet);
    if (r->dataset)
        GDALClose(r->dataset);
    qz_gdal_leave();
    qz_crs_free(r->crs);
    free(r->path);
    free(r);
    return NULL;
}

void qz_raster_freep(struct qz_raster **r) { *r = qz_raster_free(*r); }

const struct qz_crs *qz_raster_crs(const struct qz_raster *r) { return r->crs; }

static int settle_crs(struct qz_ctx *ctx, struct qz_raster *r) {
    const char *wkt = GDALGetProjectionRef(r->dataset);
    if (!wkt || !*wkt)
        return qz_fail(
            ctx, QZ_E_CRS,
            "%s: has no reference system; give it one, for example 'gdal_translate -a_srs "
            "EPSG:2154 %s with_system.tif'",
            r->path, r->path);
    int e = qz_crs_open(ctx, wkt, &r->crs);
    if (e < 0)
        return qz_fail_at(ctx, e, "%s: ", r->path);
    if (!qz_crs_is_metric(r->crs))
        return qz_fail(
            ctx, QZ_E_CRS,
            "%s: is in degrees ('%s'), or in another unit than metres; bring it into metres, for "
            "example 'gdalwarp -t_srs EPSG:2154 -tr 100 100 %s in_metres.tif' (heights: with -r "
            "bilinear)",
            r->path, qz_crs_name(r->crs), r->path);
    return 0;
}

static int settle_grid(struct qz_ctx *ctx, struct qz_raster *r) {
    double g[6];
    r->band = GDALGetRasterBand(r->dataset, 1);
    if (!r->band || GDALGetGeoTransform(r->dataset, g) != CE_None)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: has no place on the ground; deliver it again",
                       r->path);
    if (g[2] != 0 || g[4] != 0 || !(g[1] > 0) || !(g[5] < 0))
        return qz_fail(
            ctx, QZ_E_FORMAT,
            "%s: is turned; bring its rows to the east, for example 'gdalwarp %s north_up.tif'",
            r->path, r->path);
    r->width_m = g[1];
    r->height_m = g[5];
    r->x0_m = g[0] + g[1] / 2;
    r->y0_m = g[3] + g[5] / 2;
    r->n_columns = GDALGetRasterXSize(r->dataset);
    r->n_rows = GDALGetRasterYSize(r->dataset);
    r->no_data = GDALGetRasterNoDataValue(r->band, &r->has_no_data);
    r->scale = GDALGetRasterScale(r->band, NULL); /* 1 and 0 where the file states none */
    r->offset = GDALGetRasterOffset(r->band, NULL);
    return 0;
}

/* A file of its own, or one inside an archive that is. */
static int check_file(struct qz_ctx *ctx, const char *path) {
    VSIStatBufL st;
    if (strncmp(path, "/vsizip/", 8) != 0 && strncmp(path, "/vsigzip/", 9) != 0)
        return qz_input_check(ctx, path);
    struct qz_gdal_guard quiet = { 0 };
    qz_gdal_enter(&quiet);
    int found = VSIStatL(path, &st);
    qz_gdal_leave();
    return found == 0 && VSI_ISREG(st.st_mode)
               ? 0
               : qz_fail(ctx, QZ_E_IO, "%s: there is no such file in an archive", path);
}

int qz_raster_open(struct qz_ctx *ctx, const char *path, struct qz_raster **ret) {
    qz_gdal_start();
    int e = check_file(ctx, path);
    if (e < 0)
        return e;
    qz_cleanup(qz_raster_freep) struct qz_raster *r = qz_calloc(1, sizeof *r);
    if (!r || !(r->path = qz_strdup(path)))
        return qz_fail_nomem(ctx);
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    r->dataset = GDALOpenEx(path, GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, NULL, NULL);
    qz_gdal_leave();
    if (!r->dataset)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: cannot be read as GeoTIFF, ASCII grid, IMG, netCDF or any other raster "
                       "that is one "
                       "file; convert it with 'gdal_translate %s converted.tif'%s%s",
                       path, path, guard.failures ? ": " : "", guard.message);
    e = settle_crs(ctx, r);
    if (e == 0)
        e = settle_grid(ctx, r);
    if (e < 0)
        return e;
    *ret = r;
    r = NULL;
    return 0;
}

/* The lower of two neighbours in one direction, and the share of the upper; at the edge, the edge.
 */
static int lower_cell(double at, int n, double *share) {
    double low = fmin(fmax(floor(at), 0), n > 1 ? n - 2 : 0);
    *share = n > 1 ? fmin(fmax(at - low, 0), 1) : 0;
    return (int)low;
}

int qz_raster_sample(struct qz_ctx *ctx, struct qz_raster *r, struct qz_xy at, double *ret) {
    double column = (at.x_m - r->x0_m) / r->width_m, row = (at.y_m - r->y0_m) / r->height_m;
    if (!(column >= -0.5 && column <= r->n_columns - 0.5 && row >= -0.5 && row <= r->n_rows - 0.5))
        return 0;
    double right, below, v[4];
    int c = lower_cell(column, r->n_columns, &right), l = lower_cell(row, r->n_rows, &below);
    int w = r->n_columns > 1 ? 2 : 1, h = r->n_rows > 1 ? 2 : 1;
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    CPLErr e = GDALRasterIO(r->band, GF_Read, c, l, w, h, v, w, h, GDT_Float64, 0, 0);
    qz_gdal_leave();
    if (e != CE_None)
        return qz_fail(ctx, QZ_E_IO, "%s: %s; the file is damaged, deliver it again", r->path,
                       guard.failures ? guard.message : "cannot be read");
    for (int i = 0; i < w * h; i++)
        if (!isfinite(v[i]) || (r->has_no_data && v[i] == r->no_data))
            return 0;
    double low = w > 1 ? v[0] + (v[1] - v[0]) * right : v[0];
    double high = h == 1 ? low : w > 1 ? v[2] + (v[3] - v[2]) * right : v[1];
    *ret = (low + (high - low) * below) * r->scale + r->offset;
    return 1;
}
