/* engine/io/raster.h - rasters: values at places, whole bands, Cloud Optimized GeoTIFF out. */
#pragma once
#include "geo/geo.h"

struct qz_raster;

/* Opens the first band of a raster: GeoTIFF (COG too), ASCII grid, Erdas IMG, ESRI BIL, ENVI, SAGA,
 * GeoPackage, HGT; also inside /vsizip/. No VRT: it opens other files. Refused: turned grids, no
 * reference system (QZ_E_CRS), one in degrees (QZ_E_CRS: lengths and heights would not be in one
 * unit). */
int qz_raster_open(struct qz_ctx *ctx, const char *path, struct qz_raster **ret);
struct qz_raster *qz_raster_free(struct qz_raster *r);
void qz_raster_freep(struct qz_raster **r);
/* Its system, borrowed. */
const struct qz_crs *qz_raster_crs(const struct qz_raster *r);
/* The value at a place of its own system, between the four cells round it: 1 given, 0 outside or
 * no data, negative a failure. */
int qz_raster_sample(struct qz_ctx *ctx, struct qz_raster *r, struct qz_xy at, double *ret);

/* ---- a whole band */
struct qz_band {
    struct qz_grid grid; /* rows from the south */
    float *values;       /* of each cell; 0 where there is no data */
    uint8_t *known;      /* 0: no data */
};
/* Its cells. QZ_E_FORMAT: not square, or more than 2^32 - 2 of them. */
int qz_raster_grid(struct qz_ctx *ctx, const struct qz_raster *r, struct qz_grid *ret);
/* Reads it all; a value that is not a number stays one. 5 bytes a cell. */
int qz_raster_read(struct qz_ctx *ctx, const struct qz_raster *r, struct qz_band *ret);
void qz_band_done(struct qz_band *c);
/* Row and column as GIS programs count them: from 1, from the upper left corner. */
void qz_grid_place(const struct qz_grid *grid, size_t cell, size_t *row, size_t *column);

struct qz_raster_params {
    const char *title; /* of the band */
    const char *unit;  /* "s", "s/m", "m"; NULL: none */
    bool codes;        /* whole numbers > 0 that name something: UInt32, overviews keep the nearest;
                          else Float32, overviews take the mean */
    bool overwrite;
};
/* What qz_raster_write would refuse, before any work is done. */
int qz_raster_check(struct qz_ctx *ctx, const char *path, bool overwrite);
/* Writes a Cloud Optimized GeoTIFF, whole or not at all: tiles, DEFLATE, overviews, the same bytes
 * each time. Values that are not finite become no data (-9999; of codes 0). 4 bytes a cell. */
int qz_raster_write(struct qz_ctx *ctx, const char *path, const struct qz_raster_params *params,
                    const struct qz_grid *grid, const struct qz_crs *crs, const float *values);
