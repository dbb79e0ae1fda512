/* engine/demo/relief.c - heights and land cover, cell by cell: hills where the uplands and ridges
 * are, valleys along the rivers, woods on the slopes, houses round the bourgs, water where no
 * commune lies and where the river runs. */
#include <math.h>
#include "demo/dice.h"
#include "demo/files.h"
#include "io/raster.h"

const char *const qz_demo_raster_names[QZ_DEMO_RASTERS] = { "relief.tif", "occupation_sol.tif" };

enum { HILLS = 300, HUMPS, WOODS, GROVES, WET, LAKES, FIELDS, EDGES, MOST_CELLS = 6000000 };
static const double around_m = 2000;

/* Level 3 of CORINE Land Cover. */
enum {
    CITY = 111,
    HOUSES = 112,
    ARABLE = 211,
    VINES = 221,
    PASTURE = 231,
    MOSAIC = 242,
    BROADLEAF = 311,
    CONIFERS = 312,
    MIXED = 313,
    GRASSLAND = 321,
    HEATH = 322,
    MARSH = 411,
    RIVER = 511,
    LAKE = 512,
    SEA = 523
};

struct relief {
    const struct qz_country *country;
    struct qz_grid grid;
    uint8_t *inside; /* 1: in a commune */
    float *town;     /* 0 open country .. 1 the bourg */
    float *values;   /* of the raster being made */
};

static void relief_done(struct relief *w) {
    free(w->inside);
    free(w->town);
    free(w->values);
}

static struct qz_xy centre_of(const struct qz_grid *g, size_t cell) {
    return (struct qz_xy) { g->x0_m + (double)(cell % g->n_columns) * g->cell_m,
                            g->y0_m + (double)(cell / g->n_columns) * g->cell_m };
}

/* Two swings, the second a third of the first; turned, so that no two layers lie along the same
 * lines. In [-1, 1]. */
static double noise(const struct relief *w, int what, struct qz_xy p, double swing_m) {
    uint64_t seed = w->country->terrain.seed + (uint64_t)what;
    double c = 0.8, s = what & 1 ? 0.6 : -0.6;
    double u = (c * p.x_m - s * p.y_m) / swing_m, v = (s * p.x_m + c * p.y_m) / swing_m;
    return 0.72 * qz_dice_field(seed, u, v) + 0.28 * qz_dice_field(seed + 100, 3 * v, 3 * u);
}

/* ---- the grid, the land, the towns */
static struct qz_grid grid_over(const struct qz_country *c) {
    struct qz_box box = qz_box_empty;
    for (uint32_t i = 0; i < c->n; i++)
        for (int k = 0; k < QZ_HEX_SIDES; k++)
            qz_box_add(&box, qz_country_corner(c, i, k));
    box = (struct qz_box) { box.min_x_m - around_m, box.min_y_m - around_m, box.max_x_m + around_m,
                            box.max_y_m + around_m };
    double cell_m = 100;
    while ((box.max_x_m - box.min_x_m) * (box.max_y_m - box.min_y_m) > MOST_CELLS * cell_m * cell_m)
        cell_m *= 2;
    return qz_grid_over(&box, cell_m);
}

static int burn_communes(struct qz_ctx *ctx, struct relief *w) {
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < w->country->n; i++) {
        qz_cleanup(qz_shapes_done) struct qz_shapes shape = { 0 };
        r = qz_demo_outline(ctx, w->country, i, &shape);
        if (r == 0)
            r = qz_shapes_burn(ctx, &shape, &w->grid, w->inside);
    }
    return r;
}

/* A village of 300 people is 700 m across, a city of 50 000 6 km. */
static void build_town(struct relief *w, const struct qz_commune *m) {
    const struct qz_grid *g = &w->grid;
    double radius_m = 100 + 14 * sqrt(m->people);
    double c0 = floor((m->bourg.x_m - radius_m - g->x0_m) / g->cell_m),
           r0 = floor((m->bourg.y_m - radius_m - g->y0_m) / g->cell_m);
    double n = ceil(2 * radius_m / g->cell_m) + 1;
    for (double r = fmax(r0, 0); r <= r0 + n && r < g->n_rows; r++)
        for (double c = fmax(c0, 0); c <= c0 + n && c < g->n_columns; c++) {
            size_t i = (size_t)r * g->n_columns + (size_t)c;
            double share = 1 - qz_distance_m(centre_of(g, i), m->bourg) / radius_m;
            w->town[i] = (float)fmax(w->town[i], share);
        }
}

/* Outside the communes lies the sea, or a land nobody describes. Communes are hexagons with bent
 * sides: a cell beyond its own commune's shore belongs to the sea that is next to it. */
static bool is_sea(const struct relief *w, size_t cell) {
    const struct qz_country *c = w->country;
    struct qz_xy p = centre_of(&w->grid, cell);
    struct qz_hex h = qz_hex_at(&c->map, p);
    bool own = qz_country_at(c, h) != QZ_NOWHERE;
    if (w->inside[cell])
        return false;
    bool sea = !own && (qz_terrain_is_sea(&c->terrain, p) ||
                        qz_terrain_is_sea(&c->terrain, qz_hex_lattice(&c->map, h)));
    for (int side = 0; own && side < QZ_HEX_SIDES && !sea; side++) {
        struct qz_hex near = qz_hex_beyond(h, side);
        sea = qz_country_at(c, near) == QZ_NOWHERE &&
              qz_terrain_is_sea(&c->terrain, qz_hex_lattice(&c->map, near));
    }
    return sea;
}

/* ---- heights */
static double bell(double distance_m, double width_m) {
    double u = distance_m / width_m;
    return exp(-u * u);
}

static double height_m(const struct relief *w, struct qz_xy p) {
    const struct qz_terrain *t = &w->country->terrain;
    double inland_m = fmax(qz_terrain_inland_m(t, p), 0);
    double up = qz_terrain_upland(t, p), crest_m = fabs(p.x_m - qz_terrain_crest_x_m(t, p));
    double bed_m = fabs(p.y_m - qz_terrain_bed_y_m(t, p));
    double rough = 1 + 0.45 * noise(w, HILLS, p, 2600) + 0.2 * noise(w, HUMPS, p, 900);
    double plain = 90 * (1 - bell(inland_m, 25000));
    up = up * up * (3 - 2 * up);
    double hills = (600 * up + 260 * bell(crest_m, 2600) + 45) * rough;
    double valley = 1 - 0.9 * bell(bed_m, 1800);
    double shore = 1 - 0.97 * bell(inland_m, 1500);
    return fmax(plain + hills * valley * shore, 1);
}

static void make_heights(struct relief *w) {
    size_t n = (size_t)w->grid.n_columns * w->grid.n_rows;
    for (size_t i = 0; i < n; i++)
        w->values[i] = is_sea(w, i) ? 0
                                    : (float)(round(10 * height_m(w, centre_of(&w->grid, i))) / 10);
}

/* ---- land cover */
/* The river is a cell wide, and closed to those who step from corner to corner. */
static bool is_river(const struct relief *w, struct qz_xy p) {
    const struct qz_terrain *t = &w->country->terrain;
    double c = w->grid.cell_m;
    int bank = qz_terrain_bank(t, p);
    return bank != qz_terrain_bank(t, (struct qz_xy) { p.x_m, p.y_m - c }) ||
           bank != qz_terrain_bank(t, (struct qz_xy) { p.x_m - c, p.y_m });
}

static int open_country(const struct relief *w, struct qz_xy p) {
    const struct qz_terrain *t = &w->country->terrain;
    double up = qz_terrain_upland(t, p), crest_m = fabs(p.x_m - qz_terrain_crest_x_m(t, p));
    double wood = 0.75 * noise(w, WOODS, p, 3400) + 0.35 * noise(w, GROVES, p, 700) + 0.9 * up +
                  0.5 * bell(crest_m, 2600);
    double fields = noise(w, FIELDS, p, 2100);
    up += 0.3 * fmin(4 * up, 1) * noise(w, EDGES, p, 5000);
    if (up > 0.78)
        return wood > 1.1 ? CONIFERS : fields > 0 ? HEATH : GRASSLAND;
    if (wood > 0.28)
        return up > 0.35 ? CONIFERS : fields > 0.2 ? MIXED : BROADLEAF;
    if (up > 0.25)
        return fields > -0.2 ? PASTURE : MOSAIC;
    return fields > 0.4 ? VINES : fields > -0.1 ? ARABLE : fields > -0.35 ? MOSAIC : PASTURE;
}

static int class_of(const struct relief *w, size_t cell) {
    const struct qz_terrain *t = &w->country->terrain;
    struct qz_xy p = centre_of(&w->grid, cell);
    double built = w->town[cell] - 0.18 * (1 + noise(w, EDGES, p, 350));
    if (is_sea(w, cell))
        return SEA;
    if (w->town[cell] > 0 && built > 0) /* the river runs under the streets */
        return built > 0.5 && w->town[cell] > 0.55 ? CITY : HOUSES;
    if (is_river(w, p))
        return RIVER;
    if (w->town[cell] <= 0 && noise(w, LAKES, p, 1900) > 0.72)
        return LAKE;
    double low = bell(fmax(qz_terrain_inland_m(t, p), 0), 4000) +
                 bell(p.y_m - qz_terrain_bed_y_m(t, p), 900);
    if (low * (1 + noise(w, WET, p, 1700)) > 1.25)
        return MARSH;
    return open_country(w, p);
}

static void make_cover(struct relief *w) {
    size_t n = (size_t)w->grid.n_columns * w->grid.n_rows;
    for (size_t i = 0; i < n; i++)
        w->values[i] = (float)class_of(w, i);
}

/* ---- files */
static int prepare(struct qz_ctx *ctx, struct relief *w) {
    w->grid = grid_over(w->country);
    size_t n = (size_t)w->grid.n_columns * w->grid.n_rows;
    w->inside = qz_calloc(n, 1);
    w->town = qz_calloc(n, sizeof *w->town);
    w->values = qz_malloc(n, sizeof *w->values);
    if (!w->inside || !w->town || !w->values)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < w->country->n; i++)
        build_town(w, &w->country->communes[i]);
    return burn_communes(ctx, w);
}

int qz_demo_write_rasters(struct qz_ctx *ctx, const struct qz_country *c, const char *folder,
                          bool overwrite) {
    static const struct {
        const char *title, *unit;
        void (*make)(struct relief *w);
    } rasters[QZ_DEMO_RASTERS] = {
        [QZ_DEMO_HEIGHTS] = { "altitude", "m", make_heights },
        [QZ_DEMO_COVER] = { "CORINE Land Cover", NULL, make_cover },
    };
    qz_cleanup(relief_done) struct relief w = { .country = c };
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    int r = qz_crs_open(ctx, "EPSG:2154", &crs);
    if (r == 0)
        r = prepare(ctx, &w);
    for (size_t i = 0; r == 0 && i < COUNT(rasters); i++) {
        qz_cleanup(qz_freep) char *path = qz_format("%s/%s", folder, qz_demo_raster_names[i]);
        const struct qz_raster_params params = { rasters[i].title, rasters[i].unit,
                                                 i == QZ_DEMO_COVER, overwrite };
        rasters[i].make(&w);
        r = path ? qz_raster_write(ctx, path, &params, &w.grid, crs, w.values) : qz_fail_nomem(ctx);
    }
    return r;
}
