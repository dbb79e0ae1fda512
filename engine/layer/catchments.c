/* engine/layer/catchments.c - the layer of catchments: a is the profession, b the site. */
#include "layer/define.h"

static bool is_drawn(const struct qz_results *r, size_t profession, size_t site) {
    const struct qz_shapes *s = r->professions[profession].catchments;
    return s->shape_poly[site] < s->shape_poly[site + 1];
}

static size_t n_catchments(const struct qz_results *r) {
    size_t n = 0;
    for (size_t p = 0; p < r->n_professions; p++)
        for (size_t i = 0; i < r->professions[p].catchments->n; i++)
            n += is_drawn(r, p, i);
    return n;
}
static void locate(const struct qz_results *r, struct qz_row_key *key) {
    size_t left = key->row;
    for (key->a = 0; key->a < r->n_professions; key->a++)
        for (key->b = 0; key->b < r->professions[key->a].catchments->n; key->b++)
            if (is_drawn(r, key->a, key->b) && left-- == 0)
                return;
}
static const struct qz_profession_results *profession_of(const struct qz_cell *c) {
    return &c->results->professions[c->key.a];
}
static int draw(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, profession_of(c)->catchments, c->key.b);
}
static void profession(const struct qz_cell *c) { qz_put_text(c, profession_of(c)->key); }
static void site_id(const struct qz_cell *c) {
    qz_put_text(c, c->results->sites->items[profession_of(c)->catchment_site[c->key.b]].id);
}
static void area(const struct qz_cell *c) {
    qz_put_real(c, qz_shape_area_m2(profession_of(c)->catchments, c->key.b) / 1e6);
}
static void people(const struct qz_cell *c) {
    qz_put_real(c, profession_of(c)->catchment_people[c->key.b]);
}

static const struct qz_column_def columns[] = {
    { "profession", "Profession", QZ_TEXT, 0, profession, NULL },
    { "site_id", "Site le plus proche", QZ_TEXT, 0, site_id, NULL },
    { "area_km2", "Superficie (km²)", QZ_REAL, 3, area, NULL },
    { "people", "Habitants dont c'est le site le plus proche", QZ_REAL, 1, people, NULL },
};
#define FIRST "\"profession\" = '%s' AND "
static const struct qz_rule rules[] = {
    { FIRST "\"people\" < 1000", "moins de 1 000 habitants", "255,255,212,255", 0 },
    { FIRST "\"people\" >= 1000 AND \"people\" < 3000", "1 000 à 3 000", "254,217,142,255", 0 },
    { FIRST "\"people\" >= 3000 AND \"people\" < 7500", "3 000 à 7 500", "254,153,41,255", 0 },
    { FIRST "\"people\" >= 7500 AND \"people\" < 15000", "7 500 à 15 000", "217,95,14,255", 0 },
    { FIRST "\"people\" >= 15000", "15 000 et plus", "153,52,4,255", 0 },
};
static const struct qz_style_def style = {
    .name = "Aires d'attraction",
    .description = "Site le plus proche en voiture, selon le nombre d'habitants",
    .symbol = QZ_SYMBOL_FILL,
    .outline = "80,80,80,255",
    .outline_mm = 0.2,
    .opacity = 0.75,
    .rules = rules,
    .n_rules = COUNT(rules),
};
const struct qz_layer_def qz_layer_catchments = {
    .name = "catchments",
    .title = "Aires d'attraction : le site le plus proche",
    .description =
        "D'où chaque site est le plus proche en voiture parmi ceux de sa profession, dans la plus "
        "longue durée des isochrones ; des aires voisines ont exactement la même limite. La "
        "population est celle dont c'est le site le plus proche, comptée d'après son propre "
        "temps, jamais d'après le dessin. Le style montre la première profession du plan ; "
        "filtrer pour voir les autres.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_catchments,
    .locate = locate,
    .draw = draw,
    .columns = columns,
    .n_columns = COUNT(columns),
    .style = &style,
};
