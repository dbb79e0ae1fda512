/* engine/locate/fewest.c - facts, then prices, then a site is opened or not; each tells more facts.
 */
#include <float.h>
#include <math.h>
#include <string.h>
#include "locate/fewest.h"
#include "locate/pick.h"
#include "locate/toll.h"

enum { LOOKS = 60, PICK_EVERY = 10, TELL_EVERY = 16, MOST_DEPTH = 100, MOST_SITES = 600 };
static const double first_pace = 1, next_pace = 0.5, look_work = 50000;

struct tree {
    struct qz_fewest *f;
    struct qz_pick pick;
    double work;  /* left: ties gone through */
    size_t lower; /* of what was left aside; SIZE_MAX: nothing was */
};

static bool is_beaten(const struct tree *t, const struct qz_cover *v) {
    return v->hopeless || v->lower >= t->f->n;
}

static void raise(struct qz_cover *v, size_t lower) {
    v->lower = lower > v->lower ? lower : v->lower;
}

/* ---- the bound of what is left */
static int seek(struct tree *t, struct qz_toll *toll, unsigned n_looks) {
    struct qz_cover *v = toll->v;
    double look = (double)(qz_cover_n_ties(v) * 2 + v->n_places + v->n_sites);
    int r = 0;
    for (unsigned k = 0; r == 0 && k < n_looks; k++) {
        qz_toll_look(toll);
        t->work -= look;
        raise(v, qz_toll_lower(toll));
        if (k % PICK_EVERY == 0) {
            qz_pick(&t->pick, toll, t->f);
            t->work -= look;
        }
        if (k % TELL_EVERY == 0)
            r = qz_progress(t->f->ctx, 0, "locate");
        if (is_beaten(t, v) || !qz_toll_step(toll, (double)t->f->n))
            break;
    }
    return r;
}

/* *any: facts were found. *next: the site that earns most. */
static int bound(struct tree *t, struct qz_cover *v, double pace, unsigned n_looks, bool *any,
                 uint32_t *next) {
    struct qz_toll toll;
    int r = qz_toll_init(t->f->ctx, v, pace, &toll);
    if (r < 0)
        return r;
    r = seek(t, &toll, n_looks);
    if (r == 0 && !is_beaten(t, v)) {
        memcpy(v->price, toll.best_price, v->n_places * sizeof *v->price);
        qz_toll_look(&toll);
        *next = 0;
        for (uint32_t c = 1; c < v->n_sites; c++)
            *next = toll.cost[c] < toll.cost[*next] ? c : *next;
        *any = qz_toll_settle(&toll, t->f->n);
    }
    qz_toll_done(&toll);
    return r;
}

/* Trims and bounds until no fact is left to find. *open: something is left besides. */
static int narrow(struct tree *t, struct qz_cover *v, double pace, unsigned n_looks, bool *open,
                  uint32_t *next) {
    int r = 0;
    *open = true;
    for (bool any = true; r == 0 && any && *open;) {
        r = qz_cover_trim(t->f->ctx, v);
        if (r < 0)
            return r;
        raise(v, v->n_forced + (v->n_places > 0));
        t->work -= (double)qz_cover_n_ties(v) * 8;
        if (v->n_places == 0 && !v->hopeless && !qz_pick_forced(&t->pick, v, t->f) &&
            v->n_forced < t->f->n)
            t->lower = v->n_forced < t->lower ? v->n_forced : t->lower; /* a matter of rounding */
        any = false;
        if (v->n_places > 0 && !is_beaten(t, v))
            r = bound(t, v, pace, t->work > 0 ? n_looks : 1, &any, next);
        *open = v->n_places > 0 && !is_beaten(t, v);
        pace = next_pace;
        n_looks = n_looks < LOOKS ? n_looks : LOOKS;
    }
    return r;
}

/* ---- with a site, and without it */
static int explore(struct tree *t, struct qz_cover *v, size_t depth, unsigned n_looks) {
    double pace = depth == 0 ? first_pace : next_pace;
    for (;;) {
        bool open;
        uint32_t next = 0;
        int r = narrow(t, v, pace, n_looks, &open, &next);
        if (r < 0 || !open)
            return r;
        if (t->work <= 0 || depth == MOST_DEPTH || v->n_sites > MOST_SITES) {
            t->lower = v->lower < t->lower ? v->lower : t->lower;
            return 0;
        }
        struct qz_cover with = { 0 };
        r = qz_cover_copy(t->f->ctx, v, &with);
        if (r < 0)
            return r;
        qz_cover_force(&with, next);
        r = explore(t, &with, depth + 1, LOOKS);
        qz_cover_done(&with);
        if (r < 0)
            return r;
        v->site_gone[next] = 1;
        pace = next_pace;
        n_looks = LOOKS;
    }
}

/* Whole numbers: a room of whole grains. Else sums in another order may come out lower. */
static double room_of(const struct qz_fewest *f) {
    const struct qz_siting *s = f->s;
    double whole = f->left_out;
    if (s->grain > 0)
        return floor(f->left_out / s->grain) * s->grain;
    for (size_t i = 0; i < s->n_places; i++)
        whole += s->weight[i];
    return f->left_out + 4 * DBL_EPSILON * (double)(s->n_places + 4) * whole;
}

int qz_fewest(struct qz_fewest *f) {
    struct tree t = { .f = f, .lower = SIZE_MAX };
    struct qz_cover v = { 0 };
    double ties = (double)f->s->first[f->s->n_places];
    t.work = f->iterations * (2 * ties + look_work) + f->n_looks_more * ties;
    int r = qz_pick_init(f->ctx, f->s, &t.pick);
    if (r == 0)
        r = qz_cover_init(f->ctx, f->s, room_of(f), &v);
    if (r == 0)
        r = explore(&t, &v, 0, f->iterations);
    if (r == 0) {
        size_t lower = t.lower < f->n ? t.lower : f->n;
        f->lower = lower > f->lower ? lower : f->lower;
    }
    qz_cover_done(&v);
    qz_pick_done(&t.pick);
    return r;
}
