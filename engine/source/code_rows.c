/* engine/source/code_rows.c - a table with one figure a commune, maybe of another year: which of
 * its rows count. */
#include "source/source.h"

enum { NOT_YET, BY_ITS_YEAR, BY_ANOTHER }; /* how a commune was counted */

int qz_code_rows_init(struct qz_ctx *ctx, struct qz_code_rows *rows, const struct qz_code_map *map,
                      const struct qz_communes *c) {
    *rows = (struct qz_code_rows) { .map = map };
    rows->commune = qz_calloc(c->n, sizeof *rows->commune);
    rows->entry = qz_calloc(qz_code_map_size(map) + 1, sizeof *rows->entry);
    return rows->commune && rows->entry ? 0 : qz_fail_nomem(ctx);
}

void qz_code_rows_done(struct qz_code_rows *rows) {
    free(rows->commune);
    free(rows->entry);
}

const char *qz_code_rows_take(struct qz_code_rows *rows, const char *code,
                              const struct qz_code_share *parts, size_t n) {
    size_t entry = qz_code_map_find(rows->map, code);
    if (entry == SIZE_MAX) { /* nothing happened to it: nobody else is in its commune */
        bool again = rows->commune[parts[0].commune] != NOT_YET;
        rows->commune[parts[0].commune] = BY_ITS_YEAR;
        return again ? "" : NULL;
    }
    bool existed = qz_code_map_entry(rows->map, entry)->existed;
    if (rows->entry[entry])
        return "";
    for (size_t i = 0; i < n; i++)
        if (rows->commune[parts[i].commune] == (existed ? BY_ANOTHER : BY_ITS_YEAR))
            return ", by codes of different years";
    rows->entry[entry] = 1;
    for (size_t i = 0; i < n; i++)
        rows->commune[parts[i].commune] = existed ? BY_ITS_YEAR : BY_ANOTHER;
    return NULL;
}

int qz_code_rows_tell(struct qz_ctx *ctx, const struct qz_code_rows *rows,
                      const struct qz_communes *c, const char *source, struct qz_issues *issues) {
    const struct qz_code_entry *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < qz_code_map_size(rows->map); i++) {
        const struct qz_code_entry *e = qz_code_map_entry(rows->map, i);
        if (rows->entry[i] || !e->existed || e->n == 0 ||
            rows->commune[e->shares[0].commune] != BY_ITS_YEAR)
            continue;
        first = first ? first : e;
        n++;
    }
    if (n == 0)
        return 0;
    uint32_t whole = first->shares[0].commune;
    return qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, source, 0, NULL, "part_without_row",
                        "%zu communes that merged by %d have no row; the first is %s: %s (%s) "
                        "counts without it; complete the table or correct its year",
                        n, qz_code_map_to_year(rows->map), first->code, c->code[whole],
                        c->name[whole]);
}
