/*
 * undo.h - taking logged changes back
 *
 * A line of the log is input. What it names must be a copy of an item that exists and
 * a field that the rule knows; its bytes must stand where the reader finds the value;
 * and what comes out is read again: only that value may differ.
 */
#ifndef DS_UNDO_H
#define DS_UNDO_H

#include "work.h"

/* Fills an empty plan with what takes `txid` back, NULL: the last change that is no
 * undo and was not taken back. The log is read through `txn`. */
int ds_undo_plan(struct ds_plan *plan, struct ds_txn *txn, const struct ds_rule *const *rules,
		 const char *txid, ds_error *err);

/* Asks for what one step of it needs of its files, as ds_work_add. The item lies on the
 * bench. Then the new content of one file, for all of its asks. */
int ds_undo_ask(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		ds_error *err);
int ds_undo_make(struct ds_bench *bench, struct ds_work_file *file, ds_error *err);

#endif
