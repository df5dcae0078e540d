/*
 * worktree.h - the source that reads files
 *
 * Nothing outside the root is ever opened, whatever the links say; nothing that
 * is not a regular file is ever read; nothing is ever waited for.
 */
#ifndef DS_WORKTREE_H
#define DS_WORKTREE_H

#include "source.h"
#include "txn.h"

int ds_worktree_open(struct ds_source **out, const char *root, ds_error *err);

/* From now on what looks wrong is read again under the shared lock of that place, which
 * must outlive the source. The lock is waited for once, that long. Without a place it is
 * only read again. */
int ds_worktree_guard(struct ds_source *source, const char *root, const struct ds_place *place,
		      long wait_ms, ds_error *err);

/* Reads the files of an interrupted transaction as recovery would put them back, until
 * this is called with NULL. `interrupted` must outlive that. */
void ds_worktree_foresee(struct ds_source *source, struct ds_interrupted *interrupted);

/* How long to wait for that lock, once; else it is ten seconds. A source of another kind
 * has none: this and the next do nothing there. */
void ds_worktree_wait(struct ds_source *source, long wait_ms);

/* Whether something was read again without the lock since this was last asked: it could
 * not be had, and a change under way may have looked like a desync. */
bool ds_worktree_was_unlocked(struct ds_source *source);

#endif
