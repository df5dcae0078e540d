/*
 * head.h - git's HEAD beside the worktree, for rules that compare with it
 */
#ifndef DS_API_HEAD_H
#define DS_API_HEAD_H

#include "repo.h"

/* Opens it the first time, where a rule has a copy there, files are what is judged, and there
 * is a commit; else *out is NULL. It belongs to the handle, and stays what it was. */
int ds_head_of(struct ds_source **out, ds_repo *repo, ds_error *err);

#endif
