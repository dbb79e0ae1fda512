/* engine/demo/dice.c - splitmix64 and value noise. */
#include <math.h>
#include "demo/dice.h"

static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t qz_dice_key(uint64_t seed, uint64_t a, uint64_t b, uint64_t c) {
    return mix(mix(mix(mix(seed) ^ a) ^ b) ^ c);
}

double qz_dice_unit(uint64_t key) { return (double)(key >> 11) * 0x1p-53; }

struct qz_dice qz_dice_of(uint64_t key, uint64_t purpose) {
    return (struct qz_dice) { mix(mix(key) ^ purpose) };
}

double qz_dice_roll(struct qz_dice *d) {
    d->state += 0x9e3779b97f4a7c15u;
    return qz_dice_unit(mix(d->state));
}

double qz_dice_between(struct qz_dice *d, double low, double high) {
    return low + (high - low) * qz_dice_roll(d);
}

bool qz_dice_chance(struct qz_dice *d, double probability) { return qz_dice_roll(d) < probability; }

uint32_t qz_dice_below(struct qz_dice *d, uint32_t n) { return (uint32_t)(qz_dice_roll(d) * n); }

double qz_dice_bell(struct qz_dice *d) {
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += qz_dice_roll(d);
    return (sum - 2) * 1.7320508075688772; /* four dice have a deviation of 1/sqrt(3) */
}

static double ease(double t) { return t * t * (3 - 2 * t); }

static double knot(uint64_t seed, double x, double y) {
    return 2 * qz_dice_unit(qz_dice_key(seed, (uint64_t)(int64_t)x, (uint64_t)(int64_t)y, 0)) - 1;
}

double qz_dice_field(uint64_t seed, double x, double y) {
    double x0 = floor(x), y0 = floor(y), u = ease(x - x0), v = ease(y - y0);
    double low = knot(seed, x0, y0) * (1 - u) + knot(seed, x0 + 1, y0) * u;
    double high = knot(seed, x0, y0 + 1) * (1 - u) + knot(seed, x0 + 1, y0 + 1) * u;
    return low * (1 - v) + high * v;
}

double qz_dice_wave(uint64_t seed, double x) { return qz_dice_field(seed, x, 0); }
