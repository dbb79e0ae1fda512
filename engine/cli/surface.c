/* engine/cli/surface.c - the command on the ground. */
#include <stdio.h>
#include <string.h>
#include "cli/options.h"
#include "cli/print.h"

static void print_json_report(const struct qz_surface_report *r, bool times) {
    printf("{\"columns\": %zu, \"rows\": %zu, \"cell_m\": %.10g, \"passable\": %zu, "
           "\"unknown_class\": %zu, \"no_height\": %zu",
           r->n_columns, r->n_rows, r->cell_m, r->n_passable, r->n_unknown, r->n_filled);
    if (times)
        printf(", \"sites\": %zu, \"reached\": %zu", r->n_sites, r->n_reached);
    printf(", \"rejects\": %zu, \"warnings\": %zu}\n", r->n_rejects, r->n_warnings);
}

static void print_text(const struct qz_surface_report *r, bool times, const char *output) {
    double cells = (double)r->n_columns * (double)r->n_rows;
    printf("ground      %zu x %zu cells of %.10g m, %.1f %% passable\n", r->n_columns, r->n_rows,
           r->cell_m, 100 * (double)r->n_passable / cells);
    if (times)
        printf("times       %zu sites, %zu cells reached (%.1f %% of the passable)\n", r->n_sites,
               r->n_reached, 100 * (double)r->n_reached / (double)r->n_passable);
    printf("inputs      %zu rows rejected, %zu warnings\noutput      %s\n", r->n_rejects,
           r->n_warnings, output);
}

int ground_of(const struct options *o, struct qz_ground_params *ret) {
    bool minutes = o->unit && strcmp(o->unit, "min/m") == 0;
    if (o->unit && !minutes && strcmp(o->unit, "s/m") != 0)
        return bad_usage("unit '%s' is not s/m or min/m", o->unit);
    if (o->unit && !o->friction)
        return bad_usage("--unit says what --friction holds: give both");
    if (o->classes && !o->cover)
        return bad_usage("--classes says what --cover holds: give both");
    *ret = (struct qz_ground_params) { .cover = o->cover,
                                       .classes = o->classes,
                                       .friction = o->friction,
                                       .friction_s = minutes ? 60 : 1,
                                       .dem = o->dem,
                                       .barriers = o->barriers,
                                       .n_barriers = (size_t)o->n_barriers,
                                       .cell_m = o->cell_m,
                                       .walk_kmh = o->walk_kmh };
    return DONE;
}

int do_surface(struct qz_ctx *ctx, const struct options *o) {
    const struct qz_tool_params params = { .profile = o->profile,
                                           .speeds = o->speeds,
                                           .crs = o->crs,
                                           .layer = o->layer,
                                           .nodes = o->nodes,
                                           .id = o->id,
                                           .overwrite = o->overwrite };
    struct qz_ground_params ground;
    int code = ground_of(o, &ground);
    if (code != DONE)
        return code;
    if (!o->sites && (o->allocation || o->moves || o->limit_min > 0))
        return bad_usage("%s is about times: give --sites too", o->allocation ? "--allocation"
                                                                : o->moves    ? "--moves"
                                                                              : "--limit-min");
    const struct qz_surface_params surface = {
        .ground = ground,
        .roads = o->roads,
        .sites = o->sites,
        .allocation = o->allocation,
        .limit_ms = (uint32_t)(o->limit_min * 60000 + 0.5),
        .moves = (unsigned)o->moves,
    };
    struct qz_surface_report report;
    int e = qz_tool_surface(ctx, &params, &surface, o->arguments[0], &report);
    print_progress_end();
    if (e < 0)
        return fail(ctx, e);
    if (o->json)
        print_json_report(&report, o->sites);
    else if (!o->quiet)
        print_text(&report, o->sites, o->arguments[0]);
    return fflush(stdout) == 0 ? DONE : FAILED;
}
