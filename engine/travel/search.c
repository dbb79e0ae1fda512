/* engine/travel/search.c - shortest times towards sites, on the reverse graph of junctions. */
#include <math.h>
#include <string.h>
#include "travel/search.h"

const struct qz_travel_params qz_travel_params_default = { .access_kmh = 20, .snap_limit_m = 5000 };

/* Coordinates of six decimals miss a crossing by centimetres; the place would be on one of its
 * roads, and a one-way there could keep it from the others. */
static double at_crossing(const struct qz_edge *e, double fraction) {
    const double near_m = 1;
    double before_m = fraction * (double)e->length_m,
           after_m = (1 - fraction) * (double)e->length_m;
    return fmin(before_m, after_m) > near_m ? fraction : before_m <= after_m ? 0 : 1;
}

int qz_stop_at(struct qz_ctx *ctx, const struct qz_network *net,
               const struct qz_travel_params *params, struct qz_xy place, struct qz_stop *ret) {
    struct qz_snap snap;
    struct qz_stop stop = { .at = place, .edge = QZ_NO_EDGE, .snap_m = INFINITY };
    int r = qz_network_snap(ctx, net, place, params->snap_limit_m, &snap);
    if (r < 0)
        return r;
    if (r == 0) {
        stop.edge = snap.edge;
        stop.fraction = at_crossing(&net->edges[snap.edge], snap.fraction);
        stop.snap_m = snap.distance_m;
        stop.leg_ms = (uint32_t)llround(snap.distance_m * 3600 / params->access_kmh);
    }
    *ret = stop;
    return 0;
}

int qz_search_new(struct qz_ctx *ctx, const struct qz_network *net, struct qz_search **ret) {
    qz_cleanup(qz_search_freep) struct qz_search *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    size_t n = net->n_junctions + net->n_copies;
    s->net = net;
    s->labels = qz_malloc_wide(n, sizeof *s->labels);
    s->touched = qz_malloc(n, sizeof *s->touched);
    if (!s->labels || !s->touched)
        return qz_fail_nomem(ctx);
    memset(s->labels, 0xff, n * sizeof *s->labels);
    *ret = s;
    s = NULL;
    return 0;
}

struct qz_search *qz_search_free(struct qz_search *s) {
    if (s) {
        free(s->labels);
        free(s->touched);
        free(s->placed);
        free(s->deferred);
        qz_queue_done(&s->queue);
    }
    free(s);
    return NULL;
}

void qz_search_freep(struct qz_search **s) { *s = qz_search_free(*s); }
const struct qz_network *qz_search_network(const struct qz_search *s) { return s->net; }
size_t qz_search_n_settled(const struct qz_search *s) { return s->n_settled; }

size_t qz_search_touched(const struct qz_search *s, const uint32_t **junctions) {
    *junctions = s->touched;
    return s->n_touched;
}

size_t qz_search_sites(const struct qz_search *s, const struct qz_stop **sites) {
    *sites = s->sites;
    return s->n_sites;
}

/* ---- sites by chain */
static int by_chain(const void *va, const void *vb) {
    const struct qz_placed *a = va, *b = vb;
    if (a->chain != b->chain)
        return a->chain < b->chain ? -1 : 1;
    return (a->site > b->site) - (a->site < b->site);
}

static void set_may_hold(struct qz_search *s) {
    memset(s->may_hold, 0, sizeof s->may_hold);
    for (size_t i = 0; i < s->n_sites; i++) {
        uint32_t bit = s->placed[i].chain % QZ_MAY_HOLD_BITS;
        s->may_hold[bit / 64] |= 1ull << bit % 64;
    }
}

static int place_sites(struct qz_ctx *ctx, struct qz_search *s, const struct qz_stop *sites,
                       size_t n) {
    struct qz_placed *grown = qz_grow(s->placed, &s->cap_placed, n, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->placed = grown;
    for (size_t i = 0; i < n; i++)
        s->placed[i] = (struct qz_placed) { qz_stop_chain(s->net, &sites[i]), (uint32_t)i };
    if (n > 1)
        qsort(s->placed, n, sizeof *s->placed, by_chain);
    s->sites = sites;
    s->n_sites = n;
    set_may_hold(s);
    return 0;
}

/* Most askers learn from one bit that no site stands on the chain. */
size_t qz_search_on_chain(const struct qz_search *s, uint32_t chain) {
    uint32_t bit = chain % QZ_MAY_HOLD_BITS;
    if (!(s->may_hold[bit / 64] >> bit % 64 & 1))
        return s->n_sites;
    size_t low = 0, high = s->n_sites;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->placed[middle].chain < chain)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- the search */
/* Lower time wins; of equal times the lower site. */
static inline int reach(struct qz_ctx *ctx, struct qz_search *s, uint32_t junction, uint64_t ms,
                        uint32_t site) {
    struct qz_label *l = &s->labels[junction];
    if (ms > s->limit_ms || !qz_label_before(ms, site, *l))
        return 0;
    if (l->ms == QZ_UNREACHED_MS)
        s->touched[s->n_touched++] = junction;
    *l = (struct qz_label) { (uint32_t)ms, site };
    return qz_queue_push(ctx, &s->queue, junction, (uint32_t)ms);
}

struct seed {
    struct qz_search *s;
    uint32_t site;
};

static int reach_seed(struct qz_ctx *ctx, void *user, uint32_t head, uint64_t ms) {
    const struct seed *seed = user;
    return reach(ctx, seed->s, head, ms, seed->site);
}

static int prepare_queue(struct qz_ctx *ctx, struct qz_search *s) {
    uint32_t longest_leg = 0;
    for (size_t i = 0; i < s->n_sites; i++)
        longest_leg = s->sites[i].leg_ms > longest_leg ? s->sites[i].leg_ms : longest_leg;
    uint64_t span = (uint64_t)longest_leg + s->net->max_arc_ms + QZ_BUCKET_MS;
    if (s->queue.heads && span <= s->queue_span)
        return 0;
    qz_queue_done(&s->queue);
    s->queue_span = span;
    return qz_queue_init(ctx, &s->queue, QZ_BUCKET_MS, span);
}

static void reset(struct qz_search *s) {
    size_t n = s->net->n_junctions + s->net->n_copies;
    if (s->n_touched > n / 16) /* all of them in their order take less than some here and there */
        memset(s->labels, 0xff, n * sizeof *s->labels);
    else
        for (size_t i = 0; i < s->n_touched; i++)
            s->labels[s->touched[i]] = (struct qz_label) { QZ_UNREACHED_MS, QZ_NO_SITE };
    s->n_touched = s->n_settled = s->n_deferred = 0;
}

/* What is left to do for a junction taken from the queue. */
static inline int relax(struct qz_ctx *ctx, struct qz_search *s, uint32_t junction, uint32_t ms) {
    const struct qz_network *net = s->net;
    struct qz_label l = s->labels[junction];
    if (l.ms != ms)
        return 0; /* a better time came after this entry */
    s->n_settled++;
    int r = 0;
    for (uint32_t a = net->in_first[junction]; r == 0 && a < net->in_first[junction + 1]; a++)
        r = reach(ctx, s, net->in[a].head, (uint64_t)ms + net->in[a].ms, l.site);
    return r;
}

/* Takes junctions from the queue until it is empty or about `most` were settled. Several of a
 * bucket at once: their order is free, and memory fetches what the next ones need while the first
 * ones are worked on. */
static int settle(struct qz_ctx *ctx, struct qz_search *s, size_t most) {
    enum { BATCH = 32 };
    const struct qz_network *net = s->net;
    size_t end = most < SIZE_MAX - s->n_settled ? s->n_settled + most : SIZE_MAX, n;
    struct qz_queue_entry batch[BATCH];
    int r = 0;
    while (r == 0 && s->n_settled < end && (n = qz_queue_take(&s->queue, batch, BATCH)) > 0) {
        for (size_t i = 0; i < n; i++) {
            __builtin_prefetch(&s->labels[batch[i].item]);
            __builtin_prefetch(&net->in_first[batch[i].item]);
        }
        for (size_t i = 0; i < n && r == 0; i++) {
            r = qz_network_need_in(ctx, net, batch[i].item);
            __builtin_prefetch(&net->in[net->in_first[batch[i].item]]);
        }
        for (size_t i = 0; i < n && r == 0; i++)
            r = relax(ctx, s, batch[i].item, batch[i].key);
    }
    return r;
}

/* Least time any of these sites can give: where the queue may start. */
static uint32_t least_leg_ms(const struct qz_search *s, size_t from, size_t to) {
    uint32_t least = UINT32_MAX;
    for (size_t k = from; k < to; k++) {
        const struct qz_stop *stop = &s->sites[s->placed[k].site];
        least = stop->leg_ms < least ? stop->leg_ms : least;
    }
    return least == UINT32_MAX ? 0 : least;
}

static int seed_placed(struct qz_ctx *ctx, struct qz_search *s, size_t from, size_t to) {
    int r = 0;
    qz_queue_start(&s->queue, least_leg_ms(s, from, to));
    for (size_t k = from; k < to && r == 0; k++)
        r = qz_stop_enter(ctx, s->net, &s->sites[s->placed[k].site], reach_seed,
                          &(struct seed) { s, s->placed[k].site });
    return r;
}

/* ---- many sites: neighbours first
 * A country-wide front jumps about in memory. Sites stand in the order of their chains, which is
 * that of the Hilbert curve; a block of them works in the cache until it has settled its share of
 * the network, then puts its front aside. A last pass takes all fronts up again. Labels only ever
 * fall, and each fall is followed up, now or later: the result is that of one search, ties
 * included. */
enum { BLOCK_SITES = 128 };

static int put_front_aside(struct qz_ctx *ctx, struct qz_search *s) {
    uint32_t junction, ms;
    while (qz_queue_pop(&s->queue, &junction, &ms)) {
        if (s->labels[junction].ms != ms)
            continue;
        struct qz_queue_entry *grown = qz_grow(s->deferred, &s->cap_deferred, s->n_deferred + 1,
                                               sizeof *grown);
        if (!grown)
            return qz_fail_nomem(ctx);
        s->deferred = grown;
        s->deferred[s->n_deferred++] = (struct qz_queue_entry) { junction, ms, 0 };
    }
    return 0;
}

static int take_fronts_up(struct qz_ctx *ctx, struct qz_search *s) {
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < s->n_deferred; i++) {
        least = s->deferred[i].key < least ? s->deferred[i].key : least;
        most = s->deferred[i].key > most ? s->deferred[i].key : most;
    }
    if (s->n_deferred == 0)
        return 0;
    int r = 0;
    if ((uint64_t)(most - least) + s->net->max_arc_ms + QZ_BUCKET_MS > s->queue_span) {
        qz_queue_done(&s->queue);
        s->queue_span = (uint64_t)(most - least) + s->net->max_arc_ms + QZ_BUCKET_MS;
        r = qz_queue_init(ctx, &s->queue, QZ_BUCKET_MS, s->queue_span);
    }
    if (r == 0)
        qz_queue_start(&s->queue, least);
    for (size_t i = 0; i < s->n_deferred && r == 0; i++)
        if (s->labels[s->deferred[i].item].ms == s->deferred[i].key)
            r = qz_queue_push(ctx, &s->queue, s->deferred[i].item, s->deferred[i].key);
    return r < 0 ? r : settle(ctx, s, SIZE_MAX);
}

static int search_in_blocks(struct qz_ctx *ctx, struct qz_search *s) {
    size_t share = s->net->n_junctions / (s->n_sites / BLOCK_SITES + 1);
    int r = 0;
    for (size_t from = 0; from < s->n_sites && r == 0; from += BLOCK_SITES) {
        size_t to = from + BLOCK_SITES < s->n_sites ? from + BLOCK_SITES : s->n_sites;
        r = seed_placed(ctx, s, from, to);
        if (r == 0)
            r = settle(ctx, s, share);
        if (r == 0)
            r = put_front_aside(ctx, s);
    }
    return r < 0 ? r : take_fronts_up(ctx, s);
}

int qz_search_towards(struct qz_ctx *ctx, struct qz_search *s, const struct qz_stop *sites,
                      size_t n, uint32_t limit_ms) {
    reset(s);
    s->limit_ms = limit_ms < QZ_UNREACHED_MS ? limit_ms : QZ_UNREACHED_MS - 1;
    int r = place_sites(ctx, s, sites, n);
    if (r == 0)
        r = prepare_queue(ctx, s);
    if (r == 0 && n >= 2 * BLOCK_SITES)
        return search_in_blocks(ctx, s);
    if (r == 0)
        r = seed_placed(ctx, s, 0, n);
    return r < 0 ? r : settle(ctx, s, SIZE_MAX);
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

static struct answer from_edge(const struct qz_search *s, uint32_t edge, double fraction) {
    struct answer a = { QZ_UNREACHED_MS, QZ_NO_SITE };
    uint32_t chain = s->net->edges[edge].chain;
    struct qz_way_out ways[QZ_MOST_WAYS];
    size_t n = qz_ways_out(s->net, edge, fraction, ways);
    for (size_t i = 0; i < n; i++) {
        struct qz_label l = s->labels[ways[i].head];
        if (l.ms != QZ_UNREACHED_MS)
            offer(&a, l.ms + ways[i].ms, l.site);
    }
    for (size_t k = qz_search_on_chain(s, chain); k < s->n_sites && s->placed[k].chain == chain;
         k++) {
        const struct qz_stop *stop = &s->sites[s->placed[k].site];
        uint64_t ms = qz_way_along_ms(s->net, edge, fraction, stop->edge, stop->fraction);
        if (ms != QZ_NO_WAY_MS)
            offer(&a, stop->leg_ms + ms, s->placed[k].site);
    }
    if (a.ms > s->limit_ms)
        a = (struct answer) { QZ_UNREACHED_MS, QZ_NO_SITE };
    return a;
}

uint32_t qz_search_edge_ms(const struct qz_search *s, uint32_t edge, double fraction,
                           uint32_t *site) {
    struct answer a = from_edge(s, edge, fraction);
    if (site)
        *site = a.site;
    return (uint32_t)a.ms;
}

bool qz_search_edge_times(const struct qz_search *s, uint32_t edge, struct qz_edge_times *ret) {
    const struct qz_edge *e = &s->net->edges[edge];
    const struct qz_chain *c = &s->net->chains[e->chain];
    struct qz_label from = s->labels[c->start], to = s->labels[c->end];
    *ret = (struct qz_edge_times) { INFINITY, INFINITY, 0, 0, from.site, to.site };
    if (c->ms_forward != QZ_CLOSED_WAY && to.ms != QZ_UNREACHED_MS) {
        ret->at_to_ms = (double)to.ms + c->ms_forward - e->before_forward_ms - e->ms_forward;
        ret->forward_ms = e->ms_forward;
    }
    if (c->ms_backward != QZ_CLOSED_WAY && from.ms != QZ_UNREACHED_MS) {
        ret->at_from_ms = (double)from.ms + e->before_backward_ms;
        ret->backward_ms = e->ms_backward;
    }
    return qz_search_on_chain(s, e->chain) == s->n_sites ||
           s->placed[qz_search_on_chain(s, e->chain)].chain != e->chain;
}

uint32_t qz_search_node_ms(const struct qz_search *s, uint32_t node, uint32_t *site) {
    struct answer a;
    if (node < s->net->n_junctions)
        a = (struct answer) { s->labels[node].ms, s->labels[node].site };
    else
        a = from_edge(s, s->net->bend_edge[node - s->net->n_junctions], 1);
    if (site)
        *site = a.site;
    return (uint32_t)a.ms;
}

/* Of a bend on a chain without sites: by the chain's ends alone, in whole milliseconds. */
static struct answer bend_answer(const struct qz_search *s, uint32_t edge) {
    const struct qz_edge *e = &s->net->edges[edge];
    const struct qz_chain *c = &s->net->chains[e->chain];
    struct qz_label from = s->labels[c->start], to = s->labels[c->end];
    struct answer a = { QZ_UNREACHED_MS, QZ_NO_SITE };
    if (c->ms_forward != QZ_CLOSED_WAY)
        offer(&a, (uint64_t)to.ms + c->ms_forward - e->before_forward_ms - e->ms_forward, to.site);
    if (c->ms_backward != QZ_CLOSED_WAY)
        offer(&a, (uint64_t)from.ms + e->before_backward_ms + e->ms_backward, from.site);
    return a.ms > s->limit_ms ? (struct answer) { QZ_UNREACHED_MS, QZ_NO_SITE } : a;
}

void qz_search_nodes(const struct qz_search *s, uint32_t *time_ms, uint32_t *site) {
    const struct qz_network *net = s->net;
    for (size_t v = 0; v < net->n_junctions; v++) {
        time_ms[v] = s->labels[v].ms;
        if (site)
            site[v] = s->labels[v].site;
    }
    enum { AHEAD = 8 }; /* edges and chains come from memory while others are worked on */
    for (size_t i = 0; i < net->n_bends; i++) {
        uint32_t edge = net->bend_edge[i];
        if (i + 2 * AHEAD < net->n_bends) {
            __builtin_prefetch(&net->edges[net->bend_edge[i + 2 * AHEAD]]);
            __builtin_prefetch(&net->chains[net->edges[net->bend_edge[i + AHEAD]].chain]);
        }
        bool alone = qz_search_on_chain(s, net->edges[edge].chain) == s->n_sites;
        struct answer a = alone ? bend_answer(s, edge) : from_edge(s, edge, 1);
        time_ms[net->n_junctions + i] = (uint32_t)a.ms;
        if (site)
            site[net->n_junctions + i] = a.site;
    }
}

uint32_t qz_search_origin_ms(const struct qz_search *s, const struct qz_stop *origin,
                             uint32_t *site) {
    struct answer a = { QZ_UNREACHED_MS, QZ_NO_SITE };
    uint32_t chain = qz_stop_chain(s->net, origin);
    if (origin->edge != QZ_NO_EDGE) {
        a = from_edge(s, origin->edge, origin->fraction);
        a.ms += a.ms == QZ_UNREACHED_MS ? 0 : origin->leg_ms;
    }
    for (size_t k = qz_search_on_chain(s, chain); k < s->n_sites && s->placed[k].chain == chain;
         k++) {
        const struct qz_stop *stop = &s->sites[s->placed[k].site];
        if (qz_stop_same_place(stop, origin))
            offer(&a, 0, s->placed[k].site);
    }
    if (a.ms > s->limit_ms)
        a = (struct answer) { QZ_UNREACHED_MS, QZ_NO_SITE };
    if (site)
        *site = a.site;
    return (uint32_t)a.ms;
}
