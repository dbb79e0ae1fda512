/* engine/zone/grow.c - a zone grown from its seat, the nearest communes first. */
#include "zone/three15.h"

/* splitmix64: the same numbers on every machine */
uint64_t qz_work_draw(struct qz_work *w) {
    uint64_t z = w->chance += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint32_t qz_work_below(struct qz_work *w, size_t n) { return (uint32_t)(qz_work_draw(w) % n); }

double qz_work_unit(struct qz_work *w) { return (double)(qz_work_draw(w) >> 11) * 0x1p-53; }

/* key 0: not to be taken, or already beside the zone. */
static void load(struct qz_work *w, uint32_t seat, double wild) {
    const struct qz_basin *b = w->basin;
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
        const struct qz_reached *r = &b->by_seat[k];
        if (w->now.seat_of[r->at] == QZ_NO_COMMUNE)
            w->key[r->at] = (1.0 + r->ms) * (1 + (wild > 0 ? wild * (qz_work_unit(w) - 0.5) : 0));
    }
}

static void unload(struct qz_work *w, uint32_t seat) {
    const struct qz_basin *b = w->basin;
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++)
        w->key[b->by_seat[k].at] = 0;
}

static void look_round(struct qz_work *w, uint32_t commune, size_t *n_edge) {
    const struct qz_land_of_communes *land = &w->basin->land;
    for (uint32_t k = land->first[commune]; k < land->first[commune + 1]; k++) {
        uint32_t next = land->neighbour[k];
        if (w->key[next] > 0) {
            w->edge[(*n_edge)++] = next;
            w->key[next] = -w->key[next]; /* once only */
        }
    }
}

/* The place in edge[] of the one to take; n_edge: none fits. */
static size_t next_of(const struct qz_work *w, double room, size_t n_edge) {
    size_t best = n_edge;
    for (size_t i = 0; i < n_edge; i++)
        if (w->basin->people[w->edge[i]] <= room &&
            (best == n_edge || w->key[w->edge[i]] > w->key[w->edge[best]] ||
             (w->key[w->edge[i]] == w->key[w->edge[best]] && w->edge[i] < w->edge[best])))
            best = i;
    return best;
}

bool qz_grow_zone(struct qz_work *w, uint32_t seat, double goal, double wild) {
    const struct qz_basin *b = w->basin;
    size_t n_edge = 0;
    load(w, seat, wild);
    w->key[seat] = 0;
    qz_choice_join(b, &w->now, seat, seat);
    look_round(w, seat, &n_edge);
    while (w->now.people[seat] < goal) {
        size_t i = next_of(w, b->params.people_max - w->now.people[seat], n_edge);
        if (i == n_edge)
            break;
        uint32_t commune = w->edge[i];
        w->edge[i] = w->edge[--n_edge];
        qz_choice_join(b, &w->now, commune, seat);
        look_round(w, commune, &n_edge);
    }
    unload(w, seat);
    if (w->now.people[seat] >= b->params.people_min)
        return true;
    qz_choice_dissolve(b, &w->now, seat);
    return false;
}
