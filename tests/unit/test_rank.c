/* tests/unit/test_rank.c - scores by hand, ranks against a slow count of who is before whom, and
 * what must hold for any needs */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/zone.h"

static struct qz_ctx *ctx;

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

enum { MOST = 40 };
struct table {
    size_t n, n_terms;
    struct qz_term terms[QZ_TERMS_MOST];
    double need[QZ_TERMS_MOST][MOST];
};

static int rank(struct table *t, double move, struct qz_rank *ret) {
    for (size_t k = 0; k < t->n_terms; k++)
        t->terms[k].need = t->need[k];
    return qz_rank_new(ctx, t->terms, t->n_terms, t->n, move, ret);
}

/* ---- by hand */
static void check_by_hand(void) {
    /* weights 3 and 1: (3 x 1 + 0) / 4 = 75, (0 + 1) / 4 = 25, (3 x 0.5 + 0.5) / 4 = 50; unit 3
       knows only the second term: 60; unit 4 knows none; unit 5 is as good as unit 2 */
    struct table t = { 6,
                       2,
                       { { .weight = 3 }, { .weight = 1 } },
                       { { 1, 0, 0.5, NAN, NAN, 0.5 }, { 0, 1, 0.5, 0.6, NAN, 0.5 } } };
    const double score[] = { 75, 25, 50, 60, NAN, 50 };
    const uint32_t want[] = { 1, 5, 3, 2, 6, 4 };
    struct qz_rank got[6];
    CHECK(rank(&t, 0, got) == 0);
    for (size_t i = 0; i < 6; i++) {
        CHECK(i == 4 ? isnan(got[i].score) : got[i].score == score[i]);
        CHECK(got[i].rank == want[i] && got[i].best == want[i] && got[i].worst == want[i]);
    }
    /* moved by a half: weights 1.5 and 1.5, or 4.5 and 0.5. Unit 0: 50 or 90; unit 1: 50 or 10;
       the rest stay. At 1.5 and 1.5: 60, then 50 of units 0, 1, 2, 5 */
    CHECK(rank(&t, 0.5, got) == 0);
    const uint32_t best[] = { 1, 3, 3, 1, 6, 4 }, worst[] = { 2, 5, 4, 2, 6, 5 };
    for (size_t i = 0; i < 6; i++) {
        CHECK(got[i].rank == want[i]);
        CHECK_NEAR(got[i].best, best[i], 0, "best");
        CHECK_NEAR(got[i].worst, worst[i], 0, "worst");
    }
    CHECK(got[0].best == 1 && got[1].score == 25);
}

/* A term that weighs nothing knows nothing: units that have only it are unknown. */
static void check_weightless(void) {
    struct table t = { 3,
                       3,
                       { { .weight = 0 }, { .weight = 2 }, { .weight = 1e-300 } },
                       { { 1, 1, 1 }, { 0.2, NAN, 0.4 }, { 1, NAN, 1 } } };
    struct qz_rank got[3];
    CHECK(rank(&t, 0.2, got) == 0);
    CHECK(isnan(got[1].score) && got[1].rank == 3 && got[1].best == 3 && got[1].worst == 3);
    CHECK(got[0].score == 20 && got[2].score == 40 && got[2].rank == 1 && got[0].worst == 2);
}

static void check_extremes(void) {
    struct table t = { .n = 3, .n_terms = QZ_TERMS_MOST };
    for (size_t k = 0; k < QZ_TERMS_MOST; k++) {
        t.terms[k].weight = k % 2 ? 1e300 : 1e-3;
        t.need[k][0] = 1;
        t.need[k][2] = NAN;
    }
    struct qz_rank got[3];
    CHECK(rank(&t, 0.999, got) == 0);
    CHECK(got[0].score == 100 && got[1].score == 0 && got[0].worst == 1 && got[1].best == 2);
    CHECK(got[2].rank == 3);
    t.n = 0;
    CHECK(rank(&t, 0.2, NULL) == 0);
}

/* ---- the slow way: who is before whom, at every corner */
static double slow_score(const struct table *t, size_t i, const double *weight) {
    double sum = 0, all = 0;
    for (size_t k = 0; k < t->n_terms; k++)
        if (!isnan(t->need[k][i]) && weight[k] > 0) {
            sum += weight[k] * t->need[k][i];
            all += weight[k];
        }
    return all > 0 ? round(sum / all * 1e11) / 1e9 : -1;
}

static uint32_t slow_rank(const struct table *t, size_t i, const double *weight) {
    uint32_t before = 0;
    double own = slow_score(t, i, weight);
    for (size_t j = 0; j < t->n; j++) {
        double other = slow_score(t, j, weight);
        before += other > own || (other == own && j < i);
    }
    return before + 1;
}

static void check_slow(const struct table *t, double move, const struct qz_rank *got) {
    for (size_t i = 0; i < t->n; i++) {
        double weight[QZ_TERMS_MOST];
        for (size_t k = 0; k < t->n_terms; k++)
            weight[k] = t->terms[k].weight;
        double score = slow_score(t, i, weight);
        uint32_t middle = slow_rank(t, i, weight), best = middle, worst = middle;
        for (unsigned up = 0; up < 1U << t->n_terms; up++) {
            for (size_t k = 0; k < t->n_terms; k++)
                weight[k] = t->terms[k].weight * (up >> k & 1 ? 1 + move : 1 - move);
            uint32_t r = slow_rank(t, i, weight);
            best = r < best ? r : best;
            worst = r > worst ? r : worst;
        }
        CHECK(score < 0 ? isnan(got[i].score) : fabs(got[i].score - score) < 2e-9);
        CHECK(got[i].rank == middle && got[i].best == best && got[i].worst == worst);
    }
}

static struct table random_table(struct qz_dice *d) {
    struct table t = { .n = 1 + qz_dice_below(d, 12), .n_terms = 1 + qz_dice_below(d, 4) };
    for (size_t k = 0; k < t.n_terms; k++) {
        t.terms[k].weight = k == 0 ? 1 : qz_dice_below(d, 5);
        for (size_t i = 0; i < t.n; i++)
            t.need[k][i] = qz_dice_chance(d, 0.1) ? NAN : qz_dice_below(d, 9) / 8.0;
    }
    return t;
}

static void check_random(void) {
    struct qz_dice d = qz_dice_of(21, 3);
    for (size_t round = 0; round < 400; round++) {
        struct table t = random_table(&d);
        struct qz_rank got[MOST], other[MOST];
        double move = qz_dice_below(&d, 4) / 4.0;
        CHECK(rank(&t, move, got) == 0);
        check_slow(&t, move, got);
        bool taken[MOST] = { false };
        for (size_t i = 0; i < t.n; i++) {
            CHECK(isnan(got[i].score) || (got[i].score >= 0 && got[i].score <= 100));
            CHECK(got[i].best <= got[i].rank && got[i].rank <= got[i].worst);
            CHECK(got[i].rank >= 1 && got[i].rank <= t.n && !taken[got[i].rank - 1]);
            taken[got[i].rank - 1] = true;
        }
        for (size_t k = 0; k < t.n_terms; k++) /* the same, all weights 3.7 times as large */
            t.terms[k].weight *= 3.7;
        CHECK(rank(&t, move, other) == 0);
        for (size_t i = 0; i < t.n; i++)
            CHECK(other[i].rank == got[i].rank && other[i].best == got[i].best &&
                  other[i].worst == got[i].worst &&
                  (isnan(got[i].score) || fabs(other[i].score - got[i].score) < 2e-9));
    }
}

/* More need, never a lower score nor a later rank; the others keep their scores. */
static void check_monotone(void) {
    struct qz_dice d = qz_dice_of(21, 4);
    for (size_t round = 0; round < 400; round++) {
        struct table t = random_table(&d);
        struct qz_rank before[MOST], after[MOST];
        size_t unit = qz_dice_below(&d, (uint32_t)t.n), term = qz_dice_below(&d, 1);
        if (isnan(t.need[term][unit]))
            continue;
        CHECK(rank(&t, 0.2, before) == 0);
        t.need[term][unit] += (1 - t.need[term][unit]) * qz_dice_roll(&d);
        CHECK(rank(&t, 0.2, after) == 0);
        CHECK(after[unit].score >= before[unit].score && after[unit].rank <= before[unit].rank);
        CHECK(after[unit].best <= before[unit].best && after[unit].worst <= before[unit].worst);
        for (size_t i = 0; i < t.n; i++)
            CHECK(i == unit || isnan(before[i].score) || after[i].score == before[i].score);
    }
}

/* ---- needs */
static void check_needs(void) {
    const double apl[] = { 5, 4, 3.25, 2.5, 0, NAN, INFINITY };
    const double want[] = { 0, 0, 0.5, 1, 1, NAN, 0 };
    double need[7];
    qz_need_between(apl, 7, 4, 2.5, need);
    for (size_t i = 0; i < 7; i++)
        CHECK(isnan(want[i]) ? isnan(need[i]) : need[i] == want[i]);
    const double minutes[] = { 0, 10, 12.5, 20, 99 };
    const double of_minutes[] = { 0, 0, 0.25, 1, 1 };
    qz_need_between(minutes, 5, 10, 20, need);
    for (size_t i = 0; i < 5; i++)
        CHECK(need[i] == of_minutes[i]);
    qz_need_between(apl, 7, 3, 3, need);
    for (size_t i = 0; i < 7; i++)
        CHECK(i == 5 ? isnan(need[i]) : need[i] == 0);
}

/* ---- refusals */
static void check_refusals(void) {
    struct table t = { 2, 2, { { .weight = 1 }, { .weight = 1 } }, { { 0, 1 }, { 0.5, 0.5 } } };
    struct qz_rank got[2], zero[2];
    memset(got, 0x5a, sizeof got);
    memcpy(zero, got, sizeof got);
    CHECK(rank(&t, 1, got) == QZ_E_RANGE && says("move by a ratio of 1", ""));
    CHECK(rank(&t, -0.1, got) == QZ_E_RANGE && says("-0.1", ""));
    CHECK(rank(&t, NAN, got) == QZ_E_RANGE);
    t.need[1][1] = 1.5;
    CHECK(rank(&t, 0, got) == QZ_E_RANGE && says("need 1 of term 1", "1.5"));
    t.need[1][1] = -0.5;
    CHECK(rank(&t, 0, got) == QZ_E_RANGE);
    t.need[1][1] = 0.5;
    t.terms[1].weight = -1;
    CHECK(rank(&t, 0, got) == QZ_E_RANGE && says("weight of term 1", "-1"));
    t.terms[1].weight = INFINITY;
    CHECK(rank(&t, 0, got) == QZ_E_RANGE);
    t.terms[0].weight = t.terms[1].weight = 0;
    CHECK(rank(&t, 0, got) == QZ_E_RANGE && says("every term weighs 0", ""));
    t.n_terms = 0;
    CHECK(rank(&t, 0, got) == QZ_E_RANGE && says("0 terms", "1 to 12"));
    CHECK(qz_rank_new(ctx, t.terms, QZ_TERMS_MOST + 1, 2, 0, got) == QZ_E_RANGE);
    CHECK(memcmp(got, zero, sizeof got) == 0);
}

static int stop(double done, const char *what, void *user) {
    (void)done;
    (void)what;
    (void)user;
    return 0;
}

static void check_memory(void) {
    struct table t = { .n = 2, .n_terms = 8 };
    for (size_t k = 0; k < t.n_terms; k++)
        t.terms[k].weight = 1;
    struct qz_rank got[2];
    bool whole = false;
    for (size_t k = 0; k < 20 && !whole; k++) {
        qz_memory_fail_after(k);
        int r = rank(&t, 0.2, got);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((r == 0) == whole && (r == 0 || r == QZ_E_NOMEM));
    }
    CHECK(whole);
    struct qz_ctx_params p = qz_ctx_params_default;
    struct qz_ctx *impatient = NULL;
    p.progress = stop;
    CHECK(qz_ctx_new(&p, &impatient) == 0);
    CHECK(qz_rank_new(impatient, t.terms, 8, 2, 0.2, got) == QZ_E_CANCELLED);
    qz_ctx_free(impatient);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_weightless();
    check_extremes();
    check_random();
    check_monotone();
    check_needs();
    check_refusals();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
