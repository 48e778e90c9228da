#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Exit statuses of a child that did not become gnuplot, as a shell has them. */
enum { CANNOT_RUN = 126, NOT_FOUND };

/* A terminal that this gnuplot does not have would stop it before our script begins. Only between fork and exec:
   the memory is the child's own, and nothing is allocated. */
static void forget_terminal(void) {
    static char unknown[] = "GNUTERM=unknown";
    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, unknown, sizeof "GNUTERM") == 0) *e = unknown;
}

static void become_gnuplot(const char *folder, const char *script) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (chdir(folder) != 0) _exit(CANNOT_RUN);
    forget_terminal();
    execlp("gnuplot", "gnuplot", script, (char *)NULL);
    _exit(errno == ENOENT ? NOT_FOUND : CANNOT_RUN);
}

tg_gnuplot_end tg_gnuplot(const char *folder, const char *script) {
    char path[4400];
    int status = 0;
    /* Gnuplot takes a name that begins with a minus for an option. */
    int length = snprintf(path, sizeof path, "%s%s", *script == '/' ? "" : "./", script);
    if (length >= (int)sizeof path) return TG_GNUPLOT_FAILED;
    pid_t child = fork();
    if (child == 0) become_gnuplot(folder, path);
    if (child < 0) return TG_GNUPLOT_FAILED;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return TG_GNUPLOT_FAILED;
    switch (WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_RUN) {
    case 0:
        return TG_GNUPLOT_DREW;
    case NOT_FOUND:
        return TG_GNUPLOT_ABSENT;
    case TG_GNUPLOT_NO_PNG_STATUS:
        return TG_GNUPLOT_NO_PNG;
    default:
        return TG_GNUPLOT_FAILED;
    }
}
