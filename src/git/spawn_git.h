/*
 * spawn_git.h - the one way in which git is run
 *
 *	struct ds_git_answer answer = {0};
 *	int status = ds_git_run(&answer, &call, err);
 *	if (status == 0 && answer.status != 0)
 *		status = ds_git_complain(&answer, call.args[0], err);
 *	...
 *	ds_git_answer_free(&answer);
 *
 * There is no shell in between, and the program is taken from the absolute folders
 * of PATH only: a "." in it would find the git that a repository brought along. No
 * program is run as a file system monitor, whatever the configuration says.
 *
 * Git finds the repository of `top` by itself: the variables that name another one,
 * or the index of a commit under way (we may be inside a hook), are taken out of its
 * environment. What configures git there (GIT_CONFIG_COUNT and its kind, as of
 * `git -c`) is the user's word, and stays.
 *
 * It has no terminal: what would ask there fails. An interrupt from the keyboard does
 * not reach it either, so a commit that began is not cut short by one.
 *
 * Safe in a program with threads and with any signal handlers; it changes neither.
 */
#ifndef DS_SPAWN_GIT_H
#define DS_SPAWN_GIT_H

#include "buf.h"
#include "err.h"
#include "text.h"

enum { DS_GIT_OUT_LIMIT = 16 << 20, DS_GIT_SAID_LIMIT = 64 << 10 };

enum ds_git_kind {
	/* As DS_GIT_READS, but git's own variables stay: the hook's repository and index. */
	DS_GIT_HERE,
	/* Takes no lock, fetches nothing, and paths are literal. */
	DS_GIT_READS,
	/* May run the user's hooks, who inherit the environment and count on what they
	 * find there: it forbids nothing, and a path is literal behind ":(literal)". */
	DS_GIT_WRITES,
};

struct ds_git_call {
	const char *top;         /* absolute: git's -C; NULL: the current directory */
	const char *const *args; /* the command and what follows it, up to a NULL */
	struct ds_text input;    /* its standard input */
	enum ds_git_kind kind;
	long deadline_ms; /* then git, and all that it started, is stopped */
};

struct ds_git_answer {
	int status; /* what it exited with */
	struct ds_buf out;
	struct ds_buf said; /* on its standard error: the beginning, where it is long */
};

/*
 * Runs git and waits for it. Fails with DS_TROUBLE where it is not installed, does
 * not end before its deadline or is killed, or writes over DS_GIT_OUT_LIMIT; an exit
 * status of any kind is an answer. The answer is to be freed in each case. A process
 * that a hook left behind, with git's output still open, is neither waited for nor
 * stopped.
 */
int ds_git_run(struct ds_git_answer *answer, const struct ds_git_call *call, ds_error *err);

/*
 * A git that works while we do.
 *
 *	status = ds_git_start(&process, &call, err);
 *	while (!status && (status = ds_git_read(process, into, room, &got, err)) == 0 && got)
 *		...
 *	status = ds_git_finish(&answer, process, err);
 *
 * What it is told comes from `call.input`, or piece by piece from a function: it is called
 * when git can take more, and sent while reading waits, so neither waits for the other.
 */
struct ds_git_process;

/* The next of what git is told; empty: that was all. Lives until the next call. */
typedef struct ds_text (*ds_git_more_fn)(void *context);

/* `call` and what it points to must outlive the process; `more` may be NULL. */
int ds_git_start(struct ds_git_process **out, const struct ds_git_call *call, ds_git_more_fn more,
		 void *context, ds_error *err);

/* Up to `room` bytes of what it says, at least one; *got is 0 at the end. Fails with
 * DS_TROUBLE where that does not come before the deadline. */
int ds_git_read(struct ds_git_process *process, char *into, size_t room, size_t *got,
		ds_error *err);

/* Waits for its end: answer->status, and what it said on its standard error; what of its
 * output was not read is dropped. Frees the process in any case. */
int ds_git_finish(struct ds_git_answer *answer, struct ds_git_process *process, ds_error *err);

/* Ends it, whatever it does, and frees it; NULL is nothing. */
void ds_git_stop(struct ds_git_process *process);

/* DS_TROUBLE with the first line of what git said that is no warning. */
int ds_git_complain(const struct ds_git_answer *answer, const char *command, ds_error *err);

void ds_git_answer_free(struct ds_git_answer *answer);

#endif
