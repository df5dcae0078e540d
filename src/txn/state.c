/* The state folder: opening it, its lock, and how its calls fail. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "special.h"

/* ---- Saying what failed ------------------------------------------------- */

/* What ds_state_dir and ds_state_file say of a link, or of what is not ours. */
static const char *why_not(int why)
{
	return why == EPERM || why == ELOOP || why == ENOTDIR
		       ? "not ours: a link, somebody else's, or open to others (or immutable): "
			 "look "
			 "at it, and remove it or mend that"
		       : strerror(why);
}

static int fail_in(const char *folder, const char *name, ds_error *err)
{
	int why = errno;
	struct ds_buf path = {0};

	ds_buf_printf(&path, "%s%s%s", folder, *name ? "/" : "", name);
	int status = path.failed ? ds_fail_memory(err)
				 : ds_fail_path(err, DS_TROUBLE, path.bytes, why_not(why));
	ds_buf_free(&path);
	return status;
}

int ds_fail_state(const struct ds_txn *txn, const char *name, ds_error *err)
{
	return fail_in(txn->place.state, name, err);
}

int ds_fail_tmp(const struct ds_txn *txn, bool in_worktree, ds_error *err)
{
	return in_worktree ? fail_in(txn->place.top, ".desync", err)
			   : fail_in(txn->place.state, "tmp", err);
}

void ds_note(struct ds_txn *txn, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (len < 0 || !ds_buf_append(&txn->notes, line, strlen(line) + 1))
		txn->doubtful = true;
}

const char *ds_txn_note(const struct ds_txn *txn, size_t index)
{
	const char *at = txn->notes.bytes;
	const char *end = at ? at + txn->notes.len : NULL;

	while (at < end && index--)
		at += strlen(at) + 1;
	return at < end ? at : NULL;
}

bool ds_txn_recovered(const struct ds_txn *txn)
{
	return txn->recovered;
}

bool ds_txn_is_doubtful(const struct ds_txn *txn)
{
	return txn->doubtful;
}

/* ---- Descriptors -------------------------------------------------------- */

void ds_close_fd(const struct ds_os *os, int *fd)
{
	int why = errno;
	/* What was written through it was synced before, so a close has nothing to say. */
	if (*fd >= 0)
		os->close(*fd);
	*fd = -1;
	errno = why;
}

/* ---- What is ours ------------------------------------------------------- */

static bool is_owned(const struct stat *st, const struct ds_place *place)
{
	return st->st_uid == geteuid() || (geteuid() == 0 && st->st_uid == place->owner);
}

bool ds_state_is_sound(const struct stat *st, const struct ds_place *place)
{
	return is_owned(st, place) && (st->st_mode & 077) == 0;
}

static bool is_file_of_ours(const struct stat *st, const struct ds_place *place)
{
	return S_ISREG(st->st_mode) && st->st_nlink <= 1 && ds_state_is_sound(st, place);
}

static int not_ours(void)
{
	errno = EPERM;
	return -1;
}

/* Root works for the owner of the worktree, who must be able to go on alone. */
static int give_away(struct ds_txn *txn, int fd)
{
	if (geteuid() != 0 || txn->place.owner == 0)
		return 0;
	return txn->os->chown(fd, txn->place.owner, txn->place.group);
}

int ds_state_file(struct ds_txn *txn, int dir, const char *name, int flags)
{
	struct stat st;
	int fd = txn->os->open(dir, name, flags, 0600);

	if (fd < 0)
		return -1;
	int status = txn->os->stat(fd, &st);
	if (status == 0 && !is_file_of_ours(&st, &txn->place))
		status = not_ours();
	if (status == 0 && (flags & O_CREAT) && st.st_size == 0 && st.st_uid != txn->place.owner)
		status = give_away(txn, fd);
	if (status != 0)
		ds_close_fd(txn->os, &fd);
	return fd;
}

int ds_state_dir(struct ds_txn *txn, int parent, const char *name, bool make)
{
	const struct ds_os *os = txn->os;
	struct stat st;
	bool made = make && os->make_dir(parent, name, 0700) == 0;

	if (make && !made && errno != EEXIST)
		return -1;
	int fd = os->open(parent, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return -1;
	int status = made ? give_away(txn, fd) : 0;
	if (status == 0)
		status = os->stat(fd, &st);
	if (status == 0 && !ds_state_is_sound(&st, &txn->place))
		status = not_ours();
	if (status != 0)
		ds_close_fd(os, &fd);
	return fd;
}

/* ---- The folder --------------------------------------------------------- */

static int fail_unsound(const struct ds_txn *txn, ds_error *err)
{
	return ds_fail_path(
		err, DS_TROUBLE, txn->place.state,
		"not a state folder of ours: a link, somebody else's, or open to others "
		"(it must be a directory of yours with mode 0700): look at it, and remove "
		"it or mend that");
}

/* So that git never takes what is ours for a part of the project. */
static int ignore_all(struct ds_txn *txn, int dir)
{
	struct stat st;

	if (txn->os->look(dir, ".gitignore", &st) == 0)
		return 0;
	int fd = ds_state_file(txn, dir, ".gitignore", O_WRONLY | O_CREAT);
	if (fd < 0)
		return -1;
	int status = ds_content_write(txn->os, fd, ds_text_of("*\n"));
	ds_close_fd(txn->os, &fd);
	return status;
}

/* A journal in a folder whose name is not on the disk would not be found again. */
static int make_durable(struct ds_txn *txn, int parent, const char *name, bool make)
{
	struct stat st;
	bool is_new = make && txn->os->look(parent, name, &st) != 0 && errno == ENOENT;
	int fd = ds_state_dir(txn, parent, name, make);

	if (fd >= 0 && is_new && txn->os->fsync(parent) != 0)
		ds_close_fd(txn->os, &fd);
	return fd;
}

int ds_state_open(struct ds_txn *txn, bool make, ds_error *err)
{
	const char *slash = strrchr(txn->place.state, '/');
	struct ds_buf parent = {0};

	if (txn->state >= 0)
		return 0;
	ds_buf_append(&parent, txn->place.state, (size_t)(slash - txn->place.state) + 1);
	if (parent.failed)
		return ds_fail_memory(err);
	int dir = txn->os->open(AT_FDCWD, parent.bytes, O_RDONLY | O_DIRECTORY, 0);
	ds_buf_free(&parent);
	if (dir < 0)
		return ds_fail_state(txn, "", err);
	txn->state = make_durable(txn, dir, slash + 1, make);
	ds_close_fd(txn->os, &dir);
	if (txn->state < 0 && errno == ENOENT && !make)
		return 0;
	if (txn->state < 0 && (errno == EPERM || errno == ELOOP || errno == ENOTDIR))
		return fail_unsound(txn, err);
	if (txn->state < 0)
		return ds_fail_state(txn, "", err);
	if (make && !txn->place.in_git && ignore_all(txn, txn->state) != 0)
		return ds_fail_state(txn, ".gitignore", err);
	return 0;
}

/* Where the state folder is on another file system than the files, contents cannot
 * be exchanged with it: they wait in the worktree. */
static int open_tmp_in_worktree(struct ds_txn *txn, ds_error *err)
{
	struct stat st;
	int dir = ds_state_dir(txn, txn->top, ".desync", true);

	if (dir >= 0 && ignore_all(txn, dir) == 0)
		txn->tmp = ds_state_dir(txn, dir, "tmp", true);
	ds_close_fd(txn->os, &dir);
	txn->tmp_in_worktree = true;
	if (txn->tmp < 0 || txn->os->stat(txn->tmp, &st) != 0)
		return ds_fail_tmp(txn, true, err);
	if (st.st_dev == txn->dev)
		return 0;
	ds_close_fd(txn->os, &txn->tmp);
	return ds_fail(err, DS_TROUBLE,
		       "%s/.desync: on another file system than the files, like %s: there is no "
		       "place from which they could be changed",
		       txn->place.top, txn->place.state);
}

int ds_tmp_open(struct ds_txn *txn, ds_error *err)
{
	struct stat st;

	if (txn->tmp >= 0)
		return 0;
	if (txn->os->stat(txn->state, &st) != 0)
		return ds_fail_state(txn, "", err);
	if (st.st_dev != txn->dev)
		return open_tmp_in_worktree(txn, err);
	txn->tmp_in_worktree = false;
	txn->tmp = ds_state_dir(txn, txn->state, "tmp", true);
	return txn->tmp < 0 ? ds_fail_state(txn, "tmp", err) : 0;
}

/* ---- The lock ----------------------------------------------------------- */

static int fail_held(const struct ds_txn *txn, int fd, ds_error *err)
{
	struct ds_holder holder = {0};

	if (!ds_lock_holder(fd, &holder))
		return ds_fail(err, DS_CONFLICT,
			       "another program holds the lock %s/lock: try again later, or wait "
			       "longer with --wait SECONDS",
			       txn->place.state);
	return ds_fail(err, DS_CONFLICT, "%s (process %ld) holds the lock %s/lock%s",
		       *holder.name ? holder.name : "another program", holder.pid, txn->place.state,
		       holder.stopped ? " and is stopped: let it go on, or end it"
				      : ": try again later, or wait longer with --wait SECONDS");
}

/* flock until the deadline; -1 with errno. */
static int lock_until(struct ds_txn *txn, int fd, int operation)
{
	const struct ds_os *os = txn->os;
	long pause = 1;
	int interrupted = 0;

	while (os->lock(fd, operation) != 0) {
		if (errno == EINTR && ++interrupted < DS_TRIES)
			continue;
		if (errno != EWOULDBLOCK || os->now_ms() >= txn->deadline)
			return -1;
		os->sleep_ms(pause);
		pause = pause < 32 ? pause * 2 : 50;
	}
	return 0;
}

int ds_lock_take(struct ds_txn *txn, ds_error *err)
{
	int fd = ds_state_file(txn, txn->state, "lock", O_RDWR | O_CREAT);
	int status = 0;

	if (fd < 0)
		return errno == EPERM || errno == ELOOP ? fail_unsound(txn, err)
							: ds_fail_state(txn, "lock", err);
	if (lock_until(txn, fd, LOCK_EX) == 0) {
		txn->lock = fd;
		return 0;
	}
	if (errno == EWOULDBLOCK)
		status = fail_held(txn, fd, err);
	else
		status = ds_fail_state(txn, "lock", err);
	ds_close_fd(txn->os, &fd);
	return status;
}

void ds_lock_drop(struct ds_txn *txn)
{
	ds_buf_cut(&txn->ours, 0);
	ds_close_fd(txn->os, &txn->lock);
}

/* ---- Opening and closing ------------------------------------------------ */

/* "20261121T124454Z-9f3a2c51d0e4": sorts by time, and no two are the same. */
static int make_id(struct ds_txn *txn, ds_error *err)
{
	unsigned char chance[6];
	struct tm tm;
	time_t now = (time_t)(txn->os->wall_ms() / 1000);

	if (txn->os->random(chance, sizeof chance) != 0)
		return ds_fail(err, DS_TROUBLE, "no random numbers: %s", strerror(errno));
	gmtime_r(&now, &tm);
	size_t len = strftime(txn->id, sizeof txn->id, "%Y%m%dT%H%M%SZ-", &tm);
	for (size_t i = 0; i < sizeof chance; i++)
		len += (size_t)snprintf(txn->id + len, sizeof txn->id - len, "%02x", chance[i]);
	return 0;
}

static int open_top(struct ds_txn *txn, ds_error *err)
{
	struct stat st;

	txn->top = txn->os->open(AT_FDCWD, txn->place.top, O_RDONLY | O_DIRECTORY, 0);
	if (txn->top < 0 || txn->os->stat(txn->top, &st) != 0)
		return ds_fail_path(err, DS_TROUBLE, txn->place.top, strerror(errno));
	txn->dev = st.st_dev;
	return 0;
}

int ds_txn_open(struct ds_txn **out, const struct ds_place *place,
		const struct ds_txn_options *options, ds_error *err)
{
	struct ds_txn *txn = calloc(1, sizeof *txn);

	*out = NULL;
	if (!txn)
		return ds_fail_memory(err);
	txn->os = options->os ? options->os : &ds_os_system;
	txn->wait_ms = options->wait_ms;
	txn->allow_plain_rename = options->allow_plain_rename;
	snprintf(txn->who, sizeof txn->who, "%s", options->who ? options->who : "");
	txn->top = txn->state = txn->lock = txn->tmp = -1;
	txn->place = *place;
	txn->place.top = strdup(place->top);
	txn->place.state = strdup(place->state);
	int status = txn->place.top && txn->place.state ? make_id(txn, err) : ds_fail_memory(err);
	if (!status)
		status = open_top(txn, err);
	if (status)
		ds_txn_close(txn);
	else
		*out = txn;
	return status;
}

void ds_txn_close(struct ds_txn *txn)
{
	if (!txn)
		return;
	ds_close_fd(txn->os, &txn->tmp);
	ds_lock_drop(txn);
	ds_close_fd(txn->os, &txn->state);
	ds_close_fd(txn->os, &txn->top);
	ds_place_free(&txn->place);
	ds_buf_free(&txn->notes);
	ds_buf_free(&txn->ours);
	free(txn);
}

const char *ds_txn_id(const struct ds_txn *txn)
{
	return txn->id;
}
