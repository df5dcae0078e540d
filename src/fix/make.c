#include "make.h"

#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "splice.h"
#include "undo.h"

/* What is said of one value of a file: the status, or a field that follows it. */
struct saying {
	struct ds_bench *bench;
	struct ds_work_file *file;
	int copy;
	const struct ds_follow *follow; /* NULL: the status */
};

static const struct ds_copy_rule *copy_of(const struct saying *s)
{
	return &s->bench->desk.rule->copies[s->copy];
}

static const char *place_of(const struct saying *s)
{
	return s->follow ? s->follow->field : copy_of(s)->at;
}

static struct ds_text word_for(const struct saying *s, const struct ds_work_ask *ask)
{
	if (!s->follow)
		return ds_text_of(ds_copy_word(ask->planned->rule, s->copy, ask->planned->to));
	return ds_text_of(s->follow->what == DS_FOLLOW_NOW ? s->bench->now
							   : s->bench->plan->reason);
}

static bool is_meant(const struct saying *s, const struct ds_work_ask *ask)
{
	const struct ds_planned *planned = ask->planned;
	const struct ds_follow *follow = s->follow;

	if (ask->copy != s->copy || planned->step.state != DS_STEP_PLANNED)
		return false;
	if (!follow)
		return true;
	return ask->done && (!follow->with_reason || s->bench->plan->reason) &&
	       (!follow->when || strcmp(follow->when, planned->step.to) == 0);
}

/* A field that cannot follow is no reason to leave the status alone. */
static bool say_refused(const struct saying *s, const struct ds_work_ask *ask, const char *why)
{
	if (s->follow) {
		const char *place = ds_place_name(s->bench->desk.readers[s->copy], s->follow->field,
						  ask->id, &s->bench->strings);
		return place && ds_plan_say(s->bench->plan, "%s: \"%s\" is left as it is: %s",
					    s->file->path, place, why);
	}
	ds_step_fail(s->bench->plan, ask->planned, DS_STEP_REFUSED, "%s: %s",
		     ask->planned->rule->copies[s->copy].name, why);
	return true;
}

static bool keep_edit(const struct saying *s, struct ds_work_ask *ask, const struct ds_edit *edit,
		      struct ds_made *made)
{
	made->field = place_of(s);
	if (!s->follow) {
		made->from = ask->from;
		made->to = ask->planned->step.to;
		ask->done = true;
	}
	return ds_work_record(s->bench, s->file, ask, edit, made);
}

/* ---- One value ----------------------------------------------------------- */

/* Where the value's text stands in what was put in. */
static void place(struct ds_made *made, const struct ds_splice *splice, struct ds_text after,
		  const struct ds_edit *edit, struct ds_arena *scratch)
{
	struct ds_reading reading;

	splice->reader->read(&reading, after, true, splice->at, scratch);
	made->at = edit->start;
	made->lead = reading.start - edit->start;
	made->plain = edit->start < edit->end && reading.start == edit->start &&
		      reading.end == edit->start + edit->text.len;
}

/* The one value of a file that holds no records. */
static bool edit_value(const struct saying *s, struct ds_work_ask *ask)
{
	struct ds_arena *strings = &s->bench->strings;
	struct ds_splice splice = {.reader = s->bench->desk.readers[s->copy],
				   .at = place_of(s),
				   .word = word_for(s, ask),
				   .insert = s->follow || ask->insert};
	struct ds_made made = {0};
	struct ds_buf next = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];
	bool well = true;

	if (s->follow)
		splice.behind = copy_of(s)->at;
	switch (ds_splice(&next, &edit, &splice, ds_work_content(s->file), strings, why)) {
	case DS_SPLICE_MEMORY:
		return false;
	case DS_SPLICE_REFUSED:
		well = say_refused(s, ask, why);
		break;
	case DS_SPLICE_DONE:
		place(&made, &splice, ds_buf_text(&next), &edit, strings);
		well = keep_edit(s, ask, &edit, &made);
		if (well)
			ds_work_take(s->file, &next);
		break;
	default:
		break;
	}
	ds_buf_free(&next);
	return well;
}

static bool edit_values(const struct saying *s)
{
	for (size_t i = 0; i < s->file->ask_count; i++)
		if (is_meant(s, &s->file->asks[i]) && !edit_value(s, &s->file->asks[i]))
			return false;
	return true;
}

/* ---- Records ------------------------------------------------------------- */

const char *ds_field_name(const struct ds_reader *reader, const char *at, struct ds_arena *strings)
{
	size_t len = strlen(at);
	const char *end = at + len;
	const char *name = at;

	if (!reader->beside)
		return at;
	if (len > 1 && end[-1] == '"')
		for (name = --end; name > at && name[-1] != '"';)
			name--;
	else if (strrchr(at, '.'))
		name = strrchr(at, '.') + 1;
	return ds_arena_copy(strings, name, (size_t)(end - name));
}

const char *ds_place_name(const struct ds_reader *reader, const char *at, const char *id,
			  struct ds_arena *strings)
{
	struct ds_buf place = {0};
	const char *next;

	if (!id || !strstr(at, "{id}"))
		return at;
	if (strstr(at, " | "))
		at = ds_field_name(reader, at, strings);
	for (; at && (next = strstr(at, "{id}")); at = next + strlen("{id}")) {
		ds_buf_append(&place, at, (size_t)(next - at));
		ds_buf_puts(&place, id);
	}
	ds_buf_puts(&place, at ? at : "");
	return at ? ds_arena_take(strings, &place) : NULL;
}

static bool keep_record_edit(const struct saying *s, const struct ds_record_edit *edit)
{
	struct ds_work_ask *ask = &s->file->asks[edit->number];
	struct ds_made made = {.at = edit->at, .lead = edit->lead, .plain = edit->plain};

	if (edit->outcome == DS_SPLICE_REFUSED)
		return say_refused(s, ask, edit->why);
	return edit->outcome == DS_SPLICE_SAME || keep_edit(s, ask, &edit->edit, &made);
}

static bool splice_records(const struct saying *s, struct ds_record_edit *edits, size_t count)
{
	const struct ds_copy_rule *copy = copy_of(s);
	struct ds_arena *strings = &s->bench->strings;
	struct ds_splice_records splice = {.reader = s->bench->desk.readers[s->copy],
					   .spec = {copy->at, copy->id},
					   .at = place_of(s)};
	struct ds_buf next = {0};
	size_t before = s->file->edit_count;

	if (s->follow) {
		splice.behind = copy->at;
		splice.field = ds_field_name(splice.reader, s->follow->field, strings);
	}
	bool well =
		(!s->follow || splice.field) &&
		ds_splice_records(&next, edits, count, &splice, ds_work_content(s->file), strings);
	for (size_t i = 0; i < count && well; i++)
		well = keep_record_edit(s, &edits[i]);
	if (well && s->file->edit_count > before)
		ds_work_take(s->file, &next);
	ds_buf_free(&next);
	return well;
}

/* One value each of many records: all that are asked for, together. */
static bool edit_records(const struct saying *s)
{
	struct ds_record_edit *edits = calloc(s->file->ask_count + 1, sizeof *edits);
	size_t count = 0;

	for (size_t i = 0; i < s->file->ask_count && edits; i++) {
		const struct ds_work_ask *ask = &s->file->asks[i];
		if (is_meant(s, ask))
			edits[count++] =
				(struct ds_record_edit){.number = i,
							.record = ask->record,
							.id = ask->id ? ask->id : "",
							.word = word_for(s, ask),
							.insert = s->follow || ask->insert};
	}
	bool well = edits && (!count || splice_records(s, edits, count));
	free(edits);
	return well;
}

/* ---- A file -------------------------------------------------------------- */

static bool edit_copy(struct saying *s)
{
	const struct ds_copy_rule *copy = copy_of(s);
	const struct ds_follow *follow = s->bench->plan->task == DS_TASK_SET ? copy->follow : NULL;
	bool (*edit)(const struct saying *s) = copy->many ? edit_records : edit_values;

	s->follow = NULL;
	bool well = edit(s);
	for (; follow && follow->field && well; follow++) {
		s->follow = follow;
		well = edit(s);
	}
	return well;
}

int ds_make_file(struct ds_bench *bench, struct ds_work_file *file, ds_error *err)
{
	struct saying s = {.bench = bench, .file = file};

	if (bench->plan->task == DS_TASK_UNDO)
		return ds_undo_make(bench, file, err);
	for (; s.copy < bench->desk.copy_count; s.copy++)
		if (!edit_copy(&s))
			return ds_fail_memory(err);
	return 0;
}
