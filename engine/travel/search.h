/* engine/travel/search.h - the pieces of a search, between the files of this folder. */
#pragma once
#include "travel/travel.h"

#define QZ_NO_EDGE  UINT32_MAX
#define QZ_NO_CHAIN UINT32_MAX

/* ---- ways.c: between a point of an edge and the junctions at the ends of its chain */
enum { QZ_MOST_WAYS = 3, QZ_BUCKET_MS = 1024 };
#define QZ_NO_WAY_MS UINT64_MAX
/* Each junction or copy from which a place is entered, with the time to its door; gives what the
 * call gives, QZ_E_FORMAT. */
typedef int (*qz_enter_fn)(struct qz_ctx *ctx, void *user, uint32_t head, uint64_t ms);
int qz_stop_enter(struct qz_ctx *ctx, const struct qz_network *net, const struct qz_stop *stop,
                  qz_enter_fn call, void *user);
/* Where one comes out from a point of an edge; gives their number. */
struct qz_way_out {
    uint32_t head; /* a junction or a copy */
    uint64_t ms;
};
size_t qz_ways_out(const struct qz_network *net, uint32_t edge, double fraction,
                   struct qz_way_out ret[QZ_MOST_WAYS]);
/* Straight along a chain to another point of it: on the same edge, or on one ahead or behind.
 * QZ_NO_WAY_MS: it is closed that way. */
uint64_t qz_way_along_ms(const struct qz_network *net, uint32_t edge, double fraction,
                         uint32_t there, double there_fraction);

/* ---- search.c */
struct qz_label { /* what a junction knows; 8 bytes, so that a relaxation touches one cache line */
    uint32_t ms, site;
};
struct qz_placed { /* a site and the chain it stands on; QZ_NO_CHAIN: off the road */
    uint32_t chain, site;
};
enum { QZ_MAY_HOLD_BITS = 1 << 16 };
struct qz_search {
    const struct qz_network *net;
    struct qz_label *labels; /* of each junction and copy */
    uint32_t *touched;
    size_t n_touched, n_settled;
    struct qz_queue queue;
    uint64_t queue_span;
    uint32_t limit_ms;
    const struct qz_stop *sites; /* of the last call, and where they stand, by chain */
    size_t n_sites;
    struct qz_placed *placed;
    size_t cap_placed;
    uint64_t may_hold[QZ_MAY_HOLD_BITS / 64]; /* by chain, folded: 0 where no site stands */
    struct qz_queue_entry *deferred; /* junctions whose turn was put off, see search_in_blocks */
    size_t n_deferred, cap_deferred;
};
/* Into placed, from where sites of the chain follow one another; n_sites where there is none. */
size_t qz_search_on_chain(const struct qz_search *s, uint32_t chain);

static inline uint32_t qz_stop_chain(const struct qz_network *net, const struct qz_stop *stop) {
    return stop->edge == QZ_NO_EDGE ? QZ_NO_CHAIN : net->edges[stop->edge].chain;
}
/* No trip at all, whatever the roads. */
static inline bool qz_stop_same_place(const struct qz_stop *a, const struct qz_stop *b) {
    return a->at.x_m == b->at.x_m && a->at.y_m == b->at.y_m;
}
/* Lower time first; of equal times the lower site. */
static inline bool qz_label_before(uint64_t ms, uint32_t site, struct qz_label l) {
    return ms < l.ms || (ms == l.ms && site < l.site);
}
