/* engine/locate/toll.h - the Lagrangian bound of what is left to cover. Each place pays a price for
 * being covered, a site costs 1 and is opened when its places pay more; who pays most by weight is
 * left out, as far as there is room:
 *
 *     sum of prices + sum over sites of min(0, 1 - its prices) - what those left out pay
 *
 * is not above the number of sites of any answer. */
#pragma once
#include "locate/cover.h"

struct qz_toll_rate { /* price by weight, of a place that may be left out */
    double rate, weight, price;
    uint32_t at;
};

struct qz_toll {
    struct qz_cover *v;
    double *best_price, *step;
    double *cost; /* of a site: 1 less the prices of its places */
    double *out;  /* of a place: how much of it is left out, 0 to 1 */
    struct qz_toll_rate *rate;
    double bar;         /* the rate from which places are left out */
    double value, safe; /* at the prices of now: as it comes, and surely not too high */
    double best;        /* highest of `safe` */
    double pace;
    unsigned n_dull;
};

int qz_toll_init(struct qz_ctx *ctx, struct qz_cover *v, double pace, struct qz_toll *ret);
void qz_toll_done(struct qz_toll *t);
/* Works out cost, out, value, safe and best. O(ties). */
void qz_toll_look(struct qz_toll *t);
/* One step of the prices towards `goal`, a number of sites above the bound. False: it stands still.
 */
bool qz_toll_step(struct qz_toll *t, double goal);
/* At the prices of now: marks the sites and places whose part is clear in every answer of fewer
 * than n sites, those forced included. True: some were. The cover must then be packed. */
bool qz_toll_settle(struct qz_toll *t, size_t n);
/* With those forced, no answer has fewer than this. */
size_t qz_toll_lower(const struct qz_toll *t);
