/*
 * filter.h - running a command that makes new content of old
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include "desync/change.h"

/* No more than this may come back. */
enum { CLI_FILTER_LIMIT = 16 * 1024 * 1024 };

/*
 * Runs the command (argv[0] looked for on the PATH, no shell) in a session of its own:
 * it gets the content on its standard input, of which it need not read all, and what it
 * writes to its standard output is the result, in *out, for free(). Its standard error
 * is ours. Returns 0, or DS_TROUBLE where it could not be run, failed, was killed, or
 * wrote too much. A signal that ends us (HUP, INT, TERM) ends the command first.
 */
int cli_filter(char *const *argv, const char *bytes, size_t len, char **out, size_t *out_len,
	       ds_error *err);

#endif
