/* tests/unit/test_roads.c - roads as they come: formats, vocabularies, several files, levels, speed
 * tables
 */
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "io/table.h"
#include "network/network.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;

/* ---- the same rows through every format: more than a batch, nulls, all kinds of geometry */
enum { N_ROWS = 20000 };
enum row_kind { LINE, LINE_Z, TWO_LINES, NO_SHAPE, POINT, AREA, CURVE, N_ROW_KINDS };

static enum row_kind kind_of(int i) { return (enum row_kind)(i % N_ROW_KINDS); }

static OGRGeometryH geometry_of(enum row_kind kind, double x) {
    static const char *const texts[] = {
        [LINE] = "LINESTRING (%.1f 1, %.1f 2, %.1f 3)",
        [LINE_Z] = "LINESTRING Z (%.1f 1 9, %.1f 2 9, %.1f 3 9)",
        [TWO_LINES] = "MULTILINESTRING ((%.1f 1, %.1f 2), (%.1f 3, 0 4))",
        [NO_SHAPE] = "",
        [POINT] = "POINT (%.1f 1)",
        [AREA] = "POLYGON ((%.1f 1, %.1f 2, 9e5 3, %.1f 1))",
        [CURVE] = "CIRCULARSTRING (%.1f 1, %.1f 2, 0 3)",
    };
    char text[200], *p = text;
    OGRGeometryH g = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, texts[kind], x, x + 1, x); /* what a text does not take is left */
#pragma GCC diagnostic pop
    if (*text)
        OGR_G_CreateFromWkt(&p, NULL, &g);
    return g;
}

static void set_row(OGRFeatureH f, int i, bool curves) {
    char text[40];
    snprintf(text, sizeof text, i % 5 ? "Route à 1 chaussée" : " n° %d ", i);
    if (i % 7)
        OGR_F_SetFieldString(f, 0, text);
    if (i % 3)
        OGR_F_SetFieldInteger(f, 1, i - 5);
    if (i % 4)
        OGR_F_SetFieldInteger64(f, 2, 5000000000 + i);
    if (i % 6)
        OGR_F_SetFieldDouble(f, 3, i / 8.0);
    OGR_F_SetFieldString(f, 4, i % 2 ? "" : "nobody reads it");
    enum row_kind kind = kind_of(i);
    OGR_F_SetGeometryDirectly(f, geometry_of(kind == CURVE && !curves ? LINE : kind, i));
}

/* gaps: rows are deleted in pairs of the file's own numbers. */
static bool write_with(const char *driver, const char *path, bool curves, bool gaps) {
    GDALDatasetH d = GDALCreate(GDALGetDriverByName(driver), path, 0, 0, 0, GDT_Unknown, NULL);
    static const char *const no_index[] = { "SPATIAL_INDEX=NO", NULL }; /* keeps the order */
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(srs, 2154);
    OGRLayerH l = d ? GDALDatasetCreateLayer(d, "rows", srs, wkbUnknown,
                                             (char **)(strcmp(driver, "GeoJSON") ? no_index : NULL))
                    : NULL;
    OSRRelease(srs);
    static const struct {
        const char *name;
        OGRFieldType type;
    } fields[] = { { "nature", OFTString },
                   { "small", OFTInteger },
                   { "large", OFTInteger64 },
                   { "real", OFTReal },
                   { "other", OFTString } };
    for (size_t k = 0; l && k < COUNT(fields); k++) {
        OGRFieldDefnH def = OGR_Fld_Create(fields[k].name, fields[k].type);
        OGR_L_CreateField(l, def, FALSE);
        OGR_Fld_Destroy(def);
    }
    if (d)
        GDALDatasetStartTransaction(d, FALSE);
    for (int i = 0; l && i < N_ROWS; i++) {
        OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(l));
        set_row(f, i, curves);
        bool done = OGR_L_CreateFeature(l, f) == OGRERR_NONE;
        if (gaps && i % 100 == 50)
            done = done && OGR_L_DeleteFeature(l, OGR_F_GetFID(f)) == OGRERR_NONE;
        CHECK(done);
        OGR_F_Destroy(f);
    }
    if (d) {
        GDALDatasetCommitTransaction(d);
        GDALClose(d);
    }
    return l != NULL;
}

static void check_values(struct qz_table *t, int i) {
    char text[40];
    double v = 0;
    const char *got = qz_table_text(t, qz_table_column(t, "nature"));
    snprintf(text, sizeof text, i % 5 ? "Route à 1 chaussée" : "n° %d", i);
    CHECK(i % 7 ? got && strcmp(got, text) == 0 : got == NULL);
    CHECK(qz_table_number(t, qz_table_column(t, "small"), &v) == (i % 3 != 0));
    CHECK(i % 3 == 0 || v == i - 5);
    got = qz_table_text(t, qz_table_column(t, "small"));
    snprintf(text, sizeof text, "%d", i - 5);
    CHECK(i % 3 ? got && strcmp(got, text) == 0 : got == NULL);
    CHECK(qz_table_number(t, qz_table_column(t, "large"), &v) == (i % 4 != 0));
    CHECK(i % 4 == 0 || v == 5e9 + i);
    got = qz_table_text(t, qz_table_column(t, "large"));
    snprintf(text, sizeof text, "%lld", 5000000000LL + i);
    CHECK(i % 4 ? got && strcmp(got, text) == 0 : got == NULL);
    CHECK(qz_table_number(t, qz_table_column(t, "real"), &v) == (i % 6 != 0));
    CHECK(i % 6 == 0 || v == i / 8.0);
    CHECK(qz_table_text(t, qz_table_column(t, "other")) == NULL); /* not asked for */
}

static void check_geometry(struct qz_table *t, int i, bool curves) {
    struct qz_row_geometry g;
    CHECK(qz_table_geometry(ctx, t, &g) == 0);
    enum row_kind kind = kind_of(i);
    switch (kind) {
    case LINE:
    case LINE_Z:
        CHECK(g.kind == QZ_KIND_LINE && g.n_parts == 1 && g.n_points == 3);
        CHECK(g.points[1].x_m == i + 1 && g.points[1].y_m == 2);
        break;
    case TWO_LINES:
        CHECK(g.kind == QZ_KIND_LINE && g.n_parts == 2 && g.n_points == 4);
        CHECK(g.part_point[1] == 2 && g.points[2].x_m == i && g.points[3].y_m == 4);
        break;
    case NO_SHAPE:
        CHECK(g.kind == QZ_KIND_NONE && g.n_points == 0);
        break;
    case POINT:
        CHECK(g.kind == QZ_KIND_POINT && g.points[0].x_m == i && g.points[0].y_m == 1);
        break;
    case AREA:
        CHECK(g.kind == QZ_KIND_AREA && g.areas->n == 1 && g.areas->n_points == 4);
        break;
    default: /* an arc becomes a line of many points */
        CHECK(g.kind == QZ_KIND_LINE && (curves ? g.n_points > 10 : g.n_points == 3));
        CHECK(g.points[0].x_m == i);
    }
}

static void check_formats(void) {
    static const struct {
        const char *driver, *file;
        bool curves, gaps, no_shape; /* what the format can hold */
        size_t n;
    } cases[] = { { "GPKG", "rows.gpkg", true, true, true, 19800 },
                  { "FlatGeobuf", "rows.fgb", false, false, false, 17143 },
                  { "GeoJSON", "rows.geojson", false, false, true, 20000 } };
    for (size_t k = 0; k < COUNT(cases); k++) {
        const char *path = scratch_path(cases[k].file);
        CHECK(write_with(cases[k].driver, path, cases[k].curves, cases[k].gaps));
        qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
        CHECK(qz_table_open(ctx, path, NULL, &t) == 0);
        if (!t)
            continue;
        int wanted[] = { qz_table_column(t, "nature"), -1, qz_table_column(t, "real"),
                         qz_table_column(t, "large"), qz_table_column(t, "small") };
        CHECK(qz_table_only(ctx, t, wanted, COUNT(wanted)) == 0);
        size_t rows = 0;
        for (int i = 0; i < N_ROWS; i++) {
            if ((cases[k].gaps && i % 100 == 50) || (!cases[k].no_shape && kind_of(i) == NO_SHAPE))
                continue;
            if (qz_table_next(ctx, t) != 1)
                break;
            rows++;
            CHECK(qz_table_row(t) == rows);
            check_values(t, i);
            check_geometry(t, i, cases[k].curves);
        }
        CHECK_NEAR((double)rows, (double)cases[k].n, 0, cases[k].file);
        CHECK(qz_table_next(ctx, t) == 0 && qz_table_next(ctx, t) == 0);
    }
}

/* The stamp tells a new text, in files of any way of reading. */
static void check_stamps(void) {
    static const struct {
        const char *text;
        bool changes;
    } rows[] = { { "a", true }, { "a", false }, { "b", true }, { "", true }, { "", false } };
    const char *path = scratch_text("stamps.csv", "x,nature\n1,a\n2,a\n3,b\n4,\n5,\n");
    qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path, NULL, &t) == 0);
    int column = t ? qz_table_column(t, "nature") : -1;
    unsigned before = 0;
    CHECK(qz_table_stamp(t, -1) == 0);
    for (size_t i = 0; t && i < COUNT(rows); i++) {
        CHECK(qz_table_next(ctx, t) == 1);
        unsigned stamp = qz_table_stamp(t, column);
        CHECK_NEAR(stamp != before, rows[i].changes, 0, rows[i].text);
        before = stamp;
    }
}

/* ---- several deliveries as one */
static struct qz_roads *roads_of(const char *const *classes, size_t n_classes,
                                 const struct qz_road *items, size_t n, const struct qz_xy *points,
                                 bool ids) {
    struct qz_roads *r = qz_calloc(1, sizeof *r);
    r->n = n;
    r->n_classes = n_classes;
    r->n_points = items[n].first_point;
    r->items = qz_malloc(n + 1, sizeof *r->items);
    memcpy(r->items, items, (n + 1) * sizeof *items);
    r->points = qz_malloc(r->n_points, sizeof *r->points);
    memcpy(r->points, points, r->n_points * sizeof *points);
    qz_pool_new(ctx, &r->texts);
    r->class_name = qz_malloc(n_classes, sizeof *r->class_name);
    for (size_t i = 0; i < n_classes; i++)
        r->class_name[i] = qz_pool_add(r->texts, classes[i], strlen(classes[i]));
    r->node_id = ids ? qz_malloc(r->n_points, sizeof *r->node_id) : NULL;
    for (size_t k = 0; ids && k < r->n_points; k++)
        r->node_id[k] = (int64_t)k + 10;
    return r;
}

/* West: A-B, A-B again, B-C. East: C-B half a millimetre off, C-D, and B-C by a bend. */
static void check_join(void) {
    static const char *const west_classes[] = { "primary", "track" }, *const east_classes[] = {
        "track", "service"
    };
    static const struct qz_road west_items[] = { { .first_point = 0, .class_id = 0 },
                                                 { .first_point = 2, .class_id = 1 },
                                                 { .first_point = 4, .class_id = 1 },
                                                 { .first_point = 6 } };
    static const struct qz_road east_items[] = { { .first_point = 0, .class_id = 1 },
                                                 { .first_point = 2, .class_id = 0 },
                                                 { .first_point = 4, .class_id = 1, .kmh = 30 },
                                                 { .first_point = 7 } };
    static const struct qz_xy west_points[] = { { 0, 0 }, { 1, 0 }, { 0, 0 },
                                                { 1, 0 }, { 1, 0 }, { 2, 0 } };
    static const struct qz_xy east_points[] = { { 2.0004, 0 }, { 1, 0 },   { 2, 0 }, { 3, 0 },
                                                { 1, 0 },      { 1.5, 1 }, { 2, 0 } };
    struct qz_issues issues;
    struct qz_roads *all = NULL;
    CHECK(qz_issues_init(ctx, &issues) == 0);
    struct qz_roads *parts[] = { roads_of(west_classes, 2, west_items, 3, west_points, false),
                                 roads_of(east_classes, 2, east_items, 3, east_points, false) };
    CHECK(qz_roads_join(ctx, parts, 2, &issues, &all) == 0);
    CHECK(parts[0] == NULL && parts[1] == NULL);
    CHECK(all && all->n == 5 && all->n_points == 11 && all->n_classes == 3);
    static const char *const want[] = { "primary", "track", "track", "track", "service" };
    for (size_t i = 0; all && i < all->n; i++)
        CHECK_NEAR(strcmp(all->class_name[all->items[i].class_id], want[i]), 0, 0, want[i]);
    CHECK(all && all->items[5].first_point == 11 && all->points[10].x_m == 2 &&
          all->items[4].kmh == 30);
    CHECK(issues.n == 1 && strcmp(issues.items[0].code, "repeated_roads") == 0 &&
          strncmp(issues.items[0].message, "1 roads", 7) == 0);
    all = qz_roads_free(all);

    parts[0] = roads_of(west_classes, 2, west_items, 3, west_points, true);
    parts[1] = roads_of(east_classes, 2, east_items, 3, east_points, false);
    CHECK(qz_roads_join(ctx, parts, 2, &issues, &all) == QZ_E_DATA && all == NULL);
    qz_roads_free(parts[0]);
    qz_roads_free(parts[1]);
    qz_issues_done(&issues);
}

int main(void) {
    GDALAllRegister();
    if (!scratch_make() || qz_ctx_new(&qz_ctx_params_default, &ctx) < 0)
        return 2;
    check_formats();
    check_stamps();
    check_join();
    qz_ctx_free(ctx);
    scratch_remove(scratch_root);
    return check_end();
}
