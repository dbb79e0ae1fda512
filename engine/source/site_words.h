/* engine/source/site_words.h - the words of practitioner files: structures, yes and no, masked
 * figures, dates. */
#pragma once
#include "base/base.h"

/* Small letters without accents, digits, one blank between words; words of four letters and more
 * lose a final s or x. What does not fit is cut. */
enum { QZ_FOLDED = 128 };
void qz_fold(const char *text, char ret[QZ_FOLDED]);

/* What geodata/structures.csv makes of a text: a static word; NULL: it does not know. */
struct qz_structures;
int qz_structures_new(struct qz_ctx *ctx, struct qz_structures **ret);
struct qz_structures *qz_structures_free(struct qz_structures *s);
const char *qz_structures_word(const struct qz_structures *s, const char *text);

/* "oui", "1", "yes" ...: 1; "non", "0" ...: 0; NULL: -1; else QZ_WORD_UNKNOWN. */
enum { QZ_WORD_UNKNOWN = 2 };
int8_t qz_word_yes(const char *text);
/* A figure that the source keeps to itself: "s", "secret", "nd", "c", "***", "<5" ... */
bool qz_word_masked(const char *text);

/* A date as "2027", "2027-09" or "2027-09-01", read from these, "2027/09/01 ...", "20270901",
 * "01/09/2027" and "09/2027". False: not a date from 1850 to 2199. */
enum { QZ_DATE = 11 };
bool qz_word_date(const char *text, char ret[QZ_DATE]);
/* As exactly as both say: "2027" is neither before nor after "2027-09". NULL and "": never after.
 */
bool qz_date_after(const char *a, const char *b);
