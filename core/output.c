#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* The locale "C" takes no memory and is always there. */
locale_t tg_plain_begin(void) {
    return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

void tg_plain_end(locale_t before) {
    locale_t plain = uselocale(before);
    if (plain != before) freelocale(plain);
}

void tg_file_discard(const char *path) {
    const int reason = errno;
    struct stat info;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) remove(path);
    errno = reason;
}
