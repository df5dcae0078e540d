/*
 * beside.h - the worktree beside an index or a revision that is judged
 *
 * Open it once; read an item, ask, and leave it, one after another; close it. An item is read
 * twice, whole: as it is judged, and from the worktree. Files that hold many items are read,
 * and compared, once for all of them.
 */
#ifndef DS_BESIDE_H
#define DS_BESIDE_H

#include "collect.h"
#include "result.h"

/* What is not the same in two files: everything before the first place and behind the last is. */
struct ds_apart {
	const struct ds_blob *judged;
	const struct ds_blob *there;
	bool differ;
	size_t judged_from, judged_to;
	size_t there_from, there_to;
};

struct ds_beside {
	const ds_result *result;
	ds_repo *repo;
	ds_repo *files;           /* the same root in the worktree; NULL where no rule fits that */
	struct ds_source *source; /* of its files; NULL where that cannot be opened */
	struct ds_interrupted interrupted;
	bool checked_out; /* what is judged is what HEAD has: the worktree is that of it */
	bool partial;     /* a `git commit -- FILE` is under way, with an index of its own */
	bool sparse;      /* git has to be told that paths it leaves out are meant */

	/* The item at hand. */
	struct ds_desk judged;
	struct ds_desk there;
	struct ds_apart apart[DS_COPY_LIMIT];

	/* One a rule: what is in its files of many items there, once it was asked for. */
	struct ds_scanned *theirs;
	bool *read;
};

/* False when memory ran out; what cannot be opened is no failure. Close it in any case. */
bool ds_beside_open(struct ds_beside *beside, const ds_result *result, ds_repo *repo);
void ds_beside_close(struct ds_beside *beside);

/* Announces what will be read of the item, in the order in which it is: for all of them before
 * the first is read. */
void ds_beside_want(struct ds_beside *beside, const struct ds_rule *rule, const ds_item_view *item);

/* False where it cannot be read. Leave it in any case. */
bool ds_beside_read(struct ds_beside *beside, const struct ds_rule *rule,
		    const struct ds_item *item);
void ds_beside_leave(struct ds_beside *beside);

/* Sets of copies, a bit each: those whose files differ; those that are in the one and not in
 * the other; those of which a conflict is not settled. */
unsigned ds_differing(const struct ds_beside *beside);
unsigned ds_only_in(const struct ds_desk *one, const struct ds_desk *other);
unsigned ds_unmerged(const struct ds_beside *beside);

/* Whether something beside the status differs, which `git add` would take along. */
bool ds_has_other_changes(const struct ds_beside *beside, int copy);

#endif
