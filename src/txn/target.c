/* Targets: which files may be changed, and whether they are what the plan says. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "slot.h"

__attribute__((format(printf, 3, 4))) static bool
set_aside(struct ds_change *change, enum ds_change_outcome outcome, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(change->why, sizeof change->why, format, args);
	va_end(args);
	change->outcome = outcome;
	return false;
}

static bool refuse(struct ds_change *change, const char *why)
{
	return set_aside(change, DS_CHANGE_REFUSED, "%s", why);
}

/* ---- The way there ------------------------------------------------------ */

int ds_open_parent(struct ds_txn *txn, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	struct ds_buf dir = {0};

	*name = slash ? slash + 1 : path;
	ds_buf_append(&dir, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
	if (dir.failed) {
		errno = ENOMEM;
		return -1;
	}
	int fd = txn->os->open_beneath(txn->top, dir.bytes, O_DIRECTORY);
	int why = errno;
	ds_buf_free(&dir);
	errno = why;
	return fd;
}

/* 1 there, 0 not there, -1 with errno. */
static int has(struct ds_txn *txn, struct ds_buf *path, const char *name)
{
	size_t len = path->len;
	struct stat st;

	ds_buf_printf(path, "/%s", name);
	if (path->failed) {
		errno = ENOMEM;
		return -1;
	}
	int status = txn->os->look(txn->top, path->bytes, &st);
	int there = status == 0 ? 1 : errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	ds_buf_cut(path, len);
	return there;
}

/* Whether that directory is the top of another repository, or a git directory. */
static int is_repository(struct ds_txn *txn, struct ds_buf *way)
{
	static const char *const inside[] = {"HEAD", "objects", "refs"};
	int found = has(txn, way, ".git");

	if (found != 0)
		return found;
	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
		found = has(txn, way, inside[i]);
		if (found != 1)
			break;
	}
	return found;
}

/* How much of the path's way was looked at for the file before: those of a batch often
 * lie side by side. Up to a "/", or 0. */
static size_t known_way(const struct ds_txn *txn, const char *path)
{
	size_t known = 0;

	for (size_t i = 0; i < txn->ours.len && path[i] == txn->ours.bytes[i]; i++)
		if (path[i] == '/')
			known = i;
	return known;
}

/* T1: what lies in another repository has a state folder, and a writer, of its own. */
static int is_foreign_ground(struct ds_txn *txn, const char *path)
{
	struct ds_buf way = {0};
	size_t known = known_way(txn, path);
	int foreign = 0;

	for (const char *slash = strchr(path + known + (known > 0), '/'); slash && !foreign;
	     slash = strchr(slash + 1, '/')) {
		ds_buf_cut(&way, 0);
		ds_buf_append(&way, path, (size_t)(slash - path));
		foreign = is_repository(txn, &way);
	}
	int why = errno;
	ds_buf_free(&way);
	ds_buf_cut(&txn->ours, 0);
	if (!foreign)
		ds_buf_puts(&txn->ours, path);
	errno = why;
	return foreign;
}

/* ---- The file ----------------------------------------------------------- */

static bool is_owner_foreign(const struct ds_txn *txn, const struct stat *st)
{
	if (st->st_uid == geteuid())
		return false;
	return geteuid() != 0 || st->st_uid != txn->place.owner;
}

/* T1. NULL, or why this file is not to be changed. */
static const char *objection(const struct ds_txn *txn, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_nlink > 1)
		return "it has more than one name (hard links), of which only one would change";
	if (is_owner_foreign(txn, st))
		return "it belongs to another user";
	if (st->st_dev != txn->dev)
		return "it is on another file system than the repository";
	return NULL;
}

static bool fail_open(struct ds_change *change)
{
	switch (errno) {
	case ENOENT:
		return set_aside(change, DS_CHANGE_CONFLICT, "it is no longer there");
	case ELOOP:
	case ENOTDIR: /* for a directory on the way that is a link */
		return refuse(change, "a link, or behind one: change the file that it leads to");
	case EXDEV:
		return refuse(change, "it is outside of the repository");
	case ENXIO:
		return refuse(change, "not a regular file");
	case EPERM:
		return refuse(change, "it, or its folder, is immutable: lsattr shows it, and "
				      "chattr -i takes it away");
	case EAGAIN:
		return set_aside(change, DS_CHANGE_CONFLICT,
				 "another program has it under a lease");
	default:
		return refuse(change, strerror(errno));
	}
}

/* T2 */
static bool is_as_planned(struct ds_txn *txn, struct ds_slot *slot)
{
	switch (ds_content_is(txn->os, slot->fd, slot->change->before)) {
	case DS_CONTENT_SAME:
		return true;
	case DS_CONTENT_OTHER:
		return set_aside(slot->change, DS_CHANGE_CONFLICT,
				 "somebody else changed it meanwhile");
	default:
		return refuse(slot->change, strerror(errno));
	}
}

static bool check_access(struct ds_txn *txn, struct ds_change *change)
{
	const char *name;
	int parent = ds_open_parent(txn, change->path, &name);
	/* The name changes hands in its directory; the file itself must be writable too,
	 * or a person has closed it on purpose. */
	bool well = parent >= 0 && txn->os->access(parent, ".", W_OK | X_OK) == 0 &&
		    txn->os->access(parent, name, W_OK) == 0;
	int why = errno;
	ds_close_fd(txn->os, &parent);
	errno = why;
	return well || fail_open(change);
}

bool ds_slot_open(struct ds_txn *txn, struct ds_slot *slot)
{
	struct ds_change *change = slot->change;

	if (!ds_path_is_safe(ds_text_of(change->path)))
		return refuse(change, "it is outside of the repository, or inside its git or state "
				      "folder");
	int foreign = is_foreign_ground(txn, change->path);
	if (foreign)
		return refuse(change, foreign < 0 ? strerror(errno)
						  : "it lies in another repository: go there to "
						    "change it");
	slot->fd = txn->os->open_beneath(txn->top, change->path, 0);
	if (slot->fd < 0 || txn->os->stat(slot->fd, &slot->st) != 0)
		return fail_open(change);
	const char *why = objection(txn, &slot->st);
	if (why)
		return refuse(change, why);
	if (!check_access(txn, change) || !is_as_planned(txn, slot))
		return false;
	ds_sha256_of(change->before.at, change->before.len, slot->before_hash);
	ds_sha256_of(change->after.at, change->after.len, slot->after_hash);
	return true;
}

/* ---- The lease ---------------------------------------------------------- */

/* Waits for whoever has it open for writing. */
static int take_lease(struct ds_txn *txn, int fd)
{
	int interrupted = 0;

	while (txn->os->take_lease(fd, false) != 0) {
		if (errno == EINTR && ++interrupted < DS_TRIES)
			continue;
		if (errno != EAGAIN || txn->os->now_ms() >= txn->deadline)
			return -1;
		txn->os->sleep_ms(2);
	}
	return 0;
}

bool ds_slot_lease(struct ds_txn *txn, struct ds_slot *slot)
{
	slot->leased = take_lease(txn, slot->fd) == 0;
	if (!slot->leased && errno == EAGAIN)
		return set_aside(slot->change, DS_CHANGE_CONFLICT,
				 "another program has it open for writing");
	/* Without a lease a late writer is only found afterwards, by R1. */
	return is_as_planned(txn, slot);
}

void ds_slot_close(struct ds_txn *txn, struct ds_slot *slot)
{
	/* Closing gives the lease up. */
	ds_close_fd(txn->os, &slot->fd);
	slot->leased = false;
}

/* ---- The new content ---------------------------------------------------- */

int ds_new_file(struct ds_txn *txn, int dir, const char *name, struct ds_text bytes, int like,
		const char **what)
{
	const struct ds_os *os = txn->os;
	int fd = os->open(dir, name, O_RDWR | O_CREAT | O_EXCL, 0600);

	*what = NULL;
	if (fd < 0)
		return -1;
	if (ds_content_write(os, fd, bytes) == 0 && ds_content_dress(os, fd, like, what) == 0)
		return fd;
	int why = errno;
	ds_close_fd(os, &fd);
	os->unlink(dir, name); /* or a sweep will */
	errno = why;
	return -1;
}

static void name_temp(struct ds_slot *slot, size_t index)
{
	char before[DS_SHA256_HEX];
	char after[DS_SHA256_HEX];

	ds_sha256_hex(slot->before_hash, before);
	ds_sha256_hex(slot->after_hash, after);
	snprintf(slot->temp, sizeof slot->temp, "%zu-%s-%s", index, before, after);
}

int ds_slot_prepare(struct ds_txn *txn, struct ds_slot *slot, int dir, size_t index, bool sync,
		    ds_error *err)
{
	const char *what;
	struct stat st;
	int status = 0;

	name_temp(slot, index);
	int fd = ds_new_file(txn, dir, slot->temp, slot->change->after, slot->fd, &what);
	if (fd < 0 && what) {
		set_aside(slot->change, DS_CHANGE_REFUSED, "%s cannot be kept: %s", what,
			  strerror(errno));
		return 0;
	}
	if (fd < 0)
		return ds_fail_state(txn, "tmp", err);
	if (txn->os->stat(fd, &st) != 0 || (sync && txn->os->fsync(fd) != 0))
		status = ds_fail_state(txn, "tmp", err);
	else
		slot->new_ino = st.st_ino;
	ds_close_fd(txn->os, &fd);
	return status;
}
