/* tests/tool_locate.c - times where to put sites, and how near to the best that comes.
 *
 *   locate-bench [exact] pmed FOLDER [STARTS ITERATIONS]
 *       the p-medians of the OR-Library: pmed1.txt ... pmed40.txt and optima.txt. One line each:
 *       name, objective, optimum, bound, gap in %, seconds (shortest paths not counted); then
 *       totals
 *   locate-bench [exact] cover [STARTS ITERATIONS]
 *       35 000 places, 3 000 candidates, 100
 * sites: objective, bound, gap in %, seconds; a line for each of several countries. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/base.h"
#include "demo/dice.h"
#include "quinze/locate.h"
#include "pmed.h"

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- p-medians */
struct totals {
    size_t n, n_best;
    double gap, worst_over, seconds;
};

static int bench_one(struct qz_ctx *ctx, const char *folder, const char *name, double optimum,
                     const struct qz_locate_params *like, struct totals *t) {
    struct pmed m = { 0 };
    struct qz_locate_answer *a = NULL;
    if (!pmed_read(folder, name, false, &m))
        return qz_fail(ctx, QZ_E_IO, "%s/%s.txt: cannot be read", folder, name);
    struct qz_locate_params params = *like;
    params.p = m.p;
    struct qz_locate_input in = { m.n, m.n, m.links, m.weight, NULL, NULL, NULL };
    double from = now_s();
    int r = qz_locate(ctx, &params, &in, &a);
    double took = now_s() - from;
    if (r == 0) {
        printf("%-7s %6.0f %6.0f %9.2f %7.3f %% %7.3f s\n", name, a->objective, optimum, a->bound,
               100 * a->gap_ratio, took);
        t->n++;
        t->n_best += a->objective == optimum;
        t->gap += a->gap_ratio;
        t->worst_over = fmax(t->worst_over, a->objective / optimum - 1);
        t->seconds += took;
    }
    qz_locate_answer_free(a);
    pmed_done(&m);
    return r;
}

static int bench_pmed(struct qz_ctx *ctx, const char *folder, const struct qz_locate_params *like) {
    struct totals t = { 0 };
    char name[64];
    double optimum;
    qz_cleanup(qz_freep) char *path = qz_format("%s/optima.txt", folder);
    FILE *f = path ? fopen(path, "r") : NULL;
    if (!f)
        return qz_fail(ctx, QZ_E_IO, "%s/optima.txt: cannot be read", folder);
    int r = 0;
    while (r == 0 && fscanf(f, "%63s %lf", name, &optimum) == 2)
        r = bench_one(ctx, folder, name, optimum, like, &t);
    fclose(f);
    if (r == 0 && t.n > 0)
        printf("%zu of %zu optima, the others within %.3f %%, mean gap %.4f %%, %.2f s\n", t.n_best,
               t.n, 100 * t.worst_over, 100 * t.gap / (double)t.n, t.seconds);
    return r;
}

/* ---- covering */
enum { N_PLACES = 35000, N_CANDIDATES = 3000, N_SITES = 100, N_TOWNS = 150 };
static const double side_km = 700, minute_per_km = 1.2;

struct country {
    struct qz_xy at[N_PLACES];
    double weight[N_PLACES];
    struct qz_links links[N_CANDIDATES];
    uint32_t candidate[N_CANDIDATES];
};

static const struct {
    const char *name;
    double in_towns, reach_km, tail; /* tail: deviation of the logarithm of the weights */
} countries[] = {
    { "towns, 15 km", 0.5, 15, 1.2 },     { "towns, 22 km", 0.5, 22, 1.2 },
    { "towns, 30 km", 0.5, 30, 1.2 },     { "uniform, 15 km", 0, 15, 1.2 },
    { "uniform, 25 km", 0, 25, 1.2 },     { "uniform, 40 km", 0, 40, 1.2 },
    { "equal weights, 25 km", 0, 25, 0 }, { "equal weights, 40 km", 0, 40, 0 },
};

static void make_places(struct country *c, size_t which) {
    struct qz_dice d = qz_dice_of(15, which);
    struct qz_xy town[N_TOWNS];
    double size[N_TOWNS];
    for (size_t t = 0; t < N_TOWNS; t++) {
        town[t] = (struct qz_xy) { qz_dice_between(&d, 0, side_km),
                                   qz_dice_between(&d, 0, side_km) };
        size[t] = qz_dice_between(&d, 3, 25);
    }
    for (size_t i = 0; i < N_PLACES; i++) {
        c->at[i].x_m = qz_dice_between(&d, 0, side_km);
        c->at[i].y_m = qz_dice_between(&d, 0, side_km);
        if (qz_dice_chance(&d, countries[which].in_towns)) {
            uint32_t t = qz_dice_below(&d, N_TOWNS);
            c->at[i].x_m = town[t].x_m + size[t] * qz_dice_bell(&d);
            c->at[i].y_m = town[t].y_m + size[t] * qz_dice_bell(&d);
        }
        c->weight[i] = floor(1 + 300 * exp(countries[which].tail * qz_dice_bell(&d)));
    }
    for (size_t k = 0; k < N_CANDIDATES; k++)
        c->candidate[k] = qz_dice_below(&d, N_PLACES);
}

static bool make_links(struct country *c, double reach_km) {
    for (uint32_t k = 0; k < N_CANDIDATES; k++) {
        struct qz_links *l = &c->links[k];
        struct qz_xy at = c->at[c->candidate[k]];
        l->n = 0;
        for (uint32_t i = 0; i < N_PLACES; i++) {
            double km = hypot(c->at[i].x_m - at.x_m, c->at[i].y_m - at.y_m);
            if (km > reach_km)
                continue;
            struct qz_link *more = qz_grow(l->items, &l->cap, l->n + 1, sizeof *more);
            if (!more)
                return false;
            l->items = more;
            l->items[l->n++] = (struct qz_link) { i, k, (uint32_t)(minute_per_km * km * 60000) };
        }
    }
    return true;
}

static int bench_country(struct qz_ctx *ctx, struct country *c, size_t which,
                         const struct qz_locate_params *like) {
    struct qz_locate_answer *a = NULL;
    struct qz_locate_params params = *like;
    size_t n_links = 0;
    params.model = QZ_LOCATE_COVERING;
    params.p = N_SITES;
    params.limit_ms = QZ_UNREACHED_MS;
    make_places(c, which);
    if (!make_links(c, countries[which].reach_km))
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < N_CANDIDATES; k++)
        n_links += c->links[k].n;
    struct qz_locate_input in = { N_CANDIDATES, N_PLACES, c->links, c->weight, NULL, NULL, NULL };
    double from = now_s();
    int r = qz_locate(ctx, &params, &in, &a);
    if (r == 0)
        printf("%-22s %4zu places a candidate %10.0f %12.1f %7.3f %% %7.3f s\n",
               countries[which].name, n_links / N_CANDIDATES, a->objective, a->bound,
               100 * a->gap_ratio, now_s() - from);
    fflush(stdout);
    qz_locate_answer_free(a);
    return r;
}

static int bench_cover(struct qz_ctx *ctx, const struct qz_locate_params *like) {
    struct country *c = qz_calloc(1, sizeof *c);
    int r = c ? 0 : qz_fail_nomem(ctx);
    for (size_t k = 0; k < COUNT(countries) && r == 0; k++)
        r = bench_country(ctx, c, k, like);
    for (size_t k = 0; c && k < N_CANDIDATES; k++)
        qz_links_done(&c->links[k]);
    free(c);
    return r;
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    bool exact = argc > 1 && strcmp(argv[1], "exact") == 0;
    argc -= exact;
    argv += exact;
    bool pmed = argc > 2 && strcmp(argv[1], "pmed") == 0;
    bool cover = argc > 1 && strcmp(argv[1], "cover") == 0;
    int more = pmed ? 3 : 2; /* where STARTS is */
    if ((!pmed && !cover) || (argc != more && argc != more + 2)) {
        fprintf(stderr, "usage: locate-bench [exact] pmed FOLDER [STARTS ITERATIONS]\n"
                        "       locate-bench [exact] cover [STARTS ITERATIONS]\n");
        return 2;
    }
    struct qz_locate_params params = qz_locate_params_default;
    params.limit_ms = QZ_UNREACHED_MS;
    params.exact = exact;
    if (argc == more + 2) {
        params.n_starts = (unsigned)atoi(argv[more]);
        params.iterations = (unsigned)atoi(argv[more + 1]);
    }
    int r = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (r == 0)
        r = pmed ? bench_pmed(ctx, argv[2], &params) : bench_cover(ctx, &params);
    if (r < 0)
        fprintf(stderr, "locate-bench: error: %s\n", qz_ctx_error(ctx));
    qz_ctx_free(ctx);
    return r < 0;
}
