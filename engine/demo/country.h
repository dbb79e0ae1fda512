/* engine/demo/country.h - the communes: where they are, what separates and joins them, who lives
 * there. All that is kept in memory; polygons, streets and people are made from it when written. */
#pragma once
#include "demo/hex.h"
#include "demo/terrain.h"

enum qz_place_kind {
    QZ_PLACE_VILLAGE,
    QZ_PLACE_SUBURB,
    QZ_PLACE_CENTRE,
    QZ_PLACE_TOWN,
    QZ_PLACE_CAPITAL
};

/* What leaves a bourg through a side of its commune. */
enum qz_way {
    QZ_WAY_NONE,   /* no commune beyond */
    QZ_WAY_CLOSED, /* a neighbour, but no road to it */
    QZ_WAY_PORT,   /* the sea, and the ferry's jetty */
    QZ_WAY_LOCAL,  /* every road from here on */
    QZ_WAY_DEPT,
    QZ_WAY_NATIONAL,
    QZ_WAY_DUAL,
};

enum qz_area { QZ_AREA_DEP, QZ_AREA_TVS, QZ_AREA_EPCI, QZ_AREA_BASIN, QZ_N_AREAS };

struct qz_commune {
    struct qz_hex hex;
    uint64_t key;                  /* of all its dice */
    struct qz_xy bourg;            /* the place in front of the town hall */
    uint32_t beyond[QZ_HEX_SIDES]; /* neighbours, QZ_NOWHERE: none */
    uint8_t way[QZ_HEX_SIDES];     /* enum qz_way */
    uint32_t ferry;                /* the commune at the other end, QZ_NOWHERE: none */
    uint8_t port;                  /* side of the jetty when there is a ferry */
    uint8_t place;                 /* enum qz_place_kind */
    bool island, motorway, interchange;
    bool seat;           /* seat of a territoire de vie-sante */
    int16_t bank, slope; /* see terrain.h */
    float upland;        /* 0 .. 1 */
    uint32_t people;
    uint32_t area[QZ_N_AREAS]; /* communes that are the seats of its territories */
    char insee[6];
    char name[64];
};

struct qz_country {
    uint64_t seed;
    struct qz_hex_map map;
    struct qz_terrain terrain;
    size_t n;
    struct qz_commune *communes;
    uint32_t *order; /* communes by rising insee code */
    uint32_t *cells; /* (2 * radius + 1)^2: commune at a hexagon, or QZ_NOWHERE */
    int32_t radius;
};

/* Makes everything but streets. Gives *ret, to be freed. QZ_E_NOMEM, QZ_E_CANCELLED. */
int qz_country_new(struct qz_ctx *ctx, uint32_t n_communes, uint64_t seed, struct qz_country **ret);
struct qz_country *qz_country_free(struct qz_country *c);
void qz_country_freep(struct qz_country **c);

/* Index of the cell of a hexagon in `cells`; SIZE_MAX: outside of them. */
size_t qz_country_cell(const struct qz_country *c, struct qz_hex h);
uint32_t qz_country_at(const struct qz_country *c, struct qz_hex h); /* QZ_NOWHERE: no commune */
struct qz_xy qz_country_corner(const struct qz_country *c, uint32_t i, int corner);
/* The side of commune i; shores are rougher than other limits. */
void qz_country_side(const struct qz_country *c, uint32_t i, int side, struct qz_side *ret);
/* The same number for both of two communes, from the seed. */
double qz_country_pair(const struct qz_country *c, uint32_t i, uint32_t j, uint64_t purpose);

/* The steps of qz_country_new, in order; each has its file. */
int qz_land_claim(struct qz_ctx *ctx, struct qz_country *c);   /* communes, islands, neighbours */
void qz_settle_places(struct qz_country *c);                   /* towns, seats, motorways */
void qz_settle_people(struct qz_country *c);                   /* inhabitants */
int qz_links_choose(struct qz_ctx *ctx, struct qz_country *c); /* ways between bourgs */
int qz_share_territories(struct qz_ctx *ctx, struct qz_country *c); /* departement, TVS, EPCI */
int qz_names_give(struct qz_ctx *ctx, struct qz_country *c);        /* names, codes, order */
