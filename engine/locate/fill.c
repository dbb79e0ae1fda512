/* engine/locate/fill.c - greedy: what saves most goes next. A gain only falls as others open, so
 * that an old one is a limit: only those that lead are worked out again. */
#include <math.h>
#include "locate/open.h"

static uint32_t leading(const struct qz_open *o, const uint8_t *closed, const double *gain) {
    uint32_t best = QZ_NO_CANDIDATE;
    for (uint32_t c = 0; c < o->s->n_candidates; c++)
        if (o->slot[c] == QZ_NO_CANDIDATE && o->n_apart[c] == 0 && !(closed && closed[c]) &&
            (best == QZ_NO_CANDIDATE || gain[c] > gain[best]))
            best = c;
    return best;
}

bool qz_open_fill(struct qz_open *o, const uint8_t *closed, double enough, double *gain,
                  uint32_t *fresh) {
    uint32_t turn = 1;
    for (uint32_t c = 0; c < o->s->n_candidates; c++) {
        gain[c] = qz_open_gain(o, c);
        fresh[c] = turn;
    }
    for (uint32_t slot = 0; slot < o->n_slots; slot++) {
        uint32_t c;
        if (o->site[slot] != QZ_NO_CANDIDATE)
            continue;
        if (enough > -INFINITY && qz_open_cost(o) <= enough)
            return true;
        for (c = leading(o, closed, gain); c != QZ_NO_CANDIDATE && fresh[c] != turn;
             c = leading(o, closed, gain)) {
            gain[c] = qz_open_gain(o, c);
            fresh[c] = turn;
        }
        if (c == QZ_NO_CANDIDATE)
            return false;
        qz_open_put(o, slot, c);
        turn++;
    }
    return true;
}
