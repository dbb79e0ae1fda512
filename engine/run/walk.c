/* engine/run/walk.c - the plan's ground, and the land whose cells are the ground's. */
#include <math.h>
#include <string.h>
#include "run/run.h"

const char *qz_run_ground_file(const struct qz_plan *plan, size_t i, const char **key) {
    static const char *const keys[QZ_GROUND_FILES] = { "surface cover", "surface classes",
                                                       "surface friction", "surface dem",
                                                       "surface barriers" };
    const char *classes = plan->surface.classes;
    bool own = plan->surface.cover && strcmp(classes, "auto") != 0 && !qz_classes_builtin(classes);
    const char *const files[QZ_GROUND_FILES] = { plan->surface.cover, own ? classes : NULL,
                                                 plan->surface.friction, plan->surface.dem,
                                                 plan->surface.barriers };
    *key = keys[i];
    return files[i];
}

static bool has_ground(const struct qz_plan *plan) {
    return plan->surface.cover || plan->surface.friction || plan->surface.dem ||
           plan->surface.barriers;
}

/* Barriers alone lie on the plain ground of the communes. */
static void plain_grid(const struct qz_run_state *s, struct qz_grid *ret) {
    struct qz_box box = qz_box_empty;
    for (size_t k = 0; k < s->communes->shapes->n_points; k++)
        qz_box_add(&box, s->communes->shapes->points[k]);
    *ret = qz_grid_over(&box, s->plan->field.cell_m);
}

int qz_run_ground_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    int e = 0;
    if (!has_ground(s->plan))
        return 0;
    qz_hash_number(h, s->plan->field.cell_m);
    qz_hash_number(h, s->plan->field.walk_kmh);
    for (size_t i = 0; i < QZ_GROUND_FILES && e == 0; i++) {
        const char *key, *path = qz_run_ground_file(s->plan, i, &key);
        if (!path)
            continue;
        e = qz_key_of_file(ctx, path, &s->ground_keys[i]);
        qz_hash_text(h, key);
        qz_hash_bytes(h, s->ground_keys[i].bytes, QZ_KEY_BYTES);
    }
    return e;
}

int qz_run_ground(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan *plan = s->plan;
    if (!has_ground(plan))
        return 0;
    s->ground_params = (struct qz_ground_params) {
        .cover = plan->surface.cover,
        .classes = plan->surface.classes,
        .friction = plan->surface.friction,
        .friction_s = strcmp(plan->surface.unit, "min/m") == 0 ? 60 : 1,
        .dem = plan->surface.dem,
        .barriers = &plan->surface.barriers,
        .n_barriers = plan->surface.barriers ? 1 : 0,
        .cell_m = plan->field.cell_m,
        .walk_kmh = plan->field.walk_kmh,
    };
    s->ground.params = &s->ground_params;
    s->ground.issues = &s->issues;
    int e = qz_crs_open(ctx, qz_crs_wkt(s->crs), &s->ground.crs);
    if (e == 0)
        e = qz_ground_open(ctx, &s->ground);
    if (e == 0 && !s->ground.grid.n_columns)
        plain_grid(s, &s->ground.grid);
    return e < 0 ? e : qz_ground_make(ctx, &s->ground, NULL, 0);
}

/* The territory's cells, moved by less than one onto those of the ground. */
static int land_on_ground(struct qz_ctx *ctx, struct qz_land *land, const struct qz_grid *ground) {
    struct qz_grid *g = &land->grid;
    g->x0_m = ground->x0_m + floor((g->x0_m - ground->x0_m) / g->cell_m) * g->cell_m;
    g->y0_m = ground->y0_m + floor((g->y0_m - ground->y0_m) / g->cell_m) * g->cell_m;
    g->n_columns++;
    g->n_rows++;
    free(land->cells);
    land->cells = qz_calloc((size_t)g->n_columns * g->n_rows, 1);
    return land->cells ? 0 : qz_fail_nomem(ctx);
}

int qz_run_land_of(struct qz_ctx *ctx, const struct qz_shapes *territory, double cell_m,
                   const struct qz_surface *ground, struct qz_land **ret) {
    int e = qz_land_new(ctx, territory, cell_m, ret);
    if (e < 0 || !ground)
        return e;
    e = land_on_ground(ctx, *ret, &ground->grid);
    return e < 0 ? e : qz_shapes_burn(ctx, territory, &(*ret)->grid, (*ret)->cells);
}

int qz_run_land(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    return qz_run_land_of(ctx, s->communes->shapes, s->plan->field.cell_m, s->ground.surface,
                          &s->land);
}
