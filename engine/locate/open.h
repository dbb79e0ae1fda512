/* engine/locate/open.h - which candidates are open, and the two nearest of each place. */
#pragma once
#include "locate/siting.h"

struct qz_near { /* of a place: slots of its nearest and second nearest; n_slots: none */
    double time, second_time, weight;
    uint32_t slot, second_slot;
};

struct qz_open {
    const struct qz_siting *s;
    size_t n_slots;    /* p */
    uint32_t *site;    /* of a slot; QZ_NO_CANDIDATE: empty */
    uint32_t *slot;    /* of a candidate; QZ_NO_CANDIDATE: it is not open */
    uint32_t *n_apart; /* of a candidate: open ones that it is too near to */
    struct qz_near *near;
    double *loss; /* [n_slots + 1]: what the cost rises by when the slot is emptied */
    double *fall; /* [n_slots + 1]: for qz_open_improve */
    double reach; /* no second time is above it */
};

/* All slots empty. QZ_E_NOMEM. */
int qz_open_init(struct qz_ctx *ctx, const struct qz_siting *s, size_t n_slots,
                 struct qz_open *ret);
void qz_open_done(struct qz_open *o);

void qz_open_clear(struct qz_open *o);
void qz_open_put(struct qz_open *o, uint32_t slot, uint32_t site); /* into an empty slot */
void qz_open_take(struct qz_open *o, uint32_t slot);               /* out of a full one */
double qz_open_cost(const struct qz_open *o);                      /* without s->fixed; O(places) */
/* What opening the candidate would save. O(its ties). */
double qz_open_gain(const struct qz_open *o, uint32_t site);

/* Fills the empty slots with what saves most, one after the other. False: no candidate is left that
 * is far enough apart, and slots stay empty. Closed candidates (closed[c] != 0; NULL: none) stay
 * closed. Stops early once the cost is `enough` or less. gain and fresh: [n_candidates], for the
 * work. */
bool qz_open_fill(struct qz_open *o, const uint8_t *closed, double enough, double *gain,
                  uint32_t *fresh);

/* Swaps one open candidate for another as long as that saves: at the end no swap does. */
void qz_open_improve(struct qz_open *o, const uint8_t *closed);
