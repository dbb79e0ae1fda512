/* engine/run/sets.c - groups of communes as zones: counted as territories are, so that each of
 * their figures is the sum of their communes'. */
#include <math.h>
#include <string.h>
#include "run/run.h"

/* ---- the beginning: who is in which */
static int link_members(struct qz_ctx *ctx, const struct qz_run_state *s, const uint32_t *zone_of,
                        struct qz_run_set *set) {
    size_t n = s->communes->n;
    set->first = qz_malloc(n + 1, sizeof *set->first);
    set->into = qz_malloc(n, sizeof *set->into);
    set->weight = qz_malloc(n, sizeof *set->weight);
    if (!set->first || !set->into || !set->weight)
        return qz_fail_nomem(ctx);
    uint32_t at = 0;
    for (size_t c = 0; c < n; c++) {
        set->first[c] = at;
        if (zone_of[c] == QZ_NOWHERE)
            continue;
        set->weight[at] = 1;
        set->into[at++] = zone_of[c];
    }
    set->first[n] = at;
    return 0;
}

/* ---- counts. Level 1 of two stands for the set: level 0 means communes everywhere. */
static int alloc_pair(struct qz_ctx *ctx, size_t n, size_t size, void ***ret) {
    void **pair = *ret = qz_calloc(2, sizeof *pair);
    if (pair)
        pair[1] = qz_calloc(n, size);
    return pair && pair[1] ? 0 : qz_fail_nomem(ctx);
}
#define ALLOC_PAIR(ctx, n, target) \
    alloc_pair(ctx, n, sizeof **(target), (void ***)(void *)&(target))

static int count_outlook(struct qz_ctx *ctx, const struct qz_run_state *s,
                         const struct qz_run_set *set, const struct qz_counted *communes,
                         struct qz_counted *ret) {
    size_t n = s->communes->n, n_zones = set->set.n;
    int e = ALLOC_PAIR(ctx, n_zones, ret->tally);
    if (e == 0)
        e = qz_tally_sum(ctx, communes->tally[0], n, set->first, set->into, set->weight, n_zones,
                         ret->tally[1]);
    ret->groups = qz_calloc(s->plan->n_groups, sizeof *ret->groups);
    if (e == 0 && !ret->groups)
        e = qz_fail_nomem(ctx);
    for (size_t g = 0; g < s->plan->n_groups && e == 0; g++) {
        e = ALLOC_PAIR(ctx, n_zones, ret->groups[g]);
        if (e == 0)
            e = qz_group_reach_sum(ctx, communes->groups[g][0], n, set->first, set->into,
                                   set->weight, n_zones, ret->groups[g][1]);
    }
    return e;
}

/* A zone of communes whose heads are hidden hides its own: they might tell them. */
static int mask_zones(struct qz_ctx *ctx, const struct qz_run_state *s,
                      const struct qz_run_set *set, const struct qz_run_care *care,
                      uint8_t ***ret) {
    int e = ALLOC_PAIR(ctx, set->set.n, *ret);
    for (size_t c = 0; c < s->communes->n && e == 0; c++)
        if (care->counted[0].tally[0][c].secret > 0 || (care->masked && care->masked[0][c]))
            for (uint32_t k = set->first[c]; k < set->first[c + 1]; k++)
                (*ret)[1][set->into[k]] = 1;
    return e;
}

static int count_profession(struct qz_ctx *ctx, const struct qz_run_state *s, size_t p,
                            struct qz_run_set *set) {
    const struct qz_run_care *care = &s->care[p];
    struct qz_profession_results *r = &set->professions[p];
    struct qz_counted *counted = set->counted[p] = qz_calloc(s->n_outlooks, sizeof *counted);
    int e = counted ? mask_zones(ctx, s, set, care, &set->masked[p]) : qz_fail_nomem(ctx);
    for (size_t o = 0; o < s->n_outlooks && e == 0; o++) {
        if (o && care->counted[o].tally == care->counted[o - 1].tally)
            counted[o] = counted[o - 1];
        else
            e = count_outlook(ctx, s, set, &care->counted[o], &counted[o]);
    }
    *r = s->professions[p];
    r->counted = counted;
    r->masked = set->masked[p];
    return e;
}

static int count_tables(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set) {
    qz_cleanup(qz_freep) double *people = qz_malloc(set->set.n, sizeof *people);
    set->table_value = qz_calloc(s->plan->n_tables, sizeof *set->table_value);
    set->overlay_share = qz_calloc(s->plan->n_overlays, sizeof *set->overlay_share);
    if (!people || !set->table_value || !set->overlay_share)
        return qz_fail_nomem(ctx);
    for (size_t t = 0; t < s->plan->n_tables; t++) {
        set->table_value[t] = qz_malloc(set->set.n, sizeof **set->table_value);
        if (!set->table_value[t])
            return qz_fail_nomem(ctx);
        qz_run_sum_table(s, t, set->first, set->into, set->weight, set->set.n, set->table_value[t],
                         people);
    }
    for (size_t i = 0; i < s->plan->n_overlays; i++) {
        set->overlay_share[i] = qz_malloc(set->set.n, sizeof **set->overlay_share);
        if (!set->overlay_share[i])
            return qz_fail_nomem(ctx);
        qz_run_sum_values(s, s->overlays[i].share, false, set->first, set->into, set->weight,
                          set->set.n, set->overlay_share[i], people);
    }
    return 0;
}

static int draw(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set) {
    qz_cleanup(qz_freep) uint32_t *ids = qz_malloc(s->communes->n, sizeof *ids);
    set->shapes = qz_calloc(1, sizeof *set->shapes);
    int e = ids && set->shapes ? 0 : qz_fail_nomem(ctx);
    for (size_t z = 0; z < set->set.n && e == 0; z++) {
        size_t n = 0;
        for (uint32_t c = 0; c < s->communes->n; c++)
            if (set->first[c] < set->first[c + 1] && set->into[set->first[c]] == z)
                ids[n++] = c;
        e = qz_shapes_union(ctx, s->communes->shapes, ids, n, set->shapes);
    }
    return e;
}

int qz_run_set_begin(struct qz_ctx *ctx, struct qz_run_set *set, const char *kind, size_t n) {
    set->set.kind = kind;
    set->set.n = n;
    set->rows = qz_calloc(n, sizeof *set->rows);
    set->set.rows = set->rows;
    return set->rows ? qz_pool_new(ctx, &set->texts) : qz_fail_nomem(ctx);
}

int qz_run_set_of_communes(struct qz_ctx *ctx, const struct qz_run_state *s, const char *kind,
                           size_t n, const uint32_t *zone_of, struct qz_run_set *set) {
    size_t n_practices = s->plan->n_practices;
    int e = qz_run_set_begin(ctx, set, kind, n);
    set->professions = qz_calloc(n_practices, sizeof *set->professions);
    set->counted = qz_calloc(n_practices, sizeof *set->counted);
    set->masked = qz_calloc(n_practices, sizeof *set->masked);
    if (e == 0 && !(set->professions && set->counted && set->masked))
        e = qz_fail_nomem(ctx);
    if (e == 0)
        e = link_members(ctx, s, zone_of, set);
    for (size_t p = 0; p < n_practices && e == 0; p++)
        e = count_profession(ctx, s, p, set);
    if (e == 0)
        e = count_tables(ctx, s, set);
    if (e == 0)
        e = draw(ctx, s, set);
    set->set.level = 1;
    set->set.professions = set->professions;
    set->set.shapes = set->shapes;
    set->set.table_value = (const double *const *)set->table_value;
    set->set.overlay_share = (const double *const *)set->overlay_share;
    for (size_t z = 0; z < n && e == 0; z++)
        set->rows[z] = (struct qz_zone_row) { .id = "",
                                              .code = "",
                                              .name = "",
                                              .place = z,
                                              .thing = z,
                                              .seat = QZ_NOWHERE,
                                              .structured = NAN,
                                              .missing = NAN,
                                              .beyond_now = NAN,
                                              .beyond_after = NAN,
                                              .longest_ms = QZ_UNREACHED_MS,
                                              .class = -1,
                                              .reasons = "" };
    for (size_t c = 0; c < s->communes->n && e == 0; c++)
        for (uint32_t k = set->first[c]; k < set->first[c + 1]; k++) {
            set->rows[set->into[k]].n_communes++;
            set->rows[set->into[k]].people += s->people->count[c];
        }
    return e;
}

/* ---- order: rows by rank, then numbered */
static int by_rank(const void *va, const void *vb, void *user) {
    const struct qz_rank *rank = user;
    const struct qz_zone_row *a = va, *b = vb;
    return (rank[a->thing].rank > rank[b->thing].rank) -
           (rank[a->thing].rank < rank[b->thing].rank);
}

int qz_run_set_number(struct qz_ctx *ctx, struct qz_run_set *set, const char *letter) {
    if (set->score.rank) {
        set->set.score = &set->score;
        if (set->set.n)
            qsort_r(set->rows, set->set.n, sizeof *set->rows, by_rank, set->score.rank);
    }
    for (size_t z = 0; z < set->set.n; z++) {
        qz_cleanup(qz_freep) char *id = qz_format("%s%03zu", letter, z + 1);
        set->rows[z].id = id ? qz_pool_add(set->texts, id, strlen(id)) : NULL;
        if (!set->rows[z].id)
            return qz_fail_nomem(ctx);
    }
    return 0;
}

/* ids[n_communes]: the row that each is in. */
int qz_run_set_ids(struct qz_ctx *ctx, const struct qz_run_state *s, const struct qz_run_set *set,
                   const char ***ret) {
    qz_cleanup(qz_freep) const char **of_place = qz_calloc(set->set.n, sizeof *of_place);
    const char **ids = *ret = qz_calloc(s->communes->n, sizeof *ids);
    if (!of_place || !ids)
        return qz_fail_nomem(ctx);
    for (size_t z = 0; z < set->set.n; z++)
        of_place[set->rows[z].place] = set->rows[z].id;
    for (size_t c = 0; c < s->communes->n; c++)
        if (set->first[c] < set->first[c + 1])
            ids[c] = of_place[set->into[set->first[c]]];
    return 0;
}

/* ---- the end */
static void free_pair(void *table) {
    void **pair = table;
    if (pair)
        free(pair[1]);
    free(pair);
}

static void free_counted(const struct qz_run_state *s, struct qz_counted *counted) {
    for (size_t o = 0; counted && o < s->n_outlooks; o++) {
        if (o && counted[o].tally == counted[o - 1].tally)
            continue;
        free_pair(counted[o].tally);
        for (size_t g = 0; counted[o].groups && g < s->plan->n_groups; g++)
            free_pair(counted[o].groups[g]);
        free(counted[o].groups);
    }
    free(counted);
}

void qz_run_score_done(struct qz_score_results *score) {
    for (size_t t = 0; t < score->n_terms; t++) {
        free(score->terms[t].value);
        free(score->terms[t].need);
    }
    free(score->rank);
}

void qz_run_set_done(const struct qz_run_state *s, struct qz_run_set *set) {
    for (size_t p = 0; p < s->plan->n_practices; p++) {
        if (set->counted)
            free_counted(s, set->counted[p]);
        if (set->masked)
            free_pair(set->masked[p]);
    }
    for (size_t t = 0; set->table_value && t < s->plan->n_tables; t++)
        free(set->table_value[t]);
    for (size_t i = 0; set->overlay_share && i < s->plan->n_overlays; i++)
        free(set->overlay_share[i]);
    free(set->table_value);
    free(set->overlay_share);
    free(set->table_of_level);
    free(set->overlay_of_level);
    free(set->counted);
    free(set->masked);
    free(set->professions);
    free(set->first);
    free(set->into);
    free(set->weight);
    qz_shapes_freep(&set->shapes);
    free(set->rows);
    qz_run_score_done(&set->score);
    qz_pool_free(set->texts);
}
