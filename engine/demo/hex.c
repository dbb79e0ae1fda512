/* engine/demo/hex.c - corners are keyed by the hexagon that has them at its top or foot. */
#include <math.h>
#include "demo/dice.h"
#include "demo/hex.h"

static const struct qz_hex beyond[QZ_HEX_SIDES] = { { 1, 0 },  { 0, 1 },  { -1, 1 },
                                                    { -1, 0 }, { 0, -1 }, { 1, -1 } };

struct qz_hex qz_hex_beyond(struct qz_hex h, int side) {
    return (struct qz_hex) { h.q + beyond[side].q, h.r + beyond[side].r };
}

int qz_hex_distance(struct qz_hex a, struct qz_hex b) {
    int q = a.q - b.q, r = a.r - b.r;
    return (abs(q) + abs(r) + abs(q + r)) / 2;
}

struct qz_xy qz_hex_round(struct qz_xy p) {
    return (struct qz_xy) { round(p.x_m * 10) / 10, round(p.y_m * 10) / 10 };
}

struct qz_xy qz_hex_lattice(const struct qz_hex_map *map, struct qz_hex h) {
    return (struct qz_xy) { map->origin.x_m + (h.q + 0.5 * h.r) * map->pitch_m,
                            map->origin.y_m + h.r * 0.8660254037844386 * map->pitch_m };
}

struct qz_hex qz_hex_at(const struct qz_hex_map *map, struct qz_xy p) {
    double row = (p.y_m - map->origin.y_m) / (0.8660254037844386 * map->pitch_m);
    int32_t r = (int32_t)lround(row);
    return (struct qz_hex) { (int32_t)lround((p.x_m - map->origin.x_m) / map->pitch_m - 0.5 * r),
                             r };
}

struct corner {
    struct qz_hex owner;
    int top; /* 1: its north corner, 0: its south one */
};

static struct corner corner_of(struct qz_hex h, int corner) {
    static const struct corner table[6] = { { { 0, 1 }, 0 },  { { 0, 0 }, 1 }, { { -1, 1 }, 0 },
                                            { { 0, -1 }, 1 }, { { 0, 0 }, 0 }, { { 1, -1 }, 1 } };
    struct corner c = table[corner];
    c.owner.q += h.q;
    c.owner.r += h.r;
    return c;
}

static uint64_t corner_key(const struct qz_hex_map *map, struct corner c) {
    return qz_dice_key(map->seed, (uint64_t)c.owner.q, (uint64_t)c.owner.r, (uint64_t)c.top);
}

/* Long waves that stretch the lattice, so that communes differ in size. */
static struct qz_xy warp(const struct qz_hex_map *map, struct qz_xy p) {
    double wave = 3.6 * map->pitch_m, swing = 0.48 * map->pitch_m;
    double u = p.x_m / wave, v = p.y_m / wave;
    p.x_m += swing * qz_dice_field(map->seed + 1, u, v);
    p.y_m += swing * qz_dice_field(map->seed + 2, u, v);
    return p;
}

static struct qz_xy corner_at(const struct qz_hex_map *map, struct corner c) {
    struct qz_xy p = qz_hex_lattice(map, c.owner);
    p.y_m += (c.top ? 1 : -1) * map->pitch_m * 0.5773502691896258;
    struct qz_dice d = qz_dice_of(corner_key(map, c), 1);
    p.x_m += map->pitch_m * qz_dice_between(&d, -0.17, 0.17);
    p.y_m += map->pitch_m * qz_dice_between(&d, -0.17, 0.17);
    return qz_hex_round(warp(map, p));
}

struct qz_xy qz_hex_corner(const struct qz_hex_map *map, struct qz_hex h, int corner) {
    return corner_at(map, corner_of(h, corner));
}

struct qz_xy qz_hex_centre(const struct qz_hex_map *map, struct qz_hex h) {
    struct qz_xy sum = { 0, 0 };
    for (int i = 0; i < 6; i++) {
        struct qz_xy p = qz_hex_corner(map, h, i);
        sum.x_m += p.x_m / 6;
        sum.y_m += p.y_m / 6;
    }
    return sum;
}

/* Midpoint displacement; the bends stay in a narrow lens around the chord, away from the others. */
static void bend(uint64_t key, bool rough, struct qz_side *s) {
    static const double soft[QZ_SIDE_LEVELS] = { 0.12, 0.10, 0.08, 0.07, 0.06, 0.05 };
    static const double hard[QZ_SIDE_LEVELS] = { 0.14, 0.12, 0.11, 0.10, 0.10, 0.09 };
    const double *swing = rough ? hard : soft;
    uint64_t draw = 0;
    for (uint32_t step = s->n - 1, level = 0; step > 1; step /= 2, level++)
        for (uint32_t i = 0; i + step < s->n; i += step) {
            struct qz_xy a = s->points[i], b = s->points[i + step];
            double off = swing[level] * (2 * qz_dice_unit(qz_dice_key(key, draw++, 7, 0)) - 1);
            s->points[i + step / 2] = qz_hex_round(
                (struct qz_xy) { (a.x_m + b.x_m) / 2 - off * (b.y_m - a.y_m),
                                 (a.y_m + b.y_m) / 2 + off * (b.x_m - a.x_m) });
        }
}

static void reverse(struct qz_side *s) {
    for (uint32_t i = 0, j = s->n - 1; i < j; i++, j--) {
        struct qz_xy p = s->points[i];
        s->points[i] = s->points[j];
        s->points[j] = p;
    }
    s->gate = s->n - 1 - s->gate;
}

void qz_hex_side(const struct qz_hex_map *map, struct qz_hex h, int side, struct qz_xy a,
                 struct qz_xy b, bool rough, struct qz_side *ret) {
    uint64_t key_a = corner_key(map, corner_of(h, (side + 5) % 6));
    uint64_t key_b = corner_key(map, corner_of(h, side));
    bool turned = key_a > key_b; /* both neighbours draw it from the same end */
    uint64_t key = turned ? qz_dice_key(key_b, key_a, 0, 0) : qz_dice_key(key_a, key_b, 0, 0);
    ret->n = (1u << (rough ? QZ_SIDE_LEVELS : 4)) + 1;
    ret->points[0] = turned ? b : a;
    ret->points[ret->n - 1] = turned ? a : b;
    ret->gate = (uint32_t)((ret->n - 1) * (0.42 + 0.18 * qz_dice_unit(key)));
    bend(key, rough, ret);
    if (turned)
        reverse(ret);
}
