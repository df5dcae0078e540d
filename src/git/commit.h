/*
 * commit.h - one commit of exactly these paths
 */
#ifndef DS_COMMIT_H
#define DS_COMMIT_H

#include "desync/change.h"
#include "err.h"

enum { DS_COMMIT_MESSAGE_LIMIT = 100 << 10 };

struct ds_git_commit {
	const char *top;          /* of the worktree, absolute */
	const char *const *paths; /* of files, relative to it; any bytes */
	size_t count;
	const char *message; /* kept as it is, up to DS_COMMIT_MESSAGE_LIMIT */
	long deadline_ms;    /* for each call of git; 0: ten minutes, as hooks may run tests */
};

/*
 * Commits the paths as they are in the worktree, and nothing else: what is staged
 * of other files stays staged, and what is not staged of them stays so. Git runs its
 * hooks. Paths that are as in HEAD are no commit and no error: then `id` is empty, else
 * it is the commit's. There may be one after a failure as well: a hook that runs behind
 * the commit hung, or one before it made the committed files differ from those of the
 * worktree, which is looked at.
 *
 * Fails with DS_TROUBLE and git's own first line of complaint: not a repository, a
 * path that git does not track (it has to be added first) or ignores, a merge, cherry
 * pick or rebase that waits for a commit of its own, a hook that refused, no
 * identity, a lock that is held. Needs git 2.25.
 */
int ds_git_commit(char id[DS_COMMIT_ID_SIZE], const struct ds_git_commit *commit, ds_error *err);

#endif
