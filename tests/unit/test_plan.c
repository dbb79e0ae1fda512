/* tests/unit/test_plan.c - defaults, what is refused and how it is said, paths, dates
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "plan/plan.h"
#include "scratch.h"

static struct qz_ctx *ctx;

/* The least plan there can be; cases add to it. */
#define LEAST                            \
    "[communes]\nfile = communes.gpkg\n" \
    "[roads]\nfile = /data/roads.gpkg\n" \
    "[practitioners gp]\nfile = gp.csv\n"

static int read_text(const char *text, struct qz_plan **ret) {
    *ret = NULL;
    return qz_plan_read(ctx, scratch_text("plan.ini", text), ret);
}

/* ---- defaults: the documented ones, in the engine's units */
static void check_defaults(void) {
    static const uint32_t bands_ms[] = { 300000, 600000, 900000, 1200000, 1800000 };
    struct qz_plan *p = NULL;
    CHECK(read_text(LEAST, &p) == 0);
    if (!p)
        return;
    CHECK(strcmp(p->territory, "") == 0 && !p->crs && !p->closed);
    CHECK(strcmp(p->date, "1970-01-01") == 0); /* no vintage, no date: never the clock */
    CHECK(strcmp(p->profile, "auto") == 0 && !p->speeds);
    CHECK(p->network.island_min_m == 2000);
    CHECK(p->travel.access_kmh == 20 && p->travel.snap_limit_m == 5000);
    CHECK(p->n_bands == COUNT(bands_ms) && memcmp(p->band_ms, bands_ms, sizeof bands_ms) == 0);
    CHECK(p->field.cell_m == 100 && p->field.walk_kmh == 5 && p->field.walk_limit_m == 1000);
    CHECK(p->isochrone.min_island_m2 == 40000 && p->isochrone.min_hole_m2 == 40000);
    CHECK(p->isochrone.simplify_m == 50); /* half a cell */
    CHECK(p->three15.people_target == 15000 && p->three15.people_min == 7500);
    CHECK(p->three15.people_max == 22500 && p->professionals == 15);
    CHECK(p->three15.limit_ms == 900000);
    CHECK(p->zones_score.n == 3 && !p->zones_score.stated);
    CHECK(strcmp(p->zones_score.items[0].key, "gp_share_15min") == 0);
    CHECK(p->zones_score.items[0].weight == 0.5 && p->zones_score.items[1].weight == 0.3);
    CHECK(p->zones_score.items[1].good_of_all && p->zones_score.items[2].bad == 15);
    CHECK(strcmp(p->seats.who, "population") == 0 && p->seats.people_min == 500);
    CHECK(p->areas.n == 0 && p->threat.n == 10 && !*p->zonage.regime && isnan(p->zonage.zip_ratio));
    CHECK(p->siting.n == 5 && !p->siting.stated && p->siting.limit_min == 15);
    CHECK(p->n_overlays == 0 && p->n_tables == 0 && !p->official.input.file);
    CHECK(p->n_practices == 1 && strcmp(p->practices[0].key, "gp") == 0);
    CHECK(p->practices[0].threshold_min == 15 && !p->cells.input.file);
    CHECK(strcmp(p->practices[0].label, "médecin généraliste") == 0);
    CHECK(strcmp(p->practices[0].label_plural, "médecins généralistes") == 0);
    CHECK(!p->practices[0].only && strcmp(p->drawn, "gp") == 0);
    CHECK(!p->points.input.file && !p->territories.input.file && !p->population.input.file);
    CHECK(strcmp(p->communes.input.file, scratch_path("communes.gpkg")) == 0); /* beside the plan */
    CHECK(strcmp(p->roads.input.file, "/data/roads.gpkg") == 0);
    qz_plan_free(p);
}

/* ---- who is counted, and slips of the pen */
static void check_professions(void) {
    static const struct {
        const char *section, *scope, *near;
    } want[] = {
        { "[practitioners gp]\nfile = a\n",
          "praticiens du fichier, hors exclusions de geodata/exclusions.csv", NULL },
        { "[practitioners gpp]\nfile = a\nexclusions = none\nvintage = 2024-05\n",
          "tous les praticiens du fichier, 2024", "gp" },
        { "[practitioners gpx]\nfile = a\nlabel = médecin de famille\nscope = libéraux\n",
          "libéraux", NULL },
        { "[practitioners maison]\nfile = a\nvintage = 2025\n", "tous les sites du fichier, 2025",
          NULL },
        { "[practitioners nurse]\nfile = a\nexclusions = x/mine.csv\nsectors = 1\n",
          "praticiens du fichier, hors exclusions de mine.csv, secteurs 1", NULL },
        { "[practitioners shaman]\nfile = a\n",
          "praticiens du fichier, hors exclusions de geodata/exclusions.csv", NULL },
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        struct qz_plan *p = NULL;
        char text[512];
        snprintf(text, sizeof text, "[communes]\nfile = c\n[roads]\nfile = r\n%s", want[i].section);
        CHECK(read_text(text, &p) == 0);
        CHECK(p && strcmp(p->practices[0].scope, want[i].scope) == 0);
        const char *near = p ? p->practices[0].near : NULL;
        CHECK(!near == !want[i].near && (!near || strcmp(near, want[i].near) == 0));
        qz_plan_free(p);
    }
}

/* ---- thresholds: of the profession, unless the plan says another */
static void check_thresholds(void) {
    static const struct {
        const char *key;
        uint32_t min;
    } want[] = { { "gp", 15 },     { "emergency", 30 }, { "maternity", 45 }, { "dentist", 60 },
                 { "shaman", 15 }, { "midwife", 15 },   { "pharmacist", 1 }, { "nurse", 240 } };
    struct qz_plan *p = NULL;
    CHECK(read_text("[communes]\nfile = c.gpkg\n[roads]\nfile = r.gpkg\n"
                    "[cells]\nfile = c200.csv\ncell = K\npeople = N\ncode = D\n"
                    "[practitioners gp]\nfile = a\n[practitioners emergency]\nfile = a\n"
                    "[practitioners maternity]\nfile = a\n"
                    "[practitioners dentist]\nfile = a\nthreshold_min = 60\n"
                    "[practitioners shaman]\nfile = a\n[practitioners midwife]\nfile = a\n"
                    "[practitioners pharmacist]\nfile = a\nthreshold_min = 1\n"
                    "[practitioners nurse]\nfile = a\nthreshold_min = 240\n"
                    "[level cpts]\nfile = cpts.csv\n",
                    &p) == 0);
    CHECK(p && p->n_user_levels == 1 && !p->user_levels[0].territory &&
          !p->user_levels[0].territory_name); /* the file's usual names serve */
    CHECK(p && p->n_practices == COUNT(want));
    for (size_t i = 0; p && i < COUNT(want); i++) {
        CHECK(strcmp(p->practices[i].key, want[i].key) == 0);
        CHECK_NEAR(p->practices[i].threshold_min, want[i].min, 0, want[i].key);
    }
    CHECK(p && strcmp(p->cells.input.file, scratch_path("c200.csv")) == 0);
    CHECK(p && strcmp(p->cells.input.columns[QZ_ROLE_CELL], "K") == 0);
    CHECK(p && strcmp(p->cells.input.columns[QZ_ROLE_INHABITANTS], "N") == 0);
    CHECK(p && strcmp(p->cells.input.columns[QZ_ROLE_CODE], "D") == 0);
    qz_plan_free(p);
}

/* ---- everything said */
static const char full[] =
    "\xef\xbb\xbf; a comment\r\n"
    "[territory]\r\n"
    "name = Corse du Sud ; its name\r\n"
    "crs = EPSG:2154\r\n"
    "closed = OUI\r\n"
    "[communes]\n"
    "file = data/communes.gpkg\nlayer = commune\ncrs = EPSG:4326\nvintage = 2018\n"
    "licence = Licence Ouverte 2.0\ncode = CODGEO\nname = LIB\npopulation = PTOT\n"
    "[points]\nfile = ../p.csv\nlon = L\nlat = B\n"
    "[territories]\nfile = t.csv\n"
    "[population]\nfile = pop.csv\nvintage = 2023-07\n"
    "[roads]\nfile = r.shp\nprofile = osm-car\nspeeds = my.csv\nisland_min_km = 1,5\nclass = "
    "NATURE\n"
    "[travel]\naccess_speed_kmh = 30\nsnap_limit_m = 0\n"
    "[isochrones]\nbands_min = 7.5; 15 30\nprofession = nurse\ncell_m = 50\nwalk_speed_kmh = 4\n"
    "walk_limit_m = 250\nmin_island_ha = 0\nmin_hole_ha = 2.5\nsimplify_m = 20\n"
    "[zones]\npeople_target = 10000\npeople_min = 5000\npeople_max = 20000\nprofessionals = 10\n"
    "limit_min = 20\nwithin = departement\nscore = missing 1, gp_apl 0.5 4 1.5 , gp_per_100k 2 all "
    "0\n"
    "[seats]\nwho = list\nonly = frr\n[candidates]\nfile = c.csv\n"
    "[areas]\nareas = 15\nbalance = 0.2\n"
    "[zonage]\nregime = 2021\nzip_percent = 30\nsplit = yes\ncriteria = wait\n"
    "[threat]\nterritories = 7\nonly = frr\nscore = wait 1\n"
    "[siting]\nsites = 3\nmodel = p-median\ndemand = old\nlimit_min = 20\napart_km = 2.5\n"
    "[group old]\nfile = o.csv\n"
    "[overlay frr]\nfile = frr.csv\ncode = CODGEO\n"
    "[table wait]\nfile = w.csv\nlevel = epci\nunit = jours\nworse = low\nlabel = attente\n"
    "[practitioners gp]\nfile = ps.csv\nprofession = 10\nprofession_column = SPE\nheads = N\n"
    "[practitioners nurse]\nfile = ps.csv\nprofession = 60\n"
    "[practitioners shaman]\nfile = s.csv\nvintage = 2024-02-29\n"
    "[output]\ndate = 2026-01-31\n";

static void check_full(void) {
    struct qz_plan *p = NULL;
    CHECK(read_text(full, &p) == 0);
    if (!p) {
        fprintf(stderr, "%s\n", qz_ctx_error(ctx));
        return;
    }
    CHECK(strcmp(p->territory, "Corse du Sud") == 0 && strcmp(p->crs, "EPSG:2154") == 0);
    CHECK(p->closed && strcmp(p->date, "2026-01-31") == 0);
    CHECK(strcmp(p->communes.input.layer, "commune") == 0);
    CHECK(strcmp(p->communes.input.crs, "EPSG:4326") == 0);
    CHECK(strcmp(p->communes.input.columns[QZ_ROLE_CODE], "CODGEO") == 0);
    CHECK(strcmp(p->communes.input.columns[QZ_ROLE_POPULATION], "PTOT") == 0);
    CHECK(!p->communes.input.columns[QZ_ROLE_EPCI]);
    CHECK(strcmp(p->communes.licence, "Licence Ouverte 2.0") == 0);
    CHECK(strcmp(p->points.input.columns[QZ_ROLE_LON], "L") == 0);
    CHECK(strcmp(p->speeds, scratch_path("my.csv")) == 0);
    CHECK(p->network.island_min_m == 1500 && p->travel.snap_limit_m == 0);
    CHECK(p->n_bands == 3 && p->band_ms[0] == 450000 && p->band_ms[2] == 1800000);
    CHECK(p->field.cell_m == 50 && p->isochrone.simplify_m == 20);
    CHECK(p->isochrone.min_island_m2 == 0 && p->isochrone.min_hole_m2 == 25000);
    CHECK(p->three15.people_max == 20000 && p->three15.limit_ms == 1200000);
    CHECK(p->zones_score.n == 3 && p->zones_score.stated && !p->zones_score.items[0].anchored);
    CHECK(p->zones_score.items[1].good == 4 && p->zones_score.items[1].bad == 1.5);
    CHECK(p->zones_score.items[2].good_of_all && p->zones_score.items[2].weight == 2);
    CHECK(strcmp(p->candidates.input.file, scratch_path("c.csv")) == 0);
    CHECK(p->areas.n == 15 && p->areas.balance_ratio == 0.2);
    CHECK_NEAR(p->zonage.zip_ratio, 0.3, 1e-12, "percent");
    CHECK(p->zonage.split && isnan(p->zonage.zac_ratio));
    CHECK(p->threat.score.n == 1 && p->siting.stated && p->siting.apart_m == 2500);
    CHECK(p->n_overlays == 1 && p->n_tables == 1);
    CHECK(strcmp(p->tables[0].label, "attente (jours)") == 0 && !p->tables[0].sum);
    CHECK(p->n_practices == 3); /* in the order of the file */
    CHECK(strcmp(p->practices[0].only, "10") == 0 && strcmp(p->practices[1].only, "60") == 0);
    CHECK(strcmp(p->practices[0].source.input.columns[QZ_ROLE_PROFESSION], "SPE") == 0);
    CHECK(strcmp(p->practices[1].label, "infirmier") == 0);
    CHECK(strcmp(p->practices[2].label, "shaman") == 0); /* a profession of one's own */
    CHECK(strcmp(p->drawn, "nurse") == 0);
    qz_plan_free(p);
}

/* ---- refusals: each says the section, the key or the value, and what would be right */
static const struct {
    const char *text;
    int code;
    const char *says[3];
} refusals[] = {
    { "[comunes]\nfile = x\n" LEAST, QZ_E_PLAN, { "[comunes]", "[communes]" } },
    { LEAST "[zone]\n", QZ_E_PLAN, { "[zone]", "[zones]" } },
    { LEAST "[practitioner gp]\nfile=x\n",
      QZ_E_PLAN,
      { "[practitioner gp]", "[practitioners gp]" } },
    { "[communes]\nfil = x\n", QZ_E_PLAN, { "'fil'", "'file'", "[communes]" } },
    { LEAST "threshold_min = 0\n", QZ_E_PLAN, { "[practitioners gp]", "'0'", "1 to 240" } },
    { LEAST "threshold_min = 241\n", QZ_E_PLAN, { "threshold_min", "'241'", "240" } },
    { LEAST "threshold_min = 22.5\n", QZ_E_PLAN, { "threshold_min", "'22.5'", "whole" } },
    { LEAST "threshold_min = soon\n", QZ_E_PLAN, { "threshold_min", "'soon'", "minutes" } },
    { LEAST "threshold = 15\n", QZ_E_PLAN, { "'threshold'", "'threshold_min'" } },
    { LEAST "[cells]\nvintage = 2019\n", QZ_E_PLAN, { "[cells]", "'file = PATH'" } },
    { LEAST "[cells]\nfile = c.csv\ncel = A\n", QZ_E_PLAN, { "'cel'", "'cell'" } },
    { LEAST "[zones]\npeople_mim = 3\n", QZ_E_PLAN, { "'people_mim'", "'people_min'" } },
    { LEAST "[travel]\nsnap_limit = 3\n", QZ_E_PLAN, { "'snap_limit'", "'snap_limit_m'" } },
    { "[communes]\nfile = c\nheads = N\n", QZ_E_PLAN, { "'heads'" } }, /* no part of communes */
    { "[roads]\nfile = r\n[practitioners gp]\nfile = g\n",
      QZ_E_PLAN,
      { "[communes]", "file = PATH" } },
    { "[communes]\nfile = c\n[practitioners gp]\nfile = g\n", QZ_E_PLAN, { "[roads]", "file" } },
    { LEAST "[points]\nlon = L\n", QZ_E_PLAN, { "[points]", "file = PATH" } },
    { LEAST "[population]\nfile =\n", QZ_E_PLAN, { "[population]", "file = PATH" } },
    { "[communes]\nfile = c\n[roads]\nfile = r\n", QZ_E_PLAN, { "[practitioners gp]" } },
    { LEAST "[practitioners nurse]\n", QZ_E_PLAN, { "[practitioners nurse]", "file" } },
    { LEAST "[practitioners Nurse]\nfile = x\n",
      QZ_E_PLAN,
      { "[practitioners Nurse]", "small letters" } },
    { LEAST "[practitioners 2nurse]\nfile = x\n", QZ_E_PLAN, { "small letters" } },
    { LEAST "[practitioners a234567890123456789012345]\nfile = x\n", QZ_E_PLAN, { "24" } },
    { LEAST "[travel]\naccess_speed_kmh = fast\n", QZ_E_PLAN, { "'fast'", "0.1 to 130" } },
    { LEAST "[travel]\naccess_speed_kmh = 0\n", QZ_E_PLAN, { "'0'", "0.1 to 130" } },
    { LEAST "[travel]\nsnap_limit_m = 100001\n", QZ_E_PLAN, { "0 to 100000" } },
    { LEAST "[travel]\nsnap_limit_m = -1\n", QZ_E_PLAN, { "0 to 100000" } },
    { LEAST "[travel]\nsnap_limit_m =\n", QZ_E_PLAN, { "snap_limit_m" } },
    { LEAST "[isochrones]\ncell_m = 4\n", QZ_E_PLAN, { "5 to 10000" } },
    { LEAST "[isochrones]\nbands_min = 15,10\n", QZ_E_PLAN, { "15,10", "rising" } },
    { LEAST "[isochrones]\nbands_min = 10,10\n", QZ_E_PLAN, { "rising" } },
    { LEAST "[isochrones]\nbands_min = 0\n", QZ_E_PLAN, { "rising" } },
    { LEAST "[isochrones]\nbands_min = 601\n", QZ_E_PLAN, { "600" } },
    { LEAST "[isochrones]\nbands_min = 5,ten\n", QZ_E_PLAN, { "5,ten" } },
    { LEAST "[isochrones]\nbands_min =\n", QZ_E_PLAN, { "minutes" } },
    { LEAST "[isochrones]\nbands_min = 1,2,3,4,5,6,7,8,9,10,11,12,13\n", QZ_E_PLAN, { "12" } },
    { LEAST "[isochrones]\nprofession = nurse\n",
      QZ_E_PLAN,
      { "'nurse'", "[practitioners nurse]" } },
    { LEAST "[territory]\nclosed = perhaps\n", QZ_E_PLAN, { "'perhaps'", "yes or no" } },
    { LEAST "[zones]\npeople_min = 20000\n", QZ_E_PLAN, { "people_min <= people_target" } },
    { LEAST "[zones]\nscore = gp_apl\n", QZ_E_PLAN, { "'gp_apl'", "column weight" } },
    { LEAST "[zones]\nscore = gp_apl -1\n", QZ_E_PLAN, { "0 to 1000" } },
    { LEAST "[zones]\nscore = gp_apl 1 2\n", QZ_E_PLAN, { "is no term" } },
    { LEAST "[zones]\nscore = gp_apl 1 all x\n", QZ_E_PLAN, { "no number" } },
    { LEAST "[zones]\nscore = gp_apl 0\n", QZ_E_PLAN, { "above 0" } },
    { LEAST "[zones]\nscore = gp_apl 1, gp_apl 2\n", QZ_E_PLAN, { "stands twice" } },
    { LEAST "[zones]\nscore = a 1,b 1,c 1,d 1,e 1,f 1,g 1,h 1,i 1,j 1,k 1,l 1,m 1\n",
      QZ_E_PLAN,
      { "12 at most" } },
    { LEAST "[seats]\nwho = mayors\n", QZ_E_PLAN, { "'mayors'", "population, care" } },
    { LEAST "[seats]\nwho = list\n", QZ_E_PLAN, { "[candidates]" } },
    { LEAST "[seats]\nonly = frr\n", QZ_E_PLAN, { "'frr'", "[overlay KEY]" } },
    { LEAST "[threat]\nonly = frr\n", QZ_E_PLAN, { "'frr'", "[overlay KEY]" } },
    { LEAST "[siting]\nmodel = best\n", QZ_E_PLAN, { "'best'", "p-median" } },
    { LEAST "[siting]\ndemand = all\n", QZ_E_PLAN, { "'all'", "[group KEY]" } },
    { LEAST "[siting]\nexisting = 1\n", QZ_E_PLAN, { "structures, sites" } },
    { LEAST "[siting]\nunknown_ages = go\n", QZ_E_PLAN, { "stay or leave" } },
    { LEAST "[siting]\nsites = -1\n", QZ_E_PLAN, { "0 to 10000" } },
    { LEAST "[zonage]\nzip_percent = 101\n", QZ_E_PLAN, { "0 to 100" } },
    { LEAST "[zonage]\ncriteria = wait\n", QZ_E_PLAN, { "'wait'", "[table KEY]" } },
    { LEAST "[table wait]\nfile = w.csv\nworse = up\n", QZ_E_PLAN, { "'up'", "high or low" } },
    { LEAST "[overlay frr]\n", QZ_E_PLAN, { "file = PATH" } },
    { LEAST "[table people]\nfile = w.csv\n", QZ_E_PLAN, { "[table people]", "another key" } },
    { LEAST "[table gp_apl]\nfile = w.csv\n", QZ_E_PLAN, { "[table gp_apl]" } },
    { LEAST "[overlay frr]\nfile = w.csv\n[table frr]\nfile = w.csv\n",
      QZ_E_PLAN,
      { "[table frr]" } },
    { LEAST "[overlay frr]\nfile = w.csv\n[table frr_share]\nfile = w.csv\n",
      QZ_E_PLAN,
      { "[table frr_share]" } },
    { LEAST "[horizon]\narrivals = yes\n",
      QZ_E_PLAN,
      { "arrivals", "previous_vintage", "[practitioners gp]" } },
    { LEAST "[output]\ndate = tomorrow\n", QZ_E_PLAN, { "'tomorrow'", "2026-01-31" } },
    { LEAST "[output]\ndate = 2026-13-01\n", QZ_E_PLAN, { "2026-13-01" } },
    { LEAST "[output]\ndate = 2026-01-31x\n", QZ_E_PLAN, { "2026-01-31x" } },
    { "[roads]\nprofile = bike\nfile = r\n[communes]\nfile = c\n[practitioners gp]\nfile = g\n",
      QZ_E_PLAN,
      { "'bike'", "osm-car" } },
    { "no section\n", QZ_E_PLAN, { "plan.ini" } },
    { "[communes\nfile = x\n", QZ_E_PLAN, { "plan.ini" } },
    { "\xff\xfe[\0", QZ_E_PLAN, { "plan.ini" } },
    { "", QZ_E_PLAN, { "[communes]" } },
};

static void check_refusals(void) {
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct qz_plan *p = NULL;
        CHECK_NEAR(read_text(refusals[i].text, &p), refusals[i].code, 0, refusals[i].text);
        CHECK(!p);
        for (size_t k = 0; k < COUNT(refusals[i].says) && refusals[i].says[k]; k++)
            CHECK_NEAR(strstr(qz_ctx_error(ctx), refusals[i].says[k]) != NULL, 1, 0,
                       refusals[i].says[k]);
        CHECK(strstr(qz_ctx_error(ctx), "plan.ini") != NULL); /* which file */
        qz_plan_free(p);
    }
    struct qz_plan *p = NULL;
    CHECK(qz_plan_read(ctx, scratch_path("absent.ini"), &p) == QZ_E_IO && !p);
    CHECK(strstr(qz_ctx_error(ctx), "absent.ini") != NULL);
    CHECK(qz_plan_read(ctx, scratch_root, &p) == QZ_E_IO && !p); /* a folder */
    CHECK(qz_plan_free(NULL) == NULL);
}

/* A key that stands twice: the last one counts, as in every INI file. */
static void check_twice(void) {
    struct qz_plan *p = NULL;
    CHECK(read_text(LEAST "[travel]\nsnap_limit_m = 10\nsnap_limit_m = 20\n", &p) == 0);
    CHECK(p && p->travel.snap_limit_m == 20);
    qz_plan_free(p);
    CHECK(read_text(LEAST "[travel]\nsnap_limit_m = 10\n[practitioners gp]\nfile = other.csv\n",
                    &p) == 0);
    CHECK(p && p->n_practices == 1 &&
          strcmp(p->practices[0].source.input.file, scratch_path("other.csv")) == 0);
    qz_plan_free(p);
}

/* ---- the date: the newest vintage of any input when none is given */
static const struct {
    const char *communes, *gp, *want;
} vintages[] = {
    { "2018", "2023", "2023-01-01" },       { "2023-07", "2023", "2023-07-01" },
    { "2019-12-31", "2019", "2019-12-31" }, { "unknown", "2020", "2020-01-01" },
    { "unknown", "soon", "1970-01-01" },    { "2018-02-30x", "1999", "1999-01-01" },
};

static void check_dates(void) {
    for (size_t i = 0; i < COUNT(vintages); i++) {
        struct qz_plan *p = NULL;
        char text[512];
        snprintf(text, sizeof text,
                 "[communes]\nfile = c\nvintage = %s\n[roads]\nfile = r\n"
                 "[practitioners gp]\nfile = g\nvintage = %s\n",
                 vintages[i].communes, vintages[i].gp);
        CHECK(read_text(text, &p) == 0);
        CHECK(p && strcmp(p->date, vintages[i].want) == 0);
        qz_plan_free(p);
    }
}

/* ---- what provenance and keys are told */
struct told {
    size_t n;
    char bands[64], island[64], date[64], closed[64];
};

static int on_key(void *user, const char *section, const char *key, const char *value) {
    struct told *t = user;
    const struct {
        const char *key;
        char *to;
    } wanted[] = { { "bands_min", t->bands },
                   { "island_min_km", t->island },
                   { "date", t->date },
                   { "closed", t->closed } };
    t->n++;
    CHECK(*section && *key && value);
    for (size_t i = 0; i < COUNT(wanted); i++)
        if (strcmp(key, wanted[i].key) == 0)
            snprintf(wanted[i].to, 64, "%s", value);
    return 0;
}

static int stop(void *user, const char *section, const char *key, const char *value) {
    (void)section, (void)key, (void)value;
    return ++*(int *)user == 3 ? QZ_E_CANCELLED : 0;
}

static void check_visit(void) {
    struct qz_plan *p = NULL;
    struct told told = { 0 };
    int n = 0;
    CHECK(read_text(full, &p) == 0);
    if (!p)
        return;
    CHECK(qz_plan_visit(p, on_key, &told) == 0);
    CHECK(told.n > 15 && strcmp(told.bands, "7.5,15,30") == 0); /* in the plan's own units */
    CHECK(strcmp(told.island, "1.5") == 0 && strcmp(told.date, "2026-01-31") == 0);
    CHECK(strcmp(told.closed, "yes") == 0);
    CHECK(qz_plan_visit(p, stop, &n) == QZ_E_CANCELLED && n == 3);
    struct qz_text text = { 0 }, other = { 0 };
    qz_plan_input_text(&p->communes, &text);
    qz_plan_input_text(&p->roads, &other);
    CHECK(strstr(text.data, "layer=commune;") && strstr(text.data, "code=CODGEO;"));
    CHECK(strstr(text.data, "file") == NULL); /* contents count, not where they lie */
    CHECK(strcmp(text.data, other.data) != 0);
    qz_text_done(&text);
    qz_text_done(&other);
    qz_plan_free(p);
}

static void check_memory(void) {
    const char *path = scratch_text("plan.ini", full);
    bool whole = false;
    for (size_t k = 0; k < 50 && !whole; k++) {
        struct qz_plan *p = NULL;
        qz_memory_fail_after(k);
        int r = qz_plan_read(ctx, path, &p);
        whole = qz_memory_fail_after(SIZE_MAX) <= k;
        CHECK(r == (whole ? 0 : QZ_E_NOMEM) && (p != NULL) == whole);
        qz_plan_free(p);
    }
    CHECK(whole);
}

int main(void) {
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(scratch_make());
    check_defaults();
    check_full();
    check_refusals();
    check_twice();
    check_dates();
    check_visit();
    check_professions();
    check_thresholds();
    check_memory();
    scratch_remove(scratch_root);
    qz_ctx_free(ctx);
    return check_end();
}
