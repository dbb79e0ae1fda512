/* include/quinze/network.h - the road graph: flat arrays, nodes in spatial order, times in
 * milliseconds. */
#pragma once
#include "quinze/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- speeds: a table of class x importance, see geodata/speeds-*.csv */
enum qz_road_kind {
    QZ_ROAD_PLAIN,   /* houses along it: people start and walk from it */
    QZ_ROAD_EXPRESS, /* no access along it: motorways, slip roads */
    QZ_ROAD_FERRY,
    QZ_ROAD_CLOSED, /* no car */
};
struct qz_speeds; /* opaque */
/* Parses the text of a table. QZ_E_FORMAT names the line. name: for messages. */
QZ_API int qz_speeds_parse(struct qz_ctx *ctx, const char *name, const char *text,
                           struct qz_speeds **ret);
QZ_API struct qz_speeds *qz_speeds_free(struct qz_speeds *s);
/* What the table takes beside the class: arrays to give in qz_network_params, or they count as
 * sparse and flat. */
QZ_API bool qz_speeds_need_density(const struct qz_speeds *s);
QZ_API bool qz_speeds_need_slope(const struct qz_speeds *s);
/* One-ways are ignored, and a commune has one place, so that times are the same both ways. */
QZ_API bool qz_speeds_is_symmetric(const struct qz_speeds *s);
/* The built-in table ("osm-car", "bdtopo-car", "route500-car", "metric") as text, static; NULL: no
 * such table. */
QZ_API const char *qz_speeds_builtin(const char *name);
/* The built-in table that knows most lines of these roads, static name. */
QZ_API const char *qz_speeds_guess(const struct qz_roads *roads);

/* ---- the graph */
#define QZ_CLOSED_WAY UINT32_MAX

struct qz_arc {
    uint32_t head, ms;
};
struct qz_edge { /* a road between two nodes, turned along its chain */
    uint32_t from, to;
    uint32_t ms_forward, ms_backward; /* QZ_CLOSED_WAY: not this way */
    uint32_t first_point;             /* geometry, from `from` to `to` */
    uint32_t chain;
    uint32_t before_forward_ms;  /* from the chain's start to the edge's, where that way is open */
    uint32_t before_backward_ms; /* from the edge's start back to the chain's */
    float length_m;              /* along the road */
    uint8_t kind;                /* enum qz_road_kind */
    bool snappable;              /* plain, and in the main strongly connected part of its island */
    uint8_t unused[2];           /* 0: a file holds these bytes too */
};
struct qz_chain { /* edges one after the other between two junctions, open the same ways all along
                   */
    uint32_t from, to; /* junctions: where a car enters it, forward and back */
    uint32_t end,
        start; /* where it comes out, forward and back: `to` and `from`, or copies of them */
    uint32_t ms_forward, ms_backward; /* QZ_CLOSED_WAY: not this way */
    uint32_t first_edge;              /* up to the next chain's */
};
struct qz_piece { /* one straight piece of an edge, from this point to the next */
    uint32_t edge, point;
};
struct qz_snap_grid {    /* snappable pieces by the square cells that they may pass */
    struct qz_xy corner; /* lower left */
    double cell_m;
    uint32_t n_columns, n_rows;
    size_t n_cells, n_pieces;
    uint32_t *first; /* pieces of cell c: [first[c], first[c + 1]) */
    struct qz_piece *pieces;
};
struct qz_network_about { /* where it comes from; "" when nobody said */
    const char *crs;      /* working system, WKT */
    const char *speeds;   /* name of the speed table */
    const char *source;   /* file that was compiled, and the SHA-256 of its content */
    const char *source_sha256;
};
struct qz_network { /* read-only once made; arrays of n, or n + 1 where named first */
    size_t n_nodes, n_junctions, n_bends, n_edges, n_chains, n_points, n_arcs, n_incident;
    struct qz_xy
        *node_at; /* junctions first, along a Hilbert curve; then the bends, chain by chain */
    uint32_t *bend_edge;     /* of node n_junctions + i: the edge that ends there */
    struct qz_edge *edges;   /* n_edges + 1: the last one only ends the points */
    struct qz_chain *chains; /* n_chains + 1, by first junction; rings that had none last */
    struct qz_xy *points;
    /* Turn restrictions: a car that comes by a restricted chain comes out at a copy of the
     * junction, from which the forbidden chains do not go on. Copies are numbered after the
     * junctions. Cars turn round at junctions and dead ends, never at a bend. */
    size_t n_copies, n_forbidden;
    size_t n_heads;         /* junctions and copies */
    uint32_t *copy_first;   /* n_junctions + 1: copies of a junction; NULL without any */
    uint32_t *forbid_first; /* n_copies + 1 */
    uint32_t *forbid;       /* of each copy, rising: 2 * chain, + 1 for its way back */
    uint32_t *in_first;     /* n_heads + 1 */
    struct qz_arc *in; /* what enters a junction or copy: heads are those where it comes from */
    uint32_t *incident_first;
    uint32_t *incident;        /* chains that touch a junction, rising; a loop stands twice */
    uint32_t max_arc_ms;       /* of any chain, one way */
    size_t n_islands, n_loops; /* parts with roads of their own; edges from a node to itself */
    double length_m;
    struct qz_snap_grid grid;
    struct qz_network_about about;
    struct qz_pool *texts;        /* of about; NULL: the file's */
    struct qz_network_file *file; /* the arrays lie in a mapped file; NULL: in memory */
};

struct qz_network_params {
    double island_min_m; /* a part with less road is a crumb of the data, not an island */
    bool peak;           /* the table's peak-hour factors count */
    /* sampled for each road, borrowed for the call; NULL: not known */
    const float *people_per_km2; /* of the commune where its middle lies */
    const float *slope_ratio;    /* height between its ends by its length, >= 0 */
};
extern QZ_API const struct qz_network_params qz_network_params_default;

/* Compiles roads: nodes where lines share a vertex (to the millimetre), never where they only
 * cross; inside two lines, where they are on one level. Lines of a class that the table does not
 * know, or that cars may not use, are left out and counted in issues (may be NULL). O(points log
 * points). QZ_E_NOMEM, QZ_E_DATA (no drivable line).
 */
QZ_API int qz_network_new(struct qz_ctx *ctx, const struct qz_network_params *params,
                          const struct qz_roads *roads, const struct qz_speeds *speeds,
                          struct qz_issues *issues, struct qz_network **ret);
/* Whether a car at a copy may go on by a way: 2 * chain, + 1 for its way back. */
QZ_API bool qz_network_may_turn(const struct qz_network *net, uint32_t copy, uint32_t way);
/* From a graph with its own times, exact to the millisecond; every edge is a plain road. Two nodes
 * at one place stay two. QZ_E_NOMEM, QZ_E_DATA (no edge). */
QZ_API int qz_network_from_graph(struct qz_ctx *ctx, const struct qz_network_params *params,
                                 const struct qz_graph *graph, struct qz_network **ret);
QZ_API struct qz_network *qz_network_free(struct qz_network *net);
/* Copies the texts into the network; NULL counts as "". QZ_E_NOMEM. */
QZ_API int qz_network_describe(struct qz_ctx *ctx, struct qz_network *net,
                               const struct qz_network_about *about);

/* ---- kept in a .qzn file: engine/network/FILE.md tells its form */
/* Writes path, which appears complete or not at all. QZ_E_EXISTS, QZ_E_IO. */
QZ_API int qz_network_save(struct qz_ctx *ctx, const struct qz_network *net, const char *path,
                           bool overwrite);
/* Maps the file: O(blocks) time, whatever is in them. QZ_E_FORMAT: no network, made by another
 * version or on a machine of the other byte order, cut short, damaged. What a block holds is
 * verified before its first use: calls that take such a network and a context may give QZ_E_FORMAT
 * too. Whoever reads the arrays themselves calls qz_network_verify first. */
QZ_API int qz_network_open(struct qz_ctx *ctx, const char *path, struct qz_network **ret);
/* Verifies every block not verified yet; 0 at once for a network in memory. */
QZ_API int qz_network_verify(struct qz_ctx *ctx, const struct qz_network *net);

/* Writes folder/nodes.csv (id, x, y) and folder/edges.csv (from, to, seconds, length_m), one row a
 * way; makes the folder. qz_graph_read of the two gives the same times from node to node: copies
 * of junctions are nodes of their own there, so that forbidden turns stay so. Bends of the
 * geometry are lost: edges are straight. QZ_E_EXISTS, QZ_E_IO. */
QZ_API int qz_network_dump(struct qz_ctx *ctx, const struct qz_network *net, const char *folder,
                           bool overwrite);

/* ---- from a place to the road */
struct qz_snap {
    uint32_t edge;
    double fraction;   /* 0 at the edge's first point, 1 at its last, by length of the line */
    double distance_m; /* straight line from the place */
    struct qz_xy at;
};
enum { QZ_SNAP_TOO_FAR = 1 };
/* Nearest point of any snappable edge within limit_m; the lowest edge when equal.
 * 0, or QZ_SNAP_TOO_FAR with *ret untouched. QZ_E_FORMAT. */
QZ_API int qz_network_snap(struct qz_ctx *ctx, const struct qz_network *net, struct qz_xy p,
                           double limit_m, struct qz_snap *ret);

#ifdef __cplusplus
}
#endif
