/* engine/zone/balance.c - zones nearer to people_target and closer to their seats: border communes
 * change zones, zones change seats. */
#include <math.h>
#include "zone/three15.h"

/* Zones that did not change since they were last looked at have nothing to gain. */
static bool changed(const struct qz_work *w, uint32_t seat) { return w->now.is_touched[seat]; }

/* What the two zones would be off the target, less what they are; then the same of burden. */
static bool is_better(const struct qz_work *w, uint32_t commune, uint32_t from, uint32_t to) {
    const struct qz_basin *b = w->basin;
    double people = b->people[commune], target = b->params.people_target;
    double had = w->now.people[from], has = w->now.people[to];
    double off = fabs(had - people - target) + fabs(has + people - target) -
                 (fabs(had - target) + fabs(has - target));
    if (fabs(off) > 1e-6)
        return off < 0;
    uint32_t from_ms = qz_basin_ms(b, commune, from), to_ms = qz_basin_ms(b, commune, to);
    return people > 0 ? people * ((double)from_ms - to_ms) > 1e-6 * (people * from_ms)
                      : to_ms < from_ms;
}

static bool can_leave(struct qz_work *w, uint32_t commune) {
    const struct qz_basin *b = w->basin;
    uint32_t seat = w->now.seat_of[commune];
    return seat != commune && w->now.people[seat] - b->people[commune] >= b->params.people_min &&
           qz_whole_without(&w->contiguity, &b->land, w->now.seat_of, commune);
}

static bool shift(struct qz_work *w, uint32_t commune) {
    const struct qz_basin *b = w->basin;
    uint32_t from = w->now.seat_of[commune];
    bool whole = false;
    if (from == QZ_NO_COMMUNE || from == commune)
        return false;
    for (uint32_t k = b->first[commune]; k < b->first[commune + 1]; k++) {
        uint32_t to = w->now.seat_of[b->neighbour[k]];
        if (to == from || to == QZ_NO_COMMUNE || (!changed(w, from) && !changed(w, to)) ||
            w->now.people[to] + b->people[commune] > b->params.people_max ||
            qz_basin_ms(b, commune, to) == QZ_UNREACHED_MS || !is_better(w, commune, from, to))
            continue;
        if (!whole && !can_leave(w, commune))
            return false;
        whole = true;
        qz_choice_leave(b, &w->now, commune);
        qz_choice_join(b, &w->now, commune, to);
        return true;
    }
    return false;
}

/* The commune as the seat of its zone. */
static bool take_seat(struct qz_work *w, uint32_t commune) {
    const struct qz_basin *b = w->basin;
    uint32_t seat = w->now.seat_of[commune];
    if (seat == QZ_NO_COMMUNE || seat == commune || !changed(w, seat) ||
        b->seat_first[commune] == b->seat_first[commune + 1])
        return false;
    double burden = qz_choice_burden_from(b, &w->now, seat, commune), had = w->now.burden[seat];
    if (!(burden < had - 1e-9 * (1 + had)))
        return false;
    qz_choice_reseat(b, &w->now, seat, commune);
    return true;
}

void qz_mend_balance(struct qz_work *w) {
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < w->n_area; i++)
            again |= shift(w, w->area[i]);
        for (size_t i = 0; i < w->n_area; i++)
            again |= take_seat(w, w->area[i]);
    }
}
