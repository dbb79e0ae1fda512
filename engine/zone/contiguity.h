/* engine/zone/contiguity.h - groups of communes that stay in one piece. */
#pragma once
#include <stdbool.h>
#include "quinze/zone.h"

/* A group's members are those with group_of[] == group. `seen` and `stack` are scratch of n: seen
 * holds no value `mark` before the call. */
struct qz_contiguity {
    uint32_t *seen, *stack;
    uint32_t mark;
};
int qz_contiguity_init(struct qz_ctx *ctx, size_t n, struct qz_contiguity *ret);
void qz_contiguity_done(struct qz_contiguity *c);
/* The group of `commune` is in one piece without it, and not empty. O(its members and their
 * neighbours). */
bool qz_whole_without(struct qz_contiguity *c, const struct qz_land_of_communes *land,
                      const uint32_t *group_of, uint32_t commune);
