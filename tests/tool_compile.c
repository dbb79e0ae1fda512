/* tests/tool_compile.c - compile-bench quinze FILE THREADS [NET.qzn]: seconds that reading a road
 * file, compiling and saving it take; compile-bench gdal FILE: seconds in which GDAL's driver
 * merely reads an OSM file. One JSON object. */
#include <gdal.h>
#include <ogr_api.h>
#include <string.h>
#include <time.h>
#include "base/base.h"
#include "network/network.h"
#include "source/source.h"

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int fail(const struct qz_ctx *ctx) {
    fprintf(stderr, "%s\n", qz_ctx_error(ctx));
    return EXIT_FAILURE;
}

static int time_quinze(const char *path, int threads, const char *out) {
    struct qz_ctx_params params = { .threads = threads };
    struct qz_ctx *ctx = NULL;
    struct qz_crs *crs = NULL;
    struct qz_issues issues;
    struct qz_input_report report;
    struct qz_roads *roads = NULL;
    struct qz_speeds *speeds = NULL;
    struct qz_network *net = NULL;
    const struct qz_input input = { .file = path };
    if (qz_ctx_new(&params, &ctx) < 0 || qz_crs_open(ctx, "EPSG:2154", &crs) < 0 ||
        qz_issues_init(ctx, &issues) < 0)
        return fail(ctx);
    double start_s = now_s();
    if (qz_roads_read(ctx, &input, crs, &issues, &report, &roads) < 0)
        return fail(ctx);
    double read_s = now_s() - start_s;
    const char *table = qz_speeds_guess(roads);
    if (qz_speeds_parse(ctx, table, qz_speeds_builtin(table), &speeds) < 0)
        return fail(ctx);
    if (qz_network_new(ctx, &qz_network_params_default, roads, speeds, &issues, &net) < 0)
        return fail(ctx);
    double network_s = now_s() - start_s;
    if (out && qz_network_save(ctx, net, out, true) < 0)
        return fail(ctx);
    printf(
        "{\"rows\": %zu, \"roads\": %zu, \"points\": %zu, \"restrictions\": %zu, \"edges\": %zu, "
        "\"read_s\": %.4f, \"network_s\": %.4f, \"save_s\": %.4f}\n",
        report.rows, roads->n, roads->n_points, roads->n_restrictions, net->n_edges, read_s,
        network_s - read_s, now_s() - start_s - network_s);
    qz_network_freep(&net);
    qz_speeds_free(speeds);
    qz_roads_free(roads);
    qz_issues_done(&issues);
    qz_crs_free(crs);
    qz_ctx_free(ctx);
    return EXIT_SUCCESS;
}

static int time_gdal(const char *path) {
    static const char *const drivers[] = { "OSM", NULL };
    size_t n = 0, n_highways = 0;
    GDALAllRegister();
    double start_s = now_s();
    GDALDatasetH set = GDALOpenEx(path, GDAL_OF_VECTOR, drivers, NULL, NULL);
    if (!set)
        return EXIT_FAILURE;
    OGRLayerH layer;
    OGRFeatureH feature;
    while ((feature = GDALDatasetGetNextFeature(set, &layer, NULL, NULL, NULL))) {
        n++;
        int column = OGR_F_GetFieldIndex(feature, "highway");
        n_highways += strcmp(OGR_L_GetName(layer), "lines") == 0 && column >= 0 &&
                      OGR_F_IsFieldSetAndNotNull(feature, column);
        OGR_F_Destroy(feature);
    }
    GDALClose(set);
    printf("{\"features\": %zu, \"highways\": %zu, \"read_s\": %.4f}\n", n, n_highways,
           now_s() - start_s);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "gdal") == 0)
        return time_gdal(argv[2]);
    if (argc >= 4 && strcmp(argv[1], "quinze") == 0)
        return time_quinze(argv[2], atoi(argv[3]), argv[4]);
    fprintf(stderr, "usage: %s gdal FILE | quinze FILE THREADS [NET.qzn]\n", argv[0]);
    return 2;
}
