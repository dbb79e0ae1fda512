/* engine/locate/set_cover.h - the fewest sites that leave out no more than some weight. */
#pragma once
#include "locate/hunt.h"

struct qz_set_cover {
    size_t n;       /* sites of the answer */
    uint32_t *site; /* [n], given */
    size_t lower;   /* fewer than these never do */
    bool exact;
};

/* params as for a hunt; left_out: the weight that may stay uncovered (s->fixed not counted). On a
 * sum that is off by rounding a share counts as reached. QZ_E_DATA: it cannot be reached. */
int qz_set_cover(struct qz_ctx *ctx, const struct qz_locate_params *params,
                 const struct qz_siting *s, double whole, double left_out,
                 struct qz_set_cover *ret);
