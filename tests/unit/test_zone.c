/* tests/unit/test_zone.c - three15 by hand, against a checker that knows only the rules, and
 * against all choices of zones on tiny boards */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/zone.h"
#include "zone/three15.h"

#define NONE UINT32_MAX

static struct qz_ctx *ctx;

/* ---- by hand: communes 0 - 1 - 2 - 3 in a row, everybody within a minute of everybody */
static const uint32_t row_first[] = { 0, 1, 3, 5, 6 }, row_neighbour[] = { 1, 0, 2, 1, 3, 2 };
static const double row_people[] = { 8000, 6000, 3000, 30000 };

static size_t all_links(size_t n, uint32_t ms, struct qz_link *links) {
    for (uint32_t k = 0; k < n * n; k++)
        links[k] = (struct qz_link) { (uint32_t)(k % n), (uint32_t)(k / n),
                                      k % n == k / n ? 0 : ms };
    return n * n;
}

static struct qz_land_of_communes row_input(const struct qz_link *links, size_t n_links) {
    return (struct qz_land_of_communes) { .n = 4,
                                          .people = row_people,
                                          .first = row_first,
                                          .neighbour = row_neighbour,
                                          .links = links,
                                          .n_links = n_links };
}

/* The town of 30 000 is above the most: alone. The row 0, 1, 2 makes 17 000; from 0 it is 9 000
 * people x 60 s, from 1 11 000, from 2 14 000. */
static void check_by_hand(void) {
    struct qz_link links[16];
    const struct qz_land_of_communes in = row_input(links, all_links(4, 60000, links));
    struct qz_zones *z = NULL;
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == 0);
    CHECK(z && z->n == 2 && z->n_communes == 4);
    CHECK(z->people == 47000 && z->people_in_zones == 47000 && z->bound == 47000);
    const struct qz_zone *row = &z->items[0], *town = &z->items[1];
    CHECK(town->seat == 3 && town->n == 1 && town->people == 30000 && town->longest_ms == 0);
    CHECK(row->seat == 0 && row->n == 3 && row->people == 17000 && row->longest_ms == 60000);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(z->member[row->first + i] == i && z->zone_of[i] == 0 && z->unzoned[i] == QZ_ZONED &&
              z->most_people[i] == 17000);
    CHECK(z->zone_of[3] == 1 && z->unzoned[3] == QZ_ZONED && z->most_people[3] == 30000);
    qz_zones_free(z);
}

enum { ALONE = QZ_UNZONED_ALONE, FAR = QZ_UNZONED_FAR, APART = QZ_UNZONED_APART };
enum { FEW = QZ_UNZONED_FEW, CHOICE = QZ_UNZONED_CHOICE };
static const struct {
    const char *name;
    double people[4];
    uint32_t ms; /* between any two */
    double people_min, people_max;
    uint8_t may_seat[4];
    uint32_t unit[4], zone_of[4]; /* by seat, NONE in none */
    uint8_t why[4];
} variants[] = {
    { "too far from each other",
      { 8000, 6000, 3000, 30000 },
      900001,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 0 },
      { 0, NONE, NONE, 3 },
      { 0, FEW, FEW, 0 } },
    { "exactly at the limit",
      { 8000, 6000, 3000, 30000 },
      900000,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 0 },
      { 0, 0, 0, 3 },
      { 0 } },
    { "no seat in the town",
      { 8000, 6000, 3000, 30000 },
      60000,
      7500,
      22500,
      { 1, 1, 1, 0 },
      { 0 },
      { 0, 0, 0, NONE },
      { 0, 0, 0, ALONE } },
    { "only commune 2 may seat",
      { 8000, 6000, 3000, 30000 },
      60000,
      7500,
      22500,
      { 0, 0, 1, 0 },
      { 0 },
      { 2, 2, 2, NONE },
      { 0, 0, 0, ALONE } },
    { "nobody may seat",
      { 8000, 6000, 3000, 30000 },
      60000,
      7500,
      22500,
      { 0, 0, 0, 0 },
      { 0 },
      { NONE, NONE, NONE, NONE },
      { FAR, FAR, FAR, ALONE } },
    { "no zone so small",
      { 8000, 6000, 3000, 30000 },
      60000,
      15000,
      15000,
      { 1, 1, 1, 0 },
      { 0 },
      { NONE, NONE, NONE, NONE },
      { FEW, FEW, FEW, ALONE } },
    { "people_max of them is enough for the town",
      { 8000, 6000, 3000, 30000 },
      60000,
      20000,
      50000,
      { 1, 1, 1, 1 },
      { 0 },
      { 3, 3, 3, 3 },
      { 0 } },
    { "a border between 1 and 2",
      { 8000, 6000, 3000, 30000 },
      60000,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 5, 5, 7, 7 },
      { 0, 0, NONE, 3 },
      { 0, 0, FEW, 0 } },
    { "a large town stands between",
      { 8000, 30000, 3000, 4000 },
      60000,
      7500,
      22500,
      { 1, 1, 0, 0 },
      { 0 },
      { 0, 1, NONE, NONE },
      { 0, 0, APART, APART } },
    { "two of 15 000 rather than 22 000 and 8 000",
      { 8000, 7000, 7000, 8000 },
      60000,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 0 },
      { 0, 0, 3, 3 },
      { 0 } },
    { "one of 15 000 rather than two of 7 500",
      { 7500, 0, 0, 7500 },
      60000,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 0 },
      { 0, 0, 0, 0 },
      { 0 } },
    { "more people rather than nearer to the target",
      { 9000, 6000, 7000, 0 },
      60000,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 0 },
      { 0, 0, 0, 0 },
      { 0 } },
    { "empty communes join two that are too small apart",
      { 4000, 0, 0, 4000 },
      60000,
      7500,
      22500,
      { 1, 1, 1, 1 },
      { 0 },
      { 0, 0, 0, 0 },
      { 0 } },
    { "a choice: 12 000 with either side, not with both",
      { 11000, 1000, 11500, 0 },
      60000,
      12000,
      15000,
      { 1, 1, 1, 1 },
      { 0 },
      { NONE, 2, 2, 2 },
      { CHOICE, 0, 0, 0 } },
};

static void check_variants(void) {
    for (size_t i = 0; i < COUNT(variants); i++)
        for (uint32_t most = 0; most <= 12; most += 12) { /* by trials, then exact */
            struct qz_link links[16];
            struct qz_land_of_communes in = row_input(links, all_links(4, variants[i].ms, links));
            struct qz_three15_params p = qz_three15_params_default;
            struct qz_effort effort = qz_effort_default;
            effort.exact_most = most;
            p.people_min = variants[i].people_min;
            p.people_max = variants[i].people_max;
            p.people_target = fmax(p.people_target, p.people_min);
            in.people = variants[i].people;
            in.may_seat = variants[i].may_seat;
            in.unit = variants[i].unit;
            struct qz_zones *z = NULL;
            CHECK(qz_three15_with(ctx, &p, &effort, &in, &z) == 0);
            for (size_t c = 0; z && c < 4; c++) {
                uint32_t zone = z->zone_of[c];
                CHECK_NEAR(zone == NONE ? NONE : z->items[zone].seat, variants[i].zone_of[c], 0,
                           variants[i].name);
                CHECK_NEAR(z->unzoned[c], variants[i].why[c], 0, variants[i].name);
            }
            qz_zones_free(z);
        }
}

/* Links may miss: then nobody reaches anybody, but each seat itself. No commune at all is fine. */
static void check_few_links(void) {
    struct qz_link links[16];
    struct qz_land_of_communes in = row_input(links, 0);
    struct qz_zones *z = NULL;
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == 0);
    CHECK(z->n == 2 && z->people_in_zones == 38000 && z->bound == 38000);
    CHECK(z->items[0].seat == 0 && z->items[0].n == 1 && z->items[1].seat == 3);
    CHECK(z->most_people[1] == 6000 && z->unzoned[1] == QZ_UNZONED_FEW);
    z = qz_zones_free(z);
    static const uint32_t none = 0;
    in = (struct qz_land_of_communes) { .first = &none };
    CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == 0);
    CHECK(z->n == 0 && z->bound == 0 && z->people == 0);
    qz_zones_free(z);
}

/* Zones have 7 500 people, no more, no less, and their seat is 0. It takes 4 (6 500), a minute
 * away; it could have 2 and 3 (1 000 and 5 500), ten minutes away, but 2 only by way of 3: by way
 * of 1 (100 people) it is 100 too many. So 1 can be in no zone. */
static void check_way_round(void) {
    static const uint32_t first[] = { 0, 3, 5, 7, 9, 10 };
    static const uint32_t neighbour[] = { 1, 3, 4, 0, 2, 1, 3, 0, 2, 0 };
    static const double people[] = { 1000, 100, 1000, 5500, 6500 };
    static const uint8_t may_seat[] = { 1, 0, 0, 0, 0 }, why[] = { 0, FEW, CHOICE, CHOICE, 0 };
    static const struct qz_link links[] = {
        { 0, 0, 0 }, { 1, 0, 600000 }, { 2, 0, 600000 }, { 3, 0, 600000 }, { 4, 0, 60000 }
    };
    const struct qz_land_of_communes in = { .n = 5,
                                            .people = people,
                                            .first = first,
                                            .neighbour = neighbour,
                                            .links = links,
                                            .n_links = 5,
                                            .may_seat = may_seat };
    struct qz_three15_params p = { 7500, 7500, 7500, 900000 };
    for (uint32_t most = 0; most <= 12; most += 12) {
        struct qz_effort effort = qz_effort_default;
        struct qz_zones *z = NULL;
        effort.exact_most = most;
        CHECK(qz_three15_with(ctx, &p, &effort, &in, &z) == 0);
        CHECK(z && z->n == 1 && z->people_in_zones == 7500 && z->zone_of[4] == 0);
        for (uint32_t i = 0; z && i < 5; i++)
            CHECK(z->unzoned[i] == why[i] && z->most_people[i] == 14100);
        qz_zones_free(z);
    }
}

static bool says(const char *what) { return strstr(qz_ctx_error(ctx), what) != NULL; }

static void check_refusals(void) {
    struct qz_link links[16];
    struct qz_zones *z = NULL;
    struct qz_land_of_communes in = row_input(links, all_links(4, 60000, links));
    static const double bounds[][3] = { { 0, 10, 20 },   { 30, 20, 40 }, { 10, 30, 20 },
                                        { NAN, 10, 20 }, { -1, 10, 20 }, { 10, 20, INFINITY } };
    for (size_t i = 0; i < COUNT(bounds); i++) {
        struct qz_three15_params p = qz_three15_params_default;
        p.people_min = bounds[i][0];
        p.people_target = bounds[i][1];
        p.people_max = bounds[i][2];
        CHECK(qz_three15_new(ctx, &p, &in, &z) == QZ_E_RANGE && !z && says("people_min"));
    }
    static const struct {
        size_t link;
        struct qz_link is;
        const char *says;
    } wrong[] = { { 5, { 4, 1, 0 }, "link 5 is out of range" },
                  { 5, { 1, 9, 0 }, "link 5 is out of range" },
                  { 9, { 1, 1, 0 }, "link 9 is out of order" },
                  { 9, { 0, 2, 0 }, "link 9 is out of order" } };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        all_links(4, 60000, links);
        links[wrong[i].link] = wrong[i].is;
        CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == QZ_E_RANGE && !z);
        CHECK(says(wrong[i].says));
    }
    all_links(4, 60000, links);
    static const double people[][4] = { { 1, 2, -1, 0 }, { 1, 2, NAN, 0 }, { 1, 2, INFINITY, 0 } };
    for (size_t i = 0; i < COUNT(people); i++) {
        in.people = people[i];
        CHECK(qz_three15_new(ctx, &qz_three15_params_default, &in, &z) == QZ_E_RANGE && !z);
        CHECK(says("commune 2"));
    }
    CHECK(qz_zones_free(NULL) == NULL);
}

/* ---- any territory: a board of communes, some neighbours and some links missing */
enum { SIDE = 6, MOST = SIDE * SIDE, TINY = 9 };
struct board {
    uint32_t n;
    bool touch[MOST][MOST];
    uint32_t ms[MOST][MOST]; /* origin, seat */
    double people[MOST];
    uint32_t first[MOST + 1], neighbour[MOST * MOST], unit[MOST];
    uint8_t may_seat[MOST];
    struct qz_link links[MOST * MOST];
    size_t n_links;
    struct qz_three15_params params;
};

/* Links and neighbours from ms[][] and touch[][]. */
static void list_all(struct board *b) {
    uint32_t n_neighbours = 0;
    b->n_links = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        b->first[i] = n_neighbours;
        for (uint32_t j = 0; j < b->n; j++) {
            if (b->touch[i][j])
                b->neighbour[n_neighbours++] = j;
            if (b->ms[j][i] != QZ_UNREACHED_MS)
                b->links[b->n_links++] = (struct qz_link) { j, i, b->ms[j][i] };
        }
    }
    b->first[b->n] = n_neighbours;
}

/* Anything from hamlets to towns, or villages of which a zone needs some. */
static void make_people(struct board *b, struct qz_dice *d) {
    bool villages = qz_dice_chance(d, 0.6);
    for (uint32_t i = 0; i < b->n; i++) {
        b->people[i] = floor(villages ? b->params.people_min * qz_dice_between(d, 0.05, 0.7)
                                      : exp(qz_dice_between(d, 0, 10.5)));
        if (qz_dice_chance(d, 0.1))
            b->people[i] = 0;
        b->may_seat[i] = qz_dice_chance(d, 0.9);
        b->unit[i] = qz_dice_chance(d, 0.15);
    }
}

static uint32_t make_ms(struct qz_dice *d, uint32_t o, uint32_t s, uint32_t width, double sparse) {
    double cells = hypot((double)(o % width) - s % width, (double)(o / width) - s / width);
    uint32_t ms = (uint32_t)(cells * qz_dice_between(d, 200000, 600000));
    return ms >= 1200000 || qz_dice_chance(d, sparse) ? QZ_UNREACHED_MS : ms;
}

static void make_board(struct board *b, uint64_t seed, uint32_t side) {
    struct qz_dice d = qz_dice_of(seed, 12);
    uint32_t width = 1 + qz_dice_below(&d, side);
    memset(b, 0, sizeof *b);
    b->n = 1 + qz_dice_below(&d, width * side);
    b->n = side < SIDE && b->n * 2 < width * side ? width * side : b->n; /* few very small */
    b->params = qz_three15_params_default;
    b->params.people_min = 1 + qz_dice_below(&d, 9000);
    if (qz_dice_chance(&d, 0.7)) { /* bounds that few sets of communes meet */
        b->params.people_target = b->params.people_min * qz_dice_between(&d, 1, 1.2);
        b->params.people_max = b->params.people_target * qz_dice_between(&d, 1, 1.6);
    }
    make_people(b, &d);
    double sparse = qz_dice_between(&d, 0, 0.4);
    for (uint32_t i = 0; i < b->n; i++)
        for (uint32_t j = 0; j < i; j++) {
            bool beside = (j + 1 == i && i % width) || j + width == i;
            b->touch[i][j] = b->touch[j][i] = beside && !qz_dice_chance(&d, sparse / 2);
        }
    for (uint32_t s = 0; s < b->n; s++)
        for (uint32_t o = 0; o < b->n; o++)
            b->ms[o][s] = make_ms(&d, o, s, width, sparse);
    list_all(b);
}

static struct qz_land_of_communes input_of(const struct board *b) {
    return (struct qz_land_of_communes) { .n = b->n,
                                          .people = b->people,
                                          .first = b->first,
                                          .neighbour = b->neighbour,
                                          .links = b->links,
                                          .n_links = b->n_links,
                                          .may_seat = b->may_seat,
                                          .unit = b->unit };
}

/* ---- the rules */
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

static uint32_t time_ms(const struct board *b, uint32_t origin, uint32_t seat) {
    return origin == seat ? 0 : b->ms[origin][seat];
}

static void check_zone(const struct board *b, const struct qz_zones *z, uint32_t k) {
    const struct qz_zone *zone = &z->items[k];
    uint32_t wrong = 0, longest_ms = 0;
    double people = 0;
    for (uint32_t m = zone->first; m < zone->first + zone->n; m++) {
        uint32_t i = z->member[m], ms = time_ms(b, i, zone->seat);
        wrong += z->zone_of[i] != k || (m > zone->first && z->member[m - 1] >= i);
        wrong += ms > b->params.limit_ms || b->unit[i] != b->unit[zone->seat];
        wrong += zone->people > z->most_people[i];
        longest_ms = ms > longest_ms ? ms : longest_ms;
        people += b->people[i];
    }
    CHECK(wrong == 0 && zone->longest_ms == longest_ms);
    CHECK(z->zone_of[zone->seat] == k && b->may_seat[zone->seat]);
    CHECK(is_contiguous(b, z, k));
    CHECK(zone->people == people && people >= b->params.people_min);
    CHECK(people <= b->params.people_max || zone->n == 1);
    CHECK(zone->first == (k ? zone[-1].first + zone[-1].n : 0));
    CHECK(k == 0 || zone[-1].seat < zone->seat);
}

static bool is_large(const struct board *b, uint32_t i) {
    return b->people[i] > b->params.people_max;
}

static bool in_time(const struct board *b, uint32_t i, uint32_t seat) {
    return b->may_seat[seat] && b->unit[i] == b->unit[seat] &&
           time_ms(b, i, seat) <= b->params.limit_ms;
}

/* [commune]: joined to the seat by communes that are in time; people: of all of them */
static double joined(const struct board *b, uint32_t seat, bool *met) {
    double people = 0;
    memset(met, 0, MOST);
    met[seat] = b->may_seat[seat];
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < b->n; i++)
            for (uint32_t j = 0; j < b->n; j++)
                if (met[i] && !met[j] && b->touch[i][j] && in_time(b, j, seat) && !is_large(b, i) &&
                    !is_large(b, j))
                    met[j] = again = true;
    }
    for (uint32_t i = 0; i < b->n; i++)
        people += met[i] ? b->people[i] : 0;
    return people;
}

/* could[]: NULL, or whether a commune can be in a zone */
static void check_reasons(const struct board *b, const struct qz_zones *z, const bool *could) {
    double most[MOST] = { 0 };
    bool near[MOST] = { false }, any[MOST] = { false }, met[MOST];
    for (uint32_t s = 0; s < b->n; s++) {
        double people = joined(b, s, met);
        for (uint32_t i = 0; i < b->n; i++) {
            near[i] |= in_time(b, i, s);
            any[i] |= met[i];
            most[i] = met[i] && people > most[i] ? people : most[i];
        }
    }
    for (uint32_t i = 0; i < b->n; i++) {
        uint8_t want = z->zone_of[i] != NONE            ? QZ_ZONED
                       : is_large(b, i)                 ? ALONE
                       : !near[i]                       ? FAR
                       : !any[i]                        ? APART
                       : most[i] < b->params.people_min ? FEW
                       : could                          ? (could[i] ? CHOICE : FEW)
                                                        : (z->unzoned[i] == FEW ? FEW : CHOICE);
        CHECK(z->unzoned[i] == want && z->most_people[i] == most[i]);
    }
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
            wrong += in_time(b, i, zone->seat) &&
                     zone->people + b->people[i] <= b->params.people_max;
        }
    }
    CHECK(wrong == 0);
}

static void check_all(const struct board *b, const struct qz_zones *z, const bool *could) {
    double people = 0, in_zones = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        CHECK(z->zone_of[i] == NONE || z->zone_of[i] < z->n);
        people += b->people[i];
        in_zones += z->zone_of[i] != NONE ? b->people[i] : 0;
    }
    CHECK(z->people == people && z->people_in_zones == in_zones);
    CHECK(z->bound >= in_zones && z->bound <= people);
    for (uint32_t k = 0; k < z->n; k++)
        check_zone(b, z, k);
    check_left_over(b, z);
    check_reasons(b, z, could);
}

static void check_boards(void) {
    struct board *b = malloc(sizeof *b);
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct qz_zones *z = NULL, *again = NULL;
        make_board(b, seed, SIDE);
        const struct qz_land_of_communes in = input_of(b);
        struct qz_effort little = qz_effort_default;
        little.per_commune = little.trials = 0; /* the rules hold from the start */
        CHECK(qz_three15_new(ctx, &b->params, &in, &z) == 0);
        check_all(b, z, NULL);
        CHECK(qz_three15_new(ctx, &b->params, &in, &again) == 0);
        CHECK(memcmp(z->zone_of, again->zone_of, b->n * sizeof *z->zone_of) == 0);
        again = qz_zones_free(again);
        CHECK(qz_three15_with(ctx, &b->params, &little, &in, &again) == 0);
        check_all(b, again, NULL);
        CHECK(again->people_in_zones <= z->people_in_zones);
        qz_zones_free(z);
        qz_zones_free(again);
    }
    free(b);
}

/* ---- all choices: the best of every set of communes of a tiny board */
struct answer {
    double in_zones, off_target, burden;
};

static bool is_better(struct answer a, struct answer b) {
    return a.in_zones != b.in_zones       ? a.in_zones > b.in_zones
           : a.off_target != b.off_target ? a.off_target < b.off_target
                                          : a.burden < b.burden;
}

static bool is_whole(const struct board *b, uint32_t set) {
    uint32_t met = set & -set;
    for (uint32_t round = 0; round < b->n; round++)
        for (uint32_t i = 0; i < b->n; i++)
            for (uint32_t j = 0; j < b->n; j++)
                if ((met >> i & 1) && (set >> j & 1) && b->touch[i][j])
                    met |= 1u << j;
    return met == set;
}

/* False: the set is no zone. */
static bool zone_of_set(const struct board *b, uint32_t set, struct answer *ret) {
    double people = 0, least = INFINITY;
    for (uint32_t i = 0; i < b->n; i++)
        people += set >> i & 1 ? b->people[i] : 0;
    if (people < b->params.people_min || (people > b->params.people_max && (set & (set - 1))) ||
        !is_whole(b, set))
        return false;
    for (uint32_t s = 0; s < b->n; s++) {
        double burden = set >> s & 1 ? 0 : INFINITY;
        for (uint32_t i = 0; i < b->n; i++)
            if (set >> i & 1)
                burden += in_time(b, i, s) ? b->people[i] * time_ms(b, i, s) : INFINITY;
        least = burden < least ? burden : least;
    }
    *ret = (struct answer) { people, fabs(people - b->params.people_target), least };
    return least < INFINITY;
}

static struct answer best_of(const struct board *b, bool *could) {
    static struct answer zone[1 << TINY], best[1 << TINY];
    static bool valid[1 << TINY];
    best[0] = (struct answer) { 0 };
    memset(could, 0, MOST);
    for (uint32_t set = 1; set < 1u << b->n; set++) {
        valid[set] = zone_of_set(b, set, &zone[set]);
        for (uint32_t i = 0; i < b->n && valid[set]; i++)
            could[i] |= set >> i & 1;
        best[set] = best[set & (set - 1)];
        for (uint32_t part = set; part; part = (part - 1) & set) {
            struct answer a = best[set ^ part];
            if (!valid[part] || !(part & set & -set))
                continue;
            a.in_zones += zone[part].in_zones;
            a.off_target += zone[part].off_target;
            a.burden += zone[part].burden;
            if (is_better(a, best[set]))
                best[set] = a;
        }
    }
    return best[(1u << b->n) - 1];
}

static struct answer answer_of(const struct board *b, const struct qz_zones *z) {
    struct answer a = { z->people_in_zones, 0, 0 };
    for (uint32_t k = 0; k < z->n; k++)
        a.off_target += fabs(z->items[k].people - b->params.people_target);
    for (uint32_t i = 0; i < b->n; i++)
        if (z->zone_of[i] != NONE)
            a.burden += b->people[i] * time_ms(b, i, z->items[z->zone_of[i]].seat);
    return a;
}

struct misses {
    uint32_t people, off_target, burden, bound;
};

static void check_tiny(const struct board *b, const struct qz_effort *effort, struct misses *m) {
    bool could[MOST];
    struct qz_zones *z = NULL;
    const struct qz_land_of_communes in = input_of(b);
    struct answer want = best_of(b, could), got;
    double could_people = 0;
    CHECK(qz_three15_with(ctx, &b->params, effort, &in, &z) == 0);
    check_all(b, z, could);
    for (uint32_t i = 0; i < b->n; i++)
        could_people += could[i] ? b->people[i] : 0;
    got = answer_of(b, z);
    CHECK(got.in_zones <= want.in_zones && want.in_zones <= z->bound && z->bound <= could_people);
    m->people += got.in_zones < want.in_zones;
    m->off_target += got.in_zones == want.in_zones && got.off_target > want.off_target + 1e-6;
    m->burden += got.in_zones == want.in_zones && got.off_target <= want.off_target + 1e-6 &&
                 got.burden > want.burden * (1 + 1e-9);
    m->bound += z->bound > want.in_zones;
    qz_zones_free(z);
}

static void check_tiny_boards(void) {
    struct board *b = malloc(sizeof *b);
    struct misses exact = { 0 }, tried = { 0 };
    struct qz_effort by_trials = qz_effort_default;
    by_trials.exact_most = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        make_board(b, seed, 3);
        check_tiny(b, &qz_effort_default, &exact);
        if (seed < 400)
            check_tiny(b, &by_trials, &tried);
    }
    CHECK(exact.people == 0 && exact.off_target == 0 && exact.burden == 0 && exact.bound == 0);
    CHECK(tried.people == 0 && tried.off_target == 0 && tried.burden <= 2);
    CHECK(tried.bound <= 60); /* of 400: knapsacks do not know what is contiguous */
    free(b);
}

/* ---- the bound of knapsacks by itself, with nothing found to lean on */
static double bound_of_basins(const struct board *b) {
    const struct qz_land_of_communes in = input_of(b);
    struct qz_reach reach;
    struct qz_basins basins;
    double sum = 0;
    CHECK(qz_reach_init(ctx, &b->params, &in, &reach) == 0);
    CHECK(qz_basins_init(ctx, &in, &reach, &basins) == 0);
    for (size_t k = 0; k < basins.n; k++) {
        struct qz_basin basin;
        struct qz_listing listing;
        uint8_t may[MOST];
        double price[MOST], bound = NAN;
        CHECK(qz_basin_init(ctx, &b->params, &in, &reach, &basins, k, &basin) == 0);
        CHECK(qz_listing_init(ctx, &basin, &listing) == 0 && listing.whole);
        qz_listing_may(&listing, may);
        CHECK(qz_zones_bound(ctx, &basin, &qz_effort_default, may, 0, price, &bound) == 0);
        sum += bound;
        qz_listing_done(&listing);
        qz_basin_done(&basin);
    }
    qz_basins_done(&basins);
    qz_reach_done(&reach);
    return sum;
}

static void check_bound(void) {
    struct board *b = malloc(sizeof *b);
    bool could[MOST];
    uint32_t n_tight = 0, n_lower = 0, n_all = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        make_board(b, seed, 3);
        double want = best_of(b, could).in_zones, bound = bound_of_basins(b);
        CHECK(bound >= want);
        double all = 0; /* who could be in some zone: the bound when prices do not move */
        for (uint32_t i = 0; i < b->n; i++)
            all += could[i] ? b->people[i] : 0;
        n_tight += bound == want;
        n_lower += bound < all;
        n_all += want < all;
    }
    CHECK(n_tight > 340 && n_lower >= 10 && n_all >= 40);
    free(b);
}

/* ---- 36 communes: the exact search against the trials and the bound of knapsacks, that know
 * nothing of it */
static void check_trials(void) {
    struct board *b = malloc(sizeof *b);
    struct qz_effort by_trials = qz_effort_default, cut = qz_effort_default;
    by_trials.exact_most = 0;
    cut.nodes = 20;
    uint32_t n_cut = 0, n_proven = 0, n_misses = 0, n_gaps = 0;
    for (uint64_t seed = 1000; seed < 1100; seed++) {
        struct qz_zones *exact = NULL, *tried = NULL, *half = NULL;
        make_board(b, seed, SIDE);
        const struct qz_land_of_communes in = input_of(b);
        CHECK(qz_three15_new(ctx, &b->params, &in, &exact) == 0);
        CHECK(qz_three15_with(ctx, &b->params, &by_trials, &in, &tried) == 0);
        check_all(b, tried, NULL);
        CHECK(qz_three15_with(ctx, &b->params, &cut, &in, &half) == 0);
        check_all(b, half, NULL);
        CHECK(half->people_in_zones <= exact->people_in_zones && exact->bound <= half->bound);
        CHECK(half->bound <= tried->bound);
        n_cut += half->bound > half->people_in_zones;
        bool proven = exact->bound == exact->people_in_zones;
        struct answer best = answer_of(b, exact), got = answer_of(b, tried);
        CHECK(tried->bound >= best.in_zones && exact->bound <= tried->bound);
        CHECK(!proven || got.in_zones <= best.in_zones);
        CHECK(got.in_zones != best.in_zones || !proven || best.off_target <= got.off_target + 1e-6);
        CHECK(memcmp(exact->most_people, tried->most_people, b->n * sizeof(double)) == 0);
        n_proven += proven;
        n_misses += got.in_zones < best.in_zones;
        n_gaps += tried->bound > best.in_zones;
        qz_zones_free(exact);
        qz_zones_free(tried);
        qz_zones_free(half);
    }
    CHECK(n_cut > 5);
    CHECK(n_proven == 100 && n_misses == 0);
    CHECK(n_gaps <= 30);
    free(b);
}

/* ---- what must not matter */
static double people_in_zones(const struct board *b) {
    struct qz_zones *z = NULL;
    const struct qz_land_of_communes in = input_of(b);
    CHECK(qz_three15_new(ctx, &b->params, &in, &z) == 0);
    double people = z ? z->people_in_zones : NAN;
    qz_zones_free(z);
    return people;
}

/* to[i]: the new number of commune i. */
static void renumber(const struct board *b, const uint32_t *to, struct board *ret) {
    *ret = *b;
    for (uint32_t i = 0; i < b->n; i++) {
        ret->people[to[i]] = b->people[i];
        ret->may_seat[to[i]] = b->may_seat[i];
        ret->unit[to[i]] = b->unit[i];
        for (uint32_t j = 0; j < b->n; j++) {
            ret->touch[to[i]][to[j]] = b->touch[i][j];
            ret->ms[to[i]][to[j]] = b->ms[i][j];
        }
    }
    list_all(ret);
}

static void check_any_order(void) {
    struct board *b = malloc(2 * sizeof *b), *other = b + 1;
    uint32_t wrong = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct qz_dice d = qz_dice_of(seed, 13);
        uint32_t to[MOST];
        make_board(b, seed, seed < 170 ? 3 : 4);
        for (uint32_t i = 0; i < b->n; i++) {
            uint32_t k = qz_dice_below(&d, i + 1);
            to[i] = to[k];
            to[k] = i;
        }
        renumber(b, to, other);
        wrong += people_in_zones(b) != people_in_zones(other);
    }
    CHECK(wrong == 0);
    free(b);
}

/* Thirds of people: nothing is whole any more, and the bound still holds. */
static void check_fractions(void) {
    struct board *b = malloc(sizeof *b);
    for (uint64_t seed = 0; seed < 100; seed++) {
        make_board(b, seed, 3);
        double whole = people_in_zones(b);
        for (uint32_t i = 0; i < b->n; i++)
            b->people[i] /= 3;
        b->params.people_min = b->params.people_min / 3 - 1e-6;
        b->params.people_target /= 3;
        b->params.people_max = b->params.people_max / 3 + 1e-6;
        struct qz_zones *z = NULL;
        const struct qz_land_of_communes in = input_of(b);
        CHECK(qz_three15_new(ctx, &b->params, &in, &z) == 0);
        CHECK_NEAR(z->people_in_zones, whole / 3, 1e-6, "people in thirds");
        CHECK(z->bound >= z->people_in_zones && z->bound <= z->people * (1 + 1e-8));
        qz_zones_free(z);
    }
    free(b);
}

/* Two boards in one territory, with nothing between: commune i of the first is 2 i, of the second
 * 2 i + 1. */
static void check_two_parts(void) {
    struct board *b = malloc(3 * sizeof *b), *both = b + 2;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct qz_zones *z[3] = { NULL };
        memset(both, 0, sizeof *both);
        make_board(b, 2 * seed, 4);
        make_board(b + 1, 2 * seed + 1, 4);
        both->params = b[1].params = b[0].params;
        both->n = MOST;
        memset(both->ms, 0xff, sizeof both->ms);
        for (uint32_t k = 0; k < 2; k++)
            for (uint32_t i = 0; i < b[k].n; i++) {
                both->people[2 * i + k] = b[k].people[i];
                both->may_seat[2 * i + k] = b[k].may_seat[i];
                both->unit[2 * i + k] = b[k].unit[i];
                for (uint32_t j = 0; j < b[k].n; j++) {
                    both->touch[2 * i + k][2 * j + k] = b[k].touch[i][j];
                    both->ms[2 * i + k][2 * j + k] = b[k].ms[i][j];
                }
            }
        list_all(both);
        for (uint32_t k = 0; k < 3; k++) {
            const struct qz_land_of_communes in = input_of(b + k);
            CHECK(qz_three15_new(ctx, &b[k].params, &in, &z[k]) == 0);
        }
        CHECK(z[2]->people_in_zones == z[0]->people_in_zones + z[1]->people_in_zones);
        CHECK_NEAR(z[2]->bound, z[0]->bound + z[1]->bound, 1e-6, "bound of two parts");
        uint32_t wrong = 0;
        for (uint32_t k = 0; k < 2; k++)
            for (uint32_t i = 0; i < b[k].n; i++) {
                uint32_t one = z[k]->zone_of[i], two = z[2]->zone_of[2 * i + k];
                wrong += (one == NONE) != (two == NONE) ||
                         (one != NONE && z[2]->items[two].seat != 2 * z[k]->items[one].seat + k);
                wrong += z[k]->unzoned[i] != z[2]->unzoned[2 * i + k];
            }
        CHECK(wrong == 0);
        for (uint32_t k = 0; k < 3; k++)
            qz_zones_free(z[k]);
    }
    free(b);
}

/* ---- a sound failure */
static void check_memory_with(const struct qz_effort *effort) {
    struct board *b = malloc(sizeof *b);
    make_board(b, 7, SIDE);
    memset(b->unit, 0, sizeof b->unit);
    b->params.people_min = 3000;
    const struct qz_land_of_communes in = input_of(b);
    bool whole = false;
    for (size_t k = 0; k < 2000 && !whole; k++) {
        struct qz_zones *z = NULL;
        qz_memory_fail_after(k);
        int r = qz_three15_with(ctx, &b->params, effort, &in, &z);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM) && (z != NULL) == whole);
        qz_zones_free(z);
    }
    CHECK(whole);
    free(b);
}

static void check_memory(void) {
    struct qz_effort effort = qz_effort_default;
    effort.trials = effort.per_commune = 1;
    check_memory_with(&effort); /* zones listed */
    effort.exact_most = 0;
    check_memory_with(&effort);
}

static int stop(double done, const char *what, void *user) {
    (void)what;
    CHECK(done >= 0 && done <= 1);
    return --*(int *)user > 0;
}

/* Each of the first ticks may be the last. */
static void check_cancel(void) {
    struct board *b = malloc(sizeof *b);
    struct qz_effort effort = qz_effort_default;
    effort.exact_most = 0;
    make_board(b, 7, SIDE);
    memset(b->unit, 0, sizeof b->unit);
    const struct qz_land_of_communes in = input_of(b);
    for (int ticks = 1; ticks <= 20; ticks++) {
        int left = ticks;
        struct qz_ctx_params p = qz_ctx_params_default;
        struct qz_ctx *stopped = NULL;
        struct qz_zones *z = NULL;
        p.progress = stop;
        p.progress_user = &left;
        CHECK(qz_ctx_new(&p, &stopped) == 0);
        CHECK(qz_three15_with(stopped, &b->params, &effort, &in, &z) == QZ_E_CANCELLED && !z);
        CHECK(left == 0);
        qz_ctx_free(stopped);
    }
    free(b);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_variants();
    check_few_links();
    check_way_round();
    check_refusals();
    check_boards();
    check_tiny_boards();
    check_bound();
    check_trials();
    check_any_order();
    check_fractions();
    check_two_parts();
    check_memory();
    check_cancel();
    qz_ctx_free(ctx);
    return check_end();
}
