/* tests/unit/test_groups.c - tables of groups of people; what is refused, what is unknown, and how
 * it is said */
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;

/* ---- five communes: nobody lives in the fourth, the people of the fifth are unknown */
enum { N = 5 };
static const char *codes[N] = { "01001", "01002", "2A004", "97101", "97102" };
static const char *names[N] = { "Un", "Deux", "Ajaccio", "Vide", "Inconnue" };
static double legal[N] = { 1000, 200, 70000, 0, 0 };
static uint8_t legal_known[N] = { 1, 1, 1, 1, 0 };
static const struct qz_communes communes = { .n = N, .code = codes, .name = names };
static const struct qz_people people = { N, legal, legal_known };

static struct qz_issues issues;
static struct qz_input_report report;

static int read_table(const char *text, enum qz_group_unit unit, struct qz_group **ret) {
    const struct qz_input input = { .file = scratch_text("group.csv", text) };
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    report = (struct qz_input_report) { 0 };
    return qz_group_read(ctx, &communes, &people, &input, "75plus", unit, &issues, &report, ret);
}

/* How many issues have this code and (NULL: any) this text in their message. */
static size_t count_issues(const char *code, const char *part) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 &&
             (!part || strstr(issues.items[i].message, part));
    return n;
}

static const struct {
    const char *name, *text;
    enum qz_group_unit unit;
    double count[N];
    uint8_t known[N];
    size_t rejected;
} tables[] = {
    { "a count, whatever the order of the rows",
      "codgeo,value\n2A004,8000\n01001,150\n01002,0\n",
      QZ_GROUP_PEOPLE,
      { 150, 0, 8000, 0, 0 },
      { 1, 1, 1, 0, 0 },
      0 },
    { "households, a decimal comma",
      "code_insee;valeur\n01001;40,5\n01002;20\n97101;0\n",
      QZ_GROUP_HOUSEHOLDS,
      { 40.5, 20, 0, 0, 0 },
      { 1, 1, 0, 1, 0 },
      0 },
    { "a share of the people",
      "code,value\n01001,0.15\n01002,1\n2A004,0\n97101,0\n97102,0.5\n",
      QZ_GROUP_SHARE,
      { 150, 200, 0, 0, 0 },
      { 1, 1, 1, 1, 0 },
      0 },
    { "a percentage",
      "code,value\n01001,15\n01002,100\n2A004,2.5\n",
      QZ_GROUP_PERCENT,
      { 150, 200, 1750, 0, 0 },
      { 1, 1, 1, 0, 0 },
      0 },
    { "masked and blank are unknown, not 0",
      "code,value\n01001,s\n01002,\n2A004,1\n97102,3\n",
      QZ_GROUP_PEOPLE,
      { 0, 0, 1, 0, 3 },
      { 0, 0, 1, 0, 1 },
      0 },
    { "refused: twice, negative, no number, elsewhere",
      "code,value\n01001,5\n01001,6\n01002,-1\n2A004,many\n01002,1e30\n01002,7\n2A004,9\n99999,"
      "1\n97102,1\n"
      "97101,0\n",
      QZ_GROUP_PEOPLE,
      { 5, 7, 9, 0, 1 },
      { 1, 1, 1, 1, 1 },
      5 },
    { "refused: above 1",
      "code,value\n01001,0.5\n01002,1.01\n2A004,0.1\n",
      QZ_GROUP_SHARE,
      { 500, 0, 7000, 0, 0 },
      { 1, 0, 1, 0, 0 },
      1 },
    { "refused: above 100",
      "code,value\n01001,50\n01002,101\n2A004,10\n",
      QZ_GROUP_PERCENT,
      { 500, 0, 7000, 0, 0 },
      { 1, 0, 1, 0, 0 },
      1 },
    { "where nobody lives",
      "code,value\n01001,50\n97101,3\n",
      QZ_GROUP_PEOPLE,
      { 50, 0, 0, 0, 0 },
      { 1, 0, 0, 0, 0 },
      0 },
};

static void check_tables(void) {
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct qz_group *g = NULL;
        size_t n_unknown = 0;
        CHECK(read_table(tables[i].text, tables[i].unit, &g) == 0 && g);
        for (size_t c = 0; g && c < N; c++) {
            CHECK_NEAR(g->count[c], tables[i].count[c], 1e-9, tables[i].name);
            CHECK_NEAR(g->known[c], tables[i].known[c], 0, tables[i].name);
            n_unknown += !g->known[c];
        }
        CHECK_NEAR((double)report.rejected, (double)tables[i].rejected, 0, tables[i].name);
        /* each unknown commune is listed, once */
        CHECK_NEAR((double)(count_issues("group_unknown", "unknown there, not 0") +
                            count_issues("group_unknown", "nobody lives there")),
                   (double)n_unknown, 0, tables[i].name);
        CHECK(g && strcmp(g->key, "75plus") == 0 && g->unit == tables[i].unit && g->n == N);
        g = qz_group_free(g);
    }
}

/* What is said, with the row, the value, and what to do. */
static void check_said(void) {
    struct qz_group *g = NULL;
    CHECK(read_table("code,value\n01001,5\n01001,6\n2A004,many\n01002,7\n99999,1\n97101,0\n",
                     QZ_GROUP_PEOPLE, &g) == 0);
    CHECK(count_issues("duplicate_code", "01001 stands twice") == 1);
    CHECK(count_issues("bad_group_value", "2A004: 'many' is not a number of people") == 1);
    CHECK(count_issues("unknown_commune", "'99999'") == 1);
    CHECK(count_issues("group_unknown", "97102 (Inconnue): group '75plus' has no figure") == 1);
    for (size_t i = 0; i < issues.n; i++)
        if (strcmp(issues.items[i].code, "bad_group_value") == 0)
            CHECK(issues.items[i].row == 3 && issues.items[i].severity == QZ_SEVERITY_REJECT);
    g = qz_group_free(g);
    CHECK(read_table("code,value\n01001,0.5\n01002,15\n2A004,0.1\n", QZ_GROUP_SHARE, &g) == 0);
    CHECK(count_issues("bad_group_value", "'15' is not a share of group '75plus': a share is 0 to "
                                          "1; say unit = percent") == 1);
    g = qz_group_free(g);
    CHECK(read_table("code,value\n01001,0.5\n01002,0.9\n", QZ_GROUP_PERCENT, &g) == 0);
    CHECK(count_issues("percent_like_share", "say unit = share") == 1);
    g = qz_group_free(g);
    CHECK(read_table("code,value\n01001,0.5\n01002,1.9\n", QZ_GROUP_PERCENT, &g) == 0);
    CHECK(count_issues("percent_like_share", NULL) == 0);
    g = qz_group_free(g);
    CHECK(read_table("code,value\n01001,1001\n01002,200\n97102,9\n", QZ_GROUP_PEOPLE, &g) == 0);
    CHECK(count_issues("group_above_population", "01001") == 1);
    CHECK(count_issues("group_above_population", NULL) == 1);
    CHECK(g && g->known[0] && g->count[0] == 1001); /* warned of, not changed */
    g = qz_group_free(g);
    CHECK(read_table("code,value\n97102,0.5\n01001,0.5\n", QZ_GROUP_SHARE, &g) == 0);
    CHECK(count_issues("group_unknown", "97102 (Inconnue): group '75plus' is a share of") == 1);
    g = qz_group_free(g);
}

static void check_refused(void) {
    static const struct {
        const char *text;
        int code;
        const char *part;
    } cases[] = {
        { "code,value\n", QZ_E_DATA, "has no row" },
        { "code,value\n01001,many\n01002,5\n2A004,-3\n", QZ_E_DATA,
          "2 of 3 rows cannot be used; the first is row 1: commune 01001: 'many'" },
        { "code,value\n1001,5\n1002,5\n", QZ_E_DATA, "lost their leading zero" },
        { "code,part_75\n01001,5\n", QZ_E_FORMAT, "'value = COLUMN'" },
        { "insee,value\n01001,5\n", QZ_E_FORMAT, "'code = COLUMN'" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_group *g = NULL;
        CHECK(read_table(cases[i].text, QZ_GROUP_PEOPLE, &g) == cases[i].code);
        CHECK(!g);
        if (!strstr(qz_ctx_error(ctx), cases[i].part))
            fprintf(stderr, "said: %s\n", qz_ctx_error(ctx));
        CHECK(strstr(qz_ctx_error(ctx), cases[i].part) != NULL);
    }
}

static void check_named_column(void) {
    struct qz_input input = { .file = scratch_text("named.csv", "code,part_75\n01001,12\n") };
    struct qz_group *g = NULL;
    input.columns[QZ_ROLE_VALUE] = "part_75";
    CHECK(qz_group_read(ctx, &communes, &people, &input, "75plus", QZ_GROUP_PERCENT, &issues,
                        &report, &g) == 0);
    CHECK(g && g->count[0] == 120);
    qz_group_free(g);
}

static void check_units(void) {
    static const char *const words[] = { "people", "households", "share", "percent" };
    for (int u = 0; u < QZ_N_GROUP_UNITS; u++) {
        enum qz_group_unit unit = QZ_N_GROUP_UNITS;
        CHECK(qz_group_unit_find(words[u], &unit));
        CHECK((int)unit == u);
    }
    enum qz_group_unit unit = QZ_GROUP_SHARE;
    CHECK(!qz_group_unit_find("ratio", &unit) && unit == QZ_GROUP_SHARE);
}

static void check_memory(void) {
    bool whole = false;
    for (size_t k = 0; k < 200 && !whole; k++) {
        struct qz_group *g = NULL;
        const struct qz_input input = { .file = scratch_text("memory.csv",
                                                             "code,value\n01001,s\n01002,x\n2A004,1"
                                                             "\n97102,5\n") };
        qz_issues_done(&issues);
        CHECK(qz_issues_init(ctx, &issues) == 0);
        qz_memory_fail_after(k);
        int r = qz_group_read(ctx, &communes, &people, &input, "75plus", QZ_GROUP_PEOPLE, &issues,
                              &report, &g);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM));
        CHECK((g != NULL) == whole);
        qz_group_free(g);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(scratch_make());
    CHECK(qz_issues_init(ctx, &issues) == 0);
    check_tables();
    check_said();
    check_refused();
    check_named_column();
    check_units();
    check_memory();
    qz_issues_done(&issues);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
