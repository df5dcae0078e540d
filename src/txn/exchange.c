/* The moment itself: two names change hands, and what came out is looked at. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "slot.h"

/* ---- What came out ------------------------------------------------------ */

/* Opens a regular file by its name; -1 with errno. */
static int open_regular(struct ds_txn *txn, int dir, const char *name, struct stat *st)
{
	int fd = txn->os->open(dir, name, O_RDONLY, 0);

	if (fd < 0)
		return -1;
	int status = txn->os->stat(fd, st);
	if (status == 0 && S_ISREG(st->st_mode))
		return fd;
	ds_close_fd(txn->os, &fd);
	if (status == 0)
		errno = EINVAL;
	return -1;
}

/* Whether that name stands for what is expected; the descriptor is left open. */
static enum ds_content is_expected(struct ds_txn *txn, int dir, const char *name,
				   const struct ds_expected *expected, int *fd)
{
	struct stat st;

	*fd = open_regular(txn, dir, name, &st);
	if (*fd < 0)
		return errno == EINVAL || errno == ENOENT || errno == ELOOP ? DS_CONTENT_OTHER
									    : DS_CONTENT_FAILED;
	if (expected->ino && st.st_ino != expected->ino)
		return DS_CONTENT_OTHER;
	return expected->bytes.at ? ds_content_is(txn->os, *fd, expected->bytes)
				  : ds_content_hashes(txn->os, *fd, expected->size, expected->hash);
}

/* ---- Swapping ----------------------------------------------------------- */

static int swap_names(struct ds_txn *txn, int dir, const char *temp, int parent, const char *name)
{
	int status = -1;
	for (int i = 0; i < DS_TRIES && status != 0; i++) {
		status = txn->os->swap(dir, temp, parent, name);
		if (status != 0 && errno != EINTR)
			break;
	}
	return status;
}

/* Something else came out: a copy of it is kept (somebody may have read our short-lived
 * version, and write that over it), then it goes back where it was. What comes out
 * this time must be ours, or it is a second version of somebody's. */
static enum ds_swap_outcome put_right(struct ds_txn *txn, int dir, const char *temp, int parent,
				      const char *path, const char *name, int caught,
				      const struct ds_expected *in)
{
	int again = -1;

	if (caught >= 0 && ds_keep_copy(txn, caught, path) != 0)
		return DS_SWAP_UNKNOWN;
	if (swap_names(txn, dir, temp, parent, name) != 0)
		return DS_SWAP_UNKNOWN;
	enum ds_content ours = is_expected(txn, dir, temp, in, &again);
	ds_close_fd(txn->os, &again);
	if (ours == DS_CONTENT_FAILED)
		return DS_SWAP_UNKNOWN;
	if (ours == DS_CONTENT_OTHER && ds_keep_inode(txn, dir, temp, path) != 0)
		return DS_SWAP_UNKNOWN;
	return DS_SWAP_CAUGHT;
}

static enum ds_swap_outcome swap_in(struct ds_txn *txn, int dir, const char *temp, int parent,
				    const char *path, const char *name,
				    const struct ds_expected *out, const struct ds_expected *in)
{
	int fd = -1;

	if (swap_names(txn, dir, temp, parent, name) != 0)
		return errno == ENOENT ? DS_SWAP_ABSENT
		       : errno == EIO  ? DS_SWAP_UNKNOWN
				       : DS_SWAP_UNABLE;
	enum ds_content came = is_expected(txn, dir, temp, out, &fd);
	enum ds_swap_outcome outcome = DS_SWAP_DONE;
	if (came == DS_CONTENT_FAILED)
		outcome = DS_SWAP_UNKNOWN;
	else if (came == DS_CONTENT_OTHER)
		outcome = put_right(txn, dir, temp, parent, path, name, fd, in);
	ds_close_fd(txn->os, &fd);
	return outcome;
}

/* Where names cannot be swapped, and whoever called accepts that: between the look and
 * the rename somebody's edit can be lost. */
static enum ds_swap_outcome rename_in(struct ds_txn *txn, int dir, const char *temp, int parent,
				      const char *name, const struct ds_expected *out)
{
	int fd;
	enum ds_content there = is_expected(txn, parent, name, out, &fd);

	ds_close_fd(txn->os, &fd);
	if (there == DS_CONTENT_FAILED)
		return DS_SWAP_UNABLE;
	if (there == DS_CONTENT_OTHER)
		return DS_SWAP_CAUGHT;
	return txn->os->rename(dir, temp, parent, name) == 0 ? DS_SWAP_DONE : DS_SWAP_UNABLE;
}

static bool is_not_here(void)
{
	return errno == ENOSYS || errno == EINVAL || errno == EOPNOTSUPP;
}

enum ds_swap_outcome ds_swap(struct ds_txn *txn, int dir, const char *temp, const char *path,
			     const struct ds_expected *out, const struct ds_expected *in)
{
	const char *name;
	int parent = ds_open_parent(txn, path, &name);
	enum ds_swap_outcome outcome = DS_SWAP_UNABLE;

	if (parent < 0)
		return errno == ENOENT || errno == ENOTDIR ? DS_SWAP_ABSENT : DS_SWAP_UNABLE;
	outcome = swap_in(txn, dir, temp, parent, path, name, out, in);
	if (outcome == DS_SWAP_UNABLE && is_not_here() && txn->allow_plain_rename)
		outcome = rename_in(txn, dir, temp, parent, name, out);
	ds_close_fd(txn->os, &parent);
	return outcome;
}

/* ---- A slot ------------------------------------------------------------- */

static struct ds_expected as_old(const struct ds_slot *slot)
{
	return (struct ds_expected){.ino = slot->st.st_ino, .bytes = slot->change->before};
}

static struct ds_expected as_new(const struct ds_slot *slot)
{
	return (struct ds_expected){.ino = slot->new_ino, .bytes = slot->change->after};
}

static bool conflict(struct ds_slot *slot, const char *why)
{
	slot->change->outcome = DS_CHANGE_CONFLICT;
	snprintf(slot->change->why, sizeof slot->change->why, "%s", why);
	return false;
}

static bool fail_swap(struct ds_txn *txn, struct ds_slot *slot, enum ds_swap_outcome outcome)
{
	int why = errno;

	if (outcome == DS_SWAP_ABSENT)
		return conflict(slot, "somebody else took it away meanwhile");
	if (outcome == DS_SWAP_CAUGHT)
		return conflict(slot, "somebody else changed it at the same moment");
	slot->change->outcome = DS_CHANGE_REFUSED;
	errno = why;
	if (why == EBUSY)
		snprintf(slot->change->why, sizeof slot->change->why,
			 "something is mounted on it: change the file that is mounted there");
	else if (is_not_here() && !txn->allow_plain_rename)
		snprintf(slot->change->why, sizeof slot->change->why,
			 "this file system cannot exchange two files: --allow-plain-rename accepts "
			 "comparing, then renaming");
	else
		snprintf(slot->change->why, sizeof slot->change->why, "%s", strerror(why));
	return false;
}

static bool temp_is_gone(struct ds_txn *txn, int dir, const char *temp)
{
	struct stat st;
	return txn->os->look(dir, temp, &st) != 0 && errno == ENOENT;
}

bool ds_slot_exchange(struct ds_txn *txn, struct ds_slot *slot, int dir)
{
	struct ds_expected out = as_old(slot);
	struct ds_expected in = as_new(slot);
	enum ds_swap_outcome outcome = ds_swap(txn, dir, slot->temp, slot->change->path, &out, &in);

	/* Not known: it is taken for swapped, so that putting back looks at it again. */
	slot->swapped = outcome == DS_SWAP_DONE || outcome == DS_SWAP_UNKNOWN;
	if (outcome == DS_SWAP_DONE) {
		slot->plain = txn->allow_plain_rename && temp_is_gone(txn, dir, slot->temp);
		return true;
	}
	return fail_swap(txn, slot, outcome);
}

/* What stands under the target's name now. */
static enum ds_content target_is(struct ds_txn *txn, const struct ds_slot *slot,
				 const struct ds_expected *expected)
{
	const char *name;
	int fd = -1;
	int parent = ds_open_parent(txn, slot->change->path, &name);

	if (parent < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? DS_CONTENT_OTHER
									     : DS_CONTENT_FAILED;
	enum ds_content now = is_expected(txn, parent, name, expected, &fd);
	ds_close_fd(txn->os, &fd);
	ds_close_fd(txn->os, &parent);
	return now;
}

static bool holds(struct ds_slot *slot, enum ds_content content, const char *why)
{
	if (content == DS_CONTENT_SAME)
		return true;
	if (content == DS_CONTENT_OTHER)
		return conflict(slot, why);
	slot->change->outcome = DS_CHANGE_REFUSED;
	snprintf(slot->change->why, sizeof slot->change->why, "%s", strerror(errno));
	return false;
}

bool ds_slot_holds(struct ds_txn *txn, struct ds_slot *slot)
{
	struct ds_expected in = as_new(slot);

	if (slot->leased && !txn->os->holds_lease(slot->fd))
		return conflict(slot, "another program wants to write it");
	return holds(slot, ds_content_is(txn->os, slot->fd, slot->change->before),
		     "somebody else changed it at the same moment") &&
	       holds(slot, target_is(txn, slot, &in), "somebody else changed it right after us");
}

/* The old content as a file again, where a rename took the inode away. */
static int remake_old(struct ds_txn *txn, struct ds_slot *slot, int dir)
{
	const char *what;
	int fd = ds_new_file(txn, dir, slot->temp, slot->change->before, slot->fd, &what);
	int status = fd < 0 ? -1 : txn->os->fsync(fd);
	ds_close_fd(txn->os, &fd);
	return status;
}

int ds_slot_put_back(struct ds_txn *txn, struct ds_slot *slot, int dir)
{
	struct ds_expected old = as_old(slot);
	struct ds_expected new = as_new(slot);

	if (slot->plain) {
		old.ino = 0;
		if (remake_old(txn, slot, dir) != 0)
			return -1;
	}
	enum ds_content now = target_is(txn, slot, &new);
	if (now == DS_CONTENT_FAILED)
		return -1;
	slot->swapped = false;
	if (now == DS_CONTENT_OTHER) {
		ds_note(txn, "%s: changed by somebody else after us: left as it is",
			slot->change->path);
		return 0;
	}
	switch (ds_swap(txn, dir, slot->temp, slot->change->path, &new, &old)) {
	case DS_SWAP_DONE:
	case DS_SWAP_ABSENT:
	case DS_SWAP_CAUGHT:
		return 0;
	default:
		return -1;
	}
}
