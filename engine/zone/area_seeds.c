/* engine/zone/area_seeds.c - where areas start: a p-median weighed by people, and its bound. */
#include "base/base.h"
#include "quinze/locate.h"
#include "zone/area_board.h"

/* candidate[n] as qz_locate wants them: the links stay where they are. */
static int locate(struct qz_ctx *ctx, const struct qz_board *b, const uint32_t *candidate, size_t n,
                  const struct qz_locate_params *params, struct qz_locate_answer **ret) {
    qz_cleanup(qz_freep) struct qz_links *links = qz_calloc(n, sizeof *links);
    if (!links)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++) {
        size_t from = b->link_first[candidate[i]], end = b->link_first[candidate[i] + 1];
        links[i] = (struct qz_links) { (struct qz_link *)b->owned[2] + from, end - from, 0 };
    }
    struct qz_locate_input in = {
        .n_candidates = n, .n_demands = b->land.n, .links = links, .weight = b->land.people
    };
    return qz_locate(ctx, params, &in, ret);
}

static size_t list(const struct qz_board *b, bool any, uint32_t *candidate) {
    size_t n = 0;
    for (size_t i = 0; i < b->land.n; i++)
        if (any || b->land.may_seat[i])
            candidate[n++] = (uint32_t)i;
    return n;
}

static struct qz_locate_params params_of(const struct qz_board *b) {
    struct qz_locate_params p = qz_locate_params_default;
    p.model = QZ_LOCATE_PMEDIAN;
    p.p = b->k;
    p.limit_ms = b->far_ms;
    p.exact = false;
    return p;
}

int qz_seeds(struct qz_ctx *ctx, const struct qz_board *b, uint32_t *centre) {
    qz_cleanup(qz_freep) uint32_t *candidate = qz_malloc(b->land.n, sizeof *candidate);
    struct qz_locate_params p = params_of(b);
    struct qz_locate_answer *a = NULL;
    if (!candidate)
        return qz_fail_nomem(ctx);
    size_t n = list(b, false, candidate);
    if (n < b->k)
        n = list(b, true, candidate);
    p.iterations = 0; /* seeds need no bound */
    int e = locate(ctx, b, candidate, n, &p, &a);
    for (size_t i = 0; e == 0 && i < b->k; i++)
        centre[i] = candidate[a->site[i]];
    qz_locate_answer_free(a);
    return e;
}

int qz_seeds_bound(struct qz_ctx *ctx, const struct qz_board *b, double *ret) {
    qz_cleanup(qz_freep) uint32_t *candidate = qz_malloc(b->land.n, sizeof *candidate);
    struct qz_locate_params p = params_of(b);
    struct qz_locate_answer *a = NULL;
    if (!candidate)
        return qz_fail_nomem(ctx);
    int e = locate(ctx, b, candidate, list(b, true, candidate), &p, &a);
    if (e == 0)
        *ret = a->bound;
    qz_locate_answer_free(a);
    return e;
}
