#include "pattern.h"

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

static bool is_wild(struct ds_text component)
{
	return find_wild(component) < component.len;
}

static bool is_any_depth(struct ds_text component)
{
	return ds_text_is(component, "**");
}

/* The first component; *pattern moves behind its "/". */
static struct ds_text take_component(struct ds_text *pattern)
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
		struct ds_text component = take_component(&left);
		if (!component.len || ds_text_is(component, ".") || ds_text_is(component, ".."))
			return ds_fail(err, DS_TROUBLE, "a component is empty, \".\" or \"..\"");
		open_end = is_any_depth(component);
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

/* The first place of `needle` in `text` at or behind `from`, or SIZE_MAX. */
static size_t find_text(struct ds_text text, size_t from, struct ds_text needle)
{
	for (size_t i = from; i + needle.len <= text.len; i++)
		if (memcmp(text.at + i, needle.at, needle.len) == 0)
			return i;
	return (size_t)-1;
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
static bool match_component(struct ds_text pattern, struct ds_text name,
			    struct ds_captures *captures)
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

static bool match_all(struct ds_text pattern, struct ds_text path, struct ds_captures *captures)
{
	while (pattern.len && path.len) {
		struct ds_text left = pattern;
		struct ds_text component = take_component(&left);
		if (is_any_depth(component)) {
			for (;;) {
				struct ds_captures tried = *captures;
				if (match_all(left, path, &tried)) {
					*captures = tried;
					return true;
				}
				size_t slash = find(path, '/');
				if (slash == path.len || *path.at == '.')
					return false;
				path = rest(path, slash + 1);
			}
		}
		struct ds_text name = take_component(&path);
		if (!match_component(component, name, captures))
			return false;
		pattern = left;
	}
	return pattern.len == path.len;
}

static bool ends_in_slash(struct ds_text text)
{
	return text.len && text.at[text.len - 1] == '/';
}

bool ds_pattern_match(const char *pattern, struct ds_text path, struct ds_captures *captures)
{
	struct ds_captures found = {0};
	struct ds_text text = ds_text_of(pattern);

	if (ends_in_slash(text) != ends_in_slash(path) || !match_all(text, path, &found))
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

/* ---- Walking ------------------------------------------------------------ */

struct walker {
	const struct ds_walk *walk;
	struct ds_buf path; /* without a "/" at its end */
	ds_error *err;
};

static int walk_from(struct walker *w, struct ds_text pattern);

static bool push(struct walker *w, struct ds_text name)
{
	if (w->path.len)
		ds_buf_puts(&w->path, "/");
	return ds_buf_append(&w->path, name.at, name.len);
}

static int emit(struct walker *w)
{
	return w->walk->match(w->walk->context, w->path.bytes, w->err);
}

/* The directory that is being listed, and what its names have to match. */
struct listing {
	struct walker *w;
	struct ds_text component;
	struct ds_text left;
	bool directories; /* the pattern ends here, in a "/" */
	size_t base;      /* the length of the directory's own path */
};

static int enter(struct listing *l, const char *name, enum ds_entry_kind kind)
{
	struct walker *w = l->w;
	bool link = kind == DS_ENTRY_LINK;
	int status = 0;

	if (!push(w, ds_text_of(name)))
		status = ds_fail_memory(w->err);
	else if (l->left.len)
		status = kind == DS_ENTRY_DIRECTORY || link ? walk_from(w, l->left) : 0;
	else if (link || kind == (l->directories ? DS_ENTRY_DIRECTORY : DS_ENTRY_FILE))
		status = emit(w);
	ds_buf_cut(&w->path, l->base);
	return status;
}

static int on_name(void *context, const char *name, enum ds_entry_kind kind)
{
	struct listing *l = context;
	struct ds_captures unused = {0};
	if (!match_component(l->component, ds_text_of(name), &unused))
		return 0;
	return enter(l, name, kind);
}

/* Below "**": every directory is entered as if the "**" were still ahead. Links
 * are not followed: they could lead in circles. */
static int on_any_name(void *context, const char *name, enum ds_entry_kind kind)
{
	struct listing *l = context;
	if (kind != DS_ENTRY_DIRECTORY || *name == '.')
		return 0;
	return enter(l, name, kind);
}

static int list(struct listing *l, ds_entry_fn entry)
{
	struct ds_source *source = l->w->walk->source;
	ds_error why = {0};

	l->base = l->w->path.len;
	const char *path = l->base ? l->w->path.bytes : "";
	/* What a callback says is already in w->err; `why` is the source's. */
	int status = source->ops->list(source, path, entry, l, &why);
	if (status && why.status) {
		ds_buf_cut(&l->w->path, l->base);
		return l->w->walk->problem(l->w->walk->context, path, why.message, l->w->err);
	}
	return status;
}

/* A component without wildcards need not be listed; a file or directory at the
 * end of the pattern has to be there, though. */
static int walk_literal(struct walker *w, struct ds_text component, struct ds_text left,
			bool directory)
{
	struct ds_source *source = w->walk->source;
	struct ds_blob blob = {0};
	size_t base = w->path.len;
	int status = 0;

	if (!push(w, component))
		status = ds_fail_memory(w->err);
	else if (left.len)
		status = walk_from(w, left);
	else {
		source->ops->read(source, w->path.bytes, NULL, &blob);
		if (blob.kind == (directory ? DS_DIRECTORY : DS_REGULAR) ||
		    blob.kind == DS_UNUSABLE)
			status = emit(w);
		ds_blob_free(&blob);
	}
	ds_buf_cut(&w->path, base);
	return status;
}

static int walk_from(struct walker *w, struct ds_text pattern)
{
	struct ds_text left = pattern;
	struct ds_text component = take_component(&left);
	struct listing l = {.w = w, .component = component, .left = left};

	l.directories = !left.len && ends_in_slash(pattern);
	if (is_any_depth(component)) {
		int status = walk_from(w, left);
		if (status)
			return status;
		l.left = pattern;
		return list(&l, on_any_name);
	}
	if (is_wild(component))
		return list(&l, on_name);
	return walk_literal(w, component, left, l.directories);
}

int ds_pattern_walk(const struct ds_walk *walk, const char *pattern, ds_error *err)
{
	struct walker w = {.walk = walk, .err = err};
	int status = walk_from(&w, ds_text_of(pattern));
	ds_buf_free(&w.path);
	return status;
}
