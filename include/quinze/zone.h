/* include/quinze/zone.h - groups of communes and their ranks: three15 (contiguous zones of about 15
 * 000 people, 15 minutes, 15 professionals), areas, the legal zonage, scores. May use locate/,
 * never layer/. */
#pragma once
#include "quinze/travel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what zones are made of; all arrays are borrowed for the call */
struct qz_land_of_communes {
    size_t n;                          /* communes */
    const char *const *code;           /* of each, for messages; NULL: their numbers */
    const double *people;              /* of each, >= 0 */
    const uint32_t *first, *neighbour; /* neighbours of i: neighbour[first[i] .. first[i + 1]);
                                          they share a piece of boundary, not only a point */
    const struct qz_link *links; /* from commune (origin) to seat commune (site), by seat, then
                                    commune; within the limit or more */
    size_t n_links;
    const uint8_t *may_seat; /* 1: it can hold a seat; NULL: any commune */
    const uint32_t *unit;    /* all communes of a zone have the same (departement ...); NULL: zones
                                may cross any limit */
};

/* ---- three15 */
struct qz_three15_params {
    double people_target, people_min, people_max; /* 0 < min <= target <= max */
    uint32_t limit_ms; /* every commune of a zone reaches its seat within this, included */
};
extern QZ_API const struct qz_three15_params qz_three15_params_default;

enum qz_unzoned {                   /* why a commune is in no zone */
                  QZ_ZONED,         /* it is in one */
                  QZ_UNZONED_ALONE, /* above people_max, and no seat of its own */
                  QZ_UNZONED_FAR,   /* no seat within the limit */
                  QZ_UNZONED_APART, /* in time for a seat, but not through communes that are in time
                                       too and not above people_max */
                  QZ_UNZONED_FEW,   /* no zone that holds it has people_min, within people_max */
                  QZ_UNZONED_CHOICE, /* it could be in one, but the zones chosen hold more people
                                        without it */
};
struct qz_zone {
    uint32_t seat;     /* commune */
    uint32_t first, n; /* members: qz_zones.member[first .. first + n), rising */
    double people;
    uint32_t longest_ms; /* from any member to the seat */
};
struct qz_zones {
    size_t n;
    struct qz_zone *items; /* by seat */
    uint32_t *member;      /* communes */
    uint32_t *zone_of;     /* of each commune: index, UINT32_MAX in none */
    uint8_t *unzoned;      /* of each commune: enum qz_unzoned */
    double *most_people;   /* of each commune: an upper bound of the people of a zone that holds it
                              (people within the limit of one seat, through each other, without
                              communes above people_max but itself), not cut at people_max; 0: it is
                              in time for no seat */
    double people, people_in_zones;
    double bound; /* no choice of zones holds more people than this */
    size_t n_communes;
};

/* Zones that hold as many people as can be, then are as near as can be to people_target, then as
 * compact as can be in time. Each is contiguous, within the bounds of people, and of one unit; a
 * commune above people_max is a zone alone, if it may be a seat; communes of 0 people are members
 * where that costs nothing. Parts of the territory that share no zone are decided apart. Where all
 * zones of a part can be listed the answer is searched among them and mostly proven (the bound is
 * equal); elsewhere zones are grown, mended by exchanges and tried again, and the bound is
 * Lagrangian (a knapsack a seat, contiguity left out). It is never above the people of communes
 * that could be in some zone. A seat is 0 ms from
 * itself, whatever the links say. Deterministic. QZ_E_RANGE (parameters, people that are no amount,
 * a link out of range or order), QZ_E_NOMEM, QZ_E_CANCELLED. No zone at all is no failure. */
QZ_API int qz_three15_new(struct qz_ctx *ctx, const struct qz_three15_params *params,
                          const struct qz_land_of_communes *in, struct qz_zones **ret);
QZ_API struct qz_zones *qz_zones_free(struct qz_zones *z);

/* ---- a partition into k areas */
struct qz_areas_params {
    size_t k;
    double balance_ratio; /* an area is balanced when its people are within this of balance_mean:
                             0.25 */
    uint32_t far_ms;      /* what a trip counts that the links do not have, or that takes longer */
};
extern QZ_API const struct qz_areas_params qz_areas_params_default;

struct qz_areas {
    size_t n, n_communes;
    uint32_t *area_of; /* of each commune, all of them; areas by centre */
    uint32_t *centre;  /* [n]: the member that the others reach fastest, by people */
    double *people;    /* [n] */
    size_t n_balanced;
    size_t n_parts;         /* pieces that the territory falls into: islands, and units */
    double mean_people;     /* of an area */
    double balance_mean;    /* what areas are judged against: the mean of an area when communes too
                               large are left out, with one area for each; else mean_people */
    double seconds;         /* people x time to the centre of their area */
    double bound;           /* of the same: the p-median without contiguity nor balance, of any
                               communes */
    double largest_commune; /* people */
    size_t n_too_large;   /* communes above balance_mean by more than balance_ratio, fewer than the
                             areas: an area with such a one cannot be balanced */
    size_t n_small_parts; /* pieces of the territory with too few people for an area in balance */
};
/* All communes into k contiguous areas of about as many people each, compact in time: seeds are a
 * p-median weighed by people (quinze/locate.h), grown in balance, then exchanges across borders
 * that keep every area in one piece. What counts is the number of balanced areas first; then the
 * people by whom the others miss the band, or whom a commune too large has with it in its area, as
 * they would fit elsewhere; then compactness. A commune too large that shares an area with another
 * counts as one more area out of balance, and as the most people of a balanced one. A trip from a
 * commune to itself takes 0, with a link or without. Areas never span two pieces of the territory;
 * each piece has at least one: QZ_E_DATA when there are more pieces than areas (the message names a
 * commune of the smallest pieces), QZ_E_RANGE (k is 0 or above the communes, or as qz_three15_new),
 * QZ_E_NOMEM. may_seat and unit of the input: centres are chosen among the former (an area without
 * any has another centre), areas stay within the latter. Deterministic. Some 6 400 tries a commune:
 * a second for 500 communes, 4 bytes x communes x k. */
QZ_API int qz_areas_new(struct qz_ctx *ctx, const struct qz_areas_params *params,
                        const struct qz_land_of_communes *in, struct qz_areas **ret);
QZ_API struct qz_areas *qz_areas_free(struct qz_areas *a);

/* ---- scores: terms of need, weighed */
enum { QZ_TERMS_MOST = 12 };
struct qz_term {
    double weight;      /* >= 0 */
    const double *need; /* [n], 0 (none) to 1; NAN: not known, then the other terms' weights count
                           for it */
};
struct qz_rank {
    double score;  /* 0 to 100, to 1e-9: the weighed mean of the needs that are known; NAN: none is
                      (of a term that weighs more than 0) */
    uint32_t rank; /* 1: the first to help; of equal scores the lower index; unknown ones last */
    uint32_t best, worst; /* rank when the weights move, each by the ratio up or down (times 1 +
                             ratio or 1 - ratio), in every combination, and when none moves: best <=
                             rank <= worst. Of unknown ones: rank */
};
/* ret[n]. QZ_E_RANGE: no term or too many, a weight or a need out of range, all weights 0,
 * move_ratio not from 0 to under 1; QZ_E_NOMEM, QZ_E_CANCELLED. O(2^terms n terms): 0.2 s for 3000
 * units and 12 terms, (60 + 8 terms) n bytes; terms that weigh nothing cost nothing. */
QZ_API int qz_rank_new(struct qz_ctx *ctx, const struct qz_term *terms, size_t n_terms, size_t n,
                       double move_ratio, struct qz_rank *ret);
/* need[n] from values: 0 at `good` and better, 1 at `bad` and worse, linear between; a value that
 * is NAN stays so. good == bad: 0 of every value that is known. good may be above bad (an APL) or
 * under it (minutes); both finite. need may be value itself. */
QZ_API void qz_need_between(const double *value, size_t n, double good, double bad, double *need);

/* ---- zonage of doctors: the official simulation */
enum qz_zonage_class { QZ_ZONAGE_NONE, QZ_ZONAGE_ZIP, QZ_ZONAGE_ZAC, QZ_ZONAGE_ZAR, QZ_N_ZONAGE };
/* "HZ", "ZIP", "ZAC", "ZAR", static; and back from the words that tables use (1_ZIP, 3_HZ, hors
 * zonage, "" ...): false: none of them (also "N/A", "5_ZV", "3_QPV_ZIP": a class of their own, or
 * of a part of the commune). Letter case, accents, plurals, punctuation and a number in front do
 * not count. */
QZ_API const char *qz_zonage_name(enum qz_zonage_class c);
QZ_API bool qz_zonage_parse(const char *word, enum qz_zonage_class *ret);

struct qz_zonage_regime {        /* NAN: not known, the plan must say it where it is needed */
    int year;                    /* that its name begins with; 0: none */
    bool by_density;             /* 2011: fragile zones under a gauge, no APL classes */
    double zip_below;            /* APL: under it ZIP by right */
    double pool_below;           /* APL: up to it, included, the pool */
    double zip_ratio, zac_ratio; /* gauges: share of the region's people */
    double derogation_ratio;     /* most people outside the pool classed by hand, of the pool's */
    double criteria_weight; /* of extra regional criteria beside APL in the pool's order, 0 to 1 */
};
/* The rows of a year and region in a text of the columns regime, region, parameter, value
 * (geodata/zonage-regimes.csv); rows with region "*" are for all, the region's own come before,
 * wherever they stand. Parameters: order (apl or density), zip_below_apl, pool_below_apl,
 * zip_percent, zac_percent, derogation_percent, criteria_percent. No row: NAN, order apl. A region
 * without rows of its own (or NULL) has those of all. QZ_E_PLAN: no such regime; QZ_E_DATA: a bad
 * value, a gauge over 100 %, a parameter that is unknown or stands twice; QZ_E_FORMAT: a column is
 * missing. */
QZ_API int qz_zonage_regime_read(struct qz_ctx *ctx, const char *table, const char *text,
                                 const char *regime, const char *region,
                                 struct qz_zonage_regime *ret);

enum qz_zonage_why {
    QZ_WHY_RIGHT,    /* APL under zip_below */
    QZ_WHY_POOL,     /* taken from the pool, in order */
    QZ_WHY_GAUGE,    /* in the pool, but the gauge was full, or it would have overflowed */
    QZ_WHY_OUT,      /* APL above the pool */
    QZ_WHY_OVERRIDE, /* by hand */
    QZ_WHY_UNKNOWN,  /* no APL */
    QZ_WHY_SPLIT,    /* split by population: the share is in the gauge */
};
struct qz_zonage_unit {    /* a TVS, or an arrondissement of Paris, Lyon or Marseille */
    double people;         /* >= 0 */
    double apl;            /* of the regime by density: the density; NAN: not known */
    double criterion;      /* extra regional need, 0 to 1; NAN: none, the need by APL stands in */
    uint32_t region;       /* of its people's majority: index below n_regions */
    int8_t override_class; /* enum qz_zonage_class; -1: none */
};
struct qz_zonage_result {
    enum qz_zonage_class kind;
    enum qz_zonage_why why;
    double share; /* of its people that the class holds: 1, but for a unit split by population */
    double rest_in_zac; /* share of its people that ZAC holds beside, of a unit split between ZIP
                           and ZAC; else 0. What is in neither share is in no class */
    uint32_t order;     /* in its region, as the pool was taken: 1 ..., those that found no room
                           too; 0: not from the pool */
};
struct qz_zonage_region {
    double people;                 /* of its units */
    double zip_gauge, zac_gauge;   /* people; NAN: not known, nor needed; by density zac is 0 */
    double zip_people, zac_people; /* classed, by right and by hand too */
    double pool_people;            /* APL in the pool (those by right are not), by hand or not */
    double derogation_people;      /* classed ZIP or ZAC by hand, APL above the pool */
    bool derogation_over;          /* above derogation_ratio */
    uint32_t zip_stopped, zac_stopped; /* unit that would have overflowed; UINT32_MAX: none */
};
struct qz_zonage_params {
    const char *const *region; /* names of the regions, for messages; NULL: their numbers */
    bool split; /* the first unit that would overflow is split by population; else it stops */
};
/* Per region, with regimes[region]: overrides first (they use up the gauges), ZIP by right (may
 * overflow the gauge: it is the law), then the pool in rising APL (criteria weighed in) until the
 * ZIP gauge, then until the ZAC gauge. ret[n], regions[n_regions].
 * - A gauge is a share of the people of all units of the region, those without APL too. It may be
 *   filled to the person. The first unit that would overflow it ends it, even if a later one would
 *   fit; that unit and those after go on to ZAC's gauge, which ends in the same way.
 * - The pool's order: rising APL; with a criteria_weight c above 0, falling (1 - c) x need by APL +
 *   c x criterion, where the need by APL is 1 at zip_below, 0 at pool_below, linear between; then
 *   rising APL. Equal ones by index. Units classed by hand have no place in it.
 * - By hand: any class holds, whatever the APL; ZAR and HZ use no gauge. A unit by hand of unknown
 *   APL is no derogation.
 * - Split: the stopping unit fills its gauge to the brim; of the rest, ZAC holds what it has room
 *   for. A gauge that is full already splits nothing.
 * - By density (2011): one gauge, zip_ratio; a fragile zone has the class ZIP, all units of known
 *   density are the pool, nothing is ZIP by right, criteria do not count, nor do derogations.
 * - Needed: zip_below and pool_below where a unit that has an APL is not classed by hand, or is ZIP
 *   or ZAC; the gauges where the pool has a unit that is not classed by hand; criteria_weight where
 *   such a one has a criterion; derogation_ratio where a unit above the pool is ZIP or ZAC by hand.
 * QZ_E_RANGE: a region, a class, a criterion or a value of the regime out of range, people or APL
 * negative or infinite, people not known; QZ_E_PLAN: what is needed is not known (names the
 * parameter, the regime and the region by its index, and how to give it); QZ_E_NOMEM.
 * O(n log n), 40 n bytes. */
QZ_API int qz_zonage_new(struct qz_ctx *ctx, const struct qz_zonage_params *params,
                         const struct qz_zonage_regime *regimes, size_t n_regions,
                         const struct qz_zonage_unit *units, size_t n, struct qz_zonage_result *ret,
                         struct qz_zonage_region *regions);

#ifdef __cplusplus
}
#endif
