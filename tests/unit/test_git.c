/* Running git, and commits of exactly some paths, with the real git. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commit.h"
#include "scratch.h"
#include "spawn_git.h"

enum { PATHS = 3, MANY = 3000 };

static struct test_scratch scratch;
static ds_error err;

/* Nothing of the machine's configuration, and no repository of its environment. */
static void set_up(void)
{
	test_scratch_make(&scratch);
	cr_assert_eq(setenv("HOME", scratch.root, 1), 0);
	cr_assert_eq(setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1), 0);
	cr_assert_eq(setenv("GIT_CONFIG_NOSYSTEM", "1", 1), 0);
	cr_assert_eq(setenv("LC_ALL", "C.UTF-8", 1), 0);
	test_scratch_run(
		&scratch,
		"unset $(git rev-parse --local-env-vars); git init -q -b main . && "
		"git config user.name T && git config user.email t@example.org && "
		"mkdir -p dir .git/hooks && for f in a b glob dir/x; do echo 1 >$f; done && "
		"git add . && git commit -qm first");
	static const char *const kept[] = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE",
					   "GIT_AUTHOR_EMAIL", "EMAIL"};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		unsetenv(kept[i]);
}

static void tear_down(void)
{
	test_scratch_remove(&scratch);
}

TestSuite(git, .init = set_up, .fini = tear_down);

static void write_hook(const char *name, const char *body)
{
	char path[64];
	char script[1024];
	snprintf(path, sizeof path, ".git/hooks/%s", name);
	snprintf(script, sizeof script, "#!/bin/sh\n%s\n", body);
	test_scratch_write(&scratch, path, script);
	test_scratch_run(&scratch, "chmod +x .git/hooks/%s", name);
}

static size_t count_of(const char *const *paths)
{
	size_t count = 0;
	while (count < PATHS && paths[count])
		count++;
	return count;
}

static char id[DS_COMMIT_ID_SIZE]; /* of the last commit */

static int commit(bool *made, const char *where, const char *const *paths, const char *message)
{
	char top[128];
	snprintf(top, sizeof top, "%s/%s", scratch.root, where);
	struct ds_git_commit commit = {
		.top = top, .paths = paths, .count = count_of(paths), .message = message};
	err.message[0] = '\0';
	int status = ds_git_commit(id, &commit, &err);
	*made = *id != '\0';
	return status;
}

/* ---- Commits ------------------------------------------------------------ */

#define COMMITTED         "git show --format= --name-only"
#define IS(command, text) "[ \"$(" command ")\" = \"$(printf -- '" text "')\" ]"

struct commit_case {
	const char *before; /* a shell command */
	const char *where;  /* the top of the worktree */
	const char *paths[PATHS];
	const char *why; /* part of the message; NULL where it succeeds */
	bool made;
	const char *after; /* a shell command that has to succeed */
};

static const struct commit_case plain[] = {
	{"echo 2 >a", "", {"a"}, NULL, true, IS(COMMITTED, "a") " && " IS("git show HEAD:a", "2")},
	{"echo 2 >a; echo 2 >dir/x", "", {"a", "dir/x"}, NULL, true, IS(COMMITTED, "a\\ndir/x")},
	{"echo 2 >a; echo 2 >dir/x", "dir", {"x"}, NULL, true, IS(COMMITTED, "dir/x")},
	{"echo 2 >a", "", {"a", "b", "a"}, NULL, true, IS(COMMITTED, "a")},
	{"echo 2 >a", "", {NULL}, NULL, false, IS("git log --format=%s", "first")},

	/* What is staged of others stays staged, what is not stays so. */
	{"echo 2 >a; echo 2 >b; git add b; echo 3 >b",
	 "",
	 {"a"},
	 NULL,
	 true,
	 IS(COMMITTED, "a") " && " IS("git diff --cached --name-only",
				      "b") " && " IS("git show :b", "2") " && " IS("cat b", "3")},
	{"echo 2 >new; git add new; git rm -q --cached b; echo 2 >a",
	 "",
	 {"a"},
	 NULL,
	 true,
	 IS(COMMITTED, "a") " && " IS("git diff --cached --name-only", "b\\nnew")},
	/* Of the path itself the worktree counts, whatever is staged. */
	{"echo 2 >a; git add a; echo 3 >a", "", {"a"}, NULL, true, IS("git show HEAD:a", "3")},
	{"echo 2 >a; git add a; echo 1 >a",
	 "",
	 {"a"},
	 NULL,
	 false,
	 IS("git log --format=%s", "first") " && " IS("git show :a", "2")},
	{"rm a", "", {"a"}, NULL, true, IS("git ls-tree --name-only HEAD", "b\\ndir\\nglob")},
	{"chmod +x a", "", {"a"}, NULL, true, IS(COMMITTED, "a")},
	{"echo 2 >new; git add -N new", "", {"new"}, NULL, true, IS("git show HEAD:new", "2")},
	{"touch -d 2001-01-01 a", "", {"a"}, NULL, false, IS("git log --format=%s", "first")},
	{"git config core.autocrlf true; printf '1\\r\\n' >a",
	 "",
	 {"a"},
	 NULL,
	 false,
	 IS("git log --format=%s", "first")},
	{"git config commit.gpgSign false; git config core.commentChar x; echo 2 >a",
	 "",
	 {"a"},
	 NULL,
	 true,
	 IS(COMMITTED, "a")},

};

/* Names that mean more to a shell, to an option parser or to git. */
static const struct commit_case odd_names[] = {
	{"echo 2 >glob; echo 1 >'glo*'; git add -A; echo 2 >'glo*'",
	 "",
	 {"glo*"},
	 NULL,
	 true,
	 IS(COMMITTED, "glo*") " && " IS("git show HEAD:glob", "1")},
	{"echo 2 >a; echo 1 >'[a]'; git add '[[]a]'",
	 "",
	 {"[a]"},
	 NULL,
	 true,
	 IS(COMMITTED, "[a]")},
	{"echo 2 >a; echo 2 >':(top)a'; git add ./:*; :",
	 "",
	 {":(top)a"},
	 NULL,
	 true,
	 IS(COMMITTED, ":(top)a")},
	{"echo 2 >a; echo 2 >':!a'; git add ./:*", "", {":!a"}, NULL, true, IS(COMMITTED, ":!a")},
	{"echo 2 >a; echo 2 >-a; git add ./-a", "", {"-a"}, NULL, true, IS(COMMITTED, "-a")},
	{"echo 2 >--amend; git add ./-*", "", {"--amend"}, NULL, true, IS(COMMITTED, "--amend")},
	{"echo 2 >'two\nlines'; git add two*",
	 "",
	 {"two\nlines"},
	 NULL,
	 true,
	 IS(COMMITTED " -z | tr '\\0' .", "two\\nlines.")},
	{"echo 2 >'$(touch run)'; git add ./*run*",
	 "",
	 {"$(touch run)"},
	 NULL,
	 true,
	 "[ ! -e run ] && " IS(COMMITTED, "$(touch run)")},
	{"echo 2 >'\"q\"'; git add ./*q*",
	 "",
	 {"\"q\""},
	 NULL,
	 true,
	 IS(COMMITTED " -z | tr '\\0' .", "\"q\".")},

};

/* Before the first commit. */
static const struct commit_case beginnings[] = {
	{"rm -rf .git/refs/heads/* .git/index; git add b",
	 "",
	 {"b"},
	 NULL,
	 true,
	 IS("git ls-tree --name-only HEAD", "b")},
	{"rm -rf .git/refs/heads/* .git/index",
	 "",
	 {"b"},
	 "b: git does not track it: `git add` it",
	 false,
	 "! git rev-parse -q --verify HEAD"},

};

/* What git does not have. */
static const struct commit_case refusals[] = {
	{"echo 2 >new; echo 2 >a",
	 "",
	 {"a", "new"},
	 "new: git does not track it: `git add` it first",
	 false,
	 IS("git log --format=%s", "first") " && " IS("git diff --cached", "")},
	{"echo new >.gitignore; echo 2 >new",
	 "",
	 {"new"},
	 "are ignored by one of your",
	 false,
	 "[ -z \"$(git ls-files new)\" ]"},
	{":",
	 "",
	 {"nothing"},
	 "nothing: git add: pathspec 'nothing' did not match any",
	 false,
	 ":"},
	{"echo 2 >dir/x",
	 "",
	 {"dir"},
	 "dir: git does not track it",
	 false,
	 IS("git show HEAD:dir/x", "1")},
	{":", "", {"../a"}, "outside repository", false, ":"},
	{"rm -rf .git", "", {"a"}, "git ls-files: not a git repository", false, ":"},
	{"git init -q --bare bare", "bare", {"a"}, "must be run in a work tree", false, ":"},
	{":", "nowhere", {"a"}, "cannot change to", false, ":"},

};

/* Repositories inside, and beside. */
static const struct commit_case repositories[] = {
	{"git init -q sub && cd sub && echo 1 >f && git add f && git -c user.name=S -c "
	 "user.email=s@example.org commit -qm s && cd .. && git add sub 2>/dev/null && git commit "
	 "-qm sub && echo 2 >sub/f",
	 "",
	 {"sub/f"},
	 "is in submodule 'sub'",
	 false,
	 IS("git -C sub show HEAD:f", "1")},
	{"git init -q sub && cd sub && git config user.name S && git config user.email s@x.org && "
	 "echo 1 >f && git add f && git commit -qm s && echo 2 >f",
	 "sub",
	 {"f"},
	 NULL,
	 true,
	 IS("git -C sub show HEAD:f", "2") " && " IS("git log --format=%s", "first")},
	{"git worktree add -q -b other wt && echo 2 >wt/a && echo 3 >a && git add a",
	 "wt",
	 {"a"},
	 NULL,
	 true,
	 IS("git show other:a",
	    "2") " && " IS("git show main:a", "1") " && " IS("git diff --cached --name-only", "a")},

};

/* What stands in the way. */
static const struct commit_case obstacles[] = {
	{"echo 2 >a; touch .git/index.lock",
	 "",
	 {"a"},
	 "index.lock': File exists",
	 false,
	 "rm .git/index.lock; " IS("git diff --name-only", "a")},
	{"git config --unset user.email; git config user.useConfigOnly true; echo 2 >a",
	 "",
	 {"a"},
	 "git commit: Author identity unknown",
	 false,
	 ":"},
	{"git checkout -q -b side && echo 2 >b && git commit -qam side && git checkout -q main && "
	 "echo 3 >b && git commit -qam main && ! git merge side >/dev/null; echo 2 >a",
	 "",
	 {"a"},
	 "git commit: cannot do a partial commit during a merge",
	 false,
	 "[ -e .git/MERGE_HEAD ]"},
};

static bool succeeds(const char *command)
{
	char full[2048];
	snprintf(full, sizeof full, "cd %s && { %s; }", scratch.root, command);
	return system(full) == 0;
}

static void check_commits(const struct commit_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool made = !cases[i].made;
		const char *why = cases[i].why;
		test_scratch_run(&scratch, "%s", cases[i].before);
		int status = commit(&made, cases[i].where, cases[i].paths, "a message");
		cr_expect_eq(status, why ? DS_TROUBLE : 0, "%zu: %s", i, err.message);
		cr_expect(!why || strstr(err.message, why), "%zu: %s", i, err.message);
		cr_expect_eq(made, cases[i].made, "%zu: %d", i, made);
		cr_expect(succeeds(cases[i].after), "%zu: %s", i, cases[i].after);
		tear_down();
		set_up();
	}
}

#define CHECK_COMMITS(cases) check_commits(cases, sizeof cases / sizeof *cases)

Test(git, commits_exactly_these_paths, .timeout = 60)
{
	CHECK_COMMITS(plain);
}

Test(git, takes_names_as_they_are, .timeout = 60)
{
	CHECK_COMMITS(odd_names);
}

Test(git, makes_a_first_commit, .timeout = 60)
{
	CHECK_COMMITS(beginnings);
}

Test(git, refuses_what_it_does_not_track, .timeout = 60)
{
	CHECK_COMMITS(refusals);
}

Test(git, keeps_repositories_apart, .timeout = 60)
{
	CHECK_COMMITS(repositories);
}

Test(git, says_what_stands_in_the_way, .timeout = 60)
{
	CHECK_COMMITS(obstacles);
}

static const char *const path_a[PATHS] = {"a"};

/* A configuration that says otherwise, and what a clean-up by git would take away. */
Test(git, keeps_the_message)
{
	static const char message[] = "chore: sync \xe2\x86\x92 done\n\n# 1\n- a: b\n";
	bool made;
	test_scratch_run(&scratch, "git config commit.cleanup strip && git config "
				   "i18n.commitEncoding latin1 && echo 2 >a");
	cr_expect_eq(commit(&made, "", path_a, message), 0, "%s", err.message);
	test_scratch_write(&scratch, "expected", message);
	test_scratch_run(&scratch, "git cat-file commit HEAD | sed '1,/^$/d' | cmp - expected");
	test_scratch_run(&scratch, "! git cat-file commit HEAD | grep -q ^encoding");
}

Test(git, refuses_a_message_that_does_not_fit)
{
	static char message[DS_COMMIT_MESSAGE_LIMIT + 2];
	bool made;
	memset(message, 'm', DS_COMMIT_MESSAGE_LIMIT);
	test_scratch_run(&scratch, "echo 2 >a");
	cr_expect_eq(commit(&made, "", path_a, message), 0, "%s", err.message);
	cr_expect(made);
	message[DS_COMMIT_MESSAGE_LIMIT] = 'm';
	cr_expect_eq(commit(&made, "", path_a, message), DS_TROUBLE);
	cr_expect_str_eq(err.message, "a commit message of more than 100 KiB");
}

Test(git, commits_thousands, .timeout = 60)
{
	static char names[MANY][32];
	static const char *paths[MANY];
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "many/%d*", i);
		paths[i] = names[i];
	}
	test_scratch_run(&scratch,
			 "mkdir many && i=0; while [ $i -lt %d ]; do echo 1 >many/$i'*'; "
			 "i=$((i + 1)); done; git add many && git commit -qm many && "
			 "for f in many/*; do echo 2 >\"$f\"; done; echo 2 >a",
			 MANY);
	struct ds_git_commit all = {
		.top = scratch.root, .paths = paths, .count = MANY, .message = "all"};
	cr_expect_eq(ds_git_commit(id, &all, &err), 0, "%s", err.message);
	test_scratch_run(&scratch, "[ $(git rev-parse HEAD) = %s ]", id);
	test_scratch_run(&scratch,
			 "[ $(git show --format= --name-only | wc -l) = %d ] && "
			 "[ \"$(git diff --name-only)\" = a ]",
			 MANY);
}

/* ---- Hooks -------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *body;
	const char *why;
	bool made;
} hooks[] = {
	{"pre-commit", "echo; echo 'warning: w'; echo '  not this one'; exit 1",
	 "git commit: not this one", false},
	{"pre-commit", "printf 'red\\033[31m\\n' >&2; exit 1", "git commit: red\\x1b[31m", false},
	{"pre-commit", "exit 1", "git commit: exited with 1 and said nothing", false},
	{"commit-msg", "echo 'error: no ticket' >/dev/stderr; exit 1", "git commit: no ticket",
	 false},
	{"pre-commit", "kill -9 $PPID", "git commit: killed by signal 9", false},
	{"pre-commit", "echo 3 >a", "a: the commit was made, but does not have it", true},
	{"post-commit", "git reset -q --soft HEAD^", "HEAD is as before", false},
	{"pre-commit", "echo 3 >a; git add a", NULL, true},
	{"pre-commit", "[ \"$(git ls-files '*lob')\" = glob ]", NULL, true},
	{"pre-commit", "[ -z \"$GIT_ALLOW_PROTOCOL$GIT_NO_LAZY_FETCH$GIT_OPTIONAL_LOCKS\" ]", NULL,
	 true},
	{"pre-commit", "[ -z \"$(cat)\" ]", NULL, true},
	{"post-commit", "exit 1", NULL, true},
};

Test(git, runs_the_hooks, .timeout = 60)
{
	for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
		bool made = !hooks[i].made;
		const char *why = hooks[i].why;
		write_hook(hooks[i].name, hooks[i].body);
		test_scratch_run(&scratch, "echo 2 >a");
		int status = commit(&made, "", path_a, "m");
		cr_expect_eq(status, why ? DS_TROUBLE : 0, "%zu: %s", i, err.message);
		cr_expect(!why || strstr(err.message, why), "%zu: %s", i, err.message);
		cr_expect_eq(made, hooks[i].made, "%zu: %d", i, made);
		tear_down();
		set_up();
	}
}

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* `sleep` is the grandchild, and one of these does not listen when asked to end. */
static const struct {
	const char *name;
	const char *body;
	bool made;
} hanging[] = {
	{"pre-commit", "echo $$ >pid; sleep 60; :", false},
	{"pre-commit", "echo $$ >pid; trap '' TERM; sleep 60; sleep 60", false},
	{"pre-commit", "echo $$ >pid; exec >/dev/null 2>&1; sleep 60; :", false},
	{"pre-commit", "echo $$ >pid; kill -STOP $$; :", false},
	{"post-commit", "echo $$ >pid; sleep 60; :", true},
};

Test(git, stops_hooks_that_hang, .timeout = 60)
{
	for (size_t i = 0; i < sizeof hanging / sizeof *hanging; i++) {
		struct ds_git_commit slow = {.top = scratch.root,
					     .paths = path_a,
					     .count = 1,
					     .message = "m",
					     .deadline_ms = 2000};
		write_hook(hanging[i].name, hanging[i].body);
		test_scratch_run(&scratch, "echo 2 >a");
		double from = seconds();
		cr_expect_eq(ds_git_commit(id, &slow, &err), DS_TROUBLE, "%zu", i);
		cr_expect_lt(seconds() - from, 20, "%zu", i);
		cr_expect(strstr(err.message, "git commit: stopped, "), "%zu: %s", i, err.message);
		cr_expect_eq(*id != '\0', hanging[i].made, "%zu", i);
		cr_expect(succeeds("[ ! -e .git/index.lock ]"), "%zu", i);
		cr_expect(succeeds("! grep -qs '^State:.[^Z]' /proc/$(cat pid)/status"), "%zu", i);
		tear_down();
		set_up();
	}
}

Test(git, does_not_wait_for_what_a_hook_left_behind)
{
	bool made;
	write_hook("pre-commit", "sleep 20 & echo $! >pid");
	test_scratch_run(&scratch, "echo 2 >a");
	double from = seconds();
	cr_expect_eq(commit(&made, "", path_a, "m"), 0, "%s", err.message);
	cr_expect_lt(seconds() - from, 10);
	cr_expect(made);
	test_scratch_run(&scratch, "kill $(cat pid)"); /* it is alive */
}

/* ---- The environment ---------------------------------------------------- */

static const char *const foreign[][2] = {
	{"GIT_DIR", "other/.git"},
	{"GIT_WORK_TREE", "other"},
	{"GIT_INDEX_FILE", "other/.git/index"},
	{"GIT_OBJECT_DIRECTORY", "other/.git/objects"},
	{"GIT_COMMON_DIR", "other/.git"},
	{"GIT_PREFIX", "other/"},
	{"GIT_QUARANTINE_PATH", "other/.git/objects"},
	{"GIT_GLOB_PATHSPECS", "1"},
	{"GIT_ICASE_PATHSPECS", "1"},
	{"GIT_LITERAL_PATHSPECS", "1"},
};

static void set_foreign(size_t i)
{
	char value[128];
	snprintf(value, sizeof value, "%s/%s", scratch.root, foreign[i][1]);
	cr_assert_eq(setenv(foreign[i][0], strchr(value, '1') ? foreign[i][1] : value, 1), 0);
}

Test(git, does_not_follow_another_repository, .timeout = 60)
{
	static const size_t count = sizeof foreign / sizeof *foreign;
	/* Each alone, then all. */
	for (size_t i = 0; i <= count; i++) {
		bool made = false;
		test_scratch_run(&scratch, "git init -q other && echo 1 >other/a && git -C other "
					   "add a && cp other/.git/index before && echo 2 >a");
		for (size_t k = 0; k < count; k++)
			if (i == k || i == count)
				set_foreign(k);
		int status = commit(&made, "", path_a, "m");
		for (size_t k = 0; k < count; k++)
			unsetenv(foreign[k][0]);
		cr_expect_eq(status, 0, "%zu: %s", i, err.message);
		cr_expect(made, "%zu", i);
		cr_expect(succeeds(IS("git show HEAD:a", "2")), "%zu", i);
		cr_expect(succeeds("git fsck --strict >/dev/null 2>&1"), "%zu", i);
		cr_expect(succeeds("! git -C other rev-parse -q --verify HEAD"), "%zu", i);
		cr_expect(succeeds("cmp other/.git/index before && git diff --cached --quiet"),
			  "%zu", i);
		tear_down();
		set_up();
	}
}

/* What the user tells every git, as CI does for safe.directory. */
Test(git, keeps_what_the_user_configures)
{
	bool made;
	test_scratch_run(&scratch, "git config --unset user.name; echo 2 >a");
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "user.name", 1);
	setenv("GIT_CONFIG_VALUE_0", "Somebody", 1);
	cr_expect_eq(commit(&made, "", path_a, "m"), 0, "%s", err.message);
	test_scratch_run(&scratch, "[ \"$(git show -s --format=%%an)\" = Somebody ]");
}

Test(git, runs_no_monitor)
{
	bool made;
	test_scratch_run(&scratch,
			 "printf '#!/bin/sh\\ntouch %s/ran\\n' >monitor; chmod +x monitor; "
			 "echo 2 >a; git config core.fsmonitor $PWD/monitor; "
			 "git status >/dev/null 2>&1; rm ran", /* or this shows nothing */
			 scratch.root);
	cr_expect_eq(commit(&made, "", path_a, "m"), 0, "%s", err.message);
	cr_expect(made);
	test_scratch_run(&scratch, "[ ! -e ran ]");
}

Test(git, is_not_there)
{
	static const char *const paths[] = {"",       "/nowhere", ".", ":", "/nowhere::evil",
					    "/etc:.", NULL};
	char folder[128]; /* for the last one */
	bool made;
	test_scratch_run(&scratch,
			 "mkdir evil; printf '#!/bin/sh\\ntouch %s/ran\\n' >git; "
			 "chmod +x git; cp git evil; mkdir -p folder/git; echo 2 >a",
			 scratch.root);
	cr_assert_eq(chdir(scratch.root), 0);
	snprintf(folder, sizeof folder, "%s/folder", scratch.root);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char *before = strdup(getenv("PATH"));
		setenv("PATH", paths[i] ? paths[i] : folder, 1);
		cr_expect_eq(commit(&made, "", path_a, "m"), DS_TROUBLE, "%zu", i);
		cr_expect_str_eq(err.message, "git is not installed: no folder of PATH has it",
				 "%zu", i);
		setenv("PATH", before, 1);
		free(before);
	}
	unsetenv("PATH");
	cr_expect_eq(commit(&made, "", path_a, "m"), DS_TROUBLE);
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	test_scratch_run(&scratch, "[ ! -e ran ]");
}

/* ---- The spawner -------------------------------------------------------- */

/* A shell command, run by git as an alias. */
static int run_alias(struct ds_git_answer *answer, const char *command, struct ds_text input)
{
	char alias[512];
	snprintf(alias, sizeof alias, "alias.x=!%s", command);
	const char *const args[] = {"-c", alias, "x", NULL};
	struct ds_git_call call = {
		.top = scratch.root, .args = args, .input = input, .deadline_ms = 20000};
	memset(answer, 0, sizeof *answer);
	return ds_git_run(answer, &call, &err);
}

static const struct {
	const char *command;
	int status;
	size_t out;
	size_t said;
} answers[] = {
	{"printf 12; printf 345 >&2", 0, 2, 3},
	{"exit 7", 7, 0, 0},
	{"head -c 300000 /dev/zero", 0, 300000, 0},
	{"head -c 300000 /dev/zero >&2; echo 1", 0, 2, DS_GIT_SAID_LIMIT},
	{"head -c 16777216 /dev/zero", 0, DS_GIT_OUT_LIMIT, 0},
	{"cat | wc -c", 0, 2, 0},
	/* In git, the shell's parent, no signal is blocked, and SIGUSR1 (10) not ignored. */
	{"! grep -E '^SigBlk.*[1-9a-f]|^SigIgn.*[2367abef]..$' /proc/$PPID/status", 0, 0, 0},
	/* It leads a session, and so has no terminal. */
	{"[ $(cut -d ' ' -f 6 /proc/$PPID/stat) = $PPID ]", 0, 0, 0},
	{"echo $GIT_OPTIONAL_LOCKS $GIT_ALLOW_PROTOCOL $GIT_NO_LAZY_FETCH", 0, 9, 0},
};

Test(git, answers)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL); /* none of which is so in the child */
	signal(SIGUSR1, SIG_IGN);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct ds_git_answer answer;
		int status = run_alias(&answer, answers[i].command, (struct ds_text){NULL, 0});
		cr_expect_eq(status, 0, "%zu: %s", i, err.message);
		cr_expect_eq(answer.status, answers[i].status, "%zu: %d", i, answer.status);
		cr_expect_eq(answer.out.len, answers[i].out, "%zu: %zu", i, answer.out.len);
		cr_expect_eq(answer.said.len, answers[i].said, "%zu: %zu", i, answer.said.len);
		ds_git_answer_free(&answer);
	}
}

Test(git, says_no_end_of_things)
{
	struct ds_git_answer answer;
	double from = seconds();
	cr_expect_eq(run_alias(&answer, "exec yes", (struct ds_text){NULL, 0}), DS_TROUBLE);
	cr_expect(strstr(err.message, "said more than 16 MiB"), "%s", err.message);
	cr_expect_eq(answer.out.len, DS_GIT_OUT_LIMIT);
	cr_expect_lt(seconds() - from, 10);
	ds_git_answer_free(&answer);
}

/* More than a socket holds, to one that listens and to one that does not. */
Test(git, is_told_much)
{
	static char much[4 << 20];
	struct ds_text input = {much, sizeof much};
	struct ds_git_answer answer;
	cr_expect_eq(run_alias(&answer, "wc -c", input), 0, "%s", err.message);
	cr_expect_str_eq(answer.out.bytes, "4194304\n");
	ds_git_answer_free(&answer);
	cr_expect_eq(run_alias(&answer, "cat", input), 0, "%s", err.message);
	cr_expect_eq(answer.out.len, sizeof much);
	ds_git_answer_free(&answer);
	signal(SIGPIPE, SIG_DFL); /* which would end this test */
	cr_expect_eq(run_alias(&answer, "exec <&-; sleep 0.1; exit 3", input), 0, "%s",
		     err.message);
	cr_expect_eq(answer.status, 3);
	ds_git_answer_free(&answer);
}

static size_t count_descriptors(void)
{
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");
	cr_assert(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

Test(git, works_without_standard_descriptors)
{
	struct ds_text input = {"12345", 5};
	struct ds_git_answer answer;
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	size_t before = count_descriptors();
	cr_expect_eq(run_alias(&answer, "cat; echo 12 >&2", input), 0, "%s", err.message);
	cr_expect_eq(answer.out.len, 5);
	cr_expect_eq(answer.said.len, 3);
	ds_git_answer_free(&answer);
	cr_expect_eq(count_descriptors(), before);
}

Test(git, loses_a_status_that_somebody_else_takes)
{
	struct ds_git_answer answer;
	signal(SIGCHLD, SIG_IGN);
	cr_expect_eq(run_alias(&answer, "exit 1", (struct ds_text){NULL, 0}), DS_TROUBLE);
	cr_expect(strstr(err.message, "its exit status was lost"), "%s", err.message);
	ds_git_answer_free(&answer);
	signal(SIGCHLD, SIG_DFL);
}

static void *ask_often(void *failed)
{
	const char *const args[] = {"cat-file", "--batch-check", NULL};
	for (int i = 0; i < 20; i++) {
		struct ds_git_answer answer = {0};
		struct ds_git_call call = {.top = scratch.root, .args = args, .deadline_ms = 20000};
		call.input = (struct ds_text){"HEAD:a\n", 7};
		if (ds_git_run(&answer, &call, NULL) || answer.status || answer.out.len < 40)
			*(bool *)failed = true;
		ds_git_answer_free(&answer);
	}
	return NULL;
}

/* An end of a pipe that leaks into another's child would keep this waiting. */
Test(git, runs_in_threads, .timeout = 60)
{
	pthread_t threads[4];
	bool failed[4] = {false};
	size_t before = count_descriptors();
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, ask_often, &failed[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		cr_expect(!failed[i]);
	}
	cr_expect_eq(count_descriptors(), before);
}
