/* Opening, options, statuses: what the public header promises. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desync.h"
#include "desync/rules.h"
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

/* ---- Rules of the repository --------------------------------------------- */

#define NOTES                                                                                      \
	"version: 1\n"                                                                             \
	"rules:\n"                                                                                 \
	"  - name: notes\n"                                                                        \
	"    items: \"notes/{id}.json\"\n"                                                         \
	"    copies:\n"                                                                            \
	"      - {name: note, path: \"{item}\", read: json, at: status}\n"                         \
	"      - {name: board, path: board.json, read: json, at: \"rows[id={id}].state\"}\n"       \
	"    status: {order: [open, done]}\n"

static void write_notes(void)
{
	test_scratch_write(&scratch, ".desync.yml", NOTES);
	test_scratch_write(&scratch, "notes/a.json", "{\"status\": \"open\"}");
	test_scratch_write(&scratch, "board.json",
			   "{\"rows\": [{\"id\": \"a\", \"state\": \"done\"}]}");
}

/* The status of a scan; *summary may be NULL. */
static int scan_here(const ds_open_options *options, ds_summary *summary, ds_error *err)
{
	ds_repo *repo;
	ds_result *result;
	int status = ds_open(&repo, scratch.root, options, err);

	if (status)
		return status;
	cr_assert_eq(ds_scan(&result, repo, NULL, err), 0, "%s", err->message);
	status = (int)ds_result_status(result, false);
	if (summary) {
		*summary = *ds_result_summary(result);
		summary->notes = NULL;
	}
	ds_result_free(result);
	ds_close(repo);
	return status;
}

Test(api, a_configuration_makes_a_root)
{
	ds_error err = {0};
	write_notes();
	test_scratch_run(&scratch, "mkdir -p deep/er folder/.desync.d/ other/.git");
	cr_expect_eq(open_in("deep/er", NULL, &err), 0, "%s", err.message);
	cr_expect_eq(open_in("deep/er", "notes", &err), 0, "%s", err.message);
	cr_expect_eq(open_in("", "specweave", &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "specweave: no such rule; there is: notes");
	cr_expect_eq(open_in("other", NULL, &err), DS_TROUBLE);
	cr_expect_eq(scan_here(NULL, NULL, &err), DS_DESYNC);
	/* A mistake is no way to be let pass, whoever may do without rules. */
	ds_open_options options = {.size = sizeof options, .may_be_none = true};
	test_scratch_write(&scratch, ".desync.yml", "version: 1\nrulse: []\n");
	cr_expect_eq(scan_here(&options, NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message,
			 ".desync.yml:2:1: rulse: no such key in a configuration; did you mean "
			 "rules?");
}

Test(api, somebody_elses_configuration_is_not_trusted)
{
	ds_error err = {0};
	if (geteuid() != 0)
		cr_skip_test("only root can give a file away");
	write_notes();
	test_scratch_run(&scratch, "chown 65534 .desync.yml");
	cr_expect_eq(scan_here(NULL, NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message,
			 ".desync.yml: belongs to another user, and is not trusted: make it yours, "
			 "or name a configuration with --config FILE");
	test_scratch_run(&scratch, "chown 0 .desync.yml && mkdir .desync.d && "
				   "echo 'version: 1' >.desync.d/x.yml && chown 1 .desync.d/x.yml");
	cr_expect_eq(scan_here(NULL, NULL, &err), DS_TROUBLE);
	/* Of what git keeps nobody is the owner. */
	ds_open_options staged = {.size = sizeof staged, .origin = DS_INDEX};
	test_scratch_run(&scratch, "git init -q . && git add .");
	cr_expect_eq(scan_here(&staged, NULL, &err), DS_DESYNC, "%s", err.message);
}

Test(api, a_configuration_of_the_callers_comes_first)
{
	char file[128];
	ds_error err = {0};
	ds_open_options options = {.size = sizeof options, .config = file};

	write_notes();
	snprintf(file, sizeof file, "%s/given.yml", scratch.root);
	test_scratch_write(&scratch, "given.yml", NOTES);
	test_scratch_write(&scratch, ".desync.yml", "nonsense");
	cr_expect_eq(scan_here(&options, NULL, &err), DS_DESYNC, "%s", err.message);
	/* It is its own from the first byte to the last. */
	test_scratch_run(&scratch, "head -c 17000000 /dev/zero >given.yml");
	cr_expect_eq(scan_here(&options, NULL, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "given.yml: larger than 16 MiB"));
	test_scratch_write(&scratch, "given.yml", "");
	cr_expect_eq(scan_here(&options, NULL, &err), DS_TROUBLE);
	test_scratch_run(&scratch, "rm given.yml");
	cr_expect_eq(scan_here(&options, NULL, &err), DS_TROUBLE);
}

Test(api, a_rule_that_fits_nothing_is_counted)
{
	ds_error err = {0};
	ds_summary summary;
	write_notes();
	scan_here(NULL, &summary, &err);
	cr_expect_eq(summary.idle, 0);
	test_scratch_run(&scratch, "rm -r notes");
	cr_expect_eq(scan_here(NULL, &summary, &err), DS_OK);
	cr_expect_eq(summary.idle, 1);
	/* Also where something is said of the file; not where that is an error. */
	test_scratch_write(&scratch, ".desync.yml",
			   "version: 1\nrules: [{name: a, items: {copy: t}, copies: [{name: t, "
			   "path: t.json, read: json, at: \"t[id={id}].s\"}], status: {order: "
			   "[open, done]}}]\n");
	test_scratch_write(&scratch, "t.json", "{\"tasks\": []}");
	cr_expect_eq(scan_here(NULL, &summary, &err), DS_OK);
	cr_expect_eq(summary.idle, 1);
	test_scratch_write(&scratch, "t.json", "{");
	cr_expect_eq(scan_here(NULL, &summary, &err), DS_TROUBLE);
	cr_expect_eq(summary.idle, 0);
	test_scratch_write(&scratch, ".desync.yml", "version: 1\n");
	cr_expect_eq(scan_here(NULL, &summary, &err), DS_OK);
	cr_expect_eq(summary.idle, 1);
}

Test(api, a_larger_file_is_read_where_that_is_asked_for)
{
	ds_error err = {0};
	ds_open_options options = {.size = sizeof options, .file_limit = 16};
	write_notes();
	cr_expect_eq(scan_here(&options, NULL, &err), DS_TROUBLE);
	options.file_limit = 1 << 10;
	cr_expect_eq(scan_here(&options, NULL, &err), DS_DESYNC);
}

/* Parts are looked at also where only the whole is asked for. */
Test(api, parts_that_another_rule_has_are_looked_at)
{
	static const char both[] =
		"version: 1\n"
		"rules:\n"
		"  - name: a-whole\n"
		"    items: \"plans/{id}.json\"\n"
		"    copies: [{name: plan, path: \"{item}\", read: json, at: status}]\n"
		"    status: {order: [open, done]}\n"
		"    rollup: [{children: b-part, all: [done], some: [open], none: [open]}]\n"
		"  - name: b-part\n"
		"    items: {copy: part}\n"
		"    copies: [{name: part, path: \"plans/*.json\", read: json, "
		"at: \"parts[id={id}].status\"}]\n"
		"    status: {order: [open, done], terminal: [done]}\n";
	static const char plan[] = "{\"status\": \"done\", \"parts\": [{\"id\": 1, \"status\": "
				   "\"done\"}, {\"id\": 2, \"status\": \"open\"}]}";
	const char *id = "x";
	ds_open_options whole = {.size = sizeof whole, .rule = "a-whole"};
	ds_scan_options one = {.size = sizeof one, .ids = &id, .id_count = 1};
	ds_error err = {0};
	ds_result *result;
	ds_repo *repo;

	test_scratch_write(&scratch, ".desync.yml", both);
	test_scratch_write(&scratch, "plans/x.json", plan);
	for (int only = 0; only < 2; only++) {
		cr_assert_eq(ds_open(&repo, scratch.root, only ? &whole : NULL, &err), 0, "%s",
			     err.message);
		for (int by_id = 0; by_id < 2; by_id++) {
			cr_assert_eq(ds_scan(&result, repo, by_id ? &one : NULL, &err), 0);
			cr_assert_not_null(ds_result_finding(result, 0), "%d %d", only, by_id);
			cr_expect_eq(ds_result_finding(result, 0)->code, DS_ROLLUP_MISMATCH);
			cr_expect_eq(ds_result_summary(result)->items, only || by_id ? 1 : 3);
			ds_result_free(result);
		}
		ds_close(repo);
	}
}

static int refuse(void *context, const char *bytes, size_t len)
{
	(void)context;
	(void)bytes;
	(void)len;
	return ENOSPC;
}

static int to_buffer(void *context, const char *bytes, size_t len)
{
	char *out = context;
	memcpy(out, bytes, len < 4095 ? len : 4095);
	out[len < 4095 ? len : 4095] = '\0';
	return 0;
}

Test(api, an_item_is_explained)
{
	char text[4096] = "";
	ds_error err = {0};
	ds_repo *repo;

	write_notes();
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0, "%s", err.message);
	cr_expect_eq(ds_explain(repo, "notes:a", false, to_buffer, text, &err), 0, "%s",
		     err.message);
	cr_expect_not_null(strstr(text, "board: board.json:1:33\n"), "%s", text);
	cr_expect_not_null(strstr(text, "at rows[id={id}].state (.desync.yml:7)\n"), "%s", text);
	cr_expect_not_null(strstr(text, "says done: the status done (.desync.yml:8)\n"), "%s",
			   text);
	cr_expect_not_null(strstr(text, "verdict: desynced"), "%s", text);
	cr_expect_eq(ds_explain(repo, "b", false, to_buffer, text, &err), DS_TROUBLE);
	cr_expect_eq(ds_explain(repo, NULL, false, to_buffer, text, &err), DS_TROUBLE);
	cr_expect_eq(ds_explain(repo, "a", false, refuse, text, &err), DS_TROUBLE);
	ds_close(repo);
}

/* What the copies agree on may be something else than what was committed; an empty place is
 * none. */
Test(api, an_explanation_speaks_of_head)
{
	char text[4096] = "";
	ds_error err = {0};
	ds_repo *repo;

	test_scratch_write(
		&scratch, ".desync.yml",
		"version: 1\n"
		"rules:\n"
		"  - name: boxes\n"
		"    items: {copy: list}\n"
		"    copies:\n"
		"      - {name: list, path: list.md, read: checkbox, id: \"{id}\"}\n"
		"      - {name: committed, path: list.md, read: checkbox, id: \"{id}\", from: "
		"head}\n"
		"    status: {order: [open, done], alias: {\"[ ]\": open, \"[x]\": done}}\n");
	test_scratch_write(&scratch, "list.md", "- [ ] a\n- [ ] b\n");
	test_scratch_run(&scratch, "rm -rf .git && git init -q . && git add . && "
				   "git -c user.name=x -c user.email=x commit -qm x");
	test_scratch_write(&scratch, "list.md", "- [x] a\n- [ ] b\n");
	cr_assert_eq(ds_open(&repo, scratch.root, NULL, &err), 0, "%s", err.message);
	cr_expect_eq(ds_explain(repo, "a", false, to_buffer, text, &err), 0, "%s", err.message);
	cr_expect_not_null(strstr(text, "verdict: the copies agree; the status of the item is "
					"done; git's HEAD says otherwise\n"),
			   "%s", text);
	cr_expect_not_null(strstr(text, "read as checkbox, id {id} ("), "%s", text);
	cr_expect_eq(ds_explain(repo, "b", false, to_buffer, text, &err), 0, "%s", err.message);
	cr_expect_null(strstr(text, "otherwise"), "%s", text);
	ds_close(repo);
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
