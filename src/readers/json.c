/* The reader for JSON files: a string that keys lead to. */
#include <stdint.h>
#include <string.h>

#include "json_rows.h"
#include "json_scan.h"
#include "json_text.h"
#include "keypath_rows.h"
#include "readers.h"

static void take(struct ds_reading *out, const struct ds_json_found *found, struct ds_text bytes,
		 struct ds_arena *scratch)
{
	struct ds_value value;

	if (ds_json_take(&value, found, bytes, scratch))
		ds_reading_of(out, &value);
	else
		ds_reading_fail(out, DS_UNREADABLE, "out of memory");
}

static bool has_defect(struct ds_reading *out, const struct ds_json_found *found, const char *at)
{
	size_t trouble[DS_SLOT_TROUBLES] = {found->twice, SIZE_MAX, SIZE_MAX, found->variant};
	return ds_key_defect(out, trouble, found->type != DS_JSON_ABSENT, at);
}

/* Whether the object is there that would hold the value. */
static bool read_one(struct ds_reading *out, struct ds_text bytes, const char *at,
		     struct ds_arena *scratch)
{
	struct ds_json_found found;
	struct ds_json_error error;

	if (!ds_json_scan(&found, bytes, at, &error))
		ds_reading_fail_at(out, DS_MALFORMED, error.at, "not valid JSON: %s", error.why);
	else if (found.blocked != SIZE_MAX)
		ds_reading_fail_at(out, DS_MALFORMED, found.blocked,
				   "not an object where one must be");
	else if (!has_defect(out, &found, at))
		take(out, &found, bytes, scratch);
	return found.held;
}

static void json_read(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		      struct ds_arena *scratch)
{
	(void)whole; /* there is no limit below the whole file */
	ds_keypath_read(out, bytes, at, scratch, read_one);
}

/* ---- Editing ------------------------------------------------------------ */

static bool json_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		      struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	/* null gets the quotes too: before it stands a blank or a colon. */
	bool quoted = reading->start && bytes.at[reading->start - 1] == '"';
	struct ds_buf spelled = {0};

	(void)why;
	if (quoted)
		ds_json_escape(&spelled, word);
	else
		ds_json_string(&spelled, word);
	return ds_edit_make(out, reading->start, reading->end, &spelled, scratch);
}

/* ---- Inserting ---------------------------------------------------------- */

/* All of this walks over bytes that scanned well. */

struct object {
	size_t open; /* its braces */
	size_t close;
};

struct member {
	size_t key;   /* where its key begins, with the quote */
	size_t value; /* where its value begins, and is over */
	size_t end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t skip_space(struct ds_text bytes, size_t at)
{
	while (at < bytes.len && is_space(bytes.at[at]))
		at++;
	return at;
}

static size_t back_over_space(struct ds_text bytes, size_t at)
{
	while (at && is_space(bytes.at[at - 1]))
		at--;
	return at;
}

static size_t skip_string(struct ds_text bytes, size_t at)
{
	for (at++; bytes.at[at] != '"'; at++)
		at += bytes.at[at] == '\\';
	return at + 1;
}

static bool find_object(struct object *out, struct ds_text bytes, const char *at,
			struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_json_found found;
	struct ds_json_error error;
	size_t len = ds_keypath_parent(at);

	if (!len) {
		const char *open = memchr(bytes.at, '{', bytes.len);
		*out = (struct object){(size_t)(open - bytes.at),
				       back_over_space(bytes, bytes.len) - 1};
		return true;
	}
	const char *path = ds_arena_copy(scratch, at, len);
	if (!path)
		return false;
	if (!ds_json_scan(&found, bytes, path, &error) || found.type != DS_JSON_OBJECT)
		return ds_edit_refuse(why, "there is no object \"%s\" to put it in", path);
	*out = (struct object){found.start, found.end - 1};
	return true;
}

/* The last key of the object before `limit`, or SIZE_MAX. */
static size_t last_key(struct ds_text bytes, const struct object *object, size_t limit)
{
	size_t key = SIZE_MAX;
	int depth = 0;
	bool fresh = false; /* a key may come, not a value */

	for (size_t at = object->open; at < limit; at++) {
		char c = bytes.at[at];
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		if (c == '"') {
			if (depth == 1 && fresh)
				key = at;
			at = skip_string(bytes, at) - 1;
		}
		fresh = c == '{' || c == ',' || (fresh && is_space(c));
	}
	return key;
}

static void fill_member(struct member *out, struct ds_text bytes, size_t key, size_t end)
{
	size_t colon = skip_space(bytes, skip_string(bytes, key));
	*out = (struct member){key, skip_space(bytes, colon + 1), end};
}

/* The one to go behind; false where the object has none. */
static bool find_member(struct member *out, struct ds_text bytes, const struct object *object,
			const char *at, const char *behind)
{
	struct ds_json_found found;
	struct ds_json_error error;

	if (behind && ds_keypath_beside(at, behind) &&
	    ds_json_scan(&found, bytes, behind, &error) && found.type != DS_JSON_ABSENT) {
		size_t quote = found.type == DS_JSON_STRING;
		fill_member(out, bytes, last_key(bytes, object, found.start - quote),
			    found.end + quote);
		return true;
	}
	size_t key = last_key(bytes, object, object->close);
	if (key == SIZE_MAX)
		return false;
	fill_member(out, bytes, key, back_over_space(bytes, object->close));
	return true;
}

static bool has_newline(struct ds_text text)
{
	return text.len && memchr(text.at, '\n', text.len);
}

static struct ds_text piece(struct ds_text bytes, size_t start, size_t end)
{
	return (struct ds_text){bytes.at + start, end - start};
}

static void append(struct ds_buf *out, struct ds_text text)
{
	ds_buf_append(out, text.at, text.len);
}

/* What separates members here: a comma with the line end and the indent that go
 * before the member, else as it is separated from one of its neighbours. */
static void append_separator(struct ds_buf *out, struct ds_text bytes, const struct member *member)
{
	size_t lead = back_over_space(bytes, member->key);
	size_t comma = skip_space(bytes, member->end);

	if (has_newline(piece(bytes, lead, member->key))) {
		size_t line = member->key;
		while (bytes.at[line] != '\n')
			line--;
		line -= line > lead && bytes.at[line - 1] == '\r';
		ds_buf_puts(out, ",");
		append(out, piece(bytes, line, member->key));
	} else if (bytes.at[comma] == ',') {
		append(out, piece(bytes, member->end, skip_space(bytes, comma + 1)));
	} else if (bytes.at[lead - 1] == ',') {
		append(out, piece(bytes, back_over_space(bytes, lead - 1), member->key));
	} else {
		ds_buf_puts(out, is_space(bytes.at[member->value - 1]) ? ", " : ",");
	}
}

/* Behind a member, written as that one is. */
static size_t spell_behind(struct ds_buf *out, struct ds_text bytes, const struct member *member,
			   struct ds_text key, struct ds_text word)
{
	append_separator(out, bytes, member);
	ds_json_string(out, key);
	append(out, piece(bytes, skip_string(bytes, member->key), member->value));
	ds_json_string(out, word);
	return member->end;
}

/* Into an object with nothing but blanks in it. */
static size_t spell_first(struct ds_buf *out, struct ds_text bytes, const struct object *object,
			  struct ds_text key, struct ds_text word)
{
	struct ds_text blanks = piece(bytes, object->open + 1, object->close);

	append(out, blanks);
	ds_buf_puts(out, has_newline(blanks) ? "  " : "");
	ds_json_string(out, key);
	ds_buf_puts(out, ": ");
	ds_json_string(out, word);
	return object->open + 1;
}

static bool insert(struct ds_edit *out, struct ds_text bytes, const char *at, const char *behind,
		   struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct object object = {0};
	struct member member;
	struct ds_buf spelled = {0};

	if (!find_object(&object, bytes, at, scratch, why))
		return false;
	struct ds_text key = ds_keypath_last(at);
	size_t where = find_member(&member, bytes, &object, at, behind)
			       ? spell_behind(&spelled, bytes, &member, key, word)
			       : spell_first(&spelled, bytes, &object, key, word);
	return ds_edit_make(out, where, where, &spelled, scratch);
}

/* An object is a document of its own. */
static bool insert_record(struct ds_edit *out, struct ds_text record, const char *at,
			  const char *behind, struct ds_text word, struct ds_arena *scratch,
			  char why[DS_WHY_ROOM])
{
	at = ds_keypath_tail(at);
	if (*record.at != '{' || *at == '{')
		return ds_edit_refuse(why, "the record is no object that could have such a field");
	return insert(out, record, at, behind ? ds_keypath_tail(behind) : NULL, word, scratch, why);
}

static bool json_insert(struct ds_edit *out, struct ds_text bytes, const struct ds_record *record,
			const char *at, const char *behind, struct ds_text word,
			struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_reading reading;

	if (!record) {
		at = ds_keypath_read(&reading, bytes, at, scratch, read_one);
		if (behind && at)
			behind = ds_keypath_read(&reading, bytes, behind, scratch, read_one);
		return at && insert(out, bytes, at, behind, word, scratch, why);
	}
	if (!insert_record(out, piece(bytes, record->start, record->end), at, behind, word, scratch,
			   why))
		return false;
	out->start += record->start;
	out->end += record->start;
	return true;
}

const struct ds_reader ds_json_reader = {
	.name = "json",
	.extent = {.first = 0, .limit = DS_FILE_LIMIT, .enough = NULL},
	.check = ds_keypath_check,
	.read = json_read,
	.records = ds_json_rows,
	.edit = json_edit,
	.insert = json_insert,
	.beside = ds_keypath_put_beside,
};
