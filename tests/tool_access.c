/* tests/tool_access.c - times the floating catchments over a made country with ready links, and
 * leaves everything in files so that a peer can do the same (scripts/bench access).
 *
 *   access-bench FOLDER LINKS REPEATS
 *
 * 35 000 communes, 60 000 practitioners of ten professions in 10 000 sites, LINKS communes in reach
 * of a site where the border does not cut them off. Every profession goes over the links of all
 * sites. Prints one JSON object: sizes, bytes, and of each method the milliseconds that the slowest
 * profession takes (median of REPEATS), on one thread.
 *
 * Files of FOLDER, raw little-endian: first (uint32, sites + 1), origin and time (uint32, by link),
 * supply and demand (double, professions x sites or communes), score.NAME (double, professions x
 * communes). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "base/base.h"
#include "base/geodata.h"
#include "demo/dice.h"
#include "quinze/access.h"
#include "quinze/travel.h"

enum {
    WIDE = 200,
    HIGH = 175,
    N_COMMUNES = WIDE * HIGH,
    N_SITES = 10000,
    N_PRACTITIONERS = 60000,
    N_PROFESSIONS = 10,
    FARTHEST_MS = 30 * 60000,
    MOST_REPEATS = 99,
    MOST_LINKS = 5000
};
static const double side_km = 4; /* of a commune: 16 km2 */

static const struct {
    const char *name, *decay;
    enum qz_score_method method;
} works[] = {
    { "2sfca", "e2sfca", QZ_SCORE_2SFCA },       { "e2sfca", "e2sfca", QZ_SCORE_E2SFCA },
    { "apl2012", "apl2012", QZ_SCORE_APL },      { "apl2017", "apl2017", QZ_SCORE_APL },
    { "gaussian", "gaussian", QZ_SCORE_E2SFCA }, { "exponential", "exponential", QZ_SCORE_E2SFCA },
};

struct country {
    struct qz_ctx *ctx;
    const char *folder;
    size_t repeats, n_links;
    struct qz_xy at[N_COMMUNES]; /* in km */
    struct qz_links links[N_SITES];
    double supply[N_PROFESSIONS][N_SITES], demand[N_PROFESSIONS][N_COMMUNES];
    double ratio[N_SITES], score[N_PROFESSIONS][N_COMMUNES];
};

/* ---- the country */
static void make_people(struct country *c) {
    struct qz_dice dice = qz_dice_of(15, 1);
    for (size_t i = 0; i < N_COMMUNES; i++) {
        double people = exp(qz_dice_between(&dice, 4, 9));
        c->at[i].x_m = side_km * ((double)(i % WIDE) + qz_dice_between(&dice, 0.1, 0.9));
        c->at[i].y_m = side_km * ((double)(i / WIDE) + qz_dice_between(&dice, 0.1, 0.9));
        for (size_t p = 0; p < N_PROFESSIONS; p++)
            c->demand[p][i] = people * qz_dice_between(&dice, 0.7, 1.4);
    }
    for (size_t i = 0; i < N_PRACTITIONERS; i++)
        c->supply[qz_dice_below(&dice, N_PROFESSIONS)][qz_dice_below(&dice, N_SITES)] +=
            qz_dice_between(&dice, 0.2, 1.3);
}

/* Communes within reach_km of a site's own; the last of them takes as long as any trip may. */
static int link_site(struct country *c, struct qz_dice *dice, uint32_t site, double reach_km) {
    struct qz_links *l = &c->links[site];
    uint32_t home = qz_dice_below(dice, N_COMMUNES);
    int around = (int)(reach_km / side_km) + 2, x = (int)(home % WIDE), y = (int)(home / WIDE);
    size_t cap = (size_t)(4 * around * around + 4 * around + 1);
    l->items = qz_malloc(cap, sizeof *l->items);
    if (!l->items)
        return qz_fail_nomem(c->ctx);
    for (int v = y - around; v <= y + around; v++)
        for (int u = x - around; u <= x + around; u++) {
            uint32_t o = (uint32_t)(v * WIDE + u);
            if (u < 0 || u >= WIDE || v < 0 || v >= HIGH)
                continue;
            double km = hypot(c->at[o].x_m - c->at[home].x_m, c->at[o].y_m - c->at[home].y_m);
            double ms = FARTHEST_MS * km / reach_km;
            if (ms <= FARTHEST_MS)
                l->items[l->n++] = (struct qz_link) { o, site, (uint32_t)ms };
        }
    c->n_links += l->n;
    struct qz_link *fit = realloc(l->items, (l->n ? l->n : 1) * sizeof *fit);
    l->items = fit ? fit : l->items;
    return 0;
}

static int make_links(struct country *c, double links_per_site) {
    struct qz_dice dice = qz_dice_of(15, 2);
    double reach_km = side_km * sqrt(links_per_site / acos(-1));
    int e = 0;
    for (uint32_t s = 0; s < N_SITES && e == 0; s++)
        e = link_site(c, &dice, s, reach_km);
    return e;
}

/* ---- files */
static int put(const struct country *c, const char *name, const char *more, const void *data,
               size_t n, size_t size) {
    qz_cleanup(qz_freep) char *path = qz_format("%s/%s%s", c->folder, name, more);
    FILE *f = path ? fopen(path, "wb") : NULL;
    bool good = f && fwrite(data, size, n, f) == n;
    good = (!f || fclose(f) == 0) && good;
    return good ? 0 : qz_fail(c->ctx, QZ_E_IO, "%s/%s%s: cannot be written", c->folder, name, more);
}

static int put_links(const struct country *c) {
    qz_cleanup(qz_freep) uint32_t *first = qz_calloc(N_SITES + 1, sizeof *first);
    qz_cleanup(qz_freep) uint32_t *origin = qz_calloc(c->n_links, sizeof *origin);
    qz_cleanup(qz_freep) uint32_t *time_ms = qz_calloc(c->n_links, sizeof *time_ms);
    if (!first || !origin || !time_ms)
        return qz_fail_nomem(c->ctx);
    for (size_t s = 0; s < N_SITES; s++) {
        for (size_t i = 0; i < c->links[s].n; i++) {
            origin[first[s] + i] = c->links[s].items[i].origin;
            time_ms[first[s] + i] = c->links[s].items[i].time_ms;
        }
        first[s + 1] = first[s] + (uint32_t)c->links[s].n;
    }
    int e = put(c, "first", "", first, N_SITES + 1, sizeof *first);
    if (e == 0)
        e = put(c, "origin", "", origin, c->n_links, sizeof *origin);
    if (e == 0)
        e = put(c, "time", "", time_ms, c->n_links, sizeof *time_ms);
    if (e == 0)
        e = put(c, "supply", "", c->supply, sizeof c->supply, 1);
    return e < 0 ? e : put(c, "demand", "", c->demand, sizeof c->demand, 1);
}

/* ---- the work */
static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *va, const void *vb) {
    const double *a = va, *b = vb;
    return (*a > *b) - (*a < *b);
}

static double peak_mb(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_maxrss / 1024;
}

/* One profession, several times: the median. */
static int time_profession(struct country *c, size_t work, size_t p, const struct qz_decay *decay,
                           double *ret) {
    double took[MOST_REPEATS];
    const struct qz_score_input in = { c->links, N_SITES, N_COMMUNES, c->supply[p], c->demand[p] };
    struct qz_score_result r = { c->ratio, c->score[p], 0 };
    int e = 0;
    for (size_t i = 0; i < c->repeats && e == 0; i++) {
        double from = now_ms();
        e = qz_score(c->ctx, works[work].method, decay, &in, &r);
        took[i] = now_ms() - from;
    }
    qsort(took, c->repeats, sizeof *took, by_value);
    *ret = took[c->repeats / 2];
    return e;
}

static int time_work(struct country *c, size_t work, double *slowest_ms) {
    struct qz_decay decay;
    int e = qz_decay_read(c->ctx, "decays.csv", qz_geodata("decays.csv"), works[work].decay,
                          &decay);
    *slowest_ms = 0;
    for (size_t p = 0; p < N_PROFESSIONS && e == 0; p++) {
        double took;
        e = time_profession(c, work, p, &decay, &took);
        *slowest_ms = took > *slowest_ms ? took : *slowest_ms;
    }
    return e < 0 ? e : put(c, "score.", works[work].name, c->score, sizeof c->score, 1);
}

static int bench(struct country *c, double links_per_site) {
    double took[COUNT(works)];
    make_people(c);
    int e = make_links(c, links_per_site);
    double before = peak_mb();
    for (size_t w = 0; w < COUNT(works) && e == 0; w++)
        e = time_work(c, w, &took[w]);
    double scoring = peak_mb() - before;
    if (e == 0)
        e = put_links(c);
    if (e < 0)
        return e;
    printf("{\"communes\": %d, \"sites\": %d, \"practitioners\": %d, \"professions\": %d, "
           "\"links\": %zu, \"link_bytes\": %zu, \"scoring_mb\": %.1f, \"ms\": {",
           N_COMMUNES, N_SITES, N_PRACTITIONERS, N_PROFESSIONS, c->n_links, sizeof(struct qz_link),
           scoring);
    for (size_t w = 0; w < COUNT(works); w++)
        printf("%s\"%s\": %.3f", w ? ", " : "", works[w].name, took[w]);
    printf("}}\n");
    return 0;
}

int main(int argc, char **argv) {
    double links = argc == 4 ? atof(argv[2]) : 0;
    int repeats = argc == 4 ? atoi(argv[3]) : 0;
    if (!(links >= 1 && links <= MOST_LINKS) || repeats < 1 || repeats > MOST_REPEATS) {
        fprintf(stderr, "usage: access-bench FOLDER LINKS (1 to %d) REPEATS (1 to %d)\n",
                MOST_LINKS, MOST_REPEATS);
        return 2;
    }
    struct qz_ctx *ctx = NULL;
    struct country *c = qz_calloc(1, sizeof *c);
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0 && !c)
        e = qz_fail_nomem(ctx);
    if (e == 0) {
        c->ctx = ctx;
        c->folder = argv[1];
        c->repeats = (size_t)repeats;
        e = bench(c, links);
    }
    if (e < 0)
        fprintf(stderr, "access-bench: error: %s\n", qz_ctx_error(ctx));
    for (size_t s = 0; c && s < N_SITES; s++)
        qz_links_done(&c->links[s]);
    free(c);
    qz_ctx_free(ctx);
    return e < 0;
}
