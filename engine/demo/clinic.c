/* engine/demo/clinic.c - where practitioners work: structures first, then practices of their own.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "demo/clinic.h"

enum { PURPOSE_HABITS = 112 };

void qz_clinic_clear(struct qz_clinic *k) { k->n = k->n_coordinated = k->n_persons = 0; }

void qz_clinic_done(struct qz_clinic *k) {
    free(k->sites);
    free(k->persons);
    *k = (struct qz_clinic) { 0 };
}

struct qz_xy qz_clinic_doorstep(const struct qz_streets *g, struct qz_dice *dice) {
    for (int try = 0; try < 40; try++) {
        const struct qz_stretch *e = &g->stretches[qz_dice_below(dice, (uint32_t)g->n_stretches)];
        double t = qz_dice_between(dice, 0.2, 0.8), off_m = qz_dice_between(dice, 5, 9);
        if (!e->kept || !e->town || e->road > QZ_ROAD_STREET || e->road < QZ_ROAD_NATIONAL ||
            e->loop)
            continue;
        struct qz_xy a = g->points[e->first], b = g->points[e->first + 1];
        double dx = b.x_m - a.x_m, dy = b.y_m - a.y_m, length = fmax(qz_distance_m(a, b), 1);
        return (struct qz_xy) { a.x_m + t * dx - off_m * dy / length,
                                a.y_m + t * dy + off_m * dx / length };
    }
    return (struct qz_xy) { g->crossings[0].at.x_m + 9, g->crossings[0].at.y_m + 7 };
}

/* What no other file needs has dice of its own, so that the rest stays where it was. */
static void take_habits(struct qz_clinic_site *s, const struct qz_commune *m, size_t number) {
    static const struct {
        const char *structure;
        double evening, weekend;
    } usual[] = { { "maison", 0.6, 0.5 },
                  { "centre", 0.5, 0.3 },
                  { "hopital", 1, 1 },
                  { "officine", 0.1, 0.6 },
                  { "cabinet", 0.2, 0.15 } };
    struct qz_dice dice = { qz_dice_key(m->key, PURPOSE_HABITS, number, 0) };
    size_t i = 0;
    while (i + 1 < COUNT(usual) && strcmp(usual[i].structure, s->structure) != 0)
        i++;
    s->evening = qz_dice_chance(&dice, usual[i].evening);
    s->weekend = qz_dice_chance(&dice, usual[i].weekend);
    s->geocoding = qz_dice_between(&dice, 0.62, 0.98);
}

struct qz_clinic_site *qz_clinic_open(struct qz_ctx *ctx, struct qz_clinic *k,
                                      const struct qz_streets *g, const struct qz_commune *m,
                                      const char *structure, uint32_t room, struct qz_dice *dice) {
    struct qz_clinic_site *sites = qz_grow(k->sites, &k->cap, k->n + 1, sizeof *sites);
    if (!sites) {
        qz_fail_nomem(ctx);
        return NULL;
    }
    k->sites = sites;
    struct qz_clinic_site *s = &sites[k->n++];
    *s = (struct qz_clinic_site) { .structure = structure,
                                   .room = room,
                                   .at = qz_clinic_doorstep(g, dice) };
    snprintf(s->id, sizeof s->id, "%s-%03u", m->insee, (unsigned)(k->n % 1000));
    take_habits(s, m, k->n);
    return s;
}

void qz_clinic_number(struct qz_clinic_site *s, uint64_t *n_structures) {
    snprintf(s->finess, sizeof s->finess, "99%07u", (unsigned)(++*n_structures % 10000000));
}

static int open_coordinated(struct qz_ctx *ctx, struct qz_clinic *k, const struct qz_streets *g,
                            const struct qz_commune *m, uint64_t *n_structures,
                            const char *structure, uint32_t n, struct qz_dice *dice) {
    for (uint32_t i = 0; i < n; i++) {
        struct qz_clinic_site *s = qz_clinic_open(ctx, k, g, m, structure,
                                                  7 + qz_dice_below(dice, 9), dice);
        if (!s)
            return QZ_E_NOMEM;
        qz_clinic_number(s, n_structures);
    }
    k->n_coordinated = k->n;
    return 0;
}

int qz_clinic_found(struct qz_ctx *ctx, struct qz_clinic *k, const struct qz_streets *g,
                    const struct qz_commune *m, uint64_t *n_structures, struct qz_dice *dice) {
    bool capital = m->place == QZ_PLACE_CAPITAL, town = m->place == QZ_PLACE_TOWN;
    bool market = m->place == QZ_PLACE_CENTRE, large = m->people > 1300 && !market && !town;
    uint32_t maisons = capital ? 5 : town ? 1 + (m->people > 10000) : 0;
    if (m->upland <= 0 && qz_dice_chance(dice, market ? 0.65 : large ? 0.3 : 0))
        maisons = 1;
    uint32_t centres = capital ? 2 : town && qz_dice_chance(dice, 0.4);
    uint32_t hospitals = capital || (town && m->people > 9000);
    int r = open_coordinated(ctx, k, g, m, n_structures, "maison", maisons, dice);
    if (r == 0)
        r = open_coordinated(ctx, k, g, m, n_structures, "centre", centres, dice);
    return r < 0 ? r : open_coordinated(ctx, k, g, m, n_structures, "hopital", hospitals, dice);
}

/* The coordinated structure that this luck wishes for; NULL: one's own practice. */
static const char *wish_of(const struct qz_profession *p, double luck) {
    if (luck < p->in_hopital)
        return "hopital";
    if (luck < p->in_hopital + p->in_centre)
        return "centre";
    return luck < p->in_hopital + p->in_centre + p->in_maison ? "maison" : NULL;
}

static struct qz_clinic_site *with_room(const struct qz_clinic *k, const struct qz_profession *p,
                                        const char *wish) {
    for (size_t i = 0; i < k->n; i++) {
        struct qz_clinic_site *s = &k->sites[i];
        bool right = i < k->n_coordinated ? wish && strcmp(s->structure, wish) == 0 : s->only == p;
        if (right && s->room > 0)
            return s;
    }
    return NULL;
}

struct qz_clinic_site *qz_clinic_choose(struct qz_ctx *ctx, struct qz_clinic *k,
                                        const struct qz_streets *g, const struct qz_commune *m,
                                        const struct qz_profession *p, struct qz_dice *dice) {
    struct qz_clinic_site *s = with_room(k, p, wish_of(p, qz_dice_roll(dice)));
    if (!s) {
        s = qz_clinic_open(ctx, k, g, m, p->alone, 1 + qz_dice_below(dice, p->group), dice);
        if (!s)
            return NULL;
        s->only = p;
    }
    s->room--;
    return s;
}

int qz_clinic_remember(struct qz_ctx *ctx, struct qz_clinic *k, const struct qz_person *who,
                       const struct qz_clinic_site *s) {
    struct qz_person *persons = qz_grow(k->persons, &k->cap_persons, k->n_persons + 1,
                                        sizeof *persons);
    if (!persons)
        return qz_fail_nomem(ctx);
    k->persons = persons;
    persons[k->n_persons] = *who;
    persons[k->n_persons++].site = (uint32_t)(s - k->sites);
    return 0;
}
