/* The reader for front matter: YAML between two lines of three dashes. */
#include "frontmatter.h"

#include <stdint.h>
#include <string.h>

#include "json_text.h"
#include "keypath.h"
#include "readers.h"
#include "yaml_plain.h"
#include "yaml_scan.h"

/* ---- The slice ---------------------------------------------------------- */

/* The line that begins at `at`, without its end; *next is where the following one
 * begins, or SIZE_MAX when the line end is not in these bytes. */
static struct ds_text line_at(struct ds_text bytes, size_t at, size_t *next)
{
	const char *begin = bytes.at + at;
	const char *end = memchr(begin, '\n', bytes.len - at);

	*next = end ? (size_t)(end - bytes.at) + 1 : SIZE_MAX;
	size_t len = end ? (size_t)(end - begin) : bytes.len - at;
	if (end && len && begin[len - 1] == '\r')
		len--;
	return (struct ds_text){begin, len};
}

/* Blanks that nobody sees may follow the three characters. */
static bool is_fence(struct ds_text line, const char *fence)
{
	if (line.len < 3 || *line.at != *fence)
		return false;
	while (line.len > 3 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t'))
		line.len--;
	return ds_text_is(line, fence);
}

/* The length of a byte order mark. */
static size_t mark_length(struct ds_text bytes)
{
	return bytes.len >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

struct ds_slice ds_frontmatter_slice(struct ds_text bytes, bool whole)
{
	struct ds_slice slice = {.kind = DS_SLICE_NONE};
	size_t at = mark_length(bytes);
	size_t next;

	if (!bytes.len || !is_fence(line_at(bytes, at, &next), "---"))
		return slice;
	slice.kind = DS_SLICE_OPEN;
	slice.start = next;
	while (next != SIZE_MAX) {
		at = next;
		struct ds_text line = line_at(bytes, at, &next);
		if (next == SIZE_MAX && !whole)
			break;
		if (is_fence(line, "---") || is_fence(line, "...")) {
			slice.kind = DS_SLICE_CLOSED;
			slice.end = at;
			break;
		}
	}
	return slice;
}

static bool enough(const char *bytes, size_t len)
{
	return ds_frontmatter_slice((struct ds_text){bytes, len}, false).kind != DS_SLICE_OPEN;
}

/* ---- The status --------------------------------------------------------- */

/* There is a field, and nothing in it: a word may take the place. */
static void take_nothing(struct ds_reading *out, const struct ds_yaml_found *found, const char *why)
{
	ds_reading_fail_at(out, DS_MISSING_STATUS, found->start, "%s", why);
	out->end = found->end;
	out->editable = !found->block;
}

static void take(struct ds_reading *out, const struct ds_yaml_found *found, struct ds_text slice,
		 const char *at)
{
	*out = (struct ds_reading){.start = found->start, .end = found->end, .placed = true};
	switch (found->type) {
	case DS_YAML_ABSENT:
		ds_reading_fail(out, DS_MISSING_STATUS, "its front matter has no \"%s\"", at);
		break;
	case DS_YAML_NULL:
		take_nothing(out, found, found->text.len ? "it is null" : "it is empty");
		break;
	case DS_YAML_COLLECTION:
		out->text = ds_text_trim(
			(struct ds_text){slice.at + found->start, found->end - found->start});
		break;
	case DS_YAML_SCALAR:
		out->text = ds_text_trim(found->text);
		out->editable = !found->block;
		out->word = !memchr(found->text.at, '\0', found->text.len);
		if (!out->word) /* shown as it is spelled */
			out->text = (struct ds_text){slice.at + found->start,
						     found->end - found->start};
		if (!out->text.len)
			take_nothing(out, found, "it is empty");
		break;
	}
}

static void read_slice(struct ds_reading *out, struct ds_text slice, const char *at,
		       struct ds_arena *scratch)
{
	struct ds_yaml_found found = {.type = DS_YAML_SCALAR};
	struct ds_yaml_error error;

	if (ds_yaml_plain(slice, at, &found.start, &found.end)) {
		found.text = (struct ds_text){slice.at + found.start, found.end - found.start};
		take(out, &found, slice, at);
	} else if (!ds_yaml_scan(&found, slice, at, scratch, &error)) {
		if (error.at == SIZE_MAX)
			ds_reading_fail(out, DS_UNREADABLE, "%s", error.why);
		else
			ds_reading_fail_at(out, DS_MALFORMED, error.at, "not valid YAML: %s",
					   error.why);
	} else if (found.blocked != SIZE_MAX)
		ds_reading_fail_at(out, DS_MALFORMED, found.blocked,
				   "not a mapping where one must be");
	else if (found.twice != SIZE_MAX)
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, found.twice,
				   "the key \"%s\" is there twice", at);
	else if (found.indirect != SIZE_MAX)
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, found.indirect,
				   "\"%s\" depends on an alias, an anchor or a tag", at);
	else if (found.merge != SIZE_MAX && found.type == DS_YAML_ABSENT)
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, found.merge,
				   "\"%s\" may come from what is merged in here", at);
	else if (found.variant != SIZE_MAX && found.type != DS_YAML_ABSENT)
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, found.variant,
				   "some parsers take this key for \"%s\" too", at);
	else if (found.variant != SIZE_MAX)
		ds_reading_fail_at(out, DS_MISSING_STATUS, found.variant,
				   "it has no \"%s\", only a key that looks like it", at);
	else
		take(out, &found, slice, at);
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

static size_t find_disputed(struct ds_text slice)
{
	for (size_t i = 0; i < slice.len; i++)
		/* The two bytes that one can begin with. */
		if (((unsigned char)slice.at[i] == 0xc2 || (unsigned char)slice.at[i] == 0xe2) &&
		    disputed_break((struct ds_text){slice.at + i, slice.len - i}))
			return i;
	return SIZE_MAX;
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

static void read_both_ways(struct ds_reading *out, struct ds_text slice, size_t disputed,
			   const char *at, struct ds_arena *scratch)
{
	struct ds_reading other;
	char *copy = undisputed_copy(slice, scratch);

	if (!copy) {
		ds_reading_fail(out, DS_UNREADABLE, "out of memory");
		return;
	}
	read_slice(out, slice, at, scratch);
	read_slice(&other, (struct ds_text){copy, slice.len}, at, scratch);
	if (!same(out, &other))
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, disputed,
				   "a line break here that only YAML 1.1 knows decides the status");
}

/* ---- The reader --------------------------------------------------------- */

static bool is_utf_16(struct ds_text bytes)
{
	return bytes.len >= 2 &&
	       (memcmp(bytes.at, "\xff\xfe", 2) == 0 || memcmp(bytes.at, "\xfe\xff", 2) == 0);
}

static void frontmatter_read(struct ds_reading *out, struct ds_text bytes, bool whole,
			     const char *at, struct ds_arena *scratch)
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, whole);

	if (is_utf_16(bytes)) {
		ds_reading_fail_at(out, DS_MALFORMED, 0, "not UTF-8 but UTF-16");
		return;
	}
	if (slice.kind == DS_SLICE_NONE) {
		ds_reading_fail(out, DS_MISSING_STATUS, "it has no front matter");
		return;
	}
	if (slice.kind == DS_SLICE_OPEN) {
		ds_reading_fail_at(out, DS_MALFORMED, 0,
				   whole ? "the front matter is never closed"
					 : "the front matter is not closed within 64 KiB");
		return;
	}
	struct ds_text yaml = {bytes.at + slice.start, slice.end - slice.start};
	size_t disputed = find_disputed(yaml);
	if (disputed == SIZE_MAX)
		read_slice(out, yaml, at, scratch);
	else
		read_both_ways(out, yaml, disputed, at, scratch);
	if (out->placed) {
		out->start += slice.start;
		out->end += slice.start;
	}
}

/* ---- Editing ------------------------------------------------------------ */

static bool is_plain(struct ds_text word, struct ds_text old, char why[DS_WHY_ROOM])
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

static bool frontmatter_edit(struct ds_edit *out, struct ds_text bytes,
			     const struct ds_reading *reading, struct ds_text word,
			     struct ds_arena *scratch, char why[DS_WHY_ROOM])
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
				    : is_plain(word, old, why) &&
					      ds_buf_append(&spelled, word.at, word.len);
	if (made)
		return ds_edit_make(out, start, reading->end, &spelled, scratch);
	ds_buf_free(&spelled);
	return false;
}

/* ---- Inserting ---------------------------------------------------------- */

/* The end of the line that begins or goes on at `at`, with its line feed. Every line
 * of a slice has one, for the closing line follows. */
static size_t line_end(struct ds_text bytes, size_t at)
{
	const char *feed = memchr(bytes.at + at, '\n', bytes.len - at);
	return feed ? (size_t)(feed - bytes.at) + 1 : bytes.len;
}

/* Where the line behind a field begins, or the closing line where it is not there. */
static size_t place_behind(struct ds_text bytes, const struct ds_slice *slice, const char *at,
			   const char *behind, struct ds_arena *scratch)
{
	struct ds_text yaml = {bytes.at + slice->start, slice->end - slice->start};
	struct ds_yaml_found found;
	struct ds_yaml_error error;

	if (!behind || !ds_keypath_beside(at, behind) ||
	    !ds_yaml_scan(&found, yaml, behind, scratch, &error) || found.type == DS_YAML_ABSENT)
		return slice->end;
	size_t end = slice->start + found.end;
	return end && bytes.at[end - 1] == '\n' ? end : line_end(bytes, end);
}

/* How far the keys are indented: as the first line with anything on it. */
static struct ds_text indent_of(struct ds_text bytes, const struct ds_slice *slice)
{
	for (size_t at = slice->start; at < slice->end; at = line_end(bytes, at)) {
		struct ds_text indent = {bytes.at + at, 0};
		while (indent.at[indent.len] == ' ')
			indent.len++;
		if (!memchr("#\r\n", indent.at[indent.len], 3))
			return indent;
	}
	return (struct ds_text){bytes.at, 0};
}

static void append_line(struct ds_buf *out, const char *key, struct ds_text word, const char *end)
{
	ds_buf_printf(out, "%s: ", key);
	ds_buf_append(out, word.at, word.len);
	ds_buf_puts(out, end);
}

static void spell_line(struct ds_buf *out, struct ds_text bytes, const struct ds_slice *slice,
		       size_t where, const char *key, struct ds_text word)
{
	struct ds_text indent = indent_of(bytes, slice);
	bool carriage = where >= 2 && bytes.at[where - 2] == '\r';

	ds_buf_append(out, indent.at, indent.len);
	append_line(out, key, word, carriage ? "\r\n" : "\n");
}

/* Another kind of front matter, which a YAML one must not be put before. */
static bool is_foreign(struct ds_text text)
{
	static const char *const fences[] = {"---", "+++", ";;;"};
	for (size_t i = 0; i < sizeof fences / sizeof *fences; i++)
		if (text.len >= 3 && memcmp(text.at, fences[i], 3) == 0)
			return text.len == 3 || text.at[3] != fences[i][0];
	return false;
}

static void spell_slice(struct ds_buf *out, struct ds_text bytes, size_t where, const char *key,
			struct ds_text word)
{
	const char *feed = bytes.len ? memchr(bytes.at, '\n', bytes.len) : NULL;
	const char *end = feed && feed > bytes.at && feed[-1] == '\r' ? "\r\n" : "\n";

	ds_buf_printf(out, "---%s", end);
	append_line(out, key, word, end);
	ds_buf_printf(out, "---%s%s", end, bytes.len > where ? end : "");
}

static bool fits_a_line(const char *at, struct ds_text word, char why[DS_WHY_ROOM])
{
	struct ds_text nothing = {0};

	if (strchr(at, '.'))
		return ds_edit_refuse(why, "a nested field is left for a person");
	return is_plain(ds_text_of(at), nothing, why) && is_plain(word, nothing, why);
}

static bool frontmatter_insert(struct ds_edit *out, struct ds_text bytes,
			       const struct ds_record *record, const char *at, const char *behind,
			       struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, true);
	size_t where = mark_length(bytes);
	struct ds_buf spelled = {0};
	(void)record;

	if (!fits_a_line(at, word, why))
		return false;
	if (slice.kind == DS_SLICE_CLOSED) {
		where = place_behind(bytes, &slice, at, behind, scratch);
		spell_line(&spelled, bytes, &slice, where, at, word);
	} else if (is_foreign((struct ds_text){bytes.at + where, bytes.len - where})) {
		return ds_edit_refuse(why, "it begins with another kind of front matter");
	} else {
		spell_slice(&spelled, bytes, where, at, word);
	}
	return ds_edit_make(out, where, where, &spelled, scratch);
}

const struct ds_reader ds_frontmatter_reader = {
	.name = "frontmatter",
	.extent = {.first = 1024, .limit = DS_FRONTMATTER_LIMIT, .enough = enough},
	.read = frontmatter_read,
	.edit = frontmatter_edit,
	.insert = frontmatter_insert,
};
