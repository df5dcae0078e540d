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

#endif
