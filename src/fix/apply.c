/*
 * A plan in batches: each is read afresh, committed as one transaction, and read back.
 * A batch is bounded in bytes and in descriptors, so memory is too; an item never
 * spans two.
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
#include "work.h"

enum {
	BATCH_BYTES = 24 << 20, /* of contents, before and after: a thousand items or more */
	BATCH_FILES = 4096,
	BATCH_LEAST = 16,
};

struct batch {
	struct ds_plan *plan;
	const struct ds_applying *applying;
	struct ds_bench bench;
	struct ds_work *works;
	size_t count;
	size_t room;
	size_t files;
	size_t bytes;
	size_t most_files;
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

static size_t size_of(const struct ds_work *work)
{
	size_t size = 0;
	for (size_t i = 0; i < work->count; i++)
		size += work->files[i].before.len + work->files[i].after.len;
	return size;
}

static bool fits(const struct batch *b, const struct ds_work *work)
{
	return !b->count ||
	       (b->files + work->count <= b->most_files && b->bytes + size_of(work) <= BATCH_BYTES);
}

/* Whether two items of a rule can never be in one file; two changes of one path would
 * undo each other. */
static bool may_share(const struct ds_planned *a, const struct ds_planned *b)
{
	const struct ds_copy_rule *copy = a->rule->copies;

	while (copy->name && strstr(copy->path, "{item}"))
		copy++;
	return a->rule != b->rule || copy->name || strcmp(a->path, b->path) == 0;
}

/* ---- The log ------------------------------------------------------------ */

static bool write_lines(const char **lines, const struct ds_work_file *file,
			const struct ds_log_frame *frame, struct ds_arena *strings)
{
	struct ds_buf line = {0};
	bool well = true;

	for (size_t i = 0; i < file->made_count && well; i++) {
		ds_buf_cut(&line, 0);
		well = ds_logline_write(&line, frame, &file->made[i]) &&
		       (lines[i] = ds_arena_string(strings, line.bytes)) != NULL;
	}
	ds_buf_free(&line);
	return well;
}

/* A line an edit, ended by NULL. */
static const char *const *log_lines(struct batch *b, const struct ds_planned *planned,
				    const struct ds_work_file *file)
{
	const struct ds_plan *plan = b->plan;
	struct ds_arena *strings = &b->bench.strings;
	const char **lines = ds_arena_alloc(strings, (file->made_count + 1) * sizeof *lines);
	struct ds_log_frame frame = {.rule = planned->rule->name,
				     .item = planned->step.item,
				     .copy = planned->rule->copies[file->copy].name,
				     .path = file->path,
				     .why = plan->reason ? plan->reason : b->applying->why,
				     .forced = plan->forced,
				     .undoes = plan->undoes};

	return lines && write_lines(lines, file, &frame, strings) ? lines : NULL;
}

/* ---- Committing --------------------------------------------------------- */

static struct ds_text text_of(const struct ds_buf *buf)
{
	return (struct ds_text){buf->len ? buf->bytes : "", buf->len};
}

/* What a line about a conflict says of the step; in the batch's arena. */
static const char *about(struct batch *b, const struct ds_planned *planned)
{
	struct ds_buf members = {0};

	ds_json_member(&members, "rule", planned->rule->name);
	ds_json_member(&members, "item", planned->step.item);
	const char *kept =
		members.failed ? NULL : ds_arena_string(&b->bench.strings, members.bytes);
	ds_buf_free(&members);
	return kept;
}

static struct ds_change *changes_of(struct batch *b)
{
	struct ds_change *changes = calloc(b->files + 1, sizeof *changes);
	size_t at = 0;

	for (size_t i = 0; i < b->count && changes; i++) {
		const struct ds_work *work = &b->works[i];
		for (size_t j = 0; j < work->count; j++) {
			const struct ds_work_file *file = &work->files[j];
			struct ds_change *change = &changes[at++];
			change->path = file->path;
			change->before = text_of(&file->before);
			change->after = text_of(&file->after);
			change->group = i;
			change->log = log_lines(b, work->planned, file);
			change->about = about(b, work->planned);
			if (!change->log || !change->about) {
				free(changes);
				return NULL;
			}
		}
	}
	return changes;
}

/* A step is as good as the worst of its files. */
static void take_outcome(struct batch *b, const struct ds_work *work,
			 const struct ds_change *changes)
{
	struct ds_planned *planned = work->planned;
	size_t worst = 0;

	for (size_t i = 1; i < work->count; i++)
		if (changes[i].outcome > changes[worst].outcome)
			worst = i;
	const char *name = planned->rule->copies[work->files[worst].copy].name;
	switch (changes[worst].outcome) {
	case DS_CHANGE_DONE:
		planned->step.state = DS_STEP_DONE;
		break;
	case DS_CHANGE_CONFLICT:
		ds_step_fail(b->plan, planned, DS_STEP_CONFLICT, "%s: %s", name,
			     changes[worst].why);
		break;
	default:
		ds_step_fail(b->plan, planned, DS_STEP_REFUSED, "%s: %s", name,
			     changes[worst].why[0] ? changes[worst].why : "it was not changed");
		break;
	}
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

/* ---- Reading back ------------------------------------------------------- */

enum read_back { AS_WRITTEN, FOREIGN, NOT_WRITTEN };

static enum read_back compare_file(const struct batch *b, const struct ds_work_file *file)
{
	const struct ds_blob *blob = &b->bench.desk.copies[file->copy].blob;
	struct ds_text now = text_of(&blob->bytes);

	if (blob->kind != DS_REGULAR || ds_text_equal(now, text_of(&file->before)))
		return NOT_WRITTEN;
	return ds_text_equal(now, text_of(&file->after)) ? AS_WRITTEN : FOREIGN;
}

static bool says_it(const struct batch *b, const struct ds_planned *planned)
{
	const struct ds_desk *desk = &b->bench.desk;

	if (planned->reversal)
		return true;
	for (int i = 0; i < desk->copy_count; i++)
		if (((planned->change | planned->add) & 1u << i) &&
		    desk->copies[i].status != planned->to)
			return false;
	return !planned->change || ds_judge(desk) != DS_ITEM_DESYNCED;
}

static enum read_back look_again(const struct batch *b, const struct ds_work *work)
{
	enum read_back worst = AS_WRITTEN;

	for (size_t i = 0; i < work->count; i++) {
		enum read_back one = compare_file(b, &work->files[i]);
		if (one > worst)
			worst = one;
	}
	if (worst == AS_WRITTEN && !says_it(b, work->planned))
		return NOT_WRITTEN;
	return worst;
}

/* Looks through the log for a later change of one of these files. */
struct later {
	const char *txid;
	const struct ds_work *work;
	struct ds_arena scratch;
	bool ours; /* our own lines were there */
	bool found;
};

static int look_at_line(void *context, struct ds_text line)
{
	struct later *later = context;

	ds_arena_reset(&later->scratch);
	const char *txid = ds_logline_string(line, "txid", &later->scratch);
	const char *path = ds_logline_string(line, "path", &later->scratch);
	bool ours = txid && strcmp(txid, later->txid) == 0;
	later->ours = later->ours || ours;
	for (size_t i = 0; i < later->work->count && later->ours && !ours && path; i++)
		later->found = later->found || strcmp(path, later->work->files[i].path) == 0;
	return 0;
}

/* Whether another of our programs has set the files back since: then they hold what they
 * held before, and are not unwritten. */
static bool was_changed_later(const struct batch *b, const struct ds_work *work)
{
	struct ds_txn *txn = b->applying->txn;
	struct later later = {.txid = ds_txn_id(txn), .work = work};
	int status = ds_txn_log(txn, look_at_line, &later, NULL);

	ds_arena_free(&later.scratch);
	return status == 0 && later.found;
}

struct again {
	struct batch *batch;
	const struct ds_work *work;
	int status;
};

static void read_again(void *context)
{
	struct again *again = context;
	again->status = ds_bench_read(&again->batch->bench, again->work->planned, NULL);
}

/* What looks wrong may be half of somebody's next change: it is read once more while
 * no writer is at work. */
static void verify(struct batch *b, const struct ds_work *work)
{
	struct ds_planned *planned = work->planned;
	struct again again = {b, work, 0};
	struct ds_source *source = b->plan->source;
	ds_error why;

	read_again(&again);
	enum read_back found = look_again(b, work);
	if (found != AS_WRITTEN && source->ops->confirm) {
		source->ops->confirm(source, read_again, &again);
		found = look_again(b, work);
	}
	if (found == NOT_WRITTEN && was_changed_later(b, work))
		found = FOREIGN;
	if (found == FOREIGN &&
	    !ds_plan_say(b->plan, "%s: changed again by somebody else right after",
			 planned->step.item))
		judge(b, DS_TROUBLE, &(ds_error){.message = "out of memory"});
	if (found != NOT_WRITTEN)
		return;
	planned->step.why = "it was committed, but its copies do not say so now";
	ds_fail_path(&why, DS_TROUBLE, planned->step.item,
		     "was committed, but its copies do not say so now: look with desync-check");
	judge(b, DS_TROUBLE, &why);
}

/* ---- A batch ------------------------------------------------------------ */

static void note_changed(struct batch *b, const struct ds_work *work)
{
	ds_error why = {.message = "out of memory"};

	for (size_t i = 0; i < work->count; i++)
		if (!ds_lines_add(&b->plan->changed,
				  ds_arena_string(&b->plan->strings, work->files[i].path)))
			judge(b, DS_TROUBLE, &why);
}

static void finish_works(struct batch *b, const struct ds_change *changes)
{
	for (size_t i = 0; i < b->count; i++) {
		struct ds_work *work = &b->works[i];
		ds_error why;
		take_outcome(b, work, changes);
		changes += work->count;
		if (work->planned->step.state == DS_STEP_DONE) {
			note_changed(b, work);
			verify(b, work);
		} else {
			int status = ds_step_verdict(work->planned, &why);
			judge(b, (ds_status)status, &why);
		}
	}
}

static void empty(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		ds_work_clear(&b->works[i]);
	ds_arena_reset(&b->bench.strings);
	b->count = 0;
	b->files = 0;
	b->bytes = 0;
}

/* Fails only where nothing of the batch was changed. */
static int flush(struct batch *b, ds_error *err)
{
	int status = 0;

	if (b->count) {
		struct ds_change *changes = changes_of(b);
		status = changes ? ds_txn_commit(b->applying->txn, changes, b->files, err)
				 : ds_fail_memory(err);
		if (!status)
			finish_works(b, changes);
		free(changes);
	}
	empty(b);
	return status;
}

static bool keep(struct batch *b, struct ds_work *work)
{
	if (b->count == b->room) {
		size_t room = b->room ? b->room * 2 : 16;
		struct ds_work *works = realloc(b->works, room * sizeof *works);
		if (!works)
			return false;
		b->works = works;
		b->room = room;
	}
	b->works[b->count++] = *work;
	b->files += work->count;
	b->bytes += size_of(work);
	*work = (struct ds_work){0};
	return true;
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

/* What does not fit any more is put away and made again: after the flush, from what
 * the files say then. */
static int add(struct batch *b, struct ds_planned *planned, ds_error *err)
{
	struct ds_work work = {0};
	int status = 0;

	if (b->count && may_share(b->works[b->count - 1].planned, planned))
		status = flush(b, err);
	if (!status)
		status = ds_work_make(&work, &b->bench, planned, err);
	if (!status && !fits(b, &work)) {
		ds_work_clear(&work);
		status = flush(b, err);
		if (!status)
			status = ds_work_make(&work, &b->bench, planned, err);
	}
	if (!status && planned->step.state != DS_STEP_PLANNED) {
		ds_error why;
		int verdict = ds_step_verdict(planned, &why);
		judge(b, (ds_status)verdict, &why);
		if (verdict == DS_CONFLICT)
			log_refused(b, planned);
	} else if (!status && !work.count) {
		planned->step.state = DS_STEP_DONE;
	} else if (!status && !keep(b, &work)) {
		status = ds_fail_memory(err);
	}
	ds_work_clear(&work);
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

static int add_wanted(struct batch *b, ds_error *err)
{
	const struct ds_applying *applying = b->applying;
	struct ds_plan *plan = b->plan;
	int status = 0;

	for (size_t i = 0; i < plan->count && !status; i++) {
		struct ds_planned *planned = &plan->steps[i];
		ds_error why;
		if (applying->progress)
			applying->progress(applying->progress_context, i, plan->count);
		if (!planned->step.wanted || planned->step.state == DS_STEP_DONE)
			continue;
		if (planned->step.state == DS_STEP_PLANNED) {
			status = add(b, planned, err);
		} else {
			int verdict = ds_step_verdict(planned, &why);
			judge(b, (ds_status)verdict, &why);
		}
	}
	return status ? status : flush(b, err);
}

int ds_plan_carry_out(struct ds_plan *plan, const struct ds_applying *applying, ds_error *err)
{
	struct batch b = {.plan = plan,
			  .applying = applying,
			  .bench = {.plan = plan},
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
	empty(&b);
	free(b.works);
	ds_bench_clear(&b.bench);
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

static bool show_file(struct ds_planned *planned, const struct ds_work_file *file,
		      struct ds_buf *out)
{
	struct ds_diff_edit edits[DS_MADE_LIMIT];

	for (size_t i = 0; i < file->made_count; i++)
		edits[i] = (struct ds_diff_edit){file->made[i].at, strlen(file->made[i].old),
						 strlen(file->made[i].new)};
	ds_sha256_of(file->before.bytes, file->before.len,
		     planned->shown + (size_t)file->copy * DS_SHA256_SIZE);
	return ds_diff(out, file->path, text_of(&file->before), text_of(&file->after), edits,
		       file->made_count);
}

int ds_plan_show(struct ds_plan *plan, struct ds_planned *planned, struct ds_buf *out,
		 ds_error *err)
{
	struct ds_bench bench = {.plan = plan};
	struct ds_work work = {0};

	tell_time(&bench);
	int status = ds_work_make(&work, &bench, planned, err);
	if (!status && work.count && !planned->shown)
		planned->shown =
			ds_arena_alloc(&plan->strings, (size_t)DS_COPY_LIMIT * DS_SHA256_SIZE);
	if (!status && work.count && !planned->shown)
		status = ds_fail_memory(err);
	for (size_t i = 0; i < work.count && !status; i++)
		if (!show_file(planned, &work.files[i], out))
			status = ds_fail_memory(err);
	ds_work_clear(&work);
	ds_bench_clear(&bench);
	return status;
}
