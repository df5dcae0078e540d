/*
 * tree_source.h - the source that reads what git keeps: the index, or a revision
 *
 *	struct ds_source *source;
 *	const char *const roots[] = {".specweave/increments", NULL};
 *	int status = ds_git_index_open(&source, &repository, roots, err);
 *
 * The paths beneath the roots, with the id of each, are read once, when the source is
 * opened: the index through `git ls-files --stage`, or where that has an empty file through
 * `git diff-index --cached` against the empty tree, which alone tells it from one that is
 * only intended; a revision through `git diff-tree`. Contents come
 * from one `git cat-file --batch` that is fed with ids only and read while it works;
 * where it dies on an object, that one is DS_INDETERMINATE and another goes on behind it.
 *
 * Nothing of the repository is run, fetched or written. What is not a plain file with
 * its content at hand:
 *
 *	a link			followed inside the tree (as far as it is among the roots);
 *				DS_UNUSABLE where it leads outside, nowhere, or in circles
 *	a submodule		beneath it DS_INDETERMINATE, and no list; itself DS_UNUSABLE
 *	an unmerged path	DS_INDETERMINATE
 *	intent to add		not there
 *	a missing object	DS_INDETERMINATE
 *	over the limit		as the worktree's: DS_UNUSABLE
 *
 * A source is for one thread at a time.
 */
#ifndef DS_GIT_TREE_SOURCE_H
#define DS_GIT_TREE_SOURCE_H

#include "err.h"
#include "repository.h"
#include "source.h"

/* What the next commit would hold. The repository must outlive the source. `roots` are
 * paths from its top, any bytes, ended by NULL. */
int ds_git_index_open(struct ds_source **out, const struct ds_git_repository *repository,
		      const char *const *roots, ds_error *err);

/* What a revision holds: a commit, a tag of one, or a tree, by any name that git
 * understands; nothing is in a file on its own. The source's name is the revision as it was given.
 * Fails with DS_TROUBLE where there is none. */
int ds_git_revision_open(struct ds_source **out, const struct ds_git_repository *repository,
			 const char *revision, const char *const *roots, ds_error *err);

/* From now on paths are relative to this directory: "" or "sub/directory/". */
int ds_git_source_enter(struct ds_source *source, const char *prefix, ds_error *err);

/* What it is compared with by the two below: HEAD for the index (nothing before the
 * first commit), the parents of a commit. This adds another revision; one that is not
 * here is no failure, and adds nothing. */
int ds_git_source_compare_with(struct ds_source *source, const char *revision, ds_error *err);

/* The same with each commit of its history that is known already, where what is not begins:
 * in the refs of a remote (its name), or in any ref (""). *news is false where all of it is.
 * The revision has to be an id. */
int ds_git_source_compare_with_known(struct ds_source *source, const char *id, const char *known,
				     bool *news, ds_error *err);

/* What was there before: a source of the nth of those that it is compared with, of the same
 * paths; NULL behind the last. `roots` as above, or NULL: all that this one has. One call of
 * git for each. */
int ds_git_source_before(struct ds_source **out, struct ds_source *source, size_t nth,
			 const char *const *roots, ds_error *err);

/* Calls `each` with every path that is not as it was before: added, removed, or of other
 * content or kind, relative to where the source was entered. For a commit with several
 * parents once for each that it differs from: `from` has the bit of that parent, `all` the
 * bits of all. What is as in one parent may be new beside what is as in another, so it is
 * the caller who puts together what belongs together. What is different from an added
 * revision has all bits. Passes on what `each` returned. */
typedef int (*ds_git_change_fn)(void *context, const char *path, unsigned from, unsigned all);
int ds_git_source_changes(struct ds_source *source, ds_git_change_fn each, void *context,
			  ds_error *err);

#endif
