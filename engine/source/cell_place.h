/* engine/source/cell_place.h - a grid of cells, or IRIS, while it is read: where its rows are. */
#pragma once
#include "source/source.h"

struct qz_cell_system { /* of codes; transform NULL: cannot serve */
    int epsg;
    struct qz_transform *transform;
};
struct qz_cell_places {
    struct qz_ctx *ctx;
    struct qz_reader *reader;
    struct qz_issues *issues;
    const struct qz_crs *work;
    const struct qz_input *input;
    struct qz_transform *from_file; /* of squares and polygons; NULL: there are none */
    struct qz_point_reader points;  /* of IRIS in a table */
    bool points_open, outlined;
    struct qz_shapes here; /* outline of the row when asked for, in the working system: one or none
                            */
    struct qz_cell_system systems[8];
    size_t n_systems;
};
/* Codes give the places; where a row has none its square does, in the file's system. QZ_E_FORMAT:
 * neither. */
int qz_cell_places_open(struct qz_cell_places *p);
void qz_cell_places_done(struct qz_cell_places *p);
/* code: the row's, NULL: none. 1 there is a place; 0 the row was refused. */
int qz_cell_place(struct qz_cell_places *p, const char *code, struct qz_xy *at);
