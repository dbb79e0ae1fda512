/* engine/demo/spokes.c - the polar frame of one commune. */
#include <math.h>
#include "demo/dice.h"
#include "demo/spokes.h"

static const double pi = 3.141592653589793;

static double town_radius(const struct qz_commune *m, const struct qz_spokes *s) {
    double least = s->reach_m[0], want = 9.5 * sqrt((double)m->people) + 25;
    for (int i = 1; i < QZ_HEX_SIDES; i++)
        least = fmin(least, s->reach_m[i]);
    double room = m->motorway ? 0.30 * least : 0.95 * least;
    return fmax(fmin(want, room), 90);
}

void qz_spokes_of(const struct qz_country *c, uint32_t commune, struct qz_spokes *ret) {
    const struct qz_commune *m = &c->communes[commune];
    *ret = (struct qz_spokes) { .bourg = m->bourg,
                                .key = m->key,
                                .swing_m = m->upland > 0 ? 75 : 55,
                                .wave_m = m->upland > 0 ? 230 : 620 };
    struct qz_side side;
    for (int i = 0; i < QZ_HEX_SIDES; i++) {
        qz_country_side(c, commune, i, &side);
        struct qz_xy g = side.points[side.gate];
        double dx = g.x_m - m->bourg.x_m, dy = g.y_m - m->bourg.y_m;
        ret->gate[i] = g;
        ret->angle_rad[i] = atan2(dy, dx);
        ret->reach_m[i] = sqrt(dx * dx + dy * dy);
        while (i > 0 && ret->angle_rad[i] < ret->angle_rad[i - 1])
            ret->angle_rad[i] += 2 * pi;
    }
    ret->angle_rad[QZ_HEX_SIDES] = ret->angle_rad[0] + 2 * pi;
    ret->reach_m[QZ_HEX_SIDES] = ret->reach_m[0];
    ret->town_m = town_radius(m, ret);
}

/* Straight at both ends, winding between. */
static double angle_at(const struct qz_spokes *s, int i, double rho_m) {
    double part = fmin(rho_m / s->reach_m[i], 1);
    uint64_t key = s->key + 77 * (uint64_t)(i % QZ_HEX_SIDES);
    double wind = s->swing_m * qz_dice_wave(key, rho_m / s->wave_m) +
                  1.6 * s->swing_m * qz_dice_wave(key + 33, rho_m / s->wave_m / 3.1);
    return s->angle_rad[i] + wind * sin(pi * part) / fmax(rho_m, 150);
}

/* Between a circle and straight lines from spoke to spoke; straighter out of town. */
static double flattened(const struct qz_spokes *s, double f, double wedge_rad, double rho_m) {
    double part = fmin(fmax(rho_m / s->town_m, 0.55), 1), wedge = fmin(wedge_rad, 1.7);
    double chord = cos(wedge / 2) / cos(wedge * (f - 0.5));
    double ripple = 0.05 * 4 * f * (1 - f) * qz_dice_wave(s->key + 9, rho_m / 400 + 5 * f);
    return rho_m * (1 + part * (0.85 * (chord - 1) + ripple));
}

struct qz_xy qz_spokes_point(const struct qz_spokes *s, double turn, double rho_m) {
    turn -= QZ_HEX_SIDES * floor(turn / QZ_HEX_SIDES);
    int i = (int)turn;
    double f = turn - i, angle = angle_at(s, i, rho_m);
    if (f > 0) {
        double wedge = angle_at(s, i + 1, rho_m) - angle; /* spoke 6 is spoke 0, one turn on */
        angle += f * wedge;
        rho_m = flattened(s, f, wedge, rho_m);
    }
    return qz_hex_round(
        (struct qz_xy) { s->bourg.x_m + rho_m * cos(angle), s->bourg.y_m + rho_m * sin(angle) });
}

double qz_spokes_reach_m(const struct qz_spokes *s, double turn) {
    turn -= QZ_HEX_SIDES * floor(turn / QZ_HEX_SIDES);
    int i = (int)turn;
    double f = turn - i;
    return (1 - f) * s->reach_m[i] + f * s->reach_m[i + 1];
}
