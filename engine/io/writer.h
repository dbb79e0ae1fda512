/* engine/io/writer.h - writes layers to a file: complete under its final name, or not at all. */
#pragma once
#include "geo/geo.h"

struct qz_writer;

enum qz_format { QZ_GPKG, QZ_CSV, QZ_SHAPEFILE, QZ_GEOJSON }; /* GEOJSON: RFC 7946, WGS 84 */
enum qz_type { QZ_TEXT, QZ_INT, QZ_REAL, QZ_BOOL };
enum qz_geometry {
    QZ_GEOM_NONE,
    QZ_GEOM_POINT,
    QZ_GEOM_LINE,
    QZ_GEOM_AREA
}; /* AREA: MultiPolygon */

struct qz_column {
    const char *name;
    enum qz_type type;
    int decimals; /* QZ_REAL: kept decimals, values are rounded to them so that files are stable */
};

struct qz_writer_params {
    enum qz_format format;
    bool overwrite;
    const char *date; /* "2026-01-31": the date of every stamp in the file; never the clock */
};

/* What qz_writer_open would refuse, before any work is done. */
int qz_writer_check(struct qz_ctx *ctx, const char *path, bool overwrite);
/* Opens a temporary beside path (all but a GeoPackage hold one layer). Refuses: path exists and
 * !overwrite (QZ_E_EXISTS), a live -wal or -journal beside it, an unwritable folder (QZ_E_IO). */
int qz_writer_open(struct qz_ctx *ctx, const char *path, const struct qz_writer_params *params,
                   struct qz_writer **ret);
/* Starts a layer. crs NULL with QZ_GEOM_NONE. title and description end in the file's metadata. */
int qz_writer_layer(struct qz_ctx *ctx, struct qz_writer *w, const char *name, const char *title,
                    const char *description, enum qz_geometry geometry, const struct qz_crs *crs,
                    const struct qz_column *columns, size_t n_columns);
/* Fields of the row to come; one not set is NULL. Text must be UTF-8 (NULL text: a null field). */
void qz_writer_text(struct qz_writer *w, size_t column, const char *text);
void qz_writer_int(struct qz_writer *w, size_t column, int64_t value);
void qz_writer_real(struct qz_writer *w, size_t column,
                    double value); /* not finite: a null field */
/* Geometry of the row to come; none given: a null geometry. */
int qz_writer_point(struct qz_ctx *ctx, struct qz_writer *w, struct qz_xy p);
int qz_writer_line(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_xy *points, size_t n);
int qz_writer_shape(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_shapes *s, size_t i);
int qz_writer_row(struct qz_ctx *ctx, struct qz_writer *w); /* appends it, clears the fields */

/* A style of a layer (GeoPackage only): QML text. The first of a layer is its default, the others
 * are offered. All rows go in one table at the end. */
int qz_writer_style(struct qz_ctx *ctx, struct qz_writer *w, const char *layer, const char *name,
                    const char *qml, const char *description);
/* Closes, checks every failure that the libraries counted, syncs and renames. Frees w whatever
 * happens. */
int qz_writer_publish(struct qz_ctx *ctx, struct qz_writer *w);
/* Drops the temporary. Takes NULL. */
struct qz_writer *qz_writer_abandon(struct qz_writer *w);
void qz_writer_abandonp(struct qz_writer **w);
