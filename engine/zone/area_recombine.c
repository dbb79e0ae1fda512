/* engine/zone/area_recombine.c - two areas put together and cut anew along a tree. */
#include <math.h>
#include "base/base.h"
#include "zone/area_cooling.h"

static bool pick_border(struct qz_cooling *s, uint32_t *from, uint32_t *a, uint32_t *b) {
    const struct qz_land_of_communes *land = &s->cut->board->land;
    *from = qz_cooling_below(s, land->n);
    uint32_t first = land->first[*from], n = land->first[*from + 1] - first;
    if (!n)
        return false;
    *a = s->cut->area_of[*from];
    *b = s->cut->area_of[land->neighbour[first + qz_cooling_below(s, n)]];
    return *a != *b;
}

/* member[] from the root on, each behind its parent: a tree of chance that spans both areas. border
 * holds pairs: a commune, and the one in the tree that it touches. Whoever is in has area
 * UINT32_MAX for a while. */
static size_t span(struct qz_cooling *s, uint32_t root, uint32_t a, uint32_t b) {
    const struct qz_land_of_communes *land = &s->cut->board->land;
    uint32_t *area_of = s->cut->area_of;
    size_t n = 0, n_border = 1;
    s->border[0] = s->border[1] = root;
    while (n_border) {
        size_t at = qz_cooling_below(s, n_border--);
        uint32_t next = s->border[2 * at], parent = s->border[2 * at + 1];
        s->border[2 * at] = s->border[2 * n_border];
        s->border[2 * at + 1] = s->border[2 * n_border + 1];
        if (area_of[next] == UINT32_MAX)
            continue;
        s->before[next] = area_of[next];
        s->parent[next] = parent;
        s->member[n++] = next;
        area_of[next] = UINT32_MAX;
        for (uint32_t i = land->first[next]; i < land->first[next + 1]; i++) {
            uint32_t other = land->neighbour[i];
            if (area_of[other] != a && area_of[other] != b)
                continue;
            s->border[2 * n_border] = other;
            s->border[2 * n_border++ + 1] = next;
        }
    }
    return n;
}

/* below[]: of each commune and those behind it. */
static void add_up(struct qz_cooling *s, size_t n) {
    const struct qz_board *b = s->cut->board;
    for (size_t i = 0; i < n; i++)
        s->below[s->member[i]] = qz_load_of(b, s->member[i]);
    for (size_t i = n; i-- > 1;) {
        struct qz_load *behind = &s->below[s->parent[s->member[i]]];
        *behind = qz_load_sum(*behind, s->below[s->member[i]]);
    }
}

static double penalty_at(const struct qz_cooling *s, uint32_t commune) {
    uint32_t root = s->member[0];
    return qz_cooling_penalty(s, s->below[commune]) +
           qz_cooling_penalty(s, qz_load_less(s->below[root], s->below[commune]));
}

/* Any edge, or one of those that balance best. */
static uint32_t pick_edge(struct qz_cooling *s, size_t n) {
    uint32_t best = s->member[1 + qz_cooling_below(s, n - 1)];
    double least = INFINITY;
    size_t n_equal = 0;
    if (qz_cooling_below(s, 2))
        return best;
    for (size_t i = 1; i < n; i++) {
        double penalty = penalty_at(s, s->member[i]);
        n_equal = penalty < least ? 1 : n_equal + (penalty <= least);
        if (penalty < least || (penalty <= least && qz_cooling_below(s, n_equal) == 0))
            best = s->member[i];
        least = fmin(least, penalty);
    }
    return best;
}

/* The commune and those behind it are b, the others a: parents come before their children. */
static void assign(struct qz_cooling *s, size_t n, uint32_t edge, uint32_t a, uint32_t b) {
    uint32_t *area_of = s->cut->area_of;
    area_of[s->member[0]] = a;
    for (size_t i = 1; i < n; i++) {
        uint32_t commune = s->member[i];
        area_of[commune] = commune == edge ? b : area_of[s->parent[commune]];
    }
}

void qz_recombine(struct qz_cooling *s) {
    struct qz_cut *c = s->cut;
    uint32_t root, a, b, seat_a, seat_b;
    double cost_a, cost_b;
    if (!pick_border(s, &root, &a, &b))
        return;
    qz_cooling_keep(s);
    size_t n = span(s, root, a, b);
    add_up(s, n);
    uint32_t edge = pick_edge(s, n);
    assign(s, n, edge, a, b);
    double now = qz_cooling_penalty(s, c->load[a]) + qz_cooling_penalty(s, c->load[b]);
    double asked = penalty_at(s, edge) - now, allowed = qz_cooling_loss(s);
    bool taken = asked - (c->cost[a] + c->cost[b]) / s->unit <= allowed;
    if (taken) {
        seat_a = qz_cut_best_seat(c, a, &cost_a);
        seat_b = qz_cut_best_seat(c, b, &cost_b);
        taken = asked + (cost_a + cost_b - c->cost[a] - c->cost[b]) / s->unit <= allowed;
    }
    for (size_t i = 0; i < n && !taken; i++)
        c->area_of[s->member[i]] = s->before[s->member[i]];
    if (!taken)
        return;
    qz_cut_aim(c, a, seat_a);
    qz_cut_aim(c, b, seat_b);
    qz_cut_sum(c);
    qz_cooling_note(s);
}
