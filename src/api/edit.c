/*
 * One file: changed and written back if nobody was there meanwhile.
 *
 * The content is read without a lock. What is written carries the content that it was
 * computed from; the transaction compares, under the lock, and refuses if it is not
 * there any more. So no change of anybody's is lost, whatever runs in between.
 */
#include "desync/change.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "compose.h"
#include "file.h"
#include "json_records.h"
#include "json_text.h"
#include "repo.h"
#include "transact.h"
#include "where.h"

enum { USUAL_RETRIES = 5, LONGEST_PAUSE_MS = 500 };

/* ---- Writing ------------------------------------------------------------- */

/* One file being changed by one caller. */
struct writer {
	const char *shown; /* the path as it was given */
	struct ds_where where;
	ds_apply_options apply;
	struct ds_txn *txn;
	struct ds_buf before;                            /* what was read last */
	char why[sizeof((struct ds_change *)NULL)->why]; /* of the last conflict */
};

static int open_writer(struct writer *w, const char *path, const ds_apply_options *options,
		       ds_error *err)
{
	struct ds_txn_options wanted = {0};

	w->shown = path;
	ds_take_options(&w->apply, sizeof w->apply, options);
	wanted.wait_ms = ds_wait_ms(w->apply.wait);
	wanted.allow_plain_rename = w->apply.allow_plain_rename;
	wanted.who = w->apply.who;
	int status = ds_where_find(&w->where, path, err);
	if (!status)
		status = ds_txn_open(&w->txn, &w->where.place, &wanted, err);
	/* What an interrupted writer left is settled before anything is read. */
	if (!status)
		status = ds_txn_recover(w->txn, err);
	return status;
}

static void close_writer(struct writer *w)
{
	ds_txn_close(w->txn);
	ds_where_free(&w->where);
	ds_buf_free(&w->before);
}

static bool put_log(struct ds_buf *line, const struct writer *w)
{
	ds_json_member(line, "path", w->where.path);
	ds_json_member(line, "why", w->apply.why);
	return !line->failed;
}

/* Puts `after` in the place of w->before. DS_CONFLICT with w->why set: somebody else
 * was there; without: the lock could not be had. */
static int replace(struct writer *w, struct ds_text after, ds_token *token, ds_error *err)
{
	struct ds_buf line = {0};

	*w->why = '\0';
	ds_name_content(token, after.at, after.len);
	if (!put_log(&line, w)) {
		ds_buf_free(&line);
		return ds_fail_memory(err);
	}
	const char *const log[] = {line.bytes, NULL};
	struct ds_change change = {
		.path = w->where.path,
		.before = {w->before.bytes, w->before.len},
		.after = after,
		.log = log,
	};
	int status = ds_txn_commit(w->txn, &change, 1, err);
	ds_buf_free(&line);
	if (status)
		return status;
	if (change.outcome == DS_CHANGE_DONE)
		return ds_txn_is_doubtful(w->txn)
			       ? ds_fail_path(err, DS_TROUBLE, w->shown,
					      "written, but not known to be on the disk")
			       : 0;
	if (change.outcome != DS_CHANGE_CONFLICT)
		return ds_fail_path(err, DS_TROUBLE, w->shown, change.why);
	memcpy(w->why, change.why, sizeof w->why);
	return ds_fail_path(err, DS_CONFLICT, w->shown, change.why);
}

static bool put_conflict(struct ds_buf *line, const struct writer *w, const char *expected,
			 const char *found)
{
	ds_json_member(line, "path", w->where.path);
	ds_json_member(line, "expected", expected);
	ds_json_member(line, "found", found);
	ds_json_member(line, "why", w->apply.why);
	return !line->failed;
}

/* Reads the file, which must hold what the token names; NULL: anything. */
static int read_expected(struct writer *w, const char *expected, ds_error *err)
{
	ds_token found;
	struct ds_buf why = {0};
	int status = ds_read_whole(&w->before, w->where.file, w->shown, err);

	if (status || !expected)
		return status;
	ds_name_content(&found, w->before.bytes, w->before.len);
	if (strcasecmp(found.hex, expected) == 0)
		return 0;
	if (!put_conflict(&why, w, expected, found.hex)) {
		ds_buf_free(&why);
		return ds_fail_memory(err);
	}
	ds_txn_refused(w->txn, why.bytes);
	ds_buf_cut(&why, 0);
	ds_buf_printf(&why,
		      "somebody else changed it: expected the content %.12s, found %.12s; "
		      "nothing was written: read it again",
		      expected, found.hex);
	return ds_fail_line(err, DS_CONFLICT, w->shown, &why);
}

int ds_write_file(const char *path, ds_token *token, const char *bytes, size_t len,
		  const ds_apply_options *options, ds_error *err)
{
	struct writer w = {0};
	ds_token written;

	int status = open_writer(&w, path, options, err);
	if (!status)
		status = read_expected(&w, token->hex, err);
	if (!status)
		status = replace(&w, (struct ds_text){bytes, len}, &written, err);
	if (!status)
		*token = written;
	close_writer(&w);
	return status;
}

/* ---- Editing ------------------------------------------------------------- */

/* A status of json_records.h: where it is no trouble the option lets it pass. */
static int check_records(const struct ds_edit_options *options, struct ds_text before,
			 struct ds_text after, ds_error *err)
{
	int status = ds_json_records_kept(before, after, options->guard_ids, err);
	if (status == DS_DESYNC)
		return options->allow_removal ? 0 : DS_TROUBLE;
	return status;
}

static bool is_json(const char *path)
{
	size_t len = strlen(path);
	return len > 5 && strcasecmp(path + len - 5, ".json") == 0;
}

/* What the command made of it may be refused: then nothing is written. */
static int check_result(const struct writer *w, const ds_edit_options *options,
			struct ds_text after, ds_error *err)
{
	struct ds_text before = {w->before.bytes, w->before.len};
	struct ds_buf line = {0};
	ds_error why = {0};
	int status = 0;

	if (!after.len && !options->allow_empty)
		return ds_fail_path(err, DS_TROUBLE, w->shown,
				    "the result is empty: nothing was written");
	if (after.len > DS_WHOLE_LIMIT)
		return ds_fail_path(err, DS_TROUBLE, w->shown,
				    "the result is larger than 16 MiB: nothing was written");
	if (!options->allow_invalid && after.len && is_json(w->shown))
		status = ds_json_check(after, &why);
	if (status)
		ds_buf_puts(&line, "the result is no JSON: ");
	else if (options->guard_ids)
		status = check_records(options, before, after, &why);
	if (!status)
		return 0;
	ds_buf_printf(&line, "%s: nothing was written", why.message);
	return ds_fail_line(err, DS_TROUBLE, w->shown, &line);
}

/* Gives those that were first the time to finish; by chance, or all that wait would
 * meet again. */
static void pause_before(unsigned attempt)
{
	struct timespec now;
	long most = attempt < 5 ? 20L << attempt : LONGEST_PAUSE_MS;

	clock_gettime(CLOCK_MONOTONIC, &now);
	long ms = (now.tv_nsec / 1000 + (long)getpid() * 7919) % most;
	struct timespec pause = {.tv_nsec = ms * 1000000L};
	nanosleep(&pause, NULL);
}

static size_t first_changed_line(struct ds_text a, struct ds_text b)
{
	size_t line = 1;
	for (size_t i = 0; i < a.len && i < b.len && a.at[i] == b.at[i]; i++)
		line += a.at[i] == '\n';
	return line;
}

/* Says what it was that came between. */
static int give_up(struct writer *w, unsigned attempts, ds_error *err)
{
	struct ds_buf now = {0};
	struct ds_buf line = {0};
	struct ds_text before = {w->before.bytes, w->before.len};

	ds_buf_printf(&line, "%s, %u time%s in a row", w->why, attempts, attempts == 1 ? "" : "s");
	if (ds_read_whole(&now, w->where.file, w->shown, NULL) == 0 &&
	    !ds_text_equal(before, (struct ds_text){now.bytes, now.len}))
		ds_buf_printf(&line, " (last in line %zu)",
			      first_changed_line(before, (struct ds_text){now.bytes, now.len}));
	ds_buf_puts(&line, ": nothing was written; run it again, or allow more retries");
	ds_buf_free(&now);
	return ds_fail_line(err, DS_CONFLICT, w->shown, &line);
}

/* Once: read, change, write. */
static int attempt(struct writer *w, ds_edit_fn edit, void *context, const ds_edit_options *options,
		   ds_token *token, ds_error *err)
{
	char *out = NULL;
	size_t len = 0;

	*w->why = '\0';
	int status = read_expected(w, options->expect, err);
	if (status)
		return status;
	status = edit(context, w->before.bytes, w->before.len, &out, &len, err);
	struct ds_text after = {out, len};
	if (!status && ds_text_equal(after, (struct ds_text){w->before.bytes, w->before.len}))
		ds_name_content(token, out, len);
	else if (!status && !(status = check_result(w, options, after, err)))
		status = replace(w, after, token, err);
	free(out);
	return status;
}

static unsigned count_retries(const ds_edit_options *options)
{
	if (options->retries == (unsigned)-1)
		return 0;
	return options->retries ? options->retries : USUAL_RETRIES;
}

int ds_edit_file(const char *path, ds_edit_fn edit, void *context, const ds_edit_options *options,
		 ds_token *token, char **notes, ds_error *err)
{
	struct writer w = {0};
	ds_edit_options given;
	ds_token written;
	ds_error own = {0};
	unsigned tried = 0;

	ds_take_options(&given, sizeof given, options);
	unsigned retries = count_retries(&given);
	/* The caller's function fills it, too. */
	err = err ? err : &own;
	int status = open_writer(&w, path, given.apply.size ? &given.apply : NULL, err);
	while (!status) {
		status = attempt(&w, edit, context, &given, &written, err);
		/* Only who was too late tries again, on what is there now. */
		if (status != DS_CONFLICT || !*w.why)
			break;
		if (tried++ >= retries) {
			status = give_up(&w, tried, err);
			break;
		}
		pause_before(tried);
		status = 0;
	}
	if (!status && token)
		*token = written;
	if (notes)
		*notes = w.txn ? ds_gather_notes(w.txn) : NULL;
	close_writer(&w);
	return status;
}
