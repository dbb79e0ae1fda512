/* engine/zone/area_exchange.c - one or two communes change sides. */
#include "base/base.h"
#include "zone/area_cooling.h"

enum { WALK = 8 };

static double price(const struct qz_cooling *s, const struct qz_shift *x) {
    const struct qz_cut *c = s->cut;
    struct qz_load one = qz_load_of(c->board, x->commune);
    double cost = x->cost_from - x->was_from + x->cost_to - x->was_to;
    return cost / s->unit - qz_cooling_penalty(s, c->load[x->from]) -
           qz_cooling_penalty(s, c->load[x->to]) +
           qz_cooling_penalty(s, qz_load_less(c->load[x->from], one)) +
           qz_cooling_penalty(s, qz_load_sum(c->load[x->to], one));
}

static bool pick_side(struct qz_cooling *s, uint32_t commune, uint32_t *to) {
    const struct qz_land_of_communes *land = &s->cut->board->land;
    uint32_t n = land->first[commune + 1] - land->first[commune];
    if (!n)
        return false;
    *to = s->cut->area_of[land->neighbour[land->first[commune] + qz_cooling_below(s, n)]];
    return *to != s->cut->area_of[commune];
}

/* A few steps from `commune`, which has just come, inside its area. */
static uint32_t stroll(struct qz_cooling *s, uint32_t commune) {
    const struct qz_land_of_communes *land = &s->cut->board->land;
    uint32_t at = commune;
    for (uint32_t left = 1 + qz_cooling_below(s, WALK); left; left--) {
        uint32_t n = land->first[at + 1] - land->first[at];
        uint32_t next = land->neighbour[land->first[at] + qz_cooling_below(s, n)];
        if (s->cut->area_of[next] == s->cut->area_of[commune])
            at = next;
    }
    return at;
}

static bool give_another(struct qz_cooling *s, const struct qz_shift *x, double allowed) {
    struct qz_shift y;
    uint32_t to, other = stroll(s, x->commune);
    if (other == x->commune || !pick_side(s, other, &to) || !qz_shift_of(s->cut, other, to, &y) ||
        price(s, &y) > allowed || !qz_shift_holds(s->cut, &y))
        return false;
    qz_shift_do(s->cut, &y);
    return true;
}

void qz_exchange(struct qz_cooling *s) {
    struct qz_shift x;
    uint32_t to, commune = qz_cooling_below(s, s->cut->board->land.n);
    if (!pick_side(s, commune, &to) || !qz_shift_of(s->cut, commune, to, &x))
        return;
    double allowed = qz_cooling_loss(s), asked = price(s, &x);
    bool alone = asked <= allowed;
    if ((!alone && qz_cooling_below(s, 2)) || !qz_shift_holds(s->cut, &x))
        return;
    qz_cooling_keep(s);
    qz_shift_do(s->cut, &x);
    if (alone || give_another(s, &x, allowed - asked))
        qz_cooling_note(s);
    else
        qz_shift_undo(s->cut, &x);
}
