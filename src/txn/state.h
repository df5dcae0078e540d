/*
 * state.h - inside txn: the open state folder, and how its calls fail
 *
 * Private to src/txn. README.md beside it has the protocol.
 */
#ifndef DS_STATE_H
#define DS_STATE_H

#include "txn.h"

enum {
	DS_TRIES = 16, /* of a call that is interrupted: nothing is retried forever */
	DS_TXN_ID_ROOM = 40,
	DS_WHO_ROOM = 128,
};

struct ds_txn {
	const struct ds_os *os;
	struct ds_place place;
	long wait_ms;
	bool allow_plain_rename;
	char who[DS_WHO_ROOM];
	char id[DS_TXN_ID_ROOM];

	int top;   /* the directory that paths are relative to */
	int state; /* the state folder, -1 until it was opened */
	int lock;  /* -1 unless it is held */
	int tmp;   /* where new contents wait, on the file system of the files */
	dev_t dev; /* which that is */
	bool tmp_in_worktree;
	struct ds_buf ours; /* a directory whose way was looked at: T1; under the lock only */
	long long deadline; /* of the call that is under way */

	struct ds_buf notes; /* each with a NUL behind it */
	bool doubtful;
	bool recovered;
};

/* ---- Saying what failed ------------------------------------------------- */

/* "STATE/NAME: what errno says"; returns DS_TROUBLE. */
int ds_fail_state(const struct ds_txn *txn, const char *name, ds_error *err);

/* The same for STATE/tmp, or for what takes its place in the worktree. */
int ds_fail_tmp(const struct ds_txn *txn, bool in_worktree, ds_error *err);

/* Adds a line for a person. Memory that runs out loses the line and makes the
 * whole doubtful: nothing is kept quiet. */
void ds_note(struct ds_txn *txn, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- The folder and its lock (state.c) ---------------------------------- */

/* Opens the state folder, making it if `make`. Without: 0 and txn->state -1 where
 * there is none. Keeps S1 and S2. */
int ds_state_open(struct ds_txn *txn, bool make, ds_error *err);

/* Whether a state folder or what lies in it is what we made: not a link, owned by
 * us or by who owns the worktree, closed to others. */
bool ds_state_is_sound(const struct stat *st, const struct ds_place *place);

/* Takes the lock, waiting until txn->deadline. Keeps L1. */
int ds_lock_take(struct ds_txn *txn, ds_error *err);
void ds_lock_drop(struct ds_txn *txn);

/* Opens a regular file of the state folder that is ours alone; -1 with errno. */
int ds_state_file(struct ds_txn *txn, int dir, const char *name, int flags);

/* Makes a directory that is ours where there is none, and opens it; -1 with errno. */
int ds_state_dir(struct ds_txn *txn, int parent, const char *name, bool make);

/* Opens txn->tmp, making it. */
int ds_tmp_open(struct ds_txn *txn, ds_error *err);

/* Closes and forgets; descriptors that were never opened are -1. */
void ds_close_fd(const struct ds_os *os, int *fd);

/* ---- Contents (content.c) ----------------------------------------------- */

enum ds_content { DS_CONTENT_SAME, DS_CONTENT_OTHER, DS_CONTENT_FAILED };

/* Whether the open file holds exactly these bytes. */
enum ds_content ds_content_is(const struct ds_os *os, int fd, struct ds_text bytes);

/* The same by size and hash. */
enum ds_content ds_content_hashes(const struct ds_os *os, int fd, uint64_t size,
				  const unsigned char digest[DS_SHA256_SIZE]);

int ds_content_hash(const struct ds_os *os, int fd, unsigned char digest[DS_SHA256_SIZE],
		    uint64_t *size);

/* Reads until `len` bytes are there or the file ends; -1 with errno. */
ssize_t ds_content_piece(const struct ds_os *os, int fd, void *to, size_t len, off_t at);

/* The whole content, up to `limit` bytes (else -1 with EFBIG); appended. */
int ds_content_read(const struct ds_os *os, int fd, size_t limit, struct ds_buf *out);
int ds_content_write(const struct ds_os *os, int fd, struct ds_text bytes);

/* Gives `to` the owner, mode, ACL and extended attributes of `from`. -1 with errno,
 * and in *what which of them could not be had. */
int ds_content_dress(const struct ds_os *os, int to, int from, const char **what);

#endif
