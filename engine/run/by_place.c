/* engine/run/by_place.c - what the plan's own tables say of communes and territories: overlays,
 * numbers, the class in force, classes given by hand, candidates. */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "run/run.h"

static int read_marks(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_input *in,
                      const struct qz_place_table *table, struct qz_marks **ret) {
    qz_cleanup(qz_run_input_done) struct qz_run_input own = { 0 };
    if (!in->input.file)
        return 0;
    int e = qz_run_input(ctx, s, in, &own);
    return e < 0 ? e
                 : qz_marks_read(ctx, table, &own.input, &s->issues, qz_run_report_of(s, in), ret);
}

static int no_level(struct qz_ctx *ctx, const struct qz_run_state *s, const char *section,
                    const char *name) {
    struct qz_text all = { 0 };
    for (size_t l = 0; l < s->levels->n; l++)
        qz_text_add(&all, "%s%s", l ? ", " : "", s->levels->items[l].name);
    int e = qz_fail(ctx, QZ_E_PLAN,
                    "[%s]: there are no territories of level '%s'; add them to [territories], or "
                    "name one of: %s",
                    section, name, all.data ? all.data : "");
    qz_text_done(&all);
    return e;
}

/* The level that the plan names; QZ_E_PLAN: there is none. */
int qz_run_level(struct qz_ctx *ctx, const struct qz_run_state *s, const char *section,
                 const char *name, size_t *ret) {
    for (size_t l = 0; l < s->levels->n; l++)
        if (strcmp(s->levels->items[l].name, name) == 0) {
            *ret = l + 1;
            return 0;
        }
    return no_level(ctx, s, section, name);
}

static int check_regime(struct qz_ctx *ctx, const struct qz_run_state *s) {
    struct qz_zonage_regime regime;
    char *text = NULL;
    const char *own = s->plan->zonage.regimes;
    int e = qz_run_table_text(ctx, own, "zonage-regimes.csv", &text);
    if (e == 0)
        e = qz_zonage_regime_read(ctx, own ? own : "zonage-regimes.csv", text,
                                  s->plan->zonage.regime, s->plan->zonage.region, &regime);
    g_free(text);
    return e < 0 ? qz_fail_at(ctx, e, "[zonage]: ") : 0;
}

int qz_run_check_names(struct qz_ctx *ctx, const struct qz_run_state *s) {
    const struct qz_plan *plan = s->plan;
    const struct {
        const char *section, *level;
    } named[] = {
        { "zones", plan->zones_within },
        { "areas", plan->areas.n ? plan->areas.within : "" },
        { "zonage", *plan->zonage.regime ? plan->zonage.level : "" },
        { "threat", plan->threat.n ? plan->threat.level : "" },
    };
    size_t level;
    int e = 0;
    for (size_t i = 0; i < COUNT(named) && e == 0; i++)
        e = *named[i].level ? qz_run_level(ctx, s, named[i].section, named[i].level, &level) : 0;
    if (e == 0 && plan->areas.n > s->communes->n)
        e = qz_fail(ctx, QZ_E_PLAN, "[areas] areas = %u, but there are only %zu communes",
                    plan->areas.n, s->communes->n);
    if (e == 0 && *plan->zonage.regime && strcmp(plan->practices[0].key, "gp") != 0)
        e = qz_fail(ctx, QZ_E_PLAN,
                    "[zonage] is of general practitioners: let [practitioners gp] be the first "
                    "profession of the plan, or leave regime out");
    return e < 0 || !*plan->zonage.regime ? e : check_regime(ctx, s);
}

/* ---- overlays: shares of the people, or where they are not counted by cells of the ground */
int qz_run_begin_overlays(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->overlays = qz_calloc(s->plan->n_overlays, sizeof *s->overlays);
    return s->overlays ? 0 : qz_fail_nomem(ctx);
}

/* By the first word: "NC - Commune non classée" is none of them. */
static bool is_in(const char *text) {
    static const char *const no[] = { "0", "non", "no", "n", "nc", "hors", "faux", "false" };
    char word[16];
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), text);
    for (size_t i = 0; i < COUNT(no); i++)
        if (qz_equal_nocase(word, no[i]))
            return false;
    return true;
}

static bool is_yes(const char *text) {
    static const char *const yes[] = { "", "1", "oui", "yes", "o" };
    for (size_t i = 0; i < COUNT(yes); i++)
        if (qz_equal_nocase(text, yes[i]))
            return true;
    return false;
}

static int list_overlay(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_overlay *p,
                        struct qz_run_overlay *o) {
    struct qz_place_table table = { .communes = s->communes,
                                    .what = "overlay",
                                    .needs_value = p->source.input.columns[QZ_ROLE_VALUE] != NULL };
    int e = read_marks(ctx, s, &p->source, &table, &o->marks);
    bool by_word = false; /* some rows say a word: those that say none are not in it */
    for (size_t c = 0; c < s->communes->n && e == 0; c++)
        by_word = by_word || (o->marks->text[c] && *o->marks->text[c]);
    for (size_t c = 0; c < s->communes->n && e == 0; c++) {
        const char *text = o->marks->text[c];
        o->share[c] = text && (*text || !by_word) && is_in(text);
        o->what[c] = o->share[c] > 0 ? (is_yes(text) ? "oui" : text) : "";
    }
    return e;
}

/* Of the people where they live in cells, else of the ground. */
static int polygon_share(struct qz_ctx *ctx, const struct qz_run_state *s, size_t c,
                         const struct qz_shapes *areas, const struct qz_box *boxes,
                         const struct qz_locator *locator, double *share) {
    double in = 0, all = 0, overlap_m2;
    for (uint32_t i = s->homes->first[c]; i < s->homes->first[c + 1]; i++) {
        all += s->home_people[i];
        in += qz_locator_find(locator, s->homes->at[i]) != QZ_NOWHERE ? s->home_people[i] : 0;
    }
    if (s->homes->has_cells[c] && all > 0) {
        *share = in / all;
        return 0;
    }
    double whole_m2 = qz_shape_area_m2(s->communes->shapes, c);
    int e = qz_shape_overlap_m2(ctx, s->communes->shapes, c, areas, boxes, &overlap_m2);
    *share = e == 0 && whole_m2 > 0 ? fmin(1, overlap_m2 / whole_m2) : 0;
    return e;
}

static int polygon_overlay(struct qz_ctx *ctx, struct qz_run_state *s,
                           const struct qz_plan_overlay *p, struct qz_run_overlay *o) {
    static const double drawn_apart = 1e-3; /* borders of two sources never agree */
    qz_cleanup(qz_shapes_freep) struct qz_shapes *areas = NULL;
    qz_cleanup(qz_locator_freep) struct qz_locator *locator = NULL;
    int e = qz_areas_read(ctx, &p->source.input, s->crs, &s->issues,
                          qz_run_report_of(s, &p->source), &areas);
    if (e == 0)
        e = qz_locator_new(ctx, areas, &locator);
    qz_cleanup(qz_freep) struct qz_box *boxes = e == 0 ? qz_malloc(areas->n, sizeof *boxes) : NULL;
    if (e == 0 && !boxes)
        e = qz_fail_nomem(ctx);
    for (size_t i = 0; e == 0 && i < areas->n; i++)
        boxes[i] = qz_shape_box(areas, i);
    for (size_t c = 0; c < s->communes->n && e == 0; c++) {
        e = polygon_share(ctx, s, c, areas, boxes, locator, &o->share[c]);
        o->share[c] = o->share[c] < drawn_apart       ? 0
                      : o->share[c] > 1 - drawn_apart ? 1
                                                      : o->share[c];
        o->what[c] = o->share[c] >= 1 ? "oui" : o->share[c] > 0 ? "en partie" : "";
    }
    return e;
}

/* The share of each territory's people. */
static int sum_overlay(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_overlay *o) {
    o->share_of = qz_calloc(s->levels->n + 1, sizeof *o->share_of);
    if (!o->share_of)
        return qz_fail_nomem(ctx);
    for (size_t l = 1; l <= s->levels->n; l++) {
        const struct qz_level *level = &s->levels->items[l - 1];
        qz_cleanup(qz_freep) double *people = qz_malloc(level->n, sizeof *people);
        o->share_of[l] = qz_malloc(level->n, sizeof **o->share_of);
        if (!people || !o->share_of[l])
            return qz_fail_nomem(ctx);
        qz_run_sum_values(s, o->share, false, level->first, level->territory, level->weight,
                          level->n, o->share_of[l], people);
    }
    return 0;
}

int qz_run_overlay(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    const struct qz_plan_overlay *p = &s->plan->overlays[part];
    struct qz_run_overlay *o = &s->overlays[part];
    bool polygons = false;
    o->share = qz_calloc(s->communes->n, sizeof *o->share);
    o->what = qz_calloc(s->communes->n, sizeof *o->what);
    int e = o->share && o->what ? 0 : qz_fail_nomem(ctx);
    if (e == 0 && !p->source.input.columns[QZ_ROLE_CODE])
        e = qz_areas_given(ctx, &p->source.input, &polygons);
    if (e == 0)
        e = polygons ? polygon_overlay(ctx, s, p, o) : list_overlay(ctx, s, p, o);
    return e < 0 ? e : sum_overlay(ctx, s, o);
}

/* ---- numbers, at every level */
int qz_run_begin_tables(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->tables = qz_calloc(s->plan->n_tables, sizeof *s->tables);
    return s->tables ? 0 : qz_fail_nomem(ctx);
}

/* Of places that are groups of communes: the sum, or the mean by people of those that are known. */
void qz_run_sum_table(const struct qz_run_state *s, size_t table, const uint32_t *first,
                      const uint32_t *into, const double *weight, size_t n, double *value,
                      double *people) {
    qz_run_sum_values(s, s->tables[table][0], s->plan->tables[table].sum, first, into, weight, n,
                      value, people);
}

void qz_run_sum_values(const struct qz_run_state *s, const double *of_commune, bool sum,
                       const uint32_t *first, const uint32_t *into, const double *weight, size_t n,
                       double *value, double *people) {
    for (size_t i = 0; i < n; i++)
        value[i] = people[i] = 0;
    for (size_t c = 0; c < s->communes->n; c++)
        for (uint32_t k = first[c]; k < first[c + 1]; k++) {
            if (isnan(of_commune[c]))
                continue;
            double share = (weight ? weight[k] : 1) * (sum ? 1 : s->people->count[c]);
            value[into[k]] += share * of_commune[c];
            people[into[k]] += sum ? 1 : share;
        }
    for (size_t i = 0; i < n; i++)
        value[i] = people[i] > 0 ? value[i] / (sum ? 1 : people[i]) : NAN;
}

/* A table by territory speaks of all its communes; a sum is shared among them by their people. */
static int inherit(struct qz_ctx *ctx, const struct qz_run_state *s, const struct qz_level *level,
                   bool sum, const double *of_territory, double *of_commune) {
    qz_cleanup(qz_freep) double *people = qz_calloc(level->n, sizeof *people);
    if (!people)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < s->communes->n; c++)
        for (uint32_t k = level->first[c]; k < level->first[c + 1]; k++)
            people[level->territory[k]] += level->weight[k] * s->people->count[c];
    for (size_t c = 0; c < s->communes->n; c++) {
        uint32_t most = level->of_commune[c];
        of_commune[c] = most == QZ_NOWHERE || sum ? NAN : of_territory[most];
        for (uint32_t k = level->first[c]; sum && k < level->first[c + 1]; k++) {
            uint32_t t = level->territory[k];
            double part = people[t] > 0 ? level->weight[k] * s->people->count[c] / people[t] : 0;
            if (!isnan(of_territory[t]))
                of_commune[c] = (isnan(of_commune[c]) ? 0 : of_commune[c]) + of_territory[t] * part;
        }
    }
    return 0;
}

static int spread_table(struct qz_ctx *ctx, struct qz_run_state *s, size_t table, size_t own,
                        const double *given) {
    double **value = s->tables[table];
    int e = own ? inherit(ctx, s, &s->levels->items[own - 1], s->plan->tables[table].sum, given,
                          value[0])
                : 0;
    if (e < 0)
        return e;
    if (!own)
        memcpy(value[0], given, s->communes->n * sizeof **value);
    for (size_t l = 1; l <= s->levels->n; l++) {
        const struct qz_level *level = &s->levels->items[l - 1];
        qz_cleanup(qz_freep) double *people = qz_malloc(level->n, sizeof *people);
        if (!people)
            return qz_fail_nomem(ctx);
        if (l == own)
            memcpy(value[l], given, level->n * sizeof **value);
        else
            qz_run_sum_table(s, table, level->first, level->territory, level->weight, level->n,
                             value[l], people);
    }
    return 0;
}

int qz_run_table(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    const struct qz_plan_table *p = &s->plan->tables[part];
    qz_cleanup(qz_run_input_done) struct qz_run_input own = { 0 };
    qz_cleanup(qz_measure_freep) struct qz_measure *measure = NULL;
    size_t level = 0;
    qz_cleanup(qz_freep) char *section = qz_format("table %s", p->key);
    int e = !section    ? qz_fail_nomem(ctx)
            : *p->level ? qz_run_level(ctx, s, section, p->level, &level)
                        : 0;
    struct qz_place_table table = { .communes = s->communes,
                                    .level = level ? &s->levels->items[level - 1] : NULL,
                                    .what = p->key,
                                    .needs_value = true,
                                    .sum = p->sum };
    s->tables[part] = qz_calloc(s->levels->n + 1, sizeof **s->tables);
    if (e == 0 && !s->tables[part])
        e = qz_fail_nomem(ctx);
    for (size_t l = 0; l <= s->levels->n && e == 0; l++)
        if (!(s->tables[part][l] = qz_malloc(qz_run_n_places(s, l), sizeof ***s->tables)))
            e = qz_fail_nomem(ctx);
    if (e == 0)
        e = qz_run_input(ctx, s, &p->source, &own);
    if (e == 0)
        e = qz_measure_read(ctx, &table, &own.input, &s->issues, qz_run_report_of(s, &p->source),
                            &measure);
    return e < 0 ? e : spread_table(ctx, s, part, level, measure->value);
}

/* ---- the class in force, and candidates */
static int parse_official(struct qz_ctx *ctx, struct qz_run_state *s) {
    const struct qz_marks *m = s->official_marks;
    size_t n_bad = 0, n_known = 0, bad = 0;
    for (size_t c = 0; c < s->communes->n; c++) {
        enum qz_zonage_class kind = QZ_ZONAGE_NONE;
        bool known = m->text[c] && qz_zonage_parse(m->text[c], &kind);
        s->official[c] = known ? (int8_t)kind : -1;
        n_known += known;
        if (m->text[c] && !known && n_bad++ == 0)
            bad = c;
    }
    if (n_bad && !n_known)
        return qz_fail(
            ctx, QZ_E_DATA,
            "[official]: '%s' of commune %s is no class (ZIP, ZAC, ZAR, HZ), nor is that "
            "of any other; name the column of the class with 'value ='",
            m->text[bad], s->communes->code[bad]);
    return n_bad == 0 ? 0
                      : qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "official", m->row[bad],
                                     NULL, "unknown_class",
                                     "commune %s: '%s' is no class (ZIP, ZAC, ZAR, HZ); the class "
                                     "in force of %zu communes is not known",
                                     s->communes->code[bad], m->text[bad], n_bad);
}

int qz_run_official(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    struct qz_place_table table = { .communes = s->communes, .what = "class", .needs_value = true };
    int e = read_marks(ctx, s, &s->plan->official, &table, &s->official_marks);
    if (e < 0 || !s->official_marks)
        return e;
    s->official = qz_malloc(s->communes->n, sizeof *s->official);
    return s->official ? parse_official(ctx, s) : qz_fail_nomem(ctx);
}

int qz_run_candidates(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    (void)w, (void)part;
    struct qz_place_table table = { .communes = s->communes, .what = "candidate" };
    int e = read_marks(ctx, s, &s->plan->candidates, &table, &s->candidates);
    return e < 0 ? e : qz_run_choose_seats(ctx, s);
}

/* ---- the end */
void qz_run_by_place_done(struct qz_run_state *s) {
    for (size_t i = 0; s->overlays && i < s->plan->n_overlays; i++) {
        for (size_t l = 0; s->overlays[i].share_of && l <= s->levels->n; l++)
            free(s->overlays[i].share_of[l]);
        free(s->overlays[i].share_of);
        free(s->overlays[i].share);
        free(s->overlays[i].what);
        qz_marks_free(s->overlays[i].marks);
    }
    free(s->overlays);
    for (size_t i = 0; s->tables && i < s->plan->n_tables; i++) {
        for (size_t l = 0; s->tables[i] && l <= s->levels->n; l++)
            free(s->tables[i][l]);
        free(s->tables[i]);
    }
    free(s->tables);
    free(s->official);
    qz_marks_free(s->official_marks);
    qz_marks_free(s->candidates);
}
