/*
 * splice.h - one value of a file made to say another word
 *
 * The one way in which content is changed: the reader says which bytes give way to
 * what, the result is read again, and it must say the word at the very place that
 * changed. Where it does not, or the file would need another style of quoting, it is
 * left for a person.
 */
#ifndef DS_SPLICE_H
#define DS_SPLICE_H

#include "buf.h"
#include "reader.h"

struct ds_splice {
	const struct ds_reader *reader;
	const char *at;      /* where, as that reader understands it */
	struct ds_text word; /* what it is to say: UTF-8, no blanks around it */
	bool insert;         /* where there is no such field (or it is null or empty): make one */
	const char *behind;  /* then behind this field; NULL: wherever the reader puts it */
};

enum ds_splice_outcome {
	DS_SPLICE_DONE,
	DS_SPLICE_SAME,    /* it says that already: *after is as before */
	DS_SPLICE_REFUSED, /* `why` */
	DS_SPLICE_MEMORY,
};

/* Appends the new content to `after` (which stays as it was unless something was
 * done or it is the same) and says in *edit what was replaced: nothing, at the place
 * of the word, where it is the same. edit->text lives in scratch. `before` is the
 * whole file. */
enum ds_splice_outcome ds_splice(struct ds_buf *after, struct ds_edit *edit,
				 const struct ds_splice *splice, struct ds_text before,
				 struct ds_arena *scratch, char why[DS_WHY_ROOM]);

/* ---- Records ------------------------------------------------------------ */

/* The same for a file that holds many: one value in each of some records. */
struct ds_splice_records {
	const struct ds_reader *reader;
	struct ds_spec spec;
	const char *field;  /* its name, as the reader's `records` takes it; NULL: the status */
	const char *at;     /* where that is, in full; only to put it in */
	const char *behind; /* as in struct ds_splice */
};

struct ds_record_edit {
	size_t number;       /* the caller's own */
	size_t record;       /* its number in the file */
	const char *id;      /* which must stand there */
	struct ds_text word; /* as in struct ds_splice */
	bool insert;
	/* Bytes as they stand, quotes aside, that must be there: `word` is no word then but the
	 * bytes that they give way to, as they were there before. */
	struct ds_text instead; /* at is NULL: none */

	enum ds_splice_outcome outcome; /* the rest is filled */
	const char *why;                /* where it was refused */
	struct ds_edit edit;            /* in `before` */
	size_t at;                      /* the same place as the edits before it left it */
	size_t lead;                    /* bytes from there to where the word stands */
	bool plain;                     /* it stands in place of another, and nothing else */
};

/* Makes all edits at once: the file is read before and after, and not again for each of
 * them. The edits come back in the order of their places. One that is refused stops no
 * other, and what was refused, or is the same, has no part in `after`. Every record must
 * afterwards be there still, in its place, with its id and (but for what was edited) the
 * values that it had. False: out of memory. */
bool ds_splice_records(struct ds_buf *after, struct ds_record_edit *edits, size_t count,
		       const struct ds_splice_records *splice, struct ds_text before,
		       struct ds_arena *scratch);

#endif
