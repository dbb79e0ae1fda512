/* engine/source/site_rows.h - what the files of sites.c share: the rows of a practitioner file on
 * their way to sites and posts. */
#pragma once
#include "source/site_rules.h"
#include "source/site_words.h"
#include "source/care.h"
#include "source/source.h"

enum qz_row_fate {
    QZ_ROW_COUNTS,
    QZ_ROW_ELSEWHERE, /* in no commune of the layer: a place of work all the same */
    QZ_ROW_EXCLUDED,  /* by a rule, or the fee sector */
    QZ_ROW_DUPLICATE, /* of the same person at the same site */
};

struct qz_site_row {
    const char *site, *person, *finess, *structure, *parent, *opening; /* "" when empty */
    double heads;                /* as stated; 1 for a named person */
    double fte;                  /* of all posts of a person; negative: unknown */
    double share, days;          /* negative: not stated */
    double heads_here, fte_here; /* once shared over the person's posts */
    struct qz_xy at;
    size_t number; /* of the file, from 1 */
    uint32_t commune, person_number;
    uint8_t age; /* 0: unknown */
    uint8_t fate;
    int8_t evening, weekend; /* 1, 0, or -1: not stated */
    bool planned, at_commune_point, secret;
};

/* What is wrong many times over: told QZ_MOST_TOLD times, then counted. */
enum { QZ_MOST_TOLD = 50 };
enum qz_trouble {
    QZ_BAD_VALUE, /* the rest of the row counts */
    QZ_MASKED,
    QZ_BAD_SHARES,
    QZ_TWO_VALUES,
    QZ_DUPLICATE_POST,
    QZ_TWO_PROFESSIONS,
    QZ_TWO_PLACES,
    QZ_UNKNOWN_PARENT,
    QZ_PARENT_CYCLE,
    QZ_N_TROUBLES
};

struct qz_site_names;
struct qz_site_build {
    const struct qz_sites_input *in;
    struct qz_sites *sites;
    size_t first_site; /* those of this call */
    struct qz_issues *issues;
    struct qz_reader reader;
    struct qz_care care;
    struct qz_point_reader points;
    struct qz_site_row *rows;
    size_t n, cap;
    struct qz_site_rules rules;
    struct qz_structures *structures;
    struct qz_site_names *names; /* NULL until a site was named */
    const char *first_unknown;   /* structure word, and how many rows have one */
    size_t n_unknown, n_without_date, n_without_year, n_duplicates;
    size_t told[QZ_N_TROUBLES];
    const struct qz_code_entry *changed; /* what became of the commune of the row; NULL: nothing */
    bool quiet;                          /* the row at hand does not count: nothing to correct */
    char date[QZ_DATE];                  /* of the table; "": unknown */
};

/* "" for NULL; NULL: memory ended. */
const char *qz_site_keep(struct qz_site_build *b, const char *text);
/* site_tell.c */
int qz_site_tell(struct qz_ctx *ctx, struct qz_site_build *b, enum qz_trouble trouble, size_t row,
                 const char *format, ...) QZ_PRINTF(5, 6);
/* What was only counted. */
int qz_site_tell_rest(struct qz_ctx *ctx, struct qz_site_build *b);

/* site_row.c: reads the table's row into b->rows, or rejects it. */
int qz_site_row_read(struct qz_ctx *ctx, struct qz_site_build *b);
/* An order of rows that the file's order decides only between equal ones. */
int qz_site_row_by_person(const void *a, const void *b);
int qz_site_row_by_site(const void *a, const void *b);

/* site_persons.c: who is who; posts given twice; full-time equivalents and ages of a person. */
int qz_site_persons_read(struct qz_ctx *ctx, struct qz_site_build *b);
void qz_site_persons_free(struct qz_site_person *persons);
/* site_shares.c: how much of a person works where: heads_here and fte_here of the rows of one. */
int qz_site_share(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *rows, size_t n);
void qz_site_share_nameless(const struct qz_site_build *b, struct qz_site_row *row);

/* site_make.c: rows into sites and posts; leaves the rows by site. */
int qz_site_make(struct qz_ctx *ctx, struct qz_site_build *b);

/* site_parents.c: the names of all sites of the table, then, once sites are made, whether parents
 * are among them. */
int qz_site_name_add(struct qz_ctx *ctx, struct qz_site_build *b, const char *name);
int qz_site_parents_check(struct qz_ctx *ctx, struct qz_site_build *b);
void qz_site_names_free(struct qz_site_names *names);
