#include "file.h"
#include "core/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static bool read_all(int in, unsigned char *to, size_t size) {
    size_t at = 0;
    while (at < size) {
        ssize_t n = read(in, to + at, size - at);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = 0;
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

static unsigned char *read_open(int in, const char *path, size_t *size, tg_status *status) {
    struct stat info;
    if (fstat(in, &info) != 0 || !S_ISREG(info.st_mode)) {
        tg_status_fail(status, "%s: is not a regular file", path);
        errno = EINVAL;
        return NULL;
    }
    unsigned char *bytes = tg_tensor_alloc((int64_t)info.st_size, 1);
    if (!bytes) {
        tg_status_fail(status, "%s: out of memory for %lld bytes", path, (long long)info.st_size);
        errno = ENOMEM;
        return NULL;
    }
    if (read_all(in, bytes, *size = (size_t)info.st_size)) return bytes;
    int reason = errno;
    tg_status_fail(status, "%s: cannot be read to its end: %s", path,
                   reason ? strerror(reason) : "it was cut");
    tg_tensor_free(bytes);
    errno = reason ? reason : EINVAL;
    return NULL;
}

unsigned char *tg_file_read(const char *path, size_t *size, tg_status *status) {
    int in = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (in < 0) {
        tg_status_fail(status, "%s: %s", path ? path : "(no path)",
                       path ? strerror(errno) : "the path is NULL");
        return NULL;
    }
    unsigned char *bytes = read_open(in, path, size, status);
    int reason = errno;
    close(in);
    errno = reason;
    return bytes;
}

static bool write_all(int out, const tg_bytes *part) {
    size_t at = 0;
    while (at < part->size) {
        ssize_t n = write(out, (const char *)part->at + at, part->size - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

static bool write_aside(const char *path, const tg_bytes *parts, int count) {
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out < 0) return false;
    bool ok = true;
    for (int i = 0; ok && i < count; i++) ok = write_all(out, &parts[i]);
    ok = ok && fsync(out) == 0;
    int reason = errno;
    if (close(out) != 0 && ok) return false;
    errno = reason;
    return ok;
}

/* A second name for what stands at path, so that path itself never goes missing; a copy by renaming where the
   file system has no links. */
static bool keep_previous(const char *path, const char *previous) {
    if (access(path, F_OK) != 0) return true;
    if (unlink(previous) != 0 && errno != ENOENT) return false;
    return link(path, previous) == 0 || rename(path, previous) == 0;
}

/* A device would be replaced by a file. */
static bool is_place_for_a_file(const char *path, tg_status *status) {
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode) ||
           tg_status_fail(status, "%s: is not a regular file", path);
}

static bool sync_folder(const char *path) {
    char folder[PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    int at = open(slash ? folder : ".", O_RDONLY | O_CLOEXEC);
    if (at < 0) return false;
    /* Some file systems refuse to sync a folder; there is no more that can be done on them. */
    bool ok = fsync(at) == 0 || errno == EINVAL;
    close(at);
    return ok;
}

bool tg_file_write(const char *path, const tg_bytes *parts, int count, bool keep, tg_status *status) {
    char aside[PATH_SIZE], previous[PATH_SIZE];
    if (!path || !*path) return tg_status_fail(status, "writing: the path is empty");
    int a = snprintf(aside, sizeof aside, "%s.tmp", path);
    int b = snprintf(previous, sizeof previous, "%s.previous", path);
    if (a < 0 || b < 0 || (size_t)b >= sizeof previous)
        return tg_status_fail(status, "%s: the path is too long", path);
    if (!is_place_for_a_file(path, status)) return false;
    if (!write_aside(aside, parts, count)) {
        tg_status_fail(status, "%s: cannot be written: %s", aside, strerror(errno));
        unlink(aside);
        return false;
    }
    if (keep && !keep_previous(path, previous)) {
        tg_status_fail(status, "%s: cannot be kept from the file before: %s", previous, strerror(errno));
        unlink(aside);
        return false;
    }
    if (rename(aside, path) != 0) {
        tg_status_fail(status, "%s: cannot be renamed from %s: %s", path, aside, strerror(errno));
        unlink(aside);
        return false;
    }
    if (!sync_folder(path))
        return tg_status_fail(status, "%s: its folder cannot be synced: %s", path, strerror(errno));
    return true;
}
