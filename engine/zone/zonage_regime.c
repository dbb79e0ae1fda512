/* engine/zone/zonage_regime.c - the rules of a zonage, from a table of one parameter a row. */
#include <math.h>
#include <string.h>
#include "access/rows.h"
#include "quinze/zone.h"

enum { REGIME, REGION, PARAMETER, VALUE, N_COLUMNS };
static const char *const columns[] = { "regime", "region", "parameter", "value" };

enum parameter { ORDER, ZIP_BELOW, POOL_BELOW, ZIP, ZAC, DEROGATION, CRITERIA, N_PARAMETERS };
static const char *const parameters[] = {
    [ORDER] = "order",
    [ZIP_BELOW] = "zip_below_apl",
    [POOL_BELOW] = "pool_below_apl",
    [ZIP] = "zip_percent",
    [ZAC] = "zac_percent",
    [DEROGATION] = "derogation_percent",
    [CRITERIA] = "criteria_percent",
};

/* What was said of a parameter: for all regions, and for the one asked for, which counts more. */
struct said {
    double of_all[N_PARAMETERS], own[N_PARAMETERS];
    unsigned has_all, has_own; /* bits of parameters */
};

static bool for_all(const struct qz_rows *r) { return strcmp(qz_rows_text(r, REGION), "*") == 0; }

static int read_order(struct qz_ctx *ctx, const struct qz_rows *r, double *ret) {
    bool density = qz_equal_nocase(qz_rows_text(r, VALUE), "density");
    if (!density && !qz_equal_nocase(qz_rows_text(r, VALUE), "apl"))
        return qz_rows_bad(ctx, r, VALUE, "apl or density");
    *ret = density;
    return 0;
}

static int read_value(struct qz_ctx *ctx, const struct qz_rows *r, enum parameter p, double *ret) {
    double v;
    if (p == ORDER)
        return read_order(ctx, r, ret);
    bool percent = p >= ZIP;
    if (!qz_rows_number(r, VALUE, &v) || !(v >= 0) || (percent && v > 100))
        return qz_rows_bad(ctx, r, VALUE,
                           percent ? "a number of percents from 0 to 100" : "a number, 0 or more");
    *ret = percent ? v / 100 : v;
    return 0;
}

static int add_row(struct qz_ctx *ctx, const struct qz_rows *r, struct said *s) {
    size_t p = 0;
    while (p < N_PARAMETERS && !qz_equal_nocase(parameters[p], qz_rows_text(r, PARAMETER)))
        p++;
    if (p == N_PARAMETERS)
        return qz_rows_bad(ctx, r, PARAMETER,
                           "one of order, zip_below_apl, pool_below_apl, zip_percent, zac_percent, "
                           "derogation_percent, criteria_percent");
    unsigned *has = for_all(r) ? &s->has_all : &s->has_own;
    if (*has >> p & 1)
        return qz_fail(ctx, QZ_E_DATA, "%s: line %zu: regime '%s', region '%s' says '%s' twice",
                       r->table, r->line, qz_rows_text(r, REGIME), qz_rows_text(r, REGION),
                       parameters[p]);
    *has |= 1U << p;
    return read_value(ctx, r, (enum parameter)p, for_all(r) ? &s->of_all[p] : &s->own[p]);
}

static double said_of(const struct said *s, enum parameter p) {
    return s->has_own >> p & 1 ? s->own[p] : s->has_all >> p & 1 ? s->of_all[p] : NAN;
}

static int year_of(const char *regime) {
    int year = 0;
    for (; *regime >= '0' && *regime <= '9' && year < 10000; regime++)
        year = year * 10 + (*regime - '0');
    return year;
}

int qz_zonage_regime_read(struct qz_ctx *ctx, const char *table, const char *text,
                          const char *regime, const char *region, struct qz_zonage_regime *ret) {
    struct said s = { 0 };
    struct qz_rows r;
    bool found = false;
    int e = qz_rows_open(ctx, table, text, columns, N_COLUMNS, &r);
    while (e >= 0 && (e = qz_rows_next(ctx, &r)) > 0) {
        if (!qz_equal_nocase(qz_rows_text(&r, REGIME), regime))
            continue;
        found = true;
        if (for_all(&r) || (region && qz_equal_nocase(qz_rows_text(&r, REGION), region)))
            e = add_row(ctx, &r, &s);
    }
    if (e == 0 && !found)
        e = qz_rows_unknown(ctx, &r, text, REGIME, "regime", regime);
    double zip_below = said_of(&s, ZIP_BELOW), pool_below = said_of(&s, POOL_BELOW);
    if (e == 0 && zip_below > pool_below)
        e = qz_fail(ctx, QZ_E_DATA, "%s: regime '%s': zip_below_apl %g is above pool_below_apl %g",
                    table, regime, zip_below, pool_below);
    if (e < 0)
        return e;
    *ret = (struct qz_zonage_regime) { .year = year_of(regime),
                                       .by_density = said_of(&s, ORDER) == 1,
                                       .zip_below = zip_below,
                                       .pool_below = pool_below,
                                       .zip_ratio = said_of(&s, ZIP),
                                       .zac_ratio = said_of(&s, ZAC),
                                       .derogation_ratio = said_of(&s, DEROGATION),
                                       .criteria_weight = said_of(&s, CRITERIA) };
    return 0;
}
