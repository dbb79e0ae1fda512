/* engine/source/level_draft.h - a level in the making: rows that put shares of communes into
 * territories, judged by commune. */
#pragma once
#include "source/source.h"

struct qz_member {
    uint32_t commune;
    size_t row;               /* of the file; 0: what the communes say */
    const char *code, *label; /* kept by the levels; code is never empty, label may be */
    const char *from;   /* kept: the commune of another year that it is said of; NULL: itself */
    double weight;      /* 0 to 1; QZ_UNWEIGHED: not stated */
    uint32_t territory; /* set at the end */
};
#define QZ_UNWEIGHED (-1.0)

struct qz_level_draft {
    const char *name, *alias; /* kept by the levels, or static */
    const char *source;       /* file name, for messages */
    const struct qz_communes *communes;
    struct qz_issues *issues;
    double rounding; /* a sum this near to 1 is 1 */
    struct qz_member *items;
    size_t n, cap;
    size_t n_refused; /* rows whose commune has a sum over 1 */
};
int qz_draft_add(struct qz_ctx *ctx, struct qz_level_draft *d, struct qz_member member);
/* The same for each commune that the row's code stands for. code: kept. */
int qz_draft_add_parts(struct qz_ctx *ctx, struct qz_level_draft *d, const char *code,
                       const struct qz_code_share *parts, size_t n, struct qz_member member);
/* Judges the rows of each commune, tells what is wrong with them, and keeps those that count. */
int qz_draft_settle(struct qz_ctx *ctx, struct qz_level_draft *d);
/* Makes a level of them and puts it behind the others, before "all". No row is left: no level. */
int qz_draft_make(struct qz_ctx *ctx, struct qz_level_draft *d, struct qz_levels *levels);
void qz_draft_done(struct qz_level_draft *d);
void qz_level_done(struct qz_level *l);

/* The row's weight, QZ_UNWEIGHED where it states none: 1; 0: the row was rejected. */
int qz_member_weight(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                     const char *commune, double *ret);
/* Weights of tables are often written with three decimals: thirds add up to 0.999. */
#define QZ_TABLE_ROUNDING 0.002
