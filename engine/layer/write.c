/* engine/layer/write.c - one way to write every layer: spell out columns, fill cells, add the
 * style. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

static const struct qz_layer_def *const layers[] = {
    &qz_layer_communes,    &qz_layer_sites,      &qz_layer_isochrones,  &qz_layer_coverage,
    &qz_layer_catchments,  &qz_layer_zones,      &qz_layer_territories, &qz_layer_indicators,
    &qz_layer_diagnostics, &qz_layer_provenance,
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

/* ---- columns */
/* "%s" becomes the word, "%t" the minutes of the profession's threshold. */
static const char *spell(struct qz_pool *pool, const char *pattern, const char *word,
                         const struct qz_profession_results *p) {
    struct qz_text t = { 0 };
    const char *gap;
    for (; p && (gap = strchr(pattern, '%')); pattern = gap + 2) {
        qz_text_addn(&t, pattern, (size_t)(gap - pattern));
        if (gap[1] == 's')
            qz_text_add(&t, "%s", word);
        else
            qz_text_add(&t, "%u", p->threshold_min);
    }
    qz_text_add(&t, "%s", pattern);
    const char *kept = t.failed ? NULL : qz_pool_add(pool, t.data, t.n);
    qz_text_done(&t);
    return kept;
}

static int add_column(struct qz_ctx *ctx, struct qz_columns *c, const struct qz_column_def *def,
                      const struct qz_results *r, size_t profession) {
    const struct qz_profession_results *p = profession == SIZE_MAX ? NULL
                                                                   : &r->professions[profession];
    if (def->present && !def->present(r, p))
        return 0;
    c->items[c->n] = (struct qz_column) { spell(c->texts, def->name, p ? p->key : NULL, p),
                                          def->type, def->decimals };
    c->alias[c->n] = spell(c->texts, def->alias, p ? p->label : NULL, p);
    c->def[c->n] = def;
    c->profession[c->n] = profession;
    bool ok = c->items[c->n].name && c->alias[c->n];
    c->n++;
    return ok ? 0 : qz_fail_nomem(ctx);
}

/* Runs of profession columns stay together: all of gp, then all of nurse. */
static int spell_columns(struct qz_ctx *ctx, const struct qz_layer_def *layer,
                         const struct qz_results *r, struct qz_columns *c) {
    int e = 0;
    for (size_t i = 0, run; i < layer->n_columns && e == 0; i += run) {
        bool repeated = strstr(layer->columns[i].name, "%s") != NULL;
        for (run = 1; i + run < layer->n_columns &&
                      repeated == (strstr(layer->columns[i + run].name, "%s") != NULL);)
            run++;
        for (size_t p = 0; p < (repeated ? r->n_professions : 1) && e == 0; p++)
            for (size_t k = i; k < i + run && e == 0; k++)
                e = add_column(ctx, c, &layer->columns[k], r, repeated ? p : SIZE_MAX);
    }
    return e;
}

int qz_columns_make(struct qz_ctx *ctx, const struct qz_layer_def *layer,
                    const struct qz_results *r, struct qz_columns *c) {
    size_t most = layer->n_columns * (r->n_professions + 1);
    *c = (struct qz_columns) { 0 };
    c->items = qz_calloc(most, sizeof *c->items);
    c->alias = qz_calloc(most, sizeof *c->alias);
    c->def = qz_calloc(most, sizeof *c->def);
    c->profession = qz_calloc(most, sizeof *c->profession);
    if (!c->items || !c->alias || !c->def || !c->profession)
        return qz_fail_nomem(ctx);
    int e = qz_pool_new(ctx, &c->texts);
    return e < 0 ? e : spell_columns(ctx, layer, r, c);
}

void qz_columns_done(struct qz_columns *c) {
    free(c->items);
    free(c->alias);
    free(c->def);
    free(c->profession);
    qz_pool_free(c->texts);
    *c = (struct qz_columns) { 0 };
}

/* ---- rows */
static int write_row(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_layer_def *layer,
                     const struct qz_columns *columns, const struct qz_results *r, size_t row) {
    struct qz_cell cell = { .results = r, .key = { row, row, 0 }, .writer = w };
    if (layer->locate)
        layer->locate(r, &cell.key);
    for (size_t i = 0; i < columns->n; i++) {
        size_t p = columns->profession[i];
        cell.column = i;
        cell.profession_number = p;
        cell.profession = p == SIZE_MAX ? NULL : &r->professions[p];
        columns->def[i]->get(&cell);
    }
    int e = layer->draw ? layer->draw(ctx, &cell) : 0;
    return e < 0 ? e : qz_writer_row(ctx, w);
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
    struct qz_text qml = { 0 };
    if (e == 0)
        e = qz_style_qml(ctx, layer, columns, r, &qml);
    if (e == 0)
        e = qz_writer_style(ctx, w, layer->name, layer->style->name, qml.data,
                            layer->style->description);
    qz_text_done(&qml);
    return e < 0 ? qz_fail_at(ctx, e, "layer %s: ", layer->name) : 0;
}

int qz_layers_write(struct qz_ctx *ctx, const struct qz_results *r, const char *path,
                    bool overwrite) {
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = NULL;
    struct qz_writer_params params = { QZ_GPKG, overwrite, r->date };
    int e = qz_writer_open(ctx, path, &params, &w);
    for (size_t i = 0; i < COUNT(layers) && e == 0; i++) {
        struct qz_columns columns;
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
