#include "reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

int64_t tg_file_length(const char *path, tg_status *status) {
    struct stat info;
    if (!path)
        tg_status_fail(status, "no file name was given");
    else if (stat(path, &info) != 0)
        tg_status_fail(status, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        tg_status_fail(status, "%s: not a regular file", path);
    else
        return info.st_size;
    return -1;
}

bool tg_reader_fail(tg_reader *in, const char *format, ...) {
    char message[320];
    va_list va;
    va_start(va, format);
    vsnprintf(message, sizeof message, format, va);
    va_end(va);
    return tg_status_fail(in->status, "%s%s%s: offset %lld: %s", in->path, in->part ? ": " : "",
                          in->part ? in->part : "", (long long)in->offset, message);
}

/* ---- files, gzipped or plain ---- */

static int64_t pull_gz(tg_reader *in, void *to, int64_t n) {
    unsigned piece = n < 1 << 30 ? (unsigned)n : 1u << 30;
    int got = gzread(in->source, to, piece), code = Z_OK;
    if (got < (int)piece) gzerror(in->source, &code);
    return code == Z_OK || code == Z_STREAM_END ? got : code == Z_MEM_ERROR ? TG_READER_STARVED : -1;
}

static void close_gz(tg_reader *in) {
    gzclose_r(in->source);
}

bool tg_reader_open(tg_reader *in, const char *path, tg_status *status) {
    *in = (tg_reader){.path = path, .status = status};
    int64_t length = tg_file_length(path, status);
    if (length < 0) return false;
    in->source = gzopen(path, "rbe");
    if (!in->source) return tg_status_fail(status, "%s: %s", path, errno ? strerror(errno) : "out of memory");
    in->pull = pull_gz;
    in->close = close_gz;
    in->most =
        gzdirect(in->source) || length > INT64_MAX / TG_DEFLATE_MOST ? length : length * TG_DEFLATE_MOST;
    return true;
}

bool tg_reader_rewind(tg_reader *in) {
    const char *path = in->path;
    tg_reader_close(in);
    return tg_reader_open(in, path, in->status);
}

void tg_reader_close(tg_reader *in) {
    if (in->source) in->close(in);
    in->source = NULL;
}

/* ---- reading ---- */

int64_t tg_reader_some(tg_reader *in, void *to, int64_t n) {
    int64_t got = 0;
    while (got < n) {
        int64_t piece = in->pull(in, (char *)to + got, n - got);
        if (piece < 0) {
            tg_reader_fail(in,
                           piece == TG_READER_STARVED
                               ? "out of memory"
                               : "the data is damaged or cut short (its checksum or compression is wrong)");
            return -1;
        }
        if (piece == 0) break;
        got += piece;
        in->offset += piece;
    }
    return got;
}

bool tg_reader_bytes(tg_reader *in, void *to, int64_t n, const char *what) {
    int64_t got = tg_reader_some(in, to, n);
    return got == n || (got >= 0 && tg_reader_fail(in, "the file ends within %s", what));
}

bool tg_reader_end(tg_reader *in) {
    char extra;
    int64_t got = tg_reader_some(in, &extra, 1);
    return got == 0 || (got > 0 && tg_reader_fail(in, "more bytes than the header speaks of"));
}

bool tg_reader_holds(tg_reader *in, int64_t n, const char *what) {
    return n <= in->most - in->offset ||
           tg_reader_fail(in, "%s of %lld bytes cannot be in a file of this length", what, (long long)n);
}
