/* engine/demo/register.c - the register of practitioners as it was in 2021: some of them have left
 * since, some have moved, and the youngest of today were not there yet. */
#include <stdio.h>
#include "demo/files.h"

enum { PURPOSE_BEFORE = 116, PURPOSE_LEFT, YEARS = QZ_PRESENT_YEAR - QZ_PAST_YEAR };

enum { RPPS, PROFESSION, SITE, STRUCTURE, INSEE, X, Y, AGE, SEXE, ETP, SPECIALITE, MODE };
static const struct qz_column columns[] = {
    [RPPS] = { "rpps", QZ_TEXT, 0 },
    [PROFESSION] = { "profession", QZ_TEXT, 0 },
    [SITE] = { "site_id", QZ_TEXT, 0 },
    [STRUCTURE] = { "structure", QZ_TEXT, 0 },
    [INSEE] = { "insee_com", QZ_TEXT, 0 },
    [X] = { "x", QZ_REAL, 1 },
    [Y] = { "y", QZ_REAL, 1 },
    [AGE] = { "age", QZ_INT, 0 },
    [SEXE] = { "sexe", QZ_TEXT, 0 },
    [ETP] = { "etp", QZ_REAL, 2 },
    [SPECIALITE] = { "specialite", QZ_TEXT, 0 },
    [MODE] = { "mode_exercice", QZ_TEXT, 0 },
};

struct place { /* of work, then */
    uint32_t commune;
    const char *id, *structure;
    struct qz_xy at;
};

static int write_row(struct qz_ctx *ctx, struct qz_delivery *d, struct qz_writer *w,
                     const struct qz_person *who, const struct place *p) {
    qz_writer_text(w, RPPS, who->rpps);
    qz_writer_text(w, PROFESSION, who->profession->name);
    qz_writer_text(w, SITE, p->id);
    qz_writer_text(w, STRUCTURE, who->structure ? who->structure : p->structure);
    qz_writer_text(w, INSEE, qz_past_insee(&d->past, d->country, p->commune));
    qz_writer_real(w, X, p->at.x_m);
    qz_writer_real(w, Y, p->at.y_m);
    if (who->age > 0)
        qz_writer_int(w, AGE, who->age);
    qz_writer_text(w, SEXE, who->woman ? "F" : "M");
    qz_writer_real(w, ETP, who->etp);
    qz_writer_text(w, SPECIALITE, who->speciality);
    qz_writer_text(w, MODE, who->mode);
    return qz_writer_row(ctx, w);
}

/* ---- those of today who were there */

static bool has_come_since(const struct qz_person *who, struct qz_dice *dice) {
    double chance = who->age == 0 ? 0.1 : who->age < 34 ? 0.85 : who->age < 40 ? 0.35 : 0.06;
    return qz_dice_chance(dice, chance);
}

static uint32_t neighbour_of(const struct qz_country *c, uint32_t i) {
    for (int side = 0; side < QZ_HEX_SIDES; side++)
        if (c->communes[i].beyond[side] != QZ_NOWHERE && c->communes[i].way[side] >= QZ_WAY_LOCAL)
            return c->communes[i].beyond[side];
    return QZ_NOWHERE;
}

static int write_former(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, size_t number,
                        struct qz_writer *w) {
    const struct qz_country *c = d->country;
    struct qz_person who = d->clinic.persons[number];
    struct qz_dice dice = { qz_dice_key(c->communes[i].key, PURPOSE_BEFORE, number, 0) };
    if (has_come_since(&who, &dice))
        return 0;
    who.age = who.age > YEARS ? who.age - YEARS : 0;
    const struct qz_clinic_site *s = &d->clinic.sites[who.site];
    uint32_t from = qz_dice_chance(&dice, 0.05) ? neighbour_of(c, i) : QZ_NOWHERE;
    struct place then = { i, s->id, s->structure, s->at };
    char id[24];
    if (from != QZ_NOWHERE) {
        snprintf(id, sizeof id, "%s-%d", c->communes[from].insee, QZ_PAST_YEAR);
        then = (struct place) { from, id, "cabinet", c->communes[from].bourg };
    }
    return write_row(ctx, d, w, &who, &then);
}

/* ---- those who have left: the uplands lost most of their doctors so */

static uint32_t count_left(const struct qz_commune *m, size_t profession, struct qz_dice *dice) {
    double n = 0.19 * qz_staff_expected(m, &qz_staff[profession]);
    if (profession == QZ_STAFF_GP && m->upland > 0 && m->people > 350)
        n = 0.2;
    return (uint32_t)(n + qz_dice_roll(dice));
}

static int write_left(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_LEFT);
    int r = 0;
    for (size_t p = 0; p < QZ_N_STAFF && r == 0; p++) {
        uint32_t n = count_left(m, p, &dice);
        for (uint32_t k = 0; k < n && r == 0; k++) {
            struct qz_person who = qz_staff_hire(m, &qz_staff[p], &dice);
            char id[24];
            snprintf(who.rpps, sizeof who.rpps, "97%09llu",
                     (unsigned long long)++d->n_left % 1000000000);
            snprintf(id, sizeof id, "%s-%zu%02u", m->insee, p, (unsigned)k % 100);
            who.age = 57 + (int)qz_dice_below(&dice, 12);
            who.speciality = p == QZ_STAFF_SPECIALIST ? qz_staff_speciality(&dice) : NULL;
            struct place then = { i, id, qz_staff[p].alone,
                                  qz_clinic_doorstep(&d->streets, &dice) };
            r = write_row(ctx, d, w, &who, &then);
        }
    }
    return r;
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    int r = 0;
    for (size_t k = 0; k < d->clinic.n_persons && r == 0; k++)
        r = write_former(ctx, d, i, k, w);
    return r < 0 ? r : write_left(ctx, d, i, w);
}

const struct qz_demo_file qz_demo_register = { "praticiens_2021.csv", QZ_CSV,
                                               "praticiens_2021",     "Praticiens inventés, 2021",
                                               QZ_GEOM_NONE,          columns,
                                               COUNT(columns),        write };
