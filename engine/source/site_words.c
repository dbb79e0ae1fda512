/* engine/source/site_words.c - the words of practitioner files. */
#include <stdio.h>
#include <string.h>
#include "base/geodata.h"
#include "source/site_words.h"

/* ---- letters */
/* U+00C0 .. U+00FF without accents: '*' is ae, '.' no letter. */
static const char latin[] = "aaaaaa*ceeeeiiiidnooooo.ouuuuypsaaaaaa*ceeeeiiiidnooooo.ouuuuypy";

static bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/* The next letter as one or two plain ones ("" for what is none), and how many bytes it took; an
 * accent that follows its letter is no letter and no gap: *ret is NULL. */
static size_t next_letter(const unsigned char *p, char letter[3], const char **ret) {
    letter[0] = letter[1] = letter[2] = 0;
    *ret = letter;
    if (p[0] < 0x80) {
        char c = (char)(p[0] >= 'A' && p[0] <= 'Z' ? p[0] - 'A' + 'a' : p[0]);
        letter[0] = is_small(c) ? c : 0;
        return 1;
    }
    if (p[1] == 0) /* cut in the middle */
        return 1;
    if (p[0] == 0xC3 && p[1] >= 0x80 && p[1] < 0xC0) {
        letter[0] = latin[p[1] - 0x80];
        if (letter[0] == '*')
            memcpy(letter, "ae", 2);
        if (letter[0] == '.')
            letter[0] = 0;
    } else if (p[0] == 0xC5 && (p[1] == 0x92 || p[1] == 0x93)) {
        memcpy(letter, "oe", 2);
    } else if (p[0] == 0xCC || (p[0] == 0xCD && p[1] < 0xB0)) {
        *ret = NULL;
    }
    size_t n = 1;
    while ((p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Ends the word that began at `from`: without its final s or x. */
static size_t end_word(char *out, size_t from, size_t n) {
    enum { SHORTEST = 4 };
    if (n - from >= SHORTEST && (out[n - 1] == 's' || out[n - 1] == 'x'))
        n--;
    return n;
}

void qz_fold(const char *text, char ret[QZ_FOLDED]) {
    size_t n = 0, from = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        char letter[3];
        const char *plain;
        p += next_letter(p, letter, &plain);
        if (!plain)
            continue;
        if (!*plain && n > from) {
            n = end_word(ret, from, n);
            if (n + 1 < QZ_FOLDED)
                ret[n++] = ' ';
            from = n;
        }
        for (; *plain && n + 1 < QZ_FOLDED; plain++)
            ret[n++] = *plain;
    }
    n = end_word(ret, from, n);
    if (n > 0 && ret[n - 1] == ' ')
        n--;
    ret[n] = 0;
}

/* ---- structures */
struct qz_structures {
    struct qz_pool *texts;
    struct structure {
        const char *words, *structure;
        size_t length;
        bool whole;
    } * items;
    size_t n, cap;
};

struct qz_structures *qz_structures_free(struct qz_structures *s) {
    if (s) {
        free(s->items);
        qz_pool_free(s->texts);
        free(s);
    }
    return NULL;
}

static int add_structure(struct qz_ctx *ctx, struct qz_structures *s, const char *line, size_t n) {
    const char *comma = memchr(line, ',', n);
    if (*line == '#' || !comma)
        return 0;
    struct structure *grown = qz_grow(s->items, &s->cap, s->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->items = grown;
    char raw[QZ_FOLDED], words[QZ_FOLDED];
    snprintf(raw, sizeof raw, "%.*s", (int)(comma - line), line);
    qz_fold(raw, words);
    struct structure new = { .length = strlen(words), .whole = *line == '=' };
    new.words = qz_pool_add(s->texts, words, new.length);
    new.structure = qz_pool_add(s->texts, comma + 1, (size_t)(line + n - comma - 1));
    if (!new.words || !new.structure)
        return qz_fail_nomem(ctx);
    grown[s->n++] = new;
    return 0;
}

int qz_structures_new(struct qz_ctx *ctx, struct qz_structures **ret) {
    struct qz_structures *s = qz_calloc(1, sizeof *s);
    int r = s ? qz_pool_new(ctx, &s->texts) : qz_fail_nomem(ctx);
    for (const char *line = qz_geodata("structures.csv"); r == 0 && *line;) {
        size_t n = strcspn(line, "\n");
        r = add_structure(ctx, s, line, n);
        line += n + (line[n] == '\n');
    }
    if (r < 0)
        s = qz_structures_free(s);
    *ret = s;
    return r;
}

const char *qz_structures_word(const struct qz_structures *s, const char *text) {
    char folded[QZ_FOLDED];
    qz_fold(text, folded);
    const struct structure *best = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct structure *k = &s->items[i];
        char after = strncmp(folded, k->words, k->length) == 0 ? folded[k->length] : 'x';
        if ((after == 0 || (after == ' ' && !k->whole)) && (!best || k->length > best->length))
            best = k;
    }
    return best ? best->structure : NULL;
}

/* ---- yes and no, masked figures */
static bool is_one_of(const char *text, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (qz_equal_nocase(text, words[i]))
            return true;
    return false;
}

int8_t qz_word_yes(const char *text) {
    static const char *const yes[] = { "1", "oui", "yes", "true", "vrai", "o", "y", "t" };
    static const char *const no[] = { "0", "non", "no", "false", "faux", "n", "f" };
    if (!text)
        return -1;
    return is_one_of(text, yes, COUNT(yes)) ? 1
           : is_one_of(text, no, COUNT(no)) ? 0
                                            : QZ_WORD_UNKNOWN;
}

bool qz_word_masked(const char *text) {
    static const char *const words[] = { "s",  "ss",   "secret", "nd", "n.d.", "n/d", "na",
                                         "ns", "n.s.", "c",      "*",  "**",   "***", "masqué" };
    double number;
    return is_one_of(text, words, COUNT(words)) ||
           (*text == '<' && qz_parse_number(text + 1, &number));
}

/* ---- dates */
static unsigned days_of(unsigned year, unsigned month) {
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Digits of a date in groups, up to a blank or a T; 0: something else is in it. */
static size_t split_date(const char *text, unsigned group[3], size_t length[3]) {
    size_t n = 0;
    for (const char *p = text;; p++) {
        size_t digits = strspn(p, "0123456789");
        if (digits == 0 || digits > 8 || n == 3)
            return 0;
        group[n] = (unsigned)strtoul(p, NULL, 10);
        length[n++] = digits;
        p += digits;
        if (*p == 0 || *p == ' ' || *p == 'T')
            return n;
        if (*p != '-' && *p != '/')
            return 0;
    }
}

bool qz_word_date(const char *text, char ret[QZ_DATE]) {
    unsigned g[3], year, month = 0, day = 0;
    size_t length[3], n = split_date(text, g, length);
    if (n == 1 && length[0] == 8) { /* 20270901 */
        year = g[0] / 10000, month = g[0] / 100 % 100, day = g[0] % 100;
        n = 3;
    } else if (n > 0 && length[0] == 4) { /* the year first, or last */
        year = g[0], month = n > 1 ? g[1] : 0, day = n > 2 ? g[2] : 0;
    } else if (n > 1 && length[n - 1] == 4) {
        year = g[n - 1], month = g[n - 2], day = n > 2 ? g[0] : 0;
    } else {
        return false;
    }
    if (year < 1850 || year > 2199 || month > 12 || (n > 1 && month == 0) ||
        (n > 2 && (day == 0 || day > days_of(year, month))))
        return false;
    if (n == 1)
        snprintf(ret, QZ_DATE, "%04u", year % 10000);
    else if (n == 2)
        snprintf(ret, QZ_DATE, "%04u-%02u", year % 10000, month % 100);
    else
        snprintf(ret, QZ_DATE, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
    return true;
}

bool qz_date_after(const char *a, const char *b) {
    if (!a || !b)
        return false;
    size_t n = strlen(a), m = strlen(b);
    return strncmp(a, b, n < m ? n : m) > 0;
}
