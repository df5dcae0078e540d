#include "json_scan.h"

#include <stdint.h>
#include <string.h>

#include "keypath.h"

/* `level` is how many keys of the path lead to a value. */
struct scan {
	struct ds_json_cursor *at;
	const char *path;
	int path_len;
	struct ds_json_found *found;
};

static bool skip_value(struct ds_json_cursor *s, int depth);
static bool scan_value(struct scan *s, int depth, int level);

static size_t offset(const struct ds_json_cursor *s)
{
	return (size_t)(s->at - s->begin);
}

static bool fail(struct ds_json_cursor *s, const char *why)
{
	*s->error = (struct ds_json_error){offset(s), why};
	return false;
}

static void skip_space(struct ds_json_cursor *s)
{
	while (s->at < s->end &&
	       (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

static bool next_is(const struct ds_json_cursor *s, char c)
{
	return s->at < s->end && *s->at == c;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The 16 bits of four hexadecimal digits, or -1. */
static int hex_unit(const char *at)
{
	int unit = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(at[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static bool scan_escape(struct ds_json_cursor *s)
{
	if (s->end - s->at < 2)
		return fail(s, "a string that is never closed");
	char c = s->at[1];
	if (c != 'u') {
		if (c == '\0' || !strchr("\"\\/bfnrt", c))
			return fail(s, "an escape that JSON does not have");
		s->at += 2;
		return true;
	}
	if (s->end - s->at < 6 || hex_unit(s->at + 2) < 0)
		return fail(s, "a \\u that is not followed by four hexadecimal digits");
	s->at += 6;
	return true;
}

static bool scan_character(struct ds_json_cursor *s)
{
	size_t len = ds_utf8_next((struct ds_text){s->at, (size_t)(s->end - s->at)}, NULL);
	if (!len)
		return fail(s, "a byte that is not UTF-8");
	s->at += len;
	return true;
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* Eight bytes, the first one lowest: compilers make one load of it. */
static uint64_t load(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
	       (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

/* The top bit of each byte that is not ordinary: a control character, not ASCII, a quote or
 * a backslash. A subtraction reaches it where the byte is too small, or zero; what it
 * borrows spoils bytes behind the first of these only. */
static uint64_t find_special(uint64_t word)
{
	uint64_t quote = word ^ EACH('"');
	uint64_t slash = word ^ EACH('\\');
	return (word | ((word - EACH(0x20)) & ~word) | ((quote - EACH(1)) & ~quote) |
		((slash - EACH(1)) & ~slash)) &
	       EACH(0x80);
}

/* Steps over the characters of a string that mean nothing but themselves: most of a
 * document, so the loops are kept tight. */
static void skip_ordinary(struct ds_json_cursor *s)
{
	const char *at = s->at;
	uint64_t special = 0;

	for (; !special && s->end - at >= 8; at += special ? __builtin_ctzll(special) / 8 : 8)
		special = find_special(load(at));
	while (at < s->end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 &&
	       *at != '"' && *at != '\\')
		at++;
	s->at = at;
}

/* Leaves the inside, without the quotes, in *raw. */
static bool scan_string(struct ds_json_cursor *s, struct ds_text *raw, bool *escapes)
{
	const char *open = s->at++;
	*escapes = false;
	for (skip_ordinary(s); s->at < s->end; skip_ordinary(s)) {
		unsigned char c = (unsigned char)*s->at;
		if (c == '"') {
			*raw = (struct ds_text){open + 1, (size_t)(s->at - open - 1)};
			s->at++;
			return true;
		}
		if (c < 0x20)
			return fail(s, "a control character inside a string");
		if (c == '\\') {
			*escapes = true;
			if (!scan_escape(s))
				return false;
		} else if (!scan_character(s)) {
			return false;
		}
	}
	s->at = open;
	return fail(s, "a string that is never closed");
}

static bool scan_digits(struct ds_json_cursor *s)
{
	const char *first = s->at;
	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > first || fail(s, "a number without a digit where one must be");
}

static bool scan_number(struct ds_json_cursor *s)
{
	if (next_is(s, '-'))
		s->at++;
	if (next_is(s, '0')) {
		s->at++;
		if (s->at < s->end && *s->at >= '0' && *s->at <= '9')
			return fail(s, "a number that begins with a needless zero");
	} else if (!scan_digits(s)) {
		return false;
	}
	if (next_is(s, '.')) {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (next_is(s, 'e') || next_is(s, 'E')) {
		s->at++;
		if (next_is(s, '+') || next_is(s, '-'))
			s->at++;
		return scan_digits(s);
	}
	return true;
}

static bool scan_word(struct ds_json_cursor *s, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return fail(s, "expected a value");
	s->at += len;
	return true;
}

/* Steps into the array or object at hand (*close is 0), and on in it. 1: something
 * follows, 0: it is over, -1: it is not well-formed. */
static int step(struct ds_json_cursor *s, char *close)
{
	bool first = !*close;

	if (first)
		*close = *s->at++ == '[' ? ']' : '}';
	skip_space(s);
	if (next_is(s, *close)) {
		s->at++;
		return 0;
	}
	if (first)
		return 1;
	if (!next_is(s, ',')) {
		fail(s, *close == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
		return -1;
	}
	s->at++;
	return 1;
}

static bool scan_key(struct ds_json_cursor *s, struct ds_text *raw, bool *escapes)
{
	skip_space(s);
	if (!next_is(s, '"'))
		return fail(s, "expected a key in double quotes");
	if (!scan_string(s, raw, escapes))
		return false;
	skip_space(s);
	if (!next_is(s, ':'))
		return fail(s, "expected ':' after the key");
	s->at++;
	return true;
}

static bool skip_array(struct ds_json_cursor *s, int depth)
{
	char close = 0;
	int more;

	while ((more = step(s, &close)) > 0)
		if (!skip_value(s, depth + 1))
			return false;
	return more == 0;
}

static bool skip_object(struct ds_json_cursor *s, int depth)
{
	struct ds_text key;
	bool escapes;
	char close = 0;
	int more;

	while ((more = step(s, &close)) > 0)
		if (!scan_key(s, &key, &escapes) || !skip_value(s, depth + 1))
			return false;
	return more == 0;
}

static enum ds_json_type type_of(char c)
{
	switch (c) {
	case '"':
		return DS_JSON_STRING;
	case '{':
		return DS_JSON_OBJECT;
	case '[':
		return DS_JSON_ARRAY;
	case 't':
		return DS_JSON_TRUE;
	case 'f':
		return DS_JSON_FALSE;
	case 'n':
		return DS_JSON_NULL;
	default:
		return DS_JSON_NUMBER;
	}
}

static bool peek(struct ds_json_cursor *s, enum ds_json_type *type)
{
	skip_space(s);
	if (s->at == s->end)
		return fail(s, "the file ends where a value must be");
	*type = type_of(*s->at);
	return *type != DS_JSON_NUMBER || *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ||
	       fail(s, "expected a value");
}

static bool skip_known(struct ds_json_cursor *s, enum ds_json_type type, int depth)
{
	struct ds_text raw;
	bool escapes;

	if (depth >= DS_JSON_DEPTH && (type == DS_JSON_OBJECT || type == DS_JSON_ARRAY))
		return fail(s, "nested deeper than 512 levels");
	switch (type) {
	case DS_JSON_STRING:
		return scan_string(s, &raw, &escapes);
	case DS_JSON_OBJECT:
		return skip_object(s, depth);
	case DS_JSON_ARRAY:
		return skip_array(s, depth);
	case DS_JSON_TRUE:
		return scan_word(s, "true");
	case DS_JSON_FALSE:
		return scan_word(s, "false");
	case DS_JSON_NULL:
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

static bool skip_value(struct ds_json_cursor *s, int depth)
{
	enum ds_json_type type;
	return peek(s, &type) && skip_known(s, type, depth);
}

static bool take_value(struct ds_json_cursor *s, int depth, struct ds_json_found *found)
{
	struct ds_text raw;

	if (!peek(s, &found->type))
		return false;
	raw = (struct ds_text){s->at, 0};
	found->escapes = false;
	if (found->type == DS_JSON_STRING) {
		if (!scan_string(s, &raw, &found->escapes))
			return false;
	} else {
		if (!skip_known(s, found->type, depth))
			return false;
		raw.len = (size_t)(s->at - raw.at);
	}
	found->start = (size_t)(raw.at - s->begin);
	found->end = found->start + raw.len;
	return true;
}

/* ---- One value ---------------------------------------------------------- */

static void note(size_t *where, size_t at)
{
	if (*where == SIZE_MAX)
		*where = at;
}

/* What a key with escapes says, as far as it can still be the wanted one. Keys
 * that are longer than any escape could make the wanted one are others. */
enum ds_key_match ds_json_key_match(struct ds_text raw, struct ds_text wanted)
{
	enum { LONGEST = 6 * 64 };
	char decoded[LONGEST];
	struct ds_text head = {raw.at, 0};

	/* A NUL ends a key for some parsers: judge what stands before it. */
	while (head.len < raw.len &&
	       (raw.len - head.len < 6 || memcmp(raw.at + head.len, "\\u0000", 6) != 0))
		head.len += raw.at[head.len] == '\\' && head.len + 1 < raw.len ? 2 : 1;
	if (head.len > LONGEST)
		return DS_KEY_OTHER;
	size_t len = ds_json_decode(decoded, head);
	if (len == SIZE_MAX)
		return DS_KEY_OTHER;
	enum ds_key_match match = ds_key_match((struct ds_text){decoded, len}, wanted);
	return match == DS_KEY_EXACT && head.len < raw.len ? DS_KEY_VARIANT : match;
}

/* Whether the value that follows the key is the next on the way. */
static bool leads_on(struct scan *s, struct ds_text wanted, struct ds_text raw, bool escapes,
		     bool *had)
{
	enum ds_key_match match =
		escapes ? ds_json_key_match(raw, wanted) : ds_key_match(raw, wanted);
	size_t at = (size_t)(raw.at - s->at->begin);

	if (match == DS_KEY_VARIANT)
		note(&s->found->variant, at);
	if (match != DS_KEY_EXACT)
		return false;
	if (*had) {
		note(&s->found->twice, at);
		return false;
	}
	return *had = true;
}

static bool scan_object(struct scan *s, int depth, int level)
{
	struct ds_text wanted = ds_keypath_key(s->path, level);
	bool had = false;
	struct ds_text key;
	bool escapes;
	char close = 0;
	int more;

	s->found->held |= level == s->path_len - 1;
	while ((more = step(s->at, &close)) > 0)
		if (!scan_key(s->at, &key, &escapes) ||
		    !(leads_on(s, wanted, key, escapes, &had) ? scan_value(s, depth + 1, level + 1)
							      : skip_value(s->at, depth + 1)))
			return false;
	return more == 0;
}

static bool scan_value(struct scan *s, int depth, int level)
{
	enum ds_json_type type;

	if (level == s->path_len)
		return take_value(s->at, depth, s->found);
	if (!peek(s->at, &type))
		return false;
	if (type == DS_JSON_OBJECT)
		return scan_object(s, depth, level);
	if (type != DS_JSON_NULL || level == 0)
		note(&s->found->blocked, offset(s->at));
	return skip_known(s->at, type, depth);
}

bool ds_json_scan(struct ds_json_found *found, struct ds_text bytes, const char *path,
		  struct ds_json_error *error)
{
	struct ds_json_cursor at;
	struct scan s = {
		.at = &at,
		.path = path,
		.path_len = ds_keypath_len(path),
		.found = found,
	};

	*found =
		(struct ds_json_found){.twice = SIZE_MAX, .variant = SIZE_MAX, .blocked = SIZE_MAX};
	return ds_json_open(&at, bytes, error) && scan_value(&s, 0, 0) && ds_json_close(&at);
}

/* ---- The cursor --------------------------------------------------------- */

bool ds_json_open(struct ds_json_cursor *s, struct ds_text bytes, struct ds_json_error *error)
{
	if (!bytes.at)
		bytes.at = ""; /* an empty buffer has no bytes to point at */
	*s = (struct ds_json_cursor){bytes.at, bytes.at, bytes.at + bytes.len, error};
	if (bytes.len >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0)
		s->at += 3;
	skip_space(s);
	return s->at < s->end || fail(s, "the file is empty");
}

bool ds_json_close(struct ds_json_cursor *s)
{
	skip_space(s);
	return s->at == s->end || fail(s, "something follows the end of the document");
}

bool ds_json_peek(struct ds_json_cursor *s, enum ds_json_type *type)
{
	return peek(s, type);
}

int ds_json_step(struct ds_json_cursor *s, char *close)
{
	return step(s, close);
}

bool ds_json_key(struct ds_json_cursor *s, struct ds_text *raw, bool *escapes)
{
	return scan_key(s, raw, escapes);
}

bool ds_json_value(struct ds_json_cursor *s, int depth, struct ds_json_found *found)
{
	return found ? take_value(s, depth, found) : skip_value(s, depth);
}

/* ---- Decoding ----------------------------------------------------------- */

static size_t encode(char *out, unsigned point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

/* One \u escape, or the two of a surrogate pair; the bytes read, or 0. */
static size_t decode_unit(struct ds_text raw, unsigned *point)
{
	unsigned high = (unsigned)hex_unit(raw.at + 2);
	*point = high;
	if (high == 0 || (high >= 0xdc00 && high <= 0xdfff))
		return 0;
	if (high < 0xd800 || high > 0xdbff)
		return 6;
	if (raw.len < 12 || raw.at[6] != '\\' || raw.at[7] != 'u')
		return 0;
	unsigned low = (unsigned)hex_unit(raw.at + 8);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static char decode_letter(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

size_t ds_json_decode(char *out, struct ds_text raw)
{
	size_t len = 0;

	while (raw.len) {
		size_t used = 1;
		if (*raw.at != '\\') {
			out[len++] = *raw.at;
		} else if (raw.at[1] != 'u') {
			out[len++] = decode_letter(raw.at[1]);
			used = 2;
		} else {
			unsigned point;
			used = decode_unit(raw, &point);
			if (!used)
				return SIZE_MAX;
			len += encode(out + len, point);
		}
		raw.at += used;
		raw.len -= used;
	}
	return len;
}
