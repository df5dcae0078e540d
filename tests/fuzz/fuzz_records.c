/* Records of JSON and of YAML: whatever the bytes, every span lies inside its record and
 * the record inside the bytes, texts hold no NUL; and in JSON, a status that can be edited
 * says the new word afterwards, while all the others say what they said. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "readers.h"
#include "yaml_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fields[] = {"b", "id", NULL};

enum { VALUES = 3 };

static void demand(bool held)
{
	if (!held)
		abort();
}

static void check_value(const struct ds_value *value, const struct ds_record *record)
{
	if (value->placed && value->code != DS_MALFORMED && value->code != DS_AMBIGUOUS_STATUS)
		demand(value->start >= record->start && value->end <= record->end);
	demand(value->start <= value->end);
	demand(value->code ? value->why != NULL : value->text.len > 0);
	demand(!value->word || !memchr(value->text.at, '\0', value->text.len));
}

static void check(const struct ds_records *records, struct ds_text bytes)
{
	demand(!records->defect.code || !records->len);
	demand(!records->defect.placed || records->defect.start <= bytes.len);
	for (size_t i = 0; i < records->len; i++) {
		const struct ds_record *record = &records->at[i];
		demand(record->start <= record->end && record->end <= bytes.len);
		demand(record->id.len || record->values[0].code);
		for (size_t v = 0; v < VALUES; v++) {
			check_value(&record->values[v], record);
			demand(record->values[v].end <= bytes.len);
		}
	}
}

static void read_records(struct ds_records *out, const struct ds_reader *reader,
			 struct ds_text bytes, const char *at, struct ds_arena *arena)
{
	struct ds_spec spec = {at, NULL};

	*out = (struct ds_records){0};
	demand(reader->records(out, bytes, &spec, fields, arena));
	check(out, bytes);
}

static void apply(struct ds_buf *after, struct ds_text bytes, const struct ds_edit *edit)
{
	demand(edit->start <= edit->end && edit->end <= bytes.len);
	ds_buf_append(after, bytes.at, edit->start);
	ds_buf_append(after, edit->text.at, edit->text.len);
	ds_buf_append(after, bytes.at + edit->end, bytes.len - edit->end);
}

static void expect_done(const struct ds_records *before, size_t changed, struct ds_text bytes,
			const char *at, struct ds_arena *arena)
{
	struct ds_records after;

	read_records(&after, &ds_json_reader, bytes, at, arena);
	demand(!after.defect.code && after.len == before->len);
	for (size_t i = 0; i < after.len; i++)
		demand(i == changed ? ds_text_is(after.at[i].values[0].text, "done")
				    : ds_text_equal(after.at[i].values[0].text,
						    before->at[i].values[0].text));
	ds_records_free(&after);
}

/* The first that can be edited, or that has no status. */
static void change(const struct ds_reader *reader, const struct ds_records *records,
		   struct ds_text bytes, const char *at, struct ds_arena *arena)
{
	struct ds_edit edit;
	struct ds_buf after = {0};
	char why[DS_WHY_ROOM] = "";

	for (size_t i = 0; i < records->len; i++) {
		const struct ds_record *record = &records->at[i];
		struct ds_reading reading;
		ds_reading_of(&reading, &record->values[0]);
		bool missing = reading.code == DS_MISSING_STATUS && !reading.placed;
		if (!record->id.len || (!reading.editable && !missing))
			continue;
		bool made = missing ? reader->insert(&edit, bytes, record, at, at,
						     ds_text_of("done"), arena, why)
				    : reader->edit(&edit, bytes, &reading, ds_text_of("done"),
						   arena, why);
		demand(made || *why);
		if (made)
			apply(&after, bytes, &edit);
		if (made && reader == &ds_json_reader)
			expect_done(records, i, (struct ds_text){after.bytes, after.len}, at,
				    arena);
		break;
	}
	ds_buf_free(&after);
}

static bool is_same(const struct ds_record *plain, const struct ds_record *parsed, size_t by)
{
	const struct ds_value *a = plain->values;
	const struct ds_value *b = parsed->values;

	return ds_text_equal(plain->id, parsed->id) && plain->start + by == parsed->start &&
	       plain->end + by == parsed->end && a->code == b->code && a->word == b->word &&
	       a->editable == b->editable && a->placed == b->placed &&
	       ds_text_equal(a->text, b->text) && a->start + by == b->start &&
	       a->end + by == b->end;
}

/* What the fast path reads, libyaml reads as well: a line of dashes is beyond the first. */
static void check_fast_path(struct ds_text bytes, const char *at, struct ds_arena *arena)
{
	static const char dashes[] = "---\n";
	struct ds_records plain = {0};
	struct ds_records parsed;
	struct ds_keypath path;
	struct ds_rows rows;
	struct ds_buf longer = {0};
	bool done;

	demand(!ds_keypath_parse(&path, &at) && !*at);
	demand(ds_rows_open(&rows, &plain, &path, fields, arena));
	demand(ds_yaml_plain_rows(&rows, bytes, &path, &done));
	ds_buf_puts(&longer, dashes);
	ds_buf_append(&longer, bytes.at, bytes.len);
	if (done) {
		read_records(&parsed, &ds_yaml_reader, (struct ds_text){longer.bytes, longer.len},
			     path.id ? "a.{id}" : "{id}", arena);
		demand(plain.len == parsed.len);
		for (size_t i = 0; i < plain.len; i++)
			demand(is_same(&plain.at[i], &parsed.at[i], sizeof dashes - 1));
		ds_records_free(&parsed);
	}
	ds_buf_free(&longer);
	ds_records_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"a[id={id}].s", "[id={id}].s | a[id={id}].s",
		"a.{id}",       "{id}.s | a.{id}.s",
		"*[id={id}].s", "a.*.{id}.s",
	};
	static const struct ds_reader *const readers[] = {&ds_json_reader, &ds_yaml_reader};
	struct ds_arena arena = {0};
	struct ds_records records;

	if (!size)
		return 0;
	struct ds_text bytes = {(const char *)data + 1, size - 1};
	const char *at = paths[data[0] % (sizeof paths / sizeof *paths)];
	check_fast_path(bytes, "a.{id}", &arena);
	check_fast_path(bytes, "{id}", &arena);
	for (size_t r = 0; r < 2; r++) {
		read_records(&records, readers[r], bytes, at, &arena);
		change(readers[r], &records, bytes, at, &arena);
		ds_records_free(&records);
	}
	ds_arena_free(&arena);
	return 0;
}
