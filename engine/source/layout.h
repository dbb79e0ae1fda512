/* engine/source/layout.h - official files of practitioners: how each is recognised, and what its
 * columns are. */
#pragma once
#include "source/source.h"

struct qz_layout {
    const char *key;            /* of the plan */
    const char *title;          /* for messages */
    const char *columns[3][3];  /* all of one set tell it */
    const char *counts;         /* so do columns of this prefix and a code (NB_D201); NULL: none */
    bool code_in_parts;         /* departement, and three digits of the commune */
    bool iris;                  /* the commune begins an IRIS code of 9 */
    bool system_by_departement; /* of x and y, where the file names none */
    struct {
        enum qz_role role;
        const char *names[5]; /* before the usual ones */
    } roles[12];              /* ends with a name-less one */
};
/* The layout named by the input (QZ_E_PLAN: unknown), else that of the columns; at last "plain". */
int qz_layout_choose(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_table *t,
                     const struct qz_layout **ret);
/* The layout that the columns tell; never NULL. */
const struct qz_layout *qz_layout_of(const struct qz_table *t);
/* Its own column for a role; -1: none. */
int qz_layout_column(const struct qz_layout *l, const struct qz_table *t, enum qz_role role);

/* ---- the tables of geodata/ that belong to layouts: rows of a few short fields */
enum { QZ_REGISTRY_FIELDS = 5, QZ_REGISTRY_BYTES = 96 };
struct qz_registry_row {
    char field[QZ_REGISTRY_FIELDS][QZ_REGISTRY_BYTES]; /* "" where the line ends before */
};
/* The next row from *at (at first qz_geodata(name)): comments and the header are passed over. */
bool qz_registry_next(const char **at, struct qz_registry_row *ret);
