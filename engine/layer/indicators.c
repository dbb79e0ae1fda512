/* engine/layer/indicators.c - the long table: every commune's people within each band, by
 * profession.
 */
#include <stdio.h>
#include "layer/define.h"

/* Rows by profession, commune, band, then measure; a is the profession, b the rest. */
enum measure { SHARE, PEOPLE, N_MEASURES };

static size_t rows_of_profession(const struct qz_results *r) {
    return r->communes->n * r->n_bands * N_MEASURES;
}
static size_t n_indicators(const struct qz_results *r) {
    return r->n_professions * rows_of_profession(r);
}
static void locate_indicator(const struct qz_results *r, struct qz_row_key *key) {
    key->a = key->row / rows_of_profession(r);
    key->b = key->row % rows_of_profession(r);
}
static size_t commune(const struct qz_cell *c) {
    return c->key.b / N_MEASURES / c->results->n_bands;
}
static size_t band(const struct qz_cell *c) { return c->key.b / N_MEASURES % c->results->n_bands; }
static enum measure measure(const struct qz_cell *c) {
    return (enum measure)(c->key.b % N_MEASURES);
}
static const struct qz_profession_results *profession(const struct qz_cell *c) {
    return &c->results->professions[c->key.a];
}

static void put_level(const struct qz_cell *c) { qz_put_text(c, "commune"); }
static void put_code(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->code[commune(c)]);
}
static void put_profession(const struct qz_cell *c) { qz_put_text(c, profession(c)->key); }
static void put_indicator(const struct qz_cell *c) {
    char name[48];
    snprintf(name, sizeof name, "%s_within_%.10gmin", measure(c) == SHARE ? "share" : "people",
             c->results->band_ms[band(c)] / 60000.0);
    qz_put_text(c, name);
}
/* The share of nobody is NULL. */
static void put_value(const struct qz_cell *c) {
    const struct qz_reach *reach =
        &profession(c)->band_reach[band(c) * c->results->communes->n + commune(c)];
    if (measure(c) == PEOPLE)
        qz_put_real(c, reach->people_within);
    else if (reach->people > 0)
        qz_put_real(c, reach->people_within / reach->people);
}
static void put_unit(const struct qz_cell *c) {
    qz_put_text(c, measure(c) == SHARE ? "ratio" : "people");
}
static void put_basis(const struct qz_cell *c) {
    qz_put_text(c, c->results->homes->has_cells[commune(c)] ? "cells" : "point");
}

static const struct qz_column_def indicator_columns[] = {
    { "level", "Niveau", QZ_TEXT, 0, put_level, NULL },
    { "code", "Code", QZ_TEXT, 0, put_code, NULL },
    { "profession", "Profession", QZ_TEXT, 0, put_profession, NULL },
    { "indicator", "Indicateur (part ou habitants à cette durée ou moins)", QZ_TEXT, 0,
      put_indicator, NULL },
    { "value", "Valeur", QZ_REAL, 4, put_value, NULL },
    { "unit", "Unité", QZ_TEXT, 0, put_unit, NULL },
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
        "Pour chaque commune, profession et durée : part de la population et habitants à cette "
        "durée ou moins du site le plus proche. Compté par carreau de population, chacun d'après "
        "son propre temps, sinon par le point de la commune.",
    .geometry = QZ_GEOM_NONE,
    .n_rows = n_indicators,
    .locate = locate_indicator,
    .columns = indicator_columns,
    .n_columns = COUNT(indicator_columns),
    .style = &indicator_style,
};
