/* One word of a document changed or put in. The first byte chooses the reader, where
 * and what; the rest is the document. Whatever it is: it is refused, or only the piece
 * that is named differs, the word is read back, nothing else is read otherwise, and
 * doing it twice is doing it once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "frontmatter.h"
#include "readers.h"
#include "splice.h"
#include "yaml_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
	if (!held)
		abort();
}

static const char *const words[] = {
	"done",
	"ready for review",
	"it's \"x\" \\ y",
	"a: b, [c] #d",
	"null",
	"\xc3\xa9 \xe2\x80\xa8 z",
	"b}",
	"x\nstatus: y",
};

/* Fields beside the one that changes. */
static const char *const others[] = {"x", "title", "a", "a.x", "a.a.x", "Status"};

static struct ds_text text_of(const struct ds_buf *buf)
{
	return (struct ds_text){buf->bytes ? buf->bytes : "", buf->len};
}

/* ---- Nothing else ------------------------------------------------------- */

static void check_bytes(struct ds_text before, struct ds_text after, const struct ds_edit *edit)
{
	demand(edit->start <= edit->end && edit->end <= before.len);
	demand(after.len == before.len - (edit->end - edit->start) + edit->text.len);
	demand(memcmp(before.at, after.at, edit->start) == 0);
	demand(memcmp(before.at + edit->end, after.at + edit->start + edit->text.len,
		      before.len - edit->end) == 0);
	demand(memcmp(after.at + edit->start, edit->text.at, edit->text.len) == 0);
}

static void check_others(const struct ds_splice *splice, struct ds_text before,
			 struct ds_text after, struct ds_arena *scratch)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct ds_reading was;
		struct ds_reading is;
		/* A collection is shown as it is spelled, with the field that is in it. */
		if (strncmp(splice->at, others[i], strlen(others[i])) == 0)
			continue;
		splice->reader->read(&was, before, true, others[i], scratch);
		splice->reader->read(&is, after, true, others[i], scratch);
		demand(was.code == is.code && ds_text_equal(was.text, is.text));
	}
}

/* What libyaml makes of a slice, an event a line; its number of events. */
static size_t list_events(struct ds_buf *out, struct ds_text bytes)
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, true);
	yaml_parser_t parser;
	yaml_event_t event = {.type = YAML_NO_EVENT};
	size_t count = 0;

	if (slice.kind != DS_SLICE_CLOSED || !yaml_parser_initialize(&parser))
		return 0;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	/* Left to guess the encoding, it passes over a byte order mark, as everybody does. */
	slice.start += ds_yaml_mark_length(
		(struct ds_text){bytes.at + slice.start, slice.end - slice.start});
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.at + slice.start,
				     slice.end - slice.start);
	for (bool more = true; more; count++) {
		demand(yaml_parser_parse(&parser, &event));
		more = event.type != YAML_STREAM_END_EVENT;
		ds_buf_printf(out, "%d ", (int)event.type);
		if (event.type == YAML_SCALAR_EVENT)
			for (size_t i = 0; i < event.data.scalar.length; i++)
				ds_buf_printf(out, "%02x", event.data.scalar.value[i]);
		ds_buf_puts(out, "\n");
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return count;
}

static struct ds_text next_line(struct ds_text *left)
{
	size_t len = (size_t)((const char *)memchr(left->at, '\n', left->len) - left->at) + 1;
	struct ds_text line = {left->at, len};
	left->at += len;
	left->len -= len;
	return line;
}

/* The same events, but for one scalar, or for two more. */
static void check_events(struct ds_text before, struct ds_text after)
{
	struct ds_buf old = {0};
	struct ds_buf new = {0};
	size_t old_count = list_events(&old, before);
	size_t new_count = list_events(&new, after);
	size_t added = new_count - old_count;
	size_t differ = 0;

	if (old_count > 5) { /* else there was no mapping */
		struct ds_text is = text_of(&new);
		struct ds_text was = text_of(&old);
		demand(added == 0 || added == 2);
		while (was.len) {
			struct ds_text line = next_line(&was);
			struct ds_text other = next_line(&is);
			if (ds_text_equal(line, other))
				continue;
			demand(differ++ == 0);
			if (added) {
				next_line(&is);
				demand(ds_text_equal(line, next_line(&is)));
			}
		}
		demand(!is.len);
	}
	ds_buf_free(&old);
	ds_buf_free(&new);
}

/* ---- One input ---------------------------------------------------------- */

static void check_done(const struct ds_splice *splice, struct ds_text before, struct ds_text after,
		       const struct ds_edit *edit, struct ds_arena *scratch)
{
	struct ds_reading reading;
	struct ds_edit none;
	struct ds_buf again = {0};
	char why[DS_WHY_ROOM];

	check_bytes(before, after, edit);
	splice->reader->read(&reading, after, true, splice->at, scratch);
	demand(reading.code == DS_NO_CODE && ds_text_equal(reading.text, splice->word));
	check_others(splice, before, after, scratch);
	if (splice->reader == &ds_frontmatter_reader)
		check_events(before, after);
	demand(ds_splice(&again, &none, splice, after, scratch, why) == DS_SPLICE_SAME);
	demand(ds_text_equal(text_of(&again), after) && none.start == none.end && !none.text.len);
	ds_buf_free(&again);
}

/* What was there comes back, where it was a word. */
static void check_undo(struct ds_splice splice, struct ds_text before, struct ds_text after,
		       struct ds_arena *scratch)
{
	struct ds_reading reading;
	struct ds_edit edit;
	struct ds_buf back = {0};
	char why[DS_WHY_ROOM];

	splice.reader->read(&reading, before, true, splice.at, scratch);
	if (reading.code || !reading.word)
		return;
	splice.word = reading.text;
	if (ds_splice(&back, &edit, &splice, after, scratch, why) == DS_SPLICE_DONE) {
		struct ds_reading undone;
		splice.reader->read(&undone, text_of(&back), true, splice.at, scratch);
		demand(undone.code == DS_NO_CODE && ds_text_equal(undone.text, reading.text));
		check_others(&splice, before, text_of(&back), scratch);
	}
	ds_buf_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > DS_FRONTMATTER_LIMIT / 2)
		return 0;
	struct ds_splice splice = {
		.reader = *data & 1 ? &ds_json_reader : &ds_frontmatter_reader,
		.insert = *data & 2,
		.behind = *data & 4   ? NULL
			  : *data & 8 ? "a.x"
				      : "x",
		.at = *data & 8 ? "a.status" : "status",
		.word = ds_text_of(words[*data >> 4 & 7]),
	};
	struct ds_text before = {(const char *)data + 1, size - 1};
	struct ds_arena scratch = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	enum ds_splice_outcome outcome = ds_splice(&after, &edit, &splice, before, &scratch, why);
	demand(outcome != DS_SPLICE_MEMORY);
	demand(outcome != DS_SPLICE_REFUSED || (*why && !after.len));
	demand(outcome != DS_SPLICE_SAME || ds_text_equal(text_of(&after), before));
	if (outcome == DS_SPLICE_DONE) {
		check_done(&splice, before, text_of(&after), &edit, &scratch);
		check_undo(splice, before, text_of(&after), &scratch);
	}
	ds_buf_free(&after);
	ds_arena_free(&scratch);
	return 0;
}
