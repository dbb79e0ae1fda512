/* engine/demo/zonings.c - what public zonings say of each commune: the class of the zoning of
 * doctors in force, whether it is in a zone of rural revitalisation (FRR), the days that people
 * wait for an appointment; classes given by hand; quarters with a priority (QPV) in the larger
 * towns. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { CLASS = 71, FRR, WAIT, QUARTER }; /* purposes of dice */

/* ---- by commune */
static const struct qz_column columns[] = { { "insee_com", QZ_TEXT, 0 },
                                            { "zonage_medecin", QZ_TEXT, 0 },
                                            { "frr", QZ_TEXT, 0 },
                                            { "delai_jours", QZ_INT, 0 } };

/* The zoning in force is by territoire de vie-sante: the dice of its seat. Some years have passed
 * since: it need not follow today's accessibility. */
static const char *class_of(const struct qz_country *c, uint32_t i) {
    const struct qz_commune *seat = &c->communes[c->communes[i].area[QZ_AREA_TVS]];
    double u = qz_dice_unit(qz_dice_key(seat->key, CLASS, 0, 0)) + seat->upland / 4;
    return u > 0.85 ? "ZIP" : u > 0.45 ? "ZAC" : u > 0.35 ? "ZAR" : "HZ";
}

static bool is_rural(const struct qz_country *c, uint32_t i) {
    const struct qz_commune *m = &c->communes[i];
    return m->people < 5000 && m->place == QZ_PLACE_VILLAGE &&
           qz_dice_unit(qz_dice_key(m->key, FRR, 0, 0)) < 0.35 + m->upland;
}

static int write_zonings(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                         struct qz_writer *w) {
    const struct qz_country *c = d->country;
    const struct qz_commune *m = &c->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, WAIT);
    qz_writer_text(w, 0, m->insee);
    qz_writer_text(w, 1, class_of(c, i));
    if (is_rural(c, i))
        qz_writer_text(w, 2, "FRR");
    if (qz_dice_chance(&dice, 0.9)) /* nobody asked in the others */
        qz_writer_int(w, 3, (int64_t)lround(qz_dice_between(&dice, 2, 12) + 20 * m->upland));
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_zonings = { "zonages.csv",      QZ_CSV,       "zonages",
                                              "Zonages inventés", QZ_GEOM_NONE, columns,
                                              COUNT(columns),     write_zonings };

/* ---- by hand: one territory in nine, whatever its accessibility */
static const struct qz_column by_hand[] = { { "code", QZ_TEXT, 0 },
                                            { "classe", QZ_TEXT, 0 },
                                            { "motif", QZ_TEXT, 0 } };

static int write_override(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                          struct qz_writer *w) {
    enum { EACH = 9 };
    if (!d->country->communes[i].seat || d->n_seats++ % EACH != 0)
        return 0;
    qz_writer_text(w, 0, d->country->communes[i].insee);
    qz_writer_text(w, 1, "ZAC");
    qz_writer_text(w, 2, "deux départs annoncés après la date du registre");
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_overrides = { "derogations.csv", QZ_CSV,
                                                "derogations",     "Dérogations inventées",
                                                QZ_GEOM_NONE,      by_hand,
                                                COUNT(by_hand),    write_override };

/* ---- quarters */
static const struct qz_column quarters[] = { { "code_qp", QZ_TEXT, 0 }, { "nom_qp", QZ_TEXT, 0 } };

static int add_circle(struct qz_ctx *ctx, struct qz_shapes *s, struct qz_xy at, double radius_m) {
    enum { SIDES = 12 };
    int r = 0;
    for (int k = 0; k <= SIDES && r == 0; k++) {
        double turn = -2 * M_PI * (k % SIDES) / SIDES;
        r = qz_shapes_add_point(ctx, s,
                                (struct qz_xy) { round(at.x_m + radius_m * cos(turn)),
                                                 round(at.y_m + radius_m * sin(turn)) });
    }
    if (r == 0)
        r = qz_shapes_end_ring(ctx, s);
    if (r == 0)
        r = qz_shapes_end_poly(ctx, s);
    return r < 0 ? r : qz_shapes_end_shape(ctx, s);
}

static int write_quarter(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                         struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    qz_cleanup(qz_shapes_done) struct qz_shapes shapes = { 0 };
    struct qz_dice dice = qz_dice_of(m->key, QUARTER);
    char code[16], name[96];
    if (m->place != QZ_PLACE_TOWN && m->place != QZ_PLACE_CAPITAL)
        return 0;
    struct qz_xy at = { m->bourg.x_m + qz_dice_between(&dice, -500, 500),
                        m->bourg.y_m + qz_dice_between(&dice, -500, 500) };
    snprintf(code, sizeof code, "QN%s", m->insee);
    snprintf(name, sizeof name, "Quartier de la Gare (%s)", m->name);
    qz_writer_text(w, 0, code);
    qz_writer_text(w, 1, name);
    int r = add_circle(ctx, &shapes, at, qz_dice_between(&dice, 300, 600));
    if (r == 0)
        r = qz_writer_shape(ctx, w, &shapes, 0);
    return r < 0 ? r : qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_quarters = { "qpv.gpkg",      QZ_GPKG,      "qpv",
                                               "QPV inventés",  QZ_GEOM_AREA, quarters,
                                               COUNT(quarters), write_quarter };
