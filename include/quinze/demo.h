/* include/quinze/demo.h - writes an invented territory in the formats of the official files. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "quinze/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qz_demo_params {
    uint32_t n_communes; /* 20 to 40 000; about 1 000 inhabitants and 60 road crossings each */
    uint64_t seed;       /* the same seed and size give the same bytes */
    bool overwrite;      /* replace the files of an earlier demonstration */
};
extern QZ_API const struct qz_demo_params qz_demo_params_default; /* 260 communes, seed 15 */

/* Writes into `folder` (made when absent) communes.gpkg, routes.shp, population.csv,
 * chefs_lieux.csv, praticiens.csv, territoires.csv, carreaux.csv (a population grid of 200 m; of 1
 * km above 2 000 communes), relief.tif, occupation_sol.tif and plan.ini. O(n log n) time; memory
 * for the communes only, the streets are made and written one commune at a time. Reports progress;
 * when it is stopped or fails, no half-written file remains. QZ_E_RANGE, QZ_E_EXISTS, QZ_E_IO,
 * QZ_E_NOMEM, QZ_E_CANCELLED. */
QZ_API int qz_demo_write(struct qz_ctx *ctx, const struct qz_demo_params *params,
                         const char *folder);

#ifdef __cplusplus
}
#endif
