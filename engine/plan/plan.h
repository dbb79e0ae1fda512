/* engine/plan/plan.h - a plan, parsed and checked. */
#pragma once
#include "isochrone/isochrone.h"
#include "quinze/plan.h"
#include "quinze/zone.h"
#include "source/source.h"
#include "travel/travel.h"

enum { QZ_MOST_BANDS = 12 };

struct qz_plan_input {
    struct qz_input input; /* input.file NULL: not given */
    const char *vintage, *licence;
};
struct qz_practice { /* a section [practitioners KEY] */
    const char *key, *label, *label_plural;
    const char *only;       /* value of the profession column that is wanted; NULL: all rows */
    uint32_t threshold_min; /* within it people are served, cut-off included */
    struct qz_plan_input source;
};

struct qz_plan {
    struct qz_pool *texts;
    const char *path;
    const char *territory, *crs, *date;
    bool closed;
    struct qz_plan_input communes, points, territories, roads, population, cells;
    struct qz_plan_input road_nodes, road_edges; /* instead of roads: a graph with its own times */
    const char **road_files; /* all that [roads] file names; roads.input.file is the first */
    size_t n_road_files;
    const char *profile, *speeds; /* profile "auto"; speeds: a file, NULL: the profile's own */
    const char *dem;              /* heights, for speeds that depend on slopes; NULL: none */
    struct {                      /* of [surface]: files, NULL: not given */
        const char *cover, *classes, *friction, *unit, *dem, *barriers;
    } surface; /* classes: a file, or the name of a table; unit "s/m" or "min/m" */
    struct qz_practice *practices;
    size_t n_practices;
    struct qz_travel_params travel;
    struct qz_network_params network;
    struct qz_field_params field;
    struct qz_isochrone_params isochrone;
    size_t n_bands;
    uint32_t band_ms[QZ_MOST_BANDS];
    const char *drawn; /* key of the profession whose sites are drawn one by one */
    struct qz_three15_params three15;
};

/* A file that holds a compiled network, by its name. */
bool qz_plan_is_network(const char *path);

/* Every parameter that is not a path, in the order of the key table: for provenance and for hashes.
 */
typedef int (*qz_plan_visit_fn)(void *user, const char *section, const char *key,
                                const char *value);
int qz_plan_visit(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user);
/* The column names that the plan gives for an input, as text: part of the input's key. */
void qz_plan_input_text(const struct qz_plan_input *in, struct qz_text *text);
