/* engine/source/layout.c - the layouts of official files of practitioners, one row each. */
#include "source/layout.h"
#include <string.h>

static const struct qz_layout layouts[] = {
    { /* PS_LibreAcces_Personne_activite, header of 2019 to 2026: 54 to 56 columns */
      .key = "rpps",
      .title = "RPPS (Annuaire santé)",
      .columns = { { "Identification nationale PP", "Code profession", "Code savoir-faire" },
                   { "Identifiant PP", "Code profession", "Code commune (coord. structure)" } },
      .roles = { { QZ_ROLE_PERSON, { "Identification nationale PP", "Identifiant PP" } },
                 { QZ_ROLE_PROFESSION, { "Code profession" } },
                 { QZ_ROLE_SKILL, { "Code savoir-faire" } },
                 { QZ_ROLE_MODE, { "Code mode exercice" } },
                 { QZ_ROLE_SITE, { "Identifiant technique de la structure" } },
                 { QZ_ROLE_FINESS, { "Numéro FINESS site" } },
                 { QZ_ROLE_STRUCTURE, { "Code secteur d'activité" } }, /* SA01, SA07 ... */
                 { QZ_ROLE_NAME, { "Raison sociale site", "Enseigne commerciale site" } },
                 { QZ_ROLE_CODE, { "Code commune (coord. structure)" } },
                 { QZ_ROLE_ADDRESS, { "Libellé Voie (coord. structure)" } },
                 { QZ_ROLE_CITY, { "Libellé commune (coord. structure)" } } } },
    { /* etalab_cs1100502 and cs1100507 (see io/lines.c), and extracts with a header */
      .key = "finess",
      .title = "FINESS",
      .columns = { { "nofinesset", "categetab" },
                   { "numero_finess_etablissement", "categetab" },
                   { "numero_finess_et", "categetab" } },
      .code_in_parts = true,
      .roles = { { QZ_ROLE_SITE,
                   { "nofinesset", "numero_finess_etablissement", "numero_finess_et" } },
                 { QZ_ROLE_FINESS,
                   { "nofinesset", "numero_finess_etablissement", "numero_finess_et" } },
                 { QZ_ROLE_NAME, { "rslongue", "rs", "raison_sociale" } },
                 { QZ_ROLE_PROFESSION, { "categetab" } },
                 { QZ_ROLE_CODE, { "code_insee", "com_code", "code_commune", "commune" } },
                 { QZ_ROLE_DEPARTEMENT, { "departement", "dep_code" } },
                 { QZ_ROLE_X, { "coordxet" } },
                 { QZ_ROLE_Y, { "coordyet" } },
                 { QZ_ROLE_ROW_CRS, { "sourcecoordet", "typeprojection" } },
                 { QZ_ROLE_ADDRESS, { "voie" } },
                 { QZ_ROLE_CITY, { "ligneacheminement" } } } },
    { .key = "bpe",
      .title = "BPE",
      .columns = { { "TYPEQU", "DEPCOM" }, { "TYPEQU", "LAMBERT_X", "LAMBERT_Y" } },
      .counts = "NB_",
      .iris = true,
      .system_by_departement = true,
      .roles = { { QZ_ROLE_PROFESSION, { "TYPEQU" } },
                 { QZ_ROLE_CODE, { "DEPCOM", "CODGEO", "DCIRIS" } },
                 { QZ_ROLE_DEPARTEMENT, { "DEP" } },
                 { QZ_ROLE_X, { "LAMBERT_X" } },
                 { QZ_ROLE_Y, { "LAMBERT_Y" } },
                 { QZ_ROLE_HEADS, { "NB_EQUIP" } } } },
    { .key = "ban", .title = "addresses geocoded by the BAN", .columns = { { "result_score" } } },
    { .key = "plain", .title = "plain" },
};

static const struct qz_layout *find(const char *key) {
    for (size_t i = 0; i < COUNT(layouts); i++)
        if (qz_equal_nocase(layouts[i].key, key))
            return &layouts[i];
    return NULL;
}

static bool has_all(const struct qz_table *t, const char *const *names, size_t n) {
    size_t found = 0;
    while (found < n && names[found] && qz_table_column(t, names[found]) >= 0)
        found++;
    return found > 0 && (found == n || !names[found]);
}

/* A column such as NB_D201: the prefix, a letter, three digits. */
static bool has_counts(const struct qz_table *t, const char *prefix) {
    size_t n = strlen(prefix);
    for (size_t i = 0; i < qz_table_n_columns(t); i++) {
        const char *name = qz_table_column_name(t, i);
        if (strncmp(name, prefix, n) == 0 && name[n] >= 'A' && name[n] <= 'G' &&
            strspn(name + n + 1, "0123456789") == 3 && !name[n + 4])
            return true;
    }
    return false;
}

const struct qz_layout *qz_layout_of(const struct qz_table *t) {
    for (size_t i = 0; i < COUNT(layouts); i++) {
        const struct qz_layout *l = &layouts[i];
        for (size_t k = 0; k < COUNT(l->columns); k++)
            if (has_all(t, l->columns[k], COUNT(l->columns[k])))
                return l;
        if (l->counts && has_counts(t, l->counts))
            return l;
    }
    return &layouts[COUNT(layouts) - 1];
}

int qz_layout_choose(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_table *t,
                     const struct qz_layout **ret) {
    const char *named = input->layout;
    if (!named || !*named || qz_equal_nocase(named, "auto")) {
        *ret = qz_layout_of(t);
        return 0;
    }
    *ret = find(named);
    if (*ret)
        return 0;
    *ret = &layouts[COUNT(layouts) - 1];
    return qz_fail(ctx, QZ_E_PLAN,
                   "%s: 'layout = %s' is unknown; it is rpps, finess, bpe, ban, plain or auto",
                   input->file, named);
}

int qz_layout_column(const struct qz_layout *l, const struct qz_table *t, enum qz_role role) {
    for (size_t i = 0; i < COUNT(l->roles) && l->roles[i].names[0]; i++)
        for (size_t k = 0;
             l->roles[i].role == role && k < COUNT(l->roles[i].names) && l->roles[i].names[k];
             k++) {
            int column = qz_table_column(t, l->roles[i].names[k]);
            if (column >= 0)
                return column;
        }
    return -1;
}

/* ---- tables of geodata/ */
bool qz_registry_next(const char **at, struct qz_registry_row *ret) {
    bool header = false;
    for (;;) {
        const char *line = *at, *end = line + strcspn(line, "\n");
        if (!*line)
            return false;
        *at = *end ? end + 1 : end;
        bool comment = *line == '#' || line == end;
        if (header && !comment) {
            header = false;
            continue;
        }
        if (comment) { /* the header follows the last comment */
            header = true;
            continue;
        }
        *ret = (struct qz_registry_row) { 0 };
        for (size_t i = 0; i < QZ_REGISTRY_FIELDS && line <= end; i++) {
            size_t n = strcspn(line, ",\n"), room = sizeof ret->field[i] - 1;
            memcpy(ret->field[i], line, n < room ? n : room);
            line += n + 1;
        }
        return true;
    }
}
