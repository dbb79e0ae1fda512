/* engine/zone/zonage.c - the official zonage of doctors, simulated: by hand, by right, then from
 * the pool of each region until its gauges are full. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "quinze/zone.h"

static const double touch_people = 1e-6; /* what sums of people may be wrong by */

struct place { /* of a unit in the pool of its region */
    uint32_t region, unit;
    double need, apl;
};
struct zonage {
    const struct qz_zonage_params *params;
    const struct qz_zonage_regime *regimes;
    const struct qz_zonage_unit *units;
    size_t n, n_regions, n_places;
    struct place *places; /* the pool, by region in the order that it is taken */
    struct qz_zonage_result *results;
    struct qz_zonage_region *regions;
};

static void zonage_done(struct zonage *z) {
    free(z->places);
    free(z->results);
    free(z->regions);
}

static const struct qz_zonage_regime *regime_of(const struct zonage *z,
                                                const struct qz_zonage_unit *u) {
    return &z->regimes[u->region];
}

/* ---- input */
static int check_unit(struct qz_ctx *ctx, const struct qz_zonage_unit *u, size_t i,
                      size_t n_regions) {
    if (u->region >= n_regions)
        return qz_fail(ctx, QZ_E_RANGE, "zonage: unit %zu is in region %u of %zu", i, u->region,
                       n_regions);
    if (!(u->people >= 0 && isfinite(u->people)))
        return qz_fail(ctx, QZ_E_RANGE, "zonage: unit %zu has %g people, not 0 or more", i,
                       u->people);
    if (u->apl < 0 || isinf(u->apl))
        return qz_fail(ctx, QZ_E_RANGE, "zonage: the APL of unit %zu is %g, not 0 or more", i,
                       u->apl);
    if (u->criterion < 0 || u->criterion > 1)
        return qz_fail(ctx, QZ_E_RANGE, "zonage: the criterion of unit %zu is %g, not 0 to 1", i,
                       u->criterion);
    if (u->override_class < -1 || u->override_class >= QZ_N_ZONAGE)
        return qz_fail(ctx, QZ_E_RANGE, "zonage: unit %zu is classed %d by hand, which is no class",
                       i, u->override_class);
    return 0;
}

static int check_regime(struct qz_ctx *ctx, const struct qz_zonage_regime *r, size_t region) {
    const struct {
        const char *name;
        double value, most;
    } values[] = {
        { "zip_below", r->zip_below, INFINITY },
        { "pool_below", r->pool_below, INFINITY },
        { "zip_ratio", r->zip_ratio, 1 },
        { "zac_ratio", r->zac_ratio, 1 },
        { "derogation_ratio", r->derogation_ratio, 1 },
        { "criteria_weight", r->criteria_weight, 1 },
    };
    for (size_t i = 0; i < COUNT(values); i++)
        if (values[i].value < 0 || values[i].value > values[i].most || isinf(values[i].value))
            return qz_fail(ctx, QZ_E_RANGE, "zonage: %s of region %zu is %g, out of range",
                           values[i].name, region, values[i].value);
    if (r->zip_below > r->pool_below)
        return qz_fail(ctx, QZ_E_RANGE, "zonage: zip_below %g of region %zu is above pool_below %g",
                       r->zip_below, region, r->pool_below);
    return 0;
}

static int check(struct qz_ctx *ctx, const struct zonage *z) {
    if (z->n >= UINT32_MAX)
        return qz_fail(ctx, QZ_E_RANGE, "zonage: %zu units are too many", z->n);
    int e = 0;
    for (size_t r = 0; r < z->n_regions && e == 0; r++)
        e = check_regime(ctx, &z->regimes[r], r);
    for (size_t i = 0; i < z->n && e == 0; i++)
        e = check_unit(ctx, &z->units[i], i, z->n_regions);
    return e;
}

/* ---- what a unit needs to know of its regime */
static bool by_hand(const struct qz_zonage_unit *u) { return u->override_class >= 0; }

static bool helped_by_hand(const struct qz_zonage_unit *u) {
    return u->override_class == QZ_ZONAGE_ZIP || u->override_class == QZ_ZONAGE_ZAC;
}

static bool in_pool(const struct qz_zonage_regime *r, const struct qz_zonage_unit *u) {
    if (r->by_density)
        return !isnan(u->apl);
    return u->apl >= r->zip_below && u->apl <= r->pool_below;
}

static bool above_pool(const struct qz_zonage_regime *r, const struct qz_zonage_unit *u) {
    return !r->by_density && u->apl > r->pool_below;
}

static int missing(struct qz_ctx *ctx, const struct zonage *z, uint32_t region, const char *name,
                   const char *row) {
    int year = z->regimes[region].year;
    char number[16];
    snprintf(number, sizeof number, "%u", region);
    const char *code = z->params->region ? z->params->region[region] : number;
    return qz_fail(ctx, QZ_E_PLAN,
                   "%s (%s) of regime %d is not known for region %s (*: none is named): give "
                   "zip_percent and zac_percent, or region = CODE, in [zonage]; or the row "
                   "'%d,%s,%s,VALUE' in a table of regimes",
                   row, name, year, code, year, code, row);
}

/* Only what this unit leans on: a region whose pool is empty needs no gauge. */
static int check_needs(struct qz_ctx *ctx, const struct zonage *z, const struct qz_zonage_unit *u) {
    const struct qz_zonage_regime *r = regime_of(z, u);
    bool hand = by_hand(u), apl = !r->by_density;
    if (isnan(u->apl) || (hand && !(apl && helped_by_hand(u))))
        return 0;
    if (apl && isnan(r->zip_below))
        return missing(ctx, z, u->region, "zip_below", "zip_below_apl");
    if (apl && isnan(r->pool_below))
        return missing(ctx, z, u->region, "pool_below", "pool_below_apl");
    if (hand)
        return above_pool(r, u) && isnan(r->derogation_ratio)
                   ? missing(ctx, z, u->region, "derogation_ratio", "derogation_percent")
                   : 0;
    if (!in_pool(r, u))
        return 0;
    if (isnan(r->zip_ratio))
        return missing(ctx, z, u->region, "zip_ratio", "zip_percent");
    if (apl && isnan(r->zac_ratio))
        return missing(ctx, z, u->region, "zac_ratio", "zac_percent");
    if (apl && isnan(r->criteria_weight) && !isnan(u->criterion))
        return missing(ctx, z, u->region, "criteria_weight", "criteria_percent");
    return 0;
}

/* ---- what needs no order */
static void count_region(struct zonage *z, const struct qz_zonage_unit *u) {
    const struct qz_zonage_regime *r = regime_of(z, u);
    struct qz_zonage_region *g = &z->regions[u->region];
    g->people += u->people;
    g->pool_people += in_pool(r, u) ? u->people : 0;
    g->derogation_people += helped_by_hand(u) && above_pool(r, u) ? u->people : 0;
}

static void set_class(struct zonage *z, size_t unit, enum qz_zonage_class c,
                      enum qz_zonage_why why) {
    const struct qz_zonage_unit *u = &z->units[unit];
    struct qz_zonage_region *g = &z->regions[u->region];
    z->results[unit].kind = c;
    z->results[unit].why = why;
    z->results[unit].share = 1;
    g->zip_people += c == QZ_ZONAGE_ZIP ? u->people : 0;
    g->zac_people += c == QZ_ZONAGE_ZAC ? u->people : 0;
}

/* 1 at zip_below, 0 at pool_below; the criterion weighed in. */
static double need_of(const struct qz_zonage_regime *r, const struct qz_zonage_unit *u) {
    double c = r->criteria_weight, by_apl;
    if (r->by_density || !(c > 0))
        return 0; /* the same for all: APL decides */
    qz_need_between(&u->apl, 1, r->pool_below, r->zip_below, &by_apl);
    return (1 - c) * by_apl + c * (isnan(u->criterion) ? by_apl : u->criterion);
}

static void settle(struct zonage *z, size_t unit) {
    const struct qz_zonage_unit *u = &z->units[unit];
    const struct qz_zonage_regime *r = regime_of(z, u);
    if (by_hand(u))
        set_class(z, unit, (enum qz_zonage_class)u->override_class, QZ_WHY_OVERRIDE);
    else if (isnan(u->apl))
        set_class(z, unit, QZ_ZONAGE_NONE, QZ_WHY_UNKNOWN);
    else if (in_pool(r, u))
        z->places[z->n_places++] = (struct place) { u->region, (uint32_t)unit, need_of(r, u),
                                                    u->apl };
    else if (above_pool(r, u))
        set_class(z, unit, QZ_ZONAGE_NONE, QZ_WHY_OUT);
    else
        set_class(z, unit, QZ_ZONAGE_ZIP, QZ_WHY_RIGHT);
}

static void open_gauges(struct zonage *z) {
    for (size_t i = 0; i < z->n_regions; i++) {
        const struct qz_zonage_regime *r = &z->regimes[i];
        struct qz_zonage_region *g = &z->regions[i];
        g->zip_gauge = r->zip_ratio * g->people;
        g->zac_gauge = r->by_density ? 0 : r->zac_ratio * g->people;
        g->derogation_over = g->derogation_people >
                             r->derogation_ratio * g->pool_people + touch_people;
        g->zip_stopped = g->zac_stopped = UINT32_MAX;
    }
}

/* ---- the pool */
static int by_turn(const void *a, const void *b) {
    const struct place *p = a, *q = b;
    if (p->region != q->region)
        return p->region < q->region ? -1 : 1;
    if (p->need != q->need)
        return p->need > q->need ? -1 : 1;
    if (p->apl != q->apl)
        return p->apl < q->apl ? -1 : 1;
    return (p->unit > q->unit) - (p->unit < q->unit);
}

/* The unit that ends a gauge fills it to the brim, and leaves what it has beyond. */
static double split(struct zonage *z, const struct qz_zonage_unit *u, double gauge, double held) {
    double room = gauge - held;
    return z->params->split && room > touch_people ? room / u->people : 0;
}

static bool overflows(double held, double more, double gauge) {
    return held + more > gauge + touch_people;
}

/* ZAC has the rest of a unit that ZIP did not hold whole, or a share of the rest. */
static void offer_to_zac(struct zonage *z, uint32_t unit) {
    const struct qz_zonage_unit *u = &z->units[unit];
    struct qz_zonage_region *g = &z->regions[u->region];
    struct qz_zonage_result *result = &z->results[unit];
    bool in_zip = result->kind == QZ_ZONAGE_ZIP;
    double rest = in_zip ? 1 - result->share : 1, share = rest;
    if (g->zac_stopped != UINT32_MAX || regime_of(z, u)->by_density)
        return;
    if (overflows(g->zac_people, rest * u->people, g->zac_gauge)) {
        share = split(z, u, g->zac_gauge, g->zac_people);
        g->zac_stopped = unit;
    }
    g->zac_people += share * u->people;
    if (in_zip)
        result->rest_in_zac = share;
    else if (share > 0)
        *result = (struct qz_zonage_result) { QZ_ZONAGE_ZAC, share < 1 ? QZ_WHY_SPLIT : QZ_WHY_POOL,
                                              share, 0, result->order };
}

static void offer(struct zonage *z, uint32_t unit, uint32_t order) {
    const struct qz_zonage_unit *u = &z->units[unit];
    struct qz_zonage_region *g = &z->regions[u->region];
    struct qz_zonage_result *result = &z->results[unit];
    double share = 0;
    if (g->zip_stopped == UINT32_MAX) {
        bool fits = !overflows(g->zip_people, u->people, g->zip_gauge);
        share = fits ? 1 : split(z, u, g->zip_gauge, g->zip_people);
        g->zip_stopped = fits ? UINT32_MAX : unit;
    }
    g->zip_people += share * u->people;
    *result = (struct qz_zonage_result) { QZ_ZONAGE_NONE, QZ_WHY_GAUGE, 1, 0, order };
    if (share > 0) {
        result->kind = QZ_ZONAGE_ZIP;
        result->why = share < 1 ? QZ_WHY_SPLIT : QZ_WHY_POOL;
        result->share = share;
    }
    if (share < 1)
        offer_to_zac(z, unit);
}

static void fill(struct zonage *z) {
    uint32_t order = 0;
    if (z->n_places > 0)
        qsort(z->places, z->n_places, sizeof *z->places, by_turn);
    for (size_t i = 0; i < z->n_places; i++) {
        order = i > 0 && z->places[i].region == z->places[i - 1].region ? order + 1 : 1;
        offer(z, z->places[i].unit, order);
    }
}

int qz_zonage_new(struct qz_ctx *ctx, const struct qz_zonage_params *params,
                  const struct qz_zonage_regime *regimes, size_t n_regions,
                  const struct qz_zonage_unit *units, size_t n, struct qz_zonage_result *ret,
                  struct qz_zonage_region *regions) {
    qz_cleanup(zonage_done) struct zonage z = { params, regimes, units, n,   n_regions,
                                                0,      NULL,    NULL,  NULL };
    int e = check(ctx, &z);
    for (size_t i = 0; i < n && e == 0; i++)
        e = check_needs(ctx, &z, &units[i]);
    if (e < 0)
        return e;
    z.places = qz_malloc(n, sizeof *z.places);
    z.results = qz_calloc(n, sizeof *z.results);
    z.regions = qz_calloc(n_regions, sizeof *z.regions);
    if (!z.places || !z.results || !z.regions)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        count_region(&z, &units[i]);
    for (size_t i = 0; i < n; i++)
        settle(&z, i);
    open_gauges(&z);
    fill(&z);
    if (n > 0)
        memcpy(ret, z.results, n * sizeof *ret);
    if (n_regions > 0)
        memcpy(regions, z.regions, n_regions * sizeof *regions);
    return 0;
}
