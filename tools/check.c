/* tapegrad check: are the gradients right? Of ops, of a model; and would the check notice if they were not?
 */
#include "check.h"

#include <string.h>

int check_status(tg_verdict verdict) {
    return verdict == TG_VERDICT_PASS   ? TG_EXIT_OK
           : verdict == TG_VERDICT_FAIL ? TG_EXIT_FAILED
                                        : TG_EXIT_VACUOUS;
}

enum {
    ACTIVATION = 256,
    LOSS,
    BATCH,
    DTYPE,
    MUTATE,
    JUNIT,
    RULE,
    TOLERANCE,
    BUDGET,
    DIRECTIONS,
    EXPR,
    STEPS
};

static const char *const losses[] = {"cross_entropy", "mse", "binary_cross_entropy_with_logits", "none"};

static tg_step_rule rule_of(struct argp_state *state, const char *arg) {
    static const char *const names[] = {
#define TG_X(id, name) name,
        TG_STEP_RULES(TG_X)
#undef TG_X
    };
    for (int i = 0; i < TG_NSTEP_RULES; i++)
        if (strcmp(arg, names[i]) == 0) return (tg_step_rule)i;
    argp_error(state, "--rule: '%s' is none of auto, central, six, ridders", arg);
    return TG_STEP_AUTO;
}

static void parse_model_option(check_input *in, int key, char *arg, struct argp_state *state) {
    bool known = false;
    int activation;
    switch (key) {
    case ACTIVATION:
        activation = tg_activation_from_name(arg);
        if (activation < 0)
            argp_error(state, "--activation: '%s' is none of %s", arg, tg_activation_names());
        else
            in->activation = (tg_activation)activation;
        break;
    case LOSS:
        for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) known |= strcmp(arg, losses[i]) == 0;
        if (!known)
            argp_error(state,
                       "--loss: '%s' is none of cross_entropy, mse, binary_cross_entropy_with_logits, none",
                       arg);
        in->loss = arg;
        break;
    case BATCH:
        in->batch = tg_cli_integer(state, "batch", arg, 1, 1000000);
        break;
    default:
        in->dtype = tg_cli_dtype(state, arg);
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    check_input *in = state->input;
    switch (key) {
    case 'j':
        in->json = true;
        return 0;
    case 's':
        in->options.seed = (uint64_t)tg_cli_integer(state, "seed", arg, 0, 1LL << 53);
        return 0;
    case 'm':
        in->model = arg;
        return 0;
    case ACTIVATION:
    case LOSS:
    case BATCH:
    case DTYPE:
        parse_model_option(in, key, arg, state);
        return 0;
    case EXPR:
        in->expr = arg;
        return 0;
    case STEPS:
        in->steps = arg;
        return 0;
    case MUTATE:
        in->mutate = true;
        return 0;
    case JUNIT:
        in->junit = arg;
        return 0;
    case RULE:
        in->options.rule = rule_of(state, arg);
        return 0;
    case TOLERANCE:
        in->options.tolerance = tg_cli_number(state, "tolerance", arg, 1e-12, 1);
        return 0;
    case BUDGET:
        in->options.budget = tg_cli_integer(state, "budget", arg, 1, 1LL << 40);
        return 0;
    case DIRECTIONS:
        in->options.directions = (int)tg_cli_integer(state, "directions", arg, 0, 100000);
        if (!in->options.directions) in->options.directions = -1;
        return 0;
    case ARGP_KEY_ARGS:
        in->names = state->argv + state->next;
        in->count = state->argc - state->next;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
    {"json", 'j', 0, 0, "One JSON object on standard output", 0},
    {"seed", 's', "N", 0, "Draw other numbers (default 0); the same seed repeats a check", 0},
    {"junit", JUNIT, "FILE", 0, "Write the results as JUnit XML, too", 0},
    {"mutate", MUTATE, 0, 0,
     "Check the check: corrupt every backward pass in seven ways; each must be rejected", 0},
    {"expr", EXPR, "FORMULA", 0, "Check a formula instead of ops; its inputs follow as NAME=VALUE", 0},
    {0, 0, 0, 0, "A model:", 1},
    {"model", 'm', "SIZES", 0, "Check a perceptron, such as 784-64-10, instead of ops", 1},
    {"activation", ACTIVATION, "NAME", 0, "Between its layers (default relu)", 1},
    {"loss", LOSS, "NAME", 0,
     "cross_entropy (default; of a single output mse), mse, binary_cross_entropy_with_logits, or none", 1},
    {"batch", BATCH, "N", 0, "Rows of random data (default 4)", 1},
    {"dtype", DTYPE, "TYPE", 0, "f32 (default) or f64; differences are taken in f64 in any case", 1},
    {0, 0, 0, 0, "How:", 2},
    {"steps", STEPS, "PREFIX", 0,
     "With --model or --expr: the Taylor remainder and the difference rules over steps from 1 to 1e-14, as a "
     "table, "
     "PREFIX.csv, PREFIX.gp and (gnuplot) PREFIX.svg",
     2},
    {"rule", RULE, "NAME", 0, "Difference rule: auto (default), central, six, ridders", 2},
    {"tolerance", TOLERANCE, "X", 0, "Relative error above which a gradient is wrong (default 1e-6)", 2},
    {"budget", BUDGET, "N", 0,
     "Compare about N elements of the model one by one, the rest by random directions", 2},
    {"directions", DIRECTIONS, "K", 0, "Random directions over all elements (default 8 when sampling)", 2},
    {0}};

static const char doc[] =
    "Compares gradients with finite differences, in f64.\v"
    "Without --model, each op named (or each of the registry) is checked over its sample cases: every "
    "argument, "
    "broadcasts, repeated arguments, kinks, second derivatives, f32 against f64.\n\n"
    "Exit status: 0 all pass, 1 a gradient is wrong, 2 bad usage, 3 nothing could be compared.\n\n"
    "Examples:\n"
    "  tapegrad check                                   every op\n"
    "  tapegrad check softmax matmul --seed 7           two of them, other numbers\n"
    "  tapegrad check --mutate                          would it notice a wrong gradient?\n"
    "  tapegrad check --model 784-64-10 --activation elu --loss cross_entropy\n"
    "  tapegrad check --expr 'log(x1) + x1*x2 - sin(x2)' x1=2 x2=5 --steps out/steps";

static int run(int argc, char **argv) {
    static const struct argp argp = {options, parse, "[OP...|NAME=VALUE...]", doc, 0, 0, 0};
    check_input in = {.activation = TG_RELU, .dtype = TG_F32, .batch = 4};
    tg_cli_parse(&argp, argc, argv, &in);
    if (in.expr && (in.model || in.mutate))
        return tg_cli_fail("--expr stands alone: without --model and --mutate");
    if (in.steps && !in.expr && !in.model) return tg_cli_fail("--steps needs --model or --expr");
    if (in.expr) return check_expr(&in);
    for (int i = 0; i < in.count; i++)
        if (!tg_op_find(in.names[i]))
            return tg_cli_fail("there is no op '%s'; `tapegrad ops` lists them", in.names[i]);
    if (in.model && (in.count || in.mutate))
        return tg_cli_fail("--model stands alone: without ops and --mutate");
    return in.model ? check_model(&in) : in.mutate ? check_mutants(&in) : check_ops(&in);
}

const tg_command tg_command_check = {"check", "compare gradients with finite differences", run};
