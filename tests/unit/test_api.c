/* Opening, options, statuses: what the public header promises. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desync.h"
#include "scratch.h"
#include "txn.h"

static struct test_scratch scratch;

static void set_up(void)
{
	test_scratch_make(&scratch);
}

static void tear_down(void)
{
	test_scratch_remove(&scratch);
}

TestSuite(api, .init = set_up, .fini = tear_down);

static int open_in(const char *sub, const char *rule, ds_error *err)
{
	char dir[256];
	ds_repo *repo = NULL;
	ds_open_options options = {.size = sizeof options, .rule = rule};

	snprintf(dir, sizeof dir, "%s/%s", scratch.root, sub);
	int status = ds_open(&repo, dir, &options, err);
	cr_expect_eq(repo != NULL, status == 0);
	ds_close(repo);
	return status;
}

Test(api, walks_up_to_where_a_rule_fits)
{
	ds_error err = {0};
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	test_scratch_run(&scratch, "mkdir -p src/deep nested/.git nested/src worktree && "
				   "echo 'gitdir: x' >worktree/.git && ln -s src/deep link");
	cr_expect_eq(open_in("", NULL, &err), 0, "%s", err.message);
	cr_expect_eq(open_in("src/deep", NULL, &err), 0, "%s", err.message);
	cr_expect_eq(open_in("link", NULL, &err), 0, "%s", err.message);
	cr_expect_eq(open_in(".specweave/increments/0001-a", NULL, &err), 0, "%s", err.message);
	cr_expect_eq(open_in("src", "specweave", &err), 0, "%s", err.message);
	/* The top of a worktree is as far as it goes. */
	cr_expect_eq(open_in("nested/src", NULL, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "no rule fits here"));
	cr_expect_eq(open_in("worktree", NULL, &err), DS_TROUBLE);
	cr_expect_eq(open_in("nowhere", NULL, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "/nowhere: No such file or directory"));
}

Test(api, stops_at_the_root_of_the_file_system)
{
	ds_repo *repo = (ds_repo *)&scratch;
	ds_error err = {0};
	cr_expect_eq(ds_open(&repo, "/", NULL, &err), DS_TROUBLE);
	cr_expect_null(repo);
	cr_expect_not_null(strstr(err.message, "no rule fits here"));
	/* An error that nobody wants to see is none to crash on. */
	cr_expect_eq(ds_open(&repo, "/", NULL, NULL), DS_TROUBLE);
}

/* Where the marker leads outside, the rule fits and everything else fails: it is
 * never taken for a repository with nothing in it. */
Test(api, a_marker_that_leads_outside_is_no_empty_repository)
{
	ds_error err = {0};
	ds_repo *repo;
	ds_result *result;
	test_scratch_run(&scratch, "ln -s /tmp .specweave");
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(ds_scan(&result, repo, NULL, &err), 0);
	cr_expect_eq(ds_result_status(result, false), DS_TROUBLE);
	cr_expect_eq(ds_result_finding(result, 0)->code, DS_UNREADABLE);
	ds_result_free(result);
	ds_close(repo);
}

Test(api, knows_its_rules_by_name)
{
	ds_error err = {0};
	cr_expect_eq(open_in("", "specweave", &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "no rule fits here"));
	test_scratch_increment(&scratch, "0001-a", "active", "active");
	cr_expect_eq(open_in("", "specweave", &err), 0);
	cr_expect_eq(open_in("", "nonsense", &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "nonsense: no such rule; there is: specweave");
	/* What was given is shown, and does nothing to a terminal. */
	cr_expect_eq(open_in("", "\x1b[0m", &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "\\x1b[0m: no such rule; there is: specweave");
}

/* A caller built against a header with fewer fields, or with more. */
Test(api, takes_options_of_other_sizes)
{
	struct {
		ds_scan_options options;
		char future[64];
	} newer = {.options = {.size = sizeof newer, .all = true}};
	struct {
		size_t size;
		char behind[sizeof(ds_scan_options)];
	} older = {.size = sizeof(size_t)};
	ds_error err = {0};
	ds_repo *repo;
	ds_result *result;

	memset(newer.future, 0xff, sizeof newer.future);
	memset(older.behind, 0xff, sizeof older.behind);
	test_scratch_increment(&scratch, "_archive/0001-a", "active", "active");
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0);
	cr_assert_eq(ds_scan(&result, repo, &newer.options, &err), 0);
	cr_expect_eq(ds_result_summary(result)->items, 1);
	ds_result_free(result);
	cr_assert_eq(ds_scan(&result, repo, (const ds_scan_options *)(const void *)&older, &err),
		     0);
	cr_expect_eq(ds_result_summary(result)->items, 0);
	ds_result_free(result);
	ds_close(repo);
}

static int refuse(void *context, const char *bytes, size_t len)
{
	(void)context;
	(void)bytes;
	(void)len;
	return ENOSPC;
}

Test(api, a_report_that_cannot_be_written_is_an_error)
{
	ds_error err = {0};
	ds_repo *repo;
	ds_result *result;
	ds_report_options unknown = {.size = sizeof unknown, .format = "xml"};

	test_scratch_increment(&scratch, "0001-a", "active", "active");
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0);
	cr_assert_eq(ds_scan(&result, repo, NULL, &err), 0);
	cr_expect_eq(ds_report(result, NULL, refuse, NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "the report could not be written: No space left on device");
	cr_expect_eq(ds_report(result, &unknown, refuse, NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "xml: no such report format");
	ds_result_free(result);
	ds_close(repo);
}

/* An agent runs what is printed: a command is there whole or not at all. */
Test(api, never_prints_half_a_command)
{
	ds_error err = {0};
	ds_repo *repo;
	ds_result *result;
	char dir[1200];
	size_t len = strlen(scratch.root);

	test_scratch_increment(&scratch, "0001-a", "active", "completed");
	/* A long way of writing the same folder. */
	strcpy(dir, scratch.root);
	while (len < 1000) {
		memcpy(dir + len, "/.", 3);
		len += 2;
	}
	cr_assert_eq(ds_open(&repo, dir, NULL, &err), 0);
	cr_expect_eq(ds_validate(repo, "1", &err), DS_DESYNC);
	cr_expect_null(strstr(err.message, "desync-fix"));
	cr_expect_not_null(
		strstr(err.message, "metadata.json says active, spec.md says completed"));
	cr_expect_eq(ds_validate(repo, NULL, &err), DS_TROUBLE);
	cr_expect_eq(ds_check(&result, repo, NULL, &err), DS_TROUBLE);
	ds_close(repo);
}

Test(api, trouble_goes_before_a_desync)
{
	ds_error err = {0};
	ds_repo *repo;
	ds_result *result;

	test_scratch_increment(&scratch, "0001-a", "active", "completed");
	test_scratch_write(&scratch, ".specweave/increments/0002-b/metadata.json", "{");
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0);
	cr_assert_eq(ds_scan(&result, repo, NULL, &err), 0);
	cr_expect_eq(ds_result_status(result, false), DS_TROUBLE);
	cr_expect_eq(ds_result_summary(result)->desync, 1);
	cr_expect_eq(ds_result_summary(result)->unchecked, 1);
	cr_expect_eq(ds_result_summary(result)->warnings, 1);
	ds_result_free(result);
	ds_close(repo);
}

Test(api, frees_nothing_quietly)
{
	ds_result_free(NULL);
	ds_close(NULL);
	cr_expect_str_eq(ds_version(), DS_VERSION);
	cr_expect_null(ds_report_format(99));
}

/* ---- Beside a writer ---------------------------------------------------- */

static int swaps_left;

static int swap_and_die(int dir_a, const char *a, int dir_b, const char *b)
{
	if (swaps_left-- == 0)
		_exit(0);
	return ds_os_system.swap(dir_a, a, dir_b, b);
}

/* Sets both copies of an item from active to completed, and dies before the swap of
 * that number. */
static void die_in_the_middle(const char *id, int swap)
{
	char old[2][256], new[2][256], paths[2][256];
	struct ds_place place = {0};
	struct ds_txn *txn;
	struct ds_os os = ds_os_system;
	struct ds_txn_options options = {.os = &os};
	struct ds_change changes[2] = {{0}};
	static const char *const around[2][2] = {{"---\nstatus: ", "\n---\n"},
						 {"{\n  \"status\": \"", "\"\n}"}};

	os.swap = swap_and_die;
	swaps_left = swap;
	for (int i = 0; i < 2; i++) {
		snprintf(paths[i], sizeof paths[i], ".specweave/increments/%s/%s", id,
			 i ? "metadata.json" : "spec.md");
		snprintf(old[i], sizeof old[i], "%sactive%s", around[i][0], around[i][1]);
		snprintf(new[i], sizeof new[i], "%scompleted%s", around[i][0], around[i][1]);
		test_scratch_write(&scratch, paths[i], old[i]);
		changes[i] = (struct ds_change){.path = paths[i],
						.before = ds_text_of(old[i]),
						.after = ds_text_of(new[i])};
	}
	pid_t child = fork();
	if (child == 0) {
		ds_place_find(&place, scratch.root, scratch.root, NULL);
		ds_txn_open(&txn, &place, &options, NULL);
		ds_txn_commit(txn, changes, 2, NULL);
		_exit(1);
	}
	int status;
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
}

static const struct {
	int swap;
	const char *item; /* what it is judged as */
} cuts[] = {{0, "active"}, {1, "active"}};

Test(api, an_interrupted_change_is_no_desync)
{
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		ds_repo *repo;
		ds_result *result;
		ds_error err;

		die_in_the_middle("0001-a", cuts[i].swap);
		cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0, "%s", err.message);
		cr_assert_eq(ds_check(&result, repo, "0001-a", &err), 0, "%s", err.message);
		cr_expect_eq(ds_result_status(result, false), DS_INTERRUPTED);
		const ds_finding *finding = ds_result_finding(result, 0);
		cr_assert(finding);
		cr_expect_eq(finding->code, DS_INTERRUPTED_TRANSACTION);
		cr_expect(strstr(finding->fix, "--recover"), "%s", finding->fix);
		cr_expect_null(ds_result_finding(result, 1));
		cr_expect_str_eq(ds_result_item(result, 0)->status, cuts[i].item);
		ds_result_free(result);
		cr_expect_eq(ds_validate(repo, "0001-a", &err), DS_INTERRUPTED);
		ds_close(repo);
		test_scratch_run(&scratch, "rm -r .desync");
	}
}

Test(api, a_damaged_journal_is_said_and_the_rest_judged)
{
	ds_repo *repo;
	ds_result *result;
	ds_error err;

	die_in_the_middle("0001-a", 0);
	test_scratch_run(&scratch, "echo x >>.desync/journal");
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(ds_scan(&result, repo, NULL, &err), 0, "%s", err.message);
	cr_expect_eq(ds_result_status(result, false), DS_INTERRUPTED);
	cr_expect_null(ds_result_finding(result, 0)->fix);
	cr_expect_eq(ds_result_summary(result)->agree, 1);
	ds_result_free(result);
	ds_close(repo);
}
