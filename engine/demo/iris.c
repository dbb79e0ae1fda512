/* engine/demo/iris.c - towns cut into IRIS, as INSEE cuts those of ten thousand people: quarters of
 * the centre, and what lies around it side by side. */
#include <stdio.h>
#include "demo/files.h"

enum { LEAST_PEOPLE = 10000, MOST_IRIS = 2 * QZ_HEX_SIDES };
static const double centre_ratio = 0.4, denser = 8; /* of the way to the corners; than around it */

static const struct qz_column columns[] = {
    { "INSEE_COM", QZ_TEXT, 0 }, { "NOM_COM", QZ_TEXT, 0 },  { "IRIS", QZ_TEXT, 0 },
    { "CODE_IRIS", QZ_TEXT, 0 }, { "NOM_IRIS", QZ_TEXT, 0 }, { "TYP_IRIS", QZ_TEXT, 0 },
    { "P21_POP", QZ_INT, 0 },
};

/* On the way from the middle to the corner; SIDES - 1 comes before 0. */
static struct qz_xy centre_corner(const struct qz_country *c, uint32_t i, struct qz_xy middle,
                                  int corner) {
    struct qz_xy p = qz_country_corner(c, i, corner % QZ_HEX_SIDES);
    return qz_hex_round((struct qz_xy) { middle.x_m + centre_ratio * (p.x_m - middle.x_m),
                                         middle.y_m + centre_ratio * (p.y_m - middle.y_m) });
}

static struct qz_xy middle_of(const struct qz_country *c, uint32_t i) {
    struct qz_xy sum = { 0, 0 };
    for (int k = 0; k < QZ_HEX_SIDES; k++) {
        struct qz_xy p = qz_country_corner(c, i, k);
        sum = (struct qz_xy) { sum.x_m + p.x_m / QZ_HEX_SIDES, sum.y_m + p.y_m / QZ_HEX_SIDES };
    }
    return qz_hex_round(sum);
}

static int end_ring(struct qz_ctx *ctx, struct qz_shapes *s, struct qz_xy first) {
    int r = qz_shapes_add_point(ctx, s, first);
    if (r < 0 || (r = qz_shapes_end_ring(ctx, s)) < 0 || (r = qz_shapes_end_poly(ctx, s)) < 0)
        return r;
    return qz_shapes_end_shape(ctx, s);
}

static int add_quarter(struct qz_ctx *ctx, const struct qz_country *c, uint32_t i,
                       struct qz_xy middle, int side, struct qz_shapes *ret) {
    int r = qz_shapes_add_point(ctx, ret, middle);
    for (int k = QZ_HEX_SIDES - 1; k <= QZ_HEX_SIDES && r == 0; k++)
        r = qz_shapes_add_point(ctx, ret, centre_corner(c, i, middle, side + k));
    return r < 0 ? r : end_ring(ctx, ret, middle);
}

static int add_outskirts(struct qz_ctx *ctx, const struct qz_country *c, uint32_t i,
                         struct qz_xy middle, int side, struct qz_shapes *ret) {
    struct qz_side limit;
    qz_country_side(c, i, side, &limit);
    int r = 0;
    for (uint32_t p = 0; p < limit.n && r == 0; p++)
        r = qz_shapes_add_point(ctx, ret, limit.points[p]);
    for (int k = QZ_HEX_SIDES; k >= QZ_HEX_SIDES - 1 && r == 0; k--)
        r = qz_shapes_add_point(ctx, ret, centre_corner(c, i, middle, side + k));
    return r < 0 ? r : end_ring(ctx, ret, limit.points[0]);
}

/* Those of the centre first. */
static int cut(struct qz_ctx *ctx, const struct qz_country *c, uint32_t i, struct qz_shapes *ret) {
    struct qz_xy middle = middle_of(c, i);
    int r = 0;
    for (int side = 0; side < QZ_HEX_SIDES && r == 0; side++)
        r = add_quarter(ctx, c, i, middle, side, ret);
    for (int side = 0; side < QZ_HEX_SIDES && r == 0; side++)
        r = add_outskirts(ctx, c, i, middle, side, ret);
    return r;
}

/* Whole people by area and by how densely they live there; they sum to the commune's. */
static void share(const struct qz_shapes *s, uint32_t people, uint32_t ret[MOST_IRIS]) {
    double weight[MOST_IRIS], all = 0, done = 0;
    uint32_t given = 0;
    for (size_t k = 0; k < MOST_IRIS; k++) {
        weight[k] = qz_shape_area_m2(s, k) * (k < QZ_HEX_SIDES ? denser : 1);
        all += weight[k];
    }
    for (size_t k = 0; k < MOST_IRIS; k++) {
        done += weight[k];
        uint32_t upto = k + 1 < MOST_IRIS ? (uint32_t)(people * (done / all)) : people;
        ret[k] = upto - given;
        given = upto;
    }
}

static int write_iris(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_commune *m,
                      const struct qz_shapes *shapes, size_t k, uint32_t people) {
    static const char *const winds[QZ_HEX_SIDES] = { "Est",   "Nord-Est",  "Nord-Ouest",
                                                     "Ouest", "Sud-Ouest", "Sud-Est" };
    char iris[16], code[32], name[96];
    snprintf(iris, sizeof iris, "%02zu%02zu", 1 + k / QZ_HEX_SIDES, 1 + k % QZ_HEX_SIDES);
    snprintf(code, sizeof code, "%s%s", m->insee, iris);
    snprintf(name, sizeof name, "%s %s", k < QZ_HEX_SIDES ? "Centre" : "Faubourg",
             winds[k % QZ_HEX_SIDES]);
    qz_writer_text(w, 0, m->insee);
    qz_writer_text(w, 1, m->name);
    qz_writer_text(w, 2, iris);
    qz_writer_text(w, 3, code);
    qz_writer_text(w, 4, name);
    qz_writer_text(w, 5, "H");
    qz_writer_int(w, 6, people);
    int r = qz_writer_shape(ctx, w, shapes, k);
    return r < 0 ? r : qz_writer_row(ctx, w);
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    if (m->people < LEAST_PEOPLE && m->place != QZ_PLACE_CAPITAL)
        return 0;
    qz_cleanup(qz_shapes_done) struct qz_shapes shapes = { 0 };
    uint32_t people[MOST_IRIS];
    int r = cut(ctx, d->country, i, &shapes);
    if (r < 0)
        return r;
    share(&shapes, m->people, people);
    for (size_t k = 0; k < MOST_IRIS && r == 0; k++)
        r = write_iris(ctx, w, m, &shapes, k, people[k]);
    return r;
}

const struct qz_demo_file qz_demo_iris = { "iris.gpkg",  QZ_GPKG, "IRIS",         "IRIS inventés",
                                           QZ_GEOM_AREA, columns, COUNT(columns), write };
