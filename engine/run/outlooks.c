/* engine/run/outlooks.c - practitioners today and at each horizon: who is left, where a site stays
 * open, what counts as supply of the score. */
#include <glib.h>
#include <math.h>
#include <string.h>
#include "base/geodata.h"
#include "run/run.h"

/* ---- texts of tables: the plan's file, else the built-in one */
int qz_run_table_text(struct qz_ctx *ctx, const char *path, const char *builtin, char **text) {
    GError *error = NULL;
    if (!path) {
        *text = g_strdup(qz_geodata(builtin));
        return 0;
    }
    if (g_file_get_contents(path, text, NULL, &error))
        return 0;
    int e = qz_fail(ctx, QZ_E_IO, "%s; give the path of a table", error->message);
    g_clear_error(&error);
    return e;
}

static int read_exits(struct qz_ctx *ctx, const struct qz_plan *plan, struct qz_exits *ret) {
    if (!plan->exits)
        return qz_exits_at_age(ctx, plan->retirement_age, ret);
    char *text = NULL;
    int e = qz_run_table_text(ctx, plan->exits, NULL, &text);
    if (e == 0)
        e = qz_exits_read(ctx, plan->exits, text, ret);
    g_free(text);
    return e;
}

/* ---- the method of the score, by profession */
static int choose_method(struct qz_ctx *ctx, const struct qz_plan *plan, struct qz_run_care *care) {
    static const char *const names[QZ_N_SCORE_METHODS] = { "2sfca", "e2sfca", "apl" };
    care->method = care->preset.method;
    if (!*plan->apl.method)
        return 0;
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(plan->apl.method, names[i]) == 0) {
            care->method = (enum qz_score_method)i;
            return 0;
        }
    return qz_fail(ctx, QZ_E_PLAN, "method = '%s' is not 2sfca, e2sfca or apl", plan->apl.method);
}

/* Consultations are what general practitioners give; of other professions the score says FTE. */
static void settle_unit(const struct qz_plan *plan, size_t profession, struct qz_run_care *care) {
    if (strcmp(plan->practices[profession].key, "gp") != 0)
        care->preset.unit = QZ_SCORE_FTE_PER_100K;
}

static int read_method(struct qz_ctx *ctx, const struct qz_plan *plan, size_t profession,
                       struct qz_run_care *care) {
    const char *own = plan->practices[profession].decay;
    char *text = NULL;
    int e = qz_apl_preset_read(ctx, "geodata/apl-presets.csv", qz_geodata("apl-presets.csv"),
                               plan->apl.preset, &care->preset);
    if (e == 0)
        e = choose_method(ctx, plan, care);
    if (e == 0)
        e = qz_run_table_text(ctx, plan->apl.decays, "decays.csv", &text);
    if (e == 0)
        e = qz_decay_read(ctx, plan->apl.decays ? plan->apl.decays : "geodata/decays.csv", text,
                          *own               ? own
                          : *plan->apl.decay ? plan->apl.decay
                                             : care->preset.decay,
                          &care->decay);
    settle_unit(plan, profession, care);
    g_free(text);
    return e < 0 ? qz_fail_at(ctx, e, "%s: [apl]: ", plan->path) : 0;
}

/* A bad table is told before the searches, and by quinze check: the score reads it again. */
static int try_consumption(struct qz_ctx *ctx, const struct qz_plan *plan, size_t profession,
                           const struct qz_run_care *care) {
    struct qz_consumption consumption;
    bool used = plan->apl.consumption && plan->ages.input.file && care->method == QZ_SCORE_APL &&
                !plan->practices[profession].is_place;
    return used ? qz_run_read_consumption(ctx, plan, profession, &consumption) : 0;
}

/* ---- what is known of a profession's people */
static void look_at_posts(const struct qz_run_state *s, struct qz_run_care *care) {
    const struct qz_sites *sites = s->sites;
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++) {
        const struct qz_site *site = &sites->items[i];
        care->has_fte = care->has_fte || site->has_fte;
        for (uint32_t k = site->first_post; k < site->first_post + site->n_posts; k++)
            care->has_age = care->has_age || s->outlooks[0].ages[k].known > 0;
    }
}

static void find_sites(const struct qz_run_state *s, size_t profession, struct qz_run_care *care) {
    uint32_t i = 0;
    while (i < s->sites->n && s->sites->items[i].profession < profession)
        i++;
    care->first_site = i;
    while (i < s->sites->n && s->sites->items[i].profession == profession)
        i++;
    care->n_sites = i - care->first_site;
}

/* ---- outlooks */
static int alloc_outlook(struct qz_ctx *ctx, struct qz_run_state *s, size_t number) {
    struct qz_outlook *o = &s->outlooks[number];
    size_t n = s->sites->n;
    o->heads = qz_calloc(n, sizeof *o->heads);
    o->fte = qz_calloc(n, sizeof *o->fte);
    o->supply = qz_calloc(n, sizeof *o->supply);
    o->open = qz_calloc(n, sizeof *o->open);
    o->counted = qz_calloc(n, sizeof *o->counted);
    o->ages = qz_run_ages_are_shared(number) ? s->outlooks[number - 1].ages
                                             : qz_calloc(s->sites->n_posts, sizeof *o->ages);
    return o->heads && o->fte && o->supply && o->open && o->counted && o->ages ? 0
                                                                               : qz_fail_nomem(ctx);
}

/* What is known of the ages has no bounds. */
bool qz_run_ages_are_shared(size_t outlook) { return outlook && outlook % 2 == 0; }

/* Of today's people those who are still there, by their age then. */
static int ages_at(struct qz_ctx *ctx, struct qz_run_state *s, size_t p,
                   const struct qz_horizon *horizon, size_t o) {
    return qz_ages_of_posts(ctx, s->sites, (uint16_t)p, horizon, s->outlooks[o].ages);
}

/* Horizons need an age, of someone at least. */
static int begin_ages(struct qz_ctx *ctx, struct qz_run_state *s, size_t p) {
    struct qz_run_care *care = &s->care[p];
    struct qz_horizon now = { .bands = s->age_bands[p] };
    find_sites(s, p, care);
    int e = ages_at(ctx, s, p, &now, 0);
    if (e == 0)
        look_at_posts(s, care);
    return e;
}

/* Years that the plan asks for are not passed over in silence. */
static int tell_no_horizon(struct qz_ctx *ctx, struct qz_run_state *s) {
    return qz_issue_add(ctx, &s->issues, QZ_SEVERITY_WARNING, "horizon", 0, NULL, "no_age_known",
                        "no age of any practitioner is known: nothing is projected to the years of "
                        "[horizon]; give ages, or age_bands in a [practitioners] section");
}

int qz_run_begin_outlooks(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->plan->n_practices;
    bool has_age = false;
    s->care = qz_calloc(n, sizeof *s->care);
    s->age_bands = qz_calloc(n, sizeof *s->age_bands);
    if (!s->care || !s->age_bands)
        return qz_fail_nomem(ctx);
    int e = alloc_outlook(ctx, s, 0);
    for (size_t p = 0; p < n && e == 0; p++) {
        e = qz_run_read_age_bands(ctx, s, p);
        if (e == 0)
            e = begin_ages(ctx, s, p);
        has_age = has_age || (e == 0 && s->care[p].has_age);
    }
    if (e == 0 && !has_age && s->plan->years_stated && s->plan->n_years)
        e = tell_no_horizon(ctx, s);
    s->n_outlooks = has_age ? 1 + 2 * s->plan->n_years : 1;
    for (size_t o = 1; o < s->n_outlooks && e == 0; o++)
        e = alloc_outlook(ctx, s, o);
    return e;
}

int qz_run_outlooks_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part,
                        struct qz_hash *h) {
    struct qz_plan const *plan = s->plan;
    const char *const paths[] = { plan->exits, plan->practices[part].age_bands,
                                  plan->practices[part].previous, plan->apl.decays,
                                  plan->apl.consumption };
    int e = 0;
    qz_hash_number(h, plan->base_year);
    qz_hash_text(h, plan->apl.preset);
    qz_hash_text(h, plan->apl.method);
    qz_hash_text(h, plan->apl.decay);
    qz_hash_text(h, plan->practices[part].decay);
    const char *const bands[] = { plan->practices[part].age_bands_only,
                                  plan->practices[part].age_bands_level };
    for (size_t i = 0; i < COUNT(bands); i++)
        qz_hash_text(h, bands[i] ? bands[i] : "");
    for (size_t i = 0; i < COUNT(paths) && e == 0; i++) {
        struct qz_key key = { 0 };
        if (paths[i])
            e = qz_key_of_file(ctx, paths[i], &key);
        qz_hash_bytes(h, key.bytes, QZ_KEY_BYTES);
    }
    return e;
}

/* Announced sites are in no figure, today or later: nobody says whether they come. */
static void today(struct qz_run_state *s, struct qz_run_care *care) {
    struct qz_outlook *o = &s->outlooks[0];
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++) {
        const struct qz_site *site = &s->sites->items[i];
        o->open[i] = o->counted[i] = !site->planned;
        o->heads[i] = site->planned ? 0 : site->heads;
        o->fte[i] = site->planned ? 0 : site->fte;
    }
}

/* What the score counts: FTE within the preset's age limit; where a site does not say its FTE, its
 * heads. */
static int fill_supply(struct qz_ctx *ctx, struct qz_run_state *s, size_t p,
                       const struct qz_horizon *horizon, size_t o, struct qz_left *left,
                       double *heads) {
    struct qz_run_care *care = &s->care[p];
    struct qz_horizon counted = *horizon;
    counted.age_most = isfinite(care->preset.age_limit_years) ? care->preset.age_limit_years : 0;
    int e = qz_left_of_posts(ctx, s->sites, (uint16_t)p, &counted, left);
    if (e < 0)
        return e;
    struct qz_left_input in = { s->sites,       (uint16_t)p,
                                left,           o && o % 2 == 1 ? QZ_BOUND_LOW : QZ_BOUND_HIGH,
                                horizon->years, horizon->years ? s->arrivals[p] : NULL };
    qz_left_by_site(&in, heads, s->outlooks[o].supply);
    double per_fte = qz_apl_supply_per_fte(&care->preset);
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++) {
        double *supply = &s->outlooks[o].supply[i];
        *supply = (s->sites->items[i].has_fte ? *supply : heads[i]) * per_fte;
        if (s->sites->items[i].planned)
            *supply = 0;
    }
    return 0;
}

/* Places of care do not age. */
static void stay(struct qz_run_state *s, const struct qz_run_care *care, size_t o) {
    const struct qz_outlook *now = &s->outlooks[0];
    for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++) {
        s->outlooks[o].heads[i] = now->heads[i];
        s->outlooks[o].fte[i] = now->fte[i];
        s->outlooks[o].open[i] = s->outlooks[o].counted[i] = now->open[i];
    }
}

static int fill_outlook(struct qz_ctx *ctx, struct qz_run_state *s, size_t p,
                        const struct qz_horizon *horizon, size_t o, struct qz_left *left,
                        double *heads) {
    if (o == 0) {
        today(s, &s->care[p]);
        return fill_supply(ctx, s, p, horizon, o, left, heads);
    }
    int e = qz_run_ages_are_shared(o) ? 0 : ages_at(ctx, s, p, horizon, o);
    if (e < 0)
        return e;
    if (s->plan->practices[p].is_place) {
        stay(s, &s->care[p], o);
        return 0;
    }
    e = qz_left_of_posts(ctx, s->sites, (uint16_t)p, horizon, left);
    if (e < 0)
        return e;
    struct qz_left_input in = { s->sites,       (uint16_t)p,
                                left,           o % 2 == 1 ? QZ_BOUND_LOW : QZ_BOUND_HIGH,
                                horizon->years, s->arrivals[p] };
    qz_left_by_site(&in, s->outlooks[o].heads, s->outlooks[o].fte);
    qz_left_open(&in, s->outlooks[o].open);
    for (uint32_t i = s->care[p].first_site; i < s->care[p].first_site + s->care[p].n_sites; i++)
        s->outlooks[o].counted[i] = !s->sites->items[i].planned;
    return fill_supply(ctx, s, p, horizon, o, left, heads);
}

/* Whether what is not known of the ages changes anything. */
static bool bounds_differ(const struct qz_run_state *s, const struct qz_run_care *care) {
    for (size_t o = 1; o + 1 < s->n_outlooks; o += 2)
        for (uint32_t i = care->first_site; i < care->first_site + care->n_sites; i++)
            if (s->outlooks[o].heads[i] != s->outlooks[o + 1].heads[i] ||
                s->outlooks[o].supply[i] != s->outlooks[o + 1].supply[i])
                return true;
    return false;
}

int qz_run_outlooks(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    struct qz_run_care *care = &s->care[part];
    struct qz_exits exits;
    qz_cleanup(qz_freep) struct qz_left *left = qz_calloc(s->sites->n_posts, sizeof *left);
    qz_cleanup(qz_freep) double *heads = qz_calloc(s->sites->n, sizeof *heads);
    int e = left && heads ? read_method(ctx, s->plan, part, care) : qz_fail_nomem(ctx);
    if (e == 0)
        e = try_consumption(ctx, s->plan, part, care);
    if (e == 0)
        e = read_exits(ctx, s->plan, &exits);
    if (e == 0)
        e = qz_run_read_arrivals(ctx, s, part);
    for (size_t o = 0; o < s->n_outlooks && e == 0; o++) {
        struct qz_horizon horizon = { .exits = &exits, .bands = s->age_bands[part] };
        horizon.years = o ? s->plan->years[(o - 1) / 2] - s->plan->base_year : 0;
        e = fill_outlook(ctx, s, part, &horizon, o, left, heads);
    }
    if (e == 0)
        care->unknown_ages = bounds_differ(s, care);
    return e;
}
