/* engine/isochrone/isochrone.h - bands drawn from a field of times: exact level lines, nested,
 * valid. */
#pragma once
#include "travel/travel.h"

struct qz_isochrone_params {
    double min_area_m2; /* islands and holes under this are dropped, in every band alike */
};

/* Appends to `bands` one multipolygon (maybe empty) per limit: where the field is at most
 * limit_ms[i]. Limits rise. Linear interpolation between cell centres; each band covers the shorter
 * ones because crossings move one way along each side of a cell and two opposite corners are never
 * joined. Rings cannot touch: a crossing stays off the cell centres. O(cells) a band. QZ_E_NOMEM.
 */
int qz_isochrone_bands(struct qz_ctx *ctx, const struct qz_field *field,
                       const struct qz_isochrone_params *params, const uint32_t *limit_ms, size_t n,
                       struct qz_shapes *bands);
