/* engine/network/restrict.c - turn restrictions of the source into turns of the graph. */
#include "network/network.h"

/* The one way of a road that comes to a node (leaving = false) or leaves it; false: none, or
 * several. */
static bool find_way(const struct qz_network *net, uint32_t first_edge, uint32_t end_edge,
                     uint32_t node, bool leaving, uint32_t *edge, bool *back) {
    size_t found = 0;
    for (uint32_t e = first_edge; e < end_edge; e++) {
        const struct qz_edge *x = &net->edges[e];
        bool forward = (leaving ? x->from : x->to) == node && x->ms_forward != QZ_CLOSED_WAY;
        bool backward = (leaving ? x->to : x->from) == node && x->ms_backward != QZ_CLOSED_WAY;
        found += (size_t)forward + (size_t)backward;
        if (forward || backward) {
            *edge = e;
            *back = !forward;
        }
    }
    return found == 1;
}

/* The node of a road's point with this id; UINT32_MAX: none. */
static uint32_t via_node(const struct qz_roads *roads, const struct qz_cut_roads *cut,
                         const struct qz_restriction *r) {
    for (uint32_t k = roads->items[r->from_road].first_point;
         k < roads->items[r->from_road + 1].first_point; k++)
        if (roads->node_id[k] == r->via_node)
            return cut->node[cut->vertex[k]];
    return UINT32_MAX;
}

static bool is_cut(const struct qz_cut_roads *cut, uint32_t road) {
    return cut->first_edge[road] < cut->first_edge[road + 1];
}

int qz_network_find_turns(struct qz_ctx *ctx, const struct qz_network *net,
                          const struct qz_roads *roads, const struct qz_cut_roads *cut,
                          struct qz_issues *issues, uint8_t *kept, struct qz_edge_turn *turns,
                          size_t *n_turns) {
    size_t skipped = 0;
    *n_turns = 0;
    for (size_t i = 0; i < roads->n_restrictions; i++) {
        const struct qz_restriction *r = &roads->restrictions[i];
        struct qz_edge_turn t = { .only = r->only };
        uint32_t node = is_cut(cut, r->from_road) && is_cut(cut, r->to_road)
                            ? via_node(roads, cut, r)
                            : UINT32_MAX;
        if (node == UINT32_MAX ||
            !find_way(net, cut->first_edge[r->from_road], cut->first_edge[r->from_road + 1], node,
                      false, &t.by_edge, &t.by_back) ||
            !find_way(net, cut->first_edge[r->to_road], cut->first_edge[r->to_road + 1], node, true,
                      &t.onto_edge, &t.onto_back)) {
            skipped++;
            continue;
        }
        kept[node] = 1;
        turns[(*n_turns)++] = t;
    }
    if (skipped == 0 || !issues)
        return 0;
    return qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, "network", 0, NULL, "turns_skipped",
                        "%zu of %zu turn restrictions are left out: their roads are not drivable, "
                        "or pass through the "
                        "node of the turn",
                        skipped, roads->n_restrictions);
}

static uint32_t way_of(const struct qz_network *net, const uint32_t *moved, uint32_t edge,
                       bool back) {
    bool turned = moved[edge] & 1;
    return 2 * net->edges[moved[edge] / 2].chain + (back != turned);
}

static int add_turn(struct qz_ctx *ctx, struct qz_turn **turns, size_t *n, size_t *cap,
                    struct qz_turn t) {
    struct qz_turn *grown = qz_grow(*turns, cap, *n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    *turns = grown;
    grown[(*n)++] = t;
    return 0;
}

/* "only": every other way out of the junction is forbidden. */
static int add_all_but(struct qz_ctx *ctx, const struct qz_network *net, struct qz_turn t,
                       struct qz_turn **turns, size_t *n, size_t *cap) {
    const struct qz_chain *c = &net->chains[t.by / 2];
    uint32_t junction = t.by & 1 ? c->from : c->to;
    size_t at_most = 2 * (net->incident_first[junction + 1] - net->incident_first[junction]);
    qz_cleanup(qz_freep) uint32_t *ways = qz_malloc(at_most, sizeof *ways);
    if (!ways)
        return qz_fail_nomem(ctx);
    size_t n_ways = qz_network_ways(net, junction, true, ways);
    int r = 0;
    for (size_t i = 0; i < n_ways && r == 0; i++)
        if (ways[i] != t.onto)
            r = add_turn(ctx, turns, n, cap, (struct qz_turn) { t.by, ways[i] });
    return r;
}

int qz_network_forbid_turns(struct qz_ctx *ctx, struct qz_network *net, const uint32_t *moved,
                            const struct qz_edge_turn *found, size_t n_found) {
    qz_cleanup(qz_freep) struct qz_turn *turns = NULL;
    size_t n = 0, cap = 0;
    int r = 0;
    for (size_t i = 0; i < n_found && r == 0; i++) {
        struct qz_turn t = { way_of(net, moved, found[i].by_edge, found[i].by_back),
                             way_of(net, moved, found[i].onto_edge, found[i].onto_back) };
        r = found[i].only ? add_all_but(ctx, net, t, &turns, &n, &cap)
                          : add_turn(ctx, &turns, &n, &cap, t);
    }
    return r < 0 ? r : qz_network_forbid(ctx, net, turns, n);
}
