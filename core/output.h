/* output.h: what all share that write files. Private. */
#ifndef TG_CORE_OUTPUT_H
#define TG_CORE_OUTPUT_H

#include <locale.h>

/* From here on this thread, and no other, reads and writes numbers as C does, with a decimal point whatever the
   program's locale. What it returns goes to tg_plain_end, which brings the locale from before back. */
locale_t tg_plain_begin(void);
void tg_plain_end(locale_t before);

/* Takes away what a failed write left behind; a device or a pipe stays. Leaves errno as it is. */
void tg_file_discard(const char *path);

#endif
