/* tests/peers/igraph.c - peer-igraph FOLDER N_NODES N_SITES LIMIT_MS SEARCHES: bounded searches of travel-bench put to
 * igraph's C library. Prints one JSON object; sums over the first SEARCHES sites. */
#include <igraph/igraph.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint32_t *load(const char *folder, const char *name, size_t *n) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        exit(1);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f) / 4;
    rewind(f);
    uint32_t *v = malloc(*n * 4);
    if (!v || fread(v, 4, *n, f) != *n)
        exit(1);
    fclose(f);
    return v;
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 6)
        return 2;
    igraph_integer_t n = atol(argv[2]), sites = atol(argv[3]), searches = atol(argv[5]);
    double limit = atof(argv[4]);
    size_t n_arc, n_seed, e = 0;
    uint32_t *arc = load(argv[1], "arc", &n_arc), *seed = load(argv[1], "seed", &n_seed);
    igraph_t g;
    igraph_vector_int_t edges;
    igraph_vector_t weights;
    igraph_vector_int_init(&edges, (igraph_integer_t)(2 * (n_arc + n_seed) / 3));
    igraph_vector_init(&weights, (igraph_integer_t)((n_arc + n_seed) / 3));
    for (size_t i = 0; i < n_arc; i += 3, e++) { /* the reverse graph */
        VECTOR(edges)[2 * e] = arc[i + 1];
        VECTOR(edges)[2 * e + 1] = arc[i];
        VECTOR(weights)[e] = arc[i + 2];
    }
    for (size_t i = 0; i < n_seed; i += 3, e++) { /* and a node a site */
        VECTOR(edges)[2 * e] = n + seed[i];
        VECTOR(edges)[2 * e + 1] = seed[i + 1];
        VECTOR(weights)[e] = seed[i + 2];
    }
    igraph_create(&g, &edges, n + sites, IGRAPH_DIRECTED);
    igraph_matrix_t found;
    igraph_matrix_init(&found, 0, 0);
    double took = 0, sum = 0;
    size_t settled = 0;
    for (igraph_integer_t s = 0; s < searches; s++) {
        double from = now_ms();
        igraph_distances_dijkstra_cutoff(&g, &found, igraph_vss_1(n + s), igraph_vss_all(), &weights, IGRAPH_OUT, limit);
        took += now_ms() - from;
        for (igraph_integer_t v = 0; v < n; v++)
            if (MATRIX(found, 0, v) <= limit) {
                settled++;
                sum += MATRIX(found, 0, v);
            }
    }
    printf("{\"bounded_ms\": %.6f, \"searches\": %ld, \"settled\": %zu, \"bounded_sum\": %.0f}\n", took, (long)searches,
           settled, sum);
    return 0;
}
