/* tests/unit/test_base.c - numbers in text, names, memory and its failures, the context
 */
#include <locale.h>
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"

/* ---- numbers: what the C compiler makes of the same digits is the oracle */
static const struct {
    const char *text;
    bool ok;
    double want;
} numbers[] = {
    { "12", true, 12 },
    { "-3.5", true, -3.5 },
    { "+4", true, 4 },
    { " 7 \t\r\n", true, 7 },
    { "1,5", true, 1.5 },
    { ".5", true, 0.5 },
    { ",5", true, 0.5 },
    { "5.", true, 5 },
    { "48.8566", true, 48.8566 },
    { "0.1", true, 0.1 },
    { "6617531.238", true, 6617531.238 },
    { "9007199254740992", true, 9007199254740992.0 },
    { "1e3", true, 1000 },
    { "2.5E-1", true, 0.25 },
    { "1e+2", true, 100 },
    { "1e-999", true, 0 },
    { "0", true, 0 },
    { "-0", true, 0 },
    { "-0.00", true, 0 },
    { "", false, 0 },
    { " ", false, 0 },
    { "-", false, 0 },
    { ".", false, 0 },
    { "e5", false, 0 },
    { "1e", false, 0 },
    { "1e+", false, 0 },
    { "1e999", false, 0 },
    { "--1", false, 0 },
    { "1 2", false, 0 },
    { "1,2,3", false, 0 },
    { "1,234.5", false, 0 },
    { "12abc", false, 0 },
    { "0x10", false, 0 },
    { "inf", false, 0 },
    { "nan", false, 0 },
    { "s", false, 0 },
};

static void check_numbers(void) {
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double got = 77;
        bool ok = qz_parse_number(numbers[i].text, &got);
        CHECK_NEAR(ok, numbers[i].ok, 0, numbers[i].text);
        CHECK_NEAR(got, numbers[i].ok ? numbers[i].want : 77, 0, numbers[i].text);
        CHECK(!(got == 0 && signbit(got)));
    }
}

/* The same table again where the decimal point is a comma, if the machine has such a locale. */
static void check_locales(void) {
    static const char *const names[] = { "fr_FR.UTF-8", "fr_FR.utf8", "de_DE.UTF-8", "fr_FR" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (setlocale(LC_ALL, names[i])) {
            check_numbers();
            break;
        }
    setlocale(LC_ALL, "C");
}

/* ---- names: distances counted by hand */
static const struct {
    const char *a, *b;
    unsigned want;
} distances[] = {
    { "", "", 0 },
    { "", "abc", 3 },
    { "abc", "", 3 },
    { "code", "code", 0 },
    { "Code", "cODE", 0 },
    { "code", "cod", 1 },
    { "kitten", "sitting", 3 },
    { "flaw", "lawn", 2 },
    { "lat", "lon", 2 },
    { "raods", "roads", 2 },
};

static void check_names(void) {
    for (size_t i = 0; i < COUNT(distances); i++) {
        CHECK_NEAR(qz_edit_distance(distances[i].a, distances[i].b), distances[i].want, 0,
                   distances[i].a);
        CHECK_NEAR(qz_edit_distance(distances[i].b, distances[i].a), distances[i].want, 0,
                   distances[i].b);
    }
    char longest[201] = { 0 };
    memset(longest, 'x', 200);
    CHECK(qz_edit_distance(longest, "x") == 200);
    CHECK(qz_equal_nocase("INSEE_com", "insee_COM"));
    CHECK(!qz_equal_nocase("insee", "insee_com"));
    CHECK(!qz_equal_nocase("insee_com", "insee"));
    CHECK(!qz_equal_nocase("\xc3\xa9", "\xc3\x89")); /* ASCII only: not these two */
}

/* ---- memory */
static void check_overflow(void) {
    size_t cap = 0;
    CHECK(qz_malloc(SIZE_MAX, 2) == NULL);
    CHECK(qz_malloc(SIZE_MAX / 2 + 1, 2) == NULL);
    CHECK(qz_calloc(SIZE_MAX / 8 + 1, 8) == NULL);
    CHECK(qz_calloc_tail(16, SIZE_MAX / 8, 8) == NULL);
    CHECK(qz_calloc_tail(0, SIZE_MAX, 2) == NULL);
    CHECK(qz_grow(NULL, &cap, SIZE_MAX / 8 + 2, 8) == NULL);
    CHECK(cap == 0);
    void *nothing = qz_malloc(0, 8), *none = qz_calloc(0, 8);
    CHECK(nothing && none); /* no item is not a failure */
    free(nothing);
    free(none);
}

static void check_grow(void) {
    size_t cap = 0;
    uint32_t *items = NULL;
    bool kept = true, half = true;
    for (uint32_t n = 0; n < 10000; n++) {
        size_t before = cap;
        uint32_t *grown = qz_grow(items, &cap, n + 1, sizeof *items);
        if (!grown)
            break;
        items = grown;
        items[n] = n;
        half = half && (cap == before || before == 0 || cap == before + before / 2);
        kept = kept && cap > n;
    }
    CHECK(kept);
    CHECK(half);
    CHECK(items && items[0] == 0 && items[9999] == 9999);
    size_t last = cap;
    qz_memory_fail_after(0);
    CHECK(qz_grow(items, &cap, last + 1, sizeof *items) == NULL);
    CHECK(qz_grow(items, &cap, last, sizeof *items) == items); /* there is room already */
    qz_memory_fail_after(SIZE_MAX);
    CHECK(cap == last && items[9999] == 9999); /* the old block lives on */
    free(items);
}

static void check_failures(void) {
    struct qz_pool *pool = NULL;
    qz_memory_fail_after(2);
    void *a = qz_malloc(1, 1), *b = qz_calloc(1, 1);
    CHECK(a && b);
    CHECK(qz_malloc(1, 1) == NULL);
    CHECK(qz_calloc(1, 1) == NULL);
    CHECK(qz_calloc_tail(1, 1, 1) == NULL);
    CHECK(qz_strdup("a") == NULL);
    CHECK(qz_strndup("abc", 2) == NULL);
    CHECK(qz_format("%d", 1) == NULL);
    CHECK(qz_pool_new(NULL, &pool) == QZ_E_NOMEM && !pool);
    struct qz_ctx *ctx = NULL;
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == QZ_E_NOMEM && !ctx);
    CHECK(qz_memory_fail_after(SIZE_MAX) == 10);
    free(a);
    free(b);
}

static void check_strings(void) {
    char *a = qz_strdup("Île"), *b = qz_strndup("2A004xx", 5), *c = qz_format("%s-%d", "a", 42);
    CHECK(a && strcmp(a, "Île") == 0);
    CHECK(b && strcmp(b, "2A004") == 0);
    CHECK(c && strcmp(c, "a-42") == 0);
    free(a);
    free(b);
    free(c);
    void *owned = malloc(1);
    qz_freep(&owned);
}

/* Texts stay where they are while the pool grows past its blocks of 64 KiB. */
static void check_pool(void) {
    enum { N = 20000 };
    struct qz_pool *pool = NULL;
    CHECK(qz_pool_new(NULL, &pool) == 0);
    const char **at = calloc(N, sizeof *at);
    char text[16];
    for (int i = 0; at && i < N; i++) {
        int n = snprintf(text, sizeof text, "text %d", i);
        at[i] = qz_pool_add(pool, text, (size_t)n);
    }
    size_t wrong = 0;
    for (int i = 0; at && i < N; i++) {
        snprintf(text, sizeof text, "text %d", i);
        wrong += !at[i] || strcmp(at[i], text) != 0;
    }
    CHECK(wrong == 0);
    char *big = malloc(200000);
    memset(big, 'b', 200000);
    const char *kept = qz_pool_add(pool, big, 200000), *after = qz_pool_add(pool, "x", 1);
    CHECK(kept && strlen(kept) == 200000);
    CHECK(after && strcmp(after, "x") == 0);
    qz_memory_fail_after(0);
    CHECK(qz_pool_add(pool, big, 200000) == NULL);
    qz_memory_fail_after(SIZE_MAX);
    CHECK(at && at[0] && strcmp(at[0], "text 0") == 0);
    free(big);
    free(at);
    qz_pool_freep(&pool);
    CHECK(pool == NULL);
}

static void check_text(void) {
    struct qz_text t = { 0 };
    char long_one[2001] = { 0 };
    memset(long_one, 'y', 2000);
    qz_text_add(&t, "%s=%d;", "a", 1);
    qz_text_add(&t, "%s", long_one); /* past the small buffer inside */
    qz_text_addn(&t, "zzz", 2);
    CHECK(t.n == 2006 && strlen(t.data) == 2006 && !t.failed);
    CHECK(strncmp(t.data, "a=1;yy", 6) == 0 && strcmp(t.data + 2003, "yzz") == 0);
    qz_memory_fail_after(0);
    qz_text_add(&t, "%s", long_one);
    qz_memory_fail_after(SIZE_MAX);
    CHECK(t.failed && t.n == 2006 && strlen(t.data) == 2006);
    qz_text_add(&t, "more"); /* incomplete once, incomplete for good */
    CHECK(t.n == 2006);
    qz_text_done(&t);
    CHECK(t.data == NULL && t.n == 0 && !t.failed);
}

/* ---- context */
struct heard {
    int n_logs, n_ticks, stop_at;
    enum qz_log_level level;
    char log[64], what[64];
    double done;
};

static void on_log(enum qz_log_level level, const char *message, void *user) {
    struct heard *h = user;
    h->n_logs++;
    h->level = level;
    snprintf(h->log, sizeof h->log, "%s", message);
}

static int on_progress(double done, const char *what, void *user) {
    struct heard *h = user;
    h->done = done;
    snprintf(h->what, sizeof h->what, "%s", what);
    return ++h->n_ticks != h->stop_at;
}

static void check_errors(struct qz_ctx *ctx) {
    CHECK(strcmp(qz_ctx_error(ctx), "") == 0);
    CHECK(qz_fail(ctx, QZ_E_FORMAT, "layer '%s' has no CRS", "segments") == QZ_E_FORMAT);
    CHECK(qz_fail_at(ctx, QZ_E_CRS, "%s: ", "roads.gpkg") == QZ_E_CRS);
    CHECK(qz_fail_at(ctx, QZ_E_CRS, "build: ") == QZ_E_CRS);
    CHECK(strcmp(qz_ctx_error(ctx), "build: roads.gpkg: layer 'segments' has no CRS") == 0);
    CHECK(qz_fail(ctx, QZ_E_IO, "again: %s", qz_ctx_error(ctx)) == QZ_E_IO);
    CHECK(strncmp(qz_ctx_error(ctx), "again: build: roads", 19) == 0);
    char long_one[3001] = { 0 };
    memset(long_one, 'z', 3000);
    qz_fail(ctx, QZ_E_IO, "%s", long_one);
    size_t n = strlen(qz_ctx_error(ctx));
    CHECK(n > 500 && n < 3000); /* cut, never beyond its room */
    qz_fail_at(ctx, QZ_E_IO, "%s", long_one);
    CHECK(strlen(qz_ctx_error(ctx)) == n);
    CHECK(qz_fail_nomem(ctx) == QZ_E_NOMEM);
    CHECK(strstr(qz_ctx_error(ctx), "memory") != NULL);
    CHECK(qz_fail(NULL, QZ_E_IO, "%s", "nobody listens") == QZ_E_IO);
    CHECK(qz_fail_at(NULL, QZ_E_IO, "a") == QZ_E_IO);
    CHECK(strcmp(qz_ctx_error(NULL), "") == 0);
}

static void check_code_names(void) {
    for (int a = QZ_E_CANCELLED; a <= 0; a++)
        for (int b = QZ_E_CANCELLED; b < a; b++)
            CHECK(strcmp(qz_code_name(a), qz_code_name(b)) != 0);
    CHECK(strcmp(qz_code_name(1), "condition") == 0);
    CHECK(strcmp(qz_code_name(-99), "condition") == 0);
    CHECK(strlen(qz_version()) >= 5);
}

static void check_sinks(struct qz_ctx *ctx, struct heard *heard) {
    qz_log(ctx, QZ_WARN, "%d rows", 3);
    CHECK(heard->n_logs == 1 && heard->level == QZ_WARN && strcmp(heard->log, "3 rows") == 0);
    qz_log(NULL, QZ_WARN, "silence");
    CHECK(qz_progress(ctx, 0.5, "half") == 0);
    CHECK_NEAR(heard->done, 0.5, 0, "no span");
    qz_progress_span(ctx, 0.2, 0.6);
    CHECK(qz_progress(ctx, 0, "from") == 0);
    CHECK_NEAR(heard->done, 0.2, 1e-15, "start of the span");
    CHECK(qz_progress(ctx, 0.5, "middle") == 0);
    CHECK_NEAR(heard->done, 0.4, 1e-15, "middle of the span");
    CHECK(strcmp(heard->what, "middle") == 0);
    qz_progress_span(ctx, 0, 1);
    CHECK(qz_progress(NULL, 0.5, "nobody") == 0);
}

/* A child has no sinks of its own and stops when the parent is told to. */
static void check_child(struct qz_ctx *ctx, struct heard *heard) {
    struct qz_ctx *child = NULL;
    CHECK(qz_ctx_child(ctx, &child) == 0);
    CHECK(qz_ctx_threads(child) == 1);
    int logs = heard->n_logs;
    qz_log(child, QZ_WARN, "not heard");
    CHECK(heard->n_logs == logs);
    CHECK(qz_fail(child, QZ_E_DATA, "row 7 is bad") == QZ_E_DATA);
    CHECK(strstr(qz_ctx_error(ctx), "row 7") == NULL);
    CHECK(qz_fail_from(ctx, child, QZ_E_DATA) == QZ_E_DATA);
    CHECK(strcmp(qz_ctx_error(ctx), "row 7 is bad") == 0);
    heard->stop_at = heard->n_ticks + 2;
    CHECK(qz_progress(child, 0.1, "on") == 0);
    CHECK(qz_progress(child, 0.2, "stop") == QZ_E_CANCELLED);
    CHECK(strstr(qz_ctx_error(ctx), "stopped") != NULL);
    qz_ctx_freep(&child);
    CHECK(child == NULL);
}

static int n_released;
static void release(void *handle) { n_released += *(int *)handle; }

static void check_slots(void) {
    struct qz_ctx *ctx = NULL;
    int geos = 1, proj = 10;
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_ctx_threads(ctx) >= 1); /* as many as the machine has */
    CHECK(qz_ctx_slot(ctx, QZ_SLOT_GEOS) == NULL);
    qz_ctx_set_slot(ctx, QZ_SLOT_GEOS, &geos, release);
    qz_ctx_set_slot(ctx, QZ_SLOT_PROJ, &proj, release);
    CHECK(qz_ctx_slot(ctx, QZ_SLOT_GEOS) == &geos && qz_ctx_slot(ctx, QZ_SLOT_PROJ) == &proj);
    CHECK(qz_ctx_free(ctx) == NULL);
    CHECK(n_released == 11);
    CHECK(qz_ctx_free(NULL) == NULL);
}

int main(void) {
    check_numbers();
    check_locales();
    check_names();
    check_overflow();
    check_grow();
    check_failures();
    check_strings();
    check_pool();
    check_text();

    struct heard heard = { 0 };
    struct qz_ctx_params params = { on_log, &heard, on_progress, &heard, 3 };
    struct qz_ctx *ctx = NULL;
    CHECK(qz_ctx_new(&params, &ctx) == 0);
    CHECK(qz_ctx_threads(ctx) == 3);
    check_errors(ctx);
    check_code_names();
    check_sinks(ctx, &heard);
    check_child(ctx, &heard);
    check_slots();
    qz_ctx_free(ctx);
    return check_end();
}
