/* engine/layer/zones.c - the layer of zones. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

static const double ms_per_min = 60000;

static const struct qz_communes *communes(const struct qz_cell *c) { return c->results->communes; }

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
static void zone_seat(const struct qz_cell *c) { qz_put_text(c, communes(c)->code[zone(c)->seat]); }
static void zone_seat_name(const struct qz_cell *c) {
    qz_put_text(c, communes(c)->name[zone(c)->seat]);
}
static void zone_n(const struct qz_cell *c) { qz_put_int(c, zone(c)->n); }
static void zone_people(const struct qz_cell *c) { qz_put_real(c, zone(c)->people); }
/* The heads of a commune of the zone must not be told: nor the zone's, which might tell them. */
static bool holds_secret(const struct qz_cell *c, const struct qz_profession_results *p) {
    struct qz_place_key at = { .results = c->results, .profession = p };
    for (uint32_t i = zone(c)->first; i < zone(c)->first + zone(c)->n; i++) {
        at.place = c->results->zones->member[i];
        if (qz_is_secret(&at))
            return true;
    }
    return false;
}
/* Professionals of all professions, in structures. */
static bool tells_structured(const struct qz_cell *c) {
    for (size_t p = 0; p < c->results->n_professions && c->results->structures_known; p++)
        if (holds_secret(c, &c->results->professions[p]))
            return false;
    return true;
}
/* Who knows the weights reads the density and the structures of the zone in its score. */
static void zone_score(const struct qz_cell *c) {
    const struct qz_results *r = c->results;
    bool told = r->n_professions == 0 || !holds_secret(c, &r->professions[0]);
    if (told && tells_structured(c))
        qz_put_real(c, zone(c)->score);
}
static double zone_supply(const struct qz_cell *c) {
    double heads = 0;
    for (uint32_t i = zone(c)->first; i < zone(c)->first + zone(c)->n; i++)
        heads += c->profession->counted[0].tally[0][c->results->zones->member[i]].heads;
    return heads;
}
static void zone_heads(const struct qz_cell *c) {
    if (!holds_secret(c, c->profession))
        qz_put_real(c, zone_supply(c));
}
static void zone_structured(const struct qz_cell *c) {
    if (c->results->structures_known && tells_structured(c))
        qz_put_real(c, zone(c)->structured);
}
static bool knows_structures(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->structures_known;
}
static void zone_missing(const struct qz_cell *c) {
    if (tells_structured(c))
        qz_put_real(c, zone(c)->missing);
}
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
    if (!holds_secret(c, &r->professions[0]) && qz_per_100k(z->gp_heads, z->people, &d))
        qz_text_add(&t, " ; %.0f %s pour 100\u202f000 habitants", d, gps);
    if (!tells_structured(c))
        qz_text_add(&t, " ; effectifs secrets");
    else if (r->structures_known)
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
