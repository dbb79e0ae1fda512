/* engine/source/groups.c - how many of a group of people live in each commune: aged 75 and over,
 * households without a car. */
#include <math.h>
#include <string.h>
#include "source/site_words.h"
#include "source/source.h"

static const struct {
    const char *name, *value; /* what a value of the column is, for messages */
    double most;              /* of a value: of counts, more than any commune has */
    double to_share;          /* 0: counts */
    const char *remedy;       /* beyond the most */
} units[QZ_N_GROUP_UNITS] = {
    [QZ_GROUP_PEOPLE] = { "people", "a number of people", 1e8, 0, "" },
    [QZ_GROUP_HOUSEHOLDS] = { "households", "a number of households", 1e8, 0, "" },
    [QZ_GROUP_SHARE] = { "share", "a share", 1, 1,
                         ": a share is 0 to 1; say unit = percent, or unit = people if it is a "
                         "count" },
    [QZ_GROUP_PERCENT] = { "percent", "a percentage", 100, 0.01,
                           ": a percentage is 0 to 100; say unit = people if it is a count" },
};

bool qz_group_unit_find(const char *name, enum qz_group_unit *ret) {
    for (int u = 0; u < QZ_N_GROUP_UNITS; u++)
        if (strcmp(units[u].name, name) == 0) {
            *ret = (enum qz_group_unit)u;
            return true;
        }
    return false;
}

struct qz_group *qz_group_free(struct qz_group *g) {
    if (g) {
        free(g->count);
        free(g->known);
    }
    free(g);
    return NULL;
}

void qz_group_freep(struct qz_group **g) { *g = qz_group_free(*g); }

/* ---- rows: values as the column has them; a second row of a commune is refused whatever it says
 */
struct reading {
    const struct qz_communes *communes;
    struct qz_group *group;
    struct qz_code_rows rows;
    uint32_t *n_rows; /* of each commune: those of merged ones have several */
    double greatest;
};

static bool is_blank(const char *text) { return !text || strspn(text, " ") == strlen(text); }

/* Counts of merged communes are summed, of split ones shared; shares of merged ones are averaged,
 * for nobody says how many lived in each. */
static void add_value(struct reading *g, const struct qz_code_share *part, double value) {
    double *count = &g->group->count[part->commune];
    uint32_t n = g->n_rows[part->commune]++;
    if (units[g->group->unit].to_share > 0)
        *count += (value - *count) / (n + 1);
    else
        *count += part->weight * value;
    g->group->known[part->commune] = 1;
}

static int read_row(struct qz_ctx *ctx, struct reading *g, struct qz_reader *reader,
                    struct qz_issues *issues) {
    const struct qz_communes *c = g->communes;
    const struct qz_code_share *parts;
    const char *code = qz_reader_code(reader);
    size_t n = qz_reader_parts(reader, c, code, &parts);
    if (n == 0)
        return qz_reader_elsewhere(ctx, reader, issues, "unknown_commune",
                                   "code '%s' is no commune of the layer: its group is not counted",
                                   code ? code : "");
    uint32_t i = parts[0].commune;
    const char *text = qz_reader_text(reader, QZ_ROLE_VALUE);
    bool blank = is_blank(text) || qz_word_masked(text);
    double value = 0;
    enum qz_group_unit unit = g->group->unit;
    int known = qz_reader_number(reader, QZ_ROLE_VALUE, &value);
    if (!blank && (known <= 0 || !(value >= 0 && value <= units[unit].most)))
        return qz_reader_reject(
            ctx, reader, issues, "bad_group_value", "commune %s: '%s' is not %s of group '%s'%s",
            c->code[i], qz_reader_text(reader, QZ_ROLE_VALUE), units[unit].value, g->group->key,
            known > 0 && value > units[unit].most ? units[unit].remedy : "");
    const char *again = qz_code_rows_take(&g->rows, code, parts, n);
    if (again)
        return qz_reader_reject(ctx, reader, issues, "duplicate_code",
                                "commune %s stands twice%s; the first counts", c->code[i], again);
    if (blank)
        return 0; /* no figure: listed with those that have no row */
    g->greatest = fmax(g->greatest, value);
    for (size_t k = 0; k < n; k++)
        add_value(g, &parts[k], value);
    return 0;
}

static int read_rows(struct qz_ctx *ctx, struct reading *g, const struct qz_input *input,
                     struct qz_issues *issues, struct qz_input_report *report) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_CODE, true },
                                                   { QZ_ROLE_VALUE, true } };
    struct qz_reader reader;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_row(ctx, g, &reader, issues);
    }
    if (r == 0)
        r = qz_reader_end_beside(ctx, &reader, issues, "unknown_commune");
    if (r == 0 && g->group->unit == QZ_GROUP_PERCENT && g->greatest > 0 && g->greatest <= 1)
        r = qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, reader.source, 0, NULL,
                         "percent_like_share",
                         "group '%s': no percentage is above %g; if they are shares of 1, say "
                         "unit = share",
                         g->group->key, g->greatest);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    return r;
}

/* ---- counts of people or households, and what they are compared with */
static int tell(struct qz_ctx *ctx, const struct reading *g, struct qz_issues *issues, size_t i,
                const char *code, const char *what) {
    return qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, "groups", 0, NULL, code,
                        "commune %s (%s): group '%s' %s", g->communes->code[i],
                        g->communes->name[i], g->group->key, what);
}

static int settle_commune(struct qz_ctx *ctx, const struct reading *g,
                          const struct qz_people *people, struct qz_issues *issues, size_t i) {
    struct qz_group *group = g->group;
    double to_share = units[group->unit].to_share, given = group->count[i];
    const char *unknown =
        !group->known[i] ? "has no figure: it is unknown there, not 0; complete the table"
        : to_share > 0 && !people->known[i]
            ? "is a share of a population that is unknown: it is unknown there, not 0"
        : given > 0 && people->known[i] && !(people->count[i] > 0)
            ? "has a figure, but nobody lives there by the population: it is not counted"
            : NULL;
    group->known[i] = !unknown;
    group->count[i] = unknown ? 0 : to_share > 0 ? given * to_share * people->count[i] : given;
    if (unknown)
        return tell(ctx, g, issues, i, "group_unknown", unknown);
    return people->known[i] && group->count[i] > people->count[i]
               ? tell(ctx, g, issues, i, "group_above_population",
                      "counts more than the commune's people; check 'value' and 'unit'")
               : 0;
}

int qz_group_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_people *people,
                  const struct qz_input *input, const char *key, enum qz_group_unit unit,
                  struct qz_issues *issues, struct qz_input_report *report, struct qz_group **ret) {
    qz_cleanup(qz_group_freep) struct qz_group *group = qz_calloc(1, sizeof *group);
    qz_cleanup(qz_freep) uint32_t *n_rows = qz_calloc(c->n, sizeof *n_rows);
    if (!group || !n_rows)
        return qz_fail_nomem(ctx);
    *group = (struct qz_group) { .key = key, .unit = unit, .n = c->n };
    group->count = qz_calloc(c->n, sizeof *group->count);
    group->known = qz_calloc(c->n, 1);
    if (!group->count || !group->known)
        return qz_fail_nomem(ctx);
    struct reading g = { .communes = c, .group = group, .n_rows = n_rows };
    int r = qz_code_rows_init(ctx, &g.rows, input->codes, c);
    if (r == 0)
        r = read_rows(ctx, &g, input, issues, report);
    qz_code_rows_done(&g.rows);
    for (size_t i = 0; i < c->n && r == 0; i++)
        r = settle_commune(ctx, &g, people, issues, i);
    if (r < 0)
        return r;
    *ret = group;
    group = NULL;
    return 0;
}
