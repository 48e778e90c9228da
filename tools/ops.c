/* tapegrad ops: the registry, as a table, as JSON, or as a page of Markdown per op. */
#include "cli.h"
#include "ops_pages.h"
#include "tapegrad.h"

#include <stdio.h>
#include <string.h>

typedef struct input {
    bool json;
    const char *markdown, *sources;
    char **names; /* which ops; all when there are none */
    int count;
} input;

static error_t parse(int key, char *arg, struct argp_state *state) {
    input *in = state->input;
    switch (key) {
    case 'j':
        in->json = true;
        return 0;
    case 'm':
        in->markdown = arg;
        return 0;
    case 's':
        in->sources = arg;
        return 0;
    case ARGP_KEY_ARGS:
        in->names = state->argv + state->next;
        in->count = state->argc - state->next;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static bool wanted(const input *in, const tg_op *op) {
    for (int i = 0; i < in->count; i++)
        if (strcmp(in->names[i], op->name) == 0) return true;
    return in->count == 0;
}

static cJSON *attr_json(const tg_attr *attr) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", attr->name);
    cJSON_AddStringToObject(o, "type", tg_attr_type_name(attr->type));
    cJSON_AddNumberToObject(o, "default", attr->zero_means);
    cJSON_AddStringToObject(o, "help", attr->help ? attr->help : "");
    return o;
}

static cJSON *op_json(const tg_op *op) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", op->name);
    cJSON_AddNumberToObject(o, "arity", op->arity);
    cJSON_AddStringToObject(o, "brief", op->brief ? op->brief : "");
    cJSON_AddStringToObject(o, "formula", op->math ? op->math : "");
    cJSON *derivatives = cJSON_AddArrayToObject(o, "derivative");
    for (int k = 0; k < TG_MAX_ARGS && op->derivative[k]; k++)
        cJSON_AddItemToArray(derivatives, cJSON_CreateString(op->derivative[k]));
    cJSON_AddBoolToObject(o, "elementwise", op->elementwise);
    cJSON_AddBoolToObject(o, "random", op->random);
    if (op->kinks) cJSON_AddStringToObject(o, "kinks", op->kinks);
    cJSON *options = cJSON_AddArrayToObject(o, "options");
    for (const tg_attr *attr = op->attrs; attr && attr->name; attr++)
        cJSON_AddItemToArray(options, attr_json(attr));
    return o;
}

static int print_json(const input *in) {
    cJSON *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o, "ops");
    for (int i = 0; i < tg_op_count(); i++)
        if (wanted(in, tg_op_get(i))) cJSON_AddItemToArray(list, op_json(tg_op_get(i)));
    return tg_cli_print_json(o);
}

static int print_table(const input *in) {
    printf("%-18s %-8s %-36s %s\n", "op", "arity", "formula", "derivative");
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        if (!wanted(in, op)) continue;
        char arity[16] = "any";
        if (op->arity != TG_VARIADIC) snprintf(arity, sizeof arity, "%d", op->arity);
        printf("%-18s %-8s %-36s", op->name, arity, op->math ? op->math : "");
        for (int k = 0; k < TG_MAX_ARGS && op->derivative[k]; k++)
            printf("%s%s", k ? ", " : " ", op->derivative[k]);
        putchar('\n');
    }
    return TG_EXIT_OK;
}

static int print_pages(const input *in) {
    tg_status status = {0};
    for (int i = 0; i < tg_op_count(); i++)
        if (wanted(in, tg_op_get(i)) && !tg_op_page(tg_op_get(i), in->markdown, in->sources, &status)) break;
    if (!status.failed && in->count == 0) tg_op_index(in->markdown, &status);
    return status.failed ? tg_cli_fail("%s", status.message) : TG_EXIT_OK;
}

static int run(int argc, char **argv) {
    static const struct argp_option options[] = {
        {"json", 'j', 0, 0, "One JSON object on standard output", 0},
        {"markdown", 'm', "DIR", 0, "Write a reference page per op, DIR/NAME.md, and an index", 0},
        {"sources", 's', "DIR", 0,
         "With --markdown: the folder of the op files, whose C declarations are shown", 0},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "[OP...]",
                                     "Lists the ops: name, number of arguments, formula, derivative.\v"
                                     "Examples:\n"
                                     "  tapegrad ops                  all of them\n"
                                     "  tapegrad ops sigmoid matmul   two of them\n"
                                     "  tapegrad ops --json           for programs",
                                     0,
                                     0,
                                     0};
    input in = {0};
    tg_cli_parse(&argp, argc, argv, &in);
    for (int i = 0; i < in.count; i++)
        if (!tg_op_find(in.names[i]))
            return tg_cli_fail("there is no op '%s'; `tapegrad ops` lists them", in.names[i]);
    return in.markdown ? print_pages(&in) : in.json ? print_json(&in) : print_table(&in);
}

const tg_command tg_command_ops = {"ops", "the ops: name, arity, formula, derivative", run};
