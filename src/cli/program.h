/*
 * program.h - what every program does around its one call
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "desync.h"
#include "options.h"

/* Does what the program is for, and returns the status to exit with. Where that is
 * not 0 and err->message is not empty, that is still to be said. */
typedef int (*cli_act_fn)(const struct cli_program *program, struct cli_options *options,
			  ds_repo *repo, ds_error *err);

/* Parses, opens the repository (where the program does not do without: then there is NULL),
 * hands both to `act`, and gives the status to exit with. */
int cli_main(const struct cli_program *program, int argc, char **argv, cli_act_fn act);

/* Prints the result as the options say and frees it: the status to exit with. */
int cli_conclude(const struct cli_program *program, const struct cli_options *options,
		 ds_result *result);

/* 4 before 2 before 3 before 1. */
int cli_graver(int a, int b);

#endif
