/* engine/plan/plan.c - the one key table: parser, defaults, provenance and hashes all read it. */
#include <glib.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/geodata.h"
#include "plan/plan.h"

/* ---- the keys */
enum kind { TEXT, PATH, TABLE, YES_NO, NUMBER, WHOLE, MINUTES_LIST, YEARS_LIST };

struct key {
    const char *section, *name;
    enum kind kind;
    size_t offset; /* into struct qz_plan, or into the item of a repeated section */
    double scale;  /* NUMBER: plan unit -> the field's unit */
    double low, high;
    const char *value; /* default; NULL: none */
    const char *help;
};

/* Sections that may come several times, each for something of its own: [practitioners gp]. */
static const char practitioners[] = "practitioners ", groups[] = "group ", layers[] = "level ";

#define AT(field)       offsetof(struct qz_plan, field)
#define PRACTICE(field) offsetof(struct qz_practice, field)
#define GROUP(field)    offsetof(struct qz_plan_group, field)
#define LEVEL(field)    offsetof(struct qz_plan_level, field)
static const struct key keys[] = {
    { "territory", "name", TEXT, AT(territory), 0, 0, 0, "", "name of the territory, for titles" },
    { "territory", "crs", TEXT, AT(crs), 0, 0, 0, NULL,
      "working system, in metres; default: the communes' own, else the legal one" },
    { "territory", "closed", YES_NO, AT(closed), 0, 0, 0, "no",
      "yes: nothing matters beyond the edge (an island)" },
    { "territory", "repair_codes", YES_NO, AT(repair_codes), 0, 0, 0, "no",
      "yes: commune codes that lost their leading zero count as if they had it" },
    { "roads", "nodes", PATH, AT(road_nodes.input.file), 0, 0, 0, NULL,
      "instead of file: nodes of a graph (id, x, y) ..." },
    { "roads", "edges", PATH, AT(road_edges.input.file), 0, 0, 0, NULL,
      "... and its edges (from, to, seconds)" },
    { "roads", "profile", TEXT, AT(profile), 0, 0, 0, "auto",
      "speed table: osm-car, bdtopo-car, route500-car, metric, or auto" },
    { "roads", "speeds", PATH, AT(speeds), 0, 0, 0, NULL,
      "a speed table of your own (see geodata/speeds-osm-car.csv)" },
    { "roads", "dem", PATH, AT(dem), 0, 0, 0, NULL,
      "raster of heights in metres, where the speed table counts slopes (metric)" },
    { "roads", "peak", YES_NO, AT(network.peak), 0, 0, 0, "no",
      "yes: the speed table's peak-hour factors count (metric)" },
    { "roads", "island_min_km", NUMBER, AT(network.island_min_m), 1000, 0, 1e4, "2",
      "a part with less road is no island" },
    { "surface", "cover", PATH, AT(surface.cover), 0, 0, 0, NULL,
      "raster of land cover: people off the road walk at its classes' speeds" },
    { "surface", "classes", TEXT, AT(surface.classes), 0, 0, 0, "auto",
      "its table: corine, worldcover, auto, or a file of codes and km/h" },
    { "surface", "friction", PATH, AT(surface.friction), 0, 0, 0, NULL,
      "raster of the time to cross a metre; with a cover it counts where it has data" },
    { "surface", "friction_unit", TEXT, AT(surface.unit), 0, 0, 0, "s/m", "s/m or min/m" },
    { "surface", "dem", PATH, AT(surface.dem), 0, 0, 0, NULL,
      "raster of heights in metres, of any cells: slopes slow people down" },
    { "surface", "barriers", PATH, AT(surface.barriers), 0, 0, 0, NULL,
      "lines and areas that nobody crosses on foot" },
    { "travel", "access_speed_kmh", NUMBER, AT(travel.access_kmh), 1, 0.1, 130, "20",
      "from a place to the road, straight line" },
    { "travel", "snap_limit_m", NUMBER, AT(travel.snap_limit_m), 1, 0, 1e5, "5000",
      "farther from any road: no road" },
    { "isochrones", "bands_min", MINUTES_LIST, AT(band_ms), 0, 0, 0, "5,10,15,20,30",
      "rising list of minutes" },
    { "isochrones", "profession", TEXT, AT(drawn), 0, 0, 0, "",
      "whose sites are drawn one by one; none; default: the first" },
    { "isochrones", "cell_m", NUMBER, AT(field.cell_m), 1, 5, 1e4, "100",
      "side of the grid's cells" },
    { "isochrones", "walk_speed_kmh", NUMBER, AT(field.walk_kmh), 1, 0.1, 20, "5", "off the road" },
    { "isochrones", "walk_limit_m", NUMBER, AT(field.walk_limit_m), 1, 0, 1e4, "1000",
      "how far from a road people walk" },
    { "isochrones", "simplify_m", NUMBER, AT(isochrone.simplify_m), 1, 0, 1e4, NULL,
      "how far a drawn line may move; 0: exact; default: half a cell" },
    { "isochrones", "min_island_ha", NUMBER, AT(isochrone.min_island_m2), 10000, 0, 1e6, "4",
      "islands under this are not drawn" },
    { "isochrones", "min_hole_ha", NUMBER, AT(isochrone.min_hole_m2), 10000, 0, 1e6, "4",
      "nor holes under this" },
    { practitioners, "label", TEXT, PRACTICE(label), 0, 0, 0, NULL,
      "French name of the profession; default: geodata/professions.csv" },
    { practitioners, "profession", TEXT, PRACTICE(only), 0, 0, 0, NULL,
      "rows whose profession column says so: a code, or a list of them" },
    { practitioners, "layout", TEXT, PRACTICE(layout), 0, 0, 0, "auto",
      "of the file: rpps, finess, bpe, ban, plain, or auto" },
    { practitioners, "threshold_min", WHOLE, PRACTICE(threshold_min), 0, 1, 240, "0",
      "minutes within which people are served; default by profession: geodata/thresholds.csv" },
    { practitioners, "scope", TEXT, PRACTICE(scope), 0, 0, 0, "",
      "who is counted, in words (libéraux et mixtes ...): stands beside each density" },
    { practitioners, "sectors", TEXT, PRACTICE(sectors), 0, 0, 0, "",
      "fee sectors that count, a list; default: all" },
    { practitioners, "exclusions", TABLE, PRACTICE(exclusions), 0, 0, 0, "",
      "a file of rules of who is left out; none; default: geodata/exclusions.csv" },
    { practitioners, "fte_floor", NUMBER, PRACTICE(fte_floor), 1, 0, 10, "0",
      "a person's full-time equivalents are at least this" },
    { practitioners, "fte_ceiling", NUMBER, PRACTICE(fte_ceiling), 1, 0, 10, "0",
      "and at most this; 0: any" },
    { practitioners, "activity_per_fte", NUMBER, PRACTICE(activity_per_fte), 1, 0, 1e6, "0",
      "consultations a year of one full-time equivalent, where the file gives activity" },
    { practitioners, "geocode_score_min", NUMBER, PRACTICE(geocode_score_min), 1, 0, 1, "0.5",
      "an address placed with a lower score stands at its commune's point" },
    { practitioners, "age_bands", PATH, PRACTICE(age_bands), 0, 0, 0, NULL,
      "heads by age band and territory, for people whose own age is unknown" },
    { practitioners, "previous", PATH, PRACTICE(previous), 0, 0, 0, NULL,
      "an earlier vintage of the same file: arrivals and departures are measured" },
    { practitioners, "previous_vintage", WHOLE, PRACTICE(previous_year), 0, 1990, 2100, "0",
      "its year" },
    { practitioners, "decay", TEXT, PRACTICE(decay), 0, 0, 0, "",
      "of this profession's score; default: that of [apl]" },
    { groups, "label", TEXT, GROUP(label), 0, 0, 0, "", "French name of the people counted" },
    { groups, "unit", TEXT, GROUP(unit), 0, 0, 0, "people",
      "of the value: people, households, share (0 to 1) or percent" },
    { layers, "label", TEXT, LEVEL(label), 0, 0, 0, "", "French name of the level" },
    { layers, "territory", TEXT, LEVEL(territory), 0, 0, 0, NULL,
      "column of the territory's code, where it has none of the usual names; the commune's is "
      "'code ='" },
    { layers, "territory_name", TEXT, LEVEL(territory_name), 0, 0, 0, NULL, "column of its name" },
    { "apl", "preset", TEXT, AT(apl.preset), 0, 0, 0, "apl2017",
      "method, decay, unit and age limit together: apl2012, apl2017" },
    { "apl", "method", TEXT, AT(apl.method), 0, 0, 0, "",
      "2sfca, e2sfca or apl; default: the preset's" },
    { "apl", "decay", TEXT, AT(apl.decay), 0, 0, 0, "",
      "a row of the table of decays; default: the preset's" },
    { "apl", "decays", PATH, AT(apl.decays), 0, 0, 0, NULL,
      "a table of decays of your own (see geodata/decays.csv)" },
    { "apl", "consumption", PATH, AT(apl.consumption), 0, 0, 0, NULL,
      "care used by age (see geodata/consumption.csv)" },
    { "horizon", "years", YEARS_LIST, AT(years), 0, 0, 0, "",
      "for which figures are projected; default: in 5 and 10 years; none" },
    { "horizon", "base_year", WHOLE, AT(base_year), 0, 1990, 2100, "0",
      "of the ages; default: the practitioners' vintage" },
    { "horizon", "retirement_age", NUMBER, AT(retirement_age), 1, 50, 100, "67",
      "everyone leaves on reaching it" },
    { "horizon", "exits", PATH, AT(exits), 0, 0, 0, NULL,
      "instead: a table of the share who leave at each age (see geodata/exit-rates.csv)" },
    { "horizon", "arrivals", YES_NO, AT(arrivals), 0, 0, 0, "no",
      "yes: as many arrive each year as between the two vintages of the register" },
    { "zones", "people_target", NUMBER, AT(three15.people_target), 1, 1, 1e8, "15000",
      "people of a zone" },
    { "zones", "people_min", NUMBER, AT(three15.people_min), 1, 1, 1e8, "7500", "at least" },
    { "zones", "people_max", NUMBER, AT(three15.people_max), 1, 1, 1e8, "22500",
      "at most, but for one commune alone" },
    { "zones", "professionals", NUMBER, AT(three15.professionals), 1, 1, 1000, "15",
      "together in one structure" },
    { "zones", "weight_beyond", NUMBER, AT(three15.weight_beyond), 1, 0, 1, "0.5",
      "of the score: people beyond 15 min" },
    { "zones", "weight_density", NUMBER, AT(three15.weight_density), 1, 0, 1, "0.3",
      "of the score: shortfall of GP density" },
    { "zones", "weight_missing", NUMBER, AT(three15.weight_missing), 1, 0, 1, "0.2",
      "of the score: missing professionals" },
    { "output", "date", TEXT, AT(date), 0, 0, 0, NULL,
      "date of the file's stamps; default: the newest vintage" },
    { "output", "indicators", TEXT, AT(indicators), 0, 0, 0, "communes",
      "the smallest places of the long table: communes, territories or none" },
    { "output", "origins_from", NUMBER, AT(origins_from), 1, 0, 1e9, "5000",
      "people of a commune from which its cells or IRIS are told one by one" },
    { "output", "mask_under", NUMBER, AT(mask_under), 1, 0, 1000, "0",
      "heads above 0 and under this are secret, and what would give them away; 0: none" },
};

/* Sections that name a file, with the parts that their columns may play. */
#define BIT(role) (1ull << QZ_ROLE_##role)
static const struct {
    const char *section;
    size_t offset;
    uint64_t roles;
    bool required;
} inputs[] = {
    { "communes", AT(communes),
      BIT(CODE) | BIT(NAME) | BIT(DEPARTEMENT) | BIT(EPCI) | BIT(POPULATION), true },
    { "points", AT(points), BIT(CODE) | BIT(X) | BIT(Y) | BIT(LON) | BIT(LAT) | BIT(BASIS), false },
    { "territories", AT(territories), BIT(CODE), false },
    { "roads", AT(roads),
      BIT(CLASS) | BIT(IMPORTANCE) | BIT(ONEWAY) | BIT(SPEED) | BIT(LENGTH) | BIT(ACCESS) |
          BIT(PRIVATE) | BIT(STATE) | BIT(FICTIVE) | BIT(LEVEL) | BIT(ID) | BIT(X) | BIT(Y) |
          BIT(LON) | BIT(LAT) | BIT(FROM) | BIT(TO) | BIT(SECONDS),
      false },
    { "population", AT(population), BIT(CODE) | BIT(POPULATION), false },
    { "ages", AT(ages), BIT(CODE), false },
    { "movements", AT(movements), 0, false },
    { "cells", AT(cells), BIT(CODE) | BIT(CELL) | BIT(INHABITANTS), false },
};
#define PLACE_ROLES (BIT(X) | BIT(Y) | BIT(LON) | BIT(LAT))
/* Repeated sections: all their items begin as struct qz_plan_item does. */
static const struct repeated {
    const char *prefix, *example;
    size_t items, n; /* into struct qz_plan */
    size_t size;
    uint64_t roles;
} repeats[] = {
    { practitioners, "practitioners gp", AT(practices), AT(n_practices), sizeof(struct qz_practice),
      BIT(CODE) | PLACE_ROLES | BIT(HEADS) | BIT(FTE) | BIT(AGE) | BIT(STRUCTURE) | BIT(PARENT) |
          BIT(PLANNED) | BIT(SHARE) | BIT(PERSON) | BIT(SITE) | BIT(FINESS) | BIT(PROFESSION) |
          BIT(ACTIVITY) | BIT(SECTOR) | BIT(MODE) | BIT(DAYS) | BIT(EVENING) | BIT(WEEKEND) |
          BIT(OPENING) | BIT(SCORE) | BIT(BIRTH) | BIT(ROW_CRS) },
    { groups, "group aged_75plus", AT(groups), AT(n_groups), sizeof(struct qz_plan_group),
      BIT(CODE) | BIT(VALUE) },
    { layers, "level cpts", AT(user_levels), AT(n_user_levels), sizeof(struct qz_plan_level),
      BIT(CODE) | BIT(WEIGHT) },
};
static const char *const input_keys[] = { "file", "layer", "crs", "vintage", "licence" };

/* ---- reading */
struct reader {
    struct qz_ctx *ctx;
    GKeyFile *file;
    struct qz_plan *plan;
    char *folder;
};

static const char *keep(struct qz_plan *plan, const char *text) {
    return qz_pool_add(plan->texts, text, strlen(text));
}

/* A value without the quotes people like to put; NULL: not there. Freed by g_free. */
static char *value_of(struct reader *r, const char *section, const char *key) {
    char *v = g_key_file_get_value(r->file, section, key, NULL);
    return v ? g_strstrip(v) : NULL;
}

static const char *path_of(struct reader *r, const char *value) {
    char *full = g_path_is_absolute(value) ? g_strdup(value)
                                           : g_build_filename(r->folder, value, NULL);
    const char *kept = keep(r->plan, full);
    g_free(full);
    return kept;
}

static int bad_value(struct reader *r, const struct key *k, const char *value,
                     const char *expected) {
    return qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] %s = '%s' is not %s (%s)", r->plan->path,
                   k->section, k->name, value, expected, k->help);
}

static int set_bands(struct reader *r, const struct key *k, const char *value) {
    char **parts = g_strsplit_set(value, ",; ", -1);
    int e = 0;
    r->plan->n_bands = 0;
    for (size_t i = 0; parts[i] && e == 0; i++) {
        double minutes;
        size_t n = r->plan->n_bands;
        if (!*parts[i])
            continue;
        if (n == QZ_MOST_BANDS || !qz_parse_number(parts[i], &minutes) ||
            !(minutes > 0 && minutes <= 600) || (n && minutes * 60000 <= r->plan->band_ms[n - 1]))
            e = bad_value(r, k, value, "a rising list of at most 12 numbers of minutes up to 600");
        else
            r->plan->band_ms[r->plan->n_bands++] = (uint32_t)(minutes * 60000 + 0.5);
    }
    g_strfreev(parts);
    return e == 0 && r->plan->n_bands == 0 ? bad_value(r, k, value, "a list of minutes") : e;
}

static int set_years(struct reader *r, const struct key *k, const char *value) {
    struct qz_plan *plan = r->plan;
    char **parts = g_strsplit_set(value, ",; ", -1);
    int e = 0;
    plan->n_years = 0;
    plan->years_stated = *value != 0;
    for (size_t i = 0; parts[i] && e == 0 && !qz_equal_nocase(value, "none"); i++) {
        double year;
        size_t n = plan->n_years;
        if (!*parts[i])
            continue;
        if (n == QZ_MOST_YEARS || !qz_parse_number(parts[i], &year) || year != floor(year) ||
            !(year >= 1990 && year <= 2100) || (n && year <= plan->years[n - 1]))
            e = bad_value(r, k, value, "a rising list of at most 4 years, or none");
        else
            plan->years[plan->n_years++] = (uint32_t)year;
    }
    g_strfreev(parts);
    return e;
}

/* base: the plan, or the item of a repeated section. */
static int set_key(struct reader *r, const struct key *k, void *base, const char *value) {
    char *field = (char *)base + k->offset;
    uint32_t whole;
    const char *text;
    double number;
    switch (k->kind) {
    case TEXT:
    case PATH:
    case TABLE: /* a path, or a word: none */
        text = k->kind == PATH || (k->kind == TABLE && *value && strcmp(value, "none") != 0)
                   ? path_of(r, value)
                   : keep(r->plan, value);
        memcpy(field, &text, sizeof text);
        return text ? 0 : qz_fail_nomem(r->ctx);
    case YES_NO: {
        bool yes = qz_equal_nocase(value, "yes") || qz_equal_nocase(value, "oui");
        if (!yes && !qz_equal_nocase(value, "no") && !qz_equal_nocase(value, "non"))
            return bad_value(r, k, value, "yes or no");
        memcpy(field, &yes, sizeof yes);
        return 0;
    }
    case NUMBER:
        if (!qz_parse_number(value, &number) || !(number >= k->low && number <= k->high)) {
            char range[64];
            snprintf(range, sizeof range, "a number from %g to %g", k->low, k->high);
            return bad_value(r, k, value, range);
        }
        number *= k->scale;
        memcpy(field, &number, sizeof number);
        return 0;
    case WHOLE:
        if (!qz_parse_number(value, &number) || number != floor(number) ||
            !(number >= k->low && number <= k->high)) {
            char range[64];
            snprintf(range, sizeof range, "a whole number from %g to %g", k->low, k->high);
            return bad_value(r, k, value, range);
        }
        whole = (uint32_t)number;
        memcpy(field, &whole, sizeof whole);
        return 0;
    case MINUTES_LIST:
        return set_bands(r, k, value);
    case YEARS_LIST:
        return set_years(r, k, value);
    }
    return 0;
}

/* A default of 0 of a whole number means: settled later. */
static int set_default(struct reader *r, const struct key *k, void *base) {
    if (!k->value || (k->kind == WHOLE && strcmp(k->value, "0") == 0))
        return 0;
    return set_key(r, k, base, k->value);
}

/* The keys of a section: in the table they stand under `known`, in the file under `section`. */
static int read_section(struct reader *r, const char *known, const char *section, void *base) {
    int e = 0;
    for (size_t i = 0; i < COUNT(keys) && e == 0; i++) {
        struct key k = keys[i];
        if (strcmp(k.section, known) != 0)
            continue;
        k.section = section; /* as messages say it */
        char *value = value_of(r, section, k.name);
        e = value ? set_key(r, &k, base, value) : set_default(r, &k, base);
        g_free(value);
    }
    return e;
}

static bool is_repeated(const char *section) { return section[strlen(section) - 1] == ' '; }

static int read_keys(struct reader *r) {
    int e = 0;
    for (size_t i = 0; i < COUNT(keys) && e == 0; i++)
        if (!is_repeated(keys[i].section) &&
            (i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0))
            e = read_section(r, keys[i].section, keys[i].section, r->plan);
    return e;
}

/* ---- inputs */
static int read_input_text(struct reader *r, const char *section, const char *key, bool is_path,
                           const char **ret) {
    char *value = value_of(r, section, key);
    if (!value)
        return 0;
    *ret = !*value ? NULL : is_path ? path_of(r, value) : keep(r->plan, value);
    bool lost = *value && !*ret;
    g_free(value);
    return lost ? qz_fail_nomem(r->ctx) : 0;
}

static int read_input(struct reader *r, const char *section, uint64_t roles, bool required,
                      struct qz_plan_input *in) {
    const char **const targets[] = { &in->input.file, &in->input.layer, &in->input.crs,
                                     &in->vintage, &in->licence };
    int e = 0;
    for (size_t i = 0; i < COUNT(targets) && e == 0; i++)
        e = read_input_text(r, section, input_keys[i], i == 0, targets[i]);
    for (int role = 0; role < QZ_N_ROLES && e == 0; role++)
        if (roles >> role & 1)
            e = read_input_text(r, section, qz_role_key((enum qz_role)role), false,
                                &in->input.columns[role]);
    bool roads = strcmp(section, "roads") == 0; /* several ways to name them: settle_roads */
    if (e == 0 && !in->input.file && !roads && (required || g_key_file_has_group(r->file, section)))
        e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] needs 'file = PATH'", r->plan->path, section);
    return e;
}

/* ---- [roads] file: a list of paths and patterns */
static int add_road_file(struct reader *r, const char *path, size_t *cap) {
    struct qz_plan *plan = r->plan;
    for (size_t i = 0; i < plan->n_road_files; i++)
        if (strcmp(plan->road_files[i], path) == 0)
            return 0; /* named twice */
    const char **grown = qz_grow(plan->road_files, cap, plan->n_road_files + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(r->ctx);
    plan->road_files = grown;
    grown[plan->n_road_files] = keep(plan, path);
    return grown[plan->n_road_files++] ? 0 : qz_fail_nomem(r->ctx);
}

static int by_bytes(const void *va, const void *vb) {
    const char *const *a = va, *const *b = vb;
    return strcmp(*a, *b); /* glob sorts by the user's locale */
}

/* The plan's folder is a name, whatever its characters; the pattern begins after it. */
static char *full_pattern(const struct reader *r, const char *pattern) {
    GString *full = g_string_new(NULL);
    for (const char *p = r->folder; *p && !g_path_is_absolute(pattern); p++) {
        if (strchr("*?[\\", *p))
            g_string_append_c(full, '\\');
        g_string_append_c(full, *p);
    }
    if (full->len)
        g_string_append_c(full, '/');
    g_string_append(full, pattern);
    return g_string_free(full, FALSE);
}

static int add_road_pattern(struct reader *r, const char *pattern, size_t *cap) {
    glob_t found = { 0 };
    char *full = full_pattern(r, pattern);
    int code = glob(full, 0, NULL, &found), e = 0;
    g_free(full);
    if (code == GLOB_NOMATCH)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: [roads] file: no file matches '%s'; check the pattern (it is relative to "
                    "the plan's folder)",
                    r->plan->path, pattern);
    else if (code != 0)
        e = qz_fail(r->ctx, QZ_E_IO, "%s: [roads] file: '%s' cannot be searched", r->plan->path,
                    pattern);
    else
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    for (size_t i = 0; i < found.gl_pathc && e == 0; i++)
        e = add_road_file(r, found.gl_pathv[i], cap);
    globfree(&found);
    return e;
}

static bool is_file(const char *path) { return g_file_test(path, G_FILE_TEST_EXISTS); }

static int read_road_files(struct reader *r) {
    struct qz_input *in = &r->plan->roads.input;
    size_t cap = 0;
    if (!in->file) /* a graph of nodes and edges stands for it */
        return 0;
    if (is_file(in->file)) /* its name may hold commas and stars */
        return add_road_file(r, in->file, &cap);
    char *value = value_of(r, "roads", "file");
    char **names = g_strsplit(value, ",", -1);
    int e = 0;
    for (size_t i = 0; names[i] && e == 0; i++) {
        const char *path = *g_strstrip(names[i]) ? path_of(r, names[i]) : NULL;
        if (path)
            e = strpbrk(names[i], "*?[") && !is_file(path) ? add_road_pattern(r, names[i], &cap)
                                                           : add_road_file(r, path, &cap);
    }
    if (e == 0 && r->plan->n_road_files == 0)
        e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] needs 'file = PATH'", r->plan->path);
    if (e == 0)
        in->file = r->plan->road_files[0];
    g_strfreev(names);
    g_free(value);
    return e;
}

static int label_practice(struct reader *r, struct qz_practice *p) {
    char **lines = g_strsplit(qz_geodata("professions.csv"), "\n", -1);
    bool named = p->label != NULL;
    if (!named)
        p->label = p->label_plural = p->key;
    else
        p->label_plural = p->label;
    for (size_t i = 0; lines[i]; i++) {
        char **fields = *lines[i] == '#' ? NULL : g_strsplit(lines[i], ",", -1);
        bool own = fields && g_strv_length(fields) >= 4 && strcmp(fields[0], p->key) == 0;
        if (own && !named) {
            p->label = keep(r->plan, fields[1]);
            p->label_plural = keep(r->plan, fields[2]);
        }
        p->is_place = p->is_place || (own && strcmp(g_strstrip(fields[3]), "place") == 0);
        g_strfreev(fields);
    }
    g_strfreev(lines);
    return p->label && p->label_plural ? 0 : qz_fail_nomem(r->ctx);
}

/* ---- the threshold of a profession: the plan's, else the table's */
static uint32_t usual_threshold_min(const char *key) {
    char **lines = g_strsplit(qz_geodata("thresholds.csv"), "\n", -1);
    uint32_t minutes = 0, any = 0;
    for (size_t i = 0; lines[i]; i++) {
        char **fields = *lines[i] == '#' ? NULL : g_strsplit(lines[i], ",", -1);
        bool line = fields && g_strv_length(fields) >= 2;
        if (line && strcmp(fields[0], key) == 0)
            minutes = (uint32_t)atoi(fields[1]);
        if (line && strcmp(fields[0], "*") == 0)
            any = (uint32_t)atoi(fields[1]);
        g_strfreev(fields);
    }
    g_strfreev(lines);
    return minutes ? minutes : any;
}

/* ---- repeated sections */
static bool good_key(const char *key) {
    size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n <= 24 && key[n] == 0 && !(key[0] >= '0' && key[0] <= '9');
}

static int read_item(struct reader *r, const struct repeated *repeat, const char *section,
                     struct qz_plan_item *item) {
    const char *key = section + strlen(repeat->prefix);
    if (!good_key(key))
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [%s]: after '%s' give a name of up to 24 small letters, digits or _, "
                       "for example [%s]",
                       r->plan->path, section, repeat->prefix, repeat->example);
    item->key = keep(r->plan, key);
    if (!item->key)
        return qz_fail_nomem(r->ctx);
    int e = read_section(r, repeat->prefix, section, item);
    return e < 0 ? e : read_input(r, section, repeat->roles, true, &item->source);
}

static int read_repeated(struct reader *r, const struct repeated *repeat, char **sections,
                         size_t most) {
    char *items = qz_calloc(most, repeat->size);
    if (!items)
        return qz_fail_nomem(r->ctx);
    memcpy((char *)r->plan + repeat->items, &items, sizeof items);
    size_t n = 0;
    int e = 0;
    for (size_t i = 0; i < most && e == 0; i++)
        if (g_str_has_prefix(sections[i], repeat->prefix))
            e = read_item(r, repeat, sections[i],
                          (struct qz_plan_item *)(items + n++ * repeat->size));
    memcpy((char *)r->plan + repeat->n, &n, sizeof n);
    return e;
}

static int read_inputs(struct reader *r) {
    int e = 0;
    for (size_t i = 0; i < COUNT(inputs) && e == 0; i++)
        e = read_input(r, inputs[i].section, inputs[i].roles, inputs[i].required,
                       (struct qz_plan_input *)((char *)r->plan + inputs[i].offset));
    if (e == 0)
        e = read_road_files(r);
    gsize n = 0;
    char **sections = g_key_file_get_groups(r->file, &n);
    for (size_t i = 0; i < COUNT(repeats) && e == 0; i++)
        e = read_repeated(r, &repeats[i], sections, n);
    g_strfreev(sections);
    if (e == 0 && r->plan->n_practices == 0)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: no practitioners; add a section such as [practitioners gp]",
                    r->plan->path);
    return e;
}

/* ---- unknown names: an error with the nearest known one */
struct known {
    const char *names[96];
    size_t n;
};

static void add_known(struct known *k, const char *name) {
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->names[i], name) == 0)
            return;
    if (k->n < COUNT(k->names))
        k->names[k->n++] = name;
}

static void known_keys(const char *section, struct known *k) {
    uint64_t roles = 0;
    bool file = false;
    const char *own = section;
    for (size_t i = 0; i < COUNT(repeats); i++)
        if (g_str_has_prefix(section, repeats[i].prefix)) {
            own = repeats[i].prefix;
            roles = repeats[i].roles;
            file = true;
        }
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(keys[i].section, own) == 0)
            add_known(k, keys[i].name);
    for (size_t i = 0; i < COUNT(inputs); i++)
        if (strcmp(inputs[i].section, section) == 0) {
            roles = inputs[i].roles;
            file = true;
        }
    for (size_t i = 0; file && i < COUNT(input_keys); i++)
        add_known(k, input_keys[i]);
    for (int role = 0; role < QZ_N_ROLES; role++)
        if (roles >> role & 1)
            add_known(k, qz_role_key((enum qz_role)role));
}

static const char *nearest(const struct known *k, const char *name) {
    const char *best = "";
    unsigned least = UINT32_MAX;
    for (size_t i = 0; i < k->n; i++) {
        unsigned d = qz_edit_distance(k->names[i], name);
        if (d < least) {
            least = d;
            best = k->names[i];
        }
    }
    return best;
}

static int check_section(struct reader *r, const char *section) {
    struct known sections = { 0 }, k = { 0 };
    known_keys(section, &k);
    if (k.n == 0) {
        for (size_t i = 0; i < COUNT(keys); i++)
            if (!is_repeated(keys[i].section))
                add_known(&sections, keys[i].section);
        for (size_t i = 0; i < COUNT(inputs); i++)
            add_known(&sections, inputs[i].section);
        for (size_t i = 0; i < COUNT(repeats); i++)
            add_known(&sections, repeats[i].example);
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: unknown section [%s]; did you mean [%s]?",
                       r->plan->path, section, nearest(&sections, section));
    }
    char **names = g_key_file_get_keys(r->file, section, NULL, NULL);
    int e = 0;
    for (size_t i = 0; names && names[i] && e == 0; i++) {
        bool found = false;
        for (size_t j = 0; j < k.n; j++)
            found = found || strcmp(k.names[j], names[i]) == 0;
        if (!found)
            e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] has an unknown key '%s'; did you mean '%s'?",
                        r->plan->path, section, names[i], nearest(&k, names[i]));
    }
    g_strfreev(names);
    return e;
}

static int check_names(struct reader *r) {
    char **sections = g_key_file_get_groups(r->file, NULL);
    int e = 0;
    for (size_t i = 0; sections[i] && e == 0; i++)
        e = check_section(r, sections[i]);
    g_strfreev(sections);
    return e;
}

/* ---- what depends on several keys */
static bool date_of(const char *text, char date[11]) {
    int year, month = 1, day = 1, used = 0;
    int n = sscanf(text, "%4d%n-%2d%n-%2d%n", &year, &used, &month, &used, &day, &used);
    if (n < 1 || text[used] || year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 ||
        day > 31)
        return false;
    snprintf(date, 11, "%04d-%02d-%02d", year, month, day);
    return true;
}

/* The output's date: stated, else the newest vintage; the clock has no say. */
static int settle_date(struct reader *r) {
    struct qz_plan *plan = r->plan;
    char best[11] = "1970-01-01", date[11];
    if (plan->date) {
        if (!date_of(plan->date, best))
            return qz_fail(r->ctx, QZ_E_PLAN,
                           "%s: [output] date = '%s' is not a date such as 2026-01-31", plan->path,
                           plan->date);
    } else {
        for (size_t i = 0; i < COUNT(inputs) + plan->n_practices; i++) {
            const struct qz_plan_input *in = i < COUNT(inputs)
                                                 ? (const struct qz_plan_input *)((char *)plan +
                                                                                  inputs[i].offset)
                                                 : &plan->practices[i - COUNT(inputs)].source;
            if (in->vintage && date_of(in->vintage, date) && strcmp(date, best) > 0)
                memcpy(best, date, sizeof best);
        }
    }
    plan->date = keep(plan, best);
    return plan->date ? 0 : qz_fail_nomem(r->ctx);
}

/* ---- three kinds of roads: lines, a graph of two tables, a compiled network */
bool qz_plan_is_network(const char *path) {
    size_t n = strlen(path);
    return n > 4 && qz_equal_nocase(path + n - 4, ".qzn");
}

/* Keys that would change nothing are errors: they say something that is not so. */
static int refuse_keys(struct reader *r, const char *const *refused, size_t n, const char *why) {
    for (size_t i = 0; i < n; i++)
        if (g_key_file_has_key(r->file, "roads", refused[i], NULL))
            return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] %s has no effect: %s", r->plan->path,
                           refused[i], why);
    return 0;
}

/* The columns and the system that [roads] names are those of both tables. */
static void share_columns(struct qz_plan *plan) {
    const char *nodes = plan->road_nodes.input.file, *edges = plan->road_edges.input.file;
    plan->road_nodes = plan->road_edges = plan->roads;
    plan->road_nodes.input.file = nodes;
    plan->road_edges.input.file = edges;
}

static int settle_roads(struct reader *r) {
    static const char *const speeds[] = { "profile", "speeds" };
    static const char *const compiled[] = { "profile", "speeds", "island_min_km", "layer", "crs" };
    struct qz_plan *plan = r->plan;
    const char *file = plan->roads.input.file;
    bool nodes = plan->road_nodes.input.file, edges = plan->road_edges.input.file;
    if (file && (nodes || edges))
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] has both 'file' and '%s'; give one of them",
                       plan->path, nodes ? "nodes" : "edges");
    if (nodes != edges)
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] needs '%s = PATH' beside '%s'", plan->path,
                       nodes ? "edges" : "nodes", nodes ? "nodes" : "edges");
    if (!file && !nodes)
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] needs 'file = PATH'", plan->path);
    if (nodes) {
        share_columns(plan);
        return refuse_keys(r, speeds, COUNT(speeds), "the edges have their own seconds");
    }
    return qz_plan_is_network(file)
               ? refuse_keys(r, compiled, COUNT(compiled),
                             "a compiled network keeps what it was compiled with; give it to "
                             "'quinze network'")
               : 0;
}

/* ---- the ground */
static int settle_surface(struct reader *r) {
    struct qz_plan *plan = r->plan;
    const char *unit = plan->surface.unit;
    if (strcmp(unit, "s/m") != 0 && strcmp(unit, "min/m") != 0)
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [surface] friction_unit = '%s' is not s/m or min/m",
                       plan->path, unit);
    if (g_key_file_has_group(r->file, "surface") && !plan->surface.cover &&
        !plan->surface.friction && !plan->surface.dem && !plan->surface.barriers)
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [surface] needs 'cover = PATH', 'friction = PATH', 'dem = PATH' or "
                       "'barriers = PATH'",
                       plan->path);
    const char *classes = plan->surface.classes;
    if (strcmp(classes, "auto") == 0 || strcmp(classes, "corine") == 0 ||
        strcmp(classes, "worldcover") == 0)
        return 0;
    plan->surface.classes = path_of(r, classes);
    return plan->surface.classes ? 0 : qz_fail_nomem(r->ctx);
}

/* ---- professions: what the tables of geodata say where the plan does not */
static int settle_practices(struct reader *r) {
    int e = 0;
    for (size_t i = 0; i < r->plan->n_practices && e == 0; i++) {
        struct qz_practice *p = &r->plan->practices[i];
        e = label_practice(r, p);
        if (p->threshold_min == 0)
            p->threshold_min = usual_threshold_min(p->key);
        if (e == 0 && p->fte_ceiling > 0 && p->fte_floor > p->fte_ceiling)
            e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [practitioners %s] fte_floor is above fte_ceiling",
                        r->plan->path, p->key);
        if (e == 0 && p->previous && !p->previous_year)
            e = qz_fail(r->ctx, QZ_E_PLAN,
                        "%s: [practitioners %s] previous needs previous_vintage = YEAR",
                        r->plan->path, p->key);
    }
    return e;
}

static int settle_items(struct reader *r) {
    static const char *const units[] = { "people", "households", "share", "percent" };
    struct qz_plan *plan = r->plan;
    for (size_t i = 0; i < plan->n_groups; i++) {
        struct qz_plan_group *g = &plan->groups[i];
        bool found = false;
        for (size_t u = 0; u < COUNT(units); u++)
            found = found || strcmp(g->unit, units[u]) == 0;
        if (!found)
            return qz_fail(r->ctx, QZ_E_PLAN,
                           "%s: [group %s] unit = '%s' is not people, households, share or percent",
                           plan->path, g->key, g->unit);
        g->label = *g->label ? g->label : g->key;
    }
    for (size_t i = 0; i < plan->n_user_levels; i++)
        if (!*plan->user_levels[i].label)
            plan->user_levels[i].label = plan->user_levels[i].key;
    return 0;
}

/* Four digits at the beginning of a vintage; 0: none. */
uint32_t qz_plan_year(const char *vintage) {
    char date[11];
    return vintage && date_of(vintage, date) ? (uint32_t)atoi(date) : 0;
}

/* The horizon counts from the year of the ages. */
static void settle_years(struct qz_plan *plan) {
    for (size_t i = 0; i < plan->n_practices && !plan->base_year; i++)
        plan->base_year = qz_plan_year(plan->practices[i].source.vintage);
    uint32_t year = plan->base_year ? plan->base_year : qz_plan_year(plan->date);
    if (year > 1970)
        plan->base_year = year;
    if (plan->years_stated || !plan->base_year)
        return;
    plan->years[plan->n_years++] = plan->base_year + 5;
    plan->years[plan->n_years++] = plan->base_year + 10;
}

static int settle(struct reader *r) {
    struct qz_plan *plan = r->plan;
    int e = settle_practices(r);
    if (e == 0)
        e = settle_items(r);
    if (e < 0)
        return e;
    if (!*plan->drawn)
        plan->drawn = plan->practices[0].key;
    if (!g_key_file_has_key(r->file, "isochrones", "simplify_m", NULL))
        plan->isochrone.simplify_m = plan->field.cell_m / 2;
    bool found = strcmp(plan->drawn, "none") == 0;
    for (size_t i = 0; i < plan->n_practices; i++)
        found = found || strcmp(plan->practices[i].key, plan->drawn) == 0;
    if (!found)
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [isochrones] profession = '%s' has no section [practitioners %s]",
                       plan->path, plan->drawn, plan->drawn);
    if (strcmp(plan->profile, "auto") != 0 && !qz_speeds_builtin(plan->profile))
        return qz_fail(
            r->ctx, QZ_E_PLAN,
            "%s: [roads] profile = '%s' is not osm-car, bdtopo-car, route500-car, metric or auto",
            plan->path, plan->profile);
    if (strcmp(plan->indicators, "communes") != 0 && strcmp(plan->indicators, "territories") != 0 &&
        strcmp(plan->indicators, "none") != 0)
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [output] indicators = '%s' is not communes, territories or none",
                       plan->path, plan->indicators);
    if (!(plan->three15.people_min <= plan->three15.people_target &&
          plan->three15.people_target <= plan->three15.people_max))
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [zones] needs people_min <= people_target <= people_max", plan->path);
    e = settle_roads(r);
    if (e == 0)
        e = settle_surface(r);
    if (e == 0)
        e = settle_date(r);
    if (e == 0)
        settle_years(plan);
    if (e == 0 && plan->n_years && !plan->base_year)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: [horizon] years count from the year of the ages: give base_year, or a "
                    "vintage in [practitioners %s]",
                    plan->path, plan->practices[0].key);
    for (size_t i = 0; i < plan->n_years && e == 0; i++)
        if (plan->base_year && plan->years[i] <= plan->base_year)
            e = qz_fail(r->ctx, QZ_E_PLAN,
                        "%s: [horizon] years: %u is not after the year of the ages, %u", plan->path,
                        plan->years[i], plan->base_year);
    return e;
}

static int read_plan(struct reader *r) {
    int e = check_names(r);
    if (e == 0)
        e = read_keys(r);
    if (e == 0)
        e = read_inputs(r);
    return e < 0 ? e : settle(r);
}

struct qz_plan *qz_plan_free(struct qz_plan *plan) {
    if (plan) {
        free(plan->road_files);
        free(plan->practices);
        free(plan->groups);
        free(plan->user_levels);
        qz_pool_free(plan->texts);
    }
    free(plan);
    return NULL;
}

/* Takes comments out ("; ..." and "# ..." after a blank or at the start), and what editors leave:
 * GLib knows only whole lines of "#". */
static void strip_comments(char *text) {
    bool after_blank = true, comment = false;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        memset(text, ' ', 3);
    for (char *p = text; *p; p++) {
        if (*p == '\n') {
            after_blank = true;
            comment = false;
            continue;
        }
        comment = comment || (after_blank && (*p == ';' || *p == '#'));
        after_blank = *p == ' ' || *p == '\t';
        if (comment || *p == '\r')
            *p = ' ';
    }
}

static int load(struct qz_ctx *ctx, const char *path, GKeyFile *file) {
    GError *error = NULL;
    char *text = NULL;
    gsize n = 0;
    int e = 0;
    if (!g_file_get_contents(path, &text, &n, &error))
        e = qz_fail(ctx, QZ_E_IO, "%s; give the plan's path", error->message);
    if (e == 0) {
        strip_comments(text);
        if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, &error))
            e = qz_fail(ctx, QZ_E_PLAN, "%s: %s", path, error->message);
    }
    g_clear_error(&error);
    g_free(text);
    return e;
}

int qz_plan_read(struct qz_ctx *ctx, const char *path, struct qz_plan **ret) {
    struct qz_plan *plan = qz_calloc(1, sizeof *plan);
    if (!plan)
        return qz_fail_nomem(ctx);
    plan->three15 = qz_three15_params_default;
    int e = qz_pool_new(ctx, &plan->texts);
    if (e == 0 && !(plan->path = keep(plan, path)))
        e = qz_fail_nomem(ctx);
    if (e == 0) {
        struct reader r = { ctx, g_key_file_new(), plan, g_path_get_dirname(path) };
        e = load(ctx, path, r.file);
        if (e == 0)
            e = read_plan(&r);
        g_key_file_free(r.file);
        g_free(r.folder);
    }
    if (e < 0)
        qz_plan_free(plan);
    else
        *ret = plan;
    return e;
}

/* ---- telling what it holds */
static void value_text(const struct qz_plan *plan, const void *base, const struct key *k,
                       struct qz_text *t) {
    const char *field = (const char *)base + k->offset, *text;
    double number;
    uint32_t whole;
    bool yes;
    switch (k->kind) {
    case TEXT:
    case PATH:
    case TABLE:
        memcpy(&text, field, sizeof text);
        qz_text_add(t, "%s", text && k->kind == TEXT ? text : "");
        break;
    case YES_NO:
        memcpy(&yes, field, sizeof yes);
        qz_text_add(t, "%s", yes ? "yes" : "no");
        break;
    case NUMBER:
        memcpy(&number, field, sizeof number);
        qz_text_add(t, "%.10g", number / k->scale);
        break;
    case WHOLE:
        memcpy(&whole, field, sizeof whole);
        qz_text_add(t, "%u", whole);
        break;
    case MINUTES_LIST:
        for (size_t i = 0; i < plan->n_bands; i++)
            qz_text_add(t, "%s%.10g", i ? "," : "", plan->band_ms[i] / 60000.0);
        break;
    case YEARS_LIST:
        for (size_t i = 0; i < plan->n_years; i++)
            qz_text_add(t, "%s%u", i ? "," : "", plan->years[i]);
        break;
    }
}

/* The path that a key names; NULL: it names none. */
static const char *path_at(const void *base, const struct key *k) {
    const char *text;
    memcpy(&text, (const char *)base + k->offset, sizeof text);
    bool word = k->kind == TABLE && text && strcmp(text, "none") == 0;
    return (k->kind == PATH || k->kind == TABLE) && text && *text && !word ? text : NULL;
}

struct visit { /* of parameters, or of the paths that keys name */
    const struct qz_plan *plan;
    qz_plan_visit_fn call;
    void *user;
    bool paths;
};

static int visit_key(const struct visit *v, const char *section, const void *base,
                     const struct key *k) {
    if (v->paths) {
        const char *path = path_at(base, k);
        return path ? v->call(v->user, section, k->name, path) : 0;
    }
    struct qz_text t = { 0 };
    value_text(v->plan, base, k, &t);
    int e = t.failed ? QZ_E_NOMEM : v->call(v->user, section, k->name, t.data ? t.data : "");
    qz_text_done(&t);
    return e;
}

static int visit_section(const struct visit *v, const char *known, const char *section,
                         const void *base) {
    int e = 0;
    for (size_t i = 0; i < COUNT(keys) && e == 0; i++)
        if (strcmp(keys[i].section, known) == 0)
            e = visit_key(v, section, base, &keys[i]);
    return e;
}

static int visit_items(const struct visit *v, const struct repeated *repeat) {
    const char *items;
    size_t n;
    memcpy(&items, (const char *)v->plan + repeat->items, sizeof items);
    memcpy(&n, (const char *)v->plan + repeat->n, sizeof n);
    int e = 0;
    for (size_t i = 0; i < n && e == 0; i++) {
        const struct qz_plan_item *item = (const struct qz_plan_item *)(items + i * repeat->size);
        qz_cleanup(qz_freep) char *section = qz_format("%s%s", repeat->prefix, item->key);
        e = section ? visit_section(v, repeat->prefix, section, item) : QZ_E_NOMEM;
    }
    return e;
}

static int visit_all(const struct visit *v) {
    int e = 0;
    for (size_t i = 0; i < COUNT(keys) && e == 0; i++)
        if (!is_repeated(keys[i].section) &&
            (i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0))
            e = visit_section(v, keys[i].section, keys[i].section, v->plan);
    for (size_t i = 0; i < COUNT(repeats) && e == 0; i++)
        e = visit_items(v, &repeats[i]);
    return e;
}

int qz_plan_visit(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user) {
    return visit_all(&(struct visit) { plan, visit, user, false });
}

int qz_plan_visit_paths(const struct qz_plan *plan, qz_plan_visit_fn visit, void *user) {
    return visit_all(&(struct visit) { plan, visit, user, true });
}

void qz_plan_input_text(const struct qz_plan_input *in, struct qz_text *t) {
    qz_text_add(t, "layer=%s;crs=%s;", in->input.layer ? in->input.layer : "",
                in->input.crs ? in->input.crs : "");
    for (int role = 0; role < QZ_N_ROLES; role++)
        if (in->input.columns[role])
            qz_text_add(t, "%s=%s;", qz_role_key((enum qz_role)role), in->input.columns[role]);
}
