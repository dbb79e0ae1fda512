/* engine/plan/values.c - values of keys: from the text of a plan into its fields, and back. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "plan/parts.h"

static int bad_value(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *value,
                     const char *expected) {
    return qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] %s = '%s' is not %s (%s)", r->plan->path,
                   k->section, k->name, value, expected, k->help);
}

static int set_bands(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *value) {
    char **parts = g_strsplit_set(value, ",; ", -1);
    int e = 0;
    r->plan->n_bands = 0;
    for (size_t i = 0; parts[i] && e == 0; i++) {
        double minutes;
        size_t n = r->plan->n_bands;
        if (!*parts[i])
            continue;
        if (n == QZ_MOST_BANDS || !qz_parse_number(parts[i], &minutes) ||
            !(minutes > 0 && minutes <= 600) || (n && minutes * 60000 <= r->plan->band_ms[n - 1]))
            e = bad_value(r, k, value, "a rising list of at most 12 numbers of minutes up to 600");
        else
            r->plan->band_ms[r->plan->n_bands++] = (uint32_t)(minutes * 60000 + 0.5);
    }
    g_strfreev(parts);
    return e == 0 && r->plan->n_bands == 0 ? bad_value(r, k, value, "a list of minutes") : e;
}

static int set_years(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *value) {
    struct qz_plan *plan = r->plan;
    char **parts = g_strsplit_set(value, ",; ", -1);
    int e = 0;
    plan->n_years = 0;
    plan->years_stated = *value != 0;
    for (size_t i = 0; parts[i] && e == 0 && !qz_equal_nocase(value, "none"); i++) {
        double year;
        size_t n = plan->n_years;
        if (!*parts[i])
            continue;
        if (n == QZ_MOST_YEARS || !qz_parse_number(parts[i], &year) || year != floor(year) ||
            !(year >= 1990 && year <= 2100) || (n && year <= plan->years[n - 1]))
            e = bad_value(r, k, value, "a rising list of at most 4 years, or none");
        else
            plan->years[plan->n_years++] = (uint32_t)year;
    }
    g_strfreev(parts);
    return e;
}

/* base: the plan, or the item of a repeated section. */
static int set_key(struct qz_plan_reader *r, const struct qz_plan_key *k, void *base,
                   const char *value) {
    char *field = (char *)base + k->offset;
    uint32_t whole;
    const char *text;
    double number;
    switch (k->kind) {
    case TEXT:
    case PATH:
    case TABLE: /* a path, or a word: none */
        text = k->kind == PATH || (k->kind == TABLE && *value && strcmp(value, "none") != 0)
                   ? qz_plan_path(r, value)
                   : qz_plan_keep(r->plan, value);
        memcpy(field, &text, sizeof text);
        return text ? 0 : qz_fail_nomem(r->ctx);
    case YES_NO: {
        bool yes = qz_equal_nocase(value, "yes") || qz_equal_nocase(value, "oui");
        if (!yes && !qz_equal_nocase(value, "no") && !qz_equal_nocase(value, "non"))
            return bad_value(r, k, value, "yes or no");
        memcpy(field, &yes, sizeof yes);
        return 0;
    }
    case NUMBER:
        if (!qz_parse_number(value, &number) || !(number >= k->low && number <= k->high)) {
            char range[64];
            snprintf(range, sizeof range, "a number from %g to %g", k->low, k->high);
            return bad_value(r, k, value, range);
        }
        number *= k->scale;
        memcpy(field, &number, sizeof number);
        return 0;
    case WHOLE:
        if (!qz_parse_number(value, &number) || number != floor(number) ||
            !(number >= k->low && number <= k->high)) {
            char range[64];
            snprintf(range, sizeof range, "a whole number from %g to %g", k->low, k->high);
            return bad_value(r, k, value, range);
        }
        whole = (uint32_t)number;
        memcpy(field, &whole, sizeof whole);
        return 0;
    case MINUTES_LIST:
        return set_bands(r, k, value);
    case YEARS_LIST:
        return set_years(r, k, value);
    case SCORE:
        return qz_plan_score_read(r, k, value, (struct qz_plan_score *)(void *)field);
    }
    return 0;
}

/* A default of 0 of a whole number means: settled later. */
static int set_default(struct qz_plan_reader *r, const struct qz_plan_key *k, void *base) {
    if (!k->value || (k->kind == WHOLE && strcmp(k->value, "0") == 0))
        return 0;
    return set_key(r, k, base, k->value);
}

/* The keys of a section: in the table they stand under `known`, in the file under `section`. */
int qz_plan_section_read(struct qz_plan_reader *r, const char *known, const char *section,
                         void *base) {
    int e = 0;
    for (size_t i = 0; i < qz_n_plan_keys && e == 0; i++) {
        struct qz_plan_key k = qz_plan_keys[i];
        if (strcmp(k.section, known) != 0)
            continue;
        k.section = section; /* as messages say it */
        char *value = qz_plan_value(r, section, k.name);
        e = value ? set_key(r, &k, base, value) : set_default(r, &k, base);
        g_free(value);
    }
    return e;
}

bool qz_plan_is_repeated(const char *section) { return section[strlen(section) - 1] == ' '; }

int qz_plan_keys_read(struct qz_plan_reader *r) {
    int e = 0;
    for (size_t i = 0; i < qz_n_plan_keys && e == 0; i++)
        if (!qz_plan_is_repeated(qz_plan_keys[i].section) &&
            (i == 0 || strcmp(qz_plan_keys[i].section, qz_plan_keys[i - 1].section) != 0))
            e = qz_plan_section_read(r, qz_plan_keys[i].section, qz_plan_keys[i].section, r->plan);
    return e;
}

/* ---- telling what it holds */
static void value_text(const struct qz_plan *plan, const void *base, const struct qz_plan_key *k,
                       struct qz_text *t) {
    const char *field = (const char *)base + k->offset, *text;
    double number;
    uint32_t whole;
    bool yes;
    switch (k->kind) {
    case TEXT:
    case PATH:
    case TABLE:
        memcpy(&text, field, sizeof text);
        qz_text_add(t, "%s", text && k->kind == TEXT ? text : "");
        break;
    case YES_NO:
        memcpy(&yes, field, sizeof yes);
        qz_text_add(t, "%s", yes ? "yes" : "no");
        break;
    case NUMBER:
        memcpy(&number, field, sizeof number);
        if (isfinite(number)) /* else not given */
            qz_text_add(t, "%.10g", number / k->scale);
        break;
    case WHOLE:
        memcpy(&whole, field, sizeof whole);
        qz_text_add(t, "%u", whole);
        break;
    case MINUTES_LIST:
        for (size_t i = 0; i < plan->n_bands; i++)
            qz_text_add(t, "%s%.10g", i ? "," : "", plan->band_ms[i] / 60000.0);
        break;
    case YEARS_LIST:
        for (size_t i = 0; i < plan->n_years; i++)
            qz_text_add(t, "%s%u", i ? "," : "", plan->years[i]);
        break;
    case SCORE:
        qz_plan_score_text((const struct qz_plan_score *)(const void *)field, t);
        break;
    }
}

/* The path that a key names; NULL: it names none. */
static const char *path_at(const void *base, const struct qz_plan_key *k) {
    const char *text;
    memcpy(&text, (const char *)base + k->offset, sizeof text);
    bool word = k->kind == TABLE && text && strcmp(text, "none") == 0;
    return (k->kind == PATH || k->kind == TABLE) && text && *text && !word ? text : NULL;
}

struct visit { /* of parameters, or of the paths that keys name */
    const struct qz_plan *plan;
    qz_plan_visit_fn call;
    void *user;
    bool paths;
};

static int visit_key(const struct visit *v, const char *section, const void *base,
                     const struct qz_plan_key *k) {
    if (v->paths) {
        const char *path = path_at(base, k);
        return path ? v->call(v->user, section, k->name, path) : 0;
    }
    struct qz_text t = { 0 };
    value_text(v->plan, base, k, &t);
    int e = t.failed ? QZ_E_NOMEM : v->call(v->user, section, k->name, t.data ? t.data : "");
    qz_text_done(&t);
    return e;
}

static int visit_section(const struct visit *v, const char *known, const char *section,
                         const void *base) {
    int e = 0;
    for (size_t i = 0; i < qz_n_plan_keys && e == 0; i++)
        if (strcmp(qz_plan_keys[i].section, known) == 0)
            e = visit_key(v, section, base, &qz_plan_keys[i]);
    return e;
}

static int visit_items(const struct visit *v, const struct qz_plan_repeat *repeat) {
    const char *items;
    size_t n;
    memcpy(&items, (const char *)v->plan + repeat->items, sizeof items);
    memcpy(&n, (const char *)v->plan + repeat->n, sizeof n);
    int e = 0;
    for (size_t i = 0; i < n && e == 0; i++) {
        const struct qz_plan_item *item = (const struct qz_plan_item *)(items + i * repeat->size);
        qz_cleanup(qz_freep) char *section = qz_format("%s%s", repeat->prefix, item->key);
        e = section ? visit_section(v, repeat->prefix, section, item) : QZ_E_NOMEM;
    }
    return e;
}

static int visit_all(const struct visit *v) {
    int e = 0;
    for (size_t i = 0; i < qz_n_plan_keys && e == 0; i++)
        if (!qz_plan_is_repeated(qz_plan_keys[i].section) &&
            (i == 0 || strcmp(qz_plan_keys[i].section, qz_plan_keys[i - 1].section) != 0))
            e = visit_section(v, qz_plan_keys[i].section, qz_plan_keys[i].section, v->plan);
    for (size_t i = 0; i < qz_n_plan_repeats && e == 0; i++)
        e = visit_items(v, &qz_plan_repeats[i]);
    return e;
}

int qz_plan_visit(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user) {
    return visit_all(&(struct visit) { plan, visit, user, false });
}

int qz_plan_visit_paths(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user) {
    return visit_all(&(struct visit) { plan, visit, user, true });
}
