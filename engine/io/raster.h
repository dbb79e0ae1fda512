/* engine/io/raster.h - values of a raster at places. */
#pragma once
#include "geo/geo.h"

struct qz_raster;

/* Opens the first band of a GeoTIFF, an ASCII grid or an HGT file. Refused: turned grids, no
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
