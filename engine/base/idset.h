/* engine/base/idset.h - a set of 64-bit ids that come in clusters, and the rank of each in it. */
#pragma once
#include "base/base.h"

struct qz_id_set;

/* The page found last: ids that follow each other ask the same one. One per thread; start with 0.
 */
struct qz_id_cursor {
    int64_t key;
    uint32_t page;
    bool set;
};

int qz_id_set_new(struct qz_ctx *ctx, struct qz_id_set **ret);
struct qz_id_set *qz_id_set_free(struct qz_id_set *s);
void qz_id_set_freep(struct qz_id_set **s);
/* False: memory ended. The ranks are void until the next qz_id_set_seal. */
bool qz_id_set_add(struct qz_id_set *s, struct qz_id_cursor *c, int64_t id);
/* Numbers the ids in rising order. QZ_E_RANGE: more than 4 billion. */
int qz_id_set_seal(struct qz_ctx *ctx, struct qz_id_set *s);
size_t qz_id_set_size(const struct qz_id_set *s); /* after the seal */
/* The rank of id among the ids of the set, UINT32_MAX: not in it. After the seal; threads may ask
 * at once, each with its own cursor. */
uint32_t qz_id_set_rank(const struct qz_id_set *s, struct qz_id_cursor *c, int64_t id);
int64_t qz_id_set_lowest(const struct qz_id_set *s); /* 0 when empty; after the seal */
