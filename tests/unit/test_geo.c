/* tests/unit/test_geo.c - reference systems, polygons, neighbours, grids; squares and a few oracles
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "geo/geo.h"

/* ---- reference systems */
/* What ESRI's software writes beside a road layer of Corsica: no authority, names of its own. */
static const char esri_lambert93[] =
    "PROJCS[\"RGF_1993_Lambert_93\",GEOGCS[\"GCS_RGF_1993\",DATUM[\"D_RGF_1993\","
    "SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],"
    "UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Lambert_Conformal_Conic\"],"
    "PARAMETER[\"False_Easting\",700000.0],PARAMETER[\"False_Northing\",6600000.0],"
    "PARAMETER[\"Central_Meridian\",3.0],PARAMETER[\"Standard_Parallel_1\",49.0],"
    "PARAMETER[\"Standard_Parallel_2\",44.0],PARAMETER[\"Latitude_Of_Origin\",46.5],"
    "UNIT[\"Meter\",1.0]]";
static const char esri_wgs84[] =
    "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],"
    "PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
/* In feet: projected, but not metric. */
static const char feet[] = "+proj=lcc +lat_1=49 +lat_2=44 +lat_0=46.5 +lon_0=3 +units=ft +type=crs";
static const char bound[] = "+proj=lcc +lat_1=49 +lat_2=44 +lat_0=46.5 +lon_0=3 +x_0=700000 "
                            "+y_0=6600000 +ellps=GRS80 +towgs84=0,0,0 +units=m +type=crs";

static const struct {
    const char *definition;
    int code, epsg;
    bool metric;
} systems[] = {
    { esri_lambert93, 0, 2154, true },
    { esri_wgs84, 0, 4326, false },
    { "EPSG:2154", 0, 2154, true },
    { "EPSG:5490", 0, 5490, true },
    { "EPSG:2972", 0, 2972, true },
    { "EPSG:2975", 0, 2975, true },
    { "EPSG:4471", 0, 4471, true },
    { "EPSG:4326", 0, 4326, false },
    { "EPSG:2154+5720", 0, 2154, true }, /* with heights: the horizontal part */
    { bound, 0, 2154, true },
    { feet, 0, 0, false },
    { "EPSG:999999", QZ_E_CRS, 0, false },
    { "", QZ_E_CRS, 0, false },
    { "Lambert ninety-three", QZ_E_CRS, 0, false },
    { "+proj=pipeline +step +proj=noop", QZ_E_CRS, 0, false }, /* a conversion is no system */
};

static void check_systems(struct qz_ctx *ctx) {
    for (size_t i = 0; i < COUNT(systems); i++) {
        struct qz_crs *crs = NULL;
        const char *name = systems[i].definition;
        CHECK_NEAR(qz_crs_open(ctx, name, &crs), systems[i].code, 0, name);
        CHECK((crs == NULL) == (systems[i].code != 0));
        if (!crs) {
            CHECK(strstr(qz_ctx_error(ctx), "EPSG:2154") != NULL); /* the remedy */
            continue;
        }
        CHECK_NEAR(qz_crs_epsg(crs), systems[i].epsg, 0, name);
        CHECK_NEAR(qz_crs_is_metric(crs), systems[i].metric, 0, name);
        CHECK(strlen(qz_crs_wkt(crs)) > 50 && *qz_crs_name(crs));
        qz_crs_freep(&crs);
    }
}

/* Prefectures and sub-prefectures of the five territories, and places that are in none. */
static const struct {
    const char *name;
    struct qz_lonlat at;
    int epsg;
} places[] = {
    { "Ajaccio", { 8.7386, 41.9192 }, 2154 },
    { "Ouessant", { -5.0960, 48.4583 }, 2154 },
    { "Dunkerque", { 2.3768, 51.0344 }, 2154 },
    { "Wissembourg", { 7.945, 49.037 }, 2154 },
    { "Basse-Terre", { -61.7261, 15.9958 }, 5490 },
    { "Fort-de-France", { -61.0588, 14.6037 }, 5490 },
    { "Saint-Martin", { -63.08, 18.07 }, 5490 },
    { "Cayenne", { -52.3261, 4.9372 }, 2972 },
    { "Maripasoula", { -54.0307, 3.6432 }, 2972 },
    { "Saint-Denis", { 55.4481, -20.8789 }, 2975 },
    { "Mamoudzou", { 45.2279, -12.7806 }, 4471 },
    { "London", { -0.1276, 51.7 }, 0 },
    { "New York", { -74, 40.7 }, 0 },
    { "nowhere", { 0, 0 }, 0 },
};

static void check_legal(void) {
    for (size_t i = 0; i < COUNT(places); i++)
        CHECK_NEAR(qz_crs_legal_epsg(places[i].at), places[i].epsg, 0, places[i].name);
}

/* IGN's note NTG_71 (conformal conic, ALG0003) with its Lambert-93 constants: an oracle that knows
 * nothing of PROJ. */
static struct qz_xy lambert93(struct qz_lonlat p) {
    const double n = 0.7256077650, c = 11754255.426, xs = 700000, ys = 12655612.050,
                 e = 0.08181919106, degree = 3.14159265358979323846 / 180;
    double phi = p.lat_deg * degree, s = e * sin(phi);
    double isometric = log(tan(3.14159265358979323846 / 4 + phi / 2) *
                           pow((1 - s) / (1 + s), e / 2));
    double r = c * exp(-n * isometric), angle = n * (p.lon_deg - 3) * degree;
    return (struct qz_xy) { xs + r * sin(angle), ys - r * cos(angle) };
}

static void check_transform(struct qz_ctx *ctx) {
    qz_cleanup(qz_crs_freep) struct qz_crs *wgs84 = NULL, *work = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL, *same = NULL;
    CHECK(qz_crs_open(ctx, "EPSG:4326", &wgs84) == 0);
    CHECK(qz_crs_open(ctx, esri_lambert93, &work) == 0);
    CHECK(qz_transform_new(ctx, wgs84, work, &t) == 0);
    CHECK(qz_transform_new(ctx, work, work, &same) == 0);
    for (size_t i = 0; i < 4; i++) {
        struct qz_xy want = lambert93(places[i].at);
        struct qz_xy p = { places[i].at.lon_deg, places[i].at.lat_deg }; /* east first, always */
        qz_transform_points(t, &p, 1);
        CHECK_NEAR(qz_distance_m(p, want), 0, 0.01, places[i].name);
        struct qz_xy q = p;
        qz_transform_points(same, &q, 1);
        CHECK(q.x_m == p.x_m && q.y_m == p.y_m);
    }
    struct qz_xy bad[2] = { { 3, 95 }, { 3, 46.5 } };
    qz_transform_points(t, bad, 2);
    CHECK(bad[0].x_m == INFINITY && bad[0].y_m == INFINITY);
    CHECK_NEAR(bad[1].x_m, 700000, 0.01, "a bad point spoils no other: origin of Lambert-93, x");
    CHECK_NEAR(bad[1].y_m, 6600000, 0.01, "and y");
    qz_transform_points(t, NULL, 0);
}

/* ---- polygons. A rectangle; another one in it as a hole. */
static void ring(struct qz_shapes *s, double x0, double y0, double x1, double y1) {
    const struct qz_xy p[] = { { x0, y0 }, { x1, y0 }, { x1, y1 }, { x0, y1 }, { x0, y0 } };
    for (size_t i = 0; i < COUNT(p); i++)
        CHECK(qz_shapes_add_point(NULL, s, p[i]) == 0);
    CHECK(qz_shapes_end_ring(NULL, s) == 0);
}

static void add_square(struct qz_shapes *s, double x0, double y0, double x1, double y1) {
    ring(s, x0, y0, x1, y1);
    qz_shapes_end_poly(NULL, s);
    qz_shapes_end_shape(NULL, s);
}

static void add_points(struct qz_shapes *s, const struct qz_xy *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        qz_shapes_add_point(NULL, s, p[i]);
    qz_shapes_end_ring(NULL, s);
    qz_shapes_end_poly(NULL, s);
    qz_shapes_end_shape(NULL, s);
}

/* Lambert-sized numbers: a sum of squares of millions must not eat the centimetres. */
enum { EAST = 1200000, NORTH = 6100000 };

static void check_measures(void) {
    struct qz_shapes s = { 0 };
    ring(&s, EAST, NORTH, EAST + 10, NORTH + 10); /* shape 0: 10 x 10 with a hole of 2 x 2, */
    ring(&s, EAST + 1, NORTH + 1, EAST + 3, NORTH + 3);
    qz_shapes_end_poly(NULL, &s);
    ring(&s, EAST + 20, NORTH, EAST + 22, NORTH + 2); /* and an island of 2 x 2 */
    qz_shapes_end_poly(NULL, &s);
    qz_shapes_end_shape(NULL, &s);
    qz_shapes_end_shape(NULL, &s); /* shape 1: nothing */
    const struct qz_xy triangle[] = { { 0, 0 }, { 0, 3 }, { 6, 0 }, { 0, 0 } }; /* clockwise */
    add_points(&s, triangle, COUNT(triangle));

    CHECK(s.n == 3 && s.n_polys == 3 && s.n_rings == 4);
    CHECK_NEAR(qz_shape_area_m2(&s, 0), 100 - 4 + 4, 1e-6, "area with hole and island");
    CHECK_NEAR(qz_shape_area_m2(&s, 1), 0, 0, "area of nothing");
    CHECK_NEAR(qz_shape_area_m2(&s, 2), 9, 1e-12, "area, whichever way it turns");
    struct qz_xy c = qz_shape_centroid(&s, 0);
    /* (100 * 5 - 4 * 2 + 4 * 21) / 100, (100 * 5 - 4 * 2 + 4 * 1) / 100 */
    CHECK_NEAR(c.x_m - EAST, 5.76, 1e-6, "centroid x");
    CHECK_NEAR(c.y_m - NORTH, 4.96, 1e-6, "centroid y");
    c = qz_shape_centroid(&s, 2);
    CHECK_NEAR(c.x_m, 2, 1e-12, "a third of the base");
    CHECK_NEAR(c.y_m, 1, 1e-12, "a third of the height");
    struct qz_box box = qz_shape_box(&s, 0), none = qz_shape_box(&s, 1);
    CHECK(box.min_x_m == EAST && box.max_x_m == EAST + 22 && box.max_y_m == NORTH + 10);
    CHECK(none.min_x_m > none.max_x_m);

    static const struct {
        double x_m, y_m;
        bool inside;
    } probes[] = { { 5, 5, true },   { 2, 2, false },  { 21, 1, true }, { 15, 1, false },
                   { -1, 5, false }, { 5, 11, false }, { 3.5, 2, true } };
    for (size_t i = 0; i < COUNT(probes); i++)
        CHECK_NEAR(qz_shape_contains(
                       &s, 0, (struct qz_xy) { EAST + probes[i].x_m, NORTH + probes[i].y_m }),
                   probes[i].inside, 0, "contains");
    CHECK(!qz_shape_contains(&s, 1, (struct qz_xy) { 0, 0 }));

    struct qz_shapes copy = { 0 };
    CHECK(qz_shapes_append(NULL, &copy, &s, 0) == 0);
    CHECK(copy.n == 1 && copy.n_polys == 2 && copy.n_rings == 3);
    CHECK_NEAR(qz_shape_area_m2(&copy, 0), 100, 1e-6, "a copy has the same area");
    qz_shapes_done(&copy);
    qz_shapes_done(&s);
}

static void check_boxes(void) {
    struct qz_box a = qz_box_empty, b = qz_box_empty;
    CHECK(!qz_box_meets(&a, &b));
    qz_box_add(&a, (struct qz_xy) { 0, 0 });
    qz_box_add(&a, (struct qz_xy) { 2, 1 });
    CHECK(!qz_box_meets(&a, &b) && !qz_box_meets(&b, &a));
    qz_box_add(&b, (struct qz_xy) { 2, 1 });
    CHECK(qz_box_meets(&a, &b)); /* a common corner counts */
    b = (struct qz_box) { 2.1, 0, 3, 1 };
    CHECK(!qz_box_meets(&a, &b));
    CHECK_NEAR(qz_distance_m((struct qz_xy) { 0, 0 }, (struct qz_xy) { 3, 4 }), 5, 0, "3 4 5");
}

/* ---- validity, repair, union */
static const struct qz_xy bowtie[] = { { 0, 0 }, { 2, 2 }, { 2, 0 }, { 0, 2 }, { 0, 0 } };

static void check_repair(struct qz_ctx *ctx) {
    struct qz_shapes s = { 0 }, out = { 0 };
    char why[128] = "";
    add_points(&s, bowtie, COUNT(bowtie));
    add_square(&s, 0, 0, 4, 4);
    qz_shapes_end_shape(NULL, &s);
    const struct qz_xy line[] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 0, 0 } }; /* flat: no inside */
    add_points(&s, line, COUNT(line));
    CHECK(qz_shape_valid(ctx, &s, 0, why, sizeof why) == 0);
    CHECK(strstr(why, "Self-intersection") != NULL);
    CHECK(qz_shape_valid(ctx, &s, 0, NULL, 0) == 0);
    CHECK(qz_shape_valid(ctx, &s, 1, why, sizeof why) == 1);
    CHECK(qz_shape_valid(ctx, &s, 2, why, sizeof why) == 1); /* nothing is valid */
    CHECK(qz_shape_valid(ctx, &s, 3, why, sizeof why) == 0);
    for (size_t i = 0; i < 4; i++)
        CHECK(qz_shape_repair(ctx, &s, i, &out) == 0);
    CHECK(out.n == 4);
    CHECK(qz_shape_valid(ctx, &out, 0, NULL, 0) == 1);
    CHECK_NEAR(qz_shape_area_m2(&out, 0), 2, 1e-12, "a bowtie is two triangles of 1");
    CHECK(out.shape_poly[1] - out.shape_poly[0] == 2);
    CHECK_NEAR(qz_shape_area_m2(&out, 1), 16, 1e-12, "what is valid stays");
    CHECK(qz_shape_area_m2(&out, 2) == 0 && qz_shape_area_m2(&out, 3) == 0);
    qz_shapes_done(&s);
    qz_shapes_done(&out);
}

static void check_union(struct qz_ctx *ctx) {
    struct qz_shapes s = { 0 }, out = { 0 };
    add_square(&s, 0, 0, 2, 2); /* a frame of four round a yard of 2 x 2 */
    add_square(&s, 2, 0, 6, 2);
    add_square(&s, 4, 2, 6, 6);
    add_square(&s, 0, 4, 4, 6);
    add_square(&s, 0, 2, 2, 4);
    add_square(&s, 20, 20, 21, 21); /* apart */
    const uint32_t frame[] = { 0, 1, 2, 3, 4 }, pair[] = { 0, 5 }, same[] = { 1, 1 };
    CHECK(qz_shapes_union(ctx, &s, frame, 5, &out) == 0);
    CHECK(qz_shapes_union(ctx, &s, pair, 2, &out) == 0);
    CHECK(qz_shapes_union(ctx, &s, same, 2, &out) == 0);
    CHECK(qz_shapes_union(ctx, &s, NULL, 0, &out) == 0);
    CHECK(out.n == 4);
    CHECK_NEAR(qz_shape_area_m2(&out, 0), 36 - 4, 1e-12, "the frame without its yard");
    CHECK(out.n_polys > 0 && out.poly_ring[1] - out.poly_ring[0] == 2); /* one outline, one hole */
    CHECK(!qz_shape_contains(&out, 0, (struct qz_xy) { 3, 3 }));
    CHECK(out.shape_poly[2] - out.shape_poly[1] == 2);
    CHECK_NEAR(qz_shape_area_m2(&out, 1), 5, 1e-12, "two apart");
    CHECK_NEAR(qz_shape_area_m2(&out, 2), 8, 1e-12, "twice the same");
    CHECK(qz_shape_area_m2(&out, 3) == 0);
    qz_shapes_done(&s);
    qz_shapes_done(&out);
}

/* Boxes on squared paper, counted square by square: tiles that fit, tiles of which some lie twice,
 * and boxes that overlap or share a piece of a side only. */
enum { PAPER = 9, MOST_BOXES = 14 };
enum kind { TILES, TILES_TWICE, BOXES, N_KINDS };

static void add_box(struct qz_shapes *s, struct qz_dice *dice, enum kind kind,
                    bool inked[PAPER][PAPER]) {
    bool tile = kind != BOXES;
    uint32_t x = qz_dice_below(dice, PAPER), y = qz_dice_below(dice, PAPER);
    uint32_t wide = tile ? 1 : 1 + qz_dice_below(dice, PAPER - x);
    uint32_t high = tile ? 1 : 1 + qz_dice_below(dice, PAPER - y);
    if (kind == TILES && inked[x][y])
        return;
    add_square(s, x, y, x + wide, y + high);
    for (uint32_t i = x; i < x + wide; i++)
        for (uint32_t k = y; k < y + high; k++)
            inked[i][k] = true;
}

/* ---- how much of a shape lies in others */
static int overlap_m2(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i,
                      const struct qz_shapes *over, double *m2) {
    struct qz_box boxes[8];
    for (size_t k = 0; k < over->n; k++)
        boxes[k] = qz_shape_box(over, k);
    return qz_shape_overlap_m2(ctx, s, i, over, boxes, m2);
}

static void check_overlap(struct qz_ctx *ctx) {
    struct qz_shapes s = { 0 }, over = { 0 };
    double m2 = -1;
    add_square(&s, 0, 0, 4, 4);
    add_square(&s, 20, 20, 21, 21);
    CHECK(overlap_m2(ctx, &s, 0, &over, &m2) == 0 && m2 == 0); /* of none */
    add_square(&over, 2, 2, 6, 6);
    CHECK(overlap_m2(ctx, &s, 0, &over, &m2) == 0);
    CHECK_NEAR(m2, 4, 1e-12, "a corner");
    add_square(&over, 3, 0, 4, 3); /* meets the first in 1 x 1 */
    CHECK(overlap_m2(ctx, &s, 0, &over, &m2) == 0);
    CHECK_NEAR(m2, 4 + 3 - 1, 1e-12, "what lies in both counts once");
    CHECK(overlap_m2(ctx, &s, 1, &over, &m2) == 0 && m2 == 0);
    add_square(&over, 4, 0, 8, 4); /* touches only */
    CHECK(overlap_m2(ctx, &s, 0, &over, &m2) == 0);
    CHECK_NEAR(m2, 6, 1e-12, "a common side is nothing");
    qz_shapes_done(&s);
    qz_shapes_done(&over);
}

static void check_union_by_counting(struct qz_ctx *ctx) {
    struct qz_dice dice = qz_dice_of(1, 2);
    uint32_t ids[4 * MOST_BOXES];
    for (uint32_t i = 0; i < COUNT(ids); i++)
        ids[i] = i;
    for (int round = 0; round < 300; round++) {
        bool inked[PAPER][PAPER] = { { false } };
        enum kind kind = (enum kind)(round % N_KINDS);
        struct qz_shapes s = { 0 }, out = { 0 };
        uint32_t n = 1 + qz_dice_below(&dice, kind == BOXES ? MOST_BOXES : 4 * MOST_BOXES);
        double area = 0;
        for (uint32_t i = 0; i < n; i++)
            add_box(&s, &dice, kind, inked);
        CHECK(qz_shapes_union(ctx, &s, ids, s.n, &out) == 0 && out.n == 1);
        CHECK(qz_shape_valid(ctx, &out, 0, NULL, 0) == 1);
        for (int x = 0; x < PAPER; x++)
            for (int y = 0; y < PAPER; y++) {
                area += inked[x][y];
                CHECK(qz_shape_contains(&out, 0, (struct qz_xy) { x + 0.5, y + 0.5 }) ==
                      inked[x][y]);
            }
        CHECK_NEAR(qz_shape_area_m2(&out, 0), area, 1e-9, "squares of a union");
        qz_shapes_done(&s);
        qz_shapes_done(&out);
    }
}

/* ---- neighbours */
static bool are_neighbours(const struct qz_neighbours *nb, uint32_t a, uint32_t b) {
    for (uint32_t k = nb->first[a]; k < nb->first[a + 1]; k++)
        if (nb->other[k] == b)
            return true;
    return false;
}

static void check_squares(struct qz_ctx *ctx) {
    enum { SIDE = 4 };
    struct qz_shapes s = { 0 };
    struct qz_neighbours *nb = NULL;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            add_square(&s, x, y, x + 1, y + 1);
    CHECK(qz_neighbours_new(ctx, &s, &nb) == 0);
    CHECK(nb->n == SIDE * SIDE);
    CHECK(nb->first[nb->n] == 2 * 2 * SIDE * (SIDE - 1)); /* 24 common sides, each told twice */
    for (uint32_t a = 0; a < SIDE * SIDE; a++)
        for (uint32_t b = 0; b < SIDE * SIDE; b++) {
            int dx = abs((int)(a % SIDE) - (int)(b % SIDE)),
                dy = abs((int)(a / SIDE) - (int)(b / SIDE));
            CHECK(are_neighbours(nb, a, b) == (dx + dy == 1)); /* a corner is not enough */
        }
    qz_neighbours_freep(&nb);
    qz_shapes_done(&s);
}

/* Named cases: vertices that do not match, overlaps, holes, nothing. */
static void check_odd_neighbours(struct qz_ctx *ctx) {
    struct qz_shapes s = { 0 };
    struct qz_neighbours *nb = NULL;
    add_square(&s, 0, 0, 10, 4); /* 0: a long base */
    add_square(&s, 2, 4, 5, 8);  /* 1: stands on it, its foot within the base's top side */
    add_square(&s, 4, 7, 9, 9);  /* 2: overlaps 1 */
    ring(&s, 20, 0, 30, 10);     /* 3: has a hole */
    ring(&s, 22, 2, 24, 4);
    qz_shapes_end_poly(NULL, &s);
    qz_shapes_end_shape(NULL, &s);
    add_square(&s, 22, 2, 24, 4);     /* 4: fills it */
    qz_shapes_end_shape(NULL, &s);    /* 5: nothing */
    add_square(&s, 30, 10, 31, 11);   /* 6: touches a corner of 3 */
    add_square(&s, 10, 0, 10.5, 0.5); /* 7: shares half a unit with 0 */
    static const struct {
        uint32_t a, b;
        bool want;
    } pairs[] = { { 0, 1, true },  { 1, 2, true },  { 0, 2, false }, { 3, 4, true },
                  { 0, 5, false }, { 3, 6, false }, { 0, 7, true },  { 3, 7, false } };
    CHECK(qz_neighbours_new(ctx, &s, &nb) == 0);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        CHECK_NEAR(are_neighbours(nb, pairs[i].a, pairs[i].b), pairs[i].want, 0, "odd pair");
        CHECK_NEAR(are_neighbours(nb, pairs[i].b, pairs[i].a), pairs[i].want, 0, "odd pair back");
    }
    qz_neighbours_freep(&nb);
    qz_shapes_done(&s);
}

/* Rectangles on whole numbers: two are neighbours when they overlap in one direction for a length
 * and meet in the other. */
static void check_random_neighbours(struct qz_ctx *ctx) {
    enum { ROUNDS = 40, N = 14 };
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct qz_dice d = qz_dice_of(seed, 1);
        struct qz_shapes s = { 0 };
        struct qz_neighbours *nb = NULL;
        double x0[N], y0[N], x1[N], y1[N];
        for (int i = 0; i < N; i++) {
            x0[i] = qz_dice_below(&d, 12);
            y0[i] = qz_dice_below(&d, 12);
            x1[i] = x0[i] + 1 + qz_dice_below(&d, 4);
            y1[i] = y0[i] + 1 + qz_dice_below(&d, 4);
            add_square(&s, x0[i], y0[i], x1[i], y1[i]);
        }
        CHECK(qz_neighbours_new(ctx, &s, &nb) == 0);
        int wrong = 0, disorder = 0;
        for (uint32_t a = 0; a < N; a++) {
            for (uint32_t b = 0; b < N; b++) {
                double w = fmin(x1[a], x1[b]) - fmax(x0[a], x0[b]),
                       h = fmin(y1[a], y1[b]) - fmax(y0[a], y0[b]);
                bool want = a != b && ((w > 0 && h >= 0) || (w >= 0 && h > 0));
                wrong += are_neighbours(nb, a, b) != want;
            }
            for (uint32_t k = nb->first[a] + 1; k < nb->first[a + 1]; k++)
                disorder += nb->other[k] <= nb->other[k - 1];
        }
        CHECK(wrong == 0 && disorder == 0);
        qz_neighbours_freep(&nb);
        qz_shapes_done(&s);
    }
}

/* ---- where a point is, and which cells are land, against the test of each shape */
static void add_star(struct qz_shapes *s, struct qz_dice *d) {
    double cx = qz_dice_between(d, 0, 100), cy = qz_dice_between(d, 0, 100);
    unsigned n = 3 + qz_dice_below(d, 9);
    struct qz_xy first = { 0, 0 };
    for (unsigned k = 0; k < n; k++) { /* rays in order: the ring never crosses itself */
        double angle = 6.283185307179586 * k / n, r = qz_dice_between(d, 2, 30);
        struct qz_xy p = { cx + r * cos(angle), cy + r * sin(angle) };
        first = k ? first : p;
        qz_shapes_add_point(NULL, s, p);
    }
    qz_shapes_add_point(NULL, s, first);
    qz_shapes_end_ring(NULL, s);
    if (qz_dice_chance(d, 0.3))
        ring(s, cx - 0.5, cy - 0.5, cx + 0.5, cy + 0.5);
    qz_shapes_end_poly(NULL, s);
    if (!qz_dice_chance(d, 0.2)) /* else the next one is a second part */
        qz_shapes_end_shape(NULL, s);
}

static uint32_t slow_find(const struct qz_shapes *s, struct qz_xy p) {
    for (uint32_t i = 0; i < s->n; i++)
        if (qz_shape_contains(s, i, p))
            return i;
    return QZ_NOWHERE;
}

static void check_locator(struct qz_ctx *ctx, const struct qz_shapes *s, struct qz_dice *d) {
    struct qz_locator *l = NULL;
    CHECK(qz_locator_new(ctx, s, &l) == 0);
    int wrong = 0;
    for (int k = 0; k < 2000; k++) {
        struct qz_xy p = { qz_dice_between(d, -20, 120), qz_dice_between(d, -20, 120) };
        wrong += qz_locator_find(l, p) != slow_find(s, p);
    }
    CHECK(wrong == 0);
    CHECK(qz_locator_find(l, (struct qz_xy) { INFINITY, 0 }) == QZ_NOWHERE);
    CHECK(qz_locator_find(l, (struct qz_xy) { NAN, NAN }) == QZ_NOWHERE);
    qz_locator_freep(&l);
}

static void check_burn(struct qz_ctx *ctx, const struct qz_shapes *s, const struct qz_grid *g) {
    size_t n = (size_t)g->n_columns * g->n_rows;
    uint8_t *cells = calloc(n, 1);
    cells[n - 1] = 7; /* what is there stays */
    CHECK(qz_shapes_burn(ctx, s, g, cells) == 0);
    int wrong = 0;
    for (uint32_t r = 0; r < g->n_rows; r++)
        for (uint32_t c = 0; c < g->n_columns; c++) {
            struct qz_xy p = { g->x0_m + c * g->cell_m, g->y0_m + r * g->cell_m };
            bool last = (size_t)r * g->n_columns + c == n - 1, in = slow_find(s, p) != QZ_NOWHERE;
            wrong += cells[(size_t)r * g->n_columns + c] != (in ? 1 : last ? 7 : 0);
        }
    CHECK(wrong == 0);
    free(cells);
}

static void check_random_shapes(struct qz_ctx *ctx) {
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct qz_dice d = qz_dice_of(seed, 2);
        struct qz_shapes s = { 0 };
        for (int i = 0; i < 30; i++)
            add_star(&s, &d);
        qz_shapes_end_shape(NULL, &s);
        check_locator(ctx, &s, &d);
        const struct qz_grid whole = { -35, -35, 1.7, 100, 100 }, part = { 40, 40, 0.9, 31, 17 };
        check_burn(ctx, &s, &whole);
        check_burn(ctx, &s, &part);
        qz_shapes_done(&s);
    }
}

/* Sides through cell centres: the left and lower side belong to the shape, so two squares side by
 * side share no cell and leave none. */
static void check_sides(struct qz_ctx *ctx) {
    struct qz_shapes s = { 0 };
    uint8_t left[25] = { 0 }, both[25] = { 0 };
    const struct qz_grid g = { 0, 0, 1, 5, 5 };
    add_square(&s, 0, 0, 2, 4);
    CHECK(qz_shapes_burn(ctx, &s, &g, left) == 0);
    add_square(&s, 2, 0, 4, 4);
    CHECK(qz_shapes_burn(ctx, &s, &g, both) == 0);
    int n_left = 0, n_both = 0;
    for (size_t i = 0; i < 25; i++) {
        n_left += left[i];
        n_both += both[i];
    }
    CHECK(n_left == 8 && n_both == 16);
    qz_shapes_done(&s);
}

static void check_grids(void) {
    const struct qz_box box = { -150, 10, 250, 100 };
    struct qz_grid g = qz_grid_over(&box, 100);
    CHECK(g.x0_m == -200 && g.y0_m == 0 && g.cell_m == 100);
    CHECK(g.n_columns == 6 && g.n_rows == 2); /* -200 .. 300, 0 .. 100 */
    const struct qz_box dot = { 50, 50, 50, 50 };
    g = qz_grid_over(&dot, 100);
    CHECK(g.x0_m == 0 && g.n_columns == 2 && g.n_rows == 2);
}

/* Out of memory is told, not taken for an answer. */
static void check_memory(struct qz_ctx *ctx) {
    struct qz_shapes s = { 0 };
    add_square(&s, 0, 0, 1, 1);
    add_square(&s, 1, 0, 2, 1);
    for (size_t k = 0; k < 12; k++) {
        struct qz_neighbours *nb = NULL;
        qz_memory_fail_after(k);
        int r = qz_neighbours_new(ctx, &s, &nb);
        bool enough = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(enough ? r == 0 && nb->first[2] == 2 : r == QZ_E_NOMEM && !nb);
        qz_neighbours_free(nb);
    }
    qz_shapes_done(&s);
}

int main(void) {
    struct qz_ctx *ctx = NULL;
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_systems(ctx);
    check_legal();
    check_transform(ctx);
    check_boxes();
    check_measures();
    check_repair(ctx);
    check_union(ctx);
    check_overlap(ctx);
    check_union_by_counting(ctx);
    check_squares(ctx);
    check_odd_neighbours(ctx);
    check_random_neighbours(ctx);
    check_random_shapes(ctx);
    check_sides(ctx);
    check_grids();
    check_memory(ctx);
    CHECK(*qz_geo_proj_version() && *qz_geo_geos_version());
    qz_ctx_free(ctx);
    return check_end();
}
