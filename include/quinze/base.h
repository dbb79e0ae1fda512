/* include/quinze/base.h - the context, return codes, log and progress of every call. */
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QZ_API          __attribute__((visibility("default")))
#define QZ_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define QZ_API
#define QZ_PRINTF(f, a)
#endif

/* 0 is done; negative codes end the call and are passed up; the message is in the context. */
enum qz_code {
    QZ_OK = 0,
    QZ_E_NOMEM = -1,  /* memory ended */
    QZ_E_RANGE = -2,  /* an argument, an index or a parameter is outside what its header states */
    QZ_E_IO = -3,     /* a file cannot be read or written */
    QZ_E_FORMAT = -4, /* a file is not what it claims to be, or misses a column */
    QZ_E_CRS = -5,    /* no coordinate reference system, or one that cannot serve */
    QZ_E_PLAN = -6,   /* the plan has an unknown section, key or value */
    QZ_E_DATA = -7,   /* the data cannot give an answer (empty layer, too many rejects) */
    QZ_E_EXISTS = -8, /* the output exists and may not be replaced */
    QZ_E_CANCELLED = -9, /* the progress sink asked to stop */
};

enum qz_log_level { QZ_DEBUG, QZ_INFO, QZ_WARN, QZ_ERROR };

struct qz_ctx; /* opaque; belongs to one thread, see qz_ctx_child */

typedef void (*qz_log_fn)(enum qz_log_level level, const char *message, void *user);
/* GDAL's shape: done runs from 0 to 1; return 0 to stop the work. */
typedef int (*qz_progress_fn)(double done, const char *what, void *user);

struct qz_ctx_params {
    qz_log_fn log; /* NULL: silence */
    void *log_user;
    qz_progress_fn progress; /* NULL: never stops */
    void *progress_user;
    int threads; /* 0: as many as the machine has */
};
extern QZ_API const struct qz_ctx_params qz_ctx_params_default;

/* Makes a context. Gives *ret, to be freed by qz_ctx_free. QZ_E_NOMEM. */
QZ_API int qz_ctx_new(const struct qz_ctx_params *params, struct qz_ctx **ret);
/* A context for one worker thread: own library handles, no sinks, stops when the parent's does. */
QZ_API int qz_ctx_child(struct qz_ctx *parent, struct qz_ctx **ret);
QZ_API struct qz_ctx *qz_ctx_free(struct qz_ctx *ctx);

/* The message of the last failed call; "" when there is none. Borrowed until the next failure. */
QZ_API const char *qz_ctx_error(const struct qz_ctx *ctx);
QZ_API int qz_ctx_threads(const struct qz_ctx *ctx);
/* Short English name of a code, static. */
QZ_API const char *qz_code_name(int code);
/* Version of the library, static. */
QZ_API const char *qz_version(void);

#ifdef __cplusplus
}
#endif
