#include "command.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LIMIT (1 << 20)

static char *read_file(const char *path) {
    char *text = calloc(1, LIMIT + 1);
    FILE *file = fopen(path, "r");
    assert_non_null(text);
    assert_non_null(file);
    size_t n = fread(text, 1, LIMIT, file);
    text[n] = 0;
    fclose(file);
    return text;
}

test_run test_command(const char *arguments) {
    char command[16384], out[1100], err[1100];
    const char *folder = test_new_folder();
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    snprintf(command, sizeof command, ">%s 2>%s </dev/null \"$TG_BIN\"/tapegrad %s", out, err, arguments);
    int status = system(command);
    test_run run = {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
    remove(out);
    remove(err);
    remove(folder);
    return run;
}

void test_run_free(test_run *run) {
    free(run->out);
    free(run->err);
    *run = (test_run){0};
}

cJSON *test_run_json(const test_run *run) {
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithOpts(run->out, &end, 0);
    if (!json) fail_msg("no JSON: %s", run->out);
    if (end[strspn(end, " \n")]) fail_msg("something stands behind the JSON: %s", end);
    return json;
}

const cJSON *test_member(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!member) fail_msg("the JSON has no member %s", name);
    return member;
}

void assert_refused(const char *arguments, const char *message) {
    test_run run = test_command(arguments);
    if (run.status != 2) fail_msg("`tapegrad %s` ends with status %d: %s", arguments, run.status, run.err);
    if (*run.out) fail_msg("`tapegrad %s` writes to standard output: %s", arguments, run.out);
    if (!strstr(run.err, message)) fail_msg("`tapegrad %s` says: %s", arguments, run.err);
    test_run_free(&run);
}

const char *test_new_folder(void) {
    static char folder[1024];
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tapegrad-test-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}
