/* engine/travel/second.c - the second nearest site: where people would go if their nearest closed.
 *
 * A plain search gives each junction its nearest site. The best site other than that one comes from
 * a neighbour: it is the neighbour's own nearest, where that is another, or the neighbour's second.
 * (Any third site there has two before it, one of them not the junction's nearest.) So the second
 * search starts where the areas of two sites touch and where a site stands in another's area, and
 * spreads from there as the first one did. */
#include <string.h>
#include "travel/search.h"

struct pair { /* of a junction or copy: the two best sites, never the same one */
    struct qz_label first, second;
};
struct heads {
    uint32_t *items;
    size_t n, cap;
};
struct second {
    const struct qz_search *s;
    struct pair *pairs;
    size_t n;
    uint32_t from, to; /* the heads that are worked on now, see spread_in_blocks */
    struct heads now, later;
    struct qz_queue queue;
    uint64_t queue_span;
};

static void second_done(struct second *t) {
    free(t->pairs);
    free(t->now.items);
    free(t->later.items);
    qz_queue_done(&t->queue);
}

static inline bool improve(const struct second *t, uint32_t head, uint64_t ms, uint32_t site) {
    struct pair *p = &t->pairs[head];
    if (ms > t->s->limit_ms || !qz_label_before(ms, site, p->second) || site == p->first.site)
        return false;
    p->second = (struct qz_label) { (uint32_t)ms, site };
    return true;
}

/* ---- where it starts */
struct seed {
    const struct second *t;
    uint32_t site;
};

static int improve_seed(struct qz_ctx *ctx, void *user, uint32_t head, uint64_t ms) {
    (void)ctx;
    const struct seed *seed = user;
    improve(seed->t, head, ms, seed->site);
    return 0;
}

static int start_at_sites(struct qz_ctx *ctx, const struct second *t) {
    int r = 0;
    for (uint32_t i = 0; i < t->s->n_sites && r == 0; i++)
        r = qz_stop_enter(ctx, t->s->net, &t->s->sites[i], improve_seed, &(struct seed) { t, i });
    return r;
}

static int start_at_borders(struct qz_ctx *ctx, const struct second *t) {
    const struct qz_network *net = t->s->net;
    int r = 0;
    for (uint32_t v = 0; v < t->n && r == 0; v++) {
        struct qz_label l = t->pairs[v].first;
        if (l.ms == QZ_UNREACHED_MS)
            continue;
        r = qz_network_need_in(ctx, net, v);
        for (uint32_t a = net->in_first[v]; r == 0 && a < net->in_first[v + 1]; a++)
            improve(t, net->in[a].head, (uint64_t)l.ms + net->in[a].ms, l.site);
    }
    return r;
}

/* ---- how it spreads */
static int add(struct qz_ctx *ctx, struct heads *h, uint32_t head) {
    uint32_t *grown = qz_grow(h->items, &h->cap, h->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    h->items = grown;
    h->items[h->n++] = head;
    return 0;
}

/* Heads past those worked on have their turn anyway. */
static inline int improved(struct qz_ctx *ctx, struct second *t, uint32_t head, uint32_t ms) {
    return head < t->from ? add(ctx, &t->later, head)
           : head < t->to ? qz_queue_push(ctx, &t->queue, head, ms)
                          : 0;
}

static inline int relax(struct qz_ctx *ctx, struct second *t, uint32_t head, uint32_t ms) {
    const struct qz_network *net = t->s->net;
    struct qz_label l = t->pairs[head].second;
    if (l.ms != ms)
        return 0; /* a better time came after this entry */
    int r = 0;
    for (uint32_t a = net->in_first[head]; r == 0 && a < net->in_first[head + 1]; a++)
        if (improve(t, net->in[a].head, (uint64_t)ms + net->in[a].ms, l.site))
            r = improved(ctx, t, net->in[a].head, ms + net->in[a].ms);
    return r;
}

/* Several of a bucket at once, as the first search does. What enters them was read before. */
static int settle(struct qz_ctx *ctx, struct second *t) {
    enum { BATCH = 32 };
    const struct qz_network *net = t->s->net;
    struct qz_queue_entry batch[BATCH];
    size_t n;
    int r = 0;
    while (r == 0 && (n = qz_queue_take(&t->queue, batch, BATCH)) > 0) {
        for (size_t i = 0; i < n; i++) {
            __builtin_prefetch(&t->pairs[batch[i].item]);
            __builtin_prefetch(&net->in_first[batch[i].item]);
        }
        for (size_t i = 0; i < n; i++)
            __builtin_prefetch(&net->in[net->in_first[batch[i].item]]);
        for (size_t i = 0; i < n && r == 0; i++)
            r = relax(ctx, t, batch[i].item, batch[i].key);
    }
    return r;
}

/* From these heads, all of which have a second site, over those of [t->from, t->to). */
static int spread(struct qz_ctx *ctx, struct second *t, const struct heads *h) {
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < h->n; i++) {
        uint32_t ms = t->pairs[h->items[i]].second.ms;
        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
    }
    uint64_t span = (uint64_t)(most - least) + t->s->net->max_arc_ms + QZ_BUCKET_MS;
    int r = 0;
    if (h->n && span > t->queue_span) {
        qz_queue_done(&t->queue);
        t->queue_span = span;
        r = qz_queue_init(ctx, &t->queue, QZ_BUCKET_MS, span);
    }
    if (h->n && r == 0)
        qz_queue_start(&t->queue, least);
    for (size_t i = 0; i < h->n && r == 0; i++)
        r = qz_queue_push(ctx, &t->queue, h->items[i], t->pairs[h->items[i]].second.ms);
    return h->n && r == 0 ? settle(ctx, t) : r;
}

/* Heads stand along the Hilbert curve, so that a block of them is a small region, worked on in the
 * cache. What it improves in later blocks waits for their turn, what it improves in earlier ones
 * for a last pass over all. Labels only ever fall, and each fall is followed up: the result is that
 * of one search. */
static int spread_in_blocks(struct qz_ctx *ctx, struct second *t) {
    enum { BLOCK = 1 << 15 };
    int r = 0;
    for (size_t from = 0; from < t->n && r == 0; from += BLOCK) {
        t->from = (uint32_t)from;
        t->to = (uint32_t)(t->n - from > BLOCK ? from + BLOCK : t->n);
        t->now.n = 0;
        for (uint32_t v = t->from; v < t->to && r == 0; v++)
            if (t->pairs[v].second.ms != QZ_UNREACHED_MS)
                r = add(ctx, &t->now, v);
        if (r == 0)
            r = spread(ctx, t, &t->now);
    }
    t->from = 0;
    return r < 0 ? r : spread(ctx, t, &t->later);
}

/* t is to be done with, whatever it gives. */
static int search_second(struct qz_ctx *ctx, const struct qz_search *s, struct second *t) {
    size_t n = s->net->n_junctions + s->net->n_copies;
    *t = (struct second) { .s = s, .pairs = qz_malloc_wide(n, sizeof *t->pairs), .n = n };
    if (!t->pairs)
        return qz_fail_nomem(ctx);
    for (size_t v = 0; v < n; v++)
        t->pairs[v] = (struct pair) { s->labels[v], { QZ_UNREACHED_MS, QZ_NO_SITE } };
    int r = start_at_sites(ctx, t);
    if (r == 0)
        r = start_at_borders(ctx, t);
    return r < 0 ? r : spread_in_blocks(ctx, t);
}

/* ---- answers: the best of all but one */
struct answer {
    uint64_t ms;
    uint32_t site, except;
};

static void offer(struct answer *a, uint64_t ms, uint32_t site) {
    if (site != a->except && (ms < a->ms || (ms == a->ms && site < a->site))) {
        a->ms = ms;
        a->site = site;
    }
}

static void offer_pair(struct answer *a, const struct pair *p, uint64_t ms) {
    if (p->first.ms != QZ_UNREACHED_MS)
        offer(a, p->first.ms + ms, p->first.site);
    if (p->second.ms != QZ_UNREACHED_MS)
        offer(a, p->second.ms + ms, p->second.site);
}

static uint32_t second_of(const struct second *t, const struct qz_stop *origin, uint32_t nearest,
                          uint32_t *site) {
    const struct qz_search *s = t->s;
    struct answer a = { QZ_UNREACHED_MS, QZ_NO_SITE, nearest };
    uint32_t chain = qz_stop_chain(s->net, origin);
    struct qz_way_out ways[QZ_MOST_WAYS];
    size_t n = chain == QZ_NO_CHAIN ? 0 : qz_ways_out(s->net, origin->edge, origin->fraction, ways);
    for (size_t i = 0; i < n; i++)
        offer_pair(&a, &t->pairs[ways[i].head], ways[i].ms + origin->leg_ms);
    for (size_t k = qz_search_on_chain(s, chain); k < s->n_sites && s->placed[k].chain == chain;
         k++) {
        const struct qz_stop *stop = &s->sites[s->placed[k].site];
        uint64_t ms = chain == QZ_NO_CHAIN ? QZ_NO_WAY_MS
                                           : qz_way_along_ms(s->net, origin->edge, origin->fraction,
                                                             stop->edge, stop->fraction);
        if (ms != QZ_NO_WAY_MS)
            offer(&a, stop->leg_ms + ms + origin->leg_ms, s->placed[k].site);
        if (qz_stop_same_place(stop, origin))
            offer(&a, 0, s->placed[k].site);
    }
    if (a.ms > s->limit_ms)
        a = (struct answer) { QZ_UNREACHED_MS, QZ_NO_SITE, nearest };
    *site = a.site;
    return (uint32_t)a.ms;
}

int qz_travel_two_nearest(struct qz_ctx *ctx, const struct qz_network *net,
                          const struct qz_stop *sites, size_t n_sites,
                          const struct qz_stop *origins, size_t n_origins, uint32_t *time_ms,
                          uint32_t *site, uint32_t *second_ms, uint32_t *second_site) {
    qz_cleanup(qz_search_freep) struct qz_search *s = NULL;
    qz_cleanup(second_done) struct second t = { 0 };
    int r = qz_search_new(ctx, net, &s);
    if (r == 0)
        r = qz_search_towards(ctx, s, sites, n_sites, QZ_UNREACHED_MS - 1);
    if (r == 0)
        r = search_second(ctx, s, &t);
    for (size_t i = 0; i < n_origins && r == 0; i++) {
        time_ms[i] = qz_search_origin_ms(s, &origins[i], &site[i]);
        second_ms[i] = second_of(&t, &origins[i], site[i], &second_site[i]);
    }
    return r;
}
