/* engine/source/words.h - the words of OSM, BD TOPO and ROUTE 500 for cars, those of tables by age;
 * letter case does not count. */
#pragma once
#include "base/base.h"
#include "quinze/source.h"

/* Which way cars may drive: 0 both, 1 along, -1 against. False: unknown word, *ret untouched. */
bool qz_word_direction(const char *text, int8_t *ret);
/* A stated limit: 0 none ("none", "signals"), negative: absurd or unknown. */
float qz_word_kmh(const char *text);
float qz_checked_kmh(double kmh); /* negative unless above 0 and at most 200 */
/* Whether a column's value closes the road to a patient's car; of a list ("a;b"), all must. */
bool qz_word_closes(enum qz_role role, const char *text);
/* A duration in seconds: "1:30", "1:30:00", "45" (minutes), "PT1H30M". 0: none of these. */
double qz_word_duration_s(const char *text);

/* A band of ages in words: "25-29", "de 25 à 29 ans", "moins de 25 ans", "70 ans et plus",
 * "01-moins de 25 ans", "Tout âge", "âge inconnu". An open end leaves its number as it was. */
enum qz_band_word { QZ_BAND_BAD, QZ_BAND_AGES, QZ_BAND_ALL, QZ_BAND_UNKNOWN };
enum qz_band_word qz_word_band(const char *text, int *from, int *to);
