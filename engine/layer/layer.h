/* engine/layer/layer.h - results into the tables of the output: names are a contract, French for
 * people. */
#pragma once
#include "geo/geo.h"
#include "quinze/access.h"
#include "quinze/zone.h"
#include "source/source.h"
#include "travel/travel.h"

/* ---- what the layers draw from; everything is borrowed */
struct qz_counted { /* of a profession at an outlook; by level (0: communes), place */
    struct qz_tally **tally;
    struct qz_reach **band_reach; /* band * places + place */
    struct qz_minutes **minutes;
    struct qz_group_reach ***groups; /* by group first */
};
struct qz_profession_results {
    const char *key;          /* "gp": prefix of the columns */
    const char *label;        /* "médecin généraliste" */
    const char *label_plural; /* "médecins généralistes" */
    const char *scope;        /* who is counted; "" when nobody said */
    uint32_t threshold_min;   /* people are served within it, cut-off included */
    bool is_place;            /* its heads are places, no people */
    bool has_fte;             /* some site states its FTE */
    bool has_age;             /* some age is known */
    bool has_second, has_score;
    bool in_consultations;  /* the score's unit; else FTE */
    const char *score_unit; /* French */
    double score_scale;     /* from supply per inhabitant to that unit */
    /* By outlook: today, then each horizon with unknown ages gone, and with them staying: the same
     * arrays where none is unknown. */
    const struct qz_counted *counted;
    uint8_t **masked; /* by level, place: heads that must not be told; NULL: none */
    /* by home, today */
    const uint32_t *home_ms, *home_second_ms;
    const double *home_score;
    /* by commune, of its homes: minutes of the mean, the site most are nearest to (number in
     * sites) */
    const uint32_t *time_ms, *nearest;
    struct qz_reach **band_reach;       /* by level, band * places + place */
    struct qz_minutes **minutes;        /* by level, place */
    const struct qz_shapes *coverage;   /* a shape a band */
    const double *coverage_people;      /* by band */
    const struct qz_shapes *catchments; /* a shape an open site; its number in sites; its people */
    const uint32_t *catchment_site;
    const double *catchment_people;
    const struct qz_tally *whole; /* today, of the whole territory: what a shortfall is against */
};
struct qz_group_results { /* people counted apart */
    const char *key, *label;
    bool in_households;
};

struct qz_table_results {       /* numbers that the plan's tables give */
    const char *key, *label;    /* French, with the unit */
    const double *const *value; /* by level, place; NAN: not known */
};
struct qz_overlay_results {
    const char *key, *label;
    const double *const *share_of; /* by level, place: of its people; NAN: nobody lives there */
    const double *share;     /* by commune: of its people, else of its ground, in the overlay */
    const char *const *what; /* "FRR", "oui", "en partie"; "": not in it */
};

/* ---- zones of all kinds, and what ranks them */
struct qz_term_results {
    const char *key, *label, *unit; /* French */
    int decimals;
    double weight, good, bad; /* values of no need at all, and of the greatest */
    double *value, *need;     /* of each thing that is ranked; NAN: not known */
};
struct qz_score_results {
    size_t n, n_terms; /* things */
    struct qz_term_results terms[QZ_TERMS_MOST];
    struct qz_rank *rank; /* of each thing; NULL: nothing is ranked */
};
struct qz_zone_row {
    const char *id, *code, *name; /* of a territory, "" */
    size_t place;                 /* at the set's level, and in its shapes */
    size_t thing;                 /* in the set's score */
    uint32_t seat;                /* commune; QZ_NOWHERE: none */
    double n_communes, people;
    double structured, missing;      /* professionals; NAN: not of this kind */
    double beyond_now, beyond_after; /* people; NAN */
    uint32_t longest_ms;             /* to the seat; QZ_UNREACHED_MS: not of this kind */
    int8_t class;                    /* enum qz_zonage_class; -1: not of this kind */
    double class_share;              /* of the people, that are in it: a unit may be split */
    unsigned colour;                 /* of areas, from 0: neighbours differ */
    const char *reasons;             /* French */
};
struct qz_zone_set {
    const char *kind; /* three15, area, zonage, threat, service */
    size_t n;
    struct qz_zone_row *rows; /* by rank */
    const struct qz_profession_results *professions;
    size_t level; /* of `place` in their tallies */
    const struct qz_shapes *shapes;
    const double *const *table_value;     /* by table, place */
    const double *const *overlay_share;   /* by overlay, place */
    const struct qz_score_results *score; /* NULL: not ranked */
    bool has_objective;
    double objective, bound; /* of the whole set */
};
struct qz_site_figures { /* of a proposed site */
    uint32_t commune;
    uint32_t opening;                                            /* 1: opens first */
    const char *care_at_seat, *overlays;                         /* French lists; "" */
    double people_15min, badly_served_now, badly_served_horizon; /* within the limit */
    double gained;                     /* of the demand, by this site alone among those proposed */
    double added;                      /* of it, what those that open before do not gain */
    double served;                     /* of the demand, nearest to it */
    double heads_leaving, fte_leaving; /* of the first profession within the limit, until the
                                          horizon; NAN: not known */
    double structures; /* coordinated ones, open or announced, within the limit; NAN: not known */
    const char *reasons;
};
struct qz_siting_results {
    const char *model; /* the plan's word */
    uint32_t limit_ms;
    size_t n;
    struct qz_site_figures *items; /* by rank */
    struct qz_score_results score; /* things in the order of opening */
    double objective, bound, gap_ratio;
    double demand_total, demand_served_before, demand_served_after;
};

struct qz_provenance_row { /* texts "" where they do not apply */
    const char *kind, *name, *value, *sha256, *crs, *vintage, *licence;
    bool has_rows;
    size_t rows, rejected, excluded;
};

struct qz_results {
    bool sites_only; /* nothing was drawn, and the long table is left out */
    const struct qz_crs *crs;
    const char *territory, *date;
    bool closed;         /* nothing matters beyond the edge: no commune suffers from it */
    struct qz_xy middle; /* of the territory: where what has no place of its own is shown */
    const struct qz_communes *communes;
    const struct qz_people *people;
    const struct qz_points *points;
    const struct qz_homes *homes;
    const struct qz_cells *cells; /* NULL: none */
    const double *home_people;
    double origins_from; /* people of a commune whose cells are told one by one */
    const struct qz_stop *home_stops;
    const double *home_factor; /* by commune: what its cells were multiplied by */
    const struct qz_sites *sites;
    const struct qz_stop *stops;         /* by site */
    const struct qz_stop *commune_stops; /* of the communes' points */
    const double *site_people;           /* within 15 min of each site */
    const double *site_served;           /* within the threshold of its profession */
    const struct qz_levels *levels;
    const struct qz_shapes *const *level_shapes;
    size_t n_professions;
    const struct qz_profession_results *professions;
    size_t n_groups;
    const struct qz_group_results *groups;
    size_t n_years; /* horizons: none where no age is known */
    const uint32_t *years;
    bool standardised;          /* demand differs from people */
    const uint8_t *edge_effect; /* by commune; NULL: not asked for */
    /* of the long table, of the layer of origins; made by qz_layers_write */
    const struct qz_series_lists *series;
    const struct qz_told_origins *origins_told;
    const char *basis;  /* cells, points or mixed: where people are counted */
    size_t levels_told; /* in the long table: levels from this one on; 0: communes too */
    size_t n_bands;
    const uint32_t *band_ms;
    size_t n_isochrones;                       /* sites drawn one by one */
    const uint32_t *isochrone_site;            /* of each */
    const struct qz_shapes *const *isochrones; /* of each: a shape a band */
    const double *const *isochrone_people;     /* of each, by band */
    size_t n_tables, n_overlays;
    const struct qz_table_results *tables;
    const struct qz_overlay_results *overlays;
    const int8_t *official; /* by commune: enum qz_zonage_class in force, -1; NULL: not given */
    size_t n_disagreements;
    const uint32_t *disagreements; /* communes where both are known and differ */
    const int8_t *simulated;       /* likewise; NULL: no simulation */
    const uint32_t *unit_of;       /* by commune: row of the set zonage that it is in */
    const struct qz_zones *zones;  /* three15 */
    uint32_t zone_limit_ms;
    double zone_people_min, zone_people_max;
    size_t n_sets;
    const struct qz_zone_set *sets;
    const char *const *zone_id,
        *const *area_id;       /* by commune; NULL: in none; area_id NULL: no areas */
    const uint32_t *site_rank; /* by commune: of the proposed site that serves it, 0; NULL */
    const struct qz_siting_results *siting; /* NULL: no site is proposed */
    bool structures_known;                  /* some source states structures */
    const struct qz_issues *issues;
    size_t n_provenance;
    const struct qz_provenance_row *provenance;
};

/* Status of a commune in the output. */
const char *qz_commune_status(const struct qz_results *r, size_t commune);
/* Writes every layer with its default style. path, overwrite as qz_writer_open. */
int qz_layers_write(struct qz_ctx *ctx, const struct qz_results *results, const char *path,
                    bool overwrite);
