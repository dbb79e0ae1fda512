/* include/quinze/access.h - who is served: practitioners by territory, people by travel time. */
#pragma once
#include "quinze/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- supply of one profession in each group of communes */
struct qz_supply {
    double heads; /* practitioners, those of several sites shared; planned ones not counted */
    double fte;   /* full-time equivalents; only where has_fte */
    bool has_fte; /* every site of the group states its FTE (true for a group without site) */
    size_t n_sites;
};
/* group_of_commune[commune]: group, UINT32_MAX none; NULL: each commune is a group. Sums in the
 * order of the sites. ret[n_groups]. O(sites). QZ_E_RANGE: a group number out of range. */
QZ_API int qz_supply_by_group(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                              const uint32_t *group_of_commune, size_t n_groups,
                              struct qz_supply *ret);
/* Count per 100 000 people; false where nobody lives. */
QZ_API bool qz_per_100k(double count, double people, double *ret);

/* ---- people by time to the nearest site */
struct qz_reach {
    double people;        /* all of the group */
    double people_within; /* at most the threshold away, cut-off included */
};
/* people[n], time_ms[n] of each commune (UINT32_MAX: unreached, hence beyond). */
QZ_API int qz_reach_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms,
                             size_t n, uint32_t threshold_ms, const uint32_t *group_of_commune,
                             size_t n_groups, struct qz_reach *ret);

#ifdef __cplusplus
}
#endif
