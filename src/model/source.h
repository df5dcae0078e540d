/*
 * source.h - where bytes come from
 *
 * The worktree, an index, a revision, a test's array: whoever compares statuses
 * sees only this table. Paths are relative to the source's root, with "/", and
 * bytes as they are. Every function may be called from several threads at once.
 */
#ifndef DS_SOURCE_H
#define DS_SOURCE_H

#include "blob.h"
#include "desync.h"

struct ds_source;

enum ds_entry_kind {
	DS_ENTRY_FILE,
	DS_ENTRY_DIRECTORY,
	DS_ENTRY_LINK, /* may lead to either */
	DS_ENTRY_OTHER,
};

/* Takes one name of a directory; returns 0, or a ds_status that ends the list. */
typedef int (*ds_entry_fn)(void *context, const char *name, enum ds_entry_kind kind);

enum { DS_CONTENT_ID_LIMIT = 32 };

struct ds_content_id {
	unsigned char len; /* 20 or 32 */
	unsigned char bytes[DS_CONTENT_ID_LIMIT];
};

struct ds_source_ops {
	const char *name; /* as reports call it: "worktree" */

	/* Calls `entry` for each name in the directory, in no order. A directory
	 * that is not there has no names. Fails with DS_TROUBLE and the bare reason
	 * when the list may not be whole; passes on what `entry` returned. */
	int (*list)(struct ds_source *source, const char *directory, ds_entry_fn entry,
		    void *context, ds_error *err);

	/* Reads a path into the blob. It cannot fail: what went wrong is the
	 * blob's kind. Without an extent it only says what is there, DS_REGULAR
	 * without bytes. */
	void (*read)(struct ds_source *source, const char *path, const struct ds_extent *extent,
		     struct ds_blob *blob);

	/* For a source that fetches what it hands out: this path will be read once, after
	 * those announced before it; NULL: that was the last. Not announced is read as
	 * well, but slowly. A source that has this is for one thread at a time. NULL where
	 * nothing is gained by it. */
	void (*want)(struct ds_source *source, const char *path);

	/* What names the content of a regular file, the same for the same bytes wherever
	 * they are; false where there is none. NULL for a source that has no such names. */
	bool (*content_id)(struct ds_source *source, const char *path, struct ds_content_id *id);

	/* Calls `again` while no writer of ours is at work: what looked wrong is
	 * read once more before it is said. NULL where the bytes cannot change. */
	void (*confirm)(struct ds_source *source, void (*again)(void *context), void *context);

	void (*free)(struct ds_source *source);
};

/* Each source begins with this. */
struct ds_source {
	const struct ds_source_ops *ops;
};

#endif
