/* tests/unit/test_zone.c - three15 by hand, then against a checker that knows only the rules
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/zone.h"

#define NONE UINT32_MAX

static struct qz_ctx *ctx;

/* ---- by hand: communes 0 - 1 - 2 - 3 in a row, everybody within a minute of everybody */
static const uint32_t row_first[] = { 0, 1, 3, 5, 6 }, row_neighbour[] = { 1, 0, 2, 1, 3, 2 };
static const double row_people[] = { 8000, 6000, 3000, 30000 };
static const double row_beyond[] = { 0, 2500, 0, 30000 }; /* some live too far from a GP */
static const double row_gp_heads[] = { 10, 0, 0, 0 }, row_structured[] = { 1, 3, 0, 20 };

static size_t all_links(size_t n, uint32_t ms, struct qz_link *links) {
    for (uint32_t k = 0; k < n * n; k++)
        links[k] = (struct qz_link) { (uint32_t)(k % n), (uint32_t)(k / n),
                                      k % n == k / n ? 0 : ms };
    return n * n;
}

static struct qz_three15_input row_input(const struct qz_link *links, size_t n_links) {
    return (struct qz_three15_input) { .n = 4,
                                       .people = row_people,
                                       .first = row_first,
                                       .neighbour = row_neighbour,
                                       .links = links,
                                       .n_links = n_links,
                                       .beyond = row_beyond,
                                       .gp_heads = row_gp_heads,
                                       .structured = row_structured };
}

/* The town of 30 000 is above the most: alone. From 8 000, the row 0, 1, 2 makes 17 000. */
static void check_by_hand(void) {
    struct qz_link links[16];
    const struct qz_three15_input in = row_input(links, all_links(4, 60000, links));
    struct qz_zones *z = NULL;
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == 0);
    CHECK(z && z->n == 2 && z->n_communes == 4);
    CHECK(z->people == 47000 && z->people_in_zones == 47000);
    const struct qz_zone *town = &z->items[0], *row = &z->items[1];
    CHECK(town->rank == 1 && town->seat == 3 && town->n == 1 && town->people == 30000);
    CHECK(town->beyond_now == 30000 && town->missing == 0);
    /* all beyond, no GP at all, nobody missing in the structure: 0.5 + 0.3 */
    CHECK_NEAR(town->score, 80, 1e-9, "score of the town");
    CHECK(row->rank == 2 && row->seat == 0 && row->n == 3 && row->people == 17000);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(z->member[row->first + i] == i && z->zone_of[i] == 1);
    CHECK(z->zone_of[3] == 0);
    CHECK(row->structured == 4 && row->missing == 11 && row->gp_heads == 10);
    CHECK(row->beyond_now == 2500);
    CHECK(row->longest_ms == 60000);
    CHECK_NEAR(row->score, 100 * (0.5 * 2500 / 17000 + 0.2 * 11 / 15), 1e-9, "score of the row");
    qz_zones_free(z);
}

static const struct {
    const char *name;
    uint32_t ms; /* between any two */
    double people_min, people_max;
    uint8_t may_seat[4];
    uint32_t zone_of[4]; /* by seat, NONE in none */
} variants[] = {
    { "too far from each other", 900001, 7500, 22500, { 1, 1, 1, 1 }, { 0, NONE, NONE, 3 } },
    { "exactly at the limit", 900000, 7500, 22500, { 1, 1, 1, 1 }, { 0, 0, 0, 3 } },
    { "no seat in the town", 60000, 7500, 22500, { 1, 1, 1, 0 }, { 0, 0, 0, NONE } },
    { "only commune 2 may seat", 60000, 7500, 22500, { 0, 0, 1, 0 }, { 2, 2, 2, NONE } },
    { "no zone so small", 60000, 15000, 15000, { 1, 1, 1, 0 }, { NONE, NONE, NONE, NONE } },
    { "what is no zone joins the town", 60000, 20000, 50000, { 1, 1, 1, 1 }, { 3, 3, 3, 3 } },
};

static void check_variants(void) {
    for (size_t i = 0; i < COUNT(variants); i++) {
        struct qz_link links[16];
        struct qz_three15_input in = row_input(links, all_links(4, variants[i].ms, links));
        struct qz_three15_params p = qz_three15_params_default;
        p.people_min = variants[i].people_min;
        p.people_max = variants[i].people_max;
        p.people_target = fmax(p.people_target, p.people_min);
        in.may_seat = variants[i].may_seat;
        struct qz_zones *z = NULL;
        CHECK(qz_three15_new(ctx, &p, &in, &z) == 0);
        for (size_t c = 0; z && c < 4; c++) {
            uint32_t zone = z->zone_of[c];
            CHECK_NEAR(zone == NONE ? NONE : z->items[zone].seat, variants[i].zone_of[c], 0,
                       variants[i].name);
        }
        qz_zones_free(z);
    }
}

static void check_refusals(void) {
    struct qz_link links[16];
    struct qz_zones *z = NULL;
    struct qz_three15_input in = row_input(links, all_links(4, 60000, links));
    static const double bounds[][3] = {
        { 0, 10, 20 }, { 30, 20, 40 }, { 10, 30, 20 }, { NAN, 10, 20 }, { -1, 10, 20 }
    };
    for (size_t i = 0; i < COUNT(bounds); i++) {
        struct qz_three15_params p = qz_three15_params_default;
        p.people_min = bounds[i][0];
        p.people_target = bounds[i][1];
        p.people_max = bounds[i][2];
        CHECK(qz_three15_new(ctx, &p, &in, &z) == QZ_E_RANGE && !z);
    }
    links[5].origin = 4;
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == QZ_E_RANGE && !z);
    all_links(4, 60000, links);
    links[5].site = 9;
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == QZ_E_RANGE && !z);
    all_links(4, 60000, links);
    links[9].site = 1; /* behind those of seat 2 */
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == QZ_E_RANGE && !z);
    CHECK(qz_zones_free(NULL) == NULL);
}

/* ---- any territory: a board of communes, some neighbours and some links missing */
enum { SIDE = 6, MOST = SIDE * SIDE };
struct board {
    uint32_t n;
    bool touch[MOST][MOST];
    uint32_t ms[MOST][MOST]; /* origin, seat */
    double people[MOST], beyond[MOST], gp_heads[MOST], structured[MOST];
    uint32_t first[MOST + 1], neighbour[MOST * MOST];
    uint8_t may_seat[MOST];
    struct qz_link links[MOST * MOST];
    size_t n_links;
    struct qz_three15_params params;
};

static void make_people(struct board *b, struct qz_dice *d) {
    for (uint32_t i = 0; i < b->n; i++) {
        b->people[i] = floor(exp(qz_dice_between(d, 0, 10.5)));
        if (qz_dice_chance(d, 0.1))
            b->people[i] = 0;
        b->gp_heads[i] = qz_dice_below(d, 5);
        b->structured[i] = qz_dice_chance(d, 0.2) ? qz_dice_below(d, 25) : 0;
        b->beyond[i] = qz_dice_chance(d, 0.5) ? floor(b->people[i] * qz_dice_roll(d)) : 0;
        b->may_seat[i] = qz_dice_chance(d, 0.9);
    }
}

static void make_board(struct board *b, uint64_t seed) {
    struct qz_dice d = qz_dice_of(seed, 12);
    uint32_t width = 1 + qz_dice_below(&d, SIDE), n_neighbours = 0;
    memset(b, 0, sizeof *b);
    b->n = 1 + qz_dice_below(&d, width * SIDE);
    b->params = qz_three15_params_default;
    b->params.people_min = 1 + qz_dice_below(&d, 9000);
    make_people(b, &d);
    double sparse = qz_dice_between(&d, 0, 0.4);
    for (uint32_t i = 0; i < b->n; i++)
        for (uint32_t j = 0; j < i; j++) {
            bool beside = (j + 1 == i && i % width) || j + width == i;
            b->touch[i][j] = b->touch[j][i] = beside && !qz_dice_chance(&d, sparse / 2);
        }
    for (uint32_t s = 0; s < b->n; s++)
        for (uint32_t o = 0; o < b->n; o++) {
            double cells = hypot((double)(o % width) - s % width, (double)(o / width) - s / width);
            b->ms[o][s] = o == s ? 0 : (uint32_t)(cells * qz_dice_between(&d, 200000, 600000));
            if (o != s && qz_dice_chance(&d, sparse))
                b->ms[o][s] = QZ_UNREACHED_MS;
            if (b->ms[o][s] < 1200000)
                b->links[b->n_links++] = (struct qz_link) { o, s, b->ms[o][s] };
            else
                b->ms[o][s] = QZ_UNREACHED_MS;
        }
    for (uint32_t i = 0; i < b->n; i++) {
        b->first[i] = n_neighbours;
        for (uint32_t j = 0; j < b->n; j++)
            if (b->touch[i][j])
                b->neighbour[n_neighbours++] = j;
    }
    b->first[b->n] = n_neighbours;
}

static bool is_contiguous(const struct board *b, const struct qz_zones *z, uint32_t zone) {
    uint32_t queue[MOST], n = 0, at = 0;
    bool seen[MOST] = { false };
    queue[n++] = z->items[zone].seat;
    seen[queue[0]] = true;
    while (at < n) {
        uint32_t i = queue[at++];
        for (uint32_t j = 0; j < b->n; j++)
            if (b->touch[i][j] && z->zone_of[j] == zone && !seen[j]) {
                seen[j] = true;
                queue[n++] = j;
            }
    }
    return n == z->items[zone].n;
}

static double sum_of(const struct qz_zones *z, uint32_t zone, const double *of_commune) {
    double sum = 0;
    for (uint32_t i = 0; i < z->n_communes; i++)
        sum += z->zone_of[i] == zone ? of_commune[i] : 0;
    return sum;
}

static void check_zone(const struct board *b, const struct qz_zones *z, uint32_t k) {
    const struct qz_zone *zone = &z->items[k];
    uint32_t wrong = 0, longest_ms = 0, limit_ms = b->params.limit_ms;
    for (uint32_t m = zone->first; m < zone->first + zone->n; m++) {
        uint32_t i = z->member[m];
        wrong += z->zone_of[i] != k || (m > zone->first && z->member[m - 1] >= i);
        wrong += i != zone->seat && b->ms[i][zone->seat] > limit_ms;
        longest_ms = i != zone->seat && b->ms[i][zone->seat] > longest_ms ? b->ms[i][zone->seat]
                                                                          : longest_ms;
    }
    CHECK(wrong == 0 && zone->longest_ms == longest_ms);
    CHECK(z->zone_of[zone->seat] == k && b->may_seat[zone->seat]);
    CHECK(is_contiguous(b, z, k));
    CHECK(zone->people == sum_of(z, k, b->people) && zone->people >= b->params.people_min);
    CHECK(zone->people <= b->params.people_max || zone->n == 1);
    CHECK(zone->gp_heads == sum_of(z, k, b->gp_heads));
    CHECK(zone->structured == sum_of(z, k, b->structured));
    CHECK(zone->missing == fmax(15 - zone->structured, 0));
    CHECK(zone->beyond_now == sum_of(z, k, b->beyond));
    CHECK(zone->score >= 0 && zone->score <= 100 + 1e-9 && zone->rank == k + 1);
    CHECK(k == 0 || zone->score < zone[-1].score ||
          (zone->score == zone[-1].score && zone->seat > zone[-1].seat));
    CHECK(zone->first == (k ? zone[-1].first + zone[-1].n : 0));
}

/* Nobody is left out who could be a zone, or could join one beside. */
static void check_left_over(const struct board *b, const struct qz_zones *z) {
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        if (z->zone_of[i] != NONE)
            continue;
        wrong += b->may_seat[i] && b->people[i] >= b->params.people_min;
        for (uint32_t j = 0; j < b->n; j++) {
            if (!b->touch[i][j] || z->zone_of[j] == NONE)
                continue;
            const struct qz_zone *zone = &z->items[z->zone_of[j]];
            wrong += b->ms[i][zone->seat] <= b->params.limit_ms &&
                     zone->people + b->people[i] <= b->params.people_max;
        }
    }
    CHECK(wrong == 0);
}

static void check_random(void) {
    struct board *b = malloc(sizeof *b);
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct qz_zones *z = NULL, *again = NULL;
        make_board(b, seed);
        const struct qz_three15_input in = { b->n,          b->people,  b->first,  b->neighbour,
                                             b->links,      b->n_links, b->beyond, b->gp_heads,
                                             b->structured, b->may_seat };
        CHECK(qz_three15_new(ctx, &b->params, &in, &z) == 0);
        CHECK(qz_three15_new(ctx, &b->params, &in, &again) == 0);
        double people = 0, in_zones = 0;
        for (uint32_t i = 0; i < b->n; i++) {
            CHECK(z->zone_of[i] == again->zone_of[i]);
            CHECK(z->zone_of[i] == NONE || z->zone_of[i] < z->n);
            people += b->people[i];
            in_zones += z->zone_of[i] != NONE ? b->people[i] : 0;
        }
        CHECK(z->people == people && z->people_in_zones == in_zones);
        for (uint32_t k = 0; k < z->n; k++)
            check_zone(b, z, k);
        check_left_over(b, z);
        qz_zones_free(z);
        qz_zones_free(again);
    }
    free(b);
}

static void check_memory(void) {
    struct qz_link links[16];
    const struct qz_three15_input in = row_input(links, all_links(4, 60000, links));
    bool whole = false;
    for (size_t k = 0; k < 50 && !whole; k++) {
        struct qz_zones *z = NULL;
        qz_memory_fail_after(k);
        int r = qz_three15_new(ctx, &qz_three15_params_default, &in, &z);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM) && (z != NULL) == whole);
        qz_zones_free(z);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_variants();
    check_refusals();
    check_random();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
