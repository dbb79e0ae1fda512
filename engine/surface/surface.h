/* engine/surface/surface.h - the ground off the roads: what a metre of it costs, how high it is.
 * Made in layers: land cover or friction first, barriers over it, roads over those (bridges), then
 * heights. */
#pragma once
#include "geo/geo.h"
#include "io/raster.h"

/* Row by row from the south, as struct qz_grid says. */
struct qz_surface {
    struct qz_grid grid;
    float *s_per_m;  /* seconds a metre, > 0; INFINITY: nobody passes */
    float *height_m; /* NULL: flat */
};
/* All of it costs s_per_m: > 0, INFINITY for barriers. QZ_E_NOMEM. */
int qz_surface_new(struct qz_ctx *ctx, const struct qz_grid *grid, float s_per_m,
                   struct qz_surface **ret);
struct qz_surface *qz_surface_free(struct qz_surface *s);
void qz_surface_freep(struct qz_surface **s);
/* The cell that holds a place; SIZE_MAX: outside. */
size_t qz_surface_cell(const struct qz_grid *grid, struct qz_xy at);
/* The same cells, to a thousandth of one. */
bool qz_surface_aligned(const struct qz_grid *a, const struct qz_grid *b);

/* ---- walking speeds by class of land cover, see geodata/walk-*.csv */
struct qz_classes; /* opaque */
/* Lines "codes,kmh[,...]" under one header; codes are whole numbers 0 to 65535, several separated
 * by blanks; 0 km/h: nobody passes; semicolons will do. QZ_E_FORMAT names the line. */
int qz_classes_parse(struct qz_ctx *ctx, const char *name, const char *text,
                     struct qz_classes **ret);
struct qz_classes *qz_classes_free(struct qz_classes *c);
void qz_classes_freep(struct qz_classes **c);
/* km/h of a value; 0: nobody passes; -1: the table does not know it. */
double qz_classes_kmh(const struct qz_classes *c, float value);
/* The built-in table ("corine", "worldcover") as text, static; NULL: no such table. */
const char *qz_classes_builtin(const char *name);
/* The built-in table that knows most cells, static; NULL: two know as many. */
const char *qz_classes_guess(const struct qz_band *cover);

/* ---- the layers; cells must lie on the surface's grid */
struct qz_cover_report {
    size_t n_known, n_unknown;      /* cells with a class of the table, or of none */
    float first_unknown;            /* a value the table does not know ... */
    size_t first_row, first_column; /* ... and where, from 1, from the upper left */
};
/* No data and unknown classes are barriers. */
void qz_surface_cover(struct qz_surface *s, const struct qz_band *cover,
                      const struct qz_classes *classes, struct qz_cover_report *report);
/* s_per_unit: seconds a metre of one unit of the raster. keep: no data leaves what is there, else
 * it is a barrier. QZ_E_DATA: 0, negative and not a number, counted, with the place of the first.
 * name: for messages. */
int qz_surface_friction(struct qz_ctx *ctx, struct qz_surface *s, const char *name,
                        const struct qz_band *friction, double s_per_unit, bool keep);
/* Every cell that the line passes becomes a barrier. The cells of a line share sides, so that no
 * diagonal step slips through, nor a knight's between two of them. */
void qz_surface_bar_line(struct qz_surface *s, const struct qz_xy *points, size_t n);
/* The cells inside, and those that an outline passes: a river thinner than a cell stays closed. */
int qz_surface_bar_shapes(struct qz_ctx *ctx, struct qz_surface *s, const struct qz_shapes *shapes);
/* A road at s_per_m over the cells it passes, where that is faster than what is there; over a
 * barrier it is a bridge. */
void qz_surface_road(struct qz_surface *s, const struct qz_xy *points, size_t n, float s_per_m);
/* Heights of any grid, between its four nearest centres; to_dem: from the surface's system into
 * that of the heights. Where there are none: bar makes a barrier; else the nearest known height
 * stands, and counts in n_filled where somebody passes. QZ_E_DATA: the two do not meet. */
int qz_surface_heights(struct qz_ctx *ctx, struct qz_surface *s, const struct qz_band *dem,
                       const struct qz_transform *to_dem, bool bar, size_t *n_filled);
