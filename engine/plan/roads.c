/* engine/plan/roads.c - [roads]: files and patterns, a graph of two tables, a compiled network. */
#include <glob.h>
#include <string.h>
#include "plan/parts.h"

/* ---- [roads] file: a list of paths and patterns */
static int add_road_file(struct qz_plan_reader *r, const char *path, size_t *cap) {
    struct qz_plan *plan = r->plan;
    for (size_t i = 0; i < plan->n_road_files; i++)
        if (strcmp(plan->road_files[i], path) == 0)
            return 0; /* named twice */
    const char **grown = qz_grow(plan->road_files, cap, plan->n_road_files + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(r->ctx);
    plan->road_files = grown;
    grown[plan->n_road_files] = qz_plan_keep(plan, path);
    return grown[plan->n_road_files++] ? 0 : qz_fail_nomem(r->ctx);
}

static int by_bytes(const void *va, const void *vb) {
    const char *const *a = va, *const *b = vb;
    return strcmp(*a, *b); /* glob sorts by the user's locale */
}

/* The plan's folder is a name, whatever its characters; the pattern begins after it. */
static char *full_pattern(const struct qz_plan_reader *r, const char *pattern) {
    GString *full = g_string_new(NULL);
    for (const char *p = r->folder; *p && !g_path_is_absolute(pattern); p++) {
        if (strchr("*?[\\", *p))
            g_string_append_c(full, '\\');
        g_string_append_c(full, *p);
    }
    if (full->len)
        g_string_append_c(full, '/');
    g_string_append(full, pattern);
    return g_string_free(full, FALSE);
}

static int add_road_pattern(struct qz_plan_reader *r, const char *pattern, size_t *cap) {
    glob_t found = { 0 };
    char *full = full_pattern(r, pattern);
    int code = glob(full, 0, NULL, &found), e = 0;
    g_free(full);
    if (code == GLOB_NOMATCH)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: [roads] file: no file matches '%s'; check the pattern (it is relative to "
                    "the plan's folder)",
                    r->plan->path, pattern);
    else if (code != 0)
        e = qz_fail(r->ctx, QZ_E_IO, "%s: [roads] file: '%s' cannot be searched", r->plan->path,
                    pattern);
    else
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    for (size_t i = 0; i < found.gl_pathc && e == 0; i++)
        e = add_road_file(r, found.gl_pathv[i], cap);
    globfree(&found);
    return e;
}

static bool is_file(const char *path) { return g_file_test(path, G_FILE_TEST_EXISTS); }

int qz_plan_road_files(struct qz_plan_reader *r) {
    struct qz_input *in = &r->plan->roads.input;
    size_t cap = 0;
    if (!in->file) /* a graph of nodes and edges stands for it */
        return 0;
    if (is_file(in->file)) /* its name may hold commas and stars */
        return add_road_file(r, in->file, &cap);
    char *value = qz_plan_value(r, "roads", "file");
    char **names = g_strsplit(value, ",", -1);
    int e = 0;
    for (size_t i = 0; names[i] && e == 0; i++) {
        const char *path = *g_strstrip(names[i]) ? qz_plan_path(r, names[i]) : NULL;
        if (path)
            e = strpbrk(names[i], "*?[") && !is_file(path) ? add_road_pattern(r, names[i], &cap)
                                                           : add_road_file(r, path, &cap);
    }
    if (e == 0 && r->plan->n_road_files == 0)
        e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] needs 'file = PATH'", r->plan->path);
    if (e == 0)
        in->file = r->plan->road_files[0];
    g_strfreev(names);
    g_free(value);
    return e;
}

/* ---- three kinds of roads: lines, a graph of two tables, a compiled network */
bool qz_plan_is_network(const char *path) {
    size_t n = strlen(path);
    return n > 4 && qz_equal_nocase(path + n - 4, ".qzn");
}

/* Keys that would change nothing are errors: they say something that is not so. */
static int refuse_keys(struct qz_plan_reader *r, const char *const *refused, size_t n,
                       const char *why) {
    for (size_t i = 0; i < n; i++)
        if (g_key_file_has_key(r->file, "roads", refused[i], NULL))
            return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] %s has no effect: %s", r->plan->path,
                           refused[i], why);
    return 0;
}

/* The columns and the system that [roads] names are those of both tables. */
static void share_columns(struct qz_plan *plan) {
    const char *nodes = plan->road_nodes.input.file, *edges = plan->road_edges.input.file;
    plan->road_nodes = plan->road_edges = plan->roads;
    plan->road_nodes.input.file = nodes;
    plan->road_edges.input.file = edges;
}

int qz_plan_settle_roads(struct qz_plan_reader *r) {
    static const char *const speeds[] = { "profile", "speeds" };
    static const char *const compiled[] = { "profile", "speeds", "island_min_km", "layer", "crs" };
    struct qz_plan *plan = r->plan;
    const char *file = plan->roads.input.file;
    bool nodes = plan->road_nodes.input.file, edges = plan->road_edges.input.file;
    if (file && (nodes || edges))
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] has both 'file' and '%s'; give one of them",
                       plan->path, nodes ? "nodes" : "edges");
    if (nodes != edges)
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] needs '%s = PATH' beside '%s'", plan->path,
                       nodes ? "edges" : "nodes", nodes ? "nodes" : "edges");
    if (!file && !nodes)
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: [roads] needs 'file = PATH'", plan->path);
    if (nodes) {
        share_columns(plan);
        return refuse_keys(r, speeds, COUNT(speeds), "the edges have their own seconds");
    }
    return qz_plan_is_network(file)
               ? refuse_keys(r, compiled, COUNT(compiled),
                             "a compiled network keeps what it was compiled with; give it to "
                             "'quinze network'")
               : 0;
}
