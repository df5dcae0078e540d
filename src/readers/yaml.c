/* The reader for YAML files: one status, or records. */
#include "yaml_read.h"

#include <stdint.h>
#include <string.h>

#include "json_text.h"
#include "keypath_rows.h"
#include "readers.h"
#include "yaml_events.h"
#include "yaml_plain.h"
#include "yaml_rows.h"
#include "yaml_scan.h"

/* ---- One status --------------------------------------------------------- */

static void take(struct ds_reading *out, const struct ds_yaml_found *found, struct ds_text slice)
{
	struct ds_value value;

	ds_yaml_value(&value, found, slice);
	ds_reading_of(out, &value);
}

static bool has_defect(struct ds_reading *out, const struct ds_yaml_found *found, const char *at)
{
	size_t trouble[DS_SLOT_TROUBLES] = {found->twice, found->indirect, found->merge,
					    found->variant};
	return ds_key_defect(out, trouble, found->type != DS_YAML_ABSENT, at);
}

static bool read_slice(struct ds_reading *out, struct ds_text slice, const char *at,
		       struct ds_arena *scratch)
{
	struct ds_yaml_found found = {.type = DS_YAML_SCALAR};
	struct ds_yaml_error error;

	if (ds_yaml_plain(slice, at, &found.start, &found.end)) {
		found.text = (struct ds_text){slice.at + found.start, found.end - found.start};
		take(out, &found, slice);
		return true;
	}
	if (!ds_yaml_scan(&found, slice, at, scratch, &error))
		ds_yaml_defect(out, &error);
	else if (found.blocked != SIZE_MAX)
		ds_reading_fail_at(out, DS_MALFORMED, found.blocked,
				   "not a mapping where one must be");
	else if (!has_defect(out, &found, at))
		take(out, &found, slice);
	return found.holder != SIZE_MAX;
}

/* ---- Line breaks that YAML 1.1 and 1.2 disagree about -------------------- */

/* U+0085, U+2028 and U+2029 end a line in 1.1 (libyaml) and do not in 1.2 (most
 * others). The length of one that begins here, or 0. */
static size_t disputed_break(struct ds_text at)
{
	if (at.len >= 2 && memcmp(at.at, "\xc2\x85", 2) == 0)
		return 2;
	if (at.len >= 3 && memcmp(at.at, "\xe2\x80", 2) == 0 &&
	    ((unsigned char)at.at[2] == 0xa8 || (unsigned char)at.at[2] == 0xa9))
		return 3;
	return 0;
}

static size_t find_disputed_with(struct ds_text slice, char first)
{
	const char *end = slice.at + slice.len;

	for (const char *at = slice.at; at < end; at++) {
		at = memchr(at, first, (size_t)(end - at));
		if (!at)
			break;
		if (disputed_break((struct ds_text){at, (size_t)(end - at)}))
			return (size_t)(at - slice.at);
	}
	return SIZE_MAX;
}

/* The first one, by the two bytes that one can begin with. */
static size_t find_disputed(struct ds_text slice)
{
	size_t two = find_disputed_with(slice, '\xc2');
	size_t three = find_disputed_with(slice, '\xe2');
	return two < three ? two : three;
}

/* A copy in which the disputed breaks are characters like any other, as long. */
static char *undisputed_copy(struct ds_text slice, struct ds_arena *scratch)
{
	char *copy = ds_arena_copy(scratch, slice.at, slice.len);
	for (size_t i = 0; copy && i < slice.len; i++) {
		size_t len = disputed_break((struct ds_text){copy + i, slice.len - i});
		if (len == 2)
			memcpy(copy + i, "\xc2\xa1", 2);
		else if (len == 3)
			memcpy(copy + i, "\xe2\x80\xa0", 3);
	}
	return copy;
}

static bool same(const struct ds_reading *a, const struct ds_reading *b)
{
	return a->code == b->code && a->start == b->start && ds_text_equal(a->text, b->text);
}

static bool read_both_ways(struct ds_reading *out, struct ds_text slice, size_t disputed,
			   const char *at, struct ds_arena *scratch)
{
	struct ds_reading other;
	char *copy = undisputed_copy(slice, scratch);

	if (!copy) {
		ds_reading_fail(out, DS_UNREADABLE, "out of memory");
		return true;
	}
	bool held = read_slice(out, slice, at, scratch);
	read_slice(&other, (struct ds_text){copy, slice.len}, at, scratch);
	if (!same(out, &other))
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, disputed,
				   "a line break here that only YAML 1.1 knows decides the status");
	return held;
}

bool ds_yaml_read(struct ds_reading *out, struct ds_text slice, const char *at,
		  struct ds_arena *scratch)
{
	size_t disputed = find_disputed(slice);
	return disputed == SIZE_MAX ? read_slice(out, slice, at, scratch)
				    : read_both_ways(out, slice, disputed, at, scratch);
}

bool ds_yaml_is_utf_16(struct ds_reading *out, struct ds_text bytes)
{
	bool is = bytes.len >= 2 &&
		  (memcmp(bytes.at, "\xff\xfe", 2) == 0 || memcmp(bytes.at, "\xfe\xff", 2) == 0);
	if (is)
		ds_reading_fail_at(out, DS_MALFORMED, 0, "not UTF-8 but UTF-16");
	return is;
}

/* libyaml compares each with all before it. */
static bool has_tags(struct ds_reading *out, struct ds_text bytes)
{
	const char *end = bytes.at + bytes.len;

	for (const char *at = bytes.at; at && at < end; at = memchr(at, '\n', (size_t)(end - at))) {
		at += *at == '\n';
		if (end - at >= 4 && memcmp(at, "%TAG", 4) == 0) {
			ds_reading_fail_at(out, DS_MALFORMED, (size_t)(at - bytes.at),
					   "a %%TAG directive, which is not for files like this");
			return true;
		}
	}
	return false;
}

static bool is_refused(struct ds_reading *out, struct ds_text bytes)
{
	return ds_yaml_is_utf_16(out, bytes) || has_tags(out, bytes);
}

static void yaml_read(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		      struct ds_arena *scratch)
{
	(void)whole; /* there is no limit below the whole file */
	if (!is_refused(out, bytes))
		ds_keypath_read(out, bytes, at, scratch, ds_yaml_read);
}

/* ---- Records ------------------------------------------------------------ */

static bool same_value(const struct ds_value *a, const struct ds_value *b)
{
	return a->code == b->code && a->start == b->start && ds_text_equal(a->text, b->text);
}

static bool same_records(const struct ds_records *a, const struct ds_records *b, size_t values)
{
	if (a->len != b->len || a->defect.code != b->defect.code)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		if (!ds_text_equal(a->at[i].id, b->at[i].id))
			return false;
		for (size_t v = 0; v < values; v++)
			if (!same_value(&a->at[i].values[v], &b->at[i].values[v]))
				return false;
	}
	return true;
}

static bool rows_both_ways(struct ds_records *out, struct ds_text bytes, size_t disputed,
			   const struct ds_spec *spec, const char *const *fields,
			   struct ds_arena *arena)
{
	struct ds_records other = {0};
	char *copy = undisputed_copy(bytes, arena);
	size_t values = 1;

	while (fields && fields[values - 1])
		values++;
	bool well = copy && ds_yaml_rows(out, bytes, spec, fields, arena) &&
		    ds_yaml_rows(&other, (struct ds_text){copy, bytes.len}, spec, fields, arena);
	if (well && !same_records(out, &other, values)) {
		out->len = 0;
		ds_reading_fail_at(
			&out->defect, DS_AMBIGUOUS_STATUS, disputed,
			"a line break here that only YAML 1.1 knows decides what it says");
	}
	ds_records_free(&other);
	return well;
}

static bool yaml_records(struct ds_records *out, struct ds_text bytes, const struct ds_spec *spec,
			 const char *const *fields, struct ds_arena *arena)
{
	size_t disputed = find_disputed(bytes);

	if (is_refused(&out->defect, bytes))
		return true;
	return disputed == SIZE_MAX ? ds_yaml_rows(out, bytes, spec, fields, arena)
				    : rows_both_ways(out, bytes, disputed, spec, fields, arena);
}

/* ---- Editing ------------------------------------------------------------ */

bool ds_yaml_word_fits(struct ds_text word, struct ds_text old, char why[DS_WHY_ROOM])
{
	if (!ds_yaml_plain_fits(word))
		return ds_edit_refuse(why, "it cannot be written without quotes");
	/* Where true stands, false may: that is how this file spells its words. */
	return !ds_yaml_plain_is_odd(word) || ds_yaml_plain_is_odd(old) ||
	       ds_edit_refuse(why, "without quotes not every YAML takes it for text");
}

static bool spell_single(struct ds_buf *out, struct ds_text word, char why[DS_WHY_ROOM])
{
	if (!ds_yaml_printable(word))
		return ds_edit_refuse(why, "it cannot be written in single quotes");
	for (size_t i = 0; i < word.len; i++)
		ds_buf_append(out, word.at[i] == '\'' ? "''" : word.at + i,
			      word.at[i] == '\'' ? 2 : 1);
	return !out->failed;
}

/* The quote that the span is in, or 0: what stands before a plain scalar is none. */
static char quote_around(struct ds_text bytes, const struct ds_reading *reading)
{
	char before = reading->start ? bytes.at[reading->start - 1] : '\0';
	return before == '"' || before == '\'' ? before : '\0';
}

bool ds_yaml_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		  struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	size_t start = reading->start;
	struct ds_text old = reading->code ? (struct ds_text){0} : reading->text;
	struct ds_buf spelled = {0};
	char quote = quote_around(bytes, reading);

	if (!quote && start && bytes.at[start - 1] == ':')
		ds_buf_puts(&spelled, " ");
	/* The escapes of JSON are among those of YAML. */
	bool made = quote == '"'    ? ds_json_escape(&spelled, word)
		    : quote == '\'' ? spell_single(&spelled, word, why)
				    : ds_yaml_word_fits(word, old, why) &&
					      ds_buf_append(&spelled, word.at, word.len);
	if (made)
		return ds_edit_make(out, start, reading->end, &spelled, scratch);
	ds_buf_free(&spelled);
	return false;
}

/* ---- Inserting ---------------------------------------------------------- */

size_t ds_yaml_line_end(struct ds_text bytes, size_t at)
{
	if (at && bytes.at[at - 1] == '\n')
		return at;
	const char *feed = memchr(bytes.at + at, '\n', bytes.len - at);
	return feed ? (size_t)(feed - bytes.at) + 1 : bytes.len;
}

/* A mapping with a line for each of its keys, which all begin in the same column. */
struct block {
	size_t start;
	size_t end;    /* of the last value */
	size_t column; /* in bytes: nothing but blanks and signs stand before the first key */
};

static size_t column_of(struct ds_text bytes, size_t at)
{
	size_t start = at;
	while (start && bytes.at[start - 1] != '\n')
		start--;
	return at - start - (start ? 0 : ds_yaml_mark_length(bytes));
}

static bool find_block(struct block *out, struct ds_text bytes, const char *at,
		       struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_yaml_found found;
	struct ds_yaml_error error;

	if (!ds_yaml_scan(&found, bytes, at, scratch, &error) || found.holder == SIZE_MAX)
		return ds_edit_refuse(why, "there is no mapping to put it in");
	*out = (struct block){.start = found.holder, .end = found.holder_end};
	return true;
}

/* Where the value ends that it goes behind, or else the last one: the block is a document
 * of its own, once its first line is indented like the others. */
static bool find_end(size_t *out, struct ds_text bytes, const struct block *block,
		     const char *behind, struct ds_arena *scratch)
{
	struct ds_buf text = {0};
	struct ds_yaml_found found;
	struct ds_yaml_error error;

	*out = block->end;
	if (!behind)
		return true;
	ds_buf_printf(&text, "%*s", (int)block->column, "");
	ds_buf_append(&text, bytes.at + block->start, block->end - block->start);
	if (!text.failed &&
	    ds_yaml_scan(&found, (struct ds_text){text.bytes, text.len}, ds_keypath_tail(behind),
			 scratch, &error) &&
	    found.type != DS_YAML_ABSENT)
		*out = block->start + found.end - block->column;
	ds_buf_free(&text);
	return !text.failed;
}

static bool spell_line(struct ds_edit *out, struct ds_text bytes, const struct block *block,
		       size_t end, struct ds_text key, struct ds_text word,
		       struct ds_arena *scratch)
{
	const char *feed = memchr(bytes.at, '\n', bytes.len);
	const char *line = feed && feed > bytes.at && feed[-1] == '\r' ? "\r\n" : "\n";
	size_t where = ds_yaml_line_end(bytes, end);
	bool open = bytes.at[where - 1] != '\n'; /* the last line of the file */
	struct ds_buf text = {0};

	ds_buf_printf(&text, "%s%*s%.*s: ", open ? line : "", (int)block->column, "", (int)key.len,
		      key.at);
	ds_buf_append(&text, word.at, word.len);
	ds_buf_puts(&text, open ? "" : line);
	return ds_edit_make(out, where, where, &text, scratch);
}

/* Whether the file ends with a block scalar: the end of its line would be its, too. */
static bool ends_in_block(struct ds_text bytes, struct ds_arena *scratch)
{
	struct ds_yaml_events s;
	struct ds_yaml_error error;
	bool block = false;
	bool well = ds_yaml_open(&s, bytes, scratch, &error);

	for (; well && s.event.type != YAML_STREAM_END_EVENT; well = ds_yaml_advance(&s))
		if (s.event.type == YAML_SCALAR_EVENT)
			block = s.event.data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
				s.event.data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
	ds_yaml_close(&s);
	return block;
}

static bool insert(struct ds_edit *out, struct ds_text bytes, struct block *block, const char *at,
		   const char *behind, struct ds_text word, struct ds_arena *scratch,
		   char why[DS_WHY_ROOM])
{
	struct ds_text nothing = {0};
	struct ds_text key = ds_keypath_last(at);
	size_t end;

	if (block->start == block->end || bytes.at[block->start] == '{')
		return ds_edit_refuse(why, "only a mapping with a line for each key gets another");
	if (!ds_yaml_word_fits(key, nothing, why) || !ds_yaml_word_fits(word, nothing, why))
		return false;
	block->column = column_of(bytes, block->start);
	if (!find_end(&end, bytes, block, behind, scratch))
		return false;
	if (bytes.at[bytes.len - 1] != '\n' && ds_yaml_line_end(bytes, end) == bytes.len &&
	    ends_in_block(bytes, scratch))
		return ds_edit_refuse(why, "the file ends in a block text that has no line end");
	return spell_line(out, bytes, block, end, key, word, scratch);
}

static bool yaml_insert(struct ds_edit *out, struct ds_text bytes, const struct ds_record *record,
			const char *at, const char *behind, struct ds_text word,
			struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_reading reading;
	struct block block = {0};

	if (record) {
		block = (struct block){.start = record->start, .end = record->end};
		return insert(out, bytes, &block, at, behind, word, scratch, why);
	}
	at = ds_keypath_read(&reading, bytes, at, scratch, ds_yaml_read);
	return at && find_block(&block, bytes, at, scratch, why) &&
	       insert(out, bytes, &block, at, behind, word, scratch, why);
}

const struct ds_reader ds_yaml_reader = {
	.name = "yaml",
	.extent = {.first = 0, .limit = DS_FILE_LIMIT, .enough = NULL},
	.check = ds_keypath_check,
	.read = yaml_read,
	.records = yaml_records,
	.edit = ds_yaml_edit,
	.insert = yaml_insert,
	.beside = ds_keypath_put_beside,
};
