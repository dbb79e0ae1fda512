/* engine/zone/zonage_words.c - the classes of the zonage by the words that tables have for them. */
#include <assert.h>
#include <string.h>
#include "base/base.h"
#include "quinze/zone.h"

static const char *const names[QZ_N_ZONAGE] = { [QZ_ZONAGE_NONE] = "HZ",
                                                [QZ_ZONAGE_ZIP] = "ZIP",
                                                [QZ_ZONAGE_ZAC] = "ZAC",
                                                [QZ_ZONAGE_ZAR] = "ZAR" };
static const struct {
    const char *words;
    enum qz_zonage_class is;
} known[] = {
    { "", QZ_ZONAGE_NONE },
    { "HZ", QZ_ZONAGE_NONE },
    { "HV", QZ_ZONAGE_NONE },
    { "hors zonage", QZ_ZONAGE_NONE },
    { "hors zone", QZ_ZONAGE_NONE },
    { "hors vivier", QZ_ZONAGE_NONE },
    { "aucun", QZ_ZONAGE_NONE },
    { "aucune", QZ_ZONAGE_NONE },
    { "none", QZ_ZONAGE_NONE },
    { "ZIP", QZ_ZONAGE_ZIP },
    { "zone d'intervention prioritaire", QZ_ZONAGE_ZIP },
    { "ZAC", QZ_ZONAGE_ZAC },
    { "zone d'action complementaire", QZ_ZONAGE_ZAC },
    { "ZAR", QZ_ZONAGE_ZAR },
    { "zone d'accompagnement regional", QZ_ZONAGE_ZAR },
    { "zone d'accompagnement regionale", QZ_ZONAGE_ZAR },
    { "zone d'action regionale", QZ_ZONAGE_ZAR },
    { "zone d'appui regional", QZ_ZONAGE_ZAR },
    { "zone d'appui regionale", QZ_ZONAGE_ZAR },
};
enum { LONGEST = 63 }; /* letters of a folded word; longer ones are none of ours */

const char *qz_zonage_name(enum qz_zonage_class c) {
    assert((unsigned)c < QZ_N_ZONAGE);
    return names[c];
}

/* The letter or digit at *at, small, without its accent, and moves on; 0: something else, which
 * parts words. */
static char fold_one(const unsigned char **at) {
    unsigned char c = *(*at)++;
    if (c == 0xc3 && ((**at & 0xdc) == 0x88)) { /* the e with an accent, both cases, in UTF-8 */
        (*at)++;
        return 'e';
    }
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return plain ? (char)c : 0;
}

/* The letters alone, in ret[LONGEST + 1]; false: too long. *empty: there was not even a sign. */
static bool fold(const char *word, char *ret, bool *empty) {
    const unsigned char *at = (const unsigned char *)word;
    size_t n = 0, first = 0; /* of the word that is being read */
    *empty = strspn(word, " \t\r\n") == strlen(word);
    for (bool going = true; going;) {
        going = *at != 0;
        char c = going ? fold_one(&at) : 0;
        if (c == 0) {
            n -= n > first + 1 && ret[n - 1] == 's'; /* a plural */
            first = n;
        } else if (n > 0 || c > '9') {
            if (n == LONGEST)
                return false;
            ret[n++] = c;
        }
    }
    ret[n] = 0;
    return true;
}

bool qz_zonage_parse(const char *word, enum qz_zonage_class *ret) {
    char folded[LONGEST + 1], other[LONGEST + 1];
    bool empty, other_empty;
    if (!fold(word, folded, &empty) || (!empty && !*folded))
        return false;
    for (size_t i = 0; i < COUNT(known); i++)
        if (fold(known[i].words, other, &other_empty) && strcmp(folded, other) == 0) {
            *ret = known[i].is;
            return true;
        }
    return false;
}
