/*
 * log.h - the log of changes, for a person
 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include "desync/change.h"
#include "options.h"

/* Prints a line for each event, of everything or of the item that options->log or the
 * first id names; with -v the lines as they are. The status to exit with. */
int cli_print_log(const struct cli_program *program, const struct cli_options *options,
		  ds_repo *repo, ds_error *err);

#endif
