/* plain.h: numbers with a decimal point, whatever the program's locale. Private. */
#ifndef TG_CORE_PLAIN_H
#define TG_CORE_PLAIN_H

#include <locale.h>

/* From here on this thread, and no other, reads and writes numbers as C does. What it returns goes to
   tg_plain_end, which brings the locale from before back. */
locale_t tg_plain_begin(void);
void tg_plain_end(locale_t before);

#endif
