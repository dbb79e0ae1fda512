/* engine/zone/reason.c - can a commune be in a zone at all? A search for one, whole for small
 * reach.
 */
#include <math.h>
#include <string.h>
#include "zone/three15.h"

enum { STEPS = 20000 };
enum { OUTSIDE, OPEN, IN, BARRED }; /* outside: not in reach of the seat */

struct hunt {
    const struct qz_basin *basin;
    uint32_t wanted;
    uint32_t *set, n; /* communes in */
    uint8_t *state;   /* [n] */
    double *least;    /* [n]: people on the way from the seat */
    uint32_t *before; /* [n]: on that way */
    double people;
    uint32_t steps; /* left */
};

static void hunt_done(struct hunt *h) {
    free(h->set);
    free(h->state);
    free(h->least);
    free(h->before);
}

static int hunt_init(struct qz_ctx *ctx, const struct qz_basin *b, struct hunt *h) {
    size_t n = b->land.n;
    *h = (struct hunt) { .basin = b,
                         .set = qz_malloc(n, sizeof *h->set),
                         .state = qz_calloc(n, 1),
                         .least = qz_malloc(n, sizeof *h->least),
                         .before = qz_malloc(n, sizeof *h->before) };
    return h->set && h->state && h->least && h->before ? 0 : qz_fail_nomem(ctx);
}

static void add(struct hunt *h, uint32_t commune) {
    h->state[commune] = IN;
    h->set[h->n++] = commune;
    h->people += h->basin->people[commune];
}

static void drop(struct hunt *h) {
    h->people -= h->basin->people[h->set[--h->n]];
    h->state[h->set[h->n]] = OPEN;
}

static uint32_t beside(const struct hunt *h) {
    const struct qz_basin *b = h->basin;
    for (uint32_t i = 0; i < h->n; i++)
        for (uint32_t k = b->first[h->set[i]]; k < b->first[h->set[i] + 1]; k++)
            if (h->state[b->neighbour[k]] == OPEN)
                return b->neighbour[k];
    return QZ_NO_COMMUNE;
}

/* Is there a zone with all of the set and none of the barred? True when the steps end. */
static bool complete(struct hunt *h) {
    const struct qz_three15_params *p = &h->basin->params;
    if (h->steps == 0)
        return true;
    h->steps--;
    if (h->state[h->wanted] == IN && h->people >= p->people_min)
        return true;
    uint32_t next = beside(h);
    if (next == QZ_NO_COMMUNE)
        return false;
    if (h->people + h->basin->people[next] <= p->people_max) {
        add(h, next);
        bool found = complete(h);
        drop(h);
        if (found)
            return true;
    }
    if (next == h->wanted)
        return false;
    h->state[next] = BARRED;
    bool found = complete(h);
    h->state[next] = OPEN;
    return found;
}

/* The way with the fewest people from the seat to the wanted: falling labels, in rounds. */
static bool find_way(struct hunt *h, uint32_t seat) {
    const struct qz_basin *b = h->basin;
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
        h->state[b->by_seat[k].at] = OPEN;
        h->least[b->by_seat[k].at] = INFINITY;
    }
    h->least[seat] = b->people[seat];
    h->before[seat] = QZ_NO_COMMUNE;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
            uint32_t at = b->by_seat[k].at;
            for (uint32_t j = b->first[at]; j < b->first[at + 1]; j++) {
                uint32_t next = b->neighbour[j];
                if (h->state[next] != OPEN || !(h->least[at] + b->people[next] < h->least[next]))
                    continue;
                h->least[next] = h->least[at] + b->people[next];
                h->before[next] = at;
                again = true;
            }
        }
    }
    return h->least[h->wanted] <= b->params.people_max;
}

/* First with that way and what stands beside; then, when nothing comes of it, any way. */
static bool is_in_zone_of(struct hunt *h, uint32_t seat) {
    const struct qz_basin *b = h->basin;
    bool found = false;
    if (find_way(h, seat)) {
        for (uint32_t at = h->wanted; at != QZ_NO_COMMUNE; at = h->before[at])
            add(h, at);
        h->steps = STEPS;
        found = complete(h);
        while (h->n)
            drop(h);
        add(h, seat);
        h->steps = STEPS;
        found = (found && h->steps > 0) || complete(h);
        drop(h);
    }
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++)
        h->state[b->by_seat[k].at] = OUTSIDE;
    return found;
}

int qz_zones_may(struct qz_ctx *ctx, const struct qz_basin *b, const struct qz_choice *choice,
                 uint8_t *may) {
    qz_cleanup(hunt_done) struct hunt h = { 0 };
    int r = hunt_init(ctx, b, &h);
    for (uint32_t i = 0; i < b->land.n && r == 0; i++) {
        h.wanted = i;
        may[i] = choice->seat_of[i] != QZ_NO_COMMUNE;
        for (uint32_t k = b->commune_first[i]; k < b->commune_first[i + 1] && !may[i]; k++)
            may[i] = is_in_zone_of(&h, b->by_commune[k].at);
    }
    return r;
}
