/* engine/run/cover.c - departements and communes without a road: deliveries come one departement at
 * a time, and a forgotten one shows here. */
#include <string.h>
#include "run/run.h"

/* ---- departements: communes are sorted by code, their departements nearly so */
struct tally {
    const char *departement;
    size_t n, n_with_road;
};

static struct tally *find(struct tally *all, size_t n, const char *departement) {
    for (size_t i = n; i-- > 0;)
        if (strcmp(all[i].departement, departement) == 0)
            return &all[i];
    return NULL;
}

static size_t count(const struct qz_communes *c, const uint8_t *has_road, struct tally *all) {
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct tally *t = find(all, n, c->departement[i]);
        if (!t) {
            t = &all[n++];
            t->departement = c->departement[i];
        }
        t->n++;
        t->n_with_road += has_road[i];
    }
    return n;
}

/* ---- what is told */
static int tell_departement(struct qz_ctx *ctx, struct qz_run_state *s, const struct tally *t) {
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "roads", 0, NULL, "roads_missing",
                        "departement %s: no road in any of its %zu communes; add its delivery to "
                        "'file' in [roads]",
                        t->departement, t->n);
}

static int tell_commune(struct qz_ctx *ctx, struct qz_run_state *s, size_t i) {
    struct qz_xy at = qz_shape_centroid(s->communes->shapes, i);
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "roads", 0, &at,
                        "commune_without_road",
                        "commune %s (%s) has no road for cars inside its limits; check that the "
                        "roads cover it",
                        s->communes->code[i], s->communes->name[i]);
}

int qz_run_cover(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_communes *c = s->communes;
    qz_cleanup(qz_freep) uint8_t *has_road = qz_calloc(c->n, 1);
    qz_cleanup(qz_freep) struct tally *all = qz_calloc(c->n, sizeof *all);
    if (!has_road || !all)
        return qz_fail_nomem(ctx);
    int e = qz_network_cover(ctx, s->network, c->shapes, s->locator, has_road);
    size_t n = e == 0 ? count(c, has_road, all) : 0;
    for (size_t i = 0; i < n && e == 0; i++)
        if (all[i].n_with_road == 0)
            e = tell_departement(ctx, s, &all[i]);
    for (size_t i = 0; i < c->n && e == 0; i++)
        if (!has_road[i] && find(all, n, c->departement[i])->n_with_road)
            e = tell_commune(ctx, s, i);
    return e;
}
