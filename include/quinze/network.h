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
/* The built-in table ("osm-car", "bdtopo-car") as text, static; NULL: no such table. */
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
};
struct qz_chain { /* edges one after the other between two junctions, open the same ways all along
                   */
    uint32_t from, to; /* junctions: where a car enters it, forward and back */
    uint32_t end,
        start; /* where it comes out, forward and back: `to` and `from`, or copies of them */
    uint32_t ms_forward, ms_backward; /* QZ_CLOSED_WAY: not this way */
    uint32_t first_edge;              /* up to the next chain's */
};
struct qz_network { /* read-only once made; arrays of n, or n + 1 where named first */
    size_t n_nodes, n_junctions, n_edges, n_chains, n_points, n_arcs;
    struct qz_xy
        *node_at; /* junctions first, along a Hilbert curve; then the bends, chain by chain */
    uint32_t *bend_edge;     /* of node n_junctions + i: the edge that ends there */
    struct qz_edge *edges;   /* n_edges + 1: the last one only ends the points */
    struct qz_chain *chains; /* n_chains + 1, by first junction; rings that had none last */
    struct qz_xy *points;
    /* Turn restrictions: a car that comes by a restricted chain comes out at a copy of the
     * junction, from which the forbidden chains do not go on. Copies are numbered after the
     * junctions. Cars turn round at junctions and dead ends, never at a bend. */
    size_t n_copies;
    uint32_t *copy_first;   /* n_junctions + 1: copies of a junction; NULL without any */
    uint32_t *forbid_first; /* n_copies + 1 */
    uint32_t *forbid;       /* rising: 2 * chain, + 1 for its way back */
    uint32_t *in_first;
    struct qz_arc *in; /* what enters a junction or copy: heads are those where it comes from */
    uint32_t *incident_first;
    uint32_t *incident;        /* chains that touch a junction, rising; a loop stands twice */
    uint32_t max_arc_ms;       /* of any chain, one way */
    size_t n_islands, n_loops; /* parts with roads of their own; edges from a node to itself */
    double length_m;
    struct qz_snap_index *index;
};

struct qz_network_params {
    double island_min_m; /* a part with less road is a crumb of the data, not an island */
};
extern QZ_API const struct qz_network_params qz_network_params_default;

/* Compiles roads: nodes where lines share a vertex (to the millimetre), never where they only
 * cross. Lines of a class that the table does not know, or that cars may not use, are left out and
 * counted in issues (may be NULL). O(points log points). QZ_E_NOMEM, QZ_E_DATA (no drivable line).
 */
QZ_API int qz_network_new(struct qz_ctx *ctx, const struct qz_network_params *params,
                          const struct qz_roads *roads, const struct qz_speeds *speeds,
                          struct qz_issues *issues, struct qz_network **ret);
/* Whether a car at a copy may go on by a way: 2 * chain, + 1 for its way back. */
QZ_API bool qz_network_may_turn(const struct qz_network *net, uint32_t copy, uint32_t way);
QZ_API struct qz_network *qz_network_free(struct qz_network *net);

/* ---- from a place to the road */
struct qz_snap {
    uint32_t edge;
    double fraction;   /* 0 at the edge's first point, 1 at its last, by length of the line */
    double distance_m; /* straight line from the place */
    struct qz_xy at;
};
enum { QZ_SNAP_TOO_FAR = 1 };
/* Nearest point of any snappable edge within limit_m; the lowest edge when equal.
 * 0, or QZ_SNAP_TOO_FAR with *ret untouched. */
QZ_API int qz_network_snap(const struct qz_network *net, struct qz_xy p, double limit_m,
                           struct qz_snap *ret);

#ifdef __cplusplus
}
#endif
