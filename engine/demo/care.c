/* engine/demo/care.c - the register of practitioners: a row for each place where each works. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { PURPOSE_CARE = 111, PURPOSE_TERMS = 113, PURPOSE_SPECIALISTS, PURPOSE_OTHERS };

enum {
    RPPS,
    PROFESSION,
    FINESS,
    SITE,
    STRUCTURE,
    PARENT,
    INSEE,
    X,
    Y,
    AGE,
    SEXE,
    ETP,
    PART,
    JOURS,
    PLANNED,
    OPENING,
    SECTEUR,
    SPECIALITE,
    MODE,
    CONVENTION,
    ACTIVITE,
    SOIR,
    WEEK_END,
    SCORE
};
static const struct qz_column columns[] = {
    [RPPS] = { "rpps", QZ_TEXT, 0 },
    [PROFESSION] = { "profession", QZ_TEXT, 0 },
    [FINESS] = { "finess", QZ_TEXT, 0 },
    [SITE] = { "site_id", QZ_TEXT, 0 },
    [STRUCTURE] = { "structure", QZ_TEXT, 0 },
    [PARENT] = { "parent_site", QZ_TEXT, 0 },
    [INSEE] = { "insee_com", QZ_TEXT, 0 },
    [X] = { "x", QZ_REAL, 1 },
    [Y] = { "y", QZ_REAL, 1 },
    [AGE] = { "age", QZ_INT, 0 },
    [SEXE] = { "sexe", QZ_TEXT, 0 },
    [ETP] = { "etp", QZ_REAL, 2 },
    [PART] = { "part", QZ_REAL, 2 },
    [JOURS] = { "jours", QZ_REAL, 1 },
    [PLANNED] = { "planned", QZ_INT, 0 },
    [OPENING] = { "date_ouverture", QZ_TEXT, 0 },
    [SECTEUR] = { "secteur", QZ_TEXT, 0 },
    [SPECIALITE] = { "specialite", QZ_TEXT, 0 },
    [MODE] = { "mode_exercice", QZ_TEXT, 0 },
    [CONVENTION] = { "secteur_conventionnel", QZ_TEXT, 0 },
    [ACTIVITE] = { "activite", QZ_INT, 0 }, /* consultations a year, at all places together */
    [SOIR] = { "soir", QZ_INT, 0 },
    [WEEK_END] = { "week_end", QZ_INT, 0 },
    [SCORE] = { "result_score", QZ_REAL, 2 },
};

/* ---- what a person does, how much of it and at what fees; of dice of its own */
struct terms {
    const char *mode, *convention;
    int activity; /* 0: not told */
};

static struct terms terms_of(const struct qz_commune *m, const struct qz_person *who, size_t number,
                             bool employed) {
    struct qz_dice dice = { qz_dice_key(m->key, PURPOSE_TERMS, number, 0) };
    bool gp = who->profession == &qz_staff[QZ_STAFF_GP];
    bool doctor = gp || who->profession == &qz_staff[QZ_STAFF_SPECIALIST];
    double a_year = who->etp * qz_dice_between(&dice, 3900, 6600);
    bool free_fees = qz_dice_chance(&dice, gp ? 0.07 : 0.48);
    return (struct terms) {
        .mode = who->mode  ? who->mode
                : employed ? "salarie"
                           : "liberal",
        .convention = !doctor || employed ? NULL
                      : free_fees         ? "2"
                                          : "1",
        .activity = gp ? 10 * (int)(a_year / 10) : 0,
    };
}

struct work { /* of one person at one place */
    const struct qz_person *who;
    const struct qz_commune *commune;
    const struct qz_clinic_site *site;
    const char *parent, *opening;
    double part;
    struct terms terms;
};

static bool is_employed(const struct qz_clinic_site *s) {
    return strcmp(s->structure, "hopital") == 0 || strcmp(s->structure, "centre") == 0;
}

static void write_number(struct qz_writer *w, size_t column, int value) {
    if (value > 0)
        qz_writer_int(w, column, value);
}

static int write_row(struct qz_ctx *ctx, struct qz_writer *w, const struct work *k) {
    const struct qz_person *who = k->who;
    const struct qz_clinic_site *s = k->site;
    qz_writer_text(w, RPPS, who->rpps);
    qz_writer_text(w, PROFESSION, who->profession->name);
    qz_writer_text(w, FINESS, s->finess[0] ? s->finess : NULL);
    qz_writer_text(w, SITE, s->id);
    qz_writer_text(w, STRUCTURE, who->structure ? who->structure : s->structure);
    qz_writer_text(w, PARENT, k->parent);
    qz_writer_text(w, INSEE, k->commune->insee);
    qz_writer_real(w, X, s->at.x_m);
    qz_writer_real(w, Y, s->at.y_m);
    write_number(w, AGE, who->age);
    qz_writer_text(w, SEXE, who->woman ? "F" : "M");
    qz_writer_real(w, ETP, who->etp);
    qz_writer_real(w, PART, k->part);
    qz_writer_real(w, JOURS, round(10 * who->days * k->part) / 10);
    qz_writer_int(w, PLANNED, k->opening != NULL);
    qz_writer_text(w, OPENING, k->opening);
    qz_writer_text(w, SECTEUR, is_employed(s) ? "salarie" : "liberal");
    qz_writer_text(w, SPECIALITE, who->speciality);
    qz_writer_text(w, MODE, k->terms.mode);
    qz_writer_text(w, CONVENTION, k->terms.convention);
    write_number(w, ACTIVITE, k->terms.activity);
    qz_writer_int(w, SOIR, s->evening);
    qz_writer_int(w, WEEK_END, s->weekend);
    qz_writer_real(w, SCORE, s->geocoding);
    return qz_writer_row(ctx, w);
}

/* ---- second places of work: a surgery some days a week in a village next door */

static uint32_t village_next_door(const struct qz_country *c, uint32_t i, int *side) {
    for (int k = 0; k < QZ_HEX_SIDES; k++) {
        uint32_t j = c->communes[i].beyond[k];
        if (j == QZ_NOWHERE || c->communes[i].way[k] < QZ_WAY_LOCAL)
            continue;
        const struct qz_commune *m = &c->communes[j];
        if (m->upland <= 0 && m->place <= QZ_PLACE_SUBURB && m->people > 250 && m->people < 3000) {
            *side = (k + 3) % QZ_HEX_SIDES; /* seen from there */
            return j;
        }
    }
    return QZ_NOWHERE;
}

static struct qz_clinic_site satellite(const struct qz_country *c, uint32_t commune, int side,
                                       const struct qz_clinic_site *parent) {
    struct qz_spokes s;
    qz_spokes_of(c, commune, &s);
    double rho_m = 0.3 * s.town_m;
    struct qz_xy a = qz_spokes_point(&s, side, rho_m), b = qz_spokes_point(&s, side, rho_m + 20);
    struct qz_clinic_site ret = { .structure = "cabinet",
                                  .geocoding = parent->geocoding,
                                  .at = { a.x_m - (b.y_m - a.y_m) * 0.3,
                                          a.y_m + (b.x_m - a.x_m) * 0.3 } };
    snprintf(ret.id, sizeof ret.id, "%.9sB", parent->id);
    return ret;
}

static int write_person(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                        const struct qz_person *who, const struct qz_clinic_site *s,
                        struct qz_dice *dice, struct qz_writer *w) {
    const struct qz_country *c = d->country;
    int r = qz_clinic_remember(ctx, &d->clinic, who, s);
    if (r < 0)
        return r;
    int side = 0;
    bool moves = qz_dice_chance(dice, who->profession->moves) && s->structure[0] != 'h';
    uint32_t other = moves ? village_next_door(c, i, &side) : QZ_NOWHERE;
    double second = other == QZ_NOWHERE ? 0 : 0.1 + 0.1 * qz_dice_below(dice, 4);
    struct work work = { .who = who,
                         .commune = &c->communes[i],
                         .site = s,
                         .part = 1 - second,
                         .terms = terms_of(&c->communes[i], who, d->clinic.n_persons,
                                           is_employed(s)) };
    r = write_row(ctx, w, &work);
    if (r < 0 || other == QZ_NOWHERE)
        return r;
    struct qz_clinic_site there = satellite(c, other, side, s);
    work.commune = &c->communes[other];
    work.site = &there;
    work.parent = s->id;
    work.part = second;
    return write_row(ctx, w, &work);
}

/* ---- the professions that every territory has */

static struct qz_person hire(struct qz_delivery *d, const struct qz_commune *m,
                             const struct qz_profession *p, struct qz_dice *dice) {
    struct qz_person who = qz_staff_hire(m, p, dice);
    snprintf(who.rpps, sizeof who.rpps, "99%09llu", (unsigned long long)++d->n_people % 1000000000);
    return who;
}

static int write_staff(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_dice *dice,
                       struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    int r = 0;
    for (size_t p = 0; r == 0 && p < QZ_STAFF_SPECIALIST; p++) {
        uint32_t n = qz_staff_count(m, p, dice);
        for (uint32_t person = 0; r == 0 && person < n; person++) {
            struct qz_person who = hire(d, m, &qz_staff[p], dice);
            const struct qz_clinic_site *s = qz_clinic_choose(ctx, &d->clinic, &d->streets, m,
                                                              &qz_staff[p], dice);
            r = s ? write_person(ctx, d, i, &who, s, dice, w) : QZ_E_NOMEM;
        }
    }
    return r;
}

/* ---- a maison de sante that is decided but not open yet */

static int write_planned(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                         struct qz_dice *dice, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    bool wanted = m->place == QZ_PLACE_CENTRE && d->clinic.n_coordinated == 0 && m->people > 1000;
    if (!wanted || !qz_dice_chance(dice, 0.45))
        return 0;
    struct qz_clinic_site *s = qz_clinic_open(ctx, &d->clinic, &d->streets, m, "maison", 15, dice);
    if (!s)
        return QZ_E_NOMEM;
    qz_clinic_number(s, &d->n_structures);
    s->planned = true;
    const char *opening = qz_dice_chance(dice, 0.5) ? "2027-09-01" : "2028-03-01";
    int r = 0;
    for (size_t p = 0; r == 0 && p < 3; p++) {
        struct qz_person who = hire(d, m, &qz_staff[p], dice);
        who.age = 30 + (int)qz_dice_below(dice, 9);
        struct work work = { &who, m, s, NULL, opening, 1, terms_of(m, &who, 900 + p, false) };
        r = write_row(ctx, w, &work);
    }
    return r;
}

/* ---- specialists; some of unknown age, some at an address that was badly found */

static struct qz_person hire_later(struct qz_delivery *d, const struct qz_commune *m,
                                   const struct qz_profession *p, struct qz_dice *dice) {
    struct qz_person who = qz_staff_hire(m, p, dice);
    snprintf(who.rpps, sizeof who.rpps, "98%09llu", (unsigned long long)++d->n_later % 1000000000);
    return who;
}

static int write_specialists(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                             struct qz_writer *w) {
    enum { WARDS = 200 };
    const struct qz_commune *m = &d->country->communes[i];
    const struct qz_profession *p = &qz_staff[QZ_STAFF_SPECIALIST];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_SPECIALISTS);
    for (size_t k = 0; k < d->clinic.n_coordinated; k++) /* a hospital has room for its own */
        if (d->clinic.sites[k].structure[0] == 'h')
            d->clinic.sites[k].room = WARDS;
    uint32_t n = qz_staff_count(m, QZ_STAFF_SPECIALIST, &dice);
    int r = 0;
    for (uint32_t person = 0; r == 0 && person < n; person++) {
        struct qz_person who = hire_later(d, m, p, &dice);
        who.speciality = qz_staff_speciality(&dice);
        who.age = qz_dice_chance(&dice, 0.06) ? 0 : who.age;
        size_t before = d->clinic.n;
        struct qz_clinic_site *s = qz_clinic_choose(ctx, &d->clinic, &d->streets, m, p, &dice);
        if (!s)
            return QZ_E_NOMEM;
        if (d->clinic.n > before && qz_dice_chance(&dice, 0.06))
            s->geocoding = qz_dice_between(&dice, 0.18, 0.45);
        r = write_person(ctx, d, i, &who, s, &dice, w);
    }
    return r;
}

/* ---- doctors of the register whom a density of usual scope leaves out, where others work who are
 * not left out: no time to the nearest depends on them */

static bool is_usual_doctor(const struct qz_clinic *k, const struct qz_person *who) {
    return who->profession == &qz_staff[QZ_STAFF_GP] && !who->mode &&
           strcmp(k->sites[who->site].structure, "hopital") != 0;
}

static const struct qz_clinic_site *beside_a_doctor(const struct qz_clinic *k,
                                                    struct qz_dice *dice) {
    uint32_t n = 0;
    for (size_t i = 0; i < k->n_persons; i++)
        n += is_usual_doctor(k, &k->persons[i]);
    uint32_t chosen = n ? qz_dice_below(dice, n) : 0;
    for (size_t i = 0; i < k->n_persons; i++)
        if (is_usual_doctor(k, &k->persons[i]) && chosen-- == 0)
            return &k->sites[k->persons[i].site];
    return NULL;
}

static int write_others(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                        struct qz_writer *w) {
    enum { MOST = 3 }; /* of each kind in a commune */
    static const struct {
        const char *mode, *structure;
        double chance[QZ_PLACE_CAPITAL + 1]; /* of one more, by kind of place */
    } all[] = {
        { "remplacant", NULL, { 0, 0.02, 0.08, 0.3, 0.8 } },
        { "liberal", "SOS Médecins", { 0, 0, 0, 0, 0.9 } },
        { "teleconsultation", NULL, { 0, 0, 0.01, 0.07, 0.4 } },
    };
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_OTHERS);
    int r = 0;
    for (size_t k = 0; k < COUNT(all) * MOST && r == 0; k++) {
        bool there = qz_dice_chance(&dice, all[k / MOST].chance[m->place]);
        const struct qz_clinic_site *s = there ? beside_a_doctor(&d->clinic, &dice) : NULL;
        if (!s)
            continue;
        struct qz_person who = hire_later(d, m, &qz_staff[QZ_STAFF_GP], &dice);
        who.mode = all[k / MOST].mode;
        who.structure = all[k / MOST].structure;
        struct work work = { &who, m, s, NULL, NULL, 1, terms_of(m, &who, 950 + k, false) };
        r = qz_clinic_remember(ctx, &d->clinic, &who, s);
        if (r == 0)
            r = write_row(ctx, w, &work);
    }
    return r;
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_CARE);
    qz_clinic_clear(&d->clinic);
    int r = qz_clinic_found(ctx, &d->clinic, &d->streets, m, &d->n_structures, &dice);
    if (r == 0)
        r = write_staff(ctx, d, i, &dice, w);
    if (r == 0)
        r = write_planned(ctx, d, i, &dice, w);
    if (r == 0)
        r = write_specialists(ctx, d, i, w);
    return r < 0 ? r : write_others(ctx, d, i, w);
}

const struct qz_demo_file qz_demo_care = { "praticiens.csv",      QZ_CSV,       "praticiens",
                                           "Praticiens inventés", QZ_GEOM_NONE, columns,
                                           COUNT(columns),        write };
