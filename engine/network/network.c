/* engine/network/network.c - what a network holds, as tables; its texts; its end. */
#include <string.h>
#include "network/network.h"

#define AT(field) offsetof(struct qz_network, field)
#define ARRAY(field, count, extra, with) \
    { #field, AT(field), AT(count), extra, AT(with), sizeof *((struct qz_network *)0)->field }
#define SCALAR(field) \
    { #field, AT(field), sizeof((struct qz_network *)0)->field }

const struct qz_network_array qz_network_arrays[] = {
    ARRAY(node_at, n_nodes, 0, n_nodes),
    ARRAY(bend_edge, n_bends, 0, n_nodes),
    ARRAY(edges, n_edges, 1, n_nodes),
    ARRAY(chains, n_chains, 1, n_nodes),
    ARRAY(points, n_points, 0, n_nodes),
    ARRAY(copy_first, n_junctions, 1, n_copies),
    ARRAY(forbid_first, n_copies, 1, n_copies),
    ARRAY(forbid, n_forbidden, 0, n_copies),
    ARRAY(in_first, n_heads, 1, n_nodes),
    ARRAY(in, n_arcs, 0, n_nodes),
    ARRAY(incident_first, n_junctions, 1, n_nodes),
    ARRAY(incident, n_incident, 0, n_nodes),
    ARRAY(grid.first, grid.n_cells, 1, n_nodes),
    ARRAY(grid.pieces, grid.n_pieces, 0, n_nodes),
};
const struct qz_network_scalar qz_network_scalars[] = {
    SCALAR(n_nodes),         SCALAR(n_junctions),   SCALAR(n_bends),        SCALAR(n_edges),
    SCALAR(n_chains),        SCALAR(n_points),      SCALAR(n_arcs),         SCALAR(n_copies),
    SCALAR(n_forbidden),     SCALAR(n_heads),       SCALAR(n_incident),     SCALAR(max_arc_ms),
    SCALAR(n_islands),       SCALAR(n_loops),       SCALAR(length_m),       SCALAR(grid.corner.x_m),
    SCALAR(grid.corner.y_m), SCALAR(grid.cell_m),   SCALAR(grid.n_columns), SCALAR(grid.n_rows),
    SCALAR(grid.n_cells),    SCALAR(grid.n_pieces),
};
const struct qz_network_text qz_network_texts[] = {
    { "crs", AT(about.crs) },
    { "speeds", AT(about.speeds) },
    { "source", AT(about.source) },
    { "source_sha256", AT(about.source_sha256) },
};
const size_t qz_network_n_arrays = COUNT(qz_network_arrays),
             qz_network_n_scalars = COUNT(qz_network_scalars),
             qz_network_n_texts = COUNT(qz_network_texts);

void **qz_network_array_at(const struct qz_network *net, const struct qz_network_array *a) {
    return (void **)(void *)((char *)(uintptr_t)net + a->at);
}

static size_t number_at(const struct qz_network *net, size_t offset) {
    size_t n;
    memcpy(&n, (const char *)net + offset, sizeof n);
    return n;
}

bool qz_network_array_given(const struct qz_network *net, const struct qz_network_array *a) {
    return number_at(net, a->only_with) > 0;
}

size_t qz_network_array_n(const struct qz_network *net, const struct qz_network_array *a) {
    return qz_network_array_given(net, a) ? number_at(net, a->count) + a->extra : 0;
}

int qz_network_describe(struct qz_ctx *ctx, struct qz_network *net,
                        const struct qz_network_about *about) {
    struct qz_pool *texts = NULL;
    const char *given[] = { about->crs, about->speeds, about->source, about->source_sha256 };
    const char *kept[COUNT(given)];
    int r = qz_pool_new(ctx, &texts);
    for (size_t i = 0; i < COUNT(given) && r == 0; i++) {
        const char *text = given[i] ? given[i] : "";
        kept[i] = qz_pool_add(texts, text, strlen(text));
        r = kept[i] ? 0 : qz_fail_nomem(ctx);
    }
    if (r < 0) {
        qz_pool_free(texts);
        return r;
    }
    qz_pool_free(net->texts);
    net->texts = texts;
    net->about = (struct qz_network_about) { kept[0], kept[1], kept[2], kept[3] };
    return 0;
}

struct qz_network *qz_network_free(struct qz_network *net) {
    if (!net)
        return NULL;
    for (size_t i = 0; i < qz_network_n_arrays && !net->file; i++)
        free(*qz_network_array_at(net, &qz_network_arrays[i]));
    qz_network_file_free(net->file);
    qz_pool_free(net->texts);
    free(net);
    return NULL;
}

void qz_network_freep(struct qz_network **net) { *net = qz_network_free(*net); }
