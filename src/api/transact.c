/* Transactions, as the public header has them: a plan carried out, a recovery, the log. */
#include "transact.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "desync/change.h"
#include "logline.h"
#include "result.h"

/* ---- One of them ---------------------------------------------------------- */

enum { WAIT_MS = 10 * 1000 };

long ds_wait_ms(double seconds)
{
	if (seconds < 0)
		return 0;
	return seconds > 0 ? (long)(seconds * 1000) : WAIT_MS;
}

int ds_need_place(const ds_repo *repo, ds_error *err)
{
	return repo->place.top ? 0
			       : ds_fail(err, repo->no_place.status, "%s", repo->no_place.message);
}

enum { WHO_ROOM = 64 };

static const char *user(char room[WHO_ROOM])
{
	const struct passwd *entry = getpwuid(geteuid());

	if (entry)
		snprintf(room, WHO_ROOM, "%s", entry->pw_name);
	else
		snprintf(room, WHO_ROOM, "uid %lu", (unsigned long)geteuid());
	return room;
}

static int open_txn(struct ds_txn **out, const struct ds_place *place,
		    const ds_apply_options *options, ds_error *err)
{
	char room[WHO_ROOM];
	struct ds_txn_options given = {.wait_ms = ds_wait_ms(options->wait),
				       .allow_plain_rename = options->allow_plain_rename,
				       .who = options->who ? options->who : user(room)};

	return ds_txn_open(out, place, &given, err);
}

char *ds_gather_notes(const struct ds_txn *txn)
{
	struct ds_buf notes = {0};
	const char *note;

	for (size_t i = 0; (note = ds_txn_note(txn, i)); i++)
		ds_buf_printf(&notes, "%s%s", i ? "\n" : "", note);
	return notes.bytes;
}

/* ---- A plan --------------------------------------------------------------- */

static bool is_uninterrupted(void *context, const ds_finding *finding)
{
	(void)context;
	return finding->code != DS_INTERRUPTED_TRANSACTION;
}

/* An interrupted change is settled before anything is read that is to be written. */
static int carry_out(ds_plan *plan, struct ds_txn *txn, const ds_apply_options *options,
		     ds_error *err)
{
	struct ds_applying applying = {.txn = txn,
				       .why = options->why,
				       .progress = options->progress,
				       .progress_context = options->progress_context};

	plan->txid = ds_arena_string(&plan->strings, ds_txn_id(txn));
	if (!plan->txid)
		return ds_fail_memory(err);
	int status = ds_txn_recover(txn, err);
	if (status)
		return status;
	/* What was recovered is no finding any more. */
	ds_keep_findings(plan->rest, is_uninterrupted, NULL);
	return ds_plan_carry_out(plan, &applying, err);
}

/* Whether there is anything to do. */
static bool wants_any(const ds_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].step.wanted)
			return true;
	for (size_t i = 0; i < plan->rest->finding_count; i++)
		if (!is_uninterrupted(NULL, &plan->rest->findings[i]))
			return true;
	return false;
}

int ds_apply(ds_plan *plan, const ds_apply_options *options, ds_error *err)
{
	ds_apply_options given;
	struct ds_txn *txn = NULL;

	ds_take_options(&given, sizeof given, options);
	if (!wants_any(plan))
		return 0;
	int status = open_txn(&txn, plan->place, &given, err);
	if (!status)
		status = carry_out(plan, txn, &given, err);
	ds_txn_close(txn);
	return status;
}

/* ---- A recovery ------------------------------------------------------------ */

int ds_recover(ds_repo *repo, const ds_apply_options *options, bool *found, char **notes,
	       ds_error *err)
{
	ds_apply_options given;
	struct ds_interrupted before = {0};
	struct ds_txn *txn = NULL;

	bool unasked;

	found = found ? found : &unasked;
	*found = false;
	if (notes)
		*notes = NULL;
	ds_take_options(&given, sizeof given, options);
	int status = ds_need_place(repo, err);
	if (!status)
		status = ds_txn_look(&before, &repo->place, NULL, err);
	*found = before.found;
	if (!status)
		status = open_txn(&txn, &repo->place, &given, err);
	if (!status)
		status = ds_txn_recover(txn, err);
	if (txn) {
		*found = *found || ds_txn_recovered(txn);
		if (notes)
			*notes = ds_gather_notes(txn);
	}
	if (!status && txn && ds_txn_is_doubtful(txn))
		status = ds_fail(err, DS_TROUBLE,
				 "settled, but it is not known whether that is on the disk");
	ds_txn_close(txn);
	ds_interrupted_free(&before);
	return status;
}

/* ---- The log --------------------------------------------------------------- */

int ds_open_log(struct ds_txn **out, ds_repo *repo, double wait, ds_error *err)
{
	ds_apply_options options = {.size = sizeof options, .wait = wait};

	*out = NULL;
	int status = ds_need_place(repo, err);
	return status ? status : open_txn(out, &repo->place, &options, err);
}

struct log_filter {
	const char *id;
	ds_write_fn each;
	void *context;
	struct ds_arena scratch;
};

static int pass_line(void *context, struct ds_text line)
{
	struct log_filter *filter = context;

	ds_arena_reset(&filter->scratch);
	const char *item = filter->id ? ds_logline_string(line, "item", &filter->scratch) : NULL;
	if (filter->id && (!item || strcmp(item, filter->id) != 0))
		return 0;
	return filter->each(filter->context, line.at, line.len);
}

int ds_log(ds_repo *repo, const char *id, ds_write_fn each, void *context, ds_error *err)
{
	struct log_filter filter = {.id = id, .each = each, .context = context};
	struct ds_txn *txn;
	int status = ds_open_log(&txn, repo, 0, err);

	if (!status)
		status = ds_txn_log(txn, pass_line, &filter, err);
	ds_txn_close(txn);
	ds_arena_free(&filter.scratch);
	return status;
}
