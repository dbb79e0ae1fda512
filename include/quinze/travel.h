/* include/quinze/travel.h - travel times towards sites, exact to the millisecond; fields of
 * seconds. */
#pragma once
#include "quinze/network.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QZ_UNREACHED_MS UINT32_MAX
#define QZ_NO_SITE      UINT32_MAX

struct qz_travel_params {
    double access_kmh;   /* from a place to the road and from the road to a site, straight line */
    double snap_limit_m; /* farther from any road: no road */
};
extern QZ_API const struct qz_travel_params qz_travel_params_default; /* 20 km/h, 5 000 m */

/* ---- a place on the network: an origin or a site */
struct qz_stop {
    struct qz_xy at; /* the place itself */
    uint32_t edge;   /* UINT32_MAX: no road within the limit */
    double fraction; /* on the edge, 0 to 1; within a metre of an end: the end itself */
    double snap_m;   /* from the place to the road; INFINITY without one */
    uint32_t leg_ms; /* the time of that leg */
};
/* A place without a road is no failure: see edge. QZ_E_FORMAT: the network's file is damaged. */
QZ_API int qz_stop_at(struct qz_ctx *ctx, const struct qz_network *net,
                      const struct qz_travel_params *params, struct qz_xy place,
                      struct qz_stop *ret);

/* ---- many origins, ready to be asked */
struct qz_origins; /* opaque */
/* Borrows stops[n] and net. O(n + nodes). QZ_E_NOMEM. */
QZ_API int qz_origins_new(struct qz_ctx *ctx, const struct qz_network *net,
                          const struct qz_stop *stops, size_t n, struct qz_origins **ret);
QZ_API struct qz_origins *qz_origins_free(struct qz_origins *o);

/* ---- a search and its memory: one per thread, used again and again */
struct qz_search; /* opaque */
QZ_API int qz_search_new(struct qz_ctx *ctx, const struct qz_network *net, struct qz_search **ret);
QZ_API struct qz_search *qz_search_free(struct qz_search *s);

/* Times from every node to the nearest of sites[n], up to limit_ms (included). A trip is access
 * leg, network, egress leg; from a place to itself it takes 0. Equal times go to the lowest site.
 * The answers below hold until the next call. O(settled nodes and their arcs). QZ_E_NOMEM. */
QZ_API int qz_search_towards(struct qz_ctx *ctx, struct qz_search *s, const struct qz_stop *sites,
                             size_t n, uint32_t limit_ms);
/* QZ_UNREACHED_MS when no site is within the limit. site may be NULL. Of a network from a file: a
 * bend (a node from n_junctions on) only once qz_network_verify was called. */
QZ_API uint32_t qz_search_node_ms(const struct qz_search *s, uint32_t node, uint32_t *site);
/* The same for all nodes at once: time_ms[n_nodes], site[n_nodes] or NULL. */
QZ_API void qz_search_nodes(const struct qz_search *s, uint32_t *time_ms, uint32_t *site);
QZ_API uint32_t qz_search_origin_ms(const struct qz_search *s, const struct qz_stop *origin,
                                    uint32_t *site);
QZ_API size_t qz_search_n_settled(const struct qz_search *s);

/* ---- the questions callers ask */
struct qz_link {
    uint32_t origin, site, time_ms;
};
struct qz_links { /* by site, then origin */
    struct qz_link *items;
    size_t n, cap;
};
/* Appends the origins that reach sites[0] (numbered `site`) within limit_ms. */
QZ_API int qz_search_links(struct qz_ctx *ctx, struct qz_search *s,
                           const struct qz_origins *origins, const struct qz_stop *stop,
                           uint32_t site, uint32_t limit_ms, struct qz_links *links);
QZ_API void qz_links_done(struct qz_links *links);
/* Nearest site of each origin: time_ms[n_origins], site[n_origins]. */
QZ_API int qz_travel_nearest(struct qz_ctx *ctx, const struct qz_network *net,
                             const struct qz_stop *sites, size_t n_sites,
                             const struct qz_stop *origins, size_t n_origins, uint32_t *time_ms,
                             uint32_t *site);
/* The same, and the second nearest: the nearest once the nearest site closes, itself the lowest of
 * equals. Another site at the very same place is another site. second_ms[n_origins],
 * second_site[n_origins] (QZ_UNREACHED_MS and QZ_NO_SITE: it is the only one within reach). Some
 * 2 to 3 times the work of the above, and 16 bytes a junction. */
QZ_API int qz_travel_two_nearest(struct qz_ctx *ctx, const struct qz_network *net,
                                 const struct qz_stop *sites, size_t n_sites,
                                 const struct qz_stop *origins, size_t n_origins, uint32_t *time_ms,
                                 uint32_t *site, uint32_t *second_ms, uint32_t *second_site);
/* flag[n] = 1 for each place at most limit_ms away from one of edge[n_edge], there or back: care
 * beyond the edge is driven to, and people beyond it drive this way to care that is shared. Give
 * several stops of each edge commune (its homes) rather than one: what counts is how far the edge
 * is. O(nodes). */
QZ_API int qz_travel_edge_effect(struct qz_ctx *ctx, const struct qz_network *net,
                                 const struct qz_stop *edge, size_t n_edge,
                                 const struct qz_stop *places, size_t n, uint32_t limit_ms,
                                 uint8_t *flag);
/* All pairs within limit_ms, on the context's threads; the order never depends on them. */
QZ_API int qz_travel_links(struct qz_ctx *ctx, const struct qz_network *net,
                           const struct qz_stop *sites, size_t n_sites,
                           const struct qz_origins *origins, uint32_t limit_ms,
                           struct qz_links *ret);

#ifdef __cplusplus
}
#endif
