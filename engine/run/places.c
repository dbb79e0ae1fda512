/* engine/run/places.c - what a speed table asks of each road's place: density of its commune, slope
 * between its ends. */
#include <glib.h>
#include <math.h>
#include <string.h>
#include "io/raster.h"
#include "run/run.h"

/* ---- the table in force: the plan's file, the named one, or the one that knows most roads */
int qz_run_speeds(struct qz_ctx *ctx, const char *profile, const char *file,
                  const struct qz_roads *roads, const char **name, char **text) {
    GError *error = NULL;
    bool guess = strcmp(profile, "auto") == 0;
    *name = file ? file : guess ? qz_speeds_guess(roads) : profile;
    if (!file)
        *text = g_strdup(qz_speeds_builtin(*name));
    else if (!g_file_get_contents(file, text, NULL, &error)) {
        int e = qz_fail(ctx, QZ_E_IO, "%s; check 'speeds', the path of the speed table",
                        error->message);
        g_clear_error(&error);
        return e;
    }
    return 0;
}

static int choose_table(struct qz_ctx *ctx, struct qz_run_state *s) {
    int e = qz_run_speeds(ctx, s->plan->profile, s->plan->speeds, s->roads, &s->profile,
                          &s->speeds_text);
    return e < 0 ? e : qz_speeds_parse(ctx, s->profile, s->speeds_text, &s->speeds);
}

/* Only what the table needs: a population that changes leaves other networks alone. */
int qz_run_places_key(struct qz_ctx *ctx, struct qz_run_state *s, size_t part, struct qz_hash *h) {
    (void)part;
    if (!s->roads)
        return 0; /* a compiled network, or a graph: times of their own */
    int e = choose_table(ctx, s);
    if (e == 0 && qz_speeds_need_density(s->speeds)) {
        qz_hash_bytes(h, s->keys[QZ_STAGE_AREA].bytes, QZ_KEY_BYTES);
        qz_hash_bytes(h, s->keys[QZ_STAGE_PEOPLE].bytes, QZ_KEY_BYTES);
    }
    if (e == 0 && qz_speeds_need_slope(s->speeds) && s->plan->dem) {
        e = qz_key_of_file(ctx, s->plan->dem, &s->dem_key);
        qz_hash_bytes(h, s->dem_key.bytes, QZ_KEY_BYTES);
    }
    return e;
}

/* ---- density */
static struct qz_xy middle_of(const struct qz_roads *roads, size_t i) {
    uint32_t from = roads->items[i].first_point, n = roads->items[i + 1].first_point - from;
    const struct qz_xy *p = roads->points + from;
    double whole_m = 0, so_far_m = 0;
    for (uint32_t k = 1; k < n; k++)
        whole_m += qz_distance_m(p[k - 1], p[k]);
    for (uint32_t k = 1; k < n; k++) {
        double d = qz_distance_m(p[k - 1], p[k]);
        if (d > 0 && so_far_m + d >= whole_m / 2) {
            double t = (whole_m / 2 - so_far_m) / d;
            return (struct qz_xy) { p[k - 1].x_m + t * (p[k].x_m - p[k - 1].x_m),
                                    p[k - 1].y_m + t * (p[k].y_m - p[k - 1].y_m) };
        }
        so_far_m += d;
    }
    return p[0];
}

static int sample_density(struct qz_ctx *ctx, struct qz_run_state *s) {
    size_t n = s->communes->n, n_outside = 0;
    qz_cleanup(qz_freep) double *density = qz_calloc(n, sizeof *density);
    s->road_density = qz_calloc(s->roads->n, sizeof *s->road_density);
    if (!density || !s->road_density)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < n; c++) {
        double area_m2 = qz_shape_area_m2(s->communes->shapes, c);
        density[c] = area_m2 > 0 ? s->people->count[c] / area_m2 * 1e6 : 0;
    }
    for (size_t i = 0; i < s->roads->n; i++) {
        uint32_t c = qz_locator_find(s->locator, middle_of(s->roads, i));
        s->road_density[i] = c == QZ_NOWHERE ? 0 : (float)density[c];
        n_outside += c == QZ_NOWHERE;
    }
    return n_outside == 0
               ? 0
               : qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "roads", 0, NULL,
                              "density_unknown",
                              "%zu roads lie in no commune of the layer: they are driven as in "
                              "sparse places",
                              n_outside);
}

/* ---- slope */
static int slope_of(struct qz_ctx *ctx, struct qz_raster *dem, const struct qz_transform *t,
                    const struct qz_roads *roads, size_t i, float *ret) {
    const struct qz_road *road = &roads->items[i];
    struct qz_xy ends[2] = { roads->points[road->first_point],
                             roads->points[road[1].first_point - 1] };
    double length_m = road->length_m, height_m[2];
    if (!(length_m > 0))
        for (uint32_t k = road->first_point + 1; k < road[1].first_point; k++)
            length_m += qz_distance_m(roads->points[k - 1], roads->points[k]);
    qz_transform_points(t, ends, 2);
    for (size_t k = 0; k < 2; k++) {
        int known = qz_raster_sample(ctx, dem, ends[k], &height_m[k]);
        if (known <= 0)
            return known;
    }
    *ret = length_m > 0 ? (float)(fabs(height_m[1] - height_m[0]) / length_m) : 0;
    return 1;
}

static int sample_slope(struct qz_ctx *ctx, struct qz_run_state *s) {
    qz_cleanup(qz_raster_freep) struct qz_raster *dem = NULL;
    qz_cleanup(qz_transform_freep) struct qz_transform *t = NULL;
    size_t n_unknown = 0;
    int e = qz_raster_open(ctx, s->plan->dem, &dem);
    if (e == 0)
        e = qz_transform_new(ctx, s->crs, qz_raster_crs(dem), &t);
    if (e < 0)
        return e;
    s->road_slope = qz_calloc(s->roads->n, sizeof *s->road_slope);
    if (!s->road_slope)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->roads->n; i++) {
        e = slope_of(ctx, dem, t, s->roads, i, &s->road_slope[i]);
        if (e < 0)
            return e;
        n_unknown += e == 0;
    }
    return n_unknown == 0
               ? 0
               : qz_issue_add(ctx, &s->issues, QZ_SEVERITY_NOTE, "roads", 0, NULL, "slope_unknown",
                              "%zu of %zu roads have an end where 'dem' has no height: "
                              "they count as flat",
                              n_unknown, s->roads->n);
}

int qz_run_places(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    if (!s->speeds)
        return 0;
    int e = qz_speeds_need_density(s->speeds) ? sample_density(ctx, s) : 0;
    if (e == 0 && qz_speeds_need_slope(s->speeds) && s->plan->dem)
        e = sample_slope(ctx, s);
    return e;
}
