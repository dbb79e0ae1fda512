/* tests/unit/test_register.c - ages as bands by territory, and two vintages of a register compared;
 * worked out by hand
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "quinze/access.h"
#include "scratch.h"
#include "source/source.h"
#include "source/words.h"

#define NONE UINT32_MAX

static struct qz_ctx *ctx;
static struct qz_issues issues;
static struct qz_levels *levels;

/* Two departements, three EPCI; the last commune is in no EPCI. */
enum { N_COMMUNES = 5 };
static const char *codes[] = { "01001", "01002", "22001", "22002", "22003" };
static const char *names[] = { "A", "B", "C", "D", "E" };
static const char *departements[] = { "01", "01", "22", "22", "22" };
static const char *epcis[] = { "200000001", "200000001", "200000002", "200000003", "" };
static const struct qz_communes communes = {
    .n = N_COMMUNES, .code = codes, .name = names, .departement = departements, .epci = epcis
};

static void fresh_issues(void) {
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
}

static const struct qz_issue *issue_of(const char *code) {
    for (size_t i = 0; i < issues.n; i++)
        if (strcmp(issues.items[i].code, code) == 0)
            return &issues.items[i];
    return NULL;
}

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

/* ---- bands */
static int read_bands(const char *text, const char *only, const char *level,
                      struct qz_input_report *report, struct qz_age_bands **ret) {
    const struct qz_input input = { .file = scratch_text("ages.csv", text) };
    fresh_issues();
    *ret = NULL;
    return qz_age_bands_read(ctx, &communes, levels, &input, only, level, &issues, report, ret);
}

/* The finest level that has a pyramid counts: the commune's own, then its EPCI, then its
 * departement. */
static void check_levels(void) {
    static const char *const text = "niveau,code,profession,age_min,age_max,heads\n"
                                    "departement,22,gp,60,,10\n"
                                    "departement,22,gp,,39,20\n"
                                    "Departement,22,gp,40,59,5.5\n"
                                    "epci,200000002,gp,25,44,3\n"
                                    "commune,22002,gp,30,49,0\n"
                                    "commune,22002,gp,50,69,2\n"
                                    "epci,200000002,gp,45,99,1\n"
                                    "departement,22,nurse,30,49,7\n"
                                    "departement,75,gp,30,49,7\n";
    static const struct qz_age_band want[] = {
        { 30, 49, 0 },  { 50, 69, 2 },                  /* commune 22002 */
        { 25, 44, 3 },  { 45, 64, 1 },                  /* its EPCI: 99 is an open end */
        { 20, 39, 20 }, { 40, 59, 5.5 }, { 60, 79, 10 } /* departement 22, both ends open */
    };
    static const uint32_t first[] = { 0, 2, 4, 7 }, of_commune[] = { NONE, NONE, 1, 0, 2 };
    struct qz_input_report report = { 0 };
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
    CHECK(read_bands(text, "GP", NULL, &report, &b) == 0 && b);
    if (!b)
        return;
    CHECK(b->n_communes == N_COMMUNES && b->n == 3);
    CHECK(memcmp(b->first, first, sizeof first) == 0);
    CHECK(memcmp(b->of_commune, of_commune, sizeof of_commune) == 0);
    for (size_t i = 0; i < COUNT(want); i++)
        CHECK(b->bands[i].from == want[i].from && b->bands[i].to == want[i].to &&
              b->bands[i].heads == want[i].heads);
    CHECK(report.rows == 8 && report.rejected == 1);
    const struct qz_issue *elsewhere = issue_of("unknown_territory"),
                          *none = issue_of("no_age_bands");
    CHECK(elsewhere && elsewhere->row == 9 && strstr(elsewhere->message, "'75'") &&
          strstr(elsewhere->message, "departement"));
    CHECK(none && strstr(none->message, "2 of 5 communes") && strstr(none->message, "01001"));
    CHECK(issues.n == 2);
}

/* One territory that has a band more does not make the others incomplete. */
static void check_wider(void) {
    struct qz_input_report report;
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
    CHECK(read_bands("insee_com,age_min,age_max,heads\n22003,20,29,1\n22003,30,49,1\n"
                     "22003,50,69,1\n22001,30,49,1\n22001,50,60,2\n22002,30,49,3\n22002,50,60,1\n"
                     "01001,35,49,1\n01001,50,60,1\n",
                     NULL, NULL, &report, &b) == 0);
    CHECK(b && b->n == 3 && b->of_commune[0] == NONE && b->of_commune[4] == 2);
    CHECK(issue_of("missing_band") && report.rejected == 2);
}

/* A level may have more territories than there are communes: most of them empty. */
static void check_many_territories(void) {
    const char *many[20];
    char text[20][4];
    uint32_t of_commune[N_COMMUNES] = { 19, 19, NONE, 0, 0 };
    for (size_t i = 0; i < 20; i++) {
        snprintf(text[i], sizeof text[i], "t%02zu", i);
        many[i] = text[i];
    }
    struct qz_level level = { .name = "cpts", .n = 20, .code = many, .of_commune = of_commune };
    const struct qz_levels cpts = { .items = &level, .n = 1 };
    const struct qz_input input = { .file = scratch_text("ages.csv",
                                                         "cpts,age_min,age_max,heads\n"
                                                         "t19,30,39,1\nt19,40,49,1\n"
                                                         "t07,30,39,1\nt07,40,49,1\n") };
    struct qz_input_report report;
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
    fresh_issues();
    CHECK(qz_age_bands_read(ctx, &communes, &cpts, &input, NULL, "cpts", &issues, &report, &b) ==
          0);
    CHECK(b && b->n == 2 && b->of_commune[0] == 1 && b->of_commune[2] == NONE &&
          b->of_commune[3] == NONE);
}

/* The level may be said by the plan; a table without it is of communes. */
static void check_said_level(void) {
    struct qz_input_report report;
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL, *c = NULL;
    CHECK(read_bands("code,age_min,age_max,heads\n01,30,49,1\n22,30,49,1\n", NULL, "departement",
                     &report, &b) == 0 &&
          b && b->n == 2 && b->of_commune[4] == 1);
    CHECK(issues.n == 0);
    CHECK(read_bands("insee_com,age_min,age_max,heads\n22003,30,49,1\n", NULL, NULL, &report, &c) ==
              0 &&
          c && c->n == 1 && c->of_commune[4] == 0);
}

static void check_band_words(void) {
    static const struct {
        const char *text;
        enum qz_band_word word;
        int from, to;
    } facts[] = {
        { "25-29", QZ_BAND_AGES, 25, 29 },
        { "de 25 à 29 ans", QZ_BAND_AGES, 25, 29 },
        { "25_29", QZ_BAND_AGES, 25, 29 },
        { "02 - de 25 à 29 ans", QZ_BAND_AGES, 25, 29 },
        { "moins de 25 ans", QZ_BAND_AGES, -7, 24 },
        { "01-Moins de 25 ans", QZ_BAND_AGES, -7, 24 },
        { "< 40", QZ_BAND_AGES, -7, 39 },
        { "70 ans et plus", QZ_BAND_AGES, 70, -7 },
        { "13-70 ans et PLUS", QZ_BAND_AGES, 70, -7 },
        { "65+", QZ_BAND_AGES, 65, -7 },
        { "64", QZ_BAND_AGES, 64, 64 },
        { "Tout âge", QZ_BAND_ALL, -7, -7 },
        { "00-Ensemble", QZ_BAND_ALL, -7, -7 },
        { "TOTAL", QZ_BAND_ALL, -7, -7 },
        { "âge inconnu", QZ_BAND_UNKNOWN, -7, -7 },
        { "senior", QZ_BAND_BAD, -7, -7 },
        { "", QZ_BAND_BAD, -7, -7 },
        { "99999999999999999999", QZ_BAND_AGES, 9999, 9999 },
    };
    for (size_t i = 0; i < COUNT(facts); i++) {
        int from = -7, to = -7;
        CHECK_NEAR(qz_word_band(facts[i].text, &from, &to), facts[i].word, 0, facts[i].text);
        CHECK_NEAR(from, facts[i].from, 0, facts[i].text);
        CHECK_NEAR(to, facts[i].to, 0, facts[i].text);
    }
}

/* The Assurance Maladie's table of self-employed practitioners: a departement for all France, all
 * ages, both sexes and each, several years. */
static void check_official_table(void) {
    static const char *const header =
        "annee;profession_sante;region;departement;libelle_departement;libelle_classe_age;"
        "libelle_sexe;effectif;densite\n";
    static const char *const rows[] = {
        "2024;Sages-femmes;53;22;Côtes-d'Armor;Tout âge;tout sexe;9;",
        "2024;MG;53;22;Côtes-d'Armor;Tout âge;tout sexe;100;16.5",
        "2024;MG;53;22;Côtes-d'Armor;âge inconnu;tout sexe;2;0.5",
        "2024;MG;53;22;Côtes-d'Armor;moins de 40 ans;tout sexe;30;",
        "2024;MG;53;22;Côtes-d'Armor;moins de 40 ans;femmes;20;",
        "2024;MG;53;22;Côtes-d'Armor;de 40 à 59 ans;tout sexe;40;",
        "2024;MG;53;22;Côtes-d'Armor;60 ans et plus;tout sexe;28;",
        "2023;MG;53;22;Côtes-d'Armor;moins de 40 ans;tout sexe;7;",
        "2023;MG;53;22;Côtes-d'Armor;de 40 à 59 ans;tout sexe;7;",
        "2023;MG;53;22;Côtes-d'Armor;60 ans et plus;tout sexe;7;",
        "2024;MG;99;999;FRANCE;60 ans et plus;tout sexe;7;"
    };
    static const struct qz_age_band want[] = { { 20, 39, 30 }, { 40, 59, 40 }, { 60, 79, 28 } };
    char text[2048];
    struct qz_input_report report;
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
    snprintf(text, sizeof text, "%s", header);
    for (size_t i = 0; i < COUNT(rows); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", rows[i]);
    CHECK(read_bands(text, "MG", "departement", &report, &b) == 0 && b && b->n == 1);
    for (size_t i = 0; b && i < COUNT(want); i++)
        CHECK(b->bands[i].from == want[i].from && b->bands[i].to == want[i].to &&
              b->bands[i].heads == want[i].heads);
    const struct qz_issue *unknown = issue_of("unknown_ages"), *older = issue_of("older_years");
    CHECK(unknown && strstr(unknown->message, "2 practitioners"));
    CHECK(older && strstr(older->message, "3 rows are not of 2024"));
    CHECK(issue_of("unknown_territory") && report.rejected == 1 && issues.n == 4);
}

/* Beside a good departement 01 (25-44, 45-64), what departement 22 may do wrong. */
static void check_bad_bands(void) {
    static const struct {
        const char *name, *rows, *code, *what, *more;
        size_t row, rejected;
    } bad[] = {
        { "a gap", "22,25,34,1\n22,45,64,1\n", "missing_band", "departement 22",
          "no band holds the ages 35 to 44", 4, 2 },
        { "an overlap", "22,25,50,1\n22,45,64,1\n", "overlapping_bands", "departement 22",
          "two bands hold the ages 45 to 50", 4, 2 },
        { "one inside another", "22,25,64,1\n22,30,34,1\n", "overlapping_bands", "departement 22",
          "ages 30 to 34", 4, 2 },
        { "twice the same", "22,25,44,1\n22,25,44,1\n22,45,64,1\n", "overlapping_bands", "22",
          "25 to 44", 4, 3 },
        { "no first band", "22,45,64,1\n", "missing_band", "departement 22", "the first band", 3,
          1 },
        { "no last band", "22,25,44,1\n", "missing_band", "departement 22", "the last band", 3, 1 },
        { "negative", "22,25,44,-1\n22,45,64,1\n", "bad_heads", "'-1'", "0 or more", 3, 2 },
        { "masked", "22,25,44,1\n22,45,64,s\n", "bad_heads", "'s'", "", 4, 2 },
        { "no heads", "22,25,44,\n22,45,64,1\n", "bad_heads", "''", "", 3, 2 },
        { "upside down", "22,44,25,1\n", "bad_band", "'44' to '25'", "whole years", 3, 1 },
        { "half a year", "22,25,44.5,1\n", "bad_band", "'25' to '44.5'", "", 3, 1 },
        { "a word", "22,vingt,44,1\n", "bad_band", "'vingt' to '44'", "", 3, 1 },
        { "older than anyone", "22,25,98,1\n22,111,120,1\n22,45,64,1\n", "bad_band",
          "'111' to '120'", "", 4, 3 },
        { "no age at all", "22,,,1\n", "bad_band", "'' to ''", "", 3, 1 },
        { "below 0", "22,-5,44,1\n", "bad_band", "'-5' to '44'", "", 3, 1 },
        { "a lost zero", "1,25,44,1\n", "unknown_territory", "'1' is no departement", "01, not 1",
          3, 1 },
        { "no code", ",25,44,1\n", "unknown_territory", "'' is no departement", "", 3, 1 },
        { "nobody", "22,25,44,0\n22,45,64,0\n", "nobody_in_bands", "departement 22", "", 3, 0 },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[256];
        struct qz_input_report report = { 0 };
        qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
        snprintf(text, sizeof text, "code,age_min,age_max,heads\n01,25,44,1\n01,45,64,1\n%s",
                 bad[i].rows);
        int code = read_bands(text, NULL, "departement", &report, &b);
        const struct qz_issue *issue = issue_of(bad[i].code);
        bool most = bad[i].rejected > 2; /* more than half */
        CHECK_NEAR(code, most ? QZ_E_DATA : 0, 0, bad[i].name);
        CHECK_NEAR(issue != NULL, 1, 0, bad[i].name);
        CHECK_NEAR((double)report.rejected, (double)bad[i].rejected, 0, bad[i].name);
        if (issue) {
            CHECK_NEAR((double)issue->row, (double)bad[i].row, 0, bad[i].name);
            CHECK(strstr(issue->message, bad[i].what) && strstr(issue->message, bad[i].more));
        }
        if (most)
            CHECK(says("ages.csv", bad[i].more) && !b);
        if (b)
            CHECK(b->n == 1 && b->of_commune[0] == 0 && b->of_commune[2] == NONE);
    }
}

static void check_refused_bands(void) {
    static const struct {
        const char *text, *only;
        int code;
        const char *what, *more;
    } bad[] = {
        { "code,age_min,heads\n01,25,1\n", NULL, QZ_E_FORMAT, "band_to", "age_max" },
        { "code,age_min,age_max,heads\n01,25,44,1\n", "gp", QZ_E_FORMAT, "profession_column", "" },
        { "code,profession,age_min,age_max,heads\n01,gp,25,44,1\n", "nurse", QZ_E_DATA, "'nurse'",
          "profession" },
        { "code,age_min,age_max,heads\n", NULL, QZ_E_DATA, "no row", "" },
        { "ville,age_min,age_max,heads\nA,25,44,1\n", NULL, QZ_E_FORMAT, "'code'", "ville" },
        { "code,heads\n22001,1\n", NULL, QZ_E_FORMAT, "band_from", "age_min" },
        { "code,tranche_age,heads\n22001,senior,1\n", NULL, QZ_E_DATA, "'senior' is no band", "" },
        { "code,tranche_age,heads\n22001,moins de 0 ans,1\n", NULL, QZ_E_DATA, "'moins de 0 ans'",
          "" },
        { "code,tranche_age,heads\n22001,200 et plus,1\n", NULL, QZ_E_DATA, "'200 et plus'", "" },
        { "code,tranche_age,heads\n22001,99999999999,1\n", NULL, QZ_E_DATA, "'99999999999'", "" },
        { "code,tranche_age,sexe,heads\n22001,25-29,F,1\n", NULL, QZ_E_DATA,
          "no row has both sexes", "" },
        { "code,profession,tranche_age,sexe,heads\n22001,gp,25-29,F,1\n", "gp", QZ_E_DATA,
          "no row has both sexes ('tout sexe') and 'gp' in its profession column", "" },
        { "code,tranche_age,heads\n22001,,1\n", NULL, QZ_E_DATA, "'' is no band", "" },
        { "level,code,age_min,age_max,heads\nplanet,1,25,44,1\n", NULL, QZ_E_DATA,
          "level 'planet' is none of: commune, epci, departement", "[territories]" },
        { "level,code,age_min,age_max,heads\ndepartement,1,25,44,1\n", NULL, QZ_E_DATA,
          "leading zeros", "'1' is no departement" },
        { "code,age_min,age_max,heads\n22001,,44,1\n22001,45,,1\n", NULL, QZ_E_DATA,
          "an open band needs a closed one", "commune 22001" },
        { "code,age_min,age_max,heads\n22001,,44,1\n", NULL, QZ_E_DATA, "an open band", "" },
        { "code,age_min,age_max,heads\n22001,,44,1\n22001,,49,1\n22001,50,60,1\n", NULL, QZ_E_DATA,
          "two bands hold the ages 0 to 44", "" },
        { "code,age_min,age_max,heads\n22001,30,44,1\n22001,45,,1\n22001,60,,1\n", NULL, QZ_E_DATA,
          "two bands hold the ages 60 to 110", "" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct qz_input_report report;
        qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
        CHECK_NEAR(read_bands(bad[i].text, bad[i].only, NULL, &report, &b), bad[i].code, 0,
                   bad[i].text);
        CHECK(says(bad[i].what, bad[i].more) && !b);
    }
    const struct qz_input input = { .file = scratch_text("ages.csv",
                                                         "level,code,age_min,age_max,heads\n"
                                                         "departement,01,25,44,1\n") };
    struct qz_input_report report;
    struct qz_age_bands *b = NULL;
    CHECK(qz_age_bands_read(ctx, &communes, NULL, &input, NULL, NULL, &issues, &report, &b) ==
              QZ_E_DATA &&
          !b && says("none of: commune;", ""));
}

/* Wherever memory ends: nothing is made, nothing is lost. */
static void check_bands_memory(void) {
    const struct qz_input input = { .file = scratch_text("ages.csv",
                                                         "code,age_min,age_max,heads\n"
                                                         "22001,30,39,1\n22001,40,49,1\n"
                                                         "22002,30,39,1\n22002,40,59,1\n") };
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_input_report report;
        struct qz_age_bands *b = NULL;
        fresh_issues();
        qz_memory_fail_after(k);
        int code = qz_age_bands_read(ctx, &communes, levels, &input, NULL, NULL, &issues, &report,
                                     &b);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((code == 0) == whole && (b != NULL) == whole);
        qz_age_bands_free(b);
    }
    CHECK(whole);
}

/* From the file to the sites: in departement 22 the doctors of METHODS 6, in commune 22003 one of
 * 40; elsewhere ages are unknown. */
static void check_bands_used(void) {
    static const char *const text = "level,code,age_min,age_max,heads\n"
                                    "departement,22,30,39,8\ndepartement,22,40,49,14\n"
                                    "departement,22,50,54,20\ndepartement,22,55,59,21\n"
                                    "departement,22,60,64,25\ndepartement,22,65,69,12\n";
    struct qz_input_report report;
    struct qz_post posts[] = { { .heads = 1 }, { .heads = 1 }, { .heads = 1, .age = 40 } };
    struct qz_site items[] = { { .commune = 0, .n_posts = 1 },
                               { .commune = 3, .first_post = 1, .n_posts = 1 },
                               { .commune = 4, .first_post = 2, .n_posts = 1 } };
    const struct qz_sites sites = { .n = 3, .items = items, .n_posts = 3, .posts = posts };
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *b = NULL;
    struct qz_exits exits;
    struct qz_left left[3];
    struct qz_post_ages ages[3];
    CHECK(read_bands(text, NULL, NULL, &report, &b) == 0 && b);
    CHECK(qz_exits_at_age(ctx, 67, &exits) == 0);
    const struct qz_horizon h = { .exits = &exits, .years = 5, .bands = b };
    CHECK(qz_left_of_posts(ctx, &sites, 0, &h, left) == 0);
    CHECK(qz_ages_of_posts(ctx, &sites, 0, &(struct qz_horizon) { .bands = b }, ages) == 0);
    CHECK(left[0].low == 0 && left[0].high == 1 && ages[0].known == 0);
    CHECK_NEAR(left[1].low, 0.73, 1e-12, "left after 5 years");
    CHECK_NEAR(ages[1].over55, 0.58, 1e-12, "55 and more");
    CHECK(left[2].low == 1 && ages[2].over50 == 0 && ages[2].known == 1);
}

/* ---- vintages */
static int read_register(const char *file, const char *text, const char *only,
                         struct qz_register **ret) {
    const struct qz_input input = { .file = scratch_text(file, text) };
    struct qz_input_report report;
    *ret = NULL;
    return qz_register_read(ctx, &communes, NULL, NULL, &input, "gp", only, &issues, &report, ret);
}

/* Person 3 of two places counts half at each, and 4 is one whatever its heads say; 9 is announced,
 * 8 lies elsewhere; two lots of heads without names in 22002. */
static const char *const then_text = "rpps,insee_com,heads,planned\n"
                                     "10000000005,22003,,\n"
                                     "10000000003,01001,,non\n"
                                     "10000000001,01001,,\n"
                                     "10000000003,22001,,\n"
                                     "10000000002,01002,,\n"
                                     "10000000004,22003,s,\n"
                                     "10000000008,75056,,\n"
                                     "10000000009,01001,,oui\n"
                                     ",22002,3,\n"
                                     ",22002,1.5,\n";
/* 1 stayed, 2 went to 22, 3 gave up its place in 22, 4 left, 5 stayed and took a second place in
 * the same departement, 6 and 7 came. */
static const char *const now_text = "rpps,insee_com,heads\n"
                                    "10000000001,01001,\n"
                                    "10000000002,22001,\n"
                                    "10000000003,01001,\n"
                                    "10000000005,22003,\n"
                                    "10000000005,22001,\n"
                                    "10000000006,22002,\n"
                                    "10000000007,01002,\n"
                                    ",22002,4\n";

static void check_register(void) {
    static const struct qz_presence want[] = {
        { "", 3, 4.5 },
        { "10000000001", 0, 1 },
        { "10000000002", 1, 1 },
        { "10000000003", 0, 0.5 },
        { "10000000003", 2, 0.5 },
        { "10000000004", 4, 1 },
        { "10000000005", 4, 1 },
    };
    qz_cleanup(qz_register_freep) struct qz_register *r = NULL;
    fresh_issues();
    CHECK(read_register("then.csv", then_text, NULL, &r) == 0 && r && r->n == COUNT(want));
    for (size_t i = 0; r && i < r->n && i < COUNT(want); i++)
        CHECK(strcmp(r->items[i].person, want[i].person) == 0 &&
              r->items[i].commune == want[i].commune && r->items[i].heads == want[i].heads);
    const struct qz_issue *elsewhere = issue_of("no_commune");
    CHECK(issues.n == 1 && elsewhere && elsewhere->row == 7 && strstr(elsewhere->message, "75056"));
}

static bool same_flow(const struct qz_flow *a, const struct qz_flow *b) {
    const double *x = &a->before, *y = &b->before;
    bool same = true;
    for (size_t i = 0; i < sizeof *a / sizeof *x; i++)
        same = same && fabs(x[i] - y[i]) <= 1e-12;
    if (!same)
        for (size_t i = 0; i < sizeof *a / sizeof *x; i++)
            fprintf(stderr, "flow %zu: %g, not %g\n", i, x[i], y[i]);
    return same;
}

static void check_flows(void) {
    static const uint32_t departement[] = { 0, 0, 1, 1, 1 }, all[N_COMMUNES] = { 0 };
    static const struct qz_flow by_departement[] = {
        { .before = 2.5, .now = 3, .stayed = 1.5, .moved_in = 0.5, .moved_out = 1, .arrived = 1 },
        { .before = 7,
          .now = 7,
          .stayed = 1,
          .moved_in = 1,
          .moved_out = 0.5,
          .arrived = 1,
          .left = 1,
          .unnamed_before = 4.5,
          .unnamed_now = 4 },
    };
    static const struct qz_flow whole = { .before = 9.5,
                                          .now = 10,
                                          .stayed = 4,
                                          .arrived = 2,
                                          .left = 1,
                                          .unnamed_before = 4.5,
                                          .unnamed_now = 4 };
    qz_cleanup(qz_register_freep) struct qz_register *then = NULL, *now = NULL;
    struct qz_flow flows[2];
    double ratio = -1;
    CHECK(read_register("then.csv", then_text, NULL, &then) == 0);
    CHECK(read_register("now.csv", now_text, NULL, &now) == 0);
    if (!then || !now)
        return;
    memset(flows, 0x5a, sizeof flows);
    CHECK(qz_flows_by_group(ctx, then, now, departement, 2, flows) == 0);
    CHECK(same_flow(&flows[0], &by_departement[0]) && same_flow(&flows[1], &by_departement[1]));
    /* 1 came, half a one moved in, one away, in 4 years */
    CHECK(qz_flow_arrivals(&flows[0], 4, &ratio));
    CHECK_NEAR(ratio, 0.5 / 3 / 4, 1e-15, "arrivals a year for each head of today");
    CHECK(qz_flow_departures(&flows[0], 4, &ratio) && ratio == 0);
    CHECK(!qz_flow_arrivals(&flows[1], 4, &ratio) && !qz_flow_departures(&flows[1], 4, &ratio));
    CHECK(!qz_flow_arrivals(&flows[0], 0, &ratio) && !qz_flow_arrivals(&flows[0], -1, &ratio));
    CHECK(qz_flows_by_group(ctx, then, now, all, 1, flows) == 0);
    CHECK(same_flow(&flows[0], &whole));
    const struct qz_flow named = { .before = 20, .now = 25, .stayed = 17, .left = 3, .arrived = 8 };
    CHECK(qz_flow_arrivals(&named, 4, &ratio) && ratio == 8.0 / 25 / 4);
    CHECK(qz_flow_departures(&named, 5, &ratio) && fabs(ratio - 0.03) < 1e-15);
    const struct qz_flow once = { .before = 20, .now = 25, .unnamed_before = 1 };
    CHECK(!qz_flow_arrivals(&once, 4, &ratio) && !qz_flow_departures(&once, 4, &ratio));
    const struct qz_flow nobody = { 0 };
    CHECK(!qz_flow_arrivals(&nobody, 4, &ratio) && !qz_flow_departures(&nobody, 4, &ratio));
    const uint32_t wild[] = { 0, 0, 2, 0, 0 };
    CHECK(qz_flows_by_group(ctx, then, now, wild, 2, flows) == QZ_E_RANGE);
}

/* Nobody in common among many: the ids cannot be the same kind. */
static void check_other_ids(void) {
    char then_rows[2048] = "rpps,insee_com\n", now_rows[2048] = "rpps,insee_com\n";
    static const uint32_t all[N_COMMUNES] = { 0 };
    struct qz_flow flow = { .before = 7 };
    for (int i = 0; i < 20; i++) {
        qz_cleanup(qz_register_freep) struct qz_register *then = NULL, *now = NULL;
        snprintf(then_rows + strlen(then_rows), 64, "1000000%04d,01001\n", i);
        snprintf(now_rows + strlen(now_rows), 64, "81000000%04d,01001\n", i);
        CHECK(read_register("then.csv", then_rows, NULL, &then) == 0);
        CHECK(read_register("now.csv", now_rows, NULL, &now) == 0);
        if (!then || !now)
            return;
        CHECK(qz_flows_by_group(ctx, then, now, all, 1, &flow) == (i < 19 ? 0 : QZ_E_DATA));
        CHECK(flow.before == (i < 19 ? i + 1 : 19)); /* a failure leaves it alone */
    }
    CHECK(says("none of the 20 persons", "'person ='"));
}

static void check_refused_registers(void) {
    static const struct {
        const char *text, *only;
        int code;
        const char *what, *more;
    } bad[] = {
        { "rpps,ville\n1,A\n", NULL, QZ_E_FORMAT, "'code'", "ville" },
        { "rpps,insee_com\n1,01001\n", "gp", QZ_E_FORMAT, "profession_column", "" },
        { "rpps,insee_com,profession\n1,01001,nurse\n", "gp", QZ_E_DATA, "no row", "" },
        { "rpps,insee_com\n1,1001\n", NULL, QZ_E_DATA, "leading zero", "'1001'" },
        { "insee_com,heads\n01001,beaucoup\n", NULL, QZ_E_DATA, "'beaucoup'", "heads" },
        { "insee_com,heads\n01001,-2\n", NULL, QZ_E_DATA, "'-2'", "" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        qz_cleanup(qz_register_freep) struct qz_register *r = NULL;
        CHECK_NEAR(read_register("bad.csv", bad[i].text, bad[i].only, &r), bad[i].code, 0,
                   bad[i].text);
        CHECK(says(bad[i].what, bad[i].more) && !r);
    }
    bool whole = false;
    const struct qz_input input = { .file = scratch_text("then.csv", then_text) };
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_input_report report;
        struct qz_register *r = NULL;
        fresh_issues();
        qz_memory_fail_after(k);
        int code = qz_register_read(ctx, &communes, NULL, NULL, &input, "gp", NULL, &issues,
                                    &report, &r);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((code == 0) == whole && (r != NULL) == whole);
        qz_register_free(r);
    }
    CHECK(whole);
}

/* Rows without a code lie where their point does. */
static void check_points(void) {
    const struct qz_xy square[] = { { 0, 0 }, { 0, 100 }, { 100, 100 }, { 100, 0 }, { 0, 0 } };
    struct qz_shapes shapes = { 0 };
    struct qz_crs *crs = NULL;
    struct qz_locator *locator = NULL;
    for (size_t c = 0; c < N_COMMUNES; c++) {
        for (size_t i = 0; i < COUNT(square); i++)
            qz_shapes_add_point(ctx, &shapes,
                                (struct qz_xy) { 600000 + square[i].x_m + 100 * (double)c,
                                                 6600000 + square[i].y_m });
        qz_shapes_end_ring(ctx, &shapes);
        qz_shapes_end_poly(ctx, &shapes);
        CHECK(qz_shapes_end_shape(ctx, &shapes) == 0);
    }
    CHECK(qz_crs_open(ctx, "EPSG:2154", &crs) == 0);
    CHECK(qz_locator_new(ctx, &shapes, &locator) == 0);
    const struct qz_input input = { .file = scratch_text("points.csv", "rpps,x,y\n"
                                                                       "2,600250,6600050\n"
                                                                       "1,600050,6600050\n"
                                                                       "3,600050,6600999\n"
                                                                       "4,,\n"),
                                    .crs = "EPSG:2154" };
    struct qz_input_report report;
    qz_cleanup(qz_register_freep) struct qz_register *r = NULL;
    fresh_issues();
    CHECK(qz_register_read(ctx, &communes, locator, crs, &input, "gp", NULL, &issues, &report,
                           &r) == 0);
    CHECK(r && r->n == 2 && r->items[0].commune == 0 && r->items[1].commune == 2);
    CHECK(issues.n == 2 && report.rejected == 2);
    qz_locator_free(locator);
    qz_crs_free(crs);
    qz_shapes_done(&shapes);
}

/* ---- random registers: what goes in comes out, whatever the groups; the whole is the sum */
enum { MOST_ROWS = 120, N_GROUPS = 3 };
struct vintage {
    struct qz_presence rows[MOST_ROWS];
    size_t n;
};

static size_t rows_of(const struct vintage *v, const char *person) {
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += strcmp(v->rows[i].person, person) == 0;
    return n;
}

static void random_text(struct vintage *v, struct qz_dice *d, char *text, size_t size,
                        const char *const *ids) {
    snprintf(text, size, "rpps,insee_com,heads\n");
    v->n = 1 + qz_dice_below(d, MOST_ROWS - 1);
    for (size_t i = 0; i < v->n; i++) {
        bool named = qz_dice_chance(d, 0.95);
        v->rows[i] = (struct qz_presence) { named ? ids[qz_dice_below(d, 60)] : "",
                                            qz_dice_below(d, N_COMMUNES),
                                            named ? 1 : qz_dice_below(d, 4) };
        snprintf(text + strlen(text), size - strlen(text), "%s,%s,%g\n", v->rows[i].person,
                 codes[v->rows[i].commune], v->rows[i].heads);
    }
}

/* Share of a person in a group, row by row. */
static double slow_share(const struct vintage *v, const char *person, const uint32_t *group,
                         uint32_t g) {
    double share = 0;
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->rows[i].person, person) == 0 && group[v->rows[i].commune] == g)
            share += *person ? 1.0 / (double)rows_of(v, person) : v->rows[i].heads;
    return share;
}

static void slow_flow(const struct vintage *then, const struct vintage *now, const char *const *ids,
                      const uint32_t *group, uint32_t g, struct qz_flow *ret) {
    *ret = (struct qz_flow) { .unnamed_before = slow_share(then, "", group, g),
                              .unnamed_now = slow_share(now, "", group, g) };
    ret->before = ret->unnamed_before;
    ret->now = ret->unnamed_now;
    for (size_t p = 0; p < 60; p++) {
        double a = slow_share(then, ids[p], group, g), b = slow_share(now, ids[p], group, g);
        bool was = rows_of(then, ids[p]) > 0, is = rows_of(now, ids[p]) > 0;
        ret->before += a;
        ret->now += b;
        ret->left += is ? 0 : a;
        ret->arrived += was ? 0 : b;
        ret->stayed += fmin(a, b);
        ret->moved_in += was && b > a ? b - a : 0;
        ret->moved_out += is && a > b ? a - b : 0;
    }
}

static void check_random(uint64_t seed) {
    static struct vintage then, now;
    static char text[2][4096], names_of[60][4];
    const char *ids[60];
    struct qz_dice d = qz_dice_of(seed, 7);
    uint32_t group[N_COMMUNES];
    for (size_t i = 0; i < 60; i++) {
        snprintf(names_of[i], sizeof names_of[i], "p%02zu", i);
        ids[i] = names_of[i];
    }
    for (size_t i = 0; i < N_COMMUNES; i++)
        group[i] = qz_dice_chance(&d, 0.1) ? NONE : qz_dice_below(&d, N_GROUPS);
    random_text(&then, &d, text[0], sizeof text[0], ids);
    random_text(&now, &d, text[1], sizeof text[1], ids);
    qz_cleanup(qz_register_freep) struct qz_register *a = NULL, *b = NULL;
    CHECK(read_register("then.csv", text[0], NULL, &a) == 0);
    CHECK(read_register("now.csv", text[1], NULL, &b) == 0);
    struct qz_flow flows[N_GROUPS], want;
    if (!a || !b)
        return;
    CHECK(qz_flows_by_group(ctx, a, b, group, N_GROUPS, flows) == 0);
    for (uint32_t g = 0; g < N_GROUPS; g++) {
        const struct qz_flow *f = &flows[g];
        slow_flow(&then, &now, ids, group, g, &want);
        CHECK(same_flow(f, &want));
        CHECK_NEAR(f->stayed + f->moved_out + f->left + f->unnamed_before, f->before, 1e-12,
                   "then");
        CHECK_NEAR(f->stayed + f->moved_in + f->arrived + f->unnamed_now, f->now, 1e-12, "now");
    }
    for (size_t i = 0; i < N_COMMUNES; i++)
        group[i] = group[i] == NONE ? 0 : group[i];
    CHECK(qz_flows_by_group(ctx, a, b, group, N_GROUPS, flows) == 0);
    double in = 0, out = 0;
    for (uint32_t g = 0; g < N_GROUPS; g++) {
        in += flows[g].moved_in;
        out += flows[g].moved_out;
    }
    CHECK_NEAR(in, out, 1e-12, "who moves in somewhere has moved out elsewhere");
}

int main(void) {
    struct qz_input_report report;
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0 && scratch_make());
    fresh_issues();
    CHECK(qz_levels_read(ctx, &communes, NULL, &issues, &report, &levels) == 0);
    check_levels();
    check_wider();
    check_many_territories();
    check_said_level();
    check_band_words();
    check_official_table();
    check_bad_bands();
    check_refused_bands();
    check_bands_memory();
    check_bands_used();
    check_register();
    check_flows();
    check_other_ids();
    check_refused_registers();
    check_points();
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_random(seed);
    levels = qz_levels_free(levels);
    qz_issues_done(&issues);
    qz_ctx_free(ctx);
    scratch_remove(scratch_root);
    return check_end();
}
