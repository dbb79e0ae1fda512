/* engine/plan/plan.h - a plan, parsed and checked. */
#pragma once
#include "isochrone/isochrone.h"
#include "quinze/plan.h"
#include "quinze/zone.h"
#include "source/source.h"
#include "travel/travel.h"

enum { QZ_MOST_BANDS = 12, QZ_MOST_YEARS = 4 };

/* A term of a score, as the plan writes it: "gp_apl_horizon 0.3 4 1.5". */
struct qz_plan_term {
    const char *key; /* a column, a table, an overlay, or a figure of the thing that is ranked */
    double weight;
    bool anchored;    /* good and bad are stated; else the best and the worst there is */
    bool good_of_all; /* good is the value of the whole territory */
    double good, bad; /* values of no need at all, and of the greatest */
};
struct qz_plan_score {
    struct qz_plan_term items[QZ_TERMS_MOST];
    size_t n;
    bool stated; /* by the plan: a term that cannot be is then an error */
};

struct qz_plan_input {
    struct qz_input input; /* input.file NULL: not given */
    const char *vintage, *licence;
};
/* What repeated sections have in common, [practitioners KEY] and others: each begins like this. */
struct qz_plan_item {
    const char *key;
    struct qz_plan_input source;
};
struct qz_practice { /* a section [practitioners KEY]; texts "" or paths NULL: not given */
    const char *key;
    struct qz_plan_input source;
    const char *label, *label_plural;
    const char *near; /* a known key that this one may be meant for; NULL: none */
    bool is_place;    /* a row is a place of care, no person */
    const char *only; /* value of the profession column that is wanted; NULL: all rows */
    const char *layout, *scope, *sectors, *decay;
    const char *exclusions;                       /* a path, "" the built-in ones, "none" */
    const char *age_bands, *previous;             /* paths */
    const char *age_bands_only, *age_bands_level; /* NULL: all rows; communes */
    uint32_t previous_year;
    uint32_t threshold_min;        /* within it people are served, cut-off included */
    double fte_floor, fte_ceiling; /* of a person; ceiling 0: none */
    double activity_per_fte;       /* 0: not known */
    double geocode_score_min;
};
struct qz_plan_group { /* [group KEY]: people counted apart */
    const char *key;
    struct qz_plan_input source;
    const char *label, *unit;
};
struct qz_plan_overlay { /* [overlay KEY]: a list of communes, or polygons */
    const char *key;
    struct qz_plan_input source;
    const char *label;
};
struct qz_plan_table { /* [table KEY]: a number by commune or territory */
    const char *key;
    struct qz_plan_input source;
    const char *label, *unit;
    const char *level; /* "": communes */
    const char *worse; /* high or low: which way need lies */
    bool sum;          /* of larger places the sum, else the mean by people */
};
struct qz_plan_level { /* [level KEY]: territories of one's own */
    const char *key;
    struct qz_plan_input source;
    const char *label;
    const char *territory, *territory_name; /* columns of code and name; NULL: of a usual name */
};

struct qz_plan {
    struct qz_pool *texts;
    const char *path;
    const char *territory, *crs, *date;
    bool closed, repair_codes;
    struct qz_plan_input communes, points, territories, roads, population, cells, ages, movements;
    struct qz_plan_input road_nodes, road_edges; /* instead of roads: a graph with its own times */
    const char **road_files; /* all that [roads] file names; roads.input.file is the first */
    size_t n_road_files;
    const char *profile, *speeds; /* profile "auto"; speeds: a file, NULL: the profile's own */
    const char *dem;              /* heights, for speeds that depend on slopes; NULL: none */
    struct {                      /* of [surface]: files, NULL: not given */
        const char *cover, *classes, *friction, *unit, *dem, *barriers;
    } surface;               /* classes: a file, or the name of a table; unit "s/m" or "min/m" */
    const char *ages_prefix; /* NULL: any */
    struct qz_practice *practices;
    struct qz_plan_group *groups;
    struct qz_plan_level *user_levels;
    size_t n_practices, n_groups, n_user_levels;
    struct { /* texts "" or paths NULL: the preset's, the built-in ones */
        const char *preset, *method, *decay, *decays, *consumption;
    } apl;
    uint32_t years[QZ_MOST_YEARS]; /* horizons, rising */
    size_t n_years;
    bool years_stated;  /* by the plan, were it to say none */
    uint32_t base_year; /* of the ages; 0: not known */
    double retirement_age;
    const char *exits; /* path; NULL: by retirement_age */
    bool arrivals;
    const char *indicators; /* communes, territories or none */
    double origins_from;    /* people of a commune */
    double mask_under;      /* heads; 0: nothing is masked */
    struct qz_travel_params travel;
    struct qz_network_params network;
    struct qz_field_params field;
    struct qz_isochrone_params isochrone;
    size_t n_bands;
    uint32_t band_ms[QZ_MOST_BANDS];
    const char *drawn; /* key of the profession whose sites are drawn one by one */
    struct qz_three15_params three15;
    uint32_t zones_limit_min; /* three15.limit_ms */
    double professionals;     /* of a pole */
    const char *zones_within; /* level whose limits no zone crosses; "": none */
    struct qz_plan_score zones_score;
    struct {                    /* communes that can hold a pole or a maison de sante */
        const char *who, *only; /* all, population, care or list; an overlay's key, "" */
        double people_min;
    } seats;
    struct qz_plan_input candidates, official, overrides;
    struct { /* a partition; n 0: none */
        uint32_t n;
        double balance_ratio;
        uint32_t limit_min;
        const char *within;
    } areas;
    struct {                 /* texts "" or NAN: not given */
        const char *regime;  /* "": no simulation */
        const char *regimes; /* path; NULL: the built-in table */
        const char *level, *region, *criteria;
        double zip_ratio, zac_ratio, criteria_weight;
        bool split;
    } zonage;
    struct {
        const char *level, *only;
        uint32_t n;
        bool stated; /* the number */
        struct qz_plan_score score;
    } threat;
    struct {
        const char *model, *demand, *existing, *unknown_ages;
        uint32_t n;
        double share;
        double limit_min, far_min, apart_m;
        double apl_below;   /* 0: 2.5 consultations */
        bool exact, stated; /* stated: the number of sites */
        struct qz_plan_score score;
    } siting;
    struct qz_plan_overlay *overlays;
    struct qz_plan_table *tables;
    size_t n_overlays, n_tables;
};

/* The year of a vintage as the plan writes it; 0: none. */
uint32_t qz_plan_year(const char *vintage);
/* A file that holds a compiled network, by its name. */
bool qz_plan_is_network(const char *path);

/* Every parameter that is not a path, in the order of the key table: for provenance and for hashes.
 */
typedef int (*qz_plan_visit_fn)(void *user, const char *section, const char *key,
                                const char *value);
int qz_plan_visit(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user);
/* Every path that a key other than `file` names. */
int qz_plan_visit_paths(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user);
/* The column names that the plan gives for an input, as text: part of the input's key. */
void qz_plan_input_text(const struct qz_plan_input *in, struct qz_text *text);
