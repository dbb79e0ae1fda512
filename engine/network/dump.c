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

/* Copies of junctions, which carry the turn restrictions, are nodes of their own after the others.
 */
static void put_nodes(FILE *f, const struct qz_network *net) {
    fputs("id,x,y\n", f);
    for (size_t v = 0; v < net->n_nodes; v++)
        put_node(f, v, net->node_at[v]);
    for (size_t v = 0; v < net->n_junctions && net->copy_first; v++)
        for (uint32_t k = net->copy_first[v]; k < net->copy_first[v + 1]; k++)
            put_node(f, net->n_nodes + k, net->node_at[v]);
}

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
    size_t from = back ? e->to : e->from, to = back ? e->from : e->to,
           out = back ? c->start : c->end;
    if (ms == QZ_CLOSED_WAY)
        return;
    if (edge == last)
        to = out < net->n_junctions ? out : net->n_nodes + (out - net->n_junctions);
    put_way(f, from, to, ms, e->length_m);
    if (edge != first || !net->copy_first)
        return;
    for (uint32_t k = net->copy_first[from]; k < net->copy_first[from + 1]; k++)
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
