/* tests/unit/test_iris.c - IRIS as places where people live, and the outlines of cells: three
 * communes of a kilometre side by side. */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "io/writer.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93, *wgs84;
static struct qz_issues issues;
static struct qz_input_report report;

/* ---- codes */
static const struct {
    const char *text;
    bool good;
} codes[] = {
    { "010010101", true },  { "2A0040000", true },  { "971050102", true },
    { "01001", false },     { "01001010", false },  { "0100101011", false },
    { "01001010A", false }, { "", false },          { "A10010101", false },
    { "1001 0101", false }, { "01001-101", false }, { "200mN20298E42524", false },
};

static void check_codes(void) {
    for (size_t i = 0; i < COUNT(codes); i++)
        CHECK_NEAR(qz_code_is_iris(codes[i].text), codes[i].good, 0, codes[i].text);
}

/* ---- points inside */
static void add_ring(struct qz_shapes *s, const struct qz_xy *points, size_t n) {
    for (size_t i = 0; i < n; i++)
        CHECK(qz_shapes_add_point(ctx, s, points[i]) == 0);
    CHECK(qz_shapes_end_ring(ctx, s) == 0);
}

static void add_square(struct qz_shapes *s, double x, double y, double side) {
    const struct qz_xy ring[] = {
        { x, y }, { x + side, y }, { x + side, y + side }, { x, y + side }, { x, y }
    };
    add_ring(s, ring, COUNT(ring));
}

static void end_shape(struct qz_shapes *s) {
    CHECK(qz_shapes_end_poly(ctx, s) == 0 && qz_shapes_end_shape(ctx, s) == 0);
}

/* A U open to the north: its centroid lies between the arms. */
static void add_u(struct qz_shapes *s, double x, double y) {
    const struct qz_xy ring[] = { { x, y },
                                  { x + 300, y },
                                  { x + 300, y + 400 },
                                  { x + 250, y + 400 },
                                  { x + 250, y + 50 },
                                  { x + 50, y + 50 },
                                  { x + 50, y + 400 },
                                  { x, y + 400 },
                                  { x, y } };
    add_ring(s, ring, COUNT(ring));
    end_shape(s);
}

static void check_inner_points(void) {
    struct qz_shapes s = { 0 };
    struct qz_xy p = { 7, 7 };
    add_square(&s, 0, 0, 10); /* 0: a square */
    end_shape(&s);
    add_u(&s, 0, 0);           /* 1 */
    add_square(&s, 0, 0, 100); /* 2: a frame */
    add_square(&s, 10, 10, 80);
    end_shape(&s);
    add_square(&s, 0, 0, 10); /* 3: two far apart */
    CHECK(qz_shapes_end_poly(ctx, &s) == 0);
    add_square(&s, 1000, 0, 10);
    end_shape(&s);
    CHECK(qz_shapes_end_shape(ctx, &s) == 0); /* 4: nothing */
    add_square(&s, 5, 5, 0);                  /* 5: a point */
    end_shape(&s);
    CHECK(qz_shape_inner_point(ctx, &s, 0, &p) == 1 && p.x_m == 5 && p.y_m == 5);
    for (size_t i = 1; i <= 3; i++) {
        CHECK(!qz_shape_contains(&s, i, qz_shape_centroid(&s, i)));
        CHECK(qz_shape_inner_point(ctx, &s, i, &p) == 1 && qz_shape_contains(&s, i, p));
    }
    p = (struct qz_xy) { 7, 7 };
    CHECK(qz_shape_inner_point(ctx, &s, 4, &p) == 0 && qz_shape_inner_point(ctx, &s, 5, &p) == 0);
    CHECK(p.x_m == 7);
    qz_shapes_done(&s);
}

/* Parts of a ring, thin to thick, have their point inside. */
static void check_crescents(void) {
    struct qz_dice d = qz_dice_of(3, 4);
    size_t n_outside = 0;
    for (int round = 0; round < 500; round++) {
        struct qz_shapes s = { 0 };
        struct qz_xy ring[21], p = { 0, 0 };
        double turn = qz_dice_between(&d, 0.5, 6), inner = qz_dice_between(&d, 1, 99);
        for (size_t k = 0; k < 20; k++) {
            double a = turn * (double)(k < 10 ? k : 19 - k) / 9, r = k < 10 ? 100 : inner;
            ring[k] = (struct qz_xy) { 1e6 + r * cos(a), 6e6 + r * sin(a) };
        }
        ring[20] = ring[0];
        add_ring(&s, ring, 21);
        end_shape(&s);
        n_outside += !qz_shape_contains(&s, 0, qz_shape_centroid(&s, 0));
        CHECK(qz_shape_inner_point(ctx, &s, 0, &p) == 1 && qz_shape_contains(&s, 0, p));
        qz_shapes_done(&s);
    }
    CHECK(n_outside > 100 && n_outside < 400);
}

/* ---- communes in memory */
static const double west = 700000, south = 6600000;
static const char *abc_codes[] = { "01001", "01002", "2A003" };
static struct qz_shapes squares;
static struct qz_communes abc = { .n = 3, .code = abc_codes, .shapes = &squares };
static struct qz_locator *locator;

static void place_communes(void) {
    for (size_t i = 0; i < 3; i++) {
        add_square(&squares, west + 1000 * (double)i, south, 1000);
        end_shape(&squares);
    }
    CHECK(qz_locator_new(ctx, &squares, &locator) == 0);
}

static int read_input(const struct qz_input *input, bool outlined, struct qz_cells **ret) {
    *ret = NULL;
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    int r = qz_cells_read(ctx, &abc, locator, input, lambert93, outlined, &issues, &report, ret);
    CHECK((*ret != NULL) == (r == 0));
    return r;
}

static int read_file(const char *path, bool outlined, struct qz_cells **ret) {
    const struct qz_input input = { .file = path };
    return read_input(&input, outlined, ret);
}

static size_t count_issues(const char *code, size_t row) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && issues.items[i].row == row;
    return n;
}

/* ---- a layer of IRIS */
enum drawing { SQUARE, U, BOWTIE, NOTHING };
static const struct {
    const char *code, *people;
    enum drawing drawing;
    double x, y; /* from the corner of the communes */
} iris[] = {
    { "010020000", "31.5", SQUARE, 1100, 100 },
    { "010010102", "20", U, 500, 500 },
    { "010010101", "12.25", SQUARE, 100, 700 },
    { "2A0030101", "0", SQUARE, 2100, 100 }, /* nobody lives there */
    { "01009ZZZZ", "5", SQUARE, 300, 300 },  /* no code */
    { "010090101", "7", SQUARE, 2500, 500 }, /* unknown commune: by its place */
    { "010090102", "9", SQUARE, 5000, 500 }, /* elsewhere */
    { "010010101", "99", SQUARE, 150, 750 }, /* again, at another place */
    { "2A0030102", "6", NOTHING, 0, 0 },     /* no polygon */
    { "2A0030103", "s", SQUARE, 2100, 800 }, /* a secret */
    { "2A0030104", "8", BOWTIE, 2700, 800 },
};

static void draw(struct qz_shapes *s, enum drawing drawing, double x, double y) {
    const struct qz_xy bow[] = {
        { x, y }, { x + 60, y + 60 }, { x + 60, y }, { x, y + 30 }, { x, y }
    };
    if (drawing == U) {
        add_u(s, x, y);
        return;
    }
    if (drawing == SQUARE)
        add_square(s, x, y, 200);
    if (drawing == BOWTIE)
        add_ring(s, bow, COUNT(bow));
    if (drawing != NOTHING)
        CHECK(qz_shapes_end_poly(ctx, s) == 0);
    CHECK(qz_shapes_end_shape(ctx, s) == 0);
}

static const char *put_iris(const char *name, const char *code, const char *people,
                            const struct qz_crs *crs) {
    const char *path = scratch_path(name);
    struct qz_writer_params params = { .format = QZ_GPKG, .overwrite = true, .date = "2024-01-01" };
    const struct qz_column columns[] = { { code, QZ_TEXT, 0 }, { people, QZ_TEXT, 0 } };
    struct qz_shapes s = { 0 };
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    struct qz_writer *w = NULL;
    for (size_t i = 0; i < COUNT(iris); i++)
        draw(&s, iris[i].drawing, west + iris[i].x, south + iris[i].y);
    CHECK(qz_transform_new(ctx, lambert93, crs, &t) == 0);
    qz_transform_points(t, s.points, s.n_points);
    CHECK(qz_writer_open(ctx, path, &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "iris", "", "", QZ_GEOM_AREA, crs, columns, 2) == 0);
    for (size_t i = 0; i < COUNT(iris); i++) {
        qz_writer_text(w, 0, iris[i].code);
        qz_writer_text(w, 1, iris[i].people);
        if (iris[i].drawing != NOTHING)
            CHECK(qz_writer_shape(ctx, w, &s, i) == 0);
        CHECK(qz_writer_row(ctx, w) == 0);
    }
    CHECK(qz_writer_publish(ctx, w) == 0);
    qz_shapes_done(&s);
    return path;
}

/* Five are left: those of 01001 from west to east, then 01002, then 2A003. */
static void check_layer(const char *path, bool outlined, double tolerance_m) {
    static const char *const ids[] = { "010010101", "010010102", "010020000", "010090101",
                                       "2A0030104" };
    static const double people[] = { 12.25, 20, 31.5, 7, 8 };
    static const uint32_t commune[] = { 0, 0, 1, 2, 2 };
    static const double km2[] = { 0.04, 0.05, 0.04, 0.04, 0 };
    struct qz_cells *c = NULL;
    CHECK(read_file(path, outlined, &c) == 0);
    CHECK(c && c->n == 5 && (c->id != NULL) == outlined && (c->shapes != NULL) == outlined);
    for (size_t i = 0; c && c->n == 5 && i < 5; i++) {
        CHECK(c->people[i] == people[i] && c->commune[i] == commune[i]);
        CHECK(!outlined || strcmp(c->id[i], ids[i]) == 0);
        CHECK(!outlined || i == 4 || qz_shape_contains(c->shapes, i, c->at[i]));
        CHECK(!outlined || i == 4 || fabs(qz_shape_area_m2(c->shapes, i) / 1e6 - km2[i]) < 1e-4);
    }
    CHECK_NEAR(c ? c->at[0].x_m : 0, west + 200, tolerance_m, "the centroid of a square");
    CHECK_NEAR(c ? c->at[2].y_m : 0, south + 200, tolerance_m, "the centroid of a square");
    CHECK(report.rows == COUNT(iris) && report.rejected == 4);
    CHECK(count_issues("bad_cell_code", 5) == 1 && count_issues("duplicate_cell", 8) == 1);
    CHECK(count_issues("unreadable_geometry", 9) == 1 && count_issues("bad_people", 10) == 1);
    CHECK(count_issues("cells_outside", 0) == 1);
    qz_cells_freep(&c);
}

static void check_layers(void) {
    check_layer(put_iris("iris.gpkg", "CODE_IRIS", "P21_POP", lambert93), true, 1e-6);
    check_layer(put_iris("plain.gpkg", "DCOMIRIS", "population", lambert93), false, 1e-6);
    check_layer(put_iris("degrees.gpkg", "iris", "ind", wgs84), true, 1e-3);
}

/* ---- tables and points */
static void check_tables(void) {
    struct qz_cells *c = NULL;
    /* 3 E 46.5 N is the origin of Lambert-93 */
    CHECK(read_file(scratch_text("lonlat.csv", "IRIS,P20_POP,lon,lat\n010010101,12,3.003,46.5005\n"
                                               "010020101,5,,\n010010102,3,3.001,46.5005\n"
                                               "010020102,4,x,46\n2A0030000,1,3.03,46.501\n"),
                    true, &c) == 0);
    CHECK(c && c->n == 3 && strcmp(c->id[0], "010010102") == 0 && c->people[0] == 3);
    CHECK(c && c->shapes->n == 3 && c->shapes->n_points == 0); /* points have no outline */
    CHECK(c && strcmp(c->id[2], "2A0030000") == 0 && c->commune[2] == 2);
    CHECK(report.rejected == 2 && count_issues("unreadable_geometry", 2) == 1 &&
          count_issues("unreadable_geometry", 4) == 1 && strcmp(report.crs, "EPSG:4326") == 0);
    qz_cells_freep(&c);
    const char *path = scratch_text("xy.csv", "iris;pop;x;y\n010010101;12;700100;6600100\n");
    struct qz_input input = { .file = path, .crs = "EPSG:2154" };
    CHECK(read_input(&input, false, &c) == 0);
    CHECK(c && c->n == 1 && c->at[0].x_m == 700100 && !c->id && !c->shapes);
    qz_cells_freep(&c);
    CHECK(read_file(path, false, &c) == QZ_E_CRS);
    CHECK(read_file(scratch_text("bare.csv", "IRIS,COM,P21_POP\n010010101,01001,12\n"), false,
                    &c) == QZ_E_FORMAT);
    CHECK(strstr(qz_ctx_error(ctx), "bare.csv") && strstr(qz_ctx_error(ctx), "lon and lat"));
    /* IRIS beside cells: a point has no outline, whatever the row before had */
    CHECK(read_file(scratch_text("mixed.csv", "iris,ind,lon,lat\n"
                                              "CRS2154RES200mN6600000E700000,3,,\n"
                                              "010020101,5,3.015,46.5005\n"),
                    true, &c) == 0);
    CHECK(c && c->n == 2 && qz_shape_area_m2(c->shapes, 0) == 40000);
    CHECK(c && c->shapes->n_points == 5 && qz_shape_area_m2(c->shapes, 1) == 0);
    qz_cells_freep(&c);
    /* a grid does not mind columns x and y without a system */
    CHECK(read_file(
              scratch_text("grid.csv", "idcar_200m,ind,x,y\nCRS2154RES200mN6600000E700000,3,1,1\n"),
              false, &c) == 0);
    qz_cells_freep(&c);
}

/* ---- outlines of a grid */
static void check_squares(void) {
    struct qz_cells *c = NULL, *plain = NULL;
    const char *path = scratch_text("cells.csv", "idcar_200m,ind\nCRS2154RES200mN6600200E701000,3\n"
                                                 "CRS2154RES200mN6600000E700000,4\n"
                                                 "CRS2154RES200mN6600000E709000,5\n"
                                                 "CRS3035RES200mN2500000E3760000,5\n");
    CHECK(read_file(path, true, &c) == 0 && read_file(path, false, &plain) == 0);
    CHECK(c && plain && c->n == plain->n && memcmp(c->at, plain->at, c->n * sizeof *c->at) == 0);
    CHECK(c && c->n == 2 && strcmp(c->id[0], "CRS2154RES200mN6600000E700000") == 0);
    CHECK(c && c->shapes->n == 2 && c->shapes->n_points == 10);
    struct qz_box box = c ? qz_shape_box(c->shapes, 1) : qz_box_empty;
    CHECK(box.min_x_m == 701000 && box.min_y_m == 6600200 && box.max_x_m == 701200);
    CHECK(c && qz_shape_area_m2(c->shapes, 1) == 40000);
    qz_cells_freep(&c);
    qz_cells_freep(&plain);
}

/* In any order of rows the same cells with the same ids and outlines. */
static void check_order(void) {
    struct qz_cells *first = NULL;
    for (uint64_t seed = 0; seed < 20; seed++) {
        char text[8192];
        uint32_t order[60];
        struct qz_dice d = qz_dice_of(seed, 3);
        for (uint32_t i = 0; i < 60; i++)
            order[i] = i;
        for (uint32_t i = 59; i > 0 && seed; i--) {
            uint32_t j = qz_dice_below(&d, i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        int n = snprintf(text, sizeof text, "ind,idcar_200m\n");
        for (size_t i = 0; i < 60; i++)
            n += snprintf(text + n, sizeof text - (size_t)n, "%u.5,CRS2154RES200mN%dE%d\n",
                          order[i], 6600000 + 200 * (int)(order[i] / 15),
                          700000 + 200 * (int)(order[i] % 15));
        struct qz_cells *c = NULL;
        CHECK(read_file(scratch_text("order.csv", text), true, &c) == 0);
        CHECK(c && c->n == 60 && c->shapes->n == 60);
        for (size_t i = 0; c && i < c->n; i++)
            CHECK(qz_shape_contains(c->shapes, i, c->at[i]));
        if (!first) {
            first = c;
            continue;
        }
        CHECK(c && memcmp(c->at, first->at, c->n * sizeof *c->at) == 0);
        for (size_t i = 0; c && i < c->n; i++)
            CHECK(strcmp(c->id[i], first->id[i]) == 0);
        CHECK(c && memcmp(c->shapes->points, first->shapes->points,
                          c->shapes->n_points * sizeof *c->shapes->points) == 0);
        qz_cells_freep(&c);
    }
    qz_cells_freep(&first);
}

/* ---- codes of another year: 01009 merged into 01002, 01008 was split into 01001 and 01002 */
static void check_years(void) {
    struct qz_codes *moves = NULL;
    struct qz_code_map *map = NULL;
    struct qz_cells *c = NULL;
    const struct qz_input table = {
        .file = scratch_text(
            "moves.csv",
            "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP\n"
            "32,2019-01-01,COM,01009,COM,01002\n32,2019-01-01,COM,01002,COM,01002\n"
            "21,2020-01-01,COM,01008,COM,01001\n21,2020-01-01,COM,01008,COM,01002\n")
    };
    struct qz_input input = {
        .file = scratch_text("old.csv", "iris,pop,x,y\n010090101,12,700100,6600100\n"
                                        "010080101,5,701100,6600100\n010080102,6,700200,6600100\n"
                                        "010080103,7,705000,6600100\n2A0030000,8,700300,6600100\n"),
        .crs = "EPSG:2154",
        .year = 2018
    };
    struct qz_input grid = { .file = scratch_text("lcog.csv",
                                                  "idcar_200m,ind,lcog_geo\n"
                                                  "CRS2154RES200mN6600000E700000,3,01009\n"
                                                  "CRS2154RES200mN6600000E700200,4,2A00301009\n"
                                                  "CRS2154RES200mN6600000E701200,5,2A00301008\n"),
                             .year = 2018 };
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(qz_codes_read(ctx, &table, &issues, &report, &moves) == 0);
    CHECK(qz_input_codes(ctx, moves, 2020, &abc, NULL, &issues, &input, &map) == 0);
    grid.codes = map;
    CHECK(read_input(&input, true, &c) == 0);
    CHECK(c && c->n == 5 && strcmp(c->id[0], "010080102") == 0);          /* by its point */
    CHECK(c && strcmp(c->id[1], "010080103") == 0 && c->commune[1] == 0); /* the main part */
    CHECK(c && strcmp(c->id[2], "010090101") == 0 && c->commune[2] == 1); /* as its code says */
    CHECK(c && strcmp(c->id[3], "010080101") == 0 && c->commune[3] == 1);
    CHECK(c && c->commune[4] == 2 && count_issues("codes_converted", 0) == 1);
    qz_cells_freep(&c);
    CHECK(read_input(&grid, false, &c) == 0);
    CHECK(c && c->n == 3 && c->people[0] == 3 && c->commune[0] == 1);
    CHECK(c && c->people[1] == 5 && c->commune[1] == 1); /* 01008 holds it: a part of it does */
    CHECK(c && c->people[2] == 4 && c->commune[2] == 2); /* neither holds it: the first named */
    qz_cells_freep(&c);
    qz_code_map_freep(&map);
    qz_codes_freep(&moves);
}

/* ---- every allocation fails in turn */
static void check_memory(void) {
    bool whole = false;
    const char *path = put_iris("memory.gpkg", "CODE_IRIS", "P21_POP", wgs84);
    const struct qz_input input = { .file = path };
    for (size_t k = 0; k < 2000 && !whole; k++) {
        struct qz_cells *c = NULL;
        qz_issues_done(&issues);
        CHECK(qz_issues_init(ctx, &issues) == 0);
        qz_memory_fail_after(k);
        int r = qz_cells_read(ctx, &abc, locator, &input, lambert93, true, &issues, &report, &c);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((r == 0) == whole && (c != NULL) == whole && (r == 0 || r == QZ_E_NOMEM));
        qz_cells_freep(&c);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:4326", &wgs84) == 0);
    CHECK(scratch_make());
    place_communes();
    check_codes();
    check_inner_points();
    check_crescents();
    check_layers();
    check_tables();
    check_squares();
    check_order();
    check_years();
    check_memory();
    qz_locator_freep(&locator);
    qz_shapes_done(&squares);
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    qz_crs_freep(&wgs84);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
