/* tests/unit/test_roads.c - roads as they come: formats, vocabularies, several files, levels, speed
 * tables
 */
#include <gdal.h>
#include <cpl_conv.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "io/raster.h"
#include "io/table.h"
#include "lines.h"
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

/* ---- vocabularies: one line, its properties, what the record holds */
static struct qz_roads *read_text(const char *name, const char *text, struct qz_issues *issues,
                                  int want) {
    struct qz_input input = { .file = scratch_text(name, text), .crs = "EPSG:2154" };
    struct qz_input_report report;
    struct qz_crs *crs = NULL;
    struct qz_roads *roads = NULL;
    CHECK(qz_crs_open(ctx, "EPSG:2154", &crs) == 0);
    CHECK(qz_roads_read(ctx, &input, crs, issues, &report, &roads) == want);
    qz_crs_free(crs);
    return roads;
}

static char *geojson_of(const char *properties) {
    return qz_format("{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
                     "\"properties\":{%s},\"geometry\":{\"type\":\"LineString\","
                     "\"coordinates\":[[600000,6500000],[600100,6500000]]}}]}",
                     properties);
}

static const struct {
    const char *name, *properties, *class_name;
    float kmh;
    double length_m;
    int direction, level;
    bool closed;
    const char *issue; /* NULL: none */
} vocabularies[] = {
    { "BD TOPO v2",
      "\"NATURE\":\"Route à 1 chaussée\",\"IMPORTANCE\":\"3\",\"SENS\":\"Inverse\","
      "\"POS_SOL\":\"1\",\"FICTIF\":\"Non\",\"ETAT\":\"NR\"",
      "Route à 1 chaussée|3", 0, 0, -1, 1, false, NULL },
    { "BD TOPO v2, lower case, numbers",
      "\"nature\":\"Bretelle\",\"importance\":2,\"sens\":\"Direct\",\"pos_sol\":-1,"
      "\"fictif\":\"Oui\"",
      "Bretelle|2", 0, 0, 1, -1, false, "fictive_roads" },
    { "BD TOPO v2, under way",
      "\"NATURE\":\"Bretelle\",\"IMPORTANCE\":\"NC\",\"SENS\":\"NC\",\"ETAT\":"
      "\"En construction\"",
      "Bretelle|NC", 0, 0, 0, 0, true, NULL },
    { "BD TOPO v3, Shapefile",
      "\"NATURE\":\"Type autoroutier\",\"IMPORTANCE\":\"1\",\"SENS\":\"Sens direct\","
      "\"VIT_MOY_VL\":118,\"ACCES_VL\":\"A péage\",\"POS_SOL\":\"Gué ou radier\","
      "\"PRIVE\":\"Non\"",
      "Type autoroutier|1", 118, 0, 1, 0, false, NULL },
    { "BD TOPO v3, GeoPackage",
      "\"nature\":\"Route à 2 chaussées\",\"importance\":\"2\",\"sens_de_circulation\":"
      "\"Sens inverse\",\"vitesse_moyenne_vl\":80,\"acces_vehicule_leger\":\"Libre\","
      "\"position_par_rapport_au_sol\":\"2\",\"prive\":false,\"fictif\":true,"
      "\"etat_de_l_objet\":\"En service\"",
      "Route à 2 chaussées|2", 80, 0, -1, 2, false, "fictive_roads" },
    { "BD TOPO v3, private",
      "\"nature\":\"Route à 1 chaussée\",\"importance\":\"6\",\"prive\":true",
      "Route à 1 chaussée|6", 0, 0, 0, 0, true, NULL },
    { "BD TOPO v3, residents",
      "\"NATURE\":\"Route à 1 chaussée\",\"IMPORTANCE\":\"5\",\"ACCES_VL\":"
      "\"Restreint aux ayants droit\"",
      "Route à 1 chaussée|5", 0, 0, 0, 0, true, NULL },
    { "ROUTE 500, kilometres",
      "\"VOCATION\":\"Liaison principale\",\"NB_CHAUSSE\":\"2 chaussées\",\"ETAT\":"
      "\"Revêtu\",\"ACCES\":\"Libre\",\"SENS\":\"Sens unique\",\"LONGUEUR\":0.15",
      "Liaison principale|2 chaussées", 0, 150, 1, 0, false, NULL },
    { "ROUTE 500, both ways",
      "\"vocation\":\"Bretelle\",\"nb_chausse\":\"1 chaussée\",\"sens\":\"Double sens\","
      "\"longueur\":0",
      "Bretelle|1 chaussée", 0, 0, 0, 0, false, "bad_length" },
    { "metres elsewhere", "\"highway\":\"primary\",\"longueur\":150", "primary", 0, 150, 0, 0,
      false, NULL },
    { "OSM table", "\"highway\":\"primary\",\"layer\":1,\"oneway\":\"-1\"", "primary", 0, 0, -1, 1,
      false, NULL },
    { "a level beyond reason", "\"highway\":\"primary\",\"layer\":400", "primary", 0, 0, 0, 0,
      false, NULL },
    { "speeds without classes", "\"WIDTH\":4,\"VL_SPD\":45", "road", 45, 0, 0, 0, false,
      "no_class" },
};

static void check_vocabularies(void) {
    for (size_t i = 0; i < COUNT(vocabularies); i++) {
        const char *name = vocabularies[i].name;
        struct qz_issues issues;
        CHECK(qz_issues_init(ctx, &issues) == 0);
        char *text = geojson_of(vocabularies[i].properties);
        struct qz_roads *roads = read_text("roads.geojson", text, &issues, 0);
        free(text);
        CHECK_NEAR(roads && roads->n == 1, 1, 0, name);
        if (roads && roads->n == 1) {
            const struct qz_road *r = &roads->items[0];
            CHECK_NEAR(strcmp(roads->class_name[r->class_id], vocabularies[i].class_name), 0, 0,
                       name);
            CHECK_NEAR((double)r->kmh, (double)vocabularies[i].kmh, 0, name);
            CHECK_NEAR(r->length_m, vocabularies[i].length_m, 1e-9, name);
            CHECK_NEAR(r->direction, vocabularies[i].direction, 0, name);
            CHECK_NEAR(r->level, vocabularies[i].level, 0, name);
            CHECK_NEAR(r->closed, vocabularies[i].closed, 0, name);
        }
        CHECK_NEAR((double)issues.n, vocabularies[i].issue != NULL, 0, name);
        if (issues.n && vocabularies[i].issue)
            CHECK_NEAR(strcmp(issues.items[0].code, vocabularies[i].issue), 0, 0, name);
        qz_roads_free(roads);
        qz_issues_done(&issues);
    }
    char *text = geojson_of("\"WIDTH\":4");
    CHECK(read_text("roads.geojson", text, NULL, QZ_E_FORMAT) == NULL);
    CHECK(strstr(qz_ctx_error(ctx), "'class = COLUMN'") && strstr(qz_ctx_error(ctx), "WIDTH"));
    free(text);
}

/* ---- the table that knows a vocabulary best */
static void check_guess(void) {
    static const struct {
        const char *classes[3], *want;
    } cases[] = {
        { { "primary", "residential", "service" }, "osm-car" },
        { { "Type autoroutier|1", "Bretelle|2", "Route à 1 chaussée|5" }, "bdtopo-car" },
        { { "Type autoroutier|2 chaussées", "Bretelle|1 chaussée", "Liaison locale|1 chaussée" },
          "route500-car" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *classes[3];
        memcpy(classes, cases[i].classes, sizeof classes);
        struct qz_roads roads = { .n_classes = 3, .class_name = classes };
        CHECK_NEAR(strcmp(qz_speeds_guess(&roads), cases[i].want), 0, 0, cases[i].want);
    }
}

/* ---- levels: a road to the east and one to the north, with or without a vertex at the crossing */
static void check_levels(void) {
    static const struct {
        const char *name;
        int east, north; /* levels */
        bool ends;       /* the road to the north is two, that end at the crossing */
        size_t n_nodes, n_edges;
    } cases[] = {
        { "both on the ground", 0, 0, false, 5, 4 },
        { "a bridge over a road", 0, 1, false, 4, 2 },
        { "a road over a tunnel", 0, -1, false, 4, 2 },
        { "both on one bridge", 1, 1, false, 5, 4 },
        { "a bridge that begins there", 0, 1, true, 5, 4 },
        { "two bridges that begin under another", 2, 1, true, 5, 4 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lines l = { 0 };
        const struct qz_xy east[] = { { 0, 0 }, { 50, 0 }, { 100, 0 } };
        const struct qz_xy north[] = { { 50, -50 }, { 50, 0 }, { 50, 50 } };
        lines_add(&l, PLAIN, 0, east, 3)->level = (int8_t)cases[i].east;
        if (cases[i].ends) {
            lines_add(&l, PLAIN, 0, north, 2)->level = (int8_t)cases[i].north;
            lines_add(&l, PLAIN, 0, north + 1, 2)->level = (int8_t)cases[i].north;
        } else {
            lines_add(&l, PLAIN, 0, north, 3)->level = (int8_t)cases[i].north;
        }
        struct qz_network *net = lines_network(ctx, &l, 0);
        CHECK_NEAR((double)net->n_nodes, (double)cases[i].n_nodes, 0, cases[i].name);
        CHECK_NEAR((double)net->n_edges, (double)cases[i].n_edges, 0, cases[i].name);
        qz_network_freep(&net);
        lines_done(&l);
    }
}

/* ---- METRIC, worked by hand: a road of 1000 m, straight or with 600 m between its ends */
static void check_metric(void) {
    static const struct {
        const char *name, *class_name;
        bool bent;
        double people_per_km2, slope_ratio;
        bool peak;
        double kmh;
    } cases[] = {
        { "single, sparse", "Route à 1 chaussée|3", false, 100, 0, false, 65 },
        { "single, just under 500", "Route à 1 chaussée|3", false, 499, 0, false, 65 },
        { "single, 500", "Route à 1 chaussée|5", false, 500, 0, false, 40 },
        { "single, 4000", "Route à 1 chaussée|5", false, 4000, 0, false, 40 },
        { "single, dense", "Route à 1 chaussée|5", false, 4001, 0, false, 20 },
        { "single, bent: 65 x 0.6", "Route à 1 chaussée|3", true, 100, 0, false, 39 },
        { "single, 10 %: 65 - 0.1 x 100", "Route à 1 chaussée|3", false, 100, 0.1, false, 55 },
        { "single, bent and 10 %", "Route à 1 chaussée|3", true, 100, 0.1, false, 29 },
        { "single, 30 %: the floor", "Route à 1 chaussée|3", false, 100, 0.3, false, 15 },
        { "single, peak: 40 x 0.8", "Route à 1 chaussée|3", false, 1000, 0, true, 32 },
        { "single, dense, peak: 12, the floor", "Route à 1 chaussée|3", false, 5000, 0, true, 15 },
        { "single, sparse, peak", "Route à 1 chaussée|3", false, 100, 0, true, 65 },
        { "dual, 5 %: 90 - 2.5", "Route à 2 chaussées|2", false, 100, 0.05, false, 87.5 },
        { "motorway, bent, 10 %", "Type autoroutier|1", true, 1000, 0.1, false, 100 },
        { "motorway, dense, peak: 60 x 0.6", "Type autoroutier|1", false, 5000, 0, true, 36 },
        { "near-motorway", "Quasi-autoroute|1", false, 5000, 0, false, 40 },
        { "slip road", "Bretelle|2", true, 5000, 0, false, 60 },
        { "unpaved", "Route empierrée|6", false, 5000, 0, false, 20 },
        { "ferry", "Bac auto|4", false, 100, 0, false, 13 },
        { "OSM", "tertiary", true, 100, 0, false, 39 },
        { "OSM motorway", "motorway", false, 5000, 0, false, 60 },
        { "ROUTE 500", "Liaison principale|2 chaussées", false, 1000, 0, false, 60 },
    };
    static const struct qz_xy points[2][3] = { { { 0, 0 }, { 500, 0 }, { 1000, 0 } },
                                               { { 0, 0 }, { 300, 400 }, { 600, 0 } } };
    struct qz_speeds *speeds = NULL;
    CHECK(qz_speeds_parse(ctx, "metric", qz_speeds_builtin("metric"), &speeds) == 0);
    CHECK(qz_speeds_need_density(speeds) && qz_speeds_need_slope(speeds) &&
          qz_speeds_is_symmetric(speeds));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_road items[] = { { .kmh = 110, .direction = -1 }, { .first_point = 3 } };
        const char *classes[] = { cases[i].class_name };
        struct qz_xy line[3];
        memcpy(line, points[cases[i].bent], sizeof line);
        struct qz_roads roads = { .n = 1,
                                  .n_points = 3,
                                  .n_classes = 1,
                                  .items = items,
                                  .points = line,
                                  .class_name = classes };
        float density = (float)cases[i].people_per_km2, slope = (float)cases[i].slope_ratio;
        struct qz_network_params params = { .peak = cases[i].peak,
                                            .people_per_km2 = &density,
                                            .slope_ratio = &slope };
        struct qz_network *net = NULL;
        CHECK(qz_network_new(ctx, &params, &roads, speeds, NULL, &net) == 0);
        double ms = 1000 * 3600 / cases[i].kmh;
        CHECK_NEAR(net->edges[0].ms_forward, ms, 1, cases[i].name);
        CHECK_NEAR(net->edges[0].ms_backward, ms, 1, cases[i].name); /* one-ways do not count */
        net = qz_network_free(net);
        params = (struct qz_network_params) {
            .island_min_m = 0
        }; /* nothing sampled: sparse, flat */
        CHECK(qz_network_new(ctx, &params, &roads, speeds, NULL, &net) == 0);
        qz_network_free(net);
    }
    qz_speeds_free(speeds);
    static const char *const plain[] = { "osm-car", "bdtopo-car", "route500-car" };
    for (size_t i = 0; i < COUNT(plain); i++) {
        CHECK(qz_speeds_parse(ctx, plain[i], qz_speeds_builtin(plain[i]), &speeds) == 0);
        CHECK(!qz_speeds_need_density(speeds) && !qz_speeds_need_slope(speeds) &&
              !qz_speeds_is_symmetric(speeds));
        speeds = qz_speeds_free(speeds);
    }
}

/* ---- heights: 3 columns of 10 m by 2 rows, one cell without data */
static bool write_raster(const char *path, int epsg, double cell, double turn) {
    static const float heights[6] = { 100, 110, 130, 100, 120, -9999 };
    double place[6] = { 1000, cell, turn, 2000, turn, -cell };
    GDALDatasetH d = GDALCreate(GDALGetDriverByName("GTiff"), path, 3, 2, 1, GDT_Float32, NULL);
    char *wkt = NULL;
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    if (!d)
        return false;
    if (epsg && OSRImportFromEPSG(srs, epsg) == OGRERR_NONE &&
        OSRExportToWkt(srs, &wkt) == OGRERR_NONE)
        GDALSetProjection(d, wkt);
    CPLFree(wkt);
    OSRRelease(srs);
    GDALSetGeoTransform(d, place);
    GDALSetRasterNoDataValue(GDALGetRasterBand(d, 1), -9999);
    CPLErr e = GDALRasterIO(GDALGetRasterBand(d, 1), GF_Write, 0, 0, 3, 2, (void *)heights, 3, 2,
                            GDT_Float32, 0, 0);
    GDALClose(d);
    return e == CE_None;
}

static void check_raster(void) {
    static const struct {
        const char *name;
        double x_m, y_m;
        int known;
        double height_m;
    } cases[] = {
        { "a cell's centre", 1005, 1995, 1, 100 },
        { "half way to the next", 1010, 1995, 1, 105 },
        { "between four: 100, 110, 100, 120", 1010, 1990, 1, 107.5 },
        { "the outer half of a cell", 1001, 1999, 1, 100 },
        { "beside the cell without data", 1020, 1990, 0, 0 },
        { "west of it", 999, 1995, 0, 0 },
        { "north of it", 1005, 2001, 0, 0 },
        { "nowhere", NAN, 1995, 0, 0 },
    };
    static const struct {
        const char *name;
        int epsg;
        double cell, turn;
        int code;
        const char *says;
    } refused[] = {
        { "degrees.tif", 4326, 0.001, 0, QZ_E_CRS, "gdalwarp -t_srs EPSG:2154" },
        { "nowhere.tif", 0, 10, 0, QZ_E_CRS, "gdal_translate -a_srs" },
        { "turned.tif", 2154, 10, 1, QZ_E_FORMAT, "is turned" },
    };
    struct qz_raster *r = NULL;
    CHECK(write_raster(scratch_path("dem.tif"), 2154, 10, 0));
    CHECK(qz_raster_open(ctx, scratch_path("dem.tif"), &r) == 0);
    for (size_t i = 0; r && i < COUNT(cases); i++) {
        double height_m = 0;
        struct qz_xy at = { cases[i].x_m, cases[i].y_m };
        CHECK_NEAR(qz_raster_sample(ctx, r, at, &height_m), cases[i].known, 0, cases[i].name);
        CHECK_NEAR(height_m, cases[i].height_m, 1e-9, cases[i].name);
    }
    r = qz_raster_free(r);
    for (size_t i = 0; i < COUNT(refused); i++) {
        const char *path = scratch_path(refused[i].name);
        CHECK(write_raster(path, refused[i].epsg, refused[i].cell, refused[i].turn));
        CHECK_NEAR(qz_raster_open(ctx, path, &r), refused[i].code, 0, refused[i].name);
        CHECK(r == NULL && strstr(qz_ctx_error(ctx), refused[i].says));
    }
    CHECK(qz_raster_open(ctx, scratch_text("text.tif", "no raster"), &r) == QZ_E_FORMAT);
    CHECK(qz_raster_open(ctx, scratch_path("absent.tif"), &r) == QZ_E_IO);
}

/* ---- memory ends at each allocation in turn: a code, no crash, nothing leaked */
static int join_copies(struct qz_issues *issues) {
    struct qz_input input = { .file = scratch_path("join.geojson"), .crs = "EPSG:2154" };
    struct qz_input_report report;
    struct qz_crs *crs = NULL;
    struct qz_roads *parts[2] = { NULL, NULL }, *all = NULL;
    int e = qz_crs_open(ctx, "EPSG:2154", &crs);
    for (size_t i = 0; i < COUNT(parts) && e == 0; i++)
        e = qz_roads_read(ctx, &input, crs, issues, &report, &parts[i]);
    if (e == 0)
        e = qz_roads_join(ctx, parts, COUNT(parts), issues, &all);
    CHECK((all != NULL) == (e == 0));
    qz_crs_free(crs);
    qz_roads_free(parts[0]);
    qz_roads_free(parts[1]);
    qz_roads_free(all);
    return e;
}

static int read_batches(struct qz_issues *issues) {
    (void)issues;
    qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
    int e = qz_table_open(ctx, scratch_path("rows.gpkg"), NULL, &t);
    if (e == 0)
        e = qz_table_next(ctx, t);
    if (e == 1 && (e = qz_table_next(ctx, t)) == 1) { /* the second row has all its values */
        struct qz_row_geometry g;
        const char *text = qz_table_text(t, 0);
        e = qz_table_geometry(ctx, t, &g);
        CHECK(e != 0 || g.n_points == 3);
        int more = qz_table_next(ctx, t); /* tells when the text was lost */
        CHECK(more < 0 || text);
        e = e < 0 ? e : more < 0 ? more : 0;
    }
    return e;
}

static int open_raster(struct qz_issues *issues) {
    (void)issues;
    struct qz_raster *r = NULL;
    int e = qz_raster_open(ctx, scratch_path("dem.tif"), &r);
    qz_raster_free(r);
    return e;
}

static void check_memory(void) {
    static const struct {
        const char *name;
        int (*work)(struct qz_issues *issues);
    } works[] = { { "join", join_copies }, { "batches", read_batches }, { "raster", open_raster } };
    char *text = geojson_of("\"highway\":\"primary\",\"layer\":1");
    scratch_text("join.geojson", text);
    free(text);
    for (size_t i = 0; i < COUNT(works); i++) {
        int e = QZ_E_NOMEM;
        size_t n = 0;
        for (; e != 0 && n < 1000; n++) {
            struct qz_issues issues;
            CHECK(qz_issues_init(ctx, &issues) == 0);
            qz_memory_fail_after(n);
            e = works[i].work(&issues);
            qz_memory_fail_after(SIZE_MAX);
            qz_issues_done(&issues);
            CHECK_NEAR(e == 0 || e == QZ_E_NOMEM || e == QZ_E_CRS, 1, 0, works[i].name);
        }
        CHECK_NEAR(e == 0 && n > 3, 1, 0, works[i].name);
    }
}

int main(void) {
    GDALAllRegister();
    if (!scratch_make() || qz_ctx_new(&qz_ctx_params_default, &ctx) < 0)
        return 2;
    check_formats();
    check_stamps();
    check_join();
    check_vocabularies();
    check_guess();
    check_levels();
    check_metric();
    check_raster();
    check_memory();
    qz_ctx_free(ctx);
    scratch_remove(scratch_root);
    return check_end();
}
