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

/* Where a file has edits of many items, what is put in comes first, while the offsets of the
 * log hold, and what is taken out, which is found by reading, last: so the log of the undo
 * can be undone in the same way. Edits of one item alone go back as they came. */
enum turn { PUT_IN, WORDS, TAKE_OUT, REST };

static bool is_turn(const struct ds_work_file *file, const struct ds_work_ask *ask, enum turn turn)
{
	const struct ds_made *made = &ask->left->made;

	if (turn == REST || file->ask_count == 1)
		return turn == REST;
	if (made->plain)
		return turn == WORDS;
	return turn == (strlen(made->old) > strlen(made->new) ? PUT_IN : TAKE_OUT);
}

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
	enum turn turn;
	struct ds_buf next;
};

static bool is_status(const struct going *g)
{
	return strcmp(g->edit->made.field, g->copy->at) == 0;
}

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
				   .behind = is_status(g) ? NULL : g->copy->at};
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

/* ---- Records ------------------------------------------------------------ */

/* Whether this edit of another item can be taken back together with g's. */
static bool is_alike(const struct going *g, const struct ds_work_ask *ask)
{
	return ask->left && ask->left->made.plain == g->edit->made.plain &&
	       is_turn(g->file, ask, g->turn) && ask->left->copy == g->edit->copy &&
	       ask->left->made.field == g->edit->made.field &&
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
							.record = ask->left->record,
							.id = ask->left->id,
							.word = ds_text_of(ask->left->made.old),
							.instead = ds_text_of(ask->left->made.new)};
	}
	return count;
}

/* Words in many records of the file, together. */
static bool take_back_words(struct going *g)
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

/* Where an edit put more than a word in, or took it out: these bytes for those, as above. */
struct swap {
	struct ds_work_ask *ask;
	const struct ds_reversed_edit *edit;
	const struct ds_made *made;
	size_t start; /* in the content */
	size_t at;    /* as the swaps before it leave it */
	size_t lead;
	bool in; /* there is no such field now */
};

struct swaps {
	struct swap *at;
	size_t count;
	struct ds_record_edit *checks; /* what puts them in again */
	struct ds_buf made;
};

static bool read_records(const struct going *g, struct ds_records *out, struct ds_text content)
{
	struct ds_spec spec = {g->copy->at, g->copy->id};
	const char *const fields[] = {g->name, NULL};

	return g->reader->records(out, content, &spec, fields, &g->bench->strings);
}

/* NULL: the record is not where it was. */
static const struct ds_value *value_in(const struct going *g, const struct ds_records *records,
				       const struct ds_reversed_edit *edit)
{
	bool there =
		edit->record < records->len && ds_text_is(records->at[edit->record].id, edit->id);
	return there ? &records->at[edit->record].values[g->name != NULL] : NULL;
}

/* Offsets of the log hold only in the file as we left it; check_swaps sees where they do not. */
static enum outcome find_swap(const struct going *g, struct swap *swap,
			      const struct ds_records *records)
{
	const struct ds_value *value = value_in(g, records, swap->edit);

	swap->in = value && value->code == DS_MISSING_STATUS;
	if (!value || (!swap->in && (value->code || !value->word)))
		return FOREIGN;
	if (swap->in && !g->exact)
		return ALREADY;
	swap->start = swap->in ? swap->made->at : value->start - swap->made->lead;
	return stands_at(ds_work_content(g->file), swap->start, swap->made->new) ? TAKEN_BACK
										 : FOREIGN;
}

/* All that go the same way. */
static void gather_swaps(struct going *g, struct swaps *swaps, const struct ds_records *records)
{
	const struct going first = *g;

	for (size_t i = 0; i < g->file->ask_count; i++) {
		struct swap *swap = &swaps->at[swaps->count];
		struct ds_work_ask *ask = &g->file->asks[i];
		if (!is_alike(&first, ask))
			continue;
		*swap = (struct swap){.ask = ask, .edit = ask->left, .made = &ask->left->made};
		enum outcome outcome = find_swap(g, swap, records);
		if (outcome == TAKEN_BACK && swap->in != swaps->at[0].in)
			continue;
		swaps->count += outcome == TAKEN_BACK;
		g->ask = ask;
		g->edit = ask->left;
		ask->copy = first.edit->copy;
		ask->left = ask->left->next;
		judge(g, outcome);
	}
}

static int compare_swaps(const void *left, const void *right)
{
	const struct swap *a = left;
	const struct swap *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

/* False: two of them have the same place, or memory ran out. */
static bool apply_swaps(struct going *g, struct swaps *swaps)
{
	struct ds_text content = ds_work_content(g->file);
	size_t done = 0;

	qsort(swaps->at, swaps->count, sizeof *swaps->at, compare_swaps);
	ds_buf_cut(&g->next, 0);
	for (size_t i = 0; i < swaps->count; i++) {
		struct swap *swap = &swaps->at[i];
		if (swap->start < done)
			return false;
		ds_buf_append(&g->next, content.at + done, swap->start - done);
		swap->at = g->next.len;
		ds_buf_puts(&g->next, swap->made->old);
		done = swap->start + strlen(swap->made->new);
	}
	ds_buf_append(&g->next, content.at + done, content.len - done);
	return !g->next.failed;
}

/* As check_insertion, for all of them. */
static bool check_swaps(struct going *g, struct swaps *swaps)
{
	struct ds_text is = ds_work_content(g->file);
	struct ds_text next = {g->next.bytes, g->next.len};
	struct ds_text without = swaps->at[0].in ? is : next;
	struct ds_text with = swaps->at[0].in ? next : is;
	struct ds_records records = {0};
	struct ds_splice_records splice = {.reader = g->reader,
					   .spec = {g->copy->at, g->copy->id},
					   .field = g->name,
					   .at = swaps->at[0].made->field,
					   .behind = g->name ? g->copy->at : NULL};
	bool well = read_records(g, &records, with);

	for (size_t i = 0; i < swaps->count && well; i++) {
		struct swap *swap = &swaps->at[i];
		const struct ds_value *value = value_in(g, &records, swap->edit);
		well = value && !value->code && value->word;
		if (!well)
			break;
		swap->lead = swap->in ? value->start - swap->at : 0;
		swaps->checks[i] = (struct ds_record_edit){.record = swap->edit->record,
							   .id = swap->edit->id,
							   .word = value->text,
							   .insert = true};
	}
	ds_records_free(&records);
	return well &&
	       ds_splice_records(&swaps->made, swaps->checks, swaps->count, &splice, without,
				 &g->bench->strings) &&
	       ds_text_equal((struct ds_text){swaps->made.bytes, swaps->made.len}, with);
}

static bool keep_swap(struct going *g, const struct swap *swap)
{
	const struct ds_made *was = swap->made;
	struct ds_edit edit = {swap->start, swap->start + strlen(was->new), ds_text_of(was->old)};
	struct ds_made made = {.field = was->field,
			       .from = was->to,
			       .to = was->from,
			       .at = swap->at,
			       .lead = swap->lead};

	return ds_work_record(g->bench, g->file, swap->ask, &edit, &made);
}

/* What cannot be put in again as it stands there was never written by us. */
static bool make_swaps(struct going *g, struct swaps *swaps)
{
	bool well = apply_swaps(g, swaps) && check_swaps(g, swaps);

	for (size_t i = 0; i < swaps->count; i++) {
		g->ask = swaps->at[i].ask;
		if (!well && !g->name)
			conflict(g->bench, g->ask->planned, g->ask->copy,
				 "no longer says what was written");
		if (well && !keep_swap(g, &swaps->at[i]))
			return false;
	}
	if (well)
		ds_work_take(g->file, &g->next);
	return true;
}

static bool take_back_swaps(struct going *g)
{
	struct ds_records records = {0};
	struct swaps swaps = {.at = calloc(g->file->ask_count + 1, sizeof *swaps.at),
			      .checks = calloc(g->file->ask_count + 1, sizeof *swaps.checks)};
	bool well = swaps.at && swaps.checks && read_records(g, &records, ds_work_content(g->file));

	if (well)
		gather_swaps(g, &swaps, &records);
	if (well && swaps.count)
		well = make_swaps(g, &swaps);
	ds_records_free(&records);
	ds_buf_free(&swaps.made);
	free(swaps.at);
	free(swaps.checks);
	return well;
}

/* ---- All edits of a file ------------------------------------------------ */

static int take_back_ask(struct going *g, struct ds_work_ask *ask, ds_error *err)
{
	while (ask->left && ask->planned->step.state == DS_STEP_PLANNED) {
		enum outcome outcome = TAKEN_BACK;
		if (!is_turn(g->file, ask, g->turn))
			return 0;
		if (!begin(g, ask))
			return ds_fail_memory(err);
		if (g->copy->many) {
			if (!(g->edit->made.plain ? take_back_words(g) : take_back_swaps(g)))
				return ds_fail_memory(err);
			continue;
		}
		ask->left = ask->left->next;
		outcome = take_back(g);
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

/* The hash of all of it tells where there is one item in it. */
static void check_hash(const struct going *g, const struct ds_work_ask *ask)
{
	char is[DS_SHA256_HEX];

	if (!g->exact || g->file->many || ask->planned->step.state != DS_STEP_PLANNED)
		return;
	hex_of(ds_work_content(g->file), is);
	if (strcmp(is, ask->reversed->before) != 0)
		conflict(g->bench, ask->planned, g->file->copy,
			 "does not become what it was: the log does not fit");
}

int ds_undo_make(struct ds_bench *bench, struct ds_work_file *file, ds_error *err)
{
	struct going g = {.bench = bench, .file = file};
	char was[DS_SHA256_HEX];
	int status = 0;

	hex_of(ds_work_content(file), was);
	begin_asks(file, was);
	for (enum turn turn = PUT_IN; turn <= REST; turn++) {
		for (size_t i = 0; i < file->ask_count && !status; i++) {
			struct ds_work_ask *ask = &file->asks[i];
			g.exact = strcmp(was, ask->reversed->after) == 0;
			g.turn = turn;
			status = take_back_ask(&g, ask, err);
			if (!status && turn == REST)
				check_hash(&g, ask);
		}
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

/* The record of each edit, as the copies are now. */
static int find_records(struct ds_bench *bench, struct ds_planned *planned,
			const struct ds_reversed_file *reversed, ds_error *err)
{
	for (struct ds_reversed_edit *edit = reversed->edits; edit; edit = edit->next) {
		const struct ds_seen_copy *seen = &bench->desk.copies[edit->copy];
		if (!planned->rule->copies[edit->copy].many)
			continue;
		if (!seen->record || !is_at(bench->plan, seen->path, reversed->path)) {
			conflict(bench, planned, edit->copy, "is not there any more");
			return 0;
		}
		edit->record = (size_t)(seen->record - seen->document->records.at);
		edit->id =
			ds_arena_copy(&bench->strings, seen->record->id.at, seen->record->id.len);
		if (!edit->id)
			return ds_fail_memory(err);
	}
	return 0;
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
	} else if (seen->claims > 1) {
		conflict(bench, planned, copy, "has it several times by now");
	} else if (many ? !seen->record : seen->blob.kind != DS_REGULAR) {
		ds_step_fail(bench->plan, planned, DS_STEP_REFUSED, "%s cannot be read: %s",
			     planned->rule->copies[copy].name,
			     many ? seen->reading.why : seen->blob.why);
	} else {
		struct ds_work_ask *ask = ds_work_open(work, bench, planned, copy);
		if (!ask)
			return ds_fail_memory(err);
		ask->reversed = reversed;
		return find_records(bench, planned, reversed, err);
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
