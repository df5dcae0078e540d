#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desync.h"
#include "output.h"

struct option_line {
	int letter; /* what getopt_long returns; a small one is also a short option */
	const char *name;
	const char *argument; /* or NULL */
	const char *help;
};

enum { LARGE = 128 }; /* letters below it can be typed */

/* A program's list of letters names an option that cannot be typed by what is above
 * LARGE. */
static const struct option_line lines[] = {
	{'C', "directory", "DIR", "look from DIR instead of the current directory"},
	{LARGE + 'r', "rule", "NAME", "only this rule"},
	{LARGE + 'a', "all", NULL, "look into skipped directories too (_archive and others)"},
	{LARGE + 's', "strict", NULL, "exit 1 for a warning, too"},
	{LARGE + 'l', "lenient", NULL, "let gaps and unknown words pass"},
	{LARGE + 'f', "format", "FORMAT", "text (the default) or json"},
	{LARGE + '1', "oneline", NULL, "one line for a status bar"},
	{LARGE + 'o', "output", "FILE", "write the report to FILE"},
	{LARGE + 'c', "color", "WHEN", "auto (the default), always or never"},
	{'j', "jobs", "N", "use N threads"},
	{'q', "quiet", NULL, "print no report; the exit status says it"},
	{'v', "verbose", NULL, "list every warning, and say all of every error"},
	{'h', "help", NULL, "print this and exit"},
	{'V', "version", NULL, "print the version and exit"},
};

enum { LINES = sizeof lines / sizeof *lines, JOBS_LIMIT = 256 };

static bool takes(const struct cli_program *program, const struct option_line *line)
{
	int letter = line->letter < LARGE ? line->letter : line->letter - LARGE;
	return strchr("hV", letter) || strchr(program->options, letter);
}

static void print_help(const struct cli_program *program)
{
	printf("usage: %s %s\n\n%s\n\noptions:\n", program->name, program->usage, program->summary);
	for (size_t i = 0; i < LINES; i++) {
		char left[40];
		if (!takes(program, &lines[i]))
			continue;
		snprintf(left, sizeof left, "--%s%s%s", lines[i].name, lines[i].argument ? " " : "",
			 lines[i].argument ? lines[i].argument : "");
		if (lines[i].letter < LARGE)
			printf("  -%c, %-18s %s\n", lines[i].letter, left, lines[i].help);
		else
			printf("      %-18s %s\n", left, lines[i].help);
	}
}

static int bad_usage(const struct cli_program *program, const char *what, const char *value)
{
	char shown[200];
	cli_escape(shown, sizeof shown, value);
	cli_complain(program->name, "%s '%s'; see %s --help", what, shown, program->name);
	return DS_TROUBLE;
}

static bool parse_jobs(const char *text, unsigned *jobs)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < 1 || value > JOBS_LIMIT)
		return false;
	*jobs = (unsigned)value;
	return true;
}

static bool parse_color(const char *text, enum cli_color *color)
{
	static const char *const names[] = {[CLI_COLOR_AUTO] = "auto",
					    [CLI_COLOR_ALWAYS] = "always",
					    [CLI_COLOR_NEVER] = "never"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], text) == 0) {
			*color = (enum cli_color)i;
			return true;
		}
	}
	return false;
}

/* Returns -1 to go on. */
static int take_option(struct cli_options *o, const struct cli_program *program, int letter,
		       const char *value)
{
	switch (letter) {
	case 'C':
		o->directory = value;
		break;
	case LARGE + 'r':
		o->rule = value;
		break;
	case LARGE + 'a':
		o->all = true;
		break;
	case LARGE + 's':
		o->strict = true;
		break;
	case LARGE + 'l':
		o->lenient = true;
		break;
	case LARGE + '1':
		o->oneline = true;
		break;
	case LARGE + 'o':
		o->output = value;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case LARGE + 'f':
		if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
			return bad_usage(program, "there is text and json, but no format", value);
		o->format = value;
		break;
	case LARGE + 'c':
		if (!parse_color(value, &o->color))
			return bad_usage(program, "--color takes auto, always or never, not",
					 value);
		break;
	case 'j':
		if (!parse_jobs(value, &o->jobs))
			return bad_usage(program, "--jobs takes a number from 1 to 256, not",
					 value);
		break;
	case 'h':
		print_help(program);
		return cli_finish_stdout(program->name);
	case 'V':
		printf("%s %s\n", program->name, ds_version());
		return cli_finish_stdout(program->name);
	default:
		return DS_TROUBLE;
	}
	return -1;
}

/* What getopt_long needs, made from the table: a leading "-" keeps the order of
 * options and ids whatever POSIXLY_CORRECT says, ":" leaves the words to us. */
static void prepare(const struct cli_program *program, char *shorts, struct option *longs)
{
	*shorts++ = '-';
	*shorts++ = ':';
	for (size_t i = 0; i < LINES; i++) {
		const struct option_line *line = &lines[i];
		if (!takes(program, line))
			continue;
		*longs++ = (struct option){line->name,
					   line->argument ? required_argument : no_argument, NULL,
					   line->letter};
		if (line->letter >= LARGE)
			continue;
		*shorts++ = (char)line->letter;
		if (line->argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*longs = (struct option){0};
}

int cli_parse(struct cli_options *options, const struct cli_program *program, int argc, char **argv)
{
	char shorts[2 * LINES + 3];
	struct option longs[LINES + 1];
	int letter;

	*options = (struct cli_options){0};
	options->ids = calloc((size_t)argc + 1, sizeof *options->ids);
	if (!options->ids) {
		cli_complain(program->name, "out of memory");
		return DS_TROUBLE;
	}
	prepare(program, shorts, longs);
	opterr = 0;
	for (;;) {
		int at = optind;
		letter = getopt_long(argc, argv, shorts, longs, NULL);
		if (letter == -1)
			break;
		if (letter == 1) {
			options->ids[options->id_count++] = optarg;
			continue;
		}
		if (letter == ':')
			return bad_usage(program, "a value is missing behind", argv[at]);
		/* getopt_long knows an option that takes no value, and says so in optopt. */
		if (letter == '?' && optopt && strncmp(argv[at], "--", 2) == 0)
			return bad_usage(program, "no value may follow", argv[at]);
		if (letter == '?')
			return bad_usage(program, "unknown option", argv[at]);
		int status = take_option(options, program, letter, optarg);
		if (status >= 0)
			return status;
	}
	while (optind < argc)
		options->ids[options->id_count++] = argv[optind++];
	if (options->oneline && options->format) {
		cli_complain(program->name, "--oneline is a format of its own: leave out --format");
		return DS_TROUBLE;
	}
	if (program->needs_id && !options->id_count) {
		cli_complain(program->name, "which item? usage: %s %s", program->name,
			     program->usage);
		return DS_TROUBLE;
	}
	return -1;
}

void cli_options_free(struct cli_options *options)
{
	free(options->ids);
}
