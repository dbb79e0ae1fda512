/* engine/zone/area_pieces.c - the pieces that a territory falls into, and how many areas each gets.
 */
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "zone/area_board.h"

void qz_pieces_done(struct qz_pieces *p) {
    free(p->piece_of);
    free(p->n_members);
    free(p->people);
    free(p->share);
}

static bool same_unit(const struct qz_land_of_communes *in, uint32_t a, uint32_t b) {
    return !in->unit || in->unit[a] == in->unit[b];
}

static void walk(const struct qz_land_of_communes *in, uint32_t from, struct qz_pieces *p,
                 uint32_t *stack) {
    size_t n = 0;
    stack[n++] = from;
    p->piece_of[from] = (uint32_t)p->n;
    while (n) {
        uint32_t at = stack[--n];
        p->n_members[p->n]++;
        for (uint32_t i = in->first[at]; i < in->first[at + 1]; i++) {
            uint32_t next = in->neighbour[i];
            if (p->piece_of[next] != UINT32_MAX || !same_unit(in, at, next))
                continue;
            p->piece_of[next] = (uint32_t)p->n;
            stack[n++] = next;
        }
    }
    p->n++;
}

/* One at a time to the piece that lacks most: whole parts first, then the largest remainders. */
static void apportion(const struct qz_pieces *p, size_t k, double per_people, double per_member) {
    for (size_t i = 0; i < p->n; i++)
        p->share[i] = 1;
    for (size_t left = k - p->n; left; left--) {
        size_t best = SIZE_MAX;
        double most = 0;
        for (size_t i = 0; i < p->n; i++) {
            double lacks = p->people[i] * per_people + (double)p->n_members[i] * per_member -
                           (double)p->share[i];
            if (p->share[i] < p->n_members[i] && (best == SIZE_MAX || lacks > most)) {
                best = i;
                most = lacks;
            }
        }
        p->share[best]++; /* k is not above the communes: some piece has room */
    }
}

static int too_many(struct qz_ctx *ctx, const struct qz_land_of_communes *in,
                    const struct qz_pieces *p, size_t k) {
    size_t small = 0, commune = 0, n = in->n;
    char number[24];
    for (size_t i = 1; i < p->n; i++)
        small = p->people[i] < p->people[small] ? i : small;
    while (commune < n && p->piece_of[commune] != small)
        commune++;
    snprintf(number, sizeof number, "%zu", commune);
    return qz_fail(ctx, QZ_E_DATA,
                   "the territory falls into %zu pieces %s, more than %zu areas; the smallest is "
                   "that of commune %s, with %.0f people; ask for %zu areas or more",
                   p->n,
                   in->unit ? "by its boundaries and by limits that no area crosses"
                            : "without a common boundary",
                   k, in->code ? in->code[commune] : number, p->people[small], p->n);
}

static int find(struct qz_ctx *ctx, const struct qz_land_of_communes *in, struct qz_pieces *p) {
    qz_cleanup(qz_freep) uint32_t *stack = qz_malloc(in->n, sizeof *stack);
    p->piece_of = qz_malloc(in->n, sizeof *p->piece_of);
    p->n_members = qz_calloc(in->n, sizeof *p->n_members);
    p->people = qz_calloc(in->n, sizeof *p->people);
    p->share = qz_calloc(in->n, sizeof *p->share);
    if (!stack || !p->piece_of || !p->n_members || !p->people || !p->share)
        return qz_fail_nomem(ctx);
    memset(p->piece_of, 0xff, in->n * sizeof *p->piece_of);
    for (uint32_t i = 0; i < in->n; i++)
        if (p->piece_of[i] == UINT32_MAX)
            walk(in, i, p, stack);
    for (size_t i = 0; i < in->n; i++)
        p->people[p->piece_of[i]] += in->people[i];
    return 0;
}

int qz_pieces_init(struct qz_ctx *ctx, const struct qz_land_of_communes *in, size_t k,
                   struct qz_pieces *ret) {
    struct qz_pieces p = { 0 };
    double people = 0;
    int e = find(ctx, in, &p);
    if (e == 0 && p.n > k)
        e = too_many(ctx, in, &p, k);
    if (e < 0) {
        qz_pieces_done(&p);
        return e;
    }
    for (size_t i = 0; i < p.n; i++)
        people += p.people[i];
    if (people > 0)
        apportion(&p, k, (double)k / people, 0);
    else
        apportion(&p, k, 0, (double)k / (double)in->n);
    *ret = p;
    return 0;
}
