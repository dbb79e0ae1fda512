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
 * field.
 *
 * field-bench nodes PLAN.ini LIMIT_MIN
 * The field of all open sites of the plan's first profession, over flat land, against the network's
 * own times. Prints counts of the nodes on plain roads within the limit: nodes; off_land, where the
 * field has no time, and ashore_late, those of them that have land beside them without their time
 * and a cell's walk; late, where the field is later than that; within, where the two are less than
 * a cell's walk apart; sooner_by_road, where another road passes through the cell sooner;
 * sooner_on_foot, where walking from another road wins; unexplained, where the field is sooner than
 * any road and a straight walk from it allow. worst_over_s: field minus network time, at most. */
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

static int isochrones(struct qz_ctx *ctx, const struct qz_run_state *s, int n, char **arg) {
    static struct bench b;
    b.s = s;
    for (int i = 2; i < n && b.n_bands < MOST_BANDS; i++)
        b.band_ms[b.n_bands++] = (uint32_t)(atof(arg[i]) * 60000);
    size_t most = (size_t)atoi(arg[1]);
    return time_sites(ctx, &b, most < MOST_SITES ? most : MOST_SITES);
}

/* ---- the field against the network, node by node */
struct nodes {
    const struct qz_run_state *s;
    const struct qz_search *search;
    const struct qz_field *field;
    float *road_s; /* by cell of the field: the soonest that a plain road, or a site, has there */
    bool *plain;   /* by node: on a plain road */
    float limit_s;
    size_t n, off_land, ashore_late, late, within, by_road, on_foot, unexplained;
    double worst_over_s;
};
enum { SAMPLES_PER_CELL = 20 }; /* a multiple of what the field takes, so that none is missed */
static const double rounding_s = 0.01; /* milliseconds, and times in floats */

/* The cell `rows` north and `columns` east of the one that holds p; SIZE_MAX: outside. */
static size_t cell_beside(const struct qz_grid *g, struct qz_xy p, int rows, int columns) {
    return qz_surface_cell(
        g, (struct qz_xy) { p.x_m + columns * g->cell_m, p.y_m + rows * g->cell_m });
}

static void pass(struct nodes *w, struct qz_xy p, double seconds) {
    size_t cell = qz_surface_cell(&w->field->grid, p);
    if (cell != SIZE_MAX && seconds <= (double)w->limit_s)
        w->road_s[cell] = fminf(w->road_s[cell], (float)seconds);
}

static void pass_edge(struct nodes *w, uint32_t edge) {
    const struct qz_network *net = w->s->network;
    const struct qz_edge *e = &net->edges[edge];
    double whole_m = 0, before_m = 0, step_m = w->field->grid.cell_m / SAMPLES_PER_CELL, at_m = 0;
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++)
        whole_m += qz_distance_m(net->points[k], net->points[k + 1]);
    for (uint32_t k = e->first_point; k + 1 < e[1].first_point; k++) {
        struct qz_xy a = net->points[k], b = net->points[k + 1];
        double piece_m = qz_distance_m(a, b);
        for (; at_m < before_m + piece_m; at_m += step_m) {
            double share = (at_m - before_m) / piece_m;
            struct qz_xy p = { a.x_m + share * (b.x_m - a.x_m), a.y_m + share * (b.y_m - a.y_m) };
            pass(w, p, qz_search_edge_ms(w->search, edge, at_m / whole_m, NULL) / 1e3);
        }
        before_m += piece_m;
    }
    pass(w, net->points[e[1].first_point - 1], qz_search_edge_ms(w->search, edge, 1, NULL) / 1e3);
}

static void pass_all(struct nodes *w) {
    const struct qz_network *net = w->s->network;
    const struct qz_stop *sites;
    size_t n_sites = qz_search_sites(w->search, &sites);
    for (uint32_t i = 0; i < net->n_edges; i++) {
        if (net->edges[i].kind != QZ_ROAD_PLAIN)
            continue;
        w->plain[net->edges[i].from] = w->plain[net->edges[i].to] = true;
        pass_edge(w, i);
    }
    for (size_t i = 0; i < n_sites; i++)
        pass(w, sites[i].at, 0);
}

/* The soonest that anybody can be here: any road within reach, and straight from it on foot. */
static double soonest_s(const struct nodes *w, struct qz_xy p) {
    const struct qz_field_params *params = &w->s->plan->field;
    int reach = (int)(params->walk_limit_m / params->cell_m);
    double least = INFINITY;
    for (int r = -reach; r <= reach; r++)
        for (int c = -reach; c <= reach; c++) {
            size_t cell = cell_beside(&w->field->grid, p, r, c);
            if (cell != SIZE_MAX && isfinite(w->road_s[cell]))
                least = fmin(least,
                             (double)w->road_s[cell] + hypot(r, c) * w->field->walk_s_per_cell);
        }
    return least;
}

static bool is_land(const struct nodes *w, struct qz_xy p, int rows, int columns) {
    size_t cell = cell_beside(&w->s->land->grid, p, rows, columns);
    return cell != SIZE_MAX && w->s->land->cells[cell];
}

/* A road over the water: the land on its four sides has its time and a step. */
static void count_off_land(struct nodes *w, struct qz_xy p, double seconds) {
    static const int side[4][2] = { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } };
    double then_s = seconds + w->field->walk_s_per_cell;
    bool late = false;
    for (size_t i = 0; i < 4; i++) {
        size_t cell = cell_beside(&w->field->grid, p, side[i][0], side[i][1]);
        late |= is_land(w, p, side[i][0], side[i][1]) && then_s <= (double)w->limit_s &&
                (cell == SIZE_MAX || (double)w->field->seconds[cell] > then_s + rounding_s);
    }
    w->off_land++;
    w->ashore_late += late;
}

static void count_node(struct nodes *w, struct qz_xy p, double seconds) {
    size_t cell = qz_surface_cell(&w->field->grid, p);
    double field_s = cell == SIZE_MAX ? INFINITY : (double)w->field->seconds[cell],
           step_s = w->field->walk_s_per_cell;
    w->n++;
    if (!is_land(w, p, 0, 0)) {
        count_off_land(w, p, seconds);
        return;
    }
    w->worst_over_s = fmax(w->worst_over_s, field_s - seconds);
    w->unexplained += field_s < soonest_s(w, p) - rounding_s;
    if (field_s > seconds + step_s)
        w->late++;
    else if (seconds <= field_s + step_s)
        w->within++;
    else if (seconds > (double)w->road_s[cell] + step_s)
        w->by_road++;
    else
        w->on_foot++;
}

static void count_nodes(struct nodes *w) {
    const struct qz_network *net = w->s->network;
    pass_all(w);
    w->worst_over_s = -INFINITY;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        double seconds = qz_search_node_ms(w->search, i, NULL) / 1e3;
        if (w->plain[i] && seconds <= (double)w->limit_s)
            count_node(w, net->node_at[i], seconds);
    }
    printf("{\"nodes\": %zu, \"off_land\": %zu, \"ashore_late\": %zu, \"late\": %zu, "
           "\"within\": %zu, \"sooner_by_road\": %zu, \"sooner_on_foot\": %zu, "
           "\"unexplained\": %zu, \"worst_over_s\": %.3f}\n",
           w->n, w->off_land, w->ashore_late, w->late, w->within, w->by_road, w->on_foot,
           w->unexplained, w->worst_over_s);
}

static size_t open_stops(const struct qz_run_state *s, struct qz_stop *ret) {
    size_t n = 0;
    for (size_t i = 0; i < s->sites->n; i++)
        if (s->sites->items[i].profession == 0 && s->site_stops[i].edge != UINT32_MAX)
            ret[n++] = s->site_stops[i];
    return n;
}

static int compare_nodes(struct qz_ctx *ctx, struct nodes *w, struct qz_search *search) {
    size_t cells = (size_t)w->field->grid.n_columns * w->field->grid.n_rows;
    qz_cleanup(qz_freep) float *road_s = w->road_s = qz_malloc(cells, sizeof *road_s);
    qz_cleanup(qz_freep) bool *plain = w->plain = qz_calloc(w->s->network->n_nodes, sizeof *plain);
    w->search = search;
    if (!road_s || !plain)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < cells; i++)
        road_s[i] = INFINITY;
    count_nodes(w);
    return 0;
}

static int nodes(struct qz_ctx *ctx, const struct qz_run_state *s, uint32_t limit_ms) {
    struct qz_search *search = NULL;
    qz_cleanup(qz_field_freep) struct qz_field *field = NULL;
    qz_cleanup(qz_freep) struct qz_stop *stops = qz_malloc(s->sites->n, sizeof *stops);
    int e = stops ? qz_search_new(ctx, s->network, &search) : qz_fail_nomem(ctx);
    if (e == 0)
        e = qz_search_towards(ctx, search, stops, open_stops(s, stops), limit_ms);
    if (e == 0)
        e = qz_field_new(ctx, search, s->land, NULL, &s->plan->field, limit_ms, &field);
    struct nodes w = { .s = s, .field = field, .limit_s = (float)(limit_ms / 1e3) };
    if (e == 0)
        e = compare_nodes(ctx, &w, search);
    qz_search_free(search);
    return e;
}

/* ---- either of them, on a plan up to its sites on the network */
static int on_plan(struct qz_ctx *ctx, bool bench, int n, char **arg) {
    struct qz_plan *plan = NULL;
    struct qz_run_state s;
    int e = qz_plan_read(ctx, arg[0], &plan);
    if (e < 0)
        return e;
    e = qz_run_state_init(ctx, &s, plan);
    if (e == 0)
        e = qz_run_stages(ctx, &s, QZ_STAGE_STOPS);
    if (e == 0)
        e = qz_land_new(ctx, s.communes->shapes, plan->field.cell_m, &s.land);
    if (e == 0)
        e = bench ? isochrones(ctx, &s, n, arg) : nodes(ctx, &s, (uint32_t)(atof(arg[1]) * 60000));
    qz_run_state_done(&s);
    qz_plan_free(plan);
    return e;
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    bool one = argc == 12 && strcmp(argv[1], "spread") == 0 && atoi(argv[11]) >= 1 &&
               atoi(argv[11]) <= MOST_REPEATS;
    bool two = argc >= 5 && strcmp(argv[1], "isochrones") == 0 && atoi(argv[3]) >= 1;
    bool three = argc == 4 && strcmp(argv[1], "nodes") == 0 && atof(argv[3]) > 0;
    if (!one && !two && !three) {
        fprintf(stderr, "usage: field-bench spread COLUMNS ROWS CELL_M FRICTION HEIGHT|- SEEDS OUT "
                        "MOVES WALK REPEATS\n"
                        "       field-bench isochrones PLAN.ini SITES BAND_MIN...\n"
                        "       field-bench nodes PLAN.ini LIMIT_MIN\n");
        return 2;
    }
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0)
        e = one ? spread(ctx, argv + 2) : on_plan(ctx, two, argc - 2, argv + 2);
    if (e < 0)
        fprintf(stderr, "field-bench: error: %s\n", qz_ctx_error(ctx));
    qz_ctx_free(ctx);
    return e < 0;
}
