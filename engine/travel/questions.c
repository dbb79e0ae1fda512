/* engine/travel/questions.c - nearest sites and bounded pairs, from searches. */
#include <omp.h>
#include <string.h>
#include "travel/travel.h"

/* ---- origins by the junctions at the ends of their chain */
struct by_chain { /* an origin and its chain; UINT32_MAX: off the road */
    uint32_t chain, origin;
};
struct qz_origins {
    const struct qz_network *net;
    const struct qz_stop *stops;
    size_t n;
    uint32_t *first, *at_junction; /* origins that leave by this junction */
    struct by_chain
        *by_chain; /* all of them: those on a site's own chain may reach it by no junction */
};

static uint32_t chain_of(const struct qz_network *net, const struct qz_stop *stop) {
    return stop->edge == UINT32_MAX ? UINT32_MAX : net->edges[stop->edge].chain;
}

static int compare_chains(const void *va, const void *vb) {
    const struct by_chain *a = va, *b = vb;
    if (a->chain != b->chain)
        return a->chain < b->chain ? -1 : 1;
    return (a->origin > b->origin) - (a->origin < b->origin);
}

static void fill_junctions(struct qz_origins *o) {
    uint32_t *first = o->first + 1; /* shifted by one: filling moves it into place */
    for (size_t i = 0; i < o->n; i++)
        if (o->stops[i].edge != UINT32_MAX) {
            const struct qz_chain *c = &o->net->chains[chain_of(o->net, &o->stops[i])];
            first[c->from + 1]++;
            first[c->to + 1]++;
        }
    for (size_t v = 0; v < o->net->n_junctions; v++)
        first[v + 1] += first[v];
    for (uint32_t i = 0; i < o->n; i++)
        if (o->stops[i].edge != UINT32_MAX) {
            const struct qz_chain *c = &o->net->chains[chain_of(o->net, &o->stops[i])];
            o->at_junction[first[c->from]++] = i;
            o->at_junction[first[c->to]++] = i;
        }
}

int qz_origins_new(struct qz_ctx *ctx, const struct qz_network *net, const struct qz_stop *stops,
                   size_t n, struct qz_origins **ret) {
    qz_cleanup(qz_origins_freep) struct qz_origins *o = qz_calloc(1, sizeof *o);
    if (!o)
        return qz_fail_nomem(ctx);
    *o = (struct qz_origins) { .net = net, .stops = stops, .n = n };
    o->first = qz_calloc(net->n_junctions + 2, sizeof *o->first);
    o->at_junction = qz_malloc(2 * n, sizeof *o->at_junction);
    o->by_chain = qz_malloc(n, sizeof *o->by_chain);
    if (!o->first || !o->at_junction || !o->by_chain)
        return qz_fail_nomem(ctx);
    fill_junctions(o);
    for (uint32_t i = 0; i < n; i++)
        o->by_chain[i] = (struct by_chain) { chain_of(net, &stops[i]), i };
    qsort(o->by_chain, n, sizeof *o->by_chain, compare_chains);
    *ret = o;
    o = NULL;
    return 0;
}

struct qz_origins *qz_origins_free(struct qz_origins *o) {
    if (o) {
        free(o->first);
        free(o->at_junction);
        free(o->by_chain);
    }
    free(o);
    return NULL;
}

void qz_origins_freep(struct qz_origins **o) { *o = qz_origins_free(*o); }

/* ---- links */
void qz_links_done(struct qz_links *links) {
    free(links->items);
    *links = (struct qz_links) { 0 };
}

static int add_link(struct qz_ctx *ctx, struct qz_links *links, struct qz_link link) {
    struct qz_link *grown = qz_grow(links->items, &links->cap, links->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    links->items = grown;
    links->items[links->n++] = link;
    return 0;
}

static int by_origin(const void *va, const void *vb) {
    const struct qz_link *a = va, *b = vb;
    return (a->origin > b->origin) - (a->origin < b->origin);
}

static int try_origin(struct qz_ctx *ctx, const struct qz_search *s, const struct qz_origins *o,
                      uint32_t origin, uint32_t site, struct qz_links *links) {
    uint32_t ms = qz_search_origin_ms(s, &o->stops[origin], NULL);
    return ms == QZ_UNREACHED_MS ? 0 : add_link(ctx, links, (struct qz_link) { origin, site, ms });
}

static int links_by_junctions(struct qz_ctx *ctx, const struct qz_search *s,
                              const struct qz_origins *o, uint32_t site, uint32_t site_chain,
                              struct qz_links *links) {
    const uint32_t *junctions;
    size_t n = qz_search_touched(s, &junctions);
    for (size_t i = 0; i < n; i++) {
        if (junctions[i] >= o->net->n_junctions)
            continue; /* a copy: its junction is reached too, never later */
        for (uint32_t k = o->first[junctions[i]]; k < o->first[junctions[i] + 1]; k++) {
            uint32_t chain = chain_of(o->net, &o->stops[o->at_junction[k]]);
            const struct qz_chain *c = &o->net->chains[chain];
            if (chain == site_chain)
                continue; /* asked apart */
            bool again = junctions[i] == c->to &&
                         qz_search_node_ms(s, c->from, NULL) != QZ_UNREACHED_MS;
            if (c->from == c->to)
                again = k > o->first[junctions[i]] && o->at_junction[k - 1] == o->at_junction[k];
            int r = again ? 0 : try_origin(ctx, s, o, o->at_junction[k], site, links);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int qz_search_links(struct qz_ctx *ctx, struct qz_search *s, const struct qz_origins *o,
                    const struct qz_stop *stop, uint32_t site, uint32_t limit_ms,
                    struct qz_links *links) {
    size_t before = links->n;
    uint32_t chain = chain_of(o->net, stop);
    int r = qz_search_towards(ctx, s, stop, 1, limit_ms);
    if (r == 0)
        r = links_by_junctions(ctx, s, o, site, chain, links);
    size_t low = 0, high = o->n;
    while (low < high) { /* origins on the site's own chain, or off the road where it is */
        size_t middle = low + (high - low) / 2;
        if (o->by_chain[middle].chain < chain)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < o->n && o->by_chain[low].chain == chain && r == 0; low++)
        r = try_origin(ctx, s, o, o->by_chain[low].origin, site, links);
    if (r == 0 && links->n > before)
        qsort(links->items + before, links->n - before, sizeof *links->items, by_origin);
    return r;
}

/* ---- on all threads: blocks of sites in turn, joined in their order */
struct worker {
    struct qz_ctx *ctx;
    struct qz_search *search;
    int code;
};

static int start_workers(struct qz_ctx *ctx, const struct qz_network *net, size_t n,
                         struct worker *workers) {
    int r = 0;
    for (size_t w = 0; w < n && r == 0; w++) {
        r = qz_ctx_child(ctx, &workers[w].ctx);
        if (r == 0)
            r = qz_search_new(workers[w].ctx, net, &workers[w].search);
    }
    return r < 0 ? qz_fail_nomem(ctx) : 0;
}

static int join_links(struct qz_ctx *ctx, struct qz_links *of_site, size_t n_sites,
                      struct qz_links *ret) {
    size_t n = 0;
    for (size_t i = 0; i < n_sites; i++)
        n += of_site[i].n;
    struct qz_links all = { .items = qz_malloc(n, sizeof *all.items), .cap = n };
    if (!all.items)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n_sites; i++) {
        if (of_site[i].n)
            memcpy(all.items + all.n, of_site[i].items, of_site[i].n * sizeof *all.items);
        all.n += of_site[i].n;
    }
    *ret = all;
    return 0;
}

int qz_travel_links(struct qz_ctx *ctx, const struct qz_network *net, const struct qz_stop *sites,
                    size_t n_sites, const struct qz_origins *origins, uint32_t limit_ms,
                    struct qz_links *ret) {
    size_t n_threads = (size_t)qz_ctx_threads(ctx);
    qz_cleanup(qz_freep) struct worker *workers = qz_calloc(n_threads, sizeof *workers);
    qz_cleanup(qz_freep) struct qz_links *of_site = qz_calloc(n_sites, sizeof *of_site);
    int r = workers && of_site ? start_workers(ctx, net, n_threads, workers) : qz_fail_nomem(ctx);
    if (r == 0) {
#pragma omp parallel for schedule(dynamic, 4) num_threads((int)n_threads)
        for (size_t i = 0; i < n_sites; i++) {
            struct worker *w = &workers[omp_get_thread_num()];
            if (w->code == 0)
                w->code = qz_search_links(w->ctx, w->search, origins, &sites[i], (uint32_t)i,
                                          limit_ms, &of_site[i]);
        }
    }
    for (size_t w = 0; workers && w < n_threads; w++) {
        if (r == 0 && workers[w].code < 0)
            r = qz_fail_from(ctx, workers[w].ctx, workers[w].code);
        qz_search_free(workers[w].search);
        qz_ctx_free(workers[w].ctx);
    }
    if (r == 0)
        r = join_links(ctx, of_site, n_sites, ret);
    for (size_t i = 0; of_site && i < n_sites; i++)
        qz_links_done(&of_site[i]);
    return r;
}

int qz_travel_nearest(struct qz_ctx *ctx, const struct qz_network *net, const struct qz_stop *sites,
                      size_t n_sites, const struct qz_stop *origins, size_t n_origins,
                      uint32_t *time_ms, uint32_t *site) {
    qz_cleanup(qz_search_freep) struct qz_search *s = NULL;
    int r = qz_search_new(ctx, net, &s);
    if (r == 0)
        r = qz_search_towards(ctx, s, sites, n_sites, QZ_UNREACHED_MS - 1);
    for (size_t i = 0; i < n_origins && r == 0; i++)
        time_ms[i] = qz_search_origin_ms(s, &origins[i], &site[i]);
    return r;
}
