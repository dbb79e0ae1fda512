/* engine/demo/graph.c - the growing arrays of a commune's streets. */
#include "demo/streets.h"

uint32_t qz_streets_crossing(struct qz_streets *g, struct qz_xy at, double turn, double rho_m) {
    struct qz_crossing *room = qz_grow(g->crossings, &g->cap_crossings, g->n_crossings + 1,
                                       sizeof *room);
    if (!room) {
        g->failed = true;
        return 0;
    }
    g->crossings = room;
    room[g->n_crossings] = (struct qz_crossing) { .at = at, .turn = turn, .rho_m = rho_m };
    return (uint32_t)g->n_crossings++;
}

struct qz_stretch *qz_streets_add(struct qz_streets *g, uint32_t from, uint32_t to,
                                  enum qz_road road) {
    struct qz_stretch *room = qz_grow(g->stretches, &g->cap_stretches, g->n_stretches + 1,
                                      sizeof *room);
    if (!room || g->failed) {
        g->failed = true;
        return NULL;
    }
    g->stretches = room;
    room[g->n_stretches] = (struct qz_stretch) {
        .from = from, .to = to, .first = (uint32_t)g->n_points, .road = (uint8_t)road
    };
    return &room[g->n_stretches++];
}

void qz_streets_point(struct qz_streets *g, struct qz_xy p) {
    struct qz_xy *room = qz_grow(g->points, &g->cap_points, g->n_points + 1, sizeof *room);
    if (!room || g->failed) {
        g->failed = true;
        return;
    }
    g->points = room;
    struct qz_stretch *last = &g->stretches[g->n_stretches - 1];
    if (last->n > 0 && room[g->n_points - 1].x_m == p.x_m && room[g->n_points - 1].y_m == p.y_m)
        return; /* no vertex twice in a row */
    room[g->n_points++] = p;
    last->n++;
}

void qz_streets_done(struct qz_streets *g) {
    free(g->crossings);
    free(g->stretches);
    free(g->points);
    *g = (struct qz_streets) { 0 };
}
