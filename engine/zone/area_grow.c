/* engine/zone/area_grow.c - areas grow from their seeds, the nearest commune first. */
#include <string.h>
#include "base/base.h"
#include "zone/area_cut.h"

struct claim {
    uint32_t ms, area, commune;
};
struct claims { /* a heap, and those that wait for it to run dry */
    struct claim *heap, *waiting;
    size_t n, n_waiting;
};

static bool before(const struct claim *a, const struct claim *b) {
    if (a->ms != b->ms)
        return a->ms < b->ms;
    return a->area != b->area ? a->area < b->area : a->commune < b->commune;
}

static void push(struct claims *q, struct claim x) {
    size_t at = q->n++;
    for (; at && before(&x, &q->heap[(at - 1) / 2]); at = (at - 1) / 2)
        q->heap[at] = q->heap[(at - 1) / 2];
    q->heap[at] = x;
}

static struct claim pop(struct claims *q) {
    struct claim top = q->heap[0], x = q->heap[--q->n];
    size_t at = 0, next;
    while ((next = 2 * at + 1) < q->n) {
        next += next + 1 < q->n && before(&q->heap[next + 1], &q->heap[next]);
        if (!before(&q->heap[next], &x))
            break;
        q->heap[at] = q->heap[next];
        at = next;
    }
    q->heap[at] = x;
    return top;
}

static void take(struct qz_cut *c, struct claims *q, uint32_t commune, uint32_t area) {
    const struct qz_land_of_communes *land = &c->board->land;
    c->area_of[commune] = area;
    c->load[area].people += land->people[commune];
    for (uint32_t i = land->first[commune]; i < land->first[commune + 1]; i++) {
        uint32_t next = land->neighbour[i];
        if (c->area_of[next] == UINT32_MAX)
            push(q, (struct claim) { c->ms[next * c->k + area], area, next });
    }
}

static void grow(struct qz_cut *c, struct claims *q, double full) {
    while (q->n || q->n_waiting) {
        while (q->n) {
            struct claim x = pop(q);
            if (c->area_of[x.commune] != UINT32_MAX)
                continue;
            if (c->load[x.area].people >= full)
                q->waiting[q->n_waiting++] = x;
            else
                take(c, q, x.commune, x.area);
        }
        full *= 1.25; /* and at last, without end, for what only full areas can reach */
        if (full <= 0 || full > 100 * c->board->mean_people)
            full = 1e300;
        while (q->n_waiting)
            push(q, q->waiting[--q->n_waiting]);
    }
}

int qz_cut_grow(struct qz_ctx *ctx, struct qz_cut *c) {
    const struct qz_land_of_communes *land = &c->board->land;
    size_t most = land->first[land->n] + c->k; /* a claim each way over each border */
    qz_cleanup(qz_freep) struct claim *heap = qz_malloc(most, sizeof *heap);
    qz_cleanup(qz_freep) struct claim *waiting = qz_malloc(most, sizeof *waiting);
    struct claims q = { heap, waiting, 0, 0 };
    double people = 0;
    if (!heap || !waiting)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < land->n; i++)
        people += land->people[i];
    memset(c->area_of, 0xff, land->n * sizeof *c->area_of);
    for (uint32_t a = 0; a < c->k; a++) {
        c->load[a].people = 0;
        qz_cut_aim(c, a, c->centre[a]);
        c->area_of[c->centre[a]] = a;
    }
    for (uint32_t a = 0; a < c->k; a++)
        take(c, &q, c->centre[a], a);
    grow(c, &q, people / (double)c->k);
    return 0;
}
