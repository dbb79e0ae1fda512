/* engine/access/density.c - practitioners and people, summed by group in a fixed order. */
#include "base/base.h"
#include "quinze/access.h"

static uint32_t group_of(const uint32_t *group_of_commune, uint32_t commune) {
    return group_of_commune ? group_of_commune[commune] : commune;
}

int qz_supply_by_group(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                       const uint32_t *group_of_commune, size_t n_groups, struct qz_supply *ret) {
    for (size_t g = 0; g < n_groups; g++)
        ret[g] = (struct qz_supply) { .has_fte = true };
    for (size_t i = 0; i < sites->n; i++) {
        const struct qz_site *s = &sites->items[i];
        if (s->profession != profession || s->planned)
            continue;
        uint32_t g = group_of(group_of_commune, s->commune);
        if (g == UINT32_MAX)
            continue;
        if (g >= n_groups)
            return qz_fail(ctx, QZ_E_RANGE, "access: site %zu is in group %u of %zu", i, g,
                           n_groups);
        ret[g].heads += s->heads;
        ret[g].fte += s->has_fte ? s->fte : 0;
        ret[g].has_fte = ret[g].has_fte && s->has_fte;
        ret[g].n_sites++;
    }
    return 0;
}

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

int qz_reach_sum(struct qz_ctx *ctx, const struct qz_reach *parts, size_t n,
                 const uint32_t *group_of, size_t n_groups, struct qz_reach *ret) {
    int e = 0;
    for (size_t g = 0; g < n_groups; g++)
        ret[g] = (struct qz_reach) { 0 };
    for (size_t i = 0; i < n && e == 0; i++)
        e = add_reach(ctx, i, parts[i], group_of[i], n_groups, ret);
    return e;
}
