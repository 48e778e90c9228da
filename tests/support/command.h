/* command.h: running build/bin/tapegrad from a test. */
#ifndef TG_TESTS_SUPPORT_COMMAND_H
#define TG_TESTS_SUPPORT_COMMAND_H

#include <cjson/cJSON.h>

/* What a run of the command left; texts are cut at 1 MB. */
typedef struct test_run {
    int status; /* exit status; -1 when it ended otherwise */
    char *out, *err;
} test_run;

/* Runs `tapegrad ARGUMENTS`, given as a shell would read them; what they redirect goes there. Free with
   test_run_free. */
test_run test_command(const char *arguments);
void test_run_free(test_run *run);
/* Standard output as one JSON value with nothing else around it; the test fails otherwise. Free with
   cJSON_Delete. */
cJSON *test_run_json(const test_run *run);
/* A member of a JSON object; the test fails when there is none. */
const cJSON *test_member(const cJSON *object, const char *name);
/* Fails unless the run was refused: exit status 2, nothing on standard output, `message` within standard
   error. */
void assert_refused(const char *arguments, const char *message);
/* A new folder, empty; the name lives until the next call. */
const char *test_new_folder(void);

#endif
