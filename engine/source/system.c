/* engine/source/system.c - the working system: the one asked for, else the file's own when metric,
 * else the legal one of the place. */
#include <stdio.h>
#include "io/osm.h"
#include "source/source.h"

static int legal_at(struct qz_ctx *ctx, const struct qz_crs *file_crs, const struct qz_xy *place,
                    int *epsg) {
    qz_cleanup(qz_crs_freep) struct qz_crs *wgs84 = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    struct qz_xy p = place ? *place : (struct qz_xy) { 0, 0 };
    int r = qz_crs_open(ctx, "EPSG:4326", &wgs84);
    if (r == 0)
        r = qz_transform_new(ctx, file_crs, wgs84, &t);
    if (r < 0)
        return r;
    qz_transform_points(t, &p, 1);
    *epsg = qz_crs_legal_epsg((struct qz_lonlat) { p.x_m, p.y_m });
    return 0;
}

int qz_system_choose(struct qz_ctx *ctx, const char *file, const struct qz_crs *file_crs,
                     const char *wanted, const struct qz_xy *place, const char *remedy,
                     struct qz_crs **ret) {
    char legal[32];
    int epsg = 0, r = 0;
    if (!wanted && qz_crs_is_metric(file_crs))
        wanted = qz_crs_wkt(file_crs);
    if (!wanted) {
        r = legal_at(ctx, file_crs, place, &epsg);
        if (r == 0 && !epsg)
            r = qz_fail(ctx, QZ_E_CRS,
                        "%s: its system is not in metres and the place is in no French territory; "
                        "give %s",
                        file, remedy);
        snprintf(legal, sizeof legal, "EPSG:%d", epsg);
        wanted = legal;
    }
    if (r == 0)
        r = qz_crs_open(ctx, wanted, ret);
    if (r == 0 && !qz_crs_is_metric(*ret)) {
        r = qz_fail(ctx, QZ_E_CRS, "'%s' is not a projected system in metres; give %s",
                    qz_crs_name(*ret), remedy);
        *ret = qz_crs_free(*ret);
    }
    return r;
}

/* A first point of the file, in its own system; found 0: it has none. */
static int first_point(struct qz_ctx *ctx, struct qz_reader *reader, struct qz_xy *at, int *found) {
    struct qz_row_geometry g;
    double x, y;
    int r;
    *found = 0;
    while (!*found && (r = qz_table_next(ctx, reader->table)) != 0) {
        if (r > 0 && qz_table_has_geometry(reader->table)) {
            r = qz_table_geometry(ctx, reader->table, &g);
            *found = r == 0 && g.n_points > 0;
            *at = *found ? g.points[0] : *at;
        } else if (r > 0) {
            *found = qz_reader_number(reader, QZ_ROLE_X, &x) > 0 &&
                     qz_reader_number(reader, QZ_ROLE_Y, &y) > 0;
            *at = *found ? (struct qz_xy) { x, y } : *at;
            r = 0;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

int qz_system_of_file(struct qz_ctx *ctx, struct qz_input *input, const char *wanted,
                      const char *remedy, struct qz_crs **ret) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_X, false }, { QZ_ROLE_Y, false } };
    qz_cleanup(qz_crs_freep) struct qz_crs *own = NULL;
    struct qz_reader reader;
    struct qz_xy at = { 0, 0 };
    int found = 0;
    if (qz_osm_is_file(input->file)) /* degrees; its places come last, long after its head */
        return wanted ? qz_system_choose(ctx, input->file, NULL, wanted, NULL, remedy, ret)
                      : qz_fail(ctx, QZ_E_CRS,
                                "%s: OpenStreetMap is in degrees; name a system in metres with %s",
                                input->file, remedy);
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0 && !input->crs && !qz_table_crs_text(reader.table))
        input->crs = wanted;
    if (r == 0)
        r = qz_reader_crs(ctx, &reader, input, &own);
    if (r == 0 && !wanted && !qz_crs_is_metric(own))
        r = first_point(ctx, &reader, &at, &found);
    qz_reader_done(&reader);
    return r < 0 ? r
                 : qz_system_choose(ctx, input->file, own, wanted, found ? &at : NULL, remedy, ret);
}
