/* engine/source/site_tell.c - what is wrong with many rows: the first ones told, the others
 * counted. */
#include <stdio.h>
#include "source/site_rows.h"

static const struct {
    const char *code;
    enum qz_severity severity;
} troubles[QZ_N_TROUBLES] = {
    [QZ_BAD_VALUE] = { "bad_value", QZ_SEVERITY_WARNING },
    [QZ_MASKED] = { "masked", QZ_SEVERITY_NOTE },
    [QZ_BAD_SHARES] = { "bad_shares", QZ_SEVERITY_WARNING },
    [QZ_TWO_VALUES] = { "two_values", QZ_SEVERITY_WARNING },
    [QZ_DUPLICATE_POST] = { "duplicate_post", QZ_SEVERITY_REJECT },
    [QZ_TWO_PROFESSIONS] = { "two_professions", QZ_SEVERITY_WARNING },
    [QZ_TWO_PLACES] = { "two_places", QZ_SEVERITY_WARNING },
    [QZ_UNKNOWN_PARENT] = { "unknown_parent", QZ_SEVERITY_WARNING },
    [QZ_PARENT_CYCLE] = { "parent_cycle", QZ_SEVERITY_WARNING },
};

int qz_site_tell(struct qz_ctx *ctx, struct qz_site_build *b, enum qz_trouble trouble, size_t row,
                 const char *format, ...) {
    if (b->quiet || b->told[trouble]++ >= QZ_MOST_TOLD)
        return 0;
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return qz_issue_add(ctx, b->issues, troubles[trouble].severity, b->reader.source, row, NULL,
                        troubles[trouble].code, "%s", message);
}

static int tell_note(struct qz_ctx *ctx, struct qz_site_build *b, const char *code, size_t n,
                     const char *first, const char *what) {
    return n == 0 ? 0
                  : qz_issue_add(ctx, b->issues, QZ_SEVERITY_NOTE, b->reader.source, 0, NULL, code,
                                 "%zu %s%s%s", n, what, *first ? ", first " : "", first);
}

int qz_site_tell_rest(struct qz_ctx *ctx, struct qz_site_build *b) {
    int e = 0;
    for (size_t i = 0; i < QZ_N_TROUBLES && e == 0; i++)
        if (b->told[i] > QZ_MOST_TOLD)
            e = qz_issue_add(ctx, b->issues, troubles[i].severity, b->reader.source, 0, NULL,
                             troubles[i].code, "%zu of this kind in all; the first %d are listed",
                             b->told[i], (int)QZ_MOST_TOLD);
    if (e == 0)
        e = tell_note(ctx, b, "unknown_structure", b->n_unknown, b->first_unknown,
                      "rows have a structure that is no cabinet, maison, pole, centre, hopital, "
                      "laboratoire or officine: kept as it is");
    if (e == 0)
        e = tell_note(ctx, b, "no_table_date", b->n_without_date, "",
                      "rows state an opening and the table has no date: they count as open; give "
                      "'vintage =' in its section");
    return e < 0 ? e
                 : tell_note(ctx, b, "no_table_date", b->n_without_year, "",
                             "rows state a year of birth and the table has no date: ages are "
                             "unknown; give 'vintage =' in its section");
}
