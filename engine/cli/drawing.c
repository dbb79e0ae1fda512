/* engine/cli/drawing.c - the command that draws isochrones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "cli/options.h"
#include "cli/print.h"

/* "5,10,15"; false: not rising minutes. */
static bool parse_bands(const char *text, struct qz_drawing_params *p) {
    double before = 0;
    p->n_bands = 0;
    for (;;) {
        char *end;
        double minutes = strtod(text, &end); /* main keeps the C locale */
        if (end == text || p->n_bands == QZ_DRAWING_BANDS || !(minutes > before && minutes <= 1440))
            return false;
        p->band_ms[p->n_bands++] = (uint32_t)(minutes * 60000 + 0.5);
        if (!*end)
            return true;
        if (*end != ',')
            return false;
        before = minutes;
        text = end + 1;
    }
}

static void set_when_given(double value, double scale, double *target) {
    if (!isnan(value))
        *target = value * scale;
}

static int params_of(const struct options *o, struct qz_drawing_params *p) {
    *p = qz_drawing_params_default;
    if (o->bands_min && !parse_bands(o->bands_min, p))
        return bad_usage("--bands-min '%s' is not a rising list of 1 to %d numbers of minutes up "
                         "to 1440, as 5,10,15",
                         o->bands_min, QZ_DRAWING_BANDS);
    if (o->population && !o->people)
        return bad_usage("--population names a column of --people: give both");
    set_when_given(o->walk_limit_m, 1, &p->walk_limit_m);
    set_when_given(o->simplify_m, 1, &p->simplify_m);
    set_when_given(o->min_island_ha, 1e4, &p->min_island_m2);
    set_when_given(o->min_hole_ha, 1e4, &p->min_hole_m2);
    p->merge = o->merge;
    p->territory = o->territory;
    p->people = o->people;
    p->people_column = o->population;
    return ground_of(o, &p->ground);
}

static void print_report(const struct qz_tool_report *r, bool json, const char *output) {
    if (json) {
        printf("{\"sites\": %zu, \"people_rows\": %zu, \"sites_no_road\": %zu, "
               "\"people_no_road\": %zu, \"polygons\": %zu, "
               "\"rejects\": %zu, \"warnings\": %zu}\n",
               r->n_sites, r->n_origins, r->n_sites_no_road, r->n_origins_no_road, r->n_rows,
               r->n_rejects, r->n_warnings);
        return;
    }
    printf("places      %zu sites (%zu without a road), %zu of people (%zu without a road)\n"
           "drawn       %zu polygons\n"
           "inputs      %zu rows rejected, %zu warnings\n"
           "output      %s\n",
           r->n_sites, r->n_sites_no_road, r->n_origins, r->n_origins_no_road, r->n_rows,
           r->n_rejects, r->n_warnings, output);
}

int do_isochrone(struct qz_ctx *ctx, const struct options *o) {
    const struct qz_tool_params tool = { .profile = o->profile,
                                         .speeds = o->speeds,
                                         .crs = o->crs,
                                         .layer = o->layer,
                                         .nodes = o->nodes,
                                         .id = o->id,
                                         .overwrite = o->overwrite };
    struct qz_drawing_params drawing;
    struct qz_tool_report report;
    int code = params_of(o, &drawing);
    if (code != DONE)
        return code;
    bool by_road = o->n_arguments == 3;
    if (o->roads || o->sites)
        return bad_usage("isochrone takes roads and sites as arguments: [ROADS] SITES OUT");
    if (!by_road && !drawing.ground.cover && !drawing.ground.friction && !drawing.ground.dem)
        return bad_usage(
            "isochrone needs roads (NET.qzn or a road file, SITES, OUT), or the ground: "
            "--cover, --friction or --dem");
    const char *const *rest = o->arguments + by_road, *output = rest[1];
    int e = qz_tool_isochrone(ctx, &tool, &drawing, by_road ? o->arguments[0] : NULL, rest[0],
                              output, &report);
    print_progress_end();
    if (e < 0)
        return fail(ctx, e);
    if (o->json || !o->quiet)
        print_report(&report, o->json, output);
    return fflush(stdout) == 0 ? DONE : FAILED;
}
