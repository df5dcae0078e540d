#include "readback.h"

#include <string.h>

#include "compare.h"
#include "settle.h"

/* Each file is compared once, however many steps are in it. */
static enum ds_read_back compare_file(struct ds_work_file *file, const struct ds_seen_copy *copy)
{
	struct ds_text now = ds_seen_bytes(copy);
	bool there = copy->document || copy->blob.kind == DS_REGULAR;

	if (file->found)
		return file->found;
	if ((file->many && !copy->document) || !there ||
	    ds_text_equal(now, ds_buf_text(&file->before)))
		file->found = DS_NOT_WRITTEN;
	else
		file->found =
			ds_text_equal(now, ds_buf_text(&file->after)) ? DS_AS_WRITTEN : DS_FOREIGN;
	return file->found;
}

static bool says_it(const struct ds_batch *b, const struct ds_planned *planned)
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

static enum ds_read_back look_at_step(struct ds_batch *b, const struct ds_planned *planned)
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
	struct ds_batch *b = context;

	ds_bench_renew(&b->bench);
	for (size_t i = 0; i < b->work.count; i++)
		b->work.files[i].found = DS_NOT_READ_BACK;
	for (size_t i = 0; i < b->work.step_count; i++) {
		struct ds_planned *planned = b->work.steps[i];
		if (planned->step.state == DS_STEP_DONE && planned->made)
			planned->found = (unsigned char)look_at_step(b, planned);
	}
}

static bool all_are(const struct ds_batch *b, enum ds_read_back best, enum ds_read_back worst)
{
	for (size_t i = 0; i < b->work.step_count; i++)
		if (b->work.steps[i]->found > best && b->work.steps[i]->found <= worst)
			return false;
	return true;
}

/* ---- Changed since ------------------------------------------------------- */

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
static void excuse_later(struct ds_batch *b)
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

/* ---- The whole ----------------------------------------------------------- */

static void tell_found(struct ds_batch *b, struct ds_planned *planned)
{
	ds_error why;

	if (planned->found == DS_FOREIGN &&
	    !ds_plan_say(b->plan, "%s: changed again by somebody else right after",
			 planned->step.item))
		ds_batch_judge_memory(b);
	if (planned->found != DS_NOT_WRITTEN)
		return;
	planned->step.why = "it was committed, but its copies do not say so now";
	ds_fail_path(&why, DS_TROUBLE, planned->step.item,
		     "was committed, but its copies do not say so now: look with desync-check");
	ds_batch_judge(b, DS_TROUBLE, &why);
}

void ds_read_back(struct ds_batch *b)
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
