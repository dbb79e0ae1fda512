/* tests/scratch.h - a folder of one test under /tmp, and the files it puts there. */
#pragma once
#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_root[] = "/tmp/quinze_test_XXXXXX";

static inline bool scratch_make(void) { return mkdtemp(scratch_root) != NULL; }

/* Path of a file in the folder; the last eight stay valid. */
static inline const char *scratch_path(const char *name) {
    static char paths[8][512];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_root, name);
    return path;
}

static inline const char *scratch_bytes(const char *name, const void *bytes, size_t n) {
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(bytes, 1, n, f);
        fclose(f);
    }
    return path;
}

static inline const char *scratch_text(const char *name, const char *text) {
    return scratch_bytes(name, text, strlen(text));
}

/* Content of a file, with a final 0, to be freed; NULL: no such file. */
static inline char *scratch_read(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *text = calloc((size_t)size + 1, 1);
    *n = text ? fread(text, 1, (size_t)size, f) : 0;
    fclose(f);
    return text;
}

static inline bool scratch_same(const char *one, const char *other) {
    size_t n = 0, m = 0;
    char *a = scratch_read(one, &n), *b = scratch_read(other, &m);
    bool same = a && b && n == m && memcmp(a, b, n) == 0;
    free(a);
    free(b);
    return same;
}

static inline bool scratch_exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Entries of a folder, without the two dots; -1: no such folder. */
static inline int scratch_entries(const char *folder) {
    DIR *d = opendir(folder);
    int n = -2;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return d ? n : -1;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int kind,
                                     struct FTW *where) {
    (void)st, (void)kind, (void)where;
    return remove(path);
}

static inline void scratch_remove(const char *path) {
    nftw(path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
