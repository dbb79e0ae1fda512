/* engine/demo/admin.c - limits, town halls, territories: ADMIN EXPRESS and its companions. */
#include <stdio.h>
#include "demo/dice.h"
#include "demo/files.h"
#include "demo/names.h"

enum { PURPOSE_HALL = 71 };

static void text(struct qz_writer *w, size_t column, const char *format, const char *value) {
    char buffer[96];
    snprintf(buffer, sizeof buffer, format, value);
    qz_writer_text(w, column, buffer);
}

static void dep_of(const struct qz_commune *m, char ret[3]) { snprintf(ret, 3, "%.2s", m->insee); }

static const struct qz_commune *seat_of(const struct qz_country *c, uint32_t i, enum qz_area area) {
    uint32_t seat = c->communes[i].area[area];
    return &c->communes[seat == QZ_NOWHERE ? i : seat];
}

static void siren(struct qz_writer *w, size_t column, const struct qz_commune *seat) {
    text(w, column, "200%s7", seat->insee); /* nine figures, invented */
}

/* ---- communes.gpkg */

static const struct qz_column commune_columns[] = {
    { "ID", QZ_TEXT, 0 },        { "NOM", QZ_TEXT, 0 },        { "INSEE_COM", QZ_TEXT, 0 },
    { "STATUT", QZ_TEXT, 0 },    { "POPULATION", QZ_INT, 0 },  { "INSEE_DEP", QZ_TEXT, 0 },
    { "INSEE_REG", QZ_TEXT, 0 }, { "SIREN_EPCI", QZ_TEXT, 0 },
};

int qz_demo_outline(struct qz_ctx *ctx, const struct qz_country *c, uint32_t i,
                    struct qz_shapes *ret) {
    struct qz_side side;
    struct qz_xy first = qz_country_corner(c, i, QZ_HEX_SIDES - 1);
    int r = 0;
    for (int k = 0; k < QZ_HEX_SIDES; k++) {
        qz_country_side(c, i, k, &side);
        for (uint32_t p = 0; r == 0 && p + 1 < side.n; p++)
            r = qz_shapes_add_point(ctx, ret, side.points[p]);
    }
    if (r < 0 || (r = qz_shapes_add_point(ctx, ret, first)) < 0 ||
        (r = qz_shapes_end_ring(ctx, ret)) < 0 || (r = qz_shapes_end_poly(ctx, ret)) < 0)
        return r;
    return qz_shapes_end_shape(ctx, ret);
}

static const char *statut(const struct qz_commune *m) {
    return m->place == QZ_PLACE_CAPITAL                     ? "Préfecture"
           : m->place == QZ_PLACE_TOWN && m->people > 11000 ? "Sous-préfecture"
                                                            : "Commune simple";
}

static int write_commune(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                         struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    char dep[3];
    dep_of(m, dep);
    text(w, 0, "COMMUNE_00000000000%s", m->insee);
    qz_writer_text(w, 1, m->name);
    qz_writer_text(w, 2, m->insee);
    qz_writer_text(w, 3, statut(m));
    qz_writer_int(w, 4, m->people);
    qz_writer_text(w, 5, dep);
    qz_writer_text(w, 6, "99");
    siren(w, 7, seat_of(d->country, i, QZ_AREA_EPCI));
    qz_cleanup(qz_shapes_done) struct qz_shapes shape = { 0 };
    int r = qz_demo_outline(ctx, d->country, i, &shape);
    if (r < 0 || (r = qz_writer_shape(ctx, w, &shape, 0)) < 0)
        return r;
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_communes = {
    "communes.gpkg",        QZ_GPKG,      "COMMUNE",
    "Communes inventées",   QZ_GEOM_AREA, commune_columns,
    COUNT(commune_columns), write_commune
};

/* ---- chefs_lieux.csv */

static const struct qz_column place_columns[] = { { "insee_com", QZ_TEXT, 0 },
                                                  { "nom", QZ_TEXT, 0 },
                                                  { "x", QZ_REAL, 1 },
                                                  { "y", QZ_REAL, 1 },
                                                  { "basis", QZ_TEXT, 0 } };

/* The town hall stands a few metres off the road. */
static int write_place(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_HALL);
    qz_writer_text(w, 0, m->insee);
    qz_writer_text(w, 1, m->name);
    qz_writer_real(w, 2, m->bourg.x_m + qz_dice_between(&dice, -18, 18));
    qz_writer_real(w, 3, m->bourg.y_m + qz_dice_between(&dice, -18, 18));
    qz_writer_text(w, 4, "mairie");
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_places = { "chefs_lieux.csv",    QZ_CSV,       "chefs_lieux",
                                             "Mairies inventées",  QZ_GEOM_NONE, place_columns,
                                             COUNT(place_columns), write_place };

/* ---- territoires.csv */

static const struct qz_column territory_columns[] = {
    { "insee_com", QZ_TEXT, 0 },      { "siren_epci", QZ_TEXT, 0 }, { "nom_epci", QZ_TEXT, 0 },
    { "code_tvs", QZ_TEXT, 0 },       { "nom_tvs", QZ_TEXT, 0 },    { "bassin_vie", QZ_TEXT, 0 },
    { "nom_bassin_vie", QZ_TEXT, 0 }, { "insee_dep", QZ_TEXT, 0 },  { "nom_dep", QZ_TEXT, 0 },
};

static int write_territory(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                           struct qz_writer *w) {
    const struct qz_country *c = d->country;
    const struct qz_commune *epci = seat_of(c, i, QZ_AREA_EPCI), *tvs = seat_of(c, i, QZ_AREA_TVS),
                            *basin = seat_of(c, i, QZ_AREA_BASIN);
    char name[96], dep[3];
    dep_of(&c->communes[i], dep);
    qz_writer_text(w, 0, c->communes[i].insee);
    siren(w, 1, epci);
    qz_names_epci(epci, name, sizeof name);
    qz_writer_text(w, 2, name);
    qz_writer_text(w, 3, tvs->insee);
    qz_writer_text(w, 4, tvs->name);
    qz_writer_text(w, 5, basin->insee);
    qz_writer_text(w, 6, basin->name);
    qz_writer_text(w, 7, dep);
    qz_names_dep(dep, name, sizeof name);
    qz_writer_text(w, 8, name);
    return qz_writer_row(ctx, w);
}

const struct qz_demo_file qz_demo_territories = {
    "territoires.csv",        QZ_CSV,         "territoires",
    "Territoires inventés",   QZ_GEOM_NONE,   territory_columns,
    COUNT(territory_columns), write_territory
};
