/* engine/isochrone/level.c - marching squares: the level lines of a field as polygons with holes.
 */
#include <math.h>
#include <string.h>
#include "isochrone/isochrone.h"

/* Crossings stay this far (in cells) from the centres: no two coincide, no ring touches another. */
static const double nearest_cells = 0.02, farthest_beyond_cells = 0.5;

/* A step of a level line from the crossing of one side to that of another. A side is numbered
 * 2 * (row * stride + column), + 1 when it goes up; rows and columns start one outside the grid. */
struct step {
    uint64_t from, to;
};
struct tracer {
    const struct qz_field *field;
    float limit_s;
    struct step *steps;
    size_t n, cap;
};

static float value(const struct qz_field *f, int64_t row, int64_t column) {
    if (row < 0 || column < 0 || row >= f->grid.n_rows || column >= f->grid.n_columns)
        return INFINITY;
    return f->seconds[(size_t)row * f->grid.n_columns + (size_t)column];
}

static uint64_t side_number(const struct qz_field *f, int64_t row, int64_t column, bool up) {
    uint64_t stride = (uint64_t)f->grid.n_columns + 2;
    return 2 * ((uint64_t)(row + 1) * stride + (uint64_t)(column + 1)) + up;
}

/* Where the level crosses a side: between the centre inside (a) and the one outside (b). */
static double crossing(const struct tracer *t, double a_s, double b_s) {
    double rise_s = isinf(b_s) ? t->field->walk_s_per_cell : b_s - a_s;
    double most = isinf(b_s) ? farthest_beyond_cells : 1 - nearest_cells;
    return fmin(fmax((t->limit_s - a_s) / rise_s, nearest_cells), most);
}

static struct qz_xy side_point(const struct tracer *t, uint64_t side) {
    const struct qz_field *f = t->field;
    uint64_t stride = (uint64_t)f->grid.n_columns + 2;
    bool up = side & 1;
    int64_t row = (int64_t)(side / 2 / stride) - 1, column = (int64_t)(side / 2 % stride) - 1;
    double a = value(f, row, column), b = value(f, row + up, column + !up);
    double share = a <= t->limit_s ? crossing(t, a, b) : 1 - crossing(t, b, a);
    return (struct qz_xy) { f->grid.x0_m + ((double)column + (up ? 0 : share)) * f->grid.cell_m,
                            f->grid.y0_m + ((double)row + (up ? share : 0)) * f->grid.cell_m };
}

static int add_step(struct qz_ctx *ctx, struct tracer *t, uint64_t from, uint64_t to) {
    struct step *grown = qz_grow(t->steps, &t->cap, t->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    t->steps = grown;
    t->steps[t->n++] = (struct step) { from, to };
    return 0;
}

/* Corners counterclockwise from the lower left. Going round, the inside is left by one side and
 * entered by another; the line joins the way out to the way in of the same run of inside corners.
 */
static int trace_square(struct qz_ctx *ctx, struct tracer *t, int64_t row, int64_t column,
                        unsigned inside) {
    const uint64_t side[4] = {
        side_number(t->field, row, column, false),
        side_number(t->field, row, column + 1, true),
        side_number(t->field, row + 1, column, false),
        side_number(t->field, row, column, true),
    };
    int r = 0;
    for (unsigned k = 0; k < 4 && r == 0; k++) {
        if (!(inside >> k & 1) || (inside >> ((k + 1) % 4) & 1))
            continue;
        unsigned first = k; /* back to the first corner of the run */
        while (inside >> ((first + 3) % 4) & 1)
            first = (first + 3) % 4;
        r = add_step(ctx, t, side[k], side[(first + 3) % 4]);
    }
    return r;
}

static int trace(struct qz_ctx *ctx, struct tracer *t) {
    const struct qz_grid *g = &t->field->grid;
    t->n = 0;
    for (int64_t row = -1; row < (int64_t)g->n_rows; row++) {
        unsigned left = 0; /* bits 0 and 3 of the square: the corners of its left side */
        for (int64_t column = -1; column < (int64_t)g->n_columns; column++) {
            unsigned right = (value(t->field, row, column + 1) <= t->limit_s ? 2u : 0) |
                             (value(t->field, row + 1, column + 1) <= t->limit_s ? 4u : 0);
            unsigned inside = left | right;
            if (inside != 0 && inside != 15) {
                int r = trace_square(ctx, t, row, column, inside);
                if (r < 0)
                    return r;
            }
            left = (right & 2 ? 1u : 0) | (right & 4 ? 8u : 0);
        }
    }
    return 0;
}

/* ---- steps into rings */
static int by_from(const void *va, const void *vb) {
    const struct step *a = va, *b = vb;
    return (a->from > b->from) - (a->from < b->from);
}

struct ring {
    uint32_t first, n; /* in points; closed */
    double area_m2;    /* positive: an outline; negative: a hole */
    struct qz_box box;
    uint32_t outline; /* of a hole */
};
struct rings {
    struct qz_xy *points;
    struct ring *items;
    size_t n_points, n, cap_points, cap;
};

static int add_point(struct qz_ctx *ctx, struct rings *rings, struct qz_xy p) {
    struct qz_xy *grown = qz_grow(rings->points, &rings->cap_points, rings->n_points + 1,
                                  sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    rings->points = grown;
    rings->points[rings->n_points++] = p;
    return 0;
}

static void measure(const struct rings *rings, struct ring *ring) {
    const struct qz_xy *p = rings->points + ring->first;
    double twice = 0;
    ring->box = qz_box_empty;
    for (uint32_t k = 0; k + 1 < ring->n; k++) {
        twice += (p[k].x_m - p[0].x_m) * (p[k + 1].y_m - p[0].y_m) -
                 (p[k + 1].x_m - p[0].x_m) * (p[k].y_m - p[0].y_m);
        qz_box_add(&ring->box, p[k]);
    }
    ring->area_m2 = twice / 2;
}

static int add_ring(struct qz_ctx *ctx, struct rings *rings, uint32_t first, double min_area_m2) {
    struct ring ring = { .first = first, .n = (uint32_t)rings->n_points - first };
    measure(rings, &ring);
    if (fabs(ring.area_m2) < min_area_m2) {
        rings->n_points = first;
        return 0;
    }
    struct ring *grown = qz_grow(rings->items, &rings->cap, rings->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    rings->items = grown;
    rings->items[rings->n++] = ring;
    return 0;
}

/* Each crossing is left by exactly one step: follow them round. */
static int follow(struct qz_ctx *ctx, struct tracer *t, double min_area_m2, struct rings *rings) {
    enum { DONE = 1 };
    if (t->n)
        qsort(t->steps, t->n, sizeof *t->steps, by_from);
    qz_cleanup(qz_freep) uint8_t *state = qz_calloc(t->n, 1);
    if (!state)
        return qz_fail_nomem(ctx);
    int r = 0;
    for (size_t i = 0; i < t->n && r == 0; i++) {
        if (state[i] == DONE)
            continue;
        uint32_t first = (uint32_t)rings->n_points;
        size_t k = i;
        do {
            state[k] = DONE;
            r = add_point(ctx, rings, side_point(t, t->steps[k].from));
            struct step next = { t->steps[k].to, 0 };
            k = (size_t)((struct step *)bsearch(&next, t->steps, t->n, sizeof next, by_from) -
                         t->steps);
        } while (k != i && r == 0);
        if (r == 0)
            r = add_point(ctx, rings, rings->points[first]);
        if (r == 0)
            r = add_ring(ctx, rings, first, min_area_m2);
    }
    return r;
}

/* ---- holes into outlines */
static bool holds(const struct rings *rings, const struct ring *outline, struct qz_xy p) {
    if (p.x_m < outline->box.min_x_m || p.x_m > outline->box.max_x_m ||
        p.y_m < outline->box.min_y_m || p.y_m > outline->box.max_y_m)
        return false;
    bool inside = false;
    const struct qz_xy *q = rings->points + outline->first;
    for (uint32_t k = 0; k + 1 < outline->n; k++)
        if ((q[k].y_m > p.y_m) != (q[k + 1].y_m > p.y_m) &&
            p.x_m < q[k].x_m +
                        (q[k + 1].x_m - q[k].x_m) * (p.y_m - q[k].y_m) / (q[k + 1].y_m - q[k].y_m))
            inside = !inside;
    return inside;
}

/* The smallest outline around each hole. One always exists unless it was dropped as too small. */
static void assign_holes(struct rings *rings) {
    for (size_t i = 0; i < rings->n; i++) {
        struct ring *hole = &rings->items[i];
        hole->outline = UINT32_MAX;
        if (hole->area_m2 > 0)
            continue;
        for (size_t j = 0; j < rings->n; j++) {
            const struct ring *o = &rings->items[j];
            if (o->area_m2 > 0 && holds(rings, o, rings->points[hole->first]) &&
                (hole->outline == UINT32_MAX || o->area_m2 < rings->items[hole->outline].area_m2))
                hole->outline = (uint32_t)j;
        }
    }
}

static int put_ring(struct qz_ctx *ctx, const struct rings *rings, const struct ring *ring,
                    struct qz_shapes *out) {
    for (uint32_t k = 0; k < ring->n; k++)
        if (qz_shapes_add_point(ctx, out, rings->points[ring->first + k]) < 0)
            return QZ_E_NOMEM;
    return qz_shapes_end_ring(ctx, out);
}

static int put_polygons(struct qz_ctx *ctx, const struct rings *rings, struct qz_shapes *out) {
    int r = 0;
    for (size_t i = 0; i < rings->n && r == 0; i++) {
        if (rings->items[i].area_m2 < 0)
            continue;
        r = put_ring(ctx, rings, &rings->items[i], out);
        for (size_t j = 0; j < rings->n && r == 0; j++)
            if (rings->items[j].outline == i)
                r = put_ring(ctx, rings, &rings->items[j], out);
        if (r == 0)
            r = qz_shapes_end_poly(ctx, out);
    }
    return r < 0 ? r : qz_shapes_end_shape(ctx, out);
}

int qz_isochrone_bands(struct qz_ctx *ctx, const struct qz_field *field,
                       const struct qz_isochrone_params *params, const uint32_t *limit_ms, size_t n,
                       struct qz_shapes *bands) {
    struct tracer t = { .field = field };
    struct rings rings = { 0 };
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        t.limit_s = (float)(limit_ms[i] / 1000.0);
        rings.n = rings.n_points = 0;
        r = trace(ctx, &t);
        if (r == 0)
            r = follow(ctx, &t, params->min_area_m2, &rings);
        if (r < 0)
            break;
        assign_holes(&rings);
        r = put_polygons(ctx, &rings, bands);
    }
    free(t.steps);
    free(rings.points);
    free(rings.items);
    return r;
}
