/*
 * work.h - steps made concrete: files as they are, and as they are to be
 *
 * A work is what one transaction carries out, and of one rule. Its steps are added one by
 * one, which reads the item again and asks for edits; only finishing makes them, all those
 * of one file at once: a file that many items have their status in is read, changed and
 * parsed as often for one step as for a thousand.
 */
#ifndef DS_WORK_H
#define DS_WORK_H

#include "bench.h"
#include "logline.h"

struct ds_reversed_file; /* reversal.h */
struct ds_reversed_edit;

/* What a step wants of a file. */
struct ds_work_ask {
	struct ds_planned *planned;
	int copy;
	bool insert;
	bool done;     /* the status was edited */
	size_t record; /* where the file holds many: its number, and the id that it has */
	const char *id;
	const char *from; /* what it says now, NULL: nothing */
	/* In an undo: what the log says of the file, and what of it is left to take back. */
	const struct ds_reversed_file *reversed;
	const struct ds_reversed_edit *left;
};

struct ds_work_edit {
	struct ds_made made;
	struct ds_planned *planned;
	int copy;
};

enum ds_read_back { DS_NOT_READ_BACK, DS_AS_WRITTEN, DS_FOREIGN, DS_NOT_WRITTEN };

struct ds_work_file {
	const char *path; /* relative to the top of the worktree */
	unsigned hash;    /* of the path */
	int copy;         /* the first that is in it */
	bool many;        /* several items have their status in it */
	bool believed;    /* so has a copy that is believed */
	size_t group;     /* files of one group are changed together or not at all */
	struct ds_buf before;
	struct ds_buf after;
	bool changed; /* `after` is the content */
	struct ds_work_ask *asks;
	size_t ask_count;
	size_t ask_room;
	struct ds_work_edit *edits;
	size_t edit_count;
	size_t edit_room;
	enum ds_read_back found; /* the last two for readback.c */
	bool later;
};

/* Zero-initialise it; clear it in any case. */
struct ds_work {
	struct ds_planned **steps; /* those that were added, whatever became of them */
	size_t step_count;
	size_t step_room;
	struct ds_work_file *files; /* after finishing: those that change, the believed last */
	size_t count;
	size_t room;
	size_t own_bytes; /* about what files of one item take, and those of many */
	size_t shared_bytes;
	size_t notes; /* of the plan, when it began */
};

/* Reads the step's item again and asks for what it needs. Where the step is no longer what
 * was planned or cannot be done, its state says so and nothing is added; where somebody
 * else did the same meanwhile it is done. Fails only for want of memory. */
int ds_work_add(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		ds_error *err);

/* Takes the step that was added last out again. */
void ds_work_drop(struct ds_work *work);

/* Makes the new contents. Steps of which an edit is refused have their state set, and no
 * part in them. */
int ds_work_finish(struct ds_work *work, struct ds_bench *bench, ds_error *err);

/* Begins again, with the steps that are still planned, from what the files say now. */
int ds_work_again(struct ds_work *work, struct ds_bench *bench, ds_error *err);
void ds_work_clear(struct ds_work *work);

/* ---- For who makes its edits, and reads them back ------------------------- */

struct ds_text ds_work_content(const struct ds_work_file *file);

/* The file whose path is these two together, or NULL. */
struct ds_work_file *ds_work_find(const struct ds_work *work, const char *prefix, const char *path);

/* Keeps an edit in the words of a line of the log: `edit` is of the content so far, which
 * its bytes are copied from. Then, once for all of them, what comes of it is taken. */
bool ds_work_record(struct ds_bench *bench, struct ds_work_file *file,
		    const struct ds_work_ask *ask, const struct ds_edit *edit,
		    const struct ds_made *made);
void ds_work_take(struct ds_work_file *file, struct ds_buf *next);

/* Asks for something of a copy's file; NULL: out of memory. */
struct ds_work_ask *ds_work_open(struct ds_work *work, struct ds_bench *bench,
				 struct ds_planned *planned, int copy);

#endif
