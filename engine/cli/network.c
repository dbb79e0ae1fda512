/* engine/cli/network.c - the commands on roads: network, nearest, matrix. */
#include <stdio.h>
#include "cli/options.h"
#include "cli/print.h"

static struct qz_tool_params params_of(const struct options *o) {
    return (struct qz_tool_params) {
        .profile = o->profile,
        .speeds = o->speeds,
        .crs = o->crs,
        .layer = o->layer,
        .nodes = o->nodes,
        .id = o->id,
        .limit_ms = (uint32_t)(o->limit_min * 60000 + 0.5),
        .overwrite = o->overwrite,
    };
}

static void print_json_report(const struct qz_tool_report *r, bool times) {
    printf("{\"nodes\": %zu, \"edges\": %zu, \"junctions\": %zu, \"islands\": %zu, "
           "\"length_m\": %.0f",
           r->n_nodes, r->n_edges, r->n_junctions, r->n_islands, r->length_m);
    if (times)
        printf(
            ", \"sites\": %zu, \"origins\": %zu, \"sites_no_road\": %zu, \"origins_no_road\": %zu, "
            "\"rows\": %zu, \"reached\": %zu",
            r->n_sites, r->n_origins, r->n_sites_no_road, r->n_origins_no_road, r->n_rows,
            r->n_reached);
    printf(", \"rejects\": %zu, \"warnings\": %zu}\n", r->n_rejects, r->n_warnings);
}

static void print_text(const struct qz_tool_report *r, bool times, const char *output) {
    printf("network     %zu nodes (%zu junctions), %zu edges, %zu islands, %.0f km\n", r->n_nodes,
           r->n_junctions, r->n_edges, r->n_islands, r->length_m / 1000);
    if (times)
        printf("places      %zu sites (%zu without a road), %zu origins (%zu without a road)\n"
               "times       %zu rows, %zu with a time\n",
               r->n_sites, r->n_sites_no_road, r->n_origins, r->n_origins_no_road, r->n_rows,
               r->n_reached);
    printf("inputs      %zu rows rejected, %zu warnings\noutput      %s\n", r->n_rejects,
           r->n_warnings, output);
}

static int finish(struct qz_ctx *ctx, const struct options *o, int e,
                  const struct qz_tool_report *r, bool times, const char *output) {
    print_progress_end();
    if (e < 0)
        return fail(ctx, e);
    if (o->json)
        print_json_report(r, times);
    else if (!o->quiet)
        print_text(r, times, output);
    return fflush(stdout) == 0 ? DONE : FAILED;
}

int do_network(struct qz_ctx *ctx, const struct options *o) {
    struct qz_tool_params params = params_of(o);
    struct qz_tool_report report;
    if (o->n_arguments != (o->dump ? 1 : 2))
        return o->dump ? bad_usage("--dump DIR takes one network: quinze network --dump DIR "
                                   "NET.qzn")
                       : bad_usage("give the roads and the network to make: quinze network ROADS "
                                   "NET.qzn");
    const char *output = o->dump ? o->dump : o->arguments[1];
    int e = o->dump ? qz_tool_dump(ctx, &params, o->arguments[0], o->dump, &report)
                    : qz_tool_network(ctx, &params, o->arguments[0], output, &report);
    return finish(ctx, o, e, &report, false, output);
}

int do_nearest(struct qz_ctx *ctx, const struct options *o) {
    struct qz_tool_params params = params_of(o);
    struct qz_tool_report report;
    int e = qz_tool_nearest(ctx, &params, o->arguments[0], o->arguments[1], o->arguments[2],
                            o->arguments[3], &report);
    return finish(ctx, o, e, &report, true, o->arguments[3]);
}

int do_matrix(struct qz_ctx *ctx, const struct options *o) {
    struct qz_tool_params params = params_of(o);
    struct qz_tool_report report;
    if (o->limit_min <= 0)
        return bad_usage("matrix needs --limit-min M: the longest trip that counts, in minutes");
    int e = qz_tool_matrix(ctx, &params, o->arguments[0], o->arguments[1], o->arguments[2],
                           o->arguments[3], &report);
    return finish(ctx, o, e, &report, true, o->arguments[3]);
}
