/* engine/surface/burn.c - lines and areas over the ground: barriers, then roads. */
#include <math.h>
#include "surface/surface.h"

/* ---- lines: the cells they pass, one side at a time */
struct burning {
    struct qz_surface *s;
    float s_per_m; /* INFINITY: a barrier */
};

static void burn_cell(const struct burning *b, double column, double row) {
    const struct qz_grid *g = &b->s->grid;
    if (!(column >= 0 && row >= 0 && column < g->n_columns && row < g->n_rows))
        return;
    float *cell = &b->s->s_per_m[(size_t)row * g->n_columns + (size_t)column];
    if (isinf(b->s_per_m) || b->s_per_m < *cell)
        *cell = b->s_per_m;
}

/* The part of [0, 1] where from + t * step lies within [low, high]; false: none. */
static bool clip(double from, double step, double low, double high, double *t0, double *t1) {
    if (step == 0)
        return from >= low && from <= high;
    double a = (low - from) / step, b = (high - from) / step;
    *t0 = fmax(*t0, fmin(a, b));
    *t1 = fmin(*t1, fmax(a, b));
    return *t0 <= *t1;
}

/* In cells: the centre of cell (i, j) is (i + 0.5, j + 0.5). Steps are counted, not measured, so
 * that rounding can neither lose the end nor step over a corner: each cell shares a side with the
 * one before. */
static void burn_steps(const struct burning *b, double x, double y, double dx, double dy) {
    double column = floor(x), row = floor(y);
    double n_x = fabs(floor(x + dx) - column), n_y = fabs(floor(y + dy) - row);
    double to_x = dx > 0 ? column + 1 - x : x - column; /* to the next limit of cells */
    double to_y = dy > 0 ? row + 1 - y : y - row;
    double i = 0, j = 0;
    burn_cell(b, column, row);
    while (i < n_x || j < n_y) {
        bool along_x = j >= n_y || (i < n_x && (to_x + i) * fabs(dy) <= (to_y + j) * fabs(dx));
        *(along_x ? &column : &row) += (along_x ? dx : dy) > 0 ? 1 : -1;
        *(along_x ? &i : &j) += 1;
        burn_cell(b, column, row);
    }
}

static void burn_line(const struct burning *b, const struct qz_xy *points, size_t n) {
    const struct qz_grid *g = &b->s->grid;
    for (size_t k = 0; k + 1 < n; k++) {
        double x = (points[k].x_m - g->x0_m) / g->cell_m + 0.5,
               y = (points[k].y_m - g->y0_m) / g->cell_m + 0.5;
        double dx = (points[k + 1].x_m - points[k].x_m) / g->cell_m,
               dy = (points[k + 1].y_m - points[k].y_m) / g->cell_m, t0 = 0, t1 = 1;
        /* a cell more on each side: where it comes in, its cells are those of the whole line */
        if (isfinite(x + y + dx + dy) && clip(x, dx, -1, g->n_columns + 1.0, &t0, &t1) &&
            clip(y, dy, -1, g->n_rows + 1.0, &t0, &t1))
            burn_steps(b, x + t0 * dx, y + t0 * dy, (t1 - t0) * dx, (t1 - t0) * dy);
    }
}

void qz_surface_bar_line(struct qz_surface *s, const struct qz_xy *points, size_t n) {
    const struct burning b = { s, INFINITY };
    burn_line(&b, points, n);
}

void qz_surface_road(struct qz_surface *s, const struct qz_xy *points, size_t n, float s_per_m) {
    const struct burning b = { s, s_per_m };
    burn_line(&b, points, n);
}

/* ---- areas */
int qz_surface_bar_shapes(struct qz_ctx *ctx, struct qz_surface *s,
                          const struct qz_shapes *shapes) {
    size_t n = (size_t)s->grid.n_columns * s->grid.n_rows;
    qz_cleanup(qz_freep) uint8_t *inside = qz_calloc(n, 1);
    int e = inside ? qz_shapes_burn(ctx, shapes, &s->grid, inside) : qz_fail_nomem(ctx);
    if (e < 0)
        return e;
    for (size_t i = 0; i < n; i++)
        if (inside[i])
            s->s_per_m[i] = INFINITY;
    for (size_t r = 0; r < shapes->n_rings; r++)
        qz_surface_bar_line(s, shapes->points + shapes->ring_point[r],
                            shapes->ring_point[r + 1] - shapes->ring_point[r]);
    return 0;
}
