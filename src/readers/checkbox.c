/*
 * The reader for task lists in Markdown: a record is an item of a list, or a heading, that
 * begins with a box: "- [x] Phase 2: parse", "## [~] Track: fast".
 *
 * Which item it is about stands in its text, or in the target of a link in it.
 */
#include <stdint.h>
#include <string.h>

#include "err.h"
#include "markdown.h"
#include "readers.h"

/* ---- Patterns over text ------------------------------------------------- */

/* "*" stands for any text, {id} for at least one byte of it, both as short as can be. As
 * nothing ends it there, {id} before a "*" is one word: "2.1" of "2.1: x". */
struct piece {
	struct ds_text literal; /* behind the wildcard */
	bool wild;              /* there is a wildcard before it */
	bool id;                /* and it is {id} */
	bool last;
};

static struct piece take_piece(const char **pattern)
{
	struct piece piece = {.wild = **pattern == '*'};

	if (piece.wild)
		++*pattern;
	else if (strncmp(*pattern, "{id}", 4) == 0) {
		piece.wild = piece.id = true;
		*pattern += 4;
	}
	piece.literal = (struct ds_text){*pattern, 0};
	while (**pattern && **pattern != '*' && strncmp(*pattern, "{id}", 4) != 0)
		++*pattern;
	piece.literal.len = (size_t)(*pattern - piece.literal.at);
	piece.last = !**pattern;
	return piece;
}

static bool stands_at(struct ds_text text, size_t at, struct ds_text literal)
{
	return text.len - at >= literal.len && memcmp(text.at + at, literal.at, literal.len) == 0;
}

static size_t word_length(struct ds_text text)
{
	size_t len = 0;
	size_t end = 0; /* dots and dashes only inside of it */

	for (; len < text.len; len++) {
		unsigned char c = (unsigned char)text.at[len];
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c >= 0x80)
			end = len + 1;
		else if (!memchr("._-", c, 3))
			break;
	}
	return end ? end : text.len + 1;
}

/* How long the piece's wildcard is, or more than the text, where the piece does not fit. */
static size_t fit(const struct piece *piece, struct ds_text text)
{
	size_t len = piece->id;

	if (piece->id && !piece->literal.len && !piece->last)
		return word_length(text);
	if (piece->last && piece->wild && text.len >= piece->literal.len &&
	    text.len - piece->literal.len > len)
		len = text.len - piece->literal.len;
	while (len <= text.len && !stands_at(text, len, piece->literal)) {
		if (!piece->wild)
			return text.len + 1;
		len++;
	}
	return len;
}

/* As each literal is taken where it comes first, most is left for those behind it, and
 * nothing is ever tried twice. */
static bool match(const char *pattern, struct ds_text text, struct ds_text *id)
{
	struct piece piece;

	do {
		piece = take_piece(&pattern);
		size_t len = fit(&piece, text);
		if (len > text.len)
			return false;
		if (piece.id)
			*id = (struct ds_text){text.at, len};
		text.at += len + piece.literal.len;
		text.len -= len + piece.literal.len;
	} while (!piece.last);
	return !text.len;
}

/* ---- What is asked for -------------------------------------------------- */

static const char in_link[] = "link:";

static bool is_link(const char *pattern)
{
	return strncmp(pattern, in_link, sizeof in_link - 1) == 0;
}

static bool has_id(const char *pattern)
{
	const char *first = pattern ? strstr(pattern, "{id}") : NULL;

	return first && !strstr(first + 1, "{id}");
}

static int checkbox_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	*many = true;
	if (!has_id(spec->id ? spec->id : spec->at) || (spec->at && is_link(spec->at)))
		return ds_fail(err, DS_TROUBLE,
			       "a checkbox needs id: with one {id} in it, as in \"Phase {id}:*\" "
			       "for its text, or \"link:*/{id}/*\" for a link in it");
	return 0;
}

/* ---- Boxes -------------------------------------------------------------- */

/* The length of a box that the text begins with, or 0. A digit is a reference. */
static size_t box(struct ds_text text)
{
	struct ds_text inside = {text.at + 1, text.len ? text.len - 1 : 0};
	unsigned point = 0;
	size_t len = ds_utf8_next(inside, &point);

	if (!len || *text.at != '[' || point < ' ' || point == '[' || point == ']' ||
	    (point >= '0' && point <= '9') || len == inside.len || inside.at[len] != ']')
		return 0;
	len += 2;
	return len == text.len || text.at[len] == ' ' || text.at[len] == '\t' ? len : 0;
}

/* The paragraph or heading that a box may stand before, or NULL. */
static cmark_node *holder(cmark_node *node)
{
	cmark_node *parent = cmark_node_parent(node);

	if (cmark_node_get_type(node) == CMARK_NODE_HEADING)
		return node;
	return cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH && !cmark_node_previous(node) &&
			       cmark_node_get_type(parent) == CMARK_NODE_ITEM
		       ? node
		       : NULL;
}

static struct ds_text find_box(struct ds_markdown *md, cmark_node *node)
{
	cmark_node *first = cmark_node_first_child(node);
	int number;
	struct ds_text line = ds_markdown_first(md, node, &number);

	if (cmark_node_get_type(node) == CMARK_NODE_HEADING)
		while (line.len && strchr("# \t", *line.at)) {
			line.at++;
			line.len--;
		}
	/* "[x]" may be a link to somewhere. */
	bool is_text = first && cmark_node_get_type(first) == CMARK_NODE_TEXT &&
		       *ds_markdown_ask(md, first, cmark_node_get_literal) == '[';
	return (struct ds_text){line.at, is_text ? box(line) : 0};
}

/* As everywhere in a path {id} is one name, and what stands before it may be any folders. */
static bool match_target(const char *pattern, const char *target, struct ds_text *id)
{
	struct ds_text rest = {target, strcspn(target, "#?")};

	while (match(pattern, rest, id)) {
		const char *slash = memchr(rest.at, '/', rest.len);
		if (!memchr(id->at, '/', id->len))
			return true;
		if (*pattern != '*' || !slash)
			return false;
		rest.len -= (size_t)(slash + 1 - rest.at);
		rest.at = slash + 1;
	}
	return false;
}

/* Matches the first link in this block. */
static bool match_link(struct ds_markdown *md, const char *pattern, cmark_node *block,
		       struct ds_text *id)
{
	for (cmark_node *n = block; n; n = ds_markdown_next(n, block))
		if (cmark_node_get_type(n) == CMARK_NODE_LINK &&
		    match_target(pattern, ds_markdown_ask(md, n, cmark_node_get_url), id))
			return true;
	return false;
}

static bool match_links(struct ds_markdown *md, const char *pattern, cmark_node *block,
			struct ds_text *id)
{
	cmark_node *below = cmark_node_next(block);

	pattern += sizeof in_link - 1;
	return match_link(md, pattern, block, id) ||
	       (cmark_node_get_type(block) == CMARK_NODE_HEADING && below &&
		cmark_node_get_type(below) == CMARK_NODE_PARAGRAPH &&
		match_link(md, pattern, below, id));
}

static bool matches(struct ds_markdown *md, const struct ds_spec *spec, cmark_node *block,
		    struct ds_text text, struct ds_text *id)
{
	if (spec->id && spec->at && *spec->at && !match(spec->at, text, id))
		return false;
	*id = (struct ds_text){"", 0};
	if (spec->id && is_link(spec->id))
		return match_links(md, spec->id, block, id);
	const char *pattern = spec->id ? spec->id : spec->at;
	return !pattern || !*pattern || match(pattern, text, id);
}

/* ---- Records ------------------------------------------------------------ */

static bool add_box(struct ds_records *out, const struct ds_markdown *md, struct ds_text marker,
		    struct ds_text id, const char *const *fields, struct ds_arena *arena)
{
	size_t count = 1;
	size_t start = ds_markdown_offset(md, marker);

	while (fields && fields[count - 1])
		count++;
	struct ds_value *values = ds_arena_alloc(arena, count * sizeof *values);
	const char *copy = ds_arena_copy(arena, id.at, id.len);
	if (!values || !copy)
		return false;
	/* GitHub ticks a box with either, and no rule should have to name both. */
	values[0] =
		(struct ds_value){.text = ds_text_is(marker, "[X]") ? ds_text_of("[x]") : marker,
				  .word = true,
				  .editable = true,
				  .placed = true,
				  .start = start,
				  .end = start + marker.len};
	while (--count)
		values[count] =
			(struct ds_value){.code = DS_MISSING_STATUS, .why = "a box has no fields"};
	struct ds_record record = {{copy, id.len}, start, start + marker.len, values};
	return ds_records_add(out, &record);
}

static bool add_block(struct ds_records *out, struct ds_markdown *md, cmark_node *block,
		      const struct ds_spec *spec, const char *const *fields, struct ds_arena *arena)
{
	struct ds_text marker = find_box(md, block);
	struct ds_text id;
	struct ds_buf seen = {0};

	if (!marker.len)
		return true;
	bool done = ds_markdown_text(md, &seen, block);
	/* The marker is in the text, as cmark is not asked for boxes. */
	struct ds_text text = {seen.bytes, seen.len};
	if (done && seen.len >= marker.len)
		text = (struct ds_text){seen.bytes + marker.len, seen.len - marker.len};
	if (done && matches(md, spec, block, ds_text_trim(text), &id))
		done = add_box(out, md, marker, ds_text_trim(id), fields, arena);
	ds_buf_free(&seen);
	return done;
}

static bool checkbox_records(struct ds_records *out, struct ds_text bytes,
			     const struct ds_spec *spec, const char *const *fields,
			     struct ds_arena *arena)
{
	struct ds_markdown md;
	struct ds_reading defect;
	bool done = true;

	if (!ds_markdown_parse(&md, bytes, SIZE_MAX, &defect))
		done = ds_markdown_refuse(out, &defect);
	for (cmark_node *node = md.root; node && done; node = ds_markdown_next_block(node, md.root))
		if (holder(node))
			done = add_block(out, &md, node, spec, fields, arena);
	done &= !md.failed;
	ds_markdown_free(&md);
	return done;
}

static bool checkbox_edit(struct ds_edit *out, struct ds_text bytes,
			  const struct ds_reading *reading, struct ds_text word,
			  struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	if (box(word) != word.len)
		return ds_edit_refuse(why, "a box can only be [x], [ ], or another character "
					   "in brackets");
	return ds_markdown_edit(out, bytes, reading, word, scratch, why);
}

const struct ds_reader ds_checkbox_reader = {
	.name = "checkbox",
	.extent = {.first = 16 * 1024, .limit = DS_FILE_LIMIT},
	.check = checkbox_check,
	.records = checkbox_records,
	.edit = checkbox_edit,
};
