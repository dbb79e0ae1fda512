/* engine/locate/dual.h - the Lagrangian bound. Each place offers a price (in its own time) for
 * being served; a candidate earns what the price is above the time, and the p that earn most are
 * taken:
 *
 *     sum of weight x price - the p largest earnings <= any cost
 *
 * because, the prices given, nothing else would cost less. Subgradient steps raise the prices of
 * places that nobody took, and lower those that several did. */
#pragma once
#include "locate/open.h"

struct qz_dual {
    const struct qz_siting *s;
    size_t p;
    double *price, *best_price, *step;
    double *earning;    /* of a candidate */
    uint32_t *taken;    /* [n_candidates]: the first p of them are */
    uint32_t *n_takers; /* of a place */
    struct qz_tie *tie; /* by place, of candidates that are not closed */
    size_t *first, *end;
    uint8_t *closed;    /* of a candidate: no better answer has it */
    size_t n_open;      /* not closed */
    size_t n_forced;    /* every better answer has the first ones of `taken` */
    double value, safe; /* at the prices of now: as it comes, and surely not too high */
    double best;        /* highest of `safe` */
    double pace;
    unsigned n_dull;
};

/* Prices begin between the nearest and the second nearest of `near` (an answer). */
int qz_dual_init(struct qz_ctx *ctx, const struct qz_siting *s, size_t p,
                 const struct qz_near *near, struct qz_dual *ret);
/* All of `from`, to go another way. QZ_E_NOMEM. */
int qz_dual_copy(struct qz_ctx *ctx, const struct qz_dual *from, struct qz_dual *ret);
void qz_dual_done(struct qz_dual *d);
/* Works out value, safe, earning, taken and best. O(ties below their price + candidates). */
void qz_dual_look(struct qz_dual *d);
/* Closes candidates that are in no answer better than `cost`, forces those that are in all. */
void qz_dual_close(struct qz_dual *d, double cost);
/* From now on only of the answers that have, or have not, a free candidate. */
void qz_dual_force(struct qz_dual *d, uint32_t candidate);
void qz_dual_drop(struct qz_dual *d, uint32_t candidate);
/* Long steps again, from the best prices. */
void qz_dual_restart(struct qz_dual *d, double pace);
/* One step of the prices towards `cost`, that of the best answer. False: it stands still. */
bool qz_dual_step(struct qz_dual *d, double cost);
/* No cost below this one is left to find, `safe` being proven. */
bool qz_dual_proves(const struct qz_siting *s, double safe, double cost);
