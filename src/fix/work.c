#include "work.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "as_planned.h"
#include "compare.h"
#include "make.h"
#include "rules.h"
#include "settle.h"
#include "undo.h"

/* ---- Its files ----------------------------------------------------------- */

static void clear_file(struct ds_work_file *file)
{
	ds_buf_free(&file->before);
	ds_buf_free(&file->after);
	free(file->asks);
	free(file->edits);
	*file = (struct ds_work_file){0};
}

static void clear_files(struct ds_work *work)
{
	for (size_t i = 0; i < work->count; i++)
		clear_file(&work->files[i]);
	work->count = 0;
	work->own_bytes = 0;
	work->shared_bytes = 0;
}

void ds_work_clear(struct ds_work *work)
{
	clear_files(work);
	free(work->files);
	free(work->steps);
	*work = (struct ds_work){0};
}

static unsigned add_hash(unsigned hash, const char *path)
{
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619u;
	return hash;
}

static unsigned hash_of(const char *prefix, const char *path)
{
	return add_hash(add_hash(2166136261u, prefix), path);
}

/* Mostly it is a number that differs. */
struct ds_work_file *ds_work_find(const struct ds_work *work, const char *prefix, const char *path)
{
	unsigned hash = hash_of(prefix, path);
	size_t len = strlen(prefix);

	for (size_t i = 0; i < work->count; i++) {
		const char *whole = work->files[i].path;
		if (work->files[i].hash == hash && strncmp(whole, prefix, len) == 0 &&
		    strcmp(whole + len, path) == 0)
			return &work->files[i];
	}
	return NULL;
}

struct ds_text ds_work_content(const struct ds_work_file *file)
{
	return ds_buf_text(file->changed ? &file->after : &file->before);
}

/* A document stays where it is: other steps need it. */
static bool take_bytes(struct ds_work *work, struct ds_work_file *file, struct ds_seen_copy *copy)
{
	if (file->many) {
		struct ds_text bytes = ds_seen_bytes(copy);
		work->shared_bytes += bytes.len;
		return ds_buf_append(&file->before, bytes.at, bytes.len);
	}
	file->before = copy->blob.bytes;
	copy->blob.bytes = (struct ds_buf){0};
	work->own_bytes += 2 * file->before.len;
	return true;
}

static struct ds_work_file *add_file(struct ds_work *work, struct ds_bench *bench, const char *path,
				     int copy)
{
	const struct ds_rule *rule = bench->desk.rule;

	if (!path || !ds_grow(&work->files, &work->room, work->count, sizeof *work->files))
		return NULL;
	struct ds_work_file *file = &work->files[work->count++];
	*file = (struct ds_work_file){.path = path,
				      .hash = hash_of("", path),
				      .copy = copy,
				      .many = rule->copies[copy].many,
				      .group = ds_rule_has_many(rule) ? 0 : work->step_count};
	return take_bytes(work, file, &bench->desk.copies[copy]) ? file : NULL;
}

/* Two copies may be in one file. */
static struct ds_work_file *open_file(struct ds_work *work, struct ds_bench *bench, int copy)
{
	struct ds_work_file *file =
		ds_work_find(work, bench->plan->prefix, bench->desk.copies[copy].path);
	struct ds_buf path = {0};

	if (file)
		return file;
	ds_buf_printf(&path, "%s%s", bench->plan->prefix, bench->desk.copies[copy].path);
	return add_file(work, bench, ds_arena_take(&bench->strings, &path), copy);
}

struct ds_work_ask *ds_work_open(struct ds_work *work, struct ds_bench *bench,
				 struct ds_planned *planned, int copy)
{
	const struct ds_seen_copy *seen = &bench->desk.copies[copy];
	struct ds_work_file *file = open_file(work, bench, copy);

	if (!file || !ds_grow(&file->asks, &file->ask_room, file->ask_count, sizeof *file->asks))
		return NULL;
	struct ds_work_ask *ask = &file->asks[file->ask_count++];
	*ask = (struct ds_work_ask){.planned = planned, .copy = copy};
	if (!seen->record)
		return ask;
	ask->record = (size_t)(seen->record - seen->document->records.at);
	ask->id = ds_arena_copy(&bench->strings, seen->record->id.at, seen->record->id.len);
	return ask->id ? ask : NULL;
}

void ds_work_take(struct ds_work_file *file, struct ds_buf *next)
{
	ds_buf_free(&file->after);
	file->after = *next;
	file->changed = true;
	*next = (struct ds_buf){0};
}

bool ds_work_record(struct ds_bench *bench, struct ds_work_file *file,
		    const struct ds_work_ask *ask, const struct ds_edit *edit,
		    const struct ds_made *made)
{
	struct ds_text content = ds_work_content(file);
	struct ds_work_edit kept = {*made, ask->planned, ask->copy};

	if (!ds_grow(&file->edits, &file->edit_room, file->edit_count, sizeof *file->edits))
		return false;
	kept.made.old =
		ds_arena_copy(&bench->strings, content.at + edit->start, edit->end - edit->start);
	kept.made.new = ds_arena_copy(&bench->strings, edit->text.at, edit->text.len);
	kept.made.place = ds_place_name(bench->desk.readers[ask->copy], made->field, ask->id,
					&bench->strings);
	if (!kept.made.old || !kept.made.new || !kept.made.place)
		return false;
	file->edits[file->edit_count++] = kept;
	ask->planned->made++;
	return true;
}

/* ---- Adding -------------------------------------------------------------- */

static int ask_copy(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		    int copy, ds_error *err)
{
	bool failed;
	const char *from = ds_said(&bench->desk, 1u << copy, &bench->strings, &failed);
	struct ds_work_ask *ask = failed ? NULL : ds_work_open(work, bench, planned, copy);

	if (!ask)
		return ds_fail_memory(err);
	ask->from = from;
	ask->insert = (planned->add & 1u << copy) != 0;
	return 0;
}

/* The believed copy comes last: who sees it changed sees all of it changed. */
static int ask_copies(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		      ds_error *err)
{
	unsigned which = planned->change | planned->add;
	int last = planned->rule->authority >= 0 ? planned->rule->authority
						 : ds_believed(&bench->desk);
	int status = 0;

	for (int i = 0; i < bench->desk.copy_count && !status; i++)
		if (i != last && (which & 1u << i))
			status = ask_copy(work, bench, planned, i, err);
	if (!status && last >= 0 && (which & 1u << last)) {
		status = ask_copy(work, bench, planned, last, err);
		if (!status)
			ds_work_find(work, bench->plan->prefix, bench->desk.copies[last].path)
				->believed = true;
	}
	return status;
}

/* Asks, where the step is as it was planned. */
static int ask_step(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		    ds_error *err)
{
	int status = ds_bench_read(bench, planned, err);

	planned->made = 0;
	planned->found = DS_NOT_READ_BACK;
	if (!status)
		status = ds_check_as_planned(bench, planned, err);
	if (status || planned->step.state != DS_STEP_PLANNED)
		return status;
	return planned->reversal ? ds_undo_ask(work, bench, planned, err)
				 : ask_copies(work, bench, planned, err);
}

/* Its asks, and the files that it opened, come last. */
static void drop_asks(struct ds_work *work, const struct ds_planned *last)
{
	for (size_t i = work->count; i-- > 0;) {
		struct ds_work_file *file = &work->files[i];
		while (file->ask_count && file->asks[file->ask_count - 1].planned == last)
			file->ask_count--;
		if (file->ask_count)
			continue;
		if (file->many)
			work->shared_bytes -= file->before.len;
		else
			work->own_bytes -= 2 * file->before.len;
		clear_file(file);
		work->count = i;
	}
}

int ds_work_add(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		ds_error *err)
{
	if (!work->step_count)
		work->notes = bench->plan->notes.len;
	if (!ds_grow(&work->steps, &work->step_room, work->step_count, sizeof *work->steps))
		return ds_fail_memory(err);
	int status = ask_step(work, bench, planned, err);
	if (!status && planned->step.state == DS_STEP_PLANNED)
		work->steps[work->step_count++] = planned;
	else
		drop_asks(work, planned);
	return status;
}

void ds_work_drop(struct ds_work *work)
{
	drop_asks(work, work->steps[--work->step_count]);
}

/* ---- Finishing ----------------------------------------------------------- */

static size_t count_planned(const struct ds_work *work)
{
	size_t count = 0;
	for (size_t i = 0; i < work->step_count; i++)
		count += work->steps[i]->step.state == DS_STEP_PLANNED;
	return count;
}

int ds_work_again(struct ds_work *work, struct ds_bench *bench, ds_error *err)
{
	size_t count = work->step_count;
	int status = 0;

	clear_files(work);
	ds_arena_reset(&bench->strings);
	bench->plan->notes.len = work->notes;
	for (work->step_count = 0; work->step_count < count && !status; work->step_count++) {
		struct ds_planned *planned = work->steps[work->step_count];
		if (planned->step.state != DS_STEP_PLANNED)
			continue;
		status = ask_step(work, bench, planned, err);
		if (planned->step.state != DS_STEP_PLANNED)
			drop_asks(work, planned);
	}
	work->step_count = count;
	return status;
}

/* Files of several groups are in order as they are. */
static bool is_late(const struct ds_bench *bench, const struct ds_work_file *file)
{
	return file->believed && ds_rule_has_many(bench->desk.rule);
}

/* The believed copies' files last; what was said already needs no edit. */
static int order_files(struct ds_work *work, const struct ds_bench *bench, ds_error *err)
{
	struct ds_work_file *files = calloc(work->count + 1, sizeof *files);
	size_t kept = 0;

	if (!files)
		return ds_fail_memory(err);
	for (int late = 0; late < 2; late++)
		for (size_t i = 0; i < work->count; i++)
			if (work->files[i].edit_count && is_late(bench, &work->files[i]) == late)
				files[kept++] = work->files[i];
	for (size_t i = 0; i < work->count; i++)
		if (!work->files[i].edit_count)
			clear_file(&work->files[i]);
	free(work->files);
	work->files = files;
	work->room = work->count + 1;
	work->count = kept;
	return 0;
}

/* Each turn but the last finds at least one step that cannot be done. */
int ds_work_finish(struct ds_work *work, struct ds_bench *bench, ds_error *err)
{
	for (;;) {
		size_t planned = count_planned(work);
		int status = 0;
		for (size_t i = 0; i < work->count && !status; i++)
			status = ds_make_file(bench, &work->files[i], err);
		if (!status && count_planned(work) == planned)
			return order_files(work, bench, err);
		if (!status)
			status = ds_work_again(work, bench, err);
		if (status)
			return status;
	}
}
