/* engine/network/snap.c - the nearest point of a road, by a grid of segments; the densest crossing.
 */
#include <math.h>
#include <string.h>
#include "network/network.h"

static uint32_t clamp_index(double v, uint32_t n) {
    return v <= 0 ? 0 : v >= n - 1 ? n - 1 : (uint32_t)v;
}

struct range {
    uint32_t c0, c1, r0, r1;
};

static struct range cells_of(const struct qz_snap_grid *ix, struct qz_xy a, struct qz_xy b) {
    return (struct range) {
        clamp_index((fmin(a.x_m, b.x_m) - ix->corner.x_m) / ix->cell_m, ix->n_columns),
        clamp_index((fmax(a.x_m, b.x_m) - ix->corner.x_m) / ix->cell_m, ix->n_columns),
        clamp_index((fmin(a.y_m, b.y_m) - ix->corner.y_m) / ix->cell_m, ix->n_rows),
        clamp_index((fmax(a.y_m, b.y_m) - ix->corner.y_m) / ix->cell_m, ix->n_rows),
    };
}

/* Two passes over the same pieces: count (pieces NULL), then place. */
static void scatter(const struct qz_network *net, struct qz_snap_grid *ix, uint32_t *at) {
    for (uint32_t e = 0; e < net->n_edges; e++) {
        if (!net->edges[e].snappable)
            continue;
        for (uint32_t k = net->edges[e].first_point; k + 1 < net->edges[e + 1].first_point; k++) {
            struct range g = cells_of(ix, net->points[k], net->points[k + 1]);
            for (uint32_t r = g.r0; r <= g.r1; r++)
                for (uint32_t c = g.c0; c <= g.c1; c++) {
                    size_t cell = (size_t)r * ix->n_columns + c;
                    if (ix->pieces)
                        ix->pieces[at[cell]] = (struct qz_piece) { e, k };
                    at[cell]++;
                }
        }
    }
}

/* About three pieces a cell. */
static void choose_cells(const struct qz_network *net, struct qz_snap_grid *ix) {
    size_t n = 1;
    struct qz_box box = qz_box_empty;
    for (uint32_t e = 0; e < net->n_edges; e++)
        if (net->edges[e].snappable)
            for (uint32_t k = net->edges[e].first_point; k < net->edges[e + 1].first_point;
                 k++, n++)
                qz_box_add(&box, net->points[k]);
    if (box.min_x_m > box.max_x_m)
        box = (struct qz_box) { 0, 0, 0, 0 };
    double width = box.max_x_m - box.min_x_m, height = box.max_y_m - box.min_y_m;
    ix->corner = (struct qz_xy) { box.min_x_m, box.min_y_m };
    ix->cell_m = fmax(fmax(sqrt(width * height * 3 / (double)n), fmax(width, height) / 30000), 20);
    ix->n_columns = (uint32_t)(width / ix->cell_m) + 1;
    ix->n_rows = (uint32_t)(height / ix->cell_m) + 1;
    ix->n_cells = (size_t)ix->n_columns * ix->n_rows;
}

int qz_network_make_grid(struct qz_ctx *ctx, struct qz_network *net) {
    struct qz_snap_grid *ix = &net->grid;
    choose_cells(net, ix);
    ix->first = qz_calloc(ix->n_cells + 1, sizeof *ix->first);
    qz_cleanup(qz_freep) uint32_t *at = qz_calloc(ix->n_cells + 1, sizeof *at);
    if (!ix->first || !at)
        return qz_fail_nomem(ctx);
    scatter(net, ix, at);
    for (size_t c = 0; c < ix->n_cells; c++) {
        ix->first[c + 1] = ix->first[c] + at[c];
        at[c] = ix->first[c];
    }
    ix->n_pieces = ix->first[ix->n_cells];
    ix->pieces = qz_malloc(ix->n_pieces, sizeof *ix->pieces);
    if (!ix->pieces)
        return qz_fail_nomem(ctx);
    scatter(net, ix, at);
    return 0;
}

/* ---- search */
struct nearest {
    double distance_m, along; /* along: 0..1 on the piece */
    struct qz_piece piece;
    struct qz_xy at;
};

static void try_piece(const struct qz_network *net, struct qz_piece piece, struct qz_xy p,
                      struct nearest *best) {
    struct qz_xy a = net->points[piece.point], b = net->points[piece.point + 1];
    double dx = b.x_m - a.x_m, dy = b.y_m - a.y_m, square = dx * dx + dy * dy;
    double along = square > 0 ? ((p.x_m - a.x_m) * dx + (p.y_m - a.y_m) * dy) / square : 0;
    along = fmin(fmax(along, 0), 1);
    struct qz_xy at = { a.x_m + along * dx, a.y_m + along * dy };
    double d = qz_distance_m(p, at);
    bool lower = piece.edge < best->piece.edge ||
                 (piece.edge == best->piece.edge && piece.point < best->piece.point);
    if (d < best->distance_m || (d == best->distance_m && lower))
        *best = (struct nearest) { d, along, piece, at };
}

static int try_cell(struct qz_ctx *ctx, const struct qz_network *net, int64_t row, int64_t column,
                    struct qz_xy p, struct nearest *best) {
    const struct qz_snap_grid *ix = &net->grid;
    if (row < 0 || column < 0 || row >= ix->n_rows || column >= ix->n_columns)
        return 0;
    const uint32_t *first = ix->first + (size_t)row * ix->n_columns + (size_t)column;
    int r = QZ_NEED(ctx, net, first, 2);
    if (r == 0)
        r = QZ_NEED(ctx, net, ix->pieces + first[0], first[1] - first[0]);
    for (uint32_t i = first[0]; r == 0 && i < first[1]; i++) {
        r = QZ_NEED(ctx, net, net->points + ix->pieces[i].point, 2);
        if (r == 0)
            try_piece(net, ix->pieces[i], p, best);
    }
    return r;
}

/* The cells at `ring` steps from the middle one. */
static int try_ring(struct qz_ctx *ctx, const struct qz_network *net, int64_t row, int64_t column,
                    int64_t ring, struct qz_xy p, struct nearest *best) {
    int e = 0;
    for (int64_t c = column - ring; c <= column + ring && e == 0; c++) {
        e = try_cell(ctx, net, row - ring, c, p, best);
        if (ring && e == 0)
            e = try_cell(ctx, net, row + ring, c, p, best);
    }
    for (int64_t r = row - ring + 1; r < row + ring && e == 0; r++) {
        e = try_cell(ctx, net, r, column - ring, p, best);
        if (e == 0)
            e = try_cell(ctx, net, r, column + ring, p, best);
    }
    return e;
}

static double fraction_of(const struct qz_network *net, const struct nearest *n) {
    const struct qz_edge *e = &net->edges[n->piece.edge];
    double before = 0, whole = 0;
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++) {
        double d = qz_distance_m(net->points[k], net->points[k + 1]);
        before += k < n->piece.point ? d : k == n->piece.point ? d * n->along : 0;
        whole += d;
    }
    return whole > 0 ? fmin(before / whole, 1) : 0;
}

/* The edge and all of its chain: what a search reads of a stop. */
static int need_edge(struct qz_ctx *ctx, const struct qz_network *net, uint32_t edge) {
    int r = QZ_NEED(ctx, net, net->edges + edge, 1);
    return r < 0 ? r : qz_network_need_chain(ctx, net, net->edges[edge].chain);
}

int qz_network_snap(struct qz_ctx *ctx, const struct qz_network *net, struct qz_xy p,
                    double limit_m, struct qz_snap *ret) {
    const struct qz_snap_grid *ix = &net->grid;
    if (!isfinite(p.x_m) || !isfinite(p.y_m))
        return QZ_SNAP_TOO_FAR;
    struct nearest best = { .distance_m = INFINITY, .piece = { UINT32_MAX, UINT32_MAX } };
    double fc = floor((p.x_m - ix->corner.x_m) / ix->cell_m),
           fr = floor((p.y_m - ix->corner.y_m) / ix->cell_m);
    double reach = ceil(limit_m / ix->cell_m) + 1;
    if (fc < -reach || fr < -reach || fc > ix->n_columns + reach || fr > ix->n_rows + reach)
        return QZ_SNAP_TOO_FAR;
    int e = 0;
    for (int64_t ring = 0; ring <= (int64_t)reach && e == 0; ring++) {
        if ((double)(ring - 1) * ix->cell_m > fmin(best.distance_m, limit_m))
            break; /* all that is left is farther */
        e = try_ring(ctx, net, (int64_t)fr, (int64_t)fc, ring, p, &best);
    }
    if (e < 0)
        return e;
    if (!(best.distance_m <= limit_m))
        return QZ_SNAP_TOO_FAR;
    e = need_edge(ctx, net, best.piece.edge);
    if (e < 0)
        return e;
    *ret = (struct qz_snap) { best.piece.edge, fraction_of(net, &best), best.distance_m, best.at };
    return 0;
}

/* ---- densest crossing of each commune */
struct crossing {
    uint32_t commune, node;
};

static int by_commune(const void *va, const void *vb) {
    const struct crossing *a = va, *b = vb;
    if (a->commune != b->commune)
        return a->commune < b->commune ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static void densest(const struct qz_network *net, const struct crossing *all, size_t n,
                    struct qz_xy *at) {
    enum { NEAR_M = 500 };
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t near = 0;
        for (size_t j = 0; j < n; j++)
            near += qz_distance_m(net->node_at[all[i].node], net->node_at[all[j].node]) <= NEAR_M;
        if (near > most) {
            most = near;
            *at = net->node_at[all[i].node];
        }
    }
}

int qz_network_crossings(struct qz_ctx *ctx, const struct qz_network *net,
                         const struct qz_locator *communes, size_t n_communes,
                         const uint8_t *wanted, struct qz_xy *at, uint8_t *found) {
    qz_cleanup(qz_freep) uint8_t *degree = qz_calloc(net->n_nodes, 1);
    qz_cleanup(qz_freep) struct crossing *all = qz_malloc(net->n_nodes, sizeof *all);
    if (!degree || !all)
        return qz_fail_nomem(ctx);
    for (size_t e = 0; e < net->n_edges; e++) {
        const struct qz_edge *edge = &net->edges[e];
        degree[edge->from] = (uint8_t)(degree[edge->from] +
                                       (edge->snappable && degree[edge->from] < 3));
        degree[edge->to] = (uint8_t)(degree[edge->to] + (edge->snappable && degree[edge->to] < 3));
    }
    size_t n = 0;
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        uint32_t c = degree[v] >= 3 ? qz_locator_find(communes, net->node_at[v]) : QZ_NOWHERE;
        if (c != QZ_NOWHERE && wanted[c])
            all[n++] = (struct crossing) { c, v };
    }
    qsort(all, n, sizeof *all, by_commune);
    memset(found, 0, n_communes);
    for (size_t i = 0, k; i < n; i += k) {
        for (k = 1; i + k < n && all[i + k].commune == all[i].commune;)
            k++;
        densest(net, all + i, k, &at[all[i].commune]);
        found[all[i].commune] = 1;
    }
    return 0;
}
