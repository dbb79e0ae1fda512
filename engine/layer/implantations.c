/* engine/layer/implantations.c - the layer of proposed sites, and where the simulated zoning is not
 * the one in force. */
#include <math.h>
#include <string.h>
#include "layer/define.h"

/* ---- proposed sites, by rank */
static size_t n_sites(const struct qz_results *r) { return r->siting ? r->siting->n : 0; }
static const struct qz_site_figures *site(const struct qz_cell *c) {
    return &c->results->siting->items[c->key.a];
}
static const struct qz_rank *rank_of(const struct qz_cell *c) {
    const struct qz_score_results *score = &c->results->siting->score;
    return score->rank ? &score->rank[site(c)->opening - 1] : NULL;
}
static int draw_site(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_point(ctx, c->writer, c->results->points->at[site(c)->commune]);
}
static void put_known(const struct qz_cell *c, double v) {
    if (!isnan(v))
        qz_put_real(c, v);
}
static void site_rank(const struct qz_cell *c) {
    qz_put_int(c, rank_of(c) ? rank_of(c)->rank : site(c)->opening);
}
static void site_best(const struct qz_cell *c) {
    if (rank_of(c))
        qz_put_int(c, rank_of(c)->best);
}
static void site_worst(const struct qz_cell *c) {
    if (rank_of(c))
        qz_put_int(c, rank_of(c)->worst);
}
static void site_opening(const struct qz_cell *c) { qz_put_int(c, site(c)->opening); }
static void site_code(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->code[site(c)->commune]);
}
static void site_name(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->name[site(c)->commune]);
}
static void site_people(const struct qz_cell *c) { qz_put_real(c, site(c)->people_15min); }
static void site_now(const struct qz_cell *c) { put_known(c, site(c)->badly_served_now); }
static void site_horizon(const struct qz_cell *c) { put_known(c, site(c)->badly_served_horizon); }
static void site_gained(const struct qz_cell *c) { qz_put_real(c, site(c)->gained); }
static void site_added(const struct qz_cell *c) { qz_put_real(c, site(c)->added); }
static void site_served(const struct qz_cell *c) { qz_put_real(c, site(c)->served); }
static void site_heads_leaving(const struct qz_cell *c) { put_known(c, site(c)->heads_leaving); }
static void site_fte_leaving(const struct qz_cell *c) { put_known(c, site(c)->fte_leaving); }
static void site_care(const struct qz_cell *c) { qz_put_text(c, site(c)->care_at_seat); }
static void site_structures(const struct qz_cell *c) {
    if (!isnan(site(c)->structures))
        qz_put_int(c, (int64_t)site(c)->structures);
}
static void site_at_seat(const struct qz_cell *c) {
    struct qz_place_key at = { .results = c->results,
                               .profession = c->profession,
                               .place = site(c)->commune };
    if (!qz_is_secret(&at))
        qz_put_real(c, qz_tally_at(&at)->heads);
}
static void site_minutes(const struct qz_cell *c) {
    uint32_t ms = c->profession->time_ms[site(c)->commune];
    if (ms != QZ_UNREACHED_MS)
        qz_put_real(c, ms / 60000.0);
}
static void site_official(const struct qz_cell *c) {
    if (c->results->official[site(c)->commune] >= 0)
        qz_put_text(c,
                    qz_zonage_name((enum qz_zonage_class)c->results->official[site(c)->commune]));
}
static void site_overlays(const struct qz_cell *c) { qz_put_text(c, site(c)->overlays); }
static void site_term(const struct qz_cell *c) {
    put_known(c, c->results->siting->score.terms[c->number].need[site(c)->opening - 1]);
}
static void site_score(const struct qz_cell *c) {
    if (rank_of(c))
        put_known(c, rank_of(c)->score);
}
static void site_reasons(const struct qz_cell *c) { qz_put_text(c, site(c)->reasons); }
static void site_model(const struct qz_cell *c) { qz_put_text(c, c->results->siting->model); }
static void site_objective(const struct qz_cell *c) {
    qz_put_real(c, c->results->siting->objective);
}
static void site_bound(const struct qz_cell *c) { qz_put_real(c, c->results->siting->bound); }
static void site_gap(const struct qz_cell *c) { qz_put_real(c, c->results->siting->gap_ratio); }

static bool has_leaving(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->n_years > 0 && r->professions[0].has_age;
}
static bool has_fte(const struct qz_results *r, const struct qz_profession_results *p) {
    return has_leaving(r, p) && r->professions[0].has_fte;
}
static bool has_structures(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->structures_known;
}
static bool has_official(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->official != NULL;
}
static bool has_overlays(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->n_overlays > 0;
}
static bool has_score(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)p;
    return r->professions[0].has_score;
}

static const struct qz_column_def site_columns[] = {
    { "rank", "Rang de priorité, par score", QZ_INT, 0, site_rank, NULL },
    { "rank_low", "Meilleur rang quand les poids bougent de 20 %", QZ_INT, 0, site_best, NULL },
    { "rank_high", "Moins bon rang quand les poids bougent de 20 %", QZ_INT, 0, site_worst, NULL },
    { "opening_order", "Ordre d'ouverture : chacun ajoute le plus à ceux d'avant", QZ_INT, 0,
      site_opening, NULL },
    { "insee_com", "Code INSEE de la commune", QZ_TEXT, 0, site_code, NULL },
    { "nom", "Commune", QZ_TEXT, 0, site_name, NULL },
    { "people_15min", "Habitants à 15 min ou moins", QZ_REAL, 1, site_people, NULL },
    { "people_badly_served_now", "Dont mal desservis aujourd'hui, dans la limite du plan", QZ_REAL,
      1, site_now, has_score },
    { "people_badly_served_horizon", "Dont mal desservis à l'horizon, dans la limite du plan",
      QZ_REAL, 1, site_horizon, has_score },
    { "people_gained", "Demande à portée que nul site existant ne sert (habitants)", QZ_REAL, 1,
      site_gained, NULL },
    { "people_added", "Dont les sites qui ouvrent avant n'apportent rien (habitants)", QZ_REAL, 1,
      site_added, NULL },
    { "people_served", "Demande dont ce site est le plus proche (habitants)", QZ_REAL, 1,
      site_served, NULL },
    { "heads_leaving", "Praticiens à portée qui partent d'ici l'horizon", QZ_REAL, 2,
      site_heads_leaving, has_leaving },
    { "fte_leaving", "Équivalents temps plein à portée qui partent d'ici l'horizon", QZ_REAL, 2,
      site_fte_leaving, has_fte },
    { "care_at_seat", "Soins déjà sur place", QZ_TEXT, 0, site_care, NULL },
    { "structures_15min", "Structures coordonnées à portée, ouvertes ou annoncées", QZ_INT, 0,
      site_structures, has_structures },
    { "%s_at_seat", "%s : sur place", QZ_REAL, 2, site_at_seat, NULL },
    { "%s_time_min", "%s : minutes jusqu'au plus proche", QZ_REAL, 2, site_minutes, NULL },
    { "zone_official", "Zonage médecin en vigueur", QZ_TEXT, 0, site_official, has_official },
    { "overlays", "Zonages particuliers", QZ_TEXT, 0, site_overlays, has_overlays },
    { "score", "Score (0 à 100)", QZ_REAL, 2, site_score, NULL },
    { "term_%r", "Besoin (0 à 1) : %r", QZ_REAL, 4, site_term, NULL },
    { "reasons", "Motifs", QZ_TEXT, 0, site_reasons, NULL },
    { "model", "Modèle", QZ_TEXT, 0, site_model, NULL },
    { "objective",
      "Objectif atteint par l'ensemble : habitants couverts (covering), habitants × s (p-median), "
      "sites (set-cover)",
      QZ_REAL, 1, site_objective, NULL },
    { "bound", "Nul autre choix ne fait mieux que cette valeur", QZ_REAL, 1, site_bound, NULL },
    { "gap", "Écart entre les deux (part de l'objectif)", QZ_REAL, 6, site_gap, NULL },
};
static const struct qz_rule site_rules[] = {
    { "\"rank\" <= 3", "rangs 1 à 3", "122,1,119,255", 6 },
    { "\"rank\" > 3 AND \"rank\" <= 10", "rangs 4 à 10", "221,28,119,255", 5 },
    { NULL, "rangs suivants", "223,101,176,255", 4 },
};
static const struct qz_style_def site_style = {
    .name = "Implantations proposées",
    .description = "Où ouvrir les prochaines maisons de santé, par rang",
    .symbol = QZ_SYMBOL_MARKER,
    .outline = "255,255,255,255",
    .outline_mm = 0.4,
    .opacity = 1,
    .label = "\"rank\" || ' · ' || \"nom\" || '\n+' || round(\"people_added\") || ' hab.'",
    .rules = site_rules,
    .n_rules = COUNT(site_rules),
};
const struct qz_layer_def qz_layer_implantations = {
    .name = "implantations",
    .title = "Implantations proposées",
    .description = "Sites proposés pour de nouvelles structures, avec leurs motifs. L'ensemble est "
                   "choisi par optimisation : bound dit ce que nul autre choix ne dépasse, gap "
                   "l'écart.",
    .geometry = QZ_GEOM_POINT,
    .n_rows = n_sites,
    .draw = draw_site,
    .columns = site_columns,
    .n_columns = COUNT(site_columns),
    .optional = true,
    .style = &site_style,
};

/* ---- where the simulation is not the class in force; a commune a row */
static size_t n_disagreements(const struct qz_results *r) { return r->n_disagreements; }
static void locate_disagreement(const struct qz_results *r, struct qz_row_key *key) {
    key->a = r->disagreements[key->row];
}
static void put_code(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->code[c->key.a]);
}
static void put_name(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->name[c->key.a]);
}
static void put_people(const struct qz_cell *c) {
    qz_put_real(c, c->results->people->count[c->key.a]);
}
static void put_official(const struct qz_cell *c) {
    qz_put_text(c, qz_zonage_name((enum qz_zonage_class)c->results->official[c->key.a]));
}
static void put_simulated(const struct qz_cell *c) {
    qz_put_text(c, qz_zonage_name((enum qz_zonage_class)c->results->simulated[c->key.a]));
}
/* The unit that was classed, with its reason. */
static const struct qz_zone_row *unit_of(const struct qz_cell *c) {
    for (size_t i = 0; i < c->results->n_sets; i++)
        if (strcmp(c->results->sets[i].kind, "zonage") == 0)
            return &c->results->sets[i].rows[c->results->unit_of[c->key.a]];
    return NULL;
}
static void put_unit(const struct qz_cell *c) { qz_put_text(c, unit_of(c)->code); }
static void put_unit_name(const struct qz_cell *c) { qz_put_text(c, unit_of(c)->name); }
static void put_unit_reasons(const struct qz_cell *c) { qz_put_text(c, unit_of(c)->reasons); }
/* ZIP before ZAC before none. */
static int weight_of(int8_t class) {
    return class == QZ_ZONAGE_ZIP ? 2 : class == QZ_ZONAGE_ZAC ? 1 : 0;
}
static void put_sense(const struct qz_cell *c) {
    int more = weight_of(c->results->simulated[c->key.a]) -
               weight_of(c->results->official[c->key.a]);
    qz_put_text(c, more > 0 ? "la simulation classe plus haut" : "la simulation classe moins haut");
}
static int draw_commune(struct qz_ctx *ctx, const struct qz_cell *c) {
    const struct qz_shapes *s = c->results->communes->shapes;
    if (s->shape_poly[c->key.a] == s->shape_poly[c->key.a + 1])
        return 0; /* no usable polygon in the source */
    return qz_writer_shape(ctx, c->writer, s, c->key.a);
}
static const struct qz_column_def disagreement_columns[] = {
    { "insee_com", "Code INSEE de la commune", QZ_TEXT, 0, put_code, NULL },
    { "nom", "Commune", QZ_TEXT, 0, put_name, NULL },
    { "population", "Population municipale (habitants)", QZ_REAL, 1, put_people, NULL },
    { "zone_official", "Classe en vigueur", QZ_TEXT, 0, put_official, NULL },
    { "zone_zonage", "Classe simulée", QZ_TEXT, 0, put_simulated, NULL },
    { "difference", "Sens du désaccord", QZ_TEXT, 0, put_sense, NULL },
    { "code", "Code du territoire classé", QZ_TEXT, 0, put_unit, NULL },
    { "territoire", "Territoire classé", QZ_TEXT, 0, put_unit_name, NULL },
    { "reasons", "Motifs de la simulation", QZ_TEXT, 0, put_unit_reasons, NULL },
};
static const struct qz_rule disagreement_rules[] = {
    { "\"zone_zonage\" = 'ZIP'", "simulée ZIP, classée moins haut en vigueur", "215,48,39,230", 0 },
    { "\"zone_zonage\" = 'ZAC' AND \"zone_official\" <> 'ZIP'",
      "simulée ZAC, hors zonage ou ZAR en vigueur", "253,174,97,230", 0 },
    { "\"zone_zonage\" = 'ZAC' AND \"zone_official\" = 'ZIP'", "simulée ZAC, ZIP en vigueur",
      "171,217,233,230", 0 },
    { NULL, "simulée hors zonage, ZIP ou ZAC en vigueur", "69,117,180,230", 0 },
};
static const struct qz_style_def disagreement_style = {
    .name = "Désaccords",
    .description = "Communes dont la classe simulée n'est pas celle en vigueur",
    .symbol = QZ_SYMBOL_FILL,
    .outline = "130,130,130,160",
    .outline_mm = 0.1,
    .opacity = 1,
    .label = "\"nom\"",
    .label_from_scale = 250000,
    .rules = disagreement_rules,
    .n_rules = COUNT(disagreement_rules),
};
const struct qz_layer_def qz_layer_disagreements = {
    .name = "zonage_disagreements",
    .title = "Zonage médecin : désaccords entre la simulation et la classe en vigueur",
    .description = "Communes dont la classe simulée n'est pas celle en vigueur. Une ZAR, choix de "
                   "la région, compte comme hors zonage.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_disagreements,
    .locate = locate_disagreement,
    .draw = draw_commune,
    .columns = disagreement_columns,
    .n_columns = COUNT(disagreement_columns),
    .optional = true,
    .style = &disagreement_style,
};
