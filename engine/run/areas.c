/* engine/run/areas.c - the partition of the territory into areas. */
#include <math.h>
#include <string.h>
#include "layer/define.h"
#include "run/run.h"

static uint32_t limit_ms(const struct qz_run_state *s) { return s->plan->areas.limit_min * 60000; }

/* ---- who reaches whom */
size_t qz_run_n_area_links(const struct qz_run_state *s) {
    return s->plan->areas.n ? s->communes->n : 0;
}

int qz_run_area_links_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                          struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, limit_ms(s));
    qz_hash_number(h, s->points->at[part].x_m);
    qz_hash_number(h, s->points->at[part].y_m);
    return 0;
}

int qz_run_begin_area_links(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->area_links = qz_calloc(s->communes->n, sizeof *s->area_links);
    return s->area_links ? 0 : qz_fail_nomem(ctx);
}

int qz_run_area_links(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    return qz_search_links(ctx, w->search, s->origins, &s->origin_stops[part], (uint32_t)part,
                           limit_ms(s), &s->area_links[part]);
}

/* ---- the partition */
static int tell_balance(struct qz_ctx *ctx, struct qz_run_state *s) {
    const struct qz_areas *a = s->areas;
    double percent = 100 * s->plan->areas.balance_ratio;
    struct qz_text why = { 0 };
    if (a->n_too_large)
        qz_text_add(&why,
                    ", the mean without the %zu communes that are larger alone (the largest has "
                    "%.0f; the mean with them is %.0f)",
                    a->n_too_large, a->largest_commune, a->mean_people);
    if (a->n_small_parts)
        qz_text_add(&why,
                    "; of the %zu pieces of the territory %zu have too few people for an area",
                    a->n_parts, a->n_small_parts);
    int e = why.failed
                ? qz_fail_nomem(ctx)
                : qz_issue_add(ctx, &s->issues,
                               (double)a->n_balanced < 0.9 * (double)a->n ? QZ_SEVERITY_WARNING
                                                                          : QZ_SEVERITY_NOTE,
                               "areas", 0, NULL, "balance",
                               "%zu of %zu areas are within %.0f %% of %.0f people%s",
                               a->n_balanced, a->n, percent, a->balance_mean,
                               why.data ? why.data : "");
    qz_text_done(&why);
    if (e == 0 && a->n_parts > 1)
        e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "areas", 0, NULL, "several_pieces",
                         "the territory falls into %zu pieces without a common boundary: no area "
                         "spans two of them",
                         a->n_parts);
    return e;
}

int qz_run_areas(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    struct qz_areas_params params = { .k = s->plan->areas.n,
                                      .balance_ratio = s->plan->areas.balance_ratio,
                                      .far_ms = limit_ms(s) };
    struct qz_links all = { 0 };
    const uint32_t *unit = NULL;
    if (!params.k)
        return 0;
    int e = qz_run_units(ctx, s, "areas", s->plan->areas.within, &unit);
    if (e == 0)
        e = qz_run_join_links(ctx, s->area_links, s->communes->n, &all);
    struct qz_land_of_communes in = qz_run_land_of_communes(s, &all, unit);
    if (e == 0)
        e = qz_areas_new(ctx, &params, &in, &s->areas);
    qz_links_done(&all);
    return e < 0 ? qz_fail_at(ctx, e, "[areas]: ") : tell_balance(ctx, s);
}

/* ---- the set */
static int tell_area(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set,
                     struct qz_zone_row *row) {
    double off = 100 * (row->people / s->areas->balance_mean - 1);
    bool balanced = fabs(off) <= 100 * s->plan->areas.balance_ratio;
    char people[48];
    struct qz_text t = { 0 };
    qz_text_add(&t, "%s habitants, %+.0f %% par rapport à la moyenne%s",
                qz_french_whole(row->people, people), off,
                s->areas->n_too_large ? " hors communes trop peuplées" : "");
    if (row->n_communes < 2)
        qz_text_add(&t, " ; commune seule");
    else
        qz_text_add(&t, " ; %.0f communes, centre : %s", row->n_communes,
                    s->communes->name[row->seat]);
    if (!balanced && off > 0)
        qz_text_add(&t, " ; une commune dépasse à elle seule l'écart visé, ou ses voisines ne "
                        "peuvent aller ailleurs");
    else if (!balanced)
        qz_text_add(&t, " ; trop peu peuplé, et séparé du reste");
    row->reasons = t.failed ? NULL : qz_pool_add(set->texts, t.data, t.n);
    qz_text_done(&t);
    return row->reasons ? 0 : qz_fail_nomem(ctx);
}

/* The longest trip of a member to the centre; where some have no road or are too far, nothing. */
static void find_longest(const struct qz_run_state *s, struct qz_zone_row *row) {
    const struct qz_links *links = &s->area_links[row->seat];
    size_t n = 0;
    for (size_t k = 0; k < links->n; k++)
        n += s->areas->area_of[links->items[k].origin] == row->place;
    row->longest_ms = (double)n >= row->n_communes ? 0 : QZ_UNREACHED_MS;
    for (size_t k = 0; k < links->n && row->longest_ms != QZ_UNREACHED_MS; k++)
        if (s->areas->area_of[links->items[k].origin] == row->place &&
            links->items[k].time_ms > row->longest_ms)
            row->longest_ms = links->items[k].time_ms;
}

/* The first colour that no neighbour before it has. */
static void colour_area(const struct qz_run_state *s, struct qz_run_set *set, uint32_t area) {
    uint64_t taken = 0;
    for (size_t c = 0; c < s->communes->n; c++) {
        if (s->areas->area_of[c] != area)
            continue;
        for (uint32_t k = s->neighbours->first[c]; k < s->neighbours->first[c + 1]; k++) {
            uint32_t other = s->areas->area_of[s->neighbours->other[k]];
            if (other < area && set->rows[other].colour < 64)
                taken |= 1ull << set->rows[other].colour;
        }
    }
    while (taken >> set->rows[area].colour & 1)
        set->rows[area].colour++;
}

int qz_run_area_set(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_run_set *set = &s->sets[QZ_SET_AREA];
    if (!s->areas)
        return 0;
    int e = qz_run_set_of_communes(ctx, s, "area", s->areas->n, s->areas->area_of, set);
    for (size_t z = 0; z < s->areas->n && e == 0; z++) {
        set->rows[z].seat = s->areas->centre[z];
        find_longest(s, &set->rows[z]);
        colour_area(s, set, (uint32_t)z);
        e = tell_area(ctx, s, set, &set->rows[z]);
    }
    set->set.has_objective = true;
    set->set.objective = s->areas->seconds / 60;
    set->set.bound = s->areas->bound / 60;
    if (e == 0)
        e = qz_run_set_number(ctx, set, "A");
    return e < 0 ? e : qz_run_set_ids(ctx, s, set, &s->area_id);
}
