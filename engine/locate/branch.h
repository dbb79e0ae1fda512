/* engine/locate/branch.h - with a candidate, and without it: closes what the bound leaves open. */
#pragma once
#include "locate/hunt.h"

/* Goes through the answers that d leaves, by at most n_looks looks at prices. Ended before: h's
 * best is proven the best, or no answer meets the goal; else only h's best may have changed. d then
 * holds fewer candidates: those that are in no better answer are closed in it. */
int qz_branch(struct qz_hunt *h, struct qz_dual *d, unsigned n_looks);
/* How many looks that is worth: a few times the iterations, more when an exact answer is asked for.
 */
unsigned qz_branch_looks(const struct qz_locate_params *params);
