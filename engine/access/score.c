/* engine/access/score.c - a floating catchment: each site is shared among all who reach it. */
#include <math.h>
#include "base/base.h"
#include "quinze/access.h"
#include "quinze/travel.h"

static int check_amounts(struct qz_ctx *ctx, const char *what, const double *amount, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(amount[i] >= 0 && isfinite(amount[i])))
            return qz_fail(ctx, QZ_E_RANGE, "access: %s %zu is %g, not an amount of 0 or more",
                           what, i, amount[i]);
    return 0;
}

/* Gives the most links of a site too. */
static int check_input(struct qz_ctx *ctx, const struct qz_score_input *in, size_t *most) {
    int e = check_amounts(ctx, "supply of site", in->supply, in->n_sites);
    if (e == 0)
        e = check_amounts(ctx, "demand of origin", in->demand, in->n_origins);
    if (e < 0)
        return e;
    for (size_t s = 0; s < in->n_sites; s++) {
        for (size_t i = 0; i < in->links[s].n; i++)
            if (in->links[s].items[i].origin >= in->n_origins)
                return qz_fail(ctx, QZ_E_RANGE,
                               "access: link %zu of site %zu is of origin %u of "
                               "%zu",
                               i, s, in->links[s].items[i].origin, in->n_origins);
        *most = in->links[s].n > *most ? in->links[s].n : *most;
    }
    return 0;
}

/* weight[] of a site's links; gives the demand that leans on the site. */
static double weigh(const struct qz_links *links, const struct qz_decay *decay, bool binary,
                    const double *demand, double *weight) {
    double sum = 0;
    if (!binary)
        qz_decay_weights(decay, links->items, links->n, weight);
    for (size_t i = 0; i < links->n && binary; i++)
        weight[i] = links->items[i].time_ms <= decay->limit_ms;
    for (size_t i = 0; i < links->n; i++)
        sum += demand[links->items[i].origin] * weight[i];
    return sum;
}

int qz_score(struct qz_ctx *ctx, enum qz_score_method method, const struct qz_decay *decay,
             const struct qz_score_input *in, struct qz_score_result *ret) {
    size_t most = 0;
    if (method >= QZ_N_SCORE_METHODS)
        return qz_fail(ctx, QZ_E_RANGE, "access: no score method %u", (unsigned)method);
    int e = check_input(ctx, in, &most);
    if (e < 0)
        return e;
    qz_cleanup(qz_freep) double *weight = qz_malloc(most, sizeof *weight);
    if (!weight && most)
        return qz_fail_nomem(ctx);
    ret->lost = 0;
    for (size_t o = 0; o < in->n_origins; o++)
        ret->score[o] = 0;
    for (size_t s = 0; s < in->n_sites; s++) {
        const struct qz_links *links = &in->links[s];
        ret->ratio[s] = 0;
        if (in->supply[s] == 0)
            continue; /* adds nothing to anybody */
        double leaning = weigh(links, decay, method == QZ_SCORE_2SFCA, in->demand, weight);
        double ratio = leaning > 0 ? in->supply[s] / leaning : INFINITY;
        if (!isfinite(ratio)) { /* nobody leans on it, or so little that it overflows */
            ret->lost += in->supply[s];
            continue;
        }
        ret->ratio[s] = ratio;
        for (size_t i = 0; i < links->n; i++)
            ret->score[links->items[i].origin] += ratio * weight[i];
    }
    return 0;
}
