/*
 * repository.h - which repository git means, and how to ask it again
 *
 * Inside a hook git's own variables name the repository and, above all, the index of the
 * commit under way: they are kept for that repository. They are taken away where the
 * caller names a directory of another one.
 */
#ifndef DS_GIT_REPOSITORY_H
#define DS_GIT_REPOSITORY_H

#include "spawn_git.h"

struct ds_git_repository {
	enum ds_git_kind kind; /* DS_GIT_HERE or DS_GIT_READS: for each further call */
	char *at;              /* git's -C for each further call; NULL: none */
	char *up;              /* what leads from there to the top: "" or "../../" */
	char *git_dir;         /* absolute: of this worktree */
	char *common_dir;      /* absolute: of all of them */
	char *top;             /* of the worktree, absolute; NULL where there is none */
	char *prefix;          /* from `top` to the directory: "" or "sub/directory/" */
	bool bare;
	bool quarantined; /* objects of a push that is not accepted yet are in reach */
	size_t id_size;   /* of an object's id, in bytes: 20 or 32 */
	long deadline_ms; /* of each call, and each wait for what one says */
};

/* The repository of that directory; NULL: of the current one, or the one that the
 * environment names. Runs git once, twice where `dir` is given inside a hook. Fails with
 * DS_TROUBLE and what git says. Free it in any case. */
int ds_git_repository_find(struct ds_git_repository *out, const char *dir, ds_error *err);
void ds_git_repository_free(struct ds_git_repository *repository);

/* A call in it, to be completed. Git takes the paths that follow "--" from where the call
 * is made, so they begin with `up`. */
struct ds_git_call ds_git_call_in(const struct ds_git_repository *repository,
				  const char *const *args);

/* The empty tree of its kind of ids, in hex. */
const char *ds_git_empty_tree(const struct ds_git_repository *repository);

/* The file that holds nothing. */
const char *ds_git_empty_blob(const struct ds_git_repository *repository);

#endif
