/* command.h: the subcommands of the `tapegrad` command. Each stands in tools/NAME.c as tg_command_NAME and
   is listed in commands.def. */
#ifndef TG_TOOLS_COMMAND_H
#define TG_TOOLS_COMMAND_H

/* Exit statuses. */
enum { TG_EXIT_OK = 0, TG_EXIT_FAILED = 1, TG_EXIT_USAGE = 2, TG_EXIT_VACUOUS = 3 };

typedef struct tg_command {
    const char *name;
    const char *brief;                 /* one line for `tapegrad --help` */
    int (*run)(int argc, char **argv); /* argv[0] is "tapegrad NAME"; returns the exit status */
} tg_command;

#define COMMAND(name) extern const tg_command tg_command_##name;
#include "commands.def"
#undef COMMAND

#endif
