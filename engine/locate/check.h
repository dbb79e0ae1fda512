/* engine/locate/check.h - refuses what qz_locate cannot take. */
#pragma once
#include "base/base.h"
#include "quinze/locate.h"

/* QZ_E_RANGE. Nothing is allocated. O(links), and the lists of `apart` squared. */
int qz_locate_check(struct qz_ctx *ctx, const struct qz_locate_params *params,
                    const struct qz_locate_input *in);
