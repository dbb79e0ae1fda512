/* tests/unit/test_areas.c - k areas: lines worked out by hand, every partition of tiny boards, a
 * departement of 500 communes. One minute a step unless said otherwise. */
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/zone.h"

enum { MOST = 500, FAR_MS = 7200000, MINUTE_MS = 60000 };
static struct qz_ctx *ctx;

/* ---- boards: who touches whom is a matrix, times are one too; links are read off them */
struct board {
    size_t n;
    double people[MOST];
    uint8_t may_seat[MOST];
    uint32_t unit[MOST], first[MOST + 1];
    uint8_t *touch;
    uint32_t *ms; /* [from * n + to]; FAR_MS: no link */
    uint32_t *neighbour;
    struct qz_link *links;
    struct qz_land_of_communes in;
};

static struct board *board_new(size_t n) {
    struct board *b = calloc(1, sizeof *b);
    b->n = n;
    b->touch = calloc(n, n);
    b->ms = malloc(n * n * sizeof *b->ms);
    b->neighbour = malloc((n * n + 1) * sizeof *b->neighbour);
    b->links = malloc((n * n + 1) * sizeof *b->links);
    for (size_t i = 0; i < n * n; i++)
        b->ms[i] = i % (n + 1) ? FAR_MS : 0;
    for (size_t i = 0; i < n; i++)
        b->people[i] = 100;
    return b;
}

static void board_free(struct board *b) {
    free(b->touch);
    free(b->ms);
    free(b->neighbour);
    free(b->links);
    free(b);
}

static void join(struct board *b, size_t i, size_t j) {
    b->touch[i * b->n + j] = b->touch[j * b->n + i] = 1;
}

/* itself: 1 also writes the links from a commune to itself. */
static struct qz_land_of_communes *land(struct board *b, bool itself) {
    uint32_t n_neighbours = 0;
    size_t n_links = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        b->first[i] = n_neighbours;
        for (uint32_t j = 0; j < b->n; j++) {
            if (b->touch[i * b->n + j])
                b->neighbour[n_neighbours++] = j;
            if (i == j ? itself : b->ms[j * b->n + i] < FAR_MS)
                b->links[n_links++] = (struct qz_link) { j, i, b->ms[j * b->n + i] };
        }
    }
    b->first[b->n] = n_neighbours;
    b->in = (struct qz_land_of_communes) {
        .n = b->n,
        .people = b->people,
        .first = b->first,
        .neighbour = b->neighbour,
        .links = b->links,
        .n_links = n_links,
    };
    return &b->in;
}

static struct board *line_new(size_t n) {
    struct board *b = board_new(n);
    for (size_t i = 0; i + 1 < n; i++)
        join(b, i, i + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            b->ms[i * n + j] = (uint32_t)(i > j ? i - j : j - i) * MINUTE_MS;
    return b;
}

static struct board *grid_new(size_t wide, size_t high, struct qz_dice *d) {
    struct board *b = board_new(wide * high);
    for (size_t i = 0; i < b->n; i++) {
        double bell = qz_dice_bell(d);
        b->people[i] = floor(400 * exp(bell));
        if ((i + 1) % wide)
            join(b, i, i + 1);
        if (i + wide < b->n)
            join(b, i, i + wide);
        for (size_t j = 0; j < b->n; j++) {
            double x = (double)(i % wide) - (double)(j % wide);
            double y = (double)(i / wide) - (double)(j / wide);
            b->ms[i * b->n + j] = (uint32_t)(240000 * sqrt(x * x + y * y));
        }
    }
    return b;
}

/* ---- the independent checker */
static bool in_balance(double people, double mean, double ratio) {
    return fabs(people - mean) <= mean * ratio * (1 + 1e-9) + mean * 1e-9;
}

static bool too_large(double people, double mean, double ratio) {
    return people > mean && !in_balance(people, mean, ratio);
}

/* One commune at a time, the most populous of the rest, is set aside with an area of its own. */
static double balance_mean_of(const struct board *b, size_t k, double ratio, size_t *n_large) {
    uint8_t aside[MOST] = { 0 };
    for (*n_large = 0;; ++*n_large) {
        double people = 0;
        size_t most = SIZE_MAX;
        for (size_t i = 0; i < b->n; i++) {
            people += aside[i] ? 0 : b->people[i];
            if (!aside[i] && (most == SIZE_MAX || b->people[i] > b->people[most]))
                most = i;
        }
        double mean = people / (double)(k - *n_large);
        if (*n_large + 1 >= k || !too_large(b->people[most], mean, ratio))
            return mean;
        aside[most] = 1;
    }
}

static size_t flood(const struct board *b, const uint32_t *area_of, size_t from, uint8_t *seen) {
    size_t n = 1;
    seen[from] = 1;
    for (size_t j = 0; j < b->n; j++)
        if (b->touch[from * b->n + j] && !seen[j] && area_of[j] == area_of[from])
            n += flood(b, area_of, j, seen);
    return n;
}

static double cost_of(const struct board *b, const uint32_t *area_of, uint32_t seat, double far) {
    double s = 0;
    for (size_t i = 0; i < b->n; i++)
        if (area_of[i] == area_of[seat])
            s += b->people[i] * fmin(b->ms[i * b->n + seat], far) / 1000;
    return s;
}

static bool may(const struct qz_land_of_communes *in, uint32_t i) {
    return !in->may_seat || in->may_seat[i];
}

/* Nobody of the same right does better than the centre, and none with the right stands by. */
static void check_centre(const struct board *b, const struct qz_areas *a, uint32_t area,
                         double far) {
    uint32_t centre = a->centre[area];
    double cost = cost_of(b, a->area_of, centre, far);
    size_t better = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        if (a->area_of[i] != area)
            continue;
        double other = cost_of(b, a->area_of, i, far);
        better += may(&b->in, i) > may(&b->in, centre);
        better += may(&b->in, i) == may(&b->in, centre) && other < cost - 1e-7 * (1 + cost);
    }
    CHECK(better == 0);
}

static void check_area(const struct board *b, const struct qz_areas *a, uint32_t area, double far) {
    uint8_t seen[MOST] = { 0 };
    double people = 0;
    size_t n = 0, strangers = 0;
    CHECK(a->centre[area] < b->n && a->area_of[a->centre[area]] == area);
    CHECK(area == 0 || a->centre[area - 1] < a->centre[area]);
    for (size_t i = 0; i < b->n; i++)
        if (a->area_of[i] == area) {
            n++;
            people += b->people[i];
            strangers += b->in.unit && b->unit[i] != b->unit[a->centre[area]];
        }
    CHECK(strangers == 0);
    CHECK(flood(b, a->area_of, a->centre[area], seen) == n);
    CHECK_NEAR(a->people[area], people, 1e-9 * people, "people");
    check_centre(b, a, area, far);
}

static void check_valid(const struct board *b, const struct qz_areas_params *p,
                        const struct qz_areas *a) {
    double people = 0, seconds = 0;
    size_t n_balanced = 0, n_large, outside = 0;
    double mean = balance_mean_of(b, p->k, p->balance_ratio, &n_large);
    for (size_t i = 0; i < b->n; i++) {
        people += b->people[i];
        outside += a->area_of[i] >= p->k;
    }
    CHECK(a->n == p->k && a->n_communes == b->n && outside == 0);
    CHECK_NEAR(a->mean_people, people / (double)p->k, 1e-9 * people, "mean");
    CHECK_NEAR(a->balance_mean, mean, 1e-9 * people, "mean of the rest");
    CHECK(a->n_too_large == n_large);
    for (uint32_t area = 0; area < p->k; area++) {
        check_area(b, a, area, p->far_ms);
        n_balanced += in_balance(a->people[area], mean, p->balance_ratio);
        seconds += cost_of(b, a->area_of, a->centre[area], p->far_ms);
    }
    CHECK(a->n_balanced == n_balanced);
    CHECK_NEAR(a->seconds, seconds, 1e-9 * (1 + seconds), "seconds");
    CHECK(a->bound <= a->seconds * (1 + 1e-9) + 1e-9);
}

static struct qz_areas *areas_of(struct board *b, const struct qz_areas_params *p) {
    struct qz_areas *a = NULL;
    CHECK(qz_areas_new(ctx, p, &b->in, &a) == 0);
    if (a)
        check_valid(b, p, a);
    else
        fprintf(stderr, "%s\n", qz_ctx_error(ctx));
    return a;
}

static struct qz_areas_params params_of(size_t k) {
    struct qz_areas_params p = qz_areas_params_default;
    p.k = k;
    return p;
}

/* ---- by hand: lines of up to eight communes. cut: a 1 where the line is no border, but an end */
static const struct {
    const char *name;
    size_t n, k;
    double people[8];
    const char *apart, *unit, *seat; /* after commune i there is sea ("x"); its unit; may it seat */
    const char *want, *centres;      /* area of each commune; "*": more than one answer will do */
    double seconds;
    size_t n_balanced, n_too_large, n_parts, n_small_parts;
} lines[] = {
    { "one area", 3, 1, { 100, 100, 100 }, "", "", "", "000", "1", 12000, 1, 0, 1, 0 },
    { "a pull to the end", 3, 1, { 100, 100, 500 }, "", "", "", "000", "2", 18000, 1, 0, 1, 0 },
    { "an area each", 3, 3, { 90, 100, 110 }, "", "", "", "012", "012", 0, 3, 0, 1, 0 },
    { "two halves", 4, 2, { 100, 100, 100, 100 }, "", "", "", "0011", "02", 12000, 2, 0, 1, 0 },
    { "a town alone", 4, 2, { 300, 90, 110, 100 }, "", "", "", "0111", "02", 11400, 2, 0, 1, 0 },
    { "too large", 3, 2, { 1000, 100, 50 }, "", "", "", "011", "01", 3000, 1, 1, 1, 0 },
    { "too large once the largest is aside: 300 in 230",
      6,
      3,
      { 1000, 300, 40, 40, 40, 40 },
      "",
      "",
      "",
      "012222",
      "013",
      9600,
      1,
      2,
      1,
      0 },
    { "neighbours go elsewhere, though 20 to the town is faster",
      4,
      2,
      { 1000, 20, 30, 100 },
      "",
      "",
      "",
      "0111",
      "03",
      4200,
      1,
      1,
      1,
      0 },
    { "a village behind the town stays",
      4,
      2,
      { 50, 1000, 100, 100 },
      "",
      "",
      "",
      "0011",
      "12",
      9000,
      1,
      1,
      1,
      0 },
    { "two towns share no area for a balanced one more",
      8,
      5,
      { 1000, 1000, 75, 25, 50, 50, 25, 75 },
      "",
      "",
      "",
      "*",
      "*",
      6000,
      3,
      2,
      1,
      0 },
    { "balance before time: 150 and 150, not the towns alone",
      4,
      2,
      { 50, 100, 100, 50 },
      "",
      "",
      "",
      "0011",
      "12",
      6000,
      2,
      0,
      1,
      0 },
    { "balance before time",
      6,
      2,
      { 10, 290, 100, 100, 100, 0 },
      "",
      "",
      "",
      "001111",
      "13",
      0 * 60 + 10 * 60 + 200 * 60,
      2,
      0,
      1,
      0 },
    { "two islands: 1.2 and 1.8 areas",
      5,
      3,
      { 100, 100, 100, 150, 150 },
      " x",
      "",
      "",
      "*",
      "*",
      12000,
      3,
      0,
      2,
      0 },
    { "an islet has its area",
      4,
      2,
      { 10, 100, 100, 100 },
      "x",
      "",
      "",
      "0111",
      "02",
      12000,
      0,
      0,
      2,
      1 },
    { "a populous islet has one area, not three",
      4,
      3,
      { 1000, 10, 10, 10 },
      "x",
      "",
      "",
      "*",
      "*",
      600,
      0,
      1,
      2,
      0 },
    { "two units", 4, 2, { 100, 100, 100, 100 }, "", "aaab", "", "0001", "13", 12000, 0, 0, 2, 1 },
    { "one unit on both sides",
      3,
      3,
      { 100, 100, 100 },
      "",
      "aba",
      "",
      "012",
      "012",
      0,
      3,
      0,
      3,
      0 },
    { "one seat", 3, 1, { 100, 100, 100 }, "", "", "--+", "000", "2", 18000, 1, 0, 1, 0 },
    { "no seat: any", 3, 1, { 100, 100, 100 }, "", "", "---", "000", "1", 12000, 1, 0, 1, 0 },
    { "no seat in one area",
      5,
      2,
      { 100, 100, 100, 100, 100 },
      "",
      "aabbb",
      "+----",
      "00111",
      "03",
      6000 + 12000,
      2,
      0,
      2,
      0 },
    { "nobody at all", 3, 2, { 0, 0, 0 }, "", "", "", "*", "*", 0, 2, 0, 1, 0 },
};

static struct board *line_of(size_t c) {
    struct board *b = line_new(lines[c].n);
    memcpy(b->people, lines[c].people, b->n * sizeof *b->people);
    for (size_t i = 0; lines[c].apart[i]; i++)
        if (lines[c].apart[i] == 'x')
            b->touch[i * b->n + i + 1] = b->touch[(i + 1) * b->n + i] = 0;
    land(b, c % 2);
    for (size_t i = 0; lines[c].unit[i]; i++)
        b->unit[i] = (uint32_t)lines[c].unit[i];
    for (size_t i = 0; lines[c].seat[i]; i++)
        b->may_seat[i] = lines[c].seat[i] == '+';
    b->in.unit = *lines[c].unit ? b->unit : NULL;
    b->in.may_seat = *lines[c].seat ? b->may_seat : NULL;
    return b;
}

static void check_lines(void) {
    for (size_t c = 0; c < COUNT(lines); c++) {
        struct board *b = line_of(c);
        struct qz_areas_params p = params_of(lines[c].k);
        struct qz_areas *a = areas_of(b, &p);
        const char *want = lines[c].want, *centres = lines[c].centres;
        for (size_t i = 0; a && *want != '*' && i < b->n; i++)
            CHECK_NEAR(a->area_of[i], want[i] - '0', 0, lines[c].name);
        for (size_t k = 0; a && *centres != '*' && k < p.k; k++)
            CHECK_NEAR(a->centre[k], centres[k] - '0', 0, lines[c].name);
        if (a) {
            CHECK_NEAR(a->seconds, lines[c].seconds, 1e-6, lines[c].name);
            CHECK_NEAR((double)a->n_balanced, (double)lines[c].n_balanced, 0, lines[c].name);
            CHECK_NEAR((double)a->n_too_large, (double)lines[c].n_too_large, 0, lines[c].name);
            CHECK_NEAR((double)a->n_parts, (double)lines[c].n_parts, 0, lines[c].name);
            CHECK_NEAR((double)a->n_small_parts, (double)lines[c].n_small_parts, 0, lines[c].name);
        }
        qz_areas_free(a);
        board_free(b);
    }
}

/* A pair without a link counts far_ms; so does one that takes longer. 0 - 1 - 2, one area: from 2
 * there is no link to 1, so that commune 1 costs 60 s + 500 s, commune 0 60 s + 120 s. */
static void check_far(void) {
    struct board *b = line_new(3);
    struct qz_areas_params p = params_of(1);
    p.far_ms = 500000;
    b->ms[2 * 3 + 1] = FAR_MS;
    land(b, false);
    struct qz_areas *a = areas_of(b, &p);
    CHECK(a && a->centre[0] == 0);
    CHECK_NEAR(a ? a->seconds : 0, 18000, 1e-6, "without a link");
    CHECK_NEAR(a ? a->largest_commune : 0, 100, 0, "the largest");
    qz_areas_free(a);
    p.far_ms = 90000; /* 120 s counts as 90 s */
    a = areas_of(b, &p);
    CHECK_NEAR(a ? a->seconds : 0, 15000, 1e-6, "longer");
    qz_areas_free(a);
    board_free(b);
}

/* ---- tiny boards: all contiguous partitions */
struct subsets {
    double cost[1 << 10], people[1 << 10], large_people[1 << 10];
    size_t n_large[1 << 10];
    bool whole[1 << 10];
};

static bool is_whole(const struct board *b, unsigned set) {
    unsigned seen = set & -set, before = 0;
    while (seen != before) {
        before = seen;
        for (size_t i = 0; i < b->n; i++)
            for (size_t j = 0; j < b->n; j++)
                if (seen >> i & 1 && set >> j & 1 && b->touch[i * b->n + j])
                    seen |= 1u << j;
    }
    return seen == set;
}

static double cost_of_set(const struct board *b, unsigned set) {
    double best[2] = { INFINITY, INFINITY }; /* of those that may not, of those that may */
    for (uint32_t s = 0; s < b->n; s++) {
        double cost = 0;
        for (size_t i = 0; i < b->n; i++)
            cost += set >> i & 1 ? b->people[i] * b->ms[i * b->n + s] / 1000 : 0;
        if (set >> s & 1)
            best[may(&b->in, s)] = fmin(best[may(&b->in, s)], cost);
    }
    return best[1] < INFINITY ? best[1] : best[0];
}

struct best {
    size_t n_out;
    double excess, seconds;
};

/* One area more: out of balance, by how many people, how far to the centre. */
static struct best with(struct best x, const struct subsets *t, unsigned set, double mean) {
    double people = t->people[set], alone = people - t->large_people[set];
    size_t n_large = t->n_large[set];
    x.seconds += t->cost[set];
    x.n_out += n_large ? n_large : !in_balance(people, mean, 0.25);
    if (n_large)
        x.excess += alone + (double)(n_large - 1) * 1.25 * mean;
    else if (!in_balance(people, mean, 0.25))
        x.excess += fabs(people - mean) - 0.25 * mean;
    return x;
}

static bool before(struct best a, struct best b) {
    if (a.n_out != b.n_out)
        return a.n_out < b.n_out;
    return fabs(a.excess - b.excess) > 1e-4 ? a.excess < b.excess : a.seconds < b.seconds;
}

static void split(const struct subsets *t, unsigned left, size_t k, double mean, struct best sofar,
                  struct best *best) {
    unsigned low = left & -left, rest = left ^ low;
    for (unsigned sub = rest;; sub = (sub - 1) & rest) {
        unsigned set = sub | low;
        struct best now = with(sofar, t, set, mean);
        if (t->whole[set] && k > 1 && set != left)
            split(t, left ^ set, k - 1, mean, now, best);
        if (t->whole[set] && k == 1 && set == left && before(now, *best))
            *best = now;
        if (!sub)
            break;
    }
}

static double tabulate(const struct board *b, size_t k, struct subsets *ret) {
    size_t n_large;
    double mean = balance_mean_of(b, k, 0.25, &n_large);
    for (unsigned set = 1; set < 1u << b->n; set++) {
        ret->whole[set] = is_whole(b, set);
        ret->cost[set] = ret->whole[set] ? cost_of_set(b, set) : 0;
        ret->people[set] = ret->large_people[set] = 0;
        ret->n_large[set] = 0;
        for (size_t i = 0; i < b->n; i++)
            if (set >> i & 1) {
                bool large = too_large(b->people[i], mean, 0.25);
                ret->people[set] += b->people[i];
                ret->large_people[set] += large ? b->people[i] : 0;
                ret->n_large[set] += large;
            }
    }
    return mean;
}

static struct best slow(const struct board *b, size_t k) {
    static struct subsets t;
    struct best best = { SIZE_MAX, INFINITY, INFINITY };
    double mean = tabulate(b, k, &t);
    split(&t, (1u << b->n) - 1, k, mean, (struct best) { 0, 0, 0 }, &best);
    return best;
}

/* The same of an answer. */
static struct best made(const struct board *b, const struct qz_areas *a) {
    static struct subsets t;
    struct best x = { 0, 0, 0 };
    double mean = tabulate(b, a->n, &t);
    for (uint32_t area = 0; area < a->n; area++) {
        unsigned set = 0;
        for (size_t i = 0; i < b->n; i++)
            set |= (unsigned)(a->area_of[i] == area) << i;
        x = with(x, &t, set, mean);
    }
    return x;
}

/* A tree and a few borders more; times of their own each way, some missing; some have towns. */
static struct board *tiny_new(struct qz_dice *d) {
    struct board *b = board_new(4 + qz_dice_below(d, 7));
    bool some_seats = qz_dice_chance(d, 0.3), towns = qz_dice_chance(d, 0.5);
    for (size_t i = 0; i < b->n; i++) {
        b->people[i] = floor(qz_dice_between(d, 1, 200));
        b->people[i] *= towns && qz_dice_chance(d, 0.25) ? 8 : 1;
        b->may_seat[i] = qz_dice_chance(d, 0.6);
        if (i)
            join(b, i, qz_dice_below(d, (uint32_t)i));
        for (size_t j = 0; j < i; j++)
            if (qz_dice_chance(d, 0.15))
                join(b, i, j);
        for (size_t j = 0; j < b->n; j++)
            if (i != j && qz_dice_chance(d, 0.9))
                b->ms[i * b->n + j] = 1000 * (1 + qz_dice_below(d, 1800));
    }
    land(b, qz_dice_chance(d, 0.5));
    b->in.may_seat = some_seats ? b->may_seat : NULL;
    return b;
}

static void check_tiny(void) {
    size_t n_equal = 0, n_large = 0;
    enum { CASES = 100 };
    double worst = 0;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        struct qz_dice d = qz_dice_of(seed, 77);
        struct board *b = tiny_new(&d);
        struct qz_areas_params p = params_of(1 + qz_dice_below(&d, 4));
        struct best best = slow(b, p.k), own;
        struct qz_areas *a = areas_of(b, &p);
        if (a) {
            own = made(b, a);
            CHECK(own.n_out == best.n_out);
            CHECK_NEAR(own.excess, best.excess, 1e-4, "excess");
            CHECK(a->seconds >= best.seconds * (1 - 1e-9));
            CHECK(a->bound <= best.seconds * (1 + 1e-9));
            n_large += a->n_too_large > 0;
            n_equal += a->seconds <= best.seconds * (1 + 1e-9);
            worst = fmax(worst, best.seconds > 0 ? a->seconds / best.seconds - 1 : 0);
        }
        qz_areas_free(a);
        board_free(b);
    }
    printf("tiny boards, %zu with towns too large: %zu of %d the best, none more than %.2f %% "
           "above\n",
           n_large, n_equal, CASES, 100 * worst);
    CHECK(n_large >= 15);
    CHECK(n_equal >= CASES * 95 / 100);
    CHECK(worst < 0.05);
}

/* ---- larger boards */
static void check_departement(void) {
    struct qz_dice d = qz_dice_of(5, 78);
    struct board *b = grid_new(25, 20, &d);
    struct qz_areas_params p = params_of(15);
    land(b, true);
    struct qz_areas *a = areas_of(b, &p);
    CHECK(a && a->n_balanced * 10 >= a->n * 9 && a->n_too_large == 0 && a->n_parts == 1);
    CHECK(a && a->seconds < 1.2 * a->bound);
    if (a)
        printf("500 communes: %zu of %zu in balance, %.3f times the bound\n", a->n_balanced, a->n,
               a->seconds / a->bound);
    qz_areas_free(a);
    board_free(b);
}

/* The same answer with any number of threads, and one as good when communes are renumbered. */
static void check_relabelled(void) {
    struct qz_dice d = qz_dice_of(6, 78);
    struct board *b = grid_new(8, 8, &d), *other = board_new(64);
    struct qz_areas_params p = params_of(6);
    struct qz_ctx *single = NULL;
    uint32_t to[64];
    for (uint32_t i = 0; i < 64; i++)
        to[i] = (i * 27 + 5) % 64;
    for (size_t i = 0; i < 64; i++) {
        other->people[to[i]] = b->people[i];
        for (size_t j = 0; j < 64; j++) {
            other->touch[to[i] * 64 + to[j]] = b->touch[i * 64 + j];
            other->ms[to[i] * 64 + to[j]] = b->ms[i * 64 + j];
        }
    }
    land(b, true);
    land(other, false);
    struct qz_areas *a = areas_of(b, &p), *o = areas_of(other, &p), *again = NULL;
    CHECK(qz_ctx_new(&(struct qz_ctx_params) { .threads = 1 }, &single) == 0);
    CHECK(qz_areas_new(single, &p, &b->in, &again) == 0);
    CHECK(a && again && memcmp(a->area_of, again->area_of, 64 * sizeof *a->area_of) == 0);
    CHECK(a && o && a->n_balanced == o->n_balanced);
    CHECK(a && o && fabs(a->seconds - o->seconds) <= 0.02 * a->seconds);
    qz_areas_free(a);
    qz_areas_free(o);
    qz_areas_free(again);
    qz_ctx_free(single);
    board_free(b);
    board_free(other);
}

/* ---- refusals */
static void check_refused(struct board *b, const struct qz_areas_params *p, int code,
                          const char *words) {
    struct qz_areas *a = (struct qz_areas *)b;
    int r = qz_areas_new(ctx, p, &b->in, &a);
    CHECK(r == code && a == (struct qz_areas *)b);
    CHECK(strstr(qz_ctx_error(ctx), words) != NULL);
    if (!strstr(qz_ctx_error(ctx), words))
        fprintf(stderr, "wanted '%s', got '%s'\n", words, qz_ctx_error(ctx));
}

static void check_refusals(void) {
    struct board *b = line_new(4);
    struct qz_areas_params p = params_of(0);
    land(b, true);
    check_refused(b, &p, QZ_E_RANGE, "areas: 0 areas of 4 communes");
    p.k = 5;
    check_refused(b, &p, QZ_E_RANGE, "areas: 5 areas of 4 communes");
    p.k = 2;
    p.balance_ratio = -0.1;
    check_refused(b, &p, QZ_E_RANGE, "within -0.1 of the mean");
    p.balance_ratio = NAN;
    check_refused(b, &p, QZ_E_RANGE, "of the mean, not 0 or more");
    p.balance_ratio = 0.25;
    b->people[2] = -1;
    check_refused(b, &p, QZ_E_RANGE, "commune 2 has -1 people");
    b->people[2] = 100;
    b->neighbour[1] = 4;
    check_refused(b, &p, QZ_E_RANGE, "commune 1 has neighbour 4 of 4");
    b->neighbour[1] = 0;
    b->first[1] = 4;
    check_refused(b, &p, QZ_E_RANGE, "neighbours of commune 1 end before they begin");
    land(b, true);
    b->links[5].origin = 0;
    check_refused(b, &p, QZ_E_RANGE, "link 5 is not in order");
    b->links[5].origin = 4;
    check_refused(b, &p, QZ_E_RANGE, "link 5 is from commune 4 to 1 of 4");
    land(b, true);
    b->unit[1] = b->unit[2] = 1;
    b->unit[3] = 2;
    b->people[3] = 20;
    b->in.unit = b->unit;
    check_refused(b, &p, QZ_E_DATA,
                  "falls into 3 pieces by its boundaries and by limits that no area crosses, more "
                  "than 2 areas; "
                  "the smallest is that of commune 3, with 20 people; ask for 3 areas or more");
    board_free(b);
}

static int stop_at_half(double done, const char *what, void *user) {
    (void)user;
    return strcmp(what, "areas") || done < 0.5;
}

static void check_cancelled(void) {
    struct qz_ctx *stopping = NULL;
    struct board *b = line_new(6);
    struct qz_areas_params p = params_of(3);
    struct qz_areas *a = NULL;
    land(b, true);
    CHECK(qz_ctx_new(&(struct qz_ctx_params) { .progress = stop_at_half }, &stopping) == 0);
    CHECK(qz_areas_new(stopping, &p, &b->in, &a) == QZ_E_CANCELLED && !a);
    qz_ctx_free(stopping);
    board_free(b);
}

static void check_memory(void) {
    struct qz_dice d = qz_dice_of(8, 78);
    struct board *b = grid_new(3, 2, &d);
    struct qz_areas_params p = params_of(2);
    bool whole = false;
    land(b, true);
    b->in.unit = b->unit;
    b->touch[2 * 6 + 5] = b->touch[5 * 6 + 2] = 0; /* two pieces: the second has its own failures */
    for (size_t i = 0; i < 6; i++)
        b->unit[i] = i >= 3;
    for (size_t k = 0; k < 1000 && !whole; k++) {
        struct qz_areas *a = NULL;
        qz_memory_fail_after(k);
        int r = qz_areas_new(ctx, &p, &b->in, &a);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM) && !a == !whole);
        qz_areas_free(a);
    }
    CHECK(whole);
    CHECK(qz_areas_free(NULL) == NULL);
    board_free(b);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_lines();
    check_far();
    check_tiny();
    check_departement();
    check_relabelled();
    check_refusals();
    check_cancelled();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
