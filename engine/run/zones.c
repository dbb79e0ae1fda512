/* engine/run/zones.c - who can hold a seat, the zones of three15, and what is known of them. */
#include <math.h>
#include <string.h>
#include "layer/define.h"
#include "run/run.h"

/* ---- seats */
/* Enough people, some practitioner, a place in the list: as the plan says. */
static bool can_hold(const struct qz_run_state *s, size_t c) {
    const char *who = s->plan->seats.who;
    if (strcmp(who, "population") == 0)
        return s->people->count[c] >= s->plan->seats.people_min;
    if (strcmp(who, "list") == 0)
        return s->candidates->text[c] != NULL;
    if (strcmp(who, "all") == 0)
        return true;
    for (size_t p = 0; p < s->plan->n_practices; p++)
        if (s->care[p].counted[0].tally[0][c].sites > 0)
            return true;
    return false;
}

static const double *only_share(const struct qz_run_state *s, const char *key) {
    for (size_t i = 0; *key && i < s->plan->n_overlays; i++)
        if (strcmp(s->plan->overlays[i].key, key) == 0)
            return s->overlays[i].share;
    return NULL;
}

int qz_run_choose_seats(struct qz_ctx *ctx, struct qz_run_state *s) {
    const double *share = only_share(s, s->plan->seats.only);
    size_t n = 0;
    s->may_seat = qz_calloc(s->communes->n, 1);
    if (!s->may_seat)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < s->communes->n; c++)
        n += s->may_seat[c] = s->origin_stops[c].edge != UINT32_MAX && can_hold(s, c) &&
                              (!share || share[c] > 0);
    return n > 0 ? 0
                 : qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "seats", 0, NULL, "no_seat",
                                "no commune can hold a seat by [seats] who = %s%s%s: there are no "
                                "zones and no proposed sites",
                                s->plan->seats.who, *s->plan->seats.only ? ", only = " : "",
                                s->plan->seats.only);
}

/* ---- what is there today */
/* One of the words that sites' structures are brought to. */
bool qz_run_is_coordinated(const char *structure) {
    static const char *const words[] = { "maison", "pole", "centre" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(structure, words[i]) == 0)
            return true;
    return false;
}

int qz_run_count_structures(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->structured = qz_calloc(s->communes->n, sizeof *s->structured);
    if (!s->structured)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->sites->n; i++) {
        const struct qz_site *site = &s->sites->items[i];
        s->structures_known = s->structures_known || *site->structure;
        if (!site->planned && !s->plan->practices[site->profession].is_place)
            s->structured[site->commune] += qz_run_is_coordinated(site->structure) ? site->heads
                                                                                   : 0;
    }
    return 0;
}

int qz_run_join_links(struct qz_ctx *ctx, const struct qz_links *parts, size_t n,
                      struct qz_links *all) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += parts[i].n;
    all->items = qz_malloc(total, sizeof *all->items);
    if (!all->items)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n)
            memcpy(all->items + all->n, parts[i].items, parts[i].n * sizeof *all->items);
        all->n += parts[i].n;
    }
    return 0;
}

/* The level whose limits hold, as a unit of each commune; communes of none are one unit more. */
int qz_run_units(struct qz_ctx *ctx, const struct qz_run_state *s, const char *section,
                 const char *within, const uint32_t **ret) {
    size_t level = 0;
    if (!*within)
        return 0;
    int e = qz_run_level(ctx, s, section, within, &level);
    if (e == 0)
        *ret = s->levels->items[level - 1].of_commune;
    return e;
}

struct qz_land_of_communes qz_run_land_of_communes(const struct qz_run_state *s,
                                                   const struct qz_links *links,
                                                   const uint32_t *unit) {
    return (struct qz_land_of_communes) {
        .n = s->communes->n,
        .code = s->communes->code,
        .people = s->people->count,
        .first = s->neighbours->first,
        .neighbour = s->neighbours->other,
        .links = links->items,
        .n_links = links->n,
        .may_seat = s->may_seat,
        .unit = unit,
    };
}

/* What the bounds of people would have to be. */
static int tell_none(struct qz_ctx *ctx, struct qz_run_state *s) {
    double most = 0;
    for (size_t c = 0; c < s->communes->n; c++)
        most = fmax(most, s->zones->most_people[c]);
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "zones", 0, NULL, "no_zone",
                        "no contiguous group of communes within %u min of a seat has between %.0f "
                        "and %.0f people; the largest such group has %.0f: change people_min, "
                        "people_max or limit_min of [zones], or [seats]",
                        s->plan->zones_limit_min, s->plan->three15.people_min,
                        s->plan->three15.people_max, most);
}

int qz_run_zones(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    struct qz_links all = { 0 };
    const uint32_t *unit = NULL;
    int e = qz_run_units(ctx, s, "zones", s->plan->zones_within, &unit);
    if (e == 0)
        e = qz_run_join_links(ctx, s->seats, s->communes->n, &all);
    struct qz_land_of_communes in = qz_run_land_of_communes(s, &all, unit);
    if (e == 0)
        e = qz_three15_new(ctx, &s->plan->three15, &in, &s->zones);
    qz_links_done(&all);
    return e < 0 || s->zones->n ? e : tell_none(ctx, s);
}

/* ---- the set */
/* Those beyond the limit today, and those of them whom a pole at the seat leaves there. */
static void count_beyond(const struct qz_run_state *s, size_t zone, struct qz_zone_row *row) {
    const struct qz_zone *z = &s->zones->items[zone];
    row->beyond_now = 0;
    for (uint32_t m = z->first; m < z->first + z->n; m++) {
        uint32_t c = s->zones->member[m];
        for (uint32_t i = s->homes->first[c]; i < s->homes->first[c + 1]; i++)
            row->beyond_now += s->care[0].ms[0][i] > s->plan->three15.limit_ms ? s->home_people[i]
                                                                               : 0;
    }
    row->beyond_after = s->zone_beyond_after[zone];
}

/* Unless the heads of some profession there must not be told. */
static bool tells_structured(const struct qz_run_state *s, const struct qz_run_set *set,
                             size_t zone) {
    for (size_t p = 0; p < s->plan->n_practices && s->structures_known; p++) {
        struct qz_place_key at = { .profession = &set->professions[p], .level = 1, .place = zone };
        if (qz_is_secret(&at))
            return false;
    }
    return true;
}

static void fill_row(const struct qz_run_state *s, const struct qz_run_set *set, size_t zone,
                     double *missing, struct qz_zone_row *row) {
    const struct qz_zone *z = &s->zones->items[zone];
    double structured = 0;
    row->seat = z->seat;
    row->longest_ms = z->longest_ms;
    count_beyond(s, zone, row);
    for (uint32_t m = z->first; m < z->first + z->n; m++)
        structured += s->structured[s->zones->member[m]];
    *missing = fmax(0, s->plan->professionals - structured);
    if (!tells_structured(s, set, zone))
        *missing = NAN;
    else if (s->structures_known)
        row->structured = structured;
    row->missing = *missing;
}

static void add_people(const struct qz_run_state *s, const struct qz_zone_row *row,
                       struct qz_text *t) {
    char people[48], beyond[48];
    qz_text_add(t, row->people < 2 ? "%s habitant" : "%s habitants",
                qz_french_whole(row->people, people));
    if (row->n_communes < 2)
        qz_text_add(t, ", commune seule");
    else
        qz_text_add(t, " à %.0f min au plus du siège (%s)", ceil(row->longest_ms / 60000.0),
                    s->communes->name[row->seat]);
    qz_text_add(t, " ; %s à plus de %.0f min d'un %s", qz_french_whole(row->beyond_now, beyond),
                s->plan->three15.limit_ms / 60000.0, s->plan->practices[0].label);
}

static void add_density(const struct qz_run_state *s, const struct qz_run_set *set, size_t zone,
                        struct qz_text *t) {
    struct qz_place_key at = { .profession = &set->professions[0], .level = 1, .place = zone };
    const struct qz_tally *tally = qz_tally_at(&at);
    if (qz_is_secret(&at) || !(tally->people > 0))
        return;
    if (tally->heads > 0)
        qz_text_add(t, " ; %.0f %s pour 100\u202f000 habitants", tally->heads / tally->people * 1e5,
                    s->plan->practices[0].label_plural);
    else
        qz_text_add(t, " ; aucun %s", s->plan->practices[0].label);
}

static void tell_structured(const struct qz_zone_row *row, struct qz_text *t) {
    char number[48];
    if (row->structured > 0)
        qz_text_add(
            t, " ; en structure coordonnée : %s",
            qz_french_number(row->structured, row->structured != floor(row->structured), number));
    else
        qz_text_add(t, " ; aucun professionnel en structure coordonnée");
    if (row->missing > 0)
        qz_text_add(t, ", manquent %s",
                    qz_french_number(row->missing, row->missing != floor(row->missing), number));
    else
        qz_text_add(t, ", un pôle est complet");
}

static int tell_zone(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set,
                     struct qz_zone_row *row) {
    struct qz_text t = { 0 };
    add_people(s, row, &t);
    add_density(s, set, row->place, &t);
    if (isnan(row->missing))
        qz_text_add(&t, " ; effectifs secrets");
    else if (s->structures_known)
        tell_structured(row, &t);
    else
        qz_text_add(&t, " ; structures d'exercice inconnues, %.0f professionnels à réunir",
                    row->missing);
    row->reasons = t.failed ? NULL : qz_pool_add(set->texts, t.data, t.n);
    qz_text_done(&t);
    return row->reasons ? 0 : qz_fail_nomem(ctx);
}

int qz_run_three15_set(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_run_set *set = &s->sets[QZ_SET_THREE15];
    size_t n = s->zones->n;
    qz_cleanup(qz_freep) double *missing = qz_malloc(n, sizeof *missing);
    int e = missing ? qz_run_set_of_communes(ctx, s, "three15", n, s->zones->zone_of, set)
                    : qz_fail_nomem(ctx);
    for (size_t z = 0; z < n && e == 0; z++)
        fill_row(s, set, z, &missing[z], &set->rows[z]);
    const struct qz_run_own own = { "missing", "professionnels manquants", 1, true, true, missing };
    const struct qz_run_ranked ranked = {
        .section = "zones",
        .score = &s->plan->zones_score,
        .n = n,
        .professions = set->professions,
        .level = 1,
        .table_value = (const double *const *)set->table_value,
        .overlay_share = (const double *const *)set->overlay_share,
        .own = &own,
        .n_own = 1,
        .texts = set->texts,
    };
    if (e == 0)
        e = qz_run_rank(ctx, s, &ranked, &set->score);
    for (size_t z = 0; z < n && e == 0; z++)
        e = tell_zone(ctx, s, set, &set->rows[z]);
    if (e == 0)
        e = qz_run_set_number(ctx, set, "T");
    set->set.has_objective = true;
    set->set.objective = s->zones->people_in_zones;
    set->set.bound = s->zones->bound;
    return e < 0 ? e : qz_run_set_ids(ctx, s, set, &s->zone_id);
}
