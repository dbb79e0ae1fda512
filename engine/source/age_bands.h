/* engine/source/age_bands.h - the rows of a table of ages, between its reader and the pyramids. */
#pragma once
#include "source/source.h"

enum {
    QZ_BANDS_OF_COMMUNES = 0, /* scale: the commune itself, else level scale - 1 */
    QZ_BAND_OPEN_LOW = -1,    /* "under 40" */
    QZ_BAND_OPEN_HIGH = 999,  /* "65 and more" */
    QZ_BAND_OLDEST = 110,     /* of a practitioner */
};
struct qz_band_row {
    uint32_t scale, place; /* place: index of the commune, or into its level's territories */
    int from, to;          /* whole years, both included, or open */
    int year;              /* 0: the table has none */
    double heads;
    size_t number;
};
struct qz_band_rows {
    const struct qz_communes *communes;
    const struct qz_levels *levels; /* NULL: communes only */
    struct qz_issues *issues;
    struct qz_reader reader; /* counts what is rejected */
    struct qz_band_row *items;
    size_t n, cap;
};
/* Sorts the rows; those of a place that make no pyramid are rejected together. */
int qz_age_pyramids_make(struct qz_ctx *ctx, struct qz_band_rows *rows, struct qz_age_bands **ret);
