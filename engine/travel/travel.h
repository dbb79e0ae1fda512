/* engine/travel/travel.h - fields of time over a grid, and the queue that all searches share. */
#pragma once
#include "geo/geo.h"
#include "network/network.h"
#include "quinze/travel.h"
#include "surface/surface.h"

void qz_search_freep(struct qz_search **s);
void qz_origins_freep(struct qz_origins **o);

/* ---- a queue of items by rounded key: a bucket holds [k * width, (k + 1) * width) */
struct qz_queue_entry {
    uint32_t item, key, next;
};
struct qz_queue {
    uint32_t *heads;
    uint32_t mask, shift; /* width is 1 << shift */
    struct qz_queue_entry *entries;
    size_t n_entries, cap, n_live;
    uint32_t bucket; /* the current one */
    uint32_t free;   /* entries taken out, used again first: the live ones stay in the cache */
};
/* Keys in the queue never differ by more than span. */
int qz_queue_init(struct qz_ctx *ctx, struct qz_queue *q, uint32_t width, uint64_t span);
void qz_queue_done(struct qz_queue *q);
/* Empties it; the least key to come. */
void qz_queue_start(struct qz_queue *q, uint32_t least);
int qz_queue_push(struct qz_ctx *ctx, struct qz_queue *q, uint32_t item, uint32_t key);
/* An entry of the lowest bucket; false: empty. Within a bucket the order is free: callers correct
 * labels. */
bool qz_queue_pop(struct qz_queue *q, uint32_t *item, uint32_t *key);
/* Up to n of them, all of the lowest bucket; 0: empty. */
size_t qz_queue_take(struct qz_queue *q, struct qz_queue_entry *ret, size_t n);

/* ---- least time over the ground */
enum qz_walk { /* what a slope does to the time of a move, where heights are given */
               QZ_WALK_TOBLER,
               QZ_WALK_LANGMUIR
};
struct qz_spread_params {
    unsigned moves; /* 8 neighbours, or 16 with the knight's moves */
    enum qz_walk walk;
    float limit_s;  /* > 0, included; INFINITY: any */
    double limit_m; /* of the way from a seed; INFINITY: any, and less work */
};
extern const struct qz_spread_params qz_spread_params_default; /* 16, Tobler, no limits */
/* seconds[]: in, the time of each seed, INFINITY elsewhere; out, of every cell the least time over
 * the ground to a seed plus the seed's own, INFINITY past the limits. A move costs its length times
 * the mean friction of its two cells; a knight's move, of the four cells it touches: the two ends
 * and those between them (as r.cost -k of GRASS). All of them must be passable; a diagonal move
 * between two barriers is closed too. With heights, times the factor of the slope between its ends,
 * on the way TO the seed. A seed on a barrier keeps its time and leads nowhere. With limit_m, the
 * length is that of the quickest way.
 * site: NULL, or the site of each seed; out, of every cell that of its seed (of equal times the
 * lowest), QZ_NO_SITE where no time is.
 * Memory besides the arrays: the front, and 4 bytes a cell with limit_m. On an error seconds and
 * site hold nothing of use. QZ_E_RANGE: a parameter, a friction, a height, a seed; QZ_E_NOMEM. */
int qz_spread(struct qz_ctx *ctx, const struct qz_surface *ground,
              const struct qz_spread_params *params, float *seconds, uint32_t *site);

/* ---- a field: seconds over a grid, what lies under it unseen by the caller */
struct qz_field_params {
    double cell_m;       /* > 0 */
    double walk_kmh;     /* off the road, where no ground is given */
    double walk_limit_m; /* how far from the road people walk; 0: the network alone */
    bool with_sites;     /* which site each cell goes to */
};
struct qz_land { /* where people can be: 1 inside the territory; grids of fields are parts of this
                    one */
    struct qz_grid grid;
    uint8_t *cells;
};
struct qz_field {
    struct qz_grid grid;
    float *seconds;         /* row by row; INFINITY: unreached */
    uint32_t *site;         /* NULL unless with_sites: of the search's or the call's, QZ_NO_SITE */
    double walk_s_per_cell; /* slope beyond the last cell */
};
int qz_land_new(struct qz_ctx *ctx, const struct qz_shapes *territory, double cell_m,
                struct qz_land **ret);
struct qz_land *qz_land_free(struct qz_land *land);
void qz_land_freep(struct qz_land **land);
/* From what the search found towards its sites, one or all, up to limit_ms (> 0): network times
 * along each plain road, walking from there over the ground (NULL: the land at walk_kmh), up to
 * walk_limit_m. Nobody is where there is no land, or a barrier. The ground's cells must be the
 * land's; what it does not cover is walked at walk_kmh. An empty grid when nothing is reached.
 * QZ_E_RANGE: limit_ms, grids that do not align, what qz_spread refuses. */
int qz_field_new(struct qz_ctx *ctx, const struct qz_search *s, const struct qz_land *land,
                 const struct qz_surface *ground, const struct qz_field_params *params,
                 uint32_t limit_ms, struct qz_field **ret);
/* The same without a network: over the ground to n sites, however far. walk_kmh only gives the
 * slope beyond the last cell. QZ_E_RANGE: also a site outside the ground or on a barrier, and a
 * grid that this machine's memory cannot hold. */
int qz_field_of_ground(struct qz_ctx *ctx, const struct qz_surface *ground,
                       const struct qz_xy *sites, size_t n, const struct qz_field_params *params,
                       uint32_t limit_ms, struct qz_field **ret);
struct qz_field *qz_field_free(struct qz_field *f);
void qz_field_freep(struct qz_field **f);

/* ---- for its neighbours: what a search knows */
const struct qz_network *qz_search_network(const struct qz_search *s);
size_t qz_search_touched(const struct qz_search *s, const uint32_t **junctions);
/* Time from the point of an edge at this fraction; site may be NULL. */
uint32_t qz_search_edge_ms(const struct qz_search *s, uint32_t edge, double fraction,
                           uint32_t *site);
/* The same for all points of an edge: at fraction f, the lesser of at_from_ms + f * backward_ms
 * (then from_site) and at_to_ms + (1 - f) * forward_ms; a junction at an end may be quicker. False:
 * a site stands on the edge's chain, and any point may be quicker by it: see the other call. */
struct qz_edge_times {
    double at_from_ms, at_to_ms; /* INFINITY: not that way */
    double backward_ms, forward_ms;
    uint32_t from_site, to_site;
};
bool qz_search_edge_times(const struct qz_search *s, uint32_t edge, struct qz_edge_times *ret);
/* The sites of the last call. */
size_t qz_search_sites(const struct qz_search *s, const struct qz_stop **sites);
