/* engine/io/ogr.c - tables through GDAL's vector drivers, from a fixed list. */
#include <cpl_conv.h>
#include <gdal.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "io/ogr.h"

/* ---- errors and start */
static void CPL_STDCALL on_error(CPLErr level, CPLErrorNum number, const char *message) {
    (void)number;
    struct qz_gdal_guard *g = CPLGetErrorHandlerUserData();
    if (level >= CE_Failure && g->failures++ == 0)
        snprintf(g->message, sizeof g->message, "%s", message);
}

void qz_gdal_enter(struct qz_gdal_guard *g) { CPLPushErrorHandlerEx(on_error, g); }
void qz_gdal_leave(void) { CPLPopErrorHandler(); }

static pthread_once_t started = PTHREAD_ONCE_INIT;
static void start(void) { GDALAllRegister(); }
void qz_gdal_start(void) { pthread_once(&started, start); }

/* ---- open */
static const char *const drivers[] = { "GPKG", "CSV", "FlatGeobuf", "GeoJSON", NULL };
static const char *const options[] = { "AUTODETECT_TYPE=NO", "HEADERS=YES", "LIST_ALL_TABLES=NO",
                                       NULL };

static int choose_layer(struct qz_ctx *ctx, struct qz_table *t, struct qz_ogr_file *f,
                        const char *layer) {
    struct qz_text names = { 0 };
    int n = GDALDatasetGetLayerCount(f->dataset), candidates = 0;
    for (int i = 0; i < n; i++) {
        OGRLayerH l = GDALDatasetGetLayer(f->dataset, i);
        const char *name = OGR_L_GetName(l);
        if (strcmp(name, "layer_styles") == 0)
            continue;
        qz_text_add(&names, "%s%s", candidates ? ", " : "", name);
        candidates++;
        if (!layer || qz_equal_nocase(layer, name))
            f->layer = l;
    }
    int r = 0;
    if (layer && !f->layer)
        r = qz_fail(ctx, QZ_E_FORMAT, "%s: has no layer '%s'; it has: %s", t->path, layer,
                    names.data ? names.data : "none");
    else if (!layer && candidates > 1)
        r = qz_fail(ctx, QZ_E_FORMAT, "%s: has several layers (%s); name one with 'layer ='",
                    t->path, names.data ? names.data : "?");
    else if (!f->layer)
        r = qz_fail(ctx, QZ_E_FORMAT, "%s: has no layer that can be read", t->path);
    qz_text_done(&names);
    return r;
}

static int read_crs(struct qz_ctx *ctx, struct qz_table *t, struct qz_ogr_file *f) {
    static const char *const wkt2[] = { "FORMAT=WKT2_2019", NULL };
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(f->layer);
    char *wkt = NULL;
    if (!srs || (OSRGetName(srs) && strncmp(OSRGetName(srs), "Undefined", 9) == 0))
        return 0;
    if (OSRExportToWktEx(srs, &wkt, wkt2) == OGRERR_NONE && wkt && *wkt)
        t->crs_text = qz_strdup(wkt);
    bool lost = wkt && *wkt && !t->crs_text;
    CPLFree(wkt);
    return lost ? qz_fail_nomem(ctx) : 0;
}

void qz_ogr_close(struct qz_table *t) {
    struct qz_ogr_file *f = t->file;
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    qz_batches_free(f->batches);
    if (f->feature)
        OGR_F_Destroy(f->feature);
    if (f->dataset)
        GDALClose(f->dataset);
    qz_gdal_leave();
    free(f);
    t->file = NULL;
}

static GDALDatasetH open_as(const char *name, struct qz_gdal_guard *guard) {
    qz_gdal_enter(guard);
    GDALDatasetH dataset = GDALOpenEx(name, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, options,
                                      NULL);
    qz_gdal_leave();
    return dataset;
}

/* GDAL before 3.7 takes a text whose first line has no separator for no table. */
static bool is_one_column(const char *path) {
    char line[256];
    const char *dot = strrchr(path, '.');
    FILE *f = dot && qz_equal_nocase(dot, ".csv") ? fopen(path, "r") : NULL;
    bool one = f && fgets(line, sizeof line, f) && strchr(line, '\n') && !strpbrk(line, ",;\t|");
    if (f)
        fclose(f);
    return one;
}

static int open_layer(struct qz_ctx *ctx, struct qz_table *t, const char *layer) {
    struct qz_ogr_file *f = t->file;
    struct qz_gdal_guard guard = { 0 };
    f->dataset = open_as(t->path, &guard);
    if (!f->dataset && is_one_column(t->path))
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: its first line names one column, which GDAL reads as no table: put a "
                       "comma behind the name",
                       t->path);
    if (!f->dataset)
        return qz_fail(
            ctx, QZ_E_FORMAT,
            "%s: cannot be read as GeoPackage, Shapefile, CSV, FlatGeobuf or GeoJSON%s%s", t->path,
            guard.failures ? ": " : "", guard.message);
    int r = choose_layer(ctx, t, f, layer);
    if (r < 0)
        return r;
    f->definition = OGR_L_GetLayerDefn(f->layer);
    t->has_geometry = OGR_FD_GetGeomFieldCount(f->definition) > 0;
    t->layer = qz_strdup(OGR_L_GetName(f->layer));
    if (!t->layer)
        return qz_fail_nomem(ctx);
    int n = OGR_FD_GetFieldCount(f->definition);
    for (int i = 0; i < n && r == 0; i++) {
        const char *name = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(f->definition, i));
        r = qz_table_add_column(ctx, t, strncmp(name, "\xef\xbb\xbf", 3) == 0 ? name + 3 : name);
    }
    return r < 0 ? r : read_crs(ctx, t, f);
}

static int ogr_open(struct qz_ctx *ctx, struct qz_table *t, const char *layer) {
    qz_gdal_start();
    struct qz_ogr_file *f = t->file = qz_calloc(1, sizeof *f);
    int r = f ? open_layer(ctx, t, layer) : qz_fail_nomem(ctx);
    if (r == 0 && OGR_L_TestCapability(f->layer, OLCFastGetArrowStream))
        t->backend = &qz_backend_arrow;
    return r;
}

/* ---- rows */
int qz_ogr_next(struct qz_ctx *ctx, struct qz_table *t) {
    struct qz_ogr_file *f = t->file;
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    if (f->feature)
        OGR_F_Destroy(f->feature);
    f->feature = OGR_L_GetNextFeature(f->layer);
    qz_gdal_leave();
    if (guard.failures)
        return qz_fail(ctx, QZ_E_IO, "%s; the file is damaged, deliver it again", guard.message);
    t->row += f->feature != NULL;
    return f->feature != NULL;
}

static const char *ogr_text(struct qz_table *t, size_t column, size_t *n) {
    struct qz_ogr_file *f = t->file;
    if (!OGR_F_IsFieldSetAndNotNull(f->feature, (int)column))
        return NULL;
    const char *text = OGR_F_GetFieldAsString(f->feature, (int)column);
    *n = strlen(text);
    return text;
}

static int ogr_number(struct qz_table *t, size_t column, double *ret) {
    struct qz_ogr_file *f = t->file;
    if (!OGR_F_IsFieldSetAndNotNull(f->feature, (int)column))
        return 0;
    OGRFieldType type = OGR_Fld_GetType(OGR_FD_GetFieldDefn(f->definition, (int)column));
    if (type != OFTInteger && type != OFTInteger64 && type != OFTReal)
        return -1;
    *ret = OGR_F_GetFieldAsDouble(f->feature, (int)column);
    return isfinite(*ret) ? 1 : -1;
}

/* ---- geometry */
static int add_points(struct qz_ctx *ctx, struct qz_table *t, OGRGeometryH g,
                      struct qz_row_geometry *ret) {
    int n = OGR_G_GetPointCount(g);
    if (qz_table_room(ctx, t, ret->n_points + (size_t)n, ret->n_parts + 1) < 0)
        return QZ_E_NOMEM;
    struct qz_xy *at = t->points + ret->n_points;
    if (n > 0)
        OGR_G_GetPoints(g, &at->x_m, sizeof *at, &at->y_m, sizeof *at, NULL, 0);
    t->part_point[0] = 0;
    ret->n_points += (size_t)n;
    t->part_point[++ret->n_parts] = (uint32_t)ret->n_points;
    return 0;
}

static int add_polygon(struct qz_ctx *ctx, struct qz_table *t, OGRGeometryH g) {
    int rings = OGR_G_GetGeometryCount(g), r = 0;
    for (int i = 0; i < rings && r == 0; i++) {
        OGRGeometryH ring = OGR_G_GetGeometryRef(g, i);
        int n = OGR_G_GetPointCount(ring);
        if (n < 4)
            continue; /* a ring of fewer points has no inside */
        struct qz_xy *room = qz_grow(t->areas.points, &t->areas.cap_points,
                                     t->areas.n_points + (size_t)n, sizeof *room);
        if (!room)
            return qz_fail_nomem(ctx);
        t->areas.points = room;
        room += t->areas.n_points;
        OGR_G_GetPoints(ring, &room->x_m, sizeof *room, &room->y_m, sizeof *room, NULL, 0);
        t->areas.n_points += (size_t)n;
        r = qz_shapes_end_ring(ctx, &t->areas);
    }
    return r < 0 ? r : qz_shapes_end_poly(ctx, &t->areas);
}

/* Walks collections down to points, lines and polygons; the first kind met is the row's. */
static int add_geometry(struct qz_ctx *ctx, struct qz_table *t, OGRGeometryH g, int depth,
                        struct qz_row_geometry *ret) {
    enum qz_shape_kind kind = QZ_KIND_OTHER;
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(g));
    if (type == wkbPoint)
        kind = QZ_KIND_POINT;
    else if (type == wkbLineString)
        kind = QZ_KIND_LINE;
    else if (type == wkbPolygon)
        kind = QZ_KIND_AREA;
    else if (type == wkbMultiPoint || type == wkbMultiLineString || type == wkbMultiPolygon ||
             type == wkbGeometryCollection) {
        int n = OGR_G_GetGeometryCount(g), r = 0;
        for (int i = 0; i < n && r == 0 && depth < 4; i++)
            r = add_geometry(ctx, t, OGR_G_GetGeometryRef(g, i), depth + 1, ret);
        return r;
    }
    if (ret->kind != QZ_KIND_NONE && ret->kind != kind)
        kind = QZ_KIND_OTHER; /* a mixture serves nobody */
    ret->kind = kind;
    if (kind == QZ_KIND_OTHER)
        return 0;
    return kind == QZ_KIND_AREA ? add_polygon(ctx, t, g) : add_points(ctx, t, g, ret);
}

int qz_ogr_add_geometry(struct qz_ctx *ctx, struct qz_table *t, OGRGeometryH g,
                        struct qz_row_geometry *ret) {
    if (!g || OGR_G_IsEmpty(g))
        return 0;
    OGRGeometryH linear = OGR_G_HasCurveGeometry(g, 1) ? OGR_G_GetLinearGeometry(g, 0, NULL) : NULL;
    int r = add_geometry(ctx, t, linear ? linear : g, 0, ret);
    OGR_G_DestroyGeometry(linear);
    return r < 0 || ret->kind != QZ_KIND_AREA ? r : qz_shapes_end_shape(ctx, &t->areas);
}

static int ogr_geometry(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret) {
    struct qz_ogr_file *f = t->file;
    return qz_ogr_add_geometry(ctx, t, OGR_F_GetGeometryRef(f->feature), ret);
}

/* ---- only what is asked for */
static int ogr_only(struct qz_ctx *ctx, struct qz_table *t) {
    struct qz_ogr_file *f = t->file;
    const char **skipped = qz_calloc(t->n_columns + 1, sizeof *skipped);
    if (!skipped)
        return qz_fail_nomem(ctx);
    for (size_t i = 0, n = 0; i < t->n_columns; i++)
        if (t->columns[i].skipped) /* by the file's own name: ours may lack a byte order mark */
            skipped[n++] = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(f->definition, (int)i));
    struct qz_gdal_guard guard = { 0 };
    qz_gdal_enter(&guard);
    OGR_L_SetIgnoredFields(f->layer, skipped); /* a driver that cannot reads them all */
    qz_gdal_leave();
    free(skipped);
    return 0;
}

const struct qz_backend qz_backend_ogr = {
    "ogr", ogr_open, ogr_only, qz_ogr_next, ogr_text, ogr_number, ogr_geometry, qz_ogr_close,
};
