/* engine/source/band_words.c - bands of ages as tables of INSEE, DREES and the Assurance Maladie
 * write them. */
#include <string.h>
#include "source/words.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* words: in small letters; the user's locale has no say. */
static bool has_any(const char *text, const char *const *words, size_t n) {
    for (; *text; text++)
        for (size_t i = 0, k; i < n; i++) {
            for (k = 0; words[i][k] && lower(text[k]) == words[i][k];)
                k++;
            if (!words[i][k])
                return true;
        }
    return false;
}

/* The last two whole numbers of the text (a class may carry its rank before them; one alone
 * twice), and how many there are. */
static size_t last_numbers(const char *text, int ret[2]) {
    enum { MOST = 999 };
    size_t n = 0;
    while (*text) {
        int value = 0;
        const char *from = text;
        for (; *text >= '0' && *text <= '9'; text++)
            value = value > MOST ? value : value * 10 + *text - '0';
        if (text == from) {
            text++;
            continue;
        }
        ret[0] = n ? ret[1] : value;
        ret[1] = value;
        n++;
    }
    return n;
}

enum qz_band_word qz_word_band(const char *text, int *from, int *to) {
    static const char *const low[] = { "moins", "<" }, *const high[] = { "plus", "+", ">" };
    static const char *const all[] = { "tout", "tous", "total", "ensemble" };
    static const char *const unknown[] = { "inconnu", "non renseign" };
    int number[2] = { 0, 0 };
    size_t n = last_numbers(text, number);
    if (has_any(text, unknown, COUNT(unknown)))
        return QZ_BAND_UNKNOWN;
    if (has_any(text, all, COUNT(all)))
        return QZ_BAND_ALL;
    if (n == 0)
        return QZ_BAND_BAD;
    if (has_any(text, low, COUNT(low))) {
        *to = number[1] - 1;
        return QZ_BAND_AGES;
    }
    *from = has_any(text, high, COUNT(high)) ? number[1] : number[0];
    if (!has_any(text, high, COUNT(high)))
        *to = number[1];
    return QZ_BAND_AGES;
}
