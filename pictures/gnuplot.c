#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

/* A child that waits for gnuplot and writes its exit status into the pipe: the program's own handling of SIGCHLD may
   take the status of its children away. */
static void watch_gnuplot(const char *folder, const char *script, const int *pipe_ends) {
    int status = 0;
    signal(SIGCHLD, SIG_DFL);
    close(pipe_ends[0]);
    pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[1]);
        become_gnuplot(folder, script);
    }
    bool ended = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status);
    const unsigned char code = ended ? (unsigned char)WEXITSTATUS(status) : CANNOT_RUN;
    _exit(write(pipe_ends[1], &code, 1) != 1);
}

tg_gnuplot_end tg_gnuplot(const char *folder, const char *script) {
    char path[4400];
    unsigned char status = CANNOT_RUN;
    int pipe_ends[2];
    /* Gnuplot takes a name that begins with a minus for an option. */
    int length = snprintf(path, sizeof path, "%s%s", *script == '/' ? "" : "./", script);
    if (length >= (int)sizeof path) return TG_GNUPLOT_FAILED;
    if (pipe(pipe_ends) != 0) return TG_GNUPLOT_FAILED;
    pid_t child = fork();
    if (child == 0) watch_gnuplot(folder, path, pipe_ends);
    close(pipe_ends[1]);
    while (child > 0 && read(pipe_ends[0], &status, 1) < 0 && errno == EINTR) continue;
    close(pipe_ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    switch (status) {
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
