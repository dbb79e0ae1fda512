/* engine/network/network.h - the pieces of the compiler, between its files. */
#pragma once
#include "geo/geo.h"
#include "quinze/network.h"
#include "source/source.h"

void qz_speeds_freep(struct qz_speeds **s);
void qz_network_freep(struct qz_network **net);

/* Speed and kind of a class ("primary", "Route à 1 chaussée|3"); false: the table does not know it.
 */
struct qz_speed {
    double kmh; /* > 0 unless closed */
    enum qz_road_kind kind;
};
bool qz_speeds_find(const struct qz_speeds *s, const char *class_name, struct qz_speed *ret);
double qz_speeds_limit_factor(const struct qz_speeds *s); /* driven speed / stated limit */

/* Strongly connected parts: part[node], numbered from 0; a bend of a one-way between two parts is
 * one alone. */
int qz_network_parts(struct qz_ctx *ctx, const struct qz_network *net, uint32_t *part,
                     size_t *n_parts);
/* Marks snappable edges, counts islands. */
int qz_network_mark_islands(struct qz_ctx *ctx, const struct qz_network_params *params,
                            struct qz_network *net);
/* Puts nodes and edges in their final order: junctions along a Hilbert curve, chains by first
 * junction. */
int qz_network_contract(struct qz_ctx *ctx, struct qz_network *net);
/* Order of n places along the curve: order[k] is the k-th. */
int qz_network_hilbert(struct qz_ctx *ctx, const struct qz_xy *at, size_t n, uint32_t *order);

int qz_snap_index_new(struct qz_ctx *ctx, const struct qz_network *net, struct qz_snap_index **ret);
struct qz_snap_index *qz_snap_index_free(struct qz_snap_index *index);

/* For each commune that wants one: the crossing of plain roads with most other crossings within
 * 500 m in the same commune. found[i] = 1 and at[i] where there is one. */
int qz_network_crossings(struct qz_ctx *ctx, const struct qz_network *net,
                         const struct qz_locator *communes, size_t n_communes,
                         const uint8_t *wanted, struct qz_xy *at, uint8_t *found);
