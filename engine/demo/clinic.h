/* engine/demo/clinic.h - the care of one commune: its sites and who works there. Everything that
 * tells of care is written from it. */
#pragma once
#include "demo/staff.h"
#include "demo/streets.h"

struct qz_clinic_site {
    char id[12], finess[12];
    const char *structure;
    const struct qz_profession *only; /* NULL: any */
    uint32_t room;
    bool planned; /* decided, not open yet */
    bool evening, weekend;
    double geocoding; /* score of its address */
    struct qz_xy at;
};

struct qz_clinic { /* the coordinated sites come first */
    struct qz_clinic_site *sites;
    size_t n, cap, n_coordinated;
    struct qz_person *persons; /* of today, in the order of the register */
    size_t n_persons, cap_persons;
};

void qz_clinic_clear(struct qz_clinic *k); /* keeps its memory for the next commune */
void qz_clinic_done(struct qz_clinic *k);

/* A few metres beside a street of the bourg. */
struct qz_xy qz_clinic_doorstep(const struct qz_streets *g, struct qz_dice *dice);
/* Gives the new site, borrowed until the next one opens; NULL: no memory. */
struct qz_clinic_site *qz_clinic_open(struct qz_ctx *ctx, struct qz_clinic *k,
                                      const struct qz_streets *g, const struct qz_commune *m,
                                      const char *structure, uint32_t room, struct qz_dice *dice);
/* The maisons, centres and hospitals; *n_structures counts those of the whole territory. */
int qz_clinic_found(struct qz_ctx *ctx, struct qz_clinic *k, const struct qz_streets *g,
                    const struct qz_commune *m, uint64_t *n_structures, struct qz_dice *dice);
void qz_clinic_number(struct qz_clinic_site *s, uint64_t *n_structures);
/* A place for one of the profession, by luck; opened when there is none. NULL: no memory. */
struct qz_clinic_site *qz_clinic_choose(struct qz_ctx *ctx, struct qz_clinic *k,
                                        const struct qz_streets *g, const struct qz_commune *m,
                                        const struct qz_profession *p, struct qz_dice *dice);
/* Of today's register; its site is that of the clinic at `s`. */
int qz_clinic_remember(struct qz_ctx *ctx, struct qz_clinic *k, const struct qz_person *who,
                       const struct qz_clinic_site *s);
