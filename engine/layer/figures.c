/* engine/layer/figures.c - the table of figures. */
#include "layer/figures.h"
#include <math.h>

static const double ms_per_min = 60000;

const struct qz_tally *qz_tally_at(const struct qz_place_key *at) {
    return &at->profession->counted[at->outlook].tally[at->level][at->place];
}

static bool ratio(double part, double whole, double times, double *ret) {
    if (!(whole > 0))
        return false;
    *ret = part * times / whole;
    return true;
}

/* ---- practitioners */
static bool heads(const struct qz_place_key *at, double *ret) {
    *ret = qz_tally_at(at)->heads;
    return true;
}
static bool fte(const struct qz_place_key *at, double *ret) {
    *ret = qz_tally_at(at)->fte;
    return qz_tally_at(at)->heads_no_fte == 0; /* else of some only */
}
static bool per_100k(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->heads, qz_tally_at(at)->people, 1e5, ret);
}
static bool fte_per_100k(const struct qz_place_key *at, double *ret) {
    double count;
    return fte(at, &count) && ratio(count, qz_tally_at(at)->people, 1e5, ret);
}
static bool age_known(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->age_known, qz_tally_at(at)->heads, 1, ret);
}
static bool share_50plus(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->age_50plus, qz_tally_at(at)->age_known, 1, ret);
}
static bool share_55plus(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->age_55plus, qz_tally_at(at)->age_known, 1, ret);
}
static bool share_60plus(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->age_60plus, qz_tally_at(at)->age_known, 1, ret);
}

/* What today's density of the whole territory would give these people, less what they have. */
static bool shortfall(const struct qz_place_key *at, double *ret) {
    const struct qz_tally *t = qz_tally_at(at), *whole = at->profession->whole;
    if (!whole || !(whole->people > 0))
        return false; /* not told, or nobody there */
    *ret = fmax(0, t->people * whole->heads / whole->people - t->heads);
    return true;
}

/* ---- people: of a commune where nobody lives, its place */
static bool time_min(const struct qz_place_key *at, double *ret) {
    const struct qz_tally *t = qz_tally_at(at);
    if (at->level || at->outlook)
        return ratio(t->reaching_min, t->reaching, 1, ret);
    uint32_t ms = at->profession->time_ms[at->place];
    *ret = ms / ms_per_min;
    return ms != QZ_UNREACHED_MS;
}
static bool share_within(const struct qz_place_key *at, double *ret) {
    const struct qz_tally *t = qz_tally_at(at);
    if (t->people > 0 || at->level || at->outlook)
        return ratio(t->within, t->people, 1, ret);
    *ret = at->profession->time_ms[at->place] <= at->profession->threshold_min * 60000;
    return true;
}
static bool people_beyond(const struct qz_place_key *at, double *ret) {
    *ret = qz_tally_at(at)->people - qz_tally_at(at)->within;
    return true;
}
static bool second_min(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->second_min, qz_tally_at(at)->reaching_second, 1, ret);
}
static bool share_within_second(const struct qz_place_key *at, double *ret) {
    return ratio(qz_tally_at(at)->within_second, qz_tally_at(at)->people, 1, ret);
}
static bool people_fragile(const struct qz_place_key *at, double *ret) {
    *ret = qz_tally_at(at)->within - qz_tally_at(at)->within_second;
    return true;
}

/* ---- the score, a mean over standardised inhabitants */
static bool score(const struct qz_place_key *at, double *ret) {
    const struct qz_tally *t = qz_tally_at(at);
    return ratio(t->score_demand, t->demand, at->profession->score_scale, ret);
}
static bool demand(const struct qz_place_key *at, double *ret) {
    *ret = qz_tally_at(at)->demand;
    return true;
}

/* ---- what the sources gave */
static bool has_fte(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)r;
    return p->has_fte;
}
static bool has_age(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)r;
    return p->has_age;
}
static bool has_score(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)r;
    return p->has_score;
}
static bool has_ages(const struct qz_results *r, const struct qz_profession_results *p) {
    return p->has_score && r->standardised;
}
static bool has_second(const struct qz_results *r, const struct qz_profession_results *p) {
    (void)r;
    return p->has_second;
}

#define NOW     (1u << QZ_WHEN_NOW)
#define HORIZON (1u << QZ_WHEN_HORIZON)
#define LOST    (1u << QZ_WHEN_LOST)
#define ALL     (NOW | HORIZON | LOST)
const struct qz_figure qz_figures[] = {
    { "heads", "%n", "heads", 2, NOW | LOST, ALL, -1, true, heads, NULL },
    { "fte", "équivalents temps plein", "fte", 2, NOW | LOST, ALL, -1, true, fte, has_fte },
    { "per_100k", "%n pour 100 000 habitants", "per_100k", 1, NOW | HORIZON, ALL, -1, true,
      per_100k, NULL },
    { "fte_per_100k", "ETP pour 100 000 habitants", "per_100k", 1, NOW | HORIZON, ALL, -1, true,
      fte_per_100k, has_fte },
    { "shortfall", "%n manquant pour la densité de l'ensemble du territoire", "heads", 2,
      NOW | HORIZON, NOW | HORIZON, 1, true, shortfall, NULL },
    { "share_age_known", "part de l'effectif dont l'âge est connu (0 à 1)", "ratio", 4, NOW, NOW, 0,
      true, age_known, has_age },
    { "share_50plus", "part des 50 ans et plus, où l'âge est connu (0 à 1)", "ratio", 4, NOW,
      NOW | HORIZON, 1, true, share_50plus, has_age },
    { "share_55plus", "part des 55 ans et plus, où l'âge est connu (0 à 1)", "ratio", 4, NOW,
      NOW | HORIZON, 1, true, share_55plus, has_age },
    { "share_60plus", "part des 60 ans et plus, où l'âge est connu (0 à 1)", "ratio", 4, NOW,
      NOW | HORIZON, 1, true, share_60plus, has_age },
    { "time_min", "minutes en voiture jusqu'au plus proche", "min", 2, NOW, NOW | HORIZON, 1, false,
      time_min, NULL },
    { "share_%tmin", "part de la population à %t min ou moins (0 à 1)", "ratio", 4, NOW,
      NOW | HORIZON, -1, false, share_within, NULL },
    { "people_beyond_%t", "habitants à plus de %t min", "people", 1, NOW | HORIZON, NOW | HORIZON,
      1, false, people_beyond, NULL },
    { "second_min", "minutes en voiture jusqu'au deuxième plus proche", "min", 2, NOW,
      NOW | HORIZON, 1, false, second_min, has_second },
    { "share_%tmin_second", "part de la population à %t min ou moins du deuxième plus proche",
      "ratio", 4, 0, NOW | HORIZON, -1, false, share_within_second, NULL },
    { "people_fragile_%t",
      "habitants à %t min ou moins du plus proche, et de lui seul (s'il ferme)", "people", 1, NOW,
      NOW | HORIZON, 1, false, people_fragile, NULL },
    { "apl", "accessibilité potentielle localisée (%u)", NULL, 3, NOW | HORIZON, ALL, -1, true,
      score, has_score },
    { "population_std", "population standardisée par âge (habitants)", "people", 1, 0, NOW, 0,
      false, demand, has_ages },
};
const size_t qz_n_figures = COUNT(qz_figures);

/* ---- today and at the horizons */
size_t qz_outlook_of(enum qz_when when, size_t horizon, enum qz_unknowns bound) {
    return when == QZ_WHEN_NOW ? 0 : 1 + 2 * horizon + (bound == QZ_UNKNOWN_STAY);
}

bool qz_is_secret(const struct qz_place_key *at) {
    const struct qz_profession_results *p = at->profession;
    return p->counted[0].tally[at->level][at->place].secret > 0 ||
           (p->masked && p->masked[at->level][at->place]);
}

static bool value_at(const struct qz_figure *f, struct qz_place_key at, enum qz_when when,
                     size_t horizon, enum qz_unknowns bound, double *ret) {
    double today = 0;
    at.outlook = 0;
    if (when == QZ_WHEN_LOST && !f->get(&at, &today))
        return false;
    at.outlook = qz_outlook_of(when, horizon, bound);
    if (!f->get(&at, ret))
        return false;
    if (when == QZ_WHEN_LOST)
        *ret = today - *ret;
    return true;
}

bool qz_figure_value(const struct qz_figure *f, const struct qz_place_key *at, enum qz_when when,
                     size_t horizon, enum qz_unknowns bound, double *ret) {
    double high;
    if (f->of_supply && qz_is_secret(at))
        return false;
    if (when == QZ_WHEN_NOW || bound != QZ_UNKNOWN_NONE)
        return value_at(f, *at, when, horizon, bound, ret);
    return value_at(f, *at, when, horizon, QZ_UNKNOWN_LEAVE, ret) &&
           value_at(f, *at, when, horizon, QZ_UNKNOWN_STAY, &high) &&
           fabs(high - *ret) <= 1e-9 * fmax(1, fabs(high));
}

bool qz_ages_are_unknown(const struct qz_results *r, const struct qz_profession_results *p) {
    for (size_t k = 0; k < r->n_years; k++)
        if (p->counted[qz_outlook_of(QZ_WHEN_HORIZON, k, QZ_UNKNOWN_LEAVE)].tally !=
            p->counted[qz_outlook_of(QZ_WHEN_HORIZON, k, QZ_UNKNOWN_STAY)].tally)
            return true;
    return false;
}
