/* engine/source/words.c - words of the official vocabularies. */
#include <stdio.h>
#include <string.h>
#include "source/words.h"

struct word {
    const char *text;
    int value;
};

/* OSM oneway; BD TOPO v2 and v3 sens. */
static const struct word directions[] = {
    { "no", 0 },
    { "0", 0 },
    { "false", 0 },
    { "reversible", 0 },
    { "alternating", 0 },
    { "yes", 1 },
    { "1", 1 },
    { "true", 1 },
    { "-1", -1 },
    { "reverse", -1 },
    { "double", 0 },
    { "double sens", 0 },
    { "sans objet", 0 },
    { "nc", 0 },
    { "direct", 1 },
    { "sens direct", 1 },
    { "unique", 1 },
    { "inverse", -1 },
    { "sens inverse", -1 },
    { "sens unique", 1 },
};
/* Values that close a road to a patient's car, by column. */
static const struct {
    enum qz_role role;
    const char *text;
} closures[] = {
    { QZ_ROLE_ACCESS, "physiquement impossible" },
    { QZ_ROLE_ACCESS, "restreint aux ayants droit" },
    { QZ_ROLE_ACCESS, "no" },
    { QZ_ROLE_ACCESS, "private" },
    { QZ_ROLE_ACCESS, "agricultural" },
    { QZ_ROLE_ACCESS, "forestry" },
    { QZ_ROLE_ACCESS, "emergency" },
    { QZ_ROLE_ACCESS, "military" },
    { QZ_ROLE_ACCESS, "delivery" },
    { QZ_ROLE_ACCESS, "bus" },
    { QZ_ROLE_ACCESS, "psv" },
    { QZ_ROLE_PRIVATE, "oui" },
    { QZ_ROLE_PRIVATE, "1" },
    { QZ_ROLE_PRIVATE, "true" },
    { QZ_ROLE_STATE, "en construction" },
    { QZ_ROLE_STATE, "en projet" },
    { QZ_ROLE_STATE, "en ruine" },
    { QZ_ROLE_STATE, "non exploité" },
    { QZ_ROLE_STATE, "inexploité" },
};
/* OSM maxspeed texts for France (decree 2018-487: 80 km/h outside towns). */
static const struct word limits_kmh[] = {
    { "FR:urban", 50 },  { "FR:rural", 80 },   { "FR:trunk", 110 },        { "FR:motorway", 130 },
    { "FR:zone30", 30 }, { "FR:zone:30", 30 }, { "FR:living_street", 20 }, { "FR:walk", 20 },
    { "walk", 6 },       { "none", 0 },        { "signals", 0 },           { "sign", 0 },
    { "variable", 0 },
};

static const struct word *find_word(const struct word *words, size_t n, const char *text) {
    for (size_t i = 0; i < n; i++)
        if (qz_equal_nocase(words[i].text, text))
            return &words[i];
    return NULL;
}

bool qz_word_direction(const char *text, int8_t *ret) {
    const struct word *w = find_word(directions, COUNT(directions), text);
    if (w)
        *ret = (int8_t)w->value;
    return w != NULL;
}

float qz_checked_kmh(double kmh) {
    enum { SLOWEST_KMH = 1, FASTEST_KMH = 200 };
    return kmh >= SLOWEST_KMH && kmh <= FASTEST_KMH ? (float)kmh : -1;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* "FR:30" says 30 in any land; of the foreign words only the towns' limit is common to all. */
static float kmh_by_land(const char *text) {
    double v;
    if (!is_letter(text[0]) || !is_letter(text[1]) || text[2] != ':')
        return -1;
    if (qz_parse_number(text + 3, &v))
        return qz_checked_kmh(v);
    return qz_equal_nocase(text + 3, "urban") ? 50 : 0;
}

float qz_word_kmh(const char *text) {
    const struct word *w;
    double v, unit = 1;
    char digits[8] = { 0 };
    if (qz_parse_number(text, &v))
        return qz_checked_kmh(v);
    if ((w = find_word(limits_kmh, COUNT(limits_kmh), text)))
        return (float)w->value;
    size_t n = strspn(text, "0123456789");
    if (n == 0)
        return kmh_by_land(text);
    if (n >= sizeof digits)
        return -1;
    memcpy(digits, text, n);
    if (strstr(text, "mph"))
        unit = 1.609344;
    else if (strstr(text, "knots"))
        unit = 1.852;
    return qz_checked_kmh(atoi(digits) * unit);
}

static bool closes(enum qz_role role, const char *text) {
    for (size_t i = 0; i < COUNT(closures); i++)
        if (closures[i].role == role && qz_equal_nocase(text, closures[i].text))
            return true;
    return false;
}

bool qz_word_closes(enum qz_role role, const char *text) {
    if (!*text)
        return false;
    for (const char *end = text; *end;) {
        char part[64];
        while (*text == ' ')
            text++;
        end = text + strcspn(text, ";");
        size_t n = (size_t)(end - text);
        if (n >= sizeof part)
            return false;
        memcpy(part, text, n);
        part[n] = 0;
        if (!closes(role, part))
            return false;
        text = end + 1;
    }
    return true;
}

/* Hours, minutes and seconds of an ISO 8601 duration without days. */
static double iso_duration_s(const char *text) {
    double total_s = 0;
    while (*text) {
        char *end;
        long v = strtol(text, &end, 10);
        double unit_s = *end == 'H' ? 3600 : *end == 'M' ? 60 : *end == 'S' ? 1 : 0;
        if (end == text || v < 0 || unit_s <= 0)
            return 0;
        total_s += (double)v * unit_s;
        text = end + 1;
    }
    return total_s;
}

double qz_word_duration_s(const char *text) {
    enum { LONGEST_S = 7 * 24 * 3600 };
    unsigned h = 0, m = 0, s = 0;
    int all = 0;
    double total_s = 0;
    if (strncmp(text, "PT", 2) == 0)
        total_s = iso_duration_s(text + 2);
    else if (sscanf(text, "%3u:%2u:%2u%n", &h, &m, &s, &all) == 3 && text[all] == 0)
        total_s = h * 3600.0 + m * 60.0 + s;
    else if (sscanf(text, "%3u:%2u%n", &h, &m, &all) == 2 && text[all] == 0)
        total_s = h * 3600.0 + m * 60.0;
    else if (sscanf(text, "%4u%n", &m, &all) == 1 && text[all] == 0)
        total_s = m * 60.0;
    return total_s <= LONGEST_S ? total_s : 0;
}
