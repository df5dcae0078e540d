/*
 * changes.h - what the programs that write have in common
 */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include "desync/change.h"
#include "options.h"
#include "output.h"

/* How ds_apply and its like are called, and by whom. */
struct cli_writing {
	ds_apply_options apply;
	struct cli_progress progress;
	char who[160];
	char why[480];
};

/* Fills it from the command line. One transaction holds many files open: the limit of
 * descriptors is raised as far as that goes. */
void cli_begin_writing(struct cli_writing *writing, const struct cli_program *program,
		       const struct cli_options *options);

/* ds_plan_fix as the options have it, with progress. */
int cli_plan_fix(ds_plan **out, const struct cli_options *options, ds_repo *repo, ds_error *err);

/* What is said of a plan, in the words of the program. */
struct cli_words {
	const char *done;    /* "repaired" */
	const char *would;   /* "would be repaired" */
	const char *nothing; /* "nothing to repair" */
	const char *subject; /* the first line of a commit */
};

/* Applies what is wanted of the plan; complains of what was not done; says the notes;
 * commits what changed, if the options say so. The status to exit with. */
int cli_carry_out(const struct cli_program *program, const struct cli_options *options,
		  const struct cli_words *words, ds_plan *plan);

/* The whole of a repair: shows, asks or applies, as the options say; prints what was
 * done, what is left, and the count. The status to exit with. */
int cli_settle(const struct cli_program *program, const struct cli_options *options,
	       const struct cli_words *words, ds_plan *plan);

/* Lines for a person, on standard error; NULL is none. */
void cli_say_notes(const struct cli_program *program, const char *notes);

/* "backwards", or what else marks that kind of step; NULL for a usual one. */
const char *cli_mark(ds_step_kind kind);

#endif
