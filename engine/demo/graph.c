/* engine/demo/graph.c - the growing arrays of a commune's streets. */
#include "demo/streets.h"

int qz_streets_clear(struct qz_ctx *ctx, struct qz_streets *g) {
    g->n_crossings = g->n_stretches = g->n_points = 0;
    g->failed = false;
    struct qz_crossing *c = qz_grow(g->crossings, &g->cap_crossings, 1, sizeof *c);
    g->crossings = c ? c : g->crossings;
    struct qz_stretch *e = qz_grow(g->stretches, &g->cap_stretches, 1, sizeof *e);
    g->stretches = e ? e : g->stretches;
    return c && e ? 0 : qz_fail_nomem(ctx);
}

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

static double turn_of(struct qz_xy a, struct qz_xy b, struct qz_xy c) {
    return (b.x_m - a.x_m) * (c.y_m - a.y_m) - (b.y_m - a.y_m) * (c.x_m - a.x_m);
}

/* Ends that touch do not count: that is a crossing of roads, not of lines. */
static bool segments_cross(struct qz_xy a, struct qz_xy b, struct qz_xy c, struct qz_xy d) {
    return turn_of(a, b, c) * turn_of(a, b, d) < 0 && turn_of(c, d, a) * turn_of(c, d, b) < 0;
}

static struct qz_box box_of(const struct qz_xy *points, size_t n) {
    struct qz_box box = qz_box_empty;
    for (size_t i = 0; i < n; i++)
        qz_box_add(&box, points[i]);
    return box;
}

static bool lines_cross(const struct qz_xy *a, size_t n_a, const struct qz_xy *b, size_t n_b) {
    for (size_t i = 0; i + 1 < n_a; i++)
        for (size_t j = 0; j + 1 < n_b; j++)
            if (segments_cross(a[i], a[i + 1], b[j], b[j + 1]))
                return true;
    return false;
}

bool qz_streets_last_crosses(const struct qz_streets *g) {
    const struct qz_stretch *last = &g->stretches[g->n_stretches - 1];
    const struct qz_xy *line = g->points + last->first;
    struct qz_box box = box_of(line, last->n);
    for (size_t k = 0; k + 1 < g->n_stretches; k++) {
        const struct qz_stretch *e = &g->stretches[k];
        struct qz_box other = box_of(g->points + e->first, e->n);
        if (qz_box_meets(&box, &other) && lines_cross(line, last->n, g->points + e->first, e->n))
            return true;
    }
    return false;
}

void qz_streets_drop_last(struct qz_streets *g) {
    g->n_points = g->stretches[--g->n_stretches].first;
}

void qz_streets_done(struct qz_streets *g) {
    free(g->crossings);
    free(g->stretches);
    free(g->points);
    *g = (struct qz_streets) { 0 };
}
