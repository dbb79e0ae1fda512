/* engine/source/osm_tags.h - what OSM tags say to a patient's car. */
#pragma once
#include "io/osm.h"

/* The wanted keys, in the order of qz_osm_tag_keys. */
enum qz_osm_key {
    OSM_HIGHWAY,
    OSM_ROUTE,
    OSM_AREA,
    OSM_ONEWAY,
    OSM_JUNCTION,
    OSM_MAXSPEED,
    OSM_MAXSPEED_TYPE,
    OSM_SOURCE_MAXSPEED,
    OSM_ZONE_MAXSPEED,
    OSM_ZONE_TRAFFIC,
    OSM_ACCESS,
    OSM_VEHICLE,
    OSM_MOTOR_VEHICLE,
    OSM_MOTORCAR,
    OSM_FOOT,
    OSM_BICYCLE,
    OSM_DURATION,
    OSM_BARRIER,
    OSM_RESTRICTION,
    OSM_RESTRICTION_MOTORCAR,
    OSM_EXCEPT,
    OSM_N_KEYS
};
extern const char *const qz_osm_tag_keys[OSM_N_KEYS];

/* The values of one element; NULL: no such tag. */
struct qz_osm_tags {
    const char *value[OSM_N_KEYS];
};
void qz_osm_tags_set(struct qz_osm_tags *t, const struct qz_osm_tag *tags, size_t n);

/* A way as a road. */
struct qz_osm_road {
    const char *class; /* NULL: no road (an area, under construction, another route) */
    float kmh;         /* 0: none stated */
    double duration_s; /* of a ferry; 0: none stated */
    int8_t direction;
    bool closed, bad_speed, unknown_way, bad_duration;
};
void qz_osm_tags_road(const struct qz_osm_tags *t, struct qz_osm_road *ret);
/* Whether no car passes a node: a bollard, a locked gate. */
bool qz_osm_tags_blocks(const struct qz_osm_tags *t);
/* What a restriction does to cars. */
enum qz_osm_turn { OSM_TURN_NONE, OSM_TURN_NO, OSM_TURN_ONLY };
enum qz_osm_turn qz_osm_tags_turn(const struct qz_osm_tags *t);
