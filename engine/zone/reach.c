/* engine/zone/reach.c - who can be in whose zone: in time, of the unit, and through communes that
 * are so too. */
#include <math.h>
#include <string.h>
#include "zone/three15.h"

struct walk { /* all [n] but for the first three */
    const struct qz_three15_params *params;
    const struct qz_land_of_communes *land;
    struct qz_reach *reach;
    uint32_t *link_first; /* [n + 1], of each seat */
    uint32_t *ms;         /* to the seat, QZ_UNREACHED_MS: not in time */
    double *least;        /* fewest people of communes that join it to the seat, both included */
    uint32_t *queue;
    uint8_t *queued;
};

static void walk_done(struct walk *w) {
    free(w->link_first);
    free(w->ms);
    free(w->least);
    free(w->queue);
    free(w->queued);
}

static int walk_init(struct qz_ctx *ctx, struct walk *w) {
    const struct qz_land_of_communes *land = w->land;
    size_t n = land->n;
    w->link_first = qz_calloc(n + 1, sizeof *w->link_first);
    w->ms = qz_malloc(n, sizeof *w->ms);
    w->least = qz_malloc(n, sizeof *w->least);
    w->queue = qz_malloc(n, sizeof *w->queue);
    w->queued = qz_calloc(n, 1);
    if (!w->link_first || !w->ms || !w->least || !w->queue || !w->queued)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < land->n_links; i++)
        w->link_first[land->links[i].site + 1]++;
    for (size_t i = 0; i < n; i++) {
        w->link_first[i + 1] += w->link_first[i];
        w->ms[i] = QZ_UNREACHED_MS;
        w->least[i] = INFINITY;
    }
    return 0;
}

static bool is_large(const struct walk *w, uint32_t commune) {
    return w->land->people[commune] > w->params->people_max;
}

static void give_reason(struct walk *w, uint32_t commune, enum qz_unzoned reason) {
    uint8_t *had = &w->reach->reason[commune];
    *had = reason > *had ? (uint8_t)reason : *had;
}

/* Nobody joins a large seat, and a large commune joins nobody. */
static void load(struct walk *w, uint32_t seat) {
    const uint32_t *unit = w->land->unit;
    w->ms[seat] = 0;
    for (uint32_t k = w->link_first[seat]; k < w->link_first[seat + 1]; k++) {
        const struct qz_link *l = &w->land->links[k];
        if (l->time_ms > w->params->limit_ms || (unit && unit[l->origin] != unit[seat]) ||
            l->origin == seat || is_large(w, l->origin))
            continue;
        give_reason(w, l->origin, QZ_UNZONED_APART);
        if (!is_large(w, seat))
            w->ms[l->origin] = l->time_ms;
    }
}

/* Falling labels in a ring: few people on the way to a commune, the communes themselves counted.
 * O(reach and neighbours), seldom more. */
static void walk_from(struct walk *w, uint32_t seat) {
    const struct qz_land_of_communes *land = w->land;
    size_t head = 0, waiting = 1;
    w->queue[0] = seat;
    w->least[seat] = land->people[seat];
    for (; waiting; waiting--) {
        uint32_t at = w->queue[head];
        head = head + 1 == land->n ? 0 : head + 1;
        w->queued[at] = 0;
        for (uint32_t k = land->first[at]; k < land->first[at + 1]; k++) {
            uint32_t next = land->neighbour[k];
            double people = w->least[at] + land->people[next];
            if (w->ms[next] == QZ_UNREACHED_MS || !(people < w->least[next]))
                continue;
            w->least[next] = people;
            if (!w->queued[next])
                w->queue[(head + waiting++ - 1) % land->n] = next;
            w->queued[next] = 1;
        }
    }
}

struct sums {
    double all, usable; /* people: reached; of these, those within people_max on the way */
};

static void sum(const struct walk *w, uint32_t commune, struct sums *s) {
    if (w->least[commune] == INFINITY)
        return;
    s->all += w->land->people[commune];
    if (w->least[commune] <= w->params->people_max || is_large(w, commune))
        s->usable += w->land->people[commune];
}

static void keep_commune(struct walk *w, uint32_t commune, const struct sums *s, uint32_t *n) {
    double *most = &w->reach->most_people[commune];
    if (w->least[commune] == INFINITY)
        return;
    *most = s->all > *most ? s->all : *most;
    give_reason(w, commune, QZ_UNZONED_FEW);
    if (s->usable < w->params->people_min ||
        (w->least[commune] > w->params->people_max && !is_large(w, commune)))
        return;
    w->reach->items[(*n)++] = (struct qz_reached) { commune, w->ms[commune] };
}

/* Items in the order of the links, the seat in its place among them. */
static void keep(struct walk *w, uint32_t seat, uint32_t *n) {
    struct sums s = { 0 };
    const struct qz_link *links = w->land->links;
    uint32_t k = w->link_first[seat], end = w->link_first[seat + 1];
    sum(w, seat, &s);
    for (uint32_t i = k; i < end; i++)
        if (links[i].origin != seat)
            sum(w, links[i].origin, &s);
    for (; k < end && links[k].origin < seat; k++)
        keep_commune(w, links[k].origin, &s, n);
    keep_commune(w, seat, &s, n);
    for (; k < end; k++)
        if (links[k].origin != seat)
            keep_commune(w, links[k].origin, &s, n);
}

static void unload(struct walk *w, uint32_t seat) {
    for (uint32_t k = w->link_first[seat]; k < w->link_first[seat + 1]; k++) {
        w->ms[w->land->links[k].origin] = QZ_UNREACHED_MS;
        w->least[w->land->links[k].origin] = INFINITY;
    }
    w->ms[seat] = QZ_UNREACHED_MS;
    w->least[seat] = INFINITY;
}

static void reach_all(struct walk *w) {
    const struct qz_land_of_communes *land = w->land;
    uint32_t n = 0;
    for (uint32_t i = 0; i < land->n; i++)
        w->reach->reason[i] = is_large(w, i) ? QZ_UNZONED_ALONE : QZ_UNZONED_FAR;
    for (uint32_t seat = 0; seat < land->n; seat++) {
        w->reach->first[seat] = n;
        if (land->may_seat && !land->may_seat[seat])
            continue;
        load(w, seat);
        walk_from(w, seat);
        keep(w, seat, &n);
        unload(w, seat);
    }
    w->reach->first[land->n] = n;
}

int qz_reach_init(struct qz_ctx *ctx, const struct qz_three15_params *params,
                  const struct qz_land_of_communes *land, struct qz_reach *ret) {
    qz_cleanup(walk_done) struct walk w = { .params = params, .land = land, .reach = ret };
    *ret = (struct qz_reach) { qz_malloc(land->n + 1, sizeof *ret->first),
                               qz_malloc(land->n_links + land->n, sizeof *ret->items),
                               qz_malloc(land->n, 1), qz_calloc(land->n, sizeof(double)) };
    if (!ret->first || !ret->items || !ret->reason || !ret->most_people)
        return qz_fail_nomem(ctx);
    int r = walk_init(ctx, &w);
    if (r == 0)
        reach_all(&w);
    return r;
}

void qz_reach_done(struct qz_reach *r) {
    free(r->first);
    free(r->items);
    free(r->reason);
    free(r->most_people);
}
