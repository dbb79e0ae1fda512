/* engine/cli/options.h - what main.c read from the command line, for the commands. */
#pragma once
#include <stdbool.h>
#include "quinze/base.h"

enum { DONE = 0, FAILED = 1, BAD_USAGE = 2 };

struct options {
    bool overwrite, quiet, json, help;
    int threads;
    long communes, seed;
    double limit_min; /* 0: not given */
    const char *profile, *speeds, *crs, *layer, *nodes, *id, *dump;
    const char *arguments[4];
    int n_arguments;
};

/* Prints the error of the context; the exit code. */
int fail(struct qz_ctx *ctx, int code);
/* A usage error of one's own. */
int bad_usage(const char *format, ...) QZ_PRINTF(1, 2);

/* network.c */
int do_network(struct qz_ctx *ctx, const struct options *o);
int do_nearest(struct qz_ctx *ctx, const struct options *o);
int do_matrix(struct qz_ctx *ctx, const struct options *o);
