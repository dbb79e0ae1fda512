/* engine/run/output.c - a finished state as the layers want to see it, with its provenance. */
#include <stdio.h>
#include <string.h>
#include "run/run.h"

struct provenance {
    struct qz_ctx *ctx;
    struct qz_provenance_row *rows;
    size_t n, cap;
    struct qz_pool *texts;
};

static const char *keep(struct provenance *p, const char *text) {
    return text ? qz_pool_add(p->texts, text, strlen(text)) : "";
}

static struct qz_provenance_row *add_row(struct provenance *p, const char *kind, const char *name,
                                         const char *value) {
    struct qz_provenance_row *grown = qz_grow(p->rows, &p->cap, p->n + 1, sizeof *grown);
    if (!grown)
        return NULL;
    p->rows = grown;
    struct qz_provenance_row *row = &p->rows[p->n++];
    *row = (struct qz_provenance_row) { .kind = kind,
                                        .name = keep(p, name),
                                        .value = keep(p, value) };
    return row;
}

static int add_parameter(void *user, const char *section, const char *key, const char *value) {
    struct provenance *p = user;
    qz_cleanup(qz_freep) char *name = qz_format("[%s] %s", section, key);
    return name && add_row(p, "parameter", name, value) ? 0 : QZ_E_NOMEM;
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A table that a key names; those of roads and ground have rows of their own. */
static int add_table(void *user, const char *section, const char *key, const char *path) {
    struct provenance *p = user;
    if (strcmp(section, "roads") == 0 || strcmp(section, "surface") == 0)
        return 0;
    char hex[65];
    struct qz_key hash;
    qz_cleanup(qz_freep) char *name = qz_format("[%s] %s", section, key);
    struct qz_provenance_row *row = name ? add_row(p, "input", name, file_name(path)) : NULL;
    int e = row ? qz_key_of_file(p->ctx, path, &hash) : QZ_E_NOMEM;
    if (e < 0)
        return e;
    qz_key_hex(&hash, hex);
    row->sha256 = keep(p, hex);
    row->crs = row->vintage = row->licence = "";
    return row->sha256 ? 0 : QZ_E_NOMEM;
}

/* Deliveries of several files have the same names in different folders. */
static const char *input_name(const struct qz_run_state *s, const struct qz_input_file *f) {
    const char *name = file_name(f->path);
    if (f->in != &s->plan->roads || s->plan->n_road_files == 1)
        return name;
    const char *folder = name > f->path ? name - 1 : f->path;
    while (folder > f->path && folder[-1] != '/')
        folder--;
    return folder;
}

static int fill_provenance(struct provenance *p, const struct qz_run_state *s) {
    char hex[65], crs[64];
    snprintf(crs, sizeof crs, qz_crs_epsg(s->crs) ? "EPSG:%d" : "%d", qz_crs_epsg(s->crs));
    for (size_t i = 0; i < s->n_files; i++) {
        const struct qz_input_file *f = &s->files[i];
        struct qz_provenance_row *row = add_row(p, "input", f->name, input_name(s, f));
        if (!row)
            return qz_fail_nomem(p->ctx);
        qz_key_hex(&f->key, hex);
        row->sha256 = keep(p, hex);
        row->crs = keep(p, f->report.crs);
        row->vintage = keep(p, f->in->vintage);
        row->licence = keep(p, f->in->licence);
        row->has_rows = true;
        row->rows = f->report.rows;
        row->rejected = f->report.rejected;
        row->excluded = f->report.excluded;
    }
    if (s->road_slope) {
        struct qz_provenance_row *row = add_row(p, "input", "dem", file_name(s->plan->dem));
        if (!row)
            return qz_fail_nomem(p->ctx);
        qz_key_hex(&s->dem_key, hex);
        row->sha256 = keep(p, hex);
        row->crs = row->vintage = row->licence = "";
    }
    for (size_t i = 0; i < QZ_GROUND_FILES; i++) {
        const char *key, *path = qz_run_ground_file(s->plan, i, &key);
        struct qz_provenance_row *row = path ? add_row(p, "input", key, file_name(path)) : NULL;
        if (path && !row)
            return qz_fail_nomem(p->ctx);
        if (!row)
            continue;
        qz_key_hex(&s->ground_keys[i], hex);
        row->sha256 = keep(p, hex);
        row->crs = row->vintage = row->licence = "";
    }
    int e = qz_plan_visit_paths(s->plan, add_table, p);
    if (e < 0 && e != QZ_E_NOMEM)
        return e;
    if (e == 0)
        e = qz_plan_visit(s->plan, add_parameter, p);
    bool ok = e == 0 && add_row(p, "parameter", "speed table in force", file_name(s->profile)) &&
              add_row(p, "parameter", "working system", crs) &&
              add_row(p, "software", "versions", qz_versions());
    return ok ? 0 : qz_fail_nomem(p->ctx);
}

/* The terms that a ranking had: of the usual ones some may not be known here. */
static int add_score(struct provenance *p, const char *name, const struct qz_score_results *score) {
    struct qz_text t = { 0 };
    if (!score->rank)
        return 0;
    for (size_t i = 0; i < score->n_terms; i++)
        qz_text_add(&t, "%s%s %.10g %.10g %.10g", i ? ", " : "", score->terms[i].key,
                    score->terms[i].weight, score->terms[i].good, score->terms[i].bad);
    bool ok = !t.failed && add_row(p, "parameter", name, t.data);
    qz_text_done(&t);
    return ok ? 0 : qz_fail_nomem(p->ctx);
}

static int add_scores(struct provenance *p, const struct qz_run_state *s) {
    int e = add_score(p, "[zones] score in force", &s->sets[QZ_SET_THREE15].score);
    if (e == 0)
        e = add_score(p, "[threat] score in force", &s->sets[QZ_SET_THREAT].score);
    return e < 0 ? e : add_score(p, "[siting] score in force", &s->siting.score);
}

static const char *unit_of(const struct qz_run_care *care) {
    static const char *const units[][2] = {
        [QZ_SCORE_FTE_PER_100K] = { "ETP pour 100 000 habitants",
                                    "ETP pour 100 000 habitants standardisés" },
        [QZ_SCORE_CONSULTATIONS] = { "consultations par an et par habitant",
                                     "consultations par an et par habitant standardisé" },
    };
    return units[care->preset.unit][care->method == QZ_SCORE_APL];
}

/* The level "all" is the last. Where its heads are hidden, nothing may be set against them. */
static const struct qz_tally *whole_of(const struct qz_run_state *s,
                                       const struct qz_run_care *care) {
    size_t all = s->levels->n;
    return care->masked && care->masked[all][0] ? NULL : &care->counted[0].tally[all][0];
}

static void fill_profession(const struct qz_run_state *s, size_t p,
                            struct qz_profession_results *r) {
    const struct qz_practice *practice = &s->plan->practices[p];
    struct qz_run_care *care = &s->care[p];
    *r = (struct qz_profession_results) {
        .key = practice->key,
        .label = practice->label,
        .label_plural = practice->label_plural,
        .scope = practice->scope,
        .threshold_min = practice->threshold_min,
        .has_fte = care->has_fte,
        .has_age = care->has_age,
        .has_second = care->has_second,
        .has_score = !practice->is_place,
        .is_place = practice->is_place,
        .in_consultations = !practice->is_place && care->preset.unit == QZ_SCORE_CONSULTATIONS,
        .score_unit = unit_of(care),
        .score_scale = qz_apl_score_factor(&care->preset),
        .counted = care->counted,
        .masked = care->masked,
        .home_ms = care->ms[0],
        .home_second_ms = care->second_ms[0],
        .home_score = practice->is_place ? NULL : care->score[0],
        .time_ms = care->commune_ms,
        .nearest = care->commune_nearest,
        .whole = whole_of(s, care),
    };
    if (!s->catchments)
        return; /* not drawn */
    r->coverage = s->coverage[p];
    r->coverage_people = s->coverage_people[p];
    r->catchments = &s->catchments[p].shapes;
    r->catchment_site = s->catchments[p].site;
    r->catchment_people = s->catchments[p].people;
}

int qz_run_view(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->professions = qz_calloc(s->plan->n_practices, sizeof *s->professions);
    s->table_results = qz_calloc(s->plan->n_tables, sizeof *s->table_results);
    s->overlay_results = qz_calloc(s->plan->n_overlays, sizeof *s->overlay_results);
    s->group_results = qz_calloc(s->plan->n_groups, sizeof *s->group_results);
    s->told_sets = qz_calloc(QZ_N_SETS, sizeof *s->told_sets);
    if (!s->professions || !s->table_results || !s->overlay_results || !s->group_results ||
        !s->told_sets)
        return qz_fail_nomem(ctx);
    int e = qz_run_count_structures(ctx, s);
    for (size_t g = 0; g < s->plan->n_groups; g++)
        s->group_results[g] = (struct qz_group_results) {
            s->plan->groups[g].key, s->plan->groups[g].label,
            strcmp(s->plan->groups[g].unit, "households") == 0
        };
    for (size_t p = 0; p < s->plan->n_practices; p++)
        fill_profession(s, p, &s->professions[p]);
    for (size_t i = 0; i < s->plan->n_tables; i++) {
        const struct qz_plan_table *t = &s->plan->tables[i];
        s->table_results[i] = (struct qz_table_results) { t->key, t->label,
                                                          (const double *const *)s->tables[i] };
    }
    for (size_t i = 0; i < s->plan->n_overlays; i++) {
        const struct qz_plan_overlay *o = &s->plan->overlays[i];
        s->overlay_results[i] = (struct qz_overlay_results) {
            o->key, o->label, (const double *const *)s->overlays[i].share_of, s->overlays[i].share,
            s->overlays[i].what
        };
    }
    return e;
}

static struct qz_xy middle_of(const struct qz_shapes *s) {
    struct qz_box box = qz_box_empty;
    for (size_t k = 0; k < s->n_points; k++)
        qz_box_add(&box, s->points[k]);
    if (s->n_points == 0)
        return (struct qz_xy) { 0, 0 };
    return (struct qz_xy) { (box.min_x_m + box.max_x_m) / 2, (box.min_y_m + box.max_y_m) / 2 };
}

/* The first level of the long table: the plan may leave communes out of it, or all. */
static size_t told_from(const struct qz_run_state *s) {
    const char *told = s->plan->indicators;
    return strcmp(told, "communes") == 0 ? 0 : strcmp(told, "none") == 0 ? s->levels->n + 1 : 1;
}

struct qz_results qz_run_results(const struct qz_run_state *s) {
    return (struct qz_results) {
        .sites_only = s->sites_only,
        .crs = s->crs,
        .territory = s->plan->territory,
        .date = s->plan->date,
        .closed = s->plan->closed,
        .middle = middle_of(s->communes->shapes),
        .communes = s->communes,
        .people = s->people,
        .points = s->points,
        .homes = s->homes,
        .cells = s->cells,
        .home_people = s->home_people,
        .origins_from = s->plan->origins_from,
        .home_stops = s->home_stops,
        .home_factor = s->home_factor,
        .sites = s->sites,
        .stops = s->site_stops,
        .commune_stops = s->origin_stops,
        .site_people = s->site_people,
        .site_served = s->site_served,
        .levels = s->levels,
        .level_shapes = (const struct qz_shapes *const *)s->level_shapes,
        .n_professions = s->plan->n_practices,
        .professions = s->professions,
        .n_groups = s->plan->n_groups,
        .groups = s->group_results,
        .n_years = s->n_outlooks > 1 ? s->plan->n_years : 0,
        .years = s->plan->years,
        .standardised = s->ages != NULL,
        .edge_effect = s->edge_effect,
        .levels_told = told_from(s),
        .n_bands = s->plan->n_bands,
        .band_ms = s->plan->band_ms,
        .n_isochrones = s->n_drawn,
        .isochrone_site = s->drawn_site,
        .isochrones = (const struct qz_shapes *const *)s->isochrones,
        .isochrone_people = (const double *const *)s->isochrone_people,
        .n_tables = s->plan->n_tables,
        .tables = s->table_results,
        .n_overlays = s->plan->n_overlays,
        .overlays = s->overlay_results,
        .official = s->official,
        .simulated = s->simulated,
        .unit_of = s->unit_of,
        .n_disagreements = s->n_disagreements,
        .disagreements = s->disagreements,
        .zones = s->zones,
        .n_sets = s->n_told_sets,
        .sets = s->told_sets,
        .zone_id = s->zone_id,
        .area_id = s->area_id,
        .site_rank = s->site_rank,
        .siting = s->siting.n ? &s->siting : NULL,
        .zone_limit_ms = s->plan->three15.limit_ms,
        .zone_people_min = s->plan->three15.people_min,
        .zone_people_max = s->plan->three15.people_max,
        .structures_known = s->structures_known,
        .issues = &s->issues,
    };
}

int qz_run_write(struct qz_ctx *ctx, const struct qz_run_state *s, const char *path,
                 bool overwrite) {
    struct provenance p = { .ctx = ctx };
    int e = qz_pool_new(ctx, &p.texts);
    if (e == 0)
        e = fill_provenance(&p, s);
    if (e == 0)
        e = add_scores(&p, s);
    if (e == 0) {
        struct qz_results results = qz_run_results(s);
        results.n_provenance = p.n;
        results.provenance = p.rows;
        e = qz_layers_write(ctx, &results, path, overwrite);
    }
    free(p.rows);
    qz_pool_free(p.texts);
    return e;
}
