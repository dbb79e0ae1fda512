/* tests/tool_open.c - open-bench NET.qzn REPEATS: times what a program pays that only asks once:
 * opening the network, one search of 15 minutes, where it settles most of 200 places. Prints one
 * JSON object, medians in milliseconds: cold (the file dropped from the machine's memory first, as
 * far as it lets us), warm (the file in memory), whole (every block verified), save. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "network/network.h"
#include "quinze/travel.h"

enum { LIMIT_MS = 900000, MOST_REPEATS = 100 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *va, const void *vb) {
    const double *a = va, *b = vb;
    return (*a > *b) - (*a < *b);
}

struct bench {
    struct qz_ctx *ctx;
    const char *path, *copy;
    struct qz_xy place;
    size_t n_settled;
};

static int warm(struct bench *b) {
    struct qz_network *net = NULL;
    struct qz_search *s = NULL;
    struct qz_stop stop;
    int e = qz_network_open(b->ctx, b->path, &net);
    if (e == 0)
        e = qz_stop_at(b->ctx, net, &qz_travel_params_default, b->place, &stop);
    if (e == 0)
        e = qz_search_new(b->ctx, net, &s);
    if (e == 0)
        e = qz_search_towards(b->ctx, s, &stop, 1, LIMIT_MS);
    b->n_settled = e == 0 ? qz_search_n_settled(s) : 0;
    qz_search_free(s);
    qz_network_free(net);
    return e;
}

static int whole(struct bench *b) {
    struct qz_network *net = NULL;
    int e = qz_network_open(b->ctx, b->path, &net);
    if (e == 0)
        e = qz_network_verify(b->ctx, net);
    qz_network_free(net);
    return e;
}

static int save(struct bench *b) {
    struct qz_network *net = NULL;
    int e = qz_network_open(b->ctx, b->path, &net);
    if (e == 0)
        e = qz_network_save(b->ctx, net, b->copy, true);
    qz_network_free(net);
    return e;
}

static void drop(const struct bench *b) {
    int fd = open(b->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fdatasync(fd) == 0)
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (fd >= 0)
        close(fd);
}

static int median(struct bench *b, int (*work)(struct bench *), bool cold, size_t repeats,
                  double *ret) {
    double took[MOST_REPEATS];
    int e = 0;
    for (size_t i = 0; i < repeats && e == 0; i++) {
        if (cold)
            drop(b);
        double from = now_ms();
        e = work(b);
        took[i] = now_ms() - from;
    }
    qsort(took, repeats, sizeof *took, by_value);
    *ret = took[repeats / 2];
    return e;
}

/* Of places all along the curve, the one whose 15 minutes hold most junctions. */
static int find_place(struct bench *b, const struct qz_network *net) {
    enum { PLACES = 200 };
    struct qz_search *s = NULL;
    size_t most = 0;
    int e = qz_search_new(b->ctx, net, &s);
    for (size_t i = 0; i < PLACES && e == 0; i++) {
        struct qz_stop stop;
        struct qz_xy at = net->node_at[net->n_junctions / PLACES * i];
        e = qz_stop_at(b->ctx, net, &qz_travel_params_default, at, &stop);
        if (e == 0)
            e = qz_search_towards(b->ctx, s, &stop, 1, LIMIT_MS);
        if (e == 0 && qz_search_n_settled(s) >= most) {
            most = qz_search_n_settled(s);
            b->place = at;
        }
    }
    qz_search_free(s);
    return e;
}

static int measure(struct bench *b, size_t repeats) {
    double cold_ms = 0, warm_ms = 0, whole_ms = 0, save_ms = 0;
    struct qz_network *net = NULL;
    int e = qz_network_open(b->ctx, b->path, &net);
    if (e == 0)
        e = qz_network_verify(b->ctx, net);
    if (e == 0)
        e = find_place(b, net);
    size_t bytes = e == 0 ? net->file->map_bytes : 0, n_nodes = e == 0 ? net->n_nodes : 0;
    qz_network_free(net);
    if (e == 0)
        e = median(b, warm, true, repeats, &cold_ms);
    if (e == 0)
        e = whole(b); /* back into memory */
    if (e == 0)
        e = median(b, warm, false, repeats, &warm_ms);
    if (e == 0)
        e = median(b, whole, false, repeats, &whole_ms);
    if (e == 0)
        e = median(b, save, false, repeats, &save_ms);
    remove(b->copy);
    if (e == 0)
        printf("{\"nodes\": %zu, \"bytes\": %zu, \"settled\": %zu, \"cold_ms\": %.3f, "
               "\"warm_ms\": %.3f, \"whole_ms\": %.3f, \"save_ms\": %.3f}\n",
               n_nodes, bytes, b->n_settled, cold_ms, warm_ms, whole_ms, save_ms);
    return e;
}

int main(int argc, char **argv) {
    int repeats = argc == 3 ? atoi(argv[2]) : 0;
    if (repeats < 1 || repeats > MOST_REPEATS) {
        fprintf(stderr, "usage: open-bench NET.qzn REPEATS (1 to %d)\n", MOST_REPEATS);
        return 2;
    }
    struct bench b = { .path = argv[1] };
    qz_cleanup(qz_freep) char *copy = qz_format("%s.copy.qzn", argv[1]);
    b.copy = copy;
    int e = qz_ctx_new(&qz_ctx_params_default, &b.ctx);
    if (e == 0)
        e = measure(&b, (size_t)repeats);
    if (e < 0)
        fprintf(stderr, "open-bench: error: %s\n", qz_ctx_error(b.ctx));
    qz_ctx_free(b.ctx);
    return e < 0;
}
