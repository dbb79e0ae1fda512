/* engine/source/issues.c - what was wrong, kept in the order it was found. */
#include <stdio.h>
#include <string.h>
#include "source/source.h"

int qz_issues_init(struct qz_ctx *ctx, struct qz_issues *issues) {
    *issues = (struct qz_issues) { 0 };
    return qz_pool_new(ctx, &issues->texts);
}

void qz_issues_done(struct qz_issues *issues) {
    free(issues->items);
    qz_pool_free(issues->texts);
    *issues = (struct qz_issues) { 0 };
}

int qz_issue_add(struct qz_ctx *ctx, struct qz_issues *issues, enum qz_severity severity,
                 const char *source, size_t row, const struct qz_xy *at, const char *code,
                 const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct qz_issue *grown = qz_grow(issues->items, &issues->cap, issues->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    issues->items = grown;
    const char *kept = qz_pool_add(issues->texts, message, strlen(message));
    const char *from = qz_pool_add(issues->texts, source, strlen(source));
    if (!kept || !from)
        return qz_fail_nomem(ctx);
    issues->items[issues->n++] = (struct qz_issue) {
        severity, from, code, kept, row, at != NULL, at ? *at : (struct qz_xy) { 0, 0 },
    };
    return 0;
}
