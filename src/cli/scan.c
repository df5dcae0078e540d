/* desync-scan: compares every item and reports. */
#include "output.h"
#include "program.h"

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

static int scan(ds_result **out, struct cli_options *options, ds_repo *repo, ds_error *err)
{
	struct cli_progress progress;
	ds_scan_options wanted = {
		.size = sizeof wanted,
		.ids = options->id_count ? options->ids : NULL,
		.id_count = options->id_count,
		.all = options->all,
		.jobs = options->jobs,
		.progress = cli_progress_show,
		.progress_context = &progress,
	};

	if (options->oneline)
		options->format = "oneline";
	cli_progress_begin(&progress, options);
	int status = ds_scan(out, repo, &wanted, err);
	cli_progress_end(&progress);
	return status;
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, scan);
}
