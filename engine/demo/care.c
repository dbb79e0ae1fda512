/* engine/demo/care.c - practitioners: how many, of what age, and where they work. Towns have many,
 * villages few, the uplands almost none. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "demo/dice.h"
#include "demo/files.h"

enum { PURPOSE_CARE = 111 };

static const struct profession {
    const char *name;
    double per_100k[QZ_PLACE_CAPITAL + 1]; /* village, suburb, centre, town, capital */
    double upland_ratio;                   /* of what a lowland place has */
    double age, spread, women;
    double in_maison, in_centre, in_hopital, moves; /* shares */
    const char *alone;                              /* structure of the others */
    uint32_t group;                                 /* at most, in one of these */
} professions[] = {
    { "medecin_generaliste",
      { 62, 74, 118, 112, 102 },
      0,
      50,
      11,
      0.47,
      0.38,
      0.06,
      0.07,
      0.12,
      "cabinet",
      3 },
    { "infirmier",
      { 85, 130, 225, 205, 165 },
      0.35,
      45,
      10,
      0.85,
      0.34,
      0.06,
      0,
      0.05,
      "cabinet",
      4 },
    { "masseur_kinesitherapeute",
      { 26, 85, 140, 150, 140 },
      0.10,
      41,
      11,
      0.52,
      0.30,
      0.02,
      0.08,
      0.05,
      "cabinet",
      4 },
    { "sage_femme", { 0, 8, 24, 34, 33 }, 0, 42, 10, 0.97, 0.30, 0.05, 0.35, 0.15, "cabinet", 2 },
    { "chirurgien_dentiste",
      { 7, 42, 82, 84, 76 },
      0,
      47,
      12,
      0.46,
      0.12,
      0.06,
      0,
      0.02,
      "cabinet",
      3 },
    { "pharmacien", { 34, 75, 135, 120, 98 }, 0.40, 48, 11, 0.68, 0, 0, 0, 0, "officine", 3 },
};

/* Small villages share one practice among several. */
static double expected(const struct qz_commune *m, const struct profession *p) {
    double size = 1;
    if (m->place == QZ_PLACE_VILLAGE)
        size = m->people >= 900 ? 1.6 : m->people >= 450 ? 1.1 : 0.25;
    double n = p->per_100k[m->place] * 1e-5 * m->people * size;
    return m->upland > 0 ? n * p->upland_ratio : n;
}

/* At the fringe of the uplands a few doctors stay on, all near the end of their career. */
static bool has_last_doctor(const struct qz_commune *m) {
    return m->upland > 0 && m->upland < 0.13F && m->people > 450 &&
           qz_dice_unit(qz_dice_key(m->key, PURPOSE_CARE, 1, 0)) < 0.28;
}

static uint32_t count_of(const struct qz_commune *m, size_t profession, struct qz_dice *d) {
    if (profession == 0 && has_last_doctor(m))
        return 1;
    return (uint32_t)(expected(m, &professions[profession]) + qz_dice_roll(d));
}

/* ---- the sites of a commune */

struct site {
    char id[12], finess[12];
    const char *structure;
    const struct profession *only; /* NULL: any */
    uint32_t room;
    struct qz_xy at;
};

struct clinic { /* the sites of one commune; the coordinated ones come first */
    struct site *sites;
    size_t n, cap, n_coordinated;
};

static void clinic_done(struct clinic *k) { free(k->sites); }

/* A few metres beside a street of the bourg. */
static struct qz_xy doorstep(const struct qz_delivery *d, struct qz_dice *dice) {
    const struct qz_streets *g = &d->streets;
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

static struct site *open_site(struct qz_ctx *ctx, struct qz_delivery *d, struct clinic *k,
                              const struct qz_commune *m, const char *structure, uint32_t room,
                              struct qz_dice *dice) {
    struct site *sites = qz_grow(k->sites, &k->cap, k->n + 1, sizeof *sites);
    if (!sites) {
        qz_fail_nomem(ctx);
        return NULL;
    }
    k->sites = sites;
    struct site *s = &sites[k->n++];
    *s = (struct site) { .structure = structure, .room = room, .at = doorstep(d, dice) };
    snprintf(s->id, sizeof s->id, "%s-%03u", m->insee, (unsigned)(k->n % 1000));
    return s;
}

static int open_coordinated(struct qz_ctx *ctx, struct qz_delivery *d, struct clinic *k,
                            const struct qz_commune *m, const char *structure, uint32_t n,
                            struct qz_dice *dice) {
    for (uint32_t i = 0; i < n; i++) {
        struct site *s = open_site(ctx, d, k, m, structure, 7 + qz_dice_below(dice, 9), dice);
        if (!s)
            return QZ_E_NOMEM;
        snprintf(s->finess, sizeof s->finess, "99%07u", (unsigned)(++d->n_structures % 10000000));
    }
    k->n_coordinated = k->n;
    return 0;
}

static int found_structures(struct qz_ctx *ctx, struct qz_delivery *d, struct clinic *k,
                            const struct qz_commune *m, struct qz_dice *dice) {
    bool capital = m->place == QZ_PLACE_CAPITAL, town = m->place == QZ_PLACE_TOWN;
    bool market = m->place == QZ_PLACE_CENTRE, large = m->people > 1300 && !market && !town;
    uint32_t maisons = capital ? 5 : town ? 1 + (m->people > 10000) : 0;
    if (m->upland <= 0 && qz_dice_chance(dice, market ? 0.65 : large ? 0.3 : 0))
        maisons = 1;
    uint32_t centres = capital ? 2 : town && qz_dice_chance(dice, 0.4);
    uint32_t hospitals = capital || (town && m->people > 9000);
    int r = open_coordinated(ctx, d, k, m, "maison", maisons, dice);
    if (r == 0)
        r = open_coordinated(ctx, d, k, m, "centre", centres, dice);
    return r < 0 ? r : open_coordinated(ctx, d, k, m, "hopital", hospitals, dice);
}

/* The coordinated structure that this luck wishes for; NULL: one's own practice. */
static const char *wish_of(const struct profession *p, double luck) {
    if (luck < p->in_hopital)
        return "hopital";
    if (luck < p->in_hopital + p->in_centre)
        return "centre";
    return luck < p->in_hopital + p->in_centre + p->in_maison ? "maison" : NULL;
}

static struct site *with_room(const struct clinic *k, const struct profession *p,
                              const char *wish) {
    for (size_t i = 0; i < k->n; i++) {
        struct site *s = &k->sites[i];
        bool right = i < k->n_coordinated ? wish && strcmp(s->structure, wish) == 0 : s->only == p;
        if (right && s->room > 0)
            return s;
    }
    return NULL;
}

static struct site *choose_site(struct qz_ctx *ctx, struct qz_delivery *d, struct clinic *k,
                                const struct qz_commune *m, const struct profession *p,
                                struct qz_dice *dice) {
    struct site *s = with_room(k, p, wish_of(p, qz_dice_roll(dice)));
    if (!s) {
        s = open_site(ctx, d, k, m, p->alone, 1 + qz_dice_below(dice, p->group), dice);
        if (!s)
            return NULL;
        s->only = p;
    }
    s->room--;
    return s;
}

/* ---- people */

struct person {
    char rpps[12];
    const struct profession *profession;
    bool woman;
    int age; /* years */
    double etp, days;
};

static struct person hire(struct qz_delivery *d, const struct qz_commune *m,
                          const struct profession *p, struct qz_dice *dice) {
    struct person who = { .profession = p, .woman = qz_dice_chance(dice, p->women) };
    snprintf(who.rpps, sizeof who.rpps, "99%09llu", (unsigned long long)++d->n_people % 1000000000);
    double rural = m->place == QZ_PLACE_VILLAGE || m->place == QZ_PLACE_CENTRE ? 3.5 : -1.5;
    double age = p->age + rural + p->spread * qz_dice_bell(dice) - (who.woman ? 3 : 0);
    if (m->upland > 0 && p == &professions[0])
        age = qz_dice_between(dice, 64, 71);
    who.age = (int)fmin(fmax(age, p == &professions[0] ? 29 : 24), 74);
    double etp = qz_dice_between(dice, 0.70, 1.15) - (who.age > 64 ? 0.25 : 0);
    who.etp = round(20 * fmin(etp, 1)) / 20;
    who.days = fmin(round(10 * who.etp * 0.5 + 0.5) / 2 + 0.5, 5);
    return who;
}

enum {
    RPPS,
    PROFESSION,
    FINESS,
    SITE,
    STRUCTURE,
    PARENT,
    INSEE,
    X,
    Y,
    AGE,
    SEXE,
    ETP,
    PART,
    JOURS,
    PLANNED,
    OPENING,
    SECTEUR
};
static const struct qz_column columns[] = {
    [RPPS] = { "rpps", QZ_TEXT, 0 },
    [PROFESSION] = { "profession", QZ_TEXT, 0 },
    [FINESS] = { "finess", QZ_TEXT, 0 },
    [SITE] = { "site_id", QZ_TEXT, 0 },
    [STRUCTURE] = { "structure", QZ_TEXT, 0 },
    [PARENT] = { "parent_site", QZ_TEXT, 0 },
    [INSEE] = { "insee_com", QZ_TEXT, 0 },
    [X] = { "x", QZ_REAL, 1 },
    [Y] = { "y", QZ_REAL, 1 },
    [AGE] = { "age", QZ_INT, 0 },
    [SEXE] = { "sexe", QZ_TEXT, 0 },
    [ETP] = { "etp", QZ_REAL, 2 },
    [PART] = { "part", QZ_REAL, 2 },
    [JOURS] = { "jours", QZ_REAL, 1 },
    [PLANNED] = { "planned", QZ_INT, 0 },
    [OPENING] = { "date_ouverture", QZ_TEXT, 0 },
    [SECTEUR] = { "secteur", QZ_TEXT, 0 },
};

static int write_row(struct qz_ctx *ctx, struct qz_writer *w, const struct person *who,
                     const struct qz_commune *m, const struct site *s, const char *parent,
                     double part, const char *opening) {
    bool employed = s->structure[0] == 'h' || (s->structure[0] == 'c' && s->structure[1] == 'e');
    qz_writer_text(w, RPPS, who->rpps);
    qz_writer_text(w, PROFESSION, who->profession->name);
    qz_writer_text(w, FINESS, s->finess[0] ? s->finess : NULL);
    qz_writer_text(w, SITE, s->id);
    qz_writer_text(w, STRUCTURE, s->structure);
    qz_writer_text(w, PARENT, parent);
    qz_writer_text(w, INSEE, m->insee);
    qz_writer_real(w, X, s->at.x_m);
    qz_writer_real(w, Y, s->at.y_m);
    qz_writer_int(w, AGE, who->age);
    qz_writer_text(w, SEXE, who->woman ? "F" : "M");
    qz_writer_real(w, ETP, who->etp);
    qz_writer_real(w, PART, part);
    qz_writer_real(w, JOURS, round(10 * who->days * part) / 10);
    qz_writer_int(w, PLANNED, opening != NULL);
    qz_writer_text(w, OPENING, opening);
    qz_writer_text(w, SECTEUR, employed ? "salarie" : "liberal");
    return qz_writer_row(ctx, w);
}

/* ---- second places of work: a surgery some days a week in a village next door */

static uint32_t village_next_door(const struct qz_country *c, uint32_t i, int *side) {
    for (int k = 0; k < QZ_HEX_SIDES; k++) {
        uint32_t j = c->communes[i].beyond[k];
        if (j == QZ_NOWHERE || c->communes[i].way[k] < QZ_WAY_LOCAL)
            continue;
        const struct qz_commune *m = &c->communes[j];
        if (m->upland <= 0 && m->place <= QZ_PLACE_SUBURB && m->people > 250 && m->people < 3000) {
            *side = (k + 3) % QZ_HEX_SIDES; /* seen from there */
            return j;
        }
    }
    return QZ_NOWHERE;
}

static struct site satellite(const struct qz_country *c, uint32_t commune, int side,
                             const struct site *parent) {
    struct qz_spokes s;
    qz_spokes_of(c, commune, &s);
    double rho_m = 0.3 * s.town_m;
    struct qz_xy a = qz_spokes_point(&s, side, rho_m), b = qz_spokes_point(&s, side, rho_m + 20);
    struct site ret = { .structure = "cabinet",
                        .at = { a.x_m - (b.y_m - a.y_m) * 0.3, a.y_m + (b.x_m - a.x_m) * 0.3 } };
    snprintf(ret.id, sizeof ret.id, "%.9sB", parent->id);
    return ret;
}

static int write_person(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i,
                        const struct person *who, const struct site *s, struct qz_dice *dice,
                        struct qz_writer *w) {
    const struct qz_country *c = d->country;
    int side = 0;
    bool moves = qz_dice_chance(dice, who->profession->moves) && s->structure[0] != 'h';
    uint32_t other = moves ? village_next_door(c, i, &side) : QZ_NOWHERE;
    double second = other == QZ_NOWHERE ? 0 : 0.1 + 0.1 * qz_dice_below(dice, 4);
    int r = write_row(ctx, w, who, &c->communes[i], s, NULL, 1 - second, NULL);
    if (r < 0 || other == QZ_NOWHERE)
        return r;
    struct site there = satellite(c, other, side, s);
    return write_row(ctx, w, who, &c->communes[other], &there, s->id, second, NULL);
}

/* ---- a maison de sante that is decided but not open yet */

static int write_planned(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct clinic *k,
                         struct qz_dice *dice, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    bool wanted = m->place == QZ_PLACE_CENTRE && k->n_coordinated == 0 && m->people > 1000;
    if (!wanted || !qz_dice_chance(dice, 0.45))
        return 0;
    struct site *s = open_site(ctx, d, k, m, "maison", 15, dice);
    if (!s)
        return QZ_E_NOMEM;
    snprintf(s->finess, sizeof s->finess, "99%07u", (unsigned)(++d->n_structures % 10000000));
    const char *opening = qz_dice_chance(dice, 0.5) ? "2027-09-01" : "2028-03-01";
    int r = 0;
    for (size_t p = 0; r == 0 && p < 3; p++) {
        struct person who = hire(d, m, &professions[p], dice);
        who.age = 30 + (int)qz_dice_below(dice, 9);
        r = write_row(ctx, w, &who, m, s, NULL, 1, opening);
    }
    return r;
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_commune *m = &d->country->communes[i];
    struct qz_dice dice = qz_dice_of(m->key, PURPOSE_CARE);
    qz_cleanup(clinic_done) struct clinic k = { 0 };
    int r = found_structures(ctx, d, &k, m, &dice);
    for (size_t p = 0; r == 0 && p < COUNT(professions); p++) {
        uint32_t n = count_of(m, p, &dice);
        for (uint32_t person = 0; r == 0 && person < n; person++) {
            struct person who = hire(d, m, &professions[p], &dice);
            const struct site *s = choose_site(ctx, d, &k, m, &professions[p], &dice);
            r = s ? write_person(ctx, d, i, &who, s, &dice, w) : QZ_E_NOMEM;
        }
    }
    return r < 0 ? r : write_planned(ctx, d, i, &k, &dice, w);
}

const struct qz_demo_file qz_demo_care = { "praticiens.csv",      QZ_CSV,       "praticiens",
                                           "Praticiens inventés", QZ_GEOM_NONE, columns,
                                           COUNT(columns),        write };
