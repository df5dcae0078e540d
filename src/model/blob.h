/*
 * blob.h - what a source hands out for one path
 */
#ifndef DS_BLOB_H
#define DS_BLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum ds_kind {
	DS_REGULAR,      /* its bytes are in the blob */
	DS_MISSING,      /* nothing is there */
	DS_DIRECTORY,    /* only asked for with no extent, else DS_UNUSABLE */
	DS_UNUSABLE,     /* something is there that must not or cannot be read: `why` */
	DS_INDETERMINATE /* what it says cannot be known from here: `why` */
};

enum { DS_FILE_LIMIT = 16 << 20 }; /* nobody keeps a status in more than this */

struct ds_blob {
	enum ds_kind kind;
	char why[120];       /* for a person, where there are no bytes */
	struct ds_buf bytes; /* kept from one read to the next, to be used again */
	bool whole;          /* the bytes reach to the end of the file */
	bool linked;         /* they are found by way of a link: nothing is written there */
};

/* How much of a file is wanted. */
struct ds_extent {
	size_t first; /* read this much at once: mostly it is enough */
	size_t limit; /* and never more than this */
	/* Whether these first bytes of a file will do; NULL: read all of it, and
	 * refuse a file that is larger than the limit. */
	bool (*enough)(const char *bytes, size_t len);
	/* Another file of its directory was read just now: where it is not there, nothing on
	 * the way to it is at fault. */
	bool beside;
};

/* Makes it DS_UNUSABLE, with why: more than the limit. */
void ds_blob_too_large(struct ds_blob *blob, size_t limit);

void ds_blob_free(struct ds_blob *blob);

#endif
