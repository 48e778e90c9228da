/* check_elements.c: which elements are compared, and by how many threads. Each thread has a shadow of its
   own, and an element's verdict depends on nothing but the element: the report is the same for any number of
   threads. */
#include "check_run.h"

#include "../core/arena.h"
#include "../core/rng.h"
#include "../core/threads.h"

#include <math.h>
#include <stdatomic.h>

#define MAX_WORKERS 16
#define CHUNK       65536 /* elements judged between two rounds of counting; fewer where progress is shown */
#define PART        16    /* of these, what a thread takes at a time */

/* ---- how many ---- */

static double flops_of_evaluation(const tg_check_run *run) {
    double flops = 1000; /* what an evaluation costs besides arithmetic */
    for (int i = 0; i <= tg_id(run->probe.target); i++)
        if (run->probe.depends[i]) {
            const tg_node *node = tg_tape_node(run->probe.tape, i);
            flops += tg_cost_of(node).forward + (double)tg_size(node);
        }
    return flops;
}

static int64_t default_budget(const tg_check_run *run) {
    double n = 2e10 / (2 * flops_of_evaluation(run));
    return n < 256 ? 256 : n > 1e8 ? (int64_t)1e8 : (int64_t)n;
}

/* How many elements of a tensor are compared: all, or a share in proportion to its size and no fewer than 32.
 */
static int64_t share(const tg_check_run *run, int64_t size) {
    const int64_t total = run->report->elements, budget = run->options.budget;
    if (total <= budget) return size;
    int64_t n = (int64_t)((double)budget * (double)size / (double)total);
    if (n < 32) n = 32;
    return n < size ? n : size;
}

/* The k'th of n elements of a tensor: all, or one at random from each of n strata of equal size. */
static int64_t choose(int64_t size, int64_t n, int64_t k, tg_rng *rng) {
    if (n == size) return k;
    int64_t low = (int64_t)((double)size * (double)k / (double)n);
    int64_t high = k + 1 == n ? size : (int64_t)((double)size * (double)(k + 1) / (double)n);
    return low + (int64_t)tg_rng_below(rng, (uint64_t)(high - low));
}

/* ---- judging ---- */

typedef struct crew {
    tg_check_run *run;
    int tensor, workers;
    tg_node *moved[MAX_WORKERS];   /* the tensor, on the tape of each worker */
    tg_probe helpers[MAX_WORKERS]; /* of the workers but the first, whose probe is the run's */
    tg_check_element *elements;    /* a chunk */
    int64_t n;
    atomic_llong next; /* the first element of it that nobody has taken */
} crew;

static tg_probe *probe_of(crew *c, int64_t worker) {
    return worker ? &c->helpers[worker] : &c->run->probe;
}

static tg_line line_of(crew *c, int64_t worker) {
    return (tg_line){.probe = probe_of(c, worker),
                     .nodes = &c->moved[worker],
                     .nnodes = 1,
                     .base = c->run->base + c->run->offset[c->tensor],
                     .steepest = c->run->scale};
}

/* A worker takes part after part of the chunk until nothing is left: one that is held up delays nobody. */
static void judge_part(void *context, int64_t worker) {
    crew *c = context;
    tg_check_run *run = c->run;
    tg_line line = line_of(c, worker);
    for (int64_t start; (start = atomic_fetch_add(&c->next, PART)) < c->n;)
        for (int64_t k = start; k < start + PART && k < c->n; k++) {
            tg_check_element *e = &c->elements[k];
            line.element = e->index;
            line.scale = fmax(1, fabs(e->value));
            tg_check_judge(run, &line, e);
            tg_line_restore(&line);
        }
}

static void count_chunk(crew *c) {
    tg_check_run *run = c->run;
    tg_line line = line_of(c, 0);
    for (int64_t k = 0; k < c->n; k++) {
        tg_check_element *e = &c->elements[k];
        line.element = e->index;
        if (e->verdict == TG_VERDICT_FAIL) tg_check_acquit(run, &line, e);
        tg_check_count(run, e);
    }
    run->done += c->n;
    c->n = 0;
    if (run->options.progress) run->options.progress(run->options.context, run->done, run->planned);
}

static void aim_all(crew *c) {
    for (int w = 0; w < c->workers; w++) {
        tg_probe *probe = probe_of(c, w);
        c->moved[w] = tg_tape_node(probe->tape, tg_id(c->run->source_wrt[c->tensor]));
        tg_probe_aim(probe, &c->moved[w], 1);
    }
}

static void check_tensor(crew *c, tg_rng *rng) {
    tg_check_run *run = c->run;
    const int64_t size = run->report->tensors[c->tensor].size, n = share(run, size);
    const int64_t chunk = run->options.progress ? 1024 : CHUNK;
    const double *x = run->base + run->offset[c->tensor], *g = run->analytic + run->offset[c->tensor];
    aim_all(c);
    for (int64_t k = 0; k < n; k++) {
        int64_t j = choose(size, n, k, rng);
        c->elements[c->n++] =
            (tg_check_element){.tensor = c->tensor, .index = j, .value = x[j], .analytic = g[j]};
        if (c->n < chunk && k + 1 < n) continue;
        atomic_store(&c->next, 0);
        tg_parallel(c->workers, c->workers, judge_part, c);
        count_chunk(c);
    }
    aim_all(c); /* back at the base point */
}

/* Helpers pay when there is a tenth of a second to share. */
static void hire(crew *c) {
    const double work = 2 * flops_of_evaluation(c->run) * (double)c->run->planned;
    int wanted = work < 1e9 ? 1 : tg_threads() < MAX_WORKERS ? tg_threads() : MAX_WORKERS;
    for (c->workers = 1; c->workers < wanted; c->workers++) {
        tg_probe *helper = &c->helpers[c->workers];
        if (tg_check_open_probe(c->run, helper)) continue;
        tg_probe_close(helper);
        break;
    }
}

bool tg_check_elements(tg_check_run *run) {
    tg_check_report *r = run->report;
    if (!run->options.budget) run->options.budget = default_budget(run);
    bool sampling = r->elements > run->options.budget;
    if (!run->options.directions) run->options.directions = sampling ? 8 : -1;
    for (int i = 0; i < run->nwrt; i++) run->planned += share(run, r->tensors[i].size);
    run->errors = tg_alloc((size_t)(run->planned + 1) * sizeof *run->errors);
    crew *c = tg_alloc(sizeof *c); /* zeroed */
    if (c) c->run = run;
    const int64_t room = run->planned < CHUNK ? run->planned + 1 : CHUNK;
    if (c) c->elements = tg_alloc((size_t)room * sizeof *c->elements);
    bool ok = run->errors && c && c->elements;
    if (ok) {
        hire(c);
        tg_rng rng = {.seed = run->options.seed, .stream = 0x5A3};
        for (c->tensor = 0; c->tensor < run->nwrt; c->tensor++) check_tensor(c, &rng);
    }
    for (int w = 1; c && w < c->workers; w++) {
        run->probe.evaluations += c->helpers[w].evaluations;
        tg_probe_close(&c->helpers[w]);
    }
    if (c) tg_release(c->elements);
    tg_release(c);
    return ok && (run->options.directions < 0 || tg_check_directions(run));
}
