/* tests/tool_read.c - read-bench FILE REPEATS: road lines a second, by qz_roads_read and by the
 * plain way through OGR that fetches the same columns and the geometry (all columns parsed, and the
 * others ignored). Prints one JSON object: lines per second of processor time, all threads
 * together, so that other work on the machine counts little, and per second of the clock; the best
 * of the repeats, the ways taken in turn. */
#include <gdal.h>
#include <ogr_api.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/base.h"
#include "source/source.h"

static const char *const names[] = { "NATURE",   "IMPORTANCE", "SENS", "VIT_MOY_VL",
                                     "ACCES_VL", "PRIVE",      "ETAT", "POS_SOL" };
enum { SPEED = 3 };

static double now_s(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- our way */
static size_t read_ours(struct qz_ctx *ctx, const char *path) {
    const struct qz_input input = { .file = path };
    struct qz_issues issues;
    struct qz_input_report report;
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    qz_cleanup(qz_roads_freep) struct qz_roads *roads = NULL;
    int r = qz_issues_init(ctx, &issues);
    if (r == 0)
        r = qz_crs_open(ctx, "EPSG:2154", &crs);
    if (r == 0)
        r = qz_roads_read(ctx, &input, crs, &issues, &report, &roads);
    if (r < 0)
        fprintf(stderr, "%s\n", qz_ctx_error(ctx));
    size_t n = roads ? roads->n : 0;
    qz_issues_done(&issues);
    return n;
}

/* ---- the plain way */
static void ignore_others(OGRLayerH layer) {
    OGRFeatureDefnH d = OGR_L_GetLayerDefn(layer);
    const char *ignored[256];
    size_t n = 0;
    for (int i = 0; i < OGR_FD_GetFieldCount(d) && n + 1 < COUNT(ignored); i++) {
        const char *name = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(d, i));
        bool wanted = false;
        for (size_t k = 0; k < COUNT(names); k++)
            wanted = wanted || qz_equal_nocase(name, names[k]);
        if (!wanted)
            ignored[n++] = name;
    }
    ignored[n] = NULL;
    OGR_L_SetIgnoredFields(layer, ignored);
}

struct sums { /* so that nothing read is left unused */
    size_t n, bytes, cap;
    double kmh;
    struct qz_xy *points;
    double x_m;
};

static void fetch(OGRFeatureH f, const int *columns, struct sums *s) {
    for (size_t k = 0; k < COUNT(names); k++) {
        if (columns[k] < 0 || !OGR_F_IsFieldSetAndNotNull(f, columns[k]))
            continue;
        if (k == SPEED)
            s->kmh += OGR_F_GetFieldAsDouble(f, columns[k]);
        else
            s->bytes += strlen(OGR_F_GetFieldAsString(f, columns[k]));
    }
    OGRGeometryH g = OGR_F_GetGeometryRef(f);
    size_t n = g ? (size_t)OGR_G_GetPointCount(g) : 0;
    struct qz_xy *p = qz_grow(s->points, &s->cap, n, sizeof *p);
    if (!p || n == 0)
        return;
    s->points = p;
    OGR_G_GetPoints(g, &p->x_m, sizeof *p, &p->y_m, sizeof *p, NULL, 0);
    s->x_m += p[n - 1].x_m;
}

static size_t read_plain(const char *path, bool ignore) {
    GDALDatasetH d = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    OGRLayerH layer = d ? GDALDatasetGetLayer(d, 0) : NULL;
    struct sums s = { 0 };
    int columns[COUNT(names)];
    for (size_t k = 0; layer && k < COUNT(names); k++)
        columns[k] = OGR_L_FindFieldIndex(layer, names[k], FALSE);
    if (layer && ignore)
        ignore_others(layer);
    for (OGRFeatureH f; layer && (f = OGR_L_GetNextFeature(layer)); s.n++) {
        fetch(f, columns, &s);
        OGR_F_Destroy(f);
    }
    if (d)
        GDALClose(d);
    free(s.points);
    return s.n;
}

/* ---- the table */
enum { N_WAYS = 3 };
static const char *const ways[N_WAYS] = { "quinze", "ogr", "ogr_ignoring" };

struct rate {
    size_t n;
    double cpu_s, wall_s;
};

static double least(double a, double b) { return a < b ? a : b; }

static void measure(struct qz_ctx *ctx, const char *path, int way, struct rate *r) {
    double wall = now_s(CLOCK_MONOTONIC), cpu = now_s(CLOCK_PROCESS_CPUTIME_ID);
    r->n = way == 0 ? read_ours(ctx, path) : read_plain(path, way == 2);
    r->cpu_s = least(r->cpu_s, now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    r->wall_s = least(r->wall_s, now_s(CLOCK_MONOTONIC) - wall);
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    struct rate rates[N_WAYS];
    int repeats = argc == 3 ? atoi(argv[2]) : 0;
    if (repeats < 1 || qz_ctx_new(&qz_ctx_params_default, &ctx) < 0) {
        fprintf(stderr, "usage: read-bench FILE REPEATS\n");
        return 2;
    }
    GDALAllRegister();
    for (int way = 0; way < N_WAYS; way++)
        rates[way] = (struct rate) { 0, INFINITY, INFINITY };
    for (int i = 0; i < repeats * N_WAYS; i++)
        measure(ctx, argv[1], i % N_WAYS, &rates[i % N_WAYS]);
    qz_ctx_free(ctx);
    printf("{\"lines\": %zu", rates[0].n);
    for (int way = 0; way < N_WAYS; way++)
        printf(", \"%s_per_cpu_s\": %.0f, \"%s_per_s\": %.0f", ways[way],
               (double)rates[way].n / rates[way].cpu_s, ways[way],
               (double)rates[way].n / rates[way].wall_s);
    printf("}\n");
    return rates[0].n && rates[0].n == rates[1].n ? 0 : 1;
}
