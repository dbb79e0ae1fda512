/* engine/isochrone/isochrone.h - polygons drawn from a field of times: bands and catchments. */
#pragma once
#include "travel/travel.h"

struct qz_isochrone_params {
    double min_island_m2, min_hole_m2; /* smaller ones are dropped, with all that lies in them */
    double simplify_m;                 /* a line may move this far; 0: exact */
};

/* Appends to `bands` one multipolygon (maybe empty) per limit: where the field is at most
 * limit_ms[i]. Limits rise, 1 to 250 of them. Linear interpolation between cell centres, to 1/4096
 * of a cell; half a cell beyond the last cell reached at most.
 * Each polygon is valid and each band covers the shorter ones, by construction: crossings move one
 * way along each side of a cell, two opposite corners are joined in all bands or in none, and lines
 * that run together are simplified as one. Islands and holes are measured before they are
 * simplified. O(cells + length of the lines). QZ_E_NOMEM, QZ_E_RANGE (too many limits or cells). */
int qz_isochrone_bands(struct qz_ctx *ctx, const struct qz_field *field,
                       const struct qz_isochrone_params *params, const uint32_t *limit_ms, size_t n,
                       struct qz_shapes *bands);

/* Appends to `catchments` one multipolygon (maybe empty) per site: the cells within limit_ms whose
 * nearest site it is (site[cell] < n_sites, of no account beyond the limit). A coverage: neighbours
 * share their lines to the last bit, simplified once; nothing is dropped, so that together they are
 * what the band of limit_ms is before its small islands and holes are dropped, give or take
 * simplify_m at its edge, and half a cell where two of them meet across a corner only. Between two
 * sites the line runs where walking from both cells takes as long. O(cells + length of the lines).
 * QZ_E_NOMEM, QZ_E_RANGE. */
int qz_isochrone_catchments(struct qz_ctx *ctx, const struct qz_field *field, const uint32_t *site,
                            size_t n_sites, uint32_t limit_ms, double simplify_m,
                            struct qz_shapes *catchments);
