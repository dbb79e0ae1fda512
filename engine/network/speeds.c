/* engine/network/speeds.c - km/h by class, importance and density, from a table of text. */
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
    double limit_factor, slowest_kmh;
    double peak_factor[QZ_N_DENSITIES];
    bool density, relief, symmetric;
};

static const char *const builtins[] = { "osm-car", "bdtopo-car", "route500-car" }; /* by guess */
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

/* A line that is no class but a rule for all: its kind says which. */
static bool parse_rule(struct qz_speeds *s, const char *kind, const double v[QZ_N_DENSITIES],
                       bool *known) {
    *known = true;
    if (strcmp(kind, "limit") == 0) {
        s->limit_factor = v[0];
        return v[0] > 0 && v[0] <= 1;
    }
    if (strcmp(kind, "class_only") == 0) {
        s->limit_factor = 0;
        return true;
    }
    if (strcmp(kind, "slowest") == 0) {
        s->slowest_kmh = v[0];
        return v[0] > 0 && v[0] <= 200;
    }
    if (strcmp(kind, "peak") == 0) {
        memcpy(s->peak_factor, v, sizeof s->peak_factor);
        return v[0] > 0 && v[1] > 0 && v[2] > 0 && v[0] <= 1 && v[1] <= 1 && v[2] <= 1;
    }
    if (strcmp(kind, "symmetric") == 0)
        return s->symmetric = true;
    *known = false;
    return true;
}

/* nature,importance,kmh,kind[,kmh_mid,kmh_dense[,relief]]; without them, one speed everywhere. */
static bool parse_line(struct qz_speeds *s, const char *from, const char *end, struct line *l,
                       bool *keep) {
    char kmh[NAME_BYTES], kind[NAME_BYTES], more[NAME_BYTES] = "";
    bool rule;
    *l = (struct line) { 0 };
    double *v = l->speed.kmh;
    if (!next_field(&from, end, l->nature) || !next_field(&from, end, l->importance) ||
        !next_field(&from, end, kmh) || !next_field(&from, end, kind) ||
        !qz_parse_number(kmh, &v[0]))
        return false;
    for (size_t i = 1; i < QZ_N_DENSITIES; i++) {
        v[i] = v[i - 1];
        if (next_field(&from, end, more) && *more && !qz_parse_number(more, &v[i]))
            return false;
    }
    bool ok = parse_rule(s, kind, v, &rule);
    *keep = !rule;
    if (rule || !ok)
        return ok;
    l->speed.relief = next_field(&from, end, more) && strcmp(more, "relief") == 0;
    size_t k = 0;
    while (k < COUNT(kinds) && strcmp(kinds[k], kind) != 0)
        k++;
    l->speed.kind = (enum qz_road_kind)k;
    for (size_t i = 0; i < QZ_N_DENSITIES; i++)
        ok = ok && (k == QZ_ROAD_CLOSED || (v[i] > 0 && v[i] <= 200));
    s->density = s->density || v[0] != v[1] || v[0] != v[2];
    s->relief = s->relief || l->speed.relief;
    return ok && k < COUNT(kinds);
}

int qz_speeds_parse(struct qz_ctx *ctx, const char *name, const char *text,
                    struct qz_speeds **ret) {
    qz_cleanup(qz_speeds_freep) struct qz_speeds *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    s->slowest_kmh = 5;
    s->limit_factor = s->peak_factor[0] = s->peak_factor[1] = s->peak_factor[2] = 1;
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
                               "plain, express, ferry, closed; or a rule: limit, "
                               "class_only, slowest, peak, symmetric)",
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
bool qz_speeds_need_density(const struct qz_speeds *s) { return s->density; }
bool qz_speeds_need_slope(const struct qz_speeds *s) { return s->relief; }
bool qz_speeds_is_symmetric(const struct qz_speeds *s) { return s->symmetric; }

double qz_speeds_kmh(const struct qz_speeds *s, const struct qz_speed *speed,
                     const struct qz_road_place *place) {
    static const double middling_per_km2 = 500, dense_per_km2 = 4000;
    size_t density = place->people_per_km2 > dense_per_km2       ? 2
                     : place->people_per_km2 >= middling_per_km2 ? 1
                                                                 : 0;
    double kmh = speed->kmh[density] * (place->peak ? s->peak_factor[density] : 1);
    if (!speed->relief)
        return kmh;
    double slope_percent = 100 * place->slope_ratio;
    kmh = kmh * place->crow_ratio - 0.1 * slope_percent * slope_percent;
    return kmh > s->slowest_kmh ? kmh : s->slowest_kmh;
}

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
