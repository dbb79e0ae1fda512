/* engine/geo/crs.c - reference systems and conversions, by PROJ. */
#include <math.h>
#include <proj.h>
#include <stdio.h>
#include <string.h>
#include "geo/geo.h"

struct qz_crs {
    PJ_CONTEXT *pc; /* borrowed from the context */
    PJ *pj;
    int epsg;
    bool metric;
    char *wkt, *name;
};

static void release_proj(void *pc) { proj_context_destroy(pc); }

static PJ_CONTEXT *proj_of(struct qz_ctx *ctx) {
    PJ_CONTEXT *pc = qz_ctx_slot(ctx, QZ_SLOT_PROJ);
    if (!pc) {
        pc = proj_context_create();
        if (!pc)
            return NULL;
        proj_log_level(pc, PJ_LOG_NONE);
        proj_context_set_enable_network(pc, 0);
        qz_ctx_set_slot(ctx, QZ_SLOT_PROJ, pc, release_proj);
    }
    return pc;
}

struct qz_crs *qz_crs_free(struct qz_crs *crs) {
    if (!crs)
        return NULL;
    proj_destroy(crs->pj);
    free(crs->wkt);
    free(crs->name);
    free(crs);
    return NULL;
}

void qz_crs_freep(struct qz_crs **crs) { *crs = qz_crs_free(*crs); }

/* A BOUNDCRS and a compound one hold the horizontal system inside: old IGN .prj files read so. */
static PJ *horizontal(PJ_CONTEXT *pc, PJ *pj) {
    for (;;) {
        PJ_TYPE type = proj_get_type(pj);
        PJ *inner = type == PJ_TYPE_BOUND_CRS      ? proj_get_source_crs(pc, pj)
                    : type == PJ_TYPE_COMPOUND_CRS ? proj_crs_get_sub_crs(pc, pj, 0)
                                                   : NULL;
        if (!inner)
            return pj;
        proj_destroy(pj);
        pj = inner;
    }
}

/* The EPSG code that PROJ recognises with confidence, 0 when none. */
static int identify(PJ_CONTEXT *pc, PJ *pj) {
    const char *authority = proj_get_id_auth_name(pj, 0), *code = proj_get_id_code(pj, 0);
    if (authority && code && strcmp(authority, "EPSG") == 0)
        return atoi(code);
    int *confidence = NULL, epsg = 0;
    PJ_OBJ_LIST *list = proj_identify(pc, pj, "EPSG", NULL, &confidence);
    if (list && proj_list_get_count(list) > 0 && confidence[0] >= 70) {
        PJ *best = proj_list_get(pc, list, 0);
        code = best ? proj_get_id_code(best, 0) : NULL;
        epsg = code ? atoi(code) : 0;
        proj_destroy(best);
    }
    proj_int_list_destroy(confidence);
    proj_list_destroy(list);
    return epsg;
}

static bool in_metres(PJ_CONTEXT *pc, PJ *pj) {
    if (proj_get_type(pj) != PJ_TYPE_PROJECTED_CRS)
        return false;
    PJ *axes = proj_crs_get_coordinate_system(pc, pj);
    double factor = 0;
    bool ok = axes &&
              proj_cs_get_axis_info(pc, axes, 0, NULL, NULL, NULL, &factor, NULL, NULL, NULL);
    proj_destroy(axes);
    return ok && factor == 1;
}

int qz_crs_open(struct qz_ctx *ctx, const char *definition, struct qz_crs **ret) {
    PJ_CONTEXT *pc = proj_of(ctx);
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = qz_calloc(1, sizeof *crs);
    if (!pc || !crs)
        return qz_fail_nomem(ctx);
    crs->pc = pc;
    crs->pj = proj_create(pc, definition);
    if (!crs->pj || !proj_is_crs(crs->pj))
        return qz_fail(ctx, QZ_E_CRS,
                       "'%.60s' is not a known reference system: give a code such as EPSG:2154",
                       definition);
    crs->pj = horizontal(pc, crs->pj);
    crs->epsg = identify(pc, crs->pj);
    if (crs->epsg) { /* the authority's own definition, whatever the file's dialect */
        char code[32];
        snprintf(code, sizeof code, "%d", crs->epsg);
        PJ *own = proj_create_from_database(pc, "EPSG", code, PJ_CATEGORY_CRS, 0, NULL);
        if (own) {
            proj_destroy(crs->pj);
            crs->pj = own;
        }
    }
    crs->metric = in_metres(pc, crs->pj);
    const char *wkt = proj_as_wkt(pc, crs->pj, PJ_WKT2_2019, NULL), *name = proj_get_name(crs->pj);
    crs->wkt = qz_strdup(wkt ? wkt : "");
    crs->name = qz_strdup(name ? name : "");
    if (!crs->wkt || !crs->name)
        return qz_fail_nomem(ctx);
    *ret = crs;
    crs = NULL;
    return 0;
}

int qz_crs_epsg(const struct qz_crs *crs) { return crs->epsg; }
bool qz_crs_is_metric(const struct qz_crs *crs) { return crs->metric; }
const char *qz_crs_name(const struct qz_crs *crs) { return crs->name; }
const char *qz_crs_wkt(const struct qz_crs *crs) { return crs->wkt; }
const char *qz_geo_proj_version(void) { return proj_info().release; }

int qz_crs_legal_epsg(struct qz_lonlat p) {
    /* Decree 2000-1276 as amended in 2019: the legal systems of the French territories. */
    static const struct {
        double west_deg, south_deg, east_deg, north_deg;
        int epsg;
    } territories[] = {
        { -6, 41, 10.5, 51.6, 2154 },       { -63.5, 14, -60.5, 18.6, 5490 },
        { -55, 2, -51, 6.2, 2972 },         { 55, -21.6, 56, -20.7, 2975 },
        { 44.9, -13.2, 45.4, -12.5, 4471 },
    };
    for (size_t i = 0; i < COUNT(territories); i++)
        if (p.lon_deg >= territories[i].west_deg && p.lon_deg <= territories[i].east_deg &&
            p.lat_deg >= territories[i].south_deg && p.lat_deg <= territories[i].north_deg)
            return territories[i].epsg;
    return 0;
}

/* ---- conversions */
struct qz_transform {
    PJ *pj; /* NULL: identity */
};

int qz_transform_new(struct qz_ctx *ctx, const struct qz_crs *from, const struct qz_crs *to,
                     struct qz_transform **ret) {
    struct qz_transform *t = qz_calloc(1, sizeof *t);
    if (!t)
        return qz_fail_nomem(ctx);
    if (!proj_is_equivalent_to(from->pj, to->pj, PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS)) {
        PJ *raw = proj_create_crs_to_crs_from_pj(from->pc, from->pj, to->pj, NULL, NULL);
        t->pj = raw ? proj_normalize_for_visualization(from->pc, raw) : NULL;
        proj_destroy(raw);
        if (!t->pj) {
            free(t);
            return qz_fail(ctx, QZ_E_CRS, "no conversion from '%s' to '%s'", from->name, to->name);
        }
    }
    *ret = t;
    return 0;
}

struct qz_transform *qz_transform_free(struct qz_transform *t) {
    if (t)
        proj_destroy(t->pj);
    free(t);
    return NULL;
}

void qz_transform_freep(struct qz_transform **t) { *t = qz_transform_free(*t); }

void qz_transform_points(const struct qz_transform *t, struct qz_xy *points, size_t n) {
    if (t->pj && n) {
        proj_errno_reset(t->pj);
        proj_trans_generic(t->pj, PJ_FWD, &points->x_m, sizeof *points, n, &points->y_m,
                           sizeof *points, n, NULL, 0, 0, NULL, 0, 0);
    }
    for (size_t i = 0; i < n; i++)
        if (!isfinite(points[i].x_m) || !isfinite(points[i].y_m))
            points[i] = (struct qz_xy) { INFINITY, INFINITY };
}
