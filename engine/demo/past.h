/* engine/demo/past.h - the communes of 2021: one has been merged out of two since, one has been
 * split into two. */
#pragma once
#include "demo/country.h"

enum { QZ_PAST_YEAR = 2021, QZ_PRESENT_YEAR = 2026 };

struct qz_past {            /* QZ_NOWHERE: the territory has no commune fit for it */
    uint32_t merged;        /* since 2024; two before, the other one with a code that is gone */
    char gone_insee[6];     /* of the other one */
    uint32_t parent, child; /* one commune until 2025, under the parent's code */
};
void qz_past_choose(const struct qz_country *c, struct qz_past *ret);
/* The code that the place of a commune had in 2021. */
const char *qz_past_insee(const struct qz_past *p, const struct qz_country *c, uint32_t commune);
/* How many of n lived in the part of the merged commune that kept its code. */
uint32_t qz_past_kept(uint32_t n);
