/* engine/run/tool.h - what the single tools share. */
#pragma once
#include "run/run.h"

enum { QZ_TOOL_SITES, QZ_TOOL_ORIGINS };
struct qz_tool {
    const struct qz_tool_params *params;
    struct qz_tool_report *report;
    struct qz_issues issues;
    struct qz_crs *crs; /* working system */
    struct qz_network *network;
    struct qz_places *places[2]; /* sites, origins */
    struct qz_stop *stops[2];
};

struct qz_tool_call {
    int (*work)(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c);
    const char *roads, *sites, *origins, *path;
    int (*answer)(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c);
    const struct qz_drawing_params *drawing;
    const struct qz_surface_params *surface;
    struct qz_surface_report *surface_report;
};
/* Does c->work in the C locale; what was wrong with the input goes to the log, and is counted. */
int qz_tool_do(struct qz_ctx *ctx, const struct qz_tool_params *params,
               struct qz_tool_report *report, const struct qz_tool_call *c);

extern const char qz_tool_crs_remedy[];
/* Before a file is read into t->crs: --crs holds for it where it names no system of its own. */
int qz_tool_own_crs(struct qz_ctx *ctx, const struct qz_tool *t, struct qz_input *in);
/* Opens or compiles; in t->crs where that is chosen, else chooses it. */
int qz_tool_get_network(struct qz_ctx *ctx, struct qz_tool *t, const char *file);
/* Reads places[which] and puts them on the network; each site without a road is a warning. people:
 * each with a number of people, in this column; "": of a usual name. NULL: places alone. */
int qz_tool_get_stops(struct qz_ctx *ctx, struct qz_tool *t, const char *file, size_t which,
                      const char *people);
/* Reads places[which] alone, into this system; people as above. */
int qz_tool_get_places(struct qz_ctx *ctx, struct qz_tool *t, const char *file, size_t which,
                       const struct qz_crs *crs, const char *people);
/* Whether site i lies on passable ground: 1, else it is reported as a reject: 0, or a code. */
int qz_tool_site_on_ground(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_surface *ground,
                           const char *file, size_t i);
