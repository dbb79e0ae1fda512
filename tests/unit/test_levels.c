/* tests/unit/test_levels.c - communes into territories: shares, first rows, polygons; what is told
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "io/writer.h"
#include "scratch.h"
#include "source/level_draft.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_issues issues;
static struct qz_input_report report;

/* ---- six communes, side by side: a kilometre each, from 700 km east */
enum { N = 6 };
static const char *codes[N] = { "01001", "01002", "01003", "01004", "01005", "01006" };
static const char *names[N] = { "A", "B", "C", "D", "E", "F" };
static const char *departements[N] = { "01", "01", "01", "01", "01", "01" };
static const char *epcis[N] = { "200000001", "200000001", "200000002", "", "", "" };
static const struct qz_communes six = {
    .n = N, .code = codes, .name = names, .departement = departements, .epci = epcis
};

static void fresh_issues(void) {
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
}

static size_t count_issues(const char *code, enum qz_severity severity) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && issues.items[i].severity == severity;
    return n;
}

/* The message of the k-th issue of this code holds both texts. */
static bool tells(const char *code, size_t k, const char *a, const char *b) {
    for (size_t i = 0; i < issues.n; i++)
        if (strcmp(issues.items[i].code, code) == 0 && k-- == 0) {
            bool ok = strstr(issues.items[i].message, a) && strstr(issues.items[i].message, b);
            if (!ok)
                fprintf(stderr, "it tells: %s\n", issues.items[i].message);
            return ok;
        }
    return false;
}

static bool says(const char *a, const char *b, const char *c) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b) && strstr(e, c);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

static const struct qz_level *level_named(const struct qz_levels *l, const char *name) {
    for (size_t i = 0; l && i < l->n; i++)
        if (strcmp(l->items[i].name, name) == 0)
            return &l->items[i];
    return NULL;
}

/* The share of commune c in the territory of this code. */
static double share(const struct qz_level *l, size_t c, const char *code) {
    double sum = 0;
    for (uint32_t k = l ? l->first[c] : 0; l && k < l->first[c + 1]; k++)
        if (strcmp(l->code[l->territory[k]], code) == 0)
            sum += l->weight[k];
    return sum;
}

/* What every level promises. */
static void check_level(const struct qz_level *l, size_t n_communes) {
    for (size_t t = 0; t + 1 < l->n; t++)
        CHECK(strcmp(l->code[t], l->code[t + 1]) < 0);
    for (size_t t = 0; t < l->n; t++)
        CHECK(*l->code[t] && *l->label[t]);
    for (size_t c = 0; c < n_communes; c++) {
        double sum = 0, most = 0;
        uint32_t of = UINT32_MAX;
        for (uint32_t k = l->first[c]; k < l->first[c + 1]; k++) {
            CHECK(l->territory[k] < l->n && l->weight[k] > 0 && l->weight[k] <= 1 + 1e-12);
            CHECK(k == l->first[c] || l->territory[k - 1] < l->territory[k]);
            sum += l->weight[k];
            of = l->weight[k] > most ? l->territory[k] : of;
            most = fmax(most, l->weight[k]);
        }
        CHECK(sum <= 1 + 1e-9 && l->of_commune[c] == of);
    }
}

static struct qz_levels *read_levels(const char *text, int want) {
    struct qz_levels *l = NULL;
    struct qz_input input = { .file = text ? scratch_text("t.csv", text) : NULL };
    fresh_issues();
    report = (struct qz_input_report) { 0 };
    CHECK(qz_levels_read(ctx, &six, text ? &input : NULL, &issues, &report, &l) == want);
    CHECK((l != NULL) == (want == 0));
    for (size_t i = 0; l && i < l->n; i++)
        check_level(&l->items[i], N);
    return l;
}

/* ---- the levels that quinze knows */
static void check_known(void) {
    struct qz_levels *l = read_levels(NULL, 0);
    CHECK(l->n == 3 && level_named(l, "epci")->n == 2 && level_named(l, "departement")->n == 1);
    CHECK(count_issues("no_territory", QZ_SEVERITY_NOTE) == 3); /* three without EPCI */
    CHECK(tells("no_territory", 0, "level epci, commune 01004", "no row or polygon"));
    const struct qz_level *all = &l->items[2];
    CHECK(strcmp(all->name, "all") == 0 && strcmp(all->alias, "Ensemble du territoire") == 0);
    CHECK(all->n == 1 && strcmp(all->code[0], "all") == 0 && all->first[N] == N);
    for (size_t c = 0; c < N; c++)
        CHECK(share(all, c, "all") == 1);
    qz_levels_freep(&l);
    /* the table goes first; where it is silent the layer counts */
    l = read_levels("insee_com,epci,nom_epci,DEP\n01001,243,Ailleurs,02\n01004,243,,\n", 0);
    const struct qz_level *epci = level_named(l, "epci"), *dep = level_named(l, "departement");
    CHECK(epci->n == 3 && share(epci, 0, "243") == 1 && share(epci, 3, "243") == 1);
    CHECK(share(epci, 1, "200000001") == 1 && strcmp(epci->label[2], "Ailleurs") == 0);
    CHECK(strcmp(epci->label[0], "200000001") == 0); /* no name: the code */
    CHECK(share(dep, 0, "02") == 1 && share(dep, 3, "01") == 1);
    qz_levels_freep(&l);
}

/* A is shared, B by halves, C by thirds of three decimals, D has too much, E too little, F's two
 * weights are none. */
static const char weights[] = "insee_com,code_tvs,nom_tvs,poids\n"
                              "01001,T2,Sud,0.4\n01001,T1,Nord,0.6\n"
                              "01002,T2,,0.5\n01002,T1,,0.5\n"
                              "01003,T3,,0.333\n01003,T2,,0.333\n01003,T1,,0.333\n"
                              "01004,T1,,0.7\n01004,T2,,0.5\n"
                              "01005,T3,Est,0.25\n"
                              "01006,T2,,-0.1\n01006,T1,,60\n";

static void check_weights(void) {
    struct qz_levels *l = read_levels(weights, 0);
    const struct qz_level *tvs = level_named(l, "tvs");
    CHECK(tvs && tvs->n == 3 && strcmp(tvs->label[0], "Nord") == 0);
    CHECK(strcmp(tvs->label[1], "Sud") == 0 && strcmp(tvs->label[2], "Est") == 0);
    CHECK(share(tvs, 0, "T1") == 0.6 && share(tvs, 0, "T2") == 0.4 && tvs->of_commune[0] == 0);
    CHECK(share(tvs, 1, "T1") == 0.5 && tvs->of_commune[1] == 0); /* a tie: the lowest code */
    for (size_t t = 0; t < 3; t++)
        CHECK_NEAR(share(tvs, 2, tvs->code[t]), 1.0 / 3, 1e-15, "a third");
    CHECK(tvs->first[3] == tvs->first[4] && tvs->of_commune[3] == UINT32_MAX);
    CHECK(share(tvs, 4, "T3") == 0.25 && tvs->of_commune[4] == 2);
    CHECK(tvs->of_commune[5] == UINT32_MAX);
    CHECK(report.rows == 12 && report.rejected == 4); /* both rows of D, both of F */
    CHECK(count_issues("bad_weight", QZ_SEVERITY_REJECT) == 2);
    CHECK(tells("bad_weight", 0, "01006", "-0.1") && tells("bad_weight", 1, "'60'", "60 % is 0.6"));
    CHECK(count_issues("bad_shares", QZ_SEVERITY_REJECT) == 1);
    CHECK(tells("bad_shares", 0, "level tvs, commune 01004", "1.2"));
    CHECK(count_issues("partial_shares", QZ_SEVERITY_WARNING) == 1);
    CHECK(tells("partial_shares", 0, "level tvs, commune 01005", "0.25"));
    CHECK(tells("no_territory", 3, "level tvs, commune 01006", "")); /* after those without EPCI */
    qz_levels_freep(&l);
}

/* Without weights the first row counts; the same code again is no matter. */
static void check_repeated(void) {
    struct qz_levels *l = read_levels(
        "insee_com,tvs,region\n01001,T9,84\n01001,T1,84\n01001,T9,84\n"
        "01002,T1,84\n01003,,84\n",
        0);
    const struct qz_level *tvs = level_named(l, "tvs"), *region = level_named(l, "region");
    CHECK(tvs && region && share(tvs, 0, "T9") == 1 && share(tvs, 0, "T1") == 0);
    CHECK(region->first[1] == 1 && region->weight[0] == 1);
    CHECK(count_issues("repeated_commune", QZ_SEVERITY_WARNING) == 1);
    CHECK(tells("repeated_commune", 0, "level tvs, commune 01001: territory T9 stands in row 1",
                "now it is T1"));
    CHECK(report.rejected == 0);
    qz_levels_freep(&l);
    /* a weight in one row only: the other is whole, which is too much */
    l = read_levels("insee_com,tvs,weight\n01001,T1,\n01001,T2,0.5\n01002,T1,\n01003,T1,\n01004,T1,"
                    "\n",
                    0);
    CHECK(share(level_named(l, "tvs"), 1, "T1") == 1);
    CHECK(tells("bad_shares", 0, "01001", "1.5") && report.rejected == 2);
    qz_levels_freep(&l);
    /* a commune refused at a level is not filled by the layer's own code */
    l = read_levels("insee_com,epci,weight\n01001,24,0.9\n01001,25,0.9\n01002,24,1\n01003,24,1\n"
                    "01004,24,1\n01005,24,0\n",
                    0);
    CHECK(level_named(l, "epci")->of_commune[0] == UINT32_MAX);
    CHECK(level_named(l, "epci")->of_commune[4] == UINT32_MAX &&
          tells("no_territory", 0, "01005", "weights are 0"));
    qz_levels_freep(&l);
    /* percents */
    l = read_levels("insee_com,tvs,weight\n01001,T1,60\n01001,T2,40\n", QZ_E_DATA);
    CHECK(says("t.csv", "2 of 2 rows", "60 % is 0.6"));
    l = read_levels("insee_com,tvs,weight\n01001,T1,0.9\n01001,T2,0.8\n", QZ_E_DATA);
    CHECK(says("t.csv", "2 of 2 rows", ""));
}

/* Eighty communes repeated: fifty are told, the others counted. */
static void check_many(void) {
    enum { MANY = 80 };
    static char text[MANY][8];
    const char *code[MANY], *none[MANY];
    for (size_t c = 0; c < MANY; c++) {
        snprintf(text[c], sizeof text[c], "%05zu", 1001 + c);
        code[c] = text[c];
        none[c] = "";
    }
    const struct qz_communes many = { .n = MANY, .code = code, .departement = none, .epci = none };
    struct qz_level_draft d = { .name = "x", .source = "t.csv", .communes = &many };
    d.issues = &issues;
    fresh_issues();
    for (uint32_t c = 0; c < MANY; c++)
        for (size_t k = 0; k < 2; k++)
            CHECK(qz_draft_add(ctx, &d,
                               (struct qz_member) { .commune = c,
                                                    .row = 2 * c + k,
                                                    .code = k ? "T2" : "T1",
                                                    .label = "",
                                                    .weight = QZ_UNWEIGHED }) == 0);
    CHECK(qz_draft_settle(ctx, &d) == 0 && d.n == MANY);
    CHECK(count_issues("repeated_commune", QZ_SEVERITY_WARNING) == 51);
    CHECK(tells("repeated_commune", 50, "level x: 30 communes more", "another code"));
    qz_draft_done(&d);
}

/* ---- random rows against the slow way: each commune and code by itself */
struct case_ {
    struct qz_member m[60];
    size_t n;
};

static double weight_of(const struct case_ *k, size_t i) {
    if (k->m[i].weight != QZ_UNWEIGHED)
        return k->m[i].weight;
    for (size_t j = 0; j < k->n; j++) /* an earlier one without weight? */
        if (k->m[j].commune == k->m[i].commune && k->m[j].row < k->m[i].row &&
            k->m[j].weight == QZ_UNWEIGHED)
            return 0;
    return 1;
}

static double slow_share(const struct case_ *k, uint32_t c, const char *code) {
    double sum = 0, of_code = 0;
    for (size_t i = 0; i < k->n; i++) {
        double w = k->m[i].commune == c ? weight_of(k, i) : 0;
        sum += w;
        of_code += strcmp(k->m[i].code, code) == 0 ? w : 0;
    }
    return fabs(sum - 1) <= QZ_TABLE_ROUNDING ? of_code / sum : sum > 1 ? 0 : of_code;
}

static void check_random(void) {
    static const char *const all_codes[] = { "T1", "T2", "T3", "T4", "T10" };
    static const double some[] = { 0, 0.1, 0.25, 0.333, 0.334, 0.5, 0.75, 1, QZ_UNWEIGHED };
    struct qz_dice dice = qz_dice_of(5, 2);
    size_t n_over = 0, n_under = 0, n_whole = 0;
    for (size_t round = 0; round < 400; round++) {
        struct case_ k = { .n = 1 + qz_dice_below(&dice, COUNT(k.m) / 3) };
        struct qz_levels levels = { 0 };
        struct qz_level_draft d = { .name = "x", .source = "t.csv", .communes = &six };
        d.issues = &issues;
        d.rounding = QZ_TABLE_ROUNDING;
        fresh_issues();
        for (size_t i = 0; i < k.n; i++)
            k.m[i] = (struct qz_member) { .commune = qz_dice_below(&dice, N),
                                          .row = i + 1,
                                          .code = all_codes[qz_dice_below(&dice, 5)],
                                          .label = "",
                                          .weight = some[qz_dice_below(&dice, COUNT(some))] };
        for (size_t i = k.n; i-- > 0;) /* the order of adding is no matter: rows are numbered */
            CHECK(qz_draft_add(ctx, &d, k.m[i]) == 0);
        CHECK(qz_draft_settle(ctx, &d) == 0 && qz_draft_make(ctx, &d, &levels) == 0);
        const struct qz_level *l = level_named(&levels, "x");
        if (l)
            check_level(l, N);
        for (uint32_t c = 0; c < N; c++) {
            double sum = 0;
            for (size_t t = 0; t < COUNT(all_codes); t++) {
                double want = slow_share(&k, c, all_codes[t]);
                CHECK_NEAR(share(l, c, all_codes[t]), want, 1e-12, "a random share");
                sum += want;
            }
            n_whole += fabs(sum - 1) < 1e-12;
            n_under += sum > 0 && sum < 0.99;
        }
        n_over += count_issues("bad_shares", QZ_SEVERITY_REJECT);
        qz_draft_done(&d);
        for (size_t i = 0; i < levels.n; i++)
            qz_level_done(&levels.items[i]);
        free(levels.items);
    }
    CHECK(n_over > 100 && n_under > 100 && n_whole > 100); /* the cases are not idle */
}

/* ---- a level of the user's own */
/* Where people are: A and B at their points, C in four cells, D in two, E and F at their points. */
static const uint32_t home_commune[] = { 0, 1, 2, 2, 2, 2, 3, 3, 4, 5 };
static const struct qz_xy home_at[] = {
    { 700500, 500 }, { 701500, 500 }, { 702100, 100 }, { 702900, 100 }, { 702100, 900 },
    { 702900, 900 }, { 703100, 500 }, { 703900, 500 }, { 704500, 500 }, { 705500, 500 },
};
static const double home_weight[] = { 1, 1, 10, 20, 30, 40, 3, 1, 1, 1 };
static const struct qz_level_homes homes = { COUNT(home_commune), home_commune, home_at,
                                             home_weight };

static int add_level(struct qz_levels *l, const char *key, struct qz_input input) {
    struct qz_level_input in = { .key = key, .label = "Pays (essai)", .input = input };
    report = (struct qz_input_report) { 0 };
    size_t before = l->n;
    int r = qz_levels_add(ctx, l, &six, &in, &homes, lambert93, &issues, &report);
    CHECK(l->n == before + (r == 0)); /* a failure adds nothing */
    CHECK(strcmp(l->items[l->n - 1].name, "all") == 0);
    for (size_t i = 0; i < l->n; i++)
        check_level(&l->items[i], N);
    return r;
}

static void check_table(void) {
    struct qz_levels *l = read_levels(NULL, 0);
    fresh_issues();
    struct qz_input input = {
        .file = scratch_text("cpts.csv", "codgeo,nom,code_territoire,nom_territoire,poids\n"
                                         "01001,A,N,Nord,1\n01002,B,N,,0.25\n01002,B,S,Sud,0.75\n"
                                         "01003,C,,,1\n99999,Z,N,,1\n01004,D,S,,\n"
                                         "01005,E,N,,0.9\n01005,E,S,,0.9\n")
    };
    CHECK(add_level(l, "cpts", input) == 0);
    const struct qz_level *cpts = level_named(l, "cpts");
    CHECK(cpts && cpts->n == 2 && strcmp(cpts->alias, "Pays (essai)") == 0);
    CHECK(share(cpts, 0, "N") == 1 && share(cpts, 1, "S") == 0.75 && cpts->of_commune[1] == 1);
    CHECK(share(cpts, 3, "S") == 1 && strcmp(cpts->label[1], "Sud") == 0);
    CHECK(report.rows == 8 && report.rejected == 4 && strcmp(l->items[2].name, "cpts") == 0);
    CHECK(count_issues("no_territory_code", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("no_territory", QZ_SEVERITY_NOTE) == 2); /* C, F */
    /* names of the plan; a column 'code' alone is both to nobody */
    input.file = scratch_text("z.csv", "code,zone,titre\n01001,Z1,Un\n01002,Z2,Deux\n");
    CHECK(add_level(l, "zones_sante", input) == QZ_E_FORMAT);
    CHECK(says("z.csv", "territory = COLUMN", "code, zone, titre"));
    input.columns[QZ_ROLE_TERRITORY] = "zone";
    input.columns[QZ_ROLE_TERRITORY_NAME] = "titre";
    CHECK(add_level(l, "zones_sante", input) == 0);
    CHECK(strcmp(level_named(l, "zones_sante")->label[1], "Deux") == 0);
    CHECK(add_level(l, "zones_sante", input) == QZ_E_PLAN &&
          says("zones_sante", "one already", ""));
    CHECK(add_level(l, "tvs", input) == QZ_E_PLAN && says("tvs", "[territories]", "another name"));
    CHECK(add_level(l, "all", input) == QZ_E_PLAN && qz_level_is_own("all"));
    CHECK(qz_level_is_own("region") && !qz_level_is_own("zones_sante"));
    input.file = scratch_text("nul.csv", "code,zone,titre,poids\n01001,Z1,Un,0\n01002,Z2,Deux,0\n");
    CHECK(add_level(l, "nul", input) == QZ_E_DATA && says("nul.csv", "level nul", "weights are 0"));
    input.file = scratch_text("far.csv", "code,zone,titre\n2A004,Z1,Un\n");
    CHECK(add_level(l, "far", input) == QZ_E_DATA && says("far.csv", "none of its 1 rows", ""));
    qz_levels_freep(&l);
}

/* ---- polygons: rectangles with a code and a name */
struct box {
    const char *code, *name;
    double x0, y0, x1, y1;
};

static const char *put_boxes(const char *file, const char *code_column, const struct box *boxes,
                             size_t n) {
    const char *path = scratch_path(file);
    const struct qz_writer_params params = { QZ_GPKG, true, "2026-01-31" };
    const struct qz_column columns[] = { { code_column, QZ_TEXT, 0 }, { "nom", QZ_TEXT, 0 } };
    struct qz_writer *w = NULL;
    CHECK(qz_writer_open(ctx, path, &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "pays", "", "", QZ_GEOM_AREA, lambert93, columns, 2) == 0);
    for (size_t i = 0; i < n; i++) {
        const struct box *b = &boxes[i];
        const struct qz_xy ring[] = {
            { b->x0, b->y0 }, { b->x0, b->y1 }, { b->x1, b->y1 }, { b->x1, b->y0 }, { b->x0, b->y0 }
        };
        struct qz_shapes s = { 0 };
        for (size_t k = 0; k < 5; k++)
            CHECK(qz_shapes_add_point(ctx, &s, ring[k]) == 0);
        CHECK(qz_shapes_end_ring(ctx, &s) == 0 && qz_shapes_end_poly(ctx, &s) == 0);
        CHECK(qz_shapes_end_shape(ctx, &s) == 0);
        if (b->code)
            qz_writer_text(w, 0, b->code);
        qz_writer_text(w, 1, b->name);
        if (b->x0 < b->x1)
            CHECK(qz_writer_shape(ctx, w, &s, 0) == 0);
        CHECK(qz_writer_row(ctx, w) == 0);
        qz_shapes_done(&s);
    }
    CHECK(qz_writer_publish(ctx, w) == 0);
    return path;
}

/* West holds A, B, C's south-west cell, and (in a second polygon) F; East C's other cells, which is
 * more of its people, and D's first. D's second and E are in none. */
static const struct box two[] = {
    { "W", "Ouest", 699000, 0, 702500, 500 + 1e-3 },
    { "E", "Est", 702000, 0, 703500, 1000 },
    { "W", "Ouest", 705000, 0, 706000, 1000 },
    { NULL, "Sans code", 704000, 0, 705000, 1000 },
    { "V", "Vide", 1, 1, 0, 0 },
};

static void check_polygons(void) {
    struct qz_levels *l = read_levels(NULL, 0);
    fresh_issues();
    struct qz_input input = { .file = put_boxes("pays.gpkg", "code", two, COUNT(two)) };
    CHECK(add_level(l, "pays", input) == 0);
    const struct qz_level *pays = level_named(l, "pays");
    CHECK(pays && pays->n == 2 && strcmp(pays->label[0], "Est") == 0);
    CHECK(share(pays, 0, "W") == 1 && share(pays, 1, "W") == 1 && share(pays, 5, "W") == 1);
    CHECK(share(pays, 2, "W") == 0.1 && share(pays, 2, "E") == 0.9 && pays->of_commune[2] == 0);
    CHECK(share(pays, 3, "E") == 0.75 && pays->of_commune[4] == UINT32_MAX);
    CHECK(report.rows == 5 && report.rejected == 2 && strcmp(report.crs, "EPSG:2154") == 0);
    CHECK(count_issues("no_territory_code", QZ_SEVERITY_REJECT) == 1);
    CHECK(count_issues("no_polygon", QZ_SEVERITY_REJECT) == 1);
    CHECK(tells("partial_shares", 0, "level pays, commune 01004", "0.75"));
    CHECK(count_issues("no_territory", QZ_SEVERITY_NOTE) == 1 &&
          tells("no_territory", 0, "01005", ""));
    CHECK(count_issues("overlapping_territories", QZ_SEVERITY_WARNING) == 1); /* C's south-west */
    CHECK(tells("overlapping_territories", 0, "1 places", "one in W and E"));
    /* its own column names; 'code =' alone names the polygon's code */
    input.file = put_boxes("noms.gpkg", "zone_code", two, 3);
    CHECK(add_level(l, "noms", input) == QZ_E_FORMAT &&
          says("noms.gpkg", "territory = COLUMN", ""));
    input.columns[QZ_ROLE_CODE] = "zone_code";
    CHECK(add_level(l, "noms", input) == 0 && level_named(l, "noms")->n == 2);
    input.columns[QZ_ROLE_CODE] = NULL;
    input.columns[QZ_ROLE_TERRITORY] = "zone_code";
    CHECK(add_level(l, "noms2", input) == 0 && level_named(l, "noms2")->n == 2);
    input.columns[QZ_ROLE_CODE] =
        "nom"; /* both named: a table of communes, though it has polygons */
    CHECK(add_level(l, "noms3", input) == QZ_E_DATA && says("noms.gpkg", "none of its 3 rows", ""));
    static const struct box far[] = { { "Z", "Loin", 0, 0, 100, 100 } };
    input = (struct qz_input) { .file = put_boxes("far.gpkg", "code", far, 1) };
    CHECK(add_level(l, "far", input) == QZ_E_DATA &&
          says("far.gpkg", "another place", "level far"));
    qz_levels_freep(&l);
}

static bool holds(const struct box *b, struct qz_xy p) {
    return p.x_m > b->x0 && p.x_m < b->x1 && p.y_m > b->y0 && p.y_m < b->y1;
}

static size_t count_overlaps(const struct box boxes[4], const struct qz_xy at[40]) {
    size_t n = 0;
    for (size_t i = 0; i < 40; i++) {
        size_t in = 0;
        for (size_t z = 0; z < 4; z++)
            in += holds(&boxes[z], at[i]);
        n += in > 1;
    }
    return n;
}

/* Random rectangles and cells, each cell asked of each rectangle. */
static void check_random_polygons(void) {
    static const char *const zone[] = { "P", "Q", "R", "S" };
    struct qz_dice dice = qz_dice_of(7, 3);
    struct qz_levels *l = read_levels(NULL, 0);
    for (size_t round = 0; round < 12; round++) {
        struct box boxes[4];
        struct qz_xy at[40];
        uint32_t commune[40];
        double weight[40];
        char key[16];
        for (size_t i = 0; i < 4; i++) {
            double x = qz_dice_between(&dice, 700000, 704000), y = qz_dice_between(&dice, 0, 3000);
            boxes[i] = (struct box) { zone[i],
                                      zone[i],
                                      x,
                                      y,
                                      x + qz_dice_between(&dice, 500, 4000),
                                      y + qz_dice_between(&dice, 500, 4000) };
        }
        for (uint32_t i = 0; i < 40; i++) {
            commune[i] = i * N / 40;
            weight[i] = 1 + qz_dice_below(&dice, 50);
            at[i] = (struct qz_xy) { qz_dice_between(&dice, 700000, 706000),
                                     qz_dice_between(&dice, 0, 5000) };
        }
        const struct qz_level_homes random = { 40, commune, at, weight };
        snprintf(key, sizeof key, "r%zu", round);
        struct qz_level_input in = { key, NULL, { .file = put_boxes("r.gpkg", "code", boxes, 4) } };
        fresh_issues();
        CHECK(qz_levels_add(ctx, l, &six, &in, &random, lambert93, &issues, &report) == 0);
        const struct qz_level *got = level_named(l, key);
        CHECK(strcmp(got->alias, key) == 0);
        check_level(got, N);
        char overlaps[32];
        size_t n_overlaps = count_overlaps(boxes, at);
        snprintf(overlaps, sizeof overlaps, ": %zu places", n_overlaps);
        CHECK(n_overlaps ? tells("overlapping_territories", 0, overlaps, "the first of the file")
                         : count_issues("overlapping_territories", QZ_SEVERITY_WARNING) == 0);
        for (uint32_t c = 0; c < N; c++)
            for (size_t z = 0; z < 4; z++) {
                double in_zone = 0, all = 0;
                for (size_t i = 0; i < 40; i++) {
                    size_t first = 0;
                    while (first < 4 && !holds(&boxes[first], at[i]))
                        first++;
                    in_zone += commune[i] == c && first == z ? weight[i] : 0;
                    all += commune[i] == c ? weight[i] : 0;
                }
                CHECK_NEAR(share(got, c, zone[z]), in_zone / all, 1e-12, "people in a polygon");
            }
    }
    qz_levels_freep(&l);
}

/* ---- memory that ends: nothing is given, nothing is lost, nothing is added */
static void check_memory(void) {
    struct qz_input table = { .file = scratch_text("m.csv", weights) };
    struct qz_level_input in = { "pays", NULL, { .file = put_boxes("m.gpkg", "code", two, 3) } };
    bool whole = false;
    for (size_t k = 0; k < 400 && !whole; k++) {
        struct qz_levels *l = NULL;
        fresh_issues();
        qz_memory_fail_after(k);
        int r = qz_levels_read(ctx, &six, &table, &issues, &report, &l);
        size_t n = l ? l->n : 0;
        if (r == 0)
            r = qz_levels_add(ctx, l, &six, &in, &homes, lambert93, &issues, &report);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((r == 0) == whole && (r == 0 || r == QZ_E_NOMEM));
        CHECK(!l || l->n == n + whole);
        qz_levels_freep(&l);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(scratch_make());
    check_known();
    check_weights();
    check_repeated();
    check_many();
    check_random();
    check_table();
    check_polygons();
    check_random_polygons();
    check_memory();
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
