/* tests/unit/test_isochrone.c - bands are valid, nested, and hold exactly the cells they should
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "isochrone/isochrone.h"

static struct qz_ctx *ctx;

enum { OFF = -1, MOST_CELLS = 400 };

static float cells_s[MOST_CELLS];

/* A field in memory: cells of 100 m, row 0 first, far from the origin of Lambert-93. */
static struct qz_field field_of(uint32_t n_columns, uint32_t n_rows, const int *ms) {
    for (size_t i = 0; ms && i < (size_t)n_columns * n_rows; i++)
        cells_s[i] = ms[i] == OFF ? INFINITY : (float)(ms[i] / 1000.0);
    return (struct qz_field) { .grid = { 1200000, 6100000, 100, n_columns, n_rows },
                               .seconds = cells_s,
                               .walk_s_per_cell = 1 };
}

static const struct qz_isochrone_params keep_all = { 0 };

/* Places are whole 4096ths of a cell: what that may cost an area, for each 100 m of line. */
static const double rounding_m2 = 100 * 100.0 / 4096;

/* ---- by hand, in cells of 10 000 m2 */
static const struct {
    const char *name;
    uint32_t n_columns, n_rows;
    int ms[16];
    uint32_t limit_ms;
    double cells;
    unsigned n_polys, n_rings;
} cases[] = {
    /* 3 rows of 2.5 cells, a quarter of a cell to the left; above and below strips of 0.25, 0.15
     * and 0.05 cells that end half a cell on; corners of 0.25 x 0.25 / 2 */
    { "a slope",
      4,
      4,
      { 0, 100, 200, 300, 0, 100, 200, 300, 0, 100, 200, 300, 0, 100, 200, 300 },
      250,
      7.5 + 0.75 + 2 * (0.2 + 0.1 + 0.0125) + 2 * 0.03125,
      1,
      1 },
    { "a cell alone: half a cell each way", 1, 1, { 0 }, 1000, 0.5, 1, 1 },
    { "a cell alone, less", 1, 1, { 0 }, 250, 2 * 0.25 * 0.25, 1, 1 },
    { "a plateau at the limit: never thinner than 1/64",
      1,
      1,
      { 600 },
      600,
      2 / 64.0 / 64.0,
      1,
      1 },
    { "one millisecond over it", 1, 1, { 601 }, 600, 0, 0, 0 },
    { "a hole",
      3,
      3,
      { 0, 0, 0, 0, OFF, 0, 0, 0, 0 },
      1000,
      4 + 4 * 2 * 0.5 + 4 * 0.125 - 0.5,
      1,
      2 },
    { "opposite corners a walk apart are joined", 2, 2, { 0, OFF, OFF, 1400 }, 2000, 1.5, 1, 1 },
    { "farther apart they are not", 2, 2, { 0, OFF, OFF, 1420 }, 2000, 1, 2, 2 },
    { "nothing within", 2, 2, { 700, 700, OFF, OFF }, 600, 0, 0, 0 },
    { "an island in a hole", 5, 1, { 0, OFF, 0, OFF, 0 }, 1000, 1.5, 3, 3 },
    { "no cell", 0, 0, { 0 }, 1000, 0, 0, 0 },
};

static void check_by_hand(void) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_shapes bands = { 0 };
        struct qz_field f = field_of(cases[i].n_columns, cases[i].n_rows, cases[i].ms);
        CHECK(qz_isochrone_bands(ctx, &f, &keep_all, &cases[i].limit_ms, 1, &bands) == 0);
        CHECK(bands.n == 1);
        CHECK_NEAR(qz_shape_area_m2(&bands, 0), cases[i].cells * 1e4, 2 * rounding_m2,
                   cases[i].name);
        CHECK_NEAR((double)bands.n_polys, cases[i].n_polys, 0, cases[i].name);
        CHECK_NEAR((double)bands.n_rings, cases[i].n_rings, 0, cases[i].name);
        qz_shapes_done(&bands);
    }
}

/* An island of 0.5 cells; a ring of 8.5 cells outside, its hole of 0.5: each by its own least. */
static void check_least_areas(void) {
    static const int ms[] = { 0, 0,   0, OFF, OFF, /* a ring, and an island two cells away */
                              0, OFF, 0, OFF, 0,   0, 0, 0, OFF, OFF };
    static const struct {
        double min_island_m2, min_hole_m2;
        unsigned n_polys, n_rings;
    } want[] = { { 0, 0, 2, 3 },    { 4990, 4990, 2, 3 }, { 5010, 0, 1, 2 },
                 { 0, 5010, 2, 2 }, { 5010, 5010, 1, 1 }, { 1e6, 0, 0, 0 } };
    const uint32_t limit_ms = 1000;
    for (size_t i = 0; i < COUNT(want); i++) {
        struct qz_shapes bands = { 0 };
        struct qz_field f = field_of(5, 3, ms);
        const struct qz_isochrone_params params = { want[i].min_island_m2, want[i].min_hole_m2, 0 };
        CHECK(qz_isochrone_bands(ctx, &f, &params, &limit_ms, 1, &bands) == 0);
        CHECK(bands.n == 1 && bands.n_polys == want[i].n_polys && bands.n_rings == want[i].n_rings);
        qz_shapes_done(&bands);
    }
}

/* Five rings in each other; the second (a hole) is too small to keep: all within goes with it. */
static void check_dropped_whole(void) {
    enum { SIDE = 11 };
    int ms[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        int row = abs(i / SIDE - 5), column = abs(i % SIDE - 5);
        int ring = row > column ? row : column; /* 5 at the border, 0 in the middle */
        ms[i] = ring % 2 ? 0 : OFF;
    }
    static const struct {
        double min_island_m2, min_hole_m2;
        unsigned n_polys, n_rings;
    } want[] = { { 0, 0, 3, 6 }, { 0, 100e4, 1, 1 }, { 50e4, 0, 1, 2 }, { 0, 30e4, 2, 3 } };
    const uint32_t limit_ms = 1000;
    for (size_t i = 0; i < COUNT(want); i++) {
        struct qz_shapes bands = { 0 };
        struct qz_field f = field_of(SIDE, SIDE, ms);
        const struct qz_isochrone_params params = { want[i].min_island_m2, want[i].min_hole_m2, 0 };
        CHECK(qz_isochrone_bands(ctx, &f, &params, &limit_ms, 1, &bands) == 0);
        CHECK_NEAR((double)bands.n_polys, want[i].n_polys, 0, "polygons");
        CHECK_NEAR((double)bands.n_rings, want[i].n_rings, 0, "rings");
        CHECK(qz_shape_valid(ctx, &bands, 0, NULL, 0) == 1);
        qz_shapes_done(&bands);
    }
}

/* A coast: bands of 5 and 10 min end on the same line half a cell beyond the last land, and only
 * there; a straight one is left with its ends. */
static void check_shared_line(void) {
    enum { COLUMNS = 40, ROWS = 3 };
    static int ms[COLUMNS * ROWS];
    for (int i = 0; i < COLUMNS * ROWS; i++)
        ms[i] = i % COLUMNS < 20 ? 0 : 150;
    const uint32_t both_ms[] = { 100, 200 };
    for (double simplify_m = 0; simplify_m <= 50; simplify_m += 25) {
        struct qz_shapes bands = { 0 };
        struct qz_field f = field_of(COLUMNS, ROWS, ms);
        f.walk_s_per_cell = 0.001;
        const struct qz_isochrone_params params = { 0, 0, simplify_m };
        CHECK(qz_isochrone_bands(ctx, &f, &params, both_ms, 2, &bands) == 0);
        CHECK(bands.n_polys == 2);
        if (simplify_m > 0) {
            CHECK_NEAR(bands.ring_point[1], 8, 4, "corners of the shorter band");
            CHECK_NEAR(bands.ring_point[2] - bands.ring_point[1], 8, 5, "and of the longer");
        } else {
            CHECK(bands.ring_point[2] > 100);
        }
        for (uint32_t k = bands.ring_point[0]; k < bands.ring_point[1]; k++) {
            size_t same = 0; /* on the coast: a point of the other band */
            for (uint32_t j = bands.ring_point[1]; j < bands.ring_point[2]; j++)
                same += memcmp(&bands.points[j], &bands.points[k], sizeof *bands.points) == 0;
            CHECK(same > 0 || bands.points[k].x_m > f.grid.x0_m + 19 * f.grid.cell_m);
        }
        qz_shapes_done(&bands);
    }
}

/* ---- any field */
static const uint32_t limits_ms[] = { 300, 600, 900, 1200 };
enum { N_BANDS = COUNT(limits_ms) };

/* Noise, smooth hills, steps that lie on the limits, and water. */
static struct qz_field random_field(uint64_t seed) {
    struct qz_dice d = qz_dice_of(seed, 11);
    uint32_t n_columns = 1 + qz_dice_below(&d, 19), n_rows = 1 + qz_dice_below(&d, 19);
    double water = qz_dice_chance(&d, 0.5) ? qz_dice_between(&d, 0, 0.5) : 0;
    uint32_t kind = qz_dice_below(&d, 3);
    for (uint32_t i = 0; i < n_columns * n_rows; i++) {
        double wave = 700 + 700 * qz_dice_field(seed, i % n_columns / 4.0, i / n_columns / 4.0);
        uint32_t ms = kind == 0   ? qz_dice_below(&d, 1500)
                      : kind == 1 ? (uint32_t)fmax(wave, 0)
                                  : 300 * qz_dice_below(&d, 6);
        cells_s[i] = (float)(ms / 1000.0);
        if (qz_dice_chance(&d, water))
            cells_s[i] = INFINITY;
    }
    struct qz_field f = field_of(n_columns, n_rows, NULL);
    f.walk_s_per_cell = qz_dice_between(&d, 0.001, 3);
    return f;
}

/* ---- the slow way: a band alone, each step looked up among all steps */
struct step {
    struct qz_xy from, to;
    bool used;
};

static struct qz_xy cross(const struct qz_field *f, uint32_t limit_ms, const int64_t cell[4]) {
    double v[2];
    for (int k = 0; k < 2; k++) {
        int64_t row = cell[2 * k], column = cell[2 * k + 1];
        bool in = row >= 0 && column >= 0 && row < f->grid.n_rows && column < f->grid.n_columns;
        v[k] = in ? f->seconds[row * f->grid.n_columns + column] : INFINITY;
    }
    double limit_s = (float)(limit_ms / 1000.0);
    bool swap = v[0] > limit_s;
    double a = v[swap], b = v[!swap];
    double share = isinf(b) ? fmin((limit_s - a) / f->walk_s_per_cell, 0.5)
                            : fmin((limit_s - a) / (b - a), 1 - 1 / 64.0);
    share = rint(fmax(share, 1 / 64.0) * 4096) / 4096;
    if (swap)
        share = 1 - share;
    double row = (double)cell[0], column = (double)cell[1];
    bool up = cell[2] != cell[0];
    share *= (double)(up ? cell[2] - cell[0] : cell[3] - cell[1]);
    return (struct qz_xy) { f->grid.x0_m + (column + (up ? 0 : share)) * f->grid.cell_m,
                            f->grid.y0_m + (row + (up ? share : 0)) * f->grid.cell_m };
}

struct count {
    size_t outlines, holes;
    double area_m2;
};

static struct count slow_band(const struct qz_field *f, uint32_t limit_ms) {
    static struct step steps[8 * MOST_CELLS];
    static const int at[5][2] = { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 0 }, { 0, 0 } };
    size_t n = 0;
    struct count got = { 0 };
    for (int64_t row = -1; row < f->grid.n_rows; row++)
        for (int64_t column = -1; column < f->grid.n_columns; column++) {
            bool in[4];
            struct qz_xy side[4];
            for (int k = 0; k < 4; k++) {
                int64_t r = row + at[k][0], c = column + at[k][1];
                in[k] = r >= 0 && c >= 0 && r < f->grid.n_rows && c < f->grid.n_columns &&
                        f->seconds[r * f->grid.n_columns + c] <= (float)(limit_ms / 1000.0);
            }
            for (int k = 0; k < 4; k++)
                if (in[k] != in[(k + 1) % 4]) {
                    const int64_t cell[4] = { row + at[k][0], column + at[k][1], row + at[k + 1][0],
                                              column + at[k + 1][1] };
                    side[k] = cross(f, limit_ms, cell);
                }
            for (int k = 0; k < 4; k++) {
                if (!in[k] || in[(k + 1) % 4])
                    continue;
                int before = (k + 3) % 4;
                while (in[before])
                    before = (before + 3) % 4;
                if (in[0] == in[2] && in[1] == in[3]) { /* inside: within the grid */
                    const float *s = f->seconds + row * f->grid.n_columns + column;
                    double apart_s = in[0] ? s[0] - s[f->grid.n_columns + 1]
                                           : s[1] - s[f->grid.n_columns];
                    before = fabs(apart_s) <= sqrt(2) * f->walk_s_per_cell ? (k + 1) % 4 : before;
                }
                steps[n++] = (struct step) { side[k], side[before], false };
            }
        }
    for (size_t i = 0; i < n; i++) {
        double twice = 0;
        if (steps[i].used)
            continue;
        for (size_t k = i, j; !steps[k].used; k = j) {
            struct qz_xy o = steps[i].from, a = steps[k].from, b = steps[k].to;
            twice += (a.x_m - o.x_m) * (b.y_m - o.y_m) - (b.x_m - o.x_m) * (a.y_m - o.y_m);
            steps[k].used = true;
            for (j = 0; steps[j].from.x_m != b.x_m || steps[j].from.y_m != b.y_m; j++) {
            }
        }
        got.outlines += twice > 0;
        got.holes += twice < 0;
        got.area_m2 += twice / 2;
    }
    return got;
}

static void check_slow(const struct qz_field *f, const struct qz_shapes *bands) {
    for (size_t b = 0; b < N_BANDS && bands->n_polys; b++) {
        struct count want = slow_band(f, limits_ms[b]);
        uint32_t first = bands->shape_poly[b], end = bands->shape_poly[b + 1];
        CHECK(end - first == want.outlines);
        CHECK(bands->poly_ring[end] - bands->poly_ring[first] == want.outlines + want.holes);
        CHECK_NEAR(qz_shape_area_m2(bands, b), want.area_m2, 1e-3, "area of the slow way");
    }
}

/* ---- simplified: near the exact line, everywhere and both ways */
static double to_segment_m(struct qz_xy a, struct qz_xy b, struct qz_xy p) {
    double dx = b.x_m - a.x_m, dy = b.y_m - a.y_m;
    double along = ((p.x_m - a.x_m) * dx + (p.y_m - a.y_m) * dy) / (dx * dx + dy * dy);
    along = fmin(fmax(along, 0), 1);
    return hypot(p.x_m - a.x_m - along * dx, p.y_m - a.y_m - along * dy);
}

static double to_shape_m(const struct qz_shapes *s, size_t i, struct qz_xy p) {
    double least_m = INFINITY;
    for (uint32_t r = s->poly_ring[s->shape_poly[i]]; r < s->poly_ring[s->shape_poly[i + 1]]; r++)
        for (uint32_t k = s->ring_point[r]; k + 1 < s->ring_point[r + 1]; k++)
            least_m = fmin(least_m, to_segment_m(s->points[k], s->points[k + 1], p));
    return least_m;
}

static double farthest_m(const struct qz_shapes *of, const struct qz_shapes *from, size_t i) {
    double most_m = 0;
    for (uint32_t r = of->poly_ring[of->shape_poly[i]]; r < of->poly_ring[of->shape_poly[i + 1]];
         r++)
        for (uint32_t k = of->ring_point[r]; k + 1 < of->ring_point[r + 1]; k++)
            for (int part = 0; part < 4; part++) {
                struct qz_xy a = of->points[k], b = of->points[k + 1];
                struct qz_xy p = { a.x_m + (b.x_m - a.x_m) * part / 4,
                                   a.y_m + (b.y_m - a.y_m) * part / 4 };
                most_m = fmax(most_m, to_shape_m(from, i, p));
            }
    return most_m;
}

static void check_near_exact(const struct qz_field *f, const struct qz_shapes *exact,
                             const struct qz_shapes *simple, double tolerance_m) {
    int wrong = 0;
    for (size_t b = 0; b < N_BANDS && exact->n_polys; b++) {
        CHECK(exact->shape_poly[b] == simple->shape_poly[b]);
        CHECK(farthest_m(exact, simple, b) <= tolerance_m * 1.001);
        CHECK(farthest_m(simple, exact, b) <= tolerance_m * 1.5);
        for (uint32_t i = 0; i < f->grid.n_columns * f->grid.n_rows; i++) {
            struct qz_xy p = { f->grid.x0_m + i % f->grid.n_columns * f->grid.cell_m,
                               f->grid.y0_m + i / f->grid.n_columns * f->grid.cell_m };
            bool in = qz_shape_contains(exact, b, p);
            wrong += in != qz_shape_contains(simple, b, p) && to_shape_m(exact, b, p) > tolerance_m;
        }
    }
    CHECK(wrong == 0);
    CHECK(exact->n_rings == simple->n_rings && simple->n_points <= exact->n_points);
}

static void check_cells(const struct qz_field *f, const struct qz_shapes *bands) {
    int wrong = 0;
    for (uint32_t i = 0; i < f->grid.n_columns * f->grid.n_rows; i++) {
        struct qz_xy p = { f->grid.x0_m + i % f->grid.n_columns * f->grid.cell_m,
                           f->grid.y0_m + i / f->grid.n_columns * f->grid.cell_m };
        for (size_t b = 0; b < N_BANDS; b++)
            wrong += qz_shape_contains(bands, b, p) !=
                     (f->seconds[i] <= (float)(limits_ms[b] / 1000.0));
    }
    CHECK(wrong == 0);
}

/* Nested: a band adds nothing to the next one. */
static void check_bands(const struct qz_shapes *bands, const struct qz_isochrone_params *params) {
    struct qz_shapes joined = { 0 };
    char why[128] = "";
    for (uint32_t b = 0; b < N_BANDS; b++) {
        CHECK_NEAR(qz_shape_valid(ctx, bands, b, why, sizeof why), 1, 0, why);
        const uint32_t pair[] = { b, b + 1 };
        if (b + 1 == N_BANDS)
            continue;
        CHECK(qz_shapes_union(ctx, bands, pair, 2, &joined) == 0);
        double outer_m2 = qz_shape_area_m2(bands, b + 1);
        CHECK_NEAR(qz_shape_area_m2(&joined, b), outer_m2, 1e-9 * outer_m2 + 1e-6, "nested");
        CHECK(qz_shape_area_m2(bands, b) <= outer_m2 + 1e-6);
    }
    for (uint32_t p = 0; p < bands->n_polys; p++)
        for (uint32_t r = bands->poly_ring[p]; r < bands->poly_ring[p + 1]; r++) {
            struct qz_shapes one = { .n = 1, .n_polys = 1, .n_rings = 1 };
            uint32_t ends[2] = { 0, 1 },
                     points[2] = { bands->ring_point[r], bands->ring_point[r + 1] };
            one.shape_poly = one.poly_ring = ends;
            one.ring_point = points;
            one.points = bands->points;
            if (params->simplify_m == 0)
                CHECK(qz_shape_area_m2(&one, 0) >=
                      (1 - 1e-9) *
                          (r == bands->poly_ring[p] ? params->min_island_m2 : params->min_hole_m2));
        }
    qz_shapes_done(&joined);
}

static void check_random(void) {
    size_t n_before = 0, n_after = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct qz_field f = random_field(seed);
        struct qz_isochrone_params params = { seed % 2 ? 30000 : 0, seed % 3 ? 60000 : 0, 0 };
        struct qz_shapes exact = { 0 }, simple = { 0 };
        CHECK(qz_isochrone_bands(ctx, &f, &params, limits_ms, N_BANDS, &exact) == 0);
        CHECK(exact.n == N_BANDS);
        check_bands(&exact, &params);
        if (seed % 6 == 0) {
            check_slow(&f, &exact);
            check_cells(&f, &exact);
        }
        params.simplify_m = 15.0 * (double)(1 + seed % 7);
        CHECK(qz_isochrone_bands(ctx, &f, &params, limits_ms, N_BANDS, &simple) == 0);
        check_bands(&simple, &params);
        check_near_exact(&f, &exact, &simple, params.simplify_m);
        n_before += exact.n_points;
        n_after += simple.n_points;
        qz_shapes_done(&exact);
        qz_shapes_done(&simple);
    }
    CHECK(n_after * 4 < n_before * 3); /* noise has little to spare */
}

/* ---- catchments */
static uint32_t cells_site[MOST_CELLS];

/* Two sites side by side, a third above: one node where the three meet, in the middle of the three
 * crossings: a third of the way up from the side's. */
static void check_three_sites(void) {
    static const uint32_t sites[] = { 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2 };
    struct qz_field f = field_of(4, 4, NULL);
    struct qz_shapes bands = { 0 }, parts = { 0 };
    for (size_t i = 0; i < COUNT(sites); i++)
        cells_s[i] = 0;
    const uint32_t limit_ms = 1000;
    CHECK(qz_isochrone_bands(ctx, &f, &keep_all, &limit_ms, 1, &bands) == 0);
    CHECK(qz_isochrone_catchments(ctx, &f, sites, 4, limit_ms, 0, &parts) == 0);
    CHECK(parts.n == 4 && parts.shape_poly[4] == 3); /* nothing is nearest to the last */
    CHECK_NEAR(qz_shape_area_m2(&bands, 0), 1e4 * (16 - 0.5), 1, "the whole");
    CHECK_NEAR(qz_shape_area_m2(&parts, 0), 1e4 * (4 - 1 / 8.0 - 1 / 24.0), 1, "left");
    CHECK_NEAR(qz_shape_area_m2(&parts, 1), 1e4 * (4 - 1 / 8.0 - 1 / 24.0), 1, "right");
    CHECK_NEAR(qz_shape_area_m2(&parts, 2), 1e4 * (8 - 1 / 4.0 + 1 / 12.0), 1, "above");
    qz_shapes_done(&parts);
    CHECK(qz_isochrone_catchments(ctx, &f, sites, 4, limit_ms, 30, &parts) == 0);
    for (size_t i = 0; i < 3; i++)
        CHECK(qz_shape_valid(ctx, &parts, i, NULL, 0) == 1);
    qz_shapes_done(&bands);
    qz_shapes_done(&parts);
}

static size_t random_sites(uint64_t seed, const struct qz_field *f) {
    struct qz_dice d = qz_dice_of(seed, 12);
    size_t n = 1 + qz_dice_below(&d, 9);
    bool noise = qz_dice_chance(&d, 0.3); /* else the nearest of n places */
    struct qz_xy at[9];
    for (size_t k = 0; k < n; k++)
        at[k] = (struct qz_xy) { qz_dice_between(&d, 0, 20), qz_dice_between(&d, 0, 20) };
    for (uint32_t i = 0; i < f->grid.n_columns * f->grid.n_rows; i++) {
        struct qz_xy p = { i % f->grid.n_columns, i / f->grid.n_columns };
        uint32_t best = qz_dice_below(&d, (uint32_t)n);
        for (uint32_t k = 0; k < n && !noise; k++)
            best = qz_distance_m(at[k], p) < qz_distance_m(at[best], p) ? k : best;
        cells_site[i] = best;
    }
    return n;
}

/* Each line once from either side: a coverage has no gap and no overlap. Lines that only one
 * polygon has must be those of the whole. */
static void check_coverage(const struct qz_shapes *parts) {
    struct qz_shapes whole = { 0 };
    uint32_t ids[9];
    double sum_m2 = 0;
    for (uint32_t i = 0; i < parts->n; i++) {
        char why[128] = "";
        ids[i] = i;
        CHECK_NEAR(qz_shape_valid(ctx, parts, i, why, sizeof why), 1, 0, why);
        sum_m2 += qz_shape_area_m2(parts, i);
    }
    CHECK(qz_shapes_union(ctx, parts, ids, parts->n, &whole) == 0);
    CHECK_NEAR(qz_shape_area_m2(&whole, 0), sum_m2, 1e-6 * sum_m2, "no overlap");
    bool ends[20 * MOST_CELLS] = { false };
    CHECK(parts->n_points <= COUNT(ends));
    for (uint32_t r = 0; r < parts->n_rings; r++)
        ends[parts->ring_point[r + 1] - 1] = true;
    const struct qz_xy *p = parts->points;
    size_t single = 0, outer = 0;
    for (uint32_t a = 0; a < parts->n_points; a++) {
        size_t back = 0, again = 0;
        for (uint32_t b = 0; b < parts->n_points && !ends[a]; b++) {
            back += !ends[b] && memcmp(&p[a], &p[b + 1], sizeof *p) == 0 &&
                    memcmp(&p[a + 1], &p[b], sizeof *p) == 0;
            again += !ends[b] && memcmp(&p[a], &p[b], 2 * sizeof *p) == 0;
        }
        if (ends[a])
            continue;
        CHECK(back <= 1 && again == 1);
        single += back == 0;
        struct qz_xy middle = { (p[a].x_m + p[a + 1].x_m) / 2, (p[a].y_m + p[a + 1].y_m) / 2 };
        outer += back == 0 && to_shape_m(&whole, 0, middle) < 1e-6;
    }
    CHECK(single == outer);
    qz_shapes_done(&whole);
}

/* Squares where two sites meet across a corner only: bands may join them, catchments do not. */
static size_t n_across(const struct qz_field *f, uint32_t limit_ms) {
    size_t n = 0;
    for (uint32_t row = 0; row + 1 < f->grid.n_rows; row++)
        for (uint32_t column = 0; column + 1 < f->grid.n_columns; column++) {
            uint32_t k = row * f->grid.n_columns + column, up = k + f->grid.n_columns;
            const uint32_t cell[4] = { k, k + 1, up + 1, up };
            bool in[4];
            for (int i = 0; i < 4; i++)
                in[i] = f->seconds[cell[i]] <= (float)(limit_ms / 1000.0);
            int a = in[0] ? 0 : 1;
            n += in[0] == in[2] && in[1] == in[3] && in[0] != in[1] &&
                 cells_site[cell[a]] != cells_site[cell[a + 2]];
        }
    return n;
}

static void check_random_catchments(void) {
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct qz_field f = random_field(seed);
        size_t n = random_sites(seed, &f);
        double simplify_m = seed % 3 ? 30.0 * (double)(seed % 3) : 0;
        uint32_t limit_ms = limits_ms[2];
        struct qz_shapes parts = { 0 }, band = { 0 };
        CHECK(qz_isochrone_bands(ctx, &f, &keep_all, &limit_ms, 1, &band) == 0);
        CHECK(qz_isochrone_catchments(ctx, &f, cells_site, n, limit_ms, simplify_m, &parts) == 0);
        CHECK(parts.n == n);
        if (parts.n_polys)
            check_coverage(&parts);
        double sum_m2 = 0;
        for (size_t i = 0; i < n; i++)
            sum_m2 += qz_shape_area_m2(&parts, i);
        double apart_m2 = 5e3 * (double)n_across(&f, limit_ms); /* half a cell each at most */
        if (simplify_m == 0) { /* nodes on the outer edge are rounded */
            CHECK(sum_m2 <= qz_shape_area_m2(&band, 0) + 1e-3 * sum_m2);
            CHECK(sum_m2 >= qz_shape_area_m2(&band, 0) - 1e-3 * sum_m2 - apart_m2);
        }
        int wrong = 0;
        for (uint32_t i = 0; i < f.grid.n_columns * f.grid.n_rows && simplify_m == 0; i++) {
            struct qz_xy p = { f.grid.x0_m + i % f.grid.n_columns * f.grid.cell_m,
                               f.grid.y0_m + i / f.grid.n_columns * f.grid.cell_m };
            for (size_t k = 0; k < n && parts.n_polys; k++)
                wrong += qz_shape_contains(&parts, k, p) !=
                         (f.seconds[i] <= (float)(limit_ms / 1000.0) && cells_site[i] == k);
        }
        CHECK(wrong == 0);
        qz_shapes_done(&parts);
        qz_shapes_done(&band);
    }
}

static void check_memory(void) {
    const struct qz_isochrone_params simplified = { 0, 0, 50 };
    struct qz_field f = random_field(4);
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_shapes bands = { 0 };
        qz_memory_fail_after(k);
        int r = qz_isochrone_bands(ctx, &f, &simplified, limits_ms, N_BANDS, &bands);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
        qz_shapes_done(&bands);
    }
    CHECK(whole);
}

static void check_catchment_memory(void) {
    struct qz_field f = random_field(4);
    size_t n = random_sites(4, &f);
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_shapes parts = { 0 };
        qz_memory_fail_after(k);
        int r = qz_isochrone_catchments(ctx, &f, cells_site, n, limits_ms[2], 50, &parts);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
        qz_shapes_done(&parts);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_least_areas();
    check_dropped_whole();
    check_shared_line();
    check_random();
    check_three_sites();
    check_random_catchments();
    check_memory();
    check_catchment_memory();
    qz_ctx_free(ctx);
    return check_end();
}
