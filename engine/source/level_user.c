/* engine/source/level_user.c - a level of the user's own: a table of communes, or polygons that
 * hold their people. */
#include <math.h>
#include <string.h>
#include "source/level_draft.h"

/* ---- what a reading needs */
struct reading {
    struct qz_ctx *ctx;
    struct qz_levels *levels;
    struct qz_reader *reader;
    struct qz_level_draft *draft;
    const struct qz_level_homes *homes;
    struct qz_shapes shapes; /* polygons, and the territory of each */
    struct qz_member *of_shape;
    size_t cap;
};

static void reading_done(struct reading *g) {
    qz_shapes_done(&g->shapes);
    free(g->of_shape);
}

static const char *keep(struct qz_levels *levels, const char *text) {
    return qz_pool_add(levels->texts, text ? text : "", text ? strlen(text) : 0);
}

/* The territory that the row names: 1, 0 the row was rejected. */
static int read_territory(struct reading *g, struct qz_member *m) {
    const char *code = qz_reader_text(g->reader, QZ_ROLE_TERRITORY);
    if (!code)
        return qz_reader_reject(g->ctx, g->reader, g->draft->issues, "no_territory_code",
                                "level %s: no code of a territory: the row is left out",
                                g->draft->name);
    m->row = qz_table_row(g->reader->table);
    m->code = keep(g->levels, code);
    m->label = keep(g->levels, qz_reader_text(g->reader, QZ_ROLE_TERRITORY_NAME));
    return m->code && m->label ? 1 : qz_fail_nomem(g->ctx);
}

/* ---- a table: commune, territory */
static int read_share(struct reading *g) {
    const struct qz_communes *c = g->draft->communes;
    const struct qz_code_share *parts;
    struct qz_member m = { 0 };
    const char *code = qz_reader_code(g->reader);
    size_t n = qz_reader_parts(g->reader, c, code, &parts);
    if (n == 0)
        return qz_reader_elsewhere(g->ctx, g->reader, g->draft->issues, "unknown_commune",
                                   "code '%s' is no commune of the layer", code ? code : "");
    int r = qz_member_weight(g->ctx, g->reader, g->draft->issues, code, &m.weight);
    if (r > 0)
        r = read_territory(g, &m);
    const char *kept = keep(g->levels, code);
    if (!kept)
        return qz_fail_nomem(g->ctx);
    return r > 0 ? qz_draft_add_parts(g->ctx, g->draft, kept, parts, n, m) : r;
}

static int read_table(struct reading *g) {
    int r = 0;
    while (r == 0 && (r = qz_table_next(g->ctx, g->reader->table)) > 0) {
        g->reader->n_rows++;
        r = read_share(g);
    }
    return r;
}

/* ---- polygons */
static int read_shape(struct reading *g) {
    struct qz_row_geometry geometry;
    struct qz_member m = { 0 };
    int r = qz_table_geometry(g->ctx, g->reader->table, &geometry);
    if (r < 0)
        return r;
    if (geometry.kind != QZ_KIND_AREA || !geometry.areas->n_points)
        return qz_reader_reject(g->ctx, g->reader, g->draft->issues, "no_polygon",
                                "level %s: no usable polygon: the row is left out; a table of "
                                "communes needs 'code =' and 'territory ='",
                                g->draft->name);
    r = read_territory(g, &m);
    if (r <= 0)
        return r;
    struct qz_member *grown = qz_grow(g->of_shape, &g->cap, g->shapes.n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(g->ctx);
    g->of_shape = grown;
    g->of_shape[g->shapes.n] = m;
    return qz_shapes_append(g->ctx, &g->shapes, geometry.areas, 0);
}

static int read_shapes(struct reading *g, const struct qz_input *input, const struct qz_crs *work) {
    qz_cleanup(qz_crs_freep) struct qz_crs *own = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    int r = qz_reader_crs(g->ctx, g->reader, input, &own);
    if (r == 0)
        r = qz_transform_new(g->ctx, own, work, &t);
    while (r == 0 && (r = qz_table_next(g->ctx, g->reader->table)) > 0) {
        g->reader->n_rows++;
        r = read_shape(g);
    }
    if (r < 0)
        return r;
    qz_transform_points(t, g->shapes.points, g->shapes.n_points);
    for (size_t i = 0; i < g->shapes.n_points; i++)
        if (!isfinite(g->shapes.points[i].x_m))
            return qz_fail(g->ctx, QZ_E_CRS,
                           "%s: its coordinates do not fit '%s'; check the reference system of the "
                           "layer",
                           input->file, qz_crs_name(own));
    return 0;
}

/* ---- which polygon each home lies in: the first of the file, and the last, to see overlaps */
static int find_homes(struct reading *g, uint32_t *first, uint32_t *last) {
    qz_cleanup(qz_locator_freep) struct qz_locator *forward = NULL, *backward = NULL;
    qz_cleanup(qz_shapes_done) struct qz_shapes reversed = { 0 };
    int r = 0;
    for (size_t i = g->shapes.n; i-- > 0 && r == 0;)
        r = qz_shapes_append(g->ctx, &reversed, &g->shapes, i);
    if (r == 0)
        r = qz_locator_new(g->ctx, &g->shapes, &forward);
    if (r == 0)
        r = qz_locator_new(g->ctx, &reversed, &backward);
    for (size_t i = 0; i < g->homes->n && r == 0; i++) {
        first[i] = qz_locator_find(forward, g->homes->at[i]);
        uint32_t back = first[i] == QZ_NOWHERE ? QZ_NOWHERE
                                               : qz_locator_find(backward, g->homes->at[i]);
        last[i] = back == QZ_NOWHERE ? QZ_NOWHERE : (uint32_t)g->shapes.n - 1 - back;
    }
    return r;
}

static int tell_overlaps(const struct reading *g, const uint32_t *first, const uint32_t *last) {
    size_t n = 0, example = 0;
    for (size_t i = g->homes->n; i-- > 0;)
        if (first[i] != last[i] &&
            strcmp(g->of_shape[first[i]].code, g->of_shape[last[i]].code) != 0) {
            n++;
            example = i;
        }
    if (n == 0)
        return 0;
    return qz_issue_add(g->ctx, g->draft->issues, QZ_SEVERITY_WARNING, g->reader->source, 0,
                        &g->homes->at[example], "overlapping_territories",
                        "level %s: %zu places of people lie in several polygons (one in %s and "
                        "%s): they count in the first of the file; draw them apart",
                        g->draft->name, n, g->of_shape[first[example]].code,
                        g->of_shape[last[example]].code);
}

/* Homes [from, to) are those of one commune. in_shape is all 0, and is left so. */
static int share_commune(struct reading *g, const uint32_t *shape, size_t from, size_t to,
                         double *in_shape) {
    double all = 0;
    int r = 0;
    for (size_t i = from; i < to; i++) {
        all += g->homes->weight[i];
        if (shape[i] != QZ_NOWHERE)
            in_shape[shape[i]] += g->homes->weight[i];
    }
    for (size_t i = from; i < to && r == 0; i++) {
        if (shape[i] == QZ_NOWHERE || in_shape[shape[i]] <= 0)
            continue;
        struct qz_member m = g->of_shape[shape[i]];
        m.commune = g->homes->commune[i];
        m.weight = in_shape[shape[i]] / all;
        in_shape[shape[i]] = 0;
        r = qz_draft_add(g->ctx, g->draft, m);
    }
    return r;
}

static int share_communes(struct reading *g) {
    const struct qz_level_homes *h = g->homes;
    qz_cleanup(qz_freep) uint32_t *first = qz_malloc(h->n, sizeof *first);
    qz_cleanup(qz_freep) uint32_t *last = qz_malloc(h->n, sizeof *last);
    qz_cleanup(qz_freep) double *in_shape = qz_calloc(g->shapes.n, sizeof *in_shape);
    if (!first || !last || !in_shape)
        return qz_fail_nomem(g->ctx);
    int r = find_homes(g, first, last);
    if (r == 0)
        r = tell_overlaps(g, first, last);
    for (size_t from = 0, to = 0; from < h->n && r == 0; from = to) {
        while (to < h->n && h->commune[to] == h->commune[from])
            to++;
        r = share_commune(g, first, from, to, in_shape);
    }
    return r;
}

/* ---- which of the two, and the columns */
static bool is_table(const struct qz_reader *r, const struct qz_input *input) {
    return !qz_table_has_geometry(r->table) ||
           (input->columns[QZ_ROLE_CODE] && input->columns[QZ_ROLE_TERRITORY]);
}

/* A polygon's code may be a plain 'code' or 'id', its name a plain 'nom'. */
static int choose_columns(struct reading *g, const struct qz_input *input, bool table) {
    int *column = g->reader->columns;
    int *territory = &column[QZ_ROLE_TERRITORY], *label = &column[QZ_ROLE_TERRITORY_NAME];
    if (table)
        return column[QZ_ROLE_CODE] < 0 ? qz_reader_missing(g->ctx, input, g->reader, QZ_ROLE_CODE)
               : *territory < 0 ? qz_reader_missing(g->ctx, input, g->reader, QZ_ROLE_TERRITORY)
                                : 0;
    if (*territory < 0)
        *territory = input->columns[QZ_ROLE_CODE] ? column[QZ_ROLE_CODE] : column[QZ_ROLE_ID];
    if (*label < 0)
        *label = column[QZ_ROLE_NAME];
    return *territory < 0 ? qz_reader_missing(g->ctx, input, g->reader, QZ_ROLE_TERRITORY) : 0;
}

static int read_file(struct reading *g, const struct qz_input *input, const struct qz_crs *work) {
    bool table = is_table(g->reader, input);
    int r = choose_columns(g, input, table);
    if (r < 0)
        return r;
    g->draft->rounding = table ? QZ_TABLE_ROUNDING : 1e-9;
    r = table ? read_table(g) : read_shapes(g, input, work);
    if (r == 0 && !table)
        r = share_communes(g);
    if (r < 0)
        return r;
    size_t n_found = g->draft->n;
    r = qz_draft_settle(g->ctx, g->draft);
    g->reader->n_rejected += table ? g->draft->n_refused : 0;
    if (r == 0)
        r = qz_reader_end_beside(g->ctx, g->reader, g->draft->issues, "unknown_commune");
    if (r == 0 && g->draft->n == 0)
        r = qz_fail(g->ctx, QZ_E_DATA, "%s: level %s: no commune is in any of its territories; %s",
                    input->file, g->draft->name,
                    n_found ? "its weights are 0" : "the layer may be of another place");
    return r < 0 ? r : qz_draft_make(g->ctx, g->draft, g->levels);
}

static int check_key(struct qz_ctx *ctx, const struct qz_levels *levels, const char *key) {
    if (qz_level_is_own(key))
        return qz_fail(
            ctx, QZ_E_PLAN,
            "[level %s]: '%s' is one of quinze's own levels: give yours another name, or "
            "put it into the table of [territories]",
            key, key);
    for (size_t i = 0; i < levels->n; i++)
        if (strcmp(levels->items[i].name, key) == 0)
            return qz_fail(ctx, QZ_E_PLAN, "[level %s]: there is one already", key);
    return 0;
}

int qz_levels_add(struct qz_ctx *ctx, struct qz_levels *levels, const struct qz_communes *c,
                  const struct qz_level_input *in, const struct qz_level_homes *homes,
                  const struct qz_crs *crs, struct qz_issues *issues,
                  struct qz_input_report *report) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, false }, { QZ_ROLE_TERRITORY, false }, { QZ_ROLE_TERRITORY_NAME, false },
        { QZ_ROLE_ID, false },   { QZ_ROLE_NAME, false },      { QZ_ROLE_WEIGHT, false },
    };
    struct qz_reader reader = { 0 };
    struct qz_level_draft draft = { .communes = c, .issues = issues };
    struct reading g = {
        .ctx = ctx, .levels = levels, .reader = &reader, .draft = &draft, .homes = homes
    };
    int r = check_key(ctx, levels, in->key);
    if (r < 0)
        return r;
    draft.name = keep(levels, in->key);
    draft.alias = keep(levels, in->label ? in->label : in->key);
    if (!draft.name || !draft.alias)
        return qz_fail_nomem(ctx);
    r = qz_reader_open(ctx, &in->input, needs, COUNT(needs), &reader);
    draft.source = reader.source;
    if (r == 0)
        r = read_file(&g, &in->input, crs);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    qz_draft_done(&draft);
    reading_done(&g);
    return r;
}
