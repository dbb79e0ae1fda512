/* engine/zone/rank.c - who is helped first: terms of need, weighed, and how far a rank moves with
 * the weights. */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "quinze/zone.h"

enum { DIGIT_BITS = 10, N_DIGITS = 4, N_VALUES = 1 << DIGIT_BITS };
static const double steps_per_point = 1e9; /* scores closer than this are equal */
static const double least_weight = 1e-200; /* of the largest; under it sums would lose themselves */
#define BEST_KEY ((uint64_t)100000000000)  /* of a score of 100; below 2^40 */

struct entry {
    uint64_t key; /* small is first */
    uint32_t unit;
};
struct ranking {
    size_t n, n_terms;            /* only terms that weigh more than 0 */
    double weight[QZ_TERMS_MOST]; /* the largest is 1 */
    double *need;                 /* [n * n_terms], by unit; 0 where it is not known */
    uint16_t *known;              /* [n]: bits of terms */
    struct entry *entries, *spare;
    size_t n_entries; /* units that have a score */
    struct qz_rank *ranks;
};

static void ranking_done(struct ranking *r) {
    free(r->need);
    free(r->known);
    free(r->entries);
    free(r->spare);
    free(r->ranks);
}

/* ---- input */
static int check_terms(struct qz_ctx *ctx, const struct qz_term *terms, size_t n_terms, size_t n,
                       double *largest) {
    for (size_t t = 0; t < n_terms; t++) {
        if (!(terms[t].weight >= 0 && isfinite(terms[t].weight)))
            return qz_fail(ctx, QZ_E_RANGE, "rank: the weight of term %zu is %g, not 0 or more", t,
                           terms[t].weight);
        for (size_t i = 0; i < n; i++)
            if (terms[t].need[i] < 0 || terms[t].need[i] > 1)
                return qz_fail(ctx, QZ_E_RANGE, "rank: need %zu of term %zu is %g, not 0 to 1", i,
                               t, terms[t].need[i]);
        *largest = fmax(*largest, terms[t].weight);
    }
    return *largest > 0 ? 0 : qz_fail(ctx, QZ_E_RANGE, "rank: every term weighs 0");
}

static int check(struct qz_ctx *ctx, const struct qz_term *terms, size_t n_terms, size_t n,
                 double move_ratio, double *largest) {
    if (n_terms < 1 || n_terms > QZ_TERMS_MOST)
        return qz_fail(ctx, QZ_E_RANGE, "rank: %zu terms, not 1 to %d", n_terms, QZ_TERMS_MOST);
    if (n >= UINT32_MAX)
        return qz_fail(ctx, QZ_E_RANGE, "rank: %zu units are too many", n);
    if (!(move_ratio >= 0 && move_ratio < 1))
        return qz_fail(ctx, QZ_E_RANGE, "rank: weights move by a ratio of %g, not 0 to under 1",
                       move_ratio);
    return check_terms(ctx, terms, n_terms, n, largest);
}

static void copy_terms(struct ranking *r, const struct qz_term *terms, size_t n_terms,
                       double largest) {
    const double *need[QZ_TERMS_MOST];
    for (size_t t = 0; t < n_terms; t++)
        if (terms[t].weight / largest >= least_weight) {
            need[r->n_terms] = terms[t].need;
            r->weight[r->n_terms++] = terms[t].weight / largest;
        }
    for (size_t i = 0; i < r->n; i++) {
        unsigned known = 0;
        for (size_t t = 0; t < r->n_terms; t++) {
            bool has = !isnan(need[t][i]);
            r->need[i * r->n_terms + t] = has ? need[t][i] : 0;
            known |= (unsigned)has << t;
        }
        r->known[i] = (uint16_t)known;
    }
}

static int ranking_init(struct qz_ctx *ctx, const struct qz_term *terms, size_t n_terms, size_t n,
                        double largest, struct ranking *ret) {
    *ret = (struct ranking) { .n = n };
    ret->need = qz_malloc(n * n_terms, sizeof *ret->need);
    ret->known = qz_malloc(n, sizeof *ret->known);
    ret->entries = qz_malloc(n, sizeof *ret->entries);
    ret->spare = qz_malloc(n, sizeof *ret->spare);
    ret->ranks = qz_calloc(n, sizeof *ret->ranks);
    if (!ret->need || !ret->known || !ret->entries || !ret->spare || !ret->ranks)
        return qz_fail_nomem(ctx);
    copy_terms(ret, terms, n_terms, largest);
    return 0;
}

/* ---- scores, as whole steps: then a tie is a tie whatever the rounding of the sums */
static uint64_t points(const struct ranking *r, size_t unit, const double *weight, double all) {
    const double *need = &r->need[unit * r->n_terms];
    double sum = 0, known = all;
    for (size_t t = 0; t < r->n_terms; t++)
        sum += weight[t] * need[t];
    if (r->known[unit] + 1U != 1U << r->n_terms) {
        known = 0;
        for (size_t t = 0; t < r->n_terms; t++)
            known += r->known[unit] >> t & 1 ? weight[t] : 0;
    }
    uint64_t steps = (uint64_t)(sum / known * 100 * steps_per_point + 0.5);
    return steps < BEST_KEY ? steps : BEST_KEY;
}

static void score_all(struct ranking *r, const double *weight) {
    double all = 0;
    for (size_t t = 0; t < r->n_terms; t++)
        all += weight[t];
    r->n_entries = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->known[i])
            r->entries[r->n_entries++] = (struct entry) { BEST_KEY - points(r, i, weight, all),
                                                          (uint32_t)i };
}

/* ---- order: by digits from the lowest, each time stable, so that equal keys stay by index */
static void count_digits(const struct ranking *r, uint32_t count[N_DIGITS][N_VALUES]) {
    memset(count, 0, sizeof(uint32_t[N_DIGITS][N_VALUES]));
    for (size_t i = 0; i < r->n_entries; i++)
        for (size_t d = 0; d < N_DIGITS; d++)
            count[d][r->entries[i].key >> d * DIGIT_BITS & (N_VALUES - 1)]++;
}

static void sort_by_digit(struct ranking *r, size_t digit, uint32_t *count) {
    uint32_t before = 0;
    for (size_t v = 0; v < N_VALUES; v++) {
        uint32_t n = count[v];
        count[v] = before;
        before += n;
    }
    for (size_t i = 0; i < r->n_entries; i++) {
        uint64_t value = r->entries[i].key >> digit * DIGIT_BITS & (N_VALUES - 1);
        r->spare[count[value]++] = r->entries[i];
    }
    struct entry *sorted = r->spare;
    r->spare = r->entries;
    r->entries = sorted;
}

static void sort(struct ranking *r) {
    uint32_t count[N_DIGITS][N_VALUES];
    count_digits(r, count);
    for (size_t d = 0; d < N_DIGITS; d++)
        sort_by_digit(r, d, count[d]);
}

/* ---- ranks */
static void rank_as_given(struct ranking *r) {
    score_all(r, r->weight);
    sort(r);
    for (size_t i = 0; i < r->n_entries; i++) {
        uint32_t rank = (uint32_t)i + 1;
        double steps = (double)(BEST_KEY - r->entries[i].key);
        r->ranks[r->entries[i].unit] = (struct qz_rank) { steps / steps_per_point, rank, rank,
                                                          rank };
    }
    uint32_t rank = (uint32_t)r->n_entries;
    for (size_t i = 0; i < r->n; i++)
        if (!r->known[i]) {
            rank++;
            r->ranks[i] = (struct qz_rank) { NAN, rank, rank, rank };
        }
}

static void rank_at_corner(struct ranking *r, uint32_t up, double move_ratio) {
    double weight[QZ_TERMS_MOST];
    for (size_t t = 0; t < r->n_terms; t++)
        weight[t] = r->weight[t] * (up >> t & 1 ? 1 + move_ratio : 1 - move_ratio);
    score_all(r, weight);
    sort(r);
    for (size_t i = 0; i < r->n_entries; i++) {
        struct qz_rank *of = &r->ranks[r->entries[i].unit];
        uint32_t rank = (uint32_t)i + 1;
        of->best = rank < of->best ? rank : of->best;
        of->worst = rank > of->worst ? rank : of->worst;
    }
}

/* All down and all up are the weights as given: the corners between them are left. */
static int rank_at_corners(struct qz_ctx *ctx, struct ranking *r, double move_ratio) {
    uint32_t n = 1U << r->n_terms, tick = n / 100 + 1;
    int e = 0;
    for (uint32_t up = 1; up + 1 < n && move_ratio > 0 && e == 0; up++) {
        rank_at_corner(r, up, move_ratio);
        if (up % tick == 0)
            e = qz_progress(ctx, (double)up / n, "ranks as weights move");
    }
    return e;
}

int qz_rank_new(struct qz_ctx *ctx, const struct qz_term *terms, size_t n_terms, size_t n,
                double move_ratio, struct qz_rank *ret) {
    qz_cleanup(ranking_done) struct ranking r = { 0 };
    double largest = 0;
    int e = check(ctx, terms, n_terms, n, move_ratio, &largest);
    if (e == 0)
        e = ranking_init(ctx, terms, n_terms, n, largest, &r);
    if (e < 0)
        return e;
    rank_as_given(&r);
    e = rank_at_corners(ctx, &r, move_ratio);
    if (e == 0 && n > 0)
        memcpy(ret, r.ranks, n * sizeof *ret);
    return e;
}

void qz_need_between(const double *value, size_t n, double good, double bad, double *need) {
    for (size_t i = 0; i < n; i++) {
        double share = good == bad ? 0 : (value[i] - good) / (bad - good);
        need[i] = isnan(value[i]) ? value[i] : fmin(fmax(share, 0), 1);
    }
}
