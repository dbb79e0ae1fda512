/* engine/locate/check.c - the input is what the header says. */
#include <math.h>
#include "locate/check.h"

static int check_links(struct qz_ctx *ctx, const struct qz_locate_input *in, size_t c) {
    const struct qz_links *l = &in->links[c];
    for (size_t i = 0; i < l->n; i++) {
        if (l->items[i].origin >= in->n_demands)
            return qz_fail(ctx, QZ_E_RANGE,
                           "locate: link %zu of candidate %zu is of demand %u of %zu", i, c,
                           l->items[i].origin, in->n_demands);
        if (i > 0 && l->items[i].origin <= l->items[i - 1].origin)
            return qz_fail(ctx, QZ_E_RANGE,
                           "locate: links of candidate %zu do not rise by demand (%u after %u)", c,
                           l->items[i].origin, l->items[i - 1].origin);
    }
    return 0;
}

static bool is_apart(const struct qz_locate_input *in, uint32_t a, uint32_t b) {
    for (uint32_t k = in->apart_first[a]; k < in->apart_first[a + 1]; k++)
        if (in->apart[k] == b)
            return true;
    return false;
}

static int check_apart(struct qz_ctx *ctx, const struct qz_locate_input *in, uint32_t c) {
    if (in->apart_first[c + 1] < in->apart_first[c])
        return qz_fail(ctx, QZ_E_RANGE,
                       "locate: the list of those near candidate %u ends before "
                       "it begins",
                       c);
    for (uint32_t k = in->apart_first[c]; k < in->apart_first[c + 1]; k++) {
        uint32_t other = in->apart[k];
        if (other >= in->n_candidates || other == c)
            return qz_fail(ctx, QZ_E_RANGE,
                           "locate: candidate %u is too near to candidate %u of "
                           "%zu",
                           c, other, in->n_candidates);
        if (!is_apart(in, other, c))
            return qz_fail(ctx, QZ_E_RANGE,
                           "locate: candidate %u is too near to %u, but not the other way round", c,
                           other);
    }
    return 0;
}

int qz_locate_check(struct qz_ctx *ctx, const struct qz_locate_params *params,
                    const struct qz_locate_input *in) {
    if (params->model >= QZ_N_LOCATE_MODELS)
        return qz_fail(ctx, QZ_E_RANGE, "locate: no model %u", (unsigned)params->model);
    if (params->exact && !qz_locate_has_exact())
        return qz_fail(ctx, QZ_E_RANGE,
                       "locate: an exact answer was asked for, but this build has no CBC");
    if (params->model == QZ_LOCATE_SET_COVER && !(params->share >= 0 && params->share <= 1))
        return qz_fail(ctx, QZ_E_RANGE, "locate: a share of %g is not within 0 to 1",
                       params->share);
    if (!(params->gap_ratio >= 0))
        return qz_fail(ctx, QZ_E_RANGE, "locate: a gap of %g is not 0 or more", params->gap_ratio);
    if (in->n_candidates >= UINT32_MAX || in->n_demands >= UINT32_MAX)
        return qz_fail(ctx, QZ_E_RANGE, "locate: %zu candidates and %zu demands are too many",
                       in->n_candidates, in->n_demands);
    if (params->model != QZ_LOCATE_SET_COVER && params->p > in->n_candidates)
        return qz_fail(ctx, QZ_E_RANGE, "locate: %zu sites of %zu candidates", params->p,
                       in->n_candidates);
    for (size_t i = 0; i < in->n_demands; i++)
        if (!(in->weight[i] >= 0 && isfinite(in->weight[i])))
            return qz_fail(ctx, QZ_E_RANGE, "locate: demand %zu weighs %g, not 0 or more", i,
                           in->weight[i]);
    int r = 0;
    for (uint32_t c = 0; c < in->n_candidates && r == 0; c++)
        r = check_links(ctx, in, c);
    for (uint32_t c = 0; in->apart_first && c < in->n_candidates && r == 0; c++)
        r = check_apart(ctx, in, c);
    return r;
}
