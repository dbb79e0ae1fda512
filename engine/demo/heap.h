/* engine/demo/heap.h - smallest first; equal keys come in the order of their items. */
#pragma once
#include "base/base.h"

struct qz_heap {
    struct qz_heap_entry {
        double key;
        uint32_t item;
    } * entries;
    size_t n, cap;
};
int qz_heap_push(struct qz_ctx *ctx, struct qz_heap *h, double key, uint32_t item); /* QZ_E_NOMEM */
bool qz_heap_pop(struct qz_heap *h, struct qz_heap_entry *ret); /* false: empty */
void qz_heap_done(struct qz_heap *h);
