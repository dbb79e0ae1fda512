/* engine/source/sites.c - a table of practitioners into sites: rows are read and judged one by one
 * (site_row.c, site_rules.c), then person by person (site_persons.c, site_shares.c), then site by
 * site (site_make.c, site_parents.c). Each step sorts by what rows say: their order in the file
 * changes nothing. */
#include <string.h>
#include "source/site_rows.h"

struct qz_sites *qz_sites_free(struct qz_sites *s) {
    if (!s)
        return NULL;
    qz_site_persons_free(s->persons);
    free(s->items);
    free(s->posts);
    qz_pool_free(s->texts);
    free(s);
    return NULL;
}

void qz_sites_freep(struct qz_sites **s) { *s = qz_sites_free(*s); }

int qz_sites_new(struct qz_ctx *ctx, struct qz_sites **ret) {
    struct qz_sites *s = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &s->texts);
    if (r < 0)
        free(s);
    else
        *ret = s;
    return r;
}

const char *qz_site_keep(struct qz_site_build *b, const char *text) {
    return qz_pool_add(b->sites->texts, text ? text : "", text ? strlen(text) : 0);
}

/* ---- the table */
static int open_table(struct qz_ctx *ctx, struct qz_site_build *b) {
    const struct qz_sites_input *in = b->in;
    const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, false },      { QZ_ROLE_X, false },
        { QZ_ROLE_Y, false },         { QZ_ROLE_LON, false },
        { QZ_ROLE_LAT, false },       { QZ_ROLE_HEADS, false },
        { QZ_ROLE_FTE, false },       { QZ_ROLE_ACTIVITY, in->activity_per_fte > 0 },
        { QZ_ROLE_AGE, false },       { QZ_ROLE_BIRTH, false },
        { QZ_ROLE_STRUCTURE, false }, { QZ_ROLE_PARENT, false },
        { QZ_ROLE_PLANNED, false },   { QZ_ROLE_OPENING, false },
        { QZ_ROLE_SHARE, false },     { QZ_ROLE_DAYS, false },
        { QZ_ROLE_EVENING, false },   { QZ_ROLE_WEEKEND, false },
        { QZ_ROLE_PERSON, false },    { QZ_ROLE_SITE, false },
        { QZ_ROLE_FINESS, false },    { QZ_ROLE_NAME, false },
        { QZ_ROLE_MODE, false },      { QZ_ROLE_SECTOR, in->sectors != NULL },
    };
    int r = qz_care_open(ctx, in->input, needs, COUNT(needs), in->key, in->only, &b->reader,
                         &b->care);
    if (r == 0 && b->reader.columns[QZ_ROLE_CODE] < 0 && !qz_table_has_geometry(b->reader.table) &&
        b->reader.columns[QZ_ROLE_X] < 0 && b->reader.columns[QZ_ROLE_LON] < 0)
        r = qz_fail(ctx, QZ_E_FORMAT,
                    "%s: neither a commune code nor coordinates; name a column with 'code =', 'x "
                    "=' and 'y =', or "
                    "'lon =' and 'lat ='",
                    in->input->file);
    return r;
}

/* A parent may be a site of another profession. */
static int name_site(struct qz_ctx *ctx, struct qz_site_build *b) {
    if (b->reader.columns[QZ_ROLE_PARENT] < 0)
        return 0;
    int e = qz_site_name_add(ctx, b, qz_reader_text(&b->reader, QZ_ROLE_SITE));
    return e < 0 ? e : qz_site_name_add(ctx, b, qz_reader_text(&b->reader, QZ_ROLE_FINESS));
}

static int read_rows(struct qz_ctx *ctx, struct qz_site_build *b) {
    int r = qz_point_reader_init(ctx, &b->points, &b->reader, b->in->input, b->in->crs);
    while (r == 0 && (r = qz_table_next(ctx, b->reader.table)) > 0) {
        r = name_site(ctx, b);
        if (r == 0)
            r = qz_care_wanted(ctx, &b->care, &b->reader);
        if (r > 0)
            r = qz_site_row_read(ctx, b);
    }
    b->quiet = false;
    return r;
}

/* ---- whether what was read can serve */
static int check_rows(struct qz_ctx *ctx, struct qz_site_build *b) {
    size_t n_excluded = qz_site_rules_n_excluded(&b->rules);
    if (b->reader.n_rows == 0 && n_excluded)
        return qz_fail(ctx, QZ_E_DATA,
                       "%s: all %zu rows are left out, by rules or by 'sectors ='; check both",
                       b->in->input->file, n_excluded);
    int e = qz_care_end(ctx, &b->care, b->in->input, &b->reader, &b->points, b->issues);
    return e < 0 ? e : qz_reader_end_beside(ctx, &b->reader, b->issues, "no_commune");
}

static int read_table(struct qz_ctx *ctx, struct qz_site_build *b) {
    int r = qz_site_rules_init(ctx, &b->rules, b->in->exclusions, b->in->sectors, b->in->key);
    if (r < 0 && b->in->exclusions_file)
        r = qz_fail_at(ctx, r, "%s: ", b->in->exclusions_file);
    if (r == 0)
        r = qz_structures_new(ctx, &b->structures);
    if (r == 0)
        r = read_rows(ctx, b);
    if (r == 0)
        r = check_rows(ctx, b);
    if (r == 0)
        r = qz_site_rules_report(ctx, &b->rules, &b->reader, b->issues);
    if (r == 0)
        r = qz_site_persons_read(ctx, b);
    if (r == 0)
        r = qz_site_make(ctx, b);
    if (r == 0)
        r = qz_site_parents_check(ctx, b);
    return r < 0 ? r : qz_site_tell_rest(ctx, b);
}

static struct qz_input_report report_of(const struct qz_site_build *b) {
    struct qz_input_report report = qz_reader_report(&b->reader);
    report.excluded = qz_site_rules_n_excluded(&b->rules);
    report.rows += report.excluded;
    report.rejected += b->n_duplicates;
    return report;
}

static void build_done(struct qz_site_build *b) {
    qz_point_reader_done(&b->points);
    qz_reader_done(&b->reader);
    qz_care_done(&b->care);
    qz_site_rules_done(&b->rules);
    b->structures = qz_structures_free(b->structures);
    qz_site_names_free(b->names);
    free(b->rows);
}

int qz_sites_read(struct qz_ctx *ctx, struct qz_sites *sites, const struct qz_sites_input *in,
                  struct qz_issues *issues, struct qz_input_report *report) {
    struct qz_site_build b = { .in = in, .sites = sites, .first_site = sites->n, .issues = issues };
    if (!in->date || !qz_word_date(in->date, b.date))
        b.date[0] = 0; /* a vintage may be any text */
    int r = open_table(ctx, &b);
    if (r == 0)
        r = read_table(ctx, &b);
    *report = report_of(&b);
    build_done(&b);
    return r;
}
