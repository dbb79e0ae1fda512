/* engine/access/solve.h - which unknowns a system of sums gives away. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct qz_ctx;
struct qz_system { /* borrowed; equation i has terms [first[i], first[i + 1]), each unknown once */
    size_t n_unknowns, n_equations;
    const size_t *first;
    const uint32_t *unknown;
    const double *factor; /* about 1: counts and shares */
};
/* ret[n_unknowns]: 1 where the equations leave one value only, whatever they are equal to. Sparse
 * elimination, in a fixed order. QZ_E_NOMEM. */
int qz_system_solvable(struct qz_ctx *ctx, const struct qz_system *s, uint8_t *ret);
