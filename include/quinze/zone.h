/* include/quinze/zone.h - three15: contiguous zones of about 15 000 people, 15 minutes, 15
 * professionals. */
#pragma once
#include "quinze/travel.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qz_three15_params {
    double people_target, people_min, people_max;
    uint32_t limit_ms;    /* every commune of a zone reaches its seat within this */
    double professionals; /* brought together in the pole at the seat */
    double weight_beyond, weight_density, weight_missing; /* of the score, see qz_zone.score */
};
extern QZ_API const struct qz_three15_params qz_three15_params_default;

struct qz_three15_input { /* borrowed for the call */
    size_t n;             /* communes */
    const double *people;
    const uint32_t *first, *neighbour; /* neighbours of i: neighbour[first[i] .. first[i + 1]) */
    const struct qz_link
        *links; /* commune to seat commune, within limit_ms or more; by seat, then commune */
    size_t n_links;
    const double *beyond;     /* people of each commune over limit_ms from a GP today */
    const double *gp_heads;   /* of each commune */
    const double *structured; /* professionals in coordinated structures of each commune */
    const uint8_t *may_seat;  /* NULL: any commune */
};

struct qz_zone {
    uint32_t seat;     /* commune */
    uint32_t first, n; /* members: qz_zones.member[first .. first + n), rising */
    uint32_t rank;     /* 1: first to serve */
    double people, structured, missing, gp_heads;
    double beyond_now;   /* people over limit_ms from a GP */
    uint32_t longest_ms; /* from any member to the seat */
    double score;        /* 0 to 100: weighted share of people beyond, shortfall of GP density
                            against the whole, share of professionals missing */
};
struct qz_zones {
    size_t n;
    struct qz_zone *items; /* by rank */
    uint32_t *member;      /* communes */
    uint32_t *zone_of;     /* of each commune: index, UINT32_MAX in none */
    double people, people_in_zones;
    size_t n_communes;
};

/* Grows zones from the most populous seat down, nearest neighbour first, then hands what is left to
 * adjoining zones that can take it. Zones are contiguous; a commune above people_max stands alone.
 * A heuristic without bound yet. O(links log links). QZ_E_RANGE (parameters), QZ_E_NOMEM. */
QZ_API int qz_three15_new(struct qz_ctx *ctx, const struct qz_three15_params *params,
                          const struct qz_three15_input *in, struct qz_zones **ret);
QZ_API struct qz_zones *qz_zones_free(struct qz_zones *z);

#ifdef __cplusplus
}
#endif
