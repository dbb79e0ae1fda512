/* engine/access/preset.c - named sets of rules for a score, from a table of one parameter a row. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "access/rows.h"
#include "quinze/access.h"

enum { PRESET, PARAMETER, VALUE, N_COLUMNS };
static const char *const columns[] = { "preset", "parameter", "value" };
static const char *const methods[] = {
    [QZ_SCORE_2SFCA] = "2sfca", [QZ_SCORE_E2SFCA] = "e2sfca", [QZ_SCORE_APL] = "apl"
};
static const char *const units[] = {
    [QZ_SCORE_FTE_PER_100K] = "fte_per_100k", [QZ_SCORE_CONSULTATIONS] = "consultations"
};

enum parameter { METHOD, DECAY, UNIT, CONSULTATIONS, AGE_LIMIT, N_PARAMETERS };
static const char *const parameters[] = {
    [METHOD] = "method",
    [DECAY] = "decay",
    [UNIT] = "unit",
    [CONSULTATIONS] = "consultations_per_fte",
    [AGE_LIMIT] = "age_limit_years",
};

/* n: there is none of that name. */
static size_t which(const char *const *names, size_t n, const char *name) {
    size_t i = 0;
    while (i < n && !qz_equal_nocase(names[i], name))
        i++;
    return i;
}

static int set_number(struct qz_ctx *ctx, const struct qz_rows *r, double *ret) {
    double v;
    if (!qz_rows_number(r, VALUE, &v) || !(v > 0))
        return qz_rows_bad(ctx, r, VALUE, "a number above 0");
    *ret = v;
    return 0;
}

static int set(struct qz_ctx *ctx, const struct qz_rows *r, enum parameter p,
               struct qz_apl_preset *preset) {
    const char *value = qz_rows_text(r, VALUE);
    size_t k;
    switch (p) {
    case METHOD:
        k = which(methods, COUNT(methods), value);
        preset->method = (enum qz_score_method)k;
        return k < COUNT(methods) ? 0 : qz_rows_bad(ctx, r, VALUE, "2sfca, e2sfca or apl");
    case UNIT:
        k = which(units, COUNT(units), value);
        preset->unit = (enum qz_score_unit)k;
        return k < COUNT(units) ? 0 : qz_rows_bad(ctx, r, VALUE, "fte_per_100k or consultations");
    case DECAY:
        if (!*value || strlen(value) >= sizeof preset->decay)
            return qz_rows_bad(ctx, r, VALUE, "a name of up to 31 characters");
        snprintf(preset->decay, sizeof preset->decay, "%s", value);
        return 0;
    case CONSULTATIONS:
        return set_number(ctx, r, &preset->consultations_per_fte);
    case AGE_LIMIT:
        return set_number(ctx, r, &preset->age_limit_years);
    case N_PARAMETERS:
        break;
    }
    return qz_rows_bad(ctx, r, PARAMETER,
                       "one of method, decay, unit, consultations_per_fte, age_limit_years");
}

/* What was not said, and what contradicts. */
static int check(struct qz_ctx *ctx, const char *table, const char *name, unsigned said,
                 const struct qz_apl_preset *p) {
    static const enum parameter needed[] = { METHOD, DECAY, UNIT };
    for (size_t i = 0; i < COUNT(needed); i++)
        if (!(said >> needed[i] & 1))
            return qz_fail(ctx, QZ_E_DATA, "%s: preset '%s' has no row of '%s'", table, name,
                           parameters[needed[i]]);
    if (p->unit == QZ_SCORE_CONSULTATIONS && !(said >> CONSULTATIONS & 1))
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: preset '%s' counts consultations and has no row of '%s'", table, name,
                       parameters[CONSULTATIONS]);
    return 0;
}

int qz_apl_preset_read(struct qz_ctx *ctx, const char *table, const char *text, const char *name,
                       struct qz_apl_preset *ret) {
    struct qz_apl_preset p = { .consultations_per_fte = 1, .age_limit_years = INFINITY };
    unsigned said = 0;
    struct qz_rows r;
    int e = qz_rows_open(ctx, table, text, columns, N_COLUMNS, &r);
    while (e >= 0 && (e = qz_rows_next(ctx, &r)) > 0) {
        size_t k = which(parameters, N_PARAMETERS, qz_rows_text(&r, PARAMETER));
        if (!qz_equal_nocase(qz_rows_text(&r, PRESET), name))
            continue;
        e = said >> k & 1 ? qz_fail(ctx, QZ_E_DATA, "%s: line %zu: preset '%s' says '%s' twice",
                                    table, r.line, name, parameters[k])
                          : set(ctx, &r, (enum parameter)k, &p);
        said |= 1U << k;
    }
    if (e == 0)
        e = said ? check(ctx, table, name, said, &p)
                 : qz_rows_unknown(ctx, &r, text, PRESET, "preset", name);
    if (e < 0)
        return e;
    *ret = p;
    return 0;
}

double qz_apl_supply_per_fte(const struct qz_apl_preset *p) {
    return p->unit == QZ_SCORE_CONSULTATIONS ? p->consultations_per_fte : 1;
}

double qz_apl_score_factor(const struct qz_apl_preset *p) {
    return p->unit == QZ_SCORE_FTE_PER_100K ? 1e5 : 1;
}
