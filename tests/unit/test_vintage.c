/* tests/unit/test_vintage.c - codes of another year: worked moves, files read through them, random
 * histories against a slow reading of the table, and INSEE's real movements against two passage
 * tables made by others. */
#include <math.h>
#include <string.h>
#include <zlib.h>
#include "base/base.h"
#include "check.h"
#include "demo/dice.h"
#include "scratch.h"
#include "source/source.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_issues issues;
static struct qz_input_report report;

static size_t count_issues(const char *code) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0;
    return n;
}

static const char *message_of(const char *code) {
    for (size_t i = 0; i < issues.n; i++)
        if (strcmp(issues.items[i].code, code) == 0)
            return issues.items[i].message;
    return "";
}

static void fresh_issues(void) {
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
}

/* ---- a layer in memory: squares of a kilometre, eastwards, in the order of the codes */
struct layer {
    struct qz_communes c;
    struct qz_shapes shapes;
    struct qz_locator *locator;
    const char **code, **name;
    double *people;
};

static struct layer *layer_of(const char *const *codes, const double *people, size_t n) {
    struct layer *l = calloc(1, sizeof *l);
    l->code = calloc(n, sizeof *l->code);
    l->name = calloc(n, sizeof *l->name);
    l->people = calloc(n, sizeof *l->people);
    for (size_t i = 0; i < n; i++) {
        double w = 700000 + 1000 * (double)i, s = 6600000;
        const struct qz_xy ring[] = {
            { w, s }, { w, s + 1000 }, { w + 1000, s + 1000 }, { w + 1000, s }, { w, s }
        };
        for (size_t k = 0; k < COUNT(ring); k++)
            qz_shapes_add_point(ctx, &l->shapes, ring[k]);
        qz_shapes_end_ring(ctx, &l->shapes);
        qz_shapes_end_poly(ctx, &l->shapes);
        qz_shapes_end_shape(ctx, &l->shapes);
        l->code[i] = codes[i];
        l->name[i] = codes[i];
        l->people[i] = people ? people[i] : 0;
    }
    CHECK(qz_locator_new(ctx, &l->shapes, &l->locator) == 0);
    l->c = (struct qz_communes) {
        .n = n, .code = l->code, .name = l->name, .people = l->people, .shapes = &l->shapes
    };
    return l;
}

static void layer_free(struct layer *l) {
    qz_locator_freep(&l->locator);
    qz_shapes_done(&l->shapes);
    free(l->code);
    free(l->name);
    free(l->people);
    free(l);
}

/* "01001 40 01002 60" */
static struct layer *layer_from(const char *text) {
    static char kept[64][6];
    const char *codes[64];
    double people[64];
    size_t n = 0;
    int used = 0;
    for (const char *p = text; sscanf(p, " %5s %lf%n", kept[n], &people[n], &used) == 2;
         p += used) {
        codes[n] = kept[n];
        n++;
    }
    return layer_of(codes, people, n);
}

#define HEADER "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP\n"

static int read_moves(const char *text, struct qz_codes **ret) {
    const struct qz_input input = { .file = scratch_text("moves.csv", text) };
    *ret = NULL;
    fresh_issues();
    int r = qz_codes_read(ctx, &input, &issues, &report, ret);
    CHECK((*ret != NULL) == (r == 0));
    return r;
}

/* "mod day from>to;..." with day as year or full date: rows of the table between whole communes. */
static void write_moves(const char *short_text, char *out, size_t n) {
    int used = snprintf(out, n, HEADER), at = 0, mod;
    char day[16], from[6], to[6];
    for (const char *p = short_text;
         sscanf(p, " %d %15s %5[^>]>%5s%n", &mod, day, from, to, &at) == 4; p += at)
        used += snprintf(out + used, n - (size_t)used, "%d,%s%s,COM,%s,COM,%s\n", mod, day,
                         strlen(day) == 4 ? "-01-01" : "", from, to);
}

/* What changed, as "01001>01002:1 01005>01005:0.4+01006:0.6". */
static void say_map(const struct qz_code_map *map, const struct qz_communes *c, char *out,
                    size_t n) {
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; i < qz_code_map_size(map); i++) {
        const struct qz_code_entry *e = qz_code_map_entry(map, i);
        if (e->n && e->change == QZ_CODE_SAME)
            continue;
        used += (size_t)snprintf(out + used, n - used, "%s%s>", used ? " " : "", e->code);
        for (size_t k = 0; k < e->n; k++)
            used += (size_t)snprintf(out + used, n - used, "%s%s:%.4g", k ? "+" : "",
                                     c->code[e->shares[k].commune], e->shares[k].weight);
    }
}

/* ---- worked moves */
static const struct {
    const char *name, *moves;
    int from, to;
    const char *layer, *want;
} worked[] = {
    { "merger", "32 2016 01001>01002 32 2016 01002>01002", 2015, 2016, "01002 100",
      "01001>01002:1" },
    { "merger, the same year", "32 2016 01001>01002 32 2016 01002>01002", 2016, 2016, "01002 100",
      "" },
    { "merger, before", "32 2016 01001>01002 32 2016 01002>01002", 2014, 2015, "01001 1 01002 9",
      "" },
    { "merger, after", "32 2016 01001>01002 32 2016 01002>01002", 2016, 2020, "01002 9", "" },
    { "merger undone: people decide", "32 2016 01001>01002 32 2016 01002>01002", 2016, 2015,
      "01001 30 01002 90", "01002>01002:0.75+01001:0.25" },
    { "merger undone: nobody known", "32 2016 01001>01002 32 2016 01002>01002", 2020, 2010,
      "01001 0 01002 0", "01002>01002:0.5+01001:0.5" },
    { "merger undone: one part outside", "32 2016 01001>01002 32 2016 01002>01002", 2016, 2015,
      "01002 90", "01001>" },
    { "merger undone: nobody known, one outside", "32 2016 01001>01002 32 2016 01002>01002", 2016,
      2015, "01001 0", "01002>01001:1" },
    { "within a year", "31 2015-06-30 01001>01002 31 2015-06-30 01002>01002", 2015, 2016, "01002 1",
      "01001>01002:1" },
    { "new code", "32 2016 01001>01009 32 2016 01002>01009", 2015, 2020, "01009 1",
      "01001>01009:1 01002>01009:1" },
    { "association", "33 1973 01001>01002 33 1973 01002>01002", 1970, 2020, "01002 1",
      "01001>01002:1" },
    { "re-establishment", "21 2017 01002>01001 21 2017 01002>01002", 2016, 2018,
      "01001 30 01002 10", "01002>01002:0.25+01001:0.75" },
    { "creation out of two", /* 01003 takes a third of its people from each, as nobody knows */
      "20 1989 01001>01001 20 1989 01001>01003 20 1989 01002>01002 20 1989 01002>01003", 1980, 1990,
      "01001 30 01002 50 01003 20", "01001>01001:0.75+01003:0.25 01002>01002:0.8333+01003:0.1667" },
    { "suppression",
      "30 1968 01001>01002 30 1968 01001>01003 30 1968 01002>01002 30 1968 01003>01003", 1960, 1970,
      "01002 20 01003 60", "01001>01003:0.75+01002:0.25" },
    { "another departement", "41 1976 20004>2A004", 1970, 2020, "2A004 5", "20004>2A004:1" },
    { "another departement, backwards", "41 1976 20004>2A004", 2020, 1970, "20004 5",
      "2A004>20004:1" },
    { "another seat", "50 2021 27676>27058 50 2023 27058>27676", 2020, 2022, "27058 5",
      "27676>27058:1" },
    { "another seat and back", "50 2021 27676>27058 50 2023 27058>27676", 2020, 2024, "27676 5",
      "27058>27676:1" },
    { "another seat, the second half", "50 2021 27676>27058 50 2023 27058>27676", 2022, 2024,
      "27676 5", "27058>27676:1" },
    { "a chain of years",
      "32 2013 01001>01002 32 2013 01002>01002 32 2017 01002>01003 32 2017 01003>01003", 2010, 2020,
      "01003 1", "01001>01003:1 01002>01003:1" },
    { "a chain of years, backwards",
      "32 2013 01001>01002 32 2013 01002>01002 32 2017 01002>01003 32 2017 01003>01003", 2020, 2010,
      "01001 10 01002 20 01003 70",
      "01002>01002:0.6667+01001:0.3333 01003>01003:0.7+01002:0.2+01001:0.1" },
    { "a chain of a day", "41 2018 49144>44225 32 2018 44225>44180 32 2018 44180>44180", 2017, 2018,
      "44180 1", "44225>44180:1 49144>44180:1" },
    { "a chain of a day, backwards", "41 2018 49144>44225 32 2018 44225>44180 32 2018 44180>44180",
      2018, 2017, "44180 60 49144 40", "44180>44180:0.6+49144:0.4 44225>49144:1" },
    { "merged and restored",
      "33 1973 01001>01002 33 1973 01002>01002 21 2001 01002>01001 21 2001 01002>01002", 1970, 2005,
      "01001 10 01002 30", "01001>01001:0.25+01002:0.75 01002>01002:0.75+01001:0.25" },
    { "split, then a part merges", /* 01004's people count evenly for 01003 and itself */
      "21 2000 01001>01001 21 2000 01001>01003 32 2010 01003>01004 32 2010 01004>01004", 1999, 2020,
      "01001 30 01004 20", "01001>01001:0.75+01004:0.25 01003>01004:1" },
    { "a code used again",
      "31 1950 01001>01002 31 1950 01002>01002 20 1990 01003>01003 20 1990 01003>01001", 1940, 2000,
      "01001 50 01002 7 01003 50", "01001>01002:1 01003>01003:0.5+01001:0.5" },
    { "a code used again, later files",
      "31 1950 01001>01002 31 1950 01002>01002 20 1990 01003>01003 20 1990 01003>01001", 1995, 2000,
      "01001 50 01002 7 01003 50", "" },
    { "names and statuses",
      "10 2016 01003>01003 34 2016 01001>01001 35 2016 01001>01001 32 2016 01003>01002 32 2016 "
      "01002>01002",
      2010, 2020, "01001 1 01002 1 01003 1", "01003>01002:1" },
    { "said twice",
      "32 2016 01001>01002 32 2016 01001>01002 32 2016 01002>01002 32 2016 01002>01002", 2016, 2015,
      "01001 30 01002 90", "01002>01002:0.75+01001:0.25" },
    { "not in the layer", "32 2016 01001>01002 32 2016 01002>01002", 2015, 2016, "01009 100",
      "01001> 01002>" },
};

static void check_worked(void) {
    for (size_t i = 0; i < COUNT(worked); i++) {
        char text[2048], said[2048];
        struct qz_codes *codes;
        struct qz_code_map *map = NULL;
        struct layer *l = layer_from(worked[i].layer);
        write_moves(worked[i].moves, text, sizeof text);
        CHECK(read_moves(text, &codes) == 0);
        CHECK(qz_code_map_new(ctx, codes, worked[i].from, worked[i].to, &l->c, NULL, &map) == 0);
        say_map(map, &l->c, said, sizeof said);
        CHECK_NEAR(strcmp(said, worked[i].want), 0, 0, worked[i].name);
        if (strcmp(said, worked[i].want) != 0)
            fprintf(stderr, "  got %s\n  not %s\n", said, worked[i].want);
        qz_code_map_freep(&map);
        qz_codes_freep(&codes);
        layer_free(l);
    }
}

/* ---- arrondissements, without any table */
static void check_cities(void) {
    char said[4096];
    struct qz_code_map *map = NULL;
    struct layer *l = layer_from("13055 800 69381 10 69382 30 75056 2000 75101 5");
    CHECK(qz_code_map_new(ctx, NULL, 2020, 2020, &l->c, NULL, &map) == 0);
    say_map(map, &l->c, said, sizeof said);
    CHECK(strncmp(said, "13201>13055:1 13202>13055:1", 27) == 0);
    CHECK(strstr(said, "69123>69382:0.75+69381:0.25") && !strstr(said, "69381>69381"));
    CHECK(!strstr(said, "75056") && !strstr(said, "75102")); /* the layer has both */
    size_t i = qz_code_map_find(map, "13216"), city = qz_code_map_find(map, "13055");
    CHECK(i != SIZE_MAX && qz_code_map_entry(map, i)->change == QZ_CODE_MERGED);
    CHECK(i != SIZE_MAX && !qz_code_map_entry(map, i)->existed);
    CHECK(city != SIZE_MAX && qz_code_map_entry(map, city)->existed);
    CHECK(qz_code_map_find(map, "69384") != SIZE_MAX); /* not in the layer: no share of Lyon */
    qz_code_map_freep(&map);
    layer_free(l);
    l = layer_from("01001 5");
    CHECK(qz_code_map_new(ctx, NULL, 0, 0, &l->c, NULL, &map) == 0);
    CHECK(qz_code_map_size(map) == 0 && qz_code_map_find(map, "01001") == SIZE_MAX);
    qz_code_map_freep(&map);
    layer_free(l);
}

/* ---- the table itself */
static void check_table(void) {
    struct qz_codes *codes;
    CHECK(read_moves("\xEF\xBB\xBFmod;date_eff;typecom_av;com_av;typecom_ap;com_ap\n"
                     "32;01/06/2016;COM;01001;COM;01002\n32;2016-06-01;COM;01002;COM;01002\n"
                     "32;2016-06-01;COM;01001;COMD;01001\n21;2020-01-01;COMA;01003;COM;01003\n"
                     "20;1946-10-18;COM;13055;ARM;13201\n20;1993-01-01;;;COM;97361\n"
                     "72;2025-01-01;COM;01002;COM;01002\n",
                     &codes) == 0);
    CHECK(codes && codes->n == 2 && codes->items[0].date == 20160601);
    CHECK(codes && strcmp(codes->items[0].from, "01001") == 0 && report.rows == 7);
    CHECK(report.rejected == 0 && issues.n == 0);
    qz_codes_freep(&codes);

    /* only three columns */
    CHECK(read_moves("date_eff,com_av,com_ap\n2016-01-01,01001,01002\n", &codes) == 0);
    CHECK(codes && codes->n == 1);
    qz_codes_freep(&codes);

    CHECK(read_moves(HEADER "32,2016-01-01,COM,01001,COM,01002\n32,2016-01-01,COM,01002,COM,01002\n"
                            "32,2016-01-01,COM,01005,COM,01002\n32,2016-01-01,COM,01006,COM,01002\n"
                            "99,2016-01-01,COM,01003,COM,01002\n32,2016-13-01,COM,01004,COM,01002\n"
                            "32,2016-01-01,COM,1004,COM,01002\n",
                     &codes) == 0);
    CHECK(codes && codes->n == 4 && report.rejected == 3);
    CHECK(count_issues("unknown_event") == 1 && strstr(message_of("unknown_event"), "'99'"));
    CHECK(count_issues("bad_date") == 1 && strstr(message_of("bad_date"), "2016-13-01"));
    CHECK(count_issues("malformed_code") == 1 && strstr(message_of("malformed_code"), "'1004'"));
    qz_codes_freep(&codes);

    static const char *const bad_dates[] = { "2016",       "16-01-01",    "2016-1",
                                             "2016-01-32", "x",           "2016-01-01T",
                                             "2016.01.01", "20160-01-01", "" };
    for (size_t i = 0; i < COUNT(bad_dates); i++) {
        char text[256];
        snprintf(text, sizeof text, HEADER "32,%s,COM,01001,COM,01002\n", bad_dates[i]);
        CHECK(read_moves(text, &codes) == QZ_E_DATA);
        CHECK_NEAR((double)count_issues("bad_date"), 1, 0, bad_dates[i]);
    }
    CHECK(read_moves(HEADER, &codes) == QZ_E_DATA);
    CHECK(read_moves("MOD,DATE,COM_AV,COM_AP\n32,2016-01-01,01001,01002\n", &codes) == QZ_E_FORMAT);
    CHECK(strstr(qz_ctx_error(ctx), "'date'") && strstr(qz_ctx_error(ctx), "date_eff"));
}

static void check_circles(void) {
    struct qz_codes *codes;
    CHECK(read_moves(HEADER
                     "32,2016-01-01,COM,01001,COM,01002\n32,2016-01-01,COM,01002,COM,01003\n"
                     "32,2016-01-01,COM,01003,COM,01001\n32,2016-01-01,COM,01009,COM,01001\n",
                     &codes) == QZ_E_DATA);
    const char *said = qz_ctx_error(ctx);
    CHECK(strstr(said, "moves.csv") && strstr(said, "2016-01-01") && strstr(said, "circle"));
    CHECK(strstr(said, "01001 -> 01002 (row 1)") && strstr(said, "01002 -> 01003 (row 2)") &&
          strstr(said, "01003 -> 01001 (row 3)") && !strstr(said, "01009"));
    CHECK(read_moves(HEADER
                     "50,2016-01-01,COM,01001,COM,01002\n50,2016-01-01,COM,01002,COM,01001\n",
                     &codes) == QZ_E_DATA);
    CHECK(strstr(qz_ctx_error(ctx), "01002 -> 01001"));
    /* on two days it is none */
    CHECK(read_moves(HEADER
                     "50,2016-01-01,COM,01001,COM,01002\n50,2016-01-02,COM,01002,COM,01001\n",
                     &codes) == 0);
    qz_codes_freep(&codes);
    /* a chain of a day that never ends */
    char text[16384];
    int used = snprintf(text, sizeof text, HEADER);
    for (int i = 1; i <= 300; i++)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "32,2016-01-01,COM,%05d,COM,%05d\n", i + 1, i);
    CHECK(read_moves(text, &codes) == QZ_E_DATA && strstr(qz_ctx_error(ctx), "without end"));
}

/* ---- files read through a map */
static const char moves[] =
    "32 2016 01001>01002 32 2016 01002>01002 21 2017 01003>01003 21 2017 01003>01004 "
    "41 2018 01005>02005 32 2019 01006>01007 32 2019 01008>01007";
/* the layer of 2020: 01002 = 01001 + 01002; 01003 was split; 02005 was 01005; 01007 is new */
static const char layer_2020[] = "01002 100 01003 30 01004 10 01007 50 01010 5 02005 8";

static struct qz_codes *moved;
static struct layer *now;

static struct qz_code_map *map_for(struct qz_input *input, int year) {
    struct qz_code_map *map = NULL;
    input->year = year;
    fresh_issues();
    CHECK(qz_input_codes(ctx, moved, 2020, &now->c, NULL, &issues, input, &map) == 0);
    CHECK(input->codes == map);
    return map;
}

static int read_people(const char *text, int year, struct qz_people **ret) {
    struct qz_input input = { .file = scratch_text("pop.csv", text) };
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = map_for(&input, year);
    *ret = NULL;
    CHECK(input.codes == map);
    return qz_people_read(ctx, &now->c, &input, &issues, &report, ret);
}

static double of(const struct qz_people *p, const char *code) {
    uint32_t i = qz_communes_find(&now->c, code);
    return p && i != QZ_NOWHERE && p->known[i] ? p->count[i] : -1;
}

static void check_people(void) {
    struct qz_people *p;
    CHECK(read_people("codgeo,pmun\n01001,40\n01002,60\n01003,80\n01005,9\n01006,20\n01008,30\n"
                      "01010,5\n33063,1000\n",
                      2015, &p) == 0);
    CHECK_NEAR(of(p, "01002"), 100, 1e-9, "merged");
    CHECK_NEAR(of(p, "01003"), 60, 1e-9, "split: three quarters of the layer's people");
    CHECK_NEAR(of(p, "01004"), 20, 1e-9, "split: the rest");
    CHECK_NEAR(of(p, "02005"), 9, 1e-9, "another code");
    CHECK_NEAR(of(p, "01007"), 50, 1e-9, "a new code");
    CHECK_NEAR(of(p, "01010"), 5, 1e-9, "nothing happened");
    CHECK(count_issues("unknown_commune") == 1 && strstr(message_of("unknown_commune"), "33063"));
    CHECK(count_issues("codes_converted") == 1 && report.rejected == 1);
    CHECK(strstr(message_of("codes_converted"), "5 commune codes in 8 rows") &&
          strstr(message_of("codes_converted"), "from 2015 to 2020: 3 merged") &&
          strstr(message_of("codes_converted"), "1 split") &&
          strstr(message_of("codes_converted"), "1 only the code"));
    CHECK(count_issues("part_without_row") == 0 && count_issues("duplicate_code") == 0);
    qz_people_freep(&p);

    /* a code twice; a later code beside those of the year; a part without a row */
    CHECK(read_people("codgeo,pmun\n01001,40\n01001,41\n01002,60\n01003,80\n01004,7\n01005,9\n"
                      "01006,20\n01007,50\n01010,5\n01010,6\n02005,8\n",
                      2015, &p) == 0);
    CHECK(of(p, "01002") == 100 && of(p, "01003") == 60 && of(p, "01004") == 20);
    CHECK(of(p, "02005") == 9 && of(p, "01007") == 20 && of(p, "01010") == 5);
    CHECK(count_issues("duplicate_code") == 5 && report.rejected == 5);
    CHECK(count_issues("part_without_row") == 1);
    CHECK(strstr(message_of("part_without_row"), "1 communes") &&
          strstr(message_of("part_without_row"), "01008: 01007"));
    qz_people_freep(&p);

    /* the file's year is said too old: later codes count as they are */
    CHECK(read_people("codgeo,pmun\n01002,100\n01003,60\n01004,20\n01007,50\n02005,8\n01010,5\n",
                      2018, &p) == 0);
    CHECK(of(p, "01007") == 50 && of(p, "01003") == 60 && count_issues("part_without_row") == 0);
    CHECK(count_issues("codes_converted") == 0 && count_issues("duplicate_code") == 0);
    qz_people_freep(&p);

    /* years alike, or not stated: as it is */
    CHECK(read_people("codgeo,pmun\n01001,40\n01002,60\n01010,5\n", 2020, &p) == 0);
    CHECK(of(p, "01002") == 60 && count_issues("unknown_commune") == 1 && issues.n == 5);
    qz_people_freep(&p);
    CHECK(read_people("codgeo,pmun\n01001,40\n01002,60\n01010,5\n", 0, &p) == 0);
    CHECK(of(p, "01002") == 60 && count_issues("year_unknown") == 1);
    qz_people_freep(&p);
    CHECK(read_people("codgeo,pmun\n01002,60\n01010,5\n", 2023, &p) == 0);
    CHECK(count_issues("movements_end") == 1 && strstr(message_of("movements_end"), "2019"));
    qz_people_freep(&p);
}

static void check_points(void) {
    static const char text[] =
        "code,x,y,basis\n01001,1,1,a\n01002,2,2,b\n01003,3,3,c\n01005,5,5,e\n"
        "01006,6,6,f\n01008,8,8,h\n01001,9,9,i\n";
    struct qz_points *p = NULL;
    struct qz_input input = { .file = scratch_text("points.csv", text), .crs = "EPSG:2154" };
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = map_for(&input, 2015);
    CHECK(map && input.codes == map);
    CHECK(qz_points_read(ctx, &now->c, &input, lambert93, &issues, &report, &p) == 0);
    CHECK(p && p->at[0].x_m == 2 && strcmp(p->basis[0], "b") == 0); /* its own code */
    CHECK(p && p->at[1].x_m == 3 && strcmp(p->basis[2], "") == 0);  /* the main part */
    CHECK(p && p->at[3].x_m == 6 && strcmp(p->basis[3], "f") == 0); /* else the first */
    CHECK(p && p->at[5].x_m == 5 && count_issues("points_of_merged") == 1);
    CHECK(strncmp(message_of("points_of_merged"), "3 points", 8) == 0); /* 01001 twice, 01008 */
    qz_points_freep(&p);
}

/* The whole row goes to one part. */
static void check_part(void) {
    struct qz_input input = { .file = scratch_text("any.csv", "code,x\n01003,1\n") };
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = map_for(&input, 2015);
    CHECK(map && input.codes == map);
    const struct qz_reader_need need = { QZ_ROLE_CODE, true };
    const struct qz_xy in_1 = { 701500, 6600500 }, in_2 = { 702500, 6600500 }, far = { 0, 0 };
    struct qz_reader r;
    CHECK(qz_reader_open(ctx, &input, &need, 1, &r) == 0);
    CHECK(qz_reader_part(&r, &now->c, "01003", NULL, NULL) == 1);
    CHECK(qz_reader_part(&r, &now->c, "01003", &in_1, now->locator) == 1);
    CHECK(qz_reader_part(&r, &now->c, "01003", &in_2, now->locator) == 2);
    CHECK(qz_reader_part(&r, &now->c, "01003", &far, now->locator) == 1);
    CHECK(qz_reader_part(&r, &now->c, "01001", &in_2, now->locator) == 0);
    CHECK(qz_reader_part(&r, &now->c, "01010", &in_2, now->locator) == 4);
    CHECK(qz_reader_part(&r, &now->c, "99999", &in_2, now->locator) == QZ_NOWHERE);
    CHECK(qz_reader_part(&r, &now->c, NULL, &in_2, now->locator) == QZ_NOWHERE);
    CHECK(r.n_changed[QZ_CODE_SPLIT] == 4 && r.n_changed[QZ_CODE_MERGED] == 1);
    qz_reader_done(&r);
}

/* 01001 merged into 01002, 01003 was split, 01006 and 01008 made 01007. */
static void check_territories(void) {
    static const char text[] =
        "codgeo,epci,canton\n01001,E1,A\n01002,E2,A\n01003,E3,B\n01005,E3,B\n"
        "01006,E4,C\n01008,E5,C\n01010,E1,A\n";
    static const struct {
        const char *level, *want[6]; /* by commune of the layer */
    } levels[] = { { "epci", { "E2", "E3", "E3", "E4", "E1", "E3" } },
                   { "canton", { "A", "B", "B", "C", "A", "B" } } };
    struct qz_levels *l = NULL;
    struct qz_input input = { .file = scratch_text("territories.csv", text) };
    static const char *none[] = { "", "", "", "", "", "" };
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = map_for(&input, 2015);
    now->c.departement = now->c.epci = none;
    CHECK(map && qz_levels_read(ctx, &now->c, &input, &issues, &report, &l) == 0);
    for (size_t k = 0; l && k < COUNT(levels); k++)
        for (size_t i = 0; i < l->n; i++)
            for (size_t c = 0; strcmp(l->items[i].name, levels[k].level) == 0 && c < 6; c++) {
                const struct qz_level *v = &l->items[i];
                CHECK(strcmp(v->code[v->of_commune[c]], levels[k].want[c]) == 0);
                CHECK(v->weight[v->first[c]] == 1 && v->first[c + 1] == v->first[c] + 1);
            }
    CHECK(count_issues("part_elsewhere") == 2 && count_issues("codes_converted") == 1);
    CHECK(strstr(message_of("part_elsewhere"), "level epci, commune 01002: its part 01001 was in "
                                               "territory E1; the whole counts in E2"));
    CHECK(count_issues("repeated_commune") == 0 && count_issues("unknown_commune") == 0);
    qz_levels_freep(&l);
}

/* 01003 has three quarters of what it was: of 8 heads 6; of 2 both, for half of one is nobody. */
static void check_practitioners(void) {
    static const char text[] =
        "code,x,y,heads,fte\n01001,,,1,1\n01002,,,2,1\n01003,702500,6600500,4,2\n"
        "01003,,,8,4\n01003,,,2,2\n01003,,,s,\n01008,,,16,8\n99999,,,32,9\n";
    static const double want[] = { 3, 8, 6, 16, 0, 0 }, want_fte[] = { 2, 5, 3, 8, 0, 0 };
    struct qz_sites *s = NULL;
    struct qz_input input = { .file = scratch_text("gp.csv", text), .crs = "EPSG:2154" };
    struct qz_xy points[6] = { { 0, 0 } };
    double got[6] = { 0 }, fte[6] = { 0 };
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = map_for(&input, 2015);
    struct qz_sites_input in = { .input = &input,
                                 .key = "gp",
                                 .communes = &now->c,
                                 .commune_points = points,
                                 .locator = now->locator,
                                 .crs = lambert93 };
    CHECK(map && qz_sites_new(ctx, &s) == 0);
    CHECK(qz_sites_read(ctx, s, &in, &issues, &report) == 0);
    for (size_t i = 0; s && i < s->n; i++) {
        got[s->items[i].commune] += s->items[i].heads;
        fte[s->items[i].commune] += s->items[i].fte;
    }
    for (size_t c = 0; c < 6; c++) {
        CHECK_NEAR(got[c], want[c], 1e-12, now->c.code[c]);
        CHECK_NEAR(fte[c], want_fte[c], 1e-12, now->c.code[c]);
    }
    CHECK(count_issues("codes_converted") == 1 && count_issues("no_commune") == 1);
    qz_sites_freep(&s);
}

static void check_files(void) {
    char text[2048];
    write_moves(moves, text, sizeof text);
    now = layer_from(layer_2020);
    CHECK(read_moves(text, &moved) == 0);
    check_people();
    check_points();
    check_part();
    check_territories();
    check_practitioners();
    qz_codes_freep(&moved);
    layer_free(now);
}

/* ---- random histories, against a slow reading: what happened, one after the other */
enum { MOST_EVENTS = 14, MOST_EDGES = 8, MOST_LIVE = 64, YEARS = 6, FIRST_YEAR = 2010 };
struct event {
    int year; /* on 1 January */
    size_t n;
    int from[MOST_EDGES], to[MOST_EDGES];
};
struct history {
    struct event events[MOST_EVENTS];
    size_t n;
    int live[YEARS + 1][MOST_LIVE]; /* codes on 1 January of each year, rising */
    size_t n_live[YEARS + 1];
    int next; /* a code that was never used */
};

static void end_with(struct history *h, int year, const int *live, size_t n) {
    size_t k = 0;
    for (int code = 0; code < h->next; code++)
        for (size_t i = 0; i < n; i++)
            if (live[i] == code)
                h->live[year][k++] = code;
    h->n_live[year] = k;
}

static void add_edge(struct event *e, int from, int to) {
    e->from[e->n] = from;
    e->to[e->n++] = to;
}

/* Events of one year touch communes of their own, but for a new code that merges the same day. */
static void draw_history(struct qz_dice *d, struct history *h) {
    int live[MOST_LIVE];
    size_t n = 8;
    *h = (struct history) { .next = 8 };
    for (size_t i = 0; i < n; i++)
        live[i] = (int)i;
    end_with(h, 0, live, n);
    for (int year = 1; year <= YEARS; year++) {
        size_t n_free = n; /* the first of live: untouched this year */
        for (size_t k = qz_dice_below(d, 4); k > 0 && n_free >= 3 && h->n + 1 < MOST_EVENTS; k--) {
            struct event *e = &h->events[h->n++];
            *e = (struct event) { .year = FIRST_YEAR + year };
            size_t at = qz_dice_below(d, (uint32_t)n_free);
            int a = live[at];
            live[at] = live[n_free - 1], live[n_free - 1] = a;
            n_free--;
            switch (qz_dice_below(d, 4)) {
            case 0: { /* split: it stays, or both parts are new */
                int stay = qz_dice_chance(d, 0.7) ? a : h->next++;
                live[n_free] = stay;
                add_edge(e, a, stay);
                live[n] = h->next++;
                add_edge(e, a, live[n++]);
                break;
            }
            case 1: /* another code, and at once into another commune */
                live[n_free] = h->next++;
                add_edge(e, a, live[n_free]);
                if (qz_dice_chance(d, 0.5)) {
                    struct event *then = &h->events[h->n++];
                    int into = live[--n_free];
                    *then = (struct event) { .year = FIRST_YEAR + year };
                    add_edge(then, live[n_free + 1], into);
                    add_edge(then, into, into);
                    live[n_free + 1] = live[--n];
                }
                break;
            default: { /* merger of two or three, under a code of theirs or a new one */
                size_t more = 1 + qz_dice_below(d, 2);
                int whole = qz_dice_chance(d, 0.7) ? a : h->next++;
                add_edge(e, a, whole);
                live[n_free] = whole;
                for (; more > 0 && n_free > 0; more--) {
                    add_edge(e, live[--n_free], whole);
                    live[n_free] = live[n_free + 1];
                    live[n_free + 1] = live[--n];
                }
            }
            }
        }
        end_with(h, year, live, n);
    }
}

/* The events between two years in the order to apply, turned round towards an older one. */
static size_t events_between(const struct history *h, int from, int to, struct event *out) {
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        struct event e = h->events[to < from ? h->n - 1 - i : i];
        if (e.year <= (to < from ? to : from) || e.year > (to < from ? from : to))
            continue;
        for (size_t k = 0; k < e.n && to < from; k++) {
            int code = e.from[k];
            e.from[k] = e.to[k], e.to[k] = code;
        }
        out[n++] = e;
    }
    return n;
}

/* People of a code before event e, when `last` holds those after all of them. */
static double slow_people(const struct event *e, size_t n, const double *last, int code) {
    double sum = 0;
    bool gives = false;
    if (n == 0)
        return last[code];
    for (size_t k = 0; k < e->n; k++)
        if (e->from[k] == code) {
            size_t givers = 0;
            for (size_t m = 0; m < e->n; m++)
                givers += e->to[m] == e->to[k];
            sum += slow_people(e + 1, n - 1, last, e->to[k]) / (double)givers;
            gives = true;
        }
    return gives ? sum : slow_people(e + 1, n - 1, last, code);
}

static void slow_follow(const struct event *e, size_t n, const double *last, int code,
                        double weight, double *out) {
    double all = slow_people(e, n, last, code);
    bool gives = false;
    for (size_t k = 0; n && k < e->n; k++)
        if (e->from[k] == code) {
            size_t givers = 0;
            for (size_t m = 0; m < e->n; m++)
                givers += e->to[m] == e->to[k];
            double share = slow_people(e + 1, n - 1, last, e->to[k]) / (double)givers / all;
            slow_follow(e + 1, n - 1, last, e->to[k], weight * share, out);
            gives = true;
        }
    if (!gives && n)
        slow_follow(e + 1, n - 1, last, code, weight, out);
    else if (!gives)
        out[code] += weight;
}

enum { CODES = 256 };
static char code_text[CODES][6];

static struct layer *layer_of_year(const struct history *h, int year, const double *people) {
    const char *codes[MOST_LIVE];
    double count[MOST_LIVE];
    for (size_t i = 0; i < h->n_live[year]; i++) {
        codes[i] = code_text[h->live[year][i]];
        count[i] = people[h->live[year][i]];
    }
    return layer_of(codes, count, h->n_live[year]);
}

/* What becomes of one person of code, by the map: by code. */
static void by_map(const struct qz_code_map *map, const struct layer *l, int code, double weight,
                   double *out) {
    size_t i = qz_code_map_find(map, code_text[code]);
    if (i == SIZE_MAX) {
        out[code] += weight;
        return;
    }
    const struct qz_code_entry *e = qz_code_map_entry(map, i);
    for (size_t k = 0; k < e->n; k++)
        out[atoi(l->c.code[e->shares[k].commune]) - 10000] += weight * e->shares[k].weight;
}

static struct qz_codes *codes_of_history(struct qz_dice *d, const struct history *h) {
    static char rows[MOST_EVENTS * MOST_EDGES][48];
    static char text[sizeof rows + 128];
    size_t n = 0;
    struct qz_codes *codes = NULL;
    for (size_t i = 0; i < h->n; i++)
        for (size_t k = 0; k < h->events[i].n; k++, n++)
            snprintf(rows[n], sizeof rows[n], "32,%d-01-01,COM,%s,COM,%s\n", h->events[i].year,
                     code_text[h->events[i].from[k]], code_text[h->events[i].to[k]]);
    int used = snprintf(text, sizeof text, HEADER "10,2000-01-01,COM,10000,COM,10000\n");
    for (; n > 0; n--) { /* in any order */
        size_t at = qz_dice_below(d, (uint32_t)n);
        used += snprintf(text + used, sizeof text - (size_t)used, "%s", rows[at]);
        memmove(rows[at], rows[n - 1], sizeof rows[at]);
    }
    CHECK(read_moves(text, &codes) == 0);
    return codes;
}

static void check_direct(const struct history *h, const struct qz_codes *codes, int from, int to,
                         const double *people) {
    struct event events[MOST_EVENTS];
    size_t n = events_between(h, FIRST_YEAR + from, FIRST_YEAR + to, events);
    struct layer *l = layer_of_year(h, to, people);
    struct qz_code_map *map = NULL;
    CHECK(qz_code_map_new(ctx, codes, FIRST_YEAR + from, FIRST_YEAR + to, &l->c, NULL, &map) == 0);
    for (size_t i = 0; i < h->n_live[from]; i++) {
        double got[CODES] = { 0 }, want[CODES] = { 0 }, sum = 0, off = 0;
        int code = h->live[from][i];
        by_map(map, l, code, 1, got);
        slow_follow(events, n, people, code, 1, want);
        for (int c = 0; c < CODES; c++) {
            sum += got[c];
            off = fmax(off, fabs(got[c] - want[c]));
        }
        CHECK_NEAR(sum, 1, 1e-12, "nobody is lost");
        CHECK_NEAR(off, 0, 1e-12, "as the slow reading");
        size_t at = qz_code_map_find(map, code_text[code]);
        CHECK(at == SIZE_MAX || qz_code_map_entry(map, at)->existed);
    }
    for (size_t i = 0; i < qz_code_map_size(map); i++) { /* and nobody else existed */
        const struct qz_code_entry *e = qz_code_map_entry(map, i);
        bool lived = false;
        for (size_t k = 0; k < h->n_live[from]; k++)
            lived = lived || strcmp(code_text[h->live[from][k]], e->code) == 0;
        CHECK(e->existed == lived);
    }
    qz_code_map_freep(&map);
    layer_free(l);
}

static void check_year_by_year(const struct history *h, const struct qz_codes *codes,
                               const double *people) {
    static double part[MOST_LIVE][CODES], next[MOST_LIVE][CODES];
    struct event events[MOST_EVENTS];
    memset(part, 0, sizeof part);
    for (size_t i = 0; i < h->n_live[0]; i++)
        part[i][h->live[0][i]] = 1;
    for (int year = 1; year <= YEARS; year++) {
        double then[CODES] = { 0 };
        size_t n = events_between(h, FIRST_YEAR + year, FIRST_YEAR + YEARS, events);
        for (size_t i = 0; i < h->n_live[year]; i++)
            then[h->live[year][i]] = slow_people(events, n, people, h->live[year][i]);
        struct layer *l = layer_of_year(h, year, then);
        struct qz_code_map *map = NULL;
        CHECK(qz_code_map_new(ctx, codes, FIRST_YEAR + year - 1, FIRST_YEAR + year, &l->c, NULL,
                              &map) == 0);
        memset(next, 0, sizeof next);
        for (size_t i = 0; i < h->n_live[0]; i++)
            for (int c = 0; c < CODES; c++)
                if (part[i][c] > 0)
                    by_map(map, l, c, part[i][c], next[i]);
        memcpy(part, next, sizeof part);
        qz_code_map_freep(&map);
        layer_free(l);
    }
    size_t n = events_between(h, FIRST_YEAR, FIRST_YEAR + YEARS, events);
    for (size_t i = 0; i < h->n_live[0]; i++) {
        double want[CODES] = { 0 }, off = 0;
        slow_follow(events, n, people, h->live[0][i], 1, want);
        for (int c = 0; c < CODES; c++)
            off = fmax(off, fabs(part[i][c] - want[c]));
        CHECK_NEAR(off, 0, 1e-12, "year by year as at once");
    }
}

static void check_random(void) {
    struct qz_dice d = qz_dice_of(5, 20);
    size_t n_splits = 0, n_chains = 0;
    for (int i = 0; i < CODES; i++)
        snprintf(code_text[i], sizeof code_text[i], "%05d", (10000 + i) % 100000);
    for (int round = 0; round < 200; round++) {
        static struct history h;
        double people[CODES];
        draw_history(&d, &h);
        for (int i = 0; i < CODES; i++)
            people[i] = 1 + qz_dice_below(&d, 1000);
        for (size_t i = 0; i < h.n; i++) {
            n_splits += h.events[i].n > 1 && h.events[i].from[0] == h.events[i].from[1];
            n_chains += i && h.events[i - 1].n == 1 && h.events[i].n == 2 &&
                        h.events[i].from[0] == h.events[i - 1].to[0];
        }
        struct qz_codes *codes = codes_of_history(&d, &h);
        check_direct(&h, codes, 0, YEARS, people);
        check_direct(&h, codes, YEARS, 0, people);
        check_direct(&h, codes, 2, 4, people);
        check_direct(&h, codes, 4, 3, people);
        check_direct(&h, codes, 3, 3, people);
        check_year_by_year(&h, codes, people);
        qz_codes_freep(&codes);
    }
    CHECK(n_splits > 50 && n_chains > 20);
}

/* ---- INSEE's own table, and what others made of it */
static char *unpacked(const char *name, const char *to) {
    char path[512];
    snprintf(path, sizeof path, "%s/cog/%s", SHARED_DATA, name);
    gzFile f = gzopen(path, "rb");
    size_t cap = 8 << 20;
    char *text = f ? calloc(1, cap) : NULL;
    int n = f ? gzread(f, text, (unsigned)cap - 1) : -1;
    if (f)
        gzclose(f);
    if (n > 0)
        scratch_bytes(to, text, (size_t)n);
    return text;
}

/* The next row's fields, quotes taken off, in place. */
static bool next_row(char **text, char **fields, size_t n) {
    char *p = *text;
    if (!*p)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(p, ",\r\n");
        bool quoted = *p == '"';
        fields[i] = p + quoted;
        char *end = p + length;
        char stop = *end;
        p[length - (quoted ? 1 : 0)] = 0;
        p = stop == ',' ? end + 1 : end;
        if (stop == '\r' || stop == '\n') {
            *end = 0;
            p = end + (stop == '\r') + 1;
        }
    }
    *text = p;
    return true;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* COGiter: each code ever used and its commune of 2025. */
static void check_passage(const struct qz_codes *codes) {
    enum { MOST = 50000 };
    static char *old[MOST], *new[MOST];
    static const char *layer[MOST];
    char *text = unpacked("cog_passage_historique_to_2025_COGiter.csv.gz", "passage.csv"),
         *at = text;
    char *f[2];
    size_t n = 0, n_layer = 0, agree = 0, main_part = 0, a_part = 0, differ = 0, changed = 0,
           before = 0;
    next_row(&at, f, 2);
    for (; n < MOST && next_row(&at, f, 2); n++) {
        old[n] = f[0];
        new[n] = f[1];
        layer[n] = f[1];
    }
    qsort(layer, n, sizeof *layer, by_text);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(layer[i], layer[n_layer - 1]) != 0)
            layer[n_layer++] = layer[i];
    struct layer *l = layer_of(layer, NULL, n_layer);
    struct qz_code_map *map = NULL;
    CHECK(qz_code_map_new(ctx, codes, 1943, 2025, &l->c, NULL, &map) == 0);
    for (size_t i = 0; i < n; i++) {
        size_t k = qz_code_map_find(map, old[i]);
        const struct qz_code_share own = { qz_communes_find(&l->c, old[i]), 1 };
        const struct qz_code_entry *e = k == SIZE_MAX ? NULL : qz_code_map_entry(map, k);
        const struct qz_code_share *shares = e ? e->shares : &own;
        size_t n_shares = e ? e->n : own.commune != QZ_NOWHERE;
        uint32_t want = qz_communes_find(&l->c, new[i]);
        bool found = false;
        changed += strcmp(old[i], new[i]) != 0;
        for (size_t s = 0; s < n_shares; s++)
            found = found || shares[s].commune == want;
        if (n_shares == 1 && found)
            agree++;
        else if (n_shares > 1 && shares[0].commune == want)
            main_part++;
        else if (found)
            a_part++;
        else if (k == SIZE_MAX && n_shares == 0)
            before++; /* of before the table begins, in February 1943 */
        else {
            differ++;
            fprintf(stderr, "passage: %s is %s there, %s%s here\n", old[i], new[i],
                    n_shares ? l->c.code[shares[0].commune] : "nothing",
                    n_shares > 1 ? " ..." : "");
        }
    }
    printf("passage to 2025: %zu codes (%zu changed): %zu alike, %zu split (%zu to the main part), "
           "%zu not in the table, %zu differ\n",
           n, changed, agree, main_part + a_part, main_part, before, differ);
    CHECK(n > 39000 && agree > 38000 && before == 13 && differ == 0);
    qz_code_map_freep(&map);
    layer_free(l);
    free(text);
}

/* COGugaison: what became of codes from one year to another, with shares of split ones. Read for
 * one pair of years at a time, the shares as the people of the layer: the weights must be them. */
struct pair {
    char *from, *to;
    double ratio;
    int from_year, to_year;
};

static int by_years(const void *va, const void *vb) {
    const struct pair *a = va, *b = vb;
    if (a->from_year != b->from_year)
        return a->from_year < b->from_year ? -1 : 1;
    if (a->to_year != b->to_year)
        return a->to_year < b->to_year ? -1 : 1;
    int order = strcmp(a->to, b->to);
    return order ? order : strcmp(a->from, b->from);
}

static void check_pairs_of_years(const struct qz_codes *codes, const struct pair *pairs, size_t n,
                                 size_t *agree, size_t *differ) {
    static const char *layer[6000];
    static double people[6000];
    size_t n_layer = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(layer[n_layer - 1], pairs[i].to) != 0) {
            people[n_layer] = 0;
            layer[n_layer++] = pairs[i].to;
        }
        people[n_layer - 1] += pairs[i].ratio;
    }
    struct layer *l = layer_of(layer, people, n_layer);
    struct qz_code_map *map = NULL;
    CHECK(qz_code_map_new(ctx, codes, pairs->from_year, pairs->to_year, &l->c, NULL, &map) == 0);
    for (size_t i = 0; i < n; i++) {
        size_t k = qz_code_map_find(map, pairs[i].from);
        uint32_t to = qz_communes_find(&l->c, pairs[i].to);
        double weight = -1;
        for (uint32_t s = 0; k != SIZE_MAX && s < qz_code_map_entry(map, k)->n; s++)
            if (qz_code_map_entry(map, k)->shares[s].commune == to)
                weight = qz_code_map_entry(map, k)->shares[s].weight;
        bool same = fabs(weight - pairs[i].ratio) < 1e-9;
        *(same ? agree : differ) += 1;
        if (!same)
            fprintf(stderr, "pairs: %d %s is %g of %d %s there, %g here\n", pairs[i].from_year,
                    pairs[i].from, pairs[i].ratio, pairs[i].to_year, pairs[i].to, weight);
    }
    qz_code_map_freep(&map);
    layer_free(l);
}

static void check_pairs(const struct qz_codes *codes) {
    enum { MOST = 6000 };
    static struct pair pairs[MOST];
    char *text = unpacked("cog_passage_pairs_2008_2024_COGugaison.csv.gz", "pairs.csv"), *at = text;
    char *f[7];
    size_t n = 0, agree = 0, differ = 0;
    next_row(&at, f, 7);
    for (; n < MOST && next_row(&at, f, 7); n++) {
        int from_year = atoi(f[5]), to_year = atoi(f[6]);
        bool turned = from_year + to_year > 2 * 2022; /* they have the two codes the wrong way round
                                                         there: 27058 became 27676 in 2023 */
        pairs[n] = (struct pair) { f[turned], f[!turned], strcmp(f[3], "d") == 0 ? atof(f[4]) : 1,
                                   from_year, to_year };
    }
    qsort(pairs, n, sizeof *pairs, by_years);
    for (size_t i = 0, k; i < n; i += k) {
        for (k = 1; i + k < n && pairs[i + k].from_year == pairs[i].from_year &&
                    pairs[i + k].to_year == pairs[i].to_year;)
            k++;
        check_pairs_of_years(codes, pairs + i, k, &agree, &differ);
    }
    printf("pairs of years: %zu alike, %zu differ\n", agree, differ);
    CHECK(agree > 5000 && differ == 0);
    free(text);
}

static void check_real(void) {
    struct qz_codes *codes = NULL;
    char *text = unpacked("cog_mvtcommunes_2025_COGiter.csv.gz", "real.csv");
    if (!text) {
        printf("no shared data: the real movements are not tried\n");
        return;
    }
    free(text);
    const struct qz_input input = { .file = scratch_path("real.csv") };
    fresh_issues();
    CHECK(qz_codes_read(ctx, &input, &issues, &report, &codes) == 0);
    CHECK(report.rows == 13534 && report.rejected == 0 && issues.n == 0);
    check_passage(codes);
    check_pairs(codes);
    qz_codes_freep(&codes);
}

/* ---- every allocation fails in turn */
static void check_memory(void) {
    char text[2048];
    bool whole = false;
    write_moves(moves, text, sizeof text);
    const char *path = scratch_text("moves.csv", text);
    const struct qz_input table = { .file = path };
    struct qz_input input = {
        .file = scratch_text("pop.csv", "codgeo,pmun\n01001,40\n01002,60\n01003,80\n"), .year = 2015
    };
    now = layer_from(layer_2020);
    for (size_t k = 0; k < 2000 && !whole; k++) {
        struct qz_codes *codes = NULL;
        struct qz_code_map *map = NULL;
        struct qz_people *p = NULL;
        fresh_issues();
        qz_memory_fail_after(k);
        int r = qz_codes_read(ctx, &table, &issues, &report, &codes);
        if (r == 0)
            r = qz_input_codes(ctx, codes, 2020, &now->c, NULL, &issues, &input, &map);
        if (r == 0)
            r = qz_people_read(ctx, &now->c, &input, &issues, &report, &p);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK((r == 0) == whole && (p != NULL) == whole && (r == 0 || r == QZ_E_NOMEM));
        qz_people_freep(&p);
        qz_code_map_freep(&map);
        qz_codes_freep(&codes);
    }
    CHECK(whole);
    layer_free(now);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(scratch_make());
    check_worked();
    check_cities();
    check_table();
    check_circles();
    check_files();
    check_random();
    check_real();
    check_memory();
    qz_issues_done(&issues);
    qz_crs_freep(&lambert93);
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
