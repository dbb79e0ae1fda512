/* engine/locate/exact.h - the rest of the question, asked to CBC. */
#pragma once
#include "locate/hunt.h"

/* Once h is done: improves best, cost and lower where it can, within a fixed number of nodes.
 * *settled: lower is cost, or no answer meets the goal. QZ_E_RANGE: built without CBC. */
int qz_exact(struct qz_hunt *h, bool *settled);
