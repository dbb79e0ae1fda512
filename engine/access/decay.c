/* engine/access/decay.c - what a trip weighs by its time: a row, or some, of a registry. */
#include <math.h>
#include <string.h>
#include "access/rows.h"
#include "quinze/access.h"
#include "quinze/travel.h"

enum { NAME, KIND, UPTO_MIN, WEIGHT, SCALE_MIN, N_COLUMNS };
static const char *const columns[] = { "decay", "kind", "upto_min", "weight", "scale_min" };
static const char *const kinds[] = { [QZ_DECAY_STEPS] = "steps",
                                     [QZ_DECAY_GAUSSIAN] = "gaussian",
                                     [QZ_DECAY_EXPONENTIAL] = "exponential" };
static const double longest_min = 1440, ms_per_min = 60000;

static bool minutes(const struct qz_rows *r, size_t i, double *ret) {
    return qz_rows_number(r, i, ret) && *ret > 0 && *ret <= longest_min;
}

static int add_step(struct qz_ctx *ctx, const struct qz_rows *r, uint32_t upto_ms,
                    struct qz_decay *d) {
    double weight, before = d->n ? d->weight[d->n - 1] : 1;
    if (!qz_rows_number(r, WEIGHT, &weight) || !(weight >= 0 && weight <= before))
        return qz_rows_bad(ctx, r, WEIGHT, "a number from 0 to the weight of the step before (1)");
    if (d->n && upto_ms <= d->limit_ms)
        return qz_rows_bad(ctx, r, UPTO_MIN, "longer than the step before");
    if (d->n == QZ_DECAY_STEPS_MOST)
        return qz_fail(ctx, QZ_E_DATA, "%s: line %zu: decay '%s' has more than %d steps", r->table,
                       r->line, qz_rows_text(r, NAME), QZ_DECAY_STEPS_MOST);
    d->step_ms[d->n] = upto_ms;
    d->weight[d->n++] = weight;
    return 0;
}

static int add_row(struct qz_ctx *ctx, const struct qz_rows *r, struct qz_decay *d) {
    bool first = d->limit_ms == 0;
    double upto_min, scale_min;
    size_t kind = 0;
    int e = 0;
    while (kind < COUNT(kinds) && !qz_equal_nocase(kinds[kind], qz_rows_text(r, KIND)))
        kind++;
    if (kind == COUNT(kinds))
        return qz_rows_bad(ctx, r, KIND, "steps, gaussian or exponential");
    if (!first && (kind != QZ_DECAY_STEPS || d->kind != QZ_DECAY_STEPS))
        return qz_fail(ctx, QZ_E_DATA, "%s: line %zu: decay '%s' stands twice", r->table, r->line,
                       qz_rows_text(r, NAME));
    if (!minutes(r, UPTO_MIN, &upto_min))
        return qz_rows_bad(ctx, r, UPTO_MIN, "a number of minutes above 0 (at most 1440)");
    uint32_t upto_ms = (uint32_t)floor(upto_min * ms_per_min + 0.5);
    d->kind = (enum qz_decay_kind)kind;
    if (d->kind == QZ_DECAY_STEPS)
        e = add_step(ctx, r, upto_ms, d);
    else if (!minutes(r, SCALE_MIN, &scale_min))
        e = qz_rows_bad(ctx, r, SCALE_MIN, "a number of minutes above 0 (at most 1440)");
    else
        d->scale_ms = scale_min * ms_per_min;
    d->limit_ms = upto_ms;
    return e;
}

int qz_decay_read(struct qz_ctx *ctx, const char *table, const char *text, const char *name,
                  struct qz_decay *ret) {
    struct qz_decay d = { 0 };
    struct qz_rows r;
    int e = qz_rows_open(ctx, table, text, columns, N_COLUMNS, &r);
    while (e >= 0 && (e = qz_rows_next(ctx, &r)) > 0)
        if (qz_equal_nocase(qz_rows_text(&r, NAME), name))
            e = add_row(ctx, &r, &d);
    if (e == 0 && d.limit_ms == 0)
        e = qz_rows_unknown(ctx, &r, text, NAME, "decay", name);
    if (e < 0)
        return e;
    *ret = d;
    return 0;
}

double qz_decay_weight(const struct qz_decay *d, uint32_t time_ms) {
    double weight;
    qz_decay_weights(d, &(struct qz_link) { .time_ms = time_ms }, 1, &weight);
    return weight;
}

void qz_decay_weights(const struct qz_decay *d, const struct qz_link *links, size_t n,
                      double *weight) {
    double step_weight[QZ_DECAY_STEPS_MOST + 1] = { 0 };
    for (size_t s = 0; s < d->n; s++)
        step_weight[s] = d->weight[s];
    for (size_t i = 0; i < n && d->kind == QZ_DECAY_STEPS; i++) {
        size_t step = 0; /* counted, not searched: times jump, and so would the branches */
        for (size_t s = 0; s < d->n; s++)
            step += links[i].time_ms > d->step_ms[s];
        weight[i] = step_weight[step];
    }
    for (size_t i = 0; i < n && d->kind != QZ_DECAY_STEPS; i++) {
        double scales = links[i].time_ms / d->scale_ms;
        double curve = d->kind == QZ_DECAY_GAUSSIAN ? exp(-scales * scales / 2) : exp(-scales);
        weight[i] = links[i].time_ms <= d->limit_ms ? curve : 0;
    }
}
