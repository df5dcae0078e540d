#include "markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include "frontmatter.h"

/* ---- Memory for cmark --------------------------------------------------- */

enum {
	HEADER = 16, /* before each piece: its size; keeps the alignment */
	CHUNK = 16 << 10,
	CLASSES = DS_MARKDOWN_CLASSES, /* of pieces that are used again: their size in headers */

	/* A dense table takes 200 times its bytes; what takes more tries to. Also what is used
	 * again counts, so this bounds the time as well. */
	BUDGET = 64 << 20,
	BUDGET_A_BYTE = 64,
	BUDGET_MOST = 512 << 20,
};

enum { NO_MEMORY = 1, NO_BUDGET };

struct desk {
	struct ds_markdown_memory *memory;
	size_t left;
	jmp_buf out;
};

/* cmark's hooks have no context, and its callers no way to hear of a failure. */
static _Thread_local struct desk *desk;

/* A piece that was given back, with its header. */
struct ds_markdown_spare {
	size_t size;
	size_t pad;
	struct ds_markdown_spare *next;
};

/* Zeroed: so a chunk is, and what is used again has to be. */
static char *take_bytes(struct ds_markdown_memory *from, size_t size)
{
	size_t class = size / HEADER;
	struct ds_markdown_spare *spare = class < CLASSES ? from->spare[class] : NULL;

	if (spare) {
		from->spare[class] = spare->next;
		return memset(spare, 0, size);
	}
	if (size > CHUNK / 8)
		return ds_arena_alloc(&from->arena, size);
	if (size > from->left) {
		from->at = ds_arena_alloc(&from->arena, CHUNK);
		from->left = from->at ? CHUNK : 0;
		if (!from->at)
			return NULL;
	}
	char *piece = from->at;
	from->at += size;
	from->left -= size;
	return piece;
}

static void *take(size_t size)
{
	struct desk *mine = desk;

	if (size > mine->left)
		longjmp(mine->out, NO_BUDGET);
	mine->left -= size;
	size = size ? (size + 2 * HEADER - 1) / HEADER * HEADER : 2 * HEADER;
	char *piece = take_bytes(mine->memory, size);
	if (!piece)
		longjmp(mine->out, NO_MEMORY);
	*(size_t *)(void *)piece = size;
	return piece + HEADER;
}

static void *take_array(size_t count, size_t size)
{
	return take(size && count > SIZE_MAX / 2 / size ? SIZE_MAX / 2 : count * size);
}

/* Large ones wait for the arena, which is freed with the tree. */
static void leave(void *piece)
{
	if (!piece)
		return;
	struct ds_markdown_spare *spare = (void *)((char *)piece - HEADER);
	size_t class = spare->size / HEADER;
	if (class < CLASSES) {
		spare->next = desk->memory->spare[class];
		desk->memory->spare[class] = spare;
	}
}

static void *take_again(void *old, size_t size)
{
	size_t had = 0;

	if (old)
		had = *(size_t *)(void *)((char *)old - HEADER) - HEADER;
	if (size <= had)
		return old;
	void *piece = take(size);
	if (old)
		memcpy(piece, old, had);
	leave(old);
	return piece;
}

static cmark_mem memory = {take_array, take_again, leave};

/* ---- Parsing ------------------------------------------------------------ */

/* Calls what may ask cmark for memory; 0, or why it came to no end. */
static int within(struct ds_markdown *md, size_t left, void (*run)(void *), void *context)
{
	struct desk mine = {.memory = &md->memory, .left = left};

	desk = &mine;
	int result = setjmp(mine.out);
	if (!result)
		run(context);
	desk = NULL;
	return result;
}

struct parsing {
	struct ds_markdown *md;
	struct ds_text body;
};

static bool is_ascii(struct ds_text text)
{
	uint64_t all = 0;
	uint64_t word;

	for (; text.len >= sizeof word; text.at += sizeof word, text.len -= sizeof word) {
		memcpy(&word, text.at, sizeof word);
		all |= word;
	}
	for (size_t i = 0; i < text.len; i++)
		all |= (unsigned char)text.at[i];
	return !(all & 0x8080808080808080);
}

/* A row of a table with a byte that is not UTF-8 would be none: cmark looks at each line for
 * some, and copies it. */
static void parse(void *context)
{
	struct parsing *p = context;
	int options = is_ascii(p->body) ? CMARK_OPT_DEFAULT : CMARK_OPT_VALIDATE_UTF8;
	cmark_parser *parser = cmark_parser_new_with_mem(options, &memory);

	cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("table"));
	cmark_parser_feed(parser, p->body.at, p->body.len);
	p->md->root = cmark_parser_finish(parser);
}

/* 0, or why there is no tree. */
static int parse_within(struct ds_markdown *md, struct ds_text body)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct parsing p = {md, body};
	size_t budget = BUDGET_MOST;

	pthread_once(&once, cmark_gfm_core_extensions_ensure_registered);
	if (body.len < (BUDGET_MOST - BUDGET) / BUDGET_A_BYTE)
		budget = BUDGET + body.len * BUDGET_A_BYTE;
	return within(md, budget, parse, &p);
}

/* ---- Texts -------------------------------------------------------------- */

struct question {
	cmark_node *node;
	const char *(*ask)(cmark_node *node);
	const char *answer;
};

static void ask(void *context)
{
	struct question *question = context;
	question->answer = question->ask(question->node);
}

const char *ds_markdown_ask(struct ds_markdown *md, cmark_node *node,
			    const char *(*what)(cmark_node *node))
{
	struct question question = {node, what, NULL};

	if (within(md, BUDGET_MOST, ask, &question))
		md->failed = true;
	return question.answer ? question.answer : "";
}

/* ---- What it would choke on --------------------------------------------- */

enum {
	DEPTH = 100,       /* each line is held against each open list and quote */
	INDENT = 400,      /* a list may be opened a level a line, too */
	PIPES = 1000,      /* the cells of a row are a list that is walked for each of them */
	NO_PIPE = 8 << 10, /* before a row of dashes; each line is walked back to the last pipe */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The length of a list's or quote's marker that the text begins with, or 0. */
static size_t marker(struct ds_text text)
{
	size_t len = 0;

	if (*text.at == '>')
		return 1;
	while (len < text.len && len < 9 && text.at[len] >= '0' && text.at[len] <= '9')
		len++;
	if (len == text.len || !strchr(len ? ".)" : "-+*", text.at[len]) || !text.at[len])
		return 0;
	return len + 1 == text.len || is_blank(text.at[len + 1]) ? len + 1 : 0;
}

static bool is_deep(struct ds_text line)
{
	size_t markers = 0;
	size_t column = 0;

	while (line.len) {
		size_t len = marker(line);
		if (!len && !is_blank(*line.at))
			return false;
		if (len && (++markers > DEPTH || column > INDENT))
			return true;
		column += len ? len : *line.at == '\t' ? 4 : 1;
		len += !len;
		line = (struct ds_text){line.at + len, line.len - len};
	}
	return false;
}

/* What a line is made of. */
struct made_of {
	size_t pipes;
	bool dashes; /* as the row below a table's head */
	bool empty;
};

static struct made_of look_at(struct ds_text line)
{
	struct made_of made = {0};
	size_t at = 0;

	while (at < line.len && (is_blank(line.at[at]) || line.at[at] == '>'))
		at++;
	made.empty = at == line.len;
	while (at < line.len && line.at[at] && strchr("|:-> \t", line.at[at]))
		at++;
	made.dashes = !made.empty && at == line.len;
	for (const char *pipe; (pipe = line.len ? memchr(line.at, '|', line.len) : NULL);) {
		made.pipes++;
		line.len -= (size_t)(pipe + 1 - line.at);
		line.at = pipe + 1;
	}
	return made;
}

/* The first line that is refused, with the reason; 0: none. */
static int find_trap(const struct ds_markdown *md, const char **why)
{
	size_t without = 0; /* bytes of lines without a pipe, one below the other */
	bool far = false;

	for (int number = 1; number <= md->line_count; number++) {
		struct ds_text line = ds_markdown_line(md, number);
		struct made_of made = look_at(line);
		*why = is_deep(line)        ? "it is nested too deeply for Markdown"
		       : made.pipes > PIPES ? "it has too many cells for a row of a table"
		       : made.dashes && (far || without > NO_PIPE)
			       ? "too long a paragraph above a row of dashes"
			       : NULL;
		if (*why)
			return number;
		far = !made.empty && (far || without > NO_PIPE);
		without = made.empty || made.pipes ? 0 : without + line.len + 1;
	}
	return 0;
}

/* ---- Lines -------------------------------------------------------------- */

/* Behind a line, which ends as cmark has it: with a line feed, a carriage return, or both. */
static size_t next_line(struct ds_text bytes, size_t at)
{
	while (at < bytes.len && bytes.at[at] != '\n' && bytes.at[at] != '\r')
		at++;
	if (at + 1 < bytes.len && bytes.at[at] == '\r' && bytes.at[at + 1] == '\n')
		at++;
	return at < bytes.len ? at + 1 : at;
}

/* The same where there is no carriage return, as in most files. */
static size_t next_feed(struct ds_text bytes, size_t at)
{
	const char *feed = memchr(bytes.at + at, '\n', bytes.len - at);
	return feed ? (size_t)(feed - bytes.at) + 1 : bytes.len;
}

/* Lines until `most` bytes are in them, or all; false: out of memory. */
static bool find_lines(struct ds_markdown *md, size_t from, size_t most)
{
	size_t end = from;
	bool carriages = md->bytes.len && memchr(md->bytes.at, '\r', md->bytes.len);

	md->line_count = -1;
	do {
		ds_buf_append(&md->starts, (const char *)&end, sizeof end);
		md->line_count++;
		if (end == md->bytes.len || end - from >= most)
			break;
		end = carriages ? next_line(md->bytes, end) : next_feed(md->bytes, end);
	} while (!md->starts.failed);
	md->lines = (const size_t *)(const void *)md->starts.bytes;
	return !md->starts.failed;
}

static size_t body_of(struct ds_text bytes)
{
	struct ds_slice slice = ds_frontmatter_slice(bytes, true);

	if (slice.kind == DS_SLICE_CLOSED)
		return next_line(bytes, slice.end);
	return bytes.len >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool is_utf_16(struct ds_text bytes)
{
	return bytes.len >= 2 &&
	       (memcmp(bytes.at, "\xff\xfe", 2) == 0 || memcmp(bytes.at, "\xfe\xff", 2) == 0);
}

static bool begins(const struct ds_markdown *md, int number, const char *with)
{
	struct ds_text line = ds_markdown_line(md, number);

	return line.len >= strlen(with) && memcmp(line.at, with, strlen(with)) == 0;
}

static bool is_in_code(const struct ds_markdown *md, int number)
{
	for (cmark_node *node = md->root; node; node = ds_markdown_next_block(node, md->root))
		if (cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK &&
		    cmark_node_get_start_line(node) <= number &&
		    cmark_node_get_end_line(node) >= number)
			return true;
	return false;
}

/* The line where a conflict begins that a merge left, or 0: to Markdown it is text like any
 * other, and both halves of it would count. */
static int find_conflict(const struct ds_markdown *md)
{
	int end = md->line_count;

	while (end && !begins(md, end, ">>>>>>> "))
		end--;
	for (int number = 1; number < end; number++)
		if (begins(md, number, "<<<<<<< ") && !is_in_code(md, number))
			return number;
	return 0;
}

static bool refuse_memory(struct ds_reading *defect)
{
	ds_reading_fail(defect, DS_UNREADABLE, "out of memory");
	return false;
}

bool ds_markdown_parse(struct ds_markdown *md, struct ds_text bytes, size_t most,
		       struct ds_reading *defect)
{
	size_t from = body_of(bytes);
	const char *why;

	*md = (struct ds_markdown){.bytes = bytes};
	*defect = (struct ds_reading){0};
	if (is_utf_16(bytes)) {
		ds_reading_fail_at(defect, DS_MALFORMED, 0, "not UTF-8 but UTF-16");
		return false;
	}
	if (!find_lines(md, from, most))
		return refuse_memory(defect);
	int trap = find_trap(md, &why);
	if (trap) {
		ds_reading_fail_at(defect, DS_UNREADABLE, md->lines[trap - 1], "%s", why);
		return false;
	}
	size_t end = md->lines[md->line_count];
	switch (parse_within(md, (struct ds_text){bytes.at + from, end - from})) {
	case NO_MEMORY:
		return refuse_memory(defect);
	case NO_BUDGET:
		ds_reading_fail(defect, DS_UNREADABLE,
				"there is too much in it for Markdown of its size");
		return false;
	}
	int conflict = find_conflict(md);
	if (conflict)
		ds_reading_fail_at(defect, DS_MALFORMED, md->lines[conflict - 1],
				   "a merge left conflict markers");
	return !conflict;
}

void ds_markdown_free(struct ds_markdown *md)
{
	ds_arena_free(&md->memory.arena);
	ds_buf_free(&md->starts);
}

bool ds_markdown_refuse(struct ds_records *out, const struct ds_reading *defect)
{
	out->defect = *defect;
	return true;
}

/* ---- Looking around in the tree ----------------------------------------- */

cmark_node *ds_markdown_next(cmark_node *node, cmark_node *root)
{
	cmark_node *next = cmark_node_first_child(node);

	while (!next && node != root) {
		next = cmark_node_next(node);
		node = cmark_node_parent(node);
	}
	return next;
}

/* What may hold blocks, and not text. */
static bool is_container(cmark_node *node)
{
	cmark_node_type type = cmark_node_get_type(node);
	return type == CMARK_NODE_DOCUMENT || type == CMARK_NODE_BLOCK_QUOTE ||
	       type == CMARK_NODE_LIST || type == CMARK_NODE_ITEM;
}

cmark_node *ds_markdown_next_block(cmark_node *node, cmark_node *root)
{
	cmark_node *next = is_container(node) ? cmark_node_first_child(node) : NULL;

	while (!next && node != root) {
		next = cmark_node_next(node);
		node = cmark_node_parent(node);
	}
	return next;
}

struct ds_text ds_markdown_line(const struct ds_markdown *md, int number)
{
	if (number < 1 || number > md->line_count)
		return (struct ds_text){md->bytes.at + md->bytes.len, 0};
	size_t start = md->lines[number - 1];
	size_t end = md->lines[number];
	if (end > start && md->bytes.at[end - 1] == '\n')
		end--;
	if (end > start && md->bytes.at[end - 1] == '\r')
		end--;
	return (struct ds_text){md->bytes.at + start, end - start};
}

static void skip(struct ds_text *text, size_t len)
{
	len = len < text->len ? len : text->len;
	text->at += len;
	text->len -= len;
}

static void skip_blanks(struct ds_text *text)
{
	while (text->len && is_blank(*text->at))
		skip(text, 1);
}

struct ds_text ds_markdown_inside(const struct ds_markdown *md, cmark_node *node, int number)
{
	struct ds_text line = ds_markdown_line(md, number);

	skip_blanks(&line);
	for (; node; node = cmark_node_parent(node)) {
		if (cmark_node_get_type(node) != CMARK_NODE_BLOCK_QUOTE)
			continue;
		if (!line.len || *line.at != '>')
			break; /* a line that goes on without the mark */
		skip(&line, 1);
		skip_blanks(&line);
	}
	return line;
}

/* A paragraph that a table was cut off of has no place; its table has taken it. */
struct ds_text ds_markdown_first(const struct ds_markdown *md, cmark_node *node, int *number)
{
	cmark_node *placed = node;

	if (!cmark_node_get_start_line(node) && cmark_node_next(node))
		placed = cmark_node_next(node);
	*number = cmark_node_get_start_line(placed);
	struct ds_text line = ds_markdown_line(md, *number);
	int column = cmark_node_get_start_column(placed);
	skip(&line, column > 0 ? (size_t)column - 1 : 0);
	skip_blanks(&line);
	return line;
}

bool ds_markdown_text(struct ds_markdown *md, struct ds_buf *out, cmark_node *node)
{
	for (cmark_node *n = node; n; n = ds_markdown_next(n, node)) {
		switch (cmark_node_get_type(n)) {
		case CMARK_NODE_TEXT:
		case CMARK_NODE_CODE:
			ds_buf_puts(out, ds_markdown_ask(md, n, cmark_node_get_literal));
			break;
		case CMARK_NODE_SOFTBREAK:
		case CMARK_NODE_LINEBREAK:
			ds_buf_puts(out, " ");
			break;
		default:
			break;
		}
	}
	return !out->failed && !md->failed;
}

size_t ds_markdown_offset(const struct ds_markdown *md, struct ds_text piece)
{
	return (size_t)(piece.at - md->bytes.at);
}

/* ---- Editing ------------------------------------------------------------ */

bool ds_markdown_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		      struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	size_t start = reading->start;
	size_t end = reading->end;
	struct ds_buf spelled = {0};

	for (size_t i = 0; i < word.len; i++)
		if ((unsigned char)word.at[i] < ' ')
			return ds_edit_refuse(why, "it does not fit in a line");
	if (start == end && start && !is_blank(bytes.at[start - 1]))
		ds_buf_puts(&spelled, " ");
	ds_buf_append(&spelled, word.at, word.len);
	if (start == end && end < bytes.len && !strchr(" \t\r\n", bytes.at[end]))
		ds_buf_puts(&spelled, " ");
	return ds_edit_make(out, start, end, &spelled, scratch);
}
