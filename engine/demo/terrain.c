/* engine/demo/terrain.c - each feature is a function of the place alone. */
#include <math.h>
#include "demo/dice.h"
#include "demo/terrain.h"

enum { COAST = 100, OUTLINE, RIVER, RIDGE, UPLAND, MOTORWAY };

/* How far inland, in pitches. */
static double inland(const struct qz_terrain *t, struct qz_xy p) {
    double y = (p.y_m - t->centre.y_m) / t->pitch_m, half = t->half_m / t->pitch_m;
    double shore = -0.80 * half + 0.13 * half * qz_dice_wave(t->seed + COAST, y / half * 1.7) +
                   1.6 * qz_dice_wave(t->seed + COAST + 50, y / 3.4);
    return (p.x_m - t->centre.x_m) / t->pitch_m - shore;
}

bool qz_terrain_is_sea(const struct qz_terrain *t, struct qz_xy p) { return inland(t, p) < 0; }
double qz_terrain_inland_m(const struct qz_terrain *t, struct qz_xy p) {
    return inland(t, p) * t->pitch_m;
}

double qz_terrain_remoteness(const struct qz_terrain *t, struct qz_xy p) {
    double u = (p.x_m - t->centre.x_m) / t->half_m, v = (p.y_m - t->centre.y_m) / t->half_m;
    double square = pow(u * u * u * u * 0.9 + v * v * v * v * 1.1, 0.25);
    return square * (1 + 0.13 * qz_dice_field(t->seed + OUTLINE, u * 2.2, v * 2.2)) +
           0.02 * qz_dice_field(t->seed + OUTLINE + 50, u * 9, v * 9);
}

static double tile(double offset_m, double tile_m) { return floor(offset_m / tile_m + 0.5); }

struct qz_xy qz_terrain_capital(const struct qz_terrain *t, struct qz_xy p) {
    return (struct qz_xy) {
        t->centre.x_m + t->tile_m * tile(p.x_m - t->centre.x_m, t->tile_m),
        t->centre.y_m + t->tile_m * tile(p.y_m - t->centre.y_m, t->tile_m),
    };
}

double qz_terrain_bed_y_m(const struct qz_terrain *t, struct qz_xy p) {
    struct qz_xy c = qz_terrain_capital(t, p);
    double along = (p.x_m - c.x_m) / t->tile_m, row = tile(p.y_m - t->centre.y_m, t->tile_m);
    uint64_t seed = t->seed + RIVER + 1000 * (uint64_t)(int64_t)row;
    double away = sin(3.141592653589793 * along); /* 0 at the capital: it stands on the bank */
    return c.y_m + 0.48 * t->pitch_m +
           t->tile_m * away * away * 0.20 * qz_dice_wave(seed, p.x_m / t->tile_m * 2.6) +
           t->pitch_m * away * 0.9 * qz_dice_wave(seed + 1, p.x_m / t->pitch_m / 2.3);
}

int qz_terrain_bank(const struct qz_terrain *t, struct qz_xy p) {
    return (int)tile(p.y_m - t->centre.y_m, t->tile_m) + (p.y_m > qz_terrain_bed_y_m(t, p));
}

double qz_terrain_crest_x_m(const struct qz_terrain *t, struct qz_xy p) {
    double column = tile(p.x_m - t->centre.x_m, t->tile_m);
    return t->centre.x_m + t->tile_m * (column + 0.27) +
           t->tile_m * 0.08 * qz_dice_wave(t->seed + RIDGE, p.y_m / t->tile_m * 2.7) +
           t->pitch_m * 0.8 * qz_dice_wave(t->seed + RIDGE + 50, p.y_m / t->pitch_m / 2.1);
}

int qz_terrain_slope(const struct qz_terrain *t, struct qz_xy p) {
    return (int)tile(p.x_m - t->centre.x_m, t->tile_m) + (p.x_m > qz_terrain_crest_x_m(t, p));
}

double qz_terrain_upland(const struct qz_terrain *t, struct qz_xy p) {
    struct qz_xy c = qz_terrain_capital(t, p);
    double u = ((p.x_m - c.x_m) / t->tile_m - 0.25) / 0.235;
    double v = ((p.y_m - c.y_m) / t->tile_m + 0.23) / 0.245;
    double ripple = qz_dice_field(t->seed + UPLAND, p.x_m / t->pitch_m / 3, p.y_m / t->pitch_m / 3);
    double height = 1 - (u * u + v * v) * (1 + 0.25 * ripple);
    return height > 0 ? height : 0;
}

double qz_terrain_motorway_x_m(const struct qz_terrain *t, struct qz_xy p) {
    double base = t->centre.x_m - 2.2 * t->pitch_m;
    double column = tile(p.x_m - base, t->tile_m);
    return base + column * t->tile_m +
           0.85 * t->pitch_m *
               qz_dice_wave(t->seed + MOTORWAY + (uint64_t)(int64_t)column,
                            p.y_m / t->pitch_m / 6.5);
}
