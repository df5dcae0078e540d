/*
 * options.h - the command line, the same for every program
 *
 * Each option is a line in a table; a program says which of them it takes. The
 * help text is printed from that table, so the two cannot differ.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

struct cli_options {
	const char *directory;
	const char *rule;
	const char *format;
	const char *output; /* NULL: standard output */
	enum cli_color color;
	unsigned jobs;
	bool all;
	bool strict;
	bool lenient;
	bool oneline;
	bool quiet;
	bool verbose;
	const char **ids;
	size_t id_count;
};

struct cli_program {
	const char *name;
	const char *usage;   /* behind the name, in the first line of the help */
	const char *summary; /* what it does, and what its exit status means */
	const char *options; /* the letters of those it takes; see options.c */
	bool needs_id;
};

/* Fills `options`. Returns -1 to go on, or the status to exit with: --help and
 * --version were answered, or something was wrong and has been said. */
int cli_parse(struct cli_options *options, const struct cli_program *program, int argc,
	      char **argv);
void cli_options_free(struct cli_options *options);

#endif
