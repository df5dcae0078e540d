/*
 * commit.h - one commit of exactly these paths
 */
#ifndef DS_COMMIT_H
#define DS_COMMIT_H

#include "err.h"

struct ds_git_commit {
	const char *top;          /* of the worktree, absolute */
	const char *const *paths; /* relative to it */
	size_t count;
	const char *message;
};

/*
 * Commits the paths as they are in the worktree, and nothing else: what is staged
 * of other files stays staged. Git runs its hooks. Paths that are as in HEAD are no
 * commit and no error: *made says whether there was one. Fails with DS_TROUBLE and
 * git's own first line of complaint: not a repository, a path that git ignores, a
 * merge or rebase under way, a hook that refused, no identity, a lock that is held.
 */
int ds_git_commit(bool *made, const struct ds_git_commit *commit, ds_error *err);

#endif
