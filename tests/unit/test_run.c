/* tests/unit/test_run.c - keys of stages, same bytes, stops and failures that leave nothing behind.
 * The territory is the demonstration's smallest, 20 communes, with a coarse grid and two
 * professions.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "io/table.h"
#include "io/writer.h"
#include "quinze/demo.h"
#include "run/run.h"
#include "scratch.h"

static struct qz_ctx *ctx;

#define COMMUNES "[communes]\nfile = communes.gpkg\n"
#define POINTS   "[points]\nfile = chefs_lieux.csv\ncrs = EPSG:2154\n"
#define PEOPLE   "[population]\nfile = population.csv\n"
#define REST                                                                                     \
    "[territory]\nname = Essai\n[roads]\nfile = routes.shp\n"                                    \
    "[territories]\nfile = territoires.csv\n"                                                    \
    "[practitioners gp]\nfile = praticiens.csv\ncrs = EPSG:2154\nprofession = "                  \
    "medecin_generaliste\n"                                                                      \
    "[practitioners midwife]\nfile = praticiens.csv\ncrs = EPSG:2154\nprofession = sage_femme\n" \
    "[output]\ndate = 2026-01-31\n"
#define CELLS  "[cells]\nfile = carreaux.csv\n"
#define COARSE "[isochrones]\ncell_m = 400\n"
#define ZONES                                                                          \
    "[official]\nfile = zonages.csv\nvalue = zonage_medecin\n"                         \
    "[zonage]\nregime = 2021\nzip_percent = 15\nzac_percent = 20\ncriteria = delai\n"  \
    "criteria_weight = 0.2\n[overrides]\nfile = derogations.csv\n"                     \
    "[overlay frr]\nfile = zonages.csv\nvalue = frr\n[overlay qpv]\nfile = qpv.gpkg\n" \
    "[table delai]\nfile = zonages.csv\nvalue = delai_jours\n[areas]\nareas = 5\n"     \
    "[threat]\nlevel = epci\nscore = delai 1, frr 1, gp_apl 1\n[siting]\nsites = 2\n"  \
    "demand = people\napart_km = 1\n"
static const char usual[] = COMMUNES POINTS PEOPLE REST COARSE;

static struct qz_plan *plan_of(const char *folder, const char *text) {
    struct qz_plan *plan = NULL;
    char name[64];
    snprintf(name, sizeof name, "%s/mine.ini", folder);
    CHECK(qz_plan_read(ctx, scratch_text(name, text), &plan) == 0);
    return plan;
}

struct ran { /* the report borrows the plan */
    struct qz_plan *plan;
    struct qz_report *report;
};

static int run_text(struct qz_ctx *c, const char *folder, const char *text, const char *out,
                    struct ran *ret) {
    static const struct qz_run_params params = { .overwrite = false };
    *ret = (struct ran) { .plan = plan_of(folder, text) };
    int r = qz_run(c, ret->plan, &params, scratch_path(out), &ret->report);
    CHECK((ret->report != NULL) == (r == 0));
    return r;
}

static void ran_done(struct ran *ran) {
    qz_report_free(ran->report);
    qz_plan_free(ran->plan);
}

/* ---- what a run says */
static void check_report(void) {
    struct qz_report *report = NULL;
    struct qz_plan *plan = plan_of("a", usual);
    const struct qz_run_params params = { .overwrite = false };
    CHECK(qz_run(ctx, plan, &params, scratch_path("one.gpkg"), &report) == 0);
    CHECK(scratch_exists(scratch_path("one.gpkg")));
    CHECK(report && report->n_communes == 20 && report->n_professions == 2);
    CHECK(report && report->n_stages == QZ_N_STAGES && report->people > 5000);
    for (size_t p = 0; report && p < report->n_professions; p++) {
        const struct qz_report_profession *q = &report->professions[p];
        CHECK_NEAR(q->people_within + q->people_beyond, report->people, 1e-6, q->key);
        CHECK(q->heads > 0 && q->people_within > 0 && *q->label);
    }
    CHECK(report && report->people_in_zones <= report->people + 1e-6);
    for (size_t i = 0; report && i < report->n_stages; i++) {
        CHECK(strspn(report->stages[i].key, "0123456789abcdef") == 64);
        CHECK(strcmp(report->stages[i].name, qz_stages[i].name) == 0);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(report->stages[i].key, report->stages[j].key) != 0);
    }
    qz_report_free(report);
    report = NULL;
    CHECK(qz_run(ctx, plan, &params, scratch_path("one.gpkg"), &report) == QZ_E_EXISTS && !report);
    int before = scratch_entries(scratch_root);
    CHECK(qz_check(ctx, plan, &report) == 0); /* reads, computes no time, writes nothing */
    CHECK(report && report->n_communes == 20 && report->n_stages == QZ_STAGE_STOPS + 1);
    CHECK(report && report->n_zones == 0 && scratch_entries(scratch_root) == before);
    qz_report_free(report);
    qz_plan_free(plan);
    CHECK(qz_report_free(NULL) == NULL);
    CHECK(strstr(qz_versions(), "quinze ") == qz_versions() && strstr(qz_versions(), "GEOS"));
}

/* A stage takes only what stands before it, and no two have the same name. */
static void check_table(void) {
    for (size_t i = 0; i < QZ_N_STAGES; i++) {
        CHECK(qz_stages[i].inputs >> i == 0 && qz_stages[i].run && qz_stages[i].version > 0);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(qz_stages[i].name, qz_stages[j].name) != 0);
    }
}

/* ---- keys */
struct keys {
    char hex[QZ_N_STAGES][65];
};

static struct keys keys_of(const char *folder, const char *text) {
    struct keys keys = { 0 };
    struct qz_plan *plan = plan_of(folder, text);
    struct qz_run_state s;
    CHECK(qz_run_state_init(ctx, &s, plan) == 0);
    CHECK(qz_run_stages(ctx, &s, QZ_N_STAGES - 1) == 0);
    for (size_t i = 0; i < QZ_N_STAGES; i++)
        qz_key_hex(&s.keys[i], keys.hex[i]);
    qz_run_state_done(&s);
    qz_plan_free(plan);
    return keys;
}

static uint64_t changed(const struct keys *a, const struct keys *b) {
    uint64_t set = 0;
    for (size_t i = 0; i < QZ_N_STAGES; i++)
        set |= strcmp(a->hex[i], b->hex[i]) ? 1ull << i : 0;
    return set;
}

static void check_changed(const struct keys *before, const struct keys *after, uint64_t want,
                          const char *name) {
    uint64_t set = changed(before, after);
    for (size_t i = 0; i < QZ_N_STAGES; i++)
        if ((set ^ want) >> i & 1)
            fprintf(stderr, "%s: stage %s %s\n", name, qz_stages[i].name,
                    set >> i & 1 ? "changed" : "did not change");
    CHECK_NEAR(set == want, 1, 0, name);
}

#define S(stage) (1ull << QZ_STAGE_##stage)

#define AFTER_TIMES (S(COUNTS) | S(COVERAGE) | S(AFTER) | S(SITING) | S(SETS))
#define AFTER_PEOPLE                                                                      \
    (S(HOME_PEOPLE) | S(REACHED) | S(SCORES) | S(ISOCHRONES) | S(CANDIDATES) | S(ZONES) | \
     S(AREAS) | AFTER_TIMES)
#define AFTER_HOMES                                                                           \
    (S(CELLS) | S(HOMES) | S(HOME_STOPS) | S(LINKS) | S(NEAREST) | S(EDGE) | S(HOME_PEOPLE) | \
     S(REACHED) | S(SCORES) | S(ISOCHRONES) | S(CANDIDATE_LINKS) | AFTER_TIMES)
#define AFTER_SITES                                                                      \
    (S(OUTLOOKS) | S(STOPS) | S(LINKS) | S(NEAREST) | S(REACHED) | S(SCORES) | S(EDGE) | \
     AFTER_TIMES)
#define AFTER_ORIGINS                                                                         \
    (S(ORIGINS) | S(HOME_STOPS) | S(STOPS) | S(LINKS) | S(NEAREST) | S(REACHED) | S(SCORES) | \
     S(EDGE) | S(ISOCHRONES) | S(CANDIDATES) | S(SEATS) | S(ZONES) | S(AREAS) |               \
     S(CANDIDATE_LINKS) | AFTER_TIMES)

static const struct {
    const char *name, *text;
    uint64_t want;
} parameters[] = {
    { "cell_m", COMMUNES POINTS PEOPLE REST "[isochrones]\ncell_m = 500\n",
      S(LAND) | S(ISOCHRONES) | S(COVERAGE) },
    { "walk_limit_m", COMMUNES POINTS PEOPLE REST COARSE "walk_limit_m = 300\n",
      S(LAND) | S(ISOCHRONES) | S(COVERAGE) },
    { "people_max", COMMUNES POINTS PEOPLE REST COARSE "[zones]\npeople_max = 30000\n",
      S(ZONES) | S(AFTER) | S(SETS) },
    { "access_speed_kmh", COMMUNES POINTS PEOPLE REST COARSE "[travel]\naccess_speed_kmh = 15\n",
      AFTER_ORIGINS },
    { "licence: no result depends on it", COMMUNES "licence = ODbL\n" POINTS PEOPLE REST COARSE,
      0 },
    { "the default said aloud", COMMUNES POINTS PEOPLE REST COARSE "walk_speed_kmh = 5.0\n", 0 },
};

static void check_parameters(const struct keys *base) {
    for (size_t i = 0; i < COUNT(parameters); i++) {
        struct keys keys = keys_of("a", parameters[i].text);
        check_changed(base, &keys, parameters[i].want, parameters[i].name);
    }
}

/* A kilometre or so east: the third digit of x in the first row of a GP, who stands for the site.
 * rpps,profession,finess,site_id,structure,parent_site,insee_com,x,y,... */
static void move_first_gp(char *table) {
    char *at = strstr(table, "medecin_generaliste");
    CHECK(at != NULL);
    for (int commas = 0; at && commas < 6; commas++)
        at = strchr(at + 1, ',');
    CHECK(at && at[3] >= '0' && at[3] <= '9');
    if (at)
        at[3] = at[3] == '9' ? '8' : (char)(at[3] + 1);
}

static void check_contents(const struct keys *base) {
    size_t n = 0;
    char *whole = scratch_read(scratch_path("a/population.csv"), &n);
    char *digit = whole ? strchr(strchr(whole, '\n'), ',') : NULL; /* first row: code,name,people */
    digit = digit ? strchr(digit + 1, ',') + 1 : NULL;
    CHECK(digit && *digit >= '1' && *digit <= '9');
    if (digit)
        *digit = *digit == '1' ? '2' : '1';
    char *kept = scratch_read(scratch_path("a/population.csv"), &n);
    scratch_bytes("a/population.csv", whole, n);
    struct keys keys = keys_of("a", usual);
    check_changed(base, &keys, S(PEOPLE) | AFTER_PEOPLE, "population");
    scratch_bytes("a/population.csv", kept, n);
    free(kept);
    free(whole);
    keys = keys_of("a", usual);
    CHECK(changed(base, &keys) == 0); /* as before: the same keys */
}

/* Keys of the parts of `people by site`. */
static size_t reached_parts(const char *folder, struct qz_key *parts, size_t most) {
    struct qz_plan *plan = plan_of(folder, usual);
    struct qz_run_state s;
    CHECK(qz_run_state_init(ctx, &s, plan) == 0);
    CHECK(qz_run_stages(ctx, &s, QZ_STAGE_REACHED) == 0);
    size_t n = s.parts[QZ_STAGE_REACHED];
    CHECK(n > 5 && n <= most);
    for (size_t i = 0; i < n && i < most; i++) {
        struct qz_hash *h = qz_hash_new();
        CHECK(qz_stages[QZ_STAGE_REACHED].key(ctx, &s, i, h) == 0);
        parts[i] = qz_hash_end(h);
    }
    qz_run_state_done(&s);
    qz_plan_free(plan);
    return n;
}

/* One practice moves by a kilometre: its own people change, those of all the others do not. */
static void check_move(const struct keys *base) {
    enum { MOST = 200 };
    struct qz_key before[MOST], after[MOST];
    size_t n = reached_parts("a", before, MOST), size = 0, different = 0;
    char *kept = scratch_read(scratch_path("a/praticiens.csv"), &size);
    char *table = scratch_read(scratch_path("a/praticiens.csv"), &size);
    move_first_gp(table);
    scratch_bytes("a/praticiens.csv", table, size);
    CHECK(reached_parts("a", after, MOST) == n);
    for (size_t i = 0; i < n && i < MOST; i++)
        different += memcmp(&before[i], &after[i], sizeof before[i]) != 0;
    CHECK_NEAR((double)different, 1, 0, "people of one site");
    struct keys keys = keys_of("a", usual);
    check_changed(base, &keys, S(SITES) | S(ISOCHRONES) | AFTER_SITES, "a practice moved");
    scratch_bytes("a/praticiens.csv", kept, size);
    free(table);
    free(kept);
}

/* A grid moves the homes, not the points: zones' seats, sites and what is drawn stay as they are.
 */
static void check_cells_keys(const struct keys *base) {
    static const char with_cells[] = COMMUNES POINTS PEOPLE CELLS REST COARSE;
    struct keys keys = keys_of("a", with_cells);
    check_changed(base, &keys, AFTER_HOMES, "a grid");
    struct keys other = keys_of("a", COMMUNES POINTS PEOPLE CELLS "people = men\n" REST COARSE);
    check_changed(&keys, &other, AFTER_HOMES, "another column of the grid");
    other = keys_of("a", COMMUNES POINTS PEOPLE CELLS REST
                    "[practitioners dentist]\nfile = praticiens.csv\ncrs = EPSG:2154\n"
                    "profession = chirurgien_dentiste\nthreshold_min = 20\n" COARSE);
    struct keys longer = keys_of("a", COMMUNES POINTS PEOPLE CELLS REST
                                 "[practitioners dentist]\nfile = praticiens.csv\n"
                                 "crs = EPSG:2154\nprofession = chirurgien_dentiste\n"
                                 "threshold_min = 30\n" COARSE);
    check_changed(&other, &longer,
                  (S(LINKS) | S(REACHED) | S(SCORES) | S(EDGE) | AFTER_TIMES) & ~S(AFTER),
                  "a threshold");
}

static void check_keys(void) {
    struct keys base = keys_of("a", usual), again = keys_of("a", usual);
    CHECK(changed(&base, &again) == 0);
    rename(scratch_path("a"), scratch_path("elsewhere"));
    again = keys_of("elsewhere", usual);
    CHECK(changed(&base, &again) == 0); /* contents, not places */
    rename(scratch_path("elsewhere"), scratch_path("a"));
    check_parameters(&base);
    check_contents(&base);
    check_move(&base);
    check_cells_keys(&base);
}

static void check_hash(void) {
    struct qz_key a, b, empty;
    char hex[65];
    struct qz_hash *h = qz_hash_new();
    empty = qz_hash_end(h);
    qz_key_hex(&empty, hex); /* FIPS 180-4: SHA-256 of nothing */
    CHECK(strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == 0);
    h = qz_hash_new();
    qz_hash_bytes(h, "abc", 3);
    a = qz_hash_end(h);
    qz_key_hex(&a, hex);
    CHECK(strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0);
    h = qz_hash_new();
    qz_hash_text(h, "ab");
    qz_hash_text(h, "c");
    a = qz_hash_end(h);
    h = qz_hash_new();
    qz_hash_text(h, "a");
    qz_hash_text(h, "bc");
    b = qz_hash_end(h);
    CHECK(memcmp(&a, &b, sizeof a) != 0);
    CHECK(qz_key_of_file(ctx, scratch_text("abc.txt", "abc"), &b) == 0);
    qz_key_hex(&b, hex);
    CHECK(strncmp(hex, "ba7816bf", 8) == 0);
    CHECK(qz_key_of_file(ctx, scratch_path("absent"), &b) == QZ_E_IO);
    /* a Shapefile's companions count */
    CHECK(qz_key_of_file(ctx, scratch_path("a/routes.shp"), &a) == 0);
    rename(scratch_path("a/routes.prj"), scratch_path("a/routes.old"));
    CHECK(qz_key_of_file(ctx, scratch_path("a/routes.shp"), &b) == 0);
    rename(scratch_path("a/routes.old"), scratch_path("a/routes.prj"));
    CHECK(memcmp(&a, &b, sizeof a) != 0);
}

/* ---- people at their homes: what a run with a grid holds, against loops over all of them */
static void check_homes(const struct qz_run_state *s) {
    const struct qz_homes *h = s->homes;
    uint32_t limit_ms = s->plan->three15.limit_ms;
    CHECK(h->n_cells > 20 * 20 && h->n >= h->n_cells);
    for (size_t c = 0; c < s->communes->n; c++) {
        double people = 0, within = 0, beyond = 0;
        for (size_t i = 0; i < h->n; i++)
            if (h->commune[i] == c) {
                people += s->home_people[i];
                within += s->care[0].ms[0][i] <= limit_ms ? s->home_people[i] : 0;
                beyond += s->care[0].ms[0][i] > limit_ms ? s->home_people[i] : 0;
            }
        CHECK_NEAR(people, s->people->count[c], 1e-6 * s->people->count[c], "people in and out");
        CHECK_NEAR(s->care[0].counted[0].tally[0][c].within, within, 1e-6, "people within 15 min");
        CHECK_NEAR(people - within, beyond, 1e-6, "the others");
    }
}

/* People of a zone beyond 15 min with a pole at its seat: each home is asked its way alone. */
static void check_after(struct qz_run_state *s) {
    struct qz_search *search = NULL;
    uint32_t limit_ms = s->plan->three15.limit_ms;
    CHECK(qz_search_new(ctx, s->network, &search) == 0);
    for (size_t z = 0; z < s->zones->n; z++) {
        double after = 0;
        const struct qz_stop *seat = &s->origin_stops[s->zones->items[z].seat];
        CHECK(qz_search_towards(ctx, search, seat, 1, QZ_UNREACHED_MS - 1) == 0);
        for (size_t i = 0; i < s->homes->n; i++)
            if (s->zones->zone_of[s->homes->commune[i]] == z && s->care[0].ms[0][i] > limit_ms &&
                qz_search_origin_ms(search, &s->home_stops[i], NULL) > limit_ms)
                after += s->home_people[i];
        CHECK_NEAR(s->zone_beyond_after[z], after, 1e-6, "people after");
        for (size_t k = 0; k < s->sets[QZ_SET_THREE15].set.n; k++)
            if (s->sets[QZ_SET_THREE15].rows[k].place == z)
                CHECK(after <= s->sets[QZ_SET_THREE15].rows[k].beyond_now + 1e-6);
    }
    qz_search_free(search);
}

/* People of a site's bands: the sum over the homes that a search from it finds near enough. */
static void check_sites_people(struct qz_run_state *s) {
    struct qz_search *search = NULL;
    CHECK(qz_search_new(ctx, s->network, &search) == 0);
    for (size_t k = 0; k < s->n_drawn; k++) {
        uint32_t site = s->drawn_site[k];
        CHECK(qz_search_towards(ctx, search, &s->site_stops[site], 1, QZ_UNREACHED_MS - 1) == 0);
        for (size_t b = 0; b < s->plan->n_bands; b++) {
            double people = 0;
            for (size_t i = 0; i < s->homes->n; i++)
                if (qz_search_origin_ms(search, &s->home_stops[i], NULL) <= s->plan->band_ms[b])
                    people += s->home_people[i];
            CHECK_NEAR(s->isochrone_people[k][b], people, 1e-6, "people of a band");
            if (s->plan->band_ms[b] == 900000)
                CHECK_NEAR(s->site_people[site], people, 1e-6, "people at 15 min");
        }
    }
    qz_search_free(search);
}

static void check_grid(void) {
    struct qz_plan *plan = plan_of("a", COMMUNES POINTS PEOPLE CELLS REST
                                   "[zones]\npeople_min = 1000\npeople_target = 3000\n" COARSE);
    struct qz_run_state s;
    CHECK(qz_run_state_init(ctx, &s, plan) == 0);
    CHECK(qz_run_stages(ctx, &s, QZ_N_STAGES - 1) == 0);
    check_homes(&s);
    check_after(&s);
    check_sites_people(&s);
    for (size_t p = 0; p < plan->n_practices; p++)
        for (size_t b = 0; b < plan->n_bands; b++) {
            double within = 0;
            for (size_t i = 0; i < s.homes->n; i++)
                within += s.care[p].ms[0][i] <= plan->band_ms[b] ? s.home_people[i] : 0;
            CHECK_NEAR(s.coverage_people[p][b], within, 1e-6, "people of a coverage");
        }
    qz_run_state_done(&s);
    qz_plan_free(plan);
}

static void check_threads_of_cells(void) {
    static const char text[] = COMMUNES POINTS PEOPLE CELLS REST COARSE;
    for (int n = 1; n <= 5; n += 2) {
        struct qz_ctx_params params = { .threads = n };
        struct qz_ctx *own = NULL;
        struct ran ran;
        char out[32];
        snprintf(out, sizeof out, "cells%d.gpkg", n);
        CHECK(qz_ctx_new(&params, &own) == 0);
        CHECK(run_text(own, "a", text, out, &ran) == 0);
        CHECK(scratch_same(scratch_path("cells1.gpkg"), scratch_path(out)));
        ran_done(&ran);
        qz_ctx_free(own);
    }
}

/* ---- the same bytes, whatever the number of threads */
static void check_threads(void) {
    static const int n_threads[] = { 1, 2, 5 };
    for (size_t i = 0; i < COUNT(n_threads); i++) {
        struct qz_ctx_params params = { .threads = n_threads[i] };
        struct qz_ctx *own = NULL;
        struct ran ran;
        char out[32];
        snprintf(out, sizeof out, "threads%d.gpkg", n_threads[i]);
        CHECK(qz_ctx_new(&params, &own) == 0);
        CHECK(run_text(own, "a", usual, out, &ran) == 0);
        CHECK(scratch_same(scratch_path("one.gpkg"), scratch_path(out)));
        ran_done(&ran);
        qz_ctx_free(own);
    }
}

/* ---- stopping */
struct stop {
    size_t n_ticks, at;
    double last;
    bool backwards;
};

static int on_tick(double done, const char *what, void *user) {
    struct stop *s = user;
    (void)what;
    s->backwards = s->backwards || done < s->last || done > 1;
    s->last = done;
    return s->n_ticks++ != s->at;
}

static bool is_long(void) {
    const char *text = getenv("QUINZE_LONG");
    return text && *text && strcmp(text, "0") != 0;
}

static void check_stops(void) {
    mkdir(scratch_path("out"), 0777);
    struct stop stop = { .at = SIZE_MAX };
    struct qz_ctx_params params = { .progress = on_tick, .progress_user = &stop, .threads = 1 };
    struct qz_ctx *own = NULL;
    struct ran ran;
    CHECK(qz_ctx_new(&params, &own) == 0);
    CHECK(run_text(own, "a", usual, "out/o.gpkg", &ran) == 0);
    CHECK(!stop.backwards && stop.n_ticks > QZ_N_STAGES);
    ran_done(&ran);
    unlink(scratch_path("out/o.gpkg"));
    size_t n = stop.n_ticks, step = is_long() ? 1 : n / 24 + 1;
    for (size_t at = 0; at < n; at += at < 5 ? 1 : step) {
        stop = (struct stop) { .at = at };
        CHECK(run_text(own, "a", usual, "out/o.gpkg", &ran) == QZ_E_CANCELLED);
        ran_done(&ran);
        CHECK(strstr(qz_ctx_error(own), "stopped on request") != NULL);
        CHECK(scratch_entries(scratch_path("out")) == 0);
    }
    qz_ctx_free(own);
}

/* ---- every allocation fails in turn; a stride unless QUINZE_LONG is set */
static void check_memory(void) {
    struct qz_ctx_params params = { .threads = 1 };
    struct qz_plan *plan = plan_of("a", COMMUNES POINTS PEOPLE CELLS REST ZONES
                                   "[isochrones]\ncell_m = 2000\n");
    const struct qz_run_params run = { .overwrite = false };
    const char *out = "out/o.gpkg";
    size_t n = SIZE_MAX, step = 1, n_other = 0;
    for (size_t k = SIZE_MAX; n == SIZE_MAX || k < n; k += step) {
        struct qz_ctx *own = NULL;
        struct qz_report *report = NULL;
        CHECK(qz_ctx_new(&params, &own) == 0);
        qz_memory_fail_after(k);
        int r = qz_run(own, plan, &run, scratch_path(out), &report);
        size_t made = qz_memory_fail_after(SIZE_MAX);
        if (n == SIZE_MAX) { /* the first run is whole, and counts */
            CHECK(r == 0);
            unlink(scratch_path(out));
            n = made;
            step = is_long() ? 1 : n / 90 + 1;
            k = 0 - step;    /* 0 comes next */
        } else if (r == 0) { /* all was written: only the report was to come */
            CHECK(report != NULL);
            unlink(scratch_path(out));
        } else {
            n_other += r != QZ_E_NOMEM;
            CHECK(r < 0 && !report);
            CHECK(*qz_ctx_error(own) != 0);
            if (!*qz_ctx_error(own))
                printf("allocation %zu: code %d without a message\n", k, r);
        }
        CHECK(r == 0 || !scratch_exists(scratch_path(out)) || made + 60 > n);
        unlink(scratch_path(out));
        CHECK(scratch_entries(scratch_path("out")) == 0);
        qz_report_free(report);
        qz_ctx_free(own);
    }
    printf("%zu allocations, one in %zu failed; %zu times another code\n", n, step, n_other);
    qz_plan_free(plan);
}

/* ---- bad input, end to end */
/* The communes again, commune `bare` without its polygon. */
static void copy_communes(const char *to, size_t bare) {
    static const struct qz_column columns[] = { { "INSEE_COM", QZ_TEXT, 0 },
                                                { "NOM", QZ_TEXT, 0 } };
    const struct qz_writer_params params = { QZ_GPKG, true, "2026-01-31" };
    struct qz_table *t = NULL;
    struct qz_crs *crs = NULL;
    struct qz_writer *w = NULL;
    struct qz_row_geometry g;
    CHECK(qz_table_open(ctx, scratch_path("a/communes.gpkg"), NULL, &t) == 0);
    CHECK(qz_crs_open(ctx, qz_table_crs_text(t), &crs) == 0);
    CHECK(qz_writer_open(ctx, scratch_path(to), &params, &w) == 0);
    CHECK(qz_writer_layer(ctx, w, "c", "", "", QZ_GEOM_AREA, crs, columns, 2) == 0);
    while (qz_table_next(ctx, t) == 1) {
        qz_writer_text(w, 0, qz_table_text(t, qz_table_column(t, "INSEE_COM")));
        qz_writer_text(w, 1, qz_table_text(t, qz_table_column(t, "NOM")));
        CHECK(qz_table_geometry(ctx, t, &g) == 0);
        if (qz_table_row(t) != bare)
            CHECK(qz_writer_shape(ctx, w, g.areas, 0) == 0);
        CHECK(qz_writer_row(ctx, w) == 0);
    }
    CHECK(qz_writer_publish(ctx, w) == 0);
    qz_table_free(t);
    qz_crs_free(crs);
}

/* Rows and odd figures of a layer: every commune has a status, and no number is NaN. */
static void check_communes_layer(const char *path) {
    struct qz_table *t = NULL;
    size_t n = 0, wrong = 0;
    CHECK(qz_table_open(ctx, path, "communes", &t) == 0);
    while (t && qz_table_next(ctx, t) == 1) {
        n++;
        wrong += !qz_table_text(t, qz_table_column(t, "status"));
        for (size_t c = 0; c < qz_table_n_columns(t); c++) {
            const char *text = qz_table_text(t, (int)c);
            wrong += text && (qz_equal_nocase(text, "nan") || qz_equal_nocase(text, "-nan") ||
                              qz_equal_nocase(text, "inf"));
        }
    }
    CHECK(n == 20 && wrong == 0);
    qz_table_free(t);
}

static void check_bare_commune(void) {
    static const char *const texts[] = {
        "[communes]\nfile = bare.gpkg\n" POINTS PEOPLE REST COARSE,
        "[communes]\nfile = bare.gpkg\n" PEOPLE REST COARSE, /* no point either */
    };
    copy_communes("a/bare.gpkg", 7);
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct ran ran;
        CHECK(run_text(ctx, "a", texts[i], "out/bare.gpkg", &ran) == 0);
        CHECK(ran.report && ran.report->n_communes == 20 && ran.report->n_rejects >= 1);
        check_communes_layer(scratch_path("out/bare.gpkg"));
        ran_done(&ran);
        unlink(scratch_path("out/bare.gpkg"));
    }
}

static const struct {
    const char *text;
    int code;
    const char *says;
} refusals[] = {
    { "[communes]\nfile = absent.gpkg\n" POINTS PEOPLE REST, QZ_E_IO, "absent.gpkg" },
    { "[communes]\nfile = praticiens.csv\n" POINTS PEOPLE REST, QZ_E_FORMAT, "praticiens.csv" },
    { COMMUNES "code = CODGEO\n" POINTS PEOPLE REST, QZ_E_FORMAT, "CODGEO" },
    { COMMUNES POINTS "[population]\nfile = absent.csv\n" REST, QZ_E_IO, "absent.csv" },
    { COMMUNES POINTS "[population]\nfile = empty.csv\n" REST, QZ_E_FORMAT, "empty.csv" },
    { COMMUNES POINTS PEOPLE "[cells]\nfile = absent.csv\n" REST, QZ_E_IO, "absent.csv" },
    { COMMUNES POINTS PEOPLE "[cells]\nfile = chefs_lieux.csv\n" REST, QZ_E_FORMAT, "people =" },
    { COMMUNES POINTS PEOPLE REST "[roads]\nspeeds = absent.csv\n", QZ_E_IO, "absent.csv" },
    { COMMUNES POINTS PEOPLE REST "[roads]\nspeeds = praticiens.csv\n", QZ_E_FORMAT, "line" },
    { COMMUNES POINTS PEOPLE REST "[roads]\nprofile = osm-car\n", QZ_E_DATA, "routes.shp" },
    { COMMUNES POINTS PEOPLE REST "[territory]\ncrs = EPSG:4326\n", QZ_E_CRS, "metres" },
};

static void check_refusals(void) {
    scratch_text("a/empty.csv", "");
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct ran ran;
        CHECK_NEAR(run_text(ctx, "a", refusals[i].text, "out/o.gpkg", &ran), refusals[i].code, 0,
                   refusals[i].says);
        CHECK(scratch_entries(scratch_path("out")) == 0);
        ran_done(&ran);
        CHECK_NEAR(strstr(qz_ctx_error(ctx), refusals[i].says) != NULL, 1, 0, refusals[i].says);
    }
}

int main(void) {
    struct qz_demo_params demo = qz_demo_params_default;
    struct qz_ctx_params params = { .threads = 2 };
    demo.n_communes = 20;
    CHECK(qz_ctx_new(&params, &ctx) == 0);
    CHECK(scratch_make());
    CHECK(qz_demo_write(ctx, &demo, scratch_path("a")) == 0);
    check_table();
    check_hash();
    check_report();
    check_keys();
    check_threads();
    check_grid();
    check_threads_of_cells();
    check_stops();
    check_refusals();
    check_bare_commune();
    check_memory();
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
