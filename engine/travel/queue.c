/* engine/travel/queue.c - buckets in a circle: push and pop in constant time. */
#include <string.h>
#include "travel/travel.h"

#define NONE UINT32_MAX

int qz_queue_init(struct qz_ctx *ctx, struct qz_queue *q, uint32_t width, uint64_t span) {
    *q = (struct qz_queue) { 0 };
    while (((uint32_t)2 << q->shift) <= width)
        q->shift++;
    uint64_t n = 4;
    while (n < (span >> q->shift) + 2)
        n *= 2;
    q->heads = n <= UINT32_MAX ? qz_malloc((size_t)n, sizeof *q->heads) : NULL;
    if (!q->heads)
        return qz_fail_nomem(ctx);
    memset(q->heads, 0xff, (size_t)n * sizeof *q->heads);
    q->mask = (uint32_t)(n - 1);
    return 0;
}

void qz_queue_done(struct qz_queue *q) {
    free(q->heads);
    free(q->entries);
    *q = (struct qz_queue) { 0 };
}

void qz_queue_start(struct qz_queue *q, uint32_t least) {
    if (q->n_live) /* the last search was left early */
        memset(q->heads, 0xff, ((size_t)q->mask + 1) * sizeof *q->heads);
    q->n_entries = q->n_live = 0;
    q->free = NONE;
    q->bucket = least >> q->shift;
}

int qz_queue_push(struct qz_ctx *ctx, struct qz_queue *q, uint32_t item, uint32_t key) {
    uint32_t entry = q->free;
    if (entry != NONE) {
        q->free = q->entries[entry].next;
    } else {
        if (q->n_entries == q->cap) {
            struct qz_queue_entry *grown = qz_grow(q->entries, &q->cap, q->n_entries + 1,
                                                   sizeof *grown);
            if (!grown)
                return qz_fail_nomem(ctx);
            q->entries = grown;
        }
        entry = (uint32_t)q->n_entries++;
    }
    uint32_t *head = &q->heads[(key >> q->shift) & q->mask];
    q->entries[entry] = (struct qz_queue_entry) { item, key, *head };
    *head = entry;
    q->n_live++;
    return 0;
}

bool qz_queue_pop(struct qz_queue *q, uint32_t *item, uint32_t *key) {
    if (q->n_live == 0)
        return false;
    while (q->heads[q->bucket & q->mask] == NONE)
        q->bucket++;
    uint32_t *head = &q->heads[q->bucket & q->mask], entry = *head;
    struct qz_queue_entry *e = &q->entries[entry];
    *item = e->item;
    *key = e->key;
    *head = e->next;
    e->next = q->free;
    q->free = entry;
    q->n_live--;
    return true;
}

size_t qz_queue_take(struct qz_queue *q, struct qz_queue_entry *ret, size_t n) {
    if (q->n_live == 0)
        return 0;
    while (q->heads[q->bucket & q->mask] == NONE)
        q->bucket++;
    uint32_t *head = &q->heads[q->bucket & q->mask], entry = *head;
    size_t taken = 0;
    for (; taken < n && entry != NONE; taken++) {
        struct qz_queue_entry *e = &q->entries[entry];
        ret[taken] = *e;
        e->next = q->free;
        q->free = entry;
        entry = ret[taken].next;
    }
    *head = entry;
    q->n_live -= taken;
    return taken;
}
