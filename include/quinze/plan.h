/* include/quinze/plan.h - the plan file: what to read, with which parameters. */
#pragma once
#include "quinze/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qz_plan; /* opaque, immutable */

/* Reads an INI plan; paths in it are relative to its folder. Gives *ret. QZ_E_IO (no such file),
 * QZ_E_PLAN: an unknown section or key (the nearest known name is suggested), a value out of range,
 * a missing file key. */
QZ_API int qz_plan_read(struct qz_ctx *ctx, const char *path, struct qz_plan **ret);
/* The same, with other values for some keys: as if the file said so. */
struct qz_plan_setting {
    const char *section, *key, *value; /* borrowed for the call; value NULL: as the file has it */
};
QZ_API int qz_plan_read_with(struct qz_ctx *ctx, const char *path,
                             const struct qz_plan_setting *settings, size_t n,
                             struct qz_plan **ret);
QZ_API struct qz_plan *qz_plan_free(struct qz_plan *plan);

#ifdef __cplusplus
}
#endif
