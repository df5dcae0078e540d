/* The reader for front matter: YAML between two lines of three dashes. */
#include "frontmatter.h"

#include <stdint.h>
#include <string.h>

#include "err.h"
#include "keypath.h"
#include "readers.h"
#include "yaml_read.h"
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

struct ds_slice ds_frontmatter_slice(struct ds_text bytes, bool whole)
{
	struct ds_slice slice = {.kind = DS_SLICE_NONE};
	size_t at = ds_yaml_mark_length(bytes);
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

/* ---- The reader --------------------------------------------------------- */

static void frontmatter_read(struct ds_reading *out, struct ds_text bytes, bool whole,
			     const char *at, struct ds_arena *scratch)
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, whole);

	if (ds_yaml_is_utf_16(out, bytes))
		return;
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
	ds_keypath_read(out, yaml, at, scratch, ds_yaml_read);
	if (out->code == DS_MISSING_STATUS && !out->placed)
		ds_reading_fail(out, DS_MISSING_STATUS, "its front matter has no \"%s\"", at);
	if (out->placed) {
		out->start += slice.start;
		out->end += slice.start;
	}
}

/* ---- Inserting ---------------------------------------------------------- */

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
	return ds_yaml_line_end(bytes, slice->start + found.end);
}

/* How far the keys are indented: as the first line with anything on it. */
static struct ds_text indent_of(struct ds_text bytes, const struct ds_slice *slice)
{
	for (size_t at = slice->start; at < slice->end; at = ds_yaml_line_end(bytes, at + 1)) {
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
	return ds_yaml_word_fits(ds_text_of(at), nothing, why) &&
	       ds_yaml_word_fits(word, nothing, why);
}

static bool frontmatter_insert(struct ds_edit *out, struct ds_text bytes,
			       const struct ds_record *record, const char *at, const char *behind,
			       struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, true);
	size_t where = ds_yaml_mark_length(bytes);
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

static int frontmatter_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	int status = ds_keypath_check(spec, many, err);
	return !status && *many ? ds_fail(err, DS_TROUBLE,
					  "\"%s\": front matter holds one status, and no records: "
					  "without {id}, as in a.b.status",
					  spec->at)
				: status;
}

const struct ds_reader ds_frontmatter_reader = {
	.name = "frontmatter",
	.extent = {.first = 1024, .limit = DS_FRONTMATTER_LIMIT, .enough = enough},
	.check = frontmatter_check,
	.read = frontmatter_read,
	.edit = ds_yaml_edit,
	.insert = frontmatter_insert,
	.beside = ds_keypath_put_beside,
};
