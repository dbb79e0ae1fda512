/* engine/demo/streets.c - main roads along the spokes, rings of streets around the bourg, then
 * belts of lanes and hamlets. */
#include <math.h>
#include "demo/dice.h"
#include "demo/streets.h"

enum { MOST_IN_RING = 384, MOST_BELTS = 4, PURPOSE_STREETS = 61 };
static const uint32_t nobody = UINT32_MAX;
static const double house_row_m = 95, interchange_m = 170, farmland = 0.84; /* of the reach */

struct build {
    const struct qz_country *c;
    const struct qz_commune *m;
    uint32_t commune;
    struct qz_spokes s;
    struct qz_streets *g;
    struct qz_dice d;
    uint32_t tip[QZ_HEX_SIDES]; /* last crossing of each spoke so far */
    int n_belts;
    uint32_t belt[MOST_BELTS][QZ_HEX_SIDES + 1]; /* crossings of the spokes and the belts */
    int joins[QZ_HEX_SIDES]; /* a small road may end at the spoke before (-1) or after (1) it */
    struct qz_xy limits[QZ_HEX_SIDES * QZ_SIDE_POINTS];
    size_t n_limits;
    int motorway;       /* spoke under it */
    uint32_t near, far; /* crossings of the slip roads */
};

static enum qz_road road_of(const struct build *b, int spoke) {
    switch (b->m->way[spoke]) {
    case QZ_WAY_DUAL:
        return QZ_ROAD_DUAL;
    case QZ_WAY_NATIONAL:
        return QZ_ROAD_NATIONAL;
    case QZ_WAY_DEPT:
    case QZ_WAY_PORT:
        return QZ_ROAD_DEPT;
    default:
        return QZ_ROAD_LOCAL;
    }
}

static bool is_open(const struct build *b, int spoke) { return b->m->way[spoke] >= QZ_WAY_PORT; }

static uint32_t put(struct build *b, double turn, double rho_m) {
    return qz_streets_crossing(b->g, qz_spokes_point(&b->s, turn, rho_m), turn, rho_m);
}

/* A line from one crossing to another, straight in turn and rho but for a slight bow. */
static void draw(struct build *b, uint32_t from, uint32_t to, enum qz_road road) {
    if (!qz_streets_add(b->g, from, to, road))
        return;
    struct qz_crossing u = b->g->crossings[from], v = b->g->crossings[to];
    if (u.rho_m == 0)
        u.turn = v.turn;
    if (v.turn - u.turn > QZ_HEX_SIDES / 2)
        u.turn += QZ_HEX_SIDES;
    if (u.turn - v.turn > QZ_HEX_SIDES / 2)
        v.turn += QZ_HEX_SIDES;
    double length_m = qz_distance_m(u.at, v.at), step_m = b->m->upland > 0 ? 55 : 85;
    bool spoke = u.turn == v.turn;
    double bow = spoke ? 0 : fmin(0.07 * length_m, 45) * qz_dice_between(&b->d, -1, 1);
    struct qz_stretch *last = &b->g->stretches[b->g->n_stretches - 1];
    last->town = fmax(u.rho_m, v.rho_m) <= b->s.town_m + 1;
    int n = (int)(length_m / step_m) + 1;
    qz_streets_point(b->g, u.at);
    for (int i = 1; i < n; i++) {
        double t = (double)i / n;
        qz_streets_point(
            b->g, qz_spokes_point(&b->s, u.turn + t * (v.turn - u.turn),
                                  u.rho_m + t * (v.rho_m - u.rho_m) + bow * 4 * t * (1 - t)));
    }
    qz_streets_point(b->g, v.at);
}

static bool is_inside(const struct build *b, struct qz_xy p) {
    bool inside = false;
    for (size_t i = 0, j = b->n_limits - 1; i < b->n_limits; j = i++) {
        struct qz_xy u = b->limits[i], v = b->limits[j];
        if ((u.y_m > p.y_m) != (v.y_m > p.y_m) &&
            p.x_m < (v.x_m - u.x_m) * (p.y_m - u.y_m) / (v.y_m - u.y_m) + u.x_m)
            inside = !inside;
    }
    return inside;
}

static bool last_leaves(const struct build *b) {
    const struct qz_stretch *last = &b->g->stretches[b->g->n_stretches - 1];
    for (uint32_t i = 0; i < last->n; i++)
        if (!is_inside(b, b->g->points[last->first + i]))
            return true;
    return false;
}

/* A lane is drawn where nothing is in its way and within the commune; false: it is not. */
static bool draw_lane(struct build *b, uint32_t from, uint32_t to) {
    draw(b, from, to, QZ_ROAD_LANE);
    if (b->g->failed)
        return false;
    bool good = !qz_streets_last_crosses(b->g) && !last_leaves(b);
    if (!good)
        qz_streets_drop_last(b->g);
    return good;
}

static void extend(struct build *b, int spoke, double rho_m, enum qz_road road) {
    uint32_t next = put(b, spoke, rho_m);
    draw(b, b->tip[spoke], next, road);
    b->tip[spoke] = next;
}

/* ---- the streets of the bourg: rings around its place, cut by rays */

struct ring {
    uint32_t n;
    uint32_t at[MOST_IN_RING];
};

static bool in_town(const struct build *b, double turn, double rho_m) {
    double edge = 0.72 + 0.40 * qz_dice_wave(b->s.key + 5, turn * 1.3);
    return rho_m <= fmin(b->s.town_m * edge, farmland * qz_spokes_reach_m(&b->s, turn));
}

static uint32_t house(struct build *b, double turn, double rho_m, double step) {
    double f = turn + step * qz_dice_between(&b->d, -0.24, 0.24);
    double r = rho_m + house_row_m * qz_dice_between(&b->d, -0.27, 0.27);
    bool there = qz_dice_chance(&b->d, 0.93);
    if (!there || !in_town(b, f, r) || !is_inside(b, qz_spokes_point(&b->s, f, r)))
        return nobody;
    return put(b, f, r);
}

static uint32_t on_spoke(struct build *b, int spoke, double rho_m) {
    double r = rho_m + house_row_m * qz_dice_between(&b->d, -0.27, 0.27);
    if (rho_m > b->s.town_m * (is_open(b, spoke) ? 1 : 0.8))
        return nobody;
    extend(b, spoke, r, is_open(b, spoke) ? road_of(b, spoke) : QZ_ROAD_STREET);
    return b->tip[spoke];
}

static void join_ring(struct build *b, const struct ring *inner, const struct ring *ring) {
    uint32_t times = inner->n ? ring->n / inner->n : 1;
    for (uint32_t k = 0; k < ring->n; k++) {
        uint32_t here = ring->at[k], next = ring->at[(k + 1) % ring->n];
        if (here != nobody && next != nobody && qz_dice_chance(&b->d, 0.84))
            draw(b, here, next, QZ_ROAD_STREET);
        if (here == nobody || k % times != 0 || k % (ring->n / QZ_HEX_SIDES) == 0 || inner->n == 0)
            continue;
        uint32_t below = inner->at[k / times];
        if (below != nobody && qz_dice_chance(&b->d, 0.88))
            draw(b, below, here, QZ_ROAD_STREET);
    }
}

static void build_ring(struct build *b, double rho_m, const struct ring *inner, struct ring *ring) {
    ring->n = inner->n ? inner->n : QZ_HEX_SIDES;
    if (2 * 3.141592653589793 * rho_m / ring->n > 185 && 2 * ring->n <= MOST_IN_RING)
        ring->n *= 2;
    uint32_t per_spoke = ring->n / QZ_HEX_SIDES;
    double step = 1.0 / per_spoke;
    for (uint32_t k = 0; k < ring->n; k++)
        ring->at[k] = k % per_spoke == 0 ? on_spoke(b, (int)(k / per_spoke), rho_m)
                                         : house(b, k * step, rho_m, step);
    join_ring(b, inner, ring);
}

static void build_bourg(struct build *b) {
    struct ring rings[2] = { 0 };
    uint32_t place = put(b, 0, 0);
    for (int i = 0; i < QZ_HEX_SIDES; i++)
        b->tip[i] = place;
    double gap_m = house_row_m;
    int k = 0;
    for (double rho_m = 75; rho_m <= b->s.town_m; rho_m += gap_m, gap_m *= 1.025, k ^= 1)
        build_ring(b, rho_m, &rings[k], &rings[k ^ 1]);
    for (int i = 0; i < QZ_HEX_SIDES; i++)
        if (road_of(b, i) <= QZ_ROAD_NATIONAL && b->m->place >= QZ_PLACE_SUBURB)
            b->g->crossings[b->tip[i]].ring = b->tip[i] != place;
}

/* ---- the countryside: crossings on the spokes in a few belts, lanes and hamlets between them */

static double belt_rho_m(const struct build *b, int spoke, double belt) {
    double room_m = fmax(farmland * b->s.reach_m[spoke] - b->s.town_m, 0);
    return b->s.town_m + room_m * (belt + 0.55) / b->n_belts;
}

static void plan_belts(struct build *b) {
    double room_m = INFINITY;
    for (int i = 0; i < QZ_HEX_SIDES; i++)
        room_m = fmin(room_m, farmland * b->s.reach_m[i] - b->s.town_m);
    b->n_belts = room_m < 350 ? 0 : (int)fmin(fmax(round(room_m / 560), 1), MOST_BELTS);
    bool anchor[QZ_HEX_SIDES] = { false };
    for (int i = 0; b->n_belts > 0 && i < QZ_HEX_SIDES; i++) {
        int by = qz_dice_chance(&b->d, 0.5) ? 1 : -1;
        int to = (i + by + QZ_HEX_SIDES) % QZ_HEX_SIDES;
        bool apart = b->m->interchange && (i == b->motorway || to == b->motorway);
        if (b->m->way[i] != QZ_WAY_LOCAL || !is_open(b, to) || anchor[i] || b->joins[to] || apart ||
            !qz_dice_chance(&b->d, 0.5))
            continue;
        b->joins[i] = by;
        anchor[to] = true;
    }
}

static void mark_bridge(struct build *b, bool bridge) { /* the last stretch */
    if (!b->g->failed)
        b->g->stretches[b->g->n_stretches - 1].bridge = bridge;
}

static void build_interchange(struct build *b) {
    int i = b->motorway;
    enum qz_road road = road_of(b, i);
    double rho_m = qz_motorway_rho_m(b->c, b->commune, &b->s);
    extend(b, i, rho_m - interchange_m, road);
    b->near = b->tip[i];
    extend(b, i, rho_m + interchange_m, road);
    b->far = b->tip[i];
    mark_bridge(b, true);
    b->g->crossings[b->near].ring = b->g->crossings[b->far].ring = qz_dice_chance(&b->d, 0.6);
}

static void build_spoke(struct build *b, int i) {
    bool open = is_open(b, i);
    for (int belt = 0; belt < b->n_belts; belt++) {
        double jitter = qz_dice_between(&b->d, -0.13, 0.13);
        bool needed = open && belt == 0;
        if (!qz_dice_chance(&b->d, open ? 0.82 : 0.62) && !needed)
            continue;
        uint32_t at = put(b, i, belt_rho_m(b, i, belt + jitter));
        bool detached = belt == 0 && b->joins[i] != 0;
        if (open && !detached)
            draw(b, b->tip[i], at, road_of(b, i));
        else if (!open && qz_dice_chance(&b->d, 0.55))
            draw_lane(b, b->tip[i], at);
        b->tip[i] = b->belt[belt][i] = at;
    }
}

static void build_gate(struct build *b, int i) {
    bool port = b->m->way[i] == QZ_WAY_PORT;
    double rho_m = b->s.reach_m[i];
    struct qz_xy at = port ? qz_streets_port(&b->s, i) : b->s.gate[i];
    uint32_t gate = qz_streets_crossing(b->g, at, i, port ? 0.97 * rho_m : rho_m);
    draw(b, b->tip[i], gate, road_of(b, i));
    b->tip[i] = gate;
    uint32_t other = b->m->beyond[i];
    mark_bridge(b, other != QZ_NOWHERE && b->c->communes[other].bank != b->m->bank);
}

static void build_spokes(struct build *b) {
    for (int i = 0; i < QZ_HEX_SIDES; i++) {
        if (b->m->interchange && i == b->motorway)
            build_interchange(b);
        else
            build_spoke(b, i);
        if (is_open(b, i))
            build_gate(b, i);
    }
    for (int belt = 0; belt < b->n_belts; belt++)
        b->belt[belt][QZ_HEX_SIDES] = b->belt[belt][0];
}

/* Farms and a few houses around a place between two spokes. */
static void build_hamlet(struct build *b, uint32_t from, double turn, double rho_m) {
    int i = (int)turn % QZ_HEX_SIDES;
    double width_m = rho_m * (b->s.angle_rad[i + 1] - b->s.angle_rad[i]);
    uint32_t middle = put(b, turn, rho_m), before = nobody;
    if (!draw_lane(b, from, middle))
        return;
    static const double side[4][2] = { { 1, 0.25 }, { 0.1, 1 }, { -1, -0.1 }, { -0.2, -1 } };
    for (int k = 0; k < 4; k++) {
        double far_m = qz_dice_between(&b->d, 60, 150);
        if (!qz_dice_chance(&b->d, 0.62))
            continue;
        double f = turn + fmin(fmax(side[k][0] * far_m / width_m, -0.16), 0.16);
        uint32_t at = put(b, f, rho_m + 0.8 * side[k][1] * far_m);
        if (!draw_lane(b, middle, at))
            continue;
        if (before != nobody && qz_dice_chance(&b->d, 0.16))
            draw_lane(b, before, at);
        before = at;
    }
}

static bool must_join(const struct build *b, int i) {
    return b->joins[i] == 1 || b->joins[(i + 1) % QZ_HEX_SIDES] == -1;
}

static void build_wedge(struct build *b, int i, int belt) {
    uint32_t here = b->belt[belt][i], next = b->belt[belt][i + 1];
    bool both = here != nobody && next != nobody;
    if (both && belt == 0 && must_join(b, i))
        draw(b, here, next, QZ_ROAD_LOCAL);
    else if (both && qz_dice_chance(&b->d, 0.36))
        draw_lane(b, here, next);
    bool quiet = b->m->motorway && (i == b->motorway || i == (b->motorway + 5) % QZ_HEX_SIDES);
    double busy = b->m->upland > 0 ? 0.42 : 0.56;
    if (quiet || !qz_dice_chance(&b->d, busy))
        return;
    uint32_t from = here != nobody && (next == nobody || qz_dice_chance(&b->d, 0.5)) ? here : next;
    if (from == nobody)
        return;
    double f = qz_dice_between(&b->d, 0.34, 0.66);
    double above = belt + qz_dice_between(&b->d, 0.42, 0.56);
    if (above > b->n_belts - 0.5)
        above = b->n_belts - 0.5;
    double rho_m = (1 - f) * belt_rho_m(b, i, above) +
                   f * belt_rho_m(b, (i + 1) % QZ_HEX_SIDES, above);
    build_hamlet(b, from, i + f, rho_m);
}

static void build_country(struct build *b) {
    for (int belt = 0; belt < b->n_belts; belt++)
        for (int i = 0; i < QZ_HEX_SIDES; i++)
            build_wedge(b, i, belt);
}

struct qz_xy qz_streets_port(const struct qz_spokes *s, int side) {
    return qz_spokes_point(s, side, 0.97 * s->reach_m[side]);
}

static void build_ferry(struct build *b) {
    if (b->m->ferry == QZ_NOWHERE || b->m->island)
        return;
    const struct qz_commune *other = &b->c->communes[b->m->ferry];
    struct qz_spokes s;
    qz_spokes_of(b->c, b->m->ferry, &s);
    struct qz_xy far = qz_streets_port(&s, other->port),
                 near = b->g->crossings[b->tip[b->m->port]].at;
    uint32_t landing = qz_streets_crossing(b->g, far, b->m->port, 2 * b->s.reach_m[b->m->port]);
    if (!qz_streets_add(b->g, b->tip[b->m->port], landing, QZ_ROAD_FERRY))
        return;
    qz_streets_point(b->g, near);
    for (int i = 1; i < 6; i++) {
        double t = i / 6.0;
        struct qz_xy p = { near.x_m + t * (far.x_m - near.x_m),
                           near.y_m + t * (far.y_m - near.y_m) + 900 * t * (1 - t) };
        qz_streets_point(b->g, qz_hex_round(p));
    }
    qz_streets_point(b->g, far);
}

/* ---- what is not joined to the bourg is dropped */

static uint32_t root(uint32_t *up, uint32_t i) {
    while (up[i] != i)
        i = up[i] = up[up[i]];
    return i;
}

static bool is_oneway(uint8_t road) { return road == QZ_ROAD_MOTORWAY || road == QZ_ROAD_SLIP; }

static int keep_joined(struct qz_ctx *ctx, struct qz_streets *g) {
    qz_cleanup(qz_freep) uint32_t *up = qz_malloc(g->n_crossings, sizeof *up);
    if (!up)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < g->n_crossings; i++)
        up[i] = i;
    for (int pass = 0; pass < 2; pass++) /* main roads first: they are never the loop */
        for (size_t k = 0; k < g->n_stretches; k++) {
            struct qz_stretch *e = &g->stretches[k];
            if (is_oneway(e->road) || (e->road <= QZ_ROAD_LOCAL) != (pass == 0))
                continue;
            uint32_t a = root(up, e->from), b = root(up, e->to);
            e->loop = a == b;
            up[a] = b;
        }
    for (size_t k = 0; k < g->n_stretches; k++) {
        struct qz_stretch *e = &g->stretches[k];
        e->kept = e->n > 1 && (is_oneway(e->road) || root(up, e->from) == root(up, 0));
    }
    return 0;
}

static void find_limits(struct build *b) {
    struct qz_side side;
    for (int i = 0; i < QZ_HEX_SIDES; i++) {
        qz_country_side(b->c, b->commune, i, &side);
        for (uint32_t k = 0; k + 1 < side.n; k++)
            b->limits[b->n_limits++] = side.points[k];
    }
}

int qz_streets_make(struct qz_ctx *ctx, const struct qz_country *c, uint32_t commune,
                    struct qz_streets *ret) {
    int r = qz_streets_clear(ctx, ret);
    if (r < 0)
        return r;
    struct build b = { .c = c, .m = &c->communes[commune], .commune = commune, .g = ret };
    b.d = qz_dice_of(b.m->key, PURPOSE_STREETS);
    b.near = b.far = nobody;
    for (int belt = 0; belt < MOST_BELTS; belt++)
        for (int i = 0; i <= QZ_HEX_SIDES; i++)
            b.belt[belt][i] = nobody;
    qz_spokes_of(c, commune, &b.s);
    b.motorway = b.m->motorway ? qz_motorway_spoke(c, commune) : 0;
    find_limits(&b);
    build_bourg(&b);
    plan_belts(&b);
    build_spokes(&b);
    build_country(&b);
    build_ferry(&b);
    if (b.m->motorway)
        qz_motorway_build(c, commune, &b.s, b.near, b.far, ret);
    if (ret->failed)
        return qz_fail_nomem(ctx);
    r = keep_joined(ctx, ret);
    if (r < 0)
        return r;
    qz_rings_open(ret);
    return ret->failed ? qz_fail_nomem(ctx) : 0;
}
