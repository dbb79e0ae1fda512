/* engine/run/cover.c - departements and communes without a road, border communes where the roads
 * end: deliveries come one departement at a time, and a forgotten one shows here. */
#include <stdio.h>
#include <string.h>
#include "run/run.h"

/* ---- departements: communes are sorted by code, their departements nearly so */
struct tally {
    const char *departement;
    size_t n, n_with_road, n_at_edge;
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

/* Roads of the departements around reach into a few communes of one whose own were forgotten. */
static bool is_missing(const struct tally *t) {
    const size_t n_small = 5, percent = 10;
    return t->n_with_road == 0 || (t->n >= n_small && t->n_with_road * 100 <= t->n * percent);
}

/* ---- what is told */
static int tell_departement(struct qz_ctx *ctx, struct qz_run_state *s, const struct tally *t) {
    char roads[64] = "no road in any";
    if (t->n_with_road)
        snprintf(roads, sizeof roads, "a road in only %zu", t->n_with_road);
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "roads", 0, NULL, "roads_missing",
                        "departement %s: %s of its %zu communes; add its delivery to 'file' in "
                        "[roads]",
                        t->departement, roads, t->n);
}

static int tell_commune(struct qz_ctx *ctx, struct qz_run_state *s, size_t i) {
    struct qz_xy at = qz_shape_centroid(s->communes->shapes, i);
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "roads", 0, &at,
                        "commune_without_road",
                        "commune %s (%s) has no road for cars inside its limits; check that the "
                        "roads cover it",
                        s->communes->code[i], s->communes->name[i]);
}

/* Texts of no more than `most` bytes stay whole, so that the message has room for the remedy. */
static const char *brief(const char *text, size_t most) {
    return strlen(text) <= most ? text : "...";
}

static int tell_edge(struct qz_ctx *ctx, struct qz_run_state *s, const struct tally *all, size_t n,
                     const uint8_t *at_edge) {
    enum { MOST_COMMUNES = 5, MOST_DEPARTEMENTS = 8 };
    const struct qz_communes *c = s->communes;
    char where[MOST_DEPARTEMENTS * 8] = "", which[MOST_COMMUNES * 40] = "";
    size_t n_where = 0, n_which = 0, where_end = 0, which_end = 0;
    for (size_t i = 0; i < n; i++)
        if (all[i].n_at_edge && n_where++ < MOST_DEPARTEMENTS)
            where_end += (size_t)snprintf(where + where_end, 8, "%s%s", n_where > 1 ? ", " : "",
                                          brief(all[i].departement, 4));
    for (size_t i = 0; i < c->n; i++)
        if (at_edge[i] && n_which++ < MOST_COMMUNES)
            which_end += (size_t)snprintf(which + which_end, 40, "%s%s (%s)",
                                          n_which > 1 ? ", " : "", brief(c->code[i], 5),
                                          brief(c->name[i], 28));
    if (n_which == 0)
        return 0;
    return qz_issue_add(
        ctx, &s->issues, QZ_SEVERITY_NOTE, "roads", 0, NULL, "edge_of_roads",
        "%zu border communes, departement%s %s%s: %s%s: no road goes on outside; add the "
        "neighbouring deliveries to 'file' in [roads], or say closed = yes in [territory] where "
        "nothing lies beyond, as on an island",
        n_which, n_where > 1 ? "s" : "", where, n_where > MOST_DEPARTEMENTS ? " ..." : "", which,
        n_which > MOST_COMMUNES ? " ..." : "");
}

/* ---- the edge of the data */
static int look_at_edge(struct qz_ctx *ctx, struct qz_run_state *s, const uint8_t *has_road,
                        struct tally *all, size_t n) {
    const struct qz_communes *c = s->communes;
    qz_cleanup(qz_freep) uint8_t *at_edge = qz_calloc(c->n, 1);
    int e = at_edge ? qz_run_edge(ctx, s, at_edge) : qz_fail_nomem(ctx);
    for (size_t i = 0; i < c->n && e == 0; i++) {
        at_edge[i] = at_edge[i] && has_road[i]; /* without a road it was told already */
        find(all, n, c->departement[i])->n_at_edge += at_edge[i];
    }
    return e < 0 ? e : tell_edge(ctx, s, all, n, at_edge);
}

int qz_run_cover_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)ctx, (void)part;
    qz_hash_number(h, s->plan->closed);
    return 0;
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
        if (is_missing(&all[i]))
            e = tell_departement(ctx, s, &all[i]);
    for (size_t i = 0; i < c->n && e == 0; i++)
        if (!has_road[i] && !is_missing(find(all, n, c->departement[i])))
            e = tell_commune(ctx, s, i);
    return e < 0 || s->plan->closed ? e : look_at_edge(ctx, s, has_road, all, n);
}
