/*
 * The tests that the incident report of 2025-11-20 lists, under its names. Those of
 * fixDesync come with desync-fix.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "desync.h"
#include "scratch.h"

static struct test_scratch scratch;
static ds_repo *repo;
static ds_result *result;
static ds_error err;

static void set_up(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch, "mkdir -p .specweave/increments");
	cr_assert_eq(chdir(scratch.root), 0);
	cr_assert_eq(ds_open(&repo, NULL, NULL, &err), 0, "%s", err.message);
}

static void tear_down(void)
{
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

TestSuite(checkIncrement, .init = set_up, .fini = tear_down);
TestSuite(scanAll, .init = set_up, .fini = tear_down);
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
	cr_expect_str_eq(text,
			 ".specweave/increments/0047-us/spec.md:3:9: error: "
			 "metadata.json says completed, spec.md says active "
			 "[status-mismatch]\n"
			 "    .specweave/increments/0047-us/metadata.json:3:14: completed\n"
			 "    repair: desync-fix --yes 0047-us (sets spec.md to completed; to "
			 "keep active: desync-set 0047-us active)\n"
			 "0 agree, 1 desynced\n");
	free(text);
}
