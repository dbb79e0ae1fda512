/* engine/io/block.c - seeking within a block costs nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/base.h"
#include "io/block.h"

enum { BLOCK_BYTES = 1 << 18 };

struct block_file {
    int fd;
    off_t at;   /* where the reader stands */
    off_t from; /* what the block holds: n bytes from here */
    size_t n;
    char bytes[BLOCK_BYTES];
};

static struct block_file *file_of(SAFile file) { return (struct block_file *)(void *)file; }

static SAFile block_open(const char *name, const char *access) {
    struct block_file *f = strcmp(access, "rb") == 0 ? qz_malloc(1, sizeof *f) : NULL;
    if (!f)
        return NULL;
    f->fd = open(name, O_RDONLY | O_CLOEXEC);
    f->at = f->from = 0;
    f->n = 0;
    if (f->fd >= 0)
        return (SAFile)(void *)f;
    free(f);
    return NULL;
}

/* Makes the block hold what stands at f->at; false: the end, or unreadable. */
static bool load(struct block_file *f) {
    if (f->at >= f->from && f->at < f->from + (off_t)f->n)
        return true;
    ssize_t n = pread(f->fd, f->bytes, BLOCK_BYTES, f->at);
    f->from = f->at;
    f->n = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static SAOffset block_read(void *to, SAOffset size, SAOffset count, SAFile file) {
    struct block_file *f = file_of(file);
    char *p = to;
    size_t left, done = 0;
    if (size == 0 || __builtin_mul_overflow(size, count, &left))
        return 0;
    while (left > 0 && load(f)) {
        size_t skip = (size_t)(f->at - f->from);
        size_t n = f->n - skip < left ? f->n - skip : left;
        memcpy(p + done, f->bytes + skip, n);
        f->at += (off_t)n;
        done += n;
        left -= n;
    }
    return done / size;
}

static SAOffset block_write(void *from, SAOffset size, SAOffset count, SAFile file) {
    (void)from, (void)size, (void)count, (void)file;
    return 0;
}

static SAOffset block_seek(SAFile file, SAOffset offset, int whence) {
    struct block_file *f = file_of(file);
    off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->at : lseek(f->fd, 0, SEEK_END);
    off_t at = base + (off_t)offset;
    if (base < 0 || at < 0)
        return 1;
    f->at = at;
    return 0;
}

static SAOffset block_tell(SAFile file) { return (SAOffset)file_of(file)->at; }

static int block_flush(SAFile file) {
    (void)file;
    return 0;
}

static int block_close(SAFile file) {
    struct block_file *f = file_of(file);
    int r = close(f->fd);
    free(f);
    return r;
}

/* Shapelib reports on stderr by default; the engine never prints. */
static void silent(const char *message) { (void)message; }

void qz_block_hooks(SAHooks *ret) {
    SASetupDefaultHooks(ret);
    ret->FOpen = block_open;
    ret->FRead = block_read;
    ret->FWrite = block_write;
    ret->FSeek = block_seek;
    ret->FTell = block_tell;
    ret->FFlush = block_flush;
    ret->FClose = block_close;
    ret->Error = silent;
}
