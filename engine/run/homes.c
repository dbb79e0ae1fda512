/* engine/run/homes.c - where people are counted: the grid's cells, else the communes' points; on
 * the network, and as many people as the commune legally has. */
#include <math.h>
#include <omp.h>
#include <string.h>
#include "run/run.h"

/* ---- the grid */
int qz_run_cells(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan_input *in = &s->plan->cells;
    for (size_t i = 0; i < s->n_files && in->input.file; i++)
        if (s->files[i].in == in)
            return qz_cells_read(ctx, s->communes, s->locator, &in->input, s->crs, true, &s->issues,
                                 &s->files[i].report, &s->cells);
    return 0; /* none: the points serve */
}

int qz_run_homes(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    return qz_homes_new(ctx, s->cells, s->points, &s->homes);
}

/* ---- people: the cells of a commune rescaled to its legal population */
static int tell_factor(struct qz_ctx *ctx, struct qz_run_state *s, size_t c) {
    static const double usual_least = 0.8, usual_most = 1.25;
    double legal = s->people->count[c], factor = s->home_factor[c];
    double counted = 0;
    for (uint32_t i = s->homes->first[c]; i < s->homes->first[c + 1]; i++)
        counted += s->homes->weight[i];
    if (legal <= 0)
        return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "cells", 0, &s->points->at[c],
                            "cells_without_population",
                            "commune %s (%s) has cells with %.1f people, but no legal population: "
                            "they are not counted; complete [population]",
                            s->communes->code[c], s->communes->name[c], counted);
    if (factor >= usual_least && factor <= usual_most)
        return 0;
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "cells", 0, &s->points->at[c],
                        "cells_factor",
                        "commune %s (%s): its cells hold %.1f people, its legal population is "
                        "%.0f: they count times %.3f; check vintage and limits",
                        s->communes->code[c], s->communes->name[c], counted, legal, factor);
}

static int tell_missing(struct qz_ctx *ctx, struct qz_run_state *s, size_t c) {
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "cells", 0, &s->points->at[c],
                        "no_cells",
                        "commune %s (%s) has %.0f people and no cell: its point stands for them",
                        s->communes->code[c], s->communes->name[c], s->people->count[c]);
}

int qz_run_home_people(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                       size_t part) {
    (void)w, (void)part;
    s->home_people = qz_malloc(s->homes->n, sizeof *s->home_people);
    s->home_factor = qz_malloc(s->communes->n, sizeof *s->home_factor);
    if (!s->home_people || !s->home_factor)
        return qz_fail_nomem(ctx);
    qz_homes_people(s->homes, s->people->count, s->home_people, s->home_factor);
    int e = 0;
    for (size_t c = 0; c < s->communes->n && e == 0 && s->cells; c++)
        e = s->homes->has_cells[c]    ? tell_factor(ctx, s, c)
            : s->people->count[c] > 0 ? tell_missing(ctx, s, c)
                                      : 0;
    return e;
}

/* ---- on the network */
static int tell_point(struct qz_ctx *ctx, struct qz_run_state *s, size_t c) {
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "network", 0, &s->points->at[c],
                        "no_road",
                        "commune %s (%s) has no road within %.0f m of its point: %s; check "
                        "[points] and the roads",
                        s->communes->code[c], s->communes->name[c], s->plan->travel.snap_limit_m,
                        s->homes->has_cells[c] ? "it can be in no zone" : "its times are unknown");
}

static int tell_cells(struct qz_ctx *ctx, struct qz_run_state *s, size_t c) {
    size_t n = 0;
    double people = 0;
    for (uint32_t i = s->homes->first[c]; i < s->homes->first[c + 1]; i++)
        if (s->home_stops[i].edge == UINT32_MAX) {
            n++;
            people += s->home_people[i];
        }
    return n == 0 ? 0
                  : qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "network", 0,
                                 &s->points->at[c], "cells_no_road",
                                 "commune %s (%s): %zu of its %u cells, with %.1f people, have no "
                                 "road within %.0f m: they count as beyond every threshold",
                                 s->communes->code[c], s->communes->name[c], n,
                                 s->homes->first[c + 1] - s->homes->first[c], people,
                                 s->plan->travel.snap_limit_m);
}

static int tell_no_road(struct qz_ctx *ctx, struct qz_run_state *s) {
    int e = 0;
    for (size_t c = 0; c < s->communes->n && e == 0; c++) {
        if (s->origin_stops[c].edge == UINT32_MAX)
            e = tell_point(ctx, s, c);
        if (s->homes->has_cells[c] && e == 0)
            e = tell_cells(ctx, s, c);
    }
    return e;
}

/* A table for times between communes promises that each is one place, and that it is there at 0. */
static int tell_symmetric(struct qz_ctx *ctx, struct qz_run_state *s) {
    if (!s->cells || !s->speeds || !qz_speeds_is_symmetric(s->speeds))
        return 0;
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "cells", 0, NULL, "cells_not_points",
                        "the speed table is one of times between communes, each of one place, but "
                        "the people of a cell start from it: nobody is at 0 of the own commune; "
                        "leave [cells] out to compare with figures made so");
}

/* Each thread asks with a context of its own; the network was verified when it was opened. */
static int stop_homes(struct qz_ctx *ctx, struct qz_run_state *s) {
    int failed = 0;
#pragma omp parallel num_threads(qz_ctx_threads(ctx))
    {
        struct qz_ctx *own = NULL;
        int e = qz_ctx_child(ctx, &own);
#pragma omp for schedule(dynamic, 256)
        for (size_t i = 0; i < s->homes->n; i++) {
            uint32_t c = s->homes->commune[i];
            if (e == 0 && s->homes->has_cells[c])
                e = qz_stop_at(own, s->network, &s->plan->travel, s->homes->at[i],
                               &s->home_stops[i]);
            else if (e == 0) /* the point, which has its stop */
                s->home_stops[i] = s->origin_stops[c];
        }
        if (e < 0) {
#pragma omp critical
            failed = own ? qz_fail_from(ctx, own, e) : qz_fail_nomem(ctx);
        }
        qz_ctx_free(own);
    }
    return failed;
}

int qz_run_home_stops(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w,
                      size_t part) {
    (void)w, (void)part;
    s->home_stops = qz_calloc(s->homes->n, sizeof *s->home_stops);
    int e = s->home_stops ? stop_homes(ctx, s) : qz_fail_nomem(ctx);
    if (e == 0)
        e = tell_no_road(ctx, s);
    if (e == 0)
        e = tell_symmetric(ctx, s);
    return e < 0 ? e
                 : qz_origins_new(ctx, s->network, s->home_stops, s->homes->n, &s->home_origins);
}

/* ---- people within a time, from links by home */
double qz_run_people_within(const struct qz_run_state *s, const struct qz_links *links,
                            uint32_t limit_ms) {
    double people = 0;
    for (size_t k = 0; k < links->n; k++)
        people += links->items[k].time_ms <= limit_ms ? s->home_people[links->items[k].origin] : 0;
    return people;
}

/* ---- people whom a pole at a zone's seat would leave too far */
size_t qz_run_n_zones(const struct qz_run_state *s) { return s->zones->n; }

int qz_run_begin_after(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->zone_beyond_after = qz_calloc(s->zones->n, sizeof *s->zone_beyond_after);
    return s->zone_beyond_after ? 0 : qz_fail_nomem(ctx);
}

/* Its seat, its members. */
int qz_run_after_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx;
    const struct qz_zone *z = &s->zones->items[part];
    qz_hash_number(h, z->seat);
    for (uint32_t m = z->first; m < z->first + z->n; m++)
        qz_hash_number(h, s->zones->member[m]);
    return 0;
}

/* Those beyond the limit today, less those whom the seat serves within it. */
int qz_run_after(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t zone) {
    const struct qz_zone *z = &s->zones->items[zone];
    uint32_t limit_ms = s->plan->three15.limit_ms;
    w->links.n = 0;
    int e = qz_search_links(ctx, w->search, s->home_origins, &s->origin_stops[z->seat], 0, limit_ms,
                            &w->links);
    if (e < 0)
        return e;
    size_t link = 0; /* both by home */
    for (uint32_t m = z->first; m < z->first + z->n; m++) {
        uint32_t c = s->zones->member[m];
        for (uint32_t i = s->homes->first[c]; i < s->homes->first[c + 1]; i++) {
            while (link < w->links.n && w->links.items[link].origin < i)
                link++;
            bool served = link < w->links.n && w->links.items[link].origin == i;
            s->zone_beyond_after[zone] += s->care[0].ms[0][i] > limit_ms && !served
                                              ? s->home_people[i]
                                              : 0;
        }
    }
    return 0;
}
