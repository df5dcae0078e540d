/*
 * gate.h - what a scan of an index or a revision says beyond that of files
 *
 * ds_scan calls these in order, with whatever lets findings pass behind the first. Of the
 * worktree they have nothing to say.
 */
#ifndef DS_API_GATE_H
#define DS_API_GATE_H

#include "result.h"

/* Of a revision that is new somewhere: finds out what of it is; where nothing is, nothing
 * was found. */
int ds_leave_known(ds_result *result, ds_repo *repo, ds_error *err);

/* removed.c: what is missing, but was there before, is an error: this change removes it, and
 * leaves the rest of the item. A file, the entry of an item in one that others are in, or the
 * status. What was before is asked only where something is missing. */
int ds_raise_removed(ds_result *result, ds_repo *repo, ds_error *err);

/* Leaves out what was found of items that the change does not touch, where `gate` (or, if it
 * is NULL, the configuration) asks for that. */
int ds_leave_untouched(ds_result *result, ds_repo *repo, const char *gate, ds_error *err);

/* Works out anew what repairs each error: from what is judged and what is in the worktree.
 * The commands touch the worktree, and the index through `git add`; nothing is run. */
int ds_advise(ds_result *result, ds_repo *repo, ds_error *err);

#endif
