/*
 * desync/change.h - settle disagreements and set statuses: all copies or none
 *
 * What is to change is first planned, then looked at, then applied:
 *
 *     ds_plan *plan;
 *
 *     if (ds_plan_fix(&plan, repo, NULL, &err) != 0)
 *             return complain(err.message);
 *     for (size_t i = 0; (step = ds_plan_step(plan, i)); i++)
 *             if (step->kind != DS_STEP_FORWARDS)
 *                     ds_plan_want(plan, i, false);
 *     status = ds_apply(plan, NULL, &err);
 *     ds_plan_free(plan);
 *
 * Planning writes nothing. Applying reads every file again, refuses what is no
 * longer as it was planned, and carries the rest out as transactions: after a
 * crash at any instant the next writer finds an item's copies all old or all new,
 * and an edit of somebody else's is in the file, or kept and reported.
 *
 * The conventions are those of desync.h.
 */
#ifndef DESYNC_CHANGE_H
#define DESYNC_CHANGE_H

#include "../desync.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Planning ---------------------------------------------------------- */

typedef struct ds_plan ds_plan;

typedef enum ds_step_kind {
	DS_STEP_FORWARDS,  /* or as far along as before */
	DS_STEP_BACKWARDS, /* to a status that comes earlier */
	DS_STEP_TERMINAL,  /* from one terminal status to another */
	DS_STEP_ADDITION,  /* a copy that had no status gets one */
} ds_step_kind;

typedef enum ds_step_state {
	DS_STEP_PLANNED,
	DS_STEP_DONE,
	DS_STEP_CONFLICT, /* somebody else changed a file meanwhile, or has it open */
	DS_STEP_REFUSED,  /* a file that must not be changed, or could not be */
} ds_step_state;

/* One item's change: all of its files, or none. */
typedef struct ds_step {
	const char *rule;
	const char *item;
	const char *from;   /* what the copies that change say; NULL: nothing yet */
	const char *to;     /* "" where an undo leaves no status */
	const char *copies; /* their names: "spec.md", or "spec.md and metadata.json" */
	ds_step_kind kind;
	bool wanted;
	ds_step_state state;
	const char *why; /* why it was not done, or NULL */
} ds_step;

typedef struct ds_fix_options {
	size_t size;
	const char *const *ids; /* only these items; NULL: every one */
	size_t id_count;
	bool all; /* look into the directories that are usually skipped */
	unsigned jobs;
	const char *prefer; /* the copy to believe, by name; NULL: the rule's authority */
	bool add_missing;   /* plan additions, too */
	void (*progress)(void *context, size_t done, size_t total);
	void *progress_context;
	double wait; /* seconds for a writer at work, as in ds_apply_options */
} ds_fix_options;

/* Plans what settles the disagreements. Steps that go backwards or from one
 * terminal status to another come first, then forwards, then additions. */
DS_API int ds_plan_fix(ds_plan **out, ds_repo *repo, const ds_fix_options *options, ds_error *err);

typedef struct ds_set_options {
	size_t size;
	bool all;
	const char *expect; /* fail with DS_CONFLICT unless every copy says this */
	bool force;         /* also against the rule's transitions; needs a reason */
	const char *reason; /* kept in the log, and in the fields that the rule names */
	bool add_missing;   /* give it to a copy that has none; else DS_DESYNC */
	double wait;        /* seconds for a writer at work, as in ds_apply_options */
} ds_set_options;

/* Plans one item's transition: every copy, or none. A step that the rule forbids
 * is DS_DESYNC, and the message says which steps lead there. A copy whose file is not
 * there is DS_DESYNC too; with add_missing it stays away, and a note says so. No steps:
 * every copy says it already. */
DS_API int ds_plan_set(ds_plan **out, ds_repo *repo, const char *id, const char *status,
		       const ds_set_options *options, ds_error *err);

typedef struct ds_undo_options {
	size_t size;
	const char *txid; /* NULL: the last one that was not taken back yet */
	double wait;      /* as in ds_apply_options, for the lock that planning shares */
} ds_undo_options;

/* Plans taking a logged change back wherever the value is still the one that was
 * written; where it is not, the step is a conflict from the start. No steps: all of it
 * was taken back already. */
DS_API int ds_plan_undo(ds_plan **out, ds_repo *repo, const ds_undo_options *options,
			ds_error *err);

/* NULL past the last. */
DS_API const ds_step *ds_plan_step(const ds_plan *plan, size_t index);
DS_API void ds_plan_want(ds_plan *plan, size_t index, bool wanted);

/* What no step settles and a person has to: a result like that of a scan, whose
 * findings are only those. It lives as long as the plan. */
DS_API const ds_result *ds_plan_rest(const ds_plan *plan);

/* A unified diff of one step, or of all that are wanted (index DS_ALL_STEPS), that
 * `git apply` accepts at the top of the worktree. Reads the files; what is applied
 * afterwards must still be the same. */
#define DS_ALL_STEPS ((size_t)-1)
DS_API int ds_plan_diff(ds_plan *plan, size_t index, ds_write_fn write, void *context,
			ds_error *err);
DS_API void ds_plan_free(ds_plan *plan);

/* ---- Applying ---------------------------------------------------------- */

typedef struct ds_apply_options {
	size_t size;
	double wait;             /* seconds for a lock, for a file that is open, or for one of
				  * many items that others keep changing; 0: 10; less than 0:
				  * not at all */
	bool allow_plain_rename; /* where names cannot be swapped: compare, then rename */
	const char *who;         /* for the log; NULL: the user */
	const char *why;         /* for the log; NULL: nothing */
	void (*progress)(void *context, size_t done, size_t total);
	void *progress_context;
} ds_apply_options;

/* Carries out the steps that are wanted, reads every file back and compares. The
 * state of each step says how it fared. Returns 0, or what is gravest: DS_DESYNC,
 * DS_CONFLICT, DS_TROUBLE, DS_INTERRUPTED, with the first reason in err. */
DS_API int ds_apply(ds_plan *plan, const ds_apply_options *options, ds_error *err);

/* A line each for a person: a version of somebody else's that was kept, a
 * transaction that was recovered, a cache that is stale now. NULL past the last. */
DS_API const char *ds_plan_note(const ds_plan *plan, size_t index);

/* Which files were changed, relative to the top of the worktree; NULL past the last. */
DS_API const char *ds_plan_changed(const ds_plan *plan, size_t index);

/* That top, absolute; and the name of the change in the log, NULL before ds_apply. */
DS_API const char *ds_plan_top(const ds_plan *plan);
DS_API const char *ds_plan_txid(const ds_plan *plan);

/* Finishes, or takes back, what an interrupted writer left. *found says whether there was
 * something. *notes, unless it is NULL, gets lines for a person, or NULL; free() it. */
DS_API int ds_recover(ds_repo *repo, const ds_apply_options *options, bool *found, char **notes,
		      ds_error *err);

/* Calls `each` with every line of the log that is about the item (its full id), or
 * every line (NULL); oldest first, each one JSON object. `each` returns 0 to go on. */
DS_API int ds_log(ds_repo *repo, const char *id, ds_write_fn each, void *context, ds_error *err);

/* ---- One file ---------------------------------------------------------- */

/* What a file held when it was read: present it when you write, and find out that
 * somebody else was there. It is the SHA-256 of the content, in hexadecimal. */
typedef struct ds_token {
	char hex[65];
} ds_token;

/* Reads a whole file and gives the token. The bytes are yours: free() them. */
DS_API int ds_read_file(char **bytes, size_t *len, ds_token *token, const char *path,
			ds_error *err);

/* Replaces the content if it is still the one of the token, else DS_CONFLICT. On
 * success the token is that of the new content. options->why goes to the log. */
DS_API int ds_write_file(const char *path, ds_token *token, const char *bytes, size_t len,
			 const ds_apply_options *options, ds_error *err);

/* Makes new content of the old: *out and *out_len, allocated with malloc and freed
 * by the caller of this. Returns 0, or a ds_status with err filled to give up. No
 * lock is held while it runs. */
typedef int (*ds_edit_fn)(void *context, const char *bytes, size_t len, char **out, size_t *out_len,
			  ds_error *err);

typedef struct ds_edit_options {
	size_t size;
	unsigned retries;      /* on fresh content when somebody else was first; 0: 5, and
				* (unsigned)-1: none */
	const char *expect;    /* the token that the content must have, at every reading */
	bool allow_empty;      /* content that is empty is refused otherwise */
	bool allow_invalid;    /* so is a file *.json that is not valid JSON */
	const char *guard_ids; /* path of a JSON array whose records must not vanish */
	bool allow_removal;    /* ... but may */
	ds_apply_options apply;
} ds_edit_options;

/* Read, change, write, and again if somebody else got there first. *notes, unless it
 * is NULL, gets lines for a person, or NULL; free() it. */
DS_API int ds_edit_file(const char *path, ds_edit_fn edit, void *context,
			const ds_edit_options *options, ds_token *token, char **notes,
			ds_error *err);

/* ---- Afterwards -------------------------------------------------------- */

enum { DS_COMMIT_ID_SIZE = 65 }; /* SHA-256 in hex, and a NUL */

/* Commits the paths as they are in the worktree, and nothing else; `id` is that of the commit,
 * empty where there was nothing to commit. The paths are relative to `top`, the top of a
 * worktree; or, where that is NULL, as the caller would open them, all in one worktree. */
DS_API int ds_commit(const char *top, const char *const *paths, size_t count, const char *message,
		     char id[DS_COMMIT_ID_SIZE], ds_error *err);

/* Writes somebody else's bytes as ds_report does: one line, harmless on a terminal,
 * cut to the room there is and ended by NUL. Returns what the whole would be long. */
DS_API size_t ds_printable(char *out, size_t room, const char *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
