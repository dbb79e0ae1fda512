/* engine/locate/answer.h - from the sites chosen to what the caller reads. */
#pragma once
#include "locate/siting.h"

/* Orders site[n] by what each adds to those before, and tells each demand its nearest; the bound
 * and what follows stay 0. */
int qz_answer_make(struct qz_ctx *ctx, const struct qz_locate_params *params,
                   const struct qz_locate_input *in, const struct qz_siting *s,
                   const uint32_t *site, size_t n, struct qz_locate_answer **ret);
