/* tests/lines.h - roads built in memory, and the network that comes of them. */
#pragma once
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "demo/dice.h"
#include "network/network.h"

enum line_class { PLAIN, EXPRESS, FERRY, FOOTWAY, UNHEARD, SLOW, N_LINE_CLASSES };
static const char *line_classes[] = { "residential", "motorway", "ferry",
                                      "footway",     "kart",     "service" };

struct lines {
    struct qz_roads roads;
    size_t cap_items, cap_points;
};

static inline void lines_done(struct lines *l) {
    free(l->roads.items);
    free(l->roads.points);
    *l = (struct lines) { 0 };
}

/* The road just added: speed, length and closure may be set until the next one. */
static inline struct qz_road *lines_add(struct lines *l, enum line_class class_id, int direction,
                                        const struct qz_xy *points, size_t n) {
    struct qz_roads *r = &l->roads;
    r->class_name = line_classes;
    r->n_classes = N_LINE_CLASSES;
    r->items = qz_grow(r->items, &l->cap_items, r->n + 2, sizeof *r->items);
    r->points = qz_grow(r->points, &l->cap_points, r->n_points + n, sizeof *r->points);
    memcpy(r->points + r->n_points, points, n * sizeof *points);
    struct qz_road *road = &r->items[r->n++];
    *road = (struct qz_road) { .first_point = (uint32_t)r->n_points,
                               .class_id = class_id,
                               .direction = (int8_t)direction };
    r->n_points += n;
    road[1] = (struct qz_road) { .first_point = (uint32_t)r->n_points };
    return road;
}

static inline struct qz_road *lines_add_straight(struct lines *l, enum line_class class_id,
                                                 int direction, double x0, double y0, double x1,
                                                 double y1) {
    const struct qz_xy p[] = { { x0, y0 }, { x1, y1 } };
    return lines_add(l, class_id, direction, p, 2);
}

/* The network with osm-car speeds (residential 25 km/h, motorway 90, ferry 13, service 15). */
static inline struct qz_network *lines_network(struct qz_ctx *ctx, const struct lines *l,
                                               double island_min_m) {
    struct qz_network_params params = { .island_min_m = island_min_m };
    struct qz_speeds *speeds = NULL;
    struct qz_network *net = NULL;
    CHECK(qz_speeds_parse(ctx, "osm-car", qz_speeds_builtin("osm-car"), &speeds) == 0);
    CHECK(qz_network_new(ctx, &params, &l->roads, speeds, NULL, &net) == 0);
    qz_speeds_free(speeds);
    return net;
}

/* A small tangle: one-ways, loops, parallel and very short roads, islands, bends. */
static inline void lines_random(struct lines *l, struct qz_dice *d) {
    struct qz_xy node[14];
    uint32_t n = 2 + qz_dice_below(d, 12), n_lines = 1 + qz_dice_below(d, 22);
    for (uint32_t i = 0; i < n; i++) {
        node[i] = (struct qz_xy) { qz_dice_between(d, 0, 2000), qz_dice_between(d, 0, 2000) };
        if (i && qz_dice_chance(d, 0.15)) /* two millimetres: a road of no time at all */
            node[i] = (struct qz_xy) { node[i - 1].x_m + 0.002, node[i - 1].y_m };
    }
    for (uint32_t k = 0; k < n_lines; k++) {
        uint32_t a = qz_dice_below(d, n), b = qz_dice_below(d, n);
        struct qz_xy p[3] = { node[a], node[b], node[b] };
        size_t n_points = 2;
        if (a == b || qz_dice_chance(d, 0.3)) { /* by a bend, or by another node */
            bool by_node = qz_dice_chance(d, 0.3);
            p[1] = by_node ? node[qz_dice_below(d, n)]
                           : (struct qz_xy) { qz_dice_between(d, 0, 2000),
                                              qz_dice_between(d, 0, 2000) };
            n_points = 3;
        }
        static const enum line_class mix[] = { PLAIN, PLAIN, PLAIN, SLOW, SLOW, EXPRESS, FERRY };
        static const int ways[] = { 0, 0, 0, 1, -1 };
        struct qz_road *r = lines_add(l, mix[qz_dice_below(d, 7)], ways[qz_dice_below(d, 5)], p,
                                      n_points);
        if (qz_dice_chance(d, 0.2))
            r->kmh = (float)(10 + qz_dice_below(d, 100));
        if (qz_dice_chance(d, 0.2))
            r->length_m = (float)qz_dice_between(d, 1, 5000);
    }
}
