#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "json_text.h"

static const char log_name[] = "log.jsonl";

/* ---- One line ----------------------------------------------------------- */

static void format_time(char *out, size_t room, long long wall_ms)
{
	struct tm tm;
	time_t now = (time_t)(wall_ms / 1000);

	gmtime_r(&now, &tm);
	size_t len = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, room - len, ".%03dZ", (int)(wall_ms % 1000));
}

bool ds_event(struct ds_buf *out, const struct ds_txn *txn, const char *event, const char *members)
{
	char time[40];

	format_time(time, sizeof time, txn->os->wall_ms());
	ds_buf_puts(out, "{");
	ds_json_member(out, "event", event);
	ds_json_member(out, "txid", txn->id);
	ds_json_member(out, "time", time);
	ds_json_member(out, "who", *txn->who ? txn->who : NULL);
	ds_buf_printf(out, "%s%s}\n", *members ? ", " : "", members);
	return !out->failed;
}

/* ---- Writing ------------------------------------------------------------ */

/* Where the last whole line ends; -1 with errno. A line that a crash tore is the last
 * one, and nobody was told that it is there. */
static off_t end_of_lines(struct ds_txn *txn, int fd)
{
	enum { PIECE = 4096 };
	char piece[PIECE];
	struct stat st;

	if (txn->os->stat(fd, &st) != 0)
		return -1;
	off_t end = st.st_size;
	while (end > 0) {
		off_t from = end > PIECE ? end - PIECE : 0;
		ssize_t got = ds_content_piece(txn->os, fd, piece, (size_t)(end - from), from);
		if (got != end - from) {
			errno = got < 0 ? errno : EIO;
			return -1;
		}
		for (ssize_t i = got; i > 0; i--)
			if (piece[i - 1] == '\n')
				return from + i;
		end = from;
	}
	return 0;
}

int ds_events_size(struct ds_txn *txn, uint64_t *size, ds_error *err)
{
	int fd = ds_state_file(txn, txn->state, log_name, O_RDONLY);

	*size = 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	off_t end = fd < 0 ? -1 : end_of_lines(txn, fd);
	ds_close_fd(txn->os, &fd);
	if (end < 0)
		return ds_fail_state(txn, log_name, err);
	*size = (uint64_t)end;
	return 0;
}

int ds_events_write(struct ds_txn *txn, uint64_t size, struct ds_text lines)
{
	const struct ds_os *os = txn->os;
	struct stat st;
	bool is_new = os->look(txn->state, log_name, &st) != 0;

	if (is_new && !lines.len)
		return errno == ENOENT ? 0 : -1;
	int fd = ds_state_file(txn, txn->state, log_name, O_RDWR | O_APPEND | O_CREAT);
	if (fd < 0)
		return -1;
	int status = os->stat(fd, &st);
	/* It is never longer than it was, unless somebody else made it so. */
	if (status == 0 && (uint64_t)st.st_size > size)
		status = os->truncate(fd, (off_t)size);
	if (status == 0)
		status = ds_content_write(os, fd, lines);
	if (status == 0)
		status = os->fsync(fd);
	ds_close_fd(os, &fd);
	/* Its name, too, before the journal may go. */
	return status == 0 && is_new ? os->fsync(txn->state) : status;
}

/* ---- Reading ------------------------------------------------------------ */

static int each_line(struct ds_text bytes, int (*each)(void *, struct ds_text), void *context)
{
	int status = 0;
	while (bytes.len && !status) {
		const char *end = memchr(bytes.at, '\n', bytes.len);
		if (!end)
			break;
		size_t len = (size_t)(end - bytes.at);
		status = each(context, (struct ds_text){bytes.at, len});
		bytes.at += len + 1;
		bytes.len -= len + 1;
	}
	return status;
}

struct reading {
	struct ds_txn *txn;
	struct ds_buf bytes;
	int status;
	int why;
};

static void read_log(void *context)
{
	struct reading *reading = context;
	struct ds_txn *txn = reading->txn;
	int fd = ds_state_file(txn, txn->state, log_name, O_RDONLY);

	reading->status = fd < 0 && errno != ENOENT ? -1 : 0;
	if (fd >= 0)
		reading->status = ds_content_read(txn->os, fd, SIZE_MAX / 2, &reading->bytes);
	reading->why = errno;
	ds_close_fd(txn->os, &fd);
}

int ds_txn_log(struct ds_txn *txn, int (*each)(void *context, struct ds_text line), void *context,
	       ds_error *err)
{
	struct reading reading = {.txn = txn};
	int status = ds_state_open(txn, false, err);

	if (status || txn->state < 0)
		return status;
	ds_txn_shared(&txn->place, txn->os, txn->wait_ms, read_log, &reading);
	if (reading.status == 0) {
		status = each_line((struct ds_text){reading.bytes.bytes, reading.bytes.len}, each,
				   context);
	} else {
		errno = reading.why;
		status = ds_fail_state(txn, log_name, err);
	}
	ds_buf_free(&reading.bytes);
	return status;
}
