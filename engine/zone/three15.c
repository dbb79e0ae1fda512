/* engine/zone/three15.c - the "three fifteens": grow zones round seats, mend the edges, rank by
 * need. */
#include <string.h>
#include "base/base.h"
#include "quinze/zone.h"

const struct qz_three15_params qz_three15_params_default = {
    .people_target = 15000,
    .people_min = 7500,
    .people_max = 22500,
    .limit_ms = 900000,
    .professionals = 15,
    .weight_beyond = 0.5,
    .weight_density = 0.3,
    .weight_missing = 0.2,
};

#define NONE UINT32_MAX

struct qz_zones *qz_zones_free(struct qz_zones *z) {
    if (z) {
        free(z->items);
        free(z->member);
        free(z->zone_of);
    }
    free(z);
    return NULL;
}

static void zones_freep(struct qz_zones **z) { *z = qz_zones_free(*z); }

struct growth {
    const struct qz_three15_params *params;
    const struct qz_three15_input *in;
    uint32_t *first_link; /* of each seat, n + 1 */
    uint32_t *to_seat_ms; /* of each commune, for the seat being tried; QZ_UNREACHED_MS outside */
    uint32_t *trial;      /* members of the zone being tried */
    size_t n_trial;
    uint8_t *in_trial;
    struct qz_zones *zones;
};

static int check(struct qz_ctx *ctx, const struct qz_three15_params *p,
                 const struct qz_three15_input *in) {
    if (!(p->people_min > 0 && p->people_min <= p->people_target &&
          p->people_target <= p->people_max))
        return qz_fail(ctx, QZ_E_RANGE,
                       "zones: people_min <= people_target <= people_max must hold and be above 0");
    for (size_t i = 0; i < in->n_links; i++)
        if (in->links[i].origin >= in->n || in->links[i].site >= in->n ||
            (i && in->links[i].site < in->links[i - 1].site))
            return qz_fail(ctx, QZ_E_RANGE, "zones: link %zu is out of range or out of order", i);
    return 0;
}

static void load_seat(struct growth *g, uint32_t seat) {
    for (uint32_t k = g->first_link[seat]; k < g->first_link[seat + 1]; k++)
        if (g->in->links[k].time_ms <= g->params->limit_ms)
            g->to_seat_ms[g->in->links[k].origin] = g->in->links[k].time_ms;
}

static void unload_seat(struct growth *g, uint32_t seat) {
    for (uint32_t k = g->first_link[seat]; k < g->first_link[seat + 1]; k++)
        g->to_seat_ms[g->in->links[k].origin] = QZ_UNREACHED_MS;
    for (size_t i = 0; i < g->n_trial; i++)
        g->in_trial[g->trial[i]] = 0;
    g->n_trial = 0;
}

/* The free commune that touches the trial, nearest to the seat, that still fits; NONE. */
static uint32_t next_member(const struct growth *g, double people) {
    uint32_t best = NONE;
    for (size_t i = 0; i < g->n_trial; i++)
        for (uint32_t k = g->in->first[g->trial[i]]; k < g->in->first[g->trial[i] + 1]; k++) {
            uint32_t c = g->in->neighbour[k];
            if (g->in_trial[c] || g->zones->zone_of[c] != NONE ||
                g->to_seat_ms[c] == QZ_UNREACHED_MS ||
                people + g->in->people[c] > g->params->people_max)
                continue;
            if (best == NONE || g->to_seat_ms[c] < g->to_seat_ms[best] ||
                (g->to_seat_ms[c] == g->to_seat_ms[best] && c < best))
                best = c;
        }
    return best;
}

static void add_to_trial(struct growth *g, uint32_t commune, double *people) {
    g->trial[g->n_trial++] = commune;
    g->in_trial[commune] = 1;
    *people += g->in->people[commune];
}

static void keep_zone(struct growth *g, uint32_t seat) {
    for (size_t i = 0; i < g->n_trial; i++)
        g->zones->zone_of[g->trial[i]] = (uint32_t)g->zones->n;
    g->zones->items[g->zones->n++] = (struct qz_zone) { .seat = seat };
}

static void grow_from(struct growth *g, uint32_t seat) {
    double people = 0;
    load_seat(g, seat);
    add_to_trial(g, seat, &people);
    while (people < g->params->people_target) {
        uint32_t c = next_member(g, people);
        if (c == NONE)
            break;
        add_to_trial(g, c, &people);
    }
    if (people >= g->params->people_min)
        keep_zone(g, seat);
    unload_seat(g, seat);
}

static double zone_people(const struct growth *g, uint32_t zone) {
    double people = 0;
    for (size_t i = 0; i < g->in->n; i++)
        people += g->zones->zone_of[i] == zone ? g->in->people[i] : 0;
    return people;
}

/* Hands free communes to the zones that they touch, as long as one of them can be taken. */
static void hand_out(struct growth *g) {
    for (bool again = true; again;) {
        again = false;
        for (uint32_t z = 0; z < g->zones->n; z++) {
            double people = zone_people(g, z);
            load_seat(g, g->zones->items[z].seat);
            for (uint32_t i = 0; i < g->in->n; i++)
                if (g->zones->zone_of[i] == z)
                    add_to_trial(g, i, &(double) { 0 });
            uint32_t c;
            while ((c = next_member(g, people)) != NONE) {
                add_to_trial(g, c, &people);
                g->zones->zone_of[c] = z;
                again = true;
            }
            unload_seat(g, g->zones->items[z].seat);
        }
    }
}

/* ---- figures */
static void describe(struct growth *g, struct qz_zone *z, uint32_t id, double gp_per_person) {
    const struct qz_three15_input *in = g->in;
    load_seat(g, z->seat);
    for (uint32_t i = 0; i < in->n; i++) {
        if (g->zones->zone_of[i] != id)
            continue;
        uint32_t seat_ms = g->to_seat_ms[i];
        z->people += in->people[i];
        z->structured += in->structured[i];
        z->gp_heads += in->gp_heads[i];
        z->longest_ms = seat_ms > z->longest_ms && i != z->seat ? seat_ms : z->longest_ms;
        z->beyond_now += in->beyond[i];
    }
    unload_seat(g, z->seat);
    z->missing = z->structured < g->params->professionals ? g->params->professionals - z->structured
                                                          : 0;
    double shortfall = gp_per_person > 0 ? 1 - z->gp_heads / z->people / gp_per_person : 0;
    double sum = g->params->weight_beyond + g->params->weight_density + g->params->weight_missing;
    double need = g->params->weight_beyond * z->beyond_now / z->people +
                  g->params->weight_density * (shortfall > 0 ? shortfall : 0) +
                  g->params->weight_missing * z->missing / g->params->professionals;
    z->score = sum > 0 ? 100 * need / sum : 0;
}

static int by_score(const void *va, const void *vb) {
    const struct qz_zone *a = va, *b = vb;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->seat > b->seat) - (a->seat < b->seat);
}

/* Orders zones by need, numbers members accordingly. */
static void rank(struct growth *g) {
    struct qz_zones *z = g->zones;
    double gp = 0;
    for (size_t i = 0; i < z->n_communes; i++) {
        gp += g->in->gp_heads[i];
        z->people += g->in->people[i];
    }
    for (uint32_t k = 0; k < z->n; k++)
        describe(g, &z->items[k], k, z->people > 0 ? gp / z->people : 0);
    for (uint32_t k = 0; k < z->n; k++)
        z->items[k].first = k; /* the old number, while they are sorted */
    if (z->n)
        qsort(z->items, z->n, sizeof *z->items, by_score);
    for (uint32_t k = 0; k < z->n; k++)
        g->trial[z->items[k].first] = k;
    uint32_t at = 0;
    for (size_t i = 0; i < z->n_communes; i++)
        z->zone_of[i] = z->zone_of[i] == NONE ? NONE : g->trial[z->zone_of[i]];
    for (uint32_t k = 0; k < z->n; k++) {
        struct qz_zone *zone = &z->items[k];
        zone->rank = k + 1;
        zone->first = at;
        for (uint32_t i = 0; i < z->n_communes; i++)
            if (z->zone_of[i] == k)
                z->member[at++] = i;
        zone->n = at - zone->first;
        z->people_in_zones += zone->people;
    }
}

/* ---- seats, the most populous first */
static int by_people(const void *va, const void *vb, void *user) {
    const double *people = user;
    uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;
    if (people[a] != people[b])
        return people[a] > people[b] ? -1 : 1;
    return (a > b) - (a < b);
}

static int grow_all(struct qz_ctx *ctx, struct growth *g) {
    size_t n = g->in->n;
    qz_cleanup(qz_freep) uint32_t *order = qz_malloc(n, sizeof *order);
    if (!order)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, by_people, (void *)(uintptr_t)g->in->people);
    for (size_t i = 0; i < n; i++)
        if (g->zones->zone_of[order[i]] == NONE && (!g->in->may_seat || g->in->may_seat[order[i]]))
            grow_from(g, order[i]);
    hand_out(g);
    rank(g);
    return 0;
}

static int prepare(struct qz_ctx *ctx, struct growth *g) {
    size_t n = g->in->n;
    struct qz_zones *z = g->zones;
    g->first_link = qz_calloc(n + 1, sizeof *g->first_link);
    g->to_seat_ms = qz_malloc(n, sizeof *g->to_seat_ms);
    g->trial = qz_malloc(n, sizeof *g->trial);
    g->in_trial = qz_calloc(n, 1);
    z->items = qz_calloc(n, sizeof *z->items);
    z->member = qz_calloc(n, sizeof *z->member);
    z->zone_of = qz_malloc(n, sizeof *z->zone_of);
    if (!g->first_link || !g->to_seat_ms || !g->trial || !g->in_trial || !z->items || !z->member ||
        !z->zone_of)
        return qz_fail_nomem(ctx);
    z->n_communes = n;
    memset(g->to_seat_ms, 0xff, n * sizeof *g->to_seat_ms);
    memset(z->zone_of, 0xff, n * sizeof *z->zone_of);
    for (size_t i = 0; i < g->in->n_links; i++)
        g->first_link[g->in->links[i].site + 1]++;
    for (size_t i = 0; i < n; i++)
        g->first_link[i + 1] += g->first_link[i];
    return 0;
}

int qz_three15_new(struct qz_ctx *ctx, const struct qz_three15_params *params,
                   const struct qz_three15_input *in, struct qz_zones **ret) {
    int r = check(ctx, params, in);
    if (r < 0)
        return r;
    qz_cleanup(zones_freep) struct qz_zones *zones = qz_calloc(1, sizeof *zones);
    if (!zones)
        return qz_fail_nomem(ctx);
    struct growth g = { .params = params, .in = in, .zones = zones };
    r = prepare(ctx, &g);
    if (r == 0)
        r = grow_all(ctx, &g);
    free(g.first_link);
    free(g.to_seat_ms);
    free(g.trial);
    free(g.in_trial);
    if (r < 0)
        return r;
    *ret = zones;
    zones = NULL;
    return 0;
}
