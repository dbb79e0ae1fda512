/* engine/geo/overlay.c - validity, repair, union, neighbours and point location, by GEOS. */
#include <geos_c.h>
#include <stdio.h>
#include <math.h>
#include <string.h>
#include "geo/geo.h"

static void release_geos(void *handle) { GEOS_finish_r(handle); }

/* GEOS tells why something failed only here; the wrapper that sees the failure puts its code. */
static void on_error(const char *message, void *user) {
    qz_fail(user, QZ_E_DATA, "GEOS: %s", message);
}

static GEOSContextHandle_t geos_of(struct qz_ctx *ctx) {
    GEOSContextHandle_t g = qz_ctx_slot(ctx, QZ_SLOT_GEOS);
    if (!g) {
        g = GEOS_init_r();
        if (!g)
            return NULL;
        GEOSContext_setErrorMessageHandler_r(g, on_error, ctx);
        qz_ctx_set_slot(ctx, QZ_SLOT_GEOS, g, release_geos);
    }
    return g;
}

const char *qz_geo_geos_version(void) { return GEOSversion(); }

static GEOSGeometry *ring_to_geos(GEOSContextHandle_t g, const struct qz_shapes *s, uint32_t ring) {
    uint32_t from = s->ring_point[ring], n = s->ring_point[ring + 1] - from;
    GEOSCoordSequence *seq = GEOSCoordSeq_copyFromBuffer_r(g, n ? &s->points[from].x_m : NULL, n, 0,
                                                           0);
    return seq ? GEOSGeom_createLinearRing_r(g, seq) : NULL;
}

static GEOSGeometry *poly_to_geos(GEOSContextHandle_t g, const struct qz_shapes *s, uint32_t poly) {
    uint32_t from = s->poly_ring[poly], n = s->poly_ring[poly + 1] - from;
    if (n == 0)
        return GEOSGeom_createEmptyPolygon_r(g);
    GEOSGeometry **rings = qz_calloc(n, sizeof *rings);
    if (!rings)
        return NULL;
    uint32_t made = 0;
    while (made < n && (rings[made] = ring_to_geos(g, s, from + made)))
        made++;
    GEOSGeometry *poly_geos = made == n ? GEOSGeom_createPolygon_r(g, rings[0], rings + 1, n - 1)
                                        : NULL;
    for (uint32_t i = 0; !poly_geos && i < made; i++)
        GEOSGeom_destroy_r(g, rings[i]);
    free(rings);
    return poly_geos;
}

/* All polygons of the shapes ids[0..n) as one MultiPolygon. */
static GEOSGeometry *to_geos(GEOSContextHandle_t g, const struct qz_shapes *s, const uint32_t *ids,
                             size_t n) {
    size_t total = 0, made = 0;
    for (size_t k = 0; k < n; k++)
        total += s->shape_poly[ids[k] + 1] - s->shape_poly[ids[k]];
    GEOSGeometry **polys = qz_calloc(total, sizeof *polys);
    if (!polys)
        return NULL;
    bool ok = true;
    for (size_t k = 0; k < n && ok; k++)
        for (uint32_t p = s->shape_poly[ids[k]]; p < s->shape_poly[ids[k] + 1] && ok; p++) {
            polys[made] = poly_to_geos(g, s, p);
            ok = polys[made] != NULL;
            made += ok;
        }
    GEOSGeometry *all = ok ? GEOSGeom_createCollection_r(g, GEOS_MULTIPOLYGON, polys,
                                                         (unsigned)made)
                           : NULL;
    for (size_t i = 0; !all && i < made; i++)
        GEOSGeom_destroy_r(g, polys[i]);
    free(polys);
    return all;
}

static int add_ring(struct qz_ctx *ctx, GEOSContextHandle_t g, const GEOSGeometry *ring,
                    struct qz_shapes *out) {
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(g, ring);
    unsigned n = 0;
    GEOSCoordSeq_getSize_r(g, seq, &n);
    for (unsigned i = 0; i < n; i++) {
        struct qz_xy p;
        GEOSCoordSeq_getXY_r(g, seq, i, &p.x_m, &p.y_m);
        if (qz_shapes_add_point(ctx, out, p) < 0)
            return QZ_E_NOMEM;
    }
    return qz_shapes_end_ring(ctx, out);
}

/* Adds every polygon found in a geometry; what is not an area is dropped. */
static int add_polys(struct qz_ctx *ctx, GEOSContextHandle_t g, const GEOSGeometry *geom,
                     struct qz_shapes *out) {
    int type = GEOSGeomTypeId_r(g, geom);
    if (type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) {
        int n = GEOSGetNumGeometries_r(g, geom), r = 0;
        for (int i = 0; i < n && r == 0; i++)
            r = add_polys(ctx, g, GEOSGetGeometryN_r(g, geom, i), out);
        return r;
    }
    if (type != GEOS_POLYGON || GEOSisEmpty_r(g, geom))
        return 0;
    int r = add_ring(ctx, g, GEOSGetExteriorRing_r(g, geom), out);
    int holes = GEOSGetNumInteriorRings_r(g, geom);
    for (int i = 0; i < holes && r == 0; i++)
        r = add_ring(ctx, g, GEOSGetInteriorRingN_r(g, geom, i), out);
    return r < 0 ? r : qz_shapes_end_poly(ctx, out);
}

/* Takes geom, normal form first, so that the answer does not depend on GEOS's visiting order. */
static int give_shape(struct qz_ctx *ctx, GEOSContextHandle_t g, GEOSGeometry *geom,
                      const char *what, struct qz_shapes *out) {
    if (!geom)
        return qz_fail_at(ctx, QZ_E_DATA, "%s: ", what);
    GEOSNormalize_r(g, geom);
    int r = add_polys(ctx, g, geom, out);
    GEOSGeom_destroy_r(g, geom);
    return r < 0 ? r : qz_shapes_end_shape(ctx, out);
}

int qz_shape_valid(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i, char *why,
                   size_t why_n) {
    GEOSContextHandle_t g = geos_of(ctx);
    uint32_t id = (uint32_t)i;
    GEOSGeometry *geom = g ? to_geos(g, s, &id, 1) : NULL;
    if (!geom) {
        if (why)
            snprintf(why, why_n, "%s", qz_ctx_error(ctx));
        return g ? 0 : qz_fail_nomem(ctx);
    }
    char valid = GEOSisValid_r(g, geom);
    if (why && valid == 0) {
        char *reason = GEOSisValidReason_r(g, geom);
        snprintf(why, why_n, "%s", reason ? reason : "invalid");
        GEOSFree_r(g, reason);
    }
    GEOSGeom_destroy_r(g, geom);
    return valid == 1;
}

static int point_on(GEOSContextHandle_t g, const GEOSGeometry *geom, struct qz_xy *ret) {
    GEOSGeometry *point = GEOSPointOnSurface_r(g, geom);
    int r = !point ? -1 : GEOSisEmpty_r(g, point) ? 0 : 1;
    if (r == 1 &&
        (GEOSGeomGetX_r(g, point, &ret->x_m) != 1 || GEOSGeomGetY_r(g, point, &ret->y_m) != 1))
        r = -1;
    GEOSGeom_destroy_r(g, point);
    return r;
}

int qz_shape_inner_point(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i,
                         struct qz_xy *ret) {
    struct qz_xy centroid = qz_shape_centroid(s, i);
    if (!(qz_shape_area_m2(s, i) > 0))
        return 0;
    if (qz_shape_contains(s, i, centroid)) {
        *ret = centroid;
        return 1;
    }
    GEOSContextHandle_t g = geos_of(ctx);
    uint32_t id = (uint32_t)i;
    GEOSGeometry *geom = g ? to_geos(g, s, &id, 1) : NULL;
    if (!geom)
        return qz_fail_nomem(ctx);
    int r = point_on(g, geom, ret);
    GEOSGeom_destroy_r(g, geom);
    return r < 0 ? qz_fail(ctx, QZ_E_DATA, "no point could be put inside a polygon") : r;
}

int qz_shape_repair(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i,
                    struct qz_shapes *out) {
    GEOSContextHandle_t g = geos_of(ctx);
    uint32_t id = (uint32_t)i;
    GEOSGeometry *geom = g ? to_geos(g, s, &id, 1) : NULL;
    GEOSGeometry *valid = geom ? GEOSMakeValid_r(g, geom) : NULL;
    if (geom)
        GEOSGeom_destroy_r(g, geom);
    return give_shape(ctx, g, valid, "repair", out);
}

/* The union of shapes that fit together like tiles, made by dropping the sides that two of them
 * share: six times as fast as the general one on the communes of France, and the same bytes.
 * NULL: they do not fit. What is left bounds the points that lie in an odd number of shapes; where
 * it is valid and as large as they are together, none overlap and it is their union. */
static GEOSGeometry *union_of_tiles(GEOSContextHandle_t g, const GEOSGeometry *all) {
    static const double tolerance_ratio = 1e-9; /* of the area, for its rounding */
    double parts_m2 = 0, whole_m2 = 0;
    GEOSGeometry *one = GEOSCoverageUnion_r(g, all);
    if (one && GEOSArea_r(g, all, &parts_m2) == 1 && GEOSArea_r(g, one, &whole_m2) == 1 &&
        fabs(parts_m2 - whole_m2) <= tolerance_ratio * parts_m2 && GEOSisValid_r(g, one) == 1)
        return one;
    if (one)
        GEOSGeom_destroy_r(g, one);
    return NULL;
}

int qz_shapes_union(struct qz_ctx *ctx, const struct qz_shapes *s, const uint32_t *ids, size_t n,
                    struct qz_shapes *out) {
    GEOSContextHandle_t g = geos_of(ctx);
    GEOSGeometry *all = g ? to_geos(g, s, ids, n) : NULL;
    GEOSGeometry *one = all ? union_of_tiles(g, all) : NULL;
    if (all && !one)
        one = GEOSUnaryUnion_r(g, all);
    if (all)
        GEOSGeom_destroy_r(g, all);
    return give_shape(ctx, g, one, "union", out);
}

static GEOSGeometry *valid_shape(GEOSContextHandle_t g, const struct qz_shapes *s, uint32_t i) {
    GEOSGeometry *shape = to_geos(g, s, &i, 1);
    GEOSGeometry *valid = shape ? GEOSMakeValid_r(g, shape) : NULL;
    if (shape)
        GEOSGeom_destroy_r(g, shape);
    return valid;
}

/* The union of some shapes that may overlap, and be drawn badly: each is repaired alone, for a
 * multipolygon of overlapping ones would lose what they share. */
static GEOSGeometry *union_of_valid(GEOSContextHandle_t g, const struct qz_shapes *s,
                                    const uint32_t *ids, size_t n) {
    GEOSGeometry **parts = qz_calloc(n, sizeof *parts);
    size_t made = 0;
    while (parts && made < n && (parts[made] = valid_shape(g, s, ids[made])))
        made++;
    GEOSGeometry *all = parts && made == n ? GEOSGeom_createCollection_r(g, GEOS_GEOMETRYCOLLECTION,
                                                                         parts, (unsigned)n)
                                           : NULL;
    for (size_t i = 0; !all && i < made; i++)
        GEOSGeom_destroy_r(g, parts[i]);
    free(parts);
    GEOSGeometry *one = all ? GEOSUnaryUnion_r(g, all) : NULL;
    if (all)
        GEOSGeom_destroy_r(g, all);
    return one;
}

static bool intersection_m2(GEOSContextHandle_t g, const GEOSGeometry *a, const GEOSGeometry *b,
                            double *ret) {
    GEOSGeometry *both = GEOSIntersection_r(g, a, b);
    bool ok = both && GEOSArea_r(g, both, ret) == 1;
    if (both)
        GEOSGeom_destroy_r(g, both);
    return ok;
}

int qz_shape_overlap_m2(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i,
                        const struct qz_shapes *over, const struct qz_box *boxes, double *ret) {
    GEOSContextHandle_t g = geos_of(ctx);
    struct qz_box box = qz_shape_box(s, i);
    qz_cleanup(qz_freep) uint32_t *ids = qz_malloc(over->n, sizeof *ids);
    uint32_t n = 0;
    if (!g || !ids)
        return qz_fail_nomem(ctx);
    for (uint32_t k = 0; k < over->n; k++)
        if (qz_box_meets(&box, &boxes[k]))
            ids[n++] = k;
    *ret = 0;
    if (n == 0)
        return 0;
    GEOSGeometry *shape = valid_shape(g, s, (uint32_t)i);
    GEOSGeometry *other = shape ? union_of_valid(g, over, ids, n) : NULL;
    bool ok = other && intersection_m2(g, shape, other, ret);
    if (shape)
        GEOSGeom_destroy_r(g, shape);
    if (other)
        GEOSGeom_destroy_r(g, other);
    return ok ? 0 : qz_fail_at(ctx, QZ_E_DATA, "overlap: ");
}

/* ---- a tree of the shapes' boxes */
struct tree {
    GEOSContextHandle_t g;
    GEOSSTRtree *tree;
    GEOSGeometry **boxes; /* the tree borrows them */
    uint32_t *ids;        /* what the tree stores: pointers into this */
    size_t n;
};

static void tree_done(struct tree *t) {
    if (t->tree)
        GEOSSTRtree_destroy_r(t->g, t->tree);
    for (size_t i = 0; t->boxes && i < t->n; i++)
        if (t->boxes[i])
            GEOSGeom_destroy_r(t->g, t->boxes[i]);
    free(t->boxes);
    free(t->ids);
    *t = (struct tree) { 0 };
}

static GEOSGeometry *box_to_geos(GEOSContextHandle_t g, const struct qz_box *b) {
    return GEOSGeom_createRectangle_r(g, b->min_x_m, b->min_y_m, b->max_x_m, b->max_y_m);
}

static int tree_init(struct qz_ctx *ctx, const struct qz_shapes *s, struct tree *t) {
    *t = (struct tree) { .g = geos_of(ctx), .n = s->n };
    t->tree = t->g ? GEOSSTRtree_create_r(t->g, 10) : NULL;
    t->boxes = qz_calloc(s->n, sizeof *t->boxes);
    t->ids = qz_calloc(s->n, sizeof *t->ids);
    if (!t->tree || !t->boxes || !t->ids)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->n; i++) {
        struct qz_box box = qz_shape_box(s, i);
        t->ids[i] = (uint32_t)i;
        if (box.min_x_m > box.max_x_m)
            continue; /* an empty shape meets nothing */
        t->boxes[i] = box_to_geos(t->g, &box);
        if (!t->boxes[i])
            return qz_fail_nomem(ctx);
        GEOSSTRtree_insert_r(t->g, t->tree, t->boxes[i], &t->ids[i]);
    }
    return 0;
}

/* ---- neighbours: common segments first, GEOS for the pairs where vertices do not match */
struct segment {
    struct qz_xy a, b; /* a before b */
    uint32_t shape;
};
struct pair {
    uint32_t low, high;
};
struct pairs {
    struct pair *items;
    size_t n, cap;
};

static int compare_xy(struct qz_xy a, struct qz_xy b) {
    if (a.x_m != b.x_m)
        return a.x_m < b.x_m ? -1 : 1;
    return (a.y_m > b.y_m) - (a.y_m < b.y_m);
}

static int by_segment(const void *va, const void *vb) {
    const struct segment *a = va, *b = vb;
    int c = compare_xy(a->a, b->a);
    if (c == 0)
        c = compare_xy(a->b, b->b);
    return c ? c : (a->shape > b->shape) - (a->shape < b->shape);
}

static int by_pair(const void *va, const void *vb) {
    const struct pair *a = va, *b = vb;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return (a->high > b->high) - (a->high < b->high);
}

static int add_pair(struct qz_ctx *ctx, struct pairs *p, uint32_t i, uint32_t j) {
    struct pair *grown = qz_grow(p->items, &p->cap, p->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    p->items = grown;
    p->items[p->n++] = i < j ? (struct pair) { i, j } : (struct pair) { j, i };
    return 0;
}

static void sort_unique(struct pairs *p) {
    if (p->n == 0)
        return;
    qsort(p->items, p->n, sizeof *p->items, by_pair);
    size_t kept = 1;
    for (size_t i = 1; i < p->n; i++)
        if (by_pair(&p->items[i], &p->items[kept - 1]) != 0)
            p->items[kept++] = p->items[i];
    p->n = kept;
}

static int pairs_by_segment(struct qz_ctx *ctx, const struct qz_shapes *s, struct pairs *found) {
    qz_cleanup(qz_freep) struct segment *segments = qz_malloc(s->n_points, sizeof *segments);
    if (!segments)
        return qz_fail_nomem(ctx);
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        for (uint32_t r = s->poly_ring[s->shape_poly[i]]; r < s->poly_ring[s->shape_poly[i + 1]];
             r++)
            for (uint32_t k = s->ring_point[r]; k + 1 < s->ring_point[r + 1]; k++) {
                struct qz_xy a = s->points[k], b = s->points[k + 1];
                bool forward = compare_xy(a, b) < 0;
                segments[n++] = (struct segment) { forward ? a : b, forward ? b : a, (uint32_t)i };
            }
    qsort(segments, n, sizeof *segments, by_segment);
    for (size_t i = 1; i < n; i++)
        if (segments[i].shape != segments[i - 1].shape &&
            compare_xy(segments[i].a, segments[i - 1].a) == 0 &&
            compare_xy(segments[i].b, segments[i - 1].b) == 0 &&
            add_pair(ctx, found, segments[i - 1].shape, segments[i].shape) < 0)
            return QZ_E_NOMEM;
    sort_unique(found);
    return 0;
}

struct hits {
    uint32_t above; /* only ids greater than this */
    struct qz_ctx *ctx;
    struct pairs *found;
    int code;
};

static void on_hit(void *item, void *user) {
    struct hits *h = user;
    uint32_t id = *(const uint32_t *)item;
    if (id > h->above && h->code == 0)
        h->code = add_pair(h->ctx, h->found, h->above, id);
}

/* 1 when the two share a piece of boundary, or overlap. */
static int touch_along_line(GEOSContextHandle_t g, const struct qz_shapes *s, uint32_t i,
                            uint32_t j) {
    GEOSGeometry *a = to_geos(g, s, &i, 1), *b = to_geos(g, s, &j, 1);
    char line = 0;
    if (a && b && GEOSIntersects_r(g, a, b) == 1)
        line = GEOSRelatePattern_r(g, a, b, "****1****") == 1 ||
               GEOSRelatePattern_r(g, a, b, "2********") == 1;
    if (a)
        GEOSGeom_destroy_r(g, a);
    if (b)
        GEOSGeom_destroy_r(g, b);
    return line;
}

static int pairs_by_relation(struct qz_ctx *ctx, const struct qz_shapes *s, struct pairs *found) {
    struct tree tree;
    struct pairs near = { 0 };
    int r = tree_init(ctx, s, &tree);
    for (size_t i = 0; i < s->n && r == 0; i++) {
        struct hits h = { (uint32_t)i, ctx, &near, 0 };
        if (tree.boxes[i])
            GEOSSTRtree_query_r(tree.g, tree.tree, tree.boxes[i], on_hit, &h);
        r = h.code;
    }
    sort_unique(&near);
    size_t known = found->n;
    for (size_t k = 0; k < near.n && r == 0; k++)
        if (!(known &&
              bsearch(&near.items[k], found->items, known, sizeof *found->items, by_pair)) &&
            touch_along_line(tree.g, s, near.items[k].low, near.items[k].high))
            r = add_pair(ctx, found, near.items[k].low, near.items[k].high);
    sort_unique(found);
    free(near.items);
    tree_done(&tree);
    return r;
}

static int neighbours_from_pairs(struct qz_ctx *ctx, const struct pairs *pairs, size_t n,
                                 struct qz_neighbours **ret) {
    qz_cleanup(qz_neighbours_freep) struct qz_neighbours *nb = qz_calloc(1, sizeof *nb);
    if (!nb)
        return qz_fail_nomem(ctx);
    nb->n = n;
    nb->first = qz_calloc(n + 1, sizeof *nb->first);
    nb->other = qz_calloc(2 * pairs->n, sizeof *nb->other);
    qz_cleanup(qz_freep) uint32_t *at = qz_calloc(n + 1, sizeof *at);
    if (!nb->first || !nb->other || !at)
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < pairs->n; k++) {
        nb->first[pairs->items[k].low + 1]++;
        nb->first[pairs->items[k].high + 1]++;
    }
    for (size_t i = 0; i < n; i++)
        nb->first[i + 1] += nb->first[i];
    memcpy(at, nb->first, (n + 1) * sizeof *at);
    for (size_t k = 0; k < pairs->n; k++) /* lower neighbours first, both runs rising */
        nb->other[at[pairs->items[k].high]++] = pairs->items[k].low;
    for (size_t k = 0; k < pairs->n; k++)
        nb->other[at[pairs->items[k].low]++] = pairs->items[k].high;
    *ret = nb;
    nb = NULL;
    return 0;
}

int qz_neighbours_new(struct qz_ctx *ctx, const struct qz_shapes *s, struct qz_neighbours **ret) {
    struct pairs found = { 0 };
    int r = s->n_polys ? pairs_by_segment(ctx, s, &found) : 0;
    if (r == 0 && s->n_polys)
        r = pairs_by_relation(ctx, s, &found);
    if (r == 0)
        r = neighbours_from_pairs(ctx, &found, s->n, ret);
    free(found.items);
    return r;
}

struct qz_neighbours *qz_neighbours_free(struct qz_neighbours *n) {
    if (n) {
        free(n->first);
        free(n->other);
    }
    free(n);
    return NULL;
}

void qz_neighbours_freep(struct qz_neighbours **n) { *n = qz_neighbours_free(*n); }

/* ---- locator */
struct qz_locator {
    const struct qz_shapes *shapes;
    struct tree tree;
};

int qz_locator_new(struct qz_ctx *ctx, const struct qz_shapes *s, struct qz_locator **ret) {
    qz_cleanup(qz_locator_freep) struct qz_locator *l = qz_calloc(1, sizeof *l);
    if (!l)
        return qz_fail_nomem(ctx);
    l->shapes = s;
    int r = tree_init(ctx, s, &l->tree);
    if (r < 0)
        return r;
    *ret = l;
    l = NULL;
    return 0;
}

struct qz_locator *qz_locator_free(struct qz_locator *l) {
    if (l)
        tree_done(&l->tree);
    free(l);
    return NULL;
}

void qz_locator_freep(struct qz_locator **l) { *l = qz_locator_free(*l); }

struct find {
    const struct qz_shapes *shapes;
    struct qz_xy p;
    uint32_t best;
};

static void on_candidate(void *item, void *user) {
    struct find *f = user;
    uint32_t id = *(const uint32_t *)item;
    if (id < f->best && qz_shape_contains(f->shapes, id, f->p))
        f->best = id;
}

uint32_t qz_locator_find(const struct qz_locator *l, struct qz_xy p) {
    struct find f = { l->shapes, p, QZ_NOWHERE };
    struct qz_box box = { p.x_m, p.y_m, p.x_m, p.y_m };
    if (!isfinite(p.x_m) || !isfinite(p.y_m))
        return QZ_NOWHERE;
    GEOSGeometry *at = box_to_geos(l->tree.g, &box);
    if (at) {
        GEOSSTRtree_query_r(l->tree.g, l->tree.tree, at, on_candidate, &f);
        GEOSGeom_destroy_r(l->tree.g, at);
    }
    return f.best;
}
