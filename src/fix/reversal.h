/*
 * reversal.h - what the log says of one item, as an undo keeps it
 */
#ifndef DS_REVERSAL_H
#define DS_REVERSAL_H

#include "logline.h"

/* The edit that was made last comes first. */
struct ds_reversed_edit {
	struct ds_reversed_edit *next;
	int copy;
	struct ds_made made; /* its field is the rule's own string */
	/* Of a copy whose files hold many: the record as it is now, as in struct ds_work_ask.
	 * Two copies in one file have one each. */
	size_t record;
	const char *id;
};

struct ds_reversed_file {
	struct ds_reversed_file *next;
	const char *path;
	const char *before; /* SHA-256 in hexadecimal */
	const char *after;
	struct ds_reversed_edit *edits;
};

struct ds_reversal {
	struct ds_reversed_file *files;
};

#endif
