/*
 * batch.h - so many steps as are carried out together
 *
 * A plan goes by in batches: each is read afresh, handed to `carry_out`, and forgotten. It is
 * bounded in bytes and in descriptors, so memory is too; an item never spans two. Where files
 * hold many items all that is in a batch is one group, for an item's own file and its line in
 * the shared one change together; what a conflict takes out of it, the rest is made again
 * without.
 *
 *	struct ds_batch b = {.plan = plan, .bench = {.plan = plan}, .carry_out = ..., .err = err};
 *	ds_batch_judge(&b, ds_batch_run(&b, DS_ALL_STEPS, &why), &why);
 *	ds_batch_end(&b);
 *	return b.status;
 */
#ifndef DS_BATCH_H
#define DS_BATCH_H

#include "apply.h"
#include "work.h"

struct ds_batch {
	struct ds_plan *plan;
	const struct ds_applying *applying; /* NULL: nothing is written */
	struct ds_bench bench;
	struct ds_work work;
	int (*carry_out)(struct ds_batch *b, ds_error *err); /* what is done with a full one */
	bool whole;        /* what shares a file is never parted */
	bool spared;       /* transact.c: a conflict in a file of many was tried again */
	bool again;        /* and may be, after this commit */
	ds_write_fn write; /* show.c: for a diff */
	void *context;
	ds_status status; /* the gravest so far */
	ds_error *err;    /* gets the first reason */
};

/* Adds a step, or all that are wanted (DS_ALL_STEPS), and carries them out. Fails where that
 * cannot go on; what becomes of the steps is judged. */
int ds_batch_run(struct ds_batch *b, size_t index, ds_error *err);
void ds_batch_end(struct ds_batch *b);

/* Keeps the gravest status, and the first reason there was. */
void ds_batch_judge(struct ds_batch *b, int status, const ds_error *why);
void ds_batch_judge_memory(struct ds_batch *b);

/* Counts in what became of each of its steps, once. With `log` a conflict goes to the log: one
 * that shows up before the commit, which writes its own. */
void ds_batch_tell(struct ds_batch *b, bool log);

#endif
