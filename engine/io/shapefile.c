/* engine/io/shapefile.c - Shapefiles through Shapelib: raw bytes, checked lengths, no guess on
 * encoding. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "io/backend.h"
#include "io/block.h"

struct shape_file {
    SHPHandle shp;
    DBFHandle dbf;
    int n, next;
    SHPObject *object;  /* of the current row; owned by shp (fast mode) until destroyed */
    const char *record; /* of the current row, in the DBF's own bytes */
};

/* The file beside the .shp with another ending, in the letter case that exists; NULL: absent. */
static char *sibling(const char *path, const char *lower, const char *upper) {
    const char *const endings[] = { lower, upper };
    for (size_t i = 0; i < COUNT(endings); i++) {
        char *name = qz_strdup(path);
        struct stat st;
        if (name) {
            memcpy(name + strlen(name) - 3, endings[i], 3);
            if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
                return name;
        }
        free(name);
    }
    return NULL;
}

static char *read_small(const char *path) {
    enum { LONGEST = 64 * 1024 };
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *text = qz_calloc(LONGEST + 1, 1);
    if (text)
        text[fread(text, 1, LONGEST, f)] = 0;
    fclose(f);
    return text;
}

static void read_sidecars(struct qz_table *t) {
    qz_cleanup(qz_freep) char *prj = sibling(t->path, "prj", "PRJ");
    qz_cleanup(qz_freep) char *cpg = sibling(t->path, "cpg", "CPG");
    if (prj)
        t->crs_text = read_small(prj);
    qz_cleanup(qz_freep) char *encoding = cpg ? read_small(cpg) : NULL;
    t->cp1252 = encoding && (strstr(encoding, "1252") || strstr(encoding, "8859"));
}

/* The header's length against the file's: Shapelib reads on past a cut. */
static int check_length(struct qz_ctx *ctx, const char *path) {
    unsigned char head[100] = { 0 }; /* a file may hold less */
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f)
        return qz_fail(ctx, QZ_E_IO, "%s: %s", path, strerror(errno));
    size_t got = fread(head, 1, sizeof head, f);
    int known = fstat(fileno(f), &st);
    fclose(f);
    uint64_t words = (uint64_t)head[24] << 24 | (uint64_t)head[25] << 16 | (uint64_t)head[26] << 8 |
                     head[27];
    if (got < sizeof head || known != 0 || (uint64_t)st.st_size < words * 2)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: is cut short (%lld bytes, its header says %llu); deliver it again",
                       path, known == 0 ? (long long)st.st_size : 0LL,
                       (unsigned long long)words * 2);
    return 0;
}

static int check_dbf(struct qz_ctx *ctx, const char *path, const struct shape_file *f) {
    struct stat st;
    int records = DBFGetRecordCount(f->dbf);
    if (records != f->n)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: has %d rows and the .shp %d; deliver both again",
                       path, records, f->n);
    for (int i = 0; i < f->dbf->nFields; i++)
        if (f->dbf->panFieldOffset[i] + f->dbf->panFieldSize[i] > f->dbf->nRecordLength)
            return qz_fail(ctx, QZ_E_FORMAT,
                           "%s: its columns are longer than its rows; deliver it again", path);
    uint64_t need = (uint64_t)f->dbf->nHeaderLength +
                    (uint64_t)records * (uint64_t)f->dbf->nRecordLength;
    if (stat(path, &st) != 0 || (uint64_t)st.st_size < need)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: is cut short (%llu bytes needed); deliver it again",
                       path, (unsigned long long)need);
    return 0;
}

static int open_pair(struct qz_ctx *ctx, struct qz_table *t, struct shape_file *f) {
    qz_cleanup(qz_freep) char *dbf = sibling(t->path, "dbf", "DBF"),
                              *shx = sibling(t->path, "shx", "SHX");
    if (!dbf || !shx)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: its %s file is missing; copy all files of the Shapefile", t->path,
                       dbf ? ".shx" : ".dbf");
    int r = check_length(ctx, t->path);
    if (r == 0)
        r = check_length(ctx, shx);
    if (r < 0)
        return r;
    SAHooks hooks;
    qz_block_hooks(&hooks);
    f->shp = SHPOpenLL(t->path, "rb", &hooks);
    f->dbf = DBFOpenLL(dbf, "rb", &hooks);
    if (!f->shp || !f->dbf)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: is not a Shapefile that can be read",
                       f->shp ? dbf : t->path);
    SHPSetFastModeReadObject(f->shp, 1);
    SHPGetInfo(f->shp, &f->n, NULL, NULL, NULL);
    return check_dbf(ctx, dbf, f);
}

static int shapefile_open(struct qz_ctx *ctx, struct qz_table *t, const char *layer) {
    struct shape_file *f = qz_calloc(1, sizeof *f);
    t->file = f;
    if (!f)
        return qz_fail_nomem(ctx);
    const char *slash = strrchr(t->path, '/'), *name = slash ? slash + 1 : t->path;
    t->layer = qz_strndup(name, strlen(name) - 4);
    if (!t->layer)
        return qz_fail_nomem(ctx);
    if (layer && !qz_equal_nocase(layer, t->layer))
        return qz_fail(ctx, QZ_E_FORMAT, "%s: has no layer '%s'; a Shapefile has one, '%s'",
                       t->path, layer, t->layer);
    int r = open_pair(ctx, t, f);
    if (r < 0)
        return r;
    t->has_geometry = true;
    read_sidecars(t);
    int n = DBFGetFieldCount(f->dbf);
    for (int i = 0; i < n && r == 0; i++) {
        char column[XBASE_FLDNAME_LEN_READ + 1];
        DBFGetFieldInfo(f->dbf, i, column, NULL, NULL);
        r = qz_table_add_column(ctx, t, column);
    }
    return r;
}

static void drop_object(struct shape_file *f) {
    if (f->object)
        SHPDestroyObject(f->object);
    f->object = NULL;
}

static void shapefile_close(struct qz_table *t) {
    struct shape_file *f = t->file;
    drop_object(f);
    if (f->shp)
        SHPClose(f->shp);
    if (f->dbf)
        DBFClose(f->dbf);
    free(f);
    t->file = NULL;
}

static int shapefile_next(struct qz_ctx *ctx, struct qz_table *t) {
    struct shape_file *f = t->file;
    drop_object(f);
    for (f->record = NULL; f->next < f->n; f->next++) {
        f->record = DBFReadTuple(f->dbf, f->next);
        if (!f->record)
            return qz_fail(ctx, QZ_E_IO, "its .dbf cannot be read; deliver it again");
        if (*f->record != '*') /* else a row deleted */
            break;
    }
    if (f->next >= f->n)
        return 0;
    t->row = (size_t)++f->next;
    return 1;
}

/* A null: blanks, or the mark of the field's type. */
static const char *shapefile_text(struct qz_table *t, size_t column, size_t *n) {
    struct shape_file *f = t->file;
    const char *field = f->record ? f->record + f->dbf->panFieldOffset[column] : "";
    size_t width = f->record ? strnlen(field, (size_t)f->dbf->panFieldSize[column]) : 0;
    char type = f->dbf->pachFieldType[column];
    while (width > 0 && *field == ' ') {
        field++;
        width--;
    }
    while (width > 0 && field[width - 1] == ' ')
        width--;
    if (width == 0 || ((type == 'N' || type == 'F') && *field == '*') ||
        (type == 'L' && *field == '?') || (type == 'D' && strncmp(field, "00000000", 8) == 0))
        return NULL;
    *n = width;
    return field;
}

static int shapefile_number(struct qz_table *t, size_t column, double *ret) {
    (void)t, (void)column, (void)ret;
    return -1; /* DBF numbers are text */
}

/* ---- geometry: clockwise rings are outlines, the others holes of the outline that holds them */
static double ring_turn(const SHPObject *o, int from, int to) {
    double twice = 0;
    for (int k = from; k + 1 < to; k++)
        twice += (o->padfX[k] - o->padfX[from]) * (o->padfY[k + 1] - o->padfY[from]) -
                 (o->padfX[k + 1] - o->padfX[from]) * (o->padfY[k] - o->padfY[from]);
    return twice;
}

static bool ring_holds(const SHPObject *o, int from, int to, double x, double y) {
    bool inside = false;
    for (int k = from; k + 1 < to; k++) {
        double ax = o->padfX[k], ay = o->padfY[k], bx = o->padfX[k + 1], by = o->padfY[k + 1];
        if ((ay > y) != (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay))
            inside = !inside;
    }
    return inside;
}

static int part_end(const SHPObject *o, int part) {
    return part + 1 < o->nParts ? o->panPartStart[part + 1] : o->nVertices;
}

static int add_ring(struct qz_ctx *ctx, struct qz_table *t, const SHPObject *o, int part) {
    for (int k = o->panPartStart[part]; k < part_end(o, part); k++)
        if (qz_shapes_add_point(ctx, &t->areas, (struct qz_xy) { o->padfX[k], o->padfY[k] }) < 0)
            return QZ_E_NOMEM;
    return qz_shapes_end_ring(ctx, &t->areas);
}

/* owner[i]: the outline of ring i; itself for an outline. */
static void assign_rings(const SHPObject *o, int *owner) {
    for (int i = 0; i < o->nParts; i++)
        owner[i] = ring_turn(o, o->panPartStart[i], part_end(o, i)) <= 0 ? i : -1;
    for (int i = 0; i < o->nParts; i++) {
        int at = o->panPartStart[i];
        for (int j = 0; owner[i] < 0 && j < o->nParts; j++)
            if (owner[j] == j &&
                ring_holds(o, o->panPartStart[j], part_end(o, j), o->padfX[at], o->padfY[at]))
                owner[i] = j;
        if (owner[i] < 0)
            owner[i] = i; /* turned the wrong way: still land */
    }
}

static int add_areas(struct qz_ctx *ctx, struct qz_table *t, const SHPObject *o) {
    qz_cleanup(qz_freep) int *owner = qz_calloc((size_t)o->nParts, sizeof *owner);
    if (!owner)
        return qz_fail_nomem(ctx);
    assign_rings(o, owner);
    int r = 0;
    for (int i = 0; i < o->nParts && r == 0; i++) {
        if (owner[i] != i)
            continue;
        r = add_ring(ctx, t, o, i);
        for (int j = 0; j < o->nParts && r == 0; j++)
            if (j != i && owner[j] == i)
                r = add_ring(ctx, t, o, j);
        if (r == 0)
            r = qz_shapes_end_poly(ctx, &t->areas);
    }
    return r < 0 ? r : qz_shapes_end_shape(ctx, &t->areas);
}

static int add_lines(struct qz_ctx *ctx, struct qz_table *t, const SHPObject *o,
                     struct qz_row_geometry *ret) {
    size_t n = (size_t)o->nVertices, parts = o->nParts > 0 ? (size_t)o->nParts : 1;
    if (qz_table_room(ctx, t, n, parts) < 0)
        return QZ_E_NOMEM;
    for (size_t k = 0; k < n; k++)
        t->points[k] = (struct qz_xy) { o->padfX[k], o->padfY[k] };
    for (size_t k = 0; k < parts; k++)
        t->part_point[k] = o->nParts > 0 ? (uint32_t)o->panPartStart[k] : 0;
    t->part_point[parts] = (uint32_t)n;
    ret->n_points = n;
    ret->n_parts = parts;
    return 0;
}

static enum qz_shape_kind kind_of(int type) {
    switch (type) {
    case SHPT_POINT:
    case SHPT_POINTZ:
    case SHPT_POINTM:
    case SHPT_MULTIPOINT:
    case SHPT_MULTIPOINTZ:
    case SHPT_MULTIPOINTM:
        return QZ_KIND_POINT;
    case SHPT_ARC:
    case SHPT_ARCZ:
    case SHPT_ARCM:
        return QZ_KIND_LINE;
    case SHPT_POLYGON:
    case SHPT_POLYGONZ:
    case SHPT_POLYGONM:
        return QZ_KIND_AREA;
    case SHPT_NULL:
        return QZ_KIND_NONE;
    default:
        return QZ_KIND_OTHER;
    }
}

static int shapefile_geometry(struct qz_ctx *ctx, struct qz_table *t, struct qz_row_geometry *ret) {
    struct shape_file *f = t->file;
    f->object = SHPReadObject(f->shp, f->next - 1);
    if (!f->object) {
        ret->kind = QZ_KIND_OTHER; /* a wild offset: this row is lost, the others are not */
        return 0;
    }
    ret->kind = f->object->nVertices > 0 ? kind_of(f->object->nSHPType) : QZ_KIND_NONE;
    int r = 0;
    if (ret->kind == QZ_KIND_AREA)
        r = add_areas(ctx, t, f->object);
    else if (ret->kind == QZ_KIND_LINE || ret->kind == QZ_KIND_POINT)
        r = add_lines(ctx, t, f->object, ret);
    return r;
}

const struct qz_backend qz_backend_shapefile = {
    "shapefile",        shapefile_open,  NULL, shapefile_next, shapefile_text, shapefile_number,
    shapefile_geometry, shapefile_close,
};
