/* tests/unit/test_tally.c - what is counted of communes, and that it adds up */
#include <assert.h>
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/access.h"
#include "quinze/travel.h"

static struct qz_ctx *ctx;

/* Every field by its name: the slow way of whatever is done to a tally. */
#define EACH_FIELD(do)                                                                                                                         \
    do                                                                                                                                         \
    (people) do(demand) do(heads) do(fte) do(sites) do(heads_no_fte) do(secret) do(age_known) do(age_50plus) do(age_55plus) do(age_60plus) do( \
        fte_55plus) do(within) do(within_second) do(reaching) do(reaching_min) do(reaching_second) do(second_min) do(score_people) do(score_demand)
#define COUNT_FIELD(f) +1
static_assert(sizeof(struct qz_tally) == (EACH_FIELD(COUNT_FIELD)) * sizeof(double),
              "a field of qz_tally is not tested");

static void check_same(const struct qz_tally *a, const struct qz_tally *b, double tolerance,
                       const char *name) {
#define NEAR_FIELD(f) CHECK_NEAR(a->f, b->f, tolerance *(1 + fabs(b->f)), name);
    EACH_FIELD(NEAR_FIELD)
#undef NEAR_FIELD
}

/* ---- sums */
static void check_sum(void) {
    /* commune 0 in territory 1; 1 by halves in both; 2 a quarter in 0; 3 in none */
    const struct qz_tally part[] = { { .people = 100, .heads = 2 },
                                     { .people = 10, .heads = 4 },
                                     { .people = 8, .heads = 1 },
                                     { .people = 1000, .heads = 9 } };
    const uint32_t first[] = { 0, 1, 3, 4, 4 }, into[] = { 1, 0, 1, 0 };
    const double weight[] = { 1, 0.5, 0.5, 0.25 };
    struct qz_tally got[2];
    memset(got, 0x5a, sizeof got); /* what was there does not count */
    CHECK(qz_tally_sum(ctx, part, 4, first, into, weight, 2, got) == 0);
    CHECK(got[0].people == 7 && got[0].heads == 2.25 && got[0].score_demand == 0);
    CHECK(got[1].people == 105 && got[1].heads == 4 && got[1].within == 0);
    CHECK(qz_tally_sum(ctx, part, 4, first, into, weight, 1, got) == QZ_E_RANGE);
    CHECK(qz_tally_sum(NULL, part, 4, first, into, weight, 1, got) == QZ_E_RANGE);
}

static struct qz_tally random_tally(struct qz_dice *d) {
    struct qz_tally t;
#define ROLL_FIELD(f) t.f = qz_dice_between(d, 0, 1000);
    EACH_FIELD(ROLL_FIELD)
#undef ROLL_FIELD
    return t;
}

enum { MOST_PARTS = 40, MOST_GROUPS = 7 };

/* A partition of random weights conserves every field; each group is what its parts say. */
static void check_random_sums(void) {
    struct qz_dice d = qz_dice_of(11, 1);
    for (size_t round = 0; round < 300; round++) {
        struct qz_tally part[MOST_PARTS], got[MOST_GROUPS], want[MOST_GROUPS] = { 0 };
        struct qz_tally all = { 0 }, sum = { 0 };
        uint32_t first[MOST_PARTS + 1] = { 0 }, into[MOST_PARTS * 3], at = 0;
        double weight[MOST_PARTS * 3];
        size_t n = qz_dice_below(&d, MOST_PARTS), n_groups = 1 + qz_dice_below(&d, MOST_GROUPS);
        for (size_t i = 0; i < n; i++) {
            double left = 1;
            part[i] = random_tally(&d);
            for (size_t k = 0; k < 3; k++) {
                double w = k == 2 ? left : qz_dice_between(&d, 0, left);
                left -= w;
                into[at] = qz_dice_below(&d, (uint32_t)n_groups);
                weight[at] = w;
#define ADD_FIELD(f) want[into[at]].f += part[i].f * w;
                EACH_FIELD(ADD_FIELD)
#undef ADD_FIELD
                at++;
            }
            first[i + 1] = at;
#define ADD_FIELD(f) all.f += part[i].f;
            EACH_FIELD(ADD_FIELD)
#undef ADD_FIELD
        }
        CHECK(qz_tally_sum(ctx, part, n, first, into, weight, n_groups, got) == 0);
        for (size_t g = 0; g < n_groups; g++) {
            check_same(&got[g], &want[g], 0, "a group"); /* to the bit: the same order */
#define ADD_FIELD(f) sum.f += got[g].f;
            EACH_FIELD(ADD_FIELD)
#undef ADD_FIELD
        }
        check_same(&sum, &all, 1e-12, "all the groups");
    }
}

/* ---- by hand: A in two cells, B a point, C a point without care in reach.
 * A: 100 and 300 people, 5 and 15 minutes; B: 50 people at 15 minutes and a millisecond. */
enum { LIMIT_MS = 900000 };
static uint32_t home_first[] = { 0, 2, 3, 4 }, home_of[] = { 0, 0, 1, 2 };
static const struct qz_homes homes = {
    .n = 4, .n_communes = 3, .n_cells = 2, .first = home_first, .commune = home_of
};
static const double home_people[] = { 100, 300, 50, 7 };
static const uint32_t home_ms[] = { 300000, LIMIT_MS, LIMIT_MS + 1, QZ_UNREACHED_MS };
static const uint32_t second_ms[] = { 600000, LIMIT_MS + 1, LIMIT_MS, QZ_UNREACHED_MS };
static const double demand[] = { 1.5, 0.5, 1 }, score[] = { 2, 4, 1, 0 };

/* Ann is 62 with an FTE of 0.8, Bob's age is unknown, Cat is 55 (half here) without FTE; a nurse; a
 * planned site; one that the source masks. */
static struct qz_post posts[] = {
    { .site = 0, .person = 0, .heads = 1, .fte = 0.8, .has_fte = true, .age = 62 },
    { .site = 0, .person = 1, .heads = 1, .fte = 1, .has_fte = true },
    { .site = 1, .person = 2, .heads = 0.5, .fte = 99, .age = 55 },
    { .site = 1, .person = 3, .heads = 1, .fte = 0.6, .has_fte = true, .age = 49 },
    { .site = 2, .heads = 5, .fte = 5, .has_fte = true, .age = 40 },
    { .site = 3, .heads = 3, .fte = 3, .has_fte = true, .age = 30 },
};
static struct qz_site items[] = {
    { .commune = 0, .heads = 2, .fte = 1.8, .has_fte = true, .first_post = 0, .n_posts = 2 },
    { .commune = 1, .heads = 1.5, .fte = 0.6, .first_post = 2, .n_posts = 2 },
    { .commune = 1,
      .heads = 5,
      .fte = 5,
      .has_fte = true,
      .profession = 1,
      .first_post = 4,
      .n_posts = 1 },
    { .commune = 0,
      .heads = 3,
      .fte = 3,
      .has_fte = true,
      .planned = true,
      .first_post = 5,
      .n_posts = 1 },
    { .commune = 2, .secret = true, .has_fte = true, .first_post = 6 },
    { .commune = 2, .heads = 4, .fte = 77, .first_post = 6 }, /* no posts, no FTE */
    { .commune = 2, .heads = 1, .fte = 1, .has_fte = true, .first_post = 6 },
};
static const struct qz_sites sites = {
    .n = COUNT(items), .items = items, .n_posts = COUNT(posts), .posts = posts
};

static struct qz_tally_input input_by_hand(void) {
    return (struct qz_tally_input) { .homes = &homes,
                                     .home_people = home_people,
                                     .demand = demand,
                                     .home_ms = home_ms,
                                     .home_second_ms = second_ms,
                                     .home_score = score,
                                     .threshold_ms = LIMIT_MS,
                                     .sites = &sites };
}

static void check_by_hand(void) {
    static const struct qz_tally want[] = {
        { .people = 400,
          .demand = 600,
          .heads = 2,
          .fte = 1.8,
          .sites = 1,
          .age_known = 1,
          .age_50plus = 1,
          .age_55plus = 1,
          .age_60plus = 1,
          .fte_55plus = 0.8,
          .within = 400,
          .within_second = 100,
          .reaching = 400,
          .reaching_min = 100 * 5 + 300 * 15,
          .reaching_second = 400,
          .second_min = 100 * 10 + 300 * ((LIMIT_MS + 1) / 60000.0),
          .score_people = 200 + 1200,
          .score_demand = 300 + 1800 },
        { .people = 50,
          .demand = 25,
          .heads = 1.5,
          .fte = 0.6,
          .sites = 1,
          .heads_no_fte = 0.5,
          .age_known = 1.5,
          .age_50plus = 0.5,
          .age_55plus = 0.5,
          .within_second = 50,
          .reaching = 50,
          .reaching_min = 50 * (LIMIT_MS + 1) / 60000.0,
          .reaching_second = 50,
          .second_min = 50 * 15,
          .score_people = 50,
          .score_demand = 25 },
        { .people = 7,
          .demand = 7,
          .heads = 5,
          .fte = 1,
          .sites = 3,
          .heads_no_fte = 4,
          .secret = 1 },
    };
    struct qz_tally got[3];
    struct qz_tally_input in = input_by_hand();
    memset(got, 0x5a, sizeof got);
    CHECK(qz_tally_of_communes(ctx, &in, got) == 0);
    for (size_t c = 0; c < 3; c++)
        check_same(&got[c], &want[c], 1e-15, "by hand");
    in.profession = 1;
    CHECK(qz_tally_of_communes(ctx, &in, got) == 0);
    CHECK(got[1].heads == 5 && got[0].heads == 0 && got[1].fte == 5 && got[2].sites == 0);
    CHECK(got[0].people == 400);
}

static void check_without(void) {
    struct qz_tally got[3];
    struct qz_tally_input in = { .homes = &homes, .home_people = home_people, .sites = &sites };
    CHECK(qz_tally_of_communes(ctx, &in, got) == 0);
    CHECK(got[0].people == 400 && got[0].demand == 400 && got[0].heads == 2);
    CHECK(got[0].within == 0 && got[0].within_second == 0 && got[0].reaching == 0);
    CHECK(got[0].score_people == 0 && got[0].reaching_min == 0);
}

/* A horizon: other heads and FTE, other sites open, ages as shares. */
static void check_overrides(void) {
    static const double heads[] = { 0.5, 3, 9, 2, 0, 2, 1 }, fte[] = { 0.4, 1.2, 9, 2, 0, 0, 0.5 };
    static const uint8_t open[] = { 1, 1, 1, 1, 0, 1, 0 };
    static const struct qz_post_ages ages[] = {
        { 1, 1, 0.5, 0.25 }, { 0.5, 0.5, 0.5, 0.25 }, { 0, 0, 0, 0 },
        { 1, 0.75, 0.5, 0 }, { 1, 1, 1, 1 },          { 1, 0, 0, 0 },
    };
    struct qz_tally got[3];
    struct qz_tally_input in = input_by_hand();
    in.site_heads = heads;
    in.site_fte = fte;
    in.site_open = open;
    in.post_ages = ages;
    CHECK(qz_tally_of_communes(ctx, &in, got) == 0);
    CHECK_NEAR(got[0].heads, 2.5, 1e-15, "the planned one is open now");
    CHECK_NEAR(got[0].fte, 2.4, 1e-15, "FTE at the horizon");
    CHECK_NEAR(got[0].sites, 2, 0, "open sites");
    CHECK_NEAR(got[0].age_known, 1 + 0.5 + 3, 1e-15, "expected ages");
    CHECK_NEAR(got[0].age_60plus, 0.25 + 0.25, 1e-15, "expected 60+");
    CHECK_NEAR(got[0].fte_55plus, 0.4 + 0.5, 1e-15, "FTE of 55+");
    CHECK_NEAR(got[1].heads_no_fte, 3 * 0.5 / 1.5, 1e-15, "as large a part without FTE");
    CHECK_NEAR(got[1].age_50plus, 0.75, 1e-15, "50+");
    CHECK_NEAR(got[2].sites, 1, 0, "the masked site is closed, and another");
    CHECK_NEAR(got[2].heads_no_fte, 2, 1e-15, "the site without posts");
}

static void check_bad_tallies(void) {
    struct qz_tally got[3];
    struct qz_tally_input in = input_by_hand();
    const double bad_people[] = { 1, NAN, 1, 1 }, bad_score[] = { 1, 1, 1, -1 };
    const double bad_demand[] = { 1, NAN, 1 };
    in.home_people = bad_people;
    CHECK(qz_tally_of_communes(ctx, &in, got) == QZ_E_RANGE);
    CHECK(strstr(qz_ctx_error(ctx), "home 1") != NULL);
    in = input_by_hand();
    in.home_score = bad_score;
    CHECK(qz_tally_of_communes(ctx, &in, got) == QZ_E_RANGE);
    in = input_by_hand();
    in.demand = bad_demand;
    CHECK(qz_tally_of_communes(ctx, &in, got) == QZ_E_RANGE);
    const double below[] = { -1, 1, 1, 1 }, also_below[] = { -1, 1, 1 };
    in.home_people = below; /* the demand would be 1 */
    in.demand = also_below;
    CHECK(qz_tally_of_communes(ctx, &in, got) == QZ_E_RANGE);
    struct qz_site wild[] = { { .commune = 3 }, { .commune = 0, .first_post = 5, .n_posts = 2 } };
    struct qz_sites wild_sites = { .n = 1, .items = wild, .n_posts = 6, .posts = posts };
    in = input_by_hand();
    in.sites = &wild_sites;
    CHECK(qz_tally_of_communes(ctx, &in, got) == QZ_E_RANGE);
    wild_sites.items = wild + 1;
    CHECK(qz_tally_of_communes(NULL, &in, got) == QZ_E_RANGE);
}

/* ---- random towns against the slow way, which asks every home and post for every commune; and
 * against the sums by group that were there before */
enum { MOST_HOMES = 60, MOST_SITES = 20 };
struct town {
    uint32_t first[9], of[MOST_HOMES], ms[MOST_HOMES], second[MOST_HOMES];
    double people[MOST_HOMES], factor[8], score[MOST_HOMES];
    struct qz_homes homes;
    struct qz_site site[MOST_SITES];
    struct qz_post post[MOST_SITES * 4];
    struct qz_sites sites;
};

static void make_town(struct qz_dice *d, struct town *t) {
    *t = (struct town) { 0 };
    uint32_t n_communes = 1 + qz_dice_below(d, 8), n = 0;
    for (uint32_t c = 0; c < n_communes; c++) {
        t->factor[c] = qz_dice_between(d, 0.5, 2);
        for (uint32_t k = 1 + qz_dice_below(d, 7); k > 0; k--, n++) {
            t->of[n] = c;
            t->people[n] = qz_dice_below(d, 500);
            t->ms[n] = qz_dice_chance(d, 0.2) ? QZ_UNREACHED_MS : qz_dice_below(d, 2 * LIMIT_MS);
            t->second[n] = qz_dice_chance(d, 0.3) ? QZ_UNREACHED_MS
                                                  : qz_dice_below(d, 3 * LIMIT_MS);
            t->score[n] = qz_dice_between(d, 0, 5);
        }
        t->first[c + 1] = n;
    }
    t->homes = (struct qz_homes) {
        .n = n, .n_communes = n_communes, .first = t->first, .commune = t->of
    };
    size_t n_posts = 0, n_sites = qz_dice_below(d, MOST_SITES);
    for (size_t i = 0; i < n_sites; i++) {
        struct qz_site *s = &t->site[i];
        *s = (struct qz_site) { .commune = qz_dice_below(d, n_communes),
                                .profession = (uint16_t)qz_dice_below(d, 2),
                                .planned = qz_dice_chance(d, 0.1),
                                .secret = qz_dice_chance(d, 0.1),
                                .has_fte = true,
                                .first_post = (uint32_t)n_posts,
                                .n_posts = 1 + qz_dice_below(d, 4) };
        for (size_t k = 0; k < s->n_posts; k++) {
            static const uint8_t ages[] = { 0, 31, 49, 50, 54, 55, 59, 60, 71 };
            struct qz_post *p = &t->post[n_posts++];
            *p = (struct qz_post) { .site = (uint32_t)i,
                                    .heads = qz_dice_between(d, 0, 2),
                                    .has_fte = qz_dice_chance(d, 0.7),
                                    .age = ages[qz_dice_below(d, COUNT(ages))] };
            p->fte = p->has_fte ? qz_dice_between(d, 0, 1) : 0;
            s->heads += p->heads;
            s->fte += p->fte;
            s->has_fte = s->has_fte && p->has_fte;
        }
    }
    t->sites = (struct qz_sites) {
        .n = n_sites, .items = t->site, .n_posts = n_posts, .posts = t->post
    };
}

static struct qz_tally slow_tally(const struct town *t, uint32_t c, uint16_t profession) {
    struct qz_tally s = { 0 };
    for (size_t i = 0; i < t->homes.n; i++) {
        double people = t->of[i] == c ? t->people[i] : 0;
        bool reaches = t->ms[i] != QZ_UNREACHED_MS;
        s.people += people;
        s.demand += people * t->factor[c];
        s.within += t->ms[i] <= LIMIT_MS ? people : 0;
        s.within_second += t->second[i] <= LIMIT_MS ? people : 0;
        s.reaching += reaches ? people : 0;
        s.reaching_min += reaches ? people * t->ms[i] / 60000 : 0;
        bool second = t->second[i] != QZ_UNREACHED_MS;
        s.reaching_second += second ? people : 0;
        s.second_min += second ? people * t->second[i] / 60000 : 0;
        s.score_people += people * t->score[i];
        s.score_demand += people * t->factor[c] * t->score[i];
    }
    for (size_t i = 0; i < t->sites.n; i++)
        if (t->site[i].commune == c && t->site[i].profession == profession && !t->site[i].planned) {
            s.sites++;
            s.secret += t->site[i].secret ? 1 : 0;
        }
    for (size_t k = 0; k < t->sites.n_posts; k++) {
        const struct qz_post *p = &t->post[k];
        const struct qz_site *at = &t->site[p->site];
        double heads = p->heads;
        if (at->commune != c || at->profession != profession || at->planned)
            continue;
        s.heads += heads;
        s.fte += p->fte;
        s.heads_no_fte += p->has_fte ? 0 : heads;
        s.age_known += p->age ? heads : 0;
        s.age_50plus += p->age >= 50 ? heads : 0;
        s.age_55plus += p->age >= 55 ? heads : 0;
        s.age_60plus += p->age >= 60 ? heads : 0;
        s.fte_55plus += p->age >= 55 ? p->fte : 0;
    }
    return s;
}

static void check_random_towns(void) {
    struct qz_dice d = qz_dice_of(12, 1);
    for (size_t round = 0; round < 400; round++) {
        struct town t;
        struct qz_tally got[8];
        struct qz_reach reach[8];
        make_town(&d, &t);
        size_t n = t.homes.n_communes;
        struct qz_tally_input in = { .homes = &t.homes,
                                     .home_people = t.people,
                                     .demand = t.factor,
                                     .home_ms = t.ms,
                                     .home_second_ms = t.second,
                                     .home_score = t.score,
                                     .threshold_ms = LIMIT_MS,
                                     .sites = &t.sites,
                                     .profession = 1 };
        CHECK(qz_tally_of_communes(ctx, &in, got) == 0);
        CHECK(qz_reach_by_group(ctx, t.people, t.ms, t.homes.n, LIMIT_MS, t.of, n, reach) == 0);
        for (uint32_t c = 0; c < n; c++) {
            struct qz_tally want = slow_tally(&t, c, 1);
            check_same(&got[c], &want, 1e-12, "a random town");
            CHECK(got[c].people == reach[c].people && got[c].within == reach[c].people_within);
            CHECK(got[c].within <= got[c].reaching && got[c].reaching <= got[c].people);
            CHECK(got[c].age_60plus <= got[c].age_55plus && got[c].age_55plus <= got[c].age_50plus);
            CHECK(got[c].age_50plus <= got[c].age_known);
        }
    }
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_sum();
    check_random_sums();
    check_by_hand();
    check_without();
    check_overrides();
    check_bad_tallies();
    check_random_towns();
    qz_ctx_free(ctx);
    return check_end();
}
