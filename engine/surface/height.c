/* engine/surface/height.c - heights of another grid, brought to the surface's cells. */
#include <math.h>
#include <string.h>
#include "surface/surface.h"

/* Between the four nearest centres, or those of them that are known; outside, beyond the outer half
 * cell, none. False: no height here. */
static bool sample(const struct qz_band *dem, struct qz_xy at, float *ret) {
    const struct qz_grid *g = &dem->grid;
    double u = (at.x_m - g->x0_m) / g->cell_m, v = (at.y_m - g->y0_m) / g->cell_m;
    if (!(u >= -0.5 && v >= -0.5 && u <= g->n_columns - 0.5 && v <= g->n_rows - 0.5))
        return false;
    double weights = 0, sum = 0;
    for (int k = 0; k < 4; k++) {
        double c = floor(u) + (k & 1), r = floor(v) + (k >> 1);
        double weight = (1 - fabs(u - c)) * (1 - fabs(v - r));
        c = fmin(fmax(c, 0), g->n_columns - 1.0);
        r = fmin(fmax(r, 0), g->n_rows - 1.0);
        size_t i = (size_t)r * g->n_columns + (size_t)c;
        if (!dem->known[i] || !isfinite(dem->values[i]))
            continue;
        weights += weight;
        sum += weight * dem->values[i];
    }
    *ret = (float)(sum / weights);
    return weights > 0;
}

/* ---- the nearest known height where there is none: ring by ring, side by side */
struct front {
    float *height_m;
    uint8_t *known;
    uint32_t *cells; /* in the order they became known */
    size_t n;
};

static void reach(struct front *f, uint32_t cell, float height_m) {
    if (f->known[cell])
        return;
    f->known[cell] = 1;
    f->height_m[cell] = height_m;
    f->cells[f->n++] = cell;
}

static void spread_heights(struct front *f, const struct qz_grid *g) {
    uint32_t width = g->n_columns, n = width * g->n_rows;
    for (uint32_t i = 0; i < n; i++)
        if (f->known[i])
            f->cells[f->n++] = i;
    for (size_t k = 0; k < f->n; k++) {
        uint32_t i = f->cells[k], column = i % width;
        float h = f->height_m[i];
        if (column > 0)
            reach(f, i - 1, h);
        if (column + 1 < width)
            reach(f, i + 1, h);
        if (i >= width)
            reach(f, i - width, h);
        if (i < n - width)
            reach(f, i + width, h);
    }
}

static int fill(struct qz_ctx *ctx, float *height_m, uint8_t *known, const struct qz_grid *g) {
    size_t n = (size_t)g->n_columns * g->n_rows;
    qz_cleanup(qz_freep) uint32_t *cells = qz_malloc(n, sizeof *cells);
    if (!cells)
        return qz_fail_nomem(ctx);
    struct front f = { height_m, known, cells, 0 };
    spread_heights(&f, g);
    return 0;
}

/* Row by row; gives the number of cells with a height. */
static size_t sample_all(const struct qz_surface *s, const struct qz_band *dem,
                         const struct qz_transform *to_dem, struct qz_xy *row, float *height_m,
                         uint8_t *known) {
    const struct qz_grid *g = &s->grid;
    size_t n_known = 0;
    for (uint32_t r = 0; r < g->n_rows; r++) {
        for (uint32_t c = 0; c < g->n_columns; c++)
            row[c] = (struct qz_xy) { g->x0_m + c * g->cell_m, g->y0_m + r * g->cell_m };
        qz_transform_points(to_dem, row, g->n_columns);
        for (uint32_t c = 0; c < g->n_columns; c++) {
            size_t i = (size_t)r * g->n_columns + c;
            known[i] = sample(dem, row[c], &height_m[i]);
            n_known += known[i];
        }
    }
    return n_known;
}

int qz_surface_heights(struct qz_ctx *ctx, struct qz_surface *s, const struct qz_band *dem,
                       const struct qz_transform *to_dem, bool bar, size_t *n_filled) {
    size_t n = (size_t)s->grid.n_columns * s->grid.n_rows;
    qz_cleanup(qz_freep) float *height_m = qz_malloc(n, sizeof *height_m);
    qz_cleanup(qz_freep) uint8_t *known = qz_malloc(n, 1);
    qz_cleanup(qz_freep) struct qz_xy *row = qz_malloc(s->grid.n_columns, sizeof *row);
    if (!height_m || !known || !row)
        return qz_fail_nomem(ctx);
    size_t n_known = sample_all(s, dem, to_dem, row, height_m, known);
    if (n_known == 0)
        return qz_fail(ctx, QZ_E_DATA, "the heights do not meet the ground: check their place");
    *n_filled = 0;
    for (size_t i = 0; i < n; i++) {
        if (bar && !known[i])
            s->s_per_m[i] = INFINITY;
        *n_filled += !known[i] && isfinite(s->s_per_m[i]);
    }
    int e = n_known < n ? fill(ctx, height_m, known, &s->grid) : 0;
    if (e < 0)
        return e;
    free(s->height_m);
    s->height_m = height_m;
    height_m = NULL;
    return 0;
}
