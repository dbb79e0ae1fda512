/* tests/tool_field.c - times of fields, as JSON objects.
 *
 * field-bench spread COLUMNS ROWS CELL_M FRICTION HEIGHT|- SEEDS OUT MOVES WALK REPEATS
 * Least times over raw little-endian float grids, from the south; SEEDS holds raw uint32 cell
 * numbers, WALK is tobler or langmuir. Writes the times to OUT. Prints the median milliseconds of
 * the search, those of reading and writing, and the bytes a cell
 * that the process grows by, at its most.
 *
 * field-bench isochrones PLAN.ini SITES BAND_MIN...
 * For at most SITES open sites of the plan's first profession, spread over the territory, one by
 * one: search, field, polygons. Prints medians and the worst, in milliseconds, and the cells of a
 * field. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "isochrone/isochrone.h"
#include "run/run.h"

enum { MOST_REPEATS = 100, MOST_SITES = 1000, MOST_BANDS = 16 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *va, const void *vb) {
    const double *a = va, *b = vb;
    return (*a > *b) - (*a < *b);
}

/* A line of /proc/self/status, in bytes: getrusage would count what ran before exec. */
static double status_bytes(const char *name) {
    char line[256];
    double bytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            bytes = atof(line + strlen(name)) * 1024;
    if (f)
        fclose(f);
    return bytes;
}

static int move_file(struct qz_ctx *ctx, const char *path, bool out, void *data, size_t bytes) {
    FILE *f = fopen(path, out ? "wb" : "rb");
    bool good = f && (out ? fwrite(data, 1, bytes, f) : fread(data, 1, bytes, f)) == bytes;
    if (f && fclose(f) != 0)
        good = false;
    return good ? 0 : qz_fail(ctx, QZ_E_IO, "%s: cannot be %s", path, out ? "written" : "read");
}

static int read_floats(struct qz_ctx *ctx, const char *path, size_t n, float **ret) {
    *ret = qz_malloc_wide(n, sizeof **ret);
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
    double took[MOST_REPEATS], program_bytes = status_bytes("VmRSS:"), begin = now_ms(), files_ms;
    int r = read_floats(ctx, arg[3], n, &s->s_per_m);
    if (r == 0 && strcmp(arg[4], "-") != 0)
        r = read_floats(ctx, arg[4], n, &s->height_m);
    files_ms = now_ms() - begin;
    seconds = qz_malloc_wide(n, sizeof *seconds);
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
        printf("{\"search_ms\": %.3f, \"files_ms\": %.3f, \"bytes_per_cell\": %.2f}\n",
               took[repeats / 2], files_ms, (status_bytes("VmHWM:") - program_bytes) / (double)n);
    return r;
}

/* ---- isochrones of one site after the other */
struct bench {
    const struct qz_run_state *s;
    struct qz_search *search;
    uint32_t band_ms[MOST_BANDS];
    size_t n_bands, n;
    double search_ms[MOST_SITES], field_ms[MOST_SITES], polygons_ms[MOST_SITES], all_ms[MOST_SITES],
        cells[MOST_SITES];
};

static int time_site(struct qz_ctx *ctx, struct bench *b, const struct qz_stop *stop) {
    qz_cleanup(qz_field_freep) struct qz_field *f = NULL;
    struct qz_shapes bands = { 0 };
    uint32_t limit_ms = b->band_ms[b->n_bands - 1];
    double t0 = now_ms(), t1, t2, t3;
    int e = qz_search_towards(ctx, b->search, stop, 1, limit_ms);
    t1 = now_ms();
    if (e == 0)
        e = qz_field_new(ctx, b->search, b->s->land, NULL, &b->s->plan->field, limit_ms, &f);
    t2 = now_ms();
    if (e == 0)
        e = qz_isochrone_bands(ctx, f, &b->s->plan->isochrone, b->band_ms, b->n_bands, &bands);
    t3 = now_ms();
    b->search_ms[b->n] = t1 - t0;
    b->field_ms[b->n] = t2 - t1;
    b->polygons_ms[b->n] = t3 - t2;
    b->all_ms[b->n] = t3 - t0;
    b->cells[b->n] = f ? (double)f->grid.n_columns * f->grid.n_rows : 0;
    b->n++;
    qz_shapes_done(&bands);
    return e;
}

static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_value);
    return n ? values[n / 2] : 0;
}

static int time_sites(struct qz_ctx *ctx, struct bench *b, size_t most) {
    size_t n = 0, k = 0;
    for (size_t i = 0; i < b->s->sites->n; i++)
        n += b->s->sites->items[i].profession == 0 && b->s->site_stops[i].edge != UINT32_MAX;
    most = most < n ? most : n;
    int e = qz_search_new(ctx, b->s->network, &b->search);
    for (size_t i = 0; i < b->s->sites->n && e == 0; i++)
        if (b->s->sites->items[i].profession == 0 && b->s->site_stops[i].edge != UINT32_MAX &&
            k++ * most / n == b->n && b->n < most)
            e = time_site(ctx, b, &b->s->site_stops[i]);
    qz_search_free(b->search);
    double worst_ms = 0;
    for (size_t i = 0; i < b->n; i++)
        worst_ms = fmax(worst_ms, b->all_ms[i]);
    if (e == 0)
        printf("{\"sites\": %zu, \"search_ms\": %.3f, \"field_ms\": %.3f, "
               "\"polygons_ms\": %.3f, \"all_ms\": %.3f, \"worst_ms\": %.3f, "
               "\"cells\": %.0f}\n",
               b->n, median(b->search_ms, b->n), median(b->field_ms, b->n),
               median(b->polygons_ms, b->n), median(b->all_ms, b->n), worst_ms,
               median(b->cells, b->n));
    return e;
}

static int isochrones(struct qz_ctx *ctx, int n, char **arg) {
    struct qz_plan *plan = NULL;
    static struct bench b;
    int e = qz_plan_read(ctx, arg[0], &plan);
    if (e < 0)
        return e;
    struct qz_run_state s;
    e = qz_run_state_init(ctx, &s, plan);
    if (e == 0)
        e = qz_run_stages(ctx, &s, QZ_STAGE_STOPS);
    if (e == 0)
        e = qz_land_new(ctx, s.communes->shapes, plan->field.cell_m, &s.land);
    b.s = &s;
    for (int i = 2; i < n && b.n_bands < MOST_BANDS; i++)
        b.band_ms[b.n_bands++] = (uint32_t)(atof(arg[i]) * 60000);
    size_t most = (size_t)atoi(arg[1]);
    if (e == 0)
        e = time_sites(ctx, &b, most < MOST_SITES ? most : MOST_SITES);
    qz_run_state_done(&s);
    qz_plan_free(plan);
    return e;
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    bool one = argc == 12 && strcmp(argv[1], "spread") == 0 && atoi(argv[11]) >= 1 &&
               atoi(argv[11]) <= MOST_REPEATS;
    bool two = argc >= 5 && strcmp(argv[1], "isochrones") == 0 && atoi(argv[3]) >= 1;
    if (!one && !two) {
        fprintf(stderr, "usage: field-bench spread COLUMNS ROWS CELL_M FRICTION HEIGHT|- SEEDS OUT "
                        "MOVES WALK REPEATS\n"
                        "       field-bench isochrones PLAN.ini SITES BAND_MIN...\n");
        return 2;
    }
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0)
        e = one ? spread(ctx, argv + 2) : isochrones(ctx, argc - 2, argv + 2);
    if (e < 0)
        fprintf(stderr, "field-bench: error: %s\n", qz_ctx_error(ctx));
    qz_ctx_free(ctx);
    return e < 0;
}
