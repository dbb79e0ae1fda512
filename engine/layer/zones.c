/* engine/layer/zones.c - the layer of zones of all kinds: a is the set, b its row. */
#include <math.h>
#include <string.h>
#include "layer/define.h"

static const double ms_per_min = 60000;

static const struct qz_communes *communes(const struct qz_cell *c) { return c->results->communes; }
static const struct qz_zone_set *set_of(const struct qz_cell *c) {
    return &c->results->sets[c->key.a];
}
static const struct qz_zone_row *row_of(const struct qz_cell *c) {
    return &set_of(c)->rows[c->key.b];
}
static const struct qz_rank *rank_of(const struct qz_cell *c) {
    const struct qz_score_results *score = set_of(c)->score;
    return score && score->rank ? &score->rank[row_of(c)->thing] : NULL;
}

static size_t n_zones(const struct qz_results *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_sets; i++)
        n += r->sets[i].n;
    return n;
}
static void locate_zone(const struct qz_results *r, struct qz_row_key *key) {
    key->a = 0;
    key->b = key->row;
    while (key->b >= r->sets[key->a].n)
        key->b -= r->sets[key->a++].n;
    key->professions = r->sets[key->a].professions;
    key->level = r->sets[key->a].level;
    key->place = r->sets[key->a].rows[key->b].place;
}
static int draw_zone(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, set_of(c)->shapes, row_of(c)->place);
}

/* ---- columns */
static void zone_id(const struct qz_cell *c) { qz_put_text(c, row_of(c)->id); }
static void zone_kind(const struct qz_cell *c) { qz_put_text(c, set_of(c)->kind); }
static void zone_rank(const struct qz_cell *c) {
    if (rank_of(c))
        qz_put_int(c, rank_of(c)->rank);
}
static void zone_best(const struct qz_cell *c) {
    if (rank_of(c))
        qz_put_int(c, rank_of(c)->best);
}
static void zone_worst(const struct qz_cell *c) {
    if (rank_of(c))
        qz_put_int(c, rank_of(c)->worst);
}
static void put_known(const struct qz_cell *c, double v) {
    if (!isnan(v))
        qz_put_real(c, v);
}
static void zone_score(const struct qz_cell *c) {
    if (rank_of(c))
        put_known(c, rank_of(c)->score);
}
static void zone_seat(const struct qz_cell *c) {
    if (row_of(c)->seat != QZ_NOWHERE)
        qz_put_text(c, communes(c)->code[row_of(c)->seat]);
}
static void zone_seat_name(const struct qz_cell *c) {
    if (row_of(c)->seat != QZ_NOWHERE)
        qz_put_text(c, communes(c)->name[row_of(c)->seat]);
}
static void zone_code(const struct qz_cell *c) { qz_put_text(c, row_of(c)->code); }
static void zone_name(const struct qz_cell *c) { qz_put_text(c, row_of(c)->name); }
static void zone_class(const struct qz_cell *c) {
    if (row_of(c)->class >= 0)
        qz_put_text(c, qz_zonage_name((enum qz_zonage_class)row_of(c)->class));
}
static void zone_class_share(const struct qz_cell *c) {
    if (row_of(c)->class >= 0)
        qz_put_real(c, row_of(c)->class_share);
}
static void zone_n(const struct qz_cell *c) { qz_put_int(c, (int64_t)row_of(c)->n_communes); }
static void zone_people(const struct qz_cell *c) { qz_put_real(c, row_of(c)->people); }
static void zone_structured(const struct qz_cell *c) { put_known(c, row_of(c)->structured); }
static void zone_missing(const struct qz_cell *c) { put_known(c, row_of(c)->missing); }
static void zone_now(const struct qz_cell *c) { put_known(c, row_of(c)->beyond_now); }
static void zone_after(const struct qz_cell *c) { put_known(c, row_of(c)->beyond_after); }
static void zone_longest(const struct qz_cell *c) {
    if (row_of(c)->longest_ms != QZ_UNREACHED_MS)
        qz_put_real(c, row_of(c)->longest_ms / ms_per_min);
}
static void zone_table(const struct qz_cell *c) {
    put_known(c, set_of(c)->table_value[c->number][c->key.place]);
}
static void zone_overlay(const struct qz_cell *c) {
    put_known(c, set_of(c)->overlay_share[c->number][c->key.place]);
}
static bool has_set(const struct qz_results *r, const char *kind) {
    for (size_t i = 0; i < r->n_sets; i++)
        if (strcmp(r->sets[i].kind, kind) == 0)
            return true;
    return false;
}
static void zone_colour(const struct qz_cell *c) {
    if (strcmp(set_of(c)->kind, "area") == 0)
        qz_put_int(c, row_of(c)->colour);
}
static bool has_areas(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return has_set(r, "area");
}
static void zone_reasons(const struct qz_cell *c) { qz_put_text(c, row_of(c)->reasons); }
static void zone_objective(const struct qz_cell *c) {
    if (set_of(c)->has_objective)
        qz_put_real(c, set_of(c)->objective);
}
static void zone_bound(const struct qz_cell *c) {
    if (set_of(c)->has_objective)
        qz_put_real(c, set_of(c)->bound);
}

static bool knows_structures(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->structures_known;
}
static bool has_zonage(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return has_set(r, "zonage");
}
static bool has_territories(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return has_set(r, "zonage") || has_set(r, "threat");
}

static const struct qz_column_def zone_columns[] = {
    { "zone_id", "Zone", QZ_TEXT, 0, zone_id, NULL },
    { "kind",
      "Type : three15 (zone d'implantation), area (secteur), zonage (simulation), threat "
      "(territoire menacé), service (desserte d'un site proposé)",
      QZ_TEXT, 0, zone_kind, NULL },
    { "rank", "Rang de priorité", QZ_INT, 0, zone_rank, NULL },
    { "rank_low", "Meilleur rang quand les poids bougent de 20 %", QZ_INT, 0, zone_best, NULL },
    { "rank_high", "Moins bon rang quand les poids bougent de 20 %", QZ_INT, 0, zone_worst, NULL },
    { "score", "Score de besoin (0 à 100)", QZ_REAL, 2, zone_score, NULL },
    { "seat_insee", "Siège (code INSEE)", QZ_TEXT, 0, zone_seat, NULL },
    { "seat_nom", "Siège", QZ_TEXT, 0, zone_seat_name, NULL },
    { "code", "Code du territoire", QZ_TEXT, 0, zone_code, has_territories },
    { "nom", "Nom du territoire", QZ_TEXT, 0, zone_name, has_territories },
    { "class", "Classe simulée du zonage médecin", QZ_TEXT, 0, zone_class, has_zonage },
    { "class_share", "Part des habitants dans cette classe (territoire partagé)", QZ_REAL, 4,
      zone_class_share, has_zonage },
    { "communes", "Nombre de communes", QZ_INT, 0, zone_n, NULL },
    { "people", "Population (habitants)", QZ_REAL, 1, zone_people, NULL },
    QZ_FIGURE_COLUMNS,
    { "structured", "Professionnels en structure coordonnée", QZ_REAL, 2, zone_structured,
      knows_structures },
    { "missing", "Professionnels manquants pour un pôle", QZ_REAL, 2, zone_missing, NULL },
    { "people_beyond_15_now",
      "Habitants trop loin d'un praticien de la première profession (15 min, ou la limite du plan)",
      QZ_REAL, 1, zone_now, NULL },
    { "people_beyond_15_after", "Les mêmes, avec un pôle au siège", QZ_REAL, 1, zone_after, NULL },
    { "max_time_min", "Trajet le plus long vers le siège (min)", QZ_REAL, 2, zone_longest, NULL },
    { "%o_share", "%o : part des habitants", QZ_REAL, 4, zone_overlay, NULL },
    { "%k", "%k", QZ_REAL, 3, zone_table, NULL },
    { "colour", "Couleur d'un secteur : deux voisins en ont deux", QZ_INT, 0, zone_colour,
      has_areas },
    { "reasons", "Motifs", QZ_TEXT, 0, zone_reasons, NULL },
    { "objective",
      "De toutes les zones de ce type : habitants dans une zone (three15), habitants × min (area)",
      QZ_REAL, 1, zone_objective, NULL },
    { "bound", "Nul autre découpage ne fait mieux que cette valeur", QZ_REAL, 1, zone_bound, NULL },
};

/* ---- styles: kinds overlap, each map shows one */
#define ZONE_MAP \
    .symbol = QZ_SYMBOL_FILL, .outline = "60,60,60,255", .outline_mm = 0.5, .opacity = 0.85
#define RANKS(kind)                                                                           \
    { kind "\"rank\" <= 3", "rangs 1 à 3", "122,1,119,215", 0 },                              \
        { kind "\"rank\" > 3 AND \"rank\" <= 6", "rangs 4 à 6", "197,27,138,215", 0 },        \
        { kind "\"rank\" > 6 AND \"rank\" <= 10", "rangs 7 à 10", "247,104,161,215", 0 },     \
        { kind "\"rank\" > 10 AND \"rank\" <= 20", "rangs 11 à 20", "251,180,185,215", 0 }, { \
        kind "(\"rank\" > 20 OR \"rank\" IS NULL)", "rangs suivants", "254,235,226,215", 0    \
    }
static const struct qz_rule three15_rules[] = { RANKS("\"kind\" = 'three15' AND ") };
static const struct qz_style_def three15_style = {
    .name = "Priorité",
    .description = "Zones d'implantation (trois 15), par score de besoin",
    ZONE_MAP,
    .label = "CASE WHEN \"kind\" = 'three15' THEN \"rank\" || ' · ' || \"seat_nom\" END",
    .rules = three15_rules,
    .n_rules = COUNT(three15_rules),
};

#define AREA(k) "\"kind\" = 'area' AND \"colour\" = " #k
static const struct qz_rule area_rules[] = {
    { AREA(0), "secteurs", "141,211,199,215", 0 },
    { AREA(1), "secteurs voisins", "255,255,179,215", 0 },
    { AREA(2), "secteurs voisins", "190,186,218,215", 0 },
    { AREA(3), "secteurs voisins", "251,128,114,215", 0 },
    { AREA(4), "secteurs voisins", "128,177,211,215", 0 },
    { "\"kind\" = 'area' AND \"colour\" > 4", "secteurs voisins", "253,180,98,215", 0 },
};
static bool with_areas(const struct qz_results *r) { return has_set(r, "area"); }
static const struct qz_style_def area_style = {
    .name = "Secteurs",
    .description = "Le territoire en secteurs d'un seul tenant, de population voisine",
    ZONE_MAP,
    .label = "CASE WHEN \"kind\" = 'area' THEN \"seat_nom\" || '\n' || round(\"people\") END",
    .rules = area_rules,
    .n_rules = COUNT(area_rules),
    .present = with_areas,
};

#define ZONAGE "\"kind\" = 'zonage' AND "
static const struct qz_rule zonage_rules[] = {
    { ZONAGE "\"class\" = 'ZIP'", "ZIP : zone d'intervention prioritaire", "215,48,39,230", 0 },
    { ZONAGE "\"class\" = 'ZAC'", "ZAC : zone d'action complémentaire", "253,174,97,230", 0 },
    { ZONAGE "\"class\" = 'ZAR'", "ZAR : zone d'appui régional", "254,224,144,230", 0 },
    { ZONAGE "\"class\" = 'HZ'", "hors zonage", "235,235,235,230", 0 },
};
static bool with_zonage(const struct qz_results *r) { return has_set(r, "zonage"); }
static const struct qz_style_def zonage_style = {
    .name = "Zonage simulé",
    .description = "Simulation du zonage médecin : ce n'est pas la classe en vigueur",
    ZONE_MAP,
    .label = "CASE WHEN \"kind\" = 'zonage' THEN \"nom\" END",
    .label_from_scale = 1000000,
    .rules = zonage_rules,
    .n_rules = COUNT(zonage_rules),
    .present = with_zonage,
};

static const struct qz_rule threat_rules[] = { RANKS("\"kind\" = 'threat' AND ") };
static bool with_threat(const struct qz_results *r) { return has_set(r, "threat"); }
static const struct qz_style_def threat_style = {
    .name = "Territoires les plus menacés",
    .description = "Les territoires de plus grand score, par rang",
    ZONE_MAP,
    .label = "CASE WHEN \"kind\" = 'threat' THEN \"rank\" || ' · ' || \"nom\" END",
    .rules = threat_rules,
    .n_rules = COUNT(threat_rules),
    .present = with_threat,
};

static const struct qz_rule service_rules[] = { RANKS("\"kind\" = 'service' AND ") };
static bool with_service(const struct qz_results *r) { return has_set(r, "service"); }
static const struct qz_style_def service_style = {
    .name = "Dessertes des sites proposés",
    .description = "Communes où vit la demande que chaque site proposé sert, étant le plus proche",
    ZONE_MAP,
    .rules = service_rules,
    .n_rules = COUNT(service_rules),
    .present = with_service,
};
static const struct qz_style_def *const other_styles[] = { &area_style, &zonage_style,
                                                           &threat_style, &service_style, NULL };

const struct qz_layer_def qz_layer_zones = {
    .name = "zones",
    .title = "Zones d'implantation (trois 15), secteurs, territoires menacés",
    .description =
        "three15 : groupes de communes d'un seul tenant, d'environ 15 000 habitants, à 15 min ou "
        "moins d'un siège où réunir 15 professionnels ; règle indicative de Basse-Normandie "
        "(SROS), "
        "sans rapport avec le zonage légal. area : partition du territoire. zonage : simulation du "
        "zonage médecin. threat : territoires les plus menacés. service : desserte des sites "
        "proposés. Les chiffres d'une zone sont les sommes de ses communes.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_zones,
    .locate = locate_zone,
    .draw = draw_zone,
    .columns = zone_columns,
    .n_columns = COUNT(zone_columns),
    .style = &three15_style,
    .other = other_styles,
};
