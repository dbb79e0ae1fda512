/* engine/plan/choices.c - keys whose value is one of some words, or the key of another section:
 * zones, seats, siting, overlays, tables. */
#include <stdio.h>
#include <string.h>
#include "layer/define.h"
#include "plan/parts.h"

static int bad(struct qz_plan_reader *r, const char *section, const char *key, const char *value,
               const char *what) {
    return qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] %s = '%s' is not %s", r->plan->path, section, key,
                   value, what);
}

struct choice {
    const char *section, *key, *value;
    const char *words[5]; /* NULL at the end */
    const char *what;     /* the same, for people */
};

static bool is_chosen(const struct choice *c) {
    for (size_t i = 0; c->words[i]; i++)
        if (strcmp(c->words[i], c->value) == 0)
            return true;
    return false;
}

static int check_words(struct qz_plan_reader *r) {
    const struct qz_plan *p = r->plan;
    const struct choice choices[] = {
        { "seats",
          "who",
          p->seats.who,
          { "all", "population", "care", "list" },
          "all, population, care or list" },
        { "siting",
          "model",
          p->siting.model,
          { "covering", "p-median", "set-cover" },
          "covering, p-median or set-cover" },
        { "siting",
          "existing",
          p->siting.existing,
          { "structures", "sites", "none" },
          "structures, sites or none" },
        { "siting", "unknown_ages", p->siting.unknown_ages, { "stay", "leave" }, "stay or leave" },
    };
    int e = 0;
    for (size_t i = 0; i < COUNT(choices) && e == 0; i++)
        if (!is_chosen(&choices[i]))
            e = bad(r, choices[i].section, choices[i].key, choices[i].value, choices[i].what);
    return e;
}

/* ---- keys of other sections */
static int check_overlay(struct qz_plan_reader *r, const char *section, const char *key) {
    for (size_t i = 0; i < r->plan->n_overlays; i++)
        if (strcmp(r->plan->overlays[i].key, key) == 0)
            return 0;
    return *key ? bad(r, section, "only", key, "the KEY of a section [overlay KEY]") : 0;
}

static int check_demand(struct qz_plan_reader *r) {
    static const char *const words[] = { "apl", "beyond", "people" };
    const char *demand = r->plan->siting.demand;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i], demand) == 0)
            return 0;
    for (size_t i = 0; i < r->plan->n_groups; i++)
        if (strcmp(r->plan->groups[i].key, demand) == 0)
            return 0;
    return bad(r, "siting", "demand", demand,
               "apl, beyond, people, or the KEY of a section [group KEY]");
}

static int check_criteria(struct qz_plan_reader *r) {
    const char *key = r->plan->zonage.criteria;
    for (size_t i = 0; i < r->plan->n_tables; i++)
        if (strcmp(r->plan->tables[i].key, key) == 0)
            return 0;
    return *key ? bad(r, "zonage", "criteria", key, "the KEY of a section [table KEY]") : 0;
}

/* Their keys become columns: of the professions' own, and of each other, they must differ. */
static int check_column(struct qz_plan_reader *r, const char *kind, const char *key) {
    const struct qz_plan *plan = r->plan;
    bool taken = qz_column_is_taken(key);
    for (size_t i = 0; i < plan->n_practices; i++) {
        size_t n = strlen(plan->practices[i].key);
        taken = taken || (strncmp(key, plan->practices[i].key, n) == 0 && key[n] == '_');
    }
    size_t n = 0;
    for (size_t i = 0; i < plan->n_tables; i++)
        n += strcmp(plan->tables[i].key, key) == 0;
    for (size_t i = 0; i < plan->n_overlays; i++) {
        size_t own = strlen(plan->overlays[i].key);
        n += strcmp(plan->overlays[i].key, key) == 0;
        n += strncmp(plan->overlays[i].key, key, own) == 0 && strcmp(key + own, "_share") == 0;
    }
    return !taken && n <= 1 ? 0
                            : qz_fail(r->ctx, QZ_E_PLAN,
                                      "%s: [%s %s]: a column of the output has this name already; "
                                      "choose another key",
                                      plan->path, kind, key);
}

static int settle_tables(struct qz_plan_reader *r) {
    struct qz_plan *plan = r->plan;
    int e = 0;
    for (size_t i = 0; i < plan->n_tables && e == 0; i++) {
        struct qz_plan_table *t = &plan->tables[i];
        t->label = *t->label ? t->label : t->key;
        if (*t->unit) {
            qz_cleanup(qz_freep) char *label = qz_format("%s (%s)", t->label, t->unit);
            t->label = label ? qz_plan_keep(plan, label) : NULL;
            if (!t->label)
                return qz_fail_nomem(r->ctx);
        }
        if (strcmp(t->worse, "high") != 0 && strcmp(t->worse, "low") != 0)
            e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [table %s] worse = '%s' is not high or low",
                        plan->path, t->key, t->worse);
    }
    for (size_t i = 0; i < plan->n_tables && e == 0; i++)
        e = check_column(r, "table", plan->tables[i].key);
    for (size_t i = 0; i < plan->n_overlays && e == 0; i++) {
        if (!*plan->overlays[i].label)
            plan->overlays[i].label = plan->overlays[i].key;
        e = check_column(r, "overlay", plan->overlays[i].key);
    }
    return e;
}

/* ---- scores that the plan does not state: of the first profession */
struct usual_term {
    const char *figure; /* of the first profession; "share": within its threshold; "=...": no figure
 of a profession, but one of the thing that is ranked */
    double weight;
    bool good_of_all, anchored;
    double good, bad;
};

static int set_usual(struct qz_plan_reader *r, const struct usual_term *terms, size_t n,
                     struct qz_plan_score *score) {
    const struct qz_practice *p = &r->plan->practices[0];
    char name[96], share[32];
    snprintf(share, sizeof share, "share_%umin", p->threshold_min);
    for (size_t i = 0; i < n && !score->stated; i++) {
        const struct usual_term *u = &terms[i];
        const char *figure = strcmp(u->figure, "share") == 0 ? share : u->figure;
        bool own = *figure == '=';
        snprintf(name, sizeof name, "%s%s%s", own ? "" : p->key, own ? "" : "_",
                 own ? figure + 1 : figure);
        score->items[score->n] = (struct qz_plan_term) {
            qz_plan_keep(r->plan, name), u->weight, u->anchored, u->good_of_all, u->good, u->bad
        };
        if (!score->items[score->n++].key)
            return qz_fail_nomem(r->ctx);
    }
    return 0;
}

static int settle_scores(struct qz_plan_reader *r) {
    struct qz_plan *plan = r->plan;
    const struct usual_term zones[] = {
        { "share", 0.5, false, true, 1, 0 },
        { "per_100k", 0.3, true, true, 0, 0 },
        { "=missing", 0.2, false, true, 0, plan->professionals },
    };
    static const struct usual_term threat[] = {
        { "per_100k", 0.3, false, false, 0, 0 },
        { "apl_horizon", 0.3, false, false, 0, 0 },
        { "share_55plus", 0.2, false, false, 0, 0 },
        { "share", 0.2, false, false, 0, 0 },
    };
    static const struct usual_term siting[] = {
        { "=people_gained", 0.5, false, false, 0, 0 },
        { "=people_badly_served", 0.2, false, false, 0, 0 },
        { "=heads_leaving", 0.2, false, false, 0, 0 },
        { "=structures_15min", 0.1, false, false, 0, 0 },
    };
    int e = set_usual(r, zones, COUNT(zones), &plan->zones_score);
    if (e == 0)
        e = set_usual(r, threat, COUNT(threat), &plan->threat.score);
    return e < 0 ? e : set_usual(r, siting, COUNT(siting), &plan->siting.score);
}

int qz_plan_settle_choices(struct qz_plan_reader *r) {
    const struct qz_plan *plan = r->plan;
    int e = check_words(r);
    if (e == 0 && strcmp(plan->seats.who, "list") == 0 && !plan->candidates.input.file)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: [seats] who = list needs a section [candidates] with 'file = PATH'",
                    plan->path);
    if (e == 0)
        e = check_overlay(r, "seats", plan->seats.only);
    if (e == 0)
        e = check_overlay(r, "threat", plan->threat.only);
    if (e == 0)
        e = check_demand(r);
    if (e == 0)
        e = check_criteria(r);
    if (e == 0)
        e = settle_tables(r);
    return e < 0 ? e : settle_scores(r);
}
