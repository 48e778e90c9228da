/* grade.c: a student's backward function against the tape's. */
#include "core/arena.h"
#include "core/rng.h"
#include "step.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define GUARD 8 /* numbers behind each array that must stay as they are */
#define MARK  1.2345e300

/* One case under way. */
typedef struct trial {
    const tg_assignment *a;
    const tg_grade_case *c;
    tg_tape *tape;
    tg_node *x[4], *y;
    double *memory; /* of all arrays below */
    double *dx[4];
    tg_answer answer;
} trial;

/* The results that are written as one goes. */
typedef struct marks {
    tg_text results;
    double score, points;
    int cases;
} marks;

static bool record(trial *t, tg_rng *rng, tg_status *status) {
    double low = t->c->low, high = t->c->high;
    if (low == 0 && high == 0) low = -2, high = 2;
    t->tape = tg_tape_new(TG_F64);
    for (int k = 0; k < t->a->nargs; k++) {
        t->x[k] = tg_input(t->tape, t->a->args[k], TG_F64, t->c->x[k].rank, t->c->x[k].dim);
        double *values = tg_value(t->x[k]);
        for (int64_t i = 0; values && i < tg_size(t->x[k]); i++)
            values[i] = low + (high - low) * tg_rng_uniform(rng);
        if (t->x[k]) tg_require_grad(t->x[k], true);
    }
    t->y = tg_failed(t->tape) ? NULL : t->a->forward(t->x);
    if (t->y && !tg_failed(t->tape)) return true;
    return tg_status_fail(status, "grade: case %s: %s", t->c->label,
                          tg_failed(t->tape) ? tg_error(t->tape) : "forward returned no node");
}

/* Hands out n numbers with a guard behind them. */
static double *take(double **memory, int64_t n) {
    double *array = *memory;
    for (int i = 0; i < GUARD; i++) array[n + i] = MARK;
    *memory += n + GUARD;
    return array;
}

static double *copy_of(double **memory, const tg_node *node) {
    double *array = take(memory, tg_size(node));
    for (int64_t i = 0; i < tg_size(node); i++) array[i] = tg_value_at(node, i);
    return array;
}

static bool prepare(trial *t, tg_rng *rng, tg_status *status) {
    int64_t n = 2 * (tg_size(t->y) + GUARD);
    for (int k = 0; k < t->a->nargs; k++) n += 2 * (tg_size(t->x[k]) + GUARD);
    double *memory = t->memory = tg_tensor_alloc(n, sizeof *memory);
    if (!memory) return tg_status_fail(status, "grade: case %s: out of memory", t->c->label);
    t->answer = (tg_answer){.nargs = t->a->nargs, .yshape = tg_shape_of(t->y)};
    double *dy = take(&memory, tg_size(t->y));
    for (int64_t i = 0; i < tg_size(t->y); i++) dy[i] = -1 + 2 * tg_rng_uniform(rng);
    t->answer.dy = dy;
    t->answer.y = copy_of(&memory, t->y);
    for (int k = 0; k < t->a->nargs; k++) {
        t->answer.xshape[k] = tg_shape_of(t->x[k]);
        t->answer.x[k] = copy_of(&memory, t->x[k]);
        t->answer.dx[k] = t->dx[k] = take(&memory, tg_size(t->x[k]));
    }
    if (tg_backward_from(t->y, dy)) return true;
    return tg_status_fail(status, "grade: case %s: %s", t->c->label, tg_error(t->tape));
}

static void put_number(tg_text *text, const char *name, double value) {
    char digits[TG_NUMBER_TEXT];
    tg_number_text(value, 17, digits);
    tg_text_add(text, isfinite(value) ? ",\"%s\":%s" : ",\"%s\":\"%s\"", name, digits);
}

static void put_string(tg_text *text, const char *name, const char *value) {
    tg_text_add(text, "\"%s\":\"", name);
    tg_text clean = {0};
    tg_text_clean(&clean, value ? value : "");
    if (clean.data) tg_text_escape(text, clean.data, TG_ESCAPE_JSON);
    text->failed |= clean.failed;
    tg_text_free(&clean);
    tg_text_put(text, "\"");
}

static bool wrote_past_the_end(const trial *t, int k) {
    for (int i = 0; i < GUARD; i++)
        if (t->dx[k][tg_size(t->x[k]) + i] != MARK) return true;
    return false;
}

static void mark_argument(const trial *t, int k, marks *m) {
    char shape[TG_SHAPE_TEXT];
    tg_comparison c = tg_compare_grad(t->x[k], t->dx[k], t->a->tolerance > 0 ? t->a->tolerance : 1e-7);
    m->results.failed |= c.match == TG_MATCH_MISSING && tg_grad(t->x[k]); /* no memory to compare */
    bool missing = c.match == TG_MATCH_MISSING; /* y does not depend on it: zeros are right */
    if (missing) {
        c.match = TG_MATCH_EXACT;
        for (int64_t i = 0; i < tg_size(t->x[k]); i++)
            if (t->dx[k][i] != 0)
                c = (tg_comparison){
                    TG_MATCH_WRONG, fabs(t->dx[k][i]), i, t->dx[k][i], 0, "the result does not depend on it"};
    }
    if (wrote_past_the_end(t, k)) {
        c.match = TG_MATCH_WRONG;
        c.hint = "it wrote past the end of the array";
    }
    double points = (t->a->points[k] > 0 ? t->a->points[k] : 1) / m->cases;
    double score = c.match == TG_MATCH_WRONG ? 0 : points;
    m->points += points;
    m->score += score;
    tg_text_put(&m->results, m->results.size ? ",\n{" : "\n{");
    put_string(&m->results, "case", t->c->label);
    tg_text_put(&m->results, ",");
    put_string(&m->results, "argument", t->a->args[k]);
    tg_text_add(&m->results, ",\"shape\":\"%s\",\"match\":\"%s\"",
                tg_shape_text(tg_shape_of(t->x[k]), shape, sizeof shape), tg_match_name(c.match));
    put_number(&m->results, "max_difference", missing && score > 0 ? 0 : c.max_difference);
    tg_text_add(&m->results, ",\"element\":%lld", (long long)c.worst);
    put_number(&m->results, "expected", c.theirs);
    put_number(&m->results, "got", c.mine);
    tg_text_put(&m->results, ",");
    put_string(&m->results, "hint", c.hint);
    put_number(&m->results, "score", score);
    put_number(&m->results, "points", points);
    tg_text_put(&m->results, "}");
}

static bool run_case(const tg_assignment *a, const tg_grade_case *c, tg_rng *rng, marks *m,
                     tg_status *status) {
    trial t = {.a = a, .c = c};
    bool ok = record(&t, rng, status) && prepare(&t, rng, status);
    if (ok) a->backward(&t.answer);
    for (int k = 0; ok && k < a->nargs; k++) mark_argument(&t, k, m);
    tg_tensor_free(t.memory);
    tg_tape_free(t.tape);
    return ok;
}

static bool check(const tg_assignment *a, int *cases, tg_status *status) {
    if (!a || !a->forward || !a->backward || !a->cases)
        return tg_status_fail(status, "grade: an assignment needs forward, backward and cases");
    if (a->nargs < 1 || a->nargs > 4)
        return tg_status_fail(status, "grade: %d arguments; 1 to 4 are possible", a->nargs);
    while (a->cases[*cases].label) ++*cases;
    return *cases || tg_status_fail(status, "grade: there is no case");
}

char *tg_grade(const tg_assignment *assignment, tg_status *status) {
    marks m = {.cases = 0};
    if (!check(assignment, &m.cases, status)) return NULL;
    tg_rng rng = {.seed = assignment->seed};
    bool ok = true;
    for (int i = 0; ok && i < m.cases; i++)
        ok = run_case(assignment, &assignment->cases[i], &rng, &m, status);
    tg_text text = {0};
    tg_text_put(&text, "{");
    put_string(&text, "title", assignment->title);
    put_number(&text, "score", round(1e9 * m.score) / 1e9); /* parts of a point add up to points */
    put_number(&text, "points", round(1e9 * m.points) / 1e9);
    tg_text_put(&text, ",\n\"results\":[");
    if (m.results.data) tg_text_put(&text, m.results.data);
    tg_text_put(&text, "]}\n");
    text.failed |= m.results.failed;
    tg_text_free(&m.results);
    char *json = tg_text_take(&text);
    if (ok && !json) tg_status_fail(status, "grade: out of memory");
    if (ok) return json;
    tg_release(json);
    return NULL;
}

void tg_grade_release(char *json) {
    tg_release(json);
}
