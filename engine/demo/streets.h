/* engine/demo/streets.h - the roads of one commune, as a small plane graph that is made, written
 * and forgotten. Lines meet only at crossings; motorways pass over the rest. */
#pragma once
#include "demo/spokes.h"

enum qz_road {
    QZ_ROAD_MOTORWAY,
    QZ_ROAD_SLIP,
    QZ_ROAD_DUAL,
    QZ_ROAD_NATIONAL,
    QZ_ROAD_DEPT,
    QZ_ROAD_LOCAL, /* all before here lead somewhere else */
    QZ_ROAD_STREET,
    QZ_ROAD_LANE,
    QZ_ROAD_RING, /* a roundabout */
    QZ_ROAD_FERRY,
    QZ_N_ROADS,
};

struct qz_crossing {
    struct qz_xy at;
    double turn, rho_m;
    bool ring; /* to become a roundabout */
};

struct qz_stretch {
    uint32_t from, to; /* crossings */
    uint32_t first, n; /* its points */
    uint8_t road;      /* enum qz_road */
    bool kept;         /* joined to the bourg, or one of the one-way ones */
    bool loop;         /* the bourg is reached without it */
    bool town, bridge; /* among the houses; over a river, a road or under one */
};

struct qz_streets {
    struct qz_crossing *crossings;
    struct qz_stretch *stretches;
    struct qz_xy *points;
    size_t n_crossings, n_stretches, n_points;
    size_t cap_crossings, cap_stretches, cap_points;
    bool failed; /* memory ended: what is there is incomplete */
};

/* Replaces what `ret` held; init with {0}. QZ_E_NOMEM. */
int qz_streets_make(struct qz_ctx *ctx, const struct qz_country *c, uint32_t commune,
                    struct qz_streets *ret);
void qz_streets_done(struct qz_streets *g);

/* Empties it, with room for a first crossing and stretch, so that index 0 can always be read. */
int qz_streets_clear(struct qz_ctx *ctx, struct qz_streets *g);
/* Builders, for the files that add to a commune's streets. They note failure in g->failed. */
uint32_t qz_streets_crossing(struct qz_streets *g, struct qz_xy at, double turn, double rho_m);
struct qz_stretch *qz_streets_add(struct qz_streets *g, uint32_t from, uint32_t to,
                                  enum qz_road road);        /* NULL: failed; give it points next */
void qz_streets_point(struct qz_streets *g, struct qz_xy p); /* of the last stretch */

bool qz_streets_last_crosses(const struct qz_streets *g); /* the last stretch, another one */
void qz_streets_drop_last(struct qz_streets *g);

/* Where the ferry lands. */
struct qz_xy qz_streets_port(const struct qz_spokes *s, int side);
/* The carriageways of the commune's motorway; crossings of the slip roads when near, far are given.
 */
void qz_motorway_build(const struct qz_country *c, uint32_t commune, const struct qz_spokes *s,
                       uint32_t near, uint32_t far, struct qz_streets *g);
/* The spoke that the motorway passes over, east or west, and how far from the bourg. */
int qz_motorway_spoke(const struct qz_country *c, uint32_t commune);
double qz_motorway_rho_m(const struct qz_country *c, uint32_t commune, const struct qz_spokes *s);
/* Opens the crossings marked `ring` into one-way circles. */
void qz_rings_open(struct qz_streets *g);
