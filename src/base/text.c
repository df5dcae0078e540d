#include "text.h"

#include <string.h>

struct ds_text ds_text_of(const char *string)
{
	return (struct ds_text){string, strlen(string)};
}

struct ds_text ds_buf_text(const struct ds_buf *buf)
{
	return (struct ds_text){buf->len ? buf->bytes : "", buf->len};
}

bool ds_text_equal(struct ds_text a, struct ds_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool ds_text_is(struct ds_text text, const char *string)
{
	return ds_text_equal(text, ds_text_of(string));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ds_text_equal_but_for_case(struct ds_text a, struct ds_text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct ds_text ds_text_trim(struct ds_text text)
{
	while (text.len && is_space(text.at[text.len - 1]))
		text.len--;
	while (text.len && is_space(*text.at)) {
		text.at++;
		text.len--;
	}
	return text;
}

size_t ds_utf8_next(struct ds_text text, unsigned *point)
{
	/* A longer form must not spell what a shorter one can. */
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (!text.len)
		return 0;
	unsigned char first = (unsigned char)text.at[0];
	size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (len == 0 || first > 0xf4 || len > text.len)
		return 0;
	unsigned value = len == 1 ? first : first & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)text.at[i];
		if ((next & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3f);
	}
	if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	if (point)
		*point = value;
	return len;
}

static struct ds_text skip(struct ds_text text, size_t len)
{
	return (struct ds_text){text.at + len, text.len - len};
}

bool ds_utf8_valid(struct ds_text text)
{
	while (text.len) {
		size_t len = ds_utf8_next(text, NULL);
		if (!len)
			return false;
		text = skip(text, len);
	}
	return true;
}

void ds_text_position(struct ds_text text, size_t at, size_t *line, size_t *column)
{
	size_t begin = 0;
	const char *feed;

	*line = 1;
	while (begin < at && (feed = memchr(text.at + begin, '\n', at - begin))) {
		begin = (size_t)(feed - text.at) + 1;
		++*line;
	}
	*column = at - begin + 1;
}

size_t ds_utf8_fit(struct ds_text text, size_t limit)
{
	if (text.len <= limit)
		return text.len;
	while (limit && ((unsigned char)text.at[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

/* What must not reach a terminal as it is: controls (C1 too), the marks that break a
 * line or turn the direction of what follows, and what is no character (XML has no way
 * to write U+FFFE and U+FFFF). */
static bool is_harmful(unsigned point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x200e ||
	       point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff ||
	       (point & 0xfffe) == 0xfffe;
}

static bool escape_point(struct ds_buf *out, unsigned point)
{
	switch (point) {
	case '\n':
		return ds_buf_puts(out, "\\n");
	case '\r':
		return ds_buf_puts(out, "\\r");
	case '\t':
		return ds_buf_puts(out, "\\t");
	default:
		return ds_buf_printf(out, point < 0x80 ? "\\x%02x" : "\\u%04x", point);
	}
}

bool ds_escape(struct ds_buf *out, struct ds_text text)
{
	while (text.len) {
		unsigned point = 0;
		size_t len = ds_utf8_next(text, &point);
		if (!len) {
			ds_buf_printf(out, "\\x%02x", (unsigned char)*text.at);
			len = 1;
		} else if (is_harmful(point)) {
			escape_point(out, point);
		} else {
			ds_buf_append(out, text.at, len);
		}
		text = skip(text, len);
	}
	return !out->failed;
}

bool ds_needs_escape(struct ds_text text)
{
	while (text.len) {
		unsigned point = 0;
		size_t len = ds_utf8_next(text, &point);
		if (!len || is_harmful(point))
			return true;
		text = skip(text, len);
	}
	return false;
}

bool ds_shell_quote(struct ds_buf *out, struct ds_text text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:@%+,";
	bool quote = text.len == 0;
	for (size_t i = 0; i < text.len && !quote; i++)
		quote = text.at[i] == '\0' || !strchr(plain, text.at[i]);
	if (!quote)
		return ds_buf_append(out, text.at, text.len);
	ds_buf_puts(out, "'");
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\'')
			ds_buf_puts(out, "'\\''");
		else
			ds_buf_append(out, text.at + i, 1);
	}
	ds_buf_puts(out, "'");
	return !out->failed;
}

/* ---- What was meant ------------------------------------------------------- */

enum { LONGEST_GUESS = 32 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_letter(struct ds_text a, size_t i, const char *b, size_t j)
{
	return ds_text_equal_but_for_case((struct ds_text){a.at + i, 1},
					  (struct ds_text){b + j, 1});
}

/* How many letters must be added, dropped, changed, or changed places with their neighbour
 * to make one of the other; letter case costs nothing. */
static size_t distance(struct ds_text a, const char *b)
{
	size_t rows[3][LONGEST_GUESS + 1]; /* for the letters of `a` up to here, and before */
	size_t width = strlen(b);

	if (a.len > LONGEST_GUESS || width > LONGEST_GUESS)
		return LONGEST_GUESS;
	for (size_t j = 0; j <= width; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t change = above[j - 1] + !is_letter(a, i - 1, b, j - 1);
			row[j] = least(change, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_letter(a, i - 1, b, j - 2) &&
			    is_letter(a, i - 2, b, j - 1))
				row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return rows[a.len % 3][width];
}

struct ds_guess ds_guess_begin(struct ds_text word)
{
	return (struct ds_guess){.word = word, .distance = LONGEST_GUESS};
}

void ds_guess_try(struct ds_guess *guess, const char *candidate)
{
	size_t far = distance(guess->word, candidate);
	/* Beyond a third of its letters it is another word. */
	if (far < guess->distance && far * 3 <= strlen(candidate)) {
		guess->distance = far;
		guess->best = candidate;
	}
}
