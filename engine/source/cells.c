/* engine/source/cells.c - a population grid, or IRIS: the place, the people and the commune of each
 * cell. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/cell_place.h"

struct qz_cells *qz_cells_free(struct qz_cells *c) {
    if (c) {
        free(c->at);
        free(c->people);
        free(c->commune);
        free(c->id);
        qz_shapes_freep(&c->shapes);
        qz_pool_free(c->texts);
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
    uint32_t shape; /* of the outlines */
    const char *id; /* NULL: not kept */
    size_t row;
};
struct grid {
    struct qz_ctx *ctx;
    struct qz_reader *reader;
    struct qz_issues *issues;
    const struct qz_communes *communes;
    const struct qz_locator *locator;
    struct qz_cell_places places;
    struct cell *cells;
    size_t n, cap;
    size_t n_iris, n_outside;
    double people_outside;
    struct qz_shapes outlines; /* of those kept, in the working system */
    struct qz_pool *texts;
};

static void grid_done(struct grid *g) {
    qz_cell_places_done(&g->places);
    qz_shapes_done(&g->outlines);
    qz_pool_free(g->texts);
    free(g->cells);
}

/* ---- whose it is: a cell across communes names several, five characters each */
static uint32_t commune_named(const struct grid *g, const char *codes, struct qz_xy at,
                              uint32_t held) {
    uint32_t first = QZ_NOWHERE;
    size_t n = codes ? strlen(codes) : 0;
    for (size_t i = 0; n % 5 == 0 && i < n; i += 5) {
        char code[6] = { 0 };
        memcpy(code, codes + i, 5);
        uint32_t found = qz_reader_part(g->reader, g->communes, code, &at, g->locator);
        if (found != QZ_NOWHERE && found == held)
            return held;
        if (first == QZ_NOWHERE)
            first = found;
    }
    return first;
}

/* iris: its code, NULL: a cell. */
static uint32_t commune_of(const struct grid *g, const char *iris, struct qz_xy at) {
    char code[6] = { 0 };
    const char *codes = qz_reader_code(g->reader);
    if (iris) {
        memcpy(code, iris, 5);
        codes = code;
    }
    if (codes && strlen(codes) == 5) { /* nearly all: no polygon is asked */
        uint32_t named = qz_reader_part(g->reader, g->communes, codes, &at, g->locator);
        return named != QZ_NOWHERE ? named : qz_locator_find(g->locator, at);
    }
    uint32_t held = qz_locator_find(g->locator, at), named = commune_named(g, codes, at, held);
    return named != QZ_NOWHERE ? named : held;
}

/* ---- rows */
static int keep_outline(struct grid *g, struct cell *cell) {
    struct qz_shapes *here = &g->places.here;
    int r = here->n ? 0 : qz_shapes_end_shape(g->ctx, here); /* points have none */
    cell->shape = (uint32_t)g->outlines.n;
    return r < 0 ? r : qz_shapes_append(g->ctx, &g->outlines, here, 0);
}

static int keep_id(struct grid *g, struct cell *cell) {
    char number[24];
    const char *id = qz_reader_text(g->reader, QZ_ROLE_CELL);
    snprintf(number, sizeof number, "%zu", cell->row);
    id = id ? id : number;
    cell->id = qz_pool_add(g->texts, id, strlen(id));
    return cell->id ? 0 : qz_fail_nomem(g->ctx);
}

static int keep_cell(struct grid *g, struct cell cell, bool with_id) {
    int r = with_id ? keep_id(g, &cell) : 0;
    if (r == 0 && g->places.outlined)
        r = keep_outline(g, &cell);
    if (r < 0)
        return r;
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
    const char *code = qz_reader_text(g->reader, QZ_ROLE_CELL);
    const char *iris = code && qz_code_is_iris(code) ? code : NULL;
    int placed = qz_cell_place(&g->places, code, &cell.at);
    if (placed <= 0)
        return placed;
    if (cell.people <= 0)
        return 0; /* nobody to count */
    cell.commune = commune_of(g, iris, cell.at);
    g->n_iris += iris != NULL;
    if (cell.commune != QZ_NOWHERE)
        return keep_cell(g, cell, iris || g->places.outlined); /* IRIS: to see those said twice */
    g->n_outside++;
    g->people_outside += cell.people;
    return 0;
}

/* ---- the same cell or IRIS twice: the first row counts */
static int by_place(const void *va, const void *vb) {
    const struct cell *a = va, *b = vb;
    if (a->at.x_m != b->at.x_m)
        return a->at.x_m < b->at.x_m ? -1 : 1;
    if (a->at.y_m != b->at.y_m)
        return a->at.y_m < b->at.y_m ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static bool same_place(const struct cell *a, const struct cell *b) {
    return a->at.x_m == b->at.x_m && a->at.y_m == b->at.y_m;
}

static int by_id(const void *va, const void *vb) {
    const struct cell *a = va, *b = vb;
    int order = strcmp(a->id ? a->id : "", b->id ? b->id : "");
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static bool same_id(const struct cell *a, const struct cell *b) {
    return a->id && b->id && strcmp(a->id, b->id) == 0;
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
    return qz_issue_add(
        g->ctx, g->issues, QZ_SEVERITY_REJECT, g->reader->source, c->row, &c->at, "duplicate_cell",
        "a cell at this place, or the same IRIS, stands in an earlier row, which counts");
}

static int drop_repeated(struct grid *g, int (*order)(const void *, const void *),
                         bool (*same)(const struct cell *, const struct cell *)) {
    size_t kept = 0, repeated = 0;
    if (g->n == 0)
        return 0;
    qsort(g->cells, g->n, sizeof *g->cells, order);
    qz_cleanup(qz_freep) struct cell *twice = qz_malloc(g->n, sizeof *twice);
    if (!twice)
        return qz_fail_nomem(g->ctx);
    for (size_t i = 0; i < g->n; i++) {
        const struct cell *c = &g->cells[i], *before = kept ? &g->cells[kept - 1] : NULL;
        if (before && same(before, c))
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

static int hand_over_outlines(struct grid *g, struct qz_cells *c) {
    c->id = qz_malloc(g->n, sizeof *c->id);
    c->shapes = qz_calloc(1, sizeof *c->shapes);
    if (!c->id || !c->shapes)
        return qz_fail_nomem(g->ctx);
    int r = 0;
    for (size_t i = 0; i < g->n && r == 0; i++) {
        c->id[i] = g->cells[i].id;
        r = qz_shapes_append(g->ctx, c->shapes, &g->outlines, g->cells[i].shape);
    }
    c->texts = g->texts;
    g->texts = NULL;
    return r;
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
    int r = g->places.outlined ? hand_over_outlines(g, c) : 0;
    if (r < 0)
        return r;
    *ret = c;
    c = NULL;
    return 0;
}

int qz_cells_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_locator *locator,
                  const struct qz_input *input, const struct qz_crs *crs, bool outlined,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_cells **ret) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_CELL, false }, { QZ_ROLE_INHABITANTS, true }, { QZ_ROLE_CODE, false },
        { QZ_ROLE_LON, false },  { QZ_ROLE_LAT, false },        { QZ_ROLE_X, false },
        { QZ_ROLE_Y, false },
    };
    struct qz_reader reader;
    struct grid g = {
        .ctx = ctx,
        .reader = &reader,
        .issues = issues,
        .communes = c,
        .locator = locator,
        .places = { .ctx = ctx,
                    .reader = &reader,
                    .issues = issues,
                    .work = crs,
                    .input = input,
                    .outlined = outlined },
    };
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0)
        r = qz_pool_new(ctx, &g.texts);
    if (r == 0)
        r = qz_cell_places_open(&g.places);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_row(&g);
    }
    if (r == 0)
        r = drop_repeated(&g, by_place, same_place);
    if (r == 0 && g.n_iris)
        r = drop_repeated(&g, by_id, same_id);
    if (r == 0)
        r = qz_reader_end(ctx, &reader);
    if (r == 0)
        r = qz_reader_tell_codes(ctx, &reader, issues);
    if (r == 0)
        r = qz_reader_tell_changed(ctx, &reader, issues);
    if (r == 0)
        r = tell_outside(&g);
    if (r == 0)
        r = hand_over(&g, ret);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    grid_done(&g);
    return r;
}
