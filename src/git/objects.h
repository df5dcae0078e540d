/*
 * objects.h - contents by their ids, from one git that works while we do
 *
 * What will be read is announced, in order; the first read starts `git cat-file --batch`,
 * which is told all of the ids while its answers are read. An object that it dies on is
 * DS_INDETERMINATE, and another one goes on behind it.
 */
#ifndef DS_GIT_OBJECTS_H
#define DS_GIT_OBJECTS_H

#include "blob.h"
#include "repository.h"

struct ds_git_objects;

/* NULL: out of memory. The repository must outlive it. */
struct ds_git_objects *ds_git_objects_open(const struct ds_git_repository *repository);
void ds_git_objects_free(struct ds_git_objects *objects);

/* An id that will be read, behind those before it. Without memory it is forgotten, and
 * read as one that was not announced. */
void ds_git_objects_want(struct ds_git_objects *objects, const unsigned char *id);

/* Reads one, which may be any: what was announced before it is passed over, and one that
 * was not announced costs a git of its own. As the `read` of a source with an extent. */
void ds_git_objects_read(struct ds_git_objects *objects, const unsigned char *id,
			 const struct ds_extent *extent, struct ds_blob *blob);

#endif
