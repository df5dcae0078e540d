/*
 * going.h - one edit of the log on its way back
 *
 * undo.c leads the edits of a file here, one after another and in its turn; undo_value.c takes
 * back what is in a file of one item, undo_records.c what is in records of a file, all that are
 * alike together. Both match first: the bytes that the log says we wrote must stand where the
 * reader finds the value, and what comes out is read again before it is kept.
 */
#ifndef DS_GOING_H
#define DS_GOING_H

#include "reversal.h"
#include "work.h"

enum ds_outcome {
	DS_TAKEN_BACK,
	DS_ALREADY, /* it says what it said before */
	DS_OTHERS,  /* somebody else wrote it since */
	DS_NO_MEMORY,
};

/* Where a file has edits of many items, what is put in comes first, while the offsets of the
 * log hold, and what is taken out, which is found by reading, last: so the log of the undo
 * can be undone in the same way. Edits of one item alone go back as they came. */
enum ds_turn { DS_PUT_IN, DS_WORDS, DS_TAKE_OUT, DS_REST };

struct ds_going {
	struct ds_bench *bench;
	struct ds_work_file *file;
	struct ds_work_ask *ask;
	const struct ds_reversed_edit *edit;
	const struct ds_reader *reader;
	const struct ds_copy_rule *copy;
	const char *name; /* of the field, where it is in a record and is no status */
	bool exact;       /* the file is byte for byte as we left it */
	enum ds_turn turn;
	struct ds_buf next;
};

/* Takes one edit back, in a file of one item. */
enum ds_outcome ds_take_back_value(struct ds_going *going);

/* Takes this edit back, and all that are like it in other records; `left` of their asks goes
 * on behind them. False: memory ran out. */
bool ds_take_back_records(struct ds_going *going);

/* ---- For both ------------------------------------------------------------ */

bool ds_is_its_turn(const struct ds_going *going, const struct ds_work_ask *ask);
bool ds_is_status(const struct ds_going *going);

/* Begins with what is left of the ask. */
void ds_go_on(struct ds_going *going, struct ds_work_ask *ask);

/* Whether the file has the bytes there that an edit put in. */
bool ds_stands_at(const struct ds_going *going, const struct ds_reversed_edit *edit, size_t at);

/* Keeps that those bytes, at `start`, gave way to what was there before; `at` and `lead` are as
 * the new content has them. False: memory ran out. */
bool ds_keep_back(const struct ds_going *going, size_t start, size_t at, size_t lead, bool plain);

/* The status itself must come back; what followed it may be somebody else's by now. */
void ds_judge_back(struct ds_going *going, enum ds_outcome outcome);

#endif
