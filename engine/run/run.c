/* engine/run/run.c - walks the stage table: keys, parts, workers; then tells what came out. */
#include <glib.h>
#include <locale.h>
#include <omp.h>
#include <string.h>
#include "io/version.h"
#include "io/writer.h"
#include "run/run.h"

/* ---- keys */
struct section {
    const char *name;
    struct qz_hash *hash;
};

static int hash_parameter(void *user, const char *section, const char *key, const char *value) {
    struct section *s = user;
    if (strcmp(section, s->name) == 0) {
        qz_hash_text(s->hash, key);
        qz_hash_text(s->hash, value);
    }
    return 0;
}

static int part_key(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_stage *stage,
                    size_t part, struct qz_key *ret) {
    struct qz_hash *h = qz_hash_new();
    int e = 0;
    qz_hash_text(h, stage->name);
    qz_hash_number(h, stage->version);
    for (size_t i = 0; i < QZ_N_STAGES; i++)
        if (stage->inputs >> i & 1)
            qz_hash_bytes(h, s->keys[i].bytes, QZ_KEY_BYTES);
    if (stage->section) {
        struct section section = { stage->section, h };
        if (qz_plan_visit(s->plan, hash_parameter, &section) < 0)
            e = qz_fail_nomem(ctx);
    }
    if (e == 0 && stage->key)
        e = stage->key(ctx, s, part, h);
    *ret = qz_hash_end(h);
    return e;
}

/* A stage's key is the hash of its parts' keys: what depends on the stage depends on all of them.
 */
static int stage_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t id) {
    struct qz_hash *h = qz_hash_new();
    int e = 0;
    qz_hash_text(h, qz_stages[id].name); /* it may have no part */
    for (size_t i = 0; i < s->parts[id] && e == 0; i++) {
        struct qz_key key;
        e = part_key(ctx, s, &qz_stages[id], i, &key);
        qz_hash_bytes(h, key.bytes, QZ_KEY_BYTES);
    }
    s->keys[id] = qz_hash_end(h);
    return e;
}

/* ---- parts */
static int start_workers(struct qz_ctx *ctx, struct qz_run_state *s) {
    if (s->workers)
        return 0;
    s->n_workers = (size_t)qz_ctx_threads(ctx);
    s->workers = qz_calloc(s->n_workers, sizeof *s->workers);
    int e = s->workers ? 0 : qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->n_workers && e == 0; i++) {
        e = qz_ctx_child(ctx, &s->workers[i].ctx);
        if (e == 0)
            e = qz_search_new(s->workers[i].ctx, s->network, &s->workers[i].search);
    }
    return e < 0 ? qz_fail_nomem(ctx) : 0;
}

static int run_parallel(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_stage *stage,
                        size_t n) {
    int e = start_workers(ctx, s), failed = 0;
    if (e < 0)
        return e;
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)s->n_workers)
    for (size_t i = 0; i < n; i++) {
        int stop;
#pragma omp atomic read
        stop = failed;
        if (stop)
            continue;
        struct qz_worker *w = &s->workers[omp_get_thread_num()];
        int r = stage->run(w->ctx, s, w, i);
        if (r == 0 && omp_get_thread_num() == 0)
            r = qz_progress(ctx, (double)i / (double)n, stage->name);
        if (r < 0) {
#pragma omp critical
            if (!failed) {
                failed = r;
                if (r != QZ_E_CANCELLED)
                    qz_fail_from(ctx, w->ctx, r);
            }
        }
    }
    return failed;
}

static int run_stage(struct qz_ctx *ctx, struct qz_run_state *s, size_t id) {
    const struct qz_stage *stage = &qz_stages[id];
    gint64 from = g_get_monotonic_time();
    qz_progress_span(ctx, (double)id / QZ_N_STAGES * 0.9, (double)(id + 1) / QZ_N_STAGES * 0.9);
    int e = qz_progress(ctx, 0, stage->name);
    s->parts[id] = stage->parts ? stage->parts(s) : 1;
    if (e == 0 && stage->begin)
        e = stage->begin(ctx, s);
    if (e == 0)
        e = stage_key(ctx, s, id);
    if (e == 0 && stage->parallel)
        e = run_parallel(ctx, s, stage, s->parts[id]);
    for (size_t i = 0; i < s->parts[id] && e == 0 && !stage->parallel; i++)
        e = stage->run(ctx, s, NULL, i);
    s->seconds[id] = (double)(g_get_monotonic_time() - from) / 1e6;
    return e;
}

/* What only maps, and other questions, need. */
static bool is_beside(size_t id) {
    return id == QZ_STAGE_AREA_LINKS || id == QZ_STAGE_AREAS || id == QZ_STAGE_LAND ||
           id == QZ_STAGE_ISOCHRONES || id == QZ_STAGE_COVERAGE;
}

int qz_run_stages(struct qz_ctx *ctx, struct qz_run_state *s, enum qz_stage_id last) {
    int e = 0;
    for (size_t id = 0; id <= last && e == 0; id++)
        e = s->sites_only && is_beside(id) ? 0 : run_stage(ctx, s, id);
    return e;
}

/* ---- the report */
static int report_professions(struct qz_ctx *ctx, const struct qz_run_state *s,
                              struct qz_report *r) {
    r->professions = qz_calloc(s->plan->n_practices, sizeof *r->professions);
    if (!r->professions)
        return qz_fail_nomem(ctx);
    for (size_t p = 0; p < s->plan->n_practices; p++) {
        struct qz_report_profession *q = &r->professions[r->n_professions++];
        *q = (struct qz_report_profession) { .key = s->plan->practices[p].key,
                                             .label = s->plan->practices[p].label,
                                             .threshold_min = s->plan->practices[p].threshold_min };
        for (size_t i = 0; i < s->sites->n; i++)
            q->heads += s->sites->items[i].profession == p && !s->sites->items[i].planned
                            ? s->sites->items[i].heads
                            : 0;
        for (size_t i = 0; s->care && s->care[p].counted[0].tally && i < s->communes->n; i++) {
            const struct qz_tally *t = &s->care[p].counted[0].tally[0][i];
            q->people_within += t->within;
            q->people_beyond += t->people - t->within;
        }
    }
    return 0;
}

static int report_issues(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_report *r) {
    static const char *const names[] = { "note", "warning", "reject" };
    r->issues = qz_calloc(s->issues.n, sizeof *r->issues);
    if (!r->issues)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->issues.n; i++) {
        const struct qz_issue *x = &s->issues.items[i];
        r->issues[r->n_issues++] = (struct qz_report_issue) { names[x->severity], x->source,
                                                              x->code, x->message, x->row };
        r->n_rejects += x->severity == QZ_SEVERITY_REJECT;
        r->n_warnings += x->severity == QZ_SEVERITY_WARNING;
    }
    return 0;
}

static int report_stages(struct qz_ctx *ctx, const struct qz_run_state *s, size_t last,
                         struct qz_report *r) {
    r->stages = qz_calloc(QZ_N_STAGES, sizeof *r->stages);
    if (!r->stages)
        return qz_fail_nomem(ctx);
    for (size_t id = 0; id <= last; id++) {
        struct qz_report_stage *t = &r->stages[r->n_stages++];
        *t = (struct qz_report_stage) { .name = qz_stages[id].name,
                                        .parts = s->parts[id],
                                        .seconds = s->seconds[id] };
        qz_key_hex(&s->keys[id], t->key);
    }
    return 0;
}

static int report_sites(struct qz_ctx *ctx, const struct qz_run_state *s, struct qz_report *r) {
    const struct qz_siting_results *from = &s->siting;
    if (!from->n)
        return 0;
    r->siting_model = from->model;
    r->siting_objective = from->objective;
    r->siting_bound = from->bound;
    r->siting_gap_ratio = from->gap_ratio;
    r->demand = from->demand_total;
    r->demand_before = from->demand_served_before;
    r->demand_after = from->demand_served_after;
    r->proposed = qz_calloc(from->n, sizeof *r->proposed);
    if (!r->proposed)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < from->n; i++) {
        const struct qz_site_figures *f = &from->items[i];
        const struct qz_rank *rank = from->score.rank ? &from->score.rank[f->opening - 1] : NULL;
        r->proposed[r->n_proposed++] = (struct qz_report_site) {
            .rank = rank ? rank->rank : f->opening,
            .rank_low = rank ? rank->best : f->opening,
            .rank_high = rank ? rank->worst : f->opening,
            .opening_order = f->opening,
            .code = s->communes->code[f->commune],
            .name = s->communes->name[f->commune],
            .reasons = f->reasons,
            .people_gained = f->gained
        };
    }
    return 0;
}

static int fill_report(struct qz_ctx *ctx, const struct qz_run_state *s, size_t last,
                       struct qz_report *r) {
    r->n_communes = s->communes->n;
    r->n_sites = s->sites->n;
    for (size_t i = 0; i < s->communes->n; i++)
        r->people += s->people->count[i];
    if (s->zones) {
        r->n_zones = s->zones->n;
        r->people_in_zones = s->zones->people_in_zones;
        r->people_in_zones_bound = s->zones->bound;
    }
    if (s->areas) {
        r->n_areas = s->areas->n;
        r->n_areas_balanced = s->areas->n_balanced;
    }
    r->n_disagreements = s->n_disagreements;
    for (size_t i = 0; i < s->n_disagreements; i++)
        r->people_disagreements += s->people->count[s->disagreements[i]];
    int e = report_professions(ctx, s, r);
    if (e == 0)
        e = report_sites(ctx, s, r);
    if (e == 0)
        e = report_issues(ctx, s, r);
    return e < 0 ? e : report_stages(ctx, s, last, r);
}

struct qz_report *qz_report_free(struct qz_report *report) {
    if (!report)
        return NULL;
    if (report->held)
        qz_run_state_done(report->held);
    free(report->held);
    free(report->professions);
    free(report->stages);
    free(report->issues);
    free(report->proposed);
    free(report);
    return NULL;
}

/* ---- the two ways to run */
struct output {
    struct qz_ctx *ctx;
    const char *path;
};

static int not_table(void *user, const char *section, const char *key, const char *path) {
    const struct output *o = user;
    (void)section, (void)key;
    return qz_run_not_input(o->ctx, o->path, path);
}

static int run_plan(struct qz_ctx *ctx, const struct qz_plan *plan, enum qz_stage_id last,
                    const char *path, const struct qz_run_params *params,
                    struct qz_report *report) {
    struct qz_run_state *s = report->held = qz_calloc(1, sizeof *s);
    if (!s)
        return qz_fail_nomem(ctx);
    int e = qz_run_state_init(ctx, s, plan);
    s->sites_only = params->sites_only;
    if (e == 0 && path)
        e = qz_writer_check(ctx, path, params->overwrite);
    for (size_t i = 0; i < s->n_files && e == 0 && path; i++)
        e = qz_run_not_input(ctx, path, s->files[i].path);
    struct output output = { ctx, path };
    if (e == 0 && path)
        e = qz_plan_visit_paths(plan, not_table, &output);
    if (e == QZ_E_NOMEM)
        return qz_fail_nomem(ctx);
    if (e == 0)
        e = qz_run_stages(ctx, s, last);
    qz_progress_span(ctx, 0.9, 1);
    if (e == 0 && path)
        e = qz_run_write(ctx, s, path, params->overwrite);
    return e < 0 ? e : fill_report(ctx, s, last, report);
}

/* Numbers in texts of the output must not follow the user's locale. */
static int run_in_c_locale(struct qz_ctx *ctx, const struct qz_plan *plan, enum qz_stage_id last,
                           const char *path, const struct qz_run_params *params,
                           struct qz_report **ret) {
    struct qz_report *report = qz_calloc(1, sizeof *report);
    if (!report)
        return qz_fail_nomem(ctx);
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = uselocale(c);
    int e = run_plan(ctx, plan, last, path, params, report);
    uselocale(before);
    freelocale(c);
    if (e < 0)
        qz_report_free(report);
    else
        *ret = report;
    return e;
}

int qz_run(struct qz_ctx *ctx, const struct qz_plan *plan, const struct qz_run_params *params,
           const char *path, struct qz_report **ret) {
    return run_in_c_locale(ctx, plan, QZ_N_STAGES - 1, path, params, ret);
}

int qz_check(struct qz_ctx *ctx, const struct qz_plan *plan, struct qz_report **ret) {
    return run_in_c_locale(ctx, plan, QZ_STAGE_STOPS, NULL, &(struct qz_run_params) { 0 }, ret);
}

const char *qz_versions(void) {
    static char text[160];
    if (!*text)
        g_snprintf(
            text, sizeof text, "quinze %s (GDAL %s, PROJ %s, GEOS %s, Shapelib %s, GLib %u.%u.%u)",
            qz_version(), qz_io_gdal_version(), qz_geo_proj_version(), qz_geo_geos_version(),
            qz_io_shapelib_version(), glib_major_version, glib_minor_version, glib_micro_version);
    return text;
}
