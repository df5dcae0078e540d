/* What a reader does: look for a journal, and read under the shared lock. Makes nothing
 * and changes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "journal.h"

/* A ds_txn that only looks: its state folder is open or -1. */
static bool peek(struct ds_txn *txn, const struct ds_place *place, const struct ds_os *os)
{
	struct stat st;

	*txn = (struct ds_txn){.os = os ? os : &ds_os_system,
			       .place = *place,
			       .top = -1,
			       .state = -1,
			       .lock = -1,
			       .tmp = -1};
	txn->state = txn->os->open(AT_FDCWD, place->state, O_RDONLY | O_DIRECTORY, 0);
	if (txn->state < 0)
		return errno == ENOENT;
	/* What is not ours, or open to others, says nothing that could be believed. */
	if (txn->os->stat(txn->state, &st) == 0 && ds_state_is_sound(&st, place))
		return true;
	ds_close_fd(txn->os, &txn->state);
	return false;
}

/* flock without the right to make the file. */
static int lock_shared(struct ds_txn *txn, long wait_ms)
{
	long long deadline = txn->os->now_ms() + wait_ms;
	int interrupted = 0;
	int fd = ds_state_file(txn, txn->state, "lock", O_RDONLY);

	while (fd >= 0 && txn->os->lock(fd, LOCK_SH) != 0) {
		if (errno == EINTR && ++interrupted < DS_TRIES)
			continue;
		if (errno != EWOULDBLOCK || txn->os->now_ms() >= deadline) {
			ds_close_fd(txn->os, &fd);
			break;
		}
		txn->os->sleep_ms(1);
	}
	return fd;
}

bool ds_txn_shared(const struct ds_place *place, const struct ds_os *os, long wait_ms,
		   void (*again)(void *context), void *context)
{
	struct ds_txn txn;
	bool known = peek(&txn, place, os);
	int fd = known && txn.state >= 0 ? lock_shared(&txn, wait_ms) : -1;
	bool none = known && (txn.state < 0 || (fd < 0 && errno == ENOENT));

	again(context);
	bool held = fd >= 0;
	ds_close_fd(txn.os, &fd);
	ds_close_fd(txn.os, &txn.state);
	return held || none;
}

/* ---- An interrupted transaction ----------------------------------------- */

static bool is_new(struct ds_txn *txn, const char *path, const struct ds_journal_file *file)
{
	int fd = txn->os->open_beneath(txn->top, path, 0);
	bool same = fd >= 0 && ds_content_hashes(txn->os, fd, file->after_size, file->after_hash) ==
				       DS_CONTENT_SAME;
	ds_close_fd(txn->os, &fd);
	return same;
}

static int add_put_back(struct ds_interrupted *out, char *path, struct ds_text bytes)
{
	struct ds_put_back *files = realloc(out->files, (out->count + 1) * sizeof *files);

	if (!files)
		return -1;
	out->files = files;
	files[out->count] = (struct ds_put_back){.path = path};
	out->count++;
	return ds_buf_append(&files[out->count - 1].bytes, bytes.at, bytes.len) ? 0 : -1;
}

/* The state that recovery would restore: nothing to put back where all is new. */
static int foresee(struct ds_txn *txn, const struct ds_journal *journal, struct ds_interrupted *out,
		   ds_error *err)
{
	size_t news = 0;

	for (size_t i = 0; i < journal->count; i++) {
		const struct ds_journal_file *file = &journal->files[i];
		char *path = strndup(file->path.at, file->path.len);
		if (!path)
			return ds_fail_memory(err);
		if (!is_new(txn, path, file)) {
			free(path);
			continue;
		}
		news++;
		if (add_put_back(out, path, file->before) != 0) {
			if (!out->count || out->files[out->count - 1].path != path)
				free(path);
			return ds_fail_memory(err);
		}
	}
	out->forward = news == journal->count;
	if (out->forward)
		for (; out->count; out->count--) {
			free(out->files[out->count - 1].path);
			ds_buf_free(&out->files[out->count - 1].bytes);
		}
	return 0;
}

static int look_under_lock(struct ds_txn *txn, struct ds_interrupted *out, ds_error *err)
{
	struct ds_journal journal = {0};
	struct ds_buf bytes = {0};

	ds_error why = {0};

	int status = ds_journal_load(txn, &journal, &bytes, &out->found, &why);
	if (status == DS_INTERRUPTED) {
		out->damaged = true;
		snprintf(out->why, sizeof out->why, "%s", why.message);
		status = 0;
	} else if (status) {
		ds_fail(err, status, "%s", why.message);
	} else if (!status && out->found) {
		snprintf(out->txid, sizeof out->txid, "%s", journal.txid);
		status = foresee(txn, &journal, out, err);
	}
	ds_journal_free(&journal);
	ds_buf_free(&bytes);
	return status;
}

int ds_txn_look(struct ds_interrupted *out, const struct ds_place *place, const struct ds_os *os,
		ds_error *err)
{
	struct ds_txn txn;
	struct stat st;
	int status = 0;

	*out = (struct ds_interrupted){0};
	if (!peek(&txn, place, os) || txn.state < 0 ||
	    txn.os->look(txn.state, "journal", &st) != 0) {
		ds_close_fd(txn.os, &txn.state);
		return 0;
	}
	int fd = lock_shared(&txn, 0);
	/* Without a lock file nobody can hold it. */
	if (fd >= 0 || errno == ENOENT) {
		txn.top = txn.os->open(AT_FDCWD, place->top, O_RDONLY | O_DIRECTORY, 0);
		status = txn.top < 0 ? ds_fail_path(err, DS_TROUBLE, place->top, strerror(errno))
				     : look_under_lock(&txn, out, err);
	}
	ds_close_fd(txn.os, &txn.top);
	ds_close_fd(txn.os, &fd);
	ds_close_fd(txn.os, &txn.state);
	return status;
}

void ds_interrupted_free(struct ds_interrupted *interrupted)
{
	for (size_t i = 0; i < interrupted->count; i++) {
		free(interrupted->files[i].path);
		ds_buf_free(&interrupted->files[i].bytes);
	}
	free(interrupted->files);
	*interrupted = (struct ds_interrupted){0};
}
