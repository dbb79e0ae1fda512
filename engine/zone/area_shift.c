/* engine/zone/area_shift.c - one commune goes over to the area next to it. */
#include "base/base.h"
#include "zone/area_cut.h"

/* The best centre of an area if the commune were in `to` (UINT32_MAX: nowhere). */
static uint32_t seat_if(struct qz_cut *c, uint32_t area, uint32_t commune, uint32_t to,
                        double *cost) {
    uint32_t from = c->area_of[commune];
    c->area_of[commune] = to;
    uint32_t seat = qz_cut_best_seat(c, area, cost);
    c->area_of[commune] = from;
    return seat;
}

bool qz_shift_of(struct qz_cut *c, uint32_t commune, uint32_t to, struct qz_shift *ret) {
    const uint8_t *may_seat = c->board->land.may_seat;
    uint32_t from = c->area_of[commune];
    double weight = c->board->weight[commune];
    const uint32_t *ms = c->ms + commune * c->k;
    struct qz_shift s = { .commune = commune, .from = from, .to = to };
    s.centre = s.was_centre = c->centre[from];
    s.centre_to = s.was_centre_to = c->centre[to];
    s.was_from = c->cost[from];
    s.was_to = c->cost[to];
    s.cost_from = s.was_from - weight * (double)ms[from];
    s.cost_to = s.was_to + weight * (double)ms[to];
    if (s.centre == commune) {
        if (!qz_whole_without(&c->pieces, &c->board->land, c->area_of, commune))
            return false;
        s.centre = seat_if(c, from, commune, UINT32_MAX, &s.cost_from);
    }
    if (may_seat[commune] && !may_seat[s.centre_to])
        s.centre_to = seat_if(c, to, commune, to, &s.cost_to);
    *ret = s;
    return true;
}

bool qz_shift_holds(struct qz_cut *c, const struct qz_shift *s) {
    return s->centre != s->was_centre ||
           qz_whole_without(&c->pieces, &c->board->land, c->area_of, s->commune);
}

/* ---- there and back */
static void carry(struct qz_cut *c, uint32_t commune, uint32_t from, uint32_t to) {
    const struct qz_board *b = c->board;
    struct qz_load one = qz_load_of(b, commune), *less = &c->load[from], *more = &c->load[to];
    c->n_out -= qz_load_out(b, less) + qz_load_out(b, more);
    c->excess -= qz_load_excess(b, less) + qz_load_excess(b, more);
    *less = qz_load_less(*less, one);
    *more = qz_load_sum(*more, one);
    c->n_out += qz_load_out(b, less) + qz_load_out(b, more);
    c->excess += qz_load_excess(b, less) + qz_load_excess(b, more);
    c->area_of[commune] = to;
}

void qz_shift_do(struct qz_cut *c, const struct qz_shift *s) {
    carry(c, s->commune, s->from, s->to);
    if (s->centre != s->was_centre)
        qz_cut_aim(c, s->from, s->centre);
    if (s->centre_to != s->was_centre_to)
        qz_cut_aim(c, s->to, s->centre_to);
    c->cost[s->from] = s->cost_from;
    c->cost[s->to] = s->cost_to;
    c->total += s->cost_from - s->was_from + s->cost_to - s->was_to;
}

void qz_shift_undo(struct qz_cut *c, const struct qz_shift *s) {
    carry(c, s->commune, s->to, s->from);
    if (s->centre != s->was_centre)
        qz_cut_aim(c, s->from, s->was_centre);
    if (s->centre_to != s->was_centre_to)
        qz_cut_aim(c, s->to, s->was_centre_to);
    c->cost[s->from] = s->was_from;
    c->cost[s->to] = s->was_to;
    c->total -= s->cost_from - s->was_from + s->cost_to - s->was_to;
}
