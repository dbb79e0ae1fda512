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

/* Those who are this old today, at the horizon. */
static struct qz_post_ages ages_of_age(const struct qz_horizon *h, int age) {
    double left = left_of_age(h, age), then = (double)age + h->years;
    return (struct qz_post_ages) { left, then >= 50 ? left : 0, then >= 55 ? left : 0,
                                   then >= 60 ? left : 0 };
}

/* ---- and of pyramids */
static void add_ages(struct qz_post_ages *to, const struct qz_post_ages *a, double weight) {
    to->known += weight * a->known;
    to->over50 += weight * a->over50;
    to->over55 += weight * a->over55;
    to->over60 += weight * a->over60;
}

static struct qz_post_ages divided(const struct qz_post_ages *a, double by) {
    return (struct qz_post_ages) { a->known / by, a->over50 / by, a->over55 / by, a->over60 / by };
}

/* Of a head of pyramid p, the heads of a band spread evenly over its years. Sums and quotients in
 * this order give 1, to the bit, where everybody is there, and never more. */
static int ages_of_pyramid(struct qz_ctx *ctx, const struct qz_age_bands *b, size_t p,
                           const struct qz_post_ages *of_age, struct qz_post_ages *ret) {
    struct qz_post_ages sum = { 0 };
    double heads = 0;
    for (uint32_t i = b->first[p]; i < b->first[p + 1]; i++) {
        const struct qz_age_band *band = &b->bands[i];
        struct qz_post_ages of_band = { 0 };
        if (band->from > band->to || band->to >= QZ_AGES || !(band->heads >= 0))
            return qz_fail(ctx, QZ_E_RANGE, "access: age band %u is out of range", i);
        for (int age = band->from; age <= band->to; age++)
            add_ages(&of_band, &of_age[age], 1);
        of_band = divided(&of_band, band->to - band->from + 1);
        add_ages(&sum, &of_band, band->heads);
        heads += band->heads;
    }
    if (!(heads > 0))
        return qz_fail(ctx, QZ_E_RANGE, "access: pyramid %zu has nobody", p);
    *ret = divided(&sum, heads);
    return 0;
}

/* ---- what a post may be */
struct outlook {
    struct qz_post_ages of_age[QZ_AGES];
    struct qz_post_ages *of_pyramid;
    bool certain; /* nobody can be gone */
};

static void outlook_done(struct outlook *o) { free(o->of_pyramid); }

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

static int outlook_init(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                        const struct qz_horizon *h, struct outlook *ret) {
    const struct qz_age_bands *b = h->bands;
    *ret = (struct outlook) { .certain = true };
    int e = check_horizon(ctx, h);
    if (e == 0)
        e = check_posts(ctx, sites, profession, b);
    if (e < 0)
        return e;
    for (int age = 0; age < QZ_AGES; age++) {
        ret->of_age[age] = ages_of_age(h, age);
        ret->certain = ret->certain && ret->of_age[age].known == 1;
    }
    if (b)
        ret->of_pyramid = qz_calloc(b->n, sizeof *ret->of_pyramid);
    if (b && !ret->of_pyramid)
        return qz_fail_nomem(ctx);
    for (size_t p = 0; b && p < b->n && e == 0; p++)
        e = ages_of_pyramid(ctx, b, p, ret->of_age, &ret->of_pyramid[p]);
    return e;
}

/* NULL: its age is unknown. */
static const struct qz_post_ages *ages_of_post(const struct outlook *o,
                                               const struct qz_age_bands *b,
                                               const struct qz_site *s, uint8_t age) {
    uint32_t p = pyramid_of(b, s);
    return age ? &o->of_age[age] : p != QZ_NOWHERE ? &o->of_pyramid[p] : NULL;
}

/* ---- posts */
int qz_left_of_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                     const struct qz_horizon *h, struct qz_left *ret) {
    qz_cleanup(outlook_done) struct outlook o;
    int e = outlook_init(ctx, sites, profession, h, &o);
    for (size_t i = 0; i < sites->n && e == 0; i++) {
        const struct qz_site *s = &sites->items[i];
        uint32_t n = s->profession == profession ? s->n_posts : 0;
        for (uint32_t k = s->first_post; k < s->first_post + n; k++) {
            const struct qz_post_ages *a = ages_of_post(&o, h->bands, s, sites->posts[k].age);
            ret[k] = a ? (struct qz_left) { a->known, a->known }
                       : (struct qz_left) { o.certain ? 1 : 0, 1 };
        }
    }
    return e;
}

int qz_ages_of_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                     const struct qz_horizon *h, struct qz_post_ages *ret) {
    qz_cleanup(outlook_done) struct outlook o;
    int e = outlook_init(ctx, sites, profession, h, &o);
    for (size_t i = 0; i < sites->n && e == 0; i++) {
        const struct qz_site *s = &sites->items[i];
        uint32_t n = s->profession == profession ? s->n_posts : 0;
        for (uint32_t k = s->first_post; k < s->first_post + n; k++) {
            const struct qz_post_ages *a = ages_of_post(&o, h->bands, s, sites->posts[k].age);
            ret[k] = a ? *a : (struct qz_post_ages) { 0 };
        }
    }
    return e;
}
