/* desync-edit: read, change and write one file that others write, too. */
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "filter.h"
#include "program.h"

static const struct cli_program program = {
	.name = "desync-edit",
	.usage = "[OPTION...] FILE -- COMMAND [ARGUMENT...]",
	.summary =
		"Runs COMMAND with the content of FILE on its standard input; what it prints\n"
		"becomes the content, but only if nobody changed FILE meanwhile: then it runs\n"
		"again on what is there now.\n"
		"\n"
		"Exit status: 0 written, or nothing to change; 2 FILE cannot be read or written,\n"
		"or COMMAND failed or made what was refused; 3 somebody else was first every\n"
		"time, holds the lock, or the content is not that of --expect; 4 an interrupted\n"
		"change needs a person.",
	.options = "expect=HASH hash retries allow-empty allow-invalid guard-ids allow-removal "
		   "commit=MESSAGE wait allow-plain-rename quiet",
	.which = "which file?",
	.least = 1,
	.most = 1,
	.runs_command = true,
	.without_repo = true,
};

struct command {
	char *const *argv;
	bool changed; /* by the last run */
};

static int run(void *context, const char *bytes, size_t len, char **out, size_t *out_len,
	       ds_error *err)
{
	struct command *command = context;
	int status = cli_filter(command->argv, bytes, len, out, out_len, err);
	if (!status)
		command->changed = len != *out_len || (len && memcmp(bytes, *out, len) != 0);
	return status;
}

static int edit(const struct cli_options *options, ds_error *err)
{
	struct command command = {.argv = options->command};
	struct cli_writing writing;
	ds_token token;
	char *notes = NULL;

	cli_begin_writing(&writing, &program, options);
	ds_edit_options wanted = {
		.size = sizeof wanted,
		.retries = options->retries,
		.expect = options->expect,
		.allow_empty = options->allow_empty,
		.allow_invalid = options->allow_invalid,
		.guard_ids = options->guard_ids,
		.allow_removal = options->allow_removal,
		.apply = writing.apply,
	};
	int status = ds_edit_file(options->ids[0], run, &command, &wanted, &token, &notes, err);
	cli_say_notes(&program, notes);
	free(notes);
	if (status)
		return status;
	if (options->commit && command.changed)
		status = cli_commit(&program, options, NULL, options->ids, 1, options->commit);
	if (options->quiet)
		return status;
	cli_put(stdout, options->ids[0]);
	puts(command.changed ? ": written" : ": nothing to change");
	return cli_graver(status, cli_finish_stdout(program.name));
}

static int print_hash(const struct cli_options *options, ds_error *err)
{
	char *bytes = NULL;
	size_t len;
	ds_token token;

	int status = ds_read_file(&bytes, &len, &token, options->ids[0], err);
	free(bytes);
	if (status)
		return status;
	puts(token.hex);
	return cli_finish_stdout(program.name);
}

static int act(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
	       ds_error *err)
{
	(void)repo;
	bool runs = *options->command != NULL;

	if (options->hash == runs) {
		cli_complain(self->name, runs ? "--hash runs no command: leave one out"
					      : "which command? usage: desync-edit FILE -- "
						"COMMAND");
		return DS_TROUBLE;
	}
	if (options->commit && !*options->commit) {
		cli_complain(self->name, "--commit needs a message");
		return DS_TROUBLE;
	}
	return options->hash ? print_hash(options, err) : edit(options, err);
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, act);
}
