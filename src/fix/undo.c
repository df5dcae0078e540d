/* One step of an undo: where the bytes stand that we wrote, and what was there before. */
#include "undo.h"

#include <stdint.h>
#include <stdlib.h>
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
	struct ds_work_ask *ask;
	const struct ds_reversed_edit *edit;
	const struct ds_reader *reader;
	const struct ds_copy_rule *copy;
	const char *name; /* of the field, where it is in a record and is no status */
	bool exact;       /* the file is byte for byte as we left it */
	struct ds_buf next;
};

static bool is_status(const struct going *g)
{
	return strcmp(g->edit->made.field, g->copy->at) == 0;
}

static void read_record(const struct going *g, struct ds_reading *reading, struct ds_text content)
{
	struct ds_spec spec = {g->copy->at, g->copy->id};
	const char *const fields[] = {g->name, NULL};
	struct ds_records records = {0};
	size_t number = g->ask->record;

	if (!g->reader->records(&records, content, &spec, fields, &g->bench->strings))
		ds_reading_fail(reading, DS_UNREADABLE, "out of memory");
	else if (number < records.len && ds_text_is(records.at[number].id, g->ask->id))
		ds_reading_of(reading, &records.at[number].values[g->name != NULL]);
	else
		ds_reading_fail(reading, DS_MISSING_COPY, "%s", "");
	ds_records_free(&records);
}

static void read_field(const struct going *g, struct ds_reading *reading, struct ds_text content)
{
	if (g->copy->many)
		read_record(g, reading, content);
	else
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
			       .at = at,
			       .lead = lead};

	if (!ds_work_record(g->bench, g->file, g->ask, &edit, &made))
		return NO_MEMORY;
	ds_work_take(g->file, &g->next);
	return TAKEN_BACK;
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

/* Puts the field in again, in the words of the reader. */
static enum ds_splice_outcome put_again(struct going *g, struct ds_buf *made,
					struct ds_text without, struct ds_text word)
{
	const char *behind = is_status(g) ? NULL : g->copy->at;
	struct ds_splice splice = {.reader = g->reader,
				   .at = g->edit->made.field,
				   .word = word,
				   .insert = true,
				   .behind = behind};
	struct ds_splice_records many = {.reader = g->reader,
					 .spec = {g->copy->at, g->copy->id},
					 .field = g->name,
					 .at = splice.at,
					 .behind = behind};
	struct ds_record_edit one = {
		.record = g->ask->record, .id = g->ask->id, .word = word, .insert = true};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	if (!g->copy->many)
		return ds_splice(made, &edit, &splice, without, &g->bench->strings, why);
	return ds_splice_records(made, &one, 1, &many, without, &g->bench->strings)
		       ? one.outcome
		       : DS_SPLICE_MEMORY;
}

/* Whether putting the field into `without` is what makes `with` of it: else the log
 * claims bytes that we never wrote. */
static enum outcome check_insertion(struct going *g, struct ds_text without, struct ds_text with)
{
	enum outcome outcome = FOREIGN;
	struct ds_reading reading;
	struct ds_buf made = {0};

	read_field(g, &reading, with);
	if (reading.code == DS_UNREADABLE)
		return NO_MEMORY;
	if (reading.code != DS_NO_CODE)
		return FOREIGN;
	switch (put_again(g, &made, without, reading.text)) {
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

static void hex_of(struct ds_text content, char hex[DS_SHA256_HEX])
{
	unsigned char digest[DS_SHA256_SIZE];

	ds_sha256_of(content.at, content.len, digest);
	ds_sha256_hex(digest, hex);
}

static void conflict(struct ds_bench *bench, struct ds_planned *planned, int copy, const char *why)
{
	ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT, "%s %s",
		     planned->rule->copies[copy].name, why);
}

/* The status itself must come back; what followed it may be somebody else's by now. */
static void judge(struct going *g, enum outcome outcome)
{
	if (outcome == FOREIGN && is_status(g))
		conflict(g->bench, g->ask->planned, g->edit->copy,
			 "no longer says what was written");
}

static bool begin(struct going *g, struct ds_work_ask *ask)
{
	g->ask = ask;
	g->edit = ask->left;
	ask->copy = g->edit->copy;
	g->reader = g->bench->desk.readers[ask->copy];
	g->copy = &g->bench->desk.rule->copies[ask->copy];
	g->name = NULL;
	if (g->copy->many && !is_status(g)) {
		g->name = ds_field_name(g->reader, g->edit->made.field, &g->bench->strings);
		return g->name != NULL;
	}
	return true;
}

/* Whether this edit of another item can be taken back together with g's. */
static bool is_alike(const struct going *g, const struct ds_work_ask *ask)
{
	return ask->reversed && ask->left && ask->left->made.plain &&
	       ask->left->copy == g->edit->copy && ask->left->made.field == g->edit->made.field &&
	       ask->planned->step.state == DS_STEP_PLANNED;
}

static bool keep_taken(struct going *g, const struct ds_record_edit *edit)
{
	struct ds_work_ask *ask = &g->file->asks[edit->number];
	const struct ds_made *was = &ask->left->made;
	struct ds_made made = {.field = was->field,
			       .from = was->to,
			       .to = was->from,
			       .plain = true,
			       .at = edit->at};

	g->ask = ask;
	g->edit = ask->left;
	ask->copy = g->edit->copy;
	ask->left = ask->left->next;
	judge(g, edit->outcome == DS_SPLICE_REFUSED ? FOREIGN : TAKEN_BACK);
	return edit->outcome != DS_SPLICE_DONE ||
	       ds_work_record(g->bench, g->file, ask, &edit->edit, &made);
}

static size_t gather_alike(const struct going *g, struct ds_record_edit *edits)
{
	size_t count = 0;

	for (size_t i = 0; i < g->file->ask_count; i++) {
		const struct ds_work_ask *ask = &g->file->asks[i];
		if (is_alike(g, ask))
			edits[count++] =
				(struct ds_record_edit){.number = i,
							.record = ask->record,
							.id = ask->id,
							.word = ds_text_of(ask->left->made.old),
							.instead = ds_text_of(ask->left->made.new)};
	}
	return count;
}

/* Words in many records of the file, together. */
static bool take_back_records(struct going *g)
{
	struct ds_record_edit *edits = calloc(g->file->ask_count, sizeof *edits);
	struct ds_splice_records splice = {
		.reader = g->reader, .spec = {g->copy->at, g->copy->id}, .field = g->name};
	size_t count = edits ? gather_alike(g, edits) : 0;
	size_t before = g->file->edit_count;

	ds_buf_cut(&g->next, 0);
	bool well = edits && ds_splice_records(&g->next, edits, count, &splice,
					       ds_work_content(g->file), &g->bench->strings);
	for (size_t i = 0; i < count && well; i++)
		well = keep_taken(g, &edits[i]);
	if (well && g->file->edit_count > before)
		ds_work_take(g->file, &g->next);
	free(edits);
	return well;
}

static int take_back_ask(struct going *g, struct ds_work_ask *ask, ds_error *err)
{
	while (ask->left && ask->planned->step.state == DS_STEP_PLANNED) {
		if (!begin(g, ask))
			return ds_fail_memory(err);
		if (g->copy->many && g->edit->made.plain) {
			if (!take_back_records(g))
				return ds_fail_memory(err);
			continue;
		}
		ask->left = ask->left->next;
		g->exact = g->exact && (!g->file->many || !g->file->edit_count);
		enum outcome outcome = take_back(g);
		if (outcome == NO_MEMORY)
			return ds_fail_memory(err);
		judge(g, outcome);
	}
	return 0;
}

/* What is as it was before has nothing to be taken back. */
static void begin_asks(struct ds_work_file *file, const char *hex)
{
	for (size_t i = 0; i < file->ask_count; i++) {
		const struct ds_reversed_file *reversed = file->asks[i].reversed;
		file->asks[i].left = strcmp(reversed->before, hex) ? reversed->edits : NULL;
	}
}

int ds_undo_make(struct ds_bench *bench, struct ds_work_file *file, ds_error *err)
{
	struct going g = {.bench = bench, .file = file};
	char was[DS_SHA256_HEX];
	char is[DS_SHA256_HEX];
	int status = 0;

	hex_of(ds_work_content(file), was);
	begin_asks(file, was);
	for (size_t i = 0; i < file->ask_count && !status; i++) {
		struct ds_work_ask *ask = &file->asks[i];
		g.exact = strcmp(was, ask->reversed->after) == 0;
		status = take_back_ask(&g, ask, err);
		if (status || !g.exact || file->many || ask->planned->step.state != DS_STEP_PLANNED)
			continue;
		hex_of(ds_work_content(file), is);
		if (strcmp(is, ask->reversed->before) != 0)
			conflict(bench, ask->planned, file->copy,
				 "does not become what it was: the log does not fit");
	}
	ds_buf_free(&g.next);
	return status;
}

/* ---- One step ----------------------------------------------------------- */

static bool is_at(const struct ds_plan *plan, const char *path, const char *whole)
{
	size_t len = strlen(plan->prefix);
	return strncmp(whole, plan->prefix, len) == 0 && strcmp(whole + len, path) == 0;
}

static int ask_file(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		    const struct ds_reversed_file *reversed, ds_error *err)
{
	int copy = reversed->edits->copy;
	const struct ds_seen_copy *seen = &bench->desk.copies[copy];
	bool many = planned->rule->copies[copy].many;
	bool missing = many ? seen->reading.code == DS_MISSING_COPY : seen->blob.kind == DS_MISSING;

	if (missing || !is_at(bench->plan, seen->path, reversed->path)) {
		conflict(bench, planned, copy, "is not there any more");
	} else if (many ? !seen->record : seen->blob.kind != DS_REGULAR) {
		ds_step_fail(bench->plan, planned, DS_STEP_REFUSED, "%s cannot be read: %s",
			     planned->rule->copies[copy].name,
			     many ? seen->reading.why : seen->blob.why);
	} else {
		struct ds_work_ask *ask = ds_work_open(work, bench, planned, copy);
		if (!ask)
			return ds_fail_memory(err);
		ask->reversed = reversed;
	}
	return 0;
}

int ds_undo_ask(struct ds_work *work, struct ds_bench *bench, struct ds_planned *planned,
		ds_error *err)
{
	const struct ds_reversed_file *file = planned->reversal->files;
	int status = 0;

	for (; file && !status && planned->step.state == DS_STEP_PLANNED; file = file->next)
		status = ask_file(work, bench, planned, file, err);
	return status;
}
