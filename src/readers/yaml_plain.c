#include "yaml_plain.h"

#include <stdint.h>
#include <string.h>

#include "keypath.h"

enum class {
	KEY = 1,   /* may be in a key */
	FIRST = 2, /* may begin a plain value; one that is both may begin a key */
};

static unsigned classify(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')
		return KEY | FIRST;
	if (c == '-')
		return KEY;
	return c == '/' || c == '.' || c == '(' ? FIRST : 0;
}

enum { KEY_LIMIT = 100 };

/* The length of the key that the line begins with and a colon ends, or 0. */
static size_t key_length(struct ds_text line)
{
	size_t len = 0;
	if (!line.len || classify((unsigned char)*line.at) != (KEY | FIRST))
		return 0;
	while (len < line.len && classify((unsigned char)line.at[len]) & KEY)
		len++;
	return len < line.len && len < KEY_LIMIT && line.at[len] == ':' ? len : 0;
}

/* Whether eight bytes are printable ASCII; what one of them borrows or carries spoils others
 * only where it is none itself. */
static bool are_printable(const char *at)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return !((word | (word + each) | ((word - each * 0x20) & ~word)) & each * 0x80);
}

bool ds_yaml_printable(struct ds_text line)
{
	size_t i = 0;
	for (;;) {
		unsigned point = 0;
		while (line.len - i >= 8 && are_printable(line.at + i))
			i += 8;
		while (i < line.len && line.at[i] >= 0x20 && line.at[i] < 0x7f)
			i++;
		if (i == line.len)
			return true;
		size_t len = ds_utf8_next((struct ds_text){line.at + i, line.len - i}, &point);
		if (!len || point < 0xa0 || point == 0x2028 || point == 0x2029 || point == 0xfeff ||
		    point == 0xfffe || point == 0xffff)
			return false;
		i += len;
	}
}

/* Only blanks, and a comment if a blank goes before it. */
static bool is_tail(struct ds_text tail)
{
	size_t i = 0;
	while (i < tail.len && tail.at[i] == ' ')
		i++;
	return i == tail.len || (i > 0 && tail.at[i] == '#');
}

/* How much of a value that begins plainly is plain text; false where it holds what
 * makes a key of it. */
static bool plain_length(struct ds_text value, size_t *len)
{
	size_t end = 0;
	for (; end < value.len; end++) {
		bool last = end + 1 == value.len;
		if (value.at[end] == ':' && (last || value.at[end + 1] == ' '))
			return false;
		if (value.at[end] == ' ' && !last && value.at[end + 1] == '#')
			break;
	}
	while (end && value.at[end - 1] == ' ')
		end--;
	*len = end;
	return true;
}

/* What stands behind the colon. Sets the bounds of the text, both 0 where there is
 * none; false for all that is not plain. */
static bool value_bounds(struct ds_text line, size_t at, size_t *start, size_t *end)
{
	*start = *end = 0;
	if (at < line.len && line.at[at] != ' ')
		return false;
	while (at < line.len && line.at[at] == ' ')
		at++;
	if (at == line.len || line.at[at] == '#')
		return true;
	struct ds_text value = {line.at + at, line.len - at};
	if (*value.at == '"' || *value.at == '\'') {
		const char *close = memchr(value.at + 1, *value.at, value.len - 1);
		if (!close)
			return false;
		size_t len = (size_t)(close - value.at);
		if (memchr(value.at, '\\', len) ||
		    !is_tail((struct ds_text){close + 1, value.len - len - 1}))
			return false;
		*start = at + 1;
		*end = at + len;
		return true;
	}
	size_t len;
	if (!(classify((unsigned char)*value.at) & FIRST) || !plain_length(value, &len))
		return false;
	*start = at;
	*end = at + len;
	return true;
}

static bool is_null_word(struct ds_text text)
{
	return ds_text_equal_but_for_case(text, ds_text_of("null"));
}

bool ds_yaml_plain_says(const struct ds_yaml_line *line)
{
	return line->text.len && !is_null_word(line->text);
}

/* The line that begins at *at, without its end; *at moves behind it. */
static struct ds_text take_line(struct ds_text slice, size_t *at)
{
	const char *begin = slice.at + *at;
	const char *newline = memchr(begin, '\n', slice.len - *at);
	size_t len = newline ? (size_t)(newline - begin) : slice.len - *at;

	*at += len + 1;
	return (struct ds_text){begin, len - (newline && len && begin[len - 1] == '\r')};
}

int ds_yaml_plain_line(struct ds_text slice, size_t *at, struct ds_yaml_line *line)
{
	size_t start;
	size_t end;

	while (*at < slice.len) {
		struct ds_text text = take_line(slice, at);
		size_t indent = 0;
		if (!ds_yaml_printable(text))
			return -1;
		while (indent < text.len && text.at[indent] == ' ')
			indent++;
		text = (struct ds_text){text.at + indent, text.len - indent};
		if (!text.len || *text.at == '#')
			continue;
		size_t len = key_length(text);
		if (!len || !value_bounds(text, len + 1, &start, &end))
			return -1;
		*line = (struct ds_yaml_line){.indent = indent,
					      .key = {text.at, len},
					      .text = {text.at + start, end - start},
					      .empty = !end};
		return 1;
	}
	return 0;
}

bool ds_yaml_plain(struct ds_text slice, const char *key, size_t *start, size_t *end)
{
	struct ds_text wanted = ds_text_of(key);
	struct ds_yaml_line line;
	bool found = false;
	size_t at = 0;
	int more;

	while ((more = ds_yaml_plain_line(slice, &at, &line)) > 0) {
		if (line.indent)
			return false;
		enum ds_key_match match = ds_key_match(line.key, wanted);
		if (match == DS_KEY_OTHER)
			continue;
		if (match == DS_KEY_VARIANT || found || !ds_yaml_plain_says(&line))
			return false;
		found = true;
		*start = (size_t)(line.text.at - slice.at);
		*end = *start + line.text.len;
	}
	return found && !more;
}

bool ds_yaml_plain_is_odd(struct ds_text text)
{
	static const char *const odd[] = {
		"null", "~", "true", "false", "yes", "no", "on", "off", "y", "n",
	};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		if (ds_text_equal_but_for_case(text, ds_text_of(odd[i])))
			return true;
	return false;
}

bool ds_yaml_plain_fits(struct ds_text text)
{
	size_t len;

	/* What is not ASCII may begin one too: only the fast path stays away from it. */
	if (!text.len || !ds_yaml_printable(text) ||
	    !(classify((unsigned char)*text.at) & FIRST || (unsigned char)*text.at >= 0x80))
		return false;
	return plain_length(text, &len) && len == text.len;
}
