#include "checkpoint.h"
#include "core/arena.h"
#include "models/safetensors_internal.h"
#include "optim_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- numbers, in the metadata ---- */

/* Who the number belongs to, its key, and the member of `numbers` that holds it. Real numbers stand there as
   the bits of a double, so that they come back exactly. */
#define NUMBERS(X)                                                                                           \
    X(optim, "optim.kind", kind)                                                                             \
    X(optim, "optim.steps", steps)                                                                           \
    X(optim, "optim.lr", lr)                                                                                 \
    X(optim, "schedule.kind", schedule)                                                                      \
    X(optim, "schedule.factor", factor)                                                                      \
    X(optim, "schedule.every", every)                                                                        \
    X(optim, "schedule.total", total)                                                                        \
    X(optim, "schedule.floor", floor)                                                                        \
    X(optim, "schedule.warmup", warmup)                                                                      \
    X(tape, "tape.seed", seed)                                                                               \
    X(tape, "tape.step", step)                                                                               \
    X(batches, "batches.epoch", epoch)                                                                       \
    X(batches, "batches.position", position)                                                                 \
    X(keeper, "keeper.best", best)                                                                           \
    X(keeper, "keeper.best_at", best_at)                                                                     \
    X(keeper, "keeper.offers", offers)

typedef struct numbers {
#define X(owner, key, member) uint64_t member;
    NUMBERS(X)
#undef X
} numbers;

enum {
#define X(owner, key, member) NUMBER_##member,
    NUMBERS(X)
#undef X
        NUMBER_COUNT
};

static uint64_t bits(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double real_of(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static numbers gather(const tg_checkpoint *run) {
    const tg_optim_spec *spec = &run->optim->spec;
    tg_batches_state batches = run->batches ? tg_batches_tell(run->batches) : (tg_batches_state){0};
    tg_keeper_state keeper = tg_keeper_tell(run->keeper);
    return (numbers){.kind = (uint64_t)run->optim->kind,
                     .steps = run->optim->steps,
                     .lr = bits(spec->lr),
                     .schedule = (uint64_t)spec->schedule.kind,
                     .factor = bits(spec->schedule.factor),
                     .every = spec->schedule.every,
                     .total = spec->schedule.total,
                     .floor = bits(spec->schedule.floor),
                     .warmup = spec->schedule.warmup,
                     .seed = tg_seed(run->tape),
                     .step = tg_step(run->tape),
                     .epoch = batches.epoch,
                     .position = (uint64_t)batches.position,
                     .best = bits(keeper.best),
                     .best_at = (uint64_t)keeper.best_at,
                     .offers = (uint64_t)keeper.offers};
}

/* The last thing that can fail is done first. */
static bool apply_numbers(const tg_checkpoint *run, const numbers *n, const char *path, tg_status *status) {
    tg_optim *opt = run->optim;
    tg_batches_state batches = {n->epoch, (int64_t)n->position};
    if (run->batches && !tg_batches_seek(run->batches, batches))
        return tg_status_fail(status, "%s: its batches stand at %" PRIu64 ", where this dataset has none",
                              path, n->position);
    opt->steps = n->steps;
    opt->spec.lr = real_of(n->lr);
    opt->spec.schedule = (tg_schedule){
        (tg_schedule_kind)n->schedule, real_of(n->factor), n->every, n->total, real_of(n->floor), n->warmup};
    tg_set_seed(run->tape, n->seed);
    tg_set_step(run->tape, n->step);
    tg_keeper_seek(run->keeper, (tg_keeper_state){real_of(n->best), (int64_t)n->best_at, (int64_t)n->offers});
    return true;
}

/* ---- tensors ---- */

/* One tensor of the run: where its elements live. */
typedef struct item {
    char name[320];
    tg_dtype dtype;
    tg_shape shape;
    void *data;
    tg_checkpoint_part *part; /* NULL for those of a fixed shape */
} item;

static int count_items(const tg_checkpoint *run) {
    return run->optim->count * (1 + run->optim->states + (run->keeper != NULL)) + run->part_count;
}

static bool add(item *to, const tg_param *param, void *data, const char *kind, const char *state,
                tg_status *status) {
    int n = snprintf(to->name, sizeof to->name, "%s/%s%s%s", kind, param->name, *state ? "/" : "", state);
    if (n < 0 || (size_t)n >= sizeof to->name)
        return tg_status_fail(status, "checkpoint: the name %.40s... is too long", param->name);
    to->dtype = param->dtype;
    to->shape = param->shape;
    to->data = data;
    return true;
}

static bool list_items(const tg_checkpoint *run, item *to, tg_status *status) {
    tg_optim *opt = run->optim;
    for (int i = 0; i < opt->count; i++) {
        tg_param *param = tg_params_get(opt->params, i);
        if (!add(to++, param, param->value, "param", "", status)) return false;
        for (int k = 0; k < opt->states; k++)
            if (!add(to++, param, (char *)opt->state[k] + opt->offset[i], "optim",
                     tg_optim_state_name(opt, k), status))
                return false;
        if (run->keeper && !add(to++, param, tg_keeper_value(run->keeper, i), "best", "", status))
            return false;
    }
    for (int i = 0; i < run->part_count; i++, to++) {
        tg_checkpoint_part *part = &run->parts[i];
        *to = (item){.dtype = TG_F64, .shape = TG_SHAPE(part->count), .data = part->data, .part = part};
        snprintf(to->name, sizeof to->name, "part/%s", part->name ? part->name : "");
    }
    return true;
}

/* The run's tensors, from tg_alloc; NULL with a message. */
static item *items_of(const tg_checkpoint *run, tg_status *status) {
    if (!run->optim) {
        tg_status_fail(status, "checkpoint: there is no optimiser");
        return NULL;
    }
    item *items = tg_alloc((size_t)count_items(run) * sizeof *items);
    if (!items) tg_status_fail(status, "checkpoint: out of memory");
    if (items && list_items(run, items, status)) return items;
    tg_release(items);
    return NULL;
}

/* ---- saving ---- */

static bool write_file(const char *path, const tg_checkpoint *run, const item *items, tg_status *status) {
    const numbers n = gather(run);
    char text[NUMBER_COUNT][24];
    tg_text metadata[NUMBER_COUNT];
    int count = count_items(run), used = 0;
#define X(owner, key, member)                                                                                \
    if (run->owner) {                                                                                        \
        snprintf(text[NUMBER_##member], sizeof *text, "%" PRIu64, n.member);                                 \
        metadata[used++] = (tg_text){key, text[NUMBER_##member]};                                            \
    }
    NUMBERS(X)
#undef X
    tg_tensor *tensors = tg_alloc((size_t)count * sizeof *tensors);
    if (!tensors) return tg_status_fail(status, "checkpoint: out of memory");
    for (int i = 0; i < count; i++)
        tensors[i] = (tg_tensor){
            .name = items[i].name, .dtype = items[i].dtype, .shape = items[i].shape, .data = items[i].data};
    bool ok = tg_safetensors_write(
        path, (tg_safetensors_spec){tensors, count, metadata, used, .keep_previous = true}, status);
    tg_release(tensors);
    return ok;
}

bool tg_checkpoint_save(const char *path, tg_checkpoint run, tg_status *status) {
    item *items = items_of(&run, status);
    bool ok = items && write_file(path, &run, items, status);
    tg_release(items);
    return ok;
}

/* ---- loading ---- */

static bool read_number(const tg_safetensors *file, const char *path, const char *key, uint64_t *to,
                        tg_status *status) {
    const char *text = tg_safetensors_text(file, key);
    char *end = NULL;
    *to = text ? strtoull(text, &end, 10) : 0;
    if (text && *text >= '0' && *text <= '9' && !*end) return true;
    return tg_status_fail(status, "%s: has no number %s", path, key);
}

static bool read_numbers(const tg_safetensors *file, const char *path, const tg_checkpoint *run, numbers *n,
                         tg_status *status) {
    *n = (numbers){0};
#define X(owner, key, member)                                                                                \
    if (run->owner && !read_number(file, path, key, &n->member, status)) return false;
    NUMBERS(X)
#undef X
    if (n->kind != (uint64_t)run->optim->kind)
        return tg_status_fail(status, "%s: was saved with the optimiser %s; this one is %s", path,
                              tg_optim_name((tg_optim_kind)n->kind), tg_optim_name(run->optim->kind));
    tg_schedule schedule = {
        (tg_schedule_kind)n->schedule, real_of(n->factor), n->every, n->total, real_of(n->floor), n->warmup};
    if (tg_schedule_check(schedule, NULL) && real_of(n->lr) > 0) return true;
    return tg_status_fail(status, "%s: its learning rate or schedule is impossible", path);
}

static bool check_item(const tg_safetensors *file, const char *path, const item *it, tg_status *status) {
    const tg_tensor *t = tg_safetensors_find(file, it->name);
    char ours[TG_SHAPE_TEXT], theirs[TG_SHAPE_TEXT];
    if (!t) return tg_status_fail(status, "%s: %s is missing", path, it->name);
    if (it->part) {
        if (t->dtype == TG_F64 && t->shape.rank == 1 && t->shape.dim[0] <= it->part->capacity) return true;
        return tg_status_fail(status, "%s: %s is %s %s; there is room for %lld numbers", path, it->name,
                              t->stored, tg_shape_text(&t->shape, theirs, sizeof theirs),
                              (long long)it->part->capacity);
    }
    if (t->dtype == it->dtype && tg_shape_equal(&t->shape, &it->shape)) return true;
    return tg_status_fail(status, "%s: %s is %s %s and should be %s %s", path, it->name, t->stored,
                          tg_shape_text(&t->shape, theirs, sizeof theirs), tg_dtype_name(it->dtype),
                          tg_shape_text(&it->shape, ours, sizeof ours));
}

static bool take(const tg_safetensors *file, const char *path, const tg_checkpoint *run, const item *items,
                 tg_status *status) {
    numbers n;
    int count = count_items(run);
    if (!read_numbers(file, path, run, &n, status)) return false;
    for (int i = 0; i < count; i++)
        if (!check_item(file, path, &items[i], status)) return false;
    if (!apply_numbers(run, &n, path, status)) return false;
    for (int i = 0; i < count; i++) {
        const tg_tensor *t = tg_safetensors_find(file, items[i].name);
        if (t->bytes) memcpy(items[i].data, t->data, t->bytes);
        if (items[i].part) items[i].part->count = t->shape.dim[0];
    }
    return true;
}

/* A file whose checksum is there and right; else, whether it is missing or damaged. */
static tg_safetensors *open_whole(const char *path, bool *lost, tg_status *status) {
    tg_safetensors *file = tg_safetensors_open(path, lost, status);
    if (!file || tg_safetensors_text(file, TG_CRC_KEY)) return file;
    tg_status_fail(status, "%s: is no checkpoint: it has no checksum", path);
    tg_safetensors_free(file);
    *lost = true;
    return NULL;
}

static bool previous_of(const char *path, char *previous, size_t size) {
    int n = path ? snprintf(previous, size, "%s.previous", path) : -1;
    return n > 0 && (size_t)n < size;
}

bool tg_checkpoint_load(const char *path, tg_checkpoint run, tg_status *status) {
    char previous[4096];
    bool lost;
    tg_status first = {0}, second = {0};
    item *items = items_of(&run, status);
    if (!items) return false;
    tg_safetensors *file = open_whole(path, &lost, &first);
    if (!file && lost && previous_of(path, previous, sizeof previous)) {
        file = open_whole(previous, &lost, &second);
        if (file) path = previous;
    }
    const tg_status *why = second.failed && !lost ? &second : &first;
    bool ok = file ? take(file, path, &run, items, status) : tg_status_fail(status, "%s", why->message);
    tg_safetensors_free(file);
    tg_release(items);
    return ok;
}

bool tg_checkpoint_exists(const char *path) {
    char previous[4096];
    if (!path) return false;
    return access(path, F_OK) == 0 ||
           (previous_of(path, previous, sizeof previous) && access(previous, F_OK) == 0);
}
