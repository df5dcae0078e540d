#include "batch.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "json_text.h"

enum {
	BATCH_BYTES = 24 << 20,  /* of contents, before and after: a thousand items or more */
	SHARED_BYTES = 64 << 20, /* of files that hold many, before */
	BATCH_FILES = 4096,
	BATCH_STEPS = 4096,
	BATCH_LEAST = 16,
};

/* ---- Bounds -------------------------------------------------------------- */

static size_t file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 < BATCH_LEAST)
		return BATCH_LEAST;
	return limit.rlim_cur / 2 < BATCH_FILES ? (size_t)limit.rlim_cur / 2 : BATCH_FILES;
}

/* The first step always does. */
static bool fits(const struct ds_batch *b)
{
	const struct ds_work *work = &b->work;

	if (work->step_count < 2 || (b->whole && ds_rule_has_many(work->steps[0]->rule)))
		return true;
	return work->count <= file_limit() && work->own_bytes <= BATCH_BYTES &&
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

/* ---- What became of it --------------------------------------------------- */

void ds_batch_judge(struct ds_batch *b, int status, const ds_error *why)
{
	if (!b->status && status)
		ds_fail(b->err, (ds_status)status, "%s", why->message);
	b->status = ds_graver(b->status, (ds_status)status);
	if (b->err && b->status)
		b->err->status = b->status;
}

void ds_batch_judge_memory(struct ds_batch *b)
{
	ds_error why;

	ds_batch_judge(b, ds_fail_memory(&why), &why);
}

/* A conflict that shows up before the commit is one, too. */
static void log_refused(struct ds_batch *b, const struct ds_planned *planned)
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
static void tell(struct ds_batch *b, struct ds_planned *planned, bool log)
{
	ds_error why;
	int verdict = ds_step_verdict(planned, &why);

	if (!verdict || planned->told)
		return;
	planned->told = true;
	ds_batch_judge(b, verdict, &why);
	if (log && verdict == DS_CONFLICT && b->applying)
		log_refused(b, planned);
}

void ds_batch_tell(struct ds_batch *b, bool log)
{
	for (size_t i = 0; i < b->work.step_count; i++)
		tell(b, b->work.steps[i], log);
}

/* ---- Steps --------------------------------------------------------------- */

static int flush(struct ds_batch *b, ds_error *err)
{
	int status = b->work.step_count ? b->carry_out(b, err) : 0;

	ds_work_clear(&b->work);
	ds_arena_reset(&b->bench.strings);
	return status;
}

/* What does not fit any more is put away and made again: after the flush, from what
 * the files say then. */
static int add(struct ds_batch *b, struct ds_planned *planned, ds_error *err)
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

int ds_batch_run(struct ds_batch *b, size_t index, ds_error *err)
{
	const struct ds_applying *applying = b->applying;
	struct ds_plan *plan = b->plan;
	bool all = index == DS_ALL_STEPS;
	int status = 0;

	tell_time(&b->bench);
	for (size_t i = all ? 0 : index; i < plan->count && !status; i++) {
		if (applying && applying->progress)
			applying->progress(applying->progress_context, i, plan->count);
		if (!all || plan->steps[i].step.wanted)
			status = add(b, &plan->steps[i], err);
		if (!all)
			break;
	}
	return status ? status : flush(b, err);
}

void ds_batch_end(struct ds_batch *b)
{
	ds_work_clear(&b->work);
	ds_bench_clear(&b->bench);
}
