/* tests/unit/test_by_place.c - tables that say one thing of each commune or territory: words and
 * numbers; what is refused, what counts twice, and how it is said */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;

enum { N = 4, N_TERRITORIES = 2 };
static const char *codes[N] = { "01001", "01002", "2A004", "97101" };
static const char *names[N] = { "Un", "Deux", "Ajaccio", "Abymes" };
static const struct qz_communes communes = { .n = N, .code = codes, .name = names };
static const char *territory_codes[N_TERRITORIES] = { "T1", "T2" };
static const struct qz_level level = { .name = "tvs", .n = N_TERRITORIES, .code = territory_codes };
static const struct qz_place_table by_commune = { &communes, NULL, "class", true, false };
static const struct qz_place_table list = { &communes, NULL, "candidate", false, false };
static const struct qz_place_table by_territory = { &communes, &level, "class by hand", true,
                                                    false };

static struct qz_issues issues;
static struct qz_input_report report;

static void begin(void) {
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    report = (struct qz_input_report) { 0 };
}

static size_t count_issues(const char *code, const char *part) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && strstr(issues.items[i].message, part);
    return n;
}

/* ---- words */
static const struct {
    const char *name, *text;
    const struct qz_place_table *table;
    const char *want[N];      /* NULL: nothing is said of it */
    const char *issue, *part; /* NULL: none */
    size_t rejected;
} words[] = {
    { "classes, whatever the order",
      "code_insee,zonage\n2A004,1_ZIP\n01001,3_HZ\n01002,\n",
      &by_commune,
      { "3_HZ", "", "1_ZIP", NULL },
      NULL,
      NULL,
      0 },
    { "a list: the row alone says it",
      "insee_com,nom\n97101,Abymes\n01002,Deux\n",
      &list,
      { NULL, "", NULL, "" },
      NULL,
      NULL,
      0 },
    { "a candidate outside",
      "insee_com,nom\n97101,Abymes\n59350,Lille\n",
      &list,
      { NULL, NULL, NULL, "" },
      "unknown_commune",
      "'59350' is no commune of the layer: its candidate",
      1 },
    { "twice: the first counts",
      "code,value\n01001,ZAC\n01001,ZIP\n",
      &by_commune,
      { "ZAC" },
      "duplicate_code",
      "01001 stands twice",
      1 },
    { "territories",
      "code,classe,motif\nT2,ZIP,deux départs\n",
      &by_territory,
      { NULL, "ZIP" },
      NULL,
      NULL,
      0 },
    { "an unknown territory",
      "code,classe,motif\nT2,ZIP,\nT9,ZAC,\n",
      &by_territory,
      { NULL, "ZIP" },
      "unknown_territory",
      "'T9' is no territory of level tvs: its class by hand",
      1 },
    { "a territory twice",
      "code,classe\nT1,ZAC\nT1,ZIP\nT2,HZ\n",
      &by_territory,
      { "ZAC", "HZ" },
      "duplicate_code",
      "T1 stands twice",
      1 },
};

static void check_words(void) {
    for (size_t i = 0; i < COUNT(words); i++) {
        const struct qz_input input = { .file = scratch_text("words.csv", words[i].text) };
        size_t n = words[i].table->level ? N_TERRITORIES : N;
        struct qz_marks *m = NULL;
        begin();
        CHECK(qz_marks_read(ctx, words[i].table, &input, &issues, &report, &m) == 0);
        CHECK_NEAR((double)report.rejected, (double)words[i].rejected, 0, words[i].name);
        for (size_t k = 0; m && k < n; k++) {
            const char *want = words[i].want[k], *got = m->text[k];
            if ((want == NULL) != (got == NULL) || (want && strcmp(want, got) != 0))
                fprintf(stderr, "%s: %zu is '%s'\n", words[i].name, k, got ? got : "none");
            CHECK((want == NULL) == (got == NULL) && (!want || strcmp(want, got) == 0));
            CHECK((m->reason[k] == NULL) == (got == NULL) && (m->row[k] > 0) == (got != NULL));
        }
        if (words[i].issue)
            CHECK(count_issues(words[i].issue, words[i].part) == 1);
        else
            CHECK(issues.n == 0);
        qz_marks_free(m);
    }
}

static void check_reason(void) {
    const struct qz_input input = {
        .file = scratch_text("reason.csv", "code;classe;motif\nT1;ZIP;deux départs\nT2;ZAC;\n")
    };
    struct qz_marks *m = NULL;
    begin();
    CHECK(qz_marks_read(ctx, &by_territory, &input, &issues, &report, &m) == 0);
    CHECK(m && strcmp(m->reason[0], "deux départs") == 0 && strcmp(m->reason[1], "") == 0);
    CHECK(m && m->row[0] == 1 && m->row[1] == 2);
    qz_marks_free(m);
    CHECK(qz_marks_free(NULL) == NULL && qz_measure_free(NULL) == NULL);
}

/* ---- numbers */
static void check_numbers(void) {
    static const char text[] = "insee_com,valeur\n01001,\"12,5\"\n01002,-3\n2A004,\n97101,s\n";
    const struct qz_input input = { .file = scratch_text("numbers.csv", text) };
    struct qz_place_table table = by_commune;
    struct qz_measure *m = NULL;
    table.what = "waiting";
    begin();
    CHECK(qz_measure_read(ctx, &table, &input, &issues, &report, &m) == 0);
    CHECK(m && m->value[0] == 12.5 && m->value[1] == -3 && isnan(m->value[2]) &&
          isnan(m->value[3]));
    CHECK(report.rejected == 0 && issues.n == 0);
    qz_measure_free(m);
    m = NULL;
    begin();
    const struct qz_input bad = {
        .file = scratch_text("bad.csv",
                             "insee_com,valeur\n01001,many\n01002,4\n2A004,5\n01002,6\n")
    };
    CHECK(qz_measure_read(ctx, &table, &bad, &issues, &report, &m) == QZ_E_DATA || m);
    CHECK(count_issues("bad_number", "01001: 'many' is not a number of waiting") == 1);
    CHECK(count_issues("duplicate_code", "01002 stands twice") == 1);
    CHECK(m && isnan(m->value[0]) && m->value[1] == 4);
    qz_measure_free(m);
}

/* ---- communes that merged: of numbers the mean, of words the first, and the others are told */
static void check_merged(void) {
    static const char moves[] = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP\n"
                                "32,2020-01-01,COM,01050,COM,01001\n"
                                "32,2020-01-01,COM,01001,COM,01001\n";
    struct qz_input input = { .file = scratch_text("moves.csv", moves) };
    struct qz_codes *read = NULL;
    struct qz_code_map *map = NULL;
    begin();
    CHECK(qz_codes_read(ctx, &input, &issues, &report, &read) == 0);
    CHECK(qz_code_map_new(ctx, read, 2018, 2021, &communes, NULL, &map) == 0);
    input = (struct qz_input) { .file = scratch_text("old.csv",
                                                     "code,value\n01001,10\n01050,20\n01002,7\n"),
                                .year = 2018,
                                .codes = map };
    struct qz_measure *numbers = NULL;
    struct qz_marks *marks = NULL;
    begin();
    CHECK(qz_measure_read(ctx, &by_commune, &input, &issues, &report, &numbers) == 0);
    CHECK(numbers && numbers->value[0] == 15 && numbers->value[1] == 7);
    struct qz_place_table sums = by_commune;
    sums.sum = true;
    qz_measure_free(numbers);
    numbers = NULL;
    begin();
    CHECK(qz_measure_read(ctx, &sums, &input, &issues, &report, &numbers) == 0);
    CHECK(numbers && numbers->value[0] == 30 && numbers->value[1] == 7);
    begin();
    CHECK(qz_marks_read(ctx, &by_commune, &input, &issues, &report, &marks) == 0);
    CHECK(marks && strcmp(marks->text[0], "10") == 0);
    CHECK(count_issues("two_words", "'10' and '20' as class") == 1);
    qz_marks_free(marks);
    qz_measure_free(numbers);
    qz_code_map_free(map);
    qz_codes_free(read);
}

/* ---- refusals, and memory */
static void check_refusals(void) {
    struct qz_marks *m = NULL;
    struct qz_measure *v = NULL;
    struct qz_input input = { .file = scratch_text("none.csv", "code,nom\n01001,Un\n") };
    begin();
    CHECK(qz_marks_read(ctx, &by_commune, &input, &issues, &report, &m) == QZ_E_FORMAT && !m);
    CHECK(strstr(qz_ctx_error(ctx), "value") != NULL);
    CHECK(qz_measure_read(ctx, &by_commune, &input, &issues, &report, &v) == QZ_E_FORMAT && !v);
    input.file = scratch_text("one.csv", "code\n01001\n");
    CHECK(qz_marks_read(ctx, &list, &input, &issues, &report, &m) == QZ_E_FORMAT && !m);
    CHECK(strstr(qz_ctx_error(ctx), "one column") != NULL);
    input.file = scratch_text("empty.csv", "code,value\n");
    CHECK(qz_marks_read(ctx, &list, &input, &issues, &report, &m) == QZ_E_DATA && !m);
    input.file = scratch_path("absent.csv");
    CHECK(qz_marks_read(ctx, &list, &input, &issues, &report, &m) == QZ_E_IO && !m);
}

static void check_memory(void) {
    const struct qz_input input = {
        .file = scratch_text("memory.csv", "code,value,motif\n01001,ZIP,a\n01002,ZAC,b\n")
    };
    for (size_t after = 0;; after++) {
        struct qz_marks *m = NULL;
        begin();
        qz_memory_fail_after(after);
        int r = qz_marks_read(ctx, &by_commune, &input, &issues, &report, &m);
        qz_memory_fail_after(SIZE_MAX);
        CHECK((r == 0) == (m != NULL) && (r == 0 || r == QZ_E_NOMEM || r == QZ_E_FORMAT));
        qz_marks_free(m);
        if (r == 0)
            break;
    }
}

int main(void) {
    CHECK(scratch_make() && qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_words();
    check_reason();
    check_numbers();
    check_merged();
    check_refusals();
    check_memory();
    qz_issues_done(&issues);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
