/* engine/network/contract.c - nodes that are only bends leave the graph: chains of edges between
 * junctions. */
#include <string.h>
#include "network/network.h"

#define NONE UINT32_MAX

struct step { /* an edge of a chain, as it was numbered before */
    uint32_t edge;
    bool turned; /* runs against the chain */
};
struct contraction {
    struct qz_network *net;     /* nodes and edges still in the order of the file */
    uint32_t *first, *incident; /* edges at each node; a loop stands twice */
    uint8_t *is_bend, *done;    /* of nodes; of edges */
    struct step *steps;         /* of all chains, one after the other */
    uint32_t *chain_first;      /* n_chains + 1, into steps */
    uint32_t *chain_start;      /* old number of each chain's first node */
    size_t n_steps, n_chains;
};

static int list_edges(struct qz_ctx *ctx, struct contraction *c) {
    const struct qz_network *net = c->net;
    size_t n = net->n_nodes;
    c->first = qz_calloc(n + 2, sizeof *c->first);
    c->incident = qz_malloc(2 * net->n_edges, sizeof *c->incident);
    c->is_bend = qz_calloc(n, 1);
    c->done = qz_calloc(net->n_edges, 1);
    c->steps = qz_malloc(net->n_edges, sizeof *c->steps);
    c->chain_first = qz_malloc(net->n_edges + 1, sizeof *c->chain_first);
    c->chain_start = qz_malloc(net->n_edges, sizeof *c->chain_start);
    if (!c->first || !c->incident || !c->is_bend || !c->done || !c->steps || !c->chain_first ||
        !c->chain_start)
        return qz_fail_nomem(ctx);
    uint32_t *at = c->first + 1; /* shifted by one: filling moves it into place */
    for (size_t i = 0; i < net->n_edges; i++) {
        at[net->edges[i].from + 1]++;
        at[net->edges[i].to + 1]++;
    }
    for (size_t v = 0; v < n; v++)
        at[v + 1] += at[v];
    for (uint32_t i = 0; i < net->n_edges; i++) {
        c->incident[at[net->edges[i].from]++] = i;
        c->incident[at[net->edges[i].to]++] = i;
    }
    return 0;
}

/* Open away from the node, open towards it: two bits. */
static unsigned ways(const struct qz_edge *e, uint32_t node) {
    bool along = e->from == node;
    uint32_t away = along ? e->ms_forward : e->ms_backward,
             back = along ? e->ms_backward : e->ms_forward;
    return (away != QZ_CLOSED_WAY ? 1u : 0) | (back != QZ_CLOSED_WAY ? 2u : 0);
}

/* A node is a bend when two edges meet there and what comes by one can leave by the other, both
 * ways alike. */
static void mark_bends(struct contraction *c, const uint8_t *kept) {
    for (uint32_t v = 0; v < c->net->n_nodes; v++) {
        if (kept[v] || c->first[v + 1] - c->first[v] != 2 ||
            c->incident[c->first[v]] == c->incident[c->first[v] + 1])
            continue;
        unsigned a = ways(&c->net->edges[c->incident[c->first[v]]], v);
        unsigned b = ways(&c->net->edges[c->incident[c->first[v] + 1]], v);
        c->is_bend[v] = b == ((a & 1) << 1 | a >> 1);
    }
}

/* From a junction by one of its edges to the next junction. */
static void walk(struct contraction *c, uint32_t junction, uint32_t edge) {
    c->chain_first[c->n_chains] = (uint32_t)c->n_steps;
    c->chain_start[c->n_chains++] = junction;
    for (uint32_t at = junction;;) {
        const struct qz_edge *e = &c->net->edges[edge];
        bool turned = e->from != at;
        c->steps[c->n_steps++] = (struct step) { edge, turned };
        c->done[edge] = 1;
        at = turned ? e->from : e->to;
        if (!c->is_bend[at])
            return;
        uint32_t k = c->first[at];
        edge = c->incident[k] == edge ? c->incident[k + 1] : c->incident[k];
    }
}

static void walk_from(struct contraction *c, uint32_t junction) {
    for (uint32_t k = c->first[junction]; k < c->first[junction + 1]; k++)
        if (!c->done[c->incident[k]])
            walk(c, junction, c->incident[k]);
}

static void make_chains(struct contraction *c, const uint32_t *order) {
    for (size_t i = 0; i < c->net->n_nodes; i++)
        if (!c->is_bend[order[i]])
            walk_from(c, order[i]);
    for (size_t i = 0; i < c->net->n_nodes;
         i++) { /* rings without any junction: one node becomes it */
        uint32_t v = order[i];
        if (c->is_bend[v] && !c->done[c->incident[c->first[v]]]) {
            c->is_bend[v] = 0;
            walk_from(c, v);
        }
    }
    c->chain_first[c->n_chains] = (uint32_t)c->n_steps;
}

/* ---- writing the new order */
static void copy_points(const struct qz_network *old, uint32_t edge, bool turned,
                        struct qz_xy *to) {
    uint32_t from = old->edges[edge].first_point, n = old->edges[edge + 1].first_point - from;
    for (uint32_t k = 0; k < n; k++)
        to[k] = old->points[turned ? from + n - 1 - k : from + k];
}

static struct qz_edge turned_edge(const struct qz_edge *e, bool turned) {
    struct qz_edge f = *e;
    if (turned) {
        f.from = e->to;
        f.to = e->from;
        f.ms_forward = e->ms_backward;
        f.ms_backward = e->ms_forward;
    }
    return f;
}

/* Times since the chain's start; a closed way stays closed. */
static uint32_t sum_ms(uint32_t a, uint32_t b) {
    if (a == QZ_CLOSED_WAY || b == QZ_CLOSED_WAY)
        return QZ_CLOSED_WAY;
    uint64_t sum = (uint64_t)a + b;
    return sum < QZ_CLOSED_WAY - 1 ? (uint32_t)sum : QZ_CLOSED_WAY - 1;
}

struct rewrite {
    const struct contraction *c;
    const struct qz_network *old;
    struct qz_network new;
    uint32_t *new_id; /* of each old node */
};

static int alloc_rewrite(struct qz_ctx *ctx, struct rewrite *w, size_t n_junctions) {
    const struct qz_network *old = w->old;
    struct qz_network *new = &w->new;
    new->n_nodes = old->n_nodes;
    new->n_junctions = n_junctions;
    new->n_bends = old->n_nodes - n_junctions;
    new->n_edges = old->n_edges;
    new->n_chains = w->c->n_chains;
    new->n_loops = old->n_loops;
    new->length_m = old->length_m;
    new->node_at = qz_malloc(new->n_nodes, sizeof *new->node_at);
    new->bend_edge = qz_malloc(new->n_bends, sizeof *new->bend_edge);
    new->edges = qz_malloc(new->n_edges + 1, sizeof *new->edges);
    new->chains = qz_malloc(new->n_chains + 1, sizeof *new->chains);
    new->points = qz_malloc(old->n_points, sizeof *new->points);
    w->new_id = qz_malloc(old->n_nodes, sizeof *w->new_id);
    bool ok = new->node_at &&new->bend_edge &&new->edges &&new->chains &&new->points && w->new_id;
    return ok ? 0 : qz_fail_nomem(ctx);
}

static void number_junctions(struct rewrite *w, const uint32_t *order) {
    uint32_t n = 0;
    for (size_t i = 0; i < w->old->n_nodes; i++)
        if (!w->c->is_bend[order[i]]) {
            w->new.node_at[n] = w->old->node_at[order[i]];
            w->new_id[order[i]] = n++;
        }
}

static void rewrite_chain(struct rewrite *w, uint32_t chain, uint32_t *next_bend) {
    const struct contraction *c = w->c;
    struct qz_network *new = &w->new;
    struct qz_chain *made = &new->chains[chain];
    uint32_t forward_ms = 0, backward_ms = 0;
    *made = (struct qz_chain) { .from = w->new_id[c->chain_start[chain]],
                                .first_edge = c->chain_first[chain] };
    uint32_t at = made->from;
    for (uint32_t k = c->chain_first[chain]; k < c->chain_first[chain + 1]; k++) {
        struct step step = c->steps[k];
        struct qz_edge e = turned_edge(&w->old->edges[step.edge], step.turned);
        uint32_t end = e.to;
        bool last = k + 1 == c->chain_first[chain + 1];
        if (!last) {
            w->new_id[end] = *next_bend;
            new->node_at[*next_bend] = w->old->node_at[end];
            new->bend_edge[*next_bend - new->n_junctions] = k;
            ++*next_bend;
        }
        copy_points(w->old, step.edge, step.turned, new->points + new->n_points);
        e.first_point = (uint32_t) new->n_points;
        new->n_points += w->old->edges[step.edge + 1].first_point -
                         w->old->edges[step.edge].first_point;
        e.from = at;
        e.to = at = w->new_id[end];
        e.chain = chain;
        e.before_forward_ms = forward_ms;
        e.before_backward_ms = backward_ms;
        forward_ms = sum_ms(forward_ms, e.ms_forward);
        backward_ms = sum_ms(backward_ms, e.ms_backward);
        new->edges[k] = e;
    }
    made->to = made->end = at;
    made->start = made->from;
    made->ms_forward = forward_ms;
    made->ms_backward = backward_ms;
}

static void take_arrays(struct qz_network *net, struct qz_network *new) {
    free(net->node_at);
    free(net->edges);
    free(net->points);
    new->about = net->about;
    *net = *new;
    *new = (struct qz_network) { 0 };
}

static int rewrite(struct qz_ctx *ctx, const struct contraction *c, const uint32_t *order) {
    struct rewrite w = { .c = c, .old = c->net };
    size_t n_junctions = 0;
    for (size_t v = 0; v < c->net->n_nodes; v++)
        n_junctions += !c->is_bend[v];
    int r = alloc_rewrite(ctx, &w, n_junctions);
    if (r == 0) {
        uint32_t next_bend = (uint32_t)n_junctions;
        number_junctions(&w, order);
        for (uint32_t i = 0; i < c->n_chains; i++)
            rewrite_chain(&w, i, &next_bend);
        w.new.chains[c->n_chains] = (struct qz_chain) { .first_edge = (uint32_t)c->n_steps };
        w.new.edges[w.new.n_edges] = (struct qz_edge) { .first_point = (uint32_t)w.new.n_points };
        take_arrays(c->net, &w.new);
    }
    free(w.new_id);
    free(w.new.node_at);
    free(w.new.bend_edge);
    free(w.new.edges);
    free(w.new.chains);
    free(w.new.points);
    return r;
}

static uint32_t *list_moves(const struct contraction *c) {
    uint32_t *moved = qz_malloc(c->n_steps, sizeof *moved);
    for (uint32_t k = 0; moved && k < c->n_steps; k++)
        moved[c->steps[k].edge] = 2 * k + c->steps[k].turned;
    return moved;
}

int qz_network_contract(struct qz_ctx *ctx, struct qz_network *net, const uint8_t *kept,
                        uint32_t **moved) {
    struct contraction c = { .net = net };
    qz_cleanup(qz_freep) uint32_t *order = qz_malloc(net->n_nodes, sizeof *order);
    int r = order ? list_edges(ctx, &c) : qz_fail_nomem(ctx);
    if (r == 0)
        r = qz_network_hilbert(ctx, net->node_at, net->n_nodes, order);
    if (r == 0) {
        mark_bends(&c, kept);
        make_chains(&c, order);
        r = rewrite(ctx, &c, order);
    }
    if (r == 0 && !(*moved = list_moves(&c)))
        r = qz_fail_nomem(ctx);
    free(c.first);
    free(c.incident);
    free(c.is_bend);
    free(c.done);
    free(c.steps);
    free(c.chain_first);
    free(c.chain_start);
    return r;
}
