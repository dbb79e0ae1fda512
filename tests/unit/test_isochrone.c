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
    { "a plateau at the limit: never thinner than 0.02",
      1,
      1,
      { 600 },
      600,
      2 * 0.02 * 0.02,
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
    { "opposite corners are not joined", 2, 2, { 0, OFF, OFF, 0 }, 1000, 1, 2, 2 },
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
        CHECK_NEAR(qz_shape_area_m2(&bands, 0), cases[i].cells * 1e4, 0.01, cases[i].name);
        CHECK_NEAR((double)bands.n_polys, cases[i].n_polys, 0, cases[i].name);
        CHECK_NEAR((double)bands.n_rings, cases[i].n_rings, 0, cases[i].name);
        qz_shapes_done(&bands);
    }
}

/* Islands of 0.5 cells, a hole of 0.5 cells in a ring of 8 cells: dropped below the least area. */
static void check_min_area(void) {
    static const int ms[] = { 0, 0,   0, OFF, OFF, /* a ring, and an island two cells away */
                              0, OFF, 0, OFF, 0,   0, 0, 0, OFF, OFF };
    static const struct {
        double min_area_m2;
        unsigned n_polys, n_rings;
    } want[] = { { 0, 2, 3 }, { 4999, 2, 3 }, { 5001, 1, 1 }, { 1e6, 0, 0 } };
    const uint32_t limit_ms = 1000;
    for (size_t i = 0; i < COUNT(want); i++) {
        struct qz_shapes bands = { 0 };
        struct qz_field f = field_of(5, 3, ms);
        const struct qz_isochrone_params params = { want[i].min_area_m2 };
        CHECK(qz_isochrone_bands(ctx, &f, &params, &limit_ms, 1, &bands) == 0);
        CHECK(bands.n == 1 && bands.n_polys == want[i].n_polys && bands.n_rings == want[i].n_rings);
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
static void check_bands(const struct qz_shapes *bands, double min_area_m2) {
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
            CHECK(qz_shape_area_m2(&one, 0) >= min_area_m2 * (1 - 1e-9));
        }
    qz_shapes_done(&joined);
}

static void check_random(void) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct qz_field f = random_field(seed);
        const struct qz_isochrone_params params = { seed % 2 ? 30000 : 0 };
        struct qz_shapes bands = { 0 };
        CHECK(qz_isochrone_bands(ctx, &f, &params, limits_ms, N_BANDS, &bands) == 0);
        CHECK(bands.n == N_BANDS);
        check_bands(&bands, params.min_area_m2);
        if (params.min_area_m2 == 0)
            check_cells(&f, &bands);
        qz_shapes_done(&bands);
    }
}

static void check_memory(void) {
    struct qz_field f = random_field(4);
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_shapes bands = { 0 };
        qz_memory_fail_after(k);
        int r = qz_isochrone_bands(ctx, &f, &keep_all, limits_ms, N_BANDS, &bands);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
        qz_shapes_done(&bands);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_min_area();
    check_random();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
