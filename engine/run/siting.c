/* engine/run/siting.c - where the next maisons de sante go: who needs them, who could hold one, and
 * the choice. */
#include <math.h>
#include <string.h>
#include "run/run.h"

enum { PEOPLE_15MIN_MS = 900000 }; /* a column of the proposals, whatever the limit */

uint32_t qz_run_siting_ms(const struct qz_run_state *s) {
    return (uint32_t)lround(s->plan->siting.limit_min * 60000);
}

static enum qz_locate_model model_of(const struct qz_plan *plan) {
    for (enum qz_locate_model m = 0; m < QZ_N_LOCATE_MODELS; m++)
        if (strcmp(plan->siting.model, qz_locate_model_name(m)) == 0)
            return m;
    return QZ_LOCATE_COVERING;
}

/* How far the model looks. */
static uint32_t model_ms(const struct qz_run_state *s) {
    return model_of(s->plan) == QZ_LOCATE_PMEDIAN
               ? (uint32_t)lround(s->plan->siting.far_min * 60000)
               : qz_run_siting_ms(s);
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* ---- who reaches which candidate */
size_t qz_run_n_candidate_links(const struct qz_run_state *s) {
    return s->plan->siting.n ? s->communes->n : 0;
}

int qz_run_candidate_links_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                               struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, most(model_ms(s), qz_run_siting_ms(s)));
    qz_hash_number(h, s->may_seat[part]);
    qz_hash_number(h, s->points->at[part].x_m);
    qz_hash_number(h, s->points->at[part].y_m);
    return 0;
}

int qz_run_begin_candidate_links(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->candidate_links = qz_calloc(s->communes->n, sizeof *s->candidate_links);
    return s->candidate_links ? 0 : qz_fail_nomem(ctx);
}

int qz_run_candidate_links(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                           size_t part) {
    uint32_t limit_ms = most(most(model_ms(s), qz_run_siting_ms(s)), PEOPLE_15MIN_MS);
    if (!s->may_seat[part])
        return 0;
    return qz_search_links(ctx, w->search, s->home_origins, &s->origin_stops[part], (uint32_t)part,
                           limit_ms, &s->candidate_links[part]);
}

/* Of the demand 'beyond'; and whether sites were asked for. */
int qz_run_siting_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx, (void)part;
    qz_hash_number(h, qz_run_threshold_ms(s->plan, 0));
    qz_hash_number(h, s->plan->siting.stated);
    qz_hash_number(h, s->sites_only);
    return 0;
}

/* ---- whom they are for */
size_t qz_run_siting_outlook(const struct qz_run_state *s) {
    if (s->n_outlooks == 1)
        return 0;
    return strcmp(s->plan->siting.unknown_ages, "stay") == 0 ? 2 : 1;
}

/* In the unit of the score that homes have inside: supply per inhabitant. */
static double too_low(const struct qz_run_state *s) {
    static const double consultations = 2.5; /* a year: the legal zoning's */
    const struct qz_run_care *care = &s->care[0];
    double below = s->plan->siting.apl_below;
    if (below > 0)
        return below / qz_apl_score_factor(&care->preset);
    below = care->preset.unit == QZ_SCORE_CONSULTATIONS
                ? consultations
                : consultations / care->preset.consultations_per_fte * 1e5;
    return below / qz_apl_score_factor(&care->preset);
}

bool qz_run_is_badly_served(const struct qz_run_state *s, size_t outlook, size_t home) {
    const double *score = s->care[0].score[outlook];
    return score && score[home] < too_low(s);
}

static void add_group(const struct qz_run_state *s, const struct qz_group *group, double *demand) {
    for (size_t i = 0; i < s->homes->n; i++) {
        uint32_t c = s->homes->commune[i];
        if (group->known[c] && s->people->count[c] > 0)
            demand[i] = s->home_people[i] * group->count[c] / s->people->count[c];
    }
}

static int find_demand(struct qz_ctx *ctx, const struct qz_run_state *s, double *demand) {
    const char *what = s->plan->siting.demand;
    uint32_t threshold_ms = qz_run_threshold_ms(s->plan, 0);
    if (strcmp(what, "apl") == 0 && !s->care[0].score[0])
        return qz_fail(ctx, QZ_E_PLAN,
                       "[siting] demand = apl: %s is a place of care, without a score; let "
                       "demand = beyond, or people",
                       s->plan->practices[0].key);
    for (size_t i = 0; i < s->homes->n; i++) {
        bool in = strcmp(what, "people") == 0 ||
                  (strcmp(what, "apl") == 0 &&
                   qz_run_is_badly_served(s, qz_run_siting_outlook(s), i)) ||
                  (strcmp(what, "beyond") == 0 && s->care[0].ms[0][i] > threshold_ms);
        demand[i] = in ? s->home_people[i] : 0;
    }
    for (size_t g = 0; g < s->plan->n_groups; g++)
        if (strcmp(s->plan->groups[g].key, what) == 0)
            add_group(s, s->groups[g], demand);
    return 0;
}

/* ---- what serves already */
static bool serves(const struct qz_run_state *s, size_t site) {
    const struct qz_site *x = &s->sites->items[site];
    if (s->site_stops[site].edge == UINT32_MAX)
        return false;
    return strcmp(s->plan->siting.existing, "structures") == 0 ? qz_run_is_coordinated(x->structure)
                                                               : x->profession == 0 && !x->planned;
}

static int find_served(struct qz_ctx *ctx, const struct qz_run_state *s, uint32_t *served_ms,
                       struct qz_xy *at, size_t *n_at) {
    qz_cleanup(qz_freep) struct qz_stop *stops = qz_malloc(s->sites->n, sizeof *stops);
    qz_cleanup(qz_freep) uint32_t *site = qz_malloc(s->homes->n, sizeof *site);
    size_t n = 0;
    if (!stops || !site)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->homes->n; i++)
        served_ms[i] = QZ_UNREACHED_MS;
    for (size_t i = 0; i < s->sites->n && strcmp(s->plan->siting.existing, "none") != 0; i++)
        if (serves(s, i)) {
            at[n] = s->sites->items[i].point;
            stops[n++] = s->site_stops[i];
        }
    *n_at = n;
    return n == 0 ? 0
                  : qz_travel_nearest(ctx, s->network, stops, n, s->home_stops, s->homes->n,
                                      served_ms, site);
}

/* ---- candidates */
struct choice {
    uint32_t *commune; /* of each candidate */
    size_t n;
    struct qz_links *links; /* borrowed items, of each */
    uint32_t *served_ms;
    double *demand;
    uint32_t *apart_first, *apart;
    size_t cap_apart;
    double coverable_ratio; /* of the demand: something can, or does, serve it */
    struct qz_xy *existing; /* where sites are that serve already */
    size_t n_existing;
};

static void choice_done(struct choice *c) {
    free(c->commune);
    free(c->links);
    free(c->served_ms);
    free(c->demand);
    free(c->apart_first);
    free(c->apart);
    free(c->existing);
}

static bool is_near_existing(const struct qz_run_state *s, const struct choice *c, size_t commune) {
    for (size_t i = 0; i < c->n_existing; i++)
        if (qz_distance_m(c->existing[i], s->points->at[commune]) < s->plan->siting.apart_m)
            return true;
    return false;
}

static int find_candidates(struct qz_ctx *ctx, const struct qz_run_state *s, struct choice *c) {
    size_t n = s->communes->n;
    c->commune = qz_malloc(n, sizeof *c->commune);
    c->links = qz_calloc(n, sizeof *c->links);
    if (!c->commune || !c->links)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < n; i++)
        if (s->may_seat[i] && !(s->plan->siting.apart_m > 0 && is_near_existing(s, c, i))) {
            c->links[c->n] = s->candidate_links[i];
            c->commune[c->n++] = i;
        }
    return 0;
}

static int find_apart(struct qz_ctx *ctx, const struct qz_run_state *s, struct choice *c) {
    size_t n = 0;
    c->apart_first = qz_calloc(c->n + 1, sizeof *c->apart_first);
    if (!c->apart_first)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < c->n; i++) {
        for (uint32_t k = 0; k < c->n; k++) {
            if (k == i || qz_distance_m(s->points->at[c->commune[i]],
                                        s->points->at[c->commune[k]]) >= s->plan->siting.apart_m)
                continue;
            uint32_t *grown = qz_grow(c->apart, &c->cap_apart, n + 1, sizeof *grown);
            if (!grown)
                return qz_fail_nomem(ctx);
            c->apart = grown;
            grown[n++] = k;
        }
        c->apart_first[i + 1] = (uint32_t)n;
    }
    return 0;
}

/* ---- the choice */
/* The plan's share is of the demand that something can cover. */
static int coverable_ratio(struct qz_ctx *ctx, const struct qz_run_state *s, const struct choice *c,
                           double *ret) {
    uint32_t limit_ms = qz_run_siting_ms(s);
    double all = 0, some = 0;
    qz_cleanup(qz_freep) uint8_t *reached = qz_calloc(s->homes->n, 1);
    if (!reached)
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < c->n; k++)
        for (size_t l = 0; l < c->links[k].n; l++)
            if (c->links[k].items[l].time_ms <= limit_ms)
                reached[c->links[k].items[l].origin] = 1;
    for (size_t i = 0; i < s->homes->n; i++) {
        all += c->demand[i];
        some += reached[i] || c->served_ms[i] <= limit_ms ? c->demand[i] : 0;
    }
    *ret = all > 0 ? some / all : 0;
    return 0;
}

static int locate(struct qz_ctx *ctx, struct qz_run_state *s, const struct choice *c) {
    struct qz_locate_params params = qz_locate_params_default;
    params.model = model_of(s->plan);
    params.p = s->plan->siting.n;
    params.limit_ms = model_ms(s);
    params.exact = s->plan->siting.exact;
    params.share = s->plan->siting.share * c->coverable_ratio; /* of what can be covered */
    if (params.p > c->n && !s->plan->siting.stated)
        params.p = c->n;
    struct qz_locate_input in = {
        .n_candidates = c->n,
        .n_demands = s->homes->n,
        .links = c->links,
        .weight = c->demand,
        .served_ms = c->served_ms,
        .apart_first = s->plan->siting.apart_m > 0 ? c->apart_first : NULL,
        .apart = c->apart,
    };
    int e = qz_locate(ctx, &params, &in, &s->located);
    return e < 0 ? qz_fail_at(ctx, e, "[siting]: ") : 0;
}

/* From candidates to communes, for good. */
static int keep_answer(struct qz_ctx *ctx, struct qz_run_state *s, struct choice *c) {
    struct qz_locate_answer *a = s->located;
    s->sited = qz_malloc(a->n_sites, sizeof *s->sited);
    if (!s->sited)
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < a->n_sites; k++)
        s->sited[k] = c->commune[a->site[k]];
    s->demand = c->demand;
    c->demand = NULL;
    s->served_ms = c->served_ms;
    c->served_ms = NULL;
    return 0;
}

static int no_demand(struct qz_ctx *ctx, struct qz_run_state *s) {
    if (!s->plan->siting.stated && !s->sites_only)
        return 0; /* nobody asked for sites */
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "siting", 0, NULL, "no_demand",
                        "nobody is counted by [siting] demand = %s: no site is proposed",
                        s->plan->siting.demand);
}

/* None can hold a seat, which was told; or those that can are all beside a site that exists. */
static int no_candidate(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->communes->n; i++)
        n += s->may_seat[i];
    if (n)
        return qz_fail(ctx, QZ_E_PLAN,
                       "[siting] apart_km = %g: all %zu communes that could hold a site are nearer "
                       "than that to one that exists; lower it, or let existing = none",
                       s->plan->siting.apart_m / 1000, n);
    return s->plan->siting.stated ? qz_fail(ctx, QZ_E_PLAN,
                                            "[siting] sites = %u, but no commune can hold one by "
                                            "[seats] who = %s",
                                            s->plan->siting.n, s->plan->seats.who)
                                  : 0;
}

/* Whom no site can serve, wherever it is put; and a plan whose structures nobody knows. */
static int tell_out_of_reach(struct qz_ctx *ctx, struct qz_run_state *s, const struct choice *c,
                             double demand) {
    double ratio = c->coverable_ratio;
    int e = 0;
    if (ratio < 0.9995)
        e = qz_issue_add(
            ctx, &s->issues, QZ_SEVERITY_NOTE, "siting", 0, NULL, "out_of_reach",
            "%.0f people of the demand (%.1f %%) are within %g min of no candidate and "
            "of no site that exists: lower people_min of [seats], or let who = all",
            demand * (1 - ratio), 100 * (1 - ratio), s->plan->siting.limit_min);
    if (e == 0 && strcmp(s->plan->siting.existing, "structures") == 0 && c->n_existing == 0)
        e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "siting", 0, NULL, "no_existing_site",
                         "no coordinated structure is known: sites are placed as if there were "
                         "none; give structures, or let existing = sites of [siting]");
    return e;
}

/* Of set covering: what exists already serves the share. */
static int none_needed(struct qz_ctx *ctx, struct qz_run_state *s, const struct choice *c,
                       double demand) {
    double served = 0;
    for (size_t i = 0; i < s->homes->n; i++)
        served += c->served_ms[i] <= qz_run_siting_ms(s) ? c->demand[i] : 0;
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "siting", 0, NULL, "no_site_needed",
                        "no site is needed: what exists serves %.1f %% of the demand already, "
                        "share_percent asks for %g %% of what can be served",
                        100 * served / demand, 100 * s->plan->siting.share);
}

static int prepare(struct qz_ctx *ctx, const struct qz_run_state *s, struct choice *c) {
    c->demand = qz_calloc(s->homes->n, sizeof *c->demand);
    c->served_ms = qz_malloc(s->homes->n, sizeof *c->served_ms);
    c->existing = qz_malloc(s->sites->n, sizeof *c->existing);
    if (!c->demand || !c->served_ms || !c->existing)
        return qz_fail_nomem(ctx);
    int e = find_demand(ctx, s, c->demand);
    if (e == 0)
        e = find_served(ctx, s, c->served_ms, c->existing, &c->n_existing);
    if (e == 0)
        e = find_candidates(ctx, s, c);
    return e < 0 || !(s->plan->siting.apart_m > 0) ? e : find_apart(ctx, s, c);
}

int qz_run_siting(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    qz_cleanup(choice_done) struct choice c = { 0 };
    double demand = 0;
    bool asked = s->plan->siting.stated || s->sites_only;
    if (!s->plan->siting.n && s->sites_only)
        return qz_fail(ctx, QZ_E_PLAN, "[siting] sites = 0: there is nothing to place");
    if (!s->plan->siting.n ||
        (!asked && strcmp(s->plan->siting.demand, "apl") == 0 && !s->care[0].score[0]))
        return 0;
    int e = prepare(ctx, s, &c);
    for (size_t i = 0; i < s->homes->n && e == 0; i++)
        demand += c.demand[i];
    if (e < 0)
        return e;
    if (!(demand > 0))
        return no_demand(ctx, s);
    if (c.n == 0)
        return no_candidate(ctx, s);
    if (s->plan->siting.n > c.n && s->plan->siting.stated &&
        model_of(s->plan) != QZ_LOCATE_SET_COVER)
        return qz_fail(
            ctx, QZ_E_PLAN,
            "[siting] sites = %u, but only %zu communes can hold one: lower it, or widen "
            "[seats] (people_min, who, only)",
            s->plan->siting.n, c.n);
    e = coverable_ratio(ctx, s, &c, &c.coverable_ratio);
    if (e == 0 && asked)
        e = tell_out_of_reach(ctx, s, &c, demand);
    if (e < 0)
        return e;
    e = locate(ctx, s, &c);
    if (e == 0 && s->located->n_sites == 0)
        e = none_needed(ctx, s, &c, demand);
    return e < 0 ? e : keep_answer(ctx, s, &c);
}
