/* engine/base/base.h - errors, log, progress, checked memory: what every folder stands on. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include "quinze/base.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Leaves the scope: fn(&variable) is called. For locals that own something. */
#define qz_cleanup(fn) __attribute__((cleanup(fn)))
void qz_freep(void *pointer_to_pointer);
void qz_ctx_freep(struct qz_ctx **ctx);

/* ---- errors: keep the message in the context, give the code back. ctx may be NULL. */
int qz_fail(struct qz_ctx *ctx, int code, const char *format, ...) QZ_PRINTF(3, 4);
/* Puts a place in front of the last message ("roads.gpkg: "); gives code back. */
int qz_fail_at(struct qz_ctx *ctx, int code, const char *format, ...) QZ_PRINTF(3, 4);
/* Hands a worker's failure to the parent; gives code back. */
int qz_fail_from(struct qz_ctx *ctx, const struct qz_ctx *child, int code);
int qz_fail_nomem(struct qz_ctx *ctx);
void qz_log(struct qz_ctx *ctx, enum qz_log_level level, const char *format, ...) QZ_PRINTF(3, 4);

/* ---- progress: 0 or QZ_E_CANCELLED. Tick about a hundred times a stage, never per row. */
int qz_progress(struct qz_ctx *ctx, double done, const char *what);
/* Maps the 0..1 of what follows into [from, to] of the whole run. */
void qz_progress_span(struct qz_ctx *ctx, double from, double to);

/* ---- handles of foreign libraries, one per context, made on first use by geo */
enum qz_slot { QZ_SLOT_GEOS, QZ_SLOT_PROJ, QZ_N_SLOTS };
void *qz_ctx_slot(struct qz_ctx *ctx, enum qz_slot slot);
void qz_ctx_set_slot(struct qz_ctx *ctx, enum qz_slot slot, void *handle, void (*release)(void *));

/* ---- memory: the only place that allocates. All give NULL when the size overflows or memory ends.
 */
void *qz_malloc(size_t n, size_t size);
void *qz_calloc(size_t n, size_t size);
/* For what a search jumps about in: asks the kernel for huge pages, as each jump among small ones
 * walks the page table too. Only for arrays that are used again and again: the kernel may take long
 * to find such pages. */
void *qz_malloc_wide(size_t n, size_t size);
/* A head of `head` bytes followed by n items: for structs with a flexible array. Zeroed. */
void *qz_calloc_tail(size_t head, size_t n, size_t size);
/* Room for `need` items; grows by half; *cap counts items. The old block lives on when it fails. */
void *qz_grow(void *old, size_t *cap, size_t need, size_t size);
char *qz_strdup(const char *text);
char *qz_strndup(const char *text, size_t n);
char *qz_format(const char *format, ...) QZ_PRINTF(1, 2);
/* Tests: let `n` more allocations pass, then fail them all; SIZE_MAX switches it off.
 * Gives the number of allocations made since the last call. */
size_t qz_memory_fail_after(size_t n);
/* Before a large piece of work: QZ_E_RANGE, with both figures, when this machine has not that many
 * bytes free (or may not use them: ulimit). what: "a grid of 8 x 9 cells of 10 m"; remedy: what to
 * do. Unknown: let it try. */
int qz_memory_need(struct qz_ctx *ctx, double bytes, const char *what, const char *remedy);

/* ---- texts kept together: many short strings, freed at once */
struct qz_pool;
int qz_pool_new(struct qz_ctx *ctx, struct qz_pool **ret);
struct qz_pool *qz_pool_free(struct qz_pool *pool);
void qz_pool_freep(struct qz_pool **pool);
/* Copies n bytes and a final 0; borrowed until the pool is freed; NULL when memory ends. */
const char *qz_pool_add(struct qz_pool *pool, const char *text, size_t n);

/* ---- a text that grows; init with {0}, done with qz_text_done */
struct qz_text {
    char *data; /* always ends with 0 once something was added */
    size_t n, cap;
    bool failed; /* memory ended: what is there is incomplete */
};
void qz_text_add(struct qz_text *t, const char *format, ...) QZ_PRINTF(2, 3);
void qz_text_addn(struct qz_text *t, const char *bytes, size_t n);
void qz_text_done(struct qz_text *t);

/* ---- numbers in text, whatever the locale */
/* Parses all of text (blanks around allowed, decimal point or comma). False: not a number. */
bool qz_parse_number(const char *text, double *ret);
bool qz_equal_nocase(const char *a, const char *b); /* ASCII letters only */
/* Edit distance of two short names, for "did you mean". */
unsigned qz_edit_distance(const char *a, const char *b);
