/* A commit of what was changed. */
#include "commit.h"

#include <stdlib.h>
#include <string.h>

#include "desync/change.h"
#include "where.h"

/* The paths relative to the top of the one worktree that they all are in. */
static int find_paths(struct ds_where *where, const char **relative, const char *const *paths,
		      size_t count, ds_error *err)
{
	for (size_t i = 0; i < count; i++) {
		int status = ds_where_find(&where[i], paths[i], err);
		if (status)
			return status;
		if (strcmp(where[i].place.top, where[0].place.top) != 0)
			return ds_fail_path(err, DS_TROUBLE, paths[i],
					    "in another worktree than the first");
		relative[i] = where[i].path;
	}
	return 0;
}

static int commit_at(const char *top, const char *const *paths, size_t count, const char *message,
		     char *id, ds_error *err)
{
	struct ds_git_commit commit = {
		.top = top,
		.paths = paths,
		.count = count,
		.message = message,
	};
	return ds_git_commit(id, &commit, err);
}

static int commit_found(const char *const *paths, size_t count, const char *message, char *id,
			ds_error *err)
{
	struct ds_where *where = calloc(count, sizeof *where);
	const char **relative = calloc(count, sizeof *relative);
	int status;

	if (where && relative) {
		status = find_paths(where, relative, paths, count, err);
		if (!status)
			status = commit_at(where[0].place.top, relative, count, message, id, err);
	} else {
		status = ds_fail_memory(err);
	}
	for (size_t i = 0; where && i < count; i++)
		ds_where_free(&where[i]);
	free(where);
	free(relative);
	return status;
}

int ds_commit(const char *top, const char *const *paths, size_t count, const char *message,
	      char id[DS_COMMIT_ID_SIZE], ds_error *err)
{
	*id = '\0';
	if (!count)
		return 0;
	return top ? commit_at(top, paths, count, message, id, err)
		   : commit_found(paths, count, message, id, err);
}
