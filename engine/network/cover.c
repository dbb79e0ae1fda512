/* engine/network/cover.c - which communes have a road for cars. */
#include <math.h>
#include "network/network.h"

/* Those that a junction lies in: nearly all, for little. */
static void mark_junctions(const struct qz_network *net, const struct qz_locator *communes,
                           uint8_t *has_road) {
    enum { STRIDE = 8 }; /* junctions stand along a curve: the next ones lie in the same commune */
    for (size_t v = 0; v < net->n_junctions; v += STRIDE) {
        uint32_t c = qz_locator_find(communes, net->node_at[v]);
        if (c != QZ_NOWHERE)
            has_road[c] = 1;
    }
}

/* The communes not marked yet, as shapes of their own; of[i] is the commune of shape i. */
static int copy_unmarked(struct qz_ctx *ctx, const struct qz_shapes *shapes,
                         const uint8_t *has_road, struct qz_shapes *some, uint32_t *of) {
    int r = 0;
    for (uint32_t c = 0; c < shapes->n && r == 0; c++)
        if (!has_road[c]) {
            of[some->n] = c;
            r = qz_shapes_append(ctx, some, shapes, c);
        }
    return r;
}

/* ---- where the unmarked ones are, coarsely: most roads are far from all of them */
enum { SIDE = 512 };
struct sieve {
    struct qz_box box;
    uint8_t *near; /* SIDE rows of SIDE */
};

static size_t cell(double v, double from, double to) {
    double k = to > from ? (v - from) / (to - from) * SIDE : 0;
    return k <= 0 ? 0 : k >= SIDE - 1 ? SIDE - 1 : (size_t)k;
}

/* Sets (value 1) or asks (value 0) the cells under a box. */
static bool sift(struct sieve *s, const struct qz_box *box, uint8_t value) {
    bool found = false;
    if (!qz_box_meets(box, &s->box))
        return false;
    size_t c1 = cell(box->max_x_m, s->box.min_x_m, s->box.max_x_m),
           r1 = cell(box->max_y_m, s->box.min_y_m, s->box.max_y_m);
    for (size_t r = cell(box->min_y_m, s->box.min_y_m, s->box.max_y_m); r <= r1; r++)
        for (size_t c = cell(box->min_x_m, s->box.min_x_m, s->box.max_x_m); c <= c1; c++) {
            found = found || s->near[r * SIDE + c];
            s->near[r * SIDE + c] |= value;
        }
    return found;
}

static int sieve_init(struct qz_ctx *ctx, const struct qz_shapes *some, struct sieve *s) {
    *s = (struct sieve) { qz_box_empty, qz_calloc(SIDE * SIDE, 1) };
    if (!s->near)
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < some->n_points; k++)
        qz_box_add(&s->box, some->points[k]);
    for (size_t i = 0; i < some->n; i++) {
        struct qz_box box = qz_shape_box(some, i);
        sift(s, &box, 1);
    }
    return 0;
}

/* ---- every point of every road near them, and places between two far ones */
struct rest {
    const struct qz_locator *locator;
    const uint32_t *of;
    struct sieve sieve;
    uint8_t *has_road;
};

static void mark_piece(struct rest *rest, struct qz_xy a, struct qz_xy b) {
    const double step_m = 50;
    struct qz_box box = qz_box_empty;
    qz_box_add(&box, a);
    qz_box_add(&box, b);
    if (!sift(&rest->sieve, &box, 0))
        return;
    double steps = ceil(qz_distance_m(a, b) / step_m) + 1;
    for (double s = 0; s <= steps; s++) {
        struct qz_xy p = { a.x_m + (b.x_m - a.x_m) * s / steps,
                           a.y_m + (b.y_m - a.y_m) * s / steps };
        uint32_t i = qz_locator_find(rest->locator, p);
        if (i != QZ_NOWHERE)
            rest->has_road[rest->of[i]] = 1;
    }
}

static int mark_rest(struct qz_ctx *ctx, const struct qz_network *net,
                     const struct qz_shapes *shapes, struct qz_shapes *some, uint8_t *has_road) {
    qz_cleanup(qz_freep) uint32_t *of = qz_malloc(shapes->n, sizeof *of);
    qz_cleanup(qz_locator_freep) struct qz_locator *locator = NULL;
    int r = of ? copy_unmarked(ctx, shapes, has_road, some, of) : qz_fail_nomem(ctx);
    if (r < 0 || some->n == 0)
        return r;
    struct rest rest = { .of = of, .has_road = has_road };
    r = qz_locator_new(ctx, some, &locator);
    if (r == 0)
        r = sieve_init(ctx, some, &rest.sieve);
    rest.locator = locator;
    for (size_t e = 0; e < net->n_edges && r == 0; e++)
        for (uint32_t k = net->edges[e].first_point;
             k + 1 < net->edges[e + 1].first_point && net->edges[e].kind != QZ_ROAD_FERRY; k++)
            mark_piece(&rest, net->points[k], net->points[k + 1]);
    free(rest.sieve.near);
    return r;
}

int qz_network_cover(struct qz_ctx *ctx, const struct qz_network *net,
                     const struct qz_shapes *shapes, const struct qz_locator *communes,
                     uint8_t *has_road) {
    struct qz_shapes some = { 0 };
    mark_junctions(net, communes, has_road);
    int r = mark_rest(ctx, net, shapes, &some, has_road);
    qz_shapes_done(&some);
    return r;
}
