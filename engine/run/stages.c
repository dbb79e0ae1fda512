/* engine/run/stages.c - the stage table: what each stage takes, what its key holds, what it makes.
 */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "run/run.h"

#define INPUT(stage) (1u << QZ_STAGE_##stage)

/* ---- files: read where their stage needs them; their content is part of the key */
static struct qz_input_file *file_of(struct qz_run_state *s, const struct qz_plan_input *in) {
    for (size_t i = 0; i < s->n_files; i++)
        if (s->files[i].in == in)
            return &s->files[i];
    return NULL;
}

static const struct qz_input *given(const struct qz_plan_input *in) {
    return in->input.file ? &in->input : NULL;
}

/* Content, layer, system and columns; each file is hashed when its key is first asked for. */
static int key_of_input(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_input *in,
                        struct qz_hash *h) {
    struct qz_text text = { 0 };
    qz_plan_input_text(in, &text);
    qz_hash_text(h, text.data ? text.data : "");
    bool lost = text.failed;
    qz_text_done(&text);
    int e = lost ? qz_fail_nomem(ctx) : 0;
    for (size_t i = 0; i < s->n_files && e == 0; i++) {
        struct qz_input_file *file = &s->files[i];
        if (file->in != in)
            continue;
        e = file->hashed ? 0 : qz_key_of_file(ctx, file->path, &file->key);
        file->hashed = e == 0;
        qz_hash_bytes(h, file->key.bytes, QZ_KEY_BYTES);
    }
    return e;
}

#define INPUT_KEY(name, field)                                                                    \
    static int name(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) { \
        (void)part;                                                                               \
        return key_of_input(ctx, s, &s->plan->field, h);                                          \
    }
INPUT_KEY(people_key, population)
INPUT_KEY(levels_key, territories)
INPUT_KEY(points_key, points)
INPUT_KEY(cells_key, cells)

static int roads_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    int e = key_of_input(ctx, s, &s->plan->roads, h);
    if (e == 0 && !s->plan->roads.input.file) {
        e = key_of_input(ctx, s, &s->plan->road_nodes, h);
        if (e == 0)
            e = key_of_input(ctx, s, &s->plan->road_edges, h);
    }
    return e;
}

/* ---- records */
/* Of [territory] only the system counts here: a new title must not read the communes again. */
static int area_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    qz_hash_text(h, s->plan->crs ? s->plan->crs : "");
    return key_of_input(ctx, s, &s->plan->communes, h);
}

static int run_area(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    int e = qz_communes_read(ctx, &s->plan->communes.input, s->plan->crs, &s->issues,
                             &file_of(s, &s->plan->communes)->report, &s->crs, &s->communes);
    return e < 0 ? e : qz_locator_new(ctx, s->communes->shapes, &s->locator);
}

/* What only needs the working system must not depend on every commune: this key is the system
 * itself. */
static int crs_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx, (void)part;
    qz_hash_text(h, qz_crs_wkt(s->crs));
    return 0;
}
static int run_crs(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)ctx, (void)s, (void)w, (void)part;
    return 0;
}

static struct qz_input_report *report_of(struct qz_run_state *s, const struct qz_plan_input *in) {
    struct qz_input_file *file = file_of(s, in);
    return file ? &file->report : NULL;
}

static int run_people(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    (void)w, (void)part;
    return qz_people_read(ctx, s->communes, given(&s->plan->population), &s->issues,
                          report_of(s, &s->plan->population), &s->people);
}

static int run_levels(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    (void)w, (void)part;
    return qz_levels_read(ctx, s->communes, given(&s->plan->territories), &s->issues,
                          report_of(s, &s->plan->territories), &s->levels);
}

static int read_road_file(struct qz_ctx *ctx, struct qz_run_state *s, size_t i,
                          struct qz_roads **ret) {
    struct qz_input input = s->plan->roads.input;
    input.file = s->plan->road_files[i];
    struct qz_input_file *file = file_of(s, &s->plan->roads) + i;
    return qz_roads_read(ctx, &input, s->crs, &s->issues, &file->report, ret);
}

static int read_road_files(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->plan->n_road_files;
    if (n == 1)
        return read_road_file(ctx, s, 0, &s->roads);
    qz_cleanup(qz_freep) struct qz_roads **parts = qz_calloc(n, sizeof *parts);
    int e = parts ? 0 : qz_fail_nomem(ctx);
    for (size_t i = 0; i < n && e == 0; i++)
        e = read_road_file(ctx, s, i, &parts[i]);
    if (e == 0)
        e = qz_roads_join(ctx, parts, n, &s->issues, &s->roads);
    for (size_t i = 0; parts && i < n; i++)
        qz_roads_free(parts[i]);
    return e;
}

static int run_roads(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan *plan = s->plan;
    if (!plan->roads.input.file)
        return qz_graph_read(ctx, &plan->road_nodes.input, &plan->road_edges.input, s->crs,
                             &s->issues, report_of(s, &plan->road_nodes),
                             report_of(s, &plan->road_edges), &s->graph);
    if (qz_plan_is_network(plan->roads.input.file))
        return 0; /* compiled already: the next stage opens it */
    return read_road_files(ctx, s);
}

/* ---- network */
static int network_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx, (void)part;
    if (s->roads) /* else times of their own: the roads' key holds the file */
        qz_hash_text(h, s->speeds_text);
    return 0;
}

/* A compiled network must lie in the working system of the run. */
static int open_network(struct qz_ctx *ctx, struct qz_run_state *s, const char *path) {
    qz_cleanup(qz_crs_freep) struct qz_crs *own = NULL;
    struct qz_input_report *report = report_of(s, &s->plan->roads);
    int e = qz_network_open(ctx, path, &s->network);
    if (e == 0)
        e = qz_crs_open(ctx, s->network->about.crs, &own);
    if (e == 0 && strcmp(qz_crs_wkt(own), qz_crs_wkt(s->crs)) != 0)
        e = qz_fail(ctx, QZ_E_CRS,
                    "%s: was compiled in '%s', the communes are worked in '%s'; compile it again "
                    "with --crs, or set crs in [territory]",
                    path, qz_crs_name(own), qz_crs_name(s->crs));
    if (e == 0)
        e = qz_network_verify(ctx, s->network); /* all of it serves */
    if (e < 0)
        return e;
    s->profile = s->network->about.speeds;
    report->rows = s->network->n_edges;
    snprintf(report->crs, sizeof report->crs, qz_crs_epsg(own) ? "EPSG:%d" : "%d",
             qz_crs_epsg(own));
    return 0;
}

static int compile_graph(struct qz_ctx *ctx, struct qz_run_state *s) {
    int e = qz_network_from_graph(ctx, &s->plan->network, s->graph, &s->network);
    s->graph = qz_graph_free(s->graph);
    s->profile = "";
    return e < 0 ? qz_fail_at(ctx, e, "%s: ", s->plan->road_edges.input.file) : 0;
}

static int compile_roads(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_network_params params = s->plan->network;
    params.people_per_km2 = s->road_density;
    params.slope_ratio = s->road_slope;
    int e = qz_network_new(ctx, &params, s->roads, s->speeds, &s->issues, &s->network);
    s->roads = qz_roads_free(s->roads);
    return e < 0 ? qz_fail_at(ctx, e, "%s%s: ", s->plan->roads.input.file,
                              s->plan->n_road_files > 1 ? " and others" : "")
                 : 0;
}

static int run_network(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w, (void)part;
    int e = s->roads   ? compile_roads(ctx, s)
            : s->graph ? compile_graph(ctx, s)
                       : open_network(ctx, s, s->plan->roads.input.file);
    if (e == 0 && s->network->n_loops)
        e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "network", 0, NULL, "closed_loops",
                         "%zu roads begin and end at the same place: kept, they shorten no trip",
                         s->network->n_loops);
    return e;
}

/* ---- the place that stands for a commune: given, else its densest crossing, else its centroid */
static int fall_back(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->communes->n, missing = 0;
    qz_cleanup(qz_freep) uint8_t *wanted = qz_calloc(n, 1);
    qz_cleanup(qz_freep) uint8_t *found = qz_calloc(n, 1);
    if (!wanted || !found)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        missing += wanted[i] = *s->points->basis[i] == 0;
    int e = missing
                ? qz_network_crossings(ctx, s->network, s->locator, n, wanted, s->points->at, found)
                : 0;
    for (size_t i = 0; i < n && e == 0; i++) {
        if (!wanted[i])
            continue;
        s->points->basis[i] = found[i] ? "road_crossing" : "centroid";
        if (!found[i]) {
            s->points->at[i] = qz_shape_centroid(s->communes->shapes, i);
            e = qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "points", 0, &s->points->at[i],
                             "centroid",
                             "commune %s (%s) has no given point and no crossing: its centroid "
                             "stands for it, a bad "
                             "place; give one in [points]",
                             s->communes->code[i], s->communes->name[i]);
        }
    }
    return e;
}

static int run_points(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    (void)w, (void)part;
    int e = qz_points_read(ctx, s->communes, given(&s->plan->points), s->crs, &s->issues,
                           report_of(s, &s->plan->points), &s->points);
    return e < 0 ? e : fall_back(ctx, s);
}

/* ---- sites */
static size_t n_practices(const struct qz_run_state *s) { return s->plan->n_practices; }

static int sites_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    const struct qz_practice *p = &s->plan->practices[part];
    qz_hash_text(h, p->key);
    qz_hash_text(h, p->only ? p->only : "");
    qz_hash_text(h, p->source.vintage ? p->source.vintage : ""); /* it dates ages and openings */
    return key_of_input(ctx, s, &p->source, h);
}

static int run_sites(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    const struct qz_practice *p = &s->plan->practices[part];
    int e = s->sites ? 0 : qz_sites_new(ctx, &s->sites);
    if (e == 0)
        e = qz_sites_read(ctx, s->sites,
                          &(struct qz_sites_input) { .input = &p->source.input,
                                                     .profession = (uint16_t)part,
                                                     .key = p->key,
                                                     .only = p->only,
                                                     .date = p->source.vintage,
                                                     .communes = s->communes,
                                                     .commune_points = s->points->at,
                                                     .locator = s->locator,
                                                     .crs = s->crs },
                          &s->issues, report_of(s, &p->source));
    return e;
}

/* ---- on the network */
static int stop_all(struct qz_ctx *ctx, const struct qz_run_state *s, const struct qz_xy *at,
                    size_t n, struct qz_stop **ret) {
    struct qz_stop *stops = qz_calloc(n, sizeof *stops);
    if (!stops)
        return qz_fail_nomem(ctx);
    *ret = stops;
    int e = 0;
    for (size_t i = 0; i < n && e == 0; i++)
        e = qz_stop_at(ctx, s->network, &s->plan->travel, at[i], &stops[i]);
    return e;
}

static int run_origins(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w, (void)part;
    int e = stop_all(ctx, s, s->points->at, s->communes->n, &s->origin_stops);
    return e < 0 ? e
                 : qz_origins_new(ctx, s->network, s->origin_stops, s->communes->n, &s->origins);
}

/* Where a site is driven to: METRIC's times lie between communes, each of one place. */
static struct qz_xy place_of_site(const struct qz_run_state *s, size_t site) {
    return s->speeds && qz_speeds_is_symmetric(s->speeds)
               ? s->points->at[s->sites->items[site].commune]
               : s->sites->items[site].point;
}

static int run_stops(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    size_t n = s->sites->n;
    s->site_stops = qz_calloc(n, sizeof *s->site_stops);
    if (!s->site_stops)
        return qz_fail_nomem(ctx);
    int e = 0;
    for (size_t i = 0; i < n && e == 0; i++) {
        const struct qz_site *site = &s->sites->items[i];
        e = qz_stop_at(ctx, s->network, &s->plan->travel, place_of_site(s, i), &s->site_stops[i]);
        if (e == 0 && s->site_stops[i].edge == UINT32_MAX)
            e = qz_issue_add(
                ctx, &s->issues, QZ_SEVERITY_WARNING, "network", 0, &site->point, "site_no_road",
                "site %s has no road within %.0f m: nobody reaches it; check its coordinates",
                site->id, s->plan->travel.snap_limit_m);
    }
    return e;
}

/* ---- times */
static int alloc_table(struct qz_ctx *ctx, size_t n, size_t each, size_t size, void ***ret) {
    void **table = qz_calloc(n, sizeof *table);
    *ret = table; /* in the state at once, so that it is freed with it */
    bool ok = table != NULL;
    for (size_t i = 0; i < n && ok; i++)
        ok = (table[i] = qz_calloc(each, size)) != NULL;
    return ok ? 0 : qz_fail_nomem(ctx);
}
#define ALLOC_TABLE(ctx, n, each, target) \
    alloc_table(ctx, n, each, sizeof **(target), (void ***)(void *)&(target))

static int begin_nearest(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->plan->n_practices;
    int e = ALLOC_TABLE(ctx, n, s->homes->n, s->home_ms);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n, s->homes->n, s->home_nearest);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n, s->communes->n, s->time_ms);
    return e < 0 ? e : ALLOC_TABLE(ctx, n, s->communes->n, s->nearest);
}

/* Open sites of a profession: their stops, and their numbers. */
static int open_sites(struct qz_ctx *ctx, const struct qz_run_state *s, size_t profession,
                      struct qz_stop **stops, uint32_t **numbers, size_t *n) {
    *stops = qz_malloc(s->sites->n, sizeof **stops);
    *numbers = qz_malloc(s->sites->n, sizeof **numbers);
    *n = 0;
    if (!*stops || !*numbers)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < s->sites->n; i++)
        if (s->sites->items[i].profession == profession && !s->sites->items[i].planned) {
            (*stops)[*n] = s->site_stops[i];
            (*numbers)[(*n)++] = i;
        }
    return 0;
}

static int run_nearest(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w;
    qz_cleanup(qz_freep) struct qz_stop *stops = NULL;
    qz_cleanup(qz_freep) uint32_t *numbers = NULL;
    size_t n;
    int e = open_sites(ctx, s, part, &stops, &numbers, &n);
    uint32_t *nearest = s->home_nearest[part];
    if (e == 0)
        e = qz_travel_nearest(ctx, s->network, stops, n, s->home_stops, s->homes->n,
                              s->home_ms[part], nearest);
    for (size_t i = 0; i < s->homes->n && e == 0; i++)
        if (nearest[i] != QZ_NO_SITE)
            nearest[i] = numbers[nearest[i]];
    return e < 0 ? e
                 : qz_homes_nearest(ctx, s->homes, s->home_ms[part], nearest, s->sites->n,
                                    s->time_ms[part], s->nearest[part]);
}

/* ---- the people who reach each site */
uint32_t qz_run_threshold_ms(const struct qz_plan *plan, size_t profession) {
    return plan->practices[profession].threshold_min * 60000;
}

/* The layer of sites tells people by the name of this column, whatever the profession. */
enum { PEOPLE_15MIN_MS = 900000 };

static size_t n_sites(const struct qz_run_state *s) { return s->sites->n; }

static void site_place_key(const struct qz_run_state *s, size_t site, struct qz_hash *h) {
    struct qz_xy at = place_of_site(s, site);
    qz_hash_number(h, at.x_m);
    qz_hash_number(h, at.y_m);
}

static uint32_t site_threshold_ms(const struct qz_run_state *s, size_t site) {
    return qz_run_threshold_ms(s->plan, s->sites->items[site].profession);
}

static int reached_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, site_threshold_ms(s, part));
    site_place_key(s, part, h);
    return 0;
}

static int begin_reached(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->site_people = qz_calloc(s->sites->n, sizeof *s->site_people);
    s->site_served = qz_calloc(s->sites->n, sizeof *s->site_served);
    return s->site_people && s->site_served ? 0 : qz_fail_nomem(ctx);
}

static int run_reached(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    uint32_t threshold_ms = site_threshold_ms(s, part);
    w->links.n = 0;
    int e = qz_search_links(ctx, w->search, s->home_origins, &s->site_stops[part], 0,
                            threshold_ms > PEOPLE_15MIN_MS ? threshold_ms : PEOPLE_15MIN_MS,
                            &w->links);
    s->site_people[part] = e < 0 ? 0 : qz_run_people_within(s, &w->links, PEOPLE_15MIN_MS);
    s->site_served[part] = e < 0 ? 0 : qz_run_people_within(s, &w->links, threshold_ms);
    return e;
}

/* ---- counts */
static int counts_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx, (void)part;
    for (size_t p = 0; p < s->plan->n_practices; p++)
        qz_hash_number(h, qz_run_threshold_ms(s->plan, p));
    for (size_t b = 0; b < s->plan->n_bands; b++)
        qz_hash_number(h, s->plan->band_ms[b]);
    return 0;
}

static int begin_counts(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->plan->n_practices, n_levels = s->levels->n;
    int e = ALLOC_TABLE(ctx, n, s->communes->n, s->supply);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n, s->communes->n, s->reach);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n, s->communes->n * s->plan->n_bands, s->band_reach);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n, n_levels, s->level_supply);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n, n_levels, s->level_reach);
    if (e == 0)
        e = ALLOC_TABLE(ctx, n_levels, 1, s->level_people);
    for (size_t l = 0; l < n_levels && e == 0; l++) {
        size_t most = s->levels->items[l].n;
        free(s->level_people[l]);
        s->level_people[l] = qz_calloc(most, sizeof **s->level_people);
        bool ok = s->level_people[l] != NULL;
        for (size_t p = 0; p < n && ok; p++) {
            s->level_supply[p][l] = qz_calloc(most, sizeof ***s->level_supply);
            s->level_reach[p][l] = qz_calloc(most, sizeof ***s->level_reach);
            ok = s->level_supply[p][l] && s->level_reach[p][l];
        }
        e = ok ? 0 : qz_fail_nomem(ctx);
    }
    return e;
}

static int count_level(struct qz_ctx *ctx, struct qz_run_state *s, size_t l) {
    const struct qz_level *level = &s->levels->items[l];
    for (size_t i = 0; i < s->communes->n; i++)
        if (level->of_commune[i] != QZ_NOWHERE)
            s->level_people[l][level->of_commune[i]] += s->people->count[i];
    int e = 0;
    for (size_t p = 0; p < s->plan->n_practices && e == 0; p++) {
        e = qz_supply_by_group(ctx, s->sites, (uint16_t)p, level->of_commune, level->n,
                               s->level_supply[p][l]);
        if (e == 0)
            e = qz_reach_sum(ctx, s->reach[p], s->communes->n, level->of_commune, level->n,
                             s->level_reach[p][l]);
    }
    return e;
}

/* People by the time of each home, summed by commune. */
static int count_within(struct qz_ctx *ctx, const struct qz_run_state *s, size_t profession,
                        uint32_t limit_ms, struct qz_reach *ret) {
    return qz_reach_by_group(ctx, s->home_people, s->home_ms[profession], s->homes->n, limit_ms,
                             s->homes->commune, s->communes->n, ret);
}

static int count_profession(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    int e = qz_supply_by_group(ctx, s->sites, (uint16_t)p, NULL, s->communes->n, s->supply[p]);
    if (e == 0)
        e = count_within(ctx, s, p, qz_run_threshold_ms(s->plan, p), s->reach[p]);
    for (size_t b = 0; b < s->plan->n_bands && e == 0; b++)
        e = count_within(ctx, s, p, s->plan->band_ms[b], s->band_reach[p] + b * s->communes->n);
    return e;
}

static int run_counts(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    (void)w, (void)part;
    int e = 0;
    for (size_t p = 0; p < s->plan->n_practices && e == 0; p++)
        e = count_profession(ctx, s, p);
    for (size_t l = 0; l < s->levels->n && e == 0; l++)
        e = count_level(ctx, s, l);
    return e;
}

/* ---- fields and isochrones */
static size_t drawn_profession(const struct qz_run_state *s) {
    for (size_t p = 0; p < s->plan->n_practices; p++)
        if (strcmp(s->plan->practices[p].key, s->plan->drawn) == 0)
            return p;
    return 0;
}

static size_t n_drawn(const struct qz_run_state *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->sites->n; i++)
        n += s->sites->items[i].profession == drawn_profession(s) && !s->sites->items[i].planned;
    return n;
}

static int begin_isochrones(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->parts[QZ_STAGE_ISOCHRONES];
    s->drawn_site = qz_calloc(n, sizeof *s->drawn_site);
    if (!s->drawn_site)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < s->sites->n; i++)
        if (s->sites->items[i].profession == drawn_profession(s) && !s->sites->items[i].planned)
            s->drawn_site[s->n_drawn++] = i;
    int e = ALLOC_TABLE(ctx, n, 1, s->isochrones);
    return e < 0 ? e : ALLOC_TABLE(ctx, n, s->plan->n_bands, s->isochrone_people);
}

static int isochrone_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                         struct qz_hash *h) {
    (void)ctx;
    site_place_key(s, s->drawn_site[part], h);
    return 0;
}

static uint32_t longest_band_ms(const struct qz_run_state *s) {
    return s->plan->band_ms[s->plan->n_bands - 1];
}

static int new_field(struct qz_ctx *ctx, const struct qz_run_state *s,
                     const struct qz_search *search, bool with_sites, struct qz_field **ret) {
    struct qz_field_params params = s->plan->field;
    params.with_sites = with_sites;
    return qz_field_new(ctx, search, s->land, s->ground.surface, &params, longest_band_ms(s), ret);
}

static int draw_bands(struct qz_ctx *ctx, const struct qz_run_state *s,
                      const struct qz_field *field, struct qz_shapes *bands) {
    return qz_isochrone_bands(ctx, field, &s->plan->isochrone, s->plan->band_ms, s->plan->n_bands,
                              bands);
}

static int run_isochrone(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                         size_t part) {
    qz_cleanup(qz_field_freep) struct qz_field *field = NULL;
    w->links.n = 0;
    int e = qz_search_links(ctx, w->search, s->home_origins, &s->site_stops[s->drawn_site[part]], 0,
                            longest_band_ms(s), &w->links);
    if (e == 0)
        e = new_field(ctx, s, w->search, false, &field);
    if (e == 0)
        e = draw_bands(ctx, s, field, s->isochrones[part]);
    for (size_t b = 0; b < s->plan->n_bands && e == 0; b++)
        s->isochrone_people[part][b] = qz_run_people_within(s, &w->links, s->plan->band_ms[b]);
    return e;
}

static int begin_coverage(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->catchments = qz_calloc(s->plan->n_practices, sizeof *s->catchments);
    if (!s->catchments)
        return qz_fail_nomem(ctx);
    int e = ALLOC_TABLE(ctx, s->plan->n_practices, 1, s->coverage);
    return e < 0 ? e : ALLOC_TABLE(ctx, s->plan->n_practices, s->plan->n_bands, s->coverage_people);
}

static void count_coverage(struct qz_run_state *s, size_t part) {
    for (size_t b = 0; b < s->plan->n_bands; b++)
        for (size_t i = 0; i < s->communes->n; i++)
            s->coverage_people[part][b] +=
                s->band_reach[part][b * s->communes->n + i].people_within;
}

/* Who counts where is settled by each home's own nearest site. */
static int count_catchments(struct qz_ctx *ctx, const struct qz_run_state *s, size_t part,
                            struct qz_catchments *c) {
    qz_cleanup(qz_freep) double *people = qz_calloc(s->sites->n, sizeof *people);
    c->people = qz_calloc(c->shapes.n, sizeof *c->people);
    if (!people || !c->people)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->homes->n; i++)
        if (s->home_ms[part][i] <= longest_band_ms(s))
            people[s->home_nearest[part][i]] += s->home_people[i];
    for (size_t i = 0; i < c->shapes.n; i++)
        c->people[i] = people[c->site[i]];
    return 0;
}

/* Both from one field: the bands of all sites together, and what of them is nearest to each. */
static int run_coverage(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                        size_t part) {
    qz_cleanup(qz_freep) struct qz_stop *stops = NULL;
    qz_cleanup(qz_field_freep) struct qz_field *field = NULL;
    struct qz_catchments *c = &s->catchments[part];
    size_t n;
    int e = open_sites(ctx, s, part, &stops, &c->site, &n);
    if (e == 0)
        e = qz_search_towards(ctx, w->search, stops, n, longest_band_ms(s));
    if (e == 0)
        e = new_field(ctx, s, w->search, true, &field);
    if (e == 0)
        e = draw_bands(ctx, s, field, s->coverage[part]);
    if (e == 0)
        e = qz_isochrone_catchments(ctx, field, field->site, n, longest_band_ms(s),
                                    s->plan->isochrone.simplify_m, &c->shapes);
    if (e < 0)
        return e;
    count_coverage(s, part);
    return count_catchments(ctx, s, part, c);
}

/* ---- zones */
static int run_neighbours(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                          size_t part) {
    (void)w, (void)part;
    return qz_neighbours_new(ctx, s->communes->shapes, &s->neighbours);
}

static size_t n_communes(const struct qz_run_state *s) { return s->communes->n; }

static int seat_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, s->points->at[part].x_m);
    qz_hash_number(h, s->points->at[part].y_m);
    return 0;
}

static int begin_seats(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->seats = qz_calloc(s->communes->n, sizeof *s->seats);
    return s->seats ? 0 : qz_fail_nomem(ctx);
}

static int run_seat(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    return qz_search_links(ctx, w->search, s->origins, &s->origin_stops[part], (uint32_t)part,
                           s->plan->three15.limit_ms, &s->seats[part]);
}

static bool is_coordinated(const char *structure) {
    static const char *const words[] = { "maison", "pole", "pôle", "centre" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (g_ascii_strncasecmp(structure, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static int count_structures(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->structured = qz_calloc(s->communes->n, sizeof *s->structured);
    s->gp_heads = qz_calloc(s->communes->n, sizeof *s->gp_heads);
    if (!s->structured || !s->gp_heads)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->sites->n; i++) {
        const struct qz_site *site = &s->sites->items[i];
        s->structures_known = s->structures_known || *site->structure;
        if (site->planned)
            continue;
        s->structured[site->commune] += is_coordinated(site->structure) ? site->heads : 0;
        s->gp_heads[site->commune] += site->profession == 0 ? site->heads : 0;
    }
    return 0;
}

static int join_seats(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_links *all) {
    size_t n = 0;
    for (size_t i = 0; i < s->communes->n; i++)
        n += s->seats[i].n;
    all->items = qz_malloc(n, sizeof *all->items);
    if (!all->items)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->communes->n; i++) {
        if (s->seats[i].n)
            memcpy(all->items + all->n, s->seats[i].items, s->seats[i].n * sizeof *all->items);
        all->n += s->seats[i].n;
    }
    return 0;
}

/* People of each commune farther from a GP than the zones' rule allows. */
static int count_beyond(struct qz_ctx *ctx, const struct qz_run_state *s, double *beyond) {
    qz_cleanup(qz_freep) struct qz_reach *reach = qz_malloc(s->communes->n, sizeof *reach);
    int e = reach ? count_within(ctx, s, 0, s->plan->three15.limit_ms, reach) : qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->communes->n && e == 0; i++)
        beyond[i] = reach[i].people - reach[i].people_within;
    return e;
}

static int run_zones(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    struct qz_links all = { 0 };
    qz_cleanup(qz_freep) uint8_t *may_seat = qz_calloc(s->communes->n, 1);
    qz_cleanup(qz_freep) double *beyond = qz_calloc(s->communes->n, sizeof *beyond);
    int e = may_seat && beyond ? count_structures(ctx, s) : qz_fail_nomem(ctx);
    if (e == 0)
        e = count_beyond(ctx, s, beyond);
    if (e == 0)
        e = join_seats(ctx, s, &all);
    for (size_t i = 0; i < s->communes->n && e == 0; i++)
        may_seat[i] = s->origin_stops[i].edge != UINT32_MAX;
    struct qz_three15_input in = {
        .n = s->communes->n,
        .people = s->people->count,
        .first = s->neighbours->first,
        .neighbour = s->neighbours->other,
        .links = all.items,
        .n_links = all.n,
        .beyond = beyond,
        .gp_heads = s->gp_heads,
        .structured = s->structured,
        .may_seat = may_seat,
    };
    if (e == 0)
        e = qz_three15_new(ctx, &s->plan->three15, &in, &s->zones);
    qz_links_done(&all);
    return e;
}

/* ---- outlines */
static int outline_level(struct qz_ctx *ctx, struct qz_run_state *s, size_t l) {
    const struct qz_level *level = &s->levels->items[l];
    qz_cleanup(qz_freep) uint32_t *ids = qz_malloc(s->communes->n, sizeof *ids);
    int e = ids ? 0 : qz_fail_nomem(ctx);
    for (size_t t = 0; t < level->n && e == 0; t++) {
        size_t n = 0;
        for (uint32_t i = 0; i < s->communes->n; i++)
            if (level->of_commune[i] == t)
                ids[n++] = i;
        e = qz_shapes_union(ctx, s->communes->shapes, ids, n, s->level_shapes[l]);
    }
    return e;
}

static int begin_outlines(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->zone_shapes = qz_calloc(1, sizeof *s->zone_shapes);
    int e = ALLOC_TABLE(ctx, s->levels->n, 1, s->level_shapes);
    return e < 0 ? e : s->zone_shapes ? 0 : qz_fail_nomem(ctx);
}

/* Part 0: the zones; then a part a level. */
static size_t n_outlines(const struct qz_run_state *s) { return s->levels->n + 1; }
static int run_outline(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w;
    if (part)
        return outline_level(ctx, s, part - 1);
    int e = 0;
    for (size_t z = 0; z < s->zones->n && e == 0; z++)
        e = qz_shapes_union(ctx, s->communes->shapes, s->zones->member + s->zones->items[z].first,
                            s->zones->items[z].n, s->zone_shapes);
    return e;
}

/* ---- the table */
const struct qz_stage qz_stages[QZ_N_STAGES] = {
    [QZ_STAGE_AREA] = { "communes", 1, 0, NULL, false, NULL, area_key, NULL, run_area },
    [QZ_STAGE_CRS] = { "system", 1, 0, NULL, false, NULL, crs_key, NULL, run_crs },
    [QZ_STAGE_GROUND] = { "ground", 1, INPUT(CRS), "surface", false, NULL, qz_run_ground_key, NULL,
                          qz_run_ground },
    [QZ_STAGE_PEOPLE] = { "population", 1, INPUT(AREA), NULL, false, NULL, people_key, NULL,
                          run_people },
    [QZ_STAGE_CELLS] = { "cells", 1, INPUT(AREA), NULL, false, NULL, cells_key, NULL,
                         qz_run_cells },
    [QZ_STAGE_LEVELS] = { "territories", 1, INPUT(AREA), NULL, false, NULL, levels_key, NULL,
                          run_levels },
    [QZ_STAGE_ROADS] = { "roads", 1, INPUT(CRS), NULL, false, NULL, roads_key, NULL, run_roads },
    [QZ_STAGE_PLACES] = { "places", 1, INPUT(ROADS), NULL, false, NULL, qz_run_places_key, NULL,
                          qz_run_places },
    [QZ_STAGE_NETWORK] = { "network", 1, INPUT(ROADS) | INPUT(PLACES), "roads", false, NULL,
                           network_key, NULL, run_network },
    [QZ_STAGE_COVER] = { "cover", 2, INPUT(AREA) | INPUT(NETWORK), NULL, false, NULL,
                         qz_run_cover_key, NULL, qz_run_cover },
    [QZ_STAGE_POINTS] = { "points", 1, INPUT(AREA) | INPUT(NETWORK), NULL, false, NULL, points_key,
                          NULL, run_points },
    [QZ_STAGE_SITES] = { "practitioners", 1, INPUT(AREA) | INPUT(POINTS), NULL, false, n_practices,
                         sites_key, NULL, run_sites },
    [QZ_STAGE_HOMES] = { "homes", 1, INPUT(CELLS) | INPUT(POINTS), NULL, false, NULL, NULL, NULL,
                         qz_run_homes },
    [QZ_STAGE_HOME_PEOPLE] = { "people at home", 1, INPUT(HOMES) | INPUT(PEOPLE), NULL, false, NULL,
                               NULL, NULL, qz_run_home_people },
    [QZ_STAGE_ORIGINS] = { "origins", 1, INPUT(POINTS) | INPUT(NETWORK), "travel", false, NULL,
                           NULL, NULL, run_origins },
    [QZ_STAGE_HOME_STOPS] = { "homes on the roads", 1, INPUT(HOMES) | INPUT(ORIGINS), "travel",
                              false, NULL, NULL, NULL, qz_run_home_stops },
    [QZ_STAGE_STOPS] = { "sites", 1, INPUT(SITES) | INPUT(NETWORK), "travel", false, NULL, NULL,
                         NULL, run_stops },
    [QZ_STAGE_NEAREST] = { "nearest", 2, INPUT(HOME_STOPS) | INPUT(STOPS), NULL, false, n_practices,
                           NULL, begin_nearest, run_nearest },
    [QZ_STAGE_REACHED] = { "people by site", 1, INPUT(HOME_STOPS) | INPUT(HOME_PEOPLE), NULL, true,
                           n_sites, reached_key, begin_reached, run_reached },
    [QZ_STAGE_COUNTS] = { "density", 2,
                          INPUT(PEOPLE) | INPUT(HOME_PEOPLE) | INPUT(LEVELS) | INPUT(SITES) |
                              INPUT(NEAREST),
                          NULL, false, NULL, counts_key, begin_counts, run_counts },
    [QZ_STAGE_LAND] = { "land", 1, INPUT(AREA) | INPUT(GROUND), "isochrones", false, NULL, NULL,
                        NULL, qz_run_land },
    [QZ_STAGE_ISOCHRONES] = { "isochrones", 3, INPUT(HOME_STOPS) | INPUT(LAND) | INPUT(HOME_PEOPLE),
                              "isochrones", true, n_drawn, isochrone_key, begin_isochrones,
                              run_isochrone },
    [QZ_STAGE_COVERAGE] = { "coverage", 3, INPUT(COUNTS) | INPUT(LAND), "isochrones", true,
                            n_practices, NULL, begin_coverage, run_coverage },
    [QZ_STAGE_NEIGHBOURS] = { "neighbours", 1, INPUT(AREA), NULL, false, NULL, NULL, NULL,
                              run_neighbours },
    [QZ_STAGE_SEATS] = { "seats", 1, INPUT(ORIGINS), "zones", true, n_communes, seat_key,
                         begin_seats, run_seat },
    [QZ_STAGE_ZONES] = { "zones", 1,
                         INPUT(NEIGHBOURS) | INPUT(SEATS) | INPUT(NEAREST) | INPUT(COUNTS), "zones",
                         false, NULL, NULL, NULL, run_zones },
    [QZ_STAGE_AFTER] = { "people after", 1, INPUT(ZONES) | INPUT(HOME_STOPS), NULL, true,
                         qz_run_n_zones, NULL, qz_run_begin_after, qz_run_after },
    [QZ_STAGE_OUTLINES] = { "outlines", 1, INPUT(AREA) | INPUT(LEVELS) | INPUT(ZONES), NULL, true,
                            n_outlines, NULL, begin_outlines, run_outline },
};
