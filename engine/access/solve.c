/* engine/access/solve.c - sparse elimination (Gauss and Jordan): a row that is left with a single
 * unknown gives it away. */
#include <math.h>
#include "access/solve.h"
#include "base/base.h"

#define NONE     UINT32_MAX
#define ALMOST_0 1e-9

struct term {
    uint32_t unknown;
    double factor;
};
struct row { /* solved for its first term, whose factor is 1; no other row has that unknown */
    struct term *terms;
    size_t n, cap;
};
struct link { /* a row that has, or once had, an unknown */
    uint32_t row, next;
};
struct basis {
    struct qz_ctx *ctx;
    const struct qz_system *s;
    struct row *rows;
    size_t n;
    uint32_t *row_of; /* unknown: the row that is solved for it, NONE */
    uint32_t *used;   /* unknown: in how many equations it stands */
    uint32_t *links;  /* unknown: the first of its links, NONE */
    struct link *pool;
    size_t n_links, cap_links;
    double *sum; /* unknown: a row while it is worked on; else all 0 */
    uint8_t *in_sum;
    uint32_t *touched;
    size_t n_touched;
};

static void basis_done(struct basis *b) {
    for (size_t i = 0; i < b->n; i++)
        free(b->rows[i].terms);
    free(b->rows);
    free(b->row_of);
    free(b->used);
    free(b->links);
    free(b->pool);
    free(b->sum);
    free(b->in_sum);
    free(b->touched);
}

static int make_room(struct basis *b) {
    size_t n = b->s->n_unknowns;
    b->rows = qz_calloc(b->s->n_equations, sizeof *b->rows);
    b->row_of = qz_malloc(n, sizeof *b->row_of);
    b->used = qz_calloc(n, sizeof *b->used);
    b->links = qz_malloc(n, sizeof *b->links);
    b->sum = qz_calloc(n, sizeof *b->sum);
    b->in_sum = qz_calloc(n, sizeof *b->in_sum);
    b->touched = qz_malloc(n, sizeof *b->touched);
    if (!b->rows || !b->row_of || !b->used || !b->links || !b->sum || !b->in_sum || !b->touched)
        return qz_fail_nomem(b->ctx);
    for (size_t i = 0; i < n; i++)
        b->row_of[i] = b->links[i] = NONE;
    for (size_t k = 0; k < b->s->first[b->s->n_equations]; k++)
        b->used[b->s->unknown[k]]++;
    return 0;
}

/* ---- one row at work */
static void add(struct basis *b, uint32_t unknown, double factor) {
    if (!b->in_sum[unknown])
        b->touched[b->n_touched++] = unknown;
    b->in_sum[unknown] = 1;
    b->sum[unknown] += factor;
}

static void add_row(struct basis *b, const struct row *r, double factor) {
    for (size_t k = 0; k < r->n; k++)
        add(b, r->terms[k].unknown, r->terms[k].factor * factor);
}

/* What the work left over, into ret, in the order of its first touch; the work is done. */
static int take(struct basis *b, struct row *ret) {
    struct term *grown = qz_grow(ret->terms, &ret->cap, b->n_touched, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(b->ctx);
    ret->terms = grown;
    ret->n = 0;
    for (size_t k = 0; k < b->n_touched; k++) {
        uint32_t unknown = b->touched[k];
        if (fabs(b->sum[unknown]) > ALMOST_0)
            ret->terms[ret->n++] = (struct term) { unknown, b->sum[unknown] };
        b->sum[unknown] = 0;
        b->in_sum[unknown] = 0;
    }
    b->n_touched = 0;
    return 0;
}

/* Solves a row for the unknown that stands in the fewest equations: few others need it taken out.
 */
static void solve(const struct basis *b, struct row *r) {
    size_t best = 0;
    for (size_t k = 1; k < r->n; k++) {
        uint32_t a = r->terms[k].unknown, o = r->terms[best].unknown;
        if (b->used[a] < b->used[o] || (b->used[a] == b->used[o] && a < o))
            best = k;
    }
    struct term first = r->terms[best];
    r->terms[best] = r->terms[0];
    r->terms[0] = first;
    for (size_t k = 0; k < r->n; k++)
        r->terms[k].factor /= first.factor;
}

static int link_row(struct basis *b, uint32_t row) {
    const struct row *r = &b->rows[row];
    struct link *grown = qz_grow(b->pool, &b->cap_links, b->n_links + r->n, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(b->ctx);
    b->pool = grown;
    for (size_t k = 0; k < r->n; k++) {
        uint32_t *head = &b->links[r->terms[k].unknown];
        b->pool[b->n_links] = (struct link) { row, *head };
        *head = (uint32_t)b->n_links++;
    }
    return 0;
}

static double factor_in(const struct row *r, uint32_t unknown) {
    for (size_t k = 0; k < r->n; k++)
        if (r->terms[k].unknown == unknown)
            return r->terms[k].factor;
    return 0;
}

/* Takes the unknown that row `by` is solved for out of another row, whose own stays first. */
static int take_out(struct basis *b, uint32_t from, uint32_t by) {
    struct row *r = &b->rows[from];
    double factor = factor_in(r, b->rows[by].terms[0].unknown);
    if (factor == 0)
        return 0; /* a link of the past */
    add_row(b, r, 1);
    add_row(b, &b->rows[by], -factor);
    int e = take(b, r);
    return e < 0 ? e : link_row(b, from);
}

static int add_equation(struct basis *b, size_t equation) {
    const struct qz_system *s = b->s;
    struct row *row = &b->rows[b->n];
    for (size_t k = s->first[equation]; k < s->first[equation + 1]; k++)
        add(b, s->unknown[k], s->factor[k]);
    for (size_t k = s->first[equation]; k < s->first[equation + 1]; k++)
        if (b->row_of[s->unknown[k]] != NONE)
            add_row(b, &b->rows[b->row_of[s->unknown[k]]], -b->sum[s->unknown[k]]);
    int e = take(b, row);
    if (e < 0 || row->n == 0) {
        free(row->terms); /* it says nothing new */
        *row = (struct row) { 0 };
        return e;
    }
    uint32_t at = (uint32_t)b->n++;
    solve(b, row);
    uint32_t own = row->terms[0].unknown, next;
    for (uint32_t k = b->links[own]; k != NONE && e == 0; k = next) {
        next = b->pool[k].next;
        e = take_out(b, b->pool[k].row, at);
    }
    b->links[own] = NONE; /* nobody has it any more */
    b->row_of[own] = at;
    return e < 0 ? e : link_row(b, at);
}

/* ---- short equations first: the long ones then say little new */
struct length {
    size_t n, equation;
};

static int by_length(const void *va, const void *vb) {
    const struct length *a = va, *b = vb;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return (a->equation > b->equation) - (a->equation < b->equation);
}

int qz_system_solvable(struct qz_ctx *ctx, const struct qz_system *s, uint8_t *ret) {
    qz_cleanup(basis_done) struct basis b = { .ctx = ctx, .s = s };
    qz_cleanup(qz_freep) struct length *order = qz_malloc(s->n_equations, sizeof *order);
    int e = order ? make_room(&b) : qz_fail_nomem(ctx);
    if (e < 0)
        return e;
    for (size_t i = 0; i < s->n_equations; i++)
        order[i] = (struct length) { s->first[i + 1] - s->first[i], i };
    qsort(order, s->n_equations, sizeof *order, by_length);
    for (size_t i = 0; i < s->n_equations && e == 0; i++)
        e = add_equation(&b, order[i].equation);
    if (e < 0)
        return e;
    for (size_t i = 0; i < s->n_unknowns; i++)
        ret[i] = b.row_of[i] != NONE && b.rows[b.row_of[i]].n == 1;
    return 0;
}
