/* zip.h: the entries of a zip archive (APPNOTE 6.3), as far as .npz needs them: stored or deflated, one file,
   no encryption. Private. */
#ifndef TG_DATA_ZIP_H
#define TG_DATA_ZIP_H

#include "reader.h"

/* Opens an entry for reading: `name`, or `name` + suffix, or the first when name is NULL. Its contents are
   limited to the length that the directory states, and that to what its compressed length allows; the
   checksum is looked at when the end is reached. False with a message otherwise. */
bool tg_zip_open(tg_reader *in, const char *path, const char *name, const char *suffix, tg_status *status);

/* Writing: entries are stored as they are. Positions and lengths stay below 4 GB. */
typedef struct tg_zip_writer {
    void *file;
    int64_t offset;       /* bytes written */
    unsigned char *index; /* of the entries so far, from tg_alloc */
    size_t index_size, index_capacity;
    int count;
    bool failed;
} tg_zip_writer;

typedef struct tg_bytes {
    const void *data;
    size_t size;
} tg_bytes;

bool tg_zip_create(tg_zip_writer *zip, const char *path);
/* One entry of two pieces, one after the other. */
bool tg_zip_add(tg_zip_writer *zip, const char *name, tg_bytes head, tg_bytes body);
/* Writes the index and closes; false when anything has failed since tg_zip_create. */
bool tg_zip_finish(tg_zip_writer *zip);

#endif
