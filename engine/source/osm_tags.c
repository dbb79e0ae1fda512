/* engine/source/osm_tags.c - OSM tags in the words of roads. */
#include <string.h>
#include "source/osm_tags.h"
#include "source/words.h"

const char *const qz_osm_tag_keys[OSM_N_KEYS] = {
    [OSM_HIGHWAY] = "highway",
    [OSM_ROUTE] = "route",
    [OSM_AREA] = "area",
    [OSM_ONEWAY] = "oneway",
    [OSM_JUNCTION] = "junction",
    [OSM_MAXSPEED] = "maxspeed",
    [OSM_MAXSPEED_TYPE] = "maxspeed:type",
    [OSM_SOURCE_MAXSPEED] = "source:maxspeed",
    [OSM_ZONE_MAXSPEED] = "zone:maxspeed",
    [OSM_ZONE_TRAFFIC] = "zone:traffic",
    [OSM_ACCESS] = "access",
    [OSM_VEHICLE] = "vehicle",
    [OSM_MOTOR_VEHICLE] = "motor_vehicle",
    [OSM_MOTORCAR] = "motorcar",
    [OSM_FOOT] = "foot",
    [OSM_BICYCLE] = "bicycle",
    [OSM_DURATION] = "duration",
    [OSM_BARRIER] = "barrier",
    [OSM_RESTRICTION] = "restriction",
    [OSM_RESTRICTION_MOTORCAR] = "restriction:motorcar",
    [OSM_EXCEPT] = "except",
};

void qz_osm_tags_set(struct qz_osm_tags *t, const struct qz_osm_tag *tags, size_t n) {
    *t = (struct qz_osm_tags) { 0 };
    for (size_t i = 0; i < n; i++)
        if (tags[i].value[0])
            t->value[tags[i].key] = tags[i].value;
}

static bool is(const struct qz_osm_tags *t, enum qz_osm_key key, const char *text) {
    return t->value[key] && strcmp(t->value[key], text) == 0;
}

static bool is_among(const char *text, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

/* ---- access: the most specific key decides */
static const enum qz_osm_key access_keys[] = { OSM_MOTORCAR, OSM_MOTOR_VEHICLE, OSM_VEHICLE,
                                               OSM_ACCESS };

static const char *access_of(const struct qz_osm_tags *t) {
    for (size_t i = 0; i < COUNT(access_keys); i++)
        if (t->value[access_keys[i]])
            return t->value[access_keys[i]];
    return NULL;
}

/* ---- roads */
/* Values of highway that are no way to drive on, now or ever: no speed table need name them. */
static const char *const no_roads[] = {
    "construction", "proposed", "planned",   "abandoned", "razed",         "disused", "demolished",
    "platform",     "elevator", "rest_area", "services",  "emergency_bay", "no",      "via_ferrata",
};

static bool is_ferry(const struct qz_osm_tags *t) { return is(t, OSM_ROUTE, "ferry"); }

static const char *class_of(const struct qz_osm_tags *t) {
    const char *highway = t->value[OSM_HIGHWAY];
    if (is(t, OSM_AREA, "yes"))
        return NULL;
    if (is_ferry(t))
        return "ferry";
    return highway && !is_among(highway, no_roads, COUNT(no_roads)) ? highway : NULL;
}

/* A stated direction wins; else a roundabout or a motorway has one. */
static void set_direction(const struct qz_osm_tags *t, struct qz_osm_road *ret) {
    const char *way = t->value[OSM_ONEWAY];
    ret->direction = is(t, OSM_JUNCTION, "roundabout") || is(t, OSM_JUNCTION, "circular") ||
                     is(t, OSM_HIGHWAY, "motorway") || is(t, OSM_HIGHWAY, "motorway_link");
    ret->unknown_way = way && !qz_word_direction(way, &ret->direction);
}

/* The limit itself, else the first word on where it comes from. */
static void set_speed(const struct qz_osm_tags *t, struct qz_osm_road *ret) {
    static const enum qz_osm_key sources[] = { OSM_MAXSPEED_TYPE, OSM_SOURCE_MAXSPEED,
                                               OSM_ZONE_MAXSPEED, OSM_ZONE_TRAFFIC };
    const char *limit = t->value[OSM_MAXSPEED];
    float kmh = limit ? qz_word_kmh(limit) : 0;
    ret->bad_speed = kmh < 0;
    for (size_t i = 0; i < COUNT(sources) && kmh <= 0; i++)
        if (t->value[sources[i]])
            kmh = qz_word_kmh(t->value[sources[i]]);
    ret->kmh = kmh > 0 ? kmh : 0;
}

/* Where no word on cars is said, a ferry named for walkers or bicycles is theirs alone. */
static void set_ferry(const struct qz_osm_tags *t, struct qz_osm_road *ret) {
    const char *duration = t->value[OSM_DURATION];
    bool said = t->value[OSM_MOTORCAR] || t->value[OSM_MOTOR_VEHICLE] || t->value[OSM_VEHICLE];
    ret->closed = ret->closed || (!said && (t->value[OSM_FOOT] || t->value[OSM_BICYCLE]));
    ret->duration_s = duration ? qz_word_duration_s(duration) : 0;
    ret->bad_duration = duration && !(ret->duration_s > 0);
}

void qz_osm_tags_road(const struct qz_osm_tags *t, struct qz_osm_road *ret) {
    *ret = (struct qz_osm_road) { .class = class_of(t) };
    if (!ret->class)
        return;
    const char *access = access_of(t);
    ret->closed = access && qz_word_closes(QZ_ROLE_ACCESS, access);
    set_direction(t, ret);
    set_speed(t, ret);
    if (is_ferry(t))
        set_ferry(t, ret);
}

/* ---- barriers: these stop a car unless a word on vehicles says otherwise; the others (gate,
 * lift_gate, cattle_grid, toll_booth, kerb ...) let it pass unless access is closed */
static const char *const blocks[] = {
    "bollard",
    "block",
    "jersey_barrier",
    "cycle_barrier",
    "planter",
    "motorcycle_barrier",
    "stile",
    "kissing_gate",
    "turnstile",
    "full-height_turnstile",
    "log",
    "debris",
    "chain",
    "rope",
    "fence",
    "wall",
    "hedge",
    "ditch",
    "guard_rail",
    "retaining_wall",
    "horse_stile",
    "bar",
    "tank_trap",
    "wicket_gate",
    "barrier_board",
    "sump_buster",
    "bus_trap",
    "yes",
};

bool qz_osm_tags_blocks(const struct qz_osm_tags *t) {
    const char *barrier = t->value[OSM_BARRIER], *access = access_of(t);
    if (!barrier)
        return false;
    if (access && qz_word_closes(QZ_ROLE_ACCESS, access))
        return true;
    bool open = access && access != t->value[OSM_ACCESS];
    return !open && is_among(barrier, blocks, COUNT(blocks));
}

/* ---- restrictions */
static bool excepts_cars(const char *list) {
    for (const char *end = list; *end; list = end + 1) {
        while (*list == ' ')
            list++;
        end = list + strcspn(list, ";");
        size_t n = (size_t)(end - list);
        if ((n == 8 && strncmp(list, "motorcar", n) == 0) ||
            (n == 13 && strncmp(list, "motor_vehicle", n) == 0))
            return true;
        if (!*end)
            break;
    }
    return false;
}

enum qz_osm_turn qz_osm_tags_turn(const struct qz_osm_tags *t) {
    static const char *const no[] = { "no_left_turn", "no_right_turn", "no_straight_on",
                                      "no_u_turn",    "no_entry",      "no_exit" };
    static const char *const only[] = { "only_left_turn", "only_right_turn", "only_straight_on",
                                        "only_u_turn" };
    const char *text = t->value[OSM_RESTRICTION_MOTORCAR];
    if (!text)
        text = t->value[OSM_RESTRICTION];
    if (!text || (t->value[OSM_EXCEPT] && excepts_cars(t->value[OSM_EXCEPT])))
        return OSM_TURN_NONE;
    return is_among(text, no, COUNT(no))       ? OSM_TURN_NO
           : is_among(text, only, COUNT(only)) ? OSM_TURN_ONLY
                                               : OSM_TURN_NONE;
}
