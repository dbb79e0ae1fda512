/* engine/io/ogr.h - a layer of GDAL, opened once and read feature by feature or batch by batch. */
#pragma once
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_recordbatch.h>
#include "io/backend.h"

struct qz_ogr_file {
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRFeatureDefnH definition;
    OGRFeatureH feature;
    struct qz_batches *batches; /* NULL: feature by feature */
};

int qz_ogr_next(struct qz_ctx *ctx, struct qz_table *t);
void qz_ogr_close(struct qz_table *t);
/* Walks a geometry into the row's points or areas. */
int qz_ogr_add_geometry(struct qz_ctx *ctx, struct qz_table *t, OGRGeometryH g,
                        struct qz_row_geometry *ret);
void qz_batches_free(struct qz_batches *b);
