/* tests/unit/test_minutes.c - people by whole minute, minute by minute the slow way */
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

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_random();
    qz_ctx_free(ctx);
    return check_end();
}
