/* engine/demo/people.c - inhabitants by age: older far from towns and in the uplands. */
#include <math.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { N_BANDS = 6, PURPOSE_AGES = 81 };

static const struct qz_column columns[] = {
    { "CODGEO", QZ_TEXT, 0 },     { "LIBGEO", QZ_TEXT, 0 },     { "PMUN", QZ_INT, 0 },
    { "P21_POP", QZ_INT, 0 },     { "P21_POP0014", QZ_INT, 0 }, { "P21_POP1529", QZ_INT, 0 },
    { "P21_POP3044", QZ_INT, 0 }, { "P21_POP4559", QZ_INT, 0 }, { "P21_POP6074", QZ_INT, 0 },
    { "P21_POP75P", QZ_INT, 0 },
};

static double ageing(const struct qz_commune *m, struct qz_dice *d) { /* 0 young .. 1 old */
    static const double usual[] = { [QZ_PLACE_VILLAGE] = 0.50,
                                    [QZ_PLACE_SUBURB] = 0.12,
                                    [QZ_PLACE_CENTRE] = 0.52,
                                    [QZ_PLACE_TOWN] = 0.35,
                                    [QZ_PLACE_CAPITAL] = 0.15 };
    double old = usual[m->place] + 0.12 * qz_dice_bell(d);
    if (m->upland > 0 || m->island)
        old = 0.85 + 0.25 * (double)m->upland + 0.08 * qz_dice_bell(d);
    return fmin(fmax(old, 0), 1.15);
}

/* Whole people, which sum to the total: the rounding is carried from band to band. */
static void split(uint32_t people, double old, uint32_t ret[N_BANDS]) {
    static const double young[N_BANDS] = { 0.190, 0.200, 0.195, 0.190, 0.140, 0.085 };
    static const double aged[N_BANDS] = { 0.115, 0.100, 0.130, 0.205, 0.260, 0.190 };
    double done = 0;
    uint32_t given = 0;
    for (int i = 0; i < N_BANDS; i++) {
        done += (1 - old) * young[i] + old * aged[i];
        uint32_t upto = i + 1 < N_BANDS ? (uint32_t)(done * people) : people;
        ret[i] = upto - given;
        given = upto;
    }
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_AGES);
    uint32_t bands[N_BANDS];
    split(m->people, ageing(m, &dice), bands);
    qz_writer_text(w, 0, m->insee);
    qz_writer_text(w, 1, m->name);
    qz_writer_int(w, 2, m->people);
    qz_writer_int(w, 3, m->people);
    for (size_t k = 0; k < N_BANDS; k++)
        qz_writer_int(w, 4 + k, bands[k]);
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_population = { "population.csv",      QZ_CSV,       "population",
                                                 "Population inventée", QZ_GEOM_NONE, columns,
                                                 COUNT(columns),        write };
