/* include/quinze/access.h - who is served: practitioners by territory, people by travel time. */
#pragma once
#include "quinze/source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Count per 100 000 people; false where nobody lives. */
QZ_API bool qz_per_100k(double count, double people, double *ret);

/* ---- where people are counted: the cells of a commune's grid, or its one point where it has none.
 * Results are immutable once made. */
struct qz_homes {
    size_t n, n_communes, n_cells;
    uint32_t *first; /* n_communes + 1; homes of commune c: [first[c], first[c + 1]), never none */
    uint32_t *commune; /* of each home, rising */
    struct qz_xy *at;
    double *weight;     /* people of a cell as its grid counts them, above 0; 1 for a point */
    uint8_t *has_cells; /* by commune */
};
/* cells: by commune; NULL: none. One point for each commune. QZ_E_RANGE, QZ_E_NOMEM. */
QZ_API int qz_homes_new(struct qz_ctx *ctx, const struct qz_cells *cells,
                        const struct qz_points *points, struct qz_homes **ret);
QZ_API struct qz_homes *qz_homes_free(struct qz_homes *h);
/* people[n]: of each home, such that those of commune c add up to legal[c] (>= 0); factor[c] is
 * what each of its weights was multiplied by. */
QZ_API void qz_homes_people(const struct qz_homes *h, const double *legal, double *people,
                            double *factor);
/* The figures of each commune from those of its homes (home_ms[n], home_site[n]): time_ms is the
 * mean over the people who reach a site, QZ_UNREACHED_MS when nobody does; site the one that most
 * are nearest to, QZ_NO_SITE likewise. QZ_E_RANGE: a site out of range; QZ_E_NOMEM. */
QZ_API int qz_homes_nearest(struct qz_ctx *ctx, const struct qz_homes *h, const uint32_t *home_ms,
                            const uint32_t *home_site, size_t n_sites, uint32_t *time_ms,
                            uint32_t *site);

/* ---- people by time to the nearest site */
struct qz_reach {
    double people;        /* all of the group */
    double people_within; /* at most the threshold away, cut-off included */
};
/* people[n], time_ms[n] of each home (QZ_UNREACHED_MS: hence beyond); group_of[n]: its commune,
 * NULL: each is a group. Sums in the order of the homes. QZ_E_RANGE: a group out of range. */
QZ_API int qz_reach_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms,
                             size_t n, uint32_t threshold_ms, const uint32_t *group_of,
                             size_t n_groups, struct qz_reach *ret);
/* Of larger places from their parts, as qz_tally_sum. */
QZ_API int qz_reach_sum(struct qz_ctx *ctx, const struct qz_reach *parts, size_t n,
                        const uint32_t *first, const uint32_t *into, const double *weight,
                        size_t n_groups, struct qz_reach *ret);

/* ---- people by whole minute to the nearest site, cumulated. Doubles, no padding, as qz_tally. */
enum {
    QZ_FIRST_MINUTE = 5,
    QZ_LAST_MINUTE = 60,
    QZ_N_MINUTES = QZ_LAST_MINUTE - QZ_FIRST_MINUTE + 1
};
struct qz_minutes {
    double within[QZ_N_MINUTES]; /* people at most QZ_FIRST_MINUTE + i minutes away, included */
};
/* As qz_reach_by_group, and each minute equal to what that gives with it as threshold, to the bit.
 * Never falls from a minute to the next. */
QZ_API int qz_minutes_by_group(struct qz_ctx *ctx, const double *people, const uint32_t *time_ms,
                               size_t n, const uint32_t *group_of, size_t n_groups,
                               struct qz_minutes *ret);
/* Of larger places from their parts, as qz_tally_sum. */
QZ_API int qz_minutes_sum(struct qz_ctx *ctx, const struct qz_minutes *parts, size_t n,
                          const uint32_t *first, const uint32_t *into, const double *weight,
                          size_t n_groups, struct qz_minutes *ret);

/* ---- a group of people beyond the threshold: it lives where the commune's people live. Doubles,
 * no padding, as qz_tally. */
struct qz_group_reach {
    double count;          /* of the group, where it is known: people or households */
    double beyond;         /* of those, beyond the threshold */
    double unknown_people; /* who live where the group is unknown: count is whole where 0 */
};
/* ret[n], by commune: beyond = count x (1 - share of the people within). QZ_E_RANGE: n is not the
 * group's. */
QZ_API int qz_group_reach(struct qz_ctx *ctx, const struct qz_group *group,
                          const struct qz_reach *reach, size_t n, struct qz_group_reach *ret);
/* Of larger places from their parts, as qz_tally_sum. */
QZ_API int qz_group_reach_sum(struct qz_ctx *ctx, const struct qz_group_reach *parts, size_t n,
                              const uint32_t *first, const uint32_t *into, const double *weight,
                              size_t n_groups, struct qz_group_reach *ret);

/* ---- decay: what a trip weighs, by its time */
enum { QZ_DECAY_STEPS_MOST = 64 };
enum qz_decay_kind {
    QZ_DECAY_STEPS,      /* weight[i] up to step_ms[i], included */
    QZ_DECAY_GAUSSIAN,   /* exp(-t2 / (2 scale2)) */
    QZ_DECAY_EXPONENTIAL /* exp(-t / scale) */
};
struct qz_decay {
    enum qz_decay_kind kind;
    uint32_t limit_ms; /* beyond it 0; the limit itself counts */
    double scale_ms;   /* of the two curves */
    size_t n;
    uint32_t step_ms[QZ_DECAY_STEPS_MOST]; /* rising, the last is limit_ms */
    double weight[QZ_DECAY_STEPS_MOST];    /* 0 to 1, never rising */
};
/* The rows of a name in a registry's text (geodata/decays.csv, or a user's file of the same
 * columns: decay, kind, upto_min, weight, scale_min); table names it in messages. QZ_E_PLAN: no
 * such name (the nearest is suggested), QZ_E_DATA: a bad row, QZ_E_FORMAT: a column is missing. */
QZ_API int qz_decay_read(struct qz_ctx *ctx, const char *table, const char *text, const char *name,
                         struct qz_decay *ret);
QZ_API double qz_decay_weight(const struct qz_decay *decay, uint32_t time_ms);
struct qz_link; /* quinze/travel.h */
QZ_API void qz_decay_weights(const struct qz_decay *decay, const struct qz_link *links, size_t n,
                             double *weight); /* weight[n]: of each link, the same to the bit */

/* ---- a floating catchment: care shared among all who reach it */
enum qz_score_method {
    QZ_SCORE_2SFCA,  /* weight 1 up to the decay's limit */
    QZ_SCORE_E2SFCA, /* the decay's weights */
    QZ_SCORE_APL,    /* the same, demand being the standardised population */
    QZ_N_SCORE_METHODS
};
struct qz_links; /* quinze/travel.h */
struct qz_score_input {
    const struct qz_links *links; /* [n_sites]: the origins that reach each, at least those within
                                     the decay's limit; farther ones do not count */
    size_t n_sites, n_origins;
    const double *supply; /* by site, >= 0: full-time equivalents, or consultations a year */
    const double *demand; /* by origin, >= 0 */
};
struct qz_score_result {
    double *ratio; /* [n_sites]: supply by weighed demand; 0 where nobody reaches it */
    double *score; /* [n_origins]: supply per unit of demand */
    double lost;   /* supply that nobody reaches: sum demand score + lost = sum supply */
};
/* ret's arrays are the caller's; on failure they are untouched. Sums in the order of sites, then of
 * links: the same to the bit whatever the threads, and more supply at a site lowers no score.
 * O(links); memory: 8 bytes a link of the site that has most. QZ_E_RANGE: an origin, or an amount
 * that is negative or not finite; QZ_E_NOMEM. */
QZ_API int qz_score(struct qz_ctx *ctx, enum qz_score_method method, const struct qz_decay *decay,
                    const struct qz_score_input *in, struct qz_score_result *ret);

/* ---- presets: a method with its decay, its unit and its rules, by name */
enum qz_score_unit {
    QZ_SCORE_FTE_PER_100K, /* full-time equivalents per 100 000 of the demand */
    QZ_SCORE_CONSULTATIONS /* consultations a year, per unit of the demand */
};
struct qz_apl_preset {
    enum qz_score_method method;
    char decay[32]; /* a name in the registry of decays */
    enum qz_score_unit unit;
    double consultations_per_fte; /* above 0 */
    double age_limit_years;       /* older practitioners are left out; INFINITY: nobody is */
};
/* The rows of a name in a text of the columns preset, parameter, value (geodata/apl-presets.csv).
 * Codes as of qz_decay_read. */
QZ_API int qz_apl_preset_read(struct qz_ctx *ctx, const char *table, const char *text,
                              const char *name, struct qz_apl_preset *ret);
/* What a full-time equivalent counts as supply, and what a score is multiplied by, for the unit. */
QZ_API double qz_apl_supply_per_fte(const struct qz_apl_preset *preset);
QZ_API double qz_apl_score_factor(const struct qz_apl_preset *preset);

/* ---- standardised population: people weighed by how much care their age takes */
enum { QZ_AGES = 128 };
struct qz_consumption {
    double per_year[QZ_AGES]; /* consultations of a person of that age; >= 0, not all 0 */
};
/* The rows of a profession, else those of "*", in a text of the columns profession, age_from,
 * age_to (included; empty: and over), per_year (geodata/consumption.csv). Only the relations
 * between ages count. QZ_E_DATA: an age is missing or stands twice, or a bad number; QZ_E_PLAN:
 * neither is there; QZ_E_FORMAT. */
QZ_API int qz_consumption_read(struct qz_ctx *ctx, const char *table, const char *text,
                               const char *profession, struct qz_consumption *ret);
/* What a commune's people are multiplied by: factor[i] = c_i / c_mean, where c_i is the consumption
 * of a person of i, and c_mean that of all people[] (legal population, >= 0) whose ages are known.
 * People of a band are taken as spread evenly over its ages, those of the open one over the ages up
 * to 94 (at least five). A commune without ages counts as the mean: 1. Hence sum people factor =
 * sum people. QZ_E_DATA: those there are consume nothing. */
QZ_API int qz_demand_factors(struct qz_ctx *ctx, const struct qz_ages *ages,
                             const struct qz_consumption *consumption, const double *people,
                             double *factor);
/* ---- age: what is left of today's practitioners in some years. Ages are whole years on the day
 * of the table of practitioners; the years are counted from that day. */
struct qz_exits {
    double rate[QZ_AGES]; /* share of those of this age who leave within a year, 0 to 1 */
};
/* Everyone leaves on reaching this age, 18 to 120; where it is no whole number, birthdays are
 * spread over the year. Who is that old already leaves within the first year. QZ_E_RANGE. */
QZ_API int qz_exits_at_age(struct qz_ctx *ctx, double retirement_age, struct qz_exits *ret);
/* Lines age_from,age_to,rate (geodata/exit-rates.csv, or a user's file of the same columns); table
 * names it in messages. Every age from 18 to 110 once; an empty age_to: and older. QZ_E_FORMAT: no
 * such column; QZ_E_DATA: a bad value, or an age that stands twice, or nowhere. */
QZ_API int qz_exits_read(struct qz_ctx *ctx, const char *table, const char *text,
                         struct qz_exits *ret);

struct qz_horizon {               /* of one profession */
    const struct qz_exits *exits; /* NULL: nobody leaves */
    unsigned years;
    double age_most; /* who is older by then counts for nothing (APL: 65); 0: no such limit */
    const struct qz_age_bands *bands; /* for those whose own age is unknown; NULL: none */
};
/* Share of a post that is still there, 0 to 1. They differ where the age is unknown: */
struct qz_left {
    double low;  /* gone, unless nobody at all can be */
    double high; /* still there */
};
/* ret[n_posts]: the posts of this profession are set, the others left alone. With own ages 1 minus
 * the rate, year after year; from bands what is expected of their pyramid. The same with years 0
 * and age_most tells who counts today. O(posts). QZ_E_RANGE: an age, a rate, a commune without
 * bands of its own. */
QZ_API int qz_left_of_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                            const struct qz_horizon *horizon, struct qz_left *ret);

/* Shares of a post's heads of today, 0 to 1: those who are still there, by their age then; known >=
 * over50 >= over55 >= over60. All 0 where the age is unknown. */
struct qz_post_ages {
    double known;                  /* from an own age or a pyramid */
    double over50, over55, over60; /* that age included */
};
/* ret[n_posts]: as qz_left_of_posts, whose shares `known` are. Of today: a horizon of bands only.
 */
QZ_API int qz_ages_of_posts(struct qz_ctx *ctx, const struct qz_sites *sites, uint16_t profession,
                            const struct qz_horizon *horizon, struct qz_post_ages *ret);

/* ---- the sites at the horizon */
enum qz_bound { QZ_BOUND_LOW, QZ_BOUND_HIGH };
struct qz_left_input {
    const struct qz_sites *sites;
    uint16_t profession;
    const struct qz_left *left; /* by post */
    enum qz_bound bound;
    unsigned years;
    const double *arrivals; /* by commune: heads a year for each head of today; NULL: none */
};
/* heads[n_sites], fte[n_sites] (NULL: not asked for; of the posts that state it) expected at the
 * sites of this profession, the others left alone. Arrivals join today's posts pro rata, work as
 * much, and do not leave before the horizon; where they are negative a site loses all at most.
 * Announced sites count 0, as in the figures of today. Sums in the order of the posts. */
QZ_API void qz_left_by_site(const struct qz_left_input *in, double *heads, double *fte);
/* open[n_sites], 0 or 1: a site is open when more likely than not someone of today is left: the
 * product of (1 - left)^heads is below 1/2. Arrivals open nothing. A post whose heads are masked
 * counts as one; a site without anybody stays open; announced ones are not. The sites of this
 * profession are set, the others left alone. */
QZ_API void qz_left_open(const struct qz_left_input *in, uint8_t *open);

/* ---- everything that is counted of one profession in one place. All of it adds up: the figures of
 * a territory are the sums of its communes', and ratios are made of sums only. Doubles, no padding:
 * see qz_tally_sum. */
struct qz_tally {
    double people;       /* inhabitants */
    double demand;       /* standardised inhabitants */
    double heads, fte;   /* of open sites; fte of those that state it */
    double sites;        /* open */
    double heads_no_fte; /* heads whose FTE is unknown: fte is whole where 0 */
    double secret;       /* sites whose figures are masked: heads are whole where 0 */
    double age_known, age_50plus, age_55plus, age_60plus; /* heads */
    double fte_55plus;
    double within;        /* inhabitants within the threshold of the nearest site */
    double within_second; /* of the second nearest too: what stays when the nearest closes */
    double reaching, reaching_min;      /* inhabitants who reach a site; the sum of their minutes */
    double reaching_second, second_min; /* the same of the second nearest */
    double score_people, score_demand;  /* sums of the score over inhabitants, over demand */
};

/* All arrays are borrowed for the call; those that may be NULL say what then. */
struct qz_tally_input {
    const struct qz_homes *homes;
    const double *home_people; /* of each home, >= 0 */
    const double *demand;      /* by commune: standardised inhabitants of an inhabitant; NULL: 1 */
    const uint32_t *home_ms;   /* to the nearest site, QZ_UNREACHED_MS; NULL: not counted */
    const uint32_t *home_second_ms; /* to the second nearest; NULL: not counted */
    const double *home_score;       /* NULL: not counted */
    uint32_t threshold_ms;          /* included */
    const struct qz_sites *sites;
    uint16_t profession;      /* whose sites count */
    const double *site_heads; /* of each site, in place of its own: a horizon; NULL: its own */
    const double *site_fte;   /* likewise, of those that state it */
    const uint8_t *site_open; /* 1: it counts; NULL: those that are not planned */
    const struct qz_post_ages *post_ages; /* of each post; NULL: by the post's age */
};
/* ret[homes->n_communes], set anew. Sums in the order of homes, sites, posts. O(homes + sites +
 * posts). QZ_E_RANGE: an index out of range, people or a score that are no number or under 0. */
QZ_API int qz_tally_of_communes(struct qz_ctx *ctx, const struct qz_tally_input *in,
                                struct qz_tally *ret);
/* Of larger places from their parts[n]: part i goes to [first[i], first[i + 1]) of into and weight,
 * as communes do in a qz_level. ret[n_groups] is set anew; sums in the order of the parts.
 * QZ_E_RANGE: a group out of range. */
QZ_API int qz_tally_sum(struct qz_ctx *ctx, const struct qz_tally *parts, size_t n,
                        const uint32_t *first, const uint32_t *into, const double *weight,
                        size_t n_groups, struct qz_tally *ret);

/* ---- secrecy: small counts and what would give them away */
enum qz_mask {
    QZ_SHOWN,
    QZ_MASK_SMALL,    /* above 0 and under the least count that is shown */
    QZ_MASK_INDIRECT, /* it would give another away */
    QZ_MASK_INPUT     /* the source masks it: not known here, and never 0 */
};
struct qz_mask_input {
    size_t n;            /* communes */
    const double *count; /* of each, >= 0; what is masked in the source counts 0 in every total */
    const uint8_t *from_source;    /* 1: masked there; NULL: none is */
    const struct qz_level *levels; /* every level whose totals are published, "all" too */
    size_t n_levels;
    double least; /* counts in (0, least) are masked; 0: none */
};
/* commune[n] and territory[level][its n]: what may be shown. A territory is the sum of its
 * communes' shares, of which those that lie whole in territories of another level may be taken off
 * as one total. What is shown never leaves one hidden count over in any of these sums, nor hidden
 * communes that together are under `least`; and all sums of all levels, solved together, give no
 * hidden count. To that end others are hidden: communes before territories, the smallest above 0
 * first, then the lowest index, and totals where no commune helps. 0 is always shown. Not
 * protected: a sum of several hidden counts that is small and follows from several totals only,
 * what is known from elsewhere, that a hidden count is above 0, bounds that come close, who alone
 * makes nearly all of a total. A total that misses what the source masks is a lower bound. Every
 * level more hides more: give those that are published. QZ_E_RANGE: a count that is no number or
 * under 0; QZ_E_NOMEM. */
QZ_API int qz_mask(struct qz_ctx *ctx, const struct qz_mask_input *in, uint8_t *commune,
                   uint8_t *const *territory);

#ifdef __cplusplus
}
#endif
