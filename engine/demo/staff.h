/* engine/demo/staff.h - practitioners: how many a commune has, and one of them. */
#pragma once
#include "demo/country.h"
#include "demo/dice.h"

enum {
    QZ_STAFF_GP,
    QZ_STAFF_NURSE,
    QZ_STAFF_PHYSIOTHERAPIST,
    QZ_STAFF_MIDWIFE,
    QZ_STAFF_DENTIST,
    QZ_STAFF_PHARMACIST,
    QZ_STAFF_SPECIALIST,
    QZ_N_STAFF
};

struct qz_profession {
    const char *name;
    double per_100k[QZ_PLACE_CAPITAL + 1]; /* village, suburb, centre, town, capital */
    double upland_ratio;                   /* of what a lowland place has */
    double age, spread, women;
    double in_maison, in_centre, in_hopital, moves; /* shares */
    const char *alone;                              /* structure of the others */
    uint32_t group;                                 /* at most, in one of these */
};
extern const struct qz_profession qz_staff[QZ_N_STAFF];

struct qz_person {
    char rpps[12];
    const struct qz_profession *profession;
    const char *speciality;       /* NULL: that of the profession */
    const char *mode, *structure; /* NULL: those of the site */
    bool woman;
    int age; /* years; 0: not told */
    double etp, days;
    uint32_t site; /* of the clinic: where most of the work is done */
};

/* How many there should be, a broken number. */
double qz_staff_expected(const struct qz_commune *m, const struct qz_profession *p);
uint32_t qz_staff_count(const struct qz_commune *m, size_t profession, struct qz_dice *dice);
/* Without a number, speciality or site yet. */
struct qz_person qz_staff_hire(const struct qz_commune *m, const struct qz_profession *p,
                               struct qz_dice *dice);
const char *qz_staff_speciality(struct qz_dice *dice);
