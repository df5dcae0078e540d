/* One step of an undo: where the bytes stand that we wrote, and what was there before. */
#include "undo.h"

#include <stdint.h>
#include <string.h>

#include "reversal.h"
#include "splice.h"

enum outcome {
	TAKEN_BACK,
	ALREADY, /* it says what it said before */
	FOREIGN, /* somebody else wrote it since */
	NO_MEMORY,
};

/* One edit on its way back. */
struct going {
	struct ds_bench *bench;
	struct ds_work_file *file;
	const struct ds_reversed_edit *edit;
	const struct ds_reader *reader;
	const char *at; /* where that copy has its status */
	bool exact;     /* the file is byte for byte as we left it */
	struct ds_buf next;
};

static void read_field(const struct going *g, struct ds_reading *reading, struct ds_text content)
{
	g->reader->read(reading, content, true, g->edit->made.field, &g->bench->strings);
}

static bool stands_at(struct ds_text content, size_t at, const char *bytes)
{
	size_t len = strlen(bytes);
	return at <= content.len && content.len - at >= len &&
	       memcmp(content.at + at, bytes, len) == 0;
}

/* The content with `new` at that place instead of `old`. */
static bool swap_in(struct going *g, size_t at, const char *old, const char *new)
{
	struct ds_text content = ds_work_content(g->file);
	size_t end = at + strlen(old);

	ds_buf_cut(&g->next, 0);
	ds_buf_append(&g->next, content.at, at);
	ds_buf_puts(&g->next, new);
	ds_buf_append(&g->next, content.at + end, content.len - end);
	return !g->next.failed;
}

static enum outcome record(struct going *g, size_t at, bool plain, size_t lead)
{
	const struct ds_made *was = &g->edit->made;
	struct ds_edit edit = {at, at + strlen(was->new), ds_text_of(was->old)};
	struct ds_made made = {.field = was->field,
			       .from = was->to,
			       .to = was->from,
			       .plain = plain,
			       .lead = lead};

	return ds_work_record(g->bench, g->file, &g->next, &edit, &made) ? TAKEN_BACK : NO_MEMORY;
}

/* The value's text alone: afterwards the reader must find just what stood there. */
static enum outcome take_back_text(struct going *g, const struct ds_reading *reading)
{
	const struct ds_made *made = &g->edit->made;
	struct ds_text content = ds_work_content(g->file);
	struct ds_text raw = {content.at + reading->start, reading->end - reading->start};
	struct ds_reading after;

	if (ds_text_is(raw, made->old))
		return ALREADY;
	if (!ds_text_is(raw, made->new))
		return FOREIGN;
	if (!swap_in(g, reading->start, made->new, made->old))
		return NO_MEMORY;
	read_field(g, &after, (struct ds_text){g->next.bytes, g->next.len});
	if (after.code == DS_UNREADABLE)
		return NO_MEMORY;
	if (after.code != DS_NO_CODE || !after.editable || after.start != reading->start ||
	    after.end != reading->start + strlen(made->old))
		return FOREIGN;
	return record(g, reading->start, true, 0);
}

/* Whether putting the field into `without` is what makes `with` of it: else the log
 * claims bytes that we never wrote. */
static enum outcome check_insertion(struct going *g, struct ds_text without, struct ds_text with)
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
				   .behind = strcmp(g->edit->made.field, g->at) ? g->at : NULL};
	enum outcome outcome = FOREIGN;
	if (reading.code == DS_UNREADABLE)
		return NO_MEMORY;
	if (reading.code != DS_NO_CODE)
		return FOREIGN;
	switch (ds_splice(&made, &edit, &splice, without, &g->bench->strings, why)) {
	case DS_SPLICE_MEMORY:
		outcome = NO_MEMORY;
		break;
	case DS_SPLICE_DONE:
		if (ds_text_equal((struct ds_text){made.bytes, made.len}, with))
			outcome = TAKEN_BACK;
		break;
	default:
		break;
	}
	ds_buf_free(&made);
	return outcome;
}

static enum outcome take_out(struct going *g, const struct ds_reading *reading)
{
	const struct ds_made *made = &g->edit->made;
	struct ds_text content = ds_work_content(g->file);
	size_t at = reading->start - made->lead; /* too much of a lead is beyond the end */

	if (!stands_at(content, at, made->new))
		return FOREIGN;
	if (!swap_in(g, at, made->new, made->old))
		return NO_MEMORY;
	enum outcome outcome =
		check_insertion(g, (struct ds_text){g->next.bytes, g->next.len}, content);
	return outcome == TAKEN_BACK ? record(g, at, false, 0) : outcome;
}

/* Takes a removal back, which only another undo makes. */
static enum outcome put_in(struct going *g)
{
	const struct ds_made *made = &g->edit->made;
	struct ds_text content = ds_work_content(g->file);
	struct ds_reading after;

	if (!g->exact)
		return ALREADY;
	if (!stands_at(content, made->at, made->new))
		return FOREIGN;
	if (!swap_in(g, made->at, made->new, made->old))
		return NO_MEMORY;
	struct ds_text with = {g->next.bytes, g->next.len};
	enum outcome outcome = check_insertion(g, content, with);
	if (outcome != TAKEN_BACK)
		return outcome;
	read_field(g, &after, with);
	return record(g, made->at, false, after.start - made->at);
}

static enum outcome take_back(struct going *g)
{
	struct ds_reading reading;

	read_field(g, &reading, ds_work_content(g->file));
	if (reading.code == DS_UNREADABLE)
		return NO_MEMORY; /* the bytes are here: nothing else can fail */
	if (reading.code == DS_MISSING_STATUS && !g->edit->made.plain)
		return put_in(g);
	if (reading.code != DS_NO_CODE || !reading.word)
		return FOREIGN;
	return g->edit->made.plain ? take_back_text(g, &reading) : take_out(g, &reading);
}

/* ---- One file ----------------------------------------------------------- */

static bool hashes_to(struct ds_text content, const char *hex)
{
	unsigned char digest[DS_SHA256_SIZE];
	char now[DS_SHA256_HEX];

	ds_sha256_of(content.at, content.len, digest);
	ds_sha256_hex(digest, now);
	return strcmp(now, hex) == 0;
}

static int conflict(struct ds_work *work, struct ds_bench *bench, int copy, const char *why)
{
	ds_step_fail(bench->plan, work->planned, DS_STEP_CONFLICT, "%s %s",
		     work->planned->rule->copies[copy].name, why);
	return 0;
}

/* The status itself must come back; what followed it may be somebody else's by now. */
static int take_back_edits(struct ds_work *work, struct going *g,
			   const struct ds_reversed_file *reversed, ds_error *err)
{
	for (g->edit = reversed->edits; g->edit; g->edit = g->edit->next) {
		int copy = g->edit->copy;
		g->reader = g->bench->desk.readers[copy];
		g->at = work->planned->rule->copies[copy].at;
		enum outcome outcome = take_back(g);
		if (outcome == NO_MEMORY)
			return ds_fail_memory(err);
		if (outcome == FOREIGN && strcmp(g->edit->made.field, g->at) == 0)
			return conflict(work, g->bench, copy, "no longer says what was written");
	}
	if (g->exact && !hashes_to(ds_work_content(g->file), reversed->before))
		return conflict(work, g->bench, g->file->copy,
				"does not become what it was: the log does not fit");
	return 0;
}

static int take_back_file(struct ds_work *work, struct ds_bench *bench,
			  const struct ds_reversed_file *reversed, ds_error *err)
{
	struct going g = {.bench = bench};
	int copy = reversed->edits->copy;

	const struct ds_blob *blob = &bench->desk.copies[copy].blob;
	if (blob->kind == DS_MISSING)
		return conflict(work, bench, copy, "is not there any more");
	if (blob->kind != DS_REGULAR) {
		ds_step_fail(bench->plan, work->planned, DS_STEP_REFUSED, "%s cannot be read: %s",
			     work->planned->rule->copies[copy].name, blob->why);
		return 0;
	}
	g.file = ds_work_open(work, bench, copy);
	if (!g.file)
		return ds_fail_memory(err);
	if (hashes_to(ds_work_content(g.file), reversed->before))
		return 0;
	g.exact = hashes_to(ds_work_content(g.file), reversed->after);
	int status = take_back_edits(work, &g, reversed, err);
	ds_buf_free(&g.next);
	return status;
}

int ds_undo_make(struct ds_work *work, struct ds_bench *bench, ds_error *err)
{
	const struct ds_reversed_file *file = work->planned->reversal->files;
	int status = 0;

	for (; file && !status && work->planned->step.state == DS_STEP_PLANNED; file = file->next)
		status = take_back_file(work, bench, file, err);
	return status;
}
