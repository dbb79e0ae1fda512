/* engine/layer/records.c - the tables that say what was done: diagnostics and provenance. */
#include <string.h>
#include "layer/define.h"

/* ---- diagnostics */
static size_t n_issues(const struct qz_results *r) { return r->issues->n; }
static const struct qz_issue *issue(const struct qz_cell *c) {
    return &c->results->issues->items[c->key.a];
}
static int draw_issue(struct qz_ctx *ctx, const struct qz_cell *c) {
    return issue(c)->has_place ? qz_writer_point(ctx, c->writer, issue(c)->at) : 0;
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
    { "message", "Message", QZ_TEXT, 0, issue_message, NULL },
};
static const struct qz_rule issue_rules[] = {
    { "\"severity\" = 'reject'", "ligne refusée", "213,94,0,255", 3 },
    { "\"severity\" = 'warning'", "avertissement", "230,159,0,255", 2.4 },
    { NULL, "note", "86,180,233,255", 2 },
};
static const struct qz_style_def issue_style = {
    "Diagnostic",
    "Ce que les données d'entrée avaient d'inutilisable ou de douteux",
    QZ_SYMBOL_MARKER,
    "40,40,40,255",
    0.2,
    1,
    NULL,
    NULL,
    0,
    issue_rules,
    COUNT(issue_rules),
};
const struct qz_layer_def qz_layer_diagnostics = {
    "diagnostics",
    "Diagnostic des données",
    "Lignes refusées et avertissements : fichier, ligne, valeur, remède. Rien n'est écarté sans "
    "figurer ici.",
    QZ_GEOM_POINT,
    n_issues,
    NULL,
    draw_issue,
    issue_columns,
    COUNT(issue_columns),
    &issue_style,
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
static void prov_crs(const struct qz_cell *c) { qz_put_text(c, prov(c)->crs); }
static void prov_vintage(const struct qz_cell *c) { qz_put_text(c, prov(c)->vintage); }
static void prov_licence(const struct qz_cell *c) { qz_put_text(c, prov(c)->licence); }
static const struct qz_column_def provenance_columns[] = {
    { "kind", "Nature (input, parameter, software)", QZ_TEXT, 0, prov_kind, NULL },
    { "name", "Entrée, paramètre ou logiciel", QZ_TEXT, 0, prov_name, NULL },
    { "value", "Fichier, valeur ou version", QZ_TEXT, 0, prov_value, NULL },
    { "sha256", "Empreinte SHA-256", QZ_TEXT, 0, prov_sha, NULL },
    { "rows_read", "Lignes lues", QZ_INT, 0, prov_rows, NULL },
    { "rejected", "Lignes refusées", QZ_INT, 0, prov_rejected, NULL },
    { "crs", "Système de coordonnées", QZ_TEXT, 0, prov_crs, NULL },
    { "vintage", "Millésime", QZ_TEXT, 0, prov_vintage, NULL },
    { "licence", "Licence", QZ_TEXT, 0, prov_licence, NULL },
};
static const struct qz_style_def provenance_style = {
    "Provenance", "Titres des colonnes", QZ_SYMBOL_NONE, NULL, 0, 1, NULL, NULL, 0, NULL, 0,
};
const struct qz_layer_def qz_layer_provenance = {
    "provenance",
    "Provenance : données, paramètres, logiciels",
    "Chaque fichier d'entrée avec son empreinte, chaque paramètre, chaque version de logiciel : de "
    "quoi refaire ce "
    "résultat à l'identique.",
    QZ_GEOM_NONE,
    n_provenance,
    NULL,
    NULL,
    provenance_columns,
    COUNT(provenance_columns),
    &provenance_style,
};
