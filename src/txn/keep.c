/* Nothing of anybody's is thrown away: what becomes of inodes that were replaced, and
 * of versions that were caught. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slot.h"

enum {
	SAVED_NAMES = 1000, /* tried, until one is free */
	SAVED_NAME_ROOM = 160,
	CLOSE_TRIES = 40, /* times 5 ms: for a program that still has the old version open */
	CLOSE_PAUSE_MS = 5,
	SHOWN_NAME = 64,
};

/* ---- saved/ ------------------------------------------------------------- */

static int open_saved(struct ds_txn *txn)
{
	struct stat st;
	bool is_new = txn->os->look(txn->state, "saved", &st) != 0;
	int saved = ds_state_dir(txn, txn->state, "saved", true);

	if (saved >= 0 && is_new && txn->os->fsync(txn->state) != 0)
		ds_close_fd(txn->os, &saved);
	return saved;
}

/* "TXID-N-spec.md": what of the name is safe anywhere. */
static void name_saved(const struct ds_txn *txn, const char *path, int n, char *name)
{
	const char *slash = strrchr(path, '/');
	char shown[SHOWN_NAME + 1];
	size_t len = 0;

	for (const char *at = slash ? slash + 1 : path; *at && len < SHOWN_NAME; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
			     (*at >= '0' && *at <= '9') || strchr("._-", *at);
		shown[len++] = (char)(plain ? *at : '_');
	}
	shown[len] = '\0';
	snprintf(name, SAVED_NAME_ROOM, "%s-%d-%s", txn->id, n, shown);
}

/* A name in saved/ that is free; false with errno. Nobody else makes any while we
 * hold the lock. */
static bool free_name(struct ds_txn *txn, int saved, const char *path, char *name)
{
	struct stat st;

	for (int n = 0; n < SAVED_NAMES; n++) {
		name_saved(txn, path, n, name);
		if (txn->os->look(saved, name, &st) != 0)
			return errno == ENOENT;
	}
	errno = EEXIST;
	return false;
}

static const char theirs[] = "a version that somebody else wrote";
static const char busy[] = "the former version, which another program still has open,";

static void say_kept(struct ds_txn *txn, const char *path, const char *what, const char *name)
{
	ds_note(txn, "%s: %s is kept as %s/saved/%s", path, what, txn->place.state, name);
}

static int copy_to(struct ds_txn *txn, int saved, const char *name, int from)
{
	const struct ds_os *os = txn->os;
	struct ds_buf bytes = {0};
	int fd = ds_state_file(txn, saved, name, O_WRONLY | O_CREAT | O_EXCL);
	int status = fd < 0 ? -1 : ds_content_read(os, from, SIZE_MAX / 2, &bytes);

	if (status == 0)
		status = ds_content_write(os, fd, (struct ds_text){bytes.bytes, bytes.len});
	if (status == 0)
		status = os->fsync(fd);
	ds_close_fd(os, &fd);
	ds_buf_free(&bytes);
	return status == 0 ? os->fsync(saved) : -1;
}

int ds_keep_copy(struct ds_txn *txn, int fd, const char *path)
{
	char name[SAVED_NAME_ROOM];
	int saved = open_saved(txn);
	int status = -1;

	if (saved >= 0 && free_name(txn, saved, path, name))
		status = copy_to(txn, saved, name, fd);
	if (status == 0)
		say_kept(txn, path, theirs, name);
	ds_close_fd(txn->os, &saved);
	return status;
}

/* For a state folder on another file system. */
static int keep_far_inode(struct ds_txn *txn, int dir, const char *temp, const char *path)
{
	int fd = txn->os->open(dir, temp, O_RDONLY, 0);
	int status = fd < 0 ? -1 : ds_keep_copy(txn, fd, path);

	ds_close_fd(txn->os, &fd);
	return status == 0 ? txn->os->unlink(dir, temp) : -1;
}

static int keep_inode(struct ds_txn *txn, int dir, const char *temp, const char *path,
		      const char *what)
{
	char name[SAVED_NAME_ROOM];
	int saved = open_saved(txn);
	int status = -1;
	bool far = false;

	if (saved >= 0 && free_name(txn, saved, path, name)) {
		status = txn->os->rename(dir, temp, saved, name);
		far = status != 0 && errno == EXDEV;
	}
	if (status == 0) {
		status = txn->os->fsync(saved);
		say_kept(txn, path, what, name);
	}
	ds_close_fd(txn->os, &saved);
	return far ? keep_far_inode(txn, dir, temp, path) : status;
}

int ds_keep_inode(struct ds_txn *txn, int dir, const char *temp, const char *path)
{
	return keep_inode(txn, dir, temp, path, theirs);
}

/* ---- Dropping ----------------------------------------------------------- */

/* Waits a little until nobody else has it open. Where there are no leases, nobody can
 * be asked: true. */
static bool is_alone(struct ds_txn *txn, int fd)
{
	for (int i = 0; i < CLOSE_TRIES; i++) {
		if (txn->os->take_lease(fd, true) == 0 || (errno != EAGAIN && errno != EINTR))
			return true;
		txn->os->sleep_ms(CLOSE_PAUSE_MS);
	}
	return false;
}

/* R1 */
static int drop_or_keep(struct ds_txn *txn, int dir, const char *temp, const char *path,
			enum ds_content content, bool alone)
{
	if (content == DS_CONTENT_FAILED)
		return -1;
	return content == DS_CONTENT_SAME ? txn->os->unlink(dir, temp)
					  : keep_inode(txn, dir, temp, path, alone ? theirs : busy);
}

void ds_slot_retire(struct ds_txn *txn, struct ds_slot *slot, int dir)
{
	enum ds_content content = DS_CONTENT_OTHER;

	if (slot->plain)
		return;
	/* Whoever waited for the lease has the old version open from now on. */
	txn->os->drop_lease(slot->fd);
	bool alone = is_alone(txn, slot->fd);
	if (alone)
		content = ds_content_is(txn->os, slot->fd, slot->change->before);
	if (drop_or_keep(txn, dir, slot->temp, slot->change->path, content, alone) != 0)
		ds_note(txn, "%s: its former version is still in %s/tmp: %s", slot->change->path,
			txn->place.state, strerror(errno));
}

/* ---- tmp/ --------------------------------------------------------------- */

/* Names, each with its NUL: what is listed must not be changed meanwhile. */
static int add_name(void *context, const char *name)
{
	return ds_buf_append(context, name, strlen(name) + 1) ? 0 : -1;
}

static bool take_hash(const char **at, unsigned char *hash)
{
	static const char digits[] = "0123456789abcdef";

	if (*(*at)++ != '-')
		return false;
	for (size_t i = 0; i < DS_SHA256_SIZE; i++) {
		const char *high = (*at)[0] ? strchr(digits, (*at)[0]) : NULL;
		const char *low = high && (*at)[1] ? strchr(digits, (*at)[1]) : NULL;
		if (!low)
			return false;
		hash[i] = (unsigned char)((high - digits) << 4 | (low - digits));
		*at += 2;
	}
	return true;
}

/* The two contents that a file of ours has one of, from its name. */
static bool hashes_of(const char *name, unsigned char *before, unsigned char *after)
{
	const char *at = name + strspn(name, "0123456789r");
	return take_hash(&at, before) && take_hash(&at, after) && !*at;
}

static enum ds_content is_either(struct ds_txn *txn, int fd, const unsigned char *hash,
				 const unsigned char *other)
{
	unsigned char found[DS_SHA256_SIZE];
	uint64_t size;

	if (ds_content_hash(txn->os, fd, found, &size) != 0)
		return DS_CONTENT_FAILED;
	return memcmp(found, hash, sizeof found) == 0 || memcmp(found, other, sizeof found) == 0
		       ? DS_CONTENT_SAME
		       : DS_CONTENT_OTHER;
}

static int sweep_file(struct ds_txn *txn, int dir, const char *name)
{
	unsigned char before[DS_SHA256_SIZE];
	unsigned char after[DS_SHA256_SIZE];
	struct stat st;

	if (!hashes_of(name, before, after))
		return ds_keep_inode(txn, dir, name, name);
	if (txn->os->look(dir, name, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return ds_keep_inode(txn, dir, name, name);
	int fd = txn->os->open(dir, name, O_RDONLY, 0);
	if (fd < 0)
		return -1;
	bool alone = is_alone(txn, fd);
	enum ds_content content = alone ? is_either(txn, fd, before, after) : DS_CONTENT_OTHER;
	int status = drop_or_keep(txn, dir, name, "a file", content, alone);
	ds_close_fd(txn->os, &fd);
	return status;
}

/* A folder that was never exchanged with: nobody but its writer has seen it. */
static bool is_part(const char *name)
{
	size_t len = strlen(name);
	return len > 5 && strcmp(name + len - 5, ".part") == 0;
}

static int sweep_dir(struct ds_txn *txn, int tmp, const char *name)
{
	struct ds_buf names = {0};
	int dir = ds_state_dir(txn, tmp, name, false);
	int status = dir < 0 ? -1 : txn->os->list(dir, add_name, &names);

	for (const char *at = names.bytes; at && !status && at < names.bytes + names.len;
	     at += strlen(at) + 1)
		status = is_part(name) ? txn->os->unlink(dir, at) : sweep_file(txn, dir, at);
	ds_close_fd(txn->os, &dir);
	ds_buf_free(&names);
	return status == 0 ? txn->os->remove_dir(tmp, name) : status;
}

static int sweep_tmp(struct ds_txn *txn, int tmp)
{
	struct ds_buf names = {0};
	int status = txn->os->list(tmp, add_name, &names);

	for (const char *at = names.bytes; at && !status && at < names.bytes + names.len;
	     at += strlen(at) + 1)
		status = sweep_dir(txn, tmp, at);
	int why = errno;
	ds_buf_free(&names);
	errno = why;
	return status;
}

/* tmp/ of the state folder, or of .desync in the worktree; -1 where it is not there. */
static int open_one(struct ds_txn *txn, bool in_worktree)
{
	int dir = in_worktree ? ds_state_dir(txn, txn->top, ".desync", false) : -1;
	if (in_worktree && dir < 0)
		return -1;
	int tmp = ds_state_dir(txn, in_worktree ? dir : txn->state, "tmp", false);
	ds_close_fd(txn->os, &dir);
	return tmp;
}

/* Calls `each` for the one or two tmp/ there are. */
static int for_tmps(struct ds_txn *txn, int (*each)(struct ds_txn *txn, int tmp), ds_error *err)
{
	struct stat st;

	if (txn->os->stat(txn->state, &st) != 0)
		return ds_fail_state(txn, "", err);
	for (int far = 0; far <= (st.st_dev != txn->dev); far++) {
		int tmp = open_one(txn, far);
		if (tmp < 0 && errno == ENOENT)
			continue;
		int status = tmp < 0 ? -1 : each(txn, tmp);
		ds_close_fd(txn->os, &tmp);
		if (status < 0)
			return ds_fail_tmp(txn, far, err);
		if (status > 0)
			return status;
	}
	return 0;
}

int ds_sweep(struct ds_txn *txn, ds_error *err)
{
	/* Of a writer that did not come as far as its rename: it means nothing. */
	if (txn->os->unlink(txn->state, "journal.tmp") != 0 && errno != ENOENT)
		return ds_fail_state(txn, "journal.tmp", err);
	return for_tmps(txn, sweep_tmp, err);
}

static int stop_at_first(void *context, const char *name)
{
	(void)context, (void)name;
	return 1;
}

static int has_something(struct ds_txn *txn, int tmp)
{
	return txn->os->list(tmp, stop_at_first, NULL);
}

int ds_needs_sweep(struct ds_txn *txn, bool *needed, ds_error *err)
{
	struct stat st;

	*needed = txn->os->look(txn->state, "journal.tmp", &st) == 0;
	if (*needed)
		return 0;
	int status = for_tmps(txn, has_something, err);
	*needed = status == 1;
	return status == 1 ? 0 : status;
}
