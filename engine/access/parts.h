/* engine/access/parts.h - figures that add up, of larger places from their parts. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct qz_ctx;

/* Each part has `width` figures one after the other. Part i goes to the groups into[first[i],
 * first[i + 1]), with these weights. ret[n_groups * width] is set anew; sums in the order of the
 * parts. QZ_E_RANGE: a group out of range. */
int qz_parts_sum(struct qz_ctx *ctx, const double *parts, size_t width, size_t n,
                 const uint32_t *first, const uint32_t *into, const double *weight, size_t n_groups,
                 double *ret);
