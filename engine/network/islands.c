/* engine/network/islands.c - what can be reached and left again: strongly connected parts, islands.
 */
#include <string.h>
#include "network/network.h"

/* Tarjan's algorithm on the reverse graph (its parts are the same), with its own stack: a long road
 * must not overflow the machine's. */
struct tarjan {
    uint32_t *index, *low, *stack, *calls, *next_arc;
    size_t n_stack, n_calls, counter;
};

static void visit(struct tarjan *t, const struct qz_network *net, uint32_t root, uint32_t *part,
                  size_t *n_parts) {
    t->calls[t->n_calls++] = root;
    while (t->n_calls) {
        uint32_t v = t->calls[t->n_calls - 1];
        if (t->index[v] == 0) {
            t->index[v] = t->low[v] = (uint32_t)++t->counter;
            t->stack[t->n_stack++] = v;
            t->next_arc[v] = net->in_first[v];
        }
        bool deeper = false;
        while (t->next_arc[v] < net->in_first[v + 1]) {
            uint32_t w = net->in[t->next_arc[v]].head;
            if (t->index[w] == 0) {
                t->calls[t->n_calls++] = w;
                deeper = true;
                break;
            }
            if (part[w] == UINT32_MAX && t->low[w] < t->low[v])
                t->low[v] = t->low[w];
            t->next_arc[v]++;
        }
        if (deeper)
            continue;
        if (t->low[v] == t->index[v]) {
            uint32_t w;
            do {
                w = t->stack[--t->n_stack];
                part[w] = (uint32_t)*n_parts;
            } while (w != v);
            ++*n_parts;
        }
        t->n_calls--;
    }
}

int qz_network_parts(struct qz_ctx *ctx, const struct qz_network *net, uint32_t *part,
                     size_t *n_parts) {
    size_t n = net->n_junctions;
    qz_cleanup(qz_freep) uint32_t *block = qz_calloc(n, 5 * sizeof *block);
    if (!block)
        return qz_fail_nomem(ctx);
    struct tarjan t = { block, block + n, block + 2 * n, block + 3 * n, block + 4 * n, 0, 0, 0 };
    memset(part, 0xff, net->n_nodes * sizeof *part);
    *n_parts = 0;
    for (uint32_t v = 0; v < n; v++)
        if (t.index[v] == 0)
            visit(&t, net, v, part, n_parts);
    for (size_t v = n; v < net->n_nodes; v++) {
        const struct qz_chain *c = &net->chains[net->edges[net->bend_edge[v - n]].chain];
        bool inside = part[c->from] == part[c->to]; /* a loop is open at least one way round */
        part[v] = inside ? part[c->from] : (uint32_t)(*n_parts)++;
    }
    return 0;
}

/* ---- islands: parts joined by any road, whatever its direction */
static uint32_t root_of(uint32_t *parent, uint32_t v) {
    while (parent[v] != v) {
        parent[v] = parent[parent[v]];
        v = parent[v];
    }
    return v;
}

static void join_islands(const struct qz_network *net, uint32_t *parent) {
    for (uint32_t v = 0; v < net->n_nodes; v++)
        parent[v] = v;
    for (size_t i = 0; i < net->n_edges; i++) {
        uint32_t a = root_of(parent, net->edges[i].from), b = root_of(parent, net->edges[i].to);
        if (a < b)
            parent[b] = a;
        else
            parent[a] = b;
    }
}

struct lengths {
    double *of_part_m;
    uint32_t *best; /* of each island's root: its part with most road */
};

static void measure(const struct qz_network *net, const uint32_t *part, uint32_t *island,
                    struct lengths *l) {
    for (size_t i = 0; i < net->n_edges; i++)
        if (part[net->edges[i].from] == part[net->edges[i].to])
            l->of_part_m[part[net->edges[i].from]] += net->edges[i].length_m;
    memset(l->best, 0xff, net->n_nodes * sizeof *l->best);
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        uint32_t *best = &l->best[root_of(island, v)];
        if (*best == UINT32_MAX || l->of_part_m[part[v]] > l->of_part_m[*best])
            *best = part[v];
    }
}

int qz_network_mark_islands(struct qz_ctx *ctx, const struct qz_network_params *params,
                            struct qz_network *net) {
    size_t n = net->n_nodes, n_parts = 0;
    qz_cleanup(qz_freep) uint32_t *part = qz_malloc(n, sizeof *part);
    qz_cleanup(qz_freep) uint32_t *island = qz_malloc(n, sizeof *island);
    qz_cleanup(qz_freep) double *of_part_m = qz_calloc(n, sizeof *of_part_m);
    qz_cleanup(qz_freep) uint32_t *best = qz_malloc(n, sizeof *best);
    if (!part || !island || !of_part_m || !best)
        return qz_fail_nomem(ctx);
    int r = qz_network_parts(ctx, net, part, &n_parts);
    if (r < 0)
        return r;
    struct lengths l = { of_part_m, best };
    join_islands(net, island);
    measure(net, part, island, &l);
    double most_m = 0;
    for (uint32_t p = 0; p < n_parts; p++)
        most_m = of_part_m[p] > most_m ? of_part_m[p] : most_m;
    for (uint32_t v = 0; v < n; v++)
        if (island[v] == v &&
            (of_part_m[best[v]] >= params->island_min_m || of_part_m[best[v]] >= most_m))
            net->n_islands++;
    for (size_t i = 0; i < net->n_edges; i++) {
        struct qz_edge *e = &net->edges[i];
        uint32_t main = best[root_of(island, e->from)];
        bool large = of_part_m[main] >= params->island_min_m || of_part_m[main] >= most_m;
        e->snappable = e->kind == QZ_ROAD_PLAIN && large && part[e->from] == main &&
                       part[e->to] == main;
    }
    return 0;
}
