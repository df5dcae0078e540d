/*
 * logline.h - one edit as a line of the log, there and back
 *
 * A line says all that takes the edit back: which bytes gave way to which, and where
 * they stand beside the value. Reading one trusts nothing: it is input.
 */
#ifndef DS_LOGLINE_H
#define DS_LOGLINE_H

#include "arena.h"
#include "buf.h"
#include "text.h"

/* One edit. */
struct ds_made {
	const char *field; /* what changed, as the copy's reader understands it */
	const char *place; /* the same for a person, of one item; or NULL */
	const char *from;  /* canonical words (or what stood there); NULL: no status */
	const char *to;
	bool plain;      /* the value's text gave way to another; else more than that did */
	size_t at;       /* in the content as the edits before it left it */
	size_t lead;     /* bytes from there to where the value's text begins */
	const char *old; /* the bytes themselves */
	const char *new;
};

/* The edit's file, and what the whole change is about. */
struct ds_log_frame {
	const char *rule;
	const char *item;
	const char *copy;
	const char *path;   /* relative to the top of the worktree */
	const char *before; /* SHA-256 of the whole file, in hexadecimal */
	const char *after;
	const char *why; /* NULL: nothing */
	bool forced;
	const char *undoes; /* a txid, or NULL */
};

/* Appends the members, without braces. */
bool ds_logline_write(struct ds_buf *out, const struct ds_log_frame *frame,
		      const struct ds_made *made);

struct ds_logged {
	const char *txid;
	struct ds_log_frame frame;
	struct ds_made made;
};

/* The txid and what it undoes: NULL where the line is no edit. */
void ds_logline_peek(struct ds_logged *out, struct ds_text line, struct ds_arena *strings);

/* False: no edit, or not whole, or memory ran out. */
bool ds_logline_read(struct ds_logged *out, struct ds_text line, struct ds_arena *strings);

/* The string of that key, or NULL; where there is a "KEY_base64", that. */
const char *ds_logline_string(struct ds_text line, const char *key, struct ds_arena *strings);

#endif
