/* engine/zone/choice.c - a choice of zones, its sums, and which of two is better. */
#include <math.h>
#include <string.h>
#include "zone/three15.h"

int qz_choice_init(struct qz_ctx *ctx, size_t n, struct qz_choice *ret) {
    *ret = (struct qz_choice) { .n = n,
                                .seat_of = qz_malloc(n, sizeof *ret->seat_of),
                                .members = qz_calloc(n, sizeof *ret->members),
                                .people = qz_calloc(n, sizeof *ret->people),
                                .burden = qz_calloc(n, sizeof *ret->burden),
                                .touched = qz_malloc(n, sizeof *ret->touched),
                                .is_touched = qz_calloc(n, 1) };
    if (!ret->seat_of || !ret->members || !ret->people || !ret->burden || !ret->touched ||
        !ret->is_touched)
        return qz_fail_nomem(ctx);
    memset(ret->seat_of, 0xff, n * sizeof *ret->seat_of);
    return 0;
}

void qz_choice_done(struct qz_choice *c) {
    free(c->seat_of);
    free(c->members);
    free(c->people);
    free(c->burden);
    free(c->touched);
    free(c->is_touched);
}

static void forget_touched(struct qz_choice *c) {
    memset(c->is_touched, 0, c->n);
    c->n_touched = 0;
}

void qz_choice_touch(struct qz_choice *c, uint32_t i) {
    if (!c->is_touched[i])
        c->touched[c->n_touched++] = i;
    c->is_touched[i] = 1;
}

void qz_choice_copy(struct qz_choice *to, const struct qz_choice *from) {
    size_t n = from->n;
    memcpy(to->seat_of, from->seat_of, n * sizeof *to->seat_of);
    memcpy(to->members, from->members, n * sizeof *to->members);
    memcpy(to->people, from->people, n * sizeof *to->people);
    memcpy(to->burden, from->burden, n * sizeof *to->burden);
    to->merit = from->merit;
    forget_touched(to);
}

void qz_choice_follow(struct qz_choice *to, const struct qz_choice *from,
                      struct qz_choice *changed) {
    for (size_t k = 0; k < changed->n_touched; k++) {
        uint32_t i = changed->touched[k];
        to->seat_of[i] = from->seat_of[i];
        to->members[i] = from->members[i];
        to->people[i] = from->people[i];
        to->burden[i] = from->burden[i];
        changed->is_touched[i] = 0;
    }
    changed->n_touched = 0;
    to->merit = from->merit;
}

void qz_choice_clear(struct qz_choice *c) {
    memset(c->seat_of, 0xff, c->n * sizeof *c->seat_of);
    memset(c->members, 0, c->n * sizeof *c->members);
    memset(c->people, 0, c->n * sizeof *c->people);
    memset(c->burden, 0, c->n * sizeof *c->burden);
    c->merit = (struct qz_merit) { 0 };
    forget_touched(c);
}

/* Takes a zone out of the sums, or puts it back. */
static void count(const struct qz_basin *b, struct qz_choice *c, uint32_t seat, double sign) {
    if (c->members[seat] == 0)
        return;
    c->merit.in_zones += sign * c->people[seat];
    c->merit.off_target += sign * fabs(c->people[seat] - b->params.people_target);
    c->merit.burden += sign * c->burden[seat];
}

void qz_choice_join(const struct qz_basin *b, struct qz_choice *c, uint32_t commune,
                    uint32_t seat) {
    count(b, c, seat, -1);
    qz_choice_touch(c, commune);
    qz_choice_touch(c, seat);
    c->seat_of[commune] = seat;
    c->members[seat]++;
    c->people[seat] += b->people[commune];
    c->burden[seat] += b->people[commune] * qz_basin_ms(b, commune, seat);
    c->merit.n_in_zones++;
    count(b, c, seat, 1);
}

void qz_choice_leave(const struct qz_basin *b, struct qz_choice *c, uint32_t commune) {
    uint32_t seat = c->seat_of[commune];
    count(b, c, seat, -1);
    qz_choice_touch(c, commune);
    qz_choice_touch(c, seat);
    c->seat_of[commune] = QZ_NO_COMMUNE;
    c->members[seat]--;
    c->people[seat] -= b->people[commune];
    c->burden[seat] -= b->people[commune] * qz_basin_ms(b, commune, seat);
    c->merit.n_in_zones--;
    if (c->members[seat] == 0)
        c->people[seat] = c->burden[seat] = 0;
    count(b, c, seat, 1);
}

/* The seat and `other` are touched as members, as both are. */
static void hand_members(const struct qz_basin *b, struct qz_choice *c, uint32_t seat,
                         uint32_t other) {
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
        uint32_t i = b->by_seat[k].at;
        if (c->seat_of[i] != seat)
            continue;
        qz_choice_touch(c, i);
        c->seat_of[i] = other;
    }
}

void qz_choice_dissolve(const struct qz_basin *b, struct qz_choice *c, uint32_t seat) {
    count(b, c, seat, -1);
    c->merit.n_in_zones -= c->members[seat];
    c->members[seat] = 0;
    c->people[seat] = c->burden[seat] = 0;
    hand_members(b, c, seat, QZ_NO_COMMUNE);
}

double qz_choice_burden_from(const struct qz_basin *b, const struct qz_choice *c, uint32_t seat,
                             uint32_t other) {
    double burden = 0;
    uint32_t n = 0;
    for (uint32_t k = b->seat_first[other]; k < b->seat_first[other + 1]; k++) {
        const struct qz_reached *r = &b->by_seat[k];
        if (c->seat_of[r->at] != seat)
            continue;
        burden += b->people[r->at] * r->ms;
        n++;
    }
    return n == c->members[seat] ? burden : INFINITY;
}

void qz_choice_reseat(const struct qz_basin *b, struct qz_choice *c, uint32_t seat,
                      uint32_t other) {
    double burden = qz_choice_burden_from(b, c, seat, other);
    c->merit.burden += burden - c->burden[seat];
    hand_members(b, c, seat, other);
    c->members[other] = c->members[seat];
    c->people[other] = c->people[seat];
    c->burden[other] = burden;
    c->members[seat] = 0;
    c->people[seat] = c->burden[seat] = 0;
}

static int compare(double a, double b) {
    double close = 1e-9 * (1 + fabs(a) + fabs(b));
    return a > b + close ? 1 : a < b - close ? -1 : 0;
}

int qz_merit_compare(const struct qz_merit *a, const struct qz_merit *b) {
    int r = compare(a->in_zones, b->in_zones);
    if (r == 0)
        r = compare(b->off_target, a->off_target);
    if (r == 0)
        r = compare(b->burden, a->burden);
    return r ? r : (a->n_in_zones > b->n_in_zones) - (a->n_in_zones < b->n_in_zones);
}
