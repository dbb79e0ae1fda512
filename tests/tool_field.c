/* tests/tool_field.c - field-bench spread COLUMNS ROWS CELL_M FRICTION HEIGHT|- SEEDS OUT MOVES
 * WALK REPEATS: least times over raw little-endian float grids, from the south; SEEDS holds raw
 * uint32 cell numbers, WALK is tobler or langmuir. Writes the times to OUT. Prints one JSON object:
 * the median milliseconds of the search, and of reading and writing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "travel/travel.h"

enum { MOST_REPEATS = 100 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *va, const void *vb) {
    const double *a = va, *b = vb;
    return (*a > *b) - (*a < *b);
}

static int move_file(struct qz_ctx *ctx, const char *path, bool out, void *data, size_t bytes) {
    FILE *f = fopen(path, out ? "wb" : "rb");
    bool good = f && (out ? fwrite(data, 1, bytes, f) : fread(data, 1, bytes, f)) == bytes;
    if (f && fclose(f) != 0)
        good = false;
    return good ? 0 : qz_fail(ctx, QZ_E_IO, "%s: cannot be %s", path, out ? "written" : "read");
}

static int read_floats(struct qz_ctx *ctx, const char *path, size_t n, float **ret) {
    *ret = qz_malloc(n, sizeof **ret);
    return *ret ? move_file(ctx, path, false, *ret, n * sizeof **ret) : qz_fail_nomem(ctx);
}

static int set_seeds(struct qz_ctx *ctx, const char *path, float *seconds, size_t n) {
    FILE *f = fopen(path, "rb");
    for (size_t i = 0; i < n; i++)
        seconds[i] = INFINITY;
    uint32_t cell;
    while (f && fread(&cell, sizeof cell, 1, f) == 1)
        if (cell < n)
            seconds[cell] = 0;
    if (f)
        fclose(f);
    return f ? 0 : qz_fail(ctx, QZ_E_IO, "%s: cannot be read", path);
}

static int spread(struct qz_ctx *ctx, char **arg) {
    qz_cleanup(qz_surface_freep) struct qz_surface *s = qz_calloc(1, sizeof *s);
    qz_cleanup(qz_freep) float *seconds = NULL;
    if (!s)
        return qz_fail_nomem(ctx);
    s->grid = (struct qz_grid) { 0, 0, atof(arg[2]), (uint32_t)atoi(arg[0]),
                                 (uint32_t)atoi(arg[1]) };
    size_t n = (size_t)s->grid.n_columns * s->grid.n_rows, repeats = (size_t)atoi(arg[9]);
    struct qz_spread_params params = qz_spread_params_default;
    params.moves = (unsigned)atoi(arg[7]);
    params.walk = strcmp(arg[8], "langmuir") == 0 ? QZ_WALK_LANGMUIR : QZ_WALK_TOBLER;
    double took[MOST_REPEATS], begin = now_ms(), files_ms;
    int r = read_floats(ctx, arg[3], n, &s->s_per_m);
    if (r == 0 && strcmp(arg[4], "-") != 0)
        r = read_floats(ctx, arg[4], n, &s->height_m);
    files_ms = now_ms() - begin;
    seconds = qz_malloc(n, sizeof *seconds);
    if (!seconds)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < repeats && r == 0; i++) {
        r = set_seeds(ctx, arg[5], seconds, n);
        double from = now_ms();
        if (r == 0)
            r = qz_spread(ctx, s, &params, seconds, NULL);
        took[i] = now_ms() - from;
    }
    begin = now_ms();
    if (r == 0)
        r = move_file(ctx, arg[6], true, seconds, n * sizeof *seconds);
    files_ms += now_ms() - begin;
    qsort(took, repeats, sizeof *took, by_value);
    if (r == 0)
        printf("{\"search_ms\": %.3f, \"files_ms\": %.3f}\n", took[repeats / 2], files_ms);
    return r;
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    if (argc != 12 || strcmp(argv[1], "spread") != 0 || atoi(argv[11]) < 1 ||
        atoi(argv[11]) > MOST_REPEATS) {
        fprintf(stderr, "usage: field-bench spread COLUMNS ROWS CELL_M FRICTION HEIGHT|- SEEDS OUT "
                        "MOVES WALK REPEATS\n");
        return 2;
    }
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0)
        e = spread(ctx, argv + 2);
    if (e < 0)
        fprintf(stderr, "field-bench: error: %s\n", qz_ctx_error(ctx));
    qz_ctx_free(ctx);
    return e < 0;
}
