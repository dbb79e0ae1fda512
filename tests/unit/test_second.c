/* tests/unit/test_second.c - the second nearest site: the nearest is taken away and the plain
 * search asked again */
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "run/run.h"
#include "scratch.h"
#include "tangle.h"
#include "travel/travel.h"

static struct qz_ctx *ctx;

struct two { /* of each origin, in blocks of n */
    uint32_t *ms, *site, *second_ms, *second_site;
};

static struct two two_new(size_t n) {
    uint32_t *p = malloc(4 * n * sizeof *p);
    memset(p, 0x5a, 4 * n * sizeof *p); /* what was there does not count */
    return (struct two) { p, p + n, p + 2 * n, p + 3 * n };
}

/* ---- the oracle: for each site that closes, the plain search without it */
static void slow_two(const struct qz_network *net, const struct qz_stop *sites, size_t n_sites,
                     const struct qz_stop *origins, size_t n, struct two *t) {
    struct qz_stop *left = calloc(n_sites + 1, sizeof *left);
    uint32_t *ms = malloc(n * sizeof *ms), *site = malloc(n * sizeof *site);
    CHECK(qz_travel_nearest(ctx, net, sites, n_sites, origins, n, t->ms, t->site) == 0);
    memset(t->second_ms, 0xff, n * sizeof *t->second_ms);
    memset(t->second_site, 0xff, n * sizeof *t->second_site);
    for (uint32_t closed = 0; closed < n_sites; closed++) {
        memcpy(left, sites, closed * sizeof *left);
        memcpy(left + closed, sites + closed + 1, (n_sites - closed - 1) * sizeof *left);
        CHECK(qz_travel_nearest(ctx, net, left, n_sites - 1, origins, n, ms, site) == 0);
        for (size_t i = 0; i < n; i++)
            if (t->site[i] == closed) {
                t->second_ms[i] = ms[i];
                t->second_site[i] = site[i] == QZ_NO_SITE ? QZ_NO_SITE
                                                          : site[i] + (site[i] >= closed);
            }
    }
    free(left);
    free(ms);
    free(site);
}

static void check_against_slow(const struct qz_network *net, const struct qz_stop *sites,
                               size_t n_sites, const struct qz_stop *origins, size_t n) {
    struct two got = two_new(n), want = two_new(n);
    CHECK(qz_travel_two_nearest(ctx, net, sites, n_sites, origins, n, got.ms, got.site,
                                got.second_ms, got.second_site) == 0);
    slow_two(net, sites, n_sites, origins, n, &want);
    CHECK(memcmp(got.ms, want.ms, n * sizeof *got.ms) == 0);
    CHECK(memcmp(got.site, want.site, n * sizeof *got.site) == 0);
    CHECK(memcmp(got.second_ms, want.second_ms, n * sizeof *got.second_ms) == 0);
    CHECK(memcmp(got.second_site, want.second_site, n * sizeof *got.second_site) == 0);
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += got.second_ms[i] < got.ms[i] ||
                 (got.site[i] != QZ_NO_SITE && got.site[i] == got.second_site[i]) ||
                 (got.second_ms[i] == got.ms[i] && got.second_site[i] < got.site[i]);
    CHECK(wrong == 0);
    free(got.ms);
    free(want.ms);
}

static void check_tangles(void) {
    size_t n_copies = 0;
    for (uint64_t seed = 0; seed < 6000; seed++) {
        struct qz_dice d = qz_dice_of(seed, 31);
        struct tangle t;
        tangle_make(ctx, &t, &d);
        n_copies += t.net->n_copies > 0;
        check_against_slow(t.net, t.sites, t.n_sites, t.places, t.n_places);
        tangle_done(&t);
    }
    CHECK(n_copies > 500); /* turns were forbidden in a good part of them */
}

/* ---- 72 000 crossings: more than one block of the search. Many ways are as long as others. */
static void check_large(void) {
    enum { SIDE = 268, SITES = 60, ORIGINS = 4000 };
    struct lines l = { 0 };
    struct qz_dice d = qz_dice_of(1, 32);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int way = qz_dice_chance(&d, 0.1) ? 1 : qz_dice_chance(&d, 0.1) ? -1 : 0;
            if (x + 1 < SIDE)
                lines_add_straight(&l, PLAIN, way, 200 * x, 200 * y, 200 * x + 200, 200 * y);
            if (y + 1 < SIDE)
                lines_add_straight(&l, SLOW, 0, 200 * x, 200 * y, 200 * x, 200 * y + 200);
        }
    struct qz_network *net = lines_network(ctx, &l, 0);
    CHECK(net->n_junctions > 2 * 32768);
    struct qz_stop *stops = malloc((SITES + ORIGINS) * sizeof *stops);
    for (size_t i = 0; i < SITES + ORIGINS; i++) { /* sites close together in one half */
        double most_m = i < SITES / 2 ? 12000 : 200.0 * SIDE;
        struct qz_xy at = { qz_dice_between(&d, 0, most_m), qz_dice_between(&d, 0, most_m) };
        stops[i] = stop_at(ctx, net, &qz_travel_params_default, at);
    }
    check_against_slow(net, stops, SITES, stops + SITES, ORIGINS);
    free(stops);
    qz_network_freep(&net);
    lines_done(&l);
}

/* ---- by hand: a street of 1 000 m (144 s), sites at its ends; 180 ms a metre of leg */
static void check_by_hand(void) {
    struct lines l = { 0 };
    lines_add_straight(&l, PLAIN, 0, 0, 0, 1000, 0);
    lines_add_straight(&l, PLAIN, 0, 50000, 0, 51000, 0); /* an island */
    struct qz_network *net = lines_network(ctx, &l, 0);
    const struct qz_travel_params *p = &qz_travel_params_default;
    const struct qz_stop sites[] = { stop_at(ctx, net, p, (struct qz_xy) { 1000, 100 }),
                                     stop_at(ctx, net, p, (struct qz_xy) { 0, 0 }),
                                     stop_at(ctx, net, p, (struct qz_xy) { 1000, 100 }),
                                     stop_at(ctx, net, p, (struct qz_xy) { 51000, 0 }),
                                     stop_at(ctx, net, p, (struct qz_xy) { 25000, 9000 }) };
    const struct {
        const char *name;
        struct qz_xy at;
        size_t n; /* of the sites */
        uint32_t ms, site, second_ms, second_site;
    } cases[] = {
        { "one site alone", { 500, 0 }, 1, 72000 + 18000, 0, QZ_UNREACHED_MS, QZ_NO_SITE },
        { "none at all", { 500, 0 }, 0, QZ_UNREACHED_MS, QZ_NO_SITE, QZ_UNREACHED_MS, QZ_NO_SITE },
        { "the other end", { 500, 0 }, 2, 72000, 1, 72000 + 18000, 0 },
        { "at the door", { 1000, 100 }, 2, 0, 0, 18000 + 144000, 1 },
        { "another site at the same place", { 900, 0 }, 4, 14400 + 18000, 0, 14400 + 18000, 2 },
        { "at the door of two", { 1000, 100 }, 4, 0, 0, 0, 2 },
        { "the second ones come third", { 0, 10 }, 4, 1800, 1, 1800 + 144000 + 18000, 0 },
        { "nothing else on the island", { 50500, 0 }, 4, 72000, 3, QZ_UNREACHED_MS, QZ_NO_SITE },
        { "off the road, the site too", { 25000, 9000 }, 5, 0, 4, QZ_UNREACHED_MS, QZ_NO_SITE },
        { "too far from the road",
          { 500, 9000 },
          5,
          QZ_UNREACHED_MS,
          QZ_NO_SITE,
          QZ_UNREACHED_MS,
          QZ_NO_SITE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_stop origin = stop_at(ctx, net, p, cases[i].at);
        uint32_t ms = 1, site = 1, second_ms = 1, second_site = 1;
        CHECK(qz_travel_two_nearest(ctx, net, sites, cases[i].n, &origin, 1, &ms, &site, &second_ms,
                                    &second_site) == 0);
        CHECK_NEAR(ms, cases[i].ms, 0, cases[i].name);
        CHECK_NEAR(site, cases[i].site, 0, cases[i].name);
        CHECK_NEAR(second_ms, cases[i].second_ms, 0, cases[i].name);
        CHECK_NEAR(second_site, cases[i].second_site, 0, cases[i].name);
    }
    qz_network_freep(&net);
    lines_done(&l);
}

/* ---- Corsica, where its data is there: every commune, every GP of the register */
static void check_corsica(void) {
    char text[1024];
    snprintf(text, sizeof text,
             "[communes]\nfile = %s/corsica/communes.gpkg\n[points]\nfile = "
             "%s/corsica/commune_points.csv\n[roads]\nfile = %s/corsica/roads.gpkg\nprofile = "
             "osm-car\n[population]\nfile = %s/corsica/population.csv\n[practitioners gp]\nfile = "
             "%s/corsica/gp_by_commune.csv\n",
             SHARED_DATA, SHARED_DATA, SHARED_DATA, SHARED_DATA, SHARED_DATA);
    if (!scratch_exists(SHARED_DATA "/corsica/roads.gpkg")) {
        printf("Corsica: SKIPPED: ../shared/data is not there\n");
        return;
    }
    struct qz_plan *plan = NULL;
    struct qz_run_state s;
    CHECK(scratch_make());
    CHECK(qz_plan_read(ctx, scratch_text("plan.ini", text), &plan) == 0);
    CHECK(plan && qz_run_state_init(ctx, &s, plan) == 0);
    CHECK(plan && qz_run_stages(ctx, &s, QZ_STAGE_STOPS) == 0);
    CHECK(s.sites->n > 60);
    check_against_slow(s.network, s.site_stops, s.sites->n, s.origin_stops, s.communes->n);
    qz_run_state_done(&s);
    qz_plan_free(plan);
    scratch_remove(scratch_root);
}

static void check_memory(void) {
    struct qz_dice d = qz_dice_of(3, 10);
    struct tangle t;
    do
        tangle_make(ctx, &t, &d);
    while (t.n_sites < 3 && (tangle_done(&t), true));
    bool whole = false;
    for (size_t k = 0; k < 100 && !whole; k++) {
        struct two got = two_new(t.n_places);
        qz_memory_fail_after(k);
        int r = qz_travel_two_nearest(ctx, t.net, t.sites, t.n_sites, t.places, t.n_places, got.ms,
                                      got.site, got.second_ms, got.second_site);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
        free(got.ms);
    }
    CHECK(whole);
    tangle_done(&t);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_tangles();
    check_large();
    check_corsica();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
