/* tests/unit/test_cells.c - population grids: codes, whose a cell is, people rescaled and counted
 * by their own time. Three communes of a kilometre side by side, then random grids against loops.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "io/writer.h"
#include "quinze/access.h"
#include "quinze/travel.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93, *europe;
static struct qz_issues issues;
static struct qz_input_report report;

/* ---- codes */
static const struct {
    const char *text;
    int epsg; /* 0: no code */
    double side_m, e_m, n_m;
} codes[] = {
    { "CRS3035RES200mN2029800E4252400", 3035, 200, 4252400, 2029800 }, /* INSEE, 200 m */
    { "CRS3035RES1000mN2029000E4252000", 3035, 1000, 4252000, 2029000 },
    { "CRS3035RES32000mN2944000E3744000", 3035, 32000, 3744000, 2944000 }, /* natural level */
    { "crs3035res200Mn2029800e4252400", 3035, 200, 4252400, 2029800 },
    { "CRS2975RES200mN7634000E314000", 2975, 200, 314000, 7634000 }, /* La Reunion */
    { "CRS5490RES200mN1592000E690600", 5490, 200, 690600, 1592000 }, /* Antilles */
    { "CRS2972RES1000mN545000E350000", 2972, 1000, 350000, 545000 }, /* Guyane */
    { "CRS4471RES200mN8586000E514800", 4471, 200, 514800, 8586000 }, /* Mayotte */
    { "CRS32620RES200mN1592000E690600", 32620, 200, 690600, 1592000 },
    { "CRS3035RES1kmN2029000E4252000", 3035, 1000, 4252000, 2029000 },
    { "CRS3857RES200mN-200E-400", 3857, 200, -400, -200 },
    { "200mN20298E42524", 3035, 200, 4252400, 2029800 }, /* INSPIRE leaves zeros out */
    { "1kmN2029E4252", 3035, 1000, 4252000, 2029000 },
    { "1000mN2029E4252", 3035, 1000, 4252000, 2029000 },
    { "250mN202975E425250", 3035, 250, 4252500, 2029750 },
    { "200mN2029800E4252400", 3035, 200, 4252400, 2029800 }, /* ... or does not */
    { "1kmN2029000E4252000", 3035, 1000, 4252000, 2029000 },
    { "", 0, 0, 0, 0 },
    { "12", 0, 0, 0, 0 },
    { "CRS", 0, 0, 0, 0 },
    { "CRS3035", 0, 0, 0, 0 },
    { "CRS3035RES200m", 0, 0, 0, 0 },
    { "CRS3035RES200mN2029800", 0, 0, 0, 0 },
    { "CRS3035RES200mN2029800E", 0, 0, 0, 0 },
    { "CRS3035RES200mNE4252400", 0, 0, 0, 0 },
    { "CRS3035RES200mE4252400N2029800", 0, 0, 0, 0 },
    { "CRS3035RES200N2029800E4252400", 0, 0, 0, 0 },
    { "CRS3035RES0mN2029800E4252400", 0, 0, 0, 0 },
    { "CRS3035RES200mN2029800E4252400 ", 0, 0, 0, 0 },
    { "CRS3035RES200mN2029800E4252400x", 0, 0, 0, 0 },
    { "CRSRES200mN2029800E4252400", 0, 0, 0, 0 },
    { "CRS0RES200mN2029800E4252400", 0, 0, 0, 0 },
    { "CRS9999999RES200mN2029800E4252400", 0, 0, 0, 0 },
    { "CRS3035RES999999mN2029800E4252400", 0, 0, 0, 0 },
    { "CRS3035RES200mN9999999999E4252400", 0, 0, 0, 0 },
    { "CRS3035RES200mN2029800.5E4252400", 0, 0, 0, 0 },
    { "200mN-20298E42524", 0, 0, 0, 0 },
    { "CRS 3035RES200mN2029800E4252400", 0, 0, 0, 0 },
};

static void check_codes(void) {
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct qz_cell_code got = { 0 };
        bool good = qz_cell_code_parse(codes[i].text, &got);
        CHECK_NEAR(good, codes[i].epsg != 0, 0, codes[i].text);
        CHECK_NEAR(got.epsg, codes[i].epsg, 0, codes[i].text);
        CHECK_NEAR(got.side_m, codes[i].side_m, 0, codes[i].text);
        CHECK_NEAR(got.corner.x_m, codes[i].e_m, 0, codes[i].text);
        CHECK_NEAR(got.corner.y_m, codes[i].n_m, 0, codes[i].text);
    }
}

/* ---- communes in memory: squares of a kilometre from a corner, eastwards */
static const char *abc_codes[] = { "01001", "01002", "2A003" };
static struct qz_shapes shapes;
static struct qz_communes abc = { .n = 3, .code = abc_codes, .shapes = &shapes };
static struct qz_locator *locator;

static void place_communes(double x, double y) {
    qz_locator_freep(&locator);
    qz_shapes_done(&shapes);
    shapes = (struct qz_shapes) { 0 };
    for (size_t i = 0; i < 3; i++) {
        double w = x + 1000 * (double)i, e = w + 1000;
        const struct qz_xy ring[] = {
            { w, y }, { w, y + 1000 }, { e, y + 1000 }, { e, y }, { w, y }
        };
        for (size_t k = 0; k < COUNT(ring); k++)
            CHECK(qz_shapes_add_point(ctx, &shapes, ring[k]) == 0);
        CHECK(qz_shapes_end_ring(ctx, &shapes) == 0 && qz_shapes_end_poly(ctx, &shapes) == 0);
        CHECK(qz_shapes_end_shape(ctx, &shapes) == 0);
    }
    CHECK(qz_locator_new(ctx, &shapes, &locator) == 0);
}

static int read_file(const char *path, const struct qz_crs *work, struct qz_cells **ret) {
    const struct qz_input input = { .file = path };
    *ret = NULL;
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    int r = qz_cells_read(ctx, &abc, locator, &input, work, false, &issues, &report, ret);
    CHECK((*ret != NULL) == (r == 0));
    return r;
}

static size_t count_issues(const char *code, size_t row) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0 && issues.items[i].row == row;
    return n;
}

/* The code of the cell of 200 m around a place in Lambert 93; the cell's centre there. */
static const char *code_around(double x, double y, struct qz_xy *centre) {
    static char texts[64][48];
    static unsigned turn;
    qz_cleanup(qz_transform_freep) struct qz_transform *to = NULL, *from = NULL;
    struct qz_xy p = { x, y };
    CHECK(qz_transform_new(ctx, lambert93, europe, &to) == 0);
    CHECK(qz_transform_new(ctx, europe, lambert93, &from) == 0);
    qz_transform_points(to, &p, 1);
    p = (struct qz_xy) { floor(p.x_m / 200) * 200, floor(p.y_m / 200) * 200 };
    char *text = texts[turn++ % 64];
    snprintf(text, sizeof texts[0], "CRS3035RES200mN%.0fE%.0f", p.y_m, p.x_m);
    *centre = (struct qz_xy) { p.x_m + 100, p.y_m + 100 };
    qz_transform_points(from, centre, 1);
    return text;
}

/* ---- reading */
static const double west = 700000, south = 6600000;

/* INSEE's own square of a cell near Rodez, in Lambert 93: its middle is the centre of the code. */
static void check_place(void) {
    static const struct qz_xy square[] = { { 666223.206600404, 6359564.82049175 },
                                           { 666205.545900717, 6359764.16865903 },
                                           { 666404.441644779, 6359782.95188228 },
                                           { 666422.102393312, 6359583.60359783 } };
    struct qz_cells *c = NULL;
    struct qz_xy middle = { 0, 0 };
    for (size_t i = 0; i < 4; i++) {
        middle.x_m += square[i].x_m / 4;
        middle.y_m += square[i].y_m / 4;
    }
    place_communes(666000, 6359000);
    CHECK(read_file(scratch_text("one.csv", "id_car2010,ind\nCRS3035RES200mN2387600E3728800,46\n"),
                    lambert93, &c) == 0);
    CHECK(c && c->n == 1 && c->commune[0] == 0 && c->people[0] == 46);
    CHECK_NEAR(c ? c->at[0].x_m : 0, middle.x_m, 0.01, "x of INSEE's square");
    CHECK_NEAR(c ? c->at[0].y_m : 0, middle.y_m, 0.01, "y of INSEE's square");
    CHECK(strcmp(report.crs, "EPSG:3035") == 0);
    qz_cells_freep(&c);
}

/* La Reunion in its own system: nothing moves. */
static void check_overseas(void) {
    struct qz_crs *reunion = NULL;
    struct qz_cells *c = NULL;
    CHECK(qz_crs_open(ctx, "EPSG:2975", &reunion) == 0);
    place_communes(314000, 7634000);
    CHECK(read_file(scratch_text("run.csv", "idcar_200m,lcog_geo,ind\n"
                                            "CRS2975RES200mN7634200E315800,,\"7,5\"\n"
                                            "CRS2975RES200mN7634000E314000,,2.5\n"),
                    reunion, &c) == 0);
    CHECK(c && c->n == 2 && c->commune[0] == 0 && c->commune[1] == 1);
    CHECK_NEAR(c ? c->at[0].x_m : 0, 314100, 1e-6, "half a cell east");
    CHECK_NEAR(c ? c->at[0].y_m : 0, 7634100, 1e-6, "half a cell north");
    CHECK(c && c->people[0] == 2.5 && c->people[1] == 7.5); /* a point, a comma */
    qz_cells_freep(&c);
    qz_crs_freep(&reunion);
}

/* Named by the row when the layer has it; else by the centre; of several, the one it lies in. */
static void check_whose(void) {
    struct qz_xy in_a, in_b, in_c, sea;
    const char *a = code_around(west + 500, south + 500, &in_a);
    const char *b = code_around(west + 1500, south + 500, &in_b);
    const char *c = code_around(west + 2500, south + 500, &in_c);
    const char *far = code_around(west + 9500, south + 500, &sea);
    const struct {
        const char *cell, *codes;
        uint32_t want; /* QZ_NOWHERE: in none */
    } facts[] = {
        { a, "01001", 0 },      { a, "01002", 1 }, /* the row knows better than the centre */
        { b, "", 1 },           { c, "", 2 },
        { b, "99999", 1 },                              /* a commune that is no more */
        { b, "0100101002", 1 }, { b, "0100201001", 1 }, /* across communes */
        { b, "010012A003", 0 }, { b, "99999888882A003", 2 },
        { b, "010", 1 },        { far, "", QZ_NOWHERE },
        { far, "01002", 1 },    { far, "9999901001", 0 },
    };
    place_communes(west, south);
    for (size_t i = 0; i < COUNT(facts); i++) {
        char text[256];
        struct qz_cells *got = NULL;
        struct qz_xy other;
        snprintf(text, sizeof text, "idcar_200m,lcog_geo,ind\n%s,%s,3.5\n%s,01001,1\n",
                 facts[i].cell, facts[i].codes, code_around(west + 300, south + 200, &other));
        CHECK(read_file(scratch_text("whose.csv", text), lambert93, &got) == 0);
        uint32_t owner = QZ_NOWHERE;
        for (size_t k = 0; got && k < got->n; k++)
            owner = got->people[k] == 3.5 ? got->commune[k] : owner;
        CHECK_NEAR(owner, facts[i].want, 0, facts[i].codes);
        CHECK(count_issues("cells_outside", 0) == (facts[i].want == QZ_NOWHERE));
        CHECK(report.rows == 2 && report.rejected == 0);
        qz_cells_freep(&got);
    }
}

/* What is refused, row by row, with its reason; the rest counts. */
static void check_rejects(void) {
    struct qz_xy at;
    struct qz_cells *c = NULL;
    const char *good[4];
    for (size_t i = 0; i < 4; i++)
        good[i] = code_around(west + 250 + 250 * (double)i, south + 500, &at);
    char text[1024];
    snprintf(text, sizeof text,
             "IdINSPIRE,Ind\n%s,10\nnowhere,10\n%s,-1\n%s,s\n%s,\n"
             "%s,4\nCRS4326RES200mN46E3,5\n%s,7\nCRS99999RES200mN1E1,5\n%s,2\n%s,0\n,3\n%s,1.5\n"
             "%s,1e999\n%s,9\n%s,9\n%s,9\n%s,9\n",
             good[0], good[1], good[1], good[1], good[1], good[0], good[2], good[3],
             code_around(west + 1500, south + 500, &at), good[2],
             code_around(west + 1500, south + 800, &at), code_around(west + 1700, south + 800, &at),
             code_around(west + 1900, south + 800, &at),
             code_around(west + 2100, south + 800, &at));
    place_communes(west, south);
    CHECK(read_file(scratch_text("bad.csv", text), lambert93, &c) == 0);
    CHECK(report.rows == 18 && report.rejected == 9);
    CHECK(issues.n == 9);
    CHECK(count_issues("bad_cell_code", 2) == 1); /* no code at all */
    CHECK(count_issues("bad_people", 3) == 1 && count_issues("bad_people", 4) == 1);
    CHECK(count_issues("bad_people", 5) == 1 && count_issues("bad_people", 14) == 1);
    CHECK(count_issues("bad_cell_code", 7) == 1);  /* degrees */
    CHECK(count_issues("duplicate_cell", 8) == 1); /* row 1 counts */
    CHECK(count_issues("bad_cell_code", 9) == 1);  /* no such system */
    CHECK(count_issues("bad_cell_code", 12) == 1);
    double people = 0;
    for (size_t i = 0; c && i < c->n; i++)
        people += c->people[i];
    CHECK(people == 10 + 4 + 2 + 1.5 + 4 * 9); /* nobody in row 11 */
    qz_cells_freep(&c);
}

static int first_error(const char *name, const char *text) {
    struct qz_cells *c = NULL;
    int r = read_file(scratch_text(name, text), lambert93, &c);
    qz_cells_freep(&c);
    return r;
}

static bool says(const char *a, const char *b) {
    bool ok = strstr(qz_ctx_error(ctx), a) && strstr(qz_ctx_error(ctx), b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", qz_ctx_error(ctx));
    return ok;
}

static void check_failures(void) {
    place_communes(west, south);
    CHECK(first_error("nocode.csv", "commune,ind\n01001,3\n") == QZ_E_FORMAT &&
          says("nocode.csv", "cell = COLUMN"));
    CHECK(first_error("noind.csv", "idcar_200m,men\nCRS3035RES200mN2029800E4252400,3\n") ==
              QZ_E_FORMAT &&
          says("noind.csv", "people = COLUMN"));
    CHECK(first_error("norow.csv", "idcar_200m,ind\n") == QZ_E_DATA && says("norow.csv", "no row"));
    CHECK(
        first_error("worse.csv", "idcar_200m,ind\nx,1\ny,1\nCRS3035RES200mN2029800E4252400,3\n") ==
            QZ_E_DATA &&
        says("worse.csv", "2 of 3"));
    CHECK(first_error("far.csv", "idcar_200m,ind\nCRS3035RES200mN2029800E4252400,3\n") ==
              QZ_E_DATA &&
          says("far.csv", "no cell"));
    struct qz_cells *c = NULL;
    CHECK(read_file(scratch_path("absent.csv"), lambert93, &c) == QZ_E_IO);
}

/* Squares without codes: their middle; without a system: refused. */
static void put_squares(const char *path, bool with_code) {
    static const struct qz_column columns[] = { { "ind", QZ_REAL, 2 },
                                                { "idcar_200m", QZ_TEXT, 0 } };
    const struct qz_writer_params params = { QZ_GPKG, true, "2026-01-31" };
    struct qz_writer *w = NULL;
    CHECK(qz_writer_open(ctx, path, &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "c", "", "", QZ_GEOM_AREA, lambert93, columns,
                          with_code ? 2 : 1) == 0);
    for (size_t i = 0; i < 3; i++) {
        double x = west + 200 + 1000 * (double)i, y = south + 200;
        const struct qz_xy ring[] = {
            { x, y }, { x, y + 200 }, { x + 200, y + 200 }, { x + 200, y }, { x, y }
        };
        struct qz_shapes s = { 0 };
        for (size_t k = 0; k < COUNT(ring); k++)
            qz_shapes_add_point(ctx, &s, ring[k]);
        qz_shapes_end_ring(ctx, &s);
        qz_shapes_end_poly(ctx, &s);
        qz_shapes_end_shape(ctx, &s);
        qz_writer_real(w, 0, 2.5 + (double)i);
        if (i < 2)
            CHECK(qz_writer_shape(ctx, w, &s, 0) == 0); /* the third has none */
        CHECK(qz_writer_row(ctx, w) == 0);
        qz_shapes_done(&s);
    }
    CHECK(qz_writer_publish(ctx, w) == 0);
}

static void check_squares(void) {
    place_communes(west, south);
    for (int with_code = 0; with_code < 2; with_code++) { /* codes that are all empty: the same */
        struct qz_cells *c = NULL;
        const char *path = scratch_path("squares.gpkg");
        put_squares(path, with_code);
        CHECK(read_file(path, lambert93, &c) == 0);
        CHECK(c && c->n == 2 && c->commune[0] == 0 && c->commune[1] == 1);
        CHECK(c && c->people[0] == 2.5 && c->people[1] == 3.5);
        CHECK_NEAR(c ? c->at[1].x_m : 0, west + 1300, 1e-6, "middle of a square");
        CHECK_NEAR(c ? c->at[1].y_m : 0, south + 300, 1e-6, "middle of a square");
        CHECK(report.rejected == 1 && count_issues("unreadable_geometry", 3) == 1);
        qz_cells_freep(&c);
    }
}

/* The same rows in any order are the same cells. */
static void check_order(void) {
    struct qz_cells *first = NULL;
    place_communes(west, south);
    for (uint64_t seed = 0; seed < 20; seed++) {
        char text[8192];
        uint32_t order[60];
        struct qz_dice d = qz_dice_of(seed, 3);
        for (uint32_t i = 0; i < 60; i++)
            order[i] = i;
        for (uint32_t i = 59; i > 0 && seed; i--) {
            uint32_t j = qz_dice_below(&d, i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        int n = snprintf(text, sizeof text, "ind,idcar_200m\n");
        for (size_t i = 0; i < 60; i++) {
            struct qz_xy at;
            n += snprintf(text + n, sizeof text - (size_t)n, "%u.5,%s\n", order[i],
                          code_around(west + 150 + 280 * (order[i] % 10),
                                      south + 150 + 230 * (order[i] / 10 % 4), &at));
        }
        struct qz_cells *c = NULL;
        int r = read_file(scratch_text("order.csv", text), lambert93, &c);
        CHECK(r == 0 && c->n > 20);
        for (size_t i = 1; c && i < c->n; i++)
            CHECK(c->commune[i - 1] <= c->commune[i]);
        if (!first) {
            first = c;
            continue;
        }
        CHECK(c && c->n == first->n && memcmp(c->at, first->at, c->n * sizeof *c->at) == 0);
        CHECK(c && memcmp(c->commune, first->commune, c->n * sizeof *c->commune) == 0);
        qz_cells_freep(&c);
    }
    qz_cells_freep(&first);
}

/* ---- homes, by hand: commune 0 has two cells (30 and 10 people), 1 none, 2 one cell and nobody */
static void check_by_hand(void) {
    struct qz_xy at[] = { { 1, 0 }, { 2, 0 }, { 3, 0 } },
                 point[] = { { 7, 7 }, { 8, 8 }, { 9, 9 } };
    double raw[] = { 30, 10, 5 };
    uint32_t owner[] = { 0, 0, 2 };
    const struct qz_cells cells = { .n = 3, .at = at, .people = raw, .commune = owner };
    const struct qz_points points = { .n = 3, .at = point };
    const double legal[] = { 80, 50, 0 };
    struct qz_homes *h = NULL;
    CHECK(qz_homes_new(ctx, &cells, &points, &h) == 0);
    CHECK(h && h->n == 4 && h->n_communes == 3 && h->n_cells == 3);
    CHECK(h->first[0] == 0 && h->first[1] == 2 && h->first[2] == 3 && h->first[3] == 4);
    CHECK(h->has_cells[0] && !h->has_cells[1] && h->has_cells[2]);
    CHECK(h->commune[1] == 0 && h->commune[2] == 1 && h->commune[3] == 2);
    CHECK(h->at[0].x_m == 1 && h->at[2].x_m == 8 && h->at[3].x_m == 3);
    double people[4], factor[3];
    qz_homes_people(h, legal, people, factor);
    CHECK(factor[0] == 2 && factor[2] == 0); /* 80 over 30 + 10 */
    CHECK(people[0] == 60 && people[1] == 20 && people[2] == 50 && people[3] == 0);
    /* 30 people at 10 min from site 4, 10 at 20 min from site 2; the point at 15 min; nobody
     * arrives */
    const uint32_t ms[] = { 600000, 1200000, 900000, QZ_UNREACHED_MS };
    const uint32_t site[] = { 4, 2, 1, QZ_NO_SITE };
    uint32_t mean[3], usual[3];
    CHECK(qz_homes_nearest(ctx, h, ms, site, 5, mean, usual) == 0);
    CHECK(mean[0] == 750000 && mean[1] == 900000 && mean[2] == QZ_UNREACHED_MS);
    CHECK(usual[0] == 4 && usual[1] == 1 && usual[2] == QZ_NO_SITE);
    struct qz_reach reach[3];
    CHECK(qz_reach_by_group(ctx, people, ms, 4, 900000, h->commune, 3, reach) == 0);
    CHECK(reach[0].people == 80 && reach[0].people_within == 60); /* three quarters */
    CHECK(reach[1].people_within == 50 && reach[2].people == 0);  /* the cut-off is within */
    CHECK(qz_homes_nearest(ctx, h, ms, site, 4, mean, usual) == QZ_E_RANGE);
    qz_homes_free(h);
}

/* One home that does not arrive: the mean is of those who do, the share of all. Ties: lowest site.
 */
static void check_unreached(void) {
    struct qz_xy at[4] = { { 0, 0 } };
    double raw[] = { 1, 2, 3, 2 };
    uint32_t owner[] = { 0, 0, 0, 0 };
    const struct qz_cells cells = { .n = 4, .at = at, .people = raw, .commune = owner };
    const struct qz_points points = { .n = 1, .at = at };
    const uint32_t ms[] = { 1000, QZ_UNREACHED_MS, 3000, 4001 };
    const uint32_t site[] = { 7, QZ_NO_SITE, 9, 7 };
    struct qz_homes *h = NULL;
    uint32_t mean, usual;
    CHECK(qz_homes_new(ctx, &cells, &points, &h) == 0);
    CHECK(qz_homes_nearest(ctx, h, ms, site, 10, &mean, &usual) == 0);
    CHECK(mean == 3000 &&
          usual == 7); /* (1000 + 9000 + 8002) / 6 = 3000.33; 3 people each: site 7 */
    qz_homes_free(h);
    h = NULL;
    const struct qz_cells odd[] = {
        { .n = 1, .at = at, .people = raw, .commune = (uint32_t[]) { 1 } },
        { .n = 2, .at = at, .people = (double[]) { 1, 0 }, .commune = owner },
        { .n = 2, .at = at, .people = (double[]) { 1, NAN }, .commune = owner }
    };
    for (size_t i = 0; i < COUNT(odd); i++)
        CHECK(qz_homes_new(ctx, &odd[i], &points, &h) == QZ_E_RANGE && !h);
    CHECK(qz_homes_free(NULL) == NULL);
}

/* No grid: each commune is its point, with its people to the bit. */
static void check_points_only(void) {
    enum { N = 50 };
    struct qz_xy at[N];
    double legal[N], people[N], factor[N];
    uint32_t ms[N], site[N], mean[N], usual[N];
    struct qz_dice d = qz_dice_of(5, 5);
    for (uint32_t i = 0; i < N; i++) {
        at[i] = (struct qz_xy) { i, 1 };
        legal[i] = qz_dice_between(&d, 0, 1e6) / 3;
        ms[i] = qz_dice_chance(&d, 0.2) ? QZ_UNREACHED_MS : qz_dice_below(&d, 1u << 31);
        site[i] = ms[i] == QZ_UNREACHED_MS ? QZ_NO_SITE : qz_dice_below(&d, 9);
    }
    const struct qz_points points = { .n = N, .at = at };
    struct qz_homes *h = NULL;
    CHECK(qz_homes_new(ctx, NULL, &points, &h) == 0);
    CHECK(h->n == N && h->n_cells == 0);
    qz_homes_people(h, legal, people, factor);
    CHECK(memcmp(people, legal, sizeof legal) == 0);
    CHECK(qz_homes_nearest(ctx, h, ms, site, 9, mean, usual) == 0);
    CHECK(memcmp(mean, ms, sizeof ms) == 0 && memcmp(usual, site, sizeof site) == 0);
    qz_homes_free(h);
}

/* ---- any grid, against loops over all cells */
enum { MOST = 300, COMMUNES = 12, SITES = 6 };
struct world {
    size_t n;
    struct qz_xy at[MOST], point[COMMUNES];
    double raw[MOST], legal[COMMUNES];
    uint32_t owner[MOST], cell_ms[MOST], point_ms[COMMUNES];
};

static void make_world(struct world *w, uint64_t seed) {
    struct qz_dice d = qz_dice_of(seed, 4);
    w->n = qz_dice_below(&d, MOST);
    uint32_t owner = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (qz_dice_chance(&d, 0.08) && owner + 1 < COMMUNES)
            owner += qz_dice_chance(&d, 0.3) && owner + 2 < COMMUNES ? 2 : 1;
        w->owner[i] = owner;
        w->at[i] = (struct qz_xy) { (double)i, 0 };
        w->raw[i] = 0.5 * (1 + qz_dice_below(&d, 400));
        w->cell_ms[i] = qz_dice_chance(&d, 0.1) ? QZ_UNREACHED_MS : qz_dice_below(&d, 2000000);
    }
    for (size_t c = 0; c < COMMUNES; c++) {
        w->point[c] = (struct qz_xy) { -1 - (double)c, 0 };
        w->legal[c] = qz_dice_chance(&d, 0.1) ? 0 : qz_dice_below(&d, 20000);
        w->point_ms[c] = qz_dice_below(&d, 2000000);
    }
}

/* People of commune c within the limit, the slow way. */
static double slow_within(const struct world *w, uint32_t c, uint32_t limit_ms) {
    double all = 0, within = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->owner[i] == c) {
            all += w->raw[i];
            within += w->cell_ms[i] <= limit_ms ? w->raw[i] : 0;
        }
    if (all > 0)
        return w->legal[c] * within / all;
    return w->point_ms[c] <= limit_ms ? w->legal[c] : 0;
}

static void check_world(const struct world *w) {
    static const uint32_t bands_ms[] = { 300000, 600000, 900000, 1800000, QZ_UNREACHED_MS - 1 };
    const struct qz_cells cells = { .n = w->n,
                                    .at = (struct qz_xy *)(uintptr_t)w->at,
                                    .people = (double *)(uintptr_t)w->raw,
                                    .commune = (uint32_t *)(uintptr_t)w->owner };
    const struct qz_points points = { .n = COMMUNES, .at = (struct qz_xy *)(uintptr_t)w->point };
    struct qz_homes *h = NULL;
    double people[MOST + COMMUNES], factor[COMMUNES], before[COMMUNES] = { 0 };
    uint32_t ms[MOST + COMMUNES];
    CHECK(qz_homes_new(ctx, &cells, &points, &h) == 0);
    qz_homes_people(h, w->legal, people, factor);
    size_t cell = 0;
    for (size_t i = 0; i < h->n; i++) {
        uint32_t c = h->commune[i];
        ms[i] = h->has_cells[c] ? w->cell_ms[cell++] : w->point_ms[c];
    }
    CHECK(cell == w->n);
    for (size_t b = 0; b < COUNT(bands_ms); b++) {
        struct qz_reach reach[COMMUNES];
        CHECK(qz_reach_by_group(ctx, people, ms, h->n, bands_ms[b], h->commune, COMMUNES, reach) ==
              0);
        for (uint32_t c = 0; c < COMMUNES; c++) {
            CHECK_NEAR(reach[c].people, w->legal[c], 1e-9 * w->legal[c], "people in, people out");
            CHECK_NEAR(reach[c].people_within, slow_within(w, c, bands_ms[b]),
                       1e-9 * (1 + w->legal[c]), "people within a band");
            CHECK(reach[c].people_within >= before[c]); /* a longer band holds the shorter */
            before[c] = reach[c].people_within;
        }
    }
    qz_homes_free(h);
}

static void check_random(void) {
    struct world *w = malloc(sizeof *w);
    for (uint64_t seed = 0; seed < 400; seed++) {
        make_world(w, seed);
        check_world(w);
    }
    free(w);
}

/* ---- every allocation fails in turn */
static void check_memory(void) {
    struct qz_xy at;
    char text[256];
    bool whole = false;
    place_communes(west, south);
    snprintf(text, sizeof text, "idcar_200m,ind\n%s,3\n%s,3\nx,1\n%s,1\n",
             code_around(west + 500, south + 500, &at), code_around(west + 1500, south + 500, &at),
             code_around(west + 1500, south + 500, &at));
    const struct qz_input input = { .file = scratch_text("memory.csv", text) };
    const struct qz_points points = { .n = 3, .at = (struct qz_xy[3]) { { 0, 0 } } };
    for (size_t k = 0; k < 400 && !whole; k++) {
        struct qz_cells *c = NULL;
        struct qz_homes *h = NULL;
        qz_issues_done(&issues);
        CHECK(qz_issues_init(ctx, &issues) == 0);
        qz_memory_fail_after(k);
        int r = qz_cells_read(ctx, &abc, locator, &input, lambert93, false, &issues, &report, &c);
        if (r == 0)
            r = qz_homes_new(ctx, c, &points, &h);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((r == 0) == whole && (h != NULL) == whole && (r == 0 || r == QZ_E_NOMEM));
        qz_cells_freep(&c);
        qz_homes_free(h);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:3035", &europe) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(scratch_make());
    check_codes();
    check_place();
    check_overseas();
    check_whose();
    check_rejects();
    check_failures();
    check_squares();
    check_order();
    check_by_hand();
    check_unreached();
    check_points_only();
    check_random();
    check_memory();
    qz_locator_freep(&locator);
    qz_shapes_done(&shapes);
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    qz_crs_freep(&europe);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
