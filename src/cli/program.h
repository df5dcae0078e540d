/*
 * program.h - what every program does around its one call
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "desync.h"
#include "options.h"

/* Parses, opens the repository, hands both to `look`, and gives the status to exit
 * with. `look` makes a result, or fails and fills err. */
int cli_main(const struct cli_program *program, int argc, char **argv,
	     int (*look)(ds_result **out, struct cli_options *options, ds_repo *repo,
			 ds_error *err));

#endif
