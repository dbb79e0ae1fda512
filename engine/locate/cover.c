/* engine/locate/cover.c - the lists of places and sites, both ways, without those that left. */
#include <math.h>
#include <string.h>
#include "locate/cover.h"

static int allocate(struct qz_ctx *ctx, size_t n_ties, struct qz_cover *v) {
    size_t n = v->n_places + 1, n_sites = v->n_sites + 1;
    v->weight = qz_malloc(n, sizeof *v->weight);
    v->price = qz_calloc(n, sizeof *v->price);
    v->first = qz_calloc(n, sizeof *v->first);
    v->site_first = qz_calloc(n_sites, sizeof *v->site_first);
    v->tie = qz_malloc(n_ties + 1, sizeof *v->tie);
    v->site_tie = qz_malloc(n_ties + 1, sizeof *v->site_tie);
    v->id = qz_malloc(n_sites, sizeof *v->id);
    v->forced = qz_malloc(v->n_forced + n_sites, sizeof *v->forced);
    v->place_gone = qz_calloc(n, sizeof *v->place_gone);
    v->site_gone = qz_calloc(n_sites, sizeof *v->site_gone);
    if (v->weight && v->price && v->first && v->site_first && v->tie && v->site_tie && v->id &&
        v->forced && v->place_gone && v->site_gone)
        return 0;
    qz_cover_done(v);
    return qz_fail_nomem(ctx);
}

void qz_cover_done(struct qz_cover *v) {
    free(v->weight);
    free(v->price);
    free(v->first);
    free(v->site_first);
    free(v->tie);
    free(v->site_tie);
    free(v->id);
    free(v->forced);
    free(v->place_gone);
    free(v->site_gone);
    *v = (struct qz_cover) { 0 };
}

/* From the lists of places to those of sites; site_first is 0 all over. */
static void turn_over(struct qz_cover *v) {
    size_t n_ties = qz_cover_n_ties(v);
    for (size_t k = 0; k < n_ties; k++)
        v->site_first[v->tie[k] + 1]++;
    for (size_t c = 0; c < v->n_sites; c++)
        v->site_first[c + 1] += v->site_first[c];
    for (size_t i = v->n_places; i > 0; i--) /* from behind: the end of each list moves down */
        for (size_t k = v->first[i - 1]; k < v->first[i]; k++)
            v->site_tie[--v->site_first[v->tie[k] + 1]] = (uint32_t)(i - 1);
    memmove(v->site_first, v->site_first + 1, v->n_sites * sizeof *v->site_first);
    v->site_first[v->n_sites] = n_ties;
}

/* Prices to begin with: no site earns more than it costs. */
static void first_prices(struct qz_cover *v) {
    for (size_t i = 0; i < v->n_places; i++) {
        size_t most = 1;
        for (size_t k = v->first[i]; k < v->first[i + 1]; k++) {
            size_t n = v->site_first[v->tie[k] + 1] - v->site_first[v->tie[k]];
            most = n > most ? n : most;
        }
        v->price[i] = 1 / (double)most;
    }
}

int qz_cover_init(struct qz_ctx *ctx, const struct qz_siting *s, double room,
                  struct qz_cover *ret) {
    struct qz_cover v = {
        .s = s, .n_places = s->n_places, .n_sites = s->n_candidates, .room = room
    };
    int r = allocate(ctx, s->first[s->n_places], &v);
    if (r < 0)
        return r;
    memcpy(v.weight, s->weight, s->n_places * sizeof *v.weight);
    memcpy(v.first, s->first, (s->n_places + 1) * sizeof *v.first);
    for (size_t k = 0; k < s->first[s->n_places]; k++)
        v.tie[k] = s->tie[k].at;
    for (uint32_t c = 0; c < s->n_candidates; c++)
        v.id[c] = c;
    turn_over(&v);
    first_prices(&v);
    *ret = v;
    return 0;
}

static void copy_places(const struct qz_cover *from, const uint32_t *site, struct qz_cover *v) {
    size_t n = 0, n_ties = 0;
    for (size_t i = 0; i < from->n_places; i++) {
        if (from->place_gone[i])
            continue;
        v->weight[n] = from->weight[i];
        v->price[n] = from->price[i];
        for (size_t k = from->first[i]; k < from->first[i + 1]; k++)
            if (site[from->tie[k]] != QZ_NO_CANDIDATE)
                v->tie[n_ties++] = site[from->tie[k]];
        v->first[++n] = n_ties;
    }
}

int qz_cover_copy(struct qz_ctx *ctx, const struct qz_cover *from, struct qz_cover *ret) {
    qz_cleanup(qz_freep) uint32_t *site = qz_malloc(from->n_sites + 1, sizeof *site);
    if (!site)
        return qz_fail_nomem(ctx);
    struct qz_cover v = *from;
    v.n_places = v.n_sites = 0;
    for (size_t i = 0; i < from->n_places; i++)
        v.n_places += !from->place_gone[i];
    for (size_t c = 0; c < from->n_sites; c++)
        site[c] = from->site_gone[c] ? QZ_NO_CANDIDATE : (uint32_t)v.n_sites++;
    int r = allocate(ctx, qz_cover_n_ties(from), &v);
    if (r < 0)
        return r;
    for (size_t c = 0; c < from->n_sites; c++)
        if (site[c] != QZ_NO_CANDIDATE)
            v.id[site[c]] = from->id[c];
    memcpy(v.forced, from->forced, from->n_forced * sizeof *v.forced);
    copy_places(from, site, &v);
    turn_over(&v);
    *ret = v;
    return 0;
}

int qz_cover_pack(struct qz_ctx *ctx, struct qz_cover *v) {
    struct qz_cover packed = { 0 };
    int r = qz_cover_copy(ctx, v, &packed);
    if (r < 0)
        return r;
    qz_cover_done(v);
    *v = packed;
    return 0;
}

void qz_cover_force(struct qz_cover *v, uint32_t site) {
    const struct qz_siting *s = v->s;
    uint32_t c = v->id[site];
    v->forced[v->n_forced++] = c;
    v->site_gone[site] = 1;
    for (size_t k = v->site_first[site]; k < v->site_first[site + 1]; k++)
        v->place_gone[v->site_tie[k]] = 1;
    if (!s->apart_first)
        return;
    for (size_t o = 0; o < v->n_sites; o++)
        for (uint32_t k = s->apart_first[c]; k < s->apart_first[c + 1] && !v->site_gone[o]; k++)
            v->site_gone[o] = s->apart[k] == v->id[o];
}

void qz_cover_leave(struct qz_cover *v, size_t place) {
    v->hopeless = v->hopeless || qz_cover_must(v, place);
    v->room -= v->weight[place];
    v->place_gone[place] = 1;
    for (size_t k = v->first[place]; k < v->first[place + 1]; k++)
        v->site_gone[v->tie[k]] = 1;
}
