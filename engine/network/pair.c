/* engine/network/pair.c - two one-ways on one line, there and back, are one road: a place beside it
 * is on both. Files that draw each direction by itself need it. */
#include <math.h>
#include "network/network.h"

struct way { /* open one way only; a < b */
    uint32_t a, b, edge;
    bool against; /* goes from b to a */
};

static int by_ends(const void *vx, const void *vy) {
    const struct way *x = vx, *y = vy;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

static size_t find_ways(const struct qz_network *net, struct way *ways) {
    size_t n = 0;
    for (uint32_t i = 0; i < net->n_edges; i++) {
        const struct qz_edge *e = &net->edges[i];
        bool forward = e->ms_forward != QZ_CLOSED_WAY, backward = e->ms_backward != QZ_CLOSED_WAY;
        if (forward == backward || e->from == e->to)
            continue;
        bool rising = e->from < e->to;
        ways[n++] = (struct way) { rising ? e->from : e->to, rising ? e->to : e->from, i,
                                   rising != forward };
    }
    return n;
}

/* To half a millimetre, drawn from the same end or from the other. */
static bool same_line(const struct qz_network *net, const struct qz_edge *x,
                      const struct qz_edge *y) {
    static const double near_m = 0.0005;
    uint32_t n = x[1].first_point - x->first_point;
    bool turned = x->from != y->from;
    if (y[1].first_point - y->first_point != n)
        return false;
    for (uint32_t k = 0; k < n; k++) {
        struct qz_xy p = net->points[x->first_point + k],
                     q = net->points[y->first_point + (turned ? n - 1 - k : k)];
        if (fabs(p.x_m - q.x_m) > near_m || fabs(p.y_m - q.y_m) > near_m)
            return false;
    }
    return true;
}

static void join(struct qz_network *net, struct qz_edge *x, const struct qz_edge *y) {
    uint32_t ms = y->ms_forward != QZ_CLOSED_WAY ? y->ms_forward : y->ms_backward;
    if (x->ms_forward == QZ_CLOSED_WAY)
        x->ms_forward = ms;
    else
        x->ms_backward = ms;
    net->length_m -= (double)y->length_m;
}

static size_t join_pairs(struct qz_network *net, const struct way *ways, size_t n, uint8_t *gone) {
    size_t n_gone = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n && ways[k].a == ways[i].a && ways[k].b == ways[i].b; k++) {
            struct qz_edge *x = &net->edges[ways[i].edge], *y = &net->edges[ways[k].edge];
            if (gone[ways[i].edge] || gone[ways[k].edge] || ways[i].against == ways[k].against ||
                x->kind != y->kind || !same_line(net, x, y))
                continue;
            join(net, x, y);
            gone[ways[k].edge] = 1;
            n_gone++;
            break;
        }
    return n_gone;
}

/* The others move up, and their points. */
static void close_gaps(struct qz_network *net, const uint8_t *gone) {
    size_t n = 0, n_points = 0;
    for (size_t i = 0; i < net->n_edges; i++) {
        uint32_t from = net->edges[i].first_point, to = net->edges[i + 1].first_point;
        if (gone[i])
            continue;
        net->edges[n] = net->edges[i];
        net->edges[n++].first_point = (uint32_t)n_points;
        for (uint32_t k = from; k < to; k++)
            net->points[n_points++] = net->points[k];
    }
    net->n_edges = n;
    net->n_points = n_points;
    net->edges[n].first_point = (uint32_t)n_points;
}

int qz_network_pair_ways(struct qz_ctx *ctx, struct qz_network *net) {
    qz_cleanup(qz_freep) struct way *ways = qz_malloc(net->n_edges, sizeof *ways);
    qz_cleanup(qz_freep) uint8_t *gone = qz_calloc(net->n_edges, 1);
    if (!ways || !gone)
        return qz_fail_nomem(ctx);
    size_t n = find_ways(net, ways);
    if (n)
        qsort(ways, n, sizeof *ways, by_ends);
    if (join_pairs(net, ways, n, gone))
        close_gaps(net, gone);
    return 0;
}
