/* engine/zone/area_cut.c - a board cut into areas: its arrays, centres and sums. */
#include <math.h>
#include "base/base.h"
#include "zone/area_cut.h"

/* ---- who lives in an area */
struct qz_load qz_load_of(const struct qz_board *b, uint32_t commune) {
    double people = b->land.people[commune];
    bool large = people > b->high_people;
    return (struct qz_load) { people, large ? people : 0, large };
}

struct qz_load qz_load_sum(struct qz_load a, struct qz_load b) {
    return (struct qz_load) { a.people + b.people, a.large_people + b.large_people,
                              a.n_large + b.n_large };
}

struct qz_load qz_load_less(struct qz_load a, struct qz_load b) {
    return (struct qz_load) { a.people - b.people, a.large_people - b.large_people,
                              a.n_large - b.n_large };
}

double qz_load_excess(const struct qz_board *b, const struct qz_load *l) {
    if (l->n_large)
        return l->people - l->large_people + (double)(l->n_large - 1) * b->high_people;
    if (l->people < b->low_people)
        return b->low_people - l->people;
    return l->people > b->high_people ? l->people - b->high_people : 0;
}

size_t qz_load_out(const struct qz_board *b, const struct qz_load *l) {
    return l->n_large ? l->n_large : qz_load_excess(b, l) > 0;
}

/* ---- the areas */
void qz_cut_done(struct qz_cut *c) {
    void *owned[] = { c->area_of, c->ms, c->centre, c->load, c->cost, c->seat, c->saving };
    for (size_t i = 0; i < COUNT(owned); i++)
        free(owned[i]);
    qz_contiguity_done(&c->pieces);
}

int qz_cut_init(struct qz_ctx *ctx, const struct qz_board *b, struct qz_cut *ret) {
    size_t n = b->land.n, k = b->k;
    int e = qz_memory_need(ctx, 4.0 * (double)n * (double)k, "the times to all centres of areas",
                           "ask for fewer areas, or give departements as units");
    if (e < 0)
        return e;
    struct qz_cut c = { .board = b, .k = k };
    c.area_of = qz_malloc(n, sizeof *c.area_of);
    c.ms = qz_malloc(n * k, sizeof *c.ms);
    c.centre = qz_malloc(k, sizeof *c.centre);
    c.load = qz_malloc(k, sizeof *c.load);
    c.cost = qz_malloc(k, sizeof *c.cost);
    c.seat = qz_malloc(k, sizeof *c.seat);
    c.saving = qz_malloc(k, sizeof *c.saving);
    bool whole = c.area_of && c.ms && c.centre && c.load && c.cost && c.seat && c.saving;
    e = qz_contiguity_init(ctx, n, &c.pieces);
    if (e < 0 || !whole) {
        qz_cut_done(&c);
        return qz_fail_nomem(ctx);
    }
    *ret = c;
    return 0;
}

void qz_cut_aim(struct qz_cut *c, uint32_t area, uint32_t seat) {
    const struct qz_board *b = c->board;
    c->centre[area] = seat;
    for (size_t i = 0; i < b->land.n; i++)
        c->ms[i * c->k + area] = b->far_ms;
    for (size_t i = b->link_first[seat]; i < b->link_first[seat + 1]; i++)
        c->ms[b->land.links[i].origin * c->k + area] = b->land.links[i].time_ms;
}

/* What the members win against far_ms; below 0 for one that may not be a seat, so that any that may
 * goes before. */
static double saved(const struct qz_cut *c, uint32_t seat) {
    const struct qz_board *b = c->board;
    double sum = 0;
    for (size_t i = b->link_first[seat]; i < b->link_first[seat + 1]; i++) {
        const struct qz_link *l = &b->land.links[i];
        if (c->area_of[l->origin] == c->area_of[seat])
            sum += b->weight[l->origin] * (double)(b->far_ms - l->time_ms);
    }
    return b->land.may_seat[seat] ? sum : -1 / (1 + sum);
}

static void find_centres(struct qz_cut *c) {
    for (size_t a = 0; a < c->k; a++)
        c->saving[a] = -INFINITY;
    for (uint32_t i = 0; i < c->board->land.n; i++) {
        uint32_t area = c->area_of[i];
        double won = saved(c, i);
        if (won > c->saving[area]) {
            c->saving[area] = won;
            c->seat[area] = i;
        }
    }
}

static double cost_to(const struct qz_cut *c, uint32_t seat) {
    const struct qz_board *b = c->board;
    double weight = 0, reached = 0, sum = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < b->land.n; i++)
        if (c->area_of[i] == c->area_of[seat]) {
            weight += b->weight[i];
            n_left++;
        }
    for (size_t i = b->link_first[seat]; i < b->link_first[seat + 1]; i++) {
        const struct qz_link *l = &b->land.links[i];
        if (c->area_of[l->origin] != c->area_of[seat])
            continue;
        n_left--;
        reached += b->weight[l->origin];
        sum += b->weight[l->origin] * (double)l->time_ms;
    }
    return n_left ? sum + (weight - reached) * (double)b->far_ms : sum;
}

uint32_t qz_cut_best_seat(const struct qz_cut *c, uint32_t area, double *cost) {
    uint32_t best = UINT32_MAX;
    double most = -INFINITY;
    for (uint32_t i = 0; i < c->board->land.n; i++) {
        double won = c->area_of[i] == area ? saved(c, i) : -INFINITY;
        if (won > most) {
            most = won;
            best = i;
        }
    }
    *cost = cost_to(c, best);
    return best;
}

void qz_cut_sum(struct qz_cut *c) {
    const struct qz_board *b = c->board;
    c->n_out = 0;
    c->excess = c->total = 0;
    for (size_t a = 0; a < c->k; a++) {
        c->load[a] = (struct qz_load) { 0 };
        c->cost[a] = 0;
    }
    for (uint32_t i = 0; i < b->land.n; i++) {
        uint32_t a = c->area_of[i];
        c->load[a] = qz_load_sum(c->load[a], qz_load_of(b, i));
        c->cost[a] += b->weight[i] * (double)c->ms[i * c->k + a];
    }
    for (size_t a = 0; a < c->k; a++) {
        c->n_out += qz_load_out(b, &c->load[a]);
        c->excess += qz_load_excess(b, &c->load[a]);
        c->total += c->cost[a];
    }
}

void qz_cut_recentre(struct qz_cut *c) {
    find_centres(c);
    for (uint32_t a = 0; a < c->k; a++)
        if (c->seat[a] != c->centre[a])
            qz_cut_aim(c, a, c->seat[a]);
    qz_cut_sum(c);
}
