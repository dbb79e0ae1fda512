/* engine/demo/country.c - the steps that make the communes, and look-ups in them. */
#include <math.h>
#include "demo/country.h"
#include "demo/dice.h"

enum { MEAN_DEP = 300, MOST_DEPS = 90, PURPOSE_COMMUNE = 11 };
static const double pitch_m = 4900;

static void lay_out(struct qz_country *c, uint32_t n, uint64_t seed) {
    double area_m2 = n * pitch_m * pitch_m * 0.8660254037844386;
    double deps = fmin(fmax(round((double)n / MEAN_DEP), 1), MOST_DEPS);
    struct qz_xy centre = { 560000, 6500000 };
    c->seed = seed;
    c->map = (struct qz_hex_map) { qz_dice_key(seed, 1, 0, 0), pitch_m, centre };
    c->terrain = (struct qz_terrain) { .seed = qz_dice_key(seed, 2, 0, 0),
                                       .centre = centre,
                                       .tile_m = sqrt(area_m2 / deps),
                                       .pitch_m = pitch_m,
                                       .half_m = sqrt(area_m2 / 3.3) };
    c->n = n;
    c->radius = (int32_t)(1.0 * sqrt((double)n)) + 10;
}

static int allocate(struct qz_ctx *ctx, struct qz_country *c) {
    size_t width = 2 * (size_t)c->radius + 1;
    c->communes = qz_calloc(c->n, sizeof *c->communes);
    c->order = qz_calloc(c->n, sizeof *c->order);
    c->cells = qz_malloc(width * width, sizeof *c->cells);
    if (!c->communes || !c->order || !c->cells)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < width * width; i++)
        c->cells[i] = QZ_NOWHERE;
    return 0;
}

/* What a commune knows from its place alone. */
static void describe(struct qz_country *c, struct qz_commune *m) {
    m->key = qz_dice_key(c->seed, (uint64_t)m->hex.q, (uint64_t)m->hex.r, PURPOSE_COMMUNE);
    struct qz_xy centre = qz_hex_centre(&c->map, m->hex);
    struct qz_dice d = qz_dice_of(m->key, 1);
    m->bourg = qz_hex_round(
        (struct qz_xy) { centre.x_m + c->map.pitch_m * qz_dice_between(&d, -0.14, 0.14),
                         centre.y_m + c->map.pitch_m * qz_dice_between(&d, -0.14, 0.14) });
    struct qz_xy p = qz_hex_lattice(&c->map, m->hex);
    m->bank = (int16_t)qz_terrain_bank(&c->terrain, p);
    m->slope = (int16_t)qz_terrain_slope(&c->terrain, p);
    m->upland = (float)qz_terrain_upland(&c->terrain, p);
}

int qz_country_new(struct qz_ctx *ctx, uint32_t n_communes, uint64_t seed,
                   struct qz_country **ret) {
    qz_cleanup(qz_country_freep) struct qz_country *c = qz_calloc(1, sizeof *c);
    if (!c)
        return qz_fail_nomem(ctx);
    lay_out(c, n_communes, seed);
    int r = allocate(ctx, c);
    if (r < 0 || (r = qz_land_claim(ctx, c)) < 0)
        return r;
    for (size_t i = 0; i < c->n; i++)
        describe(c, &c->communes[i]);
    qz_settle_places(c);
    qz_settle_people(c);
    if ((r = qz_links_choose(ctx, c)) < 0 || (r = qz_share_territories(ctx, c)) < 0 ||
        (r = qz_names_give(ctx, c)) < 0)
        return r;
    *ret = c;
    c = NULL;
    return 0;
}

struct qz_country *qz_country_free(struct qz_country *c) {
    if (c) {
        free(c->communes);
        free(c->order);
        free(c->cells);
        free(c);
    }
    return NULL;
}

void qz_country_freep(struct qz_country **c) { *c = qz_country_free(*c); }

size_t qz_country_cell(const struct qz_country *c, struct qz_hex h) {
    int32_t column = h.q +
                     (h.r - (h.r & 1)) / 2; /* rows side by side, so that cells fill a square */
    if (abs(column) > c->radius || abs(h.r) > c->radius)
        return SIZE_MAX;
    size_t width = 2 * (size_t)c->radius + 1;
    return (size_t)(h.r + c->radius) * width + (size_t)(column + c->radius);
}

uint32_t qz_country_at(const struct qz_country *c, struct qz_hex h) {
    size_t cell = qz_country_cell(c, h);
    return cell == SIZE_MAX ? QZ_NOWHERE : c->cells[cell];
}

static bool is_shore(const struct qz_country *c, uint32_t i, int side) {
    const struct qz_commune *m = &c->communes[i];
    if (m->beyond[side] != QZ_NOWHERE)
        return c->communes[m->beyond[side]].bank != m->bank;
    return m->island ||
           qz_terrain_is_sea(&c->terrain, qz_hex_lattice(&c->map, qz_hex_beyond(m->hex, side)));
}

/* A corner of one commune only is drawn in, so that the outline loses its teeth. */
struct qz_xy qz_country_corner(const struct qz_country *c, uint32_t i, int corner) {
    const struct qz_commune *m = &c->communes[i];
    struct qz_xy p = qz_hex_corner(&c->map, m->hex, corner);
    if (m->beyond[corner] != QZ_NOWHERE || m->beyond[(corner + 1) % QZ_HEX_SIDES] != QZ_NOWHERE)
        return p;
    struct qz_xy centre = qz_hex_centre(&c->map, m->hex);
    return qz_hex_round(
        (struct qz_xy) { p.x_m + 0.3 * (centre.x_m - p.x_m), p.y_m + 0.3 * (centre.y_m - p.y_m) });
}

void qz_country_side(const struct qz_country *c, uint32_t i, int side, struct qz_side *ret) {
    struct qz_xy a = qz_country_corner(c, i, (side + 5) % QZ_HEX_SIDES);
    struct qz_xy b = qz_country_corner(c, i, side);
    qz_hex_side(&c->map, c->communes[i].hex, side, a, b, is_shore(c, i, side), ret);
}

double qz_country_pair(const struct qz_country *c, uint32_t i, uint32_t j, uint64_t purpose) {
    uint64_t a = c->communes[i].key, b = c->communes[j].key;
    return qz_dice_unit(a < b ? qz_dice_key(a, b, purpose, 0) : qz_dice_key(b, a, purpose, 0));
}
