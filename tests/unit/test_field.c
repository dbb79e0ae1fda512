/* tests/unit/test_field.c - roads and ground in one field: by hand, each site alone against all at
 * once, the two ends of it, what is refused. */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "lines.h"
#include "stops.h"
#include "travel/travel.h"

static struct qz_ctx *ctx;
enum { MOST_SITES = 4 };

static void add_rectangle(struct qz_shapes *s, double x0, double y0, double x1, double y1) {
    const struct qz_xy p[] = { { x0, y0 }, { x1, y0 }, { x1, y1 }, { x0, y1 }, { x0, y0 } };
    for (size_t i = 0; i < COUNT(p); i++)
        qz_shapes_add_point(ctx, s, p[i]);
    qz_shapes_end_ring(ctx, s);
    qz_shapes_end_poly(ctx, s);
    qz_shapes_end_shape(ctx, s);
}

/* ---- a street, sites on it, land about it */
struct scene {
    struct lines lines;
    struct qz_shapes shape;
    struct qz_network *net;
    struct qz_land *land;
    struct qz_search *search;
    struct qz_stop sites[MOST_SITES];
    size_t n_sites;
};

static void scene_begin(struct scene *s, double side_m) {
    s->net = lines_network(ctx, &s->lines, 0);
    add_rectangle(&s->shape, -side_m, -side_m, side_m, side_m);
    CHECK(qz_land_new(ctx, &s->shape, 100, &s->land) == 0);
    CHECK(qz_search_new(ctx, s->net, &s->search) == 0);
}

static void scene_site(struct scene *s, struct qz_xy at) {
    s->sites[s->n_sites++] = stop_at(ctx, s->net, &qz_travel_params_default, at);
}

static void scene_done(struct scene *s) {
    qz_search_freep(&s->search);
    qz_land_freep(&s->land);
    qz_network_freep(&s->net);
    qz_shapes_done(&s->shape);
    lines_done(&s->lines);
}

static struct qz_field *field_of(const struct scene *s, size_t first, size_t n,
                                 const struct qz_surface *ground,
                                 const struct qz_field_params *params, uint32_t limit_ms) {
    struct qz_field *f = NULL;
    CHECK(qz_search_towards(ctx, s->search, s->sites + first, n, limit_ms) == 0);
    CHECK(qz_field_new(ctx, s->search, s->land, ground, params, limit_ms, &f) == 0);
    return f;
}

static size_t cell_at(const struct qz_grid *g, double x_m, double y_m) {
    double c = (x_m - g->x0_m) / g->cell_m, r = (y_m - g->y0_m) / g->cell_m;
    return c < 0 || r < 0 || c >= g->n_columns || r >= g->n_rows
               ? SIZE_MAX
               : (size_t)r * g->n_columns + (size_t)c;
}

static double seconds_at(const struct qz_field *f, double x_m, double y_m) {
    size_t k = cell_at(&f->grid, x_m, y_m);
    return k == SIZE_MAX ? INFINITY : (double)f->seconds[k];
}

static uint32_t site_at(const struct qz_field *f, double x_m, double y_m) {
    size_t k = cell_at(&f->grid, x_m, y_m);
    return k == SIZE_MAX ? QZ_NO_SITE : f->site[k];
}

/* A surface over the land's grid, all of one friction. */
static struct qz_surface *ground_of(const struct qz_grid *grid, float s_per_m, bool heights) {
    struct qz_surface *g = qz_calloc(1, sizeof *g);
    size_t n = (size_t)grid->n_columns * grid->n_rows;
    g->grid = *grid;
    g->s_per_m = qz_malloc(n, sizeof *g->s_per_m);
    g->height_m = heights ? qz_calloc(n, sizeof *g->height_m) : NULL;
    for (size_t i = 0; i < n; i++)
        g->s_per_m[i] = s_per_m;
    return g;
}

/* ---- by hand: a street of 10 m, so that all is walked; 1 s a metre to the west of x = 0, 3 s a
 * metre east of it, a barrier at x = 300 */
static void check_ground(void) {
    static const struct qz_field_params params = { .cell_m = 100,
                                                   .walk_kmh = 5,
                                                   .walk_limit_m = 500 };
    struct scene s = { 0 };
    lines_add_straight(&s.lines, PLAIN, 0, -5, 0, 5, 0);
    scene_begin(&s, 2000);
    scene_site(&s, (struct qz_xy) { 0, 0 });
    struct qz_surface *g = ground_of(&s.land->grid, 1, true);
    for (int y = -2000; y <= 2000; y += 100)
        for (int x = 0; x <= 2000; x += 100)
            if (cell_at(&g->grid, x, y) != SIZE_MAX)
                g->s_per_m[cell_at(&g->grid, x, y)] = x == 300 ? INFINITY : 3;
    struct qz_field *f = field_of(&s, 0, 1, g, &params, 3600000);
    CHECK_NEAR(seconds_at(f, 0, 0), 0, 0, "at the site");
    CHECK_NEAR(seconds_at(f, -100, 0), 200, 1e-3, "half of it hard");
    CHECK_NEAR(seconds_at(f, -400, 0), 500, 1e-3, "to the west");
    CHECK_NEAR(seconds_at(f, 200, 0), 600, 1e-3, "to the east");
    CHECK(isinf(seconds_at(f, 300, 0)) && isinf(seconds_at(f, 400, 0)));
    CHECK(isinf(seconds_at(f, -600, 0)) && !isinf(seconds_at(f, -500, 0)));
    CHECK(f->site == NULL && f->walk_s_per_cell == 72);
    struct qz_grid *w = &f->grid; /* no wider than the walk needs: 5 cells and 2 */
    CHECK(w->n_columns == 15 && w->n_rows == 15 && w->x0_m == -700 && w->y0_m == -700);
    qz_field_freep(&f);

    for (int y = -2000; y <= 2000; y += 100) /* the site lies 20 m below what is west of it */
        for (int x = -2000; x < 0; x += 100)
            if (cell_at(&g->grid, x, y) != SIZE_MAX)
                g->height_m[cell_at(&g->grid, x, y)] = 20;
    f = field_of(&s, 0, 1, g, &params, 3600000);
    CHECK_NEAR(seconds_at(f, -100, 0), 200 * exp(3.5 * 0.1), 1e-2, "down to the site");
    qz_field_freep(&f);

    struct qz_grid part = { -100, -100, 100, 3, 3 }; /* beyond what is given: the flat default */
    struct qz_surface *small = ground_of(&part, 2, false);
    f = field_of(&s, 0, 1, small, &params, 3600000);
    CHECK_NEAR(seconds_at(f, -100, 0), 200, 1e-3, "on the ground given");
    CHECK_NEAR(seconds_at(f, -200, 0), 200 + 136, 1e-3, "half-way off it");
    CHECK_NEAR(seconds_at(f, -300, 0), 200 + 136 + 72, 1e-3, "off it");
    qz_field_freep(&f);

    static const struct qz_grid odd[] = { { -130, -100, 100, 3, 3 }, { -100, -100, 50, 3, 3 } };
    for (size_t k = 0; k < COUNT(odd); k++) {
        small->grid = odd[k];
        CHECK(qz_field_new(ctx, s.search, s.land, small, &params, 1000, &f) == QZ_E_RANGE);
        CHECK(!f && strstr(qz_ctx_error(ctx), "make the ground over the same grid"));
    }
    CHECK(qz_field_new(ctx, s.search, s.land, NULL, &params, 0, &f) == QZ_E_RANGE && !f);
    qz_surface_freep(&small);
    qz_surface_freep(&g);
    scene_done(&s);
}

/* A street on a dam: nobody lives on it, people step off it to the land beside. */
static void check_dam(void) {
    struct qz_field_params params = { .cell_m = 100, .walk_kmh = 5, .walk_limit_m = 300 };
    struct scene s = { 0 };
    lines_add_straight(&s.lines, PLAIN, 0, 0, 0, 500, 0);
    scene_begin(&s, 1000);
    scene_site(&s, (struct qz_xy) { 0, 0 });
    struct qz_surface *g = ground_of(&s.land->grid, 1, false);
    for (int x = -900; x < 1000; x += 100)
        g->s_per_m[cell_at(&g->grid, x, 0)] = INFINITY;
    struct qz_field *f = field_of(&s, 0, 1, g, &params, 3600000);
    CHECK(isinf(seconds_at(f, 200, 0)));
    /* the cell begins at 150 m; 100 m at the mean of 5 km/h and the ground's 1 s a metre */
    CHECK_NEAR(seconds_at(f, 200, 100), 150 * 0.144 + 86, 0.01, "ashore");
    CHECK_NEAR(seconds_at(f, 200, -100), 150 * 0.144 + 86, 0.01, "on the other hand");
    CHECK_NEAR(seconds_at(f, 200, 200), 150 * 0.144 + 186, 0.01, "and on");
    qz_field_freep(&f);
    f = field_of(&s, 0, 1, g, &params, 100000); /* not past the cut-off */
    CHECK(isinf(seconds_at(f, 200, 100)) && !isinf(seconds_at(f, 0, 100)));
    qz_field_freep(&f);
    params.walk_limit_m = 0;
    f = field_of(&s, 0, 1, g, &params, 3600000);
    CHECK(isinf(seconds_at(f, 200, 100)) && isinf(seconds_at(f, 0, 0)));
    qz_field_freep(&f);
    qz_surface_freep(&g);
    scene_done(&s);
}

/* Two sites at the ends of a street of 2 km (25 km/h): each has its half, and what lies beside it.
 */
static void check_two_sites(void) {
    static const struct qz_field_params params = {
        .cell_m = 100, .walk_kmh = 5, .walk_limit_m = 300, .with_sites = true
    };
    struct scene s = { 0 };
    lines_add_straight(&s.lines, PLAIN, 0, -1000, 0, 1000, 0);
    scene_begin(&s, 2000);
    scene_site(&s, (struct qz_xy) { 1000, 0 });
    scene_site(&s, (struct qz_xy) { -1000, 0 });
    struct qz_field *f = field_of(&s, 0, 2, NULL, &params, 3600000);
    CHECK(site_at(f, 1000, 0) == 0 && site_at(f, 300, 200) == 0 && site_at(f, 1300, 0) == 0);
    CHECK(site_at(f, -1000, 0) == 1 && site_at(f, -300, -200) == 1);
    CHECK(site_at(f, 0, 0) == 1); /* the cell's own edge is its left one */
    CHECK(site_at(f, 0, 400) == QZ_NO_SITE && isinf(seconds_at(f, 0, 400)));
    CHECK_NEAR(seconds_at(f, 500, 300), 500 * 0.144 - 7.2 + 216, 7.3, "up the street, then walk");
    qz_field_freep(&f);
    scene_done(&s);
}

/* A motorway has no times of its own; its ends do. Network only: no cell off the roads. */
static void check_network_only(void) {
    static const struct qz_field_params params = { .cell_m = 100,
                                                   .walk_kmh = 5,
                                                   .walk_limit_m = 0 };
    struct scene s = { 0 };
    lines_add_straight(&s.lines, PLAIN, 0, 0, 0, 500, 0);
    lines_add_straight(&s.lines, EXPRESS, 0, 500, 0, 1500, 0);
    lines_add_straight(&s.lines, PLAIN, 0, 1500, 0, 1700, 0);
    scene_begin(&s, 2000);
    scene_site(&s, (struct qz_xy) { 0, 0 });
    struct qz_field *f = field_of(&s, 0, 1, NULL, &params, 3600000);
    for (int y = -200; y <= 200; y += 100)
        for (int x = -200; x <= 1900; x += 100)
            CHECK(isinf(seconds_at(f, x, y)) ==
                  !(y == 0 && ((x >= 0 && x <= 500) || (x >= 1500 && x <= 1700))));
    CHECK_NEAR(seconds_at(f, 500, 0), 450 * 0.144, 0.01, "where the cell begins");
    CHECK_NEAR(seconds_at(f, 1500, 0), 72 + 40, 0.01, "past the motorway");
    qz_field_freep(&f);
    scene_done(&s);
}

/* All sites at once are each alone, the least of them, its number with it. */
static void check_each_alone(void) {
    static const struct qz_field_params params = {
        .cell_m = 100, .walk_kmh = 5, .walk_limit_m = 1e6, .with_sites = true
    };
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct qz_dice d = qz_dice_of(seed, 36);
        struct scene s = { 0 };
        lines_random(&s.lines, &d);
        scene_begin(&s, 3000);
        for (size_t k = 1 + qz_dice_below(&d, MOST_SITES); k > 0; k--)
            scene_site(&s,
                       s.lines.roads.points[qz_dice_below(&d, (uint32_t)s.lines.roads.n_points)]);
        struct qz_surface *g = ground_of(&s.land->grid, 1, qz_dice_chance(&d, 0.5));
        for (size_t i = 0; i < (size_t)g->grid.n_columns * g->grid.n_rows; i++) {
            g->s_per_m[i] = qz_dice_chance(&d, 0.2) ? INFINITY : (float)qz_dice_between(&d, 0.5, 3);
            if (g->height_m)
                g->height_m[i] = (float)qz_dice_between(&d, 0, 40);
        }
        uint32_t limit_ms = 60000 + qz_dice_below(&d, 2000000);
        struct qz_field *all = field_of(&s, 0, s.n_sites, g, &params, limit_ms);
        struct qz_field *alone[MOST_SITES];
        for (size_t k = 0; k < s.n_sites; k++)
            alone[k] = field_of(&s, k, 1, g, &params, limit_ms);
        int wrong = 0;
        for (uint32_t r = 0; r < all->grid.n_rows; r++)
            for (uint32_t c = 0; c < all->grid.n_columns; c++) {
                double x = all->grid.x0_m + c * 100.0, y = all->grid.y0_m + r * 100.0;
                double least = INFINITY;
                uint32_t site = QZ_NO_SITE;
                for (uint32_t k = 0; k < s.n_sites; k++)
                    if (seconds_at(alone[k], x, y) < least) {
                        least = seconds_at(alone[k], x, y);
                        site = k;
                    }
                wrong += seconds_at(all, x, y) != least || site_at(all, x, y) != site;
                wrong += !isinf(least) && isinf(g->s_per_m[cell_at(&g->grid, x, y)]);
                wrong += !isinf(least) && least > (double)(float)(limit_ms / 1000.0);
            }
        CHECK_NEAR(wrong, 0, 0, "each alone");
        qz_field_freep(&all);
        for (size_t k = 0; k < s.n_sites; k++)
            qz_field_freep(&alone[k]);
        qz_surface_freep(&g);
        scene_done(&s);
    }
}

/* ---- the network alone, against times asked point by point, a thousand an edge */
enum { STEPS = 1000 };
struct dense {
    double least_s[62 * 62];   /* by cell of the land */
    double crossed_s[62 * 62]; /* by those roads alone that cross 52 m of it: over half a cell */
};

static struct qz_xy point_at(const struct qz_network *net, const struct qz_edge *e, double share) {
    double whole_m = 0;
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++)
        whole_m += qz_distance_m(net->points[k], net->points[k + 1]);
    double left_m = share * whole_m;
    uint32_t k = e->first_point;
    for (; k + 2 < e[1].first_point; k++) {
        double piece_m = qz_distance_m(net->points[k], net->points[k + 1]);
        if (left_m <= piece_m)
            break;
        left_m -= piece_m;
    }
    struct qz_xy a = net->points[k], b = net->points[k + 1];
    double m = qz_distance_m(a, b), along = m > 0 ? fmin(left_m / m, 1) : 0;
    return (struct qz_xy) { a.x_m + along * (b.x_m - a.x_m), a.y_m + along * (b.y_m - a.y_m) };
}

static void add_edge(const struct scene *s, uint32_t edge, double limit_s, struct dense *d) {
    const struct qz_edge *e = &s->net->edges[edge];
    const struct qz_grid *g = &s->land->grid;
    size_t before = SIZE_MAX;
    double run_m = 0, run_least_s = INFINITY;
    for (int i = 0; i <= STEPS; i++) {
        struct qz_xy p = point_at(s->net, e, (double)i / STEPS);
        size_t cell = cell_at(g, floor(p.x_m / 100 + 0.5) * 100, floor(p.y_m / 100 + 0.5) * 100);
        double seconds = qz_search_edge_ms(s->search, edge, (double)i / STEPS, NULL) / 1000.0;
        bool on = cell == before && seconds <= limit_s;
        run_m = on ? run_m + (double)e->length_m / STEPS : 0;
        run_least_s = on ? fmin(run_least_s, seconds) : seconds;
        before = cell;
        if (cell == SIZE_MAX || seconds > limit_s)
            continue;
        d->least_s[cell] = fmin(d->least_s[cell], seconds);
        if (run_m > 52)
            d->crossed_s[cell] = fmin(d->crossed_s[cell], run_least_s);
    }
}

static void check_roads(void) {
    static const struct qz_field_params params = { .cell_m = 100,
                                                   .walk_kmh = 5,
                                                   .walk_limit_m = 0 };
    static struct dense d;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct qz_dice dice = qz_dice_of(seed, 37);
        struct scene s = { 0 };
        lines_random(&s.lines, &dice);
        for (size_t i = 0; i < s.lines.roads.n; i++)
            s.lines.roads.items[i].length_m = 0; /* as drawn */
        scene_begin(&s, 3000);
        scene_site(&s,
                   s.lines.roads.points[qz_dice_below(&dice, (uint32_t)s.lines.roads.n_points)]);
        uint32_t limit_ms = 60000 + qz_dice_below(&dice, 600000);
        struct qz_field *f = field_of(&s, 0, 1, NULL, &params, limit_ms);
        const struct qz_grid *g = &s.land->grid;
        size_t n = (size_t)g->n_columns * g->n_rows;
        CHECK(n <= COUNT(d.least_s));
        for (size_t i = 0; i < COUNT(d.least_s); i++)
            d.least_s[i] = d.crossed_s[i] = INFINITY;
        for (uint32_t e = 0; e < s.net->n_edges; e++)
            if (s.net->edges[e].kind == QZ_ROAD_PLAIN)
                add_edge(&s, e, limit_ms / 1000.0, &d);
        struct qz_xy at = s.sites[0].at;
        size_t own = cell_at(g, floor(at.x_m / 100 + 0.5) * 100, floor(at.y_m / 100 + 0.5) * 100);
        int wrong = 0;
        for (size_t i = 0; i < n; i++) {
            double x = g->x0_m + (double)(i % g->n_columns) * 100,
                   y = g->y0_m + (double)(i / g->n_columns) * 100, got = seconds_at(f, x, y);
            if (i == own || !s.land->cells[i])
                continue;
            wrong += !isinf(got) && got < d.least_s[i] - 2; /* a step of the longest edge */
            wrong += got > d.crossed_s[i] + 18.1;           /* half a cell at 10 km/h */
        }
        CHECK_NEAR(wrong, 0, 0, "the roads alone");
        qz_field_freep(&f);
        scene_done(&s);
    }
}

/* ---- without a network */
static void check_of_ground(void) {
    static const struct qz_field_params params = { .cell_m = 10,
                                                   .walk_kmh = 5,
                                                   .with_sites = true };
    struct qz_grid grid = { 1000, 2000, 10, 7, 3 };
    struct qz_surface *g = ground_of(&grid, 2, false);
    g->s_per_m[cell_at(&grid, 1050, 2010)] = INFINITY;
    struct qz_xy sites[] = { { 1060, 2000 }, { 1000, 2000 }, { 1003, 1997 } };
    struct qz_field *f = NULL;
    CHECK(qz_field_of_ground(ctx, g, sites, 3, &params, 50000, &f) == 0);
    CHECK_NEAR(seconds_at(f, 1020, 2000), 40, 1e-4, "two cells");
    CHECK(site_at(f, 1020, 2000) == 1); /* two in one cell: the lower number */
    CHECK(site_at(f, 1030, 2000) == QZ_NO_SITE && isinf(seconds_at(f, 1030, 2000)));
    CHECK(site_at(f, 1050, 2000) == 0 && isinf(seconds_at(f, 1050, 2010)));
    qz_field_freep(&f);
    static const struct {
        struct qz_xy at;
        const char *says;
    } bad[] = { { { 994, 2000 }, "outside" },
                { { 1000, 2026 }, "outside" },
                { { NAN, 2000 }, "outside" },
                { { 1050, 2010 }, "site 2 at (1050, 2010) lies on a barrier" } };
    for (size_t k = 0; k < COUNT(bad); k++) {
        sites[1] = bad[k].at;
        CHECK(qz_field_of_ground(ctx, g, sites, 2, &params, 50000, &f) == QZ_E_RANGE && !f);
        CHECK(strstr(qz_ctx_error(ctx), bad[k].says) != NULL);
    }
    CHECK(qz_field_of_ground(ctx, g, sites, 1, &params, 0, &f) == QZ_E_RANGE && !f);
    struct qz_surface huge = { { 0, 0, 1, 4000000, 1000000 }, g->s_per_m, NULL };
    CHECK(qz_field_of_ground(ctx, &huge, sites, 1, &params, 50000, &f) == QZ_E_RANGE && !f);
    CHECK(strstr(qz_ctx_error(ctx), "4000000 x 1000000 cells takes 36000.0 GB") != NULL);
    qz_surface_freep(&g);
}

static void check_memory(void) {
    static const struct qz_field_params params = {
        .cell_m = 100, .walk_kmh = 5, .walk_limit_m = 500, .with_sites = true
    };
    struct scene s = { 0 };
    lines_add_straight(&s.lines, PLAIN, 0, 0, 0, 1000, 0);
    scene_begin(&s, 2000);
    scene_site(&s, (struct qz_xy) { 0, 0 });
    struct qz_surface *g = ground_of(&s.land->grid, 1, true);
    CHECK(qz_search_towards(ctx, s.search, s.sites, 1, 900000) == 0);
    for (int turn = 0; turn < 2; turn++) {
        bool whole = false;
        for (size_t k = 0; k < 50 && !whole; k++) {
            struct qz_field *f = NULL;
            qz_memory_fail_after(k);
            int r = turn ? qz_field_of_ground(ctx, g, &s.sites[0].at, 1, &params, 900000, &f)
                         : qz_field_new(ctx, s.search, s.land, g, &params, 900000, &f);
            whole = qz_memory_fail_after(SIZE_MAX) <= k;
            CHECK(r == (whole ? 0 : QZ_E_NOMEM) && (f != NULL) == whole);
            qz_field_freep(&f);
        }
        CHECK(whole);
    }
    qz_surface_freep(&g);
    scene_done(&s);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_ground();
    check_dam();
    check_two_sites();
    check_network_only();
    check_each_alone();
    check_roads();
    check_of_ground();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
