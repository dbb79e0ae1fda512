/* engine/zone/contiguity.c - one piece or two: a walk over the neighbours. */
#include <stdbool.h>
#include "base/base.h"
#include "zone/contiguity.h"

int qz_contiguity_init(struct qz_ctx *ctx, size_t n, struct qz_contiguity *ret) {
    *ret = (struct qz_contiguity) { qz_calloc(n, sizeof(uint32_t)), qz_malloc(n, sizeof(uint32_t)),
                                    0 };
    return ret->seen && ret->stack ? 0 : qz_fail_nomem(ctx);
}

void qz_contiguity_done(struct qz_contiguity *c) {
    free(c->seen);
    free(c->stack);
}

/* Those of the group that `from` reaches without `commune`. */
static void walk(struct qz_contiguity *c, const struct qz_land_of_communes *land,
                 const uint32_t *group_of, uint32_t from, uint32_t commune) {
    size_t n = 0;
    c->stack[n++] = from;
    c->seen[from] = c->mark;
    while (n) {
        uint32_t at = c->stack[--n];
        for (uint32_t k = land->first[at]; k < land->first[at + 1]; k++) {
            uint32_t next = land->neighbour[k];
            if (next == commune || group_of[next] != group_of[commune] || c->seen[next] == c->mark)
                continue;
            c->seen[next] = c->mark;
            c->stack[n++] = next;
        }
    }
}

/* Every piece that is left touches the commune, as the group was whole with it: when one walk from
 * one of its neighbours meets all the others, there is one piece. */
bool qz_whole_without(struct qz_contiguity *c, const struct qz_land_of_communes *land,
                      const uint32_t *group_of, uint32_t commune) {
    bool walked = false;
    c->mark++;
    for (uint32_t k = land->first[commune]; k < land->first[commune + 1]; k++) {
        uint32_t next = land->neighbour[k];
        if (group_of[next] != group_of[commune] || c->seen[next] == c->mark)
            continue;
        if (walked)
            return false;
        walk(c, land, group_of, next, commune);
        walked = true;
    }
    return walked;
}
