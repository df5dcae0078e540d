/* desync-scan: compares every item and reports. */
#include "desync.h"
#include "options.h"
#include "output.h"

static const struct cli_program program = {
	.name = "desync-scan",
	.usage = "[OPTION...] [--] [ID...]",
	.summary =
		"Compares the copies of every item's status, or of the items named, and reports\n"
		"where they disagree.\n"
		"\n"
		"Exit status: 0 all was read and agrees; 1 a disagreement; 2 something could not\n"
		"be read or judged.",
	.options = "Crasf1ocjqv",
};

static int scan(const struct cli_options *options, ds_repo *repo)
{
	struct cli_progress progress;
	ds_result *result;
	ds_error err;
	ds_scan_options wanted = {
		.size = sizeof wanted,
		.ids = options->id_count ? options->ids : NULL,
		.id_count = options->id_count,
		.all = options->all,
		.jobs = options->jobs,
		.progress = cli_progress_show,
		.progress_context = &progress,
	};

	cli_progress_begin(&progress, options);
	int status = ds_scan(&result, repo, &wanted, &err);
	cli_progress_end(&progress);
	if (status) {
		cli_complain(program.name, "%s", err.message);
		return status;
	}
	status = cli_print_result(program.name, options, result,
				  options->oneline ? "oneline" : options->format);
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

	if (status < 0) {
		ds_open_options wanted = {.size = sizeof wanted, .rule = options.rule};
		status = ds_open(&repo, options.directory, &wanted, &err);
		if (status)
			cli_complain(program.name, "%s", err.message);
		else
			status = scan(&options, repo);
	}
	ds_close(repo);
	cli_options_free(&options);
	return status;
}
