/*
 * entries.h - the paths of a tree, sorted, each with what is there
 *
 * Filled record by record as git lists them, which is in order; what is not in order is
 * refused, for nothing would be found in it. A path costs its bytes and 25 more.
 */
#ifndef DS_GIT_ENTRIES_H
#define DS_GIT_ENTRIES_H

#include <stdint.h>

#include "err.h"
#include "source.h"
#include "text.h"

enum ds_git_mark {
	DS_GIT_FILE,
	DS_GIT_LINK,
	DS_GIT_SUBMODULE,
	DS_GIT_UNMERGED,
};

struct ds_git_entries {
	size_t id_size;
	size_t count;
	struct ds_buf paths;   /* each with a NUL */
	struct ds_buf offsets; /* of each in there, uint32_t */
	struct ds_buf marks;   /* of each: what is there, and its id */
	size_t last;           /* found: mostly the next is near behind it */
};

enum { DS_GIT_NOWHERE = -1 };

/* Takes one record: what stands before the path, ":100644 100644 <id> <id> M" as a diff has it
 * or "100644 <id> 0" as a list of the index, and the path. */
int ds_git_entries_add(struct ds_git_entries *entries, struct ds_text meta, struct ds_text path,
		       ds_error *err);
void ds_git_entries_free(struct ds_git_entries *entries);

/* Takes one away. */
void ds_git_entries_drop(struct ds_git_entries *entries, size_t index);

const char *ds_git_entries_path(const struct ds_git_entries *entries, size_t index);
enum ds_git_mark ds_git_entries_mark(const struct ds_git_entries *entries, size_t index);
unsigned char *ds_git_entries_id(const struct ds_git_entries *entries, size_t index);

/* The index of a path, or DS_GIT_NOWHERE. */
long ds_git_entries_find(struct ds_git_entries *entries, struct ds_text path);

/* Whether anything is beneath a directory ("" is the top); *first is where it begins. */
bool ds_git_entries_beneath(struct ds_git_entries *entries, struct ds_text directory,
			    size_t *first);

/* The first that does not begin with the first `len` bytes of that entry's path. */
size_t ds_git_entries_after(const struct ds_git_entries *entries, size_t index, size_t len);

#endif
