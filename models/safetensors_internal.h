/* safetensors_internal.h: what reading and writing share. Private. */
#ifndef TG_SAFETENSORS_INTERNAL_H
#define TG_SAFETENSORS_INTERNAL_H

/* Eight hexadecimal digits follow the mark: the CRC-32 of the whole file with zeros in their place. Quotes
   within JSON strings are escaped, so the mark stands nowhere else. */
#define TG_CRC_KEY  "tapegrad.crc32"
#define TG_CRC_MARK "\"" TG_CRC_KEY "\":\""

#endif
