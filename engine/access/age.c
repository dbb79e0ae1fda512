/* engine/access/age.c - how old practitioners are, and what is left of them in some years: from
 * their own age, else from the pyramid of the territory they are in. */
#include <math.h>
#include "base/base.h"
#include "geo/geo.h"
#include "quinze/access.h"

/* ---- what is left of those of each age */
static int check_horizon(struct qz_ctx *ctx, const struct qz_horizon *h) {
    if (!(h->age_most >= 0))
        return qz_fail(ctx, QZ_E_RANGE, "access: an age limit of %g", h->age_most);
    for (int age = 0; h->exits && age < QZ_AGES; age++)
        if (!(h->exits->rate[age] >= 0 && h->exits->rate[age] <= 1))
            return qz_fail(ctx, QZ_E_RANGE, "access: the exit rate of age %d is %g, not 0 to 1",
                           age, h->exits->rate[age]);
    return 0;
}

static double left_of_age(const struct qz_horizon *h, int age) {
    if (h->age_most > 0 && (double)age + h->years > h->age_most)
        return 0;
    double left = 1;
    for (unsigned year = 0; h->exits && year < h->years && left > 0; year++, age++)
        left *= 1 - h->exits->rate[age < QZ_AGES ? age : QZ_AGES - 1];
    return left;
}

/* ---- pyramids */
/* mean[p]: of value[age] over the heads of pyramid p, each spread evenly over the years of its
 * band. */
static int mean_of_pyramids(struct qz_ctx *ctx, const struct qz_age_bands *b, const double *value,
                            double *mean) {
    for (size_t p = 0; b && p < b->n; p++) {
        double heads = 0, sum = 0;
        for (uint32_t i = b->first[p]; i < b->first[p + 1]; i++) {
            const struct qz_age_band *band = &b->bands[i];
            double of_band = 0;
            if (band->from > band->to || band->to >= QZ_AGES || !(band->heads >= 0))
                return qz_fail(ctx, QZ_E_RANGE, "access: age band %u is out of range", i);
            for (int age = band->from; age <= band->to; age++)
                of_band += value[age];
            heads += band->heads;
            sum += band->heads * of_band / (band->to - band->from + 1);
        }
        if (!(heads > 0))
            return qz_fail(ctx, QZ_E_RANGE, "access: pyramid %zu has nobody", p);
        mean[p] = fmin(sum / heads, 1); /* shares: rounding must not pass 1 */
    }
    return 0;
}

static uint32_t pyramid_of(const struct qz_age_bands *b, const struct qz_site *s) {
    return b ? b->of_commune[s->commune] : QZ_NOWHERE;
}

static int check_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                       const struct qz_age_bands *b) {
    for (size_t i = 0; i < sites->n; i++) {
        const struct qz_site *s = &sites->items[i];
        if (s->profession != profession)
            continue;
        if (b && (s->commune >= b->n_communes ||
                  (pyramid_of(b, s) != QZ_NOWHERE && pyramid_of(b, s) >= b->n)))
            return qz_fail(ctx, QZ_E_RANGE,
                           "access: site %zu is in commune %u, which the ages "
                           "do not know",
                           i, s->commune);
        for (uint32_t k = s->first_post; k < s->first_post + s->n_posts; k++)
            if (k >= sites->n_posts || sites->posts[k].age >= QZ_AGES)
                return qz_fail(ctx, QZ_E_RANGE, "access: post %u of site %zu is out of range", k,
                               i);
    }
    return 0;
}

/* ---- posts */
int qz_left_of_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                     const struct qz_horizon *h, struct qz_left *ret) {
    int e = check_horizon(ctx, h);
    if (e == 0)
        e = check_posts(ctx, sites, profession, h->bands);
    qz_cleanup(qz_freep) double *mean = qz_calloc(h->bands ? h->bands->n : 1, sizeof *mean);
    if (e == 0 && !mean)
        e = qz_fail_nomem(ctx);
    double of_age[QZ_AGES], lowest = 1;
    for (int age = 0; age < QZ_AGES; age++) {
        of_age[age] = left_of_age(h, age);
        lowest = fmin(lowest, of_age[age]);
    }
    if (e == 0)
        e = mean_of_pyramids(ctx, h->bands, of_age, mean);
    if (e < 0)
        return e;
    for (size_t i = 0; i < sites->n; i++) {
        const struct qz_site *s = &sites->items[i];
        if (s->profession != profession)
            continue;
        uint32_t p = pyramid_of(h->bands, s);
        struct qz_left unknown = { lowest < 1 ? 0 : 1, 1 };
        if (p != QZ_NOWHERE)
            unknown.low = unknown.high = mean[p];
        for (uint32_t k = s->first_post; k < s->first_post + s->n_posts; k++) {
            uint8_t age = sites->posts[k].age;
            ret[k] = age ? (struct qz_left) { of_age[age], of_age[age] } : unknown;
        }
    }
    return 0;
}

/* mean[p]: the share of pyramid p that is this old or older. */
static int older_of_pyramids(struct qz_ctx *ctx, const struct qz_age_bands *b, int least,
                             double *mean) {
    double older[QZ_AGES];
    for (int age = 0; age < QZ_AGES; age++)
        older[age] = age >= least;
    return mean_of_pyramids(ctx, b, older, mean);
}

int qz_ages_of_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                     const struct qz_age_bands *bands, struct qz_post_ages *ret) {
    size_t n = bands ? bands->n : 0;
    int e = check_posts(ctx, sites, profession, bands);
    qz_cleanup(qz_freep) double *mean = qz_calloc(3 * n + 1, sizeof *mean);
    if (e == 0 && !mean)
        e = qz_fail_nomem(ctx);
    for (size_t i = 0; i < 3 && e == 0; i++)
        e = older_of_pyramids(ctx, bands, (const int[]) { 50, 55, 60 }[i], mean + i * n);
    if (e < 0)
        return e;
    for (size_t i = 0; i < sites->n; i++) {
        const struct qz_site *s = &sites->items[i];
        if (s->profession != profession)
            continue;
        uint32_t p = pyramid_of(bands, s);
        struct qz_post_ages unknown = { 0 };
        if (p != QZ_NOWHERE)
            unknown = (struct qz_post_ages) { 1, mean[p], mean[n + p], mean[2 * n + p] };
        for (uint32_t k = s->first_post; k < s->first_post + s->n_posts; k++) {
            uint8_t age = sites->posts[k].age;
            ret[k] = age ? (struct qz_post_ages) { 1, age >= 50, age >= 55, age >= 60 } : unknown;
        }
    }
    return 0;
}
