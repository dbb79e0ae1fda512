/* engine/locate/trim.c - sites that must open, and what another one stands for. */
#include <math.h>
#include <string.h>
#include "locate/cover.h"

static const double most_words = 1 << 24; /* of a table of bits: 128 MB */

/* ---- places with one site, or with none */
static size_t n_live(const struct qz_cover *v, size_t place, uint32_t *site) {
    size_t n = 0;
    for (size_t k = v->first[place]; k < v->first[place + 1]; k++)
        if (!v->site_gone[v->tie[k]]) {
            *site = v->tie[k];
            n++;
        }
    return n;
}

static bool settle_places(struct qz_cover *v) {
    bool any = false;
    double left = 0;
    for (size_t i = 0; i < v->n_places && !v->hopeless; i++) {
        uint32_t site;
        size_t n = v->place_gone[i] ? SIZE_MAX : n_live(v, i, &site);
        if (n == 0)
            qz_cover_leave(v, i);
        else if (n == 1 && qz_cover_must(v, i))
            qz_cover_force(v, site);
        any = any || n == 0 || v->place_gone[i];
    }
    for (size_t i = 0; i < v->n_places; i++)
        left += v->place_gone[i] ? 0 : v->weight[i];
    if (left > v->room || v->n_places == 0)
        return any;
    memset(v->place_gone, 1, v->n_places); /* enough is covered */
    memset(v->site_gone, 1, v->n_sites);
    return true;
}

/* ---- places that the same sites cover are one */
struct kind {
    uint64_t hash;
    uint32_t n, at;
};

static int by_kind(const void *va, const void *vb) {
    const struct kind *a = va, *b = vb;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

static struct kind kind_of(const struct qz_cover *v, size_t place) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t k = v->first[place]; k < v->first[place + 1]; k++)
        hash = (hash ^ v->tie[k]) * 0x100000001b3u;
    return (struct kind) { hash, (uint32_t)(v->first[place + 1] - v->first[place]),
                           (uint32_t)place };
}

static bool same_kind(const struct qz_cover *v, const struct kind *a, const struct kind *b) {
    return a->hash == b->hash && a->n == b->n &&
           memcmp(v->tie + v->first[a->at], v->tie + v->first[b->at], a->n * sizeof *v->tie) == 0;
}

static int merge_places(struct qz_ctx *ctx, struct qz_cover *v, bool *any) {
    qz_cleanup(qz_freep) struct kind *kind = qz_malloc(v->n_places + 1, sizeof *kind);
    if (!kind)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < v->n_places; i++)
        kind[i] = kind_of(v, i);
    qsort(kind, v->n_places, sizeof *kind, by_kind);
    for (size_t i = 1, first = 0; i < v->n_places; i++) {
        uint32_t at = kind[i].at, to = kind[first].at;
        if (!same_kind(v, &kind[first], &kind[i])) {
            first = i;
            continue;
        }
        v->weight[to] += v->weight[at];
        v->price[to] = fmin(v->price[to] + v->price[at], 1);
        v->place_gone[at] = 1;
        *any = true;
    }
    return 0;
}

/* ---- one list within another, as rows of bits */
struct rows {
    uint64_t *bit;
    size_t n_words;
};

/* No rows (bit NULL): too many for it to pay. */
static int make_rows(struct qz_ctx *ctx, size_t n, size_t n_columns, const size_t *first,
                     const uint32_t *tie, struct rows *r) {
    r->n_words = n_columns / 64 + 1;
    if ((double)n * (double)r->n_words > most_words)
        return 0;
    r->bit = qz_calloc(n * r->n_words + 1, sizeof *r->bit);
    if (!r->bit)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        for (size_t k = first[i]; k < first[i + 1]; k++)
            r->bit[i * r->n_words + tie[k] / 64] |= (uint64_t)1 << tie[k] % 64;
    return 0;
}

static void rows_done(struct rows *r) { free(r->bit); }

static bool is_within(const struct rows *r, size_t a, size_t b) {
    const uint64_t *in = r->bit + a * r->n_words, *of = r->bit + b * r->n_words;
    for (size_t w = 0; w < r->n_words; w++)
        if (in[w] & ~of[w])
            return false;
    return true;
}

/* Of tie[from, to), the one with the shortest list of its own. */
static uint32_t shortest(const uint32_t *tie, size_t from, size_t to, const size_t *first) {
    uint32_t best = tie[from];
    for (size_t k = from + 1; k < to; k++)
        if (first[tie[k] + 1] - first[tie[k]] < first[best + 1] - first[best])
            best = tie[k];
    return best;
}

/* ---- who covers the first covers the second: only the first counts */
static int drop_places(struct qz_ctx *ctx, struct qz_cover *v, bool *any) {
    qz_cleanup(rows_done) struct rows rows = { 0 };
    int r = make_rows(ctx, v->n_places, v->n_sites, v->first, v->tie, &rows);
    for (uint32_t i = 0; i < v->n_places && rows.bit; i++) {
        if (v->place_gone[i] || !qz_cover_must(v, i))
            continue;
        uint32_t c = shortest(v->tie, v->first[i], v->first[i + 1], v->site_first);
        for (size_t k = v->site_first[c]; k < v->site_first[c + 1]; k++) {
            uint32_t o = v->site_tie[k];
            if (o == i || v->place_gone[o] || !is_within(&rows, i, o))
                continue;
            v->place_gone[o] = 1;
            *any = true;
        }
    }
    return r;
}

/* ---- the second covers all that the first does, and keeps out no more others */
static bool keeps_out_no_more(const struct qz_siting *s, uint32_t of, uint32_t than) {
    for (uint32_t k = s->apart_first ? s->apart_first[of] : 0;
         s->apart_first && k < s->apart_first[of + 1]; k++) {
        uint32_t a = s->apart_first[than];
        while (a < s->apart_first[than + 1] && s->apart[a] != s->apart[k])
            a++;
        if (a == s->apart_first[than + 1] && s->apart[k] != than)
            return false;
    }
    return true;
}

static bool stands_for(const struct qz_cover *v, const struct rows *rows, uint32_t o, uint32_t c) {
    size_t n = v->site_first[c + 1] - v->site_first[c],
           n_other = v->site_first[o + 1] - v->site_first[o];
    return o != c && !v->site_gone[o] && (n_other > n || (n_other == n && o < c)) &&
           is_within(rows, c, o) && keeps_out_no_more(v->s, v->id[o], v->id[c]);
}

static int drop_sites(struct qz_ctx *ctx, struct qz_cover *v, bool *any) {
    qz_cleanup(rows_done) struct rows rows = { 0 };
    int r = make_rows(ctx, v->n_sites, v->n_places, v->site_first, v->site_tie, &rows);
    for (uint32_t c = 0; c < v->n_sites && rows.bit; c++) {
        if (v->site_first[c] == v->site_first[c + 1]) {
            v->site_gone[c] = 1; /* it covers nothing */
            *any = true;
            continue;
        }
        uint32_t i = shortest(v->site_tie, v->site_first[c], v->site_first[c + 1], v->first);
        for (size_t k = v->first[i]; k < v->first[i + 1] && !v->site_gone[c]; k++)
            v->site_gone[c] = stands_for(v, &rows, v->tie[k], c);
        *any = *any || v->site_gone[c];
    }
    return r;
}

/* ---- all of it, again and again */
static int settle(struct qz_ctx *ctx, struct qz_cover *v) {
    int r = qz_cover_pack(ctx, v);
    while (r == 0 && !v->hopeless && settle_places(v))
        r = qz_cover_pack(ctx, v);
    return r;
}

int qz_cover_trim(struct qz_ctx *ctx, struct qz_cover *v) {
    typedef int (*rule)(struct qz_ctx *, struct qz_cover *, bool *);
    static const rule rules[] = { merge_places, drop_places, drop_sites };
    int r = settle(ctx, v);
    for (bool any = true; r == 0 && any && v->n_places > 0 && !v->hopeless;) {
        any = false;
        for (size_t k = 0; r == 0 && k < COUNT(rules); k++) {
            bool some = false;
            r = rules[k](ctx, v, &some);
            if (r == 0 && some)
                r = settle(ctx, v);
            any = any || some;
            if (v->n_places == 0 || v->hopeless)
                break;
        }
    }
    return r;
}
