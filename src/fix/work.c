#include "work.h"

#include <string.h>

#include "finding.h"
#include "rules.h"
#include "settle.h"
#include "splice.h"
#include "undo.h"

/* ---- Reading ------------------------------------------------------------ */

int ds_bench_read(struct ds_bench *bench, const struct ds_planned *planned, ds_error *err)
{
	struct ds_item item = {.path = planned->path, .id = planned->step.item};

	if (bench->desk.rule != planned->rule) {
		ds_desk_clear(&bench->desk);
		if (!ds_desk_prepare(&bench->desk, planned->rule, bench->plan->source))
			return ds_fail(err, DS_TROUBLE,
				       "the rule %s names a reader that does not exist",
				       planned->rule->name);
		bench->desk.whole = true;
	}
	ds_collect(&bench->desk, &item);
	return 0;
}

void ds_bench_clear(struct ds_bench *bench)
{
	ds_desk_clear(&bench->desk);
	ds_arena_free(&bench->strings);
}

void ds_work_clear(struct ds_work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		ds_buf_free(&work->files[i].before);
		ds_buf_free(&work->files[i].after);
	}
	*work = (struct ds_work){0};
}

/* ---- Whether it is as it was planned ------------------------------------ */

static bool same_said(const struct ds_planned *planned, const char *now)
{
	const char *then = planned->step.from;
	return then && now ? strcmp(then, now) == 0 : then == now;
}

static bool work_out(struct ds_repair *repair, struct ds_bench *bench,
		     const struct ds_planned *planned)
{
	const struct ds_plan *plan = bench->plan;
	struct ds_item item = {.path = planned->path, .id = planned->step.item};

	if (plan->task == DS_TASK_SET)
		return ds_repair_to(repair, &bench->desk, planned->to, planned->add != 0);
	return ds_repair_for(repair, &bench->desk, &item, ds_plan_believed(plan, planned->rule),
			     planned->add != 0);
}

/* Whether the copies say by now what they were to say. */
static bool is_settled(const struct ds_bench *bench, const struct ds_planned *planned)
{
	unsigned which = planned->change | planned->add;

	if (bench->plan->expects)
		return false;
	for (int i = 0; i < bench->desk.copy_count; i++)
		if ((which & 1u << i) && bench->desk.copies[i].status != planned->to)
			return false;
	return true;
}

/* The first of these copies that has no text and no mere gap either. */
static int find_defect(const struct ds_desk *desk, unsigned which)
{
	for (int i = 0; i < desk->copy_count; i++) {
		ds_code code = desk->copies[i].reading.code;
		if ((which & 1u << i) && code != DS_NO_CODE && code != DS_MISSING_STATUS)
			return i;
	}
	return DS_NO_COPY;
}

/* What cannot be read was not changed by anybody: that is trouble, no conflict. */
static void fail_defect(struct ds_bench *bench, struct ds_planned *planned, int copy)
{
	const struct ds_reading *reading = &bench->desk.copies[copy].reading;

	ds_step_fail(bench->plan, planned,
		     reading->code == DS_UNREADABLE ? DS_STEP_REFUSED : DS_STEP_CONFLICT,
		     "%s %s%s%s", planned->rule->copies[copy].name,
		     ds_code_info(reading->code)->phrase, reading->why[0] ? ": " : "",
		     reading->why);
}

/* What is in the way of reading it, else what it says instead. */
static void explain(struct ds_bench *bench, struct ds_planned *planned)
{
	const struct ds_desk *desk = &bench->desk;
	const char *names = planned->step.copies;
	int believed = ds_plan_believed(bench->plan, planned->rule);
	unsigned which = planned->change | planned->add;
	bool failed;

	int defect = find_defect(desk, believed == DS_NO_COPY ? which : which | 1u << believed);
	if (defect != DS_NO_COPY) {
		fail_defect(bench, planned, defect);
		return;
	}
	const char *then = planned->step.from;
	const char *now = ds_said(desk, planned->change | planned->add, &bench->strings, &failed);
	if (same_said(planned, now))
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "another copy than %s was changed meanwhile", names);
	else
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "%s was changed meanwhile: expected %s, found %s", names,
			     then ? then : "no status", now ? now : "no status");
}

static bool is_set(const unsigned char *digest)
{
	static const unsigned char none[DS_SHA256_SIZE];
	return memcmp(digest, none, sizeof none) != 0;
}

static bool was_shown(const struct ds_bench *bench, const struct ds_planned *planned)
{
	unsigned char digest[DS_SHA256_SIZE];

	for (int i = 0; planned->shown && i < bench->desk.copy_count; i++) {
		const struct ds_buf *bytes = &bench->desk.copies[i].blob.bytes;
		const unsigned char *shown = planned->shown + (size_t)i * DS_SHA256_SIZE;
		if (!is_set(shown))
			continue;
		ds_sha256_of(bytes->bytes, bytes->len, digest);
		if (memcmp(digest, shown, sizeof digest) != 0)
			return false;
	}
	return true;
}

static void fail_shown(struct ds_bench *bench, struct ds_planned *planned)
{
	ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT, "%s was changed since it was shown",
		     planned->step.copies);
}

/* Sets the step's state where it is not as it was planned. */
static int check_as_planned(struct ds_bench *bench, struct ds_planned *planned, ds_error *err)
{
	struct ds_repair repair;
	bool failed;

	bool well = work_out(&repair, bench, planned);
	const char *said =
		ds_said(&bench->desk, planned->change | planned->add, &bench->strings, &failed);
	if (!well || failed)
		return ds_fail_memory(err);
	if (is_settled(bench, planned))
		planned->step.state = DS_STEP_DONE;
	else if (repair.to != planned->to || !same_said(planned, said) ||
		 (planned->change && repair.change != planned->change) ||
		 (planned->add && repair.add != planned->add))
		explain(bench, planned);
	else if (!was_shown(bench, planned))
		fail_shown(bench, planned);
	return 0;
}

/* ---- Making ------------------------------------------------------------- */

struct ds_text ds_work_content(const struct ds_work_file *file)
{
	const struct ds_buf *content = file->made_count ? &file->after : &file->before;
	return (struct ds_text){content->len ? content->bytes : "", content->len};
}

static const char *path_of(struct ds_bench *bench, const struct ds_planned *planned, int copy)
{
	struct ds_buf path = {0};

	ds_buf_puts(&path, bench->plan->prefix);
	const char *kept = ds_copy_path(&path, planned->rule, copy, planned->path,
					planned->step.item) == DS_PATH_MADE
				   ? ds_arena_string(&bench->strings, path.bytes)
				   : NULL;
	ds_buf_free(&path);
	return kept;
}

/* Two copies may be in one file. */
struct ds_work_file *ds_work_open(struct ds_work *work, struct ds_bench *bench, int copy)
{
	const char *path = path_of(bench, work->planned, copy);
	struct ds_buf *bytes = &bench->desk.copies[copy].blob.bytes;

	for (size_t i = 0; path && i < work->count; i++)
		if (strcmp(work->files[i].path, path) == 0)
			return &work->files[i];
	struct ds_work_file *file = &work->files[work->count];
	*file = (struct ds_work_file){.path = path, .copy = copy, .before = *bytes};
	file->made = ds_arena_alloc(&bench->strings, DS_MADE_LIMIT * sizeof *file->made);
	*bytes = (struct ds_buf){0};
	work->count++;
	return path && file->made ? file : NULL;
}

bool ds_work_record(struct ds_bench *bench, struct ds_work_file *file, struct ds_buf *next,
		    const struct ds_edit *edit, const struct ds_made *made)
{
	struct ds_text content = ds_work_content(file);
	struct ds_made kept = *made;

	kept.at = edit->start;
	kept.old =
		ds_arena_copy(&bench->strings, content.at + edit->start, edit->end - edit->start);
	kept.new = ds_arena_copy(&bench->strings, edit->text.at, edit->text.len);
	if (!kept.old || !kept.new || file->made_count == DS_MADE_LIMIT) {
		ds_buf_free(next);
		return false;
	}
	ds_buf_free(&file->after);
	file->after = *next;
	file->made[file->made_count++] = kept;
	*next = (struct ds_buf){0};
	return true;
}

/* Where the value's text stands in what was put in. */
static void place(struct ds_made *made, const struct ds_splice *splice, struct ds_text after,
		  const struct ds_edit *edit, struct ds_arena *scratch)
{
	struct ds_reading reading;

	splice->reader->read(&reading, after, true, splice->at, scratch);
	made->lead = reading.start - edit->start;
	made->plain = edit->start < edit->end && reading.start == edit->start &&
		      reading.end == edit->start + edit->text.len;
}

static enum ds_splice_outcome splice_in(struct ds_bench *bench, struct ds_work_file *file,
					const struct ds_splice *splice, struct ds_made *made,
					char why[DS_WHY_ROOM])
{
	struct ds_buf next = {0};
	struct ds_edit edit;
	enum ds_splice_outcome outcome =
		ds_splice(&next, &edit, splice, ds_work_content(file), &bench->strings, why);

	if (outcome != DS_SPLICE_DONE) {
		ds_buf_free(&next);
		return outcome;
	}
	made->field = splice->at;
	place(made, splice, (struct ds_text){next.bytes, next.len}, &edit, &bench->strings);
	return ds_work_record(bench, file, &next, &edit, made) ? outcome : DS_SPLICE_MEMORY;
}

/* A field that cannot follow is no reason to leave the status alone. */
static bool follow(struct ds_bench *bench, struct ds_work_file *file,
		   const struct ds_planned *planned, int copy, const struct ds_follow *field)
{
	const char *word = planned->rule->vocabulary->statuses[planned->to].word;
	const char *reason = bench->plan->reason;
	const char *value = field->what == DS_FOLLOW_NOW ? bench->now : reason;
	struct ds_made made = {0};
	char why[DS_WHY_ROOM];

	if ((field->when && strcmp(field->when, word) != 0) || (field->with_reason && !reason))
		return true;
	struct ds_splice splice = {.reader = bench->desk.readers[copy],
				   .at = field->field,
				   .word = ds_text_of(value),
				   .insert = true,
				   .behind = planned->rule->copies[copy].at};
	enum ds_splice_outcome outcome = splice_in(bench, file, &splice, &made, why);
	if (outcome == DS_SPLICE_REFUSED)
		return ds_plan_say(bench->plan, "%s: \"%s\" is left as it is: %s", file->path,
				   field->field, why);
	return outcome != DS_SPLICE_MEMORY;
}

/* 0, or a ds_status; a refusal is the step's state. */
static int set_copy(struct ds_work *work, struct ds_bench *bench, int copy, ds_error *err)
{
	struct ds_planned *planned = work->planned;
	const struct ds_copy_rule *rule = &planned->rule->copies[copy];
	struct ds_made made = {.to = planned->rule->vocabulary->statuses[planned->to].word};
	char why[DS_WHY_ROOM] = "";
	bool failed;

	made.from = ds_said(&bench->desk, 1u << copy, &bench->strings, &failed);
	struct ds_work_file *file = ds_work_open(work, bench, copy);
	if (!file || failed)
		return ds_fail_memory(err);
	struct ds_splice splice = {.reader = bench->desk.readers[copy],
				   .at = rule->at,
				   .word = ds_text_of(made.to),
				   .insert = (planned->add & 1u << copy) != 0};
	enum ds_splice_outcome outcome = splice_in(bench, file, &splice, &made, why);
	if (outcome == DS_SPLICE_MEMORY)
		return ds_fail_memory(err);
	if (outcome == DS_SPLICE_REFUSED)
		ds_step_fail(bench->plan, planned, DS_STEP_REFUSED, "%s: %s", rule->name, why);
	if (outcome != DS_SPLICE_DONE || bench->plan->task != DS_TASK_SET)
		return 0;
	for (const struct ds_follow *field = rule->follow; field && field->field; field++)
		if (!follow(bench, file, planned, copy, field))
			return ds_fail_memory(err);
	return 0;
}

/* The believed copy comes last: who sees it changed sees all of it changed. */
static int set_copies(struct ds_work *work, struct ds_bench *bench, ds_error *err)
{
	const struct ds_planned *planned = work->planned;
	unsigned which = planned->change | planned->add;
	int last = planned->rule->authority;
	int status = 0;

	for (int i = 0; i < bench->desk.copy_count && !status; i++)
		if (i != last && (which & 1u << i))
			status = set_copy(work, bench, i, err);
	if (!status && last != DS_NO_COPY && (which & 1u << last))
		status = set_copy(work, bench, last, err);
	return status;
}

/* What two copies in one file said already needs no edit. */
static void drop_untouched(struct ds_work *work)
{
	size_t kept = 0;
	for (size_t i = 0; i < work->count; i++) {
		if (work->files[i].made_count)
			work->files[kept++] = work->files[i];
		else
			ds_buf_free(&work->files[i].before);
	}
	work->count = kept;
}

int ds_work_make(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		 ds_error *err)
{
	int status = ds_bench_read(bench, planned, err);

	*work = (struct ds_work){.planned = planned};
	if (status)
		return status;
	if (!planned->reversal)
		status = check_as_planned(bench, planned, err);
	else if (!was_shown(bench, planned))
		fail_shown(bench, planned);
	if (!status && planned->step.state == DS_STEP_PLANNED)
		status = planned->reversal ? ds_undo_make(work, bench, err)
					   : set_copies(work, bench, err);
	if (status || planned->step.state != DS_STEP_PLANNED)
		ds_work_clear(work);
	else
		drop_untouched(work);
	return status;
}
