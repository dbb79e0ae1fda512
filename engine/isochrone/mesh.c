/* engine/isochrone/mesh.c - from corners and steps to rings, and from rings to polygons. */
#include <math.h>
#include <string.h>
#include "isochrone/mesh.h"

int qz_mesh_init(struct qz_ctx *ctx, struct qz_mesh *m, const struct qz_grid *grid,
                 size_t n_regions) {
    enum { MOST = 500000 };
    *m = (struct qz_mesh) { .grid = *grid, .n_regions = n_regions };
    if (grid->n_columns > MOST || grid->n_rows > MOST)
        return qz_fail(ctx, QZ_E_RANGE,
                       "a grid of %u x %u cells is too large to draw: give a larger cell",
                       grid->n_columns, grid->n_rows);
    m->row_first = qz_calloc((size_t)grid->n_rows + 3, sizeof *m->row_first);
    m->last = qz_malloc(n_regions, sizeof *m->last);
    if (!m->row_first || !m->last)
        return qz_fail_nomem(ctx);
    return 0;
}

void qz_mesh_done(struct qz_mesh *m) {
    free(m->vertices);
    free(m->corners);
    free(m->row_first);
    free(m->last);
    *m = (struct qz_mesh) { 0 };
}

void qz_mesh_begin_row(struct qz_mesh *m, uint32_t row) {
    m->row_first[row] = (uint32_t)m->n_vertices;
    m->row_first[row + 1] = (uint32_t)m->n_vertices;
    memset(m->last, 0xff, m->n_regions * sizeof *m->last);
}

int qz_mesh_vertex(struct qz_ctx *ctx, struct qz_mesh *m, struct qz_mesh_point at) {
    struct qz_mesh_point *grown = qz_grow(m->vertices, &m->cap_vertices, m->n_vertices + 1,
                                          sizeof *grown);
    if (!grown || m->n_vertices >= QZ_MESH_NONE)
        return qz_fail_nomem(ctx);
    m->vertices = grown;
    m->vertices[m->n_vertices++] = at;
    return 0;
}

int qz_mesh_corner(struct qz_ctx *ctx, struct qz_mesh *m, uint32_t region, bool on_row) {
    struct qz_mesh_corner *grown = qz_grow(m->corners, &m->cap_corners, m->n_corners + 1,
                                           sizeof *grown);
    if (!grown || m->n_corners >= QZ_MESH_NONE)
        return qz_fail_nomem(ctx);
    m->corners = grown;
    m->corners[m->n_corners] = (struct qz_mesh_corner) { (uint32_t)m->n_vertices - 1, region,
                                                         QZ_MESH_NONE, m->last[region], on_row };
    if (on_row)
        m->last[region] = (uint32_t)m->n_corners;
    m->n_corners++;
    return 0;
}

int32_t qz_mesh_crossing(const struct qz_field *f, double limit_s, double a_s, double b_s) {
    double rise_s = isinf(b_s) ? f->walk_s_per_cell : b_s - a_s;
    double most = isinf(b_s) ? QZ_MESH_CELL / 2 : QZ_MESH_CELL - QZ_MESH_LEAST;
    return (int32_t)fmin(fmax(rint((limit_s - a_s) / rise_s * QZ_MESH_CELL), QZ_MESH_LEAST), most);
}

bool qz_mesh_joined(const struct qz_field *f, double a_s, double b_s) {
    return fabs(a_s - b_s) <= M_SQRT2 * f->walk_s_per_cell;
}

/* ---- rings */
struct ring {
    uint32_t corner; /* the first on a row of centres */
    uint32_t parent; /* the ring of the same region just around it, or NONE */
    uint32_t region;
    double area_m2; /* positive: an outline; negative: a hole */
    bool dropped;
};
struct rings {
    struct ring *items;
    size_t n, cap;
    uint32_t *of_corner;
};

/* Every ring crosses a row of centres: it goes round one at least. */
static int read_ring(struct qz_ctx *ctx, const struct qz_mesh *m, uint32_t first, struct rings *r) {
    struct ring *grown = qz_grow(r->items, &r->cap, r->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    r->items = grown;
    struct qz_mesh_point o = m->vertices[m->corners[first].vertex], p = o;
    int64_t twice = 0;
    uint32_t c = first;
    do {
        r->of_corner[c] = (uint32_t)r->n;
        c = m->corners[c].next;
        struct qz_mesh_point q = m->vertices[m->corners[c].vertex];
        twice += (int64_t)(p.x - o.x) * (q.y - o.y) - (int64_t)(q.x - o.x) * (p.y - o.y);
        p = q;
    } while (c != first);
    double unit_m = m->grid.cell_m / QZ_MESH_CELL;
    r->items[r->n++] = (struct ring) { first, QZ_MESH_NONE, m->corners[first].region,
                                       (double)twice / 2 * unit_m * unit_m, false };
    return 0;
}

/* On the row of its first corner, the ring just to the left (always read before) is either around
 * this one or beside it. */
static uint32_t parent_of(const struct qz_mesh *m, const struct rings *r, const struct ring *ring) {
    uint32_t before = m->corners[ring->corner].before;
    if (before == QZ_MESH_NONE)
        return QZ_MESH_NONE;
    const struct ring *left = &r->items[r->of_corner[before]];
    return (left->area_m2 > 0) != (ring->area_m2 > 0) ? r->of_corner[before] : left->parent;
}

static int read_rings(struct qz_ctx *ctx, const struct qz_mesh *m,
                      const struct qz_isochrone_params *params, struct rings *r) {
    r->of_corner = qz_malloc(m->n_corners, sizeof *r->of_corner);
    if (!r->of_corner)
        return qz_fail_nomem(ctx);
    memset(r->of_corner, 0xff, m->n_corners * sizeof *r->of_corner);
    for (uint32_t c = 0; c < m->n_corners; c++) {
        if (!m->corners[c].on_row || r->of_corner[c] != QZ_MESH_NONE)
            continue;
        int e = read_ring(ctx, m, c, r);
        if (e < 0)
            return e;
        struct ring *ring = &r->items[r->n - 1];
        ring->parent = parent_of(m, r, ring);
        double least_m2 = ring->area_m2 > 0 ? params->min_island_m2 : params->min_hole_m2;
        ring->dropped = fabs(ring->area_m2) < least_m2 ||
                        (ring->parent != QZ_MESH_NONE && r->items[ring->parent].dropped);
    }
    return 0;
}

/* ---- the lines that are left */
static void add_link(struct qz_mesh_lines *l, uint32_t v, uint32_t to) {
    uint32_t *link = l->link[v];
    if (l->state[v] == QZ_MESH_GONE) {
        l->state[v] = QZ_MESH_LINE;
        link[0] = to;
        link[1] = QZ_MESH_NONE;
    } else if (link[0] != to && link[1] == QZ_MESH_NONE) {
        link[1] = to;
    } else if (link[0] != to && link[1] != to) {
        l->state[v] = QZ_MESH_NODE;
    }
}

static int find_lines(struct qz_ctx *ctx, const struct qz_mesh *m, const struct rings *r,
                      struct qz_mesh_lines *l) {
    l->mesh = m;
    l->state = qz_calloc(m->n_vertices, sizeof *l->state);
    l->link = qz_malloc(m->n_vertices, sizeof *l->link);
    l->drawn = qz_malloc(m->n_vertices, sizeof *l->drawn);
    if (!l->state || !l->link || !l->drawn)
        return qz_fail_nomem(ctx);
    for (uint32_t c = 0; c < m->n_corners; c++) {
        const struct qz_mesh_corner *from = &m->corners[c], *to = &m->corners[from->next];
        if (r->items[r->of_corner[c]].dropped)
            continue;
        add_link(l, from->vertex, to->vertex);
        add_link(l, to->vertex, from->vertex);
    }
    if (m->n_vertices)
        memcpy(l->drawn, l->link, m->n_vertices * sizeof *l->drawn);
    return 0;
}

/* ---- polygons */
struct order { /* rings that are kept, by what they belong to: items of k in [first[k], first[k+1])
                */
    uint32_t *first, *items;
};

static int order_by(struct qz_ctx *ctx, const struct rings *r, bool holes, size_t n_keys,
                    struct order *o) {
    o->first = qz_calloc(n_keys + 2, sizeof *o->first);
    o->items = qz_malloc(r->n, sizeof *o->items);
    if (!o->first || !o->items)
        return qz_fail_nomem(ctx);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < r->n; i++) {
            const struct ring *ring = &r->items[i];
            if (ring->dropped || (ring->area_m2 < 0) != holes)
                continue;
            uint32_t key = holes ? ring->parent : ring->region;
            if (pass == 0)
                o->first[key + 2]++;
            else
                o->items[o->first[key + 1]++] = i;
        }
        for (size_t k = 0; pass == 0 && k < n_keys; k++)
            o->first[k + 2] += o->first[k + 1];
    }
    return 0;
}

static struct qz_xy place_of(const struct qz_mesh *m, uint32_t vertex) {
    struct qz_mesh_point p = m->vertices[vertex];
    const double unit_m = m->grid.cell_m / QZ_MESH_CELL;
    return (struct qz_xy) { m->grid.x0_m + (p.x - QZ_MESH_CELL) * unit_m,
                            m->grid.y0_m + (p.y - QZ_MESH_CELL) * unit_m };
}

static int put_ring(struct qz_ctx *ctx, const struct qz_mesh_lines *l, uint32_t first,
                    struct qz_shapes *out) {
    const struct qz_mesh *m = l->mesh;
    size_t begin = out->n_points;
    uint32_t c = first;
    int e = 0;
    do {
        if (l->state[m->corners[c].vertex] != QZ_MESH_GONE)
            e = qz_shapes_add_point(ctx, out, place_of(m, m->corners[c].vertex));
        c = m->corners[c].next;
    } while (c != first && e == 0);
    if (e == 0)
        e = qz_shapes_add_point(ctx, out, out->points[begin]);
    return e < 0 ? e : qz_shapes_end_ring(ctx, out);
}

static int put_shapes(struct qz_ctx *ctx, const struct qz_mesh_lines *l, const struct rings *r,
                      const struct order *outlines, const struct order *holes,
                      struct qz_shapes *out) {
    int e = 0;
    for (size_t k = 0; k < l->mesh->n_regions && e == 0; k++) {
        for (uint32_t i = outlines->first[k]; i < outlines->first[k + 1] && e == 0; i++) {
            uint32_t outline = outlines->items[i];
            e = put_ring(ctx, l, r->items[outline].corner, out);
            for (uint32_t h = holes->first[outline]; h < holes->first[outline + 1] && e == 0; h++)
                e = put_ring(ctx, l, r->items[holes->items[h]].corner, out);
            if (e == 0)
                e = qz_shapes_end_poly(ctx, out);
        }
        if (e == 0)
            e = qz_shapes_end_shape(ctx, out);
    }
    return e;
}

int qz_mesh_shapes(struct qz_ctx *ctx, struct qz_mesh *m, const struct qz_isochrone_params *params,
                   struct qz_shapes *out) {
    struct rings rings = { 0 };
    struct qz_mesh_lines lines = { 0 };
    struct order outlines = { 0 }, holes = { 0 };
    int e = read_rings(ctx, m, params, &rings);
    if (e == 0)
        e = find_lines(ctx, m, &rings, &lines);
    if (e == 0 && params->simplify_m > 0)
        e = qz_mesh_simplify(ctx, &lines, params->simplify_m / m->grid.cell_m * QZ_MESH_CELL);
    if (e == 0)
        e = order_by(ctx, &rings, false, m->n_regions, &outlines);
    if (e == 0)
        e = order_by(ctx, &rings, true, rings.n, &holes);
    if (e == 0)
        e = put_shapes(ctx, &lines, &rings, &outlines, &holes, out);
    free(rings.items);
    free(rings.of_corner);
    free(lines.state);
    free(lines.link);
    free(lines.drawn);
    free(outlines.first);
    free(outlines.items);
    free(holes.first);
    free(holes.items);
    return e;
}
