/* engine/zone/listing.c - every zone that a small basin allows, each set of communes once. */
#include <math.h>
#include "zone/three15.h"

enum { MOST_SETS = 1 << 16, MOST_STEPS = 1 << 20 };

struct lister {
    struct qz_listing *listing;
    uint64_t touch[QZ_LISTING_MOST]; /* of each place */
    double people[QZ_LISTING_MOST], burden[QZ_LISTING_MOST];
    uint32_t seat;
    size_t steps;
    bool no_memory;
};

/* ---- places: along the territory, so that what is decided together stands together */
static uint32_t walk(const struct qz_basin *b, uint32_t from, uint32_t *queue) {
    uint32_t n = 0;
    uint64_t met = 0;
    for (uint32_t next = from, i = 0; n < b->land.n; next = 0) {
        while (met >> next & 1)
            next++;
        met |= (uint64_t)1 << next;
        queue[n++] = next;
        for (; i < n; i++)
            for (uint32_t k = b->first[queue[i]]; k < b->first[queue[i] + 1]; k++)
                if (!(met >> b->neighbour[k] & 1)) {
                    met |= (uint64_t)1 << b->neighbour[k];
                    queue[n++] = b->neighbour[k];
                }
    }
    return queue[n - 1];
}

static void give_places(struct lister *l) {
    const struct qz_basin *b = l->listing->basin;
    uint32_t n = (uint32_t)b->land.n, *commune = l->listing->commune;
    walk(b, walk(b, 0, commune), commune);
    for (uint32_t i = 0; i < n; i++)
        l->listing->place[commune[i]] = i;
    for (uint32_t i = 0; i < n; i++) {
        l->people[i] = b->people[commune[i]];
        for (uint32_t k = b->first[commune[i]]; k < b->first[commune[i] + 1]; k++)
            l->touch[i] |= (uint64_t)1 << l->listing->place[b->neighbour[k]];
    }
}

/* ---- sets */
static void keep(struct lister *l, const struct qz_zone_set *z) {
    struct qz_listing *to = l->listing;
    struct qz_zone_set *grown = qz_grow(to->items, &to->cap, to->n + 1, sizeof *grown);
    l->no_memory |= !grown;
    if (!grown)
        return;
    to->items = grown;
    to->items[to->n++] = *z;
}

/* z and all that it grows into by communes `beside` it and what stands behind these, of `open`. */
static void spread(struct lister *l, struct qz_zone_set z, uint64_t beside, uint64_t open) {
    const struct qz_three15_params *p = &l->listing->basin->params;
    if (l->listing->n == MOST_SETS || l->steps == MOST_STEPS || l->no_memory)
        return;
    l->steps++;
    if (z.people >= p->people_min)
        keep(l, &z);
    while (beside) {
        uint32_t i = (uint32_t)__builtin_ctzll(beside);
        uint64_t bit = (uint64_t)1 << i;
        beside &= ~bit;
        open &= ~bit;
        struct qz_zone_set more = { z.set | bit, z.people + l->people[i], z.burden + l->burden[i],
                                    z.seat };
        if (more.people <= p->people_max)
            spread(l, more, beside | (l->touch[i] & open), open);
    }
}

static void list_from(struct lister *l, uint32_t seat) {
    const struct qz_basin *b = l->listing->basin;
    uint64_t open = 0;
    uint32_t place = l->listing->place[seat];
    for (uint32_t k = b->seat_first[seat]; k < b->seat_first[seat + 1]; k++) {
        uint32_t i = l->listing->place[b->by_seat[k].at];
        open |= (uint64_t)1 << i;
        l->burden[i] = l->people[i] * b->by_seat[k].ms;
    }
    if (open == 0)
        return;
    open &= ~((uint64_t)1 << place);
    spread(l, (struct qz_zone_set) { (uint64_t)1 << place, l->people[place], 0, seat },
           l->touch[place] & open, open);
}

static int by_set(const void *va, const void *vb) {
    const struct qz_zone_set *a = va, *b = vb;
    if (a->set != b->set)
        return a->set < b->set ? -1 : 1;
    if (a->burden != b->burden)
        return a->burden < b->burden ? -1 : 1;
    return (a->seat > b->seat) - (a->seat < b->seat);
}

int qz_listing_init(struct qz_ctx *ctx, const struct qz_basin *b, struct qz_listing *ret) {
    struct lister l = { .listing = ret };
    size_t n = 0;
    *ret = (struct qz_listing) { .basin = b };
    give_places(&l);
    for (uint32_t seat = 0; seat < b->land.n; seat++)
        list_from(&l, seat);
    if (l.no_memory)
        return qz_fail_nomem(ctx);
    ret->whole = ret->n < MOST_SETS && l.steps < MOST_STEPS;
    if (ret->n)
        qsort(ret->items, ret->n, sizeof *ret->items, by_set);
    for (size_t i = 0; i < ret->n; i++) /* of each set the best seat */
        if (i == 0 || ret->items[i].set != ret->items[n - 1].set)
            ret->items[n++] = ret->items[i];
    ret->n = n;
    return 0;
}

void qz_listing_done(struct qz_listing *l) { free(l->items); }

void qz_listing_may(const struct qz_listing *l, uint8_t *may) {
    uint64_t all = 0;
    for (size_t i = 0; i < l->n; i++)
        all |= l->items[i].set;
    for (uint32_t i = 0; i < l->basin->land.n; i++)
        may[i] = all >> l->place[i] & 1;
}
