/* engine/locate/cover.h - what is left to cover: kinds of places (those that the same sites cover),
 * the sites that may still open, and those that must. Smaller after each fact that is learnt.
 *
 * A place may be left out while the weight of all that are left out is within `room`. */
#pragma once
#include "locate/siting.h"

struct qz_cover {
    const struct qz_siting *s;
    size_t n_places, n_sites, n_forced;
    double room;
    double *weight; /* of a place; INFINITY: it must be covered, whatever the room */
    double *price;  /* of a place: what covering it is worth, in sites; see toll.h */
    size_t *first, *site_first;
    uint32_t *tie, *site_tie;        /* sites of a place, places of a site, both rising */
    uint32_t *id;                    /* of a site: the candidate */
    uint32_t *forced;                /* candidates: open in all that follows */
    uint8_t *place_gone, *site_gone; /* leave at the next qz_cover_pack */
    size_t lower;                    /* no answer that is left has fewer sites, `forced` included */
    bool hopeless;                   /* no answer is left */
};

/* The whole question; room: of the weight, see above. QZ_E_NOMEM. */
int qz_cover_init(struct qz_ctx *ctx, const struct qz_siting *s, double room, struct qz_cover *ret);
/* Those of `from` that are not gone. QZ_E_NOMEM. */
int qz_cover_copy(struct qz_ctx *ctx, const struct qz_cover *from, struct qz_cover *ret);
/* The same, in place. */
int qz_cover_pack(struct qz_ctx *ctx, struct qz_cover *v);
void qz_cover_done(struct qz_cover *v);

static inline size_t qz_cover_n_ties(const struct qz_cover *v) { return v->first[v->n_places]; }
static inline bool qz_cover_must(const struct qz_cover *v, size_t place) {
    return v->weight[place] > v->room;
}
/* Opens the site: its places leave, and the sites that are too near. */
void qz_cover_force(struct qz_cover *v, uint32_t site);
/* Nobody covers the place. */
void qz_cover_leave(struct qz_cover *v, size_t place);

/* Until nothing changes: forces the only site of a place that must be covered; drops sites and
 * places that another one stands for. No better answer is lost: for each there is one left with as
 * few sites. QZ_E_NOMEM. */
int qz_cover_trim(struct qz_ctx *ctx, struct qz_cover *v);
