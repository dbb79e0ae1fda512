/* engine/zone/area_board.h - the pieces of a territory, each cut into areas by itself. */
#pragma once
#include "quinze/zone.h"

/* ---- connected pieces: communes of one unit that neighbours link */
struct qz_pieces {
    size_t n;
    uint32_t *piece_of; /* [communes]; pieces stand in the order of their first commune */
    size_t *n_members;
    double *people;
    size_t *share; /* areas of each: by people, largest remainder, at least one, not more than it
                      has communes */
};
/* k is 1 to the communes. QZ_E_DATA: more pieces than areas; QZ_E_NOMEM. */
int qz_pieces_init(struct qz_ctx *ctx, const struct qz_land_of_communes *in, size_t k,
                   struct qz_pieces *ret);
void qz_pieces_done(struct qz_pieces *p);

/* ---- one piece, or the whole territory, numbered anew from 0 */
struct qz_board {
    struct qz_land_of_communes land; /* of its own communes: links within it only, none longer than
                                        far_ms, and one from each commune to itself that takes 0;
                                        no units */
    size_t *link_first;              /* links of seat s: land.links[link_first[s] .. [s + 1]) */
    uint32_t *commune;               /* of the territory, rising */
    double *weight; /* people, and next to nothing where nobody lives: such a commune goes to the
                       nearest area too */
    size_t k;       /* areas to make */
    uint32_t far_ms;
    double mean_people;             /* of an area, over the whole territory */
    double balance_mean;            /* the same, too-large communes and an area for each left out */
    double low_people, high_people; /* in balance, both included; a commune above is too large */
    void *owned[8];
};
/* From all communes with piece_of[] == piece (piece_of NULL: from all). link_first as above, of the
 * territory. Both means are those of the whole territory. QZ_E_NOMEM. O(communes + links of it). */
int qz_board_init(struct qz_ctx *ctx, const struct qz_land_of_communes *in,
                  const struct qz_areas_params *params, const size_t *link_first,
                  const uint32_t *piece_of, uint32_t piece, struct qz_board *ret);
void qz_board_done(struct qz_board *b);

/* ---- seeds */
/* centre[b->k]: a p-median of communes that may be a seat, or of any when they are too few. */
int qz_seeds(struct qz_ctx *ctx, const struct qz_board *b, uint32_t *centre);
/* People x seconds that no choice of k centres among all communes goes below. */
int qz_seeds_bound(struct qz_ctx *ctx, const struct qz_board *b, double *ret);
