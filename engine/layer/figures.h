/* engine/layer/figures.h - every figure of a profession in a place, made of what is counted there.
 * A new figure is a row of the table: it becomes a column of communes and territories, and rows of
 * the long table. */
#pragma once
#include "layer/layer.h"

struct qz_place_key { /* what a figure is of */
    const struct qz_results *results;
    const struct qz_profession_results *profession;
    size_t outlook;      /* 0: today; see qz_outlook_of */
    size_t level, place; /* level 0: the communes; l: levels->items[l - 1] */
};
const struct qz_tally *qz_tally_at(const struct qz_place_key *at);

enum qz_when { /* today, at a horizon, what is lost until then */
               QZ_WHEN_NOW,
               QZ_WHEN_HORIZON,
               QZ_WHEN_LOST,
               QZ_N_WHENS
};
enum qz_unknowns {                   /* of what unknown ages may make of a horizon */
                   QZ_UNKNOWN_NONE,  /* known: both bounds agree */
                   QZ_UNKNOWN_LEAVE, /* those of unknown age all leave */
                   QZ_UNKNOWN_STAY,  /* they all stay */
                   QZ_N_UNKNOWNS
};
struct qz_figure {
    const char *name;  /* in the long table and, after the profession's key, of the column; "%t":
                          minutes of the threshold */
    const char *alias; /* French; "%t" as above, "%u": unit of the score, "%n": what heads are */
    const char *unit;  /* in the long table; NULL: that of the score */
    int decimals;
    unsigned columns; /* bits of qz_when that have a column */
    unsigned rows;    /* bits of qz_when that have rows in the long table */
    int worse;        /* 1: the higher the worse; -1: the lower; 0: neither */
    bool of_supply;   /* of practitioners: it has a scope, and can be secret */
    bool (*get)(const struct qz_place_key *at, double *ret); /* false: there is none */
    bool (*present)(const struct qz_results *r, const struct qz_profession_results *p);
};
extern const struct qz_figure qz_figures[];
extern const size_t qz_n_figures;

/* The outlook of a horizon (0, 1 ...) under a bound; 0 for today. */
size_t qz_outlook_of(enum qz_when when, size_t horizon, enum qz_unknowns bound);
/* The figure; false: none, secret, or (QZ_UNKNOWN_NONE) one that hangs on unknown ages. at->outlook
 * is not looked at. */
bool qz_figure_value(const struct qz_figure *f, const struct qz_place_key *at, enum qz_when when,
                     size_t horizon, enum qz_unknowns bound, double *ret);
/* Some horizon hangs on unknown ages. */
bool qz_ages_are_unknown(const struct qz_results *r, const struct qz_profession_results *p);
/* The heads of this place must not be told. */
bool qz_is_secret(const struct qz_place_key *at);
