/* engine/zone/exact.c - the best choice among listed zones: prices of communes, then a search that
 * leaves out what cannot pay.
 *
 * With a price on each commune, a zone leaves its people less the prices of its communes. No choice
 * holds more than all prices and, for each place, the most that a zone leaves whose lowest commune
 * stands there: each zone of a choice has another lowest commune. Any prices give such a bound;
 * subgradient steps make it low. The search decides place after place and stops a branch when its
 * people and the bound of the places left are not above the best. */
#include <math.h>
#include <string.h>
#include "zone/three15.h"

enum { MOST_ROUNDS = 300, MOST_READS = 3000000 };

struct exact {
    const struct qz_listing *listing;
    uint32_t n;
    uint32_t first[QZ_LISTING_MOST + 1]; /* of each place: zones with their lowest commune there */
    double price[QZ_LISTING_MOST], most[QZ_LISTING_MOST], left[QZ_LISTING_MOST];
    uint32_t
        bought[QZ_LISTING_MOST]; /* of each place: the zone that leaves most; UINT32_MAX none */
    struct ware *wares;          /* by place, then by what they leave */
    double slack;                /* rounding */
    bool whole;                  /* all communes have whole numbers of people */
    uint32_t nodes;              /* left */
    uint32_t path[QZ_LISTING_MOST], n_path;
    uint32_t best[QZ_LISTING_MOST], n_best;
    struct qz_merit merit; /* of the best */
    bool found;
};
struct ware {
    struct qz_zone_set zone;
    double leaves;
};

static void exact_done(struct exact *e) { free(e->wares); }

static uint32_t lowest(uint64_t set) { return (uint32_t)__builtin_ctzll(set); }

static double leaves(const struct exact *e, const struct qz_zone_set *z) {
    double left = z->people;
    for (uint64_t set = z->set; set; set &= set - 1)
        left -= e->price[lowest(set)];
    return left;
}

/* ---- prices */
static double offer(struct exact *e) {
    double sum = 0;
    for (uint32_t i = 0; i < e->n; i++) {
        e->most[i] = 0;
        e->bought[i] = UINT32_MAX;
        for (uint32_t k = e->first[i]; k < e->first[i + 1]; k++) {
            double left = leaves(e, &e->wares[k].zone);
            if (left > e->most[i]) {
                e->most[i] = left;
                e->bought[i] = k;
            }
        }
        sum += e->price[i] + e->most[i];
    }
    return sum;
}

static void move(struct exact *e, double reach, double above) {
    const struct qz_listing *l = e->listing;
    double step[QZ_LISTING_MOST], square = 0;
    for (uint32_t i = 0; i < e->n; i++)
        step[i] = l->basin->people[l->commune[i]] > 0;
    for (uint32_t i = 0; i < e->n; i++)
        for (uint64_t set = e->bought[i] == UINT32_MAX ? 0 : e->wares[e->bought[i]].zone.set; set;
             set &= set - 1)
            step[lowest(set)] -= l->basin->people[l->commune[lowest(set)]] > 0;
    for (uint32_t i = 0; i < e->n; i++) {
        step[i] = step[i] > 0 && e->price[i] == 0 ? 0 : step[i];
        square += step[i] * step[i] * l->basin->people[l->commune[i]];
    }
    for (uint32_t i = 0; i < e->n && square > 0; i++) {
        double price = e->price[i] -
                       reach * above / square * step[i] * l->basin->people[l->commune[i]];
        e->price[i] = price > 0 ? price : 0;
    }
}

/* Leaves the best prices in place, gives their bound. */
static double find_prices(struct exact *e, double found) {
    enum { PATIENCE = 12 };
    double best_price[QZ_LISTING_MOST], best = INFINITY, reach = 1;
    uint32_t n = e->first[e->n], idle = 0;
    uint32_t rounds = MOST_READS / (n + 1) < MOST_ROUNDS ? MOST_READS / (n + 1) : MOST_ROUNDS;
    for (uint32_t i = 0; i < rounds + 1 && reach > 1e-4; i++) {
        double sum = offer(e);
        idle = sum < best * (1 - 1e-6) ? 0 : idle + 1;
        if (sum < best) {
            best = sum;
            memcpy(best_price, e->price, sizeof best_price);
        }
        if (best <= found + e->slack)
            break;
        if (idle == PATIENCE) {
            memcpy(e->price, best_price, sizeof best_price);
            sum = offer(e);
            reach /= 2;
            idle = 0;
        }
        move(e, reach, sum - found);
    }
    memcpy(e->price, best_price, sizeof best_price);
    return offer(e);
}

/* ---- the search */
static double round_down(const struct exact *e, double people) {
    return e->whole ? floor(people + e->slack) : people + e->slack;
}

/* Can the branch be better than the best? */
static bool can_win(const struct exact *e, const struct qz_merit *m, double rest) {
    struct qz_merit most = *m;
    most.in_zones = round_down(e, m->in_zones + rest);
    most.n_in_zones = e->n;
    return qz_merit_compare(&most, &e->merit) > 0;
}

static void keep_best(struct exact *e, const struct qz_merit *m) {
    e->merit = *m;
    e->found = true;
    e->n_best = e->n_path;
    memcpy(e->best, e->path, sizeof e->best);
}

static struct qz_merit with(const struct exact *e, const struct qz_merit *m,
                            const struct qz_zone_set *z) {
    return (struct qz_merit) { m->in_zones + z->people,
                               m->off_target +
                                   fabs(z->people - e->listing->basin->params.people_target),
                               m->burden + z->burden,
                               m->n_in_zones + (size_t)__builtin_popcountll(z->set) };
}

/* open: places not decided; rest: what they can add at most. */
static void decide(struct exact *e, uint64_t open, const struct qz_merit *m, double rest) {
    if (e->nodes == 0)
        return;
    e->nodes--;
    if (qz_merit_compare(m, &e->merit) > 0)
        keep_best(e, m);
    if (open == 0 || !can_win(e, m, rest))
        return;
    uint32_t i = lowest(open);
    for (uint32_t k = e->first[i]; k < e->first[i + 1]; k++) {
        const struct ware *w = &e->wares[k];
        if (w->zone.set & ~open)
            continue;
        if (round_down(e, m->in_zones + rest - e->most[i] + w->leaves) <
            e->merit.in_zones - e->slack)
            break; /* the others leave less still */
        struct qz_merit more = with(e, m, &w->zone);
        double gone = 0;
        for (uint64_t set = w->zone.set; set; set &= set - 1)
            gone += e->left[lowest(set)];
        e->path[e->n_path++] = k;
        decide(e, open & ~w->zone.set, &more, rest - gone);
        e->n_path--;
    }
    decide(e, open & (open - 1), m, rest - e->left[i]);
}

/* ---- */
static int by_place(const void *va, const void *vb) {
    const struct ware *a = va, *b = vb;
    uint32_t at = lowest(a->zone.set), bt = lowest(b->zone.set);
    if (at != bt)
        return at < bt ? -1 : 1;
    if (a->leaves != b->leaves)
        return a->leaves > b->leaves ? -1 : 1;
    return (a->zone.set > b->zone.set) - (a->zone.set < b->zone.set);
}

static void sort_wares(struct exact *e) {
    size_t n = e->listing->n;
    for (size_t k = 0; k < n; k++)
        e->wares[k].leaves = leaves(e, &e->wares[k].zone);
    if (n)
        qsort(e->wares, n, sizeof *e->wares, by_place);
    memset(e->first, 0, sizeof e->first);
    for (size_t k = 0; k < n; k++)
        e->first[lowest(e->wares[k].zone.set) + 1]++;
    for (uint32_t i = 0; i < e->n; i++)
        e->first[i + 1] += e->first[i];
}

static int exact_init(struct qz_ctx *ctx, const struct qz_listing *l, const struct qz_merit *merit,
                      struct exact *e) {
    const struct qz_basin *b = l->basin;
    double all = 0;
    *e = (struct exact) { .listing = l,
                          .n = (uint32_t)b->land.n,
                          .wares = qz_malloc(l->n, sizeof *e->wares),
                          .whole = true,
                          .merit = *merit };
    if (!e->wares)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < e->n; i++) {
        e->price[i] = b->people[l->commune[i]];
        e->whole &= e->price[i] == floor(e->price[i]);
        all += e->price[i];
    }
    e->whole &= all < 1e12;
    e->slack = 1e-9 * (1 + all);
    for (size_t k = 0; k < l->n; k++)
        e->wares[k].zone = l->items[k];
    sort_wares(e);
    return 0;
}

static void hand_over(const struct exact *e, struct qz_choice *choice) {
    const struct qz_listing *l = e->listing;
    qz_choice_clear(choice);
    for (uint32_t i = 0; i < e->n_best; i++) {
        const struct qz_zone_set *z = &e->wares[e->best[i]].zone;
        for (uint64_t set = z->set; set; set &= set - 1)
            qz_choice_join(l->basin, choice, l->commune[lowest(set)], z->seat);
    }
}

int qz_exact_zones(struct qz_ctx *ctx, const struct qz_listing *l, uint32_t nodes,
                   struct qz_choice *choice, double *bound, bool *proven) {
    qz_cleanup(exact_done) struct exact e = { 0 };
    int r = exact_init(ctx, l, &choice->merit, &e);
    if (r < 0)
        return r;
    e.nodes = nodes;
    double people = round_down(&e, find_prices(&e, choice->merit.in_zones)), rest = 0;
    sort_wares(&e);
    for (uint32_t i = 0; i < e.n; i++) {
        e.left[i] = e.price[i] + e.most[i];
        rest += e.left[i];
    }
    decide(&e, UINT64_MAX >> (64 - e.n), &(struct qz_merit) { 0 }, rest);
    *proven = e.nodes > 0;
    *bound = *proven ? e.merit.in_zones + (e.whole ? 0 : e.slack) : people;
    if (e.found)
        hand_over(&e, choice);
    return 0;
}
