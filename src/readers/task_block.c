/*
 * The reader for fenced blocks of Markdown that are called "task": YAML with one key a line,
 * a record each.
 *
 * What is in a block goes to the reader for front matter, as one, and comes back with places
 * in that copy. The copy's lines are the ends of the file's lines: what the list or quote
 * around the block adds is before them.
 */
#include <stdint.h>
#include <string.h>

#include "err.h"
#include "frontmatter.h"
#include "markdown.h"
#include "readers.h"
#include "yaml_plain.h"

static int task_block_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	*many = true;
	if (!spec->at || !*spec->at || !spec->id || !*spec->id)
		return ds_fail(err, DS_TROUBLE,
			       "a task_block needs at: and id:, the keys of the status and the id");
	return 0;
}

/* ---- A block ------------------------------------------------------------ */

struct block {
	struct ds_markdown *md;
	int line;            /* of the fence that opens it */
	struct ds_text yaml; /* with a line of dashes before and behind it */
	size_t start;        /* in the file, with both fences */
	size_t end;
	bool closed;
	struct ds_arena *arena;
};

static const char dashes[] = "---\n";

static int count_lines(struct ds_text text)
{
	int count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

/* A fence at the end of the file may close a block, or be what is missing. */
static bool open_block(struct block *block, struct ds_markdown *md, cmark_node *node,
		       struct ds_arena *arena)
{
	struct ds_text literal = ds_text_of(ds_markdown_ask(md, node, cmark_node_get_literal));
	struct ds_buf yaml = {0};
	int first = cmark_node_get_start_line(node);
	int last = cmark_node_get_end_line(node);

	*block = (struct block){.md = md, .line = first, .arena = arena};
	block->closed = last == first + count_lines(literal) + 1;
	block->start = ds_markdown_offset(md, ds_markdown_line(md, first));
	struct ds_text end = ds_markdown_line(md, last);
	block->end = ds_markdown_offset(md, end) + end.len;
	ds_buf_puts(&yaml, dashes);
	ds_buf_append(&yaml, literal.at, literal.len);
	ds_buf_puts(&yaml, dashes);
	block->yaml = (struct ds_text){NULL, yaml.len};
	if (!yaml.failed)
		block->yaml.at = ds_arena_copy(arena, yaml.bytes, yaml.len);
	ds_buf_free(&yaml);
	return block->yaml.at;
}

/* Where in the file the byte of the copy is, or SIZE_MAX. */
static size_t to_file(const struct block *block, size_t at)
{
	size_t line = 0;
	size_t column;

	ds_text_position(block->yaml, at, &line, &column);
	size_t begin = at - (column - 1);
	const char *feed = memchr(block->yaml.at + begin, '\n', block->yaml.len - begin);
	struct ds_text here = {block->yaml.at + begin, (size_t)(feed - block->yaml.at) - begin};
	/* The dashes are the fence's line. */
	struct ds_text there = ds_markdown_line(block->md, block->line + (int)line - 1);
	if (here.len && here.at[here.len - 1] == '\r')
		here.len--;
	if (there.len < here.len || column - 1 > here.len ||
	    memcmp(there.at + there.len - here.len, here.at, here.len) != 0)
		return SIZE_MAX;
	return ds_markdown_offset(block->md, there) + there.len - here.len + column - 1;
}

static void place(struct ds_reading *reading, const struct block *block)
{
	size_t start = to_file(block, reading->start);
	size_t end = to_file(block, reading->end);

	/* What goes on in another line has that one's indent in it, too. */
	bool whole = start != SIZE_MAX && end != SIZE_MAX &&
		     end - start == reading->end - reading->start;
	reading->editable = reading->editable && whole;
	reading->start = start != SIZE_MAX ? start : block->start;
	reading->end = whole ? end : reading->start;
}

static bool read_key(struct ds_value *out, const struct block *block, const char *key)
{
	size_t end = ds_frontmatter_slice(block->yaml, true).end;
	struct ds_reading reading;

	/* Dashes of its own would hide what is behind them. */
	if (end + strlen(dashes) < block->yaml.len)
		ds_reading_fail_at(&reading, DS_MALFORMED, end,
				   "a second document begins or ends here; each task needs a block "
				   "of its own");
	else
		ds_frontmatter_reader.read(&reading, block->yaml, true, key, block->arena);
	if (reading.placed)
		place(&reading, block);
	else if (reading.code == DS_MISSING_STATUS)
		ds_reading_fail(&reading, DS_MISSING_STATUS, "the task has no \"%s\"", key);
	return ds_value_of(out, &reading, block->arena);
}

static void fail(struct ds_value *out, const struct block *block, const char *why)
{
	*out = (struct ds_value){.code = DS_MALFORMED,
				 .placed = true,
				 .start = block->start,
				 .end = block->start,
				 .why = why};
}

/* ---- Records ------------------------------------------------------------ */

static bool add_block(struct ds_records *out, const struct block *block, const struct ds_spec *spec,
		      const char *const *fields)
{
	size_t count = 1;
	struct ds_value id;

	while (fields && fields[count - 1])
		count++;
	struct ds_value *values = ds_arena_alloc(block->arena, count * sizeof *values);
	if (!values || !read_key(&id, block, spec->id))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_key(&values[i], block, i ? fields[i - 1] : spec->at))
			return false;
	if (!block->closed)
		fail(&values[0], block, "the fence of this task is never closed");
	else if (id.code && id.code != DS_MISSING_STATUS)
		values[0] = id;
	else if ((id.code || !id.word) && values[0].code != DS_MISSING_STATUS)
		fail(&values[0], block, "a task block without an id");
	else if (id.code || !id.word)
		return true; /* neither: it is about something else */
	struct ds_record record = {.start = block->start, .end = block->end, .values = values};
	record.id = !id.code && id.word ? id.text : (struct ds_text){"", 0};
	return ds_records_add(out, &record);
}

static bool is_task(struct ds_markdown *md, cmark_node *node)
{
	static const char name[] = "task";

	if (cmark_node_get_type(node) != CMARK_NODE_CODE_BLOCK)
		return false;
	const char *info = ds_markdown_ask(md, node, cmark_node_get_fence_info);
	return strncmp(info, name, sizeof name - 1) == 0 &&
	       strchr(" \t", info[sizeof name - 1]); /* or its end */
}

static bool task_block_records(struct ds_records *out, struct ds_text bytes,
			       const struct ds_spec *spec, const char *const *fields,
			       struct ds_arena *arena)
{
	struct ds_markdown md;
	struct ds_reading defect;
	struct block block;
	bool done = true;

	if (!ds_markdown_parse(&md, bytes, SIZE_MAX, &defect))
		done = ds_markdown_refuse(out, &defect);
	for (cmark_node *node = md.root; node && done; node = ds_markdown_next_block(node, md.root))
		if (is_task(&md, node))
			done = open_block(&block, &md, node, arena) &&
			       add_block(out, &block, spec, fields);
	done &= !md.failed;
	ds_markdown_free(&md);
	return done;
}

/* ---- Editing ------------------------------------------------------------ */

static bool task_block_edit(struct ds_edit *out, struct ds_text bytes,
			    const struct ds_reading *reading, struct ds_text word,
			    struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	return ds_frontmatter_reader.edit(out, bytes, reading, word, scratch, why);
}

/* What a line of the block begins with: the marks of what it is in, and its indent. */
static struct ds_text prefix_at(struct ds_text bytes, size_t at, size_t end)
{
	size_t len = 0;

	while (at + len < end && strchr(" \t>", bytes.at[at + len]) && bytes.at[at + len])
		len++;
	return (struct ds_text){bytes.at + at, len};
}

static size_t line_start(struct ds_text bytes, size_t at)
{
	while (at && bytes.at[at - 1] != '\n')
		at--;
	return at;
}

/* A line behind the status, or the last one of the block. */
static bool task_block_insert(struct ds_edit *out, struct ds_text bytes,
			      const struct ds_record *record, const char *at, const char *behind,
			      struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	const struct ds_value *status = record->values;
	size_t model = line_start(bytes, status->placed ? status->start : record->end);
	const char *feed = memchr(bytes.at + model, '\n', bytes.len - model);
	size_t where = status->placed && feed ? (size_t)(feed - bytes.at) + 1 : model;
	struct ds_text prefix = prefix_at(bytes, model, where > model ? where : record->end);
	struct ds_buf line = {0};

	(void)behind;
	if (where <= record->start || where > record->end || strchr(at, '.') ||
	    !ds_yaml_plain_fits(ds_text_of(at)))
		return ds_edit_refuse(why, "there is no place for it in that block");
	if (!ds_yaml_plain_fits(word) || ds_yaml_plain_is_odd(word))
		return ds_edit_refuse(why, "without quotes not every YAML takes it for text");
	ds_buf_append(&line, prefix.at, prefix.len);
	ds_buf_printf(&line, "%s: ", at);
	ds_buf_append(&line, word.at, word.len);
	ds_buf_puts(&line, where >= 2 && bytes.at[where - 2] == '\r' ? "\r\n" : "\n");
	return ds_edit_make(out, where, where, &line, scratch);
}

const struct ds_reader ds_task_block_reader = {
	.name = "task_block",
	.extent = {.first = 16 * 1024, .limit = DS_FILE_LIMIT},
	.check = task_block_check,
	.records = task_block_records,
	.edit = task_block_edit,
	.insert = task_block_insert,
};
