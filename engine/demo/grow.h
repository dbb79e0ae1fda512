/* engine/demo/grow.h - shares the communes among seats: each goes to the seat that is cheapest to
 * reach, so that the parts hold together. */
#pragma once
#include "demo/country.h"

enum { QZ_GROW_FERRY = QZ_HEX_SIDES, QZ_GROW_ROOT }; /* besides the six sides */

struct qz_growth {
    uint32_t *seat; /* QZ_NOWHERE: not reached */
    double *cost;
    uint8_t *back; /* side towards the seat, or one of the two above */
};
/* Cost of leaving commune i towards j; negative: closed. */
typedef double (*qz_grow_cost)(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way);
typedef bool (*qz_grow_seat)(const struct qz_commune *m);

/* The commune beyond a side, or at the other end of the ferry; QZ_NOWHERE: none. */
uint32_t qz_grow_beyond(const struct qz_commune *m, int side);
/* Fills g, to be released with qz_growth_done whatever comes back. O(n log n). QZ_E_NOMEM. */
int qz_grow(struct qz_ctx *ctx, const struct qz_country *c, qz_grow_seat is_seat, qz_grow_cost cost,
            struct qz_growth *g);
void qz_growth_done(struct qz_growth *g);
