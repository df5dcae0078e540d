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
	for (size_t i = 1; !is_any_depth(component) && i < component.len; i++)
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

	if (ends_in_slash(text) != ends_in_slash(path) || !skip_lead(&text, &path) ||
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

/* ---- Walking ------------------------------------------------------------ */

/* What is left of a pattern in the directory that the walk is in. */
struct tail {
	struct ds_text pattern;
	int which; /* number of the whole pattern */
};

/* A pattern with "**" leaves several: one for each component behind it at the most. */
struct tails {
	struct tail at[2 * DS_WALK_LIMIT];
	int len;
	bool too_many;
};

struct walker {
	const struct ds_walk *walk;
	struct ds_buf path; /* without a "/" at its end */
	ds_error *err;
};

static int walk_from(struct walker *w, const struct tails *tails);

static void add(struct tails *tails, struct ds_text pattern, int which)
{
	if (tails->len == 2 * DS_WALK_LIMIT)
		tails->too_many = true;
	else
		tails->at[tails->len++] = (struct tail){pattern, which};
}

static struct ds_text first_of(struct tail tail, struct ds_text *left)
{
	*left = tail.pattern;
	return take_component(left);
}

static bool push(struct walker *w, struct ds_text name)
{
	if (w->path.len)
		ds_buf_puts(&w->path, "/");
	return ds_buf_append(&w->path, name.at, name.len);
}

static int emit(struct walker *w, int which)
{
	return w->walk->match(w->walk->context, w->path.bytes, which, w->err);
}

/* The directory that is being listed, and what its names have to match. */
struct listing {
	struct walker *w;
	const struct tails *tails;
	size_t base; /* the length of the directory's own path */
};

/* A name that the last component of a pattern matches. */
static int arrive(struct walker *w, struct tail tail, enum ds_entry_kind kind)
{
	enum ds_entry_kind wanted =
		ends_in_slash(tail.pattern) ? DS_ENTRY_DIRECTORY : DS_ENTRY_FILE;
	return kind == wanted || kind == DS_ENTRY_LINK ? emit(w, tail.which) : 0;
}

static int enter(struct listing *l, struct ds_text name, enum ds_entry_kind kind)
{
	bool enterable = kind == DS_ENTRY_DIRECTORY || kind == DS_ENTRY_LINK;
	struct tails below = {.len = 0};
	int status = 0;

	for (int i = 0; i < l->tails->len && !status; i++) {
		struct ds_captures unused = {.len = 0};
		struct tail tail = l->tails->at[i];
		struct ds_text left;
		struct ds_text component = first_of(tail, &left);
		if (is_any_depth(component)) {
			/* Links are not followed here: they could lead in circles. */
			if (kind == DS_ENTRY_DIRECTORY && *name.at != '.')
				add(&below, tail.pattern, tail.which);
		} else if (is_wild(component) && match_component(component, name, &unused)) {
			if (!left.len)
				status = arrive(l->w, tail, kind);
			else if (enterable)
				add(&below, left, tail.which);
		}
	}
	return status || !below.len ? status : walk_from(l->w, &below);
}

static int on_name(void *context, const char *name, enum ds_entry_kind kind)
{
	struct listing *l = context;
	struct ds_text text = ds_text_of(name);
	int status = push(l->w, text) ? enter(l, text, kind) : ds_fail_memory(l->w->err);
	ds_buf_cut(&l->w->path, l->base);
	return status;
}

static unsigned patterns_of(const struct tails *tails)
{
	unsigned patterns = 0;
	for (int i = 0; i < tails->len; i++)
		patterns |= 1u << tails->at[i].which;
	return patterns;
}

/* Lists the directory if a wildcard asks for it. */
static int walk_wild(struct walker *w, const struct tails *tails)
{
	struct ds_source *source = w->walk->source;
	struct tails wild = {.len = 0};
	struct listing l = {.w = w, .tails = &wild, .base = w->path.len};
	struct ds_text left;
	ds_error why = {0};

	for (int i = 0; i < tails->len; i++)
		if (is_wild(first_of(tails->at[i], &left)))
			add(&wild, tails->at[i].pattern, tails->at[i].which);
	if (!wild.len)
		return 0;
	const char *path = l.base ? w->path.bytes : "";
	/* What a callback says is already in w->err; `why` is the source's. */
	int status = source->ops->list(source, path, on_name, &l, &why);
	if (!status || !why.status)
		return status;
	ds_buf_cut(&w->path, l.base);
	path = l.base ? w->path.bytes : "";
	return w->walk->problem(w->walk->context, path, patterns_of(&wild), why.message, w->err);
}

/* What stands at the path, for the patterns that end here. */
static int arrive_at(struct walker *w, const struct tails *here)
{
	struct ds_source *source = w->walk->source;
	struct ds_blob blob = {0};
	int status = 0;

	source->ops->read(source, w->path.bytes, NULL, &blob);
	for (int i = 0; i < here->len && !status; i++) {
		bool directory = ends_in_slash(here->at[i].pattern);
		if (blob.kind == (directory ? DS_DIRECTORY : DS_REGULAR) ||
		    blob.kind == DS_UNUSABLE)
			status = emit(w, here->at[i].which);
	}
	ds_blob_free(&blob);
	return status;
}

/* The tails that begin with this component, which has no wildcard: it need not be
 * listed, but at the end of a pattern it has to be there. */
static int walk_literal(struct walker *w, const struct tails *tails, struct ds_text component)
{
	struct tails below = {.len = 0};
	struct tails here = {.len = 0};
	size_t base = w->path.len;
	int status = 0;

	for (int i = 0; i < tails->len; i++) {
		struct ds_text left;
		if (!ds_text_equal(first_of(tails->at[i], &left), component))
			continue;
		if (left.len)
			add(&below, left, tails->at[i].which);
		else
			add(&here, tails->at[i].pattern, tails->at[i].which);
	}
	if (!push(w, component))
		status = ds_fail_memory(w->err);
	if (!status && here.len)
		status = arrive_at(w, &here);
	if (!status && below.len)
		status = walk_from(w, &below);
	ds_buf_cut(&w->path, base);
	return status;
}

static bool is_first_of_its_kind(const struct tails *tails, int index)
{
	struct ds_text left;
	struct ds_text component = first_of(tails->at[index], &left);
	for (int i = 0; i < index; i++)
		if (ds_text_equal(first_of(tails->at[i], &left), component))
			return false;
	return true;
}

static int walk_from(struct walker *w, const struct tails *tails)
{
	struct tails all = *tails;
	int status = 0;

	for (int i = 0; i < tails->len; i++) {
		struct ds_text left;
		if (is_any_depth(first_of(tails->at[i], &left)))
			add(&all, left, tails->at[i].which);
	}
	if (all.too_many)
		return ds_fail(w->err, DS_TROUBLE, "too many components behind \"**\"");
	for (int i = 0; i < all.len && !status; i++) {
		struct ds_text left;
		struct ds_text component = first_of(all.at[i], &left);
		if (!is_wild(component) && is_first_of_its_kind(&all, i))
			status = walk_literal(w, &all, component);
	}
	return status ? status : walk_wild(w, &all);
}

int ds_pattern_walk(const struct ds_walk *walk, ds_error *err)
{
	struct walker w = {.walk = walk, .err = err};
	struct tails tails = {.len = 0};

	for (int i = 0; i < walk->pattern_count; i++)
		add(&tails, ds_text_of(walk->patterns[i]), i);
	int status = walk_from(&w, &tails);
	ds_buf_free(&w.path);
	return status;
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
