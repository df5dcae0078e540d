/* desync-check: the gate of a done command. */
#include <string.h>

#include "desync.h"
#include "options.h"
#include "output.h"

static const struct cli_program program = {
	.name = "desync-check",
	.usage = "[OPTION...] [--] ID...",
	.summary =
		"Says whether these items may be closed: only if every copy of their status was\n"
		"read and all agree. An ID is the full id, its number, or a prefix of its own.\n"
		"\n"
		"Exit status: 0 all agree; 1 a disagreement, a gap or an unknown word; 2 an item\n"
		"could not be found, read or judged.",
	.options = "Cralfocqv",
};

static int check(struct cli_options *options, ds_repo *repo)
{
	ds_result *result;
	ds_error err;
	ds_scan_options wanted = {
		.size = sizeof wanted,
		.ids = options->ids,
		.id_count = options->id_count,
		.all = options->all,
	};

	options->strict = !options->lenient;
	int status = ds_scan(&result, repo, &wanted, &err);
	if (status) {
		cli_complain(program.name, "%s", err.message);
		return status;
	}
	bool json = options->format && strcmp(options->format, "json") == 0;
	status = cli_print_result(program.name, options, result, json ? "json" : "gate");
	if (!status)
		status = ds_result_status(result, options->strict);
	ds_result_free(result);
	return status;
}

int main(int argc, char **argv)
{
	struct cli_options options;
	ds_repo *repo = NULL;
	ds_error err;
	int status = cli_parse(&options, &program, argc, argv);

	if (status < 0 && !options.id_count) {
		cli_complain(program.name, "which item? usage: %s %s", program.name, program.usage);
		status = DS_TROUBLE;
	}
	if (status < 0) {
		ds_open_options wanted = {.size = sizeof wanted, .rule = options.rule};
		status = ds_open(&repo, options.directory, &wanted, &err);
		if (status)
			cli_complain(program.name, "%s", err.message);
		else
			status = check(&options, repo);
	}
	ds_close(repo);
	cli_options_free(&options);
	return status;
}
