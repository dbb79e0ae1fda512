/* engine/access/exits.c - at which age practitioners stop: one age for all, or a table of rates. */
#include <math.h>
#include "access/rows.h"
#include "quinze/access.h"

enum { YOUNGEST = 18, OLDEST = 110 }; /* ages that a practitioner can have */

/* Those of 66 pass 67 within the year; of 66 and a half, only who is older than that today. */
int qz_exits_at_age(struct qz_ctx *ctx, double retirement_age, struct qz_exits *ret) {
    if (!(retirement_age >= YOUNGEST && retirement_age <= 120))
        return qz_fail(ctx, QZ_E_RANGE, "a retirement age of %g is not between %d and 120",
                       retirement_age, YOUNGEST);
    for (int age = 0; age < QZ_AGES; age++)
        ret->rate[age] = fmin(fmax(age + 2 - retirement_age, 0), 1);
    return 0;
}

/* ---- the table of rates */
enum { AGE_FROM, AGE_TO, RATE, N_COLUMNS };
static const char *const columns[N_COLUMNS] = { "age_from", "age_to", "rate" };

struct line {
    double from, to, rate;
};

static bool is_age(double v) { return v >= 0 && v < QZ_AGES && v == floor(v); }

static int read_line(struct qz_ctx *ctx, const struct qz_rows *r, struct line *l) {
    l->to = QZ_AGES - 1;
    if (!qz_rows_number(r, AGE_FROM, &l->from) || !is_age(l->from))
        return qz_rows_bad(ctx, r, AGE_FROM, "an age in whole years");
    if (*qz_rows_text(r, AGE_TO) && (!qz_rows_number(r, AGE_TO, &l->to) || !is_age(l->to)))
        return qz_rows_bad(ctx, r, AGE_TO, "an age in whole years, or empty: and older");
    if (l->to < l->from)
        return qz_rows_bad(ctx, r, AGE_TO, "at or above age_from: both are included");
    if (!qz_rows_number(r, RATE, &l->rate) || !(l->rate >= 0 && l->rate <= 1))
        return qz_rows_bad(ctx, r, RATE, "a rate from 0 to 1");
    return 0;
}

/* rate: NAN where no line has been. */
static int add_line(struct qz_ctx *ctx, const struct qz_rows *r, double *rate) {
    struct line l = { 0 };
    int e = read_line(ctx, r, &l);
    if (e < 0)
        return e;
    for (int age = (int)l.from; age <= (int)l.to; age++) {
        if (!isnan(rate[age]))
            return qz_fail(ctx, QZ_E_DATA,
                           "%s: line %zu: age %d has a rate already; let each line begin one year "
                           "after the one before ends",
                           r->table, r->line, age);
        rate[age] = l.rate;
    }
    return 0;
}

/* Beyond the ages of practitioners nobody asks. */
static int check_ages(struct qz_ctx *ctx, const char *table, double *rate) {
    int from = YOUNGEST;
    while (from <= OLDEST && !isnan(rate[from]))
        from++;
    int to = from;
    while (to < OLDEST && isnan(rate[to + 1]))
        to++;
    if (from <= OLDEST)
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: ages %d to %d have no rate; add a line for them (0: nobody leaves), or "
                       "leave age_to of the last line empty",
                       table, from, to);
    for (int age = 0; age < QZ_AGES; age++)
        if (isnan(rate[age]))
            rate[age] = age < YOUNGEST ? 0 : 1;
    return 0;
}

int qz_exits_read(struct qz_ctx *ctx, const char *table, const char *text, struct qz_exits *ret) {
    struct qz_exits exits;
    struct qz_rows r;
    for (int age = 0; age < QZ_AGES; age++)
        exits.rate[age] = NAN;
    int e = qz_rows_open(ctx, table, text, columns, N_COLUMNS, &r);
    while (e == 0 && (e = qz_rows_next(ctx, &r)) > 0)
        e = add_line(ctx, &r, exits.rate);
    if (e == 0)
        e = check_ages(ctx, table, exits.rate);
    if (e == 0)
        *ret = exits;
    return e;
}
