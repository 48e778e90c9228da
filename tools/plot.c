#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The text as it may stand between double quotes in a gnuplot script. */
static void quoted(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static const char script[] =
    "set datafile separator ','\n"
    "set datafile columnheaders\n"
    "set xlabel 'epoch'\n"
    "if (last > 12) { set xtics autofreq } else { set xtics 1 }\n"
    "set xrange [0.5:last + 0.5]\n"
    "set grid lt 1 lw 1 lc rgb '#dddddd'\n"
    "set border 3\n"
    "set tics nomirror out\n"
    "do for [kind in 'svg png'] {\n"
    "    if (kind eq 'svg') { set terminal svg size 1000,420 font ',12' background rgb 'white' }\n"
    "    if (kind eq 'png') { set terminal pngcairo size 1000,420 font ',12' }\n"
    "    set output 'history.'.kind\n"
    "    set multiplot layout 1,2 title title noenhanced\n"
    "    set title 'training loss'\n"
    "    set yrange [0:*]\n"
    "    set format y '%g'\n"
    "    set key off\n"
    "    plot csv using 'epoch':'loss' with linespoints lw 2 pt 7 ps 0.7 lc rgb '#b2182b'\n"
    "    set title 'accuracy'\n"
    "    set yrange [*:1]\n"
    "    set format y '%.3f'\n"
    "    set key bottom right\n"
    "    plot csv using 'epoch':'train_accuracy' with linespoints lw 2 pt 7 ps 0.7 lc rgb '#2166ac' title "
    "'training set', "
    "csv using 'epoch':'test_accuracy' with linespoints lw 2 pt 5 ps 0.7 lc rgb '#f28e2b' title 'test set'\n"
    "    unset multiplot\n"
    "    set output\n"
    "}\n";

bool tg_plot_script(const char *folder, const char *title, int epochs, tg_status *status) {
    char path[4096];
    snprintf(path, sizeof path, "%s/history.gp", folder);
    FILE *gp = fopen(path, "w");
    if (!gp) return tg_status_fail(status, "%s cannot be written: %s", path, strerror(errno));
    fputs("# `gnuplot history.gp` draws history.csv as history.svg and history.png.\ntitle = \"", gp);
    quoted(gp, title);
    fprintf(gp, "\"\nlast = %d\ncsv = 'history.csv'\n%s", epochs, script);
    bool ok = !ferror(gp);
    return (fclose(gp) == 0 && ok) || tg_status_fail(status, "%s could not be written completely", path);
}

bool tg_plot_run(const char *folder, const char *name) {
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (chdir(folder) == 0) execlp("gnuplot", "gnuplot", name, (char *)NULL);
        _exit(127);
    }
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
