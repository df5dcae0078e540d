/*
 * output.h - everything that a program prints
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include "desync.h"
#include "options.h"

/* "program: message" on standard error. */
void cli_complain(const char *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes from outside as one harmless line, cut to the room there is. */
void cli_escape(char *out, size_t room, const char *bytes);

/* Writes bytes from outside, harmless on a terminal and on one line, as reports do. */
void cli_put(FILE *stream, const char *string);
void cli_put_bytes(FILE *stream, const char *bytes, size_t len);

/* For reports: to the stream that is the context. */
int cli_write(void *stream, const char *bytes, size_t len);

/* Whether everything arrived on standard output: the status to exit with. */
int cli_finish_stdout(const char *program);

/* Whether what is written there is to be coloured. */
bool cli_wants_color(const struct cli_options *options, int fd);

/* Writes the report to where the options say, whole or not at all, and what
 * concerns the call itself to standard error. Returns 0 or DS_TROUBLE. */
int cli_print_result(const char *program, const struct cli_options *options,
		     const ds_result *result, const char *format);

/* Shows on a terminal how far a scan is, once it takes long. */
struct cli_progress {
	bool wanted;
	bool shown;
	long long next; /* when to show it again, in milliseconds of the monotonic clock */
};

void cli_progress_begin(struct cli_progress *progress, const struct cli_options *options);
void cli_progress_show(void *progress, size_t done, size_t total);
void cli_progress_end(struct cli_progress *progress);

#endif
