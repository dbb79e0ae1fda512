/* engine/demo/settle.c - which bourgs are towns, where the motorway passes, how many live where. */
#include <math.h>
#include "demo/country.h"
#include "demo/dice.h"

enum { TOWN_DISC = 3, CENTRE_DISC = 2, PURPOSE_TOWN = 21, PURPOSE_CENTRE, PURPOSE_PEOPLE };
static const double mean_people = 1000; /* per commune */

static double rank(const struct qz_country *c, uint32_t i, uint64_t purpose) {
    return qz_dice_unit(qz_dice_key(c->communes[i].key, purpose, 0, 0));
}

/* Calls for each commune within `disc` steps of i: does it hold for all? */
static bool all_around(const struct qz_country *c, uint32_t i, int disc,
                       bool (*holds)(const struct qz_country *, uint32_t i, uint32_t other)) {
    struct qz_hex h = c->communes[i].hex;
    for (int q = -disc; q <= disc; q++)
        for (int r = -disc; r <= disc; r++) {
            if (abs(q + r) > disc || (q == 0 && r == 0))
                continue;
            uint32_t other = qz_country_at(c, (struct qz_hex) { h.q + q, h.r + r });
            if (other != QZ_NOWHERE && !holds(c, i, other))
                return false;
        }
    return true;
}

static bool ahead_as_town(const struct qz_country *c, uint32_t i, uint32_t other) {
    return rank(c, i, PURPOSE_TOWN) < rank(c, other, PURPOSE_TOWN) &&
           c->communes[other].place != QZ_PLACE_CAPITAL;
}

static bool ahead_as_centre(const struct qz_country *c, uint32_t i, uint32_t other) {
    return rank(c, i, PURPOSE_CENTRE) < rank(c, other, PURPOSE_CENTRE);
}

static bool no_town(const struct qz_country *c, uint32_t i, uint32_t other) {
    (void)i;
    return c->communes[other].place < QZ_PLACE_TOWN;
}

static void found_capitals(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        struct qz_xy p = qz_hex_lattice(&c->map, c->communes[i].hex);
        struct qz_hex h = qz_hex_at(&c->map, qz_terrain_capital(&c->terrain, p));
        uint32_t at = qz_country_at(c, h);
        if (at != QZ_NOWHERE && !c->communes[at].island) {
            c->communes[at].place = QZ_PLACE_CAPITAL;
            c->communes[at].seat = true;
        }
    }
}

static void found_towns(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        struct qz_commune *m = &c->communes[i];
        if (m->island || m->place == QZ_PLACE_CAPITAL ||
            !all_around(c, i, TOWN_DISC, ahead_as_town))
            continue;
        m->seat = true;
        m->place = m->upland > 0 ? QZ_PLACE_CENTRE : QZ_PLACE_TOWN;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        struct qz_commune *m = &c->communes[i];
        if (m->place == QZ_PLACE_VILLAGE && !m->island &&
            all_around(c, i, CENTRE_DISC, ahead_as_centre) && all_around(c, i, 1, no_town))
            m->place = QZ_PLACE_CENTRE;
    }
}

static void found_suburbs(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        struct qz_commune *m = &c->communes[i];
        for (int side = 0; m->place == QZ_PLACE_VILLAGE && side < QZ_HEX_SIDES; side++)
            if (m->beyond[side] != QZ_NOWHERE &&
                c->communes[m->beyond[side]].place == QZ_PLACE_CAPITAL)
                m->place = QZ_PLACE_SUBURB;
    }
}

static void trace_motorways(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        struct qz_commune *m = &c->communes[i];
        struct qz_xy p = qz_hex_lattice(&c->map, m->hex);
        m->motorway = !m->island && m->place != QZ_PLACE_CAPITAL &&
                      fabs(qz_terrain_motorway_x_m(&c->terrain, p) - p.x_m) <= c->map.pitch_m / 2;
        struct qz_xy capital = qz_terrain_capital(&c->terrain, p);
        bool near_capital = fabs(capital.y_m - p.y_m) < 0.6 * c->map.pitch_m;
        m->interchange = m->motorway && (near_capital || (m->hex.r % 4 + 4) % 4 == 3);
    }
}

void qz_settle_places(struct qz_country *c) {
    found_capitals(c);
    found_towns(c);
    found_suburbs(c);
    trace_motorways(c);
}

/* Steps to the nearest town, when it is one or two. */
static int steps_to_town(const struct qz_country *c, uint32_t i) {
    return !all_around(c, i, 1, no_town) ? 1 : !all_around(c, i, 2, no_town) ? 2 : 3;
}

static double village_people(const struct qz_country *c, uint32_t i, struct qz_dice *d) {
    const struct qz_commune *m = &c->communes[i];
    if (m->upland > 0)
        return 430 * exp(0.55 * qz_dice_bell(d)) + 60;
    if (qz_dice_chance(d, 0.07))
        return qz_dice_between(d, 18, 58);
    int steps = steps_to_town(c, i);
    double usual = steps == 1 ? 600 : steps == 2 ? 420 : 300;
    return fmin(usual * exp(0.6 * qz_dice_bell(d)), 2600) + 30;
}

static double people_of(const struct qz_country *c, uint32_t i) {
    const struct qz_commune *m = &c->communes[i];
    struct qz_dice d = qz_dice_of(m->key, PURPOSE_PEOPLE);
    switch (m->place) {
    case QZ_PLACE_CAPITAL:
        return fmin(qz_dice_between(&d, 61000, 69000), 250.0 * (double)c->n);
    case QZ_PLACE_TOWN:
        return 4600 + 13500 * pow(qz_dice_roll(&d), 2.0);
    case QZ_PLACE_CENTRE:
        return m->upland > 0 ? qz_dice_between(&d, 900, 1700) : qz_dice_between(&d, 1400, 3300);
    case QZ_PLACE_SUBURB:
        return qz_dice_between(&d, 1700, 5600);
    default:
        return m->island ? qz_dice_between(&d, 350, 1900) : village_people(c, i, &d);
    }
}

/* Lowland villages take what is missing, so that every seed has the same mean. */
static bool is_elastic(const struct qz_commune *m) {
    return m->place == QZ_PLACE_VILLAGE && !m->island && m->upland <= 0;
}

void qz_settle_people(struct qz_country *c) {
    double fixed = 0, elastic = 0;
    for (uint32_t i = 0; i < c->n; i++)
        *(is_elastic(&c->communes[i]) ? &elastic : &fixed) += people_of(c, i);
    double scale = elastic > 0 ? (mean_people * (double)c->n - fixed) / elastic : 1;
    scale = fmin(fmax(scale, 0.5), 1.6);
    for (uint32_t i = 0; i < c->n; i++) {
        double people = people_of(c, i);
        c->communes[i].people = (uint32_t)(is_elastic(&c->communes[i]) ? people * scale : people);
    }
}
