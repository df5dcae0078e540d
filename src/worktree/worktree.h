/*
 * worktree.h - the source that reads files
 *
 * Nothing outside the root is ever opened, whatever the links say; nothing that
 * is not a regular file is ever read; nothing is ever waited for.
 */
#ifndef DS_WORKTREE_H
#define DS_WORKTREE_H

#include "source.h"

int ds_worktree_open(struct ds_source **out, const char *root, ds_error *err);

#endif
