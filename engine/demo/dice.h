/* engine/demo/dice.h - chance that never depends on the machine: hashes, dice and smooth noise. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A well mixed number made of four; the same on every machine. */
uint64_t qz_dice_key(uint64_t seed, uint64_t a, uint64_t b, uint64_t c);
double qz_dice_unit(uint64_t key); /* in [0, 1) */

struct qz_dice {
    uint64_t state;
};
struct qz_dice qz_dice_of(uint64_t key, uint64_t purpose);
double qz_dice_roll(struct qz_dice *d); /* in [0, 1) */
double qz_dice_between(struct qz_dice *d, double low, double high);
bool qz_dice_chance(struct qz_dice *d, double probability);
uint32_t qz_dice_below(struct qz_dice *d, uint32_t n); /* 0 .. n - 1 */
double qz_dice_bell(struct qz_dice *d);                /* mean 0, deviation 1, within 3.5 */

/* Smooth noise in [-1, 1], one swing per unit of x and y. */
double qz_dice_wave(uint64_t seed, double x);
double qz_dice_field(uint64_t seed, double x, double y);
