/* Many records of a document changed at once. The first byte chooses the reader and where,
 * the next two which records and what; the rest is the document. Whatever it is: only the
 * pieces that are named differ, each in its own record; what was changed says the word; every
 * other record is there still, byte for byte; and doing it twice is doing it once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "readers.h"
#include "splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, MOST = 64 };

static const struct {
	const char *reader;
	struct ds_spec spec;
	const char *field; /* as ds_splice_records has it */
	const char *at;
} kinds[] = {
	{"json", {"a[id={id}].s", NULL}, NULL, "a[id={id}].s"},
	{"json", {"[id={id}].s | a[id={id}].s", NULL}, "b", "a[id={id}].b"},
	{"json", {"a.{id}", NULL}, NULL, "a.{id}"},
	{"json", {"*[id={id}].s", NULL}, NULL, "*[id={id}].s"},
	{"yaml", {"a[id={id}].s", NULL}, NULL, "a[id={id}].s"},
	{"yaml", {"a.{id}", NULL}, NULL, "a.{id}"},
	{"yaml", {"a.*.{id}.s", NULL}, "b", "a.*.{id}.b"},
	{"table", {"Status", "ID"}, NULL, "Status"},
	{"table", {"2", "1"}, NULL, "2"},
	{"checkbox", {NULL, NULL}, NULL, NULL},
	{"checkbox", {"T*", "link:*/{id}/*"}, NULL, "T*"},
	{"checkbox", {NULL, "P {id}*"}, NULL, NULL},
	{"task_block", {"status", "id"}, NULL, "status"},
	{"task_block", {"status", "id"}, "b", "b"},
};

static const char *const words[] = {"done", "[x]", "[ ]", "in progress", "it's \"x\"", "a | b",
				    "# x",  "[~]", "no",  "x: y",        "`",          "1.0"};

struct round {
	struct ds_splice_records splice;
	struct ds_record_edit edits[MOST];
	const struct ds_record_edit *done[MOST]; /* in the order of their places */
	size_t count;
	size_t done_count;
	struct ds_records was;
	struct ds_records is;
	struct ds_arena arena;
};

static void demand(bool held)
{
	if (!held)
		abort();
}

static unsigned next(unsigned *chance)
{
	*chance = *chance * 1103515245u + 12345u;
	return *chance >> 16 & 0x7fff;
}

static void read_records(struct round *r, struct ds_records *out, struct ds_text bytes)
{
	const char *const fields[] = {r->splice.field, NULL};

	demand(r->splice.reader->records(out, bytes, &r->splice.spec, fields, &r->arena));
}

static const struct ds_value *value_of(const struct round *r, const struct ds_record *record)
{
	return &record->values[r->splice.field != NULL];
}

/* Some are asked for twice, or where they are not. */
static void choose(struct round *r, unsigned chance)
{
	size_t wanted = r->was.len ? 1 + next(&chance) % MOST : 0;

	for (r->count = 0; r->count < wanted; r->count++) {
		size_t record = next(&chance) % r->was.len;
		struct ds_text id = r->was.at[record].id;
		bool astray = next(&chance) % 16 == 0;
		r->edits[r->count] = (struct ds_record_edit){
			.number = r->count,
			.record = record + astray,
			.id = ds_arena_copy(&r->arena, id.at, id.len),
			.word = ds_text_of(words[next(&chance) % (sizeof words / sizeof *words)]),
			.insert = next(&chance) % 2,
		};
		demand(r->edits[r->count].id != NULL);
	}
}

static void check_outcomes(struct round *r, struct ds_text before)
{
	r->done_count = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct ds_record_edit *edit = &r->edits[i];
		demand(edit->outcome != DS_SPLICE_REFUSED || (edit->why && *edit->why));
		if (edit->outcome != DS_SPLICE_DONE)
			continue;
		const struct ds_record *record = &r->was.at[edit->record];
		demand(edit->record < r->was.len && ds_text_is(record->id, edit->id));
		demand(edit->edit.start <= edit->edit.end && edit->edit.end <= before.len);
		demand(edit->edit.start >= record->start && edit->edit.end <= record->end);
		r->done[r->done_count++] = edit;
	}
}

/* All other bytes are as they were, and the new ones where they are said to be. */
static void check_bytes(const struct round *r, struct ds_text before, struct ds_text after)
{
	size_t from = 0;
	size_t at = 0;

	for (size_t i = 0; i <= r->done_count; i++) {
		const struct ds_record_edit *edit = i < r->done_count ? r->done[i] : NULL;
		size_t len = (edit ? edit->edit.start : before.len) - from;
		demand(len <= before.len && at + len <= after.len);
		demand(len == 0 || memcmp(before.at + from, after.at + at, len) == 0);
		at += len;
		if (!edit)
			break;
		demand(edit->at == at && at + edit->edit.text.len <= after.len);
		demand(memcmp(after.at + at, edit->edit.text.at, edit->edit.text.len) == 0);
		at += edit->edit.text.len;
		from = edit->edit.end;
	}
	demand(at == after.len);
}

static const struct ds_record_edit *edit_of(const struct round *r, size_t record)
{
	for (size_t i = 0; i < r->done_count; i++)
		if (r->done[i]->record == record)
			return r->done[i];
	return NULL;
}

/* A record may hold another one. */
static bool is_touched(const struct round *r, const struct ds_record *record)
{
	for (size_t i = 0; i < r->done_count; i++)
		if (r->done[i]->edit.start <= record->end && r->done[i]->edit.end >= record->start)
			return true;
	return false;
}

static void check_same(const struct ds_value *was, const struct ds_value *is)
{
	demand(was->code == is->code && ds_text_equal(was->text, is->text));
}

static struct ds_text bytes_of(const struct ds_record *record, struct ds_text bytes)
{
	demand(record->start <= record->end && record->end <= bytes.len);
	return (struct ds_text){bytes.at + record->start, record->end - record->start};
}

static void check_records(struct round *r, struct ds_text before, struct ds_text after)
{
	demand(r->is.len == r->was.len);
	for (size_t i = 0; i < r->was.len; i++) {
		const struct ds_record *was = &r->was.at[i];
		const struct ds_record *is = &r->is.at[i];
		const struct ds_record_edit *edit = edit_of(r, i);
		demand(ds_text_equal(was->id, is->id));
		if (!edit || r->splice.field)
			check_same(was->values, is->values);
		if (edit)
			demand(ds_text_equal(value_of(r, is)->text, edit->word));
		else
			check_same(value_of(r, was), value_of(r, is));
		if (!is_touched(r, was))
			demand(ds_text_equal(bytes_of(was, before), bytes_of(is, after)));
	}
}

/* What was done is the same the next time. */
static void check_again(struct round *r, struct ds_text after)
{
	struct ds_record_edit again[MOST];
	struct ds_buf twice = {0};
	size_t count = 0;

	for (size_t i = 0; i < r->done_count; i++)
		again[count++] = (struct ds_record_edit){.record = r->done[i]->record,
							 .id = r->done[i]->id,
							 .word = r->done[i]->word};
	demand(ds_splice_records(&twice, again, count, &r->splice, after, &r->arena));
	for (size_t i = 0; i < count; i++)
		demand(again[i].outcome == DS_SPLICE_SAME);
	demand(ds_text_equal((struct ds_text){twice.bytes, twice.len}, after));
	ds_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct round r = {0};
	struct ds_buf out = {0};

	if (size < HEAD)
		return 0;
	size_t kind = data[0] % (sizeof kinds / sizeof *kinds);
	struct ds_text before = {(const char *)data + HEAD, size - HEAD};
	r.splice = (struct ds_splice_records){.reader = ds_reader_find(kinds[kind].reader),
					      .spec = kinds[kind].spec,
					      .field = kinds[kind].field,
					      .at = kinds[kind].at};
	read_records(&r, &r.was, before);
	choose(&r, data[1] | (unsigned)data[2] << 8);
	demand(ds_splice_records(&out, r.edits, r.count, &r.splice, before, &r.arena));
	struct ds_text after = {out.bytes ? out.bytes : "", out.len};
	check_outcomes(&r, before);
	check_bytes(&r, before, after);
	read_records(&r, &r.is, after);
	check_records(&r, before, after);
	check_again(&r, after);
	ds_records_free(&r.was);
	ds_records_free(&r.is);
	ds_buf_free(&out);
	ds_arena_free(&r.arena);
	return 0;
}
