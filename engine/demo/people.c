/* engine/demo/people.c - inhabitants by age, older far from towns and in the uplands, and their
 * households. */
#include <math.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { N_BANDS = 6, PURPOSE_AGES = 81, PURPOSE_HOUSEHOLDS };

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

static void bands_of(const struct qz_commune *m, uint32_t ret[N_BANDS]) {
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_AGES);
    split(m->people, ageing(m, &dice), ret);
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    uint32_t bands[N_BANDS];
    bands_of(m, bands);
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

/* ---- population_ages.csv: the same people, in the communes of 2021 */

static const struct qz_column age_columns[] = {
    { "CODGEO", QZ_TEXT, 0 },     { "P21_POP", QZ_INT, 0 },     { "P21_POP0014", QZ_INT, 0 },
    { "P21_POP1529", QZ_INT, 0 }, { "P21_POP3044", QZ_INT, 0 }, { "P21_POP4559", QZ_INT, 0 },
    { "P21_POP6074", QZ_INT, 0 }, { "P21_POP75P", QZ_INT, 0 },
};

static int write_bands(struct qz_ctx *ctx, struct qz_writer *w, const char *insee,
                       const uint32_t bands[N_BANDS]) {
    uint32_t people = 0;
    qz_writer_text(w, 0, insee);
    for (size_t k = 0; k < N_BANDS; k++) {
        people += bands[k];
        qz_writer_int(w, 2 + k, bands[k]);
    }
    qz_writer_int(w, 1, people);
    return qz_writer_row(ctx, w);
}

static int write_merged(struct qz_ctx *ctx, const struct qz_past *past, const struct qz_commune *m,
                        const uint32_t bands[N_BANDS], struct qz_writer *w) {
    uint32_t kept[N_BANDS], gone[N_BANDS];
    for (size_t k = 0; k < N_BANDS; k++) {
        kept[k] = qz_past_kept(bands[k]);
        gone[k] = bands[k] - kept[k];
    }
    int r = write_bands(ctx, w, m->insee, kept);
    return r < 0 ? r : write_bands(ctx, w, past->gone_insee, gone);
}

static int write_ages(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *communes = d->country->communes;
    uint32_t bands[N_BANDS], more[N_BANDS];
    if (i == d->past.child)
        return 0; /* in its parent's row */
    bands_of(&communes[i], bands);
    if (i == d->past.parent) {
        bands_of(&communes[d->past.child], more);
        for (size_t k = 0; k < N_BANDS; k++)
            bands[k] += more[k];
    }
    return i == d->past.merged ? write_merged(ctx, &d->past, &communes[i], bands, w)
                               : write_bands(ctx, w, communes[i].insee, bands);
}

const struct qz_demo_file qz_demo_ages = { "population_ages.csv", QZ_CSV,       "population_ages",
                                           "Âges inventés",       QZ_GEOM_NONE, age_columns,
                                           COUNT(age_columns),    write_ages };

/* ---- menages.csv: households, and how many of them have a car */

static const struct qz_column household_columns[] = {
    { "CODGEO", QZ_TEXT, 0 },          { "LIBGEO", QZ_TEXT, 0 },
    { "P21_MEN", QZ_INT, 0 },          { "P21_RP_VOIT1P", QZ_INT, 0 },
    { "men_sans_voiture", QZ_INT, 0 }, { "part_75p_pct", QZ_REAL, 1 }
};

static int write_households(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                            struct qz_writer *w) {
    static const double without[] = { [QZ_PLACE_VILLAGE] = 0.06,
                                      [QZ_PLACE_SUBURB] = 0.07,
                                      [QZ_PLACE_CENTRE] = 0.13,
                                      [QZ_PLACE_TOWN] = 0.20,
                                      [QZ_PLACE_CAPITAL] = 0.27 };
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_HOUSEHOLDS);
    uint32_t bands[N_BANDS];
    bands_of(m, bands);
    double aged = m->people ? (double)bands[N_BANDS - 1] / m->people : 0;
    double size = qz_dice_between(&dice, 2.1, 2.4) - 1.2 * aged;
    double share = without[m->place] + 0.25 * aged + qz_dice_between(&dice, -0.015, 0.015);
    uint32_t households = (uint32_t)(m->people / size + 0.5);
    uint32_t carless = (uint32_t)(households * share + 0.5);
    qz_writer_text(w, 0, m->insee);
    qz_writer_text(w, 1, m->name);
    qz_writer_int(w, 2, households);
    qz_writer_int(w, 3, households - carless);
    qz_writer_int(w, 4, carless);
    qz_writer_real(w, 5, 100 * aged);
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_households = { "menages.csv",
                                                 QZ_CSV,
                                                 "menages",
                                                 "Ménages inventés",
                                                 QZ_GEOM_NONE,
                                                 household_columns,
                                                 COUNT(household_columns),
                                                 write_households };
