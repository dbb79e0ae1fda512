/* engine/access/reach.c - people by time, summed by group in a fixed order. */
#include "access/parts.h"
#include "base/base.h"
#include "quinze/access.h"

bool qz_per_100k(double count, double people, double *ret) {
    if (!(people > 0))
        return false;
    *ret = count * 1e5 / people;
    return true;
}

int qz_reach_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms, size_t n,
                      uint32_t threshold_ms, const uint32_t *group_of, size_t n_groups,
                      struct qz_reach *ret) {
    for (size_t g = 0; g < n_groups; g++)
        ret[g] = (struct qz_reach) { 0 };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = group_of ? group_of[i] : i;
        if (g == UINT32_MAX)
            continue;
        if (g >= n_groups)
            return qz_fail(ctx, QZ_E_RANGE, "access: part %u is in group %u of %zu", i, g,
                           n_groups);
        ret[g].people += people[i];
        ret[g].people_within += time_ms[i] <= threshold_ms ? people[i] : 0;
    }
    return 0;
}

_Static_assert(sizeof(struct qz_reach) == 2 * sizeof(double), "doubles alone");

int qz_reach_sum(struct qz_ctx *ctx, const struct qz_reach *parts, size_t n, const uint32_t *first,
                 const uint32_t *into, const double *weight, size_t n_groups,
                 struct qz_reach *ret) {
    return qz_parts_sum(ctx, (const double *)parts, 2, n, first, into, weight, n_groups,
                        (double *)ret);
}
