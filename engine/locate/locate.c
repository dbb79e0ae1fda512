/* engine/locate/locate.c - the call: check, bring to one form, hunt, and tell. */
#include <float.h>
#include <math.h>
#include "locate/answer.h"
#include "locate/check.h"
#include "locate/branch.h"
#include "locate/exact.h"
#include "locate/set_cover.h"

const struct qz_locate_params qz_locate_params_default = { .model = QZ_LOCATE_PMEDIAN,
                                                           .p = 1,
                                                           .share = 1,
                                                           .limit_ms = 15 * 60000,
                                                           .n_starts = 8,
                                                           .iterations = 1000 };

/* A sum of shares of the weight may be off by rounding: that much less still is the share. */
static const double share_slack = 1e-12, ms_per_s = 1000;

const char *qz_locate_model_name(enum qz_locate_model model) {
    static const char *const names[] = { [QZ_LOCATE_PMEDIAN] = "p-median",
                                         [QZ_LOCATE_COVERING] = "covering",
                                         [QZ_LOCATE_SET_COVER] = "set-cover" };
    return model < QZ_N_LOCATE_MODELS ? names[model] : "unknown";
}

struct locate {
    struct qz_ctx *ctx;
    const struct qz_locate_params *params;
    const struct qz_locate_input *in;
    struct qz_siting s;
    double whole; /* all the weight */
    struct qz_locate_answer *answer;
};

static void locate_done(struct locate *l) {
    qz_siting_done(&l->s);
    l->answer = qz_locate_answer_free(l->answer);
}

static void tell_gap(struct qz_locate_answer *a) {
    double gap = fabs(a->bound - a->objective);
    a->gap_ratio = gap == 0 ? 0 : gap / a->objective;
}

/* ---- p sites */
static int check_reach(struct locate *l, const struct qz_hunt *h) {
    size_t n_out = 0, first = SIZE_MAX;
    for (size_t i = 0; i < l->in->n_demands && l->s.must_reach; i++)
        if (l->in->weight[i] > 0 && l->answer->ms[i] == QZ_UNREACHED_MS) {
            first = n_out == 0 ? i : first;
            n_out++;
        }
    if (n_out > 0)
        return qz_fail(l->ctx, QZ_E_DATA,
                       "locate: %zu sites were not found to reach everybody: %zu places are left "
                       "out, demand %zu the first",
                       h->p, n_out, first);
    return 0;
}

/* From the hunt's cost (least of weight x time) to what the caller sees. The bound is safe as it
 * comes; here it must stay so. */
static void tell_bound(const struct locate *l, const struct qz_hunt *h,
                       struct qz_locate_answer *a) {
    const struct qz_siting *s = &l->s;
    double lower = h->lower + s->fixed, sums = 4 * DBL_EPSILON * (double)(l->in->n_demands + 4);
    bool proven = qz_hunt_is_proven(h);
    if (s->grain > 0)
        lower = fmin(ceil(lower / s->grain - 1e-9) * s->grain, h->cost + s->fixed);
    if (l->params->model == QZ_LOCATE_COVERING) {
        double most = s->grain > 0 ? l->whole - lower : l->whole - lower + sums * l->whole;
        a->bound = proven ? a->objective : fmax(a->objective, fmin(most, l->whole));
    } else {
        lower = s->grain > 0 ? lower : lower * (1 - sums);
        a->bound = proven ? a->objective : fmin(a->objective, fmax(lower, 0) / ms_per_s);
    }
    tell_gap(a);
}

static int hunt(struct locate *l, struct qz_hunt *h) {
    bool settled = false;
    int r = qz_hunt(h, NULL);
    if (r == 0 && l->params->exact && !qz_hunt_is_over(h))
        r = qz_exact(h, &settled);
    if (r == 0)
        r = qz_answer_make(l->ctx, l->params, l->in, &l->s, h->best, h->p, &l->answer);
    if (r == 0)
        r = check_reach(l, h);
    if (r == 0) {
        tell_bound(l, h, l->answer);
        l->answer->exact = settled;
    }
    return r;
}

static int locate_p(struct locate *l) {
    struct qz_hunt h = { .ctx = l->ctx,
                         .s = &l->s,
                         .p = l->params->p,
                         .n_starts = l->params->n_starts,
                         .iterations = l->params->iterations,
                         .n_looks_more = qz_branch_looks(l->params),
                         .gap_ratio = l->params->gap_ratio,
                         .whole = l->params->model == QZ_LOCATE_COVERING ? l->whole : 0,
                         .goal = -INFINITY,
                         .to = 1 };
    int r = hunt(l, &h);
    qz_hunt_done(&h);
    return r;
}

/* ---- the fewest sites */
static int locate_fewest(struct locate *l) {
    struct qz_set_cover c = { 0 };
    double left_out = (1 - l->params->share) * l->whole + share_slack * l->whole - l->s.fixed;
    int r = qz_set_cover(l->ctx, l->params, &l->s, l->whole, left_out, &c);
    if (r == 0)
        r = qz_answer_make(l->ctx, l->params, l->in, &l->s, c.site, c.n, &l->answer);
    if (r == 0) {
        l->answer->objective = (double)c.n;
        l->answer->bound = (double)c.lower;
        l->answer->exact = c.exact;
        tell_gap(l->answer);
    }
    free(c.site);
    return r;
}

int qz_locate(struct qz_ctx *ctx, const struct qz_locate_params *params,
              const struct qz_locate_input *in, struct qz_locate_answer **ret) {
    qz_cleanup(locate_done) struct locate l = { .ctx = ctx, .params = params, .in = in };
    int r = qz_locate_check(ctx, params, in);
    if (r == 0)
        r = qz_siting_init(ctx, params, in, &l.s);
    if (r < 0)
        return r;
    for (size_t i = 0; i < in->n_demands; i++)
        l.whole += in->weight[i];
    r = params->model == QZ_LOCATE_SET_COVER ? locate_fewest(&l) : locate_p(&l);
    if (r < 0)
        return r;
    *ret = l.answer;
    l.answer = NULL;
    return 0;
}
