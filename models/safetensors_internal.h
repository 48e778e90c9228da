/* safetensors_internal.h: what reading and writing share. Private. */
#ifndef TG_SAFETENSORS_INTERNAL_H
#define TG_SAFETENSORS_INTERNAL_H

#include "safetensors.h"

/* Eight hexadecimal digits follow the mark: the CRC-32 of the whole file with zeros in their place. Quotes
   within JSON strings are escaped, so the mark stands nowhere else. */
#define TG_CRC_KEY  "tapegrad.crc32"
#define TG_CRC_MARK "\"" TG_CRC_KEY "\":\""

/* tg_safetensors_read, which also says of a file that it cannot give whether that is lost: missing, or with
   other bytes than were written. Of a file that there is no memory for or that may not be opened, it is not
   known. */
TG_MUST_USE tg_safetensors *tg_safetensors_open(const char *path, bool *lost, tg_status *status);

#endif
