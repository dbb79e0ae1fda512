/* engine/locate/apart.c - those with fewest neighbours first, some turns, with other ties each. */
#include <string.h>
#include "locate/apart.h"
#include "locate/chance.h"

enum { TURNS = 64 };

struct fit {
    const struct qz_siting *s;
    uint32_t *set, *best;     /* chosen in this turn, and in the best */
    uint32_t *n_near, *order; /* of a candidate: neighbours still free; rank among equals */
    uint8_t *gone;            /* chosen, or too near to one that is */
    size_t n, n_best;
};

static void fit_done(struct fit *f) {
    free(f->set);
    free(f->best);
    free(f->n_near);
    free(f->order);
    free(f->gone);
}

static void remove_one(struct fit *f, uint32_t c) {
    const struct qz_siting *s = f->s;
    f->gone[c] = 1;
    for (uint32_t k = s->apart_first[c]; k < s->apart_first[c + 1]; k++)
        f->n_near[s->apart[k]]--;
}

static void choose(struct fit *f, uint32_t c) {
    const struct qz_siting *s = f->s;
    f->set[f->n++] = c;
    remove_one(f, c);
    for (uint32_t k = s->apart_first[c]; k < s->apart_first[c + 1]; k++)
        if (!f->gone[s->apart[k]])
            remove_one(f, s->apart[k]);
}

static void shuffle(struct fit *f, uint64_t *state) {
    uint32_t n = (uint32_t)f->s->n_candidates;
    for (uint32_t c = 0; c < n; c++)
        f->order[c] = c;
    for (uint32_t c = n; c > 1; c--) {
        uint32_t other = qz_chance_below(state, c), kept = f->order[c - 1];
        f->order[c - 1] = f->order[other];
        f->order[other] = kept;
    }
}

/* Half of the turns take any of the two lowest counts. */
static void turn(struct fit *f, size_t n, uint32_t slack) {
    const struct qz_siting *s = f->s;
    f->n = 0;
    memset(f->gone, 0, s->n_candidates);
    for (size_t c = 0; c < s->n_candidates; c++)
        f->n_near[c] = s->apart_first[c + 1] - s->apart_first[c];
    while (f->n < n) {
        uint32_t best = QZ_NO_CANDIDATE;
        for (uint32_t k = 0; k < s->n_candidates; k++) {
            uint32_t c = f->order[k];
            if (!f->gone[c] && (best == QZ_NO_CANDIDATE || f->n_near[c] + slack < f->n_near[best]))
                best = c;
        }
        if (best == QZ_NO_CANDIDATE)
            break;
        choose(f, best);
    }
    if (f->n > f->n_best) {
        f->n_best = f->n;
        memcpy(f->best, f->set, f->n * sizeof *f->set);
    }
}

int qz_apart_fit(struct qz_ctx *ctx, const struct qz_siting *s, size_t n, uint32_t *set,
                 size_t *n_found) {
    qz_cleanup(fit_done) struct fit f = { .s = s };
    f.set = qz_malloc(n + 1, sizeof *f.set);
    f.best = qz_malloc(n + 1, sizeof *f.best);
    f.n_near = qz_malloc(s->n_candidates + 1, sizeof *f.n_near);
    f.order = qz_malloc(s->n_candidates + 1, sizeof *f.order);
    f.gone = qz_malloc(s->n_candidates + 1, sizeof *f.gone);
    if (!f.set || !f.best || !f.n_near || !f.order || !f.gone)
        return qz_fail_nomem(ctx);
    uint64_t state = 1;
    for (uint32_t c = 0; c < s->n_candidates; c++)
        f.order[c] = c;
    for (uint32_t t = 0; t < TURNS && f.n_best < n; t++) {
        turn(&f, n, t % 2);
        shuffle(&f, &state);
    }
    *n_found = f.n_best;
    memcpy(set, f.best, f.n_best * sizeof *set);
    return 0;
}
