/* engine/network/dump.c - a network as two tables that any tool reads: nodes.csv and edges.csv. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "io/place.h"
#include "network/network.h"

/* Metres to the millimetre, whatever the locale. */
static void put_metres(FILE *f, double m) {
    long long mm = llround(m * 1000), size = mm < 0 ? -mm : mm;
    fprintf(f, "%s%lld.%03lld", mm < 0 ? "-" : "", size / 1000, size % 1000);
}

static void put_node(FILE *f, size_t id, struct qz_xy at) {
    fprintf(f, "%zu,", id);
    put_metres(f, at.x_m);
    fputc(',', f);
    put_metres(f, at.y_m);
    fputc('\n', f);
}

/* ---- nodes: those of the network; its copies of junctions, which carry the turn restrictions; and
 * again the bends next to those, for the way back: cars turn round at no bend, and by a bend they
 * would get around a forbidden turn */
static bool has_copies(const struct qz_network *net, uint32_t junction) {
    return net->copy_first && net->copy_first[junction] < net->copy_first[junction + 1];
}

static bool splits_bends(const struct qz_network *net, const struct qz_chain *c) {
    return has_copies(net, c->from) || has_copies(net, c->to);
}

static size_t back_id(const struct qz_network *net, uint32_t node) {
    return node < net->n_junctions ? node : net->n_nodes + net->n_copies + node - net->n_junctions;
}

static void put_nodes(FILE *f, const struct qz_network *net) {
    fputs("id,x,y\n", f);
    for (size_t v = 0; v < net->n_nodes; v++)
        put_node(f, v, net->node_at[v]);
    for (uint32_t v = 0; v < net->n_junctions; v++)
        for (uint32_t k = 0; has_copies(net, v) && k < net->copy_first[v + 1] - net->copy_first[v];
             k++)
            put_node(f, net->n_nodes + net->copy_first[v] + k, net->node_at[v]);
    for (uint32_t v = (uint32_t)net->n_junctions; v < net->n_nodes; v++)
        if (splits_bends(net, &net->chains[net->edges[net->bend_edge[v - net->n_junctions]].chain]))
            put_node(f, back_id(net, v), net->node_at[v]);
}

/* ---- edges */
/* A road from a place back to itself shortens no trip: the format has no room for it. */
static void put_way(FILE *f, size_t from, size_t to, uint32_t ms, double length_m) {
    if (from == to)
        return;
    fprintf(f, "%zu,%zu,%u.%03u,", from, to, ms / 1000, ms % 1000);
    put_metres(f, length_m);
    fputc('\n', f);
}

/* One edge, driven as part of its chain: the first one leaves the junction and each copy that may
 * turn so, the last one comes out where the chain does. */
static void put_edge(FILE *f, const struct qz_network *net, size_t edge, bool back) {
    const struct qz_edge *e = &net->edges[edge];
    const struct qz_chain *c = &net->chains[e->chain];
    uint32_t ms = back ? e->ms_backward : e->ms_forward;
    size_t first = back ? c[1].first_edge - 1 : c->first_edge,
           last = back ? c->first_edge : c[1].first_edge - 1;
    bool split = back && splits_bends(net, c);
    uint32_t enter = back ? e->to : e->from, leave = back ? e->from : e->to,
             out = back ? c->start : c->end;
    size_t from = split ? back_id(net, enter) : enter, to = split ? back_id(net, leave) : leave;
    if (ms == QZ_CLOSED_WAY)
        return;
    if (edge == last)
        to = out < net->n_junctions ? out : net->n_nodes + (out - net->n_junctions);
    put_way(f, from, to, ms, e->length_m);
    if (edge != first || !has_copies(net, enter))
        return;
    for (uint32_t k = net->copy_first[enter]; k < net->copy_first[enter + 1]; k++)
        if (qz_network_may_turn(net, k, 2 * e->chain + back))
            put_way(f, net->n_nodes + k, to, ms, e->length_m);
}

static void put_edges(FILE *f, const struct qz_network *net) {
    fputs("from,to,seconds,length_m\n", f);
    for (size_t i = 0; i < net->n_edges; i++) {
        put_edge(f, net, i, false);
        put_edge(f, net, i, true);
    }
}

static int write_table(struct qz_ctx *ctx, const struct qz_network *net,
                       const struct qz_place *place, const char *name,
                       void (*put)(FILE *, const struct qz_network *)) {
    qz_cleanup(qz_freep) char *path = qz_format("%s/%s", place->temporary, name);
    if (!path)
        return qz_fail_nomem(ctx);
    FILE *f = fopen(path, "we");
    bool good = f != NULL;
    if (f) {
        put(f, net);
        good = !ferror(f);
        good = fclose(f) == 0 && good;
    }
    return good ? 0
                : qz_fail(ctx, QZ_E_IO, "%s/%s: cannot be written: %s", place->folder, name,
                          strerror(errno));
}

/* Both names must be free: the tables belong together. */
static int check_edges(struct qz_ctx *ctx, const char *folder, bool overwrite) {
    struct stat st;
    qz_cleanup(qz_freep) char *path = qz_format("%s/edges.csv", folder);
    if (!path)
        return qz_fail_nomem(ctx);
    return stat(path, &st) == 0 && !overwrite
               ? qz_fail(ctx, QZ_E_EXISTS, "%s: exists; add --overwrite to replace it", path)
               : 0;
}

int qz_network_dump(struct qz_ctx *ctx, const struct qz_network *net, const char *folder,
                    bool overwrite) {
    struct qz_place place = { 0 };
    qz_cleanup(qz_freep) char *path = qz_format("%s/nodes.csv", folder);
    if (!path)
        return qz_fail_nomem(ctx);
    int r = qz_network_verify(ctx, net);
    if (r == 0 && mkdir(folder, 0777) != 0 && errno != EEXIST)
        r = qz_fail(ctx, QZ_E_IO, "%s: cannot be made: %s", folder, strerror(errno));
    if (r == 0)
        r = check_edges(ctx, folder, overwrite);
    if (r == 0)
        r = qz_place_init(ctx, &place, path, overwrite);
    if (r == 0)
        r = write_table(ctx, net, &place, "edges.csv", put_edges);
    if (r == 0)
        r = write_table(ctx, net, &place, "nodes.csv", put_nodes);
    if (r == 0)
        r = qz_place_publish(ctx, &place);
    qz_place_done(&place);
    return r;
}
