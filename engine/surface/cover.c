/* engine/surface/cover.c - land cover: a table of walking speeds by class, and the ground made from
 * it. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/geodata.h"
#include "surface/surface.h"

enum { N_CODES = 65536 };

struct qz_classes {
    float kmh[N_CODES]; /* -1: not in the table */
};

static const char *const builtins[] = { "corine", "worldcover" };

struct qz_classes *qz_classes_free(struct qz_classes *c) {
    free(c);
    return NULL;
}

void qz_classes_freep(struct qz_classes **c) { *c = qz_classes_free(*c); }

/* ---- the table */
/* "111 1": each a class of this speed; each class once. */
static bool add_codes(struct qz_classes *c, char *codes, float kmh) {
    size_t n = 0;
    char *rest = NULL;
    for (char *code = strtok_r(codes, " \t", &rest); code; code = strtok_r(NULL, " \t", &rest)) {
        double v;
        if (!qz_parse_number(code, &v) || !(v >= 0 && v < N_CODES) || v != floor(v) ||
            c->kmh[(size_t)v] >= 0)
            return false;
        c->kmh[(size_t)v] = kmh;
        n++;
    }
    return n > 0;
}

static bool parse_line(struct qz_classes *c, const char *from, const char *end, char separator) {
    static const double most_kmh = 200;
    char codes[128], kmh[32];
    const char *comma = memchr(from, separator, (size_t)(end - from));
    const char *next = comma ? memchr(comma + 1, separator, (size_t)(end - comma - 1)) : NULL;
    double v;
    next = next ? next : end;
    if (!comma || comma - from >= (long)sizeof codes || next - comma - 1 >= (long)sizeof kmh)
        return false;
    snprintf(codes, sizeof codes, "%.*s", (int)(comma - from), from);
    snprintf(kmh, sizeof kmh, "%.*s", (int)(next - comma - 1), comma + 1);
    return qz_parse_number(kmh, &v) && v >= 0 && v <= most_kmh && add_codes(c, codes, (float)v);
}

int qz_classes_parse(struct qz_ctx *ctx, const char *name, const char *text,
                     struct qz_classes **ret) {
    qz_cleanup(qz_classes_freep) struct qz_classes *c = qz_malloc(1, sizeof *c);
    if (!c)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < N_CODES; i++)
        c->kmh[i] = -1;
    char separator = 0; /* the header tells */
    size_t number = 1, n = 0;
    for (const char *at = text; *at; number++) {
        const char *end = at + strcspn(at, "\n"),
                   *stop = end > at && end[-1] == '\r' ? end - 1 : end;
        bool skip = *at == '#' || stop == at;
        if (!skip && separator && !parse_line(c, at, stop, separator))
            return qz_fail(ctx, QZ_E_FORMAT,
                           "%s: line %zu: '%.*s' is not codes,km/h (whole codes from 0 to 65535, "
                           "each once; 0 to 200 km/h, 0: nobody passes)",
                           name, number, (int)(stop - at), at);
        n += !skip && separator;
        if (!skip && !separator)
            separator = memchr(at, ';', (size_t)(stop - at)) ? ';' : ',';
        at = *end ? end + 1 : end;
    }
    if (n == 0)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: no class in the table", name);
    *ret = c;
    c = NULL;
    return 0;
}

double qz_classes_kmh(const struct qz_classes *c, float value) {
    if (!(value >= 0 && value < N_CODES) || value != floorf(value))
        return -1;
    return c->kmh[(size_t)value];
}

const char *qz_classes_builtin(const char *name) {
    char file[64];
    snprintf(file, sizeof file, "walk-%s.csv", name);
    return qz_geodata(file);
}

static size_t n_known(const struct qz_band *cover, const struct qz_classes *c) {
    size_t n = (size_t)cover->grid.n_columns * cover->grid.n_rows, known = 0;
    for (size_t i = 0; i < n; i++)
        known += cover->known[i] && qz_classes_kmh(c, cover->values[i]) >= 0;
    return known;
}

const char *qz_classes_guess(const struct qz_band *cover) {
    size_t most = 0, best = COUNT(builtins);
    for (size_t b = 0; b < COUNT(builtins); b++) {
        qz_cleanup(qz_classes_freep) struct qz_classes *c = NULL;
        size_t known = 0;
        if (qz_classes_parse(NULL, builtins[b], qz_classes_builtin(builtins[b]), &c) == 0)
            known = n_known(cover, c);
        if (known == most)
            best = COUNT(builtins);
        if (known > most) {
            most = known;
            best = b;
        }
    }
    return best < COUNT(builtins) ? builtins[best] : NULL;
}

/* ---- the ground */
void qz_surface_cover(struct qz_surface *s, const struct qz_band *cover,
                      const struct qz_classes *classes, struct qz_cover_report *report) {
    *report = (struct qz_cover_report) { 0 };
    for (size_t row = s->grid.n_rows; row-- > 0;) /* from the upper left: the first unknown one */
        for (size_t i = row * s->grid.n_columns; i < (row + 1) * s->grid.n_columns; i++) {
            double kmh = cover->known[i] ? qz_classes_kmh(classes, cover->values[i]) : 0;
            s->s_per_m[i] = kmh > 0 ? (float)(3.6 / kmh) : INFINITY;
            report->n_known += cover->known[i] && kmh >= 0;
            if (kmh < 0 && report->n_unknown++ == 0) {
                report->first_unknown = cover->values[i];
                qz_grid_place(&s->grid, i, &report->first_row, &report->first_column);
            }
        }
}
