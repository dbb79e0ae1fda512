/* engine/demo/spokes.h - polar coordinates around a bourg. Six winding spokes lead to the gates in
 * the six sides; a place is (turn, rho): turn counts spokes, 1.5 is half way between spokes 1 and
 * 2, rho is the distance. Lines that do not cross in these coordinates do not cross on the ground.
 */
#pragma once
#include "demo/country.h"

struct qz_spokes {
    struct qz_xy bourg;
    uint64_t key;
    double angle_rad[QZ_HEX_SIDES + 1]; /* rising; the last is the first plus a turn */
    double reach_m[QZ_HEX_SIDES + 1];   /* to the gate */
    struct qz_xy gate[QZ_HEX_SIDES];
    double town_m;          /* how far the streets go */
    double swing_m, wave_m; /* how far and how often the spokes wind */
};

void qz_spokes_of(const struct qz_country *c, uint32_t commune, struct qz_spokes *ret);
struct qz_xy qz_spokes_point(const struct qz_spokes *s, double turn, double rho_m);
double qz_spokes_reach_m(const struct qz_spokes *s, double turn);
