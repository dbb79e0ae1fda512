/* engine/io/table.h - reads one layer of any supported file, row by row. */
#pragma once
#include "geo/geo.h"

struct qz_table;

enum qz_shape_kind { QZ_KIND_NONE, QZ_KIND_POINT, QZ_KIND_LINE, QZ_KIND_AREA, QZ_KIND_OTHER };

/* What every input must be: there, a regular file, not empty. QZ_E_IO, QZ_E_FORMAT. */
int qz_input_check(struct qz_ctx *ctx, const char *path);

/* Opens path (GeoPackage, Shapefile, CSV and kin, text files of RPPS and FINESS, FlatGeobuf,
 * GeoJSON). layer NULL: the only one of the file, else QZ_E_FORMAT lists them. Regular files only
 * (QZ_E_IO else). Drivers are a fixed list. */
int qz_table_open(struct qz_ctx *ctx, const char *path, const char *layer, struct qz_table **ret);
struct qz_table *qz_table_free(struct qz_table *t);
void qz_table_freep(struct qz_table **t);

const char *qz_table_layer(const struct qz_table *t);
const char *qz_table_crs_text(const struct qz_table *t); /* WKT, or NULL: the file names none */
size_t qz_table_n_columns(const struct qz_table *t);
const char *qz_table_column_name(const struct qz_table *t, size_t column);
int qz_table_column(const struct qz_table *t, const char *name); /* any letter case; -1: absent */
bool qz_table_has_geometry(const struct qz_table *t);

/* Before the first row: only these columns will be read (-1 is passed over), the others give NULL.
 * Formats that can skip them read faster. */
int qz_table_only(struct qz_ctx *ctx, struct qz_table *t, const int *columns, size_t n);
/* Moves to the next row: 1 there is one, 0 the end, negative a failure. */
int qz_table_next(struct qz_ctx *ctx, struct qz_table *t);
size_t qz_table_row(const struct qz_table *t); /* 1-based, header not counted */
/* The value as UTF-8 text without blanks around, NULL when null or empty; until the next row. */
const char *qz_table_text(struct qz_table *t, int column);
/* A number that changes when the text differs from that of the row before: what was made of it may
 * be kept. */
unsigned qz_table_stamp(struct qz_table *t, int column);
/* The value as a number: 1 given, 0 null, -1 not a number (text says what it was). */
int qz_table_number(struct qz_table *t, int column, double *ret);

/* The row's geometry, until the next row; kind NONE when null, OTHER when unusable.
 * AREA: `areas` holds one shape. LINE: parts [part_point[i], part_point[i+1]). POINT: points[0]. */
struct qz_row_geometry {
    enum qz_shape_kind kind;
    size_t n_points, n_parts;
    const struct qz_xy *points;
    const uint32_t *part_point;
    const struct qz_shapes *areas;
};
int qz_table_geometry(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret);
