/* desync-scan: compares every item and reports; repairs, if asked to. */
#include <stdlib.h>

#include "baseline.h"
#include "changes.h"
#include "desync/rules.h"
#include "program.h"

static const struct cli_program program = {
	.name = "desync-scan",
	.usage = "[OPTION...] [--] [ID...]",
	.summary =
		"Compares the copies of every item's status, or of the items named, and reports\n"
		"where they disagree. With --fix it repairs what can be repaired.\n"
		"\n"
		"Exit status: 0 all was read and agrees; 1 a disagreement; 2 something could not\n"
		"be read, judged or written; 3 --fix met a file that somebody else changed, or a\n"
		"lock; 4 a change was interrupted.",
	.options = "directory rule config all staged rev since gate explain fix wait "
		   "allow-plain-rename strict severity baseline no-baseline write-baseline format "
		   "oneline output color max-file-size jobs quiet verbose",
};

static const struct cli_words repairing = {
	.done = "repaired",
	.nothing = "nothing to repair",
};

static int look(ds_result **out, struct cli_options *options, ds_repo *repo, ds_error *err)
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
		.gate = options->gate,
		.keep_verdicts = true,
		.baseline = options->no_baseline ? "" : options->baseline,
		.severities = options->severities,
	};

	if (options->oneline)
		options->format = "oneline";
	cli_progress_begin(&progress, options);
	int status = ds_scan(out, repo, &wanted, err);
	cli_progress_end(&progress);
	return status;
}

static int scan(struct cli_options *options, ds_repo *repo, ds_error *err)
{
	ds_result *result;
	int status = look(&result, options, repo, err);
	return status ? status : cli_conclude(&program, options, result);
}

/* What the new baseline does not let pass is reported, and makes the status. */
static int adopt(struct cli_options *options, ds_repo *repo, ds_error *err)
{
	ds_result *result;
	char *path = NULL;

	options->baseline = "";
	int status = look(&result, options, repo, err);
	if (status)
		return status;
	status = cli_write_baseline(&path, &program, options, repo, result, err);
	ds_result_free(result);
	options->baseline = path;
	if (!status)
		status = scan(options, repo, err);
	free(path);
	return status;
}

/* For a person it says what it did. A report for a program is always that of a scan:
 * of the state that the repair has left. */
static int repair(struct cli_options *options, ds_repo *repo, ds_error *err)
{
	ds_plan *plan;
	bool report = options->format || options->oneline || options->output;
	int status = cli_plan_fix(&plan, options, repo, err);

	options->yes = true;
	if (!status && !report)
		status = cli_settle(&program, options, &repairing, plan);
	else if (!status)
		status = cli_carry_out(&program, options, &repairing, plan);
	ds_plan_free(plan);
	if (!report || *err->message)
		return status;
	return cli_graver(status, scan(options, repo, err));
}

static int explain(struct cli_options *options, ds_repo *repo, ds_error *err)
{
	int status = ds_explain(repo, options->explain, options->all, cli_write, stdout, err);
	return cli_graver(status, cli_finish_stdout(program.name));
}

static int act(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
	       ds_error *err)
{
	if (options->write_baseline)
		return cli_may_write_baseline(self, options) ? adopt(options, repo, err)
							     : DS_TROUBLE;
	if (options->explain)
		return explain(options, repo, err);
	return options->fix ? repair(options, repo, err) : scan(options, repo, err);
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, act);
}
