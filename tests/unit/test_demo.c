/* tests/unit/test_demo.c - a small invented territory: counts, same seed, refusal, stopping, sums
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/base.h"
#include "check.h"
#include "io/table.h"
#include "quinze/demo.h"

static const char *const names[] = { "communes.gpkg",      "routes.shp",      "routes.dbf",
                                     "routes.shx",         "chefs_lieux.csv", "population.csv",
                                     "praticiens.csv",     "territoires.csv", "relief.tif",
                                     "occupation_sol.tif", "carreaux.csv",    "plan.ini" };

static char root[] = "/tmp/quinze_demo_XXXXXX";

static const char *path_of(const char *folder, const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    return path;
}

static int make(struct qz_ctx *ctx, const char *folder, uint32_t n, uint64_t seed, bool overwrite) {
    struct qz_demo_params p = qz_demo_params_default;
    p.n_communes = n;
    p.seed = seed;
    p.overwrite = overwrite;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    return qz_demo_write(ctx, &p, path);
}

static bool same_bytes(const char *folder, const char *other, const char *name) {
    FILE *a = fopen(path_of(folder, name), "rb"), *b = fopen(path_of(other, name), "rb");
    int x = 0, y = 0;
    while (a && b && x == y && x != EOF) {
        x = getc(a);
        y = getc(b);
    }
    bool same = a && b && x == y;
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return same;
}

/* Entries of a folder, without the two dots; -1: no such folder. */
static int entries_of(const char *folder) {
    DIR *d = opendir(path_of(folder, ""));
    int n = -2;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return d ? n : -1;
}

static double sum_of(struct qz_table *t, const char *const *columns, size_t n) {
    double sum = 0, value;
    for (size_t i = 0; i < n; i++)
        if (qz_table_number(t, qz_table_column(t, columns[i]), &value) == 1)
            sum += value;
    return sum;
}

static size_t rows_of(struct qz_ctx *ctx, const char *folder, const char *name) {
    struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path_of(folder, name), NULL, &t) == 0);
    size_t n = 0;
    while (t && qz_table_next(ctx, t) == 1)
        n++;
    qz_table_free(t);
    return n;
}

static void check_counts(struct qz_ctx *ctx) {
    CHECK(rows_of(ctx, "a", "communes.gpkg") == 60);
    CHECK(rows_of(ctx, "a", "chefs_lieux.csv") == 60);
    CHECK(rows_of(ctx, "a", "population.csv") == 60);
    CHECK(rows_of(ctx, "a", "territoires.csv") == 60);
    CHECK(rows_of(ctx, "a", "routes.shp") > 60 * 30);
    CHECK(rows_of(ctx, "a", "praticiens.csv") > 60);
}

static void check_population(struct qz_ctx *ctx) {
    static const char *const all[] = { "PMUN" };
    static const char *const bands[] = { "P21_POP0014", "P21_POP1529", "P21_POP3044",
                                         "P21_POP4559", "P21_POP6074", "P21_POP75P" };
    struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path_of("a", "population.csv"), NULL, &t) == 0);
    double people = 0;
    while (t && qz_table_next(ctx, t) == 1) {
        double total = sum_of(t, all, 1);
        CHECK_NEAR(sum_of(t, bands, COUNT(bands)), total, 0, "bands sum to the total");
        people += total;
    }
    qz_table_free(t);
    CHECK(people > 60 * 500 && people < 60 * 2000);
}

/* People of a table's rows, added up by commune; the codes are 99001 to 99060. */
static void people_by_commune(struct qz_ctx *ctx, const char *file, const char *code,
                              const char *column, double people[61]) {
    struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path_of("a", file), NULL, &t) == 0);
    while (t && qz_table_next(ctx, t) == 1) {
        const char *text = qz_table_text(t, qz_table_column(t, code));
        int i = text ? atoi(text) - 99000 : 0;
        CHECK(i >= 1 && i <= 60);
        people[i >= 1 && i <= 60 ? i : 0] += sum_of(t, &column, 1);
    }
    qz_table_free(t);
}

/* Every commune has cells whose people are near its own, never the same sum. */
static void check_cells(struct qz_ctx *ctx) {
    double legal[61] = { 0 }, cells[61] = { 0 };
    size_t different = 0;
    people_by_commune(ctx, "population.csv", "CODGEO", "PMUN", legal);
    people_by_commune(ctx, "carreaux.csv", "lcog_geo", "ind", cells);
    for (size_t i = 1; i <= 60; i++) {
        CHECK(cells[i] > 0.85 * legal[i] && cells[i] < 1.15 * legal[i]);
        different += fabs(cells[i] - legal[i]) > 0.001 * legal[i];
    }
    CHECK(different > 50 && rows_of(ctx, "a", "carreaux.csv") > 60 * 20);
}

static int stop_half_way(double done, const char *what, void *user) {
    (void)what;
    (void)user;
    return done < 0.5;
}

static void check_stop(void) {
    struct qz_ctx_params params = qz_ctx_params_default;
    params.progress = stop_half_way;
    struct qz_ctx *ctx = NULL;
    CHECK(qz_ctx_new(&params, &ctx) == 0);
    CHECK(make(ctx, "stopped", 60, 15, false) == QZ_E_CANCELLED);
    CHECK(entries_of("stopped") <= 0);
    qz_ctx_free(ctx);
}

static void check_files(struct qz_ctx *ctx) {
    CHECK(make(ctx, "a", 60, 15, false) == 0);
    CHECK(make(ctx, "b", 60, 15, false) == 0);
    CHECK(make(ctx, "c", 60, 16, false) == 0);
    for (size_t i = 0; i < COUNT(names); i++)
        CHECK(same_bytes("a", "b", names[i]));
    CHECK(!same_bytes("a", "c", "communes.gpkg"));
    CHECK(!same_bytes("a", "c", "routes.shp"));
    CHECK(!same_bytes("a", "c", "praticiens.csv"));
}

static void check_refusals(struct qz_ctx *ctx) {
    CHECK(make(ctx, "a", 60, 15, false) == QZ_E_EXISTS);
    CHECK(strstr(qz_ctx_error(ctx), "--overwrite") != NULL);
    CHECK(make(ctx, "b", 60, 16, true) == 0);
    CHECK(same_bytes("b", "c", "routes.shp"));
    CHECK(make(ctx, "few", 19, 15, false) == QZ_E_RANGE);
    CHECK(make(ctx, "many", 40001, 15, false) == QZ_E_RANGE);
    CHECK(entries_of("few") == -1);
}

static void clean(void) {
    static const char *const folders[] = { "a", "b", "c", "stopped" };
    for (size_t f = 0; f < COUNT(folders); f++) {
        for (size_t i = 0; i < COUNT(names); i++)
            unlink(path_of(folders[f], names[i]));
        unlink(path_of(folders[f], "routes.prj"));
        unlink(path_of(folders[f], "routes.cpg"));
        rmdir(path_of(folders[f], ""));
    }
    rmdir(root);
}

int main(void) {
    struct qz_ctx *ctx = NULL;
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(mkdtemp(root) != NULL);
    check_files(ctx);
    check_counts(ctx);
    check_population(ctx);
    check_cells(ctx);
    check_refusals(ctx);
    check_stop();
    clean();
    qz_ctx_free(ctx);
    return check_end();
}
