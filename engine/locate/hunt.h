/* engine/locate/hunt.h - the best p sites that can be found, and what no p sites go below. */
#pragma once
#include "locate/dual.h"

struct qz_hunt {
    struct qz_ctx *ctx;
    const struct qz_siting *s;
    size_t p;
    unsigned n_starts, iterations;
    unsigned n_looks_more; /* to spend on branches, besides what is left of iterations */
    double gap_ratio;      /* stop when this near */
    double whole;    /* covering: all the weight, so that the gap is of what is covered; else 0 */
    double goal;     /* stop at this cost or below, or when none is; -INFINITY: there is no goal */
    double from, to; /* of progress */

    struct qz_open open; /* below: for the hunt itself */
    double *gain;
    uint32_t *fresh;
    uint64_t chance;
    uint32_t *best; /* [p] */
    double cost;    /* of best, without s->fixed; INFINITY: nothing was found */
    double lower;   /* no cost is below: of answers that may ignore `apart` */
    /* NULL until the bound was sought, see dual.h */
    uint8_t *closed;    /* of a candidate: no answer to beat the best has it */
    double *price;      /* of a place */
    double price_lower; /* what those prices prove */
};

/* Fill in the first part, the rest zero. start[p]: an answer to begin with, or NULL. QZ_E_DATA:
 * fewer than p fit apart; QZ_E_NOMEM; QZ_E_CANCELLED. Done by qz_hunt_done, failed or not. */
int qz_hunt(struct qz_hunt *h, const uint32_t *start);
void qz_hunt_done(struct qz_hunt *h);
/* Nothing better is left, the goal is met or beyond reach, or the gap is small enough. */
bool qz_hunt_is_over(const struct qz_hunt *h);
bool qz_hunt_is_proven(const struct qz_hunt *h);
/* What earns most in d, as an answer that may become the best. */
void qz_hunt_polish(struct qz_hunt *h, const struct qz_dual *d);
/* An answer counts from below this cost on: below the best one's, or at the goal. */
double qz_hunt_to_beat(const struct qz_hunt *h);
/* Takes what h->open holds when it is better than the best. */
void qz_hunt_keep(struct qz_hunt *h);
/* Of what the caller sees: the sum for a p-median, what is covered for covering. */
double qz_hunt_objective(const struct qz_hunt *h, double cost);
