/* engine/io/lines.c - the text files of the health registers: RPPS, with bars between the fields
 * and its names in the first line, and FINESS as data.gouv has it, without names. Neither knows
 * quotes: a quotation mark is part of a name, where a CSV reader would swallow lines up to the next
 * one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include "io/backend.h"
#include "io/lines.h"

/* FINESS: "structureet" and these fields; the file of coordinates has a second part,
 * "geolocalisation" and the last five, whose first is the establishment's number. */
static const char *const finess_names[] = {
    "nofinesset",      "nofinessej", "rs",          "rslongue",       "complrs",
    "compldistrib",    "numvoie",    "typvoie",     "voie",           "compvoie",
    "lieuditbp",       "commune",    "departement", "libdepartement", "ligneacheminement",
    "telephone",       "telecopie",  "categetab",   "libcategetab",   "categagretab",
    "libcategagretab", "siret",      "codeape",     "codemft",        "libmft",
    "codesph",         "libsph",     "dateouv",     "dateautor",      "maj",
    "numuai",          "coordxet",   "coordyet",    "sourcecoordet",  "datemaj",
};
enum { FINESS_OWN = 31, FINESS_PLACE = 4 };
static const char finess_start[] = "finess;etalab;", finess_row[] = "structureet;",
                  finess_place[] = "geolocalisation;";

struct field {
    const char *text;
    size_t n;
};
struct place { /* a line of the second part */
    const char *number, *line;
    size_t order; /* of the line in the file */
};
struct file {
    FILE *in;
    char *line;
    size_t cap_line;
    struct field *fields; /* of the current row, one a column */
    bool finess;
    struct place *places; /* by number */
    size_t n_places, cap_places;
    struct qz_pool *texts;
};

static bool starts(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}

static const char *after_mark(const char *line) {
    return starts(line, "\xef\xbb\xbf") ? line + 3 : line;
}

bool qz_lines_are(const char *path) {
    char head[4096] = { 0 };
    FILE *in = fopen(path, "rb");
    if (!in)
        return false;
    size_t n = fread(head, 1, sizeof head - 1, in);
    fclose(in);
    const char *line = after_mark(head);
    size_t length = strcspn(line, "\r\n"), bars = 0, others = 0;
    if (memchr(head, 0, n) || strlen(head) != n)
        return false;
    for (size_t i = 0; i < length; i++) {
        bars += line[i] == '|';
        others += line[i] == ',' || line[i] == ';' || line[i] == '\t';
    }
    bool quoted = memchr(line, '"', length) || line[0] == '{';
    return starts(line, finess_start) || (bars >= 2 && bars > others && !quoted);
}

/* The next line without its end: 1, or 0 at the end of the file. */
static int next_line(struct qz_ctx *ctx, struct file *f) {
    errno = 0;
    ssize_t n = getline(&f->line, &f->cap_line, f->in);
    if (n < 0)
        return errno == ENOMEM      ? qz_fail_nomem(ctx)
               : ferror(f->in) != 0 ? qz_fail(ctx, QZ_E_IO, "%s", strerror(errno))
                                    : 0;
    while (n > 0 && (f->line[n - 1] == '\n' || f->line[n - 1] == '\r'))
        f->line[--n] = 0;
    return 1;
}

/* Cuts text into at most n fields; those that it lacks are empty. */
static void cut(const char *text, char separator, struct field *fields, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *end = text ? strchr(text, separator) : NULL;
        size_t length = !text ? 0 : end ? (size_t)(end - text) : strlen(text);
        fields[i] = (struct field) { text, length };
        text = end ? end + 1 : NULL;
    }
}

/* ---- open */
static int name_columns(struct qz_ctx *ctx, struct qz_table *t, const char *header) {
    int r = 0;
    while (header && r == 0) {
        const char *end = strchr(header, '|');
        size_t n = end ? (size_t)(end - header) : strlen(header);
        qz_cleanup(qz_freep) char *name = qz_strndup(header, n);
        if (!name)
            return qz_fail_nomem(ctx);
        if (end || n) /* the last bar ends the line, no column follows */
            r = qz_table_add_column(ctx, t, name);
        header = end ? end + 1 : NULL;
    }
    return r;
}

static int by_number(const void *va, const void *vb) {
    const struct place *a = va, *b = vb;
    int order = strcmp(a->number, b->number);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static int keep_place(struct qz_ctx *ctx, struct file *f) {
    struct place *grown = qz_grow(f->places, &f->cap_places, f->n_places + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    f->places = grown;
    const char *number = f->line + strlen(finess_place), *end = strchr(number, ';');
    if (!end)
        return 0; /* cut short: no place */
    struct place p = { qz_pool_add(f->texts, number, (size_t)(end - number)),
                       qz_pool_add(f->texts, end + 1, strlen(end + 1)), f->n_places };
    if (!p.number || !p.line)
        return qz_fail_nomem(ctx);
    f->places[f->n_places++] = p;
    return 0;
}

/* The places stand behind all establishments: read first. */
static int read_places(struct qz_ctx *ctx, struct file *f) {
    int r = qz_pool_new(ctx, &f->texts);
    while (r == 0 && (r = next_line(ctx, f)) > 0)
        r = starts(f->line, finess_place) ? keep_place(ctx, f) : 0;
    if (f->n_places)
        qsort(f->places, f->n_places, sizeof *f->places, by_number);
    rewind(f->in);
    return r;
}

static int open_columns(struct qz_ctx *ctx, struct qz_table *t, struct file *f) {
    int r = next_line(ctx, f);
    if (r <= 0)
        return r < 0 ? r : qz_fail(ctx, QZ_E_FORMAT, "%s: the file is empty", t->path);
    const char *header = after_mark(f->line);
    f->finess = starts(header, finess_start);
    r = f->finess ? 0 : name_columns(ctx, t, header);
    for (size_t i = 0; f->finess && i < COUNT(finess_names) && r == 0; i++)
        r = qz_table_add_column(ctx, t, finess_names[i]);
    if (r == 0 && f->finess)
        r = read_places(ctx, f);
    if (r < 0)
        return r;
    f->fields = qz_calloc(t->n_columns, sizeof *f->fields);
    return f->fields ? 0 : qz_fail_nomem(ctx);
}

static int name_layer(struct qz_ctx *ctx, struct qz_table *t, const char *layer) {
    const char *slash = strrchr(t->path, '/'), *name = slash ? slash + 1 : t->path;
    const char *point = strrchr(name, '.');
    t->layer = qz_strndup(name, point ? (size_t)(point - name) : strlen(name));
    if (!t->layer)
        return qz_fail_nomem(ctx);
    if (layer && !qz_equal_nocase(layer, t->layer))
        return qz_fail(ctx, QZ_E_FORMAT, "%s: has no layer '%s'; it has: %s", t->path, layer,
                       t->layer);
    return 0;
}

static int lines_open(struct qz_ctx *ctx, struct qz_table *t, const char *layer) {
    struct file *f = t->file = qz_calloc(1, sizeof *f);
    if (!f)
        return qz_fail_nomem(ctx);
    f->in = fopen(t->path, "rb");
    if (!f->in)
        return qz_fail(ctx, QZ_E_IO, "%s: %s", t->path, strerror(errno));
    int r = name_layer(ctx, t, layer);
    return r < 0 ? r : open_columns(ctx, t, f);
}

/* ---- rows */
static void place_fields(const struct file *f, struct field *fields) {
    char number[16] = { 0 };
    size_t low = 0, high = f->n_places;
    if (f->fields[0].n < sizeof number)
        memcpy(number, f->fields[0].text, f->fields[0].n);
    while (low < high) { /* the first of its number */
        size_t middle = low + (high - low) / 2;
        if (strcmp(f->places[middle].number, number) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < f->n_places && strcmp(f->places[low].number, number) == 0;
    cut(found ? f->places[low].line : NULL, ';', fields, FINESS_PLACE);
}

static int lines_next(struct qz_ctx *ctx, struct qz_table *t) {
    struct file *f = t->file;
    const char *line;
    int r;
    do {
        r = next_line(ctx, f);
        line = r > 0 && f->finess && starts(f->line, finess_row) ? f->line + strlen(finess_row)
                                                                 : f->line;
    } while (r > 0 && (f->finess ? line == f->line : *line == 0));
    if (r <= 0)
        return r;
    cut(line, f->finess ? ';' : '|', f->fields, f->finess ? FINESS_OWN : t->n_columns);
    if (f->finess)
        place_fields(f, f->fields + FINESS_OWN);
    t->row++;
    return 1;
}

static const char *lines_text(struct qz_table *t, size_t column, size_t *n) {
    const struct file *f = t->file;
    *n = f->fields[column].n;
    return f->fields[column].text;
}

static int lines_number(struct qz_table *t, size_t column, double *ret) {
    (void)t, (void)column, (void)ret;
    return -1; /* all is text */
}

static int lines_geometry(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret) {
    (void)ctx, (void)t, (void)ret;
    return 0;
}

static void lines_close(struct qz_table *t) {
    struct file *f = t->file;
    if (f->in)
        fclose(f->in);
    free(f->line);
    free(f->fields);
    free(f->places);
    qz_pool_free(f->texts);
    free(f);
    t->file = NULL;
}

const struct qz_backend qz_backend_lines = {
    "lines", lines_open, NULL, lines_next, lines_text, lines_number, lines_geometry, lines_close,
};
