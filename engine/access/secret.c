/* engine/access/secret.c - small counts hidden, and as many others as would give them away. */
#include <math.h>
#include <string.h>
#include "access/solve.h"
#include "base/base.h"
#include "quinze/access.h"

#define NONE UINT32_MAX

/* Published cells: the communes, then the territories of each level. */
struct tables {
    const struct qz_mask_input *in;
    size_t n_cells;
    uint32_t *first_cell; /* of each level */
    double *value;
    uint8_t *mask;
    struct members { /* of each level: communes of each territory, and their weights */
        uint32_t *first, *commune; /* first[n + 2] */
        double *weight;
    } * members;
    uint32_t **around; /* [outer * n_levels + inner][territory of inner] */
};

static void tables_done(struct tables *t) {
    size_t n = t->in->n_levels;
    for (size_t l = 0; t->members && l < n; l++) {
        free(t->members[l].first);
        free(t->members[l].commune);
        free(t->members[l].weight);
    }
    for (size_t k = 0; t->around && k < n * n; k++)
        free(t->around[k]);
    free(t->members);
    free(t->around);
    free(t->first_cell);
    free(t->value);
    free(t->mask);
}

/* ---- cells */
static int value_communes(struct qz_ctx *ctx, struct tables *t) {
    const struct qz_mask_input *in = t->in;
    for (size_t c = 0; c < in->n; c++) {
        if (!(in->count[c] >= 0) || isinf(in->count[c]))
            return qz_fail(ctx, QZ_E_RANGE, "access: commune %zu has a count of %g", c,
                           in->count[c]);
        bool hidden = in->from_source && in->from_source[c];
        t->mask[c] = hidden ? QZ_MASK_INPUT : QZ_SHOWN;
        t->value[c] = hidden ? 0 : in->count[c];
    }
    return 0;
}

static void value_territories(struct tables *t, size_t l) {
    const struct qz_level *level = &t->in->levels[l];
    for (size_t c = 0; c < t->in->n; c++)
        for (uint32_t k = level->first[c]; k < level->first[c + 1]; k++)
            t->value[t->first_cell[l] + level->territory[k]] += t->value[c] * level->weight[k];
}

static int make_cells(struct qz_ctx *ctx, struct tables *t) {
    const struct qz_mask_input *in = t->in;
    t->first_cell = qz_calloc(in->n_levels, sizeof *t->first_cell);
    if (!t->first_cell)
        return qz_fail_nomem(ctx);
    t->n_cells = in->n;
    for (size_t l = 0; l < in->n_levels; l++) {
        t->first_cell[l] = (uint32_t)t->n_cells;
        t->n_cells += in->levels[l].n;
    }
    t->value = qz_calloc(t->n_cells, sizeof *t->value);
    t->mask = qz_calloc(t->n_cells, sizeof *t->mask);
    int r = t->value && t->mask ? value_communes(ctx, t) : qz_fail_nomem(ctx);
    for (size_t l = 0; l < in->n_levels && r == 0; l++)
        value_territories(t, l);
    return r;
}

/* ---- who lies in what */
static int list_members(struct qz_ctx *ctx, const struct qz_level *l, size_t n, struct members *m) {
    m->first = qz_calloc(l->n + 2, sizeof *m->first);
    m->commune = qz_malloc(l->first[n], sizeof *m->commune);
    m->weight = qz_malloc(l->first[n], sizeof *m->weight);
    if (!m->first || !m->commune || !m->weight)
        return qz_fail_nomem(ctx);
    for (uint32_t k = 0; k < l->first[n]; k++)
        m->first[l->territory[k] + 2]++;
    for (size_t g = 0; g < l->n; g++)
        m->first[g + 2] += m->first[g + 1];
    for (uint32_t c = 0; c < n; c++)
        for (uint32_t k = l->first[c]; k < l->first[c + 1]; k++) {
            uint32_t at = m->first[l->territory[k] + 1]++;
            m->commune[at] = c;
            m->weight[at] = l->weight[k];
        }
    return 0;
}

/* The territory of `outer` that holds all communes of territory g, whole; NONE: none does. */
static uint32_t find_around(const struct qz_level *outer, const struct members *m, size_t g) {
    uint32_t around = NONE;
    for (uint32_t k = m->first[g]; k < m->first[g + 1]; k++) {
        uint32_t c = m->commune[k], at = outer->first[c];
        if (outer->first[c + 1] != at + 1 || outer->weight[at] < 1 - 1e-9 ||
            (around != NONE && around != outer->territory[at]))
            return NONE;
        around = outer->territory[at];
    }
    return around;
}

static int relate(struct qz_ctx *ctx, struct tables *t, size_t outer, size_t inner) {
    const struct qz_level *levels = t->in->levels;
    uint32_t *around = qz_malloc(levels[inner].n, sizeof *around);
    t->around[outer * t->in->n_levels + inner] = around;
    for (size_t g = 0; around && g < levels[inner].n; g++)
        around[g] = inner == outer ? NONE : find_around(&levels[outer], &t->members[inner], g);
    return around ? 0 : qz_fail_nomem(ctx);
}

static int make_relations(struct qz_ctx *ctx, struct tables *t) {
    size_t n = t->in->n_levels;
    t->members = qz_calloc(n, sizeof *t->members);
    t->around = qz_calloc(n * n, sizeof *t->around);
    int r = t->members && t->around ? 0 : qz_fail_nomem(ctx);
    for (size_t l = 0; l < n && r == 0; l++)
        r = list_members(ctx, &t->in->levels[l], t->in->n, &t->members[l]);
    for (size_t k = 0; k < n * n && r == 0; k++)
        r = relate(ctx, t, k / n, k % n);
    return r;
}

/* ---- what gives away what. An identity: a territory is the sum of the territories of another
 * level that lie in it and of what is left of its communes. Who subtracts takes each of these as a
 * total or commune by commune, as suits him: every total that is shown, and at most a hidden one.
 */
struct identity {
    uint32_t outer, inner; /* levels; inner == outer: communes only */
    uint32_t territory;
};
struct rest { /* of one commune, once the totals that are shown are taken off */
    double weight;
    uint32_t hidden; /* the hidden territory that holds all of it; NONE: none does */
};

static bool is_hidden(const struct tables *t, size_t cell) {
    return t->mask[cell] == QZ_MASK_SMALL || t->mask[cell] == QZ_MASK_INDIRECT;
}

static uint32_t total_of(const struct tables *t, struct identity i) {
    return t->first_cell[i.outer] + i.territory;
}

static struct rest rest_of(const struct tables *t, struct identity i, uint32_t commune,
                           double weight) {
    const struct qz_level *l = &t->in->levels[i.inner];
    const uint32_t *around = t->around[i.outer * t->in->n_levels + i.inner];
    struct rest rest = { weight, NONE };
    double of_hidden = 0;
    for (uint32_t k = l->first[commune]; k < l->first[commune + 1]; k++) {
        if (around[l->territory[k]] != i.territory)
            continue;
        if (is_hidden(t, t->first_cell[i.inner] + l->territory[k])) {
            of_hidden = l->weight[k];
            rest.hidden = l->territory[k];
        } else {
            rest.weight -= l->weight[k];
        }
    }
    rest.weight = rest.weight > 1e-9 ? rest.weight : 0;
    if (of_hidden < rest.weight - 1e-9)
        rest.hidden = NONE;
    return rest;
}

struct leak {
    bool open;
    uint32_t within; /* all that is hidden lies in this hidden territory of inner; NONE */
};

/* Open: one hidden cell is left over, or hidden communes whose sum is small. */
static struct leak find_leak(const struct tables *t, struct identity i) {
    const struct members *m = &t->members[i.outer];
    struct leak leak = { false, NONE };
    size_t n = 0;
    double sum = 0;
    for (uint32_t k = m->first[i.territory]; k < m->first[i.territory + 1]; k++) {
        if (!is_hidden(t, m->commune[k]))
            continue;
        struct rest rest = rest_of(t, i, m->commune[k], m->weight[k]);
        if (rest.weight <= 0)
            continue;
        leak.within = n == 0 || leak.within == rest.hidden ? rest.hidden : NONE;
        sum += rest.weight * t->value[m->commune[k]];
        n++;
    }
    if (is_hidden(t, total_of(t, i)))
        leak.open = n == 0;
    else
        leak.open = n == 1 || (n > 1 && leak.within != NONE) || (n > 0 && sum < t->in->least);
    return leak;
}

/* ---- what is hidden to help: communes first, then the smallest, then the lowest index */
static void offer(const struct tables *t, uint32_t cell, uint32_t *best) {
    size_t n = t->in->n;
    if (t->mask[cell] != QZ_SHOWN || !(t->value[cell] > 0))
        return;
    if (*best == NONE || (cell < n && *best >= n) ||
        ((cell < n) == (*best < n) &&
         (t->value[cell] < t->value[*best] || (t->value[cell] == t->value[*best] && cell < *best))))
        *best = cell;
}

/* Something of the identity that is not within what leaks already; at last its total. */
static bool hide_another(struct tables *t, struct identity i, struct leak leak) {
    const struct members *m = &t->members[i.outer];
    const struct qz_level *l = &t->in->levels[i.inner];
    const uint32_t *around = t->around[i.outer * t->in->n_levels + i.inner];
    uint32_t best = NONE;
    for (uint32_t k = m->first[i.territory]; k < m->first[i.territory + 1]; k++) {
        uint32_t c = m->commune[k];
        struct rest rest = rest_of(t, i, c, m->weight[k]);
        if (rest.weight > 0 && (leak.within == NONE || rest.hidden != leak.within))
            offer(t, c, &best);
        for (uint32_t s = l->first[c]; s < l->first[c + 1]; s++)
            if (around[l->territory[s]] == i.territory)
                offer(t, t->first_cell[i.inner] + l->territory[s], &best);
    }
    if (best == NONE)
        offer(t, total_of(t, i), &best);
    if (best != NONE)
        t->mask[best] = QZ_MASK_INDIRECT;
    return best != NONE;
}

static bool protect(struct tables *t, struct identity i) {
    bool any = false;
    for (struct leak leak = find_leak(t, i); leak.open; leak = find_leak(t, i)) {
        if (!hide_another(t, i, leak))
            break;
        any = true;
    }
    return any;
}

/* Each turn hides more: it ends. */
static void protect_all(struct tables *t) {
    uint32_t n = (uint32_t)t->in->n_levels;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t o = 0; o < n; o++)
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t g = 0; g < t->in->levels[o].n; g++)
                    again = protect(t, (struct identity) { o, i, g }) || again;
    }
}

static void hide_small(struct tables *t) {
    for (size_t i = 0; i < t->n_cells; i++)
        if (t->mask[i] == QZ_SHOWN && t->value[i] > 0 && t->value[i] < t->in->least)
            t->mask[i] = QZ_MASK_SMALL;
}

/* ---- and who solves all identities together. Unknowns are the hidden cells; a territory is the
 * sum of its communes, and all the rest follows from that. */
struct unknowns {
    uint32_t *of_cell, *cell;
    size_t n, n_equations, n_terms;
    size_t *first;
    uint32_t *unknown;
    double *factor;
    uint8_t *solvable;
};

static void unknowns_done(struct unknowns *u) {
    free(u->of_cell);
    free(u->cell);
    free(u->first);
    free(u->unknown);
    free(u->factor);
    free(u->solvable);
}

static int number_unknowns(struct qz_ctx *ctx, const struct tables *t, struct unknowns *u) {
    size_t n_terms = t->n_cells - t->in->n;
    for (size_t l = 0; l < t->in->n_levels; l++)
        n_terms += t->in->levels[l].first[t->in->n];
    u->of_cell = qz_malloc(t->n_cells, sizeof *u->of_cell);
    u->cell = qz_malloc(t->n_cells, sizeof *u->cell);
    u->first = qz_calloc(t->n_cells - t->in->n + 1, sizeof *u->first);
    u->unknown = qz_malloc(n_terms, sizeof *u->unknown);
    u->factor = qz_malloc(n_terms, sizeof *u->factor);
    u->solvable = qz_calloc(t->n_cells, sizeof *u->solvable);
    if (!u->of_cell || !u->cell || !u->first || !u->unknown || !u->factor || !u->solvable)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < t->n_cells; i++)
        if (is_hidden(t, i)) {
            u->of_cell[i] = (uint32_t)u->n;
            u->cell[u->n++] = i;
        }
    return 0;
}

static void add_unknown(const struct tables *t, struct unknowns *u, uint32_t cell, double factor) {
    if (!is_hidden(t, cell))
        return;
    u->unknown[u->n_terms] = u->of_cell[cell];
    u->factor[u->n_terms++] = factor;
}

static int solve(struct qz_ctx *ctx, const struct tables *t, struct unknowns *u) {
    int r = number_unknowns(ctx, t, u);
    for (uint32_t l = 0; l < t->in->n_levels && r == 0; l++)
        for (uint32_t g = 0; g < t->in->levels[l].n; g++) {
            const struct members *m = &t->members[l];
            add_unknown(t, u, t->first_cell[l] + g, -1);
            for (uint32_t k = m->first[g]; k < m->first[g + 1]; k++)
                add_unknown(t, u, m->commune[k], m->weight[k]);
            u->first[++u->n_equations] = u->n_terms;
        }
    const struct qz_system s = { u->n, u->n_equations, u->first, u->unknown, u->factor };
    return r < 0 ? r : qz_system_solvable(ctx, &s, u->solvable);
}

/* Two communes of the same territories, with the same shares: no total tells them apart. */
static bool are_twins(const struct tables *t, uint32_t a, uint32_t b) {
    for (size_t i = 0; i < t->in->n_levels; i++) {
        const struct qz_level *l = &t->in->levels[i];
        uint32_t n = l->first[a + 1] - l->first[a];
        if (l->first[b + 1] - l->first[b] != n)
            return false;
        for (uint32_t k = 0; k < n; k++)
            if (l->territory[l->first[a] + k] != l->territory[l->first[b] + k] ||
                fabs(l->weight[l->first[a] + k] - l->weight[l->first[b] + k]) > 1e-9)
                return false;
    }
    return true;
}

/* The smallest twin that is shown; it is looked for in the first territory of the commune. */
static uint32_t find_twin(const struct tables *t, uint32_t commune) {
    uint32_t best = NONE;
    for (size_t i = 0; i < t->in->n_levels; i++) {
        const struct qz_level *l = &t->in->levels[i];
        if (l->first[commune] == l->first[commune + 1])
            continue;
        const struct members *m = &t->members[i];
        uint32_t g = l->territory[l->first[commune]];
        for (uint32_t k = m->first[g]; k < m->first[g + 1]; k++)
            if (are_twins(t, commune, m->commune[k]))
                offer(t, m->commune[k], &best);
        break;
    }
    return best;
}

/* The smallest shown total that the commune stands in, or one that hides since this round. */
static uint32_t find_total(const struct tables *t, const uint8_t *fresh, uint32_t commune,
                           uint32_t best) {
    for (size_t l = 0; l < t->in->n_levels; l++) {
        const struct qz_level *level = &t->in->levels[l];
        for (uint32_t k = level->first[commune]; k < level->first[commune + 1]; k++) {
            uint32_t cell = t->first_cell[l] + level->territory[k];
            if (fresh[cell])
                return cell;
            offer(t, cell, &best);
        }
    }
    return best;
}

/* A total of one of the hidden communes of a territory. */
static uint32_t find_total_across(const struct tables *t, const uint8_t *fresh, uint32_t cell) {
    size_t level = t->in->n_levels - 1;
    uint32_t best = NONE;
    while (t->first_cell[level] > cell)
        level--;
    const struct members *m = &t->members[level];
    uint32_t g = cell - t->first_cell[level];
    for (uint32_t k = m->first[g]; k < m->first[g + 1] && (best == NONE || !fresh[best]); k++)
        if (is_hidden(t, m->commune[k]))
            best = find_total(t, fresh, m->commune[k], best);
    return best;
}

/* A twin hides, else a total: that takes its identity out of the system. */
static bool hide_beside(struct tables *t, uint8_t *fresh, uint32_t cell) {
    bool commune = cell < t->in->n;
    uint32_t best = commune ? find_twin(t, cell) : find_total_across(t, fresh, cell);
    if (commune && best == NONE)
        best = find_total(t, fresh, cell, NONE);
    if (best == NONE)
        return false;
    fresh[best] = 1;
    t->mask[best] = t->mask[best] == QZ_SHOWN ? QZ_MASK_INDIRECT : t->mask[best];
    return true;
}

/* Hides more until the whole system gives nothing away. *done: nothing was left to do. */
static int hide_solvable(struct qz_ctx *ctx, struct tables *t, bool *done) {
    qz_cleanup(unknowns_done) struct unknowns u = { 0 };
    qz_cleanup(qz_freep) uint8_t *fresh = qz_calloc(t->n_cells, 1);
    int r = fresh ? solve(ctx, t, &u) : qz_fail_nomem(ctx);
    *done = true;
    for (size_t i = 0; i < u.n && r == 0; i++)
        if (u.solvable[i] && hide_beside(t, fresh, u.cell[i]))
            *done = false;
    return r;
}

int qz_mask(struct qz_ctx *ctx, const struct qz_mask_input *in, uint8_t *commune,
            uint8_t *const *territory) {
    qz_cleanup(tables_done) struct tables t = { .in = in };
    int r = make_cells(ctx, &t);
    if (r == 0)
        r = make_relations(ctx, &t);
    if (r == 0)
        hide_small(&t);
    for (bool done = false; r == 0 && !done;) {
        protect_all(&t);
        r = hide_solvable(ctx, &t, &done);
    }
    if (r < 0)
        return r;
    memcpy(commune, t.mask, in->n);
    for (size_t l = 0; l < in->n_levels; l++)
        memcpy(territory[l], t.mask + t.first_cell[l], in->levels[l].n);
    return 0;
}
