/* engine/run/threat.c - the most threatened territories of a level, by a score that the plan
 * defines.
 */
#include <math.h>
#include <string.h>
#include "run/run.h"

/* The plan's level, else the first of these that is there; 0: none. */
static int choose_level(struct qz_ctx *ctx, const struct qz_run_state *s, size_t *ret) {
    static const char *const usual[] = { "tvs", "epci", "bassin_vie", "canton" };
    *ret = 0;
    if (*s->plan->threat.level)
        return qz_run_level(ctx, s, "threat", s->plan->threat.level, ret);
    for (size_t i = 0; i < COUNT(usual) && !*ret; i++)
        for (size_t l = 0; l < s->levels->n; l++)
            if (strcmp(s->levels->items[l].name, usual[i]) == 0)
                *ret = l + 1;
    return 0;
}

/* Territories with people in the overlay that the plan asks for, and with people at all. */
static void choose_places(const struct qz_run_state *s, size_t level, uint8_t *wanted) {
    const struct qz_level *l = &s->levels->items[level - 1];
    const double *share = NULL;
    for (size_t i = 0; i < s->plan->n_overlays; i++)
        if (strcmp(s->plan->overlays[i].key, s->plan->threat.only) == 0)
            share = s->overlays[i].share;
    for (size_t c = 0; c < s->communes->n; c++)
        for (uint32_t k = l->first[c]; k < l->first[c + 1]; k++)
            if (s->people->count[c] > 0 && (!share || share[c] > 0))
                wanted[l->territory[k]] = 1;
}

struct threat {
    size_t level, n;
    uint32_t *place;             /* of the ranked territories */
    double **tables, **overlays; /* by table, overlay: this level's values */
    struct qz_score_results score;
};

static void threat_done(struct threat *t) {
    free(t->place);
    free(t->tables);
    free(t->overlays);
    qz_run_score_done(&t->score);
}

static int find_places(struct qz_ctx *ctx, const struct qz_run_state *s, struct threat *t) {
    size_t n = s->levels->items[t->level - 1].n;
    qz_cleanup(qz_freep) uint8_t *wanted = qz_calloc(n, 1);
    t->place = qz_malloc(n, sizeof *t->place);
    t->tables = qz_calloc(s->plan->n_tables, sizeof *t->tables);
    t->overlays = qz_calloc(s->plan->n_overlays, sizeof *t->overlays);
    if (!wanted || !t->place || !t->tables || !t->overlays)
        return qz_fail_nomem(ctx);
    choose_places(s, t->level, wanted);
    for (uint32_t i = 0; i < n; i++)
        if (wanted[i])
            t->place[t->n++] = i;
    for (size_t k = 0; k < s->plan->n_tables; k++)
        t->tables[k] = s->tables[k][t->level];
    for (size_t k = 0; k < s->plan->n_overlays; k++)
        t->overlays[k] = s->overlays[k].share_of[t->level];
    return 0;
}

static int rank(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set,
                struct threat *t) {
    const struct qz_run_ranked ranked = {
        .section = "threat",
        .score = &s->plan->threat.score,
        .n = t->n,
        .place = t->place,
        .professions = s->professions,
        .level = t->level,
        .table_value = (const double *const *)t->tables,
        .overlay_share = (const double *const *)t->overlays,
        .texts = set->texts,
    };
    return qz_run_rank(ctx, s, &ranked, &t->score);
}

static int tell_territory(struct qz_ctx *ctx, struct qz_run_set *set, const struct threat *t,
                          struct qz_zone_row *row) {
    const struct qz_rank *r = &set->score.rank[row->thing];
    struct qz_text text = { 0 };
    qz_text_add(&text, "rang %u sur %zu", r->rank, t->n);
    if (r->best < r->worst)
        qz_text_add(&text, " (de %u à %u quand les poids bougent de 20 %%)", r->best, r->worst);
    qz_run_tell_terms(&set->score, row->thing, 3, &text);
    row->reasons = text.failed ? NULL : qz_pool_add(set->texts, text.data, text.n);
    qz_text_done(&text);
    return row->reasons ? 0 : qz_fail_nomem(ctx);
}

/* The first of them become rows. */
static int fill_rows(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_run_set *set,
                     const struct threat *t) {
    const struct qz_level *l = &s->levels->items[t->level - 1];
    size_t at = 0;
    int e = 0;
    for (size_t k = 0; k < t->n; k++) {
        if (set->score.rank[k].rank > set->set.n)
            continue;
        uint32_t place = t->place[k];
        const struct qz_tally *tally = &s->professions[0].counted[0].tally[t->level][place];
        struct qz_zone_row *row = &set->rows[at++];
        *row = (struct qz_zone_row) { .id = "",
                                      .code = l->code[place],
                                      .name = l->label[place],
                                      .place = place,
                                      .thing = k,
                                      .seat = QZ_NOWHERE,
                                      .people = tally->people,
                                      .structured = NAN,
                                      .missing = NAN,
                                      .beyond_now = tally->people - tally->within,
                                      .beyond_after = NAN,
                                      .longest_ms = QZ_UNREACHED_MS,
                                      .class = -1 };
        for (size_t c = 0; c < s->communes->n; c++)
            for (uint32_t i = l->first[c]; i < l->first[c + 1]; i++)
                row->n_communes += l->territory[i] == place;
    }
    for (size_t z = 0; z < set->set.n && e == 0; z++)
        e = tell_territory(ctx, set, t, &set->rows[z]);
    return e < 0 ? e : qz_run_set_number(ctx, set, "M");
}

int qz_run_threat_set(struct qz_ctx *ctx, struct qz_run_state *s) {
    struct qz_run_set *set = &s->sets[QZ_SET_THREAT];
    qz_cleanup(threat_done) struct threat t = { 0 };
    int e = s->plan->threat.n ? choose_level(ctx, s, &t.level) : 0;
    if (e == 0 && s->plan->threat.stated && s->plan->threat.n && !t.level)
        e = qz_issue_add(
            ctx, &s->issues, QZ_SEVERITY_NOTE, "threat", 0, NULL, "no_level",
            "there are no tvs, epci, bassin_vie or canton: no territory is ranked; add "
            "them to [territories], or name a level of your own in [threat]");
    if (e < 0 || !t.level)
        return e;
    e = find_places(ctx, s, &t);
    size_t n = t.n < s->plan->threat.n ? t.n : s->plan->threat.n;
    if (e == 0)
        e = qz_run_set_begin(ctx, set, "threat", n);
    if (e == 0)
        e = rank(ctx, s, set, &t);
    if (e < 0 || !t.score.rank) {
        set->set.n = 0;
        return e;
    }
    set->score = t.score;
    t.score = (struct qz_score_results) { 0 };
    set->set.professions = s->professions;
    set->set.level = t.level;
    set->set.shapes = s->level_shapes[t.level - 1];
    set->table_of_level = t.tables;
    t.tables = NULL;
    set->set.table_value = (const double *const *)set->table_of_level;
    set->overlay_of_level = t.overlays;
    t.overlays = NULL;
    set->set.overlay_share = (const double *const *)set->overlay_of_level;
    return fill_rows(ctx, s, set, &t);
}
