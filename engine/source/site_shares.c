/* engine/source/site_shares.c - one person over several places.
 *
 * A person of n places counts 1/n at each, unless shares are stated; where only some rows state
 * one, the others split the rest. Shares that do not sum to 1 are told and brought to 1. Heads go
 * to the rows that no rule excludes, so that whoever is counted is counted whole; a place of work
 * in no commune of the layer keeps its part. Full-time equivalents are those of all posts: each
 * place gets its share, and what a rule excludes is left out of them. */
#include <math.h>
#include <stdio.h>
#include "source/site_rows.h"

static const double tolerance = 1e-6;

struct stated {
    double sum;
    size_t n;
};

static struct stated stated_shares(const struct qz_site_row *rows, size_t n) {
    struct stated s = { 0 };
    for (size_t i = 0; i < n; i++)
        if (rows[i].share >= 0) {
            s.sum += rows[i].share;
            s.n++;
        }
    return s;
}

static void list_rows(const struct qz_site_row *rows, size_t n, char ret[96]) {
    size_t used = 0;
    for (size_t i = 0; i < n && used < 80; i++)
        used += (size_t)snprintf(ret + used, 96 - used, "%s%zu", i ? ", " : "", rows[i].number);
    if (used >= 80)
        snprintf(ret + 80, 96 - 80, " ...");
}

static int check_sum(struct qz_ctx *ctx, struct qz_site_build *b, const struct qz_site_row *rows,
                     size_t n, struct stated s) {
    bool some = s.n > 0 && s.n < n;
    bool good = s.n == 0 || (some ? s.sum < 1 - tolerance : fabs(s.sum - 1) <= tolerance);
    if (good)
        return 0;
    char numbers[96];
    list_rows(rows, n, numbers);
    return qz_site_tell(ctx, b, QZ_BAD_SHARES, rows[0].number,
                        "the shares of the person '%s' sum to %.6g (rows %s)%s; correct them",
                        rows[0].person, s.sum, numbers,
                        some ? " and leave nothing for the rows without one, which count for 0; "
                               "the others are brought to 1"
                             : ": they are brought to 1");
}

static double weight_of(const struct qz_site_row *row, size_t n, struct stated s) {
    if (s.n == 0 || (s.n == n && s.sum <= 0))
        return 1;
    if (row->share >= 0)
        return row->share;
    double rest = 1 - s.sum;
    return rest > tolerance ? rest / (double)(n - s.n) : 0;
}

/* Heads of the rows that are not excluded sum to 1, to the bit: the last one with a part takes what
 * is left. */
static void share_heads(struct qz_site_row *rows, size_t n, struct stated s) {
    double all = 0, given = 0;
    size_t n_in = 0, last = n;
    for (size_t i = 0; i < n; i++)
        if (rows[i].fate != QZ_ROW_EXCLUDED) {
            all += weight_of(&rows[i], n, s);
            n_in++;
        }
    for (size_t i = 0; i < n; i++) {
        if (rows[i].fate == QZ_ROW_EXCLUDED)
            continue;
        double part = all > 0 ? weight_of(&rows[i], n, s) / all : 1.0 / (double)n_in;
        rows[i].heads_here = part;
        last = part > 0 ? i : last;
    }
    for (size_t i = 0; i < last && last < n; i++)
        given += rows[i].heads_here;
    if (last < n)
        rows[last].heads_here = fmax(1 - given, 0);
}

static double within(const struct qz_site_build *b, double fte, double heads) {
    double ceiling = b->in->fte_ceiling > 0 ? b->in->fte_ceiling : INFINITY;
    return fmin(fmax(fte, b->in->fte_floor * heads), ceiling * heads);
}

/* The person's whole is held between floor and ceiling, then goes where the shares say. */
static void share_fte(const struct qz_site_build *b, struct qz_site_row *rows, size_t n,
                      struct stated s) {
    double all = 0, whole = 0;
    for (size_t i = 0; i < n; i++)
        all += weight_of(&rows[i], n, s);
    for (size_t i = 0; i < n; i++) {
        rows[i].fte_here = rows[i].fte * weight_of(&rows[i], n, s) / all;
        whole += rows[i].fte_here;
    }
    double held = within(b, whole, 1);
    for (size_t i = 0; i < n && held != whole; i++)
        rows[i].fte_here = whole > 0 ? rows[i].fte_here * (held / whole)
                                     : held * weight_of(&rows[i], n, s) / all;
}

int qz_site_share(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *rows, size_t n) {
    struct stated s = stated_shares(rows, n);
    share_heads(rows, n, s);
    if (rows[0].fte >= 0)
        share_fte(b, rows, n, s);
    return check_sum(ctx, b, rows, n, s);
}

void qz_site_share_nameless(const struct qz_site_build *b, struct qz_site_row *row) {
    double share = row->share >= 0 ? row->share : 1;
    row->heads_here = row->heads * share;
    if (row->fte >= 0)
        row->fte_here = (row->secret ? row->fte : within(b, row->fte, row->heads)) * share;
}
