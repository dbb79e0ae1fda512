/* engine/cli/options.h - what main.c read from the command line, for the commands. */
#pragma once
#include <stdbool.h>
#include "quinze/run.h"

enum { DONE = 0, FAILED = 1, BAD_USAGE = 2 };

struct options {
    bool overwrite, quiet, json, help;
    int threads;
    long communes, seed;
    double limit_min;                                            /* 0: not given */
    double cell_m, walk_kmh;                                     /* 0: not given */
    double walk_limit_m, simplify_m, min_island_ha, min_hole_ha; /* NAN: not given */
    bool merge;
    long moves;
    const char *profile, *speeds, *crs, *layer, *nodes, *id, *dump;
    const char *bands_min, *territory, *people, *population;
    const char *cover, *classes, *friction, *unit, *roads, *dem, *sites, *allocation;
    const char *model, *demand;
    const char *barriers[16];
    int n_barriers;
    const char *arguments[4];
    int n_arguments;
};

/* Prints the error of the context; the exit code. */
int fail(struct qz_ctx *ctx, int code);
/* A usage error of one's own. */
int bad_usage(const char *format, ...) QZ_PRINTF(1, 2);

/* surface.c */
/* The ground that the options name; a usage error: its exit code. */
int ground_of(const struct options *o, struct qz_ground_params *ret);
int do_surface(struct qz_ctx *ctx, const struct options *o);
/* network.c */
int do_network(struct qz_ctx *ctx, const struct options *o);
int do_nearest(struct qz_ctx *ctx, const struct options *o);
int do_matrix(struct qz_ctx *ctx, const struct options *o);
/* drawing.c */
int do_isochrone(struct qz_ctx *ctx, const struct options *o);
