/* engine/io/table.c - one layer, row by row, whatever the format behind. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include "io/backend.h"
#include "io/lines.h"

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && qz_equal_nocase(text + n - m, end);
}

int qz_table_add_column(struct qz_ctx *ctx, struct qz_table *t, const char *name) {
    size_t cap = t->n_columns; /* columns are few: growing one by one is fine */
    struct qz_column_buffer *grown = qz_grow(t->columns, &cap, t->n_columns + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    t->columns = grown;
    struct qz_column_buffer *c = &t->columns[t->n_columns];
    *c = (struct qz_column_buffer) { .name = qz_strdup(name) };
    if (!c->name)
        return qz_fail_nomem(ctx);
    t->n_columns++;
    return 0;
}

int qz_table_room(struct qz_ctx *ctx, struct qz_table *t, size_t points, size_t parts) {
    struct qz_xy *p = qz_grow(t->points, &t->cap_points, points, sizeof *p);
    if (p)
        t->points = p;
    uint32_t *q = qz_grow(t->part_point, &t->cap_parts, parts + 1, sizeof *q);
    if (q)
        t->part_point = q;
    return p && q ? 0 : qz_fail_nomem(ctx);
}

/* A pipe or a device would hang or lie; say early what is wrong with the path. */
int qz_input_check(struct qz_ctx *ctx, const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return qz_fail(ctx, QZ_E_IO, "%s: %s; check the path (it is relative to the plan's folder)",
                       path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return qz_fail(ctx, QZ_E_IO, "%s: is not a regular file; give the data file itself", path);
    if (st.st_size == 0)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: the file is empty; deliver it again", path);
    return 0;
}

int qz_table_open(struct qz_ctx *ctx, const char *path, const char *layer, struct qz_table **ret) {
    int r = qz_input_check(ctx, path);
    if (r < 0)
        return r;
    qz_cleanup(qz_table_freep) struct qz_table *t = qz_calloc(1, sizeof *t);
    if (!t || !(t->path = qz_strdup(path)))
        return qz_fail_nomem(ctx);
    t->backend = ends_with(path, ".shp") ? &qz_backend_shapefile
                 : qz_lines_are(path)    ? &qz_backend_lines
                                         : &qz_backend_ogr;
    r = t->backend->open(ctx, t, layer);
    if (r < 0)
        return r;
    *ret = t;
    t = NULL;
    return 0;
}

struct qz_table *qz_table_free(struct qz_table *t) {
    if (!t)
        return NULL;
    if (t->file)
        t->backend->close(t);
    for (size_t i = 0; i < t->n_columns; i++) {
        free(t->columns[i].name);
        qz_text_done(&t->columns[i].raw);
        qz_text_done(&t->columns[i].text);
    }
    free(t->columns);
    free(t->path);
    free(t->layer);
    free(t->crs_text);
    free(t->points);
    free(t->part_point);
    qz_shapes_done(&t->areas);
    free(t);
    return NULL;
}

void qz_table_freep(struct qz_table **t) { *t = qz_table_free(*t); }

const char *qz_table_layer(const struct qz_table *t) { return t->layer; }
const char *qz_table_crs_text(const struct qz_table *t) { return t->crs_text; }
size_t qz_table_n_columns(const struct qz_table *t) { return t->n_columns; }
const char *qz_table_column_name(const struct qz_table *t, size_t c) { return t->columns[c].name; }
bool qz_table_has_geometry(const struct qz_table *t) { return t->has_geometry; }
size_t qz_table_row(const struct qz_table *t) { return t->row; }

int qz_table_column(const struct qz_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (qz_equal_nocase(t->columns[i].name, name))
            return (int)i;
    return -1;
}

int qz_table_only(struct qz_ctx *ctx, struct qz_table *t, const int *columns, size_t n) {
    for (size_t i = 0; i < t->n_columns; i++)
        t->columns[i].skipped = true;
    for (size_t i = 0; i < n; i++)
        if (columns[i] >= 0)
            t->columns[columns[i]].skipped = false;
    return t->backend->only ? t->backend->only(ctx, t) : 0;
}

int qz_table_next(struct qz_ctx *ctx, struct qz_table *t) {
    int r = t->failed ? qz_fail_nomem(ctx) : t->backend->next(ctx, t);
    return r < 0 ? qz_fail_at(ctx, r, "%s: row %zu: ", t->path, t->row + 1) : r;
}

/* ---- text: UTF-8, or Windows-1252 when the bytes cannot be UTF-8 or the .cpg says so */
/* Bytes of the character at p, of which n are left; 0: not UTF-8. */
static size_t utf8_length(const unsigned char *p, size_t n) {
    static const struct {
        unsigned char mask, lead;
        size_t n;
    } forms[] = { { 0x80, 0x00, 1 }, { 0xe0, 0xc0, 2 }, { 0xf0, 0xe0, 3 }, { 0xf8, 0xf0, 4 } };
    for (size_t i = 0; i < COUNT(forms); i++) {
        if ((p[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (forms[i].n > n)
            return 0;
        for (size_t k = 1; k < forms[i].n; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        bool overlong = p[0] == 0xc0 || p[0] == 0xc1 || (p[0] == 0xe0 && p[1] < 0xa0) ||
                        (p[0] == 0xf0 && p[1] < 0x90);
        bool outside = (p[0] == 0xed && p[1] > 0x9f) || p[0] > 0xf4 ||
                       (p[0] == 0xf4 && p[1] > 0x8f);
        return overlong || outside ? 0 : forms[i].n;
    }
    return 0;
}

static bool is_utf8(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text, *end = p + n;
    while (p < end) {
        size_t k = *p < 0x80 ? 1 : utf8_length(p, (size_t)(end - p));
        if (k == 0)
            return false;
        p += k;
    }
    return true;
}

static void add_code_point(struct qz_text *t, unsigned c) {
    char b[3];
    if (c < 0x80) {
        b[0] = (char)c;
        qz_text_addn(t, b, 1);
    } else if (c < 0x800) {
        b[0] = (char)(0xc0 | c >> 6);
        b[1] = (char)(0x80 | (c & 0x3f));
        qz_text_addn(t, b, 2);
    } else {
        b[0] = (char)(0xe0 | c >> 12);
        b[1] = (char)(0x80 | (c >> 6 & 0x3f));
        b[2] = (char)(0x80 | (c & 0x3f));
        qz_text_addn(t, b, 3);
    }
}

static void add_cp1252(struct qz_text *t, const char *text, size_t n) {
    /* 0x80..0x9f of Windows-1252; the five unused bytes give the replacement character */
    static const unsigned short high[32] = { 0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
                                             0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
                                             0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d,
                                             0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
                                             0x0153, 0xfffd, 0x017e, 0x0178 };
    for (size_t i = 0; i < n; i++) {
        unsigned c = (unsigned char)text[i];
        add_code_point(t, c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c);
    }
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static void clean(const struct qz_table *t, const char *raw, size_t n, struct qz_text *out) {
    out->n = 0;
    if (n >= 3 && memcmp(raw, "\xef\xbb\xbf", 3) == 0) {
        raw += 3;
        n -= 3;
    }
    for (; n > 0 && is_blank(*raw); n--)
        raw++;
    while (n > 0 && is_blank(raw[n - 1]))
        n--;
    if (n == 0)
        return;
    if (!t->cp1252 && is_utf8(raw, n))
        qz_text_addn(out, raw, n);
    else
        add_cp1252(out, raw, n);
}

/* Files repeat themselves from row to row: the same bytes are cleaned once. */
static void refresh(struct qz_table *t, size_t column) {
    struct qz_column_buffer *c = &t->columns[column];
    size_t n = 0;
    const char *raw = c->skipped ? NULL : t->backend->text(t, column, &n);
    c->row = t->row;
    if (c->stamp && n == c->raw.n && (n == 0 || memcmp(raw, c->raw.data, n) == 0))
        return;
    c->stamp++;
    c->raw.n = 0;
    if (n > 0)
        qz_text_addn(&c->raw, raw, n);
    clean(t, raw, n, &c->text);
    t->failed = t->failed || c->raw.failed || c->text.failed;
}

const char *qz_table_text(struct qz_table *t, int column) {
    if (column < 0)
        return NULL;
    struct qz_column_buffer *c = &t->columns[column];
    if (c->row != t->row)
        refresh(t, (size_t)column);
    return c->text.n ? c->text.data : NULL;
}

unsigned qz_table_stamp(struct qz_table *t, int column) {
    return qz_table_text(t, column) || column >= 0 ? t->columns[column].stamp : 0;
}

int qz_table_number(struct qz_table *t, int column, double *ret) {
    if (column < 0 || t->columns[column].skipped)
        return 0;
    int r = t->backend->number(t, (size_t)column, ret);
    if (r >= 0)
        return r;
    const char *text = qz_table_text(t, column);
    return !text ? 0 : qz_parse_number(text, ret) ? 1 : -1;
}

static bool all_finite(const struct qz_xy *p, size_t n) {
    enum { FARTHEST_M = 100000000 }; /* 2.5 times round the Earth: farther is damage */
    for (size_t i = 0; i < n; i++)
        if (!(fabs(p[i].x_m) < FARTHEST_M) || !(fabs(p[i].y_m) < FARTHEST_M))
            return false;
    return true;
}

int qz_table_geometry(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret) {
    *ret = (struct qz_row_geometry) { 0 };
    t->areas.n = t->areas.n_polys = t->areas.n_rings = t->areas.n_points = 0;
    int r = t->has_geometry ? t->backend->geometry(ctx, t, ret) : 0;
    if (r < 0)
        return r;
    ret->points = t->points;
    ret->part_point = t->part_point;
    ret->areas = &t->areas;
    if (!all_finite(ret->points, ret->n_points) ||
        (ret->kind == QZ_KIND_AREA && !all_finite(t->areas.points, t->areas.n_points)))
        *ret = (struct qz_row_geometry) { .kind = QZ_KIND_OTHER };
    return 0;
}
