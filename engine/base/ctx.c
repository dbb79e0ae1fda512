/* engine/base/ctx.c - the context: sinks, last error, progress span, library handles. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/base.h"

enum { MESSAGE_BYTES = 1024 };

struct handle {
    void *handle;
    void (*release)(void *);
};

struct qz_ctx {
    struct qz_ctx_params params;
    struct qz_ctx *parent;
    char error[MESSAGE_BYTES];
    double from, to; /* the span of the whole run that progress maps into */
    double done;     /* the farthest told of it: pieces of work may each count from 0 */
    struct handle slots[QZ_N_SLOTS];
};

const struct qz_ctx_params qz_ctx_params_default = { 0 };

int qz_ctx_new(const struct qz_ctx_params *params, struct qz_ctx **ret) {
    struct qz_ctx *ctx = qz_calloc(1, sizeof *ctx);
    if (!ctx)
        return QZ_E_NOMEM;
    ctx->params = *params;
    if (ctx->params.threads <= 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        ctx->params.threads = n > 0 ? (int)n : 1;
    }
    ctx->to = 1;
    *ret = ctx;
    return 0;
}

int qz_ctx_child(struct qz_ctx *parent, struct qz_ctx **ret) {
    struct qz_ctx_params params = { .threads = 1 };
    int r = qz_ctx_new(&params, ret);
    if (r == 0)
        (*ret)->parent = parent;
    return r;
}

struct qz_ctx *qz_ctx_free(struct qz_ctx *ctx) {
    if (!ctx)
        return NULL;
    for (size_t i = 0; i < QZ_N_SLOTS; i++)
        if (ctx->slots[i].handle)
            ctx->slots[i].release(ctx->slots[i].handle);
    free(ctx);
    return NULL;
}

void qz_ctx_freep(struct qz_ctx **ctx) { *ctx = qz_ctx_free(*ctx); }

const char *qz_ctx_error(const struct qz_ctx *ctx) { return ctx ? ctx->error : ""; }
int qz_ctx_threads(const struct qz_ctx *ctx) { return ctx ? ctx->params.threads : 1; }
const char *qz_version(void) { return QZ_VERSION; }

const char *qz_code_name(int code) {
    static const char *const names[] = { "done",         "out of memory", "out of range",
                                         "input/output", "format",        "reference system",
                                         "plan",         "data",          "output exists",
                                         "cancelled" };
    return code <= 0 && (size_t)-code < COUNT(names) ? names[-code] : "condition";
}

int qz_fail(struct qz_ctx *ctx, int code, const char *format, ...) {
    if (!ctx)
        return code;
    va_list args;
    va_start(args, format);
    char message[MESSAGE_BYTES]; /* apart: an argument may be the old message */
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    memcpy(ctx->error, message, sizeof message);
    return code;
}

int qz_fail_at(struct qz_ctx *ctx, int code, const char *format, ...) {
    if (!ctx || code == QZ_E_CANCELLED) /* wherever it was: somebody asked */
        return code;
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof message)
        snprintf(message + n, sizeof message - (size_t)n, "%s", ctx->error);
    memcpy(ctx->error, message, sizeof message);
    return code;
}

int qz_fail_from(struct qz_ctx *ctx, const struct qz_ctx *child, int code) {
    return qz_fail(ctx, code, "%s", qz_ctx_error(child));
}

int qz_fail_nomem(struct qz_ctx *ctx) {
    return qz_fail(ctx, QZ_E_NOMEM,
                   "out of memory: run on a smaller territory or a larger machine");
}

void qz_log(struct qz_ctx *ctx, enum qz_log_level level, const char *format, ...) {
    if (!ctx || !ctx->params.log)
        return;
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    ctx->params.log(level, message, ctx->params.log_user);
}

int qz_progress(struct qz_ctx *ctx, double done, const char *what) {
    while (ctx && ctx->parent)
        ctx = ctx->parent;
    if (!ctx || !ctx->params.progress)
        return 0;
    double whole = ctx->from + done * (ctx->to - ctx->from);
    ctx->done = whole > ctx->done ? whole : ctx->done;
    if (ctx->params.progress(ctx->done, what, ctx->params.progress_user))
        return 0;
    return qz_fail(ctx, QZ_E_CANCELLED, "stopped on request; nothing was written");
}

void qz_progress_span(struct qz_ctx *ctx, double from, double to) {
    if (ctx) {
        ctx->from = ctx->done = from;
        ctx->to = to;
    }
}

void *qz_ctx_slot(struct qz_ctx *ctx, enum qz_slot slot) { return ctx->slots[slot].handle; }

void qz_ctx_set_slot(struct qz_ctx *ctx, enum qz_slot slot, void *handle, void (*release)(void *)) {
    ctx->slots[slot] = (struct handle) { handle, release };
}
