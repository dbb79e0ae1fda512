/* tests/unit/test_minutes.c - people by whole minute, minute by minute the slow way; groups of
 * people beyond the threshold */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/access.h"
#include "quinze/travel.h"

#define NONE UINT32_MAX

static struct qz_ctx *ctx;

/* ---- by hand */
static void check_by_hand(void) {
    static const struct {
        uint32_t ms;
        uint32_t first; /* minute that counts it; 0: none */
    } homes[] = {
        { 0, 5 },
        { 300000, 5 },
        { 300001, 6 },
        { 360000, 6 },
        { 899999, 15 },
        { 900000, 15 },
        { 900001, 16 },
        { 3599999, 60 },
        { 3600000, 60 },
        { 3600001, 0 },
        { 7200000, 0 },
        { QZ_UNREACHED_MS, 0 },
        { QZ_UNREACHED_MS - 1, 0 },
    };
    for (size_t i = 0; i < COUNT(homes); i++) {
        double people = 2.5;
        struct qz_minutes got;
        memset(&got, 0x5a, sizeof got); /* what was there does not count */
        CHECK(qz_minutes_by_group(ctx, &people, &homes[i].ms, 1, NULL, 1, &got) == 0);
        for (uint32_t m = QZ_FIRST_MINUTE; m <= QZ_LAST_MINUTE; m++)
            CHECK(got.within[m - QZ_FIRST_MINUTE] ==
                  (homes[i].first && m >= homes[i].first ? 2.5 : 0));
    }
}

/* ---- random: each minute as the plain reach with it as threshold, to the bit */
enum { HOMES = 400, COMMUNES = 30, TERRITORIES = 6 };
struct country {
    double people[HOMES];
    uint32_t ms[HOMES], commune[HOMES];
    uint32_t first[COMMUNES + 1], into[3 * COMMUNES];
    double weight[3 * COMMUNES];
};

static void make_country(struct country *c, struct qz_dice *d) {
    for (size_t i = 0; i < HOMES; i++) {
        c->people[i] = qz_dice_between(d, 0, 300);
        c->ms[i] = qz_dice_chance(d, 0.05)  ? QZ_UNREACHED_MS
                   : qz_dice_chance(d, 0.2) ? 60000 * qz_dice_below(d, 70)
                                            : qz_dice_below(d, 4200000);
        c->commune[i] = qz_dice_chance(d, 0.05) ? NONE : qz_dice_below(d, COMMUNES);
    }
    c->first[0] = 0;
    for (size_t i = 0; i < COMMUNES; i++) { /* in none, in one, or shared by weights */
        uint32_t n = qz_dice_below(d, 4), k = c->first[i];
        for (uint32_t t = 0; t < n; t++, k++) {
            c->into[k] = (qz_dice_below(d, TERRITORIES / 3) + t * TERRITORIES / 3) % TERRITORIES;
            c->weight[k] = n == 1 ? 1 : qz_dice_between(d, 0.1, 1.0 / n);
        }
        c->first[i + 1] = k;
    }
}

static void check_minute(const struct country *c, uint32_t minute,
                         const struct qz_minutes *communes, const struct qz_minutes *territories) {
    struct qz_reach reach[COMMUNES];
    double sum[TERRITORIES] = { 0 };
    size_t wrong = 0, k = minute - QZ_FIRST_MINUTE;
    CHECK(qz_reach_by_group(ctx, c->people, c->ms, HOMES, minute * 60000, c->commune, COMMUNES,
                            reach) == 0);
    for (size_t i = 0; i < COMMUNES; i++) {
        wrong += communes[i].within[k] != reach[i].people_within;
        wrong += k > 0 && communes[i].within[k] < communes[i].within[k - 1];
        for (uint32_t j = c->first[i]; j < c->first[i + 1]; j++)
            sum[c->into[j]] += c->weight[j] * reach[i].people_within;
    }
    for (size_t t = 0; t < TERRITORIES; t++) {
        wrong += territories[t].within[k] != sum[t];
        wrong += k > 0 && territories[t].within[k] < territories[t].within[k - 1];
    }
    CHECK(wrong == 0);
}

static void check_random(void) {
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct qz_dice d = qz_dice_of(seed, 41);
        struct country c;
        struct qz_minutes communes[COMMUNES], territories[TERRITORIES];
        make_country(&c, &d);
        memset(communes, 0x5a, sizeof communes);
        memset(territories, 0x5a, sizeof territories);
        CHECK(qz_minutes_by_group(ctx, c.people, c.ms, HOMES, c.commune, COMMUNES, communes) == 0);
        CHECK(qz_minutes_sum(ctx, communes, COMMUNES, c.first, c.into, c.weight, TERRITORIES,
                             territories) == 0);
        for (uint32_t m = QZ_FIRST_MINUTE; m <= QZ_LAST_MINUTE; m++)
            check_minute(&c, m, communes, territories);
        CHECK(qz_minutes_by_group(ctx, c.people, c.ms, HOMES, c.commune, COMMUNES - 1, communes) ==
              QZ_E_RANGE);
        CHECK(strstr(qz_ctx_error(ctx), "is in group 29 of 29") != NULL);
        CHECK(qz_minutes_sum(ctx, communes, COMMUNES, c.first, c.into, c.weight, 1, territories) ==
              QZ_E_RANGE);
    }
}

/* ---- groups of people: 100 aged 75 and over where a quarter lives too far, and so on */
static void check_groups(void) {
    static double count[] = { 100, 80, 0, 50, 0 };
    static uint8_t known[] = { 1, 1, 0, 1, 1 };
    const struct qz_group group = { "75plus", QZ_GROUP_PEOPLE, 5, count, known };
    const struct qz_reach reach[] = {
        { 400, 300 }, { 200, 200 }, { 1000, 10 }, { 70, 0 }, { 0, 0 }
    };
    const struct qz_group_reach want[] = {
        { 100, 25, 0 }, { 80, 0, 0 }, { 0, 0, 1000 }, { 50, 50, 0 }, { 0, 0, 0 }
    };
    struct qz_group_reach got[5], sums[2];
    CHECK(qz_group_reach(ctx, &group, reach, 5, got) == 0);
    for (size_t i = 0; i < 5; i++) {
        CHECK_NEAR(got[i].count, want[i].count, 0, "count");
        CHECK_NEAR(got[i].beyond, want[i].beyond, 1e-12, "beyond");
        CHECK_NEAR(got[i].unknown_people, want[i].unknown_people, 0, "unknown");
    }
    /* commune 0 half in each territory, 1 and 3 in the first, 2 in the second, 4 in none */
    const uint32_t first[] = { 0, 2, 3, 4, 5, 5 }, into[] = { 0, 1, 0, 1, 0 };
    const double weight[] = { 0.5, 0.5, 1, 1, 1 };
    memset(sums, 0x5a, sizeof sums);
    CHECK(qz_group_reach_sum(ctx, got, 5, first, into, weight, 2, sums) == 0);
    CHECK_NEAR(sums[0].count, 50 + 80 + 50, 1e-12, "count of the first");
    CHECK_NEAR(sums[0].beyond, 12.5 + 50, 1e-12, "beyond of the first");
    CHECK_NEAR(sums[0].unknown_people, 0, 0, "the first is whole");
    CHECK_NEAR(sums[1].count, 50, 1e-12, "count of the second");
    CHECK_NEAR(sums[1].beyond, 12.5, 1e-12, "beyond of the second");
    CHECK_NEAR(sums[1].unknown_people, 1000, 0, "unknown of the second");
    CHECK(qz_group_reach(ctx, &group, reach, 4, got) == QZ_E_RANGE);
    CHECK(strstr(qz_ctx_error(ctx), "75plus") != NULL);
    CHECK(qz_group_reach_sum(ctx, got, 5, first, into, weight, 1, sums) == QZ_E_RANGE);
}

/* A group whose people nobody counts: no division by 0. */
static void check_nobody(void) {
    double count = 12;
    uint8_t known = 1;
    const struct qz_group group = { "nocar", QZ_GROUP_HOUSEHOLDS, 1, &count, &known };
    struct qz_group_reach got;
    CHECK(qz_group_reach(ctx, &group, &(struct qz_reach) { 0, 0 }, 1, &got) == 0);
    CHECK(got.count == 0 && got.beyond == 0 && got.unknown_people == 0);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_random();
    check_groups();
    check_nobody();
    qz_ctx_free(ctx);
    return check_end();
}
