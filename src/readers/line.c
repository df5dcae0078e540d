/*
 * The reader for a line of Markdown: "Status: x", with or without emphasis, as a heading, in
 * a list or a quote, or in a fenced preamble; or "## Status", and what stands right below it.
 *
 * Only what stands before the second heading counts (where a file is headings from its first
 * line on, as "# Status: x" below "# Title: y", all of those), and only once. Where there is
 * no such line, the first heading that is the label counts, wherever it is.
 */
#include <stdint.h>
#include <string.h>

#include "err.h"
#include "markdown.h"
#include "readers.h"

static int line_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	struct ds_text label = spec->at ? ds_text_of(spec->at) : (struct ds_text){0};

	*many = false;
	if (!label.len || spec->id || strpbrk(spec->at, ":*_`\n\r") ||
	    !ds_text_equal(ds_text_trim(label), label))
		return ds_fail(err, DS_TROUBLE,
			       "a line needs at: the label before the colon, as in at: Status");
	return 0;
}

/* ---- One line ----------------------------------------------------------- */

static size_t skip_any(struct ds_text *text, const char *set)
{
	size_t len = 0;

	while (len < text->len && text->at[len] && strchr(set, text->at[len]))
		len++;
	text->at += len;
	text->len -= len;
	return len;
}

static bool skip_label(struct ds_text *line, struct ds_text label)
{
	struct ds_text begin = {line->at, line->len < label.len ? line->len : label.len};

	if (!ds_text_equal_but_for_case(begin, label))
		return false;
	line->at += label.len;
	line->len -= label.len;
	return true;
}

static bool cut_end(struct ds_text *text, const char *end)
{
	size_t len = strlen(end);

	if (text->len < len ||
	    !ds_text_equal_but_for_case((struct ds_text){text->at + text->len - len, len},
					ds_text_of(end)))
		return false;
	text->len -= len;
	*text = ds_text_trim(*text);
	return true;
}

static void cut_break(struct ds_text *text)
{
	while (cut_end(text, "<br>") || cut_end(text, "<br/>") || cut_end(text, "<br />") ||
	       cut_end(text, "\\"))
		continue;
}

/* The comment that the text begins with, or 0. It may go on below the line. */
static size_t comment(struct ds_text text)
{
	if (text.len < 4 || memcmp(text.at, "<!--", 4) != 0)
		return 0;
	for (size_t len = 7; len <= text.len; len++)
		if (memcmp(text.at + len - 3, "-->", 3) == 0)
			return len;
	return text.len;
}

/* Comments at either end are somebody's, and not the status. */
static void cut_comments(struct ds_text *text)
{
	size_t end = 0;
	size_t len;

	while ((len = comment(*text)))
		*text = ds_text_trim((struct ds_text){text->at + len, text->len - len});
	for (size_t at = 0; at < text->len; at += len ? len : 1) {
		len = comment((struct ds_text){text->at + at, text->len - at});
		if (!len && text->at[at] != ' ' && text->at[at] != '\t')
			end = at + 1;
	}
	text->len = end;
}

static void cut_around(struct ds_text *text)
{
	cut_break(text);
	cut_comments(text);
	cut_break(text); /* it may stand before them */
}

/* Marks that are around the whole text. */
static void unwrap(struct ds_text *text)
{
	size_t n = 0;
	char mark = text->len ? *text->at : '\0';

	if (!mark || !strchr("*_`", mark))
		return;
	while (2 * n < text->len && text->at[n] == mark && text->at[text->len - 1 - n] == mark)
		n++;
	struct ds_text inner = {text->at + n, text->len - 2 * n};
	if (2 * n < text->len && !memchr(inner.at, mark, inner.len))
		*text = inner;
}

/* A closing run of number signs belongs to the heading, if there is a blank before it. */
static void cut_heading(struct ds_text *text)
{
	size_t len = text->len;

	while (len && text->at[len - 1] == '#')
		len--;
	if (!len || text->at[len - 1] == ' ' || text->at[len - 1] == '\t')
		text->len = len;
	*text = ds_text_trim(*text);
}

/* The value behind the label; where there is none, an empty one behind the colon. */
static bool match(struct ds_text line, const char *label, cmark_node_type type,
		  struct ds_text *value)
{
	if (type == CMARK_NODE_HEADING)
		skip_any(&line, "# \t");
	size_t open = type == CMARK_NODE_CODE_BLOCK ? 0 : skip_any(&line, "*_");
	if (!skip_label(&line, ds_text_of(label)))
		return false;
	if (open)
		open -= skip_any(&line, "*_") ? open : 0;
	skip_any(&line, " \t");
	if (!line.len || *line.at != ':')
		return false;
	skip_any(&line, ":");
	if (open)
		open -= skip_any(&line, "*_") ? open : 0;
	*value = ds_text_trim(line);
	if (type == CMARK_NODE_HEADING)
		cut_heading(value);
	if (type == CMARK_NODE_CODE_BLOCK)
		cut_break(value);
	else
		cut_around(value);
	while (open && (cut_end(value, "*") || cut_end(value, "_")))
		continue;
	if (type != CMARK_NODE_CODE_BLOCK)
		unwrap(value);
	if (!value->len) {
		skip_any(&line, " \t");
		value->at = line.at;
	}
	return true;
}

/* ---- The lines that count ----------------------------------------------- */

struct search {
	struct ds_markdown *md;
	const char *label;
	struct ds_reading *out; /* code is DS_MISSING_STATUS, and nothing placed: none yet */
	int headings;
	bool only_headings; /* so far */
	bool past;          /* the second heading: no more lines count, but below the label */
	bool below;         /* the label was a heading, and the next one is not there yet */
	bool over;
};

static void run_out_of_memory(struct search *s)
{
	ds_reading_fail(s->out, DS_UNREADABLE, "out of memory");
	s->over = true;
}

/* Dashes, dots, quotes and blanks that are not in ASCII. */
static bool is_mark(struct ds_text text, size_t at)
{
	unsigned char lead = (unsigned char)text.at[at];
	unsigned char next = at + 1 < text.len ? (unsigned char)text.at[at + 1] : 0;

	return lead == 0xc2 || (lead == 0xe2 && (next == 0x80 || next == 0x81)) ||
	       (lead == 0xe3 && next == 0x80);
}

/* Whether it is nothing but words. What else stands on a line may be about something else, and
 * would go with the status when that is changed. */
static bool is_words(struct ds_text text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_- \t";

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < 0x80 ? !memchr(plain, text.at[i], sizeof plain - 1)
						     : is_mark(text, i))
			return false;
	return true;
}

static void take(struct search *s, struct ds_text value)
{
	struct ds_reading *out = s->out;
	size_t start = ds_markdown_offset(s->md, value);

	if (s->below && !out->code && (!value.len || ds_text_equal(out->text, value)))
		return;
	if (out->placed && !(s->below && out->code)) {
		ds_reading_fail_at(out, DS_AMBIGUOUS_STATUS, start, "\"%s:\" is there twice",
				   s->label);
		s->over = true;
	} else if (!value.len) {
		ds_reading_fail_at(out, DS_MISSING_STATUS, start, "there is nothing behind \"%s:\"",
				   s->label);
		out->editable = true;
	} else {
		const char *nul = memchr(value.at, '\0', value.len);
		*out = (struct ds_reading){.text = value,
					   .word = !nul,
					   .editable = is_words(value),
					   .placed = true,
					   .start = start,
					   .end = start + value.len};
		if (nul)
			out->text = ds_text_of(nul > value.at ? value.at : "a NUL");
	}
}

/* How many lines of the paragraph begin with the label for who looks at the page: what is in
 * a comment, a piece of code or the target of a link begins none. -1: out of memory. */
static int count_visible(const struct search *s, cmark_node *block)
{
	struct ds_buf seen = {0};
	struct ds_text value;
	int count = 0;

	for (cmark_node *n = block; n; n = ds_markdown_next(n, block)) {
		cmark_node_type type = cmark_node_get_type(n);
		if (type == CMARK_NODE_TEXT)
			ds_buf_puts(&seen, ds_markdown_ask(s->md, n, cmark_node_get_literal));
		else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
			ds_buf_puts(&seen, "\n");
		else if (type == CMARK_NODE_CODE || type == CMARK_NODE_HTML_INLINE)
			ds_buf_puts(&seen, "`");
	}
	for (size_t at = 0, end; at < seen.len; at = end + 1) {
		const char *feed = memchr(seen.bytes + at, '\n', seen.len - at);
		end = feed ? (size_t)(feed - seen.bytes) : seen.len;
		struct ds_text line = {seen.bytes + at, end - at};
		count += match(ds_text_trim(line), s->label, CMARK_NODE_PARAGRAPH, &value);
	}
	ds_buf_free(&seen);
	return seen.failed || s->md->failed ? -1 : count;
}

/* The last line of a paragraph. One that a table was cut off of does not know it. */
static int last_line(cmark_node *block, int first)
{
	int last = cmark_node_get_end_line(block);

	if (last >= first)
		return last;
	for (cmark_node *n = cmark_node_first_child(block); n; n = cmark_node_next(n))
		first += cmark_node_get_type(n) == CMARK_NODE_SOFTBREAK ||
			 cmark_node_get_type(n) == CMARK_NODE_LINEBREAK;
	return first;
}

static void look_at_block(struct search *s, cmark_node *block)
{
	cmark_node_type type = cmark_node_get_type(block);
	struct ds_reading before = *s->out;
	struct ds_text value;
	int number;
	struct ds_text line = ds_markdown_first(s->md, block, &number);
	int last = type == CMARK_NODE_HEADING ? number : last_line(block, number);
	int count = 0;

	do {
		if (match(line, s->label, type, &value)) {
			take(s, value);
			count++;
		}
		line = ds_markdown_inside(s->md, block, ++number);
	} while (number <= last);
	int visible = count ? count_visible(s, block) : 0;
	if (visible < 0)
		run_out_of_memory(s);
	else if (!visible)
		*s->out = before;
	s->over = s->out->code && s->out->code != DS_MISSING_STATUS;
}

/* A fence that the file begins with, or that is right below its title. */
static bool is_preamble(cmark_node *block)
{
	int len;
	int offset;
	char character;
	cmark_node *before = cmark_node_previous(block);

	if (!cmark_node_get_fenced(block, &len, &offset, &character) ||
	    cmark_node_get_type(cmark_node_parent(block)) != CMARK_NODE_DOCUMENT)
		return false;
	return !before ||
	       (cmark_node_get_type(before) == CMARK_NODE_HEADING && !cmark_node_previous(before));
}

static void look_at_fence(struct search *s, cmark_node *block)
{
	struct ds_text value;

	for (int number = cmark_node_get_start_line(block) + 1;
	     number < cmark_node_get_end_line(block) && !s->over; number++)
		if (match(ds_text_trim(ds_markdown_line(s->md, number)), s->label,
			  CMARK_NODE_CODE_BLOCK, &value))
			take(s, value);
}

/* ---- A heading that is the label ---------------------------------------- */

static bool is_label(struct search *s, cmark_node *heading)
{
	struct ds_buf seen = {0};

	if (!ds_markdown_text(s->md, &seen, heading))
		run_out_of_memory(s);
	struct ds_text text = ds_text_trim((struct ds_text){seen.bytes, seen.len});
	cut_end(&text, ":");
	bool is = ds_text_equal_but_for_case(text, ds_text_of(s->label));
	ds_buf_free(&seen);
	return is;
}

static bool is_comment(struct search *s, cmark_node *node)
{
	bool html = cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK;
	const char *literal = html ? ds_markdown_ask(s->md, node, cmark_node_get_literal) : "";
	const char *end = strncmp(literal, "<!--", 4) == 0 ? strstr(literal, "-->") : NULL;

	return end && !ds_text_trim(ds_text_of(end + 3)).len;
}

/* The paragraph right below, which may be the only item of a list; NULL: something else is. */
static cmark_node *paragraph_below(struct search *s, cmark_node *heading)
{
	cmark_node *node = cmark_node_next(heading);

	while (node && is_comment(s, node))
		node = cmark_node_next(node);
	while (node && (cmark_node_get_type(node) == CMARK_NODE_LIST ||
			cmark_node_get_type(node) == CMARK_NODE_ITEM)) {
		node = cmark_node_first_child(node);
		if (node && cmark_node_next(node))
			return NULL;
	}
	return node && cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH ? node : NULL;
}

/* Whether the page shows the text as it stands: only then can another replace it. */
static bool is_plain(struct search *s, cmark_node *block, struct ds_text text)
{
	struct ds_buf seen = {0};

	if (!ds_markdown_text(s->md, &seen, block))
		run_out_of_memory(s);
	bool plain = text.len && !seen.failed && seen.len >= text.len &&
		     memcmp(seen.bytes, text.at, text.len) == 0 &&
		     (seen.len == text.len || seen.bytes[text.len] == ' ');
	ds_buf_free(&seen);
	return plain;
}

/* A line with the label is found as all of them are. */
static void look_below(struct search *s, cmark_node *heading)
{
	cmark_node *block = paragraph_below(s, heading);
	struct ds_text value;
	int number;
	struct ds_text line = ds_markdown_first(s->md, block ? block : heading, &number);

	if (!block || match(line, s->label, CMARK_NODE_PARAGRAPH, &value)) {
		ds_reading_fail_at(s->out, DS_MISSING_STATUS, ds_markdown_offset(s->md, line),
				   "there is no line of text right below \"%s\"", s->label);
	} else {
		value = ds_text_trim(line);
		cut_around(&value);
		unwrap(&value);
		take(s, value);
		bool plain = is_plain(s, block, value);
		s->out->editable = s->out->editable && plain;
	}
	s->below = true;
}

/* ---- Going through ------------------------------------------------------ */

/* Where the blocks of a document begin, and what was found may be enough. */
static void come_to(struct search *s, cmark_node *block)
{
	bool heading = cmark_node_get_type(block) == CMARK_NODE_HEADING;

	s->headings += heading;
	s->only_headings = s->only_headings && heading;
	s->past = s->past || (s->headings > 1 && !s->only_headings);
	s->over = s->below ? heading : s->past && s->out->placed;
	if (heading && !s->over && !s->out->placed && is_label(s, block) && !s->over)
		look_below(s, block);
}

static void visit(struct search *s, cmark_node *node)
{
	cmark_node_type type = cmark_node_get_type(node);

	if (cmark_node_get_type(cmark_node_parent(node)) == CMARK_NODE_DOCUMENT)
		come_to(s, node);
	if (s->over || (s->past && !s->below))
		return;
	if (type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING)
		look_at_block(s, node);
	else if (type == CMARK_NODE_CODE_BLOCK && is_preamble(node))
		look_at_fence(s, node);
}

static void search(struct search *s)
{
	cmark_node *root = s->md->root;

	for (cmark_node *node = root; node && !s->over; node = ds_markdown_next_block(node, root))
		if (node != root)
			visit(s, node);
}

/* Only as much as it takes to come to the second heading. False: that was too little. */
static bool read_most(struct ds_reading *out, struct ds_text bytes, const char *label, size_t most)
{
	struct ds_markdown md;
	struct ds_reading defect;

	ds_reading_fail(out, DS_MISSING_STATUS,
			"it has no line \"%s:\" before its second heading, and no heading \"%s\"",
			label, label);
	struct search s = {.md = &md, .label = label, .out = out, .only_headings = true};
	bool parsed = ds_markdown_parse(&md, bytes, most, &defect);
	if (parsed)
		search(&s);
	else
		*out = defect;
	bool enough = !parsed || s.over || md.lines[md.line_count] == bytes.len;
	ds_markdown_free(&md);
	return enough;
}

static bool is_other_heading(struct ds_text line, const char *label)
{
	if (!skip_any(&line, "#"))
		return false;
	skip_any(&line, " \t");
	return !skip_label(&line, ds_text_of(label));
}

/* A guess at where the second heading ends that is not the label: each kilobyte costs more
 * than opening a file. */
static size_t guess(struct ds_text bytes, const char *label)
{
	enum { MOST = 4096 };
	struct ds_text left = {bytes.at, bytes.len < MOST ? bytes.len : MOST};
	const char *feed;
	int headings = 0;

	while (headings < 2 && (feed = left.len ? memchr(left.at, '\n', left.len) : NULL)) {
		headings += is_other_heading(left, label);
		left.len -= (size_t)(feed + 1 - left.at);
		left.at = feed + 1;
	}
	return headings < 2 ? MOST : (size_t)(left.at - bytes.at);
}

static void line_read(struct ds_reading *out, struct ds_text bytes, bool whole, const char *at,
		      struct ds_arena *scratch)
{
	size_t most = guess(bytes, at);

	(void)whole;
	(void)scratch;
	while (!read_most(out, bytes, at, most))
		most *= 8;
}

const struct ds_reader ds_line_reader = {
	.name = "line",
	.extent = {.first = 16 * 1024, .limit = DS_FILE_LIMIT},
	.check = line_check,
	.read = line_read,
	.edit = ds_markdown_edit,
};
