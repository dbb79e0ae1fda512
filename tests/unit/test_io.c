/* tests/unit/test_io.c - what is written comes back; bad files are refused; nothing half-written
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "io/table.h"
#include "io/version.h"
#include "io/writer.h"
#include "scratch.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_shapes shape; /* made once, before memory is made to fail */

static const struct qz_column columns[] = {
    { "CODE", QZ_TEXT, 0 },    { "NOM", QZ_TEXT, 0 },    { "PEOPLE", QZ_INT, 0 },
    { "MINUTES", QZ_REAL, 2 }, { "CLOSED", QZ_BOOL, 0 },
};

/* ---- one file of three rows: everything set, everything null, awkward values */
static const char *const nasty = "L'Île-d'Aix, \"œuf\"; 50 €";

static void ring(struct qz_shapes *s, double x0, double y0, double x1, double y1) {
    const struct qz_xy p[] = { { x0, y0 }, { x0, y1 }, { x1, y1 }, { x1, y0 }, { x0, y0 } };
    for (size_t i = 0; i < COUNT(p); i++)
        qz_shapes_add_point(NULL, s, p[i]);
    qz_shapes_end_ring(NULL, s);
}

/* 10 x 10 with two holes of 1 and 4; an island of 9 with its own hole of 1. Area 100 - 5 + 8. */
static void make_shape(void) {
    struct qz_shapes *s = &shape;
    ring(s, 700000, 6600000, 700010, 6600010);
    ring(s, 700001, 6600001, 700002, 6600002);
    ring(s, 700004, 6600004, 700006, 6600006);
    qz_shapes_end_poly(NULL, s);
    ring(s, 700020, 6600000, 700023, 6600003);
    ring(s, 700021, 6600001, 700022, 6600002);
    qz_shapes_end_poly(NULL, s);
    qz_shapes_end_shape(NULL, s);
}

static int write_rows(struct qz_writer *w, enum qz_geometry geometry) {
    qz_writer_text(w, 0, "01001");
    qz_writer_text(w, 1, nasty);
    qz_writer_int(w, 2, -5);
    qz_writer_real(w, 3, 12.3449);
    qz_writer_int(w, 4, 1);
    int r = geometry == QZ_GEOM_AREA ? qz_writer_shape(ctx, w, &shape, 0) : 0;
    r = r < 0 ? r : qz_writer_row(ctx, w);
    qz_writer_text(w, 1, NULL); /* a row of nulls */
    qz_writer_real(w, 3, INFINITY);
    r = r < 0 ? r : qz_writer_row(ctx, w);
    qz_writer_text(w, 0, "2A004");
    qz_writer_int(w, 2, 2147483648);
    qz_writer_real(w, 3, -0.001); /* no minus zero */
    qz_writer_int(w, 4, 0);
    return r < 0 ? r : qz_writer_row(ctx, w);
}

static int write_file(const char *path, enum qz_format format, bool overwrite) {
    const struct qz_writer_params params = { format, overwrite, "2026-01-31" };
    enum qz_geometry geometry = format == QZ_CSV ? QZ_GEOM_NONE : QZ_GEOM_AREA;
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = NULL;
    int r = qz_writer_open(ctx, path, &params, &w);
    if (r == 0)
        r = qz_writer_layer(ctx, w, "communes", "Communes", "three rows", geometry,
                            geometry ? lambert93 : NULL, columns, COUNT(columns));
    if (r == 0)
        r = write_rows(w, geometry);
    if (r < 0)
        return r;
    struct qz_writer *given = w;
    w = NULL;
    return qz_writer_publish(ctx, given);
}

static const struct {
    enum qz_format format;
    const char *name, *again;
    int n_files; /* beside each other */
} formats[] = {
    { QZ_GPKG, "communes.gpkg", "again.gpkg", 1 },
    { QZ_CSV, "communes.csv", "again.csv", 1 },
    { QZ_SHAPEFILE, "communes.shp", "again.shp", 5 },
};

static void check_text_is(struct qz_table *t, const char *column, const char *want) {
    const char *got = qz_table_text(t, qz_table_column(t, column));
    CHECK_NEAR((got == NULL) == (want == NULL) && (!got || strcmp(got, want) == 0), 1, 0, column);
}

static void check_number_is(struct qz_table *t, const char *column, int known, double want) {
    double got = 0;
    CHECK_NEAR(qz_table_number(t, qz_table_column(t, column), &got), known, 0, column);
    CHECK_NEAR(got, known > 0 ? want : 0, 0, column);
    CHECK(!(got == 0 && signbit(got)));
}

static void check_shape(struct qz_table *t, bool spatial, bool has_one) {
    struct qz_row_geometry g;
    CHECK(qz_table_geometry(ctx, t, &g) == 0);
    CHECK(g.kind == (has_one ? QZ_KIND_AREA : QZ_KIND_NONE));
    CHECK(qz_table_has_geometry(t) == spatial);
    if (!has_one || g.kind != QZ_KIND_AREA)
        return;
    CHECK(g.areas->n == 1 && g.areas->n_polys == 2 && g.areas->n_rings == 5);
    CHECK(g.areas->poly_ring[1] == 3); /* the holes stand behind their own outline */
    CHECK_NEAR(qz_shape_area_m2(g.areas, 0), 103, 1e-9, "area");
    CHECK(!qz_shape_contains(g.areas, 0, (struct qz_xy) { 700005, 6600005 }));
    CHECK(qz_shape_contains(g.areas, 0, (struct qz_xy) { 700020.5, 6600000.5 }));
}

static void check_read_back(const char *path, bool spatial) {
    qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path, NULL, &t) == 0);
    if (!t)
        return;
    CHECK((qz_table_crs_text(t) != NULL) == spatial);
    CHECK(qz_table_n_columns(t) == COUNT(columns));
    for (size_t i = 0; i < COUNT(columns); i++)
        CHECK(qz_table_column(t, columns[i].name) == (int)i);
    CHECK(qz_table_column(t, "code") == 0 && qz_table_column(t, "cod") == -1);

    CHECK(qz_table_next(ctx, t) == 1 && qz_table_row(t) == 1);
    check_text_is(t, "code", "01001"); /* the leading zero stays */
    check_text_is(t, "nom", nasty);
    check_number_is(t, "people", 1, -5);
    check_number_is(t, "minutes", 1, 12.34);
    check_number_is(t, "closed", 1, 1);
    check_number_is(t, "nom", -1, 0);
    check_number_is(t, "absent", 0, 0);
    check_shape(t, spatial, spatial);

    CHECK(qz_table_next(ctx, t) == 1 && qz_table_row(t) == 2);
    for (size_t i = 0; i < COUNT(columns); i++) {
        check_text_is(t, columns[i].name, NULL);
        check_number_is(t, columns[i].name, 0, 0);
    }
    check_shape(t, spatial, false);

    CHECK(qz_table_next(ctx, t) == 1 && qz_table_row(t) == 3);
    check_text_is(t, "code", "2A004");
    check_text_is(t, "nom", NULL);
    check_number_is(t, "people", 1, 2147483648);
    check_number_is(t, "minutes", 1, 0);
    check_number_is(t, "closed", 1, 0);
    CHECK(qz_table_next(ctx, t) == 0);
}

static void check_formats(void) {
    for (size_t i = 0; i < COUNT(formats); i++) {
        int before = scratch_entries(scratch_root);
        bool spatial = formats[i].format != QZ_CSV;
        const char *path = scratch_path(formats[i].name), *again = scratch_path(formats[i].again);
        CHECK(write_file(path, formats[i].format, false) == 0);
        CHECK(scratch_entries(scratch_root) == before + formats[i].n_files);
        check_read_back(path, spatial);
        CHECK(write_file(path, formats[i].format, false) == QZ_E_EXISTS);
        CHECK(strstr(qz_ctx_error(ctx), "--overwrite") != NULL);
        CHECK(write_file(again, formats[i].format, false) == 0);
        CHECK(scratch_same(path, again));
        CHECK(write_file(again, formats[i].format, true) == 0);
        CHECK(scratch_same(path, again));
    }
    CHECK(scratch_same(scratch_path("communes.dbf"), scratch_path("again.dbf")));
    CHECK(scratch_same(scratch_path("communes.shx"), scratch_path("again.shx")));
}

/* ---- points and lines, several layers, styles */
static int write_two_layers(const char *path) {
    static const struct qz_column one[] = { { "ID", QZ_INT, 0 } };
    const struct qz_writer_params params = { QZ_GPKG, false, "2026-01-31" };
    const struct qz_xy line[] = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
    struct qz_writer *w = NULL;
    int r = qz_writer_open(ctx, path, &params, &w);
    if (r == 0)
        r = qz_writer_layer(ctx, w, "sites", "s", "d", QZ_GEOM_POINT, lambert93, one, 1);
    if (r == 0)
        r = qz_writer_point(ctx, w, (struct qz_xy) { 7.5, -8.25 });
    if (r == 0)
        r = qz_writer_row(ctx, w);
    if (r == 0)
        r = qz_writer_layer(ctx, w, "roads", "r", "d", QZ_GEOM_LINE, lambert93, one, 1);
    if (r == 0)
        r = qz_writer_line(ctx, w, line, COUNT(line));
    if (r == 0)
        r = qz_writer_row(ctx, w);
    if (r == 0)
        r = qz_writer_style(ctx, w, "roads", "par défaut", "<qgis version=\"3\"/>", "a style");
    if (r < 0) {
        qz_writer_abandon(w);
        return r;
    }
    return qz_writer_publish(ctx, w);
}

static void check_layers(void) {
    const char *path = scratch_path("two.gpkg");
    struct qz_table *t = NULL;
    struct qz_row_geometry g;
    CHECK(write_two_layers(path) == 0);
    CHECK(qz_table_open(ctx, path, NULL, &t) == QZ_E_FORMAT && !t);
    CHECK(strstr(qz_ctx_error(ctx), "sites, roads") && strstr(qz_ctx_error(ctx), "layer ="));
    CHECK(qz_table_open(ctx, path, "communes", &t) == QZ_E_FORMAT && !t);
    CHECK(strstr(qz_ctx_error(ctx), "'communes'") && strstr(qz_ctx_error(ctx), "sites, roads"));
    CHECK(qz_table_open(ctx, path, "SITES", &t) == 0); /* any letter case */
    CHECK(t && strcmp(qz_table_layer(t), "sites") == 0 && qz_table_next(ctx, t) == 1);
    CHECK(qz_table_geometry(ctx, t, &g) == 0 && g.kind == QZ_KIND_POINT && g.n_points == 1);
    CHECK(g.points[0].x_m == 7.5 && g.points[0].y_m == -8.25);
    t = qz_table_free(t);
    CHECK(qz_table_open(ctx, path, "roads", &t) == 0 && qz_table_next(ctx, t) == 1);
    CHECK(qz_table_geometry(ctx, t, &g) == 0 && g.kind == QZ_KIND_LINE);
    CHECK(g.n_parts == 1 && g.part_point[0] == 0 && g.part_point[1] == 3);
    CHECK(g.points[2].x_m == 5 && g.points[2].y_m == 6);
    qz_table_freep(&t);
    size_t n = 0;
    char *bytes = scratch_read(path, &n);
    CHECK(bytes && memmem(bytes, n, "layer_styles", 12) && memmem(bytes, n, "<qgis version", 13));
    CHECK(bytes && !memmem(bytes, n, "2026-01-31T00:00:00.001", 23)); /* no clock in it */
    free(bytes);
}

/* ---- text formats of others */
static void check_csv(void) {
    const char *path = scratch_text("bom.csv", "\xef\xbb\xbf"
                                               "code;nom;valeur\r\n"
                                               "01001; Bourg ;12,5\r\n"
                                               "02001;\"a;b\";abc\r\n"
                                               "03001;\xc9vry;\r\n");
    qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path, NULL, &t) == 0);
    CHECK(t && qz_table_n_columns(t) == 3 && qz_table_column(t, "CODE") == 0);
    CHECK(!qz_table_has_geometry(t) && !qz_table_crs_text(t));
    CHECK(qz_table_next(ctx, t) == 1);
    check_text_is(t, "code", "01001");
    check_text_is(t, "nom", "Bourg"); /* without the blanks */
    check_number_is(t, "valeur", 1, 12.5);
    CHECK(qz_table_next(ctx, t) == 1);
    check_text_is(t, "nom", "a;b");
    check_number_is(t, "valeur", -1, 0);
    check_text_is(t, "valeur", "abc");
    CHECK(qz_table_next(ctx, t) == 1);
    check_text_is(t, "nom", "Évry"); /* Windows-1252, seen from the bytes */
    check_number_is(t, "valeur", 0, 0);
    CHECK(qz_table_next(ctx, t) == 0);
}

static const char geojson[] =
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"0\"},\"geometry\":{\"type\":\"MultiLineString\","
    "\"coordinates\":[[[0,0],[1,1]],[[2,2],[3,3],[4,4]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"1\"},\"geometry\":null},"
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"2\"},\"geometry\":{\"type\":"
    "\"GeometryCollection\","
    "\"geometries\":[{\"type\":\"Point\",\"coordinates\":[0,0]},"
    "{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]}]}},"
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"3\"},\"geometry\":{\"type\":\"Point\","
    "\"coordinates\":[2e8,0]}},"
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"4\"},\"geometry\":{\"type\":\"Polygon\","
    "\"coordinates\":[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"5\"},\"geometry\":{\"type\":\"Polygon\","
    "\"coordinates\":[]}}]}";

static void check_kinds(void) {
    static const enum qz_shape_kind want[] = { QZ_KIND_LINE,  QZ_KIND_NONE, QZ_KIND_OTHER,
                                               QZ_KIND_OTHER, QZ_KIND_AREA, QZ_KIND_NONE };
    qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
    struct qz_row_geometry g;
    CHECK(qz_table_open(ctx, scratch_text("kinds.geojson", geojson), NULL, &t) == 0);
    for (size_t i = 0; t && i < COUNT(want); i++) {
        CHECK(qz_table_next(ctx, t) == 1);
        CHECK(qz_table_geometry(ctx, t, &g) == 0);
        CHECK_NEAR(g.kind, want[i], 0, "kind");
        if (i == 0)
            CHECK(g.n_parts == 2 && g.part_point[1] == 2 && g.part_point[2] == 5);
        if (i == 4)
            CHECK_NEAR(qz_shape_area_m2(g.areas, 0), 16, 0, "square");
    }
    CHECK(t && qz_table_next(ctx, t) == 0);
}

/* ---- encodings of a DBF: the same bytes, with and without a .cpg. "****" is patched. */
static const struct {
    const char *cpg, *bytes, *want;
} encodings[] = {
    { NULL,
      "\xce"
      "le ",
      "Île" },                  /* Windows-1252, told by the bytes */
    { NULL, "\x9cuf ", "œuf" }, /* from the block that Latin-1 has not */
    { NULL, "5 \x80 ", "5 €" },
    { NULL, "\xc3\x8ele", "Île" },    /* UTF-8, told by the bytes */
    { "1252", "\xc3\xa9 x", "Ã© x" }, /* it says so: believed */
    { "ISO-8859-1", "\xe9t\xe9 ", "été" },
    { "ANSI 1252", "\xe0  b", "à  b" },
    { "UTF-8", "\xc3\xa9t ", "ét" },
    { "UTF-8", "\xe9t\xe9 ", "été" },        /* it says so and is wrong */
    { NULL, "\xc0\x80  ", "À€" },            /* overlong: no UTF-8 */
    { NULL, "\xed\xa0\x80 ", "í\xc2\xa0€" }, /* half a surrogate: no UTF-8 */
    { NULL, "\x81xyz", "\xef\xbf\xbdxyz" },  /* unused in Windows-1252 */
    { NULL, "abcd", "abcd" },
};

static void write_marked(void) {
    static const struct qz_column one[] = { { "NOM", QZ_TEXT, 0 } };
    const struct qz_writer_params params = { QZ_SHAPEFILE, true, "2026-01-31" };
    struct qz_writer *w = NULL;
    CHECK(qz_writer_open(ctx, scratch_path("marked.shp"), &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "marked", "", "", QZ_GEOM_POINT, lambert93, one, 1) == 0);
    qz_writer_text(w, 0, "****");
    CHECK(qz_writer_point(ctx, w, (struct qz_xy) { 1, 1 }) == 0);
    CHECK(qz_writer_row(ctx, w) == 0);
    CHECK(qz_writer_publish(ctx, w) == 0);
}

static void check_encodings(void) {
    write_marked();
    size_t n = 0;
    char *dbf = scratch_read(scratch_path("marked.dbf"), &n);
    char *mark = dbf ? memmem(dbf, n, "****", 4) : NULL;
    CHECK(mark != NULL);
    for (size_t i = 0; mark && i < COUNT(encodings); i++) {
        memcpy(mark, encodings[i].bytes, 4);
        scratch_bytes("marked.dbf", dbf, n);
        unlink(scratch_path("marked.cpg"));
        if (encodings[i].cpg)
            scratch_text("marked.cpg", encodings[i].cpg);
        qz_cleanup(qz_table_freep) struct qz_table *t = NULL;
        CHECK(qz_table_open(ctx, scratch_path("marked.shp"), NULL, &t) == 0);
        CHECK(t && qz_table_next(ctx, t) == 1);
        const char *got = t ? qz_table_text(t, 0) : NULL;
        CHECK_NEAR(got && strcmp(got, encodings[i].want) == 0, 1, 0, encodings[i].want);
    }
    free(dbf);
}

/* ---- damage */
static int open_shapefile(const char *name) {
    struct qz_table *t = NULL;
    int r = qz_table_open(ctx, scratch_path(name), NULL, &t);
    CHECK((t != NULL) == (r == 0));
    qz_table_free(t);
    return r;
}

/* Any cut of any of the three files is seen when the file is opened, before a row is believed. The
 * end mark of a DBF is not needed. */
static void check_cuts(void) {
    static const struct {
        const char *name;
        size_t spare;
    } parts[] = { { "communes.shp", 0 }, { "communes.shx", 0 }, { "communes.dbf", 1 } };
    for (size_t p = 0; p < COUNT(parts); p++) {
        size_t n = 0, accepted = 0;
        char *whole = scratch_read(scratch_path(parts[p].name), &n);
        CHECK(whole && n > 100);
        for (size_t cut = 0; whole && cut + parts[p].spare < n; cut++) {
            scratch_bytes(parts[p].name, whole, cut);
            accepted += open_shapefile("communes.shp") != QZ_E_FORMAT;
        }
        CHECK_NEAR((double)accepted, 0, 0, parts[p].name);
        scratch_bytes(parts[p].name, whole, n);
        CHECK(open_shapefile("communes.shp") == 0);
        free(whole);
    }
    scratch_text("other.shp", "x");
    CHECK(open_shapefile("other.shp") == QZ_E_FORMAT);
    CHECK(strstr(qz_ctx_error(ctx), ".dbf") != NULL);
    static const char *const needed[] = { "communes.dbf", "communes.shx" };
    for (size_t i = 0; i < COUNT(needed); i++) {
        rename(scratch_path(needed[i]), scratch_path("aside"));
        CHECK(open_shapefile("communes.shp") == QZ_E_FORMAT);
        CHECK(strstr(qz_ctx_error(ctx), strrchr(needed[i], '.')) != NULL);
        rename(scratch_path("aside"), scratch_path(needed[i]));
    }
    unlink(scratch_path("communes.prj"));
    struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, scratch_path("communes.shp"), NULL, &t) == 0);
    CHECK(t && qz_table_crs_text(t) == NULL); /* no .prj: no system is invented */
    qz_table_free(t);
}

/* Bytes overwritten at random: any answer will do, so long as it is one. */
static void check_noise(void) {
    static const char *const parts[] = { "noisy.shp", "noisy.shx", "noisy.dbf" };
    static const char *const sources[] = { "again.shp", "again.shx", "again.dbf" };
    char *whole[3];
    size_t n[3];
    for (size_t p = 0; p < 3; p++)
        whole[p] = scratch_read(scratch_path(sources[p]), &n[p]);
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct qz_dice d = qz_dice_of(seed, 3);
        for (size_t p = 0; p < 3; p++) {
            char *copy = malloc(n[p]);
            memcpy(copy, whole[p], n[p]);
            for (uint32_t k = qz_dice_below(&d, 4); k > 0; k--)
                copy[qz_dice_below(&d, (uint32_t)n[p])] = (char)qz_dice_below(&d, 256);
            scratch_bytes(parts[p], copy, n[p]);
            free(copy);
        }
        struct qz_table *t = NULL;
        struct qz_row_geometry g;
        int r = qz_table_open(ctx, scratch_path("noisy.shp"), NULL, &t);
        for (int row = 0; r == 0 && row < 100 && qz_table_next(ctx, t) == 1; row++) {
            for (size_t c = 0; c < qz_table_n_columns(t); c++)
                qz_table_text(t, (int)c);
            qz_table_geometry(ctx, t, &g);
        }
        qz_table_free(t);
    }
    for (size_t p = 0; p < 3; p++)
        free(whole[p]);
}

static void check_not_files(void) {
    static const struct {
        const char *name;
        int code;
    } cases[] = { { "absent.gpkg", QZ_E_IO },      { "folder.gpkg", QZ_E_IO },
                  { "pipe.csv", QZ_E_IO },         { "empty.csv", QZ_E_FORMAT },
                  { "empty.shp", QZ_E_FORMAT },    { "junk.gpkg", QZ_E_FORMAT },
                  { "junk.geojson", QZ_E_FORMAT }, { "no/such/folder.csv", QZ_E_IO } };
    mkdir(scratch_path("folder.gpkg"), 0777);
    mkfifo(scratch_path("pipe.csv"), 0666);
    scratch_text("empty.csv", "");
    scratch_text("empty.shp", "");
    scratch_text("junk.gpkg", "this is no database at all");
    scratch_text("junk.geojson", "{ \"type\": ");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_table *t = NULL;
        CHECK_NEAR(qz_table_open(ctx, scratch_path(cases[i].name), NULL, &t), cases[i].code, 0,
                   cases[i].name);
        CHECK(!t && strstr(qz_ctx_error(ctx), cases[i].name) != NULL);
    }
    CHECK(qz_writer_check(ctx, scratch_path("folder.gpkg"), true) == QZ_E_EXISTS);
    CHECK(qz_writer_check(ctx, scratch_path("pipe.csv"), true) == QZ_E_EXISTS);
    CHECK(qz_writer_check(ctx, scratch_path("no/such/out.gpkg"), true) == QZ_E_IO);
    CHECK(qz_writer_check(ctx, scratch_path("new.gpkg"), false) == 0);
    CHECK(!scratch_exists(scratch_path("new.gpkg")));
    rmdir(scratch_path("folder.gpkg"));
    unlink(scratch_path("pipe.csv"));
}

/* ---- all or nothing */
static struct qz_writer *half_written(const char *path, bool overwrite) {
    const struct qz_writer_params params = { QZ_GPKG, overwrite, "2026-01-31" };
    struct qz_writer *w = NULL;
    CHECK(qz_writer_open(ctx, path, &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "l", "", "", QZ_GEOM_NONE, NULL, columns, COUNT(columns)) == 0);
    qz_writer_text(w, 0, "x");
    CHECK(qz_writer_row(ctx, w) == 0);
    return w;
}

static void check_all_or_nothing(void) {
    mkdir(scratch_path("out"), 0777);
    const char *path = scratch_path("out/o.gpkg"), *wal = scratch_path("out/o.gpkg-wal");
    const char *folder = scratch_path("out");
    struct qz_writer *w = half_written(path, false);
    CHECK(!scratch_exists(path) && scratch_entries(folder) == 1); /* only the temporary */
    CHECK(qz_writer_abandon(w) == NULL);
    CHECK(scratch_entries(folder) == 0);
    CHECK(qz_writer_abandon(NULL) == NULL);

    scratch_text("out/o.gpkg", "precious");
    w = half_written(path, true);
    qz_writer_abandon(w);
    size_t n = 0;
    char *kept = scratch_read(path, &n);
    CHECK(kept && strcmp(kept, "precious") == 0); /* what was there is there */
    free(kept);

    scratch_text("out/o.gpkg-wal", "");
    CHECK(qz_writer_check(ctx, path, true) == QZ_E_EXISTS);
    CHECK(strstr(qz_ctx_error(ctx), "o.gpkg-wal") != NULL);
    unlink(wal);
    w = half_written(path, true);
    scratch_text("out/o.gpkg-journal", ""); /* opened by someone while we worked */
    CHECK(qz_writer_publish(ctx, w) == QZ_E_EXISTS);
    CHECK(scratch_entries(folder) == 2);
    unlink(scratch_path("out/o.gpkg-journal"));
    w = half_written(path, true);
    CHECK(qz_writer_publish(ctx, w) == 0);
    CHECK(scratch_entries(folder) == 1);
}

/* Process 999 999 999 cannot exist; process 1 always does. */
static void check_sweep(void) {
    static const char *const dead = "out/.o.gpkg.quinze-999999999",
                             *const alive = "out/.o.gpkg.quinze-1",
                             *const other = "out/.p.gpkg.quinze-999999999";
    mkdir(scratch_path(dead), 0777);
    scratch_text("out/.o.gpkg.quinze-999999999/o.gpkg", "half");
    mkdir(scratch_path(alive), 0777);
    mkdir(scratch_path(other), 0777);
    CHECK(qz_writer_check(ctx, scratch_path("out/o.gpkg"), true) == 0);
    CHECK(!scratch_exists(scratch_path(dead)));
    CHECK(scratch_exists(scratch_path(alive)) && scratch_exists(scratch_path(other)));
    CHECK(scratch_exists(scratch_path("out/o.gpkg")));
}

/* ---- memory: every allocation of a written and of a read file fails in turn */
static void check_memory(void) {
    mkdir(scratch_path("mem"), 0777);
    for (size_t i = 0; i < COUNT(formats); i++) {
        char name[64];
        snprintf(name, sizeof name, "mem/%s", formats[i].name);
        bool whole = false;
        for (size_t k = 0; k < 200 && !whole; k++) {
            qz_memory_fail_after(k);
            int r = write_file(scratch_path(name), formats[i].format, false);
            whole = qz_memory_fail_after(SIZE_MAX) <= k;
            CHECK(r == (whole ? 0 : QZ_E_NOMEM) || (r < 0 && !whole));
            CHECK(scratch_exists(scratch_path(name)) == whole);
            if (formats[i].n_files == 1) /* of several files, the first may be in place */
                CHECK(scratch_entries(scratch_path("mem")) == whole);
        }
        CHECK(whole);
        scratch_remove(scratch_path("mem"));
        mkdir(scratch_path("mem"), 0777);
    }
    for (size_t k = 0; k < 60; k++)
        for (size_t i = 0; i < COUNT(formats); i++) {
            struct qz_table *t = NULL;
            struct qz_row_geometry g;
            qz_memory_fail_after(k);
            int r = qz_table_open(ctx, scratch_path(formats[i].again), NULL, &t);
            while (r == 0 && qz_table_next(ctx, t) == 1 && (r = qz_table_geometry(ctx, t, &g)) == 0)
                qz_table_text(t, 1);
            bool enough = qz_memory_fail_after(SIZE_MAX) <= k;
            CHECK(!enough || r == 0);
            qz_table_free(t);
        }
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(scratch_make());
    make_shape();
    check_formats();
    check_layers();
    check_csv();
    check_kinds();
    check_encodings();
    check_not_files();
    check_all_or_nothing();
    check_sweep();
    check_memory();
    check_noise();
    check_cuts();
    CHECK(*qz_io_gdal_version() && *qz_io_shapelib_version());
    scratch_remove(scratch_root);
    qz_shapes_done(&shape);
    qz_crs_free(lambert93);
    qz_ctx_free(ctx);
    return check_end();
}
