/* engine/zone/area_cooling.h - annealing of a cut: what is sought, by chance that is always the
 * same. */
#pragma once
#include "zone/area_cut.h"

/* Made small: people x ms in costs of a mean area (unit), plus a penalty for each area out of
 * balance: a step, and a slope times its excess in mean areas. */
struct qz_cooling {
    struct qz_cut *cut;
    uint64_t dice;
    double unit, temperature, step, slope;
    uint32_t *best; /* area_of of the best: most areas in balance, then least excess, then time */
    size_t best_out;
    double best_excess, best_total;
    bool ahead; /* what stands is better than best[], which is due to be written */
    /* scratch of qz_recombine, one of each commune */
    uint32_t *member, *parent, *before, *border;
    struct qz_load *below;
};
uint32_t qz_cooling_below(struct qz_cooling *s, size_t n); /* 0 .. n - 1 */
double
qz_cooling_loss(struct qz_cooling *s); /* what may be lost now: more often little than much */
double qz_cooling_penalty(const struct qz_cooling *s, struct qz_load l);
/* The best is noted when it comes, and written when it is left: steps down follow each other. */
void qz_cooling_note(struct qz_cooling *s);
void qz_cooling_keep(struct qz_cooling *s);

/* One try. A commune goes over a border, alone or with another that the area it came to gives to a
 * third, or back. O(members of an area), more when a centre leaves. */
void qz_exchange(struct qz_cooling *s);
/* One try. Two neighbouring areas are put together and cut anew along an edge of a tree that spans
 * them: what single communes cannot do round a bottleneck. O(communes + links of both). */
void qz_recombine(struct qz_cooling *s);
