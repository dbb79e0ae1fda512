/* tests/unit/test_spread.c - times over the ground: by hand, against a slow search in double
 * written from the rules of the header, and by what must hold of any ground. */
#include <float.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "travel/travel.h"

static struct qz_ctx *ctx;
static const struct qz_spread_params any = { .moves = 16,
                                             .limit_s = INFINITY,
                                             .limit_m = INFINITY };

/* ---- the oracle: Bellman-Ford over the moves */
enum { MOST = 30 * 30, MOST_SITES = 6 };

static bool barrier(const struct qz_surface *g, int row, int column) {
    return isinf(g->s_per_m[row * (int)g->grid.n_columns + column]);
}

static double friction(const struct qz_surface *g, int row, int column) {
    return (double)g->s_per_m[row * (int)g->grid.n_columns + column];
}

static double slope_factor(enum qz_walk walk, double slope) {
    if (walk == QZ_WALK_TOBLER)
        return exp(3.5 * (fabs(slope + 0.05) - 0.05));
    double s_per_m_up = slope >= 0 ? 6 : slope < -0.2125 ? -1.9998 : 1.9998;
    return (0.72 + s_per_m_up * slope) / 0.72;
}

/* Seconds to get from (row, column) + (dr, dc) to (row, column); INFINITY: no such move. */
static double move_s(const struct qz_surface *g, const struct qz_spread_params *p, int row,
                     int column, int dr, int dc) {
    int far = abs(dr) + abs(dc), r = row + dr, c = column + dc;
    if (far == 0 || far > (p->moves == 16 ? 3 : 2) || abs(dr) > 2 || abs(dc) > 2 ||
        (far == 2 && dr * dc == 0) || r < 0 || c < 0 || r >= (int)g->grid.n_rows ||
        c >= (int)g->grid.n_columns || barrier(g, row, column) || barrier(g, r, c))
        return INFINITY;
    double metres = sqrt(dr * dr + dc * dc) * g->grid.cell_m,
           sum = friction(g, row, column) + friction(g, r, c), cells = 2;
    if (far == 2 && barrier(g, row, c) && barrier(g, r, column))
        return INFINITY;
    if (far == 3) { /* the two cells half-way */
        int r1 = row + dr / 2, c1 = column + dc / 2;
        int r2 = abs(dr) == 2 ? r1 : r, c2 = abs(dc) == 2 ? c1 : c;
        sum += friction(g, r1, c1) + friction(g, r2, c2);
        cells = 4;
    }
    double s = metres * sum / cells;
    if (g->height_m) {
        int n = (int)g->grid.n_columns;
        double climb = (double)g->height_m[row * n + column] - (double)g->height_m[r * n + c];
        s *= slope_factor(p->walk, climb / metres);
    }
    return s;
}

/* The quickest way's length with it; sweeps until nothing changes. */
static void slow_spread(const struct qz_surface *g, const struct qz_spread_params *p,
                        const float *seeds, double *seconds) {
    int rows = (int)g->grid.n_rows, columns = (int)g->grid.n_columns;
    for (int i = 0; i < rows * columns; i++)
        seconds[i] = seeds[i] <= p->limit_s ? (double)seeds[i] : INFINITY;
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < rows * columns; i++)
            for (int k = 0; k < 25 && !isinf(seconds[i]); k++) {
                int dr = k / 5 - 2, dc = k % 5 - 2, to = i + dr * columns + dc;
                double s = seconds[i] + move_s(g, p, i / columns, i % columns, dr, dc);
                if (isinf(s) || s > (double)p->limit_s || s >= seconds[to])
                    continue;
                seconds[to] = s;
                again = true;
            }
    }
}

/* With a limit in metres: the plain search of the textbook, settling the least label each time. */
static void slow_walk(const struct qz_surface *g, const struct qz_spread_params *p,
                      const float *seeds, double *seconds) {
    int rows = (int)g->grid.n_rows, columns = (int)g->grid.n_columns, n = rows * columns;
    double metres[MOST] = { 0 };
    bool done[MOST] = { false };
    for (int i = 0; i < n; i++)
        seconds[i] = seeds[i] <= p->limit_s ? (double)seeds[i] : INFINITY;
    for (;;) {
        int i = -1;
        for (int k = 0; k < n; k++)
            if (!done[k] && !isinf(seconds[k]) && (i < 0 || seconds[k] < seconds[i]))
                i = k;
        if (i < 0)
            return;
        done[i] = true;
        for (int k = 0; k < 25; k++) {
            int dr = k / 5 - 2, dc = k % 5 - 2, to = i + dr * columns + dc;
            double s = seconds[i] + move_s(g, p, i / columns, i % columns, dr, dc);
            double m = metres[i] + sqrt(dr * dr + dc * dc) * g->grid.cell_m;
            if (isinf(s) || s > (double)p->limit_s || m > p->limit_m || s >= seconds[to])
                continue;
            seconds[to] = s;
            metres[to] = m;
        }
    }
}

/* ---- random ground */
struct ground {
    struct qz_surface s;
    float friction[MOST], height[MOST];
    float seeds[MOST];
    uint32_t sites[MOST]; /* of the seeds */
    uint32_t n_sites;
    int n;
};

static float random_friction(struct qz_dice *d, int kind) {
    if (kind == 0)
        return 1;
    if (kind == 1)
        return (float)qz_dice_between(d, 0.5, 2);
    return (float)exp(qz_dice_between(d, log(0.01), log(100))); /* motorway to mire */
}

/* Corridors one cell wide: barriers but for some walks. */
static void carve(struct ground *g, struct qz_dice *d) {
    float way[MOST];
    memcpy(way, g->friction, sizeof way);
    for (int i = 0; i < g->n; i++)
        g->friction[i] = INFINITY;
    int columns = (int)g->s.grid.n_columns, rows = (int)g->s.grid.n_rows;
    int row = rows / 2, column = columns / 2;
    for (int k = 0; k < g->n; k++) {
        g->friction[row * columns + column] = way[row * columns + column];
        int step = (int)qz_dice_below(d, 4), dr = (step == 0) - (step == 1),
            dc = (step == 2) - (step == 3);
        for (int m = 0; m < 3; m++)
            if (row + dr >= 0 && row + dr < rows && column + dc >= 0 && column + dc < columns) {
                row += dr;
                column += dc;
                g->friction[row * columns + column] = way[row * columns + column];
            }
    }
}

static void make_ground(struct ground *g, struct qz_dice *d) {
    memset(g, 0, sizeof *g);
    g->s.grid = (struct qz_grid) { 0, 0, qz_dice_chance(d, 0.5) ? 10 : 137.5,
                                   1 + qz_dice_below(d, 30), 1 + qz_dice_below(d, 30) };
    g->n = (int)(g->s.grid.n_columns * g->s.grid.n_rows);
    g->s.s_per_m = g->friction;
    int kind = (int)qz_dice_below(d, 3);
    double barriers = qz_dice_chance(d, 0.3) ? 0 : qz_dice_between(d, 0, 0.5);
    double steep = qz_dice_between(d, 0, 2) * g->s.grid.cell_m;
    if (qz_dice_chance(d, 0.5))
        g->s.height_m = g->height;
    for (int i = 0; i < g->n; i++) {
        g->friction[i] = qz_dice_chance(d, barriers) ? INFINITY : random_friction(d, kind);
        g->height[i] = (float)qz_dice_between(d, -steep, steep);
        g->seeds[i] = INFINITY;
        g->sites[i] = QZ_NO_SITE;
    }
    if (qz_dice_chance(d, 0.3))
        carve(g, d);
    g->n_sites = 1 + qz_dice_below(d, MOST_SITES);
    for (uint32_t k = 0; k < g->n_sites; k++) {
        uint32_t cell = qz_dice_below(d, (uint32_t)g->n);
        g->seeds[cell] = qz_dice_chance(d, 0.5) ? 0 : (float)qz_dice_between(d, 0, 5000);
        g->sites[cell] = k;
    }
    if (qz_dice_chance(d, 0.1)) /* far behind all others: past the ring of buckets */
        g->seeds[qz_dice_below(d, (uint32_t)g->n)] = 5e6f;
}

static struct qz_spread_params random_params(struct qz_dice *d) {
    struct qz_spread_params p = any;
    p.moves = qz_dice_chance(d, 0.5) ? 8 : 16;
    p.walk = qz_dice_chance(d, 0.5) ? QZ_WALK_TOBLER : QZ_WALK_LANGMUIR;
    if (qz_dice_chance(d, 0.4))
        p.limit_s = (float)exp(qz_dice_between(d, 0, 10));
    return p;
}

static void spread(const struct ground *g, const struct qz_spread_params *p, float *seconds,
                   uint32_t *site) {
    memcpy(seconds, g->seeds, (size_t)g->n * sizeof *seconds);
    if (site)
        memcpy(site, g->sites, (size_t)g->n * sizeof *site);
    CHECK(qz_spread(ctx, &g->s, p, seconds, site) == 0);
}

/* How many differ; one within a hair of a limit may lie on either side of it. */
static int differing(const float *got, const double *want, int n, float limit_s) {
    int wrong = 0;
    for (int i = 0; i < n; i++) {
        double s = isinf(got[i]) ? want[i] : (double)got[i];
        bool hair = fabs(s - (double)limit_s) <= 3e-5 * s;
        if (isinf(got[i]) || isinf(want[i]))
            wrong += !isinf(got[i]) != !isinf(want[i]) && !hair;
        else
            wrong += !(fabs((double)got[i] - want[i]) <= 2e-5 * want[i] + 1e-6);
    }
    return wrong;
}

static int unequal(const float *a, const float *b, int n) {
    return memcmp(a, b, (size_t)n * sizeof *a) != 0;
}

static void check_oracle(void) {
    static float got[MOST], again[MOST];
    static double want[MOST];
    static uint32_t site[MOST];
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct qz_dice d = qz_dice_of(seed, 31);
        struct ground g;
        make_ground(&g, &d);
        struct qz_spread_params p = random_params(&d);
        spread(&g, &p, got, NULL);
        slow_spread(&g.s, &p, g.seeds, want);
        CHECK_NEAR(differing(got, want, g.n, p.limit_s), 0, 0, "times");
        spread(&g, &p, again, site); /* who asks for the sites gets the same times */
        CHECK(!unequal(got, again, g.n));
        p.limit_m = 1e9; /* nor does a limit that nobody reaches change them */
        spread(&g, &p, again, NULL);
        CHECK(!unequal(got, again, g.n));
    }
}

/* Ties would leave the length open: friction differs from cell to cell. */
static void check_metres(void) {
    static float got[MOST];
    static double want[MOST];
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct qz_dice d = qz_dice_of(seed, 32);
        struct ground g;
        make_ground(&g, &d);
        for (int i = 0; i < g.n; i++)
            if (!isinf(g.friction[i]))
                g.friction[i] = (float)qz_dice_between(&d, 0.2, 4);
        struct qz_spread_params p = random_params(&d);
        p.limit_m = qz_dice_between(&d, 0, 12) * g.s.grid.cell_m + 0.01;
        spread(&g, &p, got, NULL);
        slow_walk(&g.s, &p, g.seeds, want);
        CHECK_NEAR(differing(got, want, g.n, p.limit_s), 0, 0, "within a walk");
    }
}

/* Each cell's site gives it its time; no other gives it less. */
static void check_allocation(void) {
    static float got[MOST], alone[MOST_SITES][MOST];
    static uint32_t site[MOST];
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct qz_dice d = qz_dice_of(seed, 33);
        struct ground g;
        make_ground(&g, &d);
        struct qz_spread_params p = random_params(&d);
        for (int i = 0; i < g.n; i++) /* a seed without a site: none of them */
            g.seeds[i] = g.sites[i] == QZ_NO_SITE ? INFINITY : g.seeds[i];
        spread(&g, &p, got, site);
        for (uint32_t k = 0; k < g.n_sites; k++) {
            for (int i = 0; i < g.n; i++)
                alone[k][i] = g.sites[i] == k ? g.seeds[i] : INFINITY;
            CHECK(qz_spread(ctx, &g.s, &p, alone[k], NULL) == 0);
        }
        int wrong = 0;
        for (int i = 0; i < g.n; i++) {
            uint32_t best = QZ_NO_SITE;
            for (uint32_t k = 0; k < g.n_sites; k++)
                if (!isinf(alone[k][i]) && (best == QZ_NO_SITE || alone[k][i] < alone[best][i]))
                    best = k;
            wrong += site[i] != best;
            wrong += best == QZ_NO_SITE ? !isinf(got[i]) : got[i] != alone[best][i];
        }
        CHECK_NEAR(wrong, 0, 0, "allocation");
    }
}

/* ---- what holds of any ground */
static void transpose(const struct ground *g, struct ground *t) {
    *t = *g;
    t->s.s_per_m = t->friction;
    t->s.height_m = g->s.height_m ? t->height : NULL;
    t->s.grid.n_columns = g->s.grid.n_rows;
    t->s.grid.n_rows = g->s.grid.n_columns;
    for (uint32_t r = 0; r < g->s.grid.n_rows; r++)
        for (uint32_t c = 0; c < g->s.grid.n_columns; c++) {
            size_t from = r * g->s.grid.n_columns + c, to = c * g->s.grid.n_rows + r;
            t->friction[to] = g->friction[from];
            t->height[to] = g->height[from];
            t->seeds[to] = g->seeds[from];
        }
}

static void check_properties(void) {
    static float base[MOST], other[MOST];
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct qz_dice d = qz_dice_of(seed, 34);
        struct ground g, h;
        make_ground(&g, &d);
        struct qz_spread_params p = random_params(&d);
        p.limit_s = INFINITY;
        spread(&g, &p, base, NULL);
        int wrong = 0;

        float limit_s = (float)qz_dice_between(&d, 1, 3000); /* the cut-off is a filter */
        int reached = (int)qz_dice_below(&d, (uint32_t)g.n);
        if (!isinf(base[reached]) && base[reached] > 0)
            limit_s = base[reached]; /* exactly a time that occurs: included */
        struct qz_spread_params cut = p;
        cut.limit_s = limit_s;
        spread(&g, &cut, other, NULL);
        for (int i = 0; i < g.n; i++)
            wrong += other[i] != (base[i] <= limit_s ? base[i] : INFINITY);
        CHECK_NEAR(wrong, 0, 0, "cut-off");

        transpose(&g, &h);
        spread(&h, &p, other, NULL);
        for (uint32_t r = 0; r < g.s.grid.n_rows; r++)
            for (uint32_t c = 0; c < g.s.grid.n_columns; c++)
                wrong += base[r * g.s.grid.n_columns + c] != other[c * g.s.grid.n_rows + r];
        CHECK_NEAR(wrong, 0, 0, "transposed");

        memcpy(other, g.seeds, sizeof other); /* one site more */
        other[reached] = 0;
        CHECK(qz_spread(ctx, &g.s, &p, other, NULL) == 0);
        for (int i = 0; i < g.n; i++)
            wrong += other[i] > base[i];
        CHECK_NEAR(wrong, 0, 0, "a site more");

        for (int i = 0; i < g.n; i++) /* harder ground */
            if (qz_dice_chance(&d, 0.3))
                g.friction[i] *= 1.5f;
        spread(&g, &p, other, NULL);
        for (int i = 0; i < g.n; i++)
            wrong += other[i] < base[i];
        CHECK_NEAR(wrong, 0, 0, "harder ground");
    }
}

/* ---- by hand */
enum { SIDE = 101 };
static float plane_s_per_m[SIDE * SIDE], plane_seconds[SIDE * SIDE];
static struct qz_surface plane = { { 0, 0, 10, SIDE, SIDE }, plane_s_per_m, NULL };

static float *at(int row, int column) { return &plane_seconds[row * SIDE + column]; }
static void clear_plane(float s_per_m) {
    for (int i = 0; i < SIDE * SIDE; i++) {
        plane_s_per_m[i] = s_per_m;
        plane_seconds[i] = INFINITY;
    }
}

static void check_plane(void) {
    static const struct {
        unsigned moves;
        double most; /* over the straight line */
    } cases[] = { { 8, 1.083 }, { 16, 1.028 } };
    for (size_t k = 0; k < COUNT(cases); k++) {
        struct qz_spread_params p = any;
        p.moves = cases[k].moves;
        clear_plane(0.72f);
        *at(50, 50) = 0;
        CHECK(qz_spread(ctx, &plane, &p, plane_seconds, NULL) == 0);
        double least = 9, most = 0;
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++) {
                double straight = hypot(r - 50, c - 50) * 7.2;
                double ratio = straight > 0 ? (double)*at(r, c) / straight : 1;
                least = fmin(least, ratio);
                most = fmax(most, ratio);
            }
        CHECK(least >= 1 - 1e-5 && most <= cases[k].most && most >= cases[k].most - 0.002);
    }
}

static void check_wall(void) {
    struct qz_spread_params p = any;
    p.moves = 8;
    clear_plane(1);
    for (int r = 0; r < SIDE; r++)
        if (r != 50)
            plane_s_per_m[r * SIDE + 50] = INFINITY;
    *at(50, 47) = 0;
    CHECK(qz_spread(ctx, &plane, &p, plane_seconds, NULL) == 0);
    CHECK_NEAR(*at(50, 53), 60, 1e-4, "through the gap");
    CHECK_NEAR(*at(45, 53), 30 + 3 * sqrt(200) + 20, 1e-3, "round the corner");
    CHECK(isinf(*at(49, 50)));
    clear_plane(1);
    for (int i = 0; i < SIDE; i++) /* a diagonal wall, one cell wide: closed to 16 moves too */
        plane_s_per_m[i * SIDE + i] = INFINITY;
    *at(50, 47) = 0;
    CHECK(qz_spread(ctx, &plane, &any, plane_seconds, NULL) == 0);
    CHECK(isinf(*at(47, 50)) && !isinf(*at(51, 50)));
}

/* Two cells that touch at a corner: open past one barrier, closed between two. */
static void check_corner(void) {
    float friction[4] = { 1, INFINITY, 3, 1 }, seconds[4] = { 0, INFINITY, INFINITY, INFINITY };
    struct qz_surface s = { { 0, 0, 10, 2, 2 }, friction, NULL };
    CHECK(qz_spread(ctx, &s, &any, seconds, NULL) == 0);
    CHECK_NEAR(seconds[3], 10 * sqrt(2), 1e-5, "past one barrier");
    float closed[4] = { 0, INFINITY, INFINITY, INFINITY };
    friction[2] = INFINITY;
    CHECK(qz_spread(ctx, &s, &any, closed, NULL) == 0);
    CHECK(isinf(closed[3]));
}

/* A slope of 20 %, then one of 5 %, on which people go down quickest. */
static void check_ramp(void) {
    float friction[4] = { 0.72f, 0.72f, 0.72f, 0.72f };
    float up[4] = { 0, 20, 40, 45 }, down[4] = { 45, 25, 5, 0 };
    struct qz_surface s = { { 0, 0, 100, 4, 1 }, friction, up };
    float seconds[4] = { 0, INFINITY, INFINITY, INFINITY };
    CHECK(qz_spread(ctx, &s, &any, seconds, NULL) == 0); /* the site lies low: people come down */
    CHECK_NEAR(seconds[1], 72 * 1.4190675, 1e-3, "down 20 %");
    CHECK_NEAR(seconds[2], 144 * 1.4190675, 2e-3, "down 20 % twice");
    CHECK_NEAR((double)seconds[3] - (double)seconds[2], 72 * 0.8394570, 1e-3, "down 5 %");
    float others[4] = { 0, INFINITY, INFINITY, INFINITY };
    s.height_m = down;
    CHECK(qz_spread(ctx, &s, &any, others, NULL) == 0); /* the site lies high: people climb */
    CHECK_NEAR(others[1], 72 * 2.0137527, 1e-3, "up 20 %");
    CHECK_NEAR((double)others[3] - (double)others[2], 72 * 1.1912462, 1e-3, "up 5 %");
    float flat[4] = { 7, 7, 7, 7 }, level[4] = { 0, INFINITY, INFINITY, INFINITY };
    s.height_m = flat;
    CHECK(qz_spread(ctx, &s, &any, level, NULL) == 0);
    CHECK(level[1] == 72 && level[2] == 144); /* to the bit */
}

static void check_swamp(void) {
    clear_plane(4);
    for (int c = 0; c < SIDE; c++)
        plane_s_per_m[50 * SIDE + c] = 0.125f;
    *at(50, 0) = 0;
    CHECK(qz_spread(ctx, &plane, &any, plane_seconds, NULL) == 0);
    CHECK_NEAR(*at(50, 100), 125, 1e-3, "along the road");
    /* off it: straight, 10 m at the mean of the two; then 10 m of swamp */
    CHECK_NEAR(*at(51, 100), 125 + 20.625, 1e-3, "beside the road");
    CHECK_NEAR(*at(52, 100), 125 + 60.625, 1e-3, "into the swamp");
}

/* Half-way between two sites the lower number has it, whichever side it lies on. */
static void check_tie(void) {
    float friction[5] = { 1, 1, 1, 1, 1 };
    struct qz_surface s = { { 0, 0, 1, 5, 1 }, friction, NULL };
    for (uint32_t left = 0; left < 2; left++) {
        float seconds[5] = { 0, INFINITY, INFINITY, INFINITY, 0 };
        uint32_t site[5] = { left, QZ_NO_SITE, QZ_NO_SITE, QZ_NO_SITE, 1 - left };
        CHECK(qz_spread(ctx, &s, &any, seconds, site) == 0);
        CHECK(site[1] == left && site[2] == 0 && site[3] == 1 - left && seconds[2] == 2);
    }
}

static void check_bad(void) {
    static const struct {
        const char *says;
        unsigned moves;
        float limit_s;
        double limit_m;
        float friction, height, seed;
    } cases[] = {
        { "not 4", 4, 1, 1, 1, 0, 0 },
        { "cut-off of 0", 16, 0, 1, 1, 0, 0 },
        { "cut-off of nan", 16, NAN, 1, 1, 0, 0 },
        { "walk of at most -1", 16, 1, -1, 1, 0, 0 },
        { "friction of 0 at row 1, column 0", 16, 1, 1, 0, 0, 0 },
        { "friction of -2 at row 1, column 0", 16, 1, 1, -2, 0, 0 },
        { "friction of nan at row 1, column 0", 16, 1, 1, NAN, 0, 0 },
        { "height of nan at row 1, column 0", 16, 1, 1, 1, NAN, 0 },
        { "height of inf at row 1, column 0", 16, 1, 1, 1, INFINITY, 0 },
        { "seed of -1 at row 1, column 0", 16, 1, 1, 1, 0, -1 },
        { "seed of nan at row 1, column 0", 16, 1, 1, 1, 0, NAN },
        { "seed of 1e+10 at row 1, column 0", 16, 1, 1, 1, 0, 1e10f },
    };
    for (size_t k = 0; k < COUNT(cases); k++) {
        float friction[4] = { 1, 1, cases[k].friction, 1 },
              height[4] = { 0, 0, cases[k].height, 0 };
        float seconds[4] = { 0, INFINITY, cases[k].seed, INFINITY };
        struct qz_surface s = { { 0, 0, 10, 2, 2 }, friction, height };
        struct qz_spread_params p = any;
        p.moves = cases[k].moves;
        p.limit_s = cases[k].limit_s;
        p.limit_m = cases[k].limit_m;
        CHECK(qz_spread(ctx, &s, &p, seconds, NULL) == QZ_E_RANGE);
        bool said = strstr(qz_ctx_error(ctx), cases[k].says) != NULL;
        CHECK(said);
        if (!said)
            fprintf(stderr, "%s: %s\n", cases[k].says, qz_ctx_error(ctx));
    }
    /* no cell, no seed, a seed on a barrier: no failure */
    struct qz_surface none = { { 0, 0, 10, 0, 0 }, NULL, NULL };
    CHECK(qz_spread(ctx, &none, &any, NULL, NULL) == 0);
    float friction[3] = { 1, INFINITY, 1 }, seconds[3] = { INFINITY, INFINITY, INFINITY };
    struct qz_surface s = { { 0, 0, 10, 3, 1 }, friction, NULL };
    CHECK(qz_spread(ctx, &s, &any, seconds, NULL) == 0 && isinf(seconds[0]));
    seconds[1] = 5;
    CHECK(qz_spread(ctx, &s, &any, seconds, NULL) == 0);
    CHECK(isinf(seconds[0]) && seconds[1] == 5 && isinf(seconds[2]));
}

static void check_memory(void) {
    struct qz_dice d = qz_dice_of(1, 35);
    struct ground g;
    static float seconds[MOST];
    make_ground(&g, &d);
    struct qz_spread_params p = any;
    p.limit_m = 1000;
    bool whole = false;
    for (size_t k = 0; k < 20 && !whole; k++) {
        memcpy(seconds, g.seeds, sizeof seconds);
        qz_memory_fail_after(k);
        int r = qz_spread(ctx, &g.s, &p, seconds, NULL);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_plane();
    check_wall();
    check_corner();
    check_ramp();
    check_swamp();
    check_tie();
    check_bad();
    check_oracle();
    check_metres();
    check_allocation();
    check_properties();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
