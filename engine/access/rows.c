/* engine/access/rows.c - small tables of text, row by row. */
#include <string.h>
#include "access/rows.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Cuts the line into fields, in place; what is between '"' is one field. */
static void split(struct qz_rows *r) {
    size_t n = 0;
    char *at = r->text;
    while (at && n < COUNT(r->field)) {
        while (is_blank(*at))
            at++;
        char *end, *quote = *at == '"' ? strchr(at + 1, '"') : NULL;
        at += quote != NULL;
        end = strchr(quote ? quote : at, r->separator);
        char *stop = quote ? quote : end ? end : at + strlen(at);
        while (stop > at && is_blank(stop[-1]))
            stop--;
        r->field[n++] = at;
        at = end ? end + 1 : NULL;
        *stop = 0;
    }
    while (n < COUNT(r->field))
        r->field[n++] = "";
}

/* The next line that is no comment and not empty, into r->text. */
static int next_line(struct qz_ctx *ctx, struct qz_rows *r) {
    while (*r->next) {
        size_t n = strcspn(r->next, "\n");
        const char *line = r->next;
        r->next += n + (r->next[n] == '\n');
        r->line++;
        if (*line == '#' || strspn(line, " \t\r,;") >= n)
            continue;
        if (n >= sizeof r->text)
            return qz_fail(ctx, QZ_E_DATA, "%s: line %zu is longer than %d characters", r->table,
                           r->line, QZ_ROW_BYTES - 1);
        memcpy(r->text, line, n);
        r->text[n] = 0;
        return 1;
    }
    return 0;
}

static int find_columns(struct qz_ctx *ctx, struct qz_rows *r) {
    for (size_t i = 0; i < r->n_names; i++) {
        size_t k = 0;
        while (k < COUNT(r->field) && !qz_equal_nocase(r->field[k], r->names[i]))
            k++;
        if (k == COUNT(r->field))
            return qz_fail(ctx, QZ_E_FORMAT, "%s: line %zu: the header has no column '%s'",
                           r->table, r->line, r->names[i]);
        r->place[i] = k;
    }
    return 0;
}

int qz_rows_open(struct qz_ctx *ctx, const char *table, const char *text, const char *const *names,
                 size_t n, struct qz_rows *ret) {
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as spreadsheets write it */
    *ret = (struct qz_rows) { .table = table, .names = names, .n_names = n };
    ret->next = strncmp(text, mark, 3) == 0 ? text + 3 : text;
    int e = next_line(ctx, ret);
    if (e <= 0)
        return e < 0 ? e : qz_fail(ctx, QZ_E_FORMAT, "%s: the table is empty", table);
    ret->separator = strchr(ret->text, ';') ? ';' : ',';
    split(ret);
    return find_columns(ctx, ret);
}

int qz_rows_next(struct qz_ctx *ctx, struct qz_rows *r) {
    int e = next_line(ctx, r);
    if (e > 0)
        split(r);
    return e;
}

const char *qz_rows_text(const struct qz_rows *r, size_t i) { return r->field[r->place[i]]; }

bool qz_rows_number(const struct qz_rows *r, size_t i, double *ret) {
    return qz_parse_number(qz_rows_text(r, i), ret);
}

int qz_rows_bad(struct qz_ctx *ctx, const struct qz_rows *r, size_t i, const char *wanted) {
    return qz_fail(ctx, QZ_E_DATA, "%s: line %zu: %s = '%s' is not %s", r->table, r->line,
                   r->names[i], qz_rows_text(r, i), wanted);
}

int qz_rows_unknown(struct qz_ctx *ctx, const struct qz_rows *r, const char *text, size_t i,
                    const char *what, const char *name) {
    struct qz_rows again;
    struct qz_text all = { 0 };
    char last[QZ_ROW_BYTES] = "", nearest[QZ_ROW_BYTES] = "";
    unsigned least = UINT32_MAX;
    int e = qz_rows_open(ctx, r->table, text, r->names, r->n_names, &again);
    while (e >= 0 && (e = qz_rows_next(ctx, &again)) > 0) {
        const char *known = qz_rows_text(&again, i);
        unsigned distance = qz_edit_distance(known, name);
        if (strcmp(known, last) == 0)
            continue;
        qz_text_add(&all, "%s%s", all.n ? ", " : "", known);
        strcpy(last, known);
        if (distance < least)
            strcpy(nearest, known);
        least = distance < least ? distance : least;
    }
    if (e == 0)
        e = all.n ? qz_fail(ctx, QZ_E_PLAN, "%s: no %s '%s'; did you mean '%s'? It has: %s",
                            r->table, what, name, nearest, all.data)
                  : qz_fail(ctx, QZ_E_PLAN, "%s: no %s '%s': it has no row", r->table, what, name);
    qz_text_done(&all);
    return e;
}
