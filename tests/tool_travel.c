/* tests/tool_travel.c - travel-bench PLAN.ini|NET.qzn FOLDER REPEATS [SITES]: compiles the plan's
 * network or opens one, puts its arrays in FOLDER for a peer to read, then times the searches (at
 * most SITES sites, spread over the territory; without a plan, places along the roads). Prints one
 * JSON object: sizes, sums of the answers, median milliseconds of each question, on one thread and
 * on two where the work is shared.
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

enum { LIMIT_MS = 900000, LINKS_MS = 1800000, MOST_REPEATS = 1000, MOST_ANSWERS = 20000000 };

struct bench {
    struct qz_ctx *ctx;
    const struct qz_network *net;
    struct qz_stop *sites; /* open ones of the first profession */
    size_t n_sites;
    const struct qz_origins *origins; /* of links; NULL: not asked */
    const struct qz_stop *places;     /* of the origins */
    size_t n_origins, n_links;
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

enum question { NEAREST, BOUNDED, PLACES, PLACES_TWO, WITHIN_15_MIN, LINKS, N_QUESTIONS };

/* Of the origins: the nearest site, and the second nearest too. */
static int of_places(const struct bench *b, bool two) {
    qz_cleanup(qz_freep) uint32_t *answers = qz_malloc(4 * b->n_origins, sizeof *answers);
    if (!answers)
        return qz_fail_nomem(b->ctx);
    uint32_t *ms = answers, *site = ms + b->n_origins, *second_ms = site + b->n_origins,
             *second_site = second_ms + b->n_origins;
    return two ? qz_travel_two_nearest(b->ctx, b->net, b->sites, b->n_sites, b->places,
                                       b->n_origins, ms, site, second_ms, second_site)
               : qz_travel_nearest(b->ctx, b->net, b->sites, b->n_sites, b->places, b->n_origins,
                                   ms, site);
}

static int links(const struct bench *b, struct qz_ctx *ctx, uint32_t limit_ms, size_t *n) {
    struct qz_links found = { 0 };
    int e = qz_travel_links(ctx, b->net, b->sites, b->n_sites, b->origins, limit_ms, &found);
    *n = found.n;
    qz_links_done(&found);
    return e;
}

static int ask(struct bench *b, struct qz_ctx *ctx, enum question q) {
    size_t n;
    return q == NEAREST         ? search_nearest(b)
           : q == BOUNDED       ? search_bounded(b, NULL)
           : q == PLACES        ? of_places(b, false)
           : q == PLACES_TWO    ? of_places(b, true)
           : q == WITHIN_15_MIN ? links(b, ctx, LIMIT_MS, &n)
                                : links(b, ctx, LINKS_MS, &b->n_links);
}

static int median_ms(struct bench *b, struct qz_ctx *ctx, enum question q, size_t repeats,
                     double *ret) {
    double took[MOST_REPEATS];
    int e = 0;
    for (size_t i = 0; i < repeats && e == 0; i++) {
        double from = now_ms();
        e = ask(b, ctx, q);
        took[i] = now_ms() - from;
    }
    qsort(took, repeats, sizeof *took, by_value);
    *ret = took[repeats / 2];
    return e;
}

static int prepare(struct bench *b) {
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
    return e < 0 ? e : sum_answers(b);
}

/* One thread, then two; the searches alone have no second thread. */
static int time_all(struct bench *b, size_t repeats, double took[][N_QUESTIONS]) {
    int e = 0;
    for (int threads = 1; threads <= 2 && e == 0; threads++) {
        const struct qz_ctx_params params = { .threads = threads };
        struct qz_ctx *ctx = NULL;
        e = qz_ctx_new(&params, &ctx);
        for (int q = threads == 1 ? NEAREST : WITHIN_15_MIN;
             q < (b->origins ? N_QUESTIONS : 2) && e == 0; q++)
            e = median_ms(b, ctx, (enum question)q, repeats, &took[threads - 1][q]);
        qz_ctx_free(ctx);
    }
    return e;
}

static int bench(struct bench *b, size_t repeats) {
    double took[2][N_QUESTIONS] = { 0 };
    int e = prepare(b);
    if (e == 0)
        e = time_all(b, repeats, took);
    qz_search_free(b->search);
    free(b->node_ms);
    if (e < 0)
        return e;
    printf("{\"nodes\": %zu, \"junctions\": %zu, \"sites\": %zu, \"limit_ms\": %d, "
           "\"settled\": %zu, \"nearest_sum\": %llu, \"bounded_sum\": %llu, "
           "\"nearest_ms\": %.6f, \"bounded_ms\": %.6f, \"places_ms\": %.6f, "
           "\"places_two_ms\": %.6f, \"origins\": %zu, \"links\": %zu, ",
           b->net->n_nodes, b->net->n_junctions, b->n_sites, LIMIT_MS, b->n_settled,
           (unsigned long long)b->nearest_sum, (unsigned long long)b->bounded_sum, took[0][NEAREST],
           took[0][BOUNDED], took[0][PLACES], took[0][PLACES_TWO], b->n_origins, b->n_links);
    printf("\"within_ms\": [%.6f, %.6f], \"links_ms\": [%.6f, %.6f]}\n", took[0][WITHIN_15_MIN],
           took[1][WITHIN_15_MIN], took[0][LINKS], took[1][LINKS]);
    return 0;
}

/* Every k-th: they stay spread over the territory. */
static void thin(struct bench *b, size_t most) {
    for (size_t i = 0; b->n_sites > most && i < most; i++)
        b->sites[i] = b->sites[i * b->n_sites / most];
    b->n_sites = b->n_sites > most ? most : b->n_sites;
}

/* Places at junctions along the curve; a thousand of them as origins: the searches are timed, not
 * the writing of pairs. */
static int bench_network(struct qz_ctx *ctx, const char *path, const char *folder, size_t repeats,
                         size_t most_sites) {
    enum { ORIGINS = 1000 };
    struct qz_network *net = NULL;
    struct qz_origins *origins = NULL;
    struct qz_stop *places = NULL;
    int e = qz_network_open(ctx, path, &net);
    if (e == 0)
        e = qz_network_verify(ctx, net);
    struct bench b = { .ctx = ctx, .net = net, .folder = folder };
    for (int which = 0; which < 2 && e == 0; which++) {
        size_t n = net->n_junctions, most = which ? most_sites : ORIGINS;
        b.n_sites = most < n ? most : n;
        b.sites = qz_calloc(b.n_sites, sizeof *b.sites);
        e = b.sites ? 0 : qz_fail_nomem(ctx);
        for (size_t i = 0; i < b.n_sites && e == 0; i++)
            e = qz_stop_at(ctx, net, &qz_travel_params_default, net->node_at[i * n / b.n_sites],
                           &b.sites[i]);
        if (which == 0 && e == 0) {
            places = b.sites;
            b.n_origins = b.n_sites;
            e = qz_origins_new(ctx, net, places, b.n_origins, &origins);
        }
    }
    b.origins = origins;
    b.places = places;
    if (e == 0)
        e = bench(&b, repeats);
    qz_origins_free(origins);
    if (b.sites != places)
        free(b.sites);
    free(places);
    qz_network_free(net);
    return e;
}

static int bench_plan(struct qz_ctx *ctx, const struct qz_plan *plan, const char *folder,
                      size_t repeats, size_t most_sites) {
    struct qz_run_state s;
    int e = qz_run_state_init(ctx, &s, plan);
    if (e == 0)
        e = qz_run_stages(ctx, &s, QZ_STAGE_STOPS);
    struct bench b = { .ctx = ctx,
                       .net = s.network,
                       .folder = folder,
                       .origins = s.origins,
                       .places = s.origin_stops,
                       .n_origins = e == 0 ? s.communes->n : 0 };
    b.sites = e == 0 ? qz_calloc(s.sites->n, sizeof *b.sites) : NULL;
    for (size_t i = 0; b.sites && i < s.sites->n; i++)
        if (s.sites->items[i].profession == 0 && !s.sites->items[i].planned &&
            s.site_stops[i].edge != UINT32_MAX)
            b.sites[b.n_sites++] = s.site_stops[i];
    thin(&b, most_sites);
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
        fprintf(stderr, "usage: travel-bench PLAN.ini|NET.qzn FOLDER REPEATS (1 to %d) [SITES]\n",
                MOST_REPEATS);
        return 2;
    }
    bool network = qz_plan_is_network(argv[1]);
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0 && network)
        e = bench_network(ctx, argv[1], argv[2], (size_t)repeats, (size_t)most);
    if (e == 0 && !network)
        e = qz_plan_read(ctx, argv[1], &plan);
    if (e == 0 && !network)
        e = bench_plan(ctx, plan, argv[2], (size_t)repeats, (size_t)most);
    if (e < 0)
        fprintf(stderr, "travel-bench: error: %s\n", qz_ctx_error(ctx));
    qz_plan_free(plan);
    qz_ctx_free(ctx);
    return e < 0;
}
