/*
 * options.h - the command line, the same for every program
 *
 * Each option is a line in a table; a program names those that it takes. The help
 * text is printed from that table, so the two cannot differ.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

struct cli_options {
	const char *directory;
	const char *rule;
	const char *config;
	size_t file_limit; /* 0: the default */
	const char *explain;
	const char *format;
	const char *output; /* NULL: standard output */
	const char *revision;
	const char *gate;
	const char *since;
	bool staged;
	enum cli_color color;
	unsigned jobs;
	bool all;
	bool strict;
	bool lenient;
	bool oneline;
	bool quiet;
	bool verbose;

	/* What is let pass. */
	const char *baseline;
	bool no_baseline;
	const char *write_baseline; /* "": where it is looked for */
	const char **severities;    /* ended by NULL */

	/* Of those that write. */
	bool fix;
	bool yes;
	bool dry_run;
	bool diff;
	bool add_missing;
	bool recover;
	bool force;
	bool plain_rename;
	const char *prefer;
	const char *expect;
	const char *reason;
	const char *undo;   /* "": without a name */
	const char *log;    /* "": of everything */
	const char *commit; /* "": with a message of ours */
	double wait;        /* as ds_apply_options has it */

	/* Of desync-edit. */
	bool hash;
	bool allow_empty;
	bool allow_invalid;
	bool allow_removal;
	unsigned retries; /* -1: none */
	const char *guard_ids;

	/* Of desync-init. */
	bool agents;
	bool gaps;

	/* Of desync-hook. */
	bool pre_push;
	bool as_config;

	const char **ids;
	size_t id_count;
	char **command; /* what stands behind "--", ended by NULL, where a program runs it */
	char **argv;    /* all of it, for the log */
};

struct cli_program {
	const char *name;
	const char *usage;   /* behind the name, in the first line of the help */
	const char *summary; /* what it does, and what its exit status means */
	const char *options; /* the names of those it takes; see options.c */
	const char *which;   /* what to ask where there are too few words */
	size_t least;        /* words: ids, a status, a file */
	size_t most;         /* 0: any number */
	bool runs_command;
	bool without_repo; /* it finds one itself, or needs none */
};

/* Fills `options`. Returns -1 to go on, or the status to exit with: --help and
 * --version were answered, or something was wrong and has been said. */
int cli_parse(struct cli_options *options, const struct cli_program *program, int argc,
	      char **argv);
void cli_options_free(struct cli_options *options);

#endif
