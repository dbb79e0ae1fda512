/* engine/layer/communes.c - the layer of communes. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

static const double ms_per_min = 60000;

static const struct qz_communes *communes(const struct qz_cell *c) { return c->results->communes; }

/* ---- communes */
static bool has_road(const struct qz_results *r, size_t commune) {
    for (uint32_t i = r->homes->first[commune]; i < r->homes->first[commune + 1]; i++)
        if (r->home_stops[i].edge != UINT32_MAX)
            return true;
    return false;
}

const char *qz_commune_status(const struct qz_results *r, size_t i) {
    struct qz_place_key at = { .results = r, .profession = r->professions, .place = i };
    if (!has_road(r, i))
        return "no_road";
    if (!r->people->known[i] || r->people->count[i] == 0)
        return "no_population";
    if (r->professions[0].time_ms[i] == QZ_UNREACHED_MS)
        return "unreachable";
    return qz_is_secret(&at) ? "secret" : "ok";
}

static size_t n_communes(const struct qz_results *r) { return r->communes->n; }
static int draw_commune(struct qz_ctx *ctx, const struct qz_cell *c) {
    const struct qz_shapes *s = communes(c)->shapes;
    if (s->shape_poly[c->key.a] == s->shape_poly[c->key.a + 1])
        return 0; /* no usable polygon in the source: the row stays */
    return qz_writer_shape(ctx, c->writer, s, c->key.a);
}
static const struct qz_level *level_named(const struct qz_results *r, const char *name) {
    for (size_t i = 0; i < r->levels->n; i++)
        if (strcmp(r->levels->items[i].name, name) == 0)
            return &r->levels->items[i];
    return NULL;
}
static bool has_tvs(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return level_named(r, "tvs") != NULL;
}
static void put_level_code(const struct qz_cell *c, const char *name) {
    const struct qz_level *l = level_named(c->results, name);
    uint32_t t = l ? l->of_commune[c->key.a] : QZ_NOWHERE;
    if (t != QZ_NOWHERE)
        qz_put_text(c, l->code[t]);
}
static void commune_code(const struct qz_cell *c) { qz_put_text(c, communes(c)->code[c->key.a]); }
static void commune_name(const struct qz_cell *c) { qz_put_text(c, communes(c)->name[c->key.a]); }
static void commune_dep(const struct qz_cell *c) {
    qz_put_text(c, communes(c)->departement[c->key.a]);
}
static void commune_epci(const struct qz_cell *c) { put_level_code(c, "epci"); }
static void commune_tvs(const struct qz_cell *c) { put_level_code(c, "tvs"); }
static void commune_people(const struct qz_cell *c) {
    if (c->results->people->known[c->key.a])
        qz_put_real(c, c->results->people->count[c->key.a]);
}
static void commune_status(const struct qz_cell *c) {
    qz_put_text(c, qz_commune_status(c->results, c->key.a));
}
static void commune_basis(const struct qz_cell *c) {
    const struct qz_results *r = c->results;
    qz_put_text(c, r->homes->has_cells[c->key.a] ? "cells" : r->points->basis[c->key.a]);
}
static void commune_snap(const struct qz_cell *c) {
    qz_put_real(c, c->results->commune_stops[c->key.a].snap_m);
}
static void commune_cells(const struct qz_cell *c) {
    const struct qz_homes *h = c->results->homes;
    qz_put_int(c, h->has_cells[c->key.a] ? h->first[c->key.a + 1] - h->first[c->key.a] : 0);
}
static void commune_factor(const struct qz_cell *c) {
    if (c->results->homes->has_cells[c->key.a])
        qz_put_real(c, c->results->home_factor[c->key.a]);
}
static bool has_cells(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->homes->n_cells > 0;
}
static void commune_nearest(const struct qz_cell *c) {
    uint32_t site = c->profession->nearest[c->key.a];
    if (site != QZ_NO_SITE)
        qz_put_text(c, c->results->sites->items[site].id);
}
static void commune_zone(const struct qz_cell *c) {
    if (c->results->zone_id)
        qz_put_text(c, c->results->zone_id[c->key.a]);
}
static void commune_area(const struct qz_cell *c) { qz_put_text(c, c->results->area_id[c->key.a]); }
static bool has_areas(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->area_id != NULL;
}
static void put_class(const struct qz_cell *c, const int8_t *classes) {
    if (classes[c->key.a] >= 0)
        qz_put_text(c, qz_zonage_name((enum qz_zonage_class)classes[c->key.a]));
}
static void commune_simulated(const struct qz_cell *c) { put_class(c, c->results->simulated); }
static bool has_simulated(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->simulated != NULL;
}
static void commune_official(const struct qz_cell *c) { put_class(c, c->results->official); }
static bool has_official(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->official != NULL;
}
static void commune_site(const struct qz_cell *c) {
    if (c->results->site_rank[c->key.a])
        qz_put_int(c, c->results->site_rank[c->key.a]);
}
static bool has_siting(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->siting != NULL;
}
static void commune_overlay(const struct qz_cell *c) {
    qz_put_text(c, c->results->overlays[c->number].what[c->key.a]);
}
static void commune_overlay_share(const struct qz_cell *c) {
    qz_put_real(c, c->results->overlays[c->number].share[c->key.a]);
}
static void commune_table(const struct qz_cell *c) {
    double v = c->results->tables[c->number].value[0][c->key.a];
    if (!isnan(v))
        qz_put_real(c, v);
}
/* Someone, or where nobody lives the place, is farther than the first profession's threshold. */
static bool is_beyond(const struct qz_results *r, size_t i) {
    const struct qz_profession_results *p = &r->professions[0];
    const struct qz_tally *t = &p->counted[0].tally[0][i];
    return t->people > 0 ? t->within < t->people : p->time_ms[i] > p->threshold_min * 60000;
}
/* Why it is in no zone of three15. */
static void tell_unzoned(const struct qz_results *r, size_t i, char *text, size_t n) {
    char most[48], minimum[48];
    double minutes = r->zone_limit_ms / ms_per_min;
    qz_french_whole(r->zone_people_min, minimum);
    switch ((enum qz_unzoned)r->zones->unzoned[i]) {
    case QZ_UNZONED_ALONE:
        snprintf(text, n, "hors zone : trop peuplée pour se joindre à d'autres, et sans siège");
        break;
    case QZ_UNZONED_FAR:
        snprintf(text, n, "hors zone : aucun siège possible à %.0f min ou moins", minutes);
        break;
    case QZ_UNZONED_APART:
        snprintf(text, n,
                 "hors zone : un siège est à %.0f min ou moins, mais pas à travers des communes "
                 "qui le sont aussi",
                 minutes);
        break;
    case QZ_UNZONED_FEW:
        if (r->zones->most_people[i] < r->zone_people_min)
            snprintf(text, n,
                     "hors zone : aucun siège à %.0f min ou moins ne réunit avec elle, d'un seul "
                     "tenant, %s habitants (au plus %s)",
                     minutes, minimum, qz_french_whole(r->zones->most_people[i], most));
        else
            snprintf(
                text, n,
                "hors zone : autour d'aucun siège à %.0f min ou moins il n'y a avec elle, d'un "
                "seul tenant, entre %s et %s habitants",
                minutes, minimum, qz_french_whole(r->zone_people_max, most));
        break;
    case QZ_UNZONED_CHOICE:
    case QZ_ZONED:
        snprintf(text, n, "hors zone : les zones retenues réunissent plus d'habitants sans elle");
        break;
    }
}
static void commune_reasons(const struct qz_cell *c) {
    const struct qz_results *r = c->results;
    size_t i = c->key.a;
    char text[480], people[48];
    const char *status = qz_commune_status(r, i);
    if (strcmp(status, "no_road") == 0)
        snprintf(text, sizeof text,
                 "aucune route à portée du point de la commune : temps inconnus");
    else if (r->zones->zone_of[i] == UINT32_MAX)
        tell_unzoned(r, i, text, sizeof text);
    else if (is_beyond(r, i))
        snprintf(text, sizeof text, "%s habitants à plus de %u min d'un %s",
                 qz_french_whole(r->professions[0].counted[0].tally[0][i].people -
                                     r->professions[0].counted[0].tally[0][i].within,
                                 people),
                 r->professions[0].threshold_min, r->professions[0].label);
    else
        return;
    qz_put_text(c, text);
}

static bool has_edge(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->closed || r->edge_effect;
}
static void commune_edge(const struct qz_cell *c) {
    qz_put_int(c, c->results->edge_effect && c->results->edge_effect[c->key.a]);
}

static const struct qz_column_def commune_columns[] = {
    { "insee_com", "Code INSEE de la commune", QZ_TEXT, 0, commune_code, NULL },
    { "nom", "Nom de la commune", QZ_TEXT, 0, commune_name, NULL },
    { "insee_dep", "Département", QZ_TEXT, 0, commune_dep, NULL },
    { "siren_epci", "EPCI (SIREN)", QZ_TEXT, 0, commune_epci, NULL },
    { "code_tvs", "Territoire de vie-santé", QZ_TEXT, 0, commune_tvs, has_tvs },
    { "population", "Population municipale (habitants)", QZ_REAL, 1, commune_people, NULL },
    { "status", "État du calcul", QZ_TEXT, 0, commune_status, NULL },
    { "point_basis", "Origine du point de la commune", QZ_TEXT, 0, commune_basis, NULL },
    { "snap_m", "Distance du point à la route (m)", QZ_REAL, 1, commune_snap, NULL },
    { "cells", "Carreaux de population", QZ_INT, 0, commune_cells, has_cells },
    { "cells_factor", "Carreaux : coefficient de calage sur la population municipale", QZ_REAL, 6,
      commune_factor, has_cells },
    { "edge_effect", "Effet de bord", QZ_BOOL, 0, commune_edge, has_edge },
    QZ_FIGURE_COLUMNS,
    { "%s_nearest_site", "%s : site le plus proche", QZ_TEXT, 0, commune_nearest, NULL },
    { "zone_three15", "Zone d'implantation (trois 15)", QZ_TEXT, 0, commune_zone, NULL },
    { "zone_area", "Secteur", QZ_TEXT, 0, commune_area, has_areas },
    { "zone_zonage", "Zonage médecin : classe simulée", QZ_TEXT, 0, commune_simulated,
      has_simulated },
    { "zone_official", "Zonage médecin : classe en vigueur", QZ_TEXT, 0, commune_official,
      has_official },
    { "site_rank", "Rang du site proposé qui la dessert", QZ_INT, 0, commune_site, has_siting },
    { "%o", "%o", QZ_TEXT, 0, commune_overlay, NULL },
    { "%o_share", "%o : part de la commune (habitants de ses carreaux, sinon surface)", QZ_REAL, 4,
      commune_overlay_share, NULL },
    { "%k", "%k", QZ_REAL, 3, commune_table, NULL },
    { "reasons", "Motifs", QZ_TEXT, 0, commune_reasons, NULL },
};

/* How all maps of communes are drawn. */
#define COMMUNE_MAP                                                                          \
    .symbol = QZ_SYMBOL_FILL, .outline = "130,130,130,160", .outline_mm = 0.1, .opacity = 1, \
    .label = "\"nom\"", .label_from_scale = 250000
static const struct qz_rule time_rules[] = {
    { "\"%s_time_min\" <= 5", "5 min ou moins", "255,255,204,255", 0 },
    { "\"%s_time_min\" > 5 AND \"%s_time_min\" <= 10", "5 à 10 min", "254,217,118,255", 0 },
    { "\"%s_time_min\" > 10 AND \"%s_time_min\" <= 15", "10 à 15 min", "253,141,60,255", 0 },
    { "\"%s_time_min\" > 15 AND \"%s_time_min\" <= 20", "15 à 20 min", "227,26,28,255", 0 },
    { "\"%s_time_min\" > 20 AND \"%s_time_min\" <= 30", "20 à 30 min", "177,0,38,255", 0 },
    { "\"%s_time_min\" > 30", "plus de 30 min", "90,0,40,255", 0 },
    { NULL, "injoignable ou sans route", "170,170,170,255", 0 },
};
static const struct qz_style_def time_style = {
    .name = "Temps d'accès",
    .description = "Minutes en voiture jusqu'au praticien le plus proche",
    COMMUNE_MAP,
    .rules = time_rules,
    .n_rules = COUNT(time_rules),
};

/* ---- other maps of the same figures: the first profession's */
static bool in_consultations(const struct qz_results *r) {
    return r->professions[0].in_consultations;
}
static bool with_ages(const struct qz_results *r) { return r->professions[0].has_age; }
static bool with_horizon(const struct qz_results *r) {
    return r->n_years > 0 && r->professions[0].has_age;
}

static const struct qz_rule score_rules[] = { QZ_SCORE_CLASSES("", "", "apl") };
static const struct qz_style_def score_style = {
    .name = "APL",
    .description = "Accessibilité potentielle localisée, consultations par an et par habitant "
                   "(2,5 et 4 : seuils du zonage)",
    COMMUNE_MAP,
    .rules = score_rules,
    .n_rules = COUNT(score_rules),
    .present = in_consultations,
};
static const struct qz_rule score_horizon_rules[] = { QZ_SCORE_CLASSES("", "", "apl_horizon") };
static bool with_both(const struct qz_results *r) { return in_consultations(r) && with_horizon(r); }
static const struct qz_style_def score_horizon_style = {
    .name = "APL à l'horizon",
    .description = "Ce qui reste de l'accessibilité après les départs en retraite, sans arrivée "
                   "autre que celles du plan",
    COMMUNE_MAP,
    .rules = score_horizon_rules,
    .n_rules = COUNT(score_horizon_rules),
    .present = with_both,
};
static const struct qz_rule age_rules[] = {
    { "\"%s_share_55plus\" < 0.25", "moins de 25 %", "237,248,251,255", 0 },
    { "\"%s_share_55plus\" >= 0.25 AND \"%s_share_55plus\" < 0.5", "25 à 50 %", "179,205,227,255",
      0 },
    { "\"%s_share_55plus\" >= 0.5 AND \"%s_share_55plus\" < 0.75", "50 à 75 %", "140,150,198,255",
      0 },
    { "\"%s_share_55plus\" >= 0.75", "75 % et plus", "129,15,124,255", 0 },
    { NULL, "aucun praticien d'âge connu", "225,225,225,255", 0 },
};
static const struct qz_style_def age_style = {
    .name = "Âge : 55 ans et plus",
    .description = "Part des praticiens de 55 ans et plus, où l'âge est connu",
    COMMUNE_MAP,
    .rules = age_rules,
    .n_rules = COUNT(age_rules),
    .present = with_ages,
};
static const struct qz_style_def *const commune_styles[] = { &score_style, &score_horizon_style,
                                                             &age_style, NULL };
const struct qz_layer_def qz_layer_communes = {
    .name = "communes",
    .title = "Communes : accès aux soins de premier recours",
    .description =
        "Temps de trajet en voiture vers le praticien le plus proche, effectifs et densités par "
        "commune : moyenne et parts des habitants de ses carreaux de population, chacun d'après "
        "son "
        "propre temps, sinon temps de son point (point_basis le dit). "
        "Seuils inclus : 15 min et 0 s compte dans « 15 min ou moins ».",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_communes,
    .draw = draw_commune,
    .columns = commune_columns,
    .n_columns = COUNT(commune_columns),
    .style = &time_style,
    .other = commune_styles,
};
