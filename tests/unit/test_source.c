/* tests/unit/test_source.c - official vocabularies into records; what is refused, and how it is
 * said
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "io/writer.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_issues issues;

/* ---- writing what is to be read: text columns, and a figure a row */
enum { MOST_COLUMNS = 8 };
enum figure { NOTHING, SQUARE, BOWTIE, LINE, DOT };
struct row {
    const char *cells[MOST_COLUMNS];
    enum figure figure;
    double km; /* east of a corner in the middle of France */
};
static const struct qz_xy corner = { 700000, 6600000 };

static int draw(struct qz_writer *w, const struct row *row) {
    double x = corner.x_m + 1000 * row->km, y = corner.y_m;
    const struct qz_xy square[] = {
        { x, y }, { x, y + 1000 }, { x + 1000, y + 1000 }, { x + 1000, y }, { x, y }
    };
    const struct qz_xy bowtie[] = {
        { x, y }, { x + 1000, y + 1000 }, { x + 1000, y }, { x, y + 1000 }, { x, y }
    };
    struct qz_shapes s = { 0 };
    if (row->figure == LINE)
        return qz_writer_line(ctx, w, square, 2);
    if (row->figure == DOT)
        return qz_writer_point(ctx, w, square[0]);
    if (row->figure == NOTHING)
        return 0;
    for (size_t i = 0; i < 5; i++)
        qz_shapes_add_point(ctx, &s, row->figure == SQUARE ? square[i] : bowtie[i]);
    qz_shapes_end_ring(ctx, &s);
    qz_shapes_end_poly(ctx, &s);
    qz_shapes_end_shape(ctx, &s);
    int r = qz_writer_shape(ctx, w, &s, 0);
    qz_shapes_done(&s);
    return r;
}

static const char *put(const char *file, const char *const *names, const struct row *rows,
                       size_t n) {
    const char *path = scratch_path(file), *end = strrchr(file, '.');
    enum qz_format format = strcmp(end, ".gpkg") == 0 ? QZ_GPKG : QZ_SHAPEFILE;
    const struct qz_writer_params params = { format, true, "2026-01-31" };
    enum qz_geometry geometry = QZ_GEOM_AREA;
    for (size_t i = 0; i < n; i++)
        geometry = rows[i].figure == LINE  ? QZ_GEOM_LINE
                   : rows[i].figure == DOT ? QZ_GEOM_POINT
                                           : geometry;
    struct qz_column columns[MOST_COLUMNS];
    size_t n_columns = 0;
    while (n_columns < MOST_COLUMNS && names[n_columns]) {
        columns[n_columns] = (struct qz_column) { names[n_columns], QZ_TEXT, 0 };
        n_columns++;
    }
    struct qz_writer *w = NULL;
    CHECK(qz_writer_open(ctx, path, &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "couche", "", "", geometry, lambert93, columns, n_columns) == 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < n_columns; c++)
            qz_writer_text(w, c, rows[i].cells[c]);
        CHECK(draw(w, &rows[i]) == 0 && qz_writer_row(ctx, w) == 0);
    }
    CHECK(qz_writer_publish(ctx, w) == 0);
    return path;
}

static void fresh_issues(void) {
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
}

static size_t count_issues(const char *code, enum qz_severity severity) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && issues.items[i].severity == severity;
    return n;
}

static bool says(const char *a, const char *b, const char *c) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b) && strstr(e, c);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

/* ---- communes */
static const char *const old_names[] = { "INSEE_COM",  "NOM",        "INSEE_DEP",
                                         "SIREN_EPCI", "POPULATION", NULL };
static const char *const new_names[] = {
    "code_insee",           "nom_officiel", "code_insee_du_departement",
    "codes_siren_des_epci", "population",   NULL
};
/* Out of order; one stands twice, one has lost its zero, one has no code, one no shape. */
static const struct row communes[] = {
    { { "2A004", "Ajaccio", "2A", "242000354", "71000" }, SQUARE, 0 },
    { { "01004", "Ambérieu", "01", "", "14000" }, SQUARE, 1 },
    { { "1005", "L'Île", "01", "", "s" }, SQUARE, 2 },
    { { "01004", "Ambérieu (suite)", "01", "", "1" }, SQUARE, 3 },
    { { NULL, "Sans code", "01", "", "5" }, SQUARE, 4 },
    { { "97101", "Les Abymes", NULL, NULL, NULL }, NOTHING, 5 },
    { { "01001", "Nœud", "01", "200069193", "0" }, BOWTIE, 6 },
};

static int read_communes(const struct qz_input *input, const char *crs, struct qz_crs **work,
                         struct qz_communes **ret) {
    struct qz_input_report report = { 0 };
    fresh_issues();
    *work = NULL;
    *ret = NULL;
    int r = qz_communes_read(ctx, input, crs, &issues, &report, work, ret);
    CHECK((*ret != NULL) == (r == 0) && (*work != NULL) == (r == 0));
    return r;
}

static void check_commune_records(const struct qz_communes *c) {
    static const struct {
        const char *code, *name, *departement, *epci;
        double people, km2;
        bool has_people;
    } want[] = {
        { "01001", "Nœud", "01", "200069193", 0, 0.5, true }, /* two triangles */
        { "01004", "Ambérieu", "01", "", 14000, 2, true },    /* united; the first one's figures */
        { "1005", "L'Île", "01", "", 0, 1, false },           /* 's' is a secret, not 0 */
        { "2A004", "Ajaccio", "2A", "242000354", 71000, 1, true },
        { "97101", "Les Abymes", "971", "", 0, 0, false }, /* departement from the code */
        { "?5", "Sans code", "01", "", 5, 1, true },
    };
    CHECK(c->n == COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        CHECK_NEAR(strcmp(c->code[i], want[i].code), 0, 0, want[i].code);
        CHECK_NEAR(strcmp(c->name[i], want[i].name), 0, 0, want[i].name);
        CHECK_NEAR(strcmp(c->departement[i], want[i].departement), 0, 0, want[i].code);
        CHECK_NEAR(strcmp(c->epci[i], want[i].epci), 0, 0, want[i].code);
        CHECK_NEAR(c->people[i], want[i].people, 0, want[i].code);
        CHECK_NEAR(c->has_people[i], want[i].has_people, 0, want[i].code);
        CHECK_NEAR(qz_shape_area_m2(c->shapes, i), want[i].km2 * 1e6, 1e-3, want[i].code);
        CHECK(qz_shape_valid(ctx, c->shapes, i, NULL, 0) == 1);
        CHECK(qz_communes_find(c, want[i].code) == i);
    }
    CHECK(qz_communes_find(c, "99999") == QZ_NOWHERE && qz_communes_find(c, "") == QZ_NOWHERE);
}

static void check_communes(void) {
    static const struct {
        const char *file;
        const char *const *names;
    } vocabularies[] = { { "ae2.gpkg", old_names }, { "ae3.gpkg", new_names } };
    for (size_t i = 0; i < COUNT(vocabularies); i++) {
        struct qz_input input = { .file = put(vocabularies[i].file, vocabularies[i].names, communes,
                                              COUNT(communes)) };
        qz_cleanup(qz_crs_freep) struct qz_crs *work = NULL;
        qz_cleanup(qz_communes_freep) struct qz_communes *c = NULL;
        CHECK(read_communes(&input, NULL, &work, &c) == 0);
        if (!c)
            continue;
        CHECK(qz_crs_epsg(work) == 2154); /* their own, being metric */
        check_commune_records(c);
        CHECK(count_issues("duplicate_code", QZ_SEVERITY_WARNING) == 1);
        CHECK(count_issues("malformed_code", QZ_SEVERITY_WARNING) == 2);
        CHECK(count_issues("unreadable_geometry", QZ_SEVERITY_REJECT) == 1);
        CHECK(count_issues("invalid_geometry", QZ_SEVERITY_WARNING) == 1);
        for (size_t k = 0; k < issues.n; k++)
            CHECK(issues.items[k].row > 0 &&
                  strcmp(issues.items[k].source, vocabularies[i].file) == 0);
    }
}

static void check_codes(void) {
    static const struct {
        const char *code;
        bool ok;
    } codes[] = { { "01001", true },  { "2A004", true },  { "97101", true },
                  { "1001", false },  { "2a004", false }, { "010011", false },
                  { "A2004", false }, { "", false },      { "01 01", false } };
    for (size_t i = 0; i < COUNT(codes); i++)
        CHECK_NEAR(qz_code_is_commune(codes[i].code), codes[i].ok, 0, codes[i].code);
}

static void check_columns(void) {
    static const char *const odd[] = { "CODE_X", "LIB", NULL };
    static const struct row rows[] = { { { "01001", "A" }, SQUARE, 0 } };
    struct qz_input input = { .file = put("odd.gpkg", odd, rows, 1) };
    qz_cleanup(qz_crs_freep) struct qz_crs *work = NULL;
    qz_cleanup(qz_communes_freep) struct qz_communes *c = NULL;
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_FORMAT);
    CHECK(says("odd.gpkg", "'couche'", "insee_com")); /* file, layer, the usual name */
    CHECK(says("it has: CODE_X, LIB", "'code = COLUMN'", "'code'"));
    input.columns[QZ_ROLE_CODE] = "CODGEO";
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_FORMAT);
    CHECK(says("odd.gpkg", "'CODGEO'", "'code ='"));
    input.columns[QZ_ROLE_CODE] = "code_x"; /* any letter case */
    input.columns[QZ_ROLE_NAME] = "LIB";
    CHECK(read_communes(&input, NULL, &work, &c) == 0);
    CHECK(c && strcmp(c->code[0], "01001") == 0 && strcmp(c->name[0], "A") == 0);
}

static void check_systems(void) {
    struct qz_input input = { .file = put("bare.shp", old_names, communes, 1) };
    struct qz_crs *work = NULL;
    struct qz_communes *c = NULL;
    unlink(scratch_path("bare.prj"));
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_CRS);
    CHECK(says("bare.shp", "no reference system", "crs = EPSG:2154"));
    input.crs = "EPSG:2154";
    CHECK(read_communes(&input, NULL, &work, &c) == 0);
    qz_communes_freep(&c);
    qz_crs_freep(&work);
    input.crs = "EPSG:00";
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_CRS && says("bare.shp", "EPSG:00", ""));
    input.crs = "EPSG:2154";
    CHECK(read_communes(&input, "EPSG:4326", &work, &c) == QZ_E_CRS); /* degrees cannot serve */
    CHECK(says("WGS 84", "metres", "[territory] crs"));

    static const struct {
        const char *file;
        double lon, lat;
        int code, epsg;
    } places[] = { { "corse.geojson", 9, 42, 0, 2154 },
                   { "reunion.geojson", 55.5, -21, 0, 2975 },
                   { "rome.geojson", 12.5, 41.9, QZ_E_CRS, 0 } };
    for (size_t i = 0; i < COUNT(places); i++) {
        char text[600];
        double x = places[i].lon, y = places[i].lat;
        snprintf(text, sizeof text,
                 "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
                 "\"properties\":{\"insee_com\":\"2B033\"},\"geometry\":{\"type\":\"Polygon\","
                 "\"coordinates\":[[[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]}}]}",
                 x, y, x + 0.1, y, x, y + 0.1, x, y);
        struct qz_input degrees = { .file = scratch_text(places[i].file, text) };
        CHECK_NEAR(read_communes(&degrees, NULL, &work, &c), places[i].code, 0, places[i].file);
        CHECK(!work || qz_crs_epsg(work) == places[i].epsg);
        /* half of 0.1 x 0.1 degree: 6 371 km of radius are near enough */
        double km = 11.12, want = km * km * cos(y * 3.14159 / 180) / 2;
        CHECK(!c || fabs(qz_shape_area_m2(c->shapes, 0) / 1e6 - want) < want / 50);
        qz_communes_freep(&c);
        qz_crs_freep(&work);
    }
}

static void check_too_bad(void) {
    static const struct row rows[] = { { { "01001" }, SQUARE, 0 },
                                       { { "01002" }, NOTHING, 0 },
                                       { { "01003" }, NOTHING, 0 },
                                       { { "01004" }, SQUARE, 1 } };
    struct qz_crs *work = NULL;
    struct qz_communes *c = NULL;
    struct qz_input input = { .file = put("half.gpkg", old_names, rows, 4) };
    CHECK(read_communes(&input, NULL, &work, &c) == 0); /* exactly half is borne */
    qz_communes_freep(&c);
    qz_crs_freep(&work);
    input.file = put("bad.gpkg", old_names, rows, 3);
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_DATA);
    CHECK(says("bad.gpkg", "2 of 3", "row 2: "));
    input.file = put("none.gpkg", old_names, rows, 0);
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_DATA && says("none.gpkg", "no row", ""));
    input.file = scratch_text("flat.csv", "insee_com,nom\n01001,A\n");
    CHECK(read_communes(&input, NULL, &work, &c) == QZ_E_FORMAT);
    CHECK(says("flat.csv", "no polygons", "communes"));
}

/* ---- roads */
static const char *const osm_names[] = { "highway", "oneway", "maxspeed", "length", NULL };
static const struct {
    struct row row;
    int direction;
    double kmh, length_m;
} osm[] = {
    { { { "primary", NULL, NULL, NULL }, LINE, 0 }, 0, 0, 0 },
    { { { "primary", "no", "50", "1000.5" }, LINE, 0 }, 0, 50, 1000.5 },
    { { { "primary", "yes", "50.5", NULL }, LINE, 0 }, 1, 50.5, 0 },
    { { { "primary", "-1", "30 mph", NULL }, LINE, 0 }, -1, 48.28032, 0 },
    { { { "primary", "1", "FR:rural", NULL }, LINE, 0 }, 1, 80, 0 },
    { { { "primary", "true", "fr:URBAN", NULL }, LINE, 0 }, 1, 50, 0 },
    { { { "primary", "reverse", "none", NULL }, LINE, 0 }, -1, 0, 0 },
    { { { "primary", "reversible", "50;30", NULL }, LINE, 0 }, 0, 50, 0 },
    { { { "primary", "sideways", "999", "-3" }, LINE, 0 }, 0, 0, 0 }, /* three oddities */
    { { { "primary", "FALSE", "0", "long" }, LINE, 0 }, 0, 0, 0 },
    { { { "primary", "no", "quick", NULL }, LINE, 0 }, 0, 0, 0 },
};
static const char *const ign_names[] = { "NATURE",   "IMPORTANCE", "SENS", "VIT_MOY_VL",
                                         "ACCES_VL", "PRIVE",      "ETAT", NULL };
static const char *const ign3_names[] = { "nature",
                                          "importance",
                                          "sens_de_circulation",
                                          "vitesse_moyenne_vl",
                                          "acces_vehicule_leger",
                                          "prive",
                                          "etat_de_l_objet",
                                          NULL };
static const struct {
    struct row row;
    int direction;
    double kmh;
    bool closed;
} ign[] = {
    { { { "Route à 1 chaussée", "3", "Double", "55", "Libre", "Non", "En service" }, LINE, 0 },
      0,
      55,
      false },
    { { { "Route à 1 chaussée", "3", "Direct", "0", NULL, NULL, NULL }, LINE, 0 }, 1, 0, false },
    { { { "Route à 1 chaussée", "3", "Inverse", NULL, NULL, "0", NULL }, LINE, 0 }, -1, 0, false },
    { { { "Sentier", "6", "Sans objet", NULL, NULL, NULL, NULL }, LINE, 0 }, 0, 0, false },
    { { { "Rond-point", "3", "Sens direct", NULL, "A péage", NULL, NULL }, LINE, 0 }, 1, 0, false },
    { { { "Rond-point", "3", "sens inverse", NULL, NULL, "Oui", NULL }, LINE, 0 }, -1, 0, true },
    { { { "Rond-point", "3", "double sens", NULL, "Physiquement impossible", NULL, NULL },
        LINE,
        0 },
      0,
      0,
      true },
    { { { "Rond-point", "3", "NC", NULL, "Restreint aux ayants droit", NULL, NULL }, LINE, 0 },
      0,
      0,
      true },
    { { { "Rond-point", "3", NULL, NULL, NULL, "1", NULL }, LINE, 0 }, 0, 0, true },
    { { { "Rond-point", "3", NULL, NULL, NULL, NULL, "En construction" }, LINE, 0 }, 0, 0, true },
    { { { "Rond-point", "3", NULL, NULL, NULL, NULL, "En projet" }, LINE, 0 }, 0, 0, true },
};

static struct qz_roads *read_roads(const struct qz_input *input, int want) {
    struct qz_roads *roads = NULL;
    struct qz_input_report report = { 0 };
    fresh_issues();
    CHECK_NEAR(qz_roads_read(ctx, input, lambert93, &issues, &report, &roads), want, 0,
               input->file);
    return roads;
}

static void check_osm(void) {
    struct row rows[COUNT(osm)];
    for (size_t i = 0; i < COUNT(osm); i++)
        rows[i] = osm[i].row;
    struct qz_input input = { .file = put("osm.gpkg", osm_names, rows, COUNT(rows)) };
    struct qz_roads *roads = read_roads(&input, 0);
    CHECK(roads && roads->n == COUNT(osm) && roads->n_classes == 1);
    CHECK(roads && strcmp(roads->class_name[0], "primary") == 0);
    for (size_t i = 0; roads && i < COUNT(osm); i++) {
        const struct qz_road *r = &roads->items[i];
        CHECK_NEAR(r->direction, osm[i].direction, 0, osm[i].row.cells[1]);
        CHECK_NEAR(r->kmh, osm[i].kmh, 1e-5, osm[i].row.cells[2]);
        CHECK_NEAR(r->length_m, osm[i].length_m, 1e-3, "length");
        CHECK(!r->closed && r[1].first_point - r->first_point == 2);
    }
    /* 999, 0 and "quick"; -3 and "long"; "sideways" */
    CHECK(count_issues("bad_speed", QZ_SEVERITY_WARNING) == 1);
    CHECK(count_issues("bad_length", QZ_SEVERITY_WARNING) == 1);
    CHECK(count_issues("unknown_oneway", QZ_SEVERITY_WARNING) == 1);
    CHECK(issues.n == 3 && strncmp(issues.items[0].message, "3 roads", 7) == 0);
    CHECK(issues.n == 3 && strncmp(issues.items[1].message, "2 roads", 7) == 0);
    CHECK(issues.n == 3 && strncmp(issues.items[2].message, "1 roads", 7) == 0);
    qz_roads_free(roads);
}

static void check_ign(void) {
    struct row rows[COUNT(ign)];
    for (size_t i = 0; i < COUNT(ign); i++)
        rows[i] = ign[i].row;
    for (int v = 0; v < 2; v++) {
        struct qz_input input = { .file = put(v ? "bdtopo3.gpkg" : "bdtopo2.gpkg",
                                              v ? ign3_names : ign_names, rows, COUNT(rows)) };
        struct qz_roads *roads = read_roads(&input, 0);
        CHECK(roads && roads->n == COUNT(ign) && roads->n_classes == 3);
        CHECK(roads && strcmp(roads->class_name[0], "Route à 1 chaussée|3") == 0);
        for (size_t i = 0; roads && i < COUNT(ign); i++) {
            const struct qz_road *r = &roads->items[i];
            CHECK_NEAR(r->direction, ign[i].direction, 0, "sens");
            CHECK_NEAR(r->closed, ign[i].closed, 0, "closed");
            CHECK_NEAR(r->kmh, v == 0 || i != 1 ? ign[i].kmh : 0, 0, "speed");
        }
        qz_roads_free(roads);
    }
}

static void check_bad_roads(void) {
    static const struct row rows[] = { { { "primary" }, LINE, 0 },
                                       { { "primary" }, NOTHING, 0 },
                                       { { "primary" }, NOTHING, 0 } };
    struct qz_input input = { .file = put("gaps.gpkg", osm_names, rows, 2) };
    struct qz_roads *roads = read_roads(&input, 0);
    CHECK(roads && roads->n == 1 && count_issues("unreadable_geometry", QZ_SEVERITY_REJECT) == 1);
    qz_roads_free(roads);
    input.file = put("holes.gpkg", osm_names, rows, 3);
    CHECK(read_roads(&input, QZ_E_DATA) == NULL && says("holes.gpkg", "2 of 3", ""));
    static const char *const other[] = { "genre", NULL };
    input.file = put("genre.gpkg", other, rows, 1);
    CHECK(read_roads(&input, QZ_E_FORMAT) == NULL && says("genre.gpkg", "genre", "class = COLUMN"));
}

/* ---- what stands beside the communes. A 01001, B 01002, C 01003, side by side. */
static const struct row three[] = {
    { { "01001", "A", "01", "1", "100" }, SQUARE, 0 },
    { { "01002", "B", "01", "1", NULL }, SQUARE, 1 },
    { { "01003", "C", "01", "2", "300" }, SQUARE, 2 },
};
static struct qz_communes *abc;
static struct qz_locator *locator;
static const struct qz_xy town_halls[] = { { 700100, 6600100 },
                                           { 701100, 6600100 },
                                           { 702100, 6600100 } };

static void open_three(void) {
    struct qz_input input = { .file = put("abc.gpkg", old_names, three, 3) };
    struct qz_crs *work = NULL;
    CHECK(read_communes(&input, NULL, &work, &abc) == 0);
    qz_crs_free(work);
    CHECK(qz_locator_new(ctx, abc->shapes, &locator) == 0);
}

static void check_people(void) {
    struct qz_people *p = NULL;
    struct qz_input_report report = { 0 };
    fresh_issues();
    CHECK(qz_people_read(ctx, abc, NULL, &issues, &report, &p) == 0); /* the layer's own column */
    CHECK(p && p->count[0] == 100 && !p->known[1] && p->count[1] == 0 && p->count[2] == 300);
    CHECK(count_issues("no_population", QZ_SEVERITY_WARNING) == 1);
    qz_people_freep(&p);
    struct qz_input input = { .file = scratch_text("pop.csv", "CODGEO,PMUN\n01002,20\n01001,10\n"
                                                              "01001,99\n99999,1\n01003,s\n"
                                                              "01002,-4\n01003,30.5\n01001,9\n") };
    fresh_issues();
    CHECK(qz_people_read(ctx, abc, &input, &issues, &report, &p) == QZ_E_DATA);
    CHECK(says("pop.csv", "4 of 7 rows of the territory", "01001 stands twice")); /* 99999 aside */
    input.file = scratch_text("pop2.csv", "CODGEO,PMUN\n01002,20\n01001,10\n01001,99\n99999,1\n");
    fresh_issues();
    CHECK(qz_people_read(ctx, abc, &input, &issues, &report, &p) == 0);
    CHECK(p && p->count[0] == 10 && p->count[1] == 20 && !p->known[2]); /* that file alone */
    CHECK(report.rows == 4 && report.rejected == 2);
    CHECK(count_issues("duplicate_code", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("unknown_commune", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("no_population", QZ_SEVERITY_WARNING) == 1);
    qz_people_freep(&p);
}

static void check_points(void) {
    struct qz_points *p = NULL;
    struct qz_input_report report = { 0 };
    fresh_issues();
    CHECK(qz_points_read(ctx, abc, NULL, lambert93, &issues, &report, &p) == 0);
    CHECK(p && p->n == 3 && *p->basis[0] == 0 && *p->basis[2] == 0);
    qz_points_freep(&p);
    /* 3 E 46.5 N is the origin of Lambert-93 */
    struct qz_input input = { .file = scratch_text("p.csv",
                                                   "code,lon,lat,basis\n01002,3,46.5,mairie\n"
                                                   "01001,3,46.5,\n01003,,\n"
                                                   "01001,abc,46\n99999,3,46\n01002,3,46.5,\n") };
    CHECK(qz_points_read(ctx, abc, &input, lambert93, &issues, &report, &p) == 0);
    CHECK(p && strcmp(p->basis[0], "given") == 0 && strcmp(p->basis[1], "given") == 0);
    CHECK(p && *p->basis[2] == 0 && fabs(p->at[1].x_m - 700000) < 0.01);
    CHECK(report.rejected == 3 && count_issues("unreadable_point", QZ_SEVERITY_REJECT) == 2);
    qz_points_freep(&p);
    input.file = scratch_text("xy.csv", "code;x;y\n01001;700500,5;6600500\n");
    CHECK(qz_points_read(ctx, abc, &input, lambert93, &issues, &report, &p) == QZ_E_CRS);
    CHECK(says("xy.csv", "crs = EPSG:2154", ""));
    input.crs = "EPSG:2154";
    CHECK(qz_points_read(ctx, abc, &input, lambert93, &issues, &report, &p) == 0);
    CHECK(p && p->at[0].x_m == 700500.5 && p->at[0].y_m == 6600500);
    qz_points_freep(&p);
}

static void check_levels(void) {
    struct qz_levels *l = NULL;
    struct qz_input_report report = { 0 };
    fresh_issues();
    CHECK(qz_levels_read(ctx, abc, NULL, &issues, &report, &l) == 0); /* what the layer says */
    CHECK(l && l->n == 3 && strcmp(l->items[0].name, "epci") == 0 && l->items[0].n == 2);
    CHECK(l && strcmp(l->items[1].name, "departement") == 0 && l->items[1].n == 1);
    qz_levels_freep(&l);
    struct qz_input input = { .file = scratch_text("t.csv", "insee_com,tvs,nom_tvs\n01001,T9,Nord\n"
                                                            "01002,T1,Sud\n01003,,\n99999,T1,\n") };
    CHECK(qz_levels_read(ctx, abc, &input, &issues, &report, &l) == 0);
    CHECK(l && l->n == 4 && strcmp(l->items[1].name, "tvs") == 0 && l->items[1].n == 2);
    const struct qz_level *tvs = l ? &l->items[1] : NULL;
    CHECK(tvs && strcmp(tvs->code[0], "T1") == 0 && strcmp(tvs->label[0], "Sud") == 0);
    CHECK(tvs && tvs->of_commune[0] == 1 && tvs->of_commune[1] == 0);
    CHECK(tvs && tvs->of_commune[2] == UINT32_MAX); /* in none */
    CHECK(count_issues("unknown_commune", QZ_SEVERITY_REJECT) == 1);
    qz_levels_freep(&l);
}

/* ---- practitioners */
static int read_sites(const struct qz_input *input, const char *only, struct qz_sites *sites) {
    struct qz_input_report report = { 0 };
    fresh_issues();
    return qz_sites_read(ctx, sites,
                         &(struct qz_sites_input) { .input = input,
                                                    .key = "gp",
                                                    .only = only,
                                                    .communes = abc,
                                                    .commune_points = town_halls,
                                                    .locator = locator,
                                                    .crs = lambert93 },
                         &issues, &report);
}

static const struct qz_site *site_of(const struct qz_sites *s, const char *id, bool planned) {
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i].id, id) == 0 && s->items[i].planned == planned)
            return &s->items[i];
    return NULL;
}

/* Ann works at two places, Bob at two with stated shares, Cat and Dan share one without Dan's FTE.
 * Eve's second place is only planned: she is whole at the first. Fay has no code, her point says B.
 * Gus is nowhere; Hal is 12, Ian has more than a whole share: unknown, told, both count; Jil's
 * point is off, her code counts. */
static const char practitioners[] =
    "rpps,insee_com,x,y,etp,age,part,site_id,projet,structure,parent_site,finess\n"
    "ann,01001,700200,6600200,1,40,,s1,,Cabinet,,\n"
    "ann,01002,701200,6600200,1,40,,s2,,,s1,\n"
    "bob,01001,700200,6600200,0.8,60,0.7,s1,,Cabinet,,\n"
    "bob,01003,,,0.8,60,0.3,s3,non,Maison de santé,,010000024\n"
    "cat,01003,702300,6600300,0.5,55,,s4,,,,\n"
    "dan,01003,702300,6600300,,,,s4,0,,,\n"
    "eve,01003,702300,6600300,1,30,,s4,,,,\n"
    "eve,01002,701500,6600500,1,30,,s4,oui,Pôle,,\n"
    "fay,,701500,6600500,1,,,,,,,\n"
    "gus,09999,900000,6600500,1,,,s5,,,,\n"
    "hal,01001,,,1,12,,s5,,,,\n"
    "ian,01001,,,1,50,1.5,s5,,,,\n"
    "jil,01001,900000,6600500,1,,,s6,,,,\n"
    "kim,01001,,,1,50,,s7,,,,\n";

static const struct {
    const char *id;
    bool planned;
    uint32_t commune;
    double heads, fte, known, older;
    bool has_fte, at_commune_point;
    struct qz_xy at;
    const char *structure, *parent, *finess;
} places[] = {
    { "gp-01002-701500-6600500",
      false,
      1,
      1,
      1,
      0,
      0,
      true,
      false,
      { 701500, 6600500 },
      "",
      "",
      "" },
    { "s1", false, 0, 1.2, 1.06, 1.2, 0.7, true, false, { 700200, 6600200 }, "cabinet", "", "" },
    { "s2", false, 1, 0.5, 0.5, 0.5, 0, true, false, { 701200, 6600200 }, "", "s1", "" },
    { "s3",
      false,
      2,
      0.3,
      0.24,
      0.3,
      0.3,
      true,
      true,
      { 702100, 6600100 },
      "maison",
      "",
      "010000024" },
    { "s4", false, 2, 3, 1.5, 2, 1, false, false, { 702300, 6600300 }, "", "", "" },
    { "s4", true, 1, 1, 1, 1, 0, true, false, { 701500, 6600500 }, "pole", "", "" },
    { "s5", false, 0, 2, 2, 1, 0, true, true, { 700100, 6600100 }, "", "", "" },
    { "s6", false, 0, 1, 1, 0, 0, true, false, { 900000, 6600500 }, "", "", "" },
    { "s7", false, 0, 1, 1, 1, 0, true, true, { 700100, 6600100 }, "", "", "" },
};

static double heads_from_age(const struct qz_sites *sites, const struct qz_site *s, uint8_t age) {
    double heads = 0;
    for (uint32_t i = s->first_post; i < s->first_post + s->n_posts; i++)
        heads += sites->posts[i].age >= age ? sites->posts[i].heads : 0;
    return heads;
}

static void check_sites(void) {
    struct qz_input input = { .file = scratch_text("ps.csv", practitioners), .crs = "EPSG:2154" };
    qz_cleanup(qz_sites_freep) struct qz_sites *sites = NULL;
    CHECK(qz_sites_new(ctx, &sites) == 0);
    CHECK(read_sites(&input, NULL, sites) == 0);
    CHECK(sites->n == COUNT(places));
    for (size_t i = 0; i < COUNT(places); i++) {
        const char *id = places[i].id;
        const struct qz_site *s = site_of(sites, id, places[i].planned);
        CHECK_NEAR(s != NULL, 1, 0, id);
        if (!s)
            continue;
        CHECK(s == &sites->items[i]); /* by id, planned ones behind */
        CHECK_NEAR(s->commune, places[i].commune, 0, id);
        CHECK_NEAR(s->heads, places[i].heads, 1e-12, id);
        CHECK_NEAR(s->fte, places[i].fte, 1e-12, id);
        CHECK_NEAR(s->has_fte, places[i].has_fte, 0, id);
        CHECK_NEAR(heads_from_age(sites, s, 1), places[i].known, 1e-12, id);
        CHECK_NEAR(heads_from_age(sites, s, 55), places[i].older, 1e-12, id);
        CHECK_NEAR(s->at_commune_point, places[i].at_commune_point, 0, id);
        CHECK_NEAR(qz_distance_m(s->point, places[i].at), 0, 1e-9, id);
        CHECK(strcmp(s->structure, places[i].structure) == 0);
        CHECK(strcmp(s->parent, places[i].parent) == 0);
        CHECK(strcmp(s->finess, places[i].finess) == 0);
    }
    CHECK(count_issues("no_commune", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("bad_value", QZ_SEVERITY_WARNING) == 2);
    CHECK(count_issues("at_commune_point", QZ_SEVERITY_NOTE) == 1);
    CHECK(issues.n == 4 && issues.items[0].row == 10 && strstr(issues.items[0].message, "09999"));
    CHECK(issues.n == 4 && strstr(issues.items[1].message, "'12'"));
}

/* Heads per commune: one site each, at the commune's point; other professions of the same file. */
static void check_heads(void) {
    struct qz_input input = { .file = scratch_text("heads.csv",
                                                   "codgeo,effectif,profession\n01001,12,10\n"
                                                   "01003,2,10\n01002,7,60\n01003,1,10\n") };
    qz_cleanup(qz_sites_freep) struct qz_sites *sites = NULL;
    CHECK(qz_sites_new(ctx, &sites) == 0);
    CHECK(read_sites(&input, "10", sites) == 0);
    const struct qz_site *a = site_of(sites, "gp-01001", false),
                         *c = site_of(sites, "gp-01003", false);
    CHECK(sites->n == 2 && a && c);
    CHECK(a && a->heads == 12 && a->at_commune_point && !a->has_fte);
    CHECK(c && c->heads == 3 && c->point.x_m == town_halls[2].x_m); /* two rows, one place */
    CHECK(read_sites(&input, "99", sites) == QZ_E_DATA && says("heads.csv", "'99'", "profession"));
    input.file = scratch_text("nobody.csv", "nom,etp\nX,1\n");
    CHECK(read_sites(&input, NULL, sites) == QZ_E_FORMAT && says("nobody.csv", "code =", "lon ="));
    input.file = scratch_text("lost.csv", "codgeo,effectif\n1,1\n2,1\n");
    CHECK(read_sites(&input, NULL, sites) == QZ_E_DATA &&
          says("lost.csv", "none of its 2 rows", "row 1: code '1'"));
    input.file = scratch_text("dots.csv", "codgeo,effectif\n");
    CHECK(read_sites(&input, NULL, sites) == QZ_E_DATA);
}

/* A layer of points, in its own system. */
static void check_dots(void) {
    static const char *const names[] = { "nom", "etp", NULL };
    static const struct row rows[] = { { { "X", "0,5" }, DOT, 0.5 }, { { "Y", "1" }, DOT, 2.5 } };
    struct qz_input input = { .file = put("dots.gpkg", names, rows, 2) };
    qz_cleanup(qz_sites_freep) struct qz_sites *sites = NULL;
    CHECK(qz_sites_new(ctx, &sites) == 0);
    CHECK(read_sites(&input, NULL, sites) == 0);
    CHECK(sites->n == 2 && sites->items[0].commune == 0 && sites->items[1].commune == 2);
    CHECK(sites->n == 2 && sites->items[0].fte == 0.5 && sites->items[0].point.x_m == 700500);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(scratch_make());
    check_communes();
    check_codes();
    check_columns();
    check_systems();
    check_too_bad();
    check_osm();
    check_ign();
    check_bad_roads();
    open_three();
    check_people();
    check_points();
    check_levels();
    check_sites();
    check_heads();
    check_dots();
    qz_locator_freep(&locator);
    qz_communes_freep(&abc);
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
