#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "desync/change.h"
#include "repo.h"
#include "scratch.h"

#define ITEMS        ".specweave/increments"
#define JSON(status) "{\n  \"id\": \"1\",\n  \"status\": \"" status "\"\n}"
#define SPEC(status) "---\nincrement: 1\nstatus: " status "\n---\n\n# Spec\n"

static struct test_scratch scratch;
static ds_repo *repo;
static ds_plan *plan;
static ds_error err;

static void open_at(const char *dir)
{
	ds_close(repo);
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(ds_open(&repo, NULL, NULL, &err), 0, "%s", err.message);
}

static void set_up(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch, "rm -rf .git && git init -q . && mkdir -p " ITEMS);
	open_at(scratch.root);
}

static void tear_down(void)
{
	ds_plan_free(plan);
	ds_close(repo);
	test_scratch_remove(&scratch);
}

static void write_item(const char *id, const char *json, const char *spec)
{
	char path[256];

	snprintf(path, sizeof path, ITEMS "/%s/metadata.json", id);
	if (json)
		test_scratch_write(&scratch, path, json);
	snprintf(path, sizeof path, ITEMS "/%s/spec.md", id);
	if (spec)
		test_scratch_write(&scratch, path, spec);
}

static char *read_file(const char *path)
{
	char full[512];
	static char bytes[4][70000];
	static unsigned turn;
	char *out = bytes[turn++ % 4];

	snprintf(full, sizeof full, "%s/%s", scratch.root, path);
	FILE *file = fopen(full, "r");
	if (!file)
		return NULL;
	size_t len = fread(out, 1, sizeof bytes[0] - 1, file);
	out[len] = '\0';
	fclose(file);
	return out;
}

static const char *item_file(const char *id, const char *name)
{
	char path[256];
	snprintf(path, sizeof path, ITEMS "/%s/%s", id, name);
	return read_file(path);
}

static void plan_fix(const ds_fix_options *options)
{
	ds_plan_free(plan);
	cr_assert_eq(ds_plan_fix(&plan, repo, options, &err), 0, "%s", err.message);
}

/* Plans what takes a change back; what ds_plan_undo returns. */
static int plan_undo(const char *txid)
{
	char kept[80] = "";

	/* It may be a string of the plan that goes. */
	if (txid)
		snprintf(kept, sizeof kept, "%s", txid);
	ds_plan_free(plan);
	ds_undo_options options = {.size = sizeof options, .txid = txid ? kept : NULL};
	return ds_plan_undo(&plan, repo, &options, &err);
}

static size_t count_steps(void)
{
	size_t count = 0;
	while (ds_plan_step(plan, count))
		count++;
	return count;
}

static size_t count_rest(void)
{
	size_t count = 0;
	while (ds_result_finding(ds_plan_rest(plan), count))
		count++;
	return count;
}

static bool has_note(const char *part)
{
	const char *note;
	for (size_t i = 0; (note = ds_plan_note(plan, i)); i++)
		if (strstr(note, part))
			return true;
	return false;
}

static int to_buf(void *context, const char *bytes, size_t len)
{
	return !ds_buf_append(context, bytes, len);
}

static int line_to_buf(void *context, const char *bytes, size_t len)
{
	return !ds_buf_append(context, bytes, len) || !ds_buf_puts(context, "\n");
}

TestSuite(fix, .init = set_up, .fini = tear_down);
TestSuite(set, .init = set_up, .fini = tear_down);
TestSuite(undo, .init = set_up, .fini = tear_down);

/* ---- Bytes -------------------------------------------------------------- */

struct bytes_row {
	const char *json;
	const char *spec;
	const char *prefer;
	bool add_missing;
	size_t steps;
	size_t rest;
	const char *json_after; /* NULL: as before */
	const char *spec_after;
};

static const struct bytes_row bytes_rows[] = {
	/* What is repaired, and what stays around it. */
	{JSON("completed"), SPEC("active"), NULL, false, 1, 0, NULL, SPEC("completed")},
	{JSON("completed"), SPEC("active"), "spec.md", false, 1, 0, JSON("active"), NULL},
	{JSON("done"), SPEC("active"), NULL, false, 1, 0, NULL, SPEC("completed")},
	{JSON("completed"), "---\r\nstatus: \"active\"  # now\r\n---\r\nx", NULL, false, 1, 0, NULL,
	 "---\r\nstatus: \"completed\"  # now\r\n---\r\nx"},
	{JSON("paused"), "\xef\xbb\xbf---\na: [b]\nstatus: 'active'\n...\n\xff\x01", NULL, false, 1,
	 0, NULL, "\xef\xbb\xbf---\na: [b]\nstatus: 'paused'\n...\n\xff\x01"},
	{"\xef\xbb\xbf{\"a\":1.00,\"status\" : \"\\u0061ctive\"}\r\n", SPEC("paused"), "spec.md",
	 false, 1, 0, "\xef\xbb\xbf{\"a\":1.00,\"status\" : \"paused\"}\r\n", NULL},
	{JSON("completed"), SPEC("wip"), NULL, false, 1, 0, NULL, SPEC("completed")},
	{JSON("completed"), SPEC("active"), NULL, true, 1, 0, NULL, SPEC("completed")},

	/* What is left to a person. */
	{JSON("done"), SPEC("completed"), NULL, false, 0, 0, NULL, NULL},
	{JSON("wip"), SPEC("active"), NULL, false, 0, 2, NULL, NULL},
	{JSON("wip"), SPEC("active"), NULL, true, 0, 2, NULL, NULL},
	{JSON("wip"), SPEC("wip"), NULL, false, 0, 2, NULL, NULL},
	{JSON("completed"), "---\nstatus: |\n  active\n---\n", NULL, false, 0, 1, NULL, NULL},
	{JSON("completed"), "---\nstatus: [a]\n---\n", NULL, false, 0, 2, NULL, NULL},
	{JSON("completed"), "---\nstatus: a\nstatus: b\n---\n", NULL, true, 0, 1, NULL, NULL},
	{"{\"status\": 3}", SPEC("active"), NULL, false, 0, 2, NULL, NULL},
	{"{", SPEC("active"), NULL, true, 0, 1, NULL, NULL},
	{NULL, SPEC("active"), NULL, true, 0, 1, NULL, NULL},

	/* Gaps are closed where that is asked for. */
	{JSON("active"), "---\na: b\n---\n", NULL, false, 0, 1, NULL, NULL},
	{JSON("active"), "---\na: b\n---\n", NULL, true, 1, 0, NULL,
	 "---\na: b\nstatus: active\n---\n"},
	{"{\n  \"id\": 1\n}\n", SPEC("done"), NULL, true, 1, 0,
	 "{\n  \"id\": 1,\n  \"status\": \"completed\"\n}\n", NULL},
	{JSON("wip"), "---\na: b\n---\n", NULL, true, 0, 2, NULL, NULL},
};

Test(fix, changes_only_the_bytes_of_the_value)
{
	for (size_t i = 0; i < sizeof bytes_rows / sizeof *bytes_rows; i++) {
		const struct bytes_row *row = &bytes_rows[i];
		ds_fix_options options = {.size = sizeof options,
					  .prefer = row->prefer,
					  .add_missing = row->add_missing};
		const char *json = row->json_after ? row->json_after : row->json;
		const char *spec = row->spec_after ? row->spec_after : row->spec;

		test_scratch_run(&scratch, "rm -rf %s/* .git/desync", ITEMS);
		write_item("0001-a", row->json, row->spec);
		plan_fix(&options);
		cr_expect_eq(count_steps(), row->steps, "row %zu: %zu steps", i, count_steps());
		cr_expect_eq(count_rest(), row->rest, "row %zu: %zu left", i, count_rest());
		cr_expect_eq(ds_apply(plan, NULL, &err), 0, "row %zu: %s", i, err.message);
		if (json)
			cr_expect_str_eq(item_file("0001-a", "metadata.json"), json, "row %zu", i);
		if (spec)
			cr_expect_str_eq(item_file("0001-a", "spec.md"), spec, "row %zu: %s", i,
					 item_file("0001-a", "spec.md"));
		if (!row->steps)
			continue;
		cr_expect_eq(ds_plan_step(plan, 0)->state, DS_STEP_DONE);
		plan_fix(&options);
		cr_expect_eq(count_steps(), 0, "row %zu: twice", i);
		cr_assert_eq(plan_undo(NULL), 0, "row %zu: %s", i, err.message);
		cr_expect_eq(ds_apply(plan, NULL, &err), 0, "row %zu: %s", i, err.message);
		cr_expect_str_eq(item_file("0001-a", "metadata.json"), row->json, "row %zu", i);
		cr_expect_str_eq(item_file("0001-a", "spec.md"), row->spec, "row %zu", i);
	}
}

Test(fix, says_what_a_step_does)
{
	ds_fix_options options = {.size = sizeof options, .add_missing = true};
	static const struct {
		const char *json;
		const char *spec;
		const char *item;
		const char *from;
		const char *to;
		const char *copies;
		ds_step_kind kind;
	} rows[] = {
		{JSON("active"), SPEC("completed"), "0002-back", "completed", "active", "spec.md",
		 DS_STEP_BACKWARDS},
		{JSON("abandoned"), SPEC("done"), "0003-end", "completed", "abandoned", "spec.md",
		 DS_STEP_TERMINAL},
		{JSON("paused"), SPEC("active"), "0000-level", "active", "paused", "spec.md",
		 DS_STEP_FORWARDS},
		{JSON("completed"), SPEC("wip"), "0004-on", "wip", "completed", "spec.md",
		 DS_STEP_FORWARDS},
		{"{}", SPEC("active"), "0001-gap", NULL, "active", "metadata.json",
		 DS_STEP_ADDITION},
	};

	for (size_t i = 0; i < 5; i++)
		write_item(rows[i].item, rows[i].json, rows[i].spec);
	plan_fix(&options);
	cr_assert_eq(count_steps(), 5);
	for (size_t i = 0; i < 5; i++) {
		const ds_step *step = ds_plan_step(plan, i);
		cr_expect_str_eq(step->item, rows[i].item);
		cr_expect_str_eq(step->rule, "specweave");
		cr_expect_str_eq(step->to, rows[i].to);
		cr_expect_str_eq(step->copies, rows[i].copies);
		cr_expect_eq(step->kind, rows[i].kind);
		cr_expect(step->wanted && step->state == DS_STEP_PLANNED && !step->why);
		cr_expect_eq(rows[i].from == NULL, step->from == NULL);
		if (rows[i].from)
			cr_expect_str_eq(step->from, rows[i].from);
	}
	/* What is declined stays as it was. */
	for (size_t i = 0; i < 4; i++)
		ds_plan_want(plan, i, false);
	ds_plan_want(plan, 99, true);
	cr_expect_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	cr_expect_str_eq(item_file("0002-back", "spec.md"), SPEC("completed"));
	cr_expect_str_eq(ds_plan_changed(plan, 0), ITEMS "/0001-gap/metadata.json");
	cr_expect_null(ds_plan_changed(plan, 1));
}

Test(fix, knows_the_copies_there_are)
{
	ds_fix_options options = {.size = sizeof options, .prefer = "spec"};
	cr_expect_eq(ds_plan_fix(&plan, repo, &options, &err), DS_TROUBLE);
	cr_expect_null(plan);
	cr_expect_str_eq(err.message,
			 "spec: no copy has this name; there are: metadata.json spec.md");
}

Test(fix, leaves_twins_to_a_person)
{
	ds_fix_options options = {.size = sizeof options, .all = true};
	write_item("0001-a", JSON("completed"), SPEC("active"));
	write_item("_archive/0001-a", JSON("completed"), SPEC("completed"));
	plan_fix(&options);
	cr_expect_eq(count_steps(), 0);
	cr_expect_eq(count_rest(), 2);
	cr_expect_eq(ds_result_status(ds_plan_rest(plan), false), DS_TROUBLE);
}

Test(fix, works_beneath_the_top_of_the_worktree)
{
	char dir[128];

	test_scratch_run(&scratch, "rm -rf .specweave && mkdir -p 'su b/.specweave/increments'");
	test_scratch_write(&scratch, "su b/" ITEMS "/0001-a/metadata.json", JSON("completed"));
	test_scratch_write(&scratch, "su b/" ITEMS "/0001-a/spec.md", SPEC("active"));
	test_scratch_write(&scratch, "su b/.specweave/state/status-line.json", "{}");
	snprintf(dir, sizeof dir, "%s/su b", scratch.root);
	open_at(dir);
	plan_fix(NULL);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	cr_expect_str_eq(read_file("su b/" ITEMS "/0001-a/spec.md"), SPEC("completed"));
	cr_expect_str_eq(ds_plan_changed(plan, 0), "su b/" ITEMS "/0001-a/spec.md");
	cr_expect_str_eq(ds_plan_top(plan), scratch.root);
	cr_expect(has_note("su b/.specweave/state/status-line.json is stale now"));
	test_scratch_run(&scratch, "test -d .git/desync && test ! -e 'su b/.desync'");
	cr_assert_eq(plan_undo(ds_plan_txid(plan)), 0, "%s", err.message);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	cr_expect_str_eq(read_file("su b/" ITEMS "/0001-a/spec.md"), SPEC("active"));
}

/* ---- Between the plan and the files -------------------------------------- */

struct meanwhile {
	const char *json;
	const char *spec;
	bool shown;
	int status;
	ds_step_state state;
	const char *why;
};

static const struct meanwhile meanwhiles[] = {
	{JSON("completed"), SPEC("paused"), false, DS_CONFLICT, DS_STEP_CONFLICT,
	 "spec.md was changed meanwhile: expected active, found paused"},
	{JSON("abandoned"), SPEC("active"), false, DS_CONFLICT, DS_STEP_CONFLICT,
	 "another copy than spec.md was changed meanwhile"},
	{JSON("completed"), "---\nstatus: [\n", false, DS_CONFLICT, DS_STEP_CONFLICT,
	 "spec.md cannot be parsed: the front matter is never closed"},
	{JSON("active"), SPEC("active"), false, DS_CONFLICT, DS_STEP_CONFLICT,
	 "another copy than spec.md was changed meanwhile"},
	{JSON("completed"), SPEC("active") "more\n", false, 0, DS_STEP_DONE, NULL},
	{JSON("completed"), SPEC("active") "more\n", true, DS_CONFLICT, DS_STEP_CONFLICT,
	 "spec.md was changed since it was shown"},
	{JSON("completed"), SPEC("active"), true, 0, DS_STEP_DONE, NULL},
	{JSON("completed"), SPEC("completed"), false, 0, DS_STEP_DONE, NULL},
	{JSON("done"), SPEC("active"), false, 0, DS_STEP_DONE, NULL},
};

Test(fix, refuses_what_is_not_as_it_was_planned)
{
	for (size_t i = 0; i < sizeof meanwhiles / sizeof *meanwhiles; i++) {
		const struct meanwhile *row = &meanwhiles[i];
		struct ds_buf out = {0};

		write_item("0001-a", JSON("completed"), SPEC("active"));
		write_item("0002-b", JSON("completed"), SPEC("active"));
		plan_fix(NULL);
		if (row->shown)
			cr_assert_eq(ds_plan_diff(plan, 0, to_buf, &out, &err), 0, "%s",
				     err.message);
		write_item("0001-a", row->json, row->spec);
		cr_expect_eq(ds_apply(plan, NULL, &err), row->status, "row %zu: %s", i,
			     err.message);
		cr_expect_eq(ds_plan_step(plan, 0)->state, row->state, "row %zu", i);
		if (row->why)
			cr_expect_str_eq(ds_plan_step(plan, 0)->why, row->why);
		if (row->why)
			cr_expect_str_eq(item_file("0001-a", "spec.md"), row->spec, "row %zu", i);
		/* The others go through. */
		cr_expect_eq(ds_plan_step(plan, 1)->state, DS_STEP_DONE);
		cr_expect_str_eq(item_file("0002-b", "spec.md"), SPEC("completed"));
		ds_buf_free(&out);
	}
}

Test(fix, shows_a_patch_of_all_that_it_would_do)
{
	struct ds_buf out = {0};

	write_item("0001-a", JSON("completed"), "---\nstatus: active\n---");
	write_item("0002-b\xc3\xa9 \"x\"", JSON("paused"), "---\r\nstatus: active\r\n---\r\n");
	write_item("0003-c", JSON("abandoned"), SPEC("completed"));
	plan_fix(NULL);
	ds_plan_want(plan, 0, false);
	cr_assert_eq(ds_plan_diff(plan, DS_ALL_STEPS, to_buf, &out, &err), 0, "%s", err.message);
	test_scratch_write(&scratch, "patch", out.bytes);
	test_scratch_run(&scratch,
			 "cp -R .specweave copy && git apply --check patch && "
			 "git apply --whitespace=nowarn patch && mv .specweave patched && "
			 "mv copy .specweave");
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	test_scratch_run(&scratch, "diff -r .specweave patched");
	cr_expect_str_eq(item_file("0003-c", "spec.md"), SPEC("completed"));
	ds_buf_free(&out);
}

Test(fix, commits_in_batches)
{
	struct rlimit limit = {64, 64};
	char id[32];

	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof id, "%04d-x", i);
		write_item(id, JSON("completed"), SPEC("active"));
	}
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	plan_fix(NULL);
	cr_expect_eq(count_steps(), 200);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	test_scratch_run(&scratch, "! grep -r 'status: active' .specweave && test $(grep -c "
				   "'\"field\"' .git/desync/log.jsonl) = 200");
	plan_fix(NULL);
	cr_expect_eq(count_steps(), 0);
	cr_assert_eq(plan_undo(NULL), 0, "%s", err.message);
	cr_expect_eq(count_steps(), 200);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	test_scratch_run(&scratch, "test $(grep -r 'status: active' .specweave | wc -l) = 200");
}

/* ---- After the commit ---------------------------------------------------- */

static const struct ds_source_ops *honest;
static const char *told; /* what is read of spec.md once it says "completed" */

static void lie(struct ds_source *source, const char *path, const struct ds_extent *extent,
		struct ds_blob *blob)
{
	honest->read(source, path, extent, blob);
	if (!blob->bytes.len || !strstr(path, "spec.md") || !strstr(blob->bytes.bytes, "completed"))
		return;
	ds_buf_cut(&blob->bytes, 0);
	ds_buf_puts(&blob->bytes, told);
}

static void lying_repo(struct ds_source_ops *ops, const char *lies)
{
	honest = repo->source->ops;
	*ops = *honest;
	ops->read = lie;
	told = lies;
	repo->source->ops = ops;
}

Test(fix, reads_back_what_it_wrote)
{
	static struct ds_source_ops ops; /* the source keeps it */

	write_item("0001-a", JSON("completed"), SPEC("active"));
	plan_fix(NULL);
	lying_repo(&ops, SPEC("active"));
	cr_expect_eq(ds_apply(plan, NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "0001-a: was committed, but its copies do not say so now: "
				      "look with desync-check");
	cr_expect_eq(ds_plan_step(plan, 0)->state, DS_STEP_DONE);
}

Test(fix, somebody_elses_next_change_is_no_fault)
{
	static struct ds_source_ops ops; /* the source keeps it */

	write_item("0001-a", JSON("completed"), SPEC("active"));
	plan_fix(NULL);
	lying_repo(&ops, SPEC("paused"));
	cr_expect_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	cr_expect(has_note("0001-a: changed again by somebody else"));
}

/* A writer that ends where it would drop the journal. */
static int end_here(int dir, const char *name)
{
	if (strcmp(name, "journal") == 0)
		_exit(0);
	return ds_os_system.unlink(dir, name);
}

static void write_half(void)
{
	struct ds_os os = ds_os_system;
	struct ds_txn_options options = {.os = &os};
	struct ds_change change = {.path = ITEMS "/0001-a/spec.md",
				   .before = ds_text_of(SPEC("active")),
				   .after = ds_text_of(SPEC("completed"))};
	struct ds_txn *txn;

	os.unlink = end_here;
	if (ds_txn_open(&txn, &repo->place, &options, &err) == 0)
		ds_txn_commit(txn, &change, 1, &err);
	_exit(1);
}

Test(fix, settles_what_was_cut_short)
{
	int status;

	write_item("0001-a", JSON("completed"), SPEC("active"));
	write_item("0002-b", JSON("completed"), SPEC("active"));
	pid_t child = fork();
	if (child == 0)
		write_half();
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	test_scratch_run(&scratch, "test -e .git/desync/journal");
	plan_fix(NULL);
	cr_expect_eq(ds_result_status(ds_plan_rest(plan), false), DS_INTERRUPTED);
	ds_plan_want(plan, 0, false);
	cr_expect_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	cr_expect_eq(ds_result_status(ds_plan_rest(plan), false), DS_OK);
	test_scratch_run(&scratch, "test ! -e .git/desync/journal");
	cr_expect_str_eq(item_file("0001-a", "spec.md"), SPEC("completed"));
}

Test(fix, recovers_when_asked)
{
	bool found = true;

	write_item("0001-a", JSON("completed"), SPEC("active"));
	cr_expect_eq(ds_recover(repo, NULL, &found, NULL, &err), 0, "%s", err.message);
	cr_expect_not(found);
	test_scratch_run(&scratch, "test ! -e .git/desync");
	pid_t child = fork();
	if (child == 0)
		write_half();
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(ds_recover(repo, NULL, &found, NULL, &err), 0, "%s", err.message);
	cr_expect(found);
	test_scratch_run(&scratch, "test ! -e .git/desync/journal");
}

/* ---- Set ---------------------------------------------------------------- */

struct set_row {
	const char *json;
	const char *spec;
	const char *word;
	ds_set_options options;
	int status;
	const char *message;    /* a part of it */
	const char *json_after; /* NULL: as before */
	const char *spec_after;
};

static const struct set_row set_rows[] = {
	{JSON("active"), SPEC("active"), "completed", {0}, 0, NULL, NULL, SPEC("completed")},
	{JSON("active"), SPEC("active"), "done", {0}, 0, NULL, NULL, SPEC("completed")},
	{JSON("active"), SPEC("completed"), "completed", {0}, 0, NULL, NULL, NULL},
	{JSON("done"), SPEC("completed"), "completed", {0}, 0, NULL, NULL, NULL},
	{JSON("completed"), SPEC("active"), "completed", {0}, 0, NULL, NULL, SPEC("completed")},
	{JSON("planning"),
	 SPEC("planning"),
	 "completed",
	 {0},
	 DS_DESYNC,
	 "1-a: from planning to completed is no step of the rule specweave; go planning -> active "
	 "-> completed; or --force --reason TEXT",
	 NULL,
	 NULL},
	{JSON("planning"),
	 SPEC("active"),
	 "completed",
	 {0},
	 DS_DESYNC,
	 "planning -> active",
	 NULL,
	 NULL},
	{JSON("planning"),
	 SPEC("planning"),
	 "completed",
	 {.force = true, .reason = "late"},
	 0,
	 NULL,
	 NULL,
	 SPEC("completed")},
	{JSON("planning"),
	 SPEC("planning"),
	 "completed",
	 {.force = true, .reason = ""},
	 DS_TROUBLE,
	 "needs a reason",
	 NULL,
	 NULL},
	{JSON("active"),
	 SPEC("active"),
	 "finished",
	 {0},
	 DS_TROUBLE,
	 "1-a: 'finished' is no status of the rule specweave; there are planning, backlog, active",
	 NULL,
	 NULL},
	{JSON("wip"),
	 SPEC("active"),
	 "completed",
	 {0},
	 DS_DESYNC,
	 "metadata.json says wip, which is no status of the rule",
	 NULL,
	 NULL},
	{JSON("wip"),
	 SPEC("wip"),
	 "completed",
	 {.force = true, .reason = "r"},
	 0,
	 NULL,
	 NULL,
	 SPEC("completed")},
	{JSON("active"), SPEC("wip"), "completed", {0}, 0, NULL, NULL, SPEC("completed")},

	{JSON("active"),
	 SPEC("in-progress"),
	 "paused",
	 {.expect = "active"},
	 0,
	 NULL,
	 NULL,
	 SPEC("paused")},
	{JSON("active"),
	 SPEC("planning"),
	 "paused",
	 {.expect = "active"},
	 DS_CONFLICT,
	 "1-a: expected active, but spec.md says planning",
	 NULL,
	 NULL},
	{JSON("paused"),
	 SPEC("paused"),
	 "paused",
	 {.expect = "active"},
	 DS_CONFLICT,
	 "expected active, but metadata.json says paused",
	 NULL,
	 NULL},
	{JSON("wip"),
	 SPEC("wip"),
	 "paused",
	 {.expect = "wip", .force = true, .reason = "r"},
	 0,
	 NULL,
	 NULL,
	 SPEC("paused")},

	{"{",
	 SPEC("active"),
	 "completed",
	 {0},
	 DS_TROUBLE,
	 "metadata.json cannot be parsed",
	 NULL,
	 NULL},
	{JSON("active"),
	 "---\nstatus: [a]\n---\n",
	 "completed",
	 {0},
	 DS_TROUBLE,
	 "in a way that only a person should change",
	 NULL,
	 NULL},
	{JSON("active"),
	 "# none\n",
	 "completed",
	 {0},
	 DS_DESYNC,
	 "spec.md has no status: it has no front matter; give it one with --add-missing",
	 NULL,
	 NULL},
	{JSON("active"),
	 "---\na: b\n---\n",
	 "completed",
	 {.add_missing = true},
	 0,
	 NULL,
	 NULL,
	 "---\na: b\nstatus: completed\n---\n"},
	{JSON("active"),
	 NULL,
	 "completed",
	 {0},
	 DS_DESYNC,
	 "spec.md is not there; create it, or set only the copies that are there",
	 NULL,
	 NULL},
	{NULL,
	 SPEC("active"),
	 "completed",
	 {.add_missing = true},
	 0,
	 NULL,
	 NULL,
	 SPEC("completed")},
};

Test(set, changes_every_copy_or_none)
{
	for (size_t i = 0; i < sizeof set_rows / sizeof *set_rows; i++) {
		const struct set_row *row = &set_rows[i];
		ds_set_options options = row->options;

		options.size = sizeof options;
		test_scratch_run(&scratch, "rm -rf %s/*", ITEMS);
		write_item("1-a", row->json, row->spec);
		ds_plan_free(plan);
		int status = ds_plan_set(&plan, repo, "1", row->word, &options, &err);
		cr_expect_eq(status, row->status, "row %zu: %d %s", i, status, err.message);
		cr_expect_eq(status == 0, plan != NULL);
		if (row->message)
			cr_expect(strstr(err.message, row->message), "row %zu: %s", i, err.message);
		if (plan)
			cr_expect_eq(ds_apply(plan, NULL, &err), 0, "row %zu: %s", i, err.message);
		if (row->spec)
			cr_expect_str_eq(item_file("1-a", "spec.md"),
					 row->spec_after ? row->spec_after : row->spec, "row %zu",
					 i);
		if (row->json && (row->status || !plan || !count_steps()))
			cr_expect_str_eq(item_file("1-a", "metadata.json"), row->json, "row %zu",
					 i);
		if (row->status)
			continue;
		ds_result *result;
		cr_assert_eq(ds_check(&result, repo, "1", &err), 0);
		cr_expect_eq(ds_result_summary(result)->desync, 0, "row %zu", i);
		ds_result_free(result);
	}
}

static void set_and_apply(const char *word, const char *reason)
{
	ds_set_options options = {.size = sizeof options, .reason = reason};

	ds_plan_free(plan);
	cr_assert_eq(ds_plan_set(&plan, repo, "0001-a", word, &options, &err), 0, "%s",
		     err.message);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
}

/* Behind `at`, a time in quotes as JavaScript writes it. */
static bool is_time(const char *at)
{
	return at && strspn(at, "0123456789-T:.Z") == 24 && at[10] == 'T' && at[19] == '.' &&
	       at[23] == 'Z' && at[24] == '"';
}

static const char *behind(const char *bytes, const char *key)
{
	const char *at = strstr(bytes, key);
	return at ? at + strlen(key) : NULL;
}

Test(set, writes_the_fields_that_follow)
{
	static const char before[] = "{\n  \"status\": \"active\",\n  \"lastActivity\": \"x\",\n"
				     "  \"pausedReason\": \"old\"\n}\n";
	write_item("0001-a", before, SPEC("active"));
	set_and_apply("paused", "a \"quoted\"\treason");
	const char *after = item_file("0001-a", "metadata.json");
	cr_expect(is_time(behind(after, "\"lastActivity\": \"")), "%s", after);
	cr_expect(is_time(behind(after, "\"pausedAt\": \"")), "%s", after);
	cr_expect(strstr(after, "\"pausedReason\": \"a \\\"quoted\\\"\\u0009reason\""), "%s",
		  after);
	cr_expect_null(strstr(after, "abandoned"));
	cr_expect_str_eq(item_file("0001-a", "spec.md"), SPEC("paused"));
	/* The believed copy is changed last. */
	cr_expect_str_eq(ds_plan_changed(plan, 0), ITEMS "/0001-a/spec.md");
	cr_expect_str_eq(ds_plan_changed(plan, 1), ITEMS "/0001-a/metadata.json");
	cr_assert_eq(plan_undo(NULL), 0, "%s", err.message);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	cr_expect_str_eq(item_file("0001-a", "metadata.json"), before);
	cr_expect_str_eq(item_file("0001-a", "spec.md"), SPEC("active"));
}

Test(set, a_field_that_cannot_follow_stops_nothing)
{
	write_item("0001-a", "{\"status\": \"active\", \"lastActivity\": {}}", SPEC("active"));
	set_and_apply("paused", NULL);
	cr_expect_str_eq(item_file("0001-a", "metadata.json"),
			 "{\"status\": \"paused\", \"lastActivity\": {}}");
	cr_expect(has_note("\"lastActivity\" is left as it is"));
}

Test(set, is_compared_and_set)
{
	ds_set_options options = {.size = sizeof options, .expect = "active"};

	write_item("0001-a", JSON("active"), SPEC("active"));
	cr_assert_eq(ds_plan_set(&plan, repo, "1", "completed", &options, &err), 0);
	write_item("0001-a", JSON("completed"), SPEC("completed"));
	cr_expect_eq(ds_apply(plan, NULL, &err), DS_CONFLICT);
	cr_expect_str_eq(err.message, "0001-a: metadata.json and spec.md was changed meanwhile: "
				      "expected active, found completed");
}

Test(set, shows_several_edits_of_one_file_as_one_patch)
{
	struct ds_buf out = {0};
	ds_set_options options = {.size = sizeof options, .reason = "why"};

	write_item("0001-a", JSON("active"), SPEC("active"));
	cr_assert_eq(ds_plan_set(&plan, repo, "1", "paused", &options, &err), 0);
	cr_assert_eq(ds_plan_diff(plan, 0, to_buf, &out, &err), 0, "%s", err.message);
	test_scratch_write(&scratch, "patch", out.bytes);
	test_scratch_run(&scratch, "git apply patch");
	const char *after = item_file("0001-a", "metadata.json");
	cr_expect(strstr(after, "\"pausedReason\": \"why\"") && strstr(after, "\"paused\""), "%s",
		  after);
	ds_buf_free(&out);
}

Test(set, fits_one_item)
{
	write_item("0001-a", JSON("active"), SPEC("active"));
	write_item("0001-b", JSON("active"), SPEC("active"));
	cr_expect_eq(ds_plan_set(&plan, repo, "1", "paused", NULL, &err), DS_TROUBLE);
	cr_expect(strstr(err.message, "fits more than one item"), "%s", err.message);
	cr_expect_eq(ds_plan_set(&plan, repo, "7", "paused", NULL, &err), DS_TROUBLE);
	cr_expect(strstr(err.message, "no such item"), "%s", err.message);
	cr_expect_null(plan);
}

/* ---- Undo --------------------------------------------------------------- */

static void fix_all(void)
{
	ds_fix_options options = {.size = sizeof options, .add_missing = true};
	plan_fix(&options);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
}

static int undo(const char *txid)
{
	int status = plan_undo(txid);
	return status ? status : ds_apply(plan, NULL, &err);
}

Test(undo, goes_back_change_by_change_to_the_same_tree)
{
	write_item("0001-a", JSON("completed"), SPEC("active"));
	write_item("0002-b", "{}", SPEC("paused"));
	write_item("0003-c", JSON("paused"), "# none\r\n");
	write_item("0004-d", "{\n  \"status\": null\n}\n", SPEC("active"));
	write_item("0005-e", JSON("active"), SPEC("~ # none"));
	write_item("0006-f", JSON("active"), SPEC("Null"));
	test_scratch_run(&scratch, "cp -R .specweave before");
	fix_all();
	test_scratch_run(&scratch, "cp -R .specweave fixed");
	set_and_apply("active", "again");
	cr_expect_eq(undo(NULL), 0, "%s", err.message);
	test_scratch_run(&scratch, "diff -r .specweave fixed");
	cr_expect_eq(undo(NULL), 0, "%s", err.message);
	test_scratch_run(&scratch, "diff -r .specweave before");
	cr_expect_eq(undo(NULL), DS_TROUBLE);
	cr_expect(strstr(err.message, "no change that was not taken back"), "%s", err.message);
	cr_expect_eq(undo("nonsense"), DS_TROUBLE);
	cr_expect(strstr(err.message, "nonsense: no such change in the log; the latest are "), "%s",
		  err.message);
}

Test(undo, may_be_undone)
{
	char txid[80];

	write_item("0001-a", JSON("completed"), SPEC("active"));
	write_item("0002-b", "{}", SPEC("paused"));
	write_item("0003-c", JSON("active"), SPEC("~"));
	fix_all();
	test_scratch_run(&scratch, "cp -R .specweave fixed");
	cr_expect_eq(undo(NULL), 0, "%s", err.message);
	snprintf(txid, sizeof txid, "%s", ds_plan_txid(plan));
	cr_expect_eq(undo(txid), 0, "%s", err.message);
	test_scratch_run(&scratch, "diff -r .specweave fixed");
}

static const struct {
	const char *spec; /* after the fix, by somebody else */
	int status;
	const char *after; /* NULL: as it was left */
} foreign[] = {
	{SPEC("completed") "more\n", 0, SPEC("active") "more\n"},
	{"---\nnew: x\nstatus: completed\n---\n", 0, "---\nnew: x\nstatus: active\n---\n"},
	{SPEC("paused"), DS_CONFLICT, NULL},
	{SPEC("\"completed\""), 0, SPEC("\"active\"")},
	{SPEC("active"), 0, NULL},
	{SPEC("active") "more\n", 0, NULL},
	{"no front matter\n", DS_CONFLICT, NULL},
	{"---\nstatus: completed\nstatus: completed\n---\n", DS_CONFLICT, NULL},
};

Test(undo, takes_back_only_what_is_still_ours)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		write_item("0001-a", JSON("completed"), SPEC("active"));
		fix_all();
		write_item("0001-a", NULL, foreign[i].spec);
		cr_expect_eq(undo(NULL), foreign[i].status, "row %zu: %s", i, err.message);
		cr_expect_str_eq(item_file("0001-a", "spec.md"),
				 foreign[i].after ? foreign[i].after : foreign[i].spec, "row %zu",
				 i);
		if (foreign[i].status)
			cr_expect(strstr(ds_plan_step(plan, 0)->why, "no longer says what"),
				  "row %zu", i);
	}
}

Test(undo, takes_an_insertion_out_of_a_changed_file)
{
	write_item("0001-a", JSON("active"), "---\na: b\n---\n");
	fix_all();
	write_item("0001-a", NULL, "---\nnew: c\na: b\nstatus: active\n---\nx\n");
	cr_expect_eq(undo(NULL), 0, "%s", err.message);
	cr_expect_str_eq(item_file("0001-a", "spec.md"), "---\nnew: c\na: b\n---\nx\n");
}

Test(undo, leaves_alone_what_others_wrote_into_a_field_that_followed)
{
	write_item("0001-a", "{\"status\": \"active\", \"lastActivity\": \"x\"}", SPEC("active"));
	set_and_apply("paused", NULL);
	write_item("0001-a", "{\"status\": \"paused\", \"lastActivity\": \"theirs\"}", NULL);
	cr_expect_eq(undo(NULL), 0, "%s", err.message);
	cr_expect_str_eq(item_file("0001-a", "metadata.json"),
			 "{\"status\": \"active\", \"lastActivity\": \"theirs\"}");
}

/* Each line changes the one of a sound log. */
static const struct {
	const char *sed;
	int status;
} hostile[] = {
	{"s|increments/0001-a/spec.md|increments/0001-a/../x/spec.md|", DS_TROUBLE},
	{"s|\"path\": \"[^\"]*\"|\"path\": \"/etc/passwd\"|", DS_TROUBLE},
	{"s|\"path\": \"[^\"]*\"|\"path\": \".git/config\"|", DS_TROUBLE},
	{"s|\"item\": \"0001-a\"|\"item\": \"..\"|", DS_TROUBLE},
	{"s|\"copy\": \"spec.md\"|\"copy\": \"metadata.json\"|", DS_TROUBLE},
	{"s|\"copy\": \"spec.md\"|\"copy\": \"x\"|", DS_TROUBLE},
	{"s|\"field\": \"status\"|\"field\": \"increment\"|", DS_TROUBLE},
	{"s|\"rule\": \"specweave\"|\"rule\": \"other\"|", DS_TROUBLE},
	{"s|\"old\": \"active\"|\"old\": \"x\\\\nincrement: 2\"|", DS_CONFLICT},
	{"s|\"old\": \"active\"|\"old\": \"[x]\"|", DS_CONFLICT},
	{"s|\"old\": \"active\"|\"old\": \"paused\"|",
	 DS_CONFLICT}, /* not the hash that it names */
	{"s|\"new\": \"completed\"|\"new\": \"compl\"|", DS_CONFLICT},
	{"s|\"new\": \"completed\"|\"inserted\": \"status: completed\"|;s|\"lead\": 0|\"lead\": 8|",
	 DS_CONFLICT},
	{"s|\"new\": \"completed\"|\"inserted\": \"completed\\\\n---\\\\n\"|", DS_CONFLICT},
	{"s|\"lead\": 0|\"lead\": 99999|;s|\"new\"|\"inserted\"|", DS_CONFLICT},
	{"s|\"old\": \"active\", ||", DS_TROUBLE},
	{"s|\"before\"|\"befor\"|", DS_TROUBLE},
	{"s|\"at\": [0-9]*|\"at\": -1|", DS_TROUBLE},
	{"s|\"at\": [0-9]*|\"at\": 99999999999999999999|", DS_TROUBLE},
};

/* Once where the file is as we left it, once where somebody wrote elsewhere in it since:
 * then no hash of the whole file helps. */
Test(undo, trusts_no_line_of_the_log)
{
	static const char *const files[] = {SPEC("completed"), SPEC("completed") "more\n"};

	write_item("0001-a", JSON("completed"), SPEC("active"));
	fix_all();
	test_scratch_run(&scratch, "cp .git/desync/log.jsonl sound");
	for (size_t i = 0; i < 2 * sizeof hostile / sizeof *hostile; i++) {
		size_t row = i / 2;
		if (i % 2 && strstr(hostile[row].sed, "paused"))
			continue;
		test_scratch_run(&scratch,
				 "cat sound >.git/desync/log.jsonl && sed -i '%s' "
				 ".git/desync/log.jsonl && ! cmp -s sound .git/desync/log.jsonl",
				 hostile[row].sed);
		write_item("0001-a", NULL, files[i % 2]);
		cr_expect_eq(undo(NULL), hostile[row].status, "row %zu: %s", row, err.message);
		cr_expect_str_eq(item_file("0001-a", "spec.md"), files[i % 2], "row %zu", row);
	}
	test_scratch_run(&scratch, "cat sound >.git/desync/log.jsonl");
	cr_expect_eq(undo(NULL), 0, "%s", err.message);
	cr_expect_str_eq(item_file("0001-a", "spec.md"), SPEC("active") "more\n");
}

/* ---- The log ------------------------------------------------------------ */

Test(set, is_logged_with_all_that_takes_it_back)
{
	ds_set_options options = {.size = sizeof options, .force = true, .reason = "because"};
	struct ds_buf log = {0};

	write_item("0001-a", JSON("planning"), SPEC("planning"));
	write_item("0002-b", JSON("completed"), SPEC("active"));
	cr_assert_eq(ds_plan_set(&plan, repo, "1", "completed", &options, &err), 0, "%s",
		     err.message);
	cr_assert_eq(ds_apply(plan, NULL, &err), 0, "%s", err.message);
	fix_all();
	cr_assert_eq(ds_log(repo, "0001-a", line_to_buf, &log, &err), 0, "%s", err.message);
	static const char *const parts[] = {
		"\"rule\": \"specweave\", \"item\": \"0001-a\", \"copy\": \"spec.md\", "
		"\"path\": \"" ITEMS "/0001-a/spec.md\", \"field\": \"status\", "
		"\"from\": \"planning\", \"to\": \"completed\", \"old\": \"planning\", "
		"\"new\": \"completed\", \"at\": 25, \"lead\": 0, \"why\": \"because\"",
		"\"why\": \"because\", \"forced\": true, \"before\": \"",
		"\"field\": \"lastActivity\", \"inserted\": \"",
		"\"who\"",
	};
	for (size_t i = 0; i < 4; i++)
		cr_expect(strstr(log.bytes, parts[i]), "%s\nis not in\n%s", parts[i], log.bytes);
	cr_expect_null(strstr(log.bytes, "0002-b"));
	ds_buf_free(&log);
}
