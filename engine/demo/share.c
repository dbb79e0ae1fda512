/* engine/demo/share.c - departements, territoires de vie-sante, EPCI and bassins de vie. */
#include <math.h>
#include "demo/country.h"
#include "demo/spread.h"

enum { PURPOSE_DEP = 41, PURPOSE_TVS, PURPOSE_EPCI, PURPOSE_BASIN };

static double uneven(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way,
                     uint64_t purpose) {
    double closed = way == QZ_WAY_CLOSED ? 1.2 : 0;
    double abroad = c->communes[i].area[QZ_AREA_DEP] != c->communes[j].area[QZ_AREA_DEP] ? 4 : 0;
    return 1 + closed + abroad + 0.6 * qz_country_pair(c, i, j, purpose);
}

static double dep_cost(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way) {
    return way == QZ_WAY_PORT ? 2 : 1 + 0.4 * qz_country_pair(c, i, j, PURPOSE_DEP);
}
static double tvs_cost(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way) {
    return uneven(c, i, j, way, PURPOSE_TVS);
}
static double epci_cost(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way) {
    return uneven(c, i, j, way, PURPOSE_EPCI);
}
static double basin_cost(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way) {
    return uneven(c, i, j, way, PURPOSE_BASIN);
}

static bool is_capital(const struct qz_commune *m) { return m->place == QZ_PLACE_CAPITAL; }
static bool is_tvs_seat(const struct qz_commune *m) { return m->seat; }
static bool is_centre(const struct qz_commune *m) { return m->place >= QZ_PLACE_CENTRE; }
/* An intercommunality is now and then larger than a living area. */
static bool is_epci_seat(const struct qz_commune *m) {
    return m->place >= QZ_PLACE_TOWN || m->seat || (is_centre(m) && m->key % 10 < 6);
}

static const struct {
    qz_spread_seat is_seat;
    qz_spread_cost cost;
} rules[QZ_N_AREAS] = {
    [QZ_AREA_DEP] = { is_capital, dep_cost }, /* first: the others keep to its limits */
    [QZ_AREA_TVS] = { is_tvs_seat, tvs_cost },
    [QZ_AREA_EPCI] = { is_epci_seat, epci_cost },
    [QZ_AREA_BASIN] = { is_centre, basin_cost },
};

static int share(struct qz_ctx *ctx, struct qz_country *c, size_t area) {
    qz_cleanup(qz_spread_done) struct qz_spread g = { 0 };
    int r = qz_spread_new(ctx, c, rules[area].is_seat, rules[area].cost, &g);
    for (size_t i = 0; r == 0 && i < c->n; i++)
        c->communes[i].area[area] = g.seat[i];
    return r;
}

int qz_share_territories(struct qz_ctx *ctx, struct qz_country *c) {
    int r = 0;
    for (size_t area = 0; r == 0 && area < QZ_N_AREAS; area++)
        r = share(ctx, c, area);
    return r;
}
