/* engine/source/cell_code.c - the code of a grid's cell: its system, its side, its corner. */
#include <string.h>
#include "source/source.h"

enum { EUROPE = 3035 }; /* the system of codes that name none (INSPIRE) */

/* Takes a word at *p, whatever its letter case. */
static bool take(const char **p, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i < n; i++)
        if (((*p)[i] | 0x20) != (word[i] | 0x20))
            return false;
    *p += n;
    return true;
}

/* Digits at *p, up to nine of them; a sign where the word allows it. */
static bool take_number(const char **p, bool may_be_negative, double *ret) {
    bool negative = may_be_negative && **p == '-';
    const char *at = *p + negative;
    size_t n = strspn(at, "0123456789");
    if (n == 0 || n > 9)
        return false;
    *ret = 0;
    for (size_t i = 0; i < n; i++)
        *ret = *ret * 10 + (at[i] - '0');
    *ret = negative ? -*ret : *ret;
    *p = at + n;
    return true;
}

/* INSPIRE leaves out as many zeros of the corner as the side ends with: 200mN20298E42524. Its
 * Europe begins at 900 km north and east, so that what was left out shows. */
static double zeros_left_out(double side_m, double e, double n) {
    enum { EUROPE_BEGINS_M = 900000 };
    double factor = 1;
    while (side_m >= 10 && side_m / 10 == (double)(uint32_t)(side_m / 10)) {
        side_m /= 10;
        factor *= 10;
    }
    return e >= EUROPE_BEGINS_M || n >= EUROPE_BEGINS_M ? 1 : factor;
}

bool qz_cell_code_parse(const char *text, struct qz_cell_code *ret) {
    enum { LARGEST_M = 100000, LARGEST_EPSG = 999999 };
    const char *p = text;
    double epsg = EUROPE, side, e, n, factor = 1;
    bool full = take(&p, "CRS");
    if (full && !(take_number(&p, false, &epsg) && take(&p, "RES")))
        return false;
    if (!take_number(&p, false, &side))
        return false;
    if (take(&p, "km"))
        side *= 1000;
    else if (!take(&p, "m"))
        return false;
    if (!(take(&p, "N") && take_number(&p, full, &n) && take(&p, "E") &&
          take_number(&p, full, &e)) ||
        *p || side < 1 || side > LARGEST_M || epsg < 1 || epsg > LARGEST_EPSG)
        return false;
    if (!full)
        factor = zeros_left_out(side, e, n);
    *ret = (struct qz_cell_code) { (int)epsg, side, { e * factor, n * factor } };
    return true;
}
