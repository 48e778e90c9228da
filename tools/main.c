/* main.c: the `tapegrad` command: finds the subcommand and runs it. */
#include "cli.h"
#include "tapegrad.h"

#include <stdio.h>
#include <string.h>

static const tg_command *const commands[] = {
#define COMMAND(name) &tg_command_##name,
#include "commands.def"
#undef COMMAND
};
#define COMMANDS ((int)(sizeof commands / sizeof *commands))

static void help(FILE *out) {
    fprintf(out,
            "Usage: tapegrad COMMAND [OPTION...]\n"
            "Automatic differentiation on a tape: train small networks, check derivatives, draw graphs.\n\n"
            "Commands:\n");
    for (int i = 0; i < COMMANDS; i++) fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->brief);
    fprintf(
        out,
        "\n`tapegrad COMMAND --help` explains a command's options, with examples; `tapegrad --version` says "
        "which this is.\n");
}

int main(int argc, char **argv) {
    tg_cli_watch_output();
    if (argc < 2) {
        help(stderr);
        return TG_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return TG_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tapegrad %s\n", tg_version());
        return TG_EXIT_OK;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) != 0) continue;
        char name[64];
        snprintf(name, sizeof name, "tapegrad %s", commands[i]->name);
        argv[1] = name;
        return commands[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "tapegrad: unknown command '%s'; `tapegrad --help` lists them\n", argv[1]);
    return TG_EXIT_USAGE;
}
