/*
 * markdown.h - the structure of a Markdown file, as cmark-gfm sees it
 *
 *	struct ds_markdown md;
 *	struct ds_reading defect;
 *	if (ds_markdown_parse(&md, bytes, SIZE_MAX, &defect))
 *		for (node = md.root; node; node = ds_markdown_next_block(node, md.root))
 *			...
 *	ds_markdown_free(&md);
 *
 * The tree says which blocks there are and on which lines they stand. Its columns are not
 * to be trusted inside a line (a table that is indented, a pipe that is escaped, a NUL), so
 * whoever wants the place of a text looks for it in the line again.
 *
 * A byte order mark and a front matter are left out. The task list extension is not used: it
 * knows neither [~] nor a box in a quote, and takes the marker out of the text.
 *
 * cmark-gfm 0.29.0.gfm.6 ends the process where memory runs out, and a few kilobytes can
 * keep it busy for hours. So it gets its memory from here, where it is counted, and what
 * it would choke on is refused before.
 */
#ifndef DS_MARKDOWN_H
#define DS_MARKDOWN_H

#include <cmark-gfm.h>

#include "reader.h"

enum { DS_MARKDOWN_CLASSES = 32 };

struct ds_markdown_memory {
	struct ds_arena arena;
	char *at; /* what is left of its last chunk */
	size_t left;
	struct ds_markdown_spare *spare[DS_MARKDOWN_CLASSES];
};

struct ds_markdown {
	struct ds_text bytes; /* the whole file */
	cmark_node *root;
	const size_t *lines;  /* where line N of the tree begins: lines[N - 1] */
	int line_count;       /* lines[line_count] is where the last one ends */
	struct ds_buf starts; /* the bytes of `lines` */
	bool failed;          /* memory ran out when a text was asked for */
	struct ds_markdown_memory memory;
};

/* Parses at least `most` bytes behind the front matter, to the end of a line. False:
 * defect says why, DS_UNREADABLE with "out of memory" where that is it. */
bool ds_markdown_parse(struct ds_markdown *md, struct ds_text bytes, size_t most,
		       struct ds_reading *defect);
void ds_markdown_free(struct ds_markdown *md);

/* What `records` of a reader gives back where nothing could be parsed. */
bool ds_markdown_refuse(struct ds_records *out, const struct ds_reading *defect);

/* The node behind this one, parents before their children; NULL past the last below root. */
cmark_node *ds_markdown_next(cmark_node *node, cmark_node *root);

/* The same for blocks alone: paragraphs, headings, tables and code are not looked into. */
cmark_node *ds_markdown_next_block(cmark_node *node, cmark_node *root);

/* cmark_node_get_literal and its like, which take memory when asked first. Where there is none
 * md->failed is set, and the text is empty, as it is where the node has none. */
const char *ds_markdown_ask(struct ds_markdown *md, cmark_node *node,
			    const char *(*what)(cmark_node *node));

/* A line without its end, from the file; empty where there is none of that number. */
struct ds_text ds_markdown_line(const struct ds_markdown *md, int number);

/* The same without the indent and the quote marks of what the node is in. */
struct ds_text ds_markdown_inside(const struct ds_markdown *md, cmark_node *node, int number);

/* The line that a paragraph or a heading begins on, from its first byte of text. */
struct ds_text ds_markdown_first(const struct ds_markdown *md, cmark_node *node, int *number);

/* Appends what who looks at the page reads there: no marks, no link targets, no HTML.
 * False: memory ran out. */
bool ds_markdown_text(struct ds_markdown *md, struct ds_buf *out, cmark_node *node);

/* Where a piece of the file begins. */
size_t ds_markdown_offset(const struct ds_markdown *md, struct ds_text piece);

/* As a reader's `edit`, for a text within a line: the word as it is, with a blank where it
 * would stick to what is beside it. */
bool ds_markdown_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		      struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM]);

#endif
