/*
 * commit.h - a commit of what was written
 */
#ifndef CLI_COMMIT_H
#define CLI_COMMIT_H

#include "changes.h"

/* Commits the files, relative to `top` (or to the current directory, if that is NULL),
 * and says how that went: 0 or DS_TROUBLE. */
int cli_commit(const struct cli_program *program, const struct cli_options *options,
	       const char *top, const char *const *paths, size_t count, const char *message);

/* The same for all that the plan changed, under the message of the options or one that lists its
 * steps. */
int cli_commit_changed(const struct cli_program *program, const struct cli_options *options,
		       const struct cli_words *words, const ds_plan *plan);

#endif
