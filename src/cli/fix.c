/* desync-fix: settles what disagrees, takes changes back, and says what was changed. */
#include <stdlib.h>

#include "ask.h"
#include "changes.h"
#include "log.h"
#include "program.h"

static const struct cli_program program = {
	.name = "desync-fix",
	.usage = "[OPTION...] [--] [ID...]",
	.summary =
		"Settles disagreements: sets the other copies to the status of the one that the\n"
		"rule believes, of every item or of those named. On a terminal it shows each\n"
		"change and asks; elsewhere it needs --yes.\n"
		"\n"
		"Exit status: 0 nothing disagrees any more; 1 something was left undone, or would\n"
		"change (a gap, which is left for a person, counts in items that were named); 2\n"
		"something could not be read, judged or written; 3 somebody else changed a file,\n"
		"or holds the lock; 4 an interrupted change needs a person.",
	.options = "directory rule config all yes dry-run diff prefer add-missing undo recover log "
		   "commit[=MESSAGE] wait allow-plain-rename color max-file-size jobs quiet "
		   "verbose",
};

static const struct cli_words repairing = {
	.done = "repaired",
	.would = "would be repaired",
	.nothing = "nothing to repair",
	.subject = "chore(consistency): sync status across copies",
};

static const struct cli_words taking_back = {
	.done = "taken back",
	.would = "would be taken back",
	.nothing = "nothing to take back",
	.subject = "chore(consistency): take a change of status back",
};

static int recover(const struct cli_options *options, ds_repo *repo, ds_error *err)
{
	struct cli_writing writing;
	char *notes;
	bool found;

	cli_begin_writing(&writing, &program, options);
	int status = ds_recover(repo, &writing.apply, &found, &notes, err);
	cli_say_notes(&program, notes);
	free(notes);
	if (!status && !options->quiet)
		puts(found ? "an interrupted change was settled" : "nothing was interrupted");
	return cli_graver(status, cli_finish_stdout(program.name));
}

static int undo(struct cli_options *options, ds_repo *repo, ds_error *err)
{
	ds_plan *plan;
	struct cli_writing writing;
	/* The list of words ends with NULL: the last change. */
	const char *txid = *options->undo ? options->undo : options->ids[0];

	options->yes = true; /* who says what to take back has said what he wants */
	cli_begin_writing(&writing, &program, options);
	ds_undo_options wanted = {.size = sizeof wanted, .txid = txid, .wait = writing.apply.wait};
	int status = ds_plan_undo(&plan, repo, &wanted, err);
	if (!status)
		status = cli_settle(&program, options, &taking_back, plan);
	ds_plan_free(plan);
	return status;
}

static int repair(struct cli_options *options, ds_repo *repo, ds_error *err)
{
	ds_plan *plan;
	int status = cli_plan_fix(&plan, options, repo, err);
	if (!status)
		status = cli_settle(&program, options, &repairing, plan);
	ds_plan_free(plan);
	return status;
}

/* --undo takes one name, --recover none, and neither goes with another. What has no plan
 * cannot show it. */
static bool is_one_thing(const struct cli_options *options)
{
	size_t modes = (options->undo != NULL) + options->recover + (options->log != NULL);
	size_t names = options->id_count + (options->undo && *options->undo);

	if ((options->recover || options->log) && (options->dry_run || options->diff))
		return false;
	return modes == 0 || (modes == 1 && names <= (options->recover ? 0 : 1));
}

static int fix(const struct cli_program *self, struct cli_options *options, ds_repo *repo,
	       ds_error *err)
{
	if (!is_one_thing(options)) {
		cli_complain(self->name, "one thing at a time: --undo [TXID], --log [ID] or "
					 "--recover; only --undo goes with --dry-run or --diff");
		return DS_TROUBLE;
	}
	if (options->log)
		return cli_print_log(self, options, repo, err);
	if (options->recover)
		return recover(options, repo, err);
	if (options->undo)
		return undo(options, repo, err);
	if (!options->yes && !options->dry_run && !options->diff && !cli_can_ask()) {
		cli_complain(self->name,
			     "nobody to ask here: --yes repairs all, --dry-run lists it");
		return DS_TROUBLE;
	}
	return repair(options, repo, err);
}

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv, fix);
}
