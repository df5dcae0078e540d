/*
 * origin.h - a repository handle on what git keeps: the index, or a revision
 *
 * What is judged does not come from the worktree, and neither does where its root is:
 * beginning with the directory that the caller is in, and upwards to git's top, the first
 * one that a rule fits in the index (or the revision).
 */
#ifndef DS_ORIGIN_H
#define DS_ORIGIN_H

#include "repo.h"

/* Fills git, source, root and rules of the handle. DS_TROUBLE with an empty message where
 * no rule fits. */
int ds_open_kept(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err);

/* The rules whose marker is in the source, by that name only unless it is NULL; the list
 * goes to repo->rules. *count is 0 where none fits. */
int ds_fit_rules(ds_repo *repo, const char *only, size_t *count, ds_error *err);

#endif
