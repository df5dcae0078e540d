#define _GNU_SOURCE /* memmem */
#include "pattern_component.h"

#include <string.h>

/* ---- Pieces of a component ---------------------------------------------- */

enum piece_kind { LITERAL, STAR, CAPTURE };

struct piece {
	enum piece_kind kind;
	struct ds_text text; /* the literal, or the capture's name */
};

static struct ds_text rest(struct ds_text text, size_t used)
{
	return (struct ds_text){text.at + used, text.len - used};
}

static size_t find(struct ds_text text, char c)
{
	const char *at = text.len ? memchr(text.at, c, text.len) : NULL;
	return at ? (size_t)(at - text.at) : text.len;
}

static size_t find_wild(struct ds_text text)
{
	size_t i = 0;
	while (i < text.len && text.at[i] != '*' && text.at[i] != '{')
		i++;
	return i;
}

/* Takes the first piece off a component that is not empty. */
static struct piece take_piece(struct ds_text *component)
{
	struct piece piece = {.kind = LITERAL};
	size_t used = 1;

	if (*component->at == '*') {
		piece.kind = STAR;
	} else if (*component->at == '{') {
		size_t close = find(*component, '}');
		piece.kind = CAPTURE;
		piece.text = (struct ds_text){component->at + 1, close - 1};
		used = close < component->len ? close + 1 : close;
	} else {
		used = find_wild(*component);
		piece.text = (struct ds_text){component->at, used};
	}
	*component = rest(*component, used);
	return piece;
}

bool ds_is_wild(struct ds_text component)
{
	return find_wild(component) < component.len;
}

bool ds_is_any_depth(struct ds_text component)
{
	return ds_text_is(component, "**");
}

struct ds_text ds_take_component(struct ds_text *pattern)
{
	size_t len = find(*pattern, '/');
	struct ds_text component = {pattern->at, len};
	*pattern = rest(*pattern, len < pattern->len ? len + 1 : len);
	return component;
}

/* ---- Checking ----------------------------------------------------------- */

static bool is_name(struct ds_text name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	for (size_t i = 0; i < name.len; i++)
		if (!strchr(letters, name.at[i]))
			return false;
	return name.len > 0;
}

static bool has_name(const struct ds_captures *captures, struct ds_text name)
{
	for (int i = 0; i < captures->len; i++)
		if (ds_text_equal(captures->name[i], name))
			return true;
	return false;
}

static int check_component(struct ds_text component, struct ds_captures *names, ds_error *err)
{
	for (size_t i = 1; !ds_is_any_depth(component) && i < component.len; i++)
		if (component.at[i] == '*' && component.at[i - 1] == '*')
			return ds_fail(err, DS_TROUBLE, "\"**\" stands alone between two \"/\"");
	while (component.len) {
		bool closed = find(component, '}') < component.len;
		struct piece piece = take_piece(&component);
		if (piece.kind != CAPTURE)
			continue;
		if (!closed || !is_name(piece.text))
			return ds_fail(err, DS_TROUBLE,
				       "a capture is written {name}, in lower case");
		if (has_name(names, piece.text) || names->len == DS_CAPTURE_LIMIT)
			return ds_fail(err, DS_TROUBLE, "{%.*s} is there twice, or one too many",
				       (int)piece.text.len, piece.text.at);
		names->name[names->len++] = piece.text;
	}
	return 0;
}

int ds_pattern_check(const char *pattern, ds_error *err)
{
	struct ds_text left = ds_text_of(pattern);
	struct ds_captures names = {0};
	int any_depth = 0;
	bool open_end = false; /* "**" has to be followed by something */

	if (!left.len || *pattern == '/')
		return ds_fail(err, DS_TROUBLE, "a pattern is relative and not empty");
	while (left.len) {
		struct ds_text component = ds_take_component(&left);
		if (!component.len || ds_text_is(component, ".") || ds_text_is(component, ".."))
			return ds_fail(err, DS_TROUBLE, "a component is empty, \".\" or \"..\"");
		open_end = ds_is_any_depth(component);
		any_depth += open_end;
		int status = check_component(component, &names, err);
		if (status)
			return status;
	}
	if (any_depth > 1 || open_end)
		return ds_fail(err, DS_TROUBLE, "\"**\" may be there once, and not at the end");
	return 0;
}

/* ---- Matching ----------------------------------------------------------- */

/* The first place of `needle` in `text` at or behind `from`, or SIZE_MAX. Both may be long, and
 * somebody else's: memmem takes no more steps than there are bytes. */
static size_t find_text(struct ds_text text, size_t from, struct ds_text needle)
{
	const char *found =
		from > text.len ? NULL
				: memmem(text.at + from, text.len - from, needle.at, needle.len);
	return found ? (size_t)(found - text.at) : (size_t)-1;
}

static void capture(struct ds_captures *captures, const struct piece *piece, struct ds_text value)
{
	if (piece->kind != CAPTURE || captures->len == DS_CAPTURE_LIMIT)
		return;
	captures->name[captures->len] = piece->text;
	captures->value[captures->len++] = value;
}

/*
 * Wildcards lie between literals, and each should be as short as it can. So each
 * literal is looked for from the left, which leaves the most for those behind
 * it, and only the last has to be at the end: no backtracking, whatever the
 * pattern.
 */
bool ds_match_component(struct ds_text pattern, struct ds_text name, struct ds_captures *captures)
{
	if (name.len && *name.at == '.' && pattern.len &&
	    (*pattern.at == '*' || *pattern.at == '{'))
		return false;
	while (pattern.len) {
		struct piece piece = take_piece(&pattern);
		if (piece.kind == LITERAL) {
			if (name.len < piece.text.len ||
			    memcmp(name.at, piece.text.at, piece.text.len) != 0)
				return false;
			name = rest(name, piece.text.len);
			continue;
		}
		size_t least = piece.kind == CAPTURE;
		size_t len = least;
		struct ds_text behind = pattern;
		struct piece next = {.kind = STAR};
		if (behind.len)
			next = take_piece(&behind);
		if (!pattern.len)
			len = name.len;
		else if (next.kind == LITERAL && !behind.len)
			len = name.len < next.text.len ? (size_t)-1 : name.len - next.text.len;
		else if (next.kind == LITERAL)
			len = find_text(name, least, next.text);
		if (len == (size_t)-1 || len < least || len > name.len)
			return false;
		capture(captures, &piece, (struct ds_text){name.at, len});
		name = rest(name, len);
	}
	return name.len == 0;
}

static size_t count_slashes(struct ds_text text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '/';
	return count;
}

/* "**" is there once: it stands for as many directories as the path has more than what is
 * left of the pattern. */
static bool skip_any_depth(struct ds_text left, struct ds_text *path)
{
	size_t wanted = count_slashes(left);

	for (size_t count = count_slashes(*path); count > wanted; count--) {
		if (*path->at == '.')
			return false;
		*path = rest(*path, find(*path, '/') + 1);
	}
	return true;
}

static bool match_all(struct ds_text pattern, struct ds_text path, struct ds_captures *captures)
{
	while (pattern.len && path.len) {
		struct ds_text component = ds_take_component(&pattern);
		if (ds_is_any_depth(component)) {
			if (!skip_any_depth(pattern, &path))
				return false;
			continue;
		}
		struct ds_text name = ds_take_component(&path);
		if (!ds_match_component(component, name, captures))
			return false;
	}
	return pattern.len == path.len;
}

bool ds_ends_in_slash(struct ds_text text)
{
	return text.len && text.at[text.len - 1] == '/';
}

/* The directories before the first wildcard are there byte by byte, or nothing matches: most
 * of a path that is asked about is settled by that. False where they differ. */
static bool skip_lead(struct ds_text *pattern, struct ds_text *path)
{
	size_t len = 0;

	for (size_t i = 0; i < pattern->len && pattern->at[i] != '*' && pattern->at[i] != '{';
	     i++) {
		if (i == path->len || pattern->at[i] != path->at[i])
			return false;
		if (pattern->at[i] == '/')
			len = i + 1;
	}
	*pattern = rest(*pattern, len);
	*path = rest(*path, len);
	return true;
}

bool ds_pattern_match(const char *pattern, struct ds_text path, struct ds_captures *captures)
{
	struct ds_captures found = {0};
	struct ds_text text = ds_text_of(pattern);

	if (ds_ends_in_slash(text) != ds_ends_in_slash(path) || !skip_lead(&text, &path) ||
	    !match_all(text, path, &found))
		return false;
	if (captures)
		*captures = found;
	return true;
}

struct ds_text ds_capture(const struct ds_captures *captures, const char *name)
{
	for (int i = 0; i < captures->len; i++)
		if (ds_text_is(captures->name[i], name))
			return captures->value[i];
	return (struct ds_text){0};
}

static bool fill_piece(struct ds_buf *out, const struct piece *piece,
		       const struct ds_captures *captures)
{
	if (piece->kind == LITERAL)
		return ds_buf_append(out, piece->text.at, piece->text.len);
	for (int i = 0; piece->kind == CAPTURE && i < captures->len; i++)
		if (ds_text_equal(captures->name[i], piece->text))
			return ds_buf_append(out, captures->value[i].at, captures->value[i].len);
	return false;
}

bool ds_pattern_fill(struct ds_buf *out, const char *pattern, const struct ds_captures *captures)
{
	struct ds_text left = ds_text_of(pattern);

	while (left.len) {
		struct piece piece = take_piece(&left);
		if (!fill_piece(out, &piece, captures))
			return false;
	}
	return true;
}

/* ---- Two patterns --------------------------------------------------------- */

static size_t literal_tail(struct ds_text component)
{
	size_t len = 0;
	while (len < component.len && !strchr("*}", component.at[component.len - len - 1]))
		len++;
	return len;
}

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Whether a name matches both. Between wildcards anything may stand: where both have one, only
 * what is before the first and behind the last can keep them apart. */
static bool names_meet(struct ds_text a, struct ds_text b)
{
	struct ds_captures unused = {.len = 0};

	if (!ds_is_wild(a))
		return ds_is_wild(b) ? ds_match_component(b, a, &unused) : ds_text_equal(a, b);
	if (!ds_is_wild(b))
		return ds_match_component(a, b, &unused);
	size_t before = lesser(find_wild(a), find_wild(b));
	size_t behind = lesser(literal_tail(a), literal_tail(b));
	if (!before && (*a.at == '.' || *b.at == '.'))
		return false;
	return memcmp(a.at, b.at, before) == 0 &&
	       memcmp(a.at + a.len - behind, b.at + b.len - behind, behind) == 0;
}

static struct ds_text take_last(struct ds_text *pattern)
{
	size_t at = pattern->len;

	while (at && pattern->at[at - 1] != '/')
		at--;
	struct ds_text component = rest(*pattern, at);
	pattern->len = at ? at - 1 : 0;
	return component;
}

static bool may_be_nothing(struct ds_text pattern)
{
	return !pattern.len || ds_is_any_depth(pattern);
}

/* From one end up to a "**", which stands for as much as is left of the other. */
static bool sides_meet(struct ds_text *a, struct ds_text *b,
		       struct ds_text (*take)(struct ds_text *pattern))
{
	while (a->len && b->len) {
		struct ds_text left[] = {*a, *b};
		struct ds_text one = take(&left[0]);
		struct ds_text other = take(&left[1]);
		if (ds_is_any_depth(one) || ds_is_any_depth(other))
			return true;
		if (!names_meet(one, other))
			return false;
		*a = left[0];
		*b = left[1];
	}
	return may_be_nothing(*a) && may_be_nothing(*b);
}

bool ds_patterns_meet(const char *one, const char *other)
{
	struct ds_text a = ds_text_of(one);
	struct ds_text b = ds_text_of(other);

	return sides_meet(&a, &b, ds_take_component) && sides_meet(&a, &b, take_last);
}

struct ds_text ds_pattern_lead(const char *pattern)
{
	size_t open = strcspn(pattern, "*{");
	size_t len = strlen(pattern);

	if (pattern[open])
		for (len = open; len && pattern[len - 1] != '/';)
			len--;
	return (struct ds_text){pattern, len && pattern[len - 1] == '/' ? len - 1 : len};
}
