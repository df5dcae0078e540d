/*
 * world.h - a few files, a change to them, and what may be there after a fault
 *
 * A case says which files there are and what becomes of them. The world is a folder of
 * its own on the disk; commit and recovery run in processes of their own, under a plan
 * of faults; then it is judged: all old or all new, nothing lying about, and a log that
 * says what is true.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <limits.h>

#include "fault.h"
#include "txn.h"

enum { WORLD_FILES = 72, WORLD_NOTES = 4096 };

struct world_file {
	const char *path; /* NULL ends the array */
	const char *before;
	const char *after;
	size_t group;
	const char *found; /* what the file holds instead of `before`: a conflict; or NULL */
};

struct world_case {
	const char *name;
	bool git;     /* the top is a git worktree */
	bool earlier; /* there was a commit before: state folder and log exist */
	struct world_file files[WORLD_FILES];
};

extern const struct world_case world_cases[];
extern const size_t world_case_count;

/* So many files that they are not synced one by one. */
extern const struct world_case world_many;

/* What a process that ran a commit or a recovery left behind in shared memory. */
struct world_run {
	struct fault_trace trace;
	bool returned; /* the call came back */
	int status;
	enum ds_change_outcome outcomes[WORLD_FILES]; /* in the order of the case's files */
	bool doubtful;
	char message[512];
	char notes[WORLD_NOTES]; /* a line each */
	int exit_status;         /* of the process; -SIGNAL where one killed it */
};

struct world {
	const struct world_case *what;
	char root[256];  /* the top */
	char state[300]; /* where its state folder is expected */
	struct world_run *run;
};

/* A folder for worlds: DESYNC_TEST_DIR, or memory where there is such a file system. */
const char *world_base(void);

void world_open(struct world *world, const struct world_case *what);
void world_close(struct world *world);

/* As it was before the commit, whatever has become of it. */
void world_reset(struct world *world);

/* In a process of its own, under the plan. NULL: the system as it is. */
void world_commit(struct world *world, const struct fault_plan *plan);
void world_recover(struct world *world, const struct fault_plan *plan);

/* Anything else in a process of its own, in the same way. */
void world_run(struct world *world, const struct fault_plan *plan,
	       void (*what)(struct world *world, const struct ds_os *os));

/* The commit in this process. */
void world_commit_here(struct world *world, const struct ds_os *os);
int world_recover_here(const char *root, const struct ds_os *os, ds_error *err);

enum world_state { WORLD_OLD, WORLD_NEW, WORLD_MIXED };

struct world_verdict {
	enum world_state state;
	char wrong[400]; /* the first thing that may not be; empty: nothing */
};

/* `foreign`: this file was written by somebody else, who wrote this token; the token
 * must be in it or in saved/. NULL where nobody did. */
struct world_foreign {
	const char *path;
	const char *token;
};

/* The files, without the state folder. What a commit that came back `told` of its
 * changes says which of them are to be old; NULL where none came back. */
enum world_state world_state(const struct world *world, const struct world_foreign *foreign,
			     const struct world_run *told);

/* All of it, once recovered. */
void world_judge(const struct world *world, const struct world_foreign *foreign,
		 const struct world_run *told, struct world_verdict *verdict);

/* After that: somebody's next commit, of another file, must find everything in order. */
void world_follow(struct world *world, struct world_verdict *verdict);

/* Whether the token is in saved/. */
bool world_saved(const struct world *world, const char *token);

/* ---- For all tests here ------------------------------------------------- */

/* DESYNC_LONG=1 is set. */
bool world_long(void);

/* DESYNC_THIN=N is set: only one in N of what the bounded form tries, and no controls.
 * 1 else. */
int world_thin(void);

/* How much of the bounded form is left out: that, and more where every run is on a disk. */
int world_step(void);

/* Ends the test: this can only be the test's own fault. */
_Noreturn void world_die(const char *what);

/* Zeroed memory that is shared with the processes that are made later. */
void *world_shared(size_t size);

/* A whole file, with a NUL behind it; NULL where there is none. free() it. */
char *world_read(const char *path, size_t *len);
void world_write(const char *path, const char *bytes, size_t len);
void world_remove(const char *path);

#endif
