/* engine/demo/past.c - which communes were merged and split, and INSEE's table of movements. */
#include <stdio.h>
#include <string.h>
#include "demo/files.h"

static bool is_plain(const struct qz_commune *m) {
    return m->place == QZ_PLACE_VILLAGE && !m->island && m->upland <= 0;
}

/* The largest village. */
static uint32_t choose_merged(const struct qz_country *c) {
    uint32_t best = QZ_NOWHERE;
    for (size_t k = 0; k < c->n; k++) {
        uint32_t i = c->order[k];
        if (is_plain(&c->communes[i]) &&
            (best == QZ_NOWHERE || c->communes[i].people > c->communes[best].people))
            best = i;
    }
    return best;
}

static uint32_t people_of(const struct qz_country *c, uint32_t i) {
    return i == QZ_NOWHERE ? 0 : c->communes[i].people;
}

/* The largest village beside a larger one. */
static uint32_t child_of(const struct qz_country *c, uint32_t i, uint32_t merged) {
    const struct qz_commune *m = &c->communes[i];
    uint32_t best = QZ_NOWHERE;
    for (int side = 0; side < QZ_HEX_SIDES; side++) {
        uint32_t j = m->beyond[side];
        if (j == QZ_NOWHERE || j == merged || m->way[side] < QZ_WAY_LOCAL)
            continue;
        const struct qz_commune *other = &c->communes[j];
        if (is_plain(other) && other->people < m->people &&
            other->area[QZ_AREA_DEP] == m->area[QZ_AREA_DEP] && other->people > people_of(c, best))
            best = j;
    }
    return best;
}

/* Where the smaller part is largest. */
static void choose_split(const struct qz_country *c, struct qz_past *p) {
    for (size_t k = 0; k < c->n; k++) {
        uint32_t i = c->order[k];
        uint32_t child = i != p->merged && is_plain(&c->communes[i]) ? child_of(c, i, p->merged)
                                                                     : QZ_NOWHERE;
        if (people_of(c, child) > people_of(c, p->child)) {
            p->parent = i;
            p->child = child;
        }
    }
}

/* Beyond the codes that a departement gives, which end at 999 at most; one that nobody has. */
static void invent_code(const struct qz_country *c, struct qz_past *p) {
    const char *dep = c->communes[p->merged].insee;
    for (unsigned number = 999; number > 0; number--) {
        bool used = false;
        snprintf(p->gone_insee, sizeof p->gone_insee, "%.2s%03u", dep, number % 1000);
        for (size_t i = 0; i < c->n && !used; i++)
            used = strcmp(c->communes[i].insee, p->gone_insee) == 0;
        if (!used)
            return;
    }
    p->merged = QZ_NOWHERE;
}

void qz_past_choose(const struct qz_country *c, struct qz_past *ret) {
    *ret = (struct qz_past) { .parent = QZ_NOWHERE, .child = QZ_NOWHERE };
    ret->merged = choose_merged(c);
    if (ret->merged != QZ_NOWHERE)
        invent_code(c, ret);
    choose_split(c, ret);
}

const char *qz_past_insee(const struct qz_past *p, const struct qz_country *c, uint32_t i) {
    return c->communes[i == p->child ? p->parent : i].insee;
}

uint32_t qz_past_kept(uint32_t n) { return n * 62 / 100; }

/* ---- mouvements_communes.csv: what INSEE says of such a merger (32) and such a split (21) */

static const struct qz_column columns[] = {
    { "MOD", QZ_TEXT, 0 },    { "DATE_EFF", QZ_TEXT, 0 },   { "TYPECOM_AV", QZ_TEXT, 0 },
    { "COM_AV", QZ_TEXT, 0 }, { "LIBELLE_AV", QZ_TEXT, 0 }, { "TYPECOM_AP", QZ_TEXT, 0 },
    { "COM_AP", QZ_TEXT, 0 }, { "LIBELLE_AP", QZ_TEXT, 0 }
};

struct end { /* of a movement */
    const char *kind, *insee, *name;
};

static int write_movement(struct qz_ctx *ctx, struct qz_writer *w, const char *mod,
                          const char *date, struct end before, struct end after) {
    qz_writer_text(w, 0, mod);
    qz_writer_text(w, 1, date);
    qz_writer_text(w, 2, before.kind);
    qz_writer_text(w, 3, before.insee);
    qz_writer_text(w, 4, before.name);
    qz_writer_text(w, 5, after.kind);
    qz_writer_text(w, 6, after.insee);
    qz_writer_text(w, 7, after.name);
    return qz_writer_row(ctx, w);
}

/* Two communes become a commune nouvelle; each lives on as a delegated one. */
static int write_merger(struct qz_ctx *ctx, const struct qz_commune *m, const char *gone_insee,
                        struct qz_writer *w) {
    char gone[80];
    snprintf(gone, sizeof gone, "%s-le-Vieux", m->name);
    const struct end ends[] = { { "COM", m->insee, m->name }, { "COM", gone_insee, gone } };
    int r = 0;
    for (size_t i = 0; i < COUNT(ends) && r == 0; i++) {
        r = write_movement(ctx, w, "32", "2024-01-01", ends[i], ends[0]);
        if (r == 0)
            r = write_movement(ctx, w, "32", "2024-01-01", ends[i],
                               (struct end) { "COMD", ends[i].insee, ends[i].name });
    }
    return r;
}

/* A delegated commune becomes one of its own again. */
static int write_split(struct qz_ctx *ctx, const struct qz_commune *parent,
                       const struct qz_commune *child, struct qz_writer *w) {
    struct end whole = { "COM", parent->insee, parent->name };
    const struct end parts[] = { whole, { "COM", child->insee, child->name } };
    int r = 0;
    for (size_t i = 0; i < COUNT(parts) && r == 0; i++) {
        r = write_movement(ctx, w, "21", "2025-01-01", whole, parts[i]);
        if (r == 0)
            r = write_movement(ctx, w, "21", "2025-01-01",
                               (struct end) { "COMD", parts[i].insee, parts[i].name }, parts[i]);
    }
    return r;
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_country *c = d->country;
    int r = 0;
    if (i == d->past.merged)
        r = write_merger(ctx, &c->communes[i], d->past.gone_insee, w);
    if (r == 0 && i == d->past.parent)
        r = write_split(ctx, &c->communes[i], &c->communes[d->past.child], w);
    return r;
}

const struct qz_demo_file qz_demo_movements = { "mouvements_communes.csv",
                                                QZ_CSV,
                                                "mouvements_communes",
                                                "Mouvements inventés",
                                                QZ_GEOM_NONE,
                                                columns,
                                                COUNT(columns),
                                                write };
