/* engine/source/cells.c - a population grid: the centre, the people and the commune of each cell.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/source.h"

struct qz_cells *qz_cells_free(struct qz_cells *c) {
    if (c) {
        free(c->at);
        free(c->people);
        free(c->commune);
    }
    free(c);
    return NULL;
}

void qz_cells_freep(struct qz_cells **c) { *c = qz_cells_free(*c); }

/* ---- what a reading keeps */
struct cell {
    struct qz_xy at;
    double people;
    uint32_t commune;
    size_t row;
};
struct system { /* of codes; transform NULL: cannot serve */
    int epsg;
    struct qz_transform *transform;
};
struct grid {
    struct qz_ctx *ctx;
    struct qz_reader *reader;
    struct qz_issues *issues;
    const struct qz_communes *communes;
    const struct qz_locator *locator;
    const struct qz_crs *work;
    struct qz_transform *from_file; /* of squares, where no code is given; NULL: there are none */
    struct system systems[8];
    size_t n_systems;
    struct cell *cells;
    size_t n, cap;
    size_t n_outside;
    double people_outside;
};

static void grid_done(struct grid *g) {
    for (size_t i = 0; i < g->n_systems; i++)
        qz_transform_free(g->systems[i].transform);
    qz_transform_free(g->from_file);
    free(g->cells);
}

/* ---- where a cell is */
static int open_system(struct grid *g, int epsg, struct system *ret) {
    char text[24];
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    snprintf(text, sizeof text, "EPSG:%d", epsg);
    *ret = (struct system) { .epsg = epsg };
    int r = qz_crs_open(g->ctx, text, &crs);
    if (r == QZ_E_NOMEM)
        return r;
    if (r < 0 || !qz_crs_is_metric(crs))
        return 0; /* its rows are refused */
    if (g->n_systems == 0)
        snprintf(g->reader->crs, sizeof g->reader->crs, "%s", text);
    return qz_transform_new(g->ctx, crs, g->work, &ret->transform);
}

/* The way from a code's system; NULL: none that can serve. */
static int system_of(struct grid *g, int epsg, const struct qz_transform **ret) {
    *ret = NULL;
    for (size_t i = 0; i < g->n_systems; i++)
        if (g->systems[i].epsg == epsg) {
            *ret = g->systems[i].transform;
            return 0;
        }
    if (g->n_systems == COUNT(g->systems))
        return 0;
    struct system *added = &g->systems[g->n_systems];
    int r = open_system(g, epsg, added);
    if (r < 0)
        return r;
    g->n_systems++;
    *ret = added->transform;
    return 0;
}

/* 1 there is a centre; 0 the row was refused. */
static int place_by_code(struct grid *g, struct qz_xy *at) {
    const char *text = qz_reader_text(g->reader, QZ_ROLE_CELL);
    struct qz_cell_code code;
    const struct qz_transform *t = NULL;
    if (!text || !qz_cell_code_parse(text, &code))
        return qz_reader_reject(g->ctx, g->reader, g->issues, "bad_cell_code",
                                "'%s' is no code of a cell such as CRS3035RES200mN2029800E4252400: "
                                "its people are not counted",
                                text ? text : "");
    int r = system_of(g, code.epsg, &t);
    if (r < 0)
        return r;
    if (!t)
        return qz_reader_reject(g->ctx, g->reader, g->issues, "bad_cell_code",
                                "'%s': EPSG:%d is no known system in metres: its people are not "
                                "counted",
                                text, code.epsg);
    *at = (struct qz_xy) { code.corner.x_m + code.side_m / 2, code.corner.y_m + code.side_m / 2 };
    qz_transform_points(t, at, 1);
    if (isfinite(at->x_m))
        return 1;
    return qz_reader_reject(g->ctx, g->reader, g->issues, "bad_cell_code",
                            "'%s' lies outside its own system: its people are not counted", text);
}

static int place_by_geometry(struct grid *g, struct qz_xy *at) {
    struct qz_row_geometry geometry;
    int r = qz_table_geometry(g->ctx, g->reader->table, &geometry);
    if (r < 0)
        return r;
    *at = (struct qz_xy) { INFINITY, INFINITY };
    if (geometry.kind == QZ_KIND_AREA)
        *at = qz_shape_centroid(geometry.areas, 0);
    else if (geometry.kind == QZ_KIND_POINT)
        *at = geometry.points[0];
    qz_transform_points(g->from_file, at, 1);
    return isfinite(at->x_m)
               ? 1
               : qz_reader_reject(g->ctx, g->reader, g->issues, "unreadable_geometry",
                                  "no usable square or point: its people are not counted");
}

/* ---- whose it is: a cell across communes names several, five characters each */
static uint32_t commune_named(const struct grid *g, const char *codes, uint32_t held) {
    uint32_t first = QZ_NOWHERE;
    size_t n = codes ? strlen(codes) : 0;
    for (size_t i = 0; n % 5 == 0 && i < n; i += 5) {
        char code[6] = { 0 };
        memcpy(code, codes + i, 5);
        uint32_t found = qz_communes_find(g->communes, code);
        if (found != QZ_NOWHERE && found == held)
            return held;
        if (first == QZ_NOWHERE)
            first = found;
    }
    return first;
}

static uint32_t commune_of(const struct grid *g, struct qz_xy at) {
    const char *codes = qz_reader_code(g->reader);
    if (codes && strlen(codes) == 5) { /* nearly all: no polygon is asked */
        uint32_t named = qz_communes_find(g->communes, codes);
        if (named != QZ_NOWHERE)
            return named;
    }
    uint32_t held = qz_locator_find(g->locator, at), named = commune_named(g, codes, held);
    return named != QZ_NOWHERE ? named : held;
}

/* ---- rows */
static int keep_cell(struct grid *g, struct cell cell) {
    struct cell *grown = qz_grow(g->cells, &g->cap, g->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(g->ctx);
    g->cells = grown;
    g->cells[g->n++] = cell;
    return 0;
}

static int read_row(struct grid *g) {
    struct cell cell = { .row = qz_table_row(g->reader->table) };
    int known = qz_reader_number(g->reader, QZ_ROLE_INHABITANTS, &cell.people);
    if (known <= 0 || !(cell.people >= 0 && isfinite(cell.people))) {
        const char *text = qz_reader_text(g->reader, QZ_ROLE_INHABITANTS);
        return qz_reader_reject(g->ctx, g->reader, g->issues, "bad_people",
                                "'%s' is not a number of people: the cell is left out",
                                text ? text : "");
    }
    bool by_square = g->from_file && !qz_reader_text(g->reader, QZ_ROLE_CELL);
    int placed = by_square ? place_by_geometry(g, &cell.at) : place_by_code(g, &cell.at);
    if (placed <= 0)
        return placed;
    if (cell.people <= 0)
        return 0; /* nobody to count */
    cell.commune = commune_of(g, cell.at);
    if (cell.commune != QZ_NOWHERE)
        return keep_cell(g, cell);
    g->n_outside++;
    g->people_outside += cell.people;
    return 0;
}

/* ---- the same cell twice: the first row counts */
static int by_place(const void *va, const void *vb) {
    const struct cell *a = va, *b = vb;
    if (a->at.x_m != b->at.x_m)
        return a->at.x_m < b->at.x_m ? -1 : 1;
    if (a->at.y_m != b->at.y_m)
        return a->at.y_m < b->at.y_m ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static int by_row(const void *va, const void *vb) {
    const struct cell *a = va, *b = vb;
    return (a->row > b->row) - (a->row < b->row);
}

static int by_commune(const void *va, const void *vb) {
    const struct cell *a = va, *b = vb;
    if (a->commune != b->commune)
        return a->commune < b->commune ? -1 : 1;
    return by_place(a, b);
}

static int refuse_cell(struct grid *g, const struct cell *c) {
    g->reader->n_rejected++;
    return qz_issue_add(g->ctx, g->issues, QZ_SEVERITY_REJECT, g->reader->source, c->row, &c->at,
                        "duplicate_cell",
                        "a cell at this place stands in an earlier row, which counts");
}

static int drop_repeated(struct grid *g) {
    size_t kept = 0, repeated = 0;
    if (g->n == 0)
        return 0;
    qsort(g->cells, g->n, sizeof *g->cells, by_place);
    qz_cleanup(qz_freep) struct cell *twice = qz_malloc(g->n, sizeof *twice);
    if (!twice)
        return qz_fail_nomem(g->ctx);
    for (size_t i = 0; i < g->n; i++) {
        const struct cell *c = &g->cells[i], *before = kept ? &g->cells[kept - 1] : NULL;
        if (before && before->at.x_m == c->at.x_m && before->at.y_m == c->at.y_m)
            twice[repeated++] = *c;
        else
            g->cells[kept++] = *c;
    }
    g->n = kept;
    qsort(twice, repeated, sizeof *twice, by_row);
    int r = 0;
    for (size_t i = 0; i < repeated && r == 0; i++)
        r = refuse_cell(g, &twice[i]);
    return r;
}

static int tell_outside(const struct grid *g) {
    if (g->n == 0)
        return qz_fail(g->ctx, QZ_E_DATA,
                       "%s: no cell with people lies in a commune of the layer; give the grid of "
                       "this territory",
                       g->reader->source);
    return g->n_outside == 0
               ? 0
               : qz_issue_add(g->ctx, g->issues, QZ_SEVERITY_NOTE, g->reader->source, 0, NULL,
                              "cells_outside",
                              "%zu cells with %.1f people lie in no commune of the layer: they are "
                              "not counted",
                              g->n_outside, g->people_outside);
}

static int hand_over(struct grid *g, struct qz_cells **ret) {
    qz_cleanup(qz_cells_freep) struct qz_cells *c = qz_calloc(1, sizeof *c);
    if (!c)
        return qz_fail_nomem(g->ctx);
    c->n = g->n;
    c->at = qz_malloc(g->n, sizeof *c->at);
    c->people = qz_malloc(g->n, sizeof *c->people);
    c->commune = qz_malloc(g->n, sizeof *c->commune);
    if (!c->at || !c->people || !c->commune)
        return qz_fail_nomem(g->ctx);
    qsort(g->cells, g->n, sizeof *g->cells, by_commune);
    for (size_t i = 0; i < g->n; i++) {
        c->at[i] = g->cells[i].at;
        c->people[i] = g->cells[i].people;
        c->commune[i] = g->cells[i].commune;
    }
    *ret = c;
    c = NULL;
    return 0;
}

/* Codes give the places; where a row has none its square does, in the file's system. */
static int open_grid(struct grid *g, const struct qz_input *input) {
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    bool codes = g->reader->columns[QZ_ROLE_CELL] >= 0;
    bool squares = qz_table_has_geometry(g->reader->table);
    if (!codes && !squares)
        return qz_reader_missing(g->ctx, input, g->reader, QZ_ROLE_CELL);
    int r = qz_table_only(g->ctx, g->reader->table, g->reader->columns, QZ_N_ROLES);
    if (r < 0 || !squares || (codes && !input->crs && !qz_table_crs_text(g->reader->table)))
        return r;
    r = qz_reader_crs(g->ctx, g->reader, input, &crs);
    return r < 0 ? r : qz_transform_new(g->ctx, crs, g->work, &g->from_file);
}

int qz_cells_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_locator *locator,
                  const struct qz_input *input, const struct qz_crs *crs, struct qz_issues *issues,
                  struct qz_input_report *report, struct qz_cells **ret) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_CELL, false },
                                                   { QZ_ROLE_INHABITANTS, true },
                                                   { QZ_ROLE_CODE, false } };
    struct qz_reader reader;
    struct grid g = { .ctx = ctx,
                      .reader = &reader,
                      .issues = issues,
                      .communes = c,
                      .locator = locator,
                      .work = crs };
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0)
        r = open_grid(&g, input);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_row(&g);
    }
    if (r == 0)
        r = drop_repeated(&g);
    if (r == 0)
        r = qz_reader_end(ctx, &reader);
    if (r == 0)
        r = qz_reader_tell_codes(ctx, &reader, issues);
    if (r == 0)
        r = tell_outside(&g);
    if (r == 0)
        r = hand_over(&g, ret);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    grid_done(&g);
    return r;
}
