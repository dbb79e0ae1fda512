/* engine/run/stages.c - the stage table: what each stage takes, what its key holds, what it makes.
 */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "run/run.h"

#define INPUT(stage) (1ull << QZ_STAGE_##stage)

/* ---- files: read where their stage needs them; their content is part of the key */
static struct qz_input_file *file_of(struct qz_run_state *s, const struct qz_plan_input *in) {
    for (size_t i = 0; i < s->n_files; i++)
        if (s->files[i].in == in)
            return &s->files[i];
    return NULL;
}

struct qz_input_report *qz_run_report_of(struct qz_run_state *s, const struct qz_plan_input *in) {
    struct qz_input_file *file = file_of(s, in);
    return file ? &file->report : NULL;
}

/* Content, layer, system and columns; each file is hashed when its key is first asked for. */
int qz_run_input_key(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_input *in,
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
        return qz_run_input_key(ctx, s, &s->plan->field, h);                                      \
    }
INPUT_KEY(population_key, population)
INPUT_KEY(ages_key, ages)
INPUT_KEY(territories_key, territories)
INPUT_KEY(points_key, points)
INPUT_KEY(cells_key, cells)

static int movements_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                         struct qz_hash *h) {
    (void)part;
    qz_hash_number(h, s->plan->repair_codes);
    return qz_run_input_key(ctx, s, &s->plan->movements, h);
}

static const char *year_of(const struct qz_plan_input *in) {
    return in->vintage ? in->vintage : "";
}

/* Of a table by commune the year counts too, and whether codes are repaired. */
void qz_run_hash_codes(const struct qz_run_state *s, const struct qz_plan_input *in,
                       struct qz_hash *h) {
    qz_hash_text(h, year_of(in));
    qz_hash_text(h, year_of(&s->plan->communes));
    qz_hash_number(h, s->plan->repair_codes);
    if (s->codes) /* split communes are shared as their people live */
        qz_hash_bytes(h, s->keys[QZ_STAGE_PEOPLE].bytes, QZ_KEY_BYTES);
}
#define CODED_KEY(name, plain, field)                                                             \
    static int name(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) { \
        qz_run_hash_codes(s, &s->plan->field, h);                                                 \
        return plain(ctx, s, part, h);                                                            \
    }
CODED_KEY(people_key, population_key, population)
CODED_KEY(people_by_age_key, ages_key, ages)
CODED_KEY(given_points_key, points_key, points)

static int groups_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    const struct qz_plan_group *g = &s->plan->groups[part];
    qz_hash_text(h, g->key);
    qz_hash_text(h, g->unit);
    qz_run_hash_codes(s, &g->source, h);
    return qz_run_input_key(ctx, s, &g->source, h);
}

static int levels_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    qz_run_hash_codes(s, &s->plan->territories, h);
    if (s->plan->n_user_levels) /* areas have the homes that lie in them */
        qz_hash_bytes(h, s->keys[QZ_STAGE_HOMES].bytes, QZ_KEY_BYTES);
    int e = territories_key(ctx, s, part, h);
    for (size_t i = 0; i < s->plan->n_user_levels && e == 0; i++) {
        const struct qz_plan_level *l = &s->plan->user_levels[i];
        qz_hash_text(h, l->key);
        qz_hash_text(h, l->label);
        qz_hash_text(h, l->territory ? l->territory : "");
        qz_hash_text(h, l->territory_name ? l->territory_name : "");
        qz_run_hash_codes(s, &l->source, h);
        e = qz_run_input_key(ctx, s, &l->source, h);
    }
    return e;
}

static int roads_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    int e = qz_run_input_key(ctx, s, &s->plan->roads, h);
    if (e == 0 && !s->plan->roads.input.file) {
        e = qz_run_input_key(ctx, s, &s->plan->road_nodes, h);
        if (e == 0)
            e = qz_run_input_key(ctx, s, &s->plan->road_edges, h);
    }
    return e;
}

/* ---- records */
/* Of [territory] only the system counts here: a new title must not read the communes again. */
static int area_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    qz_hash_text(h, s->plan->crs ? s->plan->crs : "");
    qz_hash_number(h, s->plan->repair_codes);
    return qz_run_input_key(ctx, s, &s->plan->communes, h);
}

static int run_area(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    struct qz_input input = s->plan->communes.input;
    input.repair_codes = s->plan->repair_codes;
    int e = qz_communes_read(ctx, &input, s->plan->crs, &s->issues,
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
                             &s->issues, qz_run_report_of(s, &plan->road_nodes),
                             qz_run_report_of(s, &plan->road_edges), &s->graph);
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
    struct qz_input_report *report = qz_run_report_of(s, &s->plan->roads);
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
    int e = qz_run_read_points(ctx, s);
    return e < 0 ? e : fall_back(ctx, s);
}

/* ---- sites */
static size_t n_practices(const struct qz_run_state *s) { return s->plan->n_practices; }
static size_t n_groups(const struct qz_run_state *s) { return s->plan->n_groups; }

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

void qz_run_site_key(const struct qz_run_state *s, size_t site, struct qz_hash *h) {
    struct qz_xy at = place_of_site(s, site);
    qz_hash_number(h, at.x_m);
    qz_hash_number(h, at.y_m);
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

uint32_t qz_run_threshold_ms(const struct qz_plan *plan, size_t profession) {
    return plan->practices[profession].threshold_min * 60000;
}

/* ---- fields and isochrones */
static size_t drawn_profession(const struct qz_run_state *s) {
    for (size_t p = 0; p < s->plan->n_practices; p++)
        if (strcmp(s->plan->practices[p].key, s->plan->drawn) == 0)
            return p;
    return SIZE_MAX; /* none */
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
    qz_run_site_key(s, s->drawn_site[part], h);
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
                s->care[part].counted[0].band_reach[0][b * s->communes->n + i].people_within;
}

/* Who counts where is settled by each home's own nearest site. */
static int count_catchments(struct qz_ctx *ctx, const struct qz_run_state *s, size_t part,
                            struct qz_catchments *c) {
    qz_cleanup(qz_freep) double *people = qz_calloc(s->sites->n, sizeof *people);
    c->people = qz_calloc(c->shapes.n, sizeof *c->people);
    if (!people || !c->people)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->homes->n; i++)
        if (s->care[part].ms[0][i] <= longest_band_ms(s))
            people[s->care[part].nearest[i]] += s->home_people[i];
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
    int e = qz_run_open_sites(ctx, s, part, s->outlooks[0].open, &stops, &c->site, &n);
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

/* Far enough for zones, and for what lies round a proposed site. */
static uint32_t seat_limit_ms(const struct qz_run_state *s) {
    uint32_t zones_ms = s->plan->three15.limit_ms, siting_ms = qz_run_siting_ms(s);
    return zones_ms > siting_ms ? zones_ms : siting_ms;
}

static int seat_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, seat_limit_ms(s));
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
                           seat_limit_ms(s), &s->seats[part]);
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
    return ALLOC_TABLE(ctx, s->levels->n, 1, s->level_shapes);
}

static size_t n_levels(const struct qz_run_state *s) { return s->levels->n; }
static int run_outline(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w;
    return outline_level(ctx, s, part);
}

/* ---- what the plan's tables say of places */
static size_t n_overlays(const struct qz_run_state *s) { return s->plan->n_overlays; }
static size_t n_tables(const struct qz_run_state *s) { return s->plan->n_tables; }

static int overlay_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    const struct qz_plan_overlay *o = &s->plan->overlays[part];
    qz_hash_text(h, o->key);
    qz_hash_text(h, o->label);
    qz_run_hash_codes(s, &o->source, h);
    return qz_run_input_key(ctx, s, &o->source, h);
}
static int table_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    const struct qz_plan_table *t = &s->plan->tables[part];
    qz_hash_text(h, t->key);
    qz_hash_text(h, t->label);
    qz_hash_text(h, t->level);
    qz_hash_text(h, t->worse);
    qz_hash_number(h, t->sum);
    qz_run_hash_codes(s, &t->source, h);
    return qz_run_input_key(ctx, s, &t->source, h);
}
INPUT_KEY(official_only_key, official)
INPUT_KEY(candidates_file_key, candidates)
CODED_KEY(official_key, official_only_key, official)
CODED_KEY(candidates_list_key, candidates_file_key, candidates)

/* Practitioners and overlays only where the plan asks for them. */
static int candidates_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                          struct qz_hash *h) {
    if (strcmp(s->plan->seats.who, "care") == 0)
        qz_hash_bytes(h, s->keys[QZ_STAGE_COUNTS].bytes, QZ_KEY_BYTES);
    if (*s->plan->seats.only)
        qz_hash_bytes(h, s->keys[QZ_STAGE_OVERLAYS].bytes, QZ_KEY_BYTES);
    return candidates_list_key(ctx, s, part, h);
}

/* ---- sets of zones */
static int (*const sets[QZ_N_SETS])(struct qz_ctx *, struct qz_run_state *) = {
    [QZ_SET_THREE15] = qz_run_three15_set, [QZ_SET_AREA] = qz_run_area_set,
    [QZ_SET_ZONAGE] = qz_run_zonage_set,   [QZ_SET_THREAT] = qz_run_threat_set,
    [QZ_SET_SERVICE] = qz_run_siting_set,
};
static size_t n_sets(const struct qz_run_state *s) {
    (void)s;
    return QZ_N_SETS;
}

struct set_key {
    size_t part;
    struct qz_hash *hash;
};
static int add_section(void *user, const char *section, const char *key, const char *value) {
    static const char *const own[QZ_N_SETS] = { "zones", "areas", "zonage", "threat", "siting" };
    const struct set_key *k = user;
    if (strcmp(section, own[k->part]) == 0) {
        qz_hash_text(k->hash, key);
        qz_hash_text(k->hash, value);
    }
    return 0;
}

/* What stands in reasons; and whether a term that is not known is an error. */
static void hash_words(const struct qz_run_state *s, struct qz_hash *h) {
    const struct qz_plan *plan = s->plan;
    for (size_t p = 0; p < plan->n_practices; p++) {
        qz_hash_text(h, plan->practices[p].label);
        qz_hash_text(h, plan->practices[p].label_plural);
    }
    for (size_t g = 0; g < plan->n_groups; g++)
        qz_hash_text(h, plan->groups[g].label);
    qz_hash_number(h, plan->zones_score.stated);
    qz_hash_number(h, plan->threat.stated);
    qz_hash_number(h, plan->threat.score.stated);
    qz_hash_number(h, plan->siting.score.stated);
}

static int set_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    struct set_key k = { part, h };
    qz_hash_number(h, (double)part);
    hash_words(s, h);
    if (part == QZ_SET_ZONAGE && s->plan->zonage.regimes) {
        struct qz_key own;
        int e = qz_key_of_file(ctx, s->plan->zonage.regimes, &own);
        if (e < 0)
            return e;
        qz_hash_bytes(h, own.bytes, QZ_KEY_BYTES);
    }
    if (part == QZ_SET_ZONAGE) {
        int e = qz_run_input_key(ctx, s, &s->plan->overrides, h);
        if (e < 0)
            return e;
    }
    return qz_plan_visit(s->plan, add_section, &k) < 0 ? qz_fail_nomem(ctx) : 0;
}

static int run_set(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    int e = sets[part](ctx, s);
    if (e == 0 && s->sets[part].set.n)
        s->told_sets[s->n_told_sets++] = s->sets[part].set;
    return e;
}

/* ---- the table */
const struct qz_stage qz_stages[QZ_N_STAGES] = {
    [QZ_STAGE_AREA] = { "communes", 1, 0, NULL, false, NULL, area_key, NULL, run_area },
    [QZ_STAGE_CRS] = { "system", 1, 0, NULL, false, NULL, crs_key, NULL, run_crs },
    [QZ_STAGE_GROUND] = { "ground", 1, INPUT(CRS), "surface", false, NULL, qz_run_ground_key, NULL,
                          qz_run_ground },
    [QZ_STAGE_MOVEMENTS] = { "movements", 1, 0, NULL, false, NULL, movements_key, NULL,
                             qz_run_movements },
    [QZ_STAGE_PEOPLE] = { "population", 2, INPUT(AREA) | INPUT(MOVEMENTS), NULL, false, NULL,
                          people_key, NULL, qz_run_people },
    [QZ_STAGE_AGES] = { "ages", 1, INPUT(AREA) | INPUT(MOVEMENTS), "ages", false, NULL,
                        people_by_age_key, NULL, qz_run_ages },
    [QZ_STAGE_GROUPS] = { "groups", 1, INPUT(AREA) | INPUT(MOVEMENTS) | INPUT(PEOPLE), NULL, false,
                          n_groups, groups_key, qz_run_begin_groups, qz_run_group },
    [QZ_STAGE_CELLS] = { "cells", 1, INPUT(AREA), NULL, false, NULL, cells_key, NULL,
                         qz_run_cells },
    [QZ_STAGE_ROADS] = { "roads", 1, INPUT(CRS), NULL, false, NULL, roads_key, NULL, run_roads },
    [QZ_STAGE_PLACES] = { "places", 1, INPUT(ROADS), NULL, false, NULL, qz_run_places_key, NULL,
                          qz_run_places },
    [QZ_STAGE_NETWORK] = { "network", 1, INPUT(ROADS) | INPUT(PLACES), "roads", false, NULL,
                           network_key, NULL, run_network },
    [QZ_STAGE_COVER] = { "cover", 2, INPUT(AREA) | INPUT(NETWORK), NULL, false, NULL,
                         qz_run_cover_key, NULL, qz_run_cover },
    [QZ_STAGE_POINTS] = { "points", 1, INPUT(AREA) | INPUT(NETWORK) | INPUT(MOVEMENTS), NULL, false,
                          NULL, given_points_key, NULL, run_points },
    [QZ_STAGE_SITES] = { "practitioners", 2, INPUT(AREA) | INPUT(POINTS) | INPUT(MOVEMENTS), NULL,
                         false, n_practices, qz_run_sites_key, NULL, qz_run_sites },
    [QZ_STAGE_HOMES] = { "homes", 1, INPUT(CELLS) | INPUT(POINTS), NULL, false, NULL, NULL, NULL,
                         qz_run_homes },
    [QZ_STAGE_HOME_PEOPLE] = { "people at home", 1, INPUT(HOMES) | INPUT(PEOPLE), NULL, false, NULL,
                               NULL, NULL, qz_run_home_people },
    [QZ_STAGE_LEVELS] = { "territories", 2, INPUT(AREA) | INPUT(MOVEMENTS), NULL, false, NULL,
                          levels_key, NULL, qz_run_levels },
    [QZ_STAGE_OVERLAYS] = { "overlays", 1,
                            INPUT(AREA) | INPUT(MOVEMENTS) | INPUT(HOME_PEOPLE) | INPUT(LEVELS),
                            NULL, false, n_overlays, overlay_key, qz_run_begin_overlays,
                            qz_run_overlay },
    [QZ_STAGE_TABLES] = { "tables", 1, INPUT(MOVEMENTS) | INPUT(LEVELS) | INPUT(PEOPLE), NULL,
                          false, n_tables, table_key, qz_run_begin_tables, qz_run_table },
    [QZ_STAGE_OFFICIAL] = { "class in force", 1, INPUT(AREA) | INPUT(MOVEMENTS), NULL, false, NULL,
                            official_key, NULL, qz_run_official },
    [QZ_STAGE_OUTLOOKS] = { "outlooks", 1, INPUT(SITES) | INPUT(LEVELS), "horizon", false,
                            n_practices, qz_run_outlooks_key, qz_run_begin_outlooks,
                            qz_run_outlooks },
    [QZ_STAGE_ORIGINS] = { "origins", 1, INPUT(POINTS) | INPUT(NETWORK), "travel", false, NULL,
                           NULL, NULL, run_origins },
    [QZ_STAGE_HOME_STOPS] = { "homes on the roads", 1, INPUT(HOMES) | INPUT(ORIGINS), "travel",
                              false, NULL, NULL, NULL, qz_run_home_stops },
    [QZ_STAGE_STOPS] = { "sites", 1, INPUT(SITES) | INPUT(NETWORK), "travel", false, NULL, NULL,
                         NULL, run_stops },
    [QZ_STAGE_LINKS] = { "links", 1, INPUT(HOME_STOPS), NULL, true, qz_run_n_sites,
                         qz_run_links_key, qz_run_begin_links, qz_run_links },
    [QZ_STAGE_NEAREST] = { "nearest", 3, INPUT(HOME_STOPS) | INPUT(STOPS) | INPUT(OUTLOOKS), NULL,
                           false, n_practices, NULL, qz_run_begin_nearest, qz_run_nearest },
    [QZ_STAGE_REACHED] = { "people by site", 2, INPUT(HOME_STOPS) | INPUT(HOME_PEOPLE), NULL, true,
                           qz_run_n_sites, qz_run_reached_key, qz_run_begin_reached,
                           qz_run_reached },
    [QZ_STAGE_SCORES] = { "scores", 1,
                          INPUT(LINKS) | INPUT(OUTLOOKS) | INPUT(HOME_PEOPLE) | INPUT(AGES), "apl",
                          false, n_practices, qz_run_scores_key, NULL, qz_run_scores },
    [QZ_STAGE_EDGE] = { "edge", 1, INPUT(AREA) | INPUT(HOME_STOPS) | INPUT(OUTLOOKS), NULL, false,
                        NULL, qz_run_edge_key, NULL, qz_run_edge_effect },
    [QZ_STAGE_COUNTS] = { "counts", 3,
                          INPUT(HOME_PEOPLE) | INPUT(LEVELS) | INPUT(OUTLOOKS) | INPUT(NEAREST) |
                              INPUT(SCORES) | INPUT(GROUPS),
                          NULL, false, n_practices, qz_run_counts_key, NULL, qz_run_counts },
    [QZ_STAGE_LAND] = { "land", 1, INPUT(AREA) | INPUT(GROUND), "isochrones", false, NULL, NULL,
                        NULL, qz_run_land },
    [QZ_STAGE_ISOCHRONES] = { "isochrones", 3, INPUT(HOME_STOPS) | INPUT(LAND) | INPUT(HOME_PEOPLE),
                              "isochrones", true, n_drawn, isochrone_key, begin_isochrones,
                              run_isochrone },
    [QZ_STAGE_COVERAGE] = { "coverage", 3, INPUT(COUNTS) | INPUT(LAND), "isochrones", true,
                            n_practices, NULL, begin_coverage, run_coverage },
    [QZ_STAGE_OUTLINES] = { "outlines", 2, INPUT(AREA) | INPUT(LEVELS), NULL, true, n_levels, NULL,
                            begin_outlines, run_outline },
    [QZ_STAGE_CANDIDATES] = { "candidates", 1,
                              INPUT(AREA) | INPUT(MOVEMENTS) | INPUT(PEOPLE) | INPUT(ORIGINS),
                              "seats", false, NULL, candidates_key, NULL, qz_run_candidates },
    [QZ_STAGE_NEIGHBOURS] = { "neighbours", 1, INPUT(AREA), NULL, false, NULL, NULL, NULL,
                              run_neighbours },
    [QZ_STAGE_SEATS] = { "seats", 2, INPUT(ORIGINS), NULL, true, n_communes, seat_key, begin_seats,
                         run_seat },
    [QZ_STAGE_ZONES] = { "zones", 2,
                         INPUT(NEIGHBOURS) | INPUT(SEATS) | INPUT(PEOPLE) | INPUT(LEVELS) |
                             INPUT(CANDIDATES),
                         "zones", false, NULL, NULL, NULL, qz_run_zones },
    [QZ_STAGE_AFTER] = { "people after", 1, INPUT(ZONES) | INPUT(HOME_STOPS) | INPUT(NEAREST), NULL,
                         true, qz_run_n_zones, qz_run_after_key, qz_run_begin_after, qz_run_after },
    [QZ_STAGE_AREA_LINKS] = { "area links", 1, INPUT(ORIGINS), NULL, true, qz_run_n_area_links,
                              qz_run_area_links_key, qz_run_begin_area_links, qz_run_area_links },
    [QZ_STAGE_AREAS] = { "areas", 2,
                         INPUT(NEIGHBOURS) | INPUT(AREA_LINKS) | INPUT(PEOPLE) | INPUT(LEVELS) |
                             INPUT(CANDIDATES),
                         "areas", false, NULL, NULL, NULL, qz_run_areas },
    [QZ_STAGE_CANDIDATE_LINKS] = { "candidate links", 1, INPUT(HOME_STOPS), NULL, true,
                                   qz_run_n_candidate_links, qz_run_candidate_links_key,
                                   qz_run_begin_candidate_links, qz_run_candidate_links },
    [QZ_STAGE_SITING] = { "siting", 1,
                          INPUT(CANDIDATE_LINKS) | INPUT(SCORES) | INPUT(NEAREST) | INPUT(STOPS) |
                              INPUT(GROUPS) | INPUT(HOME_PEOPLE),
                          "siting", false, NULL, qz_run_siting_key, NULL, qz_run_siting },
    [QZ_STAGE_SETS] = { "zone figures", 1,
                        INPUT(COUNTS) | INPUT(TABLES) | INPUT(OVERLAYS) | INPUT(OFFICIAL) |
                            INPUT(OUTLINES) | INPUT(AFTER) | INPUT(AREAS) | INPUT(SITING) |
                            INPUT(SITES),
                        NULL, false, n_sets, set_key, qz_run_view, run_set },
};
