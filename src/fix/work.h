/*
 * work.h - one step made concrete: its files as they are, and as they are to be
 */
#ifndef DS_WORK_H
#define DS_WORK_H

#include "collect.h"
#include "logline.h"
#include "plan.h"

enum { DS_MADE_LIMIT = 24 }; /* edits of one file */

struct ds_work_file {
	const char *path; /* relative to the top of the worktree */
	int copy;         /* the first that is in it */
	struct ds_buf before;
	struct ds_buf after; /* meaningless until something was made */
	struct ds_made *made;
	size_t made_count;
};

/* Zero-initialise it; clear it in any case. */
struct ds_work {
	struct ds_planned *planned;
	struct ds_work_file files[DS_COPY_LIMIT]; /* the believed copy's last */
	size_t count;
};

/* What making needs again and again. Zero-initialise it and set the plan. */
struct ds_bench {
	struct ds_plan *plan;
	struct ds_desk desk;     /* of the rule that was needed last */
	struct ds_arena strings; /* of every work that was made here */
	char now[32];            /* the time that fields get */
};

/* Reads the item again and works out the new contents. Where the step is no longer
 * what was planned or cannot be done, its state says so and the work has no files;
 * where somebody else did the same meanwhile it is done. Fails only for want of memory. */
int ds_work_make(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		 ds_error *err);
void ds_work_clear(struct ds_work *work);
void ds_bench_clear(struct ds_bench *bench);

/* Reads the step's item, every copy to its end. */
int ds_bench_read(struct ds_bench *bench, const struct ds_planned *planned, ds_error *err);

/* ---- Its steps, for undo.c ---------------------------------------------- */

struct ds_text ds_work_content(const struct ds_work_file *file);

/* Makes an edit: *made says how, but for field and words. `next` is the content after
 * it and is taken. False: out of memory. */
bool ds_work_record(struct ds_bench *bench, struct ds_work_file *file, struct ds_buf *next,
		    const struct ds_edit *edit, const struct ds_made *made);

/* The file of a copy that is to change, with its content; NULL: out of memory. */
struct ds_work_file *ds_work_open(struct ds_work *work, struct ds_bench *bench, int copy);

#endif
