/* engine/access/tally.c - what is counted of one profession, by commune, and its sums. */
#include <assert.h>
#include <math.h>
#include "access/parts.h"
#include "base/base.h"
#include "quinze/access.h"
#include "quinze/travel.h"

enum { FIELDS = sizeof(struct qz_tally) / sizeof(double) };
static_assert(sizeof(struct qz_tally) == FIELDS * sizeof(double), "a tally is doubles only");

int qz_tally_sum(struct qz_ctx *ctx, const struct qz_tally *parts, size_t n, const uint32_t *first,
                 const uint32_t *into, const double *weight, size_t n_groups,
                 struct qz_tally *ret) {
    return qz_parts_sum(ctx, (const double *)parts, FIELDS, n, first, into, weight, n_groups,
                        (double *)ret);
}

/* ---- people */
static int add_home(struct qz_ctx *ctx, const struct qz_tally_input *in, size_t i,
                    struct qz_tally *t) {
    double people = in->home_people[i];
    double demand = people * (in->demand ? in->demand[in->homes->commune[i]] : 1);
    double score = in->home_score ? in->home_score[i] : 0;
    if (!(people >= 0) || !(demand >= 0) || !(score >= 0))
        return qz_fail(ctx, QZ_E_RANGE,
                       "access: home %zu has %g people, a demand of %g and a score of %g", i,
                       people, demand, score);
    t->people += people;
    t->demand += demand;
    t->score_people += people * score;
    t->score_demand += demand * score;
    uint32_t second_ms = in->home_second_ms ? in->home_second_ms[i] : QZ_UNREACHED_MS;
    if (second_ms != QZ_UNREACHED_MS) {
        t->within_second += second_ms <= in->threshold_ms ? people : 0;
        t->reaching_second += people;
        t->second_min += people * (second_ms / 60000.0);
    }
    uint32_t ms = in->home_ms ? in->home_ms[i] : QZ_UNREACHED_MS;
    if (ms == QZ_UNREACHED_MS)
        return 0;
    t->within += ms <= in->threshold_ms ? people : 0;
    t->reaching += people;
    t->reaching_min += people * (ms / 60000.0);
    return 0;
}

/* ---- care */
static struct qz_post_ages ages_of(const struct qz_tally_input *in, size_t post) {
    unsigned age = in->sites->posts[post].age;
    return in->post_ages ? in->post_ages[post]
                         : (struct qz_post_ages) { age > 0, age >= 50, age >= 55, age >= 60 };
}

/* What the posts of a site say of its FTE; without posts, the site itself. */
struct fte {
    double known, heads_without;
};

static struct fte add_posts(const struct qz_tally_input *in, const struct qz_site *s,
                            struct qz_tally *t) {
    struct fte fte = { 0 };
    if (s->n_posts == 0)
        return s->has_fte ? (struct fte) { s->fte, 0 } : (struct fte) { 0, s->heads };
    for (size_t p = s->first_post; p < (size_t)s->first_post + s->n_posts; p++) {
        const struct qz_post *post = &in->sites->posts[p];
        struct qz_post_ages a = ages_of(in, p);
        t->age_known += post->heads * a.known;
        t->age_50plus += post->heads * a.over50;
        t->age_55plus += post->heads * a.over55;
        t->age_60plus += post->heads * a.over60;
        t->fte_55plus += post->has_fte ? post->fte * a.over55 : 0;
        fte.known += post->has_fte ? post->fte : 0;
        fte.heads_without += post->has_fte ? 0 : post->heads;
    }
    return fte;
}

static int check_site(struct qz_ctx *ctx, const struct qz_tally_input *in, size_t i) {
    const struct qz_site *s = &in->sites->items[i];
    size_t end = (size_t)s->first_post + s->n_posts;
    if (s->commune < in->homes->n_communes && end <= in->sites->n_posts)
        return 0;
    return qz_fail(ctx, QZ_E_RANGE,
                   "access: site %zu is in commune %u of %zu, its posts end at %zu of %zu", i,
                   s->commune, in->homes->n_communes, end, in->sites->n_posts);
}

static void add_site(const struct qz_tally_input *in, size_t i, struct qz_tally *t) {
    const struct qz_site *s = &in->sites->items[i];
    struct fte fte = add_posts(in, s, t);
    double heads = in->site_heads ? in->site_heads[i] : s->heads;
    t->sites += 1;
    t->secret += s->secret;
    t->heads += heads;
    t->fte += in->site_fte ? in->site_fte[i] : fte.known;
    if (s->heads > 0) /* other heads: as large a part of them as of its own */
        t->heads_no_fte += in->site_heads ? heads * fte.heads_without / s->heads
                                          : fte.heads_without;
}

static bool counts(const struct qz_tally_input *in, size_t site) {
    const struct qz_site *s = &in->sites->items[site];
    return s->profession == in->profession && (in->site_open ? in->site_open[site] : !s->planned);
}

int qz_tally_of_communes(struct qz_ctx *ctx, const struct qz_tally_input *in,
                         struct qz_tally *ret) {
    const struct qz_homes *h = in->homes;
    int r = 0;
    for (size_t c = 0; c < h->n_communes; c++) {
        ret[c] = (struct qz_tally) { 0 };
        for (uint32_t i = h->first[c]; i < h->first[c + 1] && r == 0; i++)
            r = add_home(ctx, in, i, &ret[c]);
    }
    for (size_t i = 0; i < in->sites->n && r == 0; i++)
        if (counts(in, i) && (r = check_site(ctx, in, i)) == 0)
            add_site(in, i, &ret[in->sites->items[i].commune]);
    return r;
}
