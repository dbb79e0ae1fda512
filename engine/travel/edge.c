/* engine/travel/edge.c - what lies near the edge of the inputs: places whose figures depend on care
 * and people that nobody gave. */
#include <string.h>
#include "travel/search.h"

/* ---- a search away from places, on the graph as it is driven: label ms of each head, from any
 * place */
struct away {
    const struct qz_network *net;
    size_t n;
    uint32_t limit_ms;
    uint32_t *ms;       /* n */
    uint32_t *first;    /* n + 2 while it is filled, n + 1 then: arcs out of each head */
    struct qz_arc *out; /* head: where it comes out */
    struct qz_queue queue;
};

static void away_done(struct away *w) {
    free(w->ms);
    free(w->first);
    free(w->out);
    qz_queue_done(&w->queue);
}

/* The arcs that enter each head, by the head they leave. */
static void turn_arcs(struct away *w) {
    const struct qz_network *net = w->net;
    uint32_t *first = w->first + 1; /* shifted by one: filling moves it into place */
    for (size_t a = 0; a < net->n_arcs; a++)
        first[net->in[a].head + 1]++;
    for (size_t v = 0; v < w->n; v++)
        first[v + 1] += first[v];
    for (uint32_t v = 0; v < w->n; v++)
        for (uint32_t a = net->in_first[v]; a < net->in_first[v + 1]; a++)
            w->out[first[net->in[a].head]++] = (struct qz_arc) { v, net->in[a].ms };
}

static int reach(struct qz_ctx *ctx, struct away *w, uint32_t head, uint64_t ms) {
    if (ms > w->limit_ms || ms >= w->ms[head])
        return 0;
    w->ms[head] = (uint32_t)ms;
    return qz_queue_push(ctx, &w->queue, head, (uint32_t)ms);
}

static int start(struct qz_ctx *ctx, struct away *w, const struct qz_stop *from) {
    struct qz_way_out ways[QZ_MOST_WAYS];
    size_t n = from->edge == QZ_NO_EDGE ? 0 : qz_ways_out(w->net, from->edge, from->fraction, ways);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = reach(ctx, w, ways[i].head, from->leg_ms + ways[i].ms);
    return r;
}

static int settle(struct qz_ctx *ctx, struct away *w) {
    uint32_t head, ms;
    int r = 0;
    while (r == 0 && qz_queue_pop(&w->queue, &head, &ms))
        for (uint32_t a = w->first[head]; r == 0 && w->ms[head] == ms && a < w->first[head + 1];
             a++)
            r = reach(ctx, w, w->out[a].head, (uint64_t)ms + w->out[a].ms);
    return r;
}

/* w is to be done with, whatever it gives. */
static int search_away(struct qz_ctx *ctx, const struct qz_network *net, const struct qz_stop *from,
                       size_t n, uint32_t limit_ms, struct away *w) {
    size_t n_heads = net->n_junctions + net->n_copies;
    *w = (struct away) { .net = net, .n = n_heads, .limit_ms = limit_ms };
    w->ms = qz_malloc(n_heads, sizeof *w->ms);
    w->first = qz_calloc(n_heads + 2, sizeof *w->first);
    w->out = qz_malloc(net->n_arcs, sizeof *w->out);
    if (!w->ms || !w->first || !w->out)
        return qz_fail_nomem(ctx);
    memset(w->ms, 0xff, n_heads * sizeof *w->ms);
    int r = qz_network_verify(ctx, net);
    if (r < 0)
        return r;
    turn_arcs(w);
    uint64_t longest_leg = 0;
    for (size_t i = 0; i < n; i++)
        longest_leg = from[i].leg_ms > longest_leg ? from[i].leg_ms : longest_leg;
    r = qz_queue_init(ctx, &w->queue, QZ_BUCKET_MS, longest_leg + net->max_arc_ms + QZ_BUCKET_MS);
    if (r == 0)
        qz_queue_start(&w->queue, 0);
    for (size_t i = 0; i < n && r == 0; i++)
        r = start(ctx, w, &from[i]);
    return r < 0 ? r : settle(ctx, w);
}

/* ---- to a place, from the nearest of the starts */
struct arrival {
    const struct away *w;
    uint64_t ms;
};

static int arrive(struct qz_ctx *ctx, void *user, uint32_t head, uint64_t ms) {
    (void)ctx;
    struct arrival *a = user;
    if (a->w->ms[head] != QZ_UNREACHED_MS && a->w->ms[head] + ms < a->ms)
        a->ms = a->w->ms[head] + ms;
    return 0;
}

/* towards: a search whose sites are the starts; it knows which of them stand on the place's chain.
 */
static int is_reached(struct qz_ctx *ctx, const struct away *w, const struct qz_search *towards,
                      const struct qz_stop *place, bool *ret) {
    struct arrival a = { w, UINT64_MAX };
    uint32_t chain = qz_stop_chain(w->net, place);
    int r = qz_stop_enter(ctx, w->net, place, arrive, &a);
    for (size_t k = chain == QZ_NO_CHAIN ? towards->n_sites : qz_search_on_chain(towards, chain);
         k < towards->n_sites && towards->placed[k].chain == chain; k++) {
        const struct qz_stop *from = &towards->sites[towards->placed[k].site];
        uint64_t ms = qz_way_along_ms(w->net, from->edge, from->fraction, place->edge,
                                      place->fraction);
        if (ms != QZ_NO_WAY_MS && ms + from->leg_ms + place->leg_ms < a.ms)
            a.ms = ms + from->leg_ms + place->leg_ms;
    }
    *ret = a.ms <= w->limit_ms;
    return r;
}

int qz_travel_edge_effect(struct qz_ctx *ctx, const struct qz_network *net,
                          const struct qz_stop *edge, size_t n_edge, const struct qz_stop *places,
                          size_t n, uint32_t limit_ms, uint8_t *flag) {
    qz_cleanup(qz_search_freep) struct qz_search *towards = NULL;
    qz_cleanup(away_done) struct away away = { 0 };
    limit_ms = limit_ms < QZ_UNREACHED_MS ? limit_ms : QZ_UNREACHED_MS - 1;
    int r = qz_search_new(ctx, net, &towards);
    if (r == 0)
        r = qz_search_towards(ctx, towards, edge, n_edge, limit_ms);
    if (r == 0)
        r = search_away(ctx, net, edge, n_edge, limit_ms, &away);
    for (size_t i = 0; i < n && r == 0; i++) {
        bool reached = qz_search_origin_ms(towards, &places[i], NULL) != QZ_UNREACHED_MS;
        if (!reached)
            r = is_reached(ctx, &away, towards, &places[i], &reached);
        flag[i] = reached;
    }
    return r;
}
