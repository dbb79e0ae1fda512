/* engine/network/graph.c - a network from a graph that has its own times. */
#include "network/network.h"

/* Nodes that some edge uses keep their order; the others are left out. */
static int take_nodes(struct qz_ctx *ctx, const struct qz_graph *g, struct qz_network *net,
                      uint32_t *number) {
    for (size_t v = 0; v < g->n_nodes; v++)
        number[v] = UINT32_MAX;
    for (size_t i = 0; i < g->n_edges; i++)
        number[g->edges[i].from] = number[g->edges[i].to] = 0;
    for (size_t v = 0; v < g->n_nodes; v++)
        if (number[v] == 0)
            number[v] = (uint32_t)net->n_nodes++;
    net->node_at = qz_malloc(net->n_nodes, sizeof *net->node_at);
    if (!net->node_at)
        return qz_fail_nomem(ctx);
    for (size_t v = 0; v < g->n_nodes; v++)
        if (number[v] != UINT32_MAX)
            net->node_at[number[v]] = g->node_at[v];
    return 0;
}

static int take_edges(struct qz_ctx *ctx, const struct qz_graph *g, struct qz_network *net,
                      const uint32_t *number) {
    net->edges = qz_malloc(g->n_edges + 1, sizeof *net->edges);
    net->points = qz_malloc(2 * g->n_edges, sizeof *net->points);
    if (!net->edges || !net->points)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < g->n_edges; i++) {
        const struct qz_graph_edge *e = &g->edges[i];
        net->edges[net->n_edges++] = (struct qz_edge) {
            .from = number[e->from],
            .to = number[e->to],
            .ms_forward = e->ms_forward,
            .ms_backward = e->ms_backward,
            .first_point = (uint32_t)net->n_points,
            .length_m = (float)e->length_m,
            .kind = QZ_ROAD_PLAIN,
        };
        net->points[net->n_points++] = g->node_at[e->from];
        net->points[net->n_points++] = g->node_at[e->to];
        net->length_m += e->length_m;
    }
    net->edges[net->n_edges] = (struct qz_edge) { .first_point = (uint32_t)net->n_points };
    return 0;
}

int qz_network_from_graph(struct qz_ctx *ctx, const struct qz_network_params *params,
                          const struct qz_graph *g, struct qz_network **ret) {
    if (g->n_edges == 0)
        return qz_fail(ctx, QZ_E_DATA, "no edge between two known nodes");
    if (g->n_edges > UINT32_MAX / 2 - 1)
        return qz_fail(ctx, QZ_E_RANGE, "the graph has more than 2 billion edges; cut it");
    qz_cleanup(qz_freep) uint32_t *number = qz_malloc(g->n_nodes, sizeof *number);
    qz_cleanup(qz_network_freep) struct qz_network *net = qz_calloc(1, sizeof *net);
    int r = number && net ? take_nodes(ctx, g, net, number) : qz_fail_nomem(ctx);
    if (r == 0)
        r = take_edges(ctx, g, net, number);
    if (r == 0)
        r = qz_network_pair_ways(ctx, net);
    if (r == 0)
        r = qz_network_finish(ctx, params, net);
    if (r < 0)
        return r;
    *ret = net;
    net = NULL;
    return 0;
}
