/* engine/locate/improve.c - fast interchange: one pass over a candidate's ties tells the best open
 * one to swap it for. */
#include <math.h>
#include <string.h>
#include "locate/open.h"

/* Sums up in other orders differ by less; a swap that saves no more is none. */
static const double noise_ratio = 1e-12;
static const size_t most_rounds = 1000;

static void refresh(struct qz_open *o) {
    o->reach = 0;
    for (size_t r = 0; r <= o->n_slots; r++)
        o->loss[r] = 0;
    for (size_t i = 0; i < o->s->n_places; i++) {
        const struct qz_near *n = &o->near[i];
        o->loss[n->slot] += n->weight * (n->second_time - n->time);
        o->reach = fmax(o->reach, n->second_time);
    }
}

/* fall[slot]: what the cost rises by when the slot is emptied while the candidate is open; gives
 * what opening it saves. */
static double weigh(struct qz_open *o, uint32_t site) {
    const struct qz_siting *s = o->s;
    double gain = 0, *fall = o->fall;
    memcpy(fall, o->loss, (o->n_slots + 1) * sizeof *fall);
    for (size_t k = s->site_first[site]; k < s->site_first[site + 1]; k++) {
        const struct qz_near *n = &o->near[s->site_tie[k].at];
        double time = s->site_tie[k].time;
        if (time >= o->reach)
            break;
        if (time >= n->second_time)
            continue;
        if (time < n->time) {
            gain += n->weight * (n->time - time);
            fall[n->slot] -= n->weight * (n->second_time - n->time);
        } else {
            fall[n->slot] -= n->weight * (n->second_time - time);
        }
    }
    return gain;
}

static bool touches(const struct qz_siting *s, uint32_t a, uint32_t b) {
    for (uint32_t k = s->apart_first[a]; k < s->apart_first[a + 1]; k++)
        if (s->apart[k] == b)
            return true;
    return false;
}

/* The slot that gives way with least loss; n_slots: none may. */
static size_t giving_way(const struct qz_open *o, uint32_t site) {
    size_t best = o->n_slots;
    bool bound = o->n_apart[site] == 1;
    for (size_t r = 0; r < o->n_slots; r++)
        if ((best == o->n_slots || o->fall[r] < o->fall[best]) && o->site[r] != QZ_NO_CANDIDATE &&
            (!bound || touches(o->s, site, o->site[r])))
            best = r;
    return best;
}

void qz_open_improve(struct qz_open *o, const uint8_t *closed) {
    size_t n = o->s->n_candidates, since = 0;
    refresh(o);
    double noise = noise_ratio * qz_open_cost(o);
    for (size_t turn = 0; since < n && turn < most_rounds * n; turn++) {
        uint32_t c = (uint32_t)(turn % n);
        since++;
        if (turn > 0 && c == 0)
            refresh(o);
        if (o->slot[c] != QZ_NO_CANDIDATE || o->n_apart[c] > 1 || (closed && closed[c]))
            continue;
        double gain = weigh(o, c);
        size_t r = giving_way(o, c);
        if (r == o->n_slots || !(gain - o->fall[r] > noise))
            continue;
        qz_open_take(o, (uint32_t)r);
        qz_open_put(o, (uint32_t)r, c);
        since = 0;
    }
}
