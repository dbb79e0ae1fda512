/* engine/source/care.h - of a file of practitioners or establishments: which rows are of a
 * profession, and where each is. */
#pragma once
#include "source/layout.h"

struct qz_care_wish; /* a code that is wanted, of the plan or of geodata/profession-codes.csv */
struct qz_care_code; /* a code that the file has */
struct qz_care {
    const char *key, *only;
    struct qz_care_wish *wishes;
    size_t n_wishes, cap_wishes;
    struct qz_care_code *codes;   /* by text */
    struct qz_care_code *current; /* of the row */
    unsigned stamps[2];           /* of the columns when current was found */
    bool every_row;               /* nothing is chosen */
    size_t n_rows, n_wanted;
    size_t n_low_score, n_town_only,
        n_no_place; /* rows that stand at their commune's point for it */
    double score_min;
    struct qz_pool *texts;
};

/* Opens the file with the caller's needs and its own, and finds which codes are wanted: those of
 * `only` (a list with commas; NULL: those that profession-codes.csv has for `key` in the file's
 * layout). A table by commune gets the columns of these codes summed as its heads. Without a
 * profession column and `only`, every row counts. QZ_E_DATA, QZ_E_FORMAT: no such code, with those
 * that there are and the nearest name. */
int qz_care_open(struct qz_ctx *ctx, const struct qz_input *input,
                 const struct qz_reader_need *needs, size_t n_needs, const char *key,
                 const char *only, struct qz_reader *reader, struct qz_care *care);
/* Whether the row counts: 1, 0, or a failure. Sets reader->structure. */
int qz_care_wanted(struct qz_ctx *ctx, struct qz_care *care, struct qz_reader *reader);
/* As qz_point_read, but an address geocoded under the lowest score, or to its town only, gives 0:
 * the commune's point serves. Low scores are listed in issues. */
int qz_care_place(struct qz_ctx *ctx, struct qz_care *care, struct qz_point_reader *points,
                  struct qz_reader *reader, struct qz_issues *issues, struct qz_xy *ret);
/* After the last row: QZ_E_DATA when no row was wanted (with the codes of the file, most frequent
 * first); counts of what was placed at a commune's point, and codes that no row has, into issues.
 */
int qz_care_end(struct qz_ctx *ctx, struct qz_care *care, const struct qz_input *input,
                struct qz_reader *reader, const struct qz_point_reader *points,
                struct qz_issues *issues);
void qz_care_done(struct qz_care *care);
