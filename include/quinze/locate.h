/* include/quinze/locate.h - where to put new sites: p-median, maximal covering, set covering. Every
 * answer says how far from the best possible it can be. May use travel/, never zone/. */
#pragma once
#include "quinze/travel.h"

#ifdef __cplusplus
extern "C" {
#endif

enum qz_locate_model {
    QZ_LOCATE_PMEDIAN,   /* p sites: least sum of weight x time */
    QZ_LOCATE_COVERING,  /* p sites: most weight within the limit */
    QZ_LOCATE_SET_COVER, /* fewest sites that bring a share of the weight within the limit */
    QZ_N_LOCATE_MODELS
};
/* "p-median", "covering", "set-cover", static. */
QZ_API const char *qz_locate_model_name(enum qz_locate_model model);

struct qz_locate_params {
    enum qz_locate_model model;
    size_t p;            /* sites to open, besides those that exist; not of set covering */
    double share;        /* of set covering: of the whole weight, 0 to 1 */
    uint32_t limit_ms;   /* covered: within it, included. p-median: who is farther counts as if at
                            this time (QZ_UNREACHED_MS: then everyone must reach a site) */
    unsigned n_starts;   /* of the heuristic; the first is greedy */
    unsigned iterations; /* of the bound, at most; its branches may take 3 times as many more */
    double gap_ratio;    /* good enough: stop once the answer is proven this near; 0: the best */
    bool exact;          /* ask CBC for the rest; QZ_E_RANGE when built without it */
};
extern QZ_API const struct qz_locate_params qz_locate_params_default; /* 1 site, 15 minutes */
/* Built with CBC: params.exact may be set. */
QZ_API bool qz_locate_has_exact(void);

struct qz_locate_input { /* borrowed for the call */
    size_t n_candidates, n_demands;
    const struct qz_links *links; /* [n_candidates]: the places of demand (origin, rising) that
                                     reach each; the links' own `site` does not count */
    const double *weight;         /* [n_demands], >= 0: people */
    const uint32_t *served_ms;    /* [n_demands]: to the nearest site that exists already,
                                     QZ_UNREACHED_MS; NULL: there is none */
    /* Candidates too near to each other to be opened both: those of i are apart[apart_first[i] ..
     * apart_first[i + 1]), both ways. NULL: any may. */
    const uint32_t *apart_first, *apart;
};

struct qz_locate_answer {
    size_t n_sites;
    uint32_t *site;       /* candidates, in the order of opening: each adds most to those before */
    double *objective_at; /* [n_sites]: of the first 1, 2 ... of them; INFINITY: they do not reach
                             everyone who must */
    uint32_t *serving;    /* [n_demands]: position in site[] of the nearest, of equals the first;
                             UINT32_MAX: an existing site is as near, or none is within reach */
    uint32_t *ms;         /* [n_demands]: to the nearest site of all, whatever the limit;
                             QZ_UNREACHED_MS */
    double objective;     /* p-median: weight x seconds; covering: weight within the limit, that of
                             existing sites included; set covering: sites */
    double bound;         /* nothing is better than this */
    double gap_ratio;     /* |bound - objective| / objective; 0: proven the best (0 / 0 is 0);
                             INFINITY: nothing is covered, and something may be */
    bool exact;           /* settled by CBC */
    size_t n_demands;
};

/* Greedy, then fast interchange from several starts, then a Lagrangian bound whose own answers
 * count too. The same answer always: no clock, no chance, ties go to the lowest candidate. The
 * prices of the bound do not know of `apart`: with it the gap may stay open. QZ_E_RANGE: p above
 * the candidates, an index out of range, a weight that is negative or no number; QZ_E_DATA: no
 * choice is possible (the message says how far it goes: fewer sites fit apart, this share at most
 * can be covered, a place that reaches nothing); QZ_E_NOMEM. */
QZ_API int qz_locate(struct qz_ctx *ctx, const struct qz_locate_params *params,
                     const struct qz_locate_input *in, struct qz_locate_answer **ret);
QZ_API struct qz_locate_answer *qz_locate_answer_free(struct qz_locate_answer *a);

#ifdef __cplusplus
}
#endif
