/* engine/access/rows.h - the small tables of geodata/, and the files that users put in their place,
 * row by row: '#' starts a comment line, the header names the columns in any order, ',' or ';'
 * stands between them. */
#pragma once
#include "base/base.h"

enum { QZ_ROW_COLUMNS = 8, QZ_ROW_BYTES = 1024 };
struct qz_rows {
    const char *table; /* for messages */
    const char *const *names;
    size_t n_names, line;
    const char *next;
    char separator;
    size_t place[QZ_ROW_COLUMNS]; /* in the file, of each name */
    const char *field[2 * QZ_ROW_COLUMNS];
    char text[QZ_ROW_BYTES];
};
/* Goes behind the header. text and names[n] stay the caller's. QZ_E_FORMAT: a column is missing. */
int qz_rows_open(struct qz_ctx *ctx, const char *table, const char *text, const char *const *names,
                 size_t n, struct qz_rows *ret);
int qz_rows_next(struct qz_ctx *ctx, struct qz_rows *r); /* 1 a row, 0 the end; QZ_E_DATA */
/* The row's value of names[i], without blanks around, "" when it has none; until the next row. */
const char *qz_rows_text(const struct qz_rows *r, size_t i);
bool qz_rows_number(const struct qz_rows *r, size_t i, double *ret); /* false: not a number */
/* QZ_E_DATA: this row's value of names[i] is not what it should be ("a number from 0 to 1"). */
int qz_rows_bad(struct qz_ctx *ctx, const struct qz_rows *r, size_t i, const char *wanted);
/* QZ_E_PLAN: nothing of that name in column i; says the nearest name and all there are. */
int qz_rows_unknown(struct qz_ctx *ctx, const struct qz_rows *r, const char *text, size_t i,
                    const char *what, const char *name);
