/* engine/base/memory.c - checked allocation, one place that tests can make fail. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/base.h"

static atomic_size_t made;               /* allocations since the last qz_memory_fail_after */
static atomic_size_t allowed = SIZE_MAX; /* how many of them may pass */

size_t qz_memory_fail_after(size_t n) {
    atomic_store(&allowed, n);
    return atomic_exchange(&made, 0);
}

static bool refused(void) { return atomic_fetch_add(&made, 1) >= atomic_load(&allowed); }

/* ---- what the machine has left */
static double free_bytes(void) {
    FILE *f = fopen("/proc/meminfo", "r");
    char line[128];
    unsigned long long kib = 0;
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, "MemAvailable: %llu kB", &kib) == 1;
    if (f)
        fclose(f);
    struct rlimit may;
    double bytes = found ? (double)kib * 1024 : 1e300;
    if (getrlimit(RLIMIT_AS, &may) == 0 && may.rlim_cur != RLIM_INFINITY &&
        (double)may.rlim_cur < bytes)
        bytes = (double)may.rlim_cur;
    return bytes;
}

int qz_memory_need(struct qz_ctx *ctx, double bytes, const char *what, const char *remedy) {
    double left = free_bytes();
    return bytes <= left
               ? 0
               : qz_fail(ctx, QZ_E_RANGE, "%s takes %.1f GB of memory, %.1f GB are free: %s", what,
                         bytes / 1e9, left / 1e9, remedy);
}

/* ---- allocation */
static bool product(size_t n, size_t size, size_t *ret) {
    return !__builtin_mul_overflow(n, size, ret);
}

void *qz_malloc(size_t n, size_t size) {
    size_t bytes;
    if (!product(n, size, &bytes) || refused())
        return NULL;
    return malloc(bytes ? bytes : 1);
}

void *qz_calloc(size_t n, size_t size) {
    size_t bytes;
    if (!product(n, size, &bytes) || refused())
        return NULL;
    return calloc(n ? n : 1, size ? size : 1);
}

void *qz_malloc_wide(size_t n, size_t size) {
    enum { LARGE_BYTES = 4 << 20 };
    void *p = qz_malloc(n, size);
    if (!p || n * size < LARGE_BYTES)
        return p;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), skip = (page - (uintptr_t)p % page) % page;
    madvise((char *)p + skip, (n * size - skip) / page * page, MADV_HUGEPAGE);
    return p;
}

void *qz_calloc_tail(size_t head, size_t n, size_t size) {
    size_t bytes;
    if (!product(n, size, &bytes) || __builtin_add_overflow(bytes, head, &bytes))
        return NULL;
    return qz_calloc(1, bytes);
}

void *qz_grow(void *old, size_t *cap, size_t need, size_t size) {
    if (old && need <= *cap)
        return old;
    size_t want = *cap + *cap / 2;
    if (want < need)
        want = need;
    if (want < 16)
        want = 16;
    size_t bytes;
    if (!product(want, size, &bytes) || refused())
        return NULL;
    void *new = realloc(old, bytes);
    if (new)
        *cap = want;
    return new;
}

char *qz_strndup(const char *text, size_t n) {
    char *copy = qz_malloc(n + 1, 1);
    if (copy) {
        memcpy(copy, text, n);
        copy[n] = 0;
    }
    return copy;
}

char *qz_strdup(const char *text) { return qz_strndup(text, strlen(text)); }

char *qz_format(const char *format, ...) {
    struct qz_text t = { 0 };
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return NULL;
    t.data = qz_malloc((size_t)n + 1, 1);
    if (!t.data)
        return NULL;
    va_start(args, format);
    vsnprintf(t.data, (size_t)n + 1, format, args);
    va_end(args);
    return t.data;
}

void qz_freep(void *pointer_to_pointer) {
    void *p;
    memcpy(&p, pointer_to_pointer, sizeof p);
    free(p);
}

/* ---- pool: blocks in a list, never moved */
enum { BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t n, cap;
    char data[];
};
struct qz_pool {
    struct block *head;
};

int qz_pool_new(struct qz_ctx *ctx, struct qz_pool **ret) {
    struct qz_pool *pool = qz_calloc(1, sizeof *pool);
    if (!pool)
        return qz_fail_nomem(ctx);
    *ret = pool;
    return 0;
}

struct qz_pool *qz_pool_free(struct qz_pool *pool) {
    if (!pool)
        return NULL;
    for (struct block *b = pool->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(pool);
    return NULL;
}

void qz_pool_freep(struct qz_pool **pool) { *pool = qz_pool_free(*pool); }

const char *qz_pool_add(struct qz_pool *pool, const char *text, size_t n) {
    struct block *b = pool->head;
    if (!b || b->cap - b->n < n + 1) {
        size_t cap = n + 1 > BLOCK_BYTES ? n + 1 : BLOCK_BYTES;
        b = qz_calloc_tail(sizeof *b, cap, 1);
        if (!b)
            return NULL;
        b->cap = cap;
        b->next = pool->head;
        pool->head = b;
    }
    char *at = b->data + b->n;
    memcpy(at, text, n);
    at[n] = 0;
    b->n += n + 1;
    return at;
}

/* ---- growing text */
void qz_text_addn(struct qz_text *t, const char *bytes, size_t n) {
    char *p = t->failed ? NULL : qz_grow(t->data, &t->cap, t->n + n + 1, 1);
    if (!p) {
        t->failed = true;
        return;
    }
    t->data = p;
    memcpy(p + t->n, bytes, n);
    t->n += n;
    p[t->n] = 0;
}

void qz_text_add(struct qz_text *t, const char *format, ...) {
    char small[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0) {
        t->failed = true;
        return;
    }
    if ((size_t)n < sizeof small) {
        qz_text_addn(t, small, (size_t)n);
        return;
    }
    char *p = t->failed ? NULL : qz_grow(t->data, &t->cap, t->n + (size_t)n + 1, 1);
    if (!p) {
        t->failed = true;
        return;
    }
    t->data = p;
    va_start(args, format);
    vsnprintf(p + t->n, (size_t)n + 1, format, args);
    va_end(args);
    t->n += (size_t)n;
}

void qz_text_done(struct qz_text *t) {
    free(t->data);
    *t = (struct qz_text) { 0 };
}
