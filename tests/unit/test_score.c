/* tests/unit/test_score.c - worked examples by hand and from papers, a slow sum over all pairs,
 * and what must hold for any territory
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "base/geodata.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/access.h"
#include "quinze/travel.h"

static struct qz_ctx *ctx;

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

static const char *registry(void) { return qz_geodata("decays.csv"); }

/* ---- decays */
static void check_registry(void) {
    static const struct {
        const char *name;
        double limit_min;
        struct {
            double minutes, weight;
        } facts[7];
    } known[] = {
        { "apl2012", 15, { { 5, 1 }, { 5.01, 0.3 }, { 10, 0.3 }, { 15, 0.1 }, { 15.01, 0 } } },
        { "apl2017",
          20,
          { { 10, 1 }, { 12, 2.0 / 3 }, { 15, 2.0 / 3 }, { 20, 1.0 / 3 }, { 21, 0 } } },
        { "e2sfca", 30, { { 10, 1 }, { 20, 0.68 }, { 30, 0.22 }, { 30.001, 0 } } },
        { "gaussian", 30, { { 15, 0.31622777 }, { 30, 0.01 }, { 31, 0 } } },
        { "exponential", 30, { { 10, 0.36787944 }, { 30, 0.04978707 }, { 31, 0 } } },
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        struct qz_decay d;
        CHECK(qz_decay_read(ctx, "decays.csv", registry(), known[i].name, &d) == 0);
        CHECK_NEAR(d.limit_ms, known[i].limit_min * 60000, 0, known[i].name);
        for (size_t k = 0; known[i].facts[k].minutes > 0; k++)
            CHECK_NEAR(qz_decay_weight(&d, (uint32_t)(known[i].facts[k].minutes * 60000)),
                       known[i].facts[k].weight, 1e-8, known[i].name);
        CHECK(qz_decay_weight(&d, QZ_UNREACHED_MS) == 0);
        double before = 1;
        CHECK(qz_decay_weight(&d, 0) == 1);
        for (uint32_t ms = 0; ms <= d.limit_ms + 1000; ms += 500) {
            double w = qz_decay_weight(&d, ms);
            CHECK(w >= 0 && w <= before && (w > 0) == (ms <= d.limit_ms));
            before = w;
        }
    }
    struct qz_decay d; /* the thirds of the table are the nearest doubles */
    CHECK(qz_decay_read(ctx, "decays.csv", registry(), "APL2017", &d) == 0);
    CHECK(d.weight[1] == 2.0 / 3 && d.weight[2] == 1.0 / 3);
}

#define HEAD "decay,kind,upto_min,weight,scale_min\n"
static void check_decay_tables(void) {
    static const struct {
        const char *text;
        int code;
        const char *says, *also;
    } tables[] = {
        { HEAD "mine,steps,5,1,\nmine,steps,7,0.5,\n", 0, NULL, NULL },
        { HEAD "x,steps,5,1,\nmine,exponential,5,,2\n", 0, NULL, NULL },
        { "\xef\xbb\xbf# ours\r\nweight;upto_min;decay;note;kind;scale_min\r\n"
          "1;5;\"mine\";\"a; b\";Steps;\r\n0,5;7,5;mine;;steps;\r\n",
          0, NULL, NULL },
        { HEAD "mien,steps,5,1,\nother,steps,5,1,\n", QZ_E_PLAN, "did you mean 'mien'",
          "mien, other" },
        { HEAD, QZ_E_PLAN, "no decay 'mine'", "no row" },
        { "", QZ_E_FORMAT, "empty", "" },
        { "decay,kind,upto_min,weight\nmine,steps,5,1\n", QZ_E_FORMAT, "scale_min", "line 1" },
        { HEAD "mine,stairs,5,1,\n", QZ_E_DATA, "line 2", "steps, gaussian or exponential" },
        { HEAD "mine,steps,5,1.5,\n", QZ_E_DATA, "weight = '1.5'", "from 0" },
        { HEAD "mine,steps,5,-0.5,\n", QZ_E_DATA, "weight = '-0.5'", "from 0" },
        { HEAD "mine,steps,5,,\n", QZ_E_DATA, "weight = ''", "from 0" },
        { HEAD "mine,steps,5,0.5,\n# note\nmine,steps,9,0.6,\n", QZ_E_DATA, "line 4",
          "step before" },
        { HEAD "mine,steps,5,1,\nmine,steps,5,0.5,\n", QZ_E_DATA, "line 3", "longer than" },
        { HEAD "mine,steps,0,1,\n", QZ_E_DATA, "upto_min = '0'", "minutes above 0" },
        { HEAD "mine,steps,1441,1,\n", QZ_E_DATA, "upto_min = '1441'", "at most 1440" },
        { HEAD "mine,steps,five,1,\n", QZ_E_DATA, "upto_min = 'five'", "minutes" },
        { HEAD "mine,gaussian,30,,\n", QZ_E_DATA, "scale_min = ''", "minutes above 0" },
        { HEAD "mine,gaussian,30,,9\nmine,gaussian,20,,9\n", QZ_E_DATA, "line 3", "twice" },
        { HEAD "mine,steps,30,1,\nmine,gaussian,40,,9\n", QZ_E_DATA, "line 3", "twice" },
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct qz_decay d = { .n = 99 };
        CHECK(qz_decay_read(ctx, "t.csv", tables[i].text, "mine", &d) == tables[i].code);
        if (tables[i].code)
            CHECK(d.n == 99 && says("t.csv", tables[i].says) && says("", tables[i].also));
        else
            CHECK(d.limit_ms == 420000 || d.limit_ms == 300000 || d.limit_ms == 450000);
    }
    struct qz_text many = { 0 };
    struct qz_decay d;
    qz_text_add(&many, HEAD);
    for (int i = 1; i <= QZ_DECAY_STEPS_MOST; i++)
        qz_text_add(&many, "mine,steps,%d,1,\n", i);
    CHECK(qz_decay_read(ctx, "t.csv", many.data, "mine", &d) == 0 && d.n == QZ_DECAY_STEPS_MOST);
    qz_text_add(&many, "mine,steps,%d,1,\n", QZ_DECAY_STEPS_MOST + 1);
    CHECK(qz_decay_read(ctx, "t.csv", many.data, "mine", &d) == QZ_E_DATA &&
          says("line 66", "more than"));
    qz_text_add(&many, "%2000s\n", "x");
    CHECK(qz_decay_read(ctx, "t.csv", many.data, "other", &d) == QZ_E_DATA &&
          says("longer than", "67"));
    qz_text_done(&many);
}

/* Whatever a table holds: an answer that is a decay, or a refusal. */
static void check_damaged_tables(void) {
    static const char signs[] = ",;\n\r\"#.-0919eE \xc3x";
    struct qz_dice dice = qz_dice_of(15, 3);
    qz_cleanup(qz_freep) char *text = qz_strdup(registry());
    const char *head = strstr(text, "decay,kind");
    size_t from = (size_t)(head - text), n = strlen(head);
    for (size_t turn = 0; turn < 20000; turn++) {
        struct qz_decay d;
        strcpy(text, registry());
        for (size_t k = 0; k <= turn % 8; k++)
            text[from + qz_dice_below(&dice, (uint32_t)n)] =
                signs[qz_dice_below(&dice, sizeof signs)]; /* the final 0 too */
        int e = qz_decay_read(ctx, "t.csv", text, "apl2012", &d);
        CHECK(e == 0 || e == QZ_E_PLAN || e == QZ_E_DATA || e == QZ_E_FORMAT);
        for (uint32_t ms = 0; e == 0 && ms <= d.limit_ms; ms += d.limit_ms / 7 + 1)
            CHECK(qz_decay_weight(&d, ms) >= 0 && qz_decay_weight(&d, ms) <= 1);
    }
}

/* ---- presets */
static void check_presets(void) {
    static const struct {
        const char *name, *decay;
        enum qz_score_method method;
        double per_fte, factor, age;
    } known[] = {
        { "apl2012", "apl2012", QZ_SCORE_APL, 1, 1e5, INFINITY },
        { "apl2017", "apl2017", QZ_SCORE_APL, 5400, 1, 65 },
        { "e2sfca", "e2sfca", QZ_SCORE_E2SFCA, 1, 1e5, INFINITY },
        { "2sfca", "e2sfca", QZ_SCORE_2SFCA, 1, 1e5, INFINITY },
    };
    const char *text = qz_geodata("apl-presets.csv");
    for (size_t i = 0; i < COUNT(known); i++) {
        struct qz_apl_preset p;
        struct qz_decay d;
        CHECK(qz_apl_preset_read(ctx, "apl-presets.csv", text, known[i].name, &p) == 0);
        CHECK(p.method == known[i].method && strcmp(p.decay, known[i].decay) == 0);
        CHECK(qz_apl_supply_per_fte(&p) == known[i].per_fte);
        CHECK(qz_apl_score_factor(&p) == known[i].factor);
        CHECK(p.age_limit_years == known[i].age);
        CHECK(qz_decay_read(ctx, "decays.csv", registry(), p.decay, &d) == 0);
    }
#define ROWS "preset,parameter,value\np,method,apl\np,decay,d\n"
    static const struct {
        const char *text;
        int code;
        const char *says;
    } tables[] = {
        { ROWS "p,unit,fte_per_100k\np,age_limit_years,70\n", 0, NULL },
        { ROWS "q,unit,fte_per_100k\n", QZ_E_DATA, "no row of 'unit'" },
        { ROWS "p,unit,consultations\n", QZ_E_DATA, "no row of 'consultations_per_fte'" },
        { ROWS "p,unit,beds\n", QZ_E_DATA, "value = 'beds'" },
        { ROWS "p,method,apl\n", QZ_E_DATA, "line 4: preset 'p' says 'method' twice" },
        { ROWS "p,units,beds\n", QZ_E_DATA, "parameter = 'units'" },
        { ROWS "p,unit,consultations\np,consultations_per_fte,0\n", QZ_E_DATA, "value = '0'" },
        { ROWS "p,unit,fte_per_100k\np,age_limit_years,-1\n", QZ_E_DATA, "value = '-1'" },
        { "preset,parameter,value\np,method,3sfca\n", QZ_E_DATA, "2sfca, e2sfca or apl" },
        { "preset,parameter,value\np,decay,\n", QZ_E_DATA, "up to 31" },
        { "preset,parameter,value\np,decay,a name that is far too long to be\n", QZ_E_DATA,
          "up to 31" },
        { "preset,parameter,value\npp,decay,d\n", QZ_E_PLAN, "did you mean 'pp'" },
        { "preset,value\np,d\n", QZ_E_FORMAT, "'parameter'" },
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct qz_apl_preset p = { .consultations_per_fte = 7 };
        CHECK(qz_apl_preset_read(ctx, "t.csv", tables[i].text, "p", &p) == tables[i].code);
        if (tables[i].code)
            CHECK(p.consultations_per_fte == 7 && says("t.csv", tables[i].says));
        else
            CHECK(p.age_limit_years == 70);
    }
}

/* ---- a small territory: all pairs, in milliseconds */
enum { MOST = 12 };
struct land {
    size_t n_sites, n_origins;
    uint32_t ms[MOST][MOST]; /* [origin][site]; QZ_UNREACHED_MS: no link */
    double supply[MOST], demand[MOST];
};
struct answer {
    double ratio[MOST], score[MOST], lost;
};

static int score(enum qz_score_method method, const struct qz_decay *d, const struct land *l,
                 struct answer *a) {
    struct qz_links links[MOST];
    static struct qz_link items[MOST][MOST];
    for (uint32_t s = 0; s < l->n_sites; s++) {
        links[s] = (struct qz_links) { .items = items[s] };
        for (uint32_t o = 0; o < l->n_origins; o++)
            if (l->ms[o][s] != QZ_UNREACHED_MS)
                items[s][links[s].n++] = (struct qz_link) { o, s, l->ms[o][s] };
    }
    const struct qz_score_input in = { links, l->n_sites, l->n_origins, l->supply, l->demand };
    struct qz_score_result r = { .ratio = a->ratio, .score = a->score, .lost = -1 };
    int e = qz_score(ctx, method, d, &in, &r);
    a->lost = r.lost;
    return e;
}

/* The definition, pair by pair. */
static void score_slowly(enum qz_score_method method, const struct qz_decay *d,
                         const struct land *l, struct answer *a) {
    *a = (struct answer) { 0 };
    for (size_t s = 0; s < l->n_sites; s++) {
        double leaning = 0;
        for (size_t o = 0; o < l->n_origins; o++) {
            double w = qz_decay_weight(d, l->ms[o][s]);
            leaning += l->demand[o] * (method == QZ_SCORE_2SFCA ? w > 0 : w);
        }
        if (leaning > 0)
            a->ratio[s] = l->supply[s] / leaning;
        else
            a->lost += l->supply[s];
    }
    for (size_t o = 0; o < l->n_origins; o++)
        for (size_t s = 0; s < l->n_sites; s++) {
            double w = qz_decay_weight(d, l->ms[o][s]);
            a->score[o] += a->ratio[s] * (method == QZ_SCORE_2SFCA ? w > 0 : w);
        }
}

static double kept(const struct land *l, const struct answer *a) {
    double sum = a->lost;
    for (size_t o = 0; o < l->n_origins; o++)
        sum += l->demand[o] * a->score[o];
    return sum;
}

static double total(const double *v, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return sum;
}

static struct qz_decay decay_named(const char *text, const char *name) {
    struct qz_decay d = { 0 };
    CHECK(qz_decay_read(ctx, "decays.csv", text, name, &d) == 0);
    return d;
}

#define MIN *60000
static void check_examples(void) {
    static const struct land three = {
        3,
        3,
        { { 0, 8 MIN, 14 MIN }, { 8 MIN, 0, 12 MIN }, { 14 MIN, 12 MIN, 0 } },
        { 0, 10800, 5400 },
        { 1000, 3000, 2000 }
    };
    static const struct land soukhov = {
        3,
        3,
        { { 15 MIN, 30 MIN, 100 MIN }, { 30 MIN, 15 MIN, 100 MIN }, { 100 MIN, 100 MIN, 15 MIN } },
        { 100000, 100000, 10000 },
        { 50000, 150000, 10000 }
    };
    static const char far[] = HEAD "exponential,exponential,100,,10\n"; /* exp(-0.1 t), t in min */
    /* within 12 minutes: site 2 serves villages 2 and 3, site 3 too */
    static const char binary[] = HEAD "twelve,steps,12,1,\n";
    const struct {
        const char *name, *text, *decay;
        enum qz_score_method method;
        const struct land *land;
        double ratio[3], score[3];
    } facts[] = {
        { "apl2012",
          registry(),
          "apl2012",
          QZ_SCORE_APL,
          &three,
          { 0, 3.085714, 2.25 },
          { 1.150714, 3.310714, 2.558571 } },
        { "apl2017",
          registry(),
          "apl2017",
          QZ_SCORE_APL,
          &three,
          { 0, 2.025, 1.157143 },
          { 2.796429, 2.796429, 2.507143 } },
        { "12 minutes",
          binary,
          "twelve",
          QZ_SCORE_2SFCA,
          &three,
          { 0, 1.8, 1.08 },
          { 1.8, 2.88, 2.88 } },
        { "Soukhov 2023",
          far,
          "exponential",
          QZ_SCORE_E2SFCA,
          &soukhov,
          { 0 },
          { 1.336669, 0.888022, 0.996317 } },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct qz_decay d = decay_named(facts[i].text, facts[i].decay);
        struct answer a;
        CHECK(score(facts[i].method, &d, facts[i].land, &a) == 0);
        for (size_t k = 0; k < 3; k++) {
            CHECK_NEAR(a.score[k], facts[i].score[k], 5e-7, facts[i].name);
            if (facts[i].ratio[1] > 0)
                CHECK_NEAR(a.ratio[k], facts[i].ratio[k], 5e-7, facts[i].name);
        }
        double supply = total(facts[i].land->supply, 3);
        CHECK_NEAR(kept(facts[i].land, &a), supply, 1e-9 * supply, facts[i].name);
        CHECK(a.lost == 0);
    }
}

/* ---- any territory */
static struct land random_land(struct qz_dice *dice) {
    static const double amounts[] = { 0, 1, 0.25, 3, 1000, 12345.678 };
    struct land l = { .n_sites = qz_dice_below(dice, MOST + 1),
                      .n_origins = 1 + qz_dice_below(dice, MOST) };
    for (size_t o = 0; o < l.n_origins; o++)
        for (size_t s = 0; s < l.n_sites; s++)
            l.ms[o][s] = qz_dice_chance(dice, 0.2)   ? QZ_UNREACHED_MS
                         : qz_dice_chance(dice, 0.2) ? 5 MIN * qz_dice_below(dice, 7) /* cut-offs */
                                                     : qz_dice_below(dice, 40 MIN);
    for (size_t s = 0; s < l.n_sites; s++)
        l.supply[s] = amounts[qz_dice_below(dice, COUNT(amounts))];
    for (size_t o = 0; o < l.n_origins; o++)
        l.demand[o] = amounts[qz_dice_below(dice, COUNT(amounts))] * qz_dice_between(dice, 0.5, 2);
    return l;
}

static void check_close(const struct land *l, const struct answer *a, const struct answer *b) {
    for (size_t s = 0; s < l->n_sites; s++)
        CHECK_NEAR(a->ratio[s], b->ratio[s], 1e-12 * b->ratio[s], "ratio");
    for (size_t o = 0; o < l->n_origins; o++)
        CHECK_NEAR(a->score[o], b->score[o], 1e-12 * b->score[o], "score");
    CHECK_NEAR(a->lost, b->lost, 1e-12 * b->lost, "lost");
}

/* The same places told in another order: the same, but for the rounding of sums. */
static void check_order(struct qz_dice *dice, enum qz_score_method method, const struct qz_decay *d,
                        const struct land *l, const struct answer *a) {
    struct land m = *l;
    struct answer b, back = { .lost = a->lost };
    size_t site[MOST], origin[MOST];
    for (size_t i = 0; i < MOST; i++)
        site[i] = origin[i] = i;
    for (size_t i = l->n_sites; i > 1; i--) {
        size_t k = qz_dice_below(dice, (uint32_t)i), t = site[i - 1];
        site[i - 1] = site[k], site[k] = t;
    }
    for (size_t i = l->n_origins; i > 1; i--) {
        size_t k = qz_dice_below(dice, (uint32_t)i), t = origin[i - 1];
        origin[i - 1] = origin[k], origin[k] = t;
    }
    for (size_t o = 0; o < l->n_origins; o++)
        for (size_t s = 0; s < l->n_sites; s++) {
            m.ms[o][s] = l->ms[origin[o]][site[s]];
            m.supply[s] = l->supply[site[s]];
            m.demand[o] = l->demand[origin[o]];
        }
    CHECK(score(method, d, &m, &b) == 0);
    back.lost = b.lost;
    for (size_t s = 0; s < l->n_sites; s++)
        back.ratio[site[s]] = b.ratio[s];
    for (size_t o = 0; o < l->n_origins; o++)
        back.score[origin[o]] = b.score[o];
    if (l->n_sites)
        check_close(l, &back, a);
}

/* More at a site, or one more site: nobody has less, to the bit. */
static void check_more_supply(struct qz_dice *dice, enum qz_score_method method,
                              const struct qz_decay *d, const struct land *l,
                              const struct answer *a) {
    struct land m = *l;
    struct answer b;
    if (l->n_sites == 0)
        return;
    size_t s = qz_dice_below(dice, (uint32_t)l->n_sites);
    m.supply[s] += qz_dice_between(dice, 0, 5);
    CHECK(score(method, d, &m, &b) == 0);
    for (size_t o = 0; o < l->n_origins; o++)
        CHECK(b.score[o] >= a->score[o]);
    m.supply[s] = 0; /* the same of a site that is there or not */
    CHECK(score(method, d, &m, &b) == 0);
    for (size_t o = 0; o < l->n_origins; o++)
        CHECK(b.score[o] <= a->score[o]);
}

/* Supply twice: scores twice. People twice: half. To the bit, as 2 is exact. */
static void check_scaling(enum qz_score_method method, const struct qz_decay *d,
                          const struct land *l, const struct answer *a) {
    struct land more = *l, crowd = *l;
    struct answer b, c;
    for (size_t i = 0; i < MOST; i++) {
        more.supply[i] *= 2;
        crowd.demand[i] *= 2;
    }
    CHECK(score(method, d, &more, &b) == 0 && score(method, d, &crowd, &c) == 0);
    for (size_t o = 0; o < l->n_origins; o++)
        CHECK(b.score[o] == 2 * a->score[o] && c.score[o] == a->score[o] / 2);
    CHECK(b.lost == 2 * a->lost && c.lost == a->lost);
}

static void check_random(void) {
    static const char *const names[] = { "apl2012", "apl2017", "e2sfca", "gaussian",
                                         "exponential" };
    struct qz_dice dice = qz_dice_of(15, 0);
    for (size_t turn = 0; turn < 2000; turn++) {
        struct land l = random_land(&dice);
        struct qz_decay d = decay_named(registry(), names[turn % COUNT(names)]);
        for (int m = 0; m < QZ_N_SCORE_METHODS; m++) {
            enum qz_score_method method = (enum qz_score_method)m;
            struct answer a, slow;
            double supply = total(l.supply, l.n_sites);
            CHECK(score(method, &d, &l, &a) == 0);
            score_slowly(method, &d, &l, &slow);
            check_close(&l, &a, &slow);
            CHECK_NEAR(kept(&l, &a), supply, 1e-12 * supply, "conserved");
            check_order(&dice, method, &d, &l, &a);
            check_more_supply(&dice, method, &d, &l, &a);
            check_scaling(method, &d, &l, &a);
        }
    }
}

static void check_edges(void) {
    struct qz_decay d = decay_named(registry(), "apl2012");
    struct land l = { 2, 2, { { 0, 20 MIN }, { 5 MIN, 20 MIN } }, { 3, 4 }, { 0, 0 } };
    struct answer a, untouched;
    CHECK(score(QZ_SCORE_APL, &d, &l, &a) == 0); /* no people; and a site too far */
    CHECK(a.lost == 7 && a.ratio[0] == 0 && a.score[0] == 0 && a.score[1] == 0);
    l.demand[1] = 2;
    CHECK(score(QZ_SCORE_APL, &d, &l, &a) == 0); /* who lives alone at 5 min has it all; so near */
    CHECK(a.lost == 4 && a.ratio[0] == 1.5 && a.score[0] == 1.5 && a.score[1] == 1.5);
    l.demand[1] = 1e-320;
    CHECK(score(QZ_SCORE_APL, &d, &l, &a) == 0 && a.lost == 7 && a.score[1] == 0);
    static const double bad[] = { -1, NAN, INFINITY };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct land m = l;
        memset(&untouched, 0x5a, sizeof untouched);
        a = untouched;
        m.demand[1] = bad[i];
        CHECK(score(QZ_SCORE_APL, &d, &m, &a) == QZ_E_RANGE &&
              says("demand of origin 1", "amount"));
        m = l;
        m.supply[0] = bad[i];
        CHECK(score(QZ_SCORE_APL, &d, &m, &a) == QZ_E_RANGE && says("supply of site 0", "amount"));
        CHECK(memcmp(a.score, untouched.score, sizeof a.score) == 0 && a.lost == -1);
    }
    CHECK(score(QZ_N_SCORE_METHODS, &d, &l, &a) == QZ_E_RANGE);
    struct qz_link wild = { 2, 0, 0 };
    struct qz_links links[] = { { .items = &wild, .n = 1 } };
    const struct qz_score_input in = { links, 1, 2, l.supply, l.demand };
    struct qz_score_result r = { a.ratio, a.score, 0 };
    CHECK(qz_score(ctx, QZ_SCORE_APL, &d, &in, &r) == QZ_E_RANGE &&
          says("origin 2 of 2", "site 0"));
    CHECK(qz_score(NULL, QZ_SCORE_APL, &d, &in, &r) == QZ_E_RANGE);
    wild.origin = 0;
    qz_memory_fail_after(0);
    CHECK(qz_score(ctx, QZ_SCORE_APL, &d, &in, &r) == QZ_E_NOMEM);
    qz_memory_fail_after(SIZE_MAX);
    const struct qz_score_input none = { NULL, 0, 0, NULL, NULL };
    CHECK(qz_score(ctx, QZ_SCORE_APL, &d, &none, &r) == 0 && r.lost == 0);
}

/* ---- standardised population */
static void check_consumption(void) {
#define ROW "profession,age_from,age_to,per_year\n"
    static const struct {
        const char *text;
        int code;
        const char *says;
        double at_0, at_30, at_127;
    } tables[] = {
        { ROW "gp,0,29,2\ngp,30,,5\n*,0,,1\n", 0, NULL, 2, 5, 5 },
        { ROW "nurse,0,,9\n*,0,29,3\n*,30,,4\n", 0, NULL, 3, 4, 4 },
        { ROW "gp,30,,4\ngp,0,29,3\n", 0, NULL, 3, 4, 4 },
        { ROW "nurse,0,,9\n", QZ_E_PLAN, "no profession 'gp'", 0, 0, 0 },
        { ROW "gp,0,29,2\ngp,45,,5\n", QZ_E_DATA, "ages 30 to 44", 0, 0, 0 },
        { ROW "gp,0,29,2\ngp,30,80,5\n", QZ_E_DATA, "ages 81 to 127", 0, 0, 0 },
        { ROW "gp,0,30,2\ngp,30,,5\n", QZ_E_DATA, "line 3: the age 30", 0, 0, 0 },
        { ROW "gp,0,,-2\n", QZ_E_DATA, "per_year = '-2'", 0, 0, 0 },
        { ROW "gp,0,,s\n", QZ_E_DATA, "per_year = 's'", 0, 0, 0 },
        { ROW "gp,-1,,2\n", QZ_E_DATA, "age_from = '-1'", 0, 0, 0 },
        { ROW "gp,2.5,,2\n", QZ_E_DATA, "age_from = '2.5'", 0, 0, 0 },
        { ROW "gp,0,140,2\n", QZ_E_DATA, "age_to = '140'", 0, 0, 0 },
        { ROW "gp,30,29,2\n", QZ_E_DATA, "age_to = '29'", 0, 0, 0 },
        { ROW "gp,0,,0\n", QZ_E_DATA, "nobody consumes", 0, 0, 0 },
        { "profession,age_from,per_year\ngp,0,1\n", QZ_E_FORMAT, "'age_to'", 0, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct qz_consumption c = { { 77 } };
        CHECK(qz_consumption_read(ctx, "t.csv", tables[i].text, "gp", &c) == tables[i].code);
        if (tables[i].code) {
            CHECK(c.per_year[0] == 77 && says("t.csv", tables[i].says));
        } else {
            CHECK(c.per_year[0] == tables[i].at_0 && c.per_year[30] == tables[i].at_30);
            CHECK(c.per_year[QZ_AGES - 1] == tables[i].at_127);
        }
    }
    struct qz_consumption c;
    const char *ours = qz_geodata("consumption.csv");
    CHECK(qz_consumption_read(ctx, "consumption.csv", ours, "gp", &c) == 0 && c.per_year[80] == 7);
    CHECK(qz_consumption_read(ctx, "consumption.csv", ours, "nurse", &c) == 0);
    for (size_t a = 0; a < QZ_AGES; a++)
        CHECK(c.per_year[a] == 1);
}

/* Bands 0-19, 20-59, 60+ of four communes; nothing known of the last. */
static double by_band[] = { 100, 200, 100, 0, 0, 50, 10, 30, 0, 0, 0, 0 };
static uint8_t known[] = { 1, 1, 1, 0 };
static const struct qz_ages three_bands = { .n = 4,
                                            .n_bands = 3,
                                            .bands = { { 0, 19 }, { 20, 59 }, { 60, QZ_AGE_OPEN } },
                                            .people = by_band,
                                            .known = known };

static void check_factors(void) {
    /* 2 a year up to 39, 4 from 40 to 59, 6 from 60: the middle band, half and half, is 3 */
    static const char text[] = ROW "gp,0,39,2\ngp,40,59,4\ngp,60,,6\n";
    static const double people[] = { 800, 100, 100, 500 }; /* legal, not those of the table */
    const double each[] = { (100 * 2 + 200 * 3 + 100 * 6) / 400.0, 6, (10 * 2 + 30 * 3) / 40.0 };
    const double mean = (800 * each[0] + 100 * each[1] + 100 * each[2]) / 1000;
    double factor[4], standardised = 0;
    struct qz_consumption c;
    CHECK(qz_consumption_read(ctx, "t.csv", text, "gp", &c) == 0);
    CHECK(qz_demand_factors(ctx, &three_bands, &c, people, factor) == 0);
    for (size_t i = 0; i < 3; i++)
        CHECK_NEAR(factor[i], each[i] / mean, 1e-15, "factor");
    CHECK(factor[3] == 1);
    for (size_t i = 0; i < 4; i++)
        standardised += people[i] * factor[i];
    CHECK_NEAR(standardised, 1500, 1e-9, "as many as people");

    static const char even[] = ROW "*,0,,0.5\n";
    CHECK(qz_consumption_read(ctx, "t.csv", even, "gp", &c) == 0);
    CHECK(qz_demand_factors(ctx, &three_bands, &c, people, factor) == 0);
    for (size_t i = 0; i < 4; i++)
        CHECK(factor[i] == 1);
    static const double nobody[4];
    CHECK(qz_demand_factors(ctx, &three_bands, &c, nobody, factor) == 0 && factor[0] == 1);
    /* only people of 100 and over consume: the open band's last age is 94 */
    static const char late[] = ROW "*,0,99,0\n*,100,,1\n";
    CHECK(qz_consumption_read(ctx, "t.csv", late, "gp", &c) == 0);
    factor[0] = 9;
    CHECK(qz_demand_factors(ctx, &three_bands, &c, people, factor) == QZ_E_DATA && factor[0] == 9);
    CHECK(says("consume", "nothing"));
    /* the open band reaches 94: of 60 to 94, five years of 35 take 8, the mean is 2 */
    static const char old[] = ROW "*,0,89,1\n*,90,,8\n";
    CHECK(qz_consumption_read(ctx, "t.csv", old, "gp", &c) == 0);
    CHECK(qz_demand_factors(ctx, &three_bands, &c, people, factor) == 0);
    CHECK_NEAR(factor[1], 2 / ((800 * 1.25 + 100 * 2 + 100) / 1000), 1e-12, "the old");
}

int main(void) {
    if (qz_ctx_new(&qz_ctx_params_default, &ctx) < 0)
        return 1;
    check_registry();
    check_decay_tables();
    check_damaged_tables();
    check_presets();
    check_examples();
    check_random();
    check_edges();
    check_consumption();
    check_factors();
    qz_ctx_free(ctx);
    return check_end();
}
