/* engine/run/run.h - the state of a run, stage by stage. Each stage's result is immutable once
 * made. */
#pragma once
#include "layer/layer.h"
#include "layer/figures.h"
#include "plan/plan.h"
#include "quinze/locate.h"
#include "quinze/run.h"
#include "surface/surface.h"

/* ---- keys: what a result depends on, hashed */
enum { QZ_KEY_BYTES = 32 };
struct qz_key {
    uint8_t bytes[QZ_KEY_BYTES];
};
struct qz_hash; /* a hash under way */
struct qz_hash *qz_hash_new(void);
void qz_hash_bytes(struct qz_hash *h, const void *bytes, size_t n);
void qz_hash_text(struct qz_hash *h,
                  const char *text); /* with its end, so that "ab","c" differs from "a","bc" */
void qz_hash_number(struct qz_hash *h, double value);
struct qz_key qz_hash_end(struct qz_hash *h); /* frees it */
void qz_key_hex(const struct qz_key *key, char hex[65]);
/* SHA-256 of a file's content; a Shapefile's five files together. */
int qz_key_of_file(struct qz_ctx *ctx, const char *path, struct qz_key *ret);

/* ---- stages, in the order they run */
enum qz_stage_id {
    QZ_STAGE_AREA, /* communes and the working system */
    QZ_STAGE_CRS,
    QZ_STAGE_GROUND,    /* what people walk over off the roads */
    QZ_STAGE_MOVEMENTS, /* codes of communes over the years */
    QZ_STAGE_PEOPLE,
    QZ_STAGE_AGES,   /* people by age */
    QZ_STAGE_GROUPS, /* people counted apart */
    QZ_STAGE_CELLS,  /* the population grid, where one is given */
    QZ_STAGE_ROADS,
    QZ_STAGE_PLACES, /* density and slope of each road, where the speed table asks for them */
    QZ_STAGE_NETWORK,
    QZ_STAGE_COVER, /* communes and departements without a road */
    QZ_STAGE_POINTS,
    QZ_STAGE_SITES, /* a part a profession */
    QZ_STAGE_HOMES, /* where people are counted: cells, else the communes' points */
    QZ_STAGE_HOME_PEOPLE,
    QZ_STAGE_LEVELS,
    QZ_STAGE_OVERLAYS, /* a part an overlay */
    QZ_STAGE_TABLES,   /* a part a table of numbers */
    QZ_STAGE_OFFICIAL, /* the class in force */
    QZ_STAGE_OUTLOOKS, /* practitioners today and at the horizons: a part a profession */
    QZ_STAGE_ORIGINS,  /* communes' points on the network */
    QZ_STAGE_HOME_STOPS,
    QZ_STAGE_STOPS,   /* sites on the network */
    QZ_STAGE_LINKS,   /* a part a site: who reaches it, within what its profession asks for */
    QZ_STAGE_NEAREST, /* a part a profession */
    QZ_STAGE_REACHED, /* a part a site: the people who reach it */
    QZ_STAGE_SCORES,  /* a part a profession */
    QZ_STAGE_EDGE,    /* communes whose figures hang on what lies beyond the inputs */
    QZ_STAGE_COUNTS,  /* everything, by commune and territory: a part a profession */
    QZ_STAGE_LAND,
    QZ_STAGE_ISOCHRONES, /* a part a drawn site */
    QZ_STAGE_COVERAGE,   /* and catchments: a part a profession */
    QZ_STAGE_OUTLINES,   /* of territories: a part a level */
    QZ_STAGE_CANDIDATES, /* the communes that can hold a seat */
    QZ_STAGE_NEIGHBOURS,
    QZ_STAGE_SEATS, /* a part a commune: who reaches it */
    QZ_STAGE_ZONES,
    QZ_STAGE_AFTER,      /* a part a zone: people whom a pole at its seat leaves too far */
    QZ_STAGE_AREA_LINKS, /* a part a commune: who reaches it, farther */
    QZ_STAGE_AREAS,
    QZ_STAGE_CANDIDATE_LINKS, /* a part a commune: the homes that reach it, if it can hold a site */
    QZ_STAGE_SITING,
    QZ_STAGE_SETS, /* zones of all kinds, counted, ranked and told: a part a kind */
    QZ_N_STAGES
};

struct qz_input_file { /* one file that was read */
    const char *name;  /* section of the plan */
    const struct qz_plan_input *in;
    const char *path;  /* of several with the same `in`, this one */
    struct qz_key key; /* of its content */
    bool hashed;
    struct qz_input_report report;
};

/* ---- the ground of files, for the tool and for the stage */
struct qz_ground { /* a surface being made; init with {0} */
    const struct qz_ground_params *params;
    struct qz_issues *issues;
    struct qz_crs *crs; /* of its grid; given before qz_ground_open: the rasters must lie in it */
    struct qz_raster *cover, *friction, *dem;
    struct qz_grid grid; /* of the first of them; without any of them the caller's */
    struct qz_surface *surface;
    size_t n_unknown, n_filled;
};
/* Opens the rasters, settles system and grid, or leaves grid empty when there is no raster. */
int qz_ground_open(struct qz_ctx *ctx, struct qz_ground *g);
/* Reads them into a surface over the grid, barriers last. extra_bytes: a cell, what the caller
 * will need besides, so that too little memory is said here. crs_text: of barriers that name none.
 */
int qz_ground_make(struct qz_ctx *ctx, struct qz_ground *g, const char *crs_text,
                   double extra_bytes);
void qz_ground_done(struct qz_ground *g);
/* Where people can be, on the ground's cells where there is one (NULL: none). On failure *ret may
 * be half made; it is the caller's all the same. */
int qz_run_land_of(struct qz_ctx *ctx, const struct qz_shapes *territory, double cell_m,
                   const struct qz_surface *ground, struct qz_land **ret);
enum { QZ_GROUND_FILES = 5 };
/* The plan's files of the ground, by number: key and path; NULL: not given. */
const char *qz_run_ground_file(const struct qz_plan *plan, size_t i, const char **key);

struct qz_worker { /* of a thread */
    struct qz_ctx *ctx;
    struct qz_search *search;
    struct qz_links links; /* of the part under way */
};

struct qz_run_overlay { /* by commune */
    double *share;      /* of its people, else of its ground */
    double **share_of;  /* by level, place: of its people */
    const char **what;  /* "": not in it */
    struct qz_marks *marks;
};

/* ---- zones of a kind */
enum qz_set_id {
    QZ_SET_THREE15,
    QZ_SET_AREA,
    QZ_SET_ZONAGE,
    QZ_SET_THREAT,
    QZ_SET_SERVICE, /* and the proposed sites */
    QZ_N_SETS
};
struct qz_run_set {
    struct qz_zone_set set; /* as the layers see it; n 0: there is none */
    /* what is its own */
    struct qz_zone_row *rows;
    uint32_t *first, *into; /* members, as of a level */
    double *weight;
    struct qz_profession_results *professions;
    struct qz_counted **counted;                 /* by profession, outlook */
    uint8_t ***masked;                           /* by profession */
    double **table_value, **overlay_share;       /* by table, overlay */
    double **table_of_level, **overlay_of_level; /* the same, borrowed arrays */
    struct qz_shapes *shapes;
    struct qz_score_results score;
    struct qz_pool *texts;
};

struct qz_catchments { /* of the open sites of a profession */
    struct qz_shapes shapes;
    uint32_t *site; /* its number, of each */
    double *people;
};

/* Today, then for each horizon those of unknown age gone, and all of them still there. */
enum { QZ_MOST_OUTLOOKS = 1 + 2 * QZ_MOST_YEARS };
struct qz_outlook { /* by site, of all professions */
    double *heads, *fte;
    double *supply;   /* of the score: full-time equivalents, else heads, of those it counts */
    uint8_t *open;    /* patients find someone */
    uint8_t *counted; /* its people are counted: today's, that is */
    struct qz_post_ages *ages; /* by post; see qz_run_ages_are_shared */
};
struct qz_run_care { /* of a profession; at an outlook that changes nothing stands the earlier array
                      */
    uint32_t first_site, n_sites;
    bool has_age, unknown_ages, has_fte, has_second;
    struct qz_apl_preset preset;
    enum qz_score_method method;
    struct qz_decay decay;
    double *factor;                 /* by commune: standardised inhabitants of an inhabitant */
    double *demand;                 /* by home */
    uint32_t *ms[QZ_MOST_OUTLOOKS]; /* by home: to the nearest site */
    uint32_t *second_ms[QZ_MOST_OUTLOOKS];
    uint32_t *nearest; /* by home, today */
    uint32_t *commune_ms, *commune_nearest;
    double *score[QZ_MOST_OUTLOOKS]; /* by home */
    double lost;                     /* supply of today that nobody reaches */
    struct qz_counted counted[QZ_MOST_OUTLOOKS];
    uint8_t **masked; /* by level, place; NULL: nothing is masked */
};

struct qz_run_state {
    const struct qz_plan *plan;
    bool sites_only; /* nothing is drawn */
    struct qz_issues issues;
    struct qz_key keys[QZ_N_STAGES];
    size_t parts[QZ_N_STAGES];
    double seconds[QZ_N_STAGES];
    struct qz_input_file
        *files; /* the plan's fixed inputs in their order, then the practitioners */
    size_t n_files;
    struct qz_worker *workers;
    size_t n_workers;
    /* results, by stage */
    struct qz_communes *communes;
    struct qz_crs *crs;
    struct qz_codes *codes; /* NULL: no movements are given */
    struct qz_people *people;
    struct qz_ages *ages;     /* NULL: not given */
    struct qz_group **groups; /* of the plan's */
    struct qz_cells *cells;   /* NULL: no grid */
    struct qz_levels *levels;
    struct qz_roads *roads;
    struct qz_graph *graph; /* instead of roads */
    struct qz_network *network;
    const char *profile; /* the speed table in force, and its text */
    char *speeds_text;
    struct qz_speeds *speeds;
    float *road_density, *road_slope; /* by road; NULL: not asked for, or not known */
    struct qz_key dem_key;            /* of the heights' file, where slopes were asked for */
    struct qz_points *points;
    struct qz_sites *sites;
    struct qz_locator *locator;
    struct qz_homes *homes;
    double *home_people, *home_factor; /* by home; by commune */
    struct qz_stop *origin_stops, *home_stops, *site_stops;
    struct qz_origins *origins, *home_origins; /* communes' points; homes */
    size_t n_outlooks; /* 1 where no age is known, else 1 + 2 for each year of the plan */
    struct qz_outlook outlooks[QZ_MOST_OUTLOOKS];
    struct qz_run_care *care;          /* by profession */
    struct qz_age_bands **age_bands;   /* by profession; NULL: not given */
    double **arrivals;                 /* by profession, commune: heads a year for each; NULL */
    struct qz_links *links;            /* by site: homes */
    uint8_t *edge_effect;              /* by commune; NULL: the territory is closed */
    double *site_people, *site_served; /* by site: within 15 min; within its threshold */
    struct qz_ground ground;           /* ground.surface NULL: none in the plan */
    struct qz_ground_params ground_params;
    struct qz_key ground_keys[QZ_GROUND_FILES]; /* of the content of its files */
    struct qz_land *land;
    uint32_t *drawn_site; /* sites drawn one by one */
    size_t n_drawn;
    struct qz_shapes **isochrones; /* by drawn site */
    double **isochrone_people;
    struct qz_shapes **coverage; /* by profession */
    double **coverage_people;
    struct qz_catchments *catchments; /* by profession */
    struct qz_neighbours *neighbours;
    struct qz_links *seats; /* by seat commune */
    struct qz_zones *zones;
    double *zone_beyond_after; /* by zone */
    double *structured;        /* by commune: professionals in coordinated structures */
    bool structures_known;
    struct qz_shapes **level_shapes;
    struct qz_run_overlay *overlays; /* of the plan's */
    double ***tables;                /* of the plan's, by level, place */
    struct qz_marks *official_marks, *override_marks, *candidates; /* NULL: not given */
    int8_t *official, *simulated; /* by commune: enum qz_zonage_class, -1; NULL: none */
    uint32_t *unit_of;            /* by commune: unit of the simulation */
    uint32_t *disagreements;      /* communes where both classes are known and differ */
    size_t n_disagreements;
    uint8_t *may_seat;                             /* by commune */
    struct qz_links *area_links, *candidate_links; /* by commune: communes; homes */
    struct qz_areas *areas;                        /* NULL: none asked for */
    struct qz_locate_answer *located;              /* NULL: no site is proposed */
    uint32_t *sited;                               /* commune of each site, in order of opening */
    double *demand;                                /* by home */
    uint32_t *served_ms;                           /* by home: to what serves already */
    struct qz_pool *siting_texts;
    struct qz_siting_results siting;
    uint32_t *site_rank;
    struct qz_profession_results *professions; /* as the layers see them */
    struct qz_group_results *group_results;
    struct qz_table_results *table_results;
    struct qz_overlay_results *overlay_results;
    struct qz_run_set sets[QZ_N_SETS];
    struct qz_zone_set *told_sets; /* those that have a row */
    size_t n_told_sets;
    const char **zone_id, **area_id; /* by commune */
};

struct qz_stage {
    const char *name;
    unsigned version;    /* raise it when the method changes */
    uint64_t inputs;     /* bit set of stages */
    const char *section; /* plan section whose parameters count; NULL: none */
    bool parallel;       /* parts run on all workers, in any order */
    size_t (*parts)(const struct qz_run_state *s); /* NULL: one */
    /* What else the part depends on; asked before it runs. NULL: nothing. */
    int (*key)(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
    int (*begin)(struct qz_ctx *ctx,
                 struct qz_run_state *s); /* room for the parts; NULL: none needed */
    int (*run)(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
};
extern const struct qz_stage qz_stages[QZ_N_STAGES];

uint32_t qz_run_threshold_ms(const struct qz_plan *plan, size_t profession);

/* The table in force: the file, the named one, or the one that knows most of these roads. name is
 * borrowed; text is freed by g_free. */
int qz_run_speeds(struct qz_ctx *ctx, const char *profile, const char *file,
                  const struct qz_roads *roads, const char **name, char **text);

/* Places of a level: 0 the communes, l the territories of levels->items[l - 1]. */
size_t qz_run_n_places(const struct qz_run_state *s, size_t level);
/* n arrays of `each` zeros, freed with the state. */
int qz_run_alloc_table(struct qz_ctx *ctx, size_t n, size_t each, size_t size, void ***ret);
#define ALLOC_TABLE(ctx, n, each, target) \
    qz_run_alloc_table(ctx, n, each, sizeof **(target), (void ***)(void *)&(target))
/* What is free()d once of outlooks that may share. */
void qz_run_care_done(struct qz_run_state *s, struct qz_run_care *care);

/* Runs stages up to and with `last`. */
int qz_run_stages(struct qz_ctx *ctx, struct qz_run_state *s, enum qz_stage_id last);
int qz_run_state_init(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan *plan);
void qz_run_state_done(struct qz_run_state *s);
/* The stage of the roads' places; its key chooses the speed table. */
int qz_run_places_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_places(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* The stages of the ground and of the land: their grids agree. */
int qz_run_ground_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_ground(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_land(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* at_edge[commune] = 1 where the commune has a piece of boundary that no other shares (to some 500
 * m), and no road for cars goes on outside all communes within 2 km of it; the others are left as
 * they are. QZ_E_NOMEM. */
int qz_run_edge(struct qz_ctx *ctx, const struct qz_run_state *s, uint8_t *at_edge);
/* The stage that names what the roads do not reach. */
int qz_run_cover_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_cover(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* ---- the stages of tables by commune */
struct qz_run_input { /* as its reader wants it */
    struct qz_input input;
    struct qz_code_map *map; /* owned; input.codes is it */
};
int qz_run_input(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_input *in,
                 struct qz_run_input *ret);
/* Content, layer, system and columns; each file is hashed when its key is first asked for. */
int qz_run_input_key(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_input *in,
                     struct qz_hash *h);
void qz_run_input_done(struct qz_run_input *in);
/* What an input's codes depend on: both years, and where communes were split their people. */
void qz_run_hash_codes(const struct qz_run_state *s, const struct qz_plan_input *in,
                       struct qz_hash *h);
struct qz_input_report *qz_run_report_of(struct qz_run_state *s, const struct qz_plan_input *in);
int qz_run_movements(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_people(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_ages(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_begin_groups(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_group(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_levels(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_read_points(struct qz_ctx *ctx, struct qz_run_state *s);
/* ---- the stage of practitioners */
int qz_run_sites_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_sites(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* Their age bands (NULL: none), and how many arrive a year (NULL: nobody looked). */
int qz_run_read_age_bands(struct qz_ctx *ctx, struct qz_run_state *s, size_t profession);
int qz_run_read_arrivals(struct qz_ctx *ctx, struct qz_run_state *s, size_t profession);
/* The text of the plan's table (path NULL: the built-in one); freed by g_free. */
int qz_run_table_text(struct qz_ctx *ctx, const char *path, const char *builtin, char **text);
int qz_run_read_consumption(struct qz_ctx *ctx, const struct qz_plan *plan, size_t profession,
                            struct qz_consumption *ret);
/* ---- outlooks, links, scores, counts: see each stage's file */
int qz_run_outlooks_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_begin_outlooks(struct qz_ctx *ctx, struct qz_run_state *s);
/* The array is that of the outlook before. */
bool qz_run_ages_are_shared(size_t outlook);
int qz_run_outlooks(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
size_t qz_run_n_sites(const struct qz_run_state *s);
/* Where a site is driven to. */
void qz_run_site_key(const struct qz_run_state *s, size_t site, struct qz_hash *h);
/* Of a profession: their stops, and their numbers. */
int qz_run_open_sites(struct qz_ctx *ctx, const struct qz_run_state *s, size_t profession,
                      const uint8_t *open, struct qz_stop **stops, uint32_t **numbers, size_t *n);
int qz_run_links_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_begin_links(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_links(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_begin_nearest(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_nearest(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_reached_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_begin_reached(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_reached(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_scores_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_scores(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_edge_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_edge_effect(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part);
int qz_run_counts_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_counts(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* ---- the stages of where people are counted */
int qz_run_cells(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_homes(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_home_people(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part);
int qz_run_home_stops(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* People of the homes that some links say are near enough, cut-off included. */
double qz_run_people_within(const struct qz_run_state *s, const struct qz_links *links,
                            uint32_t limit_ms);
/* ---- what the plan's tables say of places: see by_place.c */
int qz_run_level(struct qz_ctx *ctx, const struct qz_run_state *s, const char *section,
                 const char *name, size_t *ret);
/* What the plan names of levels and regimes is there: said before the work begins. */
int qz_run_check_names(struct qz_ctx *ctx, const struct qz_run_state *s);
int qz_run_begin_overlays(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_overlay(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_begin_tables(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_table(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* value[n], people[n] (scratch) of groups of communes: sums or means of a table's numbers. */
void qz_run_sum_table(const struct qz_run_state *s, size_t table, const uint32_t *first,
                      const uint32_t *into, const double *weight, size_t n, double *value,
                      double *people);
/* The same of any numbers by commune; NAN is left out. */
void qz_run_sum_values(const struct qz_run_state *s, const double *of_commune, bool sum,
                       const uint32_t *first, const uint32_t *into, const double *weight, size_t n,
                       double *value, double *people);
int qz_run_official(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_candidates(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
void qz_run_by_place_done(struct qz_run_state *s);
/* ---- zones */
bool qz_run_is_coordinated(const char *structure);
int qz_run_choose_seats(struct qz_ctx *ctx, struct qz_run_state *s);     /* may_seat */
int qz_run_count_structures(struct qz_ctx *ctx, struct qz_run_state *s); /* structured */
int qz_run_join_links(struct qz_ctx *ctx, const struct qz_links *parts, size_t n,
                      struct qz_links *all);
int qz_run_units(struct qz_ctx *ctx, const struct qz_run_state *s, const char *section,
                 const char *within, const uint32_t **ret);
/* What groups of communes are made of; everything is borrowed. */
struct qz_land_of_communes qz_run_land_of_communes(const struct qz_run_state *s,
                                                   const struct qz_links *links,
                                                   const uint32_t *unit);
int qz_run_zones(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
size_t qz_run_n_area_links(const struct qz_run_state *s);
int qz_run_area_links_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                          struct qz_hash *h);
int qz_run_begin_area_links(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_area_links(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
int qz_run_areas(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* ---- siting */
uint32_t qz_run_siting_ms(const struct qz_run_state *s);
size_t qz_run_siting_outlook(const struct qz_run_state *s);
/* The score of the first profession is too low there, by the plan. */
bool qz_run_is_badly_served(const struct qz_run_state *s, size_t outlook, size_t home);
size_t qz_run_n_candidate_links(const struct qz_run_state *s);
int qz_run_candidate_links_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                               struct qz_hash *h);
int qz_run_begin_candidate_links(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_candidate_links(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                           size_t part);
int qz_run_siting_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_siting(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part);
/* ---- sets of zones; each of the five makes its own, or leaves it empty */
int qz_run_three15_set(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_area_set(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_zonage_set(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_threat_set(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_siting_set(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_set_begin(struct qz_ctx *ctx, struct qz_run_set *set, const char *kind, size_t n);
/* Counts and draws n groups of communes; zone_of[n_communes], QZ_NOWHERE in none. Rows are in their
 * order, with what is the same for all kinds. */
int qz_run_set_of_communes(struct qz_ctx *ctx, const struct qz_run_state *s, const char *kind,
                           size_t n, const uint32_t *zone_of, struct qz_run_set *set);
/* Orders the rows by rank where there is a score, and gives them ids: "T001". */
int qz_run_set_number(struct qz_ctx *ctx, struct qz_run_set *set, const char *letter);
int qz_run_set_ids(struct qz_ctx *ctx, const struct qz_run_state *s, const struct qz_run_set *set,
                   const char ***ret);
void qz_run_set_done(const struct qz_run_state *s, struct qz_run_set *set);
void qz_run_score_done(struct qz_score_results *score);
/* ---- scores */
struct qz_run_own { /* a figure that only the ranked things have */
    const char *key, *label;
    int decimals;
    bool worse_high;
    bool from_zero;      /* 0 is one of the ends: none leaves, none is missing */
    const double *value; /* NAN: not known */
};
struct qz_run_ranked {
    const char *section; /* of the plan, for messages */
    const struct qz_plan_score *score;
    size_t n;              /* things */
    const uint32_t *place; /* of each, at the level; NULL: its own number */
    const struct qz_profession_results *professions;
    size_t level;
    const double *const *table_value, *const *overlay_share; /* by table, overlay; place */
    const struct qz_run_own *own;
    size_t n_own;
    struct qz_pool *texts; /* for labels */
};
/* A term that the plan states and nobody knows is QZ_E_PLAN; of the usual ones it is left out.
 * ret->rank stays NULL where no term is left. */
int qz_run_rank(struct qz_ctx *ctx, const struct qz_run_state *s, const struct qz_run_ranked *in,
                struct qz_score_results *ret);
/* The terms that make most of a thing's score, in French. */
void qz_run_tell_terms(const struct qz_score_results *score, size_t thing, size_t most,
                       struct qz_text *t);
/* What the layers see so far; the state lends everything. */
struct qz_results qz_run_results(const struct qz_run_state *s);
int qz_run_view(struct qz_ctx *ctx, struct qz_run_state *s); /* makes s->professions */
size_t qz_run_n_zones(const struct qz_run_state *s);
int qz_run_begin_after(struct qz_ctx *ctx, struct qz_run_state *s);
int qz_run_after_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h);
int qz_run_after(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t zone);
/* QZ_E_RANGE where path is this input (NULL: none): replacing it would lose it. */
int qz_run_not_input(struct qz_ctx *ctx, const char *path, const char *input);
/* Writes the layers of a finished state. */
int qz_run_write(struct qz_ctx *ctx, const struct qz_run_state *s, const char *path,
                 bool overwrite);
