/* engine/zone/area_cut.h - a board cut into areas, and how it changes one commune at a time. */
#pragma once
#include "zone/area_board.h"
#include "zone/contiguity.h"

/* ---- who lives in an area */
struct qz_load {
    double people, large_people; /* in all; in communes too large */
    size_t n_large;              /* communes too large */
};
struct qz_load qz_load_of(const struct qz_board *b, uint32_t commune);
struct qz_load qz_load_sum(struct qz_load a, struct qz_load b);
struct qz_load qz_load_less(struct qz_load a, struct qz_load b);
/* People too many or too few for the band; with a commune too large, all the others, who would fit
 * elsewhere, and the most of a balanced area for each further commune too large. */
double qz_load_excess(const struct qz_board *b, const struct qz_load *l);
/* Areas out of balance: 0 or 1, and one for each commune too large, so that two of them gain
 * nothing by sharing an area. */
size_t qz_load_out(const struct qz_board *b, const struct qz_load *l);

/* ---- the areas */
struct qz_cut {
    const struct qz_board *board;
    size_t k;
    uint32_t *area_of;    /* [communes] */
    uint32_t *ms;         /* [communes x k]: to the centre of each area */
    uint32_t *centre;     /* [k], a member */
    struct qz_load *load; /* [k] */
    double *cost;         /* [k]: people x ms to the centre */
    size_t n_out;         /* areas out of balance, as qz_load_out */
    double excess;        /* of the areas, as qz_load_excess */
    double total;         /* of the costs */
    struct qz_contiguity pieces;
    uint32_t *seat; /* scratch of recentring */
    double *saving;
};
/* QZ_E_NOMEM, QZ_E_RANGE (more memory than the machine has). centre and area_of are not set. */
int qz_cut_init(struct qz_ctx *ctx, const struct qz_board *b, struct qz_cut *ret);
void qz_cut_done(struct qz_cut *c);

/* ms[] of one area towards `seat`. O(communes + links of the seat). */
void qz_cut_aim(struct qz_cut *c, uint32_t area, uint32_t seat);
/* The member that the others reach fastest, of those that may be a seat if any may, and the cost
 * then. O(communes + links of the members). */
uint32_t qz_cut_best_seat(const struct qz_cut *c, uint32_t area, double *cost);
/* All sums anew, from area_of[] and ms[]. O(communes). */
void qz_cut_sum(struct qz_cut *c);
/* The best centre of each area and all sums anew, from area_of[] alone. O(links + communes). */
void qz_cut_recentre(struct qz_cut *c);
/* Grows areas from centre[k]: the nearest commune first; an area that has the mean of its board
 * waits until the others have too, or are shut in. O(borders log borders). QZ_E_NOMEM. */
int qz_cut_grow(struct qz_ctx *ctx, struct qz_cut *c);

/* ---- one commune goes over to a neighbouring area */
struct qz_shift {
    uint32_t commune, from, to;
    uint32_t centre, was_centre;       /* of `from`: it changes when the commune was the centre */
    uint32_t centre_to, was_centre_to; /* it changes when the commune is the first there that may be
                                          a seat */
    double cost_from, cost_to;         /* afterwards */
    double was_from, was_to;
};
/* What it costs; false: nothing would be left, or two pieces. For any commune but a centre, whole
 * pieces are looked at by qz_shift_holds: it takes longer than the price. */
bool qz_shift_of(struct qz_cut *c, uint32_t commune, uint32_t to, struct qz_shift *ret);
bool qz_shift_holds(struct qz_cut *c, const struct qz_shift *s);
void qz_shift_do(struct qz_cut *c, const struct qz_shift *s);
void qz_shift_undo(struct qz_cut *c, const struct qz_shift *s);

/* Exchanges across borders, from wild to careful; the best cut that was met stands at the end.
 * Progress runs from done to done + share. QZ_E_NOMEM. */
int qz_cut_cool(struct qz_ctx *ctx, struct qz_cut *c, double done, double share);
