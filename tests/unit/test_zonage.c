/* tests/unit/test_zonage.c - tables of territories by hand, a slow selection one unit at a time,
 * and what must hold for any gauges */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "base/geodata.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/zone.h"

static struct qz_ctx *ctx;

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

#define U(people, apl, region) \
    { people, apl, NAN, region, -1 }
#define HAND(people, apl, region, c) \
    { people, apl, NAN, region, c }
enum { HZ = QZ_ZONAGE_NONE, ZIP = QZ_ZONAGE_ZIP, ZAC = QZ_ZONAGE_ZAC, ZAR = QZ_ZONAGE_ZAR };
enum { MOST = 24, REGIONS = 3, NOBODY = -1 };

static struct qz_zonage_regime regime(double zip_ratio, double zac_ratio) {
    return (struct qz_zonage_regime) { .year = 2017,
                                       .zip_below = 2.5,
                                       .pool_below = 4,
                                       .zip_ratio = zip_ratio,
                                       .zac_ratio = zac_ratio,
                                       .derogation_ratio = 0.05 };
}

/* ---- by hand: two regions */
struct want {
    int kind, why;
    unsigned order;
    double share;
};
static void check_wants(const struct qz_zonage_result *got, const struct want *want, size_t n) {
    for (size_t i = 0; i < n; i++) {
        CHECK_NEAR(got[i].kind, want[i].kind, 0, "class");
        CHECK_NEAR(got[i].why, want[i].why, 0, "why");
        CHECK_NEAR(got[i].order, want[i].order, 0, "order");
        CHECK_NEAR(got[i].share, want[i].share > 0 ? want[i].share : 1, 1e-12, "share");
    }
}

static const struct qz_zonage_unit two_regions[] = {
    /* 10 000 people: gauges of 3000 and 2000 */
    U(1000, 2.0, 0), U(2000, 2.6, 0), U(3000, 3.0, 0), U(500, 3.5, 0), U(1500, 4.0, 0),
    U(2000, 4.01, 0),
    /* 4000 people: gauges of 1000 and 1000; one by hand takes twice the first */
    U(600, NAN, 1), U(1000, 2.5, 1), U(400, 2.7, 1), HAND(2000, 3.9, 1, ZIP)
};

static void check_two_regions(void) {
    const struct qz_zonage_regime regimes[] = { regime(0.3, 0.2), regime(0.25, 0.25) };
    const struct want want[] = {
        { ZIP, QZ_WHY_RIGHT, 0, 0 }, { ZIP, QZ_WHY_POOL, 1, 0 }, /* fills the gauge to the person */
        { HZ, QZ_WHY_GAUGE, 2, 0 }, /* too large for ZIP, and for ZAC too */
        { HZ, QZ_WHY_GAUGE, 3, 0 }, /* it would fit, but the gauges are closed */
        { HZ, QZ_WHY_GAUGE, 4, 0 }, /* 4 is in the pool */
        { HZ, QZ_WHY_OUT, 0, 0 },    { HZ, QZ_WHY_UNKNOWN, 0, 0 },
        { ZAC, QZ_WHY_POOL, 1, 0 }, /* 2.5 is not under 2.5; ZIP is used up by hand */
        { HZ, QZ_WHY_GAUGE, 2, 0 },  { ZIP, QZ_WHY_OVERRIDE, 0, 0 },
    };
    struct qz_zonage_result got[10];
    struct qz_zonage_region r[2];
    struct qz_zonage_params p = { .split = false };
    CHECK(qz_zonage_new(ctx, &p, regimes, 2, two_regions, 10, got, r) == 0);
    check_wants(got, want, 10);
    CHECK(r[0].people == 10000 && r[0].zip_gauge == 3000 && r[0].zac_gauge == 2000);
    CHECK(r[0].zip_people == 3000 && r[0].zac_people == 0 && r[0].pool_people == 7000);
    CHECK(r[0].zip_stopped == 2 && r[0].zac_stopped == 2 && r[0].derogation_people == 0);
    CHECK(r[1].people == 4000 && r[1].zip_people == 2000 && r[1].zac_people == 1000);
    CHECK(r[1].pool_people == 3400 && r[1].zip_stopped == 7 && r[1].zac_stopped == 8);
    CHECK(!r[0].derogation_over && !r[1].derogation_over);
    /* split: ZIP is full to the person, so the unit that ends it is whole when ZAC's turn comes */
    struct want split[10];
    memcpy(split, want, sizeof split);
    split[2] = (struct want) { ZAC, QZ_WHY_SPLIT, 2, 2.0 / 3 };
    p.split = true;
    CHECK(qz_zonage_new(ctx, &p, regimes, 2, two_regions, 10, got, r) == 0);
    check_wants(got, split, 10);
    CHECK_NEAR(r[0].zac_people, 2000, 1e-9, "ZAC is full");
    CHECK(r[0].zip_stopped == 2 && r[0].zac_stopped == 2 && r[1].zac_people == 1000);
}

/* ZIP by right overflows the gauge: nothing is left for the pool, but nobody loses the right. */
static void check_right(void) {
    const struct qz_zonage_unit u[] = { U(700, 1, 0), U(200, 2, 0), U(100, 3, 0) };
    const struct qz_zonage_regime g = regime(0.5, 0.1);
    const struct want want[] = { { ZIP, QZ_WHY_RIGHT, 0, 0 },
                                 { ZIP, QZ_WHY_RIGHT, 0, 0 },
                                 { ZAC, QZ_WHY_POOL, 1, 0 } };
    struct qz_zonage_result got[3];
    struct qz_zonage_region r;
    for (int split = 0; split < 2; split++) {
        struct qz_zonage_params p = { .split = split };
        CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 3, got, &r) == 0);
        check_wants(got, want, 3);
        CHECK(r.zip_people == 900 && r.zip_gauge == 500 && r.zip_stopped == 2 &&
              r.zac_people == 100);
    }
}

/* By hand: any class, whatever the APL; ZAR and HZ use no gauge. */
static void check_overrides(void) {
    const struct qz_zonage_unit u[] = { HAND(100, 1, 0, HZ),    HAND(200, 3, 0, ZAR),
                                        HAND(100, NAN, 0, ZAC), U(100, 3.1, 0),
                                        U(100, 3.2, 0),         HAND(400, 3, 0, HZ) };
    const struct qz_zonage_regime g = regime(0.1, 0.2);
    const struct want want[] = { { HZ, QZ_WHY_OVERRIDE, 0, 0 },  { ZAR, QZ_WHY_OVERRIDE, 0, 0 },
                                 { ZAC, QZ_WHY_OVERRIDE, 0, 0 }, { ZIP, QZ_WHY_POOL, 1, 0 },
                                 { ZAC, QZ_WHY_POOL, 2, 0 },     { HZ, QZ_WHY_OVERRIDE, 0, 0 } };
    struct qz_zonage_result got[6];
    struct qz_zonage_region r;
    struct qz_zonage_params p = { .split = false };
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 6, got, &r) == 0);
    check_wants(got, want, 6);
    CHECK(r.zip_people == 100 && r.zac_people == 200 && r.pool_people == 800);
    CHECK(r.derogation_people == 0 && r.zip_stopped == 4 && r.zac_stopped == UINT32_MAX);
}

/* 5 % of a pool of 2000 is 100; units by right are no part of it, ZAR and HZ no derogation. */
static void check_derogation(void) {
    struct qz_zonage_unit u[] = {
        U(2000, 3, 0),       U(5000, 1, 0),        HAND(60, 5, 0, ZIP),
        HAND(40, 6, 0, ZAC), HAND(900, 7, 0, ZAR), HAND(90, NAN, 0, ZIP)
    };
    const struct qz_zonage_regime g = regime(1, 1);
    struct qz_zonage_result got[6];
    struct qz_zonage_region r;
    struct qz_zonage_params p = { .split = false };
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 6, got, &r) == 0);
    CHECK(r.pool_people == 2000 && r.derogation_people == 100 && !r.derogation_over);
    u[3].people = 41;
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 6, got, &r) == 0);
    CHECK(r.derogation_people == 101 && r.derogation_over);
    CHECK(got[2].kind == QZ_ZONAGE_ZIP && got[3].kind == QZ_ZONAGE_ZAC);
}

/* 10 000 people. ZIP holds 1500: all of the first, 500 of the 2000 of the second. */
static void check_split(void) {
    const struct qz_zonage_unit u[] = { U(1000, 2.6, 0), U(2000, 2.7, 0), U(1000, 2.8, 0),
                                        U(6000, 5, 0) };
    struct qz_zonage_regime g = regime(0.15, 0.05);
    struct want want[] = { { ZIP, QZ_WHY_POOL, 1, 0 },
                           { ZIP, QZ_WHY_SPLIT, 2, 0.25 },
                           { HZ, QZ_WHY_GAUGE, 3, 0 },
                           { HZ, QZ_WHY_OUT, 0, 0 } };
    struct qz_zonage_result got[4];
    struct qz_zonage_region r;
    struct qz_zonage_params p = { .split = true };
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 4, got, &r) == 0);
    check_wants(got, want, 4); /* ZAC has 500 of the other 1500 */
    CHECK_NEAR(got[1].rest_in_zac, 0.25, 1e-12, "rest");
    CHECK(r.zip_stopped == 1 && r.zac_stopped == 1);
    CHECK_NEAR(r.zip_people, 1500, 1e-9, "ZIP");
    CHECK_NEAR(r.zac_people, 500, 1e-9, "ZAC");
    g.zac_ratio = 0.2; /* all of the other 1500, then 500 of the third */
    want[2] = (struct want) { ZAC, QZ_WHY_SPLIT, 3, 0.5 };
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 4, got, &r) == 0);
    check_wants(got, want, 4);
    CHECK_NEAR(got[1].rest_in_zac, 0.75, 1e-12, "rest");
    CHECK(got[2].rest_in_zac == 0 && r.zip_stopped == 1 && r.zac_stopped == 2);
    CHECK_NEAR(r.zac_people, 2000, 1e-9, "ZAC");
}

/* Needs by APL 1, 0, 0.5, 0.2; with the criteria half and half 0.5, 0.5, 0.5, 0.6. */
static void check_criteria(void) {
    const struct qz_zonage_unit u[] = {
        { 10, 4, 1, 0, -1 }, { 10, 3.25, NAN, 0, -1 }, { 10, 2.5, 0, 0, -1 }, { 10, 3.7, 1, 0, -1 }
    };
    struct qz_zonage_regime g = regime(0.5, 0);
    const struct {
        double weight;
        unsigned order[4];
    } cases[] = { { 0, { 4, 2, 1, 3 } }, { 0.5, { 4, 3, 2, 1 } }, { 1, { 2, 3, 4, 1 } } };
    struct qz_zonage_result got[4];
    struct qz_zonage_region r;
    struct qz_zonage_params p = { .split = false };
    for (size_t k = 0; k < COUNT(cases); k++) {
        g.criteria_weight = cases[k].weight;
        CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 4, got, &r) == 0);
        for (size_t i = 0; i < 4; i++) {
            CHECK_NEAR(got[i].order, cases[k].order[i], 0, "order");
            CHECK((got[i].kind == QZ_ZONAGE_ZIP) == (cases[k].order[i] <= 2));
        }
    }
}

/* 2011: 10 000 people, 10 %; rising density, no right, no end of the pool, no ZAC. */
static void check_density(void) {
    const struct qz_zonage_unit u[] = { U(300, 7, 0), U(600, 0, 0),  U(200, 8, 0),
                                        U(100, 9, 0), U(50, NAN, 0), U(8750, 135.8, 0) };
    const struct qz_zonage_regime g = { .year = 2011,
                                        .by_density = true,
                                        .zip_below = NAN,
                                        .pool_below = NAN,
                                        .zip_ratio = 0.1,
                                        .zac_ratio = NAN,
                                        .derogation_ratio = NAN,
                                        .criteria_weight = NAN };
    struct want want[] = { { ZIP, QZ_WHY_POOL, 2, 0 },   { ZIP, QZ_WHY_POOL, 1, 0 },
                           { HZ, QZ_WHY_GAUGE, 3, 0 },   { HZ, QZ_WHY_GAUGE, 4, 0 },
                           { HZ, QZ_WHY_UNKNOWN, 0, 0 }, { HZ, QZ_WHY_GAUGE, 5, 0 } };
    struct qz_zonage_result got[6];
    struct qz_zonage_region r;
    struct qz_zonage_params p = { .split = false };
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 6, got, &r) == 0);
    check_wants(got, want, 6);
    CHECK(r.zip_people == 900 && r.zac_people == 0 && r.zac_gauge == 0 && r.zip_stopped == 2);
    CHECK(r.zac_stopped == UINT32_MAX && r.pool_people == 9950);
    p.split = true;
    want[2] = (struct want) { ZIP, QZ_WHY_SPLIT, 3, 0.5 };
    CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 6, got, &r) == 0);
    check_wants(got, want, 6);
    CHECK(got[2].rest_in_zac == 0 && fabs(r.zip_people - 1000) < 1e-9);
}

/* ---- the slow way: look for the next unit among all, again and again */
struct country {
    size_t n;
    struct qz_zonage_unit unit[MOST];
    struct qz_zonage_regime regime[REGIONS];
    bool split;
};

static double slow_need(const struct qz_zonage_regime *r, const struct qz_zonage_unit *u) {
    if (r->by_density || r->criteria_weight == 0)
        return 0;
    double by_apl = (r->pool_below - u->apl) / (r->pool_below - r->zip_below);
    double extra = isnan(u->criterion) ? by_apl : u->criterion;
    return (1 - r->criteria_weight) * by_apl + r->criteria_weight * extra;
}

static bool waits(const struct country *c, size_t i) {
    const struct qz_zonage_unit *u = &c->unit[i];
    const struct qz_zonage_regime *r = &c->regime[u->region];
    if (u->override_class >= 0 || isnan(u->apl))
        return false;
    return r->by_density || (u->apl >= r->zip_below && u->apl <= r->pool_below);
}

static int next_of(const struct country *c, uint32_t region, const bool *taken) {
    int next = NOBODY;
    for (size_t i = 0; i < c->n; i++) {
        if (c->unit[i].region != region || taken[i] || !waits(c, i))
            continue;
        const struct qz_zonage_regime *r = &c->regime[region];
        double need = slow_need(r, &c->unit[i]);
        double best = next == NOBODY ? -1 : slow_need(r, &c->unit[next]);
        if (need > best || (need == best && c->unit[i].apl < c->unit[next].apl))
            next = (int)i;
    }
    return next;
}

/* Pours `share` of the unit into a gauge; gives what it held. */
static double pour(const struct country *c, int unit, double share, double gauge, double *held,
                   bool *closed) {
    double people = c->unit[unit].people, fits = share;
    if (*closed)
        return 0;
    if (*held + share * people > gauge + 1e-6) {
        *closed = true;
        fits = c->split && gauge > *held + 1e-6 ? (gauge - *held) / people : 0;
    }
    *held += fits * people;
    return fits;
}

static void check_region_slowly(const struct country *c, uint32_t region,
                                const struct qz_zonage_result *got,
                                const struct qz_zonage_region *sum) {
    const struct qz_zonage_regime *r = &c->regime[region];
    double people = 0, zip = 0, zac = 0;
    bool taken[MOST] = { false }, zip_closed = false, zac_closed = r->by_density;
    for (size_t i = 0; i < c->n; i++) {
        const struct qz_zonage_unit *u = &c->unit[i];
        if (u->region != region)
            continue;
        people += u->people;
        if (waits(c, i))
            continue;
        bool by_right = u->override_class < 0 && !r->by_density && u->apl < r->zip_below;
        int kind = by_right ? ZIP : u->override_class < 0 ? HZ : u->override_class;
        zip += kind == ZIP ? u->people : 0;
        zac += kind == ZAC ? u->people : 0;
        CHECK((int)got[i].kind == kind && got[i].share == 1 && got[i].order == 0);
        CHECK((got[i].why == QZ_WHY_RIGHT) == by_right);
    }
    unsigned order = 1;
    for (int i; (i = next_of(c, region, taken)) != NOBODY; order++) {
        taken[i] = true;
        double in_zip = pour(c, i, 1, r->zip_ratio * people, &zip, &zip_closed);
        double in_zac = in_zip < 1
                            ? pour(c, i, 1 - in_zip, r->zac_ratio * people, &zac, &zac_closed)
                            : 0;
        CHECK((int)got[i].kind == (in_zip > 0 ? ZIP : in_zac > 0 ? ZAC : HZ));
        CHECK(got[i].order == order);
        double share = in_zip > 0 ? in_zip : in_zac > 0 ? in_zac : 1;
        CHECK_NEAR(got[i].share, share, 1e-12, "share");
        CHECK_NEAR(got[i].rest_in_zac, in_zip > 0 ? in_zac : 0, 1e-12, "rest");
        CHECK(got[i].why == (in_zip + in_zac == 0 ? QZ_WHY_GAUGE
                             : share < 1          ? QZ_WHY_SPLIT
                                                  : QZ_WHY_POOL));
    }
    CHECK_NEAR(sum->people, people, 0, "people");
    CHECK_NEAR(sum->zip_people, zip, 1e-9, "people in ZIP");
    CHECK_NEAR(sum->zac_people, zac, 1e-9, "people in ZAC");
    CHECK((sum->zip_stopped != UINT32_MAX) == zip_closed);
    CHECK(r->by_density || (sum->zac_stopped != UINT32_MAX) == zac_closed);
}

/* apart: no two units of the same APL, as for what must not depend on their order. */
static struct country random_country(struct qz_dice *d, bool apart) {
    struct country c = { .n = qz_dice_below(d, MOST + 1), .split = qz_dice_chance(d, 0.5) };
    for (size_t r = 0; r < REGIONS; r++) {
        c.regime[r] = regime(qz_dice_below(d, 33) / 64.0, qz_dice_below(d, 33) / 64.0);
        c.regime[r].criteria_weight = qz_dice_below(d, 3) / 2.0;
        c.regime[r].by_density = qz_dice_chance(d, 0.2);
    }
    for (size_t i = 0; i < c.n; i++) {
        double apl = apart ? 2 + (double)i / 11 : 2 + qz_dice_below(d, 20) / 8.0;
        double extra = apart ? qz_dice_roll(d) : qz_dice_below(d, 5) / 4.0;
        c.unit[i] = (struct qz_zonage_unit) { qz_dice_below(d, 5) * 64.0,
                                              qz_dice_chance(d, 0.1) ? NAN : apl,
                                              qz_dice_chance(d, 0.3) ? NAN : extra,
                                              qz_dice_below(d, REGIONS), -1 };
        if (qz_dice_chance(d, 0.15))
            c.unit[i].override_class = (int8_t)qz_dice_below(d, QZ_N_ZONAGE);
    }
    return c;
}

static void simulate(const struct country *c, struct qz_zonage_result *got,
                     struct qz_zonage_region *sum) {
    struct qz_zonage_params p = { .split = c->split };
    CHECK(qz_zonage_new(ctx, &p, c->regime, REGIONS, c->unit, c->n, got, sum) == 0);
}

static void check_random(void) {
    struct qz_dice d = qz_dice_of(31, 1);
    for (size_t round = 0; round < 3000; round++) {
        struct country c = random_country(&d, false);
        struct qz_zonage_result got[MOST];
        struct qz_zonage_region sum[REGIONS];
        simulate(&c, got, sum);
        for (uint32_t r = 0; r < REGIONS; r++)
            check_region_slowly(&c, r, got, &sum[r]);
    }
}

/* ---- what must hold */
static void check_within_gauges(const struct country *c, const struct qz_zonage_result *got,
                                const struct qz_zonage_region *sum) {
    double fixed[REGIONS][QZ_N_ZONAGE] = { 0 }, held[REGIONS][QZ_N_ZONAGE] = { 0 };
    for (size_t i = 0; i < c->n; i++) {
        const struct qz_zonage_unit *u = &c->unit[i];
        held[u->region][got[i].kind] += got[i].share * u->people;
        held[u->region][ZAC] += got[i].rest_in_zac * u->people;
        if (got[i].why == QZ_WHY_OVERRIDE || got[i].why == QZ_WHY_RIGHT)
            fixed[u->region][got[i].kind] += u->people;
        CHECK(got[i].share > 0 && got[i].share + got[i].rest_in_zac <= 1 + 1e-12);
    }
    for (size_t r = 0; r < REGIONS; r++) {
        CHECK(held[r][ZIP] <= fmax(fixed[r][ZIP], sum[r].zip_gauge) + 1e-6);
        CHECK(held[r][ZAC] <= fmax(fixed[r][ZAC], sum[r].zac_gauge) + 1e-6);
        CHECK_NEAR(held[r][ZIP], sum[r].zip_people, 1e-9, "ZIP adds up");
        CHECK_NEAR(held[r][ZAC], sum[r].zac_people, 1e-9, "ZAC adds up");
    }
}

/* Of its people in ZIP, and in ZIP or ZAC. */
static double in_zip(const struct qz_zonage_result *r) {
    return r->kind == QZ_ZONAGE_ZIP ? r->share : 0;
}
static double in_either(const struct qz_zonage_result *r) {
    return in_zip(r) + r->rest_in_zac + (r->kind == QZ_ZONAGE_ZAC ? r->share : 0);
}

static void check_properties(void) {
    struct qz_dice d = qz_dice_of(31, 2);
    for (size_t round = 0; round < 2000; round++) {
        struct country c = random_country(&d, false);
        struct qz_zonage_result got[MOST], other[MOST];
        struct qz_zonage_region sum[REGIONS];
        simulate(&c, got, sum);
        check_within_gauges(&c, got, sum);
        for (size_t r = 0; r < REGIONS; r++) { /* raised gauges */
            c.regime[r].zip_ratio += qz_dice_below(&d, 33) / 64.0;
            c.regime[r].zac_ratio += qz_dice_below(&d, 33) / 64.0;
        }
        simulate(&c, other, sum);
        for (size_t i = 0; i < c.n; i++)
            CHECK(in_zip(&other[i]) >= in_zip(&got[i]) - 1e-12 &&
                  in_either(&other[i]) >= in_either(&got[i]) - 1e-12);
    }
}

static void check_order(void) {
    struct qz_dice d = qz_dice_of(31, 3);
    for (size_t round = 0; round < 1000; round++) {
        struct country c = random_country(&d, true), mixed = c;
        size_t from[MOST];
        for (size_t i = 0; i < c.n; i++) {
            size_t k = qz_dice_below(&d, (uint32_t)i + 1);
            from[i] = from[k];
            from[k] = i;
        }
        for (size_t i = 0; i < c.n; i++)
            mixed.unit[i] = c.unit[from[i]];
        struct qz_zonage_result a[MOST], b[MOST];
        struct qz_zonage_region sum[REGIONS];
        simulate(&c, a, sum);
        simulate(&mixed, b, sum);
        for (size_t i = 0; i < c.n; i++)
            CHECK(a[from[i]].kind == b[i].kind && a[from[i]].why == b[i].why &&
                  a[from[i]].order == b[i].order && fabs(a[from[i]].share - b[i].share) < 1e-12);
    }
}

/* Gauges of percents that no double holds: full to the person is full, whatever the rounding. */
static void check_brim(void) {
    struct qz_zonage_unit u[MOST];
    struct qz_zonage_result got[MOST];
    struct qz_zonage_region r;
    struct qz_zonage_params p = { .split = false };
    for (unsigned percent = 1; percent < 100; percent++) {
        const struct qz_zonage_regime g = regime(percent / 100.0, 0);
        u[0] = (struct qz_zonage_unit)U(percent * 0.1, 3, 0);
        u[1] = (struct qz_zonage_unit)U((100 - percent) * 0.1, 3.5, 0);
        CHECK(qz_zonage_new(ctx, &p, &g, 1, u, 2, got, &r) == 0);
        CHECK(got[0].kind == QZ_ZONAGE_ZIP && got[1].kind == QZ_ZONAGE_NONE);
    }
}

/* ---- words */
static void check_words(void) {
    static const struct {
        const char *word;
        int is;
    } words[] = {
        { "1_ZIP", ZIP },
        { "2_ZAC", ZAC },
        { "3_HZ", HZ },
        { "4_ZAR", ZAR },
        { "6_HZ", HZ },
        { "zip", ZIP },
        { " ZIP ", ZIP },
        { "1 - ZIP", ZIP },
        { "Zone d'intervention prioritaire", ZIP },
        { "Zones d\xe2\x80\x99intervention prioritaires", ZIP },
        { "ZONE D'INTERVENTION PRIORITAIRE", ZIP },
        { "zone d'action compl\xc3\xa9mentaire", ZAC },
        { "ZONE D'ACTION COMPL\xc3\x89MENTAIRE", ZAC },
        { "zone d'action comple\xcc\x81mentaire", ZAC },
        { "zones d'action complementaire", ZAC },
        { "Zone d'accompagnement r\xc3\xa9gional", ZAR },
        { "ZAR", ZAR },
        { "HZ", HZ },
        { "hors zonage", HZ },
        { "Hors-zonage", HZ },
        { "Hors vivier", HZ },
        { "", HZ },
        { "  ", HZ },
    };
    static const char too_long[] = "ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP "
                                   "ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP ZIP";
    static const char *const none[] = { "N/A - r\xc3\xa9sultat non disponible",
                                        "5_ZV",
                                        "3_QPV_ZIP",
                                        "ZI",
                                        "ZIPS ET ZAC",
                                        "1",
                                        "-",
                                        "?",
                                        "zone",
                                        too_long };
    enum qz_zonage_class c;
    for (size_t i = 0; i < COUNT(words); i++) {
        c = QZ_N_ZONAGE;
        CHECK(qz_zonage_parse(words[i].word, &c));
        CHECK_NEAR(c, words[i].is, 0, words[i].word);
    }
    for (size_t i = 0; i < COUNT(none); i++) {
        c = QZ_N_ZONAGE;
        CHECK(!qz_zonage_parse(none[i], &c) && c == QZ_N_ZONAGE);
    }
    for (int k = 0; k < QZ_N_ZONAGE; k++)
        CHECK(qz_zonage_parse(qz_zonage_name((enum qz_zonage_class)k), &c) && (int)c == k);
    CHECK(strcmp(qz_zonage_name(QZ_ZONAGE_NONE), "HZ") == 0);
}

/* The classes in force in 2025, by commune: each word of the table, as often as it stands there. */
static void check_real_words(void) {
    static const size_t want[QZ_N_ZONAGE] = {
        [HZ] = 3022, [ZIP] = 13593, [ZAC] = 16661, [ZAR] = 1502
    };
    size_t count[QZ_N_ZONAGE] = { 0 }, unknown = 0;
    FILE *f = fopen(SHARED_DATA "/france/zonage_medecin_2025.csv", "r");
    char line[256];
    enum qz_zonage_class c;
    if (!f || !fgets(line, sizeof line, f)) {
        printf("no " SHARED_DATA "/france/zonage_medecin_2025.csv: its words are not tried\n");
        return;
    }
    while (fgets(line, sizeof line, f)) {
        const char *word = strrchr(line, ',');
        if (word && qz_zonage_parse(word + 1, &c))
            count[c]++;
        else
            unknown++;
    }
    fclose(f);
    CHECK(memcmp(count, want, sizeof want) == 0 && unknown == 26);
}

/* ---- regimes */
#define HEAD "regime,region,parameter,value,source\n"
static const char table[] =
    "# a comment\n" HEAD "2011,*,order,density,ours\n"
    "2011,52,zip_percent,13.00,arrete\n2011,*,zip_percent,7.34,arrete\n"
    "2017,*,order,apl,\n2017,*,zip_below_apl,2.5,\n2017,*,pool_below_apl,4,\n"
    "2017,*,derogation_percent,5,\n2017,11,zip_percent,\"62,4\",\n"
    "2017,11,pool_below_apl,4.5,\n2025x,*,criteria_percent,30,\n";

static int read(const char *text, const char *year, const char *region,
                struct qz_zonage_regime *ret) {
    return qz_zonage_regime_read(ctx, "t.csv", text, year, region, ret);
}

static void check_regimes(void) {
    struct qz_zonage_regime g;
    CHECK(read(table, "2011", "52", &g) == 0);
    CHECK(g.year == 2011 && g.by_density && g.zip_ratio == 0.13 && isnan(g.zip_below));
    CHECK(read(table, "2011", "99", &g) == 0 && fabs(g.zip_ratio - 0.0734) < 1e-15);
    CHECK(read(table, "2011", NULL, &g) == 0 && fabs(g.zip_ratio - 0.0734) < 1e-15);
    CHECK(read(table, "2017", "52", &g) == 0);
    CHECK(g.year == 2017 && !g.by_density && g.zip_below == 2.5 && g.pool_below == 4);
    CHECK(isnan(g.zip_ratio) && isnan(g.zac_ratio) && isnan(g.criteria_weight));
    CHECK(g.derogation_ratio == 0.05);
    CHECK(read(table, "2017", "11", &g) == 0 && fabs(g.zip_ratio - 0.624) < 1e-15);
    CHECK(g.pool_below == 4.5 && g.zip_below == 2.5);
    CHECK(read(table, "2025X", "11", &g) == 0 && g.year == 2025 && g.criteria_weight == 0.3);
    g.year = 7;
    CHECK(read(table, "2018", "11", &g) == QZ_E_PLAN && says("'2018'", "did you mean '2011'"));
    CHECK(says("2011, 2017, 2025x", "t.csv") && g.year == 7);
    CHECK(read(HEAD, "2018", "11", &g) == QZ_E_PLAN);
}

static void check_bad_regimes(void) {
    static const struct {
        const char *text, *says, *also;
        int code;
    } bad[] = {
        { HEAD "y,1,zip_percent,100.5,\n", "line 2: value = '100.5'", "0 to 100", QZ_E_DATA },
        { HEAD "y,1,zac_percent,101,\n", "line 2", "'101'", QZ_E_DATA },
        { HEAD "y,1,zip_percent,-1,\n", "line 2", "'-1'", QZ_E_DATA },
        { HEAD "y,1,zip_percent,13 %,\n", "line 2", "'13 %'", QZ_E_DATA },
        { HEAD "y,1,zip_percent,,\n", "line 2", "''", QZ_E_DATA },
        { HEAD "y,1,criteria_percent,200,\n", "line 2", "'200'", QZ_E_DATA },
        { HEAD "y,1,derogation_percent,nan,\n", "line 2", "'nan'", QZ_E_DATA },
        { HEAD "\ny,1,zip_below_apl,low,\n", "line 3", "0 or more", QZ_E_DATA },
        { HEAD "y,*,order,size,\n", "'size'", "apl or density", QZ_E_DATA },
        { HEAD "y,*,zip_ratio,0.1,\n", "parameter = 'zip_ratio'", "zip_percent", QZ_E_DATA },
        { HEAD "y,1,zip_percent,1,\ny,1,ZIP_percent,2,\n", "line 3", "twice", QZ_E_DATA },
        { HEAD "y,*,zip_below_apl,3,\ny,1,pool_below_apl,2,\n", "3 is above", "2", QZ_E_DATA },
        { "regime,region,value\ny,1,1\n", "no column 'parameter'", "t.csv", QZ_E_FORMAT },
        { "", "empty", "t.csv", QZ_E_FORMAT },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct qz_zonage_regime g = { .year = 7 };
        CHECK(read(bad[i].text, "y", "1", &g) == bad[i].code && says(bad[i].says, bad[i].also));
        CHECK(g.year == 7);
    }
    struct qz_zonage_regime g; /* of another region: not looked at */
    CHECK(read(HEAD "y,2,zip_percent,200,\ny,*,order,apl,\n", "y", "1", &g) == 0);
}

/* The table that ships: what METHODS says of it, and that each of its rows can be read. */
static void check_shipped(void) {
    static const struct {
        const char *region;
        double percent;
    } known[] = { { "25", 10 },   { "52", 13 },   { "94", 5.95 }, { "22", 17.3 },
                  { "53", 5.57 }, { "74", 8.62 }, { "83", 8.64 }, { "00", 7.34 } };
    static const char *const years[] = { "2011", "2017", "2021", "2025" };
    const char *text = qz_geodata("zonage-regimes.csv");
    struct qz_zonage_regime g;
    CHECK(text != NULL);
    for (size_t i = 0; text && i < COUNT(known); i++) {
        CHECK(qz_zonage_regime_read(ctx, "zonage-regimes.csv", text, "2011", known[i].region, &g) ==
              0);
        CHECK_NEAR(g.zip_ratio * 100, known[i].percent, 1e-12, known[i].region);
        CHECK(g.by_density && g.year == 2011);
    }
    for (size_t i = 0; text && i < COUNT(years); i++)
        for (int code = 0; code < 100; code++) {
            char region[3];
            snprintf(region, sizeof region, "%02d", code);
            CHECK(qz_zonage_regime_read(ctx, "zonage-regimes.csv", text, years[i], region, &g) ==
                  0);
            CHECK(i == 0 || (g.zip_below == 2.5 && g.pool_below == 4 && !g.by_density &&
                             g.derogation_ratio == 0.05));
            CHECK(i == 3 ? isnan(g.criteria_weight) : i == 0 || g.criteria_weight == 0);
        }
}

/* ---- refusals */
static void check_refusals(void) {
    struct country c = { .n = 2, .unit = { U(10, 3, 0), U(10, 3, 1) } };
    struct qz_zonage_result got[2], zero[2];
    struct qz_zonage_region sum[REGIONS];
    struct qz_zonage_params p = { .split = false };
    memset(got, 0x5a, sizeof got);
    memcpy(zero, got, sizeof got);
#define TRY(code, change, a, b)                                                                \
    {                                                                                          \
        for (size_t r = 0; r < REGIONS; r++)                                                   \
            c.regime[r] = regime(0.5, 0.5);                                                    \
        struct qz_zonage_unit *u = &c.unit[1], kept = *u;                                      \
        struct qz_zonage_regime *g = &c.regime[1];                                             \
        change;                                                                                \
        (void)g;                                                                               \
        CHECK(qz_zonage_new(ctx, &p, c.regime, 2, c.unit, 2, got, sum) == code && says(a, b)); \
        *u = kept;                                                                             \
    }
    TRY(QZ_E_RANGE, u->region = 2, "unit 1", "region 2 of 2")
    TRY(QZ_E_RANGE, u->people = -1, "unit 1", "-1 people")
    TRY(QZ_E_RANGE, u->people = NAN, "unit 1", "nan people")
    TRY(QZ_E_RANGE, u->people = INFINITY, "unit 1", "inf people")
    TRY(QZ_E_RANGE, u->apl = -0.1, "APL of unit 1", "-0.1")
    TRY(QZ_E_RANGE, u->apl = INFINITY, "APL of unit 1", "inf")
    TRY(QZ_E_RANGE, u->criterion = 1.1, "criterion of unit 1", "1.1")
    TRY(QZ_E_RANGE, u->override_class = 4, "unit 1", "4 by hand")
    TRY(QZ_E_RANGE, u->override_class = -2, "unit 1", "-2 by hand")
    TRY(QZ_E_RANGE, g->zip_ratio = 1.01, "zip_ratio of region 1", "1.01")
    TRY(QZ_E_RANGE, g->zac_ratio = -1, "zac_ratio of region 1", "-1")
    TRY(QZ_E_RANGE, g->criteria_weight = 2, "criteria_weight", "2")
    TRY(QZ_E_RANGE, g->zip_below = 5, "zip_below 5 of region 1", "pool_below 4")
    TRY(QZ_E_PLAN, g->zip_ratio = NAN, "(zip_ratio) of regime 2017", "region 1")
    TRY(QZ_E_PLAN, g->zip_ratio = NAN, "2017,1,zip_percent,VALUE", "[zonage]")
    TRY(QZ_E_PLAN, g->zac_ratio = NAN, "(zac_ratio) of regime 2017", "zac_percent")
    TRY(QZ_E_PLAN, g->zip_below = NAN, "zip_below", "zip_below_apl")
    TRY(QZ_E_PLAN, g->pool_below = NAN, "pool_below", "pool_below_apl")
    TRY(QZ_E_PLAN, g->criteria_weight = NAN;
        u->criterion = 0.5, "criteria_weight", "criteria_percent")
    TRY(QZ_E_PLAN, g->derogation_ratio = NAN; u->apl = 5;
        u->override_class = ZAC, "derogation_ratio", "derogation_percent")
    CHECK(memcmp(got, zero, sizeof got) == 0);
    /* and what is not needed may be unknown */
    TRY(0, g->zip_ratio = g->zac_ratio = NAN; u->apl = 4.5, "", "")
    CHECK(isnan(sum[1].zip_gauge) && isnan(sum[1].zac_gauge) && sum[1].zip_stopped == UINT32_MAX);
    TRY(0, g->zip_ratio = g->zac_ratio = NAN; u->apl = 2, "", "")
    CHECK(got[1].why == QZ_WHY_RIGHT && sum[1].zip_people == 10);
    TRY(0, g->criteria_weight = NAN, "", "")
    TRY(0, g->derogation_ratio = NAN; u->override_class = ZIP, "", "")
    TRY(0, g->zip_below = g->pool_below = g->zip_ratio = NAN; u->apl = NAN, "", "")
#undef TRY
    CHECK(qz_zonage_new(ctx, &p, c.regime, 0, NULL, 0, NULL, NULL) == 0);
}

static void check_memory(void) {
    const struct qz_zonage_regime regimes[] = { regime(0.3, 0.2), regime(0.25, 0.25) };
    struct qz_zonage_result got[10];
    struct qz_zonage_region r[2];
    struct qz_zonage_params p = { .split = false };
    bool whole = false;
    for (size_t k = 0; k < 20 && !whole; k++) {
        qz_memory_fail_after(k);
        int e = qz_zonage_new(NULL, &p, regimes, 2, two_regions, 10, got, r);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((e == 0) == whole && (e == 0 || e == QZ_E_NOMEM));
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_two_regions();
    check_right();
    check_overrides();
    check_derogation();
    check_split();
    check_criteria();
    check_density();
    check_random();
    check_properties();
    check_order();
    check_brim();
    check_words();
    check_real_words();
    check_regimes();
    check_bad_regimes();
    check_shipped();
    check_refusals();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
