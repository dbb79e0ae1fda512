/* engine/source/reader.c - finds the columns of a file by their usual names, or by the plan's. */
#include <stdio.h>
#include <string.h>
#include "source/layout.h"

/* Usual names, the most specific first: ADMIN EXPRESS (both vocabularies), BD TOPO v2 and v3, OSM
 * extracts, INSEE tables, RPPS and FINESS extracts. Letter case does not count. */
static const struct {
    const char *key;
    const char *names[12];
} roles[QZ_N_ROLES] = {
    [QZ_ROLE_CODE] = { "code",
                       { "insee_com", "code_insee", "codgeo", "depcom", "lcog_geo", "code_commune",
                         "com", "code", "result_citycode" } },
    [QZ_ROLE_NAME] = { "name", { "nom", "nom_officiel", "nom_com", "libgeo", "libelle", "name" } },
    [QZ_ROLE_DEPARTEMENT] = { "departement",
                              { "insee_dep", "code_insee_du_departement", "code_dept", "dep" } },
    [QZ_ROLE_EPCI] = { "epci", { "siren_epci", "codes_siren_des_epci", "code_epci", "epci" } },
    [QZ_ROLE_POPULATION] = { "population",
                             { "population", "pmun", "p21_pop", "p20_pop", "p19_pop", "ptot",
                               "pop" } },
    [QZ_ROLE_X] = { "x", { "x", "coordxet", "x_l93", "coord_x", "lambert_x" } },
    [QZ_ROLE_Y] = { "y", { "y", "coordyet", "y_l93", "coord_y", "lambert_y" } },
    [QZ_ROLE_LON] = { "lon", { "lon", "longitude", "lng", "result_lon" } },
    [QZ_ROLE_LAT] = { "lat", { "lat", "latitude", "result_lat" } },
    [QZ_ROLE_BASIS] = { "basis", { "basis" } },
    [QZ_ROLE_CLASS] = { "class", { "highway", "nature", "class", "vocation", "fclass" } },
    [QZ_ROLE_IMPORTANCE] = { "importance", { "importance", "nb_chausse" } },
    [QZ_ROLE_ONEWAY] = { "oneway", { "oneway", "sens", "sens_de_circulation", "sens_circu" } },
    [QZ_ROLE_SPEED] = { "speed", { "maxspeed", "vit_moy_vl", "vitesse_moyenne_vl", "vl_spd" } },
    [QZ_ROLE_LENGTH] = { "length", { "length_m", "length", "longueur" } },
    [QZ_ROLE_ACCESS] = { "access",
                         { "acces_vl", "acces_vehicule_leger", "acces", "motor_vehicle",
                           "access" } },
    [QZ_ROLE_PRIVATE] = { "private", { "prive" } },
    [QZ_ROLE_STATE] = { "state", { "etat", "etat_de_l_objet" } },
    [QZ_ROLE_FICTIVE] = { "fictive", { "fictif" } },
    [QZ_ROLE_LEVEL] = { "level", { "pos_sol", "position_par_rapport_au_sol", "layer" } },
    [QZ_ROLE_HEADS] = { "heads", { "heads", "effectif", "nb_equip", "nb", "nombre" } },
    [QZ_ROLE_FTE] = { "fte", { "fte", "etp" } },
    [QZ_ROLE_AGE] = { "age", { "age" } },
    [QZ_ROLE_STRUCTURE] = { "structure", { "structure" } },
    [QZ_ROLE_PARENT] = { "parent", { "parent_site", "parent" } },
    [QZ_ROLE_PLANNED] = { "planned", { "planned", "projet" } },
    [QZ_ROLE_SHARE] = { "share", { "part", "share" } },
    [QZ_ROLE_PERSON] = { "person", { "rpps", "id_rpps", "identifiant_pp", "id_pro" } },
    [QZ_ROLE_SITE] = { "site", { "site_id", "id_site" } },
    [QZ_ROLE_FINESS] = { "finess", { "finess", "nofinesset", "num_finess" } },
    [QZ_ROLE_PROFESSION] = { "profession_column",
                             { "profession", "code_profession", "specialite",
                               "profession_sante" } },
    [QZ_ROLE_ID] = { "id",
                     { "id", "site_id", "id_site", "insee_com", "code_insee", "codgeo", "finess",
                       "nofinesset", "code", "node_id" } },
    [QZ_ROLE_FROM] = { "from", { "from", "from_id", "from_node", "source", "u", "com_av" } },
    [QZ_ROLE_TO] = { "to", { "to", "to_id", "to_node", "target", "v", "com_ap" } },
    [QZ_ROLE_SECONDS] = { "seconds", { "seconds", "time_s", "duration_s" } },
    [QZ_ROLE_CELL] = { "cell",
                       { "idcar_200m", "idcar_1km", "idcar_nat", "idinspire", "id_inspire",
                         "id_car2010", "id_carr1km", "id_carr_n", "idcar", "code_iris", "dcomiris",
                         "iris" } },
    [QZ_ROLE_INHABITANTS] = { "people",
                              { "ind", "ind_c", "inhabitants", "p22_pop", "p21_pop", "p20_pop",
                                "p19_pop", "population", "pop" } },
    [QZ_ROLE_ACTIVITY] = { "activity", { "activite", "activity", "nb_actes", "consultations" } },
    [QZ_ROLE_SECTOR] = { "sector", { "secteur", "sector", "secteur_conventionnel" } },
    [QZ_ROLE_MODE] = { "mode", { "mode", "mode_exercice", "code_mode_exercice" } },
    [QZ_ROLE_DAYS] = { "days", { "jours", "jours_par_semaine", "days" } },
    [QZ_ROLE_EVENING] = { "evening", { "soir", "evening" } },
    [QZ_ROLE_WEEKEND] = { "weekend", { "week_end", "weekend" } },
    [QZ_ROLE_OPENING] = { "opening", { "ouverture", "date_ouverture", "opening" } },
    [QZ_ROLE_SCORE] = { "score", { "result_score" } },
    [QZ_ROLE_BIRTH] = { "birth", { "annee_naissance", "birth_year" } },
    [QZ_ROLE_ROW_CRS] = { "row_crs", { "typeprojection", "sourcecoordet", "crs", "epsg" } },
    [QZ_ROLE_WEIGHT] = { "weight", { "poids", "weight", "part" } },
    [QZ_ROLE_VALUE] = { "value", { "value", "valeur", "zonage", "classe", "class" } },
    [QZ_ROLE_TERRITORY] = { "territory",
                            { "code_territoire", "territoire", "territory", "id_territoire",
                              "code_zone" } },
    [QZ_ROLE_TERRITORY_NAME] = { "territory_name",
                                 { "nom_territoire", "lib_territoire", "libelle_territoire",
                                   "territory_name", "nom_zone" } },
    [QZ_ROLE_BAND_FROM] = { "band_from", { "age_min", "age_from", "band_from", "de" } },
    [QZ_ROLE_BAND_TO] = { "band_to", { "age_max", "age_to", "band_to", "a" } },
    [QZ_ROLE_BAND] = { "band",
                       { "tranche_age", "tranche_d_age", "libelle_classe_age", "classe_age" } },
    [QZ_ROLE_YEAR] = { "year", { "annee", "year", "millesime" } },
    [QZ_ROLE_SEX] = { "sex", { "libelle_sexe", "sexe" } },
    [QZ_ROLE_SCALE] = { "level_column", { "niveau", "level", "maille", "echelle" } },
    [QZ_ROLE_DATE] = { "date", { "date_eff" } },
    [QZ_ROLE_SKILL] = { "skill", { "code_savoir_faire", "savoir_faire" } },
    [QZ_ROLE_PRECISION] = { "precision", { "result_type" } },
    [QZ_ROLE_ADDRESS] = { "address", { "adresse", "address", "result_label" } },
    [QZ_ROLE_REASON] = { "reason", { "motif", "reason", "raison" } },
    [QZ_ROLE_CITY] = { "city", { "ville", "city", "commune", "libelle_commune", "result_city" } },
};

const char *qz_role_key(enum qz_role role) { return roles[role].key; }

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void list_columns(const struct qz_table *t, struct qz_text *out) {
    for (size_t i = 0; i < qz_table_n_columns(t); i++)
        qz_text_add(out, "%s%s", i ? ", " : "", qz_table_column_name(t, i));
}

static int find_column(const struct qz_table *t, const struct qz_layout *layout,
                       enum qz_role role) {
    int own = qz_layout_column(layout, t, role);
    if (own >= 0)
        return own;
    for (size_t i = 0; i < COUNT(roles[role].names) && roles[role].names[i]; i++) {
        int column = qz_table_column(t, roles[role].names[i]);
        if (column >= 0)
            return column;
    }
    return -1;
}

int qz_reader_missing(struct qz_ctx *ctx, const struct qz_input *input,
                      const struct qz_reader *reader, enum qz_role role) {
    const struct qz_table *t = reader->table;
    const char *named = input->columns[role];
    struct qz_text has = { 0 };
    list_columns(t, &has);
    int r = named
                ? qz_fail(ctx, QZ_E_FORMAT,
                          "%s: layer '%s' has no column '%s' (asked by '%s ='); it has: %s",
                          input->file, qz_table_layer(t), named, roles[role].key,
                          has.data ? has.data : "none")
                : qz_fail(ctx, QZ_E_FORMAT,
                          "%s: layer '%s' has no column for '%s' (usual name: %s); it has: %s; "
                          "name it in the plan with '%s = COLUMN'%s",
                          input->file, qz_table_layer(t), roles[role].key, roles[role].names[0],
                          has.data ? has.data : "none", roles[role].key,
                          role == QZ_ROLE_POPULATION ? ", of a tool with --population COLUMN" : "");
    qz_text_done(&has);
    return r;
}

int qz_reader_open(struct qz_ctx *ctx, const struct qz_input *input,
                   const struct qz_reader_need *needs, size_t n_needs, struct qz_reader *ret) {
    *ret = (struct qz_reader) { .source = file_name(input->file),
                                .codes = input->codes,
                                .repair_codes = input->repair_codes };
    for (size_t i = 0; i < QZ_N_ROLES; i++)
        ret->columns[i] = -1;
    int r = qz_table_open(ctx, input->file, input->layer, &ret->table);
    if (r == 0)
        r = qz_layout_choose(ctx, input, ret->table, &ret->layout);
    for (size_t i = 0; i < n_needs && r == 0; i++) {
        enum qz_role role = needs[i].role;
        const char *named = input->columns[role];
        ret->columns[role] = named ? qz_table_column(ret->table, named)
                                   : find_column(ret->table, ret->layout, role);
        if (ret->columns[role] < 0 && (named || needs[i].required))
            r = qz_reader_missing(ctx, input, ret, role);
    }
    return r;
}

void qz_reader_done(struct qz_reader *r) { r->table = qz_table_free(r->table); }

/* Of several columns the one that is no number: it is what has to be said. */
static const char *summed_text(struct qz_reader *r) {
    double value;
    for (size_t i = 0; i < r->n_summed; i++)
        if (qz_table_number(r->table, r->summed[i], &value) < 0)
            return qz_table_text(r->table, r->summed[i]);
    return qz_table_text(r->table, r->summed[0]);
}

const char *qz_reader_text(struct qz_reader *r, enum qz_role role) {
    if (role == QZ_ROLE_HEADS && r->n_summed)
        return summed_text(r);
    if (role == QZ_ROLE_STRUCTURE && r->columns[role] < 0)
        return r->structure;
    return qz_table_text(r->table, r->columns[role]);
}

/* Tables by commune have a column a code: the heads are all of those wanted. */
static int summed_heads(struct qz_reader *r, double *ret) {
    int given = 0;
    *ret = 0;
    for (size_t i = 0; i < r->n_summed; i++) {
        double value = 0;
        int known = qz_table_number(r->table, r->summed[i], &value);
        if (known < 0)
            return known;
        *ret += value;
        given |= known;
    }
    return given;
}

int qz_reader_number(struct qz_reader *r, enum qz_role role, double *ret) {
    if (role == QZ_ROLE_HEADS && r->n_summed)
        return summed_heads(r, ret);
    return qz_table_number(r->table, r->columns[role], ret);
}

static void note_crs(struct qz_reader *r, const struct qz_crs *crs) {
    if (qz_crs_epsg(crs))
        snprintf(r->crs, sizeof r->crs, "EPSG:%d", qz_crs_epsg(crs));
    else
        snprintf(r->crs, sizeof r->crs, "%s", qz_crs_name(crs));
}

int qz_reader_crs(struct qz_ctx *ctx, struct qz_reader *r, const struct qz_input *input,
                  struct qz_crs **ret) {
    const char *text = input->crs ? input->crs : qz_table_crs_text(r->table);
    if (!text)
        return qz_fail(
            ctx, QZ_E_CRS,
            "%s: layer '%s' has no reference system; give it (a tool: --crs EPSG:...; a plan: "
            "'crs = EPSG:2154')",
            input->file, qz_table_layer(r->table));
    int code = qz_crs_open(ctx, text, ret);
    if (code < 0)
        return qz_fail_at(ctx, code, "%s: ", input->file);
    note_crs(r, *ret);
    return 0;
}

struct qz_input_report qz_reader_report(const struct qz_reader *r) {
    struct qz_input_report report = { .rows = r->n_rows, .rejected = r->n_rejected };
    memcpy(report.crs, r->crs, sizeof report.crs);
    return report;
}

static int reject(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                  const char *code, const char *message, bool first) {
    if (first)
        snprintf(r->reason, sizeof r->reason, "row %zu: %s", qz_table_row(r->table), message);
    r->n_rejected++;
    return qz_issue_add(ctx, issues, QZ_SEVERITY_REJECT, r->source, qz_table_row(r->table), NULL,
                        code, "%s", message);
}

int qz_reader_reject(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                     const char *code, const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return reject(ctx, r, issues, code, message, r->n_rejected == r->n_elsewhere);
}

int qz_reader_elsewhere(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                        const char *code, const char *format, ...) {
    bool first = r->n_rejected == 0;
    if (r->n_elsewhere++ == 0)
        r->first_elsewhere = issues->n;
    if (r->n_elsewhere > QZ_MOST_ELSEWHERE) {
        r->n_rejected++;
        return 0;
    }
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return reject(ctx, r, issues, code, message, first);
}

/* ---- which communes a row is of */
size_t qz_reader_parts(struct qz_reader *r, const struct qz_communes *c, const char *code,
                       const struct qz_code_share **ret) {
    size_t i = code ? qz_code_map_find(r->codes, code) : SIZE_MAX;
    if (i != SIZE_MAX) {
        const struct qz_code_entry *e = qz_code_map_entry(r->codes, i);
        r->n_changed[e->change] += e->n > 0;
        *ret = e->shares;
        return e->n;
    }
    r->own = (struct qz_code_share) { code ? qz_communes_find(c, code) : QZ_NOWHERE, 1 };
    *ret = &r->own;
    return r->own.commune != QZ_NOWHERE;
}

uint32_t qz_reader_part(struct qz_reader *r, const struct qz_communes *c, const char *code,
                        const struct qz_xy *at, const struct qz_locator *locator) {
    const struct qz_code_share *parts;
    size_t n = qz_reader_parts(r, c, code, &parts);
    if (n > 1 && at) {
        uint32_t held = qz_locator_find(locator, *at);
        for (size_t i = 0; i < n; i++)
            if (parts[i].commune == held)
                return held;
    }
    return n ? parts[0].commune : QZ_NOWHERE;
}

/* ---- the end of a file */
int qz_reader_end(struct qz_ctx *ctx, const struct qz_reader *r) {
    size_t n_rows = r->n_rows - r->n_elsewhere, n_rejected = r->n_rejected - r->n_elsewhere;
    if (r->n_rows == 0)
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: layer '%s' has no row; check the file and the layer's name", r->source,
                       qz_table_layer(r->table));
    if (n_rows == 0 && r->n_lost_zero)
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: none of its %zu rows lies in a commune of [communes]; %zu codes have "
                       "lost their leading zero (row %zu: '%s'): %s; %s",
                       r->source, r->n_rows, r->n_lost_zero, r->row_lost_zero, r->lost_zero,
                       r->repair_codes ? "restored, they are not of this territory either"
                                       : "deliver them as text, or set 'repair_codes = yes'",
                       r->reason);
    if (n_rows == 0)
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: none of its %zu rows lies in a commune of [communes]; codes may have "
                       "lost their leading zeros (1004 for 01004) or be those of another year, or "
                       "the file is of another territory; %s",
                       r->source, r->n_rows, r->reason);
    if (n_rejected * 2 > n_rows)
        return qz_fail(ctx, QZ_E_DATA, "%s: %zu of %zu rows%s cannot be used%s%s", r->source,
                       n_rejected, n_rows, r->n_elsewhere ? " of the territory" : "",
                       *r->reason ? "; the first is " : "", r->reason);
    return 0;
}

/* Takes the issues of this code from number `first` on out of the list. */
static void drop_issues(struct qz_issues *issues, size_t first, const char *code) {
    size_t n = first;
    for (size_t i = first; i < issues->n; i++)
        if (strcmp(issues->items[i].code, code) != 0)
            issues->items[n++] = issues->items[i];
    issues->n = n;
}

int qz_reader_tell_changed(struct qz_ctx *ctx, const struct qz_reader *r,
                           struct qz_issues *issues) {
    const size_t *n = r->n_changed;
    size_t all = n[QZ_CODE_RENAMED] + n[QZ_CODE_MERGED] + n[QZ_CODE_SPLIT];
    if (all == 0)
        return 0;
    int from = qz_code_map_from_year(r->codes), to = qz_code_map_to_year(r->codes);
    char years[40] = "";
    if (from && to && from != to)
        snprintf(years, sizeof years, " from %d to %d", from, to);
    return qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, r->source, 0, NULL, "codes_converted",
                        "%zu commune codes in %zu rows have changed%s: %zu merged (summed), %zu "
                        "split (shared, or whole in the main part), %zu only the code",
                        all, r->n_rows, years, n[QZ_CODE_MERGED], n[QZ_CODE_SPLIT],
                        n[QZ_CODE_RENAMED]);
}

int qz_reader_end_beside(struct qz_ctx *ctx, const struct qz_reader *r, struct qz_issues *issues,
                         const char *code) {
    int e = qz_reader_end(ctx, r);
    if (e == 0)
        e = qz_reader_tell_changed(ctx, r, issues);
    if (e == 0)
        e = qz_reader_tell_codes(ctx, r, issues);
    if (e < 0 || r->n_elsewhere <= QZ_MOST_ELSEWHERE)
        return e;
    drop_issues(issues, r->first_elsewhere, code);
    return qz_issue_add(ctx, issues, QZ_SEVERITY_REJECT, r->source, 0, NULL, code,
                        "%zu of %zu rows lie in no commune of [communes]: they are not counted; "
                        "right where the file covers more than the territory",
                        r->n_elsewhere, r->n_rows);
}

/* ---- points */
bool qz_reader_has_places(const struct qz_reader *r) {
    const int *c = r->columns;
    return qz_table_has_geometry(r->table) || (c[QZ_ROLE_X] >= 0 && c[QZ_ROLE_Y] >= 0) ||
           (c[QZ_ROLE_LON] >= 0 && c[QZ_ROLE_LAT] >= 0);
}
