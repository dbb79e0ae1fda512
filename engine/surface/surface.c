/* engine/surface/surface.c - a grid of the ground: its beginning, its end, friction given directly.
 */
#include <math.h>
#include "surface/surface.h"

int qz_surface_new(struct qz_ctx *ctx, const struct qz_grid *grid, float s_per_m,
                   struct qz_surface **ret) {
    qz_cleanup(qz_surface_freep) struct qz_surface *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    size_t n = (size_t)grid->n_columns * grid->n_rows;
    s->grid = *grid;
    s->s_per_m = qz_malloc(n, sizeof *s->s_per_m);
    if (!s->s_per_m)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        s->s_per_m[i] = s_per_m;
    *ret = s;
    s = NULL;
    return 0;
}

struct qz_surface *qz_surface_free(struct qz_surface *s) {
    if (s) {
        free(s->s_per_m);
        free(s->height_m);
    }
    free(s);
    return NULL;
}

void qz_surface_freep(struct qz_surface **s) { *s = qz_surface_free(*s); }

size_t qz_surface_cell(const struct qz_grid *grid, struct qz_xy at) {
    double column = floor((at.x_m - grid->x0_m) / grid->cell_m + 0.5);
    double row = floor((at.y_m - grid->y0_m) / grid->cell_m + 0.5);
    bool inside = column >= 0 && row >= 0 && column < grid->n_columns && row < grid->n_rows;
    return inside ? (size_t)row * grid->n_columns + (size_t)column : SIZE_MAX;
}

bool qz_surface_aligned(const struct qz_grid *a, const struct qz_grid *b) {
    double most_m = a->cell_m / 1000;
    return a->n_columns == b->n_columns && a->n_rows == b->n_rows &&
           fabs(a->x0_m - b->x0_m) <= most_m && fabs(a->y0_m - b->y0_m) <= most_m &&
           fabs(a->cell_m - b->cell_m) * fmax(a->n_columns, a->n_rows) <= most_m;
}

int qz_surface_friction(struct qz_ctx *ctx, struct qz_surface *s, const char *name,
                        const struct qz_band *friction, double s_per_unit, bool keep) {
    size_t n = (size_t)s->grid.n_columns * s->grid.n_rows, n_bad = 0, first = 0;
    /* from the upper left, so that the first is the one a GIS program shows first */
    for (size_t row = s->grid.n_rows; row-- > 0;)
        for (size_t i = row * s->grid.n_columns; i < (row + 1) * s->grid.n_columns; i++)
            if (friction->known[i] && !(friction->values[i] > 0) && n_bad++ == 0)
                first = i;
    if (n_bad) {
        size_t row, column;
        qz_grid_place(&s->grid, first, &row, &column);
        return qz_fail(
            ctx, QZ_E_DATA,
            "%s: %zu cells are 0, negative or not a number, the first in row %zu, column "
            "%zu (%g): every cell costs time; make barriers no data",
            name, n_bad, row, column, (double)friction->values[first]);
    }
    for (size_t i = 0; i < n; i++)
        if (friction->known[i])
            s->s_per_m[i] = (float)(friction->values[i] * s_per_unit);
        else if (!keep)
            s->s_per_m[i] = INFINITY;
    return 0;
}
