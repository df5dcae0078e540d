/* The readers of Markdown: every place lies inside the bytes, and a value that can be edited
 * says the new word afterwards, in that place, while all others stay as they were. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *reader;
	struct ds_spec spec;
	const char *word; /* a box gets one that no file has a link reference for */
} kinds[] = {
	{"table", {"Status", "ID"}, "Zq"},
	{"table", {"2", "1"}, "Zq"},
	{"checkbox", {NULL, NULL}, "[\xe2\x9c\x93]"},
	{"checkbox", {"T*", "link:*/{id}/*"}, "[\xe2\x9c\x93]"},
	{"checkbox", {NULL, "P {id}*"}, "[\xe2\x9c\x93]"},
	{"task_block", {"status", "id"}, "Zq"},
	{"line", {"Status", NULL}, "Zq"},
	{"preamble", {"status", NULL}, "Zq"},
};

static void demand(bool held)
{
	if (!held)
		abort();
}

static void check_value(struct ds_text bytes, const struct ds_value *value)
{
	demand(value->start <= value->end && value->end <= bytes.len);
	demand(!value->code || (value->why && *value->why));
	demand(value->code || value->text.len);
	demand(!value->text.len || !memchr(value->text.at, '\0', value->text.len));
	demand(!value->editable || value->placed);
}

/* The records, or the one value of a reader that has none. */
static bool read_all(struct ds_records *out, size_t kind, struct ds_text bytes,
		     struct ds_arena *arena)
{
	const struct ds_reader *reader = ds_reader_find(kinds[kind].reader);
	struct ds_reading reading;
	struct ds_value *value = ds_arena_alloc(arena, sizeof *value);

	if (reader->records)
		return reader->records(out, bytes, &kinds[kind].spec, NULL, arena);
	reader->read(&reading, bytes, true, kinds[kind].spec.at, arena);
	struct ds_record record = {.end = bytes.len, .values = value};
	return value && ds_value_of(value, &reading, arena) && ds_records_add(out, &record);
}

static bool same(const struct ds_record *a, const struct ds_record *b)
{
	return ds_text_equal(a->id, b->id) && a->values->code == b->values->code &&
	       ds_text_equal(a->values->text, b->values->text);
}

static void check_after(size_t kind, const struct ds_records *before, size_t which,
			struct ds_text after)
{
	struct ds_arena arena = {0};
	struct ds_records records = {0};

	demand(read_all(&records, kind, after, &arena));
	demand(records.len == before->len);
	for (size_t i = 0; i < records.len; i++) {
		const struct ds_value *value = records.at[i].values;
		if (i != which)
			demand(same(&records.at[i], &before->at[i]));
		else
			demand(!value->code && ds_text_is(value->text, kinds[kind].word));
	}
	ds_records_free(&records);
	ds_arena_free(&arena);
}

static void check_edit(size_t kind, struct ds_text bytes, const struct ds_records *records,
		       size_t which)
{
	const struct ds_reader *reader = ds_reader_find(kinds[kind].reader);
	const struct ds_record *record = &records->at[which];
	struct ds_arena scratch = {0};
	struct ds_reading reading;
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM] = "";

	ds_reading_of(&reading, record->values);
	if (reader->edit(&edit, bytes, &reading, ds_text_of(kinds[kind].word), &scratch, why)) {
		demand(edit.start >= record->start && edit.end <= record->end);
		ds_buf_append(&after, bytes.at, edit.start);
		ds_buf_append(&after, edit.text.at, edit.text.len);
		ds_buf_append(&after, bytes.at + edit.end, bytes.len - edit.end);
		check_after(kind, records, which, (struct ds_text){after.bytes, after.len});
	} else {
		demand(*why);
	}
	ds_buf_free(&after);
	ds_arena_free(&scratch);
}

static void check_kind(size_t kind, struct ds_text bytes)
{
	enum { EDITS = 5 };
	struct ds_arena arena = {0};
	struct ds_records records = {0};

	demand(read_all(&records, kind, bytes, &arena));
	demand(!records.defect.code || (!records.len && *records.defect.why));
	for (size_t i = 0; i < records.len; i++) {
		const struct ds_record *record = &records.at[i];
		demand(record->start <= record->end && record->end <= bytes.len);
		check_value(bytes, record->values);
		if (record->values->editable && !(record->values->code == DS_MALFORMED) &&
		    i < EDITS)
			check_edit(kind, bytes, &records, i);
	}
	ds_records_free(&records);
	ds_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
		check_kind(kind, (struct ds_text){(const char *)data, size});
	return 0;
}
