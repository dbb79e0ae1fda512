/* engine/run/state.c - the state's beginning and end. */
#include <glib.h>
#include "run/run.h"

static void add_file(struct qz_run_state *s, const char *name, const struct qz_plan_input *in,
                     const char *path) {
    if (path)
        s->files[s->n_files++] = (struct qz_input_file) { .name = name, .in = in, .path = path };
}

int qz_run_state_init(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan *plan) {
    *s = (struct qz_run_state) { .plan = plan };
    int e = qz_issues_init(ctx, &s->issues);
    s->files = qz_calloc(13 + plan->n_road_files + plan->n_practices + plan->n_groups +
                             plan->n_user_levels + plan->n_overlays + plan->n_tables,
                         sizeof *s->files);
    if (e < 0 || !s->files)
        return qz_fail_nomem(ctx);
    add_file(s, "communes", &plan->communes, plan->communes.input.file);
    add_file(s, "points", &plan->points, plan->points.input.file);
    add_file(s, "territories", &plan->territories, plan->territories.input.file);
    for (size_t i = 0; i < plan->n_road_files; i++)
        add_file(s, "roads", &plan->roads, plan->road_files[i]);
    add_file(s, "roads nodes", &plan->road_nodes, plan->road_nodes.input.file);
    add_file(s, "roads edges", &plan->road_edges, plan->road_edges.input.file);
    add_file(s, "population", &plan->population, plan->population.input.file);
    add_file(s, "ages", &plan->ages, plan->ages.input.file);
    add_file(s, "movements", &plan->movements, plan->movements.input.file);
    add_file(s, "cells", &plan->cells, plan->cells.input.file);
    add_file(s, "candidates", &plan->candidates, plan->candidates.input.file);
    add_file(s, "official", &plan->official, plan->official.input.file);
    add_file(s, "overrides", &plan->overrides, plan->overrides.input.file);
    for (size_t i = 0; i < plan->n_overlays; i++)
        add_file(s, plan->overlays[i].key, &plan->overlays[i].source,
                 plan->overlays[i].source.input.file);
    for (size_t i = 0; i < plan->n_tables; i++)
        add_file(s, plan->tables[i].key, &plan->tables[i].source,
                 plan->tables[i].source.input.file);
    for (size_t i = 0; i < plan->n_groups; i++)
        add_file(s, plan->groups[i].key, &plan->groups[i].source,
                 plan->groups[i].source.input.file);
    for (size_t i = 0; i < plan->n_user_levels; i++)
        add_file(s, plan->user_levels[i].key, &plan->user_levels[i].source,
                 plan->user_levels[i].source.input.file);
    for (size_t i = 0; i < plan->n_practices; i++)
        add_file(s, plan->practices[i].key, &plan->practices[i].source,
                 plan->practices[i].source.input.file);
    return 0;
}

static void free_table(void *table, size_t n) {
    void **rows = table;
    for (size_t i = 0; rows && i < n; i++)
        free(rows[i]);
    free(rows);
}

static void free_shapes(struct qz_shapes **shapes, size_t n) {
    for (size_t i = 0; shapes && i < n; i++)
        qz_shapes_freep(&shapes[i]);
    free(shapes);
}

static void free_links(struct qz_links *links, size_t n) {
    for (size_t i = 0; links && i < n; i++)
        qz_links_done(&links[i]);
    free(links);
}

static void free_catchments(struct qz_catchments *c, size_t n) {
    for (size_t i = 0; c && i < n; i++) {
        qz_shapes_done(&c[i].shapes);
        free(c[i].site);
        free(c[i].people);
    }
    free(c);
}

void qz_run_state_done(struct qz_run_state *s) {
    size_t n_practices = s->plan->n_practices;
    size_t n_communes = s->communes ? s->communes->n : 0;
    size_t n_levels = s->levels ? s->levels->n : 0;
    size_t n_sites = s->sites ? s->sites->n : 0;
    for (size_t i = 0; s->workers && i < s->n_workers; i++) {
        qz_search_free(s->workers[i].search);
        qz_links_done(&s->workers[i].links);
        qz_ctx_free(s->workers[i].ctx);
    }
    free(s->workers);
    for (size_t p = 0; s->care && p < n_practices; p++)
        qz_run_care_done(s, &s->care[p]);
    free(s->care);
    for (size_t o = 0; o < QZ_MOST_OUTLOOKS; o++) {
        free(s->outlooks[o].heads);
        free(s->outlooks[o].fte);
        free(s->outlooks[o].supply);
        free(s->outlooks[o].open);
        free(s->outlooks[o].counted);
        if (!qz_run_ages_are_shared(o))
            free(s->outlooks[o].ages);
    }
    for (size_t p = 0; s->age_bands && p < n_practices; p++)
        qz_age_bands_free(s->age_bands[p]);
    free(s->age_bands);
    free_table(s->arrivals, n_practices);
    free_links(s->links, n_sites);
    free(s->edge_effect);
    for (size_t g = 0; s->groups && g < s->plan->n_groups; g++)
        qz_group_free(s->groups[g]);
    free(s->groups);
    qz_ages_free(s->ages);
    qz_codes_free(s->codes);
    free_links(s->seats, n_communes);
    free(s->site_people);
    free(s->site_served);
    free(s->zone_beyond_after);
    free_shapes(s->isochrones, s->n_drawn);
    free_table(s->isochrone_people, s->n_drawn);
    free_shapes(s->coverage, n_practices);
    free_table(s->coverage_people, n_practices);
    free_catchments(s->catchments, n_practices);
    free_shapes(s->level_shapes, n_levels);
    free(s->drawn_site);
    free(s->structured);
    for (size_t i = 0; i < QZ_N_SETS; i++)
        qz_run_set_done(s, &s->sets[i]);
    free(s->told_sets);
    free(s->zone_id);
    free(s->area_id);
    free(s->professions);
    free(s->group_results);
    free(s->table_results);
    free(s->overlay_results);
    free(s->siting.items);
    qz_run_score_done(&s->siting.score);
    qz_pool_free(s->siting_texts);
    free(s->site_rank);
    free(s->sited);
    free(s->demand);
    free(s->served_ms);
    qz_locate_answer_free(s->located);
    free_links(s->area_links, n_communes);
    free_links(s->candidate_links, n_communes);
    qz_areas_free(s->areas);
    free(s->may_seat);
    free(s->simulated);
    free(s->unit_of);
    free(s->disagreements);
    qz_marks_free(s->override_marks);
    qz_run_by_place_done(s);
    qz_zones_free(s->zones);
    qz_neighbours_free(s->neighbours);
    qz_land_free(s->land);
    qz_ground_done(&s->ground);
    qz_origins_free(s->origins);
    qz_origins_free(s->home_origins);
    free(s->origin_stops);
    free(s->home_stops);
    free(s->home_people);
    free(s->home_factor);
    qz_homes_free(s->homes);
    qz_cells_free(s->cells);
    free(s->site_stops);
    qz_sites_free(s->sites);
    qz_points_free(s->points);
    qz_network_free(s->network);
    qz_roads_free(s->roads);
    qz_graph_free(s->graph);
    qz_levels_free(s->levels);
    qz_people_free(s->people);
    qz_locator_free(s->locator);
    qz_crs_free(s->crs);
    qz_communes_free(s->communes);
    g_free(s->speeds_text);
    qz_speeds_free(s->speeds);
    free(s->road_density);
    free(s->road_slope);
    free(s->files);
    qz_issues_done(&s->issues);
}
