/* engine/io/writer.c - layers to a file, through GDAL, published at once. */
#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>
#include "io/backend.h"
#include "io/place.h"
#include "io/writer.h"

struct style {
    char *layer, *name, *qml, *description;
};

struct qz_writer {
    enum qz_format format;
    struct qz_place place;
    struct qz_gdal_guard guard; /* counts every failure of its life */
    char *date;
    GDALDatasetH dataset;
    OGRLayerH layer; /* the current one */
    OGRFeatureH row;
    char *layer_name;
    const struct qz_column *columns; /* borrowed: tables of columns are constant */
    size_t n_columns, n_rows;
    enum qz_geometry geometry;
    struct style *styles;
    size_t n_styles, cap_styles;
};

static const struct {
    const char *driver;
    const char *dataset_options[3], *layer_options[4];
} formats[] = {
    [QZ_GPKG] = { "GPKG",
                  { NULL },
                  { "GEOMETRY_NAME=geom", "FID=fid", "SPATIAL_INDEX=YES", NULL } },
    [QZ_CSV] = { "CSV", { NULL }, { "LINEFORMAT=LF", "STRING_QUOTING=IF_NEEDED", NULL } },
    [QZ_GEOJSON] = { "GeoJSON", { NULL }, { "RFC7946=YES", NULL } },
    [QZ_SHAPEFILE] = { "ESRI Shapefile", { NULL }, { "ENCODING=UTF-8", "RESIZE=YES", NULL } },
};

/* Every call into GDAL stands between these two, so that no failure is lost. */
static void enter(struct qz_writer *w) {
    qz_gdal_enter(&w->guard);
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", w->date);
}
static void leave(void) {
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", NULL);
    qz_gdal_leave();
}

static int failed(struct qz_ctx *ctx, struct qz_writer *w) {
    if (w->guard.failures == 0)
        return 0;
    return qz_fail(ctx, QZ_E_IO, "%s: cannot be written: %s", w->place.path, w->guard.message);
}

int qz_writer_check(struct qz_ctx *ctx, const char *path, bool overwrite) {
    struct qz_place place;
    int r = qz_place_init(ctx, &place, path, overwrite);
    qz_place_done(&place);
    return r;
}

int qz_writer_open(struct qz_ctx *ctx, const char *path, const struct qz_writer_params *params,
                   struct qz_writer **ret) {
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = qz_calloc(1, sizeof *w);
    if (!w)
        return qz_fail_nomem(ctx);
    w->format = params->format;
    int r = qz_place_init(ctx, &w->place, path, params->overwrite);
    if (r < 0)
        return r;
    w->date = qz_format("%sT00:00:00.000Z", params->date);
    if (!w->date)
        return qz_fail_nomem(ctx);
    qz_gdal_start();
    enter(w);
    w->dataset = GDALCreate(GDALGetDriverByName(formats[w->format].driver), w->place.file, 0, 0, 0,
                            GDT_Unknown, (char **)formats[w->format].dataset_options);
    if (w->dataset && w->format == QZ_GPKG)
        GDALDatasetStartTransaction(w->dataset, FALSE);
    leave();
    if (!w->dataset && w->guard.failures == 0)
        return qz_fail(ctx, QZ_E_IO, "%s: cannot be created", path);
    r = failed(ctx, w);
    if (r < 0)
        return r;
    *ret = w;
    w = NULL;
    return 0;
}

/* ---- layers */
static OGRSpatialReferenceH srs_of(const struct qz_crs *crs) {
    if (!crs)
        return NULL;
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    if (qz_crs_epsg(crs))
        OSRImportFromEPSG(srs, qz_crs_epsg(crs));
    else
        OSRSetFromUserInput(srs, qz_crs_wkt(crs));
    return srs;
}

static void add_field(OGRLayerH layer, const char *name, OGRFieldType type, OGRFieldSubType subtype,
                      int width, int precision) {
    OGRFieldDefnH f = OGR_Fld_Create(name, type);
    OGR_Fld_SetSubType(f, subtype);
    if (width)
        OGR_Fld_SetWidth(f, width);
    if (precision)
        OGR_Fld_SetPrecision(f, precision);
    OGR_L_CreateField(layer, f, FALSE);
    OGR_Fld_Destroy(f);
}

static void add_column(const struct qz_writer *w, const struct qz_column *c) {
    bool fixed = w->format == QZ_SHAPEFILE; /* DBF: widths are part of the format */
    switch (c->type) {
    case QZ_TEXT:
        add_field(w->layer, c->name, OFTString, OFSTNone, 0, 0);
        break;
    case QZ_INT:
        add_field(w->layer, c->name, OFTInteger64, OFSTNone, fixed ? 11 : 0, 0);
        break;
    case QZ_BOOL:
        add_field(w->layer, c->name, OFTInteger, OFSTBoolean, 0, 0);
        break;
    case QZ_REAL: /* CSV and DBF keep the stated decimals; a database keeps the double */
        add_field(w->layer, c->name, OFTReal, OFSTNone, w->format == QZ_GPKG ? 0 : 18,
                  w->format == QZ_GPKG ? 0 : c->decimals);
        break;
    }
}

/* Ends the current layer: its R-tree is made now, once, from all rows. */
static void end_layer(struct qz_writer *w) {
    if (w->row)
        OGR_F_Destroy(w->row);
    w->row = NULL;
    if (w->layer)
        OGR_L_SyncToDisk(w->layer);
    w->layer = NULL;
    free(w->layer_name);
    w->layer_name = NULL;
}

static void begin_layer(struct qz_writer *w, const char *name, const char *title,
                        const char *description, OGRwkbGeometryType type,
                        OGRSpatialReferenceH srs) {
    char **options = CSLDuplicate((char **)formats[w->format].layer_options);
    if (w->format == QZ_GPKG) {
        options = CSLSetNameValue(options, "IDENTIFIER", title);
        options = CSLSetNameValue(options, "DESCRIPTION", description);
    } else if (w->format == QZ_SHAPEFILE) {
        char day[11] = { 0 };
        memcpy(day, w->date, 10);
        options = CSLSetNameValue(options, "DBF_DATE_LAST_UPDATE", day);
    }
    w->layer = GDALDatasetCreateLayer(w->dataset, name, srs, type, options);
    CSLDestroy(options);
}

int qz_writer_layer(struct qz_ctx *ctx, struct qz_writer *w, const char *name, const char *title,
                    const char *description, enum qz_geometry geometry, const struct qz_crs *crs,
                    const struct qz_column *columns, size_t n_columns) {
    static const OGRwkbGeometryType types[] = { [QZ_GEOM_NONE] = wkbNone,
                                                [QZ_GEOM_POINT] = wkbPoint,
                                                [QZ_GEOM_LINE] = wkbLineString,
                                                [QZ_GEOM_AREA] = wkbMultiPolygon };
    enter(w);
    end_layer(w);
    OGRSpatialReferenceH srs = srs_of(crs);
    begin_layer(w, name, title, description, types[geometry], srs);
    if (srs)
        OSRRelease(srs);
    for (size_t i = 0; w->layer && i < n_columns; i++)
        add_column(w, &columns[i]);
    if (w->layer)
        w->row = OGR_F_Create(OGR_L_GetLayerDefn(w->layer));
    leave();
    w->layer_name = qz_strdup(name);
    w->columns = columns;
    w->n_columns = n_columns;
    w->geometry = geometry;
    w->n_rows = 0;
    int r = w->layer_name ? failed(ctx, w) : qz_fail_nomem(ctx);
    if (r == 0 && (!w->layer || !w->row))
        r = qz_fail(ctx, QZ_E_IO, "%s: layer '%s' cannot be created", w->place.path, name);
    return r;
}

/* ---- rows */
void qz_writer_text(struct qz_writer *w, size_t column, const char *text) {
    if (text)
        OGR_F_SetFieldString(w->row, (int)column, text);
}

void qz_writer_int(struct qz_writer *w, size_t column, int64_t value) {
    OGR_F_SetFieldInteger64(w->row, (int)column, value);
}

void qz_writer_real(struct qz_writer *w, size_t column, double value) {
    if (!isfinite(value))
        return;
    double scale = pow(10, w->columns[column].decimals);
    double kept = round(value * scale) / scale;
    OGR_F_SetFieldDouble(w->row, (int)column, kept == 0 ? 0 : kept); /* no minus zero */
}

static int set_geometry(struct qz_ctx *ctx, struct qz_writer *w, OGRGeometryH g) {
    if (!g || OGR_F_SetGeometryDirectly(w->row, g) != OGRERR_NONE)
        return qz_fail(ctx, QZ_E_IO, "%s: a geometry of layer '%s' cannot be written",
                       w->place.path, w->layer_name);
    return 0;
}

int qz_writer_point(struct qz_ctx *ctx, struct qz_writer *w, struct qz_xy p) {
    OGRGeometryH g = OGR_G_CreateGeometry(wkbPoint);
    if (g)
        OGR_G_SetPoint_2D(g, 0, p.x_m, p.y_m);
    return set_geometry(ctx, w, g);
}

int qz_writer_line(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_xy *points, size_t n) {
    OGRGeometryH g = OGR_G_CreateGeometry(wkbLineString);
    if (g)
        OGR_G_SetPoints(g, (int)n, &points->x_m, sizeof *points, &points->y_m, sizeof *points, NULL,
                        0);
    return set_geometry(ctx, w, g);
}

static OGRGeometryH ring_geometry(const struct qz_shapes *s, uint32_t ring) {
    const struct qz_xy *from = s->points + s->ring_point[ring];
    int n = (int)(s->ring_point[ring + 1] - s->ring_point[ring]);
    OGRGeometryH g = OGR_G_CreateGeometry(wkbLinearRing);
    OGR_G_SetPoints(g, n, &from->x_m, sizeof *from, &from->y_m, sizeof *from, NULL, 0);
    return g;
}

int qz_writer_shape(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_shapes *s, size_t i) {
    OGRGeometryH all = OGR_G_CreateGeometry(wkbMultiPolygon);
    for (uint32_t p = s->shape_poly[i]; p < s->shape_poly[i + 1]; p++) {
        OGRGeometryH poly = OGR_G_CreateGeometry(wkbPolygon);
        for (uint32_t r = s->poly_ring[p]; r < s->poly_ring[p + 1]; r++)
            OGR_G_AddGeometryDirectly(poly, ring_geometry(s, r));
        OGR_G_AddGeometryDirectly(all, poly);
    }
    return set_geometry(ctx, w, all);
}

int qz_writer_row(struct qz_ctx *ctx, struct qz_writer *w) {
    enter(w);
    for (size_t i = 0; i < w->n_columns; i++)
        if (!OGR_F_IsFieldSet(w->row, (int)i))
            OGR_F_SetFieldNull(w->row, (int)i);
    OGRErr e = OGR_L_CreateFeature(w->layer, w->row);
    OGR_F_Destroy(w->row);
    w->row = OGR_F_Create(OGR_L_GetLayerDefn(w->layer));
    leave();
    w->n_rows++;
    int r = failed(ctx, w);
    if (r == 0 && (e != OGRERR_NONE || !w->row))
        r = qz_fail(ctx, QZ_E_IO, "%s: layer '%s' refused row %zu", w->place.path, w->layer_name,
                    w->n_rows);
    return r;
}

/* ---- styles: the table that QGIS reads, registered as attributes */
int qz_writer_style(struct qz_ctx *ctx, struct qz_writer *w, const char *layer, const char *name,
                    const char *qml, const char *description) {
    struct style *grown = qz_grow(w->styles, &w->cap_styles, w->n_styles + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    w->styles = grown;
    struct style *s = &w->styles[w->n_styles++];
    *s = (struct style) { qz_strdup(layer), qz_strdup(name), qz_strdup(qml),
                          qz_strdup(description) };
    return s->layer && s->name && s->qml && s->description ? 0 : qz_fail_nomem(ctx);
}

static void add_style_fields(OGRLayerH l) {
    add_field(l, "f_table_catalog", OFTString, OFSTNone, 256, 0);
    add_field(l, "f_table_schema", OFTString, OFSTNone, 256, 0);
    add_field(l, "f_table_name", OFTString, OFSTNone, 256, 0);
    add_field(l, "f_geometry_column", OFTString, OFSTNone, 256, 0);
    add_field(l, "styleName", OFTString, OFSTNone, 30, 0);
    add_field(l, "styleQML", OFTString, OFSTNone, 0, 0);
    add_field(l, "styleSLD", OFTString, OFSTNone, 0, 0);
    add_field(l, "useAsDefault", OFTInteger, OFSTBoolean, 0, 0);
    add_field(l, "description", OFTString, OFSTNone, 0, 0);
    add_field(l, "owner", OFTString, OFSTNone, 30, 0);
    add_field(l, "ui", OFTString, OFSTNone, 30, 0);
    add_field(l, "update_time", OFTDateTime, OFSTNone, 0, 0);
}

/* The first style of a layer is its default, the others are offered. */
static bool is_first(const struct qz_writer *w, const struct style *s) {
    for (const struct style *earlier = w->styles; earlier < s; earlier++)
        if (strcmp(earlier->layer, s->layer) == 0)
            return false;
    return true;
}

static void add_style_row(struct qz_writer *w, OGRLayerH l, const struct style *s) {
    OGRLayerH target = GDALDatasetGetLayerByName(w->dataset, s->layer);
    bool spatial = target && OGR_FD_GetGeomFieldCount(OGR_L_GetLayerDefn(target)) > 0;
    int year = 1970, month = 1, day = 1;
    sscanf(w->date, "%d-%d-%d", &year, &month, &day);
    OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(l));
    const char *const texts[] = { "", "", s->layer, spatial ? "geom" : "", s->name, s->qml, "" };
    for (size_t i = 0; i < COUNT(texts); i++)
        OGR_F_SetFieldString(f, (int)i, texts[i]);
    OGR_F_SetFieldInteger(f, 7, is_first(w, s));
    OGR_F_SetFieldString(f, 8, s->description);
    OGR_F_SetFieldString(f, 9, "quinze");
    OGR_F_SetFieldNull(f, 10);
    OGR_F_SetFieldDateTime(f, 11, year, month, day, 0, 0, 0, 100);
    if (OGR_L_CreateFeature(l, f) != OGRERR_NONE)
        w->guard.failures++;
    OGR_F_Destroy(f);
}

static void write_styles(struct qz_writer *w) {
    static const char *const options[] = { "FID=id", "IDENTIFIER=layer_styles", NULL };
    OGRLayerH l = GDALDatasetCreateLayer(w->dataset, "layer_styles", NULL, wkbNone,
                                         (char **)options);
    if (!l)
        return;
    add_style_fields(l);
    for (size_t i = 0; i < w->n_styles; i++)
        add_style_row(w, l, &w->styles[i]);
}

/* ---- the end */
int qz_writer_publish(struct qz_ctx *ctx, struct qz_writer *taken) {
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = taken;
    enter(w);
    end_layer(w);
    if (w->n_styles)
        write_styles(w);
    if (w->format == QZ_GPKG && w->guard.failures == 0)
        GDALDatasetCommitTransaction(w->dataset);
    GDALClose(w->dataset); /* says nothing: the guard does */
    w->dataset = NULL;
    leave();
    int r = failed(ctx, w);
    return r < 0 ? r : qz_place_publish(ctx, &w->place);
}

struct qz_writer *qz_writer_abandon(struct qz_writer *w) {
    if (!w)
        return NULL;
    struct qz_gdal_guard quiet = { 0 };
    qz_gdal_enter(&quiet);
    if (w->row)
        OGR_F_Destroy(w->row);
    if (w->dataset)
        GDALClose(w->dataset);
    qz_gdal_leave();
    for (size_t i = 0; i < w->n_styles; i++) {
        free(w->styles[i].layer);
        free(w->styles[i].name);
        free(w->styles[i].qml);
        free(w->styles[i].description);
    }
    free(w->styles);
    free(w->layer_name);
    free(w->date);
    qz_place_done(&w->place);
    free(w);
    return NULL;
}

void qz_writer_abandonp(struct qz_writer **w) { *w = qz_writer_abandon(*w); }
