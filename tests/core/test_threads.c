/* The pool of workers: every part once, whoever asks and how often, also in a forked process. */
#include "support/test.h"

#include "core/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARTS 1000

typedef struct counts {
    atomic_int of[PARTS];
} counts;

static void count(void *context, int64_t i) {
    counts *c = context;
    atomic_fetch_add(&c->of[i], 1);
}

static bool all_are(const counts *c, int parts, int times) {
    for (int i = 0; i < parts; i++)
        if (c->of[i] != times) return false;
    return true;
}

static void every_part_runs_once(void **state) {
    (void)state;
    for (int threads = 0; threads <= 5; threads++)
        for (int parts = 0; parts <= PARTS; parts += 37) {
            counts c = {{0}};
            tg_parallel(threads, parts, count, &c);
            assert_true(all_are(&c, parts, 1));
        }
}

static void many_jobs_follow_each_other(void **state) {
    (void)state;
    counts c = {{0}};
    for (int i = 0; i < 5000; i++) tg_parallel(3, 8, count, &c);
    assert_true(all_are(&c, 8, 5000));
}

static void job_in_a_part(void *context, int64_t i) {
    (void)i;
    tg_parallel(4, 10, count, context);
}

static void a_part_may_start_a_job(void **state) {
    (void)state;
    counts c = {{0}};
    tg_parallel(4, 20, job_in_a_part, &c);
    assert_true(all_are(&c, 10, 20));
}

static void *user_thread(void *context) {
    for (int i = 0; i < 500; i++) tg_parallel(2, 16, count, context);
    return tg_thread_buffer();
}

static void several_threads_may_ask_at_once(void **state) {
    (void)state;
    counts c[3] = {{{0}}};
    pthread_t thread[3];
    const void *mine = tg_thread_buffer();
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&thread[i], NULL, user_thread, &c[i]), 0);
    for (int i = 0; i < 3; i++) {
        void *buffer;
        assert_int_equal(pthread_join(thread[i], &buffer), 0);
        assert_non_null(buffer);
        assert_ptr_not_equal(buffer, mine);
        assert_true(all_are(&c[i], 16, 500));
    }
}

static void a_forked_process_has_its_own_workers(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: ThreadSanitizer lets no forked process start threads\n");
    skip();
#endif
    counts c = {{0}};
    tg_parallel(3, 10, count, &c);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        tg_parallel(3, 10, count, &c);
        _exit(all_are(&c, 10, 2) ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(all_are(&c, 10, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_runs_once),
        cmocka_unit_test(many_jobs_follow_each_other),
        cmocka_unit_test(a_part_may_start_a_job),
        cmocka_unit_test(several_threads_may_ask_at_once),
        cmocka_unit_test(a_forked_process_has_its_own_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
