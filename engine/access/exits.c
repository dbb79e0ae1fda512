/* engine/access/exits.c - at which age practitioners stop: one age for all, or a table of rates. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"
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
struct line {
    double from, to, rate;
};

/* The next field as a number, `missing` when it is empty; false: it is not there, or no number. */
static bool next_number(const char **at, const char *end, char separator, double missing,
                        double *ret) {
    char field[32];
    if (*at > end)
        return false;
    const char *found = memchr(*at, separator, (size_t)(end - *at)), *to = found ? found : end;
    if (to - *at >= (long)sizeof field)
        return false;
    snprintf(field, sizeof field, "%.*s", (int)(to - *at), *at);
    *at = to + 1;
    *ret = missing;
    return field[strspn(field, " \t")] == 0 ? !isnan(missing) : qz_parse_number(field, ret);
}

static bool is_age(double v) { return v >= 0 && v < QZ_AGES && v == floor(v); }

static bool parse_line(const char *from, const char *end, char separator, struct line *l) {
    return next_number(&from, end, separator, NAN, &l->from) &&
           next_number(&from, end, separator, QZ_AGES - 1, &l->to) &&
           next_number(&from, end, separator, NAN, &l->rate) && is_age(l->from) && is_age(l->to) &&
           l->from <= l->to && l->rate >= 0 && l->rate <= 1;
}

/* rate: NAN where no line has been. */
static int add_line(struct qz_ctx *ctx, const char *table, size_t number, const struct line *l,
                    double *rate) {
    for (int age = (int)l->from; age <= (int)l->to; age++) {
        if (!isnan(rate[age]))
            return qz_fail(ctx, QZ_E_DATA,
                           "%s: line %zu: age %d has a rate already; let each line begin one year "
                           "after the one before ends",
                           table, number, age);
        rate[age] = l->rate;
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
    char separator = 0; /* the header tells */
    size_t number = 1;
    for (int age = 0; age < QZ_AGES; age++)
        exits.rate[age] = NAN;
    for (const char *at = text; *at; number++) {
        const char *end = at + strcspn(at, "\n");
        const char *stop = end > at && end[-1] == '\r' ? end - 1 : end;
        bool skip = *at == '#' || stop == at;
        struct line line;
        if (!skip && separator && !parse_line(at, stop, separator, &line))
            return qz_fail(ctx, QZ_E_FORMAT,
                           "%s: line %zu: '%.*s' is not age_from,age_to,rate (whole years, both "
                           "included; a rate from 0 to 1; an empty age_to: and older)",
                           table, number, (int)(stop - at), at);
        int e = !skip && separator ? add_line(ctx, table, number, &line, exits.rate) : 0;
        if (e < 0)
            return e;
        if (!skip && !separator)
            separator = memchr(at, ';', (size_t)(stop - at)) ? ';' : ',';
        at = *end ? end + 1 : end;
    }
    int e = check_ages(ctx, table, exits.rate);
    if (e == 0)
        *ret = exits;
    return e;
}
