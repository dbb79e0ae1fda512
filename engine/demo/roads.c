/* engine/demo/roads.c - a commune's streets as rows in the vocabulary of BD TOPO. */
#include <math.h>
#include <stdio.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { PURPOSE_ROADS = 91 };
static const double dual_half_m = 9; /* between the axis and one carriageway */

enum { ID, NATURE, IMPORTANCE, SENS, VIT, VOIES, LARGEUR, PRIVE, FICTIF, ETAT, ACCES, SOL };
static const struct qz_column columns[] = {
    [ID] = { "ID", QZ_TEXT, 0 },
    [NATURE] = { "NATURE", QZ_TEXT, 0 },
    [IMPORTANCE] = { "IMPORTANCE", QZ_TEXT, 0 },
    [SENS] = { "SENS", QZ_TEXT, 0 },
    [VIT] = { "VIT_MOY_VL", QZ_INT, 0 },
    [VOIES] = { "NB_VOIES", QZ_INT, 0 },
    [LARGEUR] = { "LARGEUR", QZ_REAL, 1 },
    [PRIVE] = { "PRIVE", QZ_TEXT, 0 },
    [FICTIF] = { "FICTIF", QZ_TEXT, 0 },
    [ETAT] = { "ETAT", QZ_TEXT, 0 },
    [ACCES] = { "ACCES_VL", QZ_TEXT, 0 },
    [SOL] = { "POS_SOL", QZ_TEXT, 0 },
};

static const struct kind {
    const char *nature, *importance;
    int lanes;
    double width_m;
    double open_kmh, upland_kmh, town_kmh;
} kinds[QZ_N_ROADS] = {
    [QZ_ROAD_MOTORWAY] = { "Type autoroutier", "1", 2, 10.5, 118, 110, 105 },
    [QZ_ROAD_SLIP] = { "Bretelle", "2", 1, 5, 50, 50, 45 },
    [QZ_ROAD_DUAL] = { "Route à 2 chaussées", "2", 2, 7.5, 88, 80, 42 },
    [QZ_ROAD_NATIONAL] = { "Route à 1 chaussée", "2", 2, 7.5, 73, 58, 36 },
    [QZ_ROAD_DEPT] = { "Route à 1 chaussée", "3", 2, 6, 62, 47, 32 },
    [QZ_ROAD_LOCAL] = { "Route à 1 chaussée", "4", 2, 5, 51, 37, 29 },
    [QZ_ROAD_STREET] = { "Route à 1 chaussée", "5", 2, 4.5, 25, 25, 22 },
    [QZ_ROAD_LANE] = { "Route à 1 chaussée", "5", 1, 3.5, 34, 27, 22 },
    [QZ_ROAD_RING] = { "Rond-point", "3", 1, 7, 25, 25, 20 },
    [QZ_ROAD_FERRY] = { "Bac ou liaison maritime", "4", 0, 0, 18, 18, 18 },
};

static double speed_kmh(const struct qz_commune *m, const struct qz_stretch *e) {
    const struct kind *k = &kinds[e->road];
    if (e->town)
        return k->town_kmh;
    double up = fmin(3 * (double)m->upland, 1);
    return (1 - up) * k->open_kmh + up * k->upland_kmh;
}

/* A road that nothing depends on may be closed, private, unpaved or one-way. */
static const char *whims(const struct qz_stretch *e, struct qz_dice *d, struct qz_writer *w) {
    double luck = qz_dice_roll(d), way = qz_dice_roll(d);
    bool street = e->road == QZ_ROAD_STREET;
    if (luck < 0.015)
        qz_writer_text(w, ETAT, "En construction");
    else if (luck < 0.03)
        qz_writer_text(w, ACCES, "Restreint aux ayants droit");
    else if (luck < 0.04)
        qz_writer_text(w, ACCES, "Physiquement impossible");
    else if (luck < 0.06)
        qz_writer_text(w, PRIVE, "Oui");
    else if (luck < 0.20 && !street)
        qz_writer_text(w, NATURE, "Route empierrée");
    if (!street)
        return "Double sens";
    return way < 0.10 ? "Sens direct" : way < 0.20 ? "Sens inverse" : "Double sens";
}

/* The carriageway to the right of the line (side -1: to its left), from the same end to the same.
 */
static int write_line(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_xy *points, size_t n,
                      double side_m) {
    if (side_m == 0)
        return qz_writer_line(ctx, w, points, n);
    struct qz_xy moved[64];
    if (n > COUNT(moved))
        return qz_fail(ctx, QZ_E_RANGE, "demo: a dual road has too many bends");
    for (size_t i = 0; i < n; i++) {
        moved[i] = points[i];
        if (i == 0 || i + 1 == n)
            continue;
        double dx = points[i + 1].x_m - points[i - 1].x_m,
               dy = points[i + 1].y_m - points[i - 1].y_m;
        double length = fmax(sqrt(dx * dx + dy * dy), 1);
        moved[i] = qz_hex_round((struct qz_xy) { points[i].x_m + side_m * dy / length,
                                                 points[i].y_m - side_m * dx / length });
    }
    return qz_writer_line(ctx, w, moved, n);
}

static int write_stretch(struct qz_ctx *ctx, struct qz_delivery *d, const struct qz_commune *m,
                         size_t stretch, double side_m, struct qz_writer *w) {
    const struct qz_stretch *e = &d->streets.stretches[stretch];
    const struct kind *k = &kinds[e->road];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_ROADS + 1000 * (uint64_t)stretch);
    char id[32];
    snprintf(id, sizeof id, "TRONROUT%016llu", (unsigned long long)++d->n_roads);
    qz_writer_text(w, ID, id);
    qz_writer_text(w, NATURE, k->nature);
    qz_writer_text(w, IMPORTANCE, k->importance);
    if (!qz_dice_chance(&dice, 0.12)) /* else nobody measured it */
        qz_writer_int(w, VIT, (int64_t)round(speed_kmh(m, e) + 3 * qz_dice_bell(&dice)));
    qz_writer_int(w, VOIES, k->lanes);
    qz_writer_real(w, LARGEUR, k->width_m);
    qz_writer_text(w, PRIVE, "Non");
    qz_writer_text(w, FICTIF, "Non");
    qz_writer_text(w, ETAT, "En service");
    qz_writer_text(w, ACCES, "Libre");
    qz_writer_text(w, SOL, e->bridge ? "1" : "0");
    const char *sense = "Double sens";
    if (e->road == QZ_ROAD_MOTORWAY || e->road == QZ_ROAD_SLIP || e->road == QZ_ROAD_RING)
        sense = "Sens direct";
    else if (side_m != 0)
        sense = side_m > 0 ? "Sens direct" : "Sens inverse";
    else if (e->loop && e->road >= QZ_ROAD_STREET)
        sense = whims(e, &dice, w);
    qz_writer_text(w, SENS, sense);
    int r = write_line(ctx, w, d->streets.points + e->first, e->n, side_m);
    return r < 0 ? r : qz_writer_row(ctx, w);
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    int r = 0;
    for (size_t k = 0; r == 0 && k < d->streets.n_stretches; k++) {
        const struct qz_stretch *e = &d->streets.stretches[k];
        if (!e->kept)
            continue;
        bool dual = e->road == QZ_ROAD_DUAL && e->n > 2;
        r = write_stretch(ctx, d, m, k, dual ? dual_half_m : 0, w);
        if (r == 0 && dual)
            r = write_stretch(ctx, d, m, k, -dual_half_m, w);
    }
    return r;
}

const struct qz_demo_file qz_demo_roads = { "routes.shp",       QZ_SHAPEFILE, "routes",
                                            "Routes inventées", QZ_GEOM_LINE, columns,
                                            COUNT(columns),     write };
