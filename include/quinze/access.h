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

/* ---- where people are counted: the cells of a commune's grid, or its one point where it has none.
 * Results are immutable once made. */
struct qz_homes {
    size_t n, n_communes, n_cells;
    uint32_t *first; /* n_communes + 1; homes of commune c: [first[c], first[c + 1]), never none */
    uint32_t *commune; /* of each home, rising */
    struct qz_xy *at;
    double *weight;     /* people of a cell as its grid counts them, above 0; 1 for a point */
    uint8_t *has_cells; /* by commune */
};
/* cells: by commune; NULL: none. One point for each commune. QZ_E_RANGE, QZ_E_NOMEM. */
QZ_API int qz_homes_new(struct qz_ctx *ctx, const struct qz_cells *cells,
                        const struct qz_points *points, struct qz_homes **ret);
QZ_API struct qz_homes *qz_homes_free(struct qz_homes *h);
/* people[n]: of each home, such that those of commune c add up to legal[c] (>= 0); factor[c] is
 * what each of its weights was multiplied by. */
QZ_API void qz_homes_people(const struct qz_homes *h, const double *legal, double *people,
                            double *factor);
/* The figures of each commune from those of its homes (home_ms[n], home_site[n]): time_ms is the
 * mean over the people who reach a site, QZ_UNREACHED_MS when nobody does; site the one that most
 * are nearest to, QZ_NO_SITE likewise. QZ_E_RANGE: a site out of range; QZ_E_NOMEM. */
QZ_API int qz_homes_nearest(struct qz_ctx *ctx, const struct qz_homes *h, const uint32_t *home_ms,
                            const uint32_t *home_site, size_t n_sites, uint32_t *time_ms,
                            uint32_t *site);

/* ---- people by time to the nearest site */
struct qz_reach {
    double people;        /* all of the group */
    double people_within; /* at most the threshold away, cut-off included */
};
/* people[n], time_ms[n] of each home (QZ_UNREACHED_MS: hence beyond); group_of[n]: its commune,
 * NULL: each is a group. Sums in the order of the homes. QZ_E_RANGE: a group out of range. */
QZ_API int qz_reach_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms,
                             size_t n, uint32_t threshold_ms, const uint32_t *group_of,
                             size_t n_groups, struct qz_reach *ret);
/* The reach of larger groups from that of their parts[n]: territories from communes. */
QZ_API int qz_reach_sum(struct qz_ctx *ctx, const struct qz_reach *parts, size_t n,
                        const uint32_t *group_of, size_t n_groups, struct qz_reach *ret);

#ifdef __cplusplus
}
#endif
