/* engine/zone/three15.h - the parts of three15: who can be in whose zone, the pieces of a territory
 * that have nothing to do with each other, a choice of zones that changes, its bound. */
#pragma once
#include "base/base.h"
#include "quinze/zone.h"
#include "zone/contiguity.h"

#define QZ_NO_COMMUNE UINT32_MAX

/* ---- reach: the communes that can be in a zone of a seat */
struct qz_reached {
    uint32_t at, ms; /* a commune, or a seat */
};
struct qz_reach {
    uint32_t *first;          /* [n + 1], of each seat */
    struct qz_reached *items; /* by seat, then commune; the seat itself with 0 ms. In time, of the
                                 unit, not above people_max but the seat, joined to the seat by such
                                 communes, and by some that have people_max or less together. A seat
                                 with less than people_min in all has none. */
    uint8_t *reason;          /* of each commune: enum qz_unzoned; QZ_UNZONED_FEW: to be settled */
    double *most_people;      /* see struct qz_zones */
};
int qz_reach_init(struct qz_ctx *ctx, const struct qz_three15_params *params,
                  const struct qz_land_of_communes *land, struct qz_reach *ret);
void qz_reach_done(struct qz_reach *r);

/* ---- basins: communes that can be in the same zones, directly or through others. Zones of one
 * basin do not touch the choice in another. Communes are renumbered in a basin, in their order. */
struct qz_basin {
    struct qz_three15_params params;
    struct qz_land_of_communes land; /* n, people, first, neighbour of the basin */
    uint32_t *commune;               /* [n] in the territory, rising */
    uint32_t *seat_first;            /* [n + 1] */
    struct qz_reached *by_seat;      /* communes, rising */
    uint32_t *commune_first;         /* [n + 1] */
    struct qz_reached *by_commune;   /* seats, rising */
    double *people;
    uint32_t *first, *neighbour;
    double done_from, done_to; /* for progress */
};
struct qz_basins {
    size_t n;
    uint32_t *first;   /* [n + 1] */
    uint32_t *commune; /* by basin, rising */
    uint32_t *local;   /* [communes]: number in its basin; QZ_NO_COMMUNE: can be in no zone */
};
int qz_basins_init(struct qz_ctx *ctx, const struct qz_land_of_communes *land,
                   const struct qz_reach *reach, struct qz_basins *ret);
void qz_basins_done(struct qz_basins *b);
int qz_basin_init(struct qz_ctx *ctx, const struct qz_three15_params *params,
                  const struct qz_land_of_communes *land, const struct qz_reach *reach,
                  const struct qz_basins *basins, size_t k, struct qz_basin *ret);
void qz_basin_done(struct qz_basin *b);
/* From a commune to a seat, QZ_UNREACHED_MS when it cannot be in its zone. O(log seats). */
uint32_t qz_basin_ms(const struct qz_basin *b, uint32_t commune, uint32_t seat);

/* ---- what is wanted of zones: people, then off_target, then burden, then communes */
struct qz_merit {
    double in_zones, off_target; /* people */
    double burden;               /* people x ms */
    size_t n_in_zones;           /* communes */
};
/* Above 0: a is better. Rounding of the sums does not count. */
int qz_merit_compare(const struct qz_merit *a, const struct qz_merit *b);

/* ---- a choice of zones in a basin. A zone goes by its seat. Sums are kept by each change. */
struct qz_choice {
    size_t n;
    uint32_t *seat_of;       /* of each commune; QZ_NO_COMMUNE: in none */
    uint32_t *members;       /* of each seat */
    double *people, *burden; /* of each seat; burden: people x ms */
    struct qz_merit merit;
    uint32_t *touched; /* communes and seats that changed since qz_choice_follow */
    size_t n_touched;
    uint8_t *is_touched;
};
int qz_choice_init(struct qz_ctx *ctx, size_t n, struct qz_choice *ret);
void qz_choice_done(struct qz_choice *c);
void qz_choice_clear(struct qz_choice *c);
void qz_choice_copy(struct qz_choice *to, const struct qz_choice *from);
/* The same for two choices that were equal, then one of them changed; touched is empty afterwards.
 * O(touched). */
void qz_choice_follow(struct qz_choice *to, const struct qz_choice *from,
                      struct qz_choice *changed);
void qz_choice_touch(struct qz_choice *c, uint32_t i);
void qz_choice_join(const struct qz_basin *b, struct qz_choice *c, uint32_t commune, uint32_t seat);
void qz_choice_leave(const struct qz_basin *b, struct qz_choice *c, uint32_t commune);
void qz_choice_dissolve(const struct qz_basin *b, struct qz_choice *c, uint32_t seat);
/* Burden of the zone of `seat` if its seat were `other`, one of its members; INFINITY: somebody
 * would be too far. O(reach of other). */
double qz_choice_burden_from(const struct qz_basin *b, const struct qz_choice *c, uint32_t seat,
                             uint32_t other);
void qz_choice_reseat(const struct qz_basin *b, struct qz_choice *c, uint32_t seat, uint32_t other);

/* ---- the work on a choice */
struct qz_work {
    const struct qz_basin *basin;
    struct qz_choice now;
    struct qz_contiguity contiguity;
    uint64_t chance;
    uint32_t *area; /* the communes worked on */
    size_t n_area;
    uint32_t *mark, marked; /* of each commune: in the area */
    uint32_t *edge;         /* grow: communes beside the zone */
    double *key;            /* grow: of each commune beside */
};
uint64_t qz_work_draw(struct qz_work *w); /* the next number by chance */
uint32_t qz_work_below(struct qz_work *w, size_t n);
double qz_work_unit(struct qz_work *w); /* [0, 1) */
/* A zone from a free seat, of free communes, the nearest first, until it has `goal` people. wild: 0
 * keeps the order of times, nearly 2 forgets it. False: there are too few; nothing changed. */
bool qz_grow_zone(struct qz_work *w, uint32_t seat, double goal, double wild);
/* Free communes of the area into zones beside, by exchanges too. */
void qz_mend_free(struct qz_work *w);
/* Border communes and seats of the area's zones that were touched, as long as the choice gets
 * better. */
void qz_mend_balance(struct qz_work *w);

/* ---- all zones of a small basin, as sets of places: bits, see commune[] */
enum { QZ_LISTING_MOST = 64 }; /* communes */
struct qz_zone_set {
    uint64_t set;
    double people, burden; /* from the best seat */
    uint32_t seat;
};
struct qz_listing {
    const struct qz_basin *basin;
    uint32_t place[QZ_LISTING_MOST], commune[QZ_LISTING_MOST]; /* of each other */
    struct qz_zone_set *items;                                 /* by set */
    size_t n, cap;
    bool whole; /* false: they are too many, some are not here */
};
int qz_listing_init(struct qz_ctx *ctx, const struct qz_basin *b, struct qz_listing *ret);
void qz_listing_done(struct qz_listing *l);
void qz_listing_may(const struct qz_listing *l, uint8_t *may); /* [n]: in one of the zones */
/* A choice of listed zones that is better than the one given, if there is one. Proven: it is the
 * best of all and holds *bound people; else the search was cut and *bound is an upper bound. */
int qz_exact_zones(struct qz_ctx *ctx, const struct qz_listing *l, uint32_t nodes,
                   struct qz_choice *choice, double *bound, bool *proven);

/* ---- answers */
struct qz_effort {
    uint32_t exact_most; /* basins of so many communes have their zones listed; QZ_LISTING_MOST */
    uint32_t nodes;      /* of the search among listed zones */
    uint32_t trials, per_commune; /* of dissolving and growing again */
    uint32_t bound_rounds;
};
extern const struct qz_effort qz_effort_default;
int qz_trials(struct qz_ctx *ctx, const struct qz_basin *b, const struct qz_effort *effort,
              const double *price, struct qz_choice *ret);
/* may[n]: the commune can be in a zone: it is in one of the choice, or another was found, or none
 * in so many steps. */
int qz_zones_may(struct qz_ctx *ctx, const struct qz_basin *b, const struct qz_choice *choice,
                 uint8_t *may);
/* No choice of zones in the basin holds more people than *ret; found: what one holds. price[n]:
 * what a commune costs a zone, when zones bid for them: in a zone of a good choice its people are
 * worth about the prices of all members. */
int qz_zones_bound(struct qz_ctx *ctx, const struct qz_basin *b, const struct qz_effort *effort,
                   const uint8_t *may, double found, double *price, double *ret);
/* qz_three15_new with another effort. */
int qz_three15_with(struct qz_ctx *ctx, const struct qz_three15_params *params,
                    const struct qz_effort *effort, const struct qz_land_of_communes *in,
                    struct qz_zones **ret);
