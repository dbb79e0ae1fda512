/* engine/layer/territories.c - the layer of territories: a is the level, b the territory. */
#include <math.h>
#include <string.h>
#include "layer/define.h"

static size_t n_territories(const struct qz_results *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->levels->n; i++)
        n += r->levels->items[i].n;
    return n;
}
static void locate_territory(const struct qz_results *r, struct qz_row_key *key) {
    key->a = 0;
    key->b = key->row;
    while (key->b >= r->levels->items[key->a].n)
        key->b -= r->levels->items[key->a++].n;
    key->level = key->a + 1;
    key->place = key->b;
}
static int draw_territory(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, c->results->level_shapes[c->key.a], c->key.b);
}
static void territory_level(const struct qz_cell *c) {
    qz_put_text(c, c->results->levels->items[c->key.a].name);
}
static void territory_code(const struct qz_cell *c) {
    qz_put_text(c, c->results->levels->items[c->key.a].code[c->key.b]);
}
static void territory_name(const struct qz_cell *c) {
    qz_put_text(c, c->results->levels->items[c->key.a].label[c->key.b]);
}
static void territory_population(const struct qz_cell *c) {
    qz_put_real(c, c->results->professions[0].counted[0].tally[c->key.level][c->key.place].people);
}
static void territory_table(const struct qz_cell *c) {
    double v = c->results->tables[c->number].value[c->key.level][c->key.place];
    if (!isnan(v))
        qz_put_real(c, v);
}
static void territory_overlay(const struct qz_cell *c) {
    double v = c->results->overlays[c->number].share_of[c->key.level][c->key.place];
    if (!isnan(v))
        qz_put_real(c, v);
}
static const struct qz_column_def territory_columns[] = {
    { "level", "Niveau", QZ_TEXT, 0, territory_level, NULL },
    { "code", "Code", QZ_TEXT, 0, territory_code, NULL },
    { "nom", "Nom", QZ_TEXT, 0, territory_name, NULL },
    { "population", "Population municipale (habitants)", QZ_REAL, 1, territory_population, NULL },
    QZ_FIGURE_COLUMNS,
    { "%o_share", "%o : part des habitants", QZ_REAL, 4, territory_overlay, NULL },
    { "%k", "%k", QZ_REAL, 3, territory_table, NULL },
};

#define TERRITORY_MAP                                                                     \
    .symbol = QZ_SYMBOL_FILL, .outline = "90,90,90,255", .outline_mm = 0.3, .opacity = 1, \
    .label = "CASE WHEN \"level\" = 'epci' THEN \"nom\" END", .label_from_scale = 1000000
/* Levels overlap: the map shows one, the EPCI; the others are a filter away. */
#define EPCI "\"level\" = 'epci' AND "
static const struct qz_rule density_rules[] = {
    { EPCI "\"%s_per_100k\" < 50", "EPCI : moins de 50", "242,240,247,255", 0 },
    { EPCI "\"%s_per_100k\" >= 50 AND \"%s_per_100k\" < 75", "EPCI : 50 à 75", "203,201,226,255",
      0 },
    { EPCI "\"%s_per_100k\" >= 75 AND \"%s_per_100k\" < 100", "EPCI : 75 à 100", "158,154,200,255",
      0 },
    { EPCI "\"%s_per_100k\" >= 100 AND \"%s_per_100k\" < 150", "EPCI : 100 à 150",
      "117,107,177,255", 0 },
    { EPCI "\"%s_per_100k\" >= 150", "EPCI : 150 et plus", "84,39,143,255", 0 },
    { EPCI "\"%s_per_100k\" IS NULL", "EPCI : sans population", "170,170,170,255", 0 },
};
static const struct qz_style_def density_style = {
    .name = "Densité",
    .description = "Praticiens pour 100 000 habitants, par EPCI",
    TERRITORY_MAP,
    .rules = density_rules,
    .n_rules = COUNT(density_rules),
};

/* ---- other maps of the same figures */
static bool in_consultations(const struct qz_results *r) {
    return r->professions[0].in_consultations;
}
static const struct qz_rule score_rules[] = { QZ_SCORE_CLASSES(EPCI, "EPCI : ", "apl") };
static const struct qz_style_def score_style = {
    .name = "APL",
    .description = "Accessibilité potentielle localisée, moyenne des habitants standardisés, par "
                   "EPCI",
    TERRITORY_MAP,
    .rules = score_rules,
    .n_rules = COUNT(score_rules),
    .present = in_consultations,
};
static bool with_horizon(const struct qz_results *r) {
    return r->n_years > 0 && r->professions[0].has_age;
}
static const struct qz_rule lost_rules[] = {
    { EPCI "\"%s_heads\" > 0 AND \"%s_heads_lost_horizon\" <= 0.15 * \"%s_heads\"",
      "EPCI : 15 % ou moins", "254,237,222,255", 0 },
    { EPCI "\"%s_heads_lost_horizon\" > 0.15 * \"%s_heads\" AND \"%s_heads_lost_horizon\" <= 0.3 * "
           "\"%s_heads\"",
      "EPCI : 15 à 30 %", "253,190,133,255", 0 },
    { EPCI "\"%s_heads_lost_horizon\" > 0.3 * \"%s_heads\" AND \"%s_heads_lost_horizon\" <= 0.5 * "
           "\"%s_heads\"",
      "EPCI : 30 à 50 %", "253,141,60,255", 0 },
    { EPCI "\"%s_heads_lost_horizon\" > 0.5 * \"%s_heads\"", "EPCI : plus de 50 %", "217,71,1,255",
      0 },
    { EPCI "\"%s_heads_lost_horizon\" IS NULL OR (" EPCI "\"%s_heads\" = 0)",
      "EPCI : sans praticien, ou âges inconnus", "170,170,170,255", 0 },
};
static const struct qz_style_def lost_style = {
    .name = "Départs à l'horizon",
    .description = "Part de l'effectif d'aujourd'hui qui sera partie à la première année de "
                   "projection, par EPCI",
    TERRITORY_MAP,
    .rules = lost_rules,
    .n_rules = COUNT(lost_rules),
    .present = with_horizon,
};
static const struct qz_style_def *const other_styles[] = { &score_style, &lost_style, NULL };
const struct qz_layer_def qz_layer_territories = {
    .name = "territories",
    .title = "Territoires : densités et accès",
    .description = "Effectifs, densités et part de la population dans le seuil de chaque "
                   "profession, pour chaque "
                   "niveau de territoire. "
                   "Les totaux sont les sommes des communes.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_territories,
    .locate = locate_territory,
    .draw = draw_territory,
    .columns = territory_columns,
    .n_columns = COUNT(territory_columns),
    .style = &density_style,
    .other = other_styles,
};
