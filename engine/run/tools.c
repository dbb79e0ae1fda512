/* engine/run/tools.c - the single tools: a network from roads, nearest sites, pairs within a limit.
 */
#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "io/osm.h"
#include "io/writer.h"
#include "run/tool.h"

static void tool_done(struct qz_tool *t) {
    for (size_t i = 0; i < COUNT(t->places); i++) {
        qz_places_free(t->places[i]);
        free(t->stops[i]);
    }
    qz_network_free(t->network);
    qz_crs_free(t->crs);
    qz_issues_done(&t->issues);
}

/* ---- what was wrong, in the log: the first ones in full */
static void log_issues(struct qz_ctx *ctx, const struct qz_tool *t) {
    enum { MOST_LINES = 20 };
    size_t n = 0;
    for (size_t i = 0; i < t->issues.n; i++) {
        const struct qz_issue *x = &t->issues.items[i];
        t->report->n_rejects += x->severity == QZ_SEVERITY_REJECT;
        t->report->n_warnings += x->severity == QZ_SEVERITY_WARNING;
        enum qz_log_level level = x->severity == QZ_SEVERITY_NOTE ? QZ_INFO : QZ_WARN;
        if (++n > MOST_LINES)
            continue;
        if (x->row)
            qz_log(ctx, level, "%s: row %zu: %s: %s", x->source, x->row, x->code, x->message);
        else
            qz_log(ctx, level, "%s: %s: %s", x->source, x->code, x->message);
    }
    if (n > MOST_LINES)
        qz_log(ctx, QZ_WARN, "and %zu more", n - MOST_LINES);
}

/* ---- systems */
const char qz_tool_crs_remedy[] = "--crs EPSG:...";

int qz_tool_own_crs(struct qz_ctx *ctx, const struct qz_tool *t, struct qz_input *in) {
    if (qz_osm_is_file(in->file))
        return 0; /* always in degrees of WGS 84 */
    qz_cleanup(qz_table_freep) struct qz_table *table = NULL;
    int e = qz_table_open(ctx, in->file, in->layer, &table);
    if (e == 0 && !qz_table_crs_text(table))
        in->crs = t->params->crs;
    return e;
}

/* ---- the network: opened, or compiled from roads or a graph */
static int describe(struct qz_ctx *ctx, struct qz_tool *t, const char *file, const char *speeds) {
    struct qz_key key;
    char hex[65];
    int e = qz_key_of_file(ctx, file, &key);
    if (e < 0)
        return e;
    qz_key_hex(&key, hex);
    g_autofree char *source = g_path_get_basename(file), *table = g_path_get_basename(speeds);
    const struct qz_network_about about = { qz_crs_wkt(t->crs), *speeds ? table : "", source, hex };
    return qz_network_describe(ctx, t->network, &about);
}

static int compile_graph(struct qz_ctx *ctx, struct qz_tool *t, const char *edges) {
    struct qz_input in[2] = { { .file = t->params->nodes, .crs = t->params->crs },
                              { .file = edges } };
    struct qz_input_report reports[2];
    struct qz_graph *graph = NULL;
    int e = qz_system_of_file(ctx, &in[0], t->params->crs, qz_tool_crs_remedy, &t->crs);
    if (e == 0)
        e = qz_graph_read(ctx, &in[0], &in[1], t->crs, &t->issues, &reports[0], &reports[1],
                          &graph);
    if (e < 0)
        return e;
    e = qz_network_from_graph(ctx, &qz_network_params_default, graph, &t->network);
    qz_graph_free(graph);
    return e < 0 ? qz_fail_at(ctx, e, "%s: ", edges) : describe(ctx, t, edges, "");
}

static int compile_lines(struct qz_ctx *ctx, struct qz_tool *t, const char *file,
                         const struct qz_roads *roads) {
    const struct qz_tool_params *p = t->params;
    struct qz_speeds *speeds = NULL;
    const char *name = "";
    char *text = NULL;
    if (p->profile && strcmp(p->profile, "auto") != 0 && !qz_speeds_builtin(p->profile))
        return qz_fail(ctx, QZ_E_RANGE,
                       "profile '%s' is not osm-car, bdtopo-car, route500-car, metric or auto",
                       p->profile);
    int e = qz_run_speeds(ctx, p->profile ? p->profile : "auto", p->speeds, roads, &name, &text);
    if (e == 0)
        e = qz_speeds_parse(ctx, name, text, &speeds);
    if (e == 0 && qz_speeds_need_density(speeds))
        e = qz_fail(ctx, QZ_E_RANGE,
                    "speed table '%s' depends on the density of the communes: use it in a plan, "
                    "'profile' or 'speeds' in [roads]",
                    name);
    if (e == 0) {
        e = qz_network_new(ctx, &qz_network_params_default, roads, speeds, &t->issues, &t->network);
        e = e < 0 ? qz_fail_at(ctx, e, "%s: ", file) : describe(ctx, t, file, name);
    }
    qz_speeds_free(speeds);
    g_free(text);
    return e;
}

static int compile(struct qz_ctx *ctx, struct qz_tool *t, const char *file) {
    if (t->params->nodes)
        return compile_graph(ctx, t, file);
    struct qz_input in = { .file = file, .layer = t->params->layer };
    struct qz_input_report report;
    qz_cleanup(qz_roads_freep) struct qz_roads *roads = NULL;
    int e = t->crs ? qz_tool_own_crs(ctx, t, &in)
                   : qz_system_of_file(ctx, &in, t->params->crs, qz_tool_crs_remedy, &t->crs);
    if (e == 0)
        e = qz_roads_read(ctx, &in, t->crs, &t->issues, &report, &roads);
    if (e == 0)
        e = qz_progress(ctx, 0.4, "network");
    return e < 0 ? e : compile_lines(ctx, t, file, roads);
}

/* The working system is chosen: a network must lie in it. */
static int check_system(struct qz_ctx *ctx, const struct qz_tool *t, const char *file) {
    qz_cleanup(qz_crs_freep) struct qz_crs *own = NULL;
    int e = qz_crs_open(ctx, t->network->about.crs, &own);
    if (e == 0 && strcmp(qz_crs_wkt(own), qz_crs_wkt(t->crs)) != 0)
        e = qz_fail(ctx, QZ_E_CRS,
                    "%s: was compiled in '%s', the grid lies in '%s'; compile it again with --crs, "
                    "or give the roads themselves",
                    file, qz_crs_name(own), qz_crs_name(t->crs));
    return e;
}

static int open_network(struct qz_ctx *ctx, struct qz_tool *t, const char *file) {
    int e = qz_network_open(ctx, file, &t->network);
    if (e == 0 && !*t->network->about.crs)
        e = qz_fail(ctx, QZ_E_CRS, "%s: names no reference system; compile it again", file);
    if (e == 0)
        e = t->crs ? check_system(ctx, t, file) : qz_crs_open(ctx, t->network->about.crs, &t->crs);
    return e;
}

int qz_tool_get_network(struct qz_ctx *ctx, struct qz_tool *t, const char *file) {
    int e = qz_progress(ctx, 0, "roads");
    if (e == 0)
        e = qz_plan_is_network(file) ? open_network(ctx, t, file) : compile(ctx, t, file);
    if (e < 0)
        return e;
    struct qz_tool_report *r = t->report;
    r->n_nodes = t->network->n_nodes;
    r->n_edges = t->network->n_edges;
    r->n_junctions = t->network->n_junctions;
    r->n_islands = t->network->n_islands;
    r->length_m = t->network->length_m;
    return qz_progress(ctx, 0.6, "network");
}

/* ---- sites and origins on it */
int qz_run_not_input(struct qz_ctx *ctx, const char *path, const char *input) {
    struct stat a, b;
    if (!input || stat(path, &a) != 0 || stat(input, &b) != 0 || a.st_dev != b.st_dev ||
        a.st_ino != b.st_ino)
        return 0;
    return qz_fail(ctx, QZ_E_RANGE, "%s: is an input; give the output another name", path);
}

int qz_tool_get_places(struct qz_ctx *ctx, struct qz_tool *t, const char *file, size_t which,
                       const struct qz_crs *crs, const char *people) {
    struct qz_input in = { .file = file, .crs = t->params->crs };
    struct qz_input_report report;
    in.columns[QZ_ROLE_ID] = t->params->id;
    in.columns[QZ_ROLE_POPULATION] = people && *people ? people : NULL;
    return qz_places_read(ctx, &in, crs, people != NULL, &t->issues, &report, &t->places[which]);
}

static size_t *count_no_road(const struct qz_tool *t, size_t which) {
    return which == QZ_TOOL_SITES ? &t->report->n_sites_no_road : &t->report->n_origins_no_road;
}

/* An origin without a road is a row that says so, or is told with the others of its file; a site
 * is missed by all, silently but for this. */
static int tell_site(struct qz_ctx *ctx, struct qz_tool *t, const char *file, size_t i,
                     double limit_m) {
    const struct qz_places *p = t->places[QZ_TOOL_SITES];
    g_autofree char *source = g_path_get_basename(file);
    return qz_issue_add(ctx, &t->issues, QZ_SEVERITY_WARNING, source, p->row[i], &p->at[i],
                        "no_road",
                        "site '%s' has no road within %.0f m: nobody reaches it; check its place "
                        "and system",
                        p->id[i], limit_m);
}

int qz_tool_get_stops(struct qz_ctx *ctx, struct qz_tool *t, const char *file, size_t which,
                      const char *people) {
    struct qz_travel_params travel = qz_travel_params_default;
    int e = qz_tool_get_places(ctx, t, file, which, t->crs, people);
    if (e < 0)
        return e;
    const struct qz_places *p = t->places[which];
    struct qz_stop *stops = t->stops[which] = qz_calloc(p->n, sizeof *stops);
    if (!stops)
        return qz_fail_nomem(ctx);
    if (t->params->access_kmh > 0)
        travel.access_kmh = t->params->access_kmh;
    for (size_t i = 0; i < p->n && e == 0; i++) {
        e = qz_stop_at(ctx, t->network, &travel, p->at[i], &stops[i]);
        if (e < 0 || stops[i].edge != UINT32_MAX)
            continue;
        ++*count_no_road(t, which);
        if (which == QZ_TOOL_SITES)
            e = tell_site(ctx, t, file, i, travel.snap_limit_m);
    }
    return e;
}

static int get_places(struct qz_ctx *ctx, struct qz_tool *t, const char *sites,
                      const char *origins) {
    int e = qz_tool_get_stops(ctx, t, sites, QZ_TOOL_SITES, NULL);
    if (e == 0)
        e = qz_tool_get_stops(ctx, t, origins, QZ_TOOL_ORIGINS, NULL);
    if (e < 0)
        return e;
    t->report->n_sites = t->places[QZ_TOOL_SITES]->n;
    t->report->n_origins = t->places[QZ_TOOL_ORIGINS]->n;
    return qz_progress(ctx, 0.7, "times");
}

/* ---- tables */
enum { ORIGIN, SITE, SECONDS, STATUS, SNAP };
static const struct qz_column columns[] = {
    { "origin", QZ_TEXT, 0 }, { "site", QZ_TEXT, 0 },   { "seconds", QZ_REAL, 3 },
    { "status", QZ_TEXT, 0 }, { "snap_m", QZ_REAL, 1 },
};

static bool format_of(const char *path, enum qz_format *ret) {
    size_t n = strlen(path);
    *ret = n > 4 && qz_equal_nocase(path + n - 4, ".csv") ? QZ_CSV : QZ_GPKG;
    return *ret == QZ_CSV || (n > 5 && qz_equal_nocase(path + n - 5, ".gpkg"));
}

/* What would be refused at the end, before any work. */
static int check_output(struct qz_ctx *ctx, const struct qz_tool *t, const char *path) {
    enum qz_format format;
    if (!format_of(path, &format))
        return qz_fail(ctx, QZ_E_RANGE, "%s: give the output a name that ends in .csv or .gpkg",
                       path);
    return qz_writer_check(ctx, path, t->params->overwrite);
}

static void put_pair(const struct qz_tool *t, struct qz_writer *w, uint32_t origin, uint32_t site,
                     uint32_t ms) {
    qz_writer_text(w, ORIGIN, t->places[QZ_TOOL_ORIGINS]->id[origin]);
    if (site == QZ_NO_SITE)
        return;
    qz_writer_text(w, SITE, t->places[QZ_TOOL_SITES]->id[site]);
    qz_writer_real(w, SECONDS, ms / 1000.0);
    t->report->n_reached++;
}

static int put_nearest(struct qz_ctx *ctx, const struct qz_tool *t, struct qz_writer *w,
                       bool with_place, const uint32_t *ms, const uint32_t *site) {
    int e = 0;
    for (uint32_t i = 0; i < t->places[QZ_TOOL_ORIGINS]->n && e == 0; i++) {
        const struct qz_stop *stop = &t->stops[QZ_TOOL_ORIGINS][i];
        put_pair(t, w, i, site[i], ms[i]);
        qz_writer_text(w, STATUS,
                       site[i] != QZ_NO_SITE      ? "ok"
                       : stop->edge == UINT32_MAX ? "no_road"
                                                  : "unreachable");
        qz_writer_real(w, SNAP, stop->snap_m); /* INFINITY without a road: left empty */
        if (with_place)
            e = qz_writer_point(ctx, w, t->places[QZ_TOOL_ORIGINS]->at[i]);
        if (e == 0)
            e = qz_writer_row(ctx, w);
        t->report->n_rows++;
    }
    return e;
}

static int open_output(struct qz_ctx *ctx, const struct qz_tool *t, const char *path,
                       enum qz_format *format, struct qz_writer **w) {
    format_of(path, format);
    const struct qz_writer_params params = { *format, t->params->overwrite, "1970-01-01" };
    return qz_writer_open(ctx, path, &params, w);
}

static int write_nearest(struct qz_ctx *ctx, const struct qz_tool *t, const char *path,
                         const uint32_t *ms, const uint32_t *site) {
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = NULL;
    enum qz_format format;
    int e = open_output(ctx, t, path, &format, &w);
    bool with_place = format == QZ_GPKG;
    if (e == 0)
        e = qz_writer_layer(ctx, w, "nearest", "Nearest site",
                            "Each origin with its nearest site, seconds by road",
                            with_place ? QZ_GEOM_POINT : QZ_GEOM_NONE, with_place ? t->crs : NULL,
                            columns, COUNT(columns));
    if (e == 0)
        e = put_nearest(ctx, t, w, with_place, ms, site);
    if (e < 0)
        return e;
    struct qz_writer *given = w;
    w = NULL;
    return qz_writer_publish(ctx, given);
}

static int nearest(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    size_t n = t->places[QZ_TOOL_ORIGINS]->n;
    qz_cleanup(qz_freep) uint32_t *ms = qz_malloc(n, sizeof *ms);
    qz_cleanup(qz_freep) uint32_t *site = qz_malloc(n, sizeof *site);
    if (!ms || !site)
        return qz_fail_nomem(ctx);
    int e = qz_travel_nearest(ctx, t->network, t->stops[QZ_TOOL_SITES], t->places[QZ_TOOL_SITES]->n,
                              t->stops[QZ_TOOL_ORIGINS], n, ms, site);
    if (e == 0)
        e = qz_progress(ctx, 0.9, "output");
    return e < 0 ? e : write_nearest(ctx, t, c->path, ms, site);
}

/* ---- pairs */
static int by_origin(const void *va, const void *vb) {
    const struct qz_link *a = va, *b = vb;
    if (a->origin != b->origin)
        return a->origin < b->origin ? -1 : 1;
    return (a->site > b->site) - (a->site < b->site);
}

static int write_pairs(struct qz_ctx *ctx, const struct qz_tool *t, const char *path,
                       const struct qz_links *links) {
    qz_cleanup(qz_writer_abandonp) struct qz_writer *w = NULL;
    enum qz_format format;
    int e = open_output(ctx, t, path, &format, &w);
    if (e == 0)
        e = qz_writer_layer(ctx, w, "matrix", "Pairs within the limit",
                            "Origins and the sites that they reach, seconds by road", QZ_GEOM_NONE,
                            NULL, columns, STATUS);
    for (size_t i = 0; i < links->n && e == 0; i++) {
        const struct qz_link *l = &links->items[i];
        put_pair(t, w, l->origin, l->site, l->time_ms);
        e = qz_writer_row(ctx, w);
        t->report->n_rows++;
    }
    if (e < 0)
        return e;
    struct qz_writer *given = w;
    w = NULL;
    return qz_writer_publish(ctx, given);
}

/* Pairs have no row for them. */
static int tell_origins(struct qz_ctx *ctx, struct qz_tool *t, const char *file) {
    enum { MOST_IDS = 5 };
    const struct qz_places *p = t->places[QZ_TOOL_ORIGINS];
    size_t n = t->report->n_origins_no_road, told = 0;
    if (n == 0)
        return 0;
    g_autoptr(GString) ids = g_string_new(NULL);
    for (size_t i = 0; i < p->n && told < MOST_IDS; i++)
        if (t->stops[QZ_TOOL_ORIGINS][i].edge == UINT32_MAX)
            g_string_append_printf(ids, "%s'%s'", told++ ? ", " : "", p->id[i]);
    g_autofree char *source = g_path_get_basename(file);
    return qz_issue_add(ctx, &t->issues, QZ_SEVERITY_WARNING, source, 0, NULL, "no_road",
                        "%zu of %zu origins have no road within %.0f m and are left out; check "
                        "their place and system: %s%s",
                        n, p->n, qz_travel_params_default.snap_limit_m, ids->str,
                        n > told ? ", ..." : "");
}

static int matrix(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    struct qz_links links = { 0 };
    struct qz_origins *origins = NULL;
    int e = tell_origins(ctx, t, c->origins);
    if (e == 0)
        e = qz_origins_new(ctx, t->network, t->stops[QZ_TOOL_ORIGINS],
                           t->places[QZ_TOOL_ORIGINS]->n, &origins);
    if (e == 0)
        e = qz_travel_links(ctx, t->network, t->stops[QZ_TOOL_SITES], t->places[QZ_TOOL_SITES]->n,
                            origins, t->params->limit_ms, &links);
    if (e == 0)
        e = qz_progress(ctx, 0.9, "output");
    if (e == 0 && links.n)
        qsort(links.items, links.n, sizeof *links.items, by_origin);
    if (e == 0)
        e = write_pairs(ctx, t, c->path, &links);
    qz_origins_free(origins);
    qz_links_done(&links);
    return e;
}

/* ---- the calls: numbers in texts must not follow the user's locale */

int qz_tool_do(struct qz_ctx *ctx, const struct qz_tool_params *params,
               struct qz_tool_report *report, const struct qz_tool_call *c) {
    struct qz_tool t = { .params = params, .report = report };
    *report = (struct qz_tool_report) { 0 };
    int e = qz_issues_init(ctx, &t.issues);
    if (e < 0)
        return e;
    locale_t numeric = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = uselocale(numeric);
    const char *const inputs[] = { c->roads, c->sites, c->origins, params->nodes };
    for (size_t i = 0; i < COUNT(inputs) && e == 0; i++)
        e = qz_run_not_input(ctx, c->path, inputs[i]);
    if (e == 0)
        e = c->work(ctx, &t, c);
    uselocale(before);
    freelocale(numeric);
    log_issues(ctx, &t);
    tool_done(&t);
    return e < 0 ? e : qz_progress(ctx, 1, "done");
}

static int work_network(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    if (!qz_plan_is_network(c->path))
        return qz_fail(ctx, QZ_E_RANGE, "%s: give the network a name that ends in .qzn", c->path);
    int e = qz_writer_check(ctx, c->path, t->params->overwrite);
    if (e == 0 && qz_plan_is_network(c->roads))
        e = qz_fail(ctx, QZ_E_RANGE, "%s: is compiled already", c->roads);
    if (e == 0)
        e = qz_tool_get_network(ctx, t, c->roads);
    return e < 0 ? e : qz_network_save(ctx, t->network, c->path, t->params->overwrite);
}

static int work_dump(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    int e = qz_tool_get_network(ctx, t, c->roads);
    return e < 0 ? e : qz_network_dump(ctx, t->network, c->path, t->params->overwrite);
}

static int work_times(struct qz_ctx *ctx, struct qz_tool *t, const struct qz_tool_call *c) {
    int e = check_output(ctx, t, c->path);
    if (e == 0)
        e = qz_tool_get_network(ctx, t, c->roads);
    if (e == 0)
        e = get_places(ctx, t, c->sites, c->origins);
    return e < 0 ? e : c->answer(ctx, t, c);
}

int qz_tool_network(struct qz_ctx *ctx, const struct qz_tool_params *params, const char *roads,
                    const char *path, struct qz_tool_report *report) {
    const struct qz_tool_call c = { .work = work_network, .roads = roads, .path = path };
    return qz_tool_do(ctx, params, report, &c);
}

int qz_tool_dump(struct qz_ctx *ctx, const struct qz_tool_params *params, const char *network,
                 const char *folder, struct qz_tool_report *report) {
    const struct qz_tool_call c = { .work = work_dump, .roads = network, .path = folder };
    return qz_tool_do(ctx, params, report, &c);
}

int qz_tool_nearest(struct qz_ctx *ctx, const struct qz_tool_params *params, const char *roads,
                    const char *sites, const char *origins, const char *path,
                    struct qz_tool_report *report) {
    const struct qz_tool_call c = { .work = work_times,
                                    .roads = roads,
                                    .sites = sites,
                                    .origins = origins,
                                    .path = path,
                                    .answer = nearest };
    return qz_tool_do(ctx, params, report, &c);
}

int qz_tool_matrix(struct qz_ctx *ctx, const struct qz_tool_params *params, const char *roads,
                   const char *sites, const char *origins, const char *path,
                   struct qz_tool_report *report) {
    const struct qz_tool_call c = { .work = work_times,
                                    .roads = roads,
                                    .sites = sites,
                                    .origins = origins,
                                    .path = path,
                                    .answer = matrix };
    return qz_tool_do(ctx, params, report, &c);
}
