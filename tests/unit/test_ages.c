/* tests/unit/test_ages.c - age bands by the names of columns, tables of people by age, what is
 * refused
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;
static struct qz_issues issues;

static const char *codes[] = { "01001", "01002", "2A004", "2A008" };
static const char *names[] = { "Un", "Deux", "Trois", "Quatre" };
static const struct qz_communes communes = { .n = COUNT(codes), .code = codes, .name = names };

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

static size_t count_issues(const char *code, enum qz_severity severity) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && issues.items[i].severity == severity;
    return n;
}

/* ---- names */
static void check_names(void) {
    static const struct {
        const char *column, *prefix;
        int length, from, to; /* to -1: open; length -1: no band */
    } known[] = {
        { "P21_POP0014", NULL, 7, 0, 14 },
        { "p15_pop7589", NULL, 7, 75, 89 },
        { "P21_POP75P", NULL, 7, 75, -1 },
        { "P21_POP75PLUS", NULL, 7, 75, -1 },
        { "P21_POP_75_PLUS", NULL, 7, 75, -1 },
        { "ind_0_3", NULL, 3, 0, 3 },
        { "Ind_18_24", NULL, 3, 18, 24 },
        { "ind_80p", NULL, 3, 80, -1 },
        { "age_0_14", NULL, 3, 0, 14 },
        { "0-14", NULL, 0, 0, 14 },
        { "0_14", NULL, 0, 0, 14 },
        { "00-04 ans", NULL, 0, 0, 4 },
        { "0–14 ans", NULL, 0, 0, 14 },
        { "15 à 29 ans", NULL, 0, 15, 29 },
        { "de 15 a 29 ans", NULL, 0, 15, 29 },
        { "75 ans et plus", NULL, 0, 75, -1 },
        { "75 et plus", NULL, 0, 75, -1 },
        { "75+", NULL, 0, 75, -1 },
        { "Population 80+", NULL, 10, 80, -1 },
        { "age_7", NULL, 3, 7, 7 },
        { "age_100", NULL, 3, 100, -1 },
        { "age_80_120", NULL, 3, 80, -1 },
        { "P21_H0014", NULL, -1, 0, 0 }, /* men */
        { "P21_H0014", "P21_H", 5, 0, 14 },
        { "P21_F75P", "p21_f", 5, 75, -1 },
        { "P21_POP0014", "P15_POP", -1, 0, 0 },
        { "P21_POP", NULL, -1, 0, 0 },
        { "log_45_70", NULL, -1, 0, 0 },
        { "men_1ind", NULL, -1, 0, 0 },
        { "CODGEO", NULL, -1, 0, 0 },
        { "", NULL, -1, 0, 0 },
        { "age", NULL, -1, 0, 0 },
        { "pop_14_0", NULL, -1, 0, 0 },
        { "pop_2021", NULL, 3, 20, 21 }, /* alone, it covers nothing */
        { "pop_120000", NULL, -1, 0, 0 },
        { "p", NULL, -1, 0, 0 },
        { "15_P", NULL, 0, 15, -1 },
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        struct qz_age_range b = { 201, 202 };
        int got = qz_age_range_parse(known[i].column, known[i].prefix, &b);
        int to = known[i].to < 0 ? QZ_AGE_OPEN : known[i].to;
        bool ok = got == known[i].length &&
                  (got < 0 ? b.from == 201 : b.from == known[i].from && b.to == to);
        if (!ok)
            fprintf(stderr, "%s: %d, %d to %d\n", known[i].column, got, b.from, b.to);
        CHECK(ok);
    }
}

/* ---- tables */
static int read_text(const char *text, const char *prefix, struct qz_input_report *report,
                     struct qz_ages **ret) {
    struct qz_input input = { .file = scratch_text("ages.csv", text) };
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    *ret = NULL;
    int e = qz_ages_read(ctx, &communes, &input, prefix, &issues, report, ret);
    CHECK((*ret != NULL) == (e == 0));
    return e;
}

static void check_tables(void) {
    static const struct {
        const char *text, *prefix;
        size_t n_bands;
        int from[6];
        double people[6]; /* of the first commune */
    } tables[] = {
        { "CODGEO,P21_POP0014,P21_POP1529,P21_POP3044,P21_POP4559,P21_POP6074,P21_POP75P,P21_POP\n"
          "01001,1,2,3,4,5,6,21\n",
          NULL,
          6,
          { 0, 15, 30, 45, 60, 75 },
          { 1, 2, 3, 4, 5, 6 } },
        /* all columns of a file: population.shp of the grid, evol_struct_pop of the census */
        { "com,i_pauv,id_carr,ind,men,men_pauv,men_1ind,men_5ind,men_prop,men_fmp,ind_snv,men_surf,"
          "log_av45,log_45_70,log_70_90,log_ap90,log_inc,log_soc,ind_0_3,ind_4_5,ind_6_10,"
          "ind_11_17,ind_18_24,ind_25_39,ind_40_54,ind_55_64,ind_65_79,ind_80p,ind_inc\n"
          "01001,0,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,1.5,2,3,4,5,6,7,8,9,10,0\n",
          NULL,
          10,
          { 0, 4, 6, 11, 18, 25 },
          { 1.5, 2, 3, 4, 5, 6 } },
        { "CODGEO;P21_POP;P21_POP0014;P21_POP1529;P21_POP3044;P21_POP4559;P21_POP6074;P21_POP7589;"
          "P21_POP90P;P21_POPH;P21_H0014;P21_H1529;P21_H3044;P21_H4559;P21_H6074;P21_H7589;P21_"
          "H90P;"
          "P21_H0019;P21_H2064;P21_H65P;C21_POP15P;C21_POP15P_CS1;P15_POP0014;P15_POP1529;"
          "P15_POP3044;P15_POP4559;P15_POP6074;P15_POP7589;P15_POP90P\n"
          "01001;9;1;2;3;4;5;6;7;9;9;9;9;9;9;9;9;9;9;9;9;9;8;8;8;8;8;8;8\n",
          NULL,
          7,
          { 0, 15, 30, 45, 60, 75 },
          { 1, 2, 3, 4, 5, 6 } },
        { "com,0-14,75+,15-74\n01001,1,2,3\n", NULL, 3, { 0, 15, 75 }, { 1, 3, 2 } },
        { "com,age_60_99,age_0_59,age_100\n01001,1,2,3\n", NULL, 3, { 0, 60, 100 }, { 2, 1, 3 } },
        /* several ways: the most bands; of as many, the first years of the file */
        { "com,P21_POP0019,P21_POP2064,P21_POP65P,P21_POP0014,P21_POP1529,P21_POP3064\n"
          "01001,1,2,3,4,5,6\n",
          NULL,
          4,
          { 0, 15, 30, 65 },
          { 4, 5, 6, 3 } },
        { "com,P21_POP0019,P21_POP20P,P15_POP0019,P15_POP20P\n01001,1,2,3,4\n",
          NULL,
          2,
          { 0, 20 },
          { 1, 2 } },
        { "com,P21_POP0019,P21_POP20P,P15_POP0019,P15_POP20P\n01001,1,2,3,4\n",
          "p15_pop",
          2,
          { 0, 20 },
          { 3, 4 } },
        { "com,P21_F0019,P21_F20P,P21_POP0019,P21_POP20P,C21_POP15P\n01001,1,2,3,4,5\n",
          NULL,
          2,
          { 0, 20 },
          { 3, 4 } },
        { "com,P21_F0019,P21_F20P,P21_POP0019,P21_POP20P\n01001,1,2,3,4\n",
          "P21_F",
          2,
          { 0, 20 },
          { 1, 2 } },
        { "com,age_0_14,age_00_14,age_15p\n01001,1,2,3\n", NULL, 2, { 0, 15 }, { 1, 3 } },
        { "com;pop_0_19;pop_20p\n01001;1,5;2\n", NULL, 2, { 0, 20 }, { 1.5, 2 } },
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct qz_input_report report;
        struct qz_ages *a = NULL;
        CHECK(read_text(tables[i].text, tables[i].prefix, &report, &a) == 0);
        if (!a) {
            fprintf(stderr, "table %zu: %s\n", i, qz_ctx_error(ctx));
            continue;
        }
        CHECK(a->n == communes.n && a->n_bands == tables[i].n_bands && report.rows == 1);
        for (size_t b = 0; b < a->n_bands && b < 6; b++) {
            CHECK(a->bands[b].from == tables[i].from[b]);
            CHECK(a->bands[b].to == (b + 1 < a->n_bands ? a->bands[b + 1].from - 1 : QZ_AGE_OPEN));
            CHECK_NEAR(a->people[b], tables[i].people[b], 0, "people");
        }
        CHECK(a->known[0] && !a->known[1] && a->people[a->n_bands] == 0);
        CHECK(count_issues("no_ages", QZ_SEVERITY_WARNING) == 3);
        qz_ages_free(a);
    }
}

static void check_refused_tables(void) {
    static const struct {
        const char *text, *prefix, *says, *also;
        int code;
    } tables[] = {
        { "com,P21_POP0014,P21_POP1529,P21_POP4559,P21_POP60P\n01001,1,2,3,4\n", NULL,
          "aged 30 to 44 (", "P21_POP0014", QZ_E_FORMAT },
        { "com,age_15_29,age_45_59\n01001,1,2\n", NULL, "aged 0 to 14, 30 to 44, 60 and over", "",
          QZ_E_FORMAT },
        { "com,age_0_14,age_15_99\n01001,1,2\n", NULL, "100 and over", "", QZ_E_FORMAT },
        { "com,age_0_14,age_10_29,age_30p\n01001,1,2,3\n", NULL, "overlap", "age_0_14",
          QZ_E_FORMAT },
        { "com,population,jeunes\n01001,1,2\n", NULL, "no column of people by age",
          "com, population, jeunes", QZ_E_FORMAT },
        { "com,age_0_14,age_15p\n01001,1,2\n", "P15_POP", "named 'P15_POP...'", "age_15p",
          QZ_E_FORMAT },
        { "nom,age_0_14,age_15p\nUn,1,2\n", NULL, "no column for 'code'", "insee_com",
          QZ_E_FORMAT },
        { "com,age_0_14,age_15p\n1001,1,2\n99999,1,2\n", NULL, "none of its 2 rows", "leading zero",
          QZ_E_DATA },
        { "com,age_0_14,age_15p\n01001,s,2\n", NULL, "1 of 1 rows", "age_0_14 = 's'", QZ_E_DATA },
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct qz_input_report report;
        struct qz_ages *a = NULL;
        CHECK(read_text(tables[i].text, tables[i].prefix, &report, &a) == tables[i].code);
        CHECK(says("ages.csv", tables[i].says) && says("", tables[i].also));
        qz_ages_free(a);
    }
}

static void check_rows(void) {
    static const char text[] = "com,age_0_14,age_15p\n"
                               "01001,1,2\n"
                               "01001,50,60\n" /* twice */
                               "2A008,,2\n"    /* a hole */
                               "01002,-1,2\n"  /* negative */
                               "33063,1,2\n"   /* elsewhere */
                               "2A004,10,20.5\n"
                               "2A004,,\n";
    struct qz_input_report report;
    struct qz_ages *a = NULL;
    CHECK(read_text(text, NULL, &report, &a) == QZ_E_DATA); /* 4 of 6 */
    CHECK(says("4 of 6 rows", "stands twice"));
    static const char fewer[] = "com,age_0_14,age_15p\n01001,1,2\n01001,50,60\n01002,-1,2\n"
                                "33063,1,2\n2A008,3,2\n2A004,10,20.5\n";
    CHECK(read_text(fewer, NULL, &report, &a) == 0);
    CHECK(report.rows == 6 && report.rejected == 3);
    CHECK(count_issues("duplicate_code", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("bad_ages", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("unknown_commune", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("no_ages", QZ_SEVERITY_WARNING) == 1);
    if (a) {
        const double want[] = { 1, 2, 0, 0, 10, 20.5, 3, 2 };
        for (size_t i = 0; i < COUNT(want); i++)
            CHECK_NEAR(a->people[i], want[i], 0, "people");
        CHECK(a->known[0] && !a->known[1] && a->known[2] && a->known[3]);
    }
    qz_ages_free(a);
}

/* Rows of IRIS or cells add up; a cell of two communes goes to the first that the layer has. */
static void check_parts(void) {
    static const char *const texts[] = {
        "IRIS,COM,age_0_14,age_15p\n010010101,01001,1,2\n010010102,01001,10,20\n"
        "2A0080000,2A008,5,6\n",
        "idcar_200m,lcog_geo,ind_0_14,ind_15p,ind_inc\nCRS3035RES200mN1E1,01001,1,2,0\n"
        "CRS3035RES200mN1E2,3306301001,10,20,0\nCRS3035RES200mN1E3,2A0082A004,5,6,0\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct qz_input_report report;
        struct qz_ages *a = NULL;
        CHECK(read_text(texts[i], NULL, &report, &a) == 0);
        if (a) {
            CHECK(a->people[0] == 11 && a->people[1] == 22 && a->people[6] == 5);
            CHECK(!a->known[1] && !a->known[2] && report.rejected == 0);
        }
        qz_ages_free(a);
    }
}

static void check_memory(void) {
    static const char text[] = "com,age_0_14,age_15p\n01001,1,2\n01001,50,60\n";
    struct qz_input input = { .file = scratch_text("memory.csv", text) };
    struct qz_input_report report;
    struct qz_ages *a = NULL;
    int e = QZ_E_NOMEM;
    size_t n = 0;
    for (; e == QZ_E_NOMEM && n < 1000; n++) {
        qz_memory_fail_after(n);
        e = qz_ages_read(ctx, &communes, &input, NULL, &issues, &report, &a);
        qz_memory_fail_after(SIZE_MAX);
        CHECK((e == 0) == (a != NULL));
    }
    CHECK(e == 0 && n > 5);
    qz_ages_free(a);
}

int main(void) {
    if (qz_ctx_new(&qz_ctx_params_default, &ctx) < 0 || qz_issues_init(ctx, &issues) < 0 ||
        !scratch_make())
        return 1;
    check_names();
    check_tables();
    check_refused_tables();
    check_rows();
    check_parts();
    check_memory();
    scratch_remove(scratch_root);
    qz_issues_done(&issues);
    qz_ctx_free(ctx);
    return check_end();
}
