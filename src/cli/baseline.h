/*
 * baseline.h - writing down what is let pass from now on
 */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include "desync.h"
#include "options.h"

/* From a part of the items it would lose what it had of the others: complains. */
bool cli_may_write_baseline(const struct cli_program *program, const struct cli_options *options);

/* Writes the baseline that the options ask for, from a scan that let nothing pass, and
 * says how much is in it, and where. *path is where: free() it. */
int cli_write_baseline(char **path, const struct cli_program *program,
		       const struct cli_options *options, const ds_repo *repo,
		       const ds_result *result, ds_error *err);

#endif
