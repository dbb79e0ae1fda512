/* engine/locate/pick.h - answers from prices: sites whose places pay most, less what is not needed.
 */
#pragma once
#include "locate/fewest.h"
#include "locate/open.h"
#include "locate/toll.h"

struct qz_pick {
    struct qz_open open; /* to look at an answer as it is told */
    uint32_t *site;      /* candidates: those forced, and those picked */
    size_t n;
    /* for the work */
    uint32_t *own, *n_covers; /* the picked ones as sites of the cover; of a place: picked for it */
    double *gain;
    uint8_t *blocked; /* of a candidate: too near to one that is picked */
};

int qz_pick_init(struct qz_ctx *ctx, const struct qz_siting *s, struct qz_pick *ret);
void qz_pick_done(struct qz_pick *p);
/* An answer from the prices of now; taken over into f when it is better. */
void qz_pick(struct qz_pick *p, const struct qz_toll *t, struct qz_fewest *f);
/* Those forced alone. False: they are no answer, as sums are rounded. */
bool qz_pick_forced(struct qz_pick *p, const struct qz_cover *v, struct qz_fewest *f);
