/* engine/source/roads.c - road lines with class, direction, speed, length, and what is closed to
 * cars. */
#include <math.h>
#include <string.h>
#include "io/osm.h"
#include "source/road_class.h"
#include "source/words.h"

struct qz_roads *qz_roads_free(struct qz_roads *r) {
    if (!r)
        return NULL;
    free(r->items);
    free(r->points);
    free(r->class_name);
    free(r->node_id);
    free(r->restrictions);
    qz_pool_free(r->texts);
    free(r);
    return NULL;
}

void qz_roads_freep(struct qz_roads **r) { *r = qz_roads_free(*r); }

enum { LONGEST_M = 10000000 };
/* Columns whose value may close a road. */
static const enum qz_role closing[] = { QZ_ROLE_ACCESS, QZ_ROLE_PRIVATE, QZ_ROLE_STATE };

/* Stated speed: 0 none, -1 absurd. */
static float stated_kmh(struct qz_reader *r) {
    double v;
    int known = qz_reader_number(r, QZ_ROLE_SPEED, &v);
    return known < 0    ? qz_word_kmh(qz_reader_text(r, QZ_ROLE_SPEED))
           : known == 0 ? 0
                        : qz_checked_kmh(v);
}

struct build {
    struct qz_roads *roads;
    struct qz_road_classes classes;
    size_t cap_lines, cap_points;
    struct meaning {
        unsigned stamp; /* of the text that it was made of */
        int value;
    } meanings[QZ_N_ROLES]; /* of the row before: most columns say the same again */
    uint32_t class_id;
    struct qz_text class_text;
    size_t bad_speeds, bad_lengths, unknown_ways, fictive;
    double length_unit_m;
};

/* The text of a column that is not what it was in the row before. */
static bool changed(struct build *b, struct qz_reader *r, enum qz_role role) {
    unsigned stamp = qz_table_stamp(r->table, r->columns[role]);
    bool is = stamp != b->meanings[role].stamp;
    b->meanings[role].stamp = stamp;
    return is;
}

static bool is_closed(struct build *b, struct qz_reader *r) {
    bool closed = false;
    for (size_t i = 0; i < COUNT(closing); i++) {
        struct meaning *m = &b->meanings[closing[i]];
        if (changed(b, r, closing[i])) {
            const char *text = qz_reader_text(r, closing[i]);
            m->value = text && qz_word_closes(closing[i], text);
        }
        closed = closed || m->value;
    }
    return closed;
}

enum { UNKNOWN_WAY = 2 };

static int direction_of(struct build *b, struct qz_reader *r) {
    struct meaning *m = &b->meanings[QZ_ROLE_ONEWAY];
    if (changed(b, r, QZ_ROLE_ONEWAY)) {
        const char *text = qz_reader_text(r, QZ_ROLE_ONEWAY);
        int8_t way = 0;
        m->value = !text || qz_word_direction(text, &way) ? way : UNKNOWN_WAY;
    }
    return m->value;
}

static void add_text(struct qz_text *t, const char *text) {
    enum { LONGEST = 79 }; /* a text longer than that is no class */
    qz_text_addn(t, text ? text : "", text ? strnlen(text, LONGEST) : 0);
}

/* A layer without classes has one, that of a road of no known class. */
static const char *class_text(struct qz_reader *r) {
    return r->columns[QZ_ROLE_CLASS] >= 0 ? qz_reader_text(r, QZ_ROLE_CLASS) : "road";
}

static int class_of_row(struct qz_ctx *ctx, struct build *b, struct qz_reader *r, uint32_t *ret) {
    bool same = !changed(b, r, QZ_ROLE_CLASS);
    same = !changed(b, r, QZ_ROLE_IMPORTANCE) && same && b->roads->n_classes > 0;
    *ret = b->class_id;
    if (same)
        return 0;
    b->class_text.n = 0;
    add_text(&b->class_text, class_text(r));
    if (r->columns[QZ_ROLE_IMPORTANCE] >= 0) {
        qz_text_addn(&b->class_text, "|", 1);
        add_text(&b->class_text, qz_reader_text(r, QZ_ROLE_IMPORTANCE));
    }
    if (b->class_text.failed)
        return qz_fail_nomem(ctx);
    int e = qz_road_class(ctx, &b->classes, b->roads, b->class_text.data, b->class_text.n,
                          &b->class_id);
    *ret = b->class_id;
    return e;
}

/* "2", "-1"; words such as "Gué ou radier" stand on the ground. */
static int8_t level_of(struct build *b, struct qz_reader *r) {
    enum { FARTHEST = 9 };
    struct meaning *m = &b->meanings[QZ_ROLE_LEVEL];
    if (changed(b, r, QZ_ROLE_LEVEL)) {
        const char *text = qz_reader_text(r, QZ_ROLE_LEVEL);
        double v;
        m->value = text && qz_parse_number(text, &v) && fabs(v) <= FARTHEST ? (int)v : 0;
    }
    return (int8_t)m->value;
}

/* A link that only joins what is drawn apart: cars pass, nobody lives there. */
static bool is_fictive(struct build *b, struct qz_reader *r) {
    struct meaning *m = &b->meanings[QZ_ROLE_FICTIVE];
    if (changed(b, r, QZ_ROLE_FICTIVE)) {
        const char *text = qz_reader_text(r, QZ_ROLE_FICTIVE);
        m->value = text && (qz_equal_nocase(text, "oui") || qz_equal_nocase(text, "1") ||
                            qz_equal_nocase(text, "true"));
    }
    return m->value;
}

/* ---- lines */
static int room_for_line(struct qz_ctx *ctx, struct build *b, size_t n_points) {
    struct qz_roads *r = b->roads;
    struct qz_xy *points = qz_grow(r->points, &b->cap_points, r->n_points + n_points,
                                   sizeof *points);
    r->points = points ? points : r->points;
    struct qz_road *items = qz_grow(r->items, &b->cap_lines, r->n + 2, sizeof *items);
    r->items = items ? items : r->items;
    return points && items ? 0 : qz_fail_nomem(ctx);
}

/* The fields of a row, the same for all parts of a multi-line. */
static int read_fields(struct qz_ctx *ctx, struct build *b, struct qz_reader *r,
                       struct qz_road *f) {
    *f = (struct qz_road) { .kmh = stated_kmh(r),
                            .closed = is_closed(b, r),
                            .driven = r->columns[QZ_ROLE_CLASS] < 0 };
    if (f->kmh < 0) {
        b->bad_speeds++;
        f->kmh = 0;
    }
    double length_m = 0;
    int known = qz_reader_number(r, QZ_ROLE_LENGTH, &length_m);
    length_m *= b->length_unit_m;
    bool good = known > 0 && length_m > 0 && length_m < LONGEST_M;
    b->bad_lengths += known != 0 && !good;
    f->length_m = good ? length_m : 0;
    f->level = level_of(b, r);
    b->fictive += is_fictive(b, r);
    int way = direction_of(b, r);
    b->unknown_ways += way == UNKNOWN_WAY;
    f->direction = way == UNKNOWN_WAY ? 0 : (int8_t)way;
    return class_of_row(ctx, b, r, &f->class_id);
}

static int add_line(struct qz_ctx *ctx, struct build *b, struct qz_road road,
                    const struct qz_xy *points, size_t n) {
    struct qz_roads *r = b->roads;
    if (r->n_points + n > UINT32_MAX - 1)
        return qz_fail(ctx, QZ_E_RANGE, "the road layer has more than 4 billion points; cut it");
    if (room_for_line(ctx, b, n) < 0)
        return QZ_E_NOMEM;
    memcpy(r->points + r->n_points, points, n * sizeof *points);
    road.first_point = (uint32_t)r->n_points;
    r->items[r->n++] = road;
    r->n_points += n;
    r->items[r->n].first_point = (uint32_t)r->n_points;
    return 0;
}

static int read_row(struct qz_ctx *ctx, struct build *b, struct qz_reader *r,
                    struct qz_issues *issues) {
    struct qz_row_geometry g;
    struct qz_road f;
    int e = qz_table_geometry(ctx, r->table, &g);
    if (e < 0)
        return e;
    if (g.kind != QZ_KIND_LINE || g.n_points < 2)
        return qz_reader_reject(ctx, r, issues, "unreadable_geometry", "%s: the road is left out",
                                g.kind == QZ_KIND_NONE ? "no geometry"
                                : g.kind == QZ_KIND_OTHER
                                    ? "coordinates that are not finite, or a mixed geometry"
                                    : "not a line");
    e = read_fields(ctx, b, r, &f);
    for (size_t i = 0; i < g.n_parts && e == 0; i++) {
        size_t n = g.part_point[i + 1] - g.part_point[i];
        if (g.n_parts > 1)
            f.length_m = 0; /* it belongs to the whole: the parts are measured */
        if (n >= 2)
            e = add_line(ctx, b, f, g.points + g.part_point[i], n);
    }
    return e;
}

static int report_counts(struct qz_ctx *ctx, const struct build *b, const char *source,
                         struct qz_issues *issues) {
    const struct qz_road_count counts[] = {
        { b->bad_speeds, QZ_SEVERITY_WARNING, "bad_speed",
          "roads have a speed that is not between 1 and 200 km/h: their class decides" },
        { b->bad_lengths, QZ_SEVERITY_WARNING, "bad_length",
          "roads have a length that is not above 0: their line is measured" },
        { b->unknown_ways, QZ_SEVERITY_WARNING, "unknown_oneway",
          "roads have an unknown direction: taken as open both ways" },
        { b->fictive, QZ_SEVERITY_NOTE, "fictive_roads",
          "roads are fictitious links between others: kept, traffic passes there" },
    };
    return qz_road_counts_report(ctx, counts, COUNT(counts), source, issues);
}

static int convert(struct qz_ctx *ctx, const struct qz_input *input, struct qz_reader *reader,
                   const struct qz_crs *work, struct qz_roads *roads) {
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    int r = qz_reader_crs(ctx, reader, input, &crs);
    if (r == 0)
        r = qz_transform_new(ctx, crs, work, &t);
    if (r < 0)
        return r;
    qz_transform_points(t, roads->points, roads->n_points);
    for (size_t i = 0; i < roads->n_points; i++)
        if (!isfinite(roads->points[i].x_m))
            return qz_fail(
                ctx, QZ_E_CRS,
                "%s: its coordinates do not fit '%s'; check the layer's reference system",
                input->file, qz_crs_name(crs));
    return 0;
}

static int read_all(struct qz_ctx *ctx, struct build *b, const struct qz_input *input,
                    struct qz_reader *reader, const struct qz_crs *crs, struct qz_issues *issues) {
    int r;
    while ((r = qz_table_next(ctx, reader->table)) > 0) {
        reader->n_rows++;
        if ((r = read_row(ctx, b, reader, issues)) < 0)
            return r;
    }
    if (r == 0)
        r = qz_reader_end(ctx, reader);
    if (r == 0 && b->roads->n == 0)
        r = qz_fail(ctx, QZ_E_DATA, "%s: no line in layer '%s'", input->file,
                    qz_table_layer(reader->table));
    if (r == 0)
        r = convert(ctx, input, reader, crs, b->roads);
    return r < 0 ? r : report_counts(ctx, b, reader->source, issues);
}

/* What the columns' names tell: ROUTE 500 has its lengths in kilometres. */
static int settle_columns(struct qz_ctx *ctx, struct build *b, const struct qz_input *input,
                          const struct qz_reader *r, struct qz_issues *issues) {
    int class = r->columns[QZ_ROLE_CLASS];
    bool route500 = class >= 0 &&
                    qz_equal_nocase(qz_table_column_name(r->table, (size_t) class), "vocation");
    b->length_unit_m = route500 ? 1000 : 1;
    if (class >= 0)
        return 0;
    if (r->columns[QZ_ROLE_SPEED] < 0)
        return qz_reader_missing(ctx, input, r, QZ_ROLE_CLASS);
    return qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, r->source, 0, NULL, "no_class",
                        "the layer has no column of classes: all its lines are of class 'road', "
                        "driven at their stated speed");
}

int qz_roads_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_roads **ret) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_CLASS, false },   { QZ_ROLE_IMPORTANCE, false }, { QZ_ROLE_ONEWAY, false },
        { QZ_ROLE_SPEED, false },   { QZ_ROLE_LENGTH, false },     { QZ_ROLE_ACCESS, false },
        { QZ_ROLE_PRIVATE, false }, { QZ_ROLE_STATE, false },      { QZ_ROLE_FICTIVE, false },
        { QZ_ROLE_LEVEL, false },
    };
    if (qz_osm_is_file(input->file))
        return qz_osm_roads_read(ctx, input, crs, issues, report, ret);
    struct qz_reader reader;
    struct build b = { .roads = qz_calloc(1, sizeof *b.roads) };
    if (!b.roads)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &b.roads->texts);
    if (r < 0) {
        qz_roads_free(b.roads);
        return r;
    }
    r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0)
        r = settle_columns(ctx, &b, input, &reader, issues);
    if (r == 0)
        r = qz_table_only(ctx, reader.table, reader.columns, QZ_N_ROLES);
    if (r == 0)
        r = read_all(ctx, &b, input, &reader, crs, issues);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    qz_road_classes_done(&b.classes);
    qz_text_done(&b.class_text);
    if (r < 0)
        qz_roads_free(b.roads);
    else
        *ret = b.roads;
    return r;
}
