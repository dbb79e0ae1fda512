/* engine/source/point.c - where a row is: geometry or columns, in the file's system or in the one
 * that the row itself names. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/geodata.h"
#include "source/layout.h"

/* ---- systems named row by row */
enum { MOST_UNKNOWN = 8 };
struct system {
    int epsg;
    struct qz_transform *to_work; /* NULL: PROJ does not know it */
};
struct unknown {
    char name[QZ_REGISTRY_BYTES];
    size_t n, row; /* rows that name it; the first */
};
struct qz_row_systems {
    struct system *items;
    size_t n, cap;
    struct unknown unknown[MOST_UNKNOWN];
    size_t n_unknown, n_more; /* n_more: rows with yet another name */
};

static void systems_free(struct qz_row_systems *s) {
    for (size_t i = 0; s && i < s->n; i++)
        qz_transform_free(s->items[i].to_work);
    if (s)
        free(s->items);
    free(s);
}

int qz_row_system_epsg(const char *text) {
    enum { FIRST_EPSG = 1024, LAST_EPSG = 32767 };
    const char *said = strcasestr(text, "EPSG:"), *at = qz_geodata("row-systems.csv");
    double number;
    if (said)
        return atoi(said + 5);
    if (qz_parse_number(text, &number))
        return number >= FIRST_EPSG && number <= LAST_EPSG && number == floor(number) ? (int)number
                                                                                      : 0;
    struct qz_registry_row row;
    size_t longest = 0;
    int epsg = 0;
    while (qz_registry_next(&at, &row))
        if (strlen(row.field[0]) > longest && strcasestr(text, row.field[0])) {
            longest = strlen(row.field[0]);
            epsg = atoi(row.field[1]);
        }
    return epsg;
}

/* For provenance: "EPSG:2154, EPSG:5490". */
static void note_epsg(struct qz_reader *r, int epsg) {
    char name[24];
    snprintf(name, sizeof name, "EPSG:%d", epsg);
    size_t n = strlen(r->crs);
    if (!strstr(r->crs, name) && n + strlen(name) + 3 < sizeof r->crs)
        snprintf(r->crs + n, sizeof r->crs - n, "%s%s", n ? ", " : "", name);
}

static void note_unknown(struct qz_row_systems *s, const char *name, size_t row) {
    size_t i = 0;
    while (i < s->n_unknown && strncmp(s->unknown[i].name, name, QZ_REGISTRY_BYTES - 1) != 0)
        i++;
    if (i == MOST_UNKNOWN) {
        s->n_more++;
        return;
    }
    if (i == s->n_unknown) {
        snprintf(s->unknown[i].name, sizeof s->unknown[i].name, "%s", name);
        s->unknown[i].row = row;
        s->n_unknown++;
    }
    s->unknown[i].n++;
}

/* Gives NULL for a code that PROJ does not know. */
static int system_of(struct qz_ctx *ctx, struct qz_point_reader *p, struct qz_reader *r, int epsg,
                     const struct qz_transform **ret) {
    struct qz_row_systems *s = p->by_row;
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].epsg == epsg) {
            *ret = s->items[i].to_work;
            return 0;
        }
    struct system *grown = qz_grow(s->items, &s->cap, s->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    s->items = grown;
    struct system made = { .epsg = epsg };
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    char text[24];
    snprintf(text, sizeof text, "EPSG:%d", epsg);
    int e = qz_crs_open(ctx, text, &crs);
    if (e == 0)
        e = qz_transform_new(ctx, crs, p->work, &made.to_work);
    if (e < 0 && e != QZ_E_CRS)
        return e;
    if (made.to_work)
        note_epsg(r, epsg);
    s->items[s->n++] = made;
    *ret = made.to_work;
    return 0;
}

/* What the row names, or its departement where the layout lets that tell; NULL: nothing. */
static const char *system_name(struct qz_reader *r, char made[24]) {
    const char *text = qz_reader_text(r, QZ_ROLE_ROW_CRS);
    if (text || r->columns[QZ_ROLE_ROW_CRS] >= 0 || !r->layout->system_by_departement)
        return text;
    const char *code = qz_reader_text(r, QZ_ROLE_CODE);
    if (!code)
        code = qz_reader_text(r, QZ_ROLE_DEPARTEMENT);
    if (!code)
        return NULL;
    snprintf(made, 24, "DEP %.*s", code[0] == '9' && code[1] == '7' ? 3 : 2, code);
    return made;
}

/* 1 and the transform, or QZ_POINT_UNKNOWN_SYSTEM. */
static int row_transform(struct qz_ctx *ctx, struct qz_point_reader *p, struct qz_reader *r,
                         const struct qz_transform **ret) {
    char made[24];
    const char *name = system_name(r, made);
    *ret = name ? NULL : p->from_file; /* the plan's, for rows that name none */
    int epsg = name ? qz_row_system_epsg(name) : 0;
    int e = epsg ? system_of(ctx, p, r, epsg, ret) : 0;
    if (e < 0 || *ret)
        return e < 0 ? e : 1;
    note_unknown(p->by_row, name ? name : "", qz_table_row(r->table));
    return QZ_POINT_UNKNOWN_SYSTEM;
}

int qz_point_reader_tell(struct qz_ctx *ctx, const struct qz_point_reader *p,
                         const struct qz_reader *r, struct qz_issues *issues) {
    const struct qz_row_systems *s = p->by_row;
    int e = 0;
    for (size_t i = 0; s && i < s->n_unknown && e == 0; i++)
        e = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, r->source, s->unknown[i].row, NULL,
                         "unknown_system",
                         "'%s' is no system of coordinates that is known (%zu rows): they stand at "
                         "their commune's point; name it as EPSG:code%s",
                         s->unknown[i].name, s->unknown[i].n,
                         *s->unknown[i].name ? "" : ", or give 'crs =' for rows without a name");
    if (e == 0 && s && s->n_more)
        e = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, r->source, 0, NULL, "unknown_system",
                         "%zu more rows name yet other unknown systems", s->n_more);
    return e;
}

/* ---- points */
static bool in_file_system(const struct qz_reader *r, bool has_lonlat) {
    bool has_xy = r->columns[QZ_ROLE_X] >= 0 && r->columns[QZ_ROLE_Y] >= 0;
    return qz_table_has_geometry(r->table) || (has_xy && !has_lonlat);
}

/* A departement is a guess, which the plan's own system overrules; a name is not. */
static bool named_by_row(const struct qz_reader *r, const struct qz_input *input) {
    return !qz_table_has_geometry(r->table) &&
           (r->columns[QZ_ROLE_ROW_CRS] >= 0 || (r->layout->system_by_departement && !input->crs));
}

int qz_point_reader_init(struct qz_ctx *ctx, struct qz_point_reader *p, struct qz_reader *r,
                         const struct qz_input *input, const struct qz_crs *work) {
    *p = (struct qz_point_reader) { .work = work };
    p->crs_text = input->crs ? input->crs : qz_table_crs_text(r->table);
    bool has_lonlat = r->columns[QZ_ROLE_LON] >= 0 && r->columns[QZ_ROLE_LAT] >= 0;
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    int code = 0;
    if (in_file_system(r, has_lonlat)) {
        bool by_row = named_by_row(r, input);
        if (by_row && !(p->by_row = qz_calloc(1, sizeof *p->by_row)))
            return qz_fail_nomem(ctx);
        if (by_row && !p->crs_text)
            return 0;
        code = qz_reader_crs(ctx, r, input, &crs);
        return code < 0 ? code : qz_transform_new(ctx, crs, work, &p->from_file);
    }
    if (!has_lonlat)
        return 0;
    code = qz_crs_open(ctx, "EPSG:4326", &crs);
    if (code < 0)
        return code;
    note_epsg(r, 4326);
    return qz_transform_new(ctx, crs, work, &p->from_wgs84);
}

void qz_point_reader_done(struct qz_point_reader *p) {
    qz_transform_free(p->from_file);
    qz_transform_free(p->from_wgs84);
    systems_free(p->by_row);
}

static int read_geometry(struct qz_ctx *ctx, struct qz_reader *r, struct qz_xy *ret) {
    struct qz_row_geometry g;
    int code = qz_table_geometry(ctx, r->table, &g);
    if (code < 0)
        return code;
    if (g.kind != QZ_KIND_POINT)
        return g.kind == QZ_KIND_NONE ? 0 : QZ_POINT_UNREADABLE;
    *ret = g.points[0];
    return 1;
}

static int read_columns(struct qz_reader *r, bool wgs84, struct qz_xy *ret) {
    int x = qz_reader_number(r, wgs84 ? QZ_ROLE_LON : QZ_ROLE_X, &ret->x_m);
    int y = qz_reader_number(r, wgs84 ? QZ_ROLE_LAT : QZ_ROLE_Y, &ret->y_m);
    if (x > 0 && y > 0)
        return 1;
    return x < 0 || y < 0 ? QZ_POINT_UNREADABLE : 0;
}

int qz_point_read(struct qz_ctx *ctx, struct qz_point_reader *p, struct qz_reader *r,
                  struct qz_xy *ret) {
    struct qz_xy at;
    int given = qz_table_has_geometry(r->table) ? read_geometry(ctx, r, &at)
                                                : read_columns(r, p->from_wgs84 != NULL, &at);
    const struct qz_transform *t = p->from_wgs84 ? p->from_wgs84 : p->from_file;
    if (given == 1 && p->by_row)
        given = row_transform(ctx, p, r, &t);
    if (given != 1)
        return given;
    if (t)
        qz_transform_points(t, &at, 1);
    if (!isfinite(at.x_m))
        return QZ_POINT_UNREADABLE;
    *ret = at;
    return 1;
}
