/* engine/zone/three15.c - the "three fifteens": checks, basin after basin, what is given back. */
#include <math.h>
#include <string.h>
#include "zone/three15.h"

const struct qz_three15_params qz_three15_params_default = {
    .people_target = 15000, .people_min = 7500, .people_max = 22500, .limit_ms = 900000
};

struct qz_zones *qz_zones_free(struct qz_zones *z) {
    if (z) {
        free(z->items);
        free(z->member);
        free(z->zone_of);
        free(z->unzoned);
        free(z->most_people);
    }
    free(z);
    return NULL;
}

static void zones_freep(struct qz_zones **z) { *z = qz_zones_free(*z); }

/* ---- checks */
static int check_links(struct qz_ctx *ctx, const struct qz_land_of_communes *in) {
    for (size_t i = 0; i < in->n_links; i++) {
        const struct qz_link *l = &in->links[i], *before = l - (i > 0);
        if (l->origin >= in->n || l->site >= in->n)
            return qz_fail(ctx, QZ_E_RANGE, "zones: link %zu is out of range", i);
        if (i &&
            (l->site < before->site || (l->site == before->site && l->origin <= before->origin)))
            return qz_fail(ctx, QZ_E_RANGE, "zones: link %zu is out of order", i);
    }
    return 0;
}

static int check(struct qz_ctx *ctx, const struct qz_three15_params *p,
                 const struct qz_land_of_communes *in) {
    if (!(p->people_min > 0 && p->people_min <= p->people_target &&
          p->people_target <= p->people_max && isfinite(p->people_max)))
        return qz_fail(ctx, QZ_E_RANGE,
                       "zones: people_min <= people_target <= people_max must hold and be above 0");
    if (in->n >= QZ_NO_COMMUNE || in->n_links >= UINT32_MAX - in->n)
        return qz_fail(ctx, QZ_E_RANGE, "zones: too many communes or links");
    for (size_t i = 0; i < in->n; i++)
        if (!(in->people[i] >= 0 && isfinite(in->people[i])))
            return qz_fail(ctx, QZ_E_RANGE, "zones: commune %zu has %g people", i, in->people[i]);
    return check_links(ctx, in);
}

/* ---- one basin */
struct making {
    const struct qz_three15_params *params;
    const struct qz_effort *effort;
    const struct qz_land_of_communes *in;
    struct qz_reach reach;
    struct qz_basins basins;
    struct qz_zones *zones; /* zone_of[] holds seats until all basins are done */
};

static void making_done(struct making *m) {
    qz_reach_done(&m->reach);
    qz_basins_done(&m->basins);
}

static void keep(struct making *m, const struct qz_basin *b, const struct qz_choice *choice,
                 const uint8_t *may) {
    for (uint32_t i = 0; i < b->land.n; i++) {
        uint32_t seat = choice->seat_of[i], commune = b->commune[i];
        m->zones->zone_of[commune] = seat == QZ_NO_COMMUNE ? seat : b->commune[seat];
        m->reach.reason[commune] = seat != QZ_NO_COMMUNE ? QZ_ZONED
                                   : may[i]              ? QZ_UNZONED_CHOICE
                                                         : QZ_UNZONED_FEW;
    }
}

struct decision { /* on a basin */
    struct qz_choice choice;
    uint8_t *may;
    double *price;
    double bound;
    bool proven;
};

static void decision_done(struct decision *d) {
    qz_choice_done(&d->choice);
    free(d->may);
    free(d->price);
}

static double least(double a, double b) { return a < b ? a : b; }

/* Exact where zones can be listed. Where they are too many to search, what is found is mended by
 * trials, and the search tried again against a better choice. */
static int decide_listed(struct qz_ctx *ctx, const struct qz_effort *effort,
                         const struct qz_listing *l, struct decision *d) {
    double bound = 0, exact = 0;
    qz_listing_may(l, d->may);
    int r = qz_exact_zones(ctx, l, effort->nodes, &d->choice, &d->bound, &d->proven);
    if (r < 0 || d->proven)
        return r;
    r = qz_zones_bound(ctx, l->basin, effort, d->may, d->choice.merit.in_zones, d->price, &bound);
    if (r == 0)
        r = qz_trials(ctx, l->basin, effort, d->price, &d->choice);
    if (r == 0)
        r = qz_exact_zones(ctx, l, effort->nodes, &d->choice, &exact, &d->proven);
    d->bound = least(d->bound, least(bound, exact));
    return r;
}

/* A first choice gives the bound its aim; the prices of the bound help the trials. */
static int decide_by_trials(struct qz_ctx *ctx, const struct qz_effort *effort,
                            const struct qz_basin *b, struct decision *d) {
    int r = qz_zones_may(ctx, b, &d->choice, d->may);
    if (r == 0)
        r = qz_zones_bound(ctx, b, effort, d->may, d->choice.merit.in_zones, d->price, &d->bound);
    return r < 0 ? r : qz_trials(ctx, b, effort, d->price, &d->choice);
}

static int decide(struct qz_ctx *ctx, const struct qz_effort *effort, const struct qz_basin *b,
                  struct decision *d) {
    qz_cleanup(qz_listing_done) struct qz_listing listing = { 0 };
    int r = 0;
    if (b->land.n <= effort->exact_most && b->land.n <= QZ_LISTING_MOST)
        r = qz_listing_init(ctx, b, &listing);
    if (r == 0)
        r = qz_trials(ctx, b, effort, NULL, &d->choice);
    if (r < 0)
        return r;
    return listing.whole ? decide_listed(ctx, effort, &listing, d)
                         : decide_by_trials(ctx, effort, b, d);
}

static int solve_basin(struct qz_ctx *ctx, struct making *m, const struct qz_basin *b) {
    qz_cleanup(decision_done) struct decision d = {
        .may = qz_malloc(b->land.n, 1), .price = qz_malloc(b->land.n, sizeof *d.price)
    };
    int r = d.may && d.price ? qz_choice_init(ctx, b->land.n, &d.choice) : qz_fail_nomem(ctx);
    if (r == 0)
        r = decide(ctx, m->effort, b, &d);
    if (r < 0)
        return r;
    m->zones->bound += d.bound;
    keep(m, b, &d.choice, d.may);
    return 0;
}

static int solve(struct qz_ctx *ctx, struct making *m) {
    int r = qz_reach_init(ctx, m->params, m->in, &m->reach);
    if (r == 0)
        r = qz_basins_init(ctx, m->in, &m->reach, &m->basins);
    for (size_t k = 0; k < m->basins.n && r == 0; k++) {
        qz_cleanup(qz_basin_done) struct qz_basin b = { 0 };
        double all = m->basins.first[m->basins.n];
        r = qz_basin_init(ctx, m->params, m->in, &m->reach, &m->basins, k, &b);
        b.done_from = m->basins.first[k] / all;
        b.done_to = m->basins.first[k + 1] / all;
        if (r == 0 && k % (m->basins.n / 100 + 1) == 0)
            r = qz_progress(ctx, b.done_from, "zones");
        if (r == 0)
            r = solve_basin(ctx, m, &b);
    }
    return r;
}

/* ---- what is given back */
static int allocate(struct qz_ctx *ctx, size_t n, struct qz_zones *z) {
    z->n_communes = n;
    z->items = qz_calloc(n, sizeof *z->items);
    z->member = qz_calloc(n, sizeof *z->member);
    z->zone_of = qz_malloc(n, sizeof *z->zone_of);
    if (n && (!z->items || !z->member || !z->zone_of))
        return qz_fail_nomem(ctx);
    memset(z->zone_of, 0xff, n * sizeof *z->zone_of);
    return 0;
}

/* Zones by seat; zone_of[] from seats to zones. */
static void number(struct qz_zones *z, uint32_t *zone_at) {
    for (uint32_t i = 0; i < z->n_communes; i++)
        if (z->zone_of[i] == i) {
            zone_at[i] = (uint32_t)z->n;
            z->items[z->n++].seat = i;
        }
    for (uint32_t i = 0; i < z->n_communes; i++)
        if (z->zone_of[i] != QZ_NO_COMMUNE) {
            z->zone_of[i] = zone_at[z->zone_of[i]];
            z->items[z->zone_of[i]].n++;
        }
}

static uint32_t ms_of(const struct making *m, uint32_t seat, uint32_t commune) {
    uint32_t k = m->reach.first[seat];
    while (m->reach.items[k].at != commune)
        k++;
    return m->reach.items[k].ms;
}

static void describe(const struct making *m) {
    struct qz_zones *z = m->zones;
    uint32_t at = 0;
    for (size_t k = 0; k < z->n; k++) {
        z->items[k].first = at;
        at += z->items[k].n;
        z->items[k].n = 0;
    }
    for (uint32_t i = 0; i < z->n_communes; i++) {
        z->people += m->in->people[i];
        if (z->zone_of[i] == QZ_NO_COMMUNE)
            continue;
        struct qz_zone *zone = &z->items[z->zone_of[i]];
        uint32_t ms = ms_of(m, zone->seat, i);
        z->member[zone->first + zone->n++] = i;
        zone->people += m->in->people[i];
        zone->longest_ms = ms > zone->longest_ms ? ms : zone->longest_ms;
        z->people_in_zones += m->in->people[i];
    }
    z->bound = z->bound > z->people_in_zones ? z->bound : z->people_in_zones;
}

int qz_three15_with(struct qz_ctx *ctx, const struct qz_three15_params *params,
                    const struct qz_effort *effort, const struct qz_land_of_communes *in,
                    struct qz_zones **ret) {
    int r = check(ctx, params, in);
    if (r < 0)
        return r;
    qz_cleanup(zones_freep) struct qz_zones *zones = qz_calloc(1, sizeof *zones);
    qz_cleanup(qz_freep) uint32_t *zone_at = qz_malloc(in->n, sizeof *zone_at);
    if (!zones || (in->n && !zone_at))
        return qz_fail_nomem(ctx);
    qz_cleanup(making_done) struct making m = {
        .params = params, .effort = effort, .in = in, .zones = zones
    };
    r = allocate(ctx, in->n, zones);
    if (r == 0)
        r = solve(ctx, &m);
    if (r < 0)
        return r;
    number(zones, zone_at);
    describe(&m);
    zones->unzoned = m.reach.reason;
    zones->most_people = m.reach.most_people;
    m.reach.reason = NULL;
    m.reach.most_people = NULL;
    *ret = zones;
    zones = NULL;
    return 0;
}

int qz_three15_new(struct qz_ctx *ctx, const struct qz_three15_params *params,
                   const struct qz_land_of_communes *in, struct qz_zones **ret) {
    return qz_three15_with(ctx, params, &qz_effort_default, in, ret);
}
