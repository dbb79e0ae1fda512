/* engine/layer/records.c - the tables that say what was done: diagnostics and provenance. */
#include <string.h>
#include "layer/define.h"

/* ---- diagnostics */
static size_t n_issues(const struct qz_results *r) { return r->issues->n; }
static const struct qz_issue *issue(const struct qz_cell *c) {
    return &c->results->issues->items[c->key.a];
}
/* A row without geometry could not be found on a map: the middle of the territory stands for the
 * whole file. */
static int draw_issue(struct qz_ctx *ctx, const struct qz_cell *c) {
    return qz_writer_point(ctx, c->writer, issue(c)->has_place ? issue(c)->at : c->results->middle);
}
static void issue_place(const struct qz_cell *c) {
    qz_put_text(c, issue(c)->has_place ? "exact" : "territory");
}
static void issue_severity(const struct qz_cell *c) {
    static const char *const names[] = { [QZ_SEVERITY_NOTE] = "note",
                                         [QZ_SEVERITY_WARNING] = "warning",
                                         [QZ_SEVERITY_REJECT] = "reject" };
    qz_put_text(c, names[issue(c)->severity]);
}
static void issue_source(const struct qz_cell *c) { qz_put_text(c, issue(c)->source); }
static void issue_row(const struct qz_cell *c) {
    if (issue(c)->row)
        qz_put_int(c, (int64_t)issue(c)->row);
}
static void issue_code(const struct qz_cell *c) { qz_put_text(c, issue(c)->code); }
static void issue_message(const struct qz_cell *c) { qz_put_text(c, issue(c)->message); }
static const struct qz_column_def issue_columns[] = {
    { "severity", "Gravité", QZ_TEXT, 0, issue_severity, NULL },
    { "source", "Fichier ou étape", QZ_TEXT, 0, issue_source, NULL },
    { "row", "Ligne", QZ_INT, 0, issue_row, NULL },
    { "code", "Code", QZ_TEXT, 0, issue_code, NULL },
    { "place", "Position : exacte, ou milieu du territoire", QZ_TEXT, 0, issue_place, NULL },
    { "message", "Message", QZ_TEXT, 0, issue_message, NULL },
};
static const struct qz_rule issue_rules[] = {
    { "\"severity\" = 'reject'", "ligne refusée", "213,94,0,255", 3 },
    { "\"severity\" = 'warning'", "avertissement", "230,159,0,255", 2.4 },
    { NULL, "note", "86,180,233,255", 2 },
};
static const struct qz_style_def issue_style = {
    .name = "Diagnostic",
    .description = "Ce que les données d'entrée avaient d'inutilisable ou de douteux",
    .symbol = QZ_SYMBOL_MARKER,
    .outline = "40,40,40,255",
    .outline_mm = 0.2,
    .opacity = 1,
    .rules = issue_rules,
    .n_rules = COUNT(issue_rules),
};
const struct qz_layer_def qz_layer_diagnostics = {
    .name = "diagnostics",
    .title = "Diagnostic des données",
    .description = "Lignes refusées et avertissements : fichier, ligne, valeur, remède. Rien n'est "
                   "écarté sans "
                   "figurer ici.",
    .geometry = QZ_GEOM_POINT,
    .n_rows = n_issues,
    .draw = draw_issue,
    .columns = issue_columns,
    .n_columns = COUNT(issue_columns),
    .style = &issue_style,
};

/* ---- provenance */
static size_t n_provenance(const struct qz_results *r) { return r->n_provenance; }
static const struct qz_provenance_row *prov(const struct qz_cell *c) {
    return &c->results->provenance[c->key.a];
}
static void prov_kind(const struct qz_cell *c) { qz_put_text(c, prov(c)->kind); }
static void prov_name(const struct qz_cell *c) { qz_put_text(c, prov(c)->name); }
static void prov_value(const struct qz_cell *c) { qz_put_text(c, prov(c)->value); }
static void prov_sha(const struct qz_cell *c) { qz_put_text(c, prov(c)->sha256); }
static void prov_rows(const struct qz_cell *c) {
    if (prov(c)->has_rows)
        qz_put_int(c, (int64_t)prov(c)->rows);
}
static void prov_rejected(const struct qz_cell *c) {
    if (prov(c)->has_rows)
        qz_put_int(c, (int64_t)prov(c)->rejected);
}
static void prov_excluded(const struct qz_cell *c) {
    if (prov(c)->has_rows)
        qz_put_int(c, (int64_t)prov(c)->excluded);
}
static void prov_crs(const struct qz_cell *c) { qz_put_text(c, prov(c)->crs); }
static void prov_vintage(const struct qz_cell *c) { qz_put_text(c, prov(c)->vintage); }
static void prov_licence(const struct qz_cell *c) { qz_put_text(c, prov(c)->licence); }

/* What no plan states is absent, never a column of NULLs. */
#define PRESENT_WHEN(name, field)                                                         \
    static bool name(const struct qz_results *r, const struct qz_profession_results *p) { \
        (void)p;                                                                          \
        for (size_t i = 0; i < r->n_provenance; i++)                                      \
            if (r->provenance[i].field && *r->provenance[i].field)                        \
                return true;                                                              \
        return false;                                                                     \
    }
PRESENT_WHEN(vintage_stated, vintage)
PRESENT_WHEN(licence_stated, licence)

static const struct qz_column_def provenance_columns[] = {
    { "kind", "Nature (input, parameter, software)", QZ_TEXT, 0, prov_kind, NULL },
    { "name", "Entrée, paramètre ou logiciel", QZ_TEXT, 0, prov_name, NULL },
    { "value", "Fichier, valeur ou version", QZ_TEXT, 0, prov_value, NULL },
    { "sha256", "Empreinte SHA-256", QZ_TEXT, 0, prov_sha, NULL },
    { "rows_read", "Lignes lues", QZ_INT, 0, prov_rows, NULL },
    { "rejected", "Lignes refusées", QZ_INT, 0, prov_rejected, NULL },
    { "excluded", "Lignes hors champ (règles d'exclusion)", QZ_INT, 0, prov_excluded, NULL },
    { "crs", "Système de coordonnées", QZ_TEXT, 0, prov_crs, NULL },
    { "vintage", "Millésime", QZ_TEXT, 0, prov_vintage, vintage_stated },
    { "licence", "Licence", QZ_TEXT, 0, prov_licence, licence_stated },
};
static const struct qz_style_def provenance_style = {
    .name = "Provenance",
    .description = "Titres des colonnes",
    .symbol = QZ_SYMBOL_NONE,
    .opacity = 1,
};
const struct qz_layer_def qz_layer_provenance = {
    .name = "provenance",
    .title = "Provenance : données, paramètres, logiciels",
    .description = "Chaque fichier d'entrée avec son empreinte, chaque paramètre, chaque version "
                   "de logiciel : de "
                   "quoi refaire ce "
                   "résultat à l'identique.",
    .geometry = QZ_GEOM_NONE,
    .n_rows = n_provenance,
    .columns = provenance_columns,
    .n_columns = COUNT(provenance_columns),
    .style = &provenance_style,
};
