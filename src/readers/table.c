/*
 * The reader for tables in Markdown: a record is a row, its id and its status are cells.
 *
 * cmark says which lines are rows, and what their cells say. Where a cell is in its line is
 * found by cutting the line as cmark does: at each pipe with no backslash before it, within
 * backticks, too.
 */
#include <stdint.h>
#include <string.h>

#include "err.h"
#include "markdown.h"
#include "readers.h"

static bool is_no_number(const char *name)
{
	return *name == '-' ? name[1] && !name[1 + strspn(name + 1, "0123456789")]
			    : !name[strspn(name, "0")];
}

/* The number of a column; 0: it is a name. */
static int number_of(const char *name)
{
	int number = 0;

	for (; *name >= '0' && *name <= '9' && number < 1000; name++)
		number = number * 10 + (*name - '0');
	return *name ? 0 : number;
}

static int table_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	*many = true;
	if (!spec->at || !*spec->at || !spec->id || !*spec->id)
		return ds_fail(err, DS_TROUBLE,
			       "a table needs at: and id:, the names of two columns");
	if (strchr(spec->at, '{') || strchr(spec->id, '{') || is_no_number(spec->at) ||
	    is_no_number(spec->id))
		return ds_fail(err, DS_TROUBLE, "a column is its name, or its number from 1");
	if (ds_text_equal_but_for_case(ds_text_of(spec->at), ds_text_of(spec->id)) ||
	    (number_of(spec->at) && number_of(spec->at) == number_of(spec->id)))
		return ds_fail(err, DS_TROUBLE, "at: and id: are the same column");
	return 0;
}

/* ---- Columns ------------------------------------------------------------ */

/* What is wanted of each row: the status, the fields, and the id behind them. */
struct wanted {
	const char **names;
	int *columns; /* from 0, or one of those below */
	int count;
};

enum { NOT_THERE = -1, TWICE = -2 };

static bool want(struct wanted *out, const struct ds_spec *spec, const char *const *fields,
		 struct ds_arena *scratch)
{
	int count = 2;

	for (int i = 0; fields && fields[i]; i++)
		count++;
	out->names = ds_arena_alloc(scratch, (size_t)count * sizeof *out->names);
	out->columns = ds_arena_alloc(scratch, (size_t)count * sizeof *out->columns);
	if (!out->names || !out->columns)
		return false;
	out->count = count;
	out->names[0] = spec->at;
	for (int i = 1; i < count - 1; i++)
		out->names[i] = fields[i - 1];
	out->names[count - 1] = spec->id;
	return true;
}

static void match_header(struct wanted *wanted, struct ds_text header, int column)
{
	for (int i = 0; i < wanted->count; i++)
		if (ds_text_equal_but_for_case(ds_text_trim(header), ds_text_of(wanted->names[i])))
			wanted->columns[i] = wanted->columns[i] == NOT_THERE ? column : TWICE;
}

/* Finds the columns by what the head of the table says; false: out of memory. */
static bool find_columns(struct wanted *wanted, struct ds_markdown *md, cmark_node *head)
{
	struct ds_buf text = {0};
	int column = 0;

	for (int i = 0; i < wanted->count; i++)
		wanted->columns[i] = NOT_THERE;
	for (cmark_node *cell = cmark_node_first_child(head); cell;
	     cell = cmark_node_next(cell), column++) {
		ds_buf_cut(&text, 0);
		if (ds_markdown_text(md, &text, cell))
			match_header(wanted, (struct ds_text){text.bytes, text.len}, column);
	}
	for (int i = 0; i < wanted->count; i++) {
		int number = number_of(wanted->names[i]);
		if (wanted->columns[i] == NOT_THERE && number && number <= column)
			wanted->columns[i] = number - 1;
	}
	ds_buf_free(&text);
	return !text.failed && !md->failed;
}

/* ---- Cells -------------------------------------------------------------- */

static size_t next_pipe(struct ds_text row, size_t at)
{
	while (at < row.len && (row.at[at] != '|' || (at && row.at[at - 1] == '\\')))
		at++;
	return at;
}

static size_t next_text(struct ds_text row, size_t at)
{
	while (at < row.len && strchr(" \t\v\f", row.at[at]) && row.at[at])
		at++;
	return at;
}

/* What is between the pipes of cell `number`; false: the row is too short. Blanks behind
 * the last pipe are no cell. */
static bool cut_cell(struct ds_text row, int number, struct ds_text *cell)
{
	size_t at = row.len && *row.at == '|';

	while (next_text(row, at) < row.len) {
		size_t end = next_pipe(row, at);
		*cell = (struct ds_text){row.at + at, end - at};
		if (number-- == 0)
			return true;
		at = end + 1;
		if (at >= row.len)
			break;
	}
	return false;
}

/* How far into a cell its first text stands, says cmark; less where a pipe is escaped. */
static size_t first_text(cmark_node *cell, size_t lead)
{
	cmark_node *leaf = cell;

	while (cmark_node_first_child(leaf))
		leaf = cmark_node_first_child(leaf);
	int column = cmark_node_get_start_column(leaf) - cmark_node_get_start_column(cell);
	return column > 0 && (size_t)column > lead ? (size_t)column - lead : 0;
}

/* The first place of the text at or behind `from`, or SIZE_MAX. */
static size_t find(struct ds_text in, size_t from, struct ds_text text)
{
	enum { LONGEST = 256 }; /* what is longer is no status */

	for (; text.len <= LONGEST && from + text.len <= in.len; from++)
		if (memcmp(in.at + from, text.at, text.len) == 0)
			return from;
	return SIZE_MAX;
}

static void fail(struct ds_value *out, ds_code code, const char *why)
{
	*out = (struct ds_value){.code = code, .why = why};
}

static void take_empty(struct ds_value *out, const struct ds_markdown *md, struct ds_text between,
		       struct ds_text inner)
{
	fail(out, DS_MISSING_STATUS, "the cell is empty");
	out->placed = true;
	/* With one blank before it, where there are any. */
	out->start =
		ds_markdown_offset(md, inner.len ? inner : between) + (!inner.len && between.len);
	out->end = out->start + inner.len;
	out->editable = !inner.len;
}

/* The text where it stands in the cell, without link and emphasis around it; or the whole
 * cell, where it does not stand there as one piece. */
static void take_text(struct ds_value *out, const struct ds_markdown *md, struct ds_text inner,
		      size_t from, struct ds_text text)
{
	size_t at = find(inner, from, text);
	/* An entity may be spelled so, an escape or an address may begin before it. */
	bool plain = at != SIZE_MAX && !memchr(text.at, '&', text.len) &&
		     !(at && strchr("\\<", inner.at[at - 1]));

	*out = (struct ds_value){.text = text, .placed = true, .editable = plain};
	out->word = !memchr(inner.at, '\0', inner.len);
	if (out->editable)
		inner = out->text = (struct ds_text){inner.at + at, text.len};
	out->start = ds_markdown_offset(md, inner);
	out->end = out->start + inner.len;
}

static bool take_cell(struct ds_value *out, struct ds_markdown *md, cmark_node *cell,
		      struct ds_text between, struct ds_arena *arena)
{
	struct ds_text inner = ds_text_trim(between);
	struct ds_buf seen = {0};

	ds_markdown_text(md, &seen, cell);
	struct ds_text text = ds_text_trim((struct ds_text){seen.bytes, seen.len});
	if (!text.len || !inner.len)
		take_empty(out, md, between, inner);
	else
		take_text(out, md, inner, first_text(cell, (size_t)(inner.at - between.at)), text);
	/* What is not in the bytes has to outlive the tree. */
	if (out->text.len && !out->editable)
		out->text.at = ds_arena_copy(arena, text.at, text.len);
	ds_buf_free(&seen);
	return !seen.failed && !md->failed && (!out->text.len || out->text.at);
}

static bool take_column(struct ds_value *out, struct ds_markdown *md, cmark_node *row,
			struct ds_text line, int column, struct ds_arena *arena)
{
	cmark_node *cell = cmark_node_first_child(row);
	struct ds_text between;

	for (int i = 0; cell && i < column; i++)
		cell = cmark_node_next(cell);
	if (column < 0 || !cell)
		fail(out, DS_MISSING_STATUS, "the table has no such column");
	else if (!cut_cell(line, column, &between))
		fail(out, DS_MISSING_STATUS, "the row has no such cell");
	else
		return take_cell(out, md, cell, between, arena);
	return true;
}

/* ---- Rows --------------------------------------------------------------- */

static bool add_row(struct ds_records *out, struct ds_markdown *md, cmark_node *row,
		    const struct wanted *wanted, struct ds_arena *arena)
{
	struct ds_text line = ds_markdown_inside(md, row, cmark_node_get_start_line(row));
	struct ds_value *values = ds_arena_alloc(arena, (size_t)wanted->count * sizeof *values);
	struct ds_record record = {.values = values, .start = ds_markdown_offset(md, line)};

	record.end = record.start + line.len;
	for (int i = 0; values && i < wanted->count; i++)
		if (!take_column(&values[i], md, row, line, wanted->columns[i], arena))
			return false;
	if (!values)
		return false;
	record.id = values[wanted->count - 1].text;
	if (!record.id.len && values[0].code)
		return true; /* a row of something else */
	if (!record.id.len) {
		values[0].code = DS_MALFORMED;
		values[0].why = "a row with a status, and without an id";
	}
	return ds_records_add(out, &record);
}

static void refuse_columns(struct ds_records *out, const struct ds_markdown *md, cmark_node *table,
			   const char *name)
{
	struct ds_text line = ds_markdown_line(md, cmark_node_get_start_line(table));

	ds_reading_fail_at(&out->defect, DS_AMBIGUOUS_STATUS, ds_markdown_offset(md, line),
			   "two columns of this table are called \"%s\"", name);
}

/* *fits becomes true where the table has both columns; false: out of memory. */
static bool add_table(struct ds_records *out, struct ds_markdown *md, cmark_node *table,
		      struct wanted *wanted, bool *fits, struct ds_arena *arena)
{
	cmark_node *row = cmark_node_first_child(table);
	int last = wanted->count - 1;

	if (!row || !find_columns(wanted, md, row))
		return !row;
	if (wanted->columns[0] == NOT_THERE || wanted->columns[last] == NOT_THERE)
		return true;
	*fits = true;
	for (int i = 0; i <= last; i++)
		if (wanted->columns[i] == TWICE) {
			refuse_columns(out, md, table, wanted->names[i]);
			return true;
		}
	while ((row = cmark_node_next(row)))
		if (!add_row(out, md, row, wanted, arena))
			return false;
	return true;
}

static bool add_tables(struct ds_records *out, struct ds_markdown *md, struct wanted *wanted,
		       struct ds_arena *arena)
{
	bool fits = false;

	for (cmark_node *node = md->root; node; node = ds_markdown_next_block(node, md->root))
		if (strcmp(cmark_node_get_type_string(node), "table") == 0 &&
		    !add_table(out, md, node, wanted, &fits, arena))
			return false;
	if (!fits)
		ds_reading_fail(&out->defect, DS_MISSING_STATUS,
				"no table with the columns \"%s\" and \"%s\"",
				wanted->names[wanted->count - 1], wanted->names[0]);
	if (out->defect.code)
		out->len = 0;
	return true;
}

static bool table_records(struct ds_records *out, struct ds_text bytes, const struct ds_spec *spec,
			  const char *const *fields, struct ds_arena *arena)
{
	struct ds_markdown md;
	struct ds_reading defect;
	struct wanted wanted;

	bool done = ds_markdown_parse(&md, bytes, SIZE_MAX, &defect)
			    ? want(&wanted, spec, fields, &md.memory.arena) &&
				      add_tables(out, &md, &wanted, arena)
			    : ds_markdown_refuse(out, &defect);
	ds_markdown_free(&md);
	return done;
}

/* ---- Editing ------------------------------------------------------------ */

static bool table_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		       struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	if (memchr(word.at, '|', word.len))
		return ds_edit_refuse(why, "a cell of a table ends at a \"|\"");
	return ds_markdown_edit(out, bytes, reading, word, scratch, why);
}

const struct ds_reader ds_table_reader = {
	.name = "table",
	.extent = {.first = 16 * 1024, .limit = DS_FILE_LIMIT},
	.check = table_check,
	.records = table_records,
	.edit = table_edit,
};
