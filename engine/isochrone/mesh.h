/* engine/isochrone/mesh.h - the lines between regions of a grid, as one planar graph: a line that
 * two regions share is stored once, simplified once, and read once for each of them. */
#pragma once
#include "isochrone/isochrone.h"

/* A cell's side in units: places are whole numbers, so that what lies left of what is exact. */
enum { QZ_MESH_CELL_BITS = 12, QZ_MESH_CELL = 1 << QZ_MESH_CELL_BITS };
#define QZ_MESH_NONE UINT32_MAX

/* Columns and rows of the grid count from 1: a ring of cells outside surrounds it. */
struct qz_mesh_point {
    int32_t x, y;
};
/* A region's line where it passes a vertex; it is left towards `next`, the region on the left. */
struct qz_mesh_corner {
    uint32_t vertex, region, next;
    uint32_t before; /* on a row of centres: the region's corner to the left, or NONE */
    bool on_row;
};
struct qz_mesh {
    struct qz_grid grid;
    size_t n_regions;
    struct qz_mesh_point *vertices; /* by row and column of their cell, rising */
    struct qz_mesh_corner *corners;
    size_t n_vertices, n_corners, cap_vertices, cap_corners;
    uint32_t *row_first; /* a row's first vertex; grid rows + 3 */
    uint32_t *last;      /* by region: its last corner on a row */
};
/* QZ_E_NOMEM; QZ_E_RANGE: a grid of more than 500 000 columns or rows. */
int qz_mesh_init(struct qz_ctx *ctx, struct qz_mesh *m, const struct qz_grid *grid,
                 size_t n_regions);
void qz_mesh_done(struct qz_mesh *m);

/* Tracers go through the cells by row and column, and add what lies between a cell's centre and the
 * next centres right and up. Rows are begun in turn, from 0 to grid rows + 1. */
void qz_mesh_begin_row(struct qz_mesh *m, uint32_t row);
int qz_mesh_vertex(struct qz_ctx *ctx, struct qz_mesh *m, struct qz_mesh_point at);
/* A corner of the last vertex. on_row: the vertex lies on the row through the centres. */
int qz_mesh_corner(struct qz_ctx *ctx, struct qz_mesh *m, uint32_t region, bool on_row);

/* Appends a shape a region: rings are read, small ones dropped, the others simplified together. */
int qz_mesh_shapes(struct qz_ctx *ctx, struct qz_mesh *m, const struct qz_isochrone_params *params,
                   struct qz_shapes *out);

/* Between two centres, a within the limit and b beyond it or unreached: units from a. */
int32_t qz_mesh_crossing(const struct qz_field *f, double limit_s, double a_s, double b_s);
/* Whether two cells across a square's diagonal hang together although the other two lie outside:
 * walking from one to the other explains their times. A road that runs diagonally stays whole. */
bool qz_mesh_joined(const struct qz_field *f, double a_s, double b_s);
/* Units that a crossing keeps from each centre, so that no two lines meet there. */
enum { QZ_MESH_LEAST = QZ_MESH_CELL / 64 };

/* ---- simplification: simplify.c */
enum qz_mesh_state { QZ_MESH_GONE, QZ_MESH_LINE, QZ_MESH_NODE };
struct qz_mesh_lines {
    const struct qz_mesh *mesh;
    uint8_t *state;       /* of each vertex */
    uint32_t (*link)[2];  /* of a LINE vertex: its neighbours that are still there */
    uint32_t (*drawn)[2]; /* those it had at first */
};
/* Takes LINE vertices out, as long as every vertex taken out stays within tolerance (units) of the
 * line that replaces it, and no line comes to touch another. O(vertices) at a given tolerance. */
int qz_mesh_simplify(struct qz_ctx *ctx, struct qz_mesh_lines *l, double tolerance);
