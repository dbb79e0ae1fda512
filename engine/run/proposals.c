/* engine/run/proposals.c - what a planner must see of each proposed site. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "layer/define.h"
#include "run/run.h"

/* ---- who is near */
static void count_people(const struct qz_run_state *s, struct qz_site_figures *f) {
    const struct qz_links *links = &s->candidate_links[f->commune];
    uint32_t limit_ms = qz_run_siting_ms(s);
    size_t later = qz_run_siting_outlook(s);
    f->people_15min = qz_run_people_within(s, links, 900000);
    for (size_t k = 0; k < links->n; k++) {
        uint32_t home = links->items[k].origin;
        if (links->items[k].time_ms > limit_ms)
            continue;
        f->badly_served_now += qz_run_is_badly_served(s, 0, home) ? s->home_people[home] : 0;
        f->badly_served_horizon += qz_run_is_badly_served(s, later, home) ? s->home_people[home]
                                                                          : 0;
        f->gained += s->served_ms[home] > limit_ms ? s->demand[home] : 0;
    }
    if (!s->care[0].score[0])
        f->badly_served_now = f->badly_served_horizon = NAN;
}

/* taken[n_homes]: 1 where a site before this one, or one that exists, serves within the limit. */
static void count_added(const struct qz_run_state *s, uint8_t *taken, struct qz_site_figures *f) {
    const struct qz_links *links = &s->candidate_links[f->commune];
    for (size_t k = 0; k < links->n; k++) {
        uint32_t home = links->items[k].origin;
        if (links->items[k].time_ms > qz_run_siting_ms(s) || taken[home])
            continue;
        taken[home] = 1;
        f->added += s->served_ms[home] > qz_run_siting_ms(s) ? s->demand[home] : 0;
    }
}

/* near[n_communes]: 1 for those whose point reaches the seat within the limit. */
static void find_near(const struct qz_run_state *s, uint32_t seat, uint8_t *near) {
    const struct qz_links *links = &s->seats[seat];
    memset(near, 0, s->communes->n);
    for (size_t k = 0; k < links->n; k++)
        near[links->items[k].origin] = links->items[k].time_ms <= qz_run_siting_ms(s);
}

/* ---- care */
static bool is_secret(const struct qz_run_state *s, size_t profession, size_t commune) {
    struct qz_place_key at = { .profession = &s->professions[profession], .place = commune };
    return qz_is_secret(&at);
}

static void count_leaving(const struct qz_run_state *s, const uint8_t *near,
                          struct qz_site_figures *f) {
    const struct qz_run_care *care = &s->care[0];
    const struct qz_tally *now = care->counted[0].tally[0],
                          *then = care->counted[qz_run_siting_outlook(s)].tally[0];
    bool known = care->has_age && s->n_outlooks > 1, fte_known = known && care->has_fte;
    for (size_t c = 0; c < s->communes->n; c++) {
        if (!near[c])
            continue;
        known = known && !is_secret(s, 0, c);
        fte_known = fte_known && now[c].heads_no_fte == 0;
        f->heads_leaving += now[c].heads - then[c].heads;
        f->fte_leaving += now[c].fte - then[c].fte;
    }
    f->heads_leaving = known ? f->heads_leaving : NAN;
    f->fte_leaving = known && fte_known ? f->fte_leaving : NAN;
}

static int by_text(const void *va, const void *vb) {
    return strcmp(*(const char *const *)va, *(const char *const *)vb);
}

/* A structure is one site, however many professions it has. */
static int count_structures(struct qz_ctx *ctx, const struct qz_run_state *s, const uint8_t *near,
                            struct qz_site_figures *f) {
    qz_cleanup(qz_freep) const char **ids = qz_malloc(s->sites->n, sizeof *ids);
    size_t n = 0, different = 0;
    if (!ids)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->sites->n; i++)
        if (near[s->sites->items[i].commune] && qz_run_is_coordinated(s->sites->items[i].structure))
            ids[n++] = *s->sites->items[i].finess ? s->sites->items[i].finess
                                                  : s->sites->items[i].id;
    if (n)
        qsort(ids, n, sizeof *ids, by_text);
    for (size_t i = 0; i < n; i++)
        different += i == 0 || strcmp(ids[i], ids[i - 1]) != 0;
    f->structures = s->structures_known ? (double)different : NAN;
    return 0;
}

/* "3 médecins généralistes, 1 pharmacie" */
static int tell_care(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_pool *texts,
                     struct qz_site_figures *f) {
    struct qz_text t = { 0 };
    char number[48];
    for (size_t p = 0; p < s->plan->n_practices; p++) {
        const struct qz_practice *practice = &s->plan->practices[p];
        double heads = s->care[p].counted[0].tally[0][f->commune].heads;
        if (is_secret(s, p, f->commune))
            qz_text_add(&t, "%s%s : secret", t.n ? ", " : "", practice->label_plural);
        else if (heads > 0)
            qz_text_add(&t, "%s%s %s", t.n ? ", " : "",
                        qz_french_number(heads, heads != floor(heads), number),
                        heads < 2 ? practice->label : practice->label_plural);
    }
    f->care_at_seat = t.failed ? NULL : qz_pool_add(texts, t.n ? t.data : "", t.n);
    qz_text_done(&t);
    return f->care_at_seat ? 0 : qz_fail_nomem(ctx);
}

static int tell_overlays(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_pool *texts,
                         struct qz_site_figures *f) {
    struct qz_text t = { 0 };
    for (size_t i = 0; i < s->plan->n_overlays; i++) {
        const char *what = s->overlays[i].what[f->commune];
        if (*what)
            qz_text_add(&t, "%s%s%s%s%s", t.n ? ", " : "", s->plan->overlays[i].label,
                        strcmp(what, "oui") == 0 ? "" : " (", strcmp(what, "oui") == 0 ? "" : what,
                        strcmp(what, "oui") == 0 ? "" : ")");
    }
    f->overlays = t.failed ? NULL : qz_pool_add(texts, t.n ? t.data : "", t.n);
    qz_text_done(&t);
    return f->overlays ? 0 : qz_fail_nomem(ctx);
}

/* ---- one sentence */
static const char *horizon_words(const struct qz_run_state *s, char text[32]) {
    *text = 0;
    if (s->n_outlooks > 1)
        snprintf(text, 32, " en %u", s->plan->years[0]);
    return text;
}

/* Whom the demand counts. */
static void add_demand(const struct qz_run_state *s, struct qz_text *t) {
    const char *demand = s->plan->siting.demand;
    char year[32];
    if (strcmp(demand, "apl") == 0)
        qz_text_add(t, "habitants mal desservis%s", horizon_words(s, year));
    else if (strcmp(demand, "beyond") == 0)
        qz_text_add(t, "habitants trop loin d'un %s", s->plan->practices[0].label);
    else if (strcmp(demand, "people") == 0)
        qz_text_add(t, "habitants");
    else
        for (size_t g = 0; g < s->plan->n_groups; g++)
            if (strcmp(s->plan->groups[g].key, demand) == 0)
                qz_text_add(t, "%s", s->plan->groups[g].label);
}

/* What it adds to those that open before, then what it would gain alone. */
static void add_gain(const struct qz_run_state *s, const struct qz_site_figures *f,
                     struct qz_text *t) {
    char added[48], gained[48];
    qz_text_add(t, "ouvre en n°\u00a0%u, ajoute %s ", f->opening, qz_french_whole(f->added, added));
    add_demand(s, t);
    qz_text_add(t, " à %s min ou moins",
                qz_french_number(s->plan->siting.limit_min,
                                 s->plan->siting.limit_min != floor(s->plan->siting.limit_min),
                                 gained));
    if (f->gained - f->added >= 0.5)
        qz_text_add(t, " (%s à portée)", qz_french_whole(f->gained, gained));
    if (!s->structures_known && strcmp(s->plan->siting.existing, "structures") == 0)
        qz_text_add(t, " ; structures existantes inconnues");
}

static void add_rest(const struct qz_run_state *s, const struct qz_site_figures *f,
                     struct qz_text *t) {
    char number[48];
    if (f->heads_leaving >= 0.05)
        qz_text_add(t, " ; départs d'ici %u : %s %s", s->plan->years[0],
                    qz_french_number(f->heads_leaving, 1, number),
                    f->heads_leaving < 2 ? s->plan->practices[0].label
                                         : s->plan->practices[0].label_plural);
    if (f->structures == 0)
        qz_text_add(t, " ; aucune structure coordonnée à portée");
    else if (f->structures > 0)
        qz_text_add(t, " ; %.0f structure%s coordonnée%s à portée", f->structures,
                    f->structures > 1 ? "s" : "", f->structures > 1 ? "s" : "");
    qz_text_add(t, *f->care_at_seat ? " ; sur place : %s" : " ; aucun soin sur place",
                f->care_at_seat);
    if (s->official && s->official[f->commune] >= 0)
        qz_text_add(t, " ; zonage en vigueur : %s",
                    qz_zonage_name((enum qz_zonage_class)s->official[f->commune]));
    if (*f->overlays)
        qz_text_add(t, " ; %s", f->overlays);
}

static int tell_site(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_pool *texts,
                     struct qz_site_figures *f) {
    struct qz_text t = { 0 };
    add_gain(s, f, &t);
    add_rest(s, f, &t);
    f->reasons = t.failed ? NULL : qz_pool_add(texts, t.data, t.n);
    qz_text_done(&t);
    return f->reasons ? 0 : qz_fail_nomem(ctx);
}

static int fill_site(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_pool *texts,
                     uint8_t *near, uint8_t *taken, size_t k, struct qz_site_figures *f) {
    *f = (struct qz_site_figures) { .commune = s->sited[k], .opening = (uint32_t)k + 1 };
    for (size_t i = 0; i < s->homes->n; i++)
        f->served += s->located->serving[i] == k && s->located->ms[i] <= qz_run_siting_ms(s)
                         ? s->demand[i]
                         : 0;
    find_near(s, f->commune, near);
    count_people(s, f);
    count_added(s, taken, f);
    count_leaving(s, near, f);
    int e = count_structures(ctx, s, near, f);
    if (e == 0)
        e = tell_care(ctx, s, texts, f);
    if (e == 0)
        e = tell_overlays(ctx, s, texts, f);
    return e < 0 ? e : tell_site(ctx, s, texts, f);
}

/* ---- rank */
enum { GAINED, BADLY_SERVED, FTE_LEAVING, HEADS_LEAVING, STRUCTURES, N_OWN };

static int rank(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_siting_results *r) {
    qz_cleanup(qz_freep) double *values = qz_malloc(N_OWN * r->n, sizeof *values);
    qz_cleanup(qz_freep) uint32_t *place = qz_malloc(r->n, sizeof *place);
    qz_cleanup(qz_freep) double **tables = qz_calloc(s->plan->n_tables, sizeof *tables);
    qz_cleanup(qz_freep) double **overlays = qz_calloc(s->plan->n_overlays, sizeof *overlays);
    if (!values || !place || !tables || !overlays)
        return qz_fail_nomem(ctx);
    for (size_t k = 0; k < r->n; k++) {
        const struct qz_site_figures *f = &r->items[k];
        place[k] = f->commune;
        values[GAINED * r->n + k] = f->gained;
        values[BADLY_SERVED * r->n + k] = f->badly_served_horizon;
        values[FTE_LEAVING * r->n + k] = f->fte_leaving;
        values[HEADS_LEAVING * r->n + k] = f->heads_leaving;
        values[STRUCTURES * r->n + k] = f->structures;
    }
    for (size_t t = 0; t < s->plan->n_tables; t++)
        tables[t] = s->tables[t][0];
    for (size_t i = 0; i < s->plan->n_overlays; i++)
        overlays[i] = s->overlays[i].share;
    const struct qz_run_own own[N_OWN] = {
        { "people_gained", "habitants gagnés", 0, true, true, values },
        { "people_badly_served", "habitants mal desservis à portée", 0, true, true,
          values + BADLY_SERVED * r->n },
        { "fte_leaving", "ETP qui partent", 1, true, true, values + FTE_LEAVING * r->n },
        { "heads_leaving", "praticiens qui partent", 1, true, true, values + HEADS_LEAVING * r->n },
        { "structures_15min", "structures coordonnées à portée", 0, false, true,
          values + STRUCTURES * r->n },
    };
    const struct qz_run_ranked ranked = {
        .section = "siting",
        .score = &s->plan->siting.score,
        .n = r->n,
        .place = place,
        .professions = s->professions,
        .table_value = (const double *const *)tables,
        .overlay_share = (const double *const *)overlays,
        .own = own,
        .n_own = N_OWN,
        .texts = s->siting_texts,
    };
    return qz_run_rank(ctx, s, &ranked, &r->score);
}

static int by_rank(const void *va, const void *vb, void *user) {
    const struct qz_rank *rank = user;
    const struct qz_site_figures *a = va, *b = vb; /* things are in the order of opening */
    return (rank[a->opening - 1].rank > rank[b->opening - 1].rank) -
           (rank[a->opening - 1].rank < rank[b->opening - 1].rank);
}

/* ---- the whole */
static void fill_totals(const struct qz_run_state *s, struct qz_siting_results *r) {
    const struct qz_locate_answer *a = s->located;
    r->model = s->plan->siting.model;
    r->limit_ms = qz_run_siting_ms(s);
    r->objective = a->objective;
    r->bound = a->bound;
    r->gap_ratio = a->gap_ratio;
    for (size_t i = 0; i < s->homes->n; i++) {
        r->demand_total += s->demand[i];
        r->demand_served_before += s->served_ms[i] <= r->limit_ms ? s->demand[i] : 0;
        r->demand_served_after += a->ms[i] <= r->limit_ms ? s->demand[i] : 0;
    }
}

/* Communes go to the site that serves most of their demand; those without any to none. */
static int find_service(struct qz_ctx *ctx, const struct qz_run_state *s, uint32_t *zone_of) {
    qz_cleanup(qz_freep) double *people = qz_malloc(s->located->n_sites, sizeof *people);
    if (!people)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < s->communes->n; c++) {
        double most = 0;
        memset(people, 0, s->located->n_sites * sizeof *people);
        zone_of[c] = QZ_NOWHERE;
        for (uint32_t i = s->homes->first[c]; i < s->homes->first[c + 1]; i++)
            if (s->located->serving[i] != UINT32_MAX && s->located->ms[i] <= qz_run_siting_ms(s))
                people[s->located->serving[i]] += s->demand[i];
        for (uint32_t k = 0; k < s->located->n_sites; k++)
            if (people[k] > most) {
                most = people[k];
                zone_of[c] = k;
            }
    }
    return 0;
}

static int make_service_set(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_run_set *set = &s->sets[QZ_SET_SERVICE];
    const struct qz_siting_results *r = &s->siting;
    qz_cleanup(qz_freep) uint32_t *zone_of = qz_malloc(s->communes->n, sizeof *zone_of);
    s->site_rank = qz_calloc(s->communes->n, sizeof *s->site_rank);
    int e = zone_of && s->site_rank ? find_service(ctx, s, zone_of) : qz_fail_nomem(ctx);
    if (e == 0)
        e = qz_run_set_of_communes(ctx, s, "service", r->n, zone_of, set);
    for (size_t k = 0; k < r->n && e == 0; k++) { /* rows by rank */
        struct qz_zone_row *row = &set->rows[k];
        uint32_t place = r->items[k].opening - 1;
        double n_communes = 0, people = 0;
        for (size_t c = 0; c < s->communes->n; c++)
            if (zone_of[c] == place) {
                s->site_rank[c] = (uint32_t)k + 1;
                n_communes++;
                people += s->people->count[c];
            }
        row->place = row->thing = place;
        row->seat = r->items[k].commune;
        row->n_communes = n_communes;
        row->people = people;
        row->reasons = r->items[k].reasons;
    }
    if (e == 0)
        e = qz_run_set_number(ctx, set, "S");
    set->set.score = s->siting.score.rank ? &s->siting.score : NULL;
    return e;
}

int qz_run_siting_set(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_siting_results *r = &s->siting;
    qz_cleanup(qz_freep) uint8_t *near = qz_malloc(s->communes->n, 1);
    qz_cleanup(qz_freep) uint8_t *taken = qz_calloc(s->homes->n, 1);
    if (!s->located)
        return 0;
    r->n = s->located->n_sites;
    r->items = qz_calloc(r->n, sizeof *r->items);
    int e = near && taken && r->items ? qz_pool_new(ctx, &s->siting_texts) : qz_fail_nomem(ctx);
    for (size_t k = 0; k < r->n && e == 0; k++)
        e = fill_site(ctx, s, s->siting_texts, near, taken, k, &r->items[k]);
    if (e == 0)
        e = rank(ctx, s, r);
    if (e == 0 && r->score.rank && r->n)
        qsort_r(r->items, r->n, sizeof *r->items, by_rank, r->score.rank);
    fill_totals(s, r);
    return e < 0 ? e : make_service_set(ctx, s);
}
