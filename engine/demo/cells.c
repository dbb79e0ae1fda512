/* engine/demo/cells.c - a population grid as INSEE delivers it: people along the streets, by cell.
 * Its sums are near the legal population, never equal: two sources count two things. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { PURPOSE_CELLS = 91, STEP_M = 50 };
enum { FINE_M = 200, COARSE_M = 1000 };

/* 200 m; a kilometre in large territories, which keeps them as quick to make and to run. */
static double side_m(const struct qz_country *c) {
    return c->n <= QZ_DEMO_LARGE ? FINE_M : COARSE_M;
}

/* ---- houses: points along the streets, with weights */
struct house {
    struct qz_xy at; /* then the cell's south-west corner */
    double weight;
};
struct houses {
    struct house *items;
    size_t n, cap;
};

static void houses_done(struct houses *h) { free(h->items); }

static int add_house(struct qz_ctx *ctx, struct houses *h, struct qz_xy at, double weight) {
    struct house *grown = qz_grow(h->items, &h->cap, h->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    h->items = grown;
    h->items[h->n++] = (struct house) { at, weight };
    return 0;
}

/* Houses of a step of street; nobody lives on a motorway or on the ferry. */
static double houses_along(const struct qz_stretch *e) {
    static const double usual[QZ_N_ROADS] = { [QZ_ROAD_NATIONAL] = 0.4,
                                              [QZ_ROAD_DEPT] = 0.5,
                                              [QZ_ROAD_LOCAL] = 0.4,
                                              [QZ_ROAD_STREET] = 3,
                                              [QZ_ROAD_LANE] = 0.6 };
    return e->kept && !e->bridge ? usual[e->road] * (e->town ? 4 : 1) : 0;
}

static int build_along(struct qz_ctx *ctx, const struct qz_streets *g, const struct qz_stretch *e,
                       double weight, struct qz_dice *dice, struct houses *h) {
    int r = 0;
    for (uint32_t i = e->first; i + 1 < e->first + e->n && r == 0; i++) {
        struct qz_xy a = g->points[i], b = g->points[i + 1];
        double d = qz_distance_m(a, b);
        for (double at_m = STEP_M / 2.0; at_m < d && r == 0; at_m += STEP_M) {
            double t = at_m / d, some = weight * exp(0.8 * qz_dice_bell(dice));
            if (e->town || qz_dice_chance(dice, 0.25)) /* hamlets here and there */
                r = add_house(
                    ctx, h,
                    (struct qz_xy) { a.x_m + t * (b.x_m - a.x_m), a.y_m + t * (b.y_m - a.y_m) },
                    some);
        }
    }
    return r;
}

static int build(struct qz_ctx *ctx, const struct qz_delivery *d, const struct qz_commune *m,
                 struct qz_dice *dice, struct houses *h) {
    int r = add_house(ctx, h, m->bourg, 5);
    for (size_t k = 0; k < d->streets.n_stretches && r == 0; k++) {
        const struct qz_stretch *e = &d->streets.stretches[k];
        double weight = houses_along(e);
        if (weight > 0)
            r = build_along(ctx, &d->streets, e, weight, dice, h);
    }
    return r;
}

/* ---- cells: those whose centre lies in the commune, which alone delivers them */
static int by_corner(const void *va, const void *vb) {
    const struct house *a = va, *b = vb;
    if (a->at.y_m != b->at.y_m)
        return a->at.y_m < b->at.y_m ? -1 : 1;
    if (a->at.x_m != b->at.x_m)
        return a->at.x_m < b->at.x_m ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

static bool is_inside(const struct qz_delivery *d, const struct qz_shapes *outline,
                      struct qz_xy corner, double side) {
    struct qz_xy centre = { corner.x_m + side / 2, corner.y_m + side / 2 };
    qz_transform_points(d->from_grid, &centre, 1);
    return qz_shape_contains(outline, 0, centre);
}

/* Houses become cells, in place: one entry a cell, its weight that of its houses. */
static double gather(const struct qz_delivery *d, const struct qz_shapes *outline, double side,
                     struct houses *h) {
    size_t n = 0;
    double whole = 0;
    for (size_t i = 0; i < h->n; i++) {
        struct qz_xy *at = &h->items[i].at;
        qz_transform_points(d->to_grid, at, 1);
        *at = (struct qz_xy) { floor(at->x_m / side) * side, floor(at->y_m / side) * side };
    }
    qsort(h->items, h->n, sizeof *h->items, by_corner);
    for (size_t i = 0, k; i < h->n; i = k) {
        struct house cell = h->items[i];
        for (k = i + 1;
             k < h->n && h->items[k].at.x_m == cell.at.x_m && h->items[k].at.y_m == cell.at.y_m;
             k++)
            cell.weight += h->items[k].weight;
        if (!is_inside(d, outline, cell.at, side))
            continue;
        whole += cell.weight;
        h->items[n++] = cell;
    }
    h->n = n;
    return whole;
}

/* ---- carreaux.csv */
static const struct qz_column columns[] = { { "idcar_nat", QZ_TEXT, 0 },
                                            { "lcog_geo", QZ_TEXT, 0 },
                                            { "ind", QZ_REAL, 1 },
                                            { "men", QZ_REAL, 1 } };

static int write_cell(struct qz_ctx *ctx, const struct qz_commune *m, const struct house *cell,
                      double side, double people, struct qz_writer *w) {
    char code[64];
    snprintf(code, sizeof code, "CRS3035RES%.0fmN%.0fE%.0f", side, cell->at.y_m, cell->at.x_m);
    qz_writer_text(w, 0, code);
    qz_writer_text(w, 1, m->insee);
    qz_writer_real(w, 2, people);
    qz_writer_real(w, 3, people / 2.2);
    return qz_writer_row(ctx, w);
}

/* Leaves out cells of less than half a person, whose people go to the others; gives the weight of
 * those that stay. */
static double drop_empty(struct houses *h, double whole, double people) {
    static const double least_people = 0.5;
    size_t n = 0;
    double left = 0;
    for (size_t k = 0; k < h->n; k++)
        if (h->items[k].weight * people >= least_people * whole) {
            left += h->items[k].weight;
            h->items[n++] = h->items[k];
        }
    h->n = n;
    return left;
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    const double side = side_m(d->country);
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_CELLS);
    double counted = m->people * qz_dice_between(&dice, 0.95, 1.03);
    qz_cleanup(qz_shapes_done) struct qz_shapes outline = { 0 };
    qz_cleanup(houses_done) struct houses h = { 0 };
    int r = qz_demo_outline(ctx, d->country, i, &outline);
    if (r == 0)
        r = build(ctx, d, m, &dice, &h);
    double whole = r == 0 ? gather(d, &outline, side, &h) : 0;
    whole = drop_empty(&h, whole, counted);
    for (size_t k = 0; k < h.n && r == 0; k++)
        r = write_cell(ctx, m, &h.items[k], side, counted * h.items[k].weight / whole, w);
    return r;
}

const struct qz_demo_file qz_demo_cells = { "carreaux.csv",      QZ_CSV,       "carreaux",
                                            "Carreaux inventés", QZ_GEOM_NONE, columns,
                                            COUNT(columns),      write };
