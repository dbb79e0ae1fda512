/* engine/plan/plan.c - a plan file: its sections and inputs, unknown names, the whole. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "plan/parts.h"

static const char *const input_keys[] = { "file", "layer", "crs", "vintage", "licence" };

/* ---- reading */
const char *qz_plan_keep(struct qz_plan *plan, const char *text) {
    return qz_pool_add(plan->texts, text, strlen(text));
}

/* A value without the quotes people like to put; NULL: not there. Freed by g_free. */
char *qz_plan_value(struct qz_plan_reader *r, const char *section, const char *key) {
    char *v = g_key_file_get_value(r->file, section, key, NULL);
    return v ? g_strstrip(v) : NULL;
}

const char *qz_plan_path(struct qz_plan_reader *r, const char *value) {
    char *full = g_path_is_absolute(value) ? g_strdup(value)
                                           : g_build_filename(r->folder, value, NULL);
    const char *kept = qz_plan_keep(r->plan, full);
    g_free(full);
    return kept;
}

/* ---- inputs */
static int read_input_text(struct qz_plan_reader *r, const char *section, const char *key,
                           bool is_path, const char **ret) {
    char *value = qz_plan_value(r, section, key);
    if (!value)
        return 0;
    *ret = !*value ? NULL : is_path ? qz_plan_path(r, value) : qz_plan_keep(r->plan, value);
    bool lost = *value && !*ret;
    g_free(value);
    return lost ? qz_fail_nomem(r->ctx) : 0;
}

static int read_input(struct qz_plan_reader *r, const char *section, uint64_t roles, bool required,
                      struct qz_plan_input *in) {
    const char **const targets[] = { &in->input.file, &in->input.layer, &in->input.crs,
                                     &in->vintage, &in->licence };
    int e = 0;
    for (size_t i = 0; i < COUNT(targets) && e == 0; i++)
        e = read_input_text(r, section, input_keys[i], i == 0, targets[i]);
    for (int role = 0; role < QZ_N_ROLES && e == 0; role++)
        if (roles >> role & 1)
            e = read_input_text(r, section, qz_role_key((enum qz_role)role), false,
                                &in->input.columns[role]);
    bool roads = strcmp(section, "roads") == 0; /* several ways to name them: settle_roads */
    if (e == 0 && !in->input.file && !roads && (required || g_key_file_has_group(r->file, section)))
        e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] needs 'file = PATH'", r->plan->path, section);
    return e;
}

/* ---- repeated sections */
static bool good_key(const char *key) {
    size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n <= 24 && key[n] == 0 && !(key[0] >= '0' && key[0] <= '9');
}

static int read_item(struct qz_plan_reader *r, const struct qz_plan_repeat *repeat,
                     const char *section, struct qz_plan_item *item) {
    const char *key = section + strlen(repeat->prefix);
    if (!good_key(key))
        return qz_fail(r->ctx, QZ_E_PLAN,
                       "%s: [%s]: after '%s' give a name of up to 24 small letters, digits or _, "
                       "for example [%s]",
                       r->plan->path, section, repeat->prefix, repeat->example);
    item->key = qz_plan_keep(r->plan, key);
    if (!item->key)
        return qz_fail_nomem(r->ctx);
    int e = qz_plan_section_read(r, repeat->prefix, section, item);
    return e < 0 ? e : read_input(r, section, repeat->roles, true, &item->source);
}

static int read_repeated(struct qz_plan_reader *r, const struct qz_plan_repeat *repeat,
                         char **sections, size_t most) {
    char *items = qz_calloc(most, repeat->size);
    if (!items)
        return qz_fail_nomem(r->ctx);
    memcpy((char *)r->plan + repeat->items, &items, sizeof items);
    size_t n = 0;
    int e = 0;
    for (size_t i = 0; i < most && e == 0; i++)
        if (g_str_has_prefix(sections[i], repeat->prefix))
            e = read_item(r, repeat, sections[i],
                          (struct qz_plan_item *)(items + n++ * repeat->size));
    memcpy((char *)r->plan + repeat->n, &n, sizeof n);
    return e;
}

static int read_inputs(struct qz_plan_reader *r) {
    int e = 0;
    for (size_t i = 0; i < qz_n_plan_inputs && e == 0; i++)
        e = read_input(r, qz_plan_inputs[i].section, qz_plan_inputs[i].roles,
                       qz_plan_inputs[i].required,
                       (struct qz_plan_input *)((char *)r->plan + qz_plan_inputs[i].offset));
    if (e == 0)
        e = qz_plan_road_files(r);
    gsize n = 0;
    char **sections = g_key_file_get_groups(r->file, &n);
    for (size_t i = 0; i < qz_n_plan_repeats && e == 0; i++)
        e = read_repeated(r, &qz_plan_repeats[i], sections, n);
    g_strfreev(sections);
    if (e == 0 && r->plan->n_practices == 0)
        e = qz_fail(r->ctx, QZ_E_PLAN,
                    "%s: no practitioners; add a section such as [practitioners gp]",
                    r->plan->path);
    return e;
}

/* ---- unknown names: an error with the nearest known one */
struct known {
    const char *names[96];
    size_t n;
};

static void add_known(struct known *k, const char *name) {
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->names[i], name) == 0)
            return;
    if (k->n < COUNT(k->names))
        k->names[k->n++] = name;
}

static void known_keys(const char *section, struct known *k) {
    uint64_t roles = 0;
    bool file = false;
    const char *own = section;
    for (size_t i = 0; i < qz_n_plan_repeats; i++)
        if (g_str_has_prefix(section, qz_plan_repeats[i].prefix)) {
            own = qz_plan_repeats[i].prefix;
            roles = qz_plan_repeats[i].roles;
            file = true;
        }
    for (size_t i = 0; i < qz_n_plan_keys; i++)
        if (strcmp(qz_plan_keys[i].section, own) == 0)
            add_known(k, qz_plan_keys[i].name);
    for (size_t i = 0; i < qz_n_plan_inputs; i++)
        if (strcmp(qz_plan_inputs[i].section, section) == 0) {
            roles = qz_plan_inputs[i].roles;
            file = true;
        }
    for (size_t i = 0; file && i < COUNT(input_keys); i++)
        add_known(k, input_keys[i]);
    for (int role = 0; role < QZ_N_ROLES; role++)
        if (roles >> role & 1)
            add_known(k, qz_role_key((enum qz_role)role));
}

static const char *nearest(const struct known *k, const char *name) {
    const char *best = "";
    unsigned least = UINT32_MAX;
    for (size_t i = 0; i < k->n; i++) {
        unsigned d = qz_edit_distance(k->names[i], name);
        if (d < least) {
            least = d;
            best = k->names[i];
        }
    }
    return best;
}

static int check_section(struct qz_plan_reader *r, const char *section) {
    struct known sections = { 0 }, k = { 0 };
    known_keys(section, &k);
    if (k.n == 0) {
        for (size_t i = 0; i < qz_n_plan_keys; i++)
            if (!qz_plan_is_repeated(qz_plan_keys[i].section))
                add_known(&sections, qz_plan_keys[i].section);
        for (size_t i = 0; i < qz_n_plan_inputs; i++)
            add_known(&sections, qz_plan_inputs[i].section);
        for (size_t i = 0; i < qz_n_plan_repeats; i++)
            add_known(&sections, qz_plan_repeats[i].example);
        return qz_fail(r->ctx, QZ_E_PLAN, "%s: unknown section [%s]; did you mean [%s]?",
                       r->plan->path, section, nearest(&sections, section));
    }
    char **names = g_key_file_get_keys(r->file, section, NULL, NULL);
    int e = 0;
    for (size_t i = 0; names && names[i] && e == 0; i++) {
        bool found = false;
        for (size_t j = 0; j < k.n; j++)
            found = found || strcmp(k.names[j], names[i]) == 0;
        if (!found)
            e = qz_fail(r->ctx, QZ_E_PLAN, "%s: [%s] has an unknown key '%s'; did you mean '%s'?",
                        r->plan->path, section, names[i], nearest(&k, names[i]));
    }
    g_strfreev(names);
    return e;
}

static int check_names(struct qz_plan_reader *r) {
    char **sections = g_key_file_get_groups(r->file, NULL);
    int e = 0;
    for (size_t i = 0; sections[i] && e == 0; i++)
        e = check_section(r, sections[i]);
    g_strfreev(sections);
    return e;
}

static int read_plan(struct qz_plan_reader *r) {
    int e = check_names(r);
    if (e == 0)
        e = qz_plan_keys_read(r);
    if (e == 0)
        e = read_inputs(r);
    return e < 0 ? e : qz_plan_settle(r);
}

struct qz_plan *qz_plan_free(struct qz_plan *plan) {
    if (plan) {
        free(plan->road_files);
        free(plan->practices);
        free(plan->groups);
        free(plan->user_levels);
        free(plan->overlays);
        free(plan->tables);
        qz_pool_free(plan->texts);
    }
    free(plan);
    return NULL;
}

/* Takes comments out ("; ..." and "# ..." after a blank or at the start), and what editors leave:
 * GLib knows only whole lines of "#". */
static void strip_comments(char *text) {
    bool after_blank = true, comment = false;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        memset(text, ' ', 3);
    for (char *p = text; *p; p++) {
        if (*p == '\n') {
            after_blank = true;
            comment = false;
            continue;
        }
        comment = comment || (after_blank && (*p == ';' || *p == '#'));
        after_blank = *p == ' ' || *p == '\t';
        if (comment || *p == '\r')
            *p = ' ';
    }
}

static int load(struct qz_ctx *ctx, const char *path, GKeyFile *file) {
    GError *error = NULL;
    char *text = NULL;
    gsize n = 0;
    int e = 0;
    if (!g_file_get_contents(path, &text, &n, &error))
        e = qz_fail(ctx, QZ_E_IO, "%s; give the plan's path", error->message);
    if (e == 0) {
        strip_comments(text);
        if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, &error))
            e = qz_fail(ctx, QZ_E_PLAN, "%s: %s", path, error->message);
    }
    g_clear_error(&error);
    g_free(text);
    return e;
}

int qz_plan_read(struct qz_ctx *ctx, const char *path, struct qz_plan **ret) {
    return qz_plan_read_with(ctx, path, NULL, 0, ret);
}

int qz_plan_read_with(struct qz_ctx *ctx, const char *path, const struct qz_plan_setting *settings,
                      size_t n, struct qz_plan **ret) {
    struct qz_plan *plan = qz_calloc(1, sizeof *plan);
    if (!plan)
        return qz_fail_nomem(ctx);
    plan->three15 = qz_three15_params_default;
    plan->zonage.zip_ratio = plan->zonage.zac_ratio = plan->zonage.criteria_weight = NAN;
    int e = qz_pool_new(ctx, &plan->texts);
    if (e == 0 && !(plan->path = qz_plan_keep(plan, path)))
        e = qz_fail_nomem(ctx);
    if (e == 0) {
        struct qz_plan_reader r = { ctx, g_key_file_new(), plan, g_path_get_dirname(path) };
        e = load(ctx, path, r.file);
        for (size_t i = 0; i < n && e == 0; i++)
            if (settings[i].value)
                g_key_file_set_value(r.file, settings[i].section, settings[i].key,
                                     settings[i].value);
        if (e == 0)
            e = read_plan(&r);
        g_key_file_free(r.file);
        g_free(r.folder);
    }
    if (e < 0)
        qz_plan_free(plan);
    else
        *ret = plan;
    return e;
}

void qz_plan_input_text(const struct qz_plan_input *in, struct qz_text *t) {
    qz_text_add(t, "layer=%s;crs=%s;", in->input.layer ? in->input.layer : "",
                in->input.crs ? in->input.crs : "");
    for (int role = 0; role < QZ_N_ROLES; role++)
        if (in->input.columns[role])
            qz_text_add(t, "%s=%s;", qz_role_key((enum qz_role)role), in->input.columns[role]);
}
