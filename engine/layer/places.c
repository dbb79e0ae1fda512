/* engine/layer/places.c - the layers of communes, territories and zones. */
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
    uint32_t z = c->results->zones->zone_of[c->key.a];
    char id[32];
    if (z == UINT32_MAX)
        return;
    snprintf(id, sizeof id, "T%03u", z + 1);
    qz_put_text(c, id);
}
/* Someone, or where nobody lives the place, is farther than the first profession's threshold. */
static bool is_beyond(const struct qz_results *r, size_t i) {
    const struct qz_profession_results *p = &r->professions[0];
    const struct qz_tally *t = &p->tally[0][0][i];
    return t->people > 0 ? t->within < t->people : p->time_ms[i] > p->threshold_min * 60000;
}
static void commune_reasons(const struct qz_cell *c) {
    const struct qz_results *r = c->results;
    size_t i = c->key.a;
    char text[320], people[48], minimum[48];
    const char *status = qz_commune_status(r, i);
    if (strcmp(status, "no_road") == 0)
        snprintf(text, sizeof text,
                 "aucune route à portée du point de la commune : temps inconnus");
    else if (r->zones->zone_of[i] == UINT32_MAX)
        snprintf(text, sizeof text,
                 "hors zone : aucun siège à %.0f min ou moins ne réunit avec elle, d'un seul "
                 "tenant, %s habitants",
                 r->zone_limit_ms / ms_per_min, qz_french_whole(r->zone_people_min, minimum));
    else if (is_beyond(r, i))
        snprintf(text, sizeof text, "%s habitants à plus de %u min d'un %s",
                 qz_french_whole(r->professions[0].tally[0][0][i].people -
                                     r->professions[0].tally[0][0][i].within,
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
    { "reasons", "Motifs", QZ_TEXT, 0, commune_reasons, NULL },
};

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
    .symbol = QZ_SYMBOL_FILL,
    .outline = "130,130,130,160",
    .outline_mm = 0.1,
    .opacity = 1,
    .label = "\"nom\"",
    .label_from_scale = 250000,
    .rules = time_rules,
    .n_rules = COUNT(time_rules),
};
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
};

/* ---- territories: a is the level, b the territory */
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
    qz_put_real(c, c->results->professions[0].tally[0][c->key.level][c->key.place].people);
}
static const struct qz_column_def territory_columns[] = {
    { "level", "Niveau", QZ_TEXT, 0, territory_level, NULL },
    { "code", "Code", QZ_TEXT, 0, territory_code, NULL },
    { "nom", "Nom", QZ_TEXT, 0, territory_name, NULL },
    { "population", "Population municipale (habitants)", QZ_REAL, 1, territory_population, NULL },
    QZ_FIGURE_COLUMNS,
};

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
    .symbol = QZ_SYMBOL_FILL,
    .outline = "90,90,90,255",
    .outline_mm = 0.3,
    .opacity = 1,
    .label = "CASE WHEN \"level\" = 'epci' THEN \"nom\" END",
    .label_from_scale = 1000000,
    .rules = density_rules,
    .n_rules = COUNT(density_rules),
};
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
};

/* ---- zones */
static size_t n_zones(const struct qz_results *r) { return r->zones->n; }
static const struct qz_zone *zone(const struct qz_cell *c) {
    return &c->results->zones->items[c->key.a];
}
static int draw_zone(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, c->results->zone_shapes, c->key.a);
}
static void zone_id(const struct qz_cell *c) {
    char id[32];
    snprintf(id, sizeof id, "T%03zu", c->key.a + 1);
    qz_put_text(c, id);
}
static void zone_kind(const struct qz_cell *c) { qz_put_text(c, "three15"); }
static void zone_rank(const struct qz_cell *c) { qz_put_int(c, zone(c)->rank); }
static void zone_score(const struct qz_cell *c) { qz_put_real(c, zone(c)->score); }
static void zone_seat(const struct qz_cell *c) { qz_put_text(c, communes(c)->code[zone(c)->seat]); }
static void zone_seat_name(const struct qz_cell *c) {
    qz_put_text(c, communes(c)->name[zone(c)->seat]);
}
static void zone_n(const struct qz_cell *c) { qz_put_int(c, zone(c)->n); }
static void zone_people(const struct qz_cell *c) { qz_put_real(c, zone(c)->people); }
static double zone_supply(const struct qz_cell *c) {
    double heads = 0;
    for (uint32_t i = zone(c)->first; i < zone(c)->first + zone(c)->n; i++)
        heads += c->profession->tally[0][0][c->results->zones->member[i]].heads;
    return heads;
}
static void zone_heads(const struct qz_cell *c) { qz_put_real(c, zone_supply(c)); }
static void zone_structured(const struct qz_cell *c) {
    if (c->results->structures_known)
        qz_put_real(c, zone(c)->structured);
}
static bool knows_structures(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->structures_known;
}
static void zone_missing(const struct qz_cell *c) { qz_put_real(c, zone(c)->missing); }
static void zone_now(const struct qz_cell *c) { qz_put_real(c, zone(c)->beyond_now); }
static void zone_after(const struct qz_cell *c) {
    qz_put_real(c, c->results->zone_beyond_after[c->key.a]);
}
static void zone_longest(const struct qz_cell *c) {
    qz_put_real(c, zone(c)->longest_ms / ms_per_min);
}
static void zone_reasons(const struct qz_cell *c) {
    const struct qz_results *r = c->results;
    const struct qz_zone *z = zone(c);
    const char *gp = r->n_professions ? r->professions[0].label : "praticien";
    const char *gps = r->n_professions ? r->professions[0].label_plural : "praticiens";
    char people[48], beyond[48];
    struct qz_text t = { 0 };
    double d;
    qz_text_add(&t, "%s habitants", qz_french_whole(z->people, people));
    if (z->n == 1)
        qz_text_add(&t, ", commune seule");
    else
        qz_text_add(&t, " à %.0f min au plus du siège (%s)", ceil(z->longest_ms / ms_per_min),
                    communes(c)->name[z->seat]);
    qz_text_add(&t, " ; %s à plus de %.0f min d'un %s", qz_french_whole(z->beyond_now, beyond),
                r->zone_limit_ms / ms_per_min, gp);
    if (qz_per_100k(z->gp_heads, z->people, &d))
        qz_text_add(&t, " ; %.0f %s pour 100\u202f000 habitants", d, gps);
    if (r->structures_known)
        qz_text_add(&t, " ; %.0f professionnels en structure coordonnée, il en manque %.0f",
                    z->structured, z->missing);
    else
        qz_text_add(&t, " ; structures d'exercice inconnues, %.0f professionnels à réunir",
                    z->missing);
    if (!t.failed)
        qz_put_text(c, t.data);
    qz_text_done(&t);
}

static const struct qz_column_def zone_columns[] = {
    { "zone_id", "Zone", QZ_TEXT, 0, zone_id, NULL },
    { "kind", "Type de zone", QZ_TEXT, 0, zone_kind, NULL },
    { "rank", "Rang de priorité", QZ_INT, 0, zone_rank, NULL },
    { "score", "Score de besoin (0 à 100)", QZ_REAL, 2, zone_score, NULL },
    { "seat_insee", "Siège (code INSEE)", QZ_TEXT, 0, zone_seat, NULL },
    { "seat_nom", "Siège", QZ_TEXT, 0, zone_seat_name, NULL },
    { "communes", "Nombre de communes", QZ_INT, 0, zone_n, NULL },
    { "people", "Population (habitants)", QZ_REAL, 1, zone_people, NULL },
    { "%s_heads", "%s : effectif", QZ_REAL, 2, zone_heads, NULL },
    { "structured", "Professionnels en structure coordonnée", QZ_REAL, 2, zone_structured,
      knows_structures },
    { "missing", "Professionnels manquants pour en réunir 15", QZ_REAL, 2, zone_missing, NULL },
    { "people_beyond_15_now", "Habitants à plus de 15 min d'un généraliste, aujourd'hui", QZ_REAL,
      1, zone_now, NULL },
    { "people_beyond_15_after", "Habitants à plus de 15 min, avec un pôle au siège", QZ_REAL, 1,
      zone_after, NULL },
    { "max_time_min", "Trajet le plus long vers le siège (min)", QZ_REAL, 2, zone_longest, NULL },
    { "reasons", "Motifs", QZ_TEXT, 0, zone_reasons, NULL },
};
static const struct qz_rule zone_rules[] = {
    { "\"rank\" <= 3", "rangs 1 à 3", "122,1,119,215", 0 },
    { "\"rank\" > 3 AND \"rank\" <= 6", "rangs 4 à 6", "197,27,138,215", 0 },
    { "\"rank\" > 6 AND \"rank\" <= 10", "rangs 7 à 10", "247,104,161,215", 0 },
    { "\"rank\" > 10 AND \"rank\" <= 20", "rangs 11 à 20", "251,180,185,215", 0 },
    { NULL, "rangs suivants", "254,235,226,215", 0 },
};
static const struct qz_style_def zone_style = {
    .name = "Priorité",
    .description = "Zones d'implantation (trois 15), par score de besoin",
    .symbol = QZ_SYMBOL_FILL,
    .outline = "60,60,60,255",
    .outline_mm = 0.5,
    .opacity = 0.85,
    .label = "\"rank\" || ' · ' || \"seat_nom\"",
    .rules = zone_rules,
    .n_rules = COUNT(zone_rules),
};
const struct qz_layer_def qz_layer_zones = {
    .name = "zones",
    .title = "Zones d'implantation (trois 15)",
    .description =
        "Groupes de communes d'un seul tenant, d'environ 15 000 habitants, à 15 min ou moins d'un "
        "siège où réunir "
        "15 professionnels. Règle indicative de Basse-Normandie (SROS) ; sans rapport avec le "
        "zonage "
        "légal.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_zones,
    .draw = draw_zone,
    .columns = zone_columns,
    .n_columns = COUNT(zone_columns),
    .style = &zone_style,
};
