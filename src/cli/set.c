/* desync-set: the transition of one item, in every copy or in none. */
#include "changes.h"
#include "program.h"

static const struct cli_program program = {
	.name = "desync-set",
	.usage = "[OPTION...] [--] ID STATUS",
	.summary =
		"Sets the status of an item in every copy, or in none. An ID is the full id, its\n"
		"number, or a prefix of its own.\n"
		"\n"
		"Exit status: 0 every copy says so; 1 the rule forbids this step, or a copy has "
		"no\n"
		"status; 2 something could not be read, judged or written; 3 somebody else "
		"changed\n"
		"a file, holds the lock, or the status is not that of --expect; 4 an interrupted\n"
		"change needs a person.",
	.options = "directory rule config all expect=OLD force reason add-missing commit[=MESSAGE] "
		   "wait "
		   "allow-plain-rename max-file-size quiet verbose",
	.which = "which item, and which status?",
	.least = 2,
	.most = 2,
};

static const struct cli_words setting = {.subject = "chore(consistency): set status"};

static void print_step(const struct cli_options *options, const ds_plan *plan, const ds_step *step)
{
	cli_put(stdout, step->item);
	fputs(": ", stdout);
	cli_put(stdout, step->from ? step->from : "(none)");
	fputs(" -> ", stdout);
	cli_put(stdout, step->to);
	fputs(" (", stdout);
	cli_put(stdout, step->copies);
	fputs(")\n", stdout);
	if (options->verbose && ds_plan_txid(plan))
		printf("to take it back: desync-fix --undo %s\n", ds_plan_txid(plan));
}

static int carry_out(const struct cli_options *options, ds_plan *plan)
{
	const ds_step *step = ds_plan_step(plan, 0);
	int status = DS_OK;

	if (step)
		status = cli_carry_out(&program, options, &setting, plan);
	if (options->quiet)
		return status;
	if (!step)
		puts("nothing to set: every copy says so already");
	else if (step->state == DS_STEP_DONE)
		print_step(options, plan, step);
	return cli_graver(status, cli_finish_stdout(program.name));
}

static int set(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
	       ds_error *err)
{
	ds_plan *plan;
	ds_set_options wanted = {
		.size = sizeof wanted,
		.all = options->all,
		.expect = options->expect,
		.force = options->force,
		.reason = options->reason,
		.add_missing = options->add_missing,
		.wait = options->wait,
	};

	if (options->force && !(options->reason && *options->reason)) {
		cli_complain(self->name, "--force needs --reason TEXT: the log keeps it");
		return DS_TROUBLE;
	}
	int status = ds_plan_set(&plan, repo, options->ids[0], options->ids[1], &wanted, err);
	if (!status)
		status = carry_out(options, plan);
	ds_plan_free(plan);
	return status;
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, set);
}
