/* engine/locate/exact_none.c - built without CBC. See exact_cbc.c. */
#include "locate/exact.h"

bool qz_locate_has_exact(void) { return false; }

int qz_exact(struct qz_hunt *h, bool *settled) {
    (void)settled;
    return qz_fail(h->ctx, QZ_E_RANGE, "locate: this build has no CBC");
}
