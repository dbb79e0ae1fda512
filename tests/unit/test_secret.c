/* tests/unit/test_secret.c - small counts stay hidden from who subtracts what is shown from totals
 */
#include <math.h>
#include <string.h>
#include "access/solve.h"
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/access.h"

static struct qz_ctx *ctx;

/* ---- a few communes and levels, and what is hidden of them */
enum { MOST = 12, MOST_LEVELS = 4 };
struct place {
    size_t n, n_levels;
    double count[MOST];
    uint8_t from_source[MOST];
    struct qz_level level[MOST_LEVELS];
    uint32_t first[MOST_LEVELS][MOST + 1], territory[MOST_LEVELS][2 * MOST];
    double weight[MOST_LEVELS][2 * MOST];
    uint8_t mask[MOST], of[MOST_LEVELS][MOST];
};

/* in[c]: the territory of each commune, 9: none. */
static void add_level(struct place *p, const char *in) {
    size_t l = p->n_levels++;
    uint32_t at = 0;
    for (size_t c = 0; c < p->n; c++) {
        uint32_t t = (uint32_t)(in[c] - '0');
        if (t != 9) {
            p->territory[l][at] = t;
            p->weight[l][at++] = 1;
            p->level[l].n = t + 1 > p->level[l].n ? t + 1 : p->level[l].n;
        }
        p->first[l][c + 1] = at;
    }
}

static void mask(struct place *p, double least) {
    uint8_t *territory[MOST_LEVELS];
    for (size_t l = 0; l < p->n_levels; l++) {
        p->level[l].first = p->first[l];
        p->level[l].territory = p->territory[l];
        p->level[l].weight = p->weight[l];
        territory[l] = p->of[l];
    }
    struct qz_mask_input in = { p->n, p->count, p->from_source, p->level, p->n_levels, least };
    memset(p->mask, 0x5a, sizeof p->mask);
    memset(p->of, 0x5a, sizeof p->of);
    CHECK(qz_mask(ctx, &in, p->mask, territory) == 0);
}

/* ---- by hand. S small, I indirect, . shown, X masked in the source */
static bool looks(const uint8_t *got, const char *want) {
    static const char signs[] = ".SIX";
    bool same = true;
    for (size_t i = 0; want[i]; i++)
        same = same && got[i] < 4 && signs[got[i]] == want[i];
    for (size_t i = 0; want[i] && !same; i++)
        fprintf(stderr, "%c%s", got[i] < 4 ? signs[got[i]] : '?', want[i + 1] ? "" : " got\n");
    return same;
}

static const struct {
    const char *name;
    size_t n;
    double count[MOST], least;
    const char *levels[MOST_LEVELS], *source; /* NULL: none */
    const char *want, *want_of[MOST_LEVELS];
} cases[] = {
    { "nothing is small", 3, { 5, 0, 9 }, 5, { "000" }, NULL, "...", { "." } },
    { "no threshold", 3, { 1, 0, 2 }, 0, { "000" }, NULL, "...", { "." } },
    { "one small: the smallest other, zeros shown",
      4,
      { 2, 0, 30, 20 },
      5,
      { "0000" },
      NULL,
      "S..I",
      { "." } },
    { "equal ones: the lowest", 4, { 20, 2, 20, 0 }, 5, { "0000" }, NULL, "IS..", { "." } },
    { "two small whose sum is not", 3, { 4, 3, 30 }, 5, { "000" }, NULL, "SS.", { "." } },
    { "two small whose sum is small too: 2 would be known of them",
      3,
      { 1, 1, 30 },
      5,
      { "000" },
      NULL,
      "SSI",
      { "." } },
    { "a territory of one commune: its total is the count",
      3,
      { 2, 20, 30 },
      5,
      { "011" },
      NULL,
      "S..",
      { "S." } },
    { "the other territory would give it away from the whole",
      3,
      { 2, 20, 30 },
      5,
      { "011", "000" },
      NULL,
      "SI.",
      { "SI", "." } },
    { "two groupings: the help of one needs help in the other",
      4,
      { 2, 10, 30, 40 },
      5,
      { "0011", "0101" },
      NULL,
      "SIII",
      { "..", ".." } },
    { "nobody else in the territory: the total hides as well",
      3,
      { 2, 0, 9 },
      5,
      { "001" },
      NULL,
      "S..",
      { "S." } },
    { "in none of the level, but of the whole",
      3,
      { 2, 6, 9 },
      5,
      { "990", "000" },
      NULL,
      "SI.",
      { ".", "." } },
    { "a commune rather than a territory, though it is larger",
      3,
      { 2, 6, 30 },
      5,
      { "019", "000" },
      NULL,
      "S.I",
      { "S.", "." } },
    { "equal territories: the lowest",
      5,
      { 2, 12, 8, 5, 15 },
      5,
      { "02211", "00000" },
      NULL,
      "S..I.",
      { "SI.", "." } },
    { "no more of a hidden territory, that would not help",
      8,
      { 2, 20, 30, 35, 40, 50, 60, 70 },
      5,
      { "01112233", "00000000", "01111100" },
      NULL,
      "SI..I.I.",
      { "SIII", ".", ".." } },
    { "a ring: the twin of one hides, and a total for those that have none",
      4,
      { 3, 50, 3, 3 },
      5,
      { "0009", "9900", "0090" },
      NULL,
      "SISS",
      { ".", "I", "." } },
    { "masked in the source: stays so, and protects nobody",
      3,
      { 2, 77, 9 },
      5,
      { "000" },
      "010",
      "SXI",
      { "." } },
    { "all masked in the source", 2, { 3, 4 }, 5, { "00" }, "11", "XX", { "." } },
};

static void check_by_hand(void) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place p = { .n = cases[i].n };
        memcpy(p.count, cases[i].count, sizeof p.count);
        for (size_t c = 0; cases[i].source && c < p.n; c++)
            p.from_source[c] = cases[i].source[c] == '1';
        for (size_t l = 0; l < MOST_LEVELS && cases[i].levels[l]; l++)
            add_level(&p, cases[i].levels[l]);
        mask(&p, cases[i].least);
        bool ok = looks(p.mask, cases[i].want);
        for (size_t l = 0; l < p.n_levels; l++)
            ok = looks(p.of[l], cases[i].want_of[l]) && ok;
        if (!ok)
            fprintf(stderr, "that was: %s\n", cases[i].name);
        CHECK(ok);
    }
}

/* ---- who subtracts. Cells: communes, then the territories of each level. */
enum { MOST_CELLS = MOST * (MOST_LEVELS + 1), MOST_ROWS = 4096 };
struct equation {
    double of[MOST_CELLS]; /* the sum of these times the cells is 0 */
};
static struct equation rows[MOST_ROWS];
static size_t n_rows;

struct cells {
    size_t n, first[MOST_LEVELS];
    double value[MOST_CELLS];
    uint8_t mask[MOST_CELLS];
};

static struct cells cells_of(const struct place *p) {
    struct cells c = { .n = p->n };
    memcpy(c.mask, p->mask, p->n);
    for (size_t i = 0; i < p->n; i++)
        c.value[i] = p->from_source[i] ? 0 : p->count[i];
    for (size_t l = 0; l < p->n_levels; l++) {
        c.first[l] = c.n;
        memcpy(c.mask + c.n, p->of[l], p->level[l].n);
        for (size_t i = 0; i < p->n; i++)
            for (uint32_t k = p->first[l][i]; k < p->first[l][i + 1]; k++)
                c.value[c.n + p->territory[l][k]] += c.value[i] * p->weight[l][k];
        c.n += p->level[l].n;
    }
    return c;
}

static double weight_in(const struct place *p, size_t l, size_t commune, size_t t) {
    for (uint32_t k = p->first[l][commune]; k < p->first[l][commune + 1]; k++)
        if (p->territory[l][k] == t)
            return p->weight[l][k];
    return 0;
}

/* The total of each territory is the sum of its communes. */
static void write_sums(const struct place *p, const struct cells *c) {
    n_rows = 0;
    for (size_t l = 0; l < p->n_levels; l++)
        for (size_t t = 0; t < p->level[l].n; t++) {
            struct equation *e = &rows[n_rows++];
            *e = (struct equation) { .of = { 0 } };
            for (size_t i = 0; i < p->n; i++)
                e->of[i] = weight_in(p, l, i, t);
            e->of[c->first[l] + t] = -1;
        }
}

/* And of the territories of one other level, in place of their communes: all the sets of them whose
 * communes, summed, are no more than the territory's. Every subset is tried. */
static void write_nested(const struct place *p, const struct cells *c) {
    for (size_t o = 0; o < p->n_levels; o++)
        for (size_t t = 0; t < p->level[o].n; t++)
            for (size_t l = 0; l < p->n_levels; l++)
                for (size_t set = 1; l != o && set < (size_t)1 << p->level[l].n; set++) {
                    struct equation *e = &rows[n_rows];
                    bool fits = n_rows < MOST_ROWS;
                    if (!fits)
                        return;
                    *e = (struct equation) { .of = { 0 } };
                    e->of[c->first[o] + t] = -1;
                    for (size_t i = 0; i < p->n; i++) {
                        e->of[i] = weight_in(p, o, i, t);
                        for (size_t g = 0; g < p->level[l].n; g++)
                            e->of[i] -= set >> g & 1 ? weight_in(p, l, i, g) : 0;
                        e->of[i] = fabs(e->of[i]) < 1e-12 ? 0 : e->of[i];
                        fits = fits && e->of[i] >= 0;
                    }
                    for (size_t g = 0; g < p->level[l].n; g++)
                        if (set >> g & 1)
                            e->of[c->first[l] + g] = 1;
                    n_rows += fits;
                }
}

static bool hidden(const struct cells *c, size_t i) {
    return c->mask[i] == QZ_MASK_SMALL || c->mask[i] == QZ_MASK_INDIRECT;
}

/* No equation has a single hidden cell; none shows that hidden ones add up to less than `least`. */
static void check_subtraction(const struct cells *c, double least, const char *name) {
    for (size_t r = 0; r < n_rows; r++) {
        size_t n = 0, minus = 0;
        double sum = 0;
        for (size_t i = 0; i < c->n; i++)
            if (rows[r].of[i] != 0 && hidden(c, i)) {
                n++;
                minus += rows[r].of[i] < 0;
                sum += c->value[i] * rows[r].of[i];
            }
        CHECK_NEAR(n == 1, 0, 0, name);
        CHECK_NEAR(n && !minus && sum < least - 1e-9, 0, 0, name);
    }
}

static struct place random_place(struct qz_dice *d) {
    struct place p = { .n = 2 + qz_dice_below(d, MOST - 1) };
    size_t n_levels = 1 + qz_dice_below(d, MOST_LEVELS);
    bool shares = qz_dice_chance(d, 0.3);
    for (size_t i = 0; i < p.n; i++) {
        p.count[i] = qz_dice_chance(d, 0.2) ? 0 : qz_dice_below(d, 25);
        p.from_source[i] = qz_dice_chance(d, 0.05);
    }
    for (size_t l = 0; l < n_levels; l++) {
        char in[MOST];
        uint32_t n = l + 1 == n_levels ? 1 : 1 + qz_dice_below(d, 5); /* the last: all */
        for (size_t i = 0; i < p.n; i++)
            in[i] = (char)('0' + (n > 1 && qz_dice_chance(d, 0.05) ? 9 : qz_dice_below(d, n)));
        add_level(&p, in);
        if (l == 0 && shares) { /* every commune that is in one is in the next by a quarter too */
            uint32_t at = 0, n_territories = (uint32_t)p.level[0].n;
            for (size_t i = 0; i < p.n; i++) {
                if (in[i] != '9' && n_territories > 1) {
                    uint32_t t = (uint32_t)(in[i] - '0'), next = (t + 1) % n_territories;
                    if (qz_dice_chance(d, 0.2)) { /* the quarter in none */
                        p.territory[0][at] = t;
                        p.weight[0][at++] = 0.75;
                        p.first[0][i + 1] = at;
                        continue;
                    }
                    p.territory[0][at] = t < next ? t : next;
                    p.weight[0][at++] = t < next ? 0.75 : 0.25;
                    p.territory[0][at] = t < next ? next : t;
                    p.weight[0][at++] = t < next ? 0.25 : 0.75;
                } else if (in[i] != '9') {
                    p.territory[0][at] = 0;
                    p.weight[0][at++] = 1;
                }
                p.first[0][i + 1] = at;
            }
        }
    }
    return p;
}

/* ---- and who solves all equations together: Gauss and Jordan, in full. found[k]: the system gives
 * unknown k. */
static double matrix[MOST_CELLS][MOST_CELLS];

static size_t solve_slowly(size_t n_equations, size_t n_unknowns, uint8_t *found) {
    size_t rank = 0, n_found = 0;
    for (size_t k = 0; k < n_unknowns && rank < n_equations; k++) {
        size_t best = rank;
        for (size_t r = rank; r < n_equations; r++)
            best = fabs(matrix[r][k]) > fabs(matrix[best][k]) ? r : best;
        if (fabs(matrix[best][k]) < 1e-9)
            continue;
        for (size_t j = 0; j < n_unknowns; j++) {
            double swap = matrix[best][j];
            matrix[best][j] = matrix[rank][j];
            matrix[rank][j] = swap;
        }
        for (size_t r = 0; r < n_equations; r++) {
            double f = matrix[r][k] / matrix[rank][k];
            for (size_t j = k; r != rank && j < n_unknowns; j++)
                matrix[r][j] -= f * matrix[rank][j];
        }
        rank++;
    }
    memset(found, 0, n_unknowns);
    for (size_t r = 0; r < rank; r++) {
        size_t n = 0, last = 0;
        for (size_t k = 0; k < n_unknowns; k++)
            if (fabs(matrix[r][k]) > 1e-9) {
                n++;
                last = k;
            }
        found[last] |= n == 1;
        n_found += n == 1;
    }
    return n_found;
}

static size_t n_solvable(const struct place *p, const struct cells *c) {
    uint8_t found[MOST_CELLS];
    size_t n = 0;
    write_sums(p, c); /* the others follow from these */
    for (size_t i = 0; i < c->n; i++) {
        for (size_t r = 0; r < n_rows; r++)
            matrix[r][n] = rows[r].of[i];
        n += hidden(c, i);
    }
    return solve_slowly(n_rows, n, found);
}

/* The sparse way finds the same unknowns as the slow one. */
static void check_solver(void) {
    static const double factors[] = { 1, 1, 1, -1, 0.25, 0.75 };
    struct qz_dice d = qz_dice_of(14, 1);
    size_t n_some = 0;
    for (size_t round = 0; round < 2000; round++) {
        size_t n = 1 + qz_dice_below(&d, 14), n_equations = qz_dice_below(&d, 12), at = 0;
        size_t first[16] = { 0 };
        uint32_t unknown[256];
        double factor[256];
        uint8_t got[16], want[16];
        for (size_t e = 0; e < n_equations; e++) {
            double density = qz_dice_between(&d, 0.05, 0.6);
            for (size_t k = 0; k < n; k++) {
                bool in = qz_dice_chance(&d, density);
                matrix[e][k] = in ? factors[qz_dice_below(&d, COUNT(factors))] : 0;
                unknown[at] = (uint32_t)k;
                factor[at] = matrix[e][k];
                at += in;
            }
            first[e + 1] = at;
        }
        const struct qz_system s = { n, n_equations, first, unknown, factor };
        CHECK(qz_system_solvable(ctx, &s, got) == 0);
        n_some += solve_slowly(n_equations, n, want) > 0;
        CHECK(memcmp(got, want, n) == 0);
    }
    CHECK(n_some > 500 && n_some < 1900);
}

static void check_random(void) {
    enum { ROUNDS = 3000 };
    struct qz_dice d = qz_dice_of(13, 1);
    size_t n_with = 0, n_hidden = 0, n_small = 0, n_cells = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct place p = random_place(&d);
        mask(&p, 5);
        struct cells c = cells_of(&p);
        size_t here = 0;
        for (size_t i = 0; i < c.n; i++) {
            bool small = c.value[i] > 0 && c.value[i] < 5;
            bool source = i < p.n && p.from_source[i];
            CHECK(source == (c.mask[i] == QZ_MASK_INPUT));
            CHECK(source || small == (c.mask[i] == QZ_MASK_SMALL));
            CHECK(c.value[i] > 0 || !hidden(&c, i)); /* 0 is no secret */
            here += hidden(&c, i);
            n_small += c.mask[i] == QZ_MASK_SMALL;
        }
        write_sums(&p, &c);
        check_subtraction(&c, 5, "its communes");
        n_rows = 0;
        write_nested(&p, &c);
        check_subtraction(&c, 5, "the territories in it");
        n_with += here > 0;
        n_hidden += here;
        n_cells += c.n;
        CHECK(here == 0 || n_solvable(&p, &c) == 0);
    }
    printf("random places: %zu of %d hide something: %zu of %zu counts, %zu of them small\n",
           n_with, ROUNDS, n_hidden, n_cells, n_small);
    CHECK(n_with > ROUNDS / 2 && n_small > ROUNDS);
}

/* Three that overlap in a ring: a + b, b + c, a + c, each of two hidden ones, would together give
 * all three. Totals hide, and then nothing can be had. */
static void check_ring(void) {
    struct place p = { .n = 3, .count = { 4, 4, 4 } };
    add_level(&p, "009");
    add_level(&p, "900");
    add_level(&p, "090");
    struct cells c = cells_of(&p);
    memset(c.mask, QZ_MASK_SMALL, 3);
    CHECK(n_solvable(&p, &c) == 3); /* the solver sees it */
    mask(&p, 5);
    c = cells_of(&p);
    CHECK(looks(p.mask, "SSS") && looks(p.of[0], "I") && looks(p.of[1], "I") &&
          looks(p.of[2], "."));
    CHECK(n_solvable(&p, &c) == 0);
}

/* ---- bad input, memory that ends */
static void check_bad(void) {
    const double counts[] = { 1, -1, NAN, INFINITY };
    uint8_t got[1];
    for (size_t i = 1; i < COUNT(counts); i++) {
        struct qz_mask_input in = { 1, &counts[i], NULL, NULL, 0, 5 };
        CHECK(qz_mask(ctx, &in, got, NULL) == QZ_E_RANGE);
    }
    struct qz_mask_input in = { 1, counts, NULL, NULL, 0, 5 };
    CHECK(qz_mask(NULL, &in, got, NULL) == 0 && got[0] == QZ_MASK_SMALL);
}

static void check_memory(void) {
    struct place p = { .n = 4, .count = { 1, 2, 30, 40 } };
    add_level(&p, "0011");
    add_level(&p, "0000");
    mask(&p, 5);
    uint8_t got[4], of[2][MOST], *territory[] = { of[0], of[1] };
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_mask_input in = { p.n, p.count, NULL, p.level, 2, 5 };
        qz_memory_fail_after(k);
        int r = qz_mask(ctx, &in, got, territory);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((r == 0) == whole && (r == 0 || r == QZ_E_NOMEM));
    }
    CHECK(whole && memcmp(got, p.mask, 4) == 0);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_by_hand();
    check_solver();
    check_random();
    check_ring();
    check_bad();
    check_memory();
    qz_ctx_free(ctx);
    return check_end();
}
