/* engine/network/order.c - nodes along a Hilbert curve, so that neighbours share cache lines. */
#include <string.h>
#include "network/network.h"

struct place {
    uint32_t key, id;
};

/* Index of cell (x, y) of a 65536 x 65536 grid on the Hilbert curve. */
static uint32_t hilbert(uint32_t x, uint32_t y) {
    uint32_t d = 0;
    for (uint32_t s = 1u << 15; s > 0; s >>= 1) {
        uint32_t rx = (x & s) != 0, ry = (y & s) != 0;
        d += s * s * ((3 * rx) ^ ry);
        if (ry == 0) {
            if (rx == 1) {
                x = 65535 - x;
                y = 65535 - y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return d;
}

static int by_key(const void *va, const void *vb) {
    const struct place *a = va, *b = vb;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int sort_places(struct qz_ctx *ctx, const struct qz_xy *at, size_t n, struct place **ret) {
    struct place *places = qz_malloc(n, sizeof *places);
    if (!places)
        return qz_fail_nomem(ctx);
    struct qz_box box = qz_box_empty;
    for (size_t i = 0; i < n; i++)
        qz_box_add(&box, at[i]);
    double width = box.max_x_m - box.min_x_m, height = box.max_y_m - box.min_y_m;
    double side = width > height ? width : height, scale = side > 0 ? 65535 / side : 0;
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place) { hilbert((uint32_t)((at[i].x_m - box.min_x_m) * scale),
                                             (uint32_t)((at[i].y_m - box.min_y_m) * scale)),
                                     (uint32_t)i };
    qsort(places, n, sizeof *places, by_key);
    *ret = places;
    return 0;
}

static int move_nodes(struct qz_ctx *ctx, struct qz_network *net) {
    qz_cleanup(qz_freep) struct place *places = NULL;
    int r = sort_places(ctx, net->node_at, net->n_nodes, &places);
    if (r < 0)
        return r;
    qz_cleanup(qz_freep) uint32_t *new_id = qz_malloc(net->n_nodes, sizeof *new_id);
    struct qz_xy *at = qz_malloc(net->n_nodes, sizeof *at);
    if (!new_id || !at) {
        free(at);
        return qz_fail_nomem(ctx);
    }
    for (size_t i = 0; i < net->n_nodes; i++) {
        new_id[places[i].id] = (uint32_t)i;
        at[i] = net->node_at[places[i].id];
    }
    free(net->node_at);
    net->node_at = at;
    for (size_t i = 0; i < net->n_edges; i++) {
        net->edges[i].from = new_id[net->edges[i].from];
        net->edges[i].to = new_id[net->edges[i].to];
    }
    return 0;
}

/* Edges by their first node; equal ones keep the order of the file. */
static int move_edges(struct qz_ctx *ctx, struct qz_network *net) {
    qz_cleanup(qz_freep) struct place *places = qz_malloc(net->n_edges, sizeof *places);
    struct qz_edge *edges = qz_malloc(net->n_edges + 1, sizeof *edges);
    struct qz_xy *points = qz_malloc(net->n_points, sizeof *points);
    if (!places || !edges || !points) {
        free(edges);
        free(points);
        return qz_fail_nomem(ctx);
    }
    for (size_t i = 0; i < net->n_edges; i++)
        places[i] = (struct place) { net->edges[i].from, (uint32_t)i };
    qsort(places, net->n_edges, sizeof *places, by_key);
    uint32_t n_points = 0;
    for (size_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[places[i].id];
        uint32_t n = e[1].first_point - e->first_point;
        edges[i] = *e;
        edges[i].first_point = n_points;
        memcpy(points + n_points, net->points + e->first_point, n * sizeof *points);
        n_points += n;
    }
    edges[net->n_edges] = (struct qz_edge) { .first_point = n_points };
    free(net->edges);
    free(net->points);
    net->edges = edges;
    net->points = points;
    return 0;
}

int qz_network_sort(struct qz_ctx *ctx, struct qz_network *net) {
    int r = move_nodes(ctx, net);
    return r < 0 ? r : move_edges(ctx, net);
}
