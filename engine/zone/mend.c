/* engine/zone/mend.c - free communes find a zone: beside, with another seat, or by making room. */
#include <math.h>
#include "zone/three15.h"

/* The zone beside that the commune joins best: the fewest people, then the nearest seat. */
static uint32_t zone_beside(const struct qz_work *w, uint32_t commune) {
    const struct qz_basin *b = w->basin;
    const struct qz_land_of_communes *land = &b->land;
    uint32_t best = QZ_NO_COMMUNE, best_ms = 0;
    for (uint32_t k = land->first[commune]; k < land->first[commune + 1]; k++) {
        uint32_t seat = w->now.seat_of[land->neighbour[k]];
        if (seat == QZ_NO_COMMUNE || seat == best ||
            w->now.people[seat] + b->people[commune] > b->params.people_max)
            continue;
        uint32_t ms = qz_basin_ms(b, commune, seat);
        if (ms == QZ_UNREACHED_MS)
            continue;
        if (best == QZ_NO_COMMUNE || w->now.people[seat] < w->now.people[best] ||
            (w->now.people[seat] == w->now.people[best] &&
             (ms < best_ms || (ms == best_ms && seat < best)))) {
            best = seat;
            best_ms = ms;
        }
    }
    return best;
}

/* A member of the zone, or the commune, from which all of them are in time: the one with least
 * burden. The commune is not in the zone yet. */
static uint32_t seat_for_both(struct qz_work *w, uint32_t commune, uint32_t zone) {
    const struct qz_basin *b = w->basin;
    uint32_t best = QZ_NO_COMMUNE;
    double best_burden = INFINITY;
    for (uint32_t k = b->commune_first[commune]; k < b->commune_first[commune + 1]; k++) {
        uint32_t seat = b->by_commune[k].at;
        if (seat != commune && w->now.seat_of[seat] != zone)
            continue;
        double burden = qz_choice_burden_from(b, &w->now, zone, seat) +
                        b->people[commune] * b->by_commune[k].ms;
        if (burden < best_burden) {
            best = seat;
            best_burden = burden;
        }
    }
    return best;
}

static bool join_with_other_seat(struct qz_work *w, uint32_t commune) {
    const struct qz_basin *b = w->basin;
    const struct qz_land_of_communes *land = &b->land;
    uint32_t tried = QZ_NO_COMMUNE;
    for (uint32_t k = land->first[commune]; k < land->first[commune + 1]; k++) {
        uint32_t zone = w->now.seat_of[land->neighbour[k]];
        if (zone == QZ_NO_COMMUNE || zone == tried ||
            w->now.people[zone] + b->people[commune] > b->params.people_max ||
            (!w->now.is_touched[zone] && !w->now.is_touched[commune])) /* was tried before */
            continue;
        tried = zone;
        uint32_t seat = seat_for_both(w, commune, zone);
        if (seat == QZ_NO_COMMUNE)
            continue;
        qz_choice_reseat(b, &w->now, zone, seat);
        qz_choice_join(b, &w->now, commune, seat);
        return true;
    }
    return false;
}

/* Is there anything for `out` when the commune takes its place: another zone beside, or fewer
 * people left out than now? */
static bool give_way(struct qz_work *w, uint32_t out, uint32_t seat, double in_zones) {
    const struct qz_basin *b = w->basin;
    if (!qz_whole_without(&w->contiguity, &b->land, w->now.seat_of, out))
        return false;
    qz_choice_leave(b, &w->now, out);
    uint32_t other = w->now.people[seat] < b->params.people_min ? QZ_NO_COMMUNE
                                                                : zone_beside(w, out);
    if (other == seat)
        other = QZ_NO_COMMUNE;
    if (other != QZ_NO_COMMUNE)
        qz_choice_join(b, &w->now, out, other);
    if (w->now.people[seat] >= b->params.people_min && w->now.merit.in_zones > in_zones + 1e-6)
        return true;
    if (other != QZ_NO_COMMUNE)
        qz_choice_leave(b, &w->now, out);
    qz_choice_join(b, &w->now, out, seat);
    return false;
}

/* Into a zone that is full, when one of its members leaves. */
static bool push_in(struct qz_work *w, uint32_t commune, uint32_t seat) {
    const struct qz_basin *b = w->basin;
    double in_zones = w->now.merit.in_zones;
    double over = w->now.people[seat] + b->people[commune] - b->params.people_max;
    if (qz_basin_ms(b, commune, seat) == QZ_UNREACHED_MS)
        return false;
    qz_choice_join(b, &w->now, commune, seat);
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
        uint32_t out = b->by_seat[k].at;
        if (out != commune && out != seat && w->now.seat_of[out] == seat &&
            b->people[out] >= over && give_way(w, out, seat, in_zones))
            return true;
    }
    qz_choice_leave(b, &w->now, commune);
    return false;
}

static bool make_room(struct qz_work *w, uint32_t commune) {
    const struct qz_land_of_communes *land = &w->basin->land;
    uint32_t tried = QZ_NO_COMMUNE;
    for (uint32_t k = land->first[commune]; k < land->first[commune + 1]; k++) {
        uint32_t seat = w->now.seat_of[land->neighbour[k]];
        if (seat == QZ_NO_COMMUNE || seat == tried)
            continue;
        tried = seat;
        if (push_in(w, commune, seat))
            return true;
    }
    return false;
}

void qz_mend_free(struct qz_work *w) {
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < w->n_area; i++) {
            uint32_t commune = w->area[i];
            if (w->now.seat_of[commune] != QZ_NO_COMMUNE)
                continue;
            uint32_t seat = zone_beside(w, commune);
            if (seat != QZ_NO_COMMUNE)
                qz_choice_join(w->basin, &w->now, commune, seat);
            again |= seat != QZ_NO_COMMUNE ||
                     (w->basin->people[commune] > 0 &&
                      (join_with_other_seat(w, commune) || make_room(w, commune)));
        }
    }
}
