/*
 * The tests that the incident report of 2025-11-20 lists, under its names. Those of
 * fixDesync plan and apply, as desync-fix does.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "desync/change.h"
#include "scratch.h"

static struct test_scratch scratch;
static ds_repo *repo;
static ds_result *result;
static ds_plan *plan;
static ds_error err;

static void set_up(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch,
			 "rm -rf .git && git init -q . && mkdir -p .specweave/increments");
	cr_assert_eq(chdir(scratch.root), 0);
	cr_assert_eq(ds_open(&repo, NULL, NULL, &err), 0, "%s", err.message);
}

static void tear_down(void)
{
	ds_plan_free(plan);
	ds_result_free(result);
	ds_close(repo);
	test_scratch_remove(&scratch);
}

static const ds_summary *check(const char *id)
{
	ds_result_free(result);
	result = NULL;
	cr_assert_eq(ds_check(&result, repo, id, &err), 0, "%s", err.message);
	return ds_result_summary(result);
}

static const ds_summary *scan(void)
{
	ds_result_free(result);
	result = NULL;
	cr_assert_eq(ds_scan(&result, repo, NULL, &err), 0, "%s", err.message);
	return ds_result_summary(result);
}

static int append(void *context, const char *bytes, size_t len)
{
	return ds_buf_append(context, bytes, len) ? 0 : ENOMEM;
}

static char *report(void)
{
	struct ds_buf out = {0};
	ds_buf_puts(&out, "");
	cr_assert_eq(ds_report(result, NULL, append, &out, &err), 0);
	return out.bytes;
}

/* What fixDesync(id) does; returns what ds_apply does. */
static int fix(const char *id)
{
	ds_fix_options options = {.size = sizeof options, .ids = &id, .id_count = 1};

	ds_plan_free(plan);
	cr_assert_eq(ds_plan_fix(&plan, repo, &options, &err), 0, "%s", err.message);
	return ds_apply(plan, NULL, &err);
}

static char *contents(const char *path)
{
	static char bytes[2][1024];
	static unsigned turn;
	char *out = bytes[turn++ % 2];
	FILE *file = fopen(path, "r");

	cr_assert(file, "%s", path);
	out[fread(out, 1, sizeof bytes[0] - 1, file)] = '\0';
	fclose(file);
	return out;
}

static const char *spec_of(const char *id)
{
	char path[256];
	snprintf(path, sizeof path, ".specweave/increments/%s/spec.md", id);
	return contents(path);
}

TestSuite(checkIncrement, .init = set_up, .fini = tear_down);
TestSuite(scanAll, .init = set_up, .fini = tear_down);
TestSuite(fixDesync, .init = set_up, .fini = tear_down);
TestSuite(validateOrThrow, .init = set_up, .fini = tear_down);
TestSuite(formatReport, .init = set_up, .fini = tear_down);

Test(checkIncrement, should_detect_no_desync_when_both_statuses_match)
{
	test_scratch_increment(&scratch, "0001-test", "active", "active");
	cr_expect_eq(check("0001-test")->agree, 1);
	cr_expect_eq(ds_result_status(result, true), DS_OK);
	const ds_item_view *item = ds_result_item(result, 0);
	cr_expect_str_eq(item->status, "active");
	cr_expect(item->in_progress);
	cr_expect_null(ds_result_item(result, 1));
}

Test(checkIncrement, should_detect_desync_when_statuses_differ)
{
	test_scratch_increment(&scratch, "0047-us-task-linkage", "completed", "active");
	cr_expect_eq(check("0047-us-task-linkage")->desync, 1);
	cr_expect_eq(ds_result_status(result, false), DS_DESYNC);
	const ds_finding *finding = ds_result_finding(result, 0);
	cr_expect_eq(finding->code, DS_STATUS_MISMATCH);
	cr_expect_str_eq(finding->copies[0].status, "completed");
	cr_expect_str_eq(finding->copies[1].status, "active");
	cr_expect_null(ds_result_finding(result, 1));
}

Test(checkIncrement, should_handle_missing_metadata_json_gracefully)
{
	test_scratch_increment(&scratch, "0001-test", NULL, "active");
	cr_expect_eq(check("0001-test")->incomplete, 1);
	cr_expect_eq(ds_result_finding(result, 0)->code, DS_MISSING_COPY);
	cr_expect_str_eq(ds_result_finding(result, 0)->copies[0].name, "metadata.json");
	cr_expect_eq(ds_result_status(result, false), DS_OK);
	cr_expect_eq(ds_result_status(result, true), DS_DESYNC);
}

Test(checkIncrement, should_handle_missing_spec_md_gracefully)
{
	test_scratch_increment(&scratch, "0001-test", "active", NULL);
	cr_expect_eq(check("0001-test")->incomplete, 1);
	cr_expect_str_eq(ds_result_finding(result, 0)->copies[0].name, "spec.md");
}

Test(checkIncrement, should_handle_missing_increment_directory_gracefully)
{
	cr_expect_eq(check("9999-nothing")->items, 0);
	cr_expect_not_null(strstr(ds_result_trouble(result, 0), "9999-nothing: no such item"));
	cr_expect_null(ds_result_trouble(result, 1));
	cr_expect_eq(ds_result_status(result, false), DS_TROUBLE);
}

Test(checkIncrement, should_detect_all_status_transition_desyncs)
{
	static const char *const statuses[] = {"planning",        "active",    "backlog",
					       "paused",          "completed", "abandoned",
					       "ready_for_review"};
	for (size_t i = 0; i < 7; i++) {
		for (size_t j = 0; j < 7; j++) {
			test_scratch_increment(&scratch, "0001-test", statuses[i], statuses[j]);
			cr_expect_eq(check("0001-test")->desync, i != j, "%s, %s", statuses[i],
				     statuses[j]);
		}
	}
}

Test(scanAll, should_scan_all_increments_and_find_no_desyncs)
{
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_increment(&scratch, "0002-b", "completed", "completed");
	test_scratch_increment(&scratch, "0003-c", "planning", "planned");
	cr_expect_eq(scan()->items, 3);
	cr_expect_eq(ds_result_summary(result)->agree, 3);
	cr_expect_eq(ds_result_status(result, true), DS_OK);
}

Test(scanAll, should_scan_all_increments_and_find_desyncs)
{
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_increment(&scratch, "0002-b", "completed", "active");
	test_scratch_increment(&scratch, "0003-c", "abandoned", "planning");
	cr_expect_eq(scan()->desync, 2);
	cr_expect_str_eq(ds_result_finding(result, 0)->item, "0002-b");
	cr_expect_str_eq(ds_result_finding(result, 1)->item, "0003-c");
	cr_expect_eq(ds_result_status(result, false), DS_DESYNC);
}

Test(scanAll, should_skip_archive_directory)
{
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_increment(&scratch, "_archive/0002-b", "completed", "active");
	test_scratch_increment(&scratch, "_archive/0003-c", "completed", "completed");
	test_scratch_increment(&scratch, "_paused/0004-d", "paused", "paused");
	const ds_summary *summary = scan();
	cr_expect_eq(summary->items, 1);
	cr_expect_eq(summary->desync, 0);
	cr_expect_eq(summary->not_looked_at, 3);
	cr_expect_eq(summary->skipped_dirs, 2);
	cr_expect_str_eq(summary->skipped, "_archive");

	ds_scan_options all = {.size = sizeof all, .all = true};
	ds_result_free(result);
	cr_assert_eq(ds_scan(&result, repo, &all, &err), 0);
	cr_expect_eq(ds_result_summary(result)->items, 4);
	cr_expect_eq(ds_result_summary(result)->desync, 1);
	cr_expect_eq(ds_result_summary(result)->not_looked_at, 0);
}

Test(scanAll, should_handle_empty_increments_directory)
{
	cr_expect_eq(scan()->items, 0);
	cr_expect_eq(ds_result_status(result, true), DS_OK);
}

Test(fixDesync, should_fix_desync_by_updating_spec_md_to_match_metadata_json)
{
	test_scratch_increment(&scratch, "0047-us", "completed", "active");
	test_scratch_run(&scratch, "cp .specweave/increments/0047-us/metadata.json before");
	cr_expect_eq(fix("0047-us"), DS_OK, "%s", err.message);
	cr_expect_str_eq(spec_of("0047-us"),
			 "---\nincrement: 0047-us\nstatus: completed\n---\n\n# Spec\n");
	test_scratch_run(&scratch, "cmp before .specweave/increments/0047-us/metadata.json");
	cr_expect_eq(check("0047-us")->agree, 1);
}

Test(fixDesync, should_not_fix_if_no_desync_exists)
{
	test_scratch_increment(&scratch, "0001-test", "active", "active");
	test_scratch_run(&scratch, "touch -d '1 hour ago' .specweave/increments/*/* && "
				   "ls -li --full-time .specweave/increments/0001-test >before");
	cr_expect_eq(fix("0001-test"), DS_OK);
	cr_expect_null(ds_plan_step(plan, 0));
	cr_expect_null(ds_plan_changed(plan, 0));
	test_scratch_run(&scratch, "ls -li --full-time .specweave/increments/0001-test | "
				   "cmp - before && test ! -e .git/desync");
}

Test(fixDesync, should_handle_missing_metadata_json)
{
	test_scratch_increment(&scratch, "0001-test", NULL, "active");
	cr_expect_eq(fix("0001-test"), DS_OK);
	cr_expect_null(ds_plan_step(plan, 0));
	const ds_finding *left = ds_result_finding(ds_plan_rest(plan), 0);
	cr_assert(left);
	cr_expect_eq(left->code, DS_MISSING_COPY);
	cr_expect_str_eq(left->advice,
			 "create the file with its status, or remove the rest of the item");
	test_scratch_run(&scratch, "test ! -e .specweave/increments/0001-test/metadata.json");
}

Test(fixDesync, should_handle_file_write_errors_gracefully)
{
	test_scratch_increment(&scratch, "0001-test", "completed", "active");
	test_scratch_increment(&scratch, "0002-next", "completed", "active");
	test_scratch_run(&scratch, "ln .specweave/increments/0001-test/spec.md elsewhere && "
				   "cp -R .specweave before");
	cr_expect_eq(fix("0001-test"), DS_TROUBLE);
	cr_expect_eq(ds_plan_step(plan, 0)->state, DS_STEP_REFUSED);
	cr_expect(strstr(err.message, "0001-test: .specweave/increments/0001-test/spec.md: "), "%s",
		  err.message);
	test_scratch_run(&scratch, "diff -r .specweave before");
	/* What cannot be written stops nothing else. */
	ds_plan_free(plan);
	cr_assert_eq(ds_plan_fix(&plan, repo, NULL, &err), 0);
	cr_expect_eq(ds_apply(plan, NULL, &err), DS_TROUBLE);
	cr_expect_eq(ds_plan_step(plan, 1)->state, DS_STEP_DONE);
	cr_expect(strstr(spec_of("0002-next"), "status: completed\n"));
	test_scratch_run(&scratch, "diff -r .specweave/increments/0001-test "
				   "before/increments/0001-test && ! ls -A .git/desync/tmp | "
				   "grep .");
}

Test(fixDesync, should_fix_multiple_desyncs_in_sequence)
{
	static const char *const ids[] = {"0001-a", "0002-b", "0003-c"};
	static const char *const words[] = {"completed", "abandoned", "paused"};
	char line[64];

	for (size_t i = 0; i < 3; i++)
		test_scratch_increment(&scratch, ids[i], words[i], "active");
	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(scan()->desync, 3 - i);
		cr_expect_eq(fix(ids[i]), DS_OK, "%s", err.message);
		snprintf(line, sizeof line, "\nstatus: %s\n", words[i]);
		cr_expect(strstr(spec_of(ids[i]), line));
	}
	cr_expect_eq(scan()->agree, 3);
}

Test(validateOrThrow, should_not_throw_if_no_desync)
{
	test_scratch_increment(&scratch, "0001-test", "active", "in-progress");
	cr_expect_eq(ds_validate(repo, "1", &err), DS_OK);
}

Test(validateOrThrow, should_throw_if_desync_detected)
{
	test_scratch_increment(&scratch, "0001-test", "completed", "active");
	test_scratch_increment(&scratch, "0002-gap", "completed", NULL);
	test_scratch_increment(&scratch, "0003-word", "wip", "wip");
	test_scratch_write(&scratch, ".specweave/increments/0004-bad/metadata.json", "{");
	cr_expect_eq(ds_validate(repo, "0001-test", &err), DS_DESYNC);
	cr_expect_eq(ds_validate(repo, "0002-gap", &err), DS_DESYNC);
	cr_expect_not_null(strstr(err.message, "spec.md is not there; create the file"));
	cr_expect_eq(ds_validate(repo, "0003-word", &err), DS_DESYNC);
	cr_expect_eq(ds_validate(repo, "0004-bad", &err), DS_TROUBLE);
	cr_expect_eq(ds_validate(repo, "0005", &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "cannot close 0005: no such item"));
	cr_expect_eq(ds_validate(repo, "../..", &err), DS_TROUBLE);
}

Test(validateOrThrow, should_include_fix_command_in_error_message)
{
	test_scratch_increment(&scratch, "0047-us-task-linkage", "completed", "active");
	cr_expect_eq(ds_validate(repo, "47", &err), DS_DESYNC);
	cr_expect_str_eq(err.message,
			 "cannot close 0047-us-task-linkage: metadata.json says completed, spec.md "
			 "says active; repair it with: desync-fix --yes 0047-us-task-linkage");
}

Test(formatReport, should_format_report_with_no_desyncs)
{
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	scan();
	char *text = report();
	cr_expect_str_eq(text, "1 agree\n");
	free(text);
}

Test(formatReport, should_format_report_with_desyncs)
{
	test_scratch_increment(&scratch, "0047-us", "completed", "active");
	scan();
	char *text = report();
	cr_expect_str_eq(text, ".specweave/increments/0047-us/spec.md:3:9: error: "
			       "metadata.json says completed, spec.md says active "
			       "[status-mismatch]\n"
			       "    .specweave/increments/0047-us/metadata.json:3:14: completed\n"
			       "    repair: desync-fix --yes 0047-us\n"
			       "        sets spec.md to completed\n"
			       "    to keep active: desync-set 0047-us active\n"
			       "0 agree, 1 desynced\n");
	free(text);
}
