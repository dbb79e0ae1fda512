/* engine/run/zonage.c - the simulation of the zoning of doctors, beside the class in force. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "layer/define.h"
#include "run/run.h"

/* ---- units: territories, and the arrondissements of Paris, Lyon and Marseille */
static bool is_arrondissement(const char *code) {
    static const struct {
        int first, last;
    } ranges[] = { { 75101, 75120 }, { 69381, 69389 }, { 13201, 13216 } };
    int number = atoi(code);
    for (size_t i = 0; i < COUNT(ranges); i++)
        if (number >= ranges[i].first && number <= ranges[i].last)
            return true;
    return false;
}

struct zonage {
    size_t level, n;               /* units */
    uint32_t *unit_of;             /* by commune; QZ_NOWHERE: in none */
    uint32_t *territory, *commune; /* of each unit: one of them */
    struct qz_zonage_unit *units;
    struct qz_zonage_result *result;
    size_t n_regions;
    const char **region;
    struct qz_zonage_regime *regimes;
    struct qz_zonage_region *regions;
};

static void zonage_done(struct zonage *z) {
    free(z->unit_of);
    free(z->territory);
    free(z->commune);
    free(z->units);
    free(z->result);
    free(z->region);
    free(z->regimes);
    free(z->regions);
}

/* Territories without a commune of their own left (all arrondissements) are no unit. */
static int find_units(struct qz_ctx *ctx, const struct qz_run_state *s, struct zonage *z) {
    const struct qz_level *l = &s->levels->items[z->level - 1];
    size_t n = s->communes->n;
    qz_cleanup(qz_freep) uint32_t *unit_of_territory = qz_malloc(l->n, sizeof(uint32_t));
    z->unit_of = qz_malloc(n, sizeof *z->unit_of);
    z->territory = qz_malloc(n, sizeof *z->territory);
    z->commune = qz_malloc(n, sizeof *z->commune);
    if (!unit_of_territory || !z->unit_of || !z->territory || !z->commune)
        return qz_fail_nomem(ctx);
    for (size_t t = 0; t < l->n; t++)
        unit_of_territory[t] = QZ_NOWHERE;
    for (uint32_t t = 0; t < l->n; t++) /* in the order of the territories' codes */
        for (size_t c = 0; c < n; c++)
            if (l->of_commune[c] == t && unit_of_territory[t] == QZ_NOWHERE &&
                !is_arrondissement(s->communes->code[c])) {
                z->territory[z->n] = t;
                z->commune[z->n] = QZ_NOWHERE;
                unit_of_territory[t] = (uint32_t)z->n++;
            }
    for (uint32_t c = 0; c < n; c++) {
        uint32_t t = l->of_commune[c];
        z->unit_of[c] = t == QZ_NOWHERE ? QZ_NOWHERE : unit_of_territory[t];
        if (!is_arrondissement(s->communes->code[c]))
            continue;
        z->territory[z->n] = QZ_NOWHERE;
        z->commune[z->n] = c;
        z->unit_of[c] = (uint32_t)z->n++;
    }
    return 0;
}

static const char *unit_code(const struct qz_run_state *s, const struct zonage *z, size_t i) {
    return z->territory[i] == QZ_NOWHERE ? s->communes->code[z->commune[i]]
                                         : s->levels->items[z->level - 1].code[z->territory[i]];
}
static const char *unit_name(const struct qz_run_state *s, const struct zonage *z, size_t i) {
    return z->territory[i] == QZ_NOWHERE ? s->communes->name[z->commune[i]]
                                         : s->levels->items[z->level - 1].label[z->territory[i]];
}

/* ---- regions: a unit is of the one that holds most of its people, of equals the lowest code */
static int find_regions(struct qz_ctx *ctx, const struct qz_run_state *s, struct zonage *z) {
    const struct qz_level *regions = NULL;
    for (size_t l = 0; l < s->levels->n; l++)
        if (strcmp(s->levels->items[l].name, "region") == 0)
            regions = &s->levels->items[l];
    z->n_regions = regions ? regions->n + 1 : 1; /* the last: of no region, or of the plan's */
    z->region = qz_calloc(z->n_regions, sizeof *z->region);
    qz_cleanup(qz_freep) double *people = qz_calloc(z->n * z->n_regions, sizeof *people);
    if (!z->region || !people)
        return qz_fail_nomem(ctx);
    for (size_t r = 0; r + 1 < z->n_regions; r++)
        z->region[r] = regions->code[r];
    z->region[z->n_regions - 1] = *s->plan->zonage.region ? s->plan->zonage.region : "*";
    for (size_t c = 0; c < s->communes->n; c++) {
        uint32_t r = regions ? regions->of_commune[c] : QZ_NOWHERE;
        if (z->unit_of[c] != QZ_NOWHERE)
            people[z->unit_of[c] * z->n_regions + (r == QZ_NOWHERE ? z->n_regions - 1 : r)] +=
                s->people->count[c];
    }
    for (size_t i = 0; i < z->n; i++) {
        const double *own = people + i * z->n_regions;
        z->units[i].region = 0;
        for (uint32_t r = 1; r < z->n_regions; r++)
            if (own[r] > own[z->units[i].region])
                z->units[i].region = r;
    }
    return 0;
}

static int read_regimes(struct qz_ctx *ctx, const struct qz_run_state *s, struct zonage *z) {
    char *text = NULL;
    const char *table = s->plan->zonage.regimes ? s->plan->zonage.regimes : "zonage-regimes.csv";
    int e = qz_run_table_text(ctx, s->plan->zonage.regimes, "zonage-regimes.csv", &text);
    z->regimes = qz_calloc(z->n_regions, sizeof *z->regimes);
    z->regions = qz_calloc(z->n_regions, sizeof *z->regions);
    if (e == 0 && !(z->regimes && z->regions))
        e = qz_fail_nomem(ctx);
    for (size_t r = 0; r < z->n_regions && e == 0; r++) {
        struct qz_zonage_regime *regime = &z->regimes[r];
        e = qz_zonage_regime_read(ctx, table, text, s->plan->zonage.regime, z->region[r], regime);
        if (!isnan(s->plan->zonage.zip_ratio))
            regime->zip_ratio = s->plan->zonage.zip_ratio;
        if (!isnan(s->plan->zonage.zac_ratio))
            regime->zac_ratio = s->plan->zonage.zac_ratio;
        if (!isnan(s->plan->zonage.criteria_weight))
            regime->criteria_weight = s->plan->zonage.criteria_weight;
        if (e == 0 && regime->zip_ratio + regime->zac_ratio > 1) /* false where one is not known */
            e = qz_fail(ctx, QZ_E_PLAN,
                        "the gauges of region %s are %g %% and %g %% of its people, together more "
                        "than all of them; correct zip_percent and zac_percent",
                        z->region[r], 100 * regime->zip_ratio, 100 * regime->zac_ratio);
    }
    g_free(text);
    return e;
}

/* ---- what is known of the units */
/* Those of territories: an arrondissement cannot be overridden. */
static int read_overrides(struct qz_ctx *ctx, struct qz_run_state *s, struct zonage *z) {
    const struct qz_plan_input *in = &s->plan->overrides;
    struct qz_place_table table = { .communes = s->communes,
                                    .level = &s->levels->items[z->level - 1],
                                    .what = "class by hand",
                                    .needs_value = true };
    qz_cleanup(qz_run_input_done) struct qz_run_input own = { 0 };
    if (!in->input.file)
        return 0;
    int e = qz_run_input(ctx, s, in, &own);
    if (e == 0)
        e = qz_marks_read(ctx, &table, &own.input, &s->issues, qz_run_report_of(s, in),
                          &s->override_marks);
    for (size_t i = 0; i < z->n && e == 0; i++) {
        if (z->territory[i] == QZ_NOWHERE)
            continue;
        enum qz_zonage_class class;
        const char *text = s->override_marks->text[z->territory[i]];
        if (text && *text && qz_zonage_parse(text, &class))
            z->units[i].override_class = (int8_t) class;
        else if (text)
            e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_REJECT, "overrides",
                             s->override_marks->row[z->territory[i]], NULL, "unknown_class",
                             "territory %s: '%s' is no class (ZIP, ZAC, ZAR, HZ): it is not "
                             "overridden",
                             unit_code(s, z, i), text);
    }
    return e;
}

static double need_of_table(const struct qz_run_state *s, const struct qz_run_set *set, size_t i) {
    for (size_t t = 0; t < s->plan->n_tables; t++)
        if (strcmp(s->plan->tables[t].key, s->plan->zonage.criteria) == 0)
            return set->table_value[t][i];
    return NAN;
}

static int fill_units(struct qz_ctx *ctx, const struct qz_run_state *s,
                      const struct qz_run_set *set, struct zonage *z) {
    qz_cleanup(qz_freep) double *need = qz_malloc(z->n, sizeof *need);
    double low = INFINITY, high = -INFINITY;
    bool worse_high = true;
    if (!need)
        return qz_fail_nomem(ctx);
    for (size_t t = 0; t < s->plan->n_tables; t++)
        if (strcmp(s->plan->tables[t].key, s->plan->zonage.criteria) == 0)
            worse_high = strcmp(s->plan->tables[t].worse, "high") == 0;
    for (size_t i = 0; i < z->n; i++) {
        const struct qz_tally *t = &set->professions[0].counted[0].tally[1][i];
        double apl = t->demand > 0 ? t->score_demand / t->demand * set->professions[0].score_scale
                                   : NAN;
        double density = t->people > 0 ? t->heads / t->people * 1e5 : NAN;
        z->units[i].people = t->people;
        z->units[i].apl = z->regimes[z->units[i].region].by_density ? density : apl;
        need[i] = need_of_table(s, set, i);
        low = isnan(need[i]) ? low : fmin(low, need[i]);
        high = isnan(need[i]) ? high : fmax(high, need[i]);
    }
    if (low <= high)
        qz_need_between(need, z->n, worse_high ? low : high, worse_high ? high : low, need);
    for (size_t i = 0; i < z->n; i++)
        z->units[i].criterion = need[i];
    return 0;
}

/* ---- reasons */
static void add_why(const struct qz_run_state *s, const struct qz_run_set *set,
                    const struct zonage *z, size_t i, struct qz_text *t) {
    const struct qz_place_key at = { .profession = &set->professions[0], .level = 1, .place = i };
    const struct qz_zonage_result *r = &z->result[i];
    const struct qz_zonage_region *g = &z->regions[z->units[i].region];
    bool by_density = z->regimes[z->units[i].region].by_density;
    char number[48];
    const char *reason = s->override_marks && z->territory[i] != QZ_NOWHERE &&
                                 s->override_marks->reason[z->territory[i]]
                             ? s->override_marks->reason[z->territory[i]]
                             : "";
    if (!isnan(z->units[i].apl) && !qz_is_secret(&at)) {
        qz_text_add(t, "%s %s ; ", by_density ? "densité" : "APL",
                    qz_french_number(z->units[i].apl, 2, number));
    }
    switch (r->why) {
    case QZ_WHY_RIGHT:
        qz_text_add(t, "classé de droit");
        break;
    case QZ_WHY_POOL:
        qz_text_add(t, "pris dans le vivier, rang %u", r->order);
        break;
    case QZ_WHY_GAUGE:
        qz_text_add(t, "dans le vivier (rang %u), mais la jauge de population est pleine",
                    r->order);
        break;
    case QZ_WHY_OUT:
        qz_text_add(t, "au-dessus du vivier");
        break;
    case QZ_WHY_OVERRIDE:
        qz_text_add(t, "classé à la main%s%s", *reason ? " : " : ", sans motif", reason);
        break;
    case QZ_WHY_UNKNOWN:
        qz_text_add(t, "accessibilité inconnue");
        break;
    case QZ_WHY_SPLIT:
        qz_text_add(t, "partagé par population : %.0f %% en %s", 100 * r->share,
                    qz_zonage_name(r->kind));
        if (r->rest_in_zac > 0)
            qz_text_add(t, ", %.0f %% en ZAC", 100 * r->rest_in_zac);
        break;
    }
    if (g->zip_stopped == i || g->zac_stopped == i)
        qz_text_add(t, " ; premier à déborder la jauge %s", g->zip_stopped == i ? "ZIP" : "ZAC");
}

static int tell_unit(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set,
                     const struct zonage *z, size_t i) {
    struct qz_zone_row *row = &set->rows[i];
    struct qz_text t = { 0 };
    add_why(s, set, z, i, &t);
    row->reasons = t.failed ? NULL : qz_pool_add(set->texts, t.data, t.n);
    row->code = unit_code(s, z, i);
    row->name = unit_name(s, z, i);
    row->class = (int8_t)z->result[i].kind;
    row->class_share = z->result[i].share;
    qz_text_done(&t);
    return row->reasons ? 0 : qz_fail_nomem(ctx);
}

/* ---- what came out, region by region */
static int tell_region(struct qz_ctx *ctx, struct qz_run_state *s, const struct zonage *z,
                       size_t r) {
    const struct qz_zonage_region *g = &z->regions[r];
    if (!(g->people > 0))
        return 0;
    const char *form = z->regimes[r].by_density
                           ? "region %s, regime %s: %.0f people in fragile zones of a gauge of %.0f"
                           : "region %s, regime %s: %.0f people in ZIP of a gauge of %.0f, %.0f in "
                             "ZAC of %.0f; pool %.0f";
    int e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "zonage", 0, NULL, "gauges", form,
                         z->region[r], s->plan->zonage.regime, g->zip_people, g->zip_gauge,
                         g->zac_people, g->zac_gauge, g->pool_people);
    if (e == 0 && g->derogation_over)
        e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "zonage", 0, NULL, "derogation",
                         "region %s: %.0f people are classed by hand outside the pool, more than "
                         "%.0f %% of the pool's %.0f; take some of [overrides] back",
                         z->region[r], g->derogation_people, 100 * z->regimes[r].derogation_ratio,
                         g->pool_people);
    return e;
}

static int simulate_units(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_run_set *set,
                          struct zonage *z) {
    struct qz_zonage_params params = { .split = s->plan->zonage.split };
    int e = find_regions(ctx, s, z);
    params.region = z->region;
    if (e == 0)
        e = read_regimes(ctx, s, z);
    if (e == 0)
        e = fill_units(ctx, s, set, z);
    if (e == 0)
        e = read_overrides(ctx, s, z);
    if (e == 0)
        e = qz_zonage_new(ctx, &params, z->regimes, z->n_regions, z->units, z->n, z->result,
                          z->regions);
    return e < 0 ? qz_fail_at(ctx, e, "[zonage]: ") : 0;
}

/* A ZAR, a region's own choice outside the rules that are simulated, counts as none. */
static int find_disagreements(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->disagreements = qz_malloc(s->communes->n, sizeof *s->disagreements);
    if (!s->disagreements)
        return qz_fail_nomem(ctx);
    for (uint32_t c = 0; s->official && c < s->communes->n; c++) {
        int8_t official = s->official[c] == QZ_ZONAGE_ZAR ? QZ_ZONAGE_NONE : s->official[c];
        if (official >= 0 && s->simulated[c] >= 0 && official != s->simulated[c])
            s->disagreements[s->n_disagreements++] = c;
    }
    return 0;
}

static int keep_classes(struct qz_ctx *ctx, struct qz_run_state *s, struct zonage *z) {
    s->simulated = qz_malloc(s->communes->n, sizeof *s->simulated);
    if (!s->simulated)
        return qz_fail_nomem(ctx);
    s->unit_of = z->unit_of; /* rows stay in the order of the units */
    for (size_t c = 0; c < s->communes->n; c++)
        s->simulated[c] = z->unit_of[c] == QZ_NOWHERE ? -1 : (int8_t)z->result[z->unit_of[c]].kind;
    z->unit_of = NULL;
    return find_disagreements(ctx, s);
}

/* By consultations: that is what the law compares. */
static int check(struct qz_ctx *ctx, const struct qz_run_state *s) {
    if (!s->professions[0].in_consultations && strcmp(s->plan->zonage.regime, "2011") != 0)
        return qz_fail(ctx, QZ_E_PLAN,
                       "[zonage] compares an APL in consultations; set preset = apl2017 in [apl]");
    return 0;
}

int qz_run_zonage_set(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_run_set *set = &s->sets[QZ_SET_ZONAGE];
    qz_cleanup(zonage_done) struct zonage z = { 0 };
    if (!*s->plan->zonage.regime)
        return 0;
    int e = check(ctx, s);
    if (e == 0)
        e = qz_run_level(ctx, s, "zonage", s->plan->zonage.level, &z.level);
    if (e == 0)
        e = find_units(ctx, s, &z);
    z.units = qz_calloc(z.n, sizeof *z.units);
    z.result = qz_calloc(z.n, sizeof *z.result);
    if (e == 0 && !(z.units && z.result))
        e = qz_fail_nomem(ctx);
    for (size_t i = 0; e == 0 && i < z.n; i++)
        z.units[i].override_class = -1;
    if (e == 0)
        e = qz_run_set_of_communes(ctx, s, "zonage", z.n, z.unit_of, set);
    if (e == 0)
        e = simulate_units(ctx, s, set, &z);
    for (size_t i = 0; i < z.n && e == 0; i++)
        e = tell_unit(ctx, s, set, &z, i);
    for (size_t r = 0; r < z.n_regions && e == 0; r++)
        e = tell_region(ctx, s, &z, r);
    if (e == 0)
        e = qz_run_set_number(ctx, set, "Z");
    return e < 0 ? e : keep_classes(ctx, s, &z);
}
