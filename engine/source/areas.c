/* engine/source/areas.c - polygons without anything else: where a tool may draw. */
#include <math.h>
#include "source/source.h"

static int read_rows(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                     struct qz_shapes *shapes) {
    int e;
    while ((e = qz_table_next(ctx, r->table)) > 0) {
        struct qz_row_geometry g;
        r->n_rows++;
        e = qz_table_geometry(ctx, r->table, &g);
        if (e == 0)
            e = g.kind == QZ_KIND_AREA && g.areas->n_points
                    ? qz_shapes_append(ctx, shapes, g.areas, 0)
                    : qz_reader_reject(ctx, r, issues, "no_polygon",
                                       "it has no usable polygon: the row is left out");
        if (e < 0)
            return e;
    }
    return e < 0 ? e : qz_reader_end(ctx, r);
}

static int convert(struct qz_ctx *ctx, struct qz_input input, struct qz_reader *r,
                   const struct qz_crs *work, struct qz_shapes *shapes) {
    qz_cleanup(qz_crs_freep) struct qz_crs *own = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    if (qz_table_crs_text(r->table))
        input.crs = NULL;
    int e = qz_reader_crs(ctx, r, &input, &own);
    if (e == 0)
        e = qz_transform_new(ctx, own, work, &t);
    if (e < 0)
        return e;
    qz_transform_points(t, shapes->points, shapes->n_points);
    for (size_t i = 0; i < shapes->n_points; i++)
        if (!isfinite(shapes->points[i].x_m))
            return qz_fail(ctx, QZ_E_CRS,
                           "%s: its coordinates do not fit '%s'; check the reference system of the "
                           "layer",
                           input.file, qz_crs_name(own));
    return 0;
}

int qz_areas_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                  struct qz_issues *issues, struct qz_input_report *report,
                  struct qz_shapes **ret) {
    struct qz_reader reader;
    qz_cleanup(qz_shapes_freep) struct qz_shapes *shapes = qz_calloc(1, sizeof *shapes);
    if (!shapes)
        return qz_fail_nomem(ctx);
    int e = qz_reader_open(ctx, input, NULL, 0, &reader);
    if (e == 0 && !qz_table_has_geometry(reader.table))
        e = qz_fail(ctx, QZ_E_FORMAT, "%s: layer '%s' has no polygons", input->file,
                    qz_table_layer(reader.table));
    if (e == 0)
        e = read_rows(ctx, &reader, issues, shapes);
    if (e == 0)
        e = convert(ctx, *input, &reader, crs, shapes);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    if (e < 0)
        return e;
    *ret = shapes;
    shapes = NULL;
    return 0;
}

int qz_areas_given(struct qz_ctx *ctx, const struct qz_input *input, bool *ret) {
    struct qz_reader reader;
    int e = qz_reader_open(ctx, input, NULL, 0, &reader);
    if (e == 0)
        *ret = qz_table_has_geometry(reader.table);
    qz_reader_done(&reader);
    return e;
}
