/*
 * journal.h - what must be known to take a transaction back, as bytes
 *
 * Numbers are little-endian. The bytes are input from outside: decoding checks
 * every length, the sum over all, and that no path could lead where a transaction
 * must not write; it needs no memory beyond the file table, and what it gives
 * points into the bytes.
 *
 *     magic 16, version 4, flags 4, length of all 8, txid 40
 *     number of files 4, the log's former size 8, its new lines: length 4, bytes
 *     a file: path length 4, path; name in tmp length 4, name; device 8, inode 8,
 *             mode 4, owner 4, group 4; size after 8; SHA-256 before 32, after 32;
 *             length before 8, the whole content before
 *     SHA-256 over all of that 32
 */
#ifndef DS_JOURNAL_H
#define DS_JOURNAL_H

#include "state.h"

enum {
	DS_JOURNAL_VERSION = 1,
	DS_JOURNAL_LIMIT = 512 << 20, /* no transaction of ours comes near it */
	DS_TEMP_NAME_ROOM = 168,
};

struct ds_journal_file {
	struct ds_text path;
	struct ds_text temp; /* its name in tmp/TXID */
	uint64_t dev;
	uint64_t ino;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint64_t after_size;
	unsigned char before_hash[DS_SHA256_SIZE];
	unsigned char after_hash[DS_SHA256_SIZE];
	struct ds_text before;
};

struct ds_journal {
	char txid[DS_TXN_ID_ROOM];
	bool tmp_in_worktree;
	uint64_t log_size; /* what the log held before */
	struct ds_text log_lines;
	struct ds_journal_file *files;
	size_t count;
};

/* Appends; false when memory ran out. */
bool ds_journal_encode(struct ds_buf *out, const struct ds_journal *journal);

/* NULL, or why the bytes are no journal of ours. journal->files is allocated. */
const char *ds_journal_decode(struct ds_journal *journal, struct ds_text bytes);
void ds_journal_free(struct ds_journal *journal);

/* Whether a path may be written by a transaction, as far as its bytes tell: relative,
 * no empty component, no "." and "..", nothing inside a ".git" or ".desync" in
 * whatever letter case, no NUL. */
bool ds_path_is_safe(struct ds_text path);

/* Reads STATE/journal. *found false: there is none. DS_INTERRUPTED: it is not sound,
 * and is left as it is. `bytes` holds what the journal points into. */
int ds_journal_load(struct ds_txn *txn, struct ds_journal *journal, struct ds_buf *bytes,
		    bool *found, ds_error *err);

/* Writes it: J1. On failure nothing of it is there. */
int ds_journal_write(struct ds_txn *txn, const struct ds_journal *journal, ds_error *err);

/* Removes it: the commit point, or the end of a roll-back. DS_TROUBLE: it is still
 * there. *unsure: it is gone, and whether that is on the disk is not known. */
int ds_journal_remove(struct ds_txn *txn, bool *unsure, ds_error *err);

#endif
