/* engine/demo/motorway.c - two carriageways through a commune, beside its bourg, from the limit in
 * the south to the one in the north; the neighbours find the same ends and directions. */
#include <math.h>
#include "demo/streets.h"

enum { HALF = 12, RAMP = 3, N_POINTS = 2 * HALF + 1 };
static const double half_width_m = 13, ramp_m = 28;

static const uint32_t nobody = UINT32_MAX;

struct course {      /* northward */
    int first, last; /* points in use: it stops short of a limit that it does not cross */
    struct qz_xy at[N_POINTS], right[N_POINTS]; /* unit vectors to the east of it */
};

/* Where the motorway crosses a northern or southern side, off the gate, and its direction there. */
static void border(const struct qz_country *c, uint32_t commune, int side, struct qz_xy *at,
                   struct qz_xy *heading) {
    struct qz_side s;
    qz_country_side(c, commune, side, &s);
    struct qz_xy a = s.points[0], b = s.points[s.n - 1];
    struct qz_xy p = s.points[(s.n - 1) * 5 / 16], q = s.points[(s.n - 1) * 11 / 16];
    struct qz_xy middle = { (a.x_m + b.x_m) / 2, (a.y_m + b.y_m) / 2 };
    double wanted = qz_terrain_motorway_x_m(&c->terrain, middle);
    *at = fabs(p.x_m - wanted) < fabs(q.x_m - wanted) ? p : q;
    double dx = fabs(b.x_m - a.x_m), dy = (b.y_m - a.y_m) * (b.x_m > a.x_m ? 1 : -1);
    double length = sqrt(dx * dx + dy * dy);
    *heading = (struct qz_xy) { -dy / length, dx / length + 2.5 }; /* mostly north */
}

static bool goes_on(const struct qz_country *c, const struct qz_commune *m, int side) {
    return m->beyond[side] != QZ_NOWHERE && c->communes[m->beyond[side]].motorway;
}

static int way_out(const struct qz_country *c, const struct qz_commune *m, int one, int other) {
    return goes_on(c, m, one) ? one : other;
}

/* How far east of the bourg the motorway would pass if it did not care. */
static double offset_m(const struct qz_country *c, uint32_t commune) {
    struct qz_xy bourg = c->communes[commune].bourg;
    return qz_terrain_motorway_x_m(&c->terrain, bourg) - bourg.x_m;
}

int qz_motorway_spoke(const struct qz_country *c, uint32_t commune) {
    const struct qz_commune *m = &c->communes[commune];
    bool from_west = way_out(c, m, QZ_HEX_SW, QZ_HEX_SE) == QZ_HEX_SW;
    bool to_west = way_out(c, m, QZ_HEX_NW, QZ_HEX_NE) == QZ_HEX_NW;
    bool west = from_west == to_west ? from_west : offset_m(c, commune) < 0;
    return west ? QZ_HEX_W : QZ_HEX_E;
}

double qz_motorway_rho_m(const struct qz_country *c, uint32_t commune, const struct qz_spokes *s) {
    double reach_m = s->reach_m[qz_motorway_spoke(c, commune)];
    return fmin(fmax(fabs(offset_m(c, commune)), 0.42 * reach_m), 0.62 * reach_m);
}

/* Hermite curve through a and b. */
static struct qz_xy curve(struct qz_xy a, struct qz_xy b, struct qz_xy da, struct qz_xy db,
                          double t, struct qz_xy *slope) {
    double t2 = t * t, t3 = t2 * t;
    double p[4] = { 2 * t3 - 3 * t2 + 1, t3 - 2 * t2 + t, 3 * t2 - 2 * t3, t3 - t2 };
    double v[4] = { 6 * t2 - 6 * t, 3 * t2 - 4 * t + 1, 6 * t - 6 * t2, 3 * t2 - 2 * t };
    *slope = (struct qz_xy) { v[0] * a.x_m + v[1] * da.x_m + v[2] * b.x_m + v[3] * db.x_m,
                              v[0] * a.y_m + v[1] * da.y_m + v[2] * b.y_m + v[3] * db.y_m };
    return (struct qz_xy) { p[0] * a.x_m + p[1] * da.x_m + p[2] * b.x_m + p[3] * db.x_m,
                            p[0] * a.y_m + p[1] * da.y_m + p[2] * b.y_m + p[3] * db.y_m };
}

static struct qz_xy stretched(struct qz_xy v, double length_m) {
    double n = sqrt(v.x_m * v.x_m + v.y_m * v.y_m);
    return (struct qz_xy) { v.x_m / n * length_m, v.y_m / n * length_m };
}

static void half_course(struct course *course, int first, struct qz_xy a, struct qz_xy b,
                        struct qz_xy da, struct qz_xy db) {
    double length_m = qz_distance_m(a, b);
    da = stretched(da, length_m);
    db = stretched(db, length_m);
    for (int i = 0; i <= HALF; i++) {
        struct qz_xy slope;
        course->at[first + i] = curve(a, b, da, db, (double)i / HALF, &slope);
        course->right[first + i] = stretched((struct qz_xy) { slope.y_m, -slope.x_m }, 1);
    }
}

static void trace(const struct qz_country *c, uint32_t commune, const struct qz_spokes *s,
                  struct course *ret) {
    int spoke = qz_motorway_spoke(c, commune);
    const struct qz_commune *m = &c->communes[commune];
    struct qz_xy south, north, in, out;
    int from = way_out(c, m, QZ_HEX_SW, QZ_HEX_SE), to = way_out(c, m, QZ_HEX_NW, QZ_HEX_NE);
    border(c, commune, from, &south, &in);
    border(c, commune, to, &north, &out);
    ret->first = goes_on(c, m, from) ? 0 : 1;
    ret->last = N_POINTS - (goes_on(c, m, to) ? 1 : 2);
    struct qz_xy over = qz_spokes_point(s, spoke, qz_motorway_rho_m(c, commune, s));
    struct qz_xy heading = { north.x_m - south.x_m, north.y_m - south.y_m };
    half_course(ret, 0, south, over, in, heading);
    half_course(ret, HALF, over, north, heading, out);
}

static struct qz_xy beside(const struct course *k, int i, double off_m) {
    return qz_hex_round((struct qz_xy) { k->at[i].x_m + off_m * k->right[i].x_m,
                                         k->at[i].y_m + off_m * k->right[i].y_m });
}

/* One carriageway, cut where the slip roads leave and join; side is 1 northward, -1 southward. */
static void carriageway(const struct course *k, int side, uint32_t slip, struct qz_streets *g) {
    const int cuts[] = { side > 0 ? k->first : N_POINTS - 1 - k->last, HALF - RAMP, HALF + RAMP,
                         side > 0 ? k->last : N_POINTS - 1 - k->first };
    uint32_t at[4];
    for (int i = 0; i < 4; i++) {
        int index = side > 0 ? cuts[i] : N_POINTS - 1 - cuts[i];
        at[i] = qz_streets_crossing(g, beside(k, index, side * half_width_m), 0, 0);
    }
    for (int piece = 0; piece < 3; piece++) {
        int step = slip == nobody ? 3 : 1; /* no interchange: one piece */
        if (!qz_streets_add(g, at[piece], at[piece + step], QZ_ROAD_MOTORWAY))
            return;
        for (int i = cuts[piece]; i <= cuts[piece + step]; i++)
            qz_streets_point(g, beside(k, side > 0 ? i : N_POINTS - 1 - i, side * half_width_m));
        if (slip == nobody)
            return;
    }
    for (int on = 0; on < 2; on++) {
        int beside_at = HALF + side * (on ? RAMP - 1 : 1 - RAMP);
        struct qz_xy curb = beside(k, beside_at, side * ramp_m);
        if (!qz_streets_add(g, on ? slip : at[1], on ? at[2] : slip, QZ_ROAD_SLIP))
            return;
        qz_streets_point(g, on ? g->crossings[slip].at : g->crossings[at[1]].at);
        qz_streets_point(g, curb);
        qz_streets_point(g, on ? g->crossings[at[2]].at : g->crossings[slip].at);
    }
}

void qz_motorway_build(const struct qz_country *c, uint32_t commune, const struct qz_spokes *s,
                       uint32_t near, uint32_t far, struct qz_streets *g) {
    struct course course;
    trace(c, commune, s, &course);
    bool east = qz_motorway_spoke(c, commune) == QZ_HEX_E;
    carriageway(&course, 1, east ? far : near, g); /* northward, on the eastern side */
    carriageway(&course, -1, east ? near : far, g);
}
