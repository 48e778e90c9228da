/* start.c: how long `tapegrad info` takes from its start to its end, and the size of the stripped shared
   library. bench_start TAPEGRAD LIBRARY SCRATCH prints one JSON object; SCRATCH is a file to be overwritten.
 */
#include "support/timing.h"

#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define REPETITIONS 21

extern char **environ;

static bool run(char **words) {
    posix_spawn_file_actions_t quiet;
    pid_t child;
    int status = -1;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0); /* 1: O_WRONLY everywhere */
    bool started = posix_spawnp(&child, words[0], &quiet, NULL, words, environ) == 0;
    posix_spawn_file_actions_destroy(&quiet);
    return started && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv) {
    double times[REPETITIONS];
    struct stat library = {0};
    if (argc != 4) return fprintf(stderr, "usage: bench_start TAPEGRAD LIBRARY SCRATCH\n"), 2;
    char *info[] = {argv[1], "info", NULL}, *strip[] = {"strip", "-o", argv[3], argv[2], NULL};
    for (int i = 0; i < REPETITIONS; i++) {
        double start = bench_now();
        if (!run(info)) return fprintf(stderr, "bench_start: %s info failed\n", argv[1]), 1;
        times[i] = bench_now() - start;
    }
    bench_times t = bench_summary(times, REPETITIONS);
    printf("{\"info_median_us\": %.0f, \"info_min_us\": %.0f, \"info_max_us\": %.0f", t.median, t.min, t.max);
    if (run(strip) && stat(argv[3], &library) == 0)
        printf(", \"library_bytes\": %lld", (long long)library.st_size);
    puts("}");
    return 0;
}
