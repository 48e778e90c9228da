/* test.h: included first by every test. */
#ifndef TG_TESTS_SUPPORT_TEST_H
#define TG_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tapegrad.h"

/* The tape has not failed; otherwise the test does, and shows the tape's message. */
void assert_tape_ok(const tg_tape *tape);
/* |a - b| <= tolerance * max(1, |a|, |b|). */
void assert_close(double a, double b, double tolerance);
/* text is byte for byte the file tests/PATH. With TG_UPDATE_GOLDEN=1 in the environment the file is written
   instead: look at the difference before you commit it. */
void assert_golden(const char *text, const char *path);
/* How often to repeat a random trial: n, or a twentieth of it where TG_FEW_ROUNDS is set because every step is
   slow (valgrind). */
int test_rounds(int n);
/* The folder named by TAPEGRAD_DATA, else ../shared/data beside the source; NULL when there is none. */
const char *test_data_folder(void);
/* From here on, until setlocale(LC_ALL, "C"), the program's numbers have a decimal comma. Where no such locale is
   installed or can be made, the test that calls this is skipped. */
void test_decimal_comma(void);

#endif
