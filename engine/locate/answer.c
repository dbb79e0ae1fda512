/* engine/locate/answer.c - order of opening, who is served by which, and what that comes to. */
#include <math.h>
#include "locate/answer.h"
#include "locate/open.h"

static const double ms_per_s = 1000;

struct qz_locate_answer *qz_locate_answer_free(struct qz_locate_answer *a) {
    if (a) {
        free(a->site);
        free(a->objective_at);
        free(a->serving);
        free(a->ms);
        free(a);
    }
    return NULL;
}

static struct qz_locate_answer *answer_new(size_t n_sites, size_t n_demands) {
    struct qz_locate_answer *a = qz_calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->n_sites = n_sites;
    a->n_demands = n_demands;
    a->site = qz_malloc(n_sites + 1, sizeof *a->site);
    a->objective_at = qz_malloc(n_sites + 1, sizeof *a->objective_at);
    a->serving = qz_malloc(n_demands + 1, sizeof *a->serving);
    a->ms = qz_malloc(n_demands + 1, sizeof *a->ms);
    if (!a->site || !a->objective_at || !a->serving || !a->ms)
        a = qz_locate_answer_free(a);
    return a;
}

static double of_everybody(const struct qz_locate_params *params, const struct qz_locate_input *in,
                           const uint32_t *ms) {
    double sum = 0;
    for (size_t i = 0; i < in->n_demands; i++) {
        double weight = in->weight[i];
        if (!(weight > 0))
            continue;
        if (params->model == QZ_LOCATE_COVERING)
            sum += ms[i] != QZ_UNREACHED_MS && ms[i] <= params->limit_ms ? weight : 0;
        else if (ms[i] < params->limit_ms)
            sum += weight * ms[i];
        else
            sum += params->limit_ms == QZ_UNREACHED_MS ? INFINITY : weight * params->limit_ms;
    }
    return params->model == QZ_LOCATE_COVERING ? sum : sum / ms_per_s;
}

static double objective_of(const struct qz_locate_params *params, const struct qz_locate_input *in,
                           size_t n_sites, const uint32_t *ms) {
    if (params->model == QZ_LOCATE_SET_COVER)
        return (double)n_sites;
    return of_everybody(params, in, ms);
}

/* Greedy among the chosen. */
static int order(struct qz_ctx *ctx, const struct qz_siting *s, const uint32_t *site,
                 struct qz_locate_answer *a) {
    size_t n = s->n_candidates + 1;
    struct qz_open o = { 0 };
    qz_cleanup(qz_freep) uint8_t *closed = qz_malloc(n, sizeof *closed);
    qz_cleanup(qz_freep) double *gain = qz_malloc(n, sizeof *gain);
    qz_cleanup(qz_freep) uint32_t *fresh = qz_malloc(n, sizeof *fresh);
    if (!closed || !gain || !fresh)
        return qz_fail_nomem(ctx);
    int r = qz_open_init(ctx, s, a->n_sites, &o);
    if (r < 0)
        return r;
    for (size_t c = 0; c < n; c++)
        closed[c] = 1;
    for (size_t k = 0; k < a->n_sites; k++)
        closed[site[k]] = 0;
    qz_open_fill(&o, closed, -INFINITY, gain, fresh);
    for (size_t k = 0; k < a->n_sites; k++)
        a->site[k] = o.site[k];
    qz_open_done(&o);
    return 0;
}

static void open_all(const struct qz_locate_params *params, const struct qz_locate_input *in,
                     struct qz_locate_answer *a) {
    for (size_t i = 0; i < in->n_demands; i++) {
        a->ms[i] = qz_served(in, i);
        a->serving[i] = UINT32_MAX;
    }
    a->objective = objective_of(params, in, 0, a->ms);
    for (uint32_t k = 0; k < a->n_sites; k++) {
        const struct qz_links *l = &in->links[a->site[k]];
        for (size_t i = 0; i < l->n; i++)
            if (l->items[i].time_ms < a->ms[l->items[i].origin]) {
                a->ms[l->items[i].origin] = l->items[i].time_ms;
                a->serving[l->items[i].origin] = k;
            }
        a->objective = a->objective_at[k] = objective_of(params, in, k + 1, a->ms);
    }
}

int qz_answer_make(struct qz_ctx *ctx, const struct qz_locate_params *params,
                   const struct qz_locate_input *in, const struct qz_siting *s,
                   const uint32_t *site, size_t n, struct qz_locate_answer **ret) {
    struct qz_locate_answer *a = answer_new(n, in->n_demands);
    int r = a ? order(ctx, s, site, a) : qz_fail_nomem(ctx);
    if (r < 0) {
        qz_locate_answer_free(a);
        return r;
    }
    open_all(params, in, a);
    *ret = a;
    return 0;
}
