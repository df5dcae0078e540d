/* From items to findings, without a disk. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_source.h"
#include "compare.h"
#include "rules.h"
#include "scan.h"
#include "specweave.h"

#define INC          ".specweave/increments/"
#define JSON(status) "{\"status\": \"" status "\"}"
#define SPEC(status) "---\nstatus: " status "\n---\n# Body\n"

static int scan_files(struct ds_scanned *scanned, struct test_source *source,
		      const struct ds_rule *rule, const struct test_file *files,
		      const char *const *ids, bool all)
{
	ds_error err = {0};
	size_t count = 0;

	*scanned = (struct ds_scanned){.trouble_count = 0};
	test_source_init(source, files);
	while (ids && ids[count])
		count++;
	struct ds_scan scan = {.rule = rule,
			       .source = &source->source,
			       .ids = ids,
			       .id_count = count,
			       .all = all,
			       .jobs = 2};
	return ds_scan_rule(&scan, scanned, &err);
}

/* ---- One item, every pair of copies -------------------------------------- */

static const struct {
	const char *json; /* NULL: no such file */
	const char *spec;
	ds_item_state state;
	const char *findings; /* codes, in order */
	const char *message;  /* of the first */
} pairs[] = {
	{JSON("active"), SPEC("active"), DS_ITEM_AGREES, "", NULL},
	{JSON("active"), SPEC("in-progress"), DS_ITEM_AGREES, "", NULL},
	{JSON("done"), SPEC("closed"), DS_ITEM_AGREES, "", NULL},
	{JSON(" active "), SPEC("\"active \""), DS_ITEM_AGREES, "", NULL},
	{JSON("completed"), SPEC("active"), DS_ITEM_DESYNCED, "status-mismatch ",
	 "metadata.json says completed, spec.md says active"},
	{JSON("active"), SPEC("completed"), DS_ITEM_DESYNCED, "status-mismatch ",
	 "metadata.json says active, spec.md says completed"},
	{JSON("active"), SPEC("Active"), DS_ITEM_DESYNCED, "status-mismatch unknown-status ",
	 "metadata.json says active, spec.md says Active"},
	{JSON("wip"), SPEC("active"), DS_ITEM_DESYNCED, "status-mismatch unknown-status ",
	 "metadata.json says wip, spec.md says active"},
	{JSON("wip"), SPEC("wip"), DS_ITEM_AGREES, "unknown-status unknown-status ",
	 "metadata.json says wip, which is no status of the rule specweave"},
	{JSON("wip"), SPEC("wop"), DS_ITEM_DESYNCED,
	 "status-mismatch unknown-status unknown-status ",
	 "metadata.json says wip, spec.md says wop"},
	{"{\"status\": 5}", SPEC("5"), DS_ITEM_AGREES, "unknown-status unknown-status ", NULL},
	{"{\"status\": 5}", SPEC("active"), DS_ITEM_DESYNCED, "status-mismatch unknown-status ",
	 NULL},
	{NULL, SPEC("active"), DS_ITEM_INCOMPLETE, "missing-copy ", "metadata.json is not there"},
	{JSON("active"), NULL, DS_ITEM_INCOMPLETE, "missing-copy ", "spec.md is not there"},
	{JSON("active"), "# Title\n", DS_ITEM_INCOMPLETE, "missing-status ",
	 "spec.md has no status: it has no front matter"},
	{JSON("active"), SPEC(""), DS_ITEM_INCOMPLETE, "missing-status ",
	 "spec.md has no status: it is empty"},
	{"{}", SPEC("active"), DS_ITEM_INCOMPLETE, "missing-status ",
	 "metadata.json has no status: it has no \"status\""},
	{"{}", "# Title\n", DS_ITEM_INCOMPLETE, "missing-status missing-status ", NULL},
	{JSON("wip"), NULL, DS_ITEM_INCOMPLETE, "missing-copy unknown-status ", NULL},
	{"{", SPEC("active"), DS_ITEM_UNCHECKED, "malformed ",
	 "metadata.json cannot be parsed: not valid JSON: expected a key in double quotes"},
	{"{", "---\nstatus: [\n---\n", DS_ITEM_UNCHECKED, "malformed malformed ", NULL},
	{"{", NULL, DS_ITEM_UNCHECKED, "missing-copy malformed ", NULL},
	{JSON("active"), "---\nstatus: a\nstatus: b\n---\n", DS_ITEM_UNCHECKED, "ambiguous-status ",
	 "spec.md can be read in two ways: the key \"status\" is there twice"},
	{"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", SPEC("active"),
	 DS_ITEM_UNCHECKED, "unverifiable ",
	 "metadata.json cannot be judged: a Git LFS pointer is in its place"},
};

static void codes_of(const struct ds_scanned *scanned, struct ds_buf *out)
{
	ds_buf_puts(out, "");
	for (size_t i = 0; i < scanned->findings.len; i++)
		ds_buf_printf(out, "%s ", ds_code_name(scanned->findings.at[i].code));
}

Test(detect, judges_every_pair_of_copies)
{
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct test_file files[3] = {{0}};
		size_t count = 0;
		struct test_source source;
		struct ds_scanned scanned;
		struct ds_buf codes = {0};
		if (pairs[i].json)
			files[count++] = (struct test_file){.path = INC "0001-a/metadata.json",
							    .bytes = pairs[i].json};
		if (pairs[i].spec)
			files[count++] = (struct test_file){.path = INC "0001-a/spec.md",
							    .bytes = pairs[i].spec};
		cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false),
			     0);
		cr_assert_eq(scanned.items.len, 1, "pair %zu", i);
		cr_expect_eq(scanned.items.at[0].state, (int)pairs[i].state, "pair %zu: %d", i,
			     scanned.items.at[0].state);
		codes_of(&scanned, &codes);
		cr_expect_str_eq(codes.bytes, pairs[i].findings, "pair %zu", i);
		if (pairs[i].message)
			cr_expect_str_eq(scanned.findings.at[0].message, pairs[i].message);
		ds_buf_free(&codes);
		ds_scanned_free(&scanned);
	}
}

Test(detect, says_where_and_how_to_repair)
{
	static const struct test_file files[] = {
		{.path = INC "0047-us/metadata.json",
		 .bytes = "{\n  \"id\": \"0047\",\n  \"status\": \"completed\"\n}"},
		{.path = INC "0047-us/spec.md",
		 .bytes = "---\r\ntitle: \xc3\xa9\r\nstatus: 'active'\r\n"
			  "---\r\n"},
		{0},
	};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false), 0);
	cr_assert_eq(scanned.findings.len, 1);
	const ds_finding *finding = &scanned.findings.at[0];
	cr_assert_eq(finding->copy_count, 2);
	cr_expect_str_eq(finding->copies[0].path, INC "0047-us/metadata.json");
	cr_expect(finding->copies[0].line == 3 && finding->copies[0].column == 14);
	cr_expect_str_eq(finding->copies[0].canonical, "completed");
	cr_expect_str_eq(finding->copies[1].name, "spec.md");
	cr_expect(finding->copies[1].line == 3 && finding->copies[1].column == 10);
	cr_expect_eq(finding->focus, 1);
	cr_expect_str_eq(finding->fix, "desync-fix --yes 0047-us");
	cr_expect_str_eq(finding->outcome, "sets spec.md to completed");
	cr_expect_str_eq(finding->choice, "to keep active");
	cr_expect_str_eq(finding->other, "desync-set 0047-us active");
	ds_scanned_free(&scanned);
}

/* The command works as printed from where the report was asked for. */
Test(detect, names_the_directory_and_the_shelf_in_the_repair)
{
	static const struct test_file files[] = {
		{.path = INC "_archive/0001-a/metadata.json", .bytes = JSON("active")},
		{.path = INC "_archive/0001-a/spec.md", .bytes = SPEC("completed")},
		{0},
	};
	static const struct {
		const char *where;
		const char *fix;
	} table[] = {
		{NULL, "desync-fix --yes --all 0001-a"},
		{"-C '../my repo' ", "desync-fix --yes -C '../my repo' --all 0001-a"},
		{"\x1b", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct test_source source;
		struct ds_scanned scanned = {0};
		ds_error err;
		test_source_init(&source, files);
		struct ds_scan scan = {.rule = test_specweave(),
				       .source = &source.source,
				       .where = table[i].where,
				       .all = true};
		cr_assert_eq(ds_scan_rule(&scan, &scanned, &err), 0);
		const char *fix = scanned.findings.at[0].fix;
		cr_expect_str_eq(fix ? fix : "(none)", table[i].fix ? table[i].fix : "(none)");
		ds_scanned_free(&scanned);
	}
}

/* A command that fits two items repairs neither. */
Test(detect, offers_no_repair_for_an_id_that_two_items_have)
{
	static const struct test_file files[] = {
		{.path = INC "0001-a/metadata.json", .bytes = JSON("active")},
		{.path = INC "0001-a/spec.md", .bytes = SPEC("completed")},
		{.path = INC "_archive/0001-a/metadata.json", .bytes = JSON("active")},
		{.path = INC "_archive/0001-a/spec.md", .bytes = SPEC("completed")},
		{0},
	};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, true), 0);
	cr_assert_eq(scanned.findings.len, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_null(scanned.findings.at[i].fix);
	ds_scanned_free(&scanned);
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false), 0);
	cr_expect_not_null(scanned.findings.at[0].fix);
	ds_scanned_free(&scanned);
}

/* What is printed is run by agents: every id is one harmless word. */
Test(detect, quotes_ids_in_the_repair)
{
	static const struct {
		const char *id;
		const char *fix; /* NULL: none */
	} table[] = {
		{"0001-a", "desync-fix --yes 0001-a"},
		{"a b", "desync-fix --yes 'a b'"},
		{"-rf", "desync-fix --yes -- -rf"},
		{"$(x)", "desync-fix --yes '$(x)'"},
		{"it's", "desync-fix --yes 'it'\\''s'"},
		{"a\nb", NULL},
		{"a\x1b[0m", NULL},
		{"\xff", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char json[128];
		char spec[128];
		struct test_source source;
		struct ds_scanned scanned;
		snprintf(json, sizeof json, INC "%s/metadata.json", table[i].id);
		snprintf(spec, sizeof spec, INC "%s/spec.md", table[i].id);
		const struct test_file files[] = {{.path = json, .bytes = JSON("active")},
						  {.path = spec, .bytes = SPEC("completed")},
						  {0}};
		cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false),
			     0);
		cr_assert_eq(scanned.findings.len, 1);
		const char *fix = scanned.findings.at[0].fix;
		cr_expect_str_eq(fix ? fix : "(none)", table[i].fix ? table[i].fix : "(none)");
		ds_scanned_free(&scanned);
	}
}

Test(detect, an_unknown_word_is_never_offered_as_a_repair)
{
	static const struct test_file files[] = {
		{.path = INC "1/metadata.json", .bytes = JSON("wip")},
		{.path = INC "1/spec.md", .bytes = SPEC("active")},
		{.path = INC "2/metadata.json", .bytes = JSON("active")},
		{.path = INC "2/spec.md", .bytes = SPEC("wip")},
		{0},
	};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false), 0);
	cr_expect_null(scanned.findings.at[0].fix);
	cr_expect(*scanned.findings.at[0].advice);
	cr_expect_str_eq(scanned.findings.at[2].outcome, "sets spec.md to active");
	ds_scanned_free(&scanned);
}

Test(detect, cuts_a_status_that_is_a_novel)
{
	char json[4096];
	struct test_source source;
	struct ds_scanned scanned;
	strcpy(json, "{\"status\": \"");
	for (int i = 0; i < 1000; i++)
		strcat(json, "\xc3\xa9");
	strcat(json, "\"}");
	const struct test_file files[] = {{.path = INC "1/metadata.json", .bytes = json},
					  {.path = INC "1/spec.md", .bytes = SPEC("active")},
					  {0}};
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false), 0);
	const ds_finding *finding = &scanned.findings.at[0];
	cr_expect_eq(strlen(finding->copies[0].status), 200 + strlen("…"));
	cr_expect(ds_utf8_valid(ds_text_of(finding->copies[0].status)));
	cr_expect(strlen(finding->message) < 200);
	ds_scanned_free(&scanned);
}

/* Two texts that differ only far behind what is shown differ all the same. */
Test(detect, compares_the_whole_text)
{
	char json[1024] = "{\"status\": \"";
	char spec[1024] = "---\nstatus: ";
	struct test_source source;
	struct ds_scanned scanned;
	memset(json + strlen(json), 'x', 400);
	memset(spec + strlen(spec), 'x', 400);
	strcat(json, "1\"}");
	strcat(spec, "2\n---\n");
	const struct test_file files[] = {{.path = INC "1/metadata.json", .bytes = json},
					  {.path = INC "1/spec.md", .bytes = spec},
					  {0}};
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false), 0);
	cr_expect_eq(scanned.items.at[0].state, DS_ITEM_DESYNCED);
	ds_scanned_free(&scanned);
}

/* ---- Rules of other shapes ---------------------------------------------- */

static const struct ds_status_word words[] = {
	{"todo", 0, false, false, "done", 0}, {"done", 1, true, false, "", 0}, {0}};
static const struct ds_vocabulary plain = {.statuses = words};

static const struct ds_rule three_copies = {
	.name = "three",
	.marker = "m",
	.items = "m/{id}/",
	.copies = {{.name = "a", .path = "{item}/a.json", .read = "json", .at = "x.status"},
		   {.name = "b", .path = "{item}/b.json", .read = "json", .at = "status"},
		   {.name = "c", .path = "{item}/c.md", .read = "frontmatter", .at = "status"}},
	.authority = 1,
	.vocabulary = &plain,
};

Test(detect, compares_more_than_two_copies)
{
	static const struct test_file files[] = {
		{.path = "m/1/a.json", .bytes = "{\"x\": {\"status\": \"todo\"}}"},
		{.path = "m/1/b.json", .bytes = JSON("done")},
		{.path = "m/1/c.md", .bytes = SPEC("todo")},
		{0},
	};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, &three_copies, files, NULL, false), 0);
	cr_assert_eq(scanned.findings.len, 1);
	cr_expect_str_eq(scanned.findings.at[0].message, "a says todo, b says done, c says todo");
	cr_expect_str_eq(scanned.findings.at[0].outcome, "sets a and c to done");
	cr_expect_str_eq(scanned.findings.at[0].choice, "to keep todo");
	cr_expect_str_eq(scanned.findings.at[0].other, "desync-fix --yes --prefer a 1");
	cr_expect_eq(scanned.findings.at[0].focus, 0);
	ds_scanned_free(&scanned);
}

Test(detect, without_an_authority_nothing_is_repaired)
{
	struct ds_rule rule = three_copies;
	static const struct test_file files[] = {
		{.path = "m/1/a.json", .bytes = "{\"x\": {\"status\": \"todo\"}}"},
		{.path = "m/1/b.json", .bytes = JSON("done")},
		{0},
	};
	struct test_source source;
	struct ds_scanned scanned;
	rule.authority = DS_NO_COPY;
	cr_assert_eq(scan_files(&scanned, &source, &rule, files, NULL, false), 0);
	cr_assert_eq(scanned.findings.len, 2);
	cr_expect_null(scanned.findings.at[0].fix);
	cr_expect_eq(scanned.findings.at[1].code, DS_MISSING_COPY);
	cr_expect_eq(scanned.items.at[0].status, 0);
	ds_scanned_free(&scanned);
}

Test(detect, a_reader_that_does_not_exist_is_an_error)
{
	struct ds_rule rule = three_copies;
	static const struct test_file files[] = {{.path = "m/1/a.json", .bytes = "{}"}, {0}};
	struct test_source source;
	struct ds_scanned scanned;
	rule.copies[1].read = "xml";
	cr_expect_eq(scan_files(&scanned, &source, &rule, files, NULL, false), DS_TROUBLE);
	ds_scanned_free(&scanned);
}

/* ---- Whole trees -------------------------------------------------------- */

static const struct test_file forest[] = {
	{.path = INC "0001-good/metadata.json", .bytes = JSON("active")},
	{.path = INC "0001-good/spec.md", .bytes = SPEC("active")},
	{.path = INC "0002-bad/metadata.json", .bytes = JSON("completed")},
	{.path = INC "0002-bad/spec.md", .bytes = SPEC("active")},
	{.path = INC "0003-empty/notes.md", .bytes = "x"},
	{.path = INC "0047-first/metadata.json", .bytes = JSON("active")},
	{.path = INC "0047-second/metadata.json", .bytes = JSON("active")},
	{.path = INC "0118E-x/metadata.json", .bytes = JSON("active")},
	{.path = INC "0118E-x/spec.md", .bytes = SPEC("active")},
	{.path = INC "_archive/0009-old/metadata.json", .bytes = JSON("completed")},
	{.path = INC "_archive/0009-old/spec.md", .bytes = SPEC("active")},
	{.path = INC "_archive/0001-good/spec.md", .bytes = SPEC("active")},
	{.path = INC "_paused/0008-later/spec.md", .bytes = SPEC("paused")},
	{.path = INC "_paused/empty/x", .bytes = "x"},
	{0},
};

Test(scan, sees_all_items_in_order_and_counts_the_rest)
{
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), forest, NULL, false), 0);
	cr_assert_eq(scanned.items.len, 5);
	cr_expect_str_eq(scanned.items.at[0].id, "0001-good");
	cr_expect_str_eq(scanned.items.at[4].id, "0118E-x");
	cr_expect_eq(scanned.skipped.len, 3);
	cr_expect_eq(scanned.findings.len, 3);
	ds_scanned_free(&scanned);
}

Test(scan, with_all_looks_at_the_shelves_and_finds_duplicates)
{
	struct test_source source;
	struct ds_scanned scanned;
	struct ds_buf codes = {0};
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), forest, NULL, true), 0);
	cr_assert_eq(scanned.items.len, 8);
	cr_expect_eq(scanned.skipped.len, 0);
	codes_of(&scanned, &codes);
	cr_expect_str_eq(codes.bytes,
			 "missing-copy duplicate-item status-mismatch missing-copy status-mismatch "
			 "missing-copy missing-copy ");
	cr_expect_eq(scanned.items.at[0].state, DS_ITEM_UNCHECKED);
	cr_expect_eq(scanned.items.at[1].state, DS_ITEM_UNCHECKED);
	cr_expect_str_eq(scanned.findings.at[1].message,
			 "2 items have this id: " INC "0001-good, " INC "_archive/0001-good");
	ds_buf_free(&codes);
	ds_scanned_free(&scanned);
}

Test(scan, resolves_ids)
{
	static const struct {
		const char *given;
		bool all;
		const char *ids;     /* that are looked at */
		const char *trouble; /* the line begins so; NULL: none */
	} table[] = {
		{"0001-good", false, "0001-good ", NULL},
		{"1", false, "0001-good ", NULL},
		{"0002", false, "0002-bad ", NULL},
		{"118", false, "0118E-x ", NULL},
		{"0118E", false, "0118E-x ", NULL},
		{"0047-f", false, "0047-first ", NULL},
		{"47", false, "", "47: fits more than one item: 0047-first, 0047-second: give"},
		{"0047-", false, "", "0047-: fits more than one item: 0047-first, 0047-second"},
		{"004", false, "", "004: no such item: "},
		{"3", false, "", "3: no such item: "},
		{"0003-empty", false, "", "0003-empty: no such item: "},
		{"9", false, "",
		 "9: no such item here; in a skipped directory there is 0009-old: use --all"},
		{"0009-old", false, "", "0009-old: no such item here; in a skipped"},
		{"9", true, "0009-old ", NULL},
		{"0009-old", true, "0009-old ", NULL},
		{"0001-good", true, "0001-good 0001-good ", NULL},
		{"1", true, "0001-good 0001-good ", NULL},
		{"_archive", false, "", "_archive: no such item: "},
		{"../x", false, "", "'../x': not an id: "},
		{"", false, "", "'': not an id: "},
		{"\x1b", false, "", "'\\x1b': not an id: "},
		{"nothing", true, "", "nothing: no such item: "},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *ids[] = {table[i].given, NULL};
		struct test_source source;
		struct ds_scanned scanned;
		struct ds_buf got = {0};
		cr_assert_eq(
			scan_files(&scanned, &source, test_specweave(), forest, ids, table[i].all),
			0);
		ds_buf_puts(&got, "");
		for (size_t j = 0; j < scanned.items.len; j++)
			ds_buf_printf(&got, "%s ", scanned.items.at[j].id);
		cr_expect_str_eq(got.bytes, table[i].ids, "%s", table[i].given);
		cr_expect_eq(scanned.trouble_count, table[i].trouble != NULL, "%s", table[i].given);
		if (table[i].trouble && scanned.trouble_count)
			cr_expect(strncmp(scanned.trouble[0], table[i].trouble,
					  strlen(table[i].trouble)) == 0,
				  "%s", scanned.trouble[0]);
		ds_buf_free(&got);
		ds_scanned_free(&scanned);
	}
}

Test(scan, a_full_id_lists_nothing)
{
	static const char *const ids[] = {"0001-good", NULL};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), forest, ids, false), 0);
	cr_expect_eq(source.lists, 0);
	cr_expect_eq(scanned.items.len, 1);
	ds_scanned_free(&scanned);
}

Test(scan, an_item_asked_for_twice_is_looked_at_once)
{
	static const char *const ids[] = {"0001-good", "1", "nothing", "0001-good", NULL};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), forest, ids, false), 0);
	cr_expect_eq(scanned.items.len, 1);
	cr_expect_eq(scanned.trouble_count, 1);
	ds_scanned_free(&scanned);
}

Test(scan, a_directory_that_cannot_be_listed_is_a_finding)
{
	struct test_source source;
	struct ds_scanned scanned = {0};
	ds_error err;
	test_source_init(&source, forest);
	source.unlistable = ".specweave/increments";
	struct ds_scan scan = {.rule = test_specweave(), .source = &source.source};
	cr_assert_eq(ds_scan_rule(&scan, &scanned, &err), 0);
	cr_expect_eq(scanned.items.len, 0);
	cr_assert_eq(scanned.findings.len, 1);
	cr_expect_eq(scanned.findings.at[0].code, DS_UNREADABLE);
	cr_expect_null(scanned.findings.at[0].item);
	cr_expect_str_eq(scanned.findings.at[0].message,
			 "the directory .specweave/increments cannot be read: Permission denied");
	ds_scanned_free(&scanned);
}

Test(scan, one_cause_is_one_finding)
{
	static const struct test_file files[] = {
		{.path = INC "1/metadata.json", .wrong = "Permission denied"},
		{.path = INC "1/spec.md", .wrong = "Permission denied"},
		{.path = INC "2/metadata.json", .wrong = "Permission denied"},
		{.path = INC "2/spec.md", .wrong = "not a regular file"},
		{0},
	};
	struct test_source source;
	struct ds_scanned scanned;
	cr_assert_eq(scan_files(&scanned, &source, test_specweave(), files, NULL, false), 0);
	cr_assert_eq(scanned.findings.len, 3);
	cr_expect_str_eq(scanned.findings.at[0].message,
			 "metadata.json and spec.md cannot be read: Permission denied");
	cr_expect_eq(scanned.findings.at[0].copy_count, 2);
	ds_scanned_free(&scanned);
}

/* Half of somebody's change looks like a desync until it is read again. */
Test(scan, reads_again_before_it_says_anything)
{
	static const struct test_file before[] = {
		{.path = INC "1/metadata.json", .bytes = JSON("completed")},
		{.path = INC "1/spec.md", .bytes = SPEC("active")},
		{0},
	};
	static const struct test_file after[] = {
		{.path = INC "1/metadata.json", .bytes = JSON("completed")},
		{.path = INC "1/spec.md", .bytes = SPEC("completed")},
		{0},
	};
	static const struct test_file torn[] = {
		{.path = INC "1/metadata.json", .bytes = "{\"sta"},
		{.path = INC "1/spec.md", .bytes = SPEC("active")},
		{0},
	};
	static const struct test_file *const firsts[] = {before, torn};
	for (size_t i = 0; i < 2; i++) {
		struct test_source source;
		struct ds_scanned scanned = {0};
		ds_error err;
		test_source_init(&source, firsts[i]);
		source.after_confirm = after;
		struct ds_scan scan = {.rule = test_specweave(), .source = &source.source};
		cr_assert_eq(ds_scan_rule(&scan, &scanned, &err), 0);
		cr_expect_eq(source.confirms, 1);
		cr_expect_eq(scanned.findings.len, 0);
		cr_expect_eq(scanned.items.at[0].state, DS_ITEM_AGREES);
		ds_scanned_free(&scanned);
	}
}

static const struct ds_source_ops *ops_without_confirm(const struct ds_source_ops *ops)
{
	static struct ds_source_ops copy;
	copy = *ops;
	copy.confirm = NULL;
	return &copy;
}

Test(scan, a_source_that_cannot_change_need_not_confirm)
{
	struct test_source source;
	struct ds_scanned scanned = {0};
	ds_error err;
	test_source_init(&source, forest);
	source.source.ops = ops_without_confirm(source.source.ops);
	struct ds_scan scan = {.rule = test_specweave(), .source = &source.source};
	cr_assert_eq(ds_scan_rule(&scan, &scanned, &err), 0);
	cr_expect_eq(scanned.findings.at[0].code, DS_STATUS_MISMATCH);
	ds_scanned_free(&scanned);
}

static void count_progress(void *context, size_t done, size_t total)
{
	cr_expect(done < total);
	++*(int *)context;
}

/* The number of threads changes nothing that is said, and nothing is lost between
 * them. */
Test(scan, gives_the_same_with_any_number_of_threads, .timeout = 60)
{
	enum { ITEMS = 60 };
	static char paths[2 * ITEMS][64];
	static struct test_file files[2 * ITEMS + 1];
	int calls = 0;

	for (int i = 0; i < ITEMS; i++) {
		snprintf(paths[2 * i], 64, INC "%04d-x/metadata.json", i);
		snprintf(paths[2 * i + 1], 64, INC "%04d-x/spec.md", i);
		files[2 * i] = (struct test_file){.path = paths[2 * i], .bytes = JSON("active")};
		files[2 * i + 1] = (struct test_file){
			.path = paths[2 * i + 1], .bytes = i % 7 ? SPEC("active") : SPEC("paused")};
	}
	for (unsigned jobs = 0; jobs < 9; jobs++) {
		struct test_source source;
		struct ds_scanned scanned = {0};
		ds_error err;
		test_source_init(&source, files);
		struct ds_scan scan = {.rule = test_specweave(),
				       .source = &source.source,
				       .jobs = jobs,
				       .progress = count_progress,
				       .progress_context = &calls};
		/* The array's counters are not made for threads. */
		source.source.ops = ops_without_confirm(source.source.ops);
		cr_assert_eq(ds_scan_rule(&scan, &scanned, &err), 0);
		cr_expect_eq(scanned.items.len, ITEMS);
		cr_assert_eq(scanned.findings.len, 9);
		for (int i = 0; i < 9; i++) {
			char id[16];
			snprintf(id, sizeof id, "%04d-x", 7 * i);
			cr_expect_str_eq(scanned.findings.at[i].item, id);
		}
		ds_scanned_free(&scanned);
	}
	cr_expect(calls > 0);
}
