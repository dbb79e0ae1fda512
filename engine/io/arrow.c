/* engine/io/arrow.c - GeoPackage and FlatGeobuf through GDAL's Arrow stream: whole batches of rows,
 * column by column, geometry as WKB. What a batch cannot hold goes feature by feature. */
#include <cpl_conv.h>
#include <cpl_string.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "io/ogr.h"

enum { ROWS_OF_A_BATCH = 8192 }; /* its columns stay in the cache */
static const char rows_of_a_batch[] = "MAX_FEATURES_IN_BATCH=8192";

struct qz_batches {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    size_t at;    /* row of the batch; the first call of next moves to 0 */
    int *child;   /* of each column; -1: skipped */
    int geometry; /* its child; -1: none */
    char number[32];
};

void qz_batches_free(struct qz_batches *b) {
    if (!b)
        return;
    if (b->batch.release)
        b->batch.release(&b->batch);
    if (b->schema.release)
        b->schema.release(&b->schema);
    if (b->stream.release)
        b->stream.release(&b->stream);
    free(b->child);
    free(b);
}

/* ---- the start: known column types only, so that both ways give the same values */
static bool fits(const struct qz_table *t, const struct qz_ogr_file *f) {
    for (size_t i = 0; i < t->n_columns; i++) {
        OGRFieldType type = OGR_Fld_GetType(OGR_FD_GetFieldDefn(f->definition, (int)i));
        if (!t->columns[i].skipped && type != OFTInteger && type != OFTInteger64 &&
            type != OFTReal && type != OFTString)
            return false;
    }
    return OGR_FD_GetGeomFieldCount(f->definition) <= 1;
}

/* Columns come in the order of the layer, the geometry last, the skipped ones not at all. */
static bool find_children(const struct qz_table *t, const struct qz_ogr_file *f,
                          struct qz_batches *b) {
    int n = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        const char *name = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(f->definition, (int)i));
        b->child[i] = t->columns[i].skipped ? -1 : n++;
        if (b->child[i] >= b->schema.n_children ||
            (b->child[i] >= 0 && (strcmp(b->schema.children[b->child[i]]->name, name) != 0 ||
                                  !strchr("bsilfgu", *b->schema.children[b->child[i]]->format))))
            return false;
    }
    b->geometry = t->has_geometry ? n++ : -1;
    return b->schema.n_children == n &&
           (b->geometry < 0 || strcmp(b->schema.children[b->geometry]->format, "z") == 0);
}

static int start(struct qz_ctx *ctx, struct qz_table *t, bool *ready) {
    static const char *const options[] = { "INCLUDE_FID=NO", rows_of_a_batch, NULL };
    struct qz_ogr_file *f = t->file;
    if (!fits(t, f))
        return 0;
    struct qz_batches *b = f->batches = qz_calloc(1, sizeof *b);
    if (!b || !(b->child = qz_calloc(t->n_columns, sizeof *b->child)))
        return qz_fail_nomem(ctx);
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    *ready = OGR_L_GetArrowStream(f->layer, &b->stream, (char **)options) &&
             b->stream.get_schema(&b->stream, &b->schema) == 0 && find_children(t, f, b);
    if (!*ready) {
        qz_batches_free(b);
        f->batches = NULL;
        OGR_L_ResetReading(f->layer);
    }
    qz_gdal_leave();
    return 0;
}

/* ---- rows */
static int next_batch(struct qz_ctx *ctx, struct qz_batches *b) {
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    if (b->batch.release)
        b->batch.release(&b->batch);
    b->batch = (struct ArrowArray) { 0 };
    int error = b->stream.get_next(&b->stream, &b->batch);
    const char *why = guard.failures ? guard.message : error ? strerror(error) : NULL;
    qz_gdal_leave();
    b->at = 0;
    return why ? qz_fail(ctx, QZ_E_IO, "%s; the file is damaged, deliver it again", why) : 0;
}

static int arrow_next(struct qz_ctx *ctx, struct qz_table *t) {
    struct qz_ogr_file *f = t->file;
    bool ready = f->batches != NULL;
    int r = ready ? 0 : start(ctx, t, &ready);
    if (r < 0)
        return r;
    if (!ready) {
        t->backend = &qz_backend_ogr;
        return t->backend->next(ctx, t);
    }
    struct qz_batches *b = f->batches;
    b->at++;
    while (!b->batch.release || b->at >= (size_t)b->batch.length) {
        r = next_batch(ctx, b);
        if (r < 0 || !b->batch.release)
            return r;
    }
    t->row++;
    return 1;
}

/* ---- values */
static bool is_set(const struct ArrowArray *a, size_t at) {
    const uint8_t *valid = a->buffers[0];
    return !valid || valid[at / 8] >> at % 8 & 1;
}

/* The child that holds a column and the row in it; NULL: null. */
static const struct ArrowArray *cell(const struct qz_batches *b, int child, size_t *at) {
    const struct ArrowArray *a = b->batch.children[child];
    *at = b->at + (size_t)a->offset;
    return is_set(a, *at) ? a : NULL;
}

static const void *bytes_at(const struct ArrowArray *a, size_t at, size_t *n) {
    const int32_t *ends = a->buffers[1];
    *n = (size_t)(ends[at + 1] - ends[at]);
    return (const char *)a->buffers[2] + ends[at];
}

static double number_at(const struct ArrowArray *a, char format, size_t at) {
    const void *values = a->buffers[1];
    switch (format) {
    case 'b':
        return ((const uint8_t *)values)[at / 8] >> at % 8 & 1;
    case 's':
        return ((const int16_t *)values)[at];
    case 'i':
        return ((const int32_t *)values)[at];
    case 'l':
        return (double)((const int64_t *)values)[at];
    case 'f':
        return (double)((const float *)values)[at];
    default:
        return ((const double *)values)[at];
    }
}

static const char *arrow_text(struct qz_table *t, size_t column, size_t *n) {
    struct qz_batches *b = ((struct qz_ogr_file *)t->file)->batches;
    if (!b || !b->batch.release)
        return NULL;
    char format = *b->schema.children[b->child[column]]->format;
    size_t at;
    const struct ArrowArray *a = cell(b, b->child[column], &at);
    if (!a)
        return NULL;
    if (format == 'u')
        return bytes_at(a, at, n);
    if (format == 'l') /* all its digits */
        *n = (size_t)snprintf(b->number, sizeof b->number, "%lld",
                              (long long)((const int64_t *)a->buffers[1])[at]);
    else
        *n = (size_t)CPLsnprintf(b->number, sizeof b->number, "%.15g", number_at(a, format, at));
    return b->number;
}

static int arrow_number(struct qz_table *t, size_t column, double *ret) {
    struct qz_batches *b = ((struct qz_ogr_file *)t->file)->batches;
    if (!b || !b->batch.release)
        return 0;
    char format = *b->schema.children[b->child[column]]->format;
    size_t at;
    const struct ArrowArray *a = format == 'u' ? NULL : cell(b, b->child[column], &at);
    if (!a)
        return format == 'u' ? -1 : 0;
    double v = number_at(a, format, at);
    if (!isfinite(v))
        return -1;
    *ret = v;
    return 1;
}

/* ---- geometry: lines of little-endian WKB are copied, the rest is GDAL's business */
static uint32_t uint32_at(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

struct wkb_line {
    size_t dimensions, n; /* of a point; of the line */
    const uint8_t *points, *end;
};

/* Coordinates of a point when this is the type, without or with Z, M or both; 0: another type. */
static size_t dimensions_of(uint32_t type, uint32_t wanted) {
    return type == wanted                                        ? 2
           : type == wanted + 1000 || type == wanted + 2000      ? 3
           : type == wanted + 3000                               ? 4
           : type == (wanted | 0x80000000) /* older mark of Z */ ? 3
                                                                 : 0;
}

/* A line string at p; false: something else, or cut short. */
static bool find_line(const uint8_t *p, const uint8_t *end, struct wkb_line *l) {
    if (end - p < 9 || *p != wkbNDR)
        return false;
    l->dimensions = dimensions_of(uint32_at(p + 1), wkbLineString);
    l->n = uint32_at(p + 5);
    l->points = p + 9;
    size_t bytes = l->dimensions * sizeof(double);
    if (bytes == 0 || l->n > (size_t)(end - l->points) / bytes)
        return false;
    l->end = l->points + l->n * bytes;
    return true;
}

static int add_line(struct qz_ctx *ctx, struct qz_table *t, const struct wkb_line *l,
                    struct qz_row_geometry *ret) {
    if (qz_table_room(ctx, t, ret->n_points + l->n, ret->n_parts + 1) < 0)
        return QZ_E_NOMEM;
    const uint8_t *p = l->points;
    for (size_t i = 0; i < l->n; i++, p += l->dimensions * sizeof(double))
        memcpy(&t->points[ret->n_points + i], p, sizeof *t->points);
    t->part_point[0] = 0;
    ret->kind = QZ_KIND_LINE;
    ret->n_points += l->n;
    t->part_point[++ret->n_parts] = (uint32_t)ret->n_points;
    return 0;
}

/* A line or several: 1 done, 0 something else. */
static int add_lines(struct qz_ctx *ctx, struct qz_table *t, const uint8_t *p, const uint8_t *end,
                     struct qz_row_geometry *ret) {
    uint32_t n = 1;
    if (end - p >= 9 && *p == wkbNDR && dimensions_of(uint32_at(p + 1), wkbMultiLineString)) {
        n = uint32_at(p + 5);
        p += 9;
    }
    for (; n > 0; n--) {
        struct wkb_line line;
        if (!find_line(p, end, &line))
            return 0;
        int r = line.n ? add_line(ctx, t, &line, ret) : 0;
        if (r < 0)
            return r;
        p = line.end;
    }
    return 1;
}

static int add_any(struct qz_ctx *ctx, struct qz_table *t, const uint8_t *wkb, size_t n,
                   struct qz_row_geometry *ret) {
    OGRGeometryH g = NULL;
    struct qz_gdal_guard quiet = { 0 };
    qz_gdal_enter(&quiet);
    OGRErr e = OGR_G_CreateFromWkbEx(wkb, NULL, &g, n);
    qz_gdal_leave();
    if (e != OGRERR_NONE)
        ret->kind = QZ_KIND_OTHER; /* this row is lost, the others are not */
    int r = qz_ogr_add_geometry(ctx, t, g, ret);
    OGR_G_DestroyGeometry(g);
    return r;
}

static int arrow_geometry(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret) {
    struct qz_batches *b = ((struct qz_ogr_file *)t->file)->batches;
    size_t at, n;
    const struct ArrowArray *a = b && b->batch.release ? cell(b, b->geometry, &at) : NULL;
    if (!a)
        return 0;
    const uint8_t *wkb = bytes_at(a, at, &n);
    int r = add_lines(ctx, t, wkb, wkb + n, ret);
    if (r != 0)
        return r < 0 ? r : 0;
    *ret = (struct qz_row_geometry) { 0 };
    return add_any(ctx, t, wkb, n, ret);
}

static int arrow_only(struct qz_ctx *ctx, struct qz_table *t) {
    return qz_backend_ogr.only(ctx, t);
}

/* Opened by the plain way, which hands over what has a fast stream. */
const struct qz_backend qz_backend_arrow = {
    "arrow", NULL, arrow_only, arrow_next, arrow_text, arrow_number, arrow_geometry, qz_ogr_close,
};
