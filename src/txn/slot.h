/*
 * slot.h - one file on its way through a transaction
 *
 *     CLEAR -> prepare -> READY -> exchange -> SWAPPED -> retire -> CLEAR
 *                           ^                     |
 *                           +------ put back -----+
 *
 * In READY, tmp/TXID/temp is our new content and the target is untouched; in SWAPPED
 * the temp is what was the target. Each function says which invariants of README.md
 * it keeps.
 */
#ifndef DS_SLOT_H
#define DS_SLOT_H

#include "journal.h"

struct ds_slot {
	struct ds_change *change;
	int fd;         /* the target as it was: its lease, and its content */
	struct stat st; /* of that */
	ino_t new_ino;  /* of our new content */
	char temp[DS_TEMP_NAME_ROOM];
	unsigned char before_hash[DS_SHA256_SIZE];
	unsigned char after_hash[DS_SHA256_SIZE];
	bool leased;
	bool swapped;
	bool plain; /* put in place by a rename: the temp is gone */
};

/* Opens the directory that a path's last component lies in; *name points to that.
 * -1 with errno. */
int ds_open_parent(struct ds_txn *txn, const char *path, const char **name);

/* Opens and checks the target: T1, T2. False: change->outcome and why are set, and
 * `found` is filled where it is a conflict over the content. */
bool ds_slot_open(struct ds_txn *txn, struct ds_slot *slot);

/* Writes the new content into `dir`, and syncs it if `sync`: N1, N2. A ds_status; the
 * change's outcome is set where it is this file's own fault. */
int ds_slot_prepare(struct ds_txn *txn, struct ds_slot *slot, int dir, size_t index, bool sync,
		    ds_error *err);

/* Takes the lease and reads the target once more: T3. False as above. */
bool ds_slot_lease(struct ds_txn *txn, struct ds_slot *slot);

/* Puts the new content in place and looks at what came out: X1, X2. False as above;
 * then the file is as somebody else has left it. */
bool ds_slot_exchange(struct ds_txn *txn, struct ds_slot *slot, int dir);

/* Whether nobody touched either side since: X3. */
bool ds_slot_holds(struct ds_txn *txn, struct ds_slot *slot);

/* The old content again, unless the target is somebody else's by now: X4. -1: it is
 * not known what is there. */
int ds_slot_put_back(struct ds_txn *txn, struct ds_slot *slot, int dir);

/* What became of the replaced inode: R1. */
void ds_slot_retire(struct ds_txn *txn, struct ds_slot *slot, int dir);
void ds_slot_close(struct ds_txn *txn, struct ds_slot *slot);

/* ---- Shared with recovery (exchange.c, keep.c) -------------------------- */

/* Swaps `temp` in `dir` with the target. What came out must be `expected` bytes long
 * and hash to that, or it is kept and put back. */
enum ds_swap_outcome {
	DS_SWAP_DONE,
	DS_SWAP_CAUGHT,  /* it was something else: kept in saved/, and put back */
	DS_SWAP_ABSENT,  /* there is no target */
	DS_SWAP_UNABLE,  /* errno; nothing happened */
	DS_SWAP_UNKNOWN, /* errno; what is there is not known */
};

struct ds_expected {
	ino_t ino;            /* 0: whatever it is */
	struct ds_text bytes; /* of these, or, where `at` is NULL, of that size and hash */
	uint64_t size;
	const unsigned char *hash;
};

enum ds_swap_outcome ds_swap(struct ds_txn *txn, int dir, const char *temp, const char *path,
			     const struct ds_expected *out, const struct ds_expected *in);

/* Copies an open file into saved/, synced, and says so in a note: K1. */
int ds_keep_copy(struct ds_txn *txn, int fd, const char *path);

/* Moves a file of tmp/ into saved/ and says so: K1. */
int ds_keep_inode(struct ds_txn *txn, int dir, const char *temp, const char *path);

/* Writes `bytes` as a new file, dressed as `like`; not synced. Returns its descriptor,
 * or -1 with errno, and then nothing is there; *what says which step. */
int ds_new_file(struct ds_txn *txn, int dir, const char *name, struct ds_text bytes, int like,
		const char **what);

/* Looks at whatever lies in tmp/ without a journal: R1. */
int ds_sweep(struct ds_txn *txn, ds_error *err);

/* Whether something lies there; needs no lock. */
int ds_needs_sweep(struct ds_txn *txn, bool *needed, ds_error *err);

/* Makes the names in these files' directories durable: N3. `path` of the i-th of them;
 * -1 with errno, and *failed is that path. */
enum { DS_SYNC_ALL_FROM = 64 }; /* files, from which on one syncfs is cheaper */

int ds_sync_parents(struct ds_txn *txn, const char *(*path)(const void *files, size_t i),
		    const void *files, size_t count, const char **failed);

/* Settles an interrupted transaction, under the lock: V1 to V4. */
int ds_settle(struct ds_txn *txn, ds_error *err);

#endif
