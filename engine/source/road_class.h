/* engine/source/road_class.h - what all readers of roads share: classes, and counts of what was
 * wrong. */
#pragma once
#include "source/source.h"

/* Each distinct class text once; start with {0}. */
struct qz_road_class_entry;
struct qz_road_classes {
    struct qz_road_class_entry *table;
    size_t cap;
};
void qz_road_classes_done(struct qz_road_classes *c);
/* The number of the class text[0..n), added to roads->class_name when new. */
int qz_road_class(struct qz_ctx *ctx, struct qz_road_classes *c, struct qz_roads *roads,
                  const char *text, size_t n, uint32_t *ret);

struct qz_road_count {
    size_t n;
    enum qz_severity severity;
    const char *code, *text; /* "%zu text" */
};
/* One issue for each count above 0. */
int qz_road_counts_report(struct qz_ctx *ctx, const struct qz_road_count *counts, size_t n,
                          const char *source, struct qz_issues *issues);

/* qz_roads_read of an OSM file. */
int qz_osm_roads_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                      struct qz_issues *issues, struct qz_input_report *report,
                      struct qz_roads **ret);
