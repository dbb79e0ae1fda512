/* engine/run/terms.c - the terms of a score: each names a figure, a table, an overlay, or what only
 * the ranked things have; values become needs from 0 to 1, needs a rank. */
#include <math.h>
#include <string.h>
#include "layer/define.h"
#include "run/run.h"

static const double moved_ratio = 0.2; /* of the weights, for the range of ranks */

/* ---- where a value comes from */
struct source {
    const struct qz_run_ranked *in;
    const struct qz_columns *columns; /* of the layer of territories */
    struct qz_term_results *term;
    bool worse_high, from_zero;
    double of_all; /* value of the whole territory; NAN: not known */
};

static bool find_own(struct source *g, const char *key) {
    for (size_t i = 0; i < g->in->n_own; i++) {
        const struct qz_run_own *own = &g->in->own[i];
        if (strcmp(own->key, key) != 0)
            continue;
        g->term->label = own->label;
        g->term->unit = "";
        g->term->decimals = own->decimals;
        g->worse_high = own->worse_high;
        g->from_zero = own->from_zero;
        for (size_t k = 0; k < g->in->n; k++)
            g->term->value[k] = own->value[k];
        return true;
    }
    return false;
}

static bool find_table(const struct qz_run_state *s, struct source *g, const char *key) {
    for (size_t t = 0; t < s->plan->n_tables; t++) {
        const struct qz_plan_table *table = &s->plan->tables[t];
        if (strcmp(table->key, key) != 0)
            continue;
        g->term->label = table->label;
        g->term->unit = "";
        g->term->decimals = 1;
        g->worse_high = strcmp(table->worse, "high") == 0;
        g->of_all = s->tables[t][s->levels->n][0];
        for (size_t k = 0; k < g->in->n; k++)
            g->term->value[k] = g->in->table_value[t][g->in->place ? g->in->place[k] : k];
        return true;
    }
    return false;
}

/* The share of the place's people who live in the overlay. */
static bool find_overlay(const struct qz_run_state *s, struct source *g, const char *key) {
    for (size_t i = 0; i < s->plan->n_overlays; i++) {
        if (strcmp(s->plan->overlays[i].key, key) != 0)
            continue;
        g->term->label = s->plan->overlays[i].label;
        g->term->unit = "";
        g->term->decimals = 2;
        g->worse_high = true;
        for (size_t k = 0; k < g->in->n; k++)
            g->term->value[k] = g->in->overlay_share[i][g->in->place ? g->in->place[k] : k];
        return true;
    }
    return false;
}

static const struct qz_spelt_column *column_named(const struct qz_columns *columns,
                                                  const char *name) {
    for (size_t i = 0; i < columns->n; i++)
        if (!columns->spelt[i].def->name && columns->spelt[i].figure.figure &&
            strcmp(columns->spelt[i].name, name) == 0)
            return &columns->spelt[i];
    return NULL;
}

/* In a sentence there is no room for a column's whole title. */
static const char *brief(struct qz_ctx *ctx, const struct qz_run_state *s, struct source *g,
                         const struct qz_spelt_column *c) {
    static const struct {
        const char *figure, *words;
    } table[] = {
        { "heads", "effectif" },
        { "fte", "ETP" },
        { "per_100k", "densité pour 100\u202f000 habitants" },
        { "fte_per_100k", "ETP pour 100\u202f000 habitants" },
        { "shortfall", "manque par rapport à la densité moyenne" },
        { "share_50plus", "50 ans et plus" },
        { "share_55plus", "55 ans et plus" },
        { "share_60plus", "60 ans et plus" },
        { "time_min", "minutes jusqu'au plus proche" },
        { "share_%tmin", "habitants à %u min ou moins" },
        { "people_beyond_%t", "habitants à plus de %u min" },
        { "apl", "APL" },
    };
    const struct qz_profession_results *p = &s->professions[c->profession];
    const struct qz_figure_column *f = &c->figure;
    struct qz_text t = { 0 };
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].figure, f->figure->name) == 0)
            qz_text_add(&t, table[i].words, p->threshold_min);
    if (!t.n)
        return c->alias;
    if (f->when == QZ_WHEN_LOST)
        qz_text_add(&t, " perdus d'ici %u", s->plan->years[0]);
    else if (f->when == QZ_WHEN_HORIZON)
        qz_text_add(&t, " en %u", s->plan->years[0]);
    if (s->plan->n_practices > 1)
        qz_text_add(&t, " (%s)", p->label_plural);
    const char *kept = t.failed ? NULL : qz_pool_add(g->in->texts, t.data, t.n);
    if (!kept)
        qz_fail_nomem(ctx);
    qz_text_done(&t);
    return kept;
}

/* What is worse high is worse low where the column tells what is lost. */
static void read_figure(struct qz_ctx *ctx, const struct qz_run_state *s, struct source *g,
                        const struct qz_spelt_column *c) {
    const struct qz_figure_column *f = &c->figure;
    struct qz_place_key at = { .profession = &g->in->professions[c->profession],
                               .level = g->in->level };
    int worse = f->when == QZ_WHEN_LOST ? -f->figure->worse : f->figure->worse;
    g->worse_high = worse >= 0;
    g->term->label = brief(ctx, s, g, c);
    g->term->unit = f->figure->unit && strcmp(f->figure->unit, "ratio") == 0 ? "%" : "";
    g->term->decimals = f->figure->decimals > 2 ? 2 : f->figure->decimals;
    for (size_t k = 0; k < g->in->n; k++) {
        at.place = g->in->place ? g->in->place[k] : k;
        if (!qz_figure_value(f->figure, &at, f->when, 0, f->bound, &g->term->value[k]))
            g->term->value[k] = NAN;
    }
    at = (struct qz_place_key) { .profession = &s->professions[c->profession],
                                 .level = s->levels->n };
    if (!qz_figure_value(f->figure, &at, f->when, 0, f->bound, &g->of_all))
        g->of_all = NAN;
}

/* A figure at the horizon that hangs on unknown ages has two columns: a score that the plan leaves
 * to us takes what is sure to be lost; where there is no horizon, today's. */
static bool find_figure(struct qz_ctx *ctx, const struct qz_run_state *s, struct source *g,
                        const char *key, bool stated) {
    static const char horizon[] = "_horizon";
    const struct qz_spelt_column *c = column_named(g->columns, key);
    size_t n = strlen(key), tail = sizeof horizon - 1;
    if (!c && !stated && n > tail && strcmp(key + n - tail, horizon) == 0) {
        qz_cleanup(qz_freep) char *high = qz_format("%s_high", key);
        qz_cleanup(qz_freep) char *now = qz_strndup(key, n - tail);
        c = high ? column_named(g->columns, high) : NULL;
        c = c || !now ? c : column_named(g->columns, now);
    }
    if (c)
        read_figure(ctx, s, g, c);
    if (c && strcmp(c->name, key) != 0)
        g->term->key = qz_pool_add(g->in->texts, c->name, strlen(c->name));
    return c != NULL;
}

/* ---- needs */
static void find_ends(const struct source *g, double *good, double *bad) {
    const struct qz_term_results *t = g->term;
    bool worse_high = g->worse_high;
    double low = g->from_zero ? 0 : INFINITY, high = g->from_zero ? 1 : -INFINITY;
    for (size_t k = 0; k < g->in->n; k++)
        if (!isnan(t->value[k])) {
            low = fmin(low, t->value[k]);
            high = fmax(high, t->value[k]);
        }
    if (low > high)
        low = high = 0;
    *good = worse_high ? low : high;
    *bad = worse_high ? high : low;
}

static void settle_ends(struct source *g, const struct qz_plan_term *p) {
    struct qz_term_results *t = g->term;
    find_ends(g, &t->good, &t->bad);
    if (p->anchored) {
        t->good = !p->good_of_all ? p->good : isnan(g->of_all) ? t->good : g->of_all;
        t->bad = p->bad;
    }
    qz_need_between(t->value, g->in->n, t->good, t->bad, t->need);
}

struct nearest {
    const char *key, *name;
    unsigned least;
};
static void compare(struct nearest *n, const char *name) {
    unsigned d = qz_edit_distance(name, n->key);
    n->name = d < n->least ? name : n->name;
    n->least = d < n->least ? d : n->least;
}

static int unknown_term(struct qz_ctx *ctx, const struct qz_run_state *s, const struct source *g,
                        const char *key) {
    struct nearest n = { key, "", UINT32_MAX };
    for (size_t i = 0; i < g->in->n_own; i++)
        compare(&n, g->in->own[i].key);
    for (size_t i = 0; i < s->plan->n_tables; i++)
        compare(&n, s->plan->tables[i].key);
    for (size_t i = 0; i < s->plan->n_overlays; i++)
        compare(&n, s->plan->overlays[i].key);
    for (size_t i = 0; i < g->columns->n; i++)
        if (!g->columns->spelt[i].def->name)
            compare(&n, g->columns->spelt[i].name);
    return qz_fail(ctx, QZ_E_PLAN,
                   "[%s] score: no figure '%s' is there; did you mean '%s'? A term is a column of "
                   "figures of the layer communes, or the KEY of a [table] or an [overlay]",
                   g->in->section, key, n.name);
}

/* Of anything: many sources tell neither ages nor structures. */
static bool is_known(const struct qz_term_results *t, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (!isnan(t->value[k]))
            return true;
    return n == 0;
}

static int add_term(struct qz_ctx *ctx, const struct qz_run_state *s, struct source *g,
                    const struct qz_plan_term *p, bool stated, struct qz_score_results *ret) {
    struct qz_term_results *t = g->term = &ret->terms[ret->n_terms++];
    *t = (struct qz_term_results) { .key = p->key, .weight = p->weight };
    t->value = qz_malloc(g->in->n, sizeof *t->value);
    t->need = qz_malloc(g->in->n, sizeof *t->need);
    g->of_all = NAN;
    g->from_zero = false;
    if (!t->value || !t->need)
        return qz_fail_nomem(ctx);
    bool found = find_own(g, p->key) || find_table(s, g, p->key) || find_overlay(s, g, p->key) ||
                 find_figure(ctx, s, g, p->key, stated);
    if (found && (stated || is_known(t, g->in->n))) {
        settle_ends(g, p);
        return 0;
    }
    free(t->value);
    free(t->need);
    ret->n_terms--;
    return stated ? unknown_term(ctx, s, g, p->key) : 0;
}

static int rank_all(struct qz_ctx *ctx, struct qz_score_results *score) {
    struct qz_term terms[QZ_TERMS_MOST];
    double weights = 0;
    for (size_t t = 0; t < score->n_terms; t++) {
        terms[t] = (struct qz_term) { score->terms[t].weight, score->terms[t].need };
        weights += score->terms[t].weight;
    }
    if (!(weights > 0))
        return 0; /* nothing to rank by */
    score->rank = qz_malloc(score->n, sizeof *score->rank);
    return score->rank ? qz_rank_new(ctx, terms, score->n_terms, score->n, moved_ratio, score->rank)
                       : qz_fail_nomem(ctx);
}

int qz_run_rank(struct qz_ctx *ctx, const struct qz_run_state *s, const struct qz_run_ranked *in,
                struct qz_score_results *ret) {
    struct qz_columns columns = { 0 };
    struct qz_results results = qz_run_results(s);
    struct source g = { .in = in, .columns = &columns };
    int e = qz_columns_make(ctx, &qz_layer_territories, &results, &columns);
    ret->n = in->n;
    for (size_t i = 0; i < in->score->n && e == 0; i++)
        e = add_term(ctx, s, &g, &in->score->items[i], in->score->stated, ret);
    for (size_t t = 0; t < ret->n_terms && e == 0; t++) { /* labels outlive the columns */
        const char *label = ret->terms[t].label;
        ret->terms[t].label = label ? qz_pool_add(in->texts, label, strlen(label)) : NULL;
        e = ret->terms[t].label && ret->terms[t].key ? 0 : qz_fail_nomem(ctx);
    }
    qz_columns_done(&columns);
    return e < 0 ? e : rank_all(ctx, ret);
}

/* ---- in words: what makes most of the score */
void qz_run_tell_terms(const struct qz_score_results *score, size_t thing, size_t most,
                       struct qz_text *t) {
    bool told[QZ_TERMS_MOST] = { false };
    char number[48];
    for (size_t n = 0; n < most; n++) {
        size_t best = QZ_TERMS_MOST;
        double weight = 0;
        for (size_t i = 0; i < score->n_terms; i++) {
            double part = score->terms[i].weight * score->terms[i].need[thing];
            if (!told[i] && part > weight) { /* false for NAN */
                best = i;
                weight = part;
            }
        }
        if (best == QZ_TERMS_MOST)
            return;
        const struct qz_term_results *term = &score->terms[best];
        told[best] = true;
        qz_text_add(t, "%s%s : ", t->n ? " ; " : "", term->label);
        bool percent = strcmp(term->unit, "%") == 0;
        qz_text_add(t, "%s%s%s",
                    qz_french_number(term->value[thing] * (percent ? 100 : 1),
                                     percent ? 0 : term->decimals, number),
                    *term->unit ? "\u00a0" : "", term->unit);
    }
}
