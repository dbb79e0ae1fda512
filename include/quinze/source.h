/* include/quinze/source.h - checked records made from official files, and the list of what was
 * refused. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "quinze/base.h"
#include "quinze/geo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what was wrong with the input, row by row: nothing is dropped without a line here */
enum qz_severity { QZ_SEVERITY_NOTE, QZ_SEVERITY_WARNING, QZ_SEVERITY_REJECT };

struct qz_issue {
    enum qz_severity severity;
    const char *source;  /* file name, or the stage that found it */
    const char *code;    /* stable short name, e.g. "unknown_commune" */
    const char *message; /* value and remedy */
    size_t row;          /* 1-based; 0: the whole file */
    bool has_place;
    struct qz_xy at;
};

struct qz_issues {
    struct qz_issue *items;
    size_t n, cap;
    struct qz_pool *texts;
};

/* ---- which column plays which part; the plan may name each ("code = CODGEO") */
enum qz_role {
    QZ_ROLE_CODE,
    QZ_ROLE_NAME,
    QZ_ROLE_DEPARTEMENT,
    QZ_ROLE_EPCI,
    QZ_ROLE_POPULATION,
    QZ_ROLE_X,
    QZ_ROLE_Y,
    QZ_ROLE_LON,
    QZ_ROLE_LAT,
    QZ_ROLE_BASIS,
    QZ_ROLE_CLASS,
    QZ_ROLE_IMPORTANCE,
    QZ_ROLE_ONEWAY,
    QZ_ROLE_SPEED,
    QZ_ROLE_LENGTH,
    QZ_ROLE_ACCESS,
    QZ_ROLE_PRIVATE,
    QZ_ROLE_STATE,
    QZ_ROLE_FICTIVE,
    QZ_ROLE_LEVEL,
    QZ_ROLE_HEADS,
    QZ_ROLE_FTE,
    QZ_ROLE_AGE,
    QZ_ROLE_STRUCTURE,
    QZ_ROLE_PARENT,
    QZ_ROLE_PLANNED,
    QZ_ROLE_SHARE,
    QZ_ROLE_PERSON,
    QZ_ROLE_SITE,
    QZ_ROLE_FINESS,
    QZ_ROLE_PROFESSION,
    QZ_ROLE_ID,
    QZ_ROLE_FROM,
    QZ_ROLE_TO,
    QZ_ROLE_SECONDS,
    QZ_ROLE_CELL,
    QZ_ROLE_INHABITANTS,
    QZ_ROLE_ACTIVITY,
    QZ_ROLE_SECTOR,
    QZ_ROLE_MODE,
    QZ_ROLE_DAYS,
    QZ_ROLE_EVENING,
    QZ_ROLE_WEEKEND,
    QZ_ROLE_OPENING,
    QZ_ROLE_SCORE,
    QZ_ROLE_BIRTH,
    QZ_ROLE_ROW_CRS,
    QZ_ROLE_WEIGHT,
    QZ_ROLE_VALUE,
    QZ_ROLE_BAND_FROM,
    QZ_ROLE_BAND_TO,
    QZ_ROLE_TERRITORY,
    QZ_ROLE_TERRITORY_NAME,
    QZ_ROLE_SCALE,
    QZ_ROLE_SKILL,     /* of a physician: general practice, cardiology ... */
    QZ_ROLE_PRECISION, /* what the geocoder found: housenumber, street, municipality ... */
    QZ_ROLE_ADDRESS,
    QZ_ROLE_CITY,
    QZ_ROLE_REASON,
    /* roles that no plan names: after the others, for plans keep sets of 64 */
    QZ_ROLE_BAND,
    QZ_ROLE_YEAR,
    QZ_ROLE_SEX,
    QZ_ROLE_DATE,
    QZ_N_ROLES
};
/* The plan key of a role ("code", "heads" ...), static. */
QZ_API const char *qz_role_key(enum qz_role role);

struct qz_code_map;
/* One input file. Texts are borrowed; NULL: not given. */
struct qz_input {
    const char *file, *layer, *crs;
    const char *columns[QZ_N_ROLES]; /* named by the plan; NULL: found by the usual names */
    int year;                        /* its communes' codes are those of 1 January; 0: not stated */
    const struct qz_code_map *codes; /* brings them to those of the layer; NULL: they are those */
    const char *layout; /* rpps, finess, bpe, ban, plain; NULL or auto: told by the columns */
    double score_min;   /* of a geocoded address that counts as a place; 0: any */
    bool repair_codes;  /* codes that lost their leading zero count as if they had it */
};

/* ---- communes: records are immutable; what other files say of them stands beside, in the same
 * order */
struct qz_communes {
    size_t n;
    const char **code; /* INSEE, 5 characters; sorted, unique */
    const char **name; /* "" when the file has none */
    const char **departement;
    const char **epci;   /* SIREN, "" when unknown */
    double *people;      /* the layer's own column, >= 0 */
    uint8_t *has_people; /* 0: the layer gives no figure */
    struct qz_shapes *shapes;
    struct qz_pool *texts;
};
struct qz_people { /* legal population */
    size_t n;
    double *count;  /* >= 0 */
    uint8_t *known; /* 0: no figure was found, count is 0 */
};
/* ---- people by age. Bands follow each other from 0; the last is open */
enum { QZ_AGE_OPEN = UINT8_MAX, QZ_AGE_BANDS_MOST = 128 };
struct qz_age_range {
    uint8_t from, to; /* years, both included; to QZ_AGE_OPEN: and over */
};
struct qz_ages {
    size_t n, n_bands; /* n communes */
    struct qz_age_range bands[QZ_AGE_BANDS_MOST];
    double *people; /* [n * n_bands], by commune, then band; >= 0 */
    uint8_t *known; /* by commune; 0: the file says nothing of it, people are 0 */
};
enum qz_group_unit { /* of the column that tells it */
                     QZ_GROUP_PEOPLE,
                     QZ_GROUP_HOUSEHOLDS,
                     QZ_GROUP_SHARE, /* of the people, 0 to 1 */
                     QZ_GROUP_PERCENT,
                     QZ_N_GROUP_UNITS
};
struct qz_group { /* aged 75 and over, households without a car ... */
    const char *key;
    enum qz_group_unit unit;
    size_t n;
    double *count;  /* people; households where that is the unit; >= 0 */
    uint8_t *known; /* 0: no figure, count is 0 */
};
struct qz_points { /* the place that stands for a commune */
    size_t n;
    struct qz_xy *at;
    const char *
        *basis; /* where it comes from: "mairie", "road_crossing" ...; "" when there is none */
    struct qz_pool *texts;
};

/* ---- a population grid: squares or IRIS with people, each of one commune */
struct qz_cells { /* by commune, then from west to east, then from south to north */
    size_t n;
    struct qz_xy *at;  /* centres, or points inside the IRIS, in the working system */
    double *people;    /* as the grid counts them, above 0; not yet the commune's legal ones */
    uint32_t *commune; /* index into the communes */
    const char **id;   /* the file's code, else the row's number; NULL: not asked for */
    struct qz_shapes *shapes; /* outlines, empty where the file has points; NULL: not asked for */
    struct qz_pool *texts;
};

/* ---- one thing said of each commune or territory */
struct qz_marks { /* words */
    size_t n;
    const char **text;   /* NULL: no row says anything of it; "" a row without a word */
    const char **reason; /* of a column of reasons, else ""; NULL as text */
    uint32_t *row;       /* of the file */
    struct qz_pool *texts;
};
struct qz_measure { /* numbers */
    size_t n;
    double *value; /* NAN: not known */
};

/* ---- roads: line i has points [items[i].first_point, items[i + 1].first_point); items has n + 1
 * entries */
struct qz_road {
    uint32_t first_point;
    uint32_t class_id; /* index into class_name */
    float kmh;         /* stated by the file, a limit unless driven; 0: none */
    double length_m;   /* stated by the file; 0: none, measure the line */
    int8_t direction;  /* 0 both ways, 1 along the line, -1 against it */
    int8_t level;      /* 0 on the ground, 1 and more on bridges, -1 and less under it */
    bool closed;       /* no car may pass (access, state, private) */
    bool driven;       /* kmh is what is driven, not a limit */
};
struct qz_restriction { /* a turn at a node: forbidden, or the only one allowed */
    uint32_t from_road, to_road;
    int64_t via_node;
    bool only;
};
struct qz_roads {
    size_t n, n_points, n_classes, n_restrictions;
    struct qz_road *items;
    struct qz_xy *points;
    const char **class_name; /* "primary", or nature and importance with a bar between */
    int64_t *node_id;        /* of each point; NULL: coordinates decide what touches */
    struct qz_restriction *restrictions;
    struct qz_pool *texts;
};

/* ---- a graph with its own times: straight edges between nodes */
struct qz_graph_edge {
    uint32_t from, to;
    uint32_t ms_forward, ms_backward; /* UINT32_MAX: not this way */
    double length_m;
};
struct qz_graph {
    size_t n_nodes, n_edges;
    struct qz_xy *node_at;
    struct qz_graph_edge *edges;
};

/* ---- points with an id */
struct qz_places {
    size_t n, cap_id, cap_at, cap_people, cap_row;
    const char **id; /* the row's number where the file has none */
    struct qz_xy *at;
    double *people; /* NULL: not asked for */
    size_t *row;    /* of the file, from 1 */
    struct qz_pool *texts;
};

/* ---- care sites: one entry per site and profession */
#define QZ_NOBODY UINT32_MAX
struct qz_post {     /* a person at a place, or the heads of a place together */
    uint32_t site;   /* index into the sites */
    uint32_t person; /* the same for all posts of a person, in all professions, below n_persons;
                        QZ_NOBODY: heads without names */
    double heads; /* people, shared over their posts: those of a person sum to 1, to the bit, less
                     what is in no commune of the layer */
    double fte;   /* full-time equivalents here, after floor and ceiling; where has_fte */
    uint8_t age;  /* years, when the table was made; 0: unknown */
    bool has_fte;
};
struct qz_site {
    const char *id, *finess, *parent; /* "" when the source leaves it empty */
    const char *structure;   /* cabinet, maison, pole, centre, hopital, laboratoire, officine;
                                a word of the source that is none of these; or "" */
    const char *opening;     /* "2027-09-01", "2027-09" or "2027"; "" unless planned and stated */
    uint32_t commune;        /* index into the communes */
    uint16_t profession;     /* order of the plan */
    bool at_commune_point;   /* placed at the commune's point, for want of good coordinates */
    bool planned;            /* announced, not open yet: in no figure of today */
    bool secret;             /* the source masks heads of it: unknown, not 0, and in no sum */
    bool has_fte;            /* fte is known for all its people */
    int8_t evening, weekend; /* open then: 1, not: 0, not stated: -1 */
    float days_per_week;     /* of all its people together; negative: not stated of each */
    struct qz_xy point;
    double heads; /* people, shared over their sites */
    double fte;   /* full-time equivalents */
    uint32_t first_post, n_posts;
};
struct qz_site_person; /* opaque */
struct qz_sites {
    size_t n, cap;
    struct qz_site *items; /* by profession, then id, then planned ones behind */
    size_t n_posts, cap_posts;
    struct qz_post *posts; /* by site, then person, then what the row says */
    uint32_t n_persons;
    struct qz_site_person *persons;
    struct qz_pool *texts;
};

/* ---- ages of practitioners as bands, by territory */
struct qz_age_band {
    uint8_t from, to; /* whole years, both included */
    double heads;     /* spread evenly over these years */
};
struct qz_age_bands { /* of one profession; the bands of pyramid p: [first[p], first[p + 1]) */
    size_t n_communes, n;
    uint32_t *of_commune;      /* its own pyramid, else that of the first level that has one;
                                  UINT32_MAX: none */
    uint32_t *first;           /* n + 1 */
    struct qz_age_band *bands; /* rising, without gap; the heads of a pyramid are above 0 */
};

/* ---- the register at two dates */
struct qz_presence {
    const char *person; /* "": heads without names */
    uint32_t commune;
    double heads; /* those of a person sum to 1, an equal part for each of its rows */
};
struct qz_register { /* who is where in one vintage; by person, then commune, each pair once */
    size_t n, cap;
    struct qz_presence *items;
    struct qz_pool *texts;
};
struct qz_flow {                        /* heads of a group of communes, between two vintages */
    double before;                      /* stayed + moved_out + left + unnamed_before */
    double now;                         /* stayed + moved_in + arrived + unnamed_now */
    double stayed, moved_in, moved_out; /* moved: from and to other groups */
    double arrived, left;               /* not in the earlier, the later register at all */
    double unnamed_before, unnamed_now; /* without ids: only their net change is known */
};

/* ---- territories: communes grouped at a level. The shares of commune c are [first[c], first[c +
 * 1]): none, or some that add up to at most 1 */
struct qz_level {
    const char *name;  /* "epci", "tvs", "bassin_vie", "canton", "departement" ... */
    const char *alias; /* French, for people */
    size_t n;
    const char **code, **label; /* sorted by code */
    uint32_t *of_commune;       /* the territory that has most of it (of several, the lowest code);
                                   UINT32_MAX: in none */
    uint32_t *first;            /* communes + 1 */
    uint32_t *territory;        /* rising within a commune */
    double *weight;             /* above 0, at most 1 */
};
struct qz_levels { /* those that quinze knows, the user's, and last "all": every commune */
    struct qz_level *items;
    size_t n, cap;
    struct qz_pool *texts;
};

#ifdef __cplusplus
}
#endif
