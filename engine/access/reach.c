/* engine/access/reach.c - people by time, summed by group in a fixed order. */
#include "base/base.h"
#include "quinze/access.h"

bool qz_per_100k(double count, double people, double *ret) {
    if (!(people > 0))
        return false;
    *ret = count * 1e5 / people;
    return true;
}

static int add_reach(struct qz_ctx *ctx, size_t part, struct qz_reach add, uint32_t group,
                     size_t n_groups, struct qz_reach *ret) {
    if (group == UINT32_MAX)
        return 0;
    if (group >= n_groups)
        return qz_fail(ctx, QZ_E_RANGE, "access: part %zu is in group %u of %zu", part, group,
                       n_groups);
    ret[group].people += add.people;
    ret[group].people_within += add.people_within;
    return 0;
}

int qz_reach_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms, size_t n,
                      uint32_t threshold_ms, const uint32_t *group_of, size_t n_groups,
                      struct qz_reach *ret) {
    int e = 0;
    for (size_t g = 0; g < n_groups; g++)
        ret[g] = (struct qz_reach) { 0 };
    for (uint32_t i = 0; i < n && e == 0; i++) {
        struct qz_reach one = { people[i], time_ms[i] <= threshold_ms ? people[i] : 0 };
        e = add_reach(ctx, i, one, group_of ? group_of[i] : i, n_groups, ret);
    }
    return e;
}
