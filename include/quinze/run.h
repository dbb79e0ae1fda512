/* include/quinze/run.h - runs a plan: reads, computes, writes one GeoPackage. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "quinze/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qz_run_params {
    bool overwrite;  /* replace an existing output */
    bool sites_only; /* where to put sites, and why: nothing is drawn, the long table is left out */
};

/* What a run has to say; texts live as long as it does. It borrows the plan: free it first. */
struct qz_report_profession {
    const char *key, *label;
    unsigned threshold_min; /* 15 for a GP, 45 for a maternity ward: see geodata/thresholds.csv */
    double heads, people_within, people_beyond; /* of the threshold, cut-off included */
};
struct qz_report_stage {
    const char *name;
    size_t parts;
    char key[65]; /* SHA-256 of version, parameters and inputs, in hexadecimal */
    double seconds;
};
struct qz_report_issue {
    const char *severity, *source, *code, *message;
    size_t row;
};
struct qz_report_site { /* a proposed one */
    unsigned rank, rank_low, rank_high, opening_order;
    const char *code, *name, *reasons;
    double people_gained;
};
struct qz_report {
    size_t n_communes, n_sites, n_zones;
    double people, people_in_zones, people_in_zones_bound;
    size_t n_areas, n_areas_balanced;
    size_t n_disagreements; /* communes whose simulated class is not the one in force */
    double people_disagreements;
    const char *siting_model; /* NULL: no site is proposed */
    double siting_objective, siting_bound, siting_gap_ratio;
    double demand, demand_before, demand_after; /* people; of them within the limit */
    size_t n_proposed;
    struct qz_report_site *proposed; /* by rank */
    size_t n_professions, n_stages, n_issues, n_rejects, n_warnings;
    struct qz_report_profession *professions;
    struct qz_report_stage *stages;
    struct qz_report_issue *issues;
    void *held; /* the run that the texts belong to */
};

/* Runs the whole plan into `path`, which appears complete or not at all. Gives *ret (even a table
 * of rejects is in the output). Any code of quinze/base.h. */
QZ_API int qz_run(struct qz_ctx *ctx, const struct qz_plan *plan,
                  const struct qz_run_params *params, const char *path, struct qz_report **ret);
/* Reads and checks the inputs only; writes nothing. */
QZ_API int qz_check(struct qz_ctx *ctx, const struct qz_plan *plan, struct qz_report **ret);
QZ_API struct qz_report *qz_report_free(struct qz_report *report);

/* ---- the single tools: from files to a file; what was wrong with the input goes to the log */
struct qz_tool_params {  /* texts borrowed; NULL: the default */
    const char *profile; /* speed table: "osm-car", "bdtopo-car", "auto" (default) */
    const char *speeds;  /* a table of one's own */
    const char *crs;     /* of the network made, and of files that name none */
    const char *layer;   /* of the roads */
    const char *nodes;   /* nodes of a graph; the roads are then its edges */
    const char *id;      /* column of sites and of origins; default: the usual names */
    uint32_t limit_ms;   /* of qz_tool_matrix, included */
    double access_kmh;   /* from a place to the road; 0: 20 km/h */
    bool overwrite;
};
struct qz_tool_report {
    size_t n_nodes, n_edges, n_junctions, n_islands; /* of the network */
    double length_m;
    size_t n_sites, n_origins;
    size_t n_sites_no_road, n_origins_no_road; /* of them, off any road */
    size_t n_rows, n_reached;                  /* written; with a time */
    size_t n_rejects, n_warnings;
};
/* Compiles roads (any road file, or the edges of a graph) into a .qzn file. */
QZ_API int qz_tool_network(struct qz_ctx *ctx, const struct qz_tool_params *params,
                           const char *roads, const char *path, struct qz_tool_report *report);
/* Writes a network's nodes.csv and edges.csv into a folder. */
QZ_API int qz_tool_dump(struct qz_ctx *ctx, const struct qz_tool_params *params,
                        const char *network, const char *folder, struct qz_tool_report *report);
/* Each origin with its nearest site: origin, site, seconds, status (ok, unreachable, no_road) into
 * a .csv or .gpkg. roads: a .qzn file or any road file. */
QZ_API int qz_tool_nearest(struct qz_ctx *ctx, const struct qz_tool_params *params,
                           const char *roads, const char *sites, const char *origins,
                           const char *path, struct qz_tool_report *report);
/* All pairs within the limit, by origin, then site: origin, site, seconds. */
QZ_API int qz_tool_matrix(struct qz_ctx *ctx, const struct qz_tool_params *params,
                          const char *roads, const char *sites, const char *origins,
                          const char *path, struct qz_tool_report *report);

/* ---- the ground: what a metre costs off the roads */
struct qz_ground_params { /* texts borrowed; NULL: none */
    const char *cover;    /* raster of land cover */
    const char *classes;  /* its table: "corine", "worldcover", "auto" (NULL), or a file */
    const char *friction; /* raster of time; with a cover it counts where it has data */
    double friction_s;    /* seconds a metre of one unit of it; 0: 1 */
    const char *dem;      /* raster of heights in metres, any cells */
    const char *const *barriers;
    size_t n_barriers; /* files of lines and areas */
    double cell_m;     /* without cover and friction; 0: the heights' own, else 100 */
    double walk_kmh;   /* without cover and friction; 0: 5 */
};

/* ---- isochrones of any sites */
enum { QZ_DRAWING_BANDS = 12 };
struct qz_drawing_params { /* texts borrowed; NULL: none */
    size_t n_bands;
    uint32_t band_ms[QZ_DRAWING_BANDS]; /* rising, > 0; each included */
    struct qz_ground_params ground;     /* walked off the roads; its cell_m and walk_kmh count */
    double walk_limit_m;                /* off the road; over the ground alone any distance */
    double simplify_m;                  /* how far a line may move; 0: exact; < 0: half a cell */
    double min_island_m2, min_hole_m2;  /* smaller ones are not drawn */
    bool merge;                         /* one set of bands for all sites: to the nearest one */
    const char *territory;              /* polygons where people walk; NULL: anywhere */
    const char *people;                 /* points with a population: counted by their own times */
    const char *people_column;          /* NULL: of a usual name */
};
extern QZ_API const struct qz_drawing_params qz_drawing_params_default;
/* 5, 10, 15, 20, 30 min; 100 m; 5 km/h within 1 000 m; half a cell; 4 ha */

/* Draws from where each site is reached, by road (roads NULL: over the ground alone), into a .gpkg,
 * .shp or .geojson (WGS 84): site_id, band_min, area_km2, and people where they are given.
 * QZ_E_RANGE: a parameter, or the name of the output. */
QZ_API int qz_tool_isochrone(struct qz_ctx *ctx, const struct qz_tool_params *params,
                             const struct qz_drawing_params *drawing, const char *roads,
                             const char *sites, const char *path, struct qz_tool_report *report);
/* ---- the friction of the ground, or the times over it */
struct qz_surface_params {
    struct qz_ground_params ground;
    const char *roads;      /* any road file, or a .qzn: over the ground at their speeds */
    const char *sites;      /* NULL: the friction itself is written */
    const char *allocation; /* second output: row number of the nearest site; NULL: none */
    uint32_t limit_ms;      /* of times, included; 0: none */
    unsigned moves;         /* 8 or 16; 0: 16 */
};
struct qz_surface_report {
    size_t n_columns, n_rows, n_passable; /* cells */
    double cell_m;
    size_t n_unknown;          /* cells whose class the table does not know: barriers */
    size_t n_filled;           /* passable cells without a height: the nearest stands */
    size_t n_sites, n_reached; /* used; cells with a time */
    size_t n_rejects, n_warnings;
};
/* Writes the friction (s/m), or seconds to the nearest site, as a Cloud Optimized GeoTIFF. Tools'
 * parameters that count: profile, speeds, layer, nodes of the roads; crs, id; overwrite. */
QZ_API int qz_tool_surface(struct qz_ctx *ctx, const struct qz_tool_params *params,
                           const struct qz_surface_params *surface, const char *path,
                           struct qz_surface_report *report);
/* Versions of quinze and of the libraries under it, one line, static. */
QZ_API const char *qz_versions(void);

#ifdef __cplusplus
}
#endif
