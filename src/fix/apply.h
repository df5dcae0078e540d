/*
 * apply.h - carrying a plan out, and showing what that would be
 */
#ifndef DS_APPLY_H
#define DS_APPLY_H

#include "plan.h"

struct ds_applying {
	struct ds_txn *txn; /* recovered */
	const char *why;    /* for the log, or NULL */
	void (*progress)(void *context, size_t done, size_t total);
	void *progress_context;
};

/* Carries out the steps that are wanted, batch by batch, reads back what was changed
 * and sets the steps' states. Returns what is gravest, with the first reason. */
int ds_plan_carry_out(struct ds_plan *plan, const struct ds_applying *applying, ds_error *err);

/* Writes the diff of one step, or of all that are wanted (DS_ALL_STEPS), and remembers the
 * contents it was made from. A file that many steps change has one diff for all of them. A
 * step that cannot be done any more has its state set. Returns what is gravest, with the
 * first reason. */
int ds_plan_show(struct ds_plan *plan, size_t index, ds_write_fn write, void *context,
		 ds_error *err);

/* Makes every step as it would be carried out: then `made` says how many edits it has. */
int ds_plan_try(struct ds_plan *plan, ds_error *err);

/* What a step's state makes a program exit with, and why, into *err. */
int ds_step_verdict(const struct ds_planned *planned, ds_error *err);

#endif
