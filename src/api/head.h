/*
 * head.h - git's HEAD beside the worktree, for rules that compare with it
 */
#ifndef DS_API_HEAD_H
#define DS_API_HEAD_H

#include "repo.h"

struct ds_head {
	struct ds_git_repository git;
	struct ds_source *source; /* NULL: there is none, or no rule asks for it */
};

/* Opens it where one of the rules has a copy there, files are what is judged, and there is a
 * commit. Zero-initialise it; close it in any case. */
int ds_head_open(struct ds_head *out, const ds_repo *repo, ds_error *err);
void ds_head_close(struct ds_head *head);

#endif
