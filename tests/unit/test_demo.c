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

static const char *const names[] = { "communes.gpkg",
                                     "routes.shp",
                                     "routes.dbf",
                                     "routes.shx",
                                     "chefs_lieux.csv",
                                     "population.csv",
                                     "praticiens.csv",
                                     "territoires.csv",
                                     "relief.tif",
                                     "occupation_sol.tif",
                                     "carreaux.csv",
                                     "plan.ini",
                                     "cpts.csv",
                                     "etablissements.csv",
                                     "equipements.csv",
                                     "population_ages.csv",
                                     "menages.csv",
                                     "praticiens_2021.csv",
                                     "mouvements_communes.csv" };

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

/* ---- tables small enough to be looked through again and again */
enum { MOST_COLUMNS = 9 };
struct sheet {
    size_t n, n_columns, cap;
    const char **cells; /* by row; "" where empty */
    struct qz_pool *texts;
};

static struct sheet sheet_of(struct qz_ctx *ctx, const char *file, const char *const *columns,
                             size_t n_columns) {
    struct sheet s = { .n_columns = n_columns };
    struct qz_table *t = NULL;
    int at[MOST_COLUMNS] = { 0 };
    CHECK(qz_pool_new(ctx, &s.texts) == 0);
    CHECK(qz_table_open(ctx, path_of("a", file), NULL, &t) == 0);
    for (size_t k = 0; k < n_columns && t; k++) {
        at[k] = qz_table_column(t, columns[k]);
        CHECK(at[k] >= 0);
    }
    while (t && qz_table_next(ctx, t) == 1) {
        s.cells = qz_grow(s.cells, &s.cap, (s.n + 1) * n_columns, sizeof *s.cells);
        for (size_t k = 0; k < n_columns; k++) {
            const char *text = qz_table_text(t, at[k]);
            s.cells[s.n * n_columns + k] = qz_pool_add(s.texts, text ? text : "",
                                                       text ? strlen(text) : 0);
        }
        s.n++;
    }
    qz_table_free(t);
    return s;
}
#define SHEET(ctx, file, ...)                                  \
    sheet_of(ctx, file, (const char *const[]) { __VA_ARGS__ }, \
             COUNT(((const char *const[]) { __VA_ARGS__ })))

static void sheet_done(struct sheet *s) {
    free(s->cells);
    qz_pool_free(s->texts);
}

static const char *text_at(const struct sheet *s, size_t row, size_t column) {
    return s->cells[row * s->n_columns + column];
}
static double number_at(const struct sheet *s, size_t row, size_t column) {
    return atof(text_at(s, row, column));
}
static bool is_at(const struct sheet *s, size_t row, size_t column, const char *text) {
    return strcmp(text_at(s, row, column), text) == 0;
}
/* The first row with this text; s->n: none. */
static size_t row_with(const struct sheet *s, size_t column, const char *text) {
    size_t i = 0;
    while (i < s->n && !is_at(s, i, column, text))
        i++;
    return i;
}
/* Sum of a column over the rows whose other column says so; text NULL: over all. */
static double total(const struct sheet *s, size_t column, size_t where, const char *text) {
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!text || is_at(s, i, where, text))
            sum += number_at(s, i, column);
    return sum;
}

static void shapes_of(struct qz_ctx *ctx, const char *file, struct qz_shapes *ret) {
    struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, path_of("a", file), NULL, &t) == 0);
    while (t && qz_table_next(ctx, t) == 1) {
        struct qz_row_geometry g;
        CHECK(qz_table_geometry(ctx, t, &g) == 0 && g.kind == QZ_KIND_AREA);
        CHECK(qz_shapes_append(ctx, ret, g.areas, 0) == 0);
    }
    qz_table_free(t);
}

/* ---- the communes of 2021: the movements bring their ages to today's people */

static double people_of(const struct sheet *s, const char *code) { return total(s, 1, 0, code); }

static void check_bands(struct qz_ctx *ctx) {
    qz_cleanup(sheet_done) struct sheet s = SHEET(ctx, "population_ages.csv", "P21_POP",
                                                  "P21_POP0014", "P21_POP1529", "P21_POP3044",
                                                  "P21_POP4559", "P21_POP6074", "P21_POP75P");
    for (size_t i = 0; i < s.n; i++) {
        double sum = 0;
        for (size_t k = 1; k < s.n_columns; k++)
            sum += number_at(&s, i, k);
        CHECK_NEAR(sum, number_at(&s, i, 0), 0, "bands of 2021 sum to the total");
    }
}

static void check_movements(struct qz_ctx *ctx) {
    enum { MOD, KIND_AV, COM_AV, KIND_AP, COM_AP };
    qz_cleanup(sheet_done) struct sheet now = SHEET(ctx, "population.csv", "CODGEO", "PMUN");
    qz_cleanup(sheet_done) struct sheet then = SHEET(ctx, "population_ages.csv", "CODGEO",
                                                     "P21_POP");
    qz_cleanup(sheet_done) struct sheet moves = SHEET(
        ctx, "mouvements_communes.csv", "MOD", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP");
    double before[2] = { 0 }, after[2] = { 0 }; /* of the merger, of the split */
    size_t gone = 0, born = 0;
    for (size_t i = 0; i < moves.n; i++) {
        bool split = is_at(&moves, i, MOD, "21");
        CHECK(split || is_at(&moves, i, MOD, "32"));
        if (!is_at(&moves, i, KIND_AV, "COM") || !is_at(&moves, i, KIND_AP, "COM"))
            continue;
        const char *old = text_at(&moves, i, COM_AV), *young = text_at(&moves, i, COM_AP);
        bool kept = strcmp(old, young) == 0; /* each side has a row that keeps its code */
        if (!split || kept)
            before[split] += people_of(&then, old);
        if (split || kept)
            after[split] += people_of(&now, young);
        gone += row_with(&now, 0, old) == now.n;
        born += row_with(&then, 0, young) == then.n;
    }
    CHECK(gone == 1 && born == 1);
    CHECK_NEAR(before[0], after[0], 0, "people of the merged commune");
    CHECK_NEAR(before[1], after[1], 0, "people of the split commune");
    CHECK(before[0] > 0 && before[1] > 0);
    CHECK_NEAR(total(&then, 1, 0, NULL), total(&now, 1, 0, NULL), 0, "people of 2021 and of now");
    size_t other = 0;
    for (size_t i = 0; i < now.n; i++)
        other += people_of(&then, text_at(&now, i, 0)) != number_at(&now, i, 1);
    CHECK(other == 3); /* the merged one, the parent and the child */
}

/* ---- care */

enum { PERSON, PROFESSION, SITE, PART, PLANNED, SPECIALITY, MODE, SCORE, STRUCTURE, N_CARE };

static bool is_left_out(const struct sheet *s, size_t i) {
    return is_at(s, i, PROFESSION, "medecin_generaliste") &&
           (is_at(s, i, MODE, "remplacant") || is_at(s, i, MODE, "teleconsultation") ||
            is_at(s, i, STRUCTURE, "SOS Médecins") || is_at(s, i, STRUCTURE, "hopital"));
}

/* Beside a locum, one of SOS ... works another GP who stays: no time depends on those left out. */
static bool has_another(const struct sheet *s, const char *site) {
    for (size_t i = 0; i < s->n; i++)
        if (is_at(s, i, SITE, site) && is_at(s, i, PROFESSION, "medecin_generaliste") &&
            is_at(s, i, PLANNED, "0") && !is_left_out(s, i))
            return true;
    return false;
}

static void check_register(struct qz_ctx *ctx) {
    static const char *const columns[N_CARE] = { "rpps",          "profession",   "site_id",
                                                 "part",          "planned",      "specialite",
                                                 "mode_exercice", "result_score", "structure" };
    qz_cleanup(sheet_done) struct sheet s = sheet_of(ctx, "praticiens.csv", columns, N_CARE);
    size_t n_specialists = 0, n_left_out = 0, n_badly_found = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool specialist = is_at(&s, i, PROFESSION, "medecin_specialiste");
        CHECK_NEAR(total(&s, PART, PERSON, text_at(&s, i, PERSON)), 1, 1e-9, "parts of a person");
        CHECK(specialist == (*text_at(&s, i, SPECIALITY) != 0) && *text_at(&s, i, MODE));
        CHECK(number_at(&s, i, SCORE) > 0 && number_at(&s, i, SCORE) <= 1);
        n_specialists += specialist;
        n_badly_found += number_at(&s, i, SCORE) < 0.5;
        if (is_left_out(&s, i) && !is_at(&s, i, STRUCTURE, "hopital")) {
            CHECK(has_another(&s, text_at(&s, i, SITE)));
            n_left_out++;
        }
    }
    CHECK(n_specialists > 20 && n_left_out > 2 && n_badly_found < n_specialists / 4);
}

/* Of each profession some stayed, some left and some came; places are those of 2021. */
static void check_flows(struct qz_ctx *ctx) {
    qz_cleanup(sheet_done) struct sheet now = SHEET(ctx, "praticiens.csv", "rpps", "planned");
    qz_cleanup(sheet_done) struct sheet then = SHEET(ctx, "praticiens_2021.csv", "rpps",
                                                     "insee_com");
    qz_cleanup(sheet_done) struct sheet communes = SHEET(ctx, "population_ages.csv", "CODGEO");
    size_t stayed = 0, came = 0;
    for (size_t i = 0; i < then.n; i++) {
        stayed += row_with(&now, 0, text_at(&then, i, 0)) < now.n;
        CHECK(row_with(&then, 0, text_at(&then, i, 0)) == i); /* each person once */
        CHECK(row_with(&communes, 0, text_at(&then, i, 1)) < communes.n);
    }
    for (size_t i = 0; i < now.n; i++)
        came += is_at(&now, i, 1, "0") && row_with(&then, 0, text_at(&now, i, 0)) == then.n;
    CHECK(stayed > then.n / 2 && then.n - stayed > then.n / 20 && came > now.n / 20);
}

static void check_establishments(struct qz_ctx *ctx) {
    enum { FINESS, CATEGORY };
    qz_cleanup(sheet_done) struct sheet s = SHEET(ctx, "etablissements.csv",
                                                  "numero_finess_etablissement", "categetab");
    qz_cleanup(sheet_done) struct sheet care = SHEET(ctx, "praticiens.csv", "finess", "structure",
                                                     "planned");
    qz_cleanup(sheet_done) struct sheet wards = SHEET(ctx, "equipements.csv", "TYPEQU", "NB_EQUIP");
    static const char *const kinds[] = { "603", "124", "355", "620", "500", "611" };
    for (size_t k = 0; k < COUNT(kinds); k++)
        CHECK(k == 1 || row_with(&s, CATEGORY, kinds[k]) < s.n); /* centres are rare */
    for (size_t i = 0; i < s.n; i++)
        CHECK(strlen(text_at(&s, i, FINESS)) == 9 &&
              row_with(&s, FINESS, text_at(&s, i, FINESS)) == i);
    for (size_t i = 0; i < care.n; i++) { /* the same number in both, once it is open */
        size_t row = row_with(&s, FINESS, text_at(&care, i, 0));
        CHECK(!*text_at(&care, i, 0) || (row < s.n) == is_at(&care, i, 2, "0"));
        CHECK(row == s.n || !is_at(&care, i, 1, "maison") || is_at(&s, row, CATEGORY, "603"));
    }
    double births = total(&wards, 1, 0, "D107"), urgent = total(&wards, 1, 0, "D106");
    CHECK(births >= 1 && urgent >= births && births + urgent == total(&wards, 1, 0, NULL));
}

/* ---- groups of people, territories of one's own */

static void check_households(struct qz_ctx *ctx) {
    qz_cleanup(sheet_done) struct sheet s = SHEET(ctx, "menages.csv", "P21_MEN", "P21_RP_VOIT1P",
                                                  "men_sans_voiture");
    CHECK(s.n == 60);
    for (size_t i = 0; i < s.n; i++)
        CHECK_NEAR(number_at(&s, i, 1) + number_at(&s, i, 2), number_at(&s, i, 0), 0, "households");
    double share = total(&s, 2, 0, NULL) / total(&s, 0, 0, NULL);
    CHECK(share > 0.05 && share < 0.35);
}

static void check_alliances(struct qz_ctx *ctx) {
    qz_cleanup(sheet_done) struct sheet s = SHEET(ctx, "cpts.csv", "insee_com", "code_cpts",
                                                  "poids");
    size_t shared = 0, others = 0;
    for (size_t i = 0; i < s.n; i++) {
        CHECK_NEAR(total(&s, 2, 0, text_at(&s, i, 0)), 1, 1e-9, "weights of a commune");
        shared += is_at(&s, i, 2, "0.60");
        others += !is_at(&s, i, 1, text_at(&s, 0, 1));
    }
    CHECK(shared == 1 && s.n > 30 && others > 10); /* several CPTS */
}

/* Valid polygons that fill their commune, with its people. */
static void check_iris(struct qz_ctx *ctx) {
    qz_cleanup(sheet_done) struct sheet people = SHEET(ctx, "population.csv", "CODGEO", "PMUN");
    qz_cleanup(sheet_done) struct sheet s = SHEET(ctx, "iris.gpkg", "INSEE_COM", "P21_POP",
                                                  "CODE_IRIS");
    qz_cleanup(qz_shapes_done) struct qz_shapes iris = { 0 }, communes = { 0 };
    qz_cleanup(sheet_done) struct sheet towns = SHEET(ctx, "communes.gpkg", "INSEE_COM");
    shapes_of(ctx, "iris.gpkg", &iris);
    shapes_of(ctx, "communes.gpkg", &communes);
    double area_m2[61] = { 0 };
    CHECK(s.n > 0);
    for (size_t i = 0; i < s.n; i++) {
        const char *code = text_at(&s, i, 0);
        CHECK(strlen(text_at(&s, i, 2)) == 9 && strncmp(text_at(&s, i, 2), code, 5) == 0);
        CHECK(row_with(&s, 2, text_at(&s, i, 2)) == i && number_at(&s, i, 1) > 0);
        CHECK(qz_shape_valid(ctx, &iris, i, NULL, 0) == 1);
        CHECK_NEAR(total(&s, 1, 0, code), people_of(&people, code), 0, "people of the IRIS");
        area_m2[row_with(&towns, 0, code)] += qz_shape_area_m2(&iris, i);
    }
    for (size_t i = 0; i < towns.n; i++)
        if (area_m2[i] > 0)
            CHECK_NEAR(area_m2[i] / qz_shape_area_m2(&communes, i), 1, 1e-9, "area of the IRIS");
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
    check_bands(ctx);
    check_movements(ctx);
    check_register(ctx);
    check_flows(ctx);
    check_establishments(ctx);
    check_households(ctx);
    check_alliances(ctx);
    check_iris(ctx);
    check_refusals(ctx);
    check_stop();
    clean();
    qz_ctx_free(ctx);
    return check_end();
}
