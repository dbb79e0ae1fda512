/* engine/demo/establishments.c - what is open to patients: an extract of FINESS by category, and
 * the services of hospitals as INSEE's base of equipment counts them. */
#include <stdio.h>
#include <string.h>
#include "demo/files.h"
#include "demo/names.h"

enum { PURPOSE_HOMES = 118, PURPOSE_LABORATORIES, PURPOSE_WARDS, PURPOSE_OPENED };

/* ---- etablissements.csv */

static const struct category { /* as FINESS words them */
    const char *structure;     /* of our sites */
    const char *code, *name, *kind, *title;
} categories[] = {
    { "maison", "603", "Maison de santé (L.6223-3)", "Soins de ville", "MSP" },
    { "centre", "124", "Centre de Santé", "Soins de ville", "CENTRE DE SANTE" },
    { "hopital", "355", "Centre Hospitalier (C.H.)", "Hopitaux cliniques", "CENTRE HOSPITALIER" },
    { "officine", "620", "Pharmacie d'Officine", "Soins de ville", "PHARMACIE" },
    { "ehpad", "500", "Etablissement d'hébergement pour personnes âgées dépendantes",
      "Personnes âgées", "EHPAD" },
    { "laboratoire", "611", "Laboratoire de Biologie Médicale", "Soins de ville", "LABORATOIRE" },
};

enum { FINESS, NAME, DEP, DEP_NAME, CATEGORY, CATEGORY_NAME, X, Y, OPENED, KIND, INSEE };
static const struct qz_column columns[] = {
    [FINESS] = { "numero_finess_etablissement", QZ_TEXT, 0 },
    [NAME] = { "raison_sociale", QZ_TEXT, 0 },
    [DEP] = { "departement", QZ_TEXT, 0 },
    [DEP_NAME] = { "libelle_departement", QZ_TEXT, 0 },
    [CATEGORY] = { "categetab", QZ_TEXT, 0 },
    [CATEGORY_NAME] = { "categorie", QZ_TEXT, 0 },
    [X] = { "coordxet", QZ_REAL, 1 },
    [Y] = { "coordyet", QZ_REAL, 1 },
    [OPENED] = { "dateouv", QZ_TEXT, 0 },
    [KIND] = { "type d etablissements", QZ_TEXT, 0 },
    [INSEE] = { "code_insee", QZ_TEXT, 0 },
};

static const struct category *category_of(const char *structure) {
    for (size_t i = 0; i < COUNT(categories); i++)
        if (strcmp(categories[i].structure, structure) == 0)
            return &categories[i];
    return NULL;
}

static int write_establishment(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_commune *m,
                               const struct category *k, const char *finess, struct qz_xy at,
                               struct qz_dice *dice) {
    char text[128], dep[3];
    snprintf(dep, sizeof dep, "%.2s", m->insee);
    qz_writer_text(w, FINESS, finess);
    snprintf(text, sizeof text, "%s %s", k->title, m->name);
    qz_writer_text(w, NAME, text);
    qz_writer_text(w, DEP, dep);
    qz_names_dep(dep, text, sizeof text);
    qz_writer_text(w, DEP_NAME, text);
    qz_writer_text(w, CATEGORY, k->code);
    qz_writer_text(w, CATEGORY_NAME, k->name);
    qz_writer_real(w, X, at.x_m);
    qz_writer_real(w, Y, at.y_m);
    snprintf(text, sizeof text, "%u-%02u-01", 1976 + qz_dice_below(dice, 48),
             1 + qz_dice_below(dice, 12));
    qz_writer_text(w, OPENED, text);
    qz_writer_text(w, KIND, k->kind);
    qz_writer_text(w, INSEE, m->insee);
    return qz_writer_row(ctx, w);
}

static void number(struct qz_delivery *d, char ret[12]) {
    snprintf(ret, 12, "98%07u", (unsigned)(++d->n_establishments % 10000000));
}

/* The sites of the register that FINESS knows: not the practices, nor what is not open yet. */
static int write_sites(struct qz_ctx *ctx, struct qz_delivery *d, const struct qz_commune *m,
                       struct qz_writer *w) {
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_OPENED);
    int r = 0;
    for (size_t i = 0; i < d->clinic.n && r == 0; i++) {
        const struct qz_clinic_site *s = &d->clinic.sites[i];
        const struct category *k = category_of(s->structure);
        char finess[12];
        if (!k || s->planned)
            continue;
        if (s->finess[0])
            snprintf(finess, sizeof finess, "%s", s->finess);
        else
            number(d, finess);
        r = write_establishment(ctx, w, m, k, finess, s->at, &dice);
    }
    return r;
}

/* Establishments where no practitioner of the register works. */
static int write_more(struct qz_ctx *ctx, struct qz_delivery *d, const struct qz_commune *m,
                      const char *structure, uint64_t purpose,
                      const double expected[QZ_PLACE_CAPITAL + 1], struct qz_writer *w) {
    struct qz_dice dice = qz_dice_of(m->key, purpose);
    uint32_t n = (uint32_t)(expected[m->place] * (m->upland > 0 ? 0.5 : 1) + qz_dice_roll(&dice));
    int r = 0;
    for (uint32_t i = 0; i < n && r == 0; i++) {
        char finess[12];
        number(d, finess);
        r = write_establishment(ctx, w, m, category_of(structure), finess,
                                qz_clinic_doorstep(&d->streets, &dice), &dice);
    }
    return r;
}

static int write_establishments(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                                struct qz_writer *w) {
    static const double homes[] = { 0.02, 0.5, 0.8, 2, 7 }, laboratories[] = { 0, 0.1, 0.15, 1, 4 };
    const struct qz_commune *m = &d->country->communes[i];
    int r = write_sites(ctx, d, m, w);
    if (r == 0)
        r = write_more(ctx, d, m, "ehpad", PURPOSE_HOMES, homes, w);
    return r < 0 ? r : write_more(ctx, d, m, "laboratoire", PURPOSE_LABORATORIES, laboratories, w);
}

const struct qz_demo_file qz_demo_establishments = {
    "etablissements.csv", QZ_CSV,  "etablissements", "Établissements inventés",
    QZ_GEOM_NONE,         columns, COUNT(columns),   write_establishments
};

/* ---- equipements.csv: emergency wards (D106) and maternity wards (D107) */

static const struct qz_column equipment_columns[] = {
    { "AN", QZ_TEXT, 0 },      { "DEPCOM", QZ_TEXT, 0 },    { "TYPEQU", QZ_TEXT, 0 },
    { "NB_EQUIP", QZ_INT, 0 }, { "LAMBERT_X", QZ_REAL, 1 }, { "LAMBERT_Y", QZ_REAL, 1 }
};

static int write_ward(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_commune *m,
                      const char *kind, struct qz_xy at) {
    qz_writer_text(w, 0, "2025");
    qz_writer_text(w, 1, m->insee);
    qz_writer_text(w, 2, kind);
    qz_writer_int(w, 3, 1);
    qz_writer_real(w, 4, at.x_m);
    qz_writer_real(w, 5, at.y_m);
    return qz_writer_row(ctx, w);
}

static int write_equipment(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                           struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_WARDS);
    int r = 0;
    for (size_t k = 0; k < d->clinic.n_coordinated && r == 0; k++) {
        const struct qz_clinic_site *s = &d->clinic.sites[k];
        if (strcmp(s->structure, "hopital") != 0)
            continue;
        bool births = qz_dice_chance(&dice, 0.45) || m->place == QZ_PLACE_CAPITAL;
        r = write_ward(ctx, w, m, "D106", s->at);
        if (r == 0 && births)
            r = write_ward(ctx, w, m, "D107", s->at);
    }
    return r;
}

const struct qz_demo_file qz_demo_equipment = {
    "equipements.csv",        QZ_CSV,         "equipements",
    "Équipements inventés",   QZ_GEOM_NONE,   equipment_columns,
    COUNT(equipment_columns), write_equipment
};
