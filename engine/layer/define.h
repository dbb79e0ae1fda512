/* engine/layer/define.h - what a layer is: a row count, columns with getters, a geometry, a style.
 */
#pragma once
#include "io/writer.h"
#include "layer/figures.h"
#include "layer/layer.h"

/* Which figure a column shows. */
struct qz_figure_column {
    const struct qz_figure *figure; /* NULL: the people of a group */
    size_t group;
    enum qz_when when;
    enum qz_unknowns bound;
};

/* One cell to fill: row of the layer, profession (of a column repeated for each), where it goes. */
struct qz_cell {
    const struct qz_results *results;
    const struct qz_profession_results *profession; /* NULL: a plain column */
    size_t profession_number;
    struct qz_row_key {
        size_t row;          /* of the layer */
        size_t a, b;         /* what the layer's locate() made of it: a thing and a part */
        size_t level, place; /* of a layer with figures: see qz_place_key */
        const struct qz_profession_results *professions; /* whose figures; NULL: the results' */
    } key;
    const struct qz_figure_column *figure;
    size_t number; /* of a column repeated for other things: its name says for which */
    struct qz_writer *writer;
    size_t column;
};

struct qz_column_def {
    const char *name;  /* "%s" stands for the profession's key, "%t" for the minutes of its
                          threshold; a column with them is repeated for each. NULL: the columns of
                          all figures stand here */
    const char *alias; /* French; "%s" for the profession's label, "%t" as above */
    enum qz_type type;
    int decimals;
    void (*get)(const struct qz_cell *cell); /* a cell left alone is NULL */
    bool (*present)(const struct qz_results *r,
                    const struct qz_profession_results *p); /* NULL: always */
};

/* A rule of a style: the features that a filter keeps, drawn alike. "%s": the first profession's
 * key. */
struct qz_rule {
    const char *filter; /* QGIS expression; NULL: ELSE */
    const char *label;  /* French */
    const char *colour; /* "r,g,b,a" of the fill or marker */
    double size_mm;     /* of a marker; 0 else */
};
enum qz_symbol { QZ_SYMBOL_NONE, QZ_SYMBOL_FILL, QZ_SYMBOL_MARKER };
struct qz_style_def {
    const char *name, *description;
    enum qz_symbol symbol;
    const char *outline; /* "r,g,b,a" */
    double outline_mm;
    double opacity; /* of the layer, 0 to 1 */
    const char
        *order_by;     /* expression, drawn from high to low ("%s" as in rules); NULL: file order */
    const char *label; /* expression; NULL: none */
    double label_from_scale; /* labels are shown from this scale on; 0: always */
    const struct qz_rule *rules;
    size_t n_rules;
    bool (*present)(const struct qz_results *r); /* of a style beside the default; NULL: always */
};

struct qz_layer_def {
    const char *name, *title, *description;
    enum qz_geometry geometry;
    size_t (*n_rows)(const struct qz_results *r);
    void (*locate)(const struct qz_results *r, struct qz_row_key *key); /* NULL: a is the row */
    int (*draw)(struct qz_ctx *ctx, const struct qz_cell *cell);        /* NULL with no geometry */
    const struct qz_column_def *columns;
    size_t n_columns;
    bool optional;                           /* absent without a row */
    const struct qz_style_def *style;        /* the default */
    const struct qz_style_def *const *other; /* to choose from; NULL at the end, NULL: none */
};
extern const struct qz_layer_def qz_layer_communes, qz_layer_sites, qz_layer_isochrones,
    qz_layer_coverage, qz_layer_origins, qz_layer_catchments, qz_layer_zones,
    qz_layer_implantations, qz_layer_disagreements, qz_layer_territories, qz_layer_indicators,
    qz_layer_diagnostics, qz_layer_provenance;

/* A plain column of a layer that shows tables and overlays has this name. */
bool qz_column_is_taken(const char *name);
/* The columns of a layer for these results, professions spelt out; aliases beside. */
struct qz_spelt_column {
    const char *name, *alias;
    const struct qz_column_def *def;
    size_t profession; /* SIZE_MAX: a plain column */
    struct qz_figure_column figure;
    size_t number; /* of what it is repeated for */
};
struct qz_columns {
    struct qz_spelt_column *spelt;
    struct qz_column *items; /* the same, as the writer wants them */
    size_t n, cap;
    struct qz_pool *texts;
};
int qz_columns_make(struct qz_ctx *ctx, const struct qz_layer_def *layer,
                    const struct qz_results *r, struct qz_columns *ret);
void qz_columns_done(struct qz_columns *c);
/* The getter of the columns of figures. */
void qz_put_figure(const struct qz_cell *cell);
#define QZ_FIGURE_COLUMNS \
    { NULL, NULL, QZ_REAL, 0, qz_put_figure, NULL }
/* The classes of a score in consultations; 2.5 and 4 are those of the legal zoning. where: a filter
 * before each; level: a label before each. */
#define QZ_SCORE_CLASSES(where, level, column)                                               \
    { where "\"%s_" column "\" < 1.5", level "moins de 1,5", "165,0,38,255", 0 },            \
        { where "\"%s_" column "\" >= 1.5 AND \"%s_" column "\" < 2.5", level "1,5 à 2,5",   \
          "244,109,67,255", 0 },                                                             \
        { where "\"%s_" column "\" >= 2.5 AND \"%s_" column "\" < 3.25", level "2,5 à 3,25", \
          "254,224,144,255", 0 },                                                            \
        { where "\"%s_" column "\" >= 3.25 AND \"%s_" column "\" < 4", level "3,25 à 4",     \
          "171,217,233,255", 0 },                                                            \
        { where "\"%s_" column "\" >= 4", level "4 et plus", "69,117,180,255", 0 }, {        \
        where "\"%s_" column "\" IS NULL", level "sans chiffre", "170,170,170,255", 0        \
    }
/* What the long table tells of each place. On failure *ret may be half made: free it all the same.
 */
struct qz_series_lists;
int qz_series_new(struct qz_ctx *ctx, const struct qz_results *r, struct qz_series_lists **ret);
struct qz_series_lists *qz_series_free(struct qz_series_lists *s);
/* Homes that the layer of origins shows. items is freed by the caller, on failure too. */
struct qz_told_origins {
    struct qz_told_origin {
        uint32_t home, cell;
    } * items;
    size_t n;
};
int qz_origins_told(struct qz_ctx *ctx, const struct qz_results *r, struct qz_told_origins *ret);
/* The QML of a style, with the aliases of the layer's columns. */
int qz_style_qml(struct qz_ctx *ctx, const struct qz_style_def *style,
                 const struct qz_columns *columns, const struct qz_results *r, struct qz_text *qml);

/* ---- small helpers of getters */
static inline void qz_put_text(const struct qz_cell *c, const char *text) {
    if (text && *text)
        qz_writer_text(c->writer, c->column, text);
}
static inline void qz_put_real(const struct qz_cell *c, double v) {
    qz_writer_real(c->writer, c->column, v);
}
static inline void qz_put_int(const struct qz_cell *c, int64_t v) {
    qz_writer_int(c->writer, c->column, v);
}
/* What stands for the letters of a pattern: "%s" word, "%t" minutes, "%u" unit, "%n" heads,
 * "%h" year. */
struct qz_words {
    const char *word, *unit, *heads;
    uint32_t minutes, year;
};
/* Kept in the pool; NULL: no memory. */
const char *qz_spell(struct qz_pool *pool, const char *pattern, const struct qz_words *words);
struct qz_words qz_words_of(const struct qz_profession_results *p, const char *word, uint32_t year);
/* "12 345": a whole number as the French write it (narrow no-break spaces). */
const char *qz_french_whole(double value, char out[48]);
/* "0,8", and as above from 1 000 on, or without decimals. */
const char *qz_french_number(double value, int decimals, char out[48]);
