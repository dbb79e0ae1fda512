/* engine/network/network.h - the pieces of the compiler, between its files. */
#pragma once
#include "geo/geo.h"
#include "quinze/network.h"
#include "source/source.h"

void qz_speeds_freep(struct qz_speeds **s);
void qz_network_freep(struct qz_network **net);

/* Speed and kind of a class ("primary", "Route à 1 chaussée|3"); false: the table does not know it.
 */
enum { QZ_N_DENSITIES = 3 }; /* sparse, middling, dense */
struct qz_speed {
    double kmh[QZ_N_DENSITIES]; /* > 0 unless closed */
    enum qz_road_kind kind;
    bool relief; /* bends and slopes slow it down */
};
bool qz_speeds_find(const struct qz_speeds *s, const char *class_name, struct qz_speed *ret);
/* What a road of this class is driven at, without a stated limit. */
struct qz_road_place {
    double people_per_km2, slope_ratio;
    double crow_ratio; /* straight line between its ends by its length, at most 1 */
    bool peak;
};
double qz_speeds_kmh(const struct qz_speeds *s, const struct qz_speed *speed,
                     const struct qz_road_place *place);
double qz_speeds_limit_factor(const struct qz_speeds *s); /* driven speed / stated limit; 0: it does
                                                             not count */

/* Two one-ways on one line, there and back, become one edge. Before contraction; edges are numbered
 * anew. */
int qz_network_pair_ways(struct qz_ctx *ctx, struct qz_network *net);
/* Strongly connected parts: part[node], numbered from 0; a bend of a one-way between two parts is
 * one alone. */
int qz_network_parts(struct qz_ctx *ctx, const struct qz_network *net, uint32_t *part,
                     size_t *n_parts);
/* Marks snappable edges, counts islands. */
int qz_network_mark_islands(struct qz_ctx *ctx, const struct qz_network_params *params,
                            struct qz_network *net);
/* Puts nodes and edges in their final order: junctions along a Hilbert curve, chains by first
 * junction. Nodes with kept[node] stay junctions. Gives moved[edge before] = 2 * edge now + (turned
 * round), to be freed. */
int qz_network_contract(struct qz_ctx *ctx, struct qz_network *net, const uint8_t *kept,
                        uint32_t **moved);
/* What enters each junction. Uses the copies, if there are any. */
int qz_network_make_arcs(struct qz_ctx *ctx, struct qz_network *net);

/* A turn of the compiled graph that is not allowed: ways are 2 * chain, + 1 for its way back. */
struct qz_turn {
    uint32_t by, onto;
};
/* Makes the copies for n forbidden turns, and the arcs again. */
int qz_network_forbid(struct qz_ctx *ctx, struct qz_network *net, struct qz_turn *turns, size_t n);
/* Ways by which junction v may be left (leaving) or come to, at most 2 for each chain there; gives
 * their number. */
size_t qz_network_ways(const struct qz_network *net, uint32_t v, bool leaving, uint32_t *ways);
/* Order of n places along the curve: order[k] is the k-th. */
int qz_network_hilbert(struct qz_ctx *ctx, const struct qz_xy *at, size_t n, uint32_t *order);

/* How roads were cut into edges, in the order of the file: for restrictions. */
struct qz_cut_roads {
    const uint32_t *vertex, *node; /* vertex of each point; node of each vertex */
    const uint32_t *first_edge;    /* of each road, n + 1 */
};
struct qz_edge_turn { /* between edges numbered as in the file; back: against the edge */
    uint32_t by_edge, onto_edge;
    bool by_back, onto_back, only;
};
/* The restrictions that the graph can hold (turns: room for all of them); their nodes become
 * kept[node]. */
int qz_network_find_turns(struct qz_ctx *ctx, const struct qz_network *net,
                          const struct qz_roads *roads, const struct qz_cut_roads *cut,
                          struct qz_issues *issues, uint8_t *kept, struct qz_edge_turn *turns,
                          size_t *n_turns);
int qz_network_forbid_turns(struct qz_ctx *ctx, struct qz_network *net, const uint32_t *moved,
                            const struct qz_edge_turn *found, size_t n_found);

int qz_network_make_grid(struct qz_ctx *ctx, struct qz_network *net);
/* From nodes, edges (n_edges + 1) and points in any order to a whole network. */
int qz_network_finish(struct qz_ctx *ctx, const struct qz_network_params *params,
                      struct qz_network *net);

/* ---- what a network holds, as tables: files and qz_network_free know it from here */
struct qz_network_array {
    const char *name;
    size_t at, count; /* offsets in struct qz_network: of the pointer, of the number of items */
    size_t extra;     /* items beyond that number */
    size_t only_with; /* offset of a number: none of it, no array (NULL) */
    size_t size;      /* of an item */
};
struct qz_network_scalar {
    const char *name;
    size_t at, size; /* at most 8 bytes */
};
struct qz_network_text {
    const char *name;
    size_t at;
};
extern const struct qz_network_array qz_network_arrays[];
extern const struct qz_network_scalar qz_network_scalars[];
extern const struct qz_network_text qz_network_texts[];
extern const size_t qz_network_n_arrays, qz_network_n_scalars, qz_network_n_texts;
/* Where an array's pointer stands; its number of items. */
void **qz_network_array_at(const struct qz_network *net, const struct qz_network_array *a);
bool qz_network_array_given(const struct qz_network *net, const struct qz_network_array *a);
size_t qz_network_array_n(const struct qz_network *net, const struct qz_network_array *a);

/* ---- a mapped file: blocks are verified before their first use */
enum { QZ_BLOCK_SHIFT = 16 };
struct qz_network_file {
    char *path;
    const uint8_t *map, *data; /* the whole file; its blocks, the last one short */
    size_t map_bytes, data_bytes, n_blocks;
    const uint64_t *sums;
    uint64_t *verified; /* a bit a block, set by any thread */
    bool whole;         /* all of them */
};
struct qz_network_file *qz_network_file_free(struct qz_network_file *f);
int qz_network_verify_bytes(struct qz_ctx *ctx, const struct qz_network_file *f, const void *from,
                            size_t bytes);

/* Before the first use of n items of an array. */
static inline int qz_network_need(struct qz_ctx *ctx, const struct qz_network *net,
                                  const void *items, size_t n, size_t size) {
    if (!net->file || __atomic_load_n(&net->file->whole, __ATOMIC_RELAXED))
        return 0;
    return qz_network_verify_bytes(ctx, net->file, items, n * size);
}
#define QZ_NEED(ctx, net, items, n) qz_network_need(ctx, net, items, n, sizeof *(items))
/* Before what enters a junction is read. */
static inline int qz_network_need_in(struct qz_ctx *ctx, const struct qz_network *net,
                                     uint32_t junction) {
    if (!net->file)
        return 0;
    const uint32_t *first = net->in_first + junction;
    int r = QZ_NEED(ctx, net, first, 2);
    return r < 0 ? r : QZ_NEED(ctx, net, net->in + first[0], first[1] - first[0]);
}
/* Before the copies of a junction are, and what they forbid. */
int qz_network_need_copies(struct qz_ctx *ctx, const struct qz_network *net, uint32_t junction);
/* Before a chain, its edges and their points are read; before the chains at a junction are. */
int qz_network_need_chain(struct qz_ctx *ctx, const struct qz_network *net, uint32_t chain);
int qz_network_need_incident(struct qz_ctx *ctx, const struct qz_network *net, uint32_t junction);

/* For each commune that wants one: the crossing of plain roads with most other crossings within
 * 500 m in the same commune. found[i] = 1 and at[i] where there is one. */
int qz_network_crossings(struct qz_ctx *ctx, const struct qz_network *net,
                         const struct qz_locator *communes, size_t n_communes,
                         const uint8_t *wanted, struct qz_xy *at, uint8_t *found);
/* has_road[commune] = 1 where a road for cars (no ferry) lies in the commune, to some 50 m where
 * the road only cuts a corner; the others are left as they are. */
int qz_network_cover(struct qz_ctx *ctx, const struct qz_network *net,
                     const struct qz_shapes *shapes, const struct qz_locator *communes,
                     uint8_t *has_road);
