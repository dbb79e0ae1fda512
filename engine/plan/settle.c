/* engine/plan/settle.c - what depends on several keys, and what the tables of geodata say where the
 * plan does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/geodata.h"
#include "plan/parts.h"

/* Keeps the nearest key of the table, where this one is nearly it: a slip of the pen loses the
 * label, the threshold and the codes that go with a known key. */
static bool see_key(struct qz_plan_reader *r, struct qz_practice *p, const char *known,
                    unsigned *least) {
    unsigned d = qz_edit_distance(p->key, known);
    if (d >= *least)
        return true;
    *least = d;
    p->near = qz_plan_keep(r->plan, known);
    return p->near != NULL;
}

static int label_practice(struct qz_plan_reader *r, struct qz_practice *p) {
    enum { A_SLIP = 2 };
    char **lines = g_strsplit(qz_geodata("professions.csv"), "\n", -1);
    unsigned least = A_SLIP + 1;
    bool named = p->label != NULL, ok = true;
    if (!named)
        p->label = p->label_plural = p->key;
    else
        p->label_plural = p->label;
    for (size_t i = 0; lines[i]; i++) {
        char **fields = *lines[i] == '#' ? NULL : g_strsplit(lines[i], ",", -1);
        bool own = fields && g_strv_length(fields) >= 4 && strcmp(fields[0], p->key) == 0;
        if (fields && *fields && strcmp(*fields, "key") != 0 && !named)
            ok = see_key(r, p, fields[0], &least) && ok;
        if (own && !named) {
            p->label = qz_plan_keep(r->plan, fields[1]);
            p->label_plural = qz_plan_keep(r->plan, fields[2]);
        }
        p->is_place = p->is_place || (own && strcmp(g_strstrip(fields[3]), "place") == 0);
        g_strfreev(fields);
    }
    g_strfreev(lines);
    if (least == 0)
        p->near = NULL; /* it is the key */
    return ok && p->label && p->label_plural ? 0 : qz_fail_nomem(r->ctx);
}

/* ---- the threshold of a profession: the plan's, else the table's */
static uint32_t usual_threshold_min(const char *key) {
    char **lines = g_strsplit(qz_geodata("thresholds.csv"), "\n", -1);
    uint32_t minutes = 0, any = 0;
    for (size_t i = 0; lines[i]; i++) {
        char **fields = *lines[i] == '#' ? NULL : g_strsplit(lines[i], ",", -1);
        bool line = fields && g_strv_length(fields) >= 2;
        if (line && strcmp(fields[0], key) == 0)
            minutes = (uint32_t)atoi(fields[1]);
        if (line && strcmp(fields[0], "*") == 0)
            any = (uint32_t)atoi(fields[1]);
        g_strfreev(fields);
    }
    g_strfreev(lines);
    return minutes ? minutes : any;
}

/* ---- what depends on several keys */
static bool qz_plan_date(const char *text, char date[11]) {
    int year, month = 1, day = 1, used = 0;
    int n = sscanf(text, "%4d%n-%2d%n-%2d%n", &year, &used, &month, &used, &day, &used);
    if (n < 1 || text[used] || year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 ||
        day > 31)
        return false;
    snprintf(date, 11, "%04d-%02d-%02d", year, month, day);
    return true;
}

/* The output's date: stated, else the newest vintage; the clock has no say. */
static int settle_date(struct qz_plan_reader *r) {
    struct qz_plan *plan = r->plan;
    char best[11] = "1970-01-01", date[11];
    if (plan->date) {
        if (!qz_plan_date(plan->date, best))
            return qz_fail(r->ctx, QZ_E_PLAN,
                           "%s: [output] date = '%s' is not a date such as 2026-01-31", plan->path,
                           plan->date);
    } else {
        for (size_t i = 0; i < qz_n_plan_inputs + plan->n_practices; i++) {
            const struct qz_plan_input *in =
                i < qz_n_plan_inputs
                    ? (const struct qz_plan_input *)((char *)plan + qz_plan_inputs[i].offset)
                    : &plan->practices[i - qz_n_plan_inputs].source;
            if (in->vintage && qz_plan_date(in->vintage, date) && strcmp(date, best) > 0)
                memcpy(best, date, sizeof best);
        }
    }
    plan->date = qz_plan_keep(plan, best);
    return plan->date ? 0 : qz_fail_nomem(r->ctx);
}

/* ---- the ground */
static int settle_surface(struct qz_plan_reader *r) {
    struct qz_plan *plan = r->plan;
    const char *unit = plan->surface.unit;
    if (strcmp(unit, "s/m") != 0 && strcmp(unit, "min/m") != 0)
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [surface] friction_unit = '%s' is not s/m or min/m",
                       plan->path, unit);
    if (g_key_file_has_group(r->file, "surface") && !plan->surface.cover &&
        !plan->surface.friction && !plan->surface.dem && !plan->surface.barriers)
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [surface] needs 'cover = PATH', 'friction = PATH', 'dem = PATH' or "
                       "'barriers = PATH'",
                       plan->path);
    const char *classes = plan->surface.classes;
    if (strcmp(classes, "auto") == 0 || strcmp(classes, "corine") == 0 ||
        strcmp(classes, "worldcover") == 0)
        return 0;
    plan->surface.classes = qz_plan_path(r, classes);
    return plan->surface.classes ? 0 : qz_fail_nomem(r->ctx);
}

/* Who is counted, and when, in French: densities are compared only where it is the same. */
static int settle_scope(struct qz_plan_reader *r, struct qz_practice *p) {
    const char *table = *p->exclusions ? strrchr(p->exclusions, '/') : "/geodata/exclusions.csv";
    struct qz_text t = { 0 };
    uint32_t year = qz_plan_year(p->source.vintage);
    if (*p->scope)
        qz_text_add(&t, "%s", p->scope);
    else if (p->is_place)
        qz_text_add(&t, "tous les sites du fichier");
    else if (strcmp(p->exclusions, "none") == 0)
        qz_text_add(&t, "tous les praticiens du fichier");
    else
        qz_text_add(&t, "praticiens du fichier, hors exclusions de %s",
                    table ? table + 1 : p->exclusions);
    if (*p->sectors)
        qz_text_add(&t, ", secteurs %s", p->sectors);
    if (year)
        qz_text_add(&t, ", %u", year);
    p->scope = t.failed ? NULL : qz_plan_keep(r->plan, t.data);
    qz_text_done(&t);
    return p->scope ? 0 : qz_fail_nomem(r->ctx);
}

/* ---- professions: what the tables of geodata say where the plan does not */
static int settle_practices(struct qz_plan_reader *r) {
    int e = 0;
    for (size_t i = 0; i < r->plan->n_practices && e == 0; i++) {
        struct qz_practice *p = &r->plan->practices[i];
        e = label_practice(r, p);
        if (e == 0)
            e = settle_scope(r, p);
        if (p->threshold_min == 0)
            p->threshold_min = usual_threshold_min(p->key);
        if (e == 0 && p->fte_ceiling > 0 && p->fte_floor > p->fte_ceiling)
            e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [practitioners %s] fte_floor is above fte_ceiling",
                        r->plan->path, p->key);
        if (e == 0 && p->previous && !p->previous_year)
            e = qz_fail(r->ctx, QZ_E_PLAN,
                        "%s: [practitioners %s] previous needs previous_vintage = YEAR",
                        r->plan->path, p->key);
    }
    return e;
}

/* What is asked for and cannot be is no silent zero. */
static int check_arrivals(struct qz_plan_reader *r) {
    const struct qz_plan *plan = r->plan;
    bool measured = !plan->arrivals;
    for (size_t i = 0; i < plan->n_practices; i++)
        measured = measured || plan->practices[i].previous;
    return measured ? 0
                    : qz_fail(r->ctx, QZ_E_PLAN,
                              "%s: [horizon] arrivals = yes needs an earlier register to measure "
                              "them: previous and previous_vintage in [practitioners %s]",
                              plan->path, plan->practices[0].key);
}

static int settle_items(struct qz_plan_reader *r) {
    static const char *const units[] = { "people", "households", "share", "percent" };
    struct qz_plan *plan = r->plan;
    for (size_t i = 0; i < plan->n_groups; i++) {
        struct qz_plan_group *g = &plan->groups[i];
        bool found = false;
        for (size_t u = 0; u < COUNT(units); u++)
            found = found || strcmp(g->unit, units[u]) == 0;
        if (!found)
            return qz_fail(r->ctx, QZ_E_PLAN,
                           "%s: [group %s] unit = '%s' is not people, households, share or percent",
                           plan->path, g->key, g->unit);
        g->label = *g->label ? g->label : g->key;
    }
    for (size_t i = 0; i < plan->n_user_levels; i++)
        if (!*plan->user_levels[i].label)
            plan->user_levels[i].label = plan->user_levels[i].key;
    return 0;
}

/* Four digits at the beginning of a vintage; 0: none. */
uint32_t qz_plan_year(const char *vintage) {
    char date[11];
    return vintage && qz_plan_date(vintage, date) ? (uint32_t)atoi(date) : 0;
}

/* The horizon counts from the year of the ages. */
static void settle_years(struct qz_plan *plan) {
    for (size_t i = 0; i < plan->n_practices && !plan->base_year; i++)
        plan->base_year = qz_plan_year(plan->practices[i].source.vintage);
    uint32_t year = plan->base_year ? plan->base_year : qz_plan_year(plan->date);
    if (year > 1970)
        plan->base_year = year;
    if (plan->years_stated || !plan->base_year)
        return;
    plan->years[plan->n_years++] = plan->base_year + 5;
    plan->years[plan->n_years++] = plan->base_year + 10;
}

int qz_plan_settle(struct qz_plan_reader *r) {
    struct qz_plan *plan = r->plan;
    int e = settle_practices(r);
    if (e == 0)
        e = check_arrivals(r);
    if (e == 0)
        e = settle_items(r);
    if (e == 0)
        e = qz_plan_settle_choices(r);
    if (e < 0)
        return e;
    plan->three15.limit_ms = plan->zones_limit_min * 60000;
    plan->threat.stated = g_key_file_has_key(r->file, "threat", "territories", NULL);
    plan->siting.stated = g_key_file_has_key(r->file, "siting", "sites", NULL);
    if (!*plan->drawn)
        plan->drawn = plan->practices[0].key;
    if (!g_key_file_has_key(r->file, "isochrones", "simplify_m", NULL))
        plan->isochrone.simplify_m = plan->field.cell_m / 2;
    bool found = strcmp(plan->drawn, "none") == 0;
    for (size_t i = 0; i < plan->n_practices; i++)
        found = found || strcmp(plan->practices[i].key, plan->drawn) == 0;
    if (!found)
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [isochrones] profession = '%s' has no section [practitioners %s]",
                       plan->path, plan->drawn, plan->drawn);
    if (strcmp(plan->profile, "auto") != 0 && !qz_speeds_builtin(plan->profile))
        return qz_fail(
            r->ctx, QZ_E_PLAN,
            "%s: [roads] profile = '%s' is not osm-car, bdtopo-car, route500-car, metric or auto",
            plan->path, plan->profile);
    if (strcmp(plan->indicators, "communes") != 0 && strcmp(plan->indicators, "territories") != 0 &&
        strcmp(plan->indicators, "none") != 0)
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [output] indicators = '%s' is not communes, territories or none",
                       plan->path, plan->indicators);
    if (!(plan->three15.people_min <= plan->three15.people_target &&
          plan->three15.people_target <= plan->three15.people_max))
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [zones] needs people_min <= people_target <= people_max", plan->path);
    e = qz_plan_settle_roads(r);
    if (e == 0)
        e = settle_surface(r);
    if (e == 0)
        e = settle_date(r);
    if (e == 0)
        settle_years(plan);
    if (e == 0 && plan->n_years && !plan->base_year)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: [horizon] years count from the year of the ages: give base_year, or a "
                    "vintage in [practitioners %s]",
                    plan->path, plan->practices[0].key);
    for (size_t i = 0; i < plan->n_years && e == 0; i++)
        if (plan->base_year && plan->years[i] <= plan->base_year)
            e = qz_fail(r->ctx, QZ_E_PLAN,
                        "%s: [horizon] years: %u is not after the year of the ages, %u", plan->path,
                        plan->years[i], plan->base_year);
    return e;
}
