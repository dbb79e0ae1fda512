/* engine/geo/shapes.c - flat multipolygons: building, measuring, burning into a grid. */
#include <math.h>
#include <string.h>
#include "geo/geo.h"

const struct qz_box qz_box_empty = { INFINITY, INFINITY, -INFINITY, -INFINITY };

void qz_box_add(struct qz_box *box, struct qz_xy p) {
    box->min_x_m = fmin(box->min_x_m, p.x_m);
    box->min_y_m = fmin(box->min_y_m, p.y_m);
    box->max_x_m = fmax(box->max_x_m, p.x_m);
    box->max_y_m = fmax(box->max_y_m, p.y_m);
}

bool qz_box_meets(const struct qz_box *a, const struct qz_box *b) {
    return a->min_x_m <= b->max_x_m && b->min_x_m <= a->max_x_m && a->min_y_m <= b->max_y_m &&
           b->min_y_m <= a->max_y_m;
}

double qz_distance_m(struct qz_xy a, struct qz_xy b) { return hypot(a.x_m - b.x_m, a.y_m - b.y_m); }

/* Ends an item: notes in first[n] where the next one starts. */
static int end_item(struct qz_ctx *ctx, uint32_t **first, size_t *n, size_t *cap, size_t end) {
    if (end > UINT32_MAX - 1)
        return qz_fail(ctx, QZ_E_RANGE, "a layer has more than 4 billion points");
    uint32_t *grown = qz_grow(*first, cap, *n + 2, sizeof **first);
    if (!grown)
        return qz_fail_nomem(ctx);
    *first = grown;
    if (*n == 0)
        grown[0] = 0;
    grown[++*n] = (uint32_t)end;
    return 0;
}

int qz_shapes_add_point(struct qz_ctx *ctx, struct qz_shapes *s, struct qz_xy p) {
    struct qz_xy *grown = qz_grow(s->points, &s->cap_points, s->n_points + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->points = grown;
    s->points[s->n_points++] = p;
    return 0;
}

int qz_shapes_end_ring(struct qz_ctx *ctx, struct qz_shapes *s) {
    return end_item(ctx, &s->ring_point, &s->n_rings, &s->cap_rings, s->n_points);
}
int qz_shapes_end_poly(struct qz_ctx *ctx, struct qz_shapes *s) {
    return end_item(ctx, &s->poly_ring, &s->n_polys, &s->cap_polys, s->n_rings);
}
int qz_shapes_end_shape(struct qz_ctx *ctx, struct qz_shapes *s) {
    return end_item(ctx, &s->shape_poly, &s->n, &s->cap_shapes, s->n_polys);
}

int qz_shapes_append(struct qz_ctx *ctx, struct qz_shapes *s, const struct qz_shapes *from,
                     size_t i) {
    for (uint32_t p = from->shape_poly[i]; p < from->shape_poly[i + 1]; p++) {
        for (uint32_t r = from->poly_ring[p]; r < from->poly_ring[p + 1]; r++) {
            for (uint32_t k = from->ring_point[r]; k < from->ring_point[r + 1]; k++)
                if (qz_shapes_add_point(ctx, s, from->points[k]) < 0)
                    return QZ_E_NOMEM;
            if (qz_shapes_end_ring(ctx, s) < 0)
                return QZ_E_NOMEM;
        }
        if (qz_shapes_end_poly(ctx, s) < 0)
            return QZ_E_NOMEM;
    }
    return qz_shapes_end_shape(ctx, s);
}

void qz_shapes_done(struct qz_shapes *s) {
    free(s->shape_poly);
    free(s->poly_ring);
    free(s->ring_point);
    free(s->points);
    *s = (struct qz_shapes) { 0 };
}

void qz_shapes_freep(struct qz_shapes **s) {
    if (*s)
        qz_shapes_done(*s);
    free(*s);
    *s = NULL;
}

/* The points of shape i are one run of the array. */
static void shape_run(const struct qz_shapes *s, size_t i, uint32_t *from, uint32_t *to) {
    *from = *to = 0;
    if (s->n_rings == 0 || s->n_polys == 0)
        return;
    *from = s->ring_point[s->poly_ring[s->shape_poly[i]]];
    *to = s->ring_point[s->poly_ring[s->shape_poly[i + 1]]];
}

struct qz_box qz_shape_box(const struct qz_shapes *s, size_t i) {
    struct qz_box box = qz_box_empty;
    uint32_t from, to;
    shape_run(s, i, &from, &to);
    for (uint32_t k = from; k < to; k++)
        qz_box_add(&box, s->points[k]);
    return box;
}

/* Shoelace about the first point, which keeps the digits that Lambert's millions would cost. */
static double ring_area_m2(const struct qz_shapes *s, uint32_t ring, struct qz_xy *moment) {
    uint32_t from = s->ring_point[ring], to = s->ring_point[ring + 1];
    double twice = 0, mx = 0, my = 0;
    struct qz_xy o = from < to ? s->points[from] : (struct qz_xy) { 0, 0 };
    for (uint32_t k = from; k + 1 < to; k++) {
        double ax = s->points[k].x_m - o.x_m, ay = s->points[k].y_m - o.y_m;
        double bx = s->points[k + 1].x_m - o.x_m, by = s->points[k + 1].y_m - o.y_m;
        double cross = ax * by - bx * ay;
        twice += cross;
        mx += (ax + bx) * cross;
        my += (ay + by) * cross;
    }
    if (moment)
        *moment = (struct qz_xy) { mx / 6 + o.x_m * twice / 2, my / 6 + o.y_m * twice / 2 };
    return twice / 2;
}

double qz_shape_area_m2(const struct qz_shapes *s, size_t i) {
    double area = 0;
    for (uint32_t p = s->shape_poly[i]; p < s->shape_poly[i + 1]; p++)
        for (uint32_t r = s->poly_ring[p]; r < s->poly_ring[p + 1]; r++) {
            double a = fabs(ring_area_m2(s, r, NULL));
            area += r == s->poly_ring[p] ? a : -a;
        }
    return area;
}

struct qz_xy qz_shape_centroid(const struct qz_shapes *s, size_t i) {
    double area = 0, x = 0, y = 0;
    for (uint32_t p = s->shape_poly[i]; p < s->shape_poly[i + 1]; p++)
        for (uint32_t r = s->poly_ring[p]; r < s->poly_ring[p + 1]; r++) {
            struct qz_xy moment;
            double a = ring_area_m2(s, r, &moment);
            double sign = (a < 0) == (r == s->poly_ring[p]) ? -1 : 1;
            area += sign * a;
            x += sign * moment.x_m;
            y += sign * moment.y_m;
        }
    struct qz_box box = qz_shape_box(s, i);
    if (!(area > 0))
        return (struct qz_xy) { (box.min_x_m + box.max_x_m) / 2, (box.min_y_m + box.max_y_m) / 2 };
    return (struct qz_xy) { x / area, y / area };
}

/* Even-odd over all rings: a hole undoes its outline. */
bool qz_shape_contains(const struct qz_shapes *s, size_t i, struct qz_xy p) {
    bool inside = false;
    for (uint32_t r = s->poly_ring[s->shape_poly[i]]; r < s->poly_ring[s->shape_poly[i + 1]]; r++)
        for (uint32_t k = s->ring_point[r]; k + 1 < s->ring_point[r + 1]; k++) {
            struct qz_xy a = s->points[k], b = s->points[k + 1];
            if ((a.y_m > p.y_m) != (b.y_m > p.y_m) &&
                p.x_m < a.x_m + (b.x_m - a.x_m) * (p.y_m - a.y_m) / (b.y_m - a.y_m))
                inside = !inside;
        }
    return inside;
}

struct qz_grid qz_grid_over(const struct qz_box *box, double cell_m) {
    double c0 = floor(box->min_x_m / cell_m), r0 = floor(box->min_y_m / cell_m);
    double c1 = ceil(box->max_x_m / cell_m), r1 = ceil(box->max_y_m / cell_m);
    return (struct qz_grid) { .x0_m = c0 * cell_m,
                              .y0_m = r0 * cell_m,
                              .cell_m = cell_m,
                              .n_columns = (uint32_t)(c1 - c0) + 1,
                              .n_rows = (uint32_t)(r1 - r0) + 1 };
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct crossings {
    double *x_m;
    size_t n, cap;
};

static int row_crossings(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i, double y_m,
                         struct crossings *c) {
    c->n = 0;
    for (uint32_t r = s->poly_ring[s->shape_poly[i]]; r < s->poly_ring[s->shape_poly[i + 1]]; r++)
        for (uint32_t k = s->ring_point[r]; k + 1 < s->ring_point[r + 1]; k++) {
            struct qz_xy a = s->points[k], b = s->points[k + 1];
            if ((a.y_m > y_m) == (b.y_m > y_m))
                continue;
            double *grown = qz_grow(c->x_m, &c->cap, c->n + 1, sizeof *grown);
            if (!grown)
                return qz_fail_nomem(ctx);
            c->x_m = grown;
            c->x_m[c->n++] = a.x_m + (b.x_m - a.x_m) * (y_m - a.y_m) / (b.y_m - a.y_m);
        }
    if (c->n)
        qsort(c->x_m, c->n, sizeof *c->x_m, by_value);
    return 0;
}

static uint32_t clamp_cell(double v, uint32_t n) { return v < 0 ? 0 : v > n ? n : (uint32_t)v; }

int qz_shapes_burn(struct qz_ctx *ctx, const struct qz_shapes *s, const struct qz_grid *grid,
                   uint8_t *cells) {
    struct crossings c = { 0 };
    int r = 0;
    for (size_t i = 0; i < s->n && r == 0; i++) {
        struct qz_box box = qz_shape_box(s, i);
        uint32_t row = clamp_cell(ceil((box.min_y_m - grid->y0_m) / grid->cell_m), grid->n_rows);
        uint32_t end = clamp_cell(floor((box.max_y_m - grid->y0_m) / grid->cell_m) + 1,
                                  grid->n_rows);
        for (; row < end && r == 0; row++) {
            r = row_crossings(ctx, s, i, grid->y0_m + row * grid->cell_m, &c);
            for (size_t k = 0; r == 0 && k + 1 < c.n; k += 2) {
                uint32_t from = clamp_cell(ceil((c.x_m[k] - grid->x0_m) / grid->cell_m),
                                           grid->n_columns);
                uint32_t to = clamp_cell(ceil((c.x_m[k + 1] - grid->x0_m) / grid->cell_m),
                                         grid->n_columns);
                if (from < to)
                    memset(cells + (size_t)row * grid->n_columns + from, 1, to - from);
            }
        }
    }
    free(c.x_m);
    return r;
}
