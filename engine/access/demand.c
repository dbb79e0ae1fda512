/* engine/access/demand.c - standardised population: what people of each age consume, and where they
 * live. */
#include <math.h>
#include "access/rows.h"
#include "quinze/access.h"

enum { PROFESSION, AGE_FROM, AGE_TO, PER_YEAR, N_COLUMNS };
static const char *const columns[] = { "profession", "age_from", "age_to", "per_year" };

/* ---- consumption by year of age */
static bool age(const struct qz_rows *r, size_t i, double *ret) {
    return qz_rows_number(r, i, ret) && *ret >= 0 && *ret < QZ_AGES && *ret == floor(*ret);
}

static int add_ages(struct qz_ctx *ctx, const struct qz_rows *r, struct qz_consumption *c,
                    bool *said) {
    double from, to = QZ_AGES - 1, per_year;
    if (!age(r, AGE_FROM, &from))
        return qz_rows_bad(ctx, r, AGE_FROM, "a whole age from 0 to 127");
    if (*qz_rows_text(r, AGE_TO) && !(age(r, AGE_TO, &to) && to >= from))
        return qz_rows_bad(ctx, r, AGE_TO, "a whole age from age_from to 127, or empty: and over");
    if (!qz_rows_number(r, PER_YEAR, &per_year) || !(per_year >= 0))
        return qz_rows_bad(ctx, r, PER_YEAR, "a number of 0 or more");
    for (size_t a = (size_t)from; a <= (size_t)to; a++) {
        if (said[a])
            return qz_fail(ctx, QZ_E_DATA, "%s: line %zu: the age %zu of '%s' stands twice",
                           r->table, r->line, a, qz_rows_text(r, PROFESSION));
        said[a] = true;
        c->per_year[a] = per_year;
    }
    return 0;
}

static int check_consumption(struct qz_ctx *ctx, const char *table, const char *profession,
                             const struct qz_consumption *c, const bool *said) {
    double sum = 0;
    size_t from = 0, to;
    for (size_t a = 0; a < QZ_AGES; a++)
        sum += c->per_year[a];
    while (from < QZ_AGES && said[from])
        from++;
    for (to = from; to + 1 < QZ_AGES && !said[to + 1];)
        to++;
    if (from < QZ_AGES)
        return qz_fail(ctx, QZ_E_DATA, "%s: profession '%s' has no row of the ages %zu to %zu",
                       table, profession, from, to);
    return sum > 0
               ? 0
               : qz_fail(ctx, QZ_E_DATA, "%s: nobody consumes '%s' at any age", table, profession);
}

/* The rows of one name: 1 there are some, 0 none. */
static int read_rows(struct qz_ctx *ctx, const char *table, const char *text,
                     const char *profession, struct qz_rows *r, struct qz_consumption *c) {
    bool said[QZ_AGES] = { false }, any = false;
    *c = (struct qz_consumption) { 0 };
    int e = qz_rows_open(ctx, table, text, columns, N_COLUMNS, r);
    while (e >= 0 && (e = qz_rows_next(ctx, r)) > 0)
        if (qz_equal_nocase(qz_rows_text(r, PROFESSION), profession)) {
            any = true;
            e = add_ages(ctx, r, c, said);
        }
    if (e == 0 && any)
        e = check_consumption(ctx, table, profession, c, said);
    return e < 0 ? e : any;
}

int qz_consumption_read(struct qz_ctx *ctx, const char *table, const char *text,
                        const char *profession, struct qz_consumption *ret) {
    struct qz_consumption c;
    struct qz_rows r;
    int e = read_rows(ctx, table, text, profession, &r, &c);
    if (e == 0)
        e = read_rows(ctx, table, text, "*", &r, &c);
    if (e == 0)
        e = qz_rows_unknown(ctx, &r, text, PROFESSION, "profession", profession);
    if (e < 0)
        return e;
    *ret = c;
    return 0;
}

/* ---- people by age */
/* Consumption of a person of a band, its ages being equally many. */
static double band_mean(const struct qz_consumption *c, struct qz_age_range b) {
    enum { LAST = 94, LEAST = 5 };
    unsigned to = b.to != QZ_AGE_OPEN ? b.to : b.from + LEAST > LAST ? b.from + LEAST - 1U : LAST;
    double sum = 0;
    for (unsigned a = b.from; a <= to; a++)
        sum += c->per_year[a < QZ_AGES ? a : QZ_AGES - 1];
    return sum / (to - b.from + 1);
}

/* Mean of value[band] over the people of a commune; false: nobody is there. */
static bool commune_mean(const struct qz_ages *ages, size_t commune, const double *value,
                         double *ret) {
    const double *people = ages->people + commune * ages->n_bands;
    double n = 0, sum = 0;
    for (size_t b = 0; b < ages->n_bands; b++) {
        n += people[b];
        sum += people[b] * value[b];
    }
    if (!(n > 0))
        return false;
    *ret = sum / n;
    return true;
}

int qz_demand_factors(struct qz_ctx *ctx, const struct qz_ages *ages,
                      const struct qz_consumption *consumption, const double *people,
                      double *factor) {
    double by_band[QZ_AGE_BANDS_MOST], all = 0, consumed = 0, mean;
    for (size_t b = 0; b < ages->n_bands; b++)
        by_band[b] = band_mean(consumption, ages->bands[b]);
    for (size_t i = 0; i < ages->n; i++)
        if (commune_mean(ages, i, by_band, &mean)) {
            all += people[i];
            consumed += people[i] * mean;
        }
    if (all > 0 && !(consumed > 0))
        return qz_fail(ctx, QZ_E_DATA,
                       "consumption: people of the ages that live here consume "
                       "nothing: no standardised population can be made");
    for (size_t i = 0; i < ages->n; i++)
        factor[i] = all > 0 && commune_mean(ages, i, by_band, &mean) ? mean / (consumed / all) : 1;
    return 0;
}
