/* engine/io/backend.h - what a file format owes to table.c. */
#pragma once
#include "io/table.h"

struct qz_column_buffer {
    char *name;
    bool skipped;             /* nobody reads it */
    size_t row;               /* raw, text and stamp belong to this row */
    unsigned stamp;           /* of the value, see qz_table_stamp */
    struct qz_text raw, text; /* as the file has it; cleaned */
};

struct qz_table {
    const struct qz_backend *backend;
    void *file; /* the backend's own */
    char *path, *layer, *crs_text;
    struct qz_column_buffer *columns;
    size_t n_columns, row;
    bool has_geometry, cp1252; /* cp1252: a .cpg says so; else the bytes tell */
    bool failed;               /* memory ended in a value: the next row says so */
    /* geometry of the current row, reused */
    struct qz_shapes areas;
    struct qz_xy *points;
    uint32_t *part_point;
    size_t cap_points, cap_parts;
};

struct qz_backend {
    const char *name;
    /* Opens t->path; fills layer, crs_text, columns, has_geometry, file. */
    int (*open)(struct qz_ctx *ctx, struct qz_table *t, const char *layer);
    int (*only)(struct qz_ctx *ctx, struct qz_table *t); /* skip columns; NULL: no gain */
    int (*next)(struct qz_ctx *ctx, struct qz_table *t); /* as qz_table_next */
    const char *(*text)(struct qz_table *t, size_t column, size_t *n); /* n raw bytes; NULL: null */
    int (*number)(struct qz_table *t, size_t column, double *ret); /* 1, 0 null, -1 ask the text */
    /* Fills kind and counts; points and areas of the table itself. */
    int (*geometry)(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret);
    void (*close)(struct qz_table *t);
};

extern const struct qz_backend qz_backend_ogr, qz_backend_arrow, qz_backend_shapefile,
    qz_backend_lines;

/* For backends: adds a column; room for points and parts of the current row. */
int qz_table_add_column(struct qz_ctx *ctx, struct qz_table *t, const char *name);
int qz_table_room(struct qz_ctx *ctx, struct qz_table *t, size_t points, size_t parts);

/* ---- GDAL's own error channel, caught around each call */
struct qz_gdal_guard {
    unsigned failures;
    char message[512]; /* the first failure */
};
void qz_gdal_enter(struct qz_gdal_guard *g);
void qz_gdal_leave(void);
void qz_gdal_start(void); /* registers the drivers, once per process */
