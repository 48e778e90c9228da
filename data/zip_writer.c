/* zip_writer.c: archives of stored entries. */
#include "zip.h"

#include "core/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static void put2(unsigned char *p, size_t x) {
    p[0] = (unsigned char)(x & 255);
    p[1] = (unsigned char)(x >> 8 & 255);
}
static void put4(unsigned char *p, size_t x) {
    put2(p, x & 65535);
    put2(p + 2, x >> 16 & 65535);
}

static void put(tg_zip_writer *zip, const void *data, size_t n) {
    if (n && fwrite(data, 1, n, zip->file) != n) zip->failed = true;
    zip->offset += (int64_t)n;
}

bool tg_zip_create(tg_zip_writer *zip, const char *path) {
    *zip = (tg_zip_writer){.file = fopen(path, "wb")};
    return zip->file != NULL;
}

/* Room for n more bytes of the index. */
static unsigned char *grow_index(tg_zip_writer *zip, size_t n) {
    if (zip->index_size + n > zip->index_capacity) {
        size_t capacity = 2 * zip->index_capacity + n + 1024;
        unsigned char *index = tg_alloc(capacity);
        if (!index) return NULL;
        if (zip->index_size) memcpy(index, zip->index, zip->index_size);
        tg_release(zip->index);
        zip->index = index;
        zip->index_capacity = capacity;
    }
    zip->index_size += n;
    return zip->index + zip->index_size - n;
}

/* What an entry's own header and its record in the index have in common: 26 bytes from "version needed" on.
 */
static void describe(unsigned char *p, uint32_t checksum, size_t size, size_t name) {
    memset(p, 0, 26);
    put2(p, 20);
    put2(p + 8, 0x21); /* 1 January 1980: the same arrays give the same bytes */
    put4(p + 10, checksum);
    put4(p + 14, size);
    put4(p + 18, size);
    put2(p + 22, name);
}

bool tg_zip_add(tg_zip_writer *zip, const char *name, tg_bytes head, tg_bytes body) {
    size_t length = strlen(name), size = head.size + body.size;
    unsigned char header[30] = {'P', 'K', 3, 4}, *record = grow_index(zip, 46 + length);
    if (!record || length > 65535 || zip->count == 65535 || size >= UINT32_MAX ||
        zip->offset + (int64_t)(size + length) + 30 >= UINT32_MAX) {
        errno = record ? EFBIG : ENOMEM;
        zip->failed = true;
        return false;
    }
    uint32_t checksum = (uint32_t)crc32_z(crc32_z(0, head.data, head.size), body.data, body.size);
    memcpy(record, "PK\1\2\24", 6);
    describe(record + 6, checksum, size, length);
    memset(record + 32, 0, 14);
    put4(record + 42, (size_t)zip->offset);
    memcpy(record + 46, name, length);
    describe(header + 4, checksum, size, length);
    put(zip, header, sizeof header);
    put(zip, name, length);
    put(zip, head.data, head.size);
    put(zip, body.data, body.size);
    zip->count++;
    return !zip->failed;
}

bool tg_zip_finish(tg_zip_writer *zip) {
    unsigned char end[22] = {'P', 'K', 5, 6};
    put2(end + 8, (size_t)zip->count);
    put2(end + 10, (size_t)zip->count);
    put4(end + 12, zip->index_size);
    put4(end + 16, (size_t)zip->offset);
    put(zip, zip->index, zip->index_size);
    put(zip, end, sizeof end);
    int error = zip->failed ? errno : 0;
    bool closed = fclose(zip->file) == 0;
    if (error) errno = error;
    tg_release(zip->index);
    zip->index = NULL;
    return closed && !zip->failed;
}
