/* engine/plan/parts.h - what the files of this folder share: the key table, and a plan being read.
 */
#pragma once
#include <glib.h>
#include "plan/plan.h"

/* ---- keys */
enum qz_plan_kind { TEXT, PATH, TABLE, YES_NO, NUMBER, WHOLE, MINUTES_LIST, YEARS_LIST, SCORE };
struct qz_plan_key {
    const char *section; /* one that ends with a blank may come several times: [practitioners gp] */
    const char *name;
    enum qz_plan_kind kind;
    size_t offset; /* into struct qz_plan, or into the item of a repeated section */
    double scale;  /* NUMBER: plan unit -> the field's unit */
    double low, high;
    const char *value; /* default; NULL: none */
    const char *help;
};
extern const struct qz_plan_key qz_plan_keys[];
extern const size_t qz_n_plan_keys;

/* Sections that name a file, with the parts that their columns may play (bits of qz_role). */
struct qz_plan_file {
    const char *section;
    size_t offset; /* of its struct qz_plan_input */
    uint64_t roles;
    bool required;
};
extern const struct qz_plan_file qz_plan_inputs[];
extern const size_t qz_n_plan_inputs;
/* Repeated sections: all their items begin as struct qz_plan_item does. */
struct qz_plan_repeat {
    const char *prefix, *example;
    size_t items, n; /* into struct qz_plan */
    size_t size;
    uint64_t roles;
};
extern const struct qz_plan_repeat qz_plan_repeats[];
extern const size_t qz_n_plan_repeats;

/* ---- a plan being read */
struct qz_plan_reader {
    struct qz_ctx *ctx;
    GKeyFile *file;
    struct qz_plan *plan;
    char *folder;
};
const char *qz_plan_keep(struct qz_plan *plan, const char *text);
/* A value without the quotes people like to put; NULL: not there. Freed by g_free. */
char *qz_plan_value(struct qz_plan_reader *r, const char *section, const char *key);
const char *qz_plan_path(struct qz_plan_reader *r, const char *value); /* from the plan's folder */
bool qz_plan_is_repeated(const char *section);
/* The keys of a section: in the table they stand under `known`, in the file under `section`. base:
 * the plan, or the item. */
int qz_plan_section_read(struct qz_plan_reader *r, const char *known, const char *section,
                         void *base);
int qz_plan_keys_read(struct qz_plan_reader *r); /* those of all sections that come once */
/* [roads] file: a list of paths and patterns; then what kind of roads it is. */
int qz_plan_road_files(struct qz_plan_reader *r);
int qz_plan_settle_roads(struct qz_plan_reader *r);
/* A score's terms from text, and back. */
int qz_plan_score_read(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *value,
                       struct qz_plan_score *ret);
void qz_plan_score_text(const struct qz_plan_score *score, struct qz_text *t);
/* Words and keys of other sections; scores that the plan leaves open. */
int qz_plan_settle_choices(struct qz_plan_reader *r);
/* What depends on several keys, and what the tables of geodata say where the plan does not. */
int qz_plan_settle(struct qz_plan_reader *r);
