/* Files that many items share, git's HEAD, and what a rule asks beside agreement. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_source.h"
#include "compare.h"
#include "demands.h"
#include "ledger.h"
#include "rules.h"
#include "scan.h"

#define JSON(status)   "{\"status\": \"" status "\"}"
#define TASK(id, rest) "{\"id\": \"" id "\", " rest "}"
#define SAYS(status)   "\"status\": \"" status "\""

/* One record, the file of an item, and files that have records. */
#define ENTRY(id, status) TASK(id, SAYS(status))
#define ITEM(id, status)                                                                           \
	{                                                                                          \
		.path = "t/" id ".json", .bytes = JSON(status)                                     \
	}
#define LIST_OF(name, entries)                                                                     \
	{                                                                                          \
		.path = name, .bytes = "{\"tasks\": [" entries "]}"                                \
	}
#define LISTED(entries) LIST_OF("tasks.json", entries)

static const struct ds_status_word words[] = {
	{"todo", 0, false, false, "active done", 0},   {"active", 1, false, true, "todo done", 0},
	{"paused", 1, false, false, "active done", 0}, {"review", 2, false, false, "done", 0},
	{"done", 3, true, false, "active", 0},         {0},
};
enum { TODO, ACTIVE, PAUSED, REVIEW, DONE };
#define SET(status) ((ds_status_set)1 << (status))

static const struct ds_vocabulary vocabulary = {.statuses = words};

#define INDEX                                                                                      \
	{                                                                                          \
		.name = "tasks.json", .path = "tasks.json", .read = "json",                        \
		.at = "tasks[id={id}].status", .many = true                                        \
	}
#define FILE_OF_ITS_OWN                                                                            \
	{                                                                                          \
		.name = "file", .path = "{item}", .read = "json", .at = "status"                   \
	}

static const struct ds_rule shared = {
	.name = "shared",
	.root = "",
	.items = "t/{id}.json",
	.copies = {INDEX, FILE_OF_ITS_OWN},
	.authority = 1,
	.vocabulary = &vocabulary,
};

static const struct ds_rule committed = {
	.name = "committed",
	.root = "",
	.copies = {{.name = "tasks.json",
		    .path = "tasks.json",
		    .read = "json",
		    .at = "tasks[id={id}].status",
		    .many = true,
		    .lists = true},
		   {.name = "tasks.json in HEAD",
		    .path = "tasks.json",
		    .read = "json",
		    .at = "tasks[id={id}].status",
		    .many = true,
		    .from = DS_FROM_HEAD}},
	.authority = DS_NO_COPY,
	.vocabulary = &vocabulary,
};

/* What helper functions are asked to vary. */
struct run {
	struct ds_rule rule;
	struct test_source source;
	struct test_source head;
	struct ds_scan scan;
	struct ds_scanned scanned;
	struct ds_buf codes;
	struct ds_buf items; /* "id=state " */
	char said[3][64];    /* of the rule `three` */
	struct test_file files[5];
};

static void begin(struct run *run, const struct ds_rule *rule, const struct test_file *files)
{
	*run = (struct run){.rule = *rule};
	test_source_init(&run->source, files);
	run->scan = (struct ds_scan){.rule = &run->rule, .source = &run->source.source, .jobs = 1};
}

/* The steps of ds_scan_rule, with the items of the pattern and of the lists. */
static void finish(struct run *run)
{
	struct ds_scanned *out = &run->scanned;
	ds_error err = {0};

	cr_assert_eq(ds_read_ledgers(&run->scan, out, &err), 0, "%s", err.message);
	cr_assert_eq(ds_select(&run->scan, out, &err), 0, "%s", err.message);
	cr_assert_eq(ds_compare_items(&run->scan, out, &err), 0, "%s", err.message);
	ds_buf_puts(&run->codes, "");
	ds_buf_puts(&run->items, "");
	for (size_t i = 0; i < out->findings.len; i++)
		ds_buf_printf(&run->codes, "%s ", ds_code_name(out->findings.at[i].code));
	for (size_t i = 0; i < out->items.len; i++)
		ds_buf_printf(&run->items, "%s%c ", out->items.at[i].id,
			      "+!.?"[out->items.at[i].state]);
}

static void end(struct run *run)
{
	ds_scanned_free(&run->scanned);
	ds_buf_free(&run->codes);
	ds_buf_free(&run->items);
}

static const ds_finding *first(const struct run *run)
{
	cr_assert(run->scanned.findings.len);
	return run->scanned.findings.at;
}

static void expect(struct run *run, const char *items, const char *codes, const char *message)
{
	cr_expect_str_eq(run->items.bytes, items, "items are %s", run->items.bytes);
	cr_expect_str_eq(run->codes.bytes, codes, "codes are %s", run->codes.bytes);
	if (message && run->scanned.findings.len)
		cr_expect_str_eq(run->scanned.findings.at[0].message, message, "%s",
				 run->scanned.findings.at[0].message);
	end(run);
}

static void look(struct run *run, const struct ds_rule *rule, const struct test_file *files)
{
	begin(run, rule, files);
	finish(run);
}

static void expect_of(const struct ds_rule *rule, const struct test_file *files, const char *items,
		      const char *codes, const char *message)
{
	struct run run;

	look(&run, rule, files);
	expect(&run, items, codes, message);
}

/* ---- One file, one item ------------------------------------------------- */

static const struct {
	const char *tasks; /* NULL: no such file */
	const char *file;
	const char *items;
	const char *codes;
	const char *message; /* of the first */
} pairs[] = {
	{"{\"tasks\": [" ENTRY("1", "active") "]}", JSON("active"), "1+ ", "", NULL},
	{"{\"tasks\": [" ENTRY("1", "active") "]}", JSON("done"), "1! ", "status-mismatch ",
	 "tasks.json says active, file says done"},
	{"{\"tasks\": [" ENTRY("2", "active") "]}", JSON("done"), "1. ", "missing-copy ",
	 "tasks.json has no entry for it"},
	{"{\"tasks\": [" TASK("1", "\"x\": 1") "]}", JSON("done"), "1. ", "missing-status ", NULL},
	{"{\"tasks\": [" ENTRY("1", "wip") "]}", JSON("done"), "1! ",
	 "status-mismatch unknown-status ", NULL},
	{NULL, JSON("done"), "1. ", "missing-copy ", "tasks.json is not there"},
	{"{\"tasks\": [", JSON("done"), "1? ", "malformed ", NULL},
	{"<<<<<<< ours\n", JSON("done"), "1? ", "malformed ",
	 "tasks.json cannot be parsed: a merge left conflict markers, from line 1 on"},
	{"version https://git-lfs.github.com/spec/v1\noid x\n", JSON("done"), "1? ",
	 "unverifiable ", "tasks.json cannot be judged: a Git LFS pointer is in its place"},
	{"{\"tasks\": [" ENTRY("1", "done") ",\n" ENTRY("1", "done") "]}", JSON("done"), "1? ",
	 "duplicate-item ", "2 entries of tasks.json are about this one item: line 1, line 2"},
	{"{\"tasks\": [" ENTRY("1", "done") ",\n" ENTRY("1", "todo") "]}", JSON("todo"), "1! ",
	 "status-mismatch duplicate-item ", NULL},
};

Test(ledger, judges_a_record_beside_a_file)
{
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct test_file files[3] = {{.path = "t/1.json", .bytes = pairs[i].file}};
		struct run run;
		if (pairs[i].tasks)
			files[1] =
				(struct test_file){.path = "tasks.json", .bytes = pairs[i].tasks};
		look(&run, &shared, files);
		if (pairs[i].message && strstr(pairs[i].message, "no entry"))
			cr_expect_str_eq(first(&run)->advice,
					 "add the entry, or remove the rest of the item");
		/* What is there twice is repaired by nobody. */
		if (strstr(pairs[i].codes, "duplicate-item"))
			cr_expect_null(first(&run)->fix);
		expect(&run, pairs[i].items, pairs[i].codes, pairs[i].message);
	}
}

/* What is wrong with a file is said of the file, however many items miss it. */
Test(ledger, says_the_defect_of_a_file_once)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		ITEM("2", "done"),
		{.path = "tasks.json", .bytes = "{\n\"tasks\": ["},
		{0},
	};
	struct run run;

	look(&run, &shared, files);
	const ds_finding *finding = first(&run);
	cr_expect_null(finding->item);
	cr_expect_str_eq(finding->copies[0].path, "tasks.json");
	cr_expect_eq(finding->copies[0].line, 2);
	expect(&run, "1? 2? ", "malformed ", NULL);
}

/* A rule that looks for what is not there would check nothing, and say nothing. */
Test(ledger, says_where_there_is_no_place_for_records)
{
	static const struct {
		const char *tasks;
		const char *message; /* NULL: an item's */
	} table[] = {
		{"{\"task\": []}", "tasks.json has nothing at tasks[id={id}].status"},
		{"{\"tasks\": []}", NULL},
		{"{\"tasks\": null, \"x\": 1}", NULL},
		{"{}", NULL},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct test_file files[] = {
			ITEM("1", "done"),
			{.path = "tasks.json", .bytes = table[i].tasks},
			{0},
		};
		struct run run;
		look(&run, &shared, files);
		cr_assert_eq(run.scanned.findings.len, 1);
		cr_expect_eq(first(&run)->item == NULL, table[i].message != NULL);
		expect(&run, "1. ", table[i].message ? "missing-status " : "missing-copy ",
		       table[i].message);
		/* What was committed so, is past mending. */
		run = (struct run){0};
		begin(&run, &committed, (struct test_file[]){{0}});
		test_source_init(&run.head, files);
		run.scan.head = &run.head.source;
		finish(&run);
		expect(&run, "", "", NULL);
	}
}

/* Of several files one may be about something else. */
Test(ledger, an_item_that_is_nowhere_is_not_in_the_file_without_a_place)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		{.path = "plans/a.json", .bytes = "{\"other\": 1}"},
		{.path = "plans/b.json", .bytes = "{\"tasks\": []}"},
		{0},
	};
	struct run run;

	begin(&run, &shared, files);
	run.rule.copies[0].path = "plans/*.json";
	finish(&run);
	expect(&run, "1. ", "missing-status missing-copy ", NULL);
}

Test(ledger, points_into_the_shared_file)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		{.path = "tasks.json",
		 .bytes = "{\"tasks\": [\n\n {\"id\": 1,\n  \"status\": \"todo\"}]}"},
		{0},
	};
	struct run run;

	look(&run, &shared, files);
	const ds_finding *finding = first(&run);
	cr_expect(finding->copies[0].line == 4 && finding->copies[0].column == 14);
	cr_expect_str_eq(finding->outcome, "sets tasks.json to done");
	cr_expect_str_eq(finding->fix, "desync-fix --yes 1");
	expect(&run, "1! ", "status-mismatch ", NULL);
}

Test(ledger, commands_name_the_rule_where_others_are_left_out)
{
	static const struct test_file files[] = {
		ITEM("-1", "done"),
		LISTED(ENTRY("-1", "todo")),
		{0},
	};
	struct run run;

	begin(&run, &shared, files);
	run.scan.qualify = true;
	finish(&run);
	cr_expect_str_eq(first(&run)->fix, "desync-fix --yes shared:-1");
	end(&run);
}

/* ---- Reading once ------------------------------------------------------- */

Test(ledger, a_file_is_read_once_and_once_more_for_all_that_looks_wrong)
{
	static const struct test_file before[] = {
		ITEM("1", "done"),
		ITEM("2", "done"),
		ITEM("3", "done"),
		LISTED(ENTRY("1", "todo") ", " ENTRY("2", "todo") ", " ENTRY("3", "done")),
		{0},
	};
	static const struct test_file after[] = {
		ITEM("1", "done"),
		ITEM("2", "done"),
		ITEM("3", "done"),
		LISTED(ENTRY("1", "done") ", " ENTRY("2", "todo") ", " ENTRY("3", "done")),
		{0},
	};
	struct run run;

	begin(&run, &shared, before);
	run.source.after_confirm = after;
	finish(&run);
	cr_expect_eq(run.source.confirms, 1);
	/* Three files and the index; then the index to see that it changed, it and two files. */
	cr_expect_eq(run.source.reads, 4 + 4, "%zu", run.source.reads);
	expect(&run, "1+ 2! 3+ ", "status-mismatch ", NULL);
}

/* A file that was torn, and the items whole: nothing looks wrong the second time. */
Test(ledger, a_torn_file_is_read_again)
{
	static const struct test_file before[] = {
		{.path = "tasks.json", .bytes = "{\"tasks\": ["},
		{0},
	};
	static const struct test_file after[] = {
		{.path = "tasks.json", .bytes = "{\"tasks\": []}"},
		{0},
	};
	struct run run;

	begin(&run, &shared, before);
	run.source.after_confirm = after;
	finish(&run);
	cr_expect_eq(run.source.confirms, 1);
	expect(&run, "", "", NULL);
}

Test(ledger, what_is_announced_comes_before_the_files_of_items)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		LISTED(ENTRY("1", "done")),
		{0},
	};
	struct run run;

	begin(&run, &shared, files);
	test_source_init_named(&run.source, files);
	finish(&run);
	cr_expect_str_eq(run.source.wanted, "tasks.json\nend\nt/1.json\nend\n");
	expect(&run, "1+ ", "", NULL);
}

/* ---- Several files ------------------------------------------------------ */

static const struct ds_rule plans = {
	.name = "plans",
	.root = "",
	.items = "t/{id}.json",
	.copies = {{.name = "plan",
		    .path = "plans/*.json",
		    .read = "json",
		    .at = "tasks[id={id}].status",
		    .many = true},
		   FILE_OF_ITS_OWN},
	.authority = 1,
	.vocabulary = &vocabulary,
};

Test(ledger, records_are_found_in_any_of_several_files)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		ITEM("2", "done"),
		ITEM("3", "done"),
		LIST_OF("plans/z.json", ENTRY("1", "done")),
		LIST_OF("plans/a.json", ENTRY("2", "todo") ", " ENTRY("1", "done")),
		{0},
	};
	struct run run;

	look(&run, &plans, files);
	const ds_finding *duplicate = first(&run);
	cr_assert_eq(duplicate->copy_count, 2);
	cr_expect_str_eq(duplicate->copies[0].path, "plans/a.json");
	cr_expect_str_eq(duplicate->copies[1].path, "plans/z.json");
	cr_expect_null(duplicate->fix);
	expect(&run, "1? 2! 3. ", "duplicate-item status-mismatch missing-copy ", NULL);
}

/* Somebody moved a record: it is in a file that was not there before. */
Test(ledger, a_file_that_came_meanwhile_is_seen)
{
	static const struct test_file before[] = {
		ITEM("1", "done"),
		LIST_OF("plans/a.json", ENTRY("2", "done")),
		ITEM("2", "todo"),
		{0},
	};
	static const struct test_file after[] = {
		ITEM("1", "done"),
		LIST_OF("plans/a.json", ENTRY("2", "done")),
		ITEM("2", "todo"),
		LIST_OF("plans/b.json", ENTRY("2", "done")),
		{0},
	};
	struct run run;

	begin(&run, &plans, before);
	run.source.after_confirm = after;
	finish(&run);
	expect(&run, "1. 2! ", "missing-copy status-mismatch duplicate-item ", NULL);
}

/* On several threads, the largest first: in the order of their paths for all that. */
Test(ledger, files_are_parsed_side_by_side)
{
	enum { FILES = 40 };
	static char paths[FILES][16];
	static char bytes[FILES][80];
	struct test_file files[FILES + 1] = {{0}};
	struct run run;

	for (int i = 0; i < FILES; i++) {
		snprintf(paths[i], sizeof paths[i], "plans/%02d.json", i);
		snprintf(bytes[i], sizeof bytes[i], "{\"tasks\": [%*s{\"id\": \"%d\", %s}]}", i % 7,
			 "", i / 2, SAYS("done"));
		files[i] = (struct test_file){.path = paths[i], .bytes = bytes[i]};
	}
	begin(&run, &plans, files);
	run.scan.jobs = 4;
	finish(&run);
	const struct ds_ledger *ledger = &run.scanned.ledgers[0];
	cr_expect_eq(ledger->entry_count, FILES);
	for (size_t i = 0; i < ledger->entry_count; i += 2) {
		cr_expect_str_eq(ledger->entries[i].id, ledger->entries[i + 1].id);
		cr_expect_lt(strcmp(ledger->entries[i].document->path,
				    ledger->entries[i + 1].document->path),
			     0);
	}
	expect(&run, "", "", NULL);
}

/* One that is broken may hold what is not in the others. */
Test(ledger, an_item_that_is_nowhere_may_be_in_the_broken_file)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		ITEM("2", "done"),
		{.path = "plans/a.json", .bytes = "{"},
		LIST_OF("plans/b.json", ENTRY("1", "done")),
		{0},
	};
	expect_of(&plans, files, "1+ 2? ", "malformed ", NULL);
}

Test(ledger, a_folder_that_cannot_be_listed_is_a_defect)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		{.path = "plans/a.json", .bytes = "{}"},
		{0},
	};
	struct run run;

	begin(&run, &plans, files);
	run.source.unlistable = "plans";
	finish(&run);
	expect(&run, "1? ", "unreadable ", "plan cannot be read: Permission denied");
}

Test(ledger, no_file_at_all_is_a_gap_of_each_item)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		ITEM("2", "done"),
		{0},
	};
	expect_of(&plans, files, "1. 2. ", "missing-copy missing-copy ", "plan is not there");
}

/* ---- Limits ------------------------------------------------------------- */

Test(ledger, the_limit_is_that_of_the_scan)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		LISTED(ENTRY("1", "done")),
		{0},
	};
	struct run run;

	begin(&run, &shared, files);
	run.scan.limit = 30;
	finish(&run);
	expect(&run, "1? ", "unreadable ", "tasks.json cannot be read: too large");
	begin(&run, &shared, files);
	run.scan.limit = 10; /* and that of the item's file */
	finish(&run);
	expect(&run, "1? ", "unreadable unreadable ", NULL);
}

Test(ledger, advice_where_there_are_many_or_files_are_large)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		LISTED(ENTRY("1", "done")),
		{0},
	};
	static const struct {
		size_t items;
		size_t bytes;
		bool given;
	} table[] = {{0, 0, false}, {1, 100, false}, {0, 10, true}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct run run;
		begin(&run, &shared, files);
		run.rule.advise_items = table[i].items;
		run.rule.advise_bytes = table[i].bytes;
		run.rule.advice = "split it";
		finish(&run);
		cr_expect_eq(run.scanned.advice != NULL, table[i].given, "%zu", i);
		end(&run);
	}
}

/* ---- Items that are listed ---------------------------------------------- */

Test(ledger, items_are_what_matches_and_what_is_listed)
{
	static const char *const ignored[] = {"epic-*", NULL};
	static const char *const shelves[] = {"old/{id}.json", NULL};
	static const struct test_file files[] = {
		ITEM("0007", "done"),
		ITEM("0009", "done"),
		{.path = "old/0003.json", .bytes = JSON("done")},
		LISTED(ENTRY("ADR-7", "done") ", " ENTRY("8", "done") ", " ENTRY(
			"3", "done") ", " ENTRY("epic-1", "done")),
		{0},
	};
	struct run run;

	begin(&run, &shared, files);
	run.rule.by_number = true;
	run.rule.copies[0].lists = true;
	run.rule.ignore = ignored;
	run.rule.archived = shelves;
	finish(&run);
	const struct ds_item *listed = &run.scanned.items.at[1];
	cr_assert_eq(run.scanned.items.len, 3);
	cr_expect_str_eq(listed->path, "tasks.json");
	const ds_finding *gap = first(&run);
	cr_expect_str_eq(gap->copies[0].path, "t/{id}.json", "%s", gap->copies[0].path);
	gap++;
	cr_expect_str_eq(gap->message, "tasks.json has no entry for it");
	expect(&run, "7+ 8. 9. ", "missing-copy missing-copy ", "file is not there");
}

/* A list that lies among the items is no file of an item that it lists. */
Test(ledger, the_list_is_not_the_file)
{
	static const char *const exclude[] = {"index.json", NULL};
	static const struct test_file files[] = {
		{.path = "1.json", .bytes = JSON("done")},
		{.path = "index.json",
		 .bytes = "{\"tasks\": [" ENTRY("1", "done") "," ENTRY("2", "done") "]}"},
		{0},
	};
	struct run run;

	begin(&run, &shared, files);
	run.rule.items = "{id}.json";
	run.rule.by_number = true;
	run.rule.exclude = exclude;
	run.rule.copies[0].path = "index.json";
	run.rule.copies[0].lists = true;
	finish(&run);
	expect(&run, "1+ 2. ", "missing-copy ", "file is not there");
}

static int tell(void *context, int copy, const struct ds_entry *entry, ds_error *err)
{
	(void)err;
	ds_buf_printf(context, "%d:%s ", copy, entry->id);
	return 0;
}

/* A row that nobody lists is no item; a copy that lists its own, and HEAD, have none such. */
Test(ledger, records_that_are_no_item_are_told)
{
	static const struct test_file files[] = {
		ITEM("1", "done"),
		LISTED(ENTRY("3", "done") ", " ENTRY("1", "done") ", " ENTRY(
			"2", "done") ", " ENTRY("epic-1", "done") ", " ENTRY("2", "todo")),
		{0},
	};
	static const char *const ignored[] = {"epic-*", NULL};
	static const char *const told[] = {"0:2 0:3 ", "", ""};

	for (size_t i = 0; i < 3; i++) {
		struct ds_buf line = {0};
		struct run run;
		begin(&run, &shared, files);
		run.rule.ignore = ignored;
		run.rule.copies[0].lists = i == 1;
		if (i == 2) {
			run.rule.copies[0].from = DS_FROM_HEAD;
			run.scan.head = &run.source.source;
		}
		finish(&run);
		ds_buf_puts(&line, "");
		cr_expect_eq(ds_unlisted(&run.rule, &run.scanned, tell, &line, NULL), 0);
		cr_expect_str_eq(line.bytes, told[i], "%zu: %s", i, line.bytes);
		ds_buf_free(&line);
		end(&run);
	}
}

/* A number is not how the id is written; and the path of what is only listed is the list's. */
Test(ledger, the_path_of_a_copy_follows_from_its_item)
{
	static const struct {
		const char *items;
		const char *copy;
		const char *item_path;
		const char *id;
		const char *path;
		bool by_number;
		bool lists;
	} table[] = {
		{"t/{id}.json", "x/{id}.md", "t/0007.json", "7", "x/0007.md", true, false},
		{"m/{id}/", "{item}/a.json", "m/7", "7", "m/7/a.json", false, false},
		{"m/{id}/", "{item}/a.json", "m/7", "7", "m/7/a.json", false, true},
		{"m/{id}/", "{item}/a.json", "tasks.json", "7", "m/7/a.json", false, true},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_rule rule = shared;
		struct ds_buf path = {0};
		rule.items = table[i].items;
		rule.by_number = table[i].by_number;
		rule.copies[0].lists = table[i].lists;
		rule.copies[1].path = table[i].copy;
		cr_assert_eq(ds_copy_path(&path, &rule, 1, table[i].item_path, table[i].id),
			     DS_PATH_MADE);
		cr_expect_str_eq(path.bytes, table[i].path, "%zu: %s", i, path.bytes);
		ds_buf_free(&path);
	}
}

/* A column by its name and by its number: only the file can tell that they are one. */
Test(ledger, one_place_is_no_two_copies)
{
	static const struct ds_rule rule = {
		.name = "columns",
		.root = "",
		.copies = {{.name = "a",
			    .path = "i.md",
			    .read = "table",
			    .at = "S",
			    .id = "N",
			    .many = true,
			    .lists = true},
			   {.name = "b",
			    .path = "i.md",
			    .read = "table",
			    .at = "2",
			    .id = "1",
			    .many = true},
			   {.name = "c",
			    .path = "i.md",
			    .read = "table",
			    .at = "3",
			    .id = "1",
			    .many = true}},
		.authority = 0,
		.vocabulary = &vocabulary,
	};
	static const struct test_file files[] = {
		{.path = "i.md", .bytes = "| N | S | T |\n|--|--|--|\n| 1 | done | done |\n"},
		{0},
	};
	struct run run;

	look(&run, &rule, files);
	cr_expect_str_eq(first(&run)->advice, "mend the rule, then look again");
	expect(&run, "1? ", "unverifiable ",
	       "b cannot be judged: a reads the same place, so the rule needs one of them");
}

Test(ledger, what_is_listed_twice_is_one_item)
{
	static const struct test_file files[] = {
		LISTED(ENTRY("1", "done") ", " ENTRY("1", "done")),
		{0},
	};
	expect_of(&committed, files, "1? ", "duplicate-item ", NULL);
}

/* Neither a path nor what desync-fix refuses as an id: no command is printed. */
Test(ledger, an_id_that_cannot_be_asked_for_is_not_printed)
{
	static const struct test_file files[] = {
		ITEM("v0..8", "done"),
		LISTED(ENTRY("v0..8", "todo")),
		{0},
	};
	struct run run;

	look(&run, &shared, files);
	cr_expect_null(first(&run)->fix);
	expect(&run, "v0..8! ", "status-mismatch ", NULL);
}

/* An id out of a file leads nowhere, and is no command. */
Test(ledger, an_id_that_is_a_path_is_not_one)
{
	static const char *const ids[] = {"../up", "a/b", ".git", ".."};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		char tasks[128];
		snprintf(tasks, sizeof tasks, "{\"tasks\": [{\"id\": \"%s\", " SAYS("done") "}]}",
			 ids[i]);
		const struct test_file files[] = {
			{.path = "tasks.json", .bytes = tasks},
			{.path = "t/.git/config.json", .bytes = JSON("todo")},
			{.path = "t/a/b/config.json", .bytes = JSON("todo")},
			{.path = "t/../config.json", .bytes = JSON("todo")},
			{.path = "t/../up/config.json", .bytes = JSON("todo")},
			{0},
		};
		struct run run;
		begin(&run, &shared, files);
		run.rule.items = NULL;
		run.rule.copies[0].lists = true;
		run.rule.copies[1].path = "t/{id}/config.json";
		finish(&run);
		cr_assert_eq(run.scanned.items.len, 1);
		cr_expect_eq(run.scanned.items.at[0].state, DS_ITEM_INCOMPLETE, "%s", ids[i]);
		end(&run);
	}
}

/* ---- Whoever is ahead, and words that stand for several ----------------- */

static const struct ds_own_word boxes[] = {
	{"[ ]", SET(TODO) | SET(ACTIVE) | SET(PAUSED), TODO, 0},
	{"[x]", SET(DONE), DONE, 0},
	{0},
};

static const struct ds_rule three = {
	.name = "three",
	.root = "",
	.items = "m/{id}/",
	.copies = {{.name = "a", .path = "{item}/a.json", .read = "json", .at = "status"},
		   {.name = "b", .path = "{item}/b.json", .read = "json", .at = "status"},
		   {.name = "c",
		    .path = "{item}/c.json",
		    .read = "json",
		    .at = "status",
		    .gap = DS_GAP_IGNORED,
		    .words = boxes}},
	.vocabulary = &vocabulary,
};

static const struct {
	int authority;
	bool no_regress;
	const char *said[3]; /* NULL: no file */
	const char *items;
	const char *codes;
	const char *outcome;
	int status;
} believed[] = {
	{DS_AHEAD, false, {"todo", "done", NULL}, "1! ", "status-mismatch ", "sets a to done", 4},
	{DS_AHEAD, false, {"done", "todo", NULL}, "1! ", "status-mismatch ", "sets b to done", 4},
	{DS_AHEAD, false, {"active", "paused", NULL}, "1! ", "status-mismatch ", NULL, 1},
	{DS_AHEAD, false, {"done", "wip", NULL}, "1! ", "status-mismatch unknown-status ", NULL, 4},
	{DS_AHEAD,
	 false,
	 {"todo", "active", "[x]"},
	 "1! ",
	 "status-mismatch ",
	 "sets a and b to done",
	 4},
	{DS_AHEAD, false, {"done", "done", "[ ]"}, "1! ", "status-mismatch ", "sets c to done", 4},
	/* A word agrees with any that it stands for. */
	{DS_AHEAD, false, {"paused", "paused", "[ ]"}, "1+ ", "", NULL, 2},
	{2, false, {"paused", "paused", "[ ]"}, "1+ ", "", NULL, 2},
	{2, false, {"active", "done", "[ ]"}, "1! ", "status-mismatch ", "sets b to active", 0},
	{2, false, {"review", "done", "[ ]"}, "1! ", "status-mismatch ", "sets a and b to todo", 0},
	/* Nothing goes back where the rule does not have it. */
	{0, true, {"todo", "done", NULL}, "1! ", "regression-prevented ", NULL, 0},
	{0, true, {"done", "todo", NULL}, "1! ", "status-mismatch ", "sets b to done", 4},
	{0, true, {"active", "paused", NULL}, "1! ", "status-mismatch ", "sets b to active", 1},
	{0, false, {"todo", "done", NULL}, "1! ", "status-mismatch ", "sets b to todo", 0},
	/* Only what the rule wants is missed. */
	{0, false, {"todo", NULL, NULL}, "1. ", "missing-copy ", NULL, 0},
};

/* One item, with what its copies say; NULL: no such file. */
static void begin_three(struct run *run, const char *a, const char *b, const char *c)
{
	static const char *const paths[] = {"m/1/a.json", "m/1/b.json", "m/1/c.json"};
	const char *const says[] = {a, b, c};
	size_t count = 0;

	begin(run, &three, run->files);
	for (size_t k = 0; k < 3; k++) {
		if (!says[k])
			continue;
		snprintf(run->said[k], sizeof run->said[k], JSON("%s"), says[k]);
		run->files[count++] = (struct test_file){.path = paths[k], .bytes = run->said[k]};
	}
	test_source_init(&run->source, run->files);
}

Test(believed, is_whoever_the_rule_says)
{
	for (size_t i = 0; i < sizeof believed / sizeof *believed; i++) {
		const char *const *said = believed[i].said;
		struct run run;
		begin_three(&run, said[0], said[1], said[2]);
		run.rule.authority = believed[i].authority;
		run.rule.no_regress = believed[i].no_regress;
		finish(&run);
		const char *outcome = run.scanned.findings.len ? first(&run)->outcome : NULL;
		cr_expect_str_eq(outcome ? outcome : "-",
				 believed[i].outcome ? believed[i].outcome : "-", "%zu", i);
		cr_expect_eq(run.scanned.items.at[0].status, believed[i].status, "%zu: %d", i,
			     run.scanned.items.at[0].status);
		expect(&run, believed[i].items, believed[i].codes, NULL);
	}
}

/* What a word stands for at least is how far its copy is, wherever that copy stands. */
Test(believed, is_no_word_that_stands_for_less)
{
	struct run run;

	begin_three(&run, "todo", "active", "[ ]");
	run.rule.authority = DS_AHEAD;
	run.rule.copies[0] = three.copies[2];
	run.rule.copies[2] = three.copies[0];
	finish(&run);
	cr_expect_str_eq(first(&run)->outcome, "sets a to active");
	end(&run);
}

static void choose(const char *expect_other, const char *expect_advice, int authority,
		   const char *a, const char *b)
{
	struct run run;

	begin_three(&run, a, b, NULL);
	run.rule.authority = authority;
	run.rule.no_regress = authority == 0;
	finish(&run);
	const ds_finding *finding = first(&run);
	cr_assert_eq(run.scanned.findings.len, 1 + (strcmp(b, "wip") == 0));
	cr_expect_null(finding->fix);
	cr_expect_str_eq(finding->other ? finding->other : "-", expect_other);
	if (expect_advice)
		cr_expect_str_eq(finding->advice, expect_advice);
	else
		cr_expect_str_eq(finding->advice, ds_code_info(finding->code)->advice);
	end(&run);
}

/* Where nobody is believed there is a command for each side, that goes where no step does;
 * and none where one side says nothing that could be set. */
Test(believed, is_nobody_and_there_is_a_choice)
{
	choose("desync-fix --yes --prefer a 1", "to make it done: desync-set 1 done", DS_NO_COPY,
	       "review", "done");
	choose("desync-fix --yes --prefer a 1", "to make it paused: desync-fix --yes --prefer b 1",
	       DS_AHEAD, "active", "paused");
	choose("desync-fix --yes --prefer a 1", "to make it done: desync-set 1 done", 0, "review",
	       "done");
	choose("-", NULL, DS_NO_COPY, "todo", "wip");
}

/* What two copies say alike is one side. */
Test(believed, is_nobody_of_three)
{
	struct run run;

	begin_three(&run, "review", "review", "[x]");
	run.rule.authority = DS_NO_COPY;
	finish(&run);
	cr_expect_str_eq(first(&run)->advice, "to make it done: desync-set 1 done");
	expect(&run, "1! ", "status-mismatch ", NULL);
}

/* It stands behind what an alias knows the beginning of. */
Test(believed, what_is_said_beside_a_status_is_not_written_over)
{
	static const struct ds_status_alias aliases[] = {{"done (*", "done", 0}, {0}};
	static const struct ds_vocabulary dated = {.statuses = words, .aliases = aliases};
	static const struct ds_own_word own[] = {{"done (yes)", SET(DONE), DONE, 0}, {0}};
	static const struct {
		const char *a;
		const char *b;
		const char *items;
		const char *outcome;
		const char *message;
		const struct ds_own_word *words;
	} table[] = {
		{"done", "done (2024-01-01)", "1+ ", NULL, NULL, NULL},
		{"done (2024-01-01)", "todo", "1! ", "sets b to done",
		 "a says done (2024-01-01), b says todo", NULL},
		{"todo", "done (2024-01-01)", "1! ", NULL,
		 "a says todo, b says done (2024-01-01); b is left to a person: what it says "
		 "beside its status would be lost",
		 NULL},
		{"todo", "done (yes)", "1! ", "sets b to todo", "a says todo, b says done (yes)",
		 own},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct run run;
		begin_three(&run, table[i].a, table[i].b, NULL);
		run.rule.vocabulary = &dated;
		run.rule.copies[1].words = table[i].words;
		finish(&run);
		if (table[i].message) {
			const char *outcome = first(&run)->outcome;
			cr_expect_str_eq(outcome ? outcome : "",
					 table[i].outcome ? table[i].outcome : "");
		}
		expect(&run, table[i].items, table[i].message ? "status-mismatch " : "",
		       table[i].message);
	}
}

/* Of three words each two have something in common, and all three nothing. */
Test(believed, what_all_words_stand_for_may_be_nothing)
{
	static const struct ds_own_word own[] = {
		{"x", SET(TODO) | SET(ACTIVE), TODO, 0},
		{"y", SET(ACTIVE) | SET(DONE), ACTIVE, 0},
		{"z", SET(DONE) | SET(TODO), DONE, 0},
		{0},
	};
	struct run run;

	begin_three(&run, "x", "y", "z");
	for (int i = 0; i < 3; i++)
		run.rule.copies[i].words = own;
	run.rule.authority = DS_NO_COPY;
	finish(&run);
	expect(&run, "1! ", "status-mismatch ", NULL);
}

Test(believed, a_severity_of_the_rule_is_not_for_what_nobody_can_judge)
{
	static const struct test_file files[] = {
		{.path = "m/1/a.json", .bytes = JSON("todo")},
		{.path = "m/1/b.json", .bytes = JSON("done")},
		{.path = "m/2/a.json", .bytes = "{"},
		{.path = "m/2/b.json", .bytes = JSON("done")},
		{0},
	};
	struct run run;

	begin(&run, &three, files);
	run.rule.severity[DS_STATUS_MISMATCH] = DS_INFO + 1;
	run.rule.severity[DS_MALFORMED] = DS_INFO + 1;
	finish(&run);
	cr_expect_eq(first(&run)->severity, DS_INFO);
	cr_expect_eq(run.scanned.findings.at[1].severity, DS_ERROR);
	expect(&run, "1! 2? ", "status-mismatch malformed ", NULL);
}

/* ---- Git's HEAD --------------------------------------------------------- */

Test(head, differs_and_changes_no_state)
{
	static const struct test_file files[] = {
		LISTED(ENTRY("1", "done") ", " ENTRY("2", "todo") ", " ENTRY("3", "todo")),
		{0},
	};
	static const struct test_file before[] = {
		LISTED(ENTRY("1", "todo") ", " ENTRY("2", "todo") ", " ENTRY("9", "todo")),
		{0},
	};
	static const struct test_file none[] = {{0}};
	struct run run;

	begin(&run, &committed, files);
	test_source_init(&run.head, before);
	run.scan.head = &run.head.source;
	finish(&run);
	cr_expect_eq(first(&run)->severity, DS_WARNING);
	cr_expect_eq(run.scanned.items.at[0].status, DONE);
	expect(&run, "1+ 2+ 3+ ", "uncommitted-status ",
	       "tasks.json says done, tasks.json in HEAD says todo");
	look(&run, &committed, files);
	expect(&run, "1+ 2+ 3+ ", "", NULL);
	begin(&run, &committed, files);
	test_source_init(&run.head, none);
	run.scan.head = &run.head.source;
	finish(&run);
	expect(&run, "1+ 2+ 3+ ", "", NULL);
}

/* ---- Constraints -------------------------------------------------------- */

static const char *const graded[] = {"grade", NULL};
static const char *const four[] = {"4", "5", NULL};

static const struct {
	const char *record; /* beside the id */
	const char *const *values;
	bool absent;
	const char *items;
	const char *codes;
	const char *message;
} constrained[] = {
	{SAYS("active") ", \"grade\": 4", NULL, false, "1! ", "constraint ",
	 "grade is 4, so the status must be review or done, not active"},
	{SAYS("active") ", \"grade\": \"good\"", NULL, false, "1! ", "constraint ",
	 "grade is good, so the status must be review or done, not active"},
	{SAYS("review") ", \"grade\": 4", NULL, false, "1+ ", "", NULL},
	{SAYS("active"), NULL, false, "1+ ", "", NULL},
	{SAYS("active") ", \"grade\": null", NULL, false, "1+ ", "", NULL},
	{SAYS("active") ", \"grade\": 4", four, false, "1! ", "constraint ", NULL},
	{SAYS("active") ", \"grade\": 3", four, false, "1+ ", "", NULL},
	{SAYS("active"), NULL, true, "1! ", "constraint ",
	 "grade is not there, so the status must be review or done, not active"},
	{SAYS("active") ", \"grade\": 4", NULL, true, "1+ ", "", NULL},
	{SAYS("active") ", \"grade\": 4, \"grade\": 5", NULL, false, "1? ", "ambiguous-status ",
	 NULL},
	{"\"grade\": 4", NULL, false, "1. ", "missing-status ", NULL},
};

static void check_constraint(size_t i, bool of_many)
{
	struct ds_constraint constraints[] = {{.copy = 0,
					       .field = 0,
					       .absent = constrained[i].absent,
					       .values = constrained[i].values,
					       .allowed = SET(REVIEW) | SET(DONE)},
					      {.copy = DS_NO_COPY}};
	char tasks[256];
	struct run run;

	snprintf(tasks, sizeof tasks, "{\"tasks\": [{\"id\": \"1\", %s}]}", constrained[i].record);
	if (!of_many)
		snprintf(tasks, sizeof tasks, "{%s}", constrained[i].record);
	const struct test_file files[] = {
		{.path = of_many ? "tasks.json" : "t/1.json", .bytes = tasks}, {0}};
	begin(&run, of_many ? &committed : &shared, files);
	run.rule.constraints = constraints;
	run.rule.copies[0].fields = graded;
	if (!of_many) {
		run.rule.copies[0] = (struct ds_copy_rule)FILE_OF_ITS_OWN;
		run.rule.copies[0].fields = graded;
		run.rule.copies[1] = (struct ds_copy_rule){0};
		run.rule.authority = 0;
	}
	finish(&run);
	expect(&run, constrained[i].items, constrained[i].codes, constrained[i].message);
}

Test(demands, fields_of_records_and_of_files)
{
	for (size_t i = 0; i < sizeof constrained / sizeof *constrained; i++) {
		check_constraint(i, true);
		check_constraint(i, false);
	}
}

Test(demands, one_that_is_no_error_leaves_the_item_alone)
{
	static const struct ds_constraint constraints[] = {
		{.copy = 0, .allowed = SET(DONE), .say = "as agreed"}, {.copy = DS_NO_COPY}};
	static const struct test_file files[] = {
		{.path = "tasks.json",
		 .bytes = "{\"tasks\": [" TASK("1", SAYS("todo") ",\n \"grade\": 1") "]}"},
		{0},
	};
	struct run run;

	begin(&run, &committed, files);
	run.rule.constraints = constraints;
	run.rule.copies[0].fields = graded;
	run.rule.severity[DS_CONSTRAINT] = DS_WARNING + 1;
	finish(&run);
	cr_expect_eq(first(&run)->severity, DS_WARNING);
	cr_expect_eq(first(&run)->copies[0].line, 2);
	expect(&run, "1+ ", "constraint ",
	       "grade is 1, so the status must be done, not todo: as agreed");
}

/* ---- Rollups ------------------------------------------------------------ */

static const struct ds_rule child_rule = {.name = "steps", .vocabulary = &vocabulary};

static const struct {
	const char *status;
	int children[4]; /* statuses, ended by -2 */
	const char *items;
	const char *codes;
	const char *message;
} families[] = {
	{"active",
	 {DONE, DONE, -2},
	 "1! ",
	 "rollup-mismatch ",
	 "all 2 items of steps are done, but the status is active"},
	{"done",
	 {DONE, TODO, TODO, -2},
	 "1! ",
	 "rollup-mismatch ",
	 "2 of 3 items of steps are not done, but the status is done"},
	{"done",
	 {DONE, ACTIVE, -2},
	 "1! ",
	 "rollup-mismatch ",
	 "1 of 2 items of steps is not done, but the status is done"},
	{"done",
	 {TODO, -2},
	 "1! ",
	 "rollup-mismatch ",
	 "the only item of steps is not done, but the status is done"},
	{"done", {DONE, DONE, -2}, "1+ ", "", NULL},
	{"active", {DONE, TODO, -2}, "1+ ", "", NULL},
	{"active", {ACTIVE, TODO, -2}, "1+ ", "", NULL},
	{"active", {TODO, TODO, -2}, "1! ", "rollup-mismatch ", NULL},
	/* What is known has to be enough. */
	{"todo",
	 {TODO, DS_NO_STATUS, -2},
	 "1. ",
	 "rollup-mismatch ",
	 "1 of 2 parts in steps has no status that is known: todo need not follow"},
	{"active", {DONE, TODO, DS_NO_STATUS, -2}, "1+ ", "", NULL},
	{"todo",
	 {ACTIVE, DS_NO_STATUS, -2},
	 "1! ",
	 "rollup-mismatch ",
	 "1 of 2 items of steps is under way, but the status is todo"},
	{"active", {-2}, "1+ ", "", NULL},
};

static const struct ds_rollup family[] = {
	{.children = "steps",
	 .all = SET(DONE),
	 .some = SET(ACTIVE),
	 .none = SET(TODO) | SET(PAUSED),
	 .all_first = DONE,
	 .some_first = ACTIVE,
	 .none_first = TODO},
	{0},
};

static size_t have_children(struct ds_item *items, const int *statuses)
{
	size_t count = 0;

	while (statuses[count] != -2) {
		items[count] = (struct ds_item){
			.path = "t/1.json", .id = "x", .status = (int8_t)statuses[count]};
		count++;
	}
	items[count++] = (struct ds_item){.path = "t/2.json", .id = "y", .status = DONE};
	return count;
}

static void check_family(size_t i, int authority, const char *outcome)
{
	char bytes[64];
	struct ds_item items[8];
	const struct ds_rule *const rules[] = {&shared, &child_rule, NULL};
	struct ds_scanned other = {.trouble_count = 0};
	struct ds_scanned children = {
		.items = {.at = items, .len = have_children(items, families[i].children)}};
	const struct ds_scanned *const scanned[] = {&other, &children, NULL};
	struct run run;

	snprintf(bytes, sizeof bytes, JSON("%s"), families[i].status);
	const struct test_file files[] = {{.path = "t/1.json", .bytes = bytes}, {0}};
	begin(&run, &shared, files);
	run.rule.copies[0] = run.rule.copies[1];
	run.rule.copies[1] = (struct ds_copy_rule){0};
	run.rule.rollups = family;
	run.rule.authority = authority;
	run.scan.children = scanned;
	run.scan.child_rules = rules;
	finish(&run);
	if (outcome && run.scanned.findings.len)
		cr_expect_str_eq(first(&run)->outcome, outcome);
	else if (run.scanned.findings.len)
		cr_expect_null(first(&run)->fix);
	expect(&run, families[i].items, families[i].codes, families[i].message);
}

Test(demands, a_status_follows_from_other_items)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		check_family(i, 0, NULL);
	check_family(0, DS_PARTS, "sets file to done");
	check_family(2, DS_PARTS, "sets file to active");
}

/* ---- Boxes -------------------------------------------------------------- */

static const struct ds_rollup tasks_md[] = {{.path = "m/{id}/tasks.md",
					     .all = SET(DONE) | SET(REVIEW),
					     .some = SET(ACTIVE) | SET(PAUSED),
					     .none = SET(TODO) | SET(ACTIVE),
					     .all_first = DONE,
					     .some_first = ACTIVE,
					     .none_first = TODO},
					    {0}};

static const struct {
	const char *status;
	const char *boxes; /* NULL: no such file */
	const char *items;
	const char *codes;
	const char *message;
	size_t line;
} boxed[] = {
	{"active", "- [x] a\n- [X] b\n", "1! ", "rollup-mismatch ",
	 "all 2 boxes of tasks.md are checked, but the status is active", 0},
	{"done", "# T\n\n- [x] a\n- [ ] b\n- [ ] c\n", "1! ", "rollup-mismatch ",
	 "2 of 3 boxes of tasks.md are open, but the status is done", 4},
	{"todo", "- [~] a\n- [ ] b\n", "1! ", "rollup-mismatch ",
	 "1 of 2 boxes of tasks.md is under way, but the status is todo", 1},
	{"review", "- [x] a\n", "1+ ", "", NULL, 0},
	{"active", "- [ ] a\n", "1+ ", "", NULL, 0},
	{"done", "no boxes\n", "1+ ", "", NULL, 0},
	{"done", NULL, "1+ ", "", NULL, 0},
};

static void begin_boxes(struct run *run, const struct test_file *files)
{
	begin(run, &three, files);
	run->rule.copies[1] = (struct ds_copy_rule){0};
	run->rule.rollups = tasks_md;
}

Test(demands, a_status_follows_from_boxes)
{
	for (size_t i = 0; i < sizeof boxed / sizeof *boxed; i++) {
		char bytes[64];
		struct run run;
		snprintf(bytes, sizeof bytes, JSON("%s"), boxed[i].status);
		struct test_file files[3] = {{.path = "m/1/a.json", .bytes = bytes}};
		if (boxed[i].boxes)
			files[1] =
				(struct test_file){.path = "m/1/tasks.md", .bytes = boxed[i].boxes};
		begin_boxes(&run, files);
		finish(&run);
		if (run.scanned.findings.len) {
			const ds_copy *copies = first(&run)->copies;
			cr_expect_str_eq(copies[0].path, "m/1/tasks.md");
			cr_expect_eq(copies[0].line, boxed[i].line);
			cr_expect_str_eq(copies[1].status, boxed[i].status);
		}
		expect(&run, boxed[i].items, boxed[i].codes, boxed[i].message);
	}
}

/* Where any number of boxes would do, the file is not even opened. */
Test(demands, boxes_are_counted_only_where_they_matter)
{
	static const struct ds_rollup only_done[] = {
		{.path = "m/{id}/tasks.md", .some = ~SET(DONE), .none = ~SET(DONE)}, {0}};
	static const struct test_file files[] = {
		{.path = "m/1/a.json", .bytes = JSON("active")},
		{.path = "m/1/tasks.md", .wrong = "Permission denied"},
		{.path = "m/2/a.json", .bytes = JSON("done")},
		{.path = "m/2/tasks.md", .wrong = "Permission denied"},
		{0},
	};
	struct run run;

	begin_boxes(&run, files);
	run.rule.rollups = only_done;
	finish(&run);
	cr_expect_str_eq(first(&run)->copies[0].name, "tasks.md");
	expect(&run, "1+ 2? ", "unreadable ", "tasks.md cannot be read: Permission denied");
}

Test(demands, what_the_parts_ask_for_is_written_where_it_does_not_fit)
{
	static const struct {
		const char *a;
		const char *b;
		const char *codes;
		const char *outcome;
	} table[] = {
		{"active", "active", "rollup-mismatch ", "sets a and b to done"},
		{"active", "review", "status-mismatch ", "sets a to review"},
		{"done", "review", "status-mismatch ", "sets b to done"},
		{"review", "review", "", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct run run;
		begin_three(&run, table[i].a, table[i].b, NULL);
		run.files[2] = (struct test_file){.path = "m/1/tasks.md", .bytes = "- [x] a\n"};
		run.rule.rollups = tasks_md;
		run.rule.authority = DS_PARTS;
		finish(&run);
		if (table[i].outcome)
			cr_expect_str_eq(first(&run)->outcome, table[i].outcome);
		expect(&run, table[i].outcome ? "1! " : "1+ ", table[i].codes, NULL);
	}
}

/* ---- A path that says it ------------------------------------------------ */

Test(path, a_directory_means_a_status)
{
	static const struct ds_rule rule = {
		.name = "path",
		.root = "",
		.items = "w/{state}/{id}.json",
		.copies = {{.name = "folder", .path = "{item}", .read = "path", .at = "state"},
			   FILE_OF_ITS_OWN},
		.vocabulary = &vocabulary,
	};
	static const struct test_file files[] = {
		{.path = "w/done/1.json", .bytes = JSON("done")},
		{.path = "w/done/2.json", .bytes = JSON("todo")},
		{0},
	};
	struct run run;

	begin(&run, &rule, files);
	run.rule.authority = 1;
	finish(&run);
	cr_assert_eq(run.scanned.findings.len, 1);
	cr_expect_str_eq(first(&run)->copies[0].path, "w/done/2.json");
	cr_expect_null(first(&run)->fix, "nothing can be written into a path");
	cr_expect_str_eq(first(&run)->advice, "move the file");
	cr_expect_str_eq(first(&run)->choice, "to keep done");
	cr_expect_str_eq(first(&run)->other, "desync-fix --yes --prefer folder 2");
	/* Of an item that is not there the path says nothing. */
	struct ds_desk desk;
	const struct ds_item gone = {.path = "w/todo/3.json", .id = "3"};
	cr_assert(ds_desk_prepare(&desk, &rule, &run.source.source));
	ds_collect(&desk, &gone);
	cr_expect_eq(desk.copies[0].reading.code, DS_MISSING_COPY);
	cr_expect(ds_is_absent(&desk));
	ds_desk_clear(&desk);
	expect(&run, "1+ 2! ", "status-mismatch ",
	       "folder says done, file says todo; folder is left to a person: its status is where "
	       "the file lies: move it by hand");
}

/* ---- Size --------------------------------------------------------------- */

/* Under valgrind a hundredth of it says the same of memory. */
static int many(void)
{
	return getenv("DESYNC_SLOW") ? 1000 : 100 * 1000;
}

/* A hundred thousand records on one line, each of them wrong: nothing may grow with the
 * square, neither the search nor the counting of lines. */
Test(ledger, a_hundred_thousand_records, .timeout = 60)
{
	struct ds_buf tasks = {0};
	struct run run;
	int most = many();

	ds_buf_puts(&tasks, "{\"tasks\": [");
	for (int i = 0; i < most; i++)
		ds_buf_printf(&tasks, "%s{\"id\": \"t%d\", \"status\": \"wip\"}", i ? ", " : "", i);
	ds_buf_puts(&tasks, "]}");
	const struct test_file files[] = {{.path = "tasks.json", .bytes = tasks.bytes}, {0}};
	look(&run, &committed, files);
	cr_expect_eq(run.scanned.items.len, (size_t)most);
	cr_expect_eq(run.scanned.findings.len, (size_t)most);
	cr_expect_eq(run.source.reads, 1);
	end(&run);
	ds_buf_free(&tasks);
}

/* All of one id, and every item claims it. */
Test(ledger, a_hundred_thousand_records_of_one_item, .timeout = 60)
{
	static const struct test_file files[] = {ITEM("1", "done"), {0}};
	struct ds_buf tasks = {0};
	struct run run;
	int most = many();

	ds_buf_puts(&tasks, "{\"tasks\": [");
	for (int i = 0; i < most; i++)
		ds_buf_printf(&tasks, "%s" ENTRY("1", "done"), i ? ",\n" : "");
	ds_buf_puts(&tasks, "]}");
	const struct test_file both[] = {
		files[0], {.path = "tasks.json", .bytes = tasks.bytes}, {0}};
	look(&run, &shared, both);
	cr_assert_eq(run.scanned.findings.len, 1);
	cr_expect_eq(first(&run)->copy_count, 20, "what is said has an end");
	cr_expect_eq(first(&run)->copies[19].line, 20);
	char line[160];
	snprintf(line, sizeof line,
		 "%d entries of tasks.json are about this one item: line 1, line 2, line 3, "
		 "line 4, line 5 and %d more",
		 most, most - 5);
	expect(&run, "1? ", "duplicate-item ", line);
	ds_buf_free(&tasks);
}
