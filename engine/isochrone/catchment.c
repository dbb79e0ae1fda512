/* engine/isochrone/catchment.c - catchments: the lines between the cells of one nearest site and
 * those of another, shared by both. */
#include <math.h>
#include <string.h>
#include "isochrone/mesh.h"

struct tracer {
    const struct qz_field *field;
    const uint32_t *site;
    float limit_s;
    struct qz_mesh *mesh;
    uint32_t *label[3];                   /* of the cells of a row: site, or NONE */
    uint32_t *right[2], *up[2], *node[2]; /* first corner of a side or of a square's node */
};

static float value(const struct qz_field *f, uint32_t row, uint32_t column) { /* from 1 */
    if (row - 1 >= f->grid.n_rows || column - 1 >= f->grid.n_columns)
        return INFINITY;
    return f->seconds[(size_t)(row - 1) * f->grid.n_columns + column - 1];
}

static void label_row(const struct tracer *t, uint32_t row, uint32_t *label) {
    uint32_t n_columns = t->field->grid.n_columns;
    memset(label, 0xff, ((size_t)n_columns + 2) * sizeof *label);
    if (row - 1 >= t->field->grid.n_rows)
        return;
    size_t first = (size_t)(row - 1) * n_columns;
    for (uint32_t k = 0; k < n_columns; k++)
        if (t->field->seconds[first + k] <= t->limit_s)
            label[k + 1] = t->site[first + k];
}

/* Two sites meet where walking from both cells takes as long; the outer edge is that of the band.
 */
static struct qz_mesh_point crossing(const struct tracer *t, uint32_t row, uint32_t column, bool up,
                                     uint32_t here, uint32_t there) {
    double a_s = value(t->field, row, column), b_s = value(t->field, row + up, column + !up);
    int32_t units;
    if (there == QZ_MESH_NONE)
        units = qz_mesh_crossing(t->field, t->limit_s, a_s, b_s);
    else if (here == QZ_MESH_NONE)
        units = QZ_MESH_CELL - qz_mesh_crossing(t->field, t->limit_s, b_s, a_s);
    else
        units = (int32_t)fmin(
            fmax(rint((0.5 + (b_s - a_s) / (2 * t->field->walk_s_per_cell)) * QZ_MESH_CELL),
                 QZ_MESH_LEAST),
            QZ_MESH_CELL - QZ_MESH_LEAST);
    return (struct qz_mesh_point) { (int32_t)column * QZ_MESH_CELL + (up ? 0 : units),
                                    (int32_t)row * QZ_MESH_CELL + (up ? units : 0) };
}

/* The square between four centres, counterclockwise from the lower left; side k leaves centre k. */
struct square {
    uint32_t label[4];
    bool crossed[4];
    unsigned n_crossed;
};

static struct square square_of(const uint32_t *low, const uint32_t *high) {
    struct square s = { { low[0], low[1], high[1], high[0] }, { false }, 0 };
    for (unsigned k = 0; k < 4; k++) {
        s.crossed[k] = s.label[k] != s.label[(k + 1) % 4];
        s.n_crossed += s.crossed[k];
    }
    return s;
}

/* Where three or four lines come together. Two equal corners across are no node: the other two are
 * cut off. */
static bool has_node(const struct square *s) {
    return s->n_crossed == 3 ||
           (s->n_crossed == 4 && s->label[0] != s->label[2] && s->label[1] != s->label[3]);
}

/* In the middle of the lines that meet; on the outer edge where that is one of them. */
static struct qz_mesh_point node_at(const struct tracer *t, uint32_t row, uint32_t column,
                                    const struct square *s) {
    int64_t x = 0, y = 0, n = 0;
    bool edge = false;
    for (unsigned k = 0; k < 4; k++)
        edge = edge || s->label[k] == QZ_MESH_NONE;
    for (unsigned k = 0; k < 4; k++) {
        bool up = k % 2;
        uint32_t a = s->label[k], b = s->label[(k + 1) % 4];
        if (!s->crossed[k] || (edge && a != QZ_MESH_NONE && b != QZ_MESH_NONE))
            continue;
        bool forward = k < 2; /* side 0 runs right, 1 up; 2 left, 3 down */
        struct qz_mesh_point p = crossing(t, row + (k == 2), column + (k == 1), up, forward ? a : b,
                                          forward ? b : a);
        x += p.x;
        y += p.y;
        n++;
    }
    return (struct qz_mesh_point) { (int32_t)(x / n), (int32_t)(y / n) };
}

static int add_corners(struct qz_ctx *ctx, struct tracer *t, const uint32_t *labels, unsigned n,
                       bool on_row, uint32_t *first) {
    int e = 0;
    *first = (uint32_t)t->mesh->n_corners;
    for (unsigned i = 0; i < n && e == 0; i++) {
        bool again = labels[i] == QZ_MESH_NONE;
        for (unsigned j = 0; j < i; j++)
            again = again || labels[j] == labels[i];
        if (!again)
            e = qz_mesh_corner(ctx, t->mesh, labels[i], on_row);
    }
    return e;
}

static int cross_row(struct qz_ctx *ctx, struct tracer *t, uint32_t row) {
    const uint32_t *low = t->label[row % 3], *high = t->label[(row + 1) % 3];
    int e = 0;
    qz_mesh_begin_row(t->mesh, row);
    for (uint32_t k = 0; k <= t->field->grid.n_columns && e == 0; k++) {
        struct square s = square_of(low + k, high + k);
        if (s.crossed[0]) {
            e = qz_mesh_vertex(ctx, t->mesh, crossing(t, row, k, false, low[k], low[k + 1]));
            if (e == 0)
                e = add_corners(ctx, t, low + k, 2, true, &t->right[row % 2][k]);
        }
        if (s.crossed[3] && e == 0) {
            const uint32_t labels[2] = { low[k], high[k] };
            e = qz_mesh_vertex(ctx, t->mesh, crossing(t, row, k, true, low[k], high[k]));
            if (e == 0)
                e = add_corners(ctx, t, labels, 2, false, &t->up[row % 2][k]);
        }
        if (has_node(&s) && e == 0) {
            e = qz_mesh_vertex(ctx, t->mesh, node_at(t, row, k, &s));
            if (e == 0)
                e = add_corners(ctx, t, s.label, 4, false, &t->node[row % 2][k]);
        }
    }
    return e;
}

static uint32_t corner_of(const struct qz_mesh *m, uint32_t first, uint32_t region) {
    while (m->corners[first].region != region)
        first++;
    return first;
}

/* A line from one vertex to another, given by their first corners. */
static void step(struct qz_mesh *m, uint32_t from, uint32_t to, uint32_t left, uint32_t right) {
    if (left != QZ_MESH_NONE)
        m->corners[corner_of(m, from, left)].next = corner_of(m, to, left);
    if (right != QZ_MESH_NONE)
        m->corners[corner_of(m, to, right)].next = corner_of(m, from, right);
}

/* Four lines and no node: two corners are cut off, 0 and 2 or 1 and 3. Those that differ; of two
 * pairs the lower site's; of one pair and the outside, as in the bands. */
static unsigned first_cut(const struct tracer *t, uint32_t row, uint32_t column,
                          const struct square *s) {
    const struct qz_field *f = t->field;
    if (s->label[0] != s->label[2])
        return 0;
    if (s->label[1] != s->label[3])
        return 1;
    if (s->label[1] == QZ_MESH_NONE)
        return qz_mesh_joined(f, value(f, row, column), value(f, row + 1, column + 1)) ? 1 : 0;
    if (s->label[0] == QZ_MESH_NONE)
        return qz_mesh_joined(f, value(f, row, column + 1), value(f, row + 1, column)) ? 0 : 1;
    return s->label[0] < s->label[1] ? 0 : 1;
}

static void step_square(const struct tracer *t, uint32_t row, uint32_t column,
                        const struct square *s, const uint32_t side[4], uint32_t node) {
    struct qz_mesh *m = t->mesh;
    if (has_node(s)) {
        for (unsigned k = 0; k < 4; k++)
            if (s->crossed[k])
                step(m, side[k], node, s->label[k], s->label[(k + 1) % 4]);
        return;
    }
    if (s->n_crossed == 2) { /* one line: out of the corners of one region, into them again */
        unsigned out = 0;
        while (!s->crossed[out])
            out++;
        unsigned in = out + 1;
        while (!s->crossed[in])
            in++;
        step(m, side[out], side[in], s->label[out], s->label[out + 1]);
        return;
    }
    unsigned cut = first_cut(t, row, column, s);
    for (unsigned k = cut; k < 4; k += 2)
        step(m, side[k], side[(k + 3) % 4], s->label[k], s->label[(k + 1) % 4]);
}

static void step_row(struct tracer *t, uint32_t row) {
    const uint32_t *low = t->label[row % 3], *high = t->label[(row + 1) % 3];
    for (uint32_t k = 0; k <= t->field->grid.n_columns; k++) {
        struct square s = square_of(low + k, high + k);
        const uint32_t side[4] = { t->right[row % 2][k], t->up[row % 2][k + 1],
                                   t->right[(row + 1) % 2][k], t->up[row % 2][k] };
        if (s.n_crossed)
            step_square(t, row, k, &s, side, t->node[row % 2][k]);
    }
}

static int trace(struct qz_ctx *ctx, struct tracer *t) {
    int e = 0;
    label_row(t, 0, t->label[0]);
    label_row(t, 1, t->label[1]);
    for (uint32_t row = 0; row <= t->field->grid.n_rows + 1 && e == 0; row++) {
        e = cross_row(ctx, t, row);
        if (row > 0 && e == 0)
            step_row(t, row - 1);
        label_row(t, row + 2, t->label[(row + 2) % 3]);
    }
    return e;
}

int qz_isochrone_catchments(struct qz_ctx *ctx, const struct qz_field *field, const uint32_t *site,
                            size_t n_sites, uint32_t limit_ms, double simplify_m,
                            struct qz_shapes *catchments) {
    const struct qz_isochrone_params keep_all = { .simplify_m = simplify_m };
    size_t width = (size_t)field->grid.n_columns + 2;
    struct qz_mesh mesh;
    int e = qz_mesh_init(ctx, &mesh, &field->grid, n_sites);
    qz_cleanup(qz_freep) uint32_t *rows = qz_calloc(9 * width, sizeof *rows);
    if (e == 0 && !rows)
        e = qz_fail_nomem(ctx);
    if (e == 0) {
        struct tracer t = { field, site, (float)(limit_ms / 1000.0), &mesh, { 0 }, { 0 },
                            { 0 }, { 0 } };
        for (size_t i = 0; i < 3; i++)
            t.label[i] = rows + i * width;
        for (size_t i = 0; i < 2; i++) {
            t.right[i] = rows + (3 + i) * width;
            t.up[i] = rows + (5 + i) * width;
            t.node[i] = rows + (7 + i) * width;
        }
        e = trace(ctx, &t);
    }
    if (e == 0)
        e = qz_mesh_shapes(ctx, &mesh, &keep_all, catchments);
    qz_mesh_done(&mesh);
    return e;
}
