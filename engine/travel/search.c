/* engine/travel/search.c - shortest times towards sites on the reverse graph. */
#include <math.h>
#include <string.h>
#include "travel/travel.h"

enum { BUCKET_MS = 1024 };
#define NO_EDGE UINT32_MAX

const struct qz_travel_params qz_travel_params_default = { .access_kmh = 20, .snap_limit_m = 5000 };

struct label { /* what a node knows; 8 bytes, so that a relaxation touches one cache line */
    uint32_t ms, site;
};

struct qz_search {
    const struct qz_network *net;
    struct label *labels;
    uint32_t *touched;
    size_t n_touched, n_settled;
    struct qz_queue queue;
    uint64_t queue_span;
    uint32_t limit_ms;
    /* the sites of the last call, by edge */
    const struct qz_stop *sites;
    size_t n_sites, cap_by_edge;
    uint32_t *by_edge; /* sites, sorted by edge then number */
    uint32_t *edge_of; /* their edges, to search in */
    size_t cap_edge_of;
};

struct qz_stop qz_stop_at(const struct qz_network *net, const struct qz_travel_params *params,
                          struct qz_xy place) {
    struct qz_snap snap;
    struct qz_stop stop = { .at = place, .edge = NO_EDGE, .snap_m = INFINITY };
    if (qz_network_snap(net, place, params->snap_limit_m, &snap) == 0) {
        stop.edge = snap.edge;
        stop.fraction = snap.fraction;
        stop.snap_m = snap.distance_m;
        stop.leg_ms = (uint32_t)llround(snap.distance_m * 3600 / params->access_kmh);
    }
    return stop;
}

int qz_search_new(struct qz_ctx *ctx, const struct qz_network *net, struct qz_search **ret) {
    qz_cleanup(qz_search_freep) struct qz_search *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    s->net = net;
    s->labels = qz_malloc(net->n_nodes, sizeof *s->labels);
    s->touched = qz_malloc(net->n_nodes, sizeof *s->touched);
    if (!s->labels || !s->touched)
        return qz_fail_nomem(ctx);
    memset(s->labels, 0xff, net->n_nodes * sizeof *s->labels);
    *ret = s;
    s = NULL;
    return 0;
}

struct qz_search *qz_search_free(struct qz_search *s) {
    if (s) {
        free(s->labels);
        free(s->touched);
        free(s->by_edge);
        free(s->edge_of);
        qz_queue_done(&s->queue);
    }
    free(s);
    return NULL;
}

void qz_search_freep(struct qz_search **s) { *s = qz_search_free(*s); }
const struct qz_network *qz_search_network(const struct qz_search *s) { return s->net; }
size_t qz_search_n_settled(const struct qz_search *s) { return s->n_settled; }

size_t qz_search_touched(const struct qz_search *s, const uint32_t **nodes) {
    *nodes = s->touched;
    return s->n_touched;
}

size_t qz_search_site_edges(const struct qz_search *s, const struct qz_stop **sites,
                            const uint32_t **by_edge) {
    *sites = s->sites;
    *by_edge = s->by_edge;
    return s->n_sites;
}

/* ---- sites by edge */
static int by_edge(const void *va, const void *vb, void *user) {
    const struct qz_stop *sites = user;
    uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;
    if (sites[a].edge != sites[b].edge)
        return sites[a].edge < sites[b].edge ? -1 : 1;
    return (a > b) - (a < b);
}

static int sort_sites(struct qz_ctx *ctx, struct qz_search *s, const struct qz_stop *sites,
                      size_t n) {
    uint32_t *order = qz_grow(s->by_edge, &s->cap_by_edge, n, sizeof *order);
    s->by_edge = order ? order : s->by_edge;
    uint32_t *edges = qz_grow(s->edge_of, &s->cap_edge_of, n, sizeof *edges);
    s->edge_of = edges ? edges : s->edge_of;
    if (!order || !edges)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, n, sizeof *order, by_edge, (void *)(uintptr_t)sites);
    for (size_t i = 0; i < n; i++)
        edges[i] = sites[order[i]].edge;
    s->sites = sites;
    s->n_sites = n;
    return 0;
}

static size_t first_on_edge(const struct qz_search *s, uint32_t edge) {
    size_t low = 0, high = s->n_sites;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->edge_of[middle] < edge)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- the search */
static uint32_t part_ms(double share, uint32_t ms) { return (uint32_t)llround(share * ms); }

/* Lower time wins; of equal times the lower site. */
static int reach(struct qz_ctx *ctx, struct qz_search *s, uint32_t node, uint64_t ms,
                 uint32_t site) {
    struct label *l = &s->labels[node];
    if (ms > s->limit_ms || ms > l->ms || (ms == l->ms && site >= l->site))
        return 0;
    if (l->ms == QZ_UNREACHED_MS)
        s->touched[s->n_touched++] = node;
    *l = (struct label) { (uint32_t)ms, site };
    return qz_queue_push(ctx, &s->queue, node, (uint32_t)ms);
}

/* A site is entered from its edge's ends: from the first point driving forward, from the last back.
 * At an end it is at the crossing, whichever way its edge may be driven. */
static int seed(struct qz_ctx *ctx, struct qz_search *s, uint32_t site) {
    const struct qz_stop *stop = &s->sites[site];
    if (stop->edge == NO_EDGE)
        return 0;
    const struct qz_edge *e = &s->net->edges[stop->edge];
    int r = 0;
    if (e->ms_forward != QZ_CLOSED_WAY || stop->fraction == 0)
        r = reach(ctx, s, e->from, (uint64_t)stop->leg_ms + part_ms(stop->fraction, e->ms_forward),
                  site);
    if (r == 0 && (e->ms_backward != QZ_CLOSED_WAY || stop->fraction == 1))
        r = reach(ctx, s, e->to,
                  (uint64_t)stop->leg_ms + part_ms(1 - stop->fraction, e->ms_backward), site);
    return r;
}

static int prepare_queue(struct qz_ctx *ctx, struct qz_search *s) {
    uint32_t longest_leg = 0, least = UINT32_MAX;
    for (size_t i = 0; i < s->n_sites; i++) {
        longest_leg = s->sites[i].leg_ms > longest_leg ? s->sites[i].leg_ms : longest_leg;
        least = s->sites[i].leg_ms < least ? s->sites[i].leg_ms : least;
    }
    uint64_t span = (uint64_t)longest_leg + s->net->max_arc_ms + BUCKET_MS;
    if (!s->queue.heads || span > s->queue_span) {
        qz_queue_done(&s->queue);
        s->queue_span = span;
        int r = qz_queue_init(ctx, &s->queue, BUCKET_MS, span);
        if (r < 0)
            return r;
    }
    qz_queue_start(&s->queue, least == UINT32_MAX ? 0 : least);
    return 0;
}

static void reset(struct qz_search *s) {
    for (size_t i = 0; i < s->n_touched; i++)
        s->labels[s->touched[i]] = (struct label) { QZ_UNREACHED_MS, QZ_NO_SITE };
    s->n_touched = s->n_settled = 0;
}

int qz_search_towards(struct qz_ctx *ctx, struct qz_search *s, const struct qz_stop *sites,
                      size_t n, uint32_t limit_ms) {
    const struct qz_network *net = s->net;
    reset(s);
    s->limit_ms = limit_ms < QZ_UNREACHED_MS ? limit_ms : QZ_UNREACHED_MS - 1;
    int r = sort_sites(ctx, s, sites, n);
    if (r == 0)
        r = prepare_queue(ctx, s);
    for (uint32_t i = 0; i < n && r == 0; i++)
        r = seed(ctx, s, i);
    uint32_t node, ms;
    while (r == 0 && qz_queue_pop(&s->queue, &node, &ms)) {
        struct label l = s->labels[node];
        if (l.ms != ms)
            continue; /* a better time came after this entry */
        s->n_settled++;
        for (uint32_t a = net->in_first[node]; a < net->in_first[node + 1] && r == 0; a++)
            r = reach(ctx, s, net->in[a].head, (uint64_t)ms + net->in[a].ms, l.site);
    }
    return r;
}

uint32_t qz_search_node_ms(const struct qz_search *s, uint32_t node, uint32_t *site) {
    if (site)
        *site = s->labels[node].site;
    return s->labels[node].ms;
}

/* ---- from a point of an edge */
struct answer {
    uint64_t ms;
    uint32_t site;
};

static void offer(struct answer *a, uint64_t ms, uint32_t site) {
    if (ms < a->ms || (ms == a->ms && site < a->site))
        *a = (struct answer) { ms, site };
}

/* At an end of the edge, the place is the crossing itself. */
static void by_ends(const struct qz_search *s, const struct qz_edge *e, double fraction,
                    struct answer *a) {
    struct label from = s->labels[e->from], to = s->labels[e->to];
    if ((e->ms_forward != QZ_CLOSED_WAY || fraction == 1) && to.ms != QZ_UNREACHED_MS)
        offer(a, (uint64_t)to.ms + part_ms(1 - fraction, e->ms_forward), to.site);
    if ((e->ms_backward != QZ_CLOSED_WAY || fraction == 0) && from.ms != QZ_UNREACHED_MS)
        offer(a, (uint64_t)from.ms + part_ms(fraction, e->ms_backward), from.site);
}

/* Straight along the edge to a site on it. */
static void along(const struct qz_search *s, const struct qz_edge *e, double fraction,
                  uint32_t site, struct answer *a) {
    const struct qz_stop *stop = &s->sites[site];
    double ahead = stop->fraction - fraction;
    if (ahead >= 0 && e->ms_forward != QZ_CLOSED_WAY)
        offer(a, (uint64_t)stop->leg_ms + part_ms(ahead, e->ms_forward), site);
    if (ahead <= 0 && e->ms_backward != QZ_CLOSED_WAY)
        offer(a, (uint64_t)stop->leg_ms + part_ms(-ahead, e->ms_backward), site);
}

uint32_t qz_search_edge_ms(const struct qz_search *s, uint32_t edge, double fraction) {
    struct answer a = { QZ_UNREACHED_MS, QZ_NO_SITE };
    const struct qz_edge *e = &s->net->edges[edge];
    by_ends(s, e, fraction, &a);
    for (size_t k = first_on_edge(s, edge); k < s->n_sites && s->edge_of[k] == edge; k++)
        along(s, e, fraction, s->by_edge[k], &a);
    return a.ms <= s->limit_ms ? (uint32_t)a.ms : QZ_UNREACHED_MS;
}

uint32_t qz_search_origin_ms(const struct qz_search *s, const struct qz_stop *origin,
                             uint32_t *site) {
    struct answer a = { QZ_UNREACHED_MS, QZ_NO_SITE }, here = a;
    for (size_t k = first_on_edge(s, origin->edge); k < s->n_sites && s->edge_of[k] == origin->edge;
         k++) {
        const struct qz_stop *stop = &s->sites[s->by_edge[k]];
        if (stop->at.x_m == origin->at.x_m && stop->at.y_m == origin->at.y_m)
            offer(&here, 0, s->by_edge[k]); /* the same place: no trip at all */
        else if (origin->edge != NO_EDGE)
            along(s, &s->net->edges[origin->edge], origin->fraction, s->by_edge[k], &a);
    }
    if (origin->edge != NO_EDGE)
        by_ends(s, &s->net->edges[origin->edge], origin->fraction, &a);
    if (a.ms != QZ_UNREACHED_MS)
        a.ms += origin->leg_ms;
    if (here.ms == 0)
        a = here;
    bool reached = a.ms <= s->limit_ms;
    if (site)
        *site = reached ? a.site : QZ_NO_SITE;
    return reached ? (uint32_t)a.ms : QZ_UNREACHED_MS;
}
