/* engine/network/speeds.c - km/h by class and importance, from a table of text. */
#include <stdio.h>
#include <string.h>
#include "base/geodata.h"
#include "network/network.h"

enum { NAME_BYTES = 64 };

struct line {
    char nature[NAME_BYTES], importance[NAME_BYTES]; /* "*": any */
    struct qz_speed speed;
};
struct qz_speeds {
    struct line *lines;
    size_t n, cap;
    double limit_factor;
};

static const char *const builtins[] = { "osm-car", "bdtopo-car", "route500-car" };
static const char *const kinds[] = { [QZ_ROAD_PLAIN] = "plain",
                                     [QZ_ROAD_EXPRESS] = "express",
                                     [QZ_ROAD_FERRY] = "ferry",
                                     [QZ_ROAD_CLOSED] = "closed" };

struct qz_speeds *qz_speeds_free(struct qz_speeds *s) {
    if (s)
        free(s->lines);
    free(s);
    return NULL;
}

void qz_speeds_freep(struct qz_speeds **s) { *s = qz_speeds_free(*s); }

/* Copies the next comma-separated field, without blanks around; false: none left, or too long. */
static bool next_field(const char **at, const char *end, char field[NAME_BYTES]) {
    if (*at > end)
        return false;
    const char *from = *at, *comma = memchr(from, ',', (size_t)(end - from));
    const char *to = comma ? comma : end;
    *at = to + 1;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
        to--;
    if (to - from >= NAME_BYTES)
        return false;
    memcpy(field, from, (size_t)(to - from));
    field[to - from] = 0;
    return true;
}

/* nature,importance,kmh,kind; kind "limit": kmh is the factor on stated limits. */
static bool parse_line(struct qz_speeds *s, const char *from, const char *end, struct line *l,
                       bool *keep) {
    char kmh[NAME_BYTES], kind[NAME_BYTES];
    *l = (struct line) { 0 };
    if (!next_field(&from, end, l->nature) || !next_field(&from, end, l->importance) ||
        !next_field(&from, end, kmh) || !next_field(&from, end, kind) ||
        !qz_parse_number(kmh, &l->speed.kmh))
        return false;
    *keep = strcmp(kind, "limit") != 0;
    if (!*keep) {
        s->limit_factor = l->speed.kmh;
        return s->limit_factor > 0 && s->limit_factor <= 1;
    }
    size_t k = 0;
    while (k < COUNT(kinds) && strcmp(kinds[k], kind) != 0)
        k++;
    l->speed.kind = (enum qz_road_kind)k;
    return k < COUNT(kinds) && (k == QZ_ROAD_CLOSED || (l->speed.kmh > 0 && l->speed.kmh <= 200));
}

int qz_speeds_parse(struct qz_ctx *ctx, const char *name, const char *text,
                    struct qz_speeds **ret) {
    qz_cleanup(qz_speeds_freep) struct qz_speeds *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    s->limit_factor = 1;
    bool header = true;
    size_t number = 1;
    for (const char *at = text; *at; number++) {
        const char *end = strchr(at, '\n');
        end = end ? end : at + strlen(at);
        bool skip = *at == '#' || *at == '\n' || *at == '\r', keep = false;
        if (!skip && !header) {
            struct line *grown = qz_grow(s->lines, &s->cap, s->n + 1, sizeof *grown);
            if (!grown)
                return qz_fail_nomem(ctx);
            s->lines = grown;
            if (!parse_line(s, at, end, &s->lines[s->n], &keep))
                return qz_fail(ctx, QZ_E_FORMAT,
                               "%s: line %zu: '%.*s' is not nature,importance,km/h,kind (kind: "
                               "plain, express, "
                               "ferry, closed, limit)",
                               name, number, (int)(end - at), at);
            s->n += keep;
        }
        header = header && skip;
        at = *end ? end + 1 : end;
    }
    if (s->n == 0)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: no speed in the table", name);
    *ret = s;
    s = NULL;
    return 0;
}

bool qz_speeds_find(const struct qz_speeds *s, const char *class_name, struct qz_speed *ret) {
    char nature[160];
    snprintf(nature, sizeof nature, "%s", class_name);
    char *bar = strchr(nature, '|');
    const char *importance = bar ? bar + 1 : "";
    if (bar)
        *bar = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct line *l = &s->lines[i];
        if (qz_equal_nocase(l->nature, nature) &&
            (strcmp(l->importance, "*") == 0 || qz_equal_nocase(l->importance, importance))) {
            *ret = l->speed;
            return true;
        }
    }
    return false;
}

double qz_speeds_limit_factor(const struct qz_speeds *s) { return s->limit_factor; }

const char *qz_speeds_builtin(const char *name) {
    char file[NAME_BYTES];
    snprintf(file, sizeof file, "speeds-%s.csv", name);
    return qz_geodata(file);
}

const char *qz_speeds_guess(const struct qz_roads *roads) {
    size_t most = 0, best = 0;
    for (size_t b = 0; b < COUNT(builtins); b++) {
        struct qz_speeds *s = NULL;
        size_t known = 0;
        if (qz_speeds_parse(NULL, builtins[b], qz_speeds_builtin(builtins[b]), &s) == 0)
            for (size_t c = 0; c < roads->n_classes; c++) {
                struct qz_speed speed;
                known += qz_speeds_find(s, roads->class_name[c], &speed);
            }
        qz_speeds_free(s);
        if (known > most) {
            most = known;
            best = b;
        }
    }
    return builtins[best];
}
