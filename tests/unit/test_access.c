/* tests/unit/test_access.c - four communes, two groups; sums worked out by hand
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "quinze/access.h"
#include "quinze/travel.h"

#define NONE UINT32_MAX

static struct qz_ctx *ctx;

static void check_density(void) {
    static const struct {
        double count, people, want;
        bool given;
    } facts[] = {
        { 1, 1000, 100, true },
        { 0, 1000, 0, true },
        { 2.5, 3000, 83.333333333333329, true },
        { 3, 0, 0, false },
        { 0, 0, 0, false },
        { 1, -5, 0, false },
        { 1, NAN, 0, false },
        { 1358, 1000000, 135.8, true },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        double got = 0;
        CHECK(qz_per_100k(facts[i].count, facts[i].people, &got) == facts[i].given);
        CHECK_NEAR(got, facts[i].want, 1e-12, "per 100 000");
    }
}

enum { LIMIT_MS = 900000 };
static const double people[] = { 1000, 200, 30, 4 };
static const uint32_t time_ms[] = { 0, LIMIT_MS, LIMIT_MS + 1, QZ_UNREACHED_MS };

static const struct {
    const char *name;
    const uint32_t *group;
    size_t n_groups;
    struct qz_reach want[4];
} reaches[] = {
    { "by commune: the cut-off is within",
      NULL,
      4,
      { { 1000, 1000 }, { 200, 200 }, { 30, 0 }, { 4, 0 } } },
    { "all in one", (const uint32_t[]) { 0, 0, 0, 0 }, 1, { { 1234, 1200 } } },
    { "crosswise", (const uint32_t[]) { 1, 0, 0, 1 }, 2, { { 230, 200 }, { 1004, 1000 } } },
    { "some in none", (const uint32_t[]) { NONE, 0, NONE, 0 }, 1, { { 204, 200 } } },
};

static void check_reach(void) {
    for (size_t i = 0; i < COUNT(reaches); i++) {
        struct qz_reach got[4];
        memset(got, 0x5a, sizeof got);
        CHECK(qz_reach_by_group(ctx, people, time_ms, 4, LIMIT_MS, reaches[i].group,
                                reaches[i].n_groups, got) == 0);
        for (size_t g = 0; g < reaches[i].n_groups; g++) {
            CHECK_NEAR(got[g].people, reaches[i].want[g].people, 0, reaches[i].name);
            CHECK_NEAR(got[g].people_within, reaches[i].want[g].people_within, 0, reaches[i].name);
        }
    }
    struct qz_reach got[2];
    const uint32_t wild[] = { 0, 1, 7, 0 };
    CHECK(qz_reach_by_group(ctx, people, time_ms, 4, LIMIT_MS, wild, 2, got) == QZ_E_RANGE);
    CHECK(qz_reach_by_group(ctx, people, time_ms, 4, LIMIT_MS, NULL, 2, got) == QZ_E_RANGE);
    CHECK(qz_reach_by_group(ctx, people, time_ms, 0, LIMIT_MS, NULL, 0, got) == 0);
}

/* People in equal people out, however they are grouped. */
static void check_totals(void) {
    for (uint32_t code = 0; code < 256; code++) {
        uint32_t group[4];
        struct qz_reach reach[4];
        double all = 0, within = 0;
        for (uint32_t i = 0; i < 4; i++)
            group[i] = code >> 2 * i & 3;
        CHECK(qz_reach_by_group(ctx, people, time_ms, 4, LIMIT_MS, group, 4, reach) == 0);
        for (size_t g = 0; g < 4; g++) {
            all += reach[g].people;
            within += reach[g].people_within;
        }
        CHECK(all == 1234 && within == 1200);
    }
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_density();
    check_reach();
    check_totals();
    qz_ctx_free(ctx);
    return check_end();
}
