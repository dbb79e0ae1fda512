/* engine/geo/geo.h - points, boxes, polygons, grids, reference systems. The only user of PROJ and
 * GEOS. */
#pragma once
#include "base/base.h"
#include "quinze/geo.h"

/* ---- boxes */
struct qz_box {
    double min_x_m, min_y_m, max_x_m, max_y_m; /* empty when min > max */
};
extern const struct qz_box qz_box_empty;
void qz_box_add(struct qz_box *box, struct qz_xy p);
bool qz_box_meets(const struct qz_box *a, const struct qz_box *b);
double qz_distance_m(struct qz_xy a, struct qz_xy b);

/* ---- reference systems: axis order is settled here, x is east and y north everywhere else */
struct qz_crs;
/* definition: "EPSG:2154", WKT, or PROJ text. QZ_E_CRS names what was given. */
int qz_crs_open(struct qz_ctx *ctx, const char *definition, struct qz_crs **ret);
struct qz_crs *qz_crs_free(struct qz_crs *crs);
void qz_crs_freep(struct qz_crs **crs);
int qz_crs_epsg(const struct qz_crs *crs);         /* 0: not identified */
bool qz_crs_is_metric(const struct qz_crs *crs);   /* projected, in metres */
const char *qz_crs_name(const struct qz_crs *crs); /* borrowed */
const char *
qz_crs_wkt(const struct qz_crs *crs); /* borrowed; WKT2 of the authority's own definition */
/* The legal projected CRS of a French territory at this place: EPSG code, 0 outside all of them. */
int qz_crs_legal_epsg(struct qz_lonlat p);
/* Library versions, static text. */
const char *qz_geo_proj_version(void);
const char *qz_geo_geos_version(void);

struct qz_transform;
/* Identity when both are the same system. Borrows nothing. */
int qz_transform_new(struct qz_ctx *ctx, const struct qz_crs *from, const struct qz_crs *to,
                     struct qz_transform **ret);
struct qz_transform *qz_transform_free(struct qz_transform *t);
void qz_transform_freep(struct qz_transform **t);
/* In place. A point that cannot be converted becomes INFINITY in both coordinates. */
void qz_transform_points(const struct qz_transform *t, struct qz_xy *points, size_t n);

/* ---- n multipolygons, flat: shape i has polygons [shape_poly[i], shape_poly[i+1]), polygon p has
 * rings [poly_ring[p], ...) (the first is the outline, the others holes), ring r has points
 * [ring_point[r], ...), closed (the last repeats the first). */
struct qz_shapes {
    size_t n, n_polys, n_rings, n_points;
    size_t cap_shapes, cap_polys, cap_rings, cap_points;
    uint32_t *shape_poly, *poly_ring, *ring_point; /* n+1, n_polys+1, n_rings+1 entries */
    struct qz_xy *points;
};
/* Builders: points, then end the ring, the polygon, the shape. QZ_E_NOMEM. */
int qz_shapes_add_point(struct qz_ctx *ctx, struct qz_shapes *s, struct qz_xy p);
int qz_shapes_end_ring(struct qz_ctx *ctx, struct qz_shapes *s);
int qz_shapes_end_poly(struct qz_ctx *ctx, struct qz_shapes *s);
int qz_shapes_end_shape(struct qz_ctx *ctx, struct qz_shapes *s);
int qz_shapes_append(struct qz_ctx *ctx, struct qz_shapes *s, const struct qz_shapes *from,
                     size_t i);
void qz_shapes_done(struct qz_shapes *s);
void qz_shapes_freep(struct qz_shapes **s); /* of a heap object */

struct qz_box qz_shape_box(const struct qz_shapes *s, size_t i);
double qz_shape_area_m2(const struct qz_shapes *s, size_t i);
bool qz_shape_contains(const struct qz_shapes *s, size_t i, struct qz_xy p);
struct qz_xy qz_shape_centroid(const struct qz_shapes *s, size_t i);
/* A point inside: the centroid when it lies there, else one in the middle of the widest part. 1
 * given, 0 the shape has no area, negative code (the shape may be invalid: QZ_E_DATA). */
int qz_shape_inner_point(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i,
                         struct qz_xy *ret);
/* GEOS validity: 1 valid, 0 not (reason, if wanted, in `why`), negative code. */
int qz_shape_valid(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i, char *why,
                   size_t why_n);
/* Appends to `out` the valid form of shape i (lines and points dropped). */
int qz_shape_repair(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i, struct qz_shapes *out);
/* Appends to `out` the union of the shapes ids[0..n). */
int qz_shapes_union(struct qz_ctx *ctx, const struct qz_shapes *s, const uint32_t *ids, size_t n,
                    struct qz_shapes *out);

/* Square metres of shape i that lie in any of `over`, which may overlap each other; boxes: theirs.
 */
int qz_shape_overlap_m2(struct qz_ctx *ctx, const struct qz_shapes *s, size_t i,
                        const struct qz_shapes *over, const struct qz_box *boxes, double *ret);

/* Which shapes share a boundary segment (a common point is not enough); i's neighbours are
 * other[first[i] .. first[i+1]), rising. */
struct qz_neighbours {
    uint32_t *first, *other;
    size_t n;
};
int qz_neighbours_new(struct qz_ctx *ctx, const struct qz_shapes *s, struct qz_neighbours **ret);
struct qz_neighbours *qz_neighbours_free(struct qz_neighbours *n);
void qz_neighbours_freep(struct qz_neighbours **n);

/* Which shape holds a point; the lowest index when several do. */
struct qz_locator;
int qz_locator_new(struct qz_ctx *ctx, const struct qz_shapes *s,
                   struct qz_locator **ret); /* borrows s */
struct qz_locator *qz_locator_free(struct qz_locator *l);
void qz_locator_freep(struct qz_locator **l);
#define QZ_NOWHERE UINT32_MAX
uint32_t qz_locator_find(const struct qz_locator *l, struct qz_xy p);

/* ---- grids: cell (column, row) has its centre at x0 + column * cell, y0 + row * cell */
struct qz_grid {
    double x0_m, y0_m, cell_m;
    uint32_t n_columns, n_rows;
};
/* A grid over the box, aligned on whole multiples of the cell so that all grids of a run agree. */
struct qz_grid qz_grid_over(const struct qz_box *box, double cell_m);
/* Sets cells[row * n_columns + column] = 1 where the centre lies in some shape; the rest is kept.
 */
int qz_shapes_burn(struct qz_ctx *ctx, const struct qz_shapes *s, const struct qz_grid *grid,
                   uint8_t *cells);
