/* engine/locate/open.c - keeps the two nearest open sites of each place while sites come and go. */
#include <math.h>
#include <string.h>
#include "locate/open.h"

int qz_open_init(struct qz_ctx *ctx, const struct qz_siting *s, size_t n_slots,
                 struct qz_open *ret) {
    struct qz_open o = { .s = s, .n_slots = n_slots };
    o.site = qz_malloc(n_slots + 1, sizeof *o.site);
    o.slot = qz_malloc(s->n_candidates + 1, sizeof *o.slot);
    o.n_apart = qz_malloc(s->n_candidates + 1, sizeof *o.n_apart);
    o.near = qz_malloc(s->n_places + 1, sizeof *o.near);
    o.loss = qz_malloc(n_slots + 1, sizeof *o.loss);
    o.fall = qz_malloc(n_slots + 1, sizeof *o.fall);
    if (!o.site || !o.slot || !o.n_apart || !o.near || !o.loss || !o.fall) {
        qz_open_done(&o);
        return qz_fail_nomem(ctx);
    }
    qz_open_clear(&o);
    *ret = o;
    return 0;
}

void qz_open_done(struct qz_open *o) {
    free(o->site);
    free(o->slot);
    free(o->n_apart);
    free(o->near);
    free(o->loss);
    free(o->fall);
    *o = (struct qz_open) { 0 };
}

void qz_open_clear(struct qz_open *o) {
    uint32_t none = (uint32_t)o->n_slots;
    o->reach = 0;
    memset(o->site, 0xff, o->n_slots * sizeof *o->site);
    memset(o->slot, 0xff, o->s->n_candidates * sizeof *o->slot);
    memset(o->n_apart, 0, o->s->n_candidates * sizeof *o->n_apart);
    for (size_t r = 0; r <= o->n_slots; r++)
        o->loss[r] = 0;
    for (size_t i = 0; i < o->s->n_places; i++) {
        double far = o->s->far[i];
        o->near[i] = (struct qz_near) { far, far, o->s->weight[i], none, none };
        o->reach = fmax(o->reach, far);
    }
}

static void count_apart(struct qz_open *o, uint32_t site, uint32_t by) {
    const struct qz_siting *s = o->s;
    if (s->apart_first)
        for (uint32_t k = s->apart_first[site]; k < s->apart_first[site + 1]; k++)
            o->n_apart[s->apart[k]] += by;
}

static double loss_of(const struct qz_near *n) { return n->weight * (n->second_time - n->time); }

void qz_open_put(struct qz_open *o, uint32_t slot, uint32_t site) {
    const struct qz_siting *s = o->s;
    o->site[slot] = site;
    o->slot[site] = slot;
    count_apart(o, site, 1);
    for (size_t k = s->site_first[site]; k < s->site_first[site + 1]; k++) {
        struct qz_near *n = &o->near[s->site_tie[k].at];
        double time = s->site_tie[k].time;
        if (time >= o->reach)
            break;
        if (time >= n->second_time)
            continue;
        o->loss[n->slot] -= loss_of(n);
        if (time < n->time) {
            n->second_time = n->time;
            n->second_slot = n->slot;
            n->time = time;
            n->slot = slot;
        } else {
            n->second_time = time;
            n->second_slot = slot;
        }
        o->loss[n->slot] += loss_of(n);
    }
}

static void find_second(struct qz_open *o, size_t place) {
    const struct qz_siting *s = o->s;
    struct qz_near *n = &o->near[place];
    n->second_time = s->far[place];
    n->second_slot = (uint32_t)o->n_slots;
    for (size_t k = s->first[place]; k < s->first[place + 1]; k++) {
        uint32_t slot = o->slot[s->tie[k].at];
        if (slot != QZ_NO_CANDIDATE && slot != n->slot) {
            n->second_time = s->tie[k].time;
            n->second_slot = slot;
            break;
        }
    }
    o->reach = fmax(o->reach, n->second_time);
}

void qz_open_take(struct qz_open *o, uint32_t slot) {
    const struct qz_siting *s = o->s;
    uint32_t site = o->site[slot];
    o->site[slot] = o->slot[site] = QZ_NO_CANDIDATE;
    count_apart(o, site, UINT32_MAX); /* one less */
    for (size_t k = s->site_first[site]; k < s->site_first[site + 1]; k++) {
        struct qz_near *n = &o->near[s->site_tie[k].at];
        if (n->slot != slot && n->second_slot != slot)
            continue;
        o->loss[n->slot] -= loss_of(n);
        if (n->slot == slot) {
            n->time = n->second_time;
            n->slot = n->second_slot;
        }
        find_second(o, s->site_tie[k].at);
        o->loss[n->slot] += loss_of(n);
    }
    o->loss[slot] = 0;
}

double qz_open_cost(const struct qz_open *o) {
    double cost = 0;
    for (size_t i = 0; i < o->s->n_places; i++)
        cost += o->near[i].weight * o->near[i].time;
    return cost;
}

double qz_open_gain(const struct qz_open *o, uint32_t site) {
    const struct qz_siting *s = o->s;
    double gain = 0;
    for (size_t k = s->site_first[site]; k < s->site_first[site + 1]; k++) {
        const struct qz_near *n = &o->near[s->site_tie[k].at];
        double time = s->site_tie[k].time;
        if (time < n->time)
            gain += n->weight * (n->time - time);
    }
    return gain;
}
