/* zip.c: reading the entries of a zip archive. Sizes and names come from the directory at its end; what an
   entry's own header says is only skipped. */
#include "zip.h"

#include "core/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define DIRECTORY_ENTRY 0x02014b50u
#define LOCAL_HEADER    0x04034b50u
#define DIRECTORY_END   0x06054b50u
#define MOST_NAME       255
#define PIECE           16384

/* An entry, and the state of reading it. */
typedef struct zip_entry {
    FILE *file;
    int64_t packed, length;  /* bytes left in the archive; bytes left to come out */
    uint32_t checksum, seen; /* as the directory states it, and of what came out so far */
    bool deflated, ended;
    z_stream stream;
    char name[MOST_NAME + 1];
    unsigned char piece[PIECE];
} zip_entry;

static uint32_t u2(const unsigned char *p) {
    return p[0] | (uint32_t)p[1] << 8;
}
static uint32_t u4(const unsigned char *p) {
    return u2(p) | u2(p + 2) << 16;
}
static int64_t u8(const unsigned char *p) {
    return (int64_t)(u4(p) | (uint64_t)u4(p + 4) << 32);
}

static bool read_at(FILE *file, int64_t offset, void *to, size_t n) {
    return offset >= 0 && fseeko(file, (off_t)offset, SEEK_SET) == 0 && fread(to, 1, n, file) == n;
}

/* ---- the directory ---- */

typedef struct zip_directory {
    int64_t offset, end, entries;
} zip_directory;

/* The record at the end, searched backward over a comment of any length that fits. */
static bool find_directory(tg_reader *in, FILE *file, int64_t length, zip_directory *directory) {
    unsigned char tail[22];
    for (int64_t at = length - 22; at >= 0 && at >= length - 22 - 65535; at--) {
        if (!read_at(file, at, tail, sizeof tail)) break;
        if (u4(tail) != DIRECTORY_END || at + 22 + u2(tail + 20) != length) continue;
        *directory = (zip_directory){u4(tail + 16), u4(tail + 16) + (int64_t)u4(tail + 12), u2(tail + 10)};
        if (directory->end <= at) return true;
        break;
    }
    return tg_reader_fail(in, "no directory at its end: no NPZ file, cut short, or of more than 4 GB");
}

/* The 64-bit sizes of a large entry stand in an extra field of id 1, in this order, each only where the
   32-bit one is all ones. */
static void widen_sizes(const unsigned char *extra, size_t n, int64_t *length, int64_t *packed) {
    while (n >= 4 && u2(extra + 2) <= n - 4) {
        const unsigned char *p = extra + 4, *end = p + u2(extra + 2);
        if (u2(extra) == 1) {
            if (*length == UINT32_MAX && end - p >= 8) *length = u8(p), p += 8;
            if (*packed == UINT32_MAX && end - p >= 8) *packed = u8(p);
        }
        n -= (size_t)(end - extra);
        extra = end;
    }
}

static bool wanted(const char *entry, const char *name, const char *suffix) {
    size_t n = name ? strlen(name) : 0;
    return !name || strcmp(entry, name) == 0 ||
           (strncmp(entry, name, n) == 0 && strcmp(entry + n, suffix) == 0);
}

/* One record of the directory into the entry; the position of the next, or -1 when it is damaged. */
static int64_t read_record(zip_entry *entry, int64_t at, int64_t end, int *method, int64_t *local) {
    unsigned char record[46], extra[256];
    if (end - at < 46 || !read_at(entry->file, at, record, sizeof record) || u4(record) != DIRECTORY_ENTRY)
        return -1;
    size_t name = u2(record + 28), more = u2(record + 30), comment = u2(record + 32);
    int64_t next = at + 46 + (int64_t)(name + more + comment);
    if (next > end || (u2(record + 8) & 1)) return -1;
    size_t kept = name < MOST_NAME ? name : MOST_NAME, known = more < sizeof extra ? more : sizeof extra;
    if (!read_at(entry->file, at + 46, entry->name, kept)) return -1;
    entry->name[kept] = 0;
    if (!read_at(entry->file, at + 46 + (int64_t)name, extra, known)) return -1;
    *method = (int)u2(record + 10);
    *local = u4(record + 42);
    entry->checksum = u4(record + 16);
    entry->packed = u4(record + 20);
    entry->length = u4(record + 24);
    widen_sizes(extra, known, &entry->length, &entry->packed);
    return next;
}

/* Places the file at the entry's first byte. */
static bool seek_contents(zip_entry *entry, int64_t local, int64_t archive) {
    unsigned char header[30];
    if (!read_at(entry->file, local, header, sizeof header) || u4(header) != LOCAL_HEADER) return false;
    int64_t at = local + 30 + u2(header + 26) + u2(header + 28);
    return at <= archive && entry->packed >= 0 && entry->packed <= archive - at &&
           fseeko(entry->file, (off_t)at, SEEK_SET) == 0;
}

/* Whether an entry of this length can come of its compressed bytes. */
static bool plausible(const zip_entry *entry) {
    if (!entry->deflated) return entry->length == entry->packed;
    return entry->length >= 0 && entry->length / TG_DEFLATE_MOST <= entry->packed;
}

/* ---- contents ---- */

/* The next stored or inflated bytes; what tg_reader's pull returns when there are none. */
static int64_t unpack(zip_entry *entry, void *to, int64_t n) {
    if (!entry->deflated) return (int64_t)fread(to, 1, (size_t)n, entry->file);
    entry->stream.next_out = to;
    entry->stream.avail_out = n < 1 << 30 ? (unsigned)n : 1u << 30;
    unsigned asked = entry->stream.avail_out;
    while (entry->stream.avail_out == asked && !entry->ended) {
        if (!entry->stream.avail_in && entry->packed) {
            size_t piece = entry->packed < PIECE ? (size_t)entry->packed : PIECE;
            if (fread(entry->piece, 1, piece, entry->file) != piece) return -1;
            entry->packed -= (int64_t)piece;
            entry->stream.next_in = entry->piece;
            entry->stream.avail_in = (unsigned)piece;
        }
        int code = inflate(&entry->stream, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR) return TG_READER_STARVED;
        if (code != Z_OK && code != Z_STREAM_END) return -1;
        entry->ended = code == Z_STREAM_END;
    }
    return asked - entry->stream.avail_out;
}

static int64_t pull_zip(tg_reader *in, void *to, int64_t n) {
    zip_entry *entry = in->source;
    if (n > entry->length) n = entry->length;
    if (n == 0) return entry->seen == entry->checksum ? 0 : -1;
    int64_t got = unpack(entry, to, n);
    if (got <= 0) return got ? got : -1;
    entry->seen = (uint32_t)crc32_z(entry->seen, to, (size_t)got);
    entry->length -= got;
    return got;
}

static void close_zip(tg_reader *in) {
    zip_entry *entry = in->source;
    if (entry->file) fclose(entry->file);
    if (entry->deflated) inflateEnd(&entry->stream);
    tg_release(entry);
}

/* Finds the entry and makes it ready to be read. */
static bool open_entry(tg_reader *in, zip_entry *entry, const char *name, const char *suffix,
                       int64_t archive) {
    zip_directory directory = {0};
    int method = -1;
    int64_t local = 0;
    if (!find_directory(in, entry->file, archive, &directory)) return false;
    int64_t at = directory.offset;
    for (int64_t i = 0;; i++) {
        if (i == directory.entries) return tg_reader_fail(in, "no entry named \"%s\"", name ? name : "");
        in->offset = at;
        at = read_record(entry, at, directory.end, &method, &local);
        if (at < 0) return tg_reader_fail(in, "the directory is damaged, or the archive is encrypted");
        if (wanted(entry->name, name, suffix)) break;
    }
    in->part = entry->name;
    if (method != 0 && method != 8)
        return tg_reader_fail(in, "compressed by method %d, not deflated", method);
    bool deflated = entry->deflated = method == 8;
    if (!plausible(entry))
        return tg_reader_fail(in, "%lld bytes cannot come of %lld", (long long)entry->length,
                              (long long)entry->packed);
    in->offset = local;
    entry->deflated = false;
    if (!seek_contents(entry, local, archive))
        return tg_reader_fail(in, "the entry does not stand where the directory says");
    if (deflated && inflateInit2(&entry->stream, -MAX_WBITS) != Z_OK)
        return tg_reader_fail(in, "out of memory");
    entry->deflated = deflated;
    in->offset = 0;
    in->most = entry->length;
    return true;
}

bool tg_zip_open(tg_reader *in, const char *path, const char *name, const char *suffix, tg_status *status) {
    *in = (tg_reader){.path = path, .status = status};
    int64_t archive = tg_file_length(path, status);
    if (archive < 0) return false;
    zip_entry *entry = tg_alloc(sizeof *entry);
    if (!entry) return tg_status_fail(status, "%s: out of memory", path);
    in->source = entry;
    in->pull = pull_zip;
    in->close = close_zip;
    entry->file = fopen(path, "rbe");
    if (!entry->file) return tg_status_fail(status, "%s: %s", path, strerror(errno));
    return open_entry(in, entry, name, suffix, archive);
}
