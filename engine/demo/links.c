/* engine/demo/links.c - which bourgs are joined, and by what kind of road. */
#include <math.h>
#include "demo/country.h"
#include "demo/dice.h"
#include "demo/spread.h"

enum { PURPOSE_OPEN = 31, PURPOSE_COST, PURPOSE_RANK };

static bool is_barrier(const struct qz_commune *a, const struct qz_commune *b) {
    return a->bank != b->bank || a->slope != b->slope;
}

static void set_way(struct qz_country *c, uint32_t i, int side, enum qz_way way) {
    struct qz_commune *m = &c->communes[i];
    m->way[side] = (uint8_t)way;
    c->communes[m->beyond[side]].way[(side + 3) % QZ_HEX_SIDES] = (uint8_t)way;
}

static void raise_way(struct qz_country *c, uint32_t i, int side, enum qz_way way) {
    if (c->communes[i].way[side] < way)
        set_way(c, i, side, way);
}

/* Bridges are at towns and a few other places, passes rarer still; else most neighbours are joined.
 */
static bool is_open(const struct qz_country *c, uint32_t i, uint32_t j) {
    const struct qz_commune *a = &c->communes[i], *b = &c->communes[j];
    double luck = qz_country_pair(c, i, j, PURPOSE_OPEN);
    if (a->slope != b->slope)
        return luck < 0.09;
    if (a->bank != b->bank)
        return luck < (a->place >= QZ_PLACE_TOWN || b->place >= QZ_PLACE_TOWN ? 0.70 : 0.13);
    return luck < 0.86;
}

static void open_first(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++)
        for (int side = 0; side < QZ_HEX_SIDES; side++) {
            uint32_t j = c->communes[i].beyond[side];
            if (j != QZ_NOWHERE && i < j)
                set_way(c, i, side, is_open(c, i, j) ? QZ_WAY_LOCAL : QZ_WAY_CLOSED);
        }
    for (uint32_t i = 0; i < c->n; i++)
        if (c->communes[i].ferry != QZ_NOWHERE)
            c->communes[i].way[c->communes[i].port] = QZ_WAY_PORT;
}

static uint32_t root(uint32_t *up, uint32_t i) {
    while (up[i] != i)
        i = up[i] = up[up[i]];
    return i;
}

/* Opens closed limits until all land holds together: easy ones first, then bridges and passes. */
static int join_all(struct qz_ctx *ctx, struct qz_country *c) {
    qz_cleanup(qz_freep) uint32_t *up = qz_malloc(c->n, sizeof *up);
    if (!up)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < c->n; i++)
        up[i] = i;
    for (int pass = 0; pass < 3; pass++)
        for (uint32_t i = 0; i < c->n; i++)
            for (int side = 0; side < QZ_HEX_SIDES; side++) {
                uint32_t j = c->communes[i].beyond[side];
                if (j == QZ_NOWHERE || root(up, i) == root(up, j))
                    continue;
                bool open = c->communes[i].way[side] != QZ_WAY_CLOSED;
                bool barrier = is_barrier(&c->communes[i], &c->communes[j]);
                if (!open && (pass == 0 || (pass == 1 && barrier)))
                    continue;
                if (!open)
                    set_way(c, i, side, QZ_WAY_LOCAL);
                up[root(up, i)] = root(up, j);
            }
    return 0;
}

static double road_cost(const struct qz_country *c, uint32_t i, uint32_t j, uint8_t way) {
    if (way == QZ_WAY_PORT)
        return 3;
    if (way < QZ_WAY_PORT)
        return -1;
    double hard = is_barrier(&c->communes[i], &c->communes[j]) ? 0.4 : 0;
    double used = way > QZ_WAY_LOCAL ? -0.35 : 0; /* roads gather */
    return 1 + hard + used + 0.35 * qz_country_pair(c, i, j, PURPOSE_COST) +
           0.3 * (double)c->communes[j].upland;
}

static bool is_town(const struct qz_commune *m) { return m->place >= QZ_PLACE_TOWN; }
static bool is_centre(const struct qz_commune *m) { return m->place >= QZ_PLACE_CENTRE; }

struct meeting { /* of the lands of two seats */
    uint32_t seat, other;
    double cost;
    uint32_t commune;
    int side;
};

static int by_seats(const void *a, const void *b) {
    const struct meeting *x = a, *y = b;
    if (x->seat != y->seat)
        return x->seat < y->seat ? -1 : 1;
    if (x->other != y->other)
        return x->other < y->other ? -1 : 1;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return x->commune < y->commune ? -1 : x->commune > y->commune ? 1 : x->side - y->side;
}

static size_t find_meetings(const struct qz_country *c, const struct qz_spread *g,
                            struct meeting *ret) {
    size_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        for (int side = 0; side < QZ_HEX_SIDES; side++) {
            uint32_t j = c->communes[i].beyond[side];
            if (j == QZ_NOWHERE || c->communes[i].way[side] < QZ_WAY_LOCAL ||
                g->seat[i] == QZ_NOWHERE || g->seat[i] >= g->seat[j])
                continue;
            double step = road_cost(c, i, j, c->communes[i].way[side]);
            ret[n++] = (struct meeting) { g->seat[i], g->seat[j], g->cost[i] + step + g->cost[j], i,
                                          side };
        }
    qsort(ret, n, sizeof *ret, by_seats);
    return n;
}

static void raise_back(struct qz_country *c, const struct qz_spread *g, uint32_t i,
                       enum qz_way way) {
    while (g->back[i] != QZ_SPREAD_ROOT) {
        int side = g->back[i];
        if (side != QZ_SPREAD_FERRY)
            raise_way(c, i, side, way);
        i = qz_spread_beyond(&c->communes[i], side);
    }
}

/* National between the capital and its towns and between some towns; departemental else. */
static enum qz_way rank_of(const struct qz_country *c, const struct meeting *m) {
    int best = c->communes[m->seat].place, other = c->communes[m->other].place;
    if (other > best)
        best = other;
    bool towns = is_town(&c->communes[m->seat]) && is_town(&c->communes[m->other]);
    bool near = m->cost < 11;
    if (towns && near &&
        (best == QZ_PLACE_CAPITAL || qz_country_pair(c, m->seat, m->other, PURPOSE_RANK) < 0.3))
        return QZ_WAY_NATIONAL;
    return QZ_WAY_DEPT;
}

/* Roads between all seats whose lands touch, along the cheapest way. */
static int join_seats(struct qz_ctx *ctx, struct qz_country *c, qz_spread_seat is_seat) {
    qz_cleanup(qz_spread_done) struct qz_spread g = { 0 };
    qz_cleanup(qz_freep) struct meeting *meetings = qz_malloc(c->n * QZ_HEX_SIDES / 2 + 1,
                                                              sizeof *meetings);
    if (!meetings)
        return qz_fail_nomem(ctx);
    int r = qz_spread_new(ctx, c, is_seat, road_cost, &g);
    if (r < 0)
        return r;
    size_t n = find_meetings(c, &g, meetings);
    for (size_t k = 0; k < n; k++) {
        const struct meeting *m = &meetings[k];
        if (k > 0 && m->seat == m[-1].seat && m->other == m[-1].other)
            continue;
        enum qz_way way = rank_of(c, m);
        raise_way(c, m->commune, m->side, way);
        raise_back(c, &g, m->commune, way);
        raise_back(c, &g, c->communes[m->commune].beyond[m->side], way);
    }
    return 0;
}

/* The last kilometres to a capital have two carriageways. */
static void widen(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++)
        for (int side = 0; side < QZ_HEX_SIDES; side++)
            if (c->communes[i].place == QZ_PLACE_CAPITAL &&
                c->communes[i].way[side] == QZ_WAY_NATIONAL)
                set_way(c, i, side, QZ_WAY_DUAL);
}

int qz_links_choose(struct qz_ctx *ctx, struct qz_country *c) {
    open_first(c);
    int r = join_all(ctx, c);
    if (r < 0 || (r = join_seats(ctx, c, is_town)) < 0 || (r = join_seats(ctx, c, is_centre)) < 0)
        return r;
    widen(c);
    return 0;
}
