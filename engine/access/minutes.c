/* engine/access/minutes.c - people by whole minute to the nearest site. */
#include "access/parts.h"
#include "base/base.h"
#include "quinze/access.h"

_Static_assert(sizeof(struct qz_minutes) == QZ_N_MINUTES * sizeof(double), "doubles alone");

/* The first of the minutes that a time is within; QZ_N_MINUTES: none. */
static size_t first_within(uint32_t ms) {
    uint32_t minute = ms / 60000 + (ms % 60000 != 0);
    return minute <= QZ_FIRST_MINUTE  ? 0
           : minute <= QZ_LAST_MINUTE ? minute - QZ_FIRST_MINUTE
                                      : QZ_N_MINUTES;
}

int qz_minutes_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms, size_t n,
                        const uint32_t *group_of, size_t n_groups, struct qz_minutes *ret) {
    for (size_t g = 0; g < n_groups; g++)
        ret[g] = (struct qz_minutes) { 0 };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = group_of ? group_of[i] : i;
        if (g == UINT32_MAX)
            continue;
        if (g >= n_groups)
            return qz_fail(ctx, QZ_E_RANGE, "access: part %u is in group %u of %zu", i, g,
                           n_groups);
        for (size_t k = first_within(time_ms[i]); k < QZ_N_MINUTES; k++)
            ret[g].within[k] += people[i];
    }
    return 0;
}

int qz_minutes_sum(struct qz_ctx *ctx, const struct qz_minutes *parts, size_t n,
                   const uint32_t *first, const uint32_t *into, const double *weight,
                   size_t n_groups, struct qz_minutes *ret) {
    return qz_parts_sum(ctx, (const double *)parts, QZ_N_MINUTES, n, first, into, weight, n_groups,
                        (double *)ret);
}
