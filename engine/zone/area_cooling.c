/* engine/zone/area_cooling.c - areas cool down: annealing in several runs, the best kept. */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "zone/area_cooling.h"

enum { RUNS = 4, TRIES_PER_COMMUNE = 1600, TRIES_LEAST = 32000 };
enum { TRIES_PER_CENTRE = 4, RECOMBINED_PER_CENTRE = 12 };
/* Chosen by trial: the first is so hot that towns change areas, the second and third bring a
 * stubborn territory into balance, the last makes the best of them compact: at its end a person of
 * excess weighs more than any time that is left to win. */
static const struct {
    double hot, cold; /* temperatures, in costs of a mean area */
    double step, slope_first, slope;
} runs[RUNS] = { { 20, 0.001, 20, 5, 1000 },
                 { 0.3, 0.001, 0, 20, 100 },
                 { 0.5, 0.001, 20, 20, 100 },
                 { 0.5, 0.0001, 20, 1, 1000 } };

/* Numbers well mixed from a counter (splitmix64). */
static uint64_t roll(struct qz_cooling *s) {
    uint64_t x = s->dice += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

uint32_t qz_cooling_below(struct qz_cooling *s, size_t n) {
    return (uint32_t)((roll(s) >> 32) * n >> 32);
}

double qz_cooling_loss(struct qz_cooling *s) {
    double unit = ((double)(roll(s) >> 11) + 1) * 0x1p-53;
    return -s->temperature * log(unit);
}

double qz_cooling_penalty(const struct qz_cooling *s, struct qz_load l) {
    const struct qz_board *b = s->cut->board;
    double excess = qz_load_excess(b, &l);
    return s->step * (double)(l.n_large ? l.n_large : excess > 0) + s->slope * excess;
}

/* ---- the best so far */
void qz_cooling_note(struct qz_cooling *s) {
    const struct qz_cut *c = s->cut;
    double off = c->excess - s->best_excess, same = c->board->mean_people * 1e-9;
    bool less = off < -same || (off <= same && c->total < s->best_total * (1 - 1e-12));
    if (c->n_out > s->best_out || (c->n_out == s->best_out && !less))
        return;
    s->best_out = c->n_out;
    s->best_excess = c->excess;
    s->best_total = c->total;
    s->ahead = true;
}

void qz_cooling_keep(struct qz_cooling *s) {
    if (s->ahead)
        memcpy(s->best, s->cut->area_of, s->cut->board->land.n * sizeof *s->best);
    s->ahead = false;
}

static void recentre(struct qz_cooling *s) {
    qz_cooling_keep(s);
    qz_cut_recentre(s->cut);
    qz_cooling_note(s);
}

static void back_to_best(struct qz_cooling *s) {
    qz_cooling_keep(s);
    memcpy(s->cut->area_of, s->best, s->cut->board->land.n * sizeof *s->best);
    recentre(s);
}

/* ---- from hot to cold */
static int cool(struct qz_ctx *ctx, struct qz_cooling *s, size_t run, double done, double share) {
    size_t n = s->cut->board->land.n;
    size_t block = n * TRIES_PER_CENTRE, tries = n * TRIES_PER_COMMUNE;
    tries = tries > TRIES_LEAST ? tries : TRIES_LEAST;
    size_t n_blocks = tries / block + 1, tick = n_blocks / 25 + 1;
    s->step = runs[run].step;
    double mean = s->cut->board->mean_people, per_people = mean > 0 ? 1 / mean : 0;
    for (size_t b = 0; b < n_blocks; b++) {
        double at = (double)b / (double)n_blocks;
        s->temperature = runs[run].hot * pow(runs[run].cold / runs[run].hot, at);
        s->slope = (runs[run].slope_first * (1 - at) + runs[run].slope * at) * per_people;
        for (size_t i = 0; i < block; i++)
            qz_exchange(s);
        for (size_t i = 0; i < RECOMBINED_PER_CENTRE; i++)
            qz_recombine(s);
        recentre(s);
        int e = b % tick ? 0 : qz_progress(ctx, done + share * at, "areas");
        if (e < 0)
            return e;
    }
    return 0;
}

static void done_with(struct qz_cooling *s) {
    void *owned[] = { s->best, s->member, s->parent, s->before, s->border, s->below };
    for (size_t i = 0; i < COUNT(owned); i++)
        free(owned[i]);
}

static int init(struct qz_ctx *ctx, struct qz_cut *c, struct qz_cooling *ret) {
    const struct qz_land_of_communes *land = &c->board->land;
    struct qz_cooling s = { .cut = c, .best_out = SIZE_MAX };
    s.best = qz_malloc(land->n, sizeof *s.best);
    s.member = qz_malloc(land->n, sizeof *s.member);
    s.parent = qz_malloc(land->n, sizeof *s.parent);
    s.before = qz_malloc(land->n, sizeof *s.before);
    s.border = qz_malloc(2 * (size_t)land->first[land->n] + 2, sizeof *s.border);
    s.below = qz_malloc(land->n, sizeof *s.below);
    *ret = s;
    bool whole = s.best && s.member && s.parent && s.before && s.border && s.below;
    return whole ? 0 : qz_fail_nomem(ctx);
}

int qz_cut_cool(struct qz_ctx *ctx, struct qz_cut *c, double done, double share) {
    struct qz_cooling s;
    int e = init(ctx, c, &s);
    if (e == 0)
        recentre(&s);
    s.unit = c->total > 0 ? c->total / (double)c->k : 1;
    bool choice = c->k > 1 && c->k < c->board->land.n;
    for (size_t run = 0; e == 0 && choice && run < RUNS; run++) {
        e = cool(ctx, &s, run, done + share * (double)run / RUNS, share / RUNS);
        if (e == 0)
            back_to_best(&s);
    }
    done_with(&s);
    return e;
}
