/* engine/layer/origins.c - the layer of origins: what is inside towns, cell by cell or IRIS by
 * IRIS. a is the home, b the cell. */
#include "layer/define.h"

static const double ms_per_min = 60000;

/* Of communes with this many people and more; each home of a commune with cells is one of them. */
static bool is_told(const struct qz_results *r, size_t commune) {
    return r->homes->has_cells[commune] && r->people->count[commune] >= r->origins_from;
}

int qz_origins_told(struct qz_ctx *ctx, const struct qz_results *r, struct qz_told_origins *ret) {
    bool any = r->cells && r->cells->shapes;
    ret->items = qz_malloc(any ? r->homes->n : 0, sizeof *ret->items);
    if (!ret->items)
        return qz_fail_nomem(ctx);
    uint32_t cell = 0;
    for (size_t c = 0; c < r->communes->n && any; c++)
        for (uint32_t i = r->homes->first[c]; i < r->homes->first[c + 1]; i++) {
            if (is_told(r, c))
                ret->items[ret->n++] = (struct qz_told_origin) { i, cell };
            cell += r->homes->has_cells[c];
        }
    return 0;
}

static size_t n_origins(const struct qz_results *r) { return r->origins_told->n; }
static void locate(const struct qz_results *r, struct qz_row_key *key) {
    key->a = r->origins_told->items[key->row].home;
    key->b = r->origins_told->items[key->row].cell;
}
static int draw(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_shape(ctx, c->writer, c->results->cells->shapes, c->key.b);
}
static void origin_id(const struct qz_cell *c) { qz_put_text(c, c->results->cells->id[c->key.b]); }
static void origin_commune(const struct qz_cell *c) {
    qz_put_text(c, c->results->communes->code[c->results->homes->commune[c->key.a]]);
}
static void origin_people(const struct qz_cell *c) {
    qz_put_real(c, c->results->home_people[c->key.a]);
}
static void origin_status(const struct qz_cell *c) {
    bool road = c->results->home_stops[c->key.a].edge != UINT32_MAX;
    qz_put_text(c, !road                                                             ? "no_road"
                   : c->results->professions[0].home_ms[c->key.a] == QZ_UNREACHED_MS ? "unreachable"
                                                                                     : "ok");
}
static void origin_time(const struct qz_cell *c) {
    uint32_t ms = c->profession->home_ms[c->key.a];
    if (ms != QZ_UNREACHED_MS)
        qz_put_real(c, ms / ms_per_min);
}
static void origin_second(const struct qz_cell *c) {
    uint32_t ms = c->profession->home_second_ms[c->key.a];
    if (ms != QZ_UNREACHED_MS)
        qz_put_real(c, ms / ms_per_min);
}
static void origin_score(const struct qz_cell *c) {
    qz_put_real(c, c->profession->home_score[c->key.a] * c->profession->score_scale);
}

static bool has_score(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)r;
    return p->has_score;
}
static bool has_second(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)r;
    return p->has_second;
}

static const struct qz_column_def columns[] = {
    { "origin_id", "Carreau ou IRIS", QZ_TEXT, 0, origin_id, NULL },
    { "insee_com", "Code INSEE de la commune", QZ_TEXT, 0, origin_commune, NULL },
    { "people", "Habitants", QZ_REAL, 1, origin_people, NULL },
    { "status", "État du calcul", QZ_TEXT, 0, origin_status, NULL },
    { "%s_time_min", "%s : minutes en voiture jusqu'au plus proche", QZ_REAL, 2, origin_time,
      NULL },
    { "%s_second_min", "%s : minutes en voiture jusqu'au deuxième plus proche", QZ_REAL, 2,
      origin_second, has_second },
    { "%s_apl", "%s : accessibilité potentielle localisée (%u)", QZ_REAL, 3, origin_score,
      has_score },
};
static const struct qz_rule time_rules[] = {
    { "\"%s_time_min\" <= 2", "2 min ou moins", "255,255,204,255", 0 },
    { "\"%s_time_min\" > 2 AND \"%s_time_min\" <= 5", "2 à 5 min", "254,217,118,255", 0 },
    { "\"%s_time_min\" > 5 AND \"%s_time_min\" <= 10", "5 à 10 min", "253,141,60,255", 0 },
    { "\"%s_time_min\" > 10 AND \"%s_time_min\" <= 15", "10 à 15 min", "227,26,28,255", 0 },
    { "\"%s_time_min\" > 15", "plus de 15 min", "128,0,38,255", 0 },
    { NULL, "injoignable ou sans route", "170,170,170,255", 0 },
};
static const struct qz_style_def time_style = {
    .name = "Temps d'accès",
    .description = "Minutes en voiture jusqu'au praticien le plus proche, par carreau ou IRIS",
    .symbol = QZ_SYMBOL_FILL,
    .outline = "255,255,255,60",
    .outline_mm = 0.05,
    .opacity = 0.85,
    .rules = time_rules,
    .n_rules = COUNT(time_rules),
};
const struct qz_layer_def qz_layer_origins = {
    .name = "origins",
    .title = "Origines : l'accès à l'intérieur des villes",
    .description = "Carreaux de population ou IRIS des communes les plus peuplées, chacun avec ses "
                   "habitants calés sur la population municipale, son propre temps et son score.",
    .geometry = QZ_GEOM_AREA,
    .n_rows = n_origins,
    .locate = locate,
    .draw = draw,
    .columns = columns,
    .n_columns = COUNT(columns),
    .style = &time_style,
    .optional = true,
};
