/* engine/demo/spread.h - shares the communes among seats: each goes to the seat that is cheapest to
 * reach, so that the parts hold together. */
#pragma once
#include "demo/country.h"

enum { QZ_SPREAD_FERRY = QZ_HEX_SIDES, QZ_SPREAD_ROOT }; /* besides the six sides */

struct qz_spread {
    uint32_t *seat; /* QZ_NOWHERE: not reached */
    double *cost;
    uint8_t *back; /* side towards the seat, or one of the two above */
};
/* Cost of leaving commune i towards j; negative: closed. */
typedef double (*qz_spread_cost)(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way);
typedef bool (*qz_spread_seat)(const struct qz_commune *m);

/* The commune beyond a side, or at the other end of the ferry; QZ_NOWHERE: none. */
uint32_t qz_spread_beyond(const struct qz_commune *m, int side);
/* Fills g, to be released with qz_spread_done whatever comes back. O(n log n). QZ_E_NOMEM. */
int qz_spread_new(struct qz_ctx *ctx, const struct qz_country *c, qz_spread_seat is_seat,
                  qz_spread_cost cost, struct qz_spread *g);
void qz_spread_done(struct qz_spread *g);
