/* engine/io/place.c - a folder beside the target where a file is made, then moved under its name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/place.h"

static const char mark[] = ".quinze-"; /* ".OUT.gpkg.quinze-1234": 1234 is the process */

static void split(const char *path, char **folder, char **name) {
    const char *slash = strrchr(path, '/');
    *folder = slash == path ? qz_strdup("/")
              : slash       ? qz_strndup(path, (size_t)(slash - path))
                            : qz_strdup(".");
    *name = qz_strdup(slash ? slash + 1 : path);
}

static void remove_folder(const char *folder) {
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0); /* "." and ".." refuse, and stay */
    if (d)
        closedir(d);
    rmdir(folder);
}

/* Temporaries of this target whose process is gone: a kill -9 leaves them. */
static void sweep(const char *folder, const char *name) {
    DIR *d = opendir(folder);
    size_t n = strlen(name), m = sizeof mark - 1;
    for (struct dirent *e; d && (e = readdir(d));) {
        const char *s = e->d_name;
        if (s[0] != '.' || strncmp(s + 1, name, n) != 0 || strncmp(s + 1 + n, mark, m) != 0)
            continue;
        int pid = atoi(s + 1 + n + m);
        if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) {
            qz_cleanup(qz_freep) char *dead = qz_format("%s/%s", folder, s);
            if (dead)
                remove_folder(dead);
        }
    }
    if (d)
        closedir(d);
}

int qz_place_check_live(struct qz_ctx *ctx, const char *path) {
    static const char *const endings[] = { "-wal", "-journal" };
    for (size_t i = 0; i < COUNT(endings); i++) {
        qz_cleanup(qz_freep) char *log = qz_format("%s%s", path, endings[i]);
        struct stat st;
        if (log && lstat(log, &st) == 0)
            return qz_fail(
                ctx, QZ_E_EXISTS,
                "%s: is open elsewhere (%s exists): close it in QGIS, or give another name", path,
                log);
    }
    return 0;
}

int qz_place_init(struct qz_ctx *ctx, struct qz_place *p, const char *path, bool overwrite) {
    struct stat st;
    *p = (struct qz_place) { 0 };
    if (stat(path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            return qz_fail(ctx, QZ_E_EXISTS, "%s: exists and is not a file; give another name",
                           path);
        if (!overwrite)
            return qz_fail(ctx, QZ_E_EXISTS, "%s: exists; add --overwrite to replace it", path);
    }
    int r = qz_place_check_live(ctx, path);
    if (r < 0)
        return r;
    p->path = qz_strdup(path);
    split(path, &p->folder, &p->name);
    if (!p->path || !p->folder || !p->name)
        return qz_fail_nomem(ctx);
    sweep(p->folder, p->name);
    char *temporary = qz_format("%s/.%s%s%ld", p->folder, p->name, mark, (long)getpid());
    if (!temporary)
        return qz_fail_nomem(ctx);
    if (mkdir(temporary, 0777) != 0) {
        r = qz_fail(ctx, QZ_E_IO,
                    "%s: cannot write in its folder (%s); check the folder and its rights", path,
                    strerror(errno));
        free(temporary);
        return r;
    }
    p->temporary = temporary;
    p->file = qz_format("%s/%s", temporary, p->name);
    return p->file ? 0 : qz_fail_nomem(ctx);
}

void qz_place_done(struct qz_place *p) {
    if (p->temporary)
        remove_folder(p->temporary);
    free(p->path);
    free(p->folder);
    free(p->name);
    free(p->temporary);
    free(p->file);
    *p = (struct qz_place) { 0 };
}

static int sync_path(const char *path, int flags) {
    int fd = open(path, flags);
    if (fd < 0)
        return -1;
    int r = fsync(fd);
    return close(fd) != 0 ? -1 : r;
}

/* Moves one file of the temporary folder; the main one goes last, so that its presence means all.
 */
static int move(struct qz_ctx *ctx, const struct qz_place *p, const char *name) {
    qz_cleanup(qz_freep) char *from = qz_format("%s/%s", p->temporary, name);
    qz_cleanup(qz_freep) char *to = qz_format("%s/%s", p->folder, name);
    if (!from || !to)
        return qz_fail_nomem(ctx);
    if (sync_path(from, O_RDONLY) != 0 || rename(from, to) != 0)
        return qz_fail(ctx, QZ_E_IO,
                       "%s: cannot be put in place: %s; check the folder and its rights", to,
                       strerror(errno));
    return 0;
}

int qz_place_publish(struct qz_ctx *ctx, struct qz_place *p) {
    int r = qz_place_check_live(ctx, p->path);
    if (r < 0)
        return r;
    DIR *d = opendir(p->temporary);
    if (!d)
        return qz_fail(ctx, QZ_E_IO, "%s: %s", p->temporary, strerror(errno));
    for (struct dirent *e; r == 0 && (e = readdir(d));)
        if (e->d_name[0] != '.' && strcmp(e->d_name, p->name) != 0)
            r = move(ctx, p, e->d_name);
    closedir(d);
    if (r == 0)
        r = move(ctx, p, p->name);
    if (r == 0 && sync_path(p->folder, O_RDONLY | O_DIRECTORY) != 0)
        r = qz_fail(ctx, QZ_E_IO, "%s: cannot be synced: %s", p->folder, strerror(errno));
    return r;
}
