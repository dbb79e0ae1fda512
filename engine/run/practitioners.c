/* engine/run/practitioners.c - the table of each profession: its sites and people, the ages that
 * only bands tell, and how many arrive a year. */
#include <glib.h>
#include <string.h>
#include "base/geodata.h"
#include "run/run.h"

/* ---- sites */
int qz_run_sites_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    const struct qz_practice *p = &s->plan->practices[part];
    const char *const texts[] = { p->key,
                                  p->only ? p->only : "",
                                  p->layout,
                                  p->sectors,
                                  p->source.vintage ? p->source.vintage : "",
                                  p->exclusions };
    const double numbers[] = { p->fte_floor, p->fte_ceiling, p->activity_per_fte,
                               p->geocode_score_min };
    for (size_t i = 0; i < COUNT(texts); i++)
        qz_hash_text(h, texts[i]);
    for (size_t i = 0; i < COUNT(numbers); i++)
        qz_hash_number(h, numbers[i]);
    qz_run_hash_codes(s, &p->source, h);
    struct qz_key rules = { 0 };
    int e = *p->exclusions && strcmp(p->exclusions, "none") != 0
                ? qz_key_of_file(ctx, p->exclusions, &rules)
                : 0;
    qz_hash_bytes(h, rules.bytes, QZ_KEY_BYTES);
    return e < 0 ? e : qz_run_input_key(ctx, s, &p->source, h);
}

/* The rules of who is left out; NULL: none. Freed by g_free. */
static int read_exclusions(struct qz_ctx *ctx, const struct qz_practice *p, char **ret) {
    *ret = NULL;
    if (strcmp(p->exclusions, "none") == 0)
        return 0;
    return qz_run_table_text(ctx, *p->exclusions ? p->exclusions : NULL, "exclusions.csv", ret);
}

static int read_source(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_practice *p,
                       struct qz_run_input *ret) {
    int e = qz_run_input(ctx, s, &p->source, ret);
    ret->input.layout = p->layout;
    ret->input.score_min = p->geocode_score_min;
    return e;
}

int qz_run_sites(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    const struct qz_practice *p = &s->plan->practices[part];
    qz_cleanup(qz_run_input_done) struct qz_run_input own = { 0 };
    char *exclusions = NULL;
    int e = s->sites ? 0 : qz_sites_new(ctx, &s->sites);
    if (e == 0 && p->near)
        e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, p->key, 0, NULL,
                         "unknown_profession",
                         "[practitioners %s]: no such profession in geodata/professions.csv; did "
                         "you mean '%s'? Its threshold and rules are those of any other; say "
                         "'label =' where the name is yours",
                         p->key, p->near);
    if (e == 0)
        e = read_source(ctx, s, p, &own);
    if (e == 0)
        e = read_exclusions(ctx, p, &exclusions);
    struct qz_sites_input in = { .input = &own.input,
                                 .profession = (uint16_t)part,
                                 .key = p->key,
                                 .only = p->only,
                                 .sectors = *p->sectors ? p->sectors : NULL,
                                 .exclusions = exclusions,
                                 .exclusions_file = *p->exclusions ? p->exclusions : NULL,
                                 .date = p->source.vintage,
                                 .fte_floor = p->fte_floor,
                                 .fte_ceiling = p->fte_ceiling,
                                 .activity_per_fte = p->activity_per_fte,
                                 .communes = s->communes,
                                 .commune_points = s->points->at,
                                 .locator = s->locator,
                                 .crs = s->crs };
    if (e == 0)
        e = qz_sites_read(ctx, s->sites, &in, &s->issues, qz_run_report_of(s, &p->source));
    g_free(exclusions);
    return e;
}

/* ---- ages by band */
int qz_run_read_age_bands(struct qz_ctx *ctx, struct qz_run_state *s, size_t profession) {
    const struct qz_practice *p = &s->plan->practices[profession];
    struct qz_input input = { .file = p->age_bands, .repair_codes = s->plan->repair_codes };
    struct qz_input_report report;
    return !p->age_bands ? 0
                         : qz_age_bands_read(ctx, s->communes, s->levels, &input, p->age_bands_only,
                                             p->age_bands_level, &s->issues, &report,
                                             &s->age_bands[profession]);
}

/* ---- arrivals: between the earlier register and this one, by departement */
static const struct qz_level *departements(const struct qz_run_state *s) {
    for (size_t l = 0; l < s->levels->n; l++)
        if (strcmp(s->levels->items[l].name, "departement") == 0)
            return &s->levels->items[l];
    return NULL;
}

static int read_register(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_practice *p,
                         const char *file, uint32_t year, struct qz_register **ret) {
    qz_cleanup(qz_run_input_done) struct qz_run_input own = { 0 };
    struct qz_plan_input source = p->source;
    struct qz_input_report report;
    char vintage[16];
    g_snprintf(vintage, sizeof vintage, "%u", year);
    source.input.file = file;
    source.vintage = year ? vintage : p->source.vintage;
    int e = qz_run_input(ctx, s, &source, &own);
    own.input.layout = p->layout;
    own.input.score_min = p->geocode_score_min;
    return e < 0 ? e
                 : qz_register_read(ctx, s->communes, s->locator, s->crs, &own.input, p->key,
                                    p->only, &s->issues, &report, ret);
}

static int tell_flow(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_practice *p,
                     const struct qz_flow *whole, double years) {
    double arrivals = 0, departures = 0;
    if (whole->unnamed_before + whole->unnamed_now > 0)
        return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, p->key, 0, NULL, "flows_unnamed",
                            "%s: %.1f of %.1f heads in %u and %.1f of %.1f now have no id: who "
                            "arrived and who left is not known, none are projected; name the "
                            "column with 'person ='",
                            p->key, whole->unnamed_before, whole->before, p->previous_year,
                            whole->unnamed_now, whole->now);
    qz_flow_arrivals(whole, years, &arrivals);
    qz_flow_departures(whole, years, &departures);
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, p->key, 0, NULL, "flows",
                        "%s: %.1f heads in %u, %.1f now; %.1f arrived and %.1f left in between, "
                        "that is %.2f %% and %.2f %% a year",
                        p->key, whole->before, p->previous_year, whole->now, whole->arrived,
                        whole->left, 100 * arrivals, 100 * departures);
}

static int fill_arrivals(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_practice *p,
                         const struct qz_register *before, const struct qz_register *now,
                         double years, double *ret) {
    const struct qz_level *level = departements(s);
    size_t n = level ? level->n : 1;
    qz_cleanup(qz_freep) struct qz_flow *flows = qz_calloc(n, sizeof *flows);
    qz_cleanup(qz_freep) uint32_t *whole_of = qz_calloc(s->communes->n, sizeof *whole_of);
    struct qz_flow whole;
    double all = 0;
    int e = flows && whole_of ? qz_flows_by_group(ctx, before, now, whole_of, 1, &whole)
                              : qz_fail_nomem(ctx);
    if (e == 0)
        e = qz_flows_by_group(ctx, before, now, level ? level->of_commune : whole_of, n, flows);
    if (e < 0)
        return e;
    bool known = qz_flow_arrivals(&whole, years, &all);
    for (size_t c = 0; c < s->communes->n; c++) {
        uint32_t d = level ? level->of_commune[c] : 0;
        ret[c] = known ? all : 0;
        if (d != QZ_NOWHERE)
            qz_flow_arrivals(&flows[d], years, &ret[c]);
    }
    return tell_flow(ctx, s, p, &whole, years);
}

static int measure_arrivals(struct qz_ctx *ctx, struct qz_run_state *s, size_t profession) {
    const struct qz_practice *p = &s->plan->practices[profession];
    qz_cleanup(qz_register_freep) struct qz_register *before = NULL;
    qz_cleanup(qz_register_freep) struct qz_register *now = NULL;
    if (s->plan->base_year <= p->previous_year)
        return qz_fail(ctx, QZ_E_PLAN,
                       "%s: [practitioners %s] previous_vintage = %u is not before the year of "
                       "the register, %u; give its vintage",
                       s->plan->path, p->key, p->previous_year, s->plan->base_year);
    s->arrivals[profession] = qz_calloc(s->communes->n, sizeof **s->arrivals);
    int e = s->arrivals[profession] ? 0 : qz_fail_nomem(ctx);
    if (e == 0)
        e = read_register(ctx, s, p, p->previous, p->previous_year, &before);
    if (e == 0)
        e = read_register(ctx, s, p, p->source.input.file, 0, &now);
    if (e == 0)
        e = fill_arrivals(ctx, s, p, before, now, s->plan->base_year - p->previous_year,
                          s->arrivals[profession]);
    return e;
}

/* What is measured is told in any case; it counts at the horizon where the plan says so. */
int qz_run_read_arrivals(struct qz_ctx *ctx, struct qz_run_state *s, size_t profession) {
    if (!s->arrivals)
        s->arrivals = qz_calloc(s->plan->n_practices, sizeof *s->arrivals);
    if (!s->arrivals)
        return qz_fail_nomem(ctx);
    if (!s->plan->practices[profession].previous)
        return 0;
    int e = measure_arrivals(ctx, s, profession);
    if (e == 0 && !s->plan->arrivals) {
        free(s->arrivals[profession]);
        s->arrivals[profession] = NULL;
    }
    return e;
}
