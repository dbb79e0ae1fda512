/* engine/locate/apart.h - candidates that may all be open together. */
#pragma once
#include "locate/siting.h"

/* Looks for n candidates of which none is too near to another. *n_found: as many as were found, n
 * at most; set[n]. QZ_E_NOMEM. */
int qz_apart_fit(struct qz_ctx *ctx, const struct qz_siting *s, size_t n, uint32_t *set,
                 size_t *n_found);
