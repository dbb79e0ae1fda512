/* tests/unit/test_surface.c - tables of classes, friction, burnt lines and areas, heights, and the
 * rasters they come from and go to; small grids worked out by hand, random ones against a slow
 * oracle. */
#include <string.h>
#include "base/geodata.h"
#include "check.h"
#include "scratch.h"
#include "surface/surface.h"

static struct qz_ctx *ctx;

static struct qz_surface *plain(uint32_t columns, uint32_t rows, double cell_m) {
    const struct qz_grid grid = { cell_m / 2, cell_m / 2, cell_m, columns, rows };
    struct qz_surface *s = NULL;
    CHECK(qz_surface_new(ctx, &grid, 1, &s) == 0);
    return s;
}

/* "#.1" rows from the north, as maps are drawn: # a barrier, . untouched, 0..9 another cost. */
static void check_picture(const struct qz_surface *s, const char *want, const char *name) {
    size_t at = 0, n = (size_t)s->grid.n_columns * s->grid.n_rows;
    char got[512];
    for (size_t row = s->grid.n_rows; row-- > 0;)
        for (size_t i = row * s->grid.n_columns; i < (row + 1) * s->grid.n_columns; i++) {
            float v = s->s_per_m[i];
            got[at++] = isinf(v) ? '#' : v == 1 ? '.' : (char)('0' + (int)lroundf(10 * v));
        }
    got[n] = 0;
    if (strcmp(got, want) != 0)
        fprintf(stderr, "%s: got\n%s\n", name, got);
    CHECK(strcmp(got, want) == 0);
}

/* ---- tables */
static const int corine[44] = { 111, 112, 121, 122, 123, 124, 131, 132, 133, 141, 142,
                                211, 212, 213, 221, 222, 223, 231, 241, 242, 243, 244,
                                311, 312, 313, 321, 322, 323, 324, 331, 332, 333, 334,
                                335, 411, 412, 421, 422, 423, 511, 512, 521, 522, 523 };
static const int worldcover[11] = { 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100 };

static void check_tables(void) {
    struct qz_classes *c = NULL;
    CHECK(qz_classes_parse(ctx, "corine", qz_classes_builtin("corine"), &c) == 0);
    for (int i = 0; c && i < 44; i++) {
        double kmh = qz_classes_kmh(c, (float)corine[i]);
        CHECK(corine[i] >= 500 ? kmh == 0 : kmh > 1 && kmh <= 5);
        CHECK(kmh == qz_classes_kmh(c, (float)(i + 1)));
    }
    static const float none[] = { 0, 45, 48, 110, 524, 999, 65536, -1, 111.5f, NAN, INFINITY };
    for (size_t i = 0; c && i < COUNT(none); i++)
        CHECK(qz_classes_kmh(c, none[i]) == -1);
    CHECK(c && qz_classes_kmh(c, 411) < qz_classes_kmh(c, 312) &&
          qz_classes_kmh(c, 312) < qz_classes_kmh(c, 231));
    c = qz_classes_free(c);
    CHECK(qz_classes_parse(ctx, "worldcover", qz_classes_builtin("worldcover"), &c) == 0);
    for (size_t i = 0; c && i < COUNT(worldcover); i++) {
        double kmh = qz_classes_kmh(c, (float)worldcover[i]);
        CHECK(worldcover[i] == 80 ? kmh == 0 : kmh > 1 && kmh <= 5);
    }
    CHECK(c && qz_classes_kmh(c, 11) == -1);
    qz_classes_free(c);
    CHECK(qz_classes_builtin("nothing") == NULL);
}

static void check_parsing(void) {
    static const struct {
        const char *text;
        int code;
        float value;
        double kmh;
    } cases[] = {
        { "code,kmh\n7,2.5\n", 0, 7, 2.5 },
        { "code;kmh;nom\r\n7;2,5;forêt, dense\r\n", 0, 7, 2.5 },
        { "# why\n\ncode,kmh\n7 8\t9,3,x\n", 0, 9, 3 },
        { "code,kmh\n7,0\n8,1\n", 0, 7, 0 },
        { "code,kmh\n65535,1", 0, 65535, 1 },
        { "code,kmh\n", QZ_E_FORMAT, 0, 0 },
        { "", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n7\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n7,-1\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n7,nan\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n7,201\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n7.5,1\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n65536,1\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n7,1\n8 7,1\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\nwood,1\n", QZ_E_FORMAT, 0, 0 },
        { "code,kmh\n,1\n", QZ_E_FORMAT, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_classes *c = NULL;
        CHECK_NEAR(qz_classes_parse(ctx, "own.csv", cases[i].text, &c), cases[i].code, 0,
                   cases[i].text);
        CHECK((c == NULL) == (cases[i].code != 0));
        if (c)
            CHECK_NEAR(qz_classes_kmh(c, cases[i].value), cases[i].kmh, 1e-6, cases[i].text);
        qz_classes_free(c);
    }
    struct qz_classes *c = NULL;
    CHECK(qz_classes_parse(ctx, "own.csv", "code,kmh\n1,1\n2,x\n", &c) == QZ_E_FORMAT &&
          strstr(qz_ctx_error(ctx), "own.csv: line 3: '2,x'"));
}

static void check_guess(void) {
    static const struct {
        float values[3];
        const char *want;
    } cases[] = {
        { { 111, 312, 512 }, "corine" },  { { 1, 12, 44 }, "corine" },
        { { 10, 50, 80 }, "worldcover" }, { { 10, 20, 30 }, NULL },
        { { 7000, 0, 0 }, NULL },
    };
    uint8_t known[3] = { 1, 1, 1 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        float values[3];
        memcpy(values, cases[i].values, sizeof values);
        const struct qz_band cells = { { 0, 0, 1, 3, 1 }, values, known };
        const char *got = qz_classes_guess(&cells);
        CHECK(got && cases[i].want ? strcmp(got, cases[i].want) == 0 : got == cases[i].want);
    }
}

/* ---- the ground from rasters: 3 columns, 2 rows */
static void check_cover(void) {
    float values[6] = { 312, 512, 411, 111, 999, 0 };
    uint8_t known[6] = { 1, 1, 1, 1, 1, 0 };
    struct qz_surface *s = plain(3, 2, 100);
    const struct qz_band cells = { s->grid, values, known };
    struct qz_classes *c = NULL;
    struct qz_cover_report r;
    CHECK(qz_classes_parse(ctx, "corine", qz_classes_builtin("corine"), &c) == 0);
    qz_surface_cover(s, &cells, c, &r);
    const double want[6] = { 3.6 / 3, INFINITY, 3.6 / 2, 3.6 / 5, INFINITY, INFINITY };
    for (size_t i = 0; i < 6; i++)
        CHECK(isinf(want[i]) ? isinf(s->s_per_m[i]) : fabs(s->s_per_m[i] - want[i]) < 1e-6);
    CHECK(r.n_known == 4 && r.n_unknown == 1 && r.first_unknown == 999 && r.first_row == 1 &&
          r.first_column == 2);
    qz_classes_free(c);
    qz_surface_free(s);
}

static void check_friction(void) {
    static const struct {
        const char *name;
        float second; /* value of the second cell of the southern row */
        uint8_t known;
        bool keep;
        int code;
        double want; /* of that cell */
    } cases[] = {
        { "good", 0.02f, 1, false, 0, 1.2 },
        { "zero", 0, 1, false, QZ_E_DATA, 0 },
        { "negative", -1, 1, false, QZ_E_DATA, 0 },
        { "NaN", NAN, 1, false, QZ_E_DATA, 0 },
        { "no data", 0, 0, false, 0, INFINITY },
        { "no data kept", 0, 0, true, 0, 1 },
        { "infinite", INFINITY, 1, false, 0, INFINITY },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        float values[6] = { 0.01f, cases[i].second, 0.01f, 0.01f, 0.01f, 0.01f };
        uint8_t known[6] = { 1, cases[i].known, 1, 1, 1, 1 };
        struct qz_surface *s = plain(3, 2, 100);
        const struct qz_band cells = { s->grid, values, known };
        CHECK_NEAR(qz_surface_friction(ctx, s, "f.tif", &cells, 60, cases[i].keep), cases[i].code,
                   0, cases[i].name);
        if (cases[i].code < 0)
            CHECK(strstr(qz_ctx_error(ctx), "f.tif: 1 cells") &&
                  strstr(qz_ctx_error(ctx), "row 2, column 2"));
        else
            CHECK(isinf(cases[i].want) ? isinf(s->s_per_m[1])
                                       : fabs(s->s_per_m[1] - cases[i].want) < 1e-6);
        CHECK_NEAR(s->s_per_m[0], cases[i].code < 0 ? 1 : 0.6, 1e-6, cases[i].name);
        qz_surface_free(s);
    }
}

/* ---- lines */
static void check_lines(void) {
    static const struct {
        const char *name;
        struct qz_xy points[4];
        size_t n;
        const char *want;
    } cases[] = {
        { "along a row", { { 0.5, 0.5 }, { 4.5, 0.5 } }, 2, "...............#####" },
        { "up a column", { { 1.5, 0.1 }, { 1.5, 3.9 } }, 2, ".#....#....#....#..." },
        { "a diagonal shares sides", { { 0.5, 0.5 }, { 3.5, 3.5 } }, 2, "...#...##..##..##..." },
        { "a bend", { { 0.5, 0.5 }, { 2.5, 0.5 }, { 2.5, 2.5 } }, 3, ".......#....#..###.." },
        { "through the whole grid", { { -1e9, 1.5 }, { 1e9, 1.5 } }, 2, "..........#####....." },
        { "beside it", { { -5, -5 }, { 10, -5 } }, 2, "...................." },
        { "a point", { { 2.5, 2.5 }, { 2.5, 2.5 } }, 2, ".......#............" },
        { "one point is no line", { { 2.5, 2.5 } }, 1, "...................." },
        { "not finite",
          { { NAN, 0.5 }, { 4.5, 0.5 }, { INFINITY, 0 } },
          3,
          "...................." },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_surface *s = plain(5, 4, 1);
        qz_surface_bar_line(s, cases[i].points, cases[i].n);
        check_picture(s, cases[i].want, cases[i].name);
        qz_surface_free(s);
    }
}

static double random_unit(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Where a knight or a diagonal could go if it looked at neither side but for one free cell: no move
 * of the engine is freer. */
static void flood(const struct qz_surface *s, uint8_t *seen, uint32_t *stack, size_t from) {
    int64_t width = s->grid.n_columns, height = s->grid.n_rows;
    size_t n = 0;
    stack[n++] = (uint32_t)from;
    seen[from] = 1;
    while (n) {
        int64_t i = stack[--n], c = i % width, r = i / width;
        for (int64_t dr = -2; dr <= 2; dr++)
            for (int64_t dc = -2; dc <= 2; dc++) {
                int64_t far = llabs(dr) > llabs(dc) ? llabs(dr) : llabs(dc);
                int64_t near = llabs(dr) + llabs(dc) - far;
                bool knight = far == 2 && near == 1;
                if ((far != 1 && !knight) || c + dc < 0 || r + dr < 0 || c + dc >= width ||
                    r + dr >= height)
                    continue;
                int64_t to = i + dr * width + dc;
                int64_t half = (dr / 2) * width + dc / 2; /* of a knight: one side, the other */
                if (seen[to] || isinf(s->s_per_m[to]) ||
                    (knight && isinf(s->s_per_m[i + half]) && isinf(s->s_per_m[to - half])))
                    continue;
                seen[to] = 1;
                stack[n++] = (uint32_t)to;
            }
    }
}

/* A random ring of lines: what is inside never meets what is outside. */
static void check_walls(void) {
    enum { SIDE = 60, CORNERS = 12, ROUNDS = 200 };
    static uint8_t seen[SIDE * SIDE];
    static uint32_t stack[SIDE * SIDE];
    uint64_t state = 7;
    for (int turn_no = 0; turn_no < ROUNDS; turn_no++) {
        struct qz_surface *s = plain(SIDE, SIDE, 1);
        struct qz_xy ring[CORNERS + 1];
        double turn = random_unit(&state);
        for (int k = 0; k < CORNERS; k++) {
            double a = 2 * 3.14159265358979 * (k + turn) / CORNERS,
                   radius = 8 + 18 * random_unit(&state);
            ring[k] = (struct qz_xy) { 30.5 + radius * cos(a), 30.5 + radius * sin(a) };
            if (turn_no % 4 == 0) /* through the corners of cells */
                ring[k] = (struct qz_xy) { round(ring[k].x_m), round(ring[k].y_m) };
        }
        ring[CORNERS] = ring[0];
        qz_surface_bar_line(s, ring, CORNERS + 1);
        memset(seen, 0, sizeof seen);
        flood(s, seen, stack, 30 * SIDE + 30);
        CHECK(!seen[0] && !seen[SIDE - 1] && !seen[SIDE * SIDE - 1]);
        qz_surface_free(s);
    }
}

/* Cells of a random line: those that dense samples meet, and each shares a side with the next. */
static void check_against_samples(void) {
    enum { SIDE = 40, ROUNDS = 300, SAMPLES = 4000 };
    uint64_t state = 99;
    for (int turn_no = 0; turn_no < ROUNDS; turn_no++) {
        struct qz_surface *s = plain(SIDE, SIDE, 25);
        struct qz_xy line[2];
        for (int k = 0; k < 2; k++)
            line[k] = (struct qz_xy) { 1000 * random_unit(&state), 1000 * random_unit(&state) };
        qz_surface_road(s, line, 2, 0.5f);
        size_t n = 0, missed = 0;
        for (size_t i = 0; i < SIDE * SIDE; i++)
            n += s->s_per_m[i] == 0.5f;
        for (int k = 0; k <= SAMPLES; k++) {
            double t = (double)k / SAMPLES;
            const struct qz_xy p = { line[0].x_m + t * (line[1].x_m - line[0].x_m),
                                     line[0].y_m + t * (line[1].y_m - line[0].y_m) };
            missed += s->s_per_m[qz_surface_cell(&s->grid, p)] != 0.5f;
        }
        double cells = fabs(floor(line[0].x_m / 25) - floor(line[1].x_m / 25)) +
                       fabs(floor(line[0].y_m / 25) - floor(line[1].y_m / 25)) + 1;
        CHECK(missed == 0 && n == (size_t)cells);
        qz_surface_free(s);
    }
}

/* A window sees of a long line what the whole map sees, wherever it comes in. */
static void check_window(void) {
    enum { WHOLE = 120, SIDE = 20, AT = 50, ROUNDS = 300 };
    uint64_t state = 5;
    for (int turn_no = 0; turn_no < ROUNDS; turn_no++) {
        struct qz_surface *whole = plain(WHOLE, WHOLE, 1), *part = plain(SIDE, SIDE, 1);
        part->grid.x0_m += AT;
        part->grid.y0_m += AT;
        struct qz_xy line[2];
        for (int k = 0; k < 2; k++)
            line[k] = (struct qz_xy) { WHOLE * random_unit(&state), WHOLE * random_unit(&state) };
        qz_surface_bar_line(whole, line, 2);
        qz_surface_bar_line(part, line, 2);
        size_t differ = 0;
        for (size_t i = 0; i < SIDE * SIDE; i++)
            differ += isinf(part->s_per_m[i]) !=
                      isinf(whole->s_per_m[(AT + i / SIDE) * WHOLE + AT + i % SIDE]);
        CHECK(differ == 0);
        qz_surface_free(whole);
        qz_surface_free(part);
    }
}

/* ---- roads: over barriers, fastest first or last */
static void check_roads(void) {
    const struct qz_xy river[2] = { { 2.5, -1 }, { 2.5, 5 } },
                       road[2] = { { 0.5, 1.5 }, { 4.5, 1.5 } };
    for (int turn = 0; turn < 2; turn++) {
        struct qz_surface *s = plain(5, 4, 1);
        qz_surface_bar_line(s, river, 2);
        qz_surface_road(s, road, 2, turn ? 0.2f : 0.3f);
        qz_surface_road(s, road, 2, turn ? 0.3f : 0.2f);
        check_picture(s, "..#....#..22222..#..", "a bridge, the fastest road");
        qz_surface_road(s, road, 2, 3);
        check_picture(s, "..#....#..22222..#..", "a slower road changes nothing");
        qz_surface_free(s);
    }
}

static void add_ring(struct qz_shapes *shapes, const double (*points)[2], size_t n) {
    for (size_t i = 0; i < n; i++)
        qz_shapes_add_point(ctx, shapes, (struct qz_xy) { points[i][0], points[i][1] });
    qz_shapes_end_ring(ctx, shapes);
}

static void check_areas(void) {
    static const double thin[5][2] = {
        { 0.2, 1.4 }, { 4.8, 1.4 }, { 4.8, 1.5 }, { 0.2, 1.5 }, { 0.2, 1.4 }
    };
    static const double lake[5][2] = {
        { 0.6, 0.6 }, { 5.4, 0.6 }, { 5.4, 5.4 }, { 0.6, 5.4 }, { 0.6, 0.6 }
    };
    static const double island[5][2] = {
        { 1.6, 1.6 }, { 1.6, 4.4 }, { 4.4, 4.4 }, { 4.4, 1.6 }, { 1.6, 1.6 }
    };
    struct qz_shapes shapes = { 0 };
    struct qz_surface *s = plain(5, 3, 1);
    add_ring(&shapes, thin, 5);
    CHECK(qz_shapes_end_poly(ctx, &shapes) == 0 && qz_shapes_end_shape(ctx, &shapes) == 0);
    CHECK(qz_surface_bar_shapes(ctx, s, &shapes) == 0);
    check_picture(s, ".....#####.....", "a river that holds no centre");
    qz_shapes_done(&shapes);
    qz_surface_free(s);
    shapes = (struct qz_shapes) { 0 };
    s = plain(6, 6, 1);
    add_ring(&shapes, lake, 5);
    add_ring(&shapes, island, 5);
    CHECK(qz_shapes_end_poly(ctx, &shapes) == 0 && qz_shapes_end_shape(ctx, &shapes) == 0);
    CHECK(qz_surface_bar_shapes(ctx, s, &shapes) == 0);
    check_picture(s,
                  "##############..####..########"
                  "######",
                  "a lake with an island");
    qz_shapes_done(&shapes);
    qz_surface_free(s);
}

/* ---- heights */
static void check_heights(void) {
    enum { N = 30 };
    float values[N * N];
    uint8_t known[N * N];
    struct qz_band dem = { { -37, -21, 30, N, N }, values, known };
    for (int i = 0; i < N * N; i++) { /* a plane: bilinear keeps it */
        values[i] = (float)(5 + 0.1 * (-37 + 30 * (i % N)) - 0.05 * (-21 + 30 * (i / N)));
        known[i] = 1;
    }
    struct qz_crs *crs = NULL;
    struct qz_transform *same = NULL;
    CHECK(qz_crs_open(ctx, "EPSG:2154", &crs) == 0 && qz_transform_new(ctx, crs, crs, &same) == 0);
    struct qz_surface *s = plain(8, 7, 100);
    size_t n_filled = 9;
    double worst = 0;
    CHECK(qz_surface_heights(ctx, s, &dem, same, false, &n_filled) == 0 && n_filled == 0);
    for (size_t i = 0; s->height_m && i < 56; i++)
        worst = fmax(worst, fabs(s->height_m[i] - (5 + 0.1 * (50 + 100.0 * (double)(i % 8)) -
                                                   0.05 * (50 + 100.0 * (double)(i / 8)))));
    CHECK_NEAR(worst, 0, 1e-3, "a plane");
    /* the eastern half unknown: the nearest known height of the row; one barrier there is no loss
     */
    for (int i = 0; i < N * N; i++)
        known[i] = i % N < N / 2;
    s->s_per_m[7] = INFINITY;
    CHECK(qz_surface_heights(ctx, s, &dem, same, false, &n_filled) == 0);
    CHECK(n_filled == 4 * 7 - 1 && !isinf(s->s_per_m[6]));
    CHECK(s->height_m[3] == s->height_m[4] && s->height_m[7] == s->height_m[3]);
    CHECK(qz_surface_heights(ctx, s, &dem, same, true, &n_filled) == 0 && n_filled == 0);
    check_picture(s, "....####....####....####....####....####....####....####",
                  "beyond the heights");
    dem.grid.x0_m = 1e6;
    CHECK(qz_surface_heights(ctx, s, &dem, same, false, &n_filled) == QZ_E_DATA);
    qz_surface_free(s);
    qz_transform_free(same);
    qz_crs_free(crs);
}

static void check_grids(void) {
    const struct qz_grid a = { 50, 50, 100, 10, 10 };
    struct qz_grid b = a;
    CHECK(qz_surface_aligned(&a, &b));
    b.x0_m += 0.05;
    CHECK(qz_surface_aligned(&a, &b));
    b.x0_m += 50;
    CHECK(!qz_surface_aligned(&a, &b));
    b = a;
    b.cell_m = 100.1;
    CHECK(!qz_surface_aligned(&a, &b));
    b = a;
    b.n_rows = 11;
    CHECK(!qz_surface_aligned(&a, &b));
    CHECK(qz_surface_cell(&a, (struct qz_xy) { 0, 0 }) == 0);
    CHECK(qz_surface_cell(&a, (struct qz_xy) { 999, 999 }) == 99);
    CHECK(qz_surface_cell(&a, (struct qz_xy) { 1000, 5 }) == SIZE_MAX);
    CHECK(qz_surface_cell(&a, (struct qz_xy) { -1, 5 }) == SIZE_MAX);
    CHECK(qz_surface_cell(&a, (struct qz_xy) { NAN, 5 }) == SIZE_MAX);
    CHECK(qz_memory_need(ctx, 1e6, "it", "less") == 0);
    CHECK(qz_memory_need(ctx, 1e18, "a grid of 9 x 9", "less") == QZ_E_RANGE &&
          strstr(qz_ctx_error(ctx), "a grid of 9 x 9 takes 1000000000.0 GB"));
}

/* ---- out and in again */
static void check_files(void) {
    enum { W = 700, H = 600 }; /* over a tile: an overview, and parts of tiles */
    const struct qz_grid grid = { 600050, 6500050, 100, W, H };
    const struct qz_raster_params real = { "seconds", "s", false, false },
                                  codes = { "classes", NULL, true, true };
    float *values = malloc(W * H * sizeof *values);
    struct qz_crs *crs = NULL;
    struct qz_raster *r = NULL;
    struct qz_band back = { 0 };
    CHECK(qz_crs_open(ctx, "EPSG:2154", &crs) == 0 && values);
    for (size_t i = 0; values && i < W * H; i++)
        values[i] = i % 7 == 0 ? INFINITY : i % 11 == 0 ? NAN : (float)i / 8;
    const char *path = scratch_path("t.tif"), *again = scratch_path("u.tif");
    CHECK(qz_raster_write(ctx, path, &real, &grid, crs, values) == 0);
    CHECK(qz_raster_write(ctx, again, &real, &grid, crs, values) == 0);
    CHECK(scratch_same(path, again) && scratch_entries(scratch_root) == 2);
    CHECK(qz_raster_write(ctx, path, &real, &grid, crs, values) == QZ_E_EXISTS);
    CHECK(qz_raster_check(ctx, path, false) == QZ_E_EXISTS &&
          qz_raster_check(ctx, path, true) == 0);
    CHECK(qz_raster_write(ctx, scratch_path("no/t.tif"), &real, &grid, crs, values) == QZ_E_IO);
    CHECK(scratch_entries(scratch_root) == 2);
    CHECK(qz_raster_open(ctx, path, &r) == 0 && qz_raster_read(ctx, r, &back) == 0);
    CHECK(qz_surface_aligned(&back.grid, &grid) && qz_crs_epsg(qz_raster_crs(r)) == 2154);
    size_t differ = 0;
    for (size_t i = 0; back.values && i < W * H; i++)
        differ += isfinite(values[i]) ? !back.known[i] || back.values[i] != values[i]
                                      : back.known[i] != 0;
    CHECK_NEAR((double)differ, 0, 0, "what was written comes back");
    qz_band_done(&back);
    r = qz_raster_free(r);
    for (size_t i = 0; values && i < W * H; i++)
        values[i] = i % 5 ? (float)(i % 600) : 0;
    CHECK(qz_raster_write(ctx, path, &codes, &grid, crs, values) == 0);
    CHECK(qz_raster_open(ctx, path, &r) == 0 && qz_raster_read(ctx, r, &back) == 0);
    for (size_t i = 0; back.values && i < W * H; i++)
        differ += back.known[i] != (values[i] > 0 ? 255 : 0) || back.values[i] != values[i];
    CHECK_NEAR((double)differ, 0, 0, "codes come back, 0 is no data");
    size_t row, column;
    qz_grid_place(&grid, 0, &row, &column);
    CHECK(row == H && column == 1);
    qz_band_done(&back);
    qz_raster_free(r);
    qz_crs_free(crs);
    free(values);
}

/* ---- memory ends at each allocation in turn: a code, nothing leaked */
static int make_all(struct qz_crs *crs) {
    const struct qz_grid grid = { 50, 50, 100, 4, 3 };
    static const double lake[4][2] = { { 60, 60 }, { 240, 60 }, { 240, 240 }, { 60, 60 } };
    qz_cleanup(qz_surface_freep) struct qz_surface *s = NULL;
    qz_cleanup(qz_classes_freep) struct qz_classes *c = NULL;
    qz_cleanup(qz_raster_freep) struct qz_raster *r = NULL;
    qz_cleanup(qz_band_done) struct qz_band cells = { 0 };
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    struct qz_shapes shapes = { 0 };
    const struct qz_raster_params params = { "seconds", "s", false, true };
    size_t n_filled;
    int e = qz_surface_new(ctx, &grid, 1, &s);
    if (e == 0)
        e = qz_classes_parse(ctx, "c", "a,b\n1,2\n", &c);
    if (e == 0)
        e = qz_raster_write(ctx, scratch_path("m.tif"), &params, &grid, crs, s->s_per_m);
    if (e == 0)
        e = qz_raster_open(ctx, scratch_path("m.tif"), &r);
    if (e == 0)
        e = qz_raster_read(ctx, r, &cells);
    if (e == 0)
        e = qz_transform_new(ctx, crs, crs, &t);
    if (e == 0) {
        cells.known[2] = 0;
        e = qz_surface_heights(ctx, s, &cells, t, false, &n_filled);
    }
    for (size_t i = 0; i < 4 && e == 0; i++)
        e = qz_shapes_add_point(ctx, &shapes, (struct qz_xy) { lake[i][0], lake[i][1] });
    if (e == 0)
        e = qz_shapes_end_ring(ctx, &shapes);
    if (e == 0)
        e = qz_shapes_end_poly(ctx, &shapes);
    if (e == 0)
        e = qz_shapes_end_shape(ctx, &shapes);
    if (e == 0)
        e = qz_surface_bar_shapes(ctx, s, &shapes);
    qz_shapes_done(&shapes);
    return e;
}

static void check_memory(void) {
    struct qz_crs *crs = NULL;
    int e = QZ_E_NOMEM;
    size_t n = 0;
    CHECK(qz_crs_open(ctx, "EPSG:2154", &crs) == 0);
    for (; e == QZ_E_NOMEM && n < 500; n++) {
        qz_memory_fail_after(n);
        e = make_all(crs);
        CHECK(e == 0 || e == QZ_E_NOMEM);
    }
    qz_memory_fail_after(SIZE_MAX);
    CHECK(e == 0 && n > 10);
    qz_crs_free(crs);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0 && scratch_make());
    check_tables();
    check_parsing();
    check_guess();
    check_cover();
    check_friction();
    check_lines();
    check_walls();
    check_against_samples();
    check_window();
    check_roads();
    check_areas();
    check_heights();
    check_grids();
    check_files();
    check_memory();
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
