/* engine/layer/care.c - the layers of sites, isochrones and coverage. */
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

static const double ms_per_min = 60000;

/* ---- sites */
static size_t n_sites(const struct qz_results *r) { return r->sites->n; }
static const struct qz_site *site(const struct qz_cell *c) {
    return &c->results->sites->items[c->key.a];
}
static int draw_site(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_point(ctx, c->writer, site(c)->point);
}
static void site_id(const struct qz_cell *c) { qz_put_text(c, site(c)->id); }
static void site_finess(const struct qz_cell *c) { qz_put_text(c, site(c)->finess); }
static void site_structure(const struct qz_cell *c) { qz_put_text(c, site(c)->structure); }
static void site_parent(const struct qz_cell *c) { qz_put_text(c, site(c)->parent); }
static void site_profession(const struct qz_cell *c) {
    qz_put_text(c, c->results->professions[site(c)->profession].key);
}
/* By its source, or with its commune, whose figure it would tell. */
static bool is_secret(const struct qz_cell *c) {
    const struct qz_profession_results *p = &c->results->professions[site(c)->profession];
    return site(c)->secret || (!site(c)->planned && p->masked && p->masked[0][site(c)->commune]);
}
static void site_heads(const struct qz_cell *c) {
    if (!is_secret(c))
        qz_put_real(c, site(c)->heads);
}
static void site_fte(const struct qz_cell *c) {
    if (site(c)->has_fte && !is_secret(c))
        qz_put_real(c, site(c)->fte);
}
static void site_commune(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->code[site(c)->commune]);
}
static void site_snap(const struct qz_cell *c) {
    qz_put_real(c, c->results->stops[c->key.a].snap_m);
}
static void site_status(const struct qz_cell *c) {
    qz_put_text(c, c->results->stops[c->key.a].edge == UINT32_MAX ? "no_road"
                   : is_secret(c)                                 ? "secret"
                                                                  : "ok");
}
static void site_basis(const struct qz_cell *c) {
    qz_put_text(c, site(c)->at_commune_point ? "commune" : "coordinates");
}
static void site_planned(const struct qz_cell *c) { qz_put_int(c, site(c)->planned); }
static void site_opening(const struct qz_cell *c) { qz_put_text(c, site(c)->opening); }
static void site_days(const struct qz_cell *c) {
    if (site(c)->days_per_week >= 0)
        qz_put_real(c, site(c)->days_per_week);
}
static void site_evening(const struct qz_cell *c) {
    if (site(c)->evening >= 0)
        qz_put_int(c, site(c)->evening);
}
static void site_weekend(const struct qz_cell *c) {
    if (site(c)->weekend >= 0)
        qz_put_int(c, site(c)->weekend);
}
static void site_people(const struct qz_cell *c) {
    qz_put_real(c, c->results->site_people[c->key.a]);
}
static void site_served(const struct qz_cell *c) {
    qz_put_real(c, c->results->site_served[c->key.a]);
}
static void site_threshold(const struct qz_cell *c) {
    qz_put_int(c, c->results->professions[site(c)->profession].threshold_min);
}
/* Where every profession counts 15 minutes, people_15min says it. */
static bool threshold_differs(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    for (size_t i = 0; i < r->n_professions; i++)
        if (r->professions[i].threshold_min != 15)
            return true;
    return false;
}
/* Of the site's people whose age is known, those of at least this age; false: no age is known. */
static bool heads_from_age(const struct qz_results *r, const struct qz_site *s, uint8_t age,
                           double *ret) {
    bool any = false;
    *ret = 0;
    for (uint32_t i = s->first_post; i < s->first_post + s->n_posts; i++) {
        const struct qz_post *p = &r->sites->posts[i];
        any = any || p->age;
        *ret += p->age && p->age >= age ? p->heads : 0;
    }
    return any;
}
static void site_age_known(const struct qz_cell *c) {
    double heads;
    heads_from_age(c->results, site(c), 1, &heads);
    if (!is_secret(c))
        qz_put_real(c, heads);
}
static void site_55plus(const struct qz_cell *c) {
    double heads;
    if (heads_from_age(c->results, site(c), 55, &heads) && !is_secret(c))
        qz_put_real(c, heads);
}
static bool age_known(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    for (size_t i = 0; i < r->sites->n_posts; i++)
        if (r->sites->posts[i].age)
            return true;
    return false;
}

/* A column that no source fills is absent, never a column of NULLs. */
static bool any_site(const struct qz_results *r, bool (*has)(const struct qz_site *)) {
    for (size_t i = 0; i < r->sites->n; i++)
        if (has(&r->sites->items[i]))
            return true;
    return false;
}
#define PRESENT_WHEN(name, condition)                                                     \
    static bool name##_in(const struct qz_site *s) { return condition; }                  \
    static bool name(const struct qz_results *r, const struct qz_profession_results *p) { \
        (void)p;                                                                          \
        return any_site(r, name##_in);                                                    \
    }
PRESENT_WHEN(finess_known, *s->finess != 0)
PRESENT_WHEN(structure_known, *s->structure != 0)
PRESENT_WHEN(parent_known, *s->parent != 0)
PRESENT_WHEN(fte_known, s->has_fte)
PRESENT_WHEN(opening_known, *s->opening != 0)
PRESENT_WHEN(days_known, s->days_per_week >= 0)
PRESENT_WHEN(evening_known, s->evening >= 0)
PRESENT_WHEN(weekend_known, s->weekend >= 0)

static const struct qz_column_def site_columns[] = {
    { "site_id", "Site", QZ_TEXT, 0, site_id, NULL },
    { "finess", "Numéro FINESS", QZ_TEXT, 0, site_finess, finess_known },
    { "structure", "Structure d'exercice", QZ_TEXT, 0, site_structure, structure_known },
    { "parent_site", "Site principal", QZ_TEXT, 0, site_parent, parent_known },
    { "profession", "Profession", QZ_TEXT, 0, site_profession, NULL },
    { "heads", "Effectif", QZ_REAL, 2, site_heads, NULL },
    { "fte", "Équivalents temps plein", QZ_REAL, 2, site_fte, fte_known },
    { "insee_com", "Code INSEE de la commune", QZ_TEXT, 0, site_commune, NULL },
    { "snap_m", "Distance à la route (m)", QZ_REAL, 1, site_snap, NULL },
    { "status", "État du calcul", QZ_TEXT, 0, site_status, NULL },
    { "basis", "Position : coordonnées ou point de la commune", QZ_TEXT, 0, site_basis, NULL },
    { "planned", "En projet", QZ_BOOL, 0, site_planned, NULL },
    { "opening", "Date d'ouverture prévue", QZ_TEXT, 0, site_opening, opening_known },
    { "days_per_week", "Jours de présence par semaine", QZ_REAL, 1, site_days, days_known },
    { "evening", "Ouvert le soir", QZ_BOOL, 0, site_evening, evening_known },
    { "weekend", "Ouvert le week-end", QZ_BOOL, 0, site_weekend, weekend_known },
    { "people_15min", "Habitants à 15 min ou moins", QZ_REAL, 1, site_people, NULL },
    { "threshold_min", "Seuil de la profession (min)", QZ_INT, 0, site_threshold,
      threshold_differs },
    { "people_served", "Habitants dans le seuil de la profession", QZ_REAL, 1, site_served,
      threshold_differs },
    { "heads_age_known", "Effectif d'âge connu", QZ_REAL, 2, site_age_known, age_known },
    { "heads_55plus", "Effectif de 55 ans et plus", QZ_REAL, 2, site_55plus, age_known },
};
static const struct qz_rule site_rules[] = {
    { "\"planned\"", "en projet", "255,255,255,255", 2.6 },
    { "\"profession\" = '%s' AND \"heads\" < 2", "généralistes : 1", "0,90,140,255", 1.8 },
    { "\"profession\" = '%s' AND \"heads\" >= 2 AND \"heads\" < 5", "généralistes : 2 à 4",
      "0,90,140,255", 2.8 },
    { "\"profession\" = '%s' AND \"heads\" >= 5", "généralistes : 5 et plus", "0,90,140,255", 4.2 },
    { NULL, "autres professions, ou effectif secret", "230,159,0,255", 1.1 },
};
static const struct qz_style_def site_style = {
    .name = "Offre",
    .description = "Sites de soins, par profession et par effectif",
    .symbol = QZ_SYMBOL_MARKER,
    .outline = "255,255,255,255",
    .outline_mm = 0.2,
    .opacity = 1,
    .order_by = "\"profession\" <> '%s'", /* the first profession on top */
    .rules = site_rules,
    .n_rules = COUNT(site_rules),
};
const struct qz_layer_def qz_layer_sites = {
    .name = "sites",
    .title = "Sites de soins",
    .description = "Un point par site et par profession. Un praticien de plusieurs sites compte "
                   "pour sa part à "
                   "chacun ; un site en "
                   "projet n'entre dans aucun chiffre d'aujourd'hui.",
    .geometry = QZ_GEOM_POINT,
    .n_rows = n_sites,
    .draw = draw_site,
    .columns = site_columns,
    .n_columns = COUNT(site_columns),
    .style = &site_style,
};

/* ---- isochrones: a is the drawn site, b the band; empty bands are not rows */
static bool is_drawn(const struct qz_shapes *s, size_t i) {
    return s->shape_poly[i] < s->shape_poly[i + 1];
}

static size_t n_isochrones(const struct qz_results *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_isochrones; i++)
        for (size_t b = 0; b < r->n_bands; b++)
            n += is_drawn(r->isochrones[i], b);
    return n;
}
static void locate_isochrone(const struct qz_results *r, struct qz_row_key *key) {
    size_t left = key->row; /* rows come in order: start where the last one was */
    for (key->a = 0; key->a < r->n_isochrones; key->a++)
        for (key->b = 0; key->b < r->n_bands; key->b++)
            if (is_drawn(r->isochrones[key->a], key->b) && left-- == 0)
                return;
}
static int draw_isochrone(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, c->results->isochrones[c->key.a], c->key.b);
}
static const struct qz_site *isochrone_site(const struct qz_cell *c) {
    return &c->results->sites->items[c->results->isochrone_site[c->key.a]];
}
static void isochrone_id(const struct qz_cell *c) { qz_put_text(c, isochrone_site(c)->id); }
static void isochrone_profession(const struct qz_cell *c) {
    qz_put_text(c, c->results->professions[isochrone_site(c)->profession].key);
}
static void band_min(const struct qz_cell *c) {
    qz_put_real(c, c->results->band_ms[c->key.b] / ms_per_min);
}
static void isochrone_area(const struct qz_cell *c) {
    qz_put_real(c, qz_shape_area_m2(c->results->isochrones[c->key.a], c->key.b) / 1e6);
}
static void isochrone_people(const struct qz_cell *c) {
    qz_put_real(c, c->results->isochrone_people[c->key.a][c->key.b]);
}
static void people_basis(const struct qz_cell *c) { qz_put_text(c, c->results->basis); }
static const struct qz_column_def isochrone_columns[] = {
    { "site_id", "Site", QZ_TEXT, 0, isochrone_id, NULL },
    { "profession", "Profession", QZ_TEXT, 0, isochrone_profession, NULL },
    { "band_min", "Durée (min)", QZ_REAL, 1, band_min, NULL },
    { "area_km2", "Superficie (km²)", QZ_REAL, 3, isochrone_area, NULL },
    { "people", "Habitants à cette durée ou moins", QZ_REAL, 1, isochrone_people, NULL },
    { "basis", "Habitants comptés par carreaux ou par points", QZ_TEXT, 0, people_basis, NULL },
};
static const struct qz_rule band_rules[] = {
    { "\"band_min\" <= 5", "5 min ou moins", "8,64,129,255", 0 },
    { "\"band_min\" > 5 AND \"band_min\" <= 10", "10 min", "43,140,190,255", 0 },
    { "\"band_min\" > 10 AND \"band_min\" <= 15", "15 min", "123,204,196,255", 0 },
    { "\"band_min\" > 15 AND \"band_min\" <= 20", "20 min", "186,228,188,255", 0 },
    { NULL, "30 min", "224,243,219,255", 0 },
};
static const struct qz_style_def isochrone_style = {
    .name = "Isochrones",
    .description = "Durée de trajet en voiture vers le site, bandes cumulées",
    .symbol = QZ_SYMBOL_FILL,
    .outline = "255,255,255,120",
    .outline_mm = 0.05,
    .opacity = 0.7,
    .order_by = "\"band_min\"",
    .rules = band_rules,
    .n_rules = COUNT(band_rules),
};
const struct qz_layer_def qz_layer_isochrones = {
    .name = "isochrones",
    .title = "Isochrones par site",
    .description =
        "D'où l'on rejoint chaque site en voiture dans la durée donnée ; chaque bande contient les "
        "plus courtes. La "
        "population est comptée d'après le temps de chaque carreau, sinon du point de la commune, "
        "jamais d'après le dessin.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_isochrones,
    .locate = locate_isochrone,
    .draw = draw_isochrone,
    .columns = isochrone_columns,
    .n_columns = COUNT(isochrone_columns),
    .style = &isochrone_style,
};

/* ---- coverage: a is the profession, b the band */
static size_t n_coverage(const struct qz_results *r) {
    size_t n = 0;
    for (size_t p = 0; p < r->n_professions; p++)
        for (size_t b = 0; b < r->n_bands; b++)
            n += is_drawn(r->professions[p].coverage, b);
    return n;
}
static void locate_coverage(const struct qz_results *r, struct qz_row_key *key) {
    size_t left = key->row;
    for (key->a = 0; key->a < r->n_professions; key->a++)
        for (key->b = 0; key->b < r->n_bands; key->b++)
            if (is_drawn(r->professions[key->a].coverage, key->b) && left-- == 0)
                return;
}
static const struct qz_profession_results *covered(const struct qz_cell *c) {
    return &c->results->professions[c->key.a];
}
static int draw_coverage(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, covered(c)->coverage, c->key.b);
}
static void coverage_profession(const struct qz_cell *c) { qz_put_text(c, covered(c)->key); }
static void coverage_area(const struct qz_cell *c) {
    qz_put_real(c, qz_shape_area_m2(covered(c)->coverage, c->key.b) / 1e6);
}
static void coverage_people(const struct qz_cell *c) {
    qz_put_real(c, covered(c)->coverage_people[c->key.b]);
}
static const struct qz_column_def coverage_columns[] = {
    { "profession", "Profession", QZ_TEXT, 0, coverage_profession, NULL },
    { "band_min", "Durée (min)", QZ_REAL, 1, band_min, NULL },
    { "area_km2", "Superficie (km²)", QZ_REAL, 3, coverage_area, NULL },
    { "people", "Habitants à cette durée ou moins", QZ_REAL, 1, coverage_people, NULL },
    { "basis", "Habitants comptés par carreaux ou par points", QZ_TEXT, 0, people_basis, NULL },
};
#define FIRST "\"profession\" = '%s' AND "
static const struct qz_rule coverage_rules[] = {
    { FIRST "\"band_min\" <= 5", "5 min ou moins", "8,64,129,255", 0 },
    { FIRST "\"band_min\" > 5 AND \"band_min\" <= 10", "10 min", "43,140,190,255", 0 },
    { FIRST "\"band_min\" > 10 AND \"band_min\" <= 15", "15 min", "123,204,196,255", 0 },
    { FIRST "\"band_min\" > 15 AND \"band_min\" <= 20", "20 min", "186,228,188,255", 0 },
    { FIRST "\"band_min\" > 20", "30 min", "224,243,219,255", 0 },
};
static const struct qz_style_def coverage_style = {
    .name = "Couverture",
    .description = "Durée de trajet en voiture jusqu'au généraliste le plus proche",
    .symbol = QZ_SYMBOL_FILL,
    .outline = "255,255,255,120",
    .outline_mm = 0.05,
    .opacity = 0.75,
    .order_by = "\"band_min\"",
    .rules = coverage_rules,
    .n_rules = COUNT(coverage_rules),
};
const struct qz_layer_def qz_layer_coverage = {
    .name = "coverage",
    .title = "Couverture : tous les sites d'une profession ensemble",
    .description = "D'où l'on rejoint au moins un site de la profession dans la durée donnée. Le "
                   "style montre la "
                   "première profession "
                   "du plan ; filtrer pour voir les autres.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_coverage,
    .locate = locate_coverage,
    .draw = draw_coverage,
    .columns = coverage_columns,
    .n_columns = COUNT(coverage_columns),
    .style = &coverage_style,
};
