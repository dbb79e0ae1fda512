/* engine/layer/indicators.c - the long table: every figure of every place, one a row. */
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

/* ---- what is told of a place: lists, one for communes and one for larger places, by profession */
enum kind { FIGURE, BAND, MINUTE, GROUP };
enum measure { SHARE, PEOPLE, N_MEASURES };
struct qz_series {
    enum kind kind;
    enum measure measure; /* of all but figures */
    const struct qz_figure *figure;
    enum qz_when when;
    enum qz_unknowns bound;
    size_t horizon;
    size_t number; /* band, minute or group */
    const char *name, *unit;
};
struct list {
    struct qz_series *items;
    size_t n, cap;
};
struct qz_series_lists {
    struct list (*of)[2]; /* by profession; communes, larger places */
    size_t n_professions;
    struct qz_pool *texts;
};

static int add(struct qz_ctx *ctx, struct list *l, struct qz_series series) {
    struct qz_series *grown = qz_grow(l->items, &l->cap, l->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    l->items = grown;
    grown[l->n++] = series;
    return series.name ? 0 : qz_fail_nomem(ctx);
}

static int add_figure(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                      const struct qz_profession_results *p, struct qz_series series) {
    static const char *const ends[QZ_N_WHENS] = { "", "", "_lost" };
    struct qz_words words = qz_words_of(p, "", 0);
    qz_cleanup(qz_freep) char *name = qz_format("%s%s", series.figure->name, ends[series.when]);
    series.name = name ? qz_spell(s->texts, name, &words) : NULL;
    series.unit = series.figure->unit ? series.figure->unit : p->score_unit;
    return add(ctx, l, series);
}

static int add_figures(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                       const struct qz_results *r, const struct qz_profession_results *p) {
    bool unknown = qz_ages_are_unknown(r, p);
    int e = 0;
    for (size_t i = 0; i < qz_n_figures; i++) {
        const struct qz_figure *f = &qz_figures[i];
        if (f->present && !f->present(r, p))
            continue;
        for (enum qz_when when = 0; when < QZ_N_WHENS; when++)
            for (size_t k = 0; k < (when ? r->n_years : 1) && (f->rows >> when & 1); k++)
                for (enum qz_unknowns bound = 0;
                     bound < (when && unknown ? QZ_N_UNKNOWNS : 1) && e == 0; bound++)
                    e = add_figure(ctx, s, l, p,
                                   (struct qz_series) { .kind = FIGURE,
                                                        .figure = f,
                                                        .when = when,
                                                        .bound = bound,
                                                        .horizon = k });
    }
    return e;
}

/* Share and number of people, or of a group: for today, or at a horizon. */
static int add_measures(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                        struct qz_series series, const char *pattern, const char *counted) {
    static const char *const words[][N_MEASURES] = { { "share", "people" }, { "share", "count" } };
    int e = 0;
    for (enum measure m = 0; m < N_MEASURES && e == 0; m++) {
        struct qz_words word = { .word = words[series.kind == GROUP][m] };
        series.measure = m;
        series.name = qz_spell(s->texts, pattern, &word);
        series.unit = m == SHARE ? "ratio" : counted;
        e = add(ctx, l, series);
    }
    return e;
}

static int add_times(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                     struct qz_series series, double minutes) {
    char pattern[48];
    snprintf(pattern, sizeof pattern, "%%s_within_%.10gmin", minutes);
    return add_measures(ctx, s, l, series, pattern, "people");
}

static int add_groups(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                      const struct qz_results *r, const struct qz_profession_results *p,
                      struct qz_series series) {
    int e = 0;
    for (series.number = 0; series.number < r->n_groups && e == 0; series.number++) {
        const struct qz_group_results *group = &r->groups[series.number];
        qz_cleanup(qz_freep) char *pattern = qz_format("%s_%%s_beyond_%u", group->key,
                                                       p->threshold_min);
        e = pattern ? add_measures(ctx, s, l, series, pattern,
                                   group->in_households ? "households" : "people")
                    : qz_fail_nomem(ctx);
    }
    return e;
}

static bool is_band(const struct qz_results *r, size_t minute) {
    for (size_t b = 0; b < r->n_bands; b++)
        if (r->band_ms[b] == minute * 60000)
            return true;
    return false;
}

/* People by time and groups, of an outlook; bands at a horizon and single minutes only of larger
 * places. */
static int add_people(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                      const struct qz_results *r, const struct qz_profession_results *p, bool large,
                      struct qz_series series) {
    int e = 0;
    series.kind = BAND;
    for (size_t b = 0; b < r->n_bands && (large || series.when == QZ_WHEN_NOW) && e == 0; b++) {
        series.number = b;
        e = add_times(ctx, s, l, series, r->band_ms[b] / 60000.0);
    }
    series.kind = MINUTE;
    for (size_t m = QZ_FIRST_MINUTE; m <= QZ_LAST_MINUTE && large && e == 0; m++) {
        series.number = m;
        e = is_band(r, m) ? 0 : add_times(ctx, s, l, series, (double)m);
    }
    series.kind = GROUP;
    return e < 0 ? e : add_groups(ctx, s, l, r, p, series);
}

/* Where ages are not known the two bounds stand, and no figure between them. */
static int add_horizons(struct qz_ctx *ctx, struct qz_series_lists *s, struct list *l,
                        const struct qz_results *r, const struct qz_profession_results *p,
                        bool large) {
    bool unknown = qz_ages_are_unknown(r, p);
    int e = 0;
    for (size_t k = 0; k < r->n_years; k++)
        for (enum qz_unknowns bound = unknown; bound < (unknown ? QZ_N_UNKNOWNS : 1) && e == 0;
             bound++)
            e = add_people(
                ctx, s, l, r, p, large,
                (struct qz_series) { .when = QZ_WHEN_HORIZON, .horizon = k, .bound = bound });
    return e;
}

static int make_lists(struct qz_ctx *ctx, struct qz_series_lists *s, const struct qz_results *r,
                      size_t profession) {
    const struct qz_profession_results *p = &r->professions[profession];
    int e = 0;
    for (int large = 0; large < 2 && e == 0; large++) {
        struct list *l = &s->of[profession][large];
        e = add_figures(ctx, s, l, r, p);
        if (e == 0)
            e = add_people(ctx, s, l, r, p, large, (struct qz_series) { .when = QZ_WHEN_NOW });
        if (e == 0)
            e = add_horizons(ctx, s, l, r, p, large);
    }
    return e;
}

struct qz_series_lists *qz_series_free(struct qz_series_lists *s) {
    for (size_t p = 0; s && s->of && p < s->n_professions; p++) {
        free(s->of[p][0].items);
        free(s->of[p][1].items);
    }
    if (s) {
        free(s->of);
        qz_pool_free(s->texts);
    }
    free(s);
    return NULL;
}

int qz_series_new(struct qz_ctx *ctx, const struct qz_results *r, struct qz_series_lists **ret) {
    struct qz_series_lists *s = *ret = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    s->of = qz_calloc(r->n_professions, sizeof *s->of);
    s->n_professions = r->n_professions;
    int e = s->of ? qz_pool_new(ctx, &s->texts) : qz_fail_nomem(ctx);
    for (size_t p = 0; p < r->n_professions && e == 0; p++)
        e = make_lists(ctx, s, r, p);
    return e;
}

/* ---- rows by level, place, profession, series; a is the profession, b the series */
static size_t n_places(const struct qz_results *r, size_t level) {
    return level ? r->levels->items[level - 1].n : r->communes->n;
}
static size_t rows_of_place(const struct qz_results *r, size_t level) {
    size_t n = 0;
    for (size_t p = 0; p < r->n_professions; p++)
        n += r->series->of[p][level > 0].n;
    return n;
}
static size_t n_indicators(const struct qz_results *r) {
    size_t n = 0;
    for (size_t l = r->levels_told; l <= r->levels->n; l++)
        n += n_places(r, l) * rows_of_place(r, l);
    return n;
}
static void locate_indicator(const struct qz_results *r, struct qz_row_key *key) {
    size_t left = key->row, level = r->levels_told;
    while (left >= n_places(r, level) * rows_of_place(r, level)) {
        left -= n_places(r, level) * rows_of_place(r, level);
        level++;
    }
    key->level = level;
    key->place = left / rows_of_place(r, level);
    left %= rows_of_place(r, level);
    for (key->a = 0; left >= r->series->of[key->a][level > 0].n; key->a++)
        left -= r->series->of[key->a][level > 0].n;
    key->b = left;
}

static const struct qz_series *series(const struct qz_cell *c) {
    return &c->results->series->of[c->key.a][c->key.level > 0].items[c->key.b];
}
static const struct qz_profession_results *profession(const struct qz_cell *c) {
    return &c->results->professions[c->key.a];
}
static struct qz_place_key place_of(const struct qz_cell *c) {
    return (struct qz_place_key) { c->results, profession(c), 0, c->key.level, c->key.place };
}

static void put_level(const struct qz_cell *c) {
    qz_put_text(c, c->key.level ? c->results->levels->items[c->key.level - 1].name : "commune");
}
static void put_code(const struct qz_cell *c) {
    qz_put_text(c, c->key.level ? c->results->levels->items[c->key.level - 1].code[c->key.place]
                                : c->results->communes->code[c->key.place]);
}
static void put_profession(const struct qz_cell *c) { qz_put_text(c, profession(c)->key); }
static void put_horizon(const struct qz_cell *c) {
    const struct qz_series *s = series(c);
    if (s->when != QZ_WHEN_NOW)
        qz_put_int(c, c->results->years[s->horizon]);
}
static void put_bound(const struct qz_cell *c) {
    static const char *const names[QZ_N_UNKNOWNS] = { "", "low", "high" };
    qz_put_text(c, names[series(c)->bound]);
}
static void put_indicator(const struct qz_cell *c) { qz_put_text(c, series(c)->name); }
static void put_unit(const struct qz_cell *c) { qz_put_text(c, series(c)->unit); }
static void put_scope(const struct qz_cell *c) {
    if (series(c)->kind == FIGURE && series(c)->figure->of_supply)
        qz_put_text(c, profession(c)->scope);
}
static void put_basis(const struct qz_cell *c) {
    const struct qz_results *r = c->results;
    qz_put_text(c, c->key.level ? r->basis : r->homes->has_cells[c->key.place] ? "cells" : "point");
}

/* The share of nobody is NULL. */
static void put_part(const struct qz_cell *c, double part, double whole) {
    if (series(c)->measure == PEOPLE)
        qz_put_real(c, part);
    else if (whole > 0)
        qz_put_real(c, part / whole);
}
static const struct qz_counted *counted(const struct qz_cell *c) {
    const struct qz_series *s = series(c);
    return &profession(c)->counted[qz_outlook_of(s->when, s->horizon, s->bound)];
}
static void put_band(const struct qz_cell *c) {
    size_t n = n_places(c->results, c->key.level);
    const struct qz_reach *reach =
        &counted(c)->band_reach[c->key.level][series(c)->number * n + c->key.place];
    put_part(c, reach->people_within, reach->people);
}
static void put_minute(const struct qz_cell *c) {
    const struct qz_counted *k = counted(c);
    put_part(c, k->minutes[c->key.level][c->key.place].within[series(c)->number - QZ_FIRST_MINUTE],
             k->tally[c->key.level][c->key.place].people);
}
static void put_group(const struct qz_cell *c) {
    const struct qz_group_reach *reach =
        &counted(c)->groups[series(c)->number][c->key.level][c->key.place];
    if (reach->unknown_people == 0) /* else of some only */
        put_part(c, reach->beyond, reach->count);
}
static void put_value(const struct qz_cell *c) {
    const struct qz_series *s = series(c);
    struct qz_place_key at = place_of(c);
    double value;
    switch (s->kind) {
    case FIGURE:
        if (qz_figure_value(s->figure, &at, s->when, s->horizon, s->bound, &value))
            qz_put_real(c, value);
        break;
    case BAND:
        put_band(c);
        break;
    case MINUTE:
        put_minute(c);
        break;
    case GROUP:
        put_group(c);
        break;
    }
}

static bool has_horizon(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->n_years > 0;
}
static bool has_bounds(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    for (size_t i = 0; i < r->n_professions; i++)
        if (qz_ages_are_unknown(r, &r->professions[i]))
            return true;
    return false;
}
static bool has_scope(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    for (size_t i = 0; i < r->n_professions; i++)
        if (*r->professions[i].scope)
            return true;
    return false;
}

static const struct qz_column_def indicator_columns[] = {
    { "level", "Niveau", QZ_TEXT, 0, put_level, NULL },
    { "code", "Code", QZ_TEXT, 0, put_code, NULL },
    { "profession", "Profession", QZ_TEXT, 0, put_profession, NULL },
    { "horizon", "Année de projection (vide : aujourd'hui)", QZ_INT, 0, put_horizon, has_horizon },
    { "bound", "Âges inconnus : low, tous partis ; high, tous restés", QZ_TEXT, 0, put_bound,
      has_bounds },
    { "indicator", "Indicateur", QZ_TEXT, 0, put_indicator, NULL },
    { "value", "Valeur (vide : sans objet, inconnue ou secrète)", QZ_REAL, 6, put_value, NULL },
    { "unit", "Unité", QZ_TEXT, 0, put_unit, NULL },
    { "scope", "Champ : qui est compté", QZ_TEXT, 0, put_scope, has_scope },
    { "basis", "Base : carreaux de population, ou point de la commune", QZ_TEXT, 0, put_basis,
      NULL },
};
static const struct qz_style_def indicator_style = {
    .name = "Indicateurs",
    .description = "Titres des colonnes",
    .symbol = QZ_SYMBOL_NONE,
    .opacity = 1,
};
const struct qz_layer_def qz_layer_indicators = {
    .name = "indicators",
    .title = "Indicateurs, un par ligne",
    .description =
        "Chaque chiffre de chaque lieu, de la commune à l'ensemble du territoire, par profession : "
        "effectifs, densités, accessibilité, âge, projections, habitants par durée. Les totaux des "
        "territoires sont les sommes de leurs communes. Les habitants sont comptés par carreau de "
        "population, chacun d'après son propre temps, sinon par le point de la commune.",
    .geometry = QZ_GEOM_NONE,
    .n_rows = n_indicators,
    .locate = locate_indicator,
    .columns = indicator_columns,
    .n_columns = COUNT(indicator_columns),
    .style = &indicator_style,
};
