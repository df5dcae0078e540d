/* Patterns, ids, and the items of a rule. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "array_source.h"
#include "pattern.h"
#include "rules.h"
#include "specweave.h"

/* ---- Patterns ----------------------------------------------------------- */

Test(pattern, may_be_wrong)
{
	static const struct {
		const char *pattern;
		bool sound;
	} table[] = {
		{"a/b", true},
		{"a/", true},
		{"{id}", true},
		{"*", true},
		{"**/x", true},
		{"a/**/{id}-{name}.md", true},
		{"", false},
		{"/a", false},
		{"a//b", false},
		{"./a", false},
		{"a/../b", false},
		{"a/.", false},
		{"{id", false},
		{"{}", false},
		{"{Id}", false},
		{"{id}/{id}", false},
		{"**/a/**/b", false},
		{"a/**", false},
		{"{a}{b}{c}{d}{e}{f}{g}{h}{i}", false},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		ds_error err = {0};
		int status = ds_pattern_check(table[i].pattern, &err);
		cr_expect_eq(status == 0, table[i].sound, "%s: %s", table[i].pattern, err.message);
		cr_expect(status == 0 || *err.message);
	}
}

Test(pattern, matches)
{
	static const struct {
		const char *pattern;
		const char *path;
		const char *captures; /* "name=value " for each; NULL: no match */
	} table[] = {
		{"a/b", "a/b", ""},
		{"a/b", "a/b/", NULL},
		{"a/b/", "a/b/", ""},
		{"a/b/", "a/b", NULL},
		{"a/b", "a", NULL},
		{"a/b", "a/b/c", NULL},
		{"*", "x", ""},
		{"*", "x/y", NULL},
		{"*", ".x", NULL},
		{".*", ".x", ""},
		{"a*", "a", ""},
		{"*a*b", "xaxbxb", ""},
		{"*a*b", "xaxbxc", NULL},
		{"{id}", "x", "id=x "},
		{"{id}", ".x", NULL},
		{"{id}x", "x", NULL},
		{"{id}x", "xx", "id=x "},
		{"{a}-{b}", "1-2-3", "a=1 b=2-3 "},
		{"{a}-{b}", "-2", NULL},
		{"{a}-{b}", "--2", "a=- b=2 "},
		{"{a}{b}", "xyz", "a=x b=yz "},
		{"{a}{b}", "x", NULL},
		{"*{a}", "xyz", "a=xyz "},
		{"{a}*", "xyz", "a=x "},
		{"ADR-{n}-*.md", "ADR-007-some-title.md", "n=007 "},
		{"{d}/{id}.md", "x/y.md", "d=x id=y "},
		{"**/x", "x", ""},
		{"**/x", "a/x", ""},
		{"**/x", "a/b/x", ""},
		{"**/x", "a/.b/x", NULL},
		{"**/x", "a/b/y", NULL},
		{"a/**/{id}/x", "a/1/x", "id=1 "},
		{"a/**/{id}/x", "a/2/1/x", "id=1 "},
		{"a/**/{id}/x", "a/x", NULL},
		{".specweave/increments/{id}/", ".specweave/increments/0047-x/", "id=0047-x "},
		{".specweave/increments/_*/", ".specweave/increments/_archive/", ""},
		{".specweave/increments/_*/", ".specweave/decrements/_archive/", NULL},
		{".specweave/increments/_*/", ".specweave/increments/0047-x/", NULL},
		{".specweave/increments/{id}/", ".specweave/", NULL},
		{"a/b-{id}/", "a/b/", NULL},
		{"a/b-{id}/c", "a/b-1/c", "id=1 "},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_captures captures = {0};
		struct ds_buf got = {0};
		bool matched =
			ds_pattern_match(table[i].pattern, ds_text_of(table[i].path), &captures);
		cr_expect_eq(matched, table[i].captures != NULL, "%s on %s", table[i].pattern,
			     table[i].path);
		ds_buf_puts(&got, "");
		for (int c = 0; matched && c < captures.len; c++)
			ds_buf_printf(&got, "%.*s=%.*s ", (int)captures.name[c].len,
				      captures.name[c].at, (int)captures.value[c].len,
				      captures.value[c].at);
		if (matched && table[i].captures)
			cr_expect_str_eq(got.bytes, table[i].captures);
		ds_buf_free(&got);
	}
}

/* A pattern that makes a backtracking matcher think for years. */
Test(pattern, takes_no_time_over_many_wildcards, .timeout = 20)
{
	char name[4096];
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	cr_expect_not(
		ds_pattern_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", ds_text_of(name), NULL));
}

/* The pattern and the path may both be as long as somebody likes. */
Test(pattern, takes_as_many_steps_as_there_are_bytes, .timeout = 20)
{
	enum { LONG = 4 << 20, PART = 100 * 1000 };
	struct ds_buf pattern = {0};
	char *text = calloc(1, LONG + 1);

	cr_assert(text);
	memset(text, 'a', LONG);
	ds_buf_puts(&pattern, "*");
	ds_buf_append(&pattern, text, PART);
	ds_buf_puts(&pattern, "b*");
	cr_expect_not(ds_pattern_match(pattern.bytes, ds_text_of(text), NULL));
	for (size_t i = 1; i < LONG; i += 2)
		text[i] = '/';
	ds_buf_cut(&pattern, 0);
	ds_buf_puts(&pattern, "**/");
	ds_buf_append(&pattern, text, PART);
	ds_buf_puts(&pattern, "b");
	cr_expect_not(ds_pattern_match(pattern.bytes, (struct ds_text){text, LONG - 1}, NULL));
	ds_buf_free(&pattern);
	free(text);
}

Test(pattern, is_filled)
{
	struct ds_captures captures = {.name = {ds_text_of("id"), ds_text_of("item")},
				       .value = {ds_text_of("7"), ds_text_of("d/7")},
				       .len = 2};
	struct ds_buf out = {0};
	cr_expect(ds_pattern_fill(&out, "a-{id}/{item}.x", &captures));
	cr_expect_str_eq(out.bytes, "a-7/d/7.x");
	cr_expect_not(ds_pattern_fill(&out, "a/*", &captures));
	cr_expect_not(ds_pattern_fill(&out, "a/{other}", &captures));
	cr_expect_null(ds_capture(&captures, "other").at);
	ds_buf_free(&out);
}

/* ---- Walking ------------------------------------------------------------ */

static const struct test_file tree[] = {
	{.path = "top.md", .bytes = "x"},
	{.path = "d/one.md", .bytes = "x"},
	{.path = "d/two.txt", .bytes = "x"},
	{.path = "d/sub/three.md", .bytes = "x"},
	{.path = "d/sub/deep/four.md", .bytes = "x"},
	{.path = "d/.hidden/five.md", .bytes = "x"},
	{.path = "e/wrong", .wrong = "broken"},
	/* A repository of its own: named it is read, and looked for it is not there. */
	{.path = "r/.git", .bytes = "gitdir: elsewhere"},
	{.path = "r/six.md", .bytes = "x"},
	{.path = "r/s/seven.md", .bytes = "x"},
	{0},
};

struct found {
	char text[512];
	int stop_after;
	int problems;
};

static int on_match(void *context, const char *path, int pattern, ds_error *err)
{
	struct found *found = context;
	size_t len = strlen(found->text);
	if (pattern > 0)
		snprintf(found->text + len, sizeof found->text - len, "%d:%s ", pattern, path);
	else
		snprintf(found->text + len, sizeof found->text - len, "%s ", path);
	if (found->stop_after && --found->stop_after == 0)
		return ds_fail(err, DS_CONFLICT, "stopped");
	return 0;
}

static int on_problem(void *context, const char *path, unsigned patterns, const char *why,
		      ds_error *err)
{
	struct found *found = context;
	(void)err;
	cr_expect_eq(patterns, 1);
	cr_expect_str_eq(path, "d/sub");
	cr_expect_str_eq(why, "Permission denied");
	found->problems++;
	return 0;
}

static int walk(const char *pattern, struct found *found, size_t *lists, const char *unlistable)
{
	struct test_source source;
	ds_error err = {0};
	test_source_init(&source, tree);
	source.unlistable = unlistable;
	struct ds_walk w = {.source = &source.source,
			    .patterns = {pattern},
			    .pattern_count = 1,
			    .match = on_match,
			    .problem = on_problem,
			    .context = found};
	int status = ds_pattern_walk(&w, &err);
	if (lists)
		*lists = source.lists;
	return status;
}

Test(walk, finds_what_matches_and_lists_only_what_it_must)
{
	static const struct {
		const char *pattern;
		const char *paths;
		size_t lists;
	} table[] = {
		{"top.md", "top.md ", 0},
		{"nothing", "", 0},
		{"d", "", 0},
		{"d/", "d ", 0},
		{"top.md/", "", 0},
		{"e/wrong", "e/wrong ", 0},
		{"*.md", "top.md ", 1},
		{"d/*.md", "d/one.md ", 1},
		{"d/*", "d/one.md d/two.txt ", 1},
		{"d/*/", "d/sub ", 1},
		{"d/*/three.md", "d/sub/three.md ", 1},
		{"d/*/*.md", "d/sub/three.md ", 2},
		{"**/*.md", "top.md d/one.md d/sub/three.md d/sub/deep/four.md ", 5},
		{"d/**/*.md", "d/one.md d/sub/three.md d/sub/deep/four.md ", 3},
		{"nothing/*", "", 1},
		{"*/six.md", "", 1},
		{"r/*.md", "r/six.md ", 1},
		{"r/*/seven.md", "r/s/seven.md ", 1},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct found found = {.text = ""};
		size_t lists;
		cr_expect_eq(walk(table[i].pattern, &found, &lists, NULL), 0);
		cr_expect_str_eq(found.text, table[i].paths, "%s", table[i].pattern);
		cr_expect_eq(lists, table[i].lists, "%s lists %zu", table[i].pattern, lists);
	}
}

/* Several patterns are one walk, and share what they list. */
Test(walk, looks_for_many_patterns_at_once)
{
	struct test_source source;
	struct found found = {.text = ""};
	ds_error err = {0};
	test_source_init(&source, tree);
	struct ds_walk w = {.source = &source.source,
			    .patterns = {"d/*.md", "d/*/", "d/*/*.md", "top.md", "d/one.md"},
			    .pattern_count = 5,
			    .match = on_match,
			    .problem = on_problem,
			    .context = &found};
	cr_expect_eq(ds_pattern_walk(&w, &err), 0);
	cr_expect_str_eq(found.text, "4:d/one.md d/one.md 1:d/sub 2:d/sub/three.md 3:top.md ");
	cr_expect_eq(source.lists, 2);
}

Test(walk, refuses_more_than_it_can_hold)
{
	static const struct test_file deep[] = {
		{.path = "1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/x",
		 .bytes = "x"},
		{0},
	};
	struct test_source source;
	struct found found = {.text = ""};
	ds_error err = {0};
	test_source_init(&source, deep);
	struct ds_walk w = {
		.source = &source.source,
		.patterns =
			{"**/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/x"},
		.pattern_count = 1,
		.match = on_match,
		.problem = on_problem,
		.context = &found};
	cr_expect_eq(ds_pattern_walk(&w, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "too many components behind \"**\"");
}

Test(walk, goes_on_behind_a_directory_that_cannot_be_listed)
{
	struct found found = {.text = ""};
	cr_expect_eq(walk("d/**/*.md", &found, NULL, "d/sub"), 0);
	cr_expect_str_eq(found.text, "d/one.md ");
	cr_expect_eq(found.problems, 1);
}

Test(walk, stops_where_a_callback_fails)
{
	struct found found = {.text = "", .stop_after = 2};
	cr_expect_eq(walk("**/*.md", &found, NULL, NULL), DS_CONFLICT);
	cr_expect_str_eq(found.text, "top.md d/one.md ");
}

/* ---- Ids ---------------------------------------------------------------- */

Test(ids, fit)
{
	static const struct {
		const char *id;
		const char *given;
		enum ds_id_fit fit;
	} table[] = {
		{"0047-us-task-linkage", "0047-us-task-linkage", DS_ID_FULL},
		{"0047-us-task-linkage", "47", DS_ID_NUMBER},
		{"0047-us-task-linkage", "0047", DS_ID_NUMBER},
		{"0047-us-task-linkage", "000047", DS_ID_NUMBER},
		{"0047-us-task-linkage", "4", DS_ID_OTHER},
		{"0047-us-task-linkage", "004", DS_ID_OTHER},
		{"0047-us-task-linkage", "0", DS_ID_OTHER},
		{"0047-us-task-linkage", "0047-", DS_ID_PREFIX},
		{"0047-us-task-linkage", "0047-us", DS_ID_PREFIX},
		{"0047-us-task-linkage", "47-us", DS_ID_OTHER},
		{"0047-us-task-linkage", "us", DS_ID_OTHER},
		{"0047-us-task-linkage", "0047-us-task-linkage-x", DS_ID_OTHER},
		{"0047-us-task-linkage", "", DS_ID_OTHER},
		{"0118E-x", "118", DS_ID_NUMBER},
		{"0118E-x", "0118", DS_ID_NUMBER},
		{"0118E-x", "0118E", DS_ID_PREFIX},
		{"0118E-x", "118E", DS_ID_OTHER},
		{"0000-zero", "0", DS_ID_NUMBER},
		{"0000-zero", "00", DS_ID_NUMBER},
		{"name", "0", DS_ID_OTHER},
		{"name", "na", DS_ID_PREFIX},
		{"99999999999999999999999-x", "099999999999999999999999", DS_ID_NUMBER},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		cr_expect_eq(ds_id_fit(table[i].id, table[i].given), table[i].fit, "%s, %s",
			     table[i].id, table[i].given);
}

Test(ids, are_one_where_their_number_is)
{
	static const struct {
		const char *id;
		const char *key;
	} table[] = {
		{"7", "7"},        {"ADR-0007", "7"},      {"0007-x.md", "7"},
		{"0007.md", "7"},  {"7. Foundation", "7"}, {"7.", "7"},
		{"7..1", "7"},     {"2.1", "2.1"},         {"02.1: Repair", "2.1"},
		{"2.1.md", "2.1"}, {"2.10", "2.10"},       {"v0.8.0", "0.8.0"},
		{"00.5", "0.5"},   {"0000", "0"},          {"epic", "epic"},
		{"", ""},
	};
	static const struct ds_rule number = {.by_number = true};
	static const struct ds_rule text = {0};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_text id = ds_text_of(table[i].id);
		struct ds_text key = ds_id_key(&number, id);
		cr_expect(ds_text_is(key, table[i].key), "%s: %.*s", table[i].id, (int)key.len,
			  key.at);
		cr_expect(ds_text_equal(ds_id_key(&text, id), id));
	}
}

Test(ids, must_be_sound)
{
	static const char *const bad[] = {"",     "..",      "../x",  "a/b", "/",
					  "a\nb", "\x1b[0m", "a\x7f", "x..y"};
	static const char *const good[] = {"0047", "-x", "a b", "é", "a.b", "_archive", "$(x)"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(ds_id_is_sound(bad[i]), "%s", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_expect(ds_id_is_sound(good[i]), "%s", good[i]);
}

/* ---- Items -------------------------------------------------------------- */

#define INCREMENTS ".specweave/increments/"

static const struct test_file increments[] = {
	{.path = INCREMENTS "0002-b/spec.md", .bytes = "x"},
	{.path = INCREMENTS "0001-a/metadata.json", .bytes = "x"},
	{.path = INCREMENTS "0003-empty/other", .bytes = "x"},
	{.path = INCREMENTS "README.md", .bytes = "x"},
	{.path = INCREMENTS ".hidden/spec.md", .bytes = "x"},
	{.path = INCREMENTS "_archive/0009-old/spec.md", .bytes = "x"},
	{.path = INCREMENTS "_paused/0008-later/spec.md", .bytes = "x"},
	{.path = INCREMENTS "_odd/spec.md", .bytes = "x"},
	{0},
};

static int no_problem(void *context, const char *path, bool shelf, const char *why, ds_error *err)
{
	(void)context;
	(void)shelf;
	(void)err;
	cr_assert(false, "%s: %s", path, why);
	return 0;
}

struct fixture {
	struct test_source source;
	struct ds_arena strings;
	struct ds_items items;
	struct ds_expansion expansion;
};

static void begin(struct fixture *f, const struct ds_rule *rule, const struct test_file *files)
{
	*f = (struct fixture){.strings = {0}};
	test_source_init(&f->source, files);
	f->expansion = (struct ds_expansion){.rule = rule,
					     .source = &f->source.source,
					     .strings = &f->strings,
					     .items = &f->items,
					     .problem = no_problem};
}

static void end(struct fixture *f)
{
	ds_items_free(&f->items);
	ds_arena_free(&f->strings);
}

Test(expand, finds_increments_and_leaves_the_shelves)
{
	struct fixture f;
	ds_error err;
	begin(&f, test_specweave(), increments);
	cr_expect_eq(ds_expand(&f.expansion, &err), 0);
	ds_items_sort(&f.items);
	cr_assert_eq(f.items.len, 3);
	cr_expect_str_eq(f.items.at[0].id, "0001-a");
	cr_expect_str_eq(f.items.at[0].path, INCREMENTS "0001-a");
	cr_expect_str_eq(f.items.at[1].id, "0002-b");
	cr_expect_str_eq(f.items.at[2].id, "0003-empty");
	end(&f);
}

Test(expand, finds_what_is_archived)
{
	struct fixture f;
	ds_error err;
	begin(&f, test_specweave(), increments);
	struct ds_items archived = {0};
	f.expansion.archived = &archived;
	cr_expect_eq(ds_expand(&f.expansion, &err), 0);
	ds_items_sort(&archived);
	cr_expect_eq(f.items.len, 3);
	cr_assert_eq(archived.len, 2);
	cr_expect_str_eq(archived.at[0].path, INCREMENTS "_paused/0008-later");
	cr_expect_str_eq(archived.at[1].id, "0009-old");
	cr_expect(archived.at[0].archived && archived.at[1].archived);
	/* The increments and each of the three shelves are listed once. */
	cr_expect_eq(f.source.lists, 4);
	ds_items_free(&archived);
	end(&f);
}

Test(expand, finds_one_without_listing)
{
	static const struct {
		const char *id;
		size_t found;
	} table[] = {{"0001-a", 1},  {"0002-b", 1},    {"0003-empty", 0},
		     {"0001", 0},    {"_archive", 0},  {"_odd", 0},
		     {".hidden", 0}, {"README.md", 0}, {"0009-old", 0}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct fixture f;
		ds_error err;
		begin(&f, test_specweave(), increments);
		bool known;
		cr_expect_eq(ds_expand_one(&f.expansion, table[i].id, &known, &err), 0);
		cr_expect(known);
		cr_expect_eq(f.items.len, table[i].found, "%s", table[i].id);
		cr_expect_eq(f.source.lists, 0, "%s", table[i].id);
		end(&f);
	}
}

/* A rule of another shape: files, an id in the middle of the name. */
static const struct ds_rule records = {
	.name = "records",
	.marker = "adr",
	.items = "adr/{id}-*.md",
	.copies = {{.name = "file", .path = "{item}", .read = "frontmatter", .at = "status"}},
	.authority = DS_NO_COPY,
};

static const struct test_file adr[] = {
	{.path = "adr/007-some-title.md", .bytes = "x"},
	{.path = "adr/008-other.md", .bytes = "x"},
	{.path = "adr/README.md", .bytes = "x"},
	{0},
};

Test(expand, an_id_may_be_a_part_of_a_name)
{
	struct fixture f;
	ds_error err;
	begin(&f, &records, adr);
	cr_expect_eq(ds_expand(&f.expansion, &err), 0);
	cr_assert_eq(f.items.len, 2);
	cr_expect_str_eq(f.items.at[0].id, "007");
	cr_expect_str_eq(f.items.at[0].path, "adr/007-some-title.md");
	/* Only a list can tell which file that is. */
	bool known;
	cr_expect_eq(ds_expand_one(&f.expansion, "008", &known, &err), 0);
	cr_expect_not(known);
	cr_expect_eq(f.items.len, 2);
	end(&f);
}
