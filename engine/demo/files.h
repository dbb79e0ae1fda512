/* engine/demo/files.h - the files of a delivery, as a table: each writes the rows of one commune.
 */
#pragma once
#include "demo/clinic.h"
#include "demo/country.h"
#include "demo/past.h"
#include "demo/streets.h"
#include "io/writer.h"

struct qz_delivery { /* what the files share while they are written */
    const struct qz_country *country;
    struct qz_past past;
    struct qz_streets streets;                /* of the current commune */
    struct qz_clinic clinic;                  /* likewise, once the register is written */
    struct qz_transform *to_grid, *from_grid; /* Lambert 93 and the system of population cells */
    uint64_t n_roads, n_people, n_later, n_left, n_structures, n_establishments, n_shared,
        n_seats; /* numbers given so far */
};

struct qz_demo_file {
    const char *name; /* in the folder */
    enum qz_format format;
    const char *layer, *title;
    enum qz_geometry geometry;
    const struct qz_column *columns;
    size_t n_columns;
    int (*write)(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t commune, struct qz_writer *w);
};
extern const struct qz_demo_file qz_demo_communes, qz_demo_places, qz_demo_population,
    qz_demo_territories, qz_demo_roads, qz_demo_care, qz_demo_cells, qz_demo_movements,
    qz_demo_ages, qz_demo_households, qz_demo_alliances, qz_demo_register, qz_demo_establishments,
    qz_demo_equipment, qz_demo_iris, qz_demo_zonings, qz_demo_overrides, qz_demo_quarters;

/* Appends the polygon of a commune. */
int qz_demo_outline(struct qz_ctx *ctx, const struct qz_country *c, uint32_t commune,
                    struct qz_shapes *ret);

/* ---- rasters of the whole territory and what lies around it: heights in metres, classes of CORINE
 * Land Cover. Cells of 100 m; of 200, 400 ... m where there would be more than six million. */
enum { QZ_DEMO_HEIGHTS, QZ_DEMO_COVER, QZ_DEMO_RASTERS };
extern const char *const qz_demo_raster_names[QZ_DEMO_RASTERS];
int qz_demo_write_rasters(struct qz_ctx *ctx, const struct qz_country *c, const char *folder,
                          bool overwrite);

/* The plan that reads them all. */
enum { QZ_DEMO_LARGE = 2000 }; /* communes: above it cells are coarse and the output told shorter */
int qz_demo_write_plan(struct qz_ctx *ctx, const char *path, size_t n_communes, bool overwrite);
