/* check_junit.c: results in the XML that continuous-integration servers read. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
        }
    }
}

static void write_case(FILE *out, const char *suite, const check_case *c) {
    fprintf(out, "  <testcase classname=\"%s\" name=\"", suite);
    escaped(out, c->name);
    fprintf(out, "\" time=\"%.3f\">", c->seconds);
    if (c->verdict == TG_VERDICT_FAIL) {
        fputs("<failure message=\"", out);
        escaped(out, c->message);
        fputs("\"/>", out);
    } else if (c->verdict != TG_VERDICT_PASS) {
        fprintf(out, "<skipped message=\"%s: ", tg_verdict_name(c->verdict));
        escaped(out, c->message);
        fputs("\"/>", out);
    }
    fputs("</testcase>\n", out);
}

bool check_write_junit(const char *path, const char *suite, const check_case *cases, int count) {
    FILE *out = fopen(path, "w");
    int failures = 0, skipped = 0;
    if (!out) {
        tg_cli_fail("%s: %s", path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        failures += cases[i].verdict == TG_VERDICT_FAIL;
        skipped += cases[i].verdict != TG_VERDICT_FAIL && cases[i].verdict != TG_VERDICT_PASS;
    }
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    fprintf(out, "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n", suite, count,
            failures, skipped);
    for (int i = 0; i < count; i++) write_case(out, suite, &cases[i]);
    fputs("</testsuite>\n", out);
    bool ok = !ferror(out);
    if (fclose(out) != 0 || !ok) {
        tg_cli_fail("%s: %s", path, strerror(errno));
        return false;
    }
    return true;
}
