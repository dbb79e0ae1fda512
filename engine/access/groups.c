/* engine/access/groups.c - how many of a group of people live beyond the threshold. */
#include "access/parts.h"
#include "base/base.h"
#include "quinze/access.h"

enum { N_FIGURES = sizeof(struct qz_group_reach) / sizeof(double) };

int qz_group_reach(struct qz_ctx *ctx, const struct qz_group *group, const struct qz_reach *reach,
                   size_t n, struct qz_group_reach *ret) {
    if (n != group->n)
        return qz_fail(ctx, QZ_E_RANGE, "access: group '%s' is of %zu communes, not %zu",
                       group->key, group->n, n);
    for (size_t i = 0; i < n; i++) {
        double people = reach[i].people, count = group->count[i];
        bool known = group->known[i] && (people > 0 || count == 0);
        ret[i] = (struct qz_group_reach) { .unknown_people = known ? 0 : people };
        if (known && count > 0) {
            ret[i].count = count;
            ret[i].beyond = count * (1 - reach[i].people_within / people);
        }
    }
    return 0;
}

int qz_group_reach_sum(struct qz_ctx *ctx, const struct qz_group_reach *parts, size_t n,
                       const uint32_t *first, const uint32_t *into, const double *weight,
                       size_t n_groups, struct qz_group_reach *ret) {
    return qz_parts_sum(ctx, (const double *)parts, N_FIGURES, n, first, into, weight, n_groups,
                        (double *)ret);
}
