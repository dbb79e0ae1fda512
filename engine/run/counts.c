/* engine/run/counts.c - everything that is counted of a profession, by commune; then every level
 * from its communes. */
#include "run/run.h"

size_t qz_run_n_places(const struct qz_run_state *s, size_t level) {
    return level ? s->levels->items[level - 1].n : s->communes->n;
}

int qz_run_alloc_table(struct qz_ctx *ctx, size_t n, size_t each, size_t size, void ***ret) {
    void **table = qz_calloc(n, sizeof *table);
    *ret = table; /* in the state at once, so that it is freed with it */
    bool ok = table != NULL;
    for (size_t i = 0; i < n && ok; i++)
        ok = (table[i] = qz_calloc(each, size)) != NULL;
    return ok ? 0 : qz_fail_nomem(ctx);
}

/* A table with an array a level, of so many entries a place. */
static int alloc_levels(struct qz_ctx *ctx, const struct qz_run_state *s, size_t each, size_t size,
                        void ***ret) {
    void **table = qz_calloc(s->levels->n + 1, sizeof *table);
    *ret = table;
    bool ok = table != NULL;
    for (size_t l = 0; l <= s->levels->n && ok; l++)
        ok = (table[l] = qz_calloc(qz_run_n_places(s, l) * each, size)) != NULL;
    return ok ? 0 : qz_fail_nomem(ctx);
}
#define ALLOC_LEVELS(ctx, s, each, target) \
    alloc_levels(ctx, s, each, sizeof **(target), (void ***)(void *)&(target))

int qz_run_counts_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx;
    qz_hash_number(h, qz_run_threshold_ms(s->plan, part));
    qz_hash_number(h, s->plan->mask_under);
    for (size_t b = 0; b < s->plan->n_bands; b++)
        qz_hash_number(h, s->plan->band_ms[b]);
    return 0;
}

/* ---- tallies, of each outlook */
static int tally_communes(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_run_care *care = &s->care[p];
    struct qz_tally_input in = {
        .homes = s->homes,
        .home_people = s->home_people,
        .demand = care->factor,
        .home_ms = care->ms[o],
        .home_second_ms = care->second_ms[o],
        .home_score = care->score[o],
        .threshold_ms = qz_run_threshold_ms(s->plan, p),
        .sites = s->sites,
        .profession = (uint16_t)p,
        .site_heads = s->outlooks[o].heads,
        .site_fte = s->outlooks[o].fte,
        .site_open = s->outlooks[o].counted,
        .post_ages = s->outlooks[o].ages,
    };
    return qz_tally_of_communes(ctx, &in, care->counted[o].tally[0]);
}

static int tally_levels(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_tally **tally = s->care[p].counted[o].tally;
    int e = 0;
    for (size_t l = 1; l <= s->levels->n && e == 0; l++) {
        const struct qz_level *level = &s->levels->items[l - 1];
        e = qz_tally_sum(ctx, tally[0], s->communes->n, level->first, level->territory,
                         level->weight, level->n, tally[l]);
    }
    return e;
}

/* ---- people by time: the plan's bands, then minute by minute for larger places */
static int count_bands(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_counted *counted = &s->care[p].counted[o];
    size_t n_bands = s->plan->n_bands;
    int e = ALLOC_LEVELS(ctx, s, n_bands, counted->band_reach);
    for (size_t b = 0; b < n_bands && e == 0; b++) {
        struct qz_reach *communes = counted->band_reach[0] + b * s->communes->n;
        e = qz_reach_by_group(ctx, s->home_people, s->care[p].ms[o], s->homes->n,
                              s->plan->band_ms[b], s->homes->commune, s->communes->n, communes);
        for (size_t l = 1; l <= s->levels->n && e == 0; l++) {
            const struct qz_level *level = &s->levels->items[l - 1];
            e = qz_reach_sum(ctx, communes, s->communes->n, level->first, level->territory,
                             level->weight, level->n, counted->band_reach[l] + b * level->n);
        }
    }
    return e;
}

static int count_minutes(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_counted *counted = &s->care[p].counted[o];
    int e = ALLOC_LEVELS(ctx, s, 1, counted->minutes);
    if (e == 0)
        e = qz_minutes_by_group(ctx, s->home_people, s->care[p].ms[o], s->homes->n,
                                s->homes->commune, s->communes->n, counted->minutes[0]);
    for (size_t l = 1; l <= s->levels->n && e == 0; l++) {
        const struct qz_level *level = &s->levels->items[l - 1];
        e = qz_minutes_sum(ctx, counted->minutes[0], s->communes->n, level->first, level->territory,
                           level->weight, level->n, counted->minutes[l]);
    }
    if (e < 0)
        return e;
    free(counted->minutes[0]); /* told of larger places only */
    counted->minutes[0] = NULL;
    return 0;
}

/* ---- groups of people */
static int count_group(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_counted *counted,
                       size_t g, const struct qz_reach *reach) {
    int e = ALLOC_LEVELS(ctx, s, 1, counted->groups[g]);
    if (e == 0)
        e = qz_group_reach(ctx, s->groups[g], reach, s->communes->n, counted->groups[g][0]);
    for (size_t l = 1; l <= s->levels->n && e == 0; l++) {
        const struct qz_level *level = &s->levels->items[l - 1];
        e = qz_group_reach_sum(ctx, counted->groups[g][0], s->communes->n, level->first,
                               level->territory, level->weight, level->n, counted->groups[g][l]);
    }
    return e;
}

static int count_groups(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_counted *counted = &s->care[p].counted[o];
    qz_cleanup(qz_freep) struct qz_reach *reach = qz_malloc(s->communes->n, sizeof *reach);
    counted->groups = qz_calloc(s->plan->n_groups, sizeof *counted->groups);
    if (!counted->groups || !reach)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < s->communes->n; c++)
        reach[c] = (struct qz_reach) { counted->tally[0][c].people, counted->tally[0][c].within };
    int e = 0;
    for (size_t g = 0; g < s->plan->n_groups && e == 0; g++)
        e = count_group(ctx, s, counted, g, reach);
    return e;
}

/* An upper bound that is the lower one shares its arrays. */
static bool is_shared(const struct qz_run_care *care, size_t o) {
    return o && o % 2 == 0 && !care->unknown_ages;
}

static int count_outlook(struct qz_ctx *ctx, struct qz_run_state *s, size_t p, size_t o) {
    struct qz_run_care *care = &s->care[p];
    if (is_shared(care, o)) {
        care->counted[o] = care->counted[o - 1];
        return 0;
    }
    int e = ALLOC_LEVELS(ctx, s, 1, care->counted[o].tally);
    if (e == 0)
        e = tally_communes(ctx, s, p, o);
    if (e == 0)
        e = tally_levels(ctx, s, p, o);
    if (e == 0)
        e = count_bands(ctx, s, p, o);
    if (e == 0)
        e = count_minutes(ctx, s, p, o);
    return e < 0 ? e : count_groups(ctx, s, p, o);
}

/* ---- secrecy: small heads, and what would give them away */
static int mask(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    struct qz_run_care *care = &s->care[p];
    const struct qz_tally *tally = care->counted[0].tally[0];
    if (!(s->plan->mask_under > 0))
        return 0;
    qz_cleanup(qz_freep) double *heads = qz_malloc(s->communes->n, sizeof *heads);
    qz_cleanup(qz_freep) uint8_t *secret = qz_calloc(s->communes->n, 1);
    int e = heads && secret ? ALLOC_LEVELS(ctx, s, 1, care->masked) : qz_fail_nomem(ctx);
    if (e < 0)
        return e;
    for (size_t c = 0; c < s->communes->n; c++) {
        heads[c] = tally[c].heads;
        secret[c] = tally[c].secret > 0;
    }
    struct qz_mask_input in = { .n = s->communes->n,
                                .count = heads,
                                .from_source = secret,
                                .levels = s->levels->items,
                                .n_levels = s->levels->n,
                                .least = s->plan->mask_under };
    return qz_mask(ctx, &in, care->masked[0], care->masked + 1);
}

int qz_run_counts(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    int e = 0;
    for (size_t o = 0; o < s->n_outlooks && e == 0; o++)
        e = count_outlook(ctx, s, part, o);
    return e < 0 ? e : mask(ctx, s, part);
}

/* ---- the end: outlooks that change nothing share the array of an earlier one */
static bool is_own(void *const *arrays, size_t o) {
    for (size_t earlier = 0; earlier < o; earlier++)
        if (arrays[earlier] == arrays[o])
            return false;
    return arrays[o] != NULL;
}

static void free_levels(const struct qz_run_state *s, void *table) {
    void **rows = table;
    for (size_t l = 0; rows && s->levels && l <= s->levels->n; l++)
        free(rows[l]);
    free(rows);
}

static void free_counted(const struct qz_run_state *s, struct qz_counted *c) {
    free_levels(s, c->tally);
    free_levels(s, c->band_reach);
    free_levels(s, c->minutes);
    for (size_t g = 0; c->groups && g < s->plan->n_groups; g++)
        free_levels(s, c->groups[g]);
    free(c->groups);
}

static void free_own(void *const *arrays) {
    for (size_t o = 0; o < QZ_MOST_OUTLOOKS; o++)
        if (is_own(arrays, o))
            free(arrays[o]);
}

void qz_run_care_done(struct qz_run_state *s, struct qz_run_care *care) {
    for (size_t o = 0; o < QZ_MOST_OUTLOOKS; o++)
        if (!is_shared(care, o))
            free_counted(s, &care->counted[o]);
    free_own((void *const *)care->ms);
    free_own((void *const *)care->second_ms);
    free_own((void *const *)care->score);
    free_levels(s, care->masked);
    free(care->factor);
    free(care->demand);
    free(care->nearest);
    free(care->commune_ms);
    free(care->commune_nearest);
}
