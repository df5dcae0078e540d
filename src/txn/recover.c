/* What an interrupted writer left is settled from its journal: all new, or all old. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "slot.h"

/* ---- Names that must be durable ----------------------------------------- */

static size_t parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) : 0;
}

static bool was_synced(const char *(*path)(const void *, size_t), const void *files, size_t i)
{
	const char *mine = path(files, i);
	size_t len = parent_len(mine);

	for (size_t j = 0; j < i; j++) {
		const char *other = path(files, j);
		if (other && parent_len(other) == len && memcmp(other, mine, len) == 0)
			return true;
	}
	return false;
}

static int sync_parent(struct ds_txn *txn, const char *path)
{
	const char *name;
	int parent = ds_open_parent(txn, path, &name);
	int status = parent < 0 ? -1 : txn->os->fsync(parent);

	/* A directory that somebody took away has nothing to lose. */
	if (parent < 0 && (errno == ENOENT || errno == ENOTDIR))
		status = 0;
	ds_close_fd(txn->os, &parent);
	return status;
}

int ds_sync_parents(struct ds_txn *txn, const char *(*path)(const void *files, size_t i),
		    const void *files, size_t count, const char **failed)
{
	*failed = txn->place.top;
	if (count >= DS_SYNC_ALL_FROM)
		return txn->os->syncfs(txn->top);
	for (size_t i = 0; i < count; i++) {
		if (!path(files, i) || was_synced(path, files, i))
			continue;
		*failed = path(files, i);
		if (sync_parent(txn, *failed) != 0)
			return -1;
	}
	return 0;
}

/* ---- How it stands ------------------------------------------------------ */

enum fate { FATE_NEW, FATE_OLD, FATE_FOREIGN, FATE_UNSAFE, FATE_UNKNOWN };

struct recovery {
	struct ds_txn *txn;
	struct ds_journal journal;
	struct ds_buf bytes; /* what the journal points into */
	char **paths;        /* with a NUL, one a file */
	enum fate *fates;
	size_t news;
	size_t foreign;
	size_t put_back;
};

/* A file that cannot be opened: taken away, or something else put in its place, is
 * somebody's wish. A link on the way there could lead anywhere: V1. */
static enum fate fate_unopened(struct ds_txn *txn, const char *path)
{
	const char *name;
	int why = errno;

	if (why == ENOENT || why == ENXIO)
		return FATE_FOREIGN;
	if (why != ELOOP && why != ENOTDIR && why != EXDEV)
		return FATE_UNKNOWN;
	int parent = ds_open_parent(txn, path, &name);
	enum fate fate = parent >= 0 ? FATE_FOREIGN : FATE_UNSAFE;
	ds_close_fd(txn->os, &parent);
	return fate;
}

static enum fate fate_of(struct ds_txn *txn, const char *path, const struct ds_journal_file *file)
{
	unsigned char digest[DS_SHA256_SIZE];
	uint64_t size;
	struct stat st;
	int fd = txn->os->open_beneath(txn->top, path, 0);

	if (fd < 0)
		return fate_unopened(txn, path);
	int status = txn->os->stat(fd, &st);
	bool regular = status == 0 && S_ISREG(st.st_mode);
	if (regular)
		status = ds_content_hash(txn->os, fd, digest, &size);
	ds_close_fd(txn->os, &fd);
	if (status != 0)
		return FATE_UNKNOWN;
	if (!regular)
		return FATE_FOREIGN;
	if (size == file->after_size && memcmp(digest, file->after_hash, sizeof digest) == 0)
		return FATE_NEW;
	if (size == file->before.len && memcmp(digest, file->before_hash, sizeof digest) == 0)
		return FATE_OLD;
	return FATE_FOREIGN;
}

static int judge(struct recovery *r, ds_error *err)
{
	size_t count = r->journal.count;

	r->paths = calloc(count, sizeof *r->paths);
	r->fates = calloc(count, sizeof *r->fates);
	if (!r->paths || !r->fates)
		return ds_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct ds_journal_file *file = &r->journal.files[i];
		r->paths[i] = strndup(file->path.at, file->path.len);
		if (!r->paths[i])
			return ds_fail_memory(err);
		r->fates[i] = fate_of(r->txn, r->paths[i], file);
		if (r->fates[i] == FATE_UNSAFE)
			return ds_fail_path(err, DS_TROUBLE, r->paths[i],
					    "a link, or no folder, is on the way there: put that "
					    "right, or move the journal away; nothing was changed");
		if (r->fates[i] == FATE_UNKNOWN)
			return ds_fail_path(err, DS_TROUBLE, r->paths[i], strerror(errno));
		r->news += r->fates[i] == FATE_NEW;
		r->foreign += r->fates[i] == FATE_FOREIGN;
	}
	return 0;
}

static void free_recovery(struct recovery *r)
{
	for (size_t i = 0; r->paths && i < r->journal.count; i++)
		free(r->paths[i]);
	free(r->paths);
	free(r->fates);
	ds_journal_free(&r->journal);
	ds_buf_free(&r->bytes);
}

/* ---- Putting back ------------------------------------------------------- */

static bool holds_before(struct ds_txn *txn, int dir, const char *name,
			 const struct ds_journal_file *file)
{
	struct stat st;
	int fd = txn->os->open(dir, name, O_RDONLY, 0);
	bool same = fd >= 0 && txn->os->stat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    ds_content_is(txn->os, fd, file->before) == DS_CONTENT_SAME;

	ds_close_fd(txn->os, &fd);
	return same;
}

/* The before-image as a file: the replaced inode where it is still in tmp/, or a new
 * one. -1 with errno. */
static int old_as_file(struct recovery *r, int dir, size_t i, char *name)
{
	const struct ds_journal_file *file = &r->journal.files[i];
	struct ds_txn *txn = r->txn;
	const char *what;

	snprintf(name, DS_TEMP_NAME_ROOM, "%.*s", (int)file->temp.len, file->temp.at);
	if (holds_before(txn, dir, name, file))
		return 0;
	snprintf(name, DS_TEMP_NAME_ROOM, "r%.*s", (int)file->temp.len, file->temp.at);
	/* Half of one, from a recovery that was interrupted itself. */
	if (txn->os->unlink(dir, name) != 0 && errno != ENOENT)
		return -1;
	int like = txn->os->open_beneath(txn->top, r->paths[i], 0);
	int fd = like < 0 ? -1 : ds_new_file(txn, dir, name, file->before, like, &what);
	int status = fd < 0 ? -1 : txn->os->fsync(fd);
	ds_close_fd(txn->os, &fd);
	ds_close_fd(txn->os, &like);
	return status;
}

static int put_one_back(struct recovery *r, int dir, size_t i, ds_error *err)
{
	const struct ds_journal_file *file = &r->journal.files[i];
	char name[DS_TEMP_NAME_ROOM + 1];
	struct ds_expected out = {.size = file->after_size, .hash = file->after_hash};
	struct ds_expected in = {.bytes = file->before};

	if (old_as_file(r, dir, i, name) != 0)
		return ds_fail_path(err, DS_TROUBLE, r->paths[i], strerror(errno));
	switch (ds_swap(r->txn, dir, name, r->paths[i], &out, &in)) {
	case DS_SWAP_DONE:
		r->put_back++;
		return 0;
	case DS_SWAP_CAUGHT:
	case DS_SWAP_ABSENT:
		r->foreign++;
		return 0;
	default:
		return ds_fail_path(err, DS_TROUBLE, r->paths[i], strerror(errno));
	}
}

static int open_work(struct recovery *r, int *dir, ds_error *err)
{
	struct ds_txn *txn = r->txn;
	int near = r->journal.tmp_in_worktree ? ds_state_dir(txn, txn->top, ".desync", true)
					      : txn->state;
	int tmp = near < 0 ? -1 : ds_state_dir(txn, near, "tmp", true);

	*dir = tmp < 0 ? -1 : ds_state_dir(txn, tmp, r->journal.txid, true);
	int status = *dir < 0 ? ds_fail_state(txn, "tmp", err) : 0;
	ds_close_fd(txn->os, &tmp);
	if (near != txn->state)
		ds_close_fd(txn->os, &near);
	return status;
}

/* V3 */
static int put_all_back(struct recovery *r, ds_error *err)
{
	int dir = -1;
	int status = r->news ? open_work(r, &dir, err) : 0;

	for (size_t i = 0; i < r->journal.count && !status; i++)
		if (r->fates[i] == FATE_NEW)
			status = put_one_back(r, dir, i, err);
	ds_close_fd(r->txn->os, &dir);
	return status;
}

/* ---- Settling ----------------------------------------------------------- */

static const char *journal_path(const void *paths, size_t i)
{
	return ((char *const *)paths)[i];
}

/* V4: the log is what it was, or completed; and says what was done. */
static int settle_log(struct recovery *r, bool forward, ds_error *err)
{
	struct ds_buf lines = {0};
	char members[160];

	snprintf(members, sizeof members, "\"interrupted\": \"%s\", \"files\": %zu",
		 r->journal.txid, forward ? r->journal.count : r->put_back);
	if (forward)
		ds_buf_append(&lines, r->journal.log_lines.at, r->journal.log_lines.len);
	int status = 0;
	if (!ds_event(&lines, r->txn, forward ? "recovery" : "roll-back", members))
		status = ds_fail_memory(err);
	else if (ds_events_write(r->txn, r->journal.log_size,
				 (struct ds_text){lines.bytes, lines.len}) != 0)
		status = ds_fail_state(r->txn, "log.jsonl", err);
	ds_buf_free(&lines);
	return status;
}

static void say_settled(struct recovery *r, bool forward)
{
	if (forward)
		ds_note(r->txn, "an interrupted change (%s) was completed: %zu files",
			r->journal.txid, r->journal.count);
	else
		ds_note(r->txn,
			"an interrupted change (%s) was taken back: all %zu files are as before",
			r->journal.txid, r->journal.count - r->foreign);
	for (size_t i = 0; i < r->journal.count; i++)
		if (r->fates[i] == FATE_FOREIGN)
			ds_note(r->txn, "%s: changed by somebody else since: left as it is",
				r->paths[i]);
}

static int settle(struct recovery *r, ds_error *err)
{
	struct ds_txn *txn = r->txn;
	const char *failed;
	bool unsure = false;

	int status = judge(r, err);
	if (status)
		return status;
	bool forward = r->news == r->journal.count;
	if (!forward)
		status = put_all_back(r, err);
	if (!status && ds_sync_parents(txn, journal_path, r->paths, r->journal.count, &failed) != 0)
		status = ds_fail_path(err, DS_TROUBLE, failed, strerror(errno));
	if (!status)
		status = settle_log(r, forward, err);
	/* The log's name may be younger than the journal's. */
	if (!status && txn->os->fsync(txn->state) != 0)
		status = ds_fail_state(txn, "", err);
	if (!status)
		status = ds_journal_remove(txn, &unsure, err);
	if (status)
		return status;
	txn->doubtful |= unsure;
	txn->recovered = true;
	say_settled(r, forward);
	return 0;
}

int ds_settle(struct ds_txn *txn, ds_error *err)
{
	struct recovery r = {.txn = txn};
	ds_error why = {0};
	bool found;

	int status = ds_journal_load(txn, &r.journal, &r.bytes, &found, err);
	if (!status && found) {
		status = settle(&r, &why);
		if (status)
			ds_fail(err, status = DS_INTERRUPTED,
				"%s/journal: an interrupted change could not be settled: %s",
				txn->place.state, why.message);
	}
	free_recovery(&r);
	return status;
}

static int find_work(struct ds_txn *txn, bool *found, ds_error *err)
{
	struct stat st;

	*found = txn->os->look(txn->state, "journal", &st) == 0;
	if (!*found && errno != ENOENT)
		return ds_fail_state(txn, "journal", err);
	return *found ? 0 : ds_needs_sweep(txn, found, err);
}

int ds_txn_recover(struct ds_txn *txn, ds_error *err)
{
	bool found;

	txn->deadline = txn->os->now_ms() + (txn->wait_ms > 0 ? txn->wait_ms : 0);
	int status = ds_state_open(txn, false, err);
	if (status || txn->state < 0)
		return status;
	status = find_work(txn, &found, err);
	if (status || !found)
		return status;
	status = ds_lock_take(txn, err);
	if (!status)
		status = ds_settle(txn, err);
	if (!status)
		status = ds_sweep(txn, err);
	ds_lock_drop(txn);
	return status;
}
