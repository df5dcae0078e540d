/*
 * plan.h - inside a plan: its steps, and what must still hold when they are done
 *
 * A plan is small whatever it changes: a step keeps its item, the words and which
 * copies, never the files. They are read again, batch by batch, when it is applied,
 * and a step that is no longer what it was is a conflict.
 */
#ifndef DS_PLAN_H
#define DS_PLAN_H

#include "arena.h"
#include "desync/change.h"
#include "err.h"
#include "item.h"
#include "rule.h"
#include "sha256.h"
#include "source.h"
#include "txn.h"

enum ds_task { DS_TASK_FIX, DS_TASK_SET, DS_TASK_UNDO };

struct ds_reversal; /* reversal.h */

/* A step, and what the caller does not see of it. */
struct ds_planned {
	ds_step step;
	const struct ds_rule *rule;
	const char *path; /* the item's */
	int to;           /* a status, or DS_NO_STATUS in an undo */
	unsigned change;  /* copies, a bit each, as in struct ds_repair */
	unsigned add;
	size_t made;         /* edits that the work that was made last has of it */
	unsigned char found; /* how it was read back: an enum ds_read_back */
	bool told;           /* what its state makes a program exit with is counted in */
	/* The SHA-256 of the content that a diff showed of each copy, or NULL. */
	const unsigned char *shown[DS_COPY_LIMIT];
	struct ds_reversal *reversal; /* of an undo: what is put back */
};

/* Lines that are only added to. */
struct ds_lines {
	const char **at;
	size_t len;
	size_t room;
};

/* A file of many items that a diff showed: what we write there ourselves does not make it
 * another one. */
struct ds_shown_file {
	struct ds_shown_file *next;
	const char *path;
	unsigned char digest[DS_SHA256_SIZE];
};

struct ds_plan {
	enum ds_task task;
	struct ds_source *source;
	size_t limit; /* of a file; 0: DS_FILE_LIMIT */
	const struct ds_place *place;
	const char *prefix; /* from place->top to the source's root: "" or "sub/" */
	const char *txid;

	const char *prefer; /* fix: the copy that is believed, or NULL */
	bool add_missing;
	const char *reason; /* set: or NULL */
	bool forced;
	bool expects;       /* set: the old status was demanded */
	const char *undoes; /* undo: the txid that is taken back */

	struct ds_planned *steps;
	size_t count;
	size_t room;
	struct ds_lines notes;
	struct ds_lines changed;
	struct ds_shown_file *shown;
	struct ds_arena strings;

	ds_result *rest; /* kept here for whoever made it */
};

/* Where the source's root lies in its worktree; both outlive the plan. */
int ds_plan_begin(struct ds_plan *plan, struct ds_source *source, const struct ds_place *place,
		  const char *root, ds_error *err);
void ds_plan_clear(struct ds_plan *plan);

/* Adds a step; its strings must live as long as the plan. NULL: out of memory. */
struct ds_planned *ds_plan_add(struct ds_plan *plan, const struct ds_planned *planned);

/* Backwards and from terminal to terminal first, then forwards, then additions; by
 * rule and item. */
void ds_plan_sort(struct ds_plan *plan);

bool ds_lines_add(struct ds_lines *lines, const char *line);

/* Adds a note of this plan's own. */
bool ds_plan_say(struct ds_plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Why a step cannot be done, kept with it. */
void ds_step_fail(struct ds_plan *plan, struct ds_planned *planned, ds_step_state state,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
