/* engine/run/scores.c - the floating-catchment scores of each profession, today and at the
 * horizons.
 */
#include <glib.h>
#include <math.h>
#include "run/run.h"

/* ---- demand: people, standardised by age where the method asks for it */
int qz_run_read_consumption(struct qz_ctx *ctx, const struct qz_plan *plan, size_t profession,
                            struct qz_consumption *ret) {
    const char *path = plan->apl.consumption;
    char *text = NULL;
    int e = qz_run_table_text(ctx, path, "consumption.csv", &text);
    if (e == 0)
        e = qz_consumption_read(ctx, path ? path : "geodata/consumption.csv", text,
                                plan->practices[profession].key, ret);
    g_free(text);
    return e;
}

static int age_factors(struct qz_ctx *ctx, const struct qz_run_state *s, size_t p, double *factor) {
    struct qz_consumption consumption;
    int e = qz_run_read_consumption(ctx, s->plan, p, &consumption);
    return e < 0 ? e : qz_demand_factors(ctx, s->ages, &consumption, s->people->count, factor);
}

static int fill_demand(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    struct qz_run_care *care = &s->care[p];
    care->factor = qz_malloc(s->communes->n, sizeof *care->factor);
    care->demand = qz_malloc(s->homes->n, sizeof *care->demand);
    if (!care->factor || !care->demand)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < s->communes->n; c++)
        care->factor[c] = 1;
    int e = s->ages && care->method == QZ_SCORE_APL ? age_factors(ctx, s, p, care->factor) : 0;
    for (size_t i = 0; i < s->homes->n && e == 0; i++)
        care->demand[i] = s->home_people[i] * care->factor[s->homes->commune[i]];
    return e;
}

/* ---- scores */
static int score_at(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o, double *ratio) {
    struct qz_run_care *care = &s->care[p];
    struct qz_score_input in = { .links = s->links + care->first_site,
                                 .n_sites = care->n_sites,
                                 .n_origins = s->homes->n,
                                 .supply = s->outlooks[o].supply + care->first_site,
                                 .demand = care->demand };
    care->score[o] = qz_malloc(s->homes->n, sizeof *care->score[o]);
    if (!care->score[o])
        return qz_fail_nomem(ctx);
    struct qz_score_result result = { .ratio = ratio, .score = care->score[o] };
    int e = qz_score(ctx, care->method, &care->decay, &in, &result);
    care->lost = o == 0 ? result.lost : care->lost;
    return e;
}

static int tell_lost(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    const struct qz_run_care *care = &s->care[p];
    if (!(care->lost > 0))
        return 0;
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "apl", 0, NULL, "supply_out_of_reach",
                        "%s: %.3f full-time equivalents are in no score, for nobody reaches them "
                        "within %.4g min",
                        s->plan->practices[p].key,
                        care->lost / qz_apl_supply_per_fte(&care->preset),
                        care->decay.limit_ms / 60000.0);
}

/* The age limit of the preset says nothing of those whose age is not known: they count. */
static int tell_ages(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    const struct qz_run_care *care = &s->care[p];
    double heads = 0;
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++) {
        const struct qz_site *site = &s->sites->items[i];
        for (uint32_t k = site->first_post; k < site->first_post + site->n_posts; k++)
            heads += site->planned || s->outlooks[0].ages[k].known > 0 ? 0
                                                                       : s->sites->posts[k].heads;
    }
    if (!(heads > 0) || !isfinite(care->preset.age_limit_years))
        return 0;
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "apl", 0, NULL, "ages_unknown",
                        "%s: the score leaves out whoever is over %g; of %.2f heads the age is not "
                        "known: they count",
                        s->plan->practices[p].key, care->preset.age_limit_years, heads);
}

static int tell_heads(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    const struct qz_run_care *care = &s->care[p];
    double heads = 0;
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++)
        heads += s->sites->items[i].has_fte ? 0 : s->outlooks[0].heads[i];
    if (!(heads > 0))
        return 0;
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "apl", 0, NULL, "heads_as_fte",
                        "%s: %.2f heads without full-time equivalents count as one each in the "
                        "score; give a column 'fte ='",
                        s->plan->practices[p].key, heads);
}

int qz_run_scores_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    struct qz_key key = { 0 };
    int e = s->plan->apl.consumption ? qz_key_of_file(ctx, s->plan->apl.consumption, &key) : 0;
    qz_hash_bytes(h, key.bytes, QZ_KEY_BYTES);
    return e;
}

int qz_run_scores(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    const struct qz_run_care *care = &s->care[part];
    if (s->plan->practices[part].is_place) /* nobody shares them out */
        return 0;
    qz_cleanup(qz_freep) double *ratio = qz_malloc(care->n_sites, sizeof *ratio);
    int e = ratio ? fill_demand(ctx, s, part) : qz_fail_nomem(ctx);
    for (size_t o = 0; o < s->n_outlooks && e == 0; o++)
        if (o && o % 2 == 0 && !care->unknown_ages)
            s->care[part].score[o] = care->score[o - 1];
        else
            e = score_at(ctx, s, part, o, ratio);
    if (e == 0)
        e = tell_lost(ctx, s, part);
    if (e == 0)
        e = tell_ages(ctx, s, part);
    return e < 0 ? e : tell_heads(ctx, s, part);
}
