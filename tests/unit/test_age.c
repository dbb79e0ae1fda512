/* tests/unit/test_age.c - who is still there in some years; worked out by hand, and against a slow
 * count year by year
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "base/geodata.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/access.h"

#define NONE UINT32_MAX

static struct qz_ctx *ctx;

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

/* One post at one site of commune 0. */
static struct qz_left left_of_one(uint8_t age, const struct qz_horizon *h) {
    struct qz_post post = { .heads = 1, .age = age };
    struct qz_site site = { .n_posts = 1 };
    const struct qz_sites sites = { .n = 1, .items = &site, .n_posts = 1, .posts = &post };
    struct qz_left left = { NAN, NAN };
    CHECK(qz_left_of_posts(ctx, &sites, 0, h, &left) == 0);
    return left;
}

/* ---- leaving at an age */
static void check_retirement(void) {
    static const struct {
        double at;
        uint8_t age;
        unsigned years;
        double left;
    } facts[] = {
        { 67, 66, 0, 1 },       { 67, 66, 1, 0 },   { 67, 65, 1, 1 },     { 67, 65, 2, 0 },
        { 67, 62, 4, 1 },       { 67, 62, 5, 0 },   { 67, 67, 0, 1 },     { 67, 67, 1, 0 },
        { 67, 80, 1, 0 },       { 67, 30, 36, 1 },  { 67, 30, 37, 0 },    { 62, 60, 1, 1 },
        { 62, 61, 1, 0 },       { 65, 64, 1, 0 },   { 65, 63, 1, 1 },     { 70, 69, 1, 0 },
        { 70, 68, 1, 1 },       { 70, 1, 500, 0 },  { 66.5, 65, 1, 0.5 }, { 66.5, 64, 2, 0.5 },
        { 66.25, 65, 1, 0.25 }, { 66.5, 64, 1, 1 }, { 66.5, 66, 1, 0 },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct qz_exits exits;
        CHECK(qz_exits_at_age(ctx, facts[i].at, &exits) == 0);
        const struct qz_horizon h = { .exits = &exits, .years = facts[i].years };
        struct qz_left left = left_of_one(facts[i].age, &h);
        char name[64];
        snprintf(name, sizeof name, "of %d, leaving at %g, after %u", facts[i].age, facts[i].at,
                 facts[i].years);
        CHECK_NEAR(left.low, facts[i].left, 0, name);
        CHECK_NEAR(left.high, facts[i].left, 0, name);
    }
    struct qz_exits exits = { .rate = { 7 } };
    CHECK(qz_exits_at_age(ctx, 17, &exits) == QZ_E_RANGE && says("17", "120"));
    CHECK(qz_exits_at_age(ctx, 121, &exits) == QZ_E_RANGE);
    CHECK(qz_exits_at_age(ctx, NAN, &exits) == QZ_E_RANGE);
    CHECK(exits.rate[0] == 7);
}

/* ---- a table of rates */
static void check_rates(void) {
    static const char *const text = "# ours\nage_from;age_to;rate\r\n18;59;0\r\n60;61;0,1\r\n"
                                    "62;;0,5\r\n";
    static const struct {
        uint8_t age;
        unsigned years;
        double left;
    } facts[] = {
        { 60, 0, 1 },   { 60, 1, 0.9 },  { 60, 3, 0.9 * 0.9 * 0.5 }, { 59, 1, 1 },
        { 59, 2, 0.9 }, { 62, 2, 0.25 }, { 109, 3, 0.125 },          { 18, 42, 1 },
    };
    struct qz_exits exits;
    CHECK(qz_exits_read(ctx, "rates.csv", text, &exits) == 0);
    for (size_t i = 0; i < COUNT(facts); i++) {
        const struct qz_horizon h = { .exits = &exits, .years = facts[i].years };
        CHECK_NEAR(left_of_one(facts[i].age, &h).low, facts[i].left, 1e-15, "left");
    }
}

static void check_bad_rates(void) {
    static const struct {
        const char *lines;
        int code;
        const char *what, *more;
    } bad[] = {
        { "18,59,0\n61,,0.5\n", QZ_E_DATA, "ages 60 to 60 have no rate", "r.csv" },
        { "25,,0.5\n", QZ_E_DATA, "ages 18 to 24 have no rate", "add a line" },
        { "18,75,0.5\n", QZ_E_DATA, "ages 76 to 110 have no rate", "empty" },
        { "", QZ_E_DATA, "ages 18 to 110 have no rate", "" },
        { "18,60,0\n60,,0.5\n", QZ_E_DATA, "line 3: age 60 has a rate already", "" },
        { "60,,0.5\n18,60,0\n", QZ_E_DATA, "line 3: age 60 has a rate already", "" },
        { "18,,1.1\n", QZ_E_DATA, "line 2: rate = '1.1'", "0 to 1" },
        { "18,,-0.1\n", QZ_E_DATA, "line 2: rate = '-0.1'", "0 to 1" },
        { "18,,x\n", QZ_E_DATA, "line 2: rate = 'x'", "0 to 1" },
        { "18,,\n", QZ_E_DATA, "line 2: rate", "0 to 1" },
        { "18,\n", QZ_E_DATA, "line 2", "" },
        { ",60,0.1\n", QZ_E_DATA, "line 2: age_from", "whole years" },
        { "60,18,0\n", QZ_E_DATA, "line 2: age_to = '18'", "at or above age_from" },
        { "18.5,60,0\n", QZ_E_DATA, "line 2: age_from = '18.5'", "whole years" },
        { "18,128,0\n", QZ_E_DATA, "line 2: age_to = '128'", "whole years" },
        { "-1,60,0\n", QZ_E_DATA, "line 2: age_from = '-1'", "whole years" },
        { "18,nan,0\n", QZ_E_DATA, "line 2: age_to = 'nan'", "whole years" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[256];
        struct qz_exits exits = { .rate = { 7 } };
        snprintf(text, sizeof text, "age_from,age_to,rate\n%s", bad[i].lines);
        int code = qz_exits_read(ctx, "r.csv", text, &exits);
        CHECK_NEAR(code, bad[i].code, 0, bad[i].lines);
        CHECK(says(bad[i].what, bad[i].more) && exits.rate[0] == 7);
    }
}

/* Any bytes: rates from 0 to 1, or an error and nothing. */
static void check_broken_rates(void) {
    static const char letters[] = "0123456789,;.-# \n\rex";
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        char text[] = "age_from,age_to,rate\n18,59,0.001\n60,66,0.1\n67,,0.5\n";
        struct qz_dice d = qz_dice_of(seed, 8);
        for (uint32_t n = 1 + qz_dice_below(&d, 6); n-- > 0;)
            text[qz_dice_below(&d, sizeof text - 1)] =
                letters[qz_dice_below(&d, sizeof letters - 1)];
        struct qz_exits exits = { .rate = { 7 } };
        int code = qz_exits_read(ctx, "r.csv", text, &exits);
        CHECK(code == 0 || code == QZ_E_FORMAT || code == QZ_E_DATA);
        CHECK((exits.rate[0] == 7) == (code != 0));
        for (int age = 0; age < QZ_AGES && code == 0; age++)
            CHECK(exits.rate[age] >= 0 && exits.rate[age] <= 1);
    }
}

/* What geodata/exit-rates.csv says of itself: of 55, one leaves at 67.1 on average. */
static void check_own_rates(void) {
    struct qz_exits exits;
    double there = 1, mean = 0;
    CHECK(qz_exits_read(ctx, "exit-rates.csv", qz_geodata("exit-rates.csv"), &exits) == 0);
    for (int age = 55; age < QZ_AGES; age++) {
        CHECK(age == 55 || exits.rate[age] >= exits.rate[age - 1]);
        mean += there * exits.rate[age] * (age + 0.5);
        there *= 1 - exits.rate[age];
    }
    CHECK_NEAR(mean, 67.1, 0.05, "mean age of leaving");
    CHECK(there < 1e-6);
}

/* ---- the unknown, and the age limit of a score */
static void check_bounds(void) {
    struct qz_exits exits;
    CHECK(qz_exits_at_age(ctx, 67, &exits) == 0);
    struct qz_horizon h = { .exits = &exits };
    struct qz_left left = left_of_one(0, &h);
    CHECK(left.low == 1 && left.high == 1); /* today all are there */
    h.years = 1;
    left = left_of_one(0, &h);
    CHECK(left.low == 0 && left.high == 1);
    h.exits = NULL;
    left = left_of_one(0, &h);
    CHECK(left.low == 1 && left.high == 1); /* nobody leaves */
    h.age_most = 65;
    h.years = 0;
    left = left_of_one(0, &h);
    CHECK(left.low == 0 && left.high == 1); /* may be over 65 */
    CHECK(left_of_one(65, &h).low == 1 && left_of_one(66, &h).high == 0);
    h.years = 5;
    CHECK(left_of_one(60, &h).low == 1 && left_of_one(61, &h).high == 0);
    h.exits = &exits;
    for (uint8_t age = 18; age < 90; age++) { /* both: the lesser of the two */
        const struct qz_horizon only_limit = { .years = 5, .age_most = 65 };
        const struct qz_horizon only_exits = { .exits = &exits, .years = 5 };
        CHECK(left_of_one(age, &h).low ==
              fmin(left_of_one(age, &only_limit).low, left_of_one(age, &only_exits).low));
    }
}

/* ---- METHODS 6, Centre Ouest Bretagne 2010: 78 / 58 / 37 % are 50, 55, 60 and more. A pyramid of
 * 100 made by hand with these shares. */
static struct qz_age_band cob_bands[] = { { 30, 39, 8 },  { 40, 49, 14 }, { 50, 54, 20 },
                                          { 55, 59, 21 }, { 60, 64, 25 }, { 65, 69, 12 } };
static uint32_t cob_first[] = { 0, COUNT(cob_bands) }, cob_of_commune[] = { 0, NONE };
static const struct qz_age_bands cob = { 2, 1, cob_of_commune, cob_first, cob_bands };

static void check_pyramid(void) {
    static const struct {
        double at;
        unsigned years;
        double age_most, left;
    } facts[] = {
        { 67, 0, 0, 1 },
        { 67, 5, 0, 1 - (3.0 / 5 * 25 + 12) / 100 },       /* those of 62 and more are gone */
        { 67, 10, 0, 1 - (3.0 / 5 * 21 + 25 + 12) / 100 }, /* of 57 and more */
        { 62, 5, 0, 1 - (3.0 / 5 * 21 + 25 + 12) / 100 },
        { 65, 5, 0, 0.63 },
        { 70, 5, 0, 0.88 },
        { 67, 0, 65, 1 - 4.0 / 5 * 12 / 100 },        /* 66 to 69 are too old */
        { 67, 5, 65, 1 - (4.0 / 5 * 25 + 12) / 100 }, /* from 61 on */
        { 62, 5, 65, 1 - (3.0 / 5 * 21 + 25 + 12) / 100 },
    };
    struct qz_post posts[] = { { .heads = 1 }, { .heads = 1, .age = 40 }, { .heads = 1 } };
    struct qz_site items[] = { { .n_posts = 2 }, { .commune = 1, .first_post = 2, .n_posts = 1 } };
    const struct qz_sites sites = { .n = 2, .items = items, .n_posts = 3, .posts = posts };
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct qz_exits exits;
        struct qz_left left[3];
        CHECK(qz_exits_at_age(ctx, facts[i].at, &exits) == 0);
        const struct qz_horizon h = { &exits, facts[i].years, facts[i].age_most, &cob };
        CHECK(qz_left_of_posts(ctx, &sites, 0, &h, left) == 0);
        CHECK_NEAR(left[0].low, facts[i].left, 1e-12, "left of the pyramid");
        CHECK(left[0].low == left[0].high);
        CHECK(left[1].low == 1 && left[1].high == 1); /* its own age counts */
        CHECK(left[2].high == 1 && left[2].low == (facts[i].years == 0 && facts[i].age_most == 0));
    }
    struct qz_post_ages ages[3];
    const struct qz_horizon today = { .bands = &cob };
    CHECK(qz_ages_of_posts(ctx, &sites, 0, &today, ages) == 0);
    CHECK_NEAR(ages[0].over50, 0.78, 1e-12, "50 and more");
    CHECK_NEAR(ages[0].over55, 0.58, 1e-12, "55 and more");
    CHECK_NEAR(ages[0].over60, 0.37, 1e-12, "60 and more");
    CHECK(ages[0].known == 1 && ages[1].known == 1 && ages[1].over50 == 0);
    CHECK(ages[2].known == 0 && ages[2].over50 == 0 && ages[2].over60 == 0);
    struct qz_exits exits;
    CHECK(qz_exits_at_age(ctx, 67, &exits) == 0);
    const struct qz_horizon later = { .exits = &exits, .years = 5, .bands = &cob };
    CHECK(qz_ages_of_posts(ctx, &sites, 0, &later, ages) ==
          0); /* who is 45 to 61 today: 50 to 66 */
    CHECK_NEAR(ages[0].known, 0.73, 1e-12, "left after 5 years");
    CHECK_NEAR(ages[0].over50, (7 + 20 + 21 + 10) / 100.0, 1e-12, "of them 50 and more");
    CHECK_NEAR(ages[0].over55, (20 + 21 + 10) / 100.0, 1e-12, "55 and more");
    CHECK_NEAR(ages[0].over60, (21 + 10) / 100.0, 1e-12, "60 and more");
    CHECK(ages[1].known == 1 && ages[1].over50 == 0);
}

/* The same people one by one: the shares are those of the heads, the loss that of who is 62. */
static void check_persons(void) {
    static const struct {
        uint8_t age;
        uint32_t n;
    } groups[] = { { 36, 8 },  { 45, 14 }, { 50, 1 },  { 52, 19 }, { 55, 21 },
                   { 60, 10 }, { 61, 5 },  { 62, 10 }, { 66, 12 } };
    struct qz_post posts[101];
    uint32_t n = 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        for (uint32_t k = 0; k < groups[i].n; k++)
            posts[n++] = (struct qz_post) { .heads = 1, .age = groups[i].age };
    CHECK(n == 100);
    posts[n] = (struct qz_post) { .heads = 1 }; /* one without an age: never young */
    struct qz_site site = { .n_posts = 101 };
    const struct qz_sites sites = { .n = 1, .items = &site, .n_posts = 101, .posts = posts };
    struct qz_post_ages ages[101], sum = { 0 };
    const struct qz_horizon today = { 0 };
    struct qz_left left[101];
    struct qz_exits exits;
    CHECK(qz_ages_of_posts(ctx, &sites, 0, &today, ages) == 0);
    for (size_t i = 0; i < 101; i++) {
        sum.known += ages[i].known;
        sum.over50 += ages[i].over50;
        sum.over55 += ages[i].over55;
        sum.over60 += ages[i].over60;
    }
    CHECK(sum.known == 100 && sum.over50 == 78 && sum.over55 == 58 && sum.over60 == 37);
    CHECK(qz_exits_at_age(ctx, 67, &exits) == 0);
    const struct qz_horizon h = { .exits = &exits, .years = 5 };
    CHECK(qz_left_of_posts(ctx, &sites, 0, &h, left) == 0);
    double heads = 0;
    const struct qz_left_input low = { &sites, 0, left, QZ_BOUND_LOW, 5, NULL };
    const struct qz_left_input high = { &sites, 0, left, QZ_BOUND_HIGH, 5, NULL };
    qz_left_by_site(&low, &heads, NULL);
    CHECK(heads == 78); /* 22 are 62 or more, and one may be */
    qz_left_by_site(&high, &heads, NULL);
    CHECK(heads == 79);
}

/* ---- sites at the horizon */
static void check_by_site(void) {
    struct qz_post posts[] = {
        { .heads = 1, .fte = 0.8, .has_fte = true },   /* left 0.5 */
        { .heads = 0.5, .fte = 0.5, .has_fte = true }, /* 0 to 1 */
        { .heads = 2, .fte = 99 },                     /* 0.25, FTE not stated */
        { .heads = 3, .fte = 3, .has_fte = true },     /* announced */
        { .heads = 4, .fte = 4, .has_fte = true },     /* of the other profession */
    };
    struct qz_site items[] = {
        { .commune = 1, .n_posts = 3 },
        { .commune = 0, .first_post = 3, .n_posts = 1, .planned = true },
        { .commune = 0, .first_post = 4, .n_posts = 1, .profession = 1 },
    };
    const struct qz_left left[] = { { 0.5, 0.5 }, { 0, 1 }, { 0.25, 0.25 }, { 1, 1 }, { 1, 1 } };
    const struct qz_sites sites = { .n = 3, .items = items, .n_posts = 5, .posts = posts };
    const double arrivals[] = { 9, 0.02 }; /* a year for each head of today */
    static const struct {
        enum qz_bound bound;
        bool arrive;
        double heads, fte;
    } facts[] = {
        { QZ_BOUND_LOW, false, 0.5 + 0 + 0.5, 0.4 },
        { QZ_BOUND_HIGH, false, 0.5 + 0.5 + 0.5, 0.4 + 0.5 },
        { QZ_BOUND_LOW, true, 1 + 3.5 * 0.1, 0.4 + 1.3 * 0.1 },
        { QZ_BOUND_HIGH, true, 1.5 + 3.5 * 0.1, 0.9 + 1.3 * 0.1 },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        double heads[3] = { -1, -1, -1 }, fte[3] = { -1, -1, -1 };
        const struct qz_left_input in = { &sites,         0, left,
                                          facts[i].bound, 5, facts[i].arrive ? arrivals : NULL };
        qz_left_by_site(&in, heads, fte);
        CHECK_NEAR(heads[0], facts[i].heads, 1e-12, "heads");
        CHECK_NEAR(fte[0], facts[i].fte, 1e-12, "FTE");
        CHECK(heads[1] == 0 && fte[1] == 0 && heads[2] == -1 && fte[2] == -1);
    }
    const double departures[] = { 0, -0.06 }; /* more move away than come: 0.3 in 5 years */
    const struct qz_left_input in = { &sites, 0, left, QZ_BOUND_LOW, 5, departures };
    double heads[3];
    qz_left_by_site(&in, heads, NULL);
    CHECK_NEAR(heads[0], 0.2, 1e-12, "no post loses more than it has");
}

static void check_open(void) {
    static const struct {
        const char *name;
        size_t n;
        double heads, left;
        bool open;
    } facts[] = {
        { "as likely as not", 1, 1, 0.5, false },
        { "a bit more", 1, 1, 0.51, true },
        { "two, nobody left in 49 %", 2, 1, 0.3, true },
        { "two, nobody left in 50.4 %", 2, 1, 0.29, false },
        { "half of one", 1, 0.5, 0.7, false },
        { "half of one, likelier", 1, 0.5, 0.8, true },
        { "five together", 1, 5, 0.13, true },
        { "five together, less likely", 1, 5, 0.12, false },
        { "gone", 1, 1, 0, false },
        { "there", 1, 0.001, 1, true },
        { "nobody: people do not keep it open", 1, 0, 0, true },
        { "no post", 0, 1, 0, true },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct qz_post posts[2] = { { .heads = facts[i].heads }, { .heads = facts[i].heads } };
        struct qz_left left[2] = { { facts[i].left, facts[i].left },
                                   { facts[i].left, facts[i].left } };
        struct qz_site items[2] = { { .n_posts = (uint32_t)facts[i].n },
                                    { .n_posts = 1, .profession = 1 } };
        const struct qz_sites sites = { .n = 2, .items = items, .n_posts = 2, .posts = posts };
        struct qz_left_input in = { &sites, 0, left, QZ_BOUND_HIGH, 5, NULL };
        uint8_t open[2] = { 7, 7 };
        qz_left_open(&in, open);
        CHECK_NEAR(open[0], facts[i].open, 0, facts[i].name);
        CHECK(open[1] == 7);
        items[0].planned = true;
        qz_left_open(&in, open);
        CHECK(open[0] == 0);
    }
    struct qz_post post = { .heads = 0 }; /* masked by the source */
    struct qz_site site = { .n_posts = 1, .secret = true };
    const struct qz_sites sites = { .n = 1, .items = &site, .n_posts = 1, .posts = &post };
    const struct qz_left left = { 0, 1 };
    struct qz_left_input in = { &sites, 0, &left, QZ_BOUND_LOW, 5, NULL };
    uint8_t open;
    qz_left_open(&in, &open);
    CHECK(open == 0);
    in.bound = QZ_BOUND_HIGH;
    qz_left_open(&in, &open);
    CHECK(open == 1);
    struct qz_post both[] = { { .heads = 0 }, { .heads = 5 } }; /* five known ones beside it */
    struct qz_left left_of_both[] = { { 0, 0 }, { 0.13, 0.12 } };
    struct qz_site mixed = { .n_posts = 2, .secret = true };
    const struct qz_sites mixed_sites = { .n = 1, .items = &mixed, .n_posts = 2, .posts = both };
    in.sites = &mixed_sites;
    in.left = left_of_both;
    qz_left_open(&in, &open);
    CHECK(open == 0);
    in.bound = QZ_BOUND_LOW; /* here the more likely one */
    qz_left_open(&in, &open);
    CHECK(open == 1);
}

/* ---- random cases */
enum { MOST_SITES = 40, MOST_POSTS = 200, N_COMMUNES = 12, MOST_BANDS = 40 };
struct country {
    struct qz_site items[MOST_SITES];
    struct qz_post posts[MOST_POSTS];
    struct qz_sites sites;
    struct qz_age_band bands[MOST_BANDS];
    uint32_t first[N_COMMUNES + 1], of_commune[N_COMMUNES];
    struct qz_age_bands ages;
    struct qz_exits exits;
};

static void random_pyramids(struct country *c, struct qz_dice *d) {
    c->ages = (struct qz_age_bands) { N_COMMUNES, 3, c->of_commune, c->first, c->bands };
    for (uint32_t p = 0, k = 0; p < 3; p++) {
        uint32_t age = 18 + qz_dice_below(d, 30), n = 1 + qz_dice_below(d, 10);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t to = age + qz_dice_below(d, 8);
            c->bands[k++] = (struct qz_age_band) { (uint8_t)age, (uint8_t)to,
                                                   i ? 5 * qz_dice_roll(d) : 1 };
            age = to + 1;
        }
        c->first[p + 1] = k;
    }
    for (size_t i = 0; i < N_COMMUNES; i++)
        c->of_commune[i] = qz_dice_chance(d, 0.7) ? qz_dice_below(d, 3) : NONE;
}

static void random_country(struct country *c, uint64_t seed, double known) {
    struct qz_dice d = qz_dice_of(seed, 6);
    *c = (struct country) { .sites = { .items = c->items, .posts = c->posts } };
    for (; c->sites.n < 5 + seed % (MOST_SITES - 5); c->sites.n++) {
        struct qz_site *s = &c->items[c->sites.n];
        *s = (struct qz_site) { .commune = qz_dice_below(&d, N_COMMUNES),
                                .profession = qz_dice_chance(&d, 0.3),
                                .planned = qz_dice_chance(&d, 0.1),
                                .first_post = (uint32_t)c->sites.n_posts,
                                .n_posts = qz_dice_below(&d, 5) };
        for (uint32_t k = 0; k < s->n_posts; k++)
            c->posts[c->sites.n_posts++] = (struct qz_post) {
                .site = (uint32_t)c->sites.n,
                .heads = qz_dice_chance(&d, 0.5) ? 1 : qz_dice_roll(&d),
                .fte = qz_dice_roll(&d),
                .has_fte = qz_dice_chance(&d, 0.8),
                .age = qz_dice_chance(&d, known) ? (uint8_t)(20 + qz_dice_below(&d, 80)) : 0,
            };
    }
    random_pyramids(c, &d);
    if (seed % 2)
        CHECK(qz_exits_at_age(ctx, qz_dice_between(&d, 55, 75), &c->exits) == 0);
    for (int age = 0; age < QZ_AGES && seed % 2 == 0; age++)
        c->exits.rate[age] = age < 50 ? 0 : qz_dice_roll(&d) * qz_dice_roll(&d);
}

/* One head of this age, year by year. */
static double slow_left(const struct country *c, const struct qz_horizon *h, int age) {
    double left = 1;
    for (unsigned y = 0; y < h->years; y++)
        left -= left * c->exits.rate[age + (int)y < QZ_AGES ? age + (int)y : QZ_AGES - 1];
    return h->age_most > 0 && age + (int)h->years > h->age_most ? 0 : left;
}

static struct qz_left slow_post(const struct country *c, const struct qz_horizon *h, uint32_t k) {
    const struct qz_post *post = &c->posts[k];
    uint32_t p = h->bands ? c->of_commune[c->items[post->site].commune] : NONE;
    double left = 0, heads = 0;
    if (post->age) {
        left = slow_left(c, h, post->age);
        return (struct qz_left) { left, left };
    }
    if (p == NONE)
        return (struct qz_left) { h->years == 0 && !(h->age_most > 0), 1 };
    for (uint32_t i = c->first[p]; i < c->first[p + 1]; i++)
        for (int age = c->bands[i].from; age <= c->bands[i].to; age++) {
            double of_year = c->bands[i].heads / (c->bands[i].to - c->bands[i].from + 1);
            heads += of_year;
            left += of_year * slow_left(c, h, age);
        }
    return (struct qz_left) { left / heads, left / heads };
}

/* The share of a post that is there and this old then. */
static double slow_older(const struct country *c, const struct qz_horizon *h, uint32_t k,
                         int least) {
    const struct qz_post *post = &c->posts[k];
    uint32_t p = h->bands ? c->of_commune[c->items[post->site].commune] : NONE;
    double older = 0, heads = 0;
    if (post->age)
        return post->age + (int)h->years >= least ? slow_left(c, h, post->age) : 0;
    for (uint32_t i = p == NONE ? 0 : c->first[p]; p != NONE && i < c->first[p + 1]; i++)
        for (int age = c->bands[i].from; age <= c->bands[i].to; age++) {
            double of_year = c->bands[i].heads / (c->bands[i].to - c->bands[i].from + 1);
            heads += of_year;
            older += age + (int)h->years >= least ? of_year * slow_left(c, h, age) : 0;
        }
    return heads > 0 ? older / heads : 0;
}

static void check_ages_against_slow(const struct country *c, const struct qz_horizon *h,
                                    const struct qz_left *left) {
    static struct qz_post_ages ages[MOST_POSTS];
    for (size_t k = 0; k < MOST_POSTS; k++)
        ages[k] = (struct qz_post_ages) { .known = -1 };
    CHECK(qz_ages_of_posts(ctx, &c->sites, 0, h, ages) == 0);
    for (uint32_t k = 0; k < c->sites.n_posts; k++) {
        const struct qz_post_ages *a = &ages[k];
        bool known = c->posts[k].age ||
                     (h->bands && c->of_commune[c->items[c->posts[k].site].commune] != NONE);
        if (c->items[c->posts[k].site].profession != 0) {
            CHECK(a->known == -1);
            continue;
        }
        CHECK_NEAR(a->known, known ? left[k].low : 0, 0, "known");
        CHECK_NEAR(a->over50, slow_older(c, h, k, 50), 1e-12, "50 and more");
        CHECK_NEAR(a->over55, slow_older(c, h, k, 55), 1e-12, "55 and more");
        CHECK_NEAR(a->over60, slow_older(c, h, k, 60), 1e-12, "60 and more");
        CHECK(a->known >= a->over50 && a->over50 >= a->over55 && a->over55 >= a->over60);
    }
}

static void check_against_slow(const struct country *c, const struct qz_horizon *h,
                               const struct qz_left *left) {
    for (uint32_t k = 0; k < c->sites.n_posts; k++) {
        struct qz_left want = slow_post(c, h, k);
        if (c->items[c->posts[k].site].profession != 0) {
            CHECK(left[k].low == -1 && left[k].high == -1);
            continue;
        }
        CHECK_NEAR(left[k].low, want.low, 1e-12, "low");
        CHECK_NEAR(left[k].high, want.high, 1e-12, "high");
        if (h->years == 0 && h->age_most == 0)
            CHECK(left[k].low == 1 && left[k].high == 1); /* today everybody is there, to the bit */
        CHECK(left[k].low >= 0 && left[k].low <= left[k].high && left[k].high <= 1);
        if (c->posts[k].age)
            CHECK(left[k].low == left[k].high);
    }
}

/* The sums of the sites are those of the posts; low is below high; who is left at most can keep
 * open what who is left at least does. */
static void check_sums(const struct country *c, const struct qz_left *left, unsigned years,
                       double *total) {
    double heads[2][MOST_SITES] = { { 0 } }, fte[2][MOST_SITES] = { { 0 } }, of_posts[2] = { 0 };
    uint8_t open[2][MOST_SITES] = { { 0 } };
    for (int b = 0; b < 2; b++) {
        const struct qz_left_input in = { &c->sites, 0,   left, b ? QZ_BOUND_HIGH : QZ_BOUND_LOW,
                                          years,     NULL };
        double of_sites = 0;
        qz_left_by_site(&in, heads[b], fte[b]);
        qz_left_open(&in, open[b]);
        for (uint32_t k = 0; k < c->sites.n_posts; k++) {
            const struct qz_site *s = &c->items[c->posts[k].site];
            if (s->profession == 0 && !s->planned)
                of_posts[b] += c->posts[k].heads * (b ? left[k].high : left[k].low);
        }
        for (size_t i = 0; i < c->sites.n; i++)
            of_sites += heads[b][i];
        CHECK_NEAR(of_sites, of_posts[b], 1e-10, "heads of all sites");
        CHECK(of_posts[b] <= total[b] + 1e-10); /* of the year before */
        total[b] = of_posts[b];
    }
    for (size_t i = 0; i < c->sites.n; i++)
        CHECK(heads[0][i] <= heads[1][i] && fte[0][i] <= fte[1][i] && open[0][i] <= open[1][i]);
}

static void check_random(uint64_t seed) {
    static struct country c;
    static struct qz_left left[MOST_POSTS], before[MOST_POSTS];
    double total[2] = { INFINITY, INFINITY };
    random_country(&c, seed, seed % 5 == 0 ? 1 : 0.6);
    struct qz_horizon h = { .exits = &c.exits,
                            .age_most = seed % 3 == 0 ? 65 : 0,
                            .bands = seed % 4 ? &c.ages : NULL };
    for (h.years = 0; h.years <= 30; h.years++) {
        for (size_t k = 0; k < MOST_POSTS; k++)
            left[k] = (struct qz_left) { -1, -1 };
        CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == 0);
        check_against_slow(&c, &h, left);
        check_ages_against_slow(&c, &h, left);
        check_sums(&c, left, h.years, total);
        for (size_t k = 0; k < c.sites.n_posts && h.years > 0; k++)
            CHECK(left[k].low <= before[k].low && left[k].high <= before[k].high);
        memcpy(before, left, sizeof before);
    }
    if (seed % 5 == 0)
        CHECK(fabs(total[0] - total[1]) <= 1e-12); /* all ages are known */
}

/* ---- what it refuses */
static void check_refused(void) {
    struct country c;
    struct qz_left left[MOST_POSTS];
    struct qz_post_ages ages[MOST_POSTS];
    random_country(&c, 8, 0.5);
    struct qz_horizon h = { .exits = &c.exits, .years = 1, .bands = &c.ages };
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == 0);
    h.age_most = -1;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE);
    h.age_most = 0;
    c.exits.rate[40] = 1.5;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE && says("age 40", "1.5"));
    c.exits.rate[40] = 0;
    uint8_t *age = &c.posts[c.items[0].first_post].age;
    c.items[0].profession = 0;
    CHECK(c.items[0].n_posts > 0);
    *age = 140;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE);
    CHECK(qz_ages_of_posts(ctx, &c.sites, 0, &h, ages) == QZ_E_RANGE);
    *age = 40;
    c.ages.n_communes = 0;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE);
    CHECK(qz_ages_of_posts(ctx, &c.sites, 0, &h, ages) == QZ_E_RANGE);
    c.ages.n_communes = N_COMMUNES;
    c.of_commune[c.items[0].commune] = 3;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE);
    c.of_commune[c.items[0].commune] = 0;
    c.bands[0].heads = -1;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE);
    for (uint32_t i = c.first[0]; i < c.first[1]; i++)
        c.bands[i].heads = 0;
    CHECK(qz_left_of_posts(ctx, &c.sites, 0, &h, left) == QZ_E_RANGE && says("nobody", ""));
    c.bands[0] = (struct qz_age_band) { 60, 59, 1 };
    CHECK(qz_ages_of_posts(ctx, &c.sites, 0, &h, ages) == QZ_E_RANGE);
    qz_memory_fail_after(0);
    int left_code = qz_left_of_posts(NULL, &c.sites, 0, &h, left);
    int ages_code = qz_ages_of_posts(NULL, &c.sites, 0, &h, ages);
    qz_memory_fail_after(SIZE_MAX);
    CHECK(left_code == QZ_E_NOMEM && ages_code == QZ_E_NOMEM);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_retirement();
    check_rates();
    check_bad_rates();
    check_broken_rates();
    check_own_rates();
    check_bounds();
    check_pyramid();
    check_persons();
    check_by_site();
    check_open();
    for (uint64_t seed = 1; seed <= 300; seed++)
        check_random(seed);
    check_refused();
    qz_ctx_free(ctx);
    return check_end();
}
