/* engine/run/keys.c - SHA-256 of contents, by GLib. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "io/table.h"
#include "run/run.h"

struct qz_hash *qz_hash_new(void) {
    return (struct qz_hash *)g_checksum_new(G_CHECKSUM_SHA256);
}

void qz_hash_bytes(struct qz_hash *h, const void *bytes, size_t n) {
    g_checksum_update((GChecksum *)h, bytes, (gssize)n);
}

void qz_hash_text(struct qz_hash *h, const char *text) { qz_hash_bytes(h, text, strlen(text) + 1); }

void qz_hash_number(struct qz_hash *h, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    qz_hash_bytes(h, &bits, sizeof bits);
}

struct qz_key qz_hash_end(struct qz_hash *h) {
    struct qz_key key;
    gsize n = sizeof key.bytes;
    g_checksum_get_digest((GChecksum *)h, key.bytes, &n);
    g_checksum_free((GChecksum *)h);
    return key;
}

void qz_key_hex(const struct qz_key *key, char hex[65]) {
    for (size_t i = 0; i < QZ_KEY_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", key->bytes[i]);
}

static int hash_file(struct qz_ctx *ctx, const char *path, struct qz_hash *h) {
    enum { BLOCK = 1 << 18 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return qz_fail(ctx, QZ_E_IO, "%s: %s; check the path (it is relative to the plan's folder)",
                       path, strerror(errno));
    qz_cleanup(qz_freep) char *block = qz_malloc(BLOCK, 1);
    ssize_t n = block ? 1 : 0;
    while (n > 0 && (n = read(fd, block, BLOCK)) > 0)
        qz_hash_bytes(h, block, (size_t)n);
    int e = !block  ? qz_fail_nomem(ctx)
            : n < 0 ? qz_fail(ctx, QZ_E_IO, "%s: %s", path, strerror(errno))
                    : 0;
    close(fd);
    return e;
}

int qz_key_of_file(struct qz_ctx *ctx, const char *path, struct qz_key *ret) {
    static const char *const siblings[] = { ".shx", ".dbf", ".prj", ".cpg" };
    int e = qz_input_check(ctx, path);
    if (e < 0)
        return e;
    struct qz_hash *h = qz_hash_new();
    e = hash_file(ctx, path, h);
    if (e == 0 && (g_str_has_suffix(path, ".shp") || g_str_has_suffix(path, ".SHP")))
        for (size_t i = 0; i < COUNT(siblings) && e == 0; i++) {
            char *name = g_strdup_printf("%.*s%s", (int)strlen(path) - 4, path, siblings[i]);
            if (access(name, R_OK) == 0) /* a missing one is the reader's business */
                e = hash_file(ctx, name, h);
            g_free(name);
        }
    struct qz_key key = qz_hash_end(h);
    if (e == 0)
        *ret = key;
    return e;
}
