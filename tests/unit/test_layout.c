/* tests/unit/test_layout.c - the registers' own layouts (RPPS, FINESS, BPE, BAN): which rows are of
 * a profession, where they are, in which system; codes without their zero. Files are written here
 * in the exact layout, rows made up. */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "base/geodata.h"
#include "check.h"
#include "scratch.h"
#include "source/layout.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_issues issues;
static struct qz_communes *communes;
static struct qz_locator *locator;
static struct qz_xy *town_halls;
static struct qz_input_report report;

static bool says(const char *a, const char *b, const char *c) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b) && strstr(e, c);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

static size_t count_issues(const char *code, const char *with) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && strstr(issues.items[i].message, with);
    return n;
}

static void fresh_issues(void) {
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
}

/* ---- communes: squares of 1 km in a row, sorted codes; town halls at their south-west corners */
static void close_communes(void) {
    qz_locator_freep(&locator);
    qz_communes_freep(&communes);
    free(town_halls);
    town_halls = NULL;
}

static void open_communes(const char *const *codes, size_t n) {
    struct qz_text t = { 0 };
    qz_text_add(&t, "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{"
                    "\"name\":\"urn:ogc:def:crs:EPSG::2154\"}},\"features\":[");
    for (size_t i = 0; i < n; i++) {
        double x = 700000 + 1000.0 * (double)i, y = 6600000;
        qz_text_add(&t,
                    "%s{\"type\":\"Feature\",\"properties\":{\"code_insee\":\"%s\"},\"geometry\":{"
                    "\"type\":\"Polygon\",\"coordinates\":[[[%.0f,%.0f],[%.0f,%.0f],[%.0f,%.0f],"
                    "[%.0f,%.0f],[%.0f,%.0f]]]}}",
                    i ? "," : "", codes[i], x, y, x + 1000, y, x + 1000, y + 1000, x, y + 1000, x,
                    y);
    }
    qz_text_add(&t, "]}");
    const struct qz_input input = { .file = scratch_bytes("communes.geojson", t.data, t.n) };
    qz_text_done(&t);
    struct qz_crs *work = NULL;
    close_communes();
    fresh_issues();
    CHECK(qz_communes_read(ctx, &input, NULL, &issues, &report, &work, &communes) == 0);
    CHECK(communes && communes->n == n);
    CHECK(qz_locator_new(ctx, communes->shapes, &locator) == 0);
    town_halls = qz_calloc(n, sizeof *town_halls);
    for (size_t i = 0; town_halls && i < n; i++)
        town_halls[i] = (struct qz_xy) { 700000 + 1000.0 * (double)i, 6600000 };
    qz_crs_freep(&work);
}

static const char *const usual_codes[] = { "01001", "01002", "01451", "2A004", "30189", "97101" };
enum { C01001, C01002, C01451, C2A004, C30189, C97101 };

static int read_with(struct qz_sites *sites, const struct qz_input *input, const char *key,
                     const char *only) {
    struct qz_sites_input in = { .input = input,
                                 .key = key,
                                 .only = only,
                                 .communes = communes,
                                 .commune_points = town_halls,
                                 .locator = locator,
                                 .crs = lambert93 };
    return qz_sites_read(ctx, sites, &in, &issues, &report);
}

static int read_sites(const struct qz_input *input, const char *key, const char *only,
                      struct qz_sites **ret) {
    qz_sites_freep(ret);
    int r = qz_sites_new(ctx, ret);
    fresh_issues();
    return r < 0 ? r : read_with(*ret, input, key, only);
}

static double heads(const struct qz_sites *s) {
    double sum = 0;
    for (size_t i = 0; s && i < s->n; i++)
        sum += s->items[i].heads;
    return sum;
}

static const struct qz_site *site_of(const struct qz_sites *s, const char *id) {
    for (size_t i = 0; s && i < s->n; i++)
        if (strcmp(s->items[i].id, id) == 0)
            return &s->items[i];
    return NULL;
}

/* ---- RPPS */
static const char rpps_header[] =
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|"
    "Code profession|Libellé profession|Code catégorie professionnelle|"
    "Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire|"
    "Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|"
    "Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|"
    "Identifiant technique de la structure|Raison sociale site|Enseigne commerciale site|"
    "Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|"
    "Numéro Voie (coord. structure)|Indice répétition voie (coord. structure)|"
    "Code type de voie (coord. structure)|Libellé type de voie (coord. structure)|"
    "Libellé Voie (coord. structure)|Mention distribution (coord. structure)|"
    "Bureau cedex (coord. structure)|Code postal (coord. structure)|"
    "Code commune (coord. structure)|Libellé commune (coord. structure)|"
    "Code pays (coord. structure)|Libellé pays (coord. structure)|Téléphone (coord. structure)|"
    "Téléphone 2 (coord. structure)|Télécopie (coord. structure)|"
    "Adresse e-mail (coord. structure)|Code Département (structure)|"
    "Libellé Département (structure)|Ancien identifiant de la structure|"
    "Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité|"
    "Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code rôle|Libellé rôle|"
    "Code genre activité|Libellé genre activité|\r\n";

struct activity { /* a row: the columns that count, by their number */
    const char *person, *profession, *skill, *finess, *structure, *trade_name, *commune;
};

static void add_activity(struct qz_text *t, const struct activity *a) {
    for (int i = 0; i < 56; i++) {
        const char *cell = i == 2    ? a->person
                           : i == 9  ? a->profession
                           : i == 15 ? a->skill
                           : i == 21 ? a->finess
                           : i == 23 ? a->structure
                           : i == 25 ? a->trade_name
                           : i == 36 ? a->commune
                                     : "";
        qz_text_add(t, "%s|", cell ? cell : "");
    }
    qz_text_add(t, "\r\n");
}

static const struct activity activities[] = {
    { "8ann", "10", "SM53", "", "R1", "CABINET \"DU PONT", "01001" }, /* quotes are letters here */
    { "8ann", "10", "SM53", "010000024", "F010000024", "", "01451" },
    { "8bob", "10", "SM26", "", "R1", "", "01001" },
    { "8cat", "10", "SM54", "", "R2", "L'\"ETOILE\"", "2A004" },
    { "8dan", "10", "SM04", "", "R3", "", "01001" }, /* another speciality */
    { "8eve", "10", "", "", "R4", "", "01001" },     /* none stated: nobody's */
    { "8fay", "60", "", "", "R5", "", "01002" },
    { "8gus", "60", "", "", "R6", "", "75056" }, /* elsewhere */
    { "8hal", "70", "", "", "R7", "", "01002" },
    { "8ian", "10", "CEX24", "", "R8", "", "01001" }, /* a skill that is no speciality */
};

static const char *rpps_file(const char *name) {
    struct qz_text t = { 0 };
    qz_text_add(&t, "\xef\xbb\xbf%s", rpps_header);
    for (size_t i = 0; i < COUNT(activities); i++)
        add_activity(&t, &activities[i]);
    const char *path = scratch_bytes(name, t.data, t.n);
    qz_text_done(&t);
    return path;
}

static void check_rpps(void) {
    static const struct {
        const char *key, *only;
        double heads;
        size_t sites;
    } cases[] = {
        { "gp", NULL, 3, 3 },         { "specialist", NULL, 1, 1 },
        { "nurse", NULL, 1, 1 },      { "physiotherapist", NULL, 1, 1 },
        { "gp", "10", 6, 6 },         { "gp", "10/SM53", 1, 2 },
        { "gp", "10/SM2*", 1, 1 },    { "any", "60, 70", 2, 2 },
        { "gp", "10/sm54;70", 2, 2 },
    };
    struct qz_input input = { .file = rpps_file("PS_LibreAcces.txt") };
    struct qz_sites *s = NULL;
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK(read_sites(&input, cases[i].key, cases[i].only, &s) == 0);
        CHECK_NEAR(heads(s), cases[i].heads, 1e-12, cases[i].only ? cases[i].only : cases[i].key);
        CHECK_NEAR((double)s->n, (double)cases[i].sites, 0, cases[i].key);
    }
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && report.rows == 4 && report.rejected == 0);
    const struct qz_site *f = site_of(s, "F010000024"), *r1 = site_of(s, "R1");
    CHECK(f && f->heads == 0.5 && f->commune == C01451 && strcmp(f->finess, "010000024") == 0);
    CHECK(f && f->at_commune_point && f->point.x_m == town_halls[C01451].x_m);
    CHECK(r1 && r1->heads == 1.5 && r1->n_posts == 2);
    CHECK(read_sites(&input, "nurse", NULL, &s) == 0 && count_issues("no_commune", "75056") == 1);

    CHECK(read_sites(&input, "gp", "10/SM5E", &s) == QZ_E_DATA);
    CHECK(says("'10/SM5E'", "did you mean '10/SM53'", "10/SM53 (2), 60 (2), 10 (1)"));
    CHECK(read_sites(&input, "dentist", NULL, &s) == QZ_E_DATA &&
          says("'40'", "Code profession", ""));
    CHECK(!strstr(qz_ctx_error(ctx), "did you mean")); /* a known code, only not in the file */
    CHECK(read_sites(&input, "emergency", NULL, &s) == QZ_E_PLAN &&
          says("'emergency'", "known: gp, specialist, pharmacist", "layout = plain"));
    CHECK(read_sites(&input, "x", "60,61", &s) == 0 && count_issues("unused_code", "'61'") == 1);
    CHECK(count_issues("unused_code", "did you mean '60'") == 1);
    qz_sites_freep(&s);
}

/* A plan's own columns and layout go before the recognised ones. */
static void check_overrides(void) {
    struct qz_input input = { .file = rpps_file("named.txt"), .layout = "plain" };
    struct qz_sites *s = NULL;
    input.columns[QZ_ROLE_CODE] = "Code commune (coord. structure)";
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && heads(s) == 9); /* every row but Paris */
    input.layout = "RPPS";
    input.columns[QZ_ROLE_SITE] = "Code profession";
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && s->n == 1 && site_of(s, "10"));
    input.layout = "rps";
    CHECK(read_sites(&input, "gp", NULL, &s) == QZ_E_PLAN &&
          says("named.txt", "'layout = rps'", "bpe"));
    input.layout = "auto";
    input.columns[QZ_ROLE_SITE] = "Site";
    CHECK(read_sites(&input, "gp", NULL, &s) == QZ_E_FORMAT && says("'Site'", "site =", ""));
    qz_sites_freep(&s);
}

/* Each row has one key at most, and it is what a plain reading of the nomenclature says. */
static void check_shares_out(void) {
    static const char *const professions[] = { "10", "21", "40", "50", "60", "70", "91", "" };
    static const char *const skills[] = {
        "", "SM26", "SM53", "SM54", "SM04", "SM5", "CEX24", "sm53"
    };
    static const char *const keys[] = { "gp",      "specialist", "pharmacist",     "dentist",
                                        "midwife", "nurse",      "physiotherapist" };
    enum { ROWS = 400 };
    double want[COUNT(keys)] = { 0 };
    struct qz_text t = { 0 };
    unsigned seed = 7;
    qz_text_add(&t, "%s", rpps_header);
    for (int i = 0; i < ROWS; i++) {
        char person[16];
        snprintf(person, sizeof person, "8%d", i);
        seed = seed * 1103515245u + 12345u;
        const char *p = professions[(seed >> 16) % COUNT(professions)];
        const char *k = skills[(seed >> 8) % COUNT(skills)];
        add_activity(&t, &(struct activity) { person, p, k, "", "R", "", "01001" });
        bool physician = strcmp(p, "10") == 0, ordinal = strncasecmp(k, "SM", 2) == 0;
        bool general = !strcasecmp(k, "SM26") || !strcasecmp(k, "SM53") || !strcasecmp(k, "SM54");
        want[0] += physician && general;
        want[1] += physician && ordinal && !general;
        for (size_t j = 1; j <= 5; j++) /* those whose profession tells */
            want[j + 1] += strcmp(p, professions[j]) == 0;
    }
    struct qz_input input = { .file = scratch_bytes("many.txt", t.data, t.n) };
    struct qz_sites *s = NULL;
    for (size_t i = 0; i < COUNT(keys); i++) {
        CHECK(read_sites(&input, keys[i], NULL, &s) == 0);
        CHECK_NEAR(heads(s), want[i], 0, keys[i]);
        CHECK(want[i] > 0);
    }
    qz_text_done(&t);
    qz_sites_freep(&s);
}

/* ---- FINESS, as data.gouv has it: no header, places behind */
static const char finess[] =
    "finess;etalab;98;2026-05-12\n"
    "structureet;010000024;010780054;CH DE FLEYRIAT;;;;900;RTE;DE PARIS;;;451;01;AIN;"
    "01440 VIRIAT;0474454647;;355;Centre Hospitalier (C.H.);1102;;26010004500012;8610Z;03;ARS;1;;"
    "1979-02-13;1979-02-13;2020-02-04;\n"
    "structureet;010000032;010000031;MSP \"DU LAC\";;;;;;;;;1;01;AIN;01000 X;;;603;"
    "Maison de sant\xe9 (L.6223-3);1205;;;;;;;;;;;\n"
    "structureet;010000040;;MSP;;;;;;;;;002;01;AIN;;;;603;;;;;;;;;;;;;\n"
    "structureet;2A0000050;;CDS;;;;;;;;;004;2A;CORSE;;;;124;;;;;;;;;;;;;\n"
    "structureet;970100012;;POLYCLINIQUE;;;;;;;;;101;9A;GUADELOUPE;;;;603;;;;;;;;;;;;;\n"
    "structureet;300000060;;PHARMACIE;;;;;;;;;189;30;GARD;;;;620;;;;;;;;;;;;;\n"
    "structureet;300000061;court\n"
    "structureet;300000062;;MSP;;;;;;;;;189;30;GARD;;;;603;;;;;;;;;;;;;\n"
    "geolocalisation;970100012;657242.9;1795384.4;2,ATLASANTE,96,BAN,EPSG:5490 RGAF09/UTM Zone 20N "
    "(Antilles);2026-05-04\n"
    "geolocalisation;010000024;702500;6600500;1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93;x\n"
    "geolocalisation;010000032;700250;6600750;1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93;2021\n"
    "geolocalisation;010000040;701250;6600750;1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,MARS_3;2021\n"
    "geolocalisation;300000060;;;;\n"
    "geolocalisation;999999999;1;2;LAMBERT_93;\n";

static void check_finess(void) {
    struct qz_input input = { .file = scratch_text("etalab-cs1100507.csv", finess) };
    struct qz_sites *s = NULL;
    CHECK(read_sites(&input, "maison", NULL, &s) == 0 && s->n == 4 && report.rejected == 0);
    CHECK(strcmp(report.crs, "EPSG:2154, EPSG:5490") == 0);
    const struct qz_site *lake = site_of(s, "010000032"), *mars = site_of(s, "010000040"),
                         *isle = site_of(s, "970100012"), *gard = site_of(s, "300000062");
    CHECK(lake && lake->commune == C01001 && !lake->at_commune_point && lake->point.x_m == 700250);
    CHECK(lake && strcmp(lake->structure, "maison") == 0 && strcmp(lake->finess, lake->id) == 0);
    CHECK(mars && mars->at_commune_point && mars->commune == C01002);
    CHECK(count_issues("unknown_system", "MARS_3") == 1);
    CHECK(gard && gard->at_commune_point && gard->commune == C30189); /* no line of its own */
    /* 61.52874 W 16.234 N in degrees is the same place (control by pyproj) */
    struct qz_crs *wgs84 = NULL;
    struct qz_transform *to_work = NULL;
    struct qz_xy there = { -61.52874, 16.234 };
    CHECK(qz_crs_open(ctx, "EPSG:4326", &wgs84) == 0);
    CHECK(qz_transform_new(ctx, wgs84, lambert93, &to_work) == 0);
    qz_transform_points(to_work, &there, 1);
    CHECK(isle && isle->commune == C97101 && qz_distance_m(isle->point, there) < 10);
    qz_transform_free(to_work);
    qz_crs_freep(&wgs84);

    CHECK(read_sites(&input, "centre", NULL, &s) == 0 && s->n == 1 &&
          s->items[0].commune == C2A004);
    CHECK(strcmp(s->items[0].structure, "centre") == 0);
    CHECK(read_sites(&input, "hospital", NULL, &s) == 0 && site_of(s, "010000024"));
    CHECK(s->items[0].commune == C01451 && s->items[0].point.x_m == 702500);
    CHECK(read_sites(&input, "x", "603,620", &s) == 0 && s->n == 5);
    CHECK(read_sites(&input, "maison", "630", &s) == QZ_E_DATA &&
          says("'630'", "did you mean '620'", "603 (4), empty (1), 124 (1)"));
    CHECK(read_sites(&input, "nursing_home", NULL, &s) == QZ_E_DATA &&
          says("'500'", "categetab", ""));

    /* the file without places: all at their commune's point */
    input.file = scratch_text("cs1100502.csv",
                              "finess;etalab;97;2026-05-12\n"
                              "structureet;010000032;;MSP;;;;;;;;;001;01;AIN;;;;603"
                              ";;;;;;;;;;;;;\n");
    CHECK(read_sites(&input, "maison", NULL, &s) == 0 && s->n == 1 && s->items[0].at_commune_point);
    CHECK(issues.n == 1 && count_issues("at_commune_point", "of 1 rows, 1 have no coord") == 1);

    /* extracts have a header: other names, a code of three digits, the system named or in the plan
     */
    input.file = scratch_text("extrait.csv",
                              "numero_finess_etablissement;categetab;code_commune;departement;"
                              "coordxet;coordyet\n010000032;603;001;01;700250,5;6600750\n"
                              "010000033;124;451;01;702250;6600750\n");
    CHECK(read_sites(&input, "maison", NULL, &s) == QZ_E_CRS && says("extrait.csv", "crs =", ""));
    input.crs = "EPSG:2154";
    CHECK(read_sites(&input, "maison", NULL, &s) == 0 && s->items[0].point.x_m == 700250.5);
    CHECK(s->items[0].commune == C01001 && issues.n == 0);
    qz_sites_freep(&s);
}

static void check_row_systems(void) {
    static const struct {
        const char *text;
        int epsg;
    } cases[] = {
        { "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93", 2154 },
        { "2,ATLASANTE,96,BAN,EPSG:5490 RGAF09/UTM Zone 20N (Antilles)", 5490 },
        { "2,ATLASANTE,90,BAN,WGS84/UTM zone 21N (St-Pierre-et-Miquelon)", 32621 },
        { "UTM_N20", 5490 },
        { "utm_n21", 4467 },
        { "UTM_N22", 2972 },
        { "UTM_S38", 4471 },
        { "UTM_S40", 2975 },
        { "RGR92", 2975 },
        { "2154", 2154 },
        { "epsg:4326", 4326 },
        { "DEP 972", 5490 },
        { "DEP 97", 2154 },
        { "DEP 2A", 2154 },
        { "12", 0 },
        { "2154.5", 0 },
        { "UTM", 0 },
        { "", 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(qz_row_system_epsg(cases[i].text), cases[i].epsg, 0, cases[i].text);
}

/* ---- BPE */
static void check_bpe(void) {
    struct qz_input input = { .file = scratch_text(
                                  "bpe.csv", "AN;DEP;DEPCOM;LAMBERT_X;LAMBERT_Y;TYPEQU;NB_EQUIP\n"
                                             "2018;01;01001;700250;6600750;D201;2\n"
                                             "2018;01;01001;700250;6600750;D233;9\n"
                                             "2018;01;01002;;;D201;1\n"
                                             "2024;01;01451;702250.5;6600750;D265;3\n"
                                             "2018;971;97101;657242.9;1795384.4;D201;4\n") };
    struct qz_sites *s = NULL;
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && s->n == 4 && heads(s) == 10);
    CHECK(strcmp(report.crs, "EPSG:2154, EPSG:5490") == 0 && issues.n == 1);
    CHECK(count_issues("at_commune_point", "of 4 rows, 1 have no coordinates") == 1);
    const struct qz_site *a = site_of(s, "gp-01001-700250-6600750"), *b = site_of(s, "gp-01002");
    CHECK(a && a->heads == 2 && b && b->at_commune_point);
    CHECK(read_sites(&input, "gp", "D201", &s) == 0 && heads(s) == 7);
    CHECK(read_sites(&input, "gp", "D20l", &s) == QZ_E_DATA &&
          says("'D20l'", "did you mean 'D201'", "D201 (3), D233 (1)"));
    CHECK(read_sites(&input, "midwife", NULL, &s) == QZ_E_DATA && says("'D231'", "TYPEQU", "D233"));
    input.crs = "EPSG:2154"; /* the plan overrules what the departement would tell */
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && strcmp(report.crs, "EPSG:2154") == 0);

    struct qz_input by_row = { .file = scratch_text("bpe24.csv",
                                                    "TYPEQU;DEP;DEPCOM;LAMBERT_X;LAMBERT_Y;EPSG\n"
                                                    "D265;01;01001;700250;6600750;2154\n"
                                                    "D265;01;01002;701250;6600750;99\n") };
    CHECK(read_sites(&by_row, "gp", NULL, &s) == 0 && s->n == 2 && site_of(s, "gp-01002"));
    CHECK(count_issues("unknown_system", "'99'") == 1);
    by_row.crs = "EPSG:2154"; /* but not what the row itself names */
    CHECK(read_sites(&by_row, "gp", NULL, &s) == 0 && count_issues("unknown_system", "'99'") == 1);

    struct qz_input iris = { .file = scratch_text("bpe22.csv",
                                                  "AN;DCIRIS;DEP;TYPEQU;LAMBERT_X;LAMBERT_Y\n"
                                                  "2022;010010101;01;D265;700250;6600750\n"
                                                  "2022;2A004_0000;2A;D265;;\n") };
    CHECK(read_sites(&iris, "gp", NULL, &s) == 0 && s->n == 2 && site_of(s, "gp-2A004"));

    struct qz_input wide = { .file = scratch_text(
                                 "wide.csv", "CODGEO,NB_D201,NB_D265,NB_D202,NB_D203,NB_D301\n"
                                             "01001,2,1,1,1,1\n01002,0,0,,0,2\n2A004,x,0,4,0,0\n"
                                             "30189,5,,0,,0\n") };
    CHECK(read_sites(&wide, "gp", NULL, &s) == 0 && s->n == 2 && heads(s) == 8);
    CHECK(count_issues("bad_number", "'x'") == 1 && report.rows == 3 && report.rejected == 1);
    CHECK(site_of(s, "gp-01001") && site_of(s, "gp-01001")->heads == 3);
    CHECK(read_sites(&wide, "specialist", NULL, &s) == 0 && heads(s) == 6);
    CHECK(read_sites(&wide, "pharmacist", NULL, &s) == 0 && heads(s) == 3);
    CHECK(strcmp(s->items[0].structure, "officine") == 0);
    CHECK(read_sites(&wide, "gp", "D201,D202", &s) == 0);
    CHECK(read_sites(&wide, "gp", "D210", &s) == QZ_E_FORMAT &&
          says("NB_", "'D210'", "CODGEO, NB_D201, NB_D265"));
    CHECK(read_sites(&wide, "nurse", NULL, &s) == QZ_E_FORMAT &&
          says("'D232', 'D281'", "heads =", ""));
    wide.file = scratch_text("nil.csv", "CODGEO,NB_D201\n01001,0\n01002,\n");
    CHECK(read_sites(&wide, "gp", NULL, &s) == QZ_E_DATA && says("nil.csv", "'gp'", "NB_D201"));
    wide.file = scratch_path("wide.csv");
    wide.columns[QZ_ROLE_HEADS] = "NB_D301"; /* named: every row, also those of nobody */
    CHECK(read_sites(&wide, "gp", NULL, &s) == 0 && s->n == 4 && heads(s) == 3);
    qz_sites_freep(&s);
}

/* ---- addresses geocoded by the BAN. 3 E 46.5 N is the origin of Lambert-93 (700 km, 6 600 km) */
static void check_ban(void) {
    struct qz_input input = {
        .file = scratch_text("ban.csv", "nom,adresse,ville,codgeo,longitude,latitude,result_score,"
                                        "result_type\n"
                                        "A,1 rue X,Nord,01001,3.001,46.501,0.93,housenumber\n"
                                        "B,9 rue Y,Sud,01002,3.001,46.501,0.31,street\n"
                                        "C,Mairie,Sud,01002,3.001,46.501,0.9,municipality\n"
                                        "D,2 rue Z,Sud,01451,3.001,46.501,0.5,street\n"
                                        "E,lieu-dit,Est,2A004,,,,\n"
                                        "F,perdu,,01451,3.001,46.501,,street\n"),
        .score_min = 0.5,
    };
    input.columns[QZ_ROLE_SITE] = "nom";
    struct qz_sites *s = NULL;
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && s->n == 6);
    static const struct {
        const char *id;
        bool at_commune_point;
        uint32_t commune;
    } want[] = { { "A", false, C01001 }, { "B", true, C01002 }, { "C", true, C01002 },
                 { "D", false, C01451 }, { "E", true, C2A004 }, { "F", true, C01451 } };
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct qz_site *site = site_of(s, want[i].id);
        CHECK_NEAR(site ? site->at_commune_point : -1, want[i].at_commune_point, 0, want[i].id);
        CHECK(site && site->commune == want[i].commune);
    }
    CHECK(count_issues("low_score", "") == 2 &&
          count_issues("low_score", "9 rue Y, Sud' was placed "
                                    "with a score of 0.31") == 1);
    CHECK(issues.n == 3 && issues.items[0].row == 2);
    CHECK(count_issues("at_commune_point",
                       "of 6 rows, 2 have a score under 0.5, 1 were found to their town only, 1 "
                       "have no coordinates") == 1);
    struct qz_input both = {
        /* a register that was geocoded since */
        .file = scratch_text(
            "rpps_ban.txt",
            "Identification nationale PP|Code profession|Code savoir-faire|Identifiant "
            "technique de la structure|Code commune (coord. structure)||latitude|"
            "longitude|result_score|result_type\n"
            "8ann|10|SM54|R1|01002||46.501|3.001|0.8|housenumber\n"
            "8bob|10|SM54|R2|01002||46.501|3.001|0.2|housenumber\n"
            "8cat|60||R3|01002||46.501|3.001|0.8|housenumber\n"),
        .score_min = 0.5,
    };
    struct qz_sites *r = NULL;
    CHECK(read_sites(&both, "gp", NULL, &r) == 0 && r->n == 2 &&
          count_issues("low_score", "") == 1);
    CHECK(site_of(r, "R1") && !site_of(r, "R1")->at_commune_point);
    CHECK(site_of(r, "R2") && site_of(r, "R2")->at_commune_point);
    qz_sites_freep(&r);
    input.score_min = 0; /* any score */
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && count_issues("low_score", "") == 0);
    CHECK(site_of(s, "B") && !site_of(s, "B")->at_commune_point);
    input.score_min = 1;
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && count_issues("low_score", "") == 5);
    qz_sites_freep(&s);
}

/* ---- codes that lost their zero */
static void check_zero(void) {
    static const struct {
        const char *text;
        size_t width;
        const char *whole;
    } cases[] = {
        { "1004", 5, "01004" }, { "01004", 5, NULL }, { "104", 5, NULL }, { "2A04", 5, NULL },
        { "", 5, NULL },        { "1", 2, "01" },     { "10", 2, NULL },  { "A", 2, NULL },
        { "-104", 5, NULL },    { "1.04", 5, NULL },  { "", 1, NULL },
    };
    char whole[16];
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool lost = qz_code_lost_zero(cases[i].text, cases[i].width, whole);
        CHECK_NEAR(lost, cases[i].whole != NULL, 0, cases[i].text);
        CHECK(!lost || strcmp(whole, cases[i].whole) == 0);
    }
    struct qz_input input = { .file = scratch_text("ps.csv",
                                                   "codgeo,effectif\n1001,3\n30189,2\n1451,1\n"
                                                   "1999,1\n") };
    struct qz_sites *s = NULL;
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && heads(s) == 2);
    CHECK(count_issues("lost_zero", "3 codes have lost") == 1 &&
          count_issues("lost_zero", "'1001'"));
    CHECK(count_issues("lost_zero", "repair_codes = yes") == 1);
    input.repair_codes = true;
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && heads(s) == 6);
    CHECK(count_issues("lost_zero", "3 codes") == 1 &&
          count_issues("lost_zero", "as if they had it"));
    CHECK(count_issues("no_commune", "1999'") == 1); /* whole, and still of nobody */
    input.file = scratch_text("all.csv", "codgeo,effectif\n1001,3\n1002,2\n");
    CHECK(read_sites(&input, "gp", NULL, &s) == 0 && heads(s) == 5);
    input.repair_codes = false;
    CHECK(read_sites(&input, "gp", NULL, &s) == QZ_E_DATA &&
          says("2 codes have lost their leading zero", "row 1: '1001'", "repair_codes = yes"));
    qz_sites_freep(&s);
}

/* The other tables of communes find theirs in the same way. */
static void check_zero_elsewhere(void) {
    for (int repair = 0; repair < 2; repair++) {
        struct qz_input input = { .file = scratch_text("p.csv", "codgeo,pmun\n1001,10\n30189,7\n"),
                                  .repair_codes = repair };
        struct qz_people *people = NULL;
        fresh_issues();
        CHECK(qz_people_read(ctx, communes, &input, &issues, &report, &people) == 0);
        CHECK(people && people->known[C01001] == repair && people->count[C30189] == 7);
        CHECK(count_issues("lost_zero", "'1001'") == 1);
        qz_people_freep(&people);

        struct qz_points *points = NULL;
        input.file = scratch_text("pt.csv", "codgeo,lon,lat\n1001,3,46.5\n30189,3,46.5\n");
        fresh_issues();
        CHECK(qz_points_read(ctx, communes, &input, lambert93, &issues, &report, &points) == 0);
        CHECK(points && (*points->basis[C01001] != 0) == repair && *points->basis[C30189]);
        CHECK(count_issues("lost_zero", "'1001'") == 1);
        qz_points_freep(&points);

        struct qz_levels *levels = NULL;
        input.file = scratch_text("t.csv",
                                  "codgeo,dep,canton\n01001,1,C\n01002,01,C\n30189,30,C\n");
        fresh_issues();
        CHECK(qz_levels_read(ctx, communes, &input, &issues, &report, &levels) == 0);
        CHECK(levels && count_issues("lost_zero", "") == 1);
        const struct qz_level *dep = NULL;
        for (size_t i = 0; levels && i < levels->n; i++)
            if (strcmp(levels->items[i].name, "departement") == 0)
                dep = &levels->items[i];
        CHECK(dep && strcmp(dep->code[0], "01") == 0);
        CHECK(dep && (dep->of_commune[C01001] == dep->of_commune[C01002]) == repair);
        qz_levels_freep(&levels);

        struct qz_cells *cells = NULL; /* the code counts before the place, which is commune 3's */
        input.file = scratch_text("c.csv", "idcar_200m,ind,lcog_geo\n"
                                           "CRS2154RES200mN6600200E703200,5,1001\n"
                                           "CRS2154RES200mN6600200E703400,5,2A004\n");
        fresh_issues();
        CHECK(qz_cells_read(ctx, communes, locator, &input, lambert93, false, &issues, &report,
                            &cells) == 0);
        CHECK(cells && cells->n == 2 && cells->commune[0] == (repair ? C01001 : C2A004));
        CHECK(count_issues("lost_zero", "1 codes") == 1);
        qz_cells_freep(&cells);
    }
}

/* ---- the tables of geodata/ */
static void check_registry(void) {
    static const char *const layouts[] = { "rpps", "finess", "bpe" };
    struct qz_registry_row rows[128], label;
    size_t n = 0;
    const char *at = qz_geodata("profession-codes.csv");
    while (n < COUNT(rows) && qz_registry_next(&at, &rows[n]))
        n++;
    CHECK(n > 40 && n < COUNT(rows) && strcmp(rows[0].field[2], "10/SM26") == 0);
    for (size_t i = 0; i < n; i++) {
        bool known = false, labelled = false;
        for (size_t k = 0; k < COUNT(layouts); k++)
            known = known || strcmp(rows[i].field[1], layouts[k]) == 0;
        const char *p = qz_geodata("professions.csv");
        while (qz_registry_next(&p, &label))
            labelled = labelled || strcmp(label.field[0], rows[i].field[0]) == 0;
        CHECK_NEAR(known && labelled && *rows[i].field[2] && *rows[i].field[4], 1, 0,
                   rows[i].field[2]);
        for (size_t k = 0; k < i; k++) /* a code is of one key */
            CHECK(strcmp(rows[i].field[1], rows[k].field[1]) ||
                  strcmp(rows[i].field[2], rows[k].field[2]));
    }
    at = qz_geodata("row-systems.csv");
    n = 0;
    for (struct qz_crs *crs = NULL; qz_registry_next(&at, &label); n++, qz_crs_freep(&crs)) {
        char text[24];
        snprintf(text, sizeof text, "EPSG:%.10s", label.field[1]);
        CHECK_NEAR(qz_crs_open(ctx, text, &crs), 0, 0, label.field[0]);
    }
    CHECK(n > 20);
}

/* ---- which column plays which part */
static void check_roles(void) {
    const char *const files[] = {
        rpps_file("roles.txt"),
        scratch_text("roles1.csv", finess),
        scratch_text("roles2.csv", "numero_finess_etablissement;code_commune;departement;categetab;"
                                   "longitude;latitude;code_insee\n"),
        scratch_text("roles3.csv", "DEP;DEPCOM;DCIRIS;LAMBERT_X;LAMBERT_Y;TYPEQU;LONGITUDE\n"),
    };
    static const struct {
        size_t file;
        const char *layout;
        enum qz_role role;
        const char *column; /* NULL: none */
    } want[] = {
        { 0, "rpps", QZ_ROLE_PERSON, "Identification nationale PP" },
        { 0, "rpps", QZ_ROLE_PROFESSION, "Code profession" },
        { 0, "rpps", QZ_ROLE_SKILL, "Code savoir-faire" },
        { 0, "rpps", QZ_ROLE_MODE, "Code mode exercice" },
        { 0, "rpps", QZ_ROLE_STRUCTURE, "Code secteur d'activité" },
        { 0, "rpps", QZ_ROLE_NAME, "Raison sociale site" },
        { 0, "rpps", QZ_ROLE_SITE, "Identifiant technique de la structure" },
        { 0, "rpps", QZ_ROLE_FINESS, "Numéro FINESS site" },
        { 0, "rpps", QZ_ROLE_CODE, "Code commune (coord. structure)" },
        { 0, "rpps", QZ_ROLE_LON, NULL },
        { 1, "finess", QZ_ROLE_CODE, "commune" },
        { 1, "finess", QZ_ROLE_DEPARTEMENT, "departement" },
        { 1, "finess", QZ_ROLE_ROW_CRS, "sourcecoordet" },
        { 1, "finess", QZ_ROLE_X, "coordxet" },
        { 1, "finess", QZ_ROLE_NAME, "rslongue" },
        { 2, "finess", QZ_ROLE_CODE, "code_insee" },
        { 2, "finess", QZ_ROLE_LAT, "latitude" },
        { 2, "finess", QZ_ROLE_SITE, "numero_finess_etablissement" },
        { 3, "bpe", QZ_ROLE_CODE, "DEPCOM" },
        { 3, "bpe", QZ_ROLE_Y, "LAMBERT_Y" },
        { 3, "bpe", QZ_ROLE_PROFESSION, "TYPEQU" },
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct qz_input input = { .file = files[want[i].file] };
        const struct qz_reader_need need = { want[i].role, false };
        struct qz_reader r;
        CHECK(qz_reader_open(ctx, &input, &need, 1, &r) == 0);
        int column = r.columns[want[i].role];
        const char *name = column < 0 ? "" : qz_table_column_name(r.table, (size_t)column);
        CHECK_NEAR(strcmp(name, want[i].column ? want[i].column : ""), 0, 0, name);
        CHECK(strcmp(r.layout->key, want[i].layout) == 0);
        qz_reader_done(&r);
    }
}

/* ---- files of bars, as such */
static void check_lines(void) {
    struct qz_table *t = NULL;
    const char *path = scratch_text("b.txt", "\xef\xbb\xbf"
                                             "code|nom|etp|\r\n01001|\"L'an|0,5|\r\n\r\n"
                                             "01002|d\xe9sert\n01003||2|surplus|");
    CHECK(qz_table_open(ctx, path, NULL, &t) == 0);
    CHECK(t && qz_table_n_columns(t) == 3 && strcmp(qz_table_layer(t), "b") == 0);
    double etp = 0;
    CHECK(qz_table_next(ctx, t) == 1 && strcmp(qz_table_text(t, 1), "\"L'an") == 0);
    CHECK(qz_table_number(t, 2, &etp) == 1 && etp == 0.5 && qz_table_row(t) == 1);
    CHECK(qz_table_next(ctx, t) == 1 && strcmp(qz_table_text(t, 1), "désert") == 0);
    CHECK(!qz_table_text(t, 2) && qz_table_number(t, 2, &etp) == 0);
    CHECK(qz_table_next(ctx, t) == 1 && !qz_table_text(t, 1) && qz_table_number(t, 2, &etp) == 1);
    CHECK(etp == 2 && qz_table_next(ctx, t) == 0);
    qz_table_freep(&t);
    CHECK(qz_table_open(ctx, path, "autre", &t) == QZ_E_FORMAT && says("b.txt", "'autre'", ": b"));
    /* bars inside a file of commas are no sign */
    CHECK(qz_table_open(ctx, scratch_text("c.csv", "a|b,c|d,e,f\n1,2,3,4\n"), NULL, &t) == 0);
    CHECK(t && qz_table_n_columns(t) == 4);
    qz_table_freep(&t);
    CHECK(qz_table_open(ctx, scratch_text("d.csv", "finess;etalab;98;2026\n"), NULL, &t) == 0);
    CHECK(t && qz_table_column(t, "categetab") == 17 && qz_table_next(ctx, t) == 0);
    qz_table_freep(&t);
}

/* ---- damaged deliveries: an answer or an error, never more */
static void check_damage(void) {
    static const char letters[] = ";|,\"\n\r\xe9\xff 0a9:G";
    const char *const keys[] = { "maison", "gp" };
    size_t n_read = 0;
    unsigned seed = 3;
    for (int i = 0; i < 300; i++) {
        char *bytes = NULL;
        size_t n = sizeof finess - 1;
        bytes = i % 2 ? scratch_read(rpps_file("whole.txt"), &n) : qz_strdup(finess);
        for (int k = 0; bytes && k < i / 10; k++) {
            seed = seed * 1103515245u + 12345u;
            bytes[(seed >> 8) % n] = letters[(seed >> 4) % (sizeof letters - 1)];
        }
        struct qz_input input = { .file = scratch_bytes("hurt.txt", bytes, n - (size_t)i % 40) };
        struct qz_sites *s = NULL;
        int r = read_sites(&input, keys[i % 2], NULL, &s);
        CHECK(r == 0 || r == QZ_E_DATA || r == QZ_E_FORMAT || r == QZ_E_CRS || r == QZ_E_PLAN);
        CHECK(r == 0 || *qz_ctx_error(ctx));
        n_read += r == 0;
        qz_sites_freep(&s);
        free(bytes);
    }
    CHECK(n_read > 100);
}

/* ---- every allocation fails in turn */
static void check_memory(void) {
    const char *const files[] = { rpps_file("m.txt"), scratch_text("m.csv", finess) };
    const char *const keys[] = { "gp", "maison" };
    size_t refused = 0;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct qz_input input = { .file = files[i] };
        for (size_t n = 0;; n += 1 + n / 64) {
            struct qz_sites *s = NULL;
            CHECK(qz_sites_new(ctx, &s) == 0);
            fresh_issues();
            qz_memory_fail_after(n);
            int r = read_with(s, &input, keys[i], NULL);
            qz_memory_fail_after(SIZE_MAX);
            qz_sites_freep(&s);
            CHECK(r == 0 || r == QZ_E_NOMEM);
            refused += r < 0;
            if (r == 0 || n > 100000)
                break;
        }
    }
    CHECK(refused > 50);
}

/* ---- real files, where the machine has them */
enum { MOST_CODES = 40000 };
static char codes[MOST_CODES][8];
static const char *code_list[MOST_CODES];

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

/* Communes made of the codes that a file has. */
static bool communes_of(const char *path, const char *column) {
    struct qz_table *t = NULL;
    size_t n = 0, unique = 0;
    if (qz_table_open(ctx, path, NULL, &t) < 0)
        return false;
    while (n < MOST_CODES && qz_table_next(ctx, t) > 0) {
        const char *code = qz_table_text(t, qz_table_column(t, column));
        snprintf(codes[n++], sizeof codes[0], "%s", code ? code : "");
    }
    qz_table_freep(&t);
    qsort(codes, n, sizeof codes[0], by_text);
    for (size_t i = 0; i < n; i++)
        if (*codes[i] && (i == 0 || strcmp(codes[i], codes[i - 1]) != 0))
            code_list[unique++] = codes[i];
    open_communes(code_list, unique);
    return true;
}

static void check_occitanie(void) {
    static const struct {
        const char *key;
        double establishments; /* counted with awk on the category column */
    } cases[] = { { "maison", 372 },     { "centre", 280 }, { "pharmacist", 1888 },
                  { "laboratory", 460 }, { "ssiad", 252 },  { "nursing_home", 817 },
                  { "cpts", 82 } };
    struct qz_input input = { .file = SHARED_DATA "/finess/finess_etablissements_occitanie.csv" };
    struct qz_sites *s = NULL;
    if (!scratch_exists(input.file) || !communes_of(input.file, "code_insee")) {
        printf("no FINESS extract here: real establishments are not tried\n");
        return;
    }
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK(read_sites(&input, cases[i].key, NULL, &s) == 0 && report.rejected == 0);
        CHECK_NEAR(heads(s), cases[i].establishments, 0, cases[i].key);
        size_t placed = 0;
        for (size_t k = 0; k < s->n; k++)
            placed += !s->items[k].at_commune_point;
        CHECK(placed + 3 >= s->n); /* three of all 10 007 have no coordinates */
    }
    /* the file's degrees, which are read, and its metres are the same places */
    CHECK(read_sites(&input, "maison", NULL, &s) == 0 && s->n == 372);
    double farthest = 0;
    struct qz_table *t = NULL;
    CHECK(qz_table_open(ctx, input.file, NULL, &t) == 0);
    while (t && qz_table_next(ctx, t) > 0) {
        const char *id = qz_table_text(t, 0);
        const struct qz_site *site = id ? site_of(s, id) : NULL;
        struct qz_xy at;
        if (site && qz_table_number(t, qz_table_column(t, "coordxet"), &at.x_m) > 0 &&
            qz_table_number(t, qz_table_column(t, "coordyet"), &at.y_m) > 0)
            farthest = fmax(farthest, qz_distance_m(at, site->point));
    }
    CHECK(farthest > 0 && farthest < 2);
    qz_table_freep(&t);
    qz_sites_freep(&s);
}

static void check_tables_by_commune(void) {
    static const struct {
        const char *file, *key;
        double heads;
        size_t sites;
    } cases[] = { { SHARED_DATA "/france/gp_by_commune_2018.csv", "gp", 58034,
                    9528 }, /* 58062 has two rows */
                  { SHARED_DATA "/france/maternity_by_commune_2018.csv", "maternity", 0, 421 } };
    struct qz_sites *s = NULL;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_input input = { .file = cases[i].file };
        if (!scratch_exists(input.file) || !communes_of(input.file, "CODGEO")) {
            printf("no tables of the BPE here: they are not tried\n");
            return;
        }
        CHECK(read_sites(&input, cases[i].key, NULL, &s) == 0 && report.rejected == 0);
        CHECK_NEAR((double)s->n, (double)cases[i].sites, 0, cases[i].key);
        if (cases[i].heads > 0)
            CHECK_NEAR(heads(s), cases[i].heads, 0, cases[i].key);
    }
    qz_sites_freep(&s);
}

/* Hospitals have no commune: the polygons of Corsica take theirs. */
static void check_hospitals(void) {
    struct qz_input input = { .file = SHARED_DATA "/finess/hospitals_fr.csv" };
    struct qz_input isle = { .file = SHARED_DATA "/corsica/communes.gpkg" };
    if (!scratch_exists(input.file) || !scratch_exists(isle.file)) {
        printf("no hospitals here: they are not tried\n");
        return;
    }
    struct qz_crs *work = NULL;
    struct qz_sites *s = NULL;
    struct qz_table *t = NULL;
    close_communes();
    fresh_issues();
    CHECK(qz_communes_read(ctx, &isle, NULL, &issues, &report, &work, &communes) == 0);
    CHECK(qz_locator_new(ctx, communes->shapes, &locator) == 0);
    town_halls = qz_calloc(communes->n, sizeof *town_halls);
    CHECK(read_sites(&input, "hospital", NULL, &s) == 0);
    size_t corsican = 0; /* by postcode, the slow and obvious way: 20 is all of it */
    CHECK(qz_table_open(ctx, input.file, NULL, &t) == 0);
    while (t && qz_table_next(ctx, t) > 0) {
        const char *postcode = qz_table_text(t, qz_table_column(t, "postcode"));
        corsican += postcode && strncmp(postcode, "20", 2) == 0;
    }
    qz_table_freep(&t);
    CHECK(corsican > 10 && heads(s) > 0.8 * (double)corsican && heads(s) <= (double)corsican);
    CHECK(report.rows == 5368 && report.rejected == 5368 - (size_t)heads(s));
    qz_sites_freep(&s);
    qz_crs_freep(&work);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(scratch_make());
    open_communes(usual_codes, COUNT(usual_codes));
    check_registry();
    check_lines();
    check_roles();
    check_rpps();
    check_overrides();
    check_shares_out();
    check_row_systems();
    check_finess();
    check_bpe();
    check_ban();
    check_zero();
    check_zero_elsewhere();
    check_damage();
    check_memory();
    check_occitanie();
    check_tables_by_commune();
    check_hospitals();
    close_communes();
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
