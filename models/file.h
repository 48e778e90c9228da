/* file.h: whole files, read with their length checked and written so that a crash leaves the old or the new
   one. Private. */
#ifndef TG_MODELS_FILE_H
#define TG_MODELS_FILE_H

#include "core/status.h"

/* The bytes of a regular file, from tg_tensor_alloc, and how many. NULL with a message; errno then says why:
   ENOMEM without memory, EINVAL for what is no regular file or was cut while it was read. */
unsigned char *tg_file_read(const char *path, size_t *size, tg_status *status);

typedef struct tg_bytes {
    const void *at;
    size_t size;
} tg_bytes;

/* Writes the parts one behind the other into path.tmp, brings them to the disk, renames that to path and
   brings the folder to the disk. With keep, what stood at path before is path.previous afterwards. False with
   a message; path is then as it was. */
bool tg_file_write(const char *path, const tg_bytes *parts, int count, bool keep, tg_status *status);

#endif
