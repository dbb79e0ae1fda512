/* tests/tool_travel.c - travel-bench PLAN.ini FOLDER REPEATS [SITES]: compiles the plan's network,
 * puts its arrays in FOLDER for a peer to read, then times the searches (at most SITES sites,
 * spread over the territory). Prints one JSON object: sizes, sums of the answers, median
 * milliseconds of each question.
 *
 * Files of FOLDER, raw little-endian uint32: arc (triples from, to, ms), seed (triples site, node,
 * ms: how a site is entered), and, where they are not too many, nearest (by node) and bounded (by
 * site, then node); 0xffffffff is unreached. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "run/run.h"

enum { LIMIT_MS = 900000, MOST_REPEATS = 1000, MOST_ANSWERS = 20000000 };

struct bench {
    struct qz_ctx *ctx;
    const struct qz_network *net;
    struct qz_stop *sites; /* open ones of the first profession */
    size_t n_sites;
    struct qz_search *search;
    uint32_t *node_ms;
    const char *folder;
    uint64_t nearest_sum, bounded_sum; /* of the times found */
    size_t n_settled;                  /* nodes within the limit of a site, all sites together */
};

/* ---- arrays to files */
static FILE *create(const struct bench *b, const char *name) {
    qz_cleanup(qz_freep) char *path = qz_format("%s/%s", b->folder, name);
    FILE *f = path ? fopen(path, "wb") : NULL;
    if (!f)
        qz_fail(b->ctx, QZ_E_IO, "%s/%s: cannot be written", b->folder, name);
    return f;
}

static void put(FILE *f, uint32_t value) { fwrite(&value, sizeof value, 1, f); }

static int finish(const struct bench *b, FILE *f) {
    bool bad = ferror(f) != 0;
    return fclose(f) != 0 || bad ? qz_fail(b->ctx, QZ_E_IO, "%s: cannot be written", b->folder) : 0;
}

/* The roads one by one, whatever the engine makes of them inside. */
static int dump_arcs(const struct bench *b) {
    FILE *f = create(b, "arc");
    if (!f)
        return QZ_E_IO;
    for (size_t i = 0; i < b->net->n_edges; i++) {
        const struct qz_edge *e = &b->net->edges[i];
        const uint32_t ways[2][3] = { { e->from, e->to, e->ms_forward },
                                      { e->to, e->from, e->ms_backward } };
        for (size_t k = 0; k < COUNT(ways); k++)
            for (size_t j = 0; j < COUNT(ways[k]) && ways[k][2] != QZ_CLOSED_WAY; j++)
                put(f, ways[k][j]);
    }
    return finish(b, f);
}

/* What a search settles: every node's time, into an open file. */
static void dump_labels(const struct bench *b, FILE *f) {
    for (uint32_t v = 0; v < b->net->n_nodes; v++)
        put(f, qz_search_node_ms(b->search, v, NULL));
}

/* A site is entered from the ends of its edge; the peer gets the same entries. */
static void dump_seed(const struct bench *b, uint32_t site, FILE *f) {
    const struct qz_stop *stop = &b->sites[site];
    const struct qz_edge *e = &b->net->edges[stop->edge];
    const struct {
        bool open;
        uint32_t node, ms;
        double share;
    } ways[] = {
        { e->ms_forward != QZ_CLOSED_WAY || stop->fraction == 0, e->from, e->ms_forward,
          stop->fraction },
        { e->ms_backward != QZ_CLOSED_WAY || stop->fraction == 1, e->to, e->ms_backward,
          1 - stop->fraction },
    };
    for (size_t k = 0; k < COUNT(ways); k++)
        if (ways[k].open) {
            put(f, site);
            put(f, ways[k].node);
            put(f, stop->leg_ms +
                       (ways[k].share > 0 ? (uint32_t)(ways[k].share * ways[k].ms + 0.5) : 0));
        }
}

static int dump_seeds(const struct bench *b) {
    FILE *f = create(b, "seed");
    if (!f)
        return QZ_E_IO;
    for (uint32_t i = 0; i < b->n_sites; i++)
        dump_seed(b, i, f);
    return finish(b, f);
}

/* ---- the two questions */
/* To the nearest site, the answer read for every node. */
static int search_nearest(const struct bench *b) {
    int e = qz_search_towards(b->ctx, b->search, b->sites, b->n_sites, QZ_UNREACHED_MS - 1);
    qz_search_nodes(b->search, b->node_ms, NULL);
    return e;
}

/* Within the limit of each site: searches alone, as the engine's links ask them. */

static int search_bounded(const struct bench *b, FILE *answers) {
    int e = 0;
    for (size_t i = 0; i < b->n_sites && e == 0; i++) {
        e = qz_search_towards(b->ctx, b->search, &b->sites[i], 1, LIMIT_MS);
        if (answers)
            dump_labels(b, answers);
    }
    return e;
}

static int dump_answers(const struct bench *b) {
    if (b->n_sites * b->net->n_nodes > MOST_ANSWERS)
        return 0;
    FILE *nearest = create(b, "nearest"), *bounded = create(b, "bounded");
    if (!nearest || !bounded)
        return QZ_E_IO;
    int e = search_nearest(b);
    dump_labels(b, nearest);
    if (e == 0)
        e = search_bounded(b, bounded);
    int n = finish(b, nearest), m = finish(b, bounded);
    return e < 0 ? e : n < 0 ? n : m;
}

/* Every node within the limit, junctions and bends: what a peer's plain search would have settled.
 */
static void count_within(struct bench *b) {
    const uint32_t *reached;
    size_t n = qz_search_touched(b->search, &reached);
    const struct qz_network *net = b->net;
    for (size_t i = 0; i < n; i++) {
        if (reached[i] >= net->n_junctions)
            continue;
        b->n_settled++;
        b->bounded_sum += qz_search_node_ms(b->search, reached[i], NULL);
        for (uint32_t k = net->incident_first[reached[i]]; k < net->incident_first[reached[i] + 1];
             k++) {
            const struct qz_chain *c = &net->chains[net->incident[k]];
            bool again = reached[i] == c->to &&
                         qz_search_node_ms(b->search, c->from, NULL) != QZ_UNREACHED_MS;
            if (c->from == c->to)
                again = k > net->incident_first[reached[i]] &&
                        net->incident[k] == net->incident[k - 1];
            for (uint32_t x = c->first_edge; x + 1 < c[1].first_edge && !again; x++) {
                uint32_t ms = qz_search_node_ms(b->search, net->edges[x].to, NULL);
                b->n_settled += ms != QZ_UNREACHED_MS;
                b->bounded_sum += ms != QZ_UNREACHED_MS ? ms : 0;
            }
        }
    }
}

static int sum_answers(struct bench *b) {
    int e = search_nearest(b);
    for (uint32_t v = 0; v < b->net->n_nodes; v++)
        b->nearest_sum += b->node_ms[v] == QZ_UNREACHED_MS ? 0 : b->node_ms[v];
    for (size_t i = 0; i < b->n_sites && e == 0; i++) {
        e = qz_search_towards(b->ctx, b->search, &b->sites[i], 1, LIMIT_MS);
        count_within(b);
    }
    return e;
}

/* ---- medians */
static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *va, const void *vb) {
    const double *a = va, *b = vb;
    return (*a > *b) - (*a < *b);
}

static int median_ms(const struct bench *b, bool nearest, size_t repeats, double *ret) {
    double took[MOST_REPEATS];
    int e = 0;
    for (size_t i = 0; i < repeats && e == 0; i++) {
        double from = now_ms();
        e = nearest ? search_nearest(b) : search_bounded(b, NULL);
        took[i] = now_ms() - from;
    }
    qsort(took, repeats, sizeof *took, by_value);
    *ret = took[repeats / 2];
    return e;
}

static int bench(struct bench *b, size_t repeats) {
    double nearest_ms = 0, bounded_ms = 0;
    int e = qz_search_new(b->ctx, b->net, &b->search);
    b->node_ms = qz_calloc(b->net->n_nodes, sizeof *b->node_ms);
    if (e == 0 && !b->node_ms)
        e = qz_fail_nomem(b->ctx);
    if (e == 0)
        e = dump_arcs(b);
    if (e == 0)
        e = dump_seeds(b);
    if (e == 0)
        e = dump_answers(b);
    if (e == 0)
        e = sum_answers(b);
    if (e == 0)
        e = median_ms(b, true, repeats, &nearest_ms);
    if (e == 0)
        e = median_ms(b, false, repeats, &bounded_ms);
    qz_search_free(b->search);
    free(b->node_ms);
    if (e == 0)
        printf("{\"nodes\": %zu, \"junctions\": %zu, \"sites\": %zu, \"limit_ms\": %d, "
               "\"settled\": %zu, "
               "\"nearest_sum\": %llu, \"bounded_sum\": %llu, \"nearest_ms\": %.6f, "
               "\"bounded_ms\": %.6f}\n",
               b->net->n_nodes, b->net->n_junctions, b->n_sites, LIMIT_MS, b->n_settled,
               (unsigned long long)b->nearest_sum, (unsigned long long)b->bounded_sum, nearest_ms,
               bounded_ms);
    return e;
}

static int bench_plan(struct qz_ctx *ctx, const struct qz_plan *plan, const char *folder,
                      size_t repeats, size_t most_sites) {
    struct qz_run_state s;
    int e = qz_run_state_init(ctx, &s, plan);
    if (e == 0)
        e = qz_run_stages(ctx, &s, QZ_STAGE_STOPS);
    struct bench b = { .ctx = ctx, .net = s.network, .folder = folder };
    b.sites = e == 0 ? qz_calloc(s.sites->n, sizeof *b.sites) : NULL;
    for (size_t i = 0; b.sites && i < s.sites->n; i++)
        if (s.sites->items[i].profession == 0 && !s.sites->items[i].planned &&
            s.site_stops[i].edge != UINT32_MAX)
            b.sites[b.n_sites++] = s.site_stops[i];
    if (b.n_sites > most_sites) { /* every k-th: they stay spread over the territory */
        for (size_t i = 0; i < most_sites; i++)
            b.sites[i] = b.sites[i * b.n_sites / most_sites];
        b.n_sites = most_sites;
    }
    if (e == 0)
        e = b.sites ? bench(&b, repeats) : qz_fail_nomem(ctx);
    free(b.sites);
    qz_run_state_done(&s);
    return e;
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    struct qz_plan *plan = NULL;
    int repeats = argc >= 4 ? atoi(argv[3]) : 0, most = argc == 5 ? atoi(argv[4]) : INT_MAX;
    if (argc > 5 || most < 1 || repeats < 1 || repeats > MOST_REPEATS) {
        fprintf(stderr, "usage: travel-bench PLAN.ini FOLDER REPEATS (1 to %d) [SITES]\n",
                MOST_REPEATS);
        return 2;
    }
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0)
        e = qz_plan_read(ctx, argv[1], &plan);
    if (e == 0)
        e = bench_plan(ctx, plan, argv[2], (size_t)repeats, (size_t)most);
    if (e < 0)
        fprintf(stderr, "travel-bench: error: %s\n", qz_ctx_error(ctx));
    qz_plan_free(plan);
    qz_ctx_free(ctx);
    return e < 0;
}
