/* engine/isochrone/level.c - bands: the level lines of a field, all limits in one pass. */
#include <math.h>
#include <string.h>
#include "isochrone/mesh.h"

enum { MOST_BANDS = 250 };

/* A cell's class: the first band that holds it; n: none does. Three rows of cells are known at a
 * time, two rows of sides. A side between classes low < high is crossed by bands low to high - 1,
 * whose corners follow each other from the number kept here. */
struct tracer {
    const struct qz_field *field;
    const float *limit_s;
    uint32_t n;
    struct qz_mesh *mesh;
    uint8_t *class[3];
    uint32_t *right[2], *up[2]; /* first corner of the side from each cell */
};

static float value(const struct qz_field *f, uint32_t row, uint32_t column) { /* from 1 */
    if (row - 1 >= f->grid.n_rows || column - 1 >= f->grid.n_columns)
        return INFINITY;
    return f->seconds[(size_t)(row - 1) * f->grid.n_columns + column - 1];
}

static void classify(const struct tracer *t, uint32_t row, uint8_t *class) {
    uint32_t n_columns = t->field->grid.n_columns;
    memset(class, (int)t->n, n_columns + 2);
    if (row - 1 >= t->field->grid.n_rows)
        return;
    const float *seconds = t->field->seconds + (size_t)(row - 1) * n_columns;
    for (uint32_t k = 0; k < n_columns; k++) {
        uint8_t c = (uint8_t)t->n;
        while (c > 0 && seconds[k] <= t->limit_s[c - 1])
            c--;
        class[k + 1] = c;
    }
}

/* Crossings move one way from the lower class to the higher; those that meet are one vertex. */
static int cross_side(struct qz_ctx *ctx, struct tracer *t, uint32_t row, uint32_t column, bool up,
                      uint8_t here, uint8_t there) {
    bool rising = here < there;
    double a_s = value(t->field, row, column), b_s = value(t->field, row + up, column + !up);
    int32_t at = -1;
    int e = 0;
    for (uint8_t b = rising ? here : there; b < (rising ? there : here) && e == 0; b++) {
        int32_t units = rising ? qz_mesh_crossing(t->field, t->limit_s[b], a_s, b_s)
                               : QZ_MESH_CELL - qz_mesh_crossing(t->field, t->limit_s[b], b_s, a_s);
        struct qz_mesh_point p = { (int32_t)column * QZ_MESH_CELL + (up ? 0 : units),
                                   (int32_t)row * QZ_MESH_CELL + (up ? units : 0) };
        if (units != at)
            e = qz_mesh_vertex(ctx, t->mesh, p);
        at = units;
        if (e == 0)
            e = qz_mesh_corner(ctx, t->mesh, b, !up);
    }
    return e;
}

static int cross_row(struct qz_ctx *ctx, struct tracer *t, uint32_t row) {
    const uint8_t *here = t->class[row % 3], *above = t->class[(row + 1) % 3];
    uint32_t *right = t->right[row % 2], *up = t->up[row % 2];
    uint32_t n_columns = t->field->grid.n_columns;
    int e = 0;
    qz_mesh_begin_row(t->mesh, row);
    for (uint32_t k = 0; k <= n_columns && e == 0; k++) {
        if (here[k] != here[k + 1]) {
            right[k] = (uint32_t)t->mesh->n_corners;
            e = cross_side(ctx, t, row, k, false, here[k], here[k + 1]);
        }
        if (here[k] != above[k] && e == 0) {
            up[k] = (uint32_t)t->mesh->n_corners;
            e = cross_side(ctx, t, row, k, true, here[k], above[k]);
        }
    }
    return e;
}

/* The square between four centres, counterclockwise from the lower left; side k leaves centre k. */
struct square {
    uint8_t class[4];
    uint32_t side[4];
};

/* Two opposite corners inside: joined or not, whatever the band, so that bands stay nested. */
static bool is_joined(const struct tracer *t, uint32_t row, uint32_t column, bool first_in) {
    const struct qz_field *f = t->field;
    return first_in ? qz_mesh_joined(f, value(f, row, column), value(f, row + 1, column + 1))
                    : qz_mesh_joined(f, value(f, row, column + 1), value(f, row + 1, column));
}

/* Going round, the inside is left by one side and entered by another. The line joins the way out to
 * the way in of the same run of inside corners; where two opposite corners are joined, to the way
 * in of the other. */
static void step_band(const struct tracer *t, uint32_t row, uint32_t column, const struct square *s,
                      uint8_t b) {
    struct qz_mesh *m = t->mesh;
    uint32_t corner[4];
    bool in[4];
    for (unsigned k = 0; k < 4; k++) {
        uint8_t c = s->class[k], d = s->class[(k + 1) % 4];
        corner[k] = s->side[k] + b - (c < d ? c : d);
        in[k] = c <= b;
    }
    bool opposite = in[0] == in[2] && in[1] == in[3];
    bool joined = opposite && is_joined(t, row, column, in[0]);
    for (unsigned k = 0; k < 4; k++) {
        if (!in[k] || in[(k + 1) % 4])
            continue;
        unsigned before = (k + 3) % 4; /* the side that leads into the run */
        while (in[before])
            before = (before + 3) % 4;
        m->corners[corner[k]].next = corner[joined ? (k + 1) % 4 : before];
    }
}

/* The squares above a row, once the sides of the next row are known. */
static void step_row(struct tracer *t, uint32_t row) {
    const uint8_t *low = t->class[row % 3], *high = t->class[(row + 1) % 3];
    for (uint32_t k = 0; k <= t->field->grid.n_columns; k++) {
        struct square s = { { low[k], low[k + 1], high[k + 1], high[k] },
                            { t->right[row % 2][k], t->up[row % 2][k + 1],
                              t->right[(row + 1) % 2][k], t->up[row % 2][k] } };
        uint8_t least = s.class[0], most = s.class[0];
        for (unsigned c = 1; c < 4; c++) {
            least = s.class[c] < least ? s.class[c] : least;
            most = s.class[c] > most ? s.class[c] : most;
        }
        for (uint8_t b = least; b < most; b++)
            step_band(t, row, k, &s, b);
    }
}

static int trace(struct qz_ctx *ctx, struct tracer *t) {
    uint32_t n_rows = t->field->grid.n_rows;
    int e = 0;
    classify(t, 0, t->class[0]);
    classify(t, 1, t->class[1]);
    for (uint32_t row = 0; row <= n_rows + 1 && e == 0; row++) {
        e = cross_row(ctx, t, row);
        if (row > 0 && e == 0)
            step_row(t, row - 1);
        classify(t, row + 2, t->class[(row + 2) % 3]);
    }
    return e;
}

int qz_isochrone_bands(struct qz_ctx *ctx, const struct qz_field *field,
                       const struct qz_isochrone_params *params, const uint32_t *limit_ms, size_t n,
                       struct qz_shapes *bands) {
    float limit_s[MOST_BANDS];
    size_t width = (size_t)field->grid.n_columns + 2;
    struct qz_mesh mesh;
    if (n > MOST_BANDS)
        return qz_fail(ctx, QZ_E_RANGE, "%zu bands: at most %d", n, MOST_BANDS);
    for (size_t i = 0; i < n; i++)
        limit_s[i] = (float)(limit_ms[i] / 1000.0);
    int e = qz_mesh_init(ctx, &mesh, &field->grid, n);
    qz_cleanup(qz_freep) uint8_t *classes = qz_malloc(3 * width, sizeof *classes);
    qz_cleanup(qz_freep) uint32_t *sides = qz_calloc(4 * width, sizeof *sides);
    if (e == 0 && (!classes || !sides))
        e = qz_fail_nomem(ctx);
    if (e == 0) {
        struct tracer t = { field,
                            limit_s,
                            (uint32_t)n,
                            &mesh,
                            { classes, classes + width, classes + 2 * width },
                            { sides, sides + width },
                            { sides + 2 * width, sides + 3 * width } };
        e = trace(ctx, &t);
    }
    if (e == 0)
        e = qz_mesh_shapes(ctx, &mesh, params, bands);
    qz_mesh_done(&mesh);
    return e;
}
