#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desync.h"
#include "output.h"
#include "values.h"

enum kind { FLAG, TEXT, LIST, FORMAT, COLOR, JOBS, RETRIES, SECONDS, SIZE, HELP, VERSION };

struct option_line {
	const char *name;
	/* NULL: none; in brackets: it may be left out. Of a flag, which has none: what tells
	 * it from another of its name. */
	const char *argument;
	char letter; /* or 0 */
	unsigned char kind;
	size_t field; /* where in struct cli_options it goes */
	const char *help;
};

#define AT(field) offsetof(struct cli_options, field)

static const struct option_line lines[] = {
	{"directory", " DIR", 'C', TEXT, AT(directory),
	 "look from DIR instead of the current directory"},
	{"rule", " NAME", 0, TEXT, AT(rule), "only this rule"},
	{"config", " FILE", 0, TEXT, AT(config),
	 "take the rules from FILE, none from the repository"},
	{"all", NULL, 0, FLAG, AT(all), "look into skipped directories too (_archive and others)"},
	{"staged", NULL, 0, FLAG, AT(staged), "judge what git would commit, not the files"},
	{"rev", " REV", 0, TEXT, AT(revision), "judge that commit, tag or tree, not the files"},
	{"since", " REV", 0, TEXT, AT(since), "with --rev: what is gone since REV, too"},
	{"gate", " WHICH", 0, TEXT, AT(gate),
	 "of what git keeps: judge all items, or those touched"},
	{"explain", " ITEM", 0, TEXT, AT(explain), "show how ITEM is judged, and by which lines"},
	{"fix", NULL, 0, FLAG, AT(fix), "repair what can be repaired, without asking"},
	{"yes", NULL, 0, FLAG, AT(yes), "do all of it without asking"},
	{"dry-run", NULL, 0, FLAG, AT(dry_run), "list what would change, and write nothing"},
	{"dry-run", " config", 0, FLAG, AT(dry_run), "print the configuration, and write nothing"},
	{"agents", NULL, 0, FLAG, AT(agents), "print lines for an agent's instruction file"},
	{"check", NULL, 0, FLAG, AT(gaps), "list what no rule reads, and unknown words"},
	{"all", " words", 0, FLAG, AT(all), "with --check: words of archived items, too"},
	{"diff", NULL, 0, FLAG, AT(diff), "print what would change as a patch, and write nothing"},
	{"prefer", " COPY", 0, TEXT, AT(prefer), "believe COPY, not the rule's authority"},
	{"expect", " OLD", 0, TEXT, AT(expect), "only if every copy says OLD"},
	{"force", NULL, 0, FLAG, AT(force), "against the rule's transitions; needs --reason"},
	{"reason", " TEXT", 0, TEXT, AT(reason), "why, for the log and for the item"},
	{"add-missing", NULL, 0, FLAG, AT(add_missing), "give a copy without a status its status"},
	{"undo", "[=TXID]", 0, TEXT, AT(undo), "take a change back, the last one or TXID"},
	{"recover", NULL, 0, FLAG, AT(recover), "settle an interrupted change, and nothing else"},
	{"log", "[=ID]", 0, TEXT, AT(log), "list what was changed, of all or of one item"},
	{"expect", " HASH", 0, TEXT, AT(expect), "only if this is the hash of the content"},
	{"hash", NULL, 0, FLAG, AT(hash), "print the hash of the content, and exit"},
	{"retries", " N", 0, RETRIES, AT(retries),
	 "start again up to N times (5) after a conflict"},
	{"allow-empty", NULL, 0, FLAG, AT(allow_empty), "let the result be empty"},
	{"allow-invalid", NULL, 0, FLAG, AT(allow_invalid), "let a .json file be no valid JSON"},
	{"guard-ids", " PATH", 0, TEXT, AT(guard_ids), "refuse to lose records of this JSON array"},
	{"allow-removal", NULL, 0, FLAG, AT(allow_removal), "... but let them go this time"},
	{"commit", "[=MESSAGE]", 0, TEXT, AT(commit), "commit exactly the files that changed"},
	{"commit", " MESSAGE", 0, TEXT, AT(commit), "commit exactly this file, if it changed"},
	{"wait", " SECONDS", 0, SECONDS, AT(wait), "wait so long for other writers (10)"},
	{"allow-plain-rename", NULL, 0, FLAG, AT(plain_rename),
	 "where files cannot be swapped, rename"},
	{"pre-push", NULL, 0, FLAG, AT(pre_push), "pre-push, too: what is pushed is judged"},
	{"all", " hooks", 0, FLAG, AT(all), "every hook; in a bare repository pre-receive"},
	{"force", " hooks", 0, FLAG, AT(force),
	 "also where core.hooksPath is set for other repositories, too"},
	{"as-config", NULL, 0, FLAG, AT(as_config), "as configuration, not as files (git 2.54)"},
	{"strict", NULL, 0, FLAG, AT(strict), "exit 1 for a warning, too"},
	{"lenient", NULL, 0, FLAG, AT(lenient), "let gaps and unknown words pass"},
	{"severity", " CODE=LEVEL", 0, LIST, AT(severities),
	 "count a finding as error, warning or info"},
	{"baseline", " FILE", 0, TEXT, AT(baseline),
	 "let pass what FILE lists (.desync-baseline.json)"},
	{"no-baseline", NULL, 0, FLAG, AT(no_baseline), "let nothing pass"},
	{"write-baseline", "[=FILE]", 0, TEXT, AT(write_baseline),
	 "let pass from now on what is found"},
	{"format", " FORMAT", 0, FORMAT, AT(format), "write the report as "},
	{"oneline", NULL, 0, FLAG, AT(oneline), "one line for a status bar"},
	{"output", " FILE", 0, TEXT, AT(output), "write the report to FILE"},
	{"color", " WHEN", 0, COLOR, AT(color), "auto (the default), always or never"},
	{"max-file-size", " SIZE", 0, SIZE, AT(file_limit),
	 "read files up to SIZE (16M); K, M or G may follow"},
	{"jobs", " N", 'j', JOBS, AT(jobs), "use N threads"},
	{"quiet", NULL, 'q', FLAG, AT(quiet), "print no report; the exit status says it"},
	{"verbose", NULL, 'v', FLAG, AT(verbose),
	 "say more: every warning, and all of every error"},
	{"help", NULL, 'h', HELP, 0, "print this and exit"},
	{"version", NULL, 'V', VERSION, 0, "print the version and exit"},
};

enum {
	LINES = sizeof lines / sizeof *lines,
	JOBS_LIMIT = 256,
	RETRIES_LIMIT = 1000000,
	LARGE = 256
};

/* Whether the word, as long as it is, names the line: "all"; or, where two options share
 * a name, "expect=OLD", "commit[=MESSAGE]" or "all=hooks". */
static bool names(const char *word, size_t len, const struct option_line *line)
{
	size_t name = strlen(line->name);
	const char *argument = line->argument;

	if (len < name || strncmp(word, line->name, name) != 0)
		return false;
	word += name;
	len -= name;
	if (!len || !argument)
		return !len && (!argument || line->kind != FLAG);
	if (*word != (*argument == ' ' ? '=' : *argument))
		return false;
	return len == strlen(argument) && strncmp(word + 1, argument + 1, len - 1) == 0;
}

static bool takes(const struct cli_program *program, const struct option_line *line)
{
	if (line->kind == HELP || line->kind == VERSION)
		return true;
	for (const char *word = program->options; *word; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");
		if (names(word, len, line))
			return true;
		word += len;
	}
	return false;
}

static const char *argument_of(const struct option_line *line)
{
	return line->kind == FLAG ? NULL : line->argument;
}

/* "--name ARGUMENT" */
static int say_option(char *out, size_t room, const struct option_line *line)
{
	const char *argument = argument_of(line);
	return snprintf(out, room, "--%s%s", line->name, argument ? argument : "");
}

/* "text, json or yaml": those that the library has. */
static void say_formats(char *out, size_t room)
{
	const char *name;
	size_t len = 0;

	for (size_t i = 0; (name = ds_report_format(i)) && len < room; i++)
		len += (size_t)snprintf(out + len, room - len, "%s%s",
					!i                        ? ""
					: ds_report_format(i + 1) ? ", "
								  : " or ",
					name);
}

static void print_help(const struct cli_program *program)
{
	char left[40];
	char formats[80];
	int width = 0;

	say_formats(formats, sizeof formats);
	for (size_t i = 0; i < LINES; i++) {
		int len = takes(program, &lines[i]) ? say_option(left, sizeof left, &lines[i]) : 0;
		width = len > width ? len : width;
	}
	printf("usage: %s %s\n\n%s\n\noptions:\n", program->name, program->usage, program->summary);
	for (size_t i = 0; i < LINES; i++) {
		if (!takes(program, &lines[i]))
			continue;
		say_option(left, sizeof left, &lines[i]);
		if (lines[i].letter)
			printf("  -%c, %-*s  %s", lines[i].letter, width, left, lines[i].help);
		else
			printf("      %-*s  %s", width, left, lines[i].help);
		puts(lines[i].kind == FORMAT ? formats : "");
	}
}

static int bad_usage(const struct cli_program *program, const char *what, const char *value)
{
	char shown[200];
	cli_escape(shown, sizeof shown, value);
	cli_complain(program->name, "%s '%s'; see %s --help", what, shown, program->name);
	return DS_TROUBLE;
}

/* ---- Values -------------------------------------------------------------- */

static int bad_format(const struct cli_program *program, const char *value)
{
	char formats[80];
	char what[120];

	say_formats(formats, sizeof formats);
	snprintf(what, sizeof what, "--format takes %s, not", formats);
	return bad_usage(program, what, value);
}

/* Returns -1 to go on. */
static int take_value(const struct cli_program *program, enum kind kind, void *field,
		      const char *value)
{
	long number;

	switch (kind) {
	case FORMAT:
		if (!cli_is_format(value))
			return bad_format(program, value);
		*(const char **)field = value;
		return -1;
	case COLOR:
		if (!cli_parse_color(value, field))
			return bad_usage(program, "--color takes auto, always or never, not",
					 value);
		return -1;
	case JOBS:
		if (!cli_parse_number(value, 1, JOBS_LIMIT, &number))
			return bad_usage(program, "--jobs takes a number from 1 to 256, not",
					 value);
		*(unsigned *)field = (unsigned)number;
		return -1;
	case RETRIES:
		if (!cli_parse_number(value, 0, RETRIES_LIMIT, &number))
			return bad_usage(program, "--retries takes a number, not", value);
		*(unsigned *)field = number ? (unsigned)number : (unsigned)-1;
		return -1;
	case SECONDS:
		if (!cli_parse_seconds(value, field))
			return bad_usage(program, "--wait takes a number of seconds, not", value);
		return -1;
	case SIZE:
		if (!cli_parse_size(value, field))
			return bad_usage(program,
					 "--max-file-size takes a number of bytes, or one "
					 "with K, M or G behind it, not",
					 value);
		return -1;
	default:
		return DS_TROUBLE;
	}
}

/* A list has room for every word of the command line. */
static void append(const char **list, const char *value)
{
	while (*list)
		list++;
	*list = value;
}

static int take_option(struct cli_options *options, const struct cli_program *program,
		       const struct option_line *line, const char *value)
{
	void *field = (char *)options + line->field;

	switch (line->kind) {
	case FLAG:
		*(bool *)field = true;
		return -1;
	case TEXT:
		*(const char **)field = value ? value : "";
		return -1;
	case LIST:
		append(*(const char ***)field, value);
		return -1;
	case HELP:
		print_help(program);
		return cli_finish_stdout(program->name);
	case VERSION:
		printf("%s %s\n", program->name, ds_version());
		return cli_finish_stdout(program->name);
	default:
		return take_value(program, (enum kind)line->kind, field, value);
	}
}

/* ---- The command line ---------------------------------------------------- */

/* What getopt_long needs, made from the table: a leading "-" keeps the order of
 * options and words whatever POSIXLY_CORRECT says, ":" leaves the messages to us. */
static void prepare(const struct cli_program *program, char *shorts, struct option *longs)
{
	*shorts++ = '-';
	*shorts++ = ':';
	for (size_t i = 0; i < LINES; i++) {
		const struct option_line *line = &lines[i];
		if (!takes(program, line))
			continue;
		const char *takes_one = argument_of(line);
		int argument = !takes_one          ? no_argument
			       : *takes_one == '[' ? optional_argument
						   : required_argument;
		*longs++ = (struct option){line->name, argument, NULL, LARGE + (int)i};
		if (!line->letter)
			continue;
		*shorts++ = line->letter;
		if (takes_one)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*longs = (struct option){0};
}

static const struct option_line *find_line(int returned)
{
	if (returned >= LARGE)
		return &lines[returned - LARGE];
	for (size_t i = 0; i < LINES; i++)
		if (lines[i].letter == returned)
			return &lines[i];
	return NULL;
}

/* Returns -1 to go on. */
static int read_words(struct cli_options *options, const struct cli_program *program, int argc,
		      char **argv)
{
	char shorts[2 * LINES + 3];
	struct option longs[LINES + 1];

	prepare(program, shorts, longs);
	opterr = 0;
	for (;;) {
		int at = optind;
		int returned = getopt_long(argc, argv, shorts, longs, NULL);
		if (returned == -1)
			return -1;
		if (returned == 1) {
			options->ids[options->id_count++] = optarg;
			continue;
		}
		if (returned == ':')
			return bad_usage(program, "a value is missing behind", argv[at]);
		/* getopt_long knows an option that takes no value, and says so in optopt. */
		if (returned == '?' && optopt && strncmp(argv[at], "--", 2) == 0)
			return bad_usage(program, "no value may follow", argv[at]);
		const struct option_line *line = find_line(returned);
		if (returned == '?' || !line)
			return bad_usage(program, "unknown option", argv[at]);
		int status = take_option(options, program, line, optarg);
		if (status >= 0)
			return status;
	}
}

static int check_words(const struct cli_options *options, const struct cli_program *program)
{
	if (options->oneline && options->format) {
		cli_complain(program->name, "--oneline is a format of its own: leave out --format");
		return DS_TROUBLE;
	}
	if (options->staged && options->revision)
		return bad_usage(program, "--staged is another place to look than --rev",
				 options->revision);
	if (options->since && !options->revision)
		return bad_usage(program, "only with --rev there is --since", options->since);
	if (options->gate && !options->staged && !options->revision && !program->runs_command)
		return bad_usage(program, "only with --staged or --rev there is --gate",
				 options->gate);
	if (options->explain && (options->id_count || options->fix || options->write_baseline ||
				 options->format || options->oneline || options->output))
		return bad_usage(program, "one item, as text and nothing else: --explain",
				 options->explain);
	if (options->fix && (options->staged || options->revision))
		return bad_usage(program, "only files can be repaired, not what is in",
				 options->staged ? "--staged" : options->revision);
	if (options->no_baseline && (options->baseline || options->write_baseline)) {
		cli_complain(program->name, "--no-baseline and another baseline: leave one out");
		return DS_TROUBLE;
	}
	if (options->id_count < program->least) {
		cli_complain(program->name, "%s usage: %s %s", program->which, program->name,
			     program->usage);
		return DS_TROUBLE;
	}
	if (program->most && options->id_count > program->most)
		return bad_usage(program, "one word too many:", options->ids[program->most]);
	return -1;
}

int cli_parse(struct cli_options *options, const struct cli_program *program, int argc, char **argv)
{
	*options = (struct cli_options){.argv = argv};
	options->ids = calloc((size_t)argc + 1, sizeof *options->ids);
	options->severities = calloc((size_t)argc + 1, sizeof *options->severities);
	if (!options->ids || !options->severities) {
		cli_complain(program->name, "out of memory");
		return DS_TROUBLE;
	}
	int status = read_words(options, program, argc, argv);
	if (status >= 0)
		return status;
	options->command = argv + optind;
	while (!program->runs_command && optind < argc)
		options->ids[options->id_count++] = argv[optind++];
	return check_words(options, program);
}

void cli_options_free(struct cli_options *options)
{
	free(options->ids);
	free(options->severities);
}
