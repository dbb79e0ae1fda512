/* engine/source/communes.c - communes: polygons, codes, people, and the point that stands for each.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/source.h"

struct qz_communes *qz_communes_free(struct qz_communes *c) {
    if (!c)
        return NULL;
    free(c->code);
    free(c->name);
    free(c->departement);
    free(c->epci);
    free(c->people);
    free(c->has_people);
    qz_shapes_freep(&c->shapes);
    qz_pool_free(c->texts);
    free(c);
    return NULL;
}

void qz_communes_freep(struct qz_communes **c) { *c = qz_communes_free(*c); }

uint32_t qz_communes_find(const struct qz_communes *c, const char *code) {
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(c->code[middle], code);
        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return QZ_NOWHERE;
}

/* ---- rows as they come, before sorting by code */
struct row {
    const char *code, *name, *departement, *epci;
    double people;
    bool has_people;
    size_t number; /* row of the file */
};
struct rows {
    struct row *items;
    size_t n, cap;
    struct qz_shapes shapes; /* shape i of row i, in the file's system until converted */
};

static const char *keep(struct qz_pool *pool, const char *text) {
    return qz_pool_add(pool, text ? text : "", text ? strlen(text) : 0);
}

static int read_area(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                     const char *code, struct qz_shapes *out) {
    struct qz_row_geometry g;
    int e = qz_table_geometry(ctx, r->table, &g);
    if (e < 0)
        return e;
    if (g.kind == QZ_KIND_AREA && g.areas->n_points)
        return qz_shapes_append(ctx, out, g.areas, 0);
    e = qz_shapes_end_shape(ctx, out); /* kept, without a polygon */
    if (e < 0)
        return e;
    return qz_reader_reject(
        ctx, r, issues, "unreadable_geometry",
        "commune %s has no usable polygon; it stays in the output without one: repair the layer",
        code);
}

static const char *departement_read(struct qz_reader *r) {
    return qz_reader_restore(r, qz_reader_text(r, QZ_ROLE_DEPARTEMENT), 2);
}

static int read_row(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                    struct qz_pool *texts, struct rows *rows) {
    const char *code = qz_reader_code(r);
    struct row *grown = qz_grow(rows->items, &rows->cap, rows->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    rows->items = grown;
    char made[32];
    int e = 0;
    if (!code) {
        snprintf(made, sizeof made, "?%zu", qz_table_row(r->table));
        code = made;
    }
    if (!qz_code_is_commune(code))
        e = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, r->source, qz_table_row(r->table), NULL,
                         "malformed_code",
                         "'%s' is not an INSEE code of 5 characters (a lost leading zero?): "
                         "nothing can be joined "
                         "to it; correct the layer",
                         code);
    double people = 0;
    int known = qz_reader_number(r, QZ_ROLE_POPULATION, &people);
    struct row *row = &rows->items[rows->n];
    code = keep(texts, code); /* before the reader restores the next one in its place */
    *row = (struct row) { code,
                          keep(texts, qz_reader_text(r, QZ_ROLE_NAME)),
                          keep(texts, departement_read(r)),
                          keep(texts, qz_reader_text(r, QZ_ROLE_EPCI)),
                          known > 0 && people >= 0 ? people : 0,
                          known > 0 && people >= 0,
                          qz_table_row(r->table) };
    if (e < 0 || !row->code || !row->name || !row->departement || !row->epci)
        return e < 0 ? e : qz_fail_nomem(ctx);
    rows->n++;
    return read_area(ctx, r, issues, row->code, &rows->shapes);
}

/* ---- order and duplicates */
static int by_code(const void *va, const void *vb, void *user) {
    const struct rows *rows = user;
    uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;
    int order = strcmp(rows->items[a].code, rows->items[b].code);
    return order ? order : (a > b) - (a < b);
}

static int alloc_communes(struct qz_ctx *ctx, size_t n, struct qz_communes *c) {
    c->code = qz_calloc(n, sizeof *c->code);
    c->name = qz_calloc(n, sizeof *c->name);
    c->departement = qz_calloc(n, sizeof *c->departement);
    c->epci = qz_calloc(n, sizeof *c->epci);
    c->people = qz_calloc(n, sizeof *c->people);
    c->has_people = qz_calloc(n, sizeof *c->has_people);
    c->shapes = qz_calloc(1, sizeof *c->shapes);
    bool ok = c->code && c->name && c->departement && c->epci && c->people && c->has_people &&
              c->shapes;
    return ok ? 0 : qz_fail_nomem(ctx);
}

/* One polygon, or several of one code united; repaired when GEOS says it is not valid. */
static int add_shape(struct qz_ctx *ctx, struct qz_communes *c, const struct rows *rows,
                     const uint32_t *ids, size_t n, const char *source, struct qz_issues *issues) {
    char why[128] = "";
    const struct row *row = &rows->items[ids[0]];
    if (n > 1) {
        int r = qz_issue_add(
            ctx, issues, QZ_SEVERITY_WARNING, source, rows->items[ids[1]].number, NULL,
            "duplicate_code",
            "commune %s stands %zu times (first in row %zu): its polygons were united, its figures "
            "are those of the first",
            row->code, n, row->number);
        return r < 0 ? r : qz_shapes_union(ctx, &rows->shapes, ids, n, c->shapes);
    }
    if (rows->shapes.shape_poly[ids[0]] == rows->shapes.shape_poly[ids[0] + 1])
        return qz_shapes_end_shape(ctx, c->shapes);
    int valid = qz_shape_valid(ctx, &rows->shapes, ids[0], why, sizeof why);
    if (valid < 0 || valid == 1)
        return valid < 0 ? valid : qz_shapes_append(ctx, c->shapes, &rows->shapes, ids[0]);
    int r = qz_issue_add(
        ctx, issues, QZ_SEVERITY_WARNING, source, row->number, NULL, "invalid_geometry",
        "commune %s: %s; its polygon was repaired: check it in the source", row->code, why);
    return r < 0 ? r : qz_shape_repair(ctx, &rows->shapes, ids[0], c->shapes);
}

/* The departement of a code, for layers that do not say it: 3 characters overseas. */
static const char *departement_of(struct qz_pool *texts, const struct row *row) {
    if (*row->departement)
        return row->departement;
    size_t n = strncmp(row->code, "97", 2) == 0 || strncmp(row->code, "98", 2) == 0 ? 3 : 2;
    return qz_pool_add(texts, row->code, strlen(row->code) < n ? strlen(row->code) : n);
}

static int sort_rows(struct qz_ctx *ctx, struct rows *rows, const char *source,
                     struct qz_issues *issues, struct qz_communes *c) {
    qz_cleanup(qz_freep) uint32_t *order = qz_calloc(rows->n, sizeof *order);
    if (!order)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < rows->n; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, rows->n, sizeof *order, by_code, rows);
    int r = alloc_communes(ctx, rows->n, c);
    for (size_t i = 0, n; i < rows->n && r == 0; i += n) {
        const struct row *row = &rows->items[order[i]];
        for (n = 1; i + n < rows->n && strcmp(rows->items[order[i + n]].code, row->code) == 0;)
            n++;
        c->code[c->n] = row->code;
        c->name[c->n] = row->name;
        c->departement[c->n] = departement_of(c->texts, row);
        c->epci[c->n] = row->epci;
        c->people[c->n] = row->people;
        c->has_people[c->n] = row->has_people;
        if (!c->departement[c->n])
            return qz_fail_nomem(ctx);
        r = add_shape(ctx, c, rows, order + i, n, source, issues);
        c->n++;
    }
    return r;
}

static int read_rows(struct qz_ctx *ctx, struct qz_reader *reader, struct qz_issues *issues,
                     struct qz_pool *texts, struct rows *rows) {
    int r;
    while ((r = qz_table_next(ctx, reader->table)) > 0) {
        reader->n_rows++;
        if ((r = read_row(ctx, reader, issues, texts, rows)) < 0)
            return r;
    }
    if (r == 0)
        r = qz_reader_end(ctx, reader);
    return r < 0 ? r : qz_reader_tell_codes(ctx, reader, issues);
}

static int convert(struct qz_ctx *ctx, const struct qz_input *input, struct qz_reader *reader,
                   const char *crs_text, struct rows *rows, struct qz_crs **crs) {
    qz_cleanup(qz_crs_freep) struct qz_crs *file_crs = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    int r = qz_reader_crs(ctx, reader, input, &file_crs);
    if (r == 0)
        r = qz_system_choose(ctx, input->file, file_crs, crs_text,
                             rows->shapes.n_points ? rows->shapes.points : NULL,
                             "'[territory] crs = EPSG:...'", crs);
    if (r == 0)
        r = qz_transform_new(ctx, file_crs, *crs, &t);
    if (r < 0)
        return r;
    qz_transform_points(t, rows->shapes.points, rows->shapes.n_points);
    for (size_t i = 0; i < rows->shapes.n_points; i++)
        if (!isfinite(rows->shapes.points[i].x_m))
            return qz_fail(
                ctx, QZ_E_CRS,
                "%s: its coordinates do not fit '%s'; check the reference system of the layer",
                input->file, qz_crs_name(file_crs));
    return 0;
}

int qz_communes_read(struct qz_ctx *ctx, const struct qz_input *input, const char *crs_text,
                     struct qz_issues *issues, struct qz_input_report *report, struct qz_crs **crs,
                     struct qz_communes **ret) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, true },  { QZ_ROLE_NAME, false },       { QZ_ROLE_DEPARTEMENT, false },
        { QZ_ROLE_EPCI, false }, { QZ_ROLE_POPULATION, false },
    };
    struct qz_reader reader;
    struct rows rows = { 0 };
    struct qz_crs *work = NULL;
    qz_cleanup(qz_communes_freep) struct qz_communes *c = qz_calloc(1, sizeof *c);
    if (!c)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &c->texts);
    if (r < 0)
        return r;
    r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0 && !qz_table_has_geometry(reader.table))
        r = qz_fail(ctx, QZ_E_FORMAT, "%s: layer '%s' has no polygons; give the layer of communes",
                    input->file, qz_table_layer(reader.table));
    if (r == 0)
        r = read_rows(ctx, &reader, issues, c->texts, &rows);
    if (r == 0)
        r = convert(ctx, input, &reader, crs_text, &rows, &work);
    if (r == 0)
        r = sort_rows(ctx, &rows, reader.source, issues, c);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    free(rows.items);
    qz_shapes_done(&rows.shapes);
    if (r < 0) {
        qz_crs_free(work);
        return r;
    }
    *crs = work;
    *ret = c;
    c = NULL;
    return 0;
}
