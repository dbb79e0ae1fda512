/* tests/pmed.h - p-medians of the OR-Library: a graph, and all shortest paths in it. An edge's
 * length is taken as seconds. */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "quinze/travel.h"

struct pmed {
    size_t n, p;
    uint32_t *length; /* [n * n]; UINT32_MAX / 2: no way */
    struct qz_links *links;
    double *weight; /* 1 each */
};

static inline void pmed_done(struct pmed *m) {
    for (size_t j = 0; m->links && j < m->n; j++)
        qz_links_done(&m->links[j]);
    free(m->length);
    free(m->links);
    free(m->weight);
    *m = (struct pmed) { 0 };
}

/* An edge that stands twice: the last one counts; shortest: the shortest of them does. */
static inline bool pmed_edges(FILE *f, struct pmed *m, size_t n_edges, bool shortest) {
    for (size_t e = 0; e < n_edges; e++) {
        unsigned a, b, length;
        if (fscanf(f, "%u %u %u", &a, &b, &length) != 3 || a < 1 || b < 1 || a > m->n || b > m->n)
            return false;
        uint32_t *there = &m->length[(a - 1) * m->n + b - 1];
        if (!shortest || length < *there)
            m->length[(b - 1) * m->n + a - 1] = *there = length;
    }
    return true;
}

static inline void pmed_paths(struct pmed *m) {
    size_t n = m->n;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++) {
            uint32_t *row = m->length + i * n, by = row[k], *on = m->length + k * n;
            if (by < UINT32_MAX / 2)
                for (size_t j = 0; j < n; j++)
                    row[j] = row[j] < by + on[j] ? row[j] : by + on[j];
        }
}

static inline bool pmed_links(struct pmed *m) {
    for (uint32_t j = 0; j < m->n; j++) {
        struct qz_links *l = &m->links[j];
        l->items = malloc(m->n * sizeof *l->items);
        for (uint32_t i = 0; l->items && i < m->n; i++)
            if (m->length[j * m->n + i] < UINT32_MAX / 2)
                l->items[l->n++] = (struct qz_link) { i, j, 1000 * m->length[j * m->n + i] };
        if (!l->items)
            return false;
        m->weight[j] = 1;
    }
    return true;
}

/* FOLDER/NAME.txt; *m is empty before, and to be done after, whatever comes of it. */
static inline bool pmed_read(const char *folder, const char *name, bool shortest, struct pmed *m) {
    char path[1024];
    size_t n_edges;
    snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    FILE *f = fopen(path, "r");
    bool good = f && fscanf(f, "%zu %zu %zu", &m->n, &n_edges, &m->p) == 3 && m->n < 10000;
    if (good) {
        m->length = malloc(m->n * m->n * sizeof *m->length);
        m->links = calloc(m->n, sizeof *m->links);
        m->weight = malloc(m->n * sizeof *m->weight);
        good = m->length && m->links && m->weight;
    }
    for (size_t k = 0; good && k < m->n * m->n; k++)
        m->length[k] = k % (m->n + 1) == 0 ? 0 : UINT32_MAX / 2;
    good = good && pmed_edges(f, m, n_edges, shortest);
    if (f)
        fclose(f);
    if (good)
        pmed_paths(m);
    return good && pmed_links(m);
}
