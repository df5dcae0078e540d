#include "transact.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "readback.h"

/* ---- The log ------------------------------------------------------------- */

static const char *log_line(struct ds_batch *b, const struct ds_work_file *file,
			    const struct ds_work_edit *edit)
{
	const struct ds_plan *plan = b->plan;
	const struct ds_planned *planned = edit->planned;
	struct ds_log_frame frame = {.rule = planned->rule->name,
				     .item = planned->step.item,
				     .copy = planned->rule->copies[edit->copy].name,
				     .path = file->path,
				     .why = plan->reason ? plan->reason : b->applying->why,
				     .forced = plan->forced,
				     .undoes = plan->undoes};
	struct ds_buf line = {0};

	ds_logline_write(&line, &frame, &edit->made);
	return ds_arena_take(&b->bench.strings, &line);
}

/* A line an edit, ended by NULL. */
static const char *const *log_lines(struct ds_batch *b, const struct ds_work_file *file)
{
	const char **lines =
		ds_arena_alloc(&b->bench.strings, (file->edit_count + 1) * sizeof *lines);

	for (size_t i = 0; i < file->edit_count && lines; i++) {
		lines[i] = log_line(b, file, &file->edits[i]);
		if (!lines[i])
			return NULL;
	}
	return lines;
}

/* What a line about a conflict says of the file's step, where it is one; in the batch's
 * arena. */
static const char *about(struct ds_batch *b, const struct ds_work_file *file)
{
	const struct ds_planned *planned = file->edits[0].planned;
	struct ds_buf members = {0};

	ds_json_member(&members, "rule", planned->rule->name);
	if (file->edits[file->edit_count - 1].planned == planned)
		ds_json_member(&members, "item", planned->step.item);
	return ds_arena_take(&b->bench.strings, &members);
}

/* ---- Outcomes ------------------------------------------------------------ */

static void fail_steps(struct ds_batch *b, const struct ds_work_file *file,
		       const struct ds_change *change)
{
	bool conflict = change->outcome == DS_CHANGE_CONFLICT;
	const char *often = conflict && file->many && b->spared
				    ? ", at every try: try again later, or wait longer with "
				      "--wait SECONDS"
				    : "";

	for (size_t i = 0; i < file->edit_count; i++) {
		struct ds_planned *planned = file->edits[i].planned;
		if (planned->step.state == DS_STEP_PLANNED)
			ds_step_fail(b->plan, planned,
				     conflict ? DS_STEP_CONFLICT : DS_STEP_REFUSED, "%s: %s%s",
				     file->path,
				     change->why[0] ? change->why : "it was not changed", often);
	}
}

/* Whose fault it is suffers: the steps of that file. One that many items are in is first
 * tried again: what was changed there need not be about these. Returns whether anything will
 * be different next time. */
static bool take_blame(struct ds_batch *b, const struct ds_change *changes)
{
	bool blamed = false;
	bool spared = b->spared;

	for (size_t i = 0; i < b->work.count; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		if (changes[i].outcome != DS_CHANGE_CONFLICT &&
		    changes[i].outcome != DS_CHANGE_REFUSED)
			continue;
		if (changes[i].aside)
			continue;
		blamed = true;
		if (changes[i].again && changes[i].outcome == DS_CHANGE_CONFLICT)
			spared = true;
		else
			fail_steps(b, file, &changes[i]);
	}
	b->spared = spared;
	return blamed;
}

/* A step is done where all of its files are. */
static void take_outcomes(struct ds_batch *b, const struct ds_change *changes)
{
	bool blamed = take_blame(b, changes);

	for (size_t i = 0; i < b->work.count; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		if (changes[i].outcome == DS_CHANGE_DONE)
			continue;
		if (!blamed)
			fail_steps(b, file, &changes[i]);
		for (size_t j = 0; j < file->edit_count; j++)
			file->edits[j].planned->made = 0;
	}
	for (size_t i = 0; i < b->work.step_count; i++) {
		struct ds_planned *planned = b->work.steps[i];
		if (planned->step.state == DS_STEP_PLANNED && planned->made)
			planned->step.state = DS_STEP_DONE;
	}
}

/* ---- What was changed ---------------------------------------------------- */

/* A file of many that we wrote is still the one that was shown. */
static void renew_shown(struct ds_plan *plan, const struct ds_work_file *file)
{
	unsigned char before[DS_SHA256_SIZE];

	if (!plan->shown || !file->many)
		return;
	ds_sha256_of(file->before.bytes, file->before.len, before);
	for (struct ds_shown_file *shown = plan->shown; shown; shown = shown->next)
		if (strcmp(shown->path, file->path) == 0 &&
		    memcmp(shown->digest, before, sizeof before) == 0)
			ds_sha256_of(file->after.bytes, file->after.len, shown->digest);
}

static bool is_noted(const struct ds_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->changed.len; i++)
		if (strcmp(plan->changed.at[i], path) == 0)
			return true;
	return false;
}

static void note_changed(struct ds_batch *b, const struct ds_change *changes)
{
	for (size_t i = 0; i < b->work.count; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		if (changes[i].outcome != DS_CHANGE_DONE)
			continue;
		renew_shown(b->plan, file);
		if ((!file->many || !is_noted(b->plan, file->path)) &&
		    !ds_lines_add(&b->plan->changed,
				  ds_arena_string(&b->plan->strings, file->path)))
			ds_batch_judge_memory(b);
	}
}

/* ---- Committing ---------------------------------------------------------- */

static struct ds_change *changes_of(struct ds_batch *b)
{
	struct ds_change *changes = calloc(b->work.count + 1, sizeof *changes);

	for (size_t i = 0; i < b->work.count && changes; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		struct ds_change *change = &changes[i];
		change->path = file->path;
		change->before = ds_buf_text(&file->before);
		change->after = ds_buf_text(&file->after);
		change->group = file->group;
		change->log = log_lines(b, file);
		change->about = about(b, file);
		change->again = file->many && b->again;
		if (!change->log || !change->about) {
			free(changes);
			return NULL;
		}
	}
	return changes;
}

/* What has nothing to change any more is done. */
static void pass_idle(struct ds_batch *b)
{
	for (size_t i = 0; i < b->work.step_count; i++) {
		struct ds_planned *planned = b->work.steps[i];
		if (planned->step.state == DS_STEP_PLANNED && !planned->made)
			planned->step.state = DS_STEP_DONE;
	}
}

static int commit_files(struct ds_batch *b, ds_error *err)
{
	struct ds_change *changes = changes_of(b);

	if (!changes)
		return ds_fail_memory(err);
	int status = ds_txn_commit(b->applying->txn, changes, b->work.count, err);
	if (!status) {
		take_outcomes(b, changes);
		note_changed(b, changes);
		ds_batch_tell(b, false);
		ds_read_back(b);
	}
	free(changes);
	return status;
}

static bool is_open(const struct ds_batch *b)
{
	for (size_t i = 0; i < b->work.step_count; i++)
		if (b->work.steps[i]->step.state == DS_STEP_PLANNED)
			return true;
	return false;
}

/* From what the files say now. Where one of many was changed between our reading and the
 * lock, other writers are kept out until it is committed: among several that is how it
 * usually is, as each waits for the one before. Then only somebody who knows nothing of the
 * lock can be in the way. */
static int make_again(struct ds_batch *b, ds_error *err)
{
	int status = b->spared ? ds_txn_hold(b->applying->txn, err) : 0;

	if (status)
		return status;
	b->again = ds_txn_has_time(b->applying->txn);
	ds_bench_renew(&b->bench);
	return ds_work_again(&b->work, &b->bench, err);
}

int ds_transact(struct ds_batch *b, ds_error *err)
{
	int status = 0;

	b->spared = false;
	b->again = true;
	while (!status && is_open(b)) {
		status = ds_work_finish(&b->work, &b->bench, err);
		if (status)
			break;
		ds_batch_tell(b, true);
		pass_idle(b);
		if (b->work.count)
			status = commit_files(b, err);
		if (status || !is_open(b))
			break;
		status = make_again(b, err);
		ds_batch_tell(b, true);
	}
	ds_txn_release(b->applying->txn);
	return status;
}
