/* engine/io/band.h - an opened raster, between raster.c and band.c. */
#pragma once
#include <gdal.h>
#include "io/raster.h"

struct qz_raster {
    char *path;
    GDALDatasetH dataset;
    GDALRasterBandH band;
    struct qz_crs *crs;
    double x0_m, y0_m, width_m, height_m; /* centre of the first cell; steps, height_m < 0 */
    int n_columns, n_rows;
    double no_data;
    int has_no_data;
    double scale, offset; /* value = stored * scale + offset */
};
