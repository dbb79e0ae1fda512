/* engine/source/cell_place.c - where a cell of a population grid, or an IRIS, is. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/cell_place.h"

void qz_cell_places_done(struct qz_cell_places *p) {
    for (size_t i = 0; i < p->n_systems; i++)
        qz_transform_free(p->systems[i].transform);
    qz_transform_free(p->from_file);
    qz_point_reader_done(&p->points);
    qz_shapes_done(&p->here);
}

int qz_cell_places_open(struct qz_cell_places *p) {
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    bool codes = p->reader->columns[QZ_ROLE_CELL] >= 0;
    bool squares = qz_table_has_geometry(p->reader->table);
    if (!codes && !squares)
        return qz_reader_missing(p->ctx, p->input, p->reader, QZ_ROLE_CELL);
    int r = qz_table_only(p->ctx, p->reader->table, p->reader->columns, QZ_N_ROLES);
    if (r < 0 || !squares || (codes && !p->input->crs && !qz_table_crs_text(p->reader->table)))
        return r;
    r = qz_reader_crs(p->ctx, p->reader, p->input, &crs);
    return r < 0 ? r : qz_transform_new(p->ctx, crs, p->work, &p->from_file);
}

/* ---- the outline of the row */
static void clear_outline(struct qz_cell_places *p) {
    p->here.n = p->here.n_polys = p->here.n_rings = p->here.n_points = 0;
}

static int outline_square(struct qz_cell_places *p, const struct qz_cell_code *code,
                          const struct qz_transform *t) {
    double w = code->corner.x_m, s = code->corner.y_m, e = w + code->side_m, n = s + code->side_m;
    const struct qz_xy ring[] = { { w, s }, { e, s }, { e, n }, { w, n }, { w, s } };
    int r = 0;
    for (size_t i = 0; i < COUNT(ring) && r == 0; i++)
        r = qz_shapes_add_point(p->ctx, &p->here, ring[i]);
    if (r == 0)
        r = qz_shapes_end_ring(p->ctx, &p->here);
    if (r == 0)
        r = qz_shapes_end_poly(p->ctx, &p->here);
    if (r == 0)
        r = qz_shapes_end_shape(p->ctx, &p->here);
    if (r == 0)
        qz_transform_points(t, p->here.points, p->here.n_points);
    return r;
}

/* False: a point of it does not fit the file's system. */
static int outline_area(struct qz_cell_places *p, const struct qz_shapes *areas, bool *fits) {
    int r = qz_shapes_append(p->ctx, &p->here, areas, 0);
    *fits = true;
    if (r < 0)
        return r;
    qz_transform_points(p->from_file, p->here.points, p->here.n_points);
    for (size_t i = 0; i < p->here.n_points; i++)
        *fits = *fits && isfinite(p->here.points[i].x_m);
    return 0;
}

/* ---- where a cell is */
static int open_system(struct qz_cell_places *p, int epsg, struct qz_cell_system *ret) {
    char text[24];
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    snprintf(text, sizeof text, "EPSG:%d", epsg);
    *ret = (struct qz_cell_system) { .epsg = epsg };
    int r = qz_crs_open(p->ctx, text, &crs);
    if (r == QZ_E_NOMEM)
        return r;
    if (r < 0 || !qz_crs_is_metric(crs))
        return 0; /* its rows are refused */
    if (p->n_systems == 0)
        snprintf(p->reader->crs, sizeof p->reader->crs, "%s", text);
    return qz_transform_new(p->ctx, crs, p->work, &ret->transform);
}

/* The way from a code's system; NULL: none that can serve. */
static int system_of(struct qz_cell_places *p, int epsg, const struct qz_transform **ret) {
    *ret = NULL;
    for (size_t i = 0; i < p->n_systems; i++)
        if (p->systems[i].epsg == epsg) {
            *ret = p->systems[i].transform;
            return 0;
        }
    if (p->n_systems == COUNT(p->systems))
        return 0;
    struct qz_cell_system *added = &p->systems[p->n_systems];
    int r = open_system(p, epsg, added);
    if (r < 0)
        return r;
    p->n_systems++;
    *ret = added->transform;
    return 0;
}

/* 1 there is a centre; 0 the row was refused. */
static int place_by_code(struct qz_cell_places *p, struct qz_xy *at) {
    const char *text = qz_reader_text(p->reader, QZ_ROLE_CELL);
    struct qz_cell_code code;
    const struct qz_transform *t = NULL;
    if (!text || !qz_cell_code_parse(text, &code))
        return qz_reader_reject(p->ctx, p->reader, p->issues, "bad_cell_code",
                                "'%s' is no code of a cell such as CRS3035RES200mN2029800E4252400: "
                                "its people are not counted",
                                text ? text : "");
    int r = system_of(p, code.epsg, &t);
    if (r < 0)
        return r;
    if (!t)
        return qz_reader_reject(p->ctx, p->reader, p->issues, "bad_cell_code",
                                "'%s': EPSG:%d is no known system in metres: its people are not "
                                "counted",
                                text, code.epsg);
    *at = (struct qz_xy) { code.corner.x_m + code.side_m / 2, code.corner.y_m + code.side_m / 2 };
    qz_transform_points(t, at, 1);
    if (isfinite(at->x_m)) {
        r = p->outlined ? outline_square(p, &code, t) : 0;
        return r < 0 ? r : 1;
    }
    return qz_reader_reject(p->ctx, p->reader, p->issues, "bad_cell_code",
                            "'%s' lies outside its own system: its people are not counted", text);
}

static int place_by_geometry(struct qz_cell_places *p, struct qz_xy *at) {
    struct qz_row_geometry geometry;
    int r = qz_table_geometry(p->ctx, p->reader->table, &geometry);
    if (r < 0)
        return r;
    bool fits = true;
    *at = (struct qz_xy) { INFINITY, INFINITY };
    if (geometry.kind == QZ_KIND_AREA)
        *at = qz_shape_centroid(geometry.areas, 0);
    else if (geometry.kind == QZ_KIND_POINT)
        *at = geometry.points[0];
    qz_transform_points(p->from_file, at, 1);
    if (p->outlined && geometry.kind == QZ_KIND_AREA)
        r = outline_area(p, geometry.areas, &fits);
    if (r < 0)
        return r;
    return isfinite(at->x_m) && fits
               ? 1
               : qz_reader_reject(p->ctx, p->reader, p->issues, "unreadable_geometry",
                                  "no usable square or point: its people are not counted");
}

/* ---- where an IRIS is */
bool qz_code_is_iris(const char *code) {
    char commune[6] = { 0 };
    if (strlen(code) != 9 || strspn(code + 5, "0123456789") != 4)
        return false;
    memcpy(commune, code, 5);
    return qz_code_is_commune(commune);
}

/* 1, 0 the row has no place, negative a failure. */
static int point_in_area(struct qz_cell_places *p, const struct qz_shapes *areas,
                         struct qz_xy *at) {
    bool fits;
    int r = outline_area(p, areas, &fits);
    if (r == 0 && fits)
        r = qz_shape_inner_point(p->ctx, &p->here, 0, at);
    return r == QZ_E_DATA ? 0 : r; /* an invalid polygon that no point can be found in */
}

/* Of a table, by its columns; opened when the first such row is there. */
static int point_in_columns(struct qz_cell_places *p, struct qz_xy *at) {
    if (!qz_reader_has_places(p->reader))
        return qz_fail(
            p->ctx, QZ_E_FORMAT,
            "%s: layer '%s' says not where its IRIS are; give their polygons, or columns "
            "lon and lat, or x and y",
            p->input->file, qz_table_layer(p->reader->table));
    int r = 0;
    if (!p->points_open)
        r = qz_point_reader_init(p->ctx, &p->points, p->reader, p->input, p->work);
    p->points_open = true;
    if (r == 0)
        r = qz_point_read(p->ctx, &p->points, p->reader, at);
    return r == QZ_POINT_UNREADABLE ? 0 : r;
}

static int place_iris(struct qz_cell_places *p, const char *code, struct qz_xy *at) {
    struct qz_row_geometry geometry = { .kind = QZ_KIND_NONE };
    int r = p->from_file ? qz_table_geometry(p->ctx, p->reader->table, &geometry) : 0;
    if (r == 0)
        r = geometry.kind == QZ_KIND_AREA ? point_in_area(p, geometry.areas, at)
                                          : point_in_columns(p, at);
    return r != 0 ? r
                  : qz_reader_reject(p->ctx, p->reader, p->issues, "unreadable_geometry",
                                     "IRIS %s: no usable polygon or point: its people are not "
                                     "counted",
                                     code);
}

int qz_cell_place(struct qz_cell_places *p, const char *code, struct qz_xy *at) {
    clear_outline(p);
    if (code && qz_code_is_iris(code))
        return place_iris(p, code, at);
    return p->from_file && !code ? place_by_geometry(p, at) : place_by_code(p, at);
}
