/*
 * txn.h - replacing the contents of files, all of them or none
 *
 * A transaction takes a set of files, each with the content it was computed from
 * and the content it is to have, and promises: after a crash at any instant, power
 * loss included, the next writer finds all old or all new; what was acknowledged
 * stays; and what somebody wrote who knows nothing of our lock is in the file or in
 * saved/, and is reported. src/txn/README.md has the protocol and its invariants.
 *
 *     struct ds_place place = {0};
 *     struct ds_txn *txn;
 *
 *     ds_place_find(&place, directory, marker_root, &err);
 *     ds_txn_open(&txn, &place, &options, &err);
 *     ds_txn_recover(txn, &err);           // before anything is read to be changed
 *     ...read files, make changes...
 *     ds_txn_commit(txn, changes, count, &err);
 *     ...look at each change's outcome, and at the notes...
 *     ds_txn_close(txn);
 *     ds_place_free(&place);
 *
 * No lock is held between two calls, but from ds_txn_hold on. Nothing is made on disk
 * before the first call that writes.
 */
#ifndef DS_TXN_H
#define DS_TXN_H

#include "buf.h"
#include "err.h"
#include "os.h"
#include "sha256.h"
#include "text.h"

/* ---- Where ------------------------------------------------------------- */

/* Which files may be changed, and where the state folder is. */
struct ds_place {
	char *top;   /* absolute, without links: all paths are relative to it */
	char *state; /* the state folder, whether it is there or not */
	bool in_git; /* the state folder lies in a git directory */
	uid_t owner; /* of top, and so of what is made in the state folder */
	gid_t group;
};

/*
 * From a directory to the top of its worktree, by where files really are: the
 * nearest directory above that holds a ".git"; where there is none, `fallback`
 * (a directory at or above `directory`), or else `directory` itself. Fails where a
 * ".git" is no git directory of this worktree, and in a bare repository.
 * Zero-initialise *out; free it in any case.
 */
int ds_place_find(struct ds_place *out, const char *directory, const char *fallback, ds_error *err);
void ds_place_free(struct ds_place *place);

/* ---- A writer ---------------------------------------------------------- */

struct ds_txn;

struct ds_txn_options {
	const struct ds_os *os;  /* NULL: the system */
	long wait_ms;            /* for the lock, and for somebody who has a file open */
	bool allow_plain_rename; /* where names cannot be swapped: compare, then rename */
	const char *who;         /* for the log */
};

int ds_txn_open(struct ds_txn **out, const struct ds_place *place,
		const struct ds_txn_options *options, ds_error *err);
void ds_txn_close(struct ds_txn *txn);

/* Names what this writer does, in the log and in tmp/: the same for all commits
 * of one ds_txn_open. */
const char *ds_txn_id(const struct ds_txn *txn);

/* Finishes or takes back what an interrupted writer left; 0 where there is nothing
 * to do. Makes no state folder. DS_CONFLICT: the lock could not be had.
 * DS_INTERRUPTED: the journal is damaged and needs a person. */
int ds_txn_recover(struct ds_txn *txn, ds_error *err);

/* Whether an interrupted transaction was settled, by that or by a commit. */
bool ds_txn_recovered(const struct ds_txn *txn);

enum ds_change_outcome {
	DS_CHANGE_OPEN, /* not tried, or taken back with the whole */
	DS_CHANGE_DONE,
	DS_CHANGE_CONFLICT, /* somebody else changed the file, or has it open */
	DS_CHANGE_REFUSED,  /* a file that must not be changed, or could not be */
};

/* One file of a transaction. */
struct ds_change {
	const char *path;      /* relative to the place's top */
	struct ds_text before; /* what the file must hold, byte for byte */
	struct ds_text after;
	size_t group; /* changes of one group are done together or not at all;
		       * those of a group stand side by side */
	/* Lines for log.jsonl, without what each of them says ("event", "txid", "time",
	 * "who", and the SHA-256 of the content "before" and "after") and without
	 * braces: "\"item\": \"0047\", ...". NULL-ended, or NULL. */
	const char *const *log;
	const char *about; /* the same for the line of a conflict, before its path; or NULL */
	/* A conflict of this one, and what is set aside for it, is not written down: the caller
	 * tries again. A commit changes it in those that are set aside. */
	bool again;

	/* Filled by ds_txn_commit. */
	enum ds_change_outcome outcome;
	bool aside;    /* for the sake of another one of its group */
	char why[240]; /* one clause for a person, where it was not done */
};

/*
 * Carries the changes out, in their order, under the lock, after recovering if
 * need be. A group with a change that is refused or in conflict is set aside and
 * the rest goes through; each change says how it fared. 0: what could be done was
 * done, which may be nothing. Else nothing at all was changed:
 *     DS_CONFLICT     the lock could not be had in time; the message names the holder
 *     DS_TROUBLE      the state folder, or a call to the system, failed
 *     DS_INTERRUPTED  and it could not be put back either: the journal stays for
 *                     the next writer; or a journal is there that needs a person
 * Changes are bounded by the caller: each costs a descriptor and twice its content.
 */
int ds_txn_commit(struct ds_txn *txn, struct ds_change *changes, size_t count, ds_error *err);

/*
 * After a conflict, for another try on what the files say now: pauses for a moment, takes
 * the lock and recovers if need be. The next commit, or ds_txn_release, lets go of it: what
 * is read until then no other writer of ours changes. Nothing may be asked or waited for
 * meanwhile. All tries together have the time that the first commit had: it goes on to
 * count, and ds_txn_has_time says whether some is left.
 */
int ds_txn_hold(struct ds_txn *txn, ds_error *err);
void ds_txn_release(struct ds_txn *txn);
bool ds_txn_has_time(const struct ds_txn *txn);

/* Writes a conflict down that the caller noticed itself, before it came to a commit;
 * `members` as in ds_change.log. Where that cannot be done it is a note. */
void ds_txn_refused(struct ds_txn *txn, const char *members);

/* What a person should know of what was done so far, a line each (a version of
 * somebody else's that was kept, a recovery, a durability that is not known); NULL
 * past the last. Not escaped. */
const char *ds_txn_note(const struct ds_txn *txn, size_t index);

/* Whether one of them is a reason to exit with 2: committed, yet not known to be
 * on the disk. */
bool ds_txn_is_doubtful(const struct ds_txn *txn);

/* ---- The log ----------------------------------------------------------- */

/* Each whole line, oldest first, without its line end, under the shared lock; `each`
 * returns 0 to go on. A log that is not there has no lines. */
int ds_txn_log(struct ds_txn *txn, int (*each)(void *context, struct ds_text line), void *context,
	       ds_error *err);

/* ---- A reader ---------------------------------------------------------- */

/* What a reader that never writes has to know of a transaction that was cut short. */
struct ds_interrupted {
	bool found;     /* a journal is there and no writer holds the lock */
	bool damaged;   /* it cannot be understood: `why` */
	char why[1024]; /* a line for a person */
	char txid[64];
	bool forward; /* all of it is done: recovery completes it. Else it takes it back */
	/* Files that recovery would put back, and to what. */
	struct ds_put_back {
		char *path; /* relative to the place's top */
		struct ds_buf bytes;
	} * files;
	size_t count;
};

/* Looks for a journal; costs one look at a name where there is none. It never
 * waits for a writer that is at work: then nothing is found. */
int ds_txn_look(struct ds_interrupted *out, const struct ds_place *place, const struct ds_os *os,
		ds_error *err);
void ds_interrupted_free(struct ds_interrupted *interrupted);

/* Calls `again` under the shared lock, waiting up to wait_ms for it. Makes nothing:
 * where there is no lock yet, or it is not ours to open, calls without. Returns
 * whether it was called under the lock, or no writer can have been at work. */
bool ds_txn_shared(const struct ds_place *place, const struct ds_os *os, long wait_ms,
		   void (*again)(void *context), void *context);

#endif
