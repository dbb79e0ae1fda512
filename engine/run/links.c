/* engine/run/links.c - who reaches which site, and who is nearest to which. */
#include <string.h>
#include "run/run.h"

/* ---- the open sites of a profession */
int qz_run_open_sites(struct qz_ctx *ctx, const struct qz_run_state *s, size_t profession,
                      const uint8_t *open, struct qz_stop **stops, uint32_t **numbers, size_t *n) {
    const struct qz_run_care *care = &s->care[profession];
    *stops = qz_malloc(care->n_sites, sizeof **stops);
    *numbers = qz_malloc(care->n_sites, sizeof **numbers);
    *n = 0;
    if (!*stops || !*numbers)
        return qz_fail_nomem(ctx);
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++)
        if (open[i]) {
            (*stops)[*n] = s->site_stops[i];
            (*numbers)[(*n)++] = i;
        }
    return 0;
}

/* ---- links: of each site, as far as its profession's threshold and score ask for */
enum { PEOPLE_15MIN_MS = 900000 }; /* a column of the layer of sites, whatever the profession */

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

static uint32_t site_limit_ms(const struct qz_run_state *s, size_t site) {
    uint16_t p = s->sites->items[site].profession;
    uint32_t score_ms = s->plan->practices[p].is_place ? 0 : s->care[p].decay.limit_ms;
    return most(most(qz_run_threshold_ms(s->plan, p), score_ms), PEOPLE_15MIN_MS);
}

size_t qz_run_n_sites(const struct qz_run_state *s) { return s->sites->n; }

int qz_run_links_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, site_limit_ms(s, part));
    qz_run_site_key(s, part, h);
    return 0;
}

int qz_run_begin_links(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->links = qz_calloc(s->sites->n, sizeof *s->links);
    return s->links ? 0 : qz_fail_nomem(ctx);
}

/* An announced site has its people too: the layer of sites says whom it would serve. */
int qz_run_links(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    return qz_search_links(ctx, w->search, s->home_origins, &s->site_stops[part], (uint32_t)part,
                           site_limit_ms(s, part), &s->links[part]);
}

/* ---- people of each site */
int qz_run_begin_reached(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->site_people = qz_calloc(s->sites->n, sizeof *s->site_people);
    s->site_served = qz_calloc(s->sites->n, sizeof *s->site_served);
    return s->site_people && s->site_served ? 0 : qz_fail_nomem(ctx);
}

int qz_run_reached_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    qz_hash_number(h, qz_run_threshold_ms(s->plan, s->sites->items[part].profession));
    return qz_run_links_key(ctx, s, part, h); /* its own links, no others */
}

int qz_run_reached(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)ctx, (void)w;
    uint32_t threshold_ms = qz_run_threshold_ms(s->plan, s->sites->items[part].profession);
    s->site_people[part] = qz_run_people_within(s, &s->links[part], PEOPLE_15MIN_MS);
    s->site_served[part] = qz_run_people_within(s, &s->links[part], threshold_ms);
    return 0;
}

/* ---- the nearest, today and where an outlook closes sites */
int qz_run_begin_nearest(struct qz_ctx *ctx, struct qz_run_state *s) {
    bool ok = true;
    for (size_t p = 0; p < s->plan->n_practices && ok; p++) {
        struct qz_run_care *care = &s->care[p];
        care->ms[0] = qz_malloc(s->homes->n, sizeof *care->ms[0]);
        care->nearest = qz_malloc(s->homes->n, sizeof *care->nearest);
        care->second_ms[0] = qz_malloc(s->homes->n, sizeof *care->second_ms[0]);
        care->commune_ms = qz_malloc(s->communes->n, sizeof *care->commune_ms);
        care->commune_nearest = qz_malloc(s->communes->n, sizeof *care->commune_nearest);
        ok = care->ms[0] && care->nearest && care->second_ms[0] && care->commune_ms &&
             care->commune_nearest;
    }
    return ok ? 0 : qz_fail_nomem(ctx);
}

static int nearest_today(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    struct qz_run_care *care = &s->care[p];
    qz_cleanup(qz_freep) struct qz_stop *stops = NULL;
    qz_cleanup(qz_freep) uint32_t *numbers = NULL;
    qz_cleanup(qz_freep) uint32_t *second = qz_malloc(s->homes->n, sizeof *second);
    size_t n;
    int e = second ? qz_run_open_sites(ctx, s, p, s->outlooks[0].open, &stops, &numbers, &n)
                   : qz_fail_nomem(ctx);
    if (e == 0)
        e = qz_travel_two_nearest(ctx, s->network, stops, n, s->home_stops, s->homes->n,
                                  care->ms[0], care->nearest, care->second_ms[0], second);
    for (size_t i = 0; i < s->homes->n && e == 0; i++) {
        care->has_second = care->has_second || care->second_ms[0][i] != QZ_UNREACHED_MS;
        if (care->nearest[i] != QZ_NO_SITE)
            care->nearest[i] = numbers[care->nearest[i]];
    }
    return e < 0 ? e
                 : qz_homes_nearest(ctx, s->homes, care->ms[0], care->nearest, s->sites->n,
                                    care->commune_ms, care->commune_nearest);
}

static bool same_open(const struct qz_run_state *s, const struct qz_run_care *care, size_t a,
                      size_t b) {
    return memcmp(s->outlooks[a].open + care->first_site, s->outlooks[b].open + care->first_site,
                  care->n_sites) == 0;
}

static int nearest_at(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_run_care *care = &s->care[p];
    size_t n_homes = s->homes->n, n;
    for (size_t earlier = 0; earlier < o; earlier++)
        if (same_open(s, care, earlier, o)) {
            care->ms[o] = care->ms[earlier];
            care->second_ms[o] = care->second_ms[earlier];
            return 0;
        }
    qz_cleanup(qz_freep) struct qz_stop *stops = NULL;
    qz_cleanup(qz_freep) uint32_t *numbers = NULL;
    qz_cleanup(qz_freep) uint32_t *site = qz_malloc(n_homes, sizeof *site);
    qz_cleanup(qz_freep) uint32_t *second = qz_malloc(n_homes, sizeof *second);
    care->ms[o] = qz_malloc(n_homes, sizeof *care->ms[o]);
    care->second_ms[o] = qz_malloc(n_homes, sizeof *care->second_ms[o]);
    int e = site && second && care->ms[o] && care->second_ms[o]
                ? qz_run_open_sites(ctx, s, p, s->outlooks[o].open, &stops, &numbers, &n)
                : qz_fail_nomem(ctx);
    return e < 0 ? e
                 : qz_travel_two_nearest(ctx, s->network, stops, n, s->home_stops, n_homes,
                                         care->ms[o], site, care->second_ms[o], second);
}

int qz_run_nearest(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    int e = nearest_today(ctx, s, part);
    for (size_t o = 1; o < s->n_outlooks && e == 0; o++)
        e = nearest_at(ctx, s, part, o);
    return e;
}
