/* engine/source/source.h - reads official files into the records of quinze/source.h. */
#pragma once
#include "io/table.h"
#include "quinze/source.h"

/* ---- issues */
int qz_issues_init(struct qz_ctx *ctx, struct qz_issues *issues);
void qz_issues_done(struct qz_issues *issues);
/* at NULL: no place. */
int qz_issue_add(struct qz_ctx *ctx, struct qz_issues *issues, enum qz_severity severity,
                 const char *source, size_t row, const struct qz_xy *at, const char *code,
                 const char *format, ...) QZ_PRINTF(8, 9);

/* ---- a code of another year: the communes of the layer that it stands for */
enum qz_code_change { QZ_CODE_SAME, QZ_CODE_RENAMED, QZ_CODE_MERGED, QZ_CODE_SPLIT };
struct qz_code_share {
    uint32_t commune; /* index into the layer's */
    double weight;    /* of a code's shares: sum to 1 */
};

/* ---- a file opened with its columns found */
struct qz_layout;
enum { QZ_MOST_SUMMED = 32 };
struct qz_reader {
    struct qz_table *table;
    const char *source; /* file name without folder, borrowed from the path */
    const struct qz_layout *layout;
    int columns[QZ_N_ROLES];
    int summed[QZ_MOST_SUMMED]; /* columns whose sum is the heads, when there are any */
    size_t n_summed;
    const char *structure; /* of the row, where no column says it; NULL: unknown */
    bool repair_codes;
    char code[16];                     /* of qz_reader_code */
    size_t n_lost_zero, row_lost_zero; /* codes that lost their leading zero; row of the first */
    char lost_zero[16];                /* the first, as it stands */
    size_t n_rows, n_rejected, n_elsewhere; /* n_elsewhere: of the rejected */
    size_t first_elsewhere;                 /* the issue of the first of them */
    char reason[560]; /* of the first reject, with its row; one elsewhere only if there is no other
                       */
    char crs[64];     /* "EPSG:2154", else a name; "" until its places were asked for */
    const struct qz_code_map *codes; /* of the input */
    struct qz_code_share own;        /* of a code that nothing happened to */
    size_t n_changed[4];             /* rows by enum qz_code_change */
};
struct qz_reader_need {
    enum qz_role role;
    bool required;
};
/* Opens and finds the needed columns; QZ_E_FORMAT names the missing one, what the file has, and the
 * key to set. */
int qz_reader_open(struct qz_ctx *ctx, const struct qz_input *input,
                   const struct qz_reader_need *needs, size_t n_needs, struct qz_reader *ret);
/* QZ_E_FORMAT, said as above. */
int qz_reader_missing(struct qz_ctx *ctx, const struct qz_input *input,
                      const struct qz_reader *reader, enum qz_role role);
void qz_reader_done(struct qz_reader *r);
const char *qz_reader_text(struct qz_reader *r, enum qz_role role); /* NULL: null or no column */
int qz_reader_number(struct qz_reader *r, enum qz_role role, double *ret); /* as qz_table_number */
/* The commune code of the row, until the next call: put together where the file has it in two parts
 * (FINESS: departement and three digits), with its leading zero where the plan says repair_codes;
 * those that lost it are counted in any case. NULL: none. */
const char *qz_reader_code(struct qz_reader *r);
/* Its commune; QZ_NOWHERE: no code, or none of the layer. code: for messages, "" when there is
 * none.
 */
uint32_t qz_reader_commune(struct qz_reader *r, const struct qz_communes *c, const char **code);
/* The same care for a code of `width` characters in any column (departement, region: 2). text NULL
 * is given back. */
const char *qz_reader_restore(struct qz_reader *r, const char *text, size_t width);
/* One issue for all codes that lost their zero, if any; also in qz_reader_end_beside. */
int qz_reader_tell_codes(struct qz_ctx *ctx, const struct qz_reader *r, struct qz_issues *issues);
/* The file's system: the plan's, else the file's own, else QZ_E_CRS with the remedy. */
int qz_reader_crs(struct qz_ctx *ctx, struct qz_reader *r, const struct qz_input *input,
                  struct qz_crs **ret);
/* A reject with the row's number; counts it. */
int qz_reader_reject(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                     const char *code, const char *format, ...) QZ_PRINTF(5, 6);
/* The same for a row whose commune is not in the layer: the file may cover more than the territory.
 * Beyond QZ_MOST_ELSEWHERE rows are only counted. */
enum { QZ_MOST_ELSEWHERE = 50 };
int qz_reader_elsewhere(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                        const char *code, const char *format, ...) QZ_PRINTF(5, 6);
/* The communes of the layer that a row's code stands for, counted for the note of
 * qz_reader_tell_changed: how many, 0 when it is none of them (or NULL); shares until the next
 * call.
 */
size_t qz_reader_parts(struct qz_reader *r, const struct qz_communes *c, const char *code,
                       const struct qz_code_share **ret);
/* The one that takes the whole row, for what cannot be shared: of a split commune the part that
 * holds the place, else the main one. at NULL: no place. QZ_NOWHERE: none. */
uint32_t qz_reader_part(struct qz_reader *r, const struct qz_communes *c, const char *code,
                        const struct qz_xy *at, const struct qz_locator *locator);
/* One note for what was converted, if anything; also in qz_reader_end_beside. */
int qz_reader_tell_changed(struct qz_ctx *ctx, const struct qz_reader *r, struct qz_issues *issues);
/* QZ_E_DATA when there was no row, all were elsewhere, or more than half of the others were
 * rejected. */
int qz_reader_end(struct qz_ctx *ctx, const struct qz_reader *r);
/* The same for a file beside the communes: more than QZ_MOST_ELSEWHERE issues of
 * qz_reader_elsewhere with this code become one. */
int qz_reader_end_beside(struct qz_ctx *ctx, const struct qz_reader *r, struct qz_issues *issues,
                         const char *code);
bool qz_reader_has_places(const struct qz_reader *r); /* geometry, x and y, or lon and lat */
/* The row's point: geometry, else lon/lat, else x/y columns, in the system that the row names where
 * the file has such a column. 1 given, 0 none, or a reason. */
enum { QZ_POINT_UNREADABLE = 2, QZ_POINT_UNKNOWN_SYSTEM = 3 };
struct qz_row_systems; /* those named so far */
struct qz_point_reader {
    struct qz_transform *from_file, *from_wgs84; /* NULL until needed */
    struct qz_row_systems *by_row;               /* NULL: one system for all */
    const struct qz_crs *work;
    const char *crs_text; /* the plan's or the file's; NULL: none known */
};
int qz_point_reader_init(struct qz_ctx *ctx, struct qz_point_reader *p, struct qz_reader *r,
                         const struct qz_input *input, const struct qz_crs *work);
void qz_point_reader_done(struct qz_point_reader *p);
int qz_point_read(struct qz_ctx *ctx, struct qz_point_reader *p, struct qz_reader *r,
                  struct qz_xy *ret);
/* EPSG code of a system as registers name it (LAMBERT_93, UTM_N20, "1,BAN,EPSG:2154 ...", 2154);
 * 0: unknown. */
int qz_row_system_epsg(const char *text);
/* One issue for each name that nobody knows. */
int qz_point_reader_tell(struct qz_ctx *ctx, const struct qz_point_reader *p,
                         const struct qz_reader *r, struct qz_issues *issues);

/* ---- the working system, in metres */
/* wanted NULL: the file's own when metric, else the legal one of the place (NULL: nowhere). remedy:
 * what to give, for messages. QZ_E_CRS. */
int qz_system_choose(struct qz_ctx *ctx, const char *file, const struct qz_crs *file_crs,
                     const char *wanted, const struct qz_xy *place, const char *remedy,
                     struct qz_crs **ret);
/* The same for a file that nobody has read yet. A file that names no system gets `wanted`: set in
 * input. */
int qz_system_of_file(struct qz_ctx *ctx, struct qz_input *input, const char *wanted,
                      const char *remedy, struct qz_crs **ret);

/* ---- the files */
struct qz_input_report { /* for provenance */
    size_t rows, rejected;
    size_t excluded; /* of the rows, by rules that the plan asked for */
    char crs[64];    /* of its places; "": it has none */
};
struct qz_input_report qz_reader_report(const struct qz_reader *r);
/* crs_text NULL: the communes' own when metric, else the legal one of the place. Gives the working
 * system too. */
int qz_communes_read(struct qz_ctx *ctx, const struct qz_input *input, const char *crs_text,
                     struct qz_issues *issues, struct qz_input_report *report, struct qz_crs **crs,
                     struct qz_communes **ret);
struct qz_communes *qz_communes_free(struct qz_communes *c);
void qz_communes_freep(struct qz_communes **c);
uint32_t qz_communes_find(const struct qz_communes *c, const char *code); /* QZ_NOWHERE: unknown */
/* input NULL: the layer's own column; else that file alone. */
int qz_people_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_people **ret);
struct qz_people *qz_people_free(struct qz_people *p);
void qz_people_freep(struct qz_people **p);
/* People by age band: a row a commune, or rows of its cells or IRIS, which are summed (the file has
 * a column of cells or one named IRIS). The columns are recognised by their names, what stands
 * before the ages being prefix ("P15_POP"; NULL: any that ends with pop, ind, age, people ...):
 * P21_POP0014, ind_0_3, age_0_14, 0-14, ind_80p, P21_POP75P, "75 ans et plus". Of several ways to
 * cover all ages the one with most bands counts, then the first prefix of the file. QZ_E_FORMAT:
 * ages are missing (says which) or bands overlap. Communes without ages are warnings. */
int qz_ages_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                 const char *prefix, struct qz_issues *issues, struct qz_input_report *report,
                 struct qz_ages **ret);
struct qz_ages *qz_ages_free(struct qz_ages *a);
void qz_ages_freep(struct qz_ages **a);
/* The band that a column's name says; gives the length of what stands before it, -1: no band. */
int qz_age_range_parse(const char *column, const char *prefix, struct qz_age_range *ret);
/* input NULL: none given. */
int qz_points_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   const struct qz_crs *crs, struct qz_issues *issues,
                   struct qz_input_report *report, struct qz_points **ret);
struct qz_points *qz_points_free(struct qz_points *p);
void qz_points_freep(struct qz_points **p);

/* ---- codes of communes over the years */
struct qz_move { /* on that day people of `from` go to `to`; a commune may stay: from = to */
    char from[6], to[6];
    uint32_t date; /* 20160101 */
    uint32_t turn; /* within the day: all of one turn at once */
    size_t row;
};
struct qz_codes { /* by date, turn, from, to: no two alike */
    struct qz_move *items;
    size_t n, cap;
};
/* INSEE's table of movements. Only whole communes count (TYPECOM COM), and only the events that
 * move people. QZ_E_DATA: communes that become one another on one day, with their codes. */
int qz_codes_read(struct qz_ctx *ctx, const struct qz_input *input, struct qz_issues *issues,
                  struct qz_input_report *report, struct qz_codes **ret);
struct qz_codes *qz_codes_free(struct qz_codes *codes);
void qz_codes_freep(struct qz_codes **codes);

/* From the codes of 1 January from_year to the communes of a layer, which are those of 1 January
 * to_year; either may be the older. A merged commune takes all of each of its parts; one that was
 * split shares among its parts as the layer's people live in them (people NULL: by the layer's own
 * column; alike where nobody is known), and parts outside the layer get nothing of it when others
 * are inside. Where a part has merged since, the people of the merged commune count evenly for
 * those who made it. The arrondissements of Paris, Lyon and Marseille become their commune, or it
 * them, as the layer has one or the others. */
/* codes NULL: no movements are known. QZ_E_NOMEM. O((moves + communes) log). */
int qz_code_map_new(struct qz_ctx *ctx, const struct qz_codes *codes, int from_year, int to_year,
                    const struct qz_communes *c, const struct qz_people *people,
                    struct qz_code_map **ret);
struct qz_code_map *qz_code_map_free(struct qz_code_map *map);
void qz_code_map_freep(struct qz_code_map **map);
/* An entry for each code that something happened to between the years, sorted by code. */
struct qz_code_entry {
    char code[6];
    uint8_t change; /* enum qz_code_change */
    bool existed;   /* in from_year; else it is the code of a later step, taken as that */
    uint32_t n;     /* shares in communes of the layer; 0: it has none of them */
    const struct qz_code_share *shares; /* the main one first: the same code, else the largest */
};
size_t qz_code_map_size(const struct qz_code_map *map); /* map may be NULL: 0 */
const struct qz_code_entry *qz_code_map_entry(const struct qz_code_map *map, size_t i);
size_t qz_code_map_find(const struct qz_code_map *map, const char *code); /* SIZE_MAX: none */
int qz_code_map_from_year(const struct qz_code_map *map);
int qz_code_map_to_year(const struct qz_code_map *map);
/* Which rows of a table with one figure a commune count: each code once. A file may name a commune
 * by the codes of its own year or by a later one: whichever comes first counts, never both. */
struct qz_code_rows {
    const struct qz_code_map *map;
    uint8_t *commune, *entry; /* how a commune was counted; whether an entry had its row */
};
int qz_code_rows_init(struct qz_ctx *ctx, struct qz_code_rows *rows, const struct qz_code_map *map,
                      const struct qz_communes *c);
void qz_code_rows_done(struct qz_code_rows *rows);
/* NULL: the row counts, for its parts (qz_reader_parts, at least one); else how it stands twice, to
 * be put behind these words. */
const char *qz_code_rows_take(struct qz_code_rows *rows, const char *code,
                              const struct qz_code_share *parts, size_t n);
/* One warning for merged communes that some parts have a row for and others have not. */
int qz_code_rows_tell(struct qz_ctx *ctx, const struct qz_code_rows *rows,
                      const struct qz_communes *c, const char *source, struct qz_issues *issues);
/* Gives the map that an input needs, and sets it in the input: NULL with a note when its year or
 * the layer's is not stated and there are movements; NULL when nothing changed between the years.
 */
int qz_input_codes(struct qz_ctx *ctx, const struct qz_codes *codes, int to_year,
                   const struct qz_communes *c, const struct qz_people *people,
                   struct qz_issues *issues, struct qz_input *input, struct qz_code_map **ret);

/* A group of people, by commune: columns code and value. Shares and percentages are of the people.
 * A blank value, 's' (masked) or a missing row is unknown, listed, never 0; so is a figure where
 * nobody lives. More than the commune's people is only warned of. key: borrowed, kept. Rejects:
 * negative or no numbers, shares above 1, percentages above 100, a commune twice. */
int qz_group_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_people *people,
                  const struct qz_input *input, const char *key, enum qz_group_unit unit,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_group **ret);
struct qz_group *qz_group_free(struct qz_group *g);
void qz_group_freep(struct qz_group **g);
/* "people", "households", "share", "percent"; false: no such unit. */
bool qz_group_unit_find(const char *name, enum qz_group_unit *ret);

/* ---- tables that say one thing of each commune or territory: columns code and value, maybe
 * reason. A place twice is a reject, the first row counts. */
struct qz_place_table {
    const struct qz_communes *communes;
    const struct qz_level *level; /* its territories are meant; NULL: communes */
    const char *what;             /* "class", "candidate": for messages */
    bool needs_value;             /* else the row alone says it */
    bool sum; /* numbers add up: of communes that merged the sum, of split ones shares */
};
int qz_marks_read(struct qz_ctx *ctx, const struct qz_place_table *table,
                  const struct qz_input *input, struct qz_issues *issues,
                  struct qz_input_report *report, struct qz_marks **ret);
struct qz_marks *qz_marks_free(struct qz_marks *m);
void qz_marks_freep(struct qz_marks **m);
/* Numbers of any sign. Blank and masked ones are not known; of communes that merged the mean
 * stands. */
int qz_measure_read(struct qz_ctx *ctx, const struct qz_place_table *table,
                    const struct qz_input *input, struct qz_issues *issues,
                    struct qz_input_report *report, struct qz_measure **ret);
struct qz_measure *qz_measure_free(struct qz_measure *m);
void qz_measure_freep(struct qz_measure **m);

/* The code of a cell: CRS3035RES200mN2029800E4252400 (any EPSG code, any side in m or km), or
 * INSPIRE's short form, 200mN20298E42524, 1kmN2029E4252. Letter case does not count. */
struct qz_cell_code {
    int epsg;
    double side_m;
    struct qz_xy corner; /* south-west, in the code's own system */
};
bool qz_cell_code_parse(const char *text, struct qz_cell_code *ret); /* false: not a code */
bool qz_code_is_iris(const char *code); /* 9 characters: a commune's 5 and 4 digits */
/* A grid with a column of codes; where a row has none, its square or point counts. A cell is of
 * the commune that its row names when the layer has it (of several, the one that holds its centre,
 * else the first), else of the one that holds its centre. A row whose code is that of an IRIS
 * stands at a point inside its polygon, or at its own point, in the commune of the code's first
 * five characters, else in the one that holds the point. outlined: ids and outlines are kept.
 * Rejects: bad codes, bad people, a place or an IRIS that an earlier row has. Cells in no commune
 * are counted in one note. QZ_E_DATA: none is left; QZ_E_FORMAT: IRIS without a place. */
int qz_cells_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_locator *locator,
                  const struct qz_input *input, const struct qz_crs *crs, bool outlined,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_cells **ret);
struct qz_cells *qz_cells_free(struct qz_cells *c);
void qz_cells_freep(struct qz_cells **c);

int qz_roads_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_roads **ret);
/* Several deliveries as one, in their order. A road whose line an earlier one has too (to the
 * millimetre, drawn either way) is left out and counted: borders are delivered twice. Frees the
 * parts as it goes. QZ_E_DATA: node numbers in some of them only. */
int qz_roads_join(struct qz_ctx *ctx, struct qz_roads **parts, size_t n, struct qz_issues *issues,
                  struct qz_roads **ret);
struct qz_roads *qz_roads_free(struct qz_roads *r);
void qz_roads_freep(struct qz_roads **r);

/* Two tables: nodes (id, x, y or lon, lat), edges (from, to, seconds, maybe length_m), each a way
 * of its own. The fastest of repeated edges counts; both ways between two nodes become one edge
 * when they are as long. Unknown nodes, bad times and edges from a node to itself are rejects. */
int qz_graph_read(struct qz_ctx *ctx, const struct qz_input *nodes, const struct qz_input *edges,
                  const struct qz_crs *crs, struct qz_issues *issues,
                  struct qz_input_report *nodes_report, struct qz_input_report *edges_report,
                  struct qz_graph **ret);
struct qz_graph *qz_graph_free(struct qz_graph *g);

/* Points of any file in the system crs; input->crs counts only where the file names none.
 * with_people: the file must have a population column; a row without a number is a reject. */
int qz_places_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                   bool with_people, struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_places **ret);
struct qz_places *qz_places_free(struct qz_places *p);
void qz_places_freep(struct qz_places **p);

/* Polygons of any file in the system crs, one shape a row; the file's system as above. QZ_E_FORMAT:
 * the layer has none. */
int qz_areas_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_shapes **ret);

/* Whether the file has geometry. */
int qz_areas_given(struct qz_ctx *ctx, const struct qz_input *input, bool *ret);

int qz_sites_new(struct qz_ctx *ctx, struct qz_sites **ret);
struct qz_sites_input { /* all borrowed; what is 0 is not asked for */
    const struct qz_input *input;
    uint16_t profession;         /* order of the plan */
    const char *key;             /* of the plan's section: "gp" */
    const char *only;            /* value of the profession column that is wanted; NULL: all rows */
    const char *sectors;         /* fee sectors that are kept, "1, 2"; NULL: all */
    const char *exclusions;      /* text of a table as geodata/exclusions.csv; NULL: no rule */
    const char *exclusions_file; /* its name, for messages; NULL: ours */
    const char *date;        /* of the table: "2024" or "2024-06-30"; ages from years of birth, and
                                what opens later is planned; NULL: unknown */
    double fte_floor;        /* of one person over all posts; heads without names by their number */
    double fte_ceiling;      /* 0 or INFINITY: none */
    double activity_per_fte; /* consultations a year; where it is above 0 they go before fte */
    const struct qz_communes *communes;
    const struct qz_xy *commune_points; /* one a commune */
    const struct qz_locator *locator;   /* over the communes */
    const struct qz_crs *crs;           /* the working system */
};
/* Adds the sites of one profession, one row a post (person and place) or heads of a place together.
 *
 * A person of n sites counts 1/n at each, or by shares; those that do not sum to 1 are told and
 * brought to 1. Columns of full-time equivalents, activity, age and birth are those of the person,
 * over all posts: a row without takes them from another. Days a week are those of the row's post.
 * Rejects: heads that are no number, a place in no commune (it keeps its part of the person), a
 * person twice at a site. All else that is wrong leaves that one value unknown, told in `issues`;
 * excluded rows are counted by rule there. QZ_E_DATA: no row, none of `only`, none left, or too
 * many rejects. QZ_E_FORMAT: a column asked for is missing, or a line of the rules is bad. */
int qz_sites_read(struct qz_ctx *ctx, struct qz_sites *sites, const struct qz_sites_input *in,
                  struct qz_issues *issues, struct qz_input_report *report);
struct qz_sites *qz_sites_free(struct qz_sites *s);
void qz_sites_freep(struct qz_sites **s);

/* ---- age. Bands: one row a territory and band, with `level` (commune, or a level's name; the
 * table's column, else this one, NULL: commune) and the territory's code (in a column of the usual
 * names, or named as the level). The band is two numbers, age_min and age_max, or words ("de 25 à
 * 29 ans", as the Assurance Maladie's table of practitioners by departement). An open end (an empty
 * age_min, an age_max empty or 99 and more, "70 ans et plus") makes a band as wide as the one
 * beside it. Rows of all ages, of one sex where the table tells them, of other years than the
 * newest are left out; those of unknown age are counted in a note. A commune has its own pyramid,
 * else that of the first level of `levels` (NULL: none) that has one; of a commune shared between
 * territories, the one that has most of it. Bands that overlap or leave a gap, begin later or end
 * earlier than most of the level's territories, are rejects with all the territory's rows: its ages
 * stay unknown. only: as for qz_sites_read. */
int qz_age_bands_read(struct qz_ctx *ctx, const struct qz_communes *communes,
                      const struct qz_levels *levels, const struct qz_input *input,
                      const char *only, const char *level, struct qz_issues *issues,
                      struct qz_input_report *report, struct qz_age_bands **ret);
struct qz_age_bands *qz_age_bands_free(struct qz_age_bands *b);
void qz_age_bands_freep(struct qz_age_bands **b);

/* Who is where, of one vintage of the register: each row's person, and its commune (its code, else
 * its point; locator and crs NULL: codes only). Announced rows do not count. A row elsewhere is as
 * if it were not there. key, only: as for qz_sites_read; rules that leave people out do not count.
 */
int qz_register_read(struct qz_ctx *ctx, const struct qz_communes *communes,
                     const struct qz_locator *locator, const struct qz_crs *crs,
                     const struct qz_input *input, const char *key, const char *only,
                     struct qz_issues *issues, struct qz_input_report *report,
                     struct qz_register **ret);
struct qz_register *qz_register_free(struct qz_register *r);
void qz_register_freep(struct qz_register **r);
/* Two vintages compared: ret[n_groups], group_of_commune as for qz_supply_by_group (all 0: the
 * whole). Over all groups moved_in is moved_out where each commune is in one. Sums in the order of
 * the persons. QZ_E_DATA: both have many ids, and none in common. QZ_E_RANGE: a group. */
int qz_flows_by_group(struct qz_ctx *ctx, const struct qz_register *before,
                      const struct qz_register *now, const uint32_t *group_of_commune,
                      size_t n_groups, struct qz_flow *ret);
/* Yearly arrivals and departures for each head of today, and of then; moves between groups count in
 * the arrivals, those away against them (so that the groups add up to the whole), and not in the
 * departures. years: between the vintages, above 0. False: not known, for want of names or heads.
 */
bool qz_flow_arrivals(const struct qz_flow *f, double years, double *ret_per_head);
bool qz_flow_departures(const struct qz_flow *f, double years, double *ret_per_head);

/* ---- territories. A table has one row a commune, or several with a column of weights (0 to 1)
 * where a commune is shared: sums over 1 are rejects (the commune is then in none at that level),
 * of sums under 1 the rest is in none, which is told; without weights the first row counts, and
 * another code in a later one is told. */
/* The levels that quinze knows, then "all". input NULL: what the communes themselves say
 * (departement, EPCI), which also counts where the table is silent. */
int qz_levels_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_levels **ret);
struct qz_level_input {
    const char *key;   /* "cpts"; copied */
    const char *label; /* French, copied; NULL: the key */
    struct qz_input input;
};
struct qz_level_homes { /* where people are, by commune; those of a commune without cells: one */
    size_t n;
    const uint32_t *commune; /* rising */
    const struct qz_xy *at;
    const double *weight; /* people, above 0 */
};
/* Adds a user's level, before "all". The file is a table (commune, territory, its name, weight), or
 * polygons with a code and maybe a name: these hold as much of a commune as they hold of its
 * people. A layer of polygons is a table only when the plan names both code and territory.
 * QZ_E_PLAN: the key is taken; QZ_E_DATA: nobody is in any territory. */
int qz_levels_add(struct qz_ctx *ctx, struct qz_levels *levels, const struct qz_communes *c,
                  const struct qz_level_input *in, const struct qz_level_homes *homes,
                  const struct qz_crs *crs, struct qz_issues *issues,
                  struct qz_input_report *report);
/* One of quinze's own names, "all" too: no user's level may have it. */
bool qz_level_is_own(const char *name);
struct qz_levels *qz_levels_free(struct qz_levels *l);
void qz_levels_freep(struct qz_levels **l);

/* Whether text is a code of `width` digits without its leading zero: ret gets it whole. */
bool qz_code_lost_zero(const char *text, size_t width, char ret[16]);
/* A well-formed INSEE commune code: 5 characters, digits, the second may be a letter (2A, 2B). */
bool qz_code_is_commune(const char *code);
