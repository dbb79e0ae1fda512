/* engine/demo/terrain.h - where the sea, the rivers, the ridges, the uplands and the motorways lie.
 * The land is a carpet of square tiles, a departement each: a capital in the middle, a river from
 * east to west just north of it, a motorway from south to north west of it, a ridge in the east and
 * an upland in the south-east. */
#pragma once
#include "demo/hex.h"

struct qz_terrain {
    uint64_t seed;
    struct qz_xy centre; /* of tile 0, 0 and of the territory */
    double tile_m, pitch_m;
    double half_m; /* half the width of the territory */
};

bool qz_terrain_is_sea(const struct qz_terrain *t, struct qz_xy p);
/* Small where the territory should be; it grows outward from its centre in this order. */
double qz_terrain_remoteness(const struct qz_terrain *t, struct qz_xy p);
struct qz_xy qz_terrain_capital(const struct qz_terrain *t, struct qz_xy p); /* of p's tile */
/* A river, or a ridge, runs between two places with different numbers. */
int qz_terrain_bank(const struct qz_terrain *t, struct qz_xy p);
int qz_terrain_slope(const struct qz_terrain *t, struct qz_xy p);
double qz_terrain_upland(const struct qz_terrain *t, struct qz_xy p); /* 0 lowland .. 1 its heart */
/* From the shore eastward; the river's bed and the ridge's crest of p's tile, at p's x and y. */
double qz_terrain_inland_m(const struct qz_terrain *t, struct qz_xy p);
double qz_terrain_bed_y_m(const struct qz_terrain *t, struct qz_xy p);
double qz_terrain_crest_x_m(const struct qz_terrain *t, struct qz_xy p);
double qz_terrain_motorway_x_m(const struct qz_terrain *t,
                               struct qz_xy p); /* nearest one, at p's y */
