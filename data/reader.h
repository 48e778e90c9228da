/* reader.h: bytes of a file, or of one part of an archive, with messages that say where. Private. */
#ifndef TG_DATA_READER_H
#define TG_DATA_READER_H

#include "core/status.h"

/* deflate makes at most 1032 bytes of one: a longer content than that cannot be in a file. */
#define TG_DEFLATE_MOST 1032

#define TG_READER_STARVED (-2)

typedef struct tg_reader tg_reader;
struct tg_reader {
    /* read-only */
    const char *path;
    const char *part; /* the name inside an archive; NULL for a plain file */
    int64_t offset;   /* of the next byte, in the contents as they come out of decompression */
    int64_t most;     /* the contents are no longer than this */
    tg_status *status;
    /* private: at most n bytes to `to`; how many, 0 at the end, -1 when the source is damaged,
       TG_READER_STARVED when there is no memory to unpack it */
    int64_t (*pull)(tg_reader *in, void *to, int64_t n);
    void (*close)(tg_reader *in);
    void *source;
};

/* Opens a file, gzipped or plain (zlib tells). False, with a message, when it is missing, no regular file, or
   memory is out. */
bool tg_reader_open(tg_reader *in, const char *path, tg_status *status);
/* The same from the start again, for a second pass. */
bool tg_reader_rewind(tg_reader *in);
/* Closes; harmless on a zeroed reader. */
void tg_reader_close(tg_reader *in);

/* Up to n bytes; fewer only at the end. -1, with a message, when the source is damaged or cut in compressed
 * data. */
int64_t tg_reader_some(tg_reader *in, void *to, int64_t n);
/* Exactly n bytes of `what`; false, with a message, when the contents end before. */
bool tg_reader_bytes(tg_reader *in, void *to, int64_t n, const char *what);
/* True when nothing follows, checksums included; a message otherwise. */
bool tg_reader_end(tg_reader *in);
/* Whether n more bytes can be there; a message that names `what` otherwise. To be asked before memory is. */
bool tg_reader_holds(tg_reader *in, int64_t n, const char *what);

/* "path: offset 16: message", with the part where there is one. Always returns false. */
bool tg_reader_fail(tg_reader *in, const char *format, ...) TG_PRINTF(2, 3);

/* The length of a regular file; -1, with a message, when it is none or missing. */
int64_t tg_file_length(const char *path, tg_status *status);

#endif
