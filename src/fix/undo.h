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

/* The new contents of one step of it, as ds_work_make. The item lies on the bench. */
int ds_undo_make(struct ds_work *work, struct ds_bench *bench, ds_error *err);

#endif
