/* engine/locate/siting.h - what every model comes down to: open p candidates so that the sum of
 * weight x time is least, where nobody's time is above a limit of his own. Covering is the same
 * with times of 0 (covered) and 1 (not). Existing sites are in those limits. */
#pragma once
#include "base/base.h"
#include "quinze/locate.h"

#define QZ_NO_CANDIDATE UINT32_MAX

struct qz_tie { /* a place and a candidate that can help it */
    uint32_t at, time;
};

struct qz_siting {
    size_t n_places, n_candidates; /* places: those of weight that some candidate can help */
    double *weight;                /* > 0 */
    double *far;                   /* time when no new site helps, above that of any tie */
    size_t *first;                 /* ties of a place, nearest first, equals by candidate */
    struct qz_tie *tie;
    size_t *site_first; /* ties of a candidate, nearest first, equals by place */
    struct qz_tie *site_tie;
    size_t most_ties; /* of a candidate */
    double fixed;     /* cost of the places that no candidate helps */
    double grain;     /* every cost is a multiple of it, and sums are without error; 0: not so */
    double least;     /* cost when every candidate is open */
    bool must_reach;  /* a place left at `far` is not allowed: `far` is a fine that outweighs all */
    const uint32_t *apart_first, *apart; /* borrowed */
};

/* Checks all of the input but p. QZ_E_RANGE, QZ_E_DATA, QZ_E_NOMEM. */
int qz_siting_init(struct qz_ctx *ctx, const struct qz_locate_params *params,
                   const struct qz_locate_input *in, struct qz_siting *ret);
void qz_siting_done(struct qz_siting *s);

/* The time of a place without new sites; UINT32_MAX: none reaches it. */
static inline uint32_t qz_served(const struct qz_locate_input *in, size_t demand) {
    return in->served_ms ? in->served_ms[demand] : QZ_UNREACHED_MS;
}
