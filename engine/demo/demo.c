/* engine/demo/demo.c - makes the communes, then writes all files together, commune by commune. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "demo/files.h"
#include "quinze/demo.h"

enum { LEAST_COMMUNES = 20, MOST_COMMUNES = 40000 };

const struct qz_demo_params qz_demo_params_default = { .n_communes = 260, .seed = 15 };

static const struct qz_demo_file *const files[] = {
    &qz_demo_communes,       &qz_demo_places,     &qz_demo_territories, &qz_demo_population,
    &qz_demo_roads,          &qz_demo_care,       &qz_demo_cells,       &qz_demo_movements,
    &qz_demo_ages,           &qz_demo_households, &qz_demo_alliances,   &qz_demo_register,
    &qz_demo_establishments, &qz_demo_equipment,  &qz_demo_iris,        &qz_demo_zonings,
    &qz_demo_overrides,      &qz_demo_quarters,
};
enum { N_FILES = COUNT(files) };

struct writers {
    struct qz_writer *of[N_FILES];
};

static void abandon_all(struct writers *w) {
    for (size_t i = 0; i < N_FILES; i++)
        w->of[i] = qz_writer_abandon(w->of[i]);
}

static int prepare_folder(struct qz_ctx *ctx, const char *folder) {
    struct stat s;
    if (mkdir(folder, 0777) == 0 ||
        (errno == EEXIST && stat(folder, &s) == 0 && S_ISDIR(s.st_mode)))
        return 0;
    return qz_fail(ctx, QZ_E_IO, "%s: the folder cannot be made: %s", folder, strerror(errno));
}

static int refuse_existing(struct qz_ctx *ctx, const char *folder, const char *name) {
    qz_cleanup(qz_freep) char *path = qz_format("%s/%s", folder, name);
    if (!path)
        return qz_fail_nomem(ctx);
    if (access(path, F_OK) == 0)
        return qz_fail(ctx, QZ_E_EXISTS, "%s exists; give --overwrite to replace the demonstration",
                       path);
    return 0;
}

static int check_folder(struct qz_ctx *ctx, const struct qz_demo_params *p, const char *folder) {
    int r = prepare_folder(ctx, folder);
    for (size_t i = 0; r == 0 && !p->overwrite && i < N_FILES; i++)
        r = refuse_existing(ctx, folder, files[i]->name);
    for (size_t i = 0; r == 0 && !p->overwrite && i < QZ_DEMO_RASTERS; i++)
        r = refuse_existing(ctx, folder, qz_demo_raster_names[i]);
    return r < 0 || p->overwrite ? r : refuse_existing(ctx, folder, "plan.ini");
}

static int open_file(struct qz_ctx *ctx, const struct qz_demo_params *p, const char *folder,
                     const struct qz_crs *crs, const struct qz_demo_file *f,
                     struct qz_writer **ret) {
    qz_cleanup(qz_freep) char *path = qz_format("%s/%s", folder, f->name);
    if (!path)
        return qz_fail_nomem(ctx);
    struct qz_writer_params how = { f->format, p->overwrite, "2026-01-01" };
    int r = qz_writer_open(ctx, path, &how, ret);
    if (r < 0)
        return r;
    return qz_writer_layer(ctx, *ret, f->layer, f->title, "Données de démonstration de quinze",
                           f->geometry, f->geometry == QZ_GEOM_NONE ? NULL : crs, f->columns,
                           f->n_columns);
}

static int open_all(struct qz_ctx *ctx, const struct qz_demo_params *p, const char *folder,
                    struct writers *w) {
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    int r = qz_crs_open(ctx, "EPSG:2154", &crs);
    for (size_t i = 0; r == 0 && i < N_FILES; i++)
        r = open_file(ctx, p, folder, crs, files[i], &w->of[i]);
    return r;
}

static int write_all(struct qz_ctx *ctx, struct qz_delivery *d, struct writers *w) {
    const struct qz_country *c = d->country;
    size_t tick = c->n / 100 + 1;
    int r = 0;
    for (size_t i = 0; r == 0 && i < c->n; i++) {
        uint32_t commune = c->order[i];
        if (i % tick == 0)
            r = qz_progress(ctx, (double)i / (double)c->n, "demonstration");
        if (r == 0)
            r = qz_streets_make(ctx, c, commune, &d->streets);
        for (size_t k = 0; r == 0 && k < N_FILES; k++)
            r = files[k]->write(ctx, d, commune, w->of[k]);
    }
    return r;
}

static int publish_all(struct qz_ctx *ctx, struct writers *w) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < N_FILES; i++) {
        struct qz_writer *one = w->of[i];
        w->of[i] = NULL; /* freed by publish whatever happens */
        r = qz_writer_publish(ctx, one);
    }
    return r;
}

static int open_grid(struct qz_ctx *ctx, struct qz_delivery *d) {
    qz_cleanup(qz_crs_freep) struct qz_crs *crs = NULL;
    qz_cleanup(qz_crs_freep) struct qz_crs *grid = NULL;
    int r = qz_crs_open(ctx, "EPSG:2154", &crs);
    if (r == 0)
        r = qz_crs_open(ctx, "EPSG:3035", &grid);
    if (r == 0)
        r = qz_transform_new(ctx, crs, grid, &d->to_grid);
    return r < 0 ? r : qz_transform_new(ctx, grid, crs, &d->from_grid);
}

static int write_files(struct qz_ctx *ctx, const struct qz_demo_params *p,
                       const struct qz_country *c, const char *folder) {
    qz_cleanup(abandon_all) struct writers w = { { NULL } };
    struct qz_delivery d = { .country = c };
    qz_past_choose(c, &d.past);
    int r = open_all(ctx, p, folder, &w);
    if (r == 0)
        r = open_grid(ctx, &d);
    if (r == 0)
        r = write_all(ctx, &d, &w);
    qz_streets_done(&d.streets);
    qz_clinic_done(&d.clinic);
    qz_transform_free(d.to_grid);
    qz_transform_free(d.from_grid);
    return r < 0 ? r : publish_all(ctx, &w);
}

int qz_demo_write(struct qz_ctx *ctx, const struct qz_demo_params *params, const char *folder) {
    if (params->n_communes < LEAST_COMMUNES || params->n_communes > MOST_COMMUNES)
        return qz_fail(ctx, QZ_E_RANGE, "demo: %u communes; from %d to %d are possible",
                       params->n_communes, LEAST_COMMUNES, MOST_COMMUNES);
    qz_cleanup(qz_country_freep) struct qz_country *country = NULL;
    int r = check_folder(ctx, params, folder);
    if (r < 0 || (r = qz_country_new(ctx, params->n_communes, params->seed, &country)) < 0 ||
        (r = write_files(ctx, params, country, folder)) < 0 ||
        (r = qz_demo_write_rasters(ctx, country, folder, params->overwrite)) < 0)
        return r;
    qz_cleanup(qz_freep) char *plan = qz_format("%s/plan.ini", folder);
    if (!plan)
        return qz_fail_nomem(ctx);
    r = qz_demo_write_plan(ctx, plan, params->n_communes, params->overwrite);
    return r < 0 ? r : qz_progress(ctx, 1, "demonstration");
}
