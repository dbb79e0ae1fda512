/* engine/demo/spread.c - Dijkstra from all seats at once. */
#include <math.h>
#include "demo/spread.h"
#include "demo/heap.h"

uint32_t qz_spread_beyond(const struct qz_commune *m, int side) {
    return side == QZ_SPREAD_FERRY ? m->ferry : m->beyond[side];
}

static int plant(struct qz_ctx *ctx, const struct qz_country *c, qz_spread_seat is_seat,
                 struct qz_spread *g, struct qz_heap *front) {
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < c->n; i++) {
        bool seat = is_seat(&c->communes[i]);
        g->seat[i] = seat ? i : QZ_NOWHERE;
        g->cost[i] = seat ? 0 : INFINITY;
        g->back[i] = QZ_SPREAD_ROOT;
        if (seat)
            r = qz_heap_push(ctx, front, 0, i);
    }
    return r;
}

static int reach(struct qz_ctx *ctx, const struct qz_country *c, qz_spread_cost cost, uint32_t i,
                 int side, struct qz_spread *g, struct qz_heap *front) {
    const struct qz_commune *m = &c->communes[i];
    uint32_t j = qz_spread_beyond(m, side);
    if (j == QZ_NOWHERE)
        return 0;
    double step = cost(c, i, j, side == QZ_SPREAD_FERRY ? QZ_WAY_PORT : m->way[side]);
    if (step < 0 || g->cost[i] + step >= g->cost[j])
        return 0;
    g->cost[j] = g->cost[i] + step;
    g->seat[j] = g->seat[i];
    g->back[j] = (uint8_t)(side == QZ_SPREAD_FERRY ? QZ_SPREAD_FERRY : (side + 3) % QZ_HEX_SIDES);
    return qz_heap_push(ctx, front, g->cost[j], j);
}

int qz_spread_new(struct qz_ctx *ctx, const struct qz_country *c, qz_spread_seat is_seat,
                  qz_spread_cost cost, struct qz_spread *g) {
    g->seat = qz_malloc(c->n, sizeof *g->seat);
    g->cost = qz_malloc(c->n, sizeof *g->cost);
    g->back = qz_malloc(c->n, sizeof *g->back);
    if (!g->seat || !g->cost || !g->back)
        return qz_fail_nomem(ctx);
    qz_cleanup(qz_heap_done) struct qz_heap front = { 0 };
    struct qz_heap_entry e;
    int r = plant(ctx, c, is_seat, g, &front);
    while (r == 0 && qz_heap_pop(&front, &e)) {
        if (e.key > g->cost[e.item])
            continue;
        for (int side = 0; r == 0 && side <= QZ_SPREAD_FERRY; side++)
            r = reach(ctx, c, cost, e.item, side, g, &front);
    }
    return r;
}

void qz_spread_done(struct qz_spread *g) {
    free(g->seat);
    free(g->cost);
    free(g->back);
    *g = (struct qz_spread) { 0 };
}
