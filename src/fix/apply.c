/*
 * A plan in batches: each is read afresh, committed as one transaction, and read back.
 * A batch is bounded in bytes and in descriptors, so memory is too; an item never
 * spans two. Where files hold many items all that is in a batch is one group, for an
 * item's own file and its line in the shared one change together; what a conflict
 * takes out of it, the rest is made again without.
 */
#include "apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "compare.h"
#include "diff.h"
#include "json_text.h"
#include "settle.h"
#include "work.h"

enum {
	BATCH_BYTES = 24 << 20,  /* of contents, before and after: a thousand items or more */
	SHARED_BYTES = 64 << 20, /* of files that hold many, before */
	BATCH_FILES = 4096,
	BATCH_STEPS = 4096,
	BATCH_LEAST = 16,
};

struct batch {
	struct ds_plan *plan;
	const struct ds_applying *applying; /* NULL: nothing is written */
	struct ds_bench bench;
	struct ds_work work;
	int (*carry_out)(struct batch *b, ds_error *err); /* what is done with a full one */
	bool whole;                                       /* what shares a file is never parted */
	bool spared; /* a conflict in a file of many was tried again */
	bool again;  /* it may be, after this commit */
	size_t most_files;
	ds_write_fn write; /* for a diff */
	void *context;
	ds_status status; /* the gravest so far */
	ds_error *err;    /* gets the first reason */
};

/* ---- Bounds ------------------------------------------------------------- */

static size_t file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 < BATCH_LEAST)
		return BATCH_LEAST;
	return limit.rlim_cur / 2 < BATCH_FILES ? (size_t)limit.rlim_cur / 2 : BATCH_FILES;
}

/* The first step always does. */
static bool fits(const struct batch *b)
{
	const struct ds_work *work = &b->work;

	if (work->step_count < 2 || (b->whole && ds_rule_has_many(work->steps[0]->rule)))
		return true;
	return work->count <= b->most_files && work->own_bytes <= BATCH_BYTES &&
	       work->shared_bytes <= SHARED_BYTES && work->step_count <= BATCH_STEPS;
}

static bool has_own_file(const struct ds_copy_rule *copy)
{
	return strstr(copy->path, "{item}") || strstr(copy->path, "{id}");
}

/* Whether the one value of a file might be that of both: two changes of it would undo each
 * other. Records of a file are another matter. */
static bool may_share(const struct ds_planned *a, const struct ds_planned *b)
{
	const struct ds_copy_rule *copy = a->rule->copies;

	while (copy->name && (copy->many || has_own_file(copy)))
		copy++;
	return a->rule != b->rule || copy->name ||
	       (strcmp(a->path, b->path) == 0 && strcmp(a->step.item, b->step.item) == 0);
}

/* ---- The log ------------------------------------------------------------ */

static const char *log_line(struct batch *b, const struct ds_work_file *file,
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
	const char *kept = ds_logline_write(&line, &frame, &edit->made)
				   ? ds_arena_string(&b->bench.strings, line.bytes)
				   : NULL;

	ds_buf_free(&line);
	return kept;
}

/* A line an edit, ended by NULL. */
static const char *const *log_lines(struct batch *b, const struct ds_work_file *file)
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

/* ---- Committing --------------------------------------------------------- */

static struct ds_text text_of(const struct ds_buf *buf)
{
	return (struct ds_text){buf->len ? buf->bytes : "", buf->len};
}

/* What a line about a conflict says of the file's step, where it is one; in the batch's
 * arena. */
static const char *about(struct batch *b, const struct ds_work_file *file)
{
	const struct ds_planned *planned = file->edits[0].planned;
	struct ds_buf members = {0};

	ds_json_member(&members, "rule", planned->rule->name);
	if (file->edits[file->edit_count - 1].planned == planned)
		ds_json_member(&members, "item", planned->step.item);
	const char *kept =
		members.failed ? NULL : ds_arena_string(&b->bench.strings, members.bytes);
	ds_buf_free(&members);
	return kept;
}

static struct ds_change *changes_of(struct batch *b)
{
	struct ds_change *changes = calloc(b->work.count + 1, sizeof *changes);

	for (size_t i = 0; i < b->work.count && changes; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		struct ds_change *change = &changes[i];
		change->path = file->path;
		change->before = text_of(&file->before);
		change->after = text_of(&file->after);
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

/* Keeps the gravest status, and the first reason there was. */
static void judge(struct batch *b, ds_status status, const ds_error *why)
{
	if (!b->status && status)
		ds_fail(b->err, status, "%s", why->message);
	b->status = ds_graver(b->status, status);
	if (b->err && b->status)
		b->err->status = b->status;
}

/* A conflict that shows up before the commit is one, too. */
static void log_refused(struct batch *b, const struct ds_planned *planned)
{
	struct ds_buf members = {0};

	ds_json_member(&members, "rule", planned->rule->name);
	ds_json_member(&members, "item", planned->step.item);
	ds_json_member(&members, "why", planned->step.why);
	if (!members.failed)
		ds_txn_refused(b->applying->txn, members.bytes);
	ds_buf_free(&members);
}

/* Counts in what became of a step, once. */
static void tell(struct batch *b, struct ds_planned *planned, bool log)
{
	ds_error why;
	int verdict = ds_step_verdict(planned, &why);

	if (!verdict || planned->told)
		return;
	planned->told = true;
	judge(b, (ds_status)verdict, &why);
	if (log && verdict == DS_CONFLICT && b->applying)
		log_refused(b, planned);
}

static void tell_all(struct batch *b, bool log)
{
	for (size_t i = 0; i < b->work.step_count; i++)
		tell(b, b->work.steps[i], log);
}

static void fail_steps(struct batch *b, const struct ds_work_file *file,
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
				     planned->rule->copies[file->edits[i].copy].name,
				     change->why[0] ? change->why : "it was not changed", often);
	}
}

/* Whose fault it is suffers: the steps of that file. One that many items are in is first
 * tried again: what was changed there need not be about these. Returns whether anything will
 * be different next time. */
static bool take_blame(struct batch *b, const struct ds_change *changes)
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
static void take_outcomes(struct batch *b, const struct ds_change *changes)
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

static void note_changed(struct batch *b, const struct ds_change *changes)
{
	for (size_t i = 0; i < b->work.count; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		if (changes[i].outcome != DS_CHANGE_DONE)
			continue;
		renew_shown(b->plan, file);
		if ((!file->many || !is_noted(b->plan, file->path)) &&
		    !ds_lines_add(&b->plan->changed,
				  ds_arena_string(&b->plan->strings, file->path)))
			judge(b, DS_TROUBLE, &(ds_error){.message = "out of memory"});
	}
}

/* ---- Reading back ------------------------------------------------------- */

/* Each file is compared once, however many steps are in it. */
static enum ds_read_back compare_file(struct ds_work_file *file, const struct ds_seen_copy *copy)
{
	struct ds_text now = ds_seen_bytes(copy);
	bool there = copy->document || copy->blob.kind == DS_REGULAR;

	if (file->found)
		return file->found;
	if ((file->many && !copy->document) || !there || ds_text_equal(now, text_of(&file->before)))
		file->found = DS_NOT_WRITTEN;
	else
		file->found =
			ds_text_equal(now, text_of(&file->after)) ? DS_AS_WRITTEN : DS_FOREIGN;
	return file->found;
}

static bool says_it(const struct batch *b, const struct ds_planned *planned)
{
	const struct ds_desk *desk = &b->bench.desk;

	if (planned->reversal)
		return true;
	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		bool ours = (planned->change | planned->add) & 1u << i;
		bool must = planned->change && copy->reading.code == DS_NO_CODE &&
			    !ds_why_fixed(desk, i);
		if ((ours || must) && !ds_copy_says(copy, planned->to))
			return false;
	}
	return true;
}

static enum ds_read_back look_at_step(struct batch *b, const struct ds_planned *planned)
{
	const struct ds_desk *desk = &b->bench.desk;
	enum ds_read_back worst = DS_AS_WRITTEN;

	if (ds_bench_read(&b->bench, planned, NULL))
		return DS_NOT_WRITTEN;
	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		struct ds_work_file *file =
			(planned->change | planned->add) & 1u << i
				? ds_work_find(&b->work, b->plan->prefix, copy->path)
				: NULL;
		enum ds_read_back one = file ? compare_file(file, copy) : DS_AS_WRITTEN;
		/* In a file of many it is mostly another item that was changed. */
		if (one == DS_FOREIGN && file->many && says_it(b, planned))
			one = DS_AS_WRITTEN;
		if (one > worst)
			worst = one;
	}
	return worst == DS_AS_WRITTEN && !says_it(b, planned) ? DS_NOT_WRITTEN : worst;
}

/* Everything of the batch is read again, each file of many once. */
static void look_again(void *context)
{
	struct batch *b = context;

	ds_bench_renew(&b->bench);
	for (size_t i = 0; i < b->work.count; i++)
		b->work.files[i].found = DS_NOT_READ_BACK;
	for (size_t i = 0; i < b->work.step_count; i++) {
		struct ds_planned *planned = b->work.steps[i];
		if (planned->step.state == DS_STEP_DONE && planned->made)
			planned->found = (unsigned char)look_at_step(b, planned);
	}
}

static bool all_are(const struct batch *b, enum ds_read_back best, enum ds_read_back worst)
{
	for (size_t i = 0; i < b->work.step_count; i++)
		if (b->work.steps[i]->found > best && b->work.steps[i]->found <= worst)
			return false;
	return true;
}

/* Looks through the log for later changes of our files. */
struct later {
	const char *txid;
	struct ds_work *work;
	struct ds_arena scratch;
	bool ours; /* our own lines were there */
};

static int look_at_line(void *context, struct ds_text line)
{
	struct later *later = context;

	ds_arena_reset(&later->scratch);
	const char *txid = ds_logline_string(line, "txid", &later->scratch);
	const char *path = ds_logline_string(line, "path", &later->scratch);
	bool ours = txid && strcmp(txid, later->txid) == 0;
	later->ours = later->ours || ours;
	struct ds_work_file *file =
		later->ours && !ours && path ? ds_work_find(later->work, "", path) : NULL;
	if (file)
		file->later = true;
	return 0;
}

/* Where another of our programs has set files back since, they hold what they held
 * before, and are not unwritten. */
static void excuse_later(struct batch *b)
{
	struct ds_txn *txn = b->applying->txn;
	struct later later = {.txid = ds_txn_id(txn), .work = &b->work};
	int status = ds_txn_log(txn, look_at_line, &later, NULL);

	ds_arena_free(&later.scratch);
	for (size_t i = 0; i < b->work.count && !status; i++) {
		const struct ds_work_file *file = &b->work.files[i];
		for (size_t j = 0; j < file->edit_count && file->later; j++)
			if (file->edits[j].planned->found == DS_NOT_WRITTEN)
				file->edits[j].planned->found = DS_FOREIGN;
	}
}

static void tell_found(struct batch *b, struct ds_planned *planned)
{
	ds_error why;

	if (planned->found == DS_FOREIGN &&
	    !ds_plan_say(b->plan, "%s: changed again by somebody else right after",
			 planned->step.item))
		judge(b, DS_TROUBLE, &(ds_error){.message = "out of memory"});
	if (planned->found != DS_NOT_WRITTEN)
		return;
	planned->step.why = "it was committed, but its copies do not say so now";
	ds_fail_path(&why, DS_TROUBLE, planned->step.item,
		     "was committed, but its copies do not say so now: look with desync-check");
	judge(b, DS_TROUBLE, &why);
}

/* What looks wrong may be half of somebody's next change: it is read once more while
 * no writer is at work. */
static void verify(struct batch *b)
{
	struct ds_source *source = b->plan->source;

	look_again(b);
	if (!all_are(b, DS_AS_WRITTEN, DS_NOT_WRITTEN) && source->ops->confirm)
		source->ops->confirm(source, look_again, b);
	if (!all_are(b, DS_FOREIGN, DS_NOT_WRITTEN))
		excuse_later(b);
	for (size_t i = 0; i < b->work.step_count; i++)
		tell_found(b, b->work.steps[i]);
}

/* ---- A batch ------------------------------------------------------------ */

/* What has nothing to change any more is done. */
static void pass_idle(struct batch *b)
{
	for (size_t i = 0; i < b->work.step_count; i++) {
		struct ds_planned *planned = b->work.steps[i];
		if (planned->step.state == DS_STEP_PLANNED && !planned->made)
			planned->step.state = DS_STEP_DONE;
	}
}

static int commit_files(struct batch *b, ds_error *err)
{
	struct ds_change *changes = changes_of(b);
	int status = changes ? ds_txn_commit(b->applying->txn, changes, b->work.count, err)
			     : ds_fail_memory(err);

	if (!status) {
		take_outcomes(b, changes);
		note_changed(b, changes);
		tell_all(b, false);
		verify(b);
	}
	free(changes);
	return status;
}

static bool is_open(const struct batch *b)
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
static int make_again(struct batch *b, ds_error *err)
{
	int status = b->spared ? ds_txn_hold(b->applying->txn, err) : 0;

	if (status)
		return status;
	b->again = ds_txn_has_time(b->applying->txn);
	ds_bench_renew(&b->bench);
	return ds_work_again(&b->work, &b->bench, err);
}

/* Fails only where nothing of the rest of the batch was changed. Each turn leaves fewer
 * steps, or the time that the user gave for waiting runs out. */
static int commit(struct batch *b, ds_error *err)
{
	int status = 0;

	b->spared = false;
	b->again = true;
	while (!status && is_open(b)) {
		status = ds_work_finish(&b->work, &b->bench, err);
		if (status)
			break;
		tell_all(b, true);
		pass_idle(b);
		if (b->work.count)
			status = commit_files(b, err);
		if (status || !is_open(b))
			break;
		status = make_again(b, err);
		tell_all(b, true);
	}
	ds_txn_release(b->applying->txn);
	return status;
}

static int flush(struct batch *b, ds_error *err)
{
	int status = b->work.step_count ? b->carry_out(b, err) : 0;

	ds_work_clear(&b->work);
	ds_arena_reset(&b->bench.strings);
	return status;
}

/* What does not fit any more is put away and made again: after the flush, from what
 * the files say then. */
static int add(struct batch *b, struct ds_planned *planned, ds_error *err)
{
	struct ds_work *work = &b->work;
	int status = 0;

	planned->told = false;
	if (planned->step.state != DS_STEP_PLANNED) {
		tell(b, planned, false);
		return 0;
	}
	if (work->step_count && may_share(work->steps[work->step_count - 1], planned))
		status = flush(b, err);
	if (!status)
		status = ds_work_add(work, &b->bench, planned, err);
	if (!status && planned->step.state == DS_STEP_PLANNED && !fits(b)) {
		ds_work_drop(work);
		status = flush(b, err);
		if (!status)
			status = ds_work_add(work, &b->bench, planned, err);
	}
	if (!status)
		tell(b, planned, true);
	return status;
}

/* ---- The whole ---------------------------------------------------------- */

static void tell_time(struct ds_bench *bench)
{
	struct timespec now;
	struct tm tm;
	char date[24] = "";

	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || !gmtime_r(&now.tv_sec, &tm))
		return;
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(bench->now, sizeof bench->now, "%.23s.%03dZ", date, (int)(now.tv_nsec / 1000000));
}

/* Files that others make from the statuses are stale now. */
static bool say_stale(struct ds_plan *plan)
{
	const struct ds_rule *said = NULL;
	bool well = true;

	for (size_t i = 0; i < plan->count && well && plan->changed.len; i++) {
		const struct ds_rule *rule = plan->steps[i].rule;
		struct ds_blob blob = {0};
		if (plan->steps[i].step.state != DS_STEP_DONE || rule == said || !rule->stale)
			continue;
		said = rule;
		plan->source->ops->read(plan->source, rule->stale, NULL, &blob);
		if (blob.kind != DS_MISSING)
			well = ds_plan_say(plan, "%s%s is stale now: %s", plan->prefix, rule->stale,
					   rule->stale_advice);
		ds_blob_free(&blob);
	}
	return well;
}

static int take_notes(struct ds_plan *plan, const struct ds_txn *txn, ds_error *err)
{
	const char *note;

	for (size_t i = 0; (note = ds_txn_note(txn, i)); i++)
		if (!ds_lines_add(&plan->notes, ds_arena_string(&plan->strings, note)))
			return ds_fail_memory(err);
	return say_stale(plan) ? 0 : ds_fail_memory(err);
}

static void end(struct batch *b)
{
	ds_work_clear(&b->work);
	ds_bench_clear(&b->bench);
}

static int add_wanted(struct batch *b, ds_error *err)
{
	const struct ds_applying *applying = b->applying;
	struct ds_plan *plan = b->plan;
	int status = 0;

	for (size_t i = 0; i < plan->count && !status; i++) {
		if (applying && applying->progress)
			applying->progress(applying->progress_context, i, plan->count);
		if (plan->steps[i].step.wanted)
			status = add(b, &plan->steps[i], err);
	}
	return status ? status : flush(b, err);
}

int ds_plan_carry_out(struct ds_plan *plan, const struct ds_applying *applying, ds_error *err)
{
	struct batch b = {.plan = plan,
			  .applying = applying,
			  .bench = {.plan = plan},
			  .carry_out = commit,
			  .most_files = file_limit(),
			  .err = err};
	ds_error why;

	tell_time(&b.bench);
	int status = add_wanted(&b, &why);
	if (status)
		judge(&b, (ds_status)status, &why);
	status = take_notes(plan, applying->txn, &why);
	if (status)
		judge(&b, (ds_status)status, &why);
	if (ds_txn_is_doubtful(applying->txn)) {
		ds_fail(&why, DS_TROUBLE,
			"changed, but it is not known whether that is safely on the disk");
		judge(&b, DS_TROUBLE, &why);
	}
	end(&b);
	return (int)b.status;
}

int ds_step_verdict(const struct ds_planned *planned, ds_error *err)
{
	static const ds_status verdicts[] = {[DS_STEP_PLANNED] = DS_OK,
					     [DS_STEP_DONE] = DS_OK,
					     [DS_STEP_CONFLICT] = DS_CONFLICT,
					     [DS_STEP_REFUSED] = DS_TROUBLE};
	ds_status status = verdicts[planned->step.state];

	return status ? ds_fail_path(err, status, planned->step.item, planned->step.why) : 0;
}

/* ---- Showing ------------------------------------------------------------ */

/* The digest of what a file was when it was shown; one for all that are shown of it. NULL:
 * out of memory. */
static const unsigned char *keep_digest(struct ds_plan *plan, const struct ds_work_file *file)
{
	unsigned char digest[DS_SHA256_SIZE];
	struct ds_shown_file *shown = file->many ? plan->shown : NULL;

	ds_sha256_of(file->before.bytes, file->before.len, digest);
	for (; shown; shown = shown->next)
		if (strcmp(shown->path, file->path) == 0 &&
		    memcmp(shown->digest, digest, sizeof digest) == 0)
			return shown->digest;
	shown = ds_arena_alloc(&plan->strings, sizeof *shown);
	if (!shown)
		return NULL;
	memcpy(shown->digest, digest, sizeof digest);
	shown->path = ds_arena_string(&plan->strings, file->path);
	shown->next = plan->shown;
	if (file->many && shown->path)
		plan->shown = shown;
	return shown->path ? shown->digest : NULL;
}

static bool diff_file(struct batch *b, const struct ds_work_file *file, struct ds_buf *out)
{
	struct ds_diff_edit *edits = calloc(file->edit_count + 1, sizeof *edits);
	const unsigned char *digest = keep_digest(b->plan, file);

	for (size_t i = 0; i < file->edit_count && edits && digest; i++) {
		const struct ds_work_edit *edit = &file->edits[i];
		edits[i] = (struct ds_diff_edit){edit->made.at, strlen(edit->made.old),
						 strlen(edit->made.new)};
		edit->planned->shown[edit->copy] = digest;
	}
	bool well = edits && digest &&
		    ds_diff(out, file->path, text_of(&file->before), text_of(&file->after), edits,
			    file->edit_count);
	free(edits);
	return well;
}

static int show_file(struct batch *b, const struct ds_work_file *file, ds_error *err)
{
	struct ds_buf out = {0};
	int status = diff_file(b, file, &out) ? 0 : ds_fail_memory(err);
	int why = status || !out.len ? 0 : b->write(b->context, out.bytes, out.len);

	ds_buf_free(&out);
	return why ? ds_fail(err, DS_TROUBLE, "the diff could not be written: %s", strerror(why))
		   : status;
}

static int show(struct batch *b, ds_error *err)
{
	int status = ds_work_finish(&b->work, &b->bench, err);

	for (size_t i = 0; i < b->work.count && !status; i++)
		status = show_file(b, &b->work.files[i], err);
	tell_all(b, false);
	return status;
}

/* A step that is no longer as planned takes no other with it. */
int ds_plan_show(struct ds_plan *plan, size_t index, ds_write_fn write, void *context,
		 ds_error *err)
{
	struct batch b = {.plan = plan,
			  .bench = {.plan = plan},
			  .carry_out = show,
			  .whole = true,
			  .most_files = file_limit(),
			  .write = write,
			  .context = context,
			  .err = err};
	ds_error why;
	int status = 0;

	tell_time(&b.bench);
	if (index == DS_ALL_STEPS)
		status = add_wanted(&b, &why);
	else if (index < plan->count && !(status = add(&b, &plan->steps[index], &why)))
		status = flush(&b, &why);
	if (status)
		judge(&b, (ds_status)status, &why);
	end(&b);
	return (int)b.status;
}

/* ---- Trying ------------------------------------------------------------- */

static int try_out(struct batch *b, ds_error *err)
{
	return ds_work_finish(&b->work, &b->bench, err);
}

int ds_plan_try(struct ds_plan *plan, ds_error *err)
{
	struct batch b = {.plan = plan,
			  .bench = {.plan = plan},
			  .carry_out = try_out,
			  .most_files = file_limit(),
			  .err = &(ds_error){0}};
	int status = add_wanted(&b, err);

	end(&b);
	return status;
}
