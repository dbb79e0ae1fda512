/* engine/layer/write.c - one way to write every layer: spell out columns, fill cells, add the
 * style. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

static const struct qz_layer_def *const layers[] = {
    &qz_layer_communes,      &qz_layer_sites,       &qz_layer_isochrones, &qz_layer_coverage,
    &qz_layer_origins,       &qz_layer_catchments,  &qz_layer_zones,      &qz_layer_implantations,
    &qz_layer_disagreements, &qz_layer_territories, &qz_layer_indicators, &qz_layer_diagnostics,
    &qz_layer_provenance,
};

const char *qz_french_whole(double value, char out[48]) {
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", fabs(round(value)));
    char *at = out;
    if (round(value) < 0)
        *at++ = '-';
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) {
            memcpy(at, "\u202f", 3);
            at += 3;
        }
        *at++ = digits[i];
    }
    *at = 0;
    return out;
}

const char *qz_french_number(double value, int decimals, char out[48]) {
    if (decimals == 0 || fabs(value) >= 1000)
        return qz_french_whole(value, out);
    snprintf(out, 48, "%.*f", decimals, value);
    char *dot = strchr(out, '.');
    if (dot)
        *dot = ',';
    return out;
}

/* ---- columns */
struct qz_words qz_words_of(const struct qz_profession_results *p, const char *word,
                            uint32_t year) {
    return (struct qz_words) { word, p->score_unit ? p->score_unit : "",
                               p->is_place ? "nombre" : "effectif", p->threshold_min, year };
}

const char *qz_spell(struct qz_pool *pool, const char *pattern, const struct qz_words *words) {
    struct qz_text t = { 0 };
    const char *gap;
    for (; (gap = strchr(pattern, '%')); pattern = gap + 2) {
        qz_text_addn(&t, pattern, (size_t)(gap - pattern));
        if (strchr("skor", gap[1]))
            qz_text_add(&t, "%s", words->word);
        else if (gap[1] == 'u')
            qz_text_add(&t, "%s", words->unit);
        else if (gap[1] == 'n')
            qz_text_add(&t, "%s", words->heads);
        else
            qz_text_add(&t, "%u", gap[1] == 't' ? words->minutes : words->year);
    }
    qz_text_add(&t, "%s", pattern);
    const char *kept = t.failed ? NULL : qz_pool_add(pool, t.data, t.n);
    qz_text_done(&t);
    return kept;
}

static int add_column(struct qz_ctx *ctx, struct qz_columns *c, struct qz_spelt_column column) {
    struct qz_spelt_column *grown = qz_grow(c->spelt, &c->cap, c->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    c->spelt = grown;
    grown[c->n++] = column;
    return column.name && column.alias ? 0 : qz_fail_nomem(ctx);
}

static int add_plain(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                     const struct qz_results *r, size_t profession) {
    const struct qz_profession_results *p = profession == SIZE_MAX ? NULL
                                                                   : &r->professions[profession];
    if (def->present && !def->present(r, p))
        return 0;
    struct qz_spelt_column column = { def->name, def->alias, def, profession, { 0 }, 0 };
    if (p) {
        struct qz_words key = qz_words_of(p, p->key, 0), label = qz_words_of(p, p->label, 0);
        column.name = qz_spell(c->texts, def->name, &key);
        column.alias = qz_spell(c->texts, def->alias, &label);
    }
    return add_column(ctx, c, column);
}

/* ---- columns repeated for tables, overlays, terms */
struct over {
    size_t n;
    const char *key, *label; /* of one of them */
};
static struct over over_of(const struct qz_column_def *def, const struct qz_results *r, size_t i) {
    const char *name = def->name ? def->name : "";
    if (strstr(name, "%k")) {
        const struct qz_table_results *t = i < r->n_tables ? &r->tables[i] : NULL;
        return (struct over) { r->n_tables, t ? t->key : "", t ? t->label : "" };
    }
    if (strstr(name, "%o")) {
        const struct qz_overlay_results *o = i < r->n_overlays ? &r->overlays[i] : NULL;
        return (struct over) { r->n_overlays, o ? o->key : "", o ? o->label : "" };
    }
    size_t n = r->siting ? r->siting->score.n_terms : 0;
    const struct qz_term_results *t = i < n ? &r->siting->score.terms[i] : NULL;
    return (struct over) { n, t ? t->key : "", t ? t->label : "" };
}
static bool is_over(const struct qz_column_def *def) {
    return def->name &&
           (strstr(def->name, "%k") || strstr(def->name, "%o") || strstr(def->name, "%r"));
}
static int add_over(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                    const struct qz_results *r) {
    int e = 0;
    for (size_t i = 0; i < over_of(def, r, 0).n && e == 0; i++) {
        struct over over = over_of(def, r, i);
        struct qz_words names = { .word = over.key };
        struct qz_words aliases = { .word = over.label };
        struct qz_spelt_column column = { qz_spell(c->texts, def->name, &names),
                                          qz_spell(c->texts, def->alias, &aliases),
                                          def,
                                          SIZE_MAX,
                                          { 0 },
                                          i };
        e = add_column(ctx, c, column);
    }
    return e;
}

/* gp_apl, gp_apl_horizon, gp_fte_lost_horizon: of the first horizon, the others are in the long
 * table. */
static int add_figure(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                      const struct qz_results *r, size_t profession,
                      struct qz_figure_column figure) {
    static const char *const ends[QZ_N_WHENS] = { "", "_horizon", "_lost_horizon" };
    static const char *const when[QZ_N_WHENS] = { "", ", en %h", ", perdus d'ici %h" };
    static const char *const bounds[QZ_N_UNKNOWNS] = { "", "_low", "_high" };
    static const char *const bound[QZ_N_UNKNOWNS] = { "", ", si les âges inconnus partent",
                                                      ", si les âges inconnus restent" };
    const struct qz_profession_results *p = &r->professions[profession];
    struct qz_words words = qz_words_of(p, p->key, r->n_years ? r->years[0] : 0);
    qz_cleanup(qz_freep) char *name = qz_format("%%s_%s%s%s", figure.figure->name,
                                                ends[figure.when], bounds[figure.bound]);
    qz_cleanup(qz_freep) char *alias = qz_format("%%s : %s%s%s", figure.figure->alias,
                                                 when[figure.when], bound[figure.bound]);
    if (!name || !alias)
        return qz_fail_nomem(ctx);
    struct qz_spelt_column column = {
        qz_spell(c->texts, name, &words), NULL, def, profession, figure, 0
    };
    words.word = p->label;
    column.alias = qz_spell(c->texts, alias, &words);
    return add_column(ctx, c, column);
}

static int add_figures_of(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                          const struct qz_results *r, size_t profession, enum qz_when when,
                          enum qz_unknowns bound) {
    const struct qz_profession_results *p = &r->professions[profession];
    int e = 0;
    for (size_t i = 0; i < qz_n_figures && e == 0; i++) {
        const struct qz_figure *f = &qz_figures[i];
        if ((f->columns >> when & 1) && (!f->present || f->present(r, p)))
            e = add_figure(ctx, c, def, r, profession,
                           (struct qz_figure_column) { f, 0, when, bound });
    }
    return e;
}

/* People of each group who are too far. */
static int add_groups(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                      const struct qz_results *r, size_t profession) {
    const struct qz_profession_results *p = &r->professions[profession];
    int e = 0;
    for (size_t g = 0; g < r->n_groups && e == 0; g++) {
        struct qz_words words = qz_words_of(p, p->key, 0);
        qz_cleanup(qz_freep) char *name = qz_format("%%s_%s_beyond_%%t", r->groups[g].key);
        qz_cleanup(qz_freep) char *alias = qz_format("%%s : %s à plus de %%t min",
                                                     r->groups[g].label);
        if (!name || !alias)
            return qz_fail_nomem(ctx);
        struct qz_spelt_column column = {
            qz_spell(c->texts, name, &words),          NULL, def, profession,
            { NULL, g, QZ_WHEN_NOW, QZ_UNKNOWN_NONE }, 0
        };
        words.word = p->label;
        column.alias = qz_spell(c->texts, alias, &words);
        e = add_column(ctx, c, column);
    }
    return e;
}

static int add_figures(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                       const struct qz_results *r, size_t profession) {
    const struct qz_profession_results *p = &r->professions[profession];
    bool unknown = qz_ages_are_unknown(r, p), later = r->n_years && p->has_age;
    int e = add_figures_of(ctx, c, def, r, profession, QZ_WHEN_NOW, QZ_UNKNOWN_NONE);
    if (e == 0)
        e = add_groups(ctx, c, def, r, profession);
    for (enum qz_when when = QZ_WHEN_HORIZON; when < QZ_N_WHENS && later; when++)
        for (enum qz_unknowns bound = 0; bound < (unknown ? QZ_N_UNKNOWNS : 1) && e == 0; bound++)
            e = add_figures_of(ctx, c, def, r, profession, when, bound);
    return e;
}

static bool is_repeated(const struct qz_column_def *def) {
    return !def->name || strstr(def->name, "%s") != NULL;
}

/* Runs of profession columns stay together: all of gp, then all of nurse. */
static int spell_columns(struct qz_ctx *ctx, const struct qz_layer_def *layer,
                         const struct qz_results *r, struct qz_columns *c) {
    int e = 0;
    for (size_t i = 0, run; i < layer->n_columns && e == 0; i += run) {
        const struct qz_column_def *defs = &layer->columns[i];
        bool repeated = is_repeated(defs);
        for (run = 1; i + run < layer->n_columns && repeated == is_repeated(&defs[run]);)
            run++;
        for (size_t p = 0; p < (repeated ? r->n_professions : 1) && e == 0; p++)
            for (size_t k = 0; k < run && e == 0; k++)
                e = is_over(&defs[k]) ? add_over(ctx, c, &defs[k], r)
                    : defs[k].name    ? add_plain(ctx, c, &defs[k], r, repeated ? p : SIZE_MAX)
                                      : add_figures(ctx, c, &defs[k], r, p);
    }
    return e;
}

int qz_columns_make(struct qz_ctx *ctx, const struct qz_layer_def *layer,
                    const struct qz_results *r, struct qz_columns *c) {
    *c = (struct qz_columns) { 0 };
    int e = qz_pool_new(ctx, &c->texts);
    if (e == 0)
        e = spell_columns(ctx, layer, r, c);
    c->items = e == 0 ? qz_calloc(c->n, sizeof *c->items) : NULL;
    if (e == 0 && !c->items)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < c->n && e == 0; i++) {
        const struct qz_spelt_column *s = &c->spelt[i];
        c->items[i] = s->def->name
                          ? (struct qz_column) { s->name, s->def->type, s->def->decimals }
                          : (struct qz_column) { s->name, QZ_REAL,
                                                 s->figure.figure ? s->figure.figure->decimals
                                                                  : 1 };
    }
    return e;
}

void qz_columns_done(struct qz_columns *c) {
    free(c->spelt);
    free(c->items);
    qz_pool_free(c->texts);
    *c = (struct qz_columns) { 0 };
}

bool qz_column_is_taken(const char *name) {
    static const struct qz_layer_def *const shown[] = { &qz_layer_communes, &qz_layer_territories,
                                                        &qz_layer_zones };
    static const char *const of_file[] = { "fid", "geom" };
    for (size_t i = 0; i < COUNT(of_file); i++)
        if (qz_equal_nocase(of_file[i], name))
            return true;
    for (size_t l = 0; l < COUNT(shown); l++)
        for (size_t i = 0; i < shown[l]->n_columns; i++)
            if (shown[l]->columns[i].name && qz_equal_nocase(shown[l]->columns[i].name, name))
                return true;
    return false;
}

/* ---- a cell of a figure */
static struct qz_place_key place_of(const struct qz_cell *c) {
    return (struct qz_place_key) { .results = c->results,
                                   .profession = c->profession,
                                   .level = c->key.level,
                                   .place = c->key.place };
}

void qz_put_figure(const struct qz_cell *c) {
    struct qz_place_key at = place_of(c);
    const struct qz_figure_column *f = c->figure;
    double value;
    if (!f->figure) {
        const struct qz_group_reach *reach =
            &c->profession->counted[0].groups[f->group][at.level][at.place];
        if (reach->unknown_people == 0) /* else of some only */
            qz_put_real(c, reach->beyond);
    } else if (qz_figure_value(f->figure, &at, f->when, 0, f->bound, &value)) {
        qz_put_real(c, value);
    }
}

/* ---- rows */
static int write_row(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_layer_def *layer,
                     const struct qz_columns *columns, const struct qz_results *r, size_t row) {
    struct qz_cell cell = { .results = r, .key = { row, row, 0, 0, row, NULL }, .writer = w };
    if (layer->locate)
        layer->locate(r, &cell.key);
    for (size_t i = 0; i < columns->n; i++) {
        size_t p = columns->spelt[i].profession;
        cell.figure = &columns->spelt[i].figure;
        cell.column = i;
        cell.profession_number = p;
        cell.number = columns->spelt[i].number;
        cell.profession = p == SIZE_MAX          ? NULL
                          : cell.key.professions ? &cell.key.professions[p]
                                                 : &r->professions[p];
        columns->spelt[i].def->get(&cell);
    }
    int e = layer->draw ? layer->draw(ctx, &cell) : 0;
    return e < 0 ? e : qz_writer_row(ctx, w);
}

static int write_style(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_layer_def *layer,
                       const struct qz_style_def *style, const struct qz_results *r,
                       const struct qz_columns *columns) {
    struct qz_text qml = { 0 };
    int e = qz_style_qml(ctx, style, columns, r, &qml);
    if (e == 0)
        e = qz_writer_style(ctx, w, layer->name, style->name, qml.data, style->description);
    qz_text_done(&qml);
    return e;
}

static int write_layer(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_layer_def *layer,
                       const struct qz_results *r, struct qz_columns *columns) {
    int e = qz_columns_make(ctx, layer, r, columns);
    if (e == 0)
        e = qz_writer_layer(ctx, w, layer->name, layer->title, layer->description, layer->geometry,
                            layer->geometry == QZ_GEOM_NONE ? NULL : r->crs, columns->items,
                            columns->n);
    size_t n = layer->n_rows(r);
    for (size_t i = 0; i < n && e == 0; i++)
        e = write_row(ctx, w, layer, columns, r, i);
    if (e == 0)
        e = write_style(ctx, w, layer, layer->style, r, columns);
    for (size_t i = 0; layer->other && layer->other[i] && e == 0; i++)
        if (!layer->other[i]->present || layer->other[i]->present(r))
            e = write_style(ctx, w, layer, layer->other[i], r, columns);
    return e < 0 ? qz_fail_at(ctx, e, "layer %s: ", layer->name) : 0;
}

static bool is_left_out(const struct qz_layer_def *layer) {
    return layer == &qz_layer_isochrones || layer == &qz_layer_coverage ||
           layer == &qz_layer_catchments || layer == &qz_layer_indicators;
}

static int write_layers(struct qz_ctx *ctx, const struct qz_results *r, const char *path,
                        bool overwrite) {
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = NULL;
    struct qz_writer_params params = { QZ_GPKG, overwrite, r->date };
    int e = qz_writer_open(ctx, path, &params, &w);
    for (size_t i = 0; i < COUNT(layers) && e == 0; i++) {
        struct qz_columns columns;
        if ((layers[i]->optional && layers[i]->n_rows(r) == 0) ||
            (r->sites_only && is_left_out(layers[i])))
            continue;
        e = write_layer(ctx, w, layers[i], r, &columns);
        qz_columns_done(&columns);
        if (e == 0)
            e = qz_progress(ctx, (double)(i + 1) / COUNT(layers), "writing layers");
    }
    if (e < 0)
        return e;
    struct qz_writer *taken = w;
    w = NULL;
    return qz_writer_publish(ctx, taken);
}

/* Where the people of the territory are counted. */
static const char *basis_of_people(const struct qz_results *r) {
    size_t with = 0, without = 0;
    for (size_t c = 0; c < r->communes->n; c++)
        if (r->people->count[c] > 0)
            *(r->homes->has_cells[c] ? &with : &without) += 1;
    return with == 0 ? "points" : without == 0 ? "cells" : "mixed";
}
int qz_layers_write(struct qz_ctx *ctx, const struct qz_results *results, const char *path,
                    bool overwrite) {
    struct qz_results r = *results;
    struct qz_series_lists *series = NULL;
    struct qz_told_origins origins = { 0 };
    int e = qz_series_new(ctx, results, &series);
    if (e == 0)
        e = qz_origins_told(ctx, results, &origins);
    r.series = series;
    r.origins_told = &origins;
    r.basis = basis_of_people(results);
    if (e == 0)
        e = write_layers(ctx, &r, path, overwrite);
    free(origins.items);
    qz_series_free(series);
    return e;
}
