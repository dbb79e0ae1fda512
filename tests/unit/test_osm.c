/* tests/unit/test_osm.c - OpenStreetMap files into roads: the same from each dialect, tags,
 * barriers, turns, ferries, gaps, damage
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "osm_town.h"
#include "scratch.h"
#include "source/osm_tags.h"
#include "source/source.h"
#include "source/words.h"

static struct qz_ctx *ctx;
static struct qz_crs *lambert93;
static struct qz_issues issues;
static struct qz_input_report report;

static int read_roads(struct qz_ctx *c, const char *path, struct qz_roads **ret) {
    const struct qz_input input = { .file = path };
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    *ret = NULL;
    int r = qz_roads_read(c, &input, lambert93, &issues, &report, ret);
    CHECK((*ret != NULL) == (r == 0));
    return r;
}

/* The count that an issue of this code names; 0: there is none. */
static int told(const char *code) {
    for (size_t i = 0; i < issues.n; i++)
        if (strcmp(issues.items[i].code, code) == 0)
            return atoi(issues.items[i].message);
    return 0;
}

static bool says(const char *a, const char *b) {
    const char *e = qz_ctx_error(ctx);
    bool ok = strstr(e, a) && strstr(e, b);
    if (!ok)
        fprintf(stderr, "it says: %s\n", e);
    return ok;
}

static const char *put_bytes(const char *name, struct bytes *b) {
    const char *path = scratch_bytes(name, b->p, b->n);
    bytes_done(b);
    return path;
}

static const char *put_town(const char *name, const char *const *lines, unsigned style) {
    static struct town t;
    struct bytes b = { 0 };
    t.n = 0;
    for (; *lines; lines++)
        town_add(&t, *lines);
    if (strstr(name, ".pbf") || strstr(name, ".PBF"))
        town_pbf(&t, style, &b);
    else
        town_xml(&t, &b);
    if (!strstr(name, ".gz"))
        return put_bytes(name, &b);
    const char *path = scratch_path(name);
    gzFile f = gzopen(path, "wb");
    CHECK(f && gzwrite(f, b.p, (unsigned)b.n) == (int)b.n && gzclose(f) == Z_OK);
    bytes_done(&b);
    return path;
}

/* ---- one town in all dialects. Nodes a degree/1000 apart along 46.5 N, near 3 E (x 700 000).
 *
 *   1 -- 2 -- 3 -- 4 -- 5     way 10 (bollard on 3), way 11 from 5 north to 6 and 7
 *   2 -> 8                    way 12, one way; no left turn from 10 into 12 at 2
 */
static const char *const town[] = {
    "n 1 30000000 465000000",
    "n 2 30010000 465000000",
    "n 3 30020000 465000000 barrier=bollard name=A&\"B",
    "n 4 30030000 465000000",
    "n 5 30040000 465000000 highway=crossing",
    "n 6 30040000 465010000",
    "n 7 30040000 465020000",
    "n 8 30010000 465010000",
    "n 9 31000000 465010000",
    "w 10 1,2,2,3,4,5 highway=residential maxspeed=30 name=<Rue>",
    "w 11 5,6,7 highway=primary junction=roundabout",
    "w 12 2,8 highway=service oneway=-1 access=private",
    "w 13 7,9,8,7 building=yes",
    "w 14 7,9 highway=proposed",
    "w 15 6,9,7,6 highway=pedestrian area=yes",
    "w 16 8,99,7,6 highway=track",
    "r 20 from:w10 via:n2 to:w12 type=restriction restriction=no_left_turn",
    "r 21 from:w12 via:n2 to:w10 type=restriction restriction=only_right_turn except=bus",
    "r 22 from:w12 via:n2 to:w10 type=restriction restriction=no_right_turn except=bus;motorcar",
    "r 23 from:w10 via:w11 to:w12 type=restriction restriction=no_u_turn",
    "r 24 from:w10 via:n2 to:w77 type=restriction restriction=no_entry",
    "r 25 outer:w13 type=multipolygon",
    NULL,
};

static void check_town_roads(const struct qz_roads *r) {
    static const struct {
        const char *class;
        float kmh;
        int direction;
        bool closed;
        int64_t nodes[6];
        size_t n;
    } want[] = {
        { "residential", 30, 0, false, { 1, 2, -1 }, 3 },
        { "residential", 30, 0, false, { -2, 4, 5 }, 3 },
        { "primary", 0, 1, false, { 5, 6, 7 }, 3 },
        { "service", 0, -1, true, { 2, 8 }, 2 },
        { "track", 0, 0, false, { 7, 6 }, 2 },
    };
    CHECK(r->n == COUNT(want));
    for (size_t i = 0; i < r->n && i < COUNT(want); i++) {
        const struct qz_road *road = &r->items[i];
        CHECK_NEAR(strcmp(r->class_name[road->class_id], want[i].class), 0, 0, want[i].class);
        CHECK_NEAR(road->kmh, want[i].kmh, 1e-5, want[i].class);
        CHECK(road->direction == want[i].direction && road->closed == want[i].closed);
        CHECK(r->items[i + 1].first_point - road->first_point == want[i].n);
        CHECK(memcmp(r->node_id + road->first_point, want[i].nodes, want[i].n * sizeof(int64_t)) ==
              0);
    }
    /* 46.5 N 3 E is the origin of Lambert-93; a thousandth of a degree is some 77 and 111 m */
    CHECK_NEAR(r->points[0].x_m, 700000, 0.01, "x");
    CHECK_NEAR(r->points[0].y_m, 6600000, 0.01, "y");
    CHECK_NEAR(r->points[1].x_m - r->points[0].x_m, 76.7, 0.2, "east");
    CHECK_NEAR(r->points[2].x_m, r->points[3].x_m, 0, "both sides of the bollard");
    CHECK(r->n_restrictions == 2);
    CHECK(r->restrictions[0].from_road == 0 && r->restrictions[0].to_road == 3);
    CHECK(r->restrictions[0].via_node == 2 && !r->restrictions[0].only);
    CHECK(r->restrictions[1].from_road == 3 && r->restrictions[1].only);
    CHECK(report.rows == 4 && report.rejected == 0 && strcmp(report.crs, "EPSG:4326") == 0);
    CHECK(told("barriers") == 1 && told("roads_cut") == 1);
    CHECK(told("turn_over_way") == 1 && told("turn_incomplete") == 1);
}

static void check_dialects(void) {
    static const struct {
        const char *file;
        unsigned style;
    } forms[] = {
        { "town.osm.pbf", PBF_ZIP | PBF_DENSE },
        { "raw.pbf", 0 },
        { "one.osm.pbf", PBF_ZIP | PBF_DENSE | PBF_ONE },
        { "town.osm", 0 },
        { "town.osm.gz", 0 },
        { "TOWN.OSM.PBF", PBF_ZIP },
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct qz_roads *roads;
        const char *path = put_town(forms[i].file, town, forms[i].style);
        int r = read_roads(ctx, path, &roads);
        CHECK_NEAR(r, 0, 0, forms[i].file);
        if (r == 0)
            check_town_roads(roads);
        else
            fprintf(stderr, "%s\n", qz_ctx_error(ctx));
        qz_roads_freep(&roads);
    }
}

/* Nodes behind, between and before ways, whatever the order of the blocks. */
static void check_orders(void) {
    static const int orders[][22] = {
        { 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 0, 1, 2, 3, 4, 5, 6, 7, 8 },
        { 0, 1, 9, 2, 3, 10, 4, 5, 11, 6, 7, 12, 8, 13, 14, 15, 16, 17, 18, 19, 20, 21 },
        { 16, 0, 17, 9, 18, 1, 10, 19, 2, 3, 11, 12, 4, 20, 5, 6, 13, 7, 8, 14, 21, 15 },
    };
    for (size_t i = 0; i < COUNT(orders); i++)
        for (unsigned style = 0; style < 8; style++) {
            const char *lines[COUNT(town)] = { NULL };
            struct qz_roads *roads;
            for (size_t k = 0; k + 1 < COUNT(town); k++)
                lines[k] = town[orders[i][k]];
            CHECK(read_roads(ctx, put_town("order.osm.pbf", lines, style), &roads) == 0);
            if (roads)
                check_town_roads(roads);
            qz_roads_freep(&roads);
        }
}

/* ---- tags */
static void set_tags(const char *text, struct qz_osm_tags *ret) {
    static char copy[512];
    char *rest = copy, *word;
    snprintf(copy, sizeof copy, "%s", text);
    *ret = (struct qz_osm_tags) { 0 };
    while ((word = strtok_r(NULL, "|", &rest))) {
        char *equal = strchr(word, '=');
        *equal = 0;
        for (size_t k = 0; k < OSM_N_KEYS; k++)
            if (strcmp(qz_osm_tag_keys[k], word) == 0)
                ret->value[k] = equal + 1;
    }
}

static void check_tags(void) {
    static const struct {
        const char *tags, *class; /* NULL: no road */
        float kmh;
        int direction;
        bool closed;
    } cases[] = {
        { "highway=primary", "primary", 0, 0, false },
        { "highway=residential|maxspeed=30", "residential", 30, 0, false },
        { "highway=residential|maxspeed=30 mph", "residential", 48.28032f, 0, false },
        { "highway=residential|maxspeed=30mph", "residential", 48.28032f, 0, false },
        { "highway=residential|maxspeed=50;30", "residential", 50, 0, false },
        { "highway=primary|maxspeed=FR:rural", "primary", 80, 0, false },
        { "highway=primary|maxspeed=fr:urban", "primary", 50, 0, false },
        { "highway=primary|maxspeed=FR:zone30", "primary", 30, 0, false },
        { "highway=primary|maxspeed=FR:70", "primary", 70, 0, false },
        { "highway=primary|maxspeed=BE:urban", "primary", 50, 0, false },
        { "highway=primary|maxspeed=BE:rural", "primary", 0, 0, false },
        { "highway=living_street|maxspeed=walk", "living_street", 6, 0, false },
        { "highway=motorway|maxspeed=none", "motorway", 0, 1, false },
        { "highway=primary|maxspeed=signals", "primary", 0, 0, false },
        { "highway=primary|source:maxspeed=FR:urban", "primary", 50, 0, false },
        { "highway=primary|source:maxspeed=sign|maxspeed=70", "primary", 70, 0, false },
        { "highway=primary|zone:maxspeed=FR:30", "primary", 30, 0, false },
        { "highway=primary|maxspeed:type=FR:rural", "primary", 80, 0, false },
        { "highway=primary|maxspeed=0", "primary", 0, 0, false },
        { "highway=primary|maxspeed=-50", "primary", 0, 0, false },
        { "highway=primary|maxspeed=nan", "primary", 0, 0, false },
        { "highway=primary|maxspeed=9999999999", "primary", 0, 0, false },
        { "highway=primary|maxspeed=fast", "primary", 0, 0, false },
        { "highway=primary|oneway=yes", "primary", 0, 1, false },
        { "highway=primary|oneway=1", "primary", 0, 1, false },
        { "highway=primary|oneway=-1", "primary", 0, -1, false },
        { "highway=primary|oneway=reversible", "primary", 0, 0, false },
        { "highway=primary|oneway=sometimes", "primary", 0, 0, false },
        { "highway=primary|junction=roundabout", "primary", 0, 1, false },
        { "highway=primary|junction=circular", "primary", 0, 1, false },
        { "highway=primary|junction=roundabout|oneway=-1", "primary", 0, -1, false },
        { "highway=primary|junction=jughandle", "primary", 0, 0, false },
        { "highway=motorway", "motorway", 0, 1, false },
        { "highway=motorway|oneway=no", "motorway", 0, 0, false },
        { "highway=motorway_link", "motorway_link", 0, 1, false },
        { "highway=motorway_link|oneway=no", "motorway_link", 0, 0, false },
        { "highway=trunk", "trunk", 0, 0, false },
        { "highway=service|access=no", "service", 0, 0, true },
        { "highway=service|access=private", "service", 0, 0, true },
        { "highway=service|access=customers", "service", 0, 0, false },
        { "highway=service|access=destination", "service", 0, 0, false },
        { "highway=track|motor_vehicle=agricultural;forestry", "track", 0, 0, true },
        { "highway=track|motor_vehicle=agricultural;yes", "track", 0, 0, false },
        { "highway=service|access=no|motor_vehicle=yes", "service", 0, 0, false },
        { "highway=service|access=yes|vehicle=no", "service", 0, 0, true },
        { "highway=service|vehicle=no|motor_vehicle=destination", "service", 0, 0, false },
        { "highway=service|motor_vehicle=no|motorcar=yes", "service", 0, 0, false },
        { "highway=service|motor_vehicle=yes|motorcar=no", "service", 0, 0, true },
        { "highway=construction", NULL, 0, 0, false },
        { "highway=proposed", NULL, 0, 0, false },
        { "highway=pedestrian|area=yes", NULL, 0, 0, false },
        { "highway=service|area=no", "service", 0, 0, false },
        { "route=ferry", "ferry", 0, 0, false },
        { "route=ferry|motor_vehicle=no", "ferry", 0, 0, true },
        { "route=ferry|foot=yes", "ferry", 0, 0, true },
        { "route=ferry|foot=yes|motorcar=yes", "ferry", 0, 0, false },
        { "route=bus", NULL, 0, 0, false },
        { "route=hiking|highway=path", "path", 0, 0, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_osm_tags t;
        struct qz_osm_road road;
        set_tags(cases[i].tags, &t);
        qz_osm_tags_road(&t, &road);
        const char *class = road.class ? road.class : "none";
        CHECK_NEAR(strcmp(class, cases[i].class ? cases[i].class : "none"), 0, 0, cases[i].tags);
        CHECK_NEAR(road.kmh, cases[i].kmh, 1e-4, cases[i].tags);
        CHECK_NEAR(road.direction, cases[i].direction, 0, cases[i].tags);
        CHECK_NEAR(road.closed, cases[i].closed, 0, cases[i].tags);
    }
}

static void check_barriers(void) {
    static const struct {
        const char *tags;
        bool blocks;
    } cases[] = {
        { "highway=crossing", false },
        { "access=no", false }, /* no barrier: the way's own tags speak */
        { "barrier=bollard", true },
        { "barrier=bollard|access=no|foot=yes", true },
        { "barrier=bollard|motor_vehicle=yes", false },
        { "barrier=bollard|access=yes", true }, /* everybody who can get through */
        { "barrier=block", true },
        { "barrier=jersey_barrier", true },
        { "barrier=cycle_barrier", true },
        { "barrier=gate", false },
        { "barrier=gate|access=private", true },
        { "barrier=gate|access=no", true },
        { "barrier=gate|access=no|motor_vehicle=destination", false },
        { "barrier=gate|motorcar=no", true },
        { "barrier=lift_gate", false },
        { "barrier=cattle_grid", false },
        { "barrier=toll_booth", false },
        { "barrier=kerb", false },
        { "barrier=border_control", false },
        { "barrier=swing_gate|access=private", true },
        { "barrier=something_new", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_osm_tags t;
        set_tags(cases[i].tags, &t);
        CHECK_NEAR(qz_osm_tags_blocks(&t), cases[i].blocks, 0, cases[i].tags);
    }
}

/* A bollard at the end of two roads parts them; an inner one cuts; negative ids stay apart. */
static void check_barrier_ends(void) {
    static const char *const lines[] = {
        "n -7 30000000 465000000",
        "n 2 30010000 465000000 barrier=block",
        "n 3 30020000 465000000",
        "w 10 -7,2 highway=residential",
        "w 11 2,3 highway=residential",
        "w 12 2,-7,2 highway=residential",
        NULL,
    };
    const int64_t want[] = { -7, -8, -9, 3, -10, -7, -11 };
    struct qz_roads *roads;
    CHECK(read_roads(ctx, put_town("ends.osm.pbf", lines, PBF_DENSE), &roads) == 0);
    CHECK(roads && roads->n == 3 && roads->n_points == COUNT(want));
    CHECK(roads && memcmp(roads->node_id, want, sizeof want) == 0);
    qz_roads_freep(&roads);
}

static void check_turns(void) {
    static const struct {
        const char *tags;
        enum qz_osm_turn turn;
    } cases[] = {
        { "restriction=no_left_turn", OSM_TURN_NO },
        { "restriction=no_right_turn", OSM_TURN_NO },
        { "restriction=no_straight_on", OSM_TURN_NO },
        { "restriction=no_u_turn", OSM_TURN_NO },
        { "restriction=no_entry", OSM_TURN_NO },
        { "restriction=no_exit", OSM_TURN_NO },
        { "restriction=only_straight_on", OSM_TURN_ONLY },
        { "restriction=only_left_turn", OSM_TURN_ONLY },
        { "restriction:motorcar=no_left_turn", OSM_TURN_NO },
        { "restriction=no_left_turn|restriction:motorcar=none", OSM_TURN_NONE },
        { "restriction=no_left_turn|except=motorcar", OSM_TURN_NONE },
        { "restriction=no_left_turn|except=bus; motorcar", OSM_TURN_NONE },
        { "restriction=no_left_turn|except=motorcars", OSM_TURN_NO },
        { "restriction=no_left_turn|except=psv;bicycle", OSM_TURN_NO },
        { "restriction=yes", OSM_TURN_NONE },
        { "highway=primary", OSM_TURN_NONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_osm_tags t;
        set_tags(cases[i].tags, &t);
        CHECK_NEAR(qz_osm_tags_turn(&t), cases[i].turn, 0, cases[i].tags);
    }
}

/* ---- ferries */
static void check_durations(void) {
    static const struct {
        const char *text;
        double s;
    } cases[] = {
        { "0:15", 900 },  { "01:30", 5400 },   { "1:00:30", 3630 }, { "45", 2700 },
        { "PT15M", 900 }, { "PT1H30M", 5400 }, { "PT90S", 90 },     { "26:00", 93600 },
        { "quick", 0 },   { "1:2:3:4", 0 },    { "", 0 },           { "PT", 0 },
        { "PT1X", 0 },    { "-1:00", 0 },      { "9999:00", 0 },    { "15 min", 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(qz_word_duration_s(cases[i].text), cases[i].s, 0, cases[i].text);
}

static void check_ferries(void) {
    static const char *const lines[] = {
        "n 1 30000000 465000000", /* 76.7 m apart */
        "n 2 30010000 465000000",
        "n 3 30020000 465000000",
        "w 10 1,2,3 route=ferry duration=00:01",    /* 153 m a minute: 9.2 km/h */
        "w 11 1,2,3 route=ferry duration=soon",     /* not understood */
        "w 12 1,2,99 route=ferry duration=00:01",   /* its length is not known */
        "w 13 1,2,3 route=ferry duration=00:00:01", /* 552 km/h */
        "w 14 1,2,3 route=ferry",
        NULL,
    };
    const double want_kmh[] = { 9.2, 0, 0, 0, 0 };
    struct qz_roads *roads;
    CHECK(read_roads(ctx, put_town("ferry.osm", lines, 0), &roads) == 0);
    CHECK(roads && roads->n == COUNT(want_kmh) && told("bad_duration") == 1);
    for (size_t i = 0; roads && i < roads->n && i < COUNT(want_kmh); i++) {
        CHECK_NEAR(roads->items[i].kmh, want_kmh[i], 0.05, "ferry");
        CHECK(strcmp(roads->class_name[roads->items[i].class_id], "ferry") == 0);
    }
    qz_roads_freep(&roads);
}

/* ---- ways that the extract cuts */
static void check_gaps(void) {
    static const char *const lines[] = {
        "n 1 30000000 465000000",
        "n 2 30010000 465000000",
        "n 3 30020000 465000000",
        "n 4 30020000 2000000000", /* north of the pole: no place */
        "w 10 1,2,90,3,1 highway=primary",
        "w 11 90,1,91,2,92 highway=primary",
        "w 12 90,91 highway=primary",
        "w 13 1,1,1 highway=primary",
        "w 14 1,2,4,2,3 highway=primary",
        NULL,
    };
    struct qz_roads *roads;
    CHECK(read_roads(ctx, put_town("gaps.osm.pbf", lines, PBF_DENSE), &roads) == 0);
    CHECK(roads && roads->n == 4 && roads->n_points == 8);
    CHECK(told("roads_cut") == 2 && told("road_without_nodes") == 3);
    CHECK(report.rows == 5 && report.rejected == 3);
    qz_roads_freep(&roads);
}

/* ---- what cannot be read */
static void check_refused(const char *name, struct bytes *b, int code, const char *text) {
    struct qz_roads *roads;
    const char *path = put_bytes(name, b);
    int r = read_roads(ctx, path, &roads);
    CHECK_NEAR(r, code, 0, text);
    CHECK(r == 0 || says(name, text));
    qz_roads_freep(&roads);
}

static void add_bytes(struct bytes *b, const char *text) { bytes_add(b, text, strlen(text)); }

static void check_bad_xml(void) {
    static const struct {
        const char *text, *says;
        int code;
    } cases[] = {
        { "<gpx><node/></gpx>", "root element is 'gpx'", QZ_E_FORMAT },
        { "no xml", "damaged at line 1", QZ_E_FORMAT },
        { "<osm><node id='1' lon='3' lat='46'/>", "damaged at line 1", QZ_E_FORMAT },
        { "<osm><way id='x'/></osm>", "whole number", QZ_E_FORMAT },
        { "<osm><way id='1'><nd ref='1.5'/></way></osm>", "whole number", QZ_E_FORMAT },
        { "<osm><way id='99999999999999999999'/></osm>", "whole number", QZ_E_FORMAT },
        { "<osm>\n<way id='1'><nd ref='1'/><tag k='highway' v='track'/></way>\n"
          "<node id='1' lon='three' lat='46'/></osm>",
          "line 3", QZ_E_FORMAT },
        { "<!DOCTYPE osm [<!ENTITY a 'b'>]><osm>&a;</osm>", "document type", QZ_E_FORMAT },
        { "<osm></osm>", "no way with highway", QZ_E_DATA },
        { "<osm><way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='track'/></way></osm>",
          "does not hold the nodes", QZ_E_DATA },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes b = { 0 };
        add_bytes(&b, cases[i].text);
        check_refused("bad.osm", &b, cases[i].code, cases[i].says);
    }
    struct bytes huge = { 0 };
    add_bytes(&huge, "<osm><note text='");
    for (size_t i = 0; i < 300000; i++)
        add_bytes(&huge, "0123456789");
    add_bytes(&huge, "'/></osm>");
    check_refused("huge.osm", &huge, QZ_E_FORMAT, "1 MiB");
}

static void check_bad_gzip(void) {
    size_t n;
    char *whole = scratch_read(put_town("whole.osm.gz", town, 0), &n);
    for (size_t cut = 1; cut < n; cut++) {
        struct bytes b = { 0 };
        bytes_add(&b, whole, cut);
        check_refused("cut.osm.gz", &b, QZ_E_FORMAT, "damaged at");
    }
    free(whole);
}

/* One data block with this content behind a good header. */
static void check_bad_block(const struct bytes *block, const char *text) {
    struct bytes file = { 0 };
    put_osm_header(&file, NULL);
    put_blob(&file, "OSMData", block, 1);
    check_refused("block.osm.pbf", &file, QZ_E_FORMAT, text);
}

static void check_bad_blocks(void) {
    struct bytes block = { 0 }, texts = { 0 }, group = { 0 }, way = { 0 }, list = { 0 };
    add_bytes(&block, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    check_bad_block(&block, "no message");
    block.n = 0; /* a way whose key has no text */
    put_text(&texts, 1, "");
    put_text(&texts, 1, "highway");
    put_field(&block, 1, &texts);
    put_number(&way, 1, 10);
    put_varint(&list, 1);
    put_field(&way, 2, &list);
    put_varint(&list, 7);
    put_field(&way, 3, &list);
    put_field(&group, 3, &way);
    put_field(&block, 2, &group);
    check_bad_block(&block, "a tag without its text");
    block.n = 0; /* a list of nodes that ends inside a number */
    put_text(&texts, 1, "");
    put_text(&texts, 1, "highway");
    put_text(&texts, 1, "track");
    put_field(&block, 1, &texts);
    put_number(&way, 1, 10);
    put_varint(&list, 1);
    put_field(&way, 2, &list);
    put_varint(&list, 2);
    put_field(&way, 3, &list);
    bytes_add(&list, "\x02\x80", 2);
    put_field(&way, 8, &list);
    put_field(&group, 3, &way);
    put_field(&block, 2, &group);
    check_bad_block(&block, "list of nodes is cut");
    struct bytes *all[] = { &block, &texts, &group, &way, &list };
    for (size_t i = 0; i < COUNT(all); i++)
        bytes_done(all[i]);
}

static void put_odd_blob(struct bytes *file, unsigned field, uint64_t raw_size, const char *data) {
    struct bytes blob = { 0 }, head = { 0 };
    put_number(&blob, 2, raw_size);
    put_text(&blob, field, data);
    put_text(&head, 1, "OSMData");
    put_number(&head, 3, blob.n);
    const unsigned char size[4] = { 0, 0, 0, (unsigned char)head.n };
    bytes_add(file, size, 4);
    bytes_add(file, head.p, head.n);
    bytes_add(file, blob.p, blob.n);
    bytes_done(&blob);
    bytes_done(&head);
}

static void check_bad_blobs(void) {
    static const struct {
        unsigned field;
        uint64_t raw_size;
        const char *says;
    } cases[] = {
        { 3, 100, "does not unpack" },         { 3, 33 << 20, "more than 32 MiB" },
        { 3, UINT64_MAX, "more than 32 MiB" }, { 4, 100, "not compressed by zlib" },
        { 7, 100, "not compressed by zlib" },  { 9, 100, "without data" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes file = { 0 };
        put_osm_header(&file, NULL);
        put_odd_blob(&file, cases[i].field, cases[i].raw_size, "this is no zlib stream");
        check_refused("blob.osm.pbf", &file, QZ_E_FORMAT, cases[i].says);
    }
    struct bytes file = { 0 };
    add_bytes(&file, "a text, not a map");
    check_refused("text.osm.pbf", &file, QZ_E_FORMAT, "damaged at byte 0: it is not an OSM PBF");
    put_odd_blob(&file, 1, 0, "x");
    check_refused("headless.osm.pbf", &file, QZ_E_FORMAT, "not an OSM PBF");
    put_osm_header(&file, "HistoricalInformation");
    check_refused("history.osm.pbf", &file, QZ_E_FORMAT, "HistoricalInformation");
    put_osm_header(&file, NULL);
    check_refused("empty.osm.pbf", &file, QZ_E_DATA, "no way with highway");
    put_osm_header(&file, NULL);
    bytes_add(&file, "\0\0\0\4\x0a\2ab", 8); /* a head without the blob's size */
    check_refused("nosize.osm.pbf", &file, QZ_E_FORMAT, "head is no message");
    put_osm_header(&file, NULL);
    bytes_add(&file, "\x7f\xff\xff\xff", 4);
    check_refused("bighead.osm.pbf", &file, QZ_E_FORMAT, "impossible size");
}

/* Thousands of damaged copies: an error that names the file, or roads, never a crash. */
static uint32_t dice = 12345;
static size_t throw(size_t n) {
    dice = dice * 1664525u + 1013904223u;
    return (size_t)(dice >> 8) % n;
}

static void check_mutations(unsigned style, const char *name, unsigned turns) {
    size_t n, n_good = 0, n_bad = 0;
    const char *mutant = strstr(name, ".pbf") ? "m.osm.pbf" : "m.osm";
    char *whole = scratch_read(put_town(name, town, style), &n), *copy = malloc(n);
    for (unsigned i = 0; i < turns; i++) {
        struct qz_roads *roads;
        size_t length = i % 4 == 0 ? throw(n) + 1 : n, changes = i % 4 == 0 ? 0 : 1 + throw(4);
        memcpy(copy, whole, n);
        for (size_t k = 0; k < changes; k++) {
            size_t at = throw(n);
            copy[at] = (char)(i % 4 == 1 ? throw(256) : (size_t)copy[at] ^ (size_t)1 << throw(8));
        }
        int r = read_roads(ctx, scratch_bytes(mutant, copy, length), &roads);
        n_good += r == 0;
        n_bad += r < 0;
        if (r < 0 && !strstr(qz_ctx_error(ctx), "m.osm"))
            CHECK(says("m.osm", ""));
        qz_roads_freep(&roads);
    }
    CHECK(n_good > 0 && n_bad > 0);
    free(whole);
    free(copy);
}

/* ---- memory that ends at each place in turn */
static void check_memory(const char *name) {
    const char *path = put_town(name, town, PBF_ZIP | PBF_DENSE);
    const struct qz_input input = { .file = path };
    struct qz_roads *roads = NULL;
    int r = QZ_E_NOMEM;
    size_t n = 0;
    for (; n < 2000 && r != 0; n++) {
        qz_issues_done(&issues);
        CHECK(qz_issues_init(ctx, &issues) == 0);
        qz_memory_fail_after(n);
        r = qz_roads_read(ctx, &input, lambert93, &issues, &report, &roads);
        qz_memory_fail_after(SIZE_MAX);
        CHECK(r == 0 || (r == QZ_E_NOMEM && !roads));
    }
    CHECK(r == 0 && n > 20);
    qz_roads_freep(&roads);
}

/* ---- real files, when they are there: counts by a parser of another hand, agreed by GDAL's lines
 */
static bool same_roads(const struct qz_roads *a, const struct qz_roads *b) {
    return a->n == b->n && a->n_points == b->n_points && a->n_classes == b->n_classes &&
           a->n_restrictions == b->n_restrictions &&
           memcmp(a->node_id, b->node_id, a->n_points * sizeof *a->node_id) == 0 &&
           memcmp(a->points, b->points, a->n_points * sizeof *a->points) == 0;
}

static void check_real(void) {
    static const struct {
        const char *file;
        size_t n_ways, n_lost, n_runs, n_points; /* before barriers cut */
    } cases[] = {
        { "porto.osm.pbf", 49607, 39, 49568, 399593 },
        { "andorra.osm.pbf", 1612, 0, 1612, 40583 },
        { "le_mans_centre.osm.pbf", 199, 0, 199, 1206 },
        { "monaco.osm.gz", 860, 0, 860, 5954 },
        { "redon.osm.gz", 360, 10, 351, 1637 },
    };
    struct qz_ctx_params params = { .threads = 4 };
    struct qz_ctx *four = NULL;
    CHECK(qz_ctx_new(&params, &four) == 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[512];
        struct qz_roads *r, *by_four;
        snprintf(path, sizeof path, "%s/osm/%s", SHARED_DATA, cases[i].file);
        if (!scratch_exists(path)) {
            printf("not there: %s\n", cases[i].file);
            continue;
        }
        CHECK(read_roads(ctx, path, &r) == 0 && read_roads(four, path, &by_four) == 0);
        CHECK(same_roads(r, by_four));
        size_t n_cuts = r->n - cases[i].n_runs; /* each gives one road and one point more */
        CHECK_NEAR((double)report.rows, (double)cases[i].n_ways, 0, cases[i].file);
        CHECK_NEAR((double)report.rejected, (double)cases[i].n_lost, 0, cases[i].file);
        CHECK_NEAR((double)(r->n_points - n_cuts), (double)cases[i].n_points, 0, cases[i].file);
        qz_roads_freep(&r);
        qz_roads_freep(&by_four);
    }
    qz_ctx_free(four);
}

int main(void) {
    struct qz_ctx_params params = { .threads = 1 };
    CHECK(scratch_make() && qz_ctx_new(&params, &ctx) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert93) == 0);
    check_dialects();
    check_orders();
    check_tags();
    check_barriers();
    check_barrier_ends();
    check_turns();
    check_durations();
    check_ferries();
    check_gaps();
    check_bad_xml();
    check_bad_gzip();
    check_bad_blocks();
    check_bad_blobs();
    check_mutations(PBF_DENSE, "raw.osm.pbf", 2000); /* no checksum in the way */
    check_mutations(PBF_ONE, "one.osm.pbf", 1000);
    check_mutations(PBF_ZIP | PBF_DENSE, "zip.osm.pbf", 500);
    check_mutations(0, "text.osm", 1500);
    check_memory("memory.osm.pbf");
    check_memory("memory.osm");
    check_real();
    qz_issues_done(&issues);
    qz_crs_free(lambert93);
    qz_ctx_free(ctx);
    scratch_remove(scratch_root);
    return check_end();
}
