/* One value of a file: where the bytes stand that we wrote, and what was there before. */
#include <string.h>

#include "going.h"
#include "splice.h"

static void read_field(const struct ds_going *g, struct ds_reading *reading, struct ds_text content)
{
	g->reader->read(reading, content, true, g->edit->made.field, &g->bench->strings);
}

/* The content with what was there before instead of what we wrote at that place. */
static bool swap_in(struct ds_going *g, size_t at)
{
	struct ds_text content = ds_work_content(g->file);
	size_t end = at + strlen(g->edit->made.new);

	ds_buf_cut(&g->next, 0);
	ds_buf_append(&g->next, content.at, at);
	ds_buf_puts(&g->next, g->edit->made.old);
	ds_buf_append(&g->next, content.at + end, content.len - end);
	return !g->next.failed;
}

static enum ds_outcome keep(struct ds_going *g, size_t at, size_t lead, bool plain)
{
	if (!ds_keep_back(g, at, at, lead, plain))
		return DS_NO_MEMORY;
	ds_work_take(g->file, &g->next);
	return DS_TAKEN_BACK;
}

/* The value's text alone: afterwards the reader must find just what stood there. */
static enum ds_outcome take_back_text(struct ds_going *g, const struct ds_reading *reading)
{
	const struct ds_made *made = &g->edit->made;
	struct ds_text content = ds_work_content(g->file);
	struct ds_text raw = {content.at + reading->start, reading->end - reading->start};
	struct ds_reading after;

	if (ds_text_is(raw, made->old))
		return DS_ALREADY;
	if (!ds_text_is(raw, made->new))
		return DS_OTHERS;
	if (!swap_in(g, reading->start))
		return DS_NO_MEMORY;
	read_field(g, &after, ds_buf_text(&g->next));
	if (after.code == DS_UNREADABLE)
		return DS_NO_MEMORY;
	/* What was null is so again. */
	if ((after.code != DS_NO_CODE && after.code != DS_MISSING_STATUS) || !after.editable ||
	    after.start != reading->start || after.end != reading->start + strlen(made->old))
		return DS_OTHERS;
	return keep(g, reading->start, 0, true);
}

/* Whether putting the field into `without` is what makes `with` of it: else the log
 * claims bytes that we never wrote. */
static enum ds_outcome check_insertion(struct ds_going *g, struct ds_text without,
				       struct ds_text with)
{
	struct ds_reading reading;
	struct ds_buf made = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	read_field(g, &reading, with);
	struct ds_splice splice = {.reader = g->reader,
				   .at = g->edit->made.field,
				   .word = reading.text,
				   .insert = true,
				   .behind = ds_is_status(g) ? NULL : g->copy->at};
	enum ds_outcome outcome = DS_OTHERS;
	if (reading.code == DS_UNREADABLE)
		return DS_NO_MEMORY;
	if (reading.code != DS_NO_CODE)
		return DS_OTHERS;
	switch (ds_splice(&made, &edit, &splice, without, &g->bench->strings, why)) {
	case DS_SPLICE_MEMORY:
		outcome = DS_NO_MEMORY;
		break;
	case DS_SPLICE_DONE:
		if (ds_text_equal(ds_buf_text(&made), with))
			outcome = DS_TAKEN_BACK;
		break;
	default:
		break;
	}
	ds_buf_free(&made);
	return outcome;
}

static enum ds_outcome take_out(struct ds_going *g, const struct ds_reading *reading)
{
	const struct ds_made *made = &g->edit->made;
	struct ds_text content = ds_work_content(g->file);
	size_t at = reading->start - made->lead; /* too much of a lead is beyond the end */

	if (!ds_stands_at(g, g->edit, at))
		return DS_OTHERS;
	if (!swap_in(g, at))
		return DS_NO_MEMORY;
	enum ds_outcome outcome = check_insertion(g, ds_buf_text(&g->next), content);
	return outcome == DS_TAKEN_BACK ? keep(g, at, 0, false) : outcome;
}

/* Takes a removal back, which only another undo makes. */
static enum ds_outcome put_in(struct ds_going *g)
{
	const struct ds_made *made = &g->edit->made;
	struct ds_text content = ds_work_content(g->file);
	struct ds_reading after;

	if (!g->exact)
		return DS_ALREADY;
	if (!ds_stands_at(g, g->edit, made->at))
		return DS_OTHERS;
	if (!swap_in(g, made->at))
		return DS_NO_MEMORY;
	struct ds_text with = ds_buf_text(&g->next);
	enum ds_outcome outcome = check_insertion(g, content, with);
	if (outcome != DS_TAKEN_BACK)
		return outcome;
	read_field(g, &after, with);
	return keep(g, made->at, after.start - made->at, false);
}

enum ds_outcome ds_take_back_value(struct ds_going *g)
{
	struct ds_reading reading;

	read_field(g, &reading, ds_work_content(g->file));
	if (reading.code == DS_UNREADABLE)
		return DS_NO_MEMORY; /* the bytes are here: nothing else can fail */
	if (reading.code == DS_MISSING_STATUS && !g->edit->made.plain)
		return put_in(g);
	if (reading.code == DS_MISSING_STATUS ? !reading.editable
					      : reading.code != DS_NO_CODE || !reading.word)
		return DS_OTHERS;
	return g->edit->made.plain ? take_back_text(g, &reading) : take_out(g, &reading);
}
