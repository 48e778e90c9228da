#include "plain.h"

/* The locale "C" takes no memory and is always there. */
locale_t tg_plain_begin(void) {
    return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

void tg_plain_end(locale_t before) {
    locale_t plain = uselocale(before);
    if (plain != before) freelocale(plain);
}
