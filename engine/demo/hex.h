/* engine/demo/hex.h - a warped hexagonal lattice with fractal sides: two neighbours get the same
 * vertices for their common side, each from its own numbers alone. */
#pragma once
#include "geo/geo.h"

struct qz_hex { /* axial coordinates: q to the east, r to the north-east */
    int32_t q, r;
};
/* Sides 0 to 5 face E, NE, NW, W, SW, SE; side i runs from corner (i + 5) % 6 to corner i. */
enum { QZ_HEX_SIDES = 6, QZ_HEX_E = 0, QZ_HEX_NE, QZ_HEX_NW, QZ_HEX_W, QZ_HEX_SW, QZ_HEX_SE };

struct qz_hex_map {
    uint64_t seed;
    double pitch_m; /* between the centres of two neighbours, before warping */
    struct qz_xy origin;
};

struct qz_hex qz_hex_beyond(struct qz_hex h, int side);
int qz_hex_distance(struct qz_hex a, struct qz_hex b);
struct qz_xy qz_hex_lattice(const struct qz_hex_map *map, struct qz_hex h); /* not warped */
struct qz_hex qz_hex_at(const struct qz_hex_map *map, struct qz_xy p); /* of the plain lattice */
struct qz_xy qz_hex_corner(const struct qz_hex_map *map, struct qz_hex h, int corner);
struct qz_xy qz_hex_centre(const struct qz_hex_map *map, struct qz_hex h); /* mean of the corners */

enum { QZ_SIDE_LEVELS = 6, QZ_SIDE_POINTS = (1 << QZ_SIDE_LEVELS) + 1 };
struct qz_side {
    uint32_t n, gate; /* points; index of the one where the road between the two bourgs passes */
    struct qz_xy points[QZ_SIDE_POINTS]; /* counter-clockwise around h */
};
/* From a to b, the places of the corners. rough: a shore, with finer and larger bends. Both
 * neighbours must ask alike. */
void qz_hex_side(const struct qz_hex_map *map, struct qz_hex h, int side, struct qz_xy a,
                 struct qz_xy b, bool rough, struct qz_side *ret);
/* Coordinates as they are written: 0.1 m. */
struct qz_xy qz_hex_round(struct qz_xy p);
