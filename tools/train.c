/* tapegrad train: trains a perceptron as a classifier, epoch by epoch. */
#include "cli.h"
#include "progress.h"
#include "source.h"
#include "tapegrad.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct input {
    const char *data, *model, *out;
    tg_mlp_spec net;
    tg_optim_kind optimizer;
    tg_optim_spec optim;
    int64_t batch;
    int epochs;
    bool json, anomaly, health;
} input;

enum { KEY_DTYPE = 256, KEY_MOMENTUM, KEY_DECAY, KEY_COSINE, KEY_ANOMALY, KEY_HEALTH };

static const struct argp_option options[] = {
    {"data", 'd', "SPEC", 0, TG_SOURCE_HELP "; default digits", 1},
    {"model", 'm', "SIZES", 0, "Inputs, hidden units ..., classes; default 784-64-10", 1},
    {"activation", 'a', "NAME", 0, "Between the layers: relu (default), sigmoid, tanh, elu ...", 1},
    {"dtype", KEY_DTYPE, "TYPE", 0, "f32 (default) or f64", 1},
    {"optimizer", 'o', "NAME", 0, "sgd (default), momentum, nesterov, rmsprop, adam, adamw, adagrad", 2},
    {"lr", 'l', "RATE", 0, "Learning rate; default 0.1 for sgd, else the optimiser's own", 2},
    {"momentum", KEY_MOMENTUM, "NUMBER", 0, "Of sgd, momentum and nesterov", 2},
    {"weight-decay", KEY_DECAY, "NUMBER", 0, "Pulls weights towards zero; default 0 (adamw: 0.01)", 2},
    {"cosine", KEY_COSINE, 0, 0, "Let the learning rate fall to 0 along a cosine until the last step", 2},
    {"batch", 'b', "N", 0, "Examples per step; default 100", 2},
    {"epochs", 'e', "N", 0, "Passes over the training set; default 3", 2},
    {"seed", 's', "N", 0, "Of the initial weights and the order of examples; default 1", 2},
    {"anomaly", KEY_ANOMALY, 0, 0, "When a number is not finite, stop and say which op made it so", 2},
    {"out", 'O', "DIR", 0, "Leave history, plot, graph and parameters in this folder", 3},
    {"health", KEY_HEALTH, 0, 0,
     "With --out: dead units, saturation, update-to-weight ratios and histograms of every epoch, as CSV and "
     "picture",
     3},
    {"json", 'j', 0, 0, "One JSON object on standard output", 3},
    {0}};

static int by_name(struct argp_state *state, const char *option, const char *name,
                   int (*find)(const char *)) {
    int found = find(name);
    if (found < 0) argp_error(state, "--%s: there is no '%s'", option, name);
    return found;
}

static double above_zero(struct argp_state *state, const char *option, const char *arg) {
    double value = tg_cli_number(state, option, arg, 0, 1e30);
    if (value == 0) argp_error(state, "--%s must be above 0", option);
    return value;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    input *in = state->input;
    tg_status status = {0};
    switch (key) {
    case 'd':
        in->data = arg;
        break;
    case 'm':
        if (!tg_mlp_parse(arg, &in->net, &status)) argp_error(state, "--model: %s", status.message);
        in->model = arg;
        break;
    case 'a':
        in->net.activation = (tg_activation)by_name(state, "activation", arg, tg_activation_from_name);
        break;
    case KEY_DTYPE:
        in->net.dtype = tg_cli_dtype(state, arg);
        break;
    case 'o':
        in->optimizer = (tg_optim_kind)by_name(state, "optimizer", arg, tg_optim_from_name);
        break;
    case 'l':
        in->optim.lr = above_zero(state, "lr", arg);
        break;
    case KEY_MOMENTUM:
        in->optim.momentum = tg_cli_number(state, "momentum", arg, 0, 1);
        break;
    case KEY_HEALTH:
        in->health = true;
        return 0;
    case KEY_ANOMALY:
        in->anomaly = true;
        return 0;
    case KEY_DECAY:
        in->optim.weight_decay = tg_cli_number(state, "weight-decay", arg, 0, 1e30);
        break;
    case KEY_COSINE:
        in->optim.schedule.kind = TG_SCHEDULE_COSINE;
        break;
    case 'b':
        in->batch = tg_cli_integer(state, "batch", arg, 1, 1 << 30);
        break;
    case 'e':
        in->epochs = (int)tg_cli_integer(state, "epochs", arg, 1, 1000000);
        break;
    case 's':
        in->net.seed = (uint64_t)tg_cli_integer(state, "seed", arg, 0, INT64_MAX);
        break;
    case 'O':
        in->out = arg;
        break;
    case 'j':
        in->json = true;
        break;
    default:
        return tg_cli_other_key(key, arg, state);
    }
    return 0;
}

/* ---- the run ---- */

typedef struct job {
    const input *in;
    tg_source source;
    tg_mlp *net;
    tg_optim *optim;
    tg_progress progress;
    tg_health *health; /* NULL: not asked for */
    bool made_folder;
} job;

/* Looks at the layers one step before the end of an epoch, so that the last step shows the size of an update.
 */
static void look_at_health(job *j, const tg_fit_step *step) {
    const tg_node *loss = tg_tape_node(step->tape, tg_tape_size(step->tape) - 1);
    int64_t when = step->steps > 1 ? step->steps - 1 : 1;
    if (step->step == when)
        tg_health_look(j->health, loss, step->epoch, NULL);
    else if (step->step == step->steps)
        tg_health_updated(j->health, NULL);
}

static bool on_step(void *context, const tg_fit_step *step) {
    job *j = context;
    char label[32];
    if (step->epoch == 1 && step->step == 1)
        j->progress = tg_progress_start("steps", step->steps * j->in->epochs);
    snprintf(label, sizeof label, "epoch %d/%d", step->epoch, j->in->epochs);
    tg_progress_step(&j->progress, label);
    if (j->health) look_at_health(j, step);
    return true;
}

static bool on_epoch(void *context, const tg_history *history) {
    const job *j = context;
    const tg_epoch *e = &history->epochs[history->count - 1];
    FILE *out = j->in->json ? stderr : stdout;
    tg_progress_clear(&j->progress);
    if (e->epoch == 1)
        fprintf(out, "%5s  %-9s %-9s %-9s %s\n", "epoch", "loss", "training", "test", "seconds");
    fprintf(out, "%5d  %-9.5f %-9.4f %-9.4f %.2f\n", e->epoch, e->loss, e->train_accuracy, e->test_accuracy,
            e->seconds);
    fflush(out);
    return true;
}

/* Says so in the words of the command line, where the library would speak of shapes. */
static bool fits(const tg_dataset *set, const tg_mlp_spec *net, tg_status *status) {
    long long first = net->sizes[0], last = net->sizes[net->depth], features = tg_dataset_features(set);
    if (first != features)
        return tg_status_fail(status,
                              "--model: the first size is %lld, but an example of %s has %lld numbers", first,
                              set->name, features);
    if (last != set->classes)
        return tg_status_fail(status, "--model: the last size is %lld, but %s has %d classes", last,
                              set->name, set->classes);
    return true;
}

static bool open_job(job *j, tg_status *status) {
    tg_mlp_spec net = j->in->net;
    tg_optim_spec optim = j->in->optim;
    net.status = optim.status = status;
    if (!tg_source_open(&j->source, j->in->data, net.dtype, status) || !fits(j->source.train, &net, status))
        return false;
    if (optim.schedule.kind == TG_SCHEDULE_COSINE) {
        int64_t steps = j->source.train->count / j->in->batch * j->in->epochs;
        optim.schedule.total = steps > 0 ? (uint64_t)steps : 1;
    }
    if (j->in->health && !(j->health = tg_health_new((tg_health_spec){0})))
        return tg_status_fail(status, "--health: out of memory");
    return (j->net = tg_mlp_new(net)) &&
           (j->optim = tg_optim_new(tg_mlp_params(j->net), j->in->optimizer, optim));
}

static void close_job(job *j) {
    tg_health_free(j->health);
    tg_optim_free(j->optim);
    tg_mlp_free(j->net);
    tg_source_free(&j->source);
}

static tg_history *train(job *j, tg_status *status) {
    return tg_fit((tg_fit_spec){.model = tg_mlp_model(j->net),
                                .optim = j->optim,
                                .train = j->source.train,
                                .test = j->source.test,
                                .epochs = j->in->epochs,
                                .batch = j->in->batch,
                                .seed = j->in->net.seed,
                                .anomaly = j->in->anomaly,
                                .score_train = true,
                                .score_batch = 1000,
                                .on_step = on_step,
                                .on_epoch = on_epoch,
                                .context = j,
                                .status = status});
}

static int print_json(const job *j, const tg_history *history) {
    const input *in = j->in;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "data", in->data);
    cJSON_AddStringToObject(o, "model", in->model);
    cJSON_AddStringToObject(o, "activation", tg_activation_name(in->net.activation));
    cJSON_AddStringToObject(o, "optimizer", tg_optim_name(in->optimizer));
    cJSON_AddStringToObject(o, "dtype", tg_dtype_name(in->net.dtype));
    cJSON_AddNumberToObject(o, "parameters", (double)tg_params_size(tg_mlp_params(j->net)));
    cJSON *list = cJSON_AddArrayToObject(o, "epochs");
    for (const tg_epoch *epoch = history->epochs; epoch < history->epochs + history->count; epoch++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddNumberToObject(e, "epoch", epoch->epoch);
        cJSON_AddNumberToObject(e, "loss", epoch->loss);
        cJSON_AddNumberToObject(e, "train_accuracy", epoch->train_accuracy);
        cJSON_AddNumberToObject(e, "test_accuracy", epoch->test_accuracy);
        cJSON_AddNumberToObject(e, "seconds", epoch->seconds);
        cJSON_AddItemToArray(list, e);
    }
    cJSON_AddNumberToObject(o, "steps_per_second", history->steps_per_second);
    cJSON_AddNumberToObject(o, "peak_rss_bytes", tg_cli_peak_rss());
    return tg_cli_print_json(o);
}

/* ---- the folder ---- */

/* Makes sure before the run that files can be written there, so that a long one does not end in vain. */
static bool prepare_folder(job *j, tg_status *status) {
    const char *folder = j->in->out;
    struct stat info;
    if (!folder) return true;
    j->made_folder = mkdir(folder, 0777) == 0;
    if (!j->made_folder && errno != EEXIST)
        return tg_status_fail(status, "--out: %s cannot be made: %s", folder, strerror(errno));
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return tg_status_fail(status, "--out: %s is no folder", folder);
    if (access(folder, W_OK | X_OK) != 0)
        return tg_status_fail(status, "--out: %s cannot be written to: %s", folder, strerror(errno));
    return true;
}

typedef struct path {
    char text[4096];
} path;

static path in_folder(const job *j, const char *name) {
    path p;
    snprintf(p.text, sizeof p.text, "%s/%s", j->in->out, name);
    return p;
}

/* The graph of a training step, as fit records it. */
static bool save_graph(const job *j, tg_status *status) {
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = j->in->net.dtype, .lazy = true});
    tg_node *x = tg_input(tape, "x", j->in->net.dtype, 2, (int64_t[]){j->in->batch, j->in->net.sizes[0]});
    tg_node *label = tg_input(tape, "label", TG_I32, 1, &j->in->batch);
    tg_name(tg_cross_entropy(tg_mlp_apply(j->net, x), label), "loss");
    tg_graph_spec spec = {.title = j->in->model};
    tg_status drawing = {0};
    bool ok = tg_graph_save(tape, in_folder(j, "graph.dot").text, spec, status);
    if (ok && !tg_graph_save(tape, in_folder(j, "graph.svg").text, spec, &drawing))
        fprintf(stderr, "tapegrad: graph.svg is left out: %s\n", drawing.message);
    tg_tape_free(tape);
    return ok;
}

/* history.csv holds the numbers; the figure reads them there. */
static bool plot(const job *j, const char *title, int epochs, bool *drawn, tg_status *status) {
    const tg_series_style style = TG_SERIES_LINES_POINTS;
    tg_series loss = {
        .n = epochs, .csv = "history.csv", .x_column = "epoch", .y_column = "loss", .style = style};
    tg_series accuracy[2] = {loss, loss};
    accuracy[0].title = "training set";
    accuracy[0].y_column = "train_accuracy";
    accuracy[1].title = "test set";
    accuracy[1].y_column = "test_accuracy";
    tg_panel panels[] = {
        {.title = "training loss", .x_label = "epoch", .series = &loss, .count = 1},
        {.title = "accuracy", .x_label = "epoch", .series = accuracy, .count = 2, .key = "bottom right"}};
    return tg_figure_save((tg_figure){.title = title, .panels = panels, .count = 2},
                          in_folder(j, "history").text, drawn, status);
}

/* Pictures that cannot be drawn are left out: the numbers are there. */
static void draw(const job *j, const char *title, int epochs) {
    bool drawn = false;
    tg_status drawing = {0};
    if (!plot(j, title, epochs, &drawn, &drawing))
        fprintf(stderr, "tapegrad: the pictures of the history are left out: %s\n", drawing.message);
    else if (!drawn)
        fprintf(stderr, "tapegrad: gnuplot is not here (Debian, Ubuntu: sudo apt-get install gnuplot-nox); "
                        "where it is, `gnuplot history.gp` draws the history\n");
    if (j->health && tg_gnuplot(j->in->out, "health.gp") == TG_GNUPLOT_FAILED) {
        remove(in_folder(j, "health.svg").text);
        fprintf(stderr, "tapegrad: health.svg is left out: gnuplot failed on health.gp\n");
    }
}

static bool save(const job *j, const tg_history *history, tg_status *status) {
    const input *in = j->in;
    const tg_params *params = tg_mlp_params(j->net);
    char title[256];
    if (!in->out) return true;
    snprintf(title, sizeof title, "%.*s, %s, %s, %s", (int)strcspn(in->data, ":"), in->data, in->model,
             tg_activation_name(in->net.activation), tg_optim_name(in->optimizer));
    if (!tg_history_save_csv(history, params, in_folder(j, "history.csv").text, status) ||
        !tg_params_save(params, in_folder(j, "params.safetensors").text, status) || !save_graph(j, status) ||
        (j->health && !tg_health_save(j->health, in_folder(j, "health").text, status)))
        return false;
    draw(j, title, history->count);
    return true;
}

static int report(const job *j, const tg_history *history) {
    if (j->in->json) return print_json(j, history);
    printf("%.0f steps/s, peak memory %.0f MB\n", history->steps_per_second, tg_cli_peak_rss() / 1e6);
    return TG_EXIT_OK;
}

static int run_job(job *j) {
    tg_status status = {0};
    tg_history *history = NULL;
    bool begun = open_job(j, &status) && prepare_folder(j, &status) && (history = train(j, &status));
    if (!begun && j->made_folder) rmdir(j->in->out);
    if (!begun) return tg_cli_fail("%s", status.message);
    int exit_status = TG_EXIT_FAILED;
    if (history->ending == TG_ENDED_ERROR || !save(j, history, &status)) {
        tg_progress_clear(&j->progress);
        tg_cli_fail("%s", status.message);
    } else {
        exit_status = report(j, history);
    }
    tg_history_free(history);
    return exit_status;
}

static const char doc[] =
    "Trains a multilayer perceptron to tell classes apart, and shows loss and "
    "accuracy after each epoch."
    "\v"
    "Examples:\n"
    "  tapegrad train\n"
    "      one hidden layer, synthetic digits, a few seconds\n"
    "  tapegrad train --data mnist:FOLDER --epochs 5 --batch 50 --lr 0.2 --out run1\n"
    "      MNIST; run1/ gets history, plot, graph and parameters\n"
    "  tapegrad train --model 784-256-128-10 --optimizer adam --lr 0.001\n"
    "      a deeper network, another optimiser\n\n"
    "Exit status: 0 trained; 1 training failed (a gradient became infinite ...); 2 bad usage or input, and "
    "nothing is written.";

static int run(int argc, char **argv) {
    static const struct argp argp = {options, parse, "", doc, 0, 0, 0};
    input in = {.data = "digits",
                .model = "784-64-10",
                .net = {.sizes = {784, 64, 10}, .depth = 2, .activation = TG_RELU, .seed = 1},
                .batch = 100,
                .epochs = 3};
    tg_cli_parse(&argp, argc, argv, &in);
    if (in.optimizer == TG_SGD && in.optim.lr == 0) in.optim.lr = 0.1;
    if (in.health && !in.out) return tg_cli_fail("--health needs --out DIR, where it leaves its files");
    job j = {.in = &in};
    int exit_status = run_job(&j);
    close_job(&j);
    return exit_status;
}

const tg_command tg_command_train = {"train", "train a perceptron on digits", run};
