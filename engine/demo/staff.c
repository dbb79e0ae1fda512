/* engine/demo/staff.c - how many practitioners, of what age. Towns have many, villages few, the
 * uplands almost none. */
#include <math.h>
#include "base/base.h"
#include "demo/staff.h"

enum { PURPOSE_LAST = 111 };

const struct qz_profession qz_staff[QZ_N_STAFF] = {
    { "medecin_generaliste",
      { 62, 74, 118, 112, 102 },
      0,
      50,
      11,
      0.47,
      0.38,
      0.06,
      0.07,
      0.12,
      "cabinet",
      3 },
    { "infirmier",
      { 85, 130, 225, 205, 165 },
      0.35,
      45,
      10,
      0.85,
      0.34,
      0.06,
      0,
      0.05,
      "cabinet",
      4 },
    { "masseur_kinesitherapeute",
      { 26, 85, 140, 150, 140 },
      0.10,
      41,
      11,
      0.52,
      0.30,
      0.02,
      0.08,
      0.05,
      "cabinet",
      4 },
    { "sage_femme", { 0, 8, 24, 34, 33 }, 0, 42, 10, 0.97, 0.30, 0.05, 0.35, 0.15, "cabinet", 2 },
    { "chirurgien_dentiste",
      { 7, 42, 82, 84, 76 },
      0,
      47,
      12,
      0.46,
      0.12,
      0.06,
      0,
      0.02,
      "cabinet",
      3 },
    { "pharmacien", { 34, 75, 135, 120, 98 }, 0.40, 48, 11, 0.68, 0, 0, 0, 0, "officine", 3 },
    { "medecin_specialiste",
      { 0, 9, 34, 150, 290 },
      0,
      51,
      11,
      0.45,
      0.05,
      0.04,
      0.42,
      0,
      "cabinet",
      3 },
};

/* Small villages share one practice among several. */
double qz_staff_expected(const struct qz_commune *m, const struct qz_profession *p) {
    double size = 1;
    if (m->place == QZ_PLACE_VILLAGE)
        size = m->people >= 900 ? 1.6 : m->people >= 450 ? 1.1 : 0.25;
    double n = p->per_100k[m->place] * 1e-5 * m->people * size;
    return m->upland > 0 ? n * p->upland_ratio : n;
}

/* At the fringe of the uplands a few doctors stay on, all near the end of their career. */
static bool has_last_doctor(const struct qz_commune *m) {
    return m->upland > 0 && m->upland < 0.13F && m->people > 450 &&
           qz_dice_unit(qz_dice_key(m->key, PURPOSE_LAST, 1, 0)) < 0.28;
}

uint32_t qz_staff_count(const struct qz_commune *m, size_t profession, struct qz_dice *d) {
    if (profession == QZ_STAFF_GP && has_last_doctor(m))
        return 1;
    return (uint32_t)(qz_staff_expected(m, &qz_staff[profession]) + qz_dice_roll(d));
}

struct qz_person qz_staff_hire(const struct qz_commune *m, const struct qz_profession *p,
                               struct qz_dice *dice) {
    struct qz_person who = { .profession = p, .woman = qz_dice_chance(dice, p->women) };
    bool gp = p == &qz_staff[QZ_STAFF_GP], specialist = p == &qz_staff[QZ_STAFF_SPECIALIST];
    double rural = m->place == QZ_PLACE_VILLAGE || m->place == QZ_PLACE_CENTRE ? 3.5 : -1.5;
    double age = p->age + rural + p->spread * qz_dice_bell(dice) - (who.woman ? 3 : 0);
    if (m->upland > 0 && gp)
        age = qz_dice_between(dice, 64, 71);
    who.age = (int)fmin(fmax(age, gp ? 29 : specialist ? 31 : 24), 74);
    double etp = qz_dice_between(dice, 0.70, 1.15) - (who.age > 64 ? 0.25 : 0);
    who.etp = round(20 * fmin(etp, 1)) / 20;
    who.days = fmin(round(10 * who.etp * 0.5 + 0.5) / 2 + 0.5, 5);
    return who;
}

const char *qz_staff_speciality(struct qz_dice *dice) {
    static const struct {
        const char *name;
        double share;
    } all[] = {
        { "psychiatrie", 0.18 },  { "cardiologie", 0.14 }, { "ophtalmologie", 0.13 },
        { "gynecologie", 0.13 },  { "pediatrie", 0.12 },   { "radiologie", 0.10 },
        { "dermatologie", 0.08 }, { "chirurgie", 0.07 },   { "rhumatologie", 0.05 },
    };
    double luck = qz_dice_roll(dice);
    size_t i = 0;
    while (i + 1 < COUNT(all) && luck >= all[i].share)
        luck -= all[i++].share;
    return all[i].name;
}
