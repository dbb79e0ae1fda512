/* tests/unit/test_locate.c - where to put sites: by hand, and against every choice there is */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/locate.h"

#define NEVER QZ_UNREACHED_MS
static struct qz_ctx *ctx;

/* ---- a few candidates and places: minutes[candidate][place], NEVER: no link */
enum { MOST = 12 };
struct spot {
    size_t n_candidates, n_demands;
    uint32_t ms[MOST][MOST], served_ms[MOST];
    double weight[MOST];
    bool near[MOST][MOST]; /* too near to be opened both */
    bool has_served, has_apart;
    struct qz_link link[MOST][MOST];
    struct qz_links links[MOST];
    uint32_t apart_first[MOST + 1], apart[MOST * MOST];
};

static struct qz_locate_input spot_input(struct spot *s) {
    uint32_t n = 0;
    for (uint32_t c = 0; c < s->n_candidates; c++) {
        s->links[c] = (struct qz_links) { s->link[c], 0, MOST };
        for (uint32_t i = 0; i < s->n_demands; i++)
            if (s->ms[c][i] != NEVER)
                s->link[c][s->links[c].n++] = (struct qz_link) { i, 7, s->ms[c][i] };
        for (uint32_t k = 0; k < s->n_candidates; k++)
            if (s->near[c][k])
                s->apart[n++] = k;
        s->apart_first[c + 1] = n;
    }
    return (struct qz_locate_input) { s->n_candidates,
                                      s->n_demands,
                                      s->links,
                                      s->weight,
                                      s->has_served ? s->served_ms : NULL,
                                      s->has_apart ? s->apart_first : NULL,
                                      s->has_apart ? s->apart : NULL };
}

static uint32_t nearest(const struct spot *s, unsigned set, size_t i) {
    uint32_t best = s->has_served ? s->served_ms[i] : NEVER;
    for (size_t c = 0; c < s->n_candidates; c++)
        if (set >> c & 1 && s->ms[c][i] < best)
            best = s->ms[c][i];
    return best;
}

/* What the set is worth, from the definition. p-median: INFINITY when somebody is left out. */
static double worth(const struct spot *s, const struct qz_locate_params *p, unsigned set) {
    double sum = 0;
    for (size_t i = 0; i < s->n_demands; i++) {
        uint32_t ms = nearest(s, set, i);
        if (s->weight[i] == 0)
            continue;
        if (p->model != QZ_LOCATE_PMEDIAN)
            sum += ms != NEVER && ms <= p->limit_ms ? s->weight[i] : 0;
        else if (ms == NEVER && p->limit_ms == NEVER)
            sum = INFINITY;
        else
            sum += s->weight[i] * (ms < p->limit_ms ? ms : p->limit_ms) / 1000;
    }
    return sum;
}

static bool allowed(const struct spot *s, unsigned set) {
    for (size_t a = 0; a < s->n_candidates; a++)
        for (size_t b = 0; b < a; b++)
            if (s->has_apart && set >> a & 1 && set >> b & 1 && s->near[a][b])
                return false;
    return true;
}

/* The best of all choices; NAN: there is none. */
static double best_of_all(const struct spot *s, const struct qz_locate_params *p) {
    double best = NAN, whole = 0;
    for (size_t i = 0; i < s->n_demands; i++)
        whole += s->weight[i];
    for (unsigned set = 0; set < 1u << s->n_candidates; set++) {
        double now = worth(s, p, set);
        size_t n = (size_t)__builtin_popcount(set);
        if (!allowed(s, set) || (p->model != QZ_LOCATE_SET_COVER && n != p->p))
            continue;
        if (p->model == QZ_LOCATE_COVERING)
            best = isnan(best) || now > best ? now : best;
        else if (p->model == QZ_LOCATE_PMEDIAN && !isinf(now))
            best = isnan(best) || now < best ? now : best;
        else if (p->model == QZ_LOCATE_SET_COVER && now >= p->share * whole - 1e-9)
            best = isnan(best) || (double)n < best ? (double)n : best;
    }
    return best;
}

/* ---- by hand. A street: places at 0, 1, 2, 3 ... minutes, a candidate at each. */
static void make_street(struct spot *s, size_t n) {
    *s = (struct spot) { .n_candidates = n, .n_demands = n };
    for (uint32_t c = 0; c < n; c++) {
        s->weight[c] = 1;
        s->served_ms[c] = NEVER;
        for (uint32_t i = 0; i < n; i++)
            s->ms[c][i] = 60000 * (c > i ? c - i : i - c);
    }
}

static const struct {
    const char *name;
    enum qz_locate_model model;
    size_t n, p;
    double share;
    uint32_t limit_min; /* 0: NEVER */
    double weight[5];
    int served_at; /* an existing site at that place; -1 */
    bool apart;    /* neighbours may not both be opened */
    size_t n_sites;
    uint32_t site[3];
    double objective;
} cases[] = {
    { "the middle of five", 0, 5, 1, 0, 0, { 1, 1, 1, 1, 1 }, -1, false, 1, { 2 }, 360 },
    { "the heavy end draws it", 0, 5, 1, 0, 0, { 9, 1, 1, 1, 1 }, -1, false, 1, { 0 }, 600 },
    { "equal ones: the lowest", 0, 2, 1, 0, 0, { 1, 1 }, -1, false, 1, { 0 }, 60 },
    { "two of five, alone each is worth 600",
      0,
      5,
      2,
      0,
      0,
      { 1, 1, 1, 1, 2 },
      -1,
      false,
      2,
      { 1, 4 },
      180 },
    { "all are open", 0, 3, 3, 0, 0, { 1, 1, 1 }, -1, false, 3, { 1, 0, 2 }, 0 },
    { "none is", 0, 3, 0, 0, 2, { 1, 1, 1 }, -1, false, 0, { 0 }, 360 },
    { "a site exists at 0", 0, 5, 1, 0, 0, { 1, 1, 1, 1, 1 }, 0, false, 1, { 3 }, 180 },
    { "farther than a minute counts as one",
      0,
      5,
      1,
      0,
      1,
      { 1, 1, 1, 1, 5 },
      -1,
      false,
      1,
      { 4 },
      240 },
    { "weight 0 never matters", 0, 5, 1, 0, 0, { 0, 0, 1, 0, 0 }, -1, false, 1, { 2 }, 0 },
    { "a minute about: three of five", 1, 5, 1, 0, 1, { 1, 1, 1, 1, 1 }, -1, false, 1, { 1 }, 3 },
    { "the heavy ones", 1, 5, 1, 0, 1, { 1, 1, 1, 4, 4 }, -1, false, 1, { 3 }, 9 },
    { "what exists counts too", 1, 5, 1, 0, 1, { 1, 1, 1, 1, 1 }, 1, false, 1, { 3 }, 5 },
    { "two cover all five", 1, 5, 2, 0, 1, { 1, 1, 1, 1, 1 }, -1, false, 2, { 1, 3 }, 5 },
    { "neighbours may not: 0 and 2", 1, 3, 2, 0, 0, { 1, 1, 1 }, -1, true, 2, { 0, 2 }, 3 },
    { "all five with two", 2, 5, 0, 1, 1, { 1, 1, 1, 1, 1 }, -1, false, 2, { 1, 3 }, 2 },
    { "60 % with one", 2, 5, 0, 0.6, 1, { 1, 1, 1, 1, 1 }, -1, false, 1, { 1 }, 1 },
    { "61 % needs two", 2, 5, 0, 0.61, 1, { 1, 1, 1, 1, 1 }, -1, false, 2, { 1, 3 }, 2 },
    { "nothing asked, nothing opened", 2, 5, 0, 0, 1, { 1, 1, 1, 1, 1 }, -1, false, 0, { 0 }, 0 },
    { "enough exists", 2, 5, 0, 0.6, 1, { 1, 1, 1, 1, 1 }, 1, false, 0, { 0 }, 0 },
    { "one more does", 2, 5, 0, 1, 1, { 1, 1, 1, 1, 1 }, 1, false, 1, { 3 }, 1 },
};

static void check_by_hand(void) {
    for (size_t k = 0; k < COUNT(cases); k++) {
        struct spot s;
        struct qz_locate_answer *a = NULL;
        struct qz_locate_params p = qz_locate_params_default;
        make_street(&s, cases[k].n);
        memcpy(s.weight, cases[k].weight, sizeof cases[k].weight);
        s.has_served = cases[k].served_at >= 0;
        for (size_t i = 0; s.has_served && i < s.n_demands; i++)
            s.served_ms[i] = s.ms[cases[k].served_at][i];
        s.has_apart = cases[k].apart;
        for (size_t c = 0; c + 1 < s.n_candidates; c++)
            s.near[c][c + 1] = s.near[c + 1][c] = s.has_apart;
        p.model = cases[k].model;
        p.p = cases[k].p;
        p.share = cases[k].share;
        p.limit_ms = cases[k].limit_min ? 60000 * cases[k].limit_min : NEVER;
        struct qz_locate_input in = spot_input(&s);
        CHECK(qz_locate(ctx, &p, &in, &a) == 0);
        if (!a)
            continue;
        CHECK_NEAR(a->objective, cases[k].objective, 0, cases[k].name);
        CHECK_NEAR(a->bound, cases[k].objective, 0, cases[k].name);
        CHECK_NEAR(a->gap_ratio, 0, 0, cases[k].name);
        CHECK_NEAR((double)a->n_sites, (double)cases[k].n_sites, 0, cases[k].name);
        for (size_t i = 0; i < a->n_sites && i < cases[k].n_sites; i++)
            CHECK_NEAR(a->site[i], cases[k].site[i], 0, cases[k].name);
        a = qz_locate_answer_free(a);
    }
}

/* Serving, ms and objective_at, written out: a site exists at 0, its neighbour is a minute away. */
static void check_telling(void) {
    struct spot s;
    struct qz_locate_answer *a = NULL;
    struct qz_locate_params p = qz_locate_params_default;
    make_street(&s, 5);
    s.weight[4] = 10;
    s.weight[2] = 2;
    s.has_served = true;
    s.served_ms[0] = 0;
    s.served_ms[1] = 60000; /* as near as candidate 2 */
    p.p = 2;
    p.limit_ms = NEVER;
    struct qz_locate_input in = spot_input(&s);
    CHECK(qz_locate(ctx, &p, &in, &a) == 0);
    CHECK(a && a->n_sites == 2 && a->site[0] == 4 && a->site[1] == 2);
    const uint32_t serving[] = { UINT32_MAX, UINT32_MAX, 1, 0, 0 },
                   ms[] = { 0, 60000, 0, 60000, 0 };
    CHECK(a && memcmp(a->serving, serving, sizeof serving) == 0);
    CHECK(a && memcmp(a->ms, ms, sizeof ms) == 0);
    CHECK(a && a->objective_at[0] == 60 + 240 + 60 && a->objective_at[1] == 60 + 60);
    CHECK(a && a->n_demands == 5 && !a->exact);
    qz_locate_answer_free(a);
}

/* ---- every choice there is */
static struct spot random_spot(struct qz_dice *d) {
    struct spot s = { .n_candidates = 1 + qz_dice_below(d, MOST),
                      .n_demands = 1 + qz_dice_below(d, MOST) };
    double linked = qz_dice_between(d, 0.3, 1), apart = qz_dice_between(d, 0, 0.4);
    bool whole = qz_dice_chance(d, 0.6);
    uint32_t times = qz_dice_chance(d, 0.5) ? 6 : 100; /* few: many are equal */
    s.has_served = qz_dice_chance(d, 0.4);
    s.has_apart = qz_dice_chance(d, 0.3);
    for (size_t i = 0; i < s.n_demands; i++) {
        s.weight[i] = qz_dice_chance(d, 0.15) ? 0 : qz_dice_between(d, 0.1, 20);
        s.weight[i] = whole ? floor(s.weight[i]) : s.weight[i];
        s.served_ms[i] = qz_dice_chance(d, 0.5) ? NEVER : 10000 * qz_dice_below(d, times);
        for (size_t c = 0; c < s.n_candidates; c++)
            s.ms[c][i] = qz_dice_chance(d, linked) ? 10000 * qz_dice_below(d, times) : NEVER;
    }
    for (size_t a = 0; a < s.n_candidates; a++)
        for (size_t b = 0; b < a; b++)
            s.near[a][b] = s.near[b][a] = s.has_apart && qz_dice_chance(d, apart);
    return s;
}

static struct qz_locate_params random_params(struct qz_dice *d, const struct spot *s) {
    struct qz_locate_params p = qz_locate_params_default;
    size_t most = s->n_candidates < 4 ? s->n_candidates : 4;
    p.model = (enum qz_locate_model)qz_dice_below(d, QZ_N_LOCATE_MODELS);
    p.p = qz_dice_below(d, (uint32_t)most + 1);
    p.share = qz_dice_chance(d, 0.3) ? 1 : qz_dice_below(d, 11) / 10.0;
    if (p.share < 1 && qz_dice_chance(d, 0.4))
        p.share = 0.9 + qz_dice_below(d, 10) / 100.0;
    p.limit_ms = qz_dice_chance(d, 0.5) ? 30000 : 500000;
    if (p.model == QZ_LOCATE_PMEDIAN && qz_dice_chance(d, 0.5))
        p.limit_ms = NEVER;
    return p;
}

static void check_told(struct spot *s, const struct qz_locate_params *p,
                       const struct qz_locate_answer *a) {
    unsigned set = 0;
    bool distinct = true, steps = true;
    for (size_t k = 0; k < a->n_sites; k++) {
        distinct = distinct && !(set >> a->site[k] & 1);
        set |= 1u << a->site[k];
        double now = p->model == QZ_LOCATE_SET_COVER ? (double)(k + 1) : worth(s, p, set);
        steps = steps &&
                (now == a->objective_at[k] || fabs(now - a->objective_at[k]) <= 1e-9 * fabs(now));
        if (k > 0 && p->model == QZ_LOCATE_PMEDIAN)
            steps = steps && a->objective_at[k] <= a->objective_at[k - 1];
        else if (k > 0)
            steps = steps && a->objective_at[k] >= a->objective_at[k - 1];
    }
    CHECK(distinct && allowed(s, set));
    CHECK(steps && (a->n_sites == 0 || a->objective_at[a->n_sites - 1] == a->objective));
    if (p->model != QZ_LOCATE_SET_COVER)
        CHECK_NEAR(a->objective, worth(s, p, set), 1e-9 * a->objective, "worth");
    for (size_t i = 0; i < s->n_demands; i++) {
        uint32_t ms = nearest(s, set, i), by = UINT32_MAX;
        for (size_t k = a->n_sites; k > 0; k--)
            by = ms != NEVER && s->ms[a->site[k - 1]][i] == ms ? (uint32_t)k - 1 : by;
        by = s->has_served && s->served_ms[i] == ms ? UINT32_MAX : by;
        CHECK(a->ms[i] == ms && a->serving[i] == by);
    }
}

/* Opens each site only when it adds most to those before, the lowest of equals. */
static void check_order(struct spot *s, const struct qz_locate_params *p,
                        const struct qz_locate_answer *a) {
    unsigned set = 0;
    struct qz_locate_params like = *p;
    like.model = p->model == QZ_LOCATE_SET_COVER ? QZ_LOCATE_COVERING : p->model;
    for (size_t k = 0; k < a->n_sites; k++) {
        double now = worth(s, &like, set | 1u << a->site[k]);
        for (size_t l = k + 1; l < a->n_sites; l++) {
            double other = worth(s, &like, set | 1u << a->site[l]);
            double lead = like.model == QZ_LOCATE_PMEDIAN ? other - now : now - other;
            if (isfinite(now) || isfinite(other))
                CHECK(lead >= -1e-9 && (fabs(lead) > 1e-9 || a->site[k] < a->site[l]));
        }
        set |= 1u << a->site[k];
    }
}

static struct counts {
    size_t n, n_missed, n_open, n_none, n_unfound;
} counts[QZ_N_LOCATE_MODELS], hasty_counts;

/* hasty: one start and few looks, so that the best is often missed, or not proven. */
static void check_one(uint64_t seed, bool exact, bool hasty) {
    struct qz_dice d = qz_dice_of(seed, 41);
    struct spot s = random_spot(&d);
    struct qz_locate_params p = random_params(&d, &s);
    struct qz_locate_answer *a = NULL;
    struct qz_locate_input in = spot_input(&s);
    p.exact = exact;
    if (exact || hasty) { /* exact: leave it something to do */
        p.n_starts = 1;
        p.iterations = (unsigned)(seed % 4);
    }
    double best = best_of_all(&s, &p), sign = p.model == QZ_LOCATE_COVERING ? -1 : 1;
    int r = qz_locate(ctx, &p, &in, &a);
    struct counts *n = hasty ? &hasty_counts : &counts[p.model];
    n->n++;
    if (isnan(best) || r < 0) {
        n->n_none += isnan(best) ? 1 : 0;
        n->n_unfound += isnan(best) ? 0 : 1;
        CHECK(r == QZ_E_DATA && a == NULL);
        return;
    }
    double slack = 1e-9 * (1 + best);
    check_told(&s, &p, a);
    check_order(&s, &p, a);
    CHECK(sign * (a->objective - best) >= -slack); /* never better than the best */
    CHECK(sign * (a->bound - best) <= slack);      /* nor the bound past it */
    CHECK(sign * (a->objective - a->bound) >= 0);
    bool missed = sign * (a->objective - best) > slack;
    CHECK(!missed || a->gap_ratio > 0);
    double gap = fabs(a->bound - a->objective); /* of nothing covered: INFINITY */
    CHECK(a->gap_ratio == (gap == 0 ? 0 : gap / a->objective));
    CHECK(!exact || (!missed && (a->gap_ratio == 0)));
    n->n_missed += missed;
    n->n_open += a->gap_ratio > 0;
    qz_locate_answer_free(a);
}

static void check_all_choices(void) {
    enum { SEEDS = 3000 };
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        check_one(seed, false, false);
    for (int m = 0; m < QZ_N_LOCATE_MODELS; m++) {
        struct counts *n = &counts[m];
        printf("%s: %zu cases, the best missed in %zu, not found though there is one %zu, gap open "
               "%zu, no answer %zu\n",
               qz_locate_model_name((enum qz_locate_model)m), n->n, n->n_missed, n->n_unfound,
               n->n_open, n->n_none);
        CHECK(n->n > 600 && n->n_none < n->n / 2);
        CHECK(n->n_missed == 0 && n->n_unfound == 0);
    }
    for (uint64_t seed = SEEDS; seed < 3 * SEEDS; seed++)
        check_one(seed, false, true);
    printf("in haste: %zu cases, the best missed in %zu, gap open %zu\n", hasty_counts.n,
           hasty_counts.n_missed, hasty_counts.n_open);
    CHECK(hasty_counts.n_missed > 0 && hasty_counts.n_open > 100);
    for (uint64_t seed = 0; seed < 400 && qz_locate_has_exact(); seed++)
        check_one(seed, true, false);
}

/* ---- villages about some towns: too many to go through, few enough to settle */
enum { TOWNS = 60, CANDIDATES = 120, VILLAGES = 500 };
struct region {
    double weight[VILLAGES];
    struct qz_link link[CANDIDATES][VILLAGES];
    struct qz_links links[CANDIDATES];
    uint32_t apart_first[CANDIDATES + 1], apart[CANDIDATES * CANDIDATES];
};

static double away(const double a[2], const double b[2]) { return hypot(a[0] - b[0], a[1] - b[1]); }

static void near_town(struct qz_dice *d, double town[TOWNS][2], size_t k, double ret[2]) {
    ret[0] = town[k][0] + qz_dice_between(d, -4, 4);
    ret[1] = town[k][1] + qz_dice_between(d, -4, 4);
}

/* Minutes as the crow flies. Heavy villages and light ones, from 1 to 8000. */
static void make_region(struct region *g, uint64_t seed) {
    struct qz_dice d = qz_dice_of(seed, 45);
    double town[TOWNS][2], village[VILLAGES][2], candidate[CANDIDATES][2];
    uint32_t n = 0;
    for (size_t k = 0; k < TOWNS; k++)
        town[k][0] = qz_dice_between(&d, 0, 100), town[k][1] = qz_dice_between(&d, 0, 100);
    for (size_t c = 0; c < CANDIDATES; c++)
        near_town(&d, town, c % TOWNS, candidate[c]);
    for (size_t i = 0; i < VILLAGES; i++) {
        near_town(&d, town, qz_dice_below(&d, TOWNS), village[i]);
        g->weight[i] = exp(qz_dice_between(&d, 0, 9));
        g->weight[i] = seed % 2 ? g->weight[i] : floor(g->weight[i]);
    }
    for (uint32_t c = 0; c < CANDIDATES; c++) {
        g->links[c] = (struct qz_links) { g->link[c], 0, VILLAGES };
        for (uint32_t i = 0; i < VILLAGES; i++)
            g->link[c][g->links[c].n++] = (struct qz_link) {
                i, 0, (uint32_t)(60000 * away(candidate[c], village[i]))
            };
        for (uint32_t k = 0; k < CANDIDATES; k++)
            if (k != c && away(candidate[c], candidate[k]) < 4)
                g->apart[n++] = k;
        g->apart_first[c + 1] = n;
    }
}

/* The weight that some candidate, or one of the answer, brings within the limit. */
static double region_covered(const struct region *g, uint32_t limit_ms, const uint32_t *site,
                             size_t n) {
    double sum = 0;
    for (size_t i = 0; i < VILLAGES; i++) {
        bool is = false;
        for (size_t k = 0; k < n && !is; k++)
            is = g->link[site ? site[k] : k][i].time_ms <= limit_ms;
        sum += is ? g->weight[i] : 0;
    }
    return sum;
}

/* share: of what can be covered. Gives the sites; *gap, *bound. */
static double settle_region(const struct region *g, double share, bool apart, unsigned iterations,
                            double *gap, double *bound) {
    struct qz_locate_params p = qz_locate_params_default;
    struct qz_locate_input in = { .n_candidates = CANDIDATES,
                                  .n_demands = VILLAGES,
                                  .links = g->links,
                                  .weight = g->weight,
                                  .apart_first = apart ? g->apart_first : NULL,
                                  .apart = apart ? g->apart : NULL };
    struct qz_locate_answer *a = NULL;
    double whole = 0, sites = NAN;
    p.model = QZ_LOCATE_SET_COVER;
    p.limit_ms = 12 * 60000;
    p.iterations = iterations;
    p.n_starts = iterations > 1 ? p.n_starts : 1;
    for (size_t i = 0; i < VILLAGES; i++)
        whole += g->weight[i];
    double most = region_covered(g, p.limit_ms, NULL, CANDIDATES);
    p.share = share * (most / whole);
    CHECK(qz_locate(ctx, &p, &in, &a) == 0);
    if (a) {
        double covered = region_covered(g, p.limit_ms, a->site, a->n_sites);
        CHECK(covered >= share * most * (1 - 1e-9));
        CHECK(a->bound <= a->objective && a->objective == (double)a->n_sites);
        *gap = a->gap_ratio;
        *bound = a->bound;
        sites = a->objective;
    }
    qz_locate_answer_free(a);
    return sites;
}

/* Any answer is as many as the best at least: no bound may be above it, however it came about. */
static void check_region(const struct region *g, double share, bool apart, size_t *n_open,
                         double *widest, size_t *n_hasty) {
    double gap = 1, bound, other_gap = 1, other_bound = INFINITY;
    double n = settle_region(g, share, apart, 1000, &gap, &bound);
    *n_open += gap > 0;
    *widest = fmax(*widest, gap);
    for (unsigned iterations = 0; iterations < 2; iterations++) {
        double other = settle_region(g, share, apart, iterations, &other_gap, &other_bound);
        CHECK(other_bound <= n && bound <= other);
        *n_hasty += other_gap > 0;
    }
    settle_region(g, share, false, 1, &other_gap, &other_bound);
    CHECK(other_bound <= n); /* without `apart` there is more to choose from */
}

static void check_regions(void) {
    enum { REGIONS = 8 };
    static const double share[] = { 1, 0.99, 0.95 };
    size_t n_hasty = 0;
    struct region *g = qz_calloc(1, sizeof *g);
    CHECK(g != NULL);
    for (size_t k = 0; g && k < 2 * COUNT(share); k++) {
        bool apart = k >= COUNT(share);
        size_t n_open = 0;
        double widest = 0;
        for (uint64_t seed = 0; seed < REGIONS; seed++) {
            make_region(g, seed);
            check_region(g, share[k % COUNT(share)], apart, &n_open, &widest, &n_hasty);
        }
        printf("regions, %g of the weight%s: gap open %zu of %d, widest %g\n",
               share[k % COUNT(share)], apart ? ", apart" : "", n_open, REGIONS, widest);
        CHECK(n_open <= 1 && widest < 0.06);
    }
    printf("regions in haste: gap open %zu\n", n_hasty);
    CHECK(n_hasty > 10);
    free(g);
}

/* The places in another order: the same objective. */
static void check_permuted(void) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct qz_dice d = qz_dice_of(seed, 42);
        struct spot s = random_spot(&d), t = s;
        struct qz_locate_params p = random_params(&d, &s);
        struct qz_locate_answer *a = NULL, *b = NULL;
        for (size_t i = 0; i < s.n_demands; i++) {
            size_t to = (i * 5 + 3) % s.n_demands;
            if (s.n_demands % 5 == 0)
                to = s.n_demands - 1 - i;
            t.weight[to] = s.weight[i];
            t.served_ms[to] = s.served_ms[i];
            for (size_t c = 0; c < s.n_candidates; c++)
                t.ms[c][to] = s.ms[c][i];
        }
        struct qz_locate_input in = spot_input(&s), other = spot_input(&t);
        CHECK(qz_locate(ctx, &p, &in, &a) == qz_locate(ctx, &p, &other, &b));
        CHECK((a == NULL) == (b == NULL));
        if (a && b)
            CHECK_NEAR(a->objective, b->objective, 1e-9 * a->objective, "permuted");
        qz_locate_answer_free(a);
        qz_locate_answer_free(b);
    }
}

/* ---- refusals */
static void refuse_input(const struct qz_locate_params *p, const struct qz_locate_input *in,
                         int code, const char *message) {
    struct qz_locate_answer *kept = (void *)ctx, *a = kept;
    CHECK(qz_locate(ctx, p, in, &a) == code);
    CHECK(a == kept); /* untouched */
    bool same = strcmp(qz_ctx_error(ctx), message) == 0;
    if (!same)
        fprintf(stderr, "%s\n", qz_ctx_error(ctx));
    CHECK(same);
}

static void refuse(struct spot *s, const struct qz_locate_params *p, int code,
                   const char *message) {
    struct qz_locate_input in = spot_input(s);
    refuse_input(p, &in, code, message);
}

static void check_refusals(void) {
    struct spot s;
    struct qz_locate_params p = qz_locate_params_default, q;
    make_street(&s, 5);
    q = p, q.p = 6;
    refuse(&s, &q, QZ_E_RANGE, "locate: 6 sites of 5 candidates");
    q = p, q.model = QZ_N_LOCATE_MODELS;
    refuse(&s, &q, QZ_E_RANGE, "locate: no model 3");
    q = p, q.model = QZ_LOCATE_SET_COVER, q.share = 1.5;
    refuse(&s, &q, QZ_E_RANGE, "locate: a share of 1.5 is not within 0 to 1");
    q = p, q.gap_ratio = -1;
    refuse(&s, &q, QZ_E_RANGE, "locate: a gap of -1 is not 0 or more");
    q = p, q.exact = true;
    if (!qz_locate_has_exact())
        refuse(&s, &q, QZ_E_RANGE,
               "locate: an exact answer was asked for, but this build has no CBC");
    s.weight[3] = -2;
    refuse(&s, &p, QZ_E_RANGE, "locate: demand 3 weighs -2, not 0 or more");
    s.weight[3] = NAN;
    struct qz_locate_input in = spot_input(&s);
    struct qz_locate_answer *a = NULL;
    CHECK(qz_locate(ctx, &p, &in, &a) == QZ_E_RANGE && a == NULL);
    s.weight[3] = 1;
    in = spot_input(&s);
    s.link[2][4].origin = 5;
    refuse_input(&p, &in, QZ_E_RANGE, "locate: link 4 of candidate 2 is of demand 5 of 5");
    s.link[2][4].origin = 3;
    refuse_input(&p, &in, QZ_E_RANGE,
                 "locate: links of candidate 2 do not rise by demand (3 after 3)");
}

static void check_refusals_apart(void) {
    struct spot s;
    struct qz_locate_params p = qz_locate_params_default;
    make_street(&s, 5);
    s.has_apart = true;
    s.near[1][3] = true;
    refuse(&s, &p, QZ_E_RANGE, "locate: candidate 1 is too near to 3, but not the other way round");
    s.near[3][1] = true;
    s.near[2][2] = true;
    refuse(&s, &p, QZ_E_RANGE, "locate: candidate 2 is too near to candidate 2 of 5");
    s.near[2][2] = false;
    struct qz_locate_input in = spot_input(&s);
    s.apart[0] = 5;
    refuse_input(&p, &in, QZ_E_RANGE, "locate: candidate 1 is too near to candidate 5 of 5");
    s.near[0][4] = s.near[4][0] = true;
    in = spot_input(&s);
    s.apart_first[2] = 0;
    refuse_input(&p, &in, QZ_E_RANGE,
                 "locate: the list of those near candidate 1 ends before it begins");
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < 5; b++)
            s.near[a][b] = a != b && a < 4 && b < 4;
    p.p = 3;
    refuse(&s, &p, QZ_E_DATA,
           "locate: 3 sites were asked for, but 2 is the most that was found to fit far enough "
           "apart");
}

static void check_refusals_reach(void) {
    struct spot s;
    struct qz_locate_params p = qz_locate_params_default;
    make_street(&s, 5);
    p.limit_ms = NEVER;
    for (size_t c = 0; c < 5; c++)
        s.ms[c][3] = NEVER;
    refuse(&s, &p, QZ_E_DATA, "locate: demand 3 reaches no candidate and no existing site");
    s.weight[3] = 0;
    s.ms[0][4] = s.ms[1][4] = s.ms[2][4] = s.ms[3][4] = NEVER; /* 4 serves itself only */
    s.ms[4][0] = NEVER;
    refuse(&s, &p, QZ_E_DATA,
           "locate: 1 sites were not found to reach everybody: 1 places are left out, demand 4 "
           "the first");
    p.p = 0;
    refuse(&s, &p, QZ_E_DATA,
           "locate: 0 sites were not found to reach everybody: 4 places are left out, demand 0 "
           "the first");
    s.weight[3] = 1;
    p.model = QZ_LOCATE_SET_COVER;
    p.share = 0.9;
    refuse(&s, &p, QZ_E_DATA,
           "locate: a share of 0.9 was asked for, but 0.8 is the most that was found to be within "
           "reach");
}

static int stop(double done, const char *what, void *user) {
    (void)what;
    (void)user;
    return done < 0.5;
}

static void check_cancelled(void) {
    struct qz_ctx_params params = qz_ctx_params_default;
    struct qz_ctx *own = NULL;
    struct qz_locate_params p = qz_locate_params_default;
    params.progress = stop;
    CHECK(qz_ctx_new(&params, &own) == 0);
    size_t n_stopped = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct qz_dice d = qz_dice_of(seed, 43);
        struct spot s = random_spot(&d);
        struct qz_locate_answer *a = NULL;
        struct qz_locate_input in = spot_input(&s);
        p.p = s.n_candidates / 2;
        int r = qz_locate(own, &p, &in, &a);
        n_stopped += r == QZ_E_CANCELLED;
        CHECK((r == 0) == (a != NULL));
        qz_locate_answer_free(a);
    }
    CHECK(n_stopped > 0);
    qz_ctx_free(own);
}

static void check_memory(void) {
    for (int m = 0; m < QZ_N_LOCATE_MODELS; m++) {
        struct qz_dice d = qz_dice_of(11, 44);
        struct spot s = random_spot(&d);
        struct qz_locate_params p = qz_locate_params_default;
        bool whole = false;
        p.model = (enum qz_locate_model)m;
        p.p = 2;
        p.share = 0.5;
        for (size_t k = 0; k < 400 && !whole; k++) {
            struct qz_locate_answer *a = NULL;
            struct qz_locate_input in = spot_input(&s);
            qz_memory_fail_after(k);
            int r = qz_locate(ctx, &p, &in, &a);
            whole = qz_memory_fail_after(SIZE_MAX) <= k;
            CHECK(r == (whole ? 0 : QZ_E_NOMEM));
            CHECK(whole == (a != NULL));
            qz_locate_answer_free(a);
        }
        CHECK(whole);
    }
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(strcmp(qz_locate_model_name(QZ_LOCATE_SET_COVER), "set-cover") == 0);
    CHECK(qz_locate_answer_free(NULL) == NULL);
    check_by_hand();
    check_telling();
    check_all_choices();
    check_regions();
    check_permuted();
    check_refusals();
    check_refusals_apart();
    check_refusals_reach();
    check_cancelled();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
