/* engine/demo/heap.c - a binary heap. */
#include "demo/heap.h"

static bool before(struct qz_heap_entry a, struct qz_heap_entry b) {
    return a.key < b.key || (a.key == b.key && a.item < b.item);
}

int qz_heap_push(struct qz_ctx *ctx, struct qz_heap *h, double key, uint32_t item) {
    struct qz_heap_entry *room = qz_grow(h->entries, &h->cap, h->n + 1, sizeof *room);
    if (!room)
        return qz_fail_nomem(ctx);
    h->entries = room;
    size_t i = h->n++;
    struct qz_heap_entry e = { key, item };
    for (; i > 0 && before(e, room[(i - 1) / 2]); i = (i - 1) / 2)
        room[i] = room[(i - 1) / 2];
    room[i] = e;
    return 0;
}

bool qz_heap_pop(struct qz_heap *h, struct qz_heap_entry *ret) {
    if (h->n == 0)
        return false;
    *ret = h->entries[0];
    struct qz_heap_entry e = h->entries[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && before(h->entries[child + 1], h->entries[child]))
            child++;
        if (!before(h->entries[child], e))
            break;
        h->entries[i] = h->entries[child];
    }
    h->entries[i] = e;
    return true;
}

void qz_heap_done(struct qz_heap *h) {
    free(h->entries);
    *h = (struct qz_heap) { 0 };
}
