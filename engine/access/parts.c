/* engine/access/parts.c - sums of rows of figures, by group and weight. */
#include "access/parts.h"
#include "base/base.h"

int qz_parts_sum(struct qz_ctx *ctx, const double *parts, size_t width, size_t n,
                 const uint32_t *first, const uint32_t *into, const double *weight, size_t n_groups,
                 double *ret) {
    for (size_t i = 0; i < n_groups * width; i++)
        ret[i] = 0;
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = first[i]; k < first[i + 1]; k++) {
            if (into[k] >= n_groups)
                return qz_fail(ctx, QZ_E_RANGE, "access: part %zu is in group %u of %zu", i,
                               into[k], n_groups);
            for (size_t f = 0; f < width; f++)
                ret[into[k] * width + f] += weight[k] * parts[i * width + f];
        }
    return 0;
}
