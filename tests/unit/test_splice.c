/* Changing one word of a file: what comes out, byte for byte, and what is refused. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "frontmatter.h"
#include "json_records.h"
#include "readers.h"
#include "splice.h"

#define BOM "\xef\xbb\xbf"

struct line {
	const char *before;
	const char *at;
	const char *behind;
	const char *word;
	const char *after; /* NULL: refused */
	const char *why;   /* how the reason begins, where that matters */
};

/* ---- One line of a table ------------------------------------------------ */

/* All but the replaced piece is there still, in place. */
static void expect_edit(const struct line *line, const struct ds_buf *after,
			const struct ds_edit *edit)
{
	size_t len = strlen(line->before);
	cr_assert(edit->start <= edit->end && edit->end <= len, "%s", line->before);
	cr_assert_eq(after->len, len - (edit->end - edit->start) + edit->text.len, "%s",
		     line->before);
	cr_expect_arr_eq(after->bytes, line->before, edit->start, "%s", line->before);
	cr_expect_arr_eq(after->bytes + edit->start, edit->text.at, edit->text.len, "%s",
			 line->before);
	cr_expect_arr_eq(after->bytes + edit->start + edit->text.len, line->before + edit->end,
			 len - edit->end, "%s", line->before);
}

static void expect_line(const struct ds_reader *reader, bool insert, const struct line *line)
{
	struct ds_splice splice = {reader, line->at ? line->at : "status", ds_text_of(line->word),
				   insert, line->behind};
	struct ds_arena scratch = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	enum ds_splice_outcome outcome =
		ds_splice(&after, &edit, &splice, ds_text_of(line->before), &scratch, why);
	if (line->after) {
		cr_expect_eq(outcome, DS_SPLICE_DONE, "%s: %d: %s", line->before, outcome, why);
		if (outcome == DS_SPLICE_DONE) {
			cr_expect_str_eq(after.bytes, line->after);
			expect_edit(line, &after, &edit);
			ds_buf_cut(&after, 0);
			outcome = ds_splice(&after, &edit, &splice, ds_text_of(line->after),
					    &scratch, why);
			cr_expect_eq(outcome, DS_SPLICE_SAME, "%s: %s", line->after, why);
			cr_expect_str_eq(after.bytes, line->after);
		}
	} else {
		cr_expect_eq(outcome, DS_SPLICE_REFUSED, "%s: %d, %s", line->before, outcome,
			     after.bytes ? after.bytes : "");
		cr_expect_eq(after.len, 0);
		cr_expect(*why, "%s", line->before);
		if (line->why)
			cr_expect_eq(strncmp(why, line->why, strlen(line->why)), 0, "%s: %s",
				     line->before, why);
	}
	ds_buf_free(&after);
	ds_arena_free(&scratch);
}

#define EXPECT_LINES(reader, insert, table)                                                        \
	for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                               \
	expect_line(reader, insert, &(table)[i])

/* ---- JSON: another word ------------------------------------------------- */

static const struct line json_edits[] = {
	{"{\"status\":\"active\"}", NULL, NULL, "done", "{\"status\":\"done\"}", NULL},
	{BOM " {\r\n\t\"status\" : \" active\\n\"\r\n}", NULL, NULL, "done",
	 BOM " {\r\n\t\"status\" : \"done\"\r\n}", NULL},
	{"{\"n\":1.0,\"n\":1e400,\"status\":\"a\",\"x\":[ ]}\n\n", NULL, NULL, "b",
	 "{\"n\":1.0,\"n\":1e400,\"status\":\"b\",\"x\":[ ]}\n\n", NULL},
	{"{\"a\":{\"b\":{\"status\":\"x\"}},\"status\":\"y\"}", "a.b.status", NULL, "z",
	 "{\"a\":{\"b\":{\"status\":\"z\"}},\"status\":\"y\"}", NULL},
	{"{\"status\":\"a\"}", NULL, NULL, "say \"no\"\\\n\x7f\xc3\xa9",
	 "{\"status\":\"say \\\"no\\\"\\\\\\n\\u007f\xc3\xa9\"}", NULL},
	{"{\"status\":\"a\\u0000b\"}", NULL, NULL, "c", "{\"status\":\"c\"}", NULL},
	{"{\"status\":\"\\ud800\"}", NULL, NULL, "c", "{\"status\":\"c\"}", NULL},

	{"{\"status\":5}", NULL, NULL, "5", NULL, "it is written in a way"},
	{"{\"status\":[\"a\"]}", NULL, NULL, "b", NULL, "it is written in a way"},
	{"{\"status\":null}", NULL, NULL, "b", NULL, "it is null"},
	{"{\"status\":\"\"}", NULL, NULL, "b", NULL, "it is empty"},
	{"{}", NULL, NULL, "b", NULL, "it has no \"status\""},
	{"{\"status\":\"a\",\"status\":\"a\"}", NULL, NULL, "b", NULL, "the key \"status\" is"},
	{"{\"status\":\"a\",\"Status\":\"a\"}", NULL, NULL, "b", NULL, "some parsers take"},
	{"{\"status\":\"a\"", NULL, NULL, "b", NULL, "not valid JSON"},
	{"", NULL, NULL, "b", NULL, "not valid JSON"},
	{"{\"status\":\"a\"}", NULL, NULL, "", NULL, "there is no word"},
	{"{\"status\":\"a\"}", NULL, NULL, " b", NULL, "blanks"},
	{"{\"status\":\"a\"}", NULL, NULL, "b\n", NULL, "blanks"},
	{"{\"status\":\"a\"}", NULL, NULL, "b\xff", NULL, "it is no text"},
};

Test(splice, json_says_another_word)
{
	EXPECT_LINES(&ds_json_reader, false, json_edits);
}

Test(splice, a_nul_is_no_part_of_a_word)
{
	static const char before[] = "{\"status\":\"a\"}";
	struct ds_splice splice = {&ds_json_reader, "status", {"a\0b", 3}, false, NULL};
	struct ds_arena scratch = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];
	cr_expect_eq(ds_splice(&after, &edit, &splice, ds_text_of(before), &scratch, why),
		     DS_SPLICE_REFUSED);
	cr_expect_eq(strncmp(why, "it is no text", 13), 0, "%s", why);
	ds_arena_free(&scratch);
}

/* ---- JSON: a field that is not there ------------------------------------ */

static const struct line json_inserts[] = {
	/* Behind a field, as that one is written. */
	{"{\n  \"id\": \"x\",\n  \"status\": \"a\",\n  \"type\": \"f\"\n}\n", "by", "status", "me",
	 "{\n  \"id\": \"x\",\n  \"status\": \"a\",\n  \"by\": \"me\",\n  \"type\": \"f\"\n}\n",
	 NULL},
	{"{\r\n\t\"status\":\"a\",\r\n\t\"type\":\"f\"\r\n}", "by", "status", "me",
	 "{\r\n\t\"status\":\"a\",\r\n\t\"by\":\"me\",\r\n\t\"type\":\"f\"\r\n}", NULL},
	{"{\"status\":\"a\",\"type\":\"f\"}", "by", "status", "me",
	 "{\"status\":\"a\",\"by\":\"me\",\"type\":\"f\"}", NULL},
	{"{\"status\": \"a\", \"type\": \"f\"}", "by", "status", "me",
	 "{\"status\": \"a\", \"by\": \"me\", \"type\": \"f\"}", NULL},
	{"{\"status\": \"a\"}", "by", "status", "me", "{\"status\": \"a\", \"by\": \"me\"}", NULL},
	{"{\"status\":\"a\"}", "by", "status", "me", "{\"status\":\"a\",\"by\":\"me\"}", NULL},
	{"{\"x\": 1, \"status\": \"a\"}", "by", "status", "me",
	 "{\"x\": 1, \"status\": \"a\", \"by\": \"me\"}", NULL},
	{"{ \"status\": \"a\"\n, \"x\": 1\n}", "by", "status", "me",
	 "{ \"status\": \"a\"\n, \"by\": \"me\"\n, \"x\": 1\n}", NULL},
	{"{ \"x\": 1\n, \"status\": \"a\"\n}", "by", "status", "me",
	 "{ \"x\": 1\n, \"status\": \"a\"\n, \"by\": \"me\"\n}", NULL},
	{"{\n\n  \"status\" : 5\n}", "by", "status", "me",
	 "{\n\n  \"status\" : 5,\n  \"by\" : \"me\"\n}", NULL},
	{"{\n  \"status\":\n    {\"a\": [1, {\"k\": \"v\"}]}\n}", "by", "status", "me",
	 "{\n  \"status\":\n    {\"a\": [1, {\"k\": \"v\"}]},\n  \"by\":\n    \"me\"\n}", NULL},
	{"{\"st\\u0061tus\": \"a\", \"x\": \"status\"}", "by", "status", "me",
	 "{\"st\\u0061tus\": \"a\", \"by\": \"me\", \"x\": \"status\"}", NULL},
	/* Else as the last one. */
	{BOM "{\n  \"a\": {\"b\": [\"c\"]},\n  \"d\": [{\"e\": 1}, \"f\"]\n}\n", "by", "status",
	 "me",
	 BOM "{\n  \"a\": {\"b\": [\"c\"]},\n  \"d\": [{\"e\": 1}, \"f\"],\n  \"by\": \"me\"\n}\n",
	 NULL},
	{"{\"a\": \"}, \\\"b\\\": {\"}", NULL, NULL, "x",
	 "{\"a\": \"}, \\\"b\\\": {\", \"status\": \"x\"}", NULL},
	{"{\"a\\\"b\": 1}", NULL, NULL, "x", "{\"a\\\"b\": 1, \"status\": \"x\"}", NULL},
	{"{\"a\": {\"x\": 1}, \"x\": 2}", "a.by", "x", "me",
	 "{\"a\": {\"x\": 1, \"by\": \"me\"}, \"x\": 2}", NULL},
	{"{\"a\": {\"x\": 1, \"y\": 2}, \"x\": 2}", "a.by", "a.x", "me",
	 "{\"a\": {\"x\": 1, \"by\": \"me\", \"y\": 2}, \"x\": 2}", NULL},
	{"{\"a\":{\"b\":{ }}}", "a.b.status", NULL, "x", "{\"a\":{\"b\":{ \"status\": \"x\" }}}",
	 NULL},
	{"{}", NULL, NULL, "x", "{\"status\": \"x\"}", NULL},
	{"{\r\n}\r\n", NULL, NULL, "x", "{\r\n  \"status\": \"x\"\r\n}\r\n", NULL},
	{"{}", NULL, NULL, "a \"b\"\n", NULL, "blanks"},
	{"{}", NULL, NULL, "a \"b\"\nc", "{\"status\": \"a \\\"b\\\"\\nc\"}", NULL},
	{"{}", "a \"key\"", NULL, "x", "{\"a \\\"key\\\"\": \"x\"}", NULL},
	/* What is there and says nothing. */
	{"{\"status\": null, \"x\": 1}", NULL, "x", "a", "{\"status\": \"a\", \"x\": 1}", NULL},
	{"{\"status\":null}", NULL, NULL, "a", "{\"status\":\"a\"}", NULL},
	{"{\"status\": \"\"}", NULL, NULL, "a", "{\"status\": \"a\"}", NULL},
	{"{\"status\": \" \\t\"}", NULL, NULL, "a", "{\"status\": \"a\"}", NULL},
	/* What is there is changed, as without. */
	{"{\"status\": \"a\"}", NULL, "x", "b", "{\"status\": \"b\"}", NULL},

	{"{\"x\": 1}", "a.status", NULL, "x", NULL, "there is no object \"a\""},
	{"{\"a\": null}", "a.status", NULL, "x", NULL, "there is no object \"a\""},
	{"{\"a\": 5}", "a.status", NULL, "x", NULL, "not an object"},
	{"[]", NULL, NULL, "x", NULL, "not an object"},
	{"{\"Status\": \"a\"}", NULL, NULL, "x", NULL, "it has no \"status\", only"},
	{"{\"A\": {}}", "a.status", NULL, "x", NULL, "it has no"},
	{"{\"a\": {}, \"a\": {}}", "a.status", NULL, "x", NULL, "the key"},
	{"{\"status\": \"a\", \"status\": \"a\"}", NULL, NULL, "x", NULL, "the key"},
	{"{\"status\": 5}", NULL, NULL, "x", NULL, "it is written in a way"},
	{"", NULL, NULL, "x", NULL, "not valid JSON"},
	{"{", NULL, NULL, "x", NULL, "not valid JSON"},
	{"{}", "a\xff", NULL, "x", NULL, "written there"},
};

Test(splice, json_gets_a_field)
{
	EXPECT_LINES(&ds_json_reader, true, json_inserts);
}

/* What was there before is there behind, and one thing more: as cJSON sees it. */
Test(splice, json_keeps_all_else)
{
	for (size_t i = 0; i < sizeof json_inserts / sizeof *json_inserts; i++) {
		const struct line *line = &json_inserts[i];
		const char *at = line->at ? line->at : "status";
		if (!line->after || strchr(at, '.'))
			continue;
		cJSON *before = cJSON_Parse(line->before);
		cJSON *after = cJSON_Parse(line->after);
		cr_assert(before && after, "%s", line->after);
		const cJSON *made = cJSON_GetObjectItemCaseSensitive(after, at);
		cr_assert(cJSON_IsString(made));
		cr_expect_str_eq(made->valuestring, line->word);
		cJSON_DeleteItemFromObjectCaseSensitive(after, at);
		cJSON_DeleteItemFromObjectCaseSensitive(before, at);
		cr_expect(cJSON_Compare(before, after, true), "%s", line->after);
		cJSON_Delete(before);
		cJSON_Delete(after);
	}
}

/* ---- Front matter: another word ----------------------------------------- */

#define FENCED(yaml) "---\n" yaml "---\n# Body\nstatus: body\n\xff\n"

static const struct line yaml_edits[] = {
	{FENCED("status: active\n"), NULL, NULL, "done", FENCED("status: done\n"), NULL},
	{FENCED("status:   active  # why\n"), NULL, NULL, "done", FENCED("status:   done  # why\n"),
	 NULL},
	{FENCED("status: \"active\"\n"), NULL, NULL, "done", FENCED("status: \"done\"\n"), NULL},
	{FENCED("status: 'active' # x\n"), NULL, NULL, "done", FENCED("status: 'done' # x\n"),
	 NULL},
	{BOM "---\r\nid: 007\r\nstatus: active\r\n---\r\n", NULL, NULL, "done",
	 BOM "---\r\nid: 007\r\nstatus: done\r\n---\r\n", NULL},
	{FENCED("\"status\": active\n"), NULL, NULL, "done", FENCED("\"status\": done\n"), NULL},
	{FENCED("{title: x, status: active}\n"), NULL, NULL, "done",
	 FENCED("{title: x, status: done}\n"), NULL},
	{FENCED("a:\n  status: x\nstatus: y\n"), "a.status", NULL, "z",
	 FENCED("a:\n  status: z\nstatus: y\n"), NULL},
	{FENCED("status: ready for\n  review\nx: 1\n"), NULL, NULL, "done",
	 FENCED("status: done\nx: 1\n"), NULL},
	{FENCED("status: !!str active\n"), NULL, NULL, "done", FENCED("status: !!str done\n"),
	 NULL},
	{FENCED("t: \xc3\xa9\xf0\x9f\x98\x80 [x]\nu: {a: b}\nstatus: active\n"), NULL, NULL,
	 "\xc3\xa9t\xc3\xa9",
	 FENCED("t: \xc3\xa9\xf0\x9f\x98\x80 [x]\nu: {a: b}\nstatus: "
		"\xc3\xa9t\xc3\xa9\n"),
	 NULL},
	{FENCED("status: a\n"), NULL, NULL, "ready for review, (a) #1: b#c d:e", NULL,
	 "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "ready (now), b#c d:e [x]",
	 FENCED("status: ready (now), b#c d:e [x]\n"), NULL},
	{FENCED("status: 'a'\n"), NULL, NULL, "it's: [x] # \"y\" \\",
	 FENCED("status: 'it''s: [x] # \"y\" \\'\n"), NULL},
	{FENCED("status: \"a\"\n"), NULL, NULL, "it's: [x] # \"y\" \\\nz\x7f",
	 FENCED("status: \"it's: [x] # \\\"y\\\" \\\\\\nz\\u007f\"\n"), NULL},
	{FENCED("status: 'a'\n"), NULL, NULL, "null", FENCED("status: 'null'\n"), NULL},
	{FENCED("status: true\n"), NULL, NULL, "false", FENCED("status: false\n"), NULL},
	{FENCED("status: 5\n"), NULL, NULL, "4", FENCED("status: 4\n"), NULL},

	{FENCED("status: a\n"), NULL, NULL, "null", NULL, "without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "Yes", NULL, "without quotes"},
	{FENCED("status: true\n"), NULL, NULL, "null", NULL, "written there"},
	{FENCED("status: a\n"), NULL, NULL, "- b", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "[b]", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "b: c", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "b:", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "b #c", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "b\nx: c", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "b\tc", NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL,
	 "b\xc2\x85"
	 "c",
	 NULL, "it cannot be written without quotes"},
	{FENCED("status: a\n"), NULL, NULL, "\"b", NULL, "it cannot be written without quotes"},
	{FENCED("status: 'a'\n"), NULL, NULL, "b\nc", NULL, "it cannot be written in single"},
	{FENCED("status: \"a\"\n"), NULL, NULL,
	 "b\xe2\x80\xa8"
	 "c",
	 NULL, "written there"},
	{FENCED("{x: 1, status: a}\n"), NULL, NULL, "b, c", NULL, "written there"},
	{FENCED("{x: 1, status: a}\n"), NULL, NULL, "b}", NULL, "written there"},
	{FENCED("status: |\n  a\n"), NULL, NULL, "b", NULL, "it is written in a way"},
	{FENCED("status: [a]\n"), NULL, NULL, "b", NULL, "it is written in a way"},
	{FENCED("x: &s a\nstatus: *s\n"), NULL, NULL, "b", NULL, "\"status\" depends"},
	{FENCED("status: a\nStatus: a\n"), NULL, NULL, "b", NULL, "some parsers"},
	{FENCED("status:\n"), NULL, NULL, "b", NULL, "it is empty"},
	{FENCED("x: 1\n"), NULL, NULL, "b", NULL, "its front matter has no"},
	{"# Title\n", NULL, NULL, "b", NULL, "it has no front matter"},
	{"---\nstatus: a\n", NULL, NULL, "b", NULL, "the front matter is never"},
};

Test(splice, front_matter_says_another_word)
{
	EXPECT_LINES(&ds_frontmatter_reader, false, yaml_edits);
}

/* ---- Front matter: a field that is not there ---------------------------- */

static const struct line yaml_inserts[] = {
	{FENCED("id: x\nstatus: a # c\ntype: f\n"), "by", "status", "me",
	 FENCED("id: x\nstatus: a # c\nby: me\ntype: f\n"), NULL},
	{"---\r\nstatus: a\r\ntype: f\r\n---\r\nbody\n", "by", "status", "me",
	 "---\r\nstatus: a\r\nby: me\r\ntype: f\r\n---\r\nbody\n", NULL},
	{FENCED("  status: 'a'\n  type: f\n"), "by", "status", "me",
	 FENCED("  status: 'a'\n  by: me\n  type: f\n"), NULL},
	{FENCED("status:\n  - a\n  - b\ntype: f\n"), "by", "status", "me",
	 FENCED("status:\n  - a\n  - b\nby: me\ntype: f\n"), NULL},
	{FENCED("status: |\n  a\n  b\ntype: f\n"), "by", "status", "me",
	 FENCED("status: |\n  a\n  b\nby: me\ntype: f\n"), NULL},
	{FENCED("status: a\n  b\ntype: f\n"), "by", "status", "me",
	 FENCED("status: a\n  b\nby: me\ntype: f\n"), NULL},
	{FENCED("status:\ntype: f\n"), "by", "status", "me", FENCED("status:\nby: me\ntype: f\n"),
	 NULL},
	{FENCED("\xc3\xa9: \xf0\x9f\x98\x80\nstatus: a\ntype: f\n"), "by", "status", "me",
	 FENCED("\xc3\xa9: \xf0\x9f\x98\x80\nstatus: a\nby: me\ntype: f\n"), NULL},
	/* Else before the closing line. */
	{FENCED("# c\n\n  x: 1\n  y: 2\n"), "by", "status", "me",
	 FENCED("# c\n\n  x: 1\n  y: 2\n  by: me\n"), NULL},
	{FENCED("a: {x: 1}\nx: |+\n  t\n\n"), "by", "a.x", "me",
	 FENCED("a: {x: 1}\nx: |+\n  t\n\nby: me\n"), NULL},
	{"---\r\n---\r\n", NULL, NULL, "a", "---\r\nstatus: a\r\n---\r\n", NULL},
	{FENCED("# only a comment\n"), NULL, NULL, "a", FENCED("# only a comment\nstatus: a\n"),
	 NULL},
	{"---\nx: 1\n...", NULL, NULL, "2025-11-19", "---\nx: 1\nstatus: 2025-11-19\n...", NULL},
	/* What is there and says nothing. */
	{FENCED("status:\ntype: f\n"), NULL, "type", "a", FENCED("status: a\ntype: f\n"), NULL},
	{FENCED("status: # c\n"), NULL, NULL, "a", FENCED("status: a # c\n"), NULL},
	{FENCED("status:   \n"), NULL, NULL, "a", FENCED("status: a   \n"), NULL},
	{FENCED("status: ~\n"), NULL, NULL, "a", FENCED("status: a\n"), NULL},
	{FENCED("status: null # c\n"), NULL, NULL, "a", FENCED("status: a # c\n"), NULL},
	{FENCED("status: \"\"\n"), NULL, NULL, "a", FENCED("status: \"a\"\n"), NULL},
	{FENCED("status: ' '\n"), NULL, NULL, "a", FENCED("status: 'a'\n"), NULL},
	{FENCED("a:\n  status:\n"), "a.status", NULL, "x", FENCED("a:\n  status: x\n"), NULL},
	/* None at all. */
	{"", NULL, NULL, "a", "---\nstatus: a\n---\n", NULL},
	{BOM, NULL, NULL, "a", BOM "---\nstatus: a\n---\n", NULL},
	{"# Title\n", NULL, "x", "a", "---\nstatus: a\n---\n\n# Title\n", NULL},
	{BOM "# Title\r\nx\n", NULL, NULL, "a", BOM "---\r\nstatus: a\r\n---\r\n\r\n# Title\r\nx\n",
	 NULL},
	{"----\n", NULL, NULL, "a", "---\nstatus: a\n---\n\n----\n", NULL},

	{"+++\nstatus = \"a\"\n+++\n", NULL, NULL, "a", NULL, "it begins with another kind"},
	{";;;\n{}\n;;;\n", NULL, NULL, "a", NULL, "it begins with another kind"},
	{"---js\n---\n", NULL, NULL, "a", NULL, "it begins with another kind"},
	{"+++", NULL, NULL, "a", NULL, "it begins with another kind"},
	{"\xff\xfe#", NULL, NULL, "a", NULL, "not UTF-8"},
	{"---\n", NULL, NULL, "a", NULL, "the front matter is never"},
	{FENCED("x: 1\n"), "a.b", NULL, "a", NULL, "a nested field"},
	{FENCED("x: 1\n"), NULL, NULL, "a: b", NULL, "it cannot be written without quotes"},
	{FENCED("x: 1\n"), NULL, NULL, "true", NULL, "without quotes"},
	{FENCED("status: ~\n"), NULL, NULL, "true", NULL, "without quotes"},
	{FENCED("x: 1\n"), "a: b", NULL, "a", NULL, "it cannot be written without quotes"},
	{FENCED("{x: 1}\n"), NULL, NULL, "a", NULL, "written there"},
	{FENCED("{x: 1, status: }\n"), NULL, NULL, "a", FENCED("{x: 1, status: a}\n"), NULL},
	{FENCED("Status: a\n"), NULL, NULL, "a", NULL, "it has no \"status\", only"},
	{FENCED("<<: {status: a}\n"), NULL, NULL, "b", NULL, "\"status\" may come"},
	{FENCED("status: |\n"), NULL, NULL, "a", NULL, "it is empty"},
	{FENCED("- x\n"), NULL, NULL, "a", NULL, "not a mapping"},
	{FENCED("~\n"), NULL, NULL, "a", NULL, "written there"},
};

Test(splice, front_matter_gets_a_field)
{
	EXPECT_LINES(&ds_frontmatter_reader, true, yaml_inserts);
}

/* The slice must stay one that is read: 64 KiB, and the file's end does not help. */
Test(splice, a_front_matter_does_not_outgrow_its_limit)
{
	struct ds_splice splice = {&ds_frontmatter_reader, "status", ds_text_of("a"), true, NULL};
	struct ds_arena scratch = {0};
	struct ds_buf before = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	ds_buf_puts(&before, "---\n#");
	while (before.len < DS_FRONTMATTER_LIMIT - 5)
		ds_buf_puts(&before, "x");
	ds_buf_puts(&before, "\n---\n");
	ds_buf_cut(&before, before.len);
	cr_assert_eq(before.len, DS_FRONTMATTER_LIMIT);
	cr_expect_eq(ds_splice(&after, &edit, &splice, (struct ds_text){before.bytes, before.len},
			       &scratch, why),
		     DS_SPLICE_REFUSED);
	cr_expect_eq(after.len, 0);
	cr_expect(strstr(why, "64 KiB"), "%s", why);
	ds_buf_free(&before);
	ds_buf_free(&after);
	ds_arena_free(&scratch);
}

Test(splice, appends)
{
	struct ds_splice splice = {&ds_json_reader, "status", ds_text_of("b"), false, NULL};
	struct ds_arena scratch = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	ds_buf_puts(&after, "before ");
	cr_expect_eq(
		ds_splice(&after, &edit, &splice, ds_text_of("{\"status\":\"a\"}"), &scratch, why),
		DS_SPLICE_DONE);
	cr_expect_str_eq(after.bytes, "before {\"status\":\"b\"}");
	cr_expect_eq(ds_splice(&after, &edit, &splice, ds_text_of("{}"), &scratch, why),
		     DS_SPLICE_REFUSED);
	cr_expect_eq(ds_splice(&after, &edit, &splice, (struct ds_text){0}, &scratch, why),
		     DS_SPLICE_REFUSED);
	cr_expect_str_eq(after.bytes, "before {\"status\":\"b\"}");
	ds_buf_free(&after);
	ds_arena_free(&scratch);
}

/* ---- A reader that would do wrong --------------------------------------- */

/* What is checked behind the readers' backs needs readers that err. */

/* Does not write the word, but makes a key of another whose value it is. */
static bool insert_key(struct ds_edit *out, struct ds_text bytes, const struct ds_record *record,
		       const char *at, const char *behind, struct ds_text word,
		       struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_buf text = {0};

	(void)bytes;
	(void)record;
	(void)behind;
	(void)word;
	(void)why;
	ds_buf_puts(&text, at);
	return ds_edit_make(out, 2, 3, &text, scratch);
}

/* Makes another key of the first. */
static bool insert_over(struct ds_edit *out, struct ds_text bytes, const struct ds_record *record,
			const char *at, const char *behind, struct ds_text word,
			struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_buf text = {0};

	(void)bytes;
	(void)record;
	(void)behind;
	(void)why;
	ds_buf_printf(&text, "\"%s\":\"%.*s\",\"x\":0,\"_", at, (int)word.len, word.at);
	return ds_edit_make(out, 1, 2, &text, scratch);
}

Test(splice, does_not_trust_the_reader)
{
	struct ds_reader wrong = ds_json_reader;
	struct ds_splice splice = {&wrong, "status", ds_text_of("b"), true, "x"};
	struct ds_arena scratch = {0};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	wrong.insert = insert_over;
	cr_expect_eq(ds_splice(&after, &edit, &splice, ds_text_of("{\"x\":1}"), &scratch, why),
		     DS_SPLICE_REFUSED);
	cr_expect_str_eq(why, "it would change \"x\" too");
	wrong.insert = insert_key;
	cr_expect_eq(ds_splice(&after, &edit, &splice, ds_text_of("{\"x\":\"b\"}"), &scratch, why),
		     DS_SPLICE_REFUSED);
	cr_expect_str_eq(why, "written there it would be read elsewhere");
	cr_expect_eq(after.len, 0);
	ds_arena_free(&scratch);
	ds_buf_free(&after);
}

/* ---- Records ------------------------------------------------------------ */

/* A reader for lines of "ID STATUS BY", with words that do what no word should. */

static size_t readings; /* how often a file was read */

static void take_word(struct ds_value *out, struct ds_text bytes, size_t *at)
{
	size_t end = *at;

	while (end < bytes.len && bytes.at[end] != ' ' && bytes.at[end] != '\n')
		end++;
	*out = (struct ds_value){.text = {bytes.at + *at, end - *at}, .start = *at, .end = end};
	out->word = out->editable = out->placed = end > *at;
	if (end == *at)
		*out = (struct ds_value){.code = DS_MISSING_STATUS, .why = "it has none"};
	*at = end < bytes.len && bytes.at[end] == ' ' ? end + 1 : end;
}

static bool lines_records(struct ds_records *out, struct ds_text bytes, const struct ds_spec *spec,
			  const char *const *fields, struct ds_arena *arena)
{
	bool poisoned = false;

	(void)spec;
	readings++;
	for (size_t at = 0; at < bytes.len; at++) {
		struct ds_value *values = ds_arena_alloc(arena, 2 * sizeof *values);
		struct ds_record record = {.start = at, .values = values};
		struct ds_value id;
		take_word(&id, bytes, &at);
		take_word(&values[0], bytes, &at);
		struct ds_value by = {0};
		take_word(&by, bytes, &at);
		if (fields && *fields)
			values[1] = by;
		record.id = id.text;
		record.end = at;
		if (ds_text_is(values[0].text, "RENAMED"))
			record.id = ds_text_of("x");
		if (ds_text_is(values[0].text, "GO")) {
			values[0] = by;
			values[0].text = ds_text_of("ELSEWHERE");
		}
		if (poisoned)
			values[0].text = ds_text_of("poisoned");
		if (ds_text_is(values[0].text, "LOCKED"))
			values[0].editable = false;
		poisoned = ds_text_is(values[0].text, "POISON");
		if (fields && *fields && ds_text_is(values[1].text, "DEMOTES"))
			values[0].text = ds_text_of("demoted");
		if (!ds_records_add(out, &record))
			return false;
	}
	return true;
}

static bool lines_edit(struct ds_edit *out, struct ds_text bytes, const struct ds_reading *reading,
		       struct ds_text word, struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_buf text = {0};

	(void)bytes;
	(void)why;
	ds_buf_append(&text, word.at, word.len);
	if (ds_text_is(word, "ELSEWHERE")) {
		ds_buf_cut(&text, 0);
		ds_buf_puts(&text, "GO");
	}
	return ds_edit_make(out, ds_text_is(word, "OUTSIDE") ? 0 : reading->start, reading->end,
			    &text, scratch);
}

static bool lines_insert(struct ds_edit *out, struct ds_text bytes, const struct ds_record *record,
			 const char *at, const char *behind, struct ds_text word,
			 struct ds_arena *scratch, char why[DS_WHY_ROOM])
{
	struct ds_buf text = {0};

	(void)bytes;
	if (strcmp(at, "lines.by") != 0 || strcmp(behind, "lines") != 0)
		return ds_edit_refuse(why, "not here");
	ds_buf_puts(&text, " ");
	ds_buf_append(&text, word.at, word.len);
	return ds_edit_make(out, record->end, record->end, &text, scratch);
}

static const struct ds_reader lines_reader = {
	.name = "lines", .records = lines_records, .edit = lines_edit, .insert = lines_insert};

struct record_change {
	size_t record;
	const char *id; /* NULL: no change */
	const char *word;
	const char *refused; /* how the reason begins; NULL: done; "": the same */
};

struct record_line {
	const char *before;
	const char *after;
	bool field;
	struct record_change changes[4];
	size_t readings; /* 0: not counted */
};

static const struct record_line record_lines[] = {
	{"a one me\nb two\nc three\n",
	 "a newer me\nb two\nc x\n",
	 false,
	 {{2, "c", "x", NULL}, {0, "a", "newer", NULL}},
	 2},
	{"a one\nb two\n", "a one\nb 2\n", false, {{0, "a", "one", ""}, {1, "b", "2", NULL}}, 2},
	{"a one\nb two\n", "a one\nb two\n", false, {{0, "a", "one", ""}}, 1},
	{"a one\nb two\n",
	 "a one\nb 2\n",
	 false,
	 {{0, "a", "", "there is no word"}, {1, "b", "2", NULL}, {2, "c", "x", "it is not"}},
	 2},
	{"a one\nb two\n",
	 "a one\nb 2\n",
	 false,
	 {{0, "z", "1", "it is not where it was"}, {1, "b", "2", NULL}},
	 2},
	{"a LOCKED\nb two\nc\n",
	 "a LOCKED\nb 2\nc\n",
	 false,
	 {{0, "a", "x", "it is written in a way"}, {1, "b", "2", NULL}, {2, "c", "x", "it has"}},
	 2},
	{"a one\nb two\n",
	 "a one\nb 2\n",
	 false,
	 {{0, "a", "two words", "written there it would not"}, {1, "b", "2", NULL}},
	 3},
	{"a one by\nb two\n",
	 "a one by\nb 2\n",
	 false,
	 {{0, "a", "ELSEWHERE", "written there it would be read elsewhere"}, {1, "b", "2", NULL}},
	 3},
	{"a one\nb two\n",
	 "a 1\nb two\n",
	 false,
	 {{0, "a", "1", NULL}, {1, "b", "OUTSIDE", "it would change more"}},
	 2},
	{"a one\nb two\n",
	 "a 1\nb two\n",
	 false,
	 {{0, "a", "1", NULL}, {0, "a", "2", "another change has the same place"}},
	 2},
	/* What nobody is to blame for alone stops all. */
	{"a one\nb two\nc three\n",
	 "a one\nb two\nc three\n",
	 false,
	 {{0, "a", "POISON", "other parts"}, {2, "c", "x", "other parts"}},
	 2},
	{"a one\nb two\n", "a one\nb two\n", false, {{0, "a", "RENAMED", "other parts"}}, 2},
	{"a one\nb two\n", "a one\nb two\n", false, {{0, "a", "x\ny", "other parts"}}, 2},
	{"a one\nb two\n", "a one\nb two\n", false, {{1, "b", "x\ny", "other parts"}}, 2},
	/* A field beside the status. */
	{"a one me\nb two\nc three\n",
	 "a one you\nb two us\nc three\n",
	 true,
	 {{0, "a", "you", NULL}, {1, "b", "us", NULL}},
	 2},
	{"a one me\nb two by\n", "a one me\nb two by\n", true, {{0, "a", "DEMOTES", "other"}}, 2},
};

static void expect_records(const struct record_line *line)
{
	struct ds_splice_records splice = {.reader = &lines_reader};
	struct ds_arena scratch = {0};
	struct ds_buf after = {0};
	struct ds_record_edit edits[4] = {0};
	size_t count = 0;

	if (line->field) {
		splice.field = "by";
		splice.at = "lines.by";
		splice.behind = "lines";
	}
	for (; count < 4 && line->changes[count].id; count++) {
		const struct record_change *change = &line->changes[count];
		edits[count] = (struct ds_record_edit){.record = change->record,
						       .id = change->id,
						       .word = ds_text_of(change->word),
						       .insert = line->field};
	}
	readings = 0;
	ds_buf_puts(&after, "kept ");
	cr_assert(ds_splice_records(&after, edits, count, &splice, ds_text_of(line->before),
				    &scratch));
	cr_expect_str_eq(after.bytes + 5, line->after, "%s: %s", line->before, after.bytes);
	cr_expect_eq(readings, line->readings, "%s: read %zu times", line->before, readings);
	for (size_t i = 0; i < count; i++) {
		const struct ds_record_edit *edit = &edits[i];
		const struct record_change *change = line->changes;
		cr_expect(!i || edits[i - 1].edit.start <= edit->edit.start);
		while (change->record != edit->record || strcmp(change->id, edit->id) != 0 ||
		       !ds_text_is(edit->word, change->word))
			change++;
		if (!change->refused) {
			cr_assert_eq(edit->outcome, DS_SPLICE_DONE, "%s: %s", line->before,
				     edit->why);
			cr_expect_eq(strncmp(after.bytes + 5 + edit->at + edit->lead, change->word,
					     strlen(change->word)),
				     0, "%s", line->before);
		} else if (!*change->refused) {
			cr_expect_eq(edit->outcome, DS_SPLICE_SAME, "%s", line->before);
		} else {
			cr_assert_eq(edit->outcome, DS_SPLICE_REFUSED, "%s", line->before);
			cr_expect_eq(strncmp(edit->why, change->refused, strlen(change->refused)),
				     0, "%s: %s", line->before, edit->why);
		}
	}
	ds_buf_free(&after);
	ds_arena_free(&scratch);
}

Test(splice, many_records_of_a_file_at_once)
{
	for (size_t i = 0; i < sizeof record_lines / sizeof *record_lines; i++)
		expect_records(&record_lines[i]);
}

/* What an undo puts back may be null, and give way again; what is empty has no bytes. */
Test(splice, bytes_of_a_record_may_be_null)
{
	static const struct {
		const char *before;
		const char *instead;
		const char *word;
		const char *after; /* NULL: refused */
	} table[] = {
		{"[{id: 1, s: a}]\n", "a", "~", "[{id: 1, s: ~}]\n"},
		{"- id: 1\n  s: a # x\n", "a", "null", "- id: 1\n  s: null # x\n"},
		{"- id: 1\n  s: ~\n", "~", "a", "- id: 1\n  s: a\n"},
		{"- id: 1\n  s: \"a\"\n", "a", "", NULL},
		{"- id: 1\n  s: a\n", "a", "[b]", NULL},
		{"- id: 1\n  s: ~\n", "a", "b", NULL},
	};
	struct ds_splice_records splice = {.reader = &ds_yaml_reader,
					   .spec = {"[id={id}].s", NULL}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_record_edit edit = {.id = "1",
					      .word = ds_text_of(table[i].word),
					      .instead = ds_text_of(table[i].instead)};
		struct ds_arena scratch = {0};
		struct ds_buf after = {0};
		cr_assert(ds_splice_records(&after, &edit, 1, &splice, ds_text_of(table[i].before),
					    &scratch));
		cr_expect_eq(edit.outcome, table[i].after ? DS_SPLICE_DONE : DS_SPLICE_REFUSED,
			     "%s: %s", table[i].before, edit.why);
		cr_expect_str_eq(after.bytes, table[i].after ? table[i].after : table[i].before);
		ds_buf_free(&after);
		ds_arena_free(&scratch);
	}
}

/* However many edits there are, the file is read before and after. */
Test(splice, ten_thousand_records_are_read_twice)
{
	enum { MANY = 10000 };
	static struct ds_record_edit edits[MANY];
	static char ids[MANY][12];
	struct ds_splice_records splice = {.reader = &lines_reader};
	struct ds_arena scratch = {0};
	struct ds_buf before = {0};
	struct ds_buf wanted = {0};
	struct ds_buf after = {0};

	for (size_t i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof ids[i], "%zu", i);
		edits[i] = (struct ds_record_edit){
			.record = i, .id = ids[i], .word = ds_text_of("done")};
		ds_buf_printf(&before, "%zu a\n", i);
		ds_buf_printf(&wanted, "%zu done\n", i);
	}
	readings = 0;
	cr_assert(ds_splice_records(&after, edits, MANY, &splice,
				    (struct ds_text){before.bytes, before.len}, &scratch));
	cr_expect_str_eq(after.bytes, wanted.bytes);
	cr_expect_eq(readings, 2);
	ds_buf_free(&before);
	ds_buf_free(&wanted);
	ds_buf_free(&after);
	ds_arena_free(&scratch);
}
