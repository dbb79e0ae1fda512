/* tests/unit/test_practitioners.c - people over their places of work: worked by hand, then random
 * tables against what must hold of any. */
#include <math.h>
#include <string.h>
#include "base/geodata.h"
#include "check.h"
#include "demo/dice.h"
#include "scratch.h"
#include "source/site_rules.h"
#include "source/site_words.h"
#include "source/source.h"

/* ---- three communes in a row, a kilometre each: 01001 01002 01003 */
enum { N_COMMUNES = 3 };
static const char *codes[] = { "01001", "01002", "01003" };
static const struct qz_xy town_halls[] = { { 700100, 6600100 },
                                           { 701100, 6600100 },
                                           { 702100, 6600100 } };
static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_issues issues;
static struct qz_shapes shapes;
static struct qz_communes communes = { .n = N_COMMUNES, .code = codes, .shapes = &shapes };
static struct qz_locator *locator;
static struct qz_input_report report;

static void draw_communes(void) {
    for (int i = 0; i < N_COMMUNES; i++) {
        double x = 700000 + 1000 * i, y = 6600000;
        const struct qz_xy corners[] = {
            { x, y }, { x, y + 1000 }, { x + 1000, y + 1000 }, { x + 1000, y }, { x, y }
        };
        for (size_t k = 0; k < COUNT(corners); k++)
            CHECK(qz_shapes_add_point(ctx, &shapes, corners[k]) == 0);
        CHECK(qz_shapes_end_ring(ctx, &shapes) == 0 && qz_shapes_end_poly(ctx, &shapes) == 0 &&
              qz_shapes_end_shape(ctx, &shapes) == 0);
    }
    CHECK(qz_locator_new(ctx, &shapes, &locator) == 0);
}

/* Reads a text as one profession; `in` says what else is asked. */
static int read_more(const char *text, struct qz_sites_input in, struct qz_sites *sites) {
    struct qz_input input = { .file = scratch_text("ps.csv", text), .crs = "EPSG:2154" };
    in.input = &input;
    in.key = in.key ? in.key : "gp";
    in.communes = &communes;
    in.commune_points = town_halls;
    in.locator = locator;
    in.crs = lambert93;
    return qz_sites_read(ctx, sites, &in, &issues, &report);
}

static struct qz_sites *read_as(const char *text, struct qz_sites_input in, int want) {
    struct qz_sites *sites = NULL;
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0 && qz_sites_new(ctx, &sites) == 0);
    CHECK_NEAR(read_more(text, in, sites), want, 0, text);
    return sites;
}

static struct qz_sites *read_text(const char *text) {
    return read_as(text, (struct qz_sites_input) { 0 }, 0);
}

static const struct qz_site *site_of(const struct qz_sites *s, const char *id) {
    static const struct qz_site none = { .heads = -1, .fte = -1, .structure = "?", .parent = "?" };
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i].id, id) == 0)
            return &s->items[i];
    fprintf(stderr, "no site '%s'\n", id);
    CHECK(false);
    return &none;
}

static size_t count(const char *code, enum qz_severity severity) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += issues.items[i].severity == severity && strcmp(issues.items[i].code, code) == 0;
    return n;
}

/* Whether an issue of this code and row (0: of any) has these words. */
static bool told(const char *code, size_t row, const char *a, const char *b) {
    for (size_t i = 0; i < issues.n; i++) {
        const struct qz_issue *k = &issues.items[i];
        if (strcmp(k->code, code) == 0 && (row == 0 || k->row == row) && strstr(k->message, a) &&
            strstr(k->message, b) && strcmp(k->source, "ps.csv") == 0)
            return true;
    }
    fprintf(stderr, "nothing tells %s, row %zu: %s %s\n", code, row, a, b);
    for (size_t i = 0; i < issues.n; i++)
        fprintf(stderr, "  %s %zu %s\n", issues.items[i].code, issues.items[i].row,
                issues.items[i].message);
    return false;
}

static bool fails_with(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

/* ---- words */
static void check_fold(void) {
    static const char *const cases[][2] = {
        { "Maison de santé pluriprofessionnelle", "maison de sante pluriprofessionnelle" },
        { "MAISONS DE SANTÉ", "maison de sante" },
        { "  Hôpital-de  l'Œuvre ", "hopital de l oeuvre" },
        { "E\xCC\x81tablissement", "etablissement" }, /* the accent on its own */
        { "Hôpitaux", "hopitau" },
        { "SOS", "sos" }, /* too short to be a plural */
        { "C.H.U.", "c h u" },
        { "\xC3", "" }, /* cut in the middle */
        { "€ 12", "12" },
        { "", "" },
    };
    char folded[QZ_FOLDED];
    for (size_t i = 0; i < COUNT(cases); i++) {
        qz_fold(cases[i][0], folded);
        CHECK_NEAR(strcmp(folded, cases[i][1]), 0, 0, folded);
    }
    char lengthy[400];
    memset(lengthy, 'a', sizeof lengthy);
    lengthy[399] = 0;
    qz_fold(lengthy, folded);
    CHECK(strlen(folded) == QZ_FOLDED - 1);
}

static void check_structures(void) {
    static const char *const cases[][2] = {
        { "cabinet", "cabinet" },
        { "Cabinets de groupe", "cabinet" },
        { "Maison de santé pluriprofessionnelle", "maison" },
        { "MAISON DE SANTE (L.6223-3)", "maison" },
        { "603", "maison" },
        { "Maison de Santé pour Maladies Mentales", "hopital" },
        { "Pôle de santé", "pole" },
        { "pôles", "pole" },
        { "Centre de Santé", "centre" },
        { "centre municipal de santé", "centre" },
        { "Centre Hospitalier (C.H.)", "hopital" },
        { "Centre Hospitalier Régional (C.H.R.)", "hopital" },
        { "CHU", "hopital" },
        { "Hôpitaux", "hopital" },
        { "Pharmacie d'Officine", "officine" },
        { "Laboratoire de Biologie Médicale", "laboratoire" },
        { "SA07", "cabinet" },
        { "SA05", "centre" },
        { "Centre commercial", NULL }, /* "centre" is a whole text, not a beginning */
        { "maisonnette", NULL },
        { "6031", NULL },
        { "EHPAD", NULL },
        { "", NULL },
    };
    static const char *const known[] = { "cabinet", "maison",      "pole",    "centre",
                                         "hopital", "laboratoire", "officine" };
    struct qz_structures *s = NULL;
    CHECK(qz_structures_new(ctx, &s) == 0);
    for (size_t i = 0; s && i < COUNT(cases); i++) {
        const char *got = qz_structures_word(s, cases[i][0]), *want = cases[i][1];
        CHECK_NEAR(got == NULL, want == NULL, 0, cases[i][0]);
        if (got && want)
            CHECK_NEAR(strcmp(got, want), 0, 0, cases[i][0]);
    }
    for (size_t i = 0; s && i < COUNT(known); i++) /* what it gives, it knows */
        CHECK_NEAR(strcmp(qz_structures_word(s, known[i]), known[i]), 0, 0, known[i]);
    qz_structures_free(s);
}

static void check_dates(void) {
    static const char *const cases[][2] = {
        { "2027-09-01", "2027-09-01" },
        { "2027/09/01 00:00:00", "2027-09-01" },
        { "2027-09-01T08:00", "2027-09-01" },
        { "20270901", "2027-09-01" },
        { "01/09/2027", "2027-09-01" },
        { "9/2027", "2027-09" },
        { "2027-9", "2027-09" },
        { "2027", "2027" },
        { "29/02/2028", "2028-02-29" },
        { "29/02/2027", NULL },
        { "2027-13", NULL },
        { "2027-00-01", NULL },
        { "31/04/2027", NULL },
        { "27", NULL },
        { "soon", NULL },
        { "2027-", NULL },
        { "2027-09-01-02", NULL },
        { "1492", NULL },
        { "", NULL },
        { "123456789012", NULL },
    };
    char date[QZ_DATE];
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool ok = qz_word_date(cases[i][0], date);
        CHECK_NEAR(ok, cases[i][1] != NULL, 0, cases[i][0]);
        if (ok && cases[i][1])
            CHECK_NEAR(strcmp(date, cases[i][1]), 0, 0, cases[i][0]);
    }
    CHECK(qz_date_after("2027-09", "2027-08-31") && !qz_date_after("2027-09", "2027-09-30"));
    CHECK(!qz_date_after("2027-09", "2027") && qz_date_after("2028", "2027-12-31"));
    CHECK(!qz_date_after("", "2027") && !qz_date_after(NULL, "2027"));
}

/* ---- shares. Heads and FTE at s1, s2, s3 of one person, p; the others of the text do not matter
 */
static const struct {
    const char *name, *rows; /* person, site, share, fte, mode */
    double heads[3], fte[3]; /* -1: no such site */
    size_t bad_shares;
} shared[] = {
    { "one place", "p,s1,,1,\n", { 1, -1, -1 }, { 1, -1, -1 }, 0 },
    { "two places", "p,s1,,0.8,\np,s2,,0.8,\n", { 0.5, 0.5, -1 }, { 0.4, 0.4, -1 }, 0 },
    { "three, by share",
      "p,s1,0.5,0.6,\np,s2,0.3,0.6,\np,s3,0.2,0.6,\n",
      { 0.5, 0.3, 0.2 },
      { 0.3, 0.18, 0.12 },
      0 },
    { "one states a share, two split the rest",
      "p,s1,0.5,1,\np,s2,,1,\np,s3,,1,\n",
      { 0.5, 0.25, 0.25 },
      { 0.5, 0.25, 0.25 },
      0 },
    { "0.9 in all: brought to 1",
      "p,s1,0.6,1,\np,s2,0.3,1,\n",
      { 2 / 3., 1 / 3., -1 },
      { 2 / 3., 1 / 3., -1 },
      1 },
    { "1.2 in all: brought to 1",
      "p,s1,0.9,1,\np,s2,0.3,1,\n",
      { 0.75, 0.25, -1 },
      { 0.75, 0.25, -1 },
      1 },
    { "within the tolerance",
      "p,s1,0.3333333,1,\np,s2,0.3333333,1,\np,s3,0.3333333,1,\n",
      { 1 / 3., 1 / 3., 1 / 3. },
      { 1 / 3., 1 / 3., 1 / 3. },
      0 },
    { "nothing is left for the third",
      "p,s1,0.8,1,\np,s2,0.8,1,\np,s3,,1,\n",
      { 0.5, 0.5, 0 },
      { 0.5, 0.5, 0 },
      1 },
    { "all shares are 0", "p,s1,0,1,\np,s2,0,1,\n", { 0.5, 0.5, -1 }, { 0.5, 0.5, -1 }, 1 },
    { "half a person alone", "p,s1,0.5,1,\n", { 1, -1, -1 }, { 1, -1, -1 }, 1 },
    { "a share of 1.5 is not stated",
      "p,s1,1.5,1,\np,s2,0.25,1,\n",
      { 0.75, 0.25, -1 },
      { 0.75, 0.25, -1 },
      0 },
    { "FTE from the other row",
      "p,s1,0.75,,\np,s2,0.25,0.8,\n",
      { 0.75, 0.25, -1 },
      { 0.6, 0.2, -1 },
      0 },
    { "FTE that differ: each row its share of its own",
      "p,s1,,1,\np,s2,,0.5,\n",
      { 0.5, 0.5, -1 },
      { 0.5, 0.25, -1 },
      0 },
    { "a rule takes one of two: whole in heads, half in FTE",
      "p,s1,,1,\np,s2,,1,remplaçant\n",
      { 1, -1, -1 },
      { 0.5, -1, -1 },
      0 },
    { "the same by share",
      "p,s1,0.6,1,\np,s2,0.2,1,\np,s3,0.2,1,Remplacement\n",
      { 0.75, 0.25, -1 },
      { 0.6, 0.2, -1 },
      0 },
};

static double heads_at(const struct qz_sites *s, const char *id) {
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i].id, id) == 0)
            return s->items[i].heads;
    return -1;
}

static double fte_at(const struct qz_sites *s, const char *id) {
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i].id, id) == 0)
            return s->items[i].fte;
    return -1;
}

static void check_shared(void) {
    static const char *const ids[] = { "s1", "s2", "s3" };
    for (size_t i = 0; i < COUNT(shared); i++) {
        char text[512];
        snprintf(text, sizeof text, "rpps,site_id,part,etp,mode,insee_com\n");
        for (const char *row = shared[i].rows; *row;) {
            size_t n = strcspn(row, "\n"), used = strlen(text);
            snprintf(text + used, sizeof text - used, "%.*s,01001\n", (int)n, row);
            row += n + 1;
        }
        struct qz_sites *s = read_as(
            text, (struct qz_sites_input) { .exclusions = qz_geodata("exclusions.csv") }, 0);
        for (size_t k = 0; k < 3; k++) {
            CHECK_NEAR(heads_at(s, ids[k]), shared[i].heads[k], 1e-12, shared[i].name);
            CHECK_NEAR(fte_at(s, ids[k]), shared[i].fte[k], 1e-12, shared[i].name);
        }
        CHECK_NEAR((double)count("bad_shares", QZ_SEVERITY_WARNING), (double)shared[i].bad_shares,
                   0, shared[i].name);
        qz_sites_free(s);
    }
}

/* A place of work in no commune of the layer keeps its part; heads without names take theirs. */
static void check_shares_told(void) {
    struct qz_sites *s = read_text("rpps,site_id,part,insee_com\n"
                                   "p,s1,0.7,01001\np,s2,0.3,99001\nq,s1,,01001\nq,s3,,99001\n"
                                   "r,s1,0.6,01001\nr,s2,0.2,01002\n");
    CHECK_NEAR(heads_at(s, "s1"), 0.7 + 0.5 + 0.75, 1e-12, "elsewhere");
    CHECK(told("bad_shares", 5, "person 'r' sum to 0.8", "rows 5, 6"));
    CHECK(told("no_commune", 2, "99001", "not counted"));
    CHECK(report.rows == 6 && report.rejected == 2 && s->n_persons == 3);
    s = qz_sites_free(s);
    s = read_text("insee_com,effectif,etp,part\n01001,4,3,\n01002,4,3,0.5\n");
    CHECK(heads_at(s, "gp-01001") == 4 && fte_at(s, "gp-01001") == 3);
    CHECK(heads_at(s, "gp-01002") == 2 && fte_at(s, "gp-01002") == 1.5);
    CHECK(s->posts[0].person == QZ_NOBODY && s->n_persons == 0);
    qz_sites_free(s);
}

/* ---- floor, ceiling, activity */
static void check_bounds(void) {
    static const char text[] = "rpps,site_id,part,etp,insee_com,effectif\n"
                               "low,s1,0.75,0.2,01001,\nlow,s2,0.25,0.2,01002,\n"
                               "high,s3,,1.5,01001,\nnone,s4,,0,01001,\nfair,s5,,0.9,01001,\n"
                               "two,s6,,3,01001,\ntwo,s7,,3,01001,\nblank,s8,,,01001,\n"
                               ",s9,,12,01003,10\n,s10,,1,01003,10\n";
    const struct qz_sites_input in = { .fte_floor = 0.4, .fte_ceiling = 1 };
    struct qz_sites *s = read_as(text, in, 0);
    CHECK_NEAR(fte_at(s, "s1"), 0.3, 1e-12, "raised to the floor, by share");
    CHECK_NEAR(fte_at(s, "s2"), 0.1, 1e-12, "raised to the floor, by share");
    CHECK_NEAR(fte_at(s, "s3"), 1, 1e-12, "held at the ceiling");
    CHECK_NEAR(fte_at(s, "s4"), 0.4, 1e-12, "a floor for who has nothing");
    CHECK_NEAR(fte_at(s, "s5"), 0.9, 0, "untouched");
    CHECK_NEAR(fte_at(s, "s6") + fte_at(s, "s7"), 1, 1e-12, "over all posts");
    CHECK(!site_of(s, "s8")->has_fte && fte_at(s, "s8") == 0); /* a floor makes nothing known */
    CHECK_NEAR(fte_at(s, "s9"), 10, 1e-12, "ten people, ten times the ceiling");
    CHECK_NEAR(fte_at(s, "s10"), 4, 1e-12, "ten people, ten times the floor");
    s = qz_sites_free(s);
    s = read_text(text);
    CHECK(fte_at(s, "s3") == 1.5 && fte_at(s, "s9") == 12);
    qz_sites_free(s);
}

static void check_activity(void) {
    static const char text[] = "rpps,site_id,part,activite,etp,insee_com\n"
                               "a,s1,0.5,5400,,01001\na,s2,0.5,5400,,01001\n"
                               "b,s3,,10800,,01001\nc,s4,,,0.5,01001\nd,s5,,2700,1,01001\n"
                               "e,s6,,-3,,01001\n";
    struct qz_sites *s = read_as(
        text, (struct qz_sites_input) { .activity_per_fte = 5400, .fte_ceiling = 1.5 }, 0);
    CHECK(fte_at(s, "s1") == 0.5 && fte_at(s, "s2") == 0.5 && fte_at(s, "s3") == 1.5);
    CHECK(fte_at(s, "s4") == 0.5 && fte_at(s, "s5") == 0.5); /* activity goes first */
    CHECK(!site_of(s, "s6")->has_fte && told("bad_value", 6, "activity '-3'", "unknown"));
    s = qz_sites_free(s);
    s = read_text(text); /* not asked for */
    CHECK(!site_of(s, "s1")->has_fte && fte_at(s, "s5") == 1 && issues.n == 0);
    s = qz_sites_free(s);
    s = read_as("rpps,insee_com\na,01001\n", (struct qz_sites_input) { .activity_per_fte = 1 },
                QZ_E_FORMAT);
    CHECK(fails_with("activity", "activite"));
    qz_sites_free(s);
}

/* ---- what a site says of itself */
static void check_attributes(void) {
    struct qz_sites *s = read_as(
        "rpps,site_id,structure,parent_site,finess,jours,soir,week_end,projet,date_ouverture,"
        "insee_com\n"
        "a,s1,,,,2,non,,,,01001\n"
        "b,s1,Maison de santé pluriprofessionnelle,,990000001,3.5,oui,non,,,01001\n"
        "c,s2,Cabinet,990000001,,1,,,,2019-01-01,01002\n" /* its parent by FINESS number */
        "d,s2,Cabinet,,,,,,,,01002\n"
        "e,s3,Pôle de santé,,,,,,,2027-09-01,01003\n"
        "f,s4,Caravane,,,,,,oui,,01003\n"
        "g,s5,Yourte,,,,,,non,2024,01003\n",
        (struct qz_sites_input) { .date = "2024-06-30" }, 0);
    const struct qz_site *a = site_of(s, "s1"), *b = site_of(s, "s2");
    CHECK(strcmp(a->structure, "maison") == 0 && strcmp(a->finess, "990000001") == 0);
    CHECK(a->days_per_week == 5.5F && a->evening == 1 && a->weekend == 0);
    CHECK(b->days_per_week < 0 && b->evening == -1 && b->weekend == -1); /* d does not say */
    CHECK(strcmp(b->parent, "990000001") == 0 && !b->planned && *b->opening == 0);
    CHECK(site_of(s, "s3")->planned && strcmp(site_of(s, "s3")->opening, "2027-09-01") == 0);
    CHECK(site_of(s, "s4")->planned && *site_of(s, "s4")->opening == 0);
    CHECK(strcmp(site_of(s, "s4")->structure, "Caravane") == 0 && !site_of(s, "s5")->planned);
    CHECK(issues.n == 1 && told("unknown_structure", 0, "2 rows", "first Caravane"));
    s = qz_sites_free(s);
    s = read_text("rpps,ouverture,insee_com\na,2040-01-01,01001\nb,soon,01001\n");
    CHECK(!s->items[0].planned && told("no_table_date", 0, "1 rows", "vintage ="));
    CHECK(told("bad_value", 2, "opening 'soon'", "2027-09-01"));
    qz_sites_free(s);
}

/* An open person's planned place takes nothing from them, at the same site or another. */
static void check_planned(void) {
    struct qz_sites *s = read_text("rpps,site_id,projet,part,insee_com\n"
                                   "a,s1,,0.5,01001\na,s2,0,0.5,01002\na,s3,1,0.25,01003\n"
                                   "a,s4,1,0.75,01003\nb,s1,,,01001\nb,s1,1,,01001\n");
    CHECK(heads_at(s, "s1") == 1.5 && heads_at(s, "s3") == 0.25 && heads_at(s, "s4") == 0.75);
    CHECK(issues.n == 0 && s->n_persons == 2 && s->n == 5 && s->items[1].planned);
    CHECK(s->n == 5 && s->items[1].heads == 1);
    qz_sites_free(s);
}

static void check_parents(void) {
    struct qz_sites *s = read_as("rpps,site_id,parent_site,profession,insee_com\n"
                                 "a,s1,,MG,01001\nb,s2,s1,MG,01001\nc,s3,s9,MG,01001\n"
                                 "d,s4,s5,MG,01001\ne,s5,s6,MG,01001\nf,s6,s4,MG,01001\n"
                                 "g,s7,s4,MG,01001\nh,s8,s8,MG,01001\ni,s10,k1,MG,01001\n"
                                 "k,k1,,IDE,01001\n",
                                 (struct qz_sites_input) { .only = "mg" }, 0);
    CHECK(told("unknown_parent", 3, "parent 's9' of the site 's3'", "no site of the table"));
    CHECK(count("unknown_parent", QZ_SEVERITY_WARNING) == 1); /* k1 is a nurse's */
    CHECK(count("parent_cycle", QZ_SEVERITY_WARNING) == 2);
    CHECK(told("parent_cycle", 0, "s4 > s5 > s6 > s4", "none of them"));
    CHECK(told("parent_cycle", 0, "s8 > s8", "none of them"));
    CHECK(*site_of(s, "s4")->parent == 0 && *site_of(s, "s8")->parent == 0);
    CHECK(strcmp(site_of(s, "s7")->parent, "s4") == 0 &&
          strcmp(site_of(s, "s2")->parent, "s1") == 0);
    qz_sites_free(s);
}

static void check_two_places(void) {
    struct qz_sites *s = read_text("rpps,site_id,x,y,insee_com,structure\n"
                                   "a,s1,700100,6600100,01001,cabinet\n"
                                   "b,s1,700150,6600100,01001,\n" /* 50 m: a geocoder's whim */
                                   "c,s1,700500,6600100,01001,maison\n" /* 400 m */
                                   "d,s1,701500,6600100,01002,\n");
    CHECK(s->n == 1 && s->items[0].heads == 4 && s->items[0].commune == 0);
    CHECK(count("two_places", QZ_SEVERITY_WARNING) == 2 && told("two_places", 3, "400 m", "row 1"));
    CHECK(told("two_places", 4, "01002 here", "01001 in row 1"));
    CHECK(told("two_values", 3, "'maison' here", "'cabinet'"));
    qz_sites_free(s);
}

/* ---- left out by rules */
static void check_rules(void) {
    static const char text[] = "rpps,site_id,mode,structure,nom,secteur,insee_com\n"
                               "a,s1,Libéral,Cabinet,,Secteur 1,01001\n"
                               "b,s2,Salarié,Centre Hospitalier,,,01001\n"
                               "c,s3,Remplaçante,Cabinet,,1,01001\n"
                               "d,s4,Libéral,Cabinet,SOS Médecins Bourg,1,01001\n"
                               "e,s5,Libéral,SA64,,1,01001\n"
                               "f,s6,Libéral; MEP: acupuncteur,Cabinet,,2,01001\n"
                               "g,s7,Mep,Cabinet,,3,01001\n"
                               "h,s8,Libéral,Cabinet,,secteur 2,01001\n"
                               "i,s9,Libéral,Cabinet,,,01001\n";
    const char *table = qz_geodata("exclusions.csv");
    struct qz_sites *s = read_as(text, (struct qz_sites_input) { .exclusions = table }, 0);
    CHECK(s->n == 4 && report.rows == 9 && report.excluded == 5 && report.rejected == 0);
    CHECK(heads_at(s, "s1") == 1 && heads_at(s, "s6") == 1 && heads_at(s, "s9") == 1);
    CHECK(count("excluded", QZ_SEVERITY_NOTE) == 5 && issues.n == 5);
    CHECK(told("excluded", 0, "'hospital' leaves 1 rows out", "not open"));
    CHECK(told("excluded", 0, "'locum' leaves 1", "") && told("excluded", 0, "'sos' leaves 1", ""));
    CHECK(told("excluded", 0, "'teleconsultation' leaves 1", ""));
    CHECK(told("excluded", 0, "'particular' leaves 1", "alternative"));
    s = qz_sites_free(s);
    s = read_as(text, (struct qz_sites_input) { .exclusions = table, .key = "specialist" }, 0);
    CHECK(report.excluded == 2); /* the rules for all: at a distance, locum */
    s = qz_sites_free(s);
    s = read_as(text, (struct qz_sites_input) { .sectors = "1, Secteur 3" }, 0);
    CHECK(report.excluded == 4 && told("other_sector", 0, "2 of other sectors", "2 without"));
    s = qz_sites_free(s);
    s = read_as(text, (struct qz_sites_input) { .sectors = "9" }, QZ_E_DATA);
    CHECK(fails_with("ps.csv: all 9 rows", "sectors ="));
    s = qz_sites_free(s);
    s = read_as("rpps,insee_com\na,01001\n", (struct qz_sites_input) { .sectors = "1" },
                QZ_E_FORMAT);
    CHECK(fails_with("sector", "secteur"));
    s = qz_sites_free(s);
    s = read_as("rpps,insee_com,secteur\na,01001,1\n", (struct qz_sites_input) { .sectors = " , " },
                QZ_E_RANGE);
    s = qz_sites_free(s);
    s = read_as("rpps,insee_com,structure\na,01001,\n",
                (struct qz_sites_input) { .exclusions = table }, 0);
    CHECK(told("rules_without_column", 0, "locum (mode)", "sos (name)"));
    qz_sites_free(s);
}

static void check_bad_rules(void) {
    static const char *const cases[][3] = {
        { "hospital,gp,struture,is,hopital,why", "line 1", "did you mean 'structure'" },
        { "# c\nrule,professions,column,test,words,reason\nx,gp,mode,like,a,why", "line 3",
          "'like' is no test" },
        { "x,gp,mode,is,a", "line 1", "six fields" },
        { "x,gp,mode,is,!!,why", "line 1", "letter" },
        { ",gp,mode,is,a,why", "line 1", "name" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_sites *s = read_as(
            "rpps,insee_com\na,01001\n",
            (struct qz_sites_input) { .exclusions = cases[i][0], .exclusions_file = "own.csv" },
            QZ_E_FORMAT);
        CHECK(fails_with(cases[i][1], cases[i][2]) && fails_with("own.csv: exclusions", ""));
        qz_sites_free(s);
    }
    struct qz_sites *s =
        read_as(/* Windows ends of line, a reason with commas, another key */
                "rpps,insee_com,mode\na,01001,X\nb,01001,Y\n",
                (struct qz_sites_input) {
                    .exclusions =
                        "rule,professions,column,test,words,reason\r\n\r\n"
                        "one, nurse gp ,mode,is,x,first, second\r\ntwo,nurse,mode,is,y,why\r\n" },
                0);
    CHECK(s->posts && s->n_posts == 1 && told("excluded", 0, "'one'", "first, second"));
    qz_sites_free(s);
}

/* ---- given twice */
static void check_duplicates(void) {
    struct qz_sites *s = read_text("rpps,site_id,etp,insee_com\n"
                                   "a,s1,1,01001\nb,s1,1,01001\na,s1,1,01001\na,s2,1,01001\n"
                                   "a,,1,01001\na,,1,01001\n,s1,1,01001\n,s1,1,01001\n");
    CHECK(report.rows == 8 && report.rejected == 2);
    CHECK(count("duplicate_post", QZ_SEVERITY_REJECT) == 2);
    CHECK(told("duplicate_post", 3, "'a' is at the site 's1' in row 1", "left out"));
    CHECK(told("duplicate_post", 6, "'gp-01001' in row 5", "left out"));
    CHECK_NEAR(heads_at(s, "s1"), 1 / 3. + 1 + 2, 1e-12, "nobody is no person twice");
    CHECK(s->n_persons == 2);
    qz_sites_free(s);
    char text[8192] = "rpps,site_id,insee_com\n"; /* 60 of them: 50 told, all counted */
    for (int i = 0; i < 61; i++)
        strcat(text, "a,s1,01001\n");
    s = read_text(text);
    CHECK(report.rejected == 60 && count("duplicate_post", QZ_SEVERITY_REJECT) == 51);
    CHECK(told("duplicate_post", 0, "60 of this kind", "50 are listed"));
    qz_sites_free(s);
}

static void check_two_professions(void) {
    struct qz_sites *s = read_text("rpps,site_id,insee_com\na,s1,01001\nb,s1,01001\n");
    CHECK(read_more("rpps,site_id,insee_com\nb,s1,01001\nb,s2,01001\nc,s2,01001\n",
                    (struct qz_sites_input) { .key = "nurse", .profession = 1 }, s) == 0);
    CHECK(s->n == 3 && s->n_persons == 3 && s->items[1].profession == 1);
    CHECK(s->items[0].heads == 2 && s->items[1].heads == 0.5 && s->items[2].heads == 1.5);
    CHECK(s->posts[1].person == s->posts[2].person && s->posts[2].person == s->posts[3].person);
    CHECK(s->posts[4].person == 2 && s->posts[0].person == 0);
    CHECK(count("two_professions", QZ_SEVERITY_WARNING) == 1);
    CHECK(told("two_professions", 1, "'b' is in two professions, 'gp' and 'nurse'", "both"));
    qz_sites_free(s);
}

/* ---- bad input: the practitioner stays, the value goes */
static const struct {
    const char *column, *value, *code, *a, *b;
} bad[] = {
    { "etp", "-1", "bad_value", "fte '-1'", "unknown" },
    { "etp", "80", "bad_value", "fte '80'", "1, not 100" },
    { "etp", "plein", "bad_value", "fte 'plein'", "unknown" },
    { "age", "0", "bad_value", "age '0'", "between 18 and 110" },
    { "age", "140", "bad_value", "age '140'", "unknown" },
    { "age", "jeune", "bad_value", "age 'jeune'", "unknown" },
    { "annee_naissance", "1800", "bad_value", "birth '1800'", "18 to 110" },
    { "annee_naissance", "2020", "bad_value", "birth '2020'", "18 to 110" },
    { "part", "-0.1", "bad_value", "share '-0.1'", "between 0 and 1" },
    { "part", "70", "bad_value", "share '70'", "between 0 and 1" },
    { "jours", "9", "bad_value", "days '9'", "0 to 7" },
    { "soir", "parfois", "bad_value", "evening 'parfois'", "yes or no" },
    { "week_end", "?", "bad_value", "weekend '?'", "yes or no" },
    { "projet", "peut-être", "bad_value", "planned 'peut-être'", "yes or no" },
    { "ouverture", "2027-13-01", "bad_value", "opening '2027-13-01'", "a date" },
    { "effectif", "3", "bad_value", "heads '3' of the person 'p'", "counts as one" },
};

static void check_bad(void) {
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[256];
        snprintf(text, sizeof text, "rpps,insee_com,%s\nq,01001,\np,01001,%s\n", bad[i].column,
                 bad[i].value);
        struct qz_sites *s = read_as(text, (struct qz_sites_input) { .date = "2024" }, 0);
        CHECK_NEAR((double)issues.n, 1, 0, bad[i].column);
        CHECK(told(bad[i].code, 2, bad[i].a, bad[i].b));
        CHECK(s->n == 1 && s->items[0].heads == 2 && !s->items[0].has_fte && report.rejected == 0);
        CHECK(s->n_posts == 2 && s->posts[1].age == 0 && !s->items[0].planned);
        qz_sites_free(s);
    }
}

static void check_ages(void) {
    struct qz_sites *s = read_as("rpps,site_id,age,annee_naissance,insee_com\n"
                                 "a,s1,40,1970,01001\nb,s2,,1970,01001\nc,s3,,03/05/1961,01001\n"
                                 "d,s4,50,,01001\nd,s5,,,01001\ne,s6,50,,01001\ne,s7,51,,01001\n",
                                 (struct qz_sites_input) { .date = "2024-12-31" }, 0);
    static const uint8_t ages[] = { 40, 54, 63, 50, 50, 0, 0 };
    for (size_t i = 0; i < COUNT(ages) && i < s->n_posts; i++)
        CHECK_NEAR(s->posts[i].age, ages[i], 0, "age");
    CHECK(issues.n == 1 && told("two_values", 7, "51 years old here", "50 in row 6"));
    s = qz_sites_free(s);
    s = read_text("rpps,annee_naissance,insee_com\na,1970,01001\n");
    CHECK(s->posts[0].age == 0 && told("no_table_date", 0, "year of birth", "vintage ="));
    qz_sites_free(s);
}

static void check_heads(void) {
    struct qz_sites *s = read_text(
        "insee_com,effectif,etp\n01001,3,\n01002,s,\n01003,0,\n01002,2,1\n"
        "01001,-1,\n01001,deux,\n01003,,\n01003,<5,2\n");
    const struct qz_site *b = site_of(s, "gp-01002"), *c = site_of(s, "gp-01003");
    CHECK(heads_at(s, "gp-01001") == 3 && !site_of(s, "gp-01001")->secret);
    CHECK(b->secret && b->heads == 2 && !b->has_fte && b->n_posts == 1);
    CHECK(c->secret && c->heads == 0 && c->fte == 2 && !c->has_fte);
    CHECK(report.rows == 8 && report.rejected == 3);
    CHECK(told("bad_number", 5, "heads '-1'", "left out"));
    CHECK(told("bad_number", 6, "'deux'", "correct it") && told("bad_number", 7, "''", "'s'"));
    CHECK(count("masked", QZ_SEVERITY_NOTE) == 2 && told("masked", 2, "'s'", "in no sum"));
    qz_sites_free(s);
    static const char *const masks[] = { "secret", "nd", "N.D.", "c", "***", "< 5" };
    for (size_t i = 0; i < COUNT(masks); i++)
        CHECK_NEAR(qz_word_masked(masks[i]), 1, 0, masks[i]);
    CHECK(!qz_word_masked("5") && !qz_word_masked("<") && !qz_word_masked("deux"));
}

/* What a rule takes elsewhere is no scope of the territory: it is elsewhere. */
static void check_excluded_elsewhere(void) {
    struct qz_sites *s = read_as(
        "rpps,insee_com,mode\na,01001,R\nb,99001,R\nc,01001,\nc,99001,R\nc,99002,\n",
        (struct qz_sites_input) { .exclusions = "x,*,mode,is,r,y" }, 0);
    CHECK(report.rows == 5 && report.excluded == 1 && report.rejected == 3);
    CHECK(s->n == 1 && s->items[0].heads == 0.5 && told("excluded", 0, "'x' leaves 1", ""));
    qz_sites_free(s);
}

/* What does not count has nothing to correct but its place. */
static void check_quiet(void) {
    struct qz_sites *s = read_as(
        "rpps,insee_com,age,etp,mode\na,01001,0,-1,Remplaçant\n"
        "b,99001,140,99,\nc,01001,,1,\n",
        (struct qz_sites_input) { .exclusions = "x,*,mode,begins,remplac,y" }, 0);
    CHECK(issues.n == 2 && told("no_commune", 2, "99001", "") && told("excluded", 0, "'x'", "y"));
    qz_sites_free(s);
}

/* ---- any table */
enum { MOST_ROWS = 60, MOST_PERSONS = 12 };
struct table {
    char rows[MOST_ROWS][160];
    size_t n;
};

static const char *pick(struct qz_dice *d, const char *const *words, size_t n) {
    return words[qz_dice_below(d, (uint32_t)n)];
}

/* outside: some places are in no commune. */
static void make_table(struct qz_dice *d, bool outside, struct table *t) {
    static const char *const shares[] = { "", "", "", "0.5", "0.25", "0.1", "0", "1", "1.7", "x" };
    static const char *const ftes[] = { "", "1", "0.8", "0", "0.3", "-1", "99" };
    static const char *const ages[] = { "", "40", "61", "140", "0" };
    static const char *const modes[] = { "", "Libéral", "Libéral", "Remplaçant", "MEP" };
    static const char *const places[] = { "01001", "01002", "01003", "", "99999" };
    static const char *const kinds[] = { "", "Cabinet", "CHU", "Maison de santé", "tente" };
    t->n = 20 + qz_dice_below(d, MOST_ROWS - 20);
    for (size_t i = 0; i < t->n; i++) {
        bool named = qz_dice_chance(d, 0.85);
        char person[16] = "", heads[16] = "";
        snprintf(named ? person : heads, 16, named ? "p%u" : "%u",
                 named ? qz_dice_below(d, MOST_PERSONS) : qz_dice_below(d, 9));
        uint32_t place = qz_dice_below(d, outside ? 5 : 4);
        uint32_t x = 700000 + 50 * qz_dice_below(d, 60) + 7; /* in all three */
        char at[32] = ",";
        if (place == 3 || qz_dice_chance(d, 0.5))
            snprintf(at, sizeof at, "%u,6600500", x);
        char site[16] = "";
        if (qz_dice_chance(d, 0.8))
            snprintf(site, sizeof site, "s%u", qz_dice_below(d, 15));
        const char *share = pick(d, shares, COUNT(shares)), *fte = pick(d, ftes, COUNT(ftes));
        const char *age = pick(d, ages, COUNT(ages)), *mode = pick(d, modes, COUNT(modes));
        const char *kind = pick(d, kinds, COUNT(kinds));
        snprintf(t->rows[i], sizeof t->rows[i], "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", person, heads,
                 site, share, fte, age, mode, places[place], at, kind,
                 qz_dice_chance(d, 0.1) ? "1" : "");
    }
}

static struct qz_sites *read_made(const struct table *t, const struct qz_sites_input *in) {
    char text[MOST_ROWS * 160 + 200] =
        "rpps,heads,site_id,part,etp,age,mode,insee_com,x,y,structure,projet\n";
    for (size_t i = 0; i < t->n; i++)
        strcat(text, t->rows[i]);
    return read_as(text, *in, 0);
}

static void shuffle(struct qz_dice *d, struct table *t) {
    for (size_t i = t->n; i > 1; i--) {
        size_t k = qz_dice_below(d, (uint32_t)i);
        char row[sizeof t->rows[0]];
        memcpy(row, t->rows[k], sizeof row);
        memcpy(t->rows[k], t->rows[i - 1], sizeof row);
        memcpy(t->rows[i - 1], row, sizeof row);
    }
}

static bool same_site(const struct qz_site *a, const struct qz_site *b) {
    return strcmp(a->id, b->id) == 0 && strcmp(a->structure, b->structure) == 0 &&
           a->planned == b->planned && a->commune == b->commune && a->point.x_m == b->point.x_m &&
           a->heads == b->heads && a->fte == b->fte && a->has_fte == b->has_fte &&
           a->n_posts == b->n_posts;
}

/* To the bit. */
static bool same_sites(const struct qz_sites *a, const struct qz_sites *b) {
    bool same = a->n == b->n && a->n_posts == b->n_posts && a->n_persons == b->n_persons;
    for (size_t i = 0; same && i < a->n; i++)
        same = same_site(&a->items[i], &b->items[i]);
    for (size_t i = 0; same && i < a->n_posts; i++)
        same = a->posts[i].person == b->posts[i].person && a->posts[i].heads == b->posts[i].heads &&
               a->posts[i].fte == b->posts[i].fte && a->posts[i].age == b->posts[i].age;
    return same;
}

/* A person in the layer with all posts sums to 1 to the bit, else to less; posts are all of those
 * rows that are neither refused nor left out. */
static void check_made(const struct qz_sites *s, bool all_in) {
    double open[MOST_PERSONS] = { 0 }, planned[MOST_PERSONS] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        double heads = 0, fte = 0;
        CHECK(s->items[i].first_post == n);
        for (size_t k = n; k < n + s->items[i].n_posts; k++) {
            const struct qz_post *p = &s->posts[k];
            CHECK(p->site == i && p->heads >= 0 && p->fte >= 0);
            heads += p->heads;
            fte += p->fte;
            if (p->person != QZ_NOBODY)
                (s->items[i].planned ? planned : open)[p->person] += p->heads;
        }
        n += s->items[i].n_posts;
        CHECK(heads == s->items[i].heads && fte == s->items[i].fte);
    }
    CHECK(n == s->n_posts && n == report.rows - report.rejected - report.excluded);
    for (size_t i = 0; i < MOST_PERSONS; i++) {
        CHECK(open[i] <= 1 && planned[i] <= 1 && (i < s->n_persons || open[i] == 0));
        if (all_in)
            CHECK((open[i] == 1 || open[i] == 0) && (planned[i] == 1 || planned[i] == 0));
    }
}

static void check_any_table(void) {
    const struct qz_sites_input ins[] = {
        { .key = "gp" },
        { .exclusions = qz_geodata("exclusions.csv"), .fte_floor = 0.4, .fte_ceiling = 0.9 },
    };
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct qz_dice d = qz_dice_of(seed, 5);
        struct table t;
        make_table(&d, seed % 3 == 0, &t);
        const struct qz_sites_input *in = &ins[seed % 2];
        struct qz_sites *s = read_made(&t, in);
        check_made(s, seed % 3 != 0);
        for (int again = 0; again < 2; again++) {
            shuffle(&d, &t);
            struct qz_sites *other = read_made(&t, in);
            CHECK(same_sites(s, other));
            qz_sites_free(other);
        }
        qz_sites_free(s);
    }
}

/* People of whom all is the same but the name. */
static void check_alike(void) {
    struct table up = { .n = 9 }, down = { .n = 9 };
    const struct qz_sites_input in = { 0 };
    for (unsigned i = 0; i < 9; i++) {
        snprintf(up.rows[i], sizeof up.rows[i], "p%u,,s1,,1,,,01001,,,,\n", i);
        snprintf(down.rows[8 - i], sizeof down.rows[i], "p%u,,s1,,1,,,01001,,,,\n", i);
    }
    struct qz_sites *a = read_made(&up, &in), *b = read_made(&down, &in);
    CHECK(same_sites(a, b) && a->n_posts == 9 && a->posts[8].person == 8);
    qz_sites_free(a);
    qz_sites_free(b);
}

/* Whatever allocation fails, nothing is lost or leaks. */
static void check_memory(void) {
    static const char text[] = "rpps,site_id,parent_site,structure,mode,part,insee_com\n"
                               "a,s1,,Yourte,,0.5,01001\na,s2,s1,Cabinet,,0.5,01002\n"
                               "b,s2,s2,,,,01002\nb,s2,,,,,01002\nc,s3,s9,,Remplaçant,,01003\n";
    const struct qz_sites_input in = { .exclusions = qz_geodata("exclusions.csv"),
                                       .sectors = NULL };
    struct qz_sites *s = read_as(text, in, 0);
    s = qz_sites_free(s);
    int e = QZ_E_NOMEM;
    for (size_t n = 0; e == QZ_E_NOMEM && n < 5000; n++) {
        CHECK(qz_sites_new(ctx, &s) == 0);
        qz_memory_fail_after(n);
        e = read_more(text, in, s);
        qz_memory_fail_after(SIZE_MAX);
        CHECK(e == 0 || e == QZ_E_NOMEM);
        s = qz_sites_free(s);
    }
    CHECK(e == 0);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(scratch_make());
    draw_communes();
    check_fold();
    check_structures();
    check_dates();
    check_shared();
    check_shares_told();
    check_bounds();
    check_activity();
    check_attributes();
    check_planned();
    check_parents();
    check_two_places();
    check_rules();
    check_bad_rules();
    check_duplicates();
    check_two_professions();
    check_bad();
    check_ages();
    check_heads();
    check_excluded_elsewhere();
    check_quiet();
    check_any_table();
    check_alike();
    check_memory();
    qz_locator_freep(&locator);
    qz_shapes_done(&shapes);
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
