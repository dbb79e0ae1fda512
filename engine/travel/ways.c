/* engine/travel/ways.c - between a point of an edge and the junctions at the ends of its chain, in
 * the direction of travel. */
#include <math.h>
#include "travel/search.h"

static uint32_t part_ms(double share, uint32_t ms) { return (uint32_t)llround(share * ms); }

/* From the chain's start to a point of edge e; from the point to the chain's end. */
static uint64_t from_start_ms(const struct qz_edge *e, double fraction) {
    return (uint64_t)e->before_forward_ms + part_ms(fraction, e->ms_forward);
}
static uint64_t to_end_ms(const struct qz_chain *c, const struct qz_edge *e, double fraction) {
    return (uint64_t)(c->ms_forward - e->before_forward_ms - e->ms_forward) +
           part_ms(1 - fraction, e->ms_forward);
}
/* The other way: from the chain's end to the point; from the point to the chain's start. */
static uint64_t from_end_ms(const struct qz_chain *c, const struct qz_edge *e, double fraction) {
    return (uint64_t)(c->ms_backward - e->before_backward_ms - e->ms_backward) +
           part_ms(1 - fraction, e->ms_backward);
}
static uint64_t to_start_ms(const struct qz_edge *e, double fraction) {
    return (uint64_t)e->before_backward_ms + part_ms(fraction, e->ms_backward);
}

/* The junction where a point of an edge stands, NO_NODE else. Whatever way the edge goes, all roads
 * of the junction are open from there. */
#define NO_NODE UINT32_MAX
static uint32_t junction_at(const struct qz_network *net, const struct qz_edge *e,
                            double fraction) {
    uint32_t node = fraction == 0 ? e->from : fraction == 1 ? e->to : NO_NODE;
    return node < net->n_junctions ? node : NO_NODE;
}

/* A way is entered from its junction, and from those copies of it where the turn is allowed (way
 * ANY_WAY: all). */
#define ANY_WAY UINT32_MAX
static int enter(struct qz_ctx *ctx, const struct qz_network *net, uint32_t junction, uint32_t way,
                 uint64_t ms, qz_enter_fn call, void *user) {
    int r = qz_network_need_copies(ctx, net, junction);
    if (r == 0)
        r = call(ctx, user, junction, ms);
    if (r < 0)
        return r;
    for (uint32_t k = net->copy_first ? net->copy_first[junction] : 0;
         net->copy_first && k < net->copy_first[junction + 1] && r == 0; k++)
        if (way == ANY_WAY || qz_network_may_turn(net, k, way))
            r = call(ctx, user, (uint32_t)net->n_junctions + k, ms);
    return r;
}

/* From its chain's ends: from the start driving forward, from the end back. */
int qz_stop_enter(struct qz_ctx *ctx, const struct qz_network *net, const struct qz_stop *stop,
                  qz_enter_fn call, void *user) {
    if (stop->edge == QZ_NO_EDGE)
        return 0;
    const struct qz_edge *e = &net->edges[stop->edge];
    const struct qz_chain *c = &net->chains[e->chain];
    uint32_t junction = junction_at(net, e, stop->fraction);
    int r = junction == NO_NODE ? 0 : enter(ctx, net, junction, ANY_WAY, stop->leg_ms, call, user);
    if (r == 0 && c->ms_forward != QZ_CLOSED_WAY)
        r = enter(ctx, net, c->from, 2 * e->chain, stop->leg_ms + from_start_ms(e, stop->fraction),
                  call, user);
    if (r == 0 && c->ms_backward != QZ_CLOSED_WAY)
        r = enter(ctx, net, c->to, 2 * e->chain + 1,
                  stop->leg_ms + from_end_ms(c, e, stop->fraction), call, user);
    return r;
}

size_t qz_ways_out(const struct qz_network *net, uint32_t edge, double fraction,
                   struct qz_way_out ret[QZ_MOST_WAYS]) {
    const struct qz_edge *e = &net->edges[edge];
    const struct qz_chain *c = &net->chains[e->chain];
    uint32_t junction = junction_at(net, e, fraction);
    size_t n = 0;
    if (junction != NO_NODE)
        ret[n++] = (struct qz_way_out) { junction, 0 };
    if (c->ms_forward != QZ_CLOSED_WAY)
        ret[n++] = (struct qz_way_out) { c->end, to_end_ms(c, e, fraction) };
    if (c->ms_backward != QZ_CLOSED_WAY)
        ret[n++] = (struct qz_way_out) { c->start, to_start_ms(e, fraction) };
    return n;
}

/* The end of an edge at a bend is the start of the next one: one place, one name. */
static void name_bend(const struct qz_network *net, uint32_t *edge, double *fraction) {
    if (*fraction == 1 && net->edges[*edge].to >= net->n_junctions) {
        ++*edge;
        *fraction = 0;
    }
}

uint64_t qz_way_along_ms(const struct qz_network *net, uint32_t edge, double fraction,
                         uint32_t there, double there_fraction) {
    name_bend(net, &edge, &fraction);
    name_bend(net, &there, &there_fraction);
    const struct qz_edge *e = &net->edges[edge], *f = &net->edges[there];
    const struct qz_chain *c = &net->chains[e->chain];
    bool same = there == edge;
    double ahead = same ? there_fraction - fraction : there > edge ? 1 : -1;
    uint64_t least = QZ_NO_WAY_MS;
    if (ahead >= 0 && c->ms_forward != QZ_CLOSED_WAY)
        least = same ? part_ms(ahead, e->ms_forward)
                     : part_ms(1 - fraction, e->ms_forward) + from_start_ms(f, there_fraction) -
                           e->before_forward_ms - e->ms_forward;
    if (ahead <= 0 && c->ms_backward != QZ_CLOSED_WAY) {
        uint64_t back = same ? part_ms(-ahead, e->ms_backward)
                             : to_start_ms(e, fraction) - f->before_backward_ms - f->ms_backward +
                                   part_ms(1 - there_fraction, f->ms_backward);
        least = back < least ? back : least;
    }
    return least;
}
