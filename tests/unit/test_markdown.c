/* The readers of Markdown: what they find, where exactly, and what a change does to it. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "err.h"
#include "markdown.h"
#include "readers.h"

#define BOM "\xef\xbb\xbf"

/* ---- What is found, as a line of text ----------------------------------- */

/* "text<span>": "<span>" is left out where it is the text, "!" says that nobody may edit it,
 * "code" in brackets that there is none; then with the line that is pointed at. */
static void say_value(struct ds_buf *out, struct ds_text bytes, const struct ds_value *value)
{
	size_t line = 0;
	size_t column;

	cr_assert(value->start <= value->end && value->end <= bytes.len);
	if (value->placed)
		ds_text_position(bytes, value->start, &line, &column);
	if (value->code) {
		cr_expect(value->why && *value->why);
		ds_buf_printf(out, "(%s", ds_code_name(value->code));
		if (value->placed)
			ds_buf_printf(out, " %zu:%zu", line, column);
		ds_buf_puts(out, value->editable ? ", editable)" : ")");
		return;
	}
	struct ds_text span = {bytes.at + value->start, value->end - value->start};
	cr_assert(value->text.len && !memchr(value->text.at, '\0', value->text.len));
	ds_escape(out, value->text);
	if (value->placed && !ds_text_equal(span, value->text)) {
		ds_buf_puts(out, "<");
		ds_escape(out, span);
		ds_buf_puts(out, ">");
	}
	ds_buf_puts(out, value->word ? "" : "?");
	ds_buf_puts(out, value->editable ? "" : "!");
}

static void say_records(struct ds_buf *out, struct ds_text bytes, const struct ds_records *records,
			size_t values)
{
	if (records->defect.code)
		ds_buf_printf(out, "%s: %s", ds_code_name(records->defect.code),
			      records->defect.why);
	for (size_t i = 0; i < records->len; i++) {
		const struct ds_record *record = &records->at[i];
		cr_assert(record->start <= record->end && record->end <= bytes.len);
		ds_buf_puts(out, i ? "; " : "");
		ds_escape(out, record->id);
		for (size_t k = 0; k < values; k++) {
			ds_buf_puts(out, k ? "," : "=");
			say_value(out, bytes, &record->values[k]);
		}
	}
}

static size_t count_of(const char *const *fields)
{
	size_t count = 0;
	while (fields && fields[count])
		count++;
	return count;
}

/* What a reader makes of the bytes; to be freed. */
static char *found(const struct ds_reader *reader, const struct ds_spec *spec,
		   const char *const *fields, struct ds_text bytes)
{
	struct ds_buf out = {0};
	struct ds_arena arena = {0};
	struct ds_records records = {0};
	struct ds_reading reading;
	struct ds_value value;

	ds_buf_puts(&out, "");
	if (reader->records) {
		cr_assert(reader->records(&records, bytes, spec, fields, &arena));
		say_records(&out, bytes, &records, 1 + count_of(fields));
	} else {
		reader->read(&reading, bytes, true, spec->at, &arena);
		cr_assert(ds_value_of(&value, &reading, &arena));
		say_value(&out, bytes, &value);
	}
	ds_records_free(&records);
	ds_arena_free(&arena);
	return out.bytes;
}

static void expect_found(const struct ds_reader *reader, const struct ds_spec *spec,
			 const char *const *fields, struct ds_text bytes, const char *wanted)
{
	char *is = found(reader, spec, fields, bytes);

	cr_expect_str_eq(is, wanted, "%.200s\n  is     %s\n  not    %s", bytes.at, is, wanted);
	free(is);
}

struct row {
	const char *markdown;
	const char *found;
};

static void expect_rows(const struct ds_reader *reader, const struct ds_spec *spec,
			const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_found(reader, spec, NULL, ds_text_of(rows[i].markdown), rows[i].found);
}

#define EXPECT_ROWS(reader, spec, rows)                                                            \
	expect_rows(reader, &(spec), rows, sizeof(rows) / sizeof *(rows))

/* ---- Changing one value -------------------------------------------------- */

static bool changed(const struct ds_reader *reader, struct ds_text bytes,
		    const struct ds_value *value, const char *word, struct ds_buf *after,
		    char why[DS_WHY_ROOM])
{
	struct ds_arena scratch = {0};
	struct ds_reading reading;
	struct ds_edit edit;

	why[0] = '\0';
	ds_reading_of(&reading, value);
	bool made = reader->edit(&edit, bytes, &reading, ds_text_of(word), &scratch, why);
	if (made) {
		ds_buf_append(after, bytes.at, edit.start);
		ds_buf_append(after, edit.text.at, edit.text.len);
		ds_buf_append(after, bytes.at + edit.end, bytes.len - edit.end);
	}
	ds_arena_free(&scratch);
	return made;
}

struct change {
	const char *before;
	size_t record;
	const char *word;
	const char *after; /* NULL: refused */
};

static void expect_change(const struct ds_reader *reader, const struct ds_spec *spec,
			  const struct change *change)
{
	struct ds_text bytes = ds_text_of(change->before);
	struct ds_arena arena = {0};
	struct ds_records records = {0};
	struct ds_buf after = {0};
	struct ds_reading reading;
	struct ds_value value;
	char why[DS_WHY_ROOM];

	if (reader->records) {
		cr_assert(reader->records(&records, bytes, spec, NULL, &arena));
		cr_assert(change->record < records.len, "%s: %zu", change->before, records.len);
		value = records.at[change->record].values[0];
	} else {
		reader->read(&reading, bytes, true, spec->at, &arena);
		cr_assert(ds_value_of(&value, &reading, &arena));
	}
	bool made = changed(reader, bytes, &value, change->word, &after, why);
	if (change->after) {
		cr_assert(value.editable && made, "%s: %s", change->before, why);
		cr_expect_str_eq(after.bytes, change->after);
	} else {
		cr_expect(!made && *why, "%s", change->before);
	}
	ds_buf_free(&after);
	ds_records_free(&records);
	ds_arena_free(&arena);
}

#define EXPECT_CHANGES(reader, spec, changes)                                                      \
	for (size_t i = 0; i < sizeof(changes) / sizeof *(changes); i++)                           \
	expect_change(reader, &(spec), &(changes)[i])

/* ---- Tables -------------------------------------------------------------- */

#define HEAD "| ID | Title | Status |\n|---|---|---|\n"

static const struct ds_spec table_spec = {"status", "id"};

static const struct row tables[] = {
	{HEAD "| 1 | a | Accepted |\n| 2 | b | Draft |\n", "1=Accepted; 2=Draft"},
	{HEAD "1 | a | Accepted\n2 | b | Draft", "1=Accepted; 2=Draft"},
	{"ID|Status\n-|-\n1|Accepted\n", "1=Accepted"},
	{"|Status|ID|\n|:-:|--:|\n|Accepted|1|\n", "1=Accepted"},
	{"| *Id* | [STATUS](x) |\n|---|---|\n| 1 | a |\n", "1=a"},

	/* Ragged rows, and cells too many. */
	{HEAD "| 1 | a |\n| 2 |\n| 3 | b | c | d |\n",
	 "1=(missing-status); 2=(missing-status); 3=c"},
	{HEAD "| 1 | a |  \n", "1=(missing-status)"},
	{HEAD "| 1 | a ||\n", "1=(missing-status 3:10, editable)"},
	{HEAD "| 1 | a |   |\n", "1=(missing-status 3:11, editable)"},
	{HEAD "| 1 | a | <!-- x --> |\n", "1=(missing-status 3:11)"},
	{HEAD "| | a | | \n|  |  | Draft |\n", "=(malformed 4:9, editable)"},

	/* Links, emphasis, code. */
	{HEAD "| [ADR-0007](0007-x.md) | a | **Accepted** |\n", "ADR-0007=Accepted"},
	{HEAD "| `7` | a | `Accepted` |\n", "7=Accepted"},
	{HEAD "| 7 | a | [done](done.md) |\n", "7=done"},
	{HEAD "| 7 | a | [Superseded by 8](0008.md \"x\") |\n", "7=Superseded by 8"},
	{HEAD "| 7 | a | **[_done_](done.md)** |\n", "7=done"},
	{HEAD "| 7 | a | Superseded by [8](8.md) |\n",
	 "7=Superseded by 8<Superseded by [8](8.md)>!"},
	{HEAD "| 7 | a | **Accepted** (2024) |\n", "7=Accepted (2024)<**Accepted** (2024)>!"},
	{HEAD "| 7 | a | R&amp;D |\n", "7=R&D<R&amp;D>!"},
	{HEAD "| 7 | a | a\\_b |\n", "7=a_b<a\\_b>!"},
	{HEAD "| 7 | a | &amp; |\n", "7=&<&amp;>!"},
	{HEAD "| 7 | a | \\< b |\n", "7=< b<\\< b>!"},
	{HEAD "| 7 | a | <http://x> |\n", "7=http://x<<http://x>>!"},
	{HEAD "| 7 | a | in_progress |\n", "7=in_progress"},
	{HEAD "| 7 | a | \xe2\x9c\x85 done |\n", "7=\xe2\x9c\x85 done"},
	{HEAD "| 7 | a | <b title=\"x\">x</b> |\n", "7=x"},

	/* The columns of cmark are off in each of these. */
	{HEAD "   | 1 | a | Accepted |\n", "1=Accepted"},
	{HEAD "  1 | a | Accepted\n", "1=Accepted"},
	{HEAD "| 1 | a \\| b | Accepted |\n", "1=Accepted"},
	{HEAD "| 1 | a | x \\| Accepted |\n", "1=x | Accepted<x \\| Accepted>!"},
	{HEAD "| 1 | a \\\\| b | Accepted |\n", "1=Accepted"},
	{HEAD "| 1 | a `b | Accepted` |\n", "1=Accepted`"},
	{HEAD "| 1 | `a \\| b` | Accepted |\n", "1=Accepted"},
	{"> "
	 "|ID|Status|\n> |-|-|\n>   | 1 | Accepted |\n>|2|Draft|\n",
	 "1=Accepted; 2=Draft"},
	{"- x\n\n  |ID|Status|\n  |-|-|\n  | 1 | Accepted |\n    | 2 | Draft |\n",
	 "1=Accepted; 2=Draft"},
	{"> - > |ID|Status|\n>   > |-|-|\n>   > | 1 | Accepted |\n", "1=Accepted"},
	{"text above\n" HEAD "| 1 | a | Accepted |\n", "1=Accepted"},

	/* Other bytes. */
	{BOM HEAD "| 1 | a | Accepted |\n", "1=Accepted"},
	{"---\ntitle: |\n  | x |\n---\n" HEAD "| 1 | a | Accepted |\n", "1=Accepted"},
	{"---\r\nt: x\r\n---\r\n|ID|Status|\r\n|-|-|\r\n|1|Accepted|\r\n|2||\r\n",
	 "1=Accepted; 2=(missing-status 7:4, editable)"},
	{"|ID|Status|\r|-|-|\r|1|Accepted|\r", "1=Accepted"},
	{HEAD "| 1 | \xff\xfe | Accepted |\n", "1=Accepted"},
	{HEAD "| 1 | a | \xff |\n", "1=\xef\xbf\xbd<\\xff>!"},

	/* What is no table. */
	{"```\n" HEAD "| 1 | a | Draft |\n```\n\n" HEAD "| 1 | a | Accepted |\n", "1=Accepted"},
	{"<!--\n" HEAD "| 1 | a | Draft |\n-->\n\n" HEAD "| 1 | a | Accepted |\n", "1=Accepted"},
	{"    " HEAD, "missing-status: no table with the columns \"id\" and \"status\""},
	{"", "missing-status: no table with the columns \"id\" and \"status\""},
	{"|ID|x|\n|-|-|\n|1|a|\n",
	 "missing-status: no table with the columns \"id\" and \"status\""},
	{"|ID|Status|STATUS|\n|-|-|-|\n|1|a|b|\n",
	 "ambiguous-status: two columns of this table are called \"status\""},
	{"\xff\xfe|", "malformed: not UTF-8 but UTF-16"},

	/* Several. */
	{"|x|y|\n|-|-|\n|1|2|\n\n|ID|Status|\n|-|-|\n|1|a|\n\n# "
	 "More\n\n|status|id|\n|-|-|\n|b|2|\n",
	 "1=a; 2=b"},
	{HEAD "| 1 | a | b |\n| 1 | a | c |\n", "1=b; 1=c"},
	{HEAD "| 1 | a | b |\n- x\n\n| 2 | a | c |\n", "1=b"},
};

Test(markdown, reads_tables)
{
	EXPECT_ROWS(&ds_table_reader, table_spec, tables);
}

Test(markdown, a_cell_with_a_nul_is_no_word)
{
	static const char bytes[] = HEAD "| 1 | \0 | a |\n| 2 | b | a\0b |\n";
	char *is = found(&ds_table_reader, &table_spec, NULL,
			 (struct ds_text){bytes, sizeof bytes - 1});
	cr_expect_str_eq(is, "1=a; 2=a\xef\xbf\xbd"
			     "b<a\\x00b>?!");
	free(is);
}

Test(markdown, columns_have_names_or_numbers)
{
	static const char *const fields[] = {"Title", "Owner", NULL};
	static const struct row rows[] = {
		{HEAD "| 1 | a | b |\n", "1=b,a,(missing-status)"},
		{"|Owner|3|Title|1|\n|-|-|-|-|\n|me|t|u|v|\n", "t=v,u,me"},
	};
	static const struct ds_spec spec = {"3", "1"};
	expect_found(&ds_table_reader, &spec, fields, ds_text_of(rows[0].markdown), rows[0].found);
	static const struct ds_spec names = {"1", "3"}; /* a name goes before a number */
	expect_found(&ds_table_reader, &names, fields, ds_text_of(rows[1].markdown), rows[1].found);
}

Test(markdown, changes_cells)
{
	static const struct change changes[] = {
		{HEAD "| 1 | a | Draft |\n", 0, "Done", HEAD "| 1 | a | Done |\n"},
		{HEAD "| 1 | a | **Draft** |\n", 0, "Done", HEAD "| 1 | a | **Done** |\n"},
		{HEAD "| 1 | a | [x](x) |\r\n", 0, "Done", HEAD "| 1 | a | [Done](x) |\r\n"},
		{HEAD "| 1 | a |   |\n", 0, "Done", HEAD "| 1 | a | Done  |\n"},
		{HEAD "| 1 | a | |\n", 0, "Done", HEAD "| 1 | a | Done |\n"},
		{HEAD "| 1 | a ||\n", 0, "Done", HEAD "| 1 | a | Done |\n"},
		{HEAD "| 1 | a \\| b | Draft", 0, "Done", HEAD "| 1 | a \\| b | Done"},
		{HEAD "| 1 | a | b |\n| 2 | a | c |\n", 1, "b c",
		 HEAD "| 1 | a | b |\n| 2 | a | b c |\n"},
		{HEAD "| 1 | a | b |\n", 0, "x|y", NULL},
		{HEAD "| 1 | a | b |\n", 0, "x\ny", NULL},
	};
	EXPECT_CHANGES(&ds_table_reader, table_spec, changes);
}

/* ---- Boxes --------------------------------------------------------------- */

static const struct ds_spec all_boxes = {NULL, NULL};
static const struct ds_spec phases = {NULL, "Phase {id}:*"};
static const struct ds_spec tracks = {"Track:*", "link:*/tracks/{id}/*"};

static const struct row boxes[] = {
	{"- [x] a\n- [ ] b\n- [X] c\n- [~] d\n- [-] e\n- [/] f\n",
	 "=[x]; =[ ]; =[x]<[X]>; =[~]; =[-]; =[/]"},
	{"* [x] a\n+ [ ] b\n1. [x] c\n2) [ ] d\n", "=[x]; =[ ]; =[x]; =[ ]"},
	{"- a\n  - [x] b\n    1. [ ] c\n\n      more\n", "=[x]; =[ ]"},
	{"> - [x] a\n>   > 1. [ ] b\n", "=[x]; =[ ]"},
	{"- - [x] a\n", "=[x]"},
	{"-\t[x] a\n-\n  [ ] b\n- [x]\tc\n- [x]\n", "=[x]; =[ ]; =[x]; =[x]"},
	{"- \xe2\x9c\x85 a\n- [\xe2\x9c\x93] a\n", "=[\xe2\x9c\x93]"},
	{"## [x] a\n# [ ] b #\n[~] c\n===\n", "=[x]; =[ ]; =[~]"},
	{"- [x] a\n  | x | y |\n  |---|---|\n", "=[x]"},

	/* What is none. */
	{"[x] a\n\n- a [x]\n- [x]a\n- [xy] a\n- [] a\n- [1] a\n- \\[x] a\n", ""},
	{"- [x](y) a\n- [x] a\n\n[x]: y\n", ""},
	{"```\n- [x] a\n```\n    - [x] a\n\n<!--\n- [ ] b\n-->\n", ""},
	{"- a\n\n  [x] b\n", ""},
	{"---\n- [x] a\n---\n- [ ] b\n", "=[ ]"},
	{BOM "- [x] a\r\n- [ ] b\r\n", "=[x]; =[ ]"},
};

Test(markdown, reads_boxes)
{
	EXPECT_ROWS(&ds_checkbox_reader, all_boxes, boxes);
}

Test(markdown, boxes_have_ids)
{
	static const struct row by_text[] = {
		{"- [x] Phase 1: a\n- [ ] **Phase 2.1**: b: c\n- [ ] Phases\n- Phase 3: d\n",
		 "1=[x]; 2.1=[ ]"},
		{"- [x] **Phase 3: e**\n  f\n- [ ] Phase : g\n- [ ] Phase: g: h\n", "3=[x]"},
		{"- [ ] [Phase 4: x](y)\n- [ ] `Phase 5:`\n## [ ] Phase 6: \n",
		 "4=[ ]; 5=[ ]; 6=[ ]"},
	};
	static const struct row by_link[] = {
		{"## [~] Track: A\n*Link: [./conductor/tracks/a_1/](./conductor/tracks/a_1/)*\n",
		 "a_1=[~]"},
		{"- [x] Track: [b](../tracks/b/c/d)\n- [ ] Track: [b](x) [c](/tracks/c/)\n"
		 "- [ ] Other: [d](/tracks/d/)\n",
		 "b=[x]; c=[ ]"},
		{"## [ ] Track: A\n\n- [x](/tracks/x/)\n\n## [ ] Track: B\n\ntext\n\n"
		 "[x](/tracks/x/)\n",
		 ""},
	};
	EXPECT_ROWS(&ds_checkbox_reader, phases, by_text);
	EXPECT_ROWS(&ds_checkbox_reader, tracks, by_link);
}

/* {id} and "*" are as short as can be, from the left, over all of the text. */
Test(markdown, patterns_over_text)
{
	static const struct {
		const char *pattern;
		const char *text;
		const char *id; /* NULL: no match */
	} table[] = {
		{"{id}", "a b", "a b"},      {"{id} *", "a b c", "a"},
		{"{id}: *", "a: b: c", "a"}, {"*-{id}-*", "a-b-c-d", "b"},
		{"*-{id}", "a-b-c", "b-c"},  {"{id}-x", "a-x-x", "a-x"},
		{"T{id}x", "Txx", "x"},      {"T{id}x", "Tx", NULL},
		{"T{id}", "T", NULL},        {"T{id}*", "T2.1: x", "2.1"},
		{"*{id}*", "T-x. y", "T-x"}, {"T{id}*", "T: x", NULL},
		{"T{id} b", "Ta c", NULL},   {"T{id}", "Ux", NULL},
		{"*{id}", "x", "x"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char markdown[64];
		char wanted[64] = "";
		struct ds_spec spec = {NULL, table[i].pattern};
		snprintf(markdown, sizeof markdown, "- [x] %s", table[i].text);
		if (table[i].id)
			snprintf(wanted, sizeof wanted, "%s=[x]", table[i].id);
		expect_found(&ds_checkbox_reader, &spec, NULL, ds_text_of(markdown), wanted);
	}
}

Test(markdown, changes_boxes)
{
	static const struct change changes[] = {
		{"- [ ] a\n- [ ] b\n", 1, "[x]", "- [ ] a\n- [x] b\n"},
		{"> 1. [~] a", 0, "[ ]", "> 1. [ ] a"},
		{"## [ ] a\r\n", 0, "[\xe2\x9c\x93]", "## [\xe2\x9c\x93] a\r\n"},
		{"- [ ] a\n", 0, "done", NULL},
		{"- [ ] a\n", 0, "[x] ", NULL},
		{"- [ ] a\n", 0, "[xx]", NULL},
		{"- [ ] a\n", 0, "[1]", NULL},
		{"- [ ] a\n", 0, "[\n]", NULL},
	};
	EXPECT_CHANGES(&ds_checkbox_reader, all_boxes, changes);
}

/* ---- Task blocks --------------------------------------------------------- */

static const struct ds_spec tasks = {"status", "id"};

static const struct row blocks[] = {
	{"```task\nid: 1\nstatus: todo\n```\n", "1=todo"},
	{"~~~~ task x\nid: \"1\" # y\nstatus: 'to do'  # z\n~~~~\n\n```task\nid: 2\nstatus: b\n```",
	 "1=to do; 2=b"},
	{"`````task\nid: 1\nstatus: todo\nnote: |\n  ```\n  status: x\n  ```\n`````\n", "1=todo"},
	{"- a\n  - ```task\n    id: 1\n    sub:\n      status: x\n    status: todo\n    ```\n",
	 "1=todo"},
	{"> ```task\n> id: 1\n>   \n>status: todo\n> ```\n", "1=todo"},
	{"> - ```task\n>   id: 1\n>   status: \"a\\u0062\"\n>   ```\n", "1=ab<a\\u0062>"},
	{"   ```task\n  id: 1\n   status: todo\n   ```\n", "1=todo"},
	{"\xef\xbb\xbf```task\r\nid: 1\r\nstatus: todo\r\n```\r\n", "1=todo"},
	{"---\nstatus: x\n---\n```task\nid: 1\nstatus:\n```\n", "1=(missing-status 6:8, editable)"},
	{"```task\nid: 1\n```\n", "1=(missing-status)"},
	{"```task\nstatus: todo\n```\n", "=(malformed 1:1)"},
	{"```task\nid:\nstatus: todo\n```\n", "=(malformed 1:1)"},
	{"```task\nx: y\n```\n```task\n```\n", ""},
	{"```task\n---\nid: 1\nstatus: todo\n```\n", "=(malformed 2:1)"},
	{"> ```task\r\n> x: y\r\n> --- \t\r\n> id: 1\r\n> ```\r\n", "=(malformed 3:3)"},
	{"```task\nid: 1\nstatus: todo\n...\nid: 2\nstatus: x\n```\n", "=(malformed 4:1)"},
	{"```task\nid: 1\nstatus: todo\n--- # x\nid: 2\n```\n", "=(malformed 4:1)"},
	{"```task\nid: 1\nnote: |\n  ---\n  ...\nstatus: todo\n```\n", "1=todo"},
	{"```task\n---\n```\n", "=(malformed 2:1)"},
	{"```task\nid: 1\nstatus: todo\n", "1=(malformed 1:1)"},
	{"```task\nid: 1\nstatus: todo\nstatus: x\n```\n", "1=(ambiguous-status 4:1)"},
	{"```task\nid: 1\nid: 2\nstatus: todo\n```\n", "=(ambiguous-status 3:1)"},
	{"```task\nid: 1\nstatus: [a]\n```\n", "1=[a]?!"},
	{"```task\nid: 1\nstatus: a: b\n```\n", "=(malformed 3:10)"},
	{"```task\nid: 1\nstatus: |\n  todo\n```\n", "1=todo<>!"},
	{"> ```task\n> id: 1\n> status: a\n>   b\n> ```\n", "1=a b<>!"},
	{"```task\nid: 1\n\tstatus: x\n```\n", "=(malformed 2:5)"},
	{"-\t```task\n\tid: 1\n\tstatus: x\n\t```\n", "1=x"},
	{"```tasks\nid: 1\nstatus: x\n```\n```\nid: 1\nstatus: x\n```\n    id: 1\n", ""},
	{"````\n```task\nid: 1\nstatus: x\n```\n````\n", ""},
	{"<!--\n```task\nid: 1\nstatus: x\n```\n-->\n", ""},
};

Test(markdown, reads_task_blocks)
{
	EXPECT_ROWS(&ds_task_block_reader, tasks, blocks);
}

Test(markdown, changes_task_blocks)
{
	static const struct change changes[] = {
		{"```task\nid: 1\nstatus: todo # x\n```\n", 0, "done",
		 "```task\nid: 1\nstatus: done # x\n```\n"},
		{"> - ```task\n>   id: 1\n>   status: \"todo\"\n>   ```\n", 0, "in progress",
		 "> - ```task\n>   id: 1\n>   status: \"in progress\"\n>   ```\n"},
		{"```task\r\nid: 1\r\nstatus:\r\n```\r\n", 0, "done",
		 "```task\r\nid: 1\r\nstatus: done\r\n```\r\n"},
		{"```task\nid: 1\nstatus: todo\n```\n", 0, "a: b", NULL},
	};
	EXPECT_CHANGES(&ds_task_block_reader, tasks, changes);
}

Test(markdown, puts_a_field_into_a_task_block)
{
	static const struct {
		const char *before;
		const char *after; /* NULL: refused */
	} table[] = {
		{"```task\nid: 1\nstatus: a\nx: y\n```\n",
		 "```task\nid: 1\nstatus: a\nat: now\nx: y\n```\n"},
		{"> - ```task\r\n>   status: a\r\n>   id: 1\r\n>   ```\r\n",
		 "> - ```task\r\n>   status: a\r\n>   at: now\r\n>   id: 1\r\n>   ```\r\n"},
		{"- x\n\n  ~~~task\n  id: 1\n  ~~~\n",
		 "- x\n\n  ~~~task\n  id: 1\n  at: now\n  ~~~\n"},
		{"```task\nid: 1\n```", "```task\nid: 1\nat: now\n```"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_text bytes = ds_text_of(table[i].before);
		struct ds_arena arena = {0};
		struct ds_records records = {0};
		struct ds_buf after = {0};
		struct ds_edit edit;
		char why[DS_WHY_ROOM] = "";
		cr_assert(ds_task_block_reader.records(&records, bytes, &tasks, NULL, &arena));
		cr_assert_eq(records.len, 1);
		cr_assert(ds_task_block_reader.insert(&edit, bytes, records.at, "at", "status",
						      ds_text_of("now"), &arena, why),
			  "%s", why);
		ds_buf_append(&after, bytes.at, edit.start);
		ds_buf_append(&after, edit.text.at, edit.text.len);
		ds_buf_puts(&after, bytes.at + edit.end);
		cr_expect_str_eq(after.bytes, table[i].after);
		ds_buf_free(&after);
		ds_records_free(&records);
		ds_arena_free(&arena);
	}
}

/* ---- Lines --------------------------------------------------------------- */

static const struct ds_spec label = {"Status", NULL};

static const struct row lines[] = {
	{"Status: done\n", "done"},
	{"# T\n\n**Status:** done\n", "done"},
	{"# T\n\n**Status**: done  \nmore\n", "done"},
	{"# T\n\n__status__: _done_\n", "done"},
	{"# T\n\n**Status: done**\n", "done"},
	{"# T\n\n*Status*: `done`<br>\n", "done"},
	{"# T\n\n- a\n- **Status**: **done**\n", "done"},
	{"# T\n\n> Author: x\\\n> Status: done\\\n> x\n", "done"},
	{"# T\n\n* Date: x\n* Status: Accepted (2024-01-01)\n\n## C\n", "Accepted (2024-01-01)!"},
	{"# T\nauthor\nSTATUS : done<br />\n", "done"},
	{"# Task ID: 1\n# Title: x\n# Status: pending\n# Details:\nStatus: x\n", "pending"},
	{"# Status: done #\n", "done"},
	{"Status: done\n===\n", "done"},
	{"# T\n## Status: done\n", "done"},
	{"```\nAuthor: x\nStatus: done\n```\n\n# T\n", "done"},
	{"# T\n\n```text\n  Status: **done**\n```\n", "**done**!"},
	{"# T\nStatus: done\n| a | b |\n|---|---|\n| Status: x | y |\n", "done"},
	{BOM "---\nstatus: x\n---\r\nStatus: done\r\n", "done"},
	{"Status: a\xff\n", "a\\xff"},
	{"Status: a *b* c\n", "a *b* c!"},
	{"Status: *a* and *b*\n", "*a* and *b*!"},

	/* A comment is not the status. */
	{"Status: `done`\n", "done"},
	{"- **Status**: `done` <!-- see #1 --> <!-- a\n- b -->\n", "done"},
	{"**Status: done** <!-- a --><br>\n", "done"},
	{"Status: done<br> <!-- a -->\n", "done"},
	{"Status: <!-- a | b --> done\n", "done"},
	{"Status: a <!-- b --> c\n", "a <!-- b --> c!"},
	{"Status: `<!-- a -->`\n", "<!-- a -->!"},
	{"# Status: done <!-- a --> #\n", "done"},
	{"Status: <!-- a -->\n", "(missing-status 1:9, editable)"},
	{"# T\n\n```\nStatus: done <!-- a -->\n```\n", "done <!-- a -->!"},

	/* What else is on the line may be about something else. */
	{"**Status:** todo | **Owner:** x\n", "todo | **Owner:** x!"},
	{"Status: in progress, since May\n", "in progress, since May!"},
	{"Status: on-hold_2\tx\n", "on-hold_2\\tx"},
	{"Status: \xe2\x9c\x85 \xc3\xbc\n", "\xe2\x9c\x85 \xc3\xbc"},
	{"Status:\xc2\xa0todo\n", "\xc2\xa0todo!"},
	{"Status: todo \xe2\x80\x94 x\n", "todo \xe2\x80\x94 x!"},

	/* Nothing there, or nothing that counts. */
	{"Status:\n", "(missing-status 1:8, editable)"},
	{"**Status:**\nx\n", "(missing-status 1:12, editable)"},
	{"# T\n\n## C\n\nStatus: done\n", "(missing-status)"},
	{"# T\n\ntext\n\n## Status: done\n", "(missing-status)"},
	{"# T\n\ntext\n\n```\nStatus: done\n```\n", "(missing-status)"},
	{"text\n\n# T\n\n```\nStatus: done\n```\n", "(missing-status)"},
	{"# T\n\n    Status: done\n", "(missing-status)"},
	{"<!--\nStatus: done\n-->\n", "(missing-status)"},
	{"text <!--\nStatus: done\n-->\n", "(missing-status)"},
	{"text `a\nStatus: done\n`\n", "(missing-status)"},
	{"My Status: done\n\nStatuses: x\n\nStatus done\n", "(missing-status)"},
	{"", "(missing-status)"},
	{"Status: a\n\nStatus: b\n", "(ambiguous-status 3:9)"},
	{"Status: a\nStatus: a\n", "(ambiguous-status 2:9)"},
	{"# T\nStatus: a\n\n## C\n\nStatus: b\n", "a"},

	/* A heading that is the label. */
	{"# T\n\nDate: x\n\n## Status\n\nAccepted\n\n## C\n\ntext\n", "Accepted"},
	{"# T\n\n## C\n\ntext\n\n#### **STATUS**: ##\nAccepted\nmore\n", "Accepted"},
	{"Status\n===\nAccepted<br>\nmore\n", "Accepted"},
	{"# T\n## Status:\n\n**Accepted**\n", "Accepted"},
	{"## Status\n\n_`x`_\n", "`x`!"},
	{"## Status\n\n***x***\\\n**y\n", "x"},
	{"## Status\r\n\r\nAccepted, and more\r\n", "Accepted, and more!"},
	{"## Status\n\n- Accepted\n", "Accepted"},
	{"## Status\n\n1. - **Accepted**\n     more\n", "Accepted"},
	{"## Status\n\n<!-- a\nb -->\n<!-- c -->\n\nAccepted\n", "Accepted"},
	{"## Status\nAccepted\n| a | b |\n|---|---|\n", "Accepted"},
	{BOM "---\nstatus: x\n---\n# Status\nAccepted", "Accepted"},

	/* What the page shows otherwise is left to a person. */
	{"## Status\n\nSuperseded by [ADR-0009](0009-x.md)\n",
	 "Superseded by [ADR-0009](0009-x.md)!"},
	{"## Status\n\n**Accepted** (2024)\n", "**Accepted** (2024)!"},
	{"## Status\n\n**Accepted\nor not**\n", "**Accepted!"},
	{"## Status\n\nAccepted <!-- Proposed -->\n", "Accepted"},
	{"## Status\n\nR&amp;D\n", "R&amp;D!"},
	{"## Status\n\na\xff\n", "a\\xff!"},

	/* A line goes before it, and must not say another word below it. */
	{"# T\nStatus: a\n\n## Status\n\nb\n", "a"},
	{"Status: a\n\n# Status\n\nb\n", "a"},
	{"# T\nStatus:\n\n## Status\n\nb\n", "(missing-status 2:8, editable)"},
	{"## Status\n\na\n\nStatus: b\n", "(ambiguous-status 5:9)"},
	{"## C\n\n## Status\n\na\n\n- **Status:** b\n\n## D\n", "(ambiguous-status 7:15)"},
	{"## Status\n\na\n\nStatus: a\n", "a"},
	{"## C\n\n## Status\n\n**Status:** a\n\n## D\n\nStatus: b\n", "a"},
	{"## Status\n\n- Date: x\n- Status: a\n", "a"},
	{"## Status\n\nStatus: a\n\nStatus: b\n", "(ambiguous-status 5:9)"},
	{"## Status\n\na\n\n## C\n\nStatus: b\n\n## Status\n\nc\n", "a"},

	/* Nothing right below. */
	{"## Status\n\n## C\n\ntext\n", "(missing-status 1:1)"},
	{"# T\n\n  ## Status\n", "(missing-status 3:3)"},
	{"## Status:\n\n## C\n", "(missing-status 1:11, editable)"},
	{"## Status\n\n- a\n- b\n", "(missing-status 1:1)"},
	{"## Status\n\n- a\n\n  b\n", "(missing-status 1:1)"},
	{"## Status\n\n-\n", "(missing-status 1:1)"},
	{"## Status\n\n```\na\n```\n", "(missing-status 1:1)"},
	{"## Status\n\n<!-- a --> b <!-- c -->\n\nd\n", "(missing-status 1:1)"},
	{"## Status\n\n<p>\na\n\nb\n", "(missing-status 1:1)"},
	{"## Status of it\n\na\n\n## My Status\n\na\n", "(missing-status)"},
	{"> ## Status\n>\n> a\n", "(missing-status)"},
	{"```\n## Status\n\na\n```\n", "(missing-status)"},
};

Test(markdown, reads_lines)
{
	EXPECT_ROWS(&ds_line_reader, label, lines);
}

/* However far down: no more is parsed than it takes. */
Test(markdown, a_line_far_below_the_title)
{
	struct ds_buf file = {0};
	ds_buf_puts(&file, "# T\n\n");
	for (int i = 0; i < 20000; i++)
		ds_buf_puts(&file, "word word word\n\n");
	ds_buf_puts(&file, "Status: done\n\n# Next\n");
	expect_found(&ds_line_reader, &label, NULL, (struct ds_text){file.bytes, file.len}, "done");
	ds_buf_free(&file);
}

Test(markdown, changes_lines)
{
	static const struct change changes[] = {
		{"Status: a\n", 0, "b", "Status: b\n"},
		{"**Status:** a  \nx\n", 0, "b", "**Status:** b  \nx\n"},
		{"**Status: a**<br>\n", 0, "b", "**Status: b**<br>\n"},
		{"# Status: a #\n", 0, "b", "# Status: b #\n"},
		{"**Status:**\n", 0, "b", "**Status:** b\n"},
		{"Status:", 0, "b", "Status: b"},
		{"Status: \r\n", 0, "b", "Status: b\r\n"},
		{"Status: a\n", 0, "b\nc", NULL},
		{"- Status: `a` <!-- c -->\n", 0, "b", "- Status: `b` <!-- c -->\n"},
		{"Status: a<!-- c\nd -->\n", 0, "b", "Status: b<!-- c\nd -->\n"},
		{"Status: <!-- c -->\n", 0, "b", "Status: b <!-- c -->\n"},
		{"## Status\n\na <!-- c -->\n", 0, "b", "## Status\n\nb <!-- c -->\n"},
		{"## Status\n\na\nmore\n", 0, "b", "## Status\n\nb\nmore\n"},
		{"## Status\r\n\r\n- **a**\r\n", 0, "b", "## Status\r\n\r\n- **b**\r\n"},
	};
	EXPECT_CHANGES(&ds_line_reader, label, changes);
}

/* ---- Preambles ----------------------------------------------------------- */

static const struct ds_spec key = {"status", NULL};

Test(markdown, reads_preambles)
{
	static const struct row rows[] = {
		{"---\nstatus: a # b\n---\n\nStatus: c\n", "a"},
		{"---\nstatus: \"a\\u0062\"\n---\n", "ab<a\\u0062>"},
		{"---\nstatus:\n---\nStatus: c\n", "(missing-status 2:8, editable)"},
		{"---\nstatus: a\nstatus: b\n---\nStatus: c\n", "(ambiguous-status 3:1)"},
		{"---\nStatus: a\n---\nStatus: c\n", "(missing-status 2:1)"},
		{"---\nstatus: a\n\nStatus: c\n", "(malformed 1:1)"},
		{"---\ntitle: a\n---\n# T\n\nStatus: c\n", "c"},
		{"---\ntitle: a\n---\n# T\n\n## Status\n\nc\n", "c"},
		{"# T\n\n**Status:** c\n", "c"},
		{"# T\n\n**Status:** c\n\nStatus: d\n", "(ambiguous-status 5:9)"},
		{"---\ntitle: a\n---\n# T\n\n## Status\n", "(missing-status 6:1)"},
		{"---\ntitle: a\n---\n# T\n", "(missing-status)"},
		{"", "(missing-status)"},
		{"\xff\xfe-", "(malformed 1:1)"},
	};
	EXPECT_ROWS(&ds_preamble_reader, key, rows);
}

Test(markdown, changes_preambles)
{
	static const struct change changes[] = {
		{"---\nstatus: 'a' # x\n---\nStatus: c\n", 0, "b: c",
		 "---\nstatus: 'b: c' # x\n---\nStatus: c\n"},
		{"---\nstatus: a\n---\n", 0, "b: c", NULL},
		{"---\nstatus:\n---\n", 0, "b", "---\nstatus: b\n---\n"},
		{"---\nt: a\n---\nStatus: a\n", 0, "b: c", "---\nt: a\n---\nStatus: b: c\n"},
		{"## Status\n\na\n", 0, "b: c", "## Status\n\nb: c\n"},
	};
	EXPECT_CHANGES(&ds_preamble_reader, key, changes);
}

/* A front matter as long as a file would be read in part. */
Test(markdown, a_preamble_has_the_limit_of_front_matter)
{
	struct ds_buf file = {0};
	ds_buf_puts(&file, "---\nx: ");
	while (file.len < 70000)
		ds_buf_puts(&file, "yyyyyyyyyyyyyyyy");
	ds_buf_puts(&file, "\nstatus: a\n---\nStatus: b\n");
	expect_found(&ds_preamble_reader, &key, NULL, (struct ds_text){file.bytes, file.len},
		     "(malformed 1:1)");
	ds_buf_free(&file);
}

Test(markdown, puts_a_key_into_a_front_matter_that_is_there)
{
	static const char with[] = "---\ntitle: x\n---\n# T\n";
	static const char without[] = "# T\n";
	struct ds_arena arena = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM] = "";

	cr_assert(ds_preamble_reader.insert(&edit, ds_text_of(with), NULL, "status", NULL,
					    ds_text_of("a"), &arena, why));
	cr_expect_eq(edit.start, strlen("---\ntitle: x\n"));
	cr_expect(ds_text_is(edit.text, "status: a\n"));
	cr_expect(!ds_preamble_reader.insert(&edit, ds_text_of(without), NULL, "status", NULL,
					     ds_text_of("a"), &arena, why));
	cr_expect(*why);
	ds_arena_free(&arena);
}

/* ---- Paths --------------------------------------------------------------- */

Test(markdown, reads_paths)
{
	static const struct row rows[] = {
		{"done", "done!"}, {" a b ", "a b!"}, {"", "(missing-status)"}};
	static const struct ds_spec spec = {"folder", NULL};
	EXPECT_ROWS(&ds_path_reader, spec, rows);
}

/* ---- What readers can be asked for --------------------------------------- */

Test(markdown, checks_what_it_is_asked_for)
{
	static const struct {
		const char *reader;
		struct ds_spec spec;
		int many; /* -1: refused */
	} table[] = {
		{"table", {"Status", "ID"}, 1},
		{"table", {"Status", NULL}, -1},
		{"table", {"", "ID"}, -1},
		{"checkbox", {NULL, "Phase {id}*"}, 1},
		{"checkbox", {"Phase {id}:", NULL}, 1},
		{"checkbox", {"T*", "link:*/{id}/*"}, 1},
		{"checkbox", {NULL, NULL}, -1},
		{"checkbox", {NULL, "Phase"}, -1},
		{"checkbox", {NULL, "{id}{id}"}, -1},
		{"checkbox", {"link:x", "{id}"}, -1},
		{"task_block", {"status", "id"}, 1},
		{"task_block", {"status", NULL}, -1},
		{"table", {"0", "id"}, -1},
		{"table", {"Status", "-1"}, -1},
		{"table", {"1", "status"}, 1},
		{"table", {"Status", "status"}, -1},
		{"table", {"{id}", "id"}, -1},
		{"table", {"Status", "-"}, 1},
		{"line", {"Status", NULL}, 0},
		{"line", {"Status:", NULL}, -1},
		{"line", {"", NULL}, -1},
		{"line", {"Status", "id"}, -1},
		{"preamble", {"status", NULL}, 0},
		{"preamble", {"a.status", NULL}, -1},
		{"preamble", {"a | b", NULL}, -1},
		{"preamble", {"", NULL}, -1},
		{"preamble", {"status", "id"}, -1},
		{"path", {"folder", NULL}, 0},
		{"path", {"{folder}", NULL}, -1},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct ds_reader *reader = ds_reader_find(table[i].reader);
		bool many = table[i].many == 0;
		ds_error err = {0};
		cr_assert(reader);
		int status = reader->check(&table[i].spec, &many, &err);
		cr_expect_eq(status, table[i].many < 0 ? DS_TROUBLE : 0, "%zu: %s", i, err.message);
		cr_expect(status ? *err.message != '\0' : many == (table[i].many == 1), "%zu", i);
	}
}

/* ---- Sizes, and input that is meant to hurt ------------------------------- */

Test(markdown, a_hundred_thousand_rows)
{
	struct ds_buf file = {0};
	struct ds_arena arena = {0};
	struct ds_records records = {0};
	char last[16];
	int most = getenv("DESYNC_SLOW") ? 1000 : 100000;

	ds_buf_puts(&file, HEAD);
	for (int i = 0; i < most; i++)
		ds_buf_printf(&file, "| %d | [a](b) | Accepted |\n", i);
	cr_assert(ds_table_reader.records(&records, (struct ds_text){file.bytes, file.len},
					  &table_spec, NULL, &arena));
	cr_expect_eq(records.defect.code, DS_NO_CODE, "%s", records.defect.why);
	cr_expect_eq(records.len, (size_t)most);
	snprintf(last, sizeof last, "%d", most - 1);
	cr_expect(ds_text_is(records.at[most - 1].id, last));
	ds_records_free(&records);
	ds_arena_free(&arena);
	ds_buf_free(&file);
}

/* Each of these would keep cmark 0.29.0.gfm.6 busy for minutes, or take gigabytes. */
Test(markdown, refuses_what_would_take_for_ever)
{
	enum { SIZE = 1 << 20 };
	static const struct {
		const char *first; /* once, then this as often as half the size holds, ... */
		const char *often;
		const char *then;
		const char *after;
	} table[] = {
		{"", "- ", "a\n", "\n"},
		{"", ">", "a\n", "a\n"},
		{"", "> - ", "a\n", "\n"},
		{"", "1. ", "a\n", "\n"},
		{"|", "a|", "\n", ""},
		{"|a|\n|-|\n|", "`|", "\n", ""},
		{"", "a\n", "|-|-|\n", ""},
		{"", "a\n", "|\nb\n:-:\n", ""},
		{"", "a|b\n-|\n", "", ""},
		{"|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|\n"
		 "|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|\n",
		 "a\n", "", ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_buf file = {0};
		struct ds_arena arena = {0};
		struct ds_records records = {0};
		ds_buf_puts(&file, table[i].first);
		while (file.len < SIZE / 2)
			ds_buf_puts(&file, table[i].often);
		ds_buf_puts(&file, table[i].then);
		while (*table[i].after && file.len < SIZE)
			ds_buf_puts(&file, table[i].after);
		clock_t before = clock();
		cr_assert(ds_checkbox_reader.records(&records,
						     (struct ds_text){file.bytes, file.len},
						     &all_boxes, NULL, &arena));
		cr_expect_eq(records.defect.code, DS_UNREADABLE, "%zu", i);
		cr_expect(clock() - before < 5 * CLOCKS_PER_SEC, "%zu: %.1f s", i,
			  (double)(clock() - before) / CLOCKS_PER_SEC);
		ds_records_free(&records);
		ds_arena_free(&arena);
		ds_buf_free(&file);
	}
}
