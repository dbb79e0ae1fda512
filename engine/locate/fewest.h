/* engine/locate/fewest.h - the fewest sites that cover enough, as a question of sites: facts,
 * prices in sites, branches. Sharper than covering with a given number of sites when nearly all is
 * to be covered. */
#pragma once
#include "locate/siting.h"

struct qz_fewest {
    struct qz_ctx *ctx;
    const struct qz_siting *s;
    double left_out;       /* the weight that may stay uncovered */
    unsigned iterations;   /* looks at the prices, at most */
    unsigned n_looks_more; /* that branches may cost besides */
    uint32_t *site;        /* [n_candidates]: the best answer so far, which may get better */
    size_t n;
    size_t lower; /* no answer has fewer; raised where it can be */
};

/* QZ_E_NOMEM, QZ_E_CANCELLED. */
int qz_fewest(struct qz_fewest *f);
